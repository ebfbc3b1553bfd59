//! Text views for people at a terminal. Every string from an org or a file is made safe here, and everything is
//! readable without colours.

mod change;
mod combined;
pub mod compare;
pub mod doctor;
mod drift;
pub mod edits;
pub mod explain;
pub mod findings;
pub mod fleet;
pub mod fleet_diagnosis;
pub mod import;
pub mod labels;
pub mod listing;
pub mod log;
pub mod orgs;
mod plan;
pub mod problem;
mod report;
pub mod retire;
mod undo;
pub mod users;

pub use crate::output::summary::{org_line, target_line};
pub use crate::output::text::combined::combined;
pub use crate::output::text::drift::{drift, drifted};
pub use crate::output::text::fleet::fleet_plan;
pub use crate::output::text::plan::{not_in_saved_plan, plan};
pub use crate::output::text::report::{bound, finished, report, started};
pub use crate::output::text::undo::{UndoSource, revert, undo};
