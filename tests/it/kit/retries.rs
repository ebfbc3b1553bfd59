//! An interface that fails once before it answers, and one that answers what it should not: the kit writes the same, or
//! nothing.

use serde_json::json;

use super::github::{BOT, FORK, Github, Stumbles, pull, run as run_of_apply};
use super::steps::{Runner, Step, sha, skipped};

/// A script of the kit, and its arguments.
type Script = (&'static str, &'static [&'static str]);

const COMMENT: Script = ("comment.sh", &["said.md", "true"]);
const ISSUE: Script = ("drift-issue.sh", &["drift", "true"]);
const PLANS: Script = ("reviewed-plans.sh", &["../needs/plans"]);
const REPORTS: Script = ("earlier-reports.sh", &["../needs/reports"]);
const PULL_REQUEST: Script = ("pull-request.sh", &[]);

/// A repository with a comment, an issue (both on the second page) and a pull request, which was merged and reviewed.
fn github() -> Github {
    let github = Github::start();
    let mut repository = github.repository();
    let bot = json!({ "login": BOT });
    for number in 1..=100 {
        repository.comments.push(json!({ "id": number, "user": bot, "body": "another" }));
        repository.issues.push(json!({ "number": number, "state": "closed", "user": bot, "body": "another" }));
    }
    repository.comments.push(json!({ "id": 101, "user": bot, "body": "<!-- presencectl-kit:plan -->\nold" }));
    let issue = json!({ "number": 101, "state": "open", "user": bot, "body": "<!-- presencectl-kit:drift -->\nold" });
    repository.issues.push(issue);
    repository.pulls.insert("7".to_owned(), pull(&sha('a')));
    repository.merged.insert(sha('1'), vec![sha('a')]);
    drop(repository);
    github.applied(&sha('0'));
    github.reviewed(&format!("presencectl-plans-{}", sha('a')), r#"{"kind": "plan"}"#);
    github
}

fn run(github: &Github, (script, arguments): Script) -> Step {
    let runner = Runner::new(github)
        .with("PULL_REQUEST", "7")
        .with("GITHUB_SHA", &sha('1'))
        .with("EVENT", "pull_request")
        .with("HEAD_SHA", &sha('a'))
        .with("HEAD_BRANCH", "change")
        .with("HEAD_OWNER", "somebody")
        .with("HEAD_REPOSITORY_ID", &FORK.to_string());
    for (name, text) in [("said.md", "said"), ("drift/comment.md", "said")] {
        runner.write(name, text);
    }
    if [PLANS.0, REPORTS.0].contains(&script) {
        return runner.run_for("default", script, arguments);
    }
    runner.run(script, arguments)
}

/// What a script wrote, and what it handed on, apart from where.
fn done(github: &Github, script: Script) -> (Vec<String>, Vec<String>) {
    let step = run(github, script).succeeds();
    let outputs = step.outputs.into_iter().filter(|it| !it.starts_with("folder=")).collect();
    let found = step.log.lines().filter(|it| it.starts_with("::notice::")).map(str::to_owned);
    (github.writes().into_iter().chain(found).collect(), outputs)
}

/// With and without failures it is the same, and as it has to be.
#[track_caller]
fn same_with_failures(script: Script, change: impl Fn(&Github), written: &[&str], outputs: &[&str]) {
    if skipped() {
        return;
    }
    for stumbles in [false, true] {
        let github = github();
        change(&github);
        github.repository().stumbles = stumbles.then(Stumbles::default);
        let (writes, handed_on) = done(&github, script);
        assert_eq!(writes, written, "stumbles: {stumbles}");
        assert_eq!(handed_on, outputs, "stumbles: {stumbles}");
    }
}

#[test]
fn a_comment_is_found_again() {
    same_with_failures(COMMENT, |_| (), &["PATCH issues/comments/101"], &[]);
}

#[test]
fn an_issue_is_found_again() {
    same_with_failures(ISSUE, |_| (), &["PATCH issues/101"], &[]);
}

#[test]
fn reviewed_plans_are_found() {
    let found = "::notice::2 commit(s) since 0000000, 1 reviewed plan(s) for default";
    same_with_failures(PLANS, |_| (), &[found], &[]);
}

#[test]
fn reports_are_found() {
    let found = "::notice::1 artifact(s) with reports of earlier runs for default";
    same_with_failures(REPORTS, |_| (), &[found], &[]);
}

#[test]
fn the_first_run_is_found() {
    let first = |github: &Github| {
        let mut repository = github.repository();
        let failed = |commit: char| {
            let mut run = run_of_apply("push", &sha(commit));
            run["conclusion"] = "failure".into();
            run
        };
        repository.runs = vec![failed('1'), failed('0')];
    };
    let found = "::notice::2 commit(s) since 0000000, 1 reviewed plan(s) for default";
    same_with_failures(PLANS, first, &[found], &[]);
}

#[test]
fn an_answer_that_is_not_what_it_should_be_decides_nothing() {
    if skipped() {
        return;
    }
    let asked = [
        (COMMENT, "GET issues/7/comments"),
        (ISSUE, "GET issues"),
        (PULL_REQUEST, "GET pulls"),
        (PULL_REQUEST, "GET pulls/7"),
        (PLANS, "GET actions/workflows/apply.yml/runs"),
        (PLANS, "GET compare"),
        (PLANS, "GET commits"),
        (PLANS, "GET actions/artifacts?"),
        (PLANS, "GET actions/runs/1"),
        (PLANS, "GET actions/artifacts/1/zip"),
        (REPORTS, "GET actions/workflows/apply.yml/runs"),
        (REPORTS, "GET actions/workflows/undo.yml/runs"),
        (REPORTS, "GET actions/runs/1000/artifacts"),
    ];
    for (script, path) in asked {
        for text in ["{}", "", "[] []", "{\"message\": \"Server Error\"}[]", "<html>"] {
            let github = github();
            github.repository().odd = Some((path.trim_end_matches('?'), text));
            run(&github, script).fails("");
            assert_eq!(github.writes(), [""; 0], "{path} was answered with {text}");
        }
    }
}

#[test]
fn what_github_says_of_a_write_that_it_refuses_is_in_the_log() {
    if skipped() {
        return;
    }
    let github = github();
    github.repository().forbidden = Some("PATCH");
    run(&github, COMMENT).fails("PATCH issues/comments/101: {\"message\":\"Resource not accessible\"}");
}
