//! Warnings of a plan. They block nothing.

use std::collections::BTreeSet;

use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, Key, Label, SystemPresence};
use crate::model::source::Span;
use crate::model::text;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// More active definitions under one system presence than the documented 30, counted after the plan.
    ManyActive {
        system_presence: SystemPresence,
        active: usize,
    },
    /// The org's system presences could not be read, so those of the config were not checked.
    SystemPresencesNotChecked,
    /// Definitions are created while the config leaves active ones unnamed, and nothing shows which they were before.
    BesideUnmanaged {
        keys: Vec<Key>,
        system_presence: SystemPresence,
        /// The labels of the unnamed objects, by id. Foreign strings are raw.
        others: Vec<String>,
    },
    /// No earlier state could be read that would reveal a create as a rename.
    EarlierNotRead {
        keys: Vec<Key>,
        why: String,
    },
    /// An object that cannot be read in full.
    OddObject {
        name: String,
        what: String,
    },
    /// There are more odd objects than are named.
    MoreOddObjects {
        count: usize,
    },
    /// Definitions to create that may already exist as an object that cannot be read in full.
    MayBeOdd {
        /// The first of the definitions.
        keys: Vec<Key>,
        more_keys: usize,
        system_presence: SystemPresence,
        /// The labels of the first of the objects.
        names: Vec<String>,
        more: usize,
    },
    HalfCharacter {
        id: DefinitionId,
        places: String,
    },
    /// There are more of them than are named.
    MoreHalfCharacters {
        count: usize,
    },
    /// An earlier run created it, and the org's list does not show it yet. It is not created again.
    NotVisibleYet {
        key: Key,
        id: DefinitionId,
        /// When the list shows it.
        until: Moment,
    },
    /// An earlier run may have created it. `apply` waits for the list before it creates.
    MayBeMade {
        key: Key,
        until: Moment,
    },
    /// An unnamed object is deleted, although no config can name it.
    CannotBeNamed {
        /// The first of the objects, and why no config can name each one. Foreign strings are raw.
        named: Vec<(DefinitionId, String)>,
        more: usize,
    },
    /// A definition has its object, but other active, unmanaged objects match it too.
    HiddenTwin {
        key: Key,
        its: NamedObjects,
        /// The first of the others.
        others: Vec<NamedObjects>,
        more: usize,
        /// The line with its current or previous label.
        place: Option<Span>,
    },
}

/// An object and its visible name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedObjects {
    pub id: DefinitionId,
    /// Its default label, or any other if it has none.
    pub name: Option<Label>,
    pub deactivated: bool,
}

impl NamedObjects {
    fn in_words(&self) -> String {
        let state = if self.deactivated { ", deactivated" } else { "" };
        match &self.name {
            Some(name) => format!("{} ({}{state})", text::ticked(name), self.id),
            None => format!("{}{state}", self.id),
        }
    }
}

impl Warning {
    pub fn code(&self) -> &'static str {
        match self {
            Warning::ManyActive { .. } => "many-active",
            Warning::SystemPresencesNotChecked => "system-presences-not-checked",
            Warning::BesideUnmanaged { .. } => "beside-unmanaged",
            Warning::EarlierNotRead { .. } => "earlier-not-read",
            Warning::OddObject { .. } | Warning::MoreOddObjects { .. } => "odd-object",
            Warning::MayBeOdd { .. } => "may-be-odd-object",
            Warning::HalfCharacter { .. } | Warning::MoreHalfCharacters { .. } => "half-character",
            Warning::NotVisibleYet { .. } => "not-visible-yet",
            Warning::MayBeMade { .. } => "may-be-made",
            Warning::CannotBeNamed { .. } => "cannot-be-named",
            Warning::HiddenTwin { .. } => "hidden-twin",
        }
    }

    /// The number of objects or definitions that it covers.
    pub fn count(&self) -> usize {
        match self {
            Warning::MoreOddObjects { count } | Warning::MoreHalfCharacters { count } => *count,
            _ => 1,
        }
    }

    /// The related line of the config, if it is not that of its first definition.
    pub fn place(&self) -> Option<Span> {
        match self {
            Warning::HiddenTwin { place, .. } => *place,
            _ => None,
        }
    }

    /// The same warning without these created definitions. `None` if none is left.
    pub fn without(mut self, gone: &BTreeSet<&Key>) -> Option<Warning> {
        if let Warning::BesideUnmanaged { keys, .. } | Warning::EarlierNotRead { keys, .. } = &mut self {
            keys.retain(|it| !gone.contains(it));
            if keys.is_empty() {
                return None;
            }
        }
        Some(self)
    }

    /// The related definitions of the config.
    pub fn keys(&self) -> &[Key] {
        match self {
            Warning::BesideUnmanaged { keys, .. }
            | Warning::EarlierNotRead { keys, .. }
            | Warning::MayBeOdd { keys, .. } => keys,
            Warning::ManyActive { .. }
            | Warning::SystemPresencesNotChecked
            | Warning::OddObject { .. }
            | Warning::MoreOddObjects { .. }
            | Warning::HalfCharacter { .. }
            | Warning::MoreHalfCharacters { .. }
            | Warning::CannotBeNamed { .. } => &[],
            Warning::NotVisibleYet { key, .. } | Warning::MayBeMade { key, .. } | Warning::HiddenTwin { key, .. } => {
                std::slice::from_ref(key)
            }
        }
    }

    /// Is it about objects that could not be read in full? Then it matters even without planned changes.
    pub fn is_about_the_reading(&self) -> bool {
        !matches!(self, Warning::ManyActive { .. } | Warning::SystemPresencesNotChecked | Warning::CannotBeNamed { .. })
    }

    /// In words. Foreign strings are raw.
    pub fn message(&self) -> String {
        match self {
            Warning::HiddenTwin { key, its, others, more, place: _ } => {
                let mut named: Vec<String> = others.iter().map(NamedObjects::in_words).collect();
                named.extend((*more > 0).then(|| format!("{more} more")));
                let (are, each, it, them) =
                    if named.len() == 1 { ("is", "it", "it", "it") } else { ("are", "each", "the right one", "them") };
                format!(
                    "`{key}` is {}, but {}, which its label or `previousLabels` also name, {are} active and unmanaged, so \
                     agents see both: give {each} a key of its own, pinned in `ids`, with `deactivated: true` to retire it or \
                     with its labels to keep it; or pin `{key}` to {it}; or name {them} in `protect` to leave {them} alone",
                    its.in_words(),
                    text::list(&named, "and")
                )
            }
            Warning::CannotBeNamed { named, more } => {
                let each = |(id, why): &(DefinitionId, String)| format!("{} ({why})", text::ticked(id));
                let (cannot, them) =
                    if named.len() + more == 1 { ("it cannot", "it") } else { ("they cannot", "them") };
                format!(
                    "this plan deletes {}. No config can name {them}, so `import` leaves {them} out and {cannot} be added to \
                     `definitions`. To keep {them}, write the id into `protect`, or repair {them} in the org's admin page",
                    text::list_and(named.iter().map(each).collect(), *more)
                )
            }
            Warning::ManyActive { system_presence, active } => format!(
                "{active} definitions will be active under {system_presence}; the platform documents 30 at most, \
                 unless your org has had that raised"
            ),
            Warning::SystemPresencesNotChecked => {
                "the org's system presences could not be read, so new definitions were not checked against them"
                    .to_owned()
            }
            Warning::BesideUnmanaged { keys, system_presence, others } => {
                let is = if keys.len() == 1 { "is" } else { "are" };
                let meant = if others.len() == 1 { "that one" } else { "one of them" };
                let definitions = text::count(others.len(), "active definition");
                let others: Vec<String> = others.iter().map(text::ticked).collect();
                format!(
                    "{keys} {is} created under {system_presence} beside {definitions} that the config does not name: \
                     {others}; if {meant} is meant, write `previousLabels`",
                    keys = text::some(&keys.iter().map(text::ticked).collect::<Vec<_>>()),
                    system_presence = text::unticked(system_presence),
                    others = text::some(&others),
                )
            }
            Warning::EarlierNotRead { keys, why } => format!(
                "cannot check whether {keys} had another label before: {why}",
                keys = text::some(&keys.iter().map(text::ticked).collect::<Vec<_>>()),
            ),
            Warning::OddObject { name, what } => {
                format!(
                    "{name} cannot be read completely: {what}. It is left as it is; repair it in the org's admin page"
                )
            }
            Warning::MoreOddObjects { count } => {
                let more = text::count(*count, "object");
                format!("{more} more cannot be read completely; `show` lists them")
            }
            Warning::MayBeOdd { keys, more_keys, system_presence, names, more } => format!(
                "one of the definitions that would be created under {system_presence} ({keys}) may exist already: {names} \
                 cannot be read completely",
                system_presence = text::unticked(system_presence),
                keys = text::list_and(keys.iter().map(|it| format!("`{it}`")).collect(), *more_keys),
                names = text::list_and(names.clone(), *more),
            ),
            Warning::HalfCharacter { id, places } => format!(
                "{id} holds a broken character ({places}), shown as U+FFFD. It is never sent back, so an update of this \
                 definition needs the whole text",
                id = text::ticked(id)
            ),
            Warning::MoreHalfCharacters { count } => {
                format!("{} more hold a broken character", text::count(*count, "definition"))
            }
            Warning::NotVisibleYet { key, id, until } => format!(
                "`{key}`: an earlier run made {id}, and the org's list does not show it yet. It is not made again; run this \
                 again after {until}"
            ),
            Warning::MayBeMade { key, until } => format!(
                "`{key}`: an earlier run may have made it, and the org's list may lag. `apply` does everything else, waits \
                 until {until} unless the list shows it sooner, and creates only what is still missing"
            ),
        }
    }
}
