//! The five operations on definitions of the second generation, as far as they are its own.

use std::collections::BTreeSet;

use presencectl::sandbox::{Permissions, SandboxConfig, Seed};
use serde_json::{Value, json};

use super::{ALL, AVAILABLE, COACHING, Client, DEFINITIONS, HOME, LUNCH, NEWER, SALES, config};

const ON_QUEUE: &str = "e08eaf1b-ee47-4fa9-a231-1200e284798f";

fn ids(listing: &Value) -> Vec<&str> {
    listing["entities"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn its_objects_have_a_type_and_a_division_and_no_history() {
    let client = Client::start(config()).await;
    let expected = json!({
        "id": ON_QUEUE,
        "type": "System",
        "languageLabels": { "en_US": "On Queue" },
        "systemPresence": "OnQueue",
        "divisionId": "*",
        "deactivated": false,
        "selfUri": format!("{NEWER}/{ON_QUEUE}"),
    });
    assert_eq!(client.get(&format!("{NEWER}/{ON_QUEUE}")).await.body, expected);

    let wish = json!({ "languageLabels": { "en_US": "Smoke" }, "systemPresence": "OnQueue", "name": "smoke" });
    let made = client.call("POST", NEWER, &wish).await;
    let id = made.body["id"].as_str().unwrap();
    let expected = json!({
        "id": id,
        "name": "smoke",
        "type": "User",
        "languageLabels": { "en_US": "Smoke" },
        "systemPresence": "OnQueue",
        "divisionId": "*",
        "deactivated": false,
        "selfUri": format!("{NEWER}/{id}"),
    });
    assert_eq!((made.status, &made.body), (200, &expected));
    // The same object in the first generation.
    let first = client.get(&format!("{DEFINITIONS}/{id}")).await.body;
    assert_eq!((first["systemPresence"].as_str(), first["primary"].as_bool()), (Some("On Queue"), Some(false)));
    assert!(first["createdBy"].is_object() && first.get("divisionId").is_none() && first.get("type").is_none());
}

#[tokio::test]
async fn the_list_is_one_answer_of_the_active_or_of_the_deactivated_ones() {
    let client = Client::start(config()).await;
    for (query, total) in [("", 11), ("?deactivated=false", 11), ("?deactivated=TRUE", 1), ("?pageSize=3", 11)] {
        let listing = client.get(&format!("{NEWER}{query}")).await.body;
        assert_eq!(ids(&listing).len(), total, "{query}");
        let expected = json!({
            "entities": listing["entities"],
            "selfUri": format!("{NEWER}{query}"),
            "total": total,
        });
        assert_eq!(listing, expected);
    }
    assert_eq!(ids(&client.get(&format!("{NEWER}?deactivated=TRUE")).await.body), [COACHING]);
    for wrong in ["deactivated=ALL", "deactivated=perhaps"] {
        let answer = client.get(&format!("{NEWER}?{wrong}")).await;
        assert_eq!((answer.status, answer.body["code"].as_str()), (400, Some("invalid.value")), "{wrong}");
    }
}

#[tokio::test]
async fn locale_code_is_one_of_a_closed_set_and_none_is_all() {
    let client = Client::start(config()).await;
    let all = || json!({ "en_US": "Lunch", "de": "Mittag", "no": "Lunsj" });
    let expected = [
        ("", all()),
        ("localeCode=ALL", all()),
        ("localeCode=no", json!({ "no": "Lunsj" })),
        ("localeCode=fr", json!({})),
    ];
    for (query, labels) in expected {
        let one = client.get(&format!("{NEWER}/{LUNCH}?{query}")).await.body;
        assert_eq!(one["languageLabels"], labels, "{query}");
        let listed = client.get(&format!("{NEWER}?{query}")).await.body;
        assert_eq!(listed["entities"][10]["languageLabels"], labels, "{query}");
    }
    for path in [NEWER.to_owned(), format!("{NEWER}/{LUNCH}")] {
        let answer = client.get(&format!("{path}?localeCode=en-us")).await;
        assert_eq!((answer.status, answer.body["code"].as_str()), (400, Some("invalid.value")));
    }
}

#[tokio::test]
async fn its_closed_sets_are_spelt_as_documented() {
    let client = Client::start(config()).await;
    let labels = json!({ "en_US": "x" });
    for (wish, field) in [
        (json!({ "languageLabels": labels, "systemPresence": "On Queue" }), "systemPresence"),
        (json!({ "languageLabels": labels, "systemPresence": "ON_QUEUE" }), "systemPresence"),
        (json!({ "languageLabels": labels, "systemPresence": "Busy", "type": "Primary" }), "type"),
    ] {
        let answer = client.call("POST", NEWER, &wish).await;
        let told = answer.body["message"].as_str().unwrap().contains(field);
        assert_eq!((answer.status, told), (400, true), "{wish}");
    }
    // A body cannot make a primary one.
    let wish = json!({ "languageLabels": labels, "systemPresence": "busy", "type": "System", "primary": true });
    let made = client.call("POST", NEWER, &wish).await.body;
    assert_eq!((made["type"].as_str(), made["systemPresence"].as_str()), (Some("User"), Some("Busy")));
}

#[tokio::test]
async fn what_it_shows_may_come_back_even_where_no_document_names_it() {
    let mut seed = config().seed;
    let shade: Value = serde_json::from_str(r#"{"deep":[1,2.50]}"#).unwrap();
    seed.definitions.push(json!({ "languageLabels": { "es_US": "Siesta" }, "systemPresence": "Siesta",
                                  "divisionId": "of another org", "shade": shade }));
    let client = Client::start(SandboxConfig { seed, ..config() }).await;
    let listing = client.get(NEWER).await.body;
    let siesta = &listing["entities"][11];
    assert_eq!(
        (siesta["systemPresence"].as_str(), siesta["shade"]["deep"][1].to_string()),
        (Some("Siesta"), "2.50".into())
    );
    let path = siesta["selfUri"].as_str().unwrap();
    let put = client.call("PUT", path, siesta).await;
    assert_eq!((put.status, &put.body), (200, siesta));
}

#[tokio::test]
async fn a_listing_of_it_may_be_a_seed() {
    let definitions = vec![
        json!({ "id": "11111111-0000-4000-8000-000000000001", "type": "System", "languageLabels": { "en_US": "New" },
                "systemPresence": "New", "divisionId": "*" }),
        json!({ "id": LUNCH, "type": "User", "languageLabels": { "en_US": "Lunch" }, "systemPresence": "OnQueue",
                "divisionId": SALES }),
    ];
    let client =
        Client::start(SandboxConfig { seed: Seed { definitions, ..Seed::default() }, ..SandboxConfig::default() })
            .await;
    let first = client.get(ALL).await.body;
    let primary: Vec<bool> = [10, 11].iter().map(|it| first["entities"][it]["primary"].as_bool().unwrap()).collect();
    assert_eq!(primary, [true, false]);
    let lunch = client.get(&format!("{NEWER}/{LUNCH}")).await.body;
    assert_eq!((lunch["divisionId"].as_str(), lunch["systemPresence"].as_str()), (Some(SALES), Some("OnQueue")));
}

#[tokio::test]
async fn a_put_moves_to_the_division_that_it_names() {
    let client = Client::start(config()).await;
    let path = format!("{NEWER}/{LUNCH}");
    let put = async |division: Value| {
        let mut wish = json!({ "languageLabels": { "en_US": "Lunch" }, "systemPresence": "Meal" });
        wish["divisionId"] = division;
        client.call("PUT", &path, &wish).await
    };
    for (given, kept) in
        [(json!(SALES), SALES), (json!(SALES.to_uppercase()), SALES), (json!("*"), "*"), (json!(HOME), HOME)]
    {
        assert_eq!(put(given).await.body["divisionId"], kept);
    }
    for wrong in [json!(""), json!("Sales"), json!("5a4db0c5-0000-4000-a000-0000000000d9"), json!(7)] {
        let answer = put(wrong.clone()).await;
        assert_eq!((answer.status, answer.body["code"].as_str()), (400, Some("bad.request")), "{wrong}");
    }
    assert_eq!(client.get(&path).await.body["divisionId"], HOME);
    // A whole object that names no division is for all of them.
    assert_eq!(put(Value::Null).await.body["divisionId"], "*");
}

#[tokio::test]
async fn it_needs_permissions_for_everything() {
    let client = async |name: &str| {
        let permissions = Permissions::Only(BTreeSet::from([format!("presence:presenceDefinition:{name}")]));
        Client::start(SandboxConfig { permissions, ..config() }).await
    };
    let wish = json!({ "languageLabels": { "en_US": "Tea" }, "systemPresence": "Meal" });
    let path = format!("{NEWER}/{LUNCH}");
    for (name, expected) in [
        ("view", [200, 200, 403, 403, 403]),
        ("add", [403, 403, 200, 403, 403]),
        ("edit", [403, 403, 403, 200, 204]),
        ("delete", [403, 403, 403, 403, 204]),
    ] {
        let client = client(name).await;
        let got = [
            client.get(NEWER).await.status,
            client.get(&path).await.status,
            client.call("POST", NEWER, &wish).await.status,
            client.call("PUT", &path, &wish).await.status,
            client.delete(&path).await.status,
        ];
        assert_eq!(got, expected, "{name}");
    }
    let refused = client("view").await.delete(&path).await;
    assert_eq!(refused.body["code"], "missing.any.permissions");
}

#[tokio::test]
async fn primaries_cannot_be_touched_by_it_either() {
    let client = Client::start(config()).await;
    let path = format!("{NEWER}/{AVAILABLE}");
    let wish = json!({ "languageLabels": { "en_US": "Here" }, "systemPresence": "Available" });
    assert_eq!([client.call("PUT", &path, &wish).await.status, client.delete(&path).await.status], [400, 400]);
    assert_eq!(client.get(&path).await.body["languageLabels"]["en_US"], "Available");
}
