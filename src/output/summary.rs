//! The first lines of every view: the org, and the summary of a plan or report.

use crate::model::observed::{Organization, Target};
use crate::model::text;
use crate::ops::apply::report::{Intent, Report, ReportRow};
use crate::output::outcome::counted_outcomes;
use crate::output::style::Tone;
use crate::plan::change::{Action, Change};
use crate::plan::{Only, Plan};

/// The summary. It has no foreign text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub tone: Tone,
    pub words: String,
    /// An optional second sentence, without a full stop.
    pub more: Option<String>,
}

/// The number of changes by action: "2 to create, 1 to update". Empty without any.
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
    if !plan.blockers.is_empty() {
        let so_far = if counts.is_empty() { String::new() } else { format!(". So far: {counts}") };
        let more = format!("{}{so_far}", to_answer(plan.blockers.len()));
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

/// The number of managed definitions without a change: a sentence after another one, or nothing.
pub fn in_step(plan: &Plan) -> String {
    match plan.in_sync.len() {
        0 => String::new(),
        1 => " 1 definition is in sync.".to_owned(),
        count => format!(" {count} definitions are in sync."),
    }
}

/// The cost of an apply, without a full stop. `None` if nothing changes, or the plan is refused.
pub fn cost(plan: &Plan) -> Option<String> {
    let cost = plan.cost.filter(|_| plan.blockers.is_empty() && !plan.changes.is_empty())?;
    Some(format!("Cost: {}", cost.in_words()))
}

/// For a report, after the name of its command.
pub fn of_report(report: &Report) -> Summary {
    let rows = &report.rows;
    let counts = counted_outcomes(rows);
    let words = if counts.is_empty() { "nothing to do".to_owned() } else { counts };
    match (report.is_success(), report.blockers.len()) {
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

/// What a failed apply did not do, without a full stop.
fn missing(rows: &[ReportRow]) -> String {
    let missing = rows.iter().filter(|row| !row.outcome.is_success()).count();
    if missing == 0 {
        return "Every change was written, but the org is not known to be in sync".to_owned();
    }
    not_done(missing, &text::count(rows.len(), "change"))
}

/// The number of missing items out of `all`, without a full stop.
pub fn not_done(missing: usize, all: &str) -> String {
    format!("Not everything is done: {missing} of {all} {} not", if missing == 1 { "is" } else { "are" })
}

/// What a limited run leaves out of the whole plan, without a full stop.
pub fn left_out(only: &Only) -> String {
    let Only { keys: _, changes, blockers } = only;
    let errors = match blockers.len() {
        0 => String::new(),
        count => format!(" and {}", text::count(count, "error")),
    };
    let are = if changes.len() == 1 && blockers.is_empty() { "is" } else { "are" };
    let count = text::count(changes.len(), "change");
    format!("{count}{errors} of the whole plan {are} left out, and nothing is pruned")
}

/// The org: the first line of every output.
pub fn target_line(target: &Target) -> String {
    let Target { org, sandbox, generation } = target;
    line(org.as_ref(), &format!(", API {generation}"), *sandbox)
}

/// The same in lines of 80 columns.
pub fn target_lines(Target { org, sandbox, generation }: &Target) -> String {
    lines(org.as_ref(), &format!(", API {generation}"), *sandbox)
}

/// The org without the API generation, in lines of 80 columns.
pub fn org_lines(org: Option<&Organization>, sandbox: bool) -> String {
    lines(org, "", sandbox)
}

/// The statement that nothing real is written has its own line.
fn lines(org: Option<&Organization>, api: &str, sandbox: bool) -> String {
    let note = if sandbox { "\nSandbox: nothing real is written" } else { "" };
    line(org, api, false) + note
}

/// The org without the API generation.
pub fn org_line(org: Option<&Organization>, sandbox: bool) -> String {
    line(org, "", sandbox)
}

fn line(org: Option<&Organization>, api: &str, sandbox: bool) -> String {
    let org = match org {
        Some(org) => format!("{} ({})", text::terminal(&org.name), text::terminal(org.id.as_str())),
        None => "not verified".to_owned(),
    };
    let note = if sandbox { " - sandbox: nothing real is written" } else { "" };
    format!("Org: {org}{api}{note}")
}

/// So many orgs are always named.
const NAMED_MAX: usize = 4;

/// Few orgs by name, else all, or all with few exceptions. Names are raw.
pub fn named_orgs(some: &[String], all: &[String]) -> String {
    let others: Vec<String> = all.iter().filter(|it| !some.contains(it)).cloned().collect();
    let shown = |names: &[String]| text::list(names, "and");
    match others.len() {
        _ if some.len() <= NAMED_MAX => shown(some),
        0 => "all orgs".to_owned(),
        count if count <= NAMED_MAX && count < some.len() => format!("all orgs but {}", shown(&others)),
        _ => shown(some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_named_and_many_by_their_exceptions() {
        let all: Vec<String> = (1..=14).map(|it| format!("o{it}")).collect();
        assert_eq!(named_orgs(&all[..2], &all), "o1 and o2");
        assert_eq!(named_orgs(&all, &all), "all orgs");
        assert_eq!(named_orgs(&all[1..], &all), "all orgs but o1");
        assert_eq!(named_orgs(&all[..5], &all), "o1, o2, o3, o4 and o5");
        assert_eq!(named_orgs(&all[..2], &all[..2]), "o1 and o2");
    }
}
