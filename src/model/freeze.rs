//! A change freeze: a time in which nothing is written to an org.

use jiff::Timestamp;

use crate::model::moment::Moment;
use crate::model::source::Span;

/// One freeze, as the files define it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// `None` if it has no start.
    pub start: Option<Moment>,
    /// The first moment after the freeze.
    pub end: Moment,
    pub reason: String,
    pub place: Span,
}

/// The relation of a freeze to a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FreezeTime {
    Now,
    Later,
    Past,
}

impl Freeze {
    pub fn time(&self, now: Moment) -> FreezeTime {
        if self.is_past(now) {
            FreezeTime::Past
        } else if self.holds(now) {
            FreezeTime::Now
        } else {
            FreezeTime::Later
        }
    }

    /// Its effect at a moment, in a sentence without a full stop. The reason is foreign text.
    pub fn in_words(&self, time: FreezeTime) -> String {
        let Freeze { start, end, reason, place: _ } = self;
        match (time, start) {
            (FreezeTime::Now, _) => format!("frozen until {end}, nothing is written before: {reason}"),
            (FreezeTime::Later, Some(start)) => format!("frozen from {start} until {end}: {reason}"),
            (FreezeTime::Later, None) => format!("frozen until {end}: {reason}"),
            (FreezeTime::Past, _) => format!("the freeze that ended at {end} may go: {reason}"),
        }
    }

    fn is_past(&self, now: Moment) -> bool {
        self.end <= now
    }

    fn holds(&self, now: Moment) -> bool {
        !self.is_past(now) && self.start.is_none_or(|start| start <= now)
    }
}

/// The freeze that is active at this moment. If there are several, the one that ends last.
pub fn holding(freezes: &[Freeze], now: Moment) -> Option<&Freeze> {
    freezes.iter().filter(|it| it.holds(now)).max_by_key(|it| it.end)
}

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The start of a freeze. A date means the beginning of its day.
pub fn start(text: &str) -> Option<Moment> {
    day(text).or_else(|| time(text))
}

/// The end of a freeze. A date means the end of its day.
pub fn end(text: &str) -> Option<Moment> {
    day(text).map(|it| it.plus_ms(DAY_MS)).or_else(|| time(text))
}

fn day(text: &str) -> Option<Moment> {
    Moment::read(text).filter(|_| !text.contains('T'))
}

/// A time in RFC 3339, in any zone.
fn time(text: &str) -> Option<Moment> {
    let read: Timestamp = text.parse().ok()?;
    Some(Moment::from_unix_ms(u64::try_from(read.as_millisecond()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::source::Sources;

    fn at(text: &str) -> Moment {
        Moment::read(text).unwrap_or_default()
    }

    #[test]
    fn a_date_is_its_whole_day_and_a_time_is_exact() {
        assert_eq!(start("2026-12-24"), Some(at("2026-12-24T00:00Z")));
        assert_eq!(end("2026-12-24"), Some(at("2026-12-25T00:00Z")));
        assert_eq!(end("2026-12-31"), Some(at("2027-01-01T00:00Z")));
        for (text, moment) in [
            ("2026-12-24T18:00:00Z", "2026-12-24T18:00Z"),
            ("2026-12-24T18:00:00+02:00", "2026-12-24T16:00Z"),
            ("2026-12-24t18:00:00.5z", "2026-12-24T18:00:00.500Z"),
        ] {
            assert_eq!((start(text), end(text)), (Some(at(moment)), Some(at(moment))), "{text}");
        }
        for text in ["", "24.12.2026", "2026-13-01", "2026-12-24T18:00:00", "tomorrow", "2026-02-30"] {
            assert_eq!((start(text), end(text)), (None, None), "{text}");
        }
    }

    #[test]
    fn of_several_freezes_the_one_that_ends_last_holds() {
        let file = Sources::new().add(std::path::Path::new("acme.yaml"), String::new());
        let freeze = |from: Option<&str>, until: &str| Freeze {
            start: from.map(at),
            end: at(until),
            reason: until.to_owned(),
            place: Span { file, start: 0, end: 0 },
        };
        let both = [freeze(None, "2026-12-10"), freeze(Some("2026-12-05"), "2026-12-20")];
        let reason = |now: &str| holding(&both, at(now)).map(|it| it.reason.as_str());
        assert_eq!(reason("2026-12-01"), Some("2026-12-10"));
        assert_eq!(reason("2026-12-05"), Some("2026-12-20"));
        assert_eq!(reason("2026-12-19T23:59Z"), Some("2026-12-20"));
        assert_eq!(reason("2026-12-20"), None, "its end is no part of it");
    }
}
