//! A plan seen from the other side: what is otherwise in the org than in the config, whether somebody edited it there
//! or a merged change was never applied, who touched it last, and what to write to keep it.

use std::collections::BTreeMap;

use crate::apply::outcome::OutcomeKind;
use crate::diagnostic::Span;
use crate::drift::keep::{keep, place};
use crate::journal::kept::{KeptReport, KeptRow};
use crate::model::desired::Desired;
use crate::model::labels::Scope;
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, Key, OrgId, is_guid};
use crate::model::observed::{Modified, Observed, Target};
use crate::plan::Plan;
use crate::plan::answer::Answer;
use crate::plan::change::{Action, Change, Step};

pub mod document;
pub mod keep;

/// What is otherwise in an org than in its config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// In the order of the plan.
    pub rows: Vec<Row>,
    /// The apply after which the config has moved on, where reports tell of one.
    pub last: Option<LastApply>,
}

/// One object that is otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What an apply would do.
    pub change: Change,
    /// How it came about.
    pub how: How,
    /// Who touched the object last, and when; none where the org does not say, or there is no object.
    pub modified: Option<Modified>,
    /// What to write so that the config agrees.
    pub keep: Answer,
    /// Where to write it, where something stands that it belongs to.
    pub keep_place: Option<Span>,
}

/// How a difference came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// The object is otherwise than the last report left it.
    Edited,
    /// The object is as the last report left it: the config has moved on.
    NotApplied,
    /// No report says it.
    NotKnown,
}

/// The last apply that reports tell of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastApply {
    /// The commit that was applied.
    pub commit: Option<String>,
    /// When it began.
    pub began: Moment,
}

impl How {
    /// All, in the order in which they are shown.
    pub const ALL: [How; 3] = [How::Edited, How::NotApplied, How::NotKnown];

    /// A stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            How::Edited => "edited",
            How::NotApplied => "not-applied",
            How::NotKnown => "not-known",
        }
    }
}

impl Drift {
    /// The rows that came about in one way.
    pub fn of(&self, how: How) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |it| it.how == how)
    }

    /// The heading of what came about in one way; foreign strings are raw.
    #[must_use]
    pub fn heading(&self, how: How) -> String {
        match (how, &self.last) {
            (How::Edited, _) => "Edited by hand in the org".to_owned(),
            (How::NotApplied, Some(LastApply { commit: Some(commit), began: _ })) => {
                let short: String = commit.chars().take(7).collect();
                format!("Merged, not applied since `{short}`")
            }
            (How::NotApplied, Some(LastApply { commit: None, began })) => {
                format!("Merged, not applied since {} UTC", began.to_the_minute())
            }
            (How::NotApplied, None) => "Merged, not applied".to_owned(),
            (How::NotKnown, _) => "Edited by hand, or merged and not applied (no report says which of them)".to_owned(),
        }
    }
}

impl Row {
    /// What is so in the org, seen from the config.
    #[must_use]
    pub fn what(&self) -> &'static str {
        match self.change.step.action() {
            Action::Create => "missing",
            Action::Reactivate => "deactivated",
            Action::Update => "changed",
            Action::Replace | Action::Deactivate => "active",
            Action::Delete => "added",
        }
    }
}

impl Row {
    /// Who touched the object last, and when, in words; foreign strings are raw. None where there is no object.
    #[must_use]
    pub fn who(&self) -> Option<String> {
        self.change.step.id()?;
        let (by, at) = self.modified.as_ref().map_or((None, None), |it| (it.by.as_ref(), it.at.as_deref()));
        let at =
            at.map(|it| Moment::read(it).map_or_else(|| it.to_owned(), |it| format!("{} UTC", it.to_the_minute())));
        Some(match (by, at) {
            (Some(by), Some(at)) => format!("last changed by `{by}` on {at}"),
            (Some(by), None) => format!("last changed by `{by}`"),
            (None, Some(at)) => format!("last changed on {at}"),
            (None, None) => "who changed it last, and when, is not known".to_owned(),
        })
    }
}

/// Whether names of people may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// As the org says them.
    Told,
    /// Only ids.
    Withheld,
}

/// The same drift, with what may be told of people.
#[must_use]
pub fn told(drift: Drift, names: Names) -> Drift {
    let may_be_told = |by: &String| names == Names::Told || is_guid(by);
    let told = |it: Modified| Modified { by: it.by.filter(may_be_told), ..it };
    let rows = drift.rows.into_iter().map(|row| Row { modified: row.modified.map(told), ..row }).collect();
    Drift { rows, ..drift }
}

/// What a plan says from the other side. Reports of other orgs are passed over.
#[must_use]
pub fn drift(plan: &Plan, desired: &Desired, observed: &Observed, target: &Target, reports: &[KeptReport]) -> Drift {
    let org = target.org.as_ref().map(|it| &it.id);
    let history = History::of(reports, org, target.sandbox);
    let rows = plan.changes.iter().map(|change| {
        let object = change.step.id().and_then(|id| observed.get(id));
        Row {
            how: history.how(&change.step, observed),
            modified: object.and_then(|it| it.modified.clone()),
            keep: keep(&change.step, desired),
            keep_place: place(change, desired),
            change: change.clone(),
        }
    });
    let rows = rows.collect();
    Drift { rows, last: history.last }
}

/// What reports say of the objects of one org.
struct History<'a> {
    /// What the last report that knows an object left there.
    by_id: BTreeMap<&'a DefinitionId, Left<'a>>,
    /// The object that a definition of the config had last.
    by_key: BTreeMap<&'a Key, &'a DefinitionId>,
    last: Option<LastApply>,
    /// When the last whole apply that was seen to be in step ended.
    in_step_until: Option<Moment>,
}

#[derive(Clone, Copy)]
struct Left<'a> {
    report: &'a KeptReport,
    row: &'a KeptRow,
}

impl<'a> History<'a> {
    fn of(reports: &'a [KeptReport], org: Option<&OrgId>, sandbox: bool) -> History<'a> {
        let is_ours = |it: &&KeptReport| it.org.as_ref() == org && org.is_some() && it.sandbox == sandbox;
        let mut ours: Vec<&KeptReport> = reports.iter().filter(is_ours).collect();
        ours.sort_by_key(|it| it.run.as_ref().map(|run| run.began));
        let mut history = History { by_id: BTreeMap::new(), by_key: BTreeMap::new(), last: None, in_step_until: None };
        for report in ours {
            for row in
                report.rows.iter().filter(|it| it.outcome.may_be_written() || it.outcome == OutcomeKind::AlreadySo)
            {
                let Some(id) = &row.id else { continue };
                history.by_id.insert(id, Left { report, row });
                match (&row.key, row.action) {
                    // The key of a replacement is the definition that comes.
                    (Some(key), Action::Create | Action::Reactivate | Action::Update | Action::Deactivate) => {
                        history.by_key.insert(key, id);
                    }
                    (_, Action::Replace | Action::Delete) | (None, _) => {}
                }
            }
            let Some(run) = report.run.as_ref().filter(|_| report.success) else { continue };
            // An undo leaves what an older config asked for, and a limited run only a part.
            if run.said.undoes.is_none() && run.said.only.is_none() {
                history.last = Some(LastApply { commit: run.said.commit.clone(), began: run.began });
                if report.verified {
                    history.in_step_until = Moment::read(&run.said.ended);
                }
            }
        }
        history
    }

    fn how(&self, step: &Step, observed: &Observed) -> How {
        let known_as = step.id().or_else(|| step.key().and_then(|key| self.by_key.get(key).copied()));
        let Some(id) = known_as else {
            // Nothing was ever made for it: an apply would have.
            return if self.last.is_some() { How::NotApplied } else { How::NotKnown };
        };
        let object = observed.get(id);
        let left = self.by_id.get(id).and_then(|it| Some((it, it.row.left()?)));
        match (left, object) {
            (Some(_), None) => How::Edited,
            (Some((Left { report, row }, left)), Some(object)) => {
                // A removal has looked at every label, and so has whoever made something.
                let scope = match row.action {
                    Action::Create | Action::Replace | Action::Deactivate | Action::Delete => Scope::All,
                    Action::Update | Action::Reactivate => report.scope(),
                };
                if object.content_beside(&left, &scope).same_as(&left) { How::NotApplied } else { How::Edited }
            }
            (None, object) => {
                let at = object.and_then(|it| it.modified.as_ref()?.at.as_deref().and_then(Moment::read));
                match (at, self.in_step_until) {
                    (Some(at), Some(until)) if at > until => How::Edited,
                    (Some(_), Some(_)) => How::NotApplied,
                    _ => How::NotKnown,
                }
            }
        }
    }
}
