//! Foreign text in HTML: what is text and nothing else, between tags and within a quoted attribute.

use std::fmt;

use crate::model::text;

/// Text in which nothing is markup, and nothing is hidden. The only way for foreign text into a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escaped(String);

pub fn escaped(raw: &str) -> Escaped {
    let shown = text::terminal(raw);
    let mut safe = String::with_capacity(shown.as_str().len());
    for c in shown.as_str().chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
    }
    Escaped(safe)
}

/// A sentence of ours that may hold foreign text: what stands between backticks is code.
pub fn sentence(raw: &str) -> Escaped {
    let mut safe = String::with_capacity(raw.len());
    for (is_code, part) in text::code_spans(raw) {
        match (is_code, escaped(part)) {
            (true, Escaped(part)) => safe.extend(["<code><bdi>", &part, "</bdi></code>"]),
            (false, Escaped(part)) => safe.push_str(&part),
        }
    }
    Escaped(safe)
}

impl fmt::Display for Escaped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
