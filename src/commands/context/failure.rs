//! Why a command has no result, and how each view shows that.

use std::path::Path;

use crate::cli::OnFailure;
use crate::config::diagnostic::Findings;
use crate::model::problem::{KnownOrg, Problem};
use crate::model::run_metadata::RunMetadata;
use crate::model::source::Sources;
use crate::output::ci::github;
use crate::output::json;
use crate::output::json::common::ConfigV1;
use crate::output::page::{self, PageKind, html};
use crate::output::style::Style;
use crate::output::text::{findings, problem};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    Findings(Sources, Findings),
    /// Anything else.
    Problem(Problem),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        Failure::Problem(problem)
    }
}

/// The context of a failure: the org, as far as known, and the provenance of the run, if it is recorded.
#[derive(Clone, Copy)]
pub struct FailureContext<'a> {
    pub known_org: &'a KnownOrg,
    /// The config, if it is known.
    pub config: Option<&'a ConfigV1>,
    pub run: Option<&'a RunMetadata>,
    /// The kind of page that it replaces.
    pub awaited: PageKind,
    /// The current folder.
    pub folder: Option<&'a Path>,
}

impl Failure {
    pub fn words(&self, style: Style) -> String {
        match self {
            Failure::Findings(sources, diagnostics) => findings::human(diagnostics, sources, style),
            Failure::Problem(problem) => problem::human(problem, style),
        }
    }

    pub fn shown(&self, view: OnFailure, context: FailureContext<'_>) -> String {
        let FailureContext { known_org, config, run, awaited, folder } = context;
        let (none, no_sources) = (Findings::default(), Sources::new());
        let broken = Problem::new("the config holds errors");
        let (problem, diagnostics, sources) = match self {
            Failure::Findings(sources, diagnostics) => (&broken, diagnostics, sources),
            Failure::Problem(problem) => (problem, &none, &no_sources),
        };
        match view {
            OnFailure::Words => self.words(Style::PLAIN),
            OnFailure::Document => {
                json::write(&json::ErrorV1::of(problem, known_org, config, run, diagnostics, sources))
            }
            OnFailure::Nothing => String::new(),
            OnFailure::Comment => page::failure(problem, known_org, diagnostics, sources, awaited, page::COMMENT),
            OnFailure::Summary => page::failure(problem, known_org, diagnostics, sources, awaited, page::SUMMARY),
            OnFailure::Page => html::failure(problem, known_org, diagnostics, sources, awaited),
            OnFailure::Annotations => github::failure(problem, diagnostics, sources, folder),
        }
    }
}
