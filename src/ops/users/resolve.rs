//! Resolves a typed presence: a key of the config, a label, or an id. An ambiguous name is never guessed.

use std::collections::BTreeMap;

use crate::model::desired::{Desired, Management};
use crate::model::names::{DefinitionId, Key, Label, Locale, TYPE_MORE, is_short_id};
use crate::model::observed::{Definition, Observed};
use crate::model::odd::Odd;
use crate::model::text;
use crate::plan::matching::{Match, Pairing, pair};
use crate::plan::odd::OddOnes;

/// What a typed presence matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResolvedBy {
    Key,
    Id,
    Label,
}

impl ResolvedBy {
    pub fn code(self) -> &'static str {
        match self {
            ResolvedBy::Key => "key",
            ResolvedBy::Id => "id",
            ResolvedBy::Label => "label",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedPresence {
    pub typed: String,
    pub by: ResolvedBy,
    pub definition: Definition,
}

/// A presence that was not found, or is ambiguous. Its words are raw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnresolvedPresence {
    /// No match.
    Unknown {
        typed: String,
        /// The most similar name.
        nearest: Option<String>,
        with_config: bool,
    },
    /// Several matches.
    Ambiguous {
        typed: String,
        /// The matches, and by what they matched.
        candidates: Vec<(ResolvedBy, NamedPresence)>,
    },
    Deactivated {
        typed: String,
        /// The match.
        found: NamedPresence,
    },
    /// A match, or a possible one, that cannot be read in full.
    Odd { typed: String, name: String, what: String },
    /// A key of the config without an object in the org.
    NotMade(Key),
    /// A key of the config with an open question or an error in the plan.
    Open(Key),
}

/// The name of a definition in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPresence {
    pub label: Option<Label>,
    pub system_presence: String,
    pub id: DefinitionId,
}

impl NamedPresence {
    /// Uses its label in this locale, or any other.
    pub fn new(definition: &Definition, default_locale: &Locale) -> NamedPresence {
        NamedPresence {
            label: definition.name(default_locale).cloned(),
            system_presence: definition.system_presence.to_string(),
            id: definition.id.clone(),
        }
    }

    /// In a sentence. Foreign strings are raw.
    pub fn in_words(&self) -> String {
        let NamedPresence { label, system_presence, id } = self;
        match label {
            Some(label) => format!("{label} ({system_presence}, {id})", label = text::ticked(label)),
            None => format!("{id} ({system_presence})"),
        }
    }
}

impl UnresolvedPresence {
    pub fn message(&self) -> String {
        match self {
            UnresolvedPresence::Unknown { typed, .. } => {
                format!("the org has no presence {typed}", typed = text::ticked(typed))
            }
            UnresolvedPresence::Ambiguous { typed, candidates } => {
                let candidates: Vec<String> =
                    candidates.iter().map(|(by, it)| format!("{} (by its {})", it.in_words(), by.code())).collect();
                format!("{typed} may mean {}", text::list(&candidates, "or"), typed = text::ticked(typed))
            }
            UnresolvedPresence::Deactivated { typed, found } => {
                format!(
                    "{typed} is {}, which is deactivated: no one can go on it",
                    found.in_words(),
                    typed = text::ticked(typed)
                )
            }
            UnresolvedPresence::Odd { typed, name, what } => {
                format!("{typed} may mean {name}, which cannot be read completely: {what}", typed = text::ticked(typed))
            }
            UnresolvedPresence::NotMade(key) => {
                format!("`{key}` is a key of the config, and the org has nothing for it yet")
            }
            UnresolvedPresence::Open(key) => {
                format!("`{key}` is a key of the config, and the plan has a question about it")
            }
        }
    }

    pub fn help(&self) -> String {
        match self {
            UnresolvedPresence::Unknown { typed, .. } if is_short_id(typed) => TYPE_MORE.to_owned(),
            UnresolvedPresence::Unknown { nearest: Some(nearest), .. } => {
                format!("did you mean {nearest}? Labels are compared letter by letter", nearest = text::ticked(nearest))
            }
            UnresolvedPresence::Unknown { nearest: None, with_config: false, .. } => {
                "name it by its label or its id; for a key of a config give --config PATH as well".to_owned()
            }
            UnresolvedPresence::Unknown { nearest: None, with_config: true, .. } => {
                "name it by a key of the config, by its label or by its id".to_owned()
            }
            UnresolvedPresence::Ambiguous { .. } => "give the id of the one that you mean".to_owned(),
            UnresolvedPresence::Deactivated { .. } => "reactivate it first, or name another".to_owned(),
            UnresolvedPresence::Odd { .. } => {
                "give the id of another one, or repair this one in the org's admin page".to_owned()
            }
            UnresolvedPresence::NotMade(_) => "`presencectl apply` makes it".to_owned(),
            UnresolvedPresence::Open(_) => "`presencectl plan` says which, and how to answer it".to_owned(),
        }
    }
}

/// The org's object for a key.
enum Answer<'a> {
    These(Vec<&'a Definition>),
    Nothing,
    Open,
}

pub struct Presences<'a> {
    observed: &'a Observed,
    keys: BTreeMap<&'a Key, Answer<'a>>,
    default_locale: &'a Locale,
    with_config: bool,
}

impl<'a> Presences<'a> {
    /// The presences of an org. A config without definitions is the same as none.
    pub fn new(desired: &'a Desired, observed: &'a Observed) -> Presences<'a> {
        let pairing = pair(desired, observed);
        let answer = |(key, found): (&&'a Key, &Match<'a>)| (*key, answer(key, found, &pairing, desired, observed));
        Presences {
            observed,
            keys: pairing.found.iter().map(answer).collect(),
            default_locale: &desired.settings.default_locale,
            with_config: !desired.definitions.is_empty(),
        }
    }

    pub fn resolve(&self, typed: &str) -> Result<ResolvedPresence, UnresolvedPresence> {
        let typed = typed.trim();
        let mut candidates: Vec<(ResolvedBy, &Definition)> = Vec::new();
        let mut add = |by, definition: &'a Definition| {
            if !candidates.iter().any(|(_, it)| it.id == definition.id) {
                candidates.push((by, definition));
            }
        };
        let key = Key::new(typed);
        if let Some((key, answer)) = key.as_ref().and_then(|it| self.keys.get_key_value(it)) {
            match answer {
                Answer::Open => return Err(UnresolvedPresence::Open((*key).clone())),
                Answer::Nothing => return Err(UnresolvedPresence::NotMade((*key).clone())),
                Answer::These(objects) => objects.iter().for_each(|it| add(ResolvedBy::Key, it)),
            }
        }
        let by_id = DefinitionId::new(typed).and_then(|id| self.observed.get(&id));
        // A whole id or a key is no prefix of another id.
        let is_whole =
            by_id.is_some() || matches!(key.as_ref().and_then(|it| self.keys.get(it)), Some(Answer::These(_)));
        let is_begun = |id: &DefinitionId| !is_whole && id.begins_with(typed);
        self.observed
            .definitions
            .iter()
            .filter(|it| is_begun(&it.id))
            .chain(by_id)
            .for_each(|it| add(ResolvedBy::Id, it));
        let label = Label::new(typed);
        for object in &self.observed.definitions {
            if object.labels.iter().any(|(_, it)| *it == label) {
                add(ResolvedBy::Label, object);
            }
        }
        let is_begun_odd = |it: &&Odd| it.id.as_ref().is_some_and(is_begun);
        let is_odd = |it: &&Odd| it.id.as_ref().is_some_and(|id| id.as_str() == typed) || shows(it, &label);
        let by_label = candidates.iter().all(|(by, _)| *by == ResolvedBy::Label);
        if let Some(odd) = self.observed.odd.iter().find(|it| is_begun_odd(it) || by_label && is_odd(it)) {
            return Err(UnresolvedPresence::Odd { typed: typed.to_owned(), name: odd.name(), what: odd.in_words() });
        }
        self.only_one(typed, &candidates)
    }

    fn only_one(
        &self,
        typed: &str,
        candidates: &[(ResolvedBy, &Definition)],
    ) -> Result<ResolvedPresence, UnresolvedPresence> {
        // A label of a deactivated object is no match. A key or an id is.
        let counts = |(by, it): &&(ResolvedBy, &Definition)| !it.deactivated || *by != ResolvedBy::Label;
        let counting: Vec<&(ResolvedBy, &Definition)> = candidates.iter().filter(counts).collect();
        let typed = typed.to_owned();
        match (counting.as_slice(), candidates) {
            ([(by, it)], _) if !it.deactivated => Ok(ResolvedPresence { typed, by: *by, definition: (*it).clone() }),
            ([(_, it)], _) | ([], [(_, it), ..]) => {
                Err(UnresolvedPresence::Deactivated { typed, found: self.named(it) })
            }
            ([], []) => Err(self.unknown(typed)),
            ([_, _, ..], _) => {
                let candidates = counting.iter().map(|(by, it)| (*by, self.named(it))).collect();
                Err(UnresolvedPresence::Ambiguous { typed, candidates })
            }
        }
    }

    fn named(&self, definition: &Definition) -> NamedPresence {
        NamedPresence::new(definition, self.default_locale)
    }

    fn unknown(&self, typed: String) -> UnresolvedPresence {
        let active = self.observed.definitions.iter().filter(|it| !it.deactivated);
        let labels = active.flat_map(|it| it.labels.iter().map(|(_, label)| label.as_str()));
        let known = self.keys.keys().map(|key| key.as_str()).chain(labels);
        let nearest = text::nearest(&typed, known).map(str::to_owned);
        UnresolvedPresence::Unknown { typed, nearest, with_config: self.with_config }
    }
}

fn shows(odd: &Odd, label: &Label) -> bool {
    odd.labels.iter().any(|(_, it)| it == label)
}

/// The match of a key. An omitted definition may have claimed several objects. A plan leaves them all unmanaged, but
/// here it is ambiguous.
fn answer<'a>(
    key: &Key,
    found: &Match<'a>,
    pairing: &Pairing<'a>,
    desired: &Desired,
    observed: &'a Observed,
) -> Answer<'a> {
    match found {
        Match::One(object, _) => {
            let omitted = desired.definitions.get(key).is_some_and(|it| it.management == Management::Omitted);
            let claims = |it: &&Definition| pairing.claimed.get(&it.id).is_some_and(|by| *by == key);
            let all: Vec<&Definition> =
                observed.definitions.iter().filter(claims).filter(|it| !it.deactivated).collect();
            if omitted && all.len() > 1 { Answer::These(all) } else { Answer::These(vec![object]) }
        }
        Match::AlreadyDeactivated(Some(object)) => Answer::These(vec![object]),
        Match::AlreadyDeactivated(None) => Answer::Nothing,
        Match::Nothing => {
            let doubt = |it| OddOnes::of(observed).doubt(it, &desired.settings.default_locale, None);
            if desired.definitions.get(key).and_then(doubt).is_some() { Answer::Open } else { Answer::Nothing }
        }
        Match::Open => Answer::Open,
    }
}
