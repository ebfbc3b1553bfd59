//! The observed state of an org: its definitions, and its identity.

use crate::model::division::Divisions;
use crate::model::generation::Generation;
use crate::model::labels::{Labels, Scope};
use crate::model::names::{DefinitionId, DivisionId, Label, Locale, OrgId, SystemPresence};
use crate::model::odd::{Halved, Odd};

/// Is this one of the platform's own definitions, which cannot be changed?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Primary {
    /// The platform's own (`primary: true`, or `type: System`).
    Yes,
    No,
    /// The org does not show it. Such an object is changed only if it is pinned.
    NotKnown,
}

/// One presence definition of an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    pub id: DefinitionId,
    /// In the org's spelling.
    pub system_presence: SystemPresence,
    pub labels: Labels,
    /// Deactivated: hidden from agents. A deleted one looks the same.
    pub deactivated: bool,
    pub primary: Primary,
    /// Its division. `None` if the API does not show divisions.
    pub division: Option<DivisionId>,
    /// The last change. `None` if the org does not show it.
    pub modified: Option<Modified>,
}

/// The last change: its author (an id or a name) and its time (in the org's form).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modified {
    pub by: Option<String>,
    /// ISO 8601 in UTC.
    pub at: Option<String>,
}

/// The part of a definition that is compared and written. System presence and id never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub labels: Labels,
    pub deactivated: bool,
    /// The division. `None` if it is not managed or not shown.
    pub division: Option<DivisionId>,
}

impl Content {
    /// Equal in any spelling of the locales?
    pub fn same_as(&self, other: &Content) -> bool {
        let Content { labels, deactivated, division } = self;
        *deactivated == other.deactivated && *division == other.division && labels.same_as(&other.labels)
    }
}

impl Definition {
    pub fn default_label(&self, default_locale: &Locale) -> Option<&Label> {
        self.labels.get(default_locale)
    }

    /// The display name: its default label, or any other label.
    pub fn name(&self, default_locale: &Locale) -> Option<&Label> {
        self.labels.name(default_locale)
    }

    pub fn content(&self) -> Content {
        Content { labels: self.labels.clone(), deactivated: self.deactivated, division: self.division.clone() }
    }

    /// The part that can be compared with `other`: the labels in scope, and the division only if it is managed.
    pub fn content_beside(&self, other: &Content, scope: &Scope) -> Content {
        Content {
            labels: self.labels.within(scope),
            deactivated: self.deactivated,
            division: self.division.clone().filter(|_| other.division.is_some()),
        }
    }
}

/// The org that answered `GET /api/v2/organizations/me`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    pub id: OrgId,
    pub name: String,
}

/// The list of an org's definitions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    /// Every definition that can be read in full, deactivated ones included.
    pub definitions: Vec<Definition>,
    /// Every object that cannot be read in full.
    pub odd: Vec<Odd>,
    /// The definitions with a broken character.
    pub halved: Vec<Halved>,
}

impl Listed {
    pub fn len(&self) -> usize {
        self.definitions.len() + self.odd.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ids of all objects whose id is readable.
    pub fn ids(&self) -> impl Iterator<Item = &DefinitionId> {
        self.definitions.iter().map(|it| &it.id).chain(self.odd.iter().filter_map(|it| it.id.as_ref()))
    }

    /// Adds the result of a read by id.
    pub fn take_in(&mut self, found: Found) {
        match found {
            Found::Whole(definition, halved) => {
                self.definitions.push(*definition);
                self.halved.extend(halved);
            }
            Found::Odd(odd) => self.odd.push(*odd),
            Found::Nothing => {}
        }
    }

    pub fn forget(&mut self, id: &DefinitionId) {
        self.definitions.retain(|it| it.id != *id);
        self.odd.retain(|it| it.id.as_ref() != Some(id));
        self.halved.retain(|it| it.id != *id);
    }
}

/// The result of a read by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A definition, and where it has a broken character, if it does.
    Whole(Box<Definition>, Option<Halved>),
    /// An object that cannot be read in full.
    Odd(Box<Odd>),
    /// The org has no such object.
    Nothing,
}

/// Everything that one plan reads from an org.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observed {
    /// Every definition, deactivated ones included, sorted by id.
    pub definitions: Vec<Definition>,
    /// Every object that cannot be read in full, by id and place. It never matches a definition.
    pub odd: Vec<Odd>,
    /// The definitions with a broken character, by id.
    pub halved: Vec<Halved>,
    /// The system presences of the org, sorted. `None` if they were not read.
    pub system_presences: Option<Vec<SystemPresence>>,
    pub generation: Generation,
    /// The divisions, if a name had to be looked up.
    pub divisions: Divisions,
}

impl Observed {
    /// Sorts, so that the order of arrival cannot affect a plan. The result is a view through the first generation.
    pub fn new(definitions: Vec<Definition>, system_presences: Option<Vec<SystemPresence>>) -> Observed {
        Observed::listed(Listed { definitions, ..Listed::default() }, system_presences)
    }

    /// Like [`Observed::new`], for a whole list.
    pub fn listed(listed: Listed, mut system_presences: Option<Vec<SystemPresence>>) -> Observed {
        let Listed { mut definitions, mut odd, mut halved } = listed;
        definitions.sort_by(|a, b| a.id.cmp(&b.id));
        odd.sort_by(|a, b| (&a.id, &a.place).cmp(&(&b.id, &b.place)));
        halved.sort_by(|a, b| a.id.cmp(&b.id));
        // Two spellings of one are equal, but their order would decide which is shown.
        if let Some(presences) = &mut system_presences {
            presences.sort_by(|a, b| a.cmp(b).then_with(|| a.as_str().cmp(b.as_str())));
        }
        Observed { definitions, odd, halved, system_presences, ..Observed::default() }
    }

    /// Takes the list out. [`Observed::with_list`] puts it back.
    pub fn take_list(&mut self) -> Listed {
        let Observed { definitions, odd, halved, .. } = self;
        Listed { definitions: std::mem::take(definitions), odd: std::mem::take(odd), halved: std::mem::take(halved) }
    }

    pub fn with_list(self, listed: Listed) -> Observed {
        let Observed { definitions, odd, halved, .. } = Observed::listed(listed, None);
        Observed { definitions, odd, halved, ..self }
    }

    /// The view through this generation of the API, with the divisions if they were read. These are sorted too.
    pub fn seen_through(self, generation: Generation, mut divisions: Divisions) -> Observed {
        if let Divisions::Known(known) = &mut divisions {
            known.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        }
        Observed { generation, divisions, ..self }
    }

    pub fn get(&self, id: &DefinitionId) -> Option<&Definition> {
        self.definitions.binary_search_by(|it| it.id.cmp(id)).ok().map(|index| &self.definitions[index])
    }

    pub fn odd(&self, id: &DefinitionId) -> Option<&Odd> {
        self.odd.binary_search_by(|it| it.id.as_ref().cmp(&Some(id))).ok().map(|index| &self.odd[index])
    }

    /// Where the definition with this id has a broken character.
    pub fn halved(&self, id: &DefinitionId) -> Option<&Halved> {
        self.halved.binary_search_by(|it| it.id.cmp(id)).ok().map(|index| &self.halved[index])
    }

    pub fn len(&self) -> usize {
        self.definitions.len() + self.odd.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The org that a run connects to: the first line of every output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// `None` if the identity could not be read ("org not verified").
    pub org: Option<Organization>,
    /// The embedded sandbox: nothing real is written.
    pub sandbox: bool,
    pub generation: Generation,
}
