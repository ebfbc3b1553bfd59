//! What `orgs` takes.

use std::path::PathBuf;

use clap::Args;

use crate::cli::formats::{OrgsFormat, Output, TableFormat};
use crate::cli::paths;
use crate::cli::shared::{ConfigPath, FilesArgs, OrgsArgs, TargetArgs};
use crate::config::choice::OrgChoice;

/// `presencectl orgs`.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct OrgListArgs {
    /// Which files.
    #[command(flatten)]
    pub files: FilesArgs,
    /// Only these orgs: a name, or a pattern such as `acme-*`.
    ///
    /// May be repeated.
    #[arg(long = "org", value_name = "NAME|PATTERN", help_heading = "Config")]
    pub orgs: Vec<String>,
    /// Only the orgs of this stage.
    ///
    /// The stage is `org.stage` in the org file. May be repeated.
    #[arg(long = "stage", value_name = "STAGE", help_heading = "Config")]
    pub stages: Vec<String>,
    /// Only orgs that differ from this commit, and how.
    ///
    /// The config is compared with the merge base of the commit and the config's own.
    #[arg(long, value_name = "REF", help_heading = "Config")]
    pub changed_since: Option<String>,
    /// Compare with the commit, not with the merge base.
    #[arg(long, requires = "changed_since", help_heading = "Config")]
    pub exact: bool,
    /// Only orgs that differ from what was applied last.
    ///
    /// What was applied last is known by the kept reports of their applies.
    #[arg(long, conflicts_with = "changed_since", help_heading = "Config")]
    pub behind: bool,
    /// The folder of reports of applies.
    ///
    /// By default `.presencectl/reports` at the top of the config's Git checkout, else in the current folder.
    #[arg(long, value_name = "DIR", requires = "behind", help_heading = "Config", value_parser = paths::folder())]
    pub report_dir: Option<PathBuf>,
    /// With --behind: count the reports of sandbox orgs, and no others.
    #[arg(long, help_heading = "Config")]
    pub sandbox: bool,
    /// human, lines, json, csv, markdown, github-matrix, gitlab.
    ///
    /// `lines` is one name per line. Without a file it goes to standard output, where `human` goes by default. May be
    /// repeated.
    #[arg(long = "output", short = 'o', value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub outputs: Vec<Output<OrgsFormat>>,
    /// Exit with 2 when a config differs.
    #[arg(long, requires = "changed_since", help_heading = "Output")]
    pub detailed_exitcode: bool,
}

impl OrgListArgs {
    /// Which orgs are meant.
    pub fn choice(&self) -> OrgChoice {
        OrgChoice { names: self.orgs.clone(), stages: self.stages.clone() }
    }
}

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
    /// Compare what the orgs have, not the files.
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

/// `presencectl promote`.
#[derive(Debug, Clone, Args)]
pub struct PromoteArgs {
    /// The key of the definition.
    #[arg(value_name = "KEY")]
    pub key: String,
    /// Where the config is: the folder with all org files and layers.
    #[command(flatten)]
    pub path: ConfigPath,
    /// The folder that holds all files of the config.
    ///
    /// Files outside it are not read. By default the nearest folder upward that holds `.git`, else the folder of
    /// PATH.
    #[arg(long, value_name = "DIR", help_heading = "Config")]
    pub root: Option<PathBuf>,
    /// The org that has the definition as it should be.
    #[arg(long, value_name = "ORG", help_heading = "Promote")]
    pub from: String,
    /// The org that gets it, or the file of a layer.
    ///
    /// All orgs that use the layer then get the definition.
    #[arg(long, value_name = "ORG|LAYER", help_heading = "Promote")]
    pub to: String,
    /// Write `omit` into orgs that would newly get it.
    #[arg(long, help_heading = "Promote")]
    pub omit_elsewhere: bool,
    /// Do not ask.
    #[arg(long, visible_alias = "auto-approve", help_heading = "Approval")]
    pub yes: bool,
}

/// `presencectl pin`.
#[derive(Debug, Clone, Args)]
pub struct PinArgs {
    /// Which config.
    #[command(flatten)]
    pub config: OrgsArgs,
    /// Which org.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Do not ask.
    #[arg(long, visible_alias = "auto-approve", help_heading = "Approval")]
    pub yes: bool,
}
