//! What `log` and `undo` take.

use std::path::PathBuf;

use clap::Args;

use crate::cli::formats::{Output, TableFormat};
use crate::cli::paths;
use crate::cli::shared::{LimitArgs, OutputArgs, RecordArgs, TargetArgs};

/// `presencectl log`.
#[derive(Debug, Clone, Args)]
pub struct LogArgs {
    /// A folder of reports, as `apply --report-dir` keeps it.
    ///
    /// All of it is shown. Without it, the newest 200 reports of each org in `.presencectl/reports`, at the top of
    /// this Git checkout, else in the current folder.
    #[arg(value_name = "DIR", value_parser = paths::folder())]
    pub dir: Option<PathBuf>,
    /// Only this org.
    ///
    /// Its name in the config, its own name, or its id (or the first 8 or more characters of the id).
    #[arg(long, value_name = "NAME")]
    pub org: Option<String>,
    /// Only this definition, by key or id.
    ///
    /// The first 8 or more characters of an id are enough. May be repeated.
    #[arg(long = "key", value_name = "KEY[,KEY…]", value_delimiter = ',')]
    pub keys: Vec<String>,
    /// Only runs since then: 2026-03-01, or 30d, 12h, 90m.
    ///
    /// A date, an RFC 3339 time such as 2026-03-01T09:05:00Z, or an age.
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only runs before that; a date means its end.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// human, json or csv.
    ///
    /// Without a file it goes to standard output, where `human` goes by default. May be repeated.
    #[arg(long = "output", short = 'o', value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub outputs: Vec<Output<TableFormat>>,
}

/// `presencectl undo`.
#[derive(Debug, Clone, Args)]
pub struct UndoArgs {
    /// The report of an apply or undo. By default the org's newest apply.
    ///
    /// A JSON file, by `--report-dir` or `--output json=FILE`. Without it, the newest apply that wrote and was not
    /// undone; name the org by `--config` or `--org`.
    #[arg(value_name = "REPORT", value_parser = paths::input())]
    pub report: Option<PathBuf>,
    /// The config: its `protect`, `omit` and `limits` apply.
    ///
    /// Without it, presencectl does not know what to protect. It then writes to a real org only after you confirm.
    #[arg(long, value_name = "PATH", help_heading = "Config")]
    pub config: Option<PathBuf>,
    /// The org, if the config has several.
    ///
    /// Without REPORT and config, the org whose apply is undone.
    #[arg(long, value_name = "NAME", help_heading = "Config")]
    pub org: Option<String>,
    /// The folder that holds all files of the config.
    ///
    /// Files outside it are not read. By default the nearest folder upward that holds `.git`, else the folder of
    /// PATH.
    #[arg(long, value_name = "DIR", requires = "config", help_heading = "Config")]
    pub root: Option<PathBuf>,
    /// Which org. It must be the report's.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Limits.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Show how many people are now on what changes.
    ///
    /// That is: on what is removed, deactivated or renamed.
    #[arg(long)]
    pub usage: bool,
    /// Do not ask. For CI.
    ///
    /// A real org then needs `--config` as well.
    #[arg(long, visible_alias = "yes", help_heading = "Approval")]
    pub auto_approve: bool,
    /// What is kept of the run.
    #[command(flatten)]
    pub record: RecordArgs,
}
