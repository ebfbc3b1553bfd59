//! Checks labels and objects that pass from one definition to another.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::config::collector::Collector;
use crate::config::diagnostic::Diagnostic;
use crate::config::finding::Finding;
use crate::model::desired::{Management, Wanted};
use crate::model::label_cycle::in_label_cycles;
use crate::model::names::{Key, Label, Locale, SystemPresence};

/// The most definitions of one cycle that are named.
const KEYS_SHOWN_MAX: usize = 30;

/// The definition of each default label and system presence.
type Holders<'a> = HashMap<(&'a SystemPresence, &'a Label), &'a Wanted>;

/// All contradictions between definitions.
pub(super) fn check(definitions: &BTreeMap<Key, Wanted>, default_locale: &Locale, found: &mut Collector) {
    let holders: Holders<'_> = definitions
        .values()
        .filter_map(|it| Some(((&it.system_presence, it.default_label(default_locale)?), it)))
        .collect();
    found.extend(circles(definitions, &holders));
    found.extend(definitions.values().filter_map(|it| kept(it, &holders, default_locale)));
}

/// Without pins, a completed swap looks the same as a pending one.
fn circles(definitions: &BTreeMap<Key, Wanted>, holders: &Holders<'_>) -> Option<Diagnostic> {
    let mut takers: BTreeMap<&Key, BTreeSet<&Key>> = BTreeMap::new();
    for wanted in definitions.values().filter(|it| it.pin.is_none() && it.management == Management::Managed) {
        let now = wanted.previous_labels.iter().filter_map(|label| holders.get(&(&wanted.system_presence, label)));
        takers.insert(&wanted.key, now.filter(|it| it.key != wanted.key).map(|it| &it.key).collect());
    }
    let keys = in_label_cycles(&takers);
    let first = keys.first().and_then(|key| definitions.get(*key))?;
    let named = keys.iter().take(KEYS_SHOWN_MAX);
    let finding = Finding::CircularLabels { keys: named.map(ToString::to_string).collect(), count: keys.len() };
    let place = |it: &Wanted| it.places.previous_labels.first().copied().unwrap_or(it.places.key);
    let others = keys.iter().take(KEYS_SHOWN_MAX).skip(1).filter_map(|key| definitions.get(*key));
    Some(others.fold(Diagnostic::at(place(first), finding), |all, it| all.and(place(it), "and here")))
}

/// `replaces` would deactivate an object that the config keeps.
fn kept(wanted: &Wanted, holders: &Holders<'_>, default_locale: &Locale) -> Option<Diagnostic> {
    let presence = wanted.replaces.as_ref().filter(|_| !wanted.deactivated)?;
    let other = holders.get(&(presence, wanted.default_label(default_locale)?)).filter(|it| !it.deactivated)?;
    let finding = Finding::ReplacesKept { key: wanted.key.to_string(), other: other.key.to_string() };
    let place = wanted.places.replaces.unwrap_or(wanted.places.key);
    (other.key != wanted.key).then(|| Diagnostic::at(place, finding).and(other.places.key, "which is here"))
}
