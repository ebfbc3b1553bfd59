//! The whole of `presencectl log`: who changed what and when.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs::File;

use insta::assert_snapshot;
use presencectl::ops::apply::outcome::OutcomeKind;
use presencectl::output::json;
use presencectl::output::outcome::said;
use serde_json::{Value, json};

use super::driver::Cli;
use crate::render::complaints;

const LUNCH: &str = "2fa68d50-0000-4000-8000-000000000001";
const PROD: &str = "22222222-bbbb-4bbb-8bbb-222222222222";

fn content(labels: &Value, deactivated: bool) -> Value {
    json!({ "labels": labels, "deactivated": deactivated })
}

fn object(action: &str, key: Option<&str>, id: &str, outcome: &str, before: &Value, after: &Value) -> Value {
    let name = if before.is_null() { after } else { before }["labels"]["en_US"].clone();
    let mut object = json!({
        "action": action, "id": id, "systemPresence": "Meal", "name": name, "after": after, "outcome": outcome,
        "correlationId": "0e2f-41", "differences": [],
    });
    if let Some(key) = key {
        object["key"] = json!(key);
    }
    if !before.is_null() {
        object["before"] = before.clone();
    }
    object
}

fn report(began: &str, run: &Value, objects: &[Value]) -> String {
    let mut run = run.clone();
    run["began"] = json!(began);
    run["ended"] = json!(began);
    let document = json!({
        "kind": "report", "formatVersion": 1, "toolVersion": "0.1.0", "run": run, "objects": objects, "refusals": [],
        "target": { "orgId": PROD, "orgName": "Acme Prod", "sandbox": false, "api": "v1" },
        "success": true, "verification": { "result": "in-step", "drift": [], "refusals": [] },
    });
    serde_json::to_string_pretty(&document).unwrap()
}

/// A folder of a spring: made in January, renamed in March, a run that failed, one that did nothing, a removal.
fn spring() -> Cli {
    let (old, new) = (json!({ "en_US": "Lunch", "fr": "Midi" }), json!({ "en_US": "Midday", "de": "Mittag" }));
    let ada = json!({
        "client": "c-1", "actor": "ada", "commit": "1a2b3c4d5e6f7a8b", "pullRequest": "12", "configOrg": "acme-prod",
        "reason": "a new shift",
    });
    let client = json!({ "client": "c-1", "configOrg": "acme-prod" });
    let made = object("create", Some("lunch"), LUNCH, "done", &Value::Null, &content(&old, false));
    let renamed = object("update", Some("lunch"), LUNCH, "done", &content(&old, false), &content(&new, false));
    let mut skipped = object("deactivate", Some("tea"), "t-1", "skipped", &content(&old, false), &content(&old, true));
    skipped["message"] = json!("the run was interrupted before it");
    let failure = json!({
        "kind": "error", "formatVersion": 1, "toolVersion": "0.1.0", "message": "no answer", "findings": [],
        "target": { "orgId": PROD, "orgName": "Acme Prod", "sandbox": false }, "correlationId": "0e2f-42",
        "run": { "began": "2026-03-02T08:00:00.000Z", "ended": "2026-03-02T08:00:30.000Z", "actor": "bob", "configOrg": "acme-prod" },
    });
    let removed = object(
        "delete",
        None,
        "o-1",
        "done",
        &content(&json!({ "en_US": "=Old" }), false),
        &content(&json!({ "en_US": "=Old" }), true),
    );
    Cli::new()
        .file(
            "reports/acme-prod/20260110T090000Z-no-commit.json",
            &report("2026-01-10T09:00:00.000Z", &client, &[made]),
        )
        .file(
            "reports/acme-prod/20260301T090500Z-1a2b3c4d5e6f.json",
            &report("2026-03-01T09:05:00.000Z", &ada, &[renamed, skipped]),
        )
        .file("reports/acme-prod/20260302T080000Z-no-commit.json", &failure.to_string())
        .file("reports/acme-prod/20260303T080000Z-no-commit.json", &report("2026-03-03T08:00:00.000Z", &client, &[]))
        .file(
            "reports/other/20260401T000000Z-no-commit.json",
            &report("2026-04-01T00:00:00.000Z", &json!({ "configOrg": "other" }), &[removed]),
        )
        .file("reports/README.md", "not a report, and not called one")
}

#[test]
fn who_changed_lunch_in_march() {
    let cli = spring();
    let ran = cli.run("log reports --key lunch --since 2026-03-01 --until 2026-03-31");
    assert_snapshot!(ran.shown(), @r#"
    exit Some(0)
    --- stdout
    TIME (UTC): 2026-03-01 09:05
    ORG:        acme-prod
    WHO:        ada
    COMMIT:     1a2b3c4d
    PR:         12
    ACTION:     update
    DEFINITION: lunch "Lunch" (Meal)
    OUTCOME:    done
    CHANGE:     de: "Mittag", en_US: "Lunch" -> "Midday", fr: "Midi" -> none
    REASON:     a new shift
    --- stderr
    "#);
}

#[test]
fn nothing_is_hidden() {
    let cli = spring();
    assert_snapshot!("log_table", cli.run("log reports").shown());
    assert_snapshot!("log_csv", cli.run("log reports -o csv").shown());
    let document: Value = serde_json::from_str(&cli.run("log reports -o json").stdout).unwrap();
    assert_eq!(complaints(&json::schema::<json::LogV1>(), &document), Vec::<String>::new());
    let entries = document["entries"].as_array().unwrap();
    assert_eq!((&document["kind"], entries.len()), (&json!("log"), 6));
    let renamed = entries.iter().find(|it| it["object"]["action"] == "update").unwrap();
    assert_eq!(renamed["object"]["before"]["labels"], json!({ "en_US": "Lunch", "fr": "Midi" }));
    assert_eq!((&renamed["run"]["pullRequest"], &renamed["correlationId"]), (&json!("12"), &json!("0e2f-41")));
}

#[test]
fn an_org_a_key_and_a_time_choose() {
    let cli = spring();
    let count = |line: &str| {
        let ran = cli.run(&format!("log {line} -o json"));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{line}");
        let document: Value = serde_json::from_str(&ran.stdout).unwrap();
        document["entries"].as_array().unwrap().len()
    };
    assert_eq!(count("reports --org acme-prod"), 5);
    assert_eq!(count("reports/other"), 1);
    assert_eq!([count("reports --org other --key lunch"), count(&format!("reports --org {PROD}"))], [0, 6]);
    assert_eq!(count("reports --key lunch,tea"), 3);
    assert_eq!(count("reports --key o-1"), 1, "what no config names has an id");
    assert_eq!(count("reports --since 2026-03-01T09:05:00Z --until 2026-03-02"), 3);
    assert_eq!(count("reports --since 2026-03-01T10:05:01+01:00 --until 2026-03-02T08:00:00Z"), 0);
    assert_eq!(count("reports --since 10000w"), 6);
    cli.run("log reports --since yesterday").complains(
        1,
        "error: --since: `yesterday` is no time\n  help: write a date such as 2026-03-01, a time such as \
         2026-03-01T09:05:00Z, or how long ago: 30d, 12h, 90m\n",
    );
    cli.run("log reports --key tea --until 2026-01-01").prints(0, "Nothing of that is in these reports.\n");
    cli.run("log nowhere").complains(
        1,
        "error: cannot read the folder `nowhere`: there is no such file or folder\n  help: give the folder that \
         `apply --report-dir` wrote to\n",
    );
}

#[test]
fn a_name_that_no_report_knows_is_an_error_with_the_nearest() {
    let cli = spring();
    let error = |line: &str, error: &str| cli.run(&format!("log {line}")).complains(1, error);
    error(
        "reports --key lunch,lunhc",
        "error: no report names a key or an id `lunhc`\n  help: did you mean `lunch`?\n",
    );
    error(
        "reports --key Unicorn",
        "error: no report names a key or an id `Unicorn`\n  help: give a key of the config, or the id of an object; \
         without --key, all are shown\n",
    );
    error(
        "reports --org acme-prd --key lunch",
        "error: no report is of an org `acme-prd`\n  help: did you mean `acme-prod`?\n",
    );
    error(
        "reports --org Unicorn",
        "error: no report is of an org `Unicorn`\n  help: give the name of the org in the config, its own name, or its \
         id; without --org, all are shown\n",
    );
    let document: Value = serde_json::from_str(&cli.run("log reports --key lunhc -o json").stdout).unwrap();
    assert_eq!(document["kind"], "error");
    let cli = cli.file("reports/broken.json", "{");
    let unread = cli.run("log reports --key lunhc").stderr;
    assert!(unread.contains("did you mean `lunch`?; 1 file could not be read\n"), "{unread}");
    std::fs::remove_file(cli.path("reports/broken.json")).unwrap();
    // What was matched and never changed is known as well.
    let mut matched: Value = serde_json::from_str(&report("2026-05-01T00:00:00.000Z", &json!({}), &[])).unwrap();
    matched["matched"] = json!({ "coffee": "7b1d0c2e-0000-4000-8000-000000000001" });
    let cli = cli.file("reports/x.json", &matched.to_string());
    for key in ["coffee", "7b1d0c2e"] {
        cli.run(&format!("log reports --key {key}")).prints(0, "Nothing of that is in these reports.\n");
    }
    // Where there is no report, no name is a wrong one.
    std::fs::create_dir(cli.path("empty")).unwrap();
    cli.run("log empty --key lunhc").prints(0, "Nothing of that is in these reports.\n");
}

#[test]
fn eight_characters_of_an_id_choose_where_no_other_begins_so() {
    let run = json!({ "client": "c-1" });
    let made = |id: &str| object("create", None, id, "done", &Value::Null, &content(&json!({ "en_US": id }), false));
    let ids = [LUNCH, "2fa68d50-0000-4000-8000-000000000002", "7b1d0c2e-0000-4000-8000-000000000003"];
    let cli = Cli::new().file("reports/x.json", &report("2026-03-03T09:05:00.000Z", &run, &ids.map(made)));
    let csv = cli.run("log reports --key 7B1D0C2E -o csv").stdout;
    assert_eq!((csv.lines().count(), csv.contains(ids[2])), (2, true), "{csv}");
    cli.run("log reports --key 2fa68d50-0000").complains(
        1,
        &format!(
            "error: `2fa68d50-0000` begins more than one id: `{LUNCH}` and `{}`\n  help: type more of the id\n",
            ids[1]
        ),
    );
    assert_eq!(cli.run("log reports --key 2fa68d5").code, Some(1));
    assert_eq!(cli.run("log reports --org 22222222").code, Some(0));
    let other = report("2026-03-03T09:05:00.000Z", &run, &[]).replace("22222222-bbbb", "22222222-cccc");
    let cli = cli.file("reports/y.json", &other);
    let orgs = cli.run("log reports --org 22222222").stderr;
    assert!(orgs.starts_with(&format!("error: `22222222` begins more than one id: `{PROD}` and `")), "{orgs}");
    assert_eq!(cli.run(&format!("log reports --key {LUNCH}")).code, Some(0));
}

/// Every row repeats the author, so a short file can make a long log.
#[test]
fn a_log_that_is_too_long_is_asked_for_in_parts() {
    let run = json!({ "actor": "a".repeat(100_000), "configOrg": "acme-prod" });
    let made = |number: usize, key: &str| {
        let content = content(&json!({ "en_US": "Lunch" }), false);
        object("create", Some(key), &format!("o-{number}"), "done", &Value::Null, &content)
    };
    let rows: Vec<Value> = (0..400).map(|it| made(it, if it == 5 { "lunch" } else { "tea" })).collect();
    let cli = Cli::new().file("reports/a.json", &report("2026-03-01T09:05:00.000Z", &run, &rows));
    cli.run("log reports").complains(
        1,
        "error: the reports say more than a log shows: 100000 rows, or 32 MiB of text\n  help: ask for less: by \
         --since and --until, --key, or --org\n",
    );
    assert_eq!(cli.run("log reports --key lunch -o csv").stdout.lines().count(), 2);

    let plain = json!({ "configOrg": "acme-prod" });
    let rows: Vec<Value> = (0..50_001).map(|it| made(it, "tea")).collect();
    let text = report("2026-03-01T09:05:00.000Z", &plain, &rows);
    let cli = Cli::new().file("reports/a.json", &text).file("reports/b.json", &text);
    assert_eq!(cli.run("log reports").code, Some(1));
    assert_eq!(cli.run("log reports --until 2026-02-28").code, Some(0));
}

#[test]
fn what_cannot_be_read_is_named_after_the_rest() {
    let cli = spring();
    let whole = cli.read("reports/acme-prod/20260110T090000Z-no-commit.json");
    cli.write("reports/x/1-truncated.json", &whole[..whole.len() / 2]);
    cli.write("reports/x/2-newer.json", &whole.replace("\"formatVersion\": 1", "\"formatVersion\": 2"));
    cli.write("reports/x/3-foreign.json", "{ \"name\": \"left-pad\" }\n");
    cli.write("reports/x/4-plan.json", "{\n  \"kind\": \"plan\",\n  \"formatVersion\": 1\n}\n");
    cli.write("reports/x/5-outcome.json", &whole.replace("\"done\"", "\"finished\""));
    std::fs::write(cli.path("reports/x/6-bytes.json"), b"{\n\xff}").unwrap();
    File::create(cli.path("reports/x/7-large.json")).unwrap().set_len(128 * 1024 * 1024 + 1).unwrap();
    let ran = cli.run("log reports --org other");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("\"=Old\""), "{}", ran.shown());
    assert_snapshot!("log_problems", ran.stderr);
    let document: Value = serde_json::from_str(&cli.run("log reports -o json").stdout).unwrap();
    assert_eq!(document["problems"].as_array().unwrap().len(), 7);
}

/// The outcomes of reports and of `log` are the same list.
#[test]
fn every_outcome_is_called_as_in_its_report() {
    let run = json!({ "client": "c-1", "configOrg": "acme-prod" });
    let (old, new) = (content(&json!({ "en_US": "Lunch" }), false), content(&json!({ "en_US": "Midday" }), false));
    for kind in OutcomeKind::ALL {
        let made = object("update", Some("lunch"), LUNCH, kind.code(), &old, &new);
        let cli = Cli::new().file("reports/x.json", &report("2026-03-03T09:05:00.000Z", &run, &[made]));
        let ran = cli.run("log reports -o human -o json=log.json -o csv=log.csv");
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.shown());
        let words = said(kind).words;
        assert!(ran.stdout.contains(&format!("\nOUTCOME:    {words}\n")), "{words}: {}", ran.stdout);
        let document: Value = serde_json::from_str(&cli.read("log.json")).unwrap();
        assert_eq!(document["entries"][0]["outcome"], kind.code());
        assert_eq!(complaints(&json::schema::<json::LogV1>(), &document), [""; 0]);
        assert!(cli.read("log.csv").contains(&format!(",{},", kind.code())));
    }
}
