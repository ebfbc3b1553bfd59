//! What every report to people says alike: why something is not done, which signal ended the run, how
//! many of which outcome there are.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::apply::outcome::OutcomeKind;
use crate::apply::report::{Report, Row};
use crate::cause::Cause;
use crate::render::style::{Style, Tone};
use crate::stop::Signal;
use crate::text;

/// How an outcome is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// In a sum what has the smaller one comes first.
    pub place: u8,
    /// In few words.
    pub words: &'static str,
    /// Whether somebody has to act.
    pub tone: Tone,
}

/// How the outcome of an object is said.
#[must_use]
pub fn said(outcome: OutcomeKind) -> Said {
    let (words, tone) = match outcome {
        OutcomeKind::Done => ("done", Tone::Good),
        OutcomeKind::AlreadySo => ("already so", Tone::Good),
        OutcomeKind::NotVisibleYet => ("not visible yet", Tone::Open),
        OutcomeKind::Differs => ("different", Tone::Bad),
        OutcomeKind::Overwritten => ("overwritten", Tone::Bad),
        OutcomeKind::Failed => ("failed", Tone::Bad),
        OutcomeKind::Refused => ("refused", Tone::Bad),
        OutcomeKind::Skipped => ("skipped", Tone::Open),
        OutcomeKind::Unknown => ("unknown", Tone::Bad),
    };
    Said { place: outcome as u8, words, tone }
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

/// How many have each outcome: "2 done, 1 failed". Nothing where there are none.
#[must_use]
pub fn counted(outcomes: impl IntoIterator<Item = Said>) -> String {
    let mut counts: BTreeMap<(u8, &str), usize> = BTreeMap::new();
    for Said { place, words, tone: _ } in outcomes {
        *counts.entry((place, words)).or_default() += 1;
    }
    let counts: Vec<String> = counts.into_iter().map(|((_, words), count)| format!("{count} {words}")).collect();
    counts.join(", ")
}

/// The same of the rows of a report.
#[must_use]
pub fn counted_outcomes(rows: &[Row]) -> String {
    counted(rows.iter().map(|row| said(row.outcome.kind())))
}
