//! What `combine` takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::paths;
use crate::cli::shared::{ConfigPath, OutputArgs};

/// `presencectl combine`.
#[derive(Debug, Clone, Args)]
pub struct CombineArgs {
    /// Where the config is.
    #[command(flatten)]
    pub path: ConfigPath,
    /// What the jobs of the orgs wrote by `--output json=FILE`: plans, drifts or reports, all of one kind, and
    /// errors.
    #[arg(value_name = "DOCUMENT", value_parser = paths::input())]
    pub documents: Vec<PathBuf>,
    /// The folder that holds all files of the config.
    ///
    /// Files outside it are not read. By default the nearest folder upward that holds `.git`, else the folder of
    /// PATH.
    #[arg(long, value_name = "DIR", help_heading = "Config")]
    pub root: Option<PathBuf>,
    /// Read the config from this commit of its repository instead of from the disk. Documents of another commit are
    /// refused.
    #[arg(long, value_name = "COMMIT", help_heading = "Config")]
    pub at: Option<String>,
    /// Of plans: the orgs whose config is otherwise than in the merge base with this commit have to report.
    #[arg(long, value_name = "REF", help_heading = "Config")]
    pub changed_since: Option<String>,
    /// These orgs have to report, and no others; an empty name is none. Without it and without --changed-since, all
    /// orgs of the config have to. May be repeated.
    #[arg(
        long,
        value_name = "ORG[,ORG…]",
        value_delimiter = ',',
        conflicts_with = "changed_since",
        help_heading = "Config"
    )]
    pub expect: Option<Vec<String>>,
    /// Of plans: a change has to be in place in an org of this stage before it reaches a later one.
    #[arg(long, value_name = "STAGE", help_heading = "Config")]
    pub require_stage: Option<String>,
    /// What the jobs make, if all of them failed or no org had to report.
    #[arg(long, value_enum, value_name = "KIND", help_heading = "Config")]
    pub kind: Option<CombinedKind>,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Exit with 2 when there are changes, or drift.
    #[arg(long, help_heading = "Output")]
    pub detailed_exitcode: bool,
}

/// What the jobs of the orgs make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CombinedKind {
    /// Plans.
    Plan,
    /// What is otherwise in the orgs.
    Drift,
    /// Reports of applies.
    Report,
}
