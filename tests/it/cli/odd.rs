//! Every command in an org with an object that cannot be read completely, and one with a broken character in a label.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use presencectl::sandbox::faults::FaultScript;
use presencectl::sandbox::{FaultRule, SandboxConfig, Seed};
use serde_json::{Value, json};

use super::driver::Cli;
use super::server::Org;
use super::{LUNCH, with_org};

const LUNCH_ID: &str = "2fa68d50-0000-4000-8000-000000000001";
const ODD_ID: &str = "2fa68d50-0000-4000-8000-000000000002";

/// An org with the lunch of [`LUNCH`], and a second object that shows these fields in the place of its own.
fn org(shown: &Value) -> Org {
    let object =
        |id: &str, label: &str| json!({ "id": id, "systemPresence": "Meal", "languageLabels": { "en_US": label } });
    let definitions = vec![object(LUNCH_ID, "Lunch"), object(ODD_ID, "Siesta")];
    let org = Org::start(SandboxConfig { seed: Seed { definitions, ..Seed::default() }, ..SandboxConfig::default() });
    org.sandbox.with(|it| it.org.spoil(ODD_ID, shown.as_object().unwrap()));
    org
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn every_command_goes_on_and_names_the_odd_object() {
    for shown in [
        json!({ "languageLabels": null }),
        json!({ "systemPresence": null }),
        json!({ "systemPresence": 5, "deactivated": "true" }),
        json!({ "languageLabels": { "en_US": "Siesta", "de": 5 } }),
    ] {
        let org = org(&shown);
        let (cli, target) = with_org(&org);
        for command in [
            "plan lunch.yaml",
            "plan lunch.yaml --api v2",
            "apply lunch.yaml --auto-approve",
            "drift lunch.yaml",
            "show",
            "show --config lunch.yaml",
            "import",
            "import --deactivated --pin",
            "plan lunch.yaml --output markdown",
            "plan lunch.yaml --output html",
            "plan lunch.yaml --output json",
            "drift lunch.yaml --output markdown",
            "drift lunch.yaml --output html",
            "drift lunch.yaml --output json",
            "show --output json",
            "show --output csv",
        ] {
            let ran = cli.run(&format!("{command} {target}"));
            assert_eq!(ran.code, Some(0), "{command}: {}", ran.shown());
            assert!(ran.shown().contains(ODD_ID), "{command}: {}", ran.shown());
        }
        assert_eq!(cli.run(&format!("doctor lunch.yaml {target}")).code, Some(0));
    }
}

#[test]
fn import_leaves_it_out_and_names_it_in_a_comment() {
    let org = org(&json!({ "languageLabels": null }));
    let (cli, target) = with_org(&org);
    let ran = cli.run(&format!("import {target}"));
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    let comment = format!("# Left out, since they cannot be read completely; they stay as they are:\n# - `{ODD_ID}`");
    assert!(ran.stdout.contains(&comment), "{}", ran.stdout);
    assert!(ran.stderr.contains(&format!("warning: `{ODD_ID}` (")), "{}", ran.stderr);
    cli.write("imported.yaml", &ran.stdout);
    let plan = cli.run(&format!("plan imported.yaml --detailed-exitcode {target}"));
    assert_eq!(plan.code, Some(0), "{}", plan.shown());
}

#[test]
fn show_finds_it_by_its_id_and_by_a_label() {
    let org = org(&json!({ "languageLabels": { "en_US": "Siesta", "de": 5 } }));
    let (cli, target) = with_org(&org);
    for name in [ODD_ID, "Siesta"] {
        let ran = cli.run(&format!("show {name} {target}"));
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
        assert!(ran.stdout.contains("Cannot be read whole: 1 object"), "{}", ran.stdout);
        assert!(ran.stdout.contains("`languageLabels.de` is a number, not a text"), "{}", ran.stdout);
    }
    let document = parsed(&cli.run(&format!("show --output json {target}")).stdout);
    assert_eq!(document["odd"][0]["id"], ODD_ID);
    assert_eq!(document["odd"][0]["labels"], json!([{ "locale": "en_US", "label": "Siesta" }]));
    assert!(document["definitions"].as_array().unwrap().iter().all(|it| it["id"] != ODD_ID));
}

#[test]
fn only_what_must_touch_it_stops() {
    let org = org(&json!({ "languageLabels": { "en_US": "Siesta", "de": 5 } }));
    let (cli, target) = with_org(&org);
    cli.write("siesta.yaml", &LUNCH.replace("lunch:", "siesta:").replace("Lunch", "Siesta"));
    cli.write("pinned.yaml", &format!("{LUNCH}ids: {{ lunch: {ODD_ID} }}\n"));
    cli.write("prune.yaml", &format!("{LUNCH}settings: {{ prune: delete }}\n"));
    for (command, code, words) in [
        ("plan siesta.yaml", 1, "error[looks-like-odd-object]"),
        ("apply siesta.yaml --auto-approve", 1, "error[looks-like-odd-object]"),
        ("plan pinned.yaml", 1, "error[pinned-to-odd-object]"),
        ("retire siesta --config siesta.yaml --to Busy", 1, "is an open question"),
        ("apply prune.yaml --auto-approve", 0, "No changes"),
    ] {
        let ran = cli.run(&format!("{command} {target}"));
        assert_eq!(ran.code, Some(code), "{command}: {}", ran.shown());
        assert!(ran.shown().contains(words), "{command}: {}", ran.shown());
    }
    let user = "user set 5a4db0c5-0000-4000-8000-000000000001 --yes --presence";
    for name in ["Siesta", ODD_ID] {
        let ran =
            cli.run(&format!("{user} {name} --org-id {} {target}", org.sandbox.with(|it| it.org.id().to_owned())));
        assert_eq!(ran.code, Some(1), "{}", ran.shown());
        assert!(ran.stderr.contains("cannot be read completely"), "{}", ran.shown());
    }
    let is_written = |it: &String| !it.starts_with("GET") && !it.contains("/oauth/");
    assert_eq!(org.requests().into_iter().filter(is_written).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn an_undo_goes_on_with_all_but_what_cannot_be_read() {
    let org = org(&json!({}));
    let (cli, target) = with_org(&org);
    cli.write(
        "both.yaml",
        "version: 1\ndefinitions:\n  lunch: { systemPresence: Meal, labels: { en_US: Lunch, de: Mittag } }\n  \
         siesta: { systemPresence: Meal, labels: { en_US: Siesta, de: Ruhe } }\n",
    );
    let applied = cli.run(&format!("apply both.yaml --auto-approve -o json=report.json {target}"));
    assert_eq!(applied.code, Some(0), "{}", applied.shown());
    org.sandbox.with(|it| it.org.spoil(ODD_ID, json!({ "languageLabels": null }).as_object().unwrap()));
    let undone = cli.run(&format!("undo report.json --config both.yaml --auto-approve {target}"));
    assert_eq!(undone.code, Some(1), "{}", undone.shown());
    assert!(undone.shown().contains("it cannot be read completely, so it is left as it is"), "{}", undone.shown());
    let held = org.sandbox.with(|it| it.org.definitions().get(LUNCH_ID).unwrap().labels.clone());
    assert_eq!(held.into_keys().collect::<Vec<_>>(), ["en_US"], "the other one is taken back");
}

/// The list of an org in which a label was cut within an emoji.
fn cut() -> Org {
    let one = |id: &str, label: &str| {
        format!(r#"{{"id":"{id}","languageLabels":{{"en_US":"{label}"}},"systemPresence":"Meal","primary":false}}"#)
    };
    let (lunch, odd) = (one(LUNCH_ID, "Lunch"), one(ODD_ID, r"Team lunch with everyone here \ud83c"));
    let text = format!(r#"{{"entities":[{lunch},{odd}],"pageSize":100,"pageNumber":1,"total":2,"pageCount":1}}"#);
    let org = Org::start(SandboxConfig::default());
    let list =
        FaultRule { path: Some("/api/v2/presencedefinitions".to_owned()), text: Some(text), ..FaultRule::default() };
    let of = |id: &str, text: String| FaultRule {
        path: Some(format!("/api/v2/presencedefinitions/{id}")),
        text: Some(text),
        ..FaultRule::default()
    };
    let rules = vec![list, of(LUNCH_ID, lunch), of(ODD_ID, odd)];
    org.sandbox.with(|it| it.faults = FaultScript::new(rules).unwrap());
    org
}

#[test]
fn a_label_that_was_cut_within_an_emoji_is_a_warning_with_the_id() {
    let org = cut();
    let (cli, target) = with_org(&org);
    let ran = cli.run(&format!("plan lunch.yaml {target}"));
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    let warning = format!("warning[half-character]: `{ODD_ID}` holds a broken character (its label in `en_US`)");
    assert!(ran.stdout.contains(&warning), "{}", ran.stdout);
    assert!(ran.stdout.contains("Team lunch with everyone here \u{FFFD}"), "{}", ran.stdout);
    let imported = cli.run(&format!("import {target}"));
    assert_eq!(imported.code, Some(0), "{}", imported.shown());
    assert!(imported.stdout.contains("# It holds a broken character (its label in `en_US`)"), "{}", imported.stdout);
}

#[test]
fn half_a_character_is_not_sent_back_until_the_config_names_the_label() {
    let org = cut();
    let (cli, target) = with_org(&org);
    let config = |labels: &str| {
        format!(
            "version: 1\ndefinitions:\n  team: {{ systemPresence: Meal, labels: {{ {labels} }} }}\nids: {{ team: {ODD_ID} }}\n"
        )
    };
    cli.write("team.yaml", &config("en_US: \"Team lunch with everyone here \\uFFFD\", de: Team"));
    let ran = cli.run(&format!("plan team.yaml {target}"));
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(ran.stdout.contains("error[sends-half-character]"), "{}", ran.stdout);
    cli.write("team.yaml", &config("en_US: Team lunch, de: Team"));
    assert_eq!(cli.run(&format!("plan team.yaml {target}")).code, Some(0));
    cli.run(&format!("apply team.yaml --auto-approve {target}"));
    let put = format!("PUT /api/v2/presencedefinitions/{ODD_ID}");
    assert!(org.requests().contains(&put), "{:?}", org.requests());
}

#[test]
fn a_definition_that_looks_like_a_label_that_was_cut_is_asked_about() {
    let org = cut();
    let (cli, target) = with_org(&org);
    cli.write(
        "team.yaml",
        &LUNCH.replace("lunch:", "team:").replace("Lunch", "Team lunch with everyone here 🍲 today"),
    );
    let ran = cli.run(&format!("plan team.yaml {target}"));
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    let asked = ran.stdout.lines().find(|it| it.starts_with("error[looks-like-rename]")).unwrap_or_default();
    assert!(asked.contains(ODD_ID), "{}", ran.stdout);
}

#[test]
fn the_state_of_the_sandbox_may_hold_an_odd_object() {
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    assert_eq!(cli.run("apply lunch.yaml --sandbox --auto-approve").code, Some(0));
    let name = ".presencectl/sandbox/default.json";
    let mut state = parsed(&cli.read(name));
    let all = state["definitions"].as_array_mut().unwrap();
    let busy = all.iter_mut().find(|it| it["system_presence"] == "Busy").unwrap();
    busy["shown"] = json!({ "systemPresence": null });
    cli.write(name, &state.to_string());
    let ran = cli.run("plan lunch.yaml --sandbox --detailed-exitcode");
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert!(ran.stdout.contains("`systemPresence` is null, not a text"), "{}", ran.stdout);
}

#[test]
fn warnings_of_a_plan_stand_together_before_the_errors_and_quiet_leaves_them_out() {
    let odd = |number: u8| format!("2fa68d50-0000-4000-8000-0000000001{number:02}");
    let object =
        |id: &str, label: &str| json!({ "id": id, "systemPresence": "Busy", "languageLabels": { "en_US": label } });
    let mut definitions: Vec<Value> = (1..=6).map(|it| object(&odd(it), &format!("Odd {it}"))).collect();
    definitions.extend([object(LUNCH_ID, "Siesta"), object(ODD_ID, "Nap")]);
    let org = Org::start(SandboxConfig { seed: Seed { definitions, ..Seed::default() }, ..SandboxConfig::default() });
    for number in 1..=6 {
        org.sandbox.with(|it| it.org.spoil(&odd(number), json!({ "languageLabels": null }).as_object().unwrap()));
    }
    let (cli, target) = with_org(&org);
    let definition =
        |key: &str, label: &str| format!("  {key}: {{ systemPresence: Busy, labels: {{ en_US: {label} }} }}\n");
    let config =
        format!("version: 1\ndefinitions:\n{}{}", definition("siesta", "Siesta late"), definition("nap", "Nap late"));
    cli.write("lunch.yaml", &config);
    for command in ["plan lunch.yaml", "apply lunch.yaml --auto-approve"] {
        let shown = cli.run(&format!("{command} {target}")).stdout;
        let (at, last) = (|text: &str| shown.find(text), "Errors at lunch.yaml:4:3 and lunch.yaml:3:3.");
        assert_eq!(shown.matches("warning[odd-object]").count(), 1, "{shown}");
        assert!(
            at("warning[odd-object]").is_some() && at("more of `odd-object`:\n  ") < at("error[looks-like-rename]"),
            "{shown}"
        );
        assert!(shown.contains(last), "{shown}");
        let quiet = cli.run(&format!("{command} {target} -q")).stdout;
        assert!(!quiet.contains("odd-object") && quiet.contains(" warnings not shown\n"), "{quiet}");
    }
}
