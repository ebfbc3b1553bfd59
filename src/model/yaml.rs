//! YAML scalars, for printed configs and for lines to paste.

use crate::model::names::is_guid;
use crate::model::text;

/// A one-line YAML scalar that reads back as exactly `raw`, with hidden characters as escapes. It is plain if that is
/// certainly safe, and double-quoted otherwise.
/// An id is plain, unlike most texts that begin with a digit.
pub fn scalar(raw: &str) -> String {
    if is_plain(raw) || is_guid(raw) {
        return raw.to_owned();
    }
    format!("\"{}\"", text::within_quotes(raw))
}

/// Letters, digits, single inner spaces and a few marks, starting with a letter. Words that any YAML reader treats as a
/// boolean or null are excluded.
fn is_plain(raw: &str) -> bool {
    const TAKEN: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    raw.chars().next().is_some_and(char::is_alphabetic)
        && !raw.ends_with(' ')
        // The Hangul fillers are letters, but invisible.
        && raw.chars().all(|c| (c.is_alphanumeric() && !text::is_hidden(c)) || matches!(c, ' ' | '_' | '-' | '.' | '/'))
        && !TAKEN.iter().any(|it| it.eq_ignore_ascii_case(raw))
}

/// The type of a plain scalar in YAML 1.2's core schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain {
    Null,
    Bool(bool),
    Number,
    Text,
}

impl Plain {
    pub fn of(raw: &str) -> Plain {
        match raw {
            "" | "~" | "null" | "Null" | "NULL" => Plain::Null,
            "true" | "True" | "TRUE" => Plain::Bool(true),
            "false" | "False" | "FALSE" => Plain::Bool(false),
            _ if is_number(raw) => Plain::Number,
            _ => Plain::Text,
        }
    }
}

/// What YAML 1.1 reads in a plain word that is text in YAML 1.2, such as `no`. `None` for any other word.
pub fn boolean_elsewhere(raw: &str) -> Option<bool> {
    match raw {
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// Would this be a string in a file without quotes?
pub fn is_text(raw: &str) -> bool {
    Plain::of(raw) == Plain::Text
}

/// YAML 1.1 merges a mapping into another one by this key. Here it is a key like any other.
pub const MERGE_KEY: &str = "<<";

/// Is this certainly no locale? That includes every scalar that YAML does not read as a string, and a text without a
/// letter, which some reader takes for a number, a date or a time.
pub fn is_odd_locale(raw: &str) -> bool {
    !is_text(raw) || !raw.contains(char::is_alphabetic) || raw.chars().any(|c| c.is_whitespace() || text::is_hidden(c))
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_hexdigit());
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return !digits.is_empty() && digits.bytes().all(|it| matches!(it, b'0'..=b'7'));
    }
    unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') && unsigned.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_has_a_letter() {
        for odd in ["1_000", "12:30", "2026-12-01", "12,5", "<<", "-", "12", "false"] {
            assert!(is_odd_locale(odd), "{odd}");
        }
        for locale in ["no", "en_US", "es_419", "zh-Hant-TW", "日本"] {
            assert!(!is_odd_locale(locale), "{locale}");
        }
    }

    #[test]
    fn yaml_scalars_are_plain_only_where_that_is_safe() {
        assert_eq!(scalar("Lunch break"), "Lunch break");
        assert_eq!(scalar("no"), "\"no\"");
        assert_eq!(scalar("Lunch: late"), "\"Lunch: late\"");
        assert_eq!(scalar("a\u{202E}\"b\\"), "\"a\\u202E\\\"b\\\\\"");
        assert_eq!(scalar("12"), "\"12\"");
        assert_eq!(scalar("##[error]"), "\"#\\x23[error]\"");
        assert_eq!(scalar("a\u{3164}"), "\"a\\u3164\"");
        assert_eq!(scalar("\u{FFFE}\u{1FFFF}"), "\"\\uFFFE\\U0001FFFF\"");
        let id = "2fa68d50-0000-4000-8000-000000000001";
        assert_eq!(scalar(id), id);
        assert_eq!(scalar(&id[..8]), "\"2fa68d50\"");
    }
}
