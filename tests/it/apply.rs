//! Apply end to end without sockets: the real engine and client against the in-process sandbox, in virtual time. The
//! result is read from the sandbox's own state.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do; clippy knows the tests themselves only")]

mod behaviour;
mod cost;
mod every_fault;
mod lost;
mod odd;
mod order;
mod pace;
mod random;
mod recent;
mod stopped;
mod together;
mod verification;
mod waited;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use presencectl::client::wire::{Exchange, Method, Request};
use presencectl::client::{Credentials, Endpoints, Options, Session, Wire, WireLimits};
use presencectl::host::stop::Stop;
use presencectl::model::desired::{Desired, Limits, Wanted};
use presencectl::model::division::Divisions;
use presencectl::model::generation::Generation;
use presencectl::model::names::{DivisionId, Label};
use presencectl::model::observed::{Definition, Observed, Primary};
use presencectl::model::platform::REQUESTS_PER_MINUTE_DEFAULT;
use presencectl::ops::apply::report::{Outcome, Report, ReportRow};
use presencectl::ops::apply::{Aim, ApplyEvent, ApplyJob, run};
use presencectl::plan::change::Step;
use presencectl::plan::{Plan, plan};
use presencectl::sandbox::{
    CLIENT_ID, CLIENT_SECRET, FaultRule, OrgBehavior, Sandbox, SandboxConfig, Seed, TOKEN, definitions, faults, http,
    router,
};
use serde_json::{Value, json};

use crate::in_process::InProcess;
use crate::paper::{desired, id};

const START_MS: u64 = 1_764_000_000_000;
const DEFINITIONS: &str = "/api/v2/presencedefinitions";
/// What a request takes, so that requests overlap as they do over a network.
const LATENCY_MS: u64 = 20;

/// A config and an org.
#[derive(Clone)]
struct World {
    sandbox: Sandbox,
    wire: Arc<Watched>,
    desired: Desired,
    limits: Limits,
    generation: Generation,
    divisions: Divisions,
    requests_per_minute: NonZeroU32,
    /// The org as it was read last.
    observed: Arc<Mutex<Observed>>,
}

impl World {
    /// These definitions, and an org with these objects (see [`held`]) beside the primaries.
    fn new(wanted: Vec<Wanted>, objects: Vec<Value>) -> World {
        World::behaving(wanted, objects, OrgBehavior::default())
    }

    fn behaving(wanted: Vec<Wanted>, objects: Vec<Value>, behavior: OrgBehavior) -> World {
        World::of(desired(wanted), objects, behavior)
    }

    fn of(desired: Desired, objects: Vec<Value>, behavior: OrgBehavior) -> World {
        let seed = Seed { definitions: objects, ..Seed::default() };
        let config = SandboxConfig { seed, behavior, start_unix_ms: Some(START_MS), ..SandboxConfig::default() };
        let sandbox = Sandbox::open(config).unwrap();
        let wire = Arc::new(Watched {
            inner: InProcess::new(router(sandbox.clone()), WireLimits::default()),
            before: Mutex::default(),
            requests: Mutex::default(),
            in_flight: AtomicUsize::new(0),
            in_flight_max: AtomicUsize::new(0),
            slower_ms: AtomicU64::new(0),
        });
        let limits = desired.settings.limits;
        let observed = Arc::new(Mutex::new(Observed::default()));
        let requests_per_minute = REQUESTS_PER_MINUTE_DEFAULT;
        let (generation, divisions) = (Generation::First, Divisions::NotAsked);
        World { sandbox, wire, desired, limits, generation, divisions, requests_per_minute, observed }
    }

    /// A new run: a client of its own, without a token yet.
    fn session(&self) -> Session {
        let credentials = Credentials::Client { id: CLIENT_ID.to_owned(), secret: CLIENT_SECRET.into() };
        let endpoints = Endpoints::of_base_url("http://localhost").unwrap();
        let wire = Arc::clone(&self.wire) as Arc<dyn Wire>;
        let options = Options { seed: 1, requests_per_minute: self.requests_per_minute };
        Session::new(endpoints, credentials, wire, options).speaking(self.generation)
    }

    /// The org as the client reads it now.
    async fn read(&self) -> Observed {
        let listed = self.session().reader().list().await.unwrap();
        let observed = Observed::listed(listed, None).seen_through(self.generation, self.divisions.clone());
        self.observed.lock().unwrap().clone_from(&observed);
        observed
    }

    async fn plan(&self) -> Plan {
        plan(&self.desired, &self.read().await, &self.limits)
    }

    /// The steps of a plan that nothing refuses.
    async fn steps(&self) -> Vec<Step> {
        let plan = self.plan().await;
        assert!(plan.blockers.is_empty(), "{:?}", plan.blockers);
        plan.changes.into_iter().map(|it| it.step).collect()
    }

    async fn apply(&self) -> Report {
        self.carry_out(self.steps().await).await
    }

    async fn carry_out(&self, steps: Vec<Step>) -> Report {
        let (_sender, stop) = Stop::new();
        self.carry_out_until(steps, &stop).await
    }

    async fn carry_out_until(&self, steps: Vec<Step>, stop: &Stop) -> Report {
        let observed = self.observed.lock().unwrap().clone();
        self.run(self.job(steps, &observed), stop).await
    }

    /// These steps and nothing else.
    fn job<'a>(&'a self, steps: Vec<Step>, observed: &'a Observed) -> ApplyJob<'a> {
        let (desired, limits) = (&self.desired, &self.limits);
        ApplyJob {
            steps,
            blocked: Vec::new(),
            resolved: Vec::new(),
            desired,
            limits,
            observed,
            aim: Aim::Config,
            waits: Vec::new(),
            before_post: None,
        }
    }

    /// Runs a job, and checks that its events agree with its report.
    async fn run(&self, job: ApplyJob<'_>, stop: &Stop) -> Report {
        self.wire.requests.lock().unwrap().clear();
        let told = RefCell::new(Vec::new());
        let listener = |event: ApplyEvent<'_>| {
            if let ApplyEvent::Finished(row) = event {
                told.borrow_mut().push((row.action, row.key.clone(), row.id.clone()));
            }
        };
        let step_count = job.steps.len();
        let report = run(&self.session(), job, stop, &listener).await;
        let mut told = told.into_inner();
        let mut rows: Vec<_> =
            report.rows[..step_count].iter().map(|row| (row.action, row.key.clone(), row.id.clone())).collect();
        told.sort();
        rows.sort();
        assert_eq!(told, rows, "every object ends once, and is told of once");
        report
    }

    /// Scripts faults; their requests are counted from here.
    fn set_faults(&self, rules: Vec<FaultRule>) {
        self.sandbox.with(|it| it.faults = faults::FaultScript::new(rules).unwrap());
    }

    /// A person in the admin page. No fault and no log is about that.
    fn admin(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        admin(&self.sandbox, method, path, body)
    }

    /// A person writes the whole object.
    fn edit(&self, number: usize, body: &Value) {
        self.admin("PUT", &path(number), Some(body));
    }

    /// The org's definitions without the primaries, as `Lunch (Meal)`, with an asterisk if deactivated.
    fn shown(&self) -> Vec<String> {
        let mut shown: Vec<String> = self
            .held()
            .values()
            .filter(|it| !it.primary)
            .map(|it| {
                let labels: Vec<&str> = it.labels.values().map(String::as_str).collect();
                format!("{} ({}){}", labels.join("/"), it.system_presence, if it.deactivated { "*" } else { "" })
            })
            .collect();
        shown.sort();
        shown
    }

    /// Everything in the org, by id.
    fn held(&self) -> BTreeMap<String, definitions::HeldDefinition> {
        self.sandbox.with(|it| it.org.definitions().iter().map(|it| (it.id.clone(), (**it).clone())).collect())
    }

    fn object(&self, number: usize) -> definitions::HeldDefinition {
        self.held().remove(id(number).as_str()).unwrap()
    }

    /// The requests of the last run, such as `PUT 1`.
    fn requests(&self) -> Vec<String> {
        self.wire.requests.lock().unwrap().clone()
    }

    fn count(&self, beginning: &str) -> usize {
        self.requests().iter().filter(|it| it.starts_with(beginning)).count()
    }
}

fn admin(sandbox: &Sandbox, method: &str, path: &str, body: Option<&Value>) -> Value {
    let request = http::HttpRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        headers: vec![
            ("authorization".to_owned(), format!("Bearer {TOKEN}")),
            ("content-type".to_owned(), "application/json".to_owned()),
        ],
        body: body.map(|it| it.to_string().into_bytes()).unwrap_or_default(),
        ..http::HttpRequest::default()
    };
    let now_ms = sandbox.now_ms();
    let response = sandbox.with(|it| it.org.handle(&request, now_ms));
    assert!((200..300).contains(&response.status), "{method} {path}: {}", response.status);
    serde_json::from_slice(&response.body).unwrap_or(Value::Null)
}

/// An active object of an org.
fn held(number: usize, system_presence: &str, labels: &[(&str, &str)]) -> Value {
    let mut object = body(system_presence, labels);
    object["id"] = json!(id(number).as_str());
    object
}

/// The same, deactivated.
fn deactivated(number: usize, system_presence: &str, labels: &[(&str, &str)]) -> Value {
    let mut object = held(number, system_presence, labels);
    object["deactivated"] = json!(true);
    object
}

fn body(system_presence: &str, labels: &[(&str, &str)]) -> Value {
    let labels: BTreeMap<&str, &str> = labels.iter().copied().collect();
    json!({ "languageLabels": labels, "systemPresence": system_presence })
}

/// An object of the model, as an org lists it.
fn entity(object: &Definition) -> Value {
    let labels: BTreeMap<&str, &str> = object.labels.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    json!({
        "id": object.id.as_str(),
        "languageLabels": labels,
        "systemPresence": object.system_presence.as_str(),
        "deactivated": object.deactivated,
        "primary": object.primary == Primary::Yes,
        "divisionId": object.division.as_ref().map_or("*", DivisionId::as_str),
    })
}

fn path(number: usize) -> String {
    format!("{DEFINITIONS}/{}", id(number))
}

/// What became of it, in one word with its object: `update lunch done`.
fn said(report: &Report) -> Vec<String> {
    report
        .rows
        .iter()
        .map(|row| {
            let name = row.key.as_ref().map(ToString::to_string);
            let name = name.unwrap_or_else(|| row.name.as_ref().map_or("?", Label::as_str).to_owned());
            format!("{} {name} {}", row.action.verb(), row.outcome.kind().code())
        })
        .collect()
}

/// Why a row failed, or is unknown.
fn message(row: &ReportRow) -> &str {
    match &row.outcome {
        Outcome::Failed(cause) | Outcome::Unknown(cause) => &cause.message,
        Outcome::Done
        | Outcome::AlreadyInPlace
        | Outcome::NotVisibleYet(_)
        | Outcome::Differs(_)
        | Outcome::Overwritten(_)
        | Outcome::Conflict(_)
        | Outcome::Skipped(_) => panic!("{row:?}"),
    }
}

type Hook = Box<dyn FnMut(&Request) + Send>;

/// The wire to the sandbox, watched: it counts, and something can happen before a request arrives.
struct Watched {
    inner: InProcess,
    before: Mutex<Option<Hook>>,
    requests: Mutex<Vec<String>>,
    in_flight: AtomicUsize,
    in_flight_max: AtomicUsize,
    /// How much longer than [`LATENCY_MS`] a request may be under way to the org.
    slower_ms: AtomicU64,
}

impl Watched {
    /// What happens before each request.
    fn before(&self, hook: impl FnMut(&Request) + Send + 'static) {
        *self.before.lock().unwrap() = Some(Box::new(hook));
    }

    /// What happens before the first request of this kind, once.
    fn before_first(&self, method: Method, path: String, act: impl Fn() + Send + 'static) {
        let mut happened = false;
        self.before(move |request| {
            if !happened && request.method == method && request.url.path() == path {
                happened = true;
                act();
            }
        });
    }
}

/// No test has more objects of its own.
const FEW: usize = 100;

/// `PUT 1` for the object with the number 1, `PUT ?` for one that the org has numbered, `GET` for the
/// list.
fn line(request: &Request) -> String {
    let path = request.url.path();
    match path.strip_prefix(DEFINITIONS) {
        Some(rest) => {
            let number = (1..FEW).find(|it| rest.strip_prefix('/') == Some(id(*it).as_str()));
            let other = if rest.is_empty() { "" } else { " ?" };
            format!("{}{}", request.method, number.map_or_else(|| other.to_owned(), |it| format!(" {it}")))
        }
        None => format!("{} {path}", request.method),
    }
}

impl Wire for Watched {
    fn exchange<'a>(&'a self, request: &'a Request) -> Exchange<'a> {
        let number = {
            let mut requests = self.requests.lock().unwrap();
            requests.push(line(request));
            requests.len() as u64
        };
        // No two that follow each other take as long.
        let slower_ms = number.wrapping_mul(0x9E37_79B9) % (self.slower_ms.load(Ordering::Relaxed) + 1);
        Box::pin(async move {
            let in_flight = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
            self.in_flight_max.fetch_max(in_flight, Ordering::Relaxed);
            // Dropped with the request, however that ends.
            let _arrived = Leaving(&self.in_flight);
            tokio::time::sleep(Duration::from_millis(LATENCY_MS + slower_ms)).await;
            // Taken out while it runs: it may fail the test, or the object's task.
            let mut hook = self.before.lock().unwrap().take();
            if let Some(hook) = &mut hook {
                let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| hook(request)));
                if let Err(panic) = outcome {
                    *self.before.lock().unwrap() = Some(Box::new(|_| {}));
                    std::panic::resume_unwind(panic);
                }
            }
            if let Some(hook) = hook {
                self.before.lock().unwrap().get_or_insert(hook);
            }
            self.inner.exchange(request).await
        })
    }
}

struct Leaving<'a>(&'a AtomicUsize);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
