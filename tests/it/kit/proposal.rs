//! Which pull request a plan is of, and of which files: by what GitHub says of the run that checked it, and as Git
//! objects.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;

use serde_json::{Value, json};

use super::drift::{git, git_in};
use super::github::{FORK, Github, HERE, Stumbles, pull};
use super::steps::{Runner, Step, sha, skipped};

/// What a repository of GitHub's holds of a pull request.
pub(super) struct Proposal {
    /// The newest commit of the default branch, which is checked out.
    pub(super) main: String,
    pub(super) head: String,
    /// What GitHub has made of both.
    pub(super) merge: String,
}

/// A repository with a pull request, and a clone of its default branch where the job works. Files have a name and a
/// text.
pub(super) fn proposed(runner: &Runner, before: &[(&str, &str)], change: &[(&str, &str)]) -> Proposal {
    let origin = runner.path("origin");
    fs::create_dir(&origin).unwrap();
    let git = |arguments: &[&str]| git_in(&origin, arguments);
    let commit = |files: &[(&str, &str)], message: &str| {
        for (name, text) in files {
            runner.write(&format!("../origin/{name}"), text);
        }
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--message", message]);
        git(&["rev-parse", "HEAD"])
    };
    git(&["init", "--quiet"]);
    runner.write("../origin/README.md", "presences");
    let main = commit(before, "before");
    git(&["checkout", "--quiet", "-b", "change"]);
    let head = commit(change, "change");
    let merge = git(&["commit-tree", "HEAD^{tree}", "-p", &main, "-p", &head, "-m", "merge"]);
    // A fork's branch is none of this repository's.
    git(&["update-ref", "refs/pull/7/head", &head]);
    git(&["update-ref", "refs/pull/7/merge", &merge]);
    git(&["checkout", "--quiet", "main"]);
    git(&["branch", "--quiet", "-D", "change"]);
    git_in(runner.path("repository").as_path(), &["clone", "--quiet", origin.to_str().unwrap(), "."]);
    Proposal { main, head, merge }
}

/// The pull request of a proposal, as GitHub describes it.
pub(super) fn pull_of(proposal: &Proposal) -> Value {
    let mut pull = pull(&proposal.head);
    pull["merge_commit_sha"] = proposal.merge.clone().into();
    pull
}

/// A runner after a check of the branch `change` of a fork, and what was proposed.
fn checked(github: &Github) -> (Runner, Proposal) {
    let runner = Runner::new(github);
    let proposal = proposed(&runner, &[], &[("presences/p.yaml", "version: 1\n"), (".github/evil.sh", "exit 1\n")]);
    github.repository().pulls.insert("7".to_owned(), pull_of(&proposal));
    github.repository().history.push(proposal.main.clone());
    // It waits for GitHub to merge.
    runner.stand_in("sleep", "");
    let runner = runner
        .with("EVENT", "pull_request")
        .with("HEAD_SHA", &proposal.head)
        .with("HEAD_BRANCH", "change")
        .with("HEAD_OWNER", "somebody")
        .with("HEAD_REPOSITORY_ID", &FORK.to_string())
        .with("REPOSITORY_ID", &HERE.to_string());
    (runner, proposal)
}

fn found(runner: &Runner) -> Step {
    runner.run("pull-request.sh", &[])
}

#[track_caller]
fn nothing_is_planned(runner: &Runner, saying: &str) {
    let step = found(runner).fails(saying);
    assert!(step.log.contains("nothing is planned"), "{}", step.log);
    assert_eq!((step.output("number"), step.output("commit")), (None, None));
}

#[test]
fn a_pull_request_is_found_by_the_head_of_the_run_and_fetched_as_objects() {
    if skipped() {
        return;
    }
    for stumbles in [false, true] {
        let github = Github::start();
        let (runner, proposal) = checked(&github);
        github.repository().stumbles = stumbles.then(Stumbles::default);
        let step = found(&runner).succeeds();
        assert_eq!((step.output("number"), step.output("commit")), (Some("7"), Some(proposal.merge.as_str())));
        assert_eq!(step.output("base"), Some(proposal.main.as_str()), "what it was merged with");
        assert_eq!(git(&runner, &["cat-file", "-t", &proposal.merge]), "commit");
        assert_eq!(
            (git(&runner, &["rev-parse", "HEAD"]), git(&runner, &["status", "--porcelain"])),
            (proposal.main, String::new())
        );
        assert!(!runner.path("repository/presences").exists(), "nothing of it is checked out");
        assert_eq!(
            git(&runner, &["for-each-ref", "--format=%(refname)", "refs/tags", "refs/pull"]),
            "",
            "and it has no name here"
        );
    }
}

#[test]
fn the_pull_request_is_the_one_with_this_head_or_there_is_none() {
    if skipped() {
        return;
    }
    let nobody = "is not, or is no longer, the head of a pull request of";
    for (variable, other) in [
        ("HEAD_SHA", sha('b')),
        ("HEAD_BRANCH", "main".to_owned()),
        ("HEAD_OWNER", "acme".to_owned()),
        ("HEAD_REPOSITORY_ID", HERE.to_string()),
    ] {
        let github = Github::start();
        let (runner, _) = checked(&github);
        nothing_is_planned(&runner.with(variable, &other), nobody);
    }
    for (field, other) in [
        ("/head/sha", json!(sha('b'))),
        ("/head/ref", json!("hidden")),
        ("/head/repo/id", json!(HERE)),
        ("/head/repo", Value::Null),
        ("/base/ref", json!("elsewhere")),
        ("/state", json!("closed")),
    ] {
        let github = Github::start();
        let (runner, _) = checked(&github);
        let mut repository = github.repository();
        *repository.pulls.get_mut("7").unwrap().pointer_mut(field).unwrap() = other;
        drop(repository);
        nothing_is_planned(&runner, nobody);
    }
    // A branch may have been the head of others before: the open one counts.
    let github = Github::start();
    let (runner, proposal) = checked(&github);
    let mut closed = pull_of(&proposal);
    closed["number"] = 6.into();
    closed["state"] = "closed".into();
    let mut merged = closed.clone();
    merged["number"] = 9.into();
    merged["merged_at"] = "2026-01-01T00:00:00Z".into();
    github.repository().pulls.extend([("6".to_owned(), closed), ("9".to_owned(), merged)]);
    assert_eq!(found(&runner).succeeds().output("number"), Some("7"));
}

#[test]
fn what_would_be_merged_is_of_this_head_and_of_now() {
    if skipped() {
        return;
    }
    let state = |change: &dyn Fn(&mut Value, &Proposal)| {
        let github = Github::start();
        let (runner, proposal) = checked(&github);
        change(github.repository().pulls.get_mut("7").unwrap(), &proposal);
        (github, runner, proposal)
    };
    let (_github, runner, _) = state(&|pull, _| pull["mergeable"] = false.into());
    nothing_is_planned(&runner, "has conflicts with main");
    let (_github, runner, _) = state(&|pull, _| {
        pull["mergeable"] = Value::Null;
        pull["merge_commit_sha"] = Value::Null;
    });
    nothing_is_planned(&runner, "GitHub has no merge of");
    // The merge of an older head, a commit that is no merge, and one that GitHub does not have.
    for pick in [|it: &Proposal| it.main.clone(), |it: &Proposal| it.head.clone(), |_: &Proposal| sha('f')] {
        let (_github, runner, _) = state(&|pull, proposal| pull["merge_commit_sha"] = pick(proposal).into());
        nothing_is_planned(&runner, "GitHub has no merge of");
    }
    // Where it still looks whether it can be merged, what it had last is waited for, and then taken.
    let (_github, runner, proposal) = state(&|pull, _| pull["mergeable"] = Value::Null);
    assert_eq!(found(&runner).succeeds().output("commit"), Some(proposal.merge.as_str()));
    // What was merged meanwhile is what it was merged as.
    let (github, runner, proposal) = state(&|pull, proposal| {
        pull["state"] = "closed".into();
        pull["merged_at"] = "2026-01-01T00:00:00Z".into();
        pull["merge_commit_sha"] = proposal.head.clone().into();
    });
    github.repository().history.push(proposal.head.clone());
    assert_eq!(found(&runner).succeeds().output("commit"), Some(proposal.head.as_str()));
    // One into another branch, and one that was merged into another branch, are none.
    let (github, runner, _) = state(&|_, _| {});
    github.repository().history.clear();
    nothing_is_planned(&runner, "GitHub has no merge of");
}

#[test]
fn a_group_of_the_merge_queue_is_one_that_github_has_made() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let (runner, proposal) = checked(&github);
    let group = runner
        .with("EVENT", "merge_group")
        .with("HEAD_SHA", &proposal.merge)
        .with("HEAD_BRANCH", "gh-readonly-queue/main/pr-7-0123")
        .with("HEAD_REPOSITORY_ID", &HERE.to_string());
    let step = found(&group).succeeds();
    assert_eq!((step.output("number"), step.output("commit")), (None, Some(proposal.merge.as_str())));
    let group = group.with("HEAD_BRANCH", "gh-readonly-queue/release/pr-7-0123");
    nothing_is_planned(&group, "of another branch than main");
    let group =
        group.with("HEAD_BRANCH", "gh-readonly-queue/main/pr-7-0123").with("HEAD_REPOSITORY_ID", &FORK.to_string());
    nothing_is_planned(&group, "of another branch than main");
    for event in ["push", "workflow_dispatch", "pull_request_target", ""] {
        nothing_is_planned(&checked(&github).0.with("EVENT", event), "only pull_request and merge_group are planned");
    }
}

#[test]
fn the_token_is_no_argument_of_git() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let (runner, _) = checked(&github);
    runner.stand_in("git", "echo \"$*\" >>../asked\nPATH=${PATH#*:} exec git \"$@\"\n");
    found(&runner).succeeds();
    let asked = fs::read_to_string(runner.path("asked")).unwrap();
    assert!(asked.contains("fetch") && !asked.contains("Authorization"), "{asked}");
}
