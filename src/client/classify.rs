//! Classifies one response, or its absence: the decision about retries, and the error for callers.

use std::fmt::Write as _;

use crate::client::error::{ApiErrorKind, Permission, error_body};
use crate::client::json::{self, JsonFault};
use crate::client::policy::{ExchangeFailure, PAGES_MAX};
use crate::client::shapes::UnreadableAnswer;
use crate::client::wire::{NO_WAY_ON, Response, WireError};
use crate::model::text;

/// The longest quote of a body that is not JSON.
const BEGINNING_LENGTH_MAX: usize = 48;

/// A failed exchange: the input for the retry decision, the error for callers, and the response if there was one.
pub(crate) struct FailedExchange {
    pub(crate) failure: ExchangeFailure,
    pub(crate) kind: ApiErrorKind,
    pub(crate) response: Option<Response>,
}

/// The meaning of a response's status. `None` for 2xx.
pub(crate) fn judge(response: &Response, renewable: bool) -> Option<(ExchangeFailure, ApiErrorKind)> {
    let retry_after_s = response.retry_after_s;
    let judged = match response.status {
        200..=299 => return None,
        401 => (ExchangeFailure::Unauthorized { renewable }, ApiErrorKind::Unauthorized { given_token: false }),
        403 => {
            let needs = Permission { document: None, today: None };
            (ExchangeFailure::Refused, ApiErrorKind::Forbidden { missing: Vec::new(), needs })
        }
        404 | 410 => {
            let by_the_platform = response.body.is_empty() || error_body(&response.body).is_some();
            (ExchangeFailure::Refused, ApiErrorKind::NotFound { by_the_platform })
        }
        408 | 500 | 502..=599 => {
            (ExchangeFailure::Unavailable { retry_after_s }, ApiErrorKind::Server { retry_after_s })
        }
        409 => (ExchangeFailure::Refused, ApiErrorKind::Conflict),
        429 => (ExchangeFailure::Throttled { retry_after_s }, ApiErrorKind::RateLimited { retry_after_s }),
        400..=499 => (ExchangeFailure::Refused, ApiErrorKind::Invalid),
        501 => (ExchangeFailure::AnswerBroken, ApiErrorKind::Server { retry_after_s }),
        300..=399 => (ExchangeFailure::AnswerBroken, ApiErrorKind::Redirected),
        _ => (ExchangeFailure::AnswerBroken, ApiErrorKind::BrokenPromise("the status is none of HTTP's".to_owned())),
    };
    Some(judged)
}

/// Like [`judge`], for the token endpoint, which also uses 400 for a rate limit (docs/platform.md, "Tokens").
pub(crate) fn judge_login(response: &Response) -> Option<(ExchangeFailure, ApiErrorKind)> {
    let is_rate_limit = || String::from_utf8_lossy(&response.body).to_lowercase().contains("rate limit exceeded");
    let retry_after_s = response.retry_after_s;
    match response.status {
        400 if is_rate_limit() => {
            Some((ExchangeFailure::Throttled { retry_after_s }, ApiErrorKind::RateLimited { retry_after_s }))
        }
        400 | 401 | 403 => Some((ExchangeFailure::Refused, ApiErrorKind::Credentials)),
        // Every platform host has a token endpoint, so this server is not the platform.
        404 | 410 => Some((ExchangeFailure::Refused, ApiErrorKind::NotFound { by_the_platform: false })),
        _ => judge(response, false),
    }
}

/// Is this the token endpoint's 400 for a rate limit?
pub(crate) fn is_login_limit(failed: &FailedExchange) -> bool {
    let is_400 = failed.response.as_ref().is_some_and(|it| it.status == 400);
    is_400 && matches!(failed.failure, ExchangeFailure::Throttled { .. })
}

/// An exchange without a response. If a name has no address before any response arrived, it is mistyped or from another
/// network, so a retry cannot help.
pub(crate) fn no_answer(error: WireError, has_answered: bool) -> FailedExchange {
    let failure = match &error {
        WireError::NoHost(_) | WireError::NoProxy { has_address: false, .. } if !has_answered => {
            ExchangeFailure::Refused
        }
        WireError::NoHost(_) | WireError::NoProxy { .. } | WireError::NotSent(_) => ExchangeFailure::NotSent,
        WireError::Proxy { status, .. } if NO_WAY_ON.contains(status) => ExchangeFailure::NotSent,
        // Nothing was sent, and a retry cannot help.
        WireError::Untrusted { .. } | WireError::Proxy { .. } | WireError::Setup(_) => ExchangeFailure::Refused,
        WireError::Lost(_) | WireError::TimedOut { .. } => ExchangeFailure::AnswerLost,
        WireError::TooLarge { .. } => ExchangeFailure::AnswerBroken,
    };
    FailedExchange { failure, kind: ApiErrorKind::Connection(error), response: None }
}

/// An unreadable response.
pub(crate) fn not_as_promised(unreadable: UnreadableAnswer, response: Response) -> FailedExchange {
    let (failure, kind) = match unreadable {
        UnreadableAnswer::NotJson => not_json(&response),
        UnreadableAnswer::BrokenPromise(what) => (ExchangeFailure::AnswerBroken, ApiErrorKind::BrokenPromise(what)),
        UnreadableAnswer::Odd(odd) => (ExchangeFailure::AnswerBroken, ApiErrorKind::OddObject(odd)),
    };
    FailedExchange { failure, kind, response: Some(response) }
}

/// A body that is not JSON. If only one place is broken, a retry would return the same. A page comes from a gateway,
/// whose problem may pass.
fn not_json(response: &Response) -> (ExchangeFailure, ApiErrorKind) {
    let body = &response.body;
    let (failure, why) = match json::fault(body) {
        JsonFault::CutOff if body.is_empty() => (ExchangeFailure::AnswerLost, " (it is empty)".to_owned()),
        JsonFault::CutOff => (ExchangeFailure::AnswerLost, " (it ends too early)".to_owned()),
        JsonFault::Foreign => (ExchangeFailure::AnswerForeign, String::new()),
        JsonFault::Spoilt(why) => (ExchangeFailure::AnswerBroken, format!(" ({why})")),
    };
    let kind = response.content_type.as_deref().map_or_else(|| "of no stated type".to_owned(), text::ticked);
    let mut what = format!("the body is not JSON{why}: {}, {kind}", text::count(body.len(), "byte"));
    if !body.is_empty() {
        let from = String::from_utf8_lossy(&body[..body.len().min(BEGINNING_LENGTH_MAX)]);
        // Writing to a String cannot fail.
        let _ = write!(what, ", which begin with {}", text::ticked(from.trim_end_matches(char::REPLACEMENT_CHARACTER)));
    }
    (failure, ApiErrorKind::BrokenPromise(what))
}

/// Counts the gateway pages of one request. One retry shows whether the problem lasts.
#[derive(Default)]
pub(crate) struct Pages(u32);

impl Pages {
    /// The failure, which becomes final with the last allowed page.
    pub(crate) fn counted(&mut self, failure: ExchangeFailure) -> ExchangeFailure {
        self.0 += u32::from(failure == ExchangeFailure::AnswerForeign);
        if failure == ExchangeFailure::AnswerForeign && self.0 >= PAGES_MAX {
            ExchangeFailure::AnswerBroken
        } else {
            failure
        }
    }
}
