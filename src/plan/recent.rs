//! Objects that runs of the last five minutes made or may have made, and that the org's list does not show yet. Without
//! them, a plan would create them a second time, and a definition can never be fully removed.
//!
//! This can only make a plan stricter.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::desired::Desired;
use crate::model::labels::Labels;
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, Key, Label, SystemPresence};
use crate::model::observed::{Definition, Observed, Primary};
use crate::plan::Plan;
use crate::plan::blocker::{Blocker, CandidateWords, Fact};
use crate::plan::change::{Change, Create, Held, Step, Waiting};
use crate::plan::evidence::{EvidenceSource, Had};
use crate::plan::matching::candidate;
use crate::plan::warning::Warning;

/// A create of an earlier run: its POST was sent, and no answer shows that it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub key: Key,
    pub system_presence: SystemPresence,
    /// The labels that were sent. `None` if the report does not contain them.
    pub labels: Option<Labels>,
    pub default_label: Option<Label>,
    /// The id from the org's answer. `None` if there was no answer.
    pub id: Option<DefinitionId>,
    /// When the list shows it, if it was created.
    pub until: Moment,
    /// The file of the report. It is raw.
    pub report: String,
}

/// The objects that must be read by id before [`with_recent`], because the list does not show them.
pub fn to_read(plan: &Plan, sent: &[Sent], observed: &Observed) -> BTreeSet<DefinitionId> {
    let creates = || plan.changes.iter().filter_map(create);
    let is_asked = |it: &&Sent| creates().any(|create| it.is_of(create, plan));
    let ids = sent.iter().filter(is_asked).filter_map(|it| it.id.as_ref());
    ids.filter(|id| observed.get(id).is_none()).cloned().collect()
}

fn create(change: &Change) -> Option<&Create> {
    match &change.step {
        Step::Create(create) => Some(create),
        _ => None,
    }
}

impl Sent {
    fn is_of(&self, create: &Create, plan: &Plan) -> bool {
        let label = create.labels.get(&plan.default_locale);
        let is_alike = label.is_some() && label == self.default_label.as_ref();
        self.key == create.key || (is_alike && self.system_presence == create.system_presence)
    }

    /// Does this object equal what was sent?
    fn is_so(&self, object: &Definition) -> bool {
        let has_labels = self.labels.as_ref().is_none_or(|it| it.same_as(&object.labels));
        !object.deactivated && object.system_presence == self.system_presence && has_labels
    }
}

/// The outcome of one earlier create.
enum Found<'a> {
    /// Its object exists as it was sent.
    Made(DefinitionId, Moment),
    /// Its object exists, but differs from what was sent.
    Otherwise(&'a Definition, &'a Sent),
    Open(Waiting),
}

/// Adds earlier creates to the plan. `read` has the objects that were read by id because the list does not show them.
pub fn with_recent(
    mut plan: Plan,
    sent: &[Sent],
    desired: &Desired,
    observed: &Observed,
    read: &BTreeMap<DefinitionId, Definition>,
) -> Plan {
    let changes = std::mem::take(&mut plan.changes);
    let taken: BTreeSet<&DefinitionId> = changes
        .iter()
        .filter_map(|it| it.step.id())
        .chain(plan.in_sync.iter().filter_map(|it| it.id.as_ref()))
        .collect();
    let mut kept = Vec::new();
    for change in &changes {
        let Some(create) = create(change) else {
            kept.push(change.clone());
            continue;
        };
        let own: Vec<&Sent> = sent.iter().filter(|it| it.is_of(create, &plan)).collect();
        match found(create, &own, desired, observed, (read, &taken)) {
            None => kept.push(change.clone()),
            Some(Found::Open(waiting)) => {
                plan.warnings.push(Warning::MayBeMade { key: waiting.key.clone(), until: waiting.until });
                plan.waiting.push(waiting);
                kept.push(change.clone());
            }
            Some(Found::Made(id, until)) => {
                let key = create.key.clone();
                plan.warnings.push(Warning::NotVisibleYet { key, id: id.clone(), until });
                plan.held.push(Held { change: change.clone(), id, until });
            }
            Some(Found::Otherwise(object, sent)) => {
                let candidates = vec![candidate(object, &plan.default_locale, &BTreeMap::new())];
                let Some(wanted) = desired.definitions.get(&create.key) else { continue };
                let source = EvidenceSource::Report(sent.report.clone());
                let earlier = Some(Had { id: object.id.clone(), source, said_new: false });
                let (key, said) = (create.key.clone(), CandidateWords::of(wanted, &plan.default_locale));
                let fact = Fact::LooksLikeRename {
                    key,
                    candidates,
                    more: false,
                    said,
                    earlier,
                    listed_from: Some(sent.until),
                };
                plan.blockers.push(Blocker { fact, place: change.place });
            }
        }
    }
    let made: BTreeSet<&Key> = kept.iter().filter_map(create).map(|it| &it.key).collect();
    let gone: BTreeSet<&Key> =
        changes.iter().filter_map(create).map(|it| &it.key).filter(|it| !made.contains(it)).collect();
    // A warning about a create goes with the create.
    plan.warnings = plan.warnings.into_iter().filter_map(|it| it.without(&gone)).collect();
    plan.changes = kept;
    plan
}

fn found<'a>(
    create: &Create,
    own: &[&'a Sent],
    desired: &Desired,
    observed: &'a Observed,
    (read, taken): (&'a BTreeMap<DefinitionId, Definition>, &BTreeSet<&DefinitionId>),
) -> Option<Found<'a>> {
    let is_new = desired.definitions.get(&create.key).is_some_and(|it| it.new);
    let mut otherwise = None;
    let mut open: Vec<&Sent> = Vec::new();
    for it in own {
        let Some(id) = &it.id else {
            open.push(it);
            continue;
        };
        let listed = observed.get(id);
        // Another definition claims it, or it is protected.
        let is_free = !taken.contains(id) && !desired.protect.contains_key(id);
        match listed.or_else(|| read.get(id)) {
            None => open.push(it),
            Some(object) if object.primary == Primary::Yes || !is_free => {}
            Some(object) if listed.is_none() && it.is_so(object) => return Some(Found::Made(id.clone(), it.until)),
            // `new: true` is about other objects. Those in the list were already part of a question.
            Some(object) if listed.is_none() || (!is_new && it.key == create.key) => otherwise = Some((object, *it)),
            Some(_) => {}
        }
    }
    if let Some((object, sent)) = otherwise {
        return Some(Found::Otherwise(object, sent));
    }
    let until = open.iter().map(|it| it.until).max()?;
    let sent = open.iter().filter_map(|it| Some((it.system_presence.clone(), it.default_label.clone()?))).collect();
    Some(Found::Open(Waiting { key: create.key.clone(), until, sent }))
}
