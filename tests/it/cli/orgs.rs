//! `orgs`: the orgs of a config, and the effect of a file change on each, without a request.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::process::Command;

use insta::assert_snapshot;
use serde_json::Value;

use super::driver::Cli;

pub(crate) const BASE: &str = "\
version: 1
settings: { stages: [test, prod] }
definitions:
  lunch:
    systemPresence: Meal
    labels: { en_US: Lunch, de: Mittagspause }
  tea:
    systemPresence: Break
    labels: { en_US: Tea, de: Tee }
";

#[expect(clippy::disallowed_methods, reason = "Git is found as the test was started to find it")]
fn path() -> String {
    std::env::var("PATH").unwrap()
}

fn git(cli: &Cli, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]).args(arguments);
    let done = git.current_dir(cli.path("")).env_clear().env("PATH", path()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

pub(crate) fn commit(cli: &Cli) {
    git(cli, &["add", "."]);
    git(cli, &["commit", "--quiet", "-m", "a change"]);
}

pub(crate) fn org(name: &str, more: &str) -> String {
    let stage = name.rsplit('-').next().unwrap();
    format!("version: 1\norg: {{ name: {name}, stage: {stage} }}\nuse: [../base.yaml]\n{more}")
}

/// Three orgs in a repository: one omits the tea, and one lives without German.
pub(crate) fn three() -> Cli {
    let cli = Cli::new().file("base.yaml", BASE);
    cli.write("orgs/acme-test.yaml", &org("acme-test", ""));
    cli.write("orgs/acme-prod.yaml", &org("acme-prod", "omit: [tea]\n"));
    let overrides = "overrides:\n  # No one there reads German.\n  lunch: { labels: { de: null } }\n";
    cli.write("orgs/globex-prod.yaml", &org("globex-prod", overrides));
    git(&cli, &["init", "--quiet", "--initial-branch=main"]);
    commit(&cli);
    cli.variable("PATH", &path())
}

#[test]
fn orgs_are_listed_for_people_and_for_loops() {
    let cli = three();
    assert_snapshot!(cli.run("orgs .").stdout);
    cli.run("orgs . --stage prod -o lines").prints(0, "acme-prod\nglobex-prod\n");
    cli.run("orgs . --org acme-* -o github-matrix").prints(
        0,
        "{\"include\":[{\"org\":\"acme-prod\",\"stage\":\"prod\"},{\"org\":\"acme-test\",\"stage\":\"test\"}]}\n",
    );
    assert_eq!(cli.run("orgs . --stage dev").code, Some(1));
}

#[test]
fn a_change_is_told_with_the_orgs_that_it_affects() {
    let cli = three();
    cli.run("orgs . --changed-since main --detailed-exitcode -o lines").prints(0, "");
    cli.write("base.yaml", &BASE.replace("Mittagspause", "Mittag").replace("de: Tee ", "de: Teepause "));
    cli.write("orgs/hooli-test.yaml", &org("hooli-test", ""));
    let ran = cli.run("orgs . --changed-since main --detailed-exitcode");
    assert_eq!(ran.code, Some(2));
    let (_, shown) = ran.stdout.split_once('\n').unwrap();
    assert!(ran.stdout.starts_with("4 of 4 orgs affected since "), "{}", ran.stdout);
    assert_snapshot!("a_change", shown);
    let document: Value = serde_json::from_str(&cli.run("orgs . --changed-since main -o json").stdout).unwrap();
    assert_eq!(document["kind"], "orgs");
    let standing = |name: &str| {
        let orgs = document["orgs"].as_array().unwrap();
        orgs.iter().find(|it| it["name"] == name).unwrap()["standing"].clone()
    };
    assert_eq!((standing("hooli-test"), standing("acme-prod")), ("new".into(), "affected".into()));
    // Of a commit: nothing of the disk counts.
    cli.run("orgs . --at main --changed-since main -o lines").prints(0, "");
}

#[test]
fn settings_count_and_what_leaves_is_told() {
    let cli = three();
    cli.write("orgs/acme-test.yaml", &org("acme-test", "settings: { limits: { removals: 0 } }\n"));
    let ran = cli.run("orgs . --changed-since main");
    assert!(ran.stdout.contains("Settings and guards alone: acme-test\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("Unaffected: acme-prod, globex-prod\n"), "{}", ran.stdout);
    let (without_tea, _) = BASE.split_once("  tea:").unwrap();
    cli.write("base.yaml", without_tea);
    std::fs::remove_file(cli.path("orgs/acme-prod.yaml")).unwrap();
    let ran = cli.run("orgs . --changed-since main");
    assert!(ran.stdout.contains("Leaves the config of globex-prod and stays active: tea\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("Removed (nothing is done to the org): acme-prod\n"), "{}", ran.stdout);
}

#[test]
fn files_say_which_guards_a_change_edits_and_not_what_an_org_has() {
    let cli = three();
    let frozen = org("acme-prod", "omit: [tea]\nfreeze: { until: 2099-01-02, reason: Christmas }\n");
    cli.write("orgs/acme-prod.yaml", &frozen);
    cli.write("base.yaml", &BASE.replace("en_US: Tea", "en_US: Tea time"));
    let guards = "this change also edits `freeze`, which should protect the org from it";
    let ran = cli.run("orgs . --changed-since HEAD");
    assert!(ran.stdout.contains(&format!("\nLOOK FIRST: {guards}\n  in acme-prod\n\n")), "{}", ran.stdout);
    let page = cli.run("orgs . --changed-since HEAD -o markdown").stdout;
    assert!(page.contains(&format!("#### Look at this first\n\n- {guards}")), "{page}");
    for text in [&ran.stdout, &page] {
        assert!(text.contains("tea") && !text.contains("in place") && !text.contains("other org"), "{text}");
    }
    let document: Value = serde_json::from_str(&cli.run("orgs . --changed-since HEAD -o json").stdout).unwrap();
    assert_eq!(document["groups"][0]["firstAnywhere"], false);
    assert_eq!(document["orgs"][0]["guards"][0], "freeze");
}

#[test]
fn a_shallow_clone_is_an_error() {
    let cli = three();
    git(&cli, &["commit", "--quiet", "--allow-empty", "-m", "two"]);
    let url = format!("file://{}", cli.path(".git").display());
    git(&cli, &["clone", "--quiet", "--depth", "1", &url, "shallow"]);
    cli.run("orgs shallow --changed-since main").complains(
        1,
        "error: --changed-since: this is a shallow clone: commits to compare with are missing\n  help: set `fetch-depth: \
         0` of actions/checkout (GitHub Actions), `GIT_DEPTH: 0` (GitLab CI), or run `git fetch --unshallow`\n",
    );
}

#[test]
fn what_cannot_be_compared_is_an_error() {
    let cli = three();
    assert_eq!(cli.run("orgs . --changed-since no-such-branch").code, Some(1));
    let (good, broken) = (cli.read("base.yaml"), "version: 1\ndefinitions: [\n");
    cli.write("base.yaml", broken);
    commit(&cli);
    cli.write("base.yaml", &good);
    let ran = cli.run("orgs . --changed-since main");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("--changed-since: the config of "), "{}", ran.stderr);
}
