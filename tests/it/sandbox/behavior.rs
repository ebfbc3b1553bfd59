//! Behavior files, as people write them.

use std::fs;
use std::path::Path;

use presencectl::sandbox::org_behavior::{LocaleKeys, Offer, UniqueLabels};
use presencectl::sandbox::{Behavior, OrgBehavior, Permissions, SandboxConfig, read_behavior_file};
use serde_json::json;

use super::{Client, DEFINITIONS, NEWER};

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn refusal(text: &str) -> String {
    Behavior::parse(text.as_bytes()).unwrap_err()
}

#[test]
fn every_behavior_can_be_written_and_what_is_left_out_is_a_rehearsals() {
    let text = r#"{ "org": { "generation1": "410", "generation2": "served", "unique_labels": "among_active", "list_lag_ms": 15000,
                             "locale_keys": "normalised", "active_max": null },
                    "client": { "permissions": ["presence:presenceDefinition:view"], "divisions": ["a"],
                                "requests_per_minute": 300, "token_seconds": 60 } }"#;
    let SandboxConfig { behavior, permissions, divisions, requests_per_minute, token_seconds, .. } =
        SandboxConfig::rehearsal(Behavior::parse(text.as_bytes()).unwrap());
    let expected = OrgBehavior {
        generation1: Offer::Gone(410),
        unique_labels: UniqueLabels::AmongActive,
        list_lag_ms: 15_000,
        locale_keys: LocaleKeys::Normalised,
        ..OrgBehavior::default()
    };
    assert_eq!(behavior, expected);
    assert_eq!(permissions, Permissions::Only(["presence:presenceDefinition:view".to_owned()].into()));
    assert_eq!((divisions, requests_per_minute, token_seconds), (Some(vec!["a".to_owned()]), Some(300), 60));
    let plain = SandboxConfig {
        behavior: OrgBehavior { active_max: Some(30), ..OrgBehavior::default() },
        ..SandboxConfig::default()
    };
    for text in ["{}", r#"{ "org": {} }"#, r#"{ "client": { "permissions": null } }"#] {
        assert_eq!(SandboxConfig::rehearsal(Behavior::parse(text.as_bytes()).unwrap()), plain, "{text}");
    }
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    for (text, told) in [
        (r#"{ "orgs": {} }"#, "unknown field `orgs`, expected `org` or `client` at line 1 column 8"),
        ("{ \"org\": {\n  \"list_lag\": 1 } }", "unknown field `list_lag`, expected one of `generation1`, "),
        ("{ \"org\": {\n  \"list_lag_ms\": 600001\n} }", "600001 is over 600000 at line 2 column "),
        ("{ \"org\": {\n  \"page_size_max\": 0\n} }", "0 is too small: 1 is the least at line 2 column "),
        ("{ \"org\": {\n  \"conflict_status\": 404\n} }", "404 is none of [409, 400] at line 2 column "),
        (
            r#"{ "org": { "teams": "500" } }"#,
            "unknown variant `500`, expected one of `served`, `404`, `410` at line 1 ",
        ),
        (r#"{ "org": { "delete": "hides" } }"#, "unknown variant `hides`, expected `deactivates` or `removes`"),
        ("{ \"client\": { \"permissions\": [\n\"a:b:view\"\n] } }", "unknown permission `a:b:view`, expected one of "),
        ("{ \"client\": {\n\"token_seconds\": 0\n} }", "0 is too small: 1 is the least at line 2 column "),
        ("{ \"client\": {\n\"requests_per_minute\": 0\n} }", "0 is too small: 1 is the least at line 2 column "),
    ] {
        let said = refusal(text);
        assert!(said.starts_with(told) && said.contains(" at line "), "{text}: {said}");
    }
    assert_eq!(refusal("[]"), "it is a list, not an object");
    assert_eq!(refusal(r#"{ "client": [] }"#), "`client` is a list, not an object");
    assert!(refusal("{ \"org\": {\n  \"list_lag\": 1 } }").ends_with(" at line 2 column 12"));
}

#[test]
fn the_page_names_every_behavior_and_every_value() {
    let page = fs::read_to_string(project().join("docs/sandbox.md")).unwrap();
    let mut count = 0;
    let mut held = |text: String| {
        let said = refusal(&text);
        let names: Vec<String> = said.split('`').skip(3).step_by(2).map(str::to_owned).collect();
        for name in &names {
            assert!(page.contains(&format!("`{name}`")), "{name} is missing");
        }
        count += names.len();
        names
    };
    let fields = held(r#"{ "org": { "?": 1 } }"#.to_owned());
    held(r#"{ "client": { "?": 1 } }"#.to_owned());
    held(r#"{ "client": { "permissions": ["?"] } }"#.to_owned());
    for field in fields {
        if refusal(&format!(r#"{{ "org": {{ "{field}": "?" }} }}"#)).starts_with("unknown variant") {
            held(format!(r#"{{ "org": {{ "{field}": "?" }} }}"#));
        }
    }
    assert!(count > 60, "only {count} names were found: this test has become blind");
}

#[tokio::test]
async fn the_example_does_what_it_says() {
    let behavior = read_behavior_file(&project().join("examples/sandbox/behavior.json")).unwrap();
    let client = Client::start(SandboxConfig { requests_per_minute: None, ..SandboxConfig::rehearsal(behavior) }).await;
    assert_eq!(client.get(DEFINITIONS).await.status, 410);
    let lunch = json!({ "languageLabels": { "en_US": "Lunch" }, "systemPresence": "Meal" });
    let made = client.call("POST", NEWER, &lunch).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(client.call("POST", NEWER, &lunch).await.status, 409);
    let path = made.body["selfUri"].as_str().unwrap();
    assert_eq!(client.delete(path).await.status, 403);
    let listed = client.get(NEWER).await.body;
    assert!(!listed["entities"].as_array().unwrap().iter().any(|it| it["id"] == made.body["id"]), "lists lag");
}
