//! Why a plan must not be applied, as facts. Their words and answers are elsewhere. A blocker blocks the whole apply,
//! but never the display.

use crate::model::desired::Wanted;
use crate::model::labels::Labels;
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, DivisionId, Key, Label, Locale, SystemPresence};
use crate::model::source::Span;
use crate::plan::evidence::{EvidenceSource, Had};

/// One reason not to apply, and where in the config it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocker {
    pub fact: Fact,
    /// The related line of the config.
    pub place: Option<Span>,
}

/// Why several objects matched one definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AmbiguousBy {
    Label,
    /// One of its `previousLabels`.
    PreviousLabels,
    Replaces,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    Removals,
    LabelRemovals,
    Renames,
}

impl Counted {
    pub fn field(self) -> &'static str {
        match self {
            Counted::Removals => "removals",
            Counted::LabelRemovals => "labelRemovals",
            Counted::Renames => "renames",
        }
    }

    /// The flag for a person at a terminal.
    pub fn flag(self) -> &'static str {
        match self {
            Counted::Removals => "--allow-removals",
            Counted::LabelRemovals => "--allow-label-removals",
            Counted::Renames => "--allow-renames",
        }
    }

    pub fn noun(self) -> &'static str {
        match self {
            Counted::Removals => "removal",
            Counted::LabelRemovals => "label removal",
            Counted::Renames => "rename",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Several objects could be this definition, or one object could be two definitions.
    Ambiguous {
        key: Key,
        by: AmbiguousBy,
        /// The first of them.
        candidates: Vec<Candidate>,
        more: bool,
    },
    /// A definition to create looks like an existing object.
    LooksLikeRename {
        key: Key,
        /// The first of the similar objects.
        candidates: Vec<Candidate>,
        more: bool,
        said: CandidateWords,
        /// The candidate that the definition had in an earlier state, if any.
        earlier: Option<Had>,
        /// When the org's list shows the candidate that an earlier run made. `None` if the list already shows it.
        listed_from: Option<Moment>,
    },
    /// A definition to create exists under another system presence.
    OtherSystemPresence {
        key: Key,
        /// The first of the existing objects.
        candidates: Vec<Candidate>,
        more: bool,
        said: CandidateWords,
    },
    /// Several definitions replace one object.
    ReplacedTwice {
        /// The first of them.
        keys: Vec<Key>,
        more: bool,
        candidate: Candidate,
    },
    /// The org does not show the pinned object.
    PinNotFound {
        key: Key,
        id: DefinitionId,
    },
    /// The pinned object cannot be read in full.
    PinnedToOdd {
        key: Key,
        id: DefinitionId,
        what: String,
    },
    /// An object that cannot be read in full shows the label of an unmatched definition.
    LooksOdd {
        key: Key,
        /// The labels of the first of these objects.
        names: Vec<String>,
        more: usize,
        /// What the config already states, if the definition would be created. `None` if it should be deactivated.
        made: Option<CandidateWords>,
        /// The source that matched it with this object. `None` if the object shows its label.
        earlier: Option<EvidenceSource>,
    },
    /// A change would send a broken character back.
    SendsHalf {
        key: Option<Key>,
        id: DefinitionId,
        labels: Vec<Locale>,
        places: String,
        can_be_written: bool,
    },
    /// The pinned object belongs to another system presence.
    PinnedElsewhere {
        key: Key,
        id: DefinitionId,
        wanted: SystemPresence,
        found: SystemPresence,
        /// Its label in the org. `None` if it has no default label.
        name: Option<Label>,
        /// Does the config use the same label?
        is_called_so: bool,
    },
    /// The definition is one of the platform's own.
    MatchesPrimary {
        key: Key,
        id: DefinitionId,
    },
    /// The org does not show whether the object is the platform's own, and it is not pinned.
    PrimaryNotKnown {
        key: Key,
        id: DefinitionId,
    },
    ChangesProtected {
        key: Key,
        id: DefinitionId,
    },
    /// The object would have no label in any locale.
    NoLabel {
        key: Key,
        /// The object. `None` for a create.
        id: Option<DefinitionId>,
        removed: Labels,
        /// Locales with labels in the definition that the config does not manage.
        not_managed: Vec<Locale>,
    },
    /// More than a limit allows.
    TooMany {
        counted: Counted,
        count: usize,
        limit: u32,
    },
    /// More people have a removed or renamed definition than a limit allows.
    TooManyPeople {
        count: usize,
        at_least: bool,
        limit: u32,
    },
    /// A limit is set, and the number of people on removed or renamed definitions is not known.
    PeopleNotKnown {
        limit: u32,
    },
    /// The config has no definitions and has `prune: delete`.
    EmptySource,
    /// With `prune: delete`, an omitted definition without a match protects nothing.
    OmitMatchesNothing {
        key: Key,
    },
    /// The org does not know this system presence.
    UnknownSystemPresence {
        key: Key,
        name: SystemPresence,
        nearest: Option<SystemPresence>,
        /// The first of those that the org knows.
        known: Vec<SystemPresence>,
        more: bool,
    },
    /// The config asks for a division, and this generation of the API does not show divisions.
    DivisionNotShown {
        key: Key,
        division: String,
    },
    /// The org has no division of this name.
    UnknownDivision {
        key: Key,
        name: String,
        nearest: Option<String>,
        /// The first of those that the client can see.
        known: Vec<String>,
        more: bool,
    },
    AmbiguousDivision {
        key: Key,
        name: String,
        /// The first of them.
        ids: Vec<DivisionId>,
    },
    /// The config names a division, and the org's divisions could not be read.
    DivisionsNotKnown {
        key: Key,
        name: String,
    },
}

impl Fact {
    /// Does it leave a definition uncompared? A blocker about the plan as a whole does not.
    pub fn hides(&self) -> bool {
        !self.keys().is_empty() && !matches!(self, Fact::SendsHalf { .. })
    }

    /// Its definitions. Empty for a blocker about the plan as a whole.
    pub fn keys(&self) -> Vec<&Key> {
        match self {
            Fact::Ambiguous { key, .. }
            | Fact::LooksLikeRename { key, .. }
            | Fact::OtherSystemPresence { key, .. }
            | Fact::PinNotFound { key, .. }
            | Fact::PinnedToOdd { key, .. }
            | Fact::LooksOdd { key, .. }
            | Fact::PinnedElsewhere { key, .. }
            | Fact::MatchesPrimary { key, .. }
            | Fact::PrimaryNotKnown { key, .. }
            | Fact::ChangesProtected { key, .. }
            | Fact::NoLabel { key, .. }
            | Fact::OmitMatchesNothing { key }
            | Fact::UnknownSystemPresence { key, .. }
            | Fact::DivisionNotShown { key, .. }
            | Fact::UnknownDivision { key, .. }
            | Fact::AmbiguousDivision { key, .. }
            | Fact::DivisionsNotKnown { key, .. } => vec![key],
            Fact::SendsHalf { key, .. } => key.iter().collect(),
            Fact::ReplacedTwice { keys, .. } => keys.iter().collect(),
            Fact::TooMany { .. } | Fact::TooManyPeople { .. } | Fact::PeopleNotKnown { .. } | Fact::EmptySource => {
                Vec::new()
            }
        }
    }

    /// Is the question about more objects than it names?
    pub fn has_more(&self) -> bool {
        matches!(
            self,
            Fact::Ambiguous { more: true, .. }
                | Fact::LooksLikeRename { more: true, .. }
                | Fact::OtherSystemPresence { more: true, .. }
                | Fact::ReplacedTwice { more: true, .. }
        )
    }

    /// The objects that a question names.
    pub fn ids(&self) -> Vec<&DefinitionId> {
        match self {
            Fact::Ambiguous { candidates, .. }
            | Fact::LooksLikeRename { candidates, .. }
            | Fact::OtherSystemPresence { candidates, .. } => candidates.iter().map(|it| &it.id).collect(),
            Fact::ReplacedTwice { candidate, .. } => vec![&candidate.id],
            Fact::PinNotFound { .. }
            | Fact::PinnedToOdd { .. }
            | Fact::LooksOdd { .. }
            | Fact::SendsHalf { .. }
            | Fact::PinnedElsewhere { .. }
            | Fact::MatchesPrimary { .. }
            | Fact::PrimaryNotKnown { .. }
            | Fact::ChangesProtected { .. }
            | Fact::NoLabel { .. }
            | Fact::TooMany { .. }
            | Fact::TooManyPeople { .. }
            | Fact::PeopleNotKnown { .. }
            | Fact::EmptySource
            | Fact::OmitMatchesNothing { .. }
            | Fact::UnknownSystemPresence { .. }
            | Fact::DivisionNotShown { .. }
            | Fact::UnknownDivision { .. }
            | Fact::AmbiguousDivision { .. }
            | Fact::DivisionsNotKnown { .. } => Vec::new(),
        }
    }
}

impl Blocker {
    pub fn code(&self) -> &'static str {
        match &self.fact {
            Fact::Ambiguous { .. } => "ambiguous",
            Fact::LooksLikeRename { .. } => "looks-like-rename",
            Fact::OtherSystemPresence { .. } => "other-system-presence",
            Fact::ReplacedTwice { .. } => "replaced-twice",
            Fact::PinNotFound { .. } => "pin-not-found",
            Fact::PinnedToOdd { .. } => "pinned-to-odd-object",
            Fact::LooksOdd { .. } => "looks-like-odd-object",
            Fact::SendsHalf { .. } => "sends-half-character",
            Fact::PinnedElsewhere { .. } => "pinned-elsewhere",
            Fact::MatchesPrimary { .. } => "matches-primary",
            Fact::PrimaryNotKnown { .. } => "primary-not-known",
            Fact::ChangesProtected { .. } => "changes-protected",
            Fact::NoLabel { .. } => "no-label",
            Fact::TooMany { .. } => "too-many",
            Fact::TooManyPeople { .. } => "too-many-people",
            Fact::PeopleNotKnown { .. } => "people-not-known",
            Fact::EmptySource => "empty-source",
            Fact::OmitMatchesNothing { .. } => "omit-matches-nothing",
            Fact::UnknownSystemPresence { .. } => "unknown-system-presence",
            Fact::DivisionNotShown { .. } => "division-not-shown",
            Fact::UnknownDivision { .. } => "unknown-division",
            Fact::AmbiguousDivision { .. } => "ambiguous-division",
            Fact::DivisionsNotKnown { .. } => "divisions-not-known",
        }
    }

    /// The object that its definition had in an earlier state, if that raised the question.
    pub fn earlier(&self) -> Option<&Had> {
        match &self.fact {
            Fact::LooksLikeRename { earlier, .. } => earlier.as_ref(),
            _ => None,
        }
    }
}

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
