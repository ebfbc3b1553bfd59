//! The warnings in the files that a change touches.

use crate::config::diagnostic::Findings;
use crate::model::source::Sources;
use crate::output::page::block::{Keep, Section, Title};
use crate::output::page::failure::finding;
use crate::output::style::Tone;

/// The warnings of a config, and the files before the change. Without such files nothing counts as changed.
#[derive(Clone, Copy)]
pub struct Lints<'a> {
    pub findings: &'a Findings,
    pub sources: &'a Sources,
    pub before: &'a [Sources],
}

pub(super) fn section(lints: Option<Lints<'_>>) -> Section {
    let lints = lints.filter(|it| !it.before.is_empty());
    let rows = lints.map_or_else(Vec::new, |Lints { findings, sources, before }| {
        findings.in_changed_files(sources, before).into_iter().map(|it| finding(it, sources)).collect()
    });
    Section::list("warning", Keep::Fourth, Title::heading("Warnings in changed files"), Tone::Open, rows)
}
