//! How much of a run is logged, and how.

use clap::{ArgAction, Args};

use crate::host::logging::LogFormat;

/// The log.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Output")]
pub struct LoggingArgs {
    /// Log requests on standard error.
    ///
    /// Phases, a line a request, waits and second tries. `-vv` also logs the beginning of requests, and every object.
    #[arg(short = 'v', long, global = true, action = ArgAction::Count, display_order = 1000)]
    pub verbose: u8,
    /// Hide warnings, and count them.
    #[arg(short = 'q', long, global = true, display_order = 1000)]
    pub quiet: bool,
    /// How the log is written.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT", display_order = 1001)]
    pub log_format: LogFormat,
}
