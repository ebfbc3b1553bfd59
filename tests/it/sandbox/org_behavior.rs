//! Each variant of undocumented behaviour, and a large org. In process, so that time can be paused.

use std::time::Duration;

use presencectl::sandbox::org_behavior::{
    CreateDeactivated, CreateExtra, Delete, LocaleKeys, Offer, PutLabels, PutSystemPresence, UniqueLabels,
};
use presencectl::sandbox::{OrgBehavior, Permissions, Sandbox, SandboxConfig};
use serde_json::{Value, json};

use super::{ALL, AVAILABLE, Answer, DEFINITIONS, LUNCH, NEWER, config, in_process, own_labels};

fn behaving(behavior: OrgBehavior) -> Sandbox {
    Sandbox::open(SandboxConfig { behavior, ..config() }).unwrap()
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
        let sandbox = behaving(OrgBehavior { unique_labels, ..OrgBehavior::default() });
        let got = [post(&sandbox, lunch()).await.status, post(&sandbox, coaching()).await.status];
        assert_eq!(got, statuses, "{unique_labels:?}");
    }
    let sandbox =
        behaving(OrgBehavior { unique_labels: UniqueLabels::AmongAll, conflict_status: 400, ..OrgBehavior::default() });
    let refused = post(&sandbox, lunch()).await;
    assert_eq!(
        (refused.status, refused.body["message"].as_str()),
        (400, Some("The label [Mittag] is already used for the language [de]."))
    );
    // Its own labels do not conflict.
    let same = json!({ "languageLabels": { "en_US": "Lunch" }, "systemPresence": "Meal" });
    assert_eq!(in_process(&sandbox, "PUT", &format!("{DEFINITIONS}/{LUNCH}"), Some(&same)).await.status, 200);
}

#[tokio::test]
async fn put_may_merge_labels() {
    let sandbox = behaving(OrgBehavior { put_labels: PutLabels::Merged, ..OrgBehavior::default() });
    let wish = json!({ "languageLabels": { "en_US": "Lunch time" }, "systemPresence": "Meal" });
    let put = in_process(&sandbox, "PUT", &format!("{DEFINITIONS}/{LUNCH}"), Some(&wish)).await;
    assert_eq!(put.body["languageLabels"], json!({ "en_US": "Lunch time", "de": "Mittag", "no": "Lunsj" }));
}

#[tokio::test]
async fn create_may_ignore_deactivated() {
    let wish = || json!({ "languageLabels": { "en_US": "Old" }, "systemPresence": "Busy", "deactivated": true });
    let honours = behaving(OrgBehavior::default());
    assert_eq!(post(&honours, wish()).await.body["deactivated"], true);
    let ignores = behaving(OrgBehavior { create_deactivated: CreateDeactivated::Ignored, ..OrgBehavior::default() });
    assert_eq!(post(&ignores, wish()).await.body["deactivated"], false);
}

#[tokio::test]
async fn delete_may_remove() {
    let sandbox = behaving(OrgBehavior { delete: Delete::Removes, ..OrgBehavior::default() });
    let path = format!("{DEFINITIONS}/{LUNCH}");
    assert_eq!(in_process(&sandbox, "DELETE", &path, None).await.status, 204);
    assert_eq!(in_process(&sandbox, "GET", &path, None).await.status, 404);
    assert_eq!(own_labels(&in_process(&sandbox, "GET", ALL, None).await.body), ["Coaching*"]);
}

#[tokio::test]
async fn locale_keys_may_be_respelt() {
    let sandbox = behaving(OrgBehavior { locale_keys: LocaleKeys::Normalised, ..OrgBehavior::default() });
    let made = post(&sandbox, json!({ "languageLabels": { "en-us": "A", "DE": "B" }, "systemPresence": "Busy" })).await;
    assert_eq!(made.body["languageLabels"], json!({ "en_US": "A", "de": "B" }));
}

#[tokio::test]
async fn primaries_may_be_refused_otherwise() {
    for primary_status in [400, 403, 409] {
        let sandbox = behaving(OrgBehavior { primary_status, ..OrgBehavior::default() });
        let answer = in_process(&sandbox, "DELETE", &format!("{DEFINITIONS}/{AVAILABLE}"), None).await;
        assert_eq!(answer.status, primary_status);
    }
}

#[tokio::test]
async fn active_ones_may_be_limited() {
    let sandbox = behaving(OrgBehavior { active_max: Some(2), ..OrgBehavior::default() });
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
        let behavior = OrgBehavior { get_needs_view, ..OrgBehavior::default() };
        let sandbox = Sandbox::open(SandboxConfig { behavior, permissions: none.clone(), ..config() }).unwrap();
        let answer = in_process(&sandbox, "GET", &format!("{DEFINITIONS}/{LUNCH}"), None).await;
        assert_eq!(answer.status, status);
        assert_eq!(in_process(&sandbox, "GET", ALL, None).await.status, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn lists_may_lag_while_reads_by_id_do_not() {
    let sandbox = behaving(OrgBehavior { list_lag_ms: 15_000, delete: Delete::Removes, ..OrgBehavior::default() });
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
async fn what_was_just_made_may_not_be_found_by_its_id_at_first() {
    let sandbox =
        behaving(OrgBehavior { get_after_create_lag_ms: 3_000, delete: Delete::Removes, ..OrgBehavior::default() });
    let smoke = json!({ "languageLabels": { "en_US": "Smoke" }, "systemPresence": "Break" });
    let id = post(&sandbox, smoke.clone()).await.body["id"].as_str().unwrap().to_owned();
    let status = async |path: &str| in_process(&sandbox, "GET", &format!("{path}/{id}"), None).await.status;
    assert_eq!([status(DEFINITIONS).await, status(NEWER).await], [404, 404]);
    // Lists show it, and what is not new is read as it is.
    assert_eq!(own_labels(&in_process(&sandbox, "GET", ALL, None).await.body), ["Lunch", "Coaching*", "Smoke"]);
    let lunch = format!("{DEFINITIONS}/{LUNCH}");
    let food = json!({ "languageLabels": { "en_US": "Food" }, "systemPresence": "Meal" });
    in_process(&sandbox, "PUT", &lunch, Some(&food)).await;
    assert_eq!(in_process(&sandbox, "GET", &lunch, None).await.body["languageLabels"]["en_US"], "Food");
    tokio::time::advance(Duration::from_millis(2_999)).await;
    assert_eq!(status(DEFINITIONS).await, 404);
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!([status(DEFINITIONS).await, status(NEWER).await], [200, 200]);
    in_process(&sandbox, "DELETE", &format!("{DEFINITIONS}/{id}"), None).await;
    assert_eq!(status(DEFINITIONS).await, 404);
}

#[tokio::test(start_paused = true)]
async fn reads_by_id_may_lag_too() {
    let sandbox = behaving(OrgBehavior { get_lag_ms: 5_000, delete: Delete::Removes, ..OrgBehavior::default() });
    let lunch = format!("{NEWER}/{LUNCH}");
    let label = async || {
        let answer = in_process(&sandbox, "GET", &lunch, None).await;
        answer.body["languageLabels"]["en_US"].as_str().map(str::to_owned)
    };
    for name in ["Food", "Meal"] {
        let wish = json!({ "languageLabels": { "en_US": name }, "systemPresence": "Meal" });
        assert_eq!(in_process(&sandbox, "PUT", &lunch, Some(&wish)).await.body["languageLabels"]["en_US"], name);
        tokio::time::advance(Duration::from_secs(2)).await;
    }
    in_process(&sandbox, "DELETE", &lunch, None).await;
    assert_eq!(label().await.as_deref(), Some("Lunch"));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(label().await.as_deref(), Some("Food"));
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(label().await.as_deref(), Some("Meal"));
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(label().await, None);
    // Made and removed within the lag: it was never there.
    let smoke = json!({ "languageLabels": { "en_US": "Smoke" }, "systemPresence": "Break" });
    let path = format!("{NEWER}/{}", post(&sandbox, smoke).await.body["id"].as_str().unwrap());
    tokio::time::advance(Duration::from_secs(2)).await;
    in_process(&sandbox, "DELETE", &path, None).await;
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(in_process(&sandbox, "GET", &path, None).await.status, 404);
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(in_process(&sandbox, "GET", &path, None).await.body["languageLabels"]["en_US"], "Smoke");
}

#[tokio::test]
async fn a_generation_may_be_gone() {
    let behavior = |generation1, generation2| OrgBehavior { generation1, generation2, ..OrgBehavior::default() };
    let cases = [
        (behavior(Offer::Gone(404), Offer::Served), 404, "not.found", 200),
        (behavior(Offer::Gone(410), Offer::Served), 410, "gone", 200),
        (behavior(Offer::Served, Offer::Gone(404)), 200, "not.found", 404),
        (behavior(Offer::Served, Offer::Gone(410)), 200, "gone", 410),
    ];
    for (behavior, first, code, second) in cases {
        let sandbox = behaving(behavior);
        for (path, status) in [(DEFINITIONS, first), (NEWER, second)] {
            for path in [path.to_owned(), format!("{path}/{LUNCH}")] {
                let answer = in_process(&sandbox, "GET", &path, None).await;
                assert_eq!(answer.status, status, "{path}");
                assert!(status == 200 || answer.body["code"] == code, "{path}");
            }
            let wish = json!({ "languageLabels": { "en_US": path }, "systemPresence": "Busy" });
            assert_eq!(in_process(&sandbox, "POST", path, Some(&wish)).await.status, status);
        }
        // It may go, and come back, while the org runs.
        sandbox.with(|it| it.org.behavior = OrgBehavior::default());
        assert_eq!(in_process(&sandbox, "GET", DEFINITIONS, None).await.status, 200);
    }
}

#[tokio::test]
async fn another_system_presence_may_be_carried_out() {
    for (path, spelling) in [(DEFINITIONS, "On Queue"), (NEWER, "OnQueue")] {
        let behavior = OrgBehavior { put_system_presence: PutSystemPresence::CarriedOut, ..OrgBehavior::default() };
        let sandbox = behaving(behavior);
        let path = format!("{path}/{LUNCH}");
        let put = async |system_presence: Value| {
            let wish = json!({ "languageLabels": { "en_US": "Lunch" }, "systemPresence": system_presence });
            in_process(&sandbox, "PUT", &path, Some(&wish)).await
        };
        assert_eq!(put(json!(spelling)).await.body["systemPresence"], spelling);
        assert_eq!(put(json!("Siesta")).await.body["code"], "invalid.value");
        assert_eq!(put(Value::Null).await.status, 400);
        let now = in_process(&sandbox, "GET", &path, None).await.body;
        assert_eq!(now["systemPresence"], spelling);
    }
}

#[tokio::test]
async fn the_org_may_give_fields_that_no_document_names() {
    let sandbox = behaving(OrgBehavior { create_extra: CreateExtra::Unknown, ..OrgBehavior::default() });
    for path in [DEFINITIONS, NEWER] {
        let wish = json!({ "languageLabels": { "en_US": "Smoke" }, "systemPresence": "Break" });
        let made = in_process(&sandbox, "POST", path, Some(&wish)).await.body;
        assert_eq!(made["sandboxExtra"], json!({ "rank": 7, "shade": null }));
        let path = made["selfUri"].as_str().unwrap();
        assert_eq!(in_process(&sandbox, "PUT", path, Some(&made)).await.body["sandboxExtra"], made["sandboxExtra"]);
        assert_eq!(in_process(&sandbox, "PUT", path, Some(&wish)).await.body.get("sandboxExtra"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_frees_itself_with_tokios_clock() {
    let sandbox = Sandbox::open(SandboxConfig { requests_per_minute: Some(1), ..config() }).unwrap();
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
    let sandbox = Sandbox::open(SandboxConfig { seed, ..config() }).unwrap();
    let mut ids = std::collections::BTreeSet::new();
    for page in 1..=100 {
        let listing = in_process(&sandbox, "GET", &format!("{ALL}&pageNumber={page}"), None).await.body;
        assert_eq!((listing["total"].as_u64(), listing["pageCount"].as_u64()), (Some(10_000), Some(100)));
        ids.extend(listing["entities"].as_array().unwrap().iter().map(|it| it["id"].to_string()));
    }
    assert_eq!(ids.len(), 10_000);
}

#[test]
fn the_page_about_the_sandbox_names_every_behavior() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/sandbox.md")).unwrap();
    let shown = format!("{:#?}", OrgBehavior::default());
    let names: Vec<&str> = shown.lines().filter_map(|line| line.trim().split_once(':')).map(|(name, _)| name).collect();
    assert!(names.len() > 20, "{shown}");
    for name in names {
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
}
