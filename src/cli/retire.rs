//! What `retire` takes.

use std::path::PathBuf;

use clap::Args;

use crate::cli::formats::{Output, TableFormat};
use crate::cli::shared::{RecordArgs, TargetArgs};
use crate::config::USUAL_PATH;

/// `presencectl retire`.
#[derive(Debug, Clone, Args)]
pub struct RetireArgs {
    /// The definition to retire, by its key in the config.
    #[arg(value_name = "KEY")]
    pub key: String,
    /// Where its people go: a key, a label or an id.
    ///
    /// The first 8 or more characters of an id are enough.
    #[arg(long, value_name = "KEY2")]
    pub to: String,
    /// Move people on queue as well.
    ///
    /// Without it they stay, and the definition stays active while they are on it.
    #[arg(long)]
    pub include_on_queue: bool,
    /// The config: a YAML file, or a folder of YAML files.
    #[arg(long, value_name = "PATH", default_value = USUAL_PATH, help_heading = "Config")]
    pub config: PathBuf,
    /// The org, if the config has several.
    #[arg(long, value_name = "NAME", help_heading = "Config")]
    pub org: Option<String>,
    /// The folder that holds all files of the config.
    ///
    /// Files outside it are not read. By default the nearest folder upward that holds `.git`, else the folder of
    /// PATH.
    #[arg(long, value_name = "DIR", help_heading = "Config")]
    pub root: Option<PathBuf>,
    /// Do not ask.
    #[arg(long, visible_alias = "auto-approve", help_heading = "Approval")]
    pub yes: bool,
    /// The id of the org, for a config without `org.id`.
    #[arg(long, value_name = "ID", help_heading = "Org")]
    pub org_id: Option<String>,
    /// Which org.
    #[command(flatten)]
    pub target: TargetArgs,
    /// What is kept of the run: what became of the definition, as the report of an apply.
    #[command(flatten)]
    pub record: RecordArgs,
    /// human, json or csv.
    ///
    /// Without a file it goes to standard output, where `human` goes by default. May be repeated.
    #[arg(long = "output", short = 'o', value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub outputs: Vec<Output<TableFormat>>,
}
