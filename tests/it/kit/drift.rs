//! One issue says how an org differs from its config, and is closed when they agree again.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::github::Github;
use super::steps::{Runner, config, definition, org, skipped};

pub(super) fn git(runner: &Runner, arguments: &[&str]) -> String {
    git_in(&runner.path("repository"), arguments)
}

pub(super) fn git_in(folder: &Path, arguments: &[&str]) -> String {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"];
    let mut command = Command::new("git");
    command.args(identity).args(arguments).current_dir(folder);
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
    runner.set("APPLIED", &applied);
    runner.action("drift").succeeds();
    assert_eq!(github.writes(), [""; 0], "org and config agree: no issue");

    // A person edits `tea`, and `walk` is merged without an apply.
    runner.write("by-hand.yaml", &config(&[lunch.clone(), format!("{tea}    deactivated: true\n")]));
    runner.set("PATH_OF_CONFIG", "by-hand.yaml");
    runner.action("apply").succeeds();
    on_a_new_machine(&runner);
    runner.set("PATH_OF_CONFIG", "presences.yaml");
    commit(&runner, &[lunch.clone(), tea.clone(), definition("walk", "Away", "Walk")]);
    assert_eq!(runner.action("drift").succeeds().output("changes"), Some("true"));
    let body = github.repository().issues[0]["body"].as_str().unwrap().to_owned();
    assert!(body.starts_with("<!-- presencectl-kit:drift -->\nThe org differs from its config, as of http"), "{body}");
    assert!(body.contains("**Drift: 2 definitions** in "), "{body}");
    let merged = format!("Merged, not applied since `{}`: missing walk", &applied[..7]);
    assert_eq!(told(&body), ["Edited by hand in the org: deactivated tea".to_owned(), merged]);
    assert!(
        body.contains("<br>last changed by `") && body.contains("to keep it, "),
        "who, when, and what keeps it: {body}"
    );

    runner.action("drift").succeeds();
    assert_eq!(github.writes(), ["POST issues", "PATCH issues/1"], "the same issue is rewritten");
    runner.action("apply").succeeds();
    runner.action("drift").succeeds();
    assert_eq!(github.repository().issues[0]["state"], "closed");
    runner.action("drift").succeeds();
    assert_eq!(github.writes().len(), 3, "a closed issue stays as it is");
    commit(&runner, &[lunch, tea, format!("{}    previousLabels: [Walk]\n", definition("walk", "Away", "A walk"))]);
    runner.action("drift").succeeds();
    let issues = github.repository().issues.clone();
    assert_eq!((issues[0]["state"].as_str(), issues.len()), (Some("open"), 1), "the same issue is opened again");
}

/// The causes that an issue gives: each heading, with its definitions.
fn told(body: &str) -> Vec<String> {
    let sections = body.split("\n#### ").skip(1).map(|it| it.split_once('\n').unwrap());
    let row = |line: &str| {
        let mut cells = line.split(" | ");
        let what = cells.next()?.strip_prefix("| **")?.strip_suffix("**")?.to_owned();
        let key = cells.next()?.split('`').nth(1)?.to_owned();
        Some(format!("{what} {key}"))
    };
    let rows = |text: &str| text.lines().filter_map(row).collect::<Vec<_>>().join(", ");
    sections.map(|(heading, rest)| format!("{heading}: {}", rows(rest))).collect()
}

#[test]
fn where_the_history_is_missing_that_is_said() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let mut runner = Runner::of(&github, &org);
    git(&runner, &["init", "--quiet"]);
    commit(&runner, &[definition("lunch", "Meal", "Lunch")]);
    runner.set("APPLIED", &"3f2a91c".repeat(6)[..40]);
    runner.action("drift").succeeds();
    let body = github.repository().issues[0]["body"].as_str().unwrap().to_owned();
    assert!(
        body.contains("> **Note**: edits by hand cannot be distinguished") && body.contains("fetch-depth: 0"),
        "{body}"
    );
    let said = "Edited by hand, or merged and not applied (not known which): missing lunch";
    assert_eq!(told(&body), [said]);
    // Nothing was ever applied.
    runner.set("APPLIED", "");
    runner.action("drift").succeeds();
    let (_, body) = issue(&github);
    assert!(body.contains("Give the commit that was applied last"), "{body}");
}

/// Each job of a CI has one, without the reports that an earlier one left in the checkout.
fn on_a_new_machine(runner: &Runner) {
    fs::remove_dir_all(runner.path("repository/.presencectl")).unwrap();
}

/// A repository whose config was applied, and in which a person has edited `tea` and `walk` by hand since. It returns
/// the commit that was applied.
fn edited_by_hand(runner: &mut Runner, after: &[String]) -> String {
    git(runner, &["init", "--quiet"]);
    let (tea, walk) = (definition("tea", "Break", "Tea"), definition("walk", "Away", "Walk"));
    let applied = commit(runner, &[tea.clone(), walk.clone()]);
    runner.set("REVIEWED", "false");
    runner.action("apply").succeeds();
    runner.set("APPLIED", &applied);
    let by_hand = [format!("{tea}    deactivated: true\n"), format!("{walk}    deactivated: true\n")];
    runner.write("by-hand.yaml", &config(&by_hand));
    runner.set("PATH_OF_CONFIG", "by-hand.yaml");
    runner.action("apply").succeeds();
    on_a_new_machine(runner);
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
    let applied = edited_by_hand(&mut runner, &after);
    // However the config is named: it is that of the commit which was applied that it is held against.
    for path in ["presences.yaml", "./presences.yaml", runner.path("repository/presences.yaml").to_str().unwrap()] {
        runner.set("PATH_OF_CONFIG", path);
        runner.set("ARGUMENTS", &format!("--base-url\n{}\n--root\n{}", org.url, runner.path("repository").display()));
        runner.action("drift").succeeds();
        let (_, body) = issue(&github);
        let expected = [
            "Edited by hand in the org: deactivated tea".to_owned(),
            format!("Edited by hand in the org, and changed in the config since `{}`: missing walk", &applied[..7]),
            format!("Merged, not applied since `{}`: missing run", &applied[..7]),
        ];
        assert_eq!(told(&body), expected, "{path}");
    }
}

#[test]
fn the_config_of_a_folder_below_is_that_of_the_applied_commit() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let mut runner = Runner::of(&github, &org).with("REVIEWED", "false").with("PATH_OF_CONFIG", "../presences.yaml");
    git(&runner, &["init", "--quiet"]);
    runner.write("below/kept", "");
    let applied = commit(&runner, &[definition("tea", "Break", "Tea")]);
    runner.action_in("below", "apply").succeeds();
    runner.set("APPLIED", &applied);
    commit(&runner, &[definition("tea", "Break", "Tea"), definition("run", "Away", "Run")]);
    runner.action_in("below", "drift").succeeds();
    let (_, body) = issue(&github);
    assert_eq!(told(&body), [format!("Merged, not applied since `{}`: missing run", &applied[..7])]);
}

#[test]
fn a_run_that_fails_is_told_by_the_issue_as_well() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let mut runner = Runner::of(&github, &org).with("REVIEWED", "false");
    git(&runner, &["init", "--quiet"]);
    let both = [definition("lunch", "Meal", "Lunch break"), definition("late", "Meal", "Late lunch")];
    commit(&runner, &both);
    runner.action("apply").succeeds();
    // Which of the two is it now, or is it another one? No one but a person can tell.
    commit(&runner, &[definition("brunch", "Meal", "Lunch")]);
    let failed = runner.action("drift").fails("looks-like-rename");
    assert_eq!(failed.output("changes"), None);
    let (title, body) = issue(&github);
    assert_eq!(title, "presencectl: whether the org differs from its config is not known");
    let question =
        "has a question that only a person can answer: https://github.example/acme/presences/actions/runs/42\n";
    assert!(body.contains(question), "{body}");
    assert!(body.contains("previousLabels"), "the question, and how it is answered: {body}");
    // A config that cannot be read, and one that agrees again.
    runner.write("presences.yaml", "version: 1\ndefinitions: [lunch]\n");
    runner.action("drift").fails("definitions");
    let failed = "with its config failed: https://github.example/acme/presences/actions/runs/42\n";
    assert!(issue(&github).1.contains(failed), "{}", issue(&github).1);
    commit(&runner, &both);
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
    edited_by_hand(&mut runner, &many);
    runner.action("drift").succeeds();
    let (_, body) = issue(&github);
    assert!(body.contains("| **missing** | `a-long-key-of-a-definition-0` (Away) |"), "{}", &body[..3000]);
    assert!(body.contains("**Drift: 2000 definitions**") && body.contains(" more definitions"), "{}", &body[..3000]);
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
