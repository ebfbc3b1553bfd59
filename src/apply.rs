//! Runs the steps of a plan and reports on every object.

pub mod document;
pub mod report;
