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
    /// The folder below which everything that the config names must lie. By default the nearest
    /// one upward that holds `.git`, else the path's folder.
    #[arg(long, value_name = "DIR", help_heading = "Config")]
    pub root: Option<PathBuf>,
    /// The org that has the definition as it should be.
    #[arg(long, value_name = "ORG", help_heading = "Promote")]
    pub from: String,
    /// The org that gets it, or the file of a layer: then all orgs get it that use the layer.
    #[arg(long, value_name = "ORG|LAYER", help_heading = "Promote")]
    pub to: String,
    /// Write the key into `omit` of each org that would get a definition it does not have.
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
