//! The keys that an import gives: readable, the same for the same org regardless of the order of arrival,
//! and changed as little as possible by what is added to the org later.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::names::{DefinitionId, Key, Label, Locale};
use crate::model::observed::Definition;
use crate::model::slug::slug;

/// How many characters of an id stand in a key that is made of it.
const ID_CHARS: usize = 8;

/// One key a definition, beside those that are `given`. Active ones come first, so that theirs do not depend on what is
/// deactivated; then, where several would have one key, all but the first (by system presence, then id) get a number.
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

/// Gives each of those that would have one name a key. A definition that is alone with a name has it, and no number of
/// another one takes it away.
pub fn share<'a>(
    groups: BTreeMap<String, Vec<&'a DefinitionId>>,
    taken: &mut BTreeSet<Key>,
    keys: &mut BTreeMap<&'a DefinitionId, Key>,
) {
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

/// The name that a definition would have if it were alone: of its default label, else of another
/// label, else of its id.
fn natural(definition: &Definition, default_locale: &Locale) -> String {
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
