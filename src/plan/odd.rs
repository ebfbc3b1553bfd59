//! Objects of an org that cannot be read in full, compared with a config. Such an object never matches a definition,
//! but it may be one. It can only make a plan stricter.

use std::collections::{BTreeSet, HashMap};

use crate::model::alike;
use crate::model::desired::Wanted;
use crate::model::names::{Key, Locale, SystemPresence};
use crate::model::observed::Observed;
use crate::model::odd::{Halved, Odd};
use crate::plan::blocker::{CandidateWords, Fact};
use crate::plan::change::{Change, Step};
use crate::plan::evidence::Had;
use crate::plan::warning::Warning;

/// The most odd objects, or definitions with a broken character, that are named in one list.
const NAMED_MAX: usize = 10;

/// The most of them in a sentence about something else.
const NAMED_BESIDE_MAX: usize = 3;

/// The odd objects of an org, indexed by what they look like.
pub struct OddOnes<'a> {
    all: &'a [Odd],
    by_look: HashMap<String, Vec<&'a Odd>>,
}

impl<'a> OddOnes<'a> {
    pub fn of(observed: &'a Observed) -> OddOnes<'a> {
        let mut by_look: HashMap<String, Vec<&Odd>> = HashMap::new();
        for odd in &observed.odd {
            for look in odd.looks() {
                by_look.entry(look).or_default().push(odd);
            }
        }
        OddOnes { all: &observed.odd, by_look }
    }

    /// Those that show the default label or a previous label of a definition in any locale.
    pub fn showing(&self, wanted: &Wanted, default_locale: &Locale) -> Vec<&'a Odd> {
        if self.all.is_empty() {
            return Vec::new();
        }
        let labels = wanted.default_label(default_locale).into_iter().chain(&wanted.previous_labels);
        let looks: BTreeSet<String> = labels.map(|it| alike::folded(it.nfc())).collect();
        let found = looks.iter().filter_map(|it| self.by_look.get(it)).flatten();
        let mut known = BTreeSet::new();
        found.copied().filter(|it| known.insert((&it.id, &it.place))).collect()
    }

    /// The blocker of a definition that matches nothing else. `had` is the object that it had in an earlier state.
    pub fn doubt(&self, wanted: &Wanted, default_locale: &Locale, had: Option<&Had>) -> Option<Fact> {
        let mut showing = self.showing(wanted, default_locale);
        let had = had.filter(|_| showing.is_empty());
        let is_had = |it: &&Odd| it.id.as_ref().is_some_and(|id| had.is_some_and(|had| had.id == *id));
        showing.extend(self.all.iter().filter(is_had));
        (!showing.is_empty()).then(|| Fact::LooksOdd {
            earlier: had.map(|it| it.source.clone()),
            key: wanted.key.clone(),
            names: showing.iter().take(NAMED_BESIDE_MAX).map(|it| it.name()).collect(),
            more: showing.len().saturating_sub(NAMED_BESIDE_MAX),
            made: (!wanted.deactivated).then(|| CandidateWords::of(wanted, default_locale)),
        })
    }

    /// Warnings about each odd object, and about creates that may duplicate one.
    pub fn warnings(&self, changes: &[Change]) -> Vec<Warning> {
        let each = self.all.iter().take(NAMED_MAX);
        let mut warnings: Vec<Warning> =
            each.map(|it| Warning::OddObject { name: it.name(), what: it.in_words() }).collect();
        if self.all.len() > NAMED_MAX {
            warnings.push(Warning::MoreOddObjects { count: self.all.len() - NAMED_MAX });
        }
        if self.all.is_empty() {
            return warnings;
        }
        let mut made: Vec<(&SystemPresence, Vec<&Key>)> = Vec::new();
        for step in changes.iter().map(|it| &it.step) {
            let Step::Create(create) = step else { continue };
            match made.iter_mut().find(|(presence, _)| **presence == create.system_presence) {
                Some((_, keys)) => keys.push(&create.key),
                None => made.push((&create.system_presence, vec![&create.key])),
            }
        }
        for (presence, keys) in made {
            let mut may_be = self.all.iter().filter(|it| it.may_be_under(presence));
            let names: Vec<String> = may_be.by_ref().take(NAMED_BESIDE_MAX).map(Odd::name).collect();
            if !names.is_empty() {
                warnings.push(Warning::MayBeOdd {
                    keys: keys.iter().take(NAMED_MAX).map(|it| (*it).clone()).collect(),
                    more_keys: keys.len().saturating_sub(NAMED_MAX),
                    system_presence: presence.clone(),
                    names,
                    more: may_be.count(),
                });
            }
        }
        warnings
    }
}

/// Warnings about the org that do not depend on the plan.
pub fn warnings(observed: &Observed) -> Vec<Warning> {
    let mut warnings = OddOnes::of(observed).warnings(&[]);
    warnings.extend(warnings_of_halves(&observed.halved));
    warnings
}

/// Warnings about a broken character.
pub fn warnings_of_halves(halved: &[Halved]) -> Vec<Warning> {
    let each = halved.iter().take(NAMED_MAX);
    let mut warnings: Vec<Warning> =
        each.map(|it| Warning::HalfCharacter { id: it.id.clone(), places: it.places() }).collect();
    if halved.len() > NAMED_MAX {
        warnings.push(Warning::MoreHalfCharacters { count: halved.len() - NAMED_MAX });
    }
    warnings
}

/// Refuses a step that would send a broken character: a PUT sends the whole object back.
pub fn sends_half(step: &Step, observed: &Observed) -> Option<Fact> {
    let halved = observed.halved(step.id()?)?;
    let mut still = halved.clone();
    match step {
        Step::Create(_) | Step::Delete(_) => return None,
        Step::Update(edit) | Step::Reactivate(edit) => still.labels.retain(|locale| {
            let before = edit.before.labels.iter().find(|(it, _)| *it == locale);
            let pairs = edit.after.labels.pair(&edit.before.labels);
            let after = pairs.iter().find(|it| it.second.is_some() && it.locale == locale).and_then(|it| it.first);
            // A locale that is not in scope keeps its label.
            before.is_none_or(|(_, label)| after == Some(label))
        }),
        Step::Deactivate(..) | Step::Supersede(..) => {}
    }
    let is_sent = !still.labels.is_empty() || !still.fields.is_empty();
    is_sent.then(|| Fact::SendsHalf {
        key: step.key().cloned(),
        id: still.id.clone(),
        labels: still.labels.clone(),
        places: still.places(),
        can_be_written: still.fields.is_empty() && !step.action().is_removal(),
    })
}
