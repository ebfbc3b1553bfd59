//! `presencectl retire`, whole.

use insta::assert_snapshot;
use presencectl::sandbox::faults::FaultScript;
use presencectl::sandbox::{FaultRule, SandboxConfig, Seed, seed};
use serde_json::{Value, json};

use super::asking::{environment, run};
use super::driver::Cli;
use super::server::Org;

const COACHING_ID: &str = "2fa68d50-0000-4000-8000-000000000001";
const AVAILABLE: &str = "6a3af858-942f-489d-9700-5f9bcdcdae9b";

const CONFIG: &str = "version: 1\ndefinitions:\n  coaching: { systemPresence: Busy, labels: { en_US: Coaching } }\n";

/// Coaching, with two people on it.
fn config() -> SandboxConfig {
    let coaching = json!({ "id": COACHING_ID, "languageLabels": { "en_US": "Coaching" }, "systemPresence": "Busy" });
    let seat = |number| if number <= 2 { COACHING_ID } else { AVAILABLE };
    let users = (1..=3).map(|it| seed::user(it, seat(it), 1_764_000_000_000)).collect();
    let seed = Seed { org_name: "Acme".to_owned(), definitions: vec![coaching], users: Some(users), ..Seed::default() };
    SandboxConfig { seed, start_unix_ms: Some(1_764_000_000_000), ..SandboxConfig::default() }
}

fn with_org(org: &Org) -> (Cli, String) {
    let (cli, target) = super::with_org(org);
    (cli.file("presence/busy.yaml", CONFIG), format!("--config presence {target}"))
}

fn writes(org: &Org) -> usize {
    org.requests().iter().filter(|it| it.starts_with("PUT /api") || it.starts_with("PATCH /api")).count()
}

#[test]
fn a_retirement_from_its_plan_to_a_plan_that_agrees() {
    let org = Org::start(config());
    let (cli, target) = with_org(&org);
    let ran = cli.run(&format!("retire coaching --to Meal --yes {target}"));
    assert_eq!(ran.code, Some(0));
    assert_snapshot!("retire", ran.shown());

    // The suggested lines make the next plan agree.
    let plan = format!("plan presence {}", target.replace("--config presence ", ""));
    let before = cli.run(&plan);
    assert!(before.stdout.contains("reactivate coaching"), "{}", before.shown());
    cli.write("presence/busy.yaml", &CONFIG.replace("labels:", "deactivated: true, labels:"));
    let after = cli.run(&plan);
    assert!(after.stdout.contains("No changes."), "{}", after.shown());
}

#[test]
fn without_a_yes_nothing_is_written() {
    let org = Org::start(config());
    let (cli, target) = with_org(&org);
    let ran = cli.run(&format!("retire coaching --to Meal {target}"));
    assert!(ran.stdout.contains("1. move the 2 people who are on it now"), "{}", ran.shown());
    let error = "error: presencectl cannot ask: this is not a terminal; nothing was written\n  help: give --yes if it \
    was already approved\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), error));
    let line = |path: &str| format!("retire coaching --to Meal --config {path} --base-url {}", org.url);
    let path = cli.path("presence").display().to_string();
    let ran = run(&line(&path), "y\n", &environment());
    let question = "\nMove 2 people and retire `coaching` in Acme (5a4db0c5-0000-4000-b000-000000000001)? Type `yes` to \
                    confirm: ";
    assert_eq!(ran.stderr, format!("{question}error: not approved; nothing was written\n"));
    assert_eq!(writes(&org), 0);
    let ran = run(&line(&path), "yes\n", &environment());
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
}

#[test]
fn doubts_and_a_look_that_fails_stop_it_before_anything() {
    let org = Org::start(config());
    let (cli, target) = with_org(&org);
    cli.run(&format!("retire coachin --to Meal --yes {target}")).complains(
        1,
        "error: the config has no definition `coachin`; nothing was written\n  help: did you mean `coaching`?\n",
    );
    let ran = cli.run(&format!("retire coaching --yes {target}"));
    assert!(ran.code == Some(1) && ran.stderr.contains("--to <KEY2>"), "{}", ran.shown());
    let fault = FaultRule { path: Some("/api/v2/analytics*".to_owned()), status: Some(403), ..FaultRule::default() };
    org.sandbox.with(|it| it.faults = FaultScript::new(vec![fault.clone()]).unwrap());
    let ran = cli.run(&format!("retire coaching --to Meal --yes {target} -o json"));
    assert_eq!(ran.code, Some(1));
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    let said = "who is on it could not be read, so nothing is written: `POST /api/v2/analytics/users/activity/query";
    assert!(ran.stderr.starts_with(&format!("error: {said}")), "{}", ran.shown());
    assert_eq!(document["kind"], "error");
    assert!(document["message"].as_str().unwrap().starts_with(said), "{document}");
    assert_eq!(writes(&org), 0);
}

#[test]
fn documents_go_to_standard_output_and_words_to_standard_error() {
    let org = Org::start(config());
    let (cli, target) = with_org(&org);
    let ran =
        cli.run(&format!("retire coaching --to Meal --yes {target} -o json -o csv=people.csv -o human=report.txt"));
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&document["kind"], &document["success"]), (&json!("retirement"), &json!(true)));
    assert!(ran.stderr.contains("Write this into the config"), "{}", ran.shown());
    assert_eq!(cli.read("people.csv").lines().count(), 3);
    let text = cli.read("report.txt");
    assert!(text.contains("1. move the 2 people") && text.ends_with("Retirement: 2 moved; deactivated.\n"), "{text}");
}

/// The config is looked for where `init` makes it.
#[test]
fn the_folder_of_init_is_the_config() {
    let cli = Cli::new().file("presences/busy.yaml", CONFIG);
    assert_eq!(cli.run("apply --sandbox --auto-approve").code, Some(0));
    let ran = cli.run("retire coaching --to Meal --sandbox --yes");
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert!(ran.stdout.ends_with("Retirement: no one to move; deactivated.\n"), "{}", ran.shown());
}

#[test]
fn where_all_of_them_are_on_queue_nobody_is_asked() {
    let text = CONFIG.replace("Busy", "OnQueue");
    let mut config = config();
    config.seed.definitions[0]["systemPresence"] = "On Queue".into();
    let org = Org::start(config);
    let (cli, target) = with_org(&org);
    cli.write("presence/busy.yaml", &text);
    let ran = cli.run(&format!("retire coaching --to Meal {target}"));
    let error = "error: 2 people on queue were skipped; nothing was written\n  help: run it again when they are off \
                 queue, or with --include-on-queue\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), error));
    assert!(ran.stdout.contains("Left alone: 2 people on queue"), "{}", ran.shown());
    let ran = cli.run(&format!("retire coaching --to Meal --include-on-queue --yes {target}"));
    assert!(ran.stdout.ends_with("Retirement: 2 moved; deactivated.\n"), "{}", ran.shown());
}

#[test]
fn what_stops_on_the_way_is_no_success() {
    let org = Org::start(config());
    let (cli, target) = with_org(&org);
    let fault = FaultRule { path: Some("/api/v2/users/*".to_owned()), status: Some(403), ..FaultRule::default() };
    org.sandbox.with(|it| it.faults = FaultScript::new(vec![fault]).unwrap());
    let ran = cli.run(&format!("retire coaching --to Meal --yes {target} -o json=report.json"));
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(ran.stdout.contains("\nStopped: 2 people could not be moved\n"), "{}", ran.shown());
    assert!(
        ran.stdout.ends_with("Retirement: 2 failed; not deactivated. Not everything is done.\n"),
        "{}",
        ran.shown()
    );
    assert!(!ran.stdout.contains("into the config"), "{}", ran.shown());
    let document: Value = serde_json::from_str(&cli.read("report.json")).unwrap();
    assert_eq!((&document["success"], document.get("config")), (&json!(false), None));
    assert_eq!(writes(&org), 0);
}

#[test]
fn a_report_never_falls_on_the_config() {
    let org = Org::start(config());
    let (cli, target) = with_org(&org);
    let ran = cli.run(&format!("retire coaching --to Meal --yes {target} -o json=presence/busy.yaml"));
    assert_eq!((ran.code, cli.read("presence/busy.yaml").as_str()), (Some(1), CONFIG), "{}", ran.shown());
    assert_eq!(writes(&org), 0);
}

#[test]
fn what_became_of_the_definition_is_kept_like_an_apply_and_can_be_undone() {
    let org = Org::start(config());
    let (cli, target) = with_org(&org);
    let ran = cli.run(&format!("retire coaching --to Meal --yes --report-dir reports --reason quiet {target}"));
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    let undo = ran.stdout.lines().last().unwrap().strip_prefix("Undo: presencectl ").unwrap().to_owned();
    let log: Value = serde_json::from_str(&cli.run("log reports --key coaching -o json").stdout).unwrap();
    let entry = &log["entries"][0];
    assert_eq!((&entry["object"]["action"], &entry["run"]["reason"]), (&json!("deactivate"), &json!("quiet")));
    assert!(entry["correlationId"].is_string(), "{entry}");
    let undone = cli.run(&format!("{undo} --auto-approve"));
    assert_eq!(undone.code, Some(0), "{}", undone.shown());
    let is_active = |it: &presencectl::sandbox::Sandbox| {
        it.with(|it| it.org.definitions().iter().any(|it| it.id == COACHING_ID && !it.deactivated))
    };
    assert!(is_active(&org.sandbox));

    // A run that was not approved was one, too.
    assert_eq!(cli.run(&format!("retire coaching --to Meal --report-dir reports {target}")).code, Some(1));
    let log = cli.run("log reports -o csv");
    assert!(log.stdout.contains("presencectl cannot ask"), "{}", log.shown());
}
