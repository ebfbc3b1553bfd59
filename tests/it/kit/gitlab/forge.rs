//! A stand-in for the part of GitLab's interface that the kit speaks to: pages, permissions of the two tokens, and failures on
//! request.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::kit::github::{Server, Stumbles, decoded, page};

pub(super) const BOT: u64 = 11;
pub(super) const HERE: u64 = 5;
/// The longest note or issue. (docs.gitlab.com, "Instance limits".)
pub(super) const TEXT_MAX: usize = 1_000_000;
/// The bot's token, and that of a job.
pub(super) const TOKEN: &str = "glpat-canary-never-printed";
pub(super) const JOB_TOKEN: &str = "glcbt-canary-never-printed";

/// What a project holds. Lists are in the order in which things came to be.
#[derive(Default)]
pub(super) struct Project {
    /// By merge request.
    pub(super) notes: BTreeMap<u64, Vec<Value>>,
    pub(super) issues: Vec<Value>,
    pub(super) deployments: Vec<Value>,
    /// Each with `iid`, the merge request that it is of.
    pub(super) pipelines: Vec<Value>,
    /// By pipeline.
    pub(super) bridges: BTreeMap<u64, Vec<Value>>,
    pub(super) jobs: BTreeMap<u64, Vec<Value>>,
    /// By job.
    pub(super) archives: BTreeMap<u64, Vec<u8>>,
    /// By number: `sha` is the head; `commits` are those that a merge brought.
    pub(super) merge_requests: BTreeMap<u64, Value>,
    /// What is answered with 403, as a part of `METHOD path`.
    pub(super) forbidden: Option<&'static str>,
    /// What is answered with this text, as a part of `METHOD path`.
    pub(super) odd: Option<(&'static str, &'static str)>,
    /// Each read is answered with 502 before it is answered.
    pub(super) stumbles: Option<Stumbles>,
    pub(super) requests: Vec<String>,
}

impl Project {
    pub(super) fn writes(&self) -> Vec<String> {
        self.requests.iter().filter(|it| !it.starts_with("GET")).cloned().collect()
    }

    /// The text of the bot's note.
    pub(super) fn note(&self, iid: u64) -> String {
        let mut own = self.notes.get(&iid).into_iter().flatten().filter(|it| it["author"]["id"] == BOT);
        own.next_back().map_or_else(String::new, |it| it["body"].as_str().unwrap().to_owned())
    }
}

pub(super) fn start(project: &Arc<Mutex<Project>>) -> Server {
    Server::start(Router::new().fallback(answer).with_state(Arc::clone(project)))
}

/// What the token of a job is for: deployments and artifacts. (docs.gitlab.com, "CI/CD job token".)
fn is_allowed(headers: &HeaderMap, path: &str) -> bool {
    let has = |token: &str| headers.get("authorization").is_some_and(|it| it == &format!("Bearer {token}"));
    has(TOKEN) || has(JOB_TOKEN) && (path.starts_with("deployments") || path.ends_with("/artifacts"))
}

async fn answer(
    State(project): State<Arc<Mutex<Project>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().trim_start_matches("/projects/5/").trim_start_matches('/').to_owned();
    let mut project = project.lock().unwrap();
    let request = format!("{method} {path}");
    project.requests.push(request.clone());
    if !is_allowed(&headers, &path) {
        return (StatusCode::UNAUTHORIZED, json!({ "message": "401 Unauthorized" }).to_string()).into_response();
    }
    if project.forbidden.is_some_and(|it| request.contains(it)) {
        return (StatusCode::FORBIDDEN, json!({ "message": "403 Forbidden" }).to_string()).into_response();
    }
    if let Some((_, text)) = project.odd.filter(|it| request.contains(it.0)) {
        return text.into_response();
    }
    if let Some(failed) = project.stumbles.as_mut().and_then(|it| it.answer(&method, &uri)) {
        return failed;
    }
    let query: BTreeMap<&str, &str> =
        uri.query().unwrap_or_default().split('&').filter_map(|it| it.split_once('=')).collect();
    let parts: Vec<&str> = path.split('/').collect();
    if let ["jobs", id, "artifacts"] = parts.as_slice() {
        let found = project.archives.get(&id.parse().unwrap()).cloned();
        return found.map_or_else(|| StatusCode::NOT_FOUND.into_response(), IntoResponse::into_response);
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    if ["body", "description"].iter().any(|it| body[it].as_str().is_some_and(|it| it.chars().count() > TEXT_MAX)) {
        return (StatusCode::BAD_REQUEST, json!({ "message": "400 Bad request" }).to_string()).into_response();
    }
    let found =
        if method == Method::GET { read(&project, &parts, &query) } else { written(&mut project, &parts, &body) };
    found.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |it| it.to_string().into_response())
}

fn read(project: &Project, parts: &[&str], query: &BTreeMap<&str, &str>) -> Option<Value> {
    let number = |it: &str| it.parse::<u64>().unwrap();
    let listed = |all: &[Value]| {
        let mut all = all.to_vec();
        if query.get("sort").is_some_and(|it| *it == "desc") {
            all.reverse();
        }
        Some(page(&all, query))
    };
    match parts {
        ["user"] => Some(json!({ "id": BOT })),
        ["merge_requests", iid, "notes"] => listed(project.notes.get(&number(iid)).map_or(&[], Vec::as_slice)),
        ["merge_requests", iid, "notes", id] => {
            project.notes.get(&number(iid))?.iter().find(|it| it["id"] == number(id)).cloned()
        }
        ["merge_requests", iid, "pipelines"] => {
            let of: Vec<Value> =
                project.pipelines.iter().filter(|it| it["iid"] == number(iid)).rev().cloned().collect();
            listed(&of)
        }
        ["merge_requests", iid] => project.merge_requests.get(&number(iid)).cloned(),
        ["deployments"] => {
            let (environment, status) = (decoded(query["environment"]), query.get("status"));
            let wanted =
                |it: &&Value| it["environment"] == environment && status.is_none_or(|status| it["status"] == *status);
            listed(&project.deployments.iter().filter(wanted).cloned().collect::<Vec<_>>())
        }
        ["repository", "commits", sha, "merge_requests"] => {
            let brought = |it: &&Value| it["commits"].as_array().is_some_and(|it| it.iter().any(|it| it == sha));
            listed(&project.merge_requests.values().filter(brought).cloned().collect::<Vec<_>>())
        }
        ["pipelines", id, "bridges"] => listed(project.bridges.get(&number(id)).map_or(&[], Vec::as_slice)),
        ["pipelines", id, "jobs"] => listed(project.jobs.get(&number(id))?),
        ["issues"] => listed(&project.issues),
        _ => None,
    }
}

/// What is found by its number, with the fields of a body.
fn changed<'a>(all: &'a mut [Value], key: &str, id: &str, body: &Value) -> Option<&'a mut Value> {
    let found = all.iter_mut().find(|it| it[key] == id.parse::<u64>().unwrap())?;
    for field in ["body", "title", "description"] {
        if !body[field].is_null() {
            found[field] = body[field].clone();
        }
    }
    Some(found)
}

fn written(project: &mut Project, parts: &[&str], body: &Value) -> Option<Value> {
    match parts {
        ["merge_requests", iid, "notes"] => {
            let notes = project.notes.entry(iid.parse().unwrap()).or_default();
            notes.push(json!({ "id": notes.len() + 1, "author": { "id": BOT }, "body": body["body"] }));
        }
        ["merge_requests", iid, "notes", id] => {
            changed(project.notes.get_mut(&iid.parse().unwrap())?, "id", id, body)?;
        }
        ["issues"] => {
            let iid = project.issues.len() + 1;
            project
                .issues
                .push(json!({ "iid": iid, "author": { "id": BOT }, "state": "opened", "title": body["title"],
                                        "description": body["description"] }));
        }
        ["issues", iid] => {
            let issue = changed(&mut project.issues, "iid", iid, body)?;
            match body["state_event"].as_str() {
                Some("close") => issue["state"] = json!("closed"),
                Some("reopen") => issue["state"] = json!("opened"),
                _ => {}
            }
        }
        _ => return None,
    }
    Some(json!({}))
}
