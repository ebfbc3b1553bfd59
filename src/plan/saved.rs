//! A saved plan as an upper bound: what was reviewed may be done, and nothing else. The config is
//! read and planned anew; the file adds nothing and can only take away, so it needs no trust.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;

use crate::model::generation::Generation;
use crate::model::labels::Labels;
use crate::model::names::{DefinitionId, DivisionId, Key, Label, Locale, OrgId, SystemPresence};
use crate::model::observed::{Content, Target};
use crate::plan::Plan;
use crate::plan::change::{Action, Change};
use crate::plan::difference::{Difference, between};
use crate::plan::document::{ActionV1, ChangeV1, ContentV1, FORMAT_VERSION, PlanV1};
use crate::text;

/// The largest saved plan that is read. 10,000 changes with 25 labels before and after are about
/// 20 MB.
pub const SAVED_PLAN_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// What of a saved plan bounds an apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedPlan {
    /// The org that it is for; none where that was not verified.
    pub org: Option<OrgId>,
    /// The generation of the API that it was made through.
    pub generation: Generation,
    /// Every definition that its client saw.
    pub seen: BTreeSet<DefinitionId>,
    /// What was reviewed.
    pub operations: Vec<Operation>,
}

/// One reviewed operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// What was to be done.
    pub action: Action,
    /// For which definition of the config.
    pub key: Option<Key>,
    /// To which object.
    pub id: Option<DefinitionId>,
    /// Under which system presence.
    pub system_presence: SystemPresence,
    /// What was seen.
    pub before: Option<Content>,
    /// What was to be there.
    pub after: Content,
}

/// Why a file is no saved plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SavedPlanError {
    /// Not JSON, or not of this shape.
    #[error("it is not a plan that presencectl wrote ({0})")]
    NotAPlan(String),
    /// Another kind of document.
    #[error("it is a `{0}`, not a plan")]
    OtherKind(String),
    /// A format that this version does not know.
    #[error("it is of format {found}, and this version ({}) reads format {FORMAT_VERSION}", env!("CARGO_PKG_VERSION"))]
    UnknownFormat {
        /// What the file says.
        found: u64,
    },
    /// An operation that no plan holds.
    #[error("its change number {number} is not one that a plan can hold ({why})")]
    BadOperation {
        /// From one.
        number: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// For another org.
    #[error("it is for the org {saved}, and these credentials are for {found}")]
    OtherOrg {
        /// The file's.
        saved: String,
        /// The org that answered.
        found: String,
    },
    /// Through another generation of the API.
    #[error("it was made through API {saved}, and this run speaks API {found}")]
    OtherGeneration {
        /// The file's.
        saved: Generation,
        /// This run's.
        found: Generation,
    },
    /// It names a generation that this version does not know.
    #[error("it was made through API `{0}`, which this version does not know")]
    UnknownGeneration(String),
    /// This client does not see what the plan's client saw: what looks new may exist unseen.
    #[error("its client saw {}, and this one does not: {}", text::count(.0.len(), "definition"), some_of(.0))]
    NotSeen(Vec<DefinitionId>),
}

/// Names the first few.
fn some_of(ids: &[DefinitionId]) -> String {
    const SHOWN_MAX: usize = 5;
    let mut shown: Vec<String> = ids.iter().take(SHOWN_MAX).map(ToString::to_string).collect();
    if ids.len() > SHOWN_MAX {
        shown.push(format!("{} more", ids.len() - SHOWN_MAX));
    }
    text::list(&shown, "and")
}

/// Only what decides whether the rest can be read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    kind: String,
    format_version: u64,
}

/// Reads a saved plan.
///
/// # Errors
/// When the text is no plan, or one of a format that this version does not know.
pub fn read(text: &str) -> Result<SavedPlan, SavedPlanError> {
    let not_a_plan = |error: serde_json::Error| SavedPlanError::NotAPlan(error.to_string());
    let head: Head = serde_json::from_str(text).map_err(not_a_plan)?;
    if head.kind != "plan" {
        return Err(SavedPlanError::OtherKind(head.kind));
    }
    if head.format_version != u64::from(FORMAT_VERSION) {
        return Err(SavedPlanError::UnknownFormat { found: head.format_version });
    }
    let document: PlanV1 = serde_json::from_str(text).map_err(not_a_plan)?;
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
        generation,
        seen: document.seen.iter().filter_map(|it| DefinitionId::new(it)).collect(),
        operations,
    })
}

fn operation(change: ChangeV1) -> Result<Operation, &'static str> {
    let ChangeV1 { action, key, id, system_presence, before, after, reason: _, people: _, place: _ } = change;
    Ok(Operation {
        action: action_of(action),
        key: key.map(|it| Key::new(&it).ok_or("its key is no key")).transpose()?,
        id: id.map(|it| DefinitionId::new(&it).ok_or("its id is empty")).transpose()?,
        system_presence: SystemPresence::new(&system_presence).ok_or("its system presence is empty")?,
        before: before.map(content),
        after: content(after),
    })
}

fn action_of(action: ActionV1) -> Action {
    match action {
        ActionV1::Create => Action::Create,
        ActionV1::Reactivate => Action::Reactivate,
        ActionV1::Update => Action::Update,
        ActionV1::Replace => Action::Replace,
        ActionV1::Deactivate => Action::Deactivate,
        ActionV1::Delete => Action::Delete,
    }
}

fn content(content: ContentV1) -> Content {
    let ContentV1 { labels, deactivated, division } = content;
    let labels: Labels = labels.into_iter().map(|(locale, label)| (Locale::new(locale), Label::new(label))).collect();
    Content { labels, deactivated, division: division.as_deref().and_then(DivisionId::new) }
}

/// A fresh plan held against a saved one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bound {
    /// Reviewed, and still the same.
    pub run: Vec<Change>,
    /// Reviewed, but the object has changed in the org since: refused, each with what changed.
    pub changed: Vec<(Change, Vec<Difference>)>,
    /// Reviewed, and no longer needed.
    pub already_so: Vec<Operation>,
    /// Not reviewed. Where there is one, nothing at all is applied.
    pub beyond: Vec<Change>,
}

/// Splits a fresh plan by what was reviewed.
///
/// # Errors
/// When the saved plan is for another org than the one that answered, was made through another
/// generation of the API, or by a client that saw more than this one.
pub fn bound(plan: &Plan, saved: &SavedPlan, target: &Target) -> Result<Bound, SavedPlanError> {
    let here = target.org.as_ref().map(|org| &org.id);
    if saved.org.is_none() || saved.org.as_ref() != here {
        let name = |id: Option<&OrgId>| id.map_or_else(|| "(not verified)".to_owned(), ToString::to_string);
        return Err(SavedPlanError::OtherOrg { saved: name(saved.org.as_ref()), found: name(here) });
    }
    if saved.generation != target.generation {
        return Err(SavedPlanError::OtherGeneration { saved: saved.generation, found: target.generation });
    }
    let unseen = not_seen(plan, saved);
    if !unseen.is_empty() {
        return Err(SavedPlanError::NotSeen(unseen));
    }
    let mut bound = Bound::default();
    let reviewed = Reviewed::new(&saved.operations);
    let mut used = vec![false; saved.operations.len()];
    for change in &plan.changes {
        let Some(index) = reviewed.find(change).filter(|index| !used[*index]) else {
            bound.beyond.push(change.clone());
            continue;
        };
        used[index] = true;
        match judge(&saved.operations[index], change) {
            Verdict::Same => bound.run.push(change.clone()),
            Verdict::Changed(differences) => bound.changed.push((change.clone(), differences)),
            Verdict::Beyond => bound.beyond.push(change.clone()),
        }
    }
    let rest = saved.operations.iter().zip(used).filter(|(_, used)| !used).map(|(operation, _)| operation);
    // What the config no longer asks for is neither done nor to be done, and is not spoken of.
    bound.already_so = rest.filter(|it| is_so(it, plan)).cloned().collect();
    Ok(bound)
}

/// What the plan's client saw and this one does not. What the plan itself removes may be gone by now.
fn not_seen(plan: &Plan, saved: &SavedPlan) -> Vec<DefinitionId> {
    let removed: BTreeSet<&DefinitionId> =
        saved.operations.iter().filter(|it| it.action.is_removal()).filter_map(|it| it.id.as_ref()).collect();
    saved.seen.iter().filter(|it| !plan.seen.contains(*it) && !removed.contains(it)).cloned().collect()
}

/// Is an operation that the fresh plan does not hold already so in the org?
fn is_so(operation: &Operation, plan: &Plan) -> bool {
    if operation.action.is_removal() {
        let is_active = |id: &DefinitionId| {
            plan.left_alone.iter().any(|it| it.id == *id)
                || plan.in_step.iter().any(|it| it.id.as_ref() == Some(id) && !it.deactivated)
                || plan.changes.iter().any(|it| it.step.id() == Some(id))
        };
        operation.id.as_ref().is_some_and(|id| !is_active(id))
    } else {
        plan.in_step.iter().any(|it| Some(&it.key) == operation.key.as_ref() && !it.deactivated)
    }
}

/// The operations of a saved plan by what they are about.
struct Reviewed<'a> {
    by_id: HashMap<&'a DefinitionId, usize>,
    by_key: HashMap<(&'a Key, bool), usize>,
}

impl<'a> Reviewed<'a> {
    fn new(operations: &'a [Operation]) -> Reviewed<'a> {
        let mut reviewed = Reviewed { by_id: HashMap::new(), by_key: HashMap::new() };
        for (index, operation) in operations.iter().enumerate() {
            if let Some(id) = &operation.id {
                reviewed.by_id.entry(id).or_insert(index);
            }
            if let Some(key) = &operation.key {
                reviewed.by_key.entry((key, operation.action.is_removal())).or_insert(index);
            }
        }
        reviewed
    }

    /// The same object by its id; a definition by its key where one side has no object (yet, or
    /// any more), or has another one.
    fn find(&self, change: &Change) -> Option<usize> {
        let by_id = change.step.id().and_then(|id| self.by_id.get(id));
        let removal = change.step.action().is_removal();
        by_id.or_else(|| self.by_key.get(&(change.step.key()?, removal))).copied()
    }
}

enum Verdict {
    Same,
    Changed(Vec<Difference>),
    Beyond,
}

fn judge(operation: &Operation, change: &Change) -> Verdict {
    let (action, after) = (change.step.action(), change.step.after());
    let same_presence = operation.system_presence == *change.step.system_presence();
    let same_before = match (&operation.before, change.step.before()) {
        (None, None) => true,
        (Some(a), Some(b)) => a.same_as(b),
        _ => false,
    };
    let same_after = operation.after.same_as(&after);
    let same_object = operation.id.as_ref() == change.step.id();
    if operation.action == action && same_presence && same_before && same_after && same_object {
        return Verdict::Same;
    }
    // The config asks for what was reviewed, and the org is what differs: that is refused for this
    // object alone. Anything else is more than was reviewed.
    let same_intent = if action.is_removal() { operation.action == action } else { same_after };
    if !same_intent || (same_before && same_object) {
        return Verdict::Beyond;
    }
    Verdict::Changed(differences(operation, change))
}

fn differences(operation: &Operation, change: &Change) -> Vec<Difference> {
    match (&operation.before, change.step.before(), &operation.id, change.step.id()) {
        (None, _, _, Some(id)) => vec![Difference::Appeared(id.clone())],
        (_, None, _, _) => vec![Difference::Gone],
        (Some(_), Some(_), Some(was), Some(is)) if was != is => {
            vec![Difference::OtherObject { expected: was.clone(), found: is.clone() }]
        }
        (Some(expected), Some(found), _, _) => between(expected, found),
        (None, Some(_), _, None) => Vec::new(),
    }
}
