//! The blockers of a plan in words.

use crate::model::names::Key;
use crate::model::usage::people_are;
use crate::model::{alike, text};
use crate::plan::blocker::{AmbiguousBy, Blocker, Candidate, CandidateWords, Fact};
use crate::plan::evidence::{EvidenceSource, Had};

impl Blocker {
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
                format!("`{key}` is pinned to {id}, which cannot be read completely: {what}")
            }
            Fact::LooksOdd { key, names, more, made, earlier } => {
                let names = text::list_and(names.clone(), *more);
                looks_odd(key, &names, made.is_some(), earlier.as_ref())
            }
            Fact::SendsHalf { key, id, labels: _, places, can_be_written: _ } => {
                let key = key.as_ref().map_or_else(String::new, |key| format!(", which is `{key}`,"));
                format!(
                    "{id}{key} holds a broken character ({places}), which a change of anything in it would send back"
                )
            }
            Fact::PinnedElsewhere { key, id, wanted, found, name: _, is_called_so: _ } => {
                format!(
                    "`{key}` says `systemPresence: {wanted}`, but {id}, to which it is pinned, belongs to {found}",
                    wanted = text::unticked(wanted),
                    found = text::unticked(found)
                )
            }
            Fact::MatchesPrimary { key, id } => format!("`{key}` is the platform's own definition ({id})"),
            Fact::PrimaryNotKnown { key, id } => {
                format!("`{key}` matches {id}, and the org does not say whether that is the platform's own")
            }
            Fact::ChangesProtected { key, id } => format!("`{key}` would change {id}, which `protect` names"),
            Fact::NoLabel { key, id: Some(id), .. } => {
                format!("`{key}` would leave its object ({id}) without any label, and the platform requires one")
            }
            Fact::NoLabel { key, id: None, .. } => {
                format!("`{key}` would be created without any label, and the platform requires one")
            }
            Fact::TooMany { counted, count, limit } => {
                format!("{} planned, {limit} allowed", text::count(*count, counted.noun()))
            }
            Fact::TooManyPeople { count, at_least, limit } => {
                format!("{} now on what is removed or renamed, {limit} allowed", people_are(*count, *at_least))
            }
            Fact::PeopleNotKnown { limit } => format!(
                "it is not known how many people are now on what is removed or renamed, and only {limit} are allowed"
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

/// The words for objects that are not named.
pub(crate) const MORE: &str = "others that are not named here";

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
    format!("`{key}` {shall}, but {but}, which cannot be read completely")
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

/// How the label of a definition differs from the first candidate that reads the same. Empty if there is none.
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
    let within = || within().map(|(one, other)| format!(": {} is in {}", text::ticked(one), text::ticked(other)));
    differing.or_else(within).unwrap_or_default()
}

/// Does one text contain the other only inside a word? Then a reader may not see why they were compared.
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

fn ambiguous(key: &Key, by: AmbiguousBy, candidates: &[Candidate], more: bool) -> String {
    let described = described(candidates, more);
    match (by, candidates) {
        (AmbiguousBy::Label, [_]) => format!("`{key}` is by its label {described}"),
        (AmbiguousBy::Label, _) => format!("`{key}` has the label of more than one: it could be {described}"),
        (AmbiguousBy::PreviousLabels, [Candidate { taken_by: Some(_), .. }]) => {
            format!("`{key}` is by its `previousLabels` {described}")
        }
        (AmbiguousBy::PreviousLabels, [_]) => {
            format!("`{key}` could by its `previousLabels` be {described}, and so could another definition")
        }
        (AmbiguousBy::PreviousLabels, _) => format!("`{key}` could by its `previousLabels` be {described}"),
        (AmbiguousBy::Replaces, [_]) => format!("`{key}` cannot take the place of {described}"),
        (AmbiguousBy::Replaces, _) => format!("`{key}` could take the place of {described}"),
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
