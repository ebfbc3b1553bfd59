//! Retires a definition: moves its people, then deactivates it, and stops at any doubt. Progress is reported as events.
//! Nothing is printed.
//!
//! ```text
//!  config, org ─ plan ─▶ Retirement ── run: read ─ look ─ move ─ look ─ deactivate ─ read ─ look ─▶ report ─ document
//! ```

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;

use crate::client::{ApiError, Reader, Session};
use crate::host::stop::Stop;
use crate::model::desired::Desired;
use crate::model::names::DefinitionId;
use crate::model::problem::Problem;
use crate::model::usage::{Queue, Seats};
use crate::model::user::{PresenceSource, UserId};
use crate::ops::apply::existing::LOOK_DELAYS_MS;
use crate::ops::apply::report::{Outcome as Written, ReportRow};
use crate::ops::apply::{alone, bug};
use crate::ops::retire::plan::{Moves, Retirement};
use crate::ops::retire::report::{Fate, Halt, RetireReport, is_deactivated};
use crate::ops::users::report::UserOutcome as Set;
use crate::ops::users::set;
use crate::plan::difference::{Difference, Standing, standing};

pub mod plan;
pub mod report;

#[derive(Debug, Clone, Copy)]
pub struct RetireJob<'a> {
    pub retirement: &'a Retirement,
    pub desired: &'a Desired,
}

/// The progress of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetireEvent<'a> {
    /// This many people are moved.
    Moving(usize),
    Ended(&'a UserId),
    /// The org is asked for the people with the definition.
    Looking,
    Deactivating,
    /// It is read again.
    Reading,
}

/// Runs a retirement.
///
/// # Guarantees
/// - The definition is deactivated only after the org shows no people with it.
/// - People are only moved if the definition is unchanged since the plan, and if the target still exists.
/// - A person is only moved if a read seconds before shows the definition. A person on queue is only moved on request.
/// - Even after a failure, a panic or a signal, every person with the definition is in the report, and another run
///   continues.
/// - After a signal, no write is passed to the wire.
///
/// # Caveats
/// Until the definition is deactivated, people may select it. After the last check, they are moved afterwards, if the
/// org's activity shows them.
pub async fn run(session: &Session, job: RetireJob<'_>, stop: &Stop, tell: &dyn Fn(RetireEvent<'_>)) -> RetireReport {
    let run = Run { session, reader: session.reader(), job, stop, tell, state: RefCell::default() };
    let work = AssertUnwindSafe(run.all()).catch_unwind();
    let ended = work.await.unwrap_or_else(|_| Err(Halt::LookFailed(bug("looked at the org"))));
    let State { people, definition, division_unread } = run.state.into_inner();
    RetireReport {
        retirement: job.retirement.clone(),
        people,
        definition,
        division_unread,
        halt: ended.err(),
        interrupted: stop.asked(),
    }
}

#[derive(Debug, Default)]
struct State {
    people: BTreeMap<UserId, Fate>,
    definition: Option<ReportRow>,
    division_unread: Option<Problem>,
}

struct Run<'a> {
    session: &'a Session,
    reader: Reader,
    job: RetireJob<'a>,
    stop: &'a Stop,
    tell: &'a dyn Fn(RetireEvent<'_>),
    state: RefCell<State>,
}

impl Run<'_> {
    async fn all(&self) -> Result<(), Halt> {
        self.is_as_planned().await?;
        self.clear().await?;
        self.target_is_there().await?;
        self.deactivate().await?;
        self.is_deactivated().await?;
        self.clear().await
    }

    /// There may have been a long pause between the plan and its confirmation.
    async fn is_as_planned(&self) -> Result<(), Halt> {
        self.target_is_there().await?;
        let retirement = self.job.retirement;
        let step = retirement.step();
        let outcome = match self.until_asked(self.reader.definition(&retirement.from.id)).await? {
            Ok(Some(found)) => match standing(&step, &found.definition) {
                Standing::AsBefore | Standing::AsAfter => return Ok(()),
                Standing::Changed(differences) => Written::Conflict(differences),
            },
            // People may still have it.
            Ok(None) => return Ok(()),
            Err(error) => Written::Failed((&error).into()),
        };
        let name = retirement.from.labels.name(&retirement.default_locale).cloned();
        self.state.borrow_mut().definition = Some(ReportRow::of(&step, name, outcome));
        Err(Halt::NotDeactivated)
    }

    /// Moves everyone whom the org shows, until it shows none.
    async fn clear(&self) -> Result<(), Halt> {
        let mut delays = LOOK_DELAYS_MS.into_iter();
        let mut is_last = false;
        loop {
            let seats = self.read_seats().await?;
            let Moves { people, on_queue } = self.job.retirement.moves(&seats);
            self.leave(&on_queue);
            if !seats.cut {
                self.let_go(&seats);
            }
            if people.is_empty() {
                return match on_queue.len() {
                    // A truncated list does not show everyone.
                    0 if seats.cut => Err(Halt::CutToNothing),
                    0 => Ok(()),
                    count => Err(Halt::OnQueue(count)),
                };
            }
            if is_last {
                let fates = people.iter().map(|user| (user.clone(), Fate::StillNamed));
                self.state.borrow_mut().people.extend(fates);
                return Err(Halt::StillNamed(people.len()));
            }
            let moved = self.move_away(&people).await?;
            // If a list is truncated, the rest appears once the first people are moved. That is progress, so there is
            // no delay.
            if seats.cut && moved > 0 {
                continue;
            }
            // The org's activity may lag.
            let delay_ms = delays.next().unwrap_or_default();
            is_last = delays.len() == 0;
            self.until_asked(tokio::time::sleep(Duration::from_millis(delay_ms))).await?;
        }
    }

    /// People on queue are not moved.
    fn leave(&self, on_queue: &BTreeMap<UserId, Queue>) {
        let fates = on_queue.iter().map(|(user, queue)| (user.clone(), Fate::LeftOnQueue(*queue)));
        self.state.borrow_mut().people.extend(fates);
    }

    /// A person who was left on queue and is no longer shown has gone.
    fn let_go(&self, seats: &Seats) {
        for (user, fate) in &mut self.state.borrow_mut().people {
            if matches!(fate, Fate::LeftOnQueue(_)) && !seats.people.contains_key(user) {
                *fate = Fate::Gone;
            }
        }
    }

    /// Moves these people, each only while they have the definition. Returns the number moved for the first time: a
    /// person who comes back is no progress.
    async fn move_away(&self, people: &[UserId]) -> Result<usize, Halt> {
        let retirement = self.job.retirement;
        (self.tell)(RetireEvent::Moving(people.len()));
        let wanted: Vec<_> = people.iter().map(|user| (user.clone(), retirement.wanted())).collect();
        let job = set::UserJob {
            assignments: &wanted,
            source: &PresenceSource::Platform,
            only_from: Some(&retirement.from.id),
        };
        let tell = |user: &UserId, _: &Set| (self.tell)(RetireEvent::Ended(user));
        let outcomes = set::run(self.session, job, self.stop, &tell).await;
        let failed = outcomes.iter().filter(|it| !it.is_success()).count();
        let mut moved = 0;
        for (user, outcome) in people.iter().zip(outcomes) {
            moved += usize::from(outcome == Set::Done && !self.was_moved(user));
            self.keep(user, outcome);
        }
        if self.stop.asked().is_some() {
            return Err(Halt::Interrupted);
        }
        if failed > 0 { Err(Halt::NotMoved(failed)) } else { Ok(moved) }
    }

    /// A person who was moved once and needed nothing later was moved.
    fn keep(&self, user: &UserId, outcome: Set) {
        let needed_nothing = matches!(outcome, Set::AlreadyInPlace | Set::Elsewhere(_));
        if !(needed_nothing && self.was_moved(user)) {
            self.state.borrow_mut().people.insert(user.clone(), Fate::Set(outcome));
        }
    }

    fn was_moved(&self, user: &UserId) -> bool {
        self.state.borrow().people.get(user) == Some(&Fate::Set(Set::Done))
    }

    async fn read_seats(&self) -> Result<Seats, Halt> {
        (self.tell)(RetireEvent::Looking);
        let seats = self.until_asked(self.reader.seats_on(&self.job.retirement.from.id)).await?;
        seats.map_err(|error| Halt::LookFailed((&error).into()))
    }

    async fn target_is_there(&self) -> Result<(), Halt> {
        match self.is_active(&self.job.retirement.to.definition.id).await? {
            Ok(Some(true)) => Ok(()),
            Ok(Some(false) | None) => Err(Halt::TargetGone),
            Err(error) => Err(Halt::TargetUnread((&error).into())),
        }
    }

    async fn deactivate(&self) -> Result<(), Halt> {
        (self.tell)(RetireEvent::Deactivating);
        let RetireJob { retirement, desired } = self.job;
        let (row, unread) = alone(self.session, retirement.step(), desired, self.stop).await;
        let (is_done, is_deactivated) = (row.outcome.is_success(), is_deactivated(&row.outcome));
        let mut state = self.state.borrow_mut();
        state.definition = Some(row);
        state.division_unread = unread;
        match (is_done, self.stop.asked()) {
            (_, Some(_)) => Err(Halt::Interrupted),
            (true, None) => Ok(()),
            (false, None) if is_deactivated => Err(Halt::Differs),
            (false, None) => Err(Halt::NotDeactivated),
        }
    }

    async fn is_deactivated(&self) -> Result<(), Halt> {
        (self.tell)(RetireEvent::Reading);
        let mut delays = LOOK_DELAYS_MS.into_iter();
        loop {
            match self.is_active(&self.job.retirement.from.id).await? {
                // A missing object equals a deactivated one.
                Ok(Some(false) | None) => return Ok(()),
                Ok(Some(true)) => {}
                Err(error) => return Err(Halt::Unread((&error).into())),
            }
            let Some(delay_ms) = delays.next() else {
                if let Some(row) = &mut self.state.borrow_mut().definition {
                    row.outcome = Written::Differs(vec![Difference::State { found_deactivated: false }]);
                }
                return Err(Halt::NotVisibleYet);
            };
            self.until_asked(tokio::time::sleep(Duration::from_millis(delay_ms))).await?;
        }
    }

    /// Is this definition active? `None` if the org does not show it.
    async fn is_active(&self, id: &DefinitionId) -> Result<Result<Option<bool>, ApiError>, Halt> {
        let read = self.until_asked(self.reader.definition(id)).await?;
        Ok(read.map(|found| found.map(|it| !it.definition.deactivated)))
    }

    async fn until_asked<T>(&self, work: impl Future<Output = T>) -> Result<T, Halt> {
        self.stop.until_asked(work).await.ok_or(Halt::Interrupted)
    }
}
