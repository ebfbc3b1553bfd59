//! Retiring a definition without sockets: the real engine and client against the in-process sandbox, in virtual time.
//! The result is read from the sandbox's own state.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do; clippy knows the tests themselves only")]

mod every_fault;
mod people;
mod plan;
mod render;
mod stops;

use std::collections::BTreeMap;
use std::sync::Arc;

use presencectl::client::{Credentials, Endpoints, Options, Session, Wire};
use presencectl::host::stop::Stop;
use presencectl::model::desired::Desired;
use presencectl::model::generation::Generation;
use presencectl::model::observed::Observed;
use presencectl::ops::retire::plan::{RetireRequest, Retirement, retirement};
use presencectl::ops::retire::report::RetireReport;
use presencectl::ops::retire::{RetireEvent, RetireJob, run};
use presencectl::sandbox::{
    CLIENT_ID, CLIENT_SECRET, FaultRule, OrgBehavior, Permissions, Sandbox, SandboxConfig, Seed, User, faults, seed,
};
use serde_json::json;

use crate::paper::{desired, id, wanted};
use crate::users::{Watched, user};

const START_MS: u64 = 1_764_000_000_000;
const AVAILABLE: &str = "6a3af858-942f-489d-9700-5f9bcdcdae9b";

/// The one that goes, where people go, and one on queue.
const COACHING: usize = 1;
const MEETING: usize = 2;
const CALLBACKS: usize = 3;

fn guid(number: usize) -> String {
    id(number).to_string()
}

/// The config: the three definitions, active.
fn config() -> Desired {
    desired(vec![
        wanted("coaching", "Busy", &[("en_US", "Coaching")]),
        wanted("team-meeting", "Meeting", &[("en_US", "Team meeting")]),
        wanted("callbacks", "OnQueue", &[("en_US", "Callbacks")]),
    ])
}

/// An org with people, of whom the first ones are on the one that goes.
struct World {
    sandbox: Sandbox,
    wire: Arc<Watched>,
    generation: Generation,
}

/// So many people on the one that goes, and then so many who are available.
fn people(on_it: u32, elsewhere: u32) -> Vec<User> {
    let seat = |number: u32| if number <= on_it { guid(COACHING) } else { AVAILABLE.to_owned() };
    (1..=on_it + elsewhere).map(|it| seed::user(it, &seat(it), START_MS)).collect()
}

impl World {
    fn new(on_it: u32) -> World {
        World::of(people(on_it, 3), OrgBehavior::default(), Permissions::All)
    }

    fn of(users: Vec<User>, behavior: OrgBehavior, permissions: Permissions) -> World {
        let definition = |number: usize, presence: &str, label: &str| json!({ "id": guid(number), "languageLabels": { "en_US": label }, "systemPresence": presence });
        let definitions = vec![
            definition(COACHING, "Busy", "Coaching"),
            definition(MEETING, "Meeting", "Team meeting"),
            definition(CALLBACKS, "On Queue", "Callbacks"),
        ];
        let seed = Seed { definitions, users: Some(users), ..Seed::default() };
        let config =
            SandboxConfig { seed, behavior, permissions, start_unix_ms: Some(START_MS), ..SandboxConfig::default() };
        let sandbox = Sandbox::open(config).unwrap();
        let wire = Arc::new(Watched::to(&sandbox));
        World { sandbox, wire, generation: Generation::First }
    }

    /// A new run: a client of its own, without a token yet.
    fn session(&self) -> Session {
        let credentials = Credentials::Client { id: CLIENT_ID.to_owned(), secret: CLIENT_SECRET.into() };
        let endpoints = Endpoints::of_base_url("http://localhost").unwrap();
        let wire = Arc::clone(&self.wire) as Arc<dyn Wire>;
        Session::new(endpoints, credentials, wire, Options { seed: 1, ..Options::default() }).speaking(self.generation)
    }

    /// What the command makes of the org as it is now.
    async fn planned(&self, asked: RetireRequest<'_>) -> Retirement {
        let definitions = self.session().reader().definitions().await.unwrap();
        let observed = Observed::new(definitions, None);
        retirement(&config(), &observed, asked).unwrap()
    }

    async fn retire(&self) -> RetireReport {
        let (_sender, stop) = Stop::new();
        let retirement = self.planned(coaching()).await;
        self.carry_out(&retirement, &stop).await
    }

    /// Runs. The requests and the faults of a test are those of this alone.
    async fn carry_out(&self, retirement: &Retirement, stop: &Stop) -> RetireReport {
        self.carry_out_telling(retirement, stop, &|_| {}).await
    }

    async fn carry_out_telling(
        &self,
        retirement: &Retirement,
        stop: &Stop,
        tell: &dyn Fn(RetireEvent<'_>),
    ) -> RetireReport {
        self.wire.take_requests();
        let config = config();
        run(&self.session(), RetireJob { retirement, desired: &config }, stop, tell).await
    }

    /// Scripts faults; their requests are counted from here.
    fn set_faults(&self, rules: Vec<FaultRule>) {
        self.sandbox.with(|it| it.faults = faults::FaultScript::new(rules).unwrap());
    }

    /// How many people are on each definition.
    fn seats(&self) -> BTreeMap<String, usize> {
        let mut seats = BTreeMap::new();
        for (_, definition) in self.each() {
            *seats.entry(definition).or_insert(0) += 1;
        }
        seats
    }

    fn on(&self, number: usize) -> usize {
        self.seats().get(&guid(number)).copied().unwrap_or_default()
    }

    /// The presence of every user from the primary source.
    fn each(&self) -> BTreeMap<String, String> {
        self.sandbox.with(|it| {
            let users = it.org.users().iter();
            users.filter_map(|user| Some((user.id.clone(), user.presence()?.definition_id.clone()))).collect()
        })
    }

    fn is_deactivated(&self, number: usize) -> bool {
        self.sandbox.with(|it| it.org.definitions().get(&guid(number)).is_none_or(|it| it.deactivated))
    }
}

/// Has a person sit somewhere, behind the back of the API.
fn sit(sandbox: &Sandbox, number: usize, definition: &str) {
    let now_ms = sandbox.now_ms();
    sandbox.with(|it| {
        assert!(it.org.users_mut().sit(user(number).as_str(), definition, now_ms));
    });
}

fn coaching() -> RetireRequest<'static> {
    RetireRequest { key: "coaching", to: "team-meeting", include_on_queue: false }
}

/// How many of each fate.
fn counts(report: &RetireReport) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for fate in report.people.values() {
        *counts.entry(fate.code()).or_insert(0) += 1;
    }
    counts
}

/// Why it stopped, by its stable name.
fn halt(report: &RetireReport) -> Option<&'static str> {
    report.halt.as_ref().map(presencectl::ops::retire::report::Halt::code)
}
