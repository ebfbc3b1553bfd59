//! A plan limited to some definitions: what of the whole one is kept, and what is left out. Matching has
//! seen everything all the same, so that no object changes hands by looking at less.

use std::collections::BTreeSet;

use crate::model::names::{DefinitionId, Key};
use crate::plan::change::Change;
use crate::plan::refusal::Refusal;

/// What a run is limited to, and what that leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Only {
    pub keys: BTreeSet<Key>,
    /// What the whole plan would do beside that. What the config does not name is always among it.
    pub changes: Vec<Change>,
    /// What refuses the whole plan and has to do with none of these definitions, nor with their objects.
    pub refusals: Vec<Refusal>,
}

impl Only {
    /// Takes what is left out away from a plan. Guards are not among the refusals yet: they count what is
    /// kept.
    pub fn taken_from(changes: &mut Vec<Change>, refusals: &mut Vec<Refusal>, keys: &BTreeSet<Key>) -> Only {
        let is_meant = |key: Option<&Key>| key.is_some_and(|key| keys.contains(key));
        let (kept, left_out) = std::mem::take(changes).into_iter().partition(|it| is_meant(it.step.key()));
        *changes = kept;
        let ids: BTreeSet<&DefinitionId> = changes.iter().filter_map(|it| it.step.id()).collect();
        // A question of another definition about an object that would be written is a question here, too.
        let concerns = |it: &Refusal| {
            it.fact.has_more()
                || it.fact.keys().into_iter().any(|key| keys.contains(key))
                || it.fact.ids().iter().any(|id| ids.contains(id))
        };
        let (kept, others) = std::mem::take(refusals).into_iter().partition(concerns);
        *refusals = kept;
        Only { keys: keys.clone(), changes: left_out, refusals: others }
    }
}
