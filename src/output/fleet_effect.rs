//! What a change does in one of several orgs, so that changes with an equal effect form a group.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::names::{Label, Locale};
use crate::output::json::content::{ActionV1, ChangeV1, PeopleV1};
use crate::output::json::fleet::FleetLabelV1;

/// The changes of two orgs with an equal effect form one group.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FleetEffect {
    pub(super) action: ActionV1,
    pub(super) key: Option<String>,
    pub(super) system_presence: String,
    /// The default label of an object that the config does not name.
    pub(super) name: Option<String>,
    /// The new label of each locale, by normal form.
    pub(super) labels: BTreeMap<String, Option<String>>,
    pub(super) deactivated: Option<bool>,
    pub(super) division: Option<String>,
    pub(super) origin: Option<String>,
}

/// A change of one org.
pub(super) struct FleetPart<'a> {
    pub(super) member: usize,
    pub(super) change: &'a ChangeV1,
    pub(super) labels: Vec<FleetLabelV1>,
}

impl FleetEffect {
    pub(super) fn of(change: &ChangeV1, labels: &[FleetLabelV1], default_locale: &Locale) -> FleetEffect {
        let ChangeV1 { action, key, system_presence, before, after, origin, .. } = change;
        let changes = before.as_ref().filter(|_| !is_removal(*action));
        FleetEffect {
            action: *action,
            key: key.clone(),
            system_presence: system_presence.clone(),
            name: key.is_none().then(|| name_of(change, default_locale)).flatten(),
            labels: labels.iter().map(|it| (Locale::new(&*it.locale).normal(), it.after.clone())).collect(),
            deactivated: changes.filter(|it| it.deactivated != after.deactivated).map(|_| after.deactivated),
            division: after.division.clone().filter(|it| match before {
                Some(before) => before.division.as_ref() != Some(it),
                None => it != "*",
            }),
            origin: origin.clone(),
        }
    }
}

pub(super) fn is_removal(action: ActionV1) -> bool {
    matches!(action, ActionV1::Replace | ActionV1::Deactivate | ActionV1::Delete)
}

/// The changed labels, the default locale's first. Empty for a removal.
pub(super) fn changed_labels(change: &ChangeV1, default_locale: &Locale) -> Vec<FleetLabelV1> {
    if is_removal(change.action) {
        return Vec::new();
    }
    let before = change.before.as_ref().map(|it| &it.labels);
    let locales: BTreeSet<&String> =
        before.into_iter().flat_map(BTreeMap::keys).chain(change.after.labels.keys()).collect();
    let label = |of: Option<&BTreeMap<String, String>>, locale: &String| of.and_then(|it| it.get(locale)).cloned();
    let rows = locales.into_iter().map(|locale| FleetLabelV1 {
        locale: locale.clone(),
        before: label(before, locale),
        after: label(Some(&change.after.labels), locale),
    });
    let mut rows: Vec<FleetLabelV1> = rows.filter(|it| it.before != it.after).collect();
    rows.sort_by_key(|it| !Locale::new(&*it.locale).same_as(default_locale));
    rows
}

/// Its default label, or any other if it has none.
pub(super) fn name_of(change: &ChangeV1, default_locale: &Locale) -> Option<String> {
    let labels = &change.before.as_ref().unwrap_or(&change.after).labels;
    let is_default = |locale: &String| Locale::new(locale.as_str()).same_as(default_locale);
    let default = labels.iter().find(|(locale, _)| is_default(locale));
    default.or_else(|| labels.iter().next()).map(|(_, label)| Label::new(label.as_str()).nfc().to_owned())
}

pub(super) fn before(part: &FleetPart<'_>, locale: &str) -> Option<String> {
    let locale = Locale::new(locale);
    part.labels.iter().find(|it| locale.same_as(&Locale::new(&*it.locale))).and_then(|it| it.before.clone())
}

/// The most frequent earlier label. In a tie, the first org's.
pub(super) fn commonest(locale: &str, parts: &[FleetPart<'_>]) -> Option<String> {
    let all: Vec<Option<String>> = parts.iter().map(|it| before(it, locale)).collect();
    let count = |it: &Option<String>| all.iter().filter(|other| *other == it).count();
    all.iter().rev().max_by_key(|it| count(it)).cloned().flatten()
}

/// The people in all orgs. `None` if they were not counted in any.
pub(super) fn people(parts: &[FleetPart<'_>]) -> Option<PeopleV1> {
    let told: Vec<PeopleV1> = parts.iter().filter_map(|it| it.change.people).collect();
    let is_whole = told.len() == parts.len() && told.iter().all(|it| it.count.is_some() && !it.at_least);
    let known: Vec<usize> = told.iter().filter_map(|it| it.count).collect();
    (!told.is_empty()).then(|| PeopleV1 {
        count: (!known.is_empty()).then(|| known.iter().sum()),
        at_least: !is_whole && !known.is_empty(),
    })
}
