//! Keys: readable, numbered in an order of their own, and steady.

use std::collections::BTreeMap;

use presencectl::model::names::{DefinitionId, Label, Locale};
use presencectl::model::observed::Definition;
use presencectl::model::slug::slug;
use presencectl::ops::import::keys::keys;
use proptest::prelude::*;

use super::orgs::some_org;
use crate::paper::object;
use crate::properties::repeatable;

fn keyed(definitions: &[Definition]) -> BTreeMap<DefinitionId, String> {
    let all: Vec<&Definition> = definitions.iter().collect();
    let keys = keys(&all, BTreeMap::new(), &Locale::new("en_US"));
    assert_eq!(keys.len(), definitions.len(), "each has one");
    keys.into_iter().map(|(id, key)| (id.clone(), key.to_string())).collect()
}

/// The keys in the order of the definitions.
fn shown(definitions: &[Definition]) -> Vec<String> {
    let mut keys = keyed(definitions);
    definitions.iter().map(|it| keys.remove(&it.id).unwrap()).collect()
}

#[test]
fn a_key_is_of_the_default_label_else_of_another_else_of_the_id() {
    let definitions = [
        object(1, "Meal", &[("de", "Mittag"), ("en_US", "Late lunch!")]),
        object(2, "Meal", &[("ar", "غداء"), ("de", "Abendbrot"), ("en_GB", "Supper")]),
        object(3, "Meal", &[("ar", "غداء"), ("fr", "Midi"), ("he", "צהריים")]),
        object(4, "Meal", &[("zh_CN", "午餐")]),
        object(5, "Meal", &[("en_US", "?!"), ("de", "Imbiss")]),
        object(6, "Meal", &[("en_US", " ")]),
        object(7, "Meal", &[]),
    ];
    assert_eq!(
        shown(&definitions),
        ["late-lunch", "supper", "midi", "wu-can", "imbiss", "definition-2fa68d50", "definition-2fa68d50-2"]
    );
}

#[test]
fn equal_names_are_numbered_by_system_presence_then_id() {
    let definitions = [
        object(4, "Meal", &[("en_US", "Lunch")]),
        object(3, "Meal", &[("en_US", "lunch")]),
        object(5, "Break", &[("en_US", "Lunch?")]),
        object(6, "Busy", &[("en_US", "Lunch 2")]),
    ];
    assert_eq!(shown(&definitions), ["lunch-4", "lunch-3", "lunch", "lunch-2"], "`Lunch 2` has its own name");
}

#[test]
fn what_is_deactivated_takes_no_key_from_what_is_active() {
    let deactivated = |number, label| Definition { deactivated: true, ..object(number, "Break", &[("en_US", label)]) };
    let definitions = [
        deactivated(1, "Lunch"),
        deactivated(2, "Lunch 2"),
        object(3, "Meal", &[("en_US", "Lunch")]),
        object(4, "Meal", &[("en_US", "Lunch")]),
    ];
    assert_eq!(shown(&definitions), ["lunch-3", "lunch-2-2", "lunch", "lunch-2"]);
}

proptest! {
    #![proptest_config(repeatable())]

    #[test]
    fn what_is_added_changes_only_keys_of_its_own_name(
        org in some_org(),
        label in prop::sample::select(vec!["Lunch", "Tea", "Lunch 2", "Fresh start"]),
        deactivated in prop::bool::ANY,
    ) {
        let before = keyed(&org.definitions);
        let added = Definition { deactivated, ..object(900, "Break", &[("en_US", label)]) };
        let after = keyed(&[org.definitions.clone(), vec![added]].concat());
        let name = slug(label).unwrap();
        for (id, key) in &before {
            let same = &after[id] == key;
            let numbered_beside = key.strip_prefix(&name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
                || name.strip_prefix(key.trim_end_matches(|c: char| c.is_ascii_digit())).is_some_and(|it| {
                    it.chars().all(|c| c.is_ascii_digit())
                });
            prop_assert!(same || numbered_beside, "{key} became {} by {label}", after[id]);
        }
    }

    #[test]
    fn deactivated_ones_change_no_key_of_an_active_one(org in some_org()) {
        let active: Vec<Definition> = org.definitions.iter().filter(|it| !it.deactivated).cloned().collect();
        let all = keyed(&org.definitions);
        for (id, key) in keyed(&active) {
            prop_assert_eq!(&all[&id], &key);
        }
    }
}

#[test]
fn a_label_of_any_length_gives_a_key() {
    let mut long = object(1, "Meal", &[]);
    long.labels.insert(Locale::new("en_US"), Label::new("Überlange Bezeichnung ".repeat(5_000)));
    assert_eq!(shown(&[long]), ["uberlange-bezeichnung-uberlange-bezeichnung-uberlange"]);
}
