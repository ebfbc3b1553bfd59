//! What several commands take: which config, which org, limits, where the result goes.

use std::num::NonZeroU32;
use std::ops::Deref;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueEnum};

use crate::cli::formats::Output;
use crate::cli::paths;
use crate::config::choice::{self, OrgChoice};
use crate::config::{Config, ConfigSource, USUAL_PATH};
use crate::host::logging::LogFormat;
use crate::model::desired::{Desired, Limits};
use crate::model::generation::{ApiChoice, Generation};
use crate::model::platform::REQUESTS_PER_MINUTE_DEFAULT;
use crate::model::text;

/// Where the states of simulated orgs are, below the current folder.
pub const SANDBOX_STATE_FOLDER: &str = ".presencectl/sandbox";

/// The path of a config, as typed, else [`USUAL_PATH`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigPath(pub PathBuf);

/// The same for a command that goes on without a config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnyConfigPath(pub Option<PathBuf>);

/// How both are typed.
#[derive(Debug, Clone, Args)]
struct TypedPath {
    /// The config: a YAML file, or a folder of YAML files. By default `presences`.
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// The same as PATH.
    #[arg(long, value_name = "PATH", help_heading = "Config")]
    config: Option<PathBuf>,
}

impl TypedPath {
    /// A variable gives way to what is typed.
    fn read(matches: &ArgMatches) -> Result<Option<PathBuf>, clap::Error> {
        let TypedPath { path, config } = TypedPath::from_arg_matches(matches)?;
        let is_typed = matches.value_source("config") == Some(ValueSource::CommandLine);
        match (&path, &config) {
            (Some(path), Some(config)) if is_typed && path != config => {
                let [path, config] = [path, config].map(|it| text::ticked(it.display()));
                let message = format!("PATH is {path} and --config is {config}: give one of them");
                Err(clap::Error::raw(ErrorKind::ArgumentConflict, message))
            }
            _ => Ok(path.or(config)),
        }
    }
}

impl Args for ConfigPath {
    fn augment_args(command: Command) -> Command {
        TypedPath::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        TypedPath::augment_args_for_update(command)
    }
}

impl FromArgMatches for ConfigPath {
    fn from_arg_matches(matches: &ArgMatches) -> Result<ConfigPath, clap::Error> {
        Ok(ConfigPath(TypedPath::read(matches)?.unwrap_or_else(|| PathBuf::from(USUAL_PATH))))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        ConfigPath::from_arg_matches(matches).map(|it| *self = it)
    }
}

impl Args for AnyConfigPath {
    fn augment_args(command: Command) -> Command {
        TypedPath::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        TypedPath::augment_args_for_update(command)
    }
}

impl FromArgMatches for AnyConfigPath {
    fn from_arg_matches(matches: &ArgMatches) -> Result<AnyConfigPath, clap::Error> {
        TypedPath::read(matches).map(AnyConfigPath)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        AnyConfigPath::from_arg_matches(matches).map(|it| *self = it)
    }
}

impl Deref for ConfigPath {
    type Target = PathBuf;

    fn deref(&self) -> &PathBuf {
        &self.0
    }
}

/// The files of a config, on the disk or in a commit.
#[derive(Debug, Clone, Args)]
pub struct FilesArgs {
    /// Where the config is.
    #[command(flatten)]
    pub path: ConfigPath,
    /// The folder that holds all files of the config.
    ///
    /// Files outside it are not read. By default the nearest folder upward that holds `.git`, else the folder of
    /// PATH.
    #[arg(long, value_name = "DIR", help_heading = "Config")]
    pub root: Option<PathBuf>,
    /// Read the files from this commit.
    ///
    /// Nothing is checked out, and PATH may be missing on the disk.
    #[arg(long, value_name = "COMMIT", help_heading = "Config")]
    pub at: Option<String>,
}

/// Which config.
#[derive(Debug, Clone, Args)]
pub struct ConfigArgs {
    /// Where it is.
    #[command(flatten)]
    pub path: ConfigPath,
    /// The org, if the config has several.
    #[arg(long, value_name = "NAME", help_heading = "Config")]
    pub org: Option<String>,
    /// The folder that holds all files of the config.
    ///
    /// Files outside it are not read. By default the nearest folder upward that holds `.git`, else the folder of
    /// PATH.
    #[arg(long, value_name = "DIR", help_heading = "Config")]
    pub root: Option<PathBuf>,
}

/// Which orgs of a config.
#[derive(Debug, Clone, Args)]
pub struct ChosenOrgsArgs {
    /// An org, or several by a pattern such as `acme-*`.
    ///
    /// May be repeated.
    #[arg(long = "org", value_name = "NAME|PATTERN", help_heading = "Config")]
    pub orgs: Vec<String>,
    /// Every org of the config.
    ///
    /// Each org has its own credentials: for `acme-prod`, the variables whose names end in `__ACME_PROD`.
    #[arg(long, conflicts_with = "orgs", help_heading = "Config")]
    pub all_orgs: bool,
    /// Only the orgs of this stage.
    ///
    /// The stage is `org.stage` in the org file. May be repeated.
    #[arg(long = "stage", value_name = "STAGE", help_heading = "Config")]
    pub stages: Vec<String>,
    /// How many orgs are read at the same time.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=16), help_heading = "Config")]
    pub parallel: u8,
}

impl ChosenOrgsArgs {
    /// Do the flags mean several orgs? Also if only one of them is there.
    pub fn are_several(&self) -> bool {
        let is_name = matches!(self.orgs.as_slice(), [one] if !choice::is_pattern(one));
        self.all_orgs || !self.stages.is_empty() || !(self.orgs.is_empty() || is_name)
    }

    /// Which of several orgs are meant.
    pub fn choice(&self) -> OrgChoice {
        OrgChoice { names: self.orgs.clone(), stages: self.stages.clone() }
    }
}

/// Which config, and which of its orgs.
#[derive(Debug, Clone, Args)]
pub struct OrgsArgs {
    /// Where it is.
    #[command(flatten)]
    pub path: ConfigPath,
    /// Which of its orgs.
    #[command(flatten)]
    pub chosen: ChosenOrgsArgs,
    /// The folder that holds all files of the config.
    ///
    /// Files outside it are not read. By default the nearest folder upward that holds `.git`, else the folder of
    /// PATH.
    #[arg(long, value_name = "DIR", help_heading = "Config")]
    pub root: Option<PathBuf>,
}

impl OrgsArgs {
    /// The one org that is meant. None where the flags mean several, also if only one of them is there.
    pub fn one(&self) -> Option<ConfigArgs> {
        let org = self.chosen.orgs.first().cloned();
        let is_one = !self.chosen.are_several();
        is_one.then(|| ConfigArgs { path: self.path.clone(), org, root: self.root.clone() })
    }

    /// How one of several configs is read alone.
    pub fn request_of(&self, config: &Config) -> ConfigSource {
        let org = config.desired.org.as_ref().map(|org| org.name.clone());
        ConfigSource { path: self.path.to_path_buf(), org, root: self.root.clone() }
    }
}

/// Which org is spoken to. Credentials come from the environment only: `GENESYSCLOUD_REGION`,
/// `GENESYSCLOUD_OAUTHCLIENT_ID` and `GENESYSCLOUD_OAUTHCLIENT_SECRET`, or `GENESYSCLOUD_ACCESS_TOKEN`.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Org")]
pub struct TargetArgs {
    /// Use the embedded sandbox org: nothing real is read or written.
    #[arg(long, conflicts_with = "base_url")]
    pub sandbox: bool,
    /// Definitions of a new sandbox org: a JSON file.
    ///
    /// The file has the form in which the API lists them. An existing sandbox org stays as it is.
    #[arg(long, value_name = "FILE", requires = "sandbox", value_parser = paths::input())]
    pub sandbox_seed: Option<PathBuf>,
    /// Faults that the sandbox org plays: a JSON file.
    #[arg(long, value_name = "FILE", requires = "sandbox", value_parser = paths::input())]
    pub sandbox_faults: Option<PathBuf>,
    /// How the sandbox org behaves: a JSON file.
    ///
    /// For example, which permissions its client has.
    #[arg(long, value_name = "FILE", requires = "sandbox", value_parser = paths::input())]
    pub sandbox_behavior: Option<PathBuf>,
    /// Another server, such as a gateway.
    ///
    /// `http` works only for this machine. The token endpoint is URL/oauth/token.
    #[arg(long, value_name = "URL", conflicts_with = "sandbox")]
    pub base_url: Option<String>,
    /// More trusted certificates: a PEM file.
    ///
    /// For example, the root of a proxy that decrypts. The certificates of this machine stay trusted.
    #[arg(long, value_name = "FILE", conflicts_with = "sandbox", value_parser = paths::input())]
    pub ca_cert: Option<PathBuf>,
    /// The generation of the API.
    ///
    /// It overrides `settings.api`. `auto` is `v1`, and `v2` if the org no longer serves `v1`.
    #[arg(long, value_enum, value_name = "GENERATION")]
    pub api: Option<ApiArg>,
    /// The most requests in any 60 s.
    ///
    /// At least two, since a change is a read and a write.
    #[arg(long, value_name = "N", default_value_t = REQUESTS_PER_MINUTE_DEFAULT, value_parser = at_least_two)]
    pub requests_per_minute: NonZeroU32,
}

/// The generation of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ApiArg {
    /// The first that the org serves.
    Auto,
    /// `/api/v2/presencedefinitions`.
    V1,
    /// `/api/v2/presence/definitions`.
    V2,
}

/// Limits, raised for one run by a person. A config's `settings.limits` is the place that can be reviewed.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Allow this many removals in this run.
    ///
    /// Deactivations, deletions and replacements count.
    #[arg(long, value_name = "N")]
    pub allow_removals: Option<u32>,
    /// Allow this many removed labels in this run.
    #[arg(long, value_name = "N")]
    pub allow_label_removals: Option<u32>,
    /// Allow this many changed default labels in this run.
    #[arg(long, value_name = "N")]
    pub allow_renames: Option<u32>,
    /// Allow this many people on what is removed or renamed.
    #[arg(long, value_name = "N")]
    pub allow_active_users: Option<u32>,
}

/// What a report says of who was at work. The platform knows only the OAuth client.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Record")]
pub struct RecordArgs {
    /// Who does it, for the report.
    ///
    /// By default what GitHub Actions, GitLab CI or `PRESENCECTL_ACTOR` say.
    #[arg(long, value_name = "NAME")]
    pub actor: Option<String>,
    /// Why, for the report.
    ///
    /// By default what `PRESENCECTL_REASON` says.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Write during a freeze, for this reason.
    ///
    /// The reason is kept in the report. Limits still apply.
    #[arg(long, value_name = "REASON", help_heading = "Approval", value_parser = not_blank)]
    pub break_glass: Option<String>,
    /// The folder of reports.
    ///
    /// This run keeps its report there, as DIR/ORG/TIME-COMMIT.json, and reads those of earlier runs. By default
    /// `.presencectl/reports` at the top of the config's Git checkout, else in the current folder.
    #[arg(long, value_name = "DIR", value_parser = paths::folder())]
    pub report_dir: Option<PathBuf>,
    /// Keep no report, and read none.
    #[arg(long, conflicts_with = "report_dir")]
    pub no_report: bool,
}

/// Where the result goes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// human, json, markdown, summary, html or github.
    ///
    /// `markdown` is a comment for a pull request, `summary` the summary of a CI step, `github` prints annotations.
    /// Without a file it goes to standard output, where `human` goes by default. May be repeated.
    #[arg(long = "output", short = 'o', value_name = "FORMAT[=FILE]")]
    pub outputs: Vec<Output>,
}

fn not_blank(typed: &str) -> Result<String, &'static str> {
    if typed.trim().is_empty() { Err("type a reason in words") } else { Ok(typed.to_owned()) }
}

fn at_least_two(typed: &str) -> Result<NonZeroU32, String> {
    let number = typed.parse().ok().filter(|it: &NonZeroU32| it.get() >= 2);
    number.ok_or_else(|| format!("a whole number from 2 to {} stands here", u32::MAX))
}

impl ConfigArgs {
    /// What is to be read.
    pub fn request(&self) -> ConfigSource {
        let ConfigArgs { path, org, root } = self.clone();
        ConfigSource { path: path.0, org, root }
    }

    /// The same config, as it is typed behind a command that takes it by a flag.
    pub fn to_flags(&self) -> String {
        format!(" --config{}", self.request().to_arguments())
    }
}

impl TargetArgs {
    /// The generation of the API that a person asks for, else the config.
    pub fn api(&self, desired: &Desired) -> ApiChoice {
        match self.api {
            Some(ApiArg::Auto) => ApiChoice::Auto,
            Some(ApiArg::V1) => ApiChoice::Only(Generation::First),
            Some(ApiArg::V2) => ApiChoice::Only(Generation::Second),
            None => desired.settings.api,
        }
    }

    /// How the same org is reached again, as it is typed behind a command.
    pub fn to_flags(&self) -> String {
        let TargetArgs { sandbox, base_url, ca_cert, .. } = self;
        let sandbox = if *sandbox { " --sandbox" } else { "" };
        let url = base_url.as_ref().map_or_else(String::new, |url| format!(" --base-url {}", text::shell_word(url)));
        let ca_cert = ca_cert
            .as_deref()
            .map_or_else(String::new, |it| format!(" --ca-cert {}", text::shell_word(&it.to_string_lossy())));
        format!("{sandbox}{url}{ca_cert}")
    }

    /// What the sandbox reads: its state, and the files that flags name.
    pub fn files_read(&self) -> Vec<PathBuf> {
        let state = self.sandbox.then(|| PathBuf::from(SANDBOX_STATE_FOLDER));
        let files = [&self.sandbox_seed, &self.sandbox_faults, &self.sandbox_behavior, &self.ca_cert];
        files.into_iter().flatten().cloned().chain(state).collect()
    }
}

impl LimitArgs {
    /// The config's limits, raised by the flags of a person. A flag never lowers one.
    pub fn raise(self, config: &Limits) -> Limits {
        let LimitArgs { allow_removals, allow_label_removals, allow_renames, allow_active_users } = self;
        let raise = |limit: u32, flag: Option<u32>| flag.map_or(limit, |flag| flag.max(limit));
        Limits {
            removals: raise(config.removals, allow_removals),
            label_removals: raise(config.label_removals, allow_label_removals),
            renames: raise(config.renames, allow_renames),
            active_users: config.active_users.map(|limit| raise(limit, allow_active_users)),
        }
    }
}

/// The log.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Output")]
pub struct LoggingArgs {
    /// Log requests on standard error.
    ///
    /// Phases, a line per request, waits and retries. `-vv` also logs the beginning of requests, and every object.
    #[arg(short = 'v', long, global = true, action = ArgAction::Count, display_order = 1000)]
    pub verbose: u8,
    /// Hide warnings, and count them.
    #[arg(short = 'q', long, global = true, display_order = 1000)]
    pub quiet: bool,
    /// How the log is written.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT", display_order = 1001)]
    pub log_format: LogFormat,
}
