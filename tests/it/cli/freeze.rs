//! A freeze: nothing is written to an org, and every plan says so first.

use serde_json::Value;

use super::driver::Cli;

/// A config whose org is frozen until long after this test, and from long before it.
const FROZEN: &str = "\
version: 1
org: { name: acme }
freeze: { from: 2020-01-01, until: 9000-12-31, reason: Christmas business }
definitions:
  lunch: { systemPresence: Meal, labels: { en_US: Lunch } }
";

fn cli(config: &str) -> Cli {
    Cli::new().file("acme.yaml", config)
}

#[test]
fn a_plan_says_first_that_the_org_is_frozen() {
    let ran = cli(FROZEN).run("plan acme.yaml --sandbox");
    let expected = "\nFROZEN: frozen until 9001-01-01T00:00:00.000Z, nothing is written before: Christmas business \
                    (acme.yaml:3:9)\n";
    assert!(ran.stdout.contains(expected), "{}", ran.stdout);
    assert_eq!(ran.code, Some(0));
    let document: Value = serde_json::from_str(&cli(FROZEN).run("plan acme.yaml --sandbox -o json").stdout).unwrap();
    assert_eq!(document["freezes"][0]["time"], "now");
    let past = FROZEN.replace("9000-12-31", "2020-12-31");
    let ran = cli(&past).run("plan acme.yaml --sandbox");
    assert!(ran.stdout.contains("freeze: the freeze that ended at 2021-01-01T00:00:00.000Z may go"), "{}", ran.stdout);
    assert_eq!(cli(&past).run("apply acme.yaml --sandbox --auto-approve").code, Some(0));
}

#[test]
fn nothing_is_written_during_a_freeze_unless_a_person_says_why() {
    let cli = cli(FROZEN);
    let ran = cli.run("apply acme.yaml --sandbox --auto-approve");
    assert_eq!(ran.code, Some(1));
    let expected = "error: `acme` is frozen until 9001-01-01T00:00:00.000Z: Christmas business (acme.yaml:3:9); \
                    nothing was written\n  help: apply it after that, or have the freeze lifted in a reviewed change\n";
    assert_eq!(ran.stderr, expected);
    assert!(
        cli.run("show --sandbox --org acme").stdout.is_empty()
            || cli.run("plan acme.yaml --sandbox").stdout.contains("create")
    );
    let broken = "apply acme.yaml --sandbox --auto-approve -o json=report.json --break-glass phones-are-down";
    assert_eq!(cli.run(broken).code, Some(0));
    let report: Value = serde_json::from_str(&cli.read("report.json")).unwrap();
    assert_eq!(report["run"]["breakGlass"], "phones-are-down");
    let again = cli.run("apply acme.yaml --sandbox --auto-approve");
    assert_eq!(again.code, Some(0), "with nothing to write it ends as always: {}", again.stderr);
    let undo = cli.run("undo report.json --config acme.yaml --sandbox --auto-approve");
    assert_eq!(undo.code, Some(1));
    assert!(undo.stderr.contains("`acme` is frozen until"), "{}", undo.stderr);
}

#[test]
fn a_reason_is_typed_for_the_run_that_breaks_the_glass() {
    let ran = cli(FROZEN).variable("PRESENCECTL_BREAK_GLASS", "always").run("apply acme.yaml --sandbox --auto-approve");
    assert_eq!(ran.code, Some(1), "no variable stands in for it");
    for blank in ["", " ", "\t\n"] {
        let cli = cli(FROZEN);
        let ran =
            cli.command("apply acme.yaml --sandbox --auto-approve").args(["--break-glass", blank]).output().unwrap();
        assert_eq!((ran.status.code(), ran.stdout.as_slice()), (Some(1), &b""[..]), "{blank:?}");
    }
}

#[test]
fn a_freeze_says_why() {
    for blank in ["\"\"", "\" \""] {
        let ran = cli(&FROZEN.replace("Christmas business", blank)).run("validate acme.yaml");
        assert!(
            ran.stderr.contains("error[invalid-freeze]: this freeze has an empty reason\n --> acme.yaml:3:56\n"),
            "{}",
            ran.shown()
        );
        assert_eq!(ran.code, Some(1));
    }
}

#[test]
fn a_change_that_lifts_a_freeze_says_so_first() {
    let cli = cli(&FROZEN.replace("freeze: { from: 2020-01-01, until: 9000-12-31, reason: Christmas business }\n", ""));
    cli.write("before/acme.yaml", FROZEN);
    let ran = cli.run("plan acme.yaml --sandbox --base ./before/acme.yaml");
    assert!(ran.stdout.contains("LOOK FIRST: this change also edits `freeze`"), "{}", ran.stdout);
}
