//! The plan of an undo, the objects without a step, and what it cannot do at all.

use std::fmt::Write as _;

use crate::model::observed::Target;
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::apply::report::Intent;
use crate::ops::history::stored::{RunText, StoredReport};
use crate::ops::undo::{Known, Undo};
use crate::output::style::Style;
use crate::output::text::plan::plan;
use crate::output::text::report::row;
use crate::plan::change::{Action, Change, Reason};
use crate::plan::origin::short;

/// The report to revert, and its file.
#[derive(Debug, Clone, Copy)]
pub struct UndoSource<'a> {
    pub file: &'a str,
    pub report: &'a StoredReport,
}

/// The whole text, in full.
pub fn undo(undo: &Undo, source: UndoSource<'_>, target: &Target, style: Style) -> String {
    let Undo { plan: steps, not_undone, config } = undo;
    let mut shown = plan(steps, target, &Sources::new(), style);
    // Writing to a String cannot fail.
    let _ = write!(shown, "\nThis undoes {}.\n", named(source));
    match config {
        Known::Given => {}
        Known::NotGiven => shown.push_str(
            "No config was given, so nothing is protected or omitted. Give --config PATH to keep to its `protect` and `omit`.\n",
        ),
    }
    for it in not_undone {
        shown.push_str(&row(&it.row(), Intent::Undo, &steps.divisions, style));
    }
    let is_made = |it: &Change| it.reason == Reason::Undoes(Action::Create);
    let made = steps.changes.iter().filter(|it| is_made(it)).count();
    if made > 0 {
        let stays = if made == 1 { "1 created definition stays" } else { &format!("{made} created definitions stay") };
        let _ = writeln!(shown, "{stays} in the org, deactivated.");
    }
    shown
}

/// What also has to be done in the repository after the undo, if anything.
pub fn revert(report: &StoredReport) -> String {
    // The changes of an undo came from no config.
    if report.run.as_ref().is_some_and(|it| it.said.undoes.is_some()) {
        return String::new();
    }
    let commit = report.run.as_ref().and_then(|it| it.said.commit.as_deref());
    let what = match commit {
        // A whole hash reads better short.
        Some(hash) if hash.len() == 40 => format!("the commit {}", text::terminal(&short(hash))),
        Some(commit) => format!("the commit {}", text::terminal(commit)),
        None => "the change of the config that was applied".to_owned(),
    };
    format!("Revert {what} as well: otherwise the next apply makes these changes again.\n")
}

/// `reports/x.json` of 2026-03-01 09:05 (ada, pull request 12).
fn named(source: UndoSource<'_>) -> String {
    let UndoSource { file, report } = source;
    let file = format!("`{}`", text::terminal(file));
    let Some(run) = &report.run else { return file };
    let RunText { client, actor, pull_request, .. } = &run.said;
    let who = actor.as_ref().or(client.as_ref()).map(|it| text::terminal(it).to_string());
    let pull_request = pull_request.as_ref().map(|it| format!("pull request {}", text::terminal(it)));
    let by: Vec<String> = who.into_iter().chain(pull_request).collect();
    let by = if by.is_empty() { String::new() } else { format!(" ({})", by.join(", ")) };
    format!("{file} of {}{by}", run.began.to_the_minute())
}
