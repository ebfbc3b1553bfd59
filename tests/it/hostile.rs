//! Every reader of untrusted bytes, with inputs that no person writes: valid texts, damaged by a seed in ways that
//! break parsers. None panics, none takes long, and each refusal has a reason. `PRESENCECTL_SPOILS` sets more rounds.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do; clippy knows the tests themselves only")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fastrand::Rng;
use presencectl::client::shapes::ListRoom;
use presencectl::client::{shapes, user_shapes};
use presencectl::config::diagnostic::Findings;
use presencectl::config::{Text, read_texts};
use presencectl::model::desired::Limits;
use presencectl::model::generation::Generation;
use presencectl::model::problem::{KnownOrg, Problem};
use presencectl::ops::apply::report::{Outcome, Report, ReportRow};
use presencectl::ops::history::log::{Log, LogQuery, LogRoom};
use presencectl::ops::history::stored::Stored;
use presencectl::ops::undo::undo;
use presencectl::ops::users::input;
use presencectl::output::json;
use presencectl::output::json::plan as plan_document;
use presencectl::sandbox::Behavior;
use presencectl::sandbox::document::StateDocument;
use presencectl::sandbox::faults::FaultDocument;
use presencectl::sandbox::seed::parse_definitions;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::paper::{World, id, target, want};
use presencectl::output::json::saved_plan;
use presencectl::output::json::stored_report;

/// How often each good text is spoilt.
const ROUNDS: u64 = 3_000;
/// How long one reading may take, on any machine that a test may run on.
const PATIENCE: Duration = Duration::from_secs(10);

fn rounds() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a test's own switch")]
    let asked = std::env::var("PRESENCECTL_SPOILS");
    asked.ok().and_then(|it| it.parse().ok()).unwrap_or(ROUNDS)
}

/// The inserted pieces: early ends, unclosed openings, large values, hidden characters.
const PIECES: &[&[u8]] = &[
    b"\0",
    b"\xff\xfe",
    b"\xc3",
    b"\xef\xbb\xbf",
    b"\r\n",
    b"\t",
    b"\x1b[2J",
    "\u{202e}".as_bytes(),
    "\u{200b}".as_bytes(),
    b"\"",
    b"'",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"- ",
    b"? ",
    b"&a ",
    b"*a",
    b"<<: *a\n",
    b"!!binary ",
    b"!<tag:x> ",
    b"%YAML 9.9\n",
    b"---\n",
    b"...\n",
    b"|\n",
    b"> ",
    b"# ",
    b"null",
    b"true",
    b"-1",
    b"1e999",
    b"99999999999999999999999999",
    b"0.1",
    b"NaN",
    b"..",
    b"../../etc/passwd",
    b"=cmd()",
];

/// One way to spoil a text, or several.
fn spoilt(good: &[u8], dice: &mut Rng) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for _ in 0..dice.usize(1..5) {
        let place = |dice: &mut Rng, bytes: &[u8]| dice.usize(0..=bytes.len());
        let at = place(dice, &bytes);
        match dice.u32(0..9) {
            0 => bytes.truncate(at),
            1 if at < bytes.len() => bytes[at] = dice.u8(..),
            2 if at < bytes.len() => bytes[at] ^= 1 << dice.u32(0..8),
            3 => {
                let piece = PIECES[dice.usize(0..PIECES.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
            // Nested, as deep as it takes.
            4 => {
                let (open, count) = ([&b"["[..], b"{\"a\":", b"- ", b"("][dice.usize(0..4)], dice.usize(1..20_000));
                let deep: Vec<u8> = open.repeat(count);
                bytes.splice(at..at, deep);
            }
            // A part again, somewhere else.
            5 => {
                let other = place(dice, &bytes);
                let part: Vec<u8> = bytes[at.min(other)..at.max(other)].to_vec();
                let to = place(dice, &bytes);
                bytes.splice(to..to, part);
            }
            6 => {
                let other = place(dice, &bytes);
                bytes.drain(at.min(other)..at.max(other));
            }
            7 => {
                let long = vec![b"a1 \xc3"[dice.usize(0..4)]; dice.usize(1..40_000)];
                bytes.splice(at..at, long);
            }
            // One value of JSON for another.
            _ => {
                if let Ok(mut value) = serde_json::from_slice::<Value>(&bytes) {
                    swap(&mut value, dice);
                    bytes = value.to_string().into_bytes();
                }
            }
        }
    }
    bytes
}

/// Puts something else in the place of one value.
fn swap(value: &mut Value, dice: &mut Rng) {
    let others =
        [json!(null), json!(true), json!(-1), json!(1e300), json!(""), json!("x"), json!([]), json!({}), json!([{}])];
    let deeper = dice.u32(0..4) > 0;
    match value {
        Value::Array(items) if deeper && !items.is_empty() => {
            let index = dice.usize(0..items.len());
            swap(&mut items[index], dice);
        }
        Value::Object(fields) if deeper && !fields.is_empty() => {
            let index = dice.usize(0..fields.len());
            if let Some(it) = fields.values_mut().nth(index) {
                swap(it, dice);
            }
        }
        other => *other = others[dice.usize(0..others.len())].clone(),
    }
}

/// Damages each valid text and reads it. `read` returns the error, if any.
fn feed(good: &[Vec<u8>], read: impl Fn(&[u8]) -> Option<String>) {
    let (mut refused, mut taken) = (0_u32, 0_u32);
    for (number, text) in good.iter().enumerate() {
        assert_eq!(read(text), None, "text {number} is a good one");
        for seed in 0..rounds() {
            let bytes = spoilt(text, &mut Rng::with_seed(seed));
            let begin = Instant::now();
            let said = read(&bytes);
            assert!(begin.elapsed() < PATIENCE, "text {number}, seed {seed} takes {:?}", begin.elapsed());
            match said {
                Some(said) => {
                    assert!(!said.trim().is_empty(), "text {number}, seed {seed} is refused without a word");
                    refused += 1;
                }
                None => taken += 1,
            }
        }
    }
    assert!(refused > 0 && taken > 0, "{refused} refused, {taken} taken");
}

fn examples(ending: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
        let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, ending, found);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples"), ending, &mut found);
    found
}

/// The error of an unreadable config.
fn config(bytes: &[u8]) -> Option<String> {
    // Bytes that are no text end before: a file is read as text.
    let text = String::from_utf8_lossy(bytes);
    let (_, found, desired) = read_texts(Text { path: "presence.yaml", text: &text }, &[]);
    let said: Vec<String> = found.iter().map(|it| it.finding.message()).collect();
    desired.is_none().then(|| said.join("; "))
}

#[test]
fn configs() {
    let good: Vec<Vec<u8>> = examples(".yaml")
        .into_iter()
        .map(|it| fs::read(it).unwrap())
        .filter(|it| !String::from_utf8_lossy(it).contains("use:") && config(it).is_none())
        .take(3)
        .collect();
    feed(&good, config);
}

fn of<T>(read: Result<T, impl std::fmt::Debug>) -> Option<String> {
    read.err().map(|error| format!("{error:?}"))
}

fn definition() -> Value {
    json!({
        "id": id(1).as_str(), "name": "Lunch", "languageLabels": { "en_US": "Lunch", "de": "Mittag" },
        "systemPresence": "Meal", "divisionId": "*", "type": "User", "deactivated": false, "primary": false,
        "createdBy": { "id": "u", "selfUri": "/x" }, "createdDate": "2025-01-01T00:00:00Z", "modifiedBy": { "id": "u" },
        "modifiedDate": "2025-01-01T00:00:00Z", "selfUri": "/api/v2/presencedefinitions/1",
    })
}

fn bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

#[test]
fn answers_about_definitions() {
    let list = bytes(&json!({
        "entities": [definition(), definition()], "pageSize": 100, "pageNumber": 1, "total": 2, "pageCount": 1,
    }));
    feed(std::slice::from_ref(&list), |it| of(shapes::page(it, 1, 100, &ListRoom::default())));
    feed(std::slice::from_ref(&list), |it| of(shapes::state(it, false, &ListRoom::default())));
    let divisions =
        json!({ "entities": [{ "id": "d", "name": "Sales" }], "pageSize": 100, "pageNumber": 1, "total": 1 });
    feed(&[bytes(&divisions)], |it| of(shapes::divisions(it, 1, 100)));
    for generation in Generation::ALL {
        feed(&[bytes(&definition())], |it| of(shapes::fetched(generation, it, &id(1))));
        feed(&[bytes(&definition())], |it| of(shapes::created(generation, it)));
    }
    feed(&[b"{}".to_vec(), Vec::new()], |it| of(shapes::deleted(it)));
}

#[test]
fn answers_about_everything_else() {
    feed(&[bytes(&json!({ "id": "o", "name": "Acme" }))], |it| of(shapes::organization(it)));
    feed(&[bytes(&json!([{ "name": "Meal", "id": "MEAL" }]))], |it| of(shapes::system_presences(it)));
    feed(&[bytes(&json!({ "access_token": "t", "expires_in": 86_400 }))], |it| of(shapes::grant(it)));
    let entity = json!({ "userId": "u-1", "routingStatus": "IDLE" });
    let group = json!({ "group": { "organizationPresenceId": "p" }, "truncated": false, "entities": [entity] });
    feed(&[bytes(&json!({ "results": [group] }))], |it| of(shapes::activity(it)));
    let presence = json!({
        "id": "u-1", "source": "PURECLOUD", "primary": true, "message": "m", "modifiedDate": "2025-01-01T00:00:00Z",
        "presenceDefinition": { "id": "p", "systemPresence": "MEAL" },
    });
    feed(&[bytes(&presence)], |it| of(user_shapes::presence(it)));
    feed(&[bytes(&json!([presence]))], |it| of(user_shapes::presences(it)));
    let teams = json!({ "id": "u-1", "presences": [presence], "outOfOffices": [{ "active": true }] });
    feed(&[bytes(&teams)], |it| of(user_shapes::teams(it)));
}

/// A rejected token response is not shown: it may have half a token.
#[test]
fn a_spoilt_grant_tells_nothing_of_the_token() {
    let good = bytes(&json!({ "access_token": "canary-c0ffee", "token_type": "bearer", "expires_in": 86_400 }));
    for seed in 0..rounds() {
        if let Err(error) = shapes::grant(&spoilt(&good, &mut Rng::with_seed(seed))) {
            assert!(!format!("{error:?}").contains("canary"), "seed {seed}: {error:?}");
        }
    }
}

#[test]
fn saved_plans() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch"), want("tea", "Break", "Tea")]);
    world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
    world.config(want("new", "Busy", "New"));
    world.org().deactivate("Tea");
    let (plan, sources) = world.planned();
    let document = serde_json::to_vec(&plan_document::PlanV1::of(&plan, &target(), &sources)).unwrap();
    feed(&[document], |it| saved_plan::read(&String::from_utf8_lossy(it)).err().map(|error| error.to_string()));
}

/// A damaged report is refused, or reverted within the guards. Neither causes a panic.
#[test]
fn reports() {
    let (plan, sources, observed) = {
        let mut world = World::in_step([want("lunch", "Meal", "Lunch"), want("tea", "Break", "Tea")]);
        world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
        world.config(want("new", "Busy", "New"));
        world.org().deactivate("Tea");
        let observed = world.observed();
        let (plan, sources) = world.planned();
        (plan, sources, observed)
    };
    let rows = plan.changes.iter().map(|it| ReportRow::of(&it.step, None, Outcome::Done)).collect();
    let report = Report::of(rows, plan.default_locale.clone());
    let document = json::write(&json::ReportV1::of(&report, &target(), &sources));
    let known_org = KnownOrg { org: None, sandbox: false };
    let error = json::write(&json::ErrorV1::of(
        &Problem::new("no answer"),
        &known_org,
        None,
        None,
        &Findings::default(),
        &sources,
    ));
    feed(&[document.into_bytes(), error.into_bytes()], |it| match stored_report::read(it) {
        Ok(Stored::Report(report)) => {
            let undo = undo(&report, &observed, &Limits::default(), None);
            assert!(undo.plan.changes.len() + undo.not_undone.len() <= report.rows.len());
            let mut log = Log::default();
            log.take("report.json", Ok(Stored::Report(report)), &LogQuery::default(), &mut LogRoom::default()).unwrap();
            None
        }
        Ok(Stored::Failure(_)) => None,
        Err(unreadable) => Some(unreadable.why),
    });
}

#[test]
fn files_of_the_sandbox() {
    let rules = json!({ "faults": [
        { "method": "POST", "path": "/api/v2/*", "times": 1, "drop": "after_write" },
        { "skip": 3, "times": 2, "status": 429, "retry_after_seconds": 2 },
    ] });
    feed(&[bytes(&rules)], |it| FaultDocument::parse(it).err());
    let behavior = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/sandbox/behavior.json")).unwrap();
    feed(&[behavior], |it| Behavior::parse(it).err());
    feed(&[bytes(&json!([definition()])), bytes(&json!({ "entities": [definition()] }))], |it| {
        parse_definitions(it).err()
    });
    let state = {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("org.json");
        let config = presencectl::sandbox::SandboxConfig { state_file: Some(file.clone()), ..Default::default() };
        presencectl::sandbox::Sandbox::open(config).unwrap().close();
        fs::read(file).unwrap()
    };
    feed(&[state], |it| of(StateDocument::parse(it)));
}

#[test]
fn lists_of_users() {
    let csv = "id,presence,message\nu-1,Lunch,\"back, soon\"\nu-2,Meal,'=1+1\n";
    let lines = "u-1\nu-2\n";
    feed(&[csv.as_bytes().to_vec(), lines.as_bytes().to_vec()], |it| {
        let read = input::read("users.csv", &String::from_utf8_lossy(it));
        read.err().map(|mistakes| mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    });
}

/// A test that the threat model names and that there is not shows nothing.
#[test]
fn the_threat_model_names_tests_that_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/threat-model.md")).unwrap();
    let (_, table) = page.split_once("## Which test shows it").unwrap();
    let names: Vec<&str> = table.split('`').skip(1).step_by(2).filter(|it| it.contains("::")).collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        let (module, test) = name.rsplit_once("::").unwrap();
        let file = |path: &str| fs::read_to_string(root.join("tests/it").join(path)).unwrap_or_default();
        let here = file(&format!("{}.rs", module.replace("::", "/")));
        let is_module = !file(&format!("{}.rs", name.replace("::", "/"))).is_empty();
        assert!(here.contains(&format!("fn {test}(")) || is_module, "{name}");
    }
}
