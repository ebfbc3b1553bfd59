//! Why a plan may not be applied, as facts, with their words and the lines that answer them.
//! A refusal stops the whole apply and never the showing.

use crate::model::alike;
use crate::model::labels::Labels;
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, DivisionId, Key, Label, Locale, SystemPresence};
use crate::model::source::Span;
use crate::model::text;
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
    /// `replaces`.
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
        /// Where it is.
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
    /// The object would have no label at all, in whatever locale.
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
    /// There is a limit, and nobody knows how many people are on what is removed or renamed.
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

    /// What is wrong, in one sentence. Foreign strings are raw.
    pub fn message(&self) -> String {
        match &self.fact {
            Fact::Ambiguous { key, by, candidates, more } => ambiguous(key, *by, candidates, *more),
            Fact::LooksLikeRename { key, candidates, earlier: Some(had), listed_from: Some(_), .. } => {
                not_listed_yet(key, had, candidates)
            }
            Fact::LooksLikeRename { key, candidates, more, said, earlier, listed_from: _ } => {
                looks_like_rename(key, candidates, *more, earlier.as_ref()) + &beside(said, candidates)
            }
            Fact::OtherSystemPresence { key, candidates, more, said } => {
                let mut elsewhere: Vec<String> =
                    candidates.iter().map(|it| format!("{} ({})", it.system_presence, it.id)).collect();
                elsewhere.extend(more.then(|| MORE.to_owned()));
                let (elsewhere, beside) = (text::list(&elsewhere, "and"), beside(said, candidates));
                format!("`{key}` would be created, but its label exists under {elsewhere}{beside}")
            }
            Fact::ReplacedTwice { keys, more, candidate } => {
                let mut keys: Vec<String> = keys.iter().map(|it| format!("`{it}`")).collect();
                keys.extend(more.then(|| MORE.to_owned()));
                let object = described(std::slice::from_ref(candidate), false);
                format!("{} each say that they take the place of {object}", text::list(&keys, "and"))
            }
            Fact::PinNotFound { key, id } => format!("`{key}` is pinned to {id}, which this org does not show"),
            Fact::PinnedToOdd { key, id, what } => {
                format!("`{key}` is pinned to {id}, which cannot be read whole: {what}")
            }
            Fact::LooksOdd { key, names, more, made, earlier } => {
                let names = text::list_and(names.clone(), *more);
                looks_odd(key, &names, made.is_some(), earlier.as_ref())
            }
            Fact::SendsHalf { key, id, labels: _, places, can_be_written: _ } => {
                let key = key.as_ref().map_or_else(String::new, |key| format!(", which is `{key}`,"));
                format!("{id}{key} holds half a character ({places}), which a change of anything in it would send back")
            }
            Fact::PinnedElsewhere { key, id, wanted, found, name: _, is_called_so: _ } => {
                format!(
                    "`{key}` says `systemPresence: {wanted}`, but {id}, to which it is pinned, belongs to {found}",
                    wanted = text::unticked(wanted),
                    found = text::unticked(found)
                )
            }
            Fact::MatchesPrimary { key, id } => format!("`{key}` is the platform's own definition {id}"),
            Fact::PrimaryNotKnown { key, id } => {
                format!("`{key}` matches {id}, and the org does not say whether that is the platform's own")
            }
            Fact::ChangesProtected { key, id } => format!("`{key}` would change {id}, which `protect` names"),
            Fact::NoLabel { key, id: Some(id), .. } => {
                format!("`{key}` would leave {id} without any label, and the platform demands one")
            }
            Fact::NoLabel { key, id: None, .. } => {
                format!("`{key}` would be created without any label, and the platform demands one")
            }
            Fact::TooMany { counted, count, limit } => {
                format!("{} planned, {limit} allowed", text::count(*count, counted.noun()))
            }
            Fact::TooManyPeople { count, at_least, limit } => {
                let at_least = if *at_least { "at least " } else { "" };
                let people = if *count == 1 { "1 person is".to_owned() } else { format!("{count} people are") };
                format!("{at_least}{people} now on what is removed or renamed, {limit} allowed")
            }
            Fact::PeopleNotKnown { limit } => format!(
                "how many people are now on what is removed or renamed is not known, and only {limit} are allowed"
            ),
            Fact::EmptySource => {
                "the config names no definition and says `prune: delete`: that would remove everything".to_owned()
            }
            Fact::OmitMatchesNothing { key } => {
                format!("`omit` names `{key}`, which matches nothing, so with `prune: delete` it protects nothing")
            }
            Fact::UnknownSystemPresence { key, name, nearest: _, known: _, more: _ } => {
                format!(
                    "`{key}` says `systemPresence: {name}`, which this org does not know",
                    name = text::unticked(name)
                )
            }
            Fact::DivisionNotShown { key, division } => {
                format!(
                    "`{key}` says `division: {division}`, and the API v1 shows no divisions",
                    division = text::unticked(division)
                )
            }
            Fact::UnknownDivision { key, name, nearest: _, known: _, more: _ } => {
                format!(
                    "`{key}` says `division: {name}`, and this client sees no division of that name",
                    name = text::unticked(name)
                )
            }
            Fact::AmbiguousDivision { key, name, ids } => {
                format!(
                    "`{key}` says `division: {name}`, and {} are called that",
                    text::count(ids.len(), "division"),
                    name = text::unticked(name)
                )
            }
            Fact::DivisionsNotKnown { key, name } => {
                format!(
                    "`{key}` says `division: {name}`, and the org's divisions could not be read to find its id",
                    name = text::unticked(name)
                )
            }
        }
    }
}

/// What stands for those that are not named.
pub const MORE: &str = "others that are not named here";

fn not_listed_yet(key: &Key, had: &Had, candidates: &[Candidate]) -> String {
    let (source, object) = (had.source.in_words(), described(candidates, false));
    format!(
        "`{key}` would be created, but in {source} it is an object that the org's list does not show yet, and that was \
         changed since: {object}"
    )
}

fn looks_odd(key: &Key, names: &str, is_made: bool, earlier: Option<&EvidenceSource>) -> String {
    let shall = if is_made { "would be created" } else { "says `deactivated: true`" };
    let but = earlier
        .map_or_else(|| format!("its label is shown by {names}"), |it| format!("in {} it is {names}", it.in_words()));
    format!("`{key}` {shall}, but {but}, which cannot be read whole")
}

fn looks_like_rename(key: &Key, candidates: &[Candidate], more: bool, earlier: Option<&Had>) -> String {
    let is_had = |it: &&Candidate| earlier.is_some_and(|had| had.id == it.id);
    let (had, alike): (Vec<&Candidate>, Vec<&Candidate>) = candidates.iter().partition(is_had);
    let all = |these: Vec<&Candidate>, more| described(&these.into_iter().cloned().collect::<Vec<_>>(), more);
    let looks_like = |alike: Vec<&Candidate>| format!("it looks like {}", all(alike, more));
    let Some(earlier) = earlier else {
        return format!("`{key}` would be created, but {}", looks_like(alike));
    };
    let new = match (earlier.said_new, &earlier.source) {
        (false, _) => "",
        (true, EvidenceSource::Report(_)) => ", and its config said `new: true` then as well",
        (true, EvidenceSource::Base { .. } | EvidenceSource::Commit(_)) => ", and that says `new: true` as well",
    };
    let alike = if alike.is_empty() { String::new() } else { format!("; {} too", looks_like(alike)) };
    format!("`{key}` would be created, but in {} it is {}{new}{alike}", earlier.source.in_words(), all(had, false))
}

/// How the label of a definition differs from the first one that a reader cannot tell from it; nothing where none is so.
fn beside(said: &CandidateWords, candidates: &[Candidate]) -> String {
    let Some(ours) = &said.default_label else { return String::new() };
    let differing = candidates.iter().filter_map(|it| it.name.as_ref()).find_map(|theirs| {
        let difference = alike::difference(ours.nfc(), theirs.nfc())?;
        Some(format!(": its label is {}, that one is {} ({difference})", text::ticked(ours), text::ticked(theirs)))
    });
    let within = || {
        let others = candidates.iter().filter_map(|it| it.name.as_ref());
        others.flat_map(|it| [(ours, it), (it, ours)]).find(|(one, other)| is_within_a_word(one.nfc(), other.nfc()))
    };
    let within = || within().map(|(one, other)| format!(": {} stands in {}", text::ticked(one), text::ticked(other)));
    differing.or_else(within).unwrap_or_default()
}

/// Does one text stand in another, and only where it is no word of it? Then a reader may not see why the two were held
/// against each other.
fn is_within_a_word(one: &str, other: &str) -> bool {
    let (one, other) = (alike::folded(one), alike::folded(other));
    if one.is_empty() || one == other {
        return false;
    }
    let is_a_word = |begin: usize| {
        let (before, after) = (&other[..begin], &other[begin + one.len()..]);
        !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
    };
    let mut found = other.match_indices(&one).map(|(begin, _)| is_a_word(begin)).peekable();
    found.peek().is_some() && !found.any(|it| it)
}

fn ambiguous(key: &Key, by: RefusedBy, candidates: &[Candidate], more: bool) -> String {
    let described = described(candidates, more);
    match (by, candidates) {
        (RefusedBy::Label, [_]) => format!("`{key}` is by its label {described}"),
        (RefusedBy::Label, _) => format!("`{key}` has the label of more than one: it could be {described}"),
        (RefusedBy::PreviousLabels, [Candidate { taken_by: Some(_), .. }]) => {
            format!("`{key}` is by its `previousLabels` {described}")
        }
        (RefusedBy::PreviousLabels, [_]) => {
            format!("`{key}` could by its `previousLabels` be {described}, and so could another definition")
        }
        (RefusedBy::PreviousLabels, _) => format!("`{key}` could by its `previousLabels` be {described}"),
        (RefusedBy::Replaces, [_]) => format!("`{key}` cannot take the place of {described}"),
        (RefusedBy::Replaces, _) => format!("`{key}` could take the place of {described}"),
    }
}

fn described(candidates: &[Candidate], more: bool) -> String {
    let mut each: Vec<String> = candidates
        .iter()
        .map(|it| {
            let name = it.name.as_ref().map_or_else(String::new, |name| format!("{name} ", name = text::ticked(name)));
            let state = if it.deactivated { ", deactivated" } else { "" };
            let own = if it.platforms_own { ", the platform's own" } else { "" };
            let taken = it.taken_by.as_ref().map_or_else(String::new, |key| format!(", which `{key}` has"));
            format!("{name}({}, {}{state}{own}){taken}", it.system_presence, it.id)
        })
        .collect();
    each.extend(more.then(|| MORE.to_owned()));
    text::list(&each, "or")
}
