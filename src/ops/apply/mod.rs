//! Runs the steps of a plan and reports every object. Progress is reported as events. Nothing is printed.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream};
use tokio::time::Instant;

use crate::client::{Session, WriteGuard};
use crate::host::stop::Stop;
use crate::model::desired::{Desired, Limits};
use crate::model::moment::Moment;
use crate::model::names::{Key, Label, Locale, SystemPresence};
use crate::model::observed::Observed;
use crate::model::problem::Problem;
use crate::model::text;
use crate::ops::apply::division_check::DivisionCheck;
use crate::ops::apply::existing::ExistingDefinitions;
use crate::ops::apply::needed::{Needed, in_short};
use crate::ops::apply::object::{ObjectContext, ObjectResult, WaitUntil, WriteEvidence};
use crate::ops::apply::report::{Outcome, RUN_AGAIN_LATER, Report, ReportRow, Skip, Verification};
use crate::ops::apply::verify::{Expectation, VerifyLook};
use crate::plan::change::{Create, Step, Waiting};
use crate::plan::order::{Because, Order};

pub mod division_check;
pub mod existing;
pub mod needed;
pub mod object;
pub mod outcome;
pub mod refused_label;
pub mod report;
pub mod verify;

/// The number of objects that are processed concurrently. The rate limiter bounds the requests. This bounds what is in
/// flight when something fails.
pub const CONCURRENCY: u32 = 8;

/// The input of a run: steps, never reasons.
pub struct ApplyJob<'a> {
    /// The steps, in the order of the plan.
    pub steps: Vec<Step>,
    /// Steps that a saved plan does not allow. Steps that need one of them are skipped.
    pub blocked: Vec<Step>,
    /// Rows from before the run: what a saved plan refuses or no longer needs.
    pub resolved: Vec<ReportRow>,
    /// The config, to verify afterwards that the plan is empty.
    pub desired: &'a Desired,
    pub limits: &'a Limits,
    pub observed: &'a Observed,
    /// The expected state afterwards.
    pub aim: Aim,
    /// Creates that wait, because an earlier run may have made their objects.
    pub waits: Vec<Wait>,
    /// Called right before each POST is sent.
    pub before_post: Option<BeforePost>,
}

impl Wait {
    pub fn of(waiting: &Waiting, now: Moment) -> Wait {
        Wait { key: waiting.key.clone(), time: now.until(waiting.until), sent: waiting.sent.clone() }
    }
}

/// The work right before a POST is sent.
pub type BeforePost = Arc<dyn Fn(&Create) + Send + Sync>;

/// A create that waits for the list. It runs after everything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    pub key: Key,
    /// The time since the start of this run.
    pub time: Duration,
    pub sent: Vec<(SystemPresence, Label)>,
}

/// The expectation of the verification after a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// The plan of the config is empty.
    Config,
    /// Each step's object is as the step wants it, for a run without a config.
    Steps,
}

/// The progress of a run.
#[derive(Debug, Clone, Copy)]
pub enum ApplyEvent<'a> {
    Started(&'a Step),
    Finished(&'a ReportRow),
    /// Everything else is done. Has the longest time to wait for objects that an earlier run may have made.
    Waiting(Duration),
    /// All objects are done, and the org is read again.
    Verifying,
}

/// Runs a job.
///
/// # Guarantees
/// - Every step has a row in the report, even after a failure, a panic in one object's work or in the verification, or
///   a signal.
/// - After a signal, no write is passed to the wire. Requests in flight get [`GRACE_MS`](crate::host::stop::GRACE_MS).
/// - Steps run in the order of [`Order`]. A step never runs at the same time as one that it needs. If that one was not
///   done (failed, refused, skipped, unknown, or not part of this run), it is skipped with that reason.
/// - So an org that demands unique labels refuses no write of a plan without a cycle for the label of another of its
///   definitions. A cycle is tried as it is. No agent ever sees a label that is in no config. If the org refuses it,
///   the report names it.
/// - A replaced object is deactivated only after everything else for its key. Removals that free nothing come last.
/// - A failure does not stop work that does not need it.
///
/// # Caveats
/// A run that is dropped instead of ended by `stop` leaves everything in flight as it is. Running again is always safe:
/// it plans from the org's current state.
pub async fn run(session: &Session, job: ApplyJob<'_>, stop: &Stop, tell: &dyn Fn(ApplyEvent<'_>)) -> Report {
    let ApplyJob { steps, blocked, mut resolved, desired, limits, observed, aim, waits, before_post } = job;
    let begun = Instant::now();
    let default_locale = &desired.settings.default_locale;
    let reader = session.reader();
    let existing = ExistingDefinitions::new(&reader, desired, &steps);
    let context = ApplyContext { session, existing: &existing, stop };
    let division_check = stop.until_asked(DivisionCheck::before(&reader, &steps)).await.unwrap_or_default();
    let until = |step: &Step| {
        let wait = waits.iter().find(|it| matches!(step, Step::Create(create) if create.key == it.key))?;
        Some(WaitUntil { at: begun + wait.time, sent: &wait.sent, observed })
    };
    let guard = |step: &Step| match (step, &before_post) {
        (Step::Create(create), Some(before)) => {
            let (create, before) = (create.clone(), Arc::clone(before));
            WriteGuard::new(stop).before_each(Arc::new(move || before(&create)))
        }
        _ => WriteGuard::new(stop),
    };
    let known: Vec<&Step> = steps.iter().chain(&blocked).collect();
    let order = Order::of(known.iter().copied(), observed);
    let mut ended: Vec<Option<(ReportRow, WriteEvidence)>> = vec![None; steps.len()];
    let late = late(&steps, &order, &|step| until(step).is_some());
    let is_late = |index: &usize| late.contains(index);
    // Waiting steps, and steps that need them, come last.
    for (wave, waits) in order.waves().iter().map(|it| (it, false)).chain(order.waves().iter().map(|it| (it, true))) {
        let is_now = |index: &usize| *index < steps.len() && is_late(index) == waits;
        let indices: Vec<usize> = wave.iter().copied().filter(is_now).collect();
        let work = indices.iter().map(|index| {
            let undone =
                |step: usize| !ended.get(step).and_then(Option::as_ref).is_some_and(|(it, _)| it.outcome.is_success());
            let need = order.needs(*index).iter().find(|need| undone(need.step));
            let needed = need.map(|it| Needed::of(known[it.step], default_locale, it.because.clone()));
            let advice = label_cycle_advice(&order, &known, *index, default_locale);
            let one = known[*index];
            StepWork { step: one, needed, advice, until: until(one), guard: guard(one) }
        });
        let work: Vec<StepWork<'_>> = work.collect();
        let left =
            work.iter().filter_map(|it| it.until.as_ref()).map(|it| it.at.saturating_duration_since(Instant::now()));
        if let Some(left) = left.max().filter(|it| !it.is_zero()) {
            tell(ApplyEvent::Waiting(left));
        }
        let rows = execute_all(&context, &work, default_locale, tell).await;
        for (index, row) in indices.into_iter().zip(rows) {
            ended[index] = Some(row);
        }
    }
    let interrupted = |step| row_of(step, Outcome::Skipped(Skip::Interrupted).into(), default_locale);
    let ended = ended.into_iter().zip(&steps).map(|(row, step)| row.unwrap_or_else(|| interrupted(step)));
    let (mut rows, evidence): (Vec<ReportRow>, Vec<WriteEvidence>) = ended.unzip();
    let verification = if rows.is_empty() && resolved.is_empty() {
        Verification::NotNeeded
    } else {
        let expectation = match aim {
            Aim::Config => Expectation::EmptyPlan { desired, limits },
            Aim::Steps => Expectation::AsAfter,
        };
        let look =
            VerifyLook { reader: &reader, expectation, planned_from: observed, existing: &existing, default_locale };
        let look = async {
            tell(ApplyEvent::Verifying);
            look.verify(&steps, &mut rows, &evidence, &mut resolved).await
        };
        match stop.until_asked(AssertUnwindSafe(look).catch_unwind()).await {
            Some(Ok(verification)) => verification,
            Some(Err(_)) => Verification::Failed(bug("read the org again")),
            None => Verification::Interrupted,
        }
    };
    if !matches!(verification, Verification::InSync | Verification::Drifted { .. }) {
        verify::unconfirmed(&mut rows, &evidence);
    }
    let divisions_unread = stop.until_asked(division_check.after(&reader, &steps, &mut rows)).await.flatten();
    verify::tell_what_is_shown_by_now(&mut rows, &resolved);
    rows.extend(resolved);
    let rows = rows.into_iter().map(|row| row.with_place(desired)).collect();
    let interrupted = stop.asked();
    let divisions = observed.divisions.clone();
    Report { verification, divisions_unread, interrupted, divisions, ..Report::of(rows, default_locale.clone()) }
}

/// Runs one step outside a plan. Returns its row, and why its division is not known after the write, if so.
///
/// # Guarantees
/// Those of [`run`] for one object. There is no verification afterwards: the caller decides about it.
pub async fn alone(session: &Session, single: Step, desired: &Desired, stop: &Stop) -> (ReportRow, Option<Problem>) {
    let reader = session.reader();
    let steps = [single];
    let existing = ExistingDefinitions::new(&reader, desired, &steps);
    let context = ApplyContext { session, existing: &existing, stop };
    let default_locale = &desired.settings.default_locale;
    let division_check = stop.until_asked(DivisionCheck::before(&reader, &steps)).await.unwrap_or_default();
    let work = steps.each_ref().map(|step| StepWork {
        step,
        needed: None,
        advice: None,
        until: None,
        guard: WriteGuard::new(stop),
    });
    let ended = execute_all(&context, &work, default_locale, &|_| {}).await;
    let mut rows: Vec<ReportRow> = ended.into_iter().map(|(row, _)| row).collect();
    let unread = stop.until_asked(division_check.after(&reader, &steps, &mut rows)).await.flatten();
    let [single] = &steps;
    let interrupted = || row_of(single, Outcome::Skipped(Skip::Interrupted).into(), default_locale).0;
    (rows.pop().unwrap_or_else(interrupted), unread)
}

/// What the work on all objects shares.
struct ApplyContext<'a> {
    session: &'a Session,
    existing: &'a ExistingDefinitions<'a>,
    stop: &'a Stop,
}

/// One running step of a wave.
struct StepWork<'a> {
    step: &'a Step,
    /// A need that is not done.
    needed: Option<Needed>,
    /// What to do if the org refuses it because of other objects.
    advice: Option<String>,
    /// How long it waits.
    until: Option<WaitUntil<'a>>,
    guard: WriteGuard,
}

/// The waiting steps, and those that need one of them.
fn late(steps: &[Step], order: &Order, waits: &dyn Fn(&Step) -> bool) -> BTreeSet<usize> {
    let mut late: BTreeSet<usize> = (0..steps.len()).filter(|it| waits(&steps[*it])).collect();
    // A step is in a later wave than its needs.
    for index in order.waves().iter().flatten().copied().filter(|it| *it < steps.len()) {
        if order.needs(index).iter().any(|it| late.contains(&it.step)) {
            late.insert(index);
        }
    }
    late
}

impl StepWork<'_> {
    async fn end(&self, context: &ApplyContext<'_>, tell: &dyn Fn(ApplyEvent<'_>)) -> ObjectResult {
        // Checked first: a need may only be missing because of the signal.
        if self.guard.is_stopped() {
            return Outcome::Skipped(Skip::Interrupted).into();
        }
        if let Some(needed) = &self.needed {
            return Outcome::Skipped(Skip::Needs(Box::new(needed.clone()))).into();
        }
        tell(ApplyEvent::Started(self.step));
        let writer = context.session.guarded_by(&self.guard).writer();
        let (advice, until) = (self.advice.as_deref(), self.until);
        let object = ObjectContext { writer, existing: context.existing, guard: &self.guard, advice, until };
        let work = AssertUnwindSafe(object.execute(self.step)).catch_unwind();
        work.await.unwrap_or_else(|_| panicked(&self.guard))
    }
}

/// Runs one wave. Returns a row for each step in order, with its evidence.
async fn execute_all(
    context: &ApplyContext<'_>,
    work: &[StepWork<'_>],
    default_locale: &Locale,
    tell: &dyn Fn(ApplyEvent<'_>),
) -> Vec<(ReportRow, WriteEvidence)> {
    let row = |it: &StepWork<'_>, end: ObjectResult| {
        let (row, evidence) = row_of(it.step, end, default_locale);
        let row = ReportRow { correlation_id: it.guard.answered(), ..row };
        tell(ApplyEvent::Finished(&row));
        (row, evidence)
    };
    let mut rows: Vec<Option<(ReportRow, WriteEvidence)>> = vec![None; work.len()];
    {
        let mut ends = stream::iter(work.iter().enumerate())
            .map(|(index, it)| async move { (index, it.end(context, tell).await) })
            .buffer_unordered(CONCURRENCY as usize);
        // One for the whole wave: an object that ends in time does not extend it for the others.
        let mut grace_over = pin!(context.stop.grace_over());
        loop {
            let next = tokio::select! {
                next = ends.next() => next,
                () = &mut grace_over => break,
            };
            let Some((index, end)) = next else { break };
            rows[index] = Some(row(&work[index], end));
        }
    }
    // `None` is an object that was in flight, or had not started, when the time was over.
    let ended = rows.into_iter().zip(work);
    ended.map(|(ended, it)| ended.unwrap_or_else(|| row(it, cut_off(it).into()))).collect()
}

fn row_of(step: &Step, end: ObjectResult, default_locale: &Locale) -> (ReportRow, WriteEvidence) {
    let ObjectResult { outcome, id, evidence } = end;
    let mut row = ReportRow::of(step, step.name(default_locale).cloned(), outcome);
    row.id = row.id.or(id);
    (row, evidence)
}

/// A panic in a report.
pub fn bug(while_it: &str) -> Problem {
    Problem::new(format!("presencectl itself failed while it {while_it}"))
        .help("this is a bug in presencectl: please report it; running again is safe")
}

fn panicked(guard: &WriteGuard) -> ObjectResult {
    let cause = bug("worked on this object");
    let outcome = if guard.has_sent() { Outcome::Unknown(cause) } else { Outcome::Failed(cause) };
    outcome.into()
}

fn cut_off(work: &StepWork<'_>) -> Outcome {
    if !work.guard.has_sent() {
        return Outcome::Skipped(Skip::Interrupted);
    }
    let help = match work.step {
        Step::Create(_) => RUN_AGAIN_LATER,
        _ => "run the same command again: it is safe, and does the rest",
    };
    Outcome::Unknown(Problem::new("the run was interrupted while this was being written").help(help))
}

/// The most members of a label cycle that are named.
const CYCLE_NAMED_MAX: usize = 5;

/// What to do if the org refuses this step for a label that it takes. `None` if it is in no cycle. `steps` are those of
/// the order.
fn label_cycle_advice(order: &Order, steps: &[&Step], step: usize, default_locale: &Locale) -> Option<String> {
    let taken = order.given_up(step).first()?;
    let Because::Frees(locale, label) = &taken.because else { return None };
    let cycle = order.cycles().iter().find(|it| it.contains(&step))?;
    let named = |index: &usize| {
        let step = steps[*index];
        in_short(step.action(), step.key(), step.name(default_locale), step.id())
    };
    let mut members: Vec<String> = cycle.iter().take(CYCLE_NAMED_MAX).map(named).collect();
    if cycle.len() > CYCLE_NAMED_MAX {
        members.push(format!("{} more", cycle.len() - CYCLE_NAMED_MAX));
    }
    let holder = steps[taken.step];
    let id = holder.id().map_or_else(String::new, ToString::to_string);
    Some(format!(
        "definitions swap labels in a circle here ({}); if the org takes each label only once, make two pull requests: \
         the first frees the label {label} ({locale}) of {id} under {}, and the second is the rest",
        text::list(&members, "and"),
        holder.system_presence(),
        label = text::ticked(label)
    ))
}
