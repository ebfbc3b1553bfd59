//! What a command is handed: its outputs, its record and its connection to an org.

pub mod bar;
pub mod connect;
pub mod conversation;
pub mod execute;
pub mod host;
pub mod journal;
pub mod outputs;
pub mod pasted;
pub mod progress;
pub mod record;
pub mod reports;
pub mod run;
pub mod stages;
pub mod start_sandbox;
pub mod typed;
