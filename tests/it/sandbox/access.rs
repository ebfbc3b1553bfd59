//! Tokens, permissions, hosts, limits, and the error body.

use std::collections::BTreeSet;

use presencectl::sandbox::{CLIENT_SECRET, Permissions, SandboxConfig};
use serde_json::{Value, json};

use super::{ALL, Answer, Client, DEFINITIONS, LUNCH, config};

async fn token_request(client: &Client, secret: &str, grant: &str) -> Answer {
    let url = format!("{}/oauth/token", client.server.url());
    let request = client.http.post(url).basic_auth(client.server.client_id(), Some(secret));
    client.send(request.form(&[("grant_type", grant)])).await
}

#[tokio::test]
async fn client_credentials_give_a_token_that_works() {
    let client = Client::start(config()).await;
    let answer = token_request(&client, CLIENT_SECRET, "client_credentials").await;
    let token = answer.body["access_token"].as_str().unwrap();
    assert_eq!(answer.body, json!({ "access_token": token, "token_type": "bearer", "expires_in": 86_400 }));
    let me = client.http.get(format!("{}/api/v2/organizations/me", client.server.url())).bearer_auth(token);
    let me = client.send(me).await.body;
    let expected = ("22222222-bbbb-4bbb-8bbb-222222222222", "Acme");
    assert_eq!((me["id"].as_str().unwrap(), me["name"].as_str().unwrap()), expected);
}

#[tokio::test]
async fn the_org_says_what_the_terraform_provider_asks() {
    let client = Client::start(config()).await;
    assert_eq!(client.get("/api/v2/organizations/me").await.body["defaultCountryCode"], "US");
    let products = client.get("/api/v2/authorization/products").await.body;
    let ids = products["entities"].as_array().unwrap().iter().filter(|it| it["id"].is_string()).count();
    assert_eq!((ids > 0, products["total"].as_u64()), (true, u64::try_from(ids).ok()));
}

#[tokio::test]
async fn the_sandbox_says_what_it_is_where_clients_ask_first() {
    let client = Client::start(config()).await;
    client.set_faults(json!([{ "path": "/api/v2/organizations/me", "skip": 1, "text": "{}" }])).await;
    for (path, says) in [("/api/v2/organizations/me", Some("1")), ("/api/v2/organizations/me", Some("1")), (ALL, None)]
    {
        let answer = client.request("GET", path).send().await.unwrap();
        assert_eq!(answer.headers().get("Presencectl-Sandbox").map(|it| it.to_str().unwrap()), says, "{path}");
    }
}

#[tokio::test]
async fn wrong_credentials_are_refused_as_oauth_does() {
    let client = Client::start(config()).await;
    let wrong = token_request(&client, "guess", "client_credentials").await;
    let text = "client authentication failed";
    let expected = json!({ "error": "invalid_client", "description": text, "error_description": text });
    assert_eq!((wrong.status, wrong.body), (401, expected));
    let grant = token_request(&client, CLIENT_SECRET, "password").await;
    assert_eq!((grant.status, grant.body["error"].as_str()), (400, Some("unsupported_grant_type")));
}

#[tokio::test]
async fn a_token_is_wanted_and_ends() {
    let client = Client::start(SandboxConfig { token_seconds: 0, ..config() }).await;
    let url = format!("{}{ALL}", client.server.url());
    let none = client.send(client.http.get(&url)).await;
    assert_eq!((none.status, none.body["code"].as_str()), (401, Some("authentication.required")));
    let expired = token_request(&client, CLIENT_SECRET, "client_credentials").await.body["access_token"].clone();
    for token in ["guess", expired.as_str().unwrap()] {
        let answer = client.send(client.http.get(&url).bearer_auth(token)).await;
        assert_eq!((answer.status, answer.body["code"].as_str()), (401, Some("bad.credentials")), "{token}");
    }
}

#[tokio::test]
async fn a_refusal_has_the_platforms_body() {
    let client = Client::start(config()).await;
    let answer = client.get("/api/v2/presencedefinitions/nowhere").await;
    let expected = json!({
        "message": "The requested resource was not found.",
        "code": "not.found",
        "status": 404,
        "contextId": answer.correlation_id,
        "details": [],
        "errors": [],
    });
    assert_eq!((answer.status, answer.body), (404, expected));
    let good = client.get(ALL).await;
    assert_ne!(good.correlation_id, answer.correlation_id);
}

#[tokio::test]
async fn permissions_that_are_missing_are_named() {
    let only = BTreeSet::from(["presence:presenceDefinition:edit".to_owned()]);
    let client = Client::start(SandboxConfig { permissions: Permissions::Only(only), ..config() }).await;
    let lunch = format!("{DEFINITIONS}/{LUNCH}");
    let wish = json!({ "languageLabels": { "en_US": "Lunch" }, "systemPresence": "Meal" });
    assert_eq!(client.get(ALL).await.status, 200);
    assert_eq!(client.call("PUT", &lunch, &wish).await.status, 200);
    let refused = client.call("POST", DEFINITIONS, &wish).await;
    assert_eq!((refused.status, refused.body["code"].as_str()), (403, Some("missing.permissions")));
    assert_eq!(
        refused.body["message"],
        "Unable to perform the requested action. You are missing the following permission(s): \
         [presence:presenceDefinition:add]"
    );
    assert_eq!(refused.body["messageParams"], json!({ "permissions": "[presence:presenceDefinition:add]" }));
    let refused = client.delete(&lunch).await;
    assert_eq!(refused.body["messageParams"], json!({ "permissions": "[presence:presenceDefinition:delete]" }));
    let refused = client.call("PUT", "/api/v2/users/presences/bulk", &json!([])).await;
    assert_eq!((refused.status, refused.body["code"].as_str()), (403, Some("missing.any.permissions")));
}

#[tokio::test]
async fn the_old_and_todays_permission_for_bulk_both_do() {
    for name in ["directory:user:edit", "presence:userPresence:edit"] {
        let permissions = Permissions::Only(BTreeSet::from([name.to_owned()]));
        let client = Client::start(SandboxConfig { permissions, ..config() }).await;
        assert_eq!(client.call("PUT", "/api/v2/users/presences/bulk", &json!([])).await.status, 200, "{name}");
    }
}

#[tokio::test]
async fn paths_methods_types_and_sizes_are_checked() {
    let client = Client::start(config()).await;
    let code = |answer: &Answer| (answer.status, answer.body["code"].as_str().unwrap().to_owned());
    assert_eq!(code(&client.get("/api/v2/nothing").await), (404, "not.found".to_owned()));
    assert_eq!(code(&client.delete(DEFINITIONS).await), (405, "method.not.allowed".to_owned()));
    let text = client.request("POST", DEFINITIONS).header("content-type", "text/plain").body("{}");
    assert_eq!(code(&client.send(text).await), (415, "unsupported.media.type".to_owned()));
    let broken = client.request("POST", DEFINITIONS).header("content-type", "application/json").body("{");
    assert_eq!(code(&client.send(broken).await), (400, "bad.request".to_owned()));
    let long = client.call("POST", DEFINITIONS, &json!("x".repeat(1024 * 1024 - 1))).await;
    assert_eq!(code(&long), (413, "request.entity.too.large".to_owned()));
    let longest = client.call("POST", DEFINITIONS, &json!("x".repeat(1024 * 1024 - 2))).await;
    assert_eq!(longest.body["message"], "the body is not an object");
}

#[tokio::test]
async fn hosts_that_are_not_loopback_are_refused() {
    let client = Client::start(config()).await;
    for host in ["evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1:x"] {
        let answer = client.send(client.request("GET", ALL).header("host", host)).await;
        assert_eq!((answer.status, answer.body["code"].as_str()), (403, Some("sandbox.host.refused")), "{host}");
        let control = client.send(client.request("GET", "/sandbox/requests").header("host", host)).await;
        assert_eq!(control.status, 403, "{host}");
    }
    for host in ["localhost", "LOCALHOST:8080", "127.0.0.1", "[::1]:9"] {
        assert_eq!(client.send(client.request("GET", ALL).header("host", host)).await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn it_listens_on_loopback_and_a_taken_port_is_an_error() {
    let client = Client::start(config()).await;
    let port: u16 = client.server.url().strip_prefix("http://127.0.0.1:").unwrap().parse().unwrap();
    let error = presencectl::sandbox::Server::start(SandboxConfig { port, ..config() }).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen on 127.0.0.1:{port}"));
}

#[tokio::test]
async fn a_rate_can_be_set() {
    let client = Client::start(SandboxConfig { requests_per_minute: Some(2), ..config() }).await;
    assert_eq!([client.get(ALL).await.status, client.get(ALL).await.status], [200, 200]);
    let refused = client.get(ALL).await;
    assert_eq!((refused.status, refused.retry_after.as_deref()), (429, Some("60")));
    let expected = json!({
        "message": "Rate limit exceeded the maximum. Retry the request in [60] seconds",
        "code": "too.many.requests.retry.after",
        "status": 429,
        "contextId": refused.correlation_id,
        "details": [],
        "errors": [],
    });
    assert_eq!(refused.body, expected);
    // Another token has a count of its own.
    let token = token_request(&client, CLIENT_SECRET, "client_credentials").await.body["access_token"].clone();
    let url = format!("{}{ALL}", client.server.url());
    assert_eq!(client.send(client.http.get(url).bearer_auth(token.as_str().unwrap())).await.status, 200);
}

#[tokio::test]
async fn the_log_shows_requests_without_their_secrets() {
    let client = Client::start(config()).await;
    client.get("/api/v2/presencedefinitions?pageSize=1").await;
    token_request(&client, CLIENT_SECRET, "client_credentials").await;
    let log = client.get("/sandbox/requests").await.body;
    let shown: Vec<[&Value; 4]> = log["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| ["method", "path", "query", "status"].map(|name| &it[name]))
        .collect();
    let expected = [json!(["GET", DEFINITIONS, "pageSize=1", 200]), json!(["POST", "/oauth/token", "", 200])];
    assert_eq!(json!(shown), json!(expected));
    assert_eq!(log["request_count"], 2);
    assert!(!log.to_string().contains(CLIENT_SECRET) && !log.to_string().contains("sandbox-token"));
    client.delete("/sandbox/requests").await;
    assert_eq!(client.get("/sandbox/requests").await.body, json!({ "request_count": 0, "requests": [] }));
}
