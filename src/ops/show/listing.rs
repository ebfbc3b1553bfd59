//! Definitions in display order, with their details.

use crate::model::alike;
use crate::model::division::Divisions;
use crate::model::names::{Key, Locale, SystemPresence};
use crate::model::observed::{Definition, Modified, Organization, Primary};
use crate::model::odd::{Halved, Odd};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// By system presence: the platform's own first, deactivated ones last, then by name and id.
    pub rows: Vec<ListingRow>,
    /// A config was given, so definitions may have keys.
    pub with_keys: bool,
    pub default_locale: Locale,
    /// The divisions, if their names had to be looked up.
    pub divisions: Divisions,
    /// The objects that cannot be read in full.
    pub odd: Vec<Odd>,
    /// How the rows were found, if not all are shown.
    pub found_by: Option<FoundBy>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingRow {
    /// Its key in the config, if it has one.
    pub key: Option<Key>,
    pub definition: Definition,
    /// Where it has a broken character, if it does.
    pub halved: Option<Halved>,
}

/// The system presences of an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemPresences {
    /// The org. `None` if its identity could not be read.
    pub org: Option<Organization>,
    pub sandbox: bool,
    /// In the org's order.
    pub names: Vec<SystemPresence>,
}

/// What the typed name matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    Key,
    Id,
    Label,
}

impl FoundBy {
    pub fn name(self) -> &'static str {
        match self {
            FoundBy::Key => "key",
            FoundBy::Id => "id",
            FoundBy::Label => "label",
        }
    }
}

impl Listing {
    /// Sorts the rows.
    pub(super) fn sort(&mut self) {
        let default_locale = &self.default_locale;
        self.rows.sort_by_cached_key(|ListingRow { key: _, definition: it, halved: _ }| {
            let name = it.name(default_locale).map(|it| alike::folded(it.nfc()));
            (it.system_presence.clone(), it.primary != Primary::Yes, it.deactivated, name, it.id.clone())
        });
    }

    /// The rows and odd objects that match a condition. `None` if there are none.
    pub(super) fn only(
        &self,
        found_by: FoundBy,
        is_meant: impl Fn(&ListingRow) -> bool,
        is_odd_one: impl Fn(&Odd) -> bool,
    ) -> Option<Listing> {
        let rows: Vec<ListingRow> = self.rows.iter().filter(|it| is_meant(it)).cloned().collect();
        let odd: Vec<Odd> = self.odd.iter().filter(|it| is_odd_one(it)).cloned().collect();
        (!rows.is_empty() || !odd.is_empty()).then(|| Listing { rows, odd, found_by: Some(found_by), ..self.clone() })
    }
}

impl ListingRow {
    /// Active, deactivated or the platform's own, in words.
    pub fn state(&self) -> &'static str {
        match (self.definition.primary, self.definition.deactivated) {
            (Primary::No, false) => "active",
            (Primary::No, true) => "deactivated",
            (Primary::Yes, false) => "primary",
            (Primary::Yes, true) => "primary, deactivated",
            (Primary::NotKnown, false) => "active, primary not known",
            (Primary::NotKnown, true) => "deactivated, primary not known",
        }
    }

    /// The author of the last change, if the org shows it.
    pub fn changed_by(&self) -> Option<&str> {
        self.modified().and_then(|it| it.by.as_deref())
    }

    /// The time of the last change, if the org shows it.
    pub fn changed_at(&self) -> Option<&str> {
        self.modified().and_then(|it| it.at.as_deref())
    }

    fn modified(&self) -> Option<&Modified> {
        self.definition.modified.as_ref()
    }
}
