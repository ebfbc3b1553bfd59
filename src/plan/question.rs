//! The questions that are asked before something is made: is this a rename, does it take the place
//! of one under another system presence? A presence that is made anew by mistake splits reports,
//! and can never be removed for good.

use std::collections::{BTreeMap, HashMap};

use crate::model::desired::{Desired, Management, Wanted};
use crate::model::names::{DefinitionId, Key, Label, Locale};
use crate::model::observed::{Definition, Observed, Primary};
use crate::plan::matching::{Found, Pairing, candidate};
use crate::plan::refusal::{By, Candidate, Fact, Refusal, Said};

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
    /// Active objects that are not certainly the platform's own, with their default labels folded,
    /// by system presence.
    here: HashMap<&'a str, Vec<(&'a Definition, Option<String>)>>,
    /// The same objects by default label, whatever their system presence.
    called: HashMap<&'a str, Vec<&'a Definition>>,
    /// The same objects by system presence, locale (in its normal form) and label.
    shown: HashMap<(&'a str, String, &'a str), Vec<&'a Definition>>,
}

impl<'a> Questions<'a> {
    /// Over one config and one org.
    #[must_use]
    pub fn new(desired: &'a Desired, observed: &'a Observed) -> Questions<'a> {
        let default_locale = &desired.settings.default_locale;
        let mut questions =
            Questions { desired, default_locale, here: HashMap::new(), called: HashMap::new(), shown: HashMap::new() };
        for object in observed.definitions.iter().filter(|it| !it.deactivated && it.primary != Primary::Yes) {
            let (presence, label) = (object.system_presence.folded(), object.default_label(default_locale));
            questions.here.entry(presence).or_default().push((object, label.map(Label::folded)));
            if let Some(label) = label {
                questions.called.entry(label.nfc()).or_default().push(object);
            }
            for (locale, label) in object.labels.iter().filter(|(_, label)| !label.as_str().trim().is_empty()) {
                questions.shown.entry((presence, locale.normal(), label.nfc())).or_default().push(object);
            }
        }
        questions
    }

    /// What `replaces` finds, for every managed definition that says it and is not in doubt itself.
    /// What one definition alone finds is claimed, whatever the order of keys.
    pub fn replaced_by_all(&self, pairing: &mut Pairing<'a>) -> BTreeMap<&'a Key, Replaced<'a>> {
        let found: Vec<(&'a Wanted, Vec<&'a Definition>)> = self
            .desired
            .definitions
            .values()
            .filter(|it| it.management == Management::Managed)
            .filter(|it| !matches!(pairing.found.get(&it.key), Some(Found::Open | Found::AlreadyDeactivated(_))))
            .map(|it| (it, self.could_be_replaced(it, pairing)))
            .collect();
        let mut wanted_by: BTreeMap<&DefinitionId, Vec<&'a Wanted>> = BTreeMap::new();
        for (wanted, objects) in &found {
            for object in objects {
                wanted_by.entry(&object.id).or_default().push(wanted);
            }
        }
        let mut all = BTreeMap::new();
        let mut claims = Vec::new();
        for (wanted, objects) in &found {
            let shared = objects.iter().any(|it| wanted_by.get(&it.id).is_some_and(|it| it.len() > 1));
            let replaced = match objects.as_slice() {
                [] => Replaced::Nothing,
                [_] if shared => Replaced::Open,
                [object] if !pairing.in_question.contains_key(&object.id) && object.primary == Primary::No => {
                    claims.push((&object.id, &wanted.key));
                    Replaced::One(object)
                }
                _ => {
                    let fact = Fact::Ambiguous {
                        key: wanted.key.clone(),
                        by: By::Replaces,
                        candidates: objects.iter().map(|it| self.candidate(it)).collect(),
                    };
                    ask(pairing, wanted, objects, Refusal { fact, place: wanted.places.replaces });
                    Replaced::Open
                }
            };
            all.insert(&wanted.key, replaced);
        }
        for (wanted, objects) in &found {
            for object in objects {
                let sharers = wanted_by.get(&object.id).map_or(&[] as &[_], Vec::as_slice);
                if sharers.len() > 1 && sharers.first().is_some_and(|first| first.key == wanted.key) {
                    let keys = sharers.iter().map(|it| it.key.clone()).collect();
                    let fact = Fact::ReplacedTwice { keys, candidate: self.candidate(object) };
                    ask(pairing, wanted, &[object], Refusal { fact, place: wanted.places.replaces });
                }
            }
        }
        pairing.claimed.extend(claims);
        all
    }

    /// Active, under the system presence that `replaces` names, with the default label or a
    /// previous one, and no other definition's.
    fn could_be_replaced(&self, wanted: &'a Wanted, pairing: &Pairing<'a>) -> Vec<&'a Definition> {
        let Some(presence) = &wanted.replaces else { return Vec::new() };
        if wanted.deactivated {
            return Vec::new();
        }
        let label = wanted.default_label(self.default_locale);
        let candidates = self.here.get(presence.folded()).map_or(&[] as &[_], Vec::as_slice);
        candidates
            .iter()
            .map(|(object, _)| *object)
            .filter(|it| it.system_presence != wanted.system_presence)
            .filter(|it| !pairing.claimed.contains_key(&it.id))
            .filter(|it| {
                it.default_label(self.default_locale)
                    .is_some_and(|its| Some(its) == label || wanted.previous_labels.contains(its))
            })
            .collect()
    }

    /// An object that nobody has, as a refusal shows it.
    fn candidate(&self, object: &Definition) -> Candidate {
        candidate(object, self.default_locale, &BTreeMap::new())
    }

    /// What is of the same system presence and shares a label in any locale, or one's default label
    /// contains the other's. By id.
    fn alike(&self, wanted: &'a Wanted) -> Vec<&'a Definition> {
        let presence = wanted.system_presence.folded();
        let mut alike: BTreeMap<&DefinitionId, &'a Definition> = BTreeMap::new();
        for (locale, label) in wanted.labels.iter() {
            let sharing = self.shown.get(&(presence, locale.normal(), label.nfc()));
            alike.extend(sharing.into_iter().flatten().map(|it| (&it.id, *it)));
        }
        let ours = wanted.default_label(self.default_locale).map(Label::folded).filter(|it| !it.is_empty());
        if let (Some(ours), Some(here)) = (ours, self.here.get(presence)) {
            let contained = |theirs: &str| !theirs.is_empty() && (ours.contains(theirs) || theirs.contains(&ours));
            let containing = here.iter().filter(|(_, label)| label.as_deref().is_some_and(contained));
            alike.extend(containing.map(|(it, _)| (&it.id, *it)));
        }
        alike.into_values().collect()
    }

    /// What has the default label under another system presence.
    fn elsewhere(&self, wanted: &'a Wanted) -> impl Iterator<Item = &'a Definition> {
        let called = wanted.default_label(self.default_locale).and_then(|label| self.called.get(label.nfc()));
        called.into_iter().flatten().copied().filter(|it| it.system_presence != wanted.system_presence)
    }

    /// Asks what has to be asked before this unmatched definition is made. True where something was
    /// asked.
    pub fn before_creating(&self, wanted: &'a Wanted, replaced: Replaced<'a>, pairing: &mut Pairing<'a>) -> bool {
        // `replaces` says which one it was, as `new: true` says that it was none.
        if wanted.new || replaced != Replaced::Nothing {
            return false;
        }
        let is_free =
            |it: &&'a Definition| !pairing.claimed.contains_key(&it.id) && !self.desired.protect.contains_key(&it.id);
        let place = Some(wanted.places.key);
        let alike: Vec<&'a Definition> = self.alike(wanted).into_iter().filter(is_free).collect();
        let elsewhere: Vec<&'a Definition> = self.elsewhere(wanted).filter(is_free).collect();
        let mut asked = false;
        if !alike.is_empty() {
            let candidates = alike.iter().map(|it| self.candidate(it)).collect();
            let fact = Fact::LooksLikeRename { key: wanted.key.clone(), candidates, said: said(wanted) };
            ask(pairing, wanted, &alike, Refusal { fact, place });
            asked = true;
        }
        if !elsewhere.is_empty() {
            let candidates = elsewhere.iter().map(|it| self.candidate(it)).collect();
            let fact = Fact::OtherSystemPresence { key: wanted.key.clone(), candidates, said: said(wanted) };
            ask(pairing, wanted, &elsewhere, Refusal { fact, place });
            asked = true;
        }
        asked
    }
}

fn said(wanted: &Wanted) -> Said {
    Said { previous_labels: wanted.previous_labels.clone(), replaces: wanted.replaces.is_some() }
}

fn ask<'a>(pairing: &mut Pairing<'a>, wanted: &'a Wanted, about: &[&'a Definition], refusal: Refusal) {
    for object in about {
        if !pairing.claimed.contains_key(&object.id) {
            pairing.in_question.entry(&object.id).or_insert(&wanted.key);
        }
    }
    pairing.refusals.push(refusal);
}
