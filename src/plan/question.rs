//! The questions that are asked before something is made: is this a rename, does it take the place
//! of one under another system presence? A presence that is made anew by mistake splits reports,
//! and can never be removed for good.

use std::collections::BTreeMap;

use crate::model::desired::{Desired, Management, Wanted};
use crate::model::names::{Key, Locale};
use crate::model::observed::{Definition, Observed, Primary};
use crate::plan::matching::{Found, Pairing, candidate};
use crate::plan::refusal::{By, Fact, Refusal};

/// An object under another system presence whose place a definition takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced<'a> {
    /// `replaces` is absent, or finds nothing active.
    Nothing,
    /// This one.
    One(&'a Definition),
    /// Asked; see the refusals.
    Open,
}

/// Everything the questions look at, arranged once.
pub struct Questions<'a> {
    desired: &'a Desired,
    default_locale: &'a Locale,
    /// Active objects that are not certainly the platform's own.
    active: Vec<&'a Definition>,
}

impl<'a> Questions<'a> {
    /// Over one config and one org.
    #[must_use]
    pub fn new(desired: &'a Desired, observed: &'a Observed) -> Questions<'a> {
        Questions {
            desired,
            default_locale: &desired.settings.default_locale,
            active: observed.definitions.iter().filter(|it| !it.deactivated && it.primary != Primary::Yes).collect(),
        }
    }

    /// What `replaces` finds, for every managed definition that says it and is not in doubt itself.
    /// What is found is claimed.
    pub fn replaced_by_all(&self, pairing: &mut Pairing<'a>) -> BTreeMap<&'a Key, Replaced<'a>> {
        let mut all = BTreeMap::new();
        for (key, wanted) in &self.desired.definitions {
            let open = matches!(pairing.found.get(key), Some(Found::Open | Found::AlreadyDeactivated(_)));
            if open || wanted.management == Management::Omitted {
                continue;
            }
            let replaced = self.replaced(wanted, pairing);
            if let Replaced::One(object) = replaced {
                pairing.claimed.insert(&object.id, key);
            }
            all.insert(key, replaced);
        }
        all
    }

    /// Active, under the system presence that `replaces` names, with the default label or a
    /// previous one.
    fn replaced(&self, wanted: &'a Wanted, pairing: &mut Pairing<'a>) -> Replaced<'a> {
        let Some(presence) = &wanted.replaces else { return Replaced::Nothing };
        if wanted.deactivated {
            return Replaced::Nothing;
        }
        let label = wanted.default_label(self.default_locale);
        let found: Vec<&'a Definition> = self
            .active
            .iter()
            .copied()
            .filter(|it| it.system_presence == *presence && it.system_presence != wanted.system_presence)
            // What another definition has stays that one's.
            .filter(|it| !pairing.claimed.contains_key(&it.id))
            .filter(|it| {
                it.default_label(self.default_locale)
                    .is_some_and(|its| Some(its) == label || wanted.previous_labels.contains(its))
            })
            .collect();
        match found.as_slice() {
            [] => Replaced::Nothing,
            [object] if pairing.is_free(object) && object.primary == Primary::No => Replaced::One(object),
            _ => {
                let fact = Fact::Ambiguous {
                    key: wanted.key.clone(),
                    by: By::Replaces,
                    candidates: found.iter().map(|it| candidate(it, self.default_locale, &pairing.claimed)).collect(),
                };
                ask(pairing, wanted, &found, Refusal { fact, place: wanted.places.replaces });
                Replaced::Open
            }
        }
    }

    /// Asks what has to be asked before this unmatched definition is made. True where something was
    /// asked.
    pub fn before_creating(&self, wanted: &'a Wanted, replaced: Replaced<'a>, pairing: &mut Pairing<'a>) -> bool {
        // `replaces` says which one it was, as `new: true` says that it was none.
        if wanted.new || replaced != Replaced::Nothing {
            return false;
        }
        let free: Vec<&'a Definition> = self
            .active
            .iter()
            .copied()
            .filter(|it| !pairing.claimed.contains_key(&it.id) && !self.desired.protect.contains_key(&it.id))
            .collect();
        let place = Some(wanted.places.key);
        let alike: Vec<&'a Definition> = free
            .iter()
            .copied()
            .filter(|it| it.system_presence == wanted.system_presence && looks_like(wanted, it, self.default_locale))
            .collect();
        let mut asked = false;
        if !alike.is_empty() {
            let candidates = alike.iter().map(|it| candidate(it, self.default_locale, &BTreeMap::new())).collect();
            let fact = Fact::LooksLikeRename { key: wanted.key.clone(), candidates };
            ask(pairing, wanted, &alike, Refusal { fact, place });
            asked = true;
        }
        let label = wanted.default_label(self.default_locale);
        let elsewhere: Vec<&'a Definition> = free
            .into_iter()
            .filter(|it| it.system_presence != wanted.system_presence)
            .filter(|it| label.is_some() && it.default_label(self.default_locale) == label)
            .collect();
        if !elsewhere.is_empty() {
            let candidates = elsewhere.iter().map(|it| candidate(it, self.default_locale, &BTreeMap::new())).collect();
            let fact = Fact::OtherSystemPresence { key: wanted.key.clone(), candidates };
            ask(pairing, wanted, &elsewhere, Refusal { fact, place });
            asked = true;
        }
        asked
    }
}

fn ask<'a>(pairing: &mut Pairing<'a>, wanted: &'a Wanted, about: &[&'a Definition], refusal: Refusal) {
    for object in about {
        if !pairing.claimed.contains_key(&object.id) {
            pairing.in_question.entry(&object.id).or_insert(&wanted.key);
        }
    }
    pairing.refusals.push(refusal);
}

/// Do they share a label in any locale, or does one's default label contain the other's?
fn looks_like(wanted: &Wanted, object: &Definition, default_locale: &Locale) -> bool {
    let shares = wanted
        .labels
        .pair(&object.labels)
        .iter()
        .any(|pair| pair.first.is_some_and(|label| !label.as_str().trim().is_empty()) && pair.first == pair.second);
    let contains = match (wanted.default_label(default_locale), object.default_label(default_locale)) {
        (Some(ours), Some(theirs)) => {
            let (ours, theirs) = (ours.folded(), theirs.folded());
            !ours.is_empty() && !theirs.is_empty() && (ours.contains(&theirs) || theirs.contains(&ours))
        }
        _ => false,
    };
    shares || contains
}
