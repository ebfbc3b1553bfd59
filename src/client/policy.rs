//! The decision after a failed exchange. It is pure: random numbers are arguments.

use std::time::Duration;

/// The most attempts of one request, the first one included.
pub const ATTEMPTS_MAX: u32 = 6;
/// The most gateway pages in response to a JSON request before the failure is final.
pub const PAGES_MAX: u32 = 2;
/// The first delay after a failure. It doubles with each attempt.
pub const BACKOFF_FIRST_MS: u64 = 500;
/// The longest delay without a `Retry-After`.
pub const BACKOFF_MAX_MS: u64 = 20_000;
/// The delay after a 429 without a `Retry-After` (docs/platform.md, "Retries").
pub const RETRY_AFTER_DEFAULT_S: u64 = 3;
/// A longer wait means that a daily allowance is exhausted, so the run gives up (docs/platform.md, "Retries").
pub const RETRY_AFTER_MAX_S: u64 = 180;
/// How long a token request is repeated while the token endpoint returns 400 for its rate limit.
pub const LOGIN_LIMIT_MS: u64 = 60_000;
/// How many tokens of a run are searched for in responses.
pub const TOKENS_KEPT: usize = 8;
/// Spreads out the requests that wait for the same 429.
pub const RETRY_AFTER_JITTER_MS: u64 = 1_000;

/// Whether repeating a request can do harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It changes nothing. A token request counts as a read.
    Read,
    Write,
}

/// One failed exchange, reduced to what the decision needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExchangeFailure {
    /// No connection: certainly not executed.
    NotSent,
    /// 429, or the token endpoint's 400 for a rate limit: certainly not executed.
    Throttled {
        /// The platform's `Retry-After`, if any.
        retry_after_s: Option<u64>,
    },
    /// 401: certainly not executed.
    Unauthorized {
        /// The token can be renewed, and was not yet renewed for this request.
        renewable: bool,
    },
    /// 408 or 5xx: it may have been executed, and a retry may help.
    Unavailable {
        /// The platform's `Retry-After`, if any.
        retry_after_s: Option<u64>,
    },
    /// It was sent, but no readable response came: a timeout or a lost connection.
    AnswerLost,
    /// The response is not from the platform, for example a gateway's page. It may have been executed.
    AnswerForeign,
    /// A response that a retry will not change: a contract violation, broken JSON, a redirect, or a body over the
    /// limit. It may have been executed.
    AnswerBroken,
    /// Any other rejection: certainly not executed.
    Refused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Send it again after this delay.
    Wait(Duration),
    /// Renew the token and send it again.
    NewToken,
    /// Give up. It was certainly not executed.
    GiveUp,
    /// Give up. It may have been executed, so read the object before anything else.
    MaybeApplied,
}

/// Decides what to do. `attempt` counts from one, and `random` is in `0.0..1.0`.
///
/// # Guarantees
/// A write is only sent again if it was certainly not executed. `GiveUp` for a write means the same. No request waits
/// more than [`ATTEMPTS_MAX`] − 1 times.
pub fn after(failure: ExchangeFailure, effect: Effect, attempt: u32, random: f64) -> Next {
    let next = match (failure, effect) {
        (ExchangeFailure::Unauthorized { renewable: true }, _) => Next::NewToken,
        (ExchangeFailure::Refused | ExchangeFailure::Unauthorized { renewable: false }, _)
        | (ExchangeFailure::AnswerBroken, Effect::Read) => Next::GiveUp,
        (
            ExchangeFailure::Unavailable { .. }
            | ExchangeFailure::AnswerLost
            | ExchangeFailure::AnswerForeign
            | ExchangeFailure::AnswerBroken,
            Effect::Write,
        ) => Next::MaybeApplied,
        (ExchangeFailure::AnswerForeign, Effect::Read) => Next::Wait(backoff(attempt, random)),
        (ExchangeFailure::NotSent, _)
        | (ExchangeFailure::AnswerLost | ExchangeFailure::Unavailable { retry_after_s: None }, Effect::Read) => {
            Next::Wait(backoff(attempt, random))
        }
        (ExchangeFailure::Throttled { retry_after_s }, _) => {
            asked(retry_after_s.unwrap_or(RETRY_AFTER_DEFAULT_S), attempt, random)
        }
        (ExchangeFailure::Unavailable { retry_after_s: Some(asked_s) }, Effect::Read) => {
            asked(asked_s, attempt, random)
        }
    };
    match next {
        Next::Wait(_) if attempt >= ATTEMPTS_MAX => Next::GiveUp,
        Next::Wait(_) | Next::NewToken | Next::GiveUp | Next::MaybeApplied => next,
    }
}

/// At least the requested time, plus jitter. `Retry-After: 0` must not use up all attempts at once.
fn asked(asked_s: u64, attempt: u32, random: f64) -> Next {
    if asked_s > RETRY_AFTER_MAX_S {
        return Next::GiveUp;
    }
    let jitter = Duration::from_millis(RETRY_AFTER_JITTER_MS).mul_f64(unit(random));
    Next::Wait(Duration::from_secs(asked_s).max(backoff(attempt, random)) + jitter)
}

/// Doubles up to [`BACKOFF_MAX_MS`]. Jitter removes up to half.
fn backoff(attempt: u32, random: f64) -> Duration {
    let doublings = attempt.saturating_sub(1).min(u64::BITS - 1);
    let full_ms = BACKOFF_FIRST_MS.saturating_mul(1 << doublings).min(BACKOFF_MAX_MS);
    Duration::from_millis(full_ms).mul_f64(0.5 + unit(random) / 2.0)
}

fn unit(random: f64) -> f64 {
    if random.is_finite() { random.clamp(0.0, 1.0) } else { 0.0 }
}

/// The total time of a schedule, at compile time.
pub const fn sum_ms(delays_ms: &[u64]) -> u64 {
    match delays_ms {
        [] => 0,
        [first, rest @ ..] => *first + sum_ms(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIDDLE: f64 = 0.5;

    fn wait_ms(ms: u64) -> Next {
        Next::Wait(Duration::from_millis(ms))
    }

    #[test]
    fn the_whole_table() {
        use Effect::{Read, Write};
        use ExchangeFailure::{
            AnswerBroken, AnswerForeign, AnswerLost, NotSent, Refused, Throttled, Unauthorized, Unavailable,
        };
        let table = [
            (NotSent, Read, 1, wait_ms(375)),
            (NotSent, Write, 1, wait_ms(375)),
            (NotSent, Write, 2, wait_ms(750)),
            (NotSent, Write, ATTEMPTS_MAX, Next::GiveUp),
            (Throttled { retry_after_s: Some(42) }, Read, 1, wait_ms(42_500)),
            (Throttled { retry_after_s: Some(42) }, Write, 1, wait_ms(42_500)),
            (Throttled { retry_after_s: None }, Write, 1, wait_ms(3_500)),
            (Throttled { retry_after_s: Some(0) }, Write, 1, wait_ms(875)),
            (Throttled { retry_after_s: Some(180) }, Read, 1, wait_ms(180_500)),
            (Throttled { retry_after_s: Some(181) }, Read, 1, Next::GiveUp),
            (Throttled { retry_after_s: Some(u64::MAX) }, Write, 1, Next::GiveUp),
            (Throttled { retry_after_s: Some(1) }, Write, ATTEMPTS_MAX, Next::GiveUp),
            (Unauthorized { renewable: true }, Read, 1, Next::NewToken),
            (Unauthorized { renewable: true }, Write, ATTEMPTS_MAX, Next::NewToken),
            (Unauthorized { renewable: false }, Write, 1, Next::GiveUp),
            (Unavailable { retry_after_s: None }, Read, 1, wait_ms(375)),
            (Unavailable { retry_after_s: Some(10) }, Read, 1, wait_ms(10_500)),
            (Unavailable { retry_after_s: Some(999) }, Read, 1, Next::GiveUp),
            (Unavailable { retry_after_s: None }, Read, ATTEMPTS_MAX, Next::GiveUp),
            (Unavailable { retry_after_s: Some(1) }, Write, 1, Next::MaybeApplied),
            (AnswerLost, Read, 1, wait_ms(375)),
            (AnswerLost, Write, 1, Next::MaybeApplied),
            (AnswerForeign, Read, 1, wait_ms(375)),
            (AnswerForeign, Write, 1, Next::MaybeApplied),
            (AnswerBroken, Read, 1, Next::GiveUp),
            (AnswerBroken, Write, 1, Next::MaybeApplied),
            (Refused, Read, 1, Next::GiveUp),
            (Refused, Write, 1, Next::GiveUp),
        ];
        for (failure, effect, attempt, next) in table {
            assert_eq!(after(failure, effect, attempt, MIDDLE), next, "{failure:?} {effect:?} attempt {attempt}");
        }
    }

    #[test]
    fn backing_off_is_bounded_whatever_comes_in() {
        for (attempt, random) in [(0, 0.0), (1, 1.0), (64, 0.3), (u32::MAX, f64::NAN), (u32::MAX, f64::INFINITY)] {
            assert!(backoff(attempt, random) <= Duration::from_millis(BACKOFF_MAX_MS));
            assert!(backoff(attempt, random) >= Duration::from_millis(BACKOFF_FIRST_MS / 2));
        }
    }
}
