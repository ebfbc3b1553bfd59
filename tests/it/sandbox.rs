//! The sandbox against the API document's examples: by a real client over HTTP, and in process.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do; clippy knows the tests themselves only")]

mod access;
mod activity;
mod behavior;
mod both;
mod definitions;
mod divisions;
mod faults;
mod generation2;
mod org_behavior;
mod state;
mod users;

use axum::body::Body;
use presencectl::sandbox::{Sandbox, SandboxConfig, Seed, Server, router};
use serde_json::{Value, json};
use tower::ServiceExt;

/// The org's time at the start of every test: 2025-11-24T16:00:00.000Z.
const START_MS: u64 = 1_764_000_000_000;

const DEFINITIONS: &str = "/api/v2/presencedefinitions";
const NEWER: &str = "/api/v2/presence/definitions";
const ALL: &str = "/api/v2/presencedefinitions?deleted=ALL&localeCode=ALL&pageSize=100";
const AVAILABLE: &str = "6a3af858-942f-489d-9700-5f9bcdcdae9b";
const LUNCH: &str = "2fa68d50-0000-4000-8000-000000000001";
const COACHING: &str = "2fa68d50-0000-4000-8000-000000000002";

const ADA: &str = "5a4db0c5-0000-4000-8000-000000000001";
const BEN: &str = "5a4db0c5-0000-4000-8000-000000000002";

const HOME: &str = "5a4db0c5-0000-4000-a000-0000000000d1";
const SALES: &str = "5a4db0c5-0000-4000-a000-0000000000d2";
const SERVICE: &str = "5a4db0c5-0000-4000-a000-0000000000d3";

/// An org of two definitions beside the primaries: Lunch, and Coaching, which is deactivated.
fn config() -> SandboxConfig {
    let definitions = vec![
        json!({ "id": LUNCH, "languageLabels": { "en_US": "Lunch", "de": "Mittag", "no": "Lunsj" },
                "systemPresence": "Meal", "deactivated": false }),
        json!({ "id": COACHING, "languageLabels": { "en_US": "Coaching" }, "systemPresence": "Busy",
                "deactivated": true }),
    ];
    let org_id = "22222222-bbbb-4bbb-8bbb-222222222222".to_owned();
    let seed = Seed { org_id, org_name: "Acme".to_owned(), definitions, ..Seed::default() };
    SandboxConfig { seed, start_unix_ms: Some(START_MS), ..SandboxConfig::default() }
}

/// What came back.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    body: Value,
    correlation_id: String,
    retry_after: Option<String>,
}

/// A running server, and a client with its token.
struct Client {
    server: Server,
    http: reqwest::Client,
}

impl Client {
    async fn start(config: SandboxConfig) -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { server: Server::start(config).await.unwrap(), http }
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        self.http.request(method, format!("{}{path}", self.server.url())).bearer_auth(self.server.token())
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let header = |name: &str| response.headers().get(name).map(|it| it.to_str().unwrap().to_owned());
        let (correlation_id, retry_after) = (header("ININ-Correlation-Id").unwrap(), header("Retry-After"));
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        Answer { status, body, correlation_id, retry_after }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.send(self.request("DELETE", path)).await
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send(self.request(method, path).json(body)).await
    }

    async fn set_faults(&self, rules: Value) {
        let answer = self.call("PUT", "/sandbox/faults", &json!({ "faults": rules })).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// The default labels of all definitions that are not primary, each with an asterisk when deactivated.
    async fn own_labels(&self) -> Vec<String> {
        own_labels(&self.get(ALL).await.body)
    }
}

fn own_labels(listing: &Value) -> Vec<String> {
    let entities = listing["entities"].as_array().unwrap();
    let shown = |it: &Value| {
        let mark = if it["deactivated"] == true { "*" } else { "" };
        format!("{}{mark}", it["languageLabels"]["en_US"].as_str().unwrap())
    };
    entities.iter().filter(|it| it["primary"] == false).map(shown).collect()
}

/// One exchange with the router in process: status, headers and JSON body (null without one).
async fn in_process(sandbox: &Sandbox, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let mut request =
        axum::http::Request::builder().method(method).uri(path).header("authorization", "Bearer sandbox-token");
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let body = body.map_or_else(Body::empty, |it| Body::from(it.to_string()));
    let response = router(sandbox.clone()).oneshot(request.body(body).unwrap()).await.unwrap();
    let header = |name: &str| response.headers().get(name).map(|it| it.to_str().unwrap().to_owned());
    let drop = header("x-sandbox-drop");
    let (correlation_id, retry_after) = (header("ININ-Correlation-Id").unwrap_or_default(), header("Retry-After"));
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(drop));
    Answer { status, body, correlation_id, retry_after }
}
