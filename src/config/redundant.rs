//! Finds overrides that repeat the value below them.

use std::collections::HashMap;

use crate::config::diagnostic::Diagnostic;
use crate::config::finding::Finding;
use crate::config::located::{Entries, Located, LocatedField};
use crate::config::schema::Definition;
use crate::model::names::Locale;
use crate::model::source::Span;
use crate::model::text;

/// The parts of an override that change nothing.
pub(super) fn found(
    key: &str,
    below: &Definition<Option<String>>,
    above: &Definition<Option<String>>,
) -> Vec<Diagnostic> {
    let Definition { system_presence, labels, deactivated, previous_labels, new, replaces, division } = above;
    let same = [
        ("systemPresence", same(&below.system_presence, system_presence)),
        ("deactivated", same(&below.deactivated, deactivated)),
        ("previousLabels", same_items(&below.previous_labels, previous_labels)),
        ("new", same(&below.new, new)),
        ("replaces", same(&below.replaces, replaces)),
        ("division", same(&below.division, division)),
    ];
    let mut what: Vec<(String, Span)> =
        same.into_iter().filter_map(|(field, place)| Some((text::ticked(field), place?))).collect();
    let before = || Entries::of(&below.labels).filter_map(|(locale, label)| Some((locale.value.as_deref()?, label)));
    let spelt: HashMap<&str, &Located<Option<String>>> = before().collect();
    let alike: HashMap<String, &Located<Option<String>>> =
        before().map(|(locale, label)| (Locale::new(locale).normal(), label)).collect();
    for (locale, label) in Entries::of(labels) {
        let Some(name) = locale.value.as_deref() else { continue };
        let before = spelt.get(name).or_else(|| alike.get(&Locale::new(name).normal()));
        if matches!(label.value, Some(Some(_))) && before.is_some_and(|it| it.value == label.value) {
            what.push((format!("the label for {}", text::ticked(name)), label.place));
        }
    }
    let told = |(what, place): (String, Span)| {
        let finding = Finding::NoEffect { what, why: format!("without this override `{key}` is the same") };
        Diagnostic::at(place, finding).of(key)
    };
    what.into_iter().map(told).collect()
}

fn same<T: PartialEq>(below: &LocatedField<T>, above: &LocatedField<T>) -> Option<Span> {
    above.with_place().filter(|(value, _)| below.get() == Some(*value)).map(|(_, place)| place)
}

fn same_items(below: &LocatedField<Vec<Located<String>>>, above: &LocatedField<Vec<Located<String>>>) -> Option<Span> {
    let values = |items: &[Located<String>]| items.iter().map(|it| it.value.clone()).collect::<Vec<_>>();
    let before = values(below.get()?);
    above.with_place().filter(|(items, _)| values(items) == before).map(|(_, place)| place)
}
