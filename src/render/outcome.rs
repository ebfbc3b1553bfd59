//! What every report to people says alike: why something is not done, which signal ended the run, how
//! many of which outcome there are.

use std::fmt::Write as _;

use crate::apply::report::{Outcome, Report};
use crate::cause::Cause;
use crate::render::style::Style;
use crate::stop::Signal;
use crate::text;

/// Every outcome of an apply in the order of a sum, by its stable name and its words.
pub const OUTCOMES: [(&str, &str); 9] = [
    ("done", "done"),
    ("already-so", "already so"),
    ("not-visible-yet", "not visible yet"),
    ("differs", "different"),
    ("overwritten", "overwritten"),
    ("failed", "failed"),
    ("refused", "refused"),
    ("skipped", "skipped"),
    ("unknown", "unknown"),
];

/// The words of one of them.
#[must_use]
pub fn words(outcome: &Outcome) -> &'static str {
    let code = outcome.code();
    OUTCOMES.iter().find(|(it, _)| *it == code).map_or(code, |(_, words)| words)
}

/// What the look after an apply found where nothing else is to be done.
#[must_use]
pub fn found_in_step(report: &Report) -> &'static str {
    let is_limited = report.provenance.as_ref().is_some_and(|it| it.only.is_some());
    match (report.rows.iter().all(|row| row.outcome.is_success()), is_limited) {
        (true, false) => "it is in step",
        (true, true) => "what the run is limited to is in step",
        (false, _) => "nothing else differs",
    }
}

/// What the look after an apply found where somebody has changed the org meanwhile.
#[must_use]
pub fn drifted(changes: usize, refusals: usize) -> String {
    let (more, new) = (text::count(changes, "more change"), text::count(refusals, "new error"));
    match (changes, refusals) {
        (0, _) => new,
        (_, 0) => format!("{more} to make"),
        (_, _) => format!("{more} to make and {new}"),
    }
}

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
