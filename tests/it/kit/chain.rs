//! From the check of a pull request over its plan to the apply, as the workflows of the examples have it: what a plan
//! is shown in is what an apply is bound by, regardless of the pull request says of itself.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;

use serde_json::{Value, json};

use super::drift::git_in;
use super::github::{FORK, Github, HERE};
use super::proposal::{Proposal, proposed, pull_of};
use super::steps::{Runner, config, definition, org, sha, skipped};
use super::workflow::Workflow;
use crate::cli::server::Org;

/// A runner whose presencectl asks this org.
fn runner(github: &Github, org: &Org) -> Runner {
    Runner::new(github).with("PRESENCECTL_BASE_URL", &org.url)
}

/// A proposed config, in a runner that has the default branch.
fn proposal(github: &Github, runner: &mut Runner, before: &str, after: &str) -> Proposal {
    let before: &[_] = if before.is_empty() { &[] } else { &[("presences/p.yaml", before)] };
    let proposal = proposed(runner, before, &[("presences/p.yaml", after)]);
    github.repository().pulls.insert("7".to_owned(), pull_of(&proposal));
    github.repository().history.push(proposal.main.clone());
    runner.set("GITHUB_SHA", &proposal.main);
    proposal
}

/// What GitHub says of a check that has passed, for the branch `change` of a fork.
fn passed(event: &str, head: &str) -> Value {
    json!({
        "repository": { "id": HERE, "default_branch": "main" },
        "workflow_run": { "id": 9, "event": event, "conclusion": "success", "head_sha": head, "head_branch": "change",
                          "head_repository": { "id": FORK, "owner": { "login": "a person" } } },
    })
}

fn planned<'a>(runner: &'a Runner, event: &Value) -> (bool, Workflow<'a>) {
    let mut workflow = Workflow::new(runner, "workflow_run", event);
    (workflow.run("plan.yml"), workflow)
}

/// The name of a plan's artifact.
fn plan_of(commit: &str) -> String {
    format!("presencectl-plan-acme-{commit}")
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

    let retired = config(&[lunch, format!("{tea}    deactivated: true\n"), definition("walk", "Away", "Walk")]);
    let checking = runner(&github, &org);
    checking.write("presences/p.yaml", &retired);
    let mut check = Workflow::new(&checking, "pull_request", &json!({ "pull_request": { "number": 7 } }));
    assert!(check.run("check.yml"), "{}", check.log);
    assert_eq!(check.uploaded.len(), 0, "nothing is handed on");

    let mut planning = runner(&github, &org);
    let proposal = proposal(&github, &mut planning, "", &retired);
    let (head, name) = (&proposal.head, plan_of(&proposal.head));
    let (fine, plan) = planned(&planning, &passed("pull_request", head));
    assert!(fine, "{}", plan.log);
    assert_eq!(outcome(&github, &plan), ("success".to_owned(), vec![name.clone()]));
    let comment = github.repository().comments[0]["body"].as_str().unwrap().to_owned();
    let commit = format!("Planned at [{}](https://github.example/acme/presences/commit/{head}). ", &head[..7]);
    assert!(comment.contains("walk") && comment.contains(&commit), "{comment}");
    assert!(comment.ends_with("in the log of [the run](https://github.example/acme/presences/actions/runs/42)."));
    let check_run = github.repository().check_runs[0].clone();
    assert_eq!((&check_run["head_sha"], &check_run["conclusion"]), (&json!(head), &json!("neutral")));
    let annotation = &check_run["output"]["annotations"][0];
    let place =
        (annotation["path"].as_str(), annotation["start_line"].as_u64(), annotation["annotation_level"].as_str());
    assert_eq!(place, (Some("presences/p.yaml"), Some(10), Some("warning")), "{check_run}");
    assert!(!plan.log.contains("::warning"), "this run has no lines of the pull request");

    github.reviewed(&name, &fs::read_to_string(plan.uploaded[&name].join("plan.json")).unwrap());
    github.repository().merged.insert(sha('1'), vec![head.clone()]);
    let applying = runner(&github, &org).with("GITHUB_SHA", &sha('1'));
    applying.write("presences/p.yaml", &retired);
    let mut apply = Workflow::new(&applying, "push", &json!({}));
    assert!(apply.run("apply.yml"), "{}", apply.log);
    assert_eq!(results(&apply), ["skipped", "success"], "the plan by hand is skipped");
    assert!(apply.log.contains("Apply: 2 done"), "{}", apply.log);
}

/// What became of the jobs `plan` and `apply`.
fn results<'a>(workflow: &'a Workflow<'_>) -> [&'a str; 2] {
    ["plan", "apply"].map(|it| workflow.results[it].as_str())
}

/// A merged config that no one has reviewed.
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
fn what_was_started_by_hand_and_is_started_again_later_undoes_nothing() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let runner = runner(&github, &org).with("GITHUB_SHA", &sha('1'));
    github.applied(&sha('2'));
    let mut apply = by_hand(&runner);
    assert!(apply.run("apply.yml"), "{}", apply.log);
    assert!(apply.log.contains("2222222 is applied already, and it is later than 1111111"), "{}", apply.log);
    assert_eq!(writes(&org), 0);
    // Where no one may say what was applied, nothing is done either.
    github.repository().forbidden = Some("GET actions/workflows");
    let mut apply = by_hand(&runner);
    assert!(!apply.run("apply.yml") && apply.log.contains("`actions: read`"), "{}", apply.log);
    assert_eq!(writes(&org), 0);
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
    for (event, field, value) in [
        ("push", "/head/ref", json!("change")),
        ("workflow_dispatch", "/head/ref", json!("change")),
        ("pull_request", "/head/sha", json!(sha('b'))),
        ("pull_request", "/head/ref", json!("hidden")),
        ("pull_request", "/head/repo", json!({ "id": HERE })),
        ("pull_request", "/head/repo", Value::Null),
        ("pull_request", "/base/ref", json!("elsewhere")),
        ("pull_request", "/state", json!("closed")),
        ("pull_request", "/mergeable", json!(false)),
        ("pull_request", "/merge_commit_sha", Value::Null),
    ] {
        let (github, org) = (Github::start(), org());
        let what = format!("{event} {field} {value}");
        let mut planning = runner(&github, &org);
        planning.stand_in("sleep", "");
        let head = proposal(&github, &mut planning, "", &config(&[definition("lunch", "Meal", "Lunch")])).head;
        *github.repository().pulls.get_mut("7").unwrap().pointer_mut(field).unwrap() = value;
        let (fine, plan) = planned(&planning, &passed(event, &head));
        assert!(!fine, "{what}: {}", plan.log);
        assert_eq!(outcome(&github, &plan), ("failure".to_owned(), Vec::new()), "{what}: nothing bounds an apply");
        assert_eq!(github.writes(), [format!("POST statuses/{head}")], "{what}");
        assert_eq!(org.requests(), [""; 0], "{what}: the org was asked");
    }
}

/// Regardless of the pull request says of itself: what it is compared with is none of its.
#[test]
fn an_edit_of_a_guard_cannot_be_hidden_from_the_comment() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let mut planning = runner(&github, &org);
    let before = config(&[definition("lunch", "Meal", "Lunch")]);
    let raised = format!("{before}settings: {{ limits: {{ removals: 500 }} }}\n");
    let head = proposal(&github, &mut planning, &before, &raised).head;
    let (fine, plan) = planned(&planning, &passed("pull_request", &head));
    assert!(fine, "{}", plan.log);
    let comment = github.repository().comments[0]["body"].as_str().unwrap().to_owned();
    assert!(comment.contains("this change itself touches `limits`"), "{comment}");
}

/// A check may hand on everything that it likes: the files are those of the commit that would be merged.
#[test]
fn the_files_that_are_planned_are_those_that_would_be_merged() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let mut planning = runner(&github, &org);
    let harmless = config(&[definition("lunch", "Meal", "Lunch")]);
    let layer = "version: 1\ndefinitions:\n  walk:\n    systemPresence: Away\n    labels: { en_US: Walk }\n";
    // Hidden folders, and a layer beside the config.
    let uses = "version: 1\nuse: [../.layers/base.yaml]\n\
                org: { name: acme, id: 5a4db0c5-0000-4000-b000-000000000001 }\n";
    let files = [("presences/p.yaml", uses), (".layers/base.yaml", layer)];
    let proposal = proposed(&planning, &[("presences/p.yaml", &harmless)], &files);
    github.repository().pulls.insert("7".to_owned(), pull_of(&proposal));
    github.repository().history.push(proposal.main.clone());
    planning.set("GITHUB_SHA", &proposal.main);
    // What lies in the checkout is no part of it.
    planning.write("presences/more.yaml", "version: 1\ndefinitions: [of the checkout]\n");
    let (fine, plan) = planned(&planning, &passed("pull_request", &proposal.head));
    assert!(fine, "{}", plan.log);
    let comment = github.repository().comments[0]["body"].as_str().unwrap().to_owned();
    assert!(comment.contains("**1 to create**") && comment.contains("**create** | `walk` (Away)"), "{comment}");
    let checked_out = git_in(&planning.path("repository"), &["ls-files"]);
    assert!(!checked_out.contains(".layers"), "{checked_out}");
}

#[test]
fn a_group_of_the_merge_queue_is_planned_without_a_comment() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let mut planning = runner(&github, &org);
    let merge = proposal(&github, &mut planning, "", &config(&[definition("lunch", "Meal", "Lunch")])).merge;
    let mut group = passed("merge_group", &merge);
    group["workflow_run"]["head_branch"] = "gh-readonly-queue/main/pr-7-0123".into();
    group["workflow_run"]["head_repository"]["id"] = HERE.into();
    let (fine, plan) = planned(&planning, &group);
    assert!(fine, "{}", plan.log);
    assert_eq!(outcome(&github, &plan), ("success".to_owned(), vec![plan_of(&merge)]));
    assert_eq!(github.writes(), [format!("POST statuses/{merge}")]);
}

#[test]
fn places_in_files_are_named_as_in_the_repository() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let mut planning = runner(&github, &org);
    let head = proposal(&github, &mut planning, "", &config(&[definition("lunch", "Mael", "Lunch")])).head;
    let (fine, plan) = planned(&planning, &passed("pull_request", &head));
    assert!(!fine);
    assert_eq!(outcome(&github, &plan), ("failure".to_owned(), Vec::new()));
    let comment = github.repository().comments[0]["body"].as_str().unwrap().to_owned();
    let shown = format!("{comment}{}", github.repository().check_runs[0]);
    assert!(comment.contains("`presences/p.yaml:5:"), "{comment}");
    let temporary = planning.path("temp").display().to_string();
    assert!(!shown.contains(&temporary) && !plan.log.contains(&temporary), "{shown}{}", plan.log);
}
