//! What every report to people says alike: why something is not done, which signal ended the run, how
//! many of which outcome there are.

use std::fmt::Write as _;

use crate::cause::Cause;
use crate::render::style::Style;
use crate::stop::Signal;
use crate::text;

/// The sentence, what to do, and what the platform calls the exchange: a line each, indented.
#[must_use]
pub fn explained(cause: &Cause, indent: &str) -> String {
    let Cause { message, help, correlation_id, said: _ } = cause;
    let mut shown = format!("{indent}{}\n", text::terminal(message));
    if let Some(help) = help {
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "{indent}help: {}", text::terminal(help));
    }
    if let Some(id) = correlation_id {
        let _ = writeln!(shown, "{indent}correlation id: {}", text::terminal(id));
    }
    shown
}

/// A line that a signal ended the run early; nothing where none did.
#[must_use]
pub fn interrupted(by: Option<Signal>, style: Style) -> String {
    by.map_or_else(String::new, |signal| {
        format!("{} by {}: nothing more was started\n", style.bad("Interrupted"), signal.name())
    })
}

/// How many rows have each outcome: "2 done, 1 failed". `words` gives the stable names with their words,
/// in the order of the sum.
#[must_use]
pub fn counted<'a>(words: &[(&str, &str)], codes: &(impl Iterator<Item = &'a str> + Clone)) -> String {
    let counts: Vec<String> = words
        .iter()
        .map(|(code, words)| (codes.clone().filter(|it| it == code).count(), words))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    counts.join(", ")
}
