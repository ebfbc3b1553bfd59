//! What `import` and `show` take.

use std::path::PathBuf;

use clap::Args;

use crate::cli::formats::{ImportFormat, Output, TableFormat};
use crate::cli::shared::TargetArgs;

/// `presencectl import`.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// Which org.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Import several orgs into one folder.
    ///
    /// What more than half of them have goes into `base/`, and what differs into `orgs/NAME.yaml`. Each org has its
    /// own credentials: for `acme-prod`, the variables whose names end in `__ACME_PROD`.
    #[arg(
        long,
        value_name = "NAME,NAME",
        value_delimiter = ',',
        requires = "out",
        conflicts_with_all = ["split", "names_from"],
        help_heading = "Org"
    )]
    pub orgs: Vec<String>,
    /// How many orgs are read at the same time.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=16), requires = "orgs", help_heading = "Org")]
    pub parallel: u8,
    /// Where it goes.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// What is written.
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// Take the names of Terraform resources as keys.
    ///
    /// FILE holds what `terraform show -json` or `tofu show -json` prints; `-` is standard input. Their definitions
    /// are imported even if they are deactivated. At the end come the `removed` blocks that let Terraform forget
    /// them.
    #[arg(long, value_name = "FILE", help_heading = "What is written")]
    pub names_from: Option<PathBuf>,
    /// human, or terraform for the `removed` blocks alone.
    ///
    /// Without a file it goes to standard output, where `human` goes by default. May be repeated.
    #[arg(
        long = "output",
        short = 'o',
        value_name = "FORMAT[=FILE]",
        help_heading = "Output",
        requires = "names_from"
    )]
    pub outputs: Vec<Output<ImportFormat>>,
}

/// Where an imported config goes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Files")]
pub struct PlaceArgs {
    /// The file or folder to write: `presences/`.
    ///
    /// A name that ends with `.yaml` or `.yml` is a file, any other a folder. A folder gets an org file, and one file per
    /// system presence. Without it, or with `-`, one file goes to standard output.
    #[arg(long, value_name = "PATH")]
    pub out: Option<PathBuf>,
    /// One file a system presence, and an org file.
    #[arg(long, requires = "out")]
    pub split: bool,
    /// Overwrite files without asking.
    #[arg(long, requires = "out")]
    pub force: bool,
}

/// What of an org is imported.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "What is written")]
pub struct ChoiceArgs {
    /// The locale of the labels that make the keys.
    #[arg(long, value_name = "LOCALE", default_value = "en_US")]
    pub default_locale: String,
    /// Import deactivated definitions too.
    #[arg(long)]
    pub deactivated: bool,
    /// Pin every definition by its id.
    ///
    /// Without it, only those that nothing else identifies.
    #[arg(long)]
    pub pin: bool,
}

/// `presencectl show`.
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// One definition, by key, id or label.
    ///
    /// A key needs a config. The first 8 or more characters of an id are enough, and a label may be in any locale.
    #[arg(value_name = "KEY", conflicts_with = "system")]
    pub key: Option<String>,
    /// The system presences of the org, not its definitions.
    #[arg(long)]
    pub system: bool,
    /// The locale whose label names a definition.
    ///
    /// For a run without a config. By default `en_US`.
    #[arg(long, value_name = "LOCALE", conflicts_with_all = ["config", "system"])]
    pub default_locale: Option<String>,
    /// A config, for the keys of definitions.
    ///
    /// A YAML file, or a folder of YAML files.
    #[arg(long, value_name = "PATH", help_heading = "Config")]
    pub config: Option<PathBuf>,
    /// The org, if the config has several.
    #[arg(long, value_name = "NAME", requires = "config", help_heading = "Config")]
    pub org: Option<String>,
    /// The folder that holds all files of the config.
    ///
    /// Files outside it are not read. By default the nearest folder upward that holds `.git`, else the folder of
    /// PATH.
    #[arg(long, value_name = "DIR", requires = "config", help_heading = "Config")]
    pub root: Option<PathBuf>,
    /// Which org is spoken to.
    #[command(flatten)]
    pub target: TargetArgs,
    /// human, json or csv.
    ///
    /// Without a file it goes to standard output, where `human` goes by default. May be repeated.
    #[arg(long = "output", short = 'o', value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub outputs: Vec<Output<TableFormat>>,
}
