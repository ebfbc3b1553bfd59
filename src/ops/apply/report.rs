//! What became of every object: the one value that every report is a view of.

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
use crate::plan::change::{Action, Change, Step};
use crate::plan::difference::Difference;
use crate::plan::refusal::Refusal;

/// What to do about a create of which it is not known whether it was carried out.
pub const RUN_AGAIN_LATER: &str = "run it again in 5 minutes: by then the org's list shows what this may have made. A run that \
     reads the report of this one waits until then";

/// A whole apply, after it ended, however it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// One row an object, in the order of the plan.
    pub rows: Vec<ReportRow>,
    /// Why nothing was applied at all: the refusals of the plan.
    pub refusals: Vec<Refusal>,
    pub verification: Verification,
    /// Why it is not known whether divisions outlasted what was written by the first generation of the API.
    pub divisions_unread: Option<Problem>,
    pub interrupted: Option<Signal>,
    /// The divisions, as far as names of them had to be looked up.
    pub divisions: Divisions,
    pub default_locale: Locale,
    /// When it was, and who was at work; none where no one has said so.
    pub metadata: Option<RunMetadata>,
    /// The object that each managed definition of the config has, as far as it is known.
    pub matched: BTreeMap<Key, DefinitionId>,
}

/// What a run is for. What helps after it depends on that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// The org shall be as a config says.
    Apply,
    /// What a report says was written shall be taken back.
    Undo,
    Retire,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    pub action: Action,
    pub key: Option<Key>,
    /// Which object; for a created one, the id that the org gave.
    pub id: Option<DefinitionId>,
    pub system_presence: SystemPresence,
    pub name: Option<Label>,
    /// What was there before, as far as it is managed; none for what was to be made.
    pub before: Option<Content>,
    pub after: Content,
    pub outcome: Outcome,
    /// When work on it began and ended; none where it did not begin, or no one looked at the clock.
    pub worked: Option<Worked>,
    /// The definition of the config that asks for it.
    pub place: Option<Span>,
    /// The label in the config that the org refused, where its answer says which.
    pub refused_label: Option<Span>,
    /// The platform's id of the exchange that wrote it; none where nothing was written, or no answer came.
    pub correlation_id: Option<String>,
    /// From when on another run certainly finds what this create has made, or may have made; none if that does not
    /// matter, or no clock was looked at.
    pub again_from: Option<Moment>,
}

/// When one object was worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worked {
    /// When it began.
    pub began: Moment,
    pub ended: Moment,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Written, and seen to be so.
    Done,
    /// It was as it shall be before anything was written, or the saved plan's operation is no
    /// longer needed.
    AlreadyInPlace,
    /// The org said that it was written, and does not show it yet.
    NotVisibleYet(Unseen),
    /// Written, and the org holds something else than what was sent.
    Differs(Vec<Difference>),
    /// It was seen to be as it shall be, and by the org's own time another person has changed it since.
    Overwritten(Vec<Difference>),
    /// Not written: the org refused, or could not be reached.
    Failed(Problem),
    /// Not written: a person changed it since the plan.
    Conflict(Vec<Difference>),
    /// Not written.
    Skipped(Skip),
    /// It may or may not have been written.
    Unknown(Problem),
}

/// Where the org does not show what it said was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unseen {
    /// A read by its id shows it, and the list does not.
    List {
        /// The client may not be allowed to list its division.
        may_be_hidden: bool,
        /// A person may have changed it, and changed it back, between the two.
        may_be_changed: bool,
    },
    /// It is shown otherwise, or not at all.
    Object {
        differences: Vec<Difference>,
        /// A person may have changed it since: the org does not say when it was changed last.
        may_be_changed: bool,
    },
}

/// Why something was not tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skip {
    /// What it waited for was not done.
    Needs(Box<Needed>),
    /// The run was interrupted first.
    Interrupted,
    /// The plan is refused, and so nothing of it was done.
    PlanRefused,
    /// More would be done than the saved plan holds, and so nothing was done.
    NotInSavedPlan,
    /// The config protects it, and an undo leaves it as it is.
    Protected,
    /// The config omits the definition that it is, and an undo leaves it as it is.
    Omitted(Key),
}

/// The look at the org after an apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// There was nothing to look at: nothing was written.
    NotNeeded,
    /// The run was interrupted before it.
    Interrupted,
    /// The plan is empty, apart from what the rows say was not done.
    InSync,
    /// Something that is in no row is to be done by now, or refuses the plan by now: a person
    /// changed the org meanwhile.
    Drifted {
        changes: Vec<Change>,
        /// What refuses the plan, such as two objects with one label.
        refusals: Vec<Refusal>,
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

    /// With the moment from which to run again, if something was made, or may have been, that no list shows.
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

    /// What its outcome means after a run for this intent, where that needs a sentence. Foreign strings are raw.
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

    /// With the places in the config that asked for it.
    pub fn placed(self, desired: &Desired) -> ReportRow {
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
    /// What tells what is still to be done.
    pub fn again(self) -> &'static str {
        match self {
            Intent::Apply => "plan again",
            Intent::Undo => "run the undo again",
            Intent::Retire => "run it again",
        }
    }

    /// What to do about an object that another person has changed.
    fn look(self) -> &'static str {
        match self {
            Intent::Apply | Intent::Retire => self.again(),
            // Another undo would refuse it as well: anyone who has changed it has meant that.
            Intent::Undo => "it is left as it is (`presencectl show ID` shows it)",
        }
    }
}

impl Outcome {
    /// Which of all it is, without its details.
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

    /// Is the object as the config says?
    pub fn is_success(&self) -> bool {
        self.kind().is_success()
    }

    /// Was the object written, as far as is known?
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

    /// What was found instead of what was expected.
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

    /// What it means, as far as that does not depend on the rest of its row.
    fn in_words(&self, intent: Intent) -> Option<String> {
        let look = intent.look();
        Some(match self {
            Outcome::Done | Outcome::AlreadyInPlace | Outcome::NotVisibleYet(_) | Outcome::Differs(_) => return None,
            Outcome::Overwritten(_) => {
                format!("it was as it shall be, and by the org's own time it was changed by hand since; {look}")
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

/// What the org made of a write that it did not take over as it was sent. `before` is what was there.
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
            "written, but labels that were taken away are still there: the org seems to merge what it is sent \
                              with what it has; take them away in its admin page, or write them into the config"
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
        _ => "written, but the org holds something else than what was sent".to_owned(),
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
            refusals: Vec::new(),
            verification: Verification::NotNeeded,
            divisions_unread: None,
            interrupted: None,
            divisions: Divisions::NotAsked,
            default_locale,
            metadata: None,
            matched: BTreeMap::new(),
        }
    }

    pub fn intent(&self) -> Intent {
        let undoes = self.metadata.as_ref().and_then(|it| it.undoes.as_ref());
        if undoes.is_some() { Intent::Undo } else { Intent::Apply }
    }

    /// Was anything written, as far as is known?
    pub fn may_have_written(&self) -> bool {
        self.rows.iter().any(|row| row.outcome.may_be_written())
    }

    /// Was everything done, and seen to be done?
    pub fn is_success(&self) -> bool {
        // That divisions could not be looked at is told, and fails nothing: a client may lack the right.
        let Report { rows, refusals, verification, interrupted, .. } = self;
        let verified = match verification {
            Verification::NotNeeded | Verification::InSync => true,
            Verification::Interrupted | Verification::Drifted { .. } | Verification::Failed(_) => false,
        };
        rows.iter().all(|row| row.outcome.is_success()) && refusals.is_empty() && verified && interrupted.is_none()
    }
}
