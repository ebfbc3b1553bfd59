//! Saved plans as an upper bound: apply never does more than the saved plan. It plans again, and the files can only
//! remove changes, so they need no trust.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::model::desired::{Desired, Management, Prune};
use crate::model::generation::Generation;
use crate::model::labels::Scope;
use crate::model::names::{DefinitionId, Key, OrgId, SystemPresence};
use crate::model::observed::{Content, Observed, Target};
use crate::model::text;
use crate::plan::change::{Action, Change, InSync};
use crate::plan::difference::{Difference, between};
use crate::plan::{Plan, division};

/// The parts of a saved plan that bound an apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedPlan {
    /// The verified org. `None` if the org was not verified.
    pub org: Option<OrgId>,
    /// It was made with the embedded sandbox, whose id may equal that of a real org.
    pub sandbox: bool,
    /// The generation of the API that was used.
    pub generation: Generation,
    /// Every definition that the client could see.
    pub seen: BTreeSet<DefinitionId>,
    pub operations: Vec<ReviewedOperation>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewedOperation {
    pub action: Action,
    pub key: Option<Key>,
    pub id: Option<DefinitionId>,
    pub system_presence: SystemPresence,
    pub before: Option<Content>,
    pub after: Content,
}

/// Why a saved plan cannot be compared with a fresh one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MisfitReason {
    #[error("it is for the org {saved}, and these credentials are for {found}")]
    OtherOrg { saved: String, found: String },
    /// One plan is for the sandbox org of this id and the other is for the real one.
    #[error("it was made {} --sandbox, and this run is {} it", with(*.saved), with(!*.saved))]
    OtherSandbox { saved: bool },
    #[error("it was made through API {saved}, and this run uses API {found}")]
    OtherGeneration { saved: Generation, found: Generation },
    /// This client cannot see everything that the plan's client saw. A seemingly new definition may exist unseen.
    #[error("its client saw {}, and this one does not: {}", text::count(.0.len(), "definition"), some_of(.0))]
    NotSeen(Vec<DefinitionId>),
}

fn with(sandbox: bool) -> &'static str {
    if sandbox { "with" } else { "without" }
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

/// The current config, org, and plan.
#[derive(Debug, Clone, Copy)]
pub struct Fresh<'a> {
    pub desired: &'a Desired,
    pub observed: &'a Observed,
    pub plan: &'a Plan,
}

/// A fresh plan compared with saved ones. Every change is in exactly one of `run`, `blocked` and `not_in_plan`. The
/// reviewed change of an object appears at most once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bound {
    pub run: Vec<Change>,
    /// Reviewed, but the object changed in the org since. Each is refused with its differences.
    pub changed: Vec<(ReviewedOperation, Vec<Difference>)>,
    /// What the fresh plan would do instead of a refused change. It is not applied.
    pub blocked: Vec<Change>,
    /// Reviewed, and no longer needed.
    pub already_in_place: Vec<ReviewedOperation>,
    /// Not reviewed. If there is one, nothing is applied.
    pub not_in_plan: Vec<Change>,
}

/// The saved plan that cannot be compared with the fresh one, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Misfit {
    pub index: usize,
    pub why: MisfitReason,
}

/// Splits a fresh plan by what was reviewed. A change in any saved plan is allowed.
/// If several plans cover one object, the latest that agrees with the fresh plan counts. If none agrees, the latest
/// counts.
pub fn bound(fresh: Fresh<'_>, saved: &[SavedPlan], target: &Target) -> Result<Bound, Misfit> {
    for (index, plan) in saved.iter().enumerate() {
        fits(fresh.plan, plan, saved, target).map_err(|why| Misfit { index, why })?;
    }
    let operations: Vec<&ReviewedOperation> = saved.iter().rev().flat_map(|it| &it.operations).collect();
    let reviewed = Reviewed::new(&operations);
    let same: Vec<Option<usize>> = fresh
        .plan
        .changes
        .iter()
        .map(|change| reviewed.about(change).find(|index| is_same(operations[*index], change)))
        .collect();
    let mut told: HashSet<Subject<'_>> = same.iter().flatten().map(|it| subject(operations[*it])).collect();
    let mut bound = Bound::default();
    let mut refused: BTreeMap<usize, Vec<Difference>> = BTreeMap::new();
    let mut explaining: HashSet<Subject<'_>> = HashSet::new();
    for (change, same) in fresh.plan.changes.iter().zip(&same) {
        if same.is_some() {
            bound.run.push(change.clone());
            continue;
        }
        let mut explained = false;
        for index in reviewed.about(change).filter(|index| !told.contains(&subject(operations[*index]))) {
            if let Some(differences) = fresh.changed_since(operations[index], Some(change)) {
                if explaining.insert(subject(operations[index])) {
                    refused.insert(index, differences);
                }
                explained = true;
            }
        }
        let list = if explained { &mut bound.blocked } else { &mut bound.not_in_plan };
        list.push(change.clone());
    }
    for (index, operation) in operations.into_iter().enumerate() {
        let about = subject(operation);
        if told.contains(&about) {
            continue;
        }
        if let Some(differences) = refused.remove(&index) {
            bound.changed.push((operation.clone(), differences));
        } else if explaining.contains(&about) {
            continue;
        } else if fresh.is_so(operation) {
            bound.already_in_place.push(operation.clone());
        } else if let Some(differences) = fresh.changed_since(operation, None) {
            bound.changed.push((operation.clone(), differences));
        } else {
            // A change that the config no longer asks for is dropped without notice.
            continue;
        }
        told.insert(about);
    }
    Ok(bound)
}

/// Can a saved plan be compared with a fresh one?
fn fits(plan: &Plan, saved: &SavedPlan, all: &[SavedPlan], target: &Target) -> Result<(), MisfitReason> {
    if saved.sandbox != target.sandbox {
        return Err(MisfitReason::OtherSandbox { saved: saved.sandbox });
    }
    let here = target.org.as_ref().map(|org| &org.id);
    if saved.org.is_none() || saved.org.as_ref() != here {
        let name = |id: Option<&OrgId>| id.map_or_else(|| "(not verified)".to_owned(), ToString::to_string);
        return Err(MisfitReason::OtherOrg { saved: name(saved.org.as_ref()), found: name(here) });
    }
    if saved.generation != target.generation {
        return Err(MisfitReason::OtherGeneration { saved: saved.generation, found: target.generation });
    }
    let unseen = not_seen(plan, saved, all);
    if unseen.is_empty() { Ok(()) } else { Err(MisfitReason::NotSeen(unseen)) }
}

/// The objects that the plan's client saw and this one does not. Objects that a reviewed plan removes may be gone.
fn not_seen(plan: &Plan, saved: &SavedPlan, all: &[SavedPlan]) -> Vec<DefinitionId> {
    let operations = all.iter().flat_map(|it| &it.operations);
    let removed: BTreeSet<&DefinitionId> =
        operations.filter(|it| it.action.is_removal()).filter_map(|it| it.id.as_ref()).collect();
    saved.seen.iter().filter(|it| !plan.seen.contains(*it) && !removed.contains(it)).cloned().collect()
}

/// The subject of an operation: its object, or its definition if there is no object yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Subject<'a> {
    id: Option<&'a DefinitionId>,
    key: Option<&'a Key>,
}

fn subject(operation: &ReviewedOperation) -> Subject<'_> {
    let id = operation.id.as_ref();
    Subject { id, key: operation.key.as_ref().filter(|_| id.is_none()) }
}

/// The same action on the same object (by id, or by key for a create), with the same values before and after?
fn is_same(operation: &ReviewedOperation, change: &Change) -> bool {
    let ReviewedOperation { action, key, id, system_presence, before, after } = operation;
    let step = &change.step;
    let same_before = match (before, step.before()) {
        (None, None) => true,
        (Some(a), Some(b)) => a.same_as(b),
        (None, Some(_)) | (Some(_), None) => false,
    };
    *action == step.action()
        && id.as_ref() == step.id()
        && (id.is_some() || key.as_ref() == step.key())
        && system_presence == step.system_presence()
        && same_before
        && after.same_as(&step.after())
}

/// Reviewed operations by subject.
struct Reviewed<'a> {
    by_id: HashMap<&'a DefinitionId, Vec<usize>>,
    by_key: HashMap<(&'a Key, bool), Vec<usize>>,
}

impl<'a> Reviewed<'a> {
    fn new(operations: &[&'a ReviewedOperation]) -> Reviewed<'a> {
        let mut reviewed = Reviewed { by_id: HashMap::new(), by_key: HashMap::new() };
        for (index, operation) in operations.iter().enumerate() {
            if let Some(id) = &operation.id {
                reviewed.by_id.entry(id).or_default().push(index);
            }
            if let Some(key) = &operation.key {
                reviewed.by_key.entry((key, operation.action.is_removal())).or_default().push(index);
            }
        }
        reviewed
    }

    /// The reviewed operations for the same object or the same definition. They differ if a definition was matched with
    /// another object since.
    fn about(&self, change: &Change) -> impl Iterator<Item = usize> + use<> {
        let mut all = change.step.id().and_then(|id| self.by_id.get(id)).cloned().unwrap_or_default();
        let removal = change.step.action().is_removal();
        let by_key = change.step.key().and_then(|key| self.by_key.get(&(key, removal)));
        let more: Vec<usize> = by_key.into_iter().flatten().copied().filter(|it| !all.contains(it)).collect();
        all.extend(more);
        all.into_iter()
    }
}

impl Fresh<'_> {
    /// Does the config still ask for a reviewed operation?
    fn asks_for(&self, operation: &ReviewedOperation) -> bool {
        let ReviewedOperation { action, key, id, system_presence, before: _, after } = operation;
        let settings = &self.desired.settings;
        if !self.desired.is_meant(key.as_ref()) {
            return false;
        }
        let protected = id.as_ref().is_some_and(|id| self.desired.protect.contains_key(id));
        if *action == Action::Delete {
            return settings.prune == Prune::Delete && !protected;
        }
        let wanted = key.as_ref().and_then(|key| self.desired.definitions.get(key));
        let Some(wanted) = wanted.filter(|it| it.management == Management::Managed) else { return false };
        let here = wanted.system_presence == *system_presence;
        let is_pinned_elsewhere = wanted.pin.is_some() && wanted.pin != *id;
        match action {
            Action::Create | Action::Reactivate | Action::Update => {
                let labels = wanted.labels.within(&settings.scope);
                let asked = division::asked(wanted, self.observed, false).map(|asked| {
                    if *action == Action::Create { division::of_created(asked, self.observed) } else { asked }
                });
                here && !is_pinned_elsewhere
                    && !wanted.deactivated
                    && labels.same_as(&after.labels)
                    && asked.is_ok_and(|asked| asked == after.division)
            }
            Action::Deactivate => here && !is_pinned_elsewhere && wanted.deactivated,
            Action::Supersede => wanted.replaces.as_ref() == Some(system_presence) && !wanted.deactivated,
            Action::Delete => false,
        }
    }

    /// What changed since the review of an operation that the config still asks for. `instead` is the fresh plan's
    /// change. `None` if the org does not explain the difference.
    fn changed_since(&self, operation: &ReviewedOperation, instead: Option<&Change>) -> Option<Vec<Difference>> {
        if !self.asks_for(operation) {
            return None;
        }
        let found = instead.and_then(|it| it.step.id());
        let (Some(id), Some(before)) = (&operation.id, &operation.before) else {
            return found.map(|it| vec![Difference::Appeared(it.clone())]);
        };
        let Some(object) = self.observed.get(id) else { return Some(vec![Difference::Gone]) };
        if object.system_presence != operation.system_presence {
            return Some(vec![Difference::SystemPresence {
                expected: operation.system_presence.clone(),
                found: object.system_presence.clone(),
            }]);
        }
        let scope = if operation.action.is_removal() { &Scope::All } else { &self.desired.settings.scope };
        let before = Content { labels: before.labels.within(scope), ..before.clone() };
        let differences = between(&before, &object.content_beside(&before, scope));
        if !differences.is_empty() {
            return Some(differences);
        }
        let other = found.filter(|it| *it != id);
        other.map(|it| vec![Difference::OtherObject { expected: id.clone(), found: it.clone() }])
    }

    /// Is an operation that the fresh plan lacks already in place in the org?
    fn is_so(&self, operation: &ReviewedOperation) -> bool {
        if !self.desired.is_meant(operation.key.as_ref()) {
            return false;
        }
        if operation.action.is_removal() {
            let is_active = |id| self.observed.get(id).is_some_and(|it| !it.deactivated);
            return operation.id.as_ref().is_some_and(|id| !is_active(id));
        }
        let in_step = |it: &InSync| Some(&it.key) == operation.key.as_ref() && !it.deactivated;
        self.asks_for(operation) && self.plan.in_sync.iter().any(in_step)
    }
}
