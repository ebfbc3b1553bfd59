//! The look at the org after an apply: it is read again, and the plan must be empty.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::api::Reader;
use crate::api::policy::{LIST_LAG_MS, sum_ms};
use crate::apply::object::differences_to_after;
use crate::apply::report::{Outcome, Row, Verification};
use crate::cause::Cause;
use crate::model::desired::{Desired, Limits};
use crate::model::names::{DefinitionId, Key};
use crate::model::observed::{Definition, Observed};
use crate::plan::change::{Change, Reason, Step};
use crate::plan::difference::{Difference, Standing, standing};
use crate::plan::refusal::Refusal;
use crate::plan::{Plan, plan};

/// When the org is read after an apply: at once, and again while its list does not show yet what
/// was written, for as long as lists may lag. Where a list takes long to read, fewer times.
pub const VERIFY_DELAYS_MS: [u64; 7] = [0, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
const _: () = assert!(sum_ms(&VERIFY_DELAYS_MS) == LIST_LAG_MS);
/// After this many looks an object that its own read shows to be different is called different.
const LOOKS_BEFORE_DOUBT: usize = 3;

/// What shall be so when the org is read again.
pub enum Expectation<'a> {
    /// Nothing is left to do for a config.
    EmptyPlan {
        /// The config.
        desired: &'a Desired,
        /// The limits that the plan was made with.
        limits: &'a Limits,
    },
    /// Each step's object is as the step wants it.
    AsAfter,
}

impl Expectation<'_> {
    /// What is still to be done, and what refuses that.
    fn left_to_do(&self, observed: &Observed, steps: &[Step]) -> (Vec<Change>, Vec<Refusal>) {
        match self {
            Expectation::EmptyPlan { desired, limits } => {
                let Plan { changes, refusals, .. } = plan(desired, observed, limits);
                (changes, refusals)
            }
            Expectation::AsAfter => {
                let open = |step: &&Step| match step.id().and_then(|id| observed.get(id)) {
                    Some(found) => standing(step, found) != Standing::AsAfter,
                    None => !step.action().is_removal(),
                };
                let change = |step: &Step| Change { step: step.clone(), reason: Reason::NotYet, place: None };
                (steps.iter().filter(open).map(change).collect(), Vec::new())
            }
        }
    }
}

/// Reads the org until it is as expected, apart from what `rows` say was not done, and corrects the
/// rows of what turns out not to be as it was written. `steps` and `rows` go together. `planned_from` has the
/// divisions that the plan was made with.
pub async fn verify(
    reader: &Reader,
    (expectation, planned_from): (&Expectation<'_>, &Observed),
    steps: &[Step],
    rows: &mut [Row],
    others: &[Row],
) -> Verification {
    let mut drift = (Vec::new(), Vec::new());
    let begun = Instant::now();
    for (look, delay_ms) in VERIFY_DELAYS_MS.into_iter().enumerate() {
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        let last = begun.elapsed() >= Duration::from_millis(LIST_LAG_MS);
        let definitions = match reader.definitions().await {
            Ok(definitions) => definitions,
            Err(error) => return Verification::Failed(Cause::from(&error)),
        };
        let observed =
            Observed::new(definitions, None).seen_through(reader.generation(), planned_from.divisions.clone());
        let (changes, refusals) = expectation.left_to_do(&observed, steps);
        let pending = pending(&changes, rows);
        drift = (unexpected(changes, rows, others), refusals);
        // Lists lag: what looks like drift may be a list that shows one write and not yet another.
        if pending.is_empty() && drift.0.is_empty() && drift.1.is_empty() {
            break;
        }
        if look + 1 < LOOKS_BEFORE_DOUBT && !last {
            continue;
        }
        for index in pending {
            let as_written = doubt(reader, &steps[index], &mut rows[index], last).await;
            // So it is the list that lags: the others are not asked one by one while that can pass.
            if as_written && !last {
                break;
            }
        }
        if last {
            break;
        }
    }
    let (changes, refusals) = drift;
    if changes.is_empty() && refusals.is_empty() {
        Verification::InStep
    } else {
        Verification::Drifted { changes, refusals }
    }
}

/// The rows that count as done, and that are to be changed again.
fn pending(changes: &[Change], rows: &[Row]) -> Vec<usize> {
    let named = Named::new(changes.iter());
    let done = |row: &Row| matches!(row.outcome, Outcome::Done | Outcome::AlreadySo);
    rows.iter().enumerate().filter(|(_, row)| done(row) && named.holds(row)).map(|(index, _)| index).collect()
}

/// Reads one object by its id, which does not lag as lists do. True when it is as it was written.
async fn doubt(reader: &Reader, step: &Step, row: &mut Row, last: bool) -> bool {
    let Some(id) = &row.id else { return false };
    let as_written = match reader.definition(id).await {
        Ok(Some(fetched)) if standing(step, &fetched.definition) == Standing::AsAfter => true,
        // It was only seen to be away, as what was made a moment ago may be.
        Ok(Some(fetched)) if row.outcome == Outcome::AlreadySo && is_still_to_be_removed(step, &fetched.definition) => {
            row.outcome = Outcome::Failed(Cause {
                message: "nothing was written, since it was not active when it was read; by now it is there as it was"
                    .to_owned(),
                help: Some("run it again".to_owned()),
                ..Cause::default()
            });
            return false;
        }
        // It was seen to be so, by the answer to its own write or its own read: somebody came after.
        Ok(Some(fetched)) => {
            row.outcome = Outcome::Overwritten(differences_to_after(step, &fetched.definition));
            return false;
        }
        Ok(None) if step.action().is_removal() => true,
        // Right after its creation even its own read may not find it; nor may the next one fail.
        Ok(None) | Err(_) if !last => false,
        Ok(None) => {
            row.outcome = Outcome::Overwritten(vec![Difference::Gone]);
            return false;
        }
        Err(error) => {
            row.outcome = Outcome::Unknown(Cause::from(&error));
            return false;
        }
    };
    if as_written && last {
        row.outcome = Outcome::NotVisibleYet;
    }
    as_written
}

fn is_still_to_be_removed(step: &Step, found: &Definition) -> bool {
    step.action().is_removal() && standing(step, found) == Standing::AsBefore
}

/// What is to be done although no row speaks of it: somebody changed the org meanwhile.
fn unexpected(changes: Vec<Change>, rows: &[Row], others: &[Row]) -> Vec<Change> {
    // What was settled before the run and is to be done again was changed by somebody meanwhile.
    let undone = others.iter().filter(|row| !row.outcome.is_success());
    let ids: BTreeSet<&DefinitionId> = rows.iter().chain(undone.clone()).filter_map(|row| row.id.as_ref()).collect();
    let keys: BTreeSet<&Key> = rows.iter().chain(undone).filter_map(|row| row.key.as_ref()).collect();
    changes
        .into_iter()
        .filter(|it| {
            let known_id = it.step.id().is_some_and(|id| ids.contains(id));
            let known_key = it.step.key().is_some_and(|key| keys.contains(key));
            !known_id && !known_key
        })
        .collect()
}

/// The objects and definitions that a plan would change.
struct Named<'a> {
    ids: BTreeSet<&'a DefinitionId>,
    keys: BTreeSet<(&'a Key, bool)>,
}

impl<'a> Named<'a> {
    fn new(changes: impl Iterator<Item = &'a Change>) -> Named<'a> {
        let mut named = Named { ids: BTreeSet::new(), keys: BTreeSet::new() };
        for change in changes {
            named.ids.extend(change.step.id());
            named.keys.extend(change.step.key().map(|key| (key, change.step.action().is_removal())));
        }
        named
    }

    fn holds(&self, row: &Row) -> bool {
        row.id.as_ref().is_some_and(|id| self.ids.contains(id))
            || row.key.as_ref().is_some_and(|key| self.keys.contains(&(key, row.action.is_removal())))
    }
}
