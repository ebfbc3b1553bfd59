//! A problem in every view: its sentence, what to do, and the correlation id. Also a blocker with its place and its
//! answers.

use std::fmt::Write as _;

use crate::model::problem::Problem;
use crate::model::source::{Sources, Span};
use crate::model::text::{self, Shown};
use crate::output::json::ErrorV1;
use crate::output::style::Style;
use crate::plan::answer::Answer;
use crate::plan::blocker::Blocker;

/// Strings are raw, and each view escapes them in its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explained<'a> {
    pub message: &'a str,
    pub help: Option<&'a str>,
    pub correlation_id: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Below<'a> {
    Help(&'a str),
    CorrelationId(&'a str),
}

impl<'a> From<&'a Problem> for Explained<'a> {
    fn from(problem: &'a Problem) -> Explained<'a> {
        let Problem { message, help, correlation_id, platform_terms: _, is_freeze: _, is_declined: _ } = problem;
        Explained { message, help: help.as_deref(), correlation_id: correlation_id.as_deref() }
    }
}

impl<'a> From<&'a ErrorV1> for Explained<'a> {
    fn from(error: &'a ErrorV1) -> Explained<'a> {
        let ErrorV1 { message, help, correlation_id, .. } = error;
        Explained { message, help: help.as_deref(), correlation_id: correlation_id.as_deref() }
    }
}

impl<'a> Explained<'a> {
    /// The parts below the sentence, in order.
    pub fn below(self) -> impl Iterator<Item = Below<'a>> {
        self.help.map(Below::Help).into_iter().chain(self.correlation_id.map(Below::CorrelationId))
    }

    /// The whole text, raw, a line each.
    pub fn lines(self) -> Vec<String> {
        let below = self.below().map(|it| match it {
            Below::Help(help) => format!("help: {help}"),
            Below::CorrelationId(id) => format!("correlation id: {id}"),
        });
        std::iter::once(self.message.to_owned()).chain(below).collect()
    }
}

/// For people: the sentence and the parts below it, each line indented.
pub fn explained<'a>(it: impl Into<Explained<'a>>, indent: &str, style: Style) -> String {
    let it = it.into();
    format!("{indent}{}\n{}", text::terminal(it.message), explained_below(it, indent, style))
}

/// For people: the parts below the sentence, each line indented.
pub fn explained_below(it: Explained<'_>, indent: &str, style: Style) -> String {
    let mut shown = String::new();
    for below in it.below() {
        // Writing to a String cannot fail.
        let _ = match below {
            Below::Help(help) => writeln!(shown, "{indent}{}: {}", style.hint("help"), text::terminal(help)),
            Below::CorrelationId(id) => writeln!(shown, "{indent}correlation id: {}", text::terminal(id)),
        };
    }
    shown
}

/// The sentence, what to do, and the correlation id.
pub fn human(problem: &Problem, style: Style) -> String {
    labelled("error", problem, style)
}

/// A non-fatal error.
pub fn note(problem: &Problem, style: Style) -> String {
    labelled("warning", problem, style)
}

fn labelled(word: &str, problem: &Problem, style: Style) -> String {
    let colour = console::Style::new().bold().force_styling(style.color);
    let colour = if word == "error" { colour.red() } else { colour.yellow() };
    let below = explained_below(problem.into(), "  ", style);
    format!("{}: {}\n{below}", colour.apply_to(word), text::terminal(&problem.message))
}

/// A blocker, its place, and each way to answer it.
pub(super) fn blocker_shown(blocker: &Blocker, sources: &Sources, style: Style) -> String {
    blocker_with(blocker, None, sources, style)
}

/// The same with its origin.
pub(super) fn blocker_with(blocker: &Blocker, origin: Option<&str>, sources: &Sources, style: Style) -> String {
    let head = style.bad(&format!("error[{}]", blocker.code()));
    let mut shown =
        format!("{head}: {}\n", style.bold(text::terminal(&text::with_short_names(&blocker.message())).as_str()));
    if let Some(span) = blocker.place {
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "  --> {}", place(span, sources));
    }
    if let Some(origin) = origin {
        let _ = writeln!(shown, "  {origin}");
    }
    for Answer { say, lines } in blocker.answers() {
        answer(&mut shown, "  ", text::terminal(&text::with_short_names(&say)).as_str(), &lines, style);
    }
    shown
}

/// The lines to write. `say` is safe to show.
pub(super) fn answer(shown: &mut String, indent: &str, say: &str, lines: &[String], style: Style) {
    let colon = if lines.is_empty() { "" } else { ":" };
    // Writing to a String cannot fail.
    let _ = writeln!(shown, "{indent}{say}{colon}");
    pasted(shown, lines, style);
}

/// Lines to paste.
pub(super) fn pasted(shown: &mut String, lines: &[String], style: Style) {
    for line in lines {
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "      {}", style.hint(text::terminal(line).as_str()));
    }
}

/// A place, safe to show.
pub(super) fn place(span: Span, sources: &Sources) -> Shown {
    text::terminal(&sources.place(span).to_string())
}
