//! Refusals as Markdown: what is wrong, where, and each way to answer it.

use std::fmt::Write as _;

use crate::model::source::Sources;
use crate::model::text;
use crate::output::page::markdown::{Keep, Section, lines};
use crate::output::page::markdown_escape::Inline;
use crate::output::rows::origin_of_refusal;
use crate::plan::Plan;
use crate::plan::answer::Answer;
use crate::plan::refusal::Refusal;

/// The most answers of one refusal that are shown: each object that could be meant brings some, and there may be
/// thousands.
const ANSWERS_MAX: usize = 6;

/// All of them, each with its answers as one row.
pub(super) fn refusals(refusals: &[Refusal], sources: &Sources) -> Section {
    section(refusals.iter().map(|it| refusal(it, None, sources)).collect())
}

/// Those of a plan, each with where it comes from.
pub(super) fn of_plan(plan: &Plan, sources: &Sources) -> Section {
    let refusals = plan.refusals.iter().enumerate();
    section(refusals.map(|(index, it)| refusal(it, origin_of_refusal(plan, index), sources)).collect())
}

fn section(rows: Vec<String>) -> Section {
    let head = "#### To answer first\n\n".to_owned();
    Section { noun: "error", keep: Keep::First, head, rows, foot: String::new() }
}

fn refusal(refusal: &Refusal, origin: Option<&str>, sources: &Sources) -> String {
    let at = refusal
        .place
        .map_or_else(String::new, |span| format!(" at {}", Inline::code(&sources.place(span).to_string())));
    let mut item = format!("- **{}**{at}: {}\n", Inline::code(refusal.code()), Inline::prose(&refusal.message()));
    if let Some(origin) = origin {
        // Writing to a String cannot fail.
        let _ = writeln!(item, "  - {origin}");
    }
    let answers = refusal.answers();
    let more = answers.len().saturating_sub(ANSWERS_MAX);
    for Answer { say, lines: to_paste } in answers.into_iter().take(ANSWERS_MAX) {
        let colon = if to_paste.is_empty() { "" } else { ":" };
        // Writing to a String cannot fail.
        let _ = writeln!(item, "  - {}{colon}", Inline::prose(&say));
        if !to_paste.is_empty() {
            item.push_str(&lines("yaml", &to_paste, "    "));
        }
    }
    if more > 0 {
        let _ = writeln!(
            item,
            "  - and {} that {} not shown here",
            text::count(more, "more answer"),
            if more == 1 { "is" } else { "are" }
        );
    }
    item
}
