//! The context of a command: its outputs, its record and its connection to an org.

pub mod again;
pub mod connect;
pub mod edit_files;
pub mod execute;
pub mod failure;
pub mod host;
pub mod outputs;
pub mod pasted;
pub mod progress;
pub mod record;
pub mod report_file;
pub mod reports;
pub mod run;
pub mod start_sandbox;
