//! `plan --base`: a commit, a path, and what is said where there is neither.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;

use presencectl::sandbox::Config;
use serde_json::{Value, json};

use super::driver::{Cli, Ran};
use super::first_day::{git, path};
use super::server::Org;
use super::{LUNCH, with_org};

/// Lunch is committed; then tea comes.
fn repository(org: &Org) -> (Cli, String) {
    let (cli, target) = with_org(org);
    let cli = cli.variable("PATH", &path());
    git(&cli, "init --quiet");
    git(&cli, "add .");
    git(&cli, "commit --quiet --message one");
    cli.write("lunch.yaml", &format!("{LUNCH}  tea:\n    systemPresence: Break\n    labels: {{ en_US: Tea }}\n"));
    (cli, target)
}

fn origins(cli: &Cli) -> Vec<String> {
    let plan: Value = serde_json::from_str(&cli.read("plan.json")).unwrap();
    let changes = plan["changes"].as_array().unwrap().iter();
    changes.map(|it| format!("{} {}", it["key"].as_str().unwrap(), it["origin"].as_str().unwrap_or("-"))).collect()
}

/// The line that says what the plan is compared with.
fn against(ran: &Ran) -> String {
    let line = ran.stdout.lines().find(|it| it.contains("From this change: ") || it.starts_with("NOTE: "));
    line.unwrap_or_else(|| panic!("{}", ran.shown())).to_owned()
}

#[test]
fn a_commit_and_a_path_are_the_base_and_no_request_is_more() {
    let org = Org::start(Config::default());
    let (cli, target) = repository(&org);
    cli.write("before/lunch.yaml", LUNCH);
    let count = |command: &str| {
        let before = org.requests().len();
        let ran = cli.run(command);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.shown());
        (org.requests().len() - before, ran)
    };
    let (plain, without) = count(&format!("plan lunch.yaml {target} -o json=plain.json"));
    let (by_commit, ran) = count(&format!("plan lunch.yaml {target} --base HEAD -o human -o json=plan.json"));
    assert_eq!(by_commit, plain, "the org is read once");
    assert!(
        against(&ran)
            .starts_with("From this change: 1 change, pending before: 1 change (compared with the base `HEAD` (")
    );
    assert_eq!(origins(&cli), ["lunch before", "tea this-change"]);
    for typed in ["before", "./before", cli.path("before/lunch.yaml").to_str().unwrap()] {
        count(&format!("plan lunch.yaml {target} --base {typed} -o json=plan.json"));
        assert_eq!(origins(&cli), ["lunch before", "tea this-change"], "{typed}");
    }
    // The saved plan bounds an apply as any other does.
    let applied = cli.run(&format!("apply lunch.yaml {target} --plan plan.json --auto-approve"));
    assert_eq!(applied.code, Some(0), "{}", applied.shown());
    assert!(without.stdout.contains("2 to create"));
}

#[test]
fn layers_and_links_of_a_commit_keep_their_rules() {
    let org = Org::start(Config::default());
    let (cli, target) = with_org(&org);
    let cli = cli.variable("PATH", &path());
    let layer = "version: 1\ndefinitions:\n  lunch: { systemPresence: Meal, labels: { en_US: Lunch } }\n";
    cli.write("shared/all.yaml", layer);
    let acme = "version: 1\norg: { name: acme, id: 5a4db0c5-0000-4000-b000-000000000001 }\nuse: [../linked]\n";
    cli.write("orgs/acme.yaml", acme);
    std::os::unix::fs::symlink("shared", cli.path("linked")).unwrap();
    git(&cli, "init --quiet");
    git(&cli, "add .");
    git(&cli, "commit --quiet --message one");
    cli.write("shared/all.yaml", &format!("{layer}  tea: {{ systemPresence: Break, labels: {{ en_US: Tea }} }}\n"));
    let command = format!("plan orgs/acme.yaml --org acme {target} --base HEAD -o json=plan.json");
    let ran = cli.run(&command);
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert_eq!(origins(&cli), ["lunch before", "tea this-change"], "{}", ran.shown());
    // A link that leads out of the repository leads nowhere in a commit either.
    fs::remove_file(cli.path("linked")).unwrap();
    std::os::unix::fs::symlink("/etc", cli.path("linked")).unwrap();
    git(&cli, "add .");
    git(&cli, "commit --quiet --message two");
    fs::remove_file(cli.path("linked")).unwrap();
    std::os::unix::fs::symlink("shared", cli.path("linked")).unwrap();
    let ran = cli.run(&command);
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert!(against(&ran).contains("`orgs/acme.yaml:3:7`: `linked` is outside of the root `.`"), "{}", against(&ran));
}

#[test]
fn a_base_that_cannot_be_read_is_told_and_the_plan_is_shown_all_the_same() {
    let org = Org::start(Config::default());
    let (cli, target) = repository(&org);
    cli.write("broken/lunch.yaml", "version: 1\ndefinitions: { lunch: { systemPresence: Meal, labels: [] } }\n");
    let ran = cli.run(&format!("plan lunch.yaml {target} --base broken -o human -o json=plan.json"));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.shown());
    assert!(ran.stdout.contains("2 to create"), "{}", ran.shown());
    assert!(
        against(&ran).starts_with(
            "NOTE: what this change does by itself cannot be told: the base `broken`: `broken/lunch.yaml:2:"
        ),
        "{}",
        against(&ran)
    );
    assert_eq!(origins(&cli), ["lunch -", "tea -"]);
    // A config that is new.
    cli.write("new/tea.yaml", LUNCH);
    let ran = cli.run(&format!("plan new {target} --base HEAD"));
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert!(against(&ran).contains("there is no such file or folder"), "{}", against(&ran));
}

#[test]
fn what_is_no_base_stops_before_anything_is_sent() {
    let org = Org::start(Config::default());
    let (cli, target) = repository(&org);
    cli.run(&format!("plan lunch.yaml {target} --base mian")).complains(
        1,
        "error: --base: `mian` is neither a commit that is here nor a path\n  help: `git branch --all` lists the names \
         that are here, such as `origin/main`; nothing was sent\n",
    );
    // Nothing that is typed is an option of Git's.
    let ran = cli.run(&format!("plan lunch.yaml {target} --base=--output=x"));
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(!cli.names().contains(&"x".to_owned()));
    git(&cli, "commit --quiet --message two --allow-empty");
    let url = format!("file://{}", cli.path(".git").display());
    git(&cli, &format!("clone --quiet --depth 1 {url} shallow"));
    cli.run(&format!("plan shallow/lunch.yaml {target} --base HEAD~1")).complains(
        1,
        "error: --base: `HEAD~1` is neither a commit that is here nor a path\n  help: this is a shallow clone: set \
         `fetch-depth: 0` of actions/checkout (GitHub Actions), `GIT_DEPTH: 0` (GitLab CI), or run \
         `git fetch --unshallow`; nothing was sent\n",
    );
    assert_eq!(org.requests(), [""; 0]);
    // An output is never a file of the base.
    cli.write("before/lunch.yaml", LUNCH);
    let ran = cli.run(&format!("plan lunch.yaml {target} --base before -o json=before/lunch.yaml"));
    assert_eq!((ran.code, cli.read("before/lunch.yaml").as_str()), (Some(1), LUNCH), "{}", ran.shown());
}

#[test]
fn an_edit_after_the_last_commit_is_told_from_a_merge_that_was_not_applied() {
    let org = Org::start(Config::default());
    let (cli, target) = repository(&org);
    assert_eq!(cli.run(&format!("apply lunch.yaml {target} --auto-approve")).code, Some(0));
    git(&cli, "add .");
    // Long before anything in the org.
    git(&cli, "commit --quiet --message two");
    let listed = cli.run(&format!("show {target} -o json"));
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    let of = |name: &str| {
        let all = listed["definitions"].as_array().unwrap();
        all.iter().find(|it| it["labels"]["en_US"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let tea = of("Tea");
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let body = json!({ "languageLabels": { "en_US": "Tea", "de": "von Hand" }, "systemPresence": "Break" });
    org.admin("PUT", &format!("/api/v2/presencedefinitions/{tea}"), &body);
    let ran = cli.run(&format!("plan lunch.yaml {target} --base HEAD -o json=plan.json"));
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert_eq!(origins(&cli), ["tea edited"], "{}", ran.shown());
}
