//! A plan against the sandbox org over real HTTP on this machine, requests counted.

mod world;

use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use presencectl::client::{Credentials, Endpoints, HttpWire, Options, Session, WireLimits};
use presencectl::commands::context::reports::ReportFolder;
use presencectl::config::{self, ConfigSource};
use presencectl::model::desired::Desired;
use presencectl::model::generation::{ApiChoice, Generation};
use presencectl::model::moment::Moment;
use presencectl::model::problem::KnownOrg;
use presencectl::ops::identity::Identity;
use presencectl::ops::plan_org::{PlanRequest, plan_org};
use presencectl::sandbox::{SandboxConfig, Seed, Server};
use serde_json::{Map, Value, json};

/// A run may send 300 in a minute without waiting; this is what 10,000 definitions may cost.
const REQUESTS_MAX: u64 = 105;

fn desired(definitions: usize) -> Desired {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("config.yaml");
    std::fs::write(&path, world::yaml(definitions, 25)).expect("a file");
    let loaded = config::load(&ConfigSource { path, org: None, root: Some(folder.path().to_owned()) });
    loaded.config.expect("a config without errors").desired
}

/// The same definitions, as the API lists them.
fn listed(definitions: usize, locales: usize) -> Vec<Value> {
    (0..definitions)
        .map(|number| {
            let labels: Map<String, Value> = world::LOCALES[..locales]
                .iter()
                .map(|it| ((*it).to_owned(), json!(world::label(number, it))))
                .collect();
            json!({
                "id": format!("{number:08x}-0000-4000-8000-000000000000"),
                "languageLabels": labels,
                "systemPresence": world::presence(number),
            })
        })
        .collect()
}

async fn one_plan(server: &Server, desired: &Desired) -> u64 {
    let endpoints = Endpoints::of_base_url(&server.url()).expect("loopback");
    let wire = Arc::new(HttpWire::new(&endpoints, WireLimits::default()));
    let credentials = Credentials::Token(server.token().into());
    let session = Session::new(endpoints, credentials, wire, Options::default());
    let identity = Identity {
        meant: None,
        name: None,
        must_be_known: true,
        unless_sandbox: None,
        others: std::collections::BTreeMap::new(),
    };
    let asked = PlanRequest {
        desired,
        limits: desired.settings.limits,
        identity,
        api: ApiChoice::Only(Generation::First),
        usage: false,
        sandbox: true,
        earlier: None,
        folder: &ReportFolder::None,
        now: Moment::default(),
    };
    let mut known = KnownOrg { org: None, sandbox: true };
    let looked = plan_org(&session.reader(), &asked, &mut known).await;
    assert!(looked.is_ok_and(|look| look.plan.is_empty()));
    session.request_count()
}

fn plans(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plan of 25 locales over HTTP");
    group.sample_size(10);
    for definitions in [100, 1_000, 10_000] {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let seed = Seed { definitions: listed(definitions, 25), ..Seed::default() };
        let server =
            runtime.block_on(Server::start(SandboxConfig { seed, ..SandboxConfig::default() })).expect("a sandbox");
        let desired = desired(definitions);
        let requests = runtime.block_on(one_plan(&server, &desired));
        assert!(requests < REQUESTS_MAX, "{definitions} definitions cost {requests} requests");
        group.bench_function(BenchmarkId::new(format!("{requests} requests"), definitions), |bench| {
            bench.iter(|| runtime.block_on(one_plan(&server, &desired)));
        });
        runtime.block_on(server.shutdown());
    }
    group.finish();
}

criterion_group!(benches, plans);
criterion_main!(benches);
