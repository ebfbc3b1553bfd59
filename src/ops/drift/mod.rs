//! A plan from the org's side: how the org differs from the config, whether it was edited there or a merged change was
//! not applied, its last author, and the lines that keep it.

use crate::model::forge::Forge;
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, Key, Label, Locale, SystemPresence};
use crate::model::observed::Modified;
use crate::model::source::{FileId, Span};
use crate::model::text;
use crate::ops::drift::applied::Applied;
use crate::ops::drift::history::{DifferenceCause, LastApply};

use crate::ops::history::git_config::ConfigFiles;
use crate::ops::history::stored::StoredReport;
use crate::plan::Plan;
use crate::plan::answer::Answer;
use crate::plan::blocker::Blocker;
use crate::plan::change::{Change, Step};
use crate::plan::origin::{Against, short};
use crate::plan::warning::Warning;

pub mod accept;
pub mod answered;
pub mod applied;
mod compare;
pub mod history;
pub mod keep;
pub mod trial;

pub use compare::drift;

/// The differences between an org and its config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The underlying plan, with its questions answered as far as possible.
    pub plan: Plan,
    /// What an apply would revert, in the order of the plan.
    pub rows: Vec<DriftRow>,
    /// Unmanaged objects, which an apply does not change.
    pub unmanaged: Vec<UnmanagedDrift>,
    /// Open questions, which hide some differences.
    pub questions: Vec<Question>,
    /// The apply after which the config changed, if reports have one.
    pub last: Option<LastApply>,
    /// The config that was applied last, if the caller names it.
    pub applied: Option<LastConfig>,
    /// The command that reverts everything.
    pub apply: String,
    /// Whose CI shows it, if one does: a person there starts an apply in another way.
    pub forge: Option<Forge>,
    by: By,
}

/// The config that was applied last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastConfig {
    pub against: Against,
    /// Why it could not be read. `None` if it was read.
    pub not_read: Option<String>,
    /// Why the later configs are not known. `None` if they are.
    pub not_since: Option<String>,
}

/// The inputs of a drift beside the config and the org.
#[derive(Debug, Default)]
pub struct DriftPast<'a> {
    /// The reports of applies. Those of other orgs are ignored.
    pub reports: Vec<StoredReport>,
    pub is_whole: bool,
    /// The config that was applied last.
    pub applied: Option<Applied>,
    /// The checkout of the config. It is only used if no applied config is named.
    pub checked_out: Option<ConfigFiles<'a>>,
    /// The layers that no other org uses: lines are for the layer, not for the org file over it.
    pub alone: Vec<FileId>,
}

/// The available evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Something,
    /// Kept reports. Other applies may have theirs elsewhere.
    SomeReports,
    /// A report folder without reports of this org.
    EmptyFolder,
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftRow {
    pub change: Change,
    /// The state in the org.
    pub what: DriftKind,
    /// The system presence in the config, if the object is under another one.
    pub meant_under: Option<SystemPresence>,
    pub how: DifferenceCause,
    /// The object's last change. `None` if the org does not show it, or there is no object.
    pub modified: Option<Modified>,
    /// The lines that make the config agree.
    pub keep: Answer,
    /// The place for these lines, if there is a related one.
    pub keep_place: Option<Span>,
    /// The lines to write before an apply can revert it. Empty if none are needed.
    pub first: Vec<Answer>,
}

/// The state in the org, compared with the config.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriftKind {
    /// It is not there.
    Missing,
    Deactivated,
    Changed,
    Renamed,
    /// The only candidate has another default label.
    LooksRenamed,
    Moved,
    /// It is under another system presence than in the config.
    Elsewhere,
    /// The only candidate is under another system presence.
    LooksMoved,
    Active,
    /// The config does not name it, and removes such objects.
    Added,
}

/// An active object that is unmanaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmanagedDrift {
    pub id: DefinitionId,
    pub system_presence: SystemPresence,
    /// Its default label, or any other if it has none.
    pub name: Option<Label>,
    /// *Edited*: added or changed since the last apply. *Not applied*: it already existed unchanged.
    pub how: DifferenceCause,
    /// Its last change.
    pub modified: Option<Modified>,
    /// The lines that add it to the config.
    pub keep: Answer,
}

/// An open question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub blocker: Blocker,
    pub about: Vec<DriftSubject>,
}

/// An object that a question is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftSubject {
    pub id: DefinitionId,
    pub system_presence: SystemPresence,
    /// Its default label, or any other if it has none.
    pub name: Option<Label>,
    /// Its last change.
    pub modified: Option<Modified>,
    /// The definition that it may be, with the lines to keep it as that. `None` if there are none.
    pub keep: Option<(Key, Answer)>,
}

impl DriftKind {
    pub const ALL: [DriftKind; 10] = [
        DriftKind::Missing,
        DriftKind::Deactivated,
        DriftKind::Changed,
        DriftKind::Renamed,
        DriftKind::LooksRenamed,
        DriftKind::Moved,
        DriftKind::Elsewhere,
        DriftKind::LooksMoved,
        DriftKind::Active,
        DriftKind::Added,
    ];

    pub fn code(self) -> &'static str {
        match self {
            DriftKind::Missing => "missing",
            DriftKind::Deactivated => "deactivated",
            DriftKind::Changed => "changed",
            DriftKind::Renamed => "renamed",
            DriftKind::LooksRenamed => "looks-renamed",
            DriftKind::Moved => "moved",
            DriftKind::Elsewhere => "elsewhere",
            DriftKind::LooksMoved => "looks-moved",
            DriftKind::Active => "active",
            DriftKind::Added => "added",
        }
    }

    pub fn in_words(self) -> &'static str {
        match self {
            DriftKind::LooksRenamed => "looks renamed",
            DriftKind::LooksMoved => "looks moved",
            DriftKind::Missing
            | DriftKind::Deactivated
            | DriftKind::Changed
            | DriftKind::Renamed
            | DriftKind::Moved
            | DriftKind::Elsewhere
            | DriftKind::Active
            | DriftKind::Added => self.code(),
        }
    }
}

impl Drift {
    /// The rows with one cause.
    pub fn of(&self, how: DifferenceCause) -> impl Iterator<Item = &DriftRow> {
        self.rows.iter().filter(move |it| it.how == how)
    }

    /// The unmanaged objects with one cause.
    pub fn unmanaged(&self, how: DifferenceCause) -> impl Iterator<Item = &UnmanagedDrift> {
        self.unmanaged.iter().filter(move |it| it.how == how)
    }

    /// The blockers of an apply that hide no difference: limits.
    pub fn guards(&self) -> impl Iterator<Item = &Blocker> {
        self.plan.blockers.iter().filter(|it| !it.fact.hides())
    }

    /// The objects that cannot be read in full.
    pub fn warnings(&self) -> Vec<Warning> {
        self.plan.warnings.iter().filter(|it| it.is_about_the_reading()).cloned().collect()
    }

    /// The summary.
    pub fn in_words(&self) -> String {
        match (self.questions.is_empty(), self.rows.len()) {
            (false, _) => "Not known: there are errors to answer".to_owned(),
            (true, 0) => "No drift".to_owned(),
            (true, count) => format!("Drift: {}", text::count(count, "definition")),
        }
    }

    /// How to revert everything, in a sentence without a full stop. Foreign strings are raw.
    pub fn way_back(&self) -> String {
        let apply = match self.forge {
            Some(forge) => forge.apply_by_hand().to_owned(),
            None => format!("run {}", text::ticked(&self.apply)),
        };
        if self.rows.iter().all(|it| it.first.is_empty()) {
            format!("To take it back, {apply}")
        } else {
            format!("To take it back, write what it needs, and {apply}")
        }
    }

    /// Why a cause is not known, in a sentence without a full stop. Foreign strings are raw.
    pub fn not_told(&self) -> Option<String> {
        const APART: &str = "edits by hand cannot be distinguished from what was merged and not applied";
        match &self.applied {
            Some(LastConfig { against, not_read: Some(why), .. }) => {
                Some(format!("{APART}, even with {}: {why}", against.named()))
            }
            _ if self.of(DifferenceCause::NotKnown).next().is_none() => None,
            Some(LastConfig { against, not_read: None, not_since: Some(why) }) => {
                Some(format!("{APART}, even with {}: {why}", against.named()))
            }
            _ => {
                const APPLIED: &str = "Give the commit that was applied last: `--applied REF`";
                match self.by {
                    By::Something => None,
                    By::SomeReports => Some(format!(
                        "{APART}, even with the reports here: other applies may keep theirs elsewhere. {APPLIED}"
                    )),
                    // A job of a forge is handed what is known.
                    By::EmptyFolder if self.forge.is_some() => {
                        Some(format!("{APART}: no report of an apply to this org is kept"))
                    }
                    By::EmptyFolder => Some(format!("{APART}: the folder of reports has none of this org. {APPLIED}")),
                    By::Nothing => Some(format!("{APART}. {APPLIED}; or the reports of applies: `--report-dir DIR`")),
                }
            }
        }
    }

    /// All questions and blockers of an apply.
    pub fn blockers(&self) -> Vec<Blocker> {
        self.questions.iter().map(|it| &it.blocker).chain(self.guards()).cloned().collect()
    }

    /// The heading of one cause. Foreign strings are raw.
    pub fn heading(&self, how: DifferenceCause) -> String {
        let since = self.since().map_or_else(String::new, |it| format!(" since {it}"));
        match how {
            DifferenceCause::Edited => "Edited by hand in the org".to_owned(),
            DifferenceCause::Both => format!("Edited by hand in the org, and changed in the config{since}"),
            DifferenceCause::NotApplied => format!("Merged, not applied{since}"),
            DifferenceCause::NotKnown => "Edited by hand, or merged and not applied (not known which)".to_owned(),
        }
    }

    /// The last apply in words. Foreign strings are raw.
    fn since(&self) -> Option<String> {
        match (&self.applied, &self.last) {
            (Some(LastConfig { against: Against { commit: Some(commit), .. }, not_read: None, .. }), _)
            | (_, Some(LastApply { commit: Some(commit), began: _ })) => Some(format!("`{}`", short(commit))),
            (Some(LastConfig { against, not_read: None, .. }), _) => Some(against.named()),
            (_, Some(LastApply { commit: None, began })) => Some(format!("{} UTC", began.to_the_minute())),
            (_, None) => None,
        }
    }

    /// The heading of the unmanaged objects with one cause.
    pub fn heading_of_unmanaged(&self, how: DifferenceCause) -> &'static str {
        match how {
            DifferenceCause::Edited | DifferenceCause::Both => {
                "Not in the config, added or changed since the last apply (unmanaged)"
            }
            DifferenceCause::NotApplied => "Not in the config, there before the last apply (unmanaged)",
            DifferenceCause::NotKnown => "Not in the config (unmanaged; no report says since when)",
        }
    }
}

impl DriftRow {
    /// The key of its definition, or its label. Foreign strings are raw.
    pub fn known_as(&self, default_locale: &Locale) -> Option<&str> {
        let step = &self.change.step;
        // The key of a replacement is the new definition. For a moved object, it is the same one.
        let key = step.key().filter(|_| !matches!(step, Step::Supersede(..)) || !self.first.is_empty());
        key.map(Key::as_str).or_else(|| step.name(default_locale).map(Label::nfc))
    }

    /// The object's last change in words. Foreign strings are raw. `None` if there is no object.
    pub fn who(&self) -> Option<String> {
        self.change.step.id()?;
        Some(who(self.modified.as_ref()))
    }
}

/// The last change of an object in words. Foreign strings are raw.
pub fn who(modified: Option<&Modified>) -> String {
    let (by, at) = modified.map_or((None, None), |it| (it.by.as_ref(), it.at.as_deref()));
    let at = at.map(|it| Moment::read(it).map_or_else(|| it.to_owned(), |it| format!("{} UTC", it.to_the_minute())));
    match (by, at) {
        (Some(by), Some(at)) => format!("last changed by {by} on {at}", by = text::ticked(by)),
        (Some(by), None) => format!("last changed by {by}", by = text::ticked(by)),
        (None, Some(at)) => format!("last changed on {at}"),
        (None, None) => "who changed it last, and when, is not known".to_owned(),
    }
}

/// Whether names of people may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriftNames {
    Told,
    /// Only ids.
    Withheld,
}
