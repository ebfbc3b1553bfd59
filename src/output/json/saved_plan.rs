//! Reads saved plans. They are files, so their content is untrusted.

use serde::Deserialize;

use crate::client::json;
use crate::model::generation::Generation;
use crate::model::limits::DOCUMENT_VALUES_MAX;
use crate::model::names::{DefinitionId, Key, OrgId, SystemPresence};
use crate::model::observed::Content;
use crate::output::json::common::Document as _;
use crate::output::json::content::ChangeV1;
use crate::output::json::plan::PlanV1;
use crate::plan::saved::{ReviewedOperation, SavedPlan};

/// Why a file is not a valid saved plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SavedPlanError {
    /// Not JSON, or of another shape.
    #[error("it is not a plan that presencectl wrote ({0})")]
    NotAPlan(String),
    /// It exceeds a limit.
    #[error("it holds more than {DOCUMENT_VALUES_MAX} values")]
    TooLarge,
    #[error("it is a `{0}`, not a plan")]
    OtherKind(String),
    /// An unknown format.
    #[error("it is of format {found}, and this version ({}) reads format {}", env!("CARGO_PKG_VERSION"), PlanV1::VERSION)]
    UnknownFormat { found: u64 },
    /// An operation that no plan has.
    #[error("its change number {number} is not one that a plan can hold ({why})")]
    BadOperation { number: usize, why: &'static str },
    /// An unknown generation of the API.
    #[error("it was made through API `{0}`, which this version does not know")]
    UnknownGeneration(String),
}

/// The fields that decide whether the rest can be read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
struct Head {
    kind: String,
    format_version: u64,
}

/// The kind of the document. The rest is not kept.
pub fn kind(bytes: &[u8]) -> Option<String> {
    serde_json::from_slice::<Head>(bytes).ok().map(|it| it.kind)
}

pub fn read(text: &str) -> Result<SavedPlan, SavedPlanError> {
    saved_plan(document(text)?)
}

/// The whole document, if everything that bounds an apply can be read.
pub fn whole(text: &str) -> Result<PlanV1, SavedPlanError> {
    let document = document(text)?;
    saved_plan(document.clone())?;
    Ok(document)
}

fn document(text: &str) -> Result<PlanV1, SavedPlanError> {
    let not_a_plan = |error: serde_json::Error| SavedPlanError::NotAPlan(error.to_string());
    if json::values_at_most(text.as_bytes()) > DOCUMENT_VALUES_MAX {
        return Err(SavedPlanError::TooLarge);
    }
    let head: Head = serde_json::from_str(text).map_err(not_a_plan)?;
    if head.kind != PlanV1::KIND {
        return Err(SavedPlanError::OtherKind(head.kind));
    }
    if head.format_version != u64::from(PlanV1::VERSION) {
        return Err(SavedPlanError::UnknownFormat { found: head.format_version });
    }
    serde_json::from_str(text).map_err(not_a_plan)
}

fn saved_plan(document: PlanV1) -> Result<SavedPlan, SavedPlanError> {
    let operations = document
        .changes
        .into_iter()
        .enumerate()
        .map(|(index, change)| operation(change).map_err(|why| SavedPlanError::BadOperation { number: index + 1, why }))
        .collect::<Result<_, _>>()?;
    let generation = Generation::by_name(&document.target.api)
        .ok_or_else(|| SavedPlanError::UnknownGeneration(document.target.api.clone()))?;
    Ok(SavedPlan {
        org: document.target.org_id.as_deref().and_then(OrgId::new),
        sandbox: document.target.sandbox,
        generation,
        seen: document.seen.iter().filter_map(|it| DefinitionId::new(it)).collect(),
        operations,
    })
}

fn operation(change: ChangeV1) -> Result<ReviewedOperation, &'static str> {
    let ChangeV1 { action, key, id, system_presence, before, after, reason: _, people: _, origin: _, place: _ } =
        change;
    Ok(ReviewedOperation {
        action: action.into(),
        key: key.map(|it| Key::new(&it).ok_or("its key is no key")).transpose()?,
        id: id.map(|it| DefinitionId::new(&it).ok_or("its id is empty")).transpose()?,
        system_presence: SystemPresence::new(&system_presence).ok_or("its system presence is empty")?,
        before: before.map(Content::from),
        after: after.into(),
    })
}
