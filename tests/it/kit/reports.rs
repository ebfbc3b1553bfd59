//! An org may not show yet what a run sent: the next apply is handed the reports of the runs before it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;

use serde_json::{Value, json};

use super::github::{FORK, Github, run, zip};
use super::steps::{Runner, Step, config, definition, org, sha, skipped};

const REPORT: &str = "acme/20260101T000000Z-0000000.json";

/// A run of `apply.yml` with a number of its own.
fn numbered(number: u64) -> Value {
    let mut run = run("push", &sha('1'));
    run["id"] = json!(number);
    run["conclusion"] = json!("failure");
    run
}

/// The artifact that a run has kept, after all earlier ones.
fn kept(github: &Github, run: &Value, name: &str, archive: Vec<u8>) {
    let mut repository = github.repository();
    if !repository.runs.iter().any(|it| it["id"] == run["id"]) {
        repository.runs.insert(0, run.clone());
    }
    repository.artifacts.push((name.to_owned(), run.clone(), archive));
}

fn looking(github: &Github, org: &str) -> Runner {
    Runner::new(github).with("GITHUB_SHA", &sha('1')).with("PATH_OF_CONFIG", ".").with("ORG", org)
}

/// Looks up what an apply needs.
fn looked_up(runner: &Runner) -> Step {
    runner.run("earlier-reports.sh", &["../needs/reports"])
}

/// What the reports that were found say, by name.
fn found(runner: &Runner) -> Vec<String> {
    let folder = runner.path("needs/reports/acme");
    let mut names: Vec<_> = fs::read_dir(folder).into_iter().flatten().map(|it| it.unwrap().path()).collect();
    names.sort();
    names.iter().map(|it| fs::read_to_string(it).unwrap()).collect()
}

#[test]
fn the_newest_reports_of_this_org_are_found_and_no_others() {
    if skipped() {
        return;
    }
    let github = Github::start();
    for number in 0..7 {
        let name = format!("acme/2026010{number}T000000Z-0000000.json");
        let attempt = if number == 3 { 2 } else { 1 };
        kept(
            &github,
            &numbered(number),
            &format!("presencectl-reports-acme-{attempt}"),
            zip(&name, &number.to_string()),
        );
    }
    // An undo keeps reports, too.
    let mut undo = run("workflow_dispatch", &sha('1'));
    (undo["id"], undo["path"]) = (json!(7), json!(".github/workflows/undo.yml"));
    kept(&github, &undo, "presencectl-reports-acme-1", zip("acme/20260107T000000Z-0000000.json", "7"));
    kept(
        &github,
        &numbered(6),
        "presencectl-reports-acme-test-1",
        zip("acme/20260109T000000Z-1.json", "of another org"),
    );
    kept(&github, &numbered(6), "presencectl-reports-acme-1-more", zip("acme/20260109T000000Z-2.json", "no report"));
    let mut runner = looking(&github, "acme");
    let step = looked_up(&runner).succeeds();
    assert_eq!(found(&runner), ["0", "1", "2", "3", "4", "5", "6", "7"], "{}", step.log);
    assert!(step.log.contains("8 artifact(s) with reports of earlier runs for acme"), "{}", step.log);
    // No more are fetched than tell what was applied last.
    fs::remove_dir_all(runner.path("needs")).unwrap();
    let known = "[[ ! -e ../needs/reports/acme/20260104T000000Z-0000000.json ]] || echo '{\"orgs\": [{\"behind\": {\"commit\": \"0\"}}]}'";
    runner.executable("repository/presencectl", known);
    runner.set("PRESENCECTL", "./presencectl");
    let step = looked_up(&runner).succeeds();
    assert_eq!(found(&runner), ["4", "5", "6", "7"], "{}", step.log);
}

#[test]
fn a_report_counts_only_where_the_apply_workflow_of_the_default_branch_kept_it() {
    if skipped() {
        return;
    }
    let name = "presencectl-reports-acme-1";
    for (field, value) in [
        ("/head_repository/id", json!(FORK)),
        ("/head_branch", json!("change")),
        ("/event", json!("pull_request")),
        ("/path", json!(".github/workflows/check.yml")),
    ] {
        let github = Github::start();
        kept(&github, &numbered(1), name, zip(REPORT, "own"));
        let mut forged = numbered(2);
        *forged.pointer_mut(field).unwrap() = value;
        kept(&github, &forged, name, zip("acme/20260102T000000Z-0000000.json", "forged"));
        let runner = looking(&github, "acme");
        let step = looked_up(&runner).succeeds();
        assert_eq!(found(&runner), ["own"], "{field}: {}", step.log);
    }
}

#[test]
fn what_cannot_be_unpacked_is_said_and_what_is_gone_is_passed_over() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let name = "presencectl-reports-acme-1";
    let mut expired = numbered(1);
    expired["expired"] = json!(true);
    kept(&github, &expired, name, zip(REPORT, "expired"));
    kept(&github, &numbered(2), name, b"no archive".to_vec());
    kept(&github, &numbered(3), name, zip("../20260101T000000Z-0.json", "out"));
    let runner = looking(&github, "acme");
    let step = looked_up(&runner).succeeds();
    assert_eq!(found(&runner), [""; 0], "{}", step.log);
    assert!(step.log.contains("::warning::2 of the newest reports of earlier runs cannot be read"), "{}", step.log);
    // Not to know what was sent is no reason to send it again.
    github.repository().forbidden = Some("GET actions/runs/3/artifacts");
    looked_up(&looking(&github, "acme")).fails("nothing is done");
    github.repository().forbidden = Some("GET actions/artifacts");
    looked_up(&looking(&github, "acme")).fails("nothing is done");
}

#[test]
fn an_apply_has_them_while_it_runs_and_keeps_its_own() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let mut runner = Runner::of(&github, &org).with("REVIEWED", "false").with("REPORT_DIR", "reports");
    runner.write("presences.yaml", &config(&[definition("lunch", "Meal", "Lunch")]));
    let needs = runner.path("temp/needs");
    let earlier = needs.join("reports");
    fs::create_dir_all(earlier.join("acme")).unwrap();
    fs::write(earlier.join(REPORT), "earlier").unwrap();
    runner.set("NEEDS", needs.to_str().unwrap());
    let looking = format!("cat reports/*/*.json >seen\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_presencectl"));
    runner.executable("repository/presencectl", &looking);
    runner.set("PRESENCECTL", "./presencectl");
    runner.action("apply");
    assert_eq!(fs::read_to_string(runner.path("repository/seen")).unwrap(), "earlier");
    assert!(!runner.path("repository/reports").join(REPORT).exists(), "what is uploaded is this run's own");
    let own = fs::read_dir(runner.path("repository/reports/acme")).unwrap();
    assert_eq!(own.filter(|it| it.as_ref().unwrap().path().extension().unwrap() == "json").count(), 1);

    // A repository may hold a link where the reports go.
    std::os::unix::fs::symlink("..", runner.path("repository/reports/out")).unwrap();
    fs::create_dir_all(earlier.join("out")).unwrap();
    fs::write(earlier.join("out/20260101T000000Z-0000000.json"), "earlier").unwrap();
    runner.action("apply").fails("would lead through a link");
}
