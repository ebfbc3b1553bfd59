//! Compares an org with its config, difference by difference.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::desired::Desired;
use crate::model::labels::Labels;
use crate::model::names::{DefinitionId, Key, is_guid};
use crate::model::observed::{Modified, Observed, Primary, Target};
use crate::ops::drift::answered::{AnsweredObject, AnsweredPlace, AnsweredPlan, Certainty, answered};
use crate::ops::drift::history::{DifferenceCause, History};
use crate::ops::drift::keep::{Kept, added, another, become_of, called_otherwise, elsewhere, keep, place};
use crate::ops::drift::trial::Trials;
use crate::ops::drift::{
    By, Drift, DriftKind, DriftNames, DriftPast, DriftRow, DriftSubject, LastConfig, Question, UnmanagedDrift,
};
use crate::ops::history::merged::{merged_since, touched};
use crate::plan::answer::Answer;
use crate::plan::blocker::{Blocker, Fact};
use crate::plan::change::{Action, Change, Step, Unmanaged, WhyUnmanaged};
use crate::plan::origin::OriginSubject;

/// The part of a modification that may be shown.
fn told(modified: Modified, names: DriftNames) -> Modified {
    let may_be_told = |by: &String| names == DriftNames::Told || is_guid(by);
    Modified { by: modified.by.filter(may_be_told), ..modified }
}

/// The differences between an org and its config.
pub fn drift(
    desired: &Desired,
    observed: &Observed,
    target: &Target,
    past: &DriftPast<'_>,
    names: DriftNames,
) -> Drift {
    let DriftPast { reports, is_whole, applied, checked_out, alone } = past;
    let history = History::of(reports, *is_whole, target);
    let reported = |key: &Key| history.object_of(key).cloned();
    let planned = applied.as_ref().and_then(|it| it.planned(observed, reported));
    let AnsweredPlan { plan, found } = answered(desired, observed, |key| {
        reported(key).or_else(|| planned.as_ref().and_then(|it| it.object_of(key)).cloned())
    });
    let by_config = planned.map(|it| it.how(&plan));
    let checked_out = checked_out.filter(|_| applied.is_none());
    let merged = checked_out.map(|it| merged_since(it, touched(&plan, observed, &history)));
    let merged = merged.unwrap_or_default().into_keys().collect();
    let trials = Trials::new(desired, observed, alone);
    let seen = Seen { desired, observed, trials, history, by_config, merged, names };
    let mut keys = BTreeSet::new();
    let rows = plan
        .changes
        .iter()
        // A create in the place of a moved object is part of reverting the move.
        .filter(|it| !(is_create(it) && found_for(it, &found).is_some_and(|it| it.place == AnsweredPlace::Elsewhere)))
        .map(|it| seen.row(it, found_for(it, &found), &mut keys))
        .collect();
    let left_alone = plan.unmanaged.iter().filter(|it| it.why == WhyUnmanaged::NotNamed);
    let unmanaged = left_alone.map(|it| seen.unmanaged(it, &mut keys)).collect();
    let open = plan.blockers.iter().filter(|it| it.fact.hides());
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
    let apply = "presencectl apply".to_owned();
    Drift { rows, unmanaged, questions, last: seen.history.last().cloned(), applied, apply, forge: None, by, plan }
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
    /// The cause of each change, by the config that was applied last.
    by_config: Option<BTreeMap<OriginSubject, DifferenceCause>>,
    /// Definitions that no report knows, and that changed after their objects did.
    merged: BTreeSet<Key>,
    names: DriftNames,
}

impl Seen<'_> {
    /// The cause of a step. Reports also know what a partly failed apply wrote, so their match with the current state
    /// counts. If the config that was applied last asks for the step too, it was never merged.
    fn how(&self, step: &Step) -> DifferenceCause {
        let Some(by_config) = &self.by_config else {
            return match self.history.how(step, self.observed) {
                DifferenceCause::NotKnown if step.key().is_some_and(|key| self.merged.contains(key)) => {
                    DifferenceCause::NotApplied
                }
                how => how,
            };
        };
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
        let (Kept { answer: keep, layer }, first) = self.ways_out(step, found, keys);
        let meant_under = step.key().and_then(|key| self.desired.definitions.get(key)).map(|it| &it.system_presence);
        DriftRow {
            what: self.what(step, how, found),
            meant_under: meant_under.filter(|it| *it != step.system_presence()).cloned(),
            how,
            modified: step.id().and_then(|id| self.modified(id)),
            keep,
            first,
            keep_place: layer.or_else(|| place(change, self.desired)),
            change: change.clone(),
        }
    }

    fn ways_out(&self, step: &Step, found: Option<&AnsweredObject>, keys: &mut BTreeSet<Key>) -> (Kept, Vec<Answer>) {
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
            AnsweredPlace::Elsewhere => Kept::in_org_file(become_of(object, wanted, &self.trials)),
        };
        (keep, first)
    }

    /// The state in the org. A rename or move is only stated if a report shows the earlier state.
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

    fn question(&self, blocker: &Blocker) -> Question {
        // If several objects have the label, none of them has changed.
        let wanted = match &blocker.fact {
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
        let about = blocker.fact.ids().into_iter().filter_map(about).collect();
        Question { blocker: blocker.clone(), about }
    }
}
