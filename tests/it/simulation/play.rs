//! Plays one seed: runs that may die, with faults and edits; then, in peace, runs until the plan is empty.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use presencectl::client::{Credentials, Endpoints, Options, Session, Wire};
use presencectl::host::stop::Stop;
use presencectl::model::desired::Management;
use presencectl::model::moment::Moment;
use presencectl::model::problem::KnownOrg;
use presencectl::ops::apply::report::{Outcome, Report, ReportRow, Unseen};
use presencectl::ops::apply::{self, ApplyJob, Wait};
use presencectl::ops::plan_org::{held_against, plan_org};
use presencectl::plan::blocker::Blocker;
use presencectl::plan::change::{Held, Step};
use presencectl::plan::plan_by;
use presencectl::sandbox::{CLIENT_ID, CLIENT_SECRET, Sandbox, SandboxConfig, Seed};
use tokio::sync::Notify;

use super::kept::Folder;
use super::ledger::Ledger;
use super::truth::{as_text, said};
use super::wire::{Death, Shared, SimulatedWire, Swarm};
use super::world::Start;
use crate::paper::asked;

pub(super) const START_MS: u64 = 1_764_000_000_000;
/// Within how many runs a world in peace comes to rest.
const RUNS_TO_REST: usize = 4;
/// One run takes no longer: a week, for waits of hours and a few requests a minute.
const RUN_MS_MAX: u64 = 7 * 86_400_000;
/// Counted, and played by some seed.
pub(super) const SAID_TO_BE_NEW: &str = "made anew beside something alike";

/// Counted for runs with reports: a create is not planned because an earlier run made its object,
pub(super) const HELD: &str = "held, since an earlier run made it";
/// or waits since one may have.
pub(super) const WAITED: &str = "waited, since an earlier run may have made it";

/// What became of one seed.
#[derive(Debug, Default)]
pub(super) struct Played {
    pub(super) violations: Vec<String>,
    pub(super) requests: usize,
    pub(super) runs: usize,
    pub(super) deaths: usize,
    pub(super) writes: usize,
    pub(super) refused: usize,
    pub(super) rest: Rest,
    pub(super) gaps: usize,
    pub(super) undone: usize,
    /// Writes over what a read by id had not shown yet.
    pub(super) late: usize,
    pub(super) twins: usize,
    /// How many of them were both in use at the end.
    pub(super) twins_in_use: usize,
    /// How often a run used up the rate limit of a minute.
    pub(super) full: u64,
    /// How often what happened, for the sum.
    pub(super) tally: BTreeMap<String, u64>,
    /// What happened, for people.
    pub(super) story: String,
}

/// How a world in peace ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Rest {
    /// Something is wrong.
    #[default]
    Never,
    /// There is nothing left to do.
    Converged,
    /// The plan is refused, and says why.
    Told,
    /// The org refuses something or stores it differently every time, and the report shows it.
    Stuck,
}

/// How one process ended.
pub(super) enum End {
    Died,
    /// It could not read the org.
    Failed,
    /// The plan was refused; nothing was written.
    Refused {
        blockers: Vec<Blocker>,
        /// The steps that it would still do.
        steps: Vec<Step>,
        /// Its blockers, in words.
        said: String,
    },
    /// There was nothing to do.
    Nothing,
    Applied(Vec<Step>, Box<Report>),
}

pub(super) struct World {
    pub(super) shared: Arc<Shared>,
    pub(super) start: Start,
    /// The folder of reports, of runs that keep them.
    pub(super) kept: Option<Folder>,
}

/// Plays a seed to its end.
pub(super) fn play(seed: u64) -> Played {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut dice = Rng::with_seed(seed);
        let start = Start::of(&mut dice);
        let mut world = World::new(start, dice);
        let mut played = Played::default();
        world.introduce(&mut played);
        world.safety(&mut played).await;
        world.liveness(&mut played).await;
        world.close(&mut played);
        played
    })
}

impl End {
    fn did_some_and_not_all(&self) -> bool {
        let End::Applied(_, report) = self else { return false };
        let is_done = |row: &ReportRow| row.outcome == Outcome::Done;
        report.rows.iter().any(is_done) && report.rows.iter().any(|it| matches!(it.outcome, Outcome::Failed(_)))
    }
}

impl World {
    pub(super) fn new(start: Start, dice: Rng) -> World {
        let seed = Seed { definitions: start.objects.clone(), users: Some(Vec::new()), ..Seed::default() };
        let config = SandboxConfig {
            seed,
            behavior: start.behavior,
            start_unix_ms: Some(START_MS),
            token_seconds: start.token_seconds,
            ..SandboxConfig::default()
        };
        let sandbox = Sandbox::open(config).unwrap();
        let requests_per_minute = start.requests_per_minute.get();
        let ledger = sandbox.with(|it| Ledger::new(start.config.clone(), &it.org, requests_per_minute, start.apart_ms));
        let shared = Shared {
            sandbox,
            dice: Mutex::new(dice),
            ledger: Mutex::new(ledger),
            swarm: Mutex::new(start.swarm.clone()),
            admin_per_mille: Mutex::new(start.admin_per_mille),
            tally: Mutex::default(),
            trace: Mutex::new(super::variable("PRESENCECTL_SEED").map(|_| String::new())),
        };
        World { shared: Arc::new(shared), start, kept: None }
    }

    /// The start of the trace for a single seed.
    pub(super) fn introduce(&self, played: &mut Played) {
        if self.shared.trace.lock().unwrap().is_none() {
            return;
        }
        let Start { config, objects, behavior, api, .. } = &self.start;
        let _ = writeln!(played.story, "{behavior:?}\n{api:?}\n{:?}, {:?}", config.settings, config.protect);
        for object in objects {
            let _ = writeln!(played.story, "  {object}");
        }
        for it in config.definitions.values() {
            let (labels, pin) = (as_text(&it.labels), it.pin.as_ref().map(ToString::to_string));
            let _ = writeln!(
                played.story,
                "  {}: {} {labels:?}, {:?}, deactivated: {}, previous: {:?}, new: {}, replaces: {:?}, pin: {pin:?}",
                it.key, it.system_presence, it.management, it.deactivated, it.previous_labels, it.new, it.replaces
            );
        }
    }

    /// What was counted on the way.
    pub(super) fn close(&self, played: &mut Played) {
        let ledger = self.shared.ledger.lock().unwrap();
        played.violations.extend(ledger.violations.iter().cloned());
        played.requests = ledger.requests;
        played.gaps = ledger.gaps;
        played.undone = ledger.undone;
        played.late = ledger.late;
        played.twins = ledger.twins.len();
        played.full = ledger.full;
        played.tally = std::mem::take(&mut *self.shared.tally.lock().unwrap());
    }

    pub(super) fn dice<T>(&self, roll: impl FnOnce(&mut Rng) -> T) -> T {
        roll(&mut self.shared.dice.lock().unwrap())
    }

    async fn safety(&mut self, played: &mut Played) {
        let runs = self.dice(|it| it.usize(1..4));
        for _ in 0..runs {
            let death = self.dice(Death::perhaps);
            self.run(played, death).await;
            let gap_ms = self.start.apart_ms + self.dice(|it| it.u64(1_000..20_000));
            tokio::time::sleep(Duration::from_millis(gap_ms)).await;
        }
    }

    /// Faults and edits end: runs until nothing is left to do, or the output explains why not.
    pub(super) async fn liveness(&mut self, played: &mut Played) {
        *self.shared.swarm.lock().unwrap() = Swarm::default();
        *self.shared.admin_per_mille.lock().unwrap() = 0;
        let mut last = End::Failed;
        let (mut counted, mut in_part) = (0, 0);
        while counted < RUNS_TO_REST {
            last = self.run(played, None).await;
            tokio::time::sleep(Duration::from_millis(self.start.apart_ms + 1_000)).await;
            if matches!(last, End::Nothing | End::Refused { .. }) {
                break;
            }
            // If the allowance is less than two lists need, a run creates one object, and the list is too old for the
            // next.
            if last.did_some_and_not_all() && in_part < self.start.config.definitions.len() {
                in_part += 1;
            } else {
                counted += 1;
            }
        }
        for (first, second) in self.twins_in_use() {
            played.twins_in_use += 1;
            let is_told = |said: &str| said.contains(&first) && said.contains(&second);
            if !matches!(&last, End::Refused { said, .. } if is_told(said)) {
                played.violations.push(format!("{first} and {second} are twins, and the next plan names not both"));
            }
        }
        match last {
            End::Nothing => {
                played.rest = Rest::Converged;
                played
                    .violations
                    .extend(self.lacks().into_iter().map(|it| format!("the plan is empty, and {}", it.what)));
            }
            // A person has to answer a question.
            End::Refused { .. } => played.rest = Rest::Told,
            End::Applied(steps, report) => {
                played.rest = Rest::Stuck;
                played.violations.extend(self.unexcused(&steps, &report));
            }
            End::Failed | End::Died => played.violations.push("in peace, the org cannot be read".to_owned()),
        }
    }

    /// Twins that are both active, and that the config means both.
    fn twins_in_use(&self) -> Vec<(String, String)> {
        let ledger = self.shared.ledger.lock().unwrap();
        self.shared.sandbox.with(|it| {
            let active = |id: &str| it.org.definitions().get(id).filter(|it| !it.deactivated);
            let in_use = ledger.twins.iter().filter(|twins| {
                let (Some(first), Some(second)) = (active(&twins.first.0), active(&twins.second.0)) else {
                    return false;
                };
                let mut all = self.start.config.definitions.values().filter(|it| it.management == Management::Managed);
                all.any(|it| it.pin.is_none() && self.is_it(it, first) && self.is_it(it, second))
            });
            in_use.map(|it| (it.first.0.clone(), it.second.0.clone())).collect()
        })
    }

    /// One process, from its start to its end.
    pub(super) async fn run(&self, played: &mut Played, death: Option<Death>) -> End {
        played.runs += 1;
        let run = played.runs;
        let dead = Arc::new(Notify::new());
        let begin_ms = self.shared.sandbox.now_ms();
        self.shared.ledger.lock().unwrap().begin(run, begin_ms);
        let wire = SimulatedWire {
            shared: Arc::clone(&self.shared),
            run,
            death,
            dead: Arc::clone(&dead),
            count: Mutex::new(0),
            tokens: Mutex::new(0),
            list_began: Mutex::new(0),
        };
        let session = self.session(Arc::new(wire));
        let end = tokio::select! {
            () = dead.notified() => End::Died,
            end = self.process(run, session) => end,
            () = tokio::time::sleep(Duration::from_millis(RUN_MS_MAX)) => {
                played.violations.push(format!("run {run} does not end within {RUN_MS_MAX} ms"));
                End::Died
            }
        };
        if let Some(trace) = &mut *self.shared.trace.lock().unwrap() {
            played.story.push_str(&std::mem::take(trace));
        }
        let _ = writeln!(played.story, "run {run}, {death:?}: {}", end.in_words());
        match &end {
            End::Died => played.deaths += 1,
            End::Refused { blockers, steps, said: _ } => {
                played.refused += 1;
                let found = self.without_cause(run, blockers, steps);
                played.violations.extend(found.into_iter().map(|it| format!("run {run}: {it}")));
            }
            End::Applied(steps, report) => {
                played.writes += report.rows.iter().filter(|it| it.outcome == Outcome::Done).count();
                let found = self.untrue(run, begin_ms, steps, report);
                played.violations.extend(found.into_iter().map(|it| format!("run {run}: {it}")));
            }
            End::Failed | End::Nothing => {}
        }
        if matches!(end, End::Refused { .. } | End::Failed | End::Nothing)
            && self.shared.ledger.lock().unwrap().has_written(run)
        {
            played.violations.push(format!("run {run} wrote, and says: {}", end.in_words()));
        }
        end
    }

    fn session(&self, wire: Arc<dyn Wire>) -> Session {
        let credentials = Credentials::Client { id: CLIENT_ID.to_owned(), secret: CLIENT_SECRET.into() };
        let endpoints = Endpoints::of_base_url("http://localhost").unwrap();
        let seed = self.dice(|it| it.u64(..));
        let requests_per_minute = self.start.requests_per_minute;
        Session::new(endpoints, credentials, wire, Options { seed, requests_per_minute })
    }

    /// What `apply` does.
    async fn process(&self, run: usize, session: Session) -> End {
        let config = &self.start.config;
        let limits = config.settings.limits;
        let api = self.start.api;
        let asked = asked(config, limits, api);
        let mut known_org = KnownOrg { org: None, sandbox: false };
        let Ok(mut planned) = plan_org(&session.reader(), &asked, &mut known_org).await else { return End::Failed };
        self.shared.ledger.lock().unwrap().planned(run, &planned.observed);
        let shared = Arc::clone(&self.shared);
        let now = move || Moment::from_unix_ms(shared.sandbox.now_ms());
        if let Some(kept) = &self.kept {
            let reader = session.speaking(planned.target.generation).reader();
            let evidence = kept.evidence(&planned.plan, &planned.observed);
            planned.plan = plan_by(config, &planned.observed, &limits, &evidence);
            (planned.plan, _) = held_against(&reader, planned.plan, &kept.sent(now()), config, &planned.observed).await;
        }
        let held: Vec<Step> = planned.plan.held.iter().map(|it| it.change.step.clone()).collect();
        let unseen = Outcome::NotVisibleYet(Unseen::List { may_be_hidden: false, may_be_changed: false });
        let row =
            |it: &Held| ReportRow { id: Some(it.id.clone()), ..ReportRow::of(&it.change.step, None, unseen.clone()) };
        let resolved: Vec<ReportRow> = planned.plan.held.iter().map(row).collect();
        let waits: Vec<Wait> = planned.plan.waiting.iter().map(|it| Wait::of(it, now())).collect();
        self.shared.count_if(HELD, !held.is_empty());
        self.shared.count_if(WAITED, !waits.is_empty());
        let steps: Vec<Step> = planned.plan.changes.into_iter().map(|it| it.step).collect();
        if !planned.plan.blockers.is_empty() {
            let said: Vec<String> = planned.plan.blockers.iter().map(Blocker::message).collect();
            let answers = planned.plan.blockers.iter().flat_map(Blocker::answers).flat_map(|it| it.lines);
            let said = said.into_iter().chain(answers).collect::<Vec<_>>().join("; ");
            return End::Refused { blockers: planned.plan.blockers, steps, said };
        }
        if steps.is_empty() {
            return End::Nothing;
        }
        if steps.iter().any(|it| self.is_said_to_be_new(it)) {
            self.shared.count(SAID_TO_BE_NEW);
        }
        let before_post = self.kept.as_ref().map(|it| it.begin(&steps, self, now.clone()));
        let job = ApplyJob {
            steps: steps.clone(),
            blocked: held,
            resolved,
            desired: config,
            limits: &limits,
            observed: &planned.observed,
            aim: apply::Aim::Config,
            waits,
            before_post,
        };
        let (_sender, stop) = Stop::new();
        let report = apply::run(&session.speaking(planned.target.generation), job, &stop, &|_| {}).await;
        if let Some(kept) = &self.kept {
            kept.end(&report, &self.start, now());
        }
        End::Applied(steps, Box::new(report))
    }

    /// Is it made although something looks like it, since the config says `new: true`?
    fn is_said_to_be_new(&self, step: &Step) -> bool {
        let Step::Create(create) = step else { return false };
        self.start.config.definitions.get(&create.key).is_some_and(|it| it.new)
    }
}

impl End {
    fn in_words(&self) -> String {
        match self {
            End::Died => "died".to_owned(),
            End::Failed => "could not read the org".to_owned(),
            End::Refused { said, .. } => format!("the plan is refused: {said}"),
            End::Nothing => "nothing to do".to_owned(),
            End::Applied(_, report) => report.rows.iter().map(said).collect::<Vec<_>>().join("; "),
        }
    }
}
