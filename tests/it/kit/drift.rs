//! One issue says how an org differs from its config, and is closed when they agree again.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;
use std::process::Command;

use serde_json::Value;

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
    assert!(body.starts_with("<!-- presencectl-kit:drift -->\n"), "{body}");
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

/// A repository whose config was applied, and in which somebody has edited `tea` and `walk` by hand since. It returns the
/// commit that was applied.
fn edited_by_hand(github: &Github, runner: &mut Runner, after: &[String]) -> String {
    git(runner, &["init", "--quiet"]);
    let (tea, walk) = (definition("tea", "Break", "Tea"), definition("walk", "Away", "Walk"));
    let applied = commit(runner, &[tea.clone(), walk.clone()]);
    runner.set("REVIEWED", "false");
    runner.action("apply").succeeds();
    github.repository().applied = Some(applied.clone());
    let by_hand = [format!("{tea}    deactivated: true\n"), format!("{walk}    deactivated: true\n")];
    runner.write("by-hand.yaml", &config(&by_hand));
    runner.set("PATH_OF_CONFIG", "by-hand.yaml");
    runner.action("apply").succeeds();
    runner.set("PATH_OF_CONFIG", "presences.yaml");
    fs::remove_file(runner.path("repository/by-hand.yaml")).unwrap();
    commit(runner, after);
    applied
}

fn issue(github: &Github) -> (String, String) {
    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    let issue = &github.repository().issues[0];
    (text(&issue["title"]), text(&issue["body"]))
}

#[test]
fn what_was_edited_by_hand_and_changed_in_the_config_is_told_as_both() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let mut runner = Runner::of(&github, &org);
    let renamed = format!("{}    previousLabels: [Walk]\n", definition("walk", "Away", "A walk"));
    let after = [definition("tea", "Break", "Tea"), renamed, definition("run", "Away", "Run")];
    let applied = edited_by_hand(&github, &mut runner, &after);
    // However the config is named: it is that of the commit which was applied that it is held against.
    for path in ["presences.yaml", "./presences.yaml", runner.path("repository/presences.yaml").to_str().unwrap()] {
        runner.set("PATH_OF_CONFIG", path);
        runner.set("ARGUMENTS", &format!("--base-url\n{}\n--root\n{}", org.url, runner.path("repository").display()));
        runner.action("drift").succeeds();
        let (_, body) = issue(&github);
        let told = format!(
            "### Merged, not applied since {0}\n\n- create `run`\n\n\
             ### Edited by hand in the org\n\n- reactivate `tea`\n\n\
             ### Edited by hand in the org, and changed in the config since {0}\n\n- create `walk`\n",
            &applied[..7]
        );
        assert!(body.contains(&told), "{path}: {body}");
    }
}

#[test]
fn the_config_of_a_folder_below_is_that_of_the_applied_commit() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let runner = Runner::of(&github, &org).with("REVIEWED", "false").with("PATH_OF_CONFIG", "../presences.yaml");
    git(&runner, &["init", "--quiet"]);
    runner.write("below/kept", "");
    let applied = commit(&runner, &[definition("tea", "Break", "Tea")]);
    let below = |mode: &str| runner.action_in("below", mode).succeeds();
    below("apply");
    github.repository().applied = Some(applied.clone());
    commit(&runner, &[definition("tea", "Break", "Tea"), definition("run", "Away", "Run")]);
    below("drift");
    let (_, body) = issue(&github);
    assert!(body.contains(&format!("### Merged, not applied since {}\n\n- create `run`\n", &applied[..7])), "{body}");
}

#[test]
fn a_run_that_fails_is_told_by_the_issue_as_well() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let mut runner = Runner::of(&github, &org).with("REVIEWED", "false");
    git(&runner, &["init", "--quiet"]);
    // Is it another name, or another definition? The plan asks.
    commit(&runner, &[definition("lunch", "Meal", "Lunch break")]);
    runner.action("apply").succeeds();
    commit(&runner, &[definition("lunch", "Meal", "Lunch breaks")]);
    let failed = runner.action("drift").fails("looks-like-rename");
    assert_eq!(failed.output("changes"), None);
    let (title, body) = issue(&github);
    assert_eq!(title, "presencectl: whether the org differs from its config is not known");
    assert!(body.contains("failed: https://github.example/acme/presences/actions/runs/42\n"), "{body}");
    assert!(body.contains("previousLabels"), "the question, and how it is answered: {body}");
    // A config that cannot be read, and one that agrees again.
    runner.write("presences.yaml", "version: 1\ndefinitions: [lunch]\n");
    runner.action("drift").fails("definitions");
    commit(&runner, &[definition("lunch", "Meal", "Lunch break")]);
    runner.action("drift").succeeds();
    assert_eq!(github.writes(), ["POST issues", "PATCH issues/1", "PATCH issues/1"]);
    assert_eq!(github.repository().issues[0]["state"], "closed");
    runner.set("ISSUE", "false");
    runner.write("presences.yaml", "version: 1\ndefinitions: [lunch]\n");
    runner.action("drift").fails("definitions");
    assert_eq!(github.writes().len(), 3, "no issue was asked for");
}

#[test]
fn a_large_drift_is_cut_at_whole_lines() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let mut runner = Runner::of(&github, &org);
    let many: Vec<String> = (0..2_000)
        .map(|it| definition(&format!("a-long-key-of-a-definition-{it}"), "Away", &format!("Label {it}")))
        .collect();
    edited_by_hand(&github, &mut runner, &many);
    runner.action("drift").succeeds();
    let (_, body) = issue(&github);
    assert!(
        body.contains("- create `a-long-key-of-a-definition-0`\n") && body.contains("\n- and 1960 more\n"),
        "{body}"
    );
    assert!(body.contains("**2000 to create**"), "the plan stands below: {}", &body[..3000]);
    assert!(body.chars().count() > 50_000, "{}", body.chars().count());
}

#[test]
fn a_list_of_issues_that_is_refused_opens_no_second_one() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let runner = Runner::of(&github, &org);
    git(&runner, &["init", "--quiet"]);
    commit(&runner, &[definition("lunch", "Meal", "Lunch")]);
    github.repository().forbidden = Some("GET issues");
    runner.action("drift").fails("403");
    assert_eq!(github.writes(), [""; 0]);
}
