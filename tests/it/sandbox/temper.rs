//! What the platform leaves open, each way; and how it goes with a large org. In process, so that time can be paused.

use std::time::Duration;

use presencectl::sandbox::temper::{CreateDeactivated, Delete, LocaleKeys, PutLabels, UniqueLabels};
use presencectl::sandbox::{Config, Permissions, Sandbox, Temper};
use serde_json::{Value, json};

use super::{ALL, AVAILABLE, Answer, DEFINITIONS, LUNCH, config, in_process, own_labels};

fn tempered(temper: Temper) -> Sandbox {
    Sandbox::open(Config { temper, ..config() }).unwrap()
}

async fn post(sandbox: &Sandbox, body: Value) -> Answer {
    in_process(sandbox, "POST", DEFINITIONS, Some(&body)).await
}

#[tokio::test]
async fn labels_may_have_to_be_unique() {
    let lunch = || json!({ "languageLabels": { "en_US": "Other", "de": "Mittag" }, "systemPresence": "Busy" });
    let coaching = || json!({ "languageLabels": { "en_US": "Coaching" }, "systemPresence": "Busy" });
    let expected = [
        (UniqueLabels::Never, [200, 200]),
        (UniqueLabels::AmongActive, [409, 200]),
        (UniqueLabels::AmongAll, [409, 409]),
    ];
    for (unique_labels, statuses) in expected {
        let sandbox = tempered(Temper { unique_labels, ..Temper::default() });
        let got = [post(&sandbox, lunch()).await.status, post(&sandbox, coaching()).await.status];
        assert_eq!(got, statuses, "{unique_labels:?}");
    }
    let sandbox = tempered(Temper { unique_labels: UniqueLabels::AmongAll, conflict_status: 400, ..Temper::default() });
    let refused = post(&sandbox, lunch()).await;
    assert_eq!(
        (refused.status, refused.body["message"].as_str()),
        (400, Some("The label [Mittag] is already used for the language [de]."))
    );
    // Its own labels are in nobody's way.
    let same = json!({ "languageLabels": { "en_US": "Lunch" }, "systemPresence": "Meal" });
    assert_eq!(in_process(&sandbox, "PUT", &format!("{DEFINITIONS}/{LUNCH}"), Some(&same)).await.status, 200);
}

#[tokio::test]
async fn put_may_merge_labels() {
    let sandbox = tempered(Temper { put_labels: PutLabels::Merged, ..Temper::default() });
    let wish = json!({ "languageLabels": { "en_US": "Lunch time" }, "systemPresence": "Meal" });
    let put = in_process(&sandbox, "PUT", &format!("{DEFINITIONS}/{LUNCH}"), Some(&wish)).await;
    assert_eq!(put.body["languageLabels"], json!({ "en_US": "Lunch time", "de": "Mittag", "no": "Lunsj" }));
}

#[tokio::test]
async fn create_may_ignore_deactivated() {
    let wish = || json!({ "languageLabels": { "en_US": "Old" }, "systemPresence": "Busy", "deactivated": true });
    let honours = tempered(Temper::default());
    assert_eq!(post(&honours, wish()).await.body["deactivated"], true);
    let ignores = tempered(Temper { create_deactivated: CreateDeactivated::Ignored, ..Temper::default() });
    assert_eq!(post(&ignores, wish()).await.body["deactivated"], false);
}

#[tokio::test]
async fn delete_may_remove() {
    let sandbox = tempered(Temper { delete: Delete::Removes, ..Temper::default() });
    let path = format!("{DEFINITIONS}/{LUNCH}");
    assert_eq!(in_process(&sandbox, "DELETE", &path, None).await.status, 204);
    assert_eq!(in_process(&sandbox, "GET", &path, None).await.status, 404);
    assert_eq!(own_labels(&in_process(&sandbox, "GET", ALL, None).await.body), ["Coaching*"]);
}

#[tokio::test]
async fn locale_keys_may_be_respelt() {
    let sandbox = tempered(Temper { locale_keys: LocaleKeys::Normalised, ..Temper::default() });
    let made = post(&sandbox, json!({ "languageLabels": { "en-us": "A", "DE": "B" }, "systemPresence": "Busy" })).await;
    assert_eq!(made.body["languageLabels"], json!({ "en_US": "A", "de": "B" }));
}

#[tokio::test]
async fn primaries_may_be_refused_otherwise() {
    for primary_status in [400, 403, 409] {
        let sandbox = tempered(Temper { primary_status, ..Temper::default() });
        let answer = in_process(&sandbox, "DELETE", &format!("{DEFINITIONS}/{AVAILABLE}"), None).await;
        assert_eq!(answer.status, primary_status);
    }
}

#[tokio::test]
async fn active_ones_may_be_limited() {
    let sandbox = tempered(Temper { active_max: Some(2), ..Temper::default() });
    let meal = |label: &str| json!({ "languageLabels": { "en_US": label }, "systemPresence": "Meal" });
    assert_eq!(post(&sandbox, meal("Second")).await.status, 200);
    let refused = post(&sandbox, meal("Third")).await;
    assert_eq!((refused.status, refused.body["limit"]["value"].as_u64()), (400, Some(2)));
    in_process(&sandbox, "DELETE", &format!("{DEFINITIONS}/{LUNCH}"), None).await;
    assert_eq!(post(&sandbox, meal("Third")).await.status, 200);
}

#[tokio::test]
async fn reading_one_may_need_todays_permission() {
    let none = Permissions::Only(std::collections::BTreeSet::new());
    for (get_needs_view, status) in [(false, 200), (true, 403)] {
        let temper = Temper { get_needs_view, ..Temper::default() };
        let sandbox = Sandbox::open(Config { temper, permissions: none.clone(), ..config() }).unwrap();
        let answer = in_process(&sandbox, "GET", &format!("{DEFINITIONS}/{LUNCH}"), None).await;
        assert_eq!(answer.status, status);
        assert_eq!(in_process(&sandbox, "GET", ALL, None).await.status, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn lists_may_lag_while_reads_by_id_do_not() {
    let sandbox = tempered(Temper { list_lag_ms: 15_000, delete: Delete::Removes, ..Temper::default() });
    let listed = async || own_labels(&in_process(&sandbox, "GET", ALL, None).await.body);
    let path = format!("{DEFINITIONS}/{LUNCH}");
    let renamed = json!({ "languageLabels": { "en_US": "Meal" }, "systemPresence": "Meal" });

    let id =
        post(&sandbox, json!({ "languageLabels": { "en_US": "Tea" }, "systemPresence": "Break" })).await.body["id"]
            .clone();
    in_process(&sandbox, "PUT", &path, Some(&renamed)).await;
    tokio::time::advance(Duration::from_secs(10)).await;
    in_process(&sandbox, "DELETE", &path, None).await;
    assert_eq!(in_process(&sandbox, "GET", &path, None).await.status, 404);
    assert_eq!(in_process(&sandbox, "GET", &format!("{DEFINITIONS}/{}", id.as_str().unwrap()), None).await.status, 200);
    assert_eq!(listed().await, ["Lunch", "Coaching*"]);
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(listed().await, ["Meal", "Coaching*", "Tea"]);
    tokio::time::advance(Duration::from_secs(10)).await;
    assert_eq!(listed().await, ["Coaching*", "Tea"]);
}

#[tokio::test(start_paused = true)]
async fn a_rate_frees_itself_with_tokios_clock() {
    let sandbox = Sandbox::open(Config { requests_per_minute: Some(1), ..config() }).unwrap();
    assert_eq!(in_process(&sandbox, "GET", ALL, None).await.status, 200);
    tokio::time::advance(Duration::from_millis(17_500)).await;
    let refused = in_process(&sandbox, "GET", ALL, None).await;
    assert_eq!((refused.status, refused.retry_after.as_deref()), (429, Some("43")));
    tokio::time::advance(Duration::from_secs(43)).await;
    assert_eq!(in_process(&sandbox, "GET", ALL, None).await.status, 200);
}

#[tokio::test]
async fn ten_thousand_definitions_are_a_hundred_pages() {
    let labels: Value =
        (0..25).map(|locale| (format!("l{locale}"), json!("label"))).collect::<serde_json::Map<_, _>>().into();
    let mut seed = config().seed;
    seed.definitions = vec![json!({ "languageLabels": labels, "systemPresence": "Busy" }); 9_990];
    let sandbox = Sandbox::open(Config { seed, ..config() }).unwrap();
    let mut ids = std::collections::BTreeSet::new();
    for page in 1..=100 {
        let listing = in_process(&sandbox, "GET", &format!("{ALL}&pageNumber={page}"), None).await.body;
        assert_eq!((listing["total"].as_u64(), listing["pageCount"].as_u64()), (Some(10_000), Some(100)));
        ids.extend(listing["entities"].as_array().unwrap().iter().map(|it| it["id"].to_string()));
    }
    assert_eq!(ids.len(), 10_000);
}
