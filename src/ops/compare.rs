//! Compares orgs with each other. Ids are never compared, because each belongs to one org.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Config;
use crate::model::alike;
use crate::model::desired::Management;
use crate::model::labels::{ByLocale, Labels};
use crate::model::names::{Key, Label, Locale, SystemPresence};
use crate::model::observed::{Definition, Observed, Primary};
use crate::model::source::Span;
use crate::ops::import::base::majority;

/// The name of the majority, as the second side of a comparison.
pub const MOST: &str = "most orgs";

/// The compared part of an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedOrg {
    pub name: String,
    pub definitions: Vec<ComparedDefinition>,
    /// Definitions that its config omits, with their places.
    pub omitted: Vec<(Key, Option<Span>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedDefinition {
    /// `None` if an org was read: it has no keys.
    pub key: Option<Key>,
    /// The label in the org's default locale.
    pub name: Option<Label>,
    pub system_presence: SystemPresence,
    pub labels: Labels,
    pub deactivated: bool,
    pub place: Option<Span>,
    pub label_places: ByLocale<Span>,
}

/// Two orgs, compared definition by definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgComparison {
    pub first: String,
    pub second: String,
    pub rows: Vec<ComparedRow>,
    pub sums: Vec<PresenceSum>,
    /// The number of definitions on each side without a key and a default label, which cannot be paired.
    pub not_paired: [usize; 2],
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedRow {
    pub key: Option<Key>,
    /// The default label in the first org.
    pub name: Option<Label>,
    pub system_presence: SystemPresence,
    pub found: PairFinding,
    /// Its place in the first org.
    pub place: Option<Span>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PairFinding {
    Same,
    Differs(Vec<FieldDifference>),
    /// `omitted`: the config of the other org omits it.
    OnlyFirst {
        omitted: bool,
    },
    OnlySecond {
        omitted: bool,
    },
    /// Two definitions whose labels read the same: the label of the second.
    LooksAlike(Label),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDifference {
    pub field: ComparedField,
    pub first: Option<String>,
    pub second: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComparedField {
    SystemPresence,
    Deactivated,
    Label(Locale),
}

/// The number of active definitions of a system presence on each side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceSum {
    pub system_presence: SystemPresence,
    pub first: usize,
    pub second: usize,
}

impl ComparedOrg {
    /// An org's wanted state from its files.
    pub fn of_config(config: &Config) -> ComparedOrg {
        let desired = &config.desired;
        let name = desired.org.as_ref().map(|it| it.name.clone()).unwrap_or_default();
        let (mut definitions, mut omitted) = (Vec::new(), Vec::new());
        for it in desired.definitions.values() {
            if it.management == Management::Omitted {
                omitted.push((it.key.clone(), it.places.omit));
                continue;
            }
            definitions.push(ComparedDefinition {
                key: Some(it.key.clone()),
                name: it.default_label(&desired.settings.default_locale).cloned(),
                system_presence: it.system_presence.clone(),
                labels: it.labels.within(&desired.settings.scope),
                deactivated: it.deactivated,
                place: Some(it.places.key),
                label_places: it.places.labels.clone(),
            });
        }
        ComparedOrg { name, definitions, omitted }
    }

    /// An org's observed state, without the platform's own definitions.
    pub fn of_observed(name: &str, default_locale: &Locale, observed: &Observed) -> ComparedOrg {
        let of_people = observed.definitions.iter().filter(|it| it.primary != Primary::Yes);
        let definition = |it: &Definition| ComparedDefinition {
            key: None,
            name: it.labels.get(default_locale).cloned(),
            system_presence: it.system_presence.clone(),
            labels: it.labels.clone(),
            deactivated: it.deactivated,
            place: None,
            label_places: ByLocale::default(),
        };
        ComparedOrg { name: name.to_owned(), definitions: of_people.map(definition).collect(), omitted: Vec::new() }
    }

    fn omission(&self, key: Option<&Key>) -> Option<&(Key, Option<Span>)> {
        self.omitted.iter().find(|(it, _)| Some(it) == key)
    }
}

impl ComparedDefinition {
    fn has_key_of(&self, other: &ComparedDefinition) -> bool {
        self.key.is_some() && self.key == other.key
    }

    fn has_name_of(&self, other: &ComparedDefinition) -> bool {
        let names = self.name.as_ref().zip(other.name.as_ref());
        self.system_presence == other.system_presence && names.is_some_and(|(one, other)| one.nfc() == other.nfc())
    }

    fn looks_like(&self, other: &ComparedDefinition) -> bool {
        let folded = |it: &Label| alike::folded(it.as_str());
        let names = self.name.as_ref().zip(other.name.as_ref());
        names.is_some_and(|(one, other)| folded(one) == folded(other))
    }

    fn can_be_paired(&self) -> bool {
        self.key.is_some() || self.name.is_some()
    }

    /// The identity of a definition across orgs: the key, or system presence and default label.
    fn identity(&self) -> Option<(String, String)> {
        match (&self.key, &self.name) {
            (Some(key), _) => Some((String::new(), key.to_string())),
            (None, Some(name)) => Some((self.system_presence.folded().to_owned(), name.nfc().to_owned())),
            (None, None) => None,
        }
    }

    fn differences(&self, other: &ComparedDefinition) -> Vec<FieldDifference> {
        let mut found = Vec::new();
        let mut differs = |field, first: Option<String>, second: Option<String>| {
            if first != second {
                found.push(FieldDifference { field, first, second });
            }
        };
        if self.system_presence != other.system_presence {
            let [first, second] = [self, other].map(|it| Some(it.system_presence.to_string()));
            differs(ComparedField::SystemPresence, first, second);
        }
        let [first, second] = [self, other].map(|it| Some(it.deactivated.to_string()));
        differs(ComparedField::Deactivated, first, second);
        for pair in self.labels.pair(&other.labels) {
            let [first, second] = [pair.first, pair.second].map(|it| it.map(|it| it.as_str().to_owned()));
            differs(ComparedField::Label(pair.locale.clone()), first, second);
        }
        found
    }

    fn row(&self, found: PairFinding) -> ComparedRow {
        let label = match &found {
            PairFinding::Differs(fields) => fields.iter().find_map(|it| match &it.field {
                ComparedField::Label(locale) => self.label_places.get(locale).copied(),
                ComparedField::SystemPresence | ComparedField::Deactivated => None,
            }),
            PairFinding::Same
            | PairFinding::OnlyFirst { .. }
            | PairFinding::OnlySecond { .. }
            | PairFinding::LooksAlike(_) => None,
        };
        ComparedRow {
            key: self.key.clone(),
            name: self.name.clone(),
            system_presence: self.system_presence.clone(),
            found,
            place: label.or(self.place),
        }
    }
}

impl OrgComparison {
    pub fn is_same(&self) -> bool {
        self.rows.iter().all(|it| it.found == PairFinding::Same) && self.not_paired == [0, 0]
    }
}

/// Pairs definitions by key, then by system presence and default label, and reports those that look alike.
pub fn compare(first: &ComparedOrg, second: &ComparedOrg) -> OrgComparison {
    let paired = |of: &ComparedOrg| of.definitions.iter().filter(|it| it.can_be_paired()).cloned().collect();
    let (mut left, mut right): (Vec<ComparedDefinition>, Vec<ComparedDefinition>) = (paired(first), paired(second));
    let mut rows = Vec::new();
    let is_one = [ComparedDefinition::has_key_of, ComparedDefinition::has_name_of];
    for is_same in is_one {
        left.retain(|one| {
            let Some(index) = right.iter().position(|other| is_same(one, other)) else { return true };
            let differences = one.differences(&right.swap_remove(index));
            rows.push(one.row(if differences.is_empty() {
                PairFinding::Same
            } else {
                PairFinding::Differs(differences)
            }));
            false
        });
    }
    left.retain(|one| {
        let Some(index) = right.iter().position(|other| one.looks_like(other)) else { return true };
        let Some(label) = right.swap_remove(index).name else { return true };
        rows.push(one.row(PairFinding::LooksAlike(label)));
        false
    });
    rows.extend(left.iter().map(|it| {
        let omitted = second.omission(it.key.as_ref()).is_some();
        it.row(PairFinding::OnlyFirst { omitted })
    }));
    rows.extend(right.iter().map(|it| {
        let omission = first.omission(it.key.as_ref());
        // The place of the first org is the line that omits it.
        ComparedRow {
            place: omission.and_then(|(_, place)| *place),
            ..it.row(PairFinding::OnlySecond { omitted: omission.is_some() })
        }
    }));
    rows.sort_by(|a, b| (&a.key, &a.name).cmp(&(&b.key, &b.name)));
    let not_paired = [first, second].map(|of| of.definitions.iter().filter(|it| !it.can_be_paired()).count());
    let sums = sums(first, second);
    OrgComparison { first: first.name.clone(), second: second.name.clone(), rows, sums, not_paired }
}

fn sums(first: &ComparedOrg, second: &ComparedOrg) -> Vec<PresenceSum> {
    let presences: BTreeMap<&str, &SystemPresence> = [first, second]
        .into_iter()
        .flat_map(|of| &of.definitions)
        .map(|it| (it.system_presence.folded(), &it.system_presence))
        .collect();
    let count = |of: &ComparedOrg, presence: &SystemPresence| {
        of.definitions.iter().filter(|it| !it.deactivated && it.system_presence == *presence).count()
    };
    let sum = |it: &SystemPresence| PresenceSum {
        system_presence: it.clone(),
        first: count(first, it),
        second: count(second, it),
    };
    presences.into_values().map(sum).collect()
}

/// The definitions of more than half of the orgs, with the most frequent labels. In a tie, the first org's label
/// counts.
pub fn most_of(orgs: &[ComparedOrg]) -> ComparedOrg {
    let mut held: BTreeMap<(String, String), Vec<&ComparedDefinition>> = BTreeMap::new();
    for org in orgs {
        let mut seen = BTreeSet::new();
        for it in &org.definitions {
            // Duplicates in one org count once.
            if let Some(identity) = it.identity().filter(|it| seen.insert(it.clone())) {
                held.entry(identity).or_default().push(it);
            }
        }
    }
    let common = held.into_values().filter(|of| of.len() * 2 > orgs.len());
    let definition = |of: Vec<&ComparedDefinition>| -> Option<ComparedDefinition> {
        let first = *of.first()?;
        let mut locales: Vec<&Locale> = Vec::new();
        for (locale, _) in of.iter().flat_map(|it| it.labels.iter()) {
            if !locales.iter().any(|it| it.same_as(locale)) {
                locales.push(locale);
            }
        }
        let label =
            |locale: &Locale| Some((locale.clone(), majority(of.iter().map(|it| it.labels.get(locale)))??.clone()));
        Some(ComparedDefinition {
            key: first.key.clone(),
            name: majority(of.iter().map(|it| it.name.as_ref()))?.cloned(),
            system_presence: majority(of.iter().map(|it| &it.system_presence))?.clone(),
            labels: locales.into_iter().filter_map(label).collect(),
            deactivated: majority(of.iter().map(|it| it.deactivated))?,
            place: None,
            label_places: ByLocale::default(),
        })
    };
    ComparedOrg { name: MOST.to_owned(), definitions: common.filter_map(definition).collect(), omitted: Vec::new() }
}
