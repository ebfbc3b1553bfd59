//! Finds labels that read alike but should not: a translation equal to the default label, and labels of two definitions
//! in one language.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::config::check_text;
use crate::config::collector::Collector;
use crate::config::diagnostic::Diagnostic;
use crate::config::finding::Finding;
use crate::config::spellings::Spellings;
use crate::model::alike;
use crate::model::desired::{Management, Settings, Wanted};
use crate::model::labels::Scope;
use crate::model::names::{Key, Label, Locale, SystemPresence};
use crate::model::source::Span;

/// The most locales that one finding names.
const LOCALES_SHOWN_MAX: usize = 30;

/// The labels of a definition that are compared with an org.
struct Compared<'a> {
    wanted: &'a Wanted,
    labels: Vec<ComparedLabel<'a>>,
}

/// A label, its locale, and the number of that locale's normal form.
type ComparedLabel<'a> = (&'a Locale, usize, &'a Label);

/// All lookalikes among the labels that are compared with an org.
pub(super) fn check(definitions: &BTreeMap<Key, Wanted>, settings: &Settings, found: &mut Collector) {
    let managed: Option<HashSet<String>> = match &settings.scope {
        Scope::All => None,
        Scope::Only(locales) => Some(locales.iter().map(Locale::normal).collect()),
    };
    let mut locales = NumberedLocales { managed, ..NumberedLocales::default() };
    let is_active = |it: &&Wanted| it.management == Management::Managed && !it.deactivated;
    let mut active: Vec<&Wanted> = definitions.values().filter(is_active).collect();
    active.sort_by_key(|it| it.places.key);
    let default = &settings.default_locale;
    let mut digests = Digests::default();
    for wanted in &active {
        let compared = locales.compared(wanted);
        found.extend(untranslated(&compared, default));
        digests.add(&compared.labels);
    }
    let Some(repeated) = digests.repeated() else { return };
    let mut is_repeated = repeated.into_iter();
    let mut all = Vec::new();
    for wanted in &active {
        let mut compared = locales.compared(wanted);
        compared.labels.retain(|_| is_repeated.next() == Some(true));
        if !compared.labels.is_empty() {
            all.push(compared);
        }
    }
    shared(&all, default, found);
    look_alike(&all, found);
}

#[derive(Default)]
struct NumberedLocales {
    /// The normal forms of the managed locales. `None` if all are managed.
    managed: Option<HashSet<String>>,
    numbers: HashMap<String, usize>,
    /// The number of the normal form, by spelling. `None` for an unmanaged locale.
    spellings: Spellings<Option<usize>>,
}

impl NumberedLocales {
    fn number(&mut self, locale: &Locale) -> Option<usize> {
        let NumberedLocales { managed, numbers, spellings } = self;
        spellings.get_or(locale.as_str(), || {
            let normal = locale.normal();
            let next = numbers.len();
            let is_managed = managed.as_ref().is_none_or(|it| it.contains(&normal));
            is_managed.then(|| *numbers.entry(normal).or_insert(next))
        })
    }

    /// The managed labels that are not empty.
    fn compared<'a>(&mut self, wanted: &'a Wanted) -> Compared<'a> {
        let mut labels = Vec::with_capacity(wanted.labels.len());
        for (locale, label) in wanted.labels.iter() {
            if let Some(number) = self.number(locale)
                && !label.as_str().trim_start().is_empty()
            {
                labels.push((locale, number, label));
            }
        }
        Compared { wanted, labels }
    }
}

/// Digests of every label's text and look per locale. Most labels are unique, and a map of all texts would need more
/// memory than the config. A collision only costs a full comparison.
#[derive(Default)]
struct Digests {
    forms: Vec<u64>,
    looks: Vec<u64>,
    /// The text to digest.
    text: String,
}

impl Digests {
    fn add(&mut self, labels: &[ComparedLabel<'_>]) {
        let digest = |locale: usize, text: &str| {
            let mut hasher = DefaultHasher::new();
            (locale, text).hash(&mut hasher);
            hasher.finish()
        };
        for (_, locale, label) in labels {
            alike::fold_into(label.nfc(), &mut self.text);
            self.forms.push(digest(*locale, &self.text));
            check_text::look_into(label.as_str(), &mut self.text);
            self.looks.push(digest(*locale, &self.text));
        }
    }

    /// Whether each label, in the order of adding, reads or looks like another one. `None` if none does.
    fn repeated(&self) -> Option<Vec<bool>> {
        let (forms, looks) = (twice(&self.forms), twice(&self.looks));
        if forms.is_empty() && looks.is_empty() {
            return None;
        }
        let is_in = |all: &[u64], one: &u64| all.binary_search(one).is_ok();
        Some(
            self.forms.iter().zip(&self.looks).map(|(form, look)| is_in(&forms, form) || is_in(&looks, look)).collect(),
        )
    }
}

/// The values that occur more than once, sorted.
fn twice(all: &[u64]) -> Vec<u64> {
    let mut sorted = all.to_vec();
    sorted.sort_unstable();
    let mut twice: Vec<u64> = sorted.windows(2).filter(|it| it[0] == it[1]).map(|it| it[0]).collect();
    twice.dedup();
    twice
}

/// Regions of one language share their words.
fn language(locale: &Locale) -> String {
    locale.as_str().split(['_', '-']).next().unwrap_or_default().to_ascii_lowercase()
}

fn untranslated(compared: &Compared<'_>, default: &Locale) -> Option<Diagnostic> {
    let Compared { wanted, labels } = compared;
    let own = wanted.default_label(default)?;
    let same: Vec<&Locale> = labels
        .iter()
        .filter(|(locale, _, label)| *label == own && language(locale) != language(default))
        .map(|(locale, _, _)| *locale)
        .collect();
    let first = *same.first()?;
    let finding = Finding::SameAsDefault {
        key: wanted.key.to_string(),
        locales: same.iter().take(LOCALES_SHOWN_MAX).map(ToString::to_string).collect(),
        count: same.len(),
        label: own.to_string(),
    };
    let place = wanted.places.labels.get(first).copied().unwrap_or(wanted.places.key);
    Some(Diagnostic::at(place, finding).of(wanted.key.as_str()))
}

/// Reports each definition that shares a label with an earlier one, once per pair.
/// Two of one system presence with one default label are `duplicate-label`, so their other labels are not reported.
fn shared(all: &[Compared<'_>], default: &Locale, found: &mut Collector) {
    let mut first: HashMap<(usize, &Label), (&Wanted, Span)> = HashMap::new();
    for Compared { wanted, labels } in all {
        let mut told: HashSet<&Key> = HashSet::from([&wanted.key]);
        for (locale, number, label) in labels {
            let place = wanted.places.labels.get(locale).copied().unwrap_or(wanted.places.key);
            let Some((other, there)) = first.get(&(*number, *label)) else {
                first.insert((*number, label), (wanted, place));
                continue;
            };
            let is_one = wanted.system_presence == other.system_presence
                && wanted.default_label(default) == other.default_label(default);
            if is_one || moves(wanted, other) || moves(other, wanted) || !told.insert(&other.key) {
                continue;
            }
            let finding = Finding::SameLabel {
                key: wanted.key.to_string(),
                other: other.key.to_string(),
                locale: locale.to_string(),
                label: label.to_string(),
            };
            let shared = Diagnostic::at(place, finding).of_both(wanted.key.as_str(), other.key.as_str());
            found.push(shared.and(*there, "the same label here"));
        }
    }
}

/// A label that was seen, and its definition.
#[derive(Clone, Copy)]
struct Seen<'a> {
    wanted: &'a Wanted,
    place: Span,
    label: &'a Label,
}

impl Seen<'_> {
    fn alphabets(&self) -> u8 {
        check_text::alphabets(self.label.as_str())
    }

    /// Whether it moves depends on this: its system presence, and what it replaces.
    fn kind(&self) -> (&SystemPresence, Option<&SystemPresence>) {
        (&self.wanted.system_presence, self.wanted.replaces.as_ref())
    }
}

/// Labels of one locale that look the same. It keeps just enough to find a match for any further label.
struct Lookalikes<'a> {
    first: Seen<'a>,
    more: Vec<Seen<'a>>,
}

impl<'a> Lookalikes<'a> {
    /// One in another alphabet whose definition does not continue as this one.
    fn of(&self, seen: Seen<'a>) -> Option<Seen<'a>> {
        let alphabets = seen.alphabets();
        let is_alike = |it: &&Seen<'a>| {
            let (one, other) = (it.wanted, seen.wanted);
            it.alphabets() != alphabets && !moves(one, other) && !moves(other, one)
        };
        std::iter::once(&self.first).chain(&self.more).find(is_alike).copied()
    }

    /// Keeps a label if it may be needed. Whether two definitions move depends on their system presences and on
    /// `replaces`.
    /// Of one alphabet, two labels that share one kind and differ in the other are enough: a further definition moves
    /// from at most one of them. Five that differ in both are enough too.
    fn add(&mut self, seen: Seen<'a>) {
        const ENOUGH: usize = 5;
        let said = |it: &Seen<'a>| (&it.wanted.system_presence, it.wanted.replaces.as_ref());
        let (presence, replaces) = said(&seen);
        let alphabets = seen.alphabets();
        let alphabet = || std::iter::once(&self.first).chain(&self.more).filter(|it| it.alphabets() == alphabets);
        let of_presence = alphabet().filter(|it| said(it).0 == presence).count();
        let of_replaced = alphabet().filter(|it| said(it).1 == replaces).count();
        let is_there = alphabet().any(|it| said(it) == (presence, replaces));
        if !is_there && of_presence < 2 && of_replaced < 2 && alphabet().count() < ENOUGH {
            self.more.push(seen);
        }
    }
}

/// Labels of one locale that read the same. Of definitions that move alike, two labels are enough to find one with
/// another spelling for any further label.
#[derive(Default)]
struct Forms<'a>(Vec<Seen<'a>>);

/// The most labels that are compared with. A config with more in one place has many findings already.
const FORMS_MAX: usize = 64;

impl<'a> Forms<'a> {
    /// One with another spelling whose definition does not continue as this one.
    fn of(&self, seen: Seen<'a>) -> Option<Seen<'a>> {
        let is_other =
            |it: &&Seen<'a>| it.label != seen.label && !moves(it.wanted, seen.wanted) && !moves(seen.wanted, it.wanted);
        self.0.iter().find(is_other).copied()
    }

    fn add(&mut self, seen: Seen<'a>) {
        let mut alike = self.0.iter().filter(|it| it.kind() == seen.kind());
        let is_kept = match (alike.next(), alike.next()) {
            (None, _) => true,
            (Some(first), None) => first.label != seen.label,
            (Some(_), Some(_)) => false,
        };
        if is_kept && self.0.len() < FORMS_MAX {
            self.0.push(seen);
        }
    }
}

/// Reports each label that reads like another one in its locale: in another form, or with letters of another alphabet
/// that look the same. Once per pair. `mixed-scripts` reports labels with two alphabets.
fn look_alike(all: &[Compared<'_>], found: &mut Collector) {
    let mut by_look: HashMap<(usize, String), Lookalikes<'_>> = HashMap::new();
    let mut by_form: HashMap<(usize, String), Forms<'_>> = HashMap::new();
    for Compared { wanted, labels } in all {
        let mut told: HashSet<&Key> = HashSet::from([&wanted.key]);
        for (locale, number, label) in labels {
            let place = wanted.places.labels.get(locale).copied().unwrap_or(wanted.places.key);
            let seen = Seen { wanted, place, label };
            let forms = by_form.entry((*number, alike::folded(label.nfc()))).or_default();
            let other_form = forms.of(seen);
            forms.add(seen);
            let other_letter = match by_look.entry((*number, check_text::looks(label.as_str()))) {
                Entry::Occupied(mut lookalikes) => {
                    let other = lookalikes.get().of(seen);
                    lookalikes.get_mut().add(seen);
                    other
                }
                Entry::Vacant(vacant) => {
                    vacant.insert(Lookalikes { first: seen, more: Vec::new() });
                    None
                }
            };
            let by_letter = other_letter
                .and_then(|other| Some((other, check_text::other_alphabet(label.as_str(), other.label.as_str())?)));
            let by_form =
                other_form.and_then(|other| Some((other, alike::difference(label.nfc(), other.label.nfc())?)));
            for (other, difference) in by_form.into_iter().chain(by_letter) {
                if !told.insert(&other.wanted.key) {
                    continue;
                }
                let finding = Finding::LookAlikeLabel {
                    key: wanted.key.to_string(),
                    other: other.wanted.key.to_string(),
                    locale: locale.to_string(),
                    labels: vec![label.to_string(), other.label.to_string()],
                    difference,
                };
                let alike = Diagnostic::at(place, finding).of_both(wanted.key.as_str(), other.wanted.key.as_str());
                found.push(alike.and(other.place, "the label that it looks like"));
            }
        }
    }
}

/// A definition that moves to another system presence may keep its label.
fn moves(wanted: &Wanted, from: &Wanted) -> bool {
    wanted.replaces.as_ref() == Some(&from.system_presence)
}
