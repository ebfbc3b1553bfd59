//! The people who currently have a definition.

use std::collections::BTreeMap;

use crate::model::names::DefinitionId;
use crate::model::user::UserId;

/// The number of people with one definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum People {
    Exactly(usize),
    /// The platform truncated its response: there may be more.
    AtLeast(usize),
    /// It could not be read. It never counts as zero.
    NotKnown,
}

impl People {
    pub fn in_words(self) -> String {
        match self {
            People::Exactly(0) => "no one is on it now".to_owned(),
            People::Exactly(count) => format!("{} on it now", people_are(count, false)),
            People::AtLeast(count) => format!("{} on it now", people_are(count, true)),
            People::NotKnown => "how many people are on it now is not known".to_owned(),
        }
    }
}

/// The start of a sentence, such as "at least 3 people are".
pub fn people_are(count: usize, at_least: bool) -> String {
    let at_least = if at_least { "at least " } else { "" };
    if count == 1 { format!("{at_least}1 person is") } else { format!("{at_least}{count} people are") }
}

/// The people whose definition a plan removes or renames, if they were counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Usage {
    #[default]
    NotAsked,
    NotKnown,
    /// By definition. An absent definition has no people.
    Counted(BTreeMap<DefinitionId, People>),
}

impl Usage {
    /// The people with one definition. `None` if they were not counted.
    pub fn on(&self, id: &DefinitionId) -> Option<People> {
        match self {
            Usage::NotAsked => None,
            Usage::NotKnown => Some(People::NotKnown),
            Usage::Counted(people) => Some(people.get(id).copied().unwrap_or(People::Exactly(0))),
        }
    }
}

/// Can a person receive work now?
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Queue {
    Off,
    /// The platform shows nothing, or an unknown value. It counts as on queue.
    NotKnown,
    /// The platform may route interactions to them.
    On,
}

/// The people with one definition.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seats {
    pub people: BTreeMap<UserId, Queue>,
    /// The platform truncated its response: there may be more.
    pub cut: bool,
}

impl Seats {
    pub fn count(&self) -> People {
        if self.cut { People::AtLeast(self.people.len()) } else { People::Exactly(self.people.len()) }
    }
}
