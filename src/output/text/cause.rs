//! A failure in words, the same in every view: its sentence, what to do, and what the platform calls the exchange.

use std::fmt::Write as _;

use crate::model::problem::Problem;
use crate::model::text;
use crate::output::style::Style;

/// Strings are raw; each view escapes them in its own way.
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
        let Problem { message, help, correlation_id, platform_terms: _ } = problem;
        Explained { message, help: help.as_deref(), correlation_id: correlation_id.as_deref() }
    }
}

impl<'a> Explained<'a> {
    /// What stands below the sentence, in order.
    pub fn below(self) -> impl Iterator<Item = Below<'a>> {
        self.help.map(Below::Help).into_iter().chain(self.correlation_id.map(Below::CorrelationId))
    }

    /// All of it, raw, a line each.
    pub fn lines(self) -> Vec<String> {
        let below = self.below().map(|it| match it {
            Below::Help(help) => format!("help: {help}"),
            Below::CorrelationId(id) => format!("correlation id: {id}"),
        });
        std::iter::once(self.message.to_owned()).chain(below).collect()
    }
}

/// For people: the sentence, and what stands below it; each line indented.
pub fn human<'a>(it: impl Into<Explained<'a>>, indent: &str, style: Style) -> String {
    let it = it.into();
    format!("{indent}{}\n{}", text::terminal(it.message), human_below(it, indent, style))
}

/// For people: what stands below the sentence; each line indented.
pub fn human_below(it: Explained<'_>, indent: &str, style: Style) -> String {
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
