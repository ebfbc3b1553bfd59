//! Presences of users: which users and which presence are meant, reading many, setting many.
//!
//! ```text
//!  ids, files ───────── sheet ─┐
//!                              ├─ wishes ── get ─▶ listing ─┐
//!  a presence ────────── meant ┘            set ─▶ report ──┴─ document
//! ```

pub mod get;
pub mod listing;
pub mod meant;
pub mod report;
pub mod set;
pub mod sheet;
pub mod wishes;
