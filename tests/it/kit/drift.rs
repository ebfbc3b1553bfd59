//! One issue says how an org differs from its config, and is closed when they agree again.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::process::Command;

use super::github::Github;
use super::steps::{Runner, config, definition, org, skipped};

pub(super) fn git(runner: &Runner, arguments: &[&str]) -> String {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"];
    let mut command = Command::new("git");
    command.args(identity).args(arguments).current_dir(runner.path("repository"));
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let ran = command.output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap().trim().to_owned()
}

pub(super) fn commit(runner: &Runner, definitions: &[String]) -> String {
    runner.write("presences.yaml", &config(definitions));
    git(runner, &["add", "--all"]);
    git(runner, &["commit", "--quiet", "--message", "presences"]);
    git(runner, &["rev-parse", "HEAD"])
}

#[test]
fn one_issue_tells_what_was_merged_from_what_was_edited_by_hand() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let mut runner = Runner::of(&github, &org).with("REVIEWED", "false");
    git(&runner, &["init", "--quiet"]);
    let (lunch, tea) = (definition("lunch", "Meal", "Lunch"), definition("tea", "Break", "Tea"));
    let applied = commit(&runner, &[lunch.clone(), tea.clone()]);
    runner.action("apply").succeeds();
    github.repository().applied = Some(applied.clone());
    runner.action("drift").succeeds();
    assert_eq!(github.writes(), [""; 0], "org and config agree: no issue");

    // Somebody edits `tea`, and `walk` is merged without an apply.
    runner.write("by-hand.yaml", &config(&[lunch.clone(), format!("{tea}    deactivated: true\n")]));
    runner.set("PATH_OF_CONFIG", "by-hand.yaml");
    runner.action("apply").succeeds();
    runner.set("PATH_OF_CONFIG", "presences.yaml");
    commit(&runner, &[lunch.clone(), tea.clone(), definition("walk", "Away", "Walk")]);
    assert_eq!(runner.action("drift").succeeds().output("changes"), Some("true"));
    let body = github.repository().issues[0]["body"].as_str().unwrap().to_owned();
    let merged = format!("### Merged, not applied since {}\n\n- create `walk`\n", &applied[..7]);
    assert!(body.starts_with("<!-- presencectl-kit:drift default -->\n"), "{body}");
    assert!(body.contains(&merged), "{body}");
    assert!(body.contains("### Edited by hand in the org\n\n- reactivate `tea`\n"), "{body}");

    runner.action("drift").succeeds();
    assert_eq!(github.writes(), ["POST issues", "PATCH issues/1"], "the same issue is rewritten");
    runner.action("apply").succeeds();
    runner.action("drift").succeeds();
    assert_eq!(github.repository().issues[0]["state"], "closed");
    runner.action("drift").succeeds();
    assert_eq!(github.writes().len(), 3, "a closed issue is left alone");
    commit(&runner, &[lunch, tea, format!("{}    previousLabels: [Walk]\n", definition("walk", "Away", "A walk"))]);
    runner.action("drift").succeeds();
    let issues = github.repository().issues.clone();
    assert_eq!((issues[0]["state"].as_str(), issues.len()), (Some("open"), 1), "the same issue is opened again");
    assert!(!runner.path("temp/presencectl-applied").exists(), "nothing of the older commit stays");
}

#[test]
fn where_the_history_is_missing_that_is_said() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let runner = Runner::of(&github, &org);
    git(&runner, &["init", "--quiet"]);
    commit(&runner, &[definition("lunch", "Meal", "Lunch")]);
    github.repository().applied = Some("3f2a91c".repeat(6)[..40].to_owned());
    runner.action("drift").succeeds();
    let body = github.repository().issues[0]["body"].as_str().unwrap().to_owned();
    assert!(body.contains("fetch-depth: 0"), "{body}");
}
