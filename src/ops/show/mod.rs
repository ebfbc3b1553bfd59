//! Lists every definition of an org, the platform's own included, in one order.

use std::collections::BTreeSet;

use crate::model::desired::Desired;
use crate::model::names::{DefinitionId, Key, Label, Locale, TYPE_MORE, is_short_id};
use crate::model::observed::{Definition, Observed};
use crate::model::odd::Odd;
use crate::model::text;
use crate::plan::matching::{Pairing, pair};

pub mod listing;

use crate::ops::show::listing::{FoundBy, Listing, ListingRow};

/// Every definition of an org, with its key in the config.
pub fn list(observed: &Observed, config: Option<&Desired>, default_locale: &Locale) -> Listing {
    let pairing = config.map(|it| pair(it, observed));
    let key =
        |id: &DefinitionId| pairing.as_ref().and_then(|it: &Pairing<'_>| it.claimed.get(id).map(|key| (*key).clone()));
    let rows = observed.definitions.iter().map(|it| ListingRow {
        key: key(&it.id),
        definition: it.clone(),
        halved: observed.halved(&it.id).cloned(),
    });
    let mut listing = Listing {
        rows: rows.collect(),
        with_keys: config.is_some(),
        default_locale: default_locale.clone(),
        divisions: observed.divisions.clone(),
        odd: observed.odd.clone(),
        found_by: None,
    };
    listing.sort();
    listing
}

/// Why nothing is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotFound {
    /// The config has this key, but no object of the org matches it.
    KeyWithoutObject(Key),
    /// Several ids have this prefix.
    Ambiguous { name: String, ids: Vec<DefinitionId> },
    /// No key, id or label equals it.
    Nothing {
        name: String,
        with_keys: bool,
        /// The most similar name.
        nearest: Option<String>,
    },
}

impl NotFound {
    /// What is wrong. Foreign strings are raw.
    pub fn message(&self) -> String {
        match self {
            NotFound::KeyWithoutObject(key) => {
                format!("`{key}` is a key of the config, and nothing in the org is certainly that definition")
            }
            NotFound::Ambiguous { name, ids } => text::ambiguous(name, ids),
            NotFound::Nothing { name, with_keys: true, nearest: _ } => {
                format!("nothing in the org has {name} as its key, its id or a label", name = text::ticked(name))
            }
            NotFound::Nothing { name, with_keys: false, nearest: _ } => {
                format!("nothing in the org has {name} as its id or a label", name = text::ticked(name))
            }
        }
    }

    pub fn help(&self) -> Option<String> {
        match self {
            NotFound::KeyWithoutObject(_) => Some("`plan` says what would become of it".to_owned()),
            NotFound::Ambiguous { .. } => Some("type more of the id".to_owned()),
            NotFound::Nothing { name, .. } if is_short_id(name) => Some(TYPE_MORE.to_owned()),
            NotFound::Nothing { nearest: Some(nearest), .. } => {
                Some(format!("did you mean {nearest}?", nearest = text::ticked(nearest)))
            }
            NotFound::Nothing { with_keys: false, .. } => {
                Some("labels are compared exactly; to find it by a key, give the config with --config PATH".to_owned())
            }
            NotFound::Nothing { .. } => Some("labels are compared exactly; without a name, all are shown".to_owned()),
        }
    }
}

/// Finds definitions by a key of the config, an id, a label in any locale, or an id prefix. The first of these with a
/// match counts.
pub fn find(all: &Listing, config: Option<&Desired>, name: &str) -> Result<Listing, NotFound> {
    let key = Key::new(name).filter(|key| config.is_some_and(|it| it.definitions.contains_key(key)));
    if let Some(key) = key {
        let found = all.only(FoundBy::Key, |row| row.key.as_ref() == Some(&key), |_| false);
        return found.ok_or(NotFound::KeyWithoutObject(key));
    }
    let id = DefinitionId::new(name);
    if let Some(found) =
        all.only(FoundBy::Id, |row| Some(&row.definition.id) == id.as_ref(), |odd| odd.id.is_some() && odd.id == id)
    {
        return Ok(found);
    }
    let label = Label::new(name);
    let has = |it: &Definition| it.labels.iter().any(|(_, its)| *its == label);
    let shows = |odd: &Odd| odd.labels.iter().any(|(_, its)| *its == label);
    if let Some(found) = all.only(FoundBy::Label, |row| has(&row.definition), shows) {
        return Ok(found);
    }
    let ids = all.rows.iter().map(|it| &it.definition.id).chain(all.odd.iter().filter_map(|it| it.id.as_ref()));
    let begun: BTreeSet<&DefinitionId> = ids.filter(|it| it.begins_with(name)).collect();
    if begun.len() > 1 {
        return Err(NotFound::Ambiguous { name: name.to_owned(), ids: begun.into_iter().cloned().collect() });
    }
    let is_it = |id: &DefinitionId| begun.contains(id);
    let found = all.only(FoundBy::Id, |row| is_it(&row.definition.id), |odd| odd.id.as_ref().is_some_and(is_it));
    found.ok_or_else(|| {
        let keys = all.rows.iter().filter_map(|it| it.key.as_ref().map(Key::as_str));
        let labels = all.rows.iter().flat_map(|it| it.definition.labels.iter().map(|(_, label)| label.nfc()));
        let nearest = text::nearest(name, keys).or_else(|| text::nearest(name, labels)).map(str::to_owned);
        NotFound::Nothing { name: name.to_owned(), with_keys: all.with_keys, nearest }
    })
}
