//! What `labels` takes.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::formats::{LabelsFormat, Output};
use crate::cli::paths;
use crate::cli::shared::ConfigPath;

/// `presencectl labels`.
#[derive(Debug, Clone, Args)]
pub struct LabelsArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: LabelsCommand,
}

/// The subcommands of `labels`.
#[derive(Debug, Clone, Subcommand)]
pub enum LabelsCommand {
    /// Write the labels as a spreadsheet: a row per definition, a column per language.
    #[command(after_help = "Examples:\n  \
        presencectl labels export examples/many-orgs -o xlsx=labels.xlsx\n  \
        presencectl labels export examples/many-orgs --locale pl --missing -o csv=polish.csv")]
    Export(LabelsExportArgs),
    /// Write changed labels of a spreadsheet into the files, after confirmation.
    #[command(after_help = "Examples:\n  \
        presencectl labels import labels.xlsx examples/many-orgs --yes\n  \
        presencectl labels import polish.csv examples/many-orgs --into acme-prod --yes")]
    Import(LabelsImportArgs),
}

/// `presencectl labels export`.
#[derive(Debug, Clone, Args)]
pub struct LabelsExportArgs {
    /// Where the config is.
    #[command(flatten)]
    pub path: ConfigPath,
    /// Only the files of these orgs: a name, or a pattern such as `acme-*`.
    ///
    /// Without it, all files below the path. May be repeated.
    #[arg(long = "org", value_name = "NAME|PATTERN", help_heading = "Config")]
    pub orgs: Vec<String>,
    /// Only the files of the orgs of this stage.
    ///
    /// The stage is `org.stage` in the org file. May be repeated.
    #[arg(long = "stage", value_name = "STAGE", help_heading = "Config")]
    pub stages: Vec<String>,
    /// The folder that holds all files of the config.
    ///
    /// Files outside it are not read. By default the nearest folder upward that holds `.git`, else the folder of
    /// PATH.
    #[arg(long, value_name = "DIR", help_heading = "Config")]
    pub root: Option<PathBuf>,
    /// Only this language, also a new one.
    ///
    /// A new language gets an empty column. May be repeated.
    #[arg(long, value_name = "LOCALE", help_heading = "Labels")]
    pub locale: Vec<String>,
    /// Only definitions that lack a label.
    #[arg(long, help_heading = "Labels")]
    pub missing: bool,
    /// xlsx, csv or human.
    ///
    /// `xlsx` needs a file, `human` says how much there is. Without a file, the result goes to standard output, where
    /// `human` goes by default. May be repeated.
    #[arg(long = "output", short = 'o', value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub outputs: Vec<Output<LabelsFormat>>,
}

/// `presencectl labels import`.
#[derive(Debug, Clone, Args)]
pub struct LabelsImportArgs {
    /// The spreadsheet: XLSX or CSV.
    ///
    /// As `labels export` wrote it and translators saved it.
    #[arg(value_name = "FILE", value_parser = paths::input())]
    pub file: PathBuf,
    /// Where the config is.
    #[command(flatten)]
    pub path: ConfigPath,
    /// The folder that holds all files of the config.
    ///
    /// Files outside it are not read. By default the nearest folder upward that holds `.git`, else the folder of
    /// PATH.
    #[arg(long, value_name = "DIR", help_heading = "Config")]
    pub root: Option<PathBuf>,
    /// Write the labels for this org alone.
    ///
    /// They go into the `overrides` of its file.
    #[arg(long, value_name = "NAME", help_heading = "Labels")]
    pub into: Option<String>,
    /// Do not ask.
    #[arg(long, visible_alias = "auto-approve", help_heading = "Approval")]
    pub yes: bool,
}
