//! The real process, killed with SIGKILL at random moments over real HTTP: run again, it ends where it should, and
//! nothing was made twice.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use presencectl::sandbox::{Config, FaultRule, Seed};
use serde_json::json;

use super::server::Org;

/// How many orgs, each with so many processes that die.
const ORGS: u64 = 6;
const DEATHS: usize = 4;
const DEFINITIONS: usize = 14;
/// Nothing is to be done with these.
const UNMANAGED: usize = 3;

fn config() -> String {
    let mut text = "version: 1\nsettings: { limits: { labelRemovals: 100 } }\ndefinitions:\n".to_owned();
    for number in 0..DEFINITIONS {
        let _ = writeln!(
            text,
            "  key{number}: {{ systemPresence: Meal, labels: {{ en_US: Label {number}, de: Etikett {number} }} }}"
        );
    }
    text
}

/// Some of the definitions are there, in another state each.
fn org() -> Org {
    let object = |number: usize, labels: serde_json::Value, is_deactivated: bool| {
        json!({ "id": format!("2fa68d50-0000-4000-8000-{number:012}"), "languageLabels": labels,
                "systemPresence": "Meal", "deactivated": is_deactivated })
    };
    let mut definitions: Vec<_> = (0..4)
        .map(|it| object(it, json!({ "en_US": format!("Label {it}"), "fr": "ancien" }), false))
        .chain((4..7).map(|it| object(it, json!({ "en_US": format!("Label {it}") }), true)))
        .collect();
    definitions.extend((90..90 + UNMANAGED).map(|it| object(it, json!({ "en_US": format!("Other {it}") }), false)));
    let seed = Seed { definitions, ..Seed::default() };
    // A little slower than loopback, so that processes die on the way.
    let faults = vec![FaultRule { delay_ms: 4, ..FaultRule::default() }];
    Org::start(Config { seed, faults, ..Config::default() })
}

/// How often each label is active, the platform's own left out.
fn active(org: &Org) -> BTreeMap<String, usize> {
    let mut active = BTreeMap::new();
    org.sandbox.with(|it| {
        for definition in it.org.definitions().iter().filter(|it| !it.primary && !it.deactivated) {
            *active.entry(definition.labels["en_US"].clone()).or_insert(0) += 1;
        }
    });
    active
}

#[test]
fn whenever_it_dies_running_again_ends_it_and_nothing_is_made_twice() {
    let mut written_by_the_dead = 0;
    for seed in 0..ORGS {
        let mut dice = Rng::with_seed(seed);
        let org = org();
        let (cli, target) = super::with_org(&org);
        cli.write("many.yaml", &config());
        let line = format!("apply many.yaml --auto-approve {target}");
        for _ in 0..DEATHS {
            let mut command = cli.command(&line);
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            thread::sleep(Duration::from_millis(dice.u64(10..160)));
            child.kill().unwrap();
            child.wait().unwrap();
            let twice: Vec<_> = active(&org).into_iter().filter(|(_, count)| *count > 1).collect();
            assert_eq!(twice, [], "seed {seed}");
        }
        written_by_the_dead += org.requests().iter().filter(|it| it.starts_with("POST /api/v2/presence")).count();
        let ran = cli.run(&line);
        assert_eq!(ran.code, Some(0), "seed {seed}: {}", ran.shown());
        let plan = cli.run(&format!("plan many.yaml {target}"));
        assert!(plan.stdout.contains("No changes."), "seed {seed}: {}", plan.shown());
        let active = active(&org);
        assert_eq!(active.len(), DEFINITIONS + UNMANAGED, "seed {seed}: {active:?}");
        assert!(active.values().all(|count| *count == 1), "seed {seed}: {active:?}");
    }
    assert!(written_by_the_dead > 0, "none of them came so far as to write");
}
