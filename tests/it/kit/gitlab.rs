//! The jobs for GitLab: one note an org, and an apply that is bounded by what was reviewed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::drift::{commit, git};
use super::github::{Github, Server, TOKEN, page};
use super::steps::{Runner, config, definition, org, sha, skipped};

const BOT: u64 = 11;

/// What a project holds.
#[derive(Default)]
struct Project {
    notes: Vec<Value>,
    applied: Option<String>,
    since: Vec<String>,
    /// By merge request: the commit that it was merged as, and the plan of its last pipeline.
    merged: BTreeMap<u64, (String, String)>,
    writes: Vec<String>,
}

async fn answer(
    State(project): State<Arc<Mutex<Project>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if headers.get("private-token").is_none_or(|it| it != TOKEN) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut project = project.lock().unwrap();
    let path = uri.path().trim_start_matches("/projects/5/").to_owned();
    let query: BTreeMap<&str, &str> =
        uri.query().unwrap_or_default().split('&').filter_map(|it| it.split_once('=')).collect();
    if method != Method::GET {
        project.writes.push(format!("{method} {path}"));
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let number = |it: &str| it.parse::<u64>().unwrap();
    let answer = match (method.as_str(), path.split('/').collect::<Vec<_>>().as_slice()) {
        ("GET", ["", "user"]) => json!({ "id": BOT }),
        ("GET", ["merge_requests", "7", "notes"]) => page(&project.notes, &query),
        ("POST", ["merge_requests", "7", "notes"]) => {
            let id = project.notes.len() + 1;
            project.notes.push(json!({ "id": id, "author": { "id": BOT }, "body": body["body"] }));
            json!({ "id": id })
        }
        ("PUT", ["merge_requests", "7", "notes", _]) => json!({}),
        ("GET", ["deployments"]) => project.applied.iter().map(|it| json!({ "sha": it })).collect(),
        ("GET", ["repository", "compare"]) => {
            json!({ "commits": project.since.iter().map(|it| json!({ "id": it })).collect::<Vec<_>>() })
        }
        ("GET", ["repository", "commits", sha, "merge_requests"]) => {
            let found = project.merged.iter().filter(|(_, (commit, _))| commit == sha);
            found.map(|(iid, _)| json!({ "iid": iid, "state": "merged" })).collect()
        }
        ("GET", ["merge_requests", iid, "pipelines"]) => json!([{ "id": number(iid) }]),
        ("GET", ["pipelines", id, "jobs"]) => {
            json!([{ "id": 1, "name": "validate" }, { "id": number(id), "name": "plan" }])
        }
        ("GET", ["jobs", id, "artifacts", "plan.json"]) => {
            return project.merged[&number(id)].1.clone().into_response();
        }
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    answer.to_string().into_response()
}

#[test]
fn the_jobs_for_gitlab_keep_one_note_and_apply_what_was_reviewed() {
    if skipped() {
        return;
    }
    let (github, org) = (Github::start(), org());
    let project = Arc::new(Mutex::new(Project::default()));
    let server = Server::start(Router::new().fallback(answer).with_state(Arc::clone(&project)));
    let script = format!("exec '{}' \"$@\" --base-url {}\n", env!("CARGO_BIN_EXE_presencectl"), org.url);
    let mut runner = Runner::of(&github, &org)
        .with("CI_API_V4_URL", &server.url)
        .with("CI_PROJECT_ID", "5")
        .with("CI_MERGE_REQUEST_IID", "7")
        .with("CI_COMMIT_SHA", &sha('2'))
        .with("GITLAB_TOKEN", TOKEN)
        .with("CI_PROJECT_DIR", "/builds/acme")
        .with("CONFIG", "presences.yaml")
        .with("ORG", "acme");
    runner.executable("repository/presencectl", &script);
    let job = "../examples/gitlab-ci/presencectl.sh";

    // A stranger wrote the marker first.
    project
        .lock()
        .unwrap()
        .notes
        .push(json!({ "id": 1, "author": { "id": 12 }, "body": "<!-- presencectl-kit:plan acme -->" }));
    runner.write("presences.yaml", &config(&[]));
    runner.run(job, &["plan"]).succeeds();
    assert_eq!(project.lock().unwrap().writes, [""; 0], "nothing changes: no note");
    let (lunch, tea) = (definition("lunch", "Meal", "Lunch"), definition("tea", "Break", "Tea"));
    let mut plans = Vec::new();
    for it in [&lunch, &tea] {
        runner.write("presences.yaml", &config(std::slice::from_ref(it)));
        runner.run(job, &["plan"]).succeeds();
        plans.push(fs::read_to_string(runner.path("repository/plan.json")).unwrap());
    }
    assert_eq!(project.lock().unwrap().writes, ["POST merge_requests/7/notes", "PUT merge_requests/7/notes/2"]);

    // What was merged before, and what the merge request does.
    git(&runner, &["init", "--quiet"]);
    let before = commit(&runner, std::slice::from_ref(&lunch));
    runner.set("CI_MERGE_REQUEST_DIFF_BASE_SHA", &before);
    runner.write("presences.yaml", &config(&[lunch.clone(), tea.clone()]));
    runner.run(job, &["plan"]).succeeds();
    let note = fs::read_to_string(runner.path("repository/comment.md")).unwrap();
    assert!(note.contains("#### From this change") && note.contains("Pending before this change: 1 change"), "{note}");

    {
        let mut project = project.lock().unwrap();
        project.applied = Some(sha('0'));
        project.since = vec![sha('1'), sha('2')];
        project.merged.insert(3, (sha('1'), plans[0].clone()));
    }
    runner.run(job, &["apply"]).fails("beyond-saved-plan");
    project.lock().unwrap().merged.insert(4, (sha('2'), plans[1].clone()));
    let applied = runner.run(job, &["apply"]).succeeds();
    assert!(applied.log.contains("Apply: 2 done"), "{}", applied.log);
    project.lock().unwrap().since.clear();
    runner.set("CI_COMMIT_SHA", &sha('1'));
    assert!(runner.run(job, &["apply"]).succeeds().log.contains("nothing is done"));
}
