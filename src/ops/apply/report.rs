//! The result of every object. All report views are made from it.

use std::collections::BTreeMap;

use crate::host::stop::Signal;
use crate::model::desired::{Desired, Wanted};
use crate::model::division::Divisions;
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, Key, Label, Locale, SystemPresence};
use crate::model::observed::Content;
use crate::model::platform::NEXT_RUN_LAG_MS;
use crate::model::problem::Problem;
use crate::model::run_metadata::RunMetadata;
use crate::model::source::Span;
use crate::model::text;
use crate::ops::apply::needed::Needed;
use crate::ops::apply::outcome::OutcomeKind;
use crate::ops::apply::refused_label::refused_label;
use crate::plan::Plan;
use crate::plan::blocker::Blocker;
use crate::plan::change::{Action, Change, Step};
use crate::plan::difference::Difference;

/// The help for a create with an unknown result.
pub const RUN_AGAIN_LATER: &str = "run it again in 5 minutes: by then the org's list shows what this may have made. A run that \
     reads the report of this one waits until then";

/// A whole apply after its end, regular or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// One row per object, in the order of the plan.
    pub rows: Vec<ReportRow>,
    /// Why nothing was applied: the blockers of the plan.
    pub blockers: Vec<Blocker>,
    pub verification: Verification,
    /// Why divisions are not known after writes of the first generation of the API.
    pub divisions_unread: Option<Problem>,
    pub interrupted: Option<Signal>,
    /// The divisions, if their names had to be looked up.
    pub divisions: Divisions,
    pub default_locale: Locale,
    /// The time and author of the run. `None` if they were not given.
    pub metadata: Option<RunMetadata>,
    /// The object of each managed definition, as far as known.
    pub matched: BTreeMap<Key, DefinitionId>,
}

/// The purpose of a run, which decides its help texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// The org should match a config.
    Apply,
    /// Reverts the writes of a report.
    Undo,
    Retire,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    pub action: Action,
    pub key: Option<Key>,
    /// The object's id. A created object has the id from the org.
    pub id: Option<DefinitionId>,
    pub system_presence: SystemPresence,
    pub name: Option<Label>,
    /// The managed content before. `None` for a create.
    pub before: Option<Content>,
    pub after: Content,
    pub outcome: Outcome,
    /// When work on it started and ended. `None` if it did not start, or without a clock.
    pub worked: Option<Worked>,
    /// The definition of the config.
    pub place: Option<Span>,
    /// The label in the config that the org refused, if its response shows it.
    pub refused_label: Option<Span>,
    /// The correlation id of the write. `None` if nothing was written, or no response came.
    pub correlation_id: Option<String>,
    /// When another run certainly finds the object that this create made or may have made. `None` if that does not
    /// matter, or without a clock.
    pub again_from: Option<Moment>,
}

/// When one object was processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worked {
    pub began: Moment,
    pub ended: Moment,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Written and verified.
    Done,
    /// It was already as wanted, or the saved plan's operation is no longer needed.
    AlreadyInPlace,
    /// The org confirmed the write, but does not show it yet.
    NotVisibleYet(Unseen),
    /// Written, but the org has something else than what was sent.
    Differs(Vec<Difference>),
    /// It had the wanted state, and was changed by hand since, by the org's own time.
    Overwritten(Vec<Difference>),
    /// Not written: the org refused it, or could not be reached.
    Failed(Problem),
    /// Not written: changed by hand since the plan.
    Conflict(Vec<Difference>),
    /// Not written.
    Skipped(Skip),
    /// It may or may not have been written.
    Unknown(Problem),
}

/// Where the org does not show a confirmed write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unseen {
    /// A read by id shows it, and the list does not.
    List {
        /// The client may lack the permission to list its division.
        may_be_hidden: bool,
        /// It may have been changed by hand and back between the two reads.
        may_be_changed: bool,
    },
    /// It has another state, or does not exist.
    Object {
        differences: Vec<Difference>,
        /// It may have been changed by hand since: the org does not show the modification time.
        may_be_changed: bool,
    },
}

/// Why a step was not tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skip {
    /// A need was not done.
    Needs(Box<Needed>),
    /// The run was interrupted first.
    Interrupted,
    /// The plan is refused, so nothing was done.
    PlanRefused,
    /// More than the saved plan was needed, so nothing was done.
    NotInSavedPlan,
    /// The config protects it, so an undo does not change it.
    Protected,
    /// The config omits its definition, so an undo does not change it.
    Omitted(Key),
}

/// The verification of the org after an apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// Nothing was written, so there was nothing to verify.
    NotNeeded,
    /// The run was interrupted first.
    Interrupted,
    /// The plan is empty, apart from what the rows show as not done.
    InSync,
    /// A change that is in no row is needed, or the plan is refused now: the org was changed in the meantime.
    Drifted {
        changes: Vec<Change>,
        /// The blockers of the plan, for example for two objects with one label.
        blockers: Vec<Blocker>,
    },
    /// The org could not be read.
    Failed(Problem),
}

impl ReportRow {
    pub fn of(step: &Step, name: Option<Label>, outcome: Outcome) -> ReportRow {
        ReportRow {
            action: step.action(),
            key: step.key().cloned(),
            id: step.id().cloned(),
            system_presence: step.system_presence().clone(),
            name,
            before: step.before().cloned(),
            after: step.after(),
            outcome,
            worked: None,
            place: None,
            refused_label: None,
            correlation_id: None,
            again_from: None,
        }
    }

    /// For a step of a config.
    pub fn in_config(step: &Step, desired: &Desired, outcome: Outcome) -> ReportRow {
        ReportRow::of(step, step.name(&desired.settings.default_locale).cloned(), outcome).with_place(desired)
    }

    /// Adds the time to run again, if an object was made or may have been made that no list shows.
    pub fn with_again_from(mut self, ended: Moment) -> ReportRow {
        let is_open = matches!(self.outcome, Outcome::NotVisibleYet(_) | Outcome::Unknown(_));
        if self.action != Action::Create || !is_open {
            return self;
        }
        let again_from = ended.plus_ms(NEXT_RUN_LAG_MS);
        if let Outcome::Unknown(Problem { help: Some(help), .. }) = &mut self.outcome
            && help == RUN_AGAIN_LATER
        {
            *help = format!("{}: by then the org's list shows what this may have made", after(again_from));
        }
        ReportRow { again_from: Some(again_from), ..self }
    }

    /// An earlier run created it, and this one sent nothing for it.
    fn is_held(&self) -> bool {
        matches!(self.outcome, Outcome::NotVisibleYet(_)) && self.worked.is_none() && self.again_from.is_some()
    }

    /// The meaning of its outcome for this purpose, if a sentence is needed. Foreign strings are raw.
    pub fn in_words(&self, intent: Intent) -> Option<String> {
        let again = intent.again();
        Some(match &self.outcome {
            Outcome::NotVisibleYet(unseen) => {
                let again = self.again_from.map_or_else(|| format!("{again} later"), after);
                format!("{}; {again}", unseen.in_words())
            }
            Outcome::Differs(differences) => taken_otherwise(differences, self.before.as_ref()),
            outcome => return outcome.in_words(intent),
        })
    }

    /// Adds the places in the config.
    pub fn with_place(self, desired: &Desired) -> ReportRow {
        let Some(wanted) = self.key.as_ref().and_then(|key| desired.definitions.get(key)) else { return self };
        let Wanted { places, .. } = wanted;
        let place = match self.action {
            Action::Supersede => places.replaces.unwrap_or(places.key),
            Action::Create | Action::Reactivate | Action::Update | Action::Deactivate | Action::Delete => places.key,
        };
        let refused = match &self.outcome {
            Outcome::Failed(cause) => refused_label(&cause.platform_terms, &self.after.labels),
            Outcome::Done
            | Outcome::AlreadyInPlace
            | Outcome::NotVisibleYet(_)
            | Outcome::Differs(_)
            | Outcome::Overwritten(_)
            | Outcome::Conflict(_)
            | Outcome::Skipped(_)
            | Outcome::Unknown(_) => None,
        };
        let label = refused.and_then(|locale| places.labels.iter().find(|(it, _)| it.same_as(locale)));
        ReportRow { place: Some(place), refused_label: label.map(|(_, span)| *span), ..self }
    }
}

impl Intent {
    /// What shows what remains to do. Of an apply, it is true in a job of a forge as well, where no one types a command.
    pub fn again(self) -> &'static str {
        match self {
            Intent::Apply => "a new plan shows it",
            Intent::Undo => "run the undo again",
            Intent::Retire => "run it again",
        }
    }

    /// What shows whether something was written.
    pub fn seen(self) -> &'static str {
        match self {
            Intent::Apply => self.again(),
            Intent::Undo => "run the undo again to see",
            Intent::Retire => "run it again to see",
        }
    }

    /// What to do about an object that was changed by hand.
    fn after_change_by_hand(self) -> &'static str {
        match self {
            Intent::Apply | Intent::Retire => self.again(),
            // Another undo would refuse it too: the change was intended.
            Intent::Undo => "it is left as it is (`show ID` shows it)",
        }
    }
}

impl Outcome {
    /// The outcome without details.
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Outcome::Done => OutcomeKind::Done,
            Outcome::AlreadyInPlace => OutcomeKind::AlreadyInPlace,
            Outcome::NotVisibleYet(_) => OutcomeKind::NotVisibleYet,
            Outcome::Differs(_) => OutcomeKind::Differs,
            Outcome::Overwritten(_) => OutcomeKind::Overwritten,
            Outcome::Failed(_) => OutcomeKind::Failed,
            Outcome::Conflict(_) => OutcomeKind::Conflict,
            Outcome::Skipped(_) => OutcomeKind::Skipped,
            Outcome::Unknown(_) => OutcomeKind::Unknown,
        }
    }

    /// Does the object match the config?
    pub fn is_success(&self) -> bool {
        self.kind().is_success()
    }

    /// Was the object written, as far as known?
    pub fn may_be_written(&self) -> bool {
        self.kind().may_be_written()
    }

    /// Why it failed, or why it is not known.
    pub fn cause(&self) -> Option<&Problem> {
        match self {
            Outcome::Failed(cause) | Outcome::Unknown(cause) => Some(cause),
            Outcome::Done
            | Outcome::AlreadyInPlace
            | Outcome::NotVisibleYet(_)
            | Outcome::Differs(_)
            | Outcome::Overwritten(_)
            | Outcome::Conflict(_)
            | Outcome::Skipped(_) => None,
        }
    }

    /// What was found instead of the expected content.
    pub fn differences(&self) -> &[Difference] {
        match self {
            Outcome::Differs(found) | Outcome::Overwritten(found) | Outcome::Conflict(found) => found,
            Outcome::NotVisibleYet(Unseen::Object { differences, may_be_changed: _ }) => differences,
            Outcome::Done
            | Outcome::AlreadyInPlace
            | Outcome::NotVisibleYet(Unseen::List { .. })
            | Outcome::Failed(_)
            | Outcome::Skipped(_)
            | Outcome::Unknown(_) => &[],
        }
    }

    /// Its meaning, as far as it does not depend on the rest of its row.
    fn in_words(&self, intent: Intent) -> Option<String> {
        let look = intent.after_change_by_hand();
        Some(match self {
            Outcome::Done | Outcome::AlreadyInPlace | Outcome::NotVisibleYet(_) | Outcome::Differs(_) => return None,
            Outcome::Overwritten(_) => {
                format!("it was as the config says, and by the org's own time it was changed by hand since; {look}")
            }
            Outcome::Conflict(_) => {
                let seen = if intent == Intent::Undo { "that run left it" } else { "the plan saw it" };
                format!("it is not as {seen}: it was changed since, or one of the org's answers was old; {look}")
            }
            Outcome::Failed(cause) | Outcome::Unknown(cause) => cause.message.clone(),
            Outcome::Skipped(skip) => skip.in_words(),
        })
    }
}

/// When to run again, in words.
fn after(moment: Moment) -> String {
    format!("run it again after {moment}")
}

impl Unseen {
    fn in_words(&self) -> String {
        match self {
            Unseen::List { may_be_hidden, may_be_changed } => {
                let hidden = if *may_be_hidden { ", or this client may not list its division" } else { "" };
                let changed = if *may_be_changed { ", or it was changed in between" } else { "" };
                format!(
                    "written, and a read by its id shows it, but the org's list does not show it yet{hidden}{changed}"
                )
            }
            Unseen::Object { differences, may_be_changed } => {
                let shown =
                    if differences.contains(&Difference::Gone) { "does not find it" } else { "shows it otherwise" };
                let causes = if *may_be_changed {
                    "it stored nothing, its reads lag, or it was changed since"
                } else {
                    "it stored nothing, or its reads lag"
                };
                format!("the org answered that it was written, and still {shown}: {causes}")
            }
        }
    }
}

/// A write that the org did not store as it was sent. `before` is the earlier content.
fn taken_otherwise(differences: &[Difference], before: Option<&Content>) -> String {
    let had = |locale: &Locale| before.is_some_and(|it| it.labels.get(locale).is_some());
    let (mut kept, mut added, mut states, mut others) = (0, Vec::new(), 0, 0);
    for it in differences {
        match it {
            Difference::Label { locale, expected: None, found: Some(_) } if had(locale) => kept += 1,
            Difference::Label { locale, expected: None, found: Some(_) } => added.push(format!("`{locale}`")),
            Difference::State { .. } => states += 1,
            _ => others += 1,
        }
    }
    match (kept, added.is_empty(), states, others) {
        (1.., true, 0, 0) => {
            "written, but removed labels are still there: the org seems to merge what it is sent with what it has; \
             remove them in its admin page, or write them into the config"
                .to_owned()
        }
        (0, false, 0, 0) => {
            let (of, locales) = (if added.len() == 1 { "a label" } else { "labels" }, text::list(&added, "and"));
            format!(
                "written, and the org added {of} that no one sent ({locales}): write them into the config, or list in \
                 `settings.locales` the locales that it manages"
            )
        }
        (0, true, 1.., 0) => "written, but the org did not take over `deactivated`".to_owned(),
        _ => "written, but the org has something else than what was sent".to_owned(),
    }
}

impl Skip {
    pub fn code(&self) -> &'static str {
        match self {
            Skip::Needs(_) => "needs-another",
            Skip::Interrupted => "interrupted",
            Skip::PlanRefused => "plan-refused",
            Skip::NotInSavedPlan => "beyond-saved-plan",
            Skip::Protected => "protected",
            Skip::Omitted(_) => "omitted",
        }
    }

    fn in_words(&self) -> String {
        match self {
            Skip::Needs(needed) => needed.in_words(),
            Skip::Interrupted => "the run was interrupted before it".to_owned(),
            Skip::PlanRefused => "the plan is refused".to_owned(),
            Skip::NotInSavedPlan => "more would be done than the saved plan holds".to_owned(),
            Skip::Protected => "`protect` in the config names it".to_owned(),
            Skip::Omitted(key) => format!("the config omits `{key}`, which it is"),
        }
    }
}

impl Report {
    pub fn of(rows: Vec<ReportRow>, default_locale: Locale) -> Report {
        Report {
            rows,
            blockers: Vec::new(),
            verification: Verification::NotNeeded,
            divisions_unread: None,
            interrupted: None,
            divisions: Divisions::NotAsked,
            default_locale,
            metadata: None,
            matched: BTreeMap::new(),
        }
    }

    /// For a plan of which nothing is done.
    pub fn skipped(plan: &Plan, desired: &Desired, skip: &Skip) -> Report {
        let row = |it: &Change| ReportRow::in_config(&it.step, desired, Outcome::Skipped(skip.clone()));
        let report = Report::of(plan.changes.iter().map(row).collect(), plan.default_locale.clone());
        Report { blockers: plan.blockers.clone(), ..report }
    }

    pub fn intent(&self) -> Intent {
        let undoes = self.metadata.as_ref().and_then(|it| it.undoes.as_ref());
        if undoes.is_some() { Intent::Undo } else { Intent::Apply }
    }

    /// Was anything written, as far as known?
    pub fn may_have_written(&self) -> bool {
        self.rows.iter().any(|row| row.outcome.may_be_written() && !row.is_held())
    }

    /// Was everything done and verified?
    pub fn is_success(&self) -> bool {
        // Unknown divisions are reported, but they are no failure: a client may lack the permission.
        let Report { rows, blockers, verification, interrupted, .. } = self;
        let verified = match verification {
            Verification::NotNeeded | Verification::InSync => true,
            Verification::Interrupted | Verification::Drifted { .. } | Verification::Failed(_) => false,
        };
        rows.iter().all(|row| row.outcome.is_success()) && blockers.is_empty() && verified && interrupted.is_none()
    }
}
