//! Right before it writes, an apply reads the newest commit of the default branch: what was taken back there is not brought
//! back by a run of an older commit.

use super::drift::{commit, git};
use super::github::Github;
use super::steps::{Runner, Step, definition, org, skipped};
use crate::cli::server::Org;

/// A run of an older commit, after another one was pushed.
fn older_run(github: &Github, org: &Org, newer: &[String]) -> Step {
    let mut runner = Runner::of(github, org).with("REVIEWED", "false").with("ORG", "acme");
    git(&runner, &["init", "--quiet"]);
    let older = commit(&runner, &[definition("lunch", "Meal", "Lunch")]);
    runner.write("README.md", "more");
    github.repository().newest = Some(commit(&runner, newer));
    git(&runner, &["checkout", "--quiet", &older]);
    runner.set("GITHUB_SHA", &older);
    runner.action("apply")
}

fn writes(org: &Org) -> usize {
    org.requests().iter().filter(|it| it.starts_with("POST /api")).count()
}

#[test]
fn where_the_newest_commit_asks_something_else_nothing_is_done() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let step = older_run(&github, &org, &[definition("tea", "Break", "Tea")]).succeeds();
    assert_eq!((step.output("superseded"), writes(&org)), (Some("true"), 0), "{}", step.log);
    assert!(step.log.contains("asks something else of acme than"), "{}", step.log);
    // One that cannot be read is none that asks the same.
    let (github, org) = (Github::start(), super::steps::org());
    let step = older_run(&github, &org, &["  lunch: [\n".to_owned()]).fails("cannot be compared");
    assert_eq!(writes(&org), 0, "{}", step.log);
}

#[test]
fn where_the_newest_commit_asks_the_same_it_is_done() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let step = older_run(&github, &org, &[definition("lunch", "Meal", "Lunch")]).succeeds();
    assert_eq!((step.output("superseded"), writes(&org)), (None, 1), "{}", step.log);
}

#[test]
fn where_the_newest_commit_is_not_known_nothing_is_done() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    github.repository().forbidden = Some("GET git");
    older_run(&github, &org, &[definition("lunch", "Meal", "Lunch")]).fails("nothing is done");
    assert_eq!(writes(&org), 0);
}
