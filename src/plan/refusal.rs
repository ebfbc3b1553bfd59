//! Why a plan may not be applied, as facts, with their words and the lines that answer them.
//! A refusal stops the whole apply and never the showing.

use crate::model::labels::Labels;
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, DivisionId, Key, Label, Locale, SystemPresence};
use crate::model::source::Span;
use crate::plan::candidate::{Candidate, CandidateWords};
use crate::plan::evidence::{EvidenceSource, Had};

/// One reason not to apply, and where in the config it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub fact: Fact,
    /// The line in the config that it is about.
    pub place: Option<Span>,
}

/// By what several objects answered to one definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedBy {
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
    /// The field under `settings.limits`.
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
        by: RefusedBy,
        /// The first of them.
        candidates: Vec<Candidate>,
        more: bool,
    },
    /// A definition that would be created looks like one that exists.
    LooksLikeRename {
        key: Key,
        /// What it looks like: the first ones.
        candidates: Vec<Candidate>,
        more: bool,
        said: CandidateWords,
        /// The candidate that it was in an earlier state, where one says so.
        earlier: Option<Had>,
        /// From when on the org's list shows the candidate, which an earlier run made; none of what the list shows.
        listed_from: Option<Moment>,
    },
    /// A definition that would be created exists under another system presence.
    OtherSystemPresence {
        key: Key,
        /// Where it exists: the first ones.
        candidates: Vec<Candidate>,
        more: bool,
        said: CandidateWords,
    },
    /// Several definitions say that they take the place of one object.
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
    /// The pinned object cannot be read whole.
    PinnedToOdd {
        key: Key,
        id: DefinitionId,
        what: String,
    },
    /// An object that cannot be read whole shows the label of a definition that nothing else is.
    LooksOdd {
        key: Key,
        /// What the first of these objects are called.
        names: Vec<String>,
        more: usize,
        /// What it says already, if it would be made; none if it should be deactivated.
        made: Option<CandidateWords>,
        /// Who says that it had this object; none if the object shows its label.
        earlier: Option<EvidenceSource>,
    },
    /// A change would send half a character back.
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
        /// What the org calls it; none where it has no default label.
        name: Option<Label>,
        /// Does the config call it so, too?
        is_called_so: bool,
    },
    /// The definition is one of the platform's own.
    MatchesPrimary {
        key: Key,
        id: DefinitionId,
    },
    /// The org does not say whether the object is the platform's own, and it is not pinned.
    PrimaryNotKnown {
        key: Key,
        id: DefinitionId,
    },
    ChangesProtected {
        key: Key,
        id: DefinitionId,
    },
    /// The object would have no label at all, in any locale.
    NoLabel {
        key: Key,
        /// The object; none for one that would be made.
        id: Option<DefinitionId>,
        removed: Labels,
        /// Locales that the definition has labels for, and that the config does not manage.
        not_managed: Vec<Locale>,
    },
    /// More than a limit allows.
    TooMany {
        counted: Counted,
        count: usize,
        limit: u32,
    },
    /// More people are on what is removed or renamed than a limit allows.
    TooManyPeople {
        count: usize,
        at_least: bool,
        limit: u32,
    },
    /// There is a limit, and it is not known how many people are on what is removed or renamed.
    PeopleNotKnown {
        limit: u32,
    },
    /// The config names nothing and says `prune: delete`.
    EmptySource,
    /// With `prune: delete`, an omitted definition that matches nothing protects nothing.
    OmitMatchesNothing {
        key: Key,
    },
    /// The org does not know this system presence.
    UnknownSystemPresence {
        key: Key,
        name: SystemPresence,
        nearest: Option<SystemPresence>,
        /// What the org knows: the first of them.
        known: Vec<SystemPresence>,
        more: bool,
    },
    /// The config asks for a division, and this generation of the API shows none.
    DivisionNotShown {
        key: Key,
        division: String,
    },
    /// The org has no division of this name.
    UnknownDivision {
        key: Key,
        name: String,
        nearest: Option<String>,
        /// What the client sees: the first of them.
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
    /// Is something not compared because of it? What is about the plan as a whole guards an apply.
    pub fn hides(&self) -> bool {
        !self.keys().is_empty() && !matches!(self, Fact::SendsHalf { .. })
    }

    /// The definitions that it is about; none for what is about the plan as a whole.
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

    /// Is the question about more than it names?
    pub fn has_more(&self) -> bool {
        matches!(
            self,
            Fact::Ambiguous { more: true, .. }
                | Fact::LooksLikeRename { more: true, .. }
                | Fact::OtherSystemPresence { more: true, .. }
                | Fact::ReplacedTwice { more: true, .. }
        )
    }

    /// The objects that a question is about: those that it names.
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

impl Refusal {
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

    /// The object that its definition was in an earlier state, where that is why it is asked.
    pub fn earlier(&self) -> Option<&Had> {
        match &self.fact {
            Fact::LooksLikeRename { earlier, .. } => earlier.as_ref(),
            _ => None,
        }
    }
}
