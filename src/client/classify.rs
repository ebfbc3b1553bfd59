//! What one answer, or its absence, means: what decides, and what callers branch on.

use std::fmt::Write as _;

use crate::client::error::{ApiErrorKind, Permission, error_body};
use crate::client::json::{self, JsonFault};
use crate::client::policy::{ExchangeFailure, PAGES_MAX};
use crate::client::shapes::UnreadableAnswer;
use crate::client::wire::{NO_WAY_ON, Response, WireError};
use crate::model::text;

/// How much of what is not JSON is shown.
const BEGINNING_LENGTH_MAX: usize = 48;

/// A failed exchange: what decides, what callers branch on, and the answer if there was one.
pub(crate) struct FailedExchange {
    pub(crate) failure: ExchangeFailure,
    pub(crate) kind: ApiErrorKind,
    pub(crate) response: Option<Response>,
}

/// What the status of an answer means; none for 2xx.
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

/// The same for the token endpoint, which says 400 for a rate limit as well (docs/platform.md, "Tokens").
pub(crate) fn judge_login(response: &Response) -> Option<(ExchangeFailure, ApiErrorKind)> {
    let is_rate_limit = || String::from_utf8_lossy(&response.body).to_lowercase().contains("rate limit exceeded");
    let retry_after_s = response.retry_after_s;
    match response.status {
        400 if is_rate_limit() => {
            Some((ExchangeFailure::Throttled { retry_after_s }, ApiErrorKind::RateLimited { retry_after_s }))
        }
        400 | 401 | 403 => Some((ExchangeFailure::Refused, ApiErrorKind::Credentials)),
        // There is one everywhere, so a server that says this is not the platform.
        404 | 410 => Some((ExchangeFailure::Refused, ApiErrorKind::NotFound { by_the_platform: false })),
        _ => judge(response, false),
    }
}

/// Did the token endpoint say 400 for its rate limit?
pub(crate) fn is_login_limit(failed: &FailedExchange) -> bool {
    let is_400 = failed.response.as_ref().is_some_and(|it| it.status == 400);
    is_400 && matches!(failed.failure, ExchangeFailure::Throttled { .. })
}

/// Of an exchange without an answer. A name without an address, before anything has answered, is mistyped or of another
/// network: asking again does not mend it.
pub(crate) fn no_answer(error: WireError, has_answered: bool) -> FailedExchange {
    let failure = match &error {
        WireError::NoHost(_) | WireError::NoProxy { has_address: false, .. } if !has_answered => {
            ExchangeFailure::Refused
        }
        WireError::NoHost(_) | WireError::NoProxy { .. } | WireError::NotSent(_) => ExchangeFailure::NotSent,
        WireError::Proxy { status, .. } if NO_WAY_ON.contains(status) => ExchangeFailure::NotSent,
        // Nothing was sent, and asking again will not mend it.
        WireError::Untrusted { .. } | WireError::Proxy { .. } | WireError::Setup(_) => ExchangeFailure::Refused,
        WireError::Lost(_) | WireError::TimedOut { .. } => ExchangeFailure::AnswerLost,
        WireError::TooLarge { .. } => ExchangeFailure::AnswerBroken,
    };
    FailedExchange { failure, kind: ApiErrorKind::Connection(error), response: None }
}

/// Of an answer that cannot be read.
pub(crate) fn not_as_promised(unreadable: UnreadableAnswer, response: Response) -> FailedExchange {
    let (failure, kind) = match unreadable {
        UnreadableAnswer::NotJson => not_json(&response),
        UnreadableAnswer::BrokenPromise(what) => (ExchangeFailure::AnswerBroken, ApiErrorKind::BrokenPromise(what)),
        UnreadableAnswer::Odd(odd) => (ExchangeFailure::AnswerBroken, ApiErrorKind::OddObject(odd)),
    };
    FailedExchange { failure, kind, response: Some(response) }
}

/// What is there in the place of JSON. A text that is whole but for one place would be the same when it is asked for
/// again; a page comes from something before the platform, which may pass.
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

/// The pages that came in answer to one request. Once more is enough to see that it stays so.
#[derive(Default)]
pub(crate) struct Pages(u32);

impl Pages {
    /// The failure, where the last page that is taken is one that asking again will not mend.
    pub(crate) fn counted(&mut self, failure: ExchangeFailure) -> ExchangeFailure {
        self.0 += u32::from(failure == ExchangeFailure::AnswerForeign);
        if failure == ExchangeFailure::AnswerForeign && self.0 >= PAGES_MAX {
            ExchangeFailure::AnswerBroken
        } else {
            failure
        }
    }
}
