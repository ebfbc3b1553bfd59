//! The plan and the result of a retirement, for people and as CSV.

use std::fmt::Write as _;

use crate::model::division::Divisions;
use crate::model::names::Locale;
use crate::model::observed::{Definition, Target};
use crate::model::source::{Sources, Span};
use crate::model::text;
use crate::model::usage::Seats;
use crate::model::user::UserId;
use crate::ops::apply::report::{Intent, Outcome as Written, ReportRow};
use crate::ops::retire::plan::{Advice, Lines, Moves, Retirement};
use crate::ops::retire::report::{Fate, RetireReport};
use crate::ops::users::report::UserOutcome as Set;
use crate::output::csv::records;
use crate::output::outcome::{self, OutcomeWords};
use crate::output::style::{Style, Tone};
use crate::output::summary::target_line;
use crate::output::table::TableColumn;
use crate::output::text::finished;
use crate::output::text::problem::explained;

/// The plan, before the question.
pub fn plan(retirement: &Retirement, seats: &Seats, target: &Target, style: Style) -> String {
    let Moves { people, on_queue } = retirement.moves(seats);
    let mut shown = format!("{}\n\n{}\n", target_line(target), heading(retirement, style));
    let mut steps = Vec::new();
    steps.push(match (people.len(), seats.cut) {
        (0, false) => "no one is on it now: move people who choose it meanwhile".to_owned(),
        (1, false) => "move the 1 person who is on it now".to_owned(),
        (count, false) => format!("move the {count} people who are on it now"),
        (count, true) => format!("move everyone who is on it now, which is at least {}", people_in_words(count)),
    });
    steps.push("wait until no one is on it".to_owned());
    if retirement.from.deactivated {
        steps.push("leave it deactivated, which it is already".to_owned());
    } else {
        steps.push("deactivate it".to_owned());
    }
    steps.push("read it again, and check again that no one is on it".to_owned());
    for (number, step) in (1..).zip(&steps) {
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "  {number}. {step}");
    }
    if !on_queue.is_empty() {
        let head = style.doubtful("Left alone:");
        let (who, are) = match on_queue.len() {
            1 => ("1 person on queue".to_owned(), "is"),
            count => (format!("{count} people on queue"), "are"),
        };
        let _ = writeln!(
            shown,
            "\n{head} {who}, who {are} moved only with --include-on-queue; before that {} it does not end.",
            if retirement.from.deactivated { "" } else { "it is not deactivated, and" }
        );
    }
    shown
}

/// The question: how many people, and what happens.
pub fn question(retirement: &Retirement, seats: &Seats) -> String {
    let retire = format!("retire `{}`", text::terminal(retirement.key.as_str()));
    match (retirement.moves(seats).people.len(), seats.cut) {
        (0, _) => retire.replacen('r', "R", 1),
        (count, false) => format!("Move {} and {retire}", people_in_words(count)),
        (count, true) => format!("Move everyone who is on it, at least {}, and {retire}", people_in_words(count)),
    }
}

fn people_in_words(count: usize) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}

fn heading(retirement: &Retirement, style: Style) -> String {
    let Retirement { key, from, to, default_locale, .. } = retirement;
    let from = definition(from, default_locale);
    let to = definition(&to.definition, default_locale);
    format!("Retire {} {from}; its people go to {to}", style.bold(text::terminal(key.as_str()).as_str()))
}

/// A definition by label, system presence and id.
fn definition(it: &Definition, default_locale: &Locale) -> String {
    let place = format!("({}, {})", text::terminal(it.system_presence.as_str()), text::terminal(it.id.as_str()));
    match it.name(default_locale) {
        Some(label) => format!("{} {place}", text::quoted(label.as_str())),
        None => place,
    }
}

/// The result for people: a line per person, the definition, why it stopped, the config change, a summary.
pub fn report(report: &RetireReport, sources: &Sources, style: Style) -> String {
    let RetireReport { retirement, people, definition, division_unread, halt, interrupted } = report;
    let mut shown = format!("{}\n\n", heading(retirement, style));
    let mut fates = people.iter().peekable();
    while let Some((user, fate)) = fates.next() {
        let OutcomeWords { place: _, words, tone } = said(fate);
        let padding = " ".repeat(15usize.saturating_sub(words.len()));
        let _ = writeln!(shown, "  {} {padding}{user}", style.toned(tone, words));
        // The common reason of consecutive people is shown once, below the last of them.
        if fates.peek().is_none_or(|(_, next)| *next != fate)
            && let Some(cause) = fate.why()
        {
            shown.push_str(&explained(&cause, "      ", style));
        }
    }
    if let Some(row) = definition {
        let _ = writeln!(shown, "  {}", finished(row, Intent::Retire, &Divisions::NotAsked, style));
    }
    if !people.is_empty() || definition.is_some() {
        shown.push('\n');
    }
    shown.push_str(&outcome::interrupted(*interrupted, style));
    // The interruption was already shown.
    if let Some(halt) = halt.as_ref().filter(|_| interrupted.is_none()) {
        let cause = halt.why();
        let _ = write!(shown, "{}: {}", style.bad("Stopped"), explained(&cause, "  ", style).trim_start());
    }
    if let Some(cause) = division_unread {
        let head = style.doubtful("Division");
        let _ = write!(shown, "{head}: not known whether it stayed as it was\n{}", explained(cause, "  ", style));
    }
    if let Some(advice) = report.advice() {
        shown.push_str(&advised(advice, sources, style));
    }
    shown.push_str(&sum(report, style));
    shown
}

/// The words for the result of a person.
fn said(fate: &Fate) -> OutcomeWords {
    let (place, words) = match fate {
        Fate::Set(Set::Done) => (0, "moved"),
        Fate::Set(Set::AlreadyInPlace) => (1, "already there"),
        Fate::Set(Set::Elsewhere(_)) | Fate::Gone => (2, "gone already"),
        Fate::LeftOnQueue(_) => (3, "on queue"),
        Fate::StillNamed => (4, "still named"),
        Fate::Set(Set::NotShown) => (5, "not shown"),
        Fate::Set(Set::Differs(_)) => (6, "different"),
        Fate::Set(Set::Failed(_)) => (7, "failed"),
        Fate::Set(Set::Skipped) => (8, "skipped"),
        Fate::Set(Set::Unknown(_)) => (9, "unknown"),
    };
    OutcomeWords { place, words, tone: if fate.is_success() { Tone::Good } else { Tone::Bad } }
}

fn advised(advice: &Advice, sources: &Sources, style: Style) -> String {
    let Lines { file, beside, below, instead_of, lines } = match advice {
        Advice::SaysSo(key) => {
            return format!("The config says of `{}` that it is deactivated.\n", text::terminal(key.as_str()));
        }
        Advice::Write(lines) => lines,
    };
    let at = |span: &Span| text::terminal(&sources.place(*span).to_string()).to_string();
    let place = match (instead_of, beside, below) {
        (Some(span), _, _) => format!("{}, instead of what is there", at(span)),
        (None, Some(span), _) => at(span),
        (None, None, Some(span)) => format!("{}, below `overrides`", at(span)),
        (None, None, None) => text::terminal(&sources.get(*file).path.display().to_string()).to_string(),
    };
    let mut shown =
        format!("{} this into the config, so that the next `apply` agrees ({place}):\n", style.bold("Write"));
    for line in lines {
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "      {line}");
    }
    shown
}

fn sum(report: &RetireReport, style: Style) -> String {
    let counts = outcome::counted(report.people.values().map(said));
    let people = if counts.is_empty() { "no one to move" } else { counts.as_str() };
    let definition = match report.definition.as_ref().map(|row: &ReportRow| &row.outcome) {
        _ if report.is_deactivated() => "deactivated",
        Some(Written::Unknown(_) | Written::Differs(_) | Written::NotVisibleYet(_)) => {
            "whether it is deactivated is not known"
        }
        Some(_) | None => "not deactivated",
    };
    let (head, verdict) = if report.is_success() {
        (style.good("Retirement:"), "")
    } else {
        (style.bad("Retirement:"), " Not everything is done.")
    };
    format!("{head} {people}; {definition}.{verdict}\n")
}

pub fn report_csv(report: &RetireReport) -> String {
    let columns: [TableColumn<'_, (&UserId, &Fate)>; 3] = [
        ("id", &|(user, _)| user.to_string()),
        ("outcome", &|(_, fate)| fate.code().to_owned()),
        ("reason", &|(_, fate)| fate.why().map(|it| it.message).unwrap_or_default()),
    ];
    records(&columns, &Vec::from_iter(&report.people))
}
