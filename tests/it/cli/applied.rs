//! `drift --applied`: the possible writes of a partly failed apply, and the messages about a commit that is missing or
//! outside of the history.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use presencectl::sandbox::SandboxConfig;
use serde_json::{Value, json};

use super::driver::{Cli, Ran};
use super::first_day::{git, path};
use super::server::Org;
use super::{LUNCH, with_org};

fn german(label: &str) -> String {
    LUNCH.replace("en_US: Lunch", &format!("en_US: Lunch, de: {label}"))
}

/// Lunch was applied as the tag `applied`. Then German came, in two commits, and an apply of the first one wrote it.
fn repository(org: &Org) -> (Cli, String) {
    let (cli, target) = with_org(org);
    let cli = cli.variable("PATH", &path());
    git(&cli, "init --quiet");
    let commit = |text: &str| {
        cli.write("lunch.yaml", text);
        git(&cli, "add lunch.yaml");
        git(&cli, "commit --quiet --message one");
    };
    commit(LUNCH);
    git(&cli, "tag applied");
    commit(&german("Mittag"));
    let applied = cli.run(&format!("apply lunch.yaml {target} --auto-approve"));
    assert_eq!(applied.code, Some(0), "{}", applied.shown());
    commit(&german("Essen"));
    (cli, target)
}

fn told(ran: &Ran) -> Vec<String> {
    let document: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.shown()));
    let rows = document["drift"].as_array().unwrap().iter();
    rows.map(|it| format!("{} {}", it["revert"]["key"].as_str().unwrap(), it["how"].as_str().unwrap())).collect()
}

#[test]
fn commits_between_tell_what_an_apply_may_have_written() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = repository(&org);
    let drift = |applied: &str| cli.run(&format!("drift lunch.yaml {target} --applied {applied} -o json"));
    let before = org.requests().len();
    assert_eq!(told(&drift("applied")), ["lunch not-known"], "the commit between asks for what stands there");
    let with = org.requests().len() - before;
    cli.run(&format!("drift lunch.yaml {target}"));
    assert_eq!(org.requests().len() - before - with, with, "it takes no request more");
    assert_eq!(told(&drift("HEAD~1")), ["lunch not-applied"], "nothing but the config has changed");
    // The newest commit is a part of what was merged since as well.
    cli.write("lunch.yaml", LUNCH);
    git(&cli, "add lunch.yaml");
    git(&cli, "commit --quiet --message three");
    assert_eq!(told(&drift("applied")), ["lunch not-known"]);
    // What nothing that was merged asks for was edited by hand.
    let listed: Value = serde_json::from_str(&cli.run(&format!("show {target} -o json")).stdout).unwrap();
    let all = listed["definitions"].as_array().unwrap();
    let lunch = all.iter().find(|it| it["labels"]["en_US"] == "Lunch").unwrap();
    let path = format!("/api/v2/presencedefinitions/{}", lunch["id"].as_str().unwrap());
    let by_hand = json!({ "languageLabels": { "en_US": "Lunch", "de": "von Hand" }, "systemPresence": "Meal" });
    org.admin("PUT", &path, &by_hand);
    assert_eq!(told(&drift("applied")), ["lunch edited"]);
    // A rewritten branch does not show what was merged since.
    git(&cli, "checkout --quiet --orphan rewritten");
    git(&cli, "commit --quiet --message anew");
    let ran = drift("applied");
    assert_eq!(told(&ran), ["lunch not-known"]);
    assert!(ran.stdout.contains("it is not a part of the history of what is checked out"), "{}", ran.shown());
}

#[test]
fn a_history_with_too_many_changes_blames_nobody() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = repository(&org);
    for number in 0..51 {
        cli.write("lunch.yaml", &german(&format!("Essen {number}")));
        git(&cli, "add lunch.yaml");
        git(&cli, "commit --quiet --message it");
    }
    let ran = cli.run(&format!("drift lunch.yaml {target} --applied applied -o json"));
    assert_eq!(told(&ran), ["lunch not-known"]);
    assert!(ran.stdout.contains("more than 50 changes of the config were merged since"), "{}", ran.shown());
}

#[test]
fn a_name_that_is_no_commit_stops_and_a_hash_that_is_not_here_is_told() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = repository(&org);
    let before = org.requests().len();
    let ran = cli.run(&format!("drift lunch.yaml {target} --applied appleid -o json=drift.json"));
    assert_eq!((ran.code, org.requests().len()), (Some(1), before), "{}", ran.shown());
    let said = "error: --applied: `appleid` is no commit that is here\n  help: `git branch --all` lists \
                the names that are here, such as `origin/main`; nothing was sent\n";
    assert_eq!(ran.stderr, said);
    assert!(cli.read("drift.json").contains("\"kind\": \"error\""));
    let hash = "0123456789012345678901234567890123456789";
    let ran = cli.run(&format!("drift lunch.yaml {target} --applied {hash}"));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.shown());
    let note = format!(
        "\nNOTE: edits by hand cannot be distinguished from what was merged and not applied, even with `{hash}`: the commit is \
         not here: its branch was rewritten, or not all of the history was fetched (`fetch-depth: 0` of \
         actions/checkout, `GIT_DEPTH: 0` in GitLab CI)\n"
    );
    assert!(ran.stdout.ends_with(&note), "{}", ran.shown());
    cli.write("lunch.yaml", "version: 1\ndefinitions: []\n");
    git(&cli, "add lunch.yaml");
    git(&cli, "commit --quiet --message broken");
    cli.write("lunch.yaml", LUNCH);
    let ran = cli.run(&format!("drift lunch.yaml {target} --applied HEAD"));
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert!(ran.stdout.contains("): `lunch.yaml:2:14`: "), "{}", ran.shown());
    let ran = cli.run(&format!("drift lunch.yaml {target} --applied ./lunch.yaml"));
    assert!(ran.stderr.starts_with("error: --applied: `./lunch.yaml` is no commit that is here\n"), "{}", ran.shown());
}
