//! What an org holds: its definitions as read, and who the org is.

use crate::model::labels::{Labels, Scope};
use crate::model::names::{DefinitionId, Label, Locale, OrgId, SystemPresence};

/// Is this one of the platform's own definitions, which nobody may change?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Primary {
    /// The platform's own (`primary: true`, or `type: System`).
    Yes,
    /// An organisation's own.
    No,
    /// The org did not say: touched only when pinned.
    NotKnown,
}

/// One presence definition of an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The org's id for it.
    pub id: DefinitionId,
    /// In the org's spelling.
    pub system_presence: SystemPresence,
    /// All labels, whatever a config manages.
    pub labels: Labels,
    /// Deactivated: agents no longer see it. A deleted one looks like this as well.
    pub deactivated: bool,
    /// Whether it belongs to the platform.
    pub primary: Primary,
    /// Who changed it last, and when; none where the org does not say.
    pub modified: Option<Modified>,
}

/// Who changed a definition last (an id or a name) and when (as the org writes times).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modified {
    /// The user or client.
    pub by: Option<String>,
    /// ISO 8601, UTC.
    pub at: Option<String>,
}

/// The part of a definition that is compared and written. System presence and id never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The labels in scope.
    pub labels: Labels,
    /// Deactivated or not.
    pub deactivated: bool,
}

impl Content {
    /// Equal, whatever the spelling of the locales?
    #[must_use]
    pub fn same_as(&self, other: &Content) -> bool {
        let Content { labels, deactivated } = self;
        *deactivated == other.deactivated && labels.same_as(&other.labels)
    }
}

impl Definition {
    /// The label in the default locale, if it has one.
    #[must_use]
    pub fn default_label(&self, default_locale: &Locale) -> Option<&Label> {
        self.labels.get(default_locale)
    }

    /// What to call it where people read: its default label, else any label.
    #[must_use]
    pub fn name(&self, default_locale: &Locale) -> Option<&Label> {
        self.labels.name(default_locale)
    }

    /// The comparable part, within a scope of locales.
    #[must_use]
    pub fn content(&self, scope: &Scope) -> Content {
        Content { labels: self.labels.within(scope), deactivated: self.deactivated }
    }
}

/// Who answered: `GET /api/v2/organizations/me`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// The org's id.
    pub id: OrgId,
    /// The org's name.
    pub name: String,
}

/// Everything that was read from an org for one plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observed {
    /// Every definition, deactivated ones too, sorted by id.
    pub definitions: Vec<Definition>,
    /// The system presences that the org knows; none where they were not read.
    pub system_presences: Option<Vec<SystemPresence>>,
}

impl Observed {
    /// Sorts, so that the order of arrival cannot reach a plan.
    #[must_use]
    pub fn new(mut definitions: Vec<Definition>, system_presences: Option<Vec<SystemPresence>>) -> Observed {
        definitions.sort_by(|a, b| a.id.cmp(&b.id));
        Observed { definitions, system_presences }
    }

    /// The definition with this id.
    #[must_use]
    pub fn get(&self, id: &DefinitionId) -> Option<&Definition> {
        self.definitions.binary_search_by(|it| it.id.cmp(id)).ok().map(|index| &self.definitions[index])
    }
}

/// Which org a run speaks to; the first line of every output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// None where the org could not be asked who it is ("org not verified").
    pub org: Option<Organization>,
    /// The embedded org: nothing real is written.
    pub sandbox: bool,
}
