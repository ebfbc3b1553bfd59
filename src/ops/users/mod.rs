//! User presences: selects users and presences, reads many, sets many.
//!
//! ```text
//!  ids, files ─── input ─┐
//!                        ├─ assignments ── get ─▶ listing ─┐
//!  a presence ── resolve ┘                 set ─▶ report ──┴─ document
//! ```

pub mod assignments;
pub mod get;
pub mod input;
pub mod listing;
pub mod report;
pub mod resolve;
pub mod set;
