//! What a change of the config does by itself, and what was pending before it: where each change of a plan comes
//! from, and what somebody who reviews the config should know. It changes what is said, never what is planned.

use std::collections::BTreeMap;

use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, Key, Label, SystemPresence};
use crate::plan::answer::{Answer, rename_answer};
use crate::plan::change::{Action, Change, Step};
use crate::text;

/// What a plan is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Which config.
    pub against: Against,
    /// What the comparison says; none where the base's config could not be read.
    pub comparison: Comparison,
}

/// Which config a plan is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Against {
    /// As it was typed.
    pub typed: String,
    /// The whole hash of the commit, where it is one.
    pub commit: Option<String>,
    /// When the config last changed, as of that commit.
    pub changed_at: Option<Moment>,
}

/// What came of the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// Both were planned.
    Made(Box<Compared>),
    /// The base's config could not be read, for this reason: nothing can be told apart.
    NotMade(String),
}

/// What two plans of one org say of each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compared {
    /// Where each change of the plan comes from.
    pub origins: BTreeMap<Subject, Origin>,
    /// The guards that the change itself edits, in their order.
    pub guards: Vec<Guard>,
    /// Definitions that it takes out of the config while they stay active, by key.
    pub leaving: Vec<Leaving>,
    /// Definitions whose default label it changes, and nothing says that they are renamed; by key.
    pub renamed: Vec<Renamed>,
    /// What the base would change and the plan does not, in order, without places: its files are not this run's.
    pub settled: Vec<Change>,
}

/// What a change is about. No two changes of one plan are about the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An object of the org.
    Object(DefinitionId),
    /// A definition that is yet to be made.
    New(Key),
}

impl Subject {
    /// Of a step.
    #[must_use]
    pub fn of(step: &Step) -> Option<Subject> {
        let object = step.id().cloned().map(Subject::Object);
        object.or_else(|| step.key().cloned().map(Subject::New))
    }
}

/// Where a change comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The base would not change it.
    ThisChange,
    /// The base would change it as well, and otherwise.
    ThisChangeToo,
    /// The base would do the same.
    Before(Pending),
}

impl Origin {
    /// Does the change of the config have a part in it?
    #[must_use]
    pub fn is_this_change(&self) -> bool {
        match self {
            Origin::ThisChange | Origin::ThisChangeToo => true,
            Origin::Before(_) => false,
        }
    }

    /// A stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Origin::ThisChange => "this-change",
            Origin::ThisChangeToo => "this-change-too",
            Origin::Before(Pending::NotApplied { .. }) => "not-applied",
            Origin::Before(Pending::Edited { .. }) => "edited",
            Origin::Before(Pending::NotKnown) => "before",
        }
    }

    /// In words; foreign strings are raw.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Origin::ThisChange => "from this change".to_owned(),
            Origin::ThisChangeToo => {
                "from this change; without it, it would be changed as well, and otherwise".to_owned()
            }
            Origin::Before(Pending::NotApplied { since }) => {
                format!("pending before: merged and not applied since {} UTC", since.to_the_minute())
            }
            Origin::Before(Pending::Edited { at }) => {
                format!("pending before: edited in the org on {} UTC, after the last merged change", at.to_the_minute())
            }
            Origin::Before(Pending::NotKnown) => {
                "pending before: merged and not applied, or edited in the org (which of them is not known)".to_owned()
            }
        }
    }
}

/// Why a change was pending before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pending {
    /// The object was last touched before the config last changed: that change has not been applied.
    NotApplied {
        /// When the config last changed.
        since: Moment,
    },
    /// The object was touched after the config last changed.
    Edited {
        /// When.
        at: Moment,
    },
    /// No time says it.
    NotKnown,
}

/// What guards a config, and should not be edited unseen in the change that it guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// `settings.limits`.
    Limits,
    /// `protect`.
    Protect,
    /// `omit`.
    Omit,
    /// `settings.prune`.
    Prune,
    /// `org`.
    Org,
}

impl Guard {
    /// The field, as it is written.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Guard::Limits => "limits",
            Guard::Protect => "protect",
            Guard::Omit => "omit",
            Guard::Prune => "prune",
            Guard::Org => "org",
        }
    }
}

/// A definition that leaves the config while its object stays active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaving {
    /// Its key in the base.
    pub key: Key,
    /// Its object.
    pub id: DefinitionId,
    /// Where it belongs.
    pub system_presence: SystemPresence,
}

impl Leaving {
    /// In words; foreign strings are raw.
    #[must_use]
    pub fn message(&self) -> String {
        format!("`{}` leaves the config and stays active: write `deactivated: true` to retire it", self.key)
    }
}

/// A definition whose default label changes without a word of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// Which definition.
    pub key: Key,
    /// Its default label in the base.
    pub before: Label,
    /// Its default label now.
    pub after: Label,
    /// The `previousLabels` that it has.
    pub previous_labels: Vec<Label>,
}

impl Renamed {
    /// In words; foreign strings are raw.
    #[must_use]
    pub fn message(&self) -> String {
        let Renamed { key, before, after, previous_labels: _ } = self;
        format!("`{key}` was called `{}` and is called `{}` now: is it renamed?", before.nfc(), after.nfc())
    }

    /// The answer, ready to paste.
    #[must_use]
    pub fn answer(&self) -> Answer {
        rename_answer(&self.key, &self.previous_labels, &self.before)
    }
}

impl Base {
    /// What was compared; none where the base's config could not be read.
    #[must_use]
    pub fn compared(&self) -> Option<&Compared> {
        match &self.comparison {
            Comparison::Made(compared) => Some(compared),
            Comparison::NotMade(_) => None,
        }
    }

    /// Where a change comes from, where that could be told.
    #[must_use]
    pub fn origin(&self, step: &Step) -> Option<&Origin> {
        self.compared()?.origins.get(&Subject::of(step)?)
    }

    /// The changes of a plan: those from this change, and those that were pending before. None where that could not
    /// be told.
    #[must_use]
    pub fn split<'a>(&self, changes: &'a [Change]) -> Option<(Vec<&'a Change>, Vec<&'a Change>)> {
        self.compared()?;
        Some(changes.iter().partition(|it| self.origin(&it.step).is_none_or(Origin::is_this_change)))
    }

    /// What cannot be told and why, in words; foreign strings are raw.
    #[must_use]
    pub fn not_told(&self) -> Option<String> {
        match &self.comparison {
            Comparison::Made(_) => None,
            Comparison::NotMade(why) => {
                Some(format!("what this change does by itself cannot be told: {}: {why}", self.against.in_words()))
            }
        }
    }
}

impl Against {
    /// The base, as people name it; foreign strings are raw.
    #[must_use]
    pub fn in_words(&self) -> String {
        match &self.commit {
            Some(commit) if !commit.starts_with(&self.typed) => {
                let short: String = commit.chars().take(7).collect();
                format!("the base `{}` ({short})", self.typed)
            }
            Some(_) | None => format!("the base `{}`", self.typed),
        }
    }
}

impl Compared {
    /// The guards that the change edits, in a sentence without its full stop; none where it edits none.
    #[must_use]
    pub fn guards_in_words(&self) -> Option<String> {
        if self.guards.is_empty() {
            return None;
        }
        let fields: Vec<String> = self.guards.iter().map(|it| format!("`{}`", it.field())).collect();
        Some(format!(
            "this change itself touches {}: the guard is edited in the change that it guards",
            text::list(&fields, "and")
        ))
    }

    /// How many changes come from this change, were pending before, and are settled by it, in words.
    #[must_use]
    pub fn sum(&self) -> String {
        let ours = self.origins.values().filter(|it| it.is_this_change()).count();
        let before = self.origins.len() - ours;
        let count = |count: usize| if count == 0 { "nothing".to_owned() } else { text::count(count, "change") };
        let settled = match self.settled.len() {
            0 => String::new(),
            settled => format!(", settled by it: {}", text::count(settled, "change")),
        };
        format!("From this change: {}, pending before: {}{settled}", count(ours), count(before))
    }
}

/// What a settled change would have done, in words without a subject.
#[must_use]
pub fn settled_in_words(action: Action) -> String {
    format!("without this change: {}", action.verb())
}
