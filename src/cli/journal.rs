//! What `log` and `undo` take.

use std::path::PathBuf;

use clap::Args;

use crate::cli::formats::{Output, TableFormat};
use crate::cli::paths;
use crate::cli::shared::{LimitArgs, OutputArgs, RecordArgs, TargetArgs};

/// `presencectl log`.
#[derive(Debug, Clone, Args)]
pub struct LogArgs {
    /// A folder of reports, as `apply --report-dir DIR` keeps them: all of it is shown. Without it, the newest 200 reports
    /// of each org in `.presencectl/reports`, at the top of this Git checkout, else in the current folder.
    #[arg(value_name = "DIR", value_parser = paths::folder())]
    pub dir: Option<PathBuf>,
    /// Only what was done to this org: its name in the config, its own, or its id (or the first 8 or more
    /// characters of it).
    #[arg(long, value_name = "NAME")]
    pub org: Option<String>,
    /// Only what was done to the definition of this key, or to the object of this id (or the first 8 or more characters of
    /// it). May be repeated.
    #[arg(long = "key", value_name = "KEY[,KEY…]", value_delimiter = ',')]
    pub keys: Vec<String>,
    /// Only runs that began then or later: 2026-03-01, 2026-03-01T09:05:00Z, or so long ago: 30d, 12h, 90m.
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only runs that began before that; a date means its end.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// `human`, `json` or `csv`, to standard output or to a file. May be repeated; without one for
    /// standard output, `human` goes there.
    #[arg(long = "output", short = 'o', value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub outputs: Vec<Output<TableFormat>>,
}

/// `presencectl undo`.
#[derive(Debug, Clone, Args)]
pub struct UndoArgs {
    /// The report of an apply (or of an undo): a JSON file, by `--report-dir` or `--output json=FILE`. Without it, the
    /// newest apply of the org that wrote and was not undone; name the org by `--config` or `--org`.
    #[arg(value_name = "REPORT", value_parser = paths::input())]
    pub report: Option<PathBuf>,
    /// The config: what it protects or omits is left alone, and its limits hold. Without it nobody knows what
    /// must not be touched, and a real org is not written to unless somebody is asked.
    #[arg(long, value_name = "PATH", help_heading = "Config")]
    pub config: Option<PathBuf>,
    /// Which org, where the config holds several org files; without REPORT and config, the org whose apply is undone.
    #[arg(long, value_name = "NAME", help_heading = "Config")]
    pub org: Option<String>,
    /// The folder below which everything that the config names must lie. By default the nearest
    /// one upward that holds `.git`, else the path's folder.
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
    /// Say how many people are now on what is removed, deactivated or renamed.
    #[arg(long)]
    pub usage: bool,
    /// Do not ask. For CI. A real org then needs `--config` as well.
    #[arg(long, visible_alias = "yes", help_heading = "Approval")]
    pub auto_approve: bool,
    /// What is kept of the run.
    #[command(flatten)]
    pub record: RecordArgs,
}
