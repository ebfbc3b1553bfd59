//! The whole command line: outputs and exit codes.

mod applied;
mod asking;
mod bar;
mod base;
mod behind;
mod causes;
mod combine;
mod compare;
mod conversation;
mod doctor_ci;
mod drift;
pub(crate) mod driver;
mod findings;
mod first_day;
mod fleet;
mod fleet_doctor;
mod fleet_findings;
mod freeze;
mod generations;
mod git;
mod help;
mod import;
mod import_orgs;
#[cfg(unix)]
mod kept;
mod killed;
mod labels;
#[cfg(unix)]
mod links;
mod log;
mod logs;
mod messages;
mod mistyped;
#[cfg(unix)]
mod modes;
mod names_from;
mod obsolete;
mod odd;
mod only;
mod orgs;
mod outputs;
mod pictures;
mod placing;
mod precedence;
mod promote;
mod proxy;
mod real;
mod record;
#[cfg(unix)]
mod renames;
mod retire;
mod saved;
pub(crate) mod server;
mod show;
pub(crate) mod signals;
mod undo;
mod users;
mod variables;
mod walk;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use clap::CommandFactory as _;
use insta::assert_snapshot;
use presencectl::host::exit::Exit;
use presencectl::sandbox::{SandboxConfig, Seed};
use serde_json::{Value, json};

use driver::Cli;
use server::{Knocks, Org};
use signals::signal;

const LUNCH: &str = "version: 1\ndefinitions:\n  lunch:\n    systemPresence: Meal\n    labels: { en_US: Lunch }\n";
const CANARY: &str = "canary-c0ffee-do-not-print";

/// An org over a socket, and a folder with a config and the org's credentials.
fn with_org(org: &Org) -> (Cli, String) {
    let cli = Cli::new()
        .file("lunch.yaml", LUNCH)
        .variable("GENESYSCLOUD_OAUTHCLIENT_ID", "sandbox-client")
        .variable("GENESYSCLOUD_OAUTHCLIENT_SECRET", "sandbox-secret");
    (cli, format!("--base-url {}", org.url))
}

/// Every command as it is typed, such as `user get`.
pub(crate) fn commands() -> BTreeSet<String> {
    let root = presencectl::cli::Cli::command();
    let named = |command: &clap::Command| command.get_name().to_owned();
    let mut commands = BTreeSet::new();
    for command in root.get_subcommands() {
        let within: Vec<String> =
            command.get_subcommands().map(|it| format!("{} {}", named(command), named(it))).collect();
        commands.extend(if within.is_empty() { vec![named(command)] } else { within });
    }
    commands
}

#[test]
fn the_quickstart_is_in_step_after_one_apply() {
    let cli = Cli::with_examples();
    assert_snapshot!("quickstart_apply", cli.run("apply examples/quickstart --sandbox --auto-approve").shown());
    cli.run("plan examples/quickstart --sandbox").prints(
        0,
        "Org: Sandbox (5a4db0c5-0000-4000-b000-000000000001), API v1 - sandbox: nothing real is written\n\n\
         No changes. 3 definitions are in sync.\n",
    );
    let again = cli.run("apply examples/quickstart --sandbox --auto-approve");
    assert_eq!((again.code, again.stderr.as_str()), (Some(0), ""));
}

#[test]
fn the_sandbox_has_the_platforms_limit_of_active_definitions_unless_told_otherwise() {
    let definition = |it: u32| format!("  tea-{it}: {{ systemPresence: Break, labels: {{ en_US: Tea {it} }} }}\n");
    let definitions: String = (1..=31).map(definition).collect();
    let cli = Cli::new()
        .file("tea.yaml", &format!("version: 1\ndefinitions:\n{definitions}"))
        .file("any.json", r#"{ "org": { "active_max": null } }"#);
    let refused = cli.run("apply tea.yaml --sandbox --auto-approve");
    assert_eq!(refused.code, Some(1));
    assert!(refused.shown().contains("has 30 active presence definitions already"), "{}", refused.shown());
    let done = cli.run("apply tea.yaml --sandbox --sandbox-behavior any.json --auto-approve");
    assert_eq!(done.code, Some(0), "{}", done.shown());
}

#[test]
fn exit_codes_are_as_documented() {
    let cli = Cli::with_examples();
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/exit-codes.md")).unwrap();
    for exit in Exit::ALL {
        assert!(page.contains(&format!("| {} | {} |", exit.code(), exit.meaning())), "{exit:?}");
    }
    assert_eq!(cli.run("--version").code, Some(0));
    assert_eq!(cli.run("plan --help").code, Some(0));
    assert_eq!(cli.run("plan").code, Some(1), "wrong usage is never 2");
    assert_eq!(cli.run("plan examples/quickstart --sandbox --bogus").code, Some(1));
    assert_eq!(cli.run("plan examples/quickstart --sandbox").code, Some(0));
    assert_eq!(cli.run("plan examples/quickstart --sandbox --detailed-exitcode").code, Some(2));
    assert_eq!(cli.run("apply examples/quickstart --sandbox --auto-approve").code, Some(0));
    assert_eq!(cli.run("plan examples/quickstart --sandbox --detailed-exitcode").code, Some(0));
    let empty = cli.file("empty.yaml", "version: 1\nsettings: { prune: delete }\ndefinitions: {}\n");
    assert_eq!(empty.run("plan empty.yaml --sandbox --detailed-exitcode").code, Some(1), "a refusal is no change");
}

#[test]
fn apply_asks_nobody_who_is_not_there() {
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    let ran = cli.run("apply lunch.yaml --sandbox");
    assert_eq!(ran.code, Some(1));
    assert_eq!(
        ran.stderr,
        "error: presencectl cannot ask: this is not a terminal; nothing was written\n  \
         help: give --auto-approve if it was already approved, as in CI\n"
    );
    assert_eq!(cli.run("plan lunch.yaml --sandbox --detailed-exitcode").code, Some(2), "nothing was written");
}

#[test]
fn a_document_comes_also_when_something_failed() {
    let cli = Cli::new()
        .file("lunch.yaml", LUNCH)
        .file("broken.yaml", "version: 1\ndefinitions: { lunch: { labels: {} } }\n");
    let document = |name: &str| serde_json::from_str::<Value>(&cli.read(name)).unwrap();

    assert_eq!(cli.run("plan broken.yaml --sandbox -o json=broken.json").code, Some(1));
    assert_eq!(document("broken.json")["kind"], "error");
    assert!(document("broken.json")["findings"].as_array().unwrap().len() >= 2);

    assert_eq!(cli.run("plan lunch.yaml -o json=lost.json").code, Some(1));
    assert!(document("lost.json")["message"].as_str().unwrap().contains("no region is set"));
    assert_eq!(document("lost.json")["run"], Value::Null, "no one asks who only reads");

    assert_eq!(cli.run("apply lunch.yaml -o json=failed.json --actor ada").code, Some(1));
    let failed = document("failed.json");
    assert_eq!((&failed["kind"], &failed["run"]["actor"]), (&json!("error"), &json!("ada")));
    assert!(failed["run"]["began"].is_string() && failed["run"]["ended"].is_string());

    cli.write("lunch.yaml", &format!("{LUNCH}settings: {{ prune: delete, limits: {{ removals: 0 }} }}\n"));
    cli.write("seed.json", r#"[{"languageLabels":{"en_US":"Old"},"systemPresence":"Busy"}]"#);
    let refused = cli.run("apply lunch.yaml --sandbox --sandbox-seed seed.json --auto-approve -o json=report.json");
    assert_eq!(refused.code, Some(1));
    let report = document("report.json");
    assert_eq!((&report["kind"], &report["success"]), (&json!("report"), &json!(false)));
    assert_eq!(report["refusals"][0]["code"], "too-many");
    assert!(report["objects"].as_array().unwrap().iter().all(|it| it["outcome"] == "skipped"));
}

#[test]
fn where_results_go_is_settled_before_anything_is_done() {
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    cli.run("plan lunch.yaml --sandbox -o json -o human").complains(
        1,
        "error: two formats for standard output\n  help: give all but one a file, such as `--output json=plan.json`\n",
    );
    let ran = cli.run("apply lunch.yaml --sandbox --auto-approve -o json=missing/report.json");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.starts_with("error: cannot write `missing/report.json`"), "{}", ran.stderr);
    assert_eq!(cli.run("plan lunch.yaml --sandbox --detailed-exitcode").code, Some(2), "nothing was written");

    let json = cli.run("plan lunch.yaml --sandbox -o json -o human=plan.txt");
    assert_eq!(serde_json::from_str::<Value>(&json.stdout).unwrap()["kind"], "plan");
    assert_eq!(cli.read("plan.txt"), cli.run("plan lunch.yaml --sandbox").stdout);
}

#[test]
fn a_saved_plan_bounds_an_apply() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    assert_eq!(cli.run(&format!("plan lunch.yaml {target} -o json=plan.json")).code, Some(0));

    assert_eq!(cli.run(&format!("apply lunch.yaml {target} --plan plan.json --auto-approve")).code, Some(0));
    let again = cli.run(&format!("apply lunch.yaml {target} --plan plan.json --auto-approve"));
    assert_eq!(again.code, Some(0));
    assert!(again.stdout.contains("already so"), "{}", again.shown());

    let forged = cli.read("plan.json").replace("\"formatVersion\": 1", "\"formatVersion\": 7");
    cli.write("newer.json", &forged);
    let newer = cli.run(&format!("apply lunch.yaml {target} --plan newer.json --auto-approve"));
    assert_eq!(newer.code, Some(1));
    assert!(newer.stderr.contains("of format 7"), "{}", newer.stderr);
    let other =
        cli.read("plan.json").replace("5a4db0c5-0000-4000-b000-000000000001", "99999999-0000-4000-8000-000000000000");
    cli.write("other.json", &other);
    let other = cli.run(&format!("apply lunch.yaml {target} --plan other.json --auto-approve"));
    assert_eq!(other.code, Some(1));
    assert!(other.stderr.contains("it is for the org 99999999-0000-4000-8000-000000000000"), "{}", other.stderr);
}

#[test]
fn what_changed_since_the_saved_plan_is_refused_alone() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    let two = |lunch: &str, tea: &str| {
        format!(
            "version: 1\ndefinitions:\n  lunch:\n    systemPresence: Meal\n    labels: {{ en_US: Lunch, de: {lunch} }}\n  \
             tea:\n    systemPresence: Break\n    labels: {{ en_US: Tea, de: {tea} }}\n"
        )
    };
    cli.write("two.yaml", &two("Mittag", "Tee"));
    assert_eq!(cli.run(&format!("apply two.yaml {target} --auto-approve")).code, Some(0));
    cli.write("two.yaml", &two("Mittagspause", "Teepause"));
    assert_eq!(cli.run(&format!("plan two.yaml {target} -o json=plan.json")).code, Some(0));
    cli.write("by-hand.yaml", &two("Mittag", "Tee!"));
    assert_eq!(cli.run(&format!("apply by-hand.yaml {target} --auto-approve")).code, Some(0));
    let ran = cli.run(&format!("apply two.yaml {target} --plan plan.json --auto-approve"));
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("done            update lunch"), "{}", ran.shown());
    assert!(ran.stdout.contains("refused         update tea"), "{}", ran.shown());
    assert!(ran.stdout.contains("de: expected \"Tee\", found \"Tee!\""), "{}", ran.shown());
}

#[test]
fn the_wrong_org_stops_everything() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    let named = format!("{LUNCH}org: {{ name: acme-prod, id: 22222222-bbbb-4bbb-8bbb-222222222222 }}\n");
    cli.write("acme.yaml", &named);
    for command in ["plan acme.yaml", "apply acme.yaml --auto-approve"] {
        cli.run(&format!("{command} {target}")).complains(
            1,
            "error: these credentials are for `Sandbox` (5a4db0c5-0000-4000-b000-000000000001); this config is for \
             `acme-prod` (22222222-bbbb-4bbb-8bbb-222222222222)\n  help: use the credentials of the org that you mean, or correct the id; nothing was written\n",
        );
    }
    assert!(!org.requests().iter().any(|it| it.contains("presencedefinitions")), "{:?}", org.requests());
    let typed = "--org-id 33333333-bbbb-4bbb-8bbb-333333333333";
    let ran = cli.run(&format!("apply acme.yaml {target} {typed} --auto-approve"));
    assert!(
        ran.stderr.contains("`org.id` is 22222222-bbbb-4bbb-8bbb-222222222222, and --org-id is 3333"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_real_org_has_to_be_named() {
    let cli = Cli::new()
        .file("lunch.yaml", LUNCH)
        .variable("GENESYSCLOUD_REGION", "eu-central-1")
        .variable("GENESYSCLOUD_ACCESS_TOKEN", CANARY);
    cli.run("apply lunch.yaml --auto-approve").complains(
        1,
        "error: the config does not say which org it is for\n  help: write `org: { name: …, id: … }` into an org file, \
         or give --org-id ID; `plan` prints the id\n",
    );
}

#[test]
fn an_org_on_this_machine_has_to_be_named_unless_it_is_the_sandbox() {
    let org = Org::start(SandboxConfig::default());
    let (cli, sandbox) = with_org(&org);
    let tunnel = format!("--base-url {}", org.behind_a_tunnel());
    let applied = cli.run(&format!("apply lunch.yaml --auto-approve -o json=report.json {sandbox}"));
    assert_eq!(applied.code, Some(0), "the sandbox needs no name: {}", applied.shown());
    cli.write("lunch.yaml", &LUNCH.replace("en_US: Lunch", "en_US: Lunch, de: Mittag"));
    let before = org.requests().len();
    let user = "5a4db0c5-0000-4000-8000-000000000001";
    for command in [
        "apply lunch.yaml --auto-approve",
        "retire lunch --to Meal --config lunch.yaml --yes",
        &format!("user set {user} --presence Meal --yes"),
        "undo report.json --auto-approve",
    ] {
        let ran = cli.run(&format!("{command} {tunnel}"));
        assert_eq!(ran.code, Some(1), "{command}");
        let told = "`Sandbox` (5a4db0c5-0000-4000-b000-000000000001) is not the sandbox; nothing was written\n  help: ";
        assert!(ran.stderr.contains(told), "{command}: {}", ran.stderr);
    }
    let writes = |it: &&String| ["POST /api", "PUT /api", "PATCH /api"].iter().any(|method| it.starts_with(method));
    assert_eq!(org.requests()[before..].iter().find(writes), None);
    let named = format!("apply lunch.yaml --auto-approve --org-id 5a4db0c5-0000-4000-b000-000000000001 {tunnel}");
    assert_eq!(cli.run(&named).code, Some(0));
}

#[test]
fn a_config_cannot_say_where_credentials_go() {
    let knocks = Knocks::listen();
    let proxy = format!("http://127.0.0.1:{}", knocks.port);
    for region in ["evil.example.com", "eu-central-1.evil.example.com", "127.0.0.1", "EU-CENTRAL-9"] {
        let cli = Cli::new()
            .file("org.yaml", &format!("{LUNCH}org: {{ name: acme, region: {region} }}\n"))
            .variable("GENESYSCLOUD_OAUTHCLIENT_ID", "client")
            .variable("GENESYSCLOUD_OAUTHCLIENT_SECRET", CANARY)
            .variable("HTTPS_PROXY", &proxy)
            .variable("HTTP_PROXY", &proxy);
        let ran = cli.run("plan org.yaml");
        assert_eq!(ran.code, Some(1));
        assert!(ran.stderr.starts_with("error[invalid-value]: `region` cannot be"), "{}", ran.stderr);
        assert!(ran.stderr.contains("--> org.yaml:6:28"), "{}", ran.stderr);
    }
    let cli = Cli::new()
        .file("org.yaml", &format!("{LUNCH}org: {{ name: acme, region: us-east-1 }}\n"))
        .variable("GENESYSCLOUD_REGION", "mypurecloud.de")
        .variable("GENESYSCLOUD_ACCESS_TOKEN", CANARY)
        .variable("HTTPS_PROXY", &proxy);
    cli.run("plan org.yaml").complains(
        1,
        "error: the config is for the region `us-east-1`, and GENESYSCLOUD_REGION is `mypurecloud.de`\n  help: correct \
         `org.region`, or run it with the other org's environment; nothing was sent\n",
    );
    assert_eq!(knocks.count(), 0, "a person was spoken to");
    // The listener is not deaf: the same environment without the contradiction knocks.
    let cli = cli.file("org.yaml", LUNCH);
    assert_eq!(cli.run("plan org.yaml").code, Some(1));
    assert!(knocks.count() > 0);
}

#[test]
fn plain_http_is_for_this_machine() {
    let cli = Cli::new().file("lunch.yaml", LUNCH).variable("GENESYSCLOUD_ACCESS_TOKEN", CANARY);
    let ran = cli.run("plan lunch.yaml --base-url http://example.com");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("`http` is for this machine only"), "{}", ran.stderr);
}

#[test]
fn missing_credentials_are_named() {
    let cli = Cli::new().file("lunch.yaml", LUNCH).variable("GENESYSCLOUD_OAUTHCLIENT_ID", "client");
    cli.run("plan lunch.yaml").complains(
        1,
        "error: no region is set\n  help: set GENESYSCLOUD_REGION to its region, such as `eu-central-1`, \
         or use --sandbox\n",
    );
    let cli = cli.variable("GENESYSCLOUD_REGION", "eu-central-1");
    cli.run("plan lunch.yaml").complains(
        1,
        "error: there are no credentials: GENESYSCLOUD_OAUTHCLIENT_SECRET not set\n  help: set them (or \
         GENESYSCLOUD_ACCESS_TOKEN) in the environment, or use --sandbox to try it out\n",
    );
}

#[test]
fn a_secret_appears_nowhere() {
    let message = format!("who sent Bearer {CANARY}?");
    let org = Org::with_faults(&json!([{ "path": "/api/*", "status": 400, "message": message }]).to_string());
    let cli = Cli::new().file("lunch.yaml", LUNCH).variable("GENESYSCLOUD_ACCESS_TOKEN", CANARY);
    let ran = cli.run(&format!("plan lunch.yaml --base-url {} -o json=plan.json -o human=plan.txt", org.url));
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("[secret]"), "the server did echo it: {}", ran.stderr);
    for text in [ran.stdout, ran.stderr, cli.read("plan.json"), cli.read("plan.txt")] {
        assert!(!text.contains(CANARY), "{text}");
    }
}

/// A server that repeats a request in the place of a name is refused, and its response is in no output.
#[test]
fn a_secret_that_comes_back_in_an_answer_goes_no_further() {
    let label = json!({ "systemPresence": "Meal", "languageLabels": { "en_US": "Basic sandbox-secret" } });
    let seeds = [
        Seed { org_name: "Bearer sandbox-token-1".to_owned(), ..Seed::default() },
        Seed { definitions: vec![label], ..Seed::default() },
    ];
    for seed in seeds {
        let files = "-o json=out.json -o markdown=out.md -o summary=out-2.md -o html=out.html -o human=out.txt";
        for command in ["plan lunch.yaml", "apply lunch.yaml --auto-approve --report-dir reports"] {
            let org = Org::start(SandboxConfig { seed: seed.clone(), ..SandboxConfig::default() });
            let (cli, target) = with_org(&org);
            let ran = cli.run(&format!("{command} {target} {files} -vv"));
            assert_eq!(ran.code, Some(1), "{}", ran.shown());
            let said = "was answered with 200 and with the credentials that were sent: nothing of it is used";
            assert!(ran.stderr.contains(said), "{}", ran.shown());
            assert!(org.requests().iter().all(|it| it.starts_with("GET") || it == "POST /oauth/token"));
        }
    }
}

/// The HTTP library's own words decide whether this advice comes, and a new version of it may have others.
#[test]
fn a_machine_without_certificates_is_told_what_to_install() {
    let cli = Cli::new().file("lunch.yaml", LUNCH).file("none/README", "no certificate").file("none.pem", "");
    let (file, folder) = (cli.path("none.pem"), cli.path("none"));
    let cli = cli
        .variable("GENESYSCLOUD_ACCESS_TOKEN", CANARY)
        .variable("SSL_CERT_FILE", file.to_str().unwrap())
        .variable("SSL_CERT_DIR", folder.to_str().unwrap());
    let ran = cli.run("plan lunch.yaml --base-url https://127.0.0.1:1");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(
        ran.stderr.contains("help: this machine has no CA certificates: install the package `ca-certificates`"),
        "{}",
        ran.shown()
    );
}

#[test]
fn plan_sends_nothing_that_writes() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    assert_eq!(cli.run(&format!("plan lunch.yaml {target}")).code, Some(0));
    let mut requests = org.requests();
    requests.sort();
    assert_eq!(
        requests,
        [
            "GET /api/v2/organizations/me",
            "GET /api/v2/presencedefinitions",
            "GET /api/v2/systempresences",
            "POST /oauth/token"
        ]
    );
}

#[test]
fn guards_name_the_flag_that_lets_a_person_pass() {
    let cli = Cli::new()
        .file("lunch.yaml", &format!("{LUNCH}settings: {{ prune: delete, limits: {{ removals: 0 }} }}\n"))
        .file("seed.json", r#"[{"languageLabels":{"en_US":"Old"},"systemPresence":"Busy"}]"#);
    let command = "apply lunch.yaml --sandbox --sandbox-seed seed.json --auto-approve";
    let refused = cli.run(command);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stdout.contains("--allow-removals 1"), "{}", refused.shown());
    assert_eq!(cli.run(&format!("{command} --allow-removals 1")).code, Some(0));
}

#[test]
fn a_closed_pipe_silences_the_output_and_not_the_work() {
    for (faults, code) in [("[]", 0), (r#"[{ "method": "POST", "path": "/api/*", "status": 403 }]"#, 1)] {
        let org = Org::with_faults(faults);
        let (cli, target) = with_org(&org);
        let mut child = cli.spawn(&format!("apply lunch.yaml {target} --auto-approve"));
        drop(child.stdout.take());
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        cli.expect_no_secret_in(stderr.as_bytes());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{stderr}");
        assert!(org.requests().iter().any(|it| it.starts_with("POST /api")));
    }
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    assert!(!cli.run("plan lunch.yaml --sandbox").stdout.contains('\u{1b}'));
    assert!(cli.run("plan lunch.yaml --sandbox --color always").stdout.contains('\u{1b}'));
}

#[test]
fn the_current_folder_has_a_name_too() {
    let cli = Cli::new();
    cli.run("validate .").complains(
        1,
        "error[no-files]: there is no `.yaml` or `.yml` file in `.`\n |\n = help: give the folder of a config, or make one with `presencectl init`; hidden files and folders are skipped\n\n\
         1 error; `presencectl explain no-files` says more\n",
    );
    cli.write("a.yaml", "version: 1\norg: { name: a }\nuse: [.]\n");
    assert!(
        cli.run("validate .").stderr.starts_with("error[circle]: `.` leads back to this org file\n --> a.yaml:3:7\n")
    );
}

#[test]
fn validate_says_what_it_saw() {
    let cli = Cli::with_examples();
    cli.run("validate examples/quickstart").prints(0, "Valid: 3 definitions.\n");
    assert_eq!(cli.run("validate examples/many-orgs").code, Some(0));
    cli.write("broken.yaml", "version: 1\ndefinitions:\n  lunch:\n    systemPresence: Male\n    labels: { en_US: Lunch }\n    deactivated: yes\n");
    assert_snapshot!("validate_broken", cli.run("validate broken.yaml").shown());
}

#[test]
fn schemas_are_the_committed_ones() {
    let cli = Cli::new();
    let names = [
        "config",
        "plan",
        "fleet-plan",
        "report",
        "definitions",
        "system-presences",
        "error",
        "users",
        "user-report",
        "retirement",
        "log",
        "diagnosis",
        "fleet-diagnosis",
        "drift",
        "fleet-drift",
        "fleet-report",
        "orgs",
        "comparison",
    ];
    for name in names {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{name}.v1.json"));
        cli.run(&format!("schema {name}")).prints(0, &fs::read_to_string(file).unwrap());
    }
}

#[test]
fn the_sandbox_serves_others_until_it_is_asked_to_end() {
    let cli = Cli::new();
    let mut child = cli.spawn("sandbox --state org.json");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = |name: &str| lines.next().unwrap().unwrap().strip_prefix(name).unwrap().to_owned();
    let (url, id, secret) = (next("url="), next("client_id="), next("client_secret="));
    next("token=");
    next("user=");
    let user = Cli::new()
        .file("lunch.yaml", LUNCH)
        .variable("GENESYSCLOUD_OAUTHCLIENT_ID", &id)
        .variable("GENESYSCLOUD_OAUTHCLIENT_SECRET", &secret);
    assert_eq!(user.run(&format!("apply lunch.yaml --base-url {url} --auto-approve")).code, Some(0));
    signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(cli.read("org.json").contains("Lunch"), "the state is kept");
}

#[test]
fn every_org_that_a_config_names_is_a_sandbox_of_its_own() {
    let cli = Cli::new().file("none.yaml", LUNCH);
    let mut seen = vec![cli.run("apply none.yaml --sandbox --auto-approve").stdout.lines().next().unwrap().to_owned()];
    for org in ["{ name: a b }", "{ name: a_b }", "{ name: default }", "{ name: A_b }", "{ name: x, id: default }"] {
        cli.write("org.yaml", &format!("{LUNCH}org: {org}\n"));
        let ran = cli.run("apply org.yaml --sandbox --auto-approve");
        assert!(ran.stdout.contains("Plan: 1 to create."), "{org} shares its state: {}", ran.shown());
        let first = ran.stdout.lines().next().unwrap().to_owned();
        assert!(!seen.contains(&first), "{org} shares its id: {first}");
        let again = cli.run("plan org.yaml --sandbox");
        assert_eq!(again.stdout, format!("{first}\n\nNo changes. 1 definition is in sync.\n"));
        seen.push(first);
    }
    assert_eq!(seen[1], "Org: a b (a68d62c6-038b-8822-836d-bc79780dff7a), API v1 - sandbox: nothing real is written");
    let mut states = fs::read_dir(cli.path(".presencectl/sandbox"))
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .filter(|it| !it.contains(".lock"))
        .collect::<Vec<_>>();
    states.sort();
    assert_eq!(states, ["@%41_b.json", "@a%20b.json", "@a_b.json", "@default.json", "default%.json", "default.json"]);
}

#[test]
fn the_org_that_a_seed_names_is_shown() {
    let seed = Seed { org_name: "Acme \u{1b}[31mProd".to_owned(), ..Seed::default() };
    let org = Org::start(SandboxConfig { seed, ..SandboxConfig::default() });
    let (cli, target) = with_org(&org);
    let ran = cli.run(&format!("plan lunch.yaml {target}"));
    assert!(ran.stdout.starts_with("Org: Acme \\x1B[31mProd (5a4db0c5-"), "{}", ran.stdout);
}
