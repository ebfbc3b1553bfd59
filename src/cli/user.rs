//! What `user` takes.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::formats::{Output, TableFormat};
use crate::cli::shared::TargetArgs;

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
    /// The presence: a key of the config, a label, or the id of a definition (or the first 8 or more characters of it).
    #[arg(long, value_name = "KEY", help_heading = "Presence")]
    pub presence: Option<String>,
    /// The message beside it. Without it a message stays as it is; an empty one takes it away.
    #[arg(long, value_name = "TEXT", help_heading = "Presence")]
    pub message: Option<String>,
    /// Whose presences: `purecloud` for the platform's own, or the id of a registered source. Microsoft
    /// Teams can only be read.
    #[arg(long, value_name = "SOURCE", default_value = "purecloud", help_heading = "Presence")]
    pub source: String,
    /// Make the source the users' primary one. Users are then set one by one. Not for a registered source.
    #[arg(long, help_heading = "Presence")]
    pub primary: bool,
    /// Do not ask.
    #[arg(long, visible_alias = "auto-approve", help_heading = "Approval")]
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
