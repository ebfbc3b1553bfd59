//! Plans, reports and failures as Markdown for reviewers: a comment on a pull request, or the summary of a step.

mod base;
mod cause;
mod coverage;
mod drift;
mod failure;
mod inline;
mod page;
mod plan;
mod refusals;
mod report;

pub use crate::render::markdown::drift::drift;
pub use crate::render::markdown::failure::failure;
pub use crate::render::markdown::inline::{Inline, in_cell};
pub use crate::render::markdown::page::{COMMENT, Kind, Room, SUMMARY};
pub use crate::render::markdown::plan::{plan, plan_summary};
pub use crate::render::markdown::report::report;
