//! From the check of a pull request over its plan to the apply, as the workflows of the examples have it: what a plan is
//! shown in is what an apply is bound by, whatever the pull request says of itself.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::github::{Github, pull, zip};
use super::steps::{Runner, config, definition, org, sha, skipped};
use super::workflow::Workflow;
use crate::cli::server::Org;

const CONFIG: &str = "presencectl-config";
const PLAN: &str = "presencectl-plan-acme-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A runner whose presencectl asks this org.
fn runner(github: &Github, org: &Org) -> Runner {
    Runner::new(github).with("PRESENCECTL_BASE_URL", &org.url)
}

/// What GitHub says of a check that has passed, for the branch `change` of a fork.
fn passed(event: &str) -> Value {
    json!({
        "repository": { "default_branch": "main" },
        "workflow_run": { "id": 9, "event": event, "conclusion": "success", "head_sha": sha('a'), "head_branch": "change",
                          "head_repository": { "full_name": "somebody/presences" } },
    })
}

/// The artifact of a check, as a pull request makes it.
fn bundle(runner: &Runner, number: &str, definitions: &[String]) -> PathBuf {
    runner.write("bundle/presences/p.yaml", &config(definitions));
    runner.write("bundle/pull-request", number);
    runner.path("repository/bundle")
}

fn planned<'a>(runner: &'a Runner, event: &str, bundle: &Path) -> (bool, Workflow<'a>) {
    let mut workflow = Workflow::new(runner, "workflow_run", &passed(event));
    workflow.artifacts.insert(CONFIG.to_owned(), bundle.to_owned());
    (workflow.run("plan.yml"), workflow)
}

/// The only status, with the name of what was uploaded.
fn outcome(github: &Github, workflow: &Workflow) -> (String, Vec<String>) {
    let statuses = &github.repository().statuses;
    assert_eq!((statuses.len(), &statuses[0]["context"]), (1, &json!("presencectl plan (acme)")));
    (statuses[0]["state"].as_str().unwrap().to_owned(), workflow.uploaded.keys().cloned().collect())
}

#[test]
fn what_was_checked_is_planned_shown_and_applied() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let (lunch, tea) = (definition("lunch", "Meal", "Lunch"), definition("tea", "Break", "Tea"));
    let before = Runner::of(&github, &org).with("REVIEWED", "false");
    before.write("presences.yaml", &config(&[lunch.clone(), tea.clone()]));
    before.action("apply").succeeds();

    let checking = runner(&github, &org);
    let retired = [lunch, format!("{tea}    deactivated: true\n"), definition("walk", "Away", "Walk")];
    checking.write("presences/p.yaml", &config(&retired));
    let mut check = Workflow::new(&checking, "pull_request", &json!({ "pull_request": { "number": 7 } }));
    assert!(check.run("check.yml"), "{}", check.log);

    github.repository().pulls.insert("7".to_owned(), pull('a'));
    let planning = runner(&github, &org);
    let (fine, plan) = planned(&planning, "pull_request", &check.uploaded[CONFIG]);
    assert!(fine, "{}", plan.log);
    assert_eq!(outcome(&github, &plan), ("success".to_owned(), vec![PLAN.to_owned()]));
    let comment = github.repository().comments[0]["body"].as_str().unwrap().to_owned();
    let commit = format!("Planned at [aaaaaaa](https://github.example/acme/presences/commit/{}). ", sha('a'));
    assert!(comment.contains("walk") && comment.contains(&commit), "{comment}");
    assert!(comment.ends_with("in the log of [the run](https://github.example/acme/presences/actions/runs/42)."));
    let check_run = github.repository().check_runs[0].clone();
    assert_eq!((&check_run["head_sha"], &check_run["conclusion"]), (&json!(sha('a')), &json!("neutral")));
    let annotation = &check_run["output"]["annotations"][0];
    let place =
        (annotation["path"].as_str(), annotation["start_line"].as_u64(), annotation["annotation_level"].as_str());
    assert_eq!(place, (Some("presences/p.yaml"), Some(10), Some("warning")), "{check_run}");
    assert!(!plan.log.contains("::warning"), "this run has no lines of the pull request");

    let text = fs::read_to_string(plan.uploaded[PLAN].join("plan.json")).unwrap();
    github.repository().artifacts.push((PLAN.to_owned(), 1, zip("plan.json", &text)));
    github.repository().merged.insert(sha('1'), vec![sha('a')]);
    let applying = runner(&github, &org).with("GITHUB_SHA", &sha('1'));
    applying.write("presences/p.yaml", &config(&retired));
    let mut apply = Workflow::new(&applying, "push", &json!({}));
    assert!(apply.run("apply.yml"), "{}", apply.log);
    assert_eq!(results(&apply), ["skipped", "success"], "the plan by hand is skipped");
    assert!(apply.log.contains("Apply: 2 done"), "{}", apply.log);
}

/// What became of the jobs `plan` and `apply`.
fn results<'a>(workflow: &'a Workflow<'_>) -> [&'a str; 2] {
    ["plan", "apply"].map(|it| workflow.results[it].as_str())
}

/// A merged config that nobody has reviewed.
fn by_hand(runner: &Runner) -> Workflow<'_> {
    runner.write("presences/p.yaml", &config(&[definition("lunch", "Meal", "Lunch")]));
    Workflow::new(runner, "workflow_dispatch", &json!({}))
}

fn writes(org: &Org) -> usize {
    org.requests().iter().filter(|it| it.starts_with("POST /api")).count()
}

#[test]
fn what_is_started_by_hand_is_planned_first_and_that_plan_is_applied() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let runner = runner(&github, &org).with("GITHUB_SHA", &sha('1'));
    let mut apply = by_hand(&runner);
    assert!(apply.run("apply.yml"), "{}", apply.log);
    assert_eq!(results(&apply), ["success", "success"]);
    assert!(apply.log.contains("Apply: 1 done") && writes(&org) == 1, "{}", apply.log);
    assert!(
        apply.uploaded.contains_key("plan-by-hand-acme") && apply.uploaded.contains_key("presencectl-reports-acme-1")
    );
    assert!(!github.repository().requests.iter().any(|it| it.contains("artifacts")), "no pull request is looked for");
    // Nothing is left to do.
    let mut again = by_hand(&runner);
    assert!(again.run("apply.yml"), "{}", again.log);
    assert_eq!((results(&again), writes(&org)), (["success", "success"], 1));
}

#[test]
fn without_its_plan_nothing_is_applied_by_hand() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let runner = runner(&github, &org).with("GITHUB_SHA", &sha('1'));
    let mut apply = by_hand(&runner);
    runner.write("presences/p.yaml", &config(&[definition("lunch", "Mael", "Lunch")]));
    assert!(!apply.run("apply.yml"));
    assert_eq!((results(&apply), writes(&org)), (["failure", "skipped"], 0));
}

#[test]
fn a_run_can_be_cancelled_while_it_waits() {
    if skipped() {
        return;
    }
    for event in ["push", "workflow_dispatch"] {
        let (github, org) = (Github::start(), org());
        let runner = runner(&github, &org).with("GITHUB_SHA", &sha('1'));
        runner.write("presences/p.yaml", &config(&[definition("lunch", "Meal", "Lunch")]));
        let mut apply = Workflow::new(&runner, event, &json!({}));
        apply.cancelled_at = Some("apply");
        assert!(!apply.run("apply.yml"));
        assert_eq!((apply.results["apply"].as_str(), writes(&org)), ("cancelled", 0), "{event}");
    }
}

#[test]
fn the_nightly_workflow_opens_one_issue_and_closes_it() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let runner = runner(&github, &org).with("GITHUB_SHA", &sha('1'));
    let lunch = definition("lunch", "Meal", "Lunch");
    runner.write("presences/p.yaml", &config(&[lunch]));
    for event in ["schedule", "workflow_dispatch"] {
        let mut drift = Workflow::new(&runner, event, &json!({}));
        assert!(drift.run("drift.yml"), "{}", drift.log);
    }
    assert_eq!(github.writes(), ["POST issues", "PATCH issues/1"]);
    let body = github.repository().issues[0]["body"].as_str().unwrap().to_owned();
    assert!(
        body.starts_with("<!-- presencectl-kit:drift acme -->\nacme differs from its config") && body.contains("lunch")
    );
    assert_eq!(writes(&org), 0, "it only looks");
    let mut apply = by_hand(&runner);
    assert!(apply.run("apply.yml"), "{}", apply.log);
    let mut drift = Workflow::new(&runner, "schedule", &json!({}));
    assert!(drift.run("drift.yml"), "{}", drift.log);
    assert_eq!(github.repository().issues[0]["state"], "closed");
}

#[test]
fn a_plan_that_is_shown_nowhere_or_elsewhere_is_none() {
    if skipped() {
        return;
    }
    let other = |name: &str, value: &Value| {
        let mut pull = pull('a');
        *pull.pointer_mut(name).unwrap() = value.clone();
        pull
    };
    for (event, number, pulls) in [
        ("pull_request", "", vec![("7", pull('a'))]),
        ("pull_request", "\n", vec![("7", pull('a'))]),
        ("pull_request", "none", vec![("7", pull('a'))]),
        ("push", "", vec![("7", pull('a'))]),
        ("pull_request", "8", vec![("7", pull('a')), ("8", pull('b'))]),
        // One commit, and other pull requests that have it.
        ("pull_request", "8", vec![("7", pull('a')), ("8", other("/head/ref", &json!("hidden")))]),
        ("pull_request", "8", vec![("7", pull('a')), ("8", other("/head/repo", &json!({ "full_name": "a/b" })))]),
        ("pull_request", "8", vec![("7", pull('a')), ("8", other("/head/repo", &Value::Null))]),
        ("pull_request", "8", vec![("7", pull('a')), ("8", other("/base/ref", &json!("elsewhere")))]),
        ("pull_request", "8", vec![("7", pull('a')), ("8", other("/state", &json!("closed")))]),
    ] {
        let (github, org) = (Github::start(), org());
        let what = format!("{event} {number:?} {pulls:?}");
        github.repository().pulls = pulls.into_iter().map(|(number, it)| (number.to_owned(), it)).collect();
        let planning = runner(&github, &org);
        let bundle = bundle(&planning, number, &[definition("lunch", "Meal", "Lunch")]);
        let (fine, plan) = planned(&planning, event, &bundle);
        assert!(!fine, "{what}: {}", plan.log);
        assert_eq!(outcome(&github, &plan), ("failure".to_owned(), Vec::new()), "{what}: nothing bounds an apply");
        assert_eq!(github.writes(), [format!("POST statuses/{}", sha('a'))], "{what}");
        assert_eq!(org.requests(), [""; 0], "{what}: the org was asked");
    }
}

/// Whatever the pull request says of itself: what it is compared with is none of its.
#[test]
fn an_edit_of_a_guard_cannot_be_hidden_from_the_comment() {
    if skipped() {
        return;
    }
    let lunch = [definition("lunch", "Meal", "Lunch")];
    for forged in [None, Some(sha('b')), Some("none".to_owned())] {
        let (github, org) = (Github::start(), org());
        github.repository().pulls.insert("7".to_owned(), pull('a'));
        let planning = runner(&github, &org);
        planning.write("../main/presences/p.yaml", &config(&lunch));
        let bundle = bundle(&planning, "7", &lunch);
        let raised = format!("{}settings: {{ limits: {{ removals: 500 }} }}\n", config(&lunch));
        planning.write("bundle/presences/p.yaml", &raised);
        if let Some(forged) = forged {
            planning.write("bundle/base", &forged);
        }
        let mut plan = Workflow::new(&planning, "workflow_run", &passed("pull_request"));
        plan.artifacts.insert(CONFIG.to_owned(), bundle);
        plan.before = Some(planning.path("main"));
        assert!(plan.run("plan.yml"), "{}", plan.log);
        let comment = github.repository().comments[0]["body"].as_str().unwrap().to_owned();
        assert!(comment.contains("this change itself touches `limits`"), "{comment}");
    }
}

#[test]
fn a_group_of_the_merge_queue_is_planned_without_a_comment() {
    if skipped() {
        return;
    }
    // Whatever its artifact says: no pull request is written to.
    for number in ["", "7"] {
        let (github, org) = (Github::start(), org());
        github.repository().pulls.insert("7".to_owned(), pull('a'));
        let planning = runner(&github, &org);
        let bundle = bundle(&planning, number, &[definition("lunch", "Meal", "Lunch")]);
        let (fine, plan) = planned(&planning, "merge_group", &bundle);
        assert!(fine, "{}", plan.log);
        assert_eq!(outcome(&github, &plan), ("success".to_owned(), vec![PLAN.to_owned()]));
        assert_eq!(github.writes(), [format!("POST statuses/{}", sha('a'))]);
    }
}

#[test]
fn places_in_files_are_named_as_in_the_repository() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    github.repository().pulls.insert("7".to_owned(), pull('a'));
    let planning = runner(&github, &org);
    let bundle = bundle(&planning, "7", &[definition("lunch", "Mael", "Lunch")]);
    let (fine, plan) = planned(&planning, "pull_request", &bundle);
    assert!(!fine);
    assert_eq!(outcome(&github, &plan), ("failure".to_owned(), Vec::new()));
    let comment = github.repository().comments[0]["body"].as_str().unwrap().to_owned();
    let shown = format!("{comment}{}", github.repository().check_runs[0]);
    assert!(comment.contains("`presences/p.yaml:5:"), "{comment}");
    let temporary = planning.path("temp").display().to_string();
    assert!(!shown.contains(&temporary) && !plan.log.contains(&temporary), "{shown}{}", plan.log);
}
