//! Refusals as Markdown: what is wrong, where, and each way to answer it.

use std::fmt::Write as _;

use crate::diagnostic::Sources;
use crate::plan::answer::Answer;
use crate::plan::refusal::Refusal;
use crate::render::markdown::inline::Inline;
use crate::render::markdown::page::{Keep, Section, lines};
use crate::text;

/// The most answers of one refusal that are shown: each object that could be meant brings some, and there may be
/// thousands.
const ANSWERS_MAX: usize = 6;

/// All of them, each with its answers as one row.
pub(super) fn refusals(refusals: &[Refusal], sources: &Sources) -> Section {
    Section {
        noun: "error",
        keep: Keep::First,
        head: "#### To answer first\n\n".to_owned(),
        rows: refusals.iter().map(|it| refusal(it, sources)).collect(),
        foot: String::new(),
    }
}

fn refusal(refusal: &Refusal, sources: &Sources) -> String {
    let at = refusal
        .place
        .map_or_else(String::new, |span| format!(" at {}", Inline::code(&sources.place(span).to_string())));
    let mut item = format!("- **{}**{at}: {}\n", Inline::code(refusal.code()), Inline::prose(&refusal.message()));
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
