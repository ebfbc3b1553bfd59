//! `apply --plan`: the parts of a saved plan that run, that changed since, and that are already in place.

use insta::assert_snapshot;
use presencectl::sandbox::SandboxConfig;

use super::driver::Cli;
use super::server::Org;
use super::{LUNCH, with_org};

/// Definitions by key, system presence and German label.
fn config(definitions: &[(&str, &str, &str)]) -> String {
    let blocks = definitions.iter().map(|(key, presence, label)| {
        format!("  {key}:\n    systemPresence: {presence}\n    labels: {{ en_US: {key}, de: {label} }}\n")
    });
    format!("version: 1\ndefinitions:\n{}", blocks.collect::<String>())
}

/// How often the definitions were listed.
fn looks(org: &Org) -> usize {
    org.requests().iter().filter(|it| *it == "GET /api/v2/presencedefinitions").count()
}

/// Plans `wanted` over what `before` made of the org, then `meanwhile` happens to it.
fn reviewed(before: &str, wanted: &str, meanwhile: &str) -> (Org, Cli, String) {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    cli.write("before.yaml", before);
    cli.write("wanted.yaml", wanted);
    cli.write("meanwhile.yaml", meanwhile);
    for command in [
        format!("apply before.yaml {target} --auto-approve"),
        format!("plan wanted.yaml {target} -o json=plan.json"),
        format!("apply meanwhile.yaml {target} --auto-approve"),
    ] {
        let ran = cli.run(&command);
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
    }
    (org, cli, target)
}

#[test]
fn an_apply_says_what_of_the_saved_plan_runs() {
    let (lunch, tea, walk) = (("lunch", "Meal", "Mittag"), ("tea", "Break", "Tee"), ("walk", "Away", "Gang"));
    let wanted = [("lunch", "Meal", "Mittagspause"), ("tea", "Break", "Teepause"), walk];
    let by_hand = [lunch, ("tea", "Break", "Tee!"), walk];
    let (org, cli, target) = reviewed(&config(&[lunch, tea]), &config(&wanted), &config(&by_hand));
    let before = looks(&org);
    let ran = cli.run(&format!("apply wanted.yaml {target} --plan plan.json --auto-approve -o human=report.txt"));
    assert_snapshot!("saved_plan_in_part", ran.shown());
    assert_eq!(cli.read("report.txt"), ran.stdout, "the file for people holds what they were shown");
    assert_eq!(looks(&org) - before, 2);
}

#[test]
fn what_is_settled_is_looked_at_again() {
    let wanted = config(&[("lunch", "Meal", "Mittag")]);
    let (org, cli, target) = reviewed("version: 1\ndefinitions: {}\n", &wanted, &wanted);
    let before = looks(&org);
    let ran = cli.run(&format!("apply wanted.yaml {target} --plan plan.json"));
    assert_snapshot!("saved_plan_already_so", ran.shown());
    assert_eq!(looks(&org) - before, 2, "once for the plan, once to verify");

    let (lunch, wanted) = (("lunch", "Meal", "Mittag"), ("lunch", "Meal", "Mittagspause"));
    let by_hand = config(&[("lunch", "Meal", "Mittag!")]);
    let (org, cli, target) = reviewed(&config(&[lunch]), &config(&[wanted]), &by_hand);
    let before = looks(&org);
    let ran = cli.run(&format!("apply wanted.yaml {target} --plan plan.json"));
    assert_snapshot!("saved_plan_all_changed", ran.shown());
    assert_eq!(looks(&org) - before, 2);
}

#[test]
fn where_nothing_was_asked_nothing_is_looked_at_again() {
    let (org, cli, target) = reviewed(LUNCH, LUNCH, LUNCH);
    let before = looks(&org);
    cli.run(&format!("apply wanted.yaml {target} --plan plan.json")).prints(
        0,
        "Org: Sandbox (5a4db0c5-0000-4000-b000-000000000001), API v1\n\nNo changes. 1 definition is in sync.\n\n\
         Of the saved plan: nothing runs\n",
    );
    assert_eq!(looks(&org) - before, 1);
}

#[test]
fn more_than_was_reviewed_is_named_and_nothing_is_done() {
    let more = format!("{LUNCH}  tea:\n    systemPresence: Break\n    labels: {{ en_US: Tea }}\n");
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    assert_eq!(cli.run(&format!("plan lunch.yaml {target} -o json=plan.json")).code, Some(0));
    cli.write("more.yaml", &more);
    let ran = cli.run(&format!("apply more.yaml {target} --plan plan.json --auto-approve -o human=report.txt"));
    assert_snapshot!("saved_plan_beyond", ran.shown());
    assert_eq!(cli.read("report.txt"), ran.stdout);
    assert!(!org.requests().iter().any(|it| it.starts_with("POST /api")), "nothing was written");
}

#[test]
fn changes_that_were_merged_one_after_the_other_are_applied_by_all_their_plans() {
    let (lunch, tea) = (("lunch", "Meal", "Mittag"), ("tea", "Break", "Tee"));
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    cli.write("first.yaml", &config(&[lunch]));
    cli.write("second.yaml", &config(&[tea]));
    cli.write("merged.yaml", &config(&[lunch, tea]));
    for it in ["first", "second"] {
        assert_eq!(cli.run(&format!("plan {it}.yaml {target} -o json={it}.json")).code, Some(0));
    }
    let beyond = cli.run(&format!("apply merged.yaml {target} --plan second.json --auto-approve"));
    assert_eq!(beyond.code, Some(1), "{}", beyond.shown());
    let ran = cli.run(&format!("apply merged.yaml {target} --plan first.json --plan second.json --auto-approve"));
    assert_snapshot!("saved_plans_together", ran.shown());
}

#[test]
fn the_one_of_several_plans_that_cannot_be_used_is_named() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    for (plan, where_) in [("here", target.as_str()), ("simulated", "--sandbox")] {
        assert_eq!(cli.run(&format!("plan lunch.yaml {where_} -o json={plan}.json")).code, Some(0));
    }
    let ran = cli.run(&format!("apply lunch.yaml {target} --plan here.json --plan simulated.json --auto-approve"));
    assert_snapshot!("saved_plans_misfit", ran.shown());
}
