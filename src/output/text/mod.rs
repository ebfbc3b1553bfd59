//! Plans and reports for people at a terminal. Every string from an org or a file is neutralised
//! here, and everything reads without colours.

mod base;
mod bound;
pub mod cause;
mod change;
pub mod doctor;
mod drift;
pub mod explain;
pub mod findings;
pub mod import;
pub mod init;
pub mod listing;
pub mod log;
pub mod placed;
mod plan;
pub mod problem;
mod refusal;
mod report;
pub mod retire;
mod target;
mod undo;
pub mod users;

pub use crate::output::text::bound::bound;
pub use crate::output::text::drift::drift;
pub use crate::output::text::plan::{beyond, plan};
pub use crate::output::text::report::{finished, report, started};
pub use crate::output::text::target::{org_line, target_line};
pub use crate::output::text::undo::{UndoSource, revert, undo};
