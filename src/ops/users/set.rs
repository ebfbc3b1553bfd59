//! Sets the presences of many users. A user who already has it is skipped, and the others are written in chunks. A user
//! who makes a chunk fail fails alone.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::Instant;

use crate::client::error::{ApiError, ApiErrorKind, WriteError};
use crate::client::user_operations::BULK_PUT_USERS_MAX;
use crate::client::users::{UserAnswers, is_absent};
use crate::client::{Session, UserReader, UserWriter, WriteGuard};
use crate::host::stop::Stop;
use crate::model::names::DefinitionId;
use crate::model::problem::Problem;
use crate::model::user::{PresenceSource, UserId, UserPresence, WantedPresence};
use crate::ops::apply::object::{WRITES_MAX, wait_to_reread};
use crate::ops::users::get::{few, may_be_about_one};
use crate::ops::users::listing::UserFound;
use crate::ops::users::report::UserOutcome;

/// How long a read is valid for moving a person away from a definition.
const SEEN_HOLDS_MS: u64 = 5_000;

#[derive(Debug, Clone, Copy)]
pub struct UserJob<'a> {
    /// The wanted presence of each user. Every user occurs once.
    pub assignments: &'a [(UserId, WantedPresence)],
    /// The source to set. It is not Teams, which is read-only. If the org has registered it, no wanted makes it the
    /// primary one, because no operation can.
    pub source: &'a PresenceSource,
    /// Only set users who have this definition in a read seconds before. The others have gone elsewhere. `None` sets
    /// everyone.
    pub only_from: Option<&'a DefinitionId>,
}

/// Runs a job. Returns the result of each user in the given order. `tell` is called for every finished user.
///
/// # Guarantees
/// - Every user has an outcome, even after a failure, a panic or a signal.
/// - A user who already has the presence, read right before, is not written. So running again is always safe.
/// - If a write had to wait for its slot or the end of a 429, a user to be moved from one definition is read again.
/// - After a signal, no write is passed to the wire. Requests in flight get [`GRACE_MS`](crate::host::stop::GRACE_MS).
///
/// # Assumptions
/// Repeating a write is harmless. After a lost response, users are read, and those without the presence are written
/// again.
///
/// # Caveats
/// A user's own change within these seconds may be overwritten. Chunks run one after the other, which is about as fast
/// as the platform's rate limit.
pub async fn run(
    session: &Session,
    job: UserJob<'_>,
    stop: &Stop,
    tell: &dyn Fn(&UserId, &UserOutcome),
) -> Vec<UserOutcome> {
    let run = Run {
        session,
        reader: session.user_reader(),
        job,
        stop,
        tell,
        states: RefCell::new(vec![State::Waiting; job.assignments.len()]),
        has_written: Cell::new(false),
        is_forbidden: Cell::new(false),
    };
    tokio::select! {
        () = run.all() => {}
        () = stop.grace_over() => {}
    }
    for index in 0..job.assignments.len() {
        run.cut_off(index);
    }
    let ended = run.states.into_inner().into_iter().map(|state| match state {
        State::Ended(outcome) => outcome,
        State::Waiting | State::Writing(_) => UserOutcome::Skipped,
    });
    ended.collect()
}

/// The progress of one user.
#[derive(Debug, Clone)]
enum State {
    Waiting,
    /// A write waits at this guard, or has passed it.
    Writing(WriteGuard),
    Ended(UserOutcome),
}

struct Run<'a> {
    session: &'a Session,
    reader: UserReader,
    job: UserJob<'a>,
    stop: &'a Stop,
    tell: &'a dyn Fn(&UserId, &UserOutcome),
    states: RefCell<Vec<State>>,
    has_written: Cell<bool>,
    /// Was a single user forbidden before the org accepted anything? Then it is not about that user.
    is_forbidden: Cell<bool>,
}

/// Users of a job, by index, who are written together.
struct Part {
    users: Vec<usize>,
    /// When they were read.
    seen: Instant,
    /// The lost response to an earlier write of all of them.
    lost: Option<Lost>,
}

#[derive(Clone)]
struct Lost {
    error: ApiError,
    guard: WriteGuard,
}

impl Run<'_> {
    async fn all(&self) {
        let all: Vec<usize> = (0..self.job.assignments.len()).collect();
        let size = if self.by_patch() { 1 } else { BULK_PUT_USERS_MAX };
        for chunk in all.chunks(size) {
            if self.stop.asked().is_some() {
                return;
            }
            if AssertUnwindSafe(self.chunk(chunk)).catch_unwind().await.is_err() {
                for index in chunk {
                    self.panicked(*index);
                }
            }
        }
    }

    /// A single user is set by PATCH. So is a change of the primary source, which only PATCH supports. It is not
    /// supported for a registered source.
    fn by_patch(&self) -> bool {
        !self.job.source.is_registered()
            && (self.job.assignments.len() == 1 || self.job.assignments.iter().any(|(_, wanted)| wanted.primary))
    }

    /// Reads users, and finishes those who need no write. Returns the others.
    async fn those_to_write(&self, users: &[usize]) -> Vec<usize> {
        let mut todo = Vec::new();
        for (index, found) in self.read(users).await {
            match found {
                UserFound::On(seen) if self.wanted(index).is_met_by(&seen) => {
                    self.end(index, UserOutcome::AlreadyInPlace);
                }
                UserFound::On(seen) if self.has_left(&seen) => self.end(index, UserOutcome::Elsewhere(seen)),
                UserFound::On(_) => todo.push(index),
                // A source may show nothing of a user before the first write.
                UserFound::NotShown if self.job.source.is_registered() => todo.push(index),
                UserFound::NotShown | UserFound::NoTeams | UserFound::TeamsGone => {
                    self.end(index, UserOutcome::NotShown);
                }
                UserFound::Failed(cause) => self.end(index, UserOutcome::Failed(cause)),
            }
        }
        todo
    }

    /// Reads users, and writes those who need it.
    async fn chunk(&self, chunk: &[usize]) {
        let users = self.those_to_write(chunk).await;
        let mut parts = vec![Part { users, seen: Instant::now(), lost: None }];
        while let Some(part) = parts.pop() {
            if part.users.is_empty() || self.stop.asked().is_some() {
                continue;
            }
            let Some((Part { users, seen, lost }, error)) = self.write(part).await else { continue };
            if users.len() > 1 && self.is_worth_halving(&error) {
                let (first, second) = users.split_at(users.len() / 2);
                parts.push(Part { users: second.to_vec(), seen, lost: lost.clone() });
                parts.push(Part { users: first.to_vec(), seen, lost });
                continue;
            }
            if users.len() == 1 && !self.has_written.get() && is_forbidden(&error) {
                self.is_forbidden.set(true);
            }
            let outcome = self.refused(&error, lost.as_ref());
            for index in users {
                self.end(index, outcome.clone());
            }
        }
    }

    /// Should the halves of a rejected chunk be tried? A missing permission then costs a few requests, not one per
    /// user.
    fn is_worth_halving(&self, error: &ApiError) -> bool {
        may_be_about_one(error) || (is_forbidden(error) && !self.is_forbidden.get())
    }

    /// A write that was certainly not executed.
    fn refused(&self, error: &ApiError, lost: Option<&Lost>) -> UserOutcome {
        match (&error.kind, lost) {
            (ApiErrorKind::Interrupted, None) => UserOutcome::Skipped,
            // The earlier write may still arrive.
            (ApiErrorKind::Interrupted, Some(lost)) => UserOutcome::Unknown(Problem::from(&lost.error)),
            (_, Some(_)) => UserOutcome::Unknown(Problem::from(error)),
            (_, None) if self.job.source.is_registered() && is_absent(error) => UserOutcome::NotShown,
            (_, None) => UserOutcome::Failed(Problem::from(error)),
        }
    }

    /// Writes users, and repeats it for those without the presence while responses are lost. Returns those who were not
    /// written because the org rejected them together, with the error.
    async fn write(&self, part: Part) -> Option<(Part, ApiError)> {
        let Part { mut users, mut seen, mut lost } = part;
        // The guard of the lost write, which that write has passed, even if the next one fails.
        let guard = lost.as_ref().map_or_else(|| WriteGuard::new(self.stop), |lost| lost.guard.clone());
        let writer = self.session.guarded_by(&guard).user_writer();
        // The result for users who never get the presence: a lost write may still arrive.
        let mut last =
            lost.as_ref().map_or(UserOutcome::Skipped, |lost| UserOutcome::Unknown(Problem::from(&lost.error)));
        for index in &users {
            self.set_state(*index, State::Writing(guard.clone()));
        }
        for writes in 0..WRITES_MAX {
            self.hold_while_seen(&guard, seen);
            match self.send(&writer, &users).await {
                Ok(answered) => {
                    self.has_written.set(true);
                    self.settle(&users, answered).await;
                    return None;
                }
                Err(WriteError::NotDone(error)) if error.kind == ApiErrorKind::Waited => {
                    users = match &lost {
                        Some(Lost { error, guard: _ }) => self.those_not_there(users, error).await,
                        None => self.those_to_write(&users).await,
                    };
                    if lost.is_none() {
                        last = UserOutcome::Failed(Problem::from(&error));
                    }
                }
                Err(WriteError::NotDone(error)) => return Some((Part { users, seen, lost }, error)),
                Err(WriteError::Unclear(error)) => {
                    wait_to_reread(writes).await;
                    users = self.those_not_there(users, &error).await;
                    last = UserOutcome::Unknown(Problem::from(&error));
                    lost = Some(Lost { error, guard: guard.clone() });
                }
            }
            if users.is_empty() {
                return None;
            }
            seen = Instant::now();
        }
        for index in users {
            self.end(index, last.clone());
        }
        None
    }

    /// A person may be elsewhere after a write waited for its slot or the end of a 429. Then it is not sent.
    fn hold_while_seen(&self, guard: &WriteGuard, seen: Instant) {
        if self.job.only_from.is_some() {
            guard.fresh_for(Duration::from_millis(SEEN_HOLDS_MS).saturating_sub(seen.elapsed()));
        }
    }

    async fn send(&self, writer: &UserWriter, part: &[usize]) -> Result<UserAnswers, WriteError> {
        let assignments = part.iter().map(|index| &self.job.assignments[*index]);
        let source = self.job.source;
        if self.by_patch() {
            let mut answered = BTreeMap::new();
            for (user, wanted) in assignments {
                answered.insert(user.clone(), Ok(writer.set(user, source, wanted).await?));
            }
            return Ok(answered);
        }
        let assignments: Vec<(&UserId, &WantedPresence)> = assignments.map(|(user, wanted)| (user, wanted)).collect();
        writer.set_many(&assignments, source).await
    }

    /// Compares a response with the wanted presence. A user that it does not confirm is read.
    async fn settle(&self, part: &[usize], mut answered: UserAnswers) {
        let mut open = Vec::new();
        for index in part {
            match answered.get(self.user(*index)) {
                Some(Ok(seen)) if self.wanted(*index).may_be_met_by(seen) => self.end(*index, UserOutcome::Done),
                Some(_) | None => open.push(*index),
            }
        }
        for (index, found) in self.read(&open).await {
            let outcome = match (found, answered.remove(self.user(index))) {
                (UserFound::On(seen), _) if self.wanted(index).may_be_met_by(&seen) => UserOutcome::Done,
                (UserFound::On(seen), Some(Ok(_))) => UserOutcome::Differs(seen),
                (UserFound::On(_), Some(Err(error))) => UserOutcome::Unknown(Problem::from(&error)),
                (UserFound::On(_), None) => UserOutcome::Failed(passed_over()),
                (UserFound::NotShown | UserFound::NoTeams | UserFound::TeamsGone, _) => UserOutcome::NotShown,
                (UserFound::Failed(cause), _) => UserOutcome::Unknown(cause),
            };
            self.end(index, outcome);
        }
    }

    /// After a lost response: finishes the users with the presence, and those whose result is not known.
    async fn those_not_there(&self, users: Vec<usize>, lost: &ApiError) -> Vec<usize> {
        let mut rest = Vec::new();
        for (index, found) in self.read(&users).await {
            match found {
                UserFound::On(seen) if self.wanted(index).is_met_by(&seen) => {
                    self.has_written.set(true);
                    self.end(index, UserOutcome::Done);
                }
                UserFound::On(seen) if self.has_left(&seen) => self.end(index, UserOutcome::Elsewhere(seen)),
                UserFound::On(_) => rest.push(index),
                UserFound::NotShown if self.job.source.is_registered() => rest.push(index),
                UserFound::NotShown | UserFound::NoTeams | UserFound::TeamsGone | UserFound::Failed(_) => {
                    self.end(index, UserOutcome::Unknown(Problem::from(lost)));
                }
            }
        }
        rest
    }

    async fn read(&self, part: &[usize]) -> Vec<(usize, UserFound)> {
        if part.is_empty() {
            return Vec::new();
        }
        let users: Vec<&UserId> = part.iter().map(|index| self.user(*index)).collect();
        part.iter().copied().zip(few(&self.reader, &users, self.job.source).await).collect()
    }

    /// Does a person no longer have the definition that they were to be moved from?
    fn has_left(&self, seen: &UserPresence) -> bool {
        self.job.only_from.is_some_and(|from| seen.definition != *from)
    }

    fn user(&self, index: usize) -> &UserId {
        &self.job.assignments[index].0
    }

    fn wanted(&self, index: usize) -> &WantedPresence {
        &self.job.assignments[index].1
    }

    fn set_state(&self, index: usize, state: State) {
        self.states.borrow_mut()[index] = state;
    }

    fn end(&self, index: usize, outcome: UserOutcome) {
        (self.tell)(self.user(index), &outcome);
        self.set_state(index, State::Ended(outcome));
    }

    fn state(&self, index: usize) -> State {
        self.states.borrow()[index].clone()
    }

    fn panicked(&self, index: usize) {
        let bug = || {
            Problem::new("presencectl itself failed while it worked on this user")
                .help("this is a bug in presencectl: please report it; running again is safe")
        };
        match self.state(index) {
            State::Ended(_) => {}
            State::Writing(guard) if guard.has_sent() => self.end(index, UserOutcome::Unknown(bug())),
            State::Waiting | State::Writing(_) => self.end(index, UserOutcome::Failed(bug())),
        }
    }

    fn cut_off(&self, index: usize) {
        match self.state(index) {
            State::Ended(_) => {}
            State::Writing(guard) if guard.has_sent() => {
                let cause = Problem::new("the run was interrupted while this was being written")
                    .help("running it again is safe: users who are there already are skipped");
                self.end(index, UserOutcome::Unknown(cause));
            }
            State::Waiting | State::Writing(_) => self.end(index, UserOutcome::Skipped),
        }
    }
}

fn is_forbidden(error: &ApiError) -> bool {
    matches!(error.kind, ApiErrorKind::Forbidden { .. })
}

fn passed_over() -> Problem {
    Problem::new("the org answered without this user, whose presence is as it was")
        .help("set this one alone: then the org says why")
}
