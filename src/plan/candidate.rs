//! The objects that a blocker names, and what the config already states about the refused definition.

use crate::model::desired::Wanted;
use crate::model::names::{DefinitionId, Key, Label, Locale, SystemPresence};

/// An object of the org that a blocker names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    pub id: DefinitionId,
    pub system_presence: SystemPresence,
    /// Its default label, or any other if it has none.
    pub name: Option<Label>,
    /// Is `name` its default label?
    pub has_default_label: bool,
    pub deactivated: bool,
    pub platforms_own: bool,
    /// The definition of the config that already has it.
    pub taken_by: Option<Key>,
}

/// What a definition already states about its past, so that an answer fits beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateWords {
    pub system_presence: SystemPresence,
    pub default_label: Option<Label>,
    /// Its `previousLabels`.
    pub previous_labels: Vec<Label>,
    /// It has `replaces`.
    pub replaces: bool,
    /// It has `new: true`.
    pub new: bool,
}

impl CandidateWords {
    pub fn calls_it(&self, name: &Label) -> bool {
        self.default_label.as_ref() == Some(name) || self.previous_labels.contains(name)
    }

    pub fn of(wanted: &Wanted, default_locale: &Locale) -> CandidateWords {
        CandidateWords {
            system_presence: wanted.system_presence.clone(),
            default_label: wanted.default_label(default_locale).cloned(),
            previous_labels: wanted.previous_labels.clone(),
            replaces: wanted.replaces.is_some(),
            new: wanted.new,
        }
    }
}
