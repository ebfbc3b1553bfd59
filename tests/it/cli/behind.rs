//! `orgs --behind`: which orgs are due, by the reports of their applies.

#![cfg(unix)]

use std::fs;

use serde_json::Value;

use super::driver::{Cli, Ran};
use super::orgs::{commit, org, three};

const BEHIND: &str = "orgs . --behind --report-dir reports --sandbox";

fn applied(cli: &Cli, orgs: &[&str]) {
    for org in orgs {
        let ran = cli.run(&format!("apply . --org {org} --sandbox --auto-approve --report-dir reports"));
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }
}

/// Three orgs whose reports are not committed.
fn orgs() -> Cli {
    let cli = three().file(".gitignore", "reports\n.presencectl\n").file("reports/README.md", "kept here\n");
    commit(&cli);
    cli
}

fn matrix(cli: &Cli) -> Ran {
    cli.run(&format!("{BEHIND} -o lines"))
}

#[test]
fn an_org_without_an_apply_is_due() {
    let cli = orgs();
    let expected = "3 of 3 orgs due\n\nDue: acme-prod, no report of an apply\nDue: acme-test, no report of an apply\n\
                    Due: globex-prod, no report of an apply\n";
    cli.run(BEHIND).prints(0, expected);
    matrix(&cli).prints(0, "acme-prod\nacme-test\nglobex-prod\n");
}

#[test]
fn an_org_is_in_sync_until_its_own_files_change() {
    let cli = orgs();
    applied(&cli, &["acme-prod", "acme-test", "globex-prod"]);
    cli.run(BEHIND).prints(0, "0 of 3 orgs due\n\nIn sync with the files: acme-prod, acme-test, globex-prod\n");
    cli.run(&format!("{BEHIND} -o github-matrix")).prints(0, "{\"include\":[]}\n");
    let overrides = "overrides:\n  tea: { labels: { en_US: Green tea } }\n";
    cli.write("orgs/acme-test.yaml", &org("acme-test", overrides));
    commit(&cli);
    let ran = cli.run(BEHIND);
    assert!(ran.stdout.starts_with("1 of 3 orgs due\n\nacme-test:\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("~ en_US: \"Tea\" -> \"Green tea\"\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("Due: acme-test, its files changed since "), "{}", ran.stdout);
    assert!(ran.stdout.contains("In sync with the files: acme-prod, globex-prod\n"), "{}", ran.stdout);
    matrix(&cli).prints(0, "acme-test\n");
    // Of real orgs the sandbox says nothing.
    assert!(cli.run("orgs . --behind --report-dir reports").stdout.starts_with("3 of 3 orgs due\n"));
    let document: Value = serde_json::from_str(&cli.run(&format!("{BEHIND} -o json")).stdout).unwrap();
    assert_eq!(document["orgs"][1]["behind"]["due"], "changed");
    assert!(document["orgs"][0]["behind"].get("due").is_none());
}

#[test]
fn an_apply_that_failed_leaves_its_org_due() {
    let cli = orgs();
    applied(&cli, &["acme-prod", "acme-test", "globex-prod"]);
    let folder = cli.path("reports/acme-test");
    let path = fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path()).find(|it| it.extension().unwrap() == "json");
    let mut report: Value = serde_json::from_str(&fs::read_to_string(path.unwrap()).unwrap()).unwrap();
    report["success"] = false.into();
    report["run"]["began"] = "2999-01-01T00:00:00.000Z".into();
    cli.write("reports/acme-test/29990101T000000Z-later.json", &report.to_string());
    let ran = cli.run(BEHIND);
    assert!(
        ran.stdout.contains("Due: acme-test, its apply failed at 2999-01-01T00:00:00.000Z; before, "),
        "{}",
        ran.stdout
    );
    matrix(&cli).prints(0, "acme-test\n");
    // What was limited to some definitions, or took an apply back, applied nothing as a whole.
    for (field, value) in [("only", serde_json::json!(["tea"])), ("undoes", "report.json".into())] {
        let mut limited = report.clone();
        limited["success"] = true.into();
        limited["run"][field] = value;
        cli.write("reports/acme-test/29990101T000000Z-later.json", &limited.to_string());
        matrix(&cli).prints(0, "");
    }
}

#[test]
fn a_frozen_org_is_due_and_in_no_matrix() {
    let cli = orgs();
    applied(&cli, &["acme-test", "globex-prod"]);
    let freeze = "freeze: { from: 2020-01-01, until: 9000-12-31, reason: Christmas business }\n";
    cli.write("orgs/acme-prod.yaml", &org("acme-prod", freeze));
    commit(&cli);
    let ran = cli.run(BEHIND);
    assert!(ran.stdout.starts_with("1 of 3 orgs due, 1 of them frozen\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("; frozen until 9001-01-01T00:00:00.000Z\n"), "{}", ran.stdout);
    let ran = matrix(&cli);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""));
    assert!(
        ran.stderr.contains("`acme-prod` is due and frozen until 9001-01-01T00:00:00.000Z: it is left out"),
        "{}",
        ran.stderr
    );
}
