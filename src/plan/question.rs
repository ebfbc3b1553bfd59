//! The questions before a create: is it a rename, or a replacement of an object under another system presence? A
//! presence that is created again by mistake splits reports and can never be fully removed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::alike;
use crate::model::desired::{Desired, Management, Wanted};
use crate::model::names::{DefinitionId, Key, Label, Locale};
use crate::model::observed::{Definition, Observed, Primary};
use crate::model::odd::HALF;
use crate::plan::blocker::{AmbiguousBy, Blocker, Candidate, CandidateWords, Fact};
use crate::plan::contained::contained;
use crate::plan::evidence::{Evidence, Had};
use crate::plan::matching::{CANDIDATES_NAMED_MAX, Match, Pairing, candidate};

/// An object under another system presence that a definition replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced<'a> {
    /// `replaces` is absent or finds no active object.
    Nothing,
    One(&'a Definition),
    Open,
}

/// The input of all questions, indexed once.
pub struct Questions<'a> {
    desired: &'a Desired,
    default_locale: &'a Locale,
    /// Active objects that may not be the platform's own, by id.
    objects: Vec<&'a Definition>,
}

/// Objects with one label, and the questions that name them.
#[derive(Default)]
struct Group<'a> {
    objects: Vec<&'a Definition>,
    /// The definitions whose `replaces` names one of them.
    takers: Vec<&'a Wanted>,
    /// The objects that are already in question: all of them, or those outside this system presence.
    #[expect(clippy::option_option, reason = "not asked; asked about all; asked about all but those of one presence")]
    asked: Option<Option<&'a str>>,
}

impl<'a> Group<'a> {
    /// The objects in no earlier question, for a question that excludes one system presence.
    fn not_asked_before(&mut self, but: Option<&'a str>) -> Vec<&'a Definition> {
        let before = self.asked;
        let is_asked = |it: &Definition| match before {
            None => false,
            Some(None) => true,
            Some(Some(left)) => it.system_presence.folded() != left,
        };
        let is_all = matches!(before, Some(None)) || but.is_none() || before.is_some_and(|it| it != but);
        self.asked = if is_all { Some(None) } else { Some(but) };
        if matches!(before, Some(None)) || before == Some(but) {
            return Vec::new();
        }
        let is_meant = |it: &Definition| but.is_none_or(|but| it.system_presence.folded() != but);
        self.objects.iter().copied().filter(|it| is_meant(it) && !is_asked(it)).collect()
    }
}

type Replaceable<'a> = HashMap<(&'a str, &'a str), Group<'a>>;

/// The objects that a question names: the first few, and whether there are more.
struct Named<'a> {
    objects: Vec<&'a Definition>,
    more: bool,
}

impl<'a> Named<'a> {
    /// Each once, by id.
    fn of(objects: impl IntoIterator<Item = &'a Definition>) -> Named<'a> {
        let by_id: BTreeMap<&DefinitionId, &'a Definition> = objects.into_iter().map(|it| (&it.id, it)).collect();
        let more = by_id.len() > CANDIDATES_NAMED_MAX;
        Named { objects: by_id.into_values().take(CANDIDATES_NAMED_MAX).collect(), more }
    }

    /// Moves this object to the front.
    fn led_by(self, first: &'a Definition) -> Named<'a> {
        let others: Vec<&Definition> = self.objects.into_iter().filter(|it| it.id != first.id).collect();
        let more = self.more || others.len() >= CANDIDATES_NAMED_MAX;
        Named { objects: std::iter::once(first).chain(others).take(CANDIDATES_NAMED_MAX).collect(), more }
    }
}

/// The object that a definition had in an earlier state, if it counts.
#[derive(Clone, Copy)]
struct Earlier<'a> {
    object: &'a Definition,
    had: &'a Had,
}

impl<'a> Questions<'a> {
    pub fn new(desired: &'a Desired, observed: &'a Observed) -> Questions<'a> {
        let is_asked_about = |it: &&Definition| !it.deactivated && it.primary != Primary::Yes;
        let objects = observed.definitions.iter().filter(is_asked_about).collect();
        Questions { desired, default_locale: &desired.settings.default_locale, objects }
    }

    /// The result of `replaces` for every managed definition that has it and is not ambiguous itself. An object that
    /// only one definition finds is claimed, in any order of keys.
    pub fn replaced_by_all(&self, pairing: &mut Pairing<'a>) -> BTreeMap<&'a Key, Replaced<'a>> {
        let asking: Vec<&'a Wanted> = self
            .desired
            .definitions
            .values()
            .filter(|it| it.management == Management::Managed)
            .filter(|it| !matches!(pairing.found.get(&it.key), Some(Match::Open | Match::AlreadyDeactivated(_))))
            .collect();
        let mut groups: Replaceable<'a> = Replaceable::new();
        for object in self.objects.iter().filter(|it| !pairing.claimed.contains_key(&it.id)) {
            if let Some(label) = object.default_label(self.default_locale) {
                let group = groups.entry((object.system_presence.folded(), label.nfc())).or_default();
                group.objects.push(object);
            }
        }
        for wanted in &asking {
            for name in self.replaceable(wanted) {
                if let Some(group) = groups.get_mut(&name) {
                    group.takers.push(wanted);
                }
            }
        }
        let mut all = BTreeMap::new();
        let mut claims = Vec::new();
        for wanted in &asking {
            let names: Vec<_> = self.replaceable(wanted).into_iter().filter(|it| groups.contains_key(it)).collect();
            let found: Vec<&Group<'a>> = names.iter().filter_map(|it| groups.get(it)).collect();
            let few = found.iter().flat_map(|it| it.objects.iter().copied().take(CANDIDATES_NAMED_MAX + 1));
            let Named { objects, more } = Named::of(few);
            let shared = found.iter().any(|it| it.takers.len() > 1);
            let replaced = match objects.as_slice() {
                [] => Replaced::Nothing,
                [_] if shared => Replaced::Open,
                [object] if !pairing.in_question.contains_key(&object.id) && object.primary == Primary::No => {
                    claims.push((&object.id, &wanted.key));
                    Replaced::One(object)
                }
                _ => {
                    let candidates = objects.iter().map(|it| self.candidate(it)).collect();
                    let fact = Fact::Ambiguous { key: wanted.key.clone(), by: AmbiguousBy::Replaces, candidates, more };
                    for name in &names {
                        let about = groups.get_mut(name).map(|it| it.not_asked_before(None)).unwrap_or_default();
                        ask_about(pairing, wanted, &about);
                    }
                    pairing.blockers.push(Blocker { fact, place: wanted.places.replaces });
                    Replaced::Open
                }
            };
            all.insert(&wanted.key, replaced);
        }
        for wanted in &asking {
            let mut objects: Vec<(&'a Definition, &[&'a Wanted])> = Vec::new();
            for name in self.replaceable(wanted) {
                let Some(group) = groups.get(&name) else { continue };
                if group.takers.len() > 1 && group.takers.first().is_some_and(|first| first.key == wanted.key) {
                    objects.extend(group.objects.iter().map(|it| (*it, group.takers.as_slice())));
                }
            }
            objects.sort_by_key(|(it, _)| &it.id);
            for (object, takers) in objects {
                let named = takers.iter().take(CANDIDATES_NAMED_MAX);
                let keys = named.map(|it| it.key.clone()).collect();
                let more = takers.len() > CANDIDATES_NAMED_MAX;
                let fact = Fact::ReplacedTwice { keys, more, candidate: self.candidate(object) };
                ask_about(pairing, wanted, &[object]);
                pairing.blockers.push(Blocker { fact, place: wanted.places.replaces });
            }
        }
        pairing.claimed.extend(claims);
        all
    }

    /// The names under which this definition may find the object that it replaces: active, under the system presence in
    /// `replaces`, with the default label or a previous one. Each name once.
    fn replaceable(&self, wanted: &'a Wanted) -> BTreeSet<(&'a str, &'a str)> {
        let Some(presence) = &wanted.replaces else { return BTreeSet::new() };
        if wanted.deactivated || *presence == wanted.system_presence {
            return BTreeSet::new();
        }
        let labels = wanted.default_label(self.default_locale).into_iter().chain(&wanted.previous_labels);
        labels.map(|it| (presence.folded(), it.nfc())).collect()
    }

    /// An unclaimed object, as a blocker shows it.
    fn candidate(&self, object: &Definition) -> Candidate {
        candidate(object, self.default_locale, &BTreeMap::new())
    }

    /// Raises the questions about unmatched definitions, in the order of keys. Returns the definitions with a question.
    pub fn before_creating(
        &self,
        replaced: &BTreeMap<&'a Key, Replaced<'a>>,
        evidence: Option<&'a Evidence>,
        pairing: &mut Pairing<'a>,
    ) -> BTreeSet<&'a Key> {
        let is_made = |it: &&'a Wanted| {
            // `replaces` already answers the question.
            let is_said = replaced.get(&it.key).is_some_and(|it| *it != Replaced::Nothing);
            let is_found = !matches!(pairing.found.get(&it.key), None | Some(Match::Nothing));
            it.management == Management::Managed && !it.deactivated && !is_found && !is_said
        };
        let made: Vec<&'a Wanted> = self.desired.definitions.values().filter(is_made).collect();
        let is_free =
            |it: &&&'a Definition| !pairing.claimed.contains_key(&it.id) && !self.desired.protect.contains_key(&it.id);
        let free: Vec<&'a Definition> = self.objects.iter().filter(is_free).copied().collect();
        let mut earlier = evidence.map_or_else(BTreeMap::new, |it| self.earlier(it, &made, &free));
        // `new: true` declares that it is none of the similar objects.
        let making: Vec<&'a Wanted> = made.iter().copied().filter(|it| !it.new).collect();
        let mut alike = Alike::new(&making, &free, self.default_locale);
        let mut called: HashMap<String, Group<'a>> = HashMap::new();
        for object in &free {
            if let Some(label) = object.default_label(self.default_locale).filter(|_| !making.is_empty()) {
                called.entry(alike::folded(label.nfc())).or_default().objects.push(object);
            }
        }
        let mut asked = BTreeSet::new();
        for (index, wanted) in making.into_iter().enumerate() {
            let place = Some(wanted.named_at(self.default_locale));
            let (named, had) = (alike.named(index, wanted), earlier.remove(&wanted.key));
            if !named.objects.is_empty() || had.is_some() {
                ask_about(pairing, wanted, &alike.not_asked_before(index, wanted));
                self.ask_whether_renamed(wanted, named, had, pairing);
                asked.insert(&wanted.key);
            }
            // Objects under another system presence whose label reads the same.
            let label = wanted.default_label(self.default_locale);
            let Some(group) = label.and_then(|label| called.get_mut(&alike::folded(label.nfc()))) else { continue };
            let elsewhere = group.objects.iter().copied().filter(|it| it.system_presence != wanted.system_presence);
            let Named { objects, more } = Named::of(elsewhere.take(CANDIDATES_NAMED_MAX + 1));
            if !objects.is_empty() {
                let candidates = objects.iter().map(|it| self.candidate(it)).collect();
                let said = CandidateWords::of(wanted, self.default_locale);
                let fact = Fact::OtherSystemPresence { key: wanted.key.clone(), candidates, more, said };
                ask_about(pairing, wanted, &group.not_asked_before(Some(wanted.system_presence.folded())));
                pairing.blockers.push(Blocker { fact, place });
                asked.insert(&wanted.key);
            }
        }
        // Definitions whose `new: true` was about the object that they had.
        for (key, had) in earlier {
            if let Some(wanted) = self.desired.definitions.get(key) {
                self.ask_whether_renamed(wanted, Named { objects: Vec::new(), more: false }, Some(had), pairing);
                asked.insert(key);
            }
        }
        asked
    }

    /// The objects that definitions to create had in an earlier state, where that counts. The object is unclaimed, and
    /// the definition does not declare that it is another one.
    fn earlier(
        &self,
        evidence: &'a Evidence,
        made: &[&'a Wanted],
        free: &[&'a Definition],
    ) -> BTreeMap<&'a Key, Earlier<'a>> {
        let free: HashMap<&DefinitionId, &'a Definition> = free.iter().map(|it| (&it.id, *it)).collect();
        let counts = |wanted: &&'a Wanted| {
            let had = evidence.known.get(&wanted.key).filter(|it| !wanted.new || it.said_new)?;
            let object = *free.get(&had.id)?;
            let (ours, theirs) = (wanted.default_label(self.default_locale), object.default_label(self.default_locale));
            let is_elsewhere = object.system_presence != wanted.system_presence && ours.is_some() && ours == theirs;
            // This is a question of its own, which only `new: true` answers.
            (wanted.new || !is_elsewhere).then_some((&wanted.key, Earlier { object, had }))
        };
        made.iter().filter_map(counts).collect()
    }

    fn ask_whether_renamed(
        &self,
        wanted: &'a Wanted,
        alike: Named<'a>,
        earlier: Option<Earlier<'a>>,
        pairing: &mut Pairing<'a>,
    ) {
        let Named { objects, more } = match earlier {
            Some(Earlier { object, .. }) => alike.led_by(object),
            None => alike,
        };
        if let Some(Earlier { object, .. }) = earlier {
            ask_about(pairing, wanted, &[object]);
        }
        let fact = Fact::LooksLikeRename {
            key: wanted.key.clone(),
            candidates: objects.iter().map(|it| self.candidate(it)).collect(),
            more,
            said: CandidateWords::of(wanted, self.default_locale),
            earlier: earlier.map(|it| it.had.clone()),
            listed_from: None,
        };
        pairing.blockers.push(Blocker { fact, place: Some(wanted.named_at(self.default_locale)) });
    }
}

/// The objects that look like a definition to create. They share its system presence and have a label that reads the
/// same in any locale, or one default label contains the other.
/// Each list is walked once, however many pairs there are.
struct Alike<'a> {
    default_locale: &'a Locale,
    /// By system presence, locale (normalised) and label (folded).
    shown: HashMap<(&'a str, String, String), Group<'a>>,
    /// For each definition, some objects whose default label contains its own, or the other way round.
    related: Vec<Vec<&'a Definition>>,
    /// For each definition, the objects whose default labels look like its own and like none before it.
    first: Vec<Vec<&'a Definition>>,
}

impl<'a> Alike<'a> {
    fn new(making: &[&'a Wanted], free: &[&'a Definition], default_locale: &'a Locale) -> Alike<'a> {
        let mut alike = Alike {
            default_locale,
            shown: HashMap::new(),
            related: vec![Vec::new(); making.len()],
            first: vec![Vec::new(); making.len()],
        };
        if making.is_empty() {
            return alike;
        }
        let mut here: BTreeMap<&str, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for (index, wanted) in making.iter().enumerate() {
            here.entry(wanted.system_presence.folded()).or_default().0.push(index);
        }
        for (index, object) in free.iter().enumerate() {
            let presence = object.system_presence.folded();
            let Some((_, objects)) = here.get_mut(presence) else { continue };
            objects.push(index);
            for (locale, label) in object.labels.iter().filter(|(_, label)| !label.as_str().trim().is_empty()) {
                let name = (presence, locale.normal(), alike::folded(label.nfc()));
                alike.shown.entry(name).or_default().objects.push(object);
            }
        }
        for (wanted, objects) in here.into_values() {
            let folded = |label: Option<&Label>| label.map(|it| alike::folded(it.nfc())).unwrap_or_default();
            let ours: Vec<String> = wanted.iter().map(|it| folded(making[*it].default_label(default_locale))).collect();
            let theirs: Vec<String> =
                objects.iter().map(|it| uncut(&folded(free[*it].default_label(default_locale)))).collect();
            let in_ours = contained(&theirs, &ours, CANDIDATES_NAMED_MAX);
            let in_theirs = contained(&ours, &theirs, CANDIDATES_NAMED_MAX);
            for (place, index) in wanted.iter().enumerate() {
                let few = in_ours.inside[place].iter().chain(&in_theirs.around[place]);
                alike.related[*index] = few.map(|it| free[objects[*it]]).collect();
            }
            for (place, index) in objects.iter().enumerate() {
                let first = in_ours.first_around[place].into_iter().chain(in_theirs.first_inside[place]).min();
                if let Some(first) = first {
                    alike.first[wanted[first]].push(free[*index]);
                }
            }
        }
        alike
    }

    /// Its label and its previous labels.
    fn names(wanted: &'a Wanted, default_locale: &'a Locale) -> impl Iterator<Item = (&'a str, String, String)> {
        let presence = wanted.system_presence.folded();
        let previous = wanted.previous_labels.iter().map(move |label| (default_locale, label));
        let all = wanted.labels.iter().chain(previous);
        all.map(move |(locale, label)| (presence, locale.normal(), alike::folded(label.nfc())))
    }

    fn named(&self, index: usize, wanted: &'a Wanted) -> Named<'a> {
        let sharing = Alike::names(wanted, self.default_locale).filter_map(|it| self.shown.get(&it));
        let few = sharing.flat_map(|it| it.objects.iter().copied().take(CANDIDATES_NAMED_MAX + 1));
        Named::of(few.chain(self.related[index].iter().copied()))
    }

    /// Every object that looks like it and is in no earlier question.
    fn not_asked_before(&mut self, index: usize, wanted: &'a Wanted) -> Vec<&'a Definition> {
        let mut about = std::mem::take(&mut self.first[index]);
        for name in Alike::names(wanted, self.default_locale) {
            about.extend(self.shown.get_mut(&name).map(|it| it.not_asked_before(None)).unwrap_or_default());
        }
        about
    }
}

/// Removes a character that was cut in half.
fn uncut(label: &str) -> String {
    label.trim_end_matches(HALF).trim_end().to_owned()
}

/// Marks these objects as possible matches of a definition.
fn ask_about<'a>(pairing: &mut Pairing<'a>, wanted: &'a Wanted, about: &[&'a Definition]) {
    for object in about {
        if !pairing.claimed.contains_key(&object.id) {
            pairing.in_question.entry(&object.id).or_insert(&wanted.key);
        }
    }
}
