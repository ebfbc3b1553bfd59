//! From desired and observed state to a plan: a function of values, without IO, clock or chance.

use std::collections::BTreeSet;

use crate::model::division::Divisions;
use crate::model::freeze::{Freeze, FreezeTime};
use crate::model::names::{DefinitionId, Key, Locale};
use crate::model::observed::Observed;
use crate::model::usage::Usage;
use crate::plan::change::{Action, Change, Held, InSync, ObsoleteLine, Unmanaged, Waiting, WhyUnmanaged};
use crate::plan::cost::Cost;
use crate::plan::only::Only;
use crate::plan::origin::Base;
use crate::plan::refusal::{Fact, Refusal};
use crate::plan::warning::Warning;

pub mod answer;
pub mod base;
pub mod candidate;
pub mod change;
pub mod contained;
pub mod cost;
pub mod difference;
pub mod division;
pub mod evidence;
pub mod guard;
pub mod matching;
pub mod noticed;
pub mod odd;
pub mod only;
pub mod order;
pub mod origin;
pub mod pages;
mod planner;
pub mod question;
pub mod recent;
pub mod refusal;
mod refusal_words;
pub mod saved;
pub mod warning;

pub use planner::{plan, plan_by};

/// What would be done to an org, what would not, and why it may not be done at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// In the order in which people read them: by action, then key, then id. Each is about exactly
    /// one object. What has to be done before what is said by `order`.
    pub changes: Vec<Change>,
    pub in_sync: Vec<InSync>,
    /// Active objects that are not touched, by reason, system presence, name and id.
    pub unmanaged: Vec<Unmanaged>,
    /// Lines of the config that have done their work.
    pub obsolete: Vec<ObsoleteLine>,
    pub warnings: Vec<Warning>,
    /// Each stops the whole apply.
    pub refusals: Vec<Refusal>,
    /// Every definition that was seen, by id.
    pub seen: Vec<DefinitionId>,
    /// The people on what is taken away or renamed, as far as it was asked for.
    pub usage: Usage,
    /// The divisions, as far as names of them had to be looked up.
    pub divisions: Divisions,
    pub default_locale: Locale,
    /// What the run is limited to, and what that leaves out; none where it is not limited.
    pub only: Option<Only>,
    /// What it costs to apply it; none where no one has counted, or nothing is to be done.
    pub cost: Option<Cost>,
    /// What the change of the config does by itself, beside what was pending before; none if it was not asked for.
    pub base: Option<Base>,
    /// Creates that are not planned, since an earlier run has made their objects and the list does not show that yet.
    pub held: Vec<Held>,
    /// Creates that wait, since an earlier run may have made their objects.
    pub waiting: Vec<Waiting>,
    /// The times in which nothing is written, as they stand beside the moment of the run.
    pub freezes: Vec<(Freeze, FreezeTime)>,
}

/// Puts changes into the order in which people read them.
fn in_order(changes: &mut [Change]) {
    changes.sort_by_cached_key(|it| (it.step.action(), it.step.key().cloned(), it.step.id().cloned()));
}

/// The ids of everything that the org shows, in order.
fn seen(observed: &Observed) -> Vec<DefinitionId> {
    let odd = observed.odd.iter().filter_map(|it| it.id.as_ref());
    let mut seen: Vec<DefinitionId> = observed.definitions.iter().map(|it| &it.id).chain(odd).cloned().collect();
    seen.sort();
    seen
}

impl Plan {
    /// These changes of what was read, in order, and nothing else to say.
    pub fn of(mut changes: Vec<Change>, observed: &Observed, default_locale: Locale) -> Plan {
        in_order(&mut changes);
        Plan {
            changes,
            in_sync: Vec::new(),
            unmanaged: Vec::new(),
            obsolete: Vec::new(),
            warnings: Vec::new(),
            refusals: Vec::new(),
            seen: seen(observed),
            usage: Usage::NotAsked,
            divisions: observed.divisions.clone(),
            default_locale,
            only: None,
            cost: None,
            base: None,
            held: Vec::new(),
            waiting: Vec::new(),
            freezes: Vec::new(),
        }
    }

    /// The definitions that would be created while there is something active that they may have been. What earlier
    /// states had for them is worth looking for.
    pub fn may_be_renames(&self) -> BTreeSet<Key> {
        let left_out = self.only.iter().flat_map(|it| &it.changes);
        let is_free = self.unmanaged.iter().any(|it| !matches!(it.why, WhyUnmanaged::Omitted(_) | WhyUnmanaged::Protected))
            || self.changes.iter().chain(left_out).any(|it| it.step.action() == Action::Delete)
            // What cannot be read whole may be any of them.
            || self.warnings.iter().any(|it| matches!(it, Warning::OddObject { .. }));
        if !is_free {
            return BTreeSet::new();
        }
        let created = self.changes.iter().filter(|it| it.step.action() == Action::Create);
        let asked = self.refusals.iter().filter_map(|it| match &it.fact {
            Fact::LooksLikeRename { key, .. } | Fact::OtherSystemPresence { key, .. } => Some(key),
            _ => None,
        });
        created.filter_map(|it| it.step.key()).chain(asked).cloned().collect()
    }

    /// Nothing to do, and nothing that forbids it.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.refusals.is_empty() && self.held.is_empty()
    }
}
