//! What is otherwise in an org than in its config, as a document for machines, format 1, with types of its own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diagnostic::Sources;
use crate::document::{HeadV1, Kind, PlaceV1, TargetV1, place_v1, target_v1};
use crate::drift::{Drift, LastApply, Row};
use crate::model::observed::Target;
use crate::plan::Plan;
use crate::plan::document::{AnswerV1, ChangeV1, RefusalV1, change_v1, refusal_v1};

/// The number of this format. It rises whenever the meaning of what is in it changes; fields may be
/// added without.
pub const FORMAT_VERSION: u32 = 1;

const DRIFT: Kind = Kind { name: "drift", format_version: FORMAT_VERSION, target: "The org that was read." };

/// What is otherwise in an org, `presencectl drift --output json`. All strings are as the org and the files hold them:
/// neutralise them before showing them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "presencectl drift, format 1", transform = DRIFT.in_schema())]
pub struct DriftV1 {
    /// What it is, and of which org.
    #[serde(flatten)]
    pub head: HeadV1<TargetV1>,
    /// The last whole apply that reports tell of; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_apply: Option<LastApplyV1>,
    /// One for each object that is otherwise, in the order of the plan.
    pub drift: Vec<DriftRowV1>,
    /// What has to be answered before anybody can say what is otherwise.
    pub refusals: Vec<RefusalV1>,
}

/// An apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastApplyV1 {
    /// The commit that was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// When it began.
    pub began: String,
}

/// One object that is otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriftRowV1 {
    /// `missing`, `deactivated`, `changed`, `active` (and not in the config) or `added`: what is so in the org.
    #[schemars(extend("enum" = ["missing", "deactivated", "changed", "active", "added"]))]
    pub what: String,
    /// `edited` (by hand, since the last report), `not-applied` (the config has moved on) or `not-known`.
    #[schemars(extend("enum" = ["edited", "not-applied", "not-known"]))]
    pub how: String,
    /// Who touched the object last: an id or a name. Absent where the org does not say, or nobody is to be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
    /// When, as the org writes times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<String>,
    /// What an apply does to take it back: `before` is the org, `after` the config.
    pub revert: ChangeV1,
    /// What to write so that the config agrees.
    pub keep: AnswerV1,
    /// Where to write it; absent where nothing stands that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_place: Option<PlaceV1>,
}

/// The document of a drift.
#[must_use]
pub fn document(drift: &Drift, plan: &Plan, target: &Target, sources: &Sources) -> DriftV1 {
    let Drift { rows, last } = drift;
    let last_apply = last
        .as_ref()
        .map(|LastApply { commit, began }| LastApplyV1 { commit: commit.clone(), began: began.to_string() });
    DriftV1 {
        head: DRIFT.head(target_v1(target)),
        last_apply,
        drift: rows.iter().map(|it| row_v1(it, sources)).collect(),
        refusals: plan.refusals.iter().map(|it| refusal_v1(it, sources)).collect(),
    }
}

fn row_v1(row: &Row, sources: &Sources) -> DriftRowV1 {
    let Row { change, how, modified, keep, keep_place } = row;
    DriftRowV1 {
        what: row.what().to_owned(),
        how: how.code().to_owned(),
        changed_by: modified.as_ref().and_then(|it| it.by.clone()),
        changed_at: modified.as_ref().and_then(|it| it.at.clone()),
        revert: change_v1(change, sources),
        keep: AnswerV1 { say: keep.say.clone(), yaml: keep.lines.clone() },
        keep_place: keep_place.map(|it| place_v1(it, sources)),
    }
}
