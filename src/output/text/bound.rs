//! What a saved plan leaves of a fresh one: what runs, what changed in the org since, and what is
//! already so.

use std::fmt::Write as _;

use crate::model::text;
use crate::ops::apply::report::{Intent, Outcome, ReportRow};
use crate::output::style::Style;
use crate::output::text::change::subject;
use crate::output::text::report::{OUTCOME_WIDTH, row};
use crate::plan::Plan;
use crate::plan::change::Change;

/// One line for each operation that was reviewed, with what changed since where that refuses it,
/// and before them how many of each there are.
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
        let what =
            subject(step.action(), step.key(), step.name(&plan.default_locale), step.system_presence(), step.id());
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
