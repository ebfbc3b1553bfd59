//! Both generations of the API at the command line, and the people on removed definitions.

use presencectl::sandbox::access::Permissions;
use presencectl::sandbox::faults::FaultScript;
use presencectl::sandbox::org_behavior::Offer;
use presencectl::sandbox::{FaultRule, OrgBehavior, SandboxConfig};
use serde_json::{Value, json};

use super::driver::Cli;
use super::server::Org;
use super::{LUNCH, with_org};

const COACHING: &str = "2fa68d50-0000-4000-8000-000000000001";
const SALES: &str = "version: 1\nsettings: { api: v2 }\ndefinitions:\n  lunch:\n    systemPresence: Meal\n    \
                     labels: { en_US: Lunch }\n    division: ";

fn behaving(behavior: OrgBehavior) -> Org {
    Org::start(SandboxConfig { behavior, ..SandboxConfig::default() })
}

fn head(stdout: &str) -> &str {
    stdout.lines().next().unwrap_or_default()
}

#[test]
fn the_newer_generation_does_the_same() {
    let cli = Cli::with_examples();
    for config in ["examples/quickstart", "examples/contact-center"] {
        let plan = |api: &str| {
            let ran = cli.run(&format!("plan {config} --sandbox --api {api}"));
            assert_eq!(ran.code, Some(0), "{}", ran.shown());
            let (same, cost) = ran.stdout.split_once("Cost: ").expect("what it costs");
            assert_eq!(cost.lines().count(), 1, "{cost}");
            same.replace(&format!(", API {api}"), "")
        };
        assert_eq!(plan("v1"), plan("v2"), "{config}");
        let applied = cli.run(&format!("apply {config} --sandbox --api v2 --auto-approve"));
        assert_eq!(applied.code, Some(0), "{}", applied.shown());
        assert!(head(&applied.stdout).contains(", API v2"), "{}", applied.stdout);
        for api in ["v1", "v2", "auto"] {
            let again = cli.run(&format!("plan {config} --sandbox --api {api} --detailed-exitcode"));
            assert_eq!(again.code, Some(0), "{config} {api}: {}", again.shown());
        }
        std::fs::remove_dir_all(cli.path(".presencectl")).expect("the sandbox's state");
    }
}

#[test]
fn auto_takes_the_newer_one_where_the_older_is_gone() {
    for status in [404, 410] {
        let org = behaving(OrgBehavior { generation1: Offer::Gone(status), ..OrgBehavior::default() });
        let (cli, target) = with_org(&org);
        let applied = cli.run(&format!("apply lunch.yaml {target} --auto-approve -o json=report.json"));
        assert_eq!(applied.code, Some(0), "{}", applied.shown());
        assert!(head(&applied.stdout).ends_with(", API v2"), "{}", applied.stdout);
        let report: Value = serde_json::from_str(&cli.read("report.json")).expect("JSON");
        assert_eq!(report["target"]["api"], "v2");
        let first = cli.run(&format!("plan lunch.yaml {target} --api v1"));
        assert_eq!(first.code, Some(1));
        assert!(
            first.stderr.contains(&format!("was answered with {status}: the org does not serve API v1")),
            "{}",
            first.stderr
        );
        assert!(first.stderr.contains("help: run it again: with `--api auto`, presencectl"), "{}", first.stderr);
    }
    let org = behaving(OrgBehavior { generation2: Offer::Gone(404), ..OrgBehavior::default() });
    let (cli, target) = with_org(&org);
    assert!(head(&cli.run(&format!("plan lunch.yaml {target}")).stdout).ends_with(", API v1"));
}

#[test]
fn a_saved_plan_is_for_the_generation_that_it_was_made_through() {
    let org = behaving(OrgBehavior::default());
    let (cli, target) = with_org(&org);
    assert_eq!(cli.run(&format!("plan lunch.yaml {target} -o json=plan.json")).code, Some(0));
    // Between plan and apply the org stops to serve the older one.
    org.sandbox.with(|it| it.org.behavior.generation1 = Offer::Gone(410));
    let ran = cli.run(&format!("apply lunch.yaml {target} --plan plan.json --auto-approve"));
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.ends_with(
            "error: the saved plan cannot be used: it was made through API v1, and this run uses API v2\n  \
             help: make a new plan for this org; nothing was written\n"
        ),
        "{}",
        ran.stderr
    );
    assert!(!org.requests().iter().any(|it| it.starts_with("POST /api")), "nothing was written");
}

/// The org stops to serve the older one between two requests of an apply.
#[test]
fn a_fall_over_during_an_apply_says_how_to_go_on() {
    for status in [404, 410] {
        for after in 1..=3 {
            let (org, cli, target) = coached(0, SandboxConfig::default());
            let gone = FaultRule {
                path: Some("/api/v2/presencedefinitions*".to_owned()),
                skip: after,
                status: Some(status),
                ..FaultRule::default()
            };
            org.sandbox.with(|it| it.faults = FaultScript::new(vec![gone]).expect("a script"));
            let ran = cli.run(&format!("apply lunch.yaml {target} --auto-approve"));
            assert_eq!(ran.code, Some(1), "{}", ran.shown());
            // For the object, and for the look at the org afterwards.
            let times = ran.stdout.matches("help: run it again: with `--api auto`, presencectl").count();
            assert_eq!(times, if after == 3 { 1 } else { 2 }, "{status} after {after}: {}", ran.shown());
        }
    }
}

/// An undo uses the API generation of its report by default.
#[test]
fn an_undo_of_what_was_done_through_a_generation_that_is_gone_says_how_to_go_on() {
    let org = behaving(OrgBehavior::default());
    let (cli, target) = with_org(&org);
    assert_eq!(cli.run(&format!("apply lunch.yaml {target} --auto-approve -o json=report.json")).code, Some(0));
    org.sandbox.with(|it| it.org.behavior.generation1 = Offer::Gone(410));
    let undo = format!("undo report.json {target} --auto-approve");
    let refused = cli.run(&undo);
    let help = "help: run it again: with `--api auto`, presencectl takes the generation that the org serves now";
    assert!(refused.code == Some(1) && refused.stderr.contains(help), "{}", refused.shown());
    let undone = cli.run(&format!("{undo} --api auto"));
    assert!(undone.code == Some(0) && undone.stdout.contains("Undo: 1 done."), "{}", undone.shown());
}

#[test]
fn divisions_are_looked_up_by_name_once_and_only_when_one_is_named() {
    let org = behaving(OrgBehavior::default());
    let (cli, target) = with_org(&org);
    let divisions = || org.requests().iter().filter(|it| it.contains("divisions")).count();
    assert_eq!(cli.run(&format!("plan lunch.yaml {target} --api v2")).code, Some(0));
    assert_eq!(divisions(), 0);
    cli.write("sales.yaml", &format!("{SALES}Sales\n"));
    let applied = cli.run(&format!("apply sales.yaml {target} --auto-approve"));
    assert_eq!((applied.code, divisions()), (Some(0), 1), "{}", applied.shown());
    assert_eq!(cli.run(&format!("plan sales.yaml {target} --detailed-exitcode")).code, Some(0));
    // The first generation refuses to plan what it cannot see.
    let first = cli.run(&format!("plan sales.yaml {target} --api v1"));
    assert_eq!(first.code, Some(1));
    assert!(first.stdout.contains("error[division-not-shown]"), "{}", first.stdout);
}

/// An org in which `Coaching` is a definition, with as many people on it.
fn coached(people: usize, config: SandboxConfig) -> (Org, Cli, String) {
    let coaching = json!({ "id": COACHING, "languageLabels": { "en_US": "Coaching" }, "systemPresence": "Busy" });
    let mut config = config;
    config.seed.definitions.push(coaching);
    let org = Org::start(config);
    org.sandbox.with(|it| {
        let users: Vec<String> = it.org.users().iter().map(|it| it.id.clone()).collect();
        let primary = "31fe3bac-dea6-44b7-bed7-47f91660a1a0";
        for (number, user) in users.iter().enumerate() {
            it.org.users_mut().sit(user, if number < people { COACHING } else { primary }, 0);
        }
    });
    let (cli, target) = with_org(&org);
    cli.write(
        "lunch.yaml",
        "version: 1\ndefinitions:\n  coaching:\n    systemPresence: Busy\n    labels: { en_US: Coaching }\n    \
         deactivated: true\n",
    );
    (org, cli, target)
}

#[test]
fn plan_says_how_many_people_are_on_what_goes() {
    let (_org, cli, target) = coached(37, SandboxConfig::default());
    assert!(!cli.run(&format!("plan lunch.yaml {target}")).stdout.contains("people"), "no one asked");
    let ran = cli.run(&format!("plan lunch.yaml {target} --usage -o json=plan.json"));
    assert!(ran.stdout.contains("\n    37 people are on it now\n"), "{}", ran.shown());
    let plan: Value = serde_json::from_str(&cli.read("plan.json")).expect("JSON");
    assert_eq!(plan["changes"][0]["people"], json!({ "count": 37, "atLeast": false }));
}

#[test]
fn a_cut_answer_reads_at_least() {
    let behavior = OrgBehavior { entities_max: Some(10), ..OrgBehavior::default() };
    let (_org, cli, target) = coached(37, SandboxConfig { behavior, ..SandboxConfig::default() });
    let ran = cli.run(&format!("plan lunch.yaml {target} --usage"));
    assert!(ran.stdout.contains("at least "), "{}", ran.shown());
}

#[test]
fn a_look_up_that_is_forbidden_is_not_known_and_fails_no_plan() {
    let permissions = Permissions::Only(["presence:presenceDefinition:view".to_owned()].into());
    let (org, cli, target) = coached(37, SandboxConfig { permissions, ..SandboxConfig::default() });
    let ran = cli.run(&format!("plan lunch.yaml {target} --usage"));
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert!(ran.stdout.contains("how many people are on it now is not known"), "{}", ran.shown());
    assert!(ran.stderr.contains("/api/v2/analytics/users/activity/query"), "{}", ran.shown());
    drop(org);
}

#[test]
fn a_limit_on_people_guards_plan_and_apply_alike() {
    let (org, cli, target) = coached(37, SandboxConfig::default());
    cli.write("lunch.yaml", &format!("{}settings: {{ limits: {{ activeUsers: 36 }} }}\n", cli.read("lunch.yaml")));
    for command in ["plan lunch.yaml", "apply lunch.yaml --auto-approve"] {
        let ran = cli.run(&format!("{command} {target}"));
        assert_eq!(ran.code, Some(1), "{}", ran.shown());
        assert!(ran.stdout.contains("error[too-many-people]: 37 people are now on"), "{}", ran.shown());
    }
    assert!(!org.requests().iter().any(|it| it.starts_with("PUT")), "nothing was written");
    let ran = cli.run(&format!("apply lunch.yaml {target} --auto-approve --allow-active-users 37"));
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
}

#[test]
fn a_client_that_does_not_see_what_was_seen_makes_no_twin() {
    let (org, cli, target) = coached(0, SandboxConfig::default());
    cli.write("lunch.yaml", LUNCH);
    assert_eq!(cli.run(&format!("plan lunch.yaml {target} --api v2 -o json=plan.json")).code, Some(0));
    // It is moved to a division that the client of the apply does not see.
    let body = json!({
        "languageLabels": { "en_US": "Coaching" },
        "systemPresence": "Busy",
        "divisionId": "5a4db0c5-0000-4000-a000-0000000000d2",
    });
    org.admin("PUT", &format!("/api/v2/presence/definitions/{COACHING}"), &body);
    org.sandbox.with(|it| it.org.access.divisions = Some(["5a4db0c5-0000-4000-a000-0000000000d1".to_owned()].into()));
    let ran = cli.run(&format!("apply lunch.yaml {target} --api v2 --plan plan.json --auto-approve"));
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(
        ran.stderr.contains(&format!("its client saw 1 definition, and this one does not: {COACHING}")),
        "{}",
        ran.shown()
    );
    assert!(!org.requests().iter().any(|it| it.starts_with("POST /api")), "nothing was written");
}
