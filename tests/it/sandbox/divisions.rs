//! Divisions: the list, the visibility for clients, and the behaviour of the first generation.

use std::collections::BTreeSet;

use presencectl::sandbox::org_behavior::{FirstDivisions, FirstPutDivision};
use presencectl::sandbox::{HeldDivision, OrgBehavior, Permissions, SandboxConfig};
use serde_json::{Value, json};

use super::{COACHING, Client, DEFINITIONS, HOME, LUNCH, NEWER, SALES, SERVICE, config};

const DIVISIONS: &str = "/api/v2/authorization/divisions";

/// Lunch is the sales people's, Coaching (deactivated) the service people's, Tea everyone's.
fn divided() -> SandboxConfig {
    let mut config = config();
    config.seed.definitions[0]["divisionId"] = json!(SALES);
    config.seed.definitions[1]["divisionId"] = json!(SERVICE);
    let tea = json!({ "id": "2fa68d50-0000-4000-8000-000000000003", "languageLabels": { "en_US": "Tea" },
                      "systemPresence": "Break" });
    config.seed.definitions.push(tea);
    config
}

fn restricted(divisions: &[&str]) -> SandboxConfig {
    SandboxConfig { divisions: Some(divisions.iter().map(|it| (*it).to_owned()).collect()), ..divided() }
}

fn names(listing: &Value) -> Vec<&str> {
    listing["entities"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect()
}

/// The labels of what a listing has beside the primaries.
async fn labels(client: &Client, path: &str) -> Vec<String> {
    let listing = client.get(path).await.body;
    let entities = listing["entities"].as_array().unwrap().iter();
    let own = entities.filter(|it| it["type"] != "System" && it["primary"] != true);
    own.map(|it| it["languageLabels"]["en_US"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_new_org_has_a_home_division_and_two_more() {
    let client = Client::start(config()).await;
    let listing = client.get(DIVISIONS).await.body;
    assert_eq!(names(&listing), ["Home", "Sales", "Service"]);
    let expected = json!({
        "id": SALES,
        "name": "Sales",
        "description": "Everyone who sells",
        "homeDivision": false,
        "selfUri": format!("{DIVISIONS}/{SALES}"),
    });
    assert_eq!(listing["entities"][1], expected);
    assert_eq!(
        (listing["entities"][0]["id"].as_str(), listing["entities"][0]["homeDivision"].as_bool()),
        (Some(HOME), Some(true))
    );
}

#[tokio::test]
async fn the_home_division_is_served_by_itself() {
    let client = Client::start(config()).await;
    let listed = client.get(DIVISIONS).await.body["entities"][0].clone();
    assert_eq!(client.get(&format!("{DIVISIONS}/home")).await.body, listed);
    let mut homeless = config();
    homeless.seed.divisions.remove(0);
    assert_eq!(Client::start(homeless).await.get(&format!("{DIVISIONS}/home")).await.status, 404);
}

#[tokio::test]
async fn links_point_to_pages_that_there_are() {
    let client = Client::start(config()).await;
    for (number, next, previous) in [(1, Some(2), None), (2, None, Some(1)), (3, None, Some(2)), (9, None, Some(2))] {
        let page = client.get(&format!("{DIVISIONS}?pageSize=2&pageNumber={number}")).await.body;
        let link =
            |page: Option<u64>| page.map_or(Value::Null, |it| format!("{DIVISIONS}?pageSize=2&pageNumber={it}").into());
        let links = ["firstUri", "lastUri", "nextUri", "previousUri"].map(|it| page[it].clone());
        assert_eq!(links, [Some(1), Some(2), next, previous].map(link), "page {number}");
    }
    let nothing = client.get(&format!("{DIVISIONS}?name=nowhere&pageNumber=2")).await.body;
    assert!(nothing["previousUri"].as_str().unwrap().contains("pageNumber=1"), "{nothing}");
}

#[tokio::test]
async fn divisions_come_in_pages_and_can_be_searched() {
    let client = Client::start(config()).await;
    let page = client.get(&format!("{DIVISIONS}?pageSize=2&pageNumber=2&name=S%26x")).await.body;
    assert_eq!(
        (page["total"].as_u64(), page["selfUri"].as_str()),
        (Some(0), Some("/api/v2/authorization/divisions?pageSize=2&pageNumber=2&name=S%26x"))
    );
    let page = client.get(&format!("{DIVISIONS}?pageSize=2&pageNumber=2")).await.body;
    let numbers = ["pageSize", "pageNumber", "total", "pageCount"].map(|it| page[it].as_u64().unwrap());
    assert_eq!((names(&page), numbers), (vec!["Service"], [2, 2, 3, 2]));
    for (query, found) in [
        // A search term is a part of a name: who wants one division compares the names.
        ("name=s", vec!["Sales", "Service"]),
        ("name=SALES", vec!["Sales"]),
        ("id=5a4db0c5-0000-4000-a000-0000000000d1&id=5a4db0c5-0000-4000-a000-0000000000d3", vec!["Home", "Service"]),
        // One parameter with commas is a list too.
        ("id=5a4db0c5-0000-4000-a000-0000000000d1,5a4db0c5-0000-4000-A000-0000000000D3", vec!["Home", "Service"]),
        ("id=nowhere", vec![]),
    ] {
        assert_eq!(names(&client.get(&format!("{DIVISIONS}?{query}")).await.body), found, "{query}");
    }
    assert_eq!(client.get(&format!("{DIVISIONS}?pageNumber=0")).await.status, 400);
}

#[tokio::test]
async fn divisions_can_be_seeded() {
    let mut config = config();
    let only =
        HeldDivision { id: "d".to_owned(), name: "All of us".to_owned(), description: String::new(), home: true };
    config.seed.divisions = vec![only];
    let client = Client::start(config).await;
    assert_eq!(names(&client.get(DIVISIONS).await.body), ["All of us"]);
    let wish = json!({ "languageLabels": { "en_US": "Tea" }, "systemPresence": "Break", "divisionId": "d" });
    assert_eq!(client.call("POST", NEWER, &wish).await.body["divisionId"], "d");
}

#[tokio::test]
async fn reading_divisions_may_need_a_permission() {
    let nothing = Permissions::Only(BTreeSet::new());
    for (divisions_need_view, status) in [(false, 200), (true, 403)] {
        let behavior = OrgBehavior { divisions_need_view, ..OrgBehavior::default() };
        let client = Client::start(SandboxConfig { behavior, permissions: nothing.clone(), ..config() }).await;
        assert_eq!(client.get(DIVISIONS).await.status, status);
    }
}

#[tokio::test]
async fn the_list_is_filtered_by_division() {
    let client = Client::start(divided()).await;
    let listed = async |query: &str| labels(&client, &format!("{NEWER}?{query}")).await;
    assert_eq!(listed("").await, ["Lunch", "Tea"]);
    assert_eq!(listed(&format!("divisionId={SALES}")).await, ["Lunch"]);
    assert_eq!(listed(&format!("divisionId={SALES}&divisionId=*")).await, ["Lunch", "Tea"]);
    assert_eq!(listed(&format!("divisionId={},*", SALES.to_uppercase())).await, ["Lunch", "Tea"]);
    assert_eq!(listed(&format!("divisionId={SERVICE}&deactivated=TRUE")).await, ["Coaching"]);
    assert!(listed("divisionId=nowhere").await.is_empty());
}

#[tokio::test]
async fn a_restricted_client_does_not_see_other_divisions() {
    let client = Client::start(restricted(&[SALES])).await;
    let coaching = format!("{NEWER}/{COACHING}");
    assert_eq!(labels(&client, NEWER).await, ["Lunch", "Tea"]);
    assert!(labels(&client, &format!("{NEWER}?deactivated=TRUE")).await.is_empty());
    let wish = json!({ "languageLabels": { "en_US": "Coaching" }, "systemPresence": "Busy" });
    let statuses = [
        client.get(&format!("{NEWER}/{LUNCH}")).await.status,
        client.get(&coaching).await.status,
        client.call("PUT", &coaching, &wish).await.status,
        client.delete(&coaching).await.status,
    ];
    assert_eq!(statuses, [200, 404, 404, 404]);
    // It can neither create nor move a definition in a division that it cannot see. It knows the names of all
    // divisions.
    let service = json!({ "languageLabels": { "en_US": "x" }, "systemPresence": "Meal", "divisionId": SERVICE });
    assert_eq!(client.call("POST", NEWER, &service).await.status, 403);
    assert_eq!(client.call("PUT", &format!("{NEWER}/{LUNCH}"), &service).await.status, 403);
    assert_eq!(client.get(DIVISIONS).await.body["total"], 3);
}

#[tokio::test]
async fn the_first_generation_shows_all_divisions_or_only_the_permitted_ones() {
    for (first_divisions, seen) in
        [(FirstDivisions::All, vec!["Lunch", "Coaching", "Tea"]), (FirstDivisions::Permitted, vec!["Lunch", "Tea"])]
    {
        let behavior = OrgBehavior { first_divisions, ..OrgBehavior::default() };
        let client = Client::start(SandboxConfig { behavior, ..restricted(&[SALES]) }).await;
        assert_eq!(labels(&client, super::ALL).await, seen);
        let status = client.get(&format!("{DEFINITIONS}/{COACHING}")).await.status;
        assert_eq!(status, if seen.len() == 3 { 200 } else { 404 });
    }
}

#[tokio::test]
async fn a_put_of_the_first_generation_leaves_the_division_or_resets_it() {
    for (first_put_division, division) in [(FirstPutDivision::Kept, SALES), (FirstPutDivision::Reset, "*")] {
        let behavior = OrgBehavior { first_put_division, ..OrgBehavior::default() };
        let client = Client::start(SandboxConfig { behavior, ..divided() }).await;
        // It does not know the field, so its value in a body has no effect.
        let wish = json!({ "languageLabels": { "en_US": "Food" }, "systemPresence": "Meal", "divisionId": HOME });
        let put = client.call("PUT", &format!("{DEFINITIONS}/{LUNCH}"), &wish).await;
        assert_eq!((put.status, put.body.get("divisionId")), (200, None));
        let now = client.get(&format!("{NEWER}/{LUNCH}")).await.body;
        assert_eq!(
            (now["languageLabels"]["en_US"].as_str(), now["divisionId"].as_str()),
            (Some("Food"), Some(division))
        );
        // What it makes is for all divisions, and a DELETE moves nothing.
        let made = client.call("POST", DEFINITIONS, &wish).await.body["id"].as_str().unwrap().to_owned();
        assert_eq!(client.get(&format!("{NEWER}/{made}")).await.body["divisionId"], "*");
        client.delete(&format!("{DEFINITIONS}/{LUNCH}")).await;
        assert_eq!(client.get(&format!("{NEWER}/{LUNCH}")).await.body["divisionId"], division);
    }
}
