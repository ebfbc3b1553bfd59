//! Runs the steps of a plan and reports on every object. Tells what happens as events; prints nothing.

use std::cell::Cell;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::StreamExt;
use futures_util::stream;

use crate::api::Writer;
use crate::apply::census::Census;
use crate::apply::object::{Ended, Hands, Stage};
use crate::apply::report::{Cause, Outcome, Report, Row, Skip, Verification};
use crate::apply::stop::Stop;
use crate::apply::verify::Expectation;
use crate::model::desired::{Desired, Limits};
use crate::model::names::Locale;
use crate::plan::change::{Action, Step};

pub mod census;
pub mod document;
pub mod object;
pub mod report;
pub mod stop;
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
///   object's work, a signal.
/// - A failure does not stop independent work. A replaced object is retired only after everything
///   else for its key is done; removals come after creations and changes.
///
/// # Caveats
/// A run that is dropped (not ended by `stop`) leaves whatever was in flight as it is. Running
/// again is always right: it plans from what the org holds.
pub async fn run(writer: &Writer, job: Job<'_>, stop: &Stop, tell: &dyn Fn(Event<'_>)) -> Report {
    let Job { steps, settled, desired, limits } = job;
    let default_locale = &desired.settings.default_locale;
    let reader = writer.reader();
    let census = Census::new(&reader, default_locale);
    let hands = Hands { writer, census: &census, stop };
    let mut ended: Vec<Option<Row>> = vec![None; steps.len()];
    for phase in PHASES {
        let indices: Vec<usize> = (0..steps.len()).filter(|index| phase.contains(&steps[*index].action())).collect();
        carry_out_all(&hands, &steps, &indices, &mut ended, default_locale, tell).await;
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
    } else if stop.asked().is_some() {
        Verification::Interrupted
    } else {
        tell(Event::Verifying);
        let expectation = Expectation { desired, limits };
        tokio::select! {
            verification = verify::verify(&reader, &expectation, &steps, &mut rows, &settled) => verification,
            () = stop.clone().come() => Verification::Interrupted,
        }
    };
    rows.extend(settled);
    Report { verification, interrupted: stop.asked(), ..Report::of(rows, default_locale.clone()) }
}

/// What runs together. Creations and changes first: agents can move before anything disappears.
const PHASES: [&[Action]; 3] =
    [&[Action::Create, Action::Reactivate, Action::Update], &[Action::Replace], &[Action::Deactivate, Action::Delete]];

async fn carry_out_all(
    hands: &Hands<'_>,
    steps: &[Step],
    indices: &[usize],
    ended: &mut [Option<Row>],
    default_locale: &Locale,
    tell: &dyn Fn(Event<'_>),
) {
    let stages: Vec<Cell<Stage>> = indices.iter().map(|_| Cell::new(Stage::Waiting)).collect();
    let blocked: Vec<bool> = indices.iter().map(|index| is_blocked(&steps[*index], ended)).collect();
    {
        let mut work = stream::iter(indices.iter().zip(&stages).zip(&blocked))
            .map(|((index, stage), blocked)| async move {
                let step = &steps[*index];
                if *blocked {
                    let skip = step.key().cloned().map_or(Skip::Interrupted, Skip::Needs);
                    return (*index, Outcome::Skipped(skip).into());
                }
                tell(Event::Started(step));
                let work = AssertUnwindSafe(hands.carry_out(step, stage)).catch_unwind();
                (*index, work.await.unwrap_or_else(|_| panicked(stage.get())))
            })
            .buffer_unordered(CONCURRENCY);
        loop {
            let next = tokio::select! {
                next = work.next() => next,
                () = hands.stop.grace_over() => break,
            };
            let Some((index, end)) = next else { break };
            let row = row_of(&steps[index], end, default_locale);
            tell(Event::Finished(&row));
            ended[index] = Some(row);
        }
    }
    // What was still in flight when the time was over.
    for (index, stage) in indices.iter().zip(&stages) {
        if ended[*index].is_none() {
            let outcome = cut_off(stage.get());
            let row = row_of(&steps[*index], outcome.into(), default_locale);
            tell(Event::Finished(&row));
            ended[*index] = Some(row);
        }
    }
}

/// An object whose place is taken stays until what takes its place is there.
fn is_blocked(step: &Step, ended: &[Option<Row>]) -> bool {
    let Step::Replace(key, _) = step else { return false };
    ended.iter().flatten().any(|row| row.key.as_ref() == Some(key) && !row.outcome.is_success())
}

fn row_of(step: &Step, end: Ended, default_locale: &Locale) -> Row {
    let Ended { outcome, id } = end;
    let mut row = Row::of(step, step.name(default_locale).cloned(), outcome);
    row.id = row.id.or(id);
    row
}

fn panicked(stage: Stage) -> Ended {
    let cause = Cause {
        message: "presencectl itself failed while it worked on this object".to_owned(),
        help: Some("this is a bug in presencectl: please report it; running again is safe".to_owned()),
        correlation_id: None,
    };
    match stage {
        Stage::Waiting | Stage::Reading => Outcome::Failed(cause).into(),
        Stage::Writing => Outcome::Unknown(cause).into(),
    }
}

fn cut_off(stage: Stage) -> Outcome {
    match stage {
        Stage::Waiting | Stage::Reading => Outcome::Skipped(Skip::Interrupted),
        Stage::Writing => Outcome::Unknown(Cause {
            message: "the run was interrupted while this was being written".to_owned(),
            help: Some("run `plan` to see what became of it; running `apply` again is safe".to_owned()),
            correlation_id: None,
        }),
    }
}
