//! What `plan` and `apply` take.

use std::path::PathBuf;

use clap::Args;

use crate::cli::paths;
use crate::cli::shared::{ConfigArgs, LimitArgs, OrgsArgs, OutputArgs, RecordArgs, TargetArgs};

/// `presencectl plan`.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    /// Which config.
    #[command(flatten)]
    pub config: OrgsArgs,
    /// Refuse changes that this stage does not have yet.
    ///
    /// Of several orgs: a change must be in place in an org of this stage before it reaches a later one.
    #[arg(long, value_name = "STAGE", help_heading = "Config")]
    pub require_stage: Option<String>,
    /// Only these definitions, by key.
    ///
    /// Nothing is pruned. May be repeated.
    #[arg(long, value_name = "KEY[,KEY…]", value_delimiter = ',', help_heading = "Config")]
    pub only: Vec<String>,
    /// Read the config from this commit.
    ///
    /// Nothing is checked out, and PATH may be missing on the disk.
    #[arg(long, value_name = "COMMIT", help_heading = "Config")]
    pub at: Option<String>,
    /// Separate this change from what was pending before.
    ///
    /// The config is compared with that of a commit (`origin/main`; `A...B` is the merge base of both), or of a path
    /// (`./before`). The plan itself stays the same.
    #[arg(long, value_name = "REF|PATH", help_heading = "Config")]
    pub base: Option<String>,
    /// The folder of reports of earlier applies.
    ///
    /// By default `.presencectl/reports` at the top of the config's Git checkout, else in the current folder. Reports
    /// say what an apply made a moment ago and what a definition was before all its labels changed. With `--base`
    /// they separate what was edited in the org from what was merged and not applied.
    #[arg(long, value_name = "DIR", help_heading = "Config", value_parser = paths::folder())]
    pub report_dir: Option<PathBuf>,
    /// Read no reports.
    #[arg(long, conflicts_with = "report_dir", help_heading = "Config")]
    pub no_report: bool,
    /// Which org.
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
    /// That is: on what the plan removes, deactivates or renames.
    #[arg(long)]
    pub usage: bool,
    /// A folder for saved plans, one per org.
    ///
    /// Plans of earlier runs in it are replaced.
    #[arg(long, value_name = "DIR", help_heading = "Output", value_parser = paths::folder())]
    pub plans_dir: Option<PathBuf>,
    /// Exit with 2 when there are changes.
    #[arg(long, help_heading = "Output")]
    pub detailed_exitcode: bool,
}

/// `presencectl apply`.
#[derive(Debug, Clone, Args)]
pub struct ApplyArgs {
    /// Which config.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Only these definitions, by key.
    ///
    /// Nothing is pruned. May be repeated.
    #[arg(long, value_name = "KEY[,KEY…]", value_delimiter = ',', help_heading = "Config")]
    pub only: Vec<String>,
    /// Which org.
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
    /// That is: on what the plan removes, deactivates or renames.
    #[arg(long)]
    pub usage: bool,
    /// Do not ask. For CI.
    #[arg(long, visible_alias = "yes", help_heading = "Approval")]
    pub auto_approve: bool,
    /// Never do more than this saved plan.
    ///
    /// FILE is what `plan --output json=FILE` wrote, or `-` for standard input. May be repeated, in the order in
    /// which the changes were merged: then all of them together are the bound.
    #[arg(long = "plan", value_name = "FILE", help_heading = "Approval")]
    pub plans: Vec<PathBuf>,
    /// The id of the org, for a config without `org.id`.
    #[arg(long, value_name = "ID", help_heading = "Org")]
    pub org_id: Option<String>,
    /// What is kept of the run.
    #[command(flatten)]
    pub record: RecordArgs,
}
