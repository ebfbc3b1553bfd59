//! `--only`: keys as they are typed, and a saved plan beside it.

use presencectl::sandbox::SandboxConfig;

use super::server::Org;
use super::{LUNCH, with_org};

#[test]
fn a_key_that_is_not_there_is_refused_with_the_nearest() {
    let (cli, target) = with_org(&Org::start(SandboxConfig::default()));
    for command in ["plan", "apply --auto-approve"] {
        cli.run(&format!("{command} lunch.yaml {target} --only lnch")).complains(
            1,
            "error: --only: the config has no definition `lnch`\n  help: did you mean `lunch`? Nothing was sent\n",
        );
    }
}

#[test]
fn a_saved_plan_and_a_limit_bound_a_run_together() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    cli.write("two.yaml", &format!("{LUNCH}  tea:\n    systemPresence: Break\n    labels: {{ en_US: Tea }}\n"));
    // Reviewed is less than the whole plan: without the limit, more would be done.
    assert_eq!(cli.run(&format!("plan two.yaml {target} --only lunch -o json=plan.json")).code, Some(0));
    let whole = cli.run(&format!("apply two.yaml {target} --plan plan.json --auto-approve"));
    assert_eq!(whole.code, Some(1), "{}", whole.shown());
    assert!(whole.stdout.contains("error[beyond-saved-plan]"), "{}", whole.shown());
    let part = cli.run(&format!("apply two.yaml {target} --plan plan.json --only lunch --auto-approve"));
    assert_eq!(part.code, Some(0), "{}", part.shown());
    assert!(part.stdout.contains("ONLY `lunch`: 1 change of the whole plan is left out"), "{}", part.shown());
    assert!(part.stdout.contains("Verified: the org was read again, and what the run is limited to is in sync\n"));
    // Reviewed is the whole plan: the limit takes away.
    assert_eq!(cli.run(&format!("plan two.yaml {target} -o json=plan.json")).code, Some(0));
    let none = cli.run(&format!("apply two.yaml {target} --plan plan.json --only lunch --auto-approve"));
    assert!(none.stdout.contains("No changes. 1 definition is in sync."), "{}", none.shown());
    assert_eq!(cli.run(&format!("plan two.yaml {target} --detailed-exitcode")).code, Some(2), "tea is not made");
}
