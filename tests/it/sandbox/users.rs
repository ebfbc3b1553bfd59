//! The operations on users' presences.

use serde_json::{Value, json};

use super::{AVAILABLE, COACHING, Client, LUNCH, config};

const ADA: &str = "5a4db0c5-0000-4000-8000-000000000001";
const BEN: &str = "5a4db0c5-0000-4000-8000-000000000002";
const CUSTOM: &str = "5a4db0c5-0000-4000-a000-000000000001";

#[tokio::test]
async fn sample_users_sit_on_presences() {
    let client = Client::start(config()).await;
    let ids = client.server.user_ids();
    assert_eq!((ids.len(), ids[0].as_str()), (4, ADA));
    let expected = json!({
        "id": ADA,
        "source": "PURECLOUD",
        "primary": true,
        "presenceDefinition": {
            "id": AVAILABLE,
            "systemPresence": "Available",
            "selfUri": format!("/api/v2/presencedefinitions/{AVAILABLE}"),
        },
        "message": "",
        "modifiedDate": "2025-11-24T16:00:00.000Z",
        "selfUri": format!("/api/v2/users/{ADA}/presences/purecloud"),
    });
    for source in ["purecloud", "PURECLOUD"] {
        assert_eq!(client.get(&format!("/api/v2/users/{ADA}/presences/{source}")).await.body, expected);
    }
    assert_eq!(client.get(&format!("/api/v2/users/{ADA}/presences/unheard-of")).await.status, 404);
    assert_eq!(client.get("/api/v2/users/nobody/presences/purecloud").await.status, 404);
}

#[tokio::test]
async fn a_presence_is_patched_in_three_ways() {
    let client = Client::start(config()).await;
    let purecloud = format!("/api/v2/users/{ADA}/presences/purecloud");
    let custom = format!("/api/v2/users/{ADA}/presences/{CUSTOM}");

    let primary = client.call("PATCH", &custom, &json!({ "primary": true })).await;
    assert_eq!((primary.status, primary.body["primary"].as_bool()), (200, Some(true)));
    assert_eq!(primary.body["sourceId"], CUSTOM);
    assert_eq!(client.get(&purecloud).await.body["primary"], false);

    let both = json!({ "presenceDefinition": { "id": LUNCH }, "message": "back at one" });
    client.call("PATCH", &purecloud, &both).await;
    let now = client.get(&purecloud).await.body;
    assert_eq!((now["presenceDefinition"]["id"].as_str(), now["message"].as_str()), (Some(LUNCH), Some("back at one")));
    assert_eq!(now["presenceDefinition"]["systemPresence"], "Meal");
}

#[tokio::test]
async fn a_patch_needs_something_to_do_and_an_active_definition() {
    let client = Client::start(config()).await;
    let path = format!("/api/v2/users/{ADA}/presences/purecloud");
    let before = client.get(&path).await.body;
    let cases = [
        (json!({}), "one of primary, presenceDefinition and message must be given".to_owned()),
        (json!({ "presenceDefinition": {} }), "presenceDefinition.id is required".to_owned()),
        (json!({ "presenceDefinition": { "id": "x" } }), "there is no active presence definition x".to_owned()),
        (
            json!({ "presenceDefinition": { "id": COACHING } }),
            format!("there is no active presence definition {COACHING}"),
        ),
    ];
    for (body, message) in cases {
        let answer = client.call("PATCH", &path, &body).await;
        assert_eq!((answer.status, answer.body["message"].as_str()), (400, Some(message.as_str())));
    }
    assert_eq!(client.get(&path).await.body, before);
}

#[tokio::test]
async fn teams_is_read_only() {
    let client = Client::start(config()).await;
    let path = format!("/api/v2/users/{ADA}/presences/microsoftteams");
    let teams = client.get(&path).await.body;
    let expected = json!({
        "id": ADA,
        "name": "Ada Sample",
        "presences": teams["presences"],
        "outOfOffices": [],
        "selfUri": path,
    });
    assert_eq!(teams, expected);
    assert_eq!(teams["presences"][0]["source"], "MICROSOFTTEAMS");
    assert_eq!(client.call("PATCH", &path, &json!({ "message": "x" })).await.status, 405);
}

#[tokio::test]
async fn bulk_sets_many_users_or_none() {
    let client = Client::start(config()).await;
    let bulk = "/api/v2/users/presences/bulk";
    let on = |user: &str, definition: &str| json!({ "id": user, "presenceDefinition": { "id": definition } });
    let answer = client.call("PUT", bulk, &json!([on(ADA, LUNCH), on(BEN, LUNCH)])).await;
    let ids = |body: &Value| json!(body.as_array().unwrap().iter().map(|it| it["id"].clone()).collect::<Vec<_>>());
    assert_eq!((answer.status, ids(&answer.body)), (200, json!([ADA, BEN])));

    let answer = client.call("PUT", bulk, &json!([on(ADA, AVAILABLE), on("nobody", LUNCH)])).await;
    assert_eq!((answer.status, answer.body["message"].as_str()), (400, Some("[1]: there is no user nobody")));
    let ada = client.get(&format!("/api/v2/users/{ADA}/presences/purecloud")).await.body;
    assert_eq!(ada["presenceDefinition"]["id"], LUNCH);
}
