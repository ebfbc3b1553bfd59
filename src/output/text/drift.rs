//! The drift of an org for people: the differences, their last authors, and how to keep or revert them.

use std::fmt::Write as _;

use crate::model::observed::Target;
use crate::model::problem::OrgFailure;
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::drift::history::DifferenceCause;
use crate::ops::drift::{Drift, DriftKind, DriftRow, DriftSubject, Question, UnmanagedDrift, who};
use crate::output::drifted::{DriftedOrg, SharedDrift, heading, in_orgs, in_sync};
use crate::output::json::fleet_drift::DriftStatusV1;
use crate::output::style::{Style, sign};
use crate::output::summary::target_line;
use crate::output::text::change;
use crate::output::text::plan::warnings_shown;
use crate::output::text::problem::{answer, blocker_shown, blocker_with, explained, place};
use crate::plan::answer::Answer;
use crate::plan::change::{Action, Edit, Step};

/// The drift of several orgs: unreadable ones first, then each org with drift.
pub fn drifted(orgs: &[DriftedOrg], sources: &Sources, style: Style) -> String {
    let mut shown = format!("{}\n", style.bold(&heading(orgs)));
    // Writing to a String cannot fail.
    for (org, OrgFailure { problem, .. }) in orgs.iter().filter_map(|it| Some((it, it.result.as_ref().err()?))) {
        let name = style.bad(&format!("{} was not read", text::terminal(&org.name)));
        let _ = write!(shown, "\n{name}: {}", explained(problem, "", style));
    }
    let shared = SharedDrift::of(orgs);
    for org in orgs.iter().filter(|it| it.status() != DriftStatusV1::InSync) {
        if let Ok((of_it, target)) = &org.result {
            let name = style.bold(&format!("== {} ==", text::terminal(&org.name)));
            let _ = write!(shown, "\n{name}\n{}", in_full(of_it, target, &shared, sources, style));
        }
    }
    for (blocker, names) in &shared.blockers {
        let orgs = text::terminal(&in_orgs(names, orgs)).to_string();
        let _ = write!(shown, "\n{}", blocker_with(blocker, Some(&orgs), sources, style));
    }
    for (note, names) in &shared.notes {
        let (note, orgs) = (text::terminal(note), text::terminal(&in_orgs(names, orgs)).to_string());
        let _ = writeln!(shown, "\n{}: {note}\n  {orgs}", style.doubtful("NOTE"));
    }
    let quiet = in_sync(orgs);
    if !quiet.is_empty() {
        let _ = writeln!(shown, "\nNo drift: {}", text::terminal(&quiet.join(", ")));
    }
    shown
}

/// A whole drift, in full.
pub fn drift(drift: &Drift, target: &Target, sources: &Sources, style: Style) -> String {
    in_full(drift, target, &SharedDrift::default(), sources, style)
}

/// The same without the statements that several orgs share.
fn in_full(drift: &Drift, target: &Target, shared: &SharedDrift<'_>, sources: &Sources, style: Style) -> String {
    let mut shown = target_line(target) + "\n";
    for how in DifferenceCause::ALL {
        let rows: String = drift.of(how).map(|it| row(it, drift, sources, style)).collect();
        section(&mut shown, &drift.heading(how), &rows, style);
    }
    for how in [DifferenceCause::Edited, DifferenceCause::NotKnown, DifferenceCause::NotApplied] {
        let rows: String = drift.unmanaged(how).map(|it| unmanaged(it, style)).collect();
        section(&mut shown, drift.heading_of_unmanaged(how), &rows, style);
    }
    let warnings = warnings_shown(&drift.warnings(), style);
    if !warnings.is_empty() {
        // Writing to a String cannot fail.
        let _ = write!(shown, "\n{warnings}");
    }
    for it in drift.questions.iter().filter(|it| !shared.has(&it.blocker)) {
        shown.push('\n');
        shown.push_str(&question(it, sources, style));
    }
    for guard in drift.guards().filter(|it| !shared.has(it)) {
        let _ = write!(shown, "\n{}", blocker_shown(guard, sources, style));
    }
    let _ = write!(shown, "\n{}", sum(drift, style));
    if let Some(why) = drift.not_told().filter(|it| !shared.has_note(it)) {
        let _ = writeln!(shown, "{}: {}", style.doubtful("NOTE"), text::terminal(&why));
    }
    shown
}

fn section(shown: &mut String, heading: &str, rows: &str, style: Style) {
    if !rows.is_empty() {
        // Writing to a String cannot fail.
        let _ = write!(shown, "\n{}:\n{rows}", style.bold(text::terminal(heading).as_str()));
    }
}

fn row(row: &DriftRow, drift: &Drift, sources: &Sources, style: Style) -> String {
    let (step, plan) = (&row.change.step, &drift.plan);
    let action = step.action();
    // The definition of a replacement is the new one. Here, it is the one that was moved.
    let named = if row.first.is_empty() { action } else { Action::Update };
    let subject =
        change::subject(named, step.key(), step.name(&plan.default_locale), step.system_presence(), step.id());
    let head = style.action(action, &format!("{} {}", sign(action), row.what.in_words()));
    let mut shown = format!("  {head} {}\n", style.bold(&subject));
    if let Step::Update(edit) = step {
        // From the state in the config to the state after the change by hand.
        let seen = Edit { before: edit.after.clone(), after: edit.before.clone(), ..edit.clone() };
        change::edited(&mut shown, &seen, &plan.divisions, style);
    }
    // Writing to a String cannot fail.
    if let (Some(meant), DriftKind::Moved | DriftKind::Elsewhere | DriftKind::LooksMoved) = (&row.meant_under, row.what)
    {
        let (from, to) = (text::terminal(meant.as_str()), text::terminal(step.system_presence().as_str()));
        let _ = writeln!(shown, "    ~ system presence: {from} -> {to}");
    }
    if let Some(who) = row.who() {
        let _ = writeln!(shown, "    {}", text::terminal(&who));
    }
    let at = row.keep_place.map_or_else(String::new, |span| format!(" ({})", place(span, sources)));
    let Answer { say, lines } = &row.keep;
    answer(&mut shown, "    ", &format!("to keep it, {}{at}", text::terminal(say)), lines, style);
    for Answer { say, lines } in &row.first {
        answer(&mut shown, "    ", text::terminal(say).as_str(), lines, style);
    }
    shown
}

fn unmanaged(it: &UnmanagedDrift, style: Style) -> String {
    let UnmanagedDrift { id, system_presence, name, how, modified, keep } = it;
    let subject = change::subject(Action::Update, None, name.as_ref(), system_presence, Some(id));
    let mut shown = format!("  {}\n", style.bold(&subject));
    // Writing to a String cannot fail.
    let _ = writeln!(shown, "    {}", text::terminal(&who(modified.as_ref())));
    // An object that was always there needs no decision.
    if *how == DifferenceCause::Edited {
        answer(
            &mut shown,
            "    ",
            &format!("to keep it in the config, {}", text::terminal(&keep.say)),
            &keep.lines,
            style,
        );
    }
    shown
}

fn question(question: &Question, sources: &Sources, style: Style) -> String {
    let mut shown = blocker_shown(&question.blocker, sources, style);
    for DriftSubject { id, system_presence, name, modified, keep } in &question.about {
        let subject = change::subject(Action::Update, None, name.as_ref(), system_presence, Some(id));
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "  {subject}: {}", text::terminal(&who(modified.as_ref())));
        if let Some((key, Answer { say, lines })) = keep {
            let say = format!("if it is `{key}`, to keep it, {say}");
            answer(&mut shown, "    ", text::terminal(&say).as_str(), lines, style);
        }
    }
    shown
}

fn sum(drift: &Drift, style: Style) -> String {
    let Drift { rows, questions, .. } = drift;
    if !questions.is_empty() {
        let errors = text::count(questions.len(), "error");
        return format!("{}: {errors} to answer before all of it can be known\n", style.bad("Not known"));
    }
    if rows.is_empty() {
        return format!("{}\n", style.good("No drift: the org is as the config says."));
    }
    let count = text::count(rows.len(), "definition");
    format!("{}: {count}. {}.\n", style.bold("Drift"), text::terminal(&drift.way_back()))
}
