//! The activity query: the people with each presence. Neither its entities nor its totals are people.

use std::collections::{BTreeMap, BTreeSet};

use presencectl::sandbox::org_behavior::Delete;
use presencectl::sandbox::users::{Presence, User};
use presencectl::sandbox::{OrgBehavior, Permissions, Sandbox, SandboxConfig, seed};
use serde_json::{Value, json};

use super::{ADA, AVAILABLE, Answer, BEN, COACHING, LUNCH, NEWER, START_MS, config, in_process};

const QUERY: &str = "/api/v2/analytics/users/activity/query";

/// An org in which nine are on Lunch and one, Jon, on Available.
fn lunch_time() -> SandboxConfig {
    let mut config = config();
    let user = |it| seed::user(it, if it == 10 { AVAILABLE } else { LUNCH }, START_MS + 1_000 * u64::from(it));
    config.seed.users = Some((1..=10).map(user).collect());
    config
}

fn open(config: SandboxConfig) -> Sandbox {
    Sandbox::open(config).unwrap()
}

fn on(definition: &str) -> Value {
    json!({ "type": "dimension", "dimension": "organizationPresenceId", "operator": "matches", "value": definition })
}

/// A query about any of these definitions.
fn about(definitions: &[&str]) -> Value {
    let predicates: Vec<Value> = definitions.iter().map(|it| on(it)).collect();
    json!({
        "metrics": [{ "metric": "oActiveQueues" }, { "metric": "oMemberQueues", "details": true }],
        "groupBy": ["organizationPresenceId"],
        "filter": { "type": "or", "predicates": predicates },
    })
}

async fn ask(sandbox: &Sandbox, page: &str, query: &Value) -> Answer {
    in_process(sandbox, "POST", &format!("{QUERY}?{page}"), Some(query)).await
}

/// The results of a page, by presence.
fn results(answer: &Answer) -> BTreeMap<String, &Value> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let all = answer.body["results"].as_array().unwrap().iter();
    all.map(|it| (it["group"]["organizationPresenceId"].as_str().unwrap().to_owned(), it)).collect()
}

fn people(result: &Value) -> BTreeSet<&str> {
    result["entities"].as_array().unwrap().iter().map(|it| it["userId"].as_str().unwrap()).collect()
}

/// Who is on each presence, read from all pages.
async fn read_all(sandbox: &Sandbox, size: u32, query: &Value) -> (BTreeMap<String, BTreeSet<String>>, u32) {
    let mut people: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for page in 1.. {
        let answer = ask(sandbox, &format!("pageSize={size}&pageNumber={page}"), query).await;
        let results = results(&answer);
        if results.is_empty() {
            return (people, page);
        }
        for (presence, result) in results {
            let here = self::people(result).into_iter().map(str::to_owned);
            people.entry(presence).or_default().extend(here);
        }
    }
    unreachable!()
}

#[tokio::test]
async fn an_entity_is_a_user_in_a_queue_and_a_count_is_of_queues() {
    let sandbox = open(lunch_time());
    let answer = ask(&sandbox, "", &about(&[AVAILABLE])).await;
    let expected = json!({
        "results": [{
            "group": { "organizationPresenceId": AVAILABLE },
            "data": [
                { "metric": "oActiveQueues", "count": 2 },
                { "metric": "oMemberQueues", "count": 2, "entityIds": [
                    "5a4db0c5-0000-4000-a000-0000000000e7", "5a4db0c5-0000-4000-a000-0000000000e1",
                ] },
            ],
            "truncated": false,
            "entities": answer.body["results"][0]["entities"],
        }],
        "entityIdDimension": "queueId",
    });
    let sorted = |mut body: Value| {
        let ids = body["results"][0]["data"][1]["entityIds"].as_array_mut().unwrap();
        ids.sort_by_key(Value::to_string);
        body
    };
    assert_eq!(sorted(answer.body.clone()), sorted(expected));
    let entity = json!({
        "activityDate": "2025-11-24T16:00:10.000Z",
        "userId": "5a4db0c5-0000-4000-8000-000000000010",
        "organizationPresenceId": AVAILABLE,
        "systemPresence": "AVAILABLE",
        "presenceDate": "2025-11-24T16:00:10.000Z",
        "routingStatus": "OFF_QUEUE",
        "routingStatusDate": "2025-11-24T16:00:10.000Z",
        "queueId": "5a4db0c5-0000-4000-a000-0000000000e1",
        "queueMembershipStatus": "ACTIVE",
    });
    let entities = answer.body["results"][0]["entities"].as_array().unwrap();
    assert_eq!((entities.len(), &entities[0]), (2, &entity));

    // Nine people, and no number that is nine.
    let answer = ask(&sandbox, "pageSize=50", &about(&[LUNCH])).await;
    let lunch = results(&answer)[LUNCH];
    assert_eq!(people(lunch).len(), 9);
    let counts: Vec<&Value> = lunch["data"].as_array().unwrap().iter().map(|it| &it["count"]).collect();
    assert_eq!((counts, lunch["entities"].as_array().unwrap().len()), (vec![&json!(18), &json!(27)], 27));
}

#[tokio::test]
async fn a_user_can_be_on_two_pages_and_only_the_end_tells_the_end() {
    let sandbox = open(lunch_time());
    let query = about(&[LUNCH, AVAILABLE, COACHING]);
    let mut seen: Vec<BTreeSet<String>> = Vec::new();
    for page in 1..=3 {
        let answer = ask(&sandbox, &format!("pageSize=4&pageNumber={page}"), &query).await;
        seen.push(people(results(&answer)[LUNCH]).into_iter().map(str::to_owned).collect());
    }
    assert!(!seen[0].is_disjoint(&seen[1]) || !seen[1].is_disjoint(&seen[2]), "{seen:?}");
    for (size, last) in [(4, 9), (25, 3), (50, 2), (9_999, 2)] {
        let (people, page) = read_all(&sandbox, size, &query).await;
        let counts: Vec<(&str, usize)> = people.iter().map(|(id, it)| (id.as_str(), it.len())).collect();
        // No user has Coaching, so there is no result.
        assert_eq!((counts, page), (vec![(LUNCH, 9), (AVAILABLE, 1)], last), "pages of {size}");
    }
}

#[tokio::test]
async fn pages_have_fifty_entities_at_most_and_say_nothing_about_it() {
    let mut config = config();
    config.seed.users = Some((1..=60).map(|it| seed::user(it, LUNCH, START_MS)).collect());
    let sandbox = open(config);
    let answer = ask(&sandbox, "pageSize=500", &about(&[LUNCH])).await;
    assert_eq!(results(&answer)[LUNCH]["entities"].as_array().unwrap().len(), 50);
    let (people, _) = read_all(&sandbox, 500, &about(&[LUNCH])).await;
    assert_eq!(people[LUNCH].len(), 60);
}

#[tokio::test]
async fn people_move_between_two_pages() {
    let sandbox = open(lunch_time());
    let query = about(&[LUNCH, AVAILABLE]);
    let first = ask(&sandbox, "pageSize=4&pageNumber=1", &query).await;
    assert!(people(results(&first)[LUNCH]).contains(ADA));
    sandbox.with(|it| it.org.users_mut().sit(ADA, AVAILABLE, START_MS + 60_000));
    let (later, _) = read_all(&sandbox, 4, &query).await;
    assert!(later[AVAILABLE].contains(ADA) && !later[LUNCH].contains(ADA));
    assert_eq!((later[LUNCH].len(), later[AVAILABLE].len()), (8, 2));
}

#[tokio::test]
async fn a_list_that_is_cut_says_so_and_keeps_the_oldest_and_the_newest() {
    let behavior = OrgBehavior { entities_max: Some(5), ..OrgBehavior::default() };
    let sandbox = open(SandboxConfig { behavior, ..lunch_time() });
    let answer = ask(&sandbox, "", &about(&[LUNCH, AVAILABLE])).await;
    let results = results(&answer);
    let (lunch, available) = (results[LUNCH], results[AVAILABLE]);
    let dates: Vec<&str> =
        lunch["entities"].as_array().unwrap().iter().map(|it| &it["presenceDate"].as_str().unwrap()[17..19]).collect();
    assert_eq!((lunch["truncated"].as_bool(), dates), (Some(true), vec!["01", "01", "01", "09", "09"]));
    assert_eq!(available["truncated"], false);
    // What is counted is not cut.
    assert_eq!(lunch["data"][0]["count"], 18);
}

#[tokio::test]
async fn clauses_and_predicates_are_joined_as_they_say() {
    let sandbox = open(lunch_time());
    let is_ada = || json!({ "dimension": "userId", "value": ADA.to_uppercase() });
    let any = |predicates: Value| json!({ "type": "or", "predicates": predicates });
    let cases = [
        (Value::Null, vec![(LUNCH, 9), (AVAILABLE, 1)]),
        (json!({ "type": "and", "predicates": [on(LUNCH), is_ada()] }), vec![(LUNCH, 1)]),
        (json!({ "type": "and", "predicates": [on(AVAILABLE), is_ada()] }), vec![]),
        (any(json!([on(AVAILABLE), is_ada()])), vec![(LUNCH, 1), (AVAILABLE, 1)]),
        (
            json!({ "type": "and", "clauses": [any(json!([on(LUNCH), on(AVAILABLE)])), any(json!([is_ada()]))] }),
            vec![(LUNCH, 1)],
        ),
        (
            json!({ "type": "or", "clauses": [any(json!([is_ada()]))], "predicates": [on(AVAILABLE)] }),
            vec![(LUNCH, 1), (AVAILABLE, 1)],
        ),
        (json!({ "type": "and", "predicates": [{ "dimension": "teamId", "operator": "exists" }] }), vec![]),
        (
            json!({ "type": "and", "predicates": [on(LUNCH), { "dimension": "teamId", "operator": "notExists" }] }),
            vec![(LUNCH, 9)],
        ),
        (
            json!({ "type": "and", "predicates": [{ "dimension": "systemPresence", "value": "MEAL" }] }),
            vec![(LUNCH, 9)],
        ),
    ];
    for (filter, expected) in cases {
        let mut query = about(&[]);
        query["filter"] = filter.clone();
        let (people, _) = read_all(&sandbox, 50, &query).await;
        let counts: Vec<(&str, usize)> = people.iter().map(|(id, it)| (id.as_str(), it.len())).collect();
        assert_eq!(counts, expected, "{filter}");
    }
}

#[tokio::test]
async fn what_is_no_query_is_refused() {
    let sandbox = open(lunch_time());
    let with = |name: &str, value: Value| {
        let mut query = about(&[LUNCH]);
        query[name] = value;
        query
    };
    let filter = |predicate: Value| with("filter", json!({ "type": "and", "predicates": [predicate] }));
    let cases = [
        (json!({ "groupBy": ["organizationPresenceId"] }), "bad.request"),
        (with("metrics", json!([])), "bad.request"),
        (with("metrics", json!([{ "metric": "tIdle" }])), "invalid.value"),
        (with("groupBy", json!(["userId"])), "bad.request"),
        (with("groupBy", json!(["shoeSize"])), "invalid.value"),
        (with("order", json!("random")), "invalid.value"),
        (with("filter", json!({ "predicates": [on(LUNCH)] })), "invalid.value"),
        (filter(json!({ "dimension": "shoeSize", "value": "44" })), "invalid.value"),
        (filter(json!({ "dimension": "userId" })), "bad.request"),
        (filter(json!({ "dimension": "userId", "operator": "like", "value": "A" })), "invalid.value"),
    ];
    for (query, code) in cases {
        let answer = ask(&sandbox, "", &query).await;
        assert_eq!((answer.status, answer.body["code"].as_str()), (400, Some(code)), "{query}");
    }
    assert_eq!(ask(&sandbox, "pageSize=0", &about(&[LUNCH])).await.status, 400);
    assert_eq!(in_process(&sandbox, "GET", QUERY, None).await.status, 405);
}

#[tokio::test]
async fn it_needs_a_permission() {
    for (name, status) in [("analytics:userObservation:view", 200), ("presence:presenceDefinition:view", 403)] {
        let permissions = Permissions::Only(BTreeSet::from([name.to_owned()]));
        let sandbox = open(SandboxConfig { permissions, ..lunch_time() });
        let answer = ask(&sandbox, "", &about(&[LUNCH])).await;
        assert_eq!(answer.status, status);
        assert!(status == 200 || answer.body["code"] == "missing.any.permissions");
    }
}

#[tokio::test]
async fn who_sits_on_what_is_no_longer_offered_is_still_counted() {
    for (delete, system_presence) in [(Delete::Deactivates, Some("MEAL")), (Delete::Removes, None)] {
        let sandbox =
            open(SandboxConfig { behavior: OrgBehavior { delete, ..OrgBehavior::default() }, ..lunch_time() });
        in_process(&sandbox, "DELETE", &format!("{NEWER}/{LUNCH}"), None).await;
        let answer = ask(&sandbox, "pageSize=50", &about(&[LUNCH])).await;
        let lunch = results(&answer)[LUNCH];
        assert_eq!((people(lunch).len(), lunch["entities"][0]["systemPresence"].as_str()), (9, system_presence));
    }
}

#[tokio::test]
async fn what_counts_is_the_primary_source_and_queues_are_worked_on_queue() {
    let on_queue = "e08eaf1b-ee47-4fa9-a231-1200e284798f";
    let is_on_queue = async |sandbox: &Sandbox| {
        read_all(sandbox, 50, &about(&[on_queue])).await.0.get(on_queue).is_some_and(|it| it.contains(BEN))
    };
    let sandbox = open(config());
    assert!(is_on_queue(&sandbox).await);
    // Another source counts, and says something else than the platform's own.
    let custom = "5a4db0c5-0000-4000-a000-000000000001";
    let on = |definition_id: &str| Presence {
        definition_id: definition_id.to_owned(),
        message: String::new(),
        modified_ms: START_MS,
    };
    let ben = User {
        id: BEN.to_owned(),
        name: "Ben".to_owned(),
        primary_source: custom.to_owned(),
        presences: [("purecloud".to_owned(), on(on_queue)), (custom.to_owned(), on(AVAILABLE))].into(),
    };
    let mut other = config();
    other.seed.users = Some(vec![ben]);
    assert!(!is_on_queue(&open(other)).await);
    let answer = ask(&sandbox, "", &about(&[on_queue])).await;
    let entities = results(&answer)[on_queue]["entities"].as_array().unwrap().iter();
    let routing: BTreeSet<&str> = entities.map(|it| it["routingStatus"].as_str().unwrap()).collect();
    assert!(routing.contains("IDLE") && !routing.contains("OFF_QUEUE"), "{routing:?}");
}
