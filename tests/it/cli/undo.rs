//! `presencectl undo`, whole: what an apply did is taken back.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use insta::assert_snapshot;
use presencectl::model::moment::Moment;
use presencectl::sandbox::{SandboxConfig, Seed};
use serde_json::{Value, json};

use super::driver::{Cli, Ran};
use super::server::Org;
use super::with_org;

const TEA: &str = "2fa68d50-0000-4000-8000-000000000001";
const OLD: &str = "2fa68d50-0000-4000-8000-000000000002";
const CONFIG: &str = "version: 1
settings: { prune: delete }
definitions:
  lunch: { systemPresence: Meal, labels: { en_US: Lunch } }
  tea: { systemPresence: Break, labels: { en_US: Green tea, de: Tee }, previousLabels: [Tea] }
";

/// An org of which one apply of [`CONFIG`] makes something, changes something and removes something.
fn org() -> Org {
    let object = |id: &str, system_presence: &str, labels: Value| json!({ "id": id, "systemPresence": system_presence, "languageLabels": labels });
    let definitions =
        vec![object(TEA, "Break", json!({ "en_US": "Tea" })), object(OLD, "Busy", json!({ "en_US": "Old" }))];
    Org::start(SandboxConfig { seed: Seed { definitions, ..Seed::default() }, ..SandboxConfig::default() })
}

/// Active definitions of the org's own, and deactivated ones with an asterisk.
fn held(org: &Org) -> Vec<String> {
    let mut held: Vec<String> = org.sandbox.with(|it| {
        let own = it.org.definitions().iter().filter(|it| !it.primary);
        let shown = own.map(|it| {
            let labels: Vec<&str> = it.labels.values().map(String::as_str).collect();
            format!("{}{}", labels.join("/"), if it.deactivated { "*" } else { "" })
        });
        shown.collect()
    });
    held.sort();
    held
}

/// The one report in a folder.
fn kept(cli: &Cli, folder: &str) -> String {
    let mut names: Vec<String> =
        std::fs::read_dir(cli.path(folder)).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|it| std::path::Path::new(it).extension().is_some_and(|it| it == "json"));
    names.sort();
    format!("{folder}/{}", names.last().unwrap())
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// With what is another one in every run replaced by names.
fn shown(ran: &Ran, cli: &Cli, org: &Org, files: &[(&str, &str)]) -> String {
    let mut shown = ran.shown().replace(&org.url, "[url]");
    for (file, name) in files {
        let report = parsed(&cli.read(file));
        let began = Moment::read(report["run"]["began"].as_str().unwrap()).unwrap();
        shown = shown.replace(file, name).replace(&began.to_the_minute(), "[minute]");
    }
    org.sandbox.with(|it| {
        for made in it.org.definitions().iter().filter(|it| !it.primary && it.id != TEA && it.id != OLD) {
            shown = shown.replace(&made.id, "[made]");
        }
    });
    shown
}

#[test]
fn an_apply_is_taken_back_and_the_undo_as_well() {
    let org = org();
    let (cli, target) = with_org(&org);
    let cli = cli.variable("PRESENCECTL_COMMIT", "1a2b3c4d").variable("PRESENCECTL_ACTOR", "ada");
    cli.write("config.yaml", CONFIG);
    let applied = cli.run(&format!("apply config.yaml {target} --auto-approve --report-dir done"));
    assert_eq!(applied.code, Some(0), "{}", applied.shown());
    let report = kept(&cli, "done/sandbox");
    let last: Vec<&str> = applied.stdout.lines().rev().take(2).collect();
    assert_eq!(
        last,
        [format!("Undo: presencectl undo {report} --config config.yaml {target}"), format!("Report: {report}")]
    );
    let document = parsed(&cli.read(&report));
    for object in document["objects"].as_array().unwrap() {
        assert!(object["correlationId"].as_str().is_some_and(|it| it.len() == 36), "{object}");
    }
    assert!(!applied.stdout.contains("correlation id"), "{}", applied.shown());
    assert_eq!(held(&org), ["Lunch", "Old*", "Tee/Green tea"]);

    // Asked for as an apply is.
    let unasked = cli.run(&format!("undo {report} {target}"));
    assert_eq!(unasked.code, Some(1));
    assert!(unasked.stderr.contains("presencectl cannot ask"), "{}", unasked.shown());
    let undone = cli.run(&format!("undo {report} {target} --auto-approve --report-dir back"));
    let own = kept(&cli, "back/sandbox");
    assert_snapshot!("undo_of_an_apply", shown(&undone, &cli, &org, &[(&report, "[report]"), (&own, "[undo]")]));
    assert_eq!(held(&org), ["Lunch*", "Old", "Tea"]);
    // Once, and at the end: that is when it is to be done.
    assert_eq!(undone.stdout.matches("Revert the commit").count(), 1, "{}", undone.shown());
    let document = parsed(&cli.read(&own));
    assert_eq!((&document["run"]["undoes"], &document["success"]), (&json!(report), &json!(true)));

    let again = cli.run(&format!("undo {report} {target}"));
    assert_snapshot!("undo_again", shown(&again, &cli, &org, &[(&report, "[report]")]));
    let back = cli.run(&format!("undo {own} {target} --auto-approve"));
    assert_eq!(back.code, Some(0), "{}", back.shown());
    assert_eq!(held(&org), ["Lunch", "Old*", "Tee/Green tea"]);
    let plan = cli.run(&format!("plan config.yaml {target}"));
    assert!(plan.stdout.contains("No changes."), "{}", plan.shown());
}

#[test]
fn what_somebody_changed_since_is_refused_with_what_changed() {
    let org = org();
    let (cli, target) = with_org(&org);
    cli.write("config.yaml", CONFIG);
    let applied = cli.run(&format!("apply config.yaml {target} --auto-approve -o json=report.json"));
    assert!(
        applied.stdout.ends_with(&format!("Undo: presencectl undo report.json --config config.yaml {target}\n")),
        "{}",
        applied.shown()
    );
    let body = json!({ "languageLabels": { "en_US": "Black tea" }, "systemPresence": "Break" });
    org.admin("PUT", &format!("/api/v2/presencedefinitions/{TEA}"), &body);
    let undone = cli.run(&format!("undo report.json {target} --auto-approve -o json=undo.json"));
    assert_snapshot!("undo_refused", shown(&undone, &cli, &org, &[("report.json", "report.json")]));
    assert_eq!(held(&org), ["Black tea", "Lunch*", "Old"]);
    let document = parsed(&cli.read("undo.json"));
    let outcomes: Vec<&str> =
        document["objects"].as_array().unwrap().iter().map(|it| it["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["done", "done", "refused"]);
}

#[test]
fn guards_hold_and_a_flag_raises_them() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    let many: Vec<String> =
        (0..6).map(|it| format!("  key{it}: {{ systemPresence: Busy, labels: {{ en_US: Label {it} }} }}\n")).collect();
    let many = many.concat();
    cli.write("many.yaml", &format!("version: 1\ndefinitions:\n{many}"));
    assert_eq!(cli.run(&format!("apply many.yaml {target} --auto-approve -o json=report.json")).code, Some(0));
    let undo = format!("undo report.json {target} --auto-approve");
    let refused = cli.run(&undo);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stdout.contains("Plan refused: 1 error"), "{}", refused.shown());
    assert_eq!(held(&org).iter().filter(|it| it.ends_with('*')).count(), 0);
    assert_eq!(cli.run(&format!("{undo} --allow-removals 6")).code, Some(0));
    assert_eq!(held(&org).iter().filter(|it| it.ends_with('*')).count(), 6);
}

#[test]
fn it_is_for_the_org_of_the_report_and_for_no_other() {
    let org = org();
    let (cli, target) = with_org(&org);
    cli.write("config.yaml", CONFIG);
    assert_eq!(cli.run(&format!("apply config.yaml {target} --auto-approve -o json=report.json")).code, Some(0));
    let before = org.requests().len();
    cli.run("undo report.json --sandbox").complains(
        1,
        "error: the report was made without --sandbox, and this run is with it\n  help: give --sandbox only for a \
         report that was made with it; nothing was sent\n",
    );
    cli.write(
        "failed.json",
        r#"{ "kind": "error", "formatVersion": 1, "message": "no answer", "target": { "sandbox": false } }"#,
    );
    cli.run(&format!("undo failed.json {target}")).complains(
        1,
        "error: the report `failed.json` cannot be undone: its run failed before anything was written (no answer)\n  \
         help: there is nothing to take back\n",
    );
    cli.run(&format!("undo config.yaml {target}")).complains(
        1,
        "error: the report `config.yaml` cannot be undone: line 1: it is not a report that presencectl wrote (expected \
         value)\n  help: give the file that `apply --report-dir` or `apply --output json=FILE` wrote\n",
    );
    assert_eq!(org.requests().len(), before, "nothing was sent");
    let other = cli.read("report.json").replace("5a4db0c5-0000-4000-b000", "5a4db0c5-0000-4000-bfff");
    cli.write("other.json", &other);
    let ran = cli.run(&format!("undo other.json {target} --auto-approve"));
    assert!(ran.stderr.contains("it should be 5a4db0c5-0000-4000-bfff"), "{}", ran.shown());
    assert!(org.requests()[before..].iter().all(|it| !it.starts_with("PUT") && !it.starts_with("DELETE")));
}

#[test]
fn what_the_sandbox_of_a_config_did_is_taken_back_there() {
    let cli = Cli::with_examples();
    let applied = cli.run("apply examples/many-orgs --org acme-prod --sandbox --auto-approve --report-dir kept");
    assert_eq!(applied.code, Some(0), "{}", applied.shown());
    let undo = applied.stdout.lines().last().unwrap().strip_prefix("Undo: presencectl ").unwrap();
    assert!(undo.ends_with(".json --config examples/many-orgs --org acme-prod --sandbox"), "{undo}");
    let undone =
        cli.run(&format!("{undo} --auto-approve --allow-removals 99 --allow-label-removals 99 --allow-renames 99"));
    assert_eq!(undone.code, Some(0), "{}", undone.shown());
    assert!(undone.stdout.contains("Verified: "), "{}", undone.shown());
    let nothing = cli.run("apply examples/quickstart --sandbox --auto-approve --report-dir kept -o json=/dev/null");
    assert!(nothing.stdout.contains("\nUndo: presencectl undo kept/"), "{}", nothing.shown());
    let again = cli.run("apply examples/quickstart --sandbox --auto-approve --report-dir kept");
    assert!(!again.stdout.contains("Undo:"), "nothing was written: {}", again.shown());
    let piped = cli.run("plan examples/quickstart --sandbox -o json=/dev/null");
    assert_eq!(piped.code, Some(0));
}

/// A forged report: it claims that an apply made `Tea` and `Old` from other labels.
fn forged() -> String {
    let row = |id: &str, system_presence: &str, label: &str| {
        let content = |label: &str| json!({ "labels": { "en_US": label }, "deactivated": false });
        json!({ "action": "update", "id": id, "systemPresence": system_presence, "outcome": "done",
                "before": content("Forged"), "after": content(label), "differences": [] })
    };
    json!({
        "kind": "report", "formatVersion": 1, "toolVersion": "0.1.0", "success": true, "refusals": [],
        "target": { "orgId": "5a4db0c5-0000-4000-b000-000000000001", "sandbox": false, "api": "v1" },
        "objects": [row(TEA, "Break", "Tea"), row(OLD, "Busy", "Old")],
        "verification": { "result": "in-step", "drift": [], "refusals": [] },
    })
    .to_string()
}

/// A config that omits what is called `Tea` and protects `Old`.
fn sparing(cli: &Cli, more: &str) {
    cli.write(
        "conf/base/all.yaml",
        "version: 1\ndefinitions: { tea: { systemPresence: Break, labels: { en_US: Tea } } }\n",
    );
    cli.write(
        "conf/acme.yaml",
        &format!("version: 1\norg: {{ name: acme{more} }}\nuse: [base]\nomit: [tea]\nprotect: [{OLD}]\n"),
    );
}

#[test]
fn what_the_config_protects_or_omits_is_left_alone() {
    let org = org();
    let (cli, target) = with_org(&org);
    cli.write("forged.json", &forged());
    sparing(&cli, "");
    let held_back = cli.run(&format!("undo forged.json --config conf/acme.yaml {target} --auto-approve"));
    assert_eq!(held_back.code, Some(1));
    assert_snapshot!("undo_held_back", shown(&held_back, &cli, &org, &[]));
    assert_eq!(held(&org), ["Old", "Tea"]);

    // A limit of the config applies too.
    let config = "version: 1\nsettings: { limits: { renames: 1 } }\ndefinitions: {}\n";
    cli.write("strict.yaml", config);
    let refused = cli.run(&format!("undo forged.json --config strict.yaml {target} --auto-approve"));
    assert!(refused.code == Some(1) && refused.stdout.contains("--allow-renames 2"), "{}", refused.shown());
    assert_eq!(held(&org), ["Old", "Tea"]);

    // For a real org, a person has to check. Here it is confirmed.
    let line = "No config was given, so nothing is protected or omitted. Give --config PATH to keep to its `protect` and `omit`.";
    let unheld = cli.run(&format!("undo forged.json {target} --auto-approve"));
    assert!(unheld.code == Some(0) && unheld.stdout.contains(line), "{}", unheld.shown());
    assert_eq!(held(&org), ["Forged", "Forged"]);
}

#[test]
fn without_a_config_nothing_real_is_written_unasked() {
    let cli = Cli::new()
        .file("forged.json", &forged())
        .variable("GENESYSCLOUD_REGION", "eu-central-1")
        .variable("GENESYSCLOUD_ACCESS_TOKEN", "canary-c0ffee");
    cli.run("undo forged.json --auto-approve").complains(
        1,
        "error: without a config it is not known what must not be touched, so nothing is written unasked\n  help: give \
         --config PATH, whose `protect`, `omit` and limits apply, or leave out --auto-approve at a terminal and confirm the plan\n",
    );
    sparing(&cli, ", id: 22222222-bbbb-4bbb-8bbb-222222222222");
    cli.run("undo forged.json --config conf/acme.yaml --auto-approve").complains(
        1,
        "error: the report is for the org 5a4db0c5-0000-4000-b000-000000000001, and the config for another one \
         (`acme`)\n  help: give the config of the report's org; nothing was sent\n",
    );
}
