//! Applies one step: reads the object again, compares, writes, and searches after a lost response.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::client::error::{ApiError, ApiErrorKind, WriteError};
use crate::client::shapes::{Fetched, Patch};
use crate::client::{WriteGuard, Writer};
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, Label, SystemPresence};
use crate::model::observed::{Definition, Observed};
use crate::model::platform::LIST_LAG_MS;
use crate::model::problem::Problem;
use crate::ops::apply::existing::{CreateCheck, ExistingDefinitions, LIST_AGE_MS_MAX, LOOK_DELAYS_MS, Search};
use crate::ops::apply::report::{Outcome, RUN_AGAIN_LATER, Skip};
use crate::plan::change::{Create, Removal, Step};
use crate::plan::difference::{Difference, Standing, between, standing};

/// How often one object is written after lost responses before its result is unknown.
pub const WRITES_MAX: u32 = 4;
/// The delay before it is read again after a lost response. It doubles each time.
const REREAD_DELAY_MS: u64 = 1_000;
/// The maximum age of a read when the object is written. A write that waits longer, for its slot or the end of a 429,
/// is not sent: the object is read again.
pub const READ_AGE_MS_MAX: u64 = 5_000;
/// How often an object is read again because its write waited too long.
const WAITS_MAX: u32 = 5;
/// The interval of reading the list while a create waits for an earlier run's object.
const WAIT_POLL_MS: u64 = 15_000;

/// The result for one object, and its id if it was created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectResult {
    pub outcome: Outcome,
    /// The id of a created object.
    pub id: Option<DefinitionId>,
    pub evidence: WriteEvidence,
}

/// The evidence that an object is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WriteEvidence {
    /// The org's modification time of the observed state. `None` if the org does not show it, as with API v2.
    pub stamp: Option<Moment>,
    /// A read by its id did not find it. That also happens to an object that was just created, so the list has to
    /// confirm it.
    pub is_absent: bool,
    /// How long a list may show a second object: the POST's response did not show the id, and a listed object may be
    /// another run's. `None` if the id is known.
    pub second_until: Option<Instant>,
}

impl From<Outcome> for ObjectResult {
    fn from(outcome: Outcome) -> ObjectResult {
        ObjectResult { outcome, id: None, evidence: WriteEvidence::default() }
    }
}

/// Waits after the response to a write was lost. There were `writes` writes before.
pub async fn wait_to_reread(writes: u32) {
    tokio::time::sleep(Duration::from_millis(REREAD_DELAY_MS << writes)).await;
}

/// The modification time that the org shows.
pub fn stamp(found: &Definition) -> Option<Moment> {
    found.modified.as_ref()?.at.as_deref().and_then(Moment::read)
}

/// A result that was observed in this state of the object.
fn seen(outcome: Outcome, found: &Definition) -> ObjectResult {
    let evidence = WriteEvidence { stamp: stamp(found), ..WriteEvidence::default() };
    ObjectResult { outcome, id: None, evidence }
}

/// How long a create waits for an earlier run's object.
#[derive(Debug, Clone, Copy)]
pub struct WaitUntil<'a> {
    pub at: Instant,
    pub sent: &'a [(SystemPresence, Label)],
    /// The state of the org when this run was planned.
    pub observed: &'a Observed,
}

/// Everything that the work on one object needs.
pub struct ObjectContext<'a> {
    /// Writes, and reads before it writes. It uses this object's guard, so that nothing is written after a signal.
    pub writer: Writer,
    /// The existing definitions, checked before a create.
    pub existing: &'a ExistingDefinitions<'a>,
    pub guard: &'a WriteGuard,
    /// What to do if the org refuses the write because of other objects.
    pub advice: Option<&'a str>,
    /// How long a create waits for an earlier run's object.
    pub until: Option<WaitUntil<'a>>,
}

impl ObjectContext<'_> {
    /// Brings one object to the state that its step wants.
    ///
    /// # Guarantees
    /// - An object is written only if a read by id right before shows it as in the plan.
    /// - A POST with an unknown result is the last one for its object.
    /// - After a signal, nothing new is written.
    ///
    /// # Assumptions
    /// Nothing else writes between the read and the write. The platform has no versions to check, so this gap of one
    /// request cannot be closed.
    pub async fn execute(&self, step: &Step) -> ObjectResult {
        match step {
            Step::Create(create) => self.create(create).await,
            Step::Update(edit) | Step::Reactivate(edit) => {
                let patch = Patch::between(&edit.before, &edit.after);
                self.change(step, &edit.id, Some(&patch)).await
            }
            Step::Deactivate(_, removal) | Step::Supersede(_, removal) => {
                let patch = match &removal.after {
                    None => Patch::deactivation(),
                    Some(after) => Patch::between(&removal.before, after),
                };
                self.change(step, &removal.id, Some(&patch)).await
            }
            Step::Delete(removal) => self.change(step, &removal.id, None).await,
        }
    }

    /// Reads, compares and writes. It repeats this while the object is unchanged and the responses are lost. `patch` is
    /// the change of a PUT. Without it, the object is deleted.
    async fn change(&self, step: &Step, id: &DefinitionId, patch: Option<&Patch>) -> ObjectResult {
        let mut lost: Option<ApiError> = None;
        let (mut writes, mut waits) = (0, 0);
        loop {
            let once = self.writer.for_one_write();
            let fetched = match self.read(&once, step, id, lost.as_ref()).await {
                Ok(fetched) => fetched,
                Err(ended) => return ended,
            };
            self.guard.fresh_for(Duration::from_millis(READ_AGE_MS_MAX));
            if let Some(error) = lost.as_ref().filter(|_| writes == WRITES_MAX) {
                // It is unchanged, but the sent write may still arrive.
                return Outcome::Unknown(Problem::from(error)).into();
            }
            match self.write(&once, step, fetched, patch).await {
                Ok(ended) => return ended,
                Err(WriteError::NotDone(error)) if error.kind == ApiErrorKind::Waited && waits < WAITS_MAX => {
                    waits += 1;
                    continue;
                }
                Err(WriteError::NotDone(error)) => return self.not_done(step, id, &error, lost.as_ref()).await,
                Err(WriteError::Unclear(error)) => lost = Some(error),
            }
            wait_to_reread(writes).await;
            writes += 1;
        }
    }

    /// The current object to write, or the result if there is nothing to write. `lost` is the response to an earlier
    /// write.
    async fn read(
        &self,
        writer: &Writer,
        step: &Step,
        id: &DefinitionId,
        lost: Option<&ApiError>,
    ) -> Result<Fetched, ObjectResult> {
        let fetched = match (writer.reader().definition(id).await, lost) {
            (Ok(Some(fetched)), _) => fetched,
            (Ok(None), lost) => return Err(absent(step, lost)),
            (Err(_), Some(lost)) => return Err(Outcome::Unknown(Problem::from(lost)).into()),
            (Err(error), None) => return Err(Outcome::Failed(Problem::from(&error)).into()),
        };
        let found = &fetched.definition;
        match (standing(step, found), lost) {
            (Standing::AsBefore, _) => Ok(fetched),
            (Standing::AsAfter, None) => Err(seen(Outcome::AlreadyInPlace, found)),
            (Standing::AsAfter, Some(_)) => Err(seen(Outcome::Done, found)),
            (Standing::Changed(differences), None) => Err(Outcome::Conflict(differences).into()),
            // Partly written by this run, or changed by hand: there is no way to know.
            (Standing::Changed(_), Some(lost)) => Err(Outcome::Unknown(Problem::from(lost)).into()),
        }
    }

    async fn write(
        &self,
        writer: &Writer,
        step: &Step,
        fetched: Fetched,
        patch: Option<&Patch>,
    ) -> Result<ObjectResult, WriteError> {
        let Some(patch) = patch else {
            writer.delete(&fetched.definition.id).await?;
            return Ok(Outcome::Done.into());
        };
        let written = writer.update(fetched, patch).await?;
        Ok(self.compare(step, &written).await)
    }

    /// A refused write. After a 404 for an object that was just read, it is read once more.
    /// It may have been removed in between, these credentials may read but not write it, or the org stopped serving
    /// this generation of the API.
    async fn not_done(
        &self,
        step: &Step,
        id: &DefinitionId,
        error: &ApiError,
        lost: Option<&ApiError>,
    ) -> ObjectResult {
        if error.kind != (ApiErrorKind::NotFound { by_the_platform: true }) {
            return not_written(error, lost, self.advice).into();
        }
        match self.writer.reader().definition(id).await {
            Ok(None) => absent(step, lost),
            Err(why) if matches!(why.kind, ApiErrorKind::NotServed(_)) => not_written(&why, lost, self.advice).into(),
            Ok(Some(_)) | Err(_) => not_written(error, lost, self.advice).into(),
        }
    }

    /// Compares the response to a PUT with the wanted content. A difference is confirmed by reading the object. The
    /// reported difference is that of the response, because a read may lag.
    async fn compare(&self, step: &Step, written: &Definition) -> ObjectResult {
        if standing(step, written) == Standing::AsAfter {
            return seen(Outcome::Done, written);
        }
        match self.writer.reader().definition(&written.id).await {
            Ok(Some(fetched)) if standing(step, &fetched.definition) == Standing::AsAfter => {
                seen(Outcome::Done, &fetched.definition)
            }
            Ok(_) | Err(_) => Outcome::Differs(differences_to_after(step, written)).into(),
        }
    }

    async fn create(&self, create: &Create) -> ObjectResult {
        let step = Step::Create(create.clone());
        let mut waits = 0;
        if let Some(until) = self.until {
            match self.guard.until_stopped(self.wait(create, until)).await {
                Some(Ok(())) => {}
                Some(Err(ended)) => return ended,
                None => return Outcome::Skipped(Skip::Interrupted).into(),
            }
        }
        loop {
            let before = match self.check(create).await {
                Ok(before) => before,
                Err(ended) => return ended,
            };
            match self.writer.create(step.system_presence(), &step.after()).await {
                Ok(made) => return created(&step, &made),
                // Nothing was sent.
                Err(WriteError::NotDone(error)) if error.kind == ApiErrorKind::Waited && waits < WAITS_MAX => {
                    waits += 1;
                }
                Err(WriteError::NotDone(error)) => return not_written(&error, None, self.advice).into(),
                Err(WriteError::Unclear(error)) => return self.after_open_answer(create, &before, &error).await,
            }
        }
    }

    /// Waits until the list shows what an earlier run may have made, or until it certainly would.
    async fn wait(&self, create: &Create, until: WaitUntil<'_>) -> Result<(), ObjectResult> {
        let poll = Duration::from_millis(WAIT_POLL_MS);
        loop {
            let (now, at) = (Instant::now(), until.at);
            let is_over = now >= at;
            let since = if is_over { at } else { now.checked_sub(poll).unwrap_or(now) };
            match self.existing.awaited(create, until.sent, until.observed, since).await {
                Ok(Some(id)) => return Err(Outcome::Conflict(vec![Difference::Appeared(id)]).into()),
                Ok(None) if is_over => return Ok(()),
                Err(error) if is_over => return Err(Outcome::Failed(Problem::from(&error)).into()),
                Ok(None) if self.existing.shows(create).await => return Ok(()),
                Ok(None) | Err(_) => tokio::time::sleep_until(at.min(now + poll)).await,
            }
        }
    }

    /// The only POST of a create may have been executed, so it is never repeated. A list that lags too long would show
    /// the first object afterwards, and a definition can never be fully removed.
    async fn after_open_answer(
        &self,
        create: &Create,
        before: &BTreeSet<DefinitionId>,
        error: &ApiError,
    ) -> ObjectResult {
        let second_until = Some(Instant::now() + Duration::from_millis(LIST_LAG_MS));
        match self.look_for(create, before).await {
            Ok(Search::Found(id)) => {
                let evidence = WriteEvidence { second_until, ..WriteEvidence::default() };
                ObjectResult { outcome: Outcome::Done, id: Some(id), evidence }
            }
            Ok(Search::Unclear(ids)) => Outcome::Unknown(unclear(error, &ids)).into(),
            Ok(Search::Absent) | Err(_) => {
                let help = Some(RUN_AGAIN_LATER.to_owned());
                Outcome::Unknown(Problem { help, ..Problem::from(error) }).into()
            }
        }
    }

    /// The existing ids before a create if its place is free, or the result if it is not.
    async fn check(&self, create: &Create) -> Result<Arc<BTreeSet<DefinitionId>>, ObjectResult> {
        match self.existing.check(create).await {
            Ok(CreateCheck::Clear(ids, age)) => {
                self.guard.fresh_for(Duration::from_millis(LIST_AGE_MS_MAX).saturating_sub(age));
                Ok(ids)
            }
            Ok(CreateCheck::AlreadyInPlace(id)) => Err(ObjectResult { id: Some(id), ..Outcome::AlreadyInPlace.into() }),
            Ok(CreateCheck::Taken(id)) => Err(Outcome::Conflict(vec![Difference::Appeared(id)]).into()),
            Ok(CreateCheck::Odd(name)) => Err(Outcome::Failed(looks_odd(&name)).into()),
            Err(error) => Err(Outcome::Failed(Problem::from(&error)).into()),
        }
    }

    /// Searches for the result of a lost POST, as long as lists may lag.
    async fn look_for(&self, create: &Create, before: &BTreeSet<DefinitionId>) -> Result<Search, ApiError> {
        let mut last = Ok(Search::Absent);
        for delay_ms in LOOK_DELAYS_MS {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
            last = self.existing.search(create, before).await;
            if matches!(&last, Ok(found) if *found != Search::Absent) {
                break;
            }
        }
        last
    }
}

/// Compares the response to a POST with what was sent.
fn created(step: &Step, made: &Definition) -> ObjectResult {
    let outcome = match standing(step, made) {
        Standing::AsAfter | Standing::AsBefore => Outcome::Done,
        Standing::Changed(differences) => Outcome::Differs(differences),
    };
    ObjectResult { id: Some(made.id.clone()), ..seen(outcome, made) }
}

/// A write that was certainly not executed. `lost` is the response to an earlier one, which may still arrive.
fn not_written(error: &ApiError, lost: Option<&ApiError>, advice: Option<&str>) -> Outcome {
    match (&error.kind, lost) {
        (ApiErrorKind::Interrupted, Some(lost)) => Outcome::Unknown(Problem::from(lost)),
        (ApiErrorKind::Interrupted, None) => Outcome::Skipped(Skip::Interrupted),
        (_, Some(_)) => Outcome::Unknown(Problem::from(error)),
        (_, None) => Outcome::Failed(refused(error, advice)),
    }
}

/// Why it was not written. The platform uses two different errors for a label that is taken.
fn refused(error: &ApiError, advice: Option<&str>) -> Problem {
    let cause = Problem::from(error);
    match (&error.kind, advice) {
        (ApiErrorKind::Conflict | ApiErrorKind::Invalid, Some(advice)) => {
            Problem { help: Some(advice.to_owned()), ..cause }
        }
        _ => cause,
    }
}

/// The object does not exist. For a removal, that equals deactivated.
fn absent(step: &Step, lost: Option<&ApiError>) -> ObjectResult {
    let outcome = match (step.action().is_removal(), lost) {
        (true, None) => Outcome::AlreadyInPlace,
        (true, Some(_)) => Outcome::Done,
        (false, None) => Outcome::Conflict(vec![Difference::Gone]),
        (false, Some(lost)) => Outcome::Unknown(Problem::from(lost)),
    };
    ObjectResult { evidence: WriteEvidence { is_absent: true, ..WriteEvidence::default() }, ..outcome.into() }
}

/// How an object differs from what its step wants.
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
        | Step::Supersede(_, Removal { after: Some(after), .. }) => between(after, &found.content()),
        Step::Deactivate(..) | Step::Supersede(..) | Step::Delete(_) => {
            let active = (!found.deactivated).then_some(Difference::State { found_deactivated: false });
            active.into_iter().collect()
        }
    };
    moved.into_iter().chain(rest).collect()
}

/// An object appeared that may be the one to create.
fn looks_odd(name: &str) -> Problem {
    Problem::new(format!("nothing was written: its label is shown by {name}, which cannot be read completely"))
        .help("run `plan`: it says what to do")
}

fn unclear(lost: &ApiError, ids: &[DefinitionId]) -> Problem {
    let ids: Vec<&str> = ids.iter().map(DefinitionId::as_str).collect();
    Problem {
        help: Some(format!("the list now shows {}: look which of them is wanted, and pin it", ids.join(", "))),
        ..Problem::from(lost)
    }
}
