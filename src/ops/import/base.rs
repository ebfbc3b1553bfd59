//! The common part of several orgs: one key for equal definitions, and each label by majority.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::names::{Key, Label, Locale, SystemPresence};
use crate::model::observed::{Observed, Organization};
use crate::model::pins::{LeftOut, Managed, Need, PinChoice, judge, spelling};
use crate::model::region::Region;
use crate::model::text::is_odd_label;
use crate::model::yaml;
use crate::ops::import::keys::{natural, share};

/// One of several orgs.
#[derive(Debug, Clone, Copy)]
pub struct FleetSource<'a> {
    /// Its name in the config.
    pub name: &'a str,
    pub region: Option<Region>,
    pub organization: &'a Organization,
    pub observed: &'a Observed,
}

/// An org, its managed objects, and its default locale.
#[derive(Debug, Clone)]
pub struct JudgedOrg<'a> {
    pub source: FleetSource<'a>,
    pub default_locale: Locale,
    pub managed: Vec<Managed<'a>>,
    pub left_out: Vec<LeftOut<'a>>,
    /// The normal forms of the locales with any label.
    pub languages: BTreeSet<String>,
}

/// Judges every org by its own default locale, and returns the most frequent one.
pub fn judged<'a>(sources: &[FleetSource<'a>], choice: &PinChoice) -> (Locale, Vec<JudgedOrg<'a>>) {
    let judged_by = |source: &FleetSource<'a>, default_locale: &Locale| {
        let choice = PinChoice { default_locale: default_locale.clone(), ..choice.clone() };
        judge(source.observed, &choice, &BTreeSet::new())
    };
    let preferred = &choice.default_locale;
    let own = |it: &FleetSource<'a>| own_default(&judged_by(it, preferred).0, preferred);
    let votes: Vec<Option<Locale>> = sources.iter().map(own).collect();
    let count = |locale: &Locale| votes.iter().flatten().filter(|it| it.same_as(locale)).count();
    let candidates = std::iter::once(preferred).chain(votes.iter().flatten()).enumerate();
    let commonest = candidates.max_by_key(|(index, it)| (count(it), Reverse(*index)));
    let commonest = commonest.map_or(preferred, |(_, it)| it).clone();
    let org = |(source, vote): (&FleetSource<'a>, &Option<Locale>)| {
        let other = vote.as_ref().filter(|it| !it.same_as(&commonest));
        let default_locale = other.unwrap_or(&commonest).clone();
        let (managed, left_out) = judged_by(source, &default_locale);
        let locales = managed.iter().flat_map(|it| it.definition.labels.iter());
        let languages = locales.map(|(locale, _)| locale.normal()).collect();
        JudgedOrg { source: *source, default_locale, managed, left_out, languages }
    };
    let orgs = sources.iter().zip(&votes).map(org).collect();
    (commonest, orgs)
}

/// The preferred locale, unless most definitions have no label in it and more have one in another. `None` for an org
/// without definitions.
fn own_default(managed: &[Managed<'_>], preferred: &Locale) -> Option<Locale> {
    let (count, better) = labelled_in(managed, preferred);
    let better = better.filter(|_| count * 2 < managed.len());
    (!managed.is_empty()).then(|| better.unwrap_or_else(|| preferred.clone()))
}

/// The number of definitions with a label in a locale, and a locale with more of them.
pub fn labelled_in(managed: &[Managed<'_>], locale: &Locale) -> (usize, Option<Locale>) {
    // Each locale in its first spelling, with the number of labels.
    let mut counts: BTreeMap<String, (&Locale, usize)> = BTreeMap::new();
    for Managed { definition, .. } in managed {
        let mut own: BTreeMap<String, &Locale> = BTreeMap::new();
        for (locale, _) in definition.labels.iter().filter(|(it, _)| !yaml::is_odd_locale(it.as_str())) {
            own.entry(locale.normal()).or_insert(locale);
        }
        for (normal, locale) in own {
            let (spelling, count) = counts.entry(normal).or_insert((locale, 0));
            *spelling = (*spelling).min(locale);
            *count += 1;
        }
    }
    let ours = counts.get(&locale.normal()).map_or(0, |(_, count)| *count);
    let most = counts.values().max_by_key(|(locale, count)| (*count, Reverse(*locale)));
    (ours, most.filter(|(_, count)| *count > ours).map(|(locale, _)| (*locale).clone()))
}

/// The place of a definition: the index of the org, and its index among the managed objects there.
pub type FleetPlace = (usize, usize);

/// The definitions with one key: equal in several orgs, or in a single one.
#[derive(Debug, Clone)]
pub struct Unit<'a> {
    /// System presence and default label. `None` if no other org can have the same definition.
    pub name: Option<(&'a SystemPresence, &'a Label)>,
    /// In the order of the orgs, one per org.
    pub places: Vec<FleetPlace>,
    pub key: Option<Key>,
    /// Its content in `base/`, if more than half of the orgs have it.
    pub base: Option<BaseDefinition>,
}

/// A definition as most orgs have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseDefinition {
    pub system_presence: String,
    /// The default locale is first.
    pub labels: Vec<(Locale, Label)>,
    pub deactivated: bool,
}

impl BaseDefinition {
    pub fn label(&self, locale: &Locale) -> Option<&Label> {
        self.labels.iter().find(|(it, _)| it.same_as(locale)).map(|(_, label)| label)
    }
}

/// All definitions of the orgs, each with its key.
pub fn units<'a>(orgs: &[JudgedOrg<'a>], default_locale: &Locale) -> Vec<Unit<'a>> {
    let mut named: BTreeMap<(&'a SystemPresence, &'a Label), Vec<FleetPlace>> = BTreeMap::new();
    let mut alone: Vec<FleetPlace> = Vec::new();
    for (number, org) in orgs.iter().enumerate() {
        for (index, managed) in org.managed.iter().enumerate() {
            let label = managed.definition.default_label(default_locale).filter(|_| can_be_shared(org, managed));
            let places = label.map(|it| named.entry((&managed.definition.system_presence, it)).or_default());
            match places {
                // With another default locale, an org may have two with one name.
                Some(places) if places.last().is_none_or(|(org, _)| *org != number) => places.push((number, index)),
                Some(_) | None => alone.push((number, index)),
            }
        }
    }
    let spellings = spellings(orgs);
    let unit = |(name, places): ((&'a SystemPresence, &'a Label), Vec<FleetPlace>)| {
        let is_shared = places.len() * 2 > orgs.len();
        let base = is_shared.then(|| base(orgs, &places, &spellings, default_locale));
        Unit { name: Some(name), places, key: None, base }
    };
    let mut units: Vec<Unit<'a>> = named.into_iter().map(unit).collect();
    units.extend(alone.into_iter().map(|it| Unit { name: None, places: vec![it], key: None, base: None }));
    give_keys(&mut units, orgs, default_locale);
    units
}

/// Can another org have the same definition? Not if only its id identifies it.
fn can_be_shared(org: &JudgedOrg<'_>, managed: &Managed<'_>) -> bool {
    let Managed { definition, pin, pin_refused: _ } = managed;
    let mut spellings = BTreeSet::new();
    matches!(pin, None | Some(Need::Asked | Need::PrimaryNotKnown))
        && definition.labels.iter().all(|(locale, label)| {
            spellings.insert(locale.normal()) && !yaml::is_odd_locale(locale.as_str()) && !is_odd_label(label.nfc())
        })
        && !org.source.observed.halved.iter().any(|it| it.id == definition.id)
}

/// The most frequent spelling of each locale, by its normal form.
fn spellings(orgs: &[JudgedOrg<'_>]) -> BTreeMap<String, Locale> {
    let mut counts: BTreeMap<String, BTreeMap<&Locale, usize>> = BTreeMap::new();
    let all = orgs.iter().flat_map(|it| &it.managed).flat_map(|it| it.definition.labels.iter());
    for (locale, _) in all {
        *counts.entry(locale.normal()).or_default().entry(locale).or_default() += 1;
    }
    let commonest = |counts: BTreeMap<&Locale, usize>| {
        counts.into_iter().max_by_key(|(locale, count)| (*count, Reverse(*locale))).map(|(locale, _)| locale.clone())
    };
    counts.into_iter().filter_map(|(normal, counts)| Some((normal, commonest(counts)?))).collect()
}

/// The most frequent value. In a tie, the first one.
pub fn majority<T: Ord + Copy>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: BTreeMap<T, (usize, Reverse<usize>)> = BTreeMap::new();
    for (index, value) in values.enumerate() {
        counts.entry(value).or_insert((0, Reverse(index))).0 += 1;
    }
    counts.into_iter().max_by_key(|(_, rank)| *rank).map(|(value, _)| value)
}

fn base(
    orgs: &[JudgedOrg<'_>],
    places: &[FleetPlace],
    spellings: &BTreeMap<String, Locale>,
    default_locale: &Locale,
) -> BaseDefinition {
    let members = || places.iter().map(|(org, index)| (&orgs[*org], orgs[*org].managed[*index].definition));
    let mut labels = Vec::new();
    for (normal, locale) in spellings {
        // An org without the language has no vote on its labels.
        let voters = members().filter(|(org, _)| org.languages.contains(normal));
        let label = majority(voters.map(|(_, definition)| definition.labels.get(locale))).flatten();
        labels.extend(label.map(|it| (locale.clone(), it.clone())));
    }
    labels.sort_by_key(|(locale, _)| !locale.same_as(default_locale));
    BaseDefinition {
        system_presence: members().map(|(_, it)| spelling(&it.system_presence)).min().unwrap_or_default(),
        labels,
        deactivated: majority(members().map(|(_, it)| it.deactivated)).unwrap_or_default(),
    }
}

/// Definitions in `base/` get the simplest keys, then those of several orgs, then the rest. Deactivated ones come after
/// active ones.
fn give_keys(units: &mut [Unit<'_>], orgs: &[JudgedOrg<'_>], default_locale: &Locale) {
    let mut ranks: BTreeMap<(bool, bool, bool), BTreeMap<String, Vec<usize>>> = BTreeMap::new();
    for (index, unit) in units.iter().enumerate() {
        let Some((org, place)) = unit.places.first() else { continue };
        let definition = orgs[*org].managed[*place].definition;
        let deactivated = unit.base.as_ref().map_or(definition.deactivated, |it| it.deactivated);
        let rank = (unit.base.is_none(), unit.name.is_none(), deactivated);
        let natural = natural(definition, unit.name.map_or(&orgs[*org].default_locale, |_| default_locale));
        ranks.entry(rank).or_default().entry(natural).or_default().push(index);
    }
    let (mut taken, mut keys) = (BTreeSet::new(), BTreeMap::new());
    for groups in ranks.into_values() {
        share(groups, &mut taken, &mut keys);
    }
    for (index, key) in keys {
        units[index].key = Some(key);
    }
}
