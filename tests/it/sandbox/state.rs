//! The state file: it outlives a process, is never half, never silently replaced, never shared.

use std::fs;
use std::path::{Path, PathBuf};

use presencectl::sandbox::{Sandbox, SandboxConfig, SandboxError, read_seed_file};
use serde_json::{Value, json};

use super::{ALL, Client, DEFINITIONS, LUNCH, NEWER, SALES, config, in_process, own_labels};

fn with_state(path: &Path) -> SandboxConfig {
    SandboxConfig { state_file: Some(path.to_owned()), ..config() }
}

fn refusal(path: &Path) -> String {
    let error: SandboxError = Sandbox::open(with_state(path)).unwrap_err();
    error.to_string().replace(path.to_str().unwrap(), "FILE")
}

fn smoke(label: &str) -> Value {
    json!({ "languageLabels": { "en_US": label }, "systemPresence": "Break" })
}

#[tokio::test]
async fn a_second_run_finds_what_the_first_one_did() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/org.json");
    let first = Client::start(with_state(&path)).await;
    let made = first.call("POST", DEFINITIONS, &smoke("Smoke")).await.body;
    first.delete(&format!("{DEFINITIONS}/{LUNCH}")).await;
    let user = format!("/api/v2/users/{}/presences/purecloud", first.server.user_ids()[0]);
    first.call("PATCH", &user, &json!({ "message": "hello" })).await;
    let before = first.get(ALL).await.body;
    first.server.shutdown().await;

    let second = Client::start(with_state(&path)).await;
    assert_eq!(second.get(ALL).await.body, before);
    assert_eq!(second.get(&user).await.body["message"], "hello");
    assert_ne!(second.call("POST", DEFINITIONS, &smoke("Tea")).await.body["id"], made["id"]);
    assert_eq!(second.own_labels().await, ["Lunch*", "Coaching*", "Smoke", "Tea"]);
}

#[tokio::test]
async fn an_answered_change_is_in_the_file_already() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("org.json");
    let client = Client::start(with_state(&path)).await;
    client.call("POST", DEFINITIONS, &smoke("Smoke")).await;
    let state: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!((state["format_version"].as_u64(), state["revision"].as_u64()), (Some(2), Some(1)));
    assert_eq!(state["definitions"][12]["labels"], json!({ "en_US": "Smoke" }));
    // Nothing else is left in the folder: no half file, no changes of a small org.
    let mut names: Vec<PathBuf> =
        fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name().into()).collect();
    names.sort();
    assert_eq!(names, ["org.json", "org.json.lock"].map(PathBuf::from));
}

/// A state of version 1: no divisions, and a body's division is among the unknown fields.
fn version_1(definition_count: usize) -> Value {
    let definition = |number: usize| {
        json!({
            "id": format!("2fa68d50-0000-4000-8000-{number:012}"),
            "labels": { "en_US": format!("Lunch {number}") },
            "system_presence": "Meal",
            "deactivated": false,
            "primary": false,
            "stamps": {},
            "extra": { "divisionId": SALES, "type": "User", "shade": "x".repeat(300) },
        })
    };
    json!({
        "format_version": 1,
        "revision": 3,
        "org_id": "22222222-bbbb-4bbb-8bbb-222222222222",
        "org_name": "Acme",
        "id_count": 2,
        "definitions": (1..=definition_count).map(definition).collect::<Vec<_>>(),
        "users": [{
            "id": "5a4db0c5-0000-4000-8000-000000000001",
            "name": "Ada Sample",
            "primary_source": "purecloud",
            "presences": { "purecloud": { "definition_id": LUNCH, "message": "", "modified_ms": 7 } },
        }],
    })
}

#[tokio::test]
async fn a_state_of_the_version_before_is_read_and_written_anew_with_the_next_change() {
    let folder = tempfile::tempdir().unwrap();
    let (path, changes) = (folder.path().join("org.json"), folder.path().join("org.json.changes"));
    // The larger one would be followed by its changes, if it were of this version.
    for (count, is_large) in [(1, false), (1_000, true)] {
        let old = version_1(count).to_string();
        assert_eq!(old.len() > 256 * 1024, is_large);
        fs::write(&path, &old).unwrap();
        let sandbox = Sandbox::open(with_state(&path)).unwrap();
        let lunch = in_process(&sandbox, "GET", &format!("{NEWER}/{LUNCH}"), None).await.body;
        assert_eq!((lunch["divisionId"].as_str(), lunch["type"].as_str()), (Some(SALES), Some("User")));
        assert_eq!(lunch["shade"].as_str().map(str::len), Some(300));
        let divisions = in_process(&sandbox, "GET", "/api/v2/authorization/divisions", None).await.body;
        assert_eq!(divisions["total"], 3);
        assert_eq!(fs::read_to_string(&path).unwrap(), old, "a look changes nothing");

        in_process(&sandbox, "POST", DEFINITIONS, Some(&smoke("Smoke"))).await;
        sandbox.close();
        assert!(!changes.exists(), "{count}");
        let state: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!((state["format_version"].as_u64(), state["revision"].as_u64()), (Some(2), Some(4)));
        assert_eq!(state["definitions"][0]["division_id"], SALES);
        Sandbox::open(with_state(&path)).unwrap();
    }
}

#[tokio::test]
async fn changes_of_the_version_before_are_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("org.json");
    let mut old = version_1(1);
    let mut renamed = old["definitions"][0].clone();
    renamed["labels"]["en_US"] = json!("Food");
    fs::write(&path, old.to_string()).unwrap();
    let line = json!({ "revision": 4, "id_count": 2, "definitions": [renamed] });
    fs::write(folder.path().join("org.json.changes"), format!("{line}\n")).unwrap();
    let sandbox = Sandbox::open(with_state(&path)).unwrap();
    let lunch = in_process(&sandbox, "GET", &format!("{NEWER}/{LUNCH}"), None).await.body;
    assert_eq!((&lunch["languageLabels"]["en_US"], &lunch["divisionId"]), (&json!("Food"), &json!(SALES)));
    sandbox.close();
    // One that was tampered with is no state.
    old["definitions"][0]["division"] = json!(SALES);
    fs::write(&path, old.to_string()).unwrap();
    assert!(refusal(&path).starts_with("`FILE` is not a sandbox state: unknown field `division`"));
}

#[tokio::test]
async fn divisions_outlive_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("org.json");
    let mut config = with_state(&path);
    config.seed.divisions.truncate(2);
    let first = Sandbox::open(config).unwrap();
    let mut wish = smoke("Smoke");
    wish["divisionId"] = json!(SALES);
    let made = in_process(&first, "POST", NEWER, Some(&wish)).await.body;
    first.close();
    let second = Sandbox::open(with_state(&path)).unwrap();
    assert_eq!(in_process(&second, "GET", made["selfUri"].as_str().unwrap(), None).await.body, made);
    assert_eq!(in_process(&second, "GET", "/api/v2/authorization/divisions", None).await.body["total"], 2);
}

#[tokio::test]
async fn a_change_that_cannot_be_kept_is_told_and_caught_up_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/org.json");
    let sandbox = Sandbox::open(with_state(&path)).unwrap();
    fs::remove_dir_all(folder.path().join("deep")).unwrap();
    let answer = in_process(&sandbox, "POST", DEFINITIONS, Some(&smoke("Smoke"))).await;
    let told = answer.body["message"].as_str().unwrap().replace(path.to_str().unwrap(), "FILE");
    assert_eq!((answer.status, told.as_str()), (500, "The change was made, but not kept: cannot write `FILE`"));
    fs::create_dir(folder.path().join("deep")).unwrap();
    assert_eq!(in_process(&sandbox, "POST", DEFINITIONS, Some(&smoke("Tea"))).await.status, 200);
    sandbox.close();
    let again = Sandbox::open(with_state(&path)).unwrap();
    let listing = in_process(&again, "GET", ALL, None).await.body;
    assert_eq!(own_labels(&listing), ["Lunch", "Coaching*", "Smoke", "Tea"]);
}

#[tokio::test]
async fn two_processes_cannot_share_a_state() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("org.json");
    let first = Client::start(with_state(&path)).await;
    assert_eq!(refusal(&path), "the sandbox state `FILE` is in use by another process");
    first.server.shutdown().await;
    Sandbox::open(with_state(&path)).unwrap();
}

#[test]
fn a_state_that_cannot_be_read_is_told_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("org.json");
    let cases = [
        ("", "`FILE` is not a sandbox state: EOF while parsing a value at line 1 column 0"),
        ("{\"format_version\": 7, \"new\": []}", "`FILE` has format_version 7; this program reads up to 2"),
        ("{\"format_version\": 1}", "`FILE` is not a sandbox state: missing field `revision` at line 1 column 21"),
    ];
    for (text, told) in cases {
        fs::write(&path, text).unwrap();
        assert_eq!(refusal(&path), told);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn a_state_in_a_place_that_is_none_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let path = folder.path().join("file/org.json");
    let expected = format!("cannot make the folder `{}`", folder.path().join("file").display());
    assert_eq!(Sandbox::open(with_state(&path)).unwrap_err().to_string(), expected);
}

/// An org whose state is too large to be written completely with every change.
fn large(path: &Path) -> SandboxConfig {
    let label = "x".repeat(300);
    let entity = |_| json!({ "languageLabels": { "en_US": label }, "systemPresence": "Busy" });
    let mut seed = config().seed;
    seed.definitions = (0..1_000).map(entity).collect();
    SandboxConfig { seed, ..with_state(path) }
}

#[tokio::test]
async fn a_large_org_is_followed_by_its_changes() {
    let folder = tempfile::tempdir().unwrap();
    let (path, changes) = (folder.path().join("org.json"), folder.path().join("org.json.changes"));
    let sandbox = Sandbox::open(large(&path)).unwrap();
    let state = fs::read(&path).unwrap();
    for label in ["Smoke", "Tea"] {
        in_process(&sandbox, "POST", DEFINITIONS, Some(&smoke(label))).await;
    }
    let before = in_process(&sandbox, "GET", "/api/v2/presencedefinitions?pageNumber=11&pageSize=100", None).await.body;
    assert_eq!(fs::read(&path).unwrap(), state);
    let lines = fs::read_to_string(&changes).unwrap();
    assert_eq!(lines.lines().count(), 2);
    sandbox.close();

    // As a killed process leaves it: the last line is half, and it was never answered.
    fs::write(&changes, format!("{lines}{{\"revision\": 3, \"defin")).unwrap();
    let sandbox = Sandbox::open(large(&path)).unwrap();
    let after = in_process(&sandbox, "GET", "/api/v2/presencedefinitions?pageNumber=11&pageSize=100", None).await.body;
    assert_eq!(after, before);
    assert!(!changes.exists(), "the start made one file of both");
    sandbox.close();

    // As a process leaves it that was killed between the new state and the end of the lines that it contains.
    fs::write(&changes, &lines).unwrap();
    let sandbox = Sandbox::open(large(&path)).unwrap();
    assert_eq!(sandbox.with(|it| it.org.definitions().len()), 1_012);
    sandbox.close();

    fs::write(&changes, "{\"revision\": \n{}\n").unwrap();
    let error = Sandbox::open(large(&path)).unwrap_err().to_string();
    assert!(error.contains("org.json.changes` is not a sandbox state: line 1: "), "{error}");
}

#[test]
fn a_seed_is_a_list_or_a_listing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seed.json");
    let read = |text: &str| {
        fs::write(&path, text).unwrap();
        let told = read_seed_file(&path).map_or_else(|it| it.to_string(), |list| format!("{} definitions", list.len()));
        told.replace(path.to_str().unwrap(), "FILE")
    };
    assert_eq!(read("[{}, {}]"), "2 definitions");
    assert_eq!(read(r#"{ "entities": [{}], "total": 1 }"#), "1 definitions");
    assert_eq!(read("{}"), "`FILE` is not a sandbox seed: an object must be a listing, with a list `entities`");
    assert_eq!(read("7"), "`FILE` is not a sandbox seed: neither a list nor a listing with `entities`");
    fs::remove_file(&path).unwrap();
    let error = read_seed_file(&path).unwrap_err().to_string().replace(path.to_str().unwrap(), "FILE");
    assert_eq!(error, "cannot read `FILE`");
}

#[test]
fn a_seed_that_makes_no_org_is_told() {
    let told = |definitions: Vec<Value>| {
        let mut config = config();
        config.seed.definitions = definitions;
        Sandbox::open(config).unwrap_err().to_string()
    };
    let lunch = || json!({ "id": LUNCH, "languageLabels": {}, "systemPresence": "Meal" });
    assert_eq!(told(vec![lunch(), lunch()]), format!("seed: definition 2: the id {LUNCH} occurs twice"));
    assert_eq!(told(vec![json!({ "languageLabels": {} })]), "seed: definition 1: systemPresence is required");
}
