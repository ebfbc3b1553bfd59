//! `combine`: one view of what the jobs of several orgs wrote, in which no org is forgotten.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs::{self, File};

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::driver::Cli;
use super::orgs::{BASE, commit, org, three};

const ORGS: [&str; 3] = ["acme-prod", "acme-test", "globex-prod"];
const ALL: &str = "acme-prod.json acme-test.json globex-prod.json";

/// Three orgs in a repository, and what a job of each wrote by this command.
fn ran(command: &str) -> Cli {
    let cli = three();
    jobs(&cli, command);
    cli
}

fn jobs(cli: &Cli, command: &str) {
    for org in ORGS {
        let ran = cli.run(&format!("{command} . --org {org} --sandbox -o json={org}.json"));
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }
}

/// Changes the document of an org.
fn edit(cli: &Cli, org: &str, change: impl FnOnce(&mut Value)) {
    let name = format!("{org}.json");
    let mut document: Value = serde_json::from_str(&cli.read(&name)).unwrap();
    change(&mut document);
    cli.write(&name, &document.to_string());
}

#[test]
fn plans_of_jobs_are_shown_as_one_run_shows_them() {
    let cli = three();
    let plan = cli.run("plan . --all-orgs --sandbox --plans-dir plans");
    let documents = "plans/acme-prod.json plans/acme-test.json plans/globex-prod.json";
    cli.run(&format!("combine . {documents}")).prints(0, &plan.stdout);
    for format in ["json", "markdown", "summary", "html", "github"] {
        let plan = cli.run(&format!("plan . --all-orgs --sandbox -o {format}"));
        cli.run(&format!("combine . {documents} -o {format}")).prints(0, &plan.stdout);
    }
    assert_eq!(cli.run(&format!("combine . {documents} --detailed-exitcode")).code, Some(2));
    // Each org in a job of its own writes the same.
    jobs(&cli, "plan");
    cli.run(&format!("combine . {ALL}")).prints(0, &plan.stdout);
    let at = cli.run("plan . --all-orgs --sandbox --plans-dir plans --at main");
    cli.run(&format!("combine . {documents} --at main")).prints(0, &at.stdout);
}

#[test]
fn orgs_without_a_plan_are_told_first_and_fail_the_set() {
    let cli = ran("plan");
    let failed = cli.run("plan . --org acme-test -o json=acme-test.json");
    assert_eq!(failed.code, Some(1), "it has no credentials");
    let ran = cli.run("combine . acme-test.json acme-prod.json");
    assert_eq!(ran.code, Some(1));
    assert_snapshot!(ran.stdout);
    // What did not have to report is not missed.
    let ran = cli.run("combine . acme-prod.json --expect acme-prod");
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert!(ran.stdout.starts_with("1 org: 1 has changes - sandbox: nothing real is written\n"), "{}", ran.stdout);
    let mistyped = cli.run("combine . acme-prod.json --expect acme-prd");
    let expected = "error: --expect: the config has no org `acme-prd`\n  help: did you mean `acme-prod`?\n";
    assert_eq!((mistyped.code, mistyped.stderr.as_str()), (Some(1), expected));
}

#[test]
fn a_change_that_affects_no_org_is_green_and_a_set_that_is_not_known_is_red() {
    let cli = three();
    let expected = "no org is affected\n\nUnaffected: acme-prod, acme-test, globex-prod\n\nNo changes.\n";
    cli.run("combine . --changed-since main").prints(0, expected);
    cli.run("combine . --expect=").prints(0, "no org had to report\n\nNo changes.\n");
    let ran = cli.run("combine . --changed-since no-such-branch");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    // The orgs that a change affects have to report, and no others.
    cli.write("orgs/acme-test.yaml", &org("acme-test", "omit: [tea]\n"));
    let ran = cli.run("combine . --changed-since main");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.starts_with("1 org: 1 was not planned\n\nNot planned:\n  acme-test: "), "{}", ran.stdout);
    assert!(ran.stdout.contains("Unaffected: acme-prod, globex-prod\n"), "{}", ran.stdout);
}

#[test]
fn the_comment_ends_with_the_warnings_of_changed_files_each_once() {
    let cli = three();
    cli.write("orgs/acme-test.yaml", &org("acme-test", "overrides:\n  tea: { labels: { de: \"Tee \" } }\n"));
    commit(&cli);
    let base = cli.run("plan . --org acme-test --sandbox").stderr;
    assert!(base.contains("orgs/acme-test.yaml"), "{base}");
    cli.write("base.yaml", &BASE.replace("de: Mittagspause", "de: \"Mittag \""));
    let warnings = |page: &str| -> Vec<String> {
        let (_, below) = page.split_once("Warnings in changed files\n").unwrap();
        below.lines().filter(|it| it.starts_with("- ")).map(str::to_owned).collect()
    };
    let ran = cli.run("plan . --all-orgs --sandbox --plans-dir plans --base HEAD -o markdown=plan.md");
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    let [one] = &warnings(&cli.read("plan.md"))[..] else { panic!("{}", cli.read("plan.md")) };
    assert!(one.contains("`base.yaml:"), "{one}");
    let documents = "plans/acme-prod.json plans/acme-test.json plans/globex-prod.json";
    cli.run(&format!("combine . {documents} --changed-since HEAD -o markdown=combined.md"));
    assert_eq!(warnings(&cli.read("combined.md")), std::slice::from_ref(one));
}

#[test]
fn documents_of_something_else_are_refused_by_org() {
    let cli = ran("plan");
    let refused = |cli: &Cli, flags: &str, why: &str| {
        let ran = cli.run(&format!("combine . {ALL} {flags}"));
        assert_eq!(ran.code, Some(1), "{why}");
        assert!(ran.stdout.contains(&format!("acme-prod: its document is refused: {why}")), "{}", ran.stdout);
    };
    refused(&cli, "--at main", "it is of no commit, and not of ");
    let as_planned = cli.read("acme-prod.json");
    for (why, change) in [
        (
            "it was written by version `0.0.1`",
            Box::new(|it: &mut Value| it["toolVersion"] = "0.0.1".into()) as Box<dyn Fn(&mut Value)>,
        ),
        ("it is of the commit `abc`", Box::new(|it| it["config"]["commit"] = "abc".into())),
        ("it was made from another config of this org", Box::new(|it| it["config"]["digest"] = "sha256:0".into())),
    ] {
        edit(&cli, "acme-prod", change);
        refused(&cli, "", why);
        cli.write("acme-prod.json", &as_planned);
    }
    cli.write("base.yaml", &BASE.replace("Tea", "Green tea"));
    refused(&cli, "", "it was made from another config of this org");
}

#[test]
fn what_is_no_set_of_documents_is_an_error() {
    let cli = ran("plan");
    assert_eq!(cli.run("drift . --org acme-test --sandbox -o json=drift.json").code, Some(0));
    cli.write("orgs.json", &cli.run("orgs . -o json").stdout);
    cli.write("broken.json", "{ \"kind\": \"plan\"");
    cli.write("twice.json", &cli.read("acme-prod.json"));
    edit(&cli, "globex-prod", |it| it["config"]["org"] = "hooli".into());
    File::create(cli.path("long.json")).unwrap().set_len(32 * 1024 * 1024 + 1).unwrap();
    for (documents, why) in [
        ("acme-prod.json drift.json", "`acme-prod.json` is a plan, and `drift.json` is a drift"),
        ("acme-prod.json --kind drift", "--kind: `acme-prod.json` is a plan, and not a drift"),
        ("drift.json --changed-since main", "--changed-since tells which plans are due"),
        ("orgs.json", "`orgs.json` cannot be combined: it is a `orgs`, and no plan, drift, report or error"),
        ("broken.json", "`broken.json` cannot be combined: it is no document that presencectl wrote"),
        ("acme-prod.json twice.json", "`acme-prod.json` and `twice.json` are both of the org `acme-prod`"),
        ("globex-prod.json", "`globex-prod.json` is of the org `hooli`, which the config does not have"),
        ("long.json", "`long.json` cannot be combined: it is longer than 33554432 bytes"),
        ("none.json", "`none.json` cannot be combined: "),
    ] {
        let ran = cli.run(&format!("combine . {documents}"));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{documents}");
        assert!(ran.stderr.starts_with(&format!("error: {why}")), "{documents}: {}", ran.stderr);
    }
}

#[test]
fn what_a_document_says_is_foreign_text() {
    let cli = ran("plan");
    let hostile = "<script>\u{1b}[31m\u{202e}|`![x](http://example.com)";
    edit(&cli, "acme-prod", |it| {
        for change in it["changes"].as_array_mut().unwrap() {
            change["after"]["labels"]["en_US"] = hostile.into();
        }
        it["warnings"] = json!([{ "code": hostile, "message": hostile }]);
    });
    for format in ["human", "markdown", "summary", "html", "github", "json"] {
        let ran = cli.run(&format!("combine . {ALL} -o {format}"));
        assert_eq!(ran.code, Some(0), "{format}: {}", ran.stderr);
        for raw in ["\u{1b}", "\u{202e}"] {
            assert!(!ran.stdout.contains(raw), "{format}: {}", ran.stdout);
        }
        assert!(format != "html" || !ran.stdout.contains("<script>"), "{}", ran.stdout);
    }
}

#[test]
fn drifts_are_told_by_org() {
    let cli = ran("drift");
    let ran = cli.run(&format!("combine . {ALL} --detailed-exitcode"));
    assert_eq!(ran.code, Some(2));
    assert_snapshot!("drifts", ran.stdout);
    jobs(&cli, "apply --auto-approve");
    jobs(&cli, "drift");
    cli.run(&format!("combine . {ALL} --detailed-exitcode"))
        .prints(0, "3 orgs: 3 in sync\n\nIn sync: acme-prod, acme-test, globex-prod\n");
    let ran = cli.run("combine . acme-prod.json -o json");
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &document["kind"]), (Some(1), &json!("fleet-drift")));
    assert_eq!(document["orgs"][1]["status"], "not-read");
}

#[test]
fn reports_tell_what_became_of_each_org() {
    let cli = ran("apply --auto-approve");
    let ran = cli.run("combine . acme-prod.json acme-test.json -o markdown -o json=combined.json");
    assert_eq!(ran.code, Some(1), "one waits");
    assert_snapshot!("reports_in_markdown", ran.stdout);
    let document: Value = serde_json::from_str(&cli.read("combined.json")).unwrap();
    assert_eq!((&document["kind"], &document["success"]), (&json!("fleet-report"), &json!(false)));
    let status = |index: usize| document["orgs"][index]["status"].clone();
    assert_eq!((status(0), status(2)), (json!("applied"), json!("waiting")));

    edit(&cli, "acme-prod", |it| {
        it["success"] = false.into();
        it["objects"][0]["outcome"] = "failed".into();
        it["objects"][0]["message"] = "it was refused\u{1b}[31m".into();
    });
    edit(&cli, "acme-test", |it| {
        it["success"] = false.into();
        it["objects"] = json!([]);
        it["refusals"] = json!([{ "code": "limit-removals", "message": "too much", "answers": [] }]);
    });
    let ran = cli.run("combine . acme-prod.json acme-test.json globex-prod.json");
    assert_eq!(ran.code, Some(1));
    assert_snapshot!("reports", ran.stdout);
    jobs(&cli, "apply --auto-approve");
    cli.run(&format!("combine . {ALL}"))
        .prints(0, "3 orgs: 3 nothing to do\n\nNothing to do: acme-prod, acme-test, globex-prod\n");
}

#[test]
fn a_frozen_org_is_told_with_its_date_and_is_no_failure() {
    let cli = three();
    let freeze = "freeze: { from: 2020-01-01, until: 9000-12-31, reason: Christmas business }\n";
    cli.write("orgs/acme-prod.yaml", &org("acme-prod", freeze));
    let refused = cli.run("apply . --org acme-prod --sandbox --auto-approve -o json=acme-prod.json");
    assert_eq!(refused.code, Some(1));
    let until = "until 9001-01-01T00:00:00.000Z: Christmas business";
    for documents in ["acme-prod.json", "--kind report"] {
        let ran = cli.run(&format!("combine . {documents} --expect acme-prod"));
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
        assert!(ran.stdout.starts_with("1 org: 1 frozen\n\nFrozen:\n  acme-prod: "), "{}", ran.stdout);
        assert!(ran.stdout.contains(until), "{}", ran.stdout);
    }
    // Another failure during a freeze is one.
    edit(&cli, "acme-prod", |it| {
        it["message"] = "401: bad credentials".into();
        it.as_object_mut().unwrap().remove("frozen");
    });
    assert_eq!(cli.run("combine . acme-prod.json --expect acme-prod").code, Some(1));
    fs::remove_file(cli.path("acme-prod.json")).unwrap();
    commit(&cli);
}
