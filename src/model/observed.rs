//! What an org holds: its definitions as read, and who the org is.

use crate::model::division::Divisions;
use crate::model::generation::Generation;
use crate::model::labels::{Labels, Scope};
use crate::model::names::{DefinitionId, DivisionId, Label, Locale, OrgId, SystemPresence};
use crate::model::odd::{Halved, Odd};

/// Is this one of the platform's own definitions, which no one may change?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Primary {
    /// The platform's own (`primary: true`, or `type: System`).
    Yes,
    No,
    /// The org did not say: touched only when pinned.
    NotKnown,
}

/// One presence definition of an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    pub id: DefinitionId,
    /// In the org's spelling.
    pub system_presence: SystemPresence,
    pub labels: Labels,
    /// Deactivated: agents no longer see it. A deleted one looks like this as well.
    pub deactivated: bool,
    pub primary: Primary,
    /// The division that it belongs to; none where the API does not show divisions.
    pub division: Option<DivisionId>,
    /// Who changed it last, and when; none where the org does not say.
    pub modified: Option<Modified>,
}

/// Who changed a definition last (an id or a name) and when (as the org writes times).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modified {
    pub by: Option<String>,
    /// ISO 8601, UTC.
    pub at: Option<String>,
}

/// The part of a definition that is compared and written. System presence and id never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub labels: Labels,
    pub deactivated: bool,
    /// The division; none where it is not managed, or not shown.
    pub division: Option<DivisionId>,
}

impl Content {
    /// Equal, regardless of the spelling of the locales?
    pub fn same_as(&self, other: &Content) -> bool {
        let Content { labels, deactivated, division } = self;
        *deactivated == other.deactivated && *division == other.division && labels.same_as(&other.labels)
    }
}

impl Definition {
    /// The label in the default locale, if it has one.
    pub fn default_label(&self, default_locale: &Locale) -> Option<&Label> {
        self.labels.get(default_locale)
    }

    /// What to call it where people read: its default label, else any label.
    pub fn name(&self, default_locale: &Locale) -> Option<&Label> {
        self.labels.name(default_locale)
    }

    pub fn content(&self) -> Content {
        Content { labels: self.labels.clone(), deactivated: self.deactivated, division: self.division.clone() }
    }

    /// The part that `other` speaks of as well: the labels in a scope of locales, and the division only
    /// where that is managed.
    pub fn content_beside(&self, other: &Content, scope: &Scope) -> Content {
        Content {
            labels: self.labels.within(scope),
            deactivated: self.deactivated,
            division: self.division.clone().filter(|_| other.division.is_some()),
        }
    }
}

/// Who answered: `GET /api/v2/organizations/me`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    pub id: OrgId,
    pub name: String,
}

/// The list of an org's definitions, as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    /// Every definition that can be read whole, deactivated ones too.
    pub definitions: Vec<Definition>,
    /// Every object that cannot.
    pub odd: Vec<Odd>,
    /// Those of the definitions that hold half a character.
    pub halved: Vec<Halved>,
}

impl Listed {
    pub fn len(&self) -> usize {
        self.definitions.len() + self.odd.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ids of all objects that have a readable one.
    pub fn ids(&self) -> impl Iterator<Item = &DefinitionId> {
        self.definitions.iter().map(|it| &it.id).chain(self.odd.iter().filter_map(|it| it.id.as_ref()))
    }

    /// Takes in what a read by id found.
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

/// What a read by id found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A definition, and where it holds half a character, if anywhere.
    Whole(Box<Definition>, Option<Halved>),
    /// Something that cannot be read whole.
    Odd(Box<Odd>),
    /// The org says that there is none.
    Nothing,
}

/// Everything that was read from an org for one plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observed {
    /// Every definition, deactivated ones too, sorted by id.
    pub definitions: Vec<Definition>,
    /// Every object that cannot be read whole, by id and place. No definition of a config is ever one of them.
    pub odd: Vec<Odd>,
    /// Those of the definitions that hold half a character, by id.
    pub halved: Vec<Halved>,
    /// The system presences that the org knows, sorted; none where they were not read.
    pub system_presences: Option<Vec<SystemPresence>>,
    pub generation: Generation,
    /// The divisions, where a name of one had to be looked up.
    pub divisions: Divisions,
}

impl Observed {
    /// Sorts, so that the order of arrival cannot reach a plan. As the first generation shows an org.
    pub fn new(definitions: Vec<Definition>, system_presences: Option<Vec<SystemPresence>>) -> Observed {
        Observed::listed(Listed { definitions, ..Listed::default() }, system_presences)
    }

    /// The same of a whole list.
    pub fn listed(listed: Listed, mut system_presences: Option<Vec<SystemPresence>>) -> Observed {
        let Listed { mut definitions, mut odd, mut halved } = listed;
        definitions.sort_by(|a, b| a.id.cmp(&b.id));
        odd.sort_by(|a, b| (&a.id, &a.place).cmp(&(&b.id, &b.place)));
        halved.sort_by(|a, b| a.id.cmp(&b.id));
        // Two spellings of one are equal, and yet one of them would be shown first.
        if let Some(presences) = &mut system_presences {
            presences.sort_by(|a, b| a.cmp(b).then_with(|| a.as_str().cmp(b.as_str())));
        }
        Observed { definitions, odd, halved, system_presences, ..Observed::default() }
    }

    /// Takes the list out, to be given back by [`Observed::with_list`].
    pub fn take_list(&mut self) -> Listed {
        let Observed { definitions, odd, halved, .. } = self;
        Listed { definitions: std::mem::take(definitions), odd: std::mem::take(odd), halved: std::mem::take(halved) }
    }

    pub fn with_list(self, listed: Listed) -> Observed {
        let Observed { definitions, odd, halved, .. } = Observed::listed(listed, None);
        Observed { definitions, odd, halved, ..self }
    }

    /// As this generation of the API shows it, with the divisions as far as they were looked up. These are
    /// sorted too.
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

    /// Where the definition with this id holds half a character.
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

/// Which org a run speaks to; the first line of every output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// None where the org could not be asked who it is ("org not verified").
    pub org: Option<Organization>,
    /// The embedded org: nothing real is written.
    pub sandbox: bool,
    pub generation: Generation,
}
