//! A moment in UTC, and its forms for people, files and documents.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use jiff::SignedDuration;
use jiff::civil::DateTime;

/// The last moment with a year of four digits.
const MS_MAX: u64 = 253_402_300_799_999;

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// The accepted forms, with zeros for digits.
const FORMS: [&str; 4] = ["0000-00-00", "0000-00-00T00:00Z", "0000-00-00T00:00:00Z", "0000-00-00T00:00:00.000Z"];

/// Milliseconds since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(u64);

impl Moment {
    /// From milliseconds since 1970. A moment after the year 9999 becomes its last one.
    pub fn from_unix_ms(unix_ms: u64) -> Moment {
        Moment(unix_ms.min(MS_MAX))
    }

    pub fn unix_ms(self) -> u64 {
        self.0
    }

    pub fn plus_ms(self, ms: u64) -> Moment {
        Moment::from_unix_ms(self.0.saturating_add(ms))
    }

    /// The time until another moment. Zero if that is in the past.
    pub fn until(self, later: Moment) -> Duration {
        Duration::from_millis(later.unix_ms().saturating_sub(self.unix_ms()))
    }

    /// Reads `2026-03-01` (the start of the day), `2026-03-01T09:05Z`, `2026-03-01T09:05:30Z` and
    /// `2026-03-01T09:05:30.250Z`. The last form is the written one. `None` for anything else.
    pub fn read(text: &str) -> Option<Moment> {
        let form: String = text.chars().map(|it| if it.is_ascii_digit() { '0' } else { it }).collect();
        // The library reads a leap second as the second before it.
        let has_leap_second = text.get(16..19) == Some(":60");
        if !FORMS.contains(&form.as_str()) || has_leap_second {
            return None;
        }
        let read: DateTime = text.trim_end_matches('Z').parse().ok()?;
        Some(Moment::from_unix_ms(u64::try_from(read.duration_since(EPOCH).as_millis()).ok()?))
    }

    /// Reads an HTTP date, such as the `Date` header, in any of its three forms (RFC 9110). `None` for anything else.
    pub fn read_http_date(text: &str) -> Option<Moment> {
        let since_1970 = httpdate::parse_http_date(text.trim()).ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Moment::from_unix_ms(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)))
    }

    /// Only digits and letters, to the second, for file names that sort by time.
    pub fn compact(self) -> String {
        self.written("%Y%m%dT%H%M%SZ")
    }

    pub fn to_the_minute(self) -> String {
        self.written("%Y-%m-%d %H:%M")
    }

    fn written(self, format: &str) -> String {
        let since_1970 = SignedDuration::from_millis(i64::try_from(self.0).unwrap_or(i64::MAX));
        EPOCH.saturating_add(since_1970).strftime(format).to_string()
    }
}

/// RFC 3339 with milliseconds.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.written("%Y-%m-%dT%H:%M:%S.%3fZ"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_everybody_writes_them() {
        let known = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_764_000_000_250, "2025-11-24T16:00:00.250Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (MS_MAX, "9999-12-31T23:59:59.999Z"),
        ];
        for (unix_ms, text) in known {
            assert_eq!(Moment::from_unix_ms(unix_ms).to_string(), text);
        }
        assert_eq!(Moment::from_unix_ms(u64::MAX), Moment::from_unix_ms(MS_MAX));
        assert_eq!(Moment::from_unix_ms(1_764_000_000_250).compact(), "20251124T160000Z");
        assert_eq!(Moment::from_unix_ms(1_764_000_000_250).to_the_minute(), "2025-11-24 16:00");
    }

    #[test]
    fn what_is_written_is_read_back_every_day_for_centuries() {
        let mut before = None;
        for day in 0..300_000 {
            let moment = Moment::from_unix_ms(day * 86_400_000 + day);
            let text = moment.to_string();
            assert_eq!(Moment::read(&text), Some(moment), "{text}");
            assert!(before < Some(text.clone()), "{text}");
            before = Some(text);
        }
    }

    #[test]
    fn the_time_of_an_answer_is_read() {
        let at = |text: &str| Moment::read_http_date(text).map(|it| it.to_string());
        let forms = ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"];
        for form in forms {
            assert_eq!(at(form).as_deref(), Some("1994-11-06T08:49:37.000Z"), "{form}");
        }
        for odd in ["", "soon", "Sun, 06 Nov 1994 08:49:37 CET"] {
            assert_eq!(at(odd), None, "{odd}");
        }
    }

    #[test]
    fn dates_and_times_are_read_and_nothing_else_is() {
        let at = |text: &str| Moment::read(text).map(|it| it.to_string());
        assert_eq!(at("2026-03-01").as_deref(), Some("2026-03-01T00:00:00.000Z"));
        assert_eq!(at("2026-03-01T09:05Z").as_deref(), Some("2026-03-01T09:05:00.000Z"));
        assert_eq!(at("2026-03-01T09:05:30Z").as_deref(), Some("2026-03-01T09:05:30.000Z"));
        for odd in [
            "",
            "2026",
            "2026-3-1",
            "2026-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-03-00",
            "1969-12-31",
            "2026-03-01T",
            "2026-03-01T09Z",
            "2026-03-01T24:00Z",
            "2026-03-01T09:60Z",
            "2026-03-01T09:05:60Z",
            "2026-03-01T09:05:60.000Z",
            "2026-03-01T09:05",
            "2026-03-01T09:05:30.1Z",
            "2026-03-01T09:05:30+01:00",
            "+026-03-01",
            "2026-03-01-01",
            "２０２６-03-01",
        ] {
            assert_eq!(at(odd), None, "{odd}");
        }
    }
}
