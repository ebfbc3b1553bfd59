//! Why a plan is refused, or why an org without faults never becomes stable, as the oracle knows it. Anything without a
//! cause here is a bug of the tool.

use std::collections::BTreeMap;

use presencectl::model::desired::{Management, Prune};
use presencectl::model::names::DefinitionId;
use presencectl::ops::apply::report::{Outcome, Report, ReportRow, Skip};
use presencectl::plan::blocker::{Blocker, Counted, Fact};
use presencectl::plan::change::Step;
use presencectl::sandbox::definitions::HeldDefinition as Held;
use presencectl::sandbox::org_behavior::{PutLabels, UniqueLabels};

use super::ledger::{Ledger, called, folded, labels};
use super::play::World;
use super::truth::{Lack, said};

/// The reasons that the output gives. Some seed must produce each of them.
pub(super) const TOLD: [&str; 9] = [
    "told: ambiguous",
    "told: looks-like-rename",
    "told: other-system-presence",
    "told: pin-not-found",
    "told: matches-primary",
    "told: changes-protected",
    "told: too-many",
    "told: omit-matches-nothing",
    "told: labels in a circle",
];
/// The last of them: where the org refuses each label of a circle.
const CIRCLE: &str = "told: labels in a circle";
/// By the second generation of the API a list is three requests, however long it is.
const STATES: usize = 3;

impl World {
    /// The blockers of a plan that have no cause. Counts the others.
    pub(super) fn without_cause(&self, run: usize, blockers: &[Blocker], steps: &[Step]) -> Vec<String> {
        let ledger = self.shared.ledger.lock().unwrap();
        let mut found = Vec::new();
        for blocker in blockers {
            let code = format!("told: {}", blocker.code());
            match TOLD.iter().find(|it| **it == code) {
                Some(code) if self.is_caused(&ledger, run, &blocker.fact, steps) => self.shared.count(code),
                Some(_) | None => found.push(format!("the plan is refused for nothing: {}", blocker.message())),
            }
        }
        found
    }

    fn is_caused(&self, ledger: &Ledger, run: usize, fact: &Fact, steps: &[Step]) -> bool {
        let config = &self.start.config;
        let is_edited = |id: &DefinitionId| ledger.was_ever_edited(id.as_str());
        let is_twin =
            |id: &DefinitionId| ledger.twins.iter().any(|it| it.first.0 == id.as_str() || it.second.0 == id.as_str());
        match fact {
            Fact::Ambiguous { .. }
            | Fact::LooksLikeRename { .. }
            | Fact::OtherSystemPresence { .. }
            | Fact::ReplacedTwice { .. } => {
                let is_drawn = fact.keys().iter().any(|key| self.start.questions.contains(*key));
                is_drawn || fact.ids().into_iter().any(|id| is_edited(id) || is_twin(id))
            }
            Fact::PinNotFound { id, .. } => is_edited(id),
            Fact::MatchesPrimary { key, .. } => self.start.questions.contains(key),
            Fact::ChangesProtected { id, .. } => config.protect.contains_key(id),
            Fact::OmitMatchesNothing { key } => {
                let Some(wanted) = config.definitions.get(key) else { return false };
                let earlier = |it: &Held| {
                    it.system_presence == wanted.system_presence.as_str()
                        && wanted.previous_labels.iter().any(|label| Some(label.to_string()) == called(it))
                };
                let is_there = self.shared.sandbox.with(|it| {
                    it.org.definitions().iter().any(|it| self.is_it(wanted, it) || (!it.deactivated && earlier(it)))
                });
                // A person may have renamed it, and back again.
                let was_edited = ledger.was_edited_since(0);
                config.settings.prune == Prune::Delete
                    && wanted.management == Management::Omitted
                    && (!is_there || was_edited)
            }
            Fact::TooMany { counted, count, limit } => {
                let limits = config.settings.limits;
                let (removals, label_removals, renames) = self.dangers(ledger, run, steps);
                let (counts, limits) = match counted {
                    Counted::Removals => (removals, limits.removals),
                    Counted::LabelRemovals => (label_removals, limits.label_removals),
                    Counted::Renames => (renames, limits.renames),
                };
                *count == counts && *limit == limits && counts > limits as usize
            }
            _ => false,
        }
    }

    /// The numbers that limits count, from the plan's input and the config.
    fn dangers(&self, ledger: &Ledger, run: usize, steps: &[Step]) -> (usize, usize, usize) {
        let (mut removals, mut label_removals, mut renames) = (0, 0, 0);
        for step in steps {
            if step.action().is_removal() {
                removals += 1;
                continue;
            }
            let Some(held) = step.id().and_then(|id| ledger.planned_as(run, id.as_str())) else { continue };
            let wanted = step.key().and_then(|key| self.start.config.definitions.get(key));
            let wanted: BTreeMap<String, String> = wanted
                .into_iter()
                .flat_map(|it| it.labels.iter())
                .map(|(locale, label)| (folded(locale.as_str()), label.to_string()))
                .collect();
            let had = self.managed_labels(held);
            label_removals += had.keys().filter(|it| !wanted.contains_key(*it)).count();
            let names = (had.get("en_us"), wanted.get("en_us"));
            renames += usize::from(matches!(names, (Some(was), Some(now)) if was != now));
        }
        (removals, label_removals, renames)
    }

    /// The last run without faults has not reached the goal: the parts without a cause in the org itself.
    pub(super) fn unexcused(&self, steps: &[Step], report: &Report) -> Vec<String> {
        let mut found = Vec::new();
        let mut stuck = Vec::new();
        for (step, row) in steps.iter().zip(&report.rows) {
            if self.is_excused(step, row, report) {
                stuck.extend(row.key.iter().map(ToString::to_string));
                stuck.extend(row.id.iter().map(ToString::to_string));
            } else {
                found.push(format!("it does not come to rest: {}", said(row)));
            }
        }
        let others = self.lacks().into_iter().filter(|it: &Lack| !stuck.contains(&it.about));
        found.extend(others.map(|it| format!("it does not come to rest, and {}", it.what)));
        if report.is_success() {
            found.push("it never comes to rest, and every run says that all is done".to_owned());
        }
        found
    }

    fn is_excused(&self, step: &Step, row: &ReportRow, report: &Report) -> bool {
        match &row.outcome {
            Outcome::Differs(differences) => self.is_how_it_is(differences),
            Outcome::Failed(cause) => {
                let is_circle = cause.help.as_ref().is_some_and(|it| it.contains("two pull requests"));
                if is_circle {
                    self.shared.count(CIRCLE);
                }
                is_circle || self.is_full(step) || self.is_held(step, report) || self.is_too_slow(step)
            }
            Outcome::Skipped(Skip::Needs(_)) => true,
            _ => false,
        }
    }

    /// Does the list before a create use up the rate limit of a minute? Then it is always outdated when the create has
    /// its slot.
    fn is_too_slow(&self, step: &Step) -> bool {
        let count = self.shared.sandbox.with(|it| it.org.definitions().len());
        let requests = count.div_ceil(self.start.behavior.page_size_max as usize).max(STATES);
        step.id().is_none() && self.start.requests_per_minute.get() as usize <= requests
    }

    /// Does the org take no more active ones there?
    fn is_full(&self, step: &Step) -> bool {
        let presence = step.system_presence().as_str();
        let is_one = |it: &Held| !it.primary && !it.deactivated && it.system_presence == presence;
        let active = self.shared.sandbox.with(|it| it.org.definitions().iter().filter(|it| is_one(it)).count());
        !step.action().is_removal() && self.start.behavior.active_max.is_some_and(|max| active >= max as usize)
    }

    /// Has another one a label that this step writes, which nothing in the config makes it give up?
    fn is_held(&self, step: &Step, report: &Report) -> bool {
        let behavior = self.start.behavior;
        if behavior.unique_labels == UniqueLabels::Never {
            return false;
        }
        let all: Vec<_> = self.shared.sandbox.with(|it| it.org.definitions().iter().cloned().collect());
        let own = step.id().and_then(|id| all.iter().find(|it| it.id == id.as_str()));
        let after = step.after();
        let mut written: BTreeMap<String, String> =
            after.labels.iter().map(|(locale, label)| (folded(locale.as_str()), label.to_string())).collect();
        let managed = own.map(|it| self.managed_labels(it)).unwrap_or_default();
        // What it has beside them is brought back with them.
        for (locale, label) in own.map(|it| labels(it)).unwrap_or_default() {
            if !managed.contains_key(&locale) || behavior.put_labels == PutLabels::Merged {
                written.entry(locale).or_insert(label);
            }
        }
        all.iter()
            .filter(|it| Some(it.id.as_str()) != step.id().map(DefinitionId::as_str))
            .filter(|it| !it.deactivated || behavior.unique_labels == UniqueLabels::AmongAll)
            .filter(|it| labels(it).iter().any(|(locale, label)| written.get(locale) == Some(label)))
            .any(|holder| {
                // One that the plan changes was to give it up, and could not.
                let row = report.rows.iter().find(|it| it.id.as_ref().is_some_and(|id| id.as_str() == holder.id));
                row.is_none_or(|it| !it.outcome.is_success())
            })
    }
}
