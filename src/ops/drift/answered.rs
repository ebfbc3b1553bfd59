//! The plan of a drift. An object that was renamed or moved by hand is a question for `apply`, which must not guess.
//! Drift writes nothing, so it answers the question if reports or the question itself show the object.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::desired::{Desired, Management, Wanted};
use crate::model::names::{DefinitionId, Key};
use crate::model::observed::{Definition, Observed, Primary};
use crate::plan::blocker::Fact;
use crate::plan::change::{Step, WhyUnmanaged};
use crate::plan::{Plan, plan};

/// The object of a definition that the plan alone would ask about or create again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsweredObject {
    pub id: DefinitionId,
    pub certainty: Certainty,
    /// Its current place.
    pub place: AnsweredPlace,
}

/// How certain the object of a definition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    Known,
    /// It is the only candidate of the question.
    Guessed,
}

/// The place of a definition's object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnsweredPlace {
    /// Where the config has it, but with another label.
    Here,
    Elsewhere,
}

/// A plan whose questions are answered as far as possible.
#[derive(Debug)]
pub struct AnsweredPlan {
    pub plan: Plan,
    pub found: BTreeMap<Key, AnsweredObject>,
}

/// Plans with the known objects of definitions. `last_object` returns the object from reports.
pub fn answered(
    desired: &Desired,
    observed: &Observed,
    last_object: impl Fn(&Key) -> Option<DefinitionId>,
) -> AnsweredPlan {
    let asked = plan(desired, observed, &desired.settings.limits);
    let mut found = Finder::new(desired, observed, &asked).found(last_object);
    loop {
        if found.is_empty() {
            return AnsweredPlan { plan: asked, found };
        }
        let answers = with_answers(desired, observed, &found);
        let plan = plan(&answers, observed, &desired.settings.limits);
        // An answer that needs no change would hide the question.
        let is_told = |key: &Key, it: &AnsweredObject| {
            plan.changes.iter().any(|change| change.step.key() == Some(key) && change.step.id() == Some(&it.id))
        };
        let told = found.len();
        found.retain(|key, it| is_told(key, it));
        if found.len() == told {
            return AnsweredPlan { plan, found };
        }
    }
}

struct Finder<'a> {
    desired: &'a Desired,
    observed: &'a Observed,
    plan: &'a Plan,
    taken: BTreeSet<&'a DefinitionId>,
}

impl<'a> Finder<'a> {
    fn new(desired: &'a Desired, observed: &'a Observed, plan: &'a Plan) -> Finder<'a> {
        let in_step = plan.in_sync.iter().filter_map(|it| it.id.as_ref());
        let changed = plan.changes.iter().filter(|it| !matches!(it.step, Step::Delete(_)));
        let omitted = plan.unmanaged.iter().filter(|it| matches!(it.why, WhyUnmanaged::Omitted(_)));
        let taken = in_step.chain(changed.filter_map(|it| it.step.id())).chain(omitted.map(|it| &it.id)).collect();
        Finder { desired, observed, plan, taken }
    }

    fn found(&self, last_object: impl Fn(&Key) -> Option<DefinitionId>) -> BTreeMap<Key, AnsweredObject> {
        let questions = self.questions();
        let made = self.plan.changes.iter().filter_map(|it| match &it.step {
            Step::Create(create) => Some(&create.key),
            _ => None,
        });
        let open: BTreeSet<&Key> = questions.keys().copied().chain(made).collect();
        let mut known: BTreeMap<&Key, (DefinitionId, Certainty)> = BTreeMap::new();
        for key in open {
            let pin = self.desired.definitions.get(key).and_then(|it| it.pin.as_ref());
            if let Some(id) = pin.cloned().or_else(|| last_object(key)) {
                known.insert(key, (id, Certainty::Known));
            }
        }
        only_once(&mut known);
        let sure: BTreeSet<DefinitionId> = known.values().map(|(id, _)| id.clone()).collect();
        let mut guessed: BTreeMap<&Key, (DefinitionId, Certainty)> = BTreeMap::new();
        for (key, candidates) in &questions {
            if let ([only], false) = (candidates.as_slice(), known.contains_key(key)) {
                guessed.insert(key, ((*only).clone(), Certainty::Guessed));
            }
        }
        // A candidate of two questions may belong to either.
        let mut asked: BTreeMap<&DefinitionId, usize> = BTreeMap::new();
        questions.values().flatten().for_each(|id| *asked.entry(id).or_default() += 1);
        // If a question names only some objects, the others are not known.
        let is_whole = !self.plan.blockers.iter().any(|it| it.fact.has_more());
        guessed.retain(|_, (id, _)| is_whole && asked.get(id) == Some(&1) && !sure.contains(id));
        known.extend(guessed);
        let all = known.into_iter();
        all.filter_map(|(key, (id, certainty))| Some((key.clone(), self.at(key, &id, certainty)?))).collect()
    }

    /// The candidates of every question of a definition.
    fn questions(&self) -> BTreeMap<&'a Key, Vec<&'a DefinitionId>> {
        let mut questions: BTreeMap<&Key, Vec<&DefinitionId>> = BTreeMap::new();
        for blocker in &self.plan.blockers {
            match &blocker.fact {
                Fact::LooksLikeRename { key, candidates, .. } | Fact::OtherSystemPresence { key, candidates, .. } => {
                    questions.entry(key).or_default().extend(candidates.iter().map(|it| &it.id));
                }
                Fact::PinnedElsewhere { key, id, .. } => questions.entry(key).or_default().push(id),
                _ => {}
            }
        }
        questions
    }

    /// The place of the object. `None` if it cannot belong to the definition, or no config line could state it.
    fn at(&self, key: &Key, id: &DefinitionId, certainty: Certainty) -> Option<AnsweredObject> {
        let (wanted, object) = (self.desired.definitions.get(key)?, self.observed.get(id)?);
        let is_answered = wanted.new || wanted.replaces.is_some() || wanted.management == Management::Omitted;
        let is_pinned = wanted.pin.as_ref() == Some(id);
        let is_free = !self.taken.contains(id) && !self.desired.protect.contains_key(id);
        if is_answered || object.deactivated || object.primary != Primary::No || !(is_free || is_pinned) {
            return None;
        }
        let place = if object.system_presence == wanted.system_presence {
            AnsweredPlace::Here
        } else {
            AnsweredPlace::Elsewhere
        };
        // `replaces` finds its object by the default label.
        let is_found = object.default_label(&self.desired.settings.default_locale).is_some();
        (place == AnsweredPlace::Here || is_found).then(|| AnsweredObject { id: id.clone(), certainty, place })
    }
}

fn only_once(known: &mut BTreeMap<&Key, (DefinitionId, Certainty)>) {
    let mut counts: BTreeMap<DefinitionId, usize> = BTreeMap::new();
    for (id, _) in known.values() {
        *counts.entry(id.clone()).or_default() += 1;
    }
    known.retain(|_, (id, _)| counts.get(id) == Some(&1));
}

/// The config with a pin for a renamed object, and `replaces` for a moved one.
fn with_answers(desired: &Desired, observed: &Observed, found: &BTreeMap<Key, AnsweredObject>) -> Desired {
    let mut answers = desired.clone();
    for (key, it) in found {
        let (Some(wanted), Some(object)) = (answers.definitions.get_mut(key), observed.get(&it.id)) else { continue };
        match it.place {
            AnsweredPlace::Here => wanted.pin = Some(it.id.clone()),
            AnsweredPlace::Elsewhere => replace(wanted, object, desired),
        }
    }
    answers
}

fn replace(wanted: &mut Wanted, object: &Definition, desired: &Desired) {
    wanted.pin = None;
    wanted.replaces = Some(object.system_presence.clone());
    wanted.previous_labels.extend(object.default_label(&desired.settings.default_locale).cloned());
}
