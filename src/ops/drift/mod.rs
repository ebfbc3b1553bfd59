//! A plan seen from the other side: what is otherwise in the org than in the config, whether a person edited it there
//! or a merged change was never applied, who touched it last, and what to write to keep it.

use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, Key, Label, Locale, SystemPresence};
use crate::model::observed::Modified;
use crate::model::source::Span;
use crate::model::text;
use crate::ops::drift::applied::Applied;
use crate::ops::drift::history::{DifferenceCause, LastApply};

use crate::ops::history::merged::CheckedOut;
use crate::ops::history::stored::StoredReport;
use crate::plan::Plan;
use crate::plan::answer::Answer;
use crate::plan::change::{Change, Step};
use crate::plan::origin::{Against, short};
use crate::plan::refusal::Refusal;
use crate::plan::warning::Warning;

pub mod accept;
pub mod answered;
pub mod applied;
mod compare;
pub mod history;
pub mod keep;
pub mod trial;

pub use compare::drift;

/// What is otherwise in an org than in its config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The plan that it is seen from, with the questions answered that can be.
    pub plan: Plan,
    /// What an apply would take back, in the order of the plan.
    pub rows: Vec<DriftRow>,
    /// What the config does not name, and an apply leaves alone.
    pub unmanaged: Vec<UnmanagedDrift>,
    /// What has to be answered before all of it can be known.
    pub questions: Vec<Question>,
    /// The apply after which the config has moved on, where reports tell of one.
    pub last: Option<LastApply>,
    /// The config that was applied last, where the caller names it.
    pub applied: Option<LastConfig>,
    by: By,
}

/// The config that was applied last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastConfig {
    pub against: Against,
    /// Why it could not be read; none where it was.
    pub not_read: Option<String>,
    /// Why it is not known what was merged since; none where it is.
    pub not_since: Option<String>,
}

/// What a drift is told by, beside the config and the org.
#[derive(Debug, Default)]
pub struct DriftPast<'a> {
    /// The reports of applies; those of other orgs are passed over.
    pub reports: Vec<StoredReport>,
    pub is_whole: bool,
    /// The config that was applied last.
    pub applied: Option<Applied>,
    /// Where the config is; asked only if no config is named that was applied last.
    pub checked_out: Option<CheckedOut<'a>>,
}

/// Whether anything was given to tell by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Something,
    /// Kept reports, where other applies may have left theirs elsewhere.
    SomeReports,
    /// A folder of reports that has none of this org.
    EmptyFolder,
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftRow {
    pub change: Change,
    /// What is so in the org.
    pub what: DriftKind,
    /// The system presence that the config says, where the object is under another one.
    pub meant_under: Option<SystemPresence>,
    pub how: DifferenceCause,
    /// Who touched the object last, and when; none where the org does not say, or there is no object.
    pub modified: Option<Modified>,
    /// What to write so that the config agrees.
    pub keep: Answer,
    /// Where to write it, where something stands that it belongs to.
    pub keep_place: Option<Span>,
    /// What to write before an apply takes it back; nothing where it does so as it is.
    pub first: Vec<Answer>,
}

/// What is so in the org, seen from the config.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriftKind {
    /// It is not there.
    Missing,
    Deactivated,
    Changed,
    Renamed,
    /// The only one that it could be has another default label.
    LooksRenamed,
    Moved,
    /// It is under another system presence than the config says by now.
    Elsewhere,
    /// The only one that it could be is under another system presence.
    LooksMoved,
    Active,
    /// The config does not name it, and removes what it does not name.
    Added,
}

/// An active object that the config does not name and leaves alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmanagedDrift {
    pub id: DefinitionId,
    pub system_presence: SystemPresence,
    /// Its default label, else any.
    pub name: Option<Label>,
    /// *Edited*: added or changed since the last apply. *Not applied*: it was there before, as it is.
    pub how: DifferenceCause,
    /// Who touched it last, and when.
    pub modified: Option<Modified>,
    /// What to write so that the config names it.
    pub keep: Answer,
}

/// Something that has to be answered first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub refusal: Refusal,
    pub about: Vec<DriftSubject>,
}

/// An object that a question is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftSubject {
    pub id: DefinitionId,
    pub system_presence: SystemPresence,
    /// Its default label, else any.
    pub name: Option<Label>,
    /// Who touched it last, and when.
    pub modified: Option<Modified>,
    /// The definition that it may be, with what to write to keep it as that; none where there is nothing to write.
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
    /// The rows that came about in one way.
    pub fn of(&self, how: DifferenceCause) -> impl Iterator<Item = &DriftRow> {
        self.rows.iter().filter(move |it| it.how == how)
    }

    /// What the config does not name, by how it came about.
    pub fn unmanaged(&self, how: DifferenceCause) -> impl Iterator<Item = &UnmanagedDrift> {
        self.unmanaged.iter().filter(move |it| it.how == how)
    }

    /// What an apply is refused for, and hides nothing of what is otherwise: limits.
    pub fn guards(&self) -> impl Iterator<Item = &Refusal> {
        self.plan.refusals.iter().filter(|it| !it.fact.hides())
    }

    /// What of the org cannot be read whole.
    pub fn warnings(&self) -> Vec<Warning> {
        self.plan.warnings.iter().filter(|it| it.is_about_the_reading()).cloned().collect()
    }

    /// What it comes to, in few words.
    pub fn in_words(&self) -> String {
        match (self.questions.is_empty(), self.rows.len()) {
            (false, _) => "Not known: there are errors to answer".to_owned(),
            (true, 0) => "No drift".to_owned(),
            (true, count) => format!("Drift: {}", text::count(count, "definition")),
        }
    }

    /// How to take all of it back, in a sentence without its full stop.
    pub fn way_back(&self) -> &'static str {
        if self.rows.iter().all(|it| it.first.is_empty()) {
            "To take it back, run `presencectl apply`"
        } else {
            "To take it back, write what it needs, and run `presencectl apply`"
        }
    }

    /// Why it is not told how something came about, in a sentence without its full stop; foreign strings are raw.
    pub fn not_told(&self) -> Option<String> {
        const APART: &str = "what was edited by hand cannot be told from what was merged and not applied";
        match &self.applied {
            Some(LastConfig { against, not_read: Some(why), .. }) => {
                Some(format!("{APART} by {}: {why}", against.named()))
            }
            _ if self.of(DifferenceCause::NotKnown).next().is_none() => None,
            Some(LastConfig { against, not_read: None, not_since: Some(why) }) => {
                Some(format!("{APART} by {}: {why}", against.named()))
            }
            _ => {
                const APPLIED: &str = "It takes `--applied REF`, the commit that was applied last";
                match self.by {
                    By::Something => None,
                    By::SomeReports => Some(format!(
                        "{APART} by the reports that are kept here: other applies may have kept theirs elsewhere. {APPLIED}"
                    )),
                    By::EmptyFolder => Some(format!("{APART}: the folder of reports has none of this org. {APPLIED}")),
                    By::Nothing => Some(format!("{APART}. {APPLIED}, or `--report-dir DIR`, the reports of applies")),
                }
            }
        }
    }

    /// Everything that an apply asks or is refused for.
    pub fn refusals(&self) -> Vec<Refusal> {
        self.questions.iter().map(|it| &it.refusal).chain(self.guards()).cloned().collect()
    }

    /// The heading of what came about in one way; foreign strings are raw.
    pub fn heading(&self, how: DifferenceCause) -> String {
        let since = self.since().map_or_else(String::new, |it| format!(" since {it}"));
        match how {
            DifferenceCause::Edited => "Edited by hand in the org".to_owned(),
            DifferenceCause::Both => format!("Edited by hand in the org, and changed in the config{since}"),
            DifferenceCause::NotApplied => format!("Merged, not applied{since}"),
            DifferenceCause::NotKnown => {
                "Edited by hand, or merged and not applied (which of them is not known)".to_owned()
            }
        }
    }

    /// The last apply, as people name it; foreign strings are raw.
    fn since(&self) -> Option<String> {
        match (&self.applied, &self.last) {
            (Some(LastConfig { against: Against { commit: Some(commit), .. }, not_read: None, .. }), _)
            | (_, Some(LastApply { commit: Some(commit), began: _ })) => Some(format!("`{}`", short(commit))),
            (Some(LastConfig { against, not_read: None, .. }), _) => Some(against.named()),
            (_, Some(LastApply { commit: None, began })) => Some(format!("{} UTC", began.to_the_minute())),
            (_, None) => None,
        }
    }

    /// The heading of what the config does not name, by how it came about.
    pub fn heading_of_unmanaged(&self, how: DifferenceCause) -> &'static str {
        match how {
            DifferenceCause::Edited | DifferenceCause::Both => {
                "Not in the config, added or changed since the last apply (left alone)"
            }
            DifferenceCause::NotApplied => "Not in the config, there before the last apply (left alone)",
            DifferenceCause::NotKnown => "Not in the config (left alone; no report says since when)",
        }
    }
}

impl DriftRow {
    /// The key of its definition, else its label; foreign strings are raw.
    pub fn known_as(&self, default_locale: &Locale) -> Option<&str> {
        let step = &self.change.step;
        // The key of a replacement is the definition that comes. Of what was moved it is the same one.
        let key = step.key().filter(|_| !matches!(step, Step::Supersede(..)) || !self.first.is_empty());
        key.map(Key::as_str).or_else(|| step.name(default_locale).map(Label::nfc))
    }

    /// Who touched the object last, and when, in words; foreign strings are raw. None where there is no object.
    pub fn who(&self) -> Option<String> {
        self.change.step.id()?;
        Some(who(self.modified.as_ref()))
    }
}

/// Who touched an object last, and when, in words; foreign strings are raw.
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

/// Whether names of people may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriftNames {
    Told,
    /// Only ids.
    Withheld,
}
