//! The warnings in the files that a change touches.

use crate::config::diagnostic::Diagnostic;
use crate::model::source::Sources;
use crate::output::page::block::{Keep, Section, Title};
use crate::output::page::failure::finding;
use crate::output::style::Tone;

/// Warnings, and the files that they are in.
#[derive(Clone, Copy)]
pub struct Lints<'a> {
    pub found: &'a [&'a Diagnostic],
    pub sources: &'a Sources,
}

pub(super) fn section(lints: Option<Lints<'_>>) -> Section {
    let rows = lints.iter().flat_map(|it| it.found.iter().map(|diagnostic| finding(diagnostic, it.sources))).collect();
    Section::list("warning", Keep::Fourth, Title::heading("Warnings in changed files"), Tone::Open, rows)
}
