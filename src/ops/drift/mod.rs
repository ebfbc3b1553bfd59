//! A plan seen from the other side: what is otherwise in the org than in the config, whether somebody edited it there
//! or a merged change was never applied, who touched it last, and what to write to keep it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::desired::Desired;
use crate::model::labels::Labels;
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, Key, Label, Locale, SystemPresence, is_guid};
use crate::model::observed::{Modified, Observed, Primary, Target};
use crate::model::source::Span;
use crate::model::text;
use crate::ops::drift::answered::{AnsweredObject, AnsweredPlace, AnsweredPlan, Certainty, answered};
use crate::ops::drift::applied::Applied;
use crate::ops::drift::history::{DifferenceCause, History, LastApply};
use crate::ops::drift::keep::{added, another, become_of, called_otherwise, elsewhere, keep, place};
use crate::ops::drift::trial::Trials;
use crate::ops::history::stored::StoredReport;
use crate::plan::Plan;
use crate::plan::answer::Answer;
use crate::plan::change::{Action, Change, Step, Unmanaged, WhyUnmanaged};
use crate::plan::origin::{Against, OriginSubject, short};
use crate::plan::refusal::{Fact, Refusal};
use crate::plan::warning::Warning;

pub mod answered;
pub mod applied;
pub mod history;
pub mod keep;
pub mod trial;

/// What is otherwise in an org than in its config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The plan that it is seen from, with the questions answered that can be.
    pub plan: Plan,
    /// What an apply would take back, in the order of the plan.
    pub rows: Vec<DriftRow>,
    /// What the config does not name, and an apply leaves alone.
    pub unmanaged: Vec<UnmanagedDrift>,
    /// What has to be answered before anybody can say all of it.
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
pub struct DriftPast {
    /// The reports of applies; those of other orgs are passed over.
    pub reports: Vec<StoredReport>,
    pub is_whole: bool,
    /// The config that was applied last.
    pub applied: Option<Applied>,
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
    /// Where it belongs.
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
    /// Where it belongs.
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

/// What is told of who touched something.
fn told(modified: Modified, names: DriftNames) -> Modified {
    let may_be_told = |by: &String| names == DriftNames::Told || is_guid(by);
    Modified { by: modified.by.filter(may_be_told), ..modified }
}

/// What is otherwise in an org than in its config.
pub fn drift(desired: &Desired, observed: &Observed, target: &Target, past: &DriftPast, names: DriftNames) -> Drift {
    let DriftPast { reports, is_whole, applied } = past;
    let history = History::of(reports, *is_whole, target);
    let reported = |key: &Key| history.object_of(key).cloned();
    let planned = applied.as_ref().and_then(|it| it.planned(observed, reported));
    let AnsweredPlan { plan, found } = answered(desired, observed, |key| {
        reported(key).or_else(|| planned.as_ref().and_then(|it| it.object_of(key)).cloned())
    });
    let by_config = planned.map(|it| it.how(&plan));
    let seen = Seen { desired, observed, trials: Trials::new(desired, observed), history, by_config, names };
    let mut keys = BTreeSet::new();
    let rows = plan
        .changes
        .iter()
        // What is made anew in the place of what was moved is a part of taking that back.
        .filter(|it| !(is_create(it) && found_for(it, &found).is_some_and(|it| it.place == AnsweredPlace::Elsewhere)))
        .map(|it| seen.row(it, found_for(it, &found), &mut keys))
        .collect();
    let left_alone = plan.unmanaged.iter().filter(|it| it.why == WhyUnmanaged::NotNamed);
    let unmanaged = left_alone.map(|it| seen.unmanaged(it, &mut keys)).collect();
    let open = plan.refusals.iter().filter(|it| it.fact.hides());
    let questions = open.map(|it| seen.question(it)).collect();
    let by = match (applied, reports.is_empty(), is_whole) {
        (Some(_), ..) | (None, false, true) => By::Something,
        (None, false, false) => By::SomeReports,
        (None, true, true) => By::EmptyFolder,
        (None, true, false) => By::Nothing,
    };
    let applied = applied.as_ref().map(|it| LastConfig {
        against: it.against.clone(),
        not_read: it.desired.as_ref().err().cloned(),
        not_since: it.since.as_ref().err().cloned(),
    });
    Drift { rows, unmanaged, questions, last: seen.history.last().cloned(), applied, by, plan }
}

fn is_create(change: &Change) -> bool {
    change.step.action() == Action::Create
}

fn found_for<'a>(change: &Change, found: &'a BTreeMap<Key, AnsweredObject>) -> Option<&'a AnsweredObject> {
    found.get(change.step.key()?)
}

struct Seen<'a> {
    desired: &'a Desired,
    observed: &'a Observed,
    trials: Trials<'a>,
    history: History<'a>,
    /// How each change came to be needed, by the config that was applied last.
    by_config: Option<BTreeMap<OriginSubject, DifferenceCause>>,
    names: DriftNames,
}

impl Seen<'_> {
    /// How a step came to be needed. A report knows what an apply wrote that was not done as a whole, so what it says is
    /// as it was left is that. What the config that was applied last asks for as well was never merged.
    fn how(&self, step: &Step) -> DifferenceCause {
        let Some(by_config) = &self.by_config else { return self.history.how(step, self.observed) };
        let by_config =
            OriginSubject::of(step).and_then(|it| by_config.get(&it)).copied().unwrap_or(DifferenceCause::NotKnown);
        match (by_config, self.history.by_object(step, self.observed)) {
            (DifferenceCause::NotApplied, _) | (_, DifferenceCause::NotApplied) => DifferenceCause::NotApplied,
            (DifferenceCause::NotKnown, by_report) => by_report,
            (by_config, _) => by_config,
        }
    }

    fn modified(&self, id: &DefinitionId) -> Option<Modified> {
        Some(told(self.observed.get(id)?.modified.clone()?, self.names))
    }

    fn row(&self, change: &Change, found: Option<&AnsweredObject>, keys: &mut BTreeSet<Key>) -> DriftRow {
        let step = &change.step;
        let how = self.how(step);
        let (keep, first) = self.ways_out(step, found, keys);
        let meant_under = step.key().and_then(|key| self.desired.definitions.get(key)).map(|it| &it.system_presence);
        DriftRow {
            what: self.what(step, how, found),
            meant_under: meant_under.filter(|it| *it != step.system_presence()).cloned(),
            how,
            modified: step.id().and_then(|id| self.modified(id)),
            keep,
            first,
            keep_place: place(change, self.desired),
            change: change.clone(),
        }
    }

    fn ways_out(&self, step: &Step, found: Option<&AnsweredObject>, keys: &mut BTreeSet<Key>) -> (Answer, Vec<Answer>) {
        let wanted = step.key().and_then(|key| self.desired.definitions.get(key));
        let object = found.and_then(|it| self.observed.get(&it.id));
        let (Some(found), Some(wanted), Some(object)) = (found, wanted, object) else {
            return (keep(step, &self.trials, keys), Vec::new());
        };
        let mut first = vec![match found.place {
            AnsweredPlace::Here => called_otherwise(object, wanted, &self.trials),
            AnsweredPlace::Elsewhere => elsewhere(object, wanted, &self.trials),
        }];
        if found.certainty == Certainty::Guessed {
            first.push(another(wanted, self.desired));
        }
        let keep = match found.place {
            AnsweredPlace::Here => keep(step, &self.trials, keys),
            AnsweredPlace::Elsewhere => become_of(object, wanted, &self.trials),
        };
        (keep, first)
    }

    /// What is so in the org. Who renamed or moved what is said only where a report shows how it was.
    fn what(&self, step: &Step, how: DifferenceCause, found: Option<&AnsweredObject>) -> DriftKind {
        let left = step.id().filter(|_| how == DifferenceCause::Edited).and_then(|id| self.history.left(id));
        let object = step.id().and_then(|id| self.observed.get(id));
        let default_locale = &self.desired.settings.default_locale;
        let is_moved = left.as_ref().zip(object).is_some_and(|((presence, _), it)| **presence != it.system_presence);
        let is_renamed = left.zip(object).is_some_and(|((_, left), it)| {
            left.labels.get(default_locale).is_some_and(|was| Some(was) != it.default_label(default_locale))
        });
        match (found, step) {
            (Some(AnsweredObject { certainty: Certainty::Guessed, place: AnsweredPlace::Here, .. }), _) => {
                DriftKind::LooksRenamed
            }
            (Some(AnsweredObject { certainty: Certainty::Guessed, place: AnsweredPlace::Elsewhere, .. }), _) => {
                DriftKind::LooksMoved
            }
            (Some(AnsweredObject { place: AnsweredPlace::Elsewhere, .. }), _) if is_moved => DriftKind::Moved,
            (Some(AnsweredObject { place: AnsweredPlace::Elsewhere, .. }), _) => DriftKind::Elsewhere,
            (_, Step::Update(_)) if is_renamed => DriftKind::Renamed,
            (_, Step::Update(_)) => DriftKind::Changed,
            (_, Step::Create(_)) => DriftKind::Missing,
            (_, Step::Reactivate(_)) => DriftKind::Deactivated,
            (_, Step::Supersede(..) | Step::Deactivate(..)) => DriftKind::Active,
            (_, Step::Delete(_)) => DriftKind::Added,
        }
    }

    fn unmanaged(&self, left_alone: &Unmanaged, keys: &mut BTreeSet<Key>) -> UnmanagedDrift {
        let Unmanaged { id, system_presence, name, why: _ } = left_alone;
        let labels = self.observed.get(id).map_or_else(Labels::new, |it| it.labels.clone());
        UnmanagedDrift {
            id: id.clone(),
            system_presence: system_presence.clone(),
            name: name.clone(),
            how: self.history.how_object(id, self.observed),
            modified: self.modified(id),
            keep: added(&self.trials, (id, system_presence, &labels), keys),
        }
    }

    fn question(&self, refusal: &Refusal) -> Question {
        // Where several have the label, none has become otherwise.
        let wanted = match &refusal.fact {
            Fact::LooksLikeRename { key, .. } | Fact::OtherSystemPresence { key, .. } => {
                self.desired.definitions.get(key)
            }
            _ => None,
        };
        let about = |id: &DefinitionId| {
            let object = self.observed.get(id)?;
            let is_free = wanted.filter(|_| !object.deactivated && object.primary == Primary::No);
            Some(DriftSubject {
                id: id.clone(),
                system_presence: object.system_presence.clone(),
                name: object.name(&self.desired.settings.default_locale).cloned(),
                modified: self.modified(id),
                keep: is_free.map(|it| (it.key.clone(), become_of(object, it, &self.trials))),
            })
        };
        let about = refusal.fact.ids().into_iter().filter_map(about).collect();
        Question { refusal: refusal.clone(), about }
    }
}
