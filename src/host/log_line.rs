//! A line of the log, as text or JSON, without effect on a terminal.

use std::fmt::Write as _;

use serde_json::{Number, Value};

use crate::model::moment::Moment;
use crate::model::text;

#[derive(Debug, Clone, PartialEq)]
pub struct LogLine {
    pub at: Moment,
    pub level: &'static str,
    pub message: String,
    /// Its details, in order.
    pub fields: Vec<(&'static str, LogField)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogField {
    Words(String),
    Number(u64),
}

/// For people: `2026-11-28T05:51:02.123Z debug answered: method=GET status=200`.
pub fn text(line: &LogLine) -> String {
    let LogLine { at, level, message, fields } = line;
    let mut shown = format!("{at} {level:5} {}", text::terminal(message));
    for (index, (name, value)) in fields.iter().enumerate() {
        let mark = if index == 0 { ":" } else { "" };
        // Writing to a String cannot fail.
        let _ = match value {
            LogField::Number(number) => write!(shown, "{mark} {name}={number}"),
            LogField::Words(words) if is_plain(words) => write!(shown, "{mark} {name}={}", text::terminal(words)),
            LogField::Words(words) => write!(shown, "{mark} {name}=\"{}\"", text::within_quotes(words)),
        };
    }
    shown.push('\n');
    shown
}

/// One JSON object per line.
pub fn json(line: &LogLine) -> String {
    let LogLine { at, level, message, fields } = line;
    let head = [("time", at.to_string()), ("level", (*level).to_owned()), ("message", message.clone())];
    let head = head.map(|(name, words)| (name, Value::String(words)));
    let more = fields.iter().map(|(name, value)| match value {
        LogField::Words(words) => (*name, Value::String(words.clone())),
        LogField::Number(number) => (*name, Value::Number(Number::from(*number))),
    });
    let members: Vec<String> =
        head.into_iter().chain(more).map(|(name, value)| format!("{}:{value}", Value::from(name))).collect();
    text::without_hidden(&format!("{{{}}}", members.join(","))) + "\n"
}

/// It has no character that ends the value or is hidden.
fn is_plain(words: &str) -> bool {
    !words.is_empty() && words.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_line_acts_on_its_reader() {
        let fields = vec![
            ("path", LogField::Words("/api/v2/x?a=b".to_owned())),
            ("correlation_id", LogField::Words("a\u{1b}[31m\u{202E} \"b\" \\".to_owned())),
            ("took_ms", LogField::Number(12)),
        ];
        let line =
            LogLine { at: Moment::from_unix_ms(0), level: "debug", message: "answered\nforged".to_owned(), fields };
        assert_eq!(
            text(&line),
            "1970-01-01T00:00:00.000Z debug answered\\nforged: path=/api/v2/x?a=b \
             correlation_id=\"a\\x1B[31m\\u202E \\\"b\\\" \\\\\" took_ms=12\n"
        );
        let json = json(&line);
        assert!(json.ends_with("}\n") && !json.trim_end().contains(|c: char| text::is_hidden(c)), "{json}");
        let read: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["correlation_id"], "a\u{1b}[31m\u{202E} \"b\" \\");
        assert_eq!(read["took_ms"].to_string(), "12");
    }
}
