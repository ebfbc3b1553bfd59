//! How many people are on a definition just now, and who they are.

use std::collections::BTreeMap;

use crate::model::names::DefinitionId;
use crate::model::user::UserId;

/// How many people are on one definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum People {
    Exactly(usize),
    /// The platform cut its answer: there may be more.
    AtLeast(usize),
    /// No one could say. Never to be taken for none.
    NotKnown,
}

impl People {
    pub fn in_words(self) -> String {
        match self {
            People::Exactly(0) => "no one is on it now".to_owned(),
            People::Exactly(1) => "1 person is on it now".to_owned(),
            People::Exactly(count) => format!("{count} people are on it now"),
            People::AtLeast(1) => "at least 1 person is on it now".to_owned(),
            People::AtLeast(count) => format!("at least {count} people are on it now"),
            People::NotKnown => "how many people are on it now is not known".to_owned(),
        }
    }
}

/// The people on what a plan takes away or renames, as far as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Usage {
    #[default]
    NotAsked,
    NotKnown,
    /// By definition; one that is not in it has none.
    Counted(BTreeMap<DefinitionId, People>),
}

impl Usage {
    /// The people on one definition; none if it was not asked for.
    pub fn on(&self, id: &DefinitionId) -> Option<People> {
        match self {
            Usage::NotAsked => None,
            Usage::NotKnown => Some(People::NotKnown),
            Usage::Counted(people) => Some(people.get(id).copied().unwrap_or(People::Exactly(0))),
        }
    }
}

/// May a person be given work just now?
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Queue {
    Off,
    /// The platform says nothing of it, or something that this tool does not know: taken for on queue.
    NotKnown,
    /// The platform may route something to them, or has.
    On,
}

/// Everyone who is on one definition.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seats {
    /// Each person once.
    pub people: BTreeMap<UserId, Queue>,
    /// The platform cut its answer: there may be more.
    pub cut: bool,
}

impl Seats {
    pub fn count(&self) -> People {
        if self.cut { People::AtLeast(self.people.len()) } else { People::Exactly(self.people.len()) }
    }
}
