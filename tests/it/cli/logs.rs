//! `-v` and `-vv`: what is logged, what is not, and that no secret ever is.

use insta::assert_snapshot;
use presencectl::sandbox::Config;
use serde_json::{Value, json};

use super::driver::Cli;
use super::server::Org;
use super::{CANARY, LUNCH, with_org};

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
fn for_machines_each_line_is_an_object() {
    let org = Org::start(Config::default());
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

/// Every command, with everything logged, against an org that repeats what it was sent.
#[test]
fn no_log_of_any_command_holds_a_secret() {
    let user = "5a4db0c5-0000-4000-8000-000000000001";
    let commands = [
        "plan lunch.yaml".to_owned(),
        "plan lunch.yaml --usage --api v2".to_owned(),
        "apply lunch.yaml --auto-approve".to_owned(),
        "import --out imported/".to_owned(),
        "show".to_owned(),
        "show --system".to_owned(),
        "retire lunch --to Meal --config lunch.yaml --yes".to_owned(),
        "doctor lunch.yaml".to_owned(),
        "init new --start org --yes".to_owned(),
        format!("user get {user}"),
        format!("user set {user} --presence Meal --yes"),
    ];
    let echo = json!([{ "path": "/api/v2/*", "status": 400, "message": format!("who sent Bearer {CANARY}?") }]);
    let (echoing, healthy) = (Org::with_faults(&echo.to_string()), Org::start(Config::default()));
    let with_token = || Cli::new().file("lunch.yaml", LUNCH).variable("GENESYSCLOUD_ACCESS_TOKEN", CANARY);
    for command in &commands {
        for form in ["text", "json"] {
            let ran = with_token().run(&format!("{command} --base-url {} -vv --log-format {form}", echoing.url));
            assert_eq!(ran.code, Some(1), "{command}: {}", ran.shown());
            assert!(ran.stderr.contains("sends"), "{command}: nothing was logged: {}", ran.shown());
            let (cli, target) = with_org(&healthy);
            let ran = cli.run(&format!("{command} {target} -vv --log-format {form}"));
            assert!(!ran.shown().contains("sandbox-token"), "{command} shows the token that it was given");
            assert!(ran.stderr.contains("/oauth/token"), "{command}: nothing was logged: {}", ran.shown());
        }
    }
    for command in ["validate lunch.yaml", "config lunch.yaml", "schema plan", "completions zsh", "man"] {
        let ran = with_token().run(&format!("{command} -vv"));
        assert_eq!(ran.code, Some(0), "{command}: {}", ran.shown());
    }
}
