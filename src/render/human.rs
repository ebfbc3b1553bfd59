//! Plans and reports for people at a terminal. Every string from an org or a file is neutralised
//! here, and everything reads without colours.

mod base;
mod bound;
mod change;
mod drift;
mod plan;
mod refusal;
mod report;
mod target;
mod undo;

pub use crate::render::human::bound::bound;
pub use crate::render::human::drift::drift;
pub use crate::render::human::plan::{beyond, plan};
pub use crate::render::human::report::{finished, report, started};
pub use crate::render::human::target::{org_line, target_line};
pub use crate::render::human::undo::{Source, revert, undo};
