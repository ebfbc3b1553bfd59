//! The operations on users' presences.

use std::collections::{BTreeMap, BTreeSet};

use presencectl::sandbox::org_behavior::{BulkPut, Delete, Offer};
use presencectl::sandbox::{OrgBehavior, Permissions, Sandbox, SandboxConfig, seed};
use serde_json::{Value, json};

use super::{ADA, AVAILABLE, BEN, COACHING, Client, DEFINITIONS, LUNCH, NEWER, START_MS, config, in_process};

const ON_QUEUE: &str = "e08eaf1b-ee47-4fa9-a231-1200e284798f";
const BULK: &str = "/api/v2/users/presences/bulk";
const CUSTOM: &str = "5a4db0c5-0000-4000-a000-000000000001";

fn on(user: &str, definition: &str) -> Value {
    json!({ "id": user, "presenceDefinition": { "id": definition } })
}

/// How many sample users are on each definition.
fn seats(config: SandboxConfig) -> BTreeMap<String, usize> {
    let mut seats = BTreeMap::new();
    Sandbox::open(config).unwrap().with(|it| {
        for user in it.org.users().iter() {
            *seats.entry(user.presence().unwrap().definition_id.clone()).or_insert(0) += 1;
        }
    });
    seats
}

#[test]
fn sample_users_are_on_queue_on_the_orgs_own_definitions_and_elsewhere() {
    let one = seats(config());
    assert_eq!((one[ON_QUEUE], one[LUNCH], one.get(COACHING)), (13, 33, None));
    assert_eq!(one.values().sum::<usize>(), 60);
    // Each definition gets its turn.
    let mut many = config();
    let own = |label: usize| json!({ "id": format!("own {label}"), "languageLabels": { "en_US": "x" }, "systemPresence": "Busy" });
    many.seed.definitions = (1..=33).map(own).collect();
    let many = seats(many);
    assert!((1..=33).all(|it| many[&format!("own {it}")] == 1), "{many:?}");
    // An org without definitions of its own has people elsewhere.
    let none = seats(SandboxConfig::default());
    assert_eq!((none[ON_QUEUE], none.len(), none.values().sum::<usize>()), (13, 5, 60));
    let names: BTreeSet<String> = (1..=60).map(|it| seed::user(it, LUNCH, 0).name).collect();
    assert_eq!(names.len(), 60);
}

#[tokio::test]
async fn users_can_be_seeded_and_moved_behind_the_back_of_the_api() {
    let mut config = config();
    config.seed.users = Some((1..=37).map(|it| seed::user(it, LUNCH, START_MS)).collect());
    assert_eq!(seats(config.clone()), BTreeMap::from([(LUNCH.to_owned(), 37)]));
    let sandbox = Sandbox::open(config).unwrap();
    let moved = |user: &str| sandbox.with(|it| it.org.users_mut().sit(user, AVAILABLE, START_MS + 7));
    assert_eq!([moved(ADA), moved("nobody")], [true, false]);
    let ada = in_process(&sandbox, "GET", &format!("/api/v2/users/{ADA}/presences/purecloud"), None).await.body;
    assert_eq!(ada["presenceDefinition"]["id"], AVAILABLE);
    assert_eq!(ada["modifiedDate"], "2025-11-24T16:00:00.007Z");
}

#[tokio::test]
async fn sample_users_sit_on_presences() {
    let client = Client::start(config()).await;
    let ids = client.server.user_ids();
    assert_eq!((ids.len(), ids[0].as_str()), (60, ADA));
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
    assert_eq!(client.get("/api/v2/users/no one/presences/purecloud").await.status, 404);
}

#[tokio::test]
async fn the_operations_of_one_user_are_for_no_registered_source() {
    let client = Client::start(config()).await;
    for source in [CUSTOM, "unheard-of"] {
        let path = format!("/api/v2/users/{ADA}/presences/{source}");
        for answer in [client.get(&path).await, client.call("PATCH", &path, &json!({ "primary": true })).await] {
            assert_eq!(answer.status, 400, "{source}");
            let told = answer.body["message"].as_str().unwrap();
            assert!(told.contains("does not support registered presence sources"), "{told}");
        }
    }
}

#[tokio::test]
async fn ids_and_sources_are_the_same_in_any_case() {
    let client = Client::start(config()).await;
    let user = "5A4DB0C5-0000-4000-8000-0000000000AB";
    let mut config = config();
    config.seed.users =
        Some(vec![presencectl::sandbox::User::on(LUNCH, (user.to_owned(), "Zoe".to_owned()), START_MS)]);
    let odd = Client::start(config).await;
    assert_eq!(odd.get(&format!("/api/v2/users/{}/presences/PureCloud", user.to_lowercase())).await.body["id"], user);
    for path in [
        format!("/api/v2/users/{}/presences/MicrosoftTeams", ADA.to_uppercase()),
        format!("/api/v2/users/{}/presences/PURECLOUD", ADA.to_uppercase()),
    ] {
        assert_eq!(client.get(&path).await.body["id"], ADA, "{path}");
    }
    let mut entry = on(&ADA.to_uppercase(), LUNCH);
    entry["sourceId"] = json!(CUSTOM.to_uppercase());
    let put = client.call("PUT", BULK, &json!([entry])).await;
    assert_eq!((put.status, &put.body[0]["id"]), (200, &json!(ADA)), "{}", put.body);
    let bulk = format!("/api/v2/users/presences/{}/bulk?id={},{BEN}", CUSTOM.to_uppercase(), ADA.to_uppercase());
    let read = client.get(&bulk).await.body;
    let on = [0, 1].map(|it| read[it]["presenceDefinition"]["id"].as_str().unwrap());
    assert_eq!((on[0], on[1] == LUNCH), (LUNCH, false), "one user was moved, not two");
}

#[tokio::test]
async fn a_presence_is_patched_in_three_ways() {
    let client = Client::start(config()).await;
    let purecloud = format!("/api/v2/users/{ADA}/presences/purecloud");
    let custom = format!("/api/v2/users/presences/{CUSTOM}/bulk");
    let entry = json!([{ "id": ADA, "sourceId": CUSTOM, "primary": true }]);
    client.call("PUT", BULK, &entry).await;
    assert_eq!(client.get(&purecloud).await.body["primary"], false);
    let primary = client.call("PATCH", &purecloud, &json!({ "primary": true })).await;
    assert_eq!((primary.status, primary.body["primary"].as_bool()), (200, Some(true)));
    assert_eq!(client.get(&format!("{custom}?id={ADA}")).await.body[0]["sourceId"], CUSTOM);

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
    let answer = client.call("PUT", BULK, &json!([on(ADA, LUNCH), on(BEN, LUNCH)])).await;
    let ids = |body: &Value| json!(body.as_array().unwrap().iter().map(|it| it["id"].clone()).collect::<Vec<_>>());
    assert_eq!((answer.status, ids(&answer.body)), (200, json!([ADA, BEN])));

    let answer = client.call("PUT", BULK, &json!([on(ADA, AVAILABLE), on("nobody", LUNCH)])).await;
    assert_eq!((answer.status, answer.body["message"].as_str()), (400, Some("[1]: there is no user nobody")));
    let ada = client.get(&format!("/api/v2/users/{ADA}/presences/purecloud")).await.body;
    assert_eq!(ada["presenceDefinition"]["id"], LUNCH);
}

#[tokio::test]
async fn bulk_takes_the_shape_of_the_document_and_todays() {
    let client = Client::start(config()).await;
    let of_source = |name: &str, source: &str| {
        let mut entry = on(ADA, LUNCH);
        entry[name] = json!(source);
        entry
    };
    let cases = [
        (on(ADA, LUNCH), "purecloud"),
        (of_source("source", "PURECLOUD"), "purecloud"),
        (of_source("source", CUSTOM), CUSTOM),
        (of_source("sourceId", CUSTOM), CUSTOM),
    ];
    for (entry, source) in cases {
        client.call("PUT", BULK, &json!([on(ADA, AVAILABLE)])).await;
        let answer = client.call("PUT", BULK, &json!([entry])).await;
        assert_eq!((answer.status, answer.body[0]["presenceDefinition"]["id"].as_str()), (200, Some(LUNCH)), "{entry}");
        assert_eq!(answer.body[0]["selfUri"], format!("/api/v2/users/{ADA}/presences/{source}"));
        let read = client.get(&format!("/api/v2/users/presences/{source}/bulk?id={ADA}")).await.body;
        assert_eq!(read[0]["presenceDefinition"], answer.body[0]["presenceDefinition"]);
    }
    let teams = client.call("PUT", BULK, &json!([of_source("source", "MICROSOFTTEAMS")])).await;
    let told = Some("[0]: there is no source MICROSOFTTEAMS that can be written");
    assert_eq!((teams.status, teams.body["message"].as_str()), (400, told));
    // Later entries see what earlier ones have done.
    let twice = json!([on(BEN, LUNCH), { "id": BEN, "message": "hello" }]);
    let answer = client.call("PUT", BULK, &twice).await.body;
    assert_eq!((&answer[1]["presenceDefinition"]["id"], &answer[1]["message"]), (&json!(LUNCH), &json!("hello")));
}

#[tokio::test]
async fn bulk_has_a_limit_that_can_be_set() {
    let behavior = OrgBehavior { bulk_put_max: 2, ..OrgBehavior::default() };
    let client = Client::start(SandboxConfig { behavior, ..config() }).await;
    let entries = |count: usize| json!(vec![on(ADA, LUNCH); count]);
    assert_eq!(client.call("PUT", BULK, &entries(2)).await.status, 200);
    let refused = client.call("PUT", BULK, &entries(3)).await;
    assert_eq!((refused.status, refused.body["message"].as_str()), (400, Some("3 entries are more than 2")));
}

#[tokio::test]
async fn bulk_may_pass_over_what_it_cannot_do() {
    let behavior = OrgBehavior { bulk_put: BulkPut::EachForItself, ..OrgBehavior::default() };
    let client = Client::start(SandboxConfig { behavior, ..config() }).await;
    let entries = json!([on("nobody", LUNCH), on(BEN, LUNCH), on(ADA, COACHING), {}]);
    let answer = client.call("PUT", BULK, &entries).await;
    let ids: Vec<&str> = answer.body.as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!((answer.status, ids), (200, vec![BEN]));
    let ada = client.get(&format!("/api/v2/users/{ADA}/presences/purecloud")).await.body;
    assert_eq!(ada["presenceDefinition"]["id"], AVAILABLE);
}

#[tokio::test]
async fn up_to_fifty_users_are_read_at_once() {
    let client = Client::start(config()).await;
    let ids = client.server.user_ids();
    let read = async |source: &str, ids: &[String]| {
        client.get(&format!("/api/v2/users/presences/{source}/bulk?id={}", ids.join(","))).await
    };
    let answer = read("purecloud", &ids[..50]).await;
    let got: Vec<&str> = answer.body.as_array().unwrap().iter().map(|it| it["userId"].as_str().unwrap()).collect();
    assert_eq!((answer.status, got), (200, ids[..50].iter().map(String::as_str).collect()));
    let expected = json!({
        "id": ADA,
        "userId": ADA,
        "source": "PURECLOUD",
        "presenceDefinition": {
            "id": AVAILABLE,
            "systemPresence": "Available",
            "selfUri": format!("{DEFINITIONS}/{AVAILABLE}"),
        },
        "message": "",
        "modifiedDate": "2025-11-24T16:00:00.000Z",
        "selfUri": format!("/api/v2/users/{ADA}/presences/purecloud"),
    });
    assert_eq!(answer.body[0], expected);

    let custom = read(CUSTOM, &["nobody".to_owned(), BEN.to_owned()]).await;
    let told: Vec<[&str; 2]> = custom
        .body
        .as_array()
        .unwrap()
        .iter()
        .map(|it| ["userId", "sourceId"].map(|name| it[name].as_str().unwrap()))
        .collect();
    assert_eq!(told, [[BEN, CUSTOM]]);
    let repeated = client.get(&format!("/api/v2/users/presences/PURECLOUD/bulk?id={ADA}&id={BEN}")).await.body;
    assert_eq!(repeated.as_array().unwrap().len(), 2);

    let refused = read("purecloud", &ids[..51]).await;
    assert_eq!((refused.status, refused.body["message"].as_str()), (400, Some("51 ids are more than 50")));
    assert_eq!(read("purecloud", &[]).await.body["message"], "id is required");
    assert_eq!(read("microsoftteams", &ids[..1]).await.status, 404);
}

#[tokio::test]
async fn a_patch_needs_todays_permission_or_none() {
    let path = format!("/api/v2/users/{ADA}/presences/purecloud");
    let status = async |granted: &str, patch_needs_edit: bool| {
        let behavior = OrgBehavior { patch_needs_edit, ..OrgBehavior::default() };
        let permissions = Permissions::Only(BTreeSet::from([granted.to_owned()]));
        let client = Client::start(SandboxConfig { behavior, permissions, ..config() }).await;
        client.call("PATCH", &path, &json!({ "message": "x" })).await.status
    };
    assert_eq!(status("presence:userPresence:edit", true).await, 200);
    // The permission that the document names for bulk does not do here.
    assert_eq!(status("directory:user:edit", true).await, 403);
    assert_eq!(status("directory:user:edit", false).await, 200);
}

#[tokio::test]
async fn teams_may_be_gone_and_needs_two_permissions() {
    let path = format!("/api/v2/users/{ADA}/presences/microsoftteams");
    let behavior = OrgBehavior { teams: Offer::Gone(404), ..OrgBehavior::default() };
    assert_eq!(Client::start(SandboxConfig { behavior, ..config() }).await.get(&path).await.status, 404);
    let permissions = Permissions::Only(BTreeSet::from(["integration:microsoftTeams:view".to_owned()]));
    let refused = Client::start(SandboxConfig { permissions, ..config() }).await.get(&path).await;
    assert_eq!(refused.body["messageParams"]["permissions"], "[integrations:integration:view]");
}

#[tokio::test]
async fn who_sits_on_what_is_no_longer_offered_stays_there() {
    for (delete, system_presence) in [(Delete::Deactivates, json!("Meal")), (Delete::Removes, Value::Null)] {
        let behavior = OrgBehavior { delete, ..OrgBehavior::default() };
        let client = Client::start(SandboxConfig { behavior, ..config() }).await;
        client.call("PUT", BULK, &json!([on(ADA, LUNCH)])).await;
        client.delete(&format!("{NEWER}/{LUNCH}")).await;

        let purecloud = format!("/api/v2/users/{ADA}/presences/purecloud");
        let seat = |presence: &Value| {
            (presence["presenceDefinition"]["id"].clone(), presence["presenceDefinition"]["systemPresence"].clone())
        };
        let expected = (json!(LUNCH), system_presence);
        assert_eq!(seat(&client.get(&purecloud).await.body), expected);
        let teams = client.get(&format!("/api/v2/users/{ADA}/presences/microsoftteams")).await.body;
        assert_eq!(seat(&teams["presences"][0]), expected);
        let bulk = client.get(&format!("/api/v2/users/presences/purecloud/bulk?id={ADA}")).await.body;
        assert_eq!(seat(&bulk[0]), expected);
        // A message does not move anyone; the way back is closed, the way on is open.
        let message = client.call("PATCH", &purecloud, &json!({ "message": "still here" })).await;
        assert_eq!((message.status, seat(&message.body)), (200, expected));
        let to = |definition: &str| json!({ "presenceDefinition": { "id": definition } });
        assert_eq!(client.call("PATCH", &purecloud, &to(LUNCH)).await.status, 400);
        assert_eq!(client.call("PUT", BULK, &json!([on(ADA, LUNCH)])).await.status, 400);
        assert_eq!(client.call("PATCH", &purecloud, &to(AVAILABLE)).await.status, 200);
    }
}
