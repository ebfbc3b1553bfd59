//! Matches objects of the org with definitions of the config: by pin, then all by label, then the rest by previous
//! labels.
//! Matching includes objects that are never changed. Otherwise a definition equal to one of the platform's own would be
//! created a second time.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use crate::model::desired::{Desired, Management, Wanted};
use crate::model::label_cycle::in_label_cycles;
use crate::model::names::{DefinitionId, Key, Label, Locale, SystemPresence};
use crate::model::observed::{Definition, Observed, Primary};
use crate::model::source::Span;
use crate::plan::blocker::{AmbiguousBy, Blocker, Candidate, Fact};
use crate::plan::change::Matched;

/// The match of one definition of the config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match<'a> {
    One(&'a Definition, Matched),
    /// The definition should be deactivated, and the org has no active object for it.
    AlreadyDeactivated(Option<&'a Definition>),
    Nothing,
    /// A blocker concerns it. It stays open until a person answers.
    Open,
}

#[derive(Debug, Default)]
pub struct Pairing<'a> {
    pub found: BTreeMap<&'a Key, Match<'a>>,
    pub claimed: BTreeMap<&'a DefinitionId, &'a Key>,
    /// Objects that a blocker names, with the refused definition.
    pub in_question: BTreeMap<&'a DefinitionId, &'a Key>,
    /// The definitions without a match, and why.
    pub blockers: Vec<Blocker>,
}

/// The most objects or definitions that a question names. The question is about all of them.
pub const CANDIDATES_NAMED_MAX: usize = 10;

/// The objects of one system presence and default label, by id.
/// A managed definition claims a single active object. An omitted definition claims all of them. So either all active
/// objects have one owner, or none has one.
#[derive(Debug, Default)]
struct Group<'a> {
    active: Vec<&'a Definition>,
    deactivated: Vec<&'a Definition>,
}

/// The key of a group.
type Name<'a> = (&'a str, &'a str);

/// One previous label of a definition, and the active objects that have it now.
#[derive(Clone)]
struct Before<'a> {
    name: Name<'a>,
    label: &'a Label,
    group: Rc<Group<'a>>,
}

impl<'a> Before<'a> {
    fn first(&self) -> &'a Definition {
        self.group.active[0]
    }
}

struct Matcher<'a> {
    desired: &'a Desired,
    default_locale: &'a Locale,
    by_label: HashMap<Name<'a>, Rc<Group<'a>>>,
    asked: HashSet<Name<'a>>,
    result: Pairing<'a>,
}

/// Matches every definition with at most one object, and every object with at most one definition.
pub fn pair<'a>(desired: &'a Desired, observed: &'a Observed) -> Pairing<'a> {
    let mut matcher = Matcher {
        desired,
        default_locale: &desired.settings.default_locale,
        by_label: HashMap::new(),
        asked: HashSet::new(),
        result: Pairing::default(),
    };
    matcher.take_pins(observed);
    matcher.index_what_is_left(observed);
    // Omitted definitions come first, because their objects are never changed.
    matcher.take_labels(Management::Omitted);
    matcher.take_labels(Management::Managed);
    matcher.doubt_deactivated_matches();
    matcher.doubt_label_cycles();
    matcher.take_previous_labels();
    for key in desired.definitions.keys() {
        matcher.result.found.entry(key).or_insert(Match::Nothing);
    }
    matcher.result
}

impl<'a> Matcher<'a> {
    fn take_pins(&mut self, observed: &'a Observed) {
        for (key, wanted) in &self.desired.definitions {
            let Some(pin) = &wanted.pin else { continue };
            let found = match observed.get(pin) {
                // An omitted definition whose pinned object is gone needs nothing.
                None if wanted.management == Management::Omitted => Match::Nothing,
                None if let Some(odd) = observed.odd(pin) => {
                    let (key, id, what) = (key.clone(), pin.clone(), odd.in_words());
                    self.refuse(wanted, wanted.places.pin, Fact::PinnedToOdd { key, id, what });
                    Match::Open
                }
                None => {
                    self.refuse(wanted, wanted.places.pin, Fact::PinNotFound { key: key.clone(), id: pin.clone() });
                    Match::Open
                }
                // An omitted object is unmanaged in any case. Only a managed one can be wrong.
                Some(object)
                    if object.system_presence != wanted.system_presence && wanted.management == Management::Managed =>
                {
                    self.result.claimed.insert(&object.id, key);
                    let name = object.default_label(self.default_locale);
                    let fact = Fact::PinnedElsewhere {
                        key: key.clone(),
                        id: pin.clone(),
                        wanted: wanted.system_presence.clone(),
                        found: object.system_presence.clone(),
                        name: name.cloned(),
                        is_called_so: name == wanted.default_label(self.default_locale),
                    };
                    self.refuse(wanted, Some(wanted.places.system_presence), fact);
                    Match::Open
                }
                Some(object) => {
                    self.result.claimed.insert(&object.id, key);
                    Match::One(object, Matched::Pin)
                }
            };
            self.result.found.insert(key, found);
        }
    }

    fn index_what_is_left(&mut self, observed: &'a Observed) {
        let mut groups: HashMap<Name<'a>, Group<'a>> = HashMap::new();
        for object in &observed.definitions {
            if self.result.claimed.contains_key(&object.id) {
                continue;
            }
            if let Some(label) = object.default_label(self.default_locale) {
                let group = groups.entry((object.system_presence.folded(), label.nfc())).or_default();
                if object.deactivated { group.deactivated.push(object) } else { group.active.push(object) }
            }
        }
        self.by_label = groups.into_iter().map(|(name, group)| (name, Rc::new(group))).collect();
    }

    fn with_label(&self, presence: &'a SystemPresence, label: &'a Label) -> Option<Rc<Group<'a>>> {
        self.by_label.get(&(presence.folded(), label.nfc())).cloned()
    }

    fn take_labels(&mut self, management: Management) {
        for (key, wanted) in &self.desired.definitions {
            if wanted.pin.is_some() || wanted.management != management {
                continue;
            }
            let Some(label) = wanted.default_label(self.default_locale) else { continue };
            let Some(group) = self.with_label(&wanted.system_presence, label) else { continue };
            let Group { active, deactivated } = &*group;
            // A checked config has no label twice. An object has one definition, whichever step found it.
            let taken = active.iter().chain(deactivated).any(|it| self.result.claimed.contains_key(&it.id));
            let found = if taken && management == Management::Managed {
                let all: Vec<&Definition> = active.iter().chain(deactivated).copied().collect();
                self.ambiguous(wanted, AmbiguousBy::Label, &all);
                Match::Open
            } else if !active.is_empty() {
                self.only_one(wanted, active, AmbiguousBy::Label, Matched::Label)
            } else if wanted.deactivated {
                // Several deactivated twins are all in sync, so no choice is needed.
                for object in deactivated {
                    self.result.claimed.insert(&object.id, key);
                }
                Match::AlreadyDeactivated(deactivated.first().copied())
            } else {
                self.only_one(wanted, deactivated, AmbiguousBy::Label, Matched::Label)
            };
            self.result.found.insert(key, found);
        }
    }

    /// One candidate is a match. Several are ambiguous. The platform's own is refused.
    fn only_one(
        &mut self,
        wanted: &'a Wanted,
        candidates: &[&'a Definition],
        by: AmbiguousBy,
        matched: Matched,
    ) -> Match<'a> {
        let key = &wanted.key;
        if wanted.management == Management::Omitted {
            // Every candidate of an omitted definition stays unmanaged.
            for object in candidates {
                self.result.claimed.insert(&object.id, key);
            }
            return candidates.first().map_or(Match::Nothing, |object| Match::One(object, matched));
        }
        let [object] = candidates else {
            self.ambiguous(wanted, by, candidates);
            return Match::Open;
        };
        match object.primary {
            Primary::No => {
                self.result.claimed.insert(&object.id, key);
                Match::One(object, matched)
            }
            Primary::Yes => {
                let fact = Fact::MatchesPrimary { key: key.clone(), id: object.id.clone() };
                self.refuse(wanted, None, fact);
                Match::Open
            }
            Primary::NotKnown => {
                self.result.in_question.insert(&object.id, key);
                let fact = Fact::PrimaryNotKnown { key: key.clone(), id: object.id.clone() };
                self.refuse(wanted, None, fact);
                Match::Open
            }
        }
    }

    /// The previous labels that active objects have, each once.
    fn with_previous_labels(&self, wanted: &'a Wanted) -> Vec<Before<'a>> {
        let mut seen: HashSet<&str> = HashSet::new();
        let labels = wanted.previous_labels.iter().filter(|it| seen.insert(it.nfc()));
        let presence = wanted.system_presence.folded();
        let before = labels.filter_map(|label| {
            let (name, group) = self.by_label.get_key_value(&(presence, label.nfc()))?;
            (!group.active.is_empty()).then(|| Before { name: *name, label, group: Rc::clone(group) })
        });
        before.collect()
    }

    /// The definition that claims the active objects of a group.
    fn claimer(&self, before: &Before<'a>) -> Option<&'a Key> {
        self.result.claimed.get(&before.first().id).copied()
    }

    /// A deactivated object with the label and an active one with a previous label: both could be it, and taking the
    /// first would leave two in use.
    /// For an omitted definition, this is also ambiguous if both are active.
    fn doubt_deactivated_matches(&mut self) {
        for (key, wanted) in &self.desired.definitions {
            let object = match self.result.found.get(key) {
                // A definition that should be deactivated is in sync. An active object with a previous label then
                // belongs to another definition.
                Some(Match::One(object, Matched::Label))
                    if object.deactivated || wanted.management == Management::Omitted =>
                {
                    *object
                }
                _ => continue,
            };
            let mut free = self.with_previous_labels(wanted);
            free.retain(|it| self.claimer(it).is_none());
            if free.is_empty() {
                continue;
            }
            if wanted.management == Management::Omitted {
                // Every candidate of an omitted definition stays unmanaged.
                let objects = free.iter().flat_map(|it| it.group.active.iter());
                self.result.claimed.extend(objects.map(|it| (&it.id, key)));
                continue;
            }
            self.result.claimed.remove(&object.id);
            self.ambiguous_before(wanted, Some(object), &free);
            self.result.found.insert(key, Match::Open);
        }
    }

    /// Finds labels that change hands in a cycle. Every definition of the cycle finds an object by its label, but not
    /// the object that it had before. Only a pin can decide which object is which.
    fn doubt_label_cycles(&mut self) {
        let mut takers: BTreeMap<&Key, BTreeSet<&Key>> = BTreeMap::new();
        for (key, wanted) in &self.desired.definitions {
            if wanted.management == Management::Managed
                && matches!(self.result.found.get(key), Some(Match::One(_, Matched::Label)))
            {
                let before = self.with_previous_labels(wanted);
                let taken = before.iter().filter_map(|it| self.claimer(it));
                takers.insert(key, taken.filter(|taker| *taker != key).collect());
            }
        }
        for key in in_label_cycles(&takers) {
            let Some(wanted) = self.desired.definitions.get(key) else { continue };
            let mut before = self.with_previous_labels(wanted);
            before.retain(|it| self.claimer(it).is_some_and(|taker| taker != key));
            self.ambiguous_before(wanted, None, &before);
            self.result.found.insert(key, Match::Open);
        }
    }

    fn take_previous_labels(&mut self) {
        let mut rest: Vec<&'a Wanted> = self
            .desired
            .definitions
            .values()
            .filter(|it| !self.result.found.contains_key(&it.key) && !it.previous_labels.is_empty())
            .collect();
        // As with labels, omitted definitions come first.
        rest.sort_by_key(|it| it.management == Management::Managed);
        let mut wanted_by: HashMap<Name<'a>, usize> = HashMap::new();
        let mut last_omitted: HashMap<Name<'a>, &'a Key> = HashMap::new();
        for wanted in &rest {
            for Before { name, .. } in self.with_previous_labels(wanted) {
                *wanted_by.entry(name).or_default() += 1;
                if wanted.management == Management::Omitted {
                    last_omitted.insert(name, &wanted.key);
                }
            }
        }
        for wanted in rest {
            let mut before = self.with_previous_labels(wanted);
            // An object that another definition has by its label belongs to that definition. Nothing remains to
            // deactivate here. It may be what the last apply made, so it raises no question.
            match wanted.management {
                Management::Managed if !wanted.deactivated => {}
                Management::Managed => before.retain(|it| self.claimer(it).is_none()),
                Management::Omitted => before.retain(|it| !self.is_managed(it)),
            }
            let Some(first) = before.first() else { continue };
            let matched = Matched::PreviousLabel(first.label.clone());
            let contested = before
                .iter()
                .any(|it| self.claimer(it).is_some() || wanted_by.get(&it.name).is_some_and(|count| *count > 1));
            let found = match (wanted.management, before.as_slice()) {
                // Omitted definitions may share objects, because these are never changed. The last one is recorded.
                (Management::Omitted, _) => {
                    for Before { name, group, .. } in &before {
                        if last_omitted.get(name) == Some(&&wanted.key) {
                            self.result.claimed.extend(group.active.iter().map(|it| (&it.id, &wanted.key)));
                        }
                    }
                    Match::One(first.first(), matched)
                }
                (Management::Managed, [only]) if !contested && only.group.active.len() == 1 => {
                    self.only_one(wanted, &only.group.active, AmbiguousBy::PreviousLabels, matched)
                }
                (Management::Managed, _) => {
                    self.ambiguous_before(wanted, None, &before);
                    Match::Open
                }
            };
            self.result.found.insert(&wanted.key, found);
        }
    }

    fn is_managed(&self, before: &Before<'a>) -> bool {
        let claimer = self.claimer(before).and_then(|key| self.desired.definitions.get(key));
        claimer.is_some_and(|it| it.management == Management::Managed)
    }

    fn ambiguous(&mut self, wanted: &'a Wanted, by: AmbiguousBy, objects: &[&'a Definition]) {
        for object in objects {
            self.result.in_question.entry(&object.id).or_insert(&wanted.key);
        }
        self.ask(wanted, by, objects.iter().copied());
    }

    /// Refuses a definition for this object, if any, and those with previous labels.
    fn ambiguous_before(&mut self, wanted: &'a Wanted, object: Option<&'a Definition>, before: &[Before<'a>]) {
        if let Some(object) = object {
            self.result.in_question.entry(&object.id).or_insert(&wanted.key);
        }
        for Before { name, group, .. } in before {
            // An object is listed under the first definition that is in question with it.
            if self.asked.insert(*name) {
                for object in &group.active {
                    self.result.in_question.entry(&object.id).or_insert(&wanted.key);
                }
            }
        }
        let objects = before.iter().flat_map(|it| it.group.active.iter().copied());
        self.ask(wanted, AmbiguousBy::PreviousLabels, object.into_iter().chain(objects));
    }

    fn ask(&mut self, wanted: &'a Wanted, by: AmbiguousBy, mut objects: impl Iterator<Item = &'a Definition>) {
        let named = objects.by_ref().take(CANDIDATES_NAMED_MAX);
        let candidates = named.map(|it| candidate(it, self.default_locale, &self.result.claimed)).collect();
        let more = objects.next().is_some();
        let place = match by {
            AmbiguousBy::Label => None,
            AmbiguousBy::PreviousLabels => wanted.places.previous_labels.first().copied(),
            AmbiguousBy::Replaces => wanted.places.replaces,
        };
        self.refuse(wanted, place, Fact::Ambiguous { key: wanted.key.clone(), by, candidates, more });
    }

    fn refuse(&mut self, wanted: &Wanted, place: Option<Span>, fact: Fact) {
        let place = place.unwrap_or_else(|| wanted.named_at(self.default_locale));
        self.result.blockers.push(Blocker { fact, place: Some(place) });
    }
}

/// An object as a blocker shows it.
pub fn candidate(object: &Definition, default_locale: &Locale, claimed: &BTreeMap<&DefinitionId, &Key>) -> Candidate {
    Candidate {
        id: object.id.clone(),
        system_presence: object.system_presence.clone(),
        name: object.name(default_locale).cloned(),
        has_default_label: object.default_label(default_locale).is_some(),
        deactivated: object.deactivated,
        platforms_own: object.primary == Primary::Yes,
        taken_by: claimed.get(&object.id).map(|key| (*key).clone()),
    }
}
