//! The warnings of a plan about the org as a whole and about creates.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::desired::{ACTIVE_DEFINITIONS_MAX, Desired, Management, Prune, Wanted};
use crate::model::names::{DefinitionId, Key, Locale, SystemPresence};
use crate::model::observed::{Definition, Observed, Primary};
use crate::model::pins::{LeftOut, PinChoice, judge};
use crate::plan::change::{Action, Change, Reason, Step};
use crate::plan::evidence::NotRead;
use crate::plan::warning::Warning;

/// The most objects that no config can name in one warning.
const UNNAMED_MAX: usize = 3;

/// Definitions that are created while the config leaves others of the same system presence unnamed. One of those may be
/// meant.
pub fn beside_unmanaged(changes: &[Change], unmanaged: Vec<&Definition>, default_locale: &Locale) -> Vec<Warning> {
    let mut made: BTreeMap<&SystemPresence, Vec<&Key>> = BTreeMap::new();
    for change in changes.iter().filter(|it| it.reason == Reason::NothingMatches) {
        if let Step::Create(create) = &change.step {
            made.entry(&create.system_presence).or_default().push(&create.key);
        }
    }
    let mut beside: BTreeMap<&SystemPresence, Vec<&Definition>> = BTreeMap::new();
    for object in unmanaged {
        beside.entry(&object.system_presence).or_default().push(object);
    }
    let name = |it: &&Definition| it.name(default_locale).map_or_else(|| it.id.to_string(), ToString::to_string);
    let warning = |(presence, keys): (&SystemPresence, Vec<&Key>)| {
        let others = beside.get(presence)?.iter().map(name).collect();
        let (keys, system_presence) = (keys.into_iter().cloned().collect(), presence.clone());
        Some(Warning::BesideUnmanaged { keys, system_presence, others })
    };
    made.into_iter().filter_map(warning).collect()
}

/// Warns that no earlier state could be read to detect that these creates are renames.
pub fn not_read(not_read: &NotRead, changes: &[Change]) -> Option<Warning> {
    let NotRead { keys, why } = not_read;
    let made = changes.iter().filter(|it| it.step.action() == Action::Create).filter_map(|it| it.step.key());
    let keys: Vec<Key> = made.filter(|it| keys.contains(it)).cloned().collect();
    (!keys.is_empty()).then(|| Warning::EarlierNotRead { keys, why: why.clone() })
}

/// Warns of deletions of objects that no config can name. `import` leaves them out.
pub fn cannot_be_named(desired: &Desired, observed: &Observed, changes: &[Change]) -> Option<Warning> {
    let deleted: BTreeSet<&DefinitionId> =
        changes.iter().filter(|it| it.step.action() == Action::Delete).filter_map(|it| it.step.id()).collect();
    if desired.settings.prune != Prune::Delete || deleted.is_empty() {
        return None;
    }
    let default_locale = desired.settings.default_locale.clone();
    let choice = PinChoice { default_locale, deactivated: false, pin_all: false };
    let (_, left_out) = judge(observed, &choice, &BTreeSet::new());
    let mut left_out = left_out.into_iter().filter(|it| deleted.contains(&it.definition.id));
    let name = |it: LeftOut<'_>| (it.definition.id.clone(), it.obstacle.in_words());
    let named: Vec<(DefinitionId, String)> = left_out.by_ref().take(UNNAMED_MAX).map(name).collect();
    (!named.is_empty()).then(|| Warning::CannotBeNamed { named, more: left_out.count() })
}

/// Warns of system presences that could not be read, and of too many active definitions.
pub fn of_an_org(desired: &Desired, observed: &Observed, changes: &[Change]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if observed.system_presences.is_none() {
        warnings.push(Warning::SystemPresencesNotChecked);
    }
    let mut active: BTreeMap<&SystemPresence, (usize, usize)> = BTreeMap::new();
    for object in observed.definitions.iter().filter(|it| !it.deactivated && it.primary != Primary::Yes) {
        active.entry(&object.system_presence).or_default().0 += 1;
    }
    for change in changes {
        let (count, gone) = active.entry(change.step.system_presence()).or_default();
        match change.step {
            Step::Create(_) | Step::Reactivate(_) => *count += 1,
            Step::Update(_) => {}
            Step::Deactivate(..) | Step::Supersede(..) | Step::Delete(_) => *gone += 1,
        }
    }
    let mut asked_for: HashMap<&SystemPresence, usize> = HashMap::new();
    let asks = |it: &&Wanted| !it.deactivated && it.management == Management::Managed;
    for wanted in desired.definitions.values().filter(asks) {
        *asked_for.entry(&wanted.system_presence).or_default() += 1;
    }
    for (presence, (count, gone)) in active {
        let active = count.saturating_sub(gone);
        // A config that itself has too many was already warned.
        let asked = asked_for.get(presence).copied().unwrap_or_default();
        if active > ACTIVE_DEFINITIONS_MAX && asked <= ACTIVE_DEFINITIONS_MAX {
            warnings.push(Warning::ManyActive { system_presence: presence.clone(), active });
        }
    }
    warnings
}
