//! Label coverage for reviewers: which definitions have a label in which locale, and what is odd about it. It has no
//! effect on a plan.

use std::collections::{HashMap, HashSet};

use crate::config::check_labels::LABEL_LENGTH_MAX;
use crate::config::layers::Resolved;
use crate::config::rule_settings;
use crate::model::desired::{Desired, Management, Wanted};
use crate::model::labels::Scope;
use crate::model::names::{Key, Locale};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    pub default_locale: Locale,
    /// The default locale, then `settings.locales` in their order. Without that setting: all used locales, by spelling.
    pub locales: Vec<Locale>,
    /// The definitions that agents see, by key: neither deactivated nor omitted.
    pub rows: Vec<CoverageRow>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageRow {
    pub key: Key,
    /// One per locale of the coverage, in the same order.
    pub cells: Vec<Cell>,
}

/// One label, or its absence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// What is odd about it. Empty for a normal label.
    pub marks: Vec<Mark>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The label is missing.
    Missing,
    /// The label is missing, and the config declares that none is needed.
    NotNeeded,
    /// It equals the default label, although the language differs.
    SameAsDefault,
    /// More characters than the documented maximum.
    TooLong(usize),
    /// Another definition has the same label in this locale.
    Duplicate,
}

impl Mark {
    pub fn in_words(&self) -> String {
        match self {
            Mark::Missing => "missing".to_owned(),
            Mark::NotNeeded => "–".to_owned(),
            Mark::SameAsDefault => "same".to_owned(),
            Mark::TooLong(characters) => format!("{characters} characters"),
            Mark::Duplicate => "twice".to_owned(),
        }
    }
}

impl Coverage {
    /// The coverage of a config. A mark whose rule is off in `settings.rules` is left out, and a label that is `null`
    /// is not missing.
    pub fn of(desired: &Desired, resolved: &Resolved) -> Coverage {
        let levels = rule_settings::levels(&resolved.settings.rules);
        let is_told = |rule: &str, wanted: &Wanted| !levels.is_off(rule, wanted.key.as_str());
        let is_null = |wanted: &Wanted, locale: &Locale| {
            let definition = resolved.definitions.get(wanted.key.as_str());
            definition.is_some_and(|it| it.without.contains(&locale.normal()))
        };
        let default_locale = desired.settings.default_locale.clone();
        let shown: Vec<&Wanted> =
            desired.definitions.values().filter(|it| it.management == Management::Managed && !it.deactivated).collect();
        let locales = locales(&default_locale, &desired.settings.scope, &shown);
        let mut times: HashMap<(usize, &str), usize> = HashMap::new();
        for (index, locale) in locales.iter().enumerate() {
            for label in shown.iter().filter(|it| is_told("same-label", it)).filter_map(|it| it.labels.get(locale)) {
                *times.entry((index, label.nfc())).or_default() += 1;
            }
        }
        let cell = |wanted: &Wanted, index: usize, locale: &Locale| {
            let Some(label) = wanted.labels.get(locale) else {
                let is_missing = is_told("missing-label", wanted) && !is_null(wanted, locale);
                return Cell { marks: vec![if is_missing { Mark::Missing } else { Mark::NotNeeded }] };
            };
            let length = label.nfc().chars().count();
            let is_other_language = language(locale) != language(&default_locale);
            let is_same = is_other_language && wanted.labels.get(&default_locale) == Some(label);
            let is_twice = times.get(&(index, label.nfc())).is_some_and(|it| *it > 1);
            let marks = [
                (is_twice && is_told("same-label", wanted)).then_some(Mark::Duplicate),
                (length > LABEL_LENGTH_MAX && is_told("long-label", wanted)).then_some(Mark::TooLong(length)),
                (is_same && is_told("same-as-default", wanted)).then_some(Mark::SameAsDefault),
            ];
            Cell { marks: marks.into_iter().flatten().collect() }
        };
        let rows = shown
            .iter()
            .map(|wanted| CoverageRow {
                key: wanted.key.clone(),
                cells: locales.iter().enumerate().map(|(index, locale)| cell(wanted, index, locale)).collect(),
            })
            .collect();
        Coverage { default_locale, locales, rows }
    }

    /// The number of labels in the locale of this index, and of definitions that need or have one.
    pub fn present(&self, index: usize) -> (usize, usize) {
        let times =
            |mark| self.rows.iter().filter_map(|it| it.cells.get(index)).filter(|it| it.marks.contains(&mark)).count();
        let of = self.rows.len() - times(Mark::NotNeeded);
        (of - times(Mark::Missing), of)
    }
}

fn locales(default_locale: &Locale, scope: &Scope, shown: &[&Wanted]) -> Vec<Locale> {
    let mut locales = vec![default_locale.clone()];
    let mut known = HashSet::from([default_locale.normal()]);
    let mut add = |locale: &Locale| {
        if known.insert(locale.normal()) {
            locales.push(locale.clone());
        }
    };
    match scope {
        Scope::Only(managed) => managed.iter().for_each(&mut add),
        Scope::All => {
            let mut found: Vec<&Locale> =
                shown.iter().flat_map(|it| it.labels.iter().map(|(locale, _)| locale)).collect();
            found.sort();
            found.dedup();
            found.into_iter().for_each(&mut add);
        }
    }
    // A default locale that is not managed has no cell.
    if !scope.covers(default_locale) {
        locales.remove(0);
    }
    locales
}

/// `en` of `en_US`: labels may be equal within one language.
fn language(locale: &Locale) -> String {
    locale.normal().split('_').next().unwrap_or_default().to_owned()
}
