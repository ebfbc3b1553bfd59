//! The local machine: terminal, signals, files, git, environment, clock and log.

pub mod clock;
pub mod environment;
pub mod exit;
pub mod file_set;
pub mod files;
pub mod forge_cli;
pub mod git;
pub mod log_line;
pub mod logging;
pub mod nofollow;
pub mod open_entry;
pub mod org_variables;
pub mod proxy;
pub mod signals;
pub mod stop;
pub mod terminal;
