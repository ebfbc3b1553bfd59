//! The drift of an org as a JSON document, format 1, with its own types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::observed::{Modified, Target};
use crate::model::source::Sources;
use crate::ops::drift::history::{DifferenceCause, LastApply};
use crate::ops::drift::{Drift, DriftRow, DriftSubject, LastConfig, Question, UnmanagedDrift};
use crate::output::json::common::{ConfigV1, Document, HeadV1, PlaceV1, TargetV1, head_in_schema, place_v1, target_v1};
use crate::output::json::content::{AnswerV1, ChangeV1, RefusalV1, WarningV1, change_v1, refusal_v1, warning_v1};

/// What is otherwise in an org, `presencectl drift --output json`. All strings are as the org and the files hold them:
/// neutralise them before showing them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "presencectl drift, format 1", transform = head_in_schema::<DriftV1>)]
pub struct DriftV1 {
    /// What it is, and of which org.
    #[serde(flatten)]
    pub head: HeadV1<TargetV1>,
    /// Which config it was made from. Absent in documents of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<ConfigV1>,
    /// The last whole apply that reports tell of; absent without one.
    pub last_apply: Option<LastApplyV1>,
    /// The config that was applied last, as the command line names it; absent where it names none.
    pub applied: Option<AppliedV1>,
    /// Is all of it known? Not while one of `candidates` or `refusals` is a question.
    pub known: bool,
    /// One for each object that is otherwise, in the order of the plan.
    pub drift: Vec<DriftRowV1>,
    /// Active definitions that the config does not name and an apply leaves alone (`prune: keep`). They are no drift.
    pub unmanaged: Vec<UnmanagedV1>,
    /// What has to be answered before it can be known what is otherwise, then what guards an apply: limits.
    pub refusals: Vec<RefusalV1>,
    /// The objects that questions among the refusals are about.
    pub candidates: Vec<CandidateV1>,
    /// What of the org cannot be read completely; absent where all of it can.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<WarningV1>,
}

/// An apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastApplyV1 {
    /// The commit that was applied.
    pub commit: Option<String>,
    /// When it began.
    pub began: String,
}

/// A config that was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppliedV1 {
    /// As it was given: a revision.
    pub given: String,
    /// The whole hash of the commit, where it is one.
    pub commit: Option<String>,
    /// Why it could not be read. Then nothing is told by it.
    pub not_read: Option<String>,
    /// Why it is not known what was merged since. Then nothing is told as edited by it.
    pub not_since: Option<String>,
}

/// One object that is otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriftRowV1 {
    /// What is so in the org: `missing`, `deactivated`, `changed`, `renamed` (its default label, by hand), `moved` (to
    /// another system presence, by hand), `elsewhere` (the config says another system presence by now), `active` or
    /// `added` (and not in the config). `looks-renamed` and `looks-moved`: it is the only one that it could be.
    #[schemars(extend("enum" = [
        "missing", "deactivated", "changed", "renamed", "looks-renamed", "moved", "elsewhere", "looks-moved", "active",
        "added",
    ]))]
    pub what: String,
    /// `edited` (by hand, since the last apply), `both` (that, and the config asks something else by now),
    /// `not-applied` (the config has moved on) or `not-known`.
    #[schemars(extend("enum" = ["edited", "both", "not-applied", "not-known"]))]
    pub how: String,
    /// The system presence that the config says, where the object is under another one.
    pub config_system_presence: Option<String>,
    /// Who touched the object last: an id or a name. Absent where the org does not say, or no one is to be told.
    pub changed_by: Option<String>,
    /// When, as the org writes times.
    pub changed_at: Option<String>,
    /// What an apply does to take it back: `before` is the org, `after` the config.
    pub revert: ChangeV1,
    /// What to write before an apply does so; empty where nothing is needed. With several, one of them.
    pub revert_needs: Vec<AnswerV1>,
    /// What to write so that the config agrees.
    pub keep: AnswerV1,
    /// Where to write it; absent where nothing stands that it belongs to.
    pub keep_place: Option<PlaceV1>,
}

/// An active definition that the config does not name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnmanagedV1 {
    /// Which object.
    pub id: String,
    /// Where it belongs.
    pub system_presence: String,
    /// Its default label, else any.
    pub name: Option<String>,
    /// `since-last-apply` (added or changed since), `before` (it was there, as it is) or `not-known`.
    #[schemars(extend("enum" = ["since-last-apply", "before", "not-known"]))]
    pub since: String,
    /// Who touched it last: an id or a name.
    pub changed_by: Option<String>,
    /// When, as the org writes times.
    pub changed_at: Option<String>,
    /// What to write so that the config names it.
    pub keep: AnswerV1,
}

/// An object that a question is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CandidateV1 {
    /// The index of the question among the refusals.
    pub refusal: usize,
    /// Which object.
    pub id: String,
    /// Where it belongs.
    pub system_presence: String,
    /// Its default label, else any.
    pub name: Option<String>,
    /// Who touched it last: an id or a name.
    pub changed_by: Option<String>,
    /// When, as the org writes times.
    pub changed_at: Option<String>,
    /// What to write where it is the definition that is asked about.
    pub keep: Option<AnswerV1>,
}

impl Document for DriftV1 {
    const KIND: &str = "drift";
    const VERSION: u32 = 1;
    const TARGET: &str = "The org that was read.";
}

impl DriftV1 {
    /// The document of a drift.
    pub fn of(drift: &Drift, target: &Target, sources: &Sources) -> DriftV1 {
        let Drift { plan: _, rows, unmanaged, questions, last, applied, .. } = drift;
        let last_apply = last
            .as_ref()
            .map(|LastApply { commit, began }| LastApplyV1 { commit: commit.clone(), began: began.to_string() });
        let candidates = questions
            .iter()
            .enumerate()
            .flat_map(|(index, Question { blocker: _, about })| about.iter().map(move |it| candidate_v1(index, it)));
        DriftV1 {
            head: HeadV1::of::<DriftV1>(target_v1(target)),
            config: None,
            last_apply,
            applied: applied.as_ref().map(|LastConfig { against, not_read, not_since }| AppliedV1 {
                given: against.typed.clone(),
                commit: against.commit.clone(),
                not_read: not_read.clone(),
                not_since: not_since.clone(),
            }),
            known: questions.is_empty(),
            drift: rows.iter().map(|it| row_v1(it, sources)).collect(),
            unmanaged: unmanaged.iter().map(unmanaged_v1).collect(),
            refusals: drift.blockers().iter().map(|it| refusal_v1(it, sources)).collect(),
            candidates: candidates.collect(),
            warnings: drift.warnings().iter().map(warning_v1).collect(),
        }
    }
}

/// Who, and when.
fn touched(modified: Option<&Modified>) -> (Option<String>, Option<String>) {
    modified.map_or((None, None), |it| (it.by.clone(), it.at.clone()))
}

fn row_v1(row: &DriftRow, sources: &Sources) -> DriftRowV1 {
    let DriftRow { change, what, meant_under, how, modified, keep, keep_place, first } = row;
    let (changed_by, changed_at) = touched(modified.as_ref());
    DriftRowV1 {
        what: what.code().to_owned(),
        how: how.code().to_owned(),
        config_system_presence: meant_under.as_ref().map(ToString::to_string),
        changed_by,
        changed_at,
        revert: change_v1(change, sources),
        revert_needs: first.iter().cloned().map(AnswerV1::from).collect(),
        keep: keep.clone().into(),
        keep_place: keep_place.map(|it| place_v1(it, sources)),
    }
}

fn unmanaged_v1(it: &UnmanagedDrift) -> UnmanagedV1 {
    let UnmanagedDrift { id, system_presence, name, how, modified, keep } = it;
    let (changed_by, changed_at) = touched(modified.as_ref());
    let since = match how {
        DifferenceCause::Edited | DifferenceCause::Both => "since-last-apply",
        DifferenceCause::NotApplied => "before",
        DifferenceCause::NotKnown => "not-known",
    };
    UnmanagedV1 {
        id: id.to_string(),
        system_presence: system_presence.to_string(),
        name: name.as_ref().map(ToString::to_string),
        since: since.to_owned(),
        changed_by,
        changed_at,
        keep: keep.clone().into(),
    }
}

fn candidate_v1(refusal: usize, it: &DriftSubject) -> CandidateV1 {
    let DriftSubject { id, system_presence, name, modified, keep } = it;
    let (changed_by, changed_at) = touched(modified.as_ref());
    CandidateV1 {
        refusal,
        id: id.to_string(),
        system_presence: system_presence.to_string(),
        name: name.as_ref().map(ToString::to_string),
        changed_by,
        changed_at,
        keep: keep.as_ref().map(|(_, it)| it.clone().into()),
    }
}
