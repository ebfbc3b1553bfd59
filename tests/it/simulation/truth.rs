//! Compares a report with what really happened, and an org with the config, independently of the plan.

use std::collections::BTreeMap;

use presencectl::model::desired::{Desired, Management, Prune, Wanted};
use presencectl::model::labels::Labels;
use presencectl::model::names::{DefinitionId, Locale};
use presencectl::ops::apply::report::{Intent, Outcome, Report, ReportRow, Skip, Unseen, Verification};
use presencectl::plan::change::Step;
use presencectl::plan::difference::Difference;
use presencectl::sandbox::definitions::HeldDefinition as Held;
use presencectl::sandbox::org_behavior::{FirstPutDivision, Offer, OrgBehavior, PutLabels};

use super::ledger::{Deeds, LAG_MS, Ledger, called, folded, labels, to_be_made};
use super::play::World;

/// Something in which the org is not as the config says.
pub(super) struct Lack {
    /// The key of the definition, or the id of what is left.
    pub(super) about: String,
    pub(super) what: String,
}

/// What a step is about, as the ledger calls it.
fn about(step: &Step, name: Option<&str>) -> String {
    let made = || to_be_made(step.system_presence().as_str(), name);
    step.id().map_or_else(made, ToString::to_string)
}

/// A row in a few words.
pub(super) fn said(row: &ReportRow) -> String {
    let key = row.key.as_ref().map_or("?", |it| it.as_str());
    let id = row.id.as_ref().map_or("-", |it| it.as_str());
    let why = row.in_words(Intent::Apply).unwrap_or_default();
    format!("{} {key} {id} {} {why}", row.action.verb(), row.outcome.kind().code())
}

pub(super) fn as_text(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(locale, label)| (folded(locale.as_str()), label.to_string())).collect()
}

impl World {
    /// Everything in a report that is not what really happened.
    pub(super) fn untrue(&self, run: usize, begin_ms: u64, steps: &[Step], report: &Report) -> Vec<String> {
        let ledger = self.shared.ledger.lock().unwrap();
        let mut found = Vec::new();
        // The objects of earlier runs come after the steps.
        let held = report.rows.get(steps.len()..).unwrap_or_default();
        let is_held = |it: &ReportRow| {
            let id = it.id.as_ref().map(DefinitionId::as_str);
            let is_after =
                |held: Option<&Held>| held.is_some_and(|held| self.managed_labels(held) == as_text(&it.after.labels));
            self.kept.is_some()
                && match &it.outcome {
                    Outcome::NotVisibleYet(_) => true,
                    Outcome::AlreadyInPlace => id.is_some_and(|id| ledger.was_ever(run, id, is_after)),
                    Outcome::Failed(_) => id.is_some_and(|id| ledger.was_changed_by_others(run, id)),
                    _ => false,
                }
        };
        if report.rows.len() < steps.len() || !held.iter().all(is_held) {
            found.push(format!("{} steps have {} rows", steps.len(), report.rows.len()));
        }
        for (step, row) in steps.iter().zip(&report.rows) {
            let name = step.after().labels.get(&self.start.config.settings.default_locale).map(ToString::to_string);
            let deeds = ledger.deeds(run, &about(step, name.as_deref()));
            if !self.is_true(&ledger, run, (step, row, report), &deeds) {
                let Deeds { writes, carried_out, is_lost, .. } = deeds;
                let lost = if is_lost { ", an answer lost" } else { "" };
                found.push(format!(
                    "the report is not true ({carried_out} carried out, {writes} changes{lost}): {}",
                    said(row)
                ));
            }
            let wrong = self.wrong_facts(&ledger, run, (step, row), &deeds);
            found.extend(wrong.into_iter().map(|it| format!("{it} is not true: {}, {row:?}", said(row))));
        }
        // After a success in peace the org is as the config says.
        if report.is_success() && !ledger.was_changed_since(begin_ms.saturating_sub(self.start.apart_ms), run) {
            found.extend(self.lacks().into_iter().map(|it| format!("all is said to be done, and {}", it.what)));
        }
        found
    }

    /// Is the reported outcome of an object true?
    fn is_true(
        &self,
        ledger: &Ledger,
        run: usize,
        (step, row, report): (&Step, &ReportRow, &Report),
        deeds: &Deeds,
    ) -> bool {
        let id = row.id.as_ref().map(DefinitionId::as_str);
        let is_so = || id.is_some_and(|id| ledger.was_ever(run, id, |held| self.is_after(step, held)));
        let by_others = || id.is_some_and(|id| ledger.was_changed_by_others(run, id));
        let Deeds { writes, carried_out, is_lost, unread, troubles, is_undivided, correlation_id: _ } = *deeds;
        // Only the second generation shows divisions.
        let is_seen = report.divisions_unread.is_none() && self.start.behavior.generation2 == Offer::Served;
        match &row.outcome {
            Outcome::Done => is_so() && (carried_out > 0 || is_lost) && !(is_undivided && is_seen),
            Outcome::AlreadyInPlace => is_so() && carried_out == 0,
            Outcome::Overwritten(_) => is_so() && by_others(),
            // After a lost answer another run's write may be what is there.
            Outcome::Differs(differences) => {
                (carried_out > 0 || is_lost) && (by_others() || self.is_how_it_is(differences))
            }
            Outcome::NotVisibleYet(Unseen::List { may_be_changed, .. }) => {
                let OrgBehavior { list_lag_ms, get_lag_ms, .. } = self.start.behavior;
                // Where reads by id lag, it may be the list that is newer.
                let is_old = list_lag_ms > 0 || ((get_lag_ms > 0 || *may_be_changed) && by_others());
                (carried_out > 0 || is_lost) && is_so() && is_old
            }
            // The second generation of the API does not show the author of a change.
            Outcome::NotVisibleYet(Unseen::Object { may_be_changed, .. }) => {
                let is_unseen = *may_be_changed && by_others();
                // A second definition ends the look at once.
                let is_cut_short =
                    matches!(&report.verification, Verification::Drifted { blockers, .. } if !blockers.is_empty());
                let lag_ms = if is_cut_short { 0 } else { LAG_MS };
                let OrgBehavior { get_lag_ms, get_after_create_lag_ms, .. } = self.start.behavior;
                let is_new = matches!(step, Step::Create(_));
                let reads_lag_ms = get_lag_ms.max(if is_new { get_after_create_lag_ms } else { 0 });
                (carried_out > 0 || is_lost) && is_so() && (is_unseen || reads_lag_ms > lag_ms)
            }
            Outcome::Failed(_) => writes == 0 && (troubles > 0 || by_others()),
            Outcome::Conflict(differences) => {
                let appeared = differences.iter().any(|it| match it {
                    Difference::Appeared(id) => ledger.was_changed_by_others(run, id.as_str()),
                    _ => false,
                });
                writes == 0 && (by_others() || appeared)
            }
            Outcome::Skipped(Skip::Needs(needed)) => {
                // An earlier run's object has an id, which its dependents did not know.
                let is_it = |row: &&ReportRow| {
                    row.action == needed.action && row.key == needed.key && (row.id == needed.id || needed.id.is_none())
                };
                let is_shown = |it: &ReportRow| it.outcome.is_success() == needed.is_shown_by_now;
                writes == 0 && report.rows.iter().find(is_it).is_some_and(is_shown)
            }
            Outcome::Skipped(_) => false,
            Outcome::Unknown(_) => is_lost || (carried_out > 0 && unread > 0),
        }
    }

    /// Does this org take something otherwise than it was sent, every time?
    pub(super) fn is_how_it_is(&self, differences: &[Difference]) -> bool {
        let behavior = self.start.behavior;
        let is_so = |it: &Difference| match it {
            Difference::Label { expected: None, found: Some(_), .. } => behavior.put_labels == PutLabels::Merged,
            Difference::Division { .. } => behavior.first_put_division == FirstPutDivision::Reset,
            _ => false,
        };
        !differences.is_empty() && differences.iter().all(is_so)
    }

    /// The other false facts of a row: the earlier or wanted content, the object, the correlation id.
    fn wrong_facts(
        &self,
        ledger: &Ledger,
        run: usize,
        (step, row): (&Step, &ReportRow),
        deeds: &Deeds,
    ) -> Vec<&'static str> {
        let scope = &self.start.config.settings.scope;
        let is_removal = step.action().is_removal();
        let within = |held: &Held| {
            let mut labels = labels(held);
            labels.retain(|locale, _| is_removal || scope.covers(&Locale::new(locale.as_str())));
            labels
        };
        let planned = step.id().and_then(|id| ledger.planned_as(run, id.as_str()));
        let before = row.before.as_ref().map(|it| (as_text(&it.labels), it.deactivated));
        let wanted = row.key.as_ref().and_then(|key| self.start.config.definitions.get(key));
        let after = if is_removal {
            planned.map(|it| (within(it), true))
        } else {
            wanted.map(|it| (as_text(&it.labels.within(scope)), false))
        };
        let is_id_true = match (&row.outcome, step.id(), &row.id) {
            (_, Some(id), row) => row.as_ref() == Some(id),
            (Outcome::Done, None, Some(id)) => ledger.has_made(run, id.as_str()) || deeds.is_lost,
            (Outcome::Done, None, None) => false,
            (_, None, _) => true,
        };
        let facts = [
            ("what was there before", before == planned.map(|it| (within(it), it.deactivated))),
            ("what was to be there", Some((as_text(&row.after.labels), row.after.deactivated)) == after),
            ("the id", is_id_true),
            ("the exchange", row.correlation_id == deeds.correlation_id),
        ];
        facts.into_iter().filter(|(_, is_true)| !is_true).map(|(what, _)| what).collect()
    }

    /// Is a definition what a step makes of it?
    fn is_after(&self, step: &Step, held: Option<&Held>) -> bool {
        let Some(held) = held else { return step.action().is_removal() };
        if step.action().is_removal() {
            return held.deactivated;
        }
        !held.deactivated && self.managed_labels(held) == as_text(&step.after().labels)
    }

    pub(super) fn managed_labels(&self, held: &Held) -> BTreeMap<String, String> {
        let mut labels = labels(held);
        labels.retain(|locale, _| self.start.config.settings.scope.covers(&Locale::new(locale.as_str())));
        labels
    }

    /// How the org differs from the config.
    pub(super) fn lacks(&self) -> Vec<Lack> {
        let config: &Desired = &self.start.config;
        let all: Vec<_> = self.shared.sandbox.with(|it| it.org.definitions().iter().cloned().collect());
        let own = || all.iter().map(|it| &**it).filter(|it| !it.primary);
        let is_protected = |id: &str| config.protect.keys().any(|it| it.as_str() == id);
        let mut taken = Vec::new();
        let mut found = Vec::new();
        for wanted in config.definitions.values() {
            taken.extend(own().filter(|it| self.is_it(wanted, it)).map(|it| it.id.clone()));
            if wanted.management == Management::Omitted {
                // It may be under an earlier label still.
                let earlier =
                    |it: &&Held| wanted.previous_labels.iter().any(|previous| Some(previous.to_string()) == called(it));
                taken.extend(own().filter(earlier).map(|it| it.id.clone()));
                continue;
            }
            let mut lacks = |what: String| {
                found.push(Lack { about: wanted.key.to_string(), what: format!("`{}` {what}", wanted.key) });
            };
            let active: Vec<&Held> = own().filter(|it| !it.deactivated && self.is_it(wanted, it)).collect();
            match active.as_slice() {
                [] if wanted.deactivated => {}
                _ if wanted.deactivated => lacks("is active".to_owned()),
                [] => lacks("is not there".to_owned()),
                [it] => {
                    let labels = self.managed_labels(it);
                    if labels != as_text(&wanted.labels.within(&config.settings.scope)) {
                        lacks(format!("has the labels {labels:?}"));
                    }
                }
                several => lacks(format!("is there {} times", several.len())),
            }
            let name = wanted.default_label(&config.settings.default_locale).map(ToString::to_string);
            if let Some(elsewhere) = wanted.replaces.as_ref().filter(|_| !wanted.deactivated) {
                let is_replaced = |it: &&Held| it.system_presence == elsewhere.as_str() && called(it) == name;
                for it in own().filter(|it| !it.deactivated).filter(is_replaced) {
                    lacks(format!("has not taken the place of {}", it.id));
                }
            }
        }
        if config.settings.prune == Prune::Delete {
            let left = own().filter(|it| !it.deactivated && !taken.contains(&it.id) && !is_protected(&it.id));
            found.extend(left.map(|it| {
                let what = format!("{} ({:?}) is left", it.id, it.labels);
                Lack { about: it.id.clone(), what }
            }));
        }
        found
    }

    /// Is it this definition of the config?
    pub(super) fn is_it(&self, wanted: &Wanted, held: &Held) -> bool {
        if let Some(pin) = &wanted.pin {
            return pin.as_str() == held.id;
        }
        let label = wanted.default_label(&self.start.config.settings.default_locale).map(ToString::to_string);
        held.system_presence == wanted.system_presence.as_str() && called(held) == label
    }
}
