//! What the commands take that ask no org, and the server of the sandbox.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::formats::{FindingsFormat, Output};
use crate::cli::paths;
use crate::cli::shared::ConfigPath;

/// `presencectl validate`.
#[derive(Debug, Clone, Args)]
pub struct ValidateArgs {
    /// Where the config is.
    #[command(flatten)]
    pub path: ConfigPath,
    /// The folder below which everything that the config names must lie. By default the nearest
    /// one upward that holds `.git`, else the path's folder.
    #[arg(long, value_name = "DIR", help_heading = "Config")]
    pub root: Option<PathBuf>,
    /// Read the files from this commit of their repository instead of from the disk, where PATH may be missing. Nothing
    /// is checked out.
    #[arg(long, value_name = "COMMIT", help_heading = "Config")]
    pub at: Option<String>,
    /// End with 1 where there is a warning, too.
    #[arg(long, help_heading = "Config")]
    pub deny_warnings: bool,
    /// `human`, `sarif`, `gitlab` (a code quality report) or `github` (annotations), to standard output or to a
    /// file as well. May be repeated; without one for standard output, `human` goes there.
    #[arg(long = "output", short = 'o', value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub outputs: Vec<Output<FindingsFormat>>,
}

/// `presencectl explain`.
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// The name of a finding, as it stands in brackets before it. Without one, all are listed.
    pub name: Option<String>,
}

/// `presencectl schema`.
#[derive(Debug, Clone, Copy, Args)]
pub struct SchemaArgs {
    /// Which document.
    #[arg(value_enum, default_value_t = SchemaOf::Config)]
    pub of: SchemaOf,
}

/// The documents that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// What people write.
    Config,
    /// What `plan --output json` writes.
    Plan,
    /// What `plan --all-orgs --output json` writes.
    FleetPlan,
    /// What `apply --output json` writes.
    Report,
    /// What `show --output json` writes.
    Definitions,
    /// What `show --system --output json` writes.
    SystemPresences,
    /// What all of these write where they fail before that.
    Error,
    /// What `user get --output json` writes.
    Users,
    /// What `user set --output json` writes.
    UserReport,
    /// What `retire --output json` writes.
    Retirement,
    /// What `log --output json` writes.
    Log,
    /// What `doctor --output json` writes.
    Diagnosis,
    /// What `drift --output json` writes.
    Drift,
    /// What `drift --all-orgs --output json` writes.
    FleetDrift,
    /// What `combine --output json` of reports writes.
    FleetReport,
    /// What `orgs --output json` writes.
    Orgs,
}

/// `presencectl sandbox`.
#[derive(Debug, Clone, Args)]
pub struct SandboxArgs {
    /// The port; 0 takes any that is free.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port: u16,
    /// Where the org is kept. Without it, it is forgotten at the end.
    #[arg(long, value_name = "FILE", value_parser = paths::file())]
    pub state: Option<PathBuf>,
    /// Definitions that a new org begins with: a JSON file, as the API lists them.
    #[arg(long, value_name = "FILE", value_parser = paths::input())]
    pub seed: Option<PathBuf>,
    /// Faults that it plays: a JSON file.
    #[arg(long, value_name = "FILE", value_parser = paths::input())]
    pub faults: Option<PathBuf>,
    /// How it behaves, such as which permissions its client has: a JSON file.
    #[arg(long, value_name = "FILE", value_parser = paths::input())]
    pub behavior: Option<PathBuf>,
}
