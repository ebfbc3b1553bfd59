//! The start and end of a period as typed: a date, a time, or a duration before now.

use jiff::Timestamp;

use crate::model::moment::Moment;

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

/// The start: a date means its beginning. `None` if it is invalid.
pub fn since(typed: &str, now: Moment) -> Option<Moment> {
    Moment::read(typed).or_else(|| elsewhere(typed)).or_else(|| ago(typed, now))
}

/// The end: a date means its end.
pub fn until(typed: &str, now: Moment) -> Option<Moment> {
    match Moment::read(typed) {
        Some(moment) if !typed.contains('T') => Some(moment.plus_ms(DAY_MS)),
        Some(moment) => Some(moment),
        None => since(typed, now),
    }
}

/// A time with an offset, such as `2026-03-01T09:05:00+01:00`.
fn elsewhere(typed: &str) -> Option<Moment> {
    let (local, offset) = typed.split_at_checked(typed.len().checked_sub("+01:00".len())?)?;
    let is_offset = offset.get(1..).and_then(|it| Moment::read(&format!("1970-01-01T{it}Z"))).is_some();
    Moment::read(&format!("{local}Z")).filter(|_| local.contains('T') && is_offset)?;
    let unix_ms = typed.parse::<Timestamp>().ok()?.as_millisecond();
    u64::try_from(unix_ms).ok().map(Moment::from_unix_ms)
}

/// This many minutes, hours, days or weeks ago.
fn ago(typed: &str, now: Moment) -> Option<Moment> {
    let (number, unit) = typed.split_at_checked(typed.len().checked_sub(1)?)?;
    let unit_ms = match unit {
        "m" => MINUTE_MS,
        "h" => 60 * MINUTE_MS,
        "d" => DAY_MS,
        "w" => 7 * DAY_MS,
        _ => return None,
    };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = number.parse().ok().filter(|_| is_number)?;
    Some(Moment::from_unix_ms(now.unix_ms().saturating_sub(number.saturating_mul(unit_ms))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_times_and_durations_are_read_and_nothing_else_is() {
        let now = Moment::read("2026-03-31T12:00:00Z").unwrap();
        let [from, to] = [since, until].map(|read| move |typed: &str| read(typed, now).map(|it| it.to_string()));
        for (typed, expected) in [
            ("2026-03-01", "2026-03-01T00:00:00.000Z"),
            ("2026-03-01T09:05:00Z", "2026-03-01T09:05:00.000Z"),
            ("2026-03-01T09:05:00+01:00", "2026-03-01T08:05:00.000Z"),
            ("2026-02-28T23:05:00.500-02:30", "2026-03-01T01:35:00.500Z"),
            ("30d", "2026-03-01T12:00:00.000Z"),
            ("2w", "2026-03-17T12:00:00.000Z"),
            ("36h", "2026-03-30T00:00:00.000Z"),
            ("90m", "2026-03-31T10:30:00.000Z"),
            ("99999999999999999d", "1970-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(from(typed).as_deref(), Some(expected), "{typed}");
        }
        assert_eq!(to("2026-03-31").as_deref(), Some("2026-04-01T00:00:00.000Z"));
        assert_eq!(to("2026-03-31T00:00Z").as_deref(), Some("2026-03-31T00:00:00.000Z"));
        assert_eq!(to("7d"), from("7d"));
        for odd in [
            "",
            "d",
            "-1d",
            "+1d",
            "1y",
            "1.5d",
            "märz",
            "2026-03-01+01:00",
            "2026-03-01T09:05:00+1:00",
            "2026-03-01T09:05:00+24:00",
            "1970-01-01T00:00+01:00",
            "ü",
            "1ü",
        ] {
            assert_eq!((from(odd), to(odd)), (None, None), "{odd}");
        }
    }
}
