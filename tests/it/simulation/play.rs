//! Plays one seed: runs that may die, with faults and edits; then, in peace, runs until the plan is empty.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use presencectl::api::{Credentials, Endpoints, Options, Session, Wire};
use presencectl::apply::report::{Outcome, Report, Row};
use presencectl::apply::{self, Job};
use presencectl::commands::identity::Identity;
use presencectl::commands::look::{Asked, look};
use presencectl::model::desired::{Desired, Management, Prune};
use presencectl::model::names::{DefinitionId, Locale};
use presencectl::plan::change::Step;
use presencectl::plan::refusal::Refusal;
use presencectl::problem::Heard;
use presencectl::sandbox::definitions::Definition as Held;
use presencectl::sandbox::temper::{CreateDeactivated, LocaleKeys, PutLabels, UniqueLabels};
use presencectl::sandbox::{CLIENT_ID, CLIENT_SECRET, Config, Sandbox, Seed, Temper};
use presencectl::stop::Stop;
use tokio::sync::Notify;

use super::ledger::{LAG_MS, Ledger};
use super::wire::{Death, Moment, Shared, SimulatedWire, Swarm};
use super::world::{Start, chance, one_of};

const START_MS: u64 = 1_764_000_000_000;
/// Within how many runs a world in peace comes to rest.
const RUNS_TO_REST: usize = 4;

/// What became of one seed.
#[derive(Debug, Default)]
pub(super) struct Played {
    pub(super) violations: Vec<String>,
    pub(super) requests: usize,
    pub(super) runs: usize,
    pub(super) deaths: usize,
    pub(super) writes: usize,
    pub(super) refused: usize,
    pub(super) converged: bool,
    pub(super) gaps: usize,
    pub(super) undone: usize,
    pub(super) twins: usize,
    /// How often what happened, for the sum.
    pub(super) tally: BTreeMap<String, u64>,
    /// What happened, for people.
    pub(super) story: String,
}

/// How one process ended.
pub(super) enum End {
    Died,
    /// It could not read the org.
    Failed,
    /// The plan was refused; nothing was written.
    Refused {
        /// Its refusals, in words.
        said: String,
    },
    /// There was nothing to do.
    Nothing,
    Applied(Vec<Step>, Box<Report>),
}

pub(super) struct World {
    pub(super) shared: Arc<Shared>,
    pub(super) start: Start,
}

/// Plays a seed to its end.
pub(super) fn play(seed: u64) -> Played {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut dice = Rng::with_seed(seed);
        let start = Start::of(&mut dice);
        let mut world = World::new(start, dice);
        let mut played = Played::default();
        world.safety(&mut played).await;
        world.liveness(&mut played).await;
        let ledger = world.shared.ledger.lock().unwrap();
        played.violations.extend(ledger.violations.iter().cloned());
        played.requests = ledger.requests;
        played.gaps = ledger.gaps;
        played.undone = ledger.undone;
        played.twins = ledger.twins.len();
        played.tally = std::mem::take(&mut *world.shared.tally.lock().unwrap());
        played
    })
}

impl World {
    pub(super) fn new(start: Start, dice: Rng) -> World {
        let seed = Seed { definitions: start.objects.clone(), users: Some(Vec::new()), ..Seed::default() };
        let config = Config {
            seed,
            temper: start.temper,
            start_unix_ms: Some(START_MS),
            token_seconds: start.token_seconds,
            ..Config::default()
        };
        let sandbox = Sandbox::open(config).unwrap();
        let ledger = sandbox.with(|it| Ledger::new(start.config.clone(), &it.org));
        let shared = Shared {
            sandbox,
            dice: Mutex::new(dice),
            ledger: Mutex::new(ledger),
            swarm: Mutex::new(start.swarm.clone()),
            admin_per_mille: Mutex::new(start.admin_per_mille),
            tally: Mutex::default(),
        };
        World { shared: Arc::new(shared), start }
    }

    fn dice<T>(&self, roll: impl FnOnce(&mut Rng) -> T) -> T {
        roll(&mut self.shared.dice.lock().unwrap())
    }

    async fn safety(&mut self, played: &mut Played) {
        let runs = self.dice(|it| it.usize(1..4));
        for _ in 0..runs {
            let death = self.dice(|it| {
                let moments = [Moment::BeforeSent, Moment::AfterSent, Moment::AfterAnswer];
                chance(it, 40).then(|| Death { at: it.usize(1..30), moment: one_of(it, &moments) })
            });
            self.run(played, death).await;
            let gap_ms = LAG_MS + self.dice(|it| it.u64(1_000..20_000));
            tokio::time::sleep(Duration::from_millis(gap_ms)).await;
        }
    }

    async fn liveness(&mut self, played: &mut Played) {
        *self.shared.swarm.lock().unwrap() = Swarm::default();
        *self.shared.admin_per_mille.lock().unwrap() = 0;
        let mut last = End::Failed;
        for _ in 0..RUNS_TO_REST {
            last = self.run(played, None).await;
            tokio::time::sleep(Duration::from_millis(LAG_MS + 1_000)).await;
            if matches!(last, End::Nothing | End::Refused { .. }) {
                break;
            }
        }
        let satisfied = self.unsatisfied();
        match last {
            End::Nothing => {
                played.converged = true;
                played.violations.extend(satisfied.into_iter().map(|it| format!("the plan is empty, and {it}")));
            }
            // Somebody is told, and has to answer.
            End::Refused { .. } => {}
            End::Applied(_, report) if self.may_never_rest() => {
                if report.is_success() {
                    played.violations.push("it never comes to rest, and every run says that all is done".to_owned());
                }
            }
            End::Applied(_, report) => {
                let rows: Vec<String> = report.rows.iter().map(said).collect();
                played.violations.push(format!("it does not come to rest: {}", rows.join("; ")));
            }
            End::Failed | End::Died => played.violations.push("in peace, the org cannot be read".to_owned()),
        }
    }

    /// Where the org itself refuses something, or takes it otherwise, every time.
    fn may_never_rest(&self) -> bool {
        let Temper { unique_labels, put_labels, create_deactivated, active_max, locale_keys, .. } = self.start.temper;
        unique_labels != UniqueLabels::Never
            || put_labels == PutLabels::Merged
            || create_deactivated == CreateDeactivated::Ignored
            || locale_keys == LocaleKeys::Normalised
            || active_max.is_some()
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
        };
        let _ = writeln!(played.story, "run {run}, {death:?}: {}", end.in_words());
        match &end {
            End::Died => played.deaths += 1,
            End::Refused { .. } => played.refused += 1,
            End::Applied(steps, report) => {
                played.writes += report.rows.iter().filter(|it| it.outcome == Outcome::Done).count();
                let found = self.untrue(run, begin_ms, steps, report);
                played.violations.extend(found.into_iter().map(|it| format!("run {run}: {it}")));
            }
            End::Failed | End::Nothing => {}
        }
        end
    }

    fn session(&self, wire: Arc<dyn Wire>) -> Session {
        let credentials = Credentials::Client { id: CLIENT_ID.to_owned(), secret: CLIENT_SECRET.into() };
        let endpoints = Endpoints::of_base_url("http://localhost").unwrap();
        let seed = self.dice(|it| it.u64(..));
        Session::new(endpoints, credentials, wire, Options { seed, ..Options::default() })
    }

    /// What `apply` does.
    async fn process(&self, run: usize, session: Session) -> End {
        let config = &self.start.config;
        let limits = config.settings.limits;
        let identity = Identity { meant: None, name: None, must_be_known: true };
        let api = self.start.api;
        let asked = Asked { desired: config, limits, identity, api, usage: false, sandbox: false };
        let mut heard = Heard { org: None, sandbox: false };
        let Ok(look) = look(&session.reader(), &asked, &mut heard).await else { return End::Failed };
        self.shared.ledger.lock().unwrap().planned(run, &look.observed);
        if !look.plan.refusals.is_empty() {
            let said: Vec<String> = look.plan.refusals.iter().map(Refusal::message).collect();
            let answers = look.plan.refusals.iter().flat_map(Refusal::answers).flat_map(|it| it.lines);
            return End::Refused { said: said.into_iter().chain(answers).collect::<Vec<_>>().join("; ") };
        }
        if look.plan.changes.is_empty() {
            return End::Nothing;
        }
        let steps: Vec<Step> = look.plan.changes.into_iter().map(|it| it.step).collect();
        let job = Job {
            steps: steps.clone(),
            withheld: Vec::new(),
            settled: Vec::new(),
            desired: config,
            limits: &limits,
            observed: &look.observed,
            aim: apply::Aim::Config,
        };
        let (_sender, stop) = Stop::new();
        let report = apply::run(&session.speaking(look.target.generation), job, &stop, &|_| {}).await;
        End::Applied(steps, Box::new(report))
    }

    /// Everything in a report that is not what really happened.
    fn untrue(&self, run: usize, begin_ms: u64, steps: &[Step], report: &Report) -> Vec<String> {
        let ledger = self.shared.ledger.lock().unwrap();
        let mut found = Vec::new();
        if report.rows.len() != steps.len() {
            found.push(format!("{} steps have {} rows", steps.len(), report.rows.len()));
        }
        for (step, row) in steps.iter().zip(&report.rows) {
            let name = step.after().labels.get(&self.start.config.settings.default_locale).map(ToString::to_string);
            let made = (step.system_presence().as_str(), name.as_deref());
            let writes = ledger.writes(run, step.id().map(DefinitionId::as_str), made);
            let is_so = || {
                let id = row.id.as_ref().map(DefinitionId::as_str);
                id.is_some_and(|id| ledger.was_ever(run, id, |held| self.is_after(step, held)))
            };
            let is_true = match &row.outcome {
                Outcome::Done | Outcome::AlreadySo | Outcome::Overwritten(_) => is_so(),
                Outcome::Failed(_) | Outcome::Refused(_) | Outcome::Skipped(_) => writes == 0,
                Outcome::Differs(_) | Outcome::NotVisibleYet | Outcome::Unknown(_) => true,
            };
            if !is_true {
                found.push(format!("the report is not true ({writes} writes): {}", said(row)));
            }
        }
        // After a success in peace the org is as the config says.
        if report.is_success() && !ledger.was_edited_since(begin_ms.saturating_sub(LAG_MS)) {
            found.extend(self.unsatisfied().into_iter().map(|it| format!("all is said to be done, and {it}")));
        }
        found
    }

    /// Is a definition what a step makes of it?
    fn is_after(&self, step: &Step, held: Option<&Held>) -> bool {
        let Some(held) = held else { return step.action().is_removal() };
        if step.action().is_removal() {
            return held.deactivated;
        }
        let scope = &self.start.config.settings.scope;
        let wanted = step.after();
        let mut labels = Ledger::labels(held);
        labels.retain(|locale, _| scope.covers(&Locale::new(locale.as_str())));
        let expected: BTreeMap<String, String> =
            wanted.labels.iter().map(|(a, b)| (Ledger::folded(a.as_str()), b.to_string())).collect();
        !held.deactivated && labels == expected
    }

    /// In what the org is not as the config says. Told apart from the plan: by counting what is there.
    pub(super) fn unsatisfied(&self) -> Vec<String> {
        let config: &Desired = &self.start.config;
        let default_locale = &config.settings.default_locale;
        let all: Vec<_> = self.shared.sandbox.with(|it| it.org.definitions().iter().cloned().collect());
        let own = || all.iter().filter(|it| !it.primary);
        let mut found = Vec::new();
        let mut taken = Vec::new();
        for wanted in config.definitions.values() {
            let pinned = |id: &str| wanted.pin.as_ref().is_some_and(|pin| pin.as_str() == id);
            let label = wanted.default_label(default_locale).map(ToString::to_string);
            let called = |it: &Held| {
                it.system_presence == wanted.system_presence.as_str()
                    && Ledger::labels(it).get("en_us") == label.as_ref()
            };
            let is_it = |it: &Held| {
                if wanted.pin.is_some() { pinned(&it.id) } else { called(it) }
            };
            let active: Vec<_> = own().filter(|it| !it.deactivated && is_it(it)).collect();
            taken.extend(own().filter(|it| is_it(it)).map(|it| it.id.clone()));
            if wanted.management == Management::Omitted {
                // It may be under an earlier label still.
                let earlier = |it: &&Held| {
                    let label = Ledger::labels(it).remove("en_us");
                    wanted.previous_labels.iter().any(|previous| Some(previous.to_string()) == label)
                };
                taken.extend(own().map(|it| &**it).filter(earlier).map(|it| it.id.clone()));
                continue;
            }
            if wanted.deactivated {
                if wanted.pin.is_some() && !active.is_empty() {
                    found.push(format!("`{}` is active", wanted.key));
                }
                continue;
            }
            let Some(it) = active.first() else {
                found.push(format!("`{}` is not there", wanted.key));
                continue;
            };
            let mut labels = Ledger::labels(it);
            labels.retain(|locale, _| config.settings.scope.covers(&Locale::new(locale.as_str())));
            let expected: BTreeMap<String, String> = wanted
                .labels
                .iter()
                .filter(|(locale, _)| config.settings.scope.covers(locale))
                .map(|(a, b)| (Ledger::folded(a.as_str()), b.to_string()))
                .collect();
            if labels != expected {
                found.push(format!("`{}` has the labels {labels:?}", wanted.key));
            }
        }
        if config.settings.prune == Prune::Delete {
            let protected = |id: &str| config.protect.keys().any(|it| it.as_str() == id);
            let left = own().filter(|it| !it.deactivated && !taken.contains(&it.id) && !protected(&it.id));
            found.extend(left.map(|it| format!("{} ({:?}) is left", it.id, it.labels)));
        }
        found
    }
}

impl End {
    fn in_words(&self) -> String {
        match self {
            End::Died => "died".to_owned(),
            End::Failed => "could not read the org".to_owned(),
            End::Refused { said } => format!("the plan is refused: {said}"),
            End::Nothing => "nothing to do".to_owned(),
            End::Applied(_, report) => report.rows.iter().map(said).collect::<Vec<_>>().join("; "),
        }
    }
}

/// A row in a few words.
fn said(row: &Row) -> String {
    let key = row.key.as_ref().map_or("?", |it| it.as_str());
    let id = row.id.as_ref().map_or("-", |it| it.as_str());
    let why = row.outcome.in_words().unwrap_or_default();
    format!("{} {key} {id} {} {why}", row.action.verb(), row.outcome.kind().code())
}
