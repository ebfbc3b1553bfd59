//! What the commands take that ask no org, and the server of the sandbox.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::formats::{FindingsFormat, Output};
use crate::cli::paths;
use crate::cli::shared::FilesArgs;

/// `presencectl validate`.
#[derive(Debug, Clone, Args)]
pub struct ValidateArgs {
    /// Which files.
    #[command(flatten)]
    pub files: FilesArgs,
    /// Exit with 1 also for warnings.
    #[arg(long, help_heading = "Config")]
    pub deny_warnings: bool,
    /// human, sarif, gitlab or github.
    ///
    /// `gitlab` is a code quality report, `github` prints annotations. Without a file it goes to standard output,
    /// where `human` goes by default. May be repeated.
    #[arg(long = "output", short = 'o', value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub outputs: Vec<Output<FindingsFormat>>,
}

/// `presencectl explain`.
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// The names of findings, as they appear in brackets.
    ///
    /// Without one, all are listed.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
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
    /// What `doctor --all-orgs --output json` writes.
    FleetDiagnosis,
    /// What `drift --output json` writes.
    Drift,
    /// What `drift --all-orgs --output json` writes.
    FleetDrift,
    /// What `combine --output json` of reports writes.
    FleetReport,
    /// What `orgs --output json` writes.
    Orgs,
    /// What `compare --output json` writes.
    Comparison,
}

/// `presencectl sandbox`.
#[derive(Debug, Clone, Args)]
pub struct SandboxArgs {
    /// The port; 0 takes any free one.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port: u16,
    /// A file that keeps the org until the next start.
    #[arg(long, value_name = "FILE", value_parser = paths::file())]
    pub state: Option<PathBuf>,
    /// Definitions of a new org: a JSON file.
    ///
    /// The file has the form in which the API lists them.
    #[arg(long, value_name = "FILE", value_parser = paths::input())]
    pub seed: Option<PathBuf>,
    /// Faults that the org plays: a JSON file.
    #[arg(long, value_name = "FILE", value_parser = paths::input())]
    pub faults: Option<PathBuf>,
    /// How the org behaves: a JSON file.
    ///
    /// For example, which permissions its client has.
    #[arg(long, value_name = "FILE", value_parser = paths::input())]
    pub behavior: Option<PathBuf>,
}

/// `presencectl completions`.
#[derive(Debug, Clone, Copy, Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub shell: ShellName,
}

/// The shells that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShellName {
    /// `source <(presencectl completions bash)`
    Bash,
    /// `presencectl completions zsh > FOLDER-OF-FPATH/_presencectl`
    Zsh,
    /// `presencectl completions fish > ~/.config/fish/completions/presencectl.fish`
    Fish,
    /// `presencectl completions powershell | Out-String | Invoke-Expression`
    #[value(name = "powershell")]
    PowerShell,
}

/// `presencectl man`.
#[derive(Debug, Clone, Args)]
pub struct ManArgs {
    /// A folder for the pages, one per command.
    ///
    /// It is made if it does not exist. Without it, the page of the whole tool goes to standard output.
    #[arg(long, value_name = "DIR", help_heading = "Files", value_parser = paths::folder())]
    pub out: Option<PathBuf>,
}
