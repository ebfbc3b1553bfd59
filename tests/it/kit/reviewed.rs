//! Merged means applied: an apply finds what was reviewed of everything that was merged since the last one, and does
//! nothing beyond it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;

use serde_json::{Value, json};

use super::github::{FORK, Github, planned, run, zip};
use super::steps::{Runner, Step, config, definition, org, sha, skipped};

/// The plan that the check of a pull request made, as an artifact.
fn reviewed(github: &Github, runner: &Runner, head: char, definitions: &[String]) {
    runner.write("presences.yaml", &config(definitions));
    let plan = runner.action("plan").succeeds();
    let plan = fs::read_to_string(plan.output("plan").unwrap()).unwrap();
    github.reviewed(&artifact(head), &plan);
}

fn artifact(head: char) -> String {
    format!("presencectl-plans-{}", sha(head))
}

/// The head of a pull request, merged as a commit.
fn merged(github: &Github, head: char, commit: char) {
    github.repository().merged.insert(sha(commit), vec![sha(head)]);
}

/// Looks up what an apply needs.
fn looked_up(runner: &Runner) -> Step {
    runner.run_for("default", "reviewed-plans.sh", &["../needs/plans"])
}

fn plans(runner: &Runner) -> Vec<String> {
    let folder = runner.path("needs/plans");
    let mut names: Vec<String> =
        fs::read_dir(&folder).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
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
    runner.set("APPLIED", &sha('0'));

    let found = looked_up(&runner).succeeds();
    let found_plans = plans(&runner);
    assert_eq!(found_plans.len(), 2, "{}", found.log);
    assert!(found_plans[0].contains("lunch") && found_plans[1].contains("tea"), "in the order of merging");

    runner.write("presences.yaml", &config(&[lunch, tea]));
    runner.set("PLANS", &runner.path("needs/plans").display().to_string());
    runner.set("REPORT_DIR", "reports");
    github.repository().newest = Some(sha('2'));
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
    looked_up(&runner).succeeds();
    runner.set("PLANS", &runner.path("needs/plans").display().to_string());
    runner.write("presences.yaml", &config(&[lunch, definition("tea", "Break", "Tea")]));
    github.repository().newest = Some(sha('1'));
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
    looked_up(&runner).succeeds();
    runner.set("PLANS", &format!("{}\n", runner.path("needs/plans").display()));
    github.repository().newest = Some(sha('1'));
    runner.write("presences.yaml", &config(&[definition("lunch", "Meal", "Lunch")]));
    let stopped = runner.action("apply").fails("not reviewed, and so not done for the org: create lunch");
    assert_eq!(stopped.output("changes"), Some("false"), "there are some, and none was made");
    assert!(!org.requests().iter().any(|it| it.starts_with("POST /api")), "nothing was written");
    assert!(stopped.log.contains("start the apply workflow by hand"), "{}", stopped.log);
    // Where there is nothing to do, that is no fault, and a report says so.
    runner.write("presences.yaml", &config(&[]));
    runner.action("apply").succeeds();
}

#[test]
fn an_artifact_counts_only_where_the_plan_workflow_of_the_default_branch_made_it() {
    if skipped() {
        return;
    }
    let plan = r#"{"kind": "plan"}"#;
    let forged = |field: &str, value: Value| {
        let mut run = planned();
        *run.pointer_mut(field).unwrap() = value;
        run
    };
    for run in [
        forged("/head_repository/id", json!(FORK)),
        forged("/head_repository", Value::Null),
        forged("/head_branch", json!("change")),
        forged("/event", json!("push")),
        forged("/event", json!("pull_request")),
        forged("/path", json!(".github/workflows/check.yml")),
        forged("/path", json!(".github/workflows/plan.yml/plan.yml")),
        forged("/path", Value::Null),
    ] {
        let github = Github::start();
        let runner = Runner::new(&github).with("GITHUB_SHA", &sha('1'));
        merged(&github, 'a', '1');
        github.reviewed(&artifact('a'), plan);
        // The newest one is none, and is passed over.
        github.repository().artifacts.push((
            artifact('a'),
            run.clone(),
            zip("presencectl-plan-default/plan.json", "forged"),
        ));
        let found = looked_up(&runner).succeeds();
        assert_eq!(plans(&runner), [plan], "{run}: {}", found.log);
        github.repository().artifacts.remove(0);
        let found = looked_up(&runner).succeeds();
        assert_eq!(plans(&runner), [""; 0], "{run}: {}", found.log);
    }
    // The plan workflow may have another name, and then that one counts alone.
    let github = Github::start();
    let runner = Runner::new(&github).with("GITHUB_SHA", &sha('1')).with("PLAN_WORKFLOW", "review.yml");
    merged(&github, 'a', '1');
    let renamed = forged("/path", json!(".github/workflows/review.yml@refs/heads/main"));
    github.repository().artifacts.push((artifact('a'), renamed, zip("presencectl-plan-default/plan.json", plan)));
    github.reviewed(&artifact('a'), "forged");
    assert_eq!(
        {
            looked_up(&runner).succeeds();
            plans(&runner)
        },
        [plan]
    );
}

#[test]
fn a_plan_behind_many_artifacts_of_a_fork_is_found() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let runner = Runner::new(&github).with("GITHUB_SHA", &sha('1'));
    merged(&github, 'a', '1');
    github.reviewed(&artifact('a'), r#"{"kind": "plan"}"#);
    let mut of_a_fork = planned();
    of_a_fork["head_repository"]["id"] = FORK.into();
    for _ in 0..250 {
        github.repository().artifacts.push((artifact('a'), of_a_fork.clone(), Vec::new()));
    }
    assert_eq!(
        {
            looked_up(&runner).succeeds();
            plans(&runner)
        }
        .len(),
        1
    );
}

#[test]
fn a_check_that_failed_has_left_no_plan() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let runner = Runner::new(&github).with("GITHUB_SHA", &sha('1'));
    github.reviewed(&artifact('a'), r#"{"kind": "error"}"#);
    merged(&github, 'a', '1');
    let found = looked_up(&runner).succeeds();
    assert_eq!(plans(&runner), [""; 0], "{}", found.log);
}

/// What no run of a stranger, and none of another branch, looks like.
fn foreign_runs(commit: &str) -> Vec<Value> {
    let forged = |event: &str, field: &str, value: Value| {
        let mut run = run(event, commit);
        *run.pointer_mut(field).unwrap() = value;
        run
    };
    let of_a_fork = ["pull_request", "pull_request_target", "workflow_run", "push"];
    let mut runs: Vec<Value> = of_a_fork.map(|it| forged(it, "/head_repository/id", json!(FORK))).to_vec();
    runs.extend(
        ["pull_request", "pull_request_target", "workflow_run", "merge_group", "release"].map(|it| run(it, commit)),
    );
    runs.push(forged("push", "/head_repository", Value::Null));
    runs.push(forged("push", "/head_branch", json!("change")));
    runs.push(forged("push", "/path", json!(".github/workflows/other.yml")));
    runs.push(forged("push", "/repository", json!({})));
    runs
}

#[test]
fn a_run_of_a_fork_or_of_another_branch_is_no_apply() {
    if skipped() {
        return;
    }
    // A stranger's commit, and a later one of the default branch.
    for commit in [sha('f'), sha('3')] {
        let github = Github::start();
        github.applied(&sha('0'));
        merged(&github, 'a', '1');
        github.reviewed(&artifact('a'), r#"{"kind": "plan"}"#);
        let runner = Runner::new(&github).with("GITHUB_SHA", &sha('1'));
        for (number, mut forged) in foreign_runs(&commit).into_iter().enumerate() {
            forged["id"] = json!(2_000 + number);
            let report = json!({ "kind": "report", "success": true, "refusals": [] }).to_string();
            let kept = zip("acme/20260102T000000Z-0000000.json", &report);
            github.repository().artifacts.push(("presencectl-reports-default-1".to_owned(), forged.clone(), kept));
            github.repository().runs.insert(0, forged.clone());
            // Neither its report counts, nor is it the first one.
            let reports = runner.run_for("default", "earlier-reports.sh", &["../needs/reports"]).succeeds();
            assert!(reports.log.contains("::1 artifact(s) with reports"), "{forged}: {}", reports.log);
            let found = looked_up(&runner).succeeds();
            assert!(found.log.contains("2 commit(s) since 0000000, 1 reviewed"), "{forged}: {}", found.log);
        }
    }
}

#[test]
fn a_token_that_may_not_read_runs_applies_nothing_and_is_told_what_it_lacks() {
    if skipped() {
        return;
    }
    for script in ["reviewed-plans.sh", "earlier-reports.sh"] {
        let github = Github::start();
        let runner = Runner::new(&github).with("GITHUB_SHA", &sha('1'));
        github.repository().forbidden = Some("GET actions/workflows");
        let refused = runner.run_for("default", script, &["../needs/found"]).fails("nothing is done");
        assert!(refused.log.contains("It takes `actions: read` in the job's `permissions`"), "{}", refused.log);
    }
}

#[test]
fn an_interface_that_does_not_answer_ends_the_step() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let runner = Runner::new(&github).with("GITHUB_SHA", &sha('1')).with("TOKEN", "wrong");
    looked_up(&runner).fails("401");
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
    for commit in ['1', '2', '3'] {
        let mut failed = run("push", &sha(commit));
        failed["conclusion"] = "failure".into();
        github.repository().runs.insert(0, failed);
    }
    let found = looked_up(&runner).succeeds();
    assert_eq!(plans(&runner).len(), 2, "{}", found.log);
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
    let runner = Runner::new(&github).with("GITHUB_SHA", &sha('1'));
    let plans_of_both = zip("presencectl-plan-Acme Prod/plan.json", r#"{"kind": "plan"}"#);
    github.repository().artifacts.push((artifact('a'), planned(), plans_of_both));
    merged(&github, 'a', '1');
    runner.run_for("Acme Prod", "reviewed-plans.sh", &["../needs/plans"]).succeeds();
    assert_eq!(plans(&runner), [r#"{"kind": "plan"}"#]);
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
        github.applied(&sha('1'));
        github.repository().forbidden = Some(forbidden);
        looked_up(&runner).fails("403");
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
