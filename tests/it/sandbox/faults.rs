//! Scripted faults, for a real client and for the router in process.

use std::time::{Duration, Instant};

use presencectl::sandbox::org_behavior::UniqueLabels;
use presencectl::sandbox::{DROP_STATUS, FaultRule, OrgBehavior, Permissions, Sandbox, SandboxConfig, read_fault_file};
use serde_json::{Value, json};

use super::{ALL, Answer, Client, DEFINITIONS, LUNCH, NEWER, config, in_process};

fn smoke() -> Value {
    json!({ "languageLabels": { "en_US": "Smoke" }, "systemPresence": "Break" })
}

#[tokio::test]
async fn a_status_is_answered_in_place_of_the_org() {
    let client = Client::start(config()).await;
    client.set_faults(json!([{ "method": "post", "status": 429, "retry_after_seconds": 3, "times": 1 }])).await;
    let refused = client.call("POST", DEFINITIONS, &smoke()).await;
    assert_eq!((refused.status, refused.retry_after.as_deref()), (429, Some("3")));
    assert_eq!(refused.body["message"], "Rate limit exceeded the maximum. Retry the request in [3] seconds");
    assert_eq!(
        (refused.body["code"].as_str(), refused.body["contextId"].as_str()),
        (Some("too.many.requests.retry.after"), Some(refused.correlation_id.as_str()))
    );
    assert_eq!(client.own_labels().await, ["Lunch", "Coaching*"]);
    assert_eq!(client.call("POST", DEFINITIONS, &smoke()).await.status, 200);
}

/// Everything of a refusal but its correlation id.
fn said(mut answer: Answer) -> (u16, Value, Option<String>) {
    answer.body["contextId"] = Value::Null;
    (answer.status, answer.body, answer.retry_after)
}

#[tokio::test]
async fn a_scripted_refusal_is_the_orgs_own() {
    let client = Client::start(config()).await;
    let scripted = async |status: u16, path: &str, body: &Value| {
        client.set_faults(json!([{ "status": status }])).await;
        said(client.call("POST", path, body).await)
    };
    let none = Permissions::Only([].into());
    let forbidden = Client::start(SandboxConfig { permissions: none, ..config() }).await;
    for path in [DEFINITIONS, NEWER, "/api/v2/analytics/users/activity/query"] {
        let own = said(forbidden.call("POST", path, &smoke()).await);
        assert_eq!((scripted(403, path, &smoke()).await, own.0), (own, 403), "{path}");
    }
    let behavior = OrgBehavior { unique_labels: UniqueLabels::AmongAll, ..OrgBehavior::default() };
    let unique = Client::start(SandboxConfig { behavior, ..config() }).await;
    let lunch = json!({ "languageLabels": { "en_US": "Lunch" }, "systemPresence": "Meal" });
    let own = said(unique.call("POST", NEWER, &lunch).await);
    assert_eq!((scripted(409, NEWER, &lunch).await, own.0), (own, 409));
    let limited = Client::start(SandboxConfig { requests_per_minute: Some(0), ..config() }).await;
    let (status, own, after) = said(limited.call("POST", NEWER, &lunch).await);
    let (scripted_status, scripted, scripted_after) = scripted(429, NEWER, &lunch).await;
    let keys = |it: &Value| it.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!((scripted_status, keys(&scripted), &scripted["code"]), (status, keys(&own), &own["code"]));
    assert!(after.is_some() && scripted_after.is_some(), "it says how long to wait");
    // What no permission opens is not missing one.
    client.set_faults(json!([{ "status": 403 }])).await;
    assert_eq!(client.get("/api/v2/systempresences").await.body["code"], "not.authorized");
}

#[tokio::test]
async fn a_fault_without_a_path_leaves_the_token_alone_and_says_nothing_of_a_script() {
    let client = Client::start(config()).await;
    client.set_faults(json!([{ "status": 409 }])).await;
    let token = client.send(client.request("POST", "/oauth/token").form(&[("a", "b")])).await;
    assert_ne!(token.status, 409);
    let answer = client.get(ALL).await;
    assert_eq!((answer.status, answer.body["code"].as_str()), (409, Some("conflict")));
    assert!(!answer.body["message"].as_str().unwrap().contains("scripted"), "{}", answer.body);
}

#[tokio::test]
async fn a_gateway_may_give_up_after_the_write() {
    let client = Client::start(config()).await;
    client.set_faults(json!([{ "method": "POST", "status": 504, "handled": true, "code": "x", "message": "y" }])).await;
    let answer = client.call("POST", DEFINITIONS, &smoke()).await;
    let told = (answer.status, answer.body["code"].as_str(), answer.body["message"].as_str());
    assert_eq!(told, (504, Some("x"), Some("y")));
    assert_eq!(client.own_labels().await, ["Lunch", "Coaching*", "Smoke"]);
}

#[tokio::test]
async fn the_token_endpoint_is_rate_limited_with_a_400() {
    let client = Client::start(config()).await;
    client.set_faults(json!([{ "path": "/oauth/token", "status": 400 }])).await;
    let answer = client.send(client.request("POST", "/oauth/token").form(&[("a", "b")])).await;
    let text = "rate limit exceeded; try again later";
    let expected = json!({ "error": "invalid_request", "description": text, "error_description": text });
    assert_eq!((answer.status, answer.body), (400, expected));
}

#[tokio::test]
async fn a_connection_is_cut_before_or_after_the_write() {
    for (when, labels) in
        [("before_write", &["Lunch", "Coaching*"][..]), ("after_write", &["Lunch", "Coaching*", "Smoke"])]
    {
        let client = Client::start(config()).await;
        client.set_faults(json!([{ "method": "POST", "drop": when }])).await;
        let error = client.request("POST", DEFINITIONS).json(&smoke()).send().await.unwrap_err();
        assert!(error.is_request() && error.status().is_none(), "{error:?}");
        assert_eq!(client.own_labels().await, labels, "{when}");
        let log = client.get("/sandbox/requests").await.body;
        assert_eq!(log["request_count"], 2, "one POST and one list: no one sends a POST again in secret");
        assert_eq!(
            (log["requests"][0]["status"].clone(), log["requests"][0]["drop"].as_str()),
            (Value::Null, when.strip_suffix("_write"))
        );
    }
}

#[tokio::test]
async fn a_body_ends_in_the_middle() {
    let client = Client::start(config()).await;
    client.set_faults(json!([{ "body": "truncated", "times": 2 }])).await;
    let response = client.request("GET", ALL).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let error = response.text().await.unwrap_err();
    assert!(error.is_body() || error.is_decode(), "{error:?}");
    let response = client.request("DELETE", &format!("{DEFINITIONS}/{LUNCH}")).send().await.unwrap();
    response.text().await.unwrap_err();
    assert_eq!(client.own_labels().await, ["Lunch*", "Coaching*"]);
}

#[tokio::test]
async fn a_proxy_answers_with_a_page() {
    let client = Client::start(config()).await;
    let page = |handled: bool| json!({ "method": "POST", "body": "html", "handled": handled, "times": 1 });
    client.set_faults(json!([page(true), page(false)])).await;
    for _ in 0..2 {
        let response = client.request("POST", DEFINITIONS).json(&smoke()).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()),
            (200, "text/html; charset=utf-8")
        );
        assert!(response.text().await.unwrap().starts_with("<!DOCTYPE html>"));
    }
    // Only the first of the two was carried out.
    assert_eq!(client.own_labels().await, ["Lunch", "Coaching*", "Smoke"]);
}

#[tokio::test]
async fn an_answer_comes_late_but_the_write_does_not() {
    let client = Client::start(config()).await;
    client
        .set_faults(json!([{ "method": "POST", "delay_ms": 60_000 }, { "method": "GET", "delay_ms": 5, "times": 1 }]))
        .await;
    let late = client.request("POST", DEFINITIONS).json(&smoke()).timeout(Duration::from_millis(50)).send().await;
    assert!(late.unwrap_err().is_timeout());
    #[expect(clippy::disallowed_methods, reason = "what a client sees is real time")]
    let start = Instant::now();
    assert_eq!(client.own_labels().await, ["Lunch", "Coaching*", "Smoke"]);
    assert!(start.elapsed() >= Duration::from_millis(5));
}

#[tokio::test(start_paused = true)]
async fn in_process_time_is_tokios_and_a_drop_is_a_mark() {
    let rule = |drop: &str| json!({ "drop": drop, "delay_ms": 30_000, "times": 1 });
    let rules = json!([rule("before_write"), rule("after_write"), { "body": "truncated", "times": 1 }]);
    let faults: Vec<FaultRule> = serde_json::from_value(rules).unwrap();
    let sandbox = Sandbox::open(presencectl::sandbox::SandboxConfig { faults, ..config() }).unwrap();
    for (word, count) in [("before", 12), ("after", 13), ("truncated", 14)] {
        let answer = in_process(&sandbox, "POST", DEFINITIONS, Some(&smoke())).await;
        assert_eq!((answer.status, answer.body), (DROP_STATUS, json!(word)));
        assert_eq!(sandbox.with(|it| it.org.definitions().len()), count);
    }
    assert_eq!(sandbox.now_ms(), super::START_MS + 60_000);
    assert_eq!(in_process(&sandbox, "GET", ALL, None).await.status, 200);
}

#[tokio::test]
async fn rules_count_and_the_first_that_matches_wins() {
    let client = Client::start(config()).await;
    client
        .set_faults(json!([
            { "request": 5, "status": 500 },
            { "method": "GET", "path": DEFINITIONS, "skip": 1, "times": 1, "status": 502 },
            { "path": "/api/v2/presencedefinitions*", "skip": 2, "times": 1, "status": 503 },
        ]))
        .await;
    let mut statuses = Vec::new();
    for path in [ALL, ALL, "/api/v2/presencedefinitions/x", "/api/v2/systempresences", ALL, ALL] {
        statuses.push(client.get(path).await.status);
    }
    // The third rule counts only what no earlier one took: the first list, the 404, the sixth.
    assert_eq!(statuses, [200, 502, 404, 200, 500, 503]);
}

#[tokio::test]
async fn the_control_endpoint_sets_shows_and_clears() {
    let client = Client::start(config()).await;
    let rules = json!([{ "method": "GET", "status": 503, "times": 1 }]);
    client.set_faults(rules.clone()).await;
    assert_eq!(client.get("/sandbox/faults").await.body, json!({ "faults": rules }));
    assert_eq!(client.delete("/sandbox/faults").await.status, 204);
    assert_eq!(client.get(ALL).await.status, 200);
    let wrong = client.call("PUT", "/sandbox/faults", &json!({ "faults": [{ "stauts": 503 }] })).await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.body["message"].as_str().unwrap().starts_with("unknown field `stauts`"), "{}", wrong.body);
}

#[test]
fn a_fault_file_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("faults.json");
    let told = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let told = read_fault_file(&path).map_or_else(|it| it.to_string(), |rules| format!("{} rules", rules.len()));
        told.replace(path.to_str().unwrap(), "FILE")
    };
    let contradiction = "`FILE` is not a sandbox fault file: rule 1: ";
    assert_eq!(told(r#"{ "faults": [{ "drop": "after_write" }, { "delay_ms": 5 }] }"#), "2 rules");
    assert_eq!(
        told(r#"{ "faults": [{}] }"#),
        format!("{contradiction}one of `status`, `drop`, `body`, `text` and `delay_ms` must be given")
    );
    assert_eq!(
        told(r#"{ "faults": [{ "status": 500, "drop": "after_write" }] }"#),
        format!("{contradiction}only one of `status`, `drop`, `body` and `text` can be given")
    );
    assert_eq!(
        told(r#"{ "faults": [{ "status": 99 }] }"#),
        format!("{contradiction}`status` is 99; it must lie between 200 and 598")
    );
    assert_eq!(told(r#"{ "faults": [{ "delay_ms": 600001 }] }"#), format!("{contradiction}`delay_ms` is over 600000"));
    assert_eq!(
        told(r#"{ "faults": [], "note": 1 }"#),
        "`FILE` is not a sandbox fault file: unknown field `note`, expected `faults` at line 1 column 22"
    );
    assert_eq!(told(&" ".repeat(1024 * 1024 + 1)), "`FILE` is longer than 1048576 bytes");
}
