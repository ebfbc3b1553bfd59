//! Separates what a change of the config does from what was already pending: the origin of each change, and notes for
//! the reviewer. It never affects the plan.

use std::collections::BTreeMap;

use std::fmt;

use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, Key, Label, Locale, SystemPresence};
use crate::model::text;
use crate::plan::answer::{Answer, rename_answer};
use crate::plan::change::{Action, Change, Step};

pub const SHALLOW: &str = "this is a shallow clone: set `fetch-depth: 0` of actions/checkout (GitHub Actions), \
                           `GIT_DEPTH: 0` (GitLab CI), or run `git fetch --unshallow`";

/// The base of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    pub against: Against,
    /// The result of the comparison.
    pub comparison: Comparison,
}

/// Which config a plan is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Against {
    pub typed: String,
    /// The full hash of the commit, if it is one.
    pub commit: Option<String>,
    /// When the config last changed, as of that commit.
    pub changed_at: Option<Moment>,
    /// Earlier commits are missing here, so the last change of a definition is not known.
    pub shallow: bool,
}

/// The short hash of a commit.
pub fn short(commit: &str) -> String {
    commit.chars().take(7).collect()
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// Both were planned.
    Made(Box<Compared>),
    /// The base's config could not be read, for this reason, so the origins are not known.
    NotMade(String),
}

/// The comparison of two plans of one org.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compared {
    /// The origin of each change of the plan.
    pub origins: BTreeMap<OriginSubject, ChangeOrigin>,
    /// The guards that the config change itself edits, in order.
    pub guards: Vec<Guard>,
    /// Definitions that it removes from the config while their objects stay active, by key.
    pub leaving: Vec<Leaving>,
    /// Definitions whose default label it changes without declaring a rename, by key.
    pub renamed: Vec<Renamed>,
    /// The default locales of base and head, if they differ. Then no definition is reported as renamed.
    pub default_locales: Option<(Locale, Locale)>,
    /// Changes of the base that the plan no longer needs, in order. They have no places, because the base's files are
    /// not part of this run.
    pub resolved: Vec<Change>,
    /// The origin of each blocker of the plan, in order. `None` for a check that only the head has.
    pub blockers: Vec<Option<ChangeOrigin>>,
    /// Reports of earlier applies were read.
    pub reports_read: bool,
}

/// The subject of a change. No two changes of one plan share it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum OriginSubject {
    Object(DefinitionId),
    /// A definition to create.
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
    /// The base does not make this change.
    ThisChange,
    /// The base changes the same subject in another way.
    ThisChangeToo,
    Before(Pending),
}

impl ChangeOrigin {
    /// Does the config change contribute to it?
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

    pub fn of_blocker(&self) -> &'static str {
        match self {
            ChangeOrigin::ThisChange => "from this change",
            ChangeOrigin::ThisChangeToo => "from this change; without it, there would be one as well, and otherwise",
            ChangeOrigin::Before(_) => "pending before: without this change it would be the same",
        }
    }

    /// In words. Foreign strings are raw.
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

/// Why a change was already pending. It states only what is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pending {
    /// Its definition changed, and the change was not applied.
    NotApplied(OriginEvidence),
    /// The object differs from the result of the last apply.
    Edited {
        /// When the org last changed it, if the org shows that.
        at: Option<Moment>,
    },
    /// No evidence. An object that changed after its definition was edited in the org, or was written by an apply of an
    /// older config: a commit's date is not its merge date.
    NotKnown,
}

/// The evidence that a change was not applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginEvidence {
    /// The object is as the last report left it.
    Reports,
    /// The object has not changed since.
    Times {
        /// When its definition last changed.
        since: Moment,
    },
}

/// A guard of a config. A change that it guards should not edit it unnoticed.
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

/// A definition that is removed from the config while its object stays active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaving {
    pub key: Key,
    pub id: DefinitionId,
    pub system_presence: SystemPresence,
}

impl Leaving {
    /// In words. Foreign strings are raw.
    pub fn message(&self) -> String {
        format!("`{}` leaves the config and stays active: write `deactivated: true` to retire it", self.key)
    }
}

/// A definition whose default label changes without a declared rename.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    pub key: Key,
    pub id: DefinitionId,
    pub before: Label,
    /// No other definition has that label now.
    pub is_free: bool,
    pub after: Label,
    /// Its `previousLabels`.
    pub previous_labels: Vec<Label>,
}

impl Renamed {
    /// In words. Foreign strings are raw.
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
    /// The comparison. `None` if the base's config could not be read.
    pub fn compared(&self) -> Option<&Compared> {
        match &self.comparison {
            Comparison::Made(compared) => Some(compared),
            Comparison::NotMade(_) => None,
        }
    }

    /// The origin of a change, if known.
    pub fn origin(&self, step: &Step) -> Option<&ChangeOrigin> {
        self.compared()?.origins.get(&OriginSubject::of(step)?)
    }

    /// The changes of a plan: those of this config change, and those that were already pending. `None` if the origins
    /// are not known.
    pub fn split<'a>(&self, changes: &'a [Change]) -> Option<(Vec<&'a Change>, Vec<&'a Change>)> {
        self.compared()?;
        Some(changes.iter().partition(|it| self.origin(&it.step).is_none_or(ChangeOrigin::is_this_change)))
    }

    /// The origin of the blocker at this index of the plan, if known.
    pub fn origin_of_blocker(&self, index: usize) -> Option<&ChangeOrigin> {
        self.compared()?.blockers.get(index)?.as_ref()
    }

    /// What was not compared and why, in sentences without a full stop. Foreign strings are raw.
    pub fn not_looked_at(&self) -> Vec<String> {
        let Some(compared) = self.compared() else { return Vec::new() };
        let locales = compared.default_locales.as_ref().map(|(before, after)| {
            format!(
                "`defaultLocale` was `{before}` and is `{after}` now: renames were not checked, since all definitions \
                 are known by other labels"
            )
        });
        let is_open = compared.origins.values().any(|it| *it == ChangeOrigin::Before(Pending::NotKnown));
        let shallow = (self.against.shallow && is_open).then(|| {
            let or_reports = ". Or give `--report-dir DIR`, the folder of reports of applies";
            let or_reports = if compared.reports_read { "" } else { or_reports };
            format!("which pending changes were merged and not applied is not known: {SHALLOW}{or_reports}")
        });
        locales.into_iter().chain(shallow).collect()
    }

    /// What is not known and why, in words. Foreign strings are raw.
    pub fn not_told(&self) -> Option<String> {
        match &self.comparison {
            Comparison::Made(_) => None,
            Comparison::NotMade(why) => {
                Some(format!("what this change does by itself is not known: {}: {why}", self.against.in_words()))
            }
        }
    }
}

impl Against {
    /// The base as shown to people. Foreign strings are raw.
    pub fn in_words(&self) -> String {
        format!("the base {}", self.named())
    }

    /// The typed name and its commit. Foreign strings are raw.
    pub fn named(&self) -> String {
        match &self.commit {
            Some(commit) if !commit.starts_with(&self.typed) => {
                format!("{} ({})", text::ticked(&self.typed), short(commit))
            }
            Some(commit) if *commit == self.typed => text::ticked(short(commit)),
            Some(_) | None => text::ticked(&self.typed),
        }
    }
}

impl Compared {
    /// The guards that the change edits, in a sentence without a full stop. `None` if it edits none.
    pub fn guards_in_words(&self) -> Option<String> {
        guards_in_words(self.guards.iter().map(|it| it.field()))
    }

    /// The numbers of changes from this change, pending before, and resolved by it, in words.
    pub fn sum(&self) -> String {
        let ours = self.origins.values().filter(|it| it.is_this_change()).count();
        let before = self.origins.len() - ours;
        let count = |count: usize| if count == 0 { "nothing".to_owned() } else { text::count(count, "change") };
        let settled = match self.resolved.len() {
            0 => String::new(),
            settled => format!(", settled by it: {}", text::count(settled, "change")),
        };
        let refused = self.blockers.iter().filter(|it| it.as_ref().is_some_and(|it| !it.is_this_change())).count();
        let refused = match (refused, self.blockers.len()) {
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

/// See [`Compared::guards_in_words`].
pub fn guards_in_words(fields: impl Iterator<Item = impl fmt::Display>) -> Option<String> {
    let fields: Vec<String> = fields.map(text::ticked).collect();
    let edited = || text::list(&fields, "and");
    (!fields.is_empty()).then(|| format!("this change also edits {}, which should protect the org from it", edited()))
}

/// What a resolved change would have done, in words without a subject.
pub fn resolved_in_words(action: Action) -> String {
    format!("without this change: {}", action.verb())
}
