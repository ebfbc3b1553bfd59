//! What a folder of reports says of the objects of one org: how each was left, and whether it is so still.

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
    /// A person edited the object in the org since the last apply.
    Edited,
    /// That, and the config asks something else of it by now.
    Both,
    /// The object is as the last apply left it: the config has moved on.
    NotApplied,
    NotKnown,
}

/// The last apply that reports tell of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastApply {
    pub commit: Option<String>,
    /// When it began.
    pub began: Moment,
}

/// What reports say of the objects of one org.
#[derive(Debug, Default)]
pub struct History<'a> {
    /// What the last report that knows an object left there.
    by_id: BTreeMap<&'a DefinitionId, Left<'a>>,
    /// The object that a definition of the config had last.
    by_key: BTreeMap<&'a Key, &'a DefinitionId>,
    /// Definitions for which an apply may have made an object, and no answer said which.
    may_be_made: BTreeSet<&'a Key>,
    last: Option<LastApply>,
    /// The last whole apply after which all was seen to be in sync.
    in_step: Option<InStep>,
    /// Other applies may have left reports elsewhere, so what is otherwise may have been applied.
    has_gaps: bool,
}

#[derive(Debug, Clone, Copy)]
struct InStep {
    /// When that apply began.
    began: Moment,
    /// Until when it is certain that all was in sync.
    until: Moment,
}

#[derive(Debug, Clone, Copy)]
struct Left<'a> {
    report: &'a StoredReport,
    row: &'a StoredRow,
}

impl DifferenceCause {
    /// All, in the order in which they are shown.
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
    /// Of one org; reports of others are passed over. `is_whole`: these are the reports of all applies.
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
                    // The key of a replacement is the definition that comes.
                    (Some(key), Action::Create | Action::Reactivate | Action::Update | Action::Deactivate) => {
                        history.by_key.insert(key, id);
                    }
                    (_, Action::Supersede | Action::Delete) | (None, _) => {}
                }
            }
            let Some(run) = report.run.as_ref().filter(|_| report.success) else { continue };
            // An undo leaves what an older config asked for, and a limited run only a part.
            if run.said.undoes.is_none() && run.said.only.is_none() {
                history.last = Some(LastApply { commit: run.said.commit.clone(), began: run.began });
                // One with nothing to do has only read the org, and that after it began.
                let had_nothing_to_do = report.rows.is_empty() && report.refusals.is_empty();
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

    /// The object that a definition of the config had last.
    pub fn object_of(&self, key: &Key) -> Option<&'a DefinitionId> {
        self.by_key.get(key).copied()
    }

    /// Where an object belonged and what it held when the last report that knows it left it.
    pub fn left(&self, id: &DefinitionId) -> Option<(&SystemPresence, Content)> {
        let it = self.by_id.get(id)?;
        Some((&it.row.system_presence, it.content()?))
    }

    /// How what a step would do came to be needed.
    pub fn how(&self, step: &Step, observed: &Observed) -> DifferenceCause {
        match step.id().or_else(|| step.key().and_then(|key| self.object_of(key))) {
            Some(id) => self.how_object(id, observed),
            // Nothing was ever made for it: an apply would have.
            None if self.last.is_some() && step.key().is_none_or(|it| !self.may_be_made.contains(it)) => {
                DifferenceCause::NotApplied
            }
            None => DifferenceCause::NotKnown,
        }
    }

    /// Whether an object is as it was left, or as it was when the last apply found all in sync.
    pub fn how_object(&self, id: &DefinitionId, observed: &Observed) -> DifferenceCause {
        match (self.by_what_was_left(id, observed), observed.get(id)) {
            (DifferenceCause::NotKnown, Some(object)) => self.by_time(object),
            (how, _) => how,
        }
    }

    /// As [`History::how`], but only for objects that a report knows, and without looking at times.
    pub fn by_object(&self, step: &Step, observed: &Observed) -> DifferenceCause {
        let id = step.id().or_else(|| step.key().and_then(|key| self.object_of(key)));
        id.map_or(DifferenceCause::NotKnown, |id| self.by_what_was_left(id, observed))
    }

    /// Whether reports say anything of when the object of a step was as an apply left it. Then they alone tell a cause:
    /// the date of a commit cannot, since the org may have been changed between that apply and the commit.
    pub fn is_about(&self, step: &Step) -> bool {
        self.in_step.is_some() || step.id().is_some_and(|id| self.by_id.contains_key(id))
    }

    /// Whether an object is as the last report that knows it left it. Where all was found in sync later on, it may be
    /// otherwise with everyone's consent: a person wrote into the config what stood in the org.
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

    /// By when an object was last changed: after all was last found in sync, or before.
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

    /// Whether its run began earlier than the apply that found all in sync.
    fn is_before(&self, in_step: InStep) -> bool {
        self.report.run.as_ref().is_some_and(|run| run.began < in_step.began)
    }

    fn is_so(&self, object: &Definition, left: &Content) -> bool {
        let Left { report, row } = self;
        // A removal has looked at every label, and so has anyone who made something.
        let scope = match row.action {
            Action::Create | Action::Supersede | Action::Deactivate | Action::Delete => Scope::All,
            Action::Update | Action::Reactivate => report.scope(),
        };
        let is = |content: &Content| object.content_beside(content, &scope).same_as(content);
        // A run that was killed knows of nothing whether it was written.
        let is_as_before = || row.outcome == OutcomeKind::Unknown && row.before.as_ref().is_some_and(is);
        object.system_presence == row.system_presence && (is(left) || is_as_before())
    }
}
