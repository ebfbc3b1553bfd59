//! Plans, reports, drifts and failures for reviewers, as blocks that are printed twice: as Markdown for a comment on a pull
//! request or the summary of a step, and as a page of HTML.

use crate::config::coverage::Coverage;
use crate::config::diagnostic::Findings;
use crate::model::observed::Target;
use crate::model::problem::{KnownOrg, Problem};
use crate::model::source::Sources;
use crate::ops::apply::report::Report;
use crate::ops::drift::Drift;
use crate::output::combined::Combined;
use crate::output::drifted::DriftedOrg;
use crate::output::json::{FleetPlanV1, OrgsV1};
use crate::plan::Plan;

mod block;
mod combined;
mod drift;
mod failure;
mod fleet;
pub mod html;
mod markdown;
mod markdown_escape;
mod plan;
mod report;

pub use crate::output::page::block::PageKind;
pub use crate::output::page::failure::Lints;
pub use crate::output::page::markdown::{COMMENT, PageRoom, SUMMARY};
pub use crate::output::page::markdown_escape::{Inline, in_cell};

/// A plan as a comment.
pub fn plan(plan: &Plan, target: &Target, sources: &Sources, lints: Option<Lints<'_>>) -> String {
    markdown::print(&plan::page(plan, None, target, sources, lints), COMMENT)
}

/// A plan as the summary of a step: with the coverage of the config's locales, and more of everything.
pub fn plan_summary(
    plan: &Plan,
    coverage: &Coverage,
    target: &Target,
    sources: &Sources,
    lints: Option<Lints<'_>>,
) -> String {
    markdown::print(&plan::page(plan, Some(coverage), target, sources, lints), SUMMARY)
}

/// The plans of several orgs, as much of it as there is room for.
pub fn fleet_plan(plan: &FleetPlanV1, lints: Option<Lints<'_>>, room: PageRoom) -> String {
    markdown::print(&fleet::page(plan, lints), room)
}

/// Which orgs a change of the files affects, as much of it as there is room for.
pub fn orgs(orgs: &OrgsV1, room: PageRoom) -> String {
    markdown::print(&fleet::page_of_orgs(orgs), room)
}

/// A report, as much of it as there is room for.
pub fn report(report: &Report, target: &Target, sources: &Sources, room: PageRoom) -> String {
    markdown::print(&report::page(report, target, sources), room)
}

/// A drift, never longer than there is room.
pub fn drift(drift: &Drift, target: &Target, sources: &Sources, room: PageRoom) -> String {
    markdown::print(&drift::page(drift, target, sources), room)
}

/// The drift of several orgs, never longer than there is room.
pub fn drifted(orgs: &[DriftedOrg], sources: &Sources, room: PageRoom) -> String {
    markdown::print(&drift::page_of_several(orgs, sources), room)
}

/// The drifts or reports of several orgs, from the documents of their jobs, as much of it as there is room for.
pub fn combined(combined: &Combined, room: PageRoom) -> String {
    markdown::print(&combined::page(combined), room)
}

/// A failure: in whose place, and as much as there is room for.
pub fn failure(
    problem: &Problem,
    known_org: &KnownOrg,
    diagnostics: &Findings,
    sources: &Sources,
    instead_of: PageKind,
    room: PageRoom,
) -> String {
    markdown::print(&failure::page(problem, known_org, diagnostics, sources, instead_of), room)
}
