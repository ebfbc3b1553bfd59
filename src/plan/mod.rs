//! Makes a plan from desired and observed state. It is a pure function, without IO, clock or randomness.

use std::collections::BTreeSet;

use crate::model::division::Divisions;
use crate::model::freeze::{Freeze, FreezeTime};
use crate::model::names::{DefinitionId, Key, Locale};
use crate::model::observed::Observed;
use crate::model::usage::Usage;
use crate::plan::blocker::{Blocker, Fact};
use crate::plan::change::{Action, Change, Held, InSync, ObsoleteLine, Unmanaged, Waiting, WhyUnmanaged};
use crate::plan::cost::Cost;
use crate::plan::origin::Base;
use crate::plan::warning::Warning;

pub mod answer;
pub mod base;
pub mod blocker;
mod blocker_words;
pub mod change;
pub mod contained;
pub mod cost;
pub mod difference;
pub mod division;
pub mod evidence;
pub mod guard;
pub mod help_pages;
pub mod matching;
pub mod odd;
pub mod order;
pub mod org_warnings;
pub mod origin;
mod planner;
pub mod question;
pub mod recent;
pub mod saved;
pub mod warning;

pub use planner::{plan, plan_by};

/// What apply would do to an org, what it would not do, and why it may not run at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// In display order: by action, then key, then id. Each change is about exactly one object. `order` decides the
    /// order of execution.
    pub changes: Vec<Change>,
    pub in_sync: Vec<InSync>,
    /// Active objects that are not touched, by reason, system presence, name and id.
    pub unmanaged: Vec<Unmanaged>,
    /// Obsolete lines of the config.
    pub obsolete: Vec<ObsoleteLine>,
    pub warnings: Vec<Warning>,
    /// Each stops the whole apply.
    pub blockers: Vec<Blocker>,
    /// Every definition that was seen, by id.
    pub seen: Vec<DefinitionId>,
    /// The people on removed or renamed definitions, if usage was queried.
    pub usage: Usage,
    /// The divisions, if their names had to be looked up.
    pub divisions: Divisions,
    pub default_locale: Locale,
    /// The selection of the run, and what it leaves out. `None` if the run is not limited.
    pub only: Option<Only>,
    /// The cost of an apply. `None` if it was not computed, or if there is nothing to do.
    pub cost: Option<Cost>,
    /// What the change of the config does by itself. `None` if no base was given.
    pub base: Option<Base>,
    /// Creates that are not planned: an earlier run made their objects, and the list does not show them yet.
    pub held: Vec<Held>,
    /// Creates that wait, because an earlier run may have made their objects.
    pub waiting: Vec<Waiting>,
    /// The freezes, and how each relates to the moment of the run.
    pub freezes: Vec<(Freeze, FreezeTime)>,
}

/// Sorts changes for display.
fn in_order(changes: &mut [Change]) {
    changes.sort_by_cached_key(|it| (it.step.action(), it.step.key().cloned(), it.step.id().cloned()));
}

/// The ids of all objects of the org, sorted.
fn seen(observed: &Observed) -> Vec<DefinitionId> {
    let odd = observed.odd.iter().filter_map(|it| it.id.as_ref());
    let mut seen: Vec<DefinitionId> = observed.definitions.iter().map(|it| &it.id).chain(odd).cloned().collect();
    seen.sort();
    seen
}

impl Plan {
    /// A plan of these changes only, sorted.
    pub fn of(mut changes: Vec<Change>, observed: &Observed, default_locale: Locale) -> Plan {
        in_order(&mut changes);
        Plan {
            changes,
            in_sync: Vec::new(),
            unmanaged: Vec::new(),
            obsolete: Vec::new(),
            warnings: Vec::new(),
            blockers: Vec::new(),
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

    /// The definitions to create that may be renames of an active object. Earlier states are searched for them.
    pub fn may_be_renames(&self) -> BTreeSet<Key> {
        let left_out = self.only.iter().flat_map(|it| &it.changes);
        let is_free = self.unmanaged.iter().any(|it| !matches!(it.why, WhyUnmanaged::Omitted(_) | WhyUnmanaged::Protected))
            || self.changes.iter().chain(left_out).any(|it| it.step.action() == Action::Delete)
            // An object that cannot be read in full may be any of them.
            || self.warnings.iter().any(|it| matches!(it, Warning::OddObject { .. }));
        if !is_free {
            return BTreeSet::new();
        }
        let created = self.changes.iter().filter(|it| it.step.action() == Action::Create);
        let asked = self.blockers.iter().filter_map(|it| match &it.fact {
            Fact::LooksLikeRename { key, .. } | Fact::OtherSystemPresence { key, .. } => Some(key),
            _ => None,
        });
        created.filter_map(|it| it.step.key()).chain(asked).cloned().collect()
    }

    /// Nothing to do, and no blockers.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.blockers.is_empty() && self.held.is_empty()
    }
}

/// The selection of a run, and what it leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Only {
    pub keys: BTreeSet<Key>,
    /// What the whole plan would also do. It always includes objects that the config does not name.
    pub changes: Vec<Change>,
    /// Blockers of the whole plan that concern neither these definitions nor their objects.
    pub blockers: Vec<Blocker>,
}

impl Only {
    /// Removes what is left out from a plan. Guards come later, because they count the remaining changes.
    pub fn taken_from(changes: &mut Vec<Change>, blockers: &mut Vec<Blocker>, keys: &BTreeSet<Key>) -> Only {
        let is_meant = |key: Option<&Key>| key.is_some_and(|key| keys.contains(key));
        let (kept, left_out) = std::mem::take(changes).into_iter().partition(|it| is_meant(it.step.key()));
        *changes = kept;
        let ids: BTreeSet<&DefinitionId> = changes.iter().filter_map(|it| it.step.id()).collect();
        // Another definition's question about an object that would be written blocks this run too.
        let concerns = |it: &Blocker| {
            it.fact.has_more()
                || it.fact.keys().into_iter().any(|key| keys.contains(key))
                || it.fact.ids().iter().any(|id| ids.contains(id))
        };
        let (kept, others) = std::mem::take(blockers).into_iter().partition(concerns);
        *blockers = kept;
        Only { keys: keys.clone(), changes: left_out, blockers: others }
    }
}
