//! What `user` takes.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::formats::{Output, TableFormat};
use crate::cli::shared::{RecordArgs, TargetArgs};
use crate::config::USUAL_PATH;

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
    /// Show the presence of users. Writes nothing.
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
    /// Set the presence of users, after confirmation.
    #[command(after_help = concat!(
        credentials!(),
        "Permissions, by the API document / by the platform today:\n  \
        one user by purecloud, or --primary: none / presence:userPresence:edit\n  \
        several users, or a registered source: directory:user:edit / presence:userPresence:edit\n  \
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
    /// A file with ids, or `-` for standard input.
    ///
    /// One id per line, or a CSV with a column `id` or `userId`, and for `set` also `presence` and `message`. May be
    /// repeated.
    #[arg(long, value_name = "FILE", help_heading = "Users")]
    pub from: Vec<PathBuf>,
}

/// A config beside users: it says which org is meant, which locale names a presence, and knows keys.
#[derive(Debug, Clone, Args)]
pub struct UserConfigArgs {
    /// A config, for its keys and its org.
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
}

/// `presencectl user get`.
#[derive(Debug, Clone, Args)]
pub struct UserGetArgs {
    /// Which users.
    #[command(flatten)]
    pub who: WhoArgs,
    /// Whose presences.
    ///
    /// `purecloud` is the platform's own. Also `microsoftteams`, or the id of a registered source.
    #[arg(long, value_name = "SOURCE", default_value = "purecloud", help_heading = "Presence")]
    pub source: String,
    /// A config.
    #[command(flatten)]
    pub config: UserConfigArgs,
    /// Which org.
    #[command(flatten)]
    pub target: TargetArgs,
    /// human, json or csv.
    ///
    /// Without a file it goes to standard output, where `human` goes by default. May be repeated.
    #[arg(long = "output", short = 'o', value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub outputs: Vec<Output<TableFormat>>,
}

/// `presencectl user set`.
#[derive(Debug, Clone, Args)]
pub struct UserSetArgs {
    /// Which users. The columns `presence` and `message` of a CSV say what each should be on.
    #[command(flatten)]
    pub who: WhoArgs,
    /// The presence: a key, a label or an id.
    ///
    /// The first 8 or more characters of an id are enough.
    #[arg(long, value_name = "KEY", help_heading = "Presence")]
    pub presence: Option<String>,
    /// The message beside the presence.
    ///
    /// Without it, a message stays as it is; an empty one removes it.
    #[arg(long, value_name = "TEXT", help_heading = "Presence")]
    pub message: Option<String>,
    /// Whose presences.
    ///
    /// `purecloud` is the platform's own. Also the id of a registered source. Microsoft Teams can only be read.
    #[arg(long, value_name = "SOURCE", default_value = "purecloud", help_heading = "Presence")]
    pub source: String,
    /// Make the source the users' primary one.
    ///
    /// Users are then set one by one. Not for a registered source.
    #[arg(long, help_heading = "Presence")]
    pub primary: bool,
    /// Do not ask.
    #[arg(long, visible_alias = "auto-approve", help_heading = "Approval")]
    pub yes: bool,
    /// The id of the org, if no config has it.
    #[arg(long, value_name = "ID", help_heading = "Org")]
    pub org_id: Option<String>,
    /// A config.
    #[command(flatten)]
    pub config: UserConfigArgs,
    /// Which org.
    #[command(flatten)]
    pub target: TargetArgs,
    /// human, json or csv.
    ///
    /// Without a file it goes to standard output, where `human` goes by default. May be repeated.
    #[arg(long = "output", short = 'o', value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub outputs: Vec<Output<TableFormat>>,
}

/// `presencectl retire`.
#[derive(Debug, Clone, Args)]
pub struct RetireArgs {
    /// The definition to retire, by its key in the config.
    #[arg(value_name = "KEY")]
    pub key: String,
    /// Where its people go: a key, a label or an id.
    ///
    /// The first 8 or more characters of an id are enough.
    #[arg(long, value_name = "KEY2")]
    pub to: String,
    /// Move people on queue as well.
    ///
    /// Without it they stay, and the definition stays active while they are on it.
    #[arg(long)]
    pub include_on_queue: bool,
    /// The config: a YAML file, or a folder of YAML files.
    #[arg(long, value_name = "PATH", default_value = USUAL_PATH, help_heading = "Config")]
    pub config: PathBuf,
    /// The org, if the config has several.
    #[arg(long, value_name = "NAME", help_heading = "Config")]
    pub org: Option<String>,
    /// The folder that holds all files of the config.
    ///
    /// Files outside it are not read. By default the nearest folder upward that holds `.git`, else the folder of
    /// PATH.
    #[arg(long, value_name = "DIR", help_heading = "Config")]
    pub root: Option<PathBuf>,
    /// Do not ask.
    #[arg(long, visible_alias = "auto-approve", help_heading = "Approval")]
    pub yes: bool,
    /// The id of the org, for a config without `org.id`.
    #[arg(long, value_name = "ID", help_heading = "Org")]
    pub org_id: Option<String>,
    /// Which org.
    #[command(flatten)]
    pub target: TargetArgs,
    /// What is kept of the run: what became of the definition, as the report of an apply.
    #[command(flatten)]
    pub record: RecordArgs,
    /// human, json or csv.
    ///
    /// Without a file it goes to standard output, where `human` goes by default. May be repeated.
    #[arg(long = "output", short = 'o', value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub outputs: Vec<Output<TableFormat>>,
}
