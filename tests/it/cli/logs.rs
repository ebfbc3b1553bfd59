//! `-v` and `-vv`: what is logged, what is not, and that no secret is.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};

use insta::assert_snapshot;
use presencectl::sandbox::SandboxConfig;
use serde_json::{Value, json};

use super::driver::Cli;
use super::server::Org;
use super::signals::signal;
use super::{CANARY, LUNCH, commands, with_org};

/// A log without what changes from run to run: times and how long things took.
fn steady(log: &str) -> String {
    let line = |line: &str| {
        let (time, rest) = line.split_at(24);
        assert!(time.ends_with('Z') && time.as_bytes()[10] == b'T', "{line}");
        let words: Vec<String> = rest
            .split(' ')
            .map(|word| match word.split_once("_ms=") {
                Some((name, number)) if number.bytes().all(|it| it.is_ascii_digit()) => format!("{name}_ms=N"),
                _ => word.to_owned(),
            })
            .collect();
        format!("TIME{}\n", words.join(" "))
    };
    log.lines().map(line).collect()
}

#[test]
fn one_line_a_request_with_what_it_waited_for() {
    let org = Org::with_faults(
        r#"[{ "path": "/api/v2/systempresences", "times": 1, "status": 429, "retry_after_seconds": 0 }]"#,
    );
    let (cli, target) = with_org(&org);
    let quiet = cli.run(&format!("show --system {target}"));
    assert_eq!(quiet.stderr, "", "nothing is logged unasked");
    let org = Org::with_faults(
        r#"[{ "path": "/api/v2/systempresences", "times": 1, "status": 429, "retry_after_seconds": 0 }]"#,
    );
    let (cli, target) = with_org(&org);
    let ran = cli.run(&format!("show --system {target} -v"));
    assert_eq!((ran.code, &ran.stdout), (Some(0), &quiet.stdout), "the log changes no result");
    assert_snapshot!("log_text", steady(&ran.stderr));
    let more = cli.run(&format!("show --system {target} -vv"));
    assert!(more.stderr.lines().count() > ran.stderr.lines().count() - 2, "{}", more.stderr);
    assert!(more.stderr.contains(" trace sends: method=GET path=/api/v2/systempresences\n"), "{}", more.stderr);
}

#[test]
fn a_request_that_is_tried_again_and_again_is_told_without_a_log() {
    let org = Org::with_faults(r#"[{ "path": "/api/v2/systempresences", "times": 2, "status": 503 }]"#);
    let (cli, target) = with_org(&org);
    let ran = cli.run(&format!("show --system {target}"));
    let told = "note: `GET /api/v2/systempresences`: the platform has a problem; trying again (3 of 6)\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), told));
}

#[test]
fn a_token_that_is_asked_for_until_a_time_is_said_to_be() {
    let limited = r#""status": 400, "message": "rate limit exceeded", "retry_after_seconds": 0"#;
    let org = Org::with_faults(&format!(r#"[{{ "path": "/oauth/token", "times": 2, {limited} }}]"#));
    let (cli, target) = with_org(&org);
    let ran = cli.run(&format!("show --system {target}"));
    let told = "note: `POST /oauth/token`: too many requests: the platform says how long to wait; trying again, for 60 s \
                in all\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), told));
}

#[test]
fn for_machines_each_line_is_an_object() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    let cli = cli.variable("PRESENCECTL_LOG_FORMAT", "json").variable("PRESENCECTL_VERBOSE", "2");
    let ran = cli.run(&format!("apply lunch.yaml {target} --auto-approve"));
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    let (log, other): (Vec<&str>, Vec<&str>) = ran.stderr.lines().partition(|it| it.starts_with('{'));
    assert_eq!(other.len(), 2, "what people are told stays as it is: {other:?}");
    let log: Vec<Value> = log.into_iter().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert!(log.iter().all(|it| it["time"].is_string() && it["level"].is_string() && it["message"].is_string()));
    let post = log.iter().find(|it| it["message"] == "answered" && it["path"] == "/api/v2/presencedefinitions");
    let post = post.unwrap();
    assert!(post["took_ms"].is_u64() && post["correlation_id"].is_string() && post["status"] == 200, "{post}");
    let phases: Vec<&str> =
        log.iter().filter(|it| it["level"] == "info").map(|it| it["message"].as_str().unwrap()).collect();
    assert_eq!(
        phases,
        ["reading the config", "reading the org", "planning", "reading the org again", "writing the outputs"]
    );
    assert!(log.iter().any(|it| it["message"] == "begins" && it["object"] == "create lunch"));
}

/// Commands that speak to an org.
fn speaking() -> Vec<String> {
    let user = "5a4db0c5-0000-4000-8000-000000000001";
    vec![
        "plan lunch.yaml".to_owned(),
        "plan lunch.yaml --usage --api v2".to_owned(),
        "apply lunch.yaml --auto-approve".to_owned(),
        "drift lunch.yaml".to_owned(),
        "import --out imported/".to_owned(),
        "show".to_owned(),
        "show --system".to_owned(),
        "undo report.json --auto-approve".to_owned(),
        "retire lunch --to Meal --config lunch.yaml --yes".to_owned(),
        "doctor lunch.yaml".to_owned(),
        "pin lunch.yaml --yes".to_owned(),
        "init new --start org --yes".to_owned(),
        format!("user get {user}"),
        format!("user set {user} --presence Meal --yes"),
    ]
}

/// Commands that do not.
const SILENT: [&str; 15] = [
    "validate lunch.yaml",
    "config lunch.yaml",
    "schema plan",
    "completions zsh",
    "man",
    "explain",
    "explain same-label",
    "log .",
    "init new --start small --yes",
    "orgs .",
    "compare . --all-orgs",
    "combine . --expect=",
    "labels export . -o csv=labels.csv",
    "labels import labels.csv . --yes",
    "promote tea . --from acme --to lunch.yaml --yes",
];

/// An org with a definition of its own.
/// Another one, without any.
const GLOBEX: &str = "version: 1\norg: { name: globex }\nuse: [lunch.yaml]\n";

/// An org with a definition of its own.
const ACME: &str = "version: 1\norg: { name: acme }\nuse: [lunch.yaml]\ndefinitions:\n  tea:\n    systemPresence: Break\n    labels: { en_US: Tea }\n";

/// With everything logged, against an org that repeats what it was sent.
#[test]
fn no_log_of_any_command_holds_a_secret() {
    let echo = json!([{ "path": "/api/v2/*", "status": 400, "message": format!("who sent Bearer {CANARY}?") }]);
    let (echoing, healthy) = (Org::with_faults(&echo.to_string()), Org::start(SandboxConfig::default()));
    let (cli, target) = with_org(&healthy);
    assert_eq!(cli.run(&format!("apply lunch.yaml --auto-approve -o json=report.json {target}")).code, Some(0));
    let report = cli.read("report.json");
    let with_token = || {
        let cli = Cli::new().file("lunch.yaml", LUNCH).file("report.json", &report);
        cli.variable("GENESYSCLOUD_ACCESS_TOKEN", CANARY)
    };
    for command in &speaking() {
        for form in ["text", "json"] {
            let ran = with_token().run(&format!("{command} --base-url {} -vv --log-format {form}", echoing.url));
            assert_eq!(ran.code, Some(1), "{command}: {}", ran.shown());
            assert!(ran.stderr.contains("sends"), "{command}: nothing was logged: {}", ran.shown());
            let (cli, target) = with_org(&healthy);
            let ran = cli.file("report.json", &report).run(&format!("{command} {target} -vv --log-format {form}"));
            assert!(!ran.shown().contains("sandbox-token"), "{command} shows the token that it was given");
            assert!(ran.stderr.contains("/oauth/token"), "{command}: nothing was logged: {}", ran.shown());
        }
    }
    for command in SILENT {
        let cli = with_token();
        std::fs::remove_file(cli.path("report.json")).unwrap();
        let cli = if command.starts_with("log") { cli.file("reports/report.json", &report) } else { cli };
        let cli = if command.contains(" . ") || command.ends_with(" .") {
            cli.file("acme.yaml", ACME).file("globex.yaml", GLOBEX)
        } else {
            cli
        };
        if command.starts_with("labels import") {
            assert_eq!(cli.run("labels export . -o csv=labels.csv").code, Some(0));
        }
        let ran = cli.run(&format!("{command} -vv"));
        assert_eq!(ran.code, Some(0), "{command}: {}", ran.shown());
    }
}

/// Other clients send secrets to the server.
#[test]
fn no_log_of_the_sandbox_holds_a_secret() {
    let cli = Cli::new().variable("GENESYSCLOUD_ACCESS_TOKEN", CANARY);
    let mut child = cli.spawn("sandbox -vv");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let url = lines.next().unwrap().strip_prefix("url=").unwrap().to_owned();
    let asked = Cli::new().file("lunch.yaml", LUNCH).variable("GENESYSCLOUD_ACCESS_TOKEN", CANARY);
    let ran = asked.run(&format!("plan lunch.yaml --base-url {url}"));
    assert_eq!(ran.code, Some(1), "that token is not the sandbox's: {}", ran.shown());
    signal(&child, "TERM");
    let stdout: String = lines.map(|it| it + "\n").collect();
    let mut output = child.wait_with_output().unwrap();
    output.stdout = stdout.into_bytes();
    // Everything that runs here is searched for the secrets of its environment.
    let ran = cli.ran(output);
    assert!(ran.code == Some(0) && ran.stdout.contains("token="), "{}", ran.shown());
}

#[test]
fn the_logs_of_every_command_are_looked_at() {
    let looked_at: BTreeSet<String> = speaking()
        .iter()
        .map(String::as_str)
        .chain(SILENT)
        .chain(["sandbox"])
        .map(|line| {
            let mut words = line.split(' ');
            let first = words.next().unwrap();
            let is_group = matches!(first, "user" | "labels");
            if is_group { format!("{first} {}", words.next().unwrap()) } else { first.to_owned() }
        })
        .collect();
    assert_eq!(looked_at, commands());
}
