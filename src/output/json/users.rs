//! Users, and reports about them, as JSON documents, format 1, with their own types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::observed::Target;
use crate::model::user::{OutOfOffice, UserPresence, WantedPresence};
use crate::ops::users::listing::{self, UserFound, UserListing};
use crate::ops::users::report::{self, UserReport};
use crate::ops::users::resolve::ResolvedPresence;
use crate::output::json::common::{CauseV1, Document, HeadV1, TargetV1, head_in_schema, target_v1};

/// What users are on, `presencectl user get --output json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "presencectl users, format 1", transform = head_in_schema::<UsersV1>)]
pub struct UsersV1 {
    /// What it is, and of which org.
    #[serde(flatten)]
    pub head: HeadV1<TargetV1>,
    /// The source: `purecloud`, `microsoftteams`, or the id of a registered one.
    pub source: String,
    /// One row a user, in the order asked.
    pub users: Vec<UserV1>,
}

/// One user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserV1 {
    /// The user's id.
    pub id: String,
    /// `shown`, `not-shown`, `no-teams`, `teams-gone` or `failed`.
    #[schemars(extend("enum" = ["shown", "not-shown", "no-teams", "teams-gone", "failed"]))]
    pub result: String,
    /// The presence, where there is one to show.
    pub presence: Option<PresenceV1>,
    /// Why there is none.
    pub reason: Option<CauseV1>,
}

/// What a user is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresenceV1 {
    /// The id of the definition.
    pub id: String,
    /// What it is called; absent where that is not known.
    pub label: Option<String>,
    /// Its system presence; absent where that is not known.
    pub system_presence: Option<String>,
    /// Is it deactivated? Absent where that is not known.
    pub deactivated: Option<bool>,
    /// The user's message, where there is one.
    pub message: Option<String>,
    /// Since when, as the org writes times; absent where that is not known.
    pub since: Option<String>,
    /// Is the source the user's primary one? Absent where that is not known, as in every bulk read.
    pub primary_source: Option<bool>,
    /// Times out of office, which only Microsoft Teams tells of.
    pub out_of_office: Vec<OutOfOfficeV1>,
}

/// A time out of office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutOfOfficeV1 {
    /// Now? Absent where that is not known.
    pub active: Option<bool>,
    /// Its begin.
    pub from: Option<String>,
    /// Its end; absent where it has none.
    pub to: Option<String>,
}

/// What became of users whose presence was to be set, `presencectl user set --output json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "presencectl user report, format 1", transform = head_in_schema::<UserReportV1>)]
pub struct UserReportV1 {
    /// What it is, and of which org.
    #[serde(flatten)]
    pub head: HeadV1<TargetV1>,
    /// The source: `purecloud`, or the id of a registered one.
    pub source: String,
    /// Is every user where it was asked for?
    pub success: bool,
    /// `interrupt` or `terminate`, where a signal ended the run early.
    #[schemars(extend("enum" = ["interrupt", "terminate"]))]
    pub interrupted: Option<String>,
    /// What was found for each presence that was named.
    pub presences: Vec<MeantV1>,
    /// One row a user, in the order asked.
    pub users: Vec<UserRowV1>,
}

/// What was found for a presence that was named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeantV1 {
    /// What a person typed.
    pub typed: String,
    /// By what it was found: `key`, `id` or `label`.
    #[schemars(extend("enum" = ["key", "id", "label"]))]
    pub by: String,
    /// The id of the definition.
    pub id: String,
    /// What it is called.
    pub label: Option<String>,
    /// Its system presence.
    pub system_presence: String,
}

/// One user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserRowV1 {
    /// The user's id.
    pub id: String,
    /// The id of the definition that the user should be on.
    pub presence_id: String,
    /// The message that the user should have; absent where that was to stay.
    pub message: Option<String>,
    /// Was the source to become the user's primary one?
    pub primary_source: bool,
    /// `done`, `already-so`, `elsewhere` (the user has gone by themselves), `not-shown`, `differs`, `failed`, `skipped`
    /// or
    /// `unknown`.
    #[schemars(extend("enum" = [
        "done", "already-so", "elsewhere", "not-shown", "differs", "failed", "skipped", "unknown"
    ]))]
    pub outcome: String,
    /// Why, for what is not done.
    pub reason: Option<CauseV1>,
}

impl Document for UsersV1 {
    const KIND: &str = "users";
    const VERSION: u32 = 1;
    const TARGET: &str = "The org that was read.";
}

impl UsersV1 {
    /// The document of users.
    pub fn of(listing: &UserListing, target: &Target) -> UsersV1 {
        let UserListing { source, rows, default_locale: _ } = listing;
        UsersV1 {
            head: HeadV1::of::<UsersV1>(target_v1(target)),
            source: source.to_string(),
            users: rows.iter().map(|row| user_v1(row, listing)).collect(),
        }
    }
}

impl Document for UserReportV1 {
    const KIND: &str = "user-report";
    const VERSION: u32 = 1;
    const TARGET: &str = "The org that was written to.";
}

impl UserReportV1 {
    /// The document of a report.
    pub fn of(report: &UserReport, target: &Target) -> UserReportV1 {
        let UserReport { source, resolved: meant, rows, interrupted, default_locale: _ } = report;
        UserReportV1 {
            head: HeadV1::of::<UserReportV1>(target_v1(target)),
            source: source.to_string(),
            success: report.is_success(),
            interrupted: interrupted.map(|signal| signal.code().to_owned()),
            presences: meant.iter().map(|it| meant_v1(it, report)).collect(),
            users: rows.iter().map(|row| user_row_v1(row, report)).collect(),
        }
    }
}

fn user_v1(row: &listing::UserListingRow, listing: &UserListing) -> UserV1 {
    let listing::UserListingRow { user, found, definition } = row;
    let presence = match found {
        UserFound::On(seen) => {
            let UserPresence { definition: id, system_presence: _, message, since, primary, out_of_office } = seen;
            Some(PresenceV1 {
                id: id.to_string(),
                label: listing.label(row).map(ToString::to_string),
                system_presence: listing.system_presence(row).map(ToString::to_string),
                deactivated: definition.as_ref().map(|it| it.deactivated),
                message: message.clone(),
                since: since.clone(),
                primary_source: *primary,
                out_of_office: out_of_office.iter().map(out_of_office_v1).collect(),
            })
        }
        UserFound::NotShown | UserFound::NoTeams | UserFound::TeamsGone | UserFound::Failed(_) => None,
    };
    UserV1 {
        id: user.to_string(),
        result: found.code().to_owned(),
        presence,
        reason: found.why(&listing.source).map(CauseV1::from),
    }
}

fn out_of_office_v1(it: &OutOfOffice) -> OutOfOfficeV1 {
    let OutOfOffice { active, from, to } = it;
    OutOfOfficeV1 { active: *active, from: from.clone(), to: to.clone() }
}

fn meant_v1(meant: &ResolvedPresence, report: &UserReport) -> MeantV1 {
    let ResolvedPresence { typed, by, definition } = meant;
    MeantV1 {
        typed: typed.clone(),
        by: by.code().to_owned(),
        id: definition.id.to_string(),
        label: definition.name(&report.default_locale).map(ToString::to_string),
        system_presence: definition.system_presence.to_string(),
    }
}

fn user_row_v1(row: &report::UserReportRow, report: &UserReport) -> UserRowV1 {
    let report::UserReportRow { user, wanted, outcome } = row;
    let WantedPresence { definition, message, primary } = wanted;
    UserRowV1 {
        id: user.to_string(),
        presence_id: definition.to_string(),
        message: message.clone(),
        primary_source: *primary,
        outcome: outcome.code().to_owned(),
        reason: outcome.why(&report.source).map(CauseV1::from),
    }
}
