//! The keys of an import. They are readable, do not depend on the order of arrival, and change as little as possible
//! when the org gets more definitions.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::names::{DefinitionId, Key, Label, Locale};
use crate::model::observed::Definition;
use crate::model::slug::slug;

/// The number of id characters in a key that is made from an id.
const ID_CHARS: usize = 8;

/// One key per definition, distinct from the `given` ones. Active definitions come first, so that deactivated ones do
/// not affect their keys. If several would have the same key, all but the first (by system presence, then id) get a
/// number.
pub fn keys<'a>(
    definitions: &[&'a Definition],
    given: BTreeMap<&'a DefinitionId, Key>,
    default_locale: &Locale,
) -> BTreeMap<&'a DefinitionId, Key> {
    let mut taken: BTreeSet<Key> = given.values().cloned().collect();
    let mut keys = given;
    for deactivated in [false, true] {
        let mut groups: BTreeMap<String, Vec<&'a Definition>> = BTreeMap::new();
        let without = definitions.iter().filter(|it| it.deactivated == deactivated && !keys.contains_key(&it.id));
        for definition in without {
            groups.entry(natural(definition, default_locale)).or_default().push(definition);
        }
        let sorted = |mut group: Vec<&'a Definition>| {
            group.sort_by(|a, b| (&a.system_presence, &a.id).cmp(&(&b.system_presence, &b.id)));
            group.into_iter().map(|it| &it.id).collect()
        };
        share(groups.into_iter().map(|(name, group)| (name, sorted(group))).collect(), &mut taken, &mut keys);
    }
    keys
}

/// Gives a key to each definition of a group with the same name. A definition with a unique name keeps it, and no numbered
/// key of another group takes it.
pub fn share<I: Ord>(groups: BTreeMap<String, Vec<I>>, taken: &mut BTreeSet<Key>, keys: &mut BTreeMap<I, Key>) {
    let mut numbered = Vec::new();
    for (name, group) in groups {
        let mut rest = group.into_iter();
        if let Some(key) = Key::new(&name).filter(|it| !taken.contains(it))
            && let Some(first) = rest.next()
        {
            taken.insert(key.clone());
            keys.insert(first, key);
        }
        numbered.push((name, rest));
    }
    for (name, rest) in numbered {
        let mut free = (2_usize..).filter_map(|number| Key::new(&format!("{name}-{number}")));
        for id in rest {
            if let Some(key) = free.find(|it| !taken.contains(it)) {
                taken.insert(key.clone());
                keys.insert(id, key);
            }
        }
    }
}

/// The natural key of a definition: from its default label, another label, or its id.
pub fn natural(definition: &Definition, default_locale: &Locale) -> String {
    let default = definition.default_label(default_locale).and_then(name_of);
    default.or_else(|| of_any_label(definition, default_locale)).unwrap_or_else(|| {
        let id: String = definition.id.as_str().chars().filter(char::is_ascii_alphanumeric).take(ID_CHARS).collect();
        slug(&format!("definition {id}")).unwrap_or_else(|| "definition".to_owned())
    })
}

fn name_of(label: &Label) -> Option<String> {
    slug(label.nfc())
}

/// A label in the same language first, then one that needs no transliteration.
fn of_any_label(definition: &Definition, default_locale: &Locale) -> Option<String> {
    let language = |locale: &Locale| locale.normal().split('_').next().unwrap_or_default().to_owned();
    let ours = language(default_locale);
    let mut labels: Vec<(&Locale, &Label)> = definition.labels.iter().collect();
    labels.sort_by_key(|(locale, label)| (language(locale) != ours, !label.nfc().is_ascii()));
    labels.into_iter().find_map(|(_, label)| name_of(label))
}
