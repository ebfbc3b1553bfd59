//! What `retire` takes.

use std::path::PathBuf;

use clap::Args;

use crate::cli::formats::{Output, TableFormat};
use crate::cli::shared::{RecordArgs, TargetArgs};

/// `presencectl retire`.
#[derive(Debug, Clone, Args)]
pub struct RetireArgs {
    /// The definition that goes, by its key in the config.
    #[arg(value_name = "KEY")]
    pub key: String,
    /// Where its people go: a key of the config, a label, or the id of a definition (or the first 8 or more characters of
    /// it).
    #[arg(long, value_name = "KEY2")]
    pub to: String,
    /// Move people on queue as well. Without it they are left alone, and the definition stays active while
    /// they are on it.
    #[arg(long)]
    pub include_on_queue: bool,
    /// The config: a YAML file, or a folder of them.
    #[arg(long, value_name = "PATH", default_value = ".", help_heading = "Config")]
    pub config: PathBuf,
    /// Which org, where the config holds several org files.
    #[arg(long, value_name = "NAME", help_heading = "Config")]
    pub org: Option<String>,
    /// The folder below which everything that the config names must lie. By default the nearest
    /// one upward that holds `.git`, else the path's folder.
    #[arg(long, value_name = "DIR", help_heading = "Config")]
    pub root: Option<PathBuf>,
    /// Do not ask.
    #[arg(long, visible_alias = "auto-approve", help_heading = "Approval")]
    pub yes: bool,
    /// The id of the org that is meant, for a config that does not say it.
    #[arg(long, value_name = "ID", help_heading = "Org")]
    pub org_id: Option<String>,
    /// Which org.
    #[command(flatten)]
    pub target: TargetArgs,
    /// What is kept of the run: what became of the definition, as the report of an apply.
    #[command(flatten)]
    pub record: RecordArgs,
    /// `human`, `json` or `csv`, to standard output or to a file as well. May be repeated; without
    /// one for standard output, `human` goes there.
    #[arg(long = "output", short = 'o', value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub outputs: Vec<Output<TableFormat>>,
}
