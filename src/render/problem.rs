//! A failure of a whole command, for people and for machines.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::{Diagnostic, Severity, Sources};
use crate::plan::document::{PlaceV1, place_v1};
use crate::problem::Problem;
use crate::render::machine;
use crate::render::style::Style;
use crate::text;

/// What stands in the place of a plan or a report that could not be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorV1 {
    /// Always `error`.
    pub kind: String,
    /// Always 1.
    pub format_version: u32,
    /// The version of the tool that wrote it.
    pub tool_version: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The platform's id of the exchange that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// What is wrong in the files.
    pub findings: Vec<FindingV1>,
}

/// One finding in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FindingV1 {
    /// A stable name.
    pub code: String,
    /// `error` or `warning`.
    pub severity: String,
    /// In words.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceV1>,
}

/// For people: the sentence, and below it what to do and what the platform calls the exchange.
#[must_use]
pub fn human(problem: &Problem, style: Style) -> String {
    labelled("error", problem, style)
}

/// Something that failed without stopping anything.
#[must_use]
pub fn note(problem: &Problem, style: Style) -> String {
    labelled("warning", problem, style)
}

fn labelled(word: &str, problem: &Problem, style: Style) -> String {
    let Problem { message, help, correlation_id } = problem;
    let colour = console::Style::new().bold().force_styling(style.color);
    let colour = if word == "error" { colour.red() } else { colour.yellow() };
    let mut shown = format!("{}: {}\n", colour.apply_to(word), text::terminal(message));
    if let Some(help) = help {
        let word = console::Style::new().cyan().force_styling(style.color);
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "  {}: {}", word.apply_to("help"), text::terminal(help));
    }
    if let Some(id) = correlation_id {
        let _ = writeln!(shown, "  correlation id: {}", text::terminal(id));
    }
    shown
}

/// For machines.
#[must_use]
pub fn json(problem: &Problem, diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let Problem { message, help, correlation_id } = problem;
    machine::pretty(&ErrorV1 {
        kind: "error".to_owned(),
        format_version: 1,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        message: message.clone(),
        help: help.clone(),
        correlation_id: correlation_id.clone(),
        findings: diagnostics.iter().map(|it| finding_v1(it, sources)).collect(),
    })
}

fn finding_v1(diagnostic: &Diagnostic, sources: &Sources) -> FindingV1 {
    let Diagnostic { finding, place, also: _ } = diagnostic;
    FindingV1 {
        code: finding.code().to_owned(),
        severity: match finding.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
        .to_owned(),
        message: finding.message(),
        help: finding.help(),
        place: place.map(|span| place_v1(span, sources)),
    }
}
