//! A refusal with its place and the lines that answer it.

use std::fmt::Write as _;

use crate::model::source::{Sources, Span};
use crate::model::text::{self, Shown};
use crate::output::style::Style;
use crate::plan::answer::Answer;
use crate::plan::refusal::Refusal;

/// A refusal, its place, and each way to answer it.
pub(super) fn refusal_shown(refusal: &Refusal, sources: &Sources, style: Style) -> String {
    refusal_with(refusal, None, sources, style)
}

/// The same with where it comes from.
pub(super) fn refusal_with(refusal: &Refusal, origin: Option<&str>, sources: &Sources, style: Style) -> String {
    let head = style.bad(&format!("error[{}]", refusal.code()));
    let mut shown =
        format!("{head}: {}\n", style.bold(text::terminal(&text::with_short_names(&refusal.message())).as_str()));
    if let Some(span) = refusal.place {
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "  --> {}", place(span, sources));
    }
    if let Some(origin) = origin {
        let _ = writeln!(shown, "  {origin}");
    }
    for Answer { say, lines } in refusal.answers() {
        let colon = if lines.is_empty() { "" } else { ":" };
        let _ = writeln!(shown, "  {}{colon}", text::terminal(&text::with_short_names(&say)));
        for line in lines {
            let _ = writeln!(shown, "      {}", style.hint(text::terminal(&line).as_str()));
        }
    }
    shown
}

/// A place, safe to show.
pub(super) fn place(span: Span, sources: &Sources) -> Shown {
    text::terminal(&sources.place(span).to_string())
}
