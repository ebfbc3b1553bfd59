//! Runs the steps of a plan and reports on every object. Tells what happens as events; prints nothing.

use std::panic::AssertUnwindSafe;
use std::pin::pin;

use futures_util::FutureExt;
use futures_util::StreamExt;
use futures_util::stream;

use crate::api::{Gate, Session};
use crate::apply::census::Census;
use crate::apply::divided::Divided;
use crate::apply::object::{Ended, Hands};
use crate::apply::report::{Outcome, Report, Row, Skip, Verification};
use crate::apply::verify::Expectation;
use crate::cause::Cause;
use crate::model::desired::{Desired, Limits};
use crate::model::division::Divisions;
use crate::model::names::{Key, Locale};
use crate::plan::change::{Action, Step};
use crate::stop::Stop;

pub mod census;
pub mod divided;
pub mod document;
pub mod object;
pub mod report;
pub mod verify;

/// How many objects are worked on at once. The shared pace bounds the requests; this bounds how
/// much is in flight when something goes wrong.
pub const CONCURRENCY: usize = 8;

/// What a run is given: steps, never reasons.
pub struct Job<'a> {
    /// What to do, in the order of the plan.
    pub steps: Vec<Step>,
    /// Rows that stand before the run: what a saved plan refuses or no longer needs.
    pub settled: Vec<Row>,
    /// The config, to look whether the plan is empty afterwards.
    pub desired: &'a Desired,
    /// The limits that the plan was made with.
    pub limits: &'a Limits,
    /// The divisions that the plan was made with.
    pub divisions: &'a Divisions,
}

/// What happens while a run goes on.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// Work on an object has begun.
    Started(&'a Step),
    /// An object has ended.
    Finished(&'a Row),
    /// All objects have ended, and the org is read again.
    Verifying,
}

/// Carries out a job.
///
/// # Guarantees
/// - Every step has a row in the report, whatever happens to the run: a failure, a panic in one
///   object's work or in the look afterwards, a signal.
/// - After a signal no write is handed to the wire; what is under way gets [`GRACE_MS`](crate::stop::GRACE_MS).
/// - A failure does not stop independent work. A replaced object is retired only after everything
///   else for its key is done; removals come after creations and changes.
///
/// # Caveats
/// A run that is dropped (not ended by `stop`) leaves whatever was in flight as it is. Running
/// again is always right: it plans from what the org holds.
pub async fn run(session: &Session, job: Job<'_>, stop: &Stop, tell: &dyn Fn(Event<'_>)) -> Report {
    let Job { steps, settled, desired, limits, divisions } = job;
    let default_locale = &desired.settings.default_locale;
    let reader = session.reader();
    let census = Census::new(&reader, desired);
    let site = Site { session, census: &census, stop };
    let divided = stop.until_asked(Divided::before(&reader, &steps)).await.unwrap_or_default();
    let mut ended: Vec<Option<Row>> = vec![None; steps.len()];
    for phase in PHASES {
        let indices: Vec<usize> = (0..steps.len()).filter(|index| phase.contains(&steps[*index].action())).collect();
        let work = indices.iter().map(|index| Work::new(&steps[*index], &ended, &settled, Gate::new(stop)));
        let work: Vec<Work<'_>> = work.collect();
        let rows = carry_out_all(&site, &work, default_locale, tell).await;
        for (index, row) in indices.into_iter().zip(rows) {
            ended[index] = Some(row);
        }
    }
    let mut rows: Vec<Row> = ended
        .into_iter()
        .zip(&steps)
        .map(|(row, step)| {
            row.unwrap_or_else(|| row_of(step, Outcome::Skipped(Skip::Interrupted).into(), default_locale))
        })
        .collect();
    let verification = if rows.is_empty() && settled.is_empty() {
        Verification::NotNeeded
    } else {
        let expectation = Expectation { desired, limits, divisions };
        let look = async {
            tell(Event::Verifying);
            verify::verify(&reader, &expectation, &steps, &mut rows, &settled).await
        };
        match stop.until_asked(AssertUnwindSafe(look).catch_unwind()).await {
            Some(Ok(verification)) => verification,
            Some(Err(_)) => Verification::Failed(bug("read the org again")),
            None => Verification::Interrupted,
        }
    };
    let divisions_unread = stop.until_asked(divided.after(&reader, &mut rows)).await.flatten();
    rows.extend(settled);
    let interrupted = stop.asked();
    let divisions = divisions.clone();
    Report { verification, divisions_unread, interrupted, divisions, ..Report::of(rows, default_locale.clone()) }
}

/// Carries out one step apart from any plan. Gives its row, and why nobody knows whether its division outlasted
/// what was written, where nobody does.
///
/// # Guarantees
/// Those of [`run`] for one object. Nothing is looked at afterwards: what shall follow is for whoever asks.
pub async fn alone(session: &Session, single: Step, desired: &Desired, stop: &Stop) -> (Row, Option<Cause>) {
    let reader = session.reader();
    let census = Census::new(&reader, desired);
    let site = Site { session, census: &census, stop };
    let default_locale = &desired.settings.default_locale;
    let steps = [single];
    let divided = stop.until_asked(Divided::before(&reader, &steps)).await.unwrap_or_default();
    let work = steps.each_ref().map(|step| Work::new(step, &[], &[], Gate::new(stop)));
    let mut rows = carry_out_all(&site, &work, default_locale, &|_| {}).await;
    let unread = stop.until_asked(divided.after(&reader, &mut rows)).await.flatten();
    let [single] = &steps;
    let row = rows.pop().unwrap_or_else(|| row_of(single, Outcome::Skipped(Skip::Interrupted).into(), default_locale));
    (row, unread)
}

/// What runs together. Creations and changes first: agents can move before anything disappears.
const PHASES: [&[Action]; 3] =
    [&[Action::Create, Action::Reactivate, Action::Update], &[Action::Replace], &[Action::Deactivate, Action::Delete]];

/// What the work on all objects shares.
struct Site<'a> {
    session: &'a Session,
    census: &'a Census<'a>,
    stop: &'a Stop,
}

/// One step of a phase that runs.
struct Work<'a> {
    step: &'a Step,
    /// What it depends on and what is not done.
    needs: Option<Key>,
    gate: Gate,
}

impl<'a> Work<'a> {
    fn new(step: &'a Step, ended: &[Option<Row>], settled: &[Row], gate: Gate) -> Work<'a> {
        // An object whose place is taken stays until what takes its place is there.
        let undone = |key: &Key| {
            let mut rows = ended.iter().flatten().chain(settled);
            rows.any(|row| row.key.as_ref() == Some(key) && !row.outcome.is_success())
        };
        let needs = match step {
            Step::Replace(key, _) if undone(key) => Some(key.clone()),
            Step::Create(_)
            | Step::Update(_)
            | Step::Reactivate(_)
            | Step::Deactivate(..)
            | Step::Replace(..)
            | Step::Delete(_) => None,
        };
        Work { step, needs, gate }
    }

    async fn end(&self, site: &Site<'_>, tell: &dyn Fn(Event<'_>)) -> Ended {
        // First: what it needs may only be missing because of the signal.
        if self.gate.is_closed() {
            return Outcome::Skipped(Skip::Interrupted).into();
        }
        if let Some(key) = &self.needs {
            return Outcome::Skipped(Skip::Needs(key.clone())).into();
        }
        tell(Event::Started(self.step));
        let writer = site.session.behind(&self.gate).writer();
        let hands = Hands { writer, census: site.census, gate: &self.gate };
        let work = AssertUnwindSafe(hands.carry_out(self.step)).catch_unwind();
        work.await.unwrap_or_else(|_| panicked(&self.gate))
    }
}

/// Runs one phase; a row for each, in the same order.
async fn carry_out_all(
    site: &Site<'_>,
    work: &[Work<'_>],
    default_locale: &Locale,
    tell: &dyn Fn(Event<'_>),
) -> Vec<Row> {
    let row = |it: &Work<'_>, end: Ended| {
        let row = row_of(it.step, end, default_locale);
        tell(Event::Finished(&row));
        row
    };
    let mut rows: Vec<Option<Row>> = vec![None; work.len()];
    {
        let mut ends = stream::iter(work.iter().enumerate())
            .map(|(index, it)| async move { (index, it.end(site, tell).await) })
            .buffer_unordered(CONCURRENCY);
        // One for the whole phase: what ends in time gives the others no more of it.
        let mut grace_over = pin!(site.stop.grace_over());
        loop {
            let next = tokio::select! {
                next = ends.next() => next,
                () = &mut grace_over => break,
            };
            let Some((index, end)) = next else { break };
            rows[index] = Some(row(&work[index], end));
        }
    }
    // None is what was still in flight, or had not begun, when the time was over.
    let ended = rows.into_iter().zip(work);
    ended.map(|(ended, it)| ended.unwrap_or_else(|| row(it, cut_off(&it.gate).into()))).collect()
}

fn row_of(step: &Step, end: Ended, default_locale: &Locale) -> Row {
    let Ended { outcome, id } = end;
    let mut row = Row::of(step, step.name(default_locale).cloned(), outcome);
    row.id = row.id.or(id);
    row
}

/// A panic, as a report shows it.
#[must_use]
pub fn bug(while_it: &str) -> Cause {
    Cause {
        message: format!("presencectl itself failed while it {while_it}"),
        help: Some("this is a bug in presencectl: please report it; running again is safe".to_owned()),
        correlation_id: None,
    }
}

fn panicked(gate: &Gate) -> Ended {
    let cause = bug("worked on this object");
    let outcome = if gate.was_passed() { Outcome::Unknown(cause) } else { Outcome::Failed(cause) };
    outcome.into()
}

fn cut_off(gate: &Gate) -> Outcome {
    if !gate.was_passed() {
        return Outcome::Skipped(Skip::Interrupted);
    }
    Outcome::Unknown(Cause {
        message: "the run was interrupted while this was being written".to_owned(),
        help: Some("run `plan` to see what became of it; running `apply` again is safe".to_owned()),
        correlation_id: None,
    })
}
