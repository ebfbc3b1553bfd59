//! A cause is only named if it is certain, and help never suggests a completed step or lifting a guard.

use std::collections::BTreeSet;

use clap::CommandFactory as _;
use presencectl::cli;
use presencectl::sandbox::access::Permissions;
use presencectl::sandbox::faults::FaultScript;
use presencectl::sandbox::org_behavior::Offer;
use presencectl::sandbox::{FaultRule, OrgBehavior, SandboxConfig};

use super::driver::Cli;
use super::server::Org;
use super::{LUNCH, with_org};

#[test]
fn auto_is_not_proposed_where_auto_has_asked_both_generations() {
    let gone = OrgBehavior { generation1: Offer::Gone(404), generation2: Offer::Gone(404), ..OrgBehavior::default() };
    let org = Org::start(SandboxConfig { behavior: gone, ..SandboxConfig::default() });
    let (cli, target) = with_org(&org);
    for command in ["plan lunch.yaml", "drift lunch.yaml", "show", "doctor lunch.yaml"] {
        let ran = cli.run(&format!("{command} {target}"));
        assert_eq!(ran.code, Some(1), "{}", ran.shown());
        assert!(ran.shown().contains("serves neither API v1 nor API v2"), "{}", ran.shown());
        assert!(ran.shown().contains("check the region or --base-url"), "{}", ran.shown());
        assert!(!ran.shown().contains("--api auto"), "{}", ran.shown());
    }
}

#[test]
fn a_base_url_with_the_path_of_the_api_is_refused_before_anything_is_sent() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    for end in ["/api/v2", "/api/v2/", "/oauth/token"] {
        let ran = cli.run(&format!("plan lunch.yaml {target}{end}"));
        assert_eq!(ran.code, Some(1), "{}", ran.shown());
        assert!(ran.stderr.contains("leave that away"), "{}", ran.stderr);
    }
    assert_eq!(org.requests(), Vec::<String>::new());
}

#[test]
fn doctor_fails_where_a_plan_would_and_names_the_generation_that_works() {
    let forbidden =
        FaultRule { path: Some("/api/v2/presencedefinitions*".to_owned()), status: Some(403), ..FaultRule::default() };
    let org = Org::start(SandboxConfig::default());
    org.sandbox.with(|it| it.faults = FaultScript::new(vec![forbidden]).expect("a script"));
    let (cli, target) = with_org(&org);
    let plan = cli.run(&format!("plan lunch.yaml {target}"));
    assert_eq!(plan.code, Some(1));
    assert!(plan.stderr.contains("or give `--api v2`, which this client may read"), "{}", plan.stderr);
    let ran = cli.run(&format!("doctor lunch.yaml {target}"));
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(ran.stdout.contains("or give `--api v2`, which this client may read"), "{}", ran.stdout);
    assert_eq!(cli.run(&format!("doctor lunch.yaml {target} --api v2")).code, Some(0));
    assert_eq!(cli.run(&format!("plan lunch.yaml {target} --api v2")).code, Some(0));
}

#[test]
fn an_operation_that_is_not_there_is_no_object_that_was_deleted() {
    for path in ["/api/v2/analytics/users/activity/query", "/api/v2/systempresences", "/api/v2/authorization/divisions"]
    {
        let gone = serde_json::json!([{ "path": path, "status": 404 }]);
        let org = Org::with_faults(&gone.to_string());
        let (cli, target) = with_org(&org);
        cli.write("lunch.yaml", &LUNCH.replace("systemPresence: Meal", "systemPresence: Meal\n    division: Sales"));
        for command in ["doctor lunch.yaml --api v2", "plan lunch.yaml --api v2 --usage"] {
            let said = cli.run(&format!("{command} {target}")).shown();
            assert!(!said.contains("it was deleted") && !said.contains("does not serve API"), "{said}");
        }
    }
}

#[test]
fn what_is_pasted_around_a_secret_is_named_before_it_is_sent() {
    let org = Org::start(SandboxConfig::default());
    let target = format!("--base-url {}", org.url);
    for (value, form) in [
        ("Bearer Zq7", "begins with `Bearer`"),
        ("bearer\tZq7", "begins with `Bearer`"),
        ("Basic Zq7", "begins with `Basic`"),
        ("Authorization: Bearer Zq7", "the name of a header or a variable"),
        ("export GENESYSCLOUD_ACCESS_TOKEN=Zq7", "the name of a header or a variable"),
        ("\"Zq7\"", "in quotes"),
        ("'Zq7", "in quotes"),
        ("“Zq7”", "in quotes"),
        ("{ \"access_token\": \"Zq7\" }", "it is JSON"),
        ("${Zq7}", "a placeholder"),
        ("$(Zq7)", "a placeholder"),
        ("{{ Zq7 }}", "a placeholder"),
        ("<Zq7>", "a placeholder"),
        ("%Zq7%", "a placeholder"),
        ("your-secret-here", "a placeholder"),
        ("#access_token=Zq7&token_type=bearer", "it is an address or a piece of one"),
        ("***", "a placeholder"),
        ("Zq7 Zq7", "a blank or a line break"),
        ("Zq7é", "a character that none has"),
    ] {
        for variable in ["GENESYSCLOUD_ACCESS_TOKEN", "GENESYSCLOUD_OAUTHCLIENT_SECRET"] {
            let cli = Cli::new().file("lunch.yaml", LUNCH).variable("GENESYSCLOUD_OAUTHCLIENT_ID", "client");
            let cli = cli.variable(variable, value);
            for command in ["plan lunch.yaml", "doctor lunch.yaml", "doctor lunch.yaml -o json"] {
                let ran = cli.run(&format!("{command} {target}"));
                let said = ran.shown();
                assert_eq!(ran.code, Some(1), "{said}");
                assert!(said.contains(&format!("{variable} is not used as it stands: ")), "{value}: {said}");
                assert!(
                    said.contains(form) && !said.contains("Zq7") && !said.contains("secret-here"),
                    "{value}: {said}"
                );
            }
        }
    }
    let sent = org.requests().into_iter().filter(|it| it.starts_with("POST") || it.contains("definitions"));
    assert_eq!(sent.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn a_client_that_may_read_neither_generation_is_not_sent_to_the_other_one() {
    let org = Org::start(SandboxConfig::default());
    org.sandbox.with(|it| it.org.access.permissions = Permissions::Only(BTreeSet::new()));
    let (cli, target) = with_org(&org);
    for api in ["v1", "v2"] {
        let doctor = cli.run(&format!("doctor lunch.yaml {target} --api {api}"));
        let plan = cli.run(&format!("plan lunch.yaml {target} --api {api}"));
        assert_eq!(doctor.code, plan.code, "{api}: {}\n{}", doctor.shown(), plan.shown());
    }
}

#[test]
fn a_mistyped_flag_is_never_answered_with_one_that_lifts_a_guard() {
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    for (command, typed) in [
        ("apply lunch.yaml", "--all-orgs"),
        ("apply lunch.yaml", "--allow-rename"),
        ("apply lunch.yaml", "--auto-approv"),
        ("init", "--forc"),
        // The reports of earlier runs are a guard.
        ("apply lunch.yaml", "--no-protect"),
        ("undo report.json", "--no-repor"),
    ] {
        let ran = cli.run(&format!("{command} {typed}"));
        assert_eq!(ran.code, Some(1), "{}", ran.shown());
        assert!(!ran.stderr.contains("similar argument") && !ran.stderr.contains("as a value"), "{}", ran.stderr);
    }
    let unknown = cli.run("show --force -o json");
    assert!(unknown.code == Some(1) && !unknown.shown().contains("as a value"), "{}", unknown.shown());
    // Others still are.
    assert!(cli.run("apply lunch.yaml --sanbox").stderr.contains("'--sandbox'"));
}

/// Every flag below these headings lifts a guard or answers a question, so none of them is proposed.
#[test]
fn every_flag_that_lifts_a_guard_is_known_as_one() {
    let mut root = cli::Cli::command();
    root.build();
    let mut seen = 0;
    for command in root.get_subcommands() {
        for flag in command.get_arguments() {
            let name = flag.get_long().unwrap_or_default();
            if !matches!(flag.get_help_heading(), Some("Limits" | "Approval")) || name == "plan" || name == "only" {
                continue;
            }
            seen += 1;
            let shortened = &name[..name.len() - 1];
            let ran = Cli::new().run(&format!("{} --{shortened}", command.get_name()));
            assert!(!ran.stderr.contains(&format!("'--{name}'")), "{}", ran.stderr);
        }
    }
    assert!(seen > 8, "{seen}");
}

#[cfg(unix)]
#[test]
fn a_config_that_is_no_file_and_no_folder_is_named_as_what_it_is() {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    let cli = Cli::new();
    let made = std::process::Command::new("mkfifo").arg(cli.path("pipe")).status().expect("mkfifo");
    assert!(made.success());
    let _socket = UnixListener::bind(cli.path("socket")).expect("a socket");
    symlink("gone.yaml", cli.path("link.yaml")).expect("a link");
    symlink("/dev/null", cli.path("device.yaml")).expect("a link");
    let rule = "a config is a file or a folder, because its place decides which files belong to it";
    for (path, cause) in [
        ("pipe", format!("it is a pipe: {rule}")),
        ("socket", format!("it is a socket: {rule}")),
        ("device.yaml", format!("it is a device: {rule}")),
        ("-", format!("`-` is standard input: {rule}")),
        ("link.yaml", "it is a link to `gone.yaml`, and there is no such file or folder".to_owned()),
        ("nowhere.yaml", "there is no such file or folder".to_owned()),
    ] {
        let ran = cli.run(&format!("validate {path}"));
        assert_eq!(ran.code, Some(1), "{}", ran.shown());
        assert!(ran.shown().contains(&format!("`{path}` cannot be read: {cause}")), "{}", ran.shown());
    }
}
