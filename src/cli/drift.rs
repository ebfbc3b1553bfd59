//! What `drift` takes.

use std::path::PathBuf;

use clap::Args;

use crate::cli::formats::Output;
use crate::cli::paths;
use crate::cli::shared::{OrgsArgs, TargetArgs};

/// `presencectl drift`.
#[derive(Debug, Clone, Args)]
pub struct DriftArgs {
    /// Which config.
    #[command(flatten)]
    pub config: OrgsArgs,
    /// Which org.
    #[command(flatten)]
    pub target: TargetArgs,
    /// The commit that was applied last.
    ///
    /// Its config separates what was edited by hand from what was merged and not applied.
    #[arg(long, value_name = "REF", help_heading = "Config")]
    pub applied: Option<String>,
    /// The folder of reports of earlier applies.
    ///
    /// They say the same as `--applied`, for more objects. By default `.presencectl/reports` at the top of the
    /// config's Git checkout, else in the current folder.
    #[arg(long, value_name = "DIR", help_heading = "Config", value_parser = paths::folder())]
    pub report_dir: Option<PathBuf>,
    /// Read no reports.
    #[arg(long, conflicts_with = "report_dir", help_heading = "Config")]
    pub no_report: bool,
    /// What is taken into the files.
    #[command(flatten)]
    pub accept: AcceptArgs,
    /// Show ids of people, and no names.
    #[arg(long, help_heading = "Output")]
    pub no_names: bool,
    /// human, json, markdown, summary, html or github.
    ///
    /// `markdown` is an issue, `summary` the summary of a CI step, `github` prints annotations. Without a file it
    /// goes to standard output, where `human` goes by default. May be repeated.
    #[arg(long = "output", short = 'o', value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub outputs: Vec<Output>,
    /// Exit with 2 when there is drift.
    #[arg(long, help_heading = "Output")]
    pub detailed_exitcode: bool,
}

/// What of a drift is taken into the files.
#[derive(Debug, Clone, Args)]
pub struct AcceptArgs {
    /// Keep what the org has: write it into the files, by key.
    ///
    /// Shows the lines that change, and asks. May be repeated.
    #[arg(long = "accept", value_name = "KEY[,KEY…]", value_delimiter = ',', help_heading = "Config")]
    pub keys: Vec<String>,
    /// Do not ask.
    #[arg(long, visible_alias = "auto-approve", requires = "keys", help_heading = "Approval")]
    pub yes: bool,
}
