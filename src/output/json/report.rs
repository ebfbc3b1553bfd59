//! The report as a JSON document, format 1, with its own types.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::names::{DivisionId, Label};
use crate::model::observed::Target;
use crate::model::problem::Problem;
use crate::model::source::{Sources, Span};
use crate::ops::apply::outcome::OutcomeKind;
use crate::ops::apply::report::{Intent, Outcome, Report, ReportRow, Verification};
use crate::output::json::common::{
    CauseV1, Document, HeadV1, PlaceV1, RunV1, TargetV1, head_in_schema, place_v1, run_v1, target_v1, twins,
};
use crate::output::json::content::{ActionV1, ChangeV1, ContentV1, RefusalV1, change_v1, refusal_v1};
use crate::plan::blocker::Blocker;
use crate::plan::change::Change;
use crate::plan::difference::Difference;

/// What became of an apply, `presencectl apply --output json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "presencectl report, format 1", transform = head_in_schema::<ReportV1>)]
pub struct ReportV1 {
    /// What it is, and of which org.
    #[serde(flatten)]
    pub head: HeadV1<TargetV1>,
    /// When it was, and who was at work. Absent in reports of older versions.
    pub run: Option<RunV1>,
    /// Was everything done, and seen to be done?
    pub success: bool,
    /// `interrupt` or `terminate`, where a signal ended the run early.
    #[schemars(extend("enum" = ["interrupt", "terminate"]))]
    pub interrupted: Option<String>,
    /// One row an object.
    pub objects: Vec<RowV1>,
    /// The id of the object of each managed definition of the config, by key, as far as it is known. Absent in reports
    /// of older versions.
    #[serde(default)]
    pub matched: BTreeMap<String, String>,
    /// Why nothing was applied at all: the refusals of the plan.
    pub refusals: Vec<RefusalV1>,
    /// The look at the org afterwards.
    pub verification: VerificationV1,
    /// Why it is not known whether divisions outlasted what was written by the first generation of the API.
    pub divisions_unread: Option<CauseV1>,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct RowV1 {
    /// What was to be done.
    pub action: ActionV1,
    /// The definition in the config.
    pub key: Option<String>,
    /// The object; for a created one, the id that the org gave.
    pub id: Option<String>,
    /// Where it belongs.
    pub system_presence: String,
    /// What to call it.
    pub name: Option<String>,
    /// What was there before, as far as it is managed; absent for what was to be made.
    pub before: Option<ContentV1>,
    /// What was to be there. Absent in reports of older versions.
    pub after: Option<ContentV1>,
    /// What became of it.
    pub outcome: OutcomeV1,
    /// Why it was skipped: `needs-another` (what it waited for was not done), `interrupted`, `plan-refused`,
    /// `beyond-saved-plan`, or in an undo `protected` or `omitted` (by the config). Absent for everything that was not
    /// skipped, and in reports of older versions.
    #[schemars(extend("enum" = ["needs-another", "interrupted", "plan-refused", "beyond-saved-plan", "protected", "omitted"]))]
    pub skip_reason: Option<String>,
    /// When work on it began; absent where it did not begin.
    pub began: Option<String>,
    /// When work on it ended.
    pub ended: Option<String>,
    /// Where the config asks for it.
    pub place: Option<PlaceV1>,
    /// Where the label stands that the org refused, where its answer says which.
    pub refused_label: Option<PlaceV1>,
    /// Why, for what is not done.
    pub message: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// The platform's id of the exchange that failed, else of the one that wrote it.
    pub correlation_id: Option<String>,
    /// From when on to run again, for a create that no list shows yet: sooner it may be made twice. Absent for all
    /// else, and in reports of older versions.
    pub again_from: Option<String>,
    /// What was found instead of what was expected.
    pub differences: Vec<DifferenceV1>,
}

/// What became of one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeV1 {
    /// Written, and seen to be so.
    Done,
    /// It was as it shall be already.
    AlreadySo,
    /// The org said that it was written, and its list, or a read by its id, does not show it yet.
    NotVisibleYet,
    /// Written, and the org holds something else than what was sent.
    Differs,
    /// By the org's own time, another person has changed since what was written.
    Overwritten,
    /// Not written: the org refused, or could not be reached.
    Failed,
    /// Not written: a person changed it since the plan.
    Refused,
    /// Not written: `skipReason` says why.
    Skipped,
    /// It may or may not have been written.
    Unknown,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub struct DifferenceV1 {
    /// `labels.LOCALE`, `deactivated`, `division`, `systemPresence` or `id`.
    pub field: String,
    /// What was expected; absent where that is nothing.
    pub expected: Option<String>,
    /// What was found; absent where that is nothing.
    pub found: Option<String>,
}

/// The look at the org after an apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerificationV1 {
    /// `not-needed`, `interrupted`, `in-step`, `drifted` or `failed`.
    #[schemars(extend("enum" = ["not-needed", "interrupted", "in-step", "drifted", "failed"]))]
    pub result: String,
    /// Why it failed.
    pub message: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// The platform's id of the exchange that failed.
    pub correlation_id: Option<String>,
    /// What is to be done by now although no row speaks of it.
    pub drift: Vec<ChangeV1>,
    /// What refuses a plan by now.
    pub refusals: Vec<RefusalV1>,
}

impl Document for ReportV1 {
    const KIND: &str = "report";
    const VERSION: u32 = 1;
    const TARGET: &str = "The org that was written to.";
}

impl ReportV1 {
    /// The document of a report.
    pub fn of(report: &Report, target: &Target, sources: &Sources) -> ReportV1 {
        let Report {
            rows,
            blockers,
            verification,
            divisions_unread,
            interrupted,
            divisions: _,
            default_locale: _,
            metadata,
            matched,
        } = report;
        ReportV1 {
            head: HeadV1::of::<ReportV1>(target_v1(target)),
            run: metadata.as_ref().map(run_v1),
            success: report.is_success(),
            interrupted: interrupted.map(|signal| signal.code().to_owned()),
            objects: rows.iter().map(|it| row_v1(it, report.intent(), sources)).collect(),
            matched: matched.iter().map(|(key, id)| (key.to_string(), id.to_string())).collect(),
            refusals: blockers.iter().map(|it| refusal_v1(it, sources)).collect(),
            verification: verification_v1(verification, sources),
            divisions_unread: divisions_unread.clone().map(CauseV1::from),
        }
    }
}

/// What became of one object in a run for this intent, as documents say it.
pub fn row_v1(row: &ReportRow, intent: Intent, sources: &Sources) -> RowV1 {
    let ReportRow {
        action,
        key,
        id,
        system_presence,
        name,
        before,
        after,
        outcome,
        worked,
        place: the_place,
        refused_label,
        correlation_id,
        again_from,
    } = row;
    let place = |span: &Option<Span>| span.map(|span| place_v1(span, sources));
    let cause = outcome.cause();
    let skip_reason = match outcome {
        Outcome::Skipped(skip) => Some(skip.code().to_owned()),
        _ => None,
    };
    RowV1 {
        action: (*action).into(),
        key: key.as_ref().map(ToString::to_string),
        id: id.as_ref().map(ToString::to_string),
        system_presence: system_presence.to_string(),
        name: name.as_ref().map(ToString::to_string),
        before: before.as_ref().map(ContentV1::from),
        after: Some(ContentV1::from(after)),
        outcome: outcome.kind().into(),
        skip_reason,
        began: worked.map(|it| it.began.to_string()),
        ended: worked.map(|it| it.ended.to_string()),
        place: place(the_place),
        refused_label: place(refused_label),
        message: row.in_words(intent),
        help: cause.and_then(|it| it.help.clone()),
        correlation_id: cause.and_then(|it| it.correlation_id.clone()).or_else(|| correlation_id.clone()),
        again_from: again_from.map(|it| it.to_string()),
        differences: outcome.differences().iter().map(difference_v1).collect(),
    }
}

twins!(OutcomeKind = OutcomeV1 {
    Done = Done,
    AlreadyInPlace = AlreadySo,
    NotVisibleYet = NotVisibleYet,
    Differs = Differs,
    Overwritten = Overwritten,
    Failed = Failed,
    Conflict = Refused,
    Skipped = Skipped,
    Unknown = Unknown,
});

fn difference_v1(difference: &Difference) -> DifferenceV1 {
    let text = |label: &Option<Label>| label.as_ref().map(ToString::to_string);
    let (field, expected, found) = match difference {
        Difference::Label { locale, expected, found } => (format!("labels.{locale}"), text(expected), text(found)),
        Difference::State { found_deactivated } => {
            ("deactivated".to_owned(), Some((!found_deactivated).to_string()), Some(found_deactivated.to_string()))
        }
        Difference::SystemPresence { expected, found } => {
            ("systemPresence".to_owned(), Some(expected.to_string()), Some(found.to_string()))
        }
        Difference::Division { expected, found } => {
            let id = |it: &Option<DivisionId>| it.as_ref().map(ToString::to_string);
            ("division".to_owned(), id(expected), id(found))
        }
        Difference::Gone => ("id".to_owned(), Some("present".to_owned()), None),
        Difference::Appeared(id) => ("id".to_owned(), None, Some(id.to_string())),
        Difference::OtherObject { expected, found } => {
            ("id".to_owned(), Some(expected.to_string()), Some(found.to_string()))
        }
    };
    DifferenceV1 { field, expected, found }
}

fn verification_v1(verification: &Verification, sources: &Sources) -> VerificationV1 {
    let (result, cause, drift): (_, _, (&[Change], &[Blocker])) = match verification {
        Verification::NotNeeded => ("not-needed", None, (&[], &[])),
        Verification::Interrupted => ("interrupted", None, (&[], &[])),
        Verification::InSync => ("in-step", None, (&[], &[])),
        Verification::Drifted { changes, blockers } => ("drifted", None, (changes, blockers)),
        Verification::Failed(cause) => ("failed", Some(cause), (&[], &[])),
    };
    VerificationV1 {
        result: result.to_owned(),
        message: cause.map(|it: &Problem| it.message.clone()),
        help: cause.and_then(|it| it.help.clone()),
        correlation_id: cause.and_then(|it| it.correlation_id.clone()),
        drift: drift.0.iter().map(|it| change_v1(it, sources)).collect(),
        refusals: drift.1.iter().map(|it| refusal_v1(it, sources)).collect(),
    }
}
