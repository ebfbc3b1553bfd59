//! User presences without sockets: the real engine and client against the in-process sandbox, in virtual time. The
//! result is read from the sandbox's own state.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do; clippy knows the tests themselves only")]

mod every_fault;
mod get;
mod input;
mod render;
mod resolve;
mod set;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use presencectl::client::wire::{Exchange, Request, Response, WireError};
use presencectl::client::{Credentials, Endpoints, Options, Session, Wire, WireLimits};
use presencectl::host::stop::Stop;
use presencectl::model::names::DefinitionId;
use presencectl::model::user::{PresenceSource, UserId, WantedPresence};
use presencectl::ops::users::report::UserOutcome;
use presencectl::ops::users::set::{UserJob, run};
use presencectl::sandbox::users::CUSTOM_SOURCE_ID;
use presencectl::sandbox::users::Presence;
use presencectl::sandbox::{
    CLIENT_ID, CLIENT_SECRET, FaultRule, OrgBehavior, Permissions, Sandbox, SandboxConfig, Seed, User, faults, router,
    seed,
};
use serde_json::json;

use crate::in_process::InProcess;

const START_MS: u64 = 1_764_000_000_000;
const LUNCH: &str = "2fa68d50-0000-4000-8000-000000000001";
const AVAILABLE: &str = "6a3af858-942f-489d-9700-5f9bcdcdae9b";
const BULK: &str = "/api/v2/users/presences/bulk";

/// The sample user of a number from 1.
pub(crate) fn user(number: usize) -> UserId {
    UserId::new(&format!("5a4db0c5-0000-4000-8000-{number:012}")).unwrap()
}

fn custom() -> PresenceSource {
    PresenceSource::named(CUSTOM_SOURCE_ID).unwrap()
}

fn on_lunch() -> WantedPresence {
    WantedPresence { definition: DefinitionId::new(LUNCH).unwrap(), message: None, primary: false }
}

/// These users on lunch.
fn wishes(numbers: impl IntoIterator<Item = usize>) -> Vec<(UserId, WantedPresence)> {
    numbers.into_iter().map(|it| (user(it), on_lunch())).collect()
}

/// An org with users, all of them available.
struct World {
    sandbox: Sandbox,
    wire: Arc<Watched>,
}

impl World {
    fn new(users: u32) -> World {
        World::of(available(users), OrgBehavior::default(), Permissions::All)
    }

    fn of(users: Vec<User>, behavior: OrgBehavior, permissions: Permissions) -> World {
        let lunch = json!({ "id": LUNCH, "languageLabels": { "en_US": "Lunch" }, "systemPresence": "Meal" });
        let seed = Seed { definitions: vec![lunch], users: Some(users), ..Seed::default() };
        let config =
            SandboxConfig { seed, behavior, permissions, start_unix_ms: Some(START_MS), ..SandboxConfig::default() };
        let sandbox = Sandbox::open(config).unwrap();
        let wire = Arc::new(Watched::to(&sandbox));
        World { sandbox, wire }
    }

    /// A new run: a client of its own, without a token yet.
    fn session(&self) -> Session {
        let credentials = Credentials::Client { id: CLIENT_ID.to_owned(), secret: CLIENT_SECRET.into() };
        let endpoints = Endpoints::of_base_url("http://localhost").unwrap();
        let wire = Arc::clone(&self.wire) as Arc<dyn Wire>;
        Session::new(endpoints, credentials, wire, Options { seed: 1, ..Options::default() })
    }

    async fn set(&self, wishes: &[(UserId, WantedPresence)]) -> Vec<UserOutcome> {
        self.set_by(wishes, &PresenceSource::Platform).await
    }

    async fn set_by(&self, wishes: &[(UserId, WantedPresence)], source: &PresenceSource) -> Vec<UserOutcome> {
        let (_sender, stop) = Stop::new();
        self.set_until(wishes, source, &stop).await
    }

    /// Runs, and checks that its events agree with its result.
    async fn set_until(
        &self,
        wishes: &[(UserId, WantedPresence)],
        source: &PresenceSource,
        stop: &Stop,
    ) -> Vec<UserOutcome> {
        self.wire.requests.lock().unwrap().clear();
        let told = std::cell::RefCell::new(BTreeMap::new());
        let tell = |user: &UserId, outcome: &UserOutcome| {
            let before = told.borrow_mut().insert(user.clone(), outcome.clone());
            assert_eq!(before, None, "{user} ends twice");
        };
        let outcomes =
            run(&self.session(), UserJob { assignments: wishes, source, only_from: None }, stop, &tell).await;
        let given: BTreeMap<UserId, UserOutcome> =
            wishes.iter().map(|(user, _)| user.clone()).zip(outcomes.iter().cloned()).collect();
        assert_eq!(told.into_inner(), given, "every user ends once, and is told of once");
        outcomes
    }

    /// Scripts faults; their requests are counted from here.
    fn set_faults(&self, rules: Vec<FaultRule>) {
        self.sandbox.with(|it| it.faults = faults::FaultScript::new(rules).unwrap());
    }

    /// What every user is on, by the platform's own source.
    fn seats(&self) -> BTreeMap<String, Presence> {
        self.seats_by("purecloud")
    }

    fn seats_by(&self, source: &str) -> BTreeMap<String, Presence> {
        self.sandbox.with(|it| {
            let users = it.org.users().iter();
            users.filter_map(|user| Some((user.id.clone(), user.presences.get(source)?.clone()))).collect()
        })
    }

    fn is_on_lunch(&self, number: usize) -> bool {
        self.seats()[user(number).as_str()].definition_id == LUNCH
    }

    /// The requests of the last run, without the token's.
    fn requests(&self) -> Vec<String> {
        self.wire.requests.lock().unwrap().iter().filter(|it| !it.contains("/oauth/")).cloned().collect()
    }

    fn count(&self, beginning: &str) -> usize {
        self.requests().iter().filter(|it| it.starts_with(beginning)).count()
    }
}

/// Users from 1 on, all of them available, in every source.
fn available(count: u32) -> Vec<User> {
    (1..=count).map(|it| seed::user(it, AVAILABLE, START_MS)).collect()
}

/// The same, of whom one has no custom source.
fn without_a_source(count: u32, number: usize) -> Vec<User> {
    let mut users = available(count);
    users[number - 1].presences.remove(CUSTOM_SOURCE_ID);
    users
}

/// How many of each outcome.
fn counts(outcomes: &[UserOutcome]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for it in outcomes {
        *counts.entry(it.code()).or_insert(0) += 1;
    }
    counts
}

type Instead = Box<dyn FnMut(&Request) -> Option<Result<Response, WireError>> + Send>;

/// The wire to the sandbox, watched: it remembers requests, and a test can answer in the org's place.
pub(crate) struct Watched {
    inner: InProcess,
    instead: Mutex<Option<Instead>>,
    requests: Mutex<Vec<String>>,
}

impl Watched {
    pub(crate) fn to(sandbox: &Sandbox) -> Watched {
        let inner = InProcess::new(router(sandbox.clone()), WireLimits::default());
        Watched { inner, instead: Mutex::default(), requests: Mutex::default() }
    }

    /// The requests since this was last asked, without the token's.
    pub(crate) fn take_requests(&self) -> Vec<String> {
        let mut taken = std::mem::take(&mut *self.requests.lock().unwrap());
        taken.retain(|it| !it.contains("/oauth/"));
        taken
    }

    pub(crate) fn instead(&self, answer: impl FnMut(&Request) -> Option<Result<Response, WireError>> + Send + 'static) {
        *self.instead.lock().unwrap() = Some(Box::new(answer));
    }
}

impl Wire for Watched {
    fn exchange<'a>(&'a self, request: &'a Request) -> Exchange<'a> {
        self.requests.lock().unwrap().push(format!("{} {}", request.method, request.url.path()));
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            // Taken out while it runs: it may fail the run's task.
            let mut instead = self.instead.lock().unwrap().take();
            let answer = instead.as_mut().and_then(|it| it(request));
            *self.instead.lock().unwrap() = instead;
            match answer {
                Some(answer) => answer,
                None => self.inner.exchange(request).await,
            }
        })
    }
}

/// The platform's refusal.
#[expect(clippy::unnecessary_wraps, reason = "stands where answers stand that are failures")]
pub(crate) fn refusal(status: u16) -> Result<Response, WireError> {
    let body = format!(r#"{{"code":"some.code","message":"No.","status":{status}}}"#).into_bytes();
    Ok(Response { status, content_type: Some("application/json".to_owned()), body, ..Response::default() })
}
