//! Merged means applied: an apply finds what was reviewed of everything that was merged since the last one, and does
//! nothing beyond it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::github::{FORK, Github, orphan, planned, run, zip};
use super::steps::{Runner, Step, config, definition, org, sha, skipped};

/// The plan that the check of a pull request made, as an artifact.
fn reviewed(github: &Github, runner: &Runner, head: char, definitions: &[String]) {
    runner.write("presences.yaml", &config(definitions));
    let plan = runner.action("plan").succeeds();
    let plan = fs::read_to_string(plan.output("plan").unwrap()).unwrap();
    github.reviewed(&artifact(head), &plan);
}

fn artifact(head: char) -> String {
    format!("presencectl-plan-default-{}", sha(head))
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
    github.applied(&sha('0'));

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
        github.repository().artifacts.push((artifact('a'), run.clone(), zip("plan.json", "forged")));
        let found = runner.run("reviewed-plans.sh", &[]).succeeds();
        assert_eq!(plans(&found), [plan], "{run}: {}", found.log);
        github.repository().artifacts.remove(0);
        let found = runner.run("reviewed-plans.sh", &[]).succeeds();
        assert_eq!(plans(&found), [""; 0], "{run}: {}", found.log);
    }
    // The plan workflow may have another name, and then that one counts alone.
    let github = Github::start();
    let runner = Runner::new(&github).with("GITHUB_SHA", &sha('1')).with("PLAN_WORKFLOW", "review.yml");
    merged(&github, 'a', '1');
    let renamed = forged("/path", json!(".github/workflows/review.yml@refs/heads/main"));
    github.repository().artifacts.push((artifact('a'), renamed, zip("plan.json", plan)));
    github.reviewed(&artifact('a'), "forged");
    assert_eq!(plans(&runner.run("reviewed-plans.sh", &[]).succeeds()), [plan]);
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
    assert_eq!(plans(&runner.run("reviewed-plans.sh", &[]).succeeds()).len(), 1);
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
    let found = runner.run("reviewed-plans.sh", &[]).succeeds();
    assert_eq!(plans(&found), [""; 0], "{}", found.log);
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
    runs.push(forged("push", "/conclusion", json!("failure")));
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
        for forged in foreign_runs(&commit) {
            github.repository().runs.insert(0, forged.clone());
            let found = runner.run("reviewed-plans.sh", &[]).succeeds();
            assert_eq!(found.output("superseded"), Some("false"), "{forged}");
            assert!(found.log.contains("1 commit(s) since the last apply, 0000000, 1 reviewed"), "{}", found.log);
        }
    }
}

#[test]
fn a_run_on_a_commit_that_is_not_on_the_default_branch_supersedes_nothing() {
    if skipped() {
        return;
    }
    // By a tag with the name of the branch, or before a force push.
    let github = Github::start();
    let runner = Runner::new(&github).with("GITHUB_SHA", &sha('1'));
    github.applied(&sha('0'));
    github.repository().runs.insert(0, run("push", &sha('f')));
    github.repository().runs.insert(0, run("workflow_dispatch", &sha('e')));
    let found = runner.run("reviewed-plans.sh", &[]).succeeds();
    assert_eq!(found.output("superseded"), Some("false"));
    assert!(found.log.contains("since the last apply, 0000000"), "{}", found.log);
    // The other way round: what was applied is on the branch, and this commit is not any more.
    let runner = runner.with("GITHUB_SHA", &sha('d'));
    let refused = runner.run("reviewed-plans.sh", &[]).fails("ddddddd does not contain it: nothing is done");
    assert!(refused.log.contains("0000000 of main is applied already"), "{}", refused.log);
}

#[test]
fn the_last_apply_is_found_behind_any_number_of_other_runs() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let runner = Runner::new(&github).with("GITHUB_SHA", &sha('2'));
    github.applied(&sha('1'));
    let mut failed = run("push", &sha('2'));
    failed["head_branch"] = "change".into();
    for _ in 0..130 {
        github.repository().runs.insert(0, failed.clone());
    }
    let mut of_a_fork = run("pull_request", &sha('f'));
    of_a_fork["head_repository"]["id"] = FORK.into();
    for _ in 0..1_100 {
        github.repository().runs.insert(0, of_a_fork.clone());
    }
    let found = runner.run("reviewed-plans.sh", &[]).succeeds();
    assert!(found.log.contains("1 commit(s) since the last apply, 1111111"), "{}", found.log);
    // Nothing was applied: the first run is the oldest that counts, also where GitHub counts fewer than there are.
    let last = github.repository().runs.len() - 1;
    github.repository().runs[last]["conclusion"] = "failure".into();
    github.repository().runs.push(of_a_fork);
    github.repository().counted = Some(1_000);
    let found = runner.run("reviewed-plans.sh", &[]).succeeds();
    assert!(found.log.contains("2 commit(s) since 1111111"), "{}", found.log);
}

#[test]
fn the_newest_apply_counts_whatever_started_it() {
    if skipped() {
        return;
    }
    let github = Github::start();
    for (day, event, commit) in [(3, "schedule", '2'), (2, "workflow_dispatch", '1'), (1, "push", '0')] {
        let mut run = run(event, &sha(commit));
        run["created_at"] = format!("2026-01-0{day}T00:00:00Z").into();
        github.repository().runs.push(run);
    }
    for (last, at) in [("2222222", 0), ("1111111", 1), ("0000000", 2)] {
        let runner = Runner::new(&github).with("GITHUB_SHA", &sha('3'));
        let found = runner.run("reviewed-plans.sh", &[]).succeeds();
        assert!(found.log.contains(&format!("since the last apply, {last}")), "{at}: {}", found.log);
        github.repository().runs.remove(0);
    }
}

#[test]
fn an_old_run_that_is_started_again_undoes_nothing() {
    if skipped() {
        return;
    }
    // After a merge, and by hand.
    for find in ["true", "false"] {
        let github = Github::start();
        let runner = Runner::new(&github).with("GITHUB_SHA", &sha('1')).with("FIND_PLANS", find);
        github.applied(&sha('2'));
        let found = runner.run("reviewed-plans.sh", &[]).succeeds();
        assert_eq!(found.output("superseded"), Some("true"), "{}", found.log);
    }
}

#[test]
fn a_token_that_may_not_read_runs_applies_nothing_and_is_told_what_it_lacks() {
    if skipped() {
        return;
    }
    for find in ["true", "false"] {
        let github = Github::start();
        let runner = Runner::new(&github).with("GITHUB_SHA", &sha('1')).with("FIND_PLANS", find);
        github.repository().forbidden = Some("GET actions/workflows");
        let refused = runner.run("reviewed-plans.sh", &[]).fails("nothing is done");
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
    for commit in ['1', '2', '3'] {
        let mut failed = run("push", &sha(commit));
        failed["conclusion"] = "failure".into();
        github.repository().runs.insert(0, failed);
    }
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
    github.reviewed(&name, r#"{"kind": "plan"}"#);
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
        github.applied(&sha('1'));
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

#[test]
fn a_commit_that_shares_nothing_with_the_branch_supersedes_nothing_and_holds_nothing_up() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let runner = Runner::new(&github).with("GITHUB_SHA", &sha('2')).with("FIND_PLANS", "false");
    github.applied(&sha('1'));
    github.repository().runs.insert(0, run("push", &orphan()));
    let found = runner.run("reviewed-plans.sh", &[]).succeeds();
    assert_eq!(found.output("superseded"), Some("false"), "{}", found.log);
    // GitHub also answers with 404 where the token may not see the repository.
    github.repository().runs.remove(0);
    let blind = runner.with("GITHUB_SHA", &orphan());
    blind.run("reviewed-plans.sh", &[]).fails("nothing is done");
}

/// A later commit whose run failed for one org may be applied in another one.
#[test]
fn a_later_run_that_has_begun_to_apply_is_not_undone() {
    if skipped() {
        return;
    }
    let job = |name: &str, status: &str, conclusion: Option<&str>| json!({ "name": name, "status": status, "conclusion": conclusion });
    for (jobs, stops) in [
        (vec![job("apply (a)", "completed", Some("success")), job("apply (b)", "completed", Some("failure"))], true),
        (vec![job("apply (a)", "in_progress", None)], true),
        (vec![job("plan (a)", "completed", Some("success")), job("apply (a)", "waiting", None)], false),
        (vec![job("plan (a)", "completed", Some("failure")), job("apply (a)", "completed", Some("skipped"))], false),
        (vec![job("apply (a)", "queued", None)], false),
    ] {
        let github = Github::start();
        let runner = Runner::new(&github).with("GITHUB_SHA", &sha('2')).with("FIND_PLANS", "false");
        github.applied(&sha('1'));
        let mut later = run("push", &sha('3'));
        later["conclusion"] = "failure".into();
        github.repository().runs.insert(0, later);
        github.repository().jobs.clone_from(&jobs);
        let found = runner.run("reviewed-plans.sh", &[]);
        if stops {
            found.fails("has begun to be applied");
        } else {
            found.succeeds();
        }
    }
}
