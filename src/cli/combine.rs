//! What `combine` takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::paths;
use crate::cli::shared::{FilesArgs, OutputArgs};

/// `presencectl combine`.
#[derive(Debug, Clone, Args)]
pub struct CombineArgs {
    /// Which files.
    #[command(flatten)]
    pub files: FilesArgs,
    /// What the jobs of the orgs wrote by `--output json=FILE`.
    ///
    /// Plans, drifts or reports, all of one kind, and errors.
    #[arg(value_name = "DOCUMENT", value_parser = paths::input())]
    pub documents: Vec<PathBuf>,
    /// Expect the orgs that differ from this commit.
    ///
    /// Of plans: the config is compared with its merge base with this commit.
    #[arg(long, value_name = "REF", help_heading = "Config")]
    pub changed_since: Option<String>,
    /// Expect these orgs, and no others.
    ///
    /// Empty names are ignored. Without it and without `--changed-since`, all orgs of the config are expected. May be
    /// repeated.
    #[arg(
        long,
        value_name = "ORG[,ORG…]",
        value_delimiter = ',',
        conflicts_with = "changed_since",
        help_heading = "Config"
    )]
    pub expect: Option<Vec<String>>,
    /// Refuse changes that this stage does not have yet.
    ///
    /// Of plans: a change must be in place in an org of this stage before it reaches a later one.
    #[arg(long, value_name = "STAGE", help_heading = "Config")]
    pub require_stage: Option<String>,
    /// The kind of their documents.
    ///
    /// Needed if all of them failed, or no org was expected.
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
