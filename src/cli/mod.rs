//! What may be typed: the clap types, and nothing that acts.

#![warn(missing_docs)]

use clap::{Parser, Subcommand, ValueEnum};

pub use crate::cli::apply::{ApplyArgs, PlanArgs};
pub use crate::cli::combine::CombineArgs;
pub use crate::cli::drift::DriftArgs;
pub use crate::cli::first_day::{DoctorArgs, InitArgs};
pub use crate::cli::formats::{
    DiagnosisFormat, FindingsFormat, Format, ImportFormat, LabelsFormat, OnFailure, OrgsFormat, Output, TableFormat,
    View,
};
pub use crate::cli::history::{LogArgs, UndoArgs};
pub use crate::cli::labels::{LabelsArgs, LabelsCommand, LabelsExportArgs, LabelsImportArgs};
pub use crate::cli::offline::{CompletionsArgs, ManArgs, ShellName};
pub use crate::cli::offline::{ExplainArgs, SandboxArgs, SchemaArgs, SchemaOf, ValidateArgs};
pub use crate::cli::orgs::CompareArgs;
pub use crate::cli::orgs::OrgListArgs;
pub use crate::cli::orgs::{PinArgs, PromoteArgs};
pub use crate::cli::shared::LoggingArgs;
pub use crate::cli::shared::{
    ApiArg, ChosenOrgsArgs, ConfigArgs, ConfigPath, LimitArgs, OrgsArgs, OutputArgs, RecordArgs, TargetArgs,
};
pub use crate::cli::show::{ChoiceArgs, ImportArgs, PlaceArgs, ShowArgs};
pub use crate::cli::user::RetireArgs;
pub use crate::cli::user::{UserArgs, UserCommand, UserConfigArgs, UserGetArgs, UserSetArgs, WhoArgs};

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

// Below the macro, which `user` uses too.
pub mod apply;
pub mod combine;
pub mod drift;
pub mod first_day;
pub mod formats;
pub mod help;
pub mod history;
pub mod labels;
pub mod offline;
pub mod orgs;
pub mod paths;
pub mod shared;
pub mod show;
pub mod typed;
pub mod user;
pub mod variables;

/// Genesys Cloud presence definitions as code.
///
/// Keeps an org's presence definitions in sync with YAML files: `plan` shows what differs, `apply` changes it. What
/// the files do not name stays as it is.
#[derive(Debug, Parser)]
#[command(
    name = "presencectl",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Try it, without an account:\n  \
        presencectl init . --start small --yes\n  \
        presencectl plan --sandbox\n  \
        presencectl apply --sandbox --auto-approve"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to use colour. `NO_COLOR` switches it off.
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
    /// The log.
    #[command(flatten)]
    pub logging: LoggingArgs,
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
    /// Apply the plan after confirmation, then verify the org.
    #[command(after_help = concat!(
        credentials!(),
        "Examples:\n  \
        presencectl apply examples/quickstart --sandbox --auto-approve\n  \
        presencectl apply examples/many-orgs --org acme-prod --sandbox --plan plan.json --auto-approve\n  \
        presencectl apply examples/quickstart --sandbox --auto-approve --report-dir reports\n  \
        presencectl apply examples/quickstart --sandbox --auto-approve -o json=report.json"
    ))]
    Apply(ApplyArgs),
    /// Show what people changed in the org, and how to keep it. Writes nothing to the org.
    #[command(after_help = concat!(
        credentials!(),
        "Examples:\n  \
        presencectl drift examples/quickstart --sandbox\n  \
        presencectl drift examples/quickstart --sandbox --detailed-exitcode --output markdown=drift.md"
    ))]
    Drift(DriftArgs),
    /// Write what the org has as a config. Changes nothing in the org.
    #[command(after_help = concat!(
        credentials!(),
        "Examples:\n  \
        presencectl import --sandbox\n  \
        presencectl import --sandbox --out imported/ --deactivated\n  \
        presencectl import --orgs acme-test,acme-prod --sandbox --out all-orgs/"
    ))]
    Import(ImportArgs),
    /// Show what the org has. Changes nothing.
    #[command(after_help = concat!(
        credentials!(),
        "Examples:\n  \
        presencectl show --sandbox\n  \
        presencectl show lunch --config examples/quickstart --sandbox\n  \
        presencectl show --sandbox --output csv=org.csv"
    ))]
    Show(ShowArgs),
    /// Move all people off a definition, then deactivate it, after confirmation.
    #[command(after_help = concat!(
        credentials!(),
        "Permissions: presence:userPresence:edit for people (of several today, by the API document \
        directory:user:edit),\n  \
        presence:presenceDefinition:view and :edit, and who is on it now: analytics:userObservation:view\n\n\
        Example:\n  \
        presencectl retire lunch --to Meal --config examples/many-orgs --org acme-prod --sandbox --yes"
    ))]
    Retire(RetireArgs),
    /// Restore what an apply changed, after confirmation, then verify the org.
    #[command(after_help = concat!(
        credentials!(),
        "Permissions are those of apply. The org is the report's; limits are the config's, or without one the \
        tool's own.\n\n\
        Example:\n  \
        presencectl undo report.json --config examples/quickstart --sandbox --auto-approve"
    ))]
    Undo(UndoArgs),
    /// Show who changed what, and when, from reports. Asks no org.
    #[command(after_help = "Examples:\n  \
        presencectl log reports --key lunch --since 2026-03-01 --until 2026-03-31\n  \
        presencectl log reports --since 30d --output csv=log.csv")]
    Log(LogArgs),
    /// Make the files of a new repository, after confirmation.
    #[command(after_help = concat!(
        credentials!(),
        "Examples:\n  \
        presencectl init new-repository --start small --yes\n  \
        presencectl init imported-repository --start org --sandbox --yes"
    ))]
    Init(InitArgs),
    /// Check configuration, credentials, network and permissions. Changes nothing.
    #[command(after_help = concat!(
        credentials!(),
        "Examples:\n  \
        presencectl doctor examples/quickstart --sandbox\n  \
        presencectl doctor examples/many-orgs --all-orgs --sandbox\n  \
        presencectl doctor examples/many-orgs --org acme-prod --sandbox --output json=diagnosis.json"
    ))]
    Doctor(DoctorArgs),
    /// Check the files of a config. Asks no org.
    #[command(after_help = "Examples:\n  presencectl validate examples/many-orgs\n  \
        presencectl validate examples/many-orgs --deny-warnings --output sarif=findings.sarif")]
    Validate(ValidateArgs),
    /// List the orgs of a config, and those that a change affects. Asks no org.
    #[command(after_help = "Examples:\n  presencectl orgs examples/many-orgs\n  \
        presencectl orgs examples/many-orgs --output lines")]
    Orgs(OrgListArgs),
    /// Compare two orgs, or each org with most orgs. Writes nothing.
    #[command(after_help = concat!(
        credentials!(),
        "Examples:\n  \
        presencectl compare examples/many-orgs --org acme-prod --with globex\n  \
        presencectl compare examples/many-orgs --all-orgs --output csv=differences.csv"
    ))]
    Compare(CompareArgs),
    /// Combine what the CI jobs of several orgs wrote into one view. Asks no org.
    #[command(after_help = "Examples:\n  \
        presencectl plan examples/many-orgs --all-orgs --sandbox --plans-dir plans\n  \
        presencectl combine examples/many-orgs plans/globex.json --expect globex")]
    Combine(CombineArgs),
    /// Explain a finding and how to repair it, or list all findings.
    #[command(after_help = "Examples:\n  presencectl explain duplicate-label\n  presencectl explain")]
    Explain(ExplainArgs),
    /// Print the config that results from layers and org file.
    #[command(after_help = "Example:\n  presencectl config examples/many-orgs --org acme-prod")]
    Config(ConfigArgs),
    /// Print a JSON Schema.
    #[command(after_help = "Example:\n  presencectl schema plan")]
    Schema(SchemaArgs),
    /// Serve the sandbox org to other clients on this machine.
    #[command(after_help = "Example:\n  presencectl sandbox --port 8080 --state org.json")]
    Sandbox(SandboxArgs),
    /// Print the completions for a shell.
    #[command(after_help = "Example:\n  presencectl completions bash")]
    Completions(CompletionsArgs),
    /// Print the manual page, or write a page for each command.
    #[command(after_help = "Example:\n  presencectl man --out man/")]
    Man(ManArgs),
    /// Copy a definition in the files to another org or a layer, after confirmation.
    #[command(after_help = "Examples:\n  \
        presencectl promote lunch examples/many-orgs --from acme-prod --to acme-test --yes\n  \
        presencectl promote lunch examples/many-orgs --from acme-prod --to base/presence.yaml --yes")]
    Promote(PromoteArgs),
    /// Write the ids of matched definitions into the files, after confirmation.
    #[command(after_help = concat!(
        credentials!(),
        "Examples:\n  \
        presencectl pin examples/quickstart --sandbox --yes\n  \
        presencectl pin examples/many-orgs --all-orgs --sandbox --yes"
    ))]
    Pin(PinArgs),
    /// Show or set the presence of users.
    User(UserArgs),
    /// Export labels to a spreadsheet for translators, and import them. Asks no org.
    Labels(LabelsArgs),
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
