//! What `compare` takes.

use clap::Args;

use crate::cli::formats::{Output, TableFormat};
use crate::cli::shared::{OrgsArgs, TargetArgs};

/// `presencectl compare`.
#[derive(Debug, Clone, Args)]
pub struct CompareArgs {
    /// Which orgs.
    #[command(flatten)]
    pub config: OrgsArgs,
    /// The org that is compared with the one of `--org`.
    ///
    /// Without it, each org is compared with what most of the orgs have.
    #[arg(long, value_name = "NAME", help_heading = "Config")]
    pub with: Option<String>,
    /// Compare what the orgs have, not what the files ask.
    #[arg(long, help_heading = "Config")]
    pub live: bool,
    /// Which orgs are read.
    #[command(flatten)]
    pub target: TargetArgs,
    /// human, json or csv.
    ///
    /// Without a file it goes to standard output, where `human` goes by default. May be repeated.
    #[arg(long = "output", short = 'o', value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub outputs: Vec<Output<TableFormat>>,
    /// Exit with 2 when orgs differ.
    #[arg(long, help_heading = "Output")]
    pub detailed_exitcode: bool,
}
