//! The shared part of all report views: the words for outcomes, their counts, the verification, and the signal that
//! ended the run.

use std::collections::BTreeMap;

use crate::host::stop::Signal;
use crate::model::problem::Problem;
use crate::model::text;
use crate::ops::apply::outcome::OutcomeKind;
use crate::ops::apply::report::{Report, ReportRow, Verification};
use crate::output::style::{Style, Tone};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutcomeWords {
    /// The position in a summary.
    pub place: u8,
    pub words: &'static str,
    pub tone: Tone,
}

/// The words for the outcome of an object.
pub fn said(outcome: OutcomeKind) -> OutcomeWords {
    let (words, tone) = match outcome {
        OutcomeKind::Done => ("done", Tone::Good),
        OutcomeKind::AlreadyInPlace => ("already so", Tone::Good),
        OutcomeKind::NotVisibleYet => ("not visible yet", Tone::Open),
        OutcomeKind::Differs => ("different", Tone::Bad),
        OutcomeKind::Overwritten => ("overwritten", Tone::Bad),
        OutcomeKind::Failed => ("failed", Tone::Bad),
        OutcomeKind::Conflict => ("refused", Tone::Bad),
        OutcomeKind::Skipped => ("skipped", Tone::Open),
        OutcomeKind::Unknown => ("unknown", Tone::Bad),
    };
    OutcomeWords { place: outcome as u8, words, tone }
}

/// The result of the verification after an apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<'a> {
    pub head: &'static str,
    pub tone: Tone,
    /// A sentence without its capital and its full stop.
    pub sentence: String,
    /// Why the org could not be read.
    pub cause: Option<&'a Problem>,
}

/// The result of the verification. `None` if there was nothing to verify.
pub fn verified(report: &Report) -> Option<Verified<'_>> {
    let (head, tone, sentence, cause) = match &report.verification {
        Verification::NotNeeded => return None,
        Verification::Interrupted => {
            ("Not verified", Tone::Open, "the run was interrupted before the org was read again".to_owned(), None)
        }
        Verification::InSync => {
            ("Verified", Tone::Good, format!("the org was read again, and {}", found_in_step(report)), None)
        }
        Verification::Drifted { changes, blockers } => {
            let more = drifted(changes.len(), blockers.len());
            let mut sentence = format!("the org was read again, and there is {more}");
            // The cause is part of the sentence.
            if !changes.is_empty() {
                sentence += ": it was changed meanwhile, or its list still shows something older";
            }
            ("Not in sync", Tone::Bad, sentence, None)
        }
        Verification::Failed(cause) => {
            ("Not verified", Tone::Bad, "the org could not be read again".to_owned(), Some(cause))
        }
    };
    Some(Verified { head, tone, sentence, cause })
}

/// The result if no other change is needed.
fn found_in_step(report: &Report) -> &'static str {
    let is_limited = report.metadata.as_ref().is_some_and(|it| it.only.is_some());
    match (report.rows.iter().all(|row| row.outcome.is_success()), is_limited) {
        (true, false) => "it is in sync",
        (true, true) => "what the run is limited to is in sync",
        (false, _) => "nothing else differs",
    }
}

/// The result if the org was changed in the meantime.
fn drifted(changes: usize, blockers: usize) -> String {
    let (more, new) = (text::count(changes, "more change"), text::count(blockers, "new error"));
    match (changes, blockers) {
        (0, _) => new,
        (_, 0) => format!("{more} to make"),
        (_, _) => format!("{more} to make and {new}"),
    }
}

/// The sentence about unverified divisions, without its capital and its full stop.
pub const DIVISIONS_UNREAD: &str = "not known whether they stayed as they were";

/// The cause of an early end, after "Interrupted".
pub fn by(signal: Signal) -> String {
    format!("by {}: nothing more was started", signal.name())
}

/// The line about a signal that ended the run. Empty without one.
pub fn interrupted(by_signal: Option<Signal>, style: Style) -> String {
    by_signal.map_or_else(String::new, |signal| format!("{} {}\n", style.bad("Interrupted"), by(signal)))
}

/// The number of each outcome: "2 done, 1 failed". Empty without any.
pub fn counted(outcomes: impl IntoIterator<Item = OutcomeWords>) -> String {
    let mut counts: BTreeMap<(u8, &str), usize> = BTreeMap::new();
    for OutcomeWords { place, words, tone: _ } in outcomes {
        *counts.entry((place, words)).or_default() += 1;
    }
    let counts: Vec<String> = counts.into_iter().map(|((_, words), count)| format!("{count} {words}")).collect();
    counts.join(", ")
}

pub fn counted_outcomes(rows: &[ReportRow]) -> String {
    counted(rows.iter().map(|row| said(row.outcome.kind())))
}
