//! The result of an apply for people: a line per object, the verification, a summary.

use std::fmt::Write as _;

use crate::model::division::Divisions;
use crate::model::names::Locale;
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::apply::report::{Intent, Outcome, Report, ReportRow, Verification};
use crate::output::outcome::{self, OutcomeWords, Verified, said};
use crate::output::rows::difference;
use crate::output::style::Style;
use crate::output::summary::{Summary, of_report, what};
use crate::output::text::change::{block, quoted_label, subject, subject_of};
use crate::output::text::findings::pointed_at;
use crate::output::text::problem::{blocker_shown, explained, place};
use crate::plan::Plan;
use crate::plan::change::{Change, Step};

/// The width of the widest outcome.
const OUTCOME_WIDTH: usize = 15;

/// The indentation below the line of an object.
const INDENT: &str = "      ";

/// A whole report. It comes below a plan, which names the org.
pub fn report(report: &Report, sources: &Sources, style: Style) -> String {
    let Report {
        rows,
        blockers,
        verification: _,
        divisions_unread,
        interrupted,
        divisions,
        default_locale: _,
        metadata: _,
        matched: _,
    } = report;
    let mut shown = String::new();
    for it in rows {
        shown.push_str(&row(it, report.intent(), divisions, style));
        shown.push_str(&asked_for(it, sources, style));
    }
    if !rows.is_empty() {
        shown.push('\n');
    }
    for blocker in blockers {
        shown.push_str(&blocker_shown(blocker, sources, style));
    }
    shown.push_str(&outcome::interrupted(*interrupted, style));
    shown.push_str(&verified(report, sources, style));
    if let Some(cause) = divisions_unread {
        let head = style.doubtful("Divisions");
        // Writing to a String cannot fail.
        let _ = write!(shown, "{head}: {}\n{}", outcome::DIVISIONS_UNREAD, explained(cause, INDENT, style));
    }
    shown.push_str(&sum(report, style));
    shown
}

/// The start of a step in one line without a line break, for a CI log.
pub fn started(step: &Step, default_locale: &Locale) -> String {
    format!("{} {} ...", step.action().verb(), subject_of(step, default_locale))
}

/// The result of a step in one line, with details below it if it was not done.
pub fn finished(it: &ReportRow, intent: Intent, divisions: &Divisions, style: Style) -> String {
    let shown = row(it, intent, divisions, style);
    shown.trim().to_owned()
}

/// The outcome, the object, and the reason if it was not done.
pub(super) fn row(row: &ReportRow, intent: Intent, divisions: &Divisions, style: Style) -> String {
    let ReportRow {
        action,
        key,
        id,
        system_presence,
        name,
        before: _,
        after: _,
        outcome,
        worked: _,
        place: _,
        refused_label: _,
        correlation_id: _,
        again_from,
    } = row;
    let what = subject(*action, key.as_ref(), name.as_ref(), system_presence, id.as_ref());
    let OutcomeWords { place: _, words, tone } = said(outcome.kind());
    let padding = " ".repeat(OUTCOME_WIDTH.saturating_sub(words.len()));
    let words = style.toned(tone, words);
    let mut shown = format!("  {words} {padding}{} {what}\n", action.verb());
    match outcome {
        Outcome::Failed(cause) => shown.push_str(&explained(cause, INDENT, style)),
        Outcome::Unknown(cause) => {
            shown.push_str(&explained(cause, INDENT, style));
            // Writing to a String cannot fail.
            let see = again_from.map_or_else(|| format!("; {}", intent.seen()), |_| String::new());
            let _ = writeln!(shown, "      whether it was written is not known{see}");
        }
        Outcome::Differs(_)
        | Outcome::Overwritten(_)
        | Outcome::Conflict(_)
        | Outcome::NotVisibleYet(_)
        | Outcome::Skipped(_) => {
            if let Some(why) = row.in_words(intent) {
                let _ = writeln!(shown, "      {}", text::terminal(&why));
            }
            for it in outcome.differences() {
                let name = |it: &str| text::terminal(it).to_string();
                let _ = writeln!(shown, "        {}", difference(it, divisions, quoted_label, name));
            }
        }
        Outcome::Done | Outcome::AlreadyInPlace => {}
    }
    shown
}

/// The config line of a failure: that of the refused label if it is known, or of the definition.
fn asked_for(row: &ReportRow, sources: &Sources, style: Style) -> String {
    if !matches!(row.outcome, Outcome::Failed(_)) {
        return String::new();
    }
    match (row.refused_label, row.place) {
        (Some(label), _) => pointed_at(label, "the org refused this label", sources, INDENT, style),
        (None, Some(span)) => format!("{INDENT}at {}\n", place(span, sources)),
        (None, None) => String::new(),
    }
}

fn verified(report: &Report, sources: &Sources, style: Style) -> String {
    let Some(Verified { head, tone, sentence, cause }) = outcome::verified(report) else { return String::new() };
    let mut shown = format!("{}: {sentence}\n", style.toned(tone, head));
    if let Some(cause) = cause {
        shown.push_str(&explained(cause, INDENT, style));
    }
    if let Verification::Drifted { changes, blockers } = &report.verification {
        for change in changes {
            shown.push_str(&block(change, &report.default_locale, &report.divisions, style));
            if let Some(span) = change.place {
                // Writing to a String cannot fail.
                let _ = writeln!(shown, "    at {}", place(span, sources));
            }
        }
        for blocker in blockers {
            shown.push_str(&blocker_shown(blocker, sources, style));
        }
    }
    shown
}

fn sum(report: &Report, style: Style) -> String {
    let Summary { tone, words, more } = of_report(report);
    let more = more.map_or_else(String::new, |it| format!(" {it}."));
    format!("{} {words}.{more}\n", style.toned(tone, &format!("{}:", what(report))))
}

/// One line per reviewed operation, with the differences that refuse it. The counts come first.
pub fn bound(run: &[Change], resolved: &[ReportRow], plan: &Plan, style: Style) -> String {
    let refused = resolved.iter().filter(|it| matches!(it.outcome, Outcome::Conflict(_))).count();
    let already_so = resolved.len() - refused;
    let are = |count: usize, word: &str| match count {
        0 => None,
        1 => Some(format!("1 is {word}")),
        _ => Some(format!("{count} are {word}")),
    };
    let runs = match run.len() {
        0 => "nothing runs".to_owned(),
        1 => "1 change runs".to_owned(),
        count => format!("{} run", text::count(count, "change")),
    };
    let counts: Vec<String> =
        [Some(runs), are(refused, "refused"), are(already_so, "already so")].into_iter().flatten().collect();
    let mut shown = format!("{}: {}\n", style.bold("Of the saved plan"), counts.join(", "));
    for Change { step, reason: _, place: _ } in run {
        let what = subject_of(step, &plan.default_locale);
        let padding = " ".repeat(OUTCOME_WIDTH - RUNS.len());
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "  {} {padding}{} {what}", style.bold(RUNS), step.action().verb());
    }
    for it in resolved {
        shown.push_str(&row(it, Intent::Apply, &plan.divisions, style));
    }
    shown
}

const RUNS: &str = "runs";
