//! A moment of the world's clock, as people, files and documents write it: always UTC.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

const MS_PER_DAY: u64 = 86_400_000;

/// The last moment that can be written with a year of four digits.
const MS_MAX: u64 = 253_402_300_799_999;

/// Milliseconds since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(u64);

impl Moment {
    /// From milliseconds since 1970. What lies after the year 9999 is its end.
    pub fn from_unix_ms(unix_ms: u64) -> Moment {
        Moment(unix_ms.min(MS_MAX))
    }

    /// Milliseconds since 1970.
    pub fn unix_ms(self) -> u64 {
        self.0
    }

    /// So much later.
    pub fn plus_ms(self, ms: u64) -> Moment {
        Moment::from_unix_ms(self.0.saturating_add(ms))
    }

    /// How long it is until another moment; nothing if that is over.
    pub fn until(self, later: Moment) -> Duration {
        Duration::from_millis(later.unix_ms().saturating_sub(self.unix_ms()))
    }

    /// Reads `2026-03-01` (its beginning), `2026-03-01T09:05Z`, `2026-03-01T09:05:30Z` and
    /// `2026-03-01T09:05:30.250Z`: the last is how they are written. None otherwise.
    pub fn read(text: &str) -> Option<Moment> {
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (date, Some(time.strip_suffix('Z')?)),
            None => (text, None),
        };
        let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
        let month_length = days_in_month(year, month)?;
        if year < 1970 || day == 0 || day > month_length {
            return None;
        }
        let ms = time.map_or(Some(0), ms_of_day)?;
        Some(Moment::from_unix_ms(days_before(year, month, day) * MS_PER_DAY + ms))
    }

    /// Reads a date of HTTP, such as the header `Date`, in any of its three forms (RFC 9110). None otherwise.
    pub fn read_http_date(text: &str) -> Option<Moment> {
        let since_1970 = httpdate::parse_http_date(text.trim()).ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Moment::from_unix_ms(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)))
    }

    /// Only digits and letters, to the second: for names of files. Sorted, they are in order.
    pub fn compact(self) -> String {
        let Parts { year, month, day, hour, minute, second, ms: _ } = self.parts();
        format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
    }

    pub fn to_the_minute(self) -> String {
        let Parts { year, month, day, hour, minute, second: _, ms: _ } = self.parts();
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}")
    }

    fn parts(self) -> Parts {
        let (days, ms) = (self.0 / MS_PER_DAY, self.0 % MS_PER_DAY);
        let (year, month, day) = date(days);
        Parts {
            year,
            month,
            day,
            hour: ms / 3_600_000,
            minute: ms / 60_000 % 60,
            second: ms / 1_000 % 60,
            ms: ms % 1_000,
        }
    }
}

/// RFC 3339, to the millisecond.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { year, month, day, hour, minute, second, ms } = self.parts();
        f.pad(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z"))
    }
}

struct Parts {
    year: u64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
    ms: u64,
}

/// Numbers of so many digits each, with something between them.
fn numbers<const N: usize>(text: &str, between: char, digits: [usize; N]) -> Option<[u64; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(between);
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next().filter(|it| it.len() == digits && it.bytes().all(|it| it.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

fn ms_of_day(text: &str) -> Option<u64> {
    let (text, ms) = match text.split_once('.') {
        Some((text, fraction)) => (text, numbers(fraction, '.', [3])?[0]),
        None => (text, 0),
    };
    let [hour, minute, second] = match numbers(text, ':', [2, 2]) {
        Some([hour, minute]) => [hour, minute, 0],
        None => numbers(text, ':', [2, 2, 2])?,
    };
    (hour < 24 && minute < 60 && second < 60).then(|| ((hour * 60 + minute) * 60 + second) * 1_000 + ms)
}

fn is_leap(year: u64) -> bool {
    (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
}

fn days_in_month(year: u64, month: u64) -> Option<u64> {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(28 + u64::from(is_leap(year))),
        _ => None,
    }
}

/// How many leap days lie before a year.
fn leap_days_before(year: u64) -> u64 {
    let last = year - 1;
    last / 4 - last / 100 + last / 400
}

fn days_before_year(year: u64) -> u64 {
    (year - 1970) * 365 + leap_days_before(year) - leap_days_before(1970)
}

fn days_before(year: u64, month: u64, day: u64) -> u64 {
    let months: u64 = (1..month).filter_map(|it| days_in_month(year, it)).sum();
    days_before_year(year) + months + day - 1
}

/// Year, month and day of a number of days since 1970.
fn date(days: u64) -> (u64, u64, u64) {
    // No year is longer than 366 days, so this is never too late.
    let mut year = 1970 + days / 366;
    while days_before_year(year + 1) <= days {
        year += 1;
    }
    let mut left = days - days_before_year(year);
    let mut month = 1;
    while let Some(length) = days_in_month(year, month).filter(|length| left >= *length) {
        left -= length;
        month += 1;
    }
    (year, month, left + 1)
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
            let moment = Moment::from_unix_ms(day * MS_PER_DAY + day % MS_PER_DAY);
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
