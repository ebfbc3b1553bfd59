//! "No longer needed": a line in a layer of other orgs is only obsolete for this org, and the message names the others.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use presencectl::sandbox::SandboxConfig;
use serde_json::Value;

use super::driver::Cli;
use super::first_day::{git, path};
use super::server::Org;
use super::with_org;

const LAYER: &str = "version: 1\ndefinitions:\n  lunch:\n    systemPresence: Meal\n    labels: { en_US: Lunch break }\n    \
                     previousLabels: [Lunch]\n";

/// An org whose lunch was renamed in a layer that only it uses.
fn renamed(org: &Org) -> (Cli, String) {
    let (cli, target) = with_org(org);
    let id = id_of(&cli, &target);
    cli.write("presence/base/lunch.yaml", LAYER);
    let head = format!("version: 1\norg: {{ name: acme, id: {id} }}\nuse: [../base]\n");
    cli.write("presence/orgs/acme.yaml", &head);
    let applied = cli.run(&format!("apply presence --auto-approve {target}"));
    assert_eq!(applied.code, Some(0), "{}", applied.shown());
    (cli, target)
}

fn id_of(cli: &Cli, target: &str) -> String {
    let shown: Value = serde_json::from_str(&cli.run(&format!("show {target} -o json")).stdout).unwrap();
    shown["target"]["orgId"].as_str().unwrap().to_owned()
}

fn other(cli: &Cli, name: &str, uses: &str) {
    cli.write(&format!("presence/orgs/{name}.yaml"), &format!("version: 1\norg: {{ name: {name} }}\n{uses}"));
}

/// The line about the line.
fn line(cli: &Cli, command: &str) -> String {
    let ran = cli.run(command);
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    let line = ran.stdout.lines().find(|it| it.contains("No longer needed"));
    line.unwrap_or_else(|| panic!("{}", ran.shown())).to_owned()
}

#[test]
fn a_line_of_a_layer_is_obsolete_when_no_other_org_uses_the_layer() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = renamed(&org);
    let plain = "No longer needed: `previousLabels` of `lunch` (presence/base/lunch.yaml:6:22)";
    let folder = format!("plan presence --org acme --root . {target}");
    assert_eq!(line(&cli, &folder), plain);
    // Other orgs that do not use it, and files that are no orgs, change nothing.
    other(&cli, "hooli", "use: [../other]\n");
    other(&cli, "globex", "");
    cli.write("presence/other/tea.yaml", LAYER);
    cli.write("values.yaml", "organization: x\nuse: [base]\n");
    assert_eq!(line(&cli, &folder), plain);
    // One that does.
    other(&cli, "initech", "use: [../base]\n");
    let one = "No longer needed here: `previousLabels` of `lunch` (presence/base/lunch.yaml:6:22); not known for 1 other org \
               that uses this layer: initech";
    assert_eq!(line(&cli, &folder), one);
    // A file of the layer instead of its folder. An org with a broken `use` or file may use it too.
    other(&cli, "initech", "use: [../base/lunch.yaml]\n");
    assert_eq!(line(&cli, &folder), one);
    for broken in ["use: [../nowhere]\n", "use: 3\n", "use: [../other]\n\tx\n"] {
        let file = format!("version: 1\norg: {{ name: initech }}\n{broken}");
        cli.write("presence/orgs/initech.yaml", &file);
        for typed in ["presence/orgs/acme.yaml", "presence --org acme"] {
            let ran = cli.run(&format!("plan {typed} --root . {target}"));
            assert_eq!(ran.code, Some(0), "an error in another org is no failure of this run: {}", ran.shown());
            assert_eq!(ran.stderr, "", "{}", ran.shown());
            assert!(ran.stdout.contains("not known for 1 other org that uses this layer: "), "{}", ran.shown());
            assert!(ran.stdout.contains("initech"), "{}", ran.shown());
        }
    }
    // It is named by its place below the root.
    cli.write("presence/orgs/initech.yaml", "version: 1\norg: { name: [] }\nuse: [../base]\n");
    std::fs::remove_file(cli.path("values.yaml")).unwrap();
    let here = line(&cli, &format!("plan . --org acme {target}"));
    assert!(here.ends_with("not known for 1 other org that uses this layer: presence/orgs/initech.yaml"), "{here}");
}

#[test]
fn what_reports_tell_of_the_other_orgs_is_known() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = renamed(&org);
    let cli = cli.keeping_reports();
    other(&cli, "globex", "use: [../base]\n");
    let plan = format!("plan presence --org acme --root . {target}");
    assert!(line(&cli, &plan).ends_with("not known for 1 other org that uses this layer: globex"));
    let theirs = Org::start(SandboxConfig::default());
    let their_target = target.replace(&org.url, &theirs.url);
    let applied = cli.run(&format!("apply presence --org globex --auto-approve {their_target}"));
    assert_eq!(applied.code, Some(0), "{}", applied.shown());
    assert!(line(&cli, &plan).starts_with("No longer needed: `previousLabels` of `lunch`"));
}

#[test]
fn a_file_has_the_orgs_of_its_root_beside_it_and_a_commit_those_of_the_commit() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = renamed(&org);
    let cli = cli.variable("PATH", &path());
    for name in ["globex-prod", "globex-test", "hooli-test"] {
        other(&cli, name, "use: [../base]\n");
    }
    git(&cli, "init --quiet");
    git(&cli, "add .");
    git(&cli, "commit --quiet --message one");
    for number in 0..10 {
        other(&cli, &format!("z{number}"), "use: [../base]\n");
    }
    let head = "No longer needed here: `previousLabels` of `lunch` (presence/base/lunch.yaml:6:22); not known for";
    assert_eq!(
        line(&cli, &format!("plan presence/orgs/acme.yaml {target}")),
        format!("{head} 13 other orgs that use this layer: globex-prod, globex-test, hooli-test (10 more)")
    );
    for typed in ["presence/orgs/acme.yaml", "presence --org acme"] {
        assert_eq!(
            line(&cli, &format!("plan {typed} {target} --at HEAD")),
            format!("{head} 3 other orgs that use this layer: globex-prod, globex-test, hooli-test")
        );
    }
}

#[test]
fn every_view_says_for_whom_it_is_not_known() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = renamed(&org);
    other(&cli, "globex", "use: [../base]\n");
    let command = format!(
        "plan presence --org acme {target} -o human -o json=plan.json -o markdown=plan.md -o summary=summary.md -o \
         html=plan.html -o github=annotations"
    );
    assert!(line(&cli, &command).ends_with("not known for 1 other org that uses this layer: globex"));
    for file in ["plan.md", "summary.md", "plan.html"] {
        let text = cli.read(file);
        assert!(text.contains("No longer needed here"), "{text}");
        assert!(text.contains("not known for 1 other org that uses this layer: globex"), "{text}");
        assert!(!text.contains("No longer needed:"), "{text}");
    }
    assert!(!cli.read("annotations").contains("o longer needed"));
    let plan: Value = serde_json::from_str(&cli.read("plan.json")).unwrap();
    assert_eq!(plan["noLongerNeeded"], serde_json::json!([]));
    let here = &plan["noLongerNeededHere"][0];
    assert_eq!((&here["key"], &here["field"]), (&"lunch".into(), &"previousLabels".into()));
    assert_eq!(here["notKnownFor"]["orgs"], serde_json::json!(["globex"]));
    // A line in the org's own file is its own.
    let head = cli.read("presence/orgs/acme.yaml");
    let own = "overrides: { lunch: { previousLabels: [Lunch] } }\n";
    cli.write("presence/orgs/acme.yaml", &format!("{head}{own}"));
    assert!(
        line(&cli, &command).starts_with("No longer needed: `previousLabels` of `lunch` (presence/orgs/acme.yaml:4")
    );
}

#[test]
fn an_error_in_the_file_of_another_org_is_told_where_that_org_may_be_meant() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = renamed(&org);
    let plan = |name: &str| cli.run(&format!("plan presence --org {name} {target}"));
    // Broken, with a mistake, and twins.
    for file in ["version: 1\norg: { name: initech }\n\tx\n", "version: 1\norg: { name: initech }\nsettinsg: {}\n"] {
        cli.write("presence/orgs/initech.yaml", file);
        let ran = plan("acme");
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.shown());
        let ran = plan("initech");
        assert_eq!(ran.code, Some(1), "{}", ran.shown());
        assert!(ran.stderr.contains("presence/orgs/initech.yaml:3:"), "{}", ran.shown());
        assert_eq!(cli.run("validate presence").code, Some(1));
    }
    other(&cli, "initech", "");
    cli.write("presence/orgs/second.yaml", "version: 1\norg: { name: initech }\n");
    assert_eq!(plan("acme").code, Some(0));
    assert_eq!(plan("initech").code, Some(1));
    // A layer that only another org uses is its own; one that acme uses is not.
    other(&cli, "initech", "use: [../theirs]\n");
    cli.write("presence/orgs/second.yaml", "version: 1\norg: { name: second }\n");
    cli.write("presence/theirs/tea.yaml", "version: 1\ndefinitions: { tea: 3 }\n");
    assert_eq!(plan("acme").code, Some(0), "{}", plan("acme").shown());
    assert_eq!(plan("initech").code, Some(1));
    other(&cli, "initech", "use: [../base]\n");
    cli.write("presence/base/tea.yaml", "version: 1\ndefinitions: { tea: 3 }\n");
    let ran = plan("acme");
    assert!(ran.code == Some(1) && ran.stderr.contains("presence/base/tea.yaml:2:"), "{}", ran.shown());
}
