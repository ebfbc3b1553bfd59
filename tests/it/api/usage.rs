//! The people with a definition: the query, and that people are counted, not queues.

use std::collections::BTreeMap;
use std::sync::Arc;

use presencectl::client::ApiErrorKind;
use presencectl::model::names::DefinitionId;
use presencectl::model::usage::{People, Queue};
use serde_json::{Value, json};

use super::double::{Answer, Double, lost, ok, status};
use super::id;

const GUID: &str = "5a4db0c5-0000-4000-8000-00000000000a";

fn result(definition: &str, users: &[&str], truncated: bool) -> Value {
    let entities: Vec<Value> =
        users.iter().map(|user| json!({ "userId": user, "organizationPresenceId": definition })).collect();
    json!({
        "group": { "organizationPresenceId": definition },
        "data": [{ "metric": "oMemberQueues", "count": 4_000 }],
        "truncated": truncated,
        "entities": entities,
    })
}

fn page(results: &[Value]) -> Answer {
    ok(&json!({ "results": results, "entityIdDimension": "userId" }).to_string())
}

async fn people(org: &Arc<Double>, ids: &[&str]) -> BTreeMap<DefinitionId, People> {
    org.session().reader().people_on(&ids.iter().map(|it| id(it)).collect()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn people_are_counted_once_over_all_pages_and_queues_never() {
    let org = Double::answering([
        page(&[result("a", &["u1", GUID, GUID], false), result("b", &["u3"], false)]),
        // No new person on this page, and one on the next page.
        page(&[result("a", &["u1", GUID], false)]),
        page(&[result("a", &[&GUID.to_uppercase(), "u4"], false), result("stranger", &["u9"], false)]),
        page(&[]),
    ]);
    let people = people(&org, &["a", "b", "c"]).await;
    let expected = [(id("a"), People::Exactly(3)), (id("b"), People::Exactly(1)), (id("c"), People::Exactly(0))];
    assert_eq!(people, BTreeMap::from(expected));
    let query = "POST https://api.mypurecloud.de/api/v2/analytics/users/activity/query?pageSize=100&pageNumber=";
    assert_eq!(org.lines(), [1, 2, 3, 4].map(|number| format!("{query}{number}")));
    let body: Value = serde_json::from_str(&org.seen()[1].body).unwrap();
    let predicate = |id: &str| json!({ "type": "dimension", "dimension": "organizationPresenceId", "operator": "matches", "value": id });
    assert_eq!(
        body,
        json!({
            "metrics": [{ "metric": "oMemberQueues", "details": true }],
            "groupBy": ["organizationPresenceId"],
            "filter": { "type": "or", "predicates": [predicate("a"), predicate("b"), predicate("c")] },
        })
    );
}

#[tokio::test(start_paused = true)]
async fn a_cut_list_reads_at_least() {
    let org = Double::answering([page(&[result("a", &["u1", "u2"], true), result("b", &["u3"], false)]), page(&[])]);
    let expected = [(id("a"), People::AtLeast(2)), (id("b"), People::Exactly(1))];
    assert_eq!(people(&org, &["a", "b"]).await, BTreeMap::from(expected));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_knows_no_pages_is_asked_twice_and_not_for_ever() {
    let org = Double::by(|_| page(&[result("a", &["u1"], false)]));
    assert_eq!(people(&org, &["a"]).await, BTreeMap::from([(id("a"), People::Exactly(1))]));
    assert_eq!(org.lines().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn many_definitions_are_asked_about_in_pieces() {
    let org = Double::by(|_| page(&[]));
    let ids: Vec<String> = (0..120).map(|number| format!("d{number}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let people = people(&org, &ids).await;
    assert_eq!((people.len(), org.lines().len()), (120, 3));
}

#[tokio::test(start_paused = true)]
async fn it_only_reads_so_a_lost_answer_is_asked_for_again() {
    let org = Double::answering([lost(), page(&[result("a", &["u1"], false)]), page(&[])]);
    assert_eq!(people(&org, &["a"]).await, BTreeMap::from([(id("a"), People::Exactly(1))]));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_had_is_an_error_and_no_number() {
    let broken = ok(r#"{"results":[{"group":{},"entities":[]}]}"#);
    let org = Double::answering([status(403, r#"{"code":"missing.permissions"}"#), broken, ok("[]")]);
    let ask = async || org.session().reader().people_on(&[id("a")].into()).await.unwrap_err().kind;
    assert!(matches!(ask().await, ApiErrorKind::Forbidden { .. }));
    let missing = "`organizationPresenceId` is missing in `results[0]`";
    assert_eq!(ask().await, ApiErrorKind::BrokenPromise(missing.to_owned()));
    assert!(matches!(ask().await, ApiErrorKind::BrokenPromise(_)));
}

#[tokio::test(start_paused = true)]
async fn who_may_be_given_work_in_one_queue_is_on_queue() {
    let entity = |user: &str, routing: Value| json!({ "userId": user, "routingStatus": routing });
    let entities = [
        entity("off", json!("OFF_QUEUE")),
        entity("idle", json!("IDLE")),
        entity("talks", json!("COMMUNICATING")),
        entity("both", json!("OFF_QUEUE")),
        entity("both", json!("INTERACTING")),
        entity("both", json!("OFF_QUEUE")),
        entity("new", json!("DREAMING")),
        json!({ "userId": "silent" }),
        entity("new-or-on", json!("DREAMING")),
        entity("new-or-on", json!("NOT_RESPONDING")),
    ];
    let group = json!({ "group": { "organizationPresenceId": "a" }, "truncated": true, "entities": entities });
    let org = Double::answering([page(&[group]), page(&[])]);
    let seats = org.session().reader().seats_on(&id("a")).await.unwrap();
    let queues: Vec<(&str, Queue)> = seats.people.iter().map(|(user, queue)| (user.as_str(), *queue)).collect();
    let expected = [
        ("both", Queue::On),
        ("idle", Queue::On),
        ("new", Queue::NotKnown),
        ("new-or-on", Queue::On),
        ("off", Queue::Off),
        ("silent", Queue::NotKnown),
        ("talks", Queue::On),
    ];
    assert_eq!((queues.as_slice(), seats.count()), (expected.as_slice(), People::AtLeast(7)));
}

#[tokio::test(start_paused = true)]
async fn somebody_without_a_usable_id_breaks_the_promise() {
    for user in [json!(null), json!("a/b"), json!("")] {
        let group = json!({ "group": { "organizationPresenceId": "a" }, "entities": [{ "userId": user }] });
        let org = Double::answering([page(&[group])]);
        let error = org.session().reader().seats_on(&id("a")).await.unwrap_err();
        assert!(matches!(error.kind, ApiErrorKind::BrokenPromise(_)), "{error}");
    }
}
