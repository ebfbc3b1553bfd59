//! A rename of all labels is detected with earlier states: the base, reports, and the history of the config.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use presencectl::sandbox::SandboxConfig;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::driver::{Cli, Ran};
use super::first_day::{git, path};
use super::server::Org;
use super::with_org;

const BEFORE: &str =
    "version: 1\ndefinitions:\n  lunch:\n    systemPresence: Meal\n    labels: { en_US: Lunch break, de: Pause }\n";
const AFTER: &str =
    "version: 1\ndefinitions:\n  lunch:\n    systemPresence: Meal\n    labels: { en_US: Brunch, de: Essenszeit }\n";

fn commit(cli: &Cli) -> String {
    git(cli, "add --force lunch.yaml");
    commit_what_is_added(cli)
}

fn commit_what_is_added(cli: &Cli) -> String {
    git(cli, "commit --quiet --allow-empty --message it");
    hash(cli, "HEAD")
}

fn hash(cli: &Cli, revision: &str) -> String {
    let output = Command::new("git").args(["rev-parse", revision]).current_dir(cli.path("")).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim()[..7].to_owned()
}

/// What is here is committed and applied; with the beginning of the commit's hash.
fn applied(org: &Org) -> (Cli, String, String) {
    let (cli, target) = with_org(org);
    let cli = cli.variable("PATH", &path());
    git(&cli, "init --quiet");
    cli.write("lunch.yaml", BEFORE);
    let hash = commit(&cli);
    let ran = cli.run(&format!("apply lunch.yaml {target} --auto-approve"));
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    (cli, target, hash)
}

fn posts(org: &Org) -> usize {
    org.requests().iter().filter(|it| it.starts_with("POST /api/v2/presencedefinitions")).count()
}

/// Plan and apply are both refused with this message, and nothing is created.
#[track_caller]
fn refused(org: &Org, cli: &Cli, arguments: &str, source: &str) -> Ran {
    let before = posts(org);
    let plan = cli.run(&format!("plan lunch.yaml {arguments}"));
    let apply = cli.run(&format!("apply lunch.yaml {arguments} --auto-approve"));
    for ran in [&plan, &apply] {
        assert_eq!(ran.code, Some(1), "{}", ran.shown());
        let message = format!("error[looks-like-rename]: `lunch` would be created, but in {source}");
        for part in [&message, " it is `Lunch break` (Meal, "] {
            assert!(ran.stdout.contains(part), "{part}: {}", ran.shown());
        }
    }
    assert_eq!(posts(org), before);
    plan
}

/// Planned without an error; with the codes of its warnings, and the messages.
#[track_caller]
fn planned(cli: &Cli, line: &str) -> (Vec<String>, String) {
    let ran = cli.run(&format!("{line} -o json=plan.json"));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.shown());
    let plan: Value = serde_json::from_str(&cli.read("plan.json")).unwrap();
    let warnings = plan["warnings"].as_array().unwrap();
    let of = |field: &str| warnings.iter().map(|it| it[field].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    (of("code"), of("message").join("\n"))
}

/// A program called `git` that does this, before all others.
fn with_git_that(cli: Cli, does: &str) -> Cli {
    cli.write("bin/git", &format!("#!/bin/sh\n{does}\n"));
    fs::set_permissions(cli.path("bin/git"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", cli.path("bin").display(), path());
    cli.variable("PATH", &path)
}

#[test]
fn a_rename_of_all_labels_is_refused_before_and_after_it_is_committed() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target, one) = applied(&org);
    cli.write("lunch.yaml", AFTER);
    let ran = refused(&org, &cli, &target, &format!("the commit {one}"));
    let ways = ["previousLabels: [Lunch break]", "new: true", "or give it another key than `lunch`"];
    assert!(ways.iter().all(|it| ran.stdout.contains(it)), "{}", ran.shown());
    commit(&cli);
    refused(&org, &cli, &target, &format!("the commit {one}"));
    // However many commits of other files are between.
    for _ in 0..60 {
        git(&cli, "commit --quiet --allow-empty --message other");
    }
    refused(&org, &cli, &target, "the commit ");
    let based = cli.run(&format!("plan lunch.yaml {target} --base HEAD"));
    assert!(
        based.code == Some(1) && based.stdout.contains("would be created, but in the commit "),
        "{}",
        based.shown()
    );
}

#[test]
fn each_way_out_passes() {
    let each = [
        (AFTER.replace("Meal\n", "Meal\n    previousLabels: [Lunch break]\n"), "update", &[] as &[&str]),
        (AFTER.replace("Meal\n", "Meal\n    new: true\n"), "create", &[]),
        (AFTER.replace("  lunch:", "  brunch:"), "create", &["beside-unmanaged"]),
    ];
    for (config, action, warned) in each {
        let org = Org::start(SandboxConfig::default());
        let (cli, target, _) = applied(&org);
        cli.write("lunch.yaml", &config);
        commit(&cli);
        assert_eq!(planned(&cli, &format!("plan lunch.yaml {target}")).0, warned, "{config}");
        let plan: Value = serde_json::from_str(&cli.read("plan.json")).unwrap();
        assert_eq!(plan["summary"][action], 1, "{config}");
        let ran = cli.run(&format!("apply lunch.yaml {target} --plan plan.json --auto-approve"));
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
        assert_eq!(planned(&cli, &format!("plan lunch.yaml {target}")).0, [""; 0], "{config}");
    }
}

#[test]
fn a_new_that_the_earlier_config_says_as_well_does_not_answer() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target, one) = applied(&org);
    let new = |config: &str| config.replace("Meal\n", "Meal\n    new: true\n");
    cli.write("lunch.yaml", &new(AFTER));
    assert_eq!(planned(&cli, &format!("plan lunch.yaml {target}")).0, [""; 0], "it is new in this change");
    cli.write("lunch.yaml", &new(BEFORE));
    let two = commit(&cli);
    cli.write("lunch.yaml", &new(AFTER));
    let ran = refused(&org, &cli, &target, &format!("the commit {two}"));
    assert!(ran.stdout.contains("and that says `new: true` as well"), "{}", ran.shown());
    assert!(!ran.stdout.contains("            new: true\n"), "{}", ran.shown());
    refused(&org, &cli, &format!("{target} --only lunch"), &format!("the commit {two}"));
    let ran = cli.run(&format!("plan lunch.yaml {target} --base HEAD~1"));
    assert_eq!((ran.code, one.len()), (Some(0), 7), "that base does not say it: {}", ran.shown());
}

#[test]
fn what_is_protected_or_omitted_does_not_count() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target, _) = applied(&org);
    let listed: Value = serde_json::from_str(&cli.run(&format!("show {target} -o json")).stdout).unwrap();
    let all = listed["definitions"].as_array().unwrap();
    let id = all.iter().find(|it| it["labels"]["en_US"] == "Lunch break").unwrap()["id"].as_str().unwrap();
    cli.write("lunch.yaml", &format!("{AFTER}protect: [{id}]\n"));
    assert_eq!(planned(&cli, &format!("plan lunch.yaml {target}")).0, [""; 0]);
}

#[test]
fn a_pin_that_is_gone_is_remembered() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target, _) = applied(&org);
    let listed: Value = serde_json::from_str(&cli.run(&format!("show {target} -o json")).stdout).unwrap();
    let all = listed["definitions"].as_array().unwrap();
    let id = all.iter().find(|it| it["labels"]["en_US"] == "Lunch break").unwrap()["id"].as_str().unwrap();
    // Under a label that no config has ever said.
    let hand = json!({ "languageLabels": { "en_US": "By hand" }, "systemPresence": "Meal" });
    cli.write("lunch.yaml", &format!("{AFTER}ids: {{ lunch: {id} }}\n"));
    let two = commit(&cli);
    cli.write("lunch.yaml", AFTER);
    org.admin("PUT", &format!("/api/v2/presencedefinitions/{id}"), &hand);
    let ran = cli.run(&format!("plan lunch.yaml {target}"));
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(ran.stdout.contains(&format!("in the commit {two} it is `By hand` (Meal, {id})")), "{}", ran.shown());
}

#[test]
fn errors_in_an_old_commit_hide_what_is_before_them_no_more_than_a_renamed_file() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target, one) = applied(&org);
    cli.write("lunch.yaml", "version: 1\ndefinitions: [\n");
    commit(&cli);
    fs::remove_file(cli.path("lunch.yaml")).unwrap();
    git(&cli, "add --all .");
    commit_what_is_added(&cli);
    cli.write("lunch.yaml", AFTER);
    commit(&cli);
    refused(&org, &cli, &target, &format!("the commit {one}"));
}

#[test]
fn the_history_of_a_commit_is_that_before_it() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target, one) = applied(&org);
    cli.write("lunch.yaml", AFTER);
    commit(&cli);
    cli.write("lunch.yaml", BEFORE);
    commit(&cli);
    assert_eq!(planned(&cli, &format!("plan lunch.yaml {target}")).0, [""; 0]);
    let ran = cli.run(&format!("plan lunch.yaml {target} --at HEAD~1"));
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(ran.stdout.contains(&format!("in the commit {one} it is `Lunch break`")), "{}", ran.shown());
}

#[test]
fn a_key_that_was_never_there_is_warned_of_its_neighbours() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target, _) = applied(&org);
    cli.write("lunch.yaml", &AFTER.replace("lunch:", "siesta:"));
    let (codes, message) = planned(&cli, &format!("plan lunch.yaml {target}"));
    assert_eq!(codes, ["beside-unmanaged"]);
    assert_eq!(
        message,
        "`siesta` is created under Meal beside 1 active definition that the config does not name: `Lunch break`; if that \
         one is meant, write `previousLabels`"
    );
}

/// Two orgs share a layer, and each calls lunch otherwise. The org has both.
#[test]
fn only_the_config_of_this_org_counts() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target, _) = applied(&org);
    let other = AFTER.replace("  lunch:", "  siesta:").replace("Brunch", "Siesta").replace("Essenszeit", "Ruhe");
    cli.write("lunch.yaml", &other);
    assert_eq!(cli.run(&format!("apply lunch.yaml {target} --auto-approve")).code, Some(0));
    fs::remove_file(cli.path("lunch.yaml")).unwrap();
    cli.write("shared/all.yaml", &other.replace("siesta:", "lunch:"));
    let id = "5a4db0c5-0000-4000-b000-000000000001";
    let acme = format!(
        "version: 1\norg: {{ name: acme, id: {id} }}\nuse: [../shared]\noverrides:\n  lunch: {{ labels: {{ en_US: Lunch \
         break, de: Pause }} }}\n"
    );
    let globex = "version: 1\norg: { name: globex, id: 6a4db0c5-0000-4000-b000-000000000001 }\nuse: [../shared]\n";
    cli.write("orgs/acme.yaml", &acme);
    cli.write("orgs/globex.yaml", globex);
    git(&cli, "add --all shared orgs");
    let hash = commit_what_is_added(&cli);
    // The layer says the new labels by now, and the org nothing of its own.
    cli.write("shared/all.yaml", AFTER);
    cli.write("orgs/acme.yaml", acme.split("overrides").next().unwrap());
    let ran = cli.run(&format!("plan orgs --org acme {target}"));
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(ran.stdout.contains(&format!("in the commit {hash} it is `Lunch break`")), "{}", ran.shown());
    assert!(!ran.stdout.contains("it is `Siesta`"), "{}", ran.shown());
}

#[test]
fn reports_and_a_path_tell_it_without_git() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    let (cli, new) = (cli.variable("PATH", &path()), AFTER.replace("Meal\n", "Meal\n    new: true\n"));
    cli.write("lunch.yaml", BEFORE);
    let apply = format!("apply lunch.yaml {target} --auto-approve --report-dir reports");
    assert_eq!(cli.run(&apply).code, Some(0));
    cli.write("before/lunch.yaml", BEFORE);
    cli.write("lunch.yaml", AFTER);
    refused(&org, &cli, &format!("{target} --report-dir reports"), "the report `reports/");
    let ran = cli.run(&format!("plan lunch.yaml {target} --base before -o json=plan.json -o human"));
    assert!(ran.stdout.contains("but in the base `before` it is `Lunch break`"), "{}", ran.shown());
    let plan: Value = serde_json::from_str(&cli.read("plan.json")).unwrap();
    assert_eq!(plan["refusals"][0]["earlier"]["source"], "base");
    assert_eq!(plan["refusals"][0]["origin"], "this-change");
    // Reports do not have the content of the config, so the config with the object is read.
    cli.write("lunch.yaml", &new);
    let plan = format!("plan lunch.yaml {target} --report-dir reports");
    assert_eq!(planned(&cli, &plan).0, ["earlier-not-read"]);
    git(&cli, "init --quiet");
    cli.write("lunch.yaml", &BEFORE.replace("Meal\n", "Meal\n    new: true\n"));
    commit(&cli);
    cli.write("lunch.yaml", &new);
    refused(&org, &cli, &format!("{target} --report-dir reports"), "the report `reports/");
}

#[test]
fn a_history_that_cannot_be_read_is_one_line_and_the_run_goes_on() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target, _) = applied(&org);
    cli.write("lunch.yaml", AFTER);
    commit(&cli);
    git(&cli, "config uploadpack.allowFilter true");
    let url = format!("file://{}", cli.path(".git").display());
    git(&cli, &format!("clone --quiet --depth 1 {url} shallow"));
    git(&cli, &format!("clone --quiet --filter=blob:none {url} partial"));
    let unread = |cli: &Cli, config: &str| {
        let (codes, message) = planned(cli, &format!("plan {config} {target}"));
        assert_eq!(codes, ["beside-unmanaged", "earlier-not-read"], "{config}");
        message.lines().last().unwrap().to_owned()
    };
    let begins = "cannot check whether `lunch` had another label before: ";
    let shallow = unread(&cli, "shallow/lunch.yaml");
    assert!(shallow.starts_with(&format!("{begins}this is a shallow clone: set `fetch-depth: 0`")), "{shallow}");
    let partial = unread(&cli, "partial/lunch.yaml");
    assert!(
        partial.starts_with(&format!("{begins}this is a partial clone, which lacks `lunch.yaml` of the")),
        "{partial}"
    );
    let elsewhere = tempfile::TempDir::new().unwrap();
    let file = elsewhere.path().join("lunch.yaml");
    fs::write(&file, AFTER).unwrap();
    let none = unread(&cli, file.to_str().unwrap());
    assert!(none.ends_with("lunch.yaml` is not in a Git repository"), "{none}");
    let cli = cli.variable("PATH", "/nowhere");
    assert_eq!(unread(&cli, "lunch.yaml"), format!("{begins}there is no executable `git`"));
    let cli = with_git_that(cli, "echo 'fatal: detected dubious ownership in repository' >&2; exit 128");
    let refused = unread(&cli, "lunch.yaml");
    assert!(refused.contains("failed: fatal: detected dubious ownership"), "{refused}");
    let before = Instant::now();
    let cli = with_git_that(cli, "exec sleep 100");
    assert_eq!(unread(&cli, "lunch.yaml"), format!("{begins}reading the repository took longer than 5 s"));
    assert!(before.elapsed() < Duration::from_secs(30), "{:?}", before.elapsed());
    // An apply shows the same, and continues.
    let ran = cli.run(&format!("apply shallow/lunch.yaml {target} --auto-approve"));
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert!(ran.stdout.contains("warning[earlier-not-read]: "), "{}", ran.shown());
}

#[test]
fn a_history_that_is_read_in_part_says_so() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target, _) = applied(&org);
    let tea = |number: usize| {
        format!(
            "version: 1\ndefinitions:\n  tea:\n    systemPresence: Break\n    labels: {{ en_US: Tea, de: Tee {number} }}\n"
        )
    };
    let told = |versions: usize| {
        for number in 0..versions {
            cli.write("lunch.yaml", &tea(number));
            commit(&cli);
        }
        cli.write("lunch.yaml", AFTER);
        commit(&cli);
        cli.run(&format!("plan lunch.yaml {target}"))
    };
    // `lunch` was there 48 versions ago.
    let ran = told(48);
    assert!(ran.stdout.contains("error[looks-like-rename]"), "{}", ran.shown());
    let ran = told(50);
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    let said = "cannot check whether `lunch` had another label before: the last 50 changes of the config do not say";
    assert!(ran.stdout.contains(said), "{}", ran.shown());
}

#[test]
fn a_saved_plan_of_a_shallow_clone_makes_nothing_where_the_history_is_known() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target, one) = applied(&org);
    cli.write("lunch.yaml", AFTER);
    commit(&cli);
    git(&cli, &format!("clone --quiet --depth 1 file://{} shallow", cli.path(".git").display()));
    planned(&cli, &format!("plan shallow/lunch.yaml {target}"));
    refused(&org, &cli, &target, &format!("the commit {one}"));
    let before = posts(&org);
    let ran = cli.run(&format!("apply lunch.yaml {target} --plan plan.json --auto-approve"));
    assert_eq!((ran.code, posts(&org)), (Some(1), before), "{}", ran.shown());
}

#[test]
fn nothing_of_git_is_read_where_nothing_could_be_renamed() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target, _) = applied(&org);
    let asked = cli.path("asked");
    let cli = with_git_that(cli, &format!("touch {}; exit 1", asked.display()));
    // An untyped report folder is in the checkout, which needs Git.
    let plan = format!("plan lunch.yaml {target} --no-report");
    assert_eq!(planned(&cli, &plan).0, [""; 0]);
    cli.write("lunch.yaml", &BEFORE.replace("Pause", "Mittag"));
    assert_eq!(planned(&cli, &plan).0, [""; 0], "an update");
    let tea = "  tea: { systemPresence: Break, labels: { en_US: Tea } }\n";
    cli.write("lunch.yaml", &format!("{BEFORE}{tea}"));
    assert_eq!(planned(&cli, &plan).0, [""; 0], "a create, and every object has its definition");
    assert!(!asked.exists());
    cli.write("lunch.yaml", AFTER);
    planned(&cli, &plan);
    assert!(asked.exists());
}
