//! Every message that ends a command, in full, one table per subject: the command line and its message.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fmt::Write as _;
use std::fs::File;
use std::net::TcpListener;

use insta::{assert_snapshot, with_settings};
use presencectl::model::limits::{
    SANDBOX_FAULTS_BYTES_MAX, SANDBOX_SEED_BYTES_MAX, SANDBOX_STATE_BYTES_MAX, SAVED_PLAN_BYTES_MAX,
};
use presencectl::sandbox::SandboxConfig;
use serde_json::json;

use super::driver::Cli;
use super::server::Org;
use super::{LUNCH, with_org};

/// The standard error of each command, which exits with 1 and prints nothing else.
#[derive(Default)]
struct Told(String);

impl Told {
    #[track_caller]
    fn by(&mut self, cli: &Cli, command: &str) {
        self.named(cli, command, command);
    }

    /// The same, for a command whose output varies between runs.
    #[track_caller]
    fn named(&mut self, cli: &Cli, command: &str, shown: &str) {
        let ran = cli.run(command);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{command}: {}", ran.shown());
        writeln!(self.0, "$ {shown}\n{}", ran.stderr).unwrap();
    }
}

fn lunch() -> Cli {
    Cli::new().file("lunch.yaml", LUNCH)
}

#[test]
fn wrong_usage() {
    let mut told = Told::default();
    // A variable that is set appears in the usage.
    let cli = lunch().keeping_reports();
    for command in [
        "plam",
        "plan",
        "plan lunch.yaml tea.yaml",
        "plan lunch.yaml --sandbocks",
        "plan lunch.yaml --auto-approve",
        "plan lunch.yaml --sandbox --base-url http://localhost:1",
        "plan lunch.yaml --sandbox-seed seed.json",
        "plan lunch.yaml --requests-per-minute 0",
        "plan lunch.yaml --allow-removals=-1",
        "plan lunch.yaml --output xml",
        "plan lunch.yaml --output json=",
        "plan lunch.yaml --color blue",
        "import --sandbox --split",
        "import --sandbox --force",
        "import lunch.yaml --sandbox",
        "show lunch --system --sandbox",
        "show lunch --org acme --sandbox",
        "show --sandbox --output xml",
        "schema presence",
        "sandbox --port 70000",
    ] {
        told.by(&cli, command);
    }
    assert_snapshot!(told.0);
    let nothing = cli.run("");
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(1), ""));
    assert_eq!(nothing.stderr, cli.run("-h").stdout, "anyone who types nothing gets the help");
}

#[test]
fn outputs_that_cannot_be() {
    let mut told = Told::default();
    let cli = lunch().file("folder/x", "");
    for command in [
        "plan lunch.yaml --sandbox -o json -o human",
        "plan lunch.yaml --sandbox -o json=out -o human=./out",
        "plan lunch.yaml --sandbox -o json=folder",
        "plan lunch.yaml --sandbox -o json=missing/out.json",
        "plan lunch.yaml --sandbox -o json=lunch.yaml/out.json",
        "plan lunch.yaml --sandbox -o json=lunch.yaml",
    ] {
        told.by(&cli, command);
    }
    assert_snapshot!(told.0);
}

#[test]
fn orgs_that_cannot_be_spoken_to() {
    let mut told = Told::default();
    let region = |region: &str| lunch().variable("GENESYSCLOUD_REGION", region);
    for typed in ["eu-centrall-1", "moon", "mypurecloud_de.x", "api.mypurecloud.de", "https://mypurecloud.de"] {
        told.named(&region(typed), "plan lunch.yaml", &format!("GENESYSCLOUD_REGION={typed} plan lunch.yaml"));
    }
    let acme = format!("{LUNCH}org: {{ name: acme, region: us-east-1 }}\n");
    for typed in ["eu-central-1", "mypurecloud.de", "gateway.example"] {
        let cli = region(typed).file("acme.yaml", &acme);
        told.named(&cli, "plan acme.yaml", &format!("GENESYSCLOUD_REGION={typed} plan acme.yaml"));
    }
    for url in [
        "gateway.example",
        "ftp://gateway.example",
        "http://gateway.example",
        "https://user:canary@gateway.example",
        "https://gateway.example?x=1",
    ] {
        told.by(&lunch(), &format!("plan lunch.yaml --base-url {url}"));
    }
    for (typed, config) in [("moon", "lunch.yaml"), ("moon", "acme.yaml"), ("eu-central-1", "acme.yaml")] {
        let cli = region(typed).file("acme.yaml", &acme);
        let command = format!("plan {config} --base-url http://127.0.0.1:1");
        told.named(&cli, &command, &format!("GENESYSCLOUD_REGION={typed} {command}"));
    }
    assert!(!told.0.replace("user:canary@", "").contains("canary"), "{}", told.0);
    told.by(&lunch(), "plan lunch.yaml");
    let cli = region("eu-central-1");
    told.named(&cli, "plan lunch.yaml", "(region) plan lunch.yaml");
    let cli = region("eu-central-1").variable("GENESYSCLOUD_OAUTHCLIENT_ID", "client");
    told.named(&cli, "plan lunch.yaml", "(region, id) plan lunch.yaml");
    let cli = region("eu-central-1").variable("GENESYSCLOUD_OAUTHCLIENT_SECRET", "secret");
    told.named(&cli, "plan lunch.yaml", "(region, secret) plan lunch.yaml");
    let cli = region("eu-central-1").variable("GENESYSCLOUD_ACCESS_TOKEN", "token");
    told.named(&cli, "apply lunch.yaml --auto-approve", "(region, token) apply lunch.yaml --auto-approve");
    told.named(&cli, "apply lunch.yaml --org-id= --auto-approve", "(region, token) apply lunch.yaml --org-id=");
    for (file, text) in [("missing.pem", None), ("empty.pem", Some("")), ("lunch.pem", Some(LUNCH))] {
        if let Some(text) = text {
            cli.write(file, text);
        }
        let command = format!("plan lunch.yaml --ca-cert {file}");
        told.named(&cli, &command, &format!("(region, token) {command}"));
    }
    assert_snapshot!(told.0);
}

#[test]
fn the_wrong_org_and_one_that_does_not_say_who_it_is() {
    let mut told = Told::default();
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    cli.write("acme.yaml", &format!("{LUNCH}org: {{ name: acme, id: 22222222-bbbb-4bbb-8bbb-222222222222 }}\n"));
    let other = "33333333-bbbb-4bbb-8bbb-333333333333";
    for command in [
        "plan acme.yaml",
        "apply acme.yaml --auto-approve",
        &format!("apply acme.yaml --org-id {other}"),
        &format!("apply lunch.yaml --org-id {other}"),
        "apply lunch.yaml",
    ] {
        let ran = cli.run(&format!("{command} {target}"));
        assert_eq!(ran.code, Some(1));
        writeln!(told.0, "$ {command}\n{}", ran.stderr).unwrap();
    }
    let fault = json!([{ "path": "/api/v2/organizations/me", "status": 400, "message": "not today" }]);
    let org = Org::with_faults(&fault.to_string());
    let (cli, target) = with_org(&org);
    told.named(&cli, &format!("apply lunch.yaml {target} --auto-approve"), "(silent org) apply lunch.yaml");
    let plan = cli.run(&format!("plan lunch.yaml {target}"));
    writeln!(told.0, "$ (silent org) plan lunch.yaml\n{}\n{}", plan.stderr, plan.stdout).unwrap();
    assert_eq!(plan.code, Some(0));
    let fault = json!([{ "path": "/api/v2/systempresences", "status": 400, "message": "not today" }]);
    let org = Org::with_faults(&fault.to_string());
    let (cli, target) = with_org(&org);
    let plan = cli.run(&format!("plan lunch.yaml {target}"));
    writeln!(told.0, "$ (no system presences) plan lunch.yaml\n{}\n{}", plan.stderr, plan.stdout).unwrap();
    with_settings!({ filters => vec![(r"correlation id: [0-9a-f-]{36}", "correlation id: [id]")] }, {
        assert_snapshot!(told.0);
    });
}

#[test]
fn saved_plans_that_cannot_be_used() {
    let mut told = Told::default();
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    assert_eq!(cli.run(&format!("plan lunch.yaml {target} -o json=plan.json")).code, Some(0));
    let plan = cli.read("plan.json");
    let spoilt = |from: &str, to: &str| {
        assert!(plan.contains(from), "{from}");
        plan.replacen(from, to, 1)
    };
    let id = "\"orgId\": \"5a4db0c5-0000-4000-b000-000000000001\",";
    for (name, text) in [
        ("empty", String::new()),
        ("cut", "{ \"kind\": \"plan\",".to_owned()),
        ("list", "[]".to_owned()),
        ("report", spoilt("\"kind\": \"plan\"", "\"kind\": \"report\"")),
        ("newer", spoilt("\"formatVersion\": 1", "\"formatVersion\": 7")),
        ("bad-key", spoilt("\"key\": \"lunch\"", "\"key\": \"\"")),
        ("bad-id", spoilt("\"key\": \"lunch\"", "\"key\": \"lunch\", \"id\": \" \"")),
        ("bad-presence", spoilt("\"systemPresence\": \"Meal\"", "\"systemPresence\": \"\"")),
        ("bad-action", spoilt("\"action\": \"create\"", "\"action\": \"destroy\"")),
        ("other-org", spoilt(id, "\"orgId\": \"99999999-0000-4000-8000-000000000000\",")),
        ("not-verified", spoilt(id, "")),
    ] {
        cli.write(&format!("{name}.json"), &text);
    }
    File::create(cli.path("long.json")).unwrap().set_len(SAVED_PLAN_BYTES_MAX + 1).unwrap();
    std::fs::write(cli.path("latin.json"), b"\xff").unwrap();
    for name in [
        "nowhere",
        "long",
        "latin",
        "empty",
        "cut",
        "list",
        "report",
        "newer",
        "bad-key",
        "bad-id",
        "bad-presence",
        "bad-action",
    ] {
        let command = format!("apply lunch.yaml --plan {name}.json --auto-approve");
        told.named(&cli, &format!("{command} {target}"), &command);
    }
    told.by(&cli, "apply lunch.yaml --plan lunch.yaml/plan.json --auto-approve");
    for name in ["other-org", "not-verified"] {
        let command = format!("apply lunch.yaml --plan {name}.json --auto-approve");
        let ran = cli.run(&format!("{command} {target}"));
        assert_eq!(ran.code, Some(1));
        writeln!(told.0, "$ {command}\n{}", ran.stderr).unwrap();
    }
    assert!(!org.requests().iter().any(|it| it.starts_with("POST /api")), "nothing was written");
    with_settings!({ filters => vec![(r"line \d+ column \d+", "line [n] column [n]")] }, {
        assert_snapshot!(told.0);
    });
}

#[test]
fn sandboxes_that_do_not_start() {
    let mut told = Told::default();
    let state = |version: u64| format!("{{ \"format_version\": {version} }}");
    let cli = lunch()
        .file("not-json", "presence")
        .file("number.json", "1")
        .file("object.json", "{}")
        .file("no-labels.json", r#"[{ "systemPresence": "Meal" }]"#)
        .file("no-presence.json", r#"[{ "languageLabels": { "en_US": "Lunch" } }]"#)
        .file("unknown-field.json", r#"{ "faults": [{ "pathh": "/api/*" }] }"#)
        .file("contradiction.json", r#"{ "faults": [{ "drop": "before_write", "status": 500 }] }"#)
        .file("mistyped.json", "{ \"org\": {\n  \"list_lag\": 1 } }")
        .file("lagging.json", r#"{ "org": { "list_lag_ms": 600001 } }"#)
        .file("list.json", "[]")
        .file("list-of-numbers.json", r#"{ "faults": [7] }"#)
        .file("newer.json", &state(99))
        .file("broken-state.json", "{");
    let long = |name: &str, bytes: u64| File::create(cli.path(name)).unwrap().set_len(bytes + 1).unwrap();
    long("long-seed.json", SANDBOX_SEED_BYTES_MAX);
    long("long-faults.json", SANDBOX_FAULTS_BYTES_MAX);
    long("long-state.json", SANDBOX_STATE_BYTES_MAX);
    for seed in
        ["nowhere", "not-json", "number.json", "object.json", "no-labels.json", "no-presence.json", "long-seed.json"]
    {
        told.by(&cli, &format!("plan lunch.yaml --sandbox --sandbox-seed {seed}"));
    }
    for faults in [
        "nowhere",
        "not-json",
        "list.json",
        "number.json",
        "list-of-numbers.json",
        "unknown-field.json",
        "contradiction.json",
        "long-faults.json",
    ] {
        told.by(&cli, &format!("plan lunch.yaml --sandbox --sandbox-faults {faults}"));
    }
    for behavior in ["nowhere", "list.json", "mistyped.json", "lagging.json"] {
        told.by(&cli, &format!("plan lunch.yaml --sandbox --sandbox-behavior {behavior}"));
    }
    told.by(&cli, "sandbox --behavior mistyped.json");
    for state in ["newer.json", "broken-state.json", "list.json", "long-state.json", "lunch.yaml/state.json"] {
        told.by(&cli, &format!("sandbox --state {state}"));
    }
    told.by(&cli, "sandbox --seed not-json");
    told.by(&cli, "sandbox --faults contradiction.json");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    told.by(&cli, &format!("sandbox --port {port}"));
    let org = Org::start(SandboxConfig { state_file: Some(cli.path("used.json")), ..SandboxConfig::default() });
    told.by(&cli, "sandbox --state used.json");
    drop(org);
    assert_snapshot!(told.0.replace(&port.to_string(), "[port]"));
}
