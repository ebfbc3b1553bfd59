//! The log of requests: one line each, its wait, and why it is repeated. It has no bodies, no headers, and no secret
//! that a server repeats.

use std::sync::Arc;
use std::time::Duration;

use tracing::{Level, debug, enabled, trace, warn};

use crate::client::error::{cut, error_body};
use crate::client::policy::ExchangeFailure;
use crate::client::secrets::Secrets;
use crate::client::wire::{Request, Response, WireError};

/// Shorter waits for a slot are not logged.
const TURN_TOLD_MS: u64 = 50;

/// Longer waits are shown even without a log.
const WAIT_TOLD_MS: u64 = 2_000;

/// A request is passed to the wire.
pub(crate) fn sent(request: &Request) {
    trace!(method = request.method.as_str(), path = shown(request), "sends");
}

pub(crate) fn ended(
    request: &Request,
    answer: &Result<Response, WireError>,
    took: Duration,
    secrets: impl FnOnce() -> Arc<Secrets>,
) {
    if !enabled!(Level::DEBUG) {
        return;
    }
    let (method, path, took_ms) = (request.method.as_str(), shown(request), ms(took));
    let secrets = secrets();
    let clean = |text: &str| cut(&secrets.scrub(text));
    match answer {
        Ok(response) => {
            let id = response.correlation_id.as_deref().map(clean).or_else(|| {
                let body = (response.status >= 300).then(|| error_body(&response.body)).flatten()?;
                body.get("contextId")?.as_str().map(clean)
            });
            let (status, bytes) = (u64::from(response.status), bytes(response));
            debug!(method, path, status, took_ms, bytes, correlation_id = id.as_deref(), "answered");
        }
        Err(error) => debug!(method, path, took_ms, why = clean(&error.to_string()).as_str(), "no answer"),
    }
}

/// What limits the attempts of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TriesEnd {
    /// The number of attempts.
    Count(u32),
    /// The time since the first attempt, in ms.
    Time(u64),
}

/// A request will be repeated after a delay.
pub(crate) fn sends_again(request: &Request, failure: ExchangeFailure, attempt: u32, end: TriesEnd, delay: Duration) {
    debug!(
        method = request.method.as_str(),
        path = shown(request),
        attempt = u64::from(attempt),
        wait_ms = ms(delay),
        why = reason(failure),
        "sends again"
    );
    // The first delay is half a second, which is barely noticeable.
    if attempt > 1 || delay >= Duration::from_millis(WAIT_TOLD_MS) {
        let (method, path, why) = (request.method.as_str(), shown(request), reason(failure));
        match end {
            TriesEnd::Count(max) => warn!("`{method} {path}`: {why}; trying again ({} of {max})", attempt + 1),
            TriesEnd::Time(ms) => warn!("`{method} {path}`: {why}; trying again, for {} s in all", ms / 1_000),
        }
    }
}

/// A 401 that a new token may fix.
pub(crate) fn needs_new_token(request: &Request) {
    debug!(method = request.method.as_str(), path = shown(request), "asks for a new token");
}

/// A request waited for its slot in the shared rate limiter.
pub(crate) fn had_its_turn(waited: Duration) {
    let waited_ms = ms(waited);
    if waited_ms >= TURN_TOLD_MS {
        debug!(waited_ms, why = "the pace of all requests, or a 429 to one of them", "waited for its turn");
    }
}

fn reason(failure: ExchangeFailure) -> &'static str {
    match failure {
        ExchangeFailure::NotSent => "no connection was made",
        ExchangeFailure::Throttled { retry_after_s: Some(_) } => {
            "too many requests: the platform says how long to wait"
        }
        ExchangeFailure::Throttled { retry_after_s: None } => "too many requests",
        ExchangeFailure::Unauthorized { .. } => "the token was refused",
        ExchangeFailure::Unavailable { .. } => "the platform has a problem",
        ExchangeFailure::AnswerLost => "the answer was lost, or cannot be read",
        ExchangeFailure::AnswerForeign => "something else than the platform answered",
        ExchangeFailure::AnswerBroken => "the answer is not as the API promises",
        ExchangeFailure::Refused => "it was refused",
    }
}

fn shown(request: &Request) -> String {
    let url = &request.url;
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}

fn bytes(response: &Response) -> u64 {
    u64::try_from(response.body.len()).unwrap_or(u64::MAX)
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
