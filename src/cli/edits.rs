//! What the commands take that edit the files of a config: `promote` and `pin`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::shared::{ConfigPath, OrgsArgs, TargetArgs};

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
