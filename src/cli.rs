//! What may be typed: the clap types, and nothing that acts.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::api::policy::REQUESTS_PER_MINUTE_DEFAULT;

pub mod formats;

pub use crate::cli::formats::{Format, OnFailure, Output, TableFormat, View};

/// Genesys Cloud presence definitions as code.
///
/// Keeps an org's presence definitions in step with YAML files: `plan` shows what is different,
/// `apply` changes it, and what the files do not name is left alone.
#[derive(Debug, Parser)]
#[command(
    name = "presencectl",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Try it, without any account:\n  \
        presencectl apply examples/quickstart --sandbox --auto-approve\n  \
        presencectl plan examples/quickstart --sandbox"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to use colour. `NO_COLOR` is honoured.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t = ColorWhen::Auto,
        value_name = "WHEN",
        help_heading = "Output",
        display_order = 999
    )]
    pub color: ColorWhen,
}

/// What every command that speaks to an org says of credentials.
macro_rules! credentials {
    () => {
        "Credentials come from the environment only:\n  \
        GENESYSCLOUD_REGION              the AWS name (eu-central-1) or the domain (mypurecloud.de)\n  \
        GENESYSCLOUD_OAUTHCLIENT_ID      an OAuth client with the grant type client credentials,\n  \
        GENESYSCLOUD_OAUTHCLIENT_SECRET  and its secret\n  \
        GENESYSCLOUD_ACCESS_TOKEN        or a token, which cannot be renewed\n\n"
    };
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what `apply` would do. Writes nothing.
    #[command(after_help = concat!(
        credentials!(),
        "Examples:\n  \
        presencectl plan examples/quickstart --sandbox\n  \
        presencectl plan examples/many-orgs --org acme-prod --sandbox --output json=plan.json"
    ))]
    Plan(PlanArgs),
    /// Show the plan, ask, carry it out, and look whether it worked.
    #[command(after_help = concat!(
        credentials!(),
        "Examples:\n  \
        presencectl apply examples/quickstart --sandbox --auto-approve\n  \
        presencectl apply examples/many-orgs --org acme-prod --sandbox --plan plan.json --auto-approve"
    ))]
    Apply(ApplyArgs),
    /// Write what the org holds as a config whose plan is empty. Changes nothing in the org.
    #[command(after_help = concat!(
        credentials!(),
        "Examples:\n  \
        presencectl import --sandbox\n  \
        presencectl import --sandbox --out imported/ --deactivated"
    ))]
    Import(ImportArgs),
    /// Show what the org holds. Changes nothing.
    #[command(after_help = concat!(
        credentials!(),
        "Examples:\n  \
        presencectl show --sandbox\n  \
        presencectl show lunch --config examples/quickstart --sandbox\n  \
        presencectl show --sandbox --output csv=org.csv"
    ))]
    Show(ShowArgs),
    /// Move everybody off a definition, then deactivate it. Shows what it is going to do, and asks.
    #[command(after_help = concat!(
        credentials!(),
        "Permissions: presence:userPresence:edit for people (of several today, by the API document \
        directory:user:edit),\n  \
        presence:presenceDefinition:edit, and who is on it now: analytics:userObservation:view\n\n\
        Example:\n  \
        presencectl retire lunch --to Meal --config examples/many-orgs --org acme-prod --sandbox --yes"
    ))]
    Retire(RetireArgs),
    /// Check files without asking any org.
    #[command(after_help = "Example:\n  presencectl validate examples/many-orgs")]
    Validate(ValidateArgs),
    /// Print the config that results from layers and org file, with the place of each value.
    #[command(after_help = "Example:\n  presencectl config examples/many-orgs --org acme-prod")]
    Config(ConfigArgs),
    /// Print a JSON Schema.
    #[command(after_help = "Example:\n  presencectl schema plan")]
    Schema(SchemaArgs),
    /// Serve the embedded sandbox org to other clients, on this machine only.
    #[command(after_help = "Example:\n  presencectl sandbox --port 8080 --state org.json")]
    Sandbox(SandboxArgs),
    /// Show or set what users are on.
    User(UserArgs),
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Which config.
#[derive(Debug, Clone, Args)]
pub struct ConfigArgs {
    /// A YAML file, or a folder of them.
    pub path: PathBuf,
    /// Which org, where the path holds several org files.
    #[arg(long, value_name = "NAME", help_heading = "Config")]
    pub org: Option<String>,
    /// The folder below which everything that the config names must lie. By default the nearest
    /// one upward that holds `.git`, else the path's folder.
    #[arg(long, value_name = "DIR", help_heading = "Config")]
    pub root: Option<PathBuf>,
}

/// Which org is spoken to. Credentials come from the environment only: `GENESYSCLOUD_REGION`,
/// `GENESYSCLOUD_OAUTHCLIENT_ID` and `GENESYSCLOUD_OAUTHCLIENT_SECRET`, or
/// `GENESYSCLOUD_ACCESS_TOKEN`.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Org")]
pub struct TargetArgs {
    /// Use the embedded sandbox org; nothing real is read or written.
    #[arg(long, conflicts_with = "base_url")]
    pub sandbox: bool,
    /// Definitions that a new sandbox org begins with: a JSON file, as the API lists them.
    #[arg(long, value_name = "FILE", requires = "sandbox")]
    pub sandbox_seed: Option<PathBuf>,
    /// Faults that the sandbox org plays: a JSON file.
    #[arg(long, value_name = "FILE", requires = "sandbox")]
    pub sandbox_faults: Option<PathBuf>,
    /// Another server, such as a gateway. `http` only for this machine. Its token endpoint is
    /// URL/oauth/token.
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// The generation of the API to speak, whatever `settings.api` says: `v1`, `v2`, or `auto`, which is
    /// `v1`, and `v2` where the org no longer serves that.
    #[arg(long, value_enum, value_name = "GENERATION")]
    pub api: Option<Api>,
    /// How many requests may be sent in any 60 s.
    #[arg(long, value_name = "N", default_value_t = REQUESTS_PER_MINUTE_DEFAULT, value_parser = at_least_one)]
    pub requests_per_minute: NonZeroU32,
}

/// The generation of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Api {
    /// The first that the org serves.
    Auto,
    /// `/api/v2/presencedefinitions`.
    V1,
    /// `/api/v2/presence/definitions`.
    V2,
}

/// Limits, raised for one run by a person. A config's `settings.limits` is the place that can be
/// reviewed.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Allow this many removals (deactivations, deletions, replacements) in this run.
    #[arg(long, value_name = "N")]
    pub allow_removals: Option<u32>,
    /// Allow this many labels to be taken away in this run.
    #[arg(long, value_name = "N")]
    pub allow_label_removals: Option<u32>,
    /// Allow this many default labels to be changed in this run.
    #[arg(long, value_name = "N")]
    pub allow_renames: Option<u32>,
    /// Allow this many people to be on what is removed or renamed in this run.
    #[arg(long, value_name = "N")]
    pub allow_active_users: Option<u32>,
}

/// Where the result goes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// `human` or `json`, to standard output or to a file as well. May be repeated; without one
    /// for standard output, `human` goes there.
    #[arg(long = "output", short = 'o', value_name = "FORMAT[=FILE]")]
    pub outputs: Vec<Output>,
}

/// `presencectl plan`.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    /// Which config.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Which org.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Limits.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Say how many people are now on what the plan removes, deactivates or renames.
    #[arg(long)]
    pub usage: bool,
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
    /// Which org.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Limits.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Say how many people are now on what the plan removes, deactivates or renames.
    #[arg(long)]
    pub usage: bool,
    /// Do not ask. For CI.
    #[arg(long, help_heading = "Approval")]
    pub auto_approve: bool,
    /// A saved plan (`plan --output json=FILE`): nothing beyond it is done.
    #[arg(long, value_name = "FILE", help_heading = "Approval")]
    pub plan: Option<PathBuf>,
    /// The id of the org that is meant, for a config that does not say it.
    #[arg(long, value_name = "ID", help_heading = "Org")]
    pub org_id: Option<String>,
}

/// `presencectl import`.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// Which org.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Where it goes.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// What is written.
    #[command(flatten)]
    pub choice: ChoiceArgs,
}

/// Where an imported config goes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Files")]
pub struct PlaceArgs {
    /// The file to write, or the folder: one that exists, a path that ends with `/`, or any with
    /// `--split`. In a folder there is an org file, and one file a system presence. Without it, one
    /// file goes to standard output.
    #[arg(long, value_name = "PATH")]
    pub out: Option<PathBuf>,
    /// One file a system presence, and an org file that uses them.
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
    /// The locale whose label names a definition and makes its key.
    #[arg(long, value_name = "LOCALE", default_value = "en_US")]
    pub default_locale: String,
    /// Deactivated definitions as well.
    #[arg(long)]
    pub deactivated: bool,
    /// Pin every definition by its id, not only those that nothing else makes known.
    #[arg(long)]
    pub pin: bool,
}

/// `presencectl show`.
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// One definition: its key, where a config is given, else its id or a label in any locale.
    #[arg(value_name = "KEY", conflicts_with = "system")]
    pub key: Option<String>,
    /// The system presences that the org knows, instead of its definitions.
    #[arg(long)]
    pub system: bool,
    /// The locale whose label names a definition, where no config says it. By default `en_US`.
    #[arg(long, value_name = "LOCALE", conflicts_with_all = ["config", "system"])]
    pub default_locale: Option<String>,
    /// A config, for the keys of definitions: a YAML file, or a folder of them.
    #[arg(long, value_name = "PATH", help_heading = "Config")]
    pub config: Option<PathBuf>,
    /// Which org, where the config holds several org files.
    #[arg(long, value_name = "NAME", requires = "config", help_heading = "Config")]
    pub org: Option<String>,
    /// The folder below which everything that the config names must lie. By default the nearest
    /// one upward that holds `.git`, else the path's folder.
    #[arg(long, value_name = "DIR", requires = "config", help_heading = "Config")]
    pub root: Option<PathBuf>,
    /// Which org is spoken to.
    #[command(flatten)]
    pub target: TargetArgs,
    /// `human`, `json` or `csv`, to standard output or to a file. May be repeated; without one for
    /// standard output, `human` goes there.
    #[arg(long = "output", short = 'o', value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub outputs: Vec<Output<TableFormat>>,
}

/// `presencectl retire`.
#[derive(Debug, Clone, Args)]
pub struct RetireArgs {
    /// The definition that goes, by its key in the config.
    #[arg(value_name = "KEY")]
    pub key: String,
    /// Where its people go: a key of the config, a label, or the id of a definition.
    #[arg(long, value_name = "KEY2")]
    pub to: String,
    /// Move people on queue as well. Without it they are left alone, and the definition stays active while
    /// they are on it.
    #[arg(long)]
    pub include_on_queue: bool,
    /// The config: a YAML file, or a folder of them.
    #[arg(long, value_name = "PATH", default_value = ".", help_heading = "Config")]
    pub config: PathBuf,
    /// Which org, where the config holds several org files.
    #[arg(long, value_name = "NAME", help_heading = "Config")]
    pub org: Option<String>,
    /// The folder below which everything that the config names must lie. By default the nearest
    /// one upward that holds `.git`, else the path's folder.
    #[arg(long, value_name = "DIR", help_heading = "Config")]
    pub root: Option<PathBuf>,
    /// Do not ask.
    #[arg(long, help_heading = "Approval")]
    pub yes: bool,
    /// The id of the org that is meant, for a config that does not say it.
    #[arg(long, value_name = "ID", help_heading = "Org")]
    pub org_id: Option<String>,
    /// Which org.
    #[command(flatten)]
    pub target: TargetArgs,
    /// `human`, `json` or `csv`, to standard output or to a file as well. May be repeated; without
    /// one for standard output, `human` goes there.
    #[arg(long = "output", short = 'o', value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub outputs: Vec<Output<TableFormat>>,
}

/// `presencectl validate`.
#[derive(Debug, Clone, Args)]
pub struct ValidateArgs {
    /// A YAML file, or a folder: every org file below it is checked.
    pub path: PathBuf,
    /// The folder below which everything that the config names must lie. By default the nearest
    /// one upward that holds `.git`, else the path's folder.
    #[arg(long, value_name = "DIR", help_heading = "Config")]
    pub root: Option<PathBuf>,
}

/// `presencectl schema`.
#[derive(Debug, Clone, Copy, Args)]
pub struct SchemaArgs {
    /// Which document.
    #[arg(value_enum, default_value_t = SchemaOf::Config)]
    pub of: SchemaOf,
}

/// The documents that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// What people write.
    Config,
    /// What `plan --output json` writes.
    Plan,
    /// What `apply --output json` writes.
    Report,
    /// What `show --output json` writes.
    Definitions,
    /// What `show --system --output json` writes.
    SystemPresences,
    /// What all of these write where they fail before that.
    Error,
    /// What `user get --output json` writes.
    Users,
    /// What `user set --output json` writes.
    UserReport,
    /// What `retire --output json` writes.
    Retirement,
}

/// `presencectl sandbox`.
#[derive(Debug, Clone, Args)]
pub struct SandboxArgs {
    /// The port; 0 takes any that is free.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port: u16,
    /// Where the org is kept. Without it, it is forgotten at the end.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Definitions that a new org begins with: a JSON file, as the API lists them.
    #[arg(long, value_name = "FILE")]
    pub seed: Option<PathBuf>,
    /// Faults that it plays: a JSON file.
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,
}

/// `presencectl user`.
#[derive(Debug, Clone, Args)]
pub struct UserArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: UserCommand,
}

/// The subcommands of `user`.
#[derive(Debug, Clone, Subcommand)]
pub enum UserCommand {
    /// Show what users are on. Writes nothing.
    #[command(after_help = concat!(
        credentials!(),
        "Permissions, by the API document / by the platform today:\n  \
        purecloud, registered sources: none / none\n  \
        microsoftteams: integration:microsoftTeams:view and integrations:integration:view /\n    \
        the operation left the platform's API in 2022\n  \
        labels: none / none by v1, presence:presenceDefinition:view by v2\n\n\
        Examples:\n  \
        presencectl user get 5a4db0c5-0000-4000-8000-000000000001 --sandbox\n  \
        presencectl user get 5a4db0c5-0000-4000-8000-000000000001 --sandbox --output csv=users.csv"
    ))]
    Get(UserGetArgs),
    /// Ask, set what users are on, and say for each whether it is so.
    #[command(after_help = concat!(
        credentials!(),
        "Permissions, by the API document / by the platform today:\n  \
        one user, or --primary: none / presence:userPresence:edit\n  \
        several users: directory:user:edit / presence:userPresence:edit\n  \
        reading them before: none / none\n  \
        labels: none / none by v1, presence:presenceDefinition:view by v2\n\n\
        Examples:\n  \
        presencectl user set 5a4db0c5-0000-4000-8000-000000000001 --presence Meal --sandbox --yes\n  \
        presencectl user set --from users.csv --sandbox --yes"
    ))]
    Set(UserSetArgs),
}

/// Which users.
#[derive(Debug, Clone, Args)]
pub struct WhoArgs {
    /// Ids of users.
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// A file with more of them, or `-` for standard input: one a line, or a CSV with a column `id` or
    /// `userId`, and for `set` also `presence` and `message`. May be repeated.
    #[arg(long, value_name = "FILE", help_heading = "Users")]
    pub from: Vec<PathBuf>,
}

/// A config beside users: it says which org is meant, which locale names a presence, and knows keys.
#[derive(Debug, Clone, Args)]
pub struct UserConfigArgs {
    /// A YAML file, or a folder of them: its keys name presences, and it says which org is meant.
    #[arg(long, value_name = "PATH", help_heading = "Config")]
    pub config: Option<PathBuf>,
    /// Which org, where the config holds several org files.
    #[arg(long, value_name = "NAME", requires = "config", help_heading = "Config")]
    pub org: Option<String>,
    /// The folder below which everything that the config names must lie. By default the nearest
    /// one upward that holds `.git`, else the path's folder.
    #[arg(long, value_name = "DIR", requires = "config", help_heading = "Config")]
    pub root: Option<PathBuf>,
}

/// `presencectl user get`.
#[derive(Debug, Clone, Args)]
pub struct UserGetArgs {
    /// Which users.
    #[command(flatten)]
    pub who: WhoArgs,
    /// Whose presences: `purecloud` for the platform's own, `microsoftteams`, or the id of a registered
    /// source.
    #[arg(long, value_name = "SOURCE", default_value = "purecloud", help_heading = "Presence")]
    pub source: String,
    /// A config.
    #[command(flatten)]
    pub config: UserConfigArgs,
    /// Which org.
    #[command(flatten)]
    pub target: TargetArgs,
    /// `human`, `json` or `csv`, to standard output or to a file as well. May be repeated; without
    /// one for standard output, `human` goes there.
    #[arg(long = "output", short = 'o', value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub outputs: Vec<Output<TableFormat>>,
}

/// `presencectl user set`.
#[derive(Debug, Clone, Args)]
pub struct UserSetArgs {
    /// Which users. The columns `presence` and `message` of a CSV say what each should be on.
    #[command(flatten)]
    pub who: WhoArgs,
    /// The presence: a key of the config, a label, or the id of a definition.
    #[arg(long, value_name = "KEY", help_heading = "Presence")]
    pub presence: Option<String>,
    /// The message beside it. Without it a message stays as it is; an empty one takes it away.
    #[arg(long, value_name = "TEXT", help_heading = "Presence")]
    pub message: Option<String>,
    /// Whose presences: `purecloud` for the platform's own, or the id of a registered source. Microsoft
    /// Teams can only be read.
    #[arg(long, value_name = "SOURCE", default_value = "purecloud", help_heading = "Presence")]
    pub source: String,
    /// Make the source the users' primary one. Users are then set one by one.
    #[arg(long, help_heading = "Presence")]
    pub primary: bool,
    /// Do not ask.
    #[arg(long, help_heading = "Approval")]
    pub yes: bool,
    /// The id of the org that is meant, where no config says it.
    #[arg(long, value_name = "ID", help_heading = "Org")]
    pub org_id: Option<String>,
    /// A config.
    #[command(flatten)]
    pub config: UserConfigArgs,
    /// Which org.
    #[command(flatten)]
    pub target: TargetArgs,
    /// `human`, `json` or `csv`, to standard output or to a file as well. May be repeated; without
    /// one for standard output, `human` goes there.
    #[arg(long = "output", short = 'o', value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub outputs: Vec<Output<TableFormat>>,
}

fn at_least_one(typed: &str) -> Result<NonZeroU32, String> {
    typed.parse().map_err(|_| format!("a whole number from 1 to {} stands here", u32::MAX))
}
