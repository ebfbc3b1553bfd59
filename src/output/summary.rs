//! What a plan or a report comes to, in few words: what every view says first. Nothing in it is foreign text.

use crate::model::text;
use crate::ops::apply::report::{Intent, Report, ReportRow};
use crate::output::outcome::counted_outcomes;
use crate::output::style::Tone;
use crate::plan::Plan;
use crate::plan::change::{Action, Change};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub tone: Tone,
    pub words: String,
    /// A sentence more, without its full stop, where there is one to say.
    pub more: Option<String>,
}

/// How many changes by action: "2 to create, 1 to update". Nothing where there are none.
fn counted(changes: &[Change]) -> String {
    let counts: Vec<String> = Action::ALL
        .into_iter()
        .map(|action| (action, changes.iter().filter(|it| it.step.action() == action).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(action, count)| format!("{count} to {}", action.verb()))
        .collect();
    counts.join(", ")
}

pub fn of_plan(plan: &Plan) -> Summary {
    let held = (!plan.held.is_empty()).then(|| format!("{} not visible yet", plan.held.len()));
    let counts = Some(counted(&plan.changes)).filter(|it| !it.is_empty());
    let counts = counts.into_iter().chain(held).collect::<Vec<_>>().join(", ");
    if !plan.refusals.is_empty() {
        let so_far = if counts.is_empty() { String::new() } else { format!(". So far: {counts}") };
        let more = format!("{}{so_far}", to_answer(plan.refusals.len()));
        return Summary { tone: Tone::Bad, words: "Refused".to_owned(), more: Some(more) };
    }
    if counts.is_empty() {
        return Summary { tone: Tone::Good, words: "No changes".to_owned(), more: None };
    }
    Summary { tone: Tone::Open, words: counts, more: None }
}

fn to_answer(errors: usize) -> String {
    format!("{} to answer before anything is applied", text::count(errors, "error"))
}

/// How much of what a plan manages needs nothing: a sentence after another one, or nothing.
pub fn in_step(plan: &Plan) -> String {
    match plan.in_sync.len() {
        0 => String::new(),
        1 => " 1 definition is in step.".to_owned(),
        count => format!(" {count} definitions are in step."),
    }
}

/// What applying a plan costs, without a full stop; none where it changes nothing, or is refused.
pub fn cost(plan: &Plan) -> Option<String> {
    let cost = plan.cost.filter(|_| plan.refusals.is_empty() && !plan.changes.is_empty())?;
    Some(format!("Cost: {}", cost.in_words()))
}

/// Of a report, behind the name of its command.
pub fn of_report(report: &Report) -> Summary {
    let rows = &report.rows;
    let counts = counted_outcomes(rows);
    let words = if counts.is_empty() { "nothing to do".to_owned() } else { counts };
    match (report.is_success(), report.refusals.len()) {
        (true, _) => Summary { tone: Tone::Good, words, more: None },
        (false, 0) => Summary { tone: Tone::Bad, words, more: Some(missing(rows)) },
        (false, errors) => Summary { tone: Tone::Bad, words: "refused".to_owned(), more: Some(to_answer(errors)) },
    }
}

pub fn what(report: &Report) -> &'static str {
    match report.intent() {
        Intent::Undo => "Undo",
        Intent::Apply | Intent::Retire => "Apply",
    }
}

/// What is not done of an apply that did not succeed, without a full stop.
fn missing(rows: &[ReportRow]) -> String {
    let missing = rows.iter().filter(|row| !row.outcome.is_success()).count();
    if missing == 0 {
        return "Every change was written, but the org is not known to be in step".to_owned();
    }
    let of = text::count(rows.len(), "change");
    format!("Not everything is done: {missing} of {of} {} not", if missing == 1 { "is" } else { "are" })
}
