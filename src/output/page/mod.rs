//! Plans, reports and failures as Markdown for reviewers: a comment on a pull request, or the summary of a step.

mod base;
mod cause;
mod coverage;
mod drift;
mod failure;
pub mod html;
mod markdown;
mod markdown_escape;
mod plan;
mod refusals;
mod report;

pub use crate::output::page::drift::drift;
pub use crate::output::page::failure::failure;
pub use crate::output::page::markdown::{COMMENT, PageKind, PageRoom, SUMMARY};
pub use crate::output::page::markdown_escape::{Inline, in_cell};
pub use crate::output::page::plan::{plan, plan_summary};
pub use crate::output::page::report::report;
