//! What to do after a failed exchange. Pure: random numbers come in as arguments.

use std::time::Duration;

/// How often one request is sent at most, the first time included.
pub const ATTEMPTS_MAX: u32 = 6;
/// How many pages are taken in answer to one request that asks for JSON, before that is how it is.
pub const PAGES_MAX: u32 = 2;
/// The first wait after a failure; it doubles from attempt to attempt.
pub const BACKOFF_FIRST_MS: u64 = 500;
/// The longest wait that no one asked for.
pub const BACKOFF_MAX_MS: u64 = 20_000;
/// The wait after a 429 that does not say how long (docs/platform.md, "Retries").
pub const RETRY_AFTER_DEFAULT_S: u64 = 3;
/// Above this a wait is a daily allowance used up, not a burst, and the run gives up (docs/platform.md, "Retries").
pub const RETRY_AFTER_MAX_S: u64 = 180;
/// How long a token is asked for again that the token endpoint refuses with a 400 for its rate limit.
pub const LOGIN_LIMIT_MS: u64 = 60_000;
/// How many tokens of a run are looked for in what a server says.
pub const TOKENS_KEPT: usize = 8;
/// Spreads out those whom one 429 sent to sleep together.
pub const RETRY_AFTER_JITTER_MS: u64 = 1_000;

/// Whether carrying a request out twice can hurt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It changes nothing (asking for a token counts as reading).
    Read,
    Write,
}

/// One failed exchange, reduced to what decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExchangeFailure {
    /// No connection was made: certainly not carried out.
    NotSent,
    /// 429, or the token endpoint's 400 in its place: certainly not carried out.
    Throttled {
        /// What the platform asked for, where it did.
        retry_after_s: Option<u64>,
    },
    /// 401: certainly not carried out.
    Unauthorized {
        /// A new token can be had, and this request has not had one yet.
        renewable: bool,
    },
    /// 408 or 5xx: it may have been carried out, and asking again may help.
    Unavailable {
        /// What the platform asked for, where it did.
        retry_after_s: Option<u64>,
    },
    /// Sent, and then no answer that can be read: timed out, or cut off.
    AnswerLost,
    /// Answered by something else than the platform, such as a gateway's page. It may have been carried out.
    AnswerForeign,
    /// Answered in a way that asking again will not mend: a broken promise, JSON with a bad place, a redirect, a body
    /// over the limit. It may have been carried out.
    AnswerBroken,
    /// Any other refusal: certainly not carried out.
    Refused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Send it again after this long.
    Wait(Duration),
    /// Get a new token and send it again.
    NewToken,
    /// End; it was certainly not carried out.
    GiveUp,
    /// End; it may have been carried out, so look before anything else.
    MaybeApplied,
}

/// Decides. `attempt` counts from one; `random` lies in `0.0..1.0`.
///
/// # Guarantees
/// A write is sent again only when it certainly was not carried out. `GiveUp` for a write means the
/// same. No request waits more than [`ATTEMPTS_MAX`] − 1 times.
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

/// At least what was asked for, plus jitter. `Retry-After: 0` must not burn all attempts at once.
fn asked(asked_s: u64, attempt: u32, random: f64) -> Next {
    if asked_s > RETRY_AFTER_MAX_S {
        return Next::GiveUp;
    }
    let jitter = Duration::from_millis(RETRY_AFTER_JITTER_MS).mul_f64(unit(random));
    Next::Wait(Duration::from_secs(asked_s).max(backoff(attempt, random)) + jitter)
}

/// Doubling, at most [`BACKOFF_MAX_MS`]; jitter takes away up to half.
fn backoff(attempt: u32, random: f64) -> Duration {
    let doublings = attempt.saturating_sub(1).min(u64::BITS - 1);
    let full_ms = BACKOFF_FIRST_MS.saturating_mul(1 << doublings).min(BACKOFF_MAX_MS);
    Duration::from_millis(full_ms).mul_f64(0.5 + unit(random) / 2.0)
}

fn unit(random: f64) -> f64 {
    if random.is_finite() { random.clamp(0.0, 1.0) } else { 0.0 }
}

/// How long a schedule takes in all, at compile time.
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
