//! Limits a plan to some definitions. Matching still covers everything, so that a limited run assigns objects in the
//! same way.

use std::collections::BTreeSet;

use crate::model::names::{DefinitionId, Key};
use crate::plan::change::Change;
use crate::plan::blocker::Blocker;

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
