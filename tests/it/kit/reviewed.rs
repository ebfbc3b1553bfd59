//! Merged means applied: an apply finds what was reviewed of everything that was merged since the last one, and does
//! nothing beyond it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;
use std::path::Path;

use serde_json::json;

use super::github::{Github, zip};
use super::steps::{Runner, Step, config, definition, org, sha, skipped};

/// The plan that the check of a pull request made, as an artifact.
fn reviewed(github: &Github, runner: &Runner, head: char, definitions: &[String]) {
    runner.write("presences.yaml", &config(definitions));
    let plan = runner.action("plan").succeeds();
    let plan = fs::read_to_string(plan.output("plan").unwrap()).unwrap();
    artifact(github, head, 1, &plan);
}

fn artifact(github: &Github, head: char, repository: u64, plan: &str) {
    let name = format!("presencectl-plan-default-{}", sha(head));
    github.repository().artifacts.push((name, repository, zip("plan.json", plan)));
}

/// The head of a pull request, merged as a commit.
fn merged(github: &Github, head: char, commit: char) {
    github.repository().merged.insert(sha(commit), vec![sha(head)]);
}

fn plans(step: &Step) -> Vec<String> {
    let folder = Path::new(step.output("folder").unwrap());
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names.iter().map(|it| fs::read_to_string(folder.join(it)).unwrap()).collect()
}

#[test]
fn what_was_merged_one_after_the_other_is_applied_together() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let mut runner = Runner::of(&github, &org).with("GITHUB_SHA", &sha('2')).with("COMMENT", "false");
    let (lunch, tea) = (definition("lunch", "Meal", "Lunch"), definition("tea", "Break", "Tea"));
    reviewed(&github, &runner, 'a', std::slice::from_ref(&lunch));
    reviewed(&github, &runner, 'b', std::slice::from_ref(&tea));
    merged(&github, 'a', '1');
    merged(&github, 'b', '2');
    github.repository().applied = Some(sha('0'));
    github.repository().since = ("ahead".to_owned(), vec![sha('1'), sha('2')]);

    let found = runner.run("reviewed-plans.sh", &[]).succeeds();
    let found_plans = plans(&found);
    assert_eq!(found_plans.len(), 2, "{}", found.log);
    assert!(found_plans[0].contains("lunch") && found_plans[1].contains("tea"), "in the order of merging");

    runner.write("presences.yaml", &config(&[lunch, tea]));
    runner.set("PLANS", found.output("folder").unwrap());
    runner.set("REPORT_DIR", "reports");
    let applied = runner.action("apply").succeeds();
    assert_eq!(applied.output("changes"), Some("true"));
    assert!(applied.log.contains("Apply: 2 done"), "{}", applied.log);
    assert!(runner.path("repository/reports/acme").is_dir(), "the report is kept");
    // Started again, it plans anew and has nothing to do.
    assert_eq!(runner.action("apply").succeeds().output("changes"), Some("false"));
}

#[test]
fn more_than_was_reviewed_stops_and_is_named() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let mut runner = Runner::of(&github, &org).with("GITHUB_SHA", &sha('1')).with("COMMENT", "false");
    let lunch = definition("lunch", "Meal", "Lunch");
    reviewed(&github, &runner, 'a', std::slice::from_ref(&lunch));
    merged(&github, 'a', '1');
    let found = runner.run("reviewed-plans.sh", &[]).succeeds();
    runner.set("PLANS", found.output("folder").unwrap());
    runner.write("presences.yaml", &config(&[lunch, definition("tea", "Break", "Tea")]));
    let stopped = runner.action("apply").fails("beyond-saved-plan");
    assert!(stopped.log.contains("create tea"), "{}", stopped.log);
    assert!(!org.requests().iter().any(|it| it.starts_with("POST /api")), "nothing was written");
}

#[test]
fn without_a_reviewed_plan_nothing_is_applied() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let mut runner = Runner::of(&github, &org).with("GITHUB_SHA", &sha('1')).with("COMMENT", "false");
    let found = runner.run("reviewed-plans.sh", &[]).succeeds();
    runner.set("PLANS", &format!("{}\n", found.output("folder").unwrap()));
    runner.write("presences.yaml", &config(&[definition("lunch", "Meal", "Lunch")]));
    let stopped = runner.action("apply").fails("no reviewed plan was found");
    assert_eq!(stopped.output("changes"), Some("false"), "there are some, and none was made");
    assert!(!org.requests().iter().any(|it| it.starts_with("POST /api")), "nothing was written");
    // Where there is nothing to do, that is no fault: a change of a README was merged.
    runner.write("presences.yaml", &config(&[]));
    runner.action("apply").succeeds();
}

#[test]
fn an_artifact_of_a_fork_or_a_failed_check_is_no_plan() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let runner = Runner::of(&github, &org).with("GITHUB_SHA", &sha('1')).with("COMMENT", "false");
    artifact(&github, 'a', 2, r#"{"kind": "plan"}"#);
    artifact(&github, 'a', 1, r#"{"kind": "error"}"#);
    merged(&github, 'a', '1');
    let found = runner.run("reviewed-plans.sh", &[]).succeeds();
    assert_eq!(plans(&found), [""; 0], "{}", found.log);
}

#[test]
fn an_old_run_that_is_started_again_undoes_nothing() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let runner = Runner::new(&github).with("GITHUB_SHA", &sha('1'));
    github.repository().applied = Some(sha('2'));
    github.repository().since = ("behind".to_owned(), Vec::new());
    let found = runner.run("reviewed-plans.sh", &[]).succeeds();
    assert_eq!(found.output("superseded"), Some("true"));
}

#[test]
fn an_interface_that_does_not_answer_ends_the_step() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let runner = Runner::new(&github).with("GITHUB_SHA", &sha('1')).with("TOKEN", "wrong");
    runner.run("reviewed-plans.sh", &[]).fails("401");
}

#[test]
fn a_first_apply_that_failed_is_made_up_for_by_the_next() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let runner = Runner::of(&github, &org).with("GITHUB_SHA", &sha('3')).with("COMMENT", "false");
    reviewed(&github, &runner, 'a', &[definition("lunch", "Meal", "Lunch")]);
    reviewed(&github, &runner, 'b', &[definition("tea", "Break", "Tea")]);
    merged(&github, 'a', '1');
    merged(&github, 'b', '3');
    // Nothing was ever applied: the runs of these commits failed, and the last one is the run that asks.
    github.repository().failed = vec![sha('3'), sha('2'), sha('1')];
    github.repository().since = ("ahead".to_owned(), vec![sha('2'), sha('3')]);
    let found = runner.run("reviewed-plans.sh", &[]).succeeds();
    assert_eq!(plans(&found).len(), 2, "{}", found.log);
    assert!(found.log.contains("3 commit(s) since 1111111, 2 reviewed plan(s)"), "{}", found.log);
    let compared = format!("GET compare/{}...{}", sha('1'), sha('3'));
    assert!(github.repository().requests.contains(&compared), "{:?}", github.repository().requests);
}

#[test]
fn the_name_of_an_org_may_hold_spaces() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let runner = Runner::new(&github).with("GITHUB_SHA", &sha('1')).with("ORG", "Acme Prod");
    let name = format!("presencectl-plan-Acme Prod-{}", sha('a'));
    github.repository().artifacts.push((name, 1, zip("plan.json", r#"{"kind": "plan"}"#)));
    merged(&github, 'a', '1');
    let found = runner.run("reviewed-plans.sh", &[]).succeeds();
    assert_eq!(plans(&found), [r#"{"kind": "plan"}"#]);
}

#[test]
fn an_answer_that_is_refused_is_not_an_empty_one() {
    if skipped() {
        return;
    }
    for forbidden in ["GET compare", "GET commits", "GET actions/workflows", "GET actions/artifacts"] {
        let github = Github::start();
        let runner = Runner::new(&github).with("GITHUB_SHA", &sha('2'));
        merged(&github, 'a', '2');
        github.repository().applied = Some(sha('0'));
        github.repository().since = ("ahead".to_owned(), vec![sha('2')]);
        github.repository().forbidden = Some(forbidden);
        runner.run("reviewed-plans.sh", &[]).fails("403");
    }
}

#[test]
fn whether_anything_was_changed_is_told_where_it_is_known() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let runner = Runner::new(&github)
        .with("PATH_OF_CONFIG", "presences.yaml")
        .with("REVIEWED", "false")
        .with("PRESENCECTL", "./presencectl");
    let script = "for it in \"$@\"; do [[ $it != json=* ]] || cp report.json \"${it#json=}\"; done\nexit 1\n";
    runner.executable("repository/presencectl", script);
    for (outcomes, changes) in [
        (&["done"][..], Some("true")),
        (&["failed", "not-visible-yet"], Some("true")),
        (&["differs"], Some("true")),
        (&["overwritten"], Some("true")),
        (&["unknown", "done"], Some("true")),
        (&["unknown", "already-so"], None),
        (&["already-so", "refused", "skipped", "failed"], Some("false")),
        (&[], Some("false")),
    ] {
        let objects: Vec<_> = outcomes.iter().map(|it| json!({ "outcome": it })).collect();
        runner.write("report.json", &json!({ "kind": "report", "objects": objects }).to_string());
        let step = runner.action("apply").fails("");
        assert_eq!(step.output("changes"), changes, "{outcomes:?}");
        assert!(step.output("report").is_some());
    }
    // A config that is not there: nothing is known, and there is no report.
    let (github, org) = (Github::start(), org());
    let step = Runner::of(&github, &org).with("REVIEWED", "false").action("apply").fails("presences.yaml");
    assert_eq!((step.output("changes"), step.output("report")), (None, None));
}
