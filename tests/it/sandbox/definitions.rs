//! The five operations on definitions of the first generation, and the system presences.

use presencectl::sandbox::{SandboxConfig, Seed};
use serde_json::{Value, json};

use super::{ALL, AVAILABLE, COACHING, Client, DEFINITIONS, LUNCH, config};

#[tokio::test]
async fn a_new_org_has_the_ten_primaries_with_their_real_ids_and_spellings() {
    let client = Client::start(SandboxConfig::default()).await;
    let listing = client.get(ALL).await.body;
    assert_eq!(listing["total"], 10);
    let on_queue = listing["entities"].as_array().unwrap().iter().find(|it| it["systemPresence"] == "On Queue");
    let expected = json!({
        "id": "e08eaf1b-ee47-4fa9-a231-1200e284798f",
        "languageLabels": { "en_US": "On Queue" },
        "systemPresence": "On Queue",
        "deactivated": false,
        "primary": true,
        "selfUri": "/api/v2/presencedefinitions/e08eaf1b-ee47-4fa9-a231-1200e284798f",
    });
    assert_eq!(on_queue, Some(&expected));
}

#[tokio::test]
async fn system_presences_are_a_bare_list() {
    let client = Client::start(SandboxConfig::default()).await;
    let answer = client.get("/api/v2/systempresences").await;
    let names: Vec<&Value> = answer.body.as_array().unwrap().iter().map(|it| &it["name"]).collect();
    let expected = ["Available", "Away", "Break", "Busy", "Idle", "Meal", "Meeting", "Offline", "On Queue", "Training"];
    assert_eq!(names, expected);
    assert_eq!(
        answer.body[8],
        json!({ "id": "ON_QUEUE", "name": "On Queue", "selfUri": "/api/v2/systempresences/ON_QUEUE" })
    );
}

#[tokio::test]
async fn the_list_comes_in_pages() {
    let client = Client::start(config()).await;
    let page =
        client.get("/api/v2/presencedefinitions?pageSize=4&pageNumber=2&deleted=ALL&localeCode=zh%5FCN").await.body;
    let uri = |page: u32| format!("{DEFINITIONS}?pageSize=4&pageNumber={page}&deleted=ALL&localeCode=zh_CN");
    assert_eq!(page["entities"].as_array().unwrap().len(), 4);
    let numbers = ["pageSize", "pageNumber", "total", "pageCount"].map(|it| page[it].as_u64().unwrap());
    assert_eq!(numbers, [4, 2, 12, 3]);
    let uris = ["firstUri", "previousUri", "selfUri", "nextUri", "lastUri"].map(|it| page[it].as_str().unwrap());
    assert_eq!(uris, [&uri(1), &uri(1), &uri(2), &uri(3), &uri(3)]);

    let last = client.get(page["lastUri"].as_str().unwrap()).await.body;
    assert_eq!((last["pageNumber"].as_u64(), last.get("nextUri")), (Some(3), None));
    let beyond = client.get("/api/v2/presencedefinitions?pageNumber=9").await.body;
    assert_eq!((beyond["entities"].as_array().map(Vec::len), beyond["total"].as_u64()), (Some(0), Some(11)));
}

#[tokio::test]
async fn page_sizes_are_25_unless_named_and_100_at_most() {
    let client = Client::start(config()).await;
    assert_eq!(client.get(DEFINITIONS).await.body["pageSize"], 25);
    assert_eq!(client.get("/api/v2/presencedefinitions?pageSize=5000").await.body["pageSize"], 100);
    for wrong in ["pageSize=0", "pageSize=many", "pageNumber=-1", "deleted=perhaps"] {
        let answer = client.get(&format!("{DEFINITIONS}?{wrong}")).await;
        assert_eq!((answer.status, answer.body["code"].as_str()), (400, Some("invalid.value")), "{wrong}");
    }
}

#[tokio::test]
async fn deleted_chooses_between_active_and_deactivated_ones() {
    let client = Client::start(config()).await;
    for (query, total) in
        [("", 11), ("deleted=false", 11), ("deleted=TRUE", 1), ("deleted=True", 1), ("deleted=ALL", 12)]
    {
        let listing = client.get(&format!("{DEFINITIONS}?{query}")).await.body;
        assert_eq!(listing["total"], total, "{query}");
    }
    assert_eq!(client.get("/api/v2/presencedefinitions?deleted=TRUE").await.body["entities"][0]["id"], COACHING);
}

#[tokio::test]
async fn locale_code_chooses_the_labels() {
    let client = Client::start(config()).await;
    let expected = [
        ("", json!({ "en_US": "Lunch" })),
        ("localeCode=de", json!({ "de": "Mittag" })),
        ("localeCode=fr", json!({})),
        ("localeCode=ALL", json!({ "en_US": "Lunch", "de": "Mittag", "no": "Lunsj" })),
    ];
    for (query, labels) in expected {
        let one = client.get(&format!("{DEFINITIONS}/{LUNCH}?{query}")).await.body;
        assert_eq!(one["languageLabels"], labels, "{query}");
        let listed = client.get(&format!("{DEFINITIONS}?pageSize=100&{query}")).await.body;
        assert_eq!(listed["entities"][10]["languageLabels"], labels, "{query}");
    }
}

#[tokio::test]
async fn post_makes_a_definition() {
    let client = Client::start(config()).await;
    let wish = json!({ "languageLabels": { "en_US": "Smoke", "en-us": "Smoke" }, "systemPresence": "ON_QUEUE",
                       "id": "mine", "primary": true, "shade": 7 });
    let made = client.call("POST", DEFINITIONS, &wish).await;
    assert_eq!(made.status, 200);
    let id = made.body["id"].as_str().unwrap();
    let by = json!({ "id": "5a4db0c5-0000-4000-9000-000000000001",
                     "selfUri": "/api/v2/users/5a4db0c5-0000-4000-9000-000000000001" });
    let expected = json!({
        "id": id,
        "languageLabels": { "en_US": "Smoke", "en-us": "Smoke" },
        "systemPresence": "On Queue",
        "deactivated": false,
        "primary": false,
        "createdBy": by, "modifiedBy": by,
        "createdDate": made.body["createdDate"], "modifiedDate": made.body["createdDate"],
        "selfUri": format!("{DEFINITIONS}/{id}"),
    });
    assert_eq!(made.body, expected);
    assert!(made.body["createdDate"].as_str().unwrap().starts_with("2025-11-24T16:00:0"));
    assert_eq!(client.get(&format!("{DEFINITIONS}/{id}?localeCode=ALL")).await.body, expected);
}

#[tokio::test]
async fn ids_are_guids_and_the_same_in_every_run() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let client = Client::start(config()).await;
        let mut ids = Vec::new();
        for label in ["One", "Two", "Three", "Four"] {
            let wish = json!({ "languageLabels": { "en_US": label }, "systemPresence": "Busy" });
            ids.push(client.call("POST", DEFINITIONS, &wish).await.body["id"].as_str().unwrap().to_owned());
        }
        runs.push(ids);
    }
    assert_eq!(runs[0], runs[1]);
    let begin: std::collections::BTreeSet<&str> = runs[0].iter().map(|it| &it[..8]).collect();
    assert_eq!(begin.len(), 4, "{:?}", runs[0]);
    assert!(presencectl::model::names::is_guid(&runs[0][0]), "{}", runs[0][0]);
}

#[tokio::test]
async fn a_made_id_never_meets_one_that_is_there() {
    let wish = json!({ "languageLabels": { "en_US": "One" }, "systemPresence": "Busy" });
    let first = Client::start(config()).await.call("POST", DEFINITIONS, &wish).await.body["id"].clone();
    let mut seed = config().seed;
    seed.definitions.push(json!({ "id": first, "languageLabels": {}, "systemPresence": "Busy" }));
    let client = Client::start(SandboxConfig { seed, ..config() }).await;
    assert_ne!(client.call("POST", DEFINITIONS, &wish).await.body["id"], first);
}

#[tokio::test]
async fn put_replaces_the_whole_object() {
    let mut seed = config().seed;
    seed.definitions[0]["shade"] = json!("green");
    seed.definitions[0]["name"] = json!("lunch");
    let client = Client::start(SandboxConfig { seed, ..config() }).await;
    let path = format!("{DEFINITIONS}/{LUNCH}");
    let wish = json!({ "languageLabels": { "en_US": "Lunch", "fr": "Repas" }, "systemPresence": "MEAL",
                       "deactivated": true, "shade": "red", "unheard": 1, "createdDate": "never", "id": "other" });
    let put = client.call("PUT", &path, &wish).await;
    assert_eq!(put.status, 200);
    let now = client.get(&format!("{path}?localeCode=ALL")).await.body;
    assert_eq!(now, put.body);
    assert_eq!(now["languageLabels"], json!({ "en_US": "Lunch", "fr": "Repas" }));
    assert_eq!((now["deactivated"].as_bool(), now["systemPresence"].as_str()), (Some(true), Some("Meal")));
    assert_eq!((now["id"].as_str(), now.get("createdDate")), (Some(LUNCH), None));
    // Only fields that the org has are stored, and they are gone as soon as a body does not bring them.
    assert_eq!((now["shade"].as_str(), now.get("name"), now.get("unheard")), (Some("red"), None, None));
}

#[tokio::test]
async fn delete_deactivates_and_says_nothing() {
    let client = Client::start(config()).await;
    let path = format!("{DEFINITIONS}/{LUNCH}");
    for _ in 0..2 {
        let answer = client.delete(&path).await;
        assert_eq!((answer.status, answer.body), (204, Value::Null));
    }
    assert_eq!(client.get(&path).await.body["deactivated"], true);
    assert_eq!(client.own_labels().await, ["Lunch*", "Coaching*"]);
    let back = json!({ "languageLabels": { "en_US": "Lunch" }, "systemPresence": "Meal", "deactivated": false });
    client.call("PUT", &path, &back).await;
    assert_eq!(client.own_labels().await, ["Lunch", "Coaching*"]);
}

#[tokio::test]
async fn what_makes_no_definition_is_refused_and_changes_nothing() {
    let client = Client::start(config()).await;
    let before = client.get(ALL).await.body;
    let lunch = format!("{DEFINITIONS}/{LUNCH}");
    let labels = json!({ "en_US": "x" });
    let cases = [
        ("POST", DEFINITIONS, json!([]), "the body is not an object"),
        ("POST", DEFINITIONS, json!({ "systemPresence": "Meal" }), "languageLabels is required"),
        (
            "POST",
            DEFINITIONS,
            json!({ "languageLabels": {}, "systemPresence": "Meal" }),
            "languageLabels must not be empty",
        ),
        (
            "POST",
            DEFINITIONS,
            json!({ "languageLabels": { "de": 1 }, "systemPresence": "Meal" }),
            "languageLabels.de is not a string",
        ),
        ("POST", DEFINITIONS, json!({ "languageLabels": labels }), "systemPresence is required"),
        (
            "POST",
            DEFINITIONS,
            json!({ "languageLabels": labels, "systemPresence": "Meal", "deactivated": "yes" }),
            "deactivated is not a boolean",
        ),
        ("PUT", &lunch, json!({ "systemPresence": "Meal" }), "languageLabels is required"),
        (
            "PUT",
            &lunch,
            json!({ "languageLabels": labels, "systemPresence": "Busy" }),
            "systemPresence cannot be changed; it is Meal",
        ),
        ("PUT", &lunch, json!({ "languageLabels": labels }), "systemPresence cannot be changed; it is Meal"),
    ];
    for (method, path, body, message) in cases {
        let answer = client.call(method, path, &body).await;
        let told = (answer.status, answer.body["code"].as_str(), answer.body["message"].as_str());
        assert_eq!(told, (400, Some("bad.request"), Some(message)));
    }
    let unknown = json!({ "languageLabels": labels, "systemPresence": "Siesta" });
    let answer = client.call("POST", DEFINITIONS, &unknown).await;
    assert_eq!((answer.status, answer.body["code"].as_str()), (400, Some("invalid.value")));
    assert_eq!(client.get(ALL).await.body, before);
}

#[tokio::test]
async fn primaries_cannot_be_touched() {
    let client = Client::start(config()).await;
    let path = format!("{DEFINITIONS}/{AVAILABLE}");
    let wish = json!({ "languageLabels": { "en_US": "Here" }, "systemPresence": "Available" });
    assert_eq!(client.call("PUT", &path, &wish).await.status, 400);
    assert_eq!(client.delete(&path).await.status, 400);
    assert_eq!(client.get(&path).await.body["languageLabels"]["en_US"], "Available");
}

#[tokio::test]
async fn a_seed_may_be_a_listing_of_another_org_with_its_primaries() {
    let definitions = vec![
        json!({ "id": AVAILABLE, "languageLabels": { "en_US": "Available", "de": "Da" },
                "systemPresence": "Available" }),
        json!({ "languageLabels": { "es_US": "Siesta" }, "systemPresence": "Siesta", "shade": 7 }),
    ];
    let client =
        Client::start(SandboxConfig { seed: Seed { definitions, ..Seed::default() }, ..SandboxConfig::default() })
            .await;
    let listing = client.get(ALL).await.body;
    assert_eq!(listing["total"], 11);
    let available = client.get(&format!("{DEFINITIONS}/{AVAILABLE}?localeCode=de")).await.body;
    assert_eq!((available["languageLabels"]["de"].as_str(), available["primary"].as_bool()), (Some("Da"), Some(true)));
    let siesta = &listing["entities"][10];
    assert_eq!((siesta["shade"].as_u64(), siesta["systemPresence"].as_str()), (Some(7), Some("Siesta")));
}
