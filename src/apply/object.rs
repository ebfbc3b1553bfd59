//! What apply does to one object: read it again, compare, write, and look after a lost answer.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::api::error::{ApiError, Kind, WriteError};
use crate::api::shapes::{Fetched, Patch};
use crate::api::{Gate, Writer};
use crate::apply::census::{CENSUS_AGE_MS_MAX, Census, Ground, LOOK_DELAYS_MS, Search};
use crate::apply::report::{Outcome, Skip};
use crate::cause::Cause;
use crate::model::names::DefinitionId;
use crate::model::observed::Definition;
use crate::plan::change::{Create, Removal, Step};
use crate::plan::difference::{Difference, Standing, between, standing};

/// How often one object is written, where each answer is lost, before its fate is called unknown.
const WRITES_MAX: u32 = 4;
/// The wait before an object is read again after a lost answer; doubled each time.
const REREAD_DELAY_MS: u64 = 1_000;
/// How old what was read of an object may be when it is written. A write that has to wait for longer, for its turn
/// or the end of a 429, is not sent: the object is read again.
pub const READ_AGE_MS_MAX: u64 = 5_000;
/// How often that is done for one object.
const WAITS_MAX: u32 = 5;

/// What became of one object, and its id where a creation gave it one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// What became of it.
    pub outcome: Outcome,
    /// The id that the org gave to a created one.
    pub id: Option<DefinitionId>,
}

impl From<Outcome> for Ended {
    fn from(outcome: Outcome) -> Ended {
        Ended { outcome, id: None }
    }
}

/// All that the work on one object needs.
pub struct Hands<'a> {
    /// Writes, and reads before it writes. It stands behind this object's gate, so that whatever is
    /// decided here, nothing is written after a signal.
    pub writer: Writer,
    /// What stands where something shall be created.
    pub census: &'a Census<'a>,
    /// The gate that the writer stands behind.
    pub gate: &'a Gate,
    /// What to do where the org refuses the write for what it holds.
    pub advice: Option<&'a str>,
}

impl Hands<'_> {
    /// Brings one object to where its step wants it.
    ///
    /// # Guarantees
    /// - An object is written only when, read by its id right before, it is as the plan saw it.
    /// - A creation is sent a second time only after it stayed absent from the list for 60 s.
    /// - After a signal nothing new is written.
    ///
    /// # Assumptions
    /// Between the read and the write nobody else writes: the platform has no versions to ask with,
    /// so this gap of one request can be narrowed and not closed.
    pub async fn carry_out(&self, step: &Step) -> Ended {
        match step {
            Step::Create(create) => self.create(create).await,
            Step::Update(edit) | Step::Reactivate(edit) => {
                let patch = Patch::between(&edit.before, &edit.after);
                self.change(step, &edit.id, Some(&patch)).await.into()
            }
            Step::Deactivate(_, removal) | Step::Replace(_, removal) => {
                let patch = match &removal.after {
                    None => Patch::deactivation(),
                    Some(after) => Patch::between(&removal.before, after),
                };
                self.change(step, &removal.id, Some(&patch)).await.into()
            }
            Step::Delete(removal) => self.change(step, &removal.id, None).await.into(),
        }
    }

    /// Reads, compares and writes; and again, while the object stands as before and the answers to the
    /// writes are lost. `patch` is what a PUT changes; without one it is a DELETE.
    async fn change(&self, step: &Step, id: &DefinitionId, patch: Option<&Patch>) -> Outcome {
        let mut lost: Option<ApiError> = None;
        let (mut writes, mut waits) = (0, 0);
        loop {
            let once = self.writer.for_one_write();
            let fetched = match self.read(&once, step, id, lost.as_ref()).await {
                Ok(fetched) => fetched,
                Err(outcome) => return outcome,
            };
            self.gate.fresh_for(Duration::from_millis(READ_AGE_MS_MAX));
            if let Some(error) = lost.as_ref().filter(|_| writes == WRITES_MAX) {
                // It stands as before, and what was sent may still arrive.
                return Outcome::Unknown(Cause::from(error));
            }
            match self.write(&once, step, fetched, patch).await {
                Ok(outcome) => return outcome,
                Err(WriteError::NotDone(error)) if error.kind == Kind::Waited && waits < WAITS_MAX => {
                    waits += 1;
                    continue;
                }
                Err(WriteError::NotDone(error)) => return self.not_done(step, id, &error, lost.as_ref()).await,
                Err(WriteError::Unclear(error)) => lost = Some(error),
            }
            tokio::time::sleep(Duration::from_millis(REREAD_DELAY_MS << writes)).await;
            writes += 1;
        }
    }

    /// The object as it is now, to be written; or what became of it, when there is nothing to write.
    /// `lost` is the answer to an earlier write.
    async fn read(
        &self,
        writer: &Writer,
        step: &Step,
        id: &DefinitionId,
        lost: Option<&ApiError>,
    ) -> Result<Fetched, Outcome> {
        let fetched = match (writer.reader().definition(id).await, lost) {
            (Ok(Some(fetched)), _) => fetched,
            (Ok(None), lost) => return Err(absent(step, lost)),
            (Err(_), Some(lost)) => return Err(Outcome::Unknown(Cause::from(lost))),
            (Err(error), None) => return Err(Outcome::Failed(Cause::from(&error))),
        };
        match (standing(step, &fetched.definition), lost) {
            (Standing::AsBefore, _) => Ok(fetched),
            (Standing::AsAfter, None) => Err(Outcome::AlreadySo),
            (Standing::AsAfter, Some(_)) => Err(Outcome::Done),
            (Standing::Changed(differences), None) => Err(Outcome::Refused(differences)),
            // Ours, half done, or somebody else's: nobody can tell.
            (Standing::Changed(_), Some(lost)) => Err(Outcome::Unknown(Cause::from(lost))),
        }
    }

    /// One PUT or DELETE.
    async fn write(
        &self,
        writer: &Writer,
        step: &Step,
        fetched: Fetched,
        patch: Option<&Patch>,
    ) -> Result<Outcome, WriteError> {
        let Some(patch) = patch else {
            writer.delete(&fetched.definition.id).await?;
            return Ok(Outcome::Done);
        };
        let written = writer.update(fetched, patch).await?;
        Ok(self.compare(step, &written).await)
    }

    /// A write that was refused. "Not found" of what was just read is looked at once more: it was
    /// removed in between, or these credentials may see it and not write it, or the org has stopped
    /// serving this generation of the API.
    async fn not_done(&self, step: &Step, id: &DefinitionId, error: &ApiError, lost: Option<&ApiError>) -> Outcome {
        if error.kind != (Kind::NotFound { by_the_platform: true }) {
            return not_written(error, lost, self.advice);
        }
        match self.writer.reader().definition(id).await {
            Ok(None) => absent(step, lost),
            Err(why) if matches!(why.kind, Kind::NotServed(_)) => not_written(&why, lost, self.advice),
            Ok(Some(_)) | Err(_) => not_written(error, lost, self.advice),
        }
    }

    /// Holds the answer of a PUT against what was to be there. An answer that disagrees is not
    /// believed before the object itself is read.
    async fn compare(&self, step: &Step, written: &Definition) -> Outcome {
        if standing(step, written) == Standing::AsAfter {
            return Outcome::Done;
        }
        match self.writer.reader().definition(&written.id).await {
            Ok(Some(fetched)) if standing(step, &fetched.definition) == Standing::AsAfter => Outcome::Done,
            Ok(Some(fetched)) => Outcome::Differs(differences_to_after(step, &fetched.definition)),
            Ok(None) => Outcome::Differs(vec![Difference::Gone]),
            Err(_) => Outcome::Differs(differences_to_after(step, written)),
        }
    }

    async fn create(&self, create: &Create) -> Ended {
        let step = Step::Create(create.clone());
        let mut lost: Option<ApiError> = None;
        let mut before = match self.ground(create, None).await {
            Ok(before) => before,
            Err(ended) => return ended,
        };
        let mut waits = 0;
        loop {
            let error = match self.writer.create(step.system_presence(), &step.after()).await {
                Ok(made) => return created(&step, made),
                Err(WriteError::NotDone(error)) if error.kind == Kind::Waited && waits < WAITS_MAX => {
                    waits += 1;
                    before = match self.ground(create, lost.as_ref()).await {
                        Ok(before) => before,
                        Err(ended) => return ended,
                    };
                    continue;
                }
                Err(WriteError::NotDone(error)) => return not_created(&error, lost.as_ref(), self.advice).into(),
                Err(WriteError::Unclear(error)) => error,
            };
            match self.look_for(create, &before).await {
                Ok(Search::Found(id)) => return Ended { outcome: Outcome::Done, id: Some(id) },
                Ok(Search::Unclear(ids)) => return Outcome::Unknown(unclear(&error, &ids)).into(),
                // Absent for as long as lists may lag: it was not carried out, and is sent once more.
                Ok(Search::Absent) if lost.is_none() => {
                    lost = Some(error);
                    self.gate.fresh_for(Duration::from_millis(CENSUS_AGE_MS_MAX));
                }
                Ok(Search::Absent) | Err(_) => return Outcome::Unknown(Cause::from(&error)).into(),
            }
        }
    }

    /// The ids that are there before something is created, where its place is clear; or what became of it.
    /// `lost` is the answer to an earlier POST.
    async fn ground(&self, create: &Create, lost: Option<&ApiError>) -> Result<Arc<BTreeSet<DefinitionId>>, Ended> {
        match (self.census.ground(create).await, lost) {
            (Ok(Ground::Clear(ids, age)), _) => {
                self.gate.fresh_for(Duration::from_millis(CENSUS_AGE_MS_MAX).saturating_sub(age));
                Ok(ids)
            }
            (Ok(Ground::AlreadySo(id)), None) => Err(Ended { outcome: Outcome::AlreadySo, id: Some(id) }),
            (Ok(Ground::AlreadySo(id)), Some(_)) => Err(Ended { outcome: Outcome::Done, id: Some(id) }),
            (Ok(Ground::Taken(id)), None) => Err(Outcome::Refused(vec![Difference::Appeared(id)]).into()),
            (Ok(Ground::Taken(_)) | Err(_), Some(lost)) => Err(Outcome::Unknown(Cause::from(lost)).into()),
            (Err(error), None) => Err(Outcome::Failed(Cause::from(&error)).into()),
        }
    }

    /// Looks for what a lost POST may have made, for as long as lists may lag.
    async fn look_for(&self, create: &Create, before: &BTreeSet<DefinitionId>) -> Result<Search, ApiError> {
        for delay_ms in LOOK_DELAYS_MS {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
            let found = self.census.search(create, before).await?;
            if found != Search::Absent {
                return Ok(found);
            }
        }
        Ok(Search::Absent)
    }
}

/// The answer to a POST, held against what was sent.
fn created(step: &Step, made: Definition) -> Ended {
    let outcome = match standing(step, &made) {
        Standing::AsAfter | Standing::AsBefore => Outcome::Done,
        Standing::Changed(differences) => Outcome::Differs(differences),
    };
    Ended { outcome, id: Some(made.id) }
}

/// A POST that certainly was not carried out. `lost` is the answer to the one before it, which stayed
/// absent from the list.
fn not_created(error: &ApiError, lost: Option<&ApiError>, advice: Option<&str>) -> Outcome {
    match (&error.kind, lost) {
        // What stands in the way of the second may be the first, in a list that lags for longer still.
        (Kind::Conflict | Kind::Invalid, Some(_)) => Outcome::Unknown(Cause::from(error)),
        (Kind::Interrupted, lost) => not_written(error, lost, advice),
        (_, _) => Outcome::Failed(refused(error, advice)),
    }
}

/// A write that certainly was not carried out. `lost` is the answer to an earlier one, which may still
/// arrive.
fn not_written(error: &ApiError, lost: Option<&ApiError>, advice: Option<&str>) -> Outcome {
    match (&error.kind, lost) {
        (Kind::Interrupted, Some(lost)) => Outcome::Unknown(Cause::from(lost)),
        (Kind::Interrupted, None) => Outcome::Skipped(Skip::Interrupted),
        (_, Some(_)) => Outcome::Unknown(Cause::from(error)),
        (_, None) => Outcome::Failed(refused(error, advice)),
    }
}

/// Why it was not written. Which of the two refusals a label gets that is taken, the platform does not say.
fn refused(error: &ApiError, advice: Option<&str>) -> Cause {
    let cause = Cause::from(error);
    match (&error.kind, advice) {
        (Kind::Conflict | Kind::Invalid, Some(advice)) => Cause { help: Some(advice.to_owned()), ..cause },
        _ => cause,
    }
}

/// The object is not there. For a removal that is as good as deactivated.
fn absent(step: &Step, lost: Option<&ApiError>) -> Outcome {
    match (step.action().is_removal(), lost) {
        (true, None) => Outcome::AlreadySo,
        (true, Some(_)) => Outcome::Done,
        (false, None) => Outcome::Refused(vec![Difference::Gone]),
        (false, Some(lost)) => Outcome::Unknown(Cause::from(lost)),
    }
}

/// In what an object is not as its step wants it.
#[must_use]
pub fn differences_to_after(step: &Step, found: &Definition) -> Vec<Difference> {
    let (expected, here) = (step.system_presence(), &found.system_presence);
    let moved =
        (expected != here).then(|| Difference::SystemPresence { expected: expected.clone(), found: here.clone() });
    let rest = match step {
        Step::Create(_) => between(&step.after(), &found.content()),
        Step::Update(edit) | Step::Reactivate(edit) => {
            between(&edit.after, &found.content_beside(&edit.after, &edit.scope))
        }
        Step::Deactivate(_, Removal { after: Some(after), .. })
        | Step::Replace(_, Removal { after: Some(after), .. }) => between(after, &found.content()),
        Step::Deactivate(..) | Step::Replace(..) | Step::Delete(_) => {
            let active = (!found.deactivated).then_some(Difference::State { found_deactivated: false });
            active.into_iter().collect()
        }
    };
    moved.into_iter().chain(rest).collect()
}

fn unclear(lost: &ApiError, ids: &[DefinitionId]) -> Cause {
    let ids: Vec<&str> = ids.iter().map(DefinitionId::as_str).collect();
    Cause {
        help: Some(format!("the list now shows {}: look which of them is wanted, and pin it", ids.join(", "))),
        ..Cause::from(lost)
    }
}
