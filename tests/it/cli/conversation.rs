//! A session with the sandbox org: it ends even after a failure, and earlier changes are kept.

use super::driver::Cli;

const USER: &str = "5a4db0c5-0000-4000-8000-000000000001";
const ORG: &str = "version: 1\norg: { name: acme, id: 22222222-bbbb-4bbb-8bbb-222222222222 }\ndefinitions:\n  lunch: { \
                   systemPresence: Meal, labels: { en_US: Lunch } }\n";
const SEED: &str = r#"[{ "id": "2fa68d50-0000-4000-8000-000000000001", "languageLabels": { "en_US": "Tea" },
                         "systemPresence": "Break", "deactivated": false }]"#;

#[test]
fn what_was_done_survives_a_command_that_fails() {
    let cli = Cli::new().file("lunch.yaml", ORG);
    let apply = "apply lunch.yaml --sandbox --auto-approve";
    assert_eq!(cli.run(apply).code, Some(0));
    let set = format!("user set {USER} --presence lunch --config lunch.yaml --sandbox --yes");
    assert_eq!(cli.run(&set).code, Some(0));
    // Each of them fails after the conversation has begun.
    let failing = [
        ("apply lunch.yaml --sandbox --auto-approve --org-id x", "error: `org.id` is 22222222-bbbb"),
        ("retire lunch --to Nowhere --config lunch.yaml --sandbox --yes", "error: "),
        ("show Nowhere --config lunch.yaml --sandbox", "error: "),
    ];
    for (line, said) in failing {
        let ran = cli.run(line);
        assert!(ran.code == Some(1) && ran.stderr.starts_with(said), "{line}: {}", ran.shown());
        assert!(!ran.stderr.contains("in use"), "{}", ran.shown());
    }
    let plan = cli.run("plan lunch.yaml --sandbox");
    assert!(plan.stdout.contains("No changes. 1 definition is in sync."), "{}", plan.shown());
    let user = cli.run(&format!("user get {USER} --config lunch.yaml --sandbox"));
    assert!(user.stdout.contains("Lunch"), "{}", user.shown());
}

#[test]
fn a_seed_of_an_org_that_is_there_already_is_said_to_be_passed_over() {
    let cli = Cli::new().file("lunch.yaml", ORG).file("seed.json", SEED);
    let state = ".presencectl/sandbox/22222222-bbbb-4bbb-8bbb-222222222222.json";
    let first = cli.run("show Tea --config lunch.yaml --sandbox --sandbox-seed seed.json");
    assert_eq!((first.code, first.stderr.as_str()), (Some(0), ""), "{}", first.shown());
    cli.write("seed.json", &SEED.replace("Tea", "Coffee"));
    let second = cli.run("show Tea --config lunch.yaml --sandbox --sandbox-seed seed.json");
    let note = format!(
        "warning: --sandbox-seed `seed.json` is not used: this sandbox org is there already\n  help: delete `{state}` \
         to start again\n"
    );
    assert_eq!((second.code, second.stderr.as_str()), (Some(0), note.as_str()), "{}", second.shown());
    std::fs::remove_file(cli.path(state)).unwrap();
    let anew = cli.run("show Coffee --config lunch.yaml --sandbox --sandbox-seed seed.json");
    assert_eq!((anew.code, anew.stderr.as_str()), (Some(0), ""), "{}", anew.shown());
}
