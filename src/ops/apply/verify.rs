//! Verifies the org after an apply: reads it again, compares each object with its step, and requires an empty plan.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::client::Reader;
use crate::client::policy::sum_ms;
use crate::model::desired::{Desired, Limits};
use crate::model::generation::Generation;
use crate::model::names::{DefinitionId, Key, Locale};
use crate::model::observed::{Definition, Observed, Primary};
use crate::model::platform::LIST_LAG_MS;
use crate::model::problem::Problem;
use crate::ops::apply::existing::ExistingDefinitions;
use crate::ops::apply::object::{WriteEvidence, differences_to_after, stamp};
use crate::ops::apply::report::{Outcome, ReportRow, Skip, Unseen, Verification};
use crate::plan::blocker::Blocker;
use crate::plan::change::{Action, Change, Reason, Step};
use crate::plan::difference::{Difference, Standing, standing};
use crate::plan::{Plan, plan};

/// When the org is read after an apply: at once, and again while its list does not show a write yet, as long as lists
/// may lag. There are fewer reads if a list takes long.
pub const VERIFY_DELAYS_MS: [u64; 7] = [0, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
const _: () = assert!(sum_ms(&VERIFY_DELAYS_MS) == LIST_LAG_MS);
/// After this many reads, an object that the list does not show as written is read by id.
const LOOKS_BEFORE_DOUBT: usize = 3;

/// The expected state of the org.
pub enum Expectation<'a> {
    /// A config has no changes left.
    EmptyPlan { desired: &'a Desired, limits: &'a Limits },
    /// Each step's object is as the step wants it.
    AsAfter,
}

impl Expectation<'_> {
    /// The remaining changes, and their blockers.
    fn left_to_do(&self, observed: &Observed, steps: &[Step]) -> (Vec<Change>, Vec<Blocker>) {
        match self {
            Expectation::EmptyPlan { desired, limits } => {
                let Plan { changes, blockers, .. } = plan(desired, observed, limits);
                (changes, blockers)
            }
            Expectation::AsAfter => {
                let open = |step: &&Step| !shows(observed, step, step.id());
                let change = |step: &Step| Change { step: step.clone(), reason: Reason::NotYet, place: None };
                (steps.iter().filter(open).map(change).collect(), Vec::new())
            }
        }
    }

    /// The blockers of a plan for the observed objects and those that this run made.
    fn blockers_with(&self, mut observed: Observed, made: &Made<'_>) -> Vec<Blocker> {
        let Expectation::EmptyPlan { desired, limits } = self else { return Vec::new() };
        if observed.get(made.id).is_none() {
            let mut listed = observed.take_list();
            listed.definitions.push(made.definition());
            observed = observed.with_list(listed);
        }
        plan(desired, &observed, limits).blockers
    }
}

/// The expectation, and the access to the org.
pub struct VerifyLook<'a> {
    pub reader: &'a Reader,
    /// What shall be so.
    pub expectation: Expectation<'a>,
    /// The input of the plan, for its divisions.
    pub planned_from: &'a Observed,
    pub existing: &'a ExistingDefinitions<'a>,
    pub default_locale: &'a Locale,
}

/// An object that this run made.
struct Made<'a> {
    step: &'a Step,
    key: &'a Key,
    id: &'a DefinitionId,
}

impl Made<'_> {
    fn definition(&self) -> Definition {
        let after = self.step.after();
        Definition {
            id: self.id.clone(),
            system_presence: self.step.system_presence().clone(),
            labels: after.labels,
            deactivated: false,
            primary: Primary::No,
            division: after.division,
            modified: None,
        }
    }
}

impl VerifyLook<'_> {
    /// Reads the org until it is as expected, apart from what `rows` show as not done. Corrects the rows of objects
    /// that differ. `steps`, `rows` and `evidence` have the same order.
    pub async fn verify(
        &self,
        steps: &[Step],
        rows: &mut [ReportRow],
        evidence: &[WriteEvidence],
        others: &mut [ReportRow],
    ) -> Verification {
        let mut drift = (Vec::new(), Vec::new());
        let begun = Instant::now();
        let second_until = evidence.iter().filter_map(|it| it.second_until).max();
        for (look, delay_ms) in VERIFY_DELAYS_MS.into_iter().enumerate() {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
            let mut last = begun.elapsed() >= Duration::from_millis(LIST_LAG_MS);
            let may_be_second = second_until.is_some_and(|it| Instant::now() < it);
            let observed = match self.observe(steps).await {
                Ok(observed) => observed,
                Err(cause) => return Verification::Failed(cause),
            };
            let (changes, blockers) = self.expectation.left_to_do(&observed, steps);
            resolve(&observed, others);
            let pending = pending(&observed, steps, rows);
            drift = (unexpected(changes, rows, &pending, others), blockers);
            // A duplicate of a created object does not go away by waiting.
            let twins = self.twins(&observed, steps, rows, evidence).await;
            if !twins.is_empty() {
                drift.1 = twins;
                last = true;
            }
            // Lists lag: apparent drift may be a list that shows one write but not yet another.
            if pending.is_empty() && drift.0.is_empty() && drift.1.is_empty() && !may_be_second {
                break;
            }
            if look + 1 < LOOKS_BEFORE_DOUBT && !last {
                continue;
            }
            for index in pending {
                let is_resolved = self.doubt(&observed, &steps[index], &mut rows[index], evidence[index], last).await;
                // The other objects are not read one by one while this may still pass.
                if !is_resolved && !last {
                    break;
                }
            }
            if last {
                break;
            }
        }
        let (changes, blockers) = drift;
        if changes.is_empty() && blockers.is_empty() {
            Verification::InSync
        } else {
            Verification::Drifted { changes, blockers }
        }
    }

    async fn observe(&self, steps: &[Step]) -> Result<Observed, Problem> {
        let mut listed = self.reader.list().await.map_err(|error| Problem::from(&error))?;
        if let Expectation::EmptyPlan { .. } = &self.expectation {
            let removed: BTreeSet<&DefinitionId> =
                steps.iter().filter(|it| it.action() == Action::Delete).filter_map(Step::id).collect();
            let planned_from = self.planned_from.definitions.iter().map(|it| &it.id);
            let stay = planned_from.filter(|id| !removed.contains(id));
            (listed, _) = self.reader.with_unlisted(listed, stay).await;
        }
        let divisions = self.planned_from.divisions.clone();
        Ok(Observed::listed(listed, None).seen_through(self.reader.generation(), divisions))
    }

    /// The blockers of a plan for a duplicate of an object that this run made. It was not in the list at the time of
    /// the create, and this run did not write it.
    /// Lists may show old labels, so its own read must confirm it. Only the POST's response shows which of the two this
    /// run made.
    async fn twins(
        &self,
        observed: &Observed,
        steps: &[Step],
        rows: &mut [ReportRow],
        evidence: &[WriteEvidence],
    ) -> Vec<Blocker> {
        let written: BTreeSet<DefinitionId> =
            rows.iter().filter(|it| it.outcome.may_be_written()).filter_map(|it| it.id.clone()).collect();
        let mut found = Vec::new();
        for ((step, row), evidence) in steps.iter().zip(rows).zip(evidence) {
            let (Step::Create(create), Some(id)) = (step, row.id.clone()) else { continue };
            if !matches!(row.outcome, Outcome::Done | Outcome::Differs(_)) {
                continue;
            }
            let Some(before) = self.existing.held_against(&create.key) else { continue };
            let name = create.labels.get(self.default_locale);
            let is_alike = |it: &Definition| {
                !it.deactivated
                    && it.primary != Primary::Yes
                    && it.system_presence == create.system_presence
                    && name.is_some()
                    && it.default_label(self.default_locale) == name
            };
            let is_second = |it: &&Definition| is_alike(it) && !before.contains(&it.id) && !written.contains(&it.id);
            for second in observed.definitions.iter().filter(is_second) {
                let read = self.reader.definition(&second.id).await;
                if matches!(read, Ok(Some(fetched)) if is_alike(&fetched.definition)) {
                    let made = Made { step, key: &create.key, id: &id };
                    let mut blockers = self.expectation.blockers_with(observed.clone(), &made);
                    blockers.retain(|it| it.fact.keys().contains(&made.key) && it.fact.ids().contains(&&second.id));
                    if evidence.second_until.is_some() && !blockers.is_empty() {
                        (row.outcome, row.id) = (Outcome::Unknown(one_of_two([&id, &second.id])), None);
                    }
                    found.append(&mut blockers);
                    break;
                }
            }
        }
        found
    }

    /// Reads one object by id. Returns true if nothing more can be found out. `last`: there is no further attempt.
    async fn doubt(
        &self,
        observed: &Observed,
        step: &Step,
        row: &mut ReportRow,
        evidence: WriteEvidence,
        last: bool,
    ) -> bool {
        let Some(id) = &row.id else { return true };
        let found = match self.reader.definition(id).await {
            Ok(found) => found.map(|it| it.definition),
            Err(_) if !last => return false,
            Err(error) => {
                if row.outcome == Outcome::Done {
                    row.outcome = Outcome::Unknown(Problem::from(&error));
                }
                return true;
            }
        };
        let is_as_written = match &found {
            Some(found) => standing(step, found) == Standing::AsAfter,
            None => step.action().is_removal(),
        };
        if is_as_written {
            if last && evidence.is_absent && found.is_none() && row.outcome == Outcome::AlreadyInPlace {
                row.outcome = Outcome::Failed(not_found_alone());
            } else if last && row.outcome == Outcome::Done {
                row.outcome = self.not_listed_so(step, observed.get(id), found.as_ref(), evidence);
            }
            return last;
        }
        let differences = match &found {
            Some(found) => differences_to_after(step, found),
            None => vec![Difference::Gone],
        };
        let now = found.as_ref().and_then(stamp);
        match (evidence.stamp, now) {
            // By the org's own time, it was changed later.
            (Some(seen), Some(now)) if now > seen => row.outcome = Outcome::Overwritten(differences),
            _ if !last => return false,
            _ if row.outcome == Outcome::AlreadyInPlace => row.outcome = Outcome::Failed(no_longer_so(step)),
            // The exact state that was written.
            (Some(seen), Some(now)) if now == seen => row.outcome = Outcome::Differs(differences),
            // A state without a time is older than one with a time.
            (seen, _) => {
                let may_be_changed = seen.is_none() || found.is_none();
                row.outcome = Outcome::NotVisibleYet(Unseen::Object { differences, may_be_changed });
            }
        }
        true
    }

    /// A read by id has `found` an object as it was written. `listed` is the list's state, which may be older, or newer
    /// if such reads lag.
    fn not_listed_so(
        &self,
        step: &Step,
        listed: Option<&Definition>,
        found: Option<&Definition>,
        evidence: WriteEvidence,
    ) -> Outcome {
        let has_no_times = self.reader.generation() == Generation::Second;
        let Some(listed) = listed else {
            // An object that was listed before the run is visible to this client.
            let may_be_hidden = has_no_times && matches!(step, Step::Create(_));
            return Outcome::NotVisibleYet(Unseen::List { may_be_hidden, may_be_changed: false });
        };
        // Between the list and the read, it may have been changed back to the written state.
        let may_be_changed = match (evidence.stamp, found.and_then(stamp)) {
            (Some(seen), Some(now)) => now > seen,
            (None, _) | (_, None) => true,
        };
        let differences = differences_to_after(step, listed);
        match (evidence.stamp, stamp(listed)) {
            (Some(seen), Some(now)) if now > seen => Outcome::Overwritten(differences),
            // No list showed this state before.
            _ if has_no_times && standing(step, listed) != Standing::AsBefore => {
                Outcome::NotVisibleYet(Unseen::Object { differences, may_be_changed: true })
            }
            _ => Outcome::NotVisibleYet(Unseen::List { may_be_hidden: false, may_be_changed }),
        }
    }
}

/// Nothing was written because it was already as wanted when it was read. Now it is not.
fn no_longer_so(step: &Step) -> Problem {
    let message = if step.action().is_removal() {
        "nothing was written, since it was not active when it was read; now it is active"
    } else {
        "nothing was written, since it was as the config says when it was read; now it is not"
    };
    Problem::new(message).help("run it again")
}

/// A read by id does not find it, and nothing else confirms that it is gone.
fn not_found_alone() -> Problem {
    let message = "nothing was written, since a read by its id does not find it; no list has shown since that it is gone: it \
                   may have been made a moment ago, or be one that this client may not read";
    Problem::new(message).help("run it again")
}

/// There are two, and no response shows which of them a create made.
fn one_of_two(ids: [&DefinitionId; 2]) -> Problem {
    let ids = ids.map(DefinitionId::as_str).join(", ");
    Problem::new("the answer to the creation was lost, and the list shows two that it may have created")
        .help(format!("the list now shows {ids}: look which of them is wanted, and pin it"))
}

/// Objects of earlier runs that the list shows by now.
fn resolve(observed: &Observed, rows: &mut [ReportRow]) {
    for row in rows.iter_mut().filter(|it| matches!(it.outcome, Outcome::NotVisibleYet(_))) {
        let Some(listed) = row.id.as_ref().and_then(|id| observed.get(id)) else { continue };
        let is_so = listed.system_presence == row.system_presence && listed.content().same_as(&row.after);
        row.outcome = if is_so { Outcome::AlreadyInPlace } else { Outcome::Failed(listed_otherwise()) };
        row.again_from = None;
    }
}

/// Steps that were skipped because the list did not show an earlier run's object yet.
pub fn tell_what_is_shown_by_now(rows: &mut [ReportRow], resolved: &[ReportRow]) {
    let skips = rows.iter_mut().filter_map(|it| match &mut it.outcome {
        Outcome::Skipped(Skip::Needs(needed)) => Some(needed),
        _ => None,
    });
    for needed in skips {
        let is_it = |it: &&ReportRow| it.action == needed.action && it.key == needed.key;
        needed.is_shown_by_now = resolved.iter().find(is_it).is_some_and(|it| it.outcome.is_success());
    }
}

/// An earlier run made it, so nothing was written.
fn listed_otherwise() -> Problem {
    let message =
        "nothing was written, since an earlier run had created it; the list shows it now, and not as the config says";
    Problem::new(message).help("run it again")
}

/// The org was not read again, so an object that only a read by id did not find may still exist.
pub fn unconfirmed(rows: &mut [ReportRow], evidence: &[WriteEvidence]) {
    for (row, _) in rows.iter_mut().zip(evidence).filter(|(_, it)| it.is_absent) {
        if row.outcome == Outcome::AlreadyInPlace {
            row.outcome = Outcome::Failed(not_found_alone());
        }
    }
}

/// Does the observed state show an object as its step wants it?
fn shows(observed: &Observed, step: &Step, id: Option<&DefinitionId>) -> bool {
    match id.and_then(|id| observed.get(id)) {
        Some(found) => standing(step, found) == Standing::AsAfter,
        // An object that cannot be read in full exists.
        None => step.action().is_removal() && id.is_none_or(|id| observed.odd(id).is_none()),
    }
}

/// The rows that count as done, but whose object is not shown so.
fn pending(observed: &Observed, steps: &[Step], rows: &[ReportRow]) -> Vec<usize> {
    let done = |row: &ReportRow| matches!(row.outcome, Outcome::Done | Outcome::AlreadyInPlace);
    let all = steps.iter().zip(rows).enumerate();
    all.filter(|(_, (step, row))| done(row) && !shows(observed, step, row.id.as_ref()))
        .map(|(index, _)| index)
        .collect()
}

/// The needed changes that no row explains as not done or not yet visible.
fn unexpected(changes: Vec<Change>, rows: &[ReportRow], pending: &[usize], others: &[ReportRow]) -> Vec<Change> {
    let is_open = |(index, row): &(usize, &ReportRow)| pending.contains(index) || !row.outcome.is_success();
    let open = rows.iter().enumerate().filter(is_open).map(|(_, row)| row);
    // An object that was resolved before the run and needs a change again was changed by hand in the meantime.
    let undone = others.iter().filter(|row| !row.outcome.is_success());
    let open: Vec<&ReportRow> = open.chain(undone).collect();
    let ids: BTreeSet<&DefinitionId> = open.iter().filter_map(|row| row.id.as_ref()).collect();
    let keys: BTreeSet<&Key> = open.iter().filter_map(|row| row.key.as_ref()).collect();
    changes
        .into_iter()
        .filter(|it| {
            let known_id = it.step.id().is_some_and(|id| ids.contains(id));
            let known_key = it.step.key().is_some_and(|key| keys.contains(key));
            !known_id && !known_key
        })
        .collect()
}
