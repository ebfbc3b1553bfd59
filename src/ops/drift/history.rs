//! What a folder of reports shows about the objects of one org: their last written state, and whether they still have
//! it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::labels::Scope;
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, Key, SystemPresence};
use crate::model::observed::{Content, Definition, Observed, Target};
use crate::ops::apply::outcome::OutcomeKind;
use crate::ops::history::stored::{StoredReport, StoredRow};
use crate::plan::change::{Action, Step};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DifferenceCause {
    /// The object was edited in the org since the last apply.
    Edited,
    /// It was edited, and the config has changed too.
    Both,
    /// The object is as the last apply left it: the config has changed.
    NotApplied,
    NotKnown,
}

/// The last apply in the reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastApply {
    pub commit: Option<String>,
    pub began: Moment,
}

/// What reports show about the objects of one org.
#[derive(Debug, Default)]
pub struct History<'a> {
    /// The state of each object after the last report that has it.
    by_id: BTreeMap<&'a DefinitionId, Left<'a>>,
    /// The last object of each definition.
    by_key: BTreeMap<&'a Key, &'a DefinitionId>,
    /// Definitions for which an apply may have created an object without a response.
    may_be_made: BTreeSet<&'a Key>,
    last: Option<LastApply>,
    /// The last whole apply that verified everything as in sync.
    in_step: Option<InStep>,
    /// Reports of other applies may be elsewhere, so a difference may have been applied.
    has_gaps: bool,
}

#[derive(Debug, Clone, Copy)]
struct InStep {
    /// When that apply started.
    began: Moment,
    /// How long everything was certainly in sync.
    until: Moment,
}

#[derive(Debug, Clone, Copy)]
struct Left<'a> {
    report: &'a StoredReport,
    row: &'a StoredRow,
}

impl DifferenceCause {
    /// All causes, in display order.
    pub const ALL: [DifferenceCause; 4] =
        [DifferenceCause::Edited, DifferenceCause::Both, DifferenceCause::NotApplied, DifferenceCause::NotKnown];

    pub fn code(self) -> &'static str {
        match self {
            DifferenceCause::Edited => "edited",
            DifferenceCause::Both => "both",
            DifferenceCause::NotApplied => "not-applied",
            DifferenceCause::NotKnown => "not-known",
        }
    }
}

impl<'a> History<'a> {
    /// Uses the reports of one org only. `is_whole`: these are the reports of all applies.
    pub fn of(reports: &'a [StoredReport], is_whole: bool, target: &Target) -> History<'a> {
        let mut history = History { has_gaps: !is_whole, ..History::default() };
        let Some(org) = &target.org else { return history };
        let is_ours = |it: &&StoredReport| it.org.as_ref() == Some(&org.id) && it.sandbox == target.sandbox;
        let mut ours: Vec<&StoredReport> = reports.iter().filter(is_ours).collect();
        ours.sort_by_key(|it| it.run.as_ref().map(|run| run.began));
        for report in ours {
            for row in report.rows.iter().filter(|it| it.may_be_written() || it.outcome == OutcomeKind::AlreadyInPlace)
            {
                let Some(id) = &row.id else {
                    history.may_be_made.extend(row.key.as_ref().filter(|_| row.action == Action::Create));
                    continue;
                };
                history.by_id.insert(id, Left { report, row });
                match (&row.key, row.action) {
                    // The key of a replacement is the new definition.
                    (Some(key), Action::Create | Action::Reactivate | Action::Update | Action::Deactivate) => {
                        history.by_key.insert(key, id);
                    }
                    (_, Action::Supersede | Action::Delete) | (None, _) => {}
                }
            }
            let Some(run) = report.run.as_ref().filter(|_| report.success) else { continue };
            // An undo applies an older config, and a limited run only a part.
            if run.said.undoes.is_none() && run.said.only.is_none() {
                history.last = Some(LastApply { commit: run.said.commit.clone(), began: run.began });
                // A run without changes only read the org, and that after its start.
                let had_nothing_to_do = report.rows.is_empty() && report.blockers.is_empty();
                let ended = Moment::read(&run.said.ended).filter(|_| report.verified);
                let until = ended.or(had_nothing_to_do.then_some(run.began));
                history.in_step = until.map(|until| InStep { began: run.began, until }).or(history.in_step);
            }
        }
        history
    }

    /// The last whole apply.
    pub fn last(&self) -> Option<&LastApply> {
        self.last.as_ref()
    }

    /// The last object of a definition.
    pub fn object_of(&self, key: &Key) -> Option<&'a DefinitionId> {
        self.by_key.get(key).copied()
    }

    /// The system presence and content of an object after the last report that has it.
    pub fn left(&self, id: &DefinitionId) -> Option<(&SystemPresence, Content)> {
        let it = self.by_id.get(id)?;
        Some((&it.row.system_presence, it.content()?))
    }

    /// The cause of a step.
    pub fn how(&self, step: &Step, observed: &Observed) -> DifferenceCause {
        match step.id().or_else(|| step.key().and_then(|key| self.object_of(key))) {
            Some(id) => self.how_object(id, observed),
            // Nothing was ever created for it: an apply would have.
            None if self.last.is_some() && step.key().is_none_or(|it| !self.may_be_made.contains(it)) => {
                DifferenceCause::NotApplied
            }
            None => DifferenceCause::NotKnown,
        }
    }

    /// Whether an object is as it was left, or as it was when the last apply verified everything.
    pub fn how_object(&self, id: &DefinitionId, observed: &Observed) -> DifferenceCause {
        match (self.by_what_was_left(id, observed), observed.get(id)) {
            (DifferenceCause::NotKnown, Some(object)) => self.by_time(object),
            (how, _) => how,
        }
    }

    /// Like [`History::how`], but only for objects in a report, and without times.
    pub fn by_object(&self, step: &Step, observed: &Observed) -> DifferenceCause {
        let id = step.id().or_else(|| step.key().and_then(|key| self.object_of(key)));
        id.map_or(DifferenceCause::NotKnown, |id| self.by_what_was_left(id, observed))
    }

    /// Do reports show when the object of a step was in its applied state? Then only they decide the cause. A commit
    /// date cannot, because the org may have changed between that apply and the commit.
    pub fn is_about(&self, step: &Step) -> bool {
        self.in_step.is_some() || step.id().is_some_and(|id| self.by_id.contains_key(id))
    }

    /// Compares an object with its state in the last report. If everything was in sync later, a difference may be
    /// intended: the org's state was added to the config.
    fn by_what_was_left(&self, id: &DefinitionId, observed: &Observed) -> DifferenceCause {
        let Some((it, left)) = self.by_id.get(id).and_then(|it| Some((it, it.content()?))) else {
            return DifferenceCause::NotKnown;
        };
        match observed.get(id) {
            Some(object) if it.is_so(object, &left) => DifferenceCause::NotApplied,
            Some(_) if self.in_step.is_some_and(|in_step| it.is_before(in_step)) => DifferenceCause::NotKnown,
            Some(_) if self.has_gaps => DifferenceCause::NotKnown,
            Some(_) => DifferenceCause::Edited,
            // The list may lag, and this client may not see all of it.
            None => DifferenceCause::NotKnown,
        }
    }

    /// By modification time: after everything was last in sync, or before.
    fn by_time(&self, object: &Definition) -> DifferenceCause {
        let at = object.modified.as_ref().and_then(|it| it.at.as_deref()).and_then(Moment::read);
        match (at, self.in_step) {
            (Some(at), Some(in_step)) if at > in_step.until && !self.has_gaps => DifferenceCause::Edited,
            (Some(at), Some(in_step)) if at > in_step.until => DifferenceCause::NotKnown,
            (Some(_), Some(_)) => DifferenceCause::NotApplied,
            _ => DifferenceCause::NotKnown,
        }
    }
}

impl Left<'_> {
    fn content(&self) -> Option<Content> {
        self.row.left()
    }

    /// Did its run start before the apply that verified everything?
    fn is_before(&self, in_step: InStep) -> bool {
        self.report.run.as_ref().is_some_and(|run| run.began < in_step.began)
    }

    fn is_so(&self, object: &Definition, left: &Content) -> bool {
        let Left { report, row } = self;
        // A removal has read every label, and so has a create.
        let scope = match row.action {
            Action::Create | Action::Supersede | Action::Deactivate | Action::Delete => Scope::All,
            Action::Update | Action::Reactivate => report.scope(),
        };
        let is = |content: &Content| object.content_beside(content, &scope).same_as(content);
        // After a killed run, it is not known what was written.
        let is_as_before = || row.outcome == OutcomeKind::Unknown && row.before.as_ref().is_some_and(is);
        object.system_presence == row.system_presence && (is(left) || is_as_before())
    }
}
