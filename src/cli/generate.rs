//! What the commands take that write files of the command line itself.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::paths;

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
    /// A folder for a page a command.
    ///
    /// It is made if it does not exist. Without it, the page of the whole tool goes to standard output.
    #[arg(long, value_name = "DIR", help_heading = "Files", value_parser = paths::folder())]
    pub out: Option<PathBuf>,
}
