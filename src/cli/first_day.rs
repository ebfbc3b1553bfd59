//! What `doctor` and `init` take.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use crate::cli::formats::{DiagnosisFormat, Output};
use crate::cli::paths;
use crate::cli::shared::{AnyConfigPath, ChosenOrgsArgs, TargetArgs};
use crate::ops::forge::project::is_project;
use crate::ops::init::{Ci, Start};

/// `presencectl doctor`.
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    /// Where the config is.
    #[command(flatten)]
    pub path: AnyConfigPath,
    /// Which of its orgs.
    #[command(flatten)]
    pub chosen: ChosenOrgsArgs,
    /// The folder that holds all files of the config.
    ///
    /// Files outside it are not read. By default the nearest folder upward that holds `.git`, else the folder of
    /// PATH.
    #[arg(long, value_name = "DIR", help_heading = "Config")]
    pub root: Option<PathBuf>,
    /// Test whether the client could write.
    ///
    /// Asks the org to remove a definition that does not exist, which changes nothing.
    #[arg(long, help_heading = "Org")]
    pub try_write: bool,
    /// Check what the workflows need at GitHub or GitLab, and no org.
    ///
    /// Asks by `gh` or `glab`, under your login, and only reads. For each thing that is missing it prints the command that
    /// makes it. DIR holds the files that `init --ci` wrote; by default it is the top of the repository of PATH.
    #[arg(
        long,
        value_name = "DIR",
        num_args = 0..=1,
        require_equals = true,
        conflicts_with_all = ["try_write", "stages"],
        help_heading = "CI"
    )]
    pub ci: Option<Option<PathBuf>>,
    /// Which org is spoken to.
    #[command(flatten)]
    pub target: TargetArgs,
    /// human or json.
    ///
    /// Without a file it goes to standard output, where `human` goes by default. May be repeated.
    #[arg(long = "output", short = 'o', value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub outputs: Vec<Output<DiagnosisFormat>>,
}

impl DoctorArgs {
    /// The name of the one org that is meant, where one is typed.
    pub fn org(&self) -> Option<&String> {
        self.chosen.orgs.first()
    }
}

/// `presencectl init`.
#[derive(Debug, Clone, Args)]
pub struct InitArgs {
    /// The folder of the new repository.
    ///
    /// It is made if it does not exist. By default the current folder.
    #[arg(default_value = ".", hide_default_value = true, value_parser = paths::folder())]
    pub folder: PathBuf,
    /// What the config begins with.
    ///
    /// Without it, you are asked.
    #[arg(long, value_enum, value_name = "WHAT", help_heading = "Files")]
    pub start: Option<Start>,
    /// The CI that gets workflow files.
    ///
    /// Without it, you are asked; with `--yes` alone, none.
    #[arg(long, value_enum, value_name = "CI", help_heading = "CI")]
    pub ci: Option<Ci>,
    /// The project that runs the CI.
    ///
    /// Elsewhere, such as in a fork, the jobs end at once. By default the one that these files name already.
    #[arg(long, value_name = "OWNER/NAME", help_heading = "CI", value_parser = project)]
    pub project: Option<String>,
    /// Its default branch.
    ///
    /// By default the one that these files name already, else `main`.
    #[arg(long, value_name = "BRANCH", help_heading = "CI", value_parser = branch)]
    pub branch: Option<String>,
    /// The release that the CI uses.
    ///
    /// The repository of presencectl at GitHub, and the commit of the release. `--ci` needs it, unless the files name
    /// one already.
    #[arg(long, value_name = "OWNER/NAME@COMMIT", help_heading = "CI", value_parser = release)]
    pub release: Option<String>,
    /// The SHA-256 of that release's archive.
    ///
    /// For Linux on x86-64: its line in `SHA256SUMS`. `--ci` needs it, unless the files name one already.
    #[arg(long, value_name = "SUM", help_heading = "CI", value_parser = sha256)]
    pub sha256: Option<String>,
    /// GitLab: the other project that holds the pipeline.
    ///
    /// Then nothing of a merge request is run. Give `--start none`, and the folder of that project as FOLDER.
    #[arg(long, value_name = "GROUP/PROJECT", help_heading = "CI", value_parser = project)]
    pub config_project: Option<String>,
    /// The locale of the labels that make the keys.
    ///
    /// For what is imported.
    #[arg(long, value_name = "LOCALE", default_value = "en_US", help_heading = "Files")]
    pub default_locale: String,
    /// Overwrite files without asking.
    #[arg(long, help_heading = "Files")]
    pub force: bool,
    /// Do not ask.
    ///
    /// The command line then has to say everything.
    #[arg(long, visible_alias = "auto-approve", help_heading = "Approval")]
    pub yes: bool,
    /// Which org is imported.
    #[command(flatten)]
    pub target: TargetArgs,
}

fn project(typed: &str) -> Result<String, String> {
    if is_project(typed) { Ok(typed.to_owned()) } else { Err("write it as OWNER/NAME".to_owned()) }
}

/// `OWNER/NAME`, in the letters that GitHub takes.
fn repository(typed: &str) -> Result<String, String> {
    let has_two_parts = typed.split('/').count() == 2;
    project(typed).ok().filter(|_| has_two_parts).ok_or_else(|| "write it as OWNER/NAME".to_owned())
}

fn branch(typed: &str) -> Result<String, String> {
    let is_plain = typed.bytes().all(|it| it.is_ascii_alphanumeric() || b"._-/".contains(&it));
    if is_plain && !typed.is_empty() { Ok(typed.to_owned()) } else { Err("write the name of a branch".to_owned()) }
}

fn release(typed: &str) -> Result<String, String> {
    match typed.split_once('@') {
        Some((name, commit)) if repository(name).is_ok() && is_hex(commit, 40) => Ok(typed.to_owned()),
        _ => Err("write it as OWNER/NAME@COMMIT, with the whole hash of the commit".to_owned()),
    }
}

fn sha256(typed: &str) -> Result<String, String> {
    if is_hex(typed, 64) { Ok(typed.to_owned()) } else { Err("write its 64 hexadecimal digits".to_owned()) }
}

fn is_hex(typed: &str, length: usize) -> bool {
    typed.len() == length && typed.bytes().all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it))
}

// The core knows nothing of what is typed, so the names of its values stand here.

impl ValueEnum for Ci {
    fn value_variants<'a>() -> &'a [Ci] {
        &[Ci::Github, Ci::Gitlab, Ci::None]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Ci::Github => PossibleValue::new("github").help("GitHub Actions"),
            Ci::Gitlab => PossibleValue::new("gitlab").help("GitLab CI"),
            Ci::None => PossibleValue::new("none").help("No files"),
        })
    }
}

impl ValueEnum for Start {
    fn value_variants<'a>() -> &'a [Start] {
        &[Start::Org, Start::Small, Start::None]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Start::Org => PossibleValue::new("org").help("What the org has, as `import` writes it"),
            Start::Small => PossibleValue::new("small").help("A small example with comments"),
            Start::None => PossibleValue::new("none").help("No config: the files of the CI alone"),
        })
    }
}
