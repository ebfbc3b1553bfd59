//! The real process, killed with SIGKILL at random moments over real HTTP: another run reaches the goal, and no object
//! exists twice.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use presencectl::sandbox::{FaultRule, OrgBehavior, SandboxConfig, Seed, seed};
use serde_json::{Value, json};

use super::server::Org;

/// How many orgs, each with so many processes that die.
const ORGS: u64 = 6;
const DEATHS: usize = 4;
const DEFINITIONS: usize = 24;
/// How many of the processes have to die with some of their writes done, and not all.
const IN_THE_MIDDLE_MIN: usize = 4;
/// How far the lists of some orgs lag. A process that dies is run again after that: before it, it may make twins.
const LIST_LAG_MS: u64 = 250;
/// SIGKILL.
const KILLED: i32 = 9;
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
fn org(list_lag_ms: u64) -> Org {
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
    let behavior = OrgBehavior { list_lag_ms, ..OrgBehavior::default() };
    Org::start(SandboxConfig { seed, faults, behavior, ..SandboxConfig::default() })
}

/// How many writes of definitions the org has answered.
fn writes(org: &Org) -> usize {
    org.requests().iter().filter(|it| it.starts_with('P') && it.contains("presencedefinitions")).count()
}

/// How many definitions of the config are not there as it says.
fn left(org: &Org) -> usize {
    let is_there = |number: usize| {
        let labels = [("de", format!("Etikett {number}")), ("en_US", format!("Label {number}"))];
        let labels: BTreeMap<String, String> = labels.into_iter().map(|(a, b)| (a.to_owned(), b)).collect();
        org.sandbox.with(|it| it.org.definitions().iter().any(|it| !it.deactivated && it.labels == labels))
    };
    (0..DEFINITIONS).filter(|number| !is_there(*number)).count()
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
    let mut in_the_middle = 0;
    for seed in 0..ORGS {
        let mut dice = Rng::with_seed(seed);
        let list_lag_ms = if seed % 2 == 0 { 0 } else { LIST_LAG_MS };
        let org = org(list_lag_ms);
        let (cli, target) = super::with_org(&org);
        cli.write("many.yaml", &config());
        let line = format!("apply many.yaml --auto-approve {target}");
        for _ in 0..DEATHS {
            let before = writes(&org);
            let mut command = cli.command(&line);
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            // At any moment: before it writes, or a little after one of its first writes.
            let wanted = before + dice.usize(0..5);
            if wanted == before {
                thread::sleep(Duration::from_millis(dice.u64(10..160)));
            }
            while writes(&org) < wanted && child.try_wait().unwrap().is_none() {
                thread::sleep(Duration::from_millis(1));
            }
            thread::sleep(Duration::from_millis(dice.u64(0..4)));
            // One that has ended by itself cannot be killed any more.
            let _ = child.kill();
            let is_killed = child.wait().unwrap().signal() == Some(KILLED);
            in_the_middle += usize::from(is_killed && writes(&org) > before && left(&org) > 0);
            let twice: Vec<_> = active(&org).into_iter().filter(|(_, count)| *count > 1).collect();
            assert_eq!(twice, [], "seed {seed}");
            // What was under way when it died has arrived by then, and lists show it.
            thread::sleep(Duration::from_millis(list_lag_ms + 50));
        }
        let ran = cli.run(&line);
        assert_eq!(ran.code, Some(0), "seed {seed}: {}", ran.shown());
        thread::sleep(Duration::from_millis(list_lag_ms));
        let plan = cli.run(&format!("plan many.yaml {target}"));
        assert!(plan.stdout.contains("No changes."), "seed {seed}: {}", plan.shown());
        assert_eq!(left(&org), 0, "seed {seed}");
        let active = active(&org);
        assert_eq!(active.len(), DEFINITIONS + UNMANAGED, "seed {seed}: {active:?}");
        assert!(active.values().all(|count| *count == 1), "seed {seed}: {active:?}");
    }
    assert!(in_the_middle >= IN_THE_MIDDLE_MIN, "only {in_the_middle} were killed in the middle of their work");
}

/// Labels and state by id, without what was created since.
fn held(org: &Org) -> BTreeMap<String, (BTreeMap<String, String>, bool)> {
    org.sandbox.with(|it| {
        let all = it.org.definitions().iter();
        all.map(|it| (it.id.clone(), (it.labels.clone().into_iter().collect(), it.deactivated))).collect()
    })
}

/// Until a run is over, its file would else be that of the one before, and an undo would take that one back.
#[test]
fn a_killed_run_leaves_its_own_report_where_an_older_one_stood() {
    let org = org(0);
    let (cli, target) = super::with_org(&org);
    cli.write("many.yaml", &config());
    let earlier = cli.run(&format!("apply lunch.yaml --auto-approve -o json=out.json {target}"));
    assert_eq!(earlier.code, Some(0), "{}", earlier.shown());
    let before = held(&org);
    let mut command = cli.command(&format!("apply many.yaml --auto-approve -o json=out.json {target}"));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let written =
        || org.requests().iter().filter(|it| it.starts_with('P') && it.contains("presencedefinitions")).count();
    // One of them was the earlier one's.
    while written() < 4 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was killed");
        thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let report: Value = serde_json::from_str(&cli.read("out.json")).unwrap();
    let objects = report["objects"].as_array().unwrap();
    assert_eq!((&report["success"], objects.len()), (&json!(false), DEFINITIONS), "{report}");
    assert!(objects.iter().all(|it| it["outcome"] == "unknown"), "{report}");

    let limits = "--allow-removals 99 --allow-label-removals 99 --allow-renames 99";
    let undone = cli.run(&format!("undo out.json --config many.yaml --auto-approve {limits} {target}"));
    assert_eq!(undone.code, Some(0), "{}", undone.shown());
    for (id, now) in held(&org) {
        match before.get(&id) {
            Some(before) => assert_eq!(now, *before, "{id}"),
            None => assert!(now.1, "what it made is deactivated: {id}"),
        }
    }
}

#[test]
fn a_killed_run_leaves_a_report_that_can_be_shown_and_undone() {
    for how in ["9", "2"] {
        let org = org(0);
        let (cli, target) = super::with_org(&org);
        cli.write("many.yaml", &config());
        let before = held(&org);
        let line = format!("apply many.yaml --auto-approve --report-dir reports {target}");
        let mut command = cli.command(&line);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while writes(&org) < 4 {
            assert!(child.try_wait().unwrap().is_none(), "it ended before it was killed");
            thread::sleep(Duration::from_millis(1));
        }
        // The first signal of two asks it to end; the second one ends it.
        let times = if how == "9" { 1 } else { 2 };
        for _ in 0..times {
            let _ = std::process::Command::new("kill").args([format!("-{how}"), child.id().to_string()]).status();
        }
        child.wait().unwrap();

        let entries = fs::read_dir(cli.path("reports/sandbox")).unwrap().map(|it| it.unwrap().path());
        // A process that is killed while it replaces the file leaves what it was writing beside it.
        let reports: Vec<_> = entries.filter(|it| it.extension().is_some_and(|it| it == "json")).collect();
        let [path] = reports.as_slice() else { panic!("{reports:?}") };
        let file = format!("reports/sandbox/{}", path.file_name().unwrap().to_str().unwrap());
        let report: Value = serde_json::from_str(&cli.read(&file)).unwrap();
        assert_eq!((&report["kind"], &report["success"]), (&json!("report"), &json!(false)));
        let objects = report["objects"].as_array().unwrap();
        assert_eq!(objects.len(), DEFINITIONS, "every step is in it");
        if how == "9" {
            let is_plain = |it: &Value| it["message"] == "this run was ended before it could report";
            assert!(objects.iter().all(|it| it["outcome"] == "unknown" && is_plain(it)), "{report}");
        }
        let log = cli.run("log reports -o csv");
        assert_eq!((log.code, log.stdout.lines().count()), (Some(0), DEFINITIONS + 1), "{}", log.shown());

        let limits = "--allow-removals 99 --allow-label-removals 99 --allow-renames 99";
        let undone = cli.run(&format!("undo {file} --auto-approve {limits} {target}"));
        assert_eq!(undone.code, Some(0), "{}", undone.shown());
        for (id, now) in held(&org) {
            match before.get(&id) {
                Some(before) => assert_eq!(now, *before, "{id}"),
                None => assert!(now.1, "what it made is deactivated: {id}"),
            }
        }
    }
}

#[test]
fn a_retirement_that_is_killed_leaves_a_report_of_its_definition() {
    let id = "2fa68d50-0000-4000-8000-000000000001";
    let coaching = json!({ "id": id, "languageLabels": { "en_US": "Coaching" }, "systemPresence": "Busy" });
    let users = (1..=2).map(|it| seed::user(it, id, 1_764_000_000_000)).collect();
    let seed = Seed { definitions: vec![coaching], users: Some(users), ..Seed::default() };
    // Moving people waits for the slow response, and in that time the run is killed.
    let slow = FaultRule { method: Some("PUT".to_owned()), delay_ms: 20_000, ..FaultRule::default() };
    let config =
        SandboxConfig { seed, faults: vec![slow], start_unix_ms: Some(1_764_000_000_000), ..SandboxConfig::default() };
    let org = Org::start(config);
    let (cli, target) = super::with_org(&org);
    cli.write(
        "coaching.yaml",
        "version: 1\ndefinitions:\n  coaching: { systemPresence: Busy, labels: { en_US: Coaching } }\n",
    );
    let retire = format!("retire coaching --to Meal --config coaching.yaml --yes --report-dir reports {target}");
    let mut child = cli.command(&retire).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !org.requests().iter().any(|it| it.starts_with("PUT /api/v2/users/presences")) {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was killed");
        thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();

    let reports: Vec<_> =
        fs::read_dir(cli.path("reports/sandbox")).unwrap().map(|it| it.unwrap().file_name()).collect();
    let [name] = reports.as_slice() else { panic!("{reports:?}") };
    let file = format!("reports/sandbox/{}", name.to_str().unwrap());
    let report: Value = serde_json::from_str(&cli.read(&file)).unwrap();
    assert_eq!((&report["kind"], &report["success"]), (&json!("report"), &json!(false)));
    let object = &report["objects"][0];
    assert_eq!((&object["key"], &object["outcome"]), (&json!("coaching"), &json!("unknown")), "{report}");
    assert_eq!(object["message"], "this run was ended before it could report");
    assert_eq!(report["objects"].as_array().unwrap().len(), 1, "of people nothing: {report}");
    let log = cli.run("log reports --key coaching -o csv");
    assert_eq!((log.code, log.stdout.lines().count()), (Some(0), 2), "{}", log.shown());
    let undone = cli.run(&format!("undo {file} --auto-approve {target}"));
    assert_eq!(undone.code, Some(0), "{}", undone.shown());
}
