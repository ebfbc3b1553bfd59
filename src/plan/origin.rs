//! What a change of the config does by itself, and what was pending before it: where each change of a plan comes
//! from, and what a person who reviews the config should know. It changes what is said, never what is planned.

use std::collections::BTreeMap;

use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, Key, Label, Locale, SystemPresence};
use crate::model::text;
use crate::plan::answer::{Answer, rename_answer};
use crate::plan::change::{Action, Change, Step};

pub const SHALLOW: &str = "this is a shallow clone: set `fetch-depth: 0` of actions/checkout (GitHub Actions), \
                           `GIT_DEPTH: 0` (GitLab CI), or run `git fetch --unshallow`";

/// What a plan is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    pub against: Against,
    /// What the comparison says; none where the base's config could not be read.
    pub comparison: Comparison,
}

/// Which config a plan is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Against {
    pub typed: String,
    /// The whole hash of the commit, where it is one.
    pub commit: Option<String>,
    /// When the config last changed, as of that commit.
    pub changed_at: Option<Moment>,
    /// The commits before it are not here, so it cannot be told since when a definition is as it is.
    pub shallow: bool,
}

/// The beginning of a commit's hash, by which people know it.
pub fn short(commit: &str) -> String {
    commit.chars().take(7).collect()
}

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
    pub origins: BTreeMap<OriginSubject, ChangeOrigin>,
    /// The guards that the change itself edits, in their order.
    pub guards: Vec<Guard>,
    /// Definitions that it takes out of the config while they stay active, by key.
    pub leaving: Vec<Leaving>,
    /// Definitions whose default label it changes, and nothing says that they are renamed; by key.
    pub renamed: Vec<Renamed>,
    /// The locale by whose labels the base knows definitions and by whose the head does, where that changes: then no
    /// definition is asked about as renamed.
    pub default_locales: Option<(Locale, Locale)>,
    /// What the base would change and the plan does not, in order, without places: its files are not this run's.
    pub settled: Vec<Change>,
    /// Where each refusal of the plan comes from, in its order; none where only the head was looked at so.
    pub refusals: Vec<Option<ChangeOrigin>>,
    /// Reports of applies were read.
    pub reports_read: bool,
}

/// What a change is about. No two changes of one plan are about the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum OriginSubject {
    Object(DefinitionId),
    /// A definition that is yet to be made.
    New(Key),
}

impl OriginSubject {
    pub fn of(step: &Step) -> Option<OriginSubject> {
        let object = step.id().cloned().map(OriginSubject::Object);
        object.or_else(|| step.key().cloned().map(OriginSubject::New))
    }
}

/// Where a change comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeOrigin {
    /// The base would not change it.
    ThisChange,
    /// The base would change it as well, and otherwise.
    ThisChangeToo,
    Before(Pending),
}

impl ChangeOrigin {
    /// Does the change of the config have a part in it?
    pub fn is_this_change(&self) -> bool {
        match self {
            ChangeOrigin::ThisChange | ChangeOrigin::ThisChangeToo => true,
            ChangeOrigin::Before(_) => false,
        }
    }

    pub fn code(&self) -> &'static str {
        match self {
            ChangeOrigin::ThisChange => "this-change",
            ChangeOrigin::ThisChangeToo => "this-change-too",
            ChangeOrigin::Before(Pending::NotApplied(_)) => "not-applied",
            ChangeOrigin::Before(Pending::Edited { .. }) => "edited",
            ChangeOrigin::Before(Pending::NotKnown) => "before",
        }
    }

    pub fn of_refusal(&self) -> &'static str {
        match self {
            ChangeOrigin::ThisChange => "from this change",
            ChangeOrigin::ThisChangeToo => "from this change; without it, there would be one as well, and otherwise",
            ChangeOrigin::Before(_) => "pending before: without this change it would be the same",
        }
    }

    /// In words; foreign strings are raw.
    pub fn in_words(&self) -> String {
        match self {
            ChangeOrigin::ThisChange => "from this change".to_owned(),
            ChangeOrigin::ThisChangeToo => {
                "from this change; without it, it would be changed as well, and otherwise".to_owned()
            }
            ChangeOrigin::Before(Pending::NotApplied(OriginEvidence::Times { since })) => format!(
                "pending before: merged and not applied (its definition last changed on {} UTC, and nothing has touched \
                 it in the org since)",
                since.to_the_minute()
            ),
            ChangeOrigin::Before(Pending::NotApplied(OriginEvidence::Reports)) => {
                "pending before: merged and not applied (by the reports of applies)".to_owned()
            }
            ChangeOrigin::Before(Pending::Edited { at }) => {
                let at = at.map_or_else(String::new, |it| format!(", last on {} UTC", it.to_the_minute()));
                format!("pending before: edited in the org{at} (by the reports of applies)")
            }
            ChangeOrigin::Before(Pending::NotKnown) => {
                "pending before: merged and not applied, or edited in the org (which of them is not known)".to_owned()
            }
        }
    }
}

/// Why a change was pending before. Only what is certain is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pending {
    /// Its definition has changed, and that was not applied.
    NotApplied(OriginEvidence),
    /// The object is otherwise than the last apply left it.
    Edited {
        /// When it was last touched, where the org says so.
        at: Option<Moment>,
    },
    /// Nothing says it. An object that was touched after its definition last changed may have been edited there, or
    /// written by an apply of an older config: the date of a commit is not when it was merged.
    NotKnown,
}

/// What shows that something was not applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginEvidence {
    /// It is as the last report left it.
    Reports,
    /// Nothing has touched it since.
    Times {
        /// When its definition last changed.
        since: Moment,
    },
}

/// What guards a config, and should not be edited unseen in the change that it guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    Limits,
    Protect,
    Omit,
    Prune,
    Freeze,
    Org,
}

impl Guard {
    pub fn field(self) -> &'static str {
        match self {
            Guard::Limits => "limits",
            Guard::Protect => "protect",
            Guard::Omit => "omit",
            Guard::Prune => "prune",
            Guard::Freeze => "freeze",
            Guard::Org => "org",
        }
    }
}

/// A definition that leaves the config while its object stays active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaving {
    pub key: Key,
    pub id: DefinitionId,
    pub system_presence: SystemPresence,
}

impl Leaving {
    /// In words; foreign strings are raw.
    pub fn message(&self) -> String {
        format!("`{}` leaves the config and stays active: write `deactivated: true` to retire it", self.key)
    }
}

/// A definition whose default label changes without a word of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    pub key: Key,
    pub id: DefinitionId,
    pub before: Label,
    /// No other definition has that label now.
    pub is_free: bool,
    pub after: Label,
    /// The `previousLabels` that it has.
    pub previous_labels: Vec<Label>,
}

impl Renamed {
    /// In words; foreign strings are raw.
    pub fn message(&self) -> String {
        let Renamed { key, before, after, .. } = self;
        let (before, after) = (text::ticked(before.nfc()), text::ticked(after.nfc()));
        format!("`{key}` was called {before} and is called {after} now: is it renamed?")
    }

    pub fn answer(&self) -> Answer {
        rename_answer(&self.key, &self.id, &self.previous_labels, &self.before, self.is_free)
    }
}

impl Base {
    /// What was compared; none where the base's config could not be read.
    pub fn compared(&self) -> Option<&Compared> {
        match &self.comparison {
            Comparison::Made(compared) => Some(compared),
            Comparison::NotMade(_) => None,
        }
    }

    /// Where a change comes from, where that could be told.
    pub fn origin(&self, step: &Step) -> Option<&ChangeOrigin> {
        self.compared()?.origins.get(&OriginSubject::of(step)?)
    }

    /// The changes of a plan: those from this change, and those that were pending before. None where that could not
    /// be told.
    pub fn split<'a>(&self, changes: &'a [Change]) -> Option<(Vec<&'a Change>, Vec<&'a Change>)> {
        self.compared()?;
        Some(changes.iter().partition(|it| self.origin(&it.step).is_none_or(ChangeOrigin::is_this_change)))
    }

    /// Where the refusal at an index of the plan comes from, where that could be told.
    pub fn origin_of_refusal(&self, index: usize) -> Option<&ChangeOrigin> {
        self.compared()?.refusals.get(index)?.as_ref()
    }

    /// What was not looked at and why, in sentences without a full stop; foreign strings are raw.
    pub fn not_looked_at(&self) -> Vec<String> {
        let Some(compared) = self.compared() else { return Vec::new() };
        let locales = compared.default_locales.as_ref().map(|(before, after)| {
            format!(
                "`defaultLocale` was `{before}` and is `{after}` now: whether a definition is renamed was not asked, since \
                 all are known by other labels"
            )
        });
        let is_open = compared.origins.values().any(|it| *it == ChangeOrigin::Before(Pending::NotKnown));
        let shallow = (self.against.shallow && is_open).then(|| {
            let or_reports = ". Or give `--report-dir DIR`, the folder of reports of applies";
            let or_reports = if compared.reports_read { "" } else { or_reports };
            format!("which of what was pending before was merged and not applied cannot be told: {SHALLOW}{or_reports}")
        });
        locales.into_iter().chain(shallow).collect()
    }

    /// What cannot be told and why, in words; foreign strings are raw.
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
    pub fn in_words(&self) -> String {
        format!("the base {}", self.named())
    }

    /// What was typed, and which commit that is; foreign strings are raw.
    pub fn named(&self) -> String {
        match &self.commit {
            Some(commit) if !commit.starts_with(&self.typed) => {
                format!("{} ({})", text::ticked(&self.typed), short(commit))
            }
            Some(_) | None => text::ticked(&self.typed),
        }
    }
}

impl Compared {
    /// The guards that the change edits, in a sentence without its full stop; none where it edits none.
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
    pub fn sum(&self) -> String {
        let ours = self.origins.values().filter(|it| it.is_this_change()).count();
        let before = self.origins.len() - ours;
        let count = |count: usize| if count == 0 { "nothing".to_owned() } else { text::count(count, "change") };
        let settled = match self.settled.len() {
            0 => String::new(),
            settled => format!(", settled by it: {}", text::count(settled, "change")),
        };
        let refused = self.refusals.iter().filter(|it| it.as_ref().is_some_and(|it| !it.is_this_change())).count();
        let refused = match (refused, self.refusals.len()) {
            (0, _) => String::new(),
            (1, 1) => "; the error was pending before".to_owned(),
            (count, all) if count == all => format!("; the {all} errors were pending before"),
            (count, all) => {
                format!("; of {all} errors {count} {} pending before", if count == 1 { "was" } else { "were" })
            }
        };
        format!("From this change: {}, pending before: {}{settled}{refused}", count(ours), count(before))
    }
}

/// What a settled change would have done, in words without a subject.
pub fn settled_in_words(action: Action) -> String {
    format!("without this change: {}", action.verb())
}
