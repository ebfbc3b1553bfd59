//! The administrator's walk: 14 orgs behind one address, whose credentials select the org. Each step has a count of
//! commands.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::cell::Cell;
use std::sync::Arc;
use std::thread;

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use presencectl::client::wire::basic;
use presencectl::sandbox::{Sandbox, SandboxConfig, Seed, TOKEN, http};
use serde_json::{Value, json};

use super::driver::{Cli, Ran};
use super::server::{Org, served};

const SECRET: &str = "the-secret-of-this-client";

const NAMES: [&str; 14] = [
    "acme-dev",
    "acme-test",
    "acme-prod",
    "globex-dev",
    "globex-test",
    "globex-prod",
    "hooli-dev",
    "hooli-test",
    "hooli-prod",
    "initech-dev",
    "initech-test",
    "initech-prod",
    "umbrella-test",
    "umbrella-prod",
];

/// Answers for the org whose client or token a request names.
fn answer(orgs: &[(String, Sandbox)], parts: &axum::http::request::Parts, body: &Bytes) -> Response {
    let signed = parts.headers.get("authorization").and_then(|it| it.to_str().ok()).unwrap_or_default();
    // A response that holds a part of its token is refused, so a token does not hold the org's name.
    let token = |name: &str| format!("walk-token-{:02}", orgs.iter().position(|(it, _)| it == name).unwrap());
    if parts.uri.path() == "/oauth/token" {
        let client = orgs
            .iter()
            .find(|(name, _)| signed == format!("Basic {}", basic(&format!("client-of-{name}"), &SECRET.into())));
        let (status, body) = match client {
            Some((name, _)) => {
                (200, json!({ "access_token": token(name), "token_type": "bearer", "expires_in": 3600 }))
            }
            None => (400, json!({ "error": "invalid_client" })),
        };
        let response = Response::builder().status(status).header("content-type", "application/json");
        return response.body(body.to_string().into()).unwrap();
    }
    let Some((_, sandbox)) = orgs.iter().find(|(name, _)| signed == format!("Bearer {}", token(name))) else {
        return Response::builder().status(401).body("{}".into()).unwrap();
    };
    let request = http::HttpRequest {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: vec![
            ("authorization".to_owned(), format!("Bearer {TOKEN}")),
            ("content-type".to_owned(), "application/json".to_owned()),
        ],
        body: body.to_vec(),
    };
    let now_ms = sandbox.now_ms();
    let answered = sandbox.with(|it| it.org.handle(&request, now_ms));
    let mut response = Response::builder().status(answered.status);
    for (name, value) in &answered.headers {
        response = response.header(*name, value.clone());
    }
    response.body(answered.body.into()).unwrap()
}

/// One address for all orgs.
fn one_server(orgs: Vec<(String, Sandbox)>) -> String {
    let orgs = Arc::new(orgs);
    served(axum::Router::new().fallback(move |request: Request| {
        let orgs = Arc::clone(&orgs);
        async move {
            let (parts, body) = request.into_parts();
            answer(&orgs, &parts, &to_bytes(body, 1024 * 1024).await.unwrap())
        }
    }))
}

/// The administrator's desk.
struct Desk {
    cli: Cli,
    url: String,
    orgs: Vec<(String, Org)>,
    commands: Cell<usize>,
}

impl Desk {
    fn new() -> Desk {
        let labels = [("Lunch", "Mittag", "Meal"), ("Tea", "Tee", "Break"), ("Quality review", "Prüfung", "Training")];
        let (mut cli, mut orgs) = (Cli::new(), Vec::new());
        for (index, name) in NAMES.iter().enumerate() {
            // What one org has beyond the others.
            let shared = if *name == "acme-test" { 3 } else { 2 };
            let definitions = labels.iter().take(shared).enumerate().map(|(number, (en, de, system))| {
                json!({ "id": format!("{:08}-0000-4000-8000-{number:012}", index + 1), "systemPresence": system,
                    "languageLabels": { "en_US": en, "de": de }, "deactivated": false })
            });
            let seed = Seed {
                org_id: format!("aaaaaaaa-0000-4000-8000-{:012}", index + 1),
                org_name: (*name).to_owned(),
                definitions: definitions.collect(),
                ..Seed::default()
            };
            orgs.push(((*name).to_owned(), Org::start(SandboxConfig { seed, ..SandboxConfig::default() })));
            cli = client(cli, name, name);
        }
        let url = one_server(orgs.iter().map(|(name, org)| (name.clone(), org.sandbox.clone())).collect());
        Desk { cli, url, orgs, commands: Cell::new(0) }
    }

    fn run(&self, line: &str) -> Ran {
        self.commands.set(self.commands.get() + 1);
        self.cli.run(line)
    }

    /// A command that sends requests.
    fn online(&self, line: &str) -> Ran {
        self.run(&format!("{line} --base-url {}", self.url))
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.cli.read(file);
        assert!(text.contains(from), "{text}");
        self.cli.write(file, &text.replacen(from, to, 1));
    }

    /// The commands since the last count.
    fn counted(&self) -> usize {
        self.commands.take()
    }
}

/// The variables of an org, with the client of an org.
fn client(cli: Cli, name: &str, of: &str) -> Cli {
    let suffix = name.to_uppercase().replace('-', "_");
    cli.variable(&format!("GENESYSCLOUD_OAUTHCLIENT_ID__{suffix}"), &format!("client-of-{of}"))
        .variable(&format!("GENESYSCLOUD_OAUTHCLIENT_SECRET__{suffix}"), SECRET)
}

/// A desk whose files are written.
fn set_up() -> Desk {
    let desk = Desk::new();
    let ran = desk.online(&format!("import --orgs {} --out c/", NAMES.join(",")));
    assert_eq!((ran.code, desk.counted()), (Some(0), 1), "set-up: {}", ran.shown());
    desk
}

/// Runs `apply` for each org, as the pipeline does after a merge: not a command of the administrator.
fn merged(desk: &Desk) {
    let (cli, url) = (&desk.cli, &desk.url);
    thread::scope(|scope| {
        for names in NAMES.chunks(4) {
            scope.spawn(move || {
                for name in names {
                    let ran = cli.run(&format!("apply c --org {name} --auto-approve --base-url {url}"));
                    assert_eq!(ran.code, Some(0), "{name}: {}", ran.shown());
                }
            });
        }
    });
}

fn a_new_language(desk: &Desk) {
    let exported = desk.run("labels export c --locale pl -o csv=polish.csv");
    assert_eq!(exported.code, Some(0), "{}", exported.shown());
    for (english, polish) in [("Lunch", "Obiad"), ("Tea", "Herbata"), ("\"Quality review\"", "Kontrola")] {
        desk.edit("polish.csv", &format!(",{english},,"), &format!(",{english},{polish},"));
    }
    let imported = desk.run("labels import polish.csv c --yes");
    assert_eq!(imported.code, Some(0), "{}", imported.shown());
    let planned = desk.online("plan c --all-orgs");
    assert_eq!((planned.code, desk.counted()), (Some(0), 3), "new language: {}", planned.shown());
    assert!(planned.stdout.starts_with("14 orgs: 14 have changes\n\nall orgs:\n"), "{}", planned.stdout);
    assert!(planned.stdout.contains("    + pl: \"Obiad\"\n"), "{}", planned.stdout);
    assert!(planned.stdout.contains("\nacme-test:\n"), "{}", planned.stdout);
    merged(desk);
}

fn a_rename(desk: &Desk) {
    desk.edit("c/base/meal.yaml", "en_US: Lunch", "en_US: Lunch break");
    // Without the earlier label, the question is asked once, not 14 times.
    let asked = desk.cli.run(&format!("plan c --all-orgs --base-url {}", desk.url));
    assert_eq!(
        (asked.code, asked.stdout.matches("error[looks-like-rename]").count()),
        (Some(1), 1),
        "{}",
        asked.shown()
    );
    assert!(asked.stdout.contains("it looks like `Lunch` (Meal)\n") && asked.stdout.contains("  in all orgs\n"));
    desk.edit(
        "c/base/meal.yaml",
        "    systemPresence: Meal\n",
        "    systemPresence: Meal\n    previousLabels: [Lunch]\n",
    );
    let planned = desk.online("plan c --all-orgs");
    assert_eq!((planned.code, desk.counted()), (Some(0), 1), "rename: {}", planned.shown());
    assert!(planned.stdout.starts_with("14 orgs: 14 have changes\n\nall orgs:\n"), "{}", planned.stdout);
    assert!(planned.stdout.contains("\"Lunch\" -> \"Lunch break\""), "{}", planned.stdout);
    merged(desk);
}

fn a_drift(desk: &Desk) {
    let path = "/api/v2/presence/definitions/00000006-0000-4000-8000-000000000000";
    let labels = json!({ "en_US": "Lunch break", "de": "Essen", "pl": "Obiad" });
    let by_hand: Value = json!({ "systemPresence": "Meal", "languageLabels": labels });
    desk.orgs[5].1.admin("PUT", path, &by_hand);
    let drift = desk.online("drift c --all-orgs --detailed-exitcode");
    assert_eq!((drift.code, desk.counted()), (Some(2), 1), "drift: {}", drift.shown());
    assert!(drift.stdout.starts_with("14 orgs: 1 drifted, 13 in sync\n"), "{}", drift.stdout);
    assert!(drift.stdout.contains("\n== globex-prod ==\n"), "{}", drift.stdout);
    merged(desk);
}

fn a_comparison(desk: &Desk) {
    let compared = desk.run("compare c --all-orgs --detailed-exitcode");
    assert_eq!((compared.code, desk.counted()), (Some(2), 1), "compare: {}", compared.shown());
    assert!(compared.stdout.contains("quality-review"), "{}", compared.stdout);
}

fn a_promotion(desk: &Desk) {
    let promoted = desk.run("promote quality-review c --from acme-test --to acme-prod --yes");
    assert_eq!((promoted.code, desk.counted()), (Some(0), 1), "promote: {}", promoted.shown());
    assert!(promoted.stdout.starts_with("acme-prod: + quality-review"), "{}", promoted.stdout);
    let planned = desk.cli.run(&format!("plan c --org acme-prod --base-url {}", desk.url));
    assert!(planned.stdout.contains("+ create quality-review"), "{}", planned.shown());
    merged(desk);
}

/// A line in a layer freezes all orgs that use it, one in an org file that org.
fn a_freeze(desk: &Desk) {
    let file = "c/orgs/umbrella-prod.yaml";
    let line = "freeze: { from: 2020-01-01, until: 9000-12-31, reason: Christmas business }\n";
    desk.cli.write(file, &format!("{}{line}", desk.cli.read(file)));
    desk.edit("c/base/meal.yaml", "Obiad", "Przerwa obiadowa");
    let planned = desk.cli.run(&format!("plan c --all-orgs --base-url {}", desk.url));
    assert!(planned.stdout.contains("Christmas business"), "{}", planned.shown());
    for (name, code) in [("umbrella-prod", 1), ("umbrella-test", 0)] {
        let ran = desk.cli.run(&format!("apply c --org {name} --auto-approve --base-url {}", desk.url));
        assert_eq!(ran.code, Some(code), "{}", ran.shown());
    }
    assert_eq!(desk.counted(), 0, "the file's line is all");
}

#[test]
fn a_day_with_14_orgs_takes_few_commands() {
    let desk = set_up();
    a_new_language(&desk);
    a_rename(&desk);
    a_drift(&desk);
    a_comparison(&desk);
    a_promotion(&desk);
    a_freeze(&desk);
}

#[test]
fn the_client_of_another_org_is_refused_by_the_id() {
    let mut desk = set_up();
    desk.cli = client(desk.cli, "acme-prod", "globex-prod");
    let ran = desk.online("plan c --all-orgs");
    assert_eq!(ran.code, Some(1));
    let told = "acme-prod: these credentials are for `globex-prod` (aaaaaaaa-0000-4000-8000-000000000006)";
    assert!(ran.stdout.contains("1 was not planned") && ran.stdout.contains(told), "{}", ran.stdout);
}
