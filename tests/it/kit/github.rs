//! A stand-in for the part of GitHub's interface that the kit speaks to: comments, issues, pull requests, runs,
//! artifacts and statuses, behind a token, in pages, and with the limit of a body.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::steps::sha;

pub(super) const TOKEN: &str = "ghs-canary-never-printed";
pub(super) const BOT: &str = "github-actions[bot]";

/// What a repository holds.
#[derive(Default)]
pub(super) struct Repository {
    pub(super) comments: Vec<Value>,
    pub(super) issues: Vec<Value>,
    /// The pull requests, by number.
    pub(super) pulls: BTreeMap<String, Value>,
    /// The runs of `apply.yml` and `undo.yml`, the newest first: see `run`.
    pub(super) runs: Vec<Value>,
    /// The newest commit of the default branch; by default the one that a runner has.
    pub(super) newest: Option<String>,
    /// The commits of the default branch, the oldest first. A commit of one digit is in there without being named.
    pub(super) history: Vec<String>,
    /// The heads of the merged pull requests that brought a commit.
    pub(super) merged: BTreeMap<String, Vec<String>>,
    /// The artifacts, the oldest first: the name, the run that made it, and its bytes.
    pub(super) artifacts: Vec<(String, Value, Vec<u8>)>,
    pub(super) statuses: Vec<Value>,
    pub(super) check_runs: Vec<Value>,
    /// What is answered with 403, as the beginning of `METHOD path`.
    pub(super) forbidden: Option<&'static str>,
    /// What is answered with this text, as the beginning of `METHOD path`.
    pub(super) odd: Option<(&'static str, &'static str)>,
    /// Each read is answered with 502 before it is answered.
    pub(super) stumbles: Option<Stumbles>,
    /// Everything that was asked, as `METHOD /path`.
    pub(super) requests: Vec<String>,
}

/// Which reads were answered with 502 already.
#[derive(Default)]
pub(super) struct Stumbles(BTreeSet<String>);

impl Stumbles {
    /// What a read that comes for the first time is answered with.
    pub(super) fn answer(&mut self, method: &Method, uri: &Uri) -> Option<Response> {
        let first = *method == Method::GET && self.0.insert(uri.to_string());
        first.then(|| (StatusCode::BAD_GATEWAY, r#"{"message": "Server Error"}"#).into_response())
    }
}

/// A server on a thread of its own.
pub(super) struct Server {
    pub(super) url: String,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(router: Router) -> Server {
        let (tell, told) = std::sync::mpsc::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                axum::serve(listener, router).with_graceful_shutdown(async { drop(stopped.await) }).await.unwrap();
            });
        });
        Server { url: format!("http://{}", told.recv().unwrap()), stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// GitHub, with one repository.
pub(super) struct Github {
    pub(super) url: String,
    repository: Arc<Mutex<Repository>>,
    _server: Server,
}

impl Github {
    pub(super) fn start() -> Github {
        let repository = Arc::new(Mutex::new(Repository::default()));
        let server = Server::start(Router::new().fallback(answer).with_state(Arc::clone(&repository)));
        Github { url: server.url.clone(), repository, _server: server }
    }

    pub(super) fn repository(&self) -> MutexGuard<'_, Repository> {
        self.repository.lock().unwrap()
    }

    /// A commit was applied, by a run of a push that has kept its report.
    pub(super) fn applied(&self, commit: &str) {
        let mut repository = self.repository();
        if !('0'..='9').any(|it| sha(it) == commit) {
            repository.history.push(commit.to_owned());
        }
        let mut run = run("push", commit);
        run["id"] = json!(1_000 + repository.runs.len());
        let report = json!({ "kind": "report", "success": true, "refusals": [] }).to_string();
        let kept = zip("acme/20260101T000000Z-0000000.json", &report);
        repository.artifacts.push(("presencectl-reports-default-1".to_owned(), run.clone(), kept));
        repository.runs.insert(0, run);
    }

    /// The plan workflow kept this as the plan of a commit.
    pub(super) fn reviewed(&self, name: &str, plan: &str) {
        self.repository().artifacts.push((name.to_owned(), planned(), zip("presencectl-plan-default/plan.json", plan)));
    }

    /// What was written, as `METHOD /path`.
    pub(super) fn writes(&self) -> Vec<String> {
        self.repository().requests.iter().filter(|it| !it.starts_with("GET")).cloned().collect()
    }
}

async fn answer(
    State(repository): State<Arc<Mutex<Repository>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let authorized =
        headers.get("authorization").is_some_and(|it| it.as_bytes() == format!("Bearer {TOKEN}").as_bytes());
    let path = uri.path().strip_prefix("/repos/acme/presences/").unwrap_or_default().to_owned();
    let query: BTreeMap<&str, &str> =
        uri.query().unwrap_or_default().split('&').filter_map(|it| it.split_once('=')).collect();
    let mut repository = repository.lock().unwrap();
    repository.requests.push(format!("{method} {path}"));
    if !authorized {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if repository.forbidden.is_some_and(|it| format!("{method} {path}").starts_with(it)) {
        return (StatusCode::FORBIDDEN, json!({ "message": "Resource not accessible" }).to_string()).into_response();
    }
    if let Some((_, text)) = repository.odd.filter(|it| format!("{method} {path}").starts_with(it.0)) {
        return text.into_response();
    }
    if let Some(failed) = repository.stumbles.as_mut().and_then(|it| it.answer(&method, &uri)) {
        return failed;
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    if body["body"].as_str().is_some_and(|it| it.chars().count() > 65_536) {
        return (StatusCode::UNPROCESSABLE_ENTITY, "Body is too long (maximum is 65536 characters)").into_response();
    }
    let parts: Vec<&str> = path.split('/').collect();
    let answer = match (method.as_str(), parts.as_slice()) {
        ("GET", ["issues", _, "comments"]) => page(&repository.comments, &query),
        ("POST", ["issues", _, "comments"]) => {
            let id = repository.comments.len() + 1;
            repository.comments.push(json!({ "id": id, "user": { "login": BOT }, "body": body["body"] }));
            json!({ "id": id })
        }
        ("PATCH", ["issues", "comments", id]) => changed(&mut repository.comments, "id", id, &body),
        ("GET", ["issues"]) => page(&repository.issues, &query),
        ("POST", ["issues"]) => {
            let number = repository.issues.len() + 1;
            let issue = json!({ "number": number, "state": "open", "user": { "login": BOT }, "title": body["title"], "body": body["body"] });
            repository.issues.push(issue.clone());
            issue
        }
        ("PATCH", ["issues", number]) => changed(&mut repository.issues, "number", number, &body),
        ("GET", [""]) => json!({ "id": HERE, "default_branch": "main" }),
        ("GET", ["pulls"]) => {
            let (owner, branch) = query["head"].split_once(':').unwrap();
            let wanted = |it: &&Value| {
                let head = &it["head"];
                it["base"]["ref"] == query["base"] && head["ref"] == decoded(branch) && head["user"]["login"] == owner
            };
            let all: Vec<Value> = repository.pulls.values().filter(wanted).cloned().collect();
            page(&all, &query)
        }
        ("GET", ["pulls", number]) if repository.pulls.contains_key(*number) => repository.pulls[*number].clone(),
        ("GET", ["actions", "workflows", file @ ("apply.yml" | "undo.yml"), "runs"]) => repository.runs(file, &query),
        ("GET", ["git", "ref", "heads", "main"]) => {
            json!({ "object": { "sha": repository.newest.clone().unwrap_or_else(|| sha('9')) } })
        }
        ("GET", ["actions", "runs", id, "artifacts"]) => repository.artifacts_of(id, &query),
        ("GET", ["actions", "runs", id]) => repository.artifacts[id.parse::<usize>().unwrap()].1.clone(),
        ("GET", ["compare", compared @ ..]) => repository.compared(&compared.join("/"), &query),
        ("GET", ["commits", sha, "pulls"]) => {
            let heads = repository.merged.get(*sha).cloned().unwrap_or_default();
            let base = json!({ "ref": "main", "repo": { "full_name": "acme/presences" } });
            let pull = |it: String| json!({ "merged_at": "2026-01-01T00:00:00Z", "base": base, "head": { "sha": it } });
            Value::Array(heads.into_iter().map(pull).collect())
        }
        ("GET", ["actions", "artifacts"]) => {
            let named =
                repository.artifacts.iter().enumerate().filter(|(_, (name, ..))| *name == decoded(query["name"]));
            let artifacts: Vec<Value> = named
                .rev()
                .map(|(id, (_, run, _))| {
                    json!({ "id": id, "expired": false,
                            "created_at": format!("2026-01-01T{:02}:{:02}:{:02}Z", id / 3600, id / 60 % 60, id % 60),
                            "workflow_run": { "id": id, "repository_id": run["repository"]["id"],
                                              "head_repository_id": run["head_repository"]["id"] } })
                })
                .collect();
            json!({ "artifacts": page(&artifacts, &query) })
        }
        ("GET", ["actions", "artifacts", id, "zip"]) => {
            let id: usize = id.parse().unwrap();
            return repository.artifacts[id].2.clone().into_response();
        }
        ("POST", ["check-runs"]) => {
            if let Some(why) = refused(&body["output"]) {
                return (StatusCode::UNPROCESSABLE_ENTITY, why).into_response();
            }
            repository.check_runs.push(body);
            json!({})
        }
        ("POST", ["statuses", _]) => {
            repository.statuses.push(body);
            json!({})
        }
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    answer.to_string().into_response()
}

impl Repository {
    /// The artifacts of a run.
    fn artifacts_of(&self, run_id: &str, query: &BTreeMap<&str, &str>) -> Value {
        let of_run = |(index, (name, run, _)): (usize, &(String, Value, Vec<u8>))| {
            let artifact = json!({ "id": index, "name": name, "expired": run["expired"] == true,
                                   "created_at": format!("2026-01-01T00:00:{index:02}Z") });
            (run["id"].as_u64() == run_id.parse().ok()).then_some(artifact)
        };
        let artifacts: Vec<Value> = self.artifacts.iter().enumerate().filter_map(of_run).collect();
        json!({ "artifacts": page(&artifacts, query) })
    }

    /// A list of the runs of `undo.yml`, or of all others. A search that is narrowed ends after 1,000.
    fn runs(&self, file: &str, query: &BTreeMap<&str, &str>) -> Value {
        let is = |run: &Value, name: &str, field: &str| query.get(name).is_none_or(|it| run[field] == decoded(it));
        let is_undo = |it: &Value| it["path"] == ".github/workflows/undo.yml";
        let wanted = |it: &&Value| {
            is_undo(it) == (file == "undo.yml")
                && is(it, "event", "event")
                && is(it, "status", "conclusion")
                && is(it, "branch", "head_branch")
        };
        let mut found: Vec<Value> = self.runs.iter().filter(wanted).cloned().collect();
        if ["event", "status", "branch"].iter().any(|it| query.contains_key(it)) {
            found.truncate(1_000);
        }
        json!({ "total_count": found.len(), "workflow_runs": page(&found, query) })
    }

    /// How two commits stand to each other, as `A...B`.
    fn compared(&self, compared: &str, query: &BTreeMap<&str, &str>) -> Value {
        let (from, to) = compared.split_once("...").unwrap();
        // What is on the branch without being named is at its begin, by its digit.
        let place = |name: &str| {
            let named = self.history.iter().position(|it| it == name).map(|it| it + 10);
            named.or_else(|| ('0'..='9').position(|it| sha(it) == name))
        };
        assert_ne!(to, "main", "a tag may have that name");
        let tip = self.history.len() + 9;
        let places = (place(from), if to == "refs/heads/main" { Some(tip) } else { place(to) });
        let (status, commits) = match places {
            _ if from == to => ("identical", Vec::new()),
            (Some(from), Some(to)) if from == to => ("identical", Vec::new()),
            (Some(from), Some(to)) if from > to => ("behind", Vec::new()),
            (Some(from), Some(to)) => ("ahead", (from + 1..=to).map(|it| self.commit(it)).collect()),
            _ => ("diverged", Vec::new()),
        };
        json!({ "status": status, "commits": page(&commits, query) })
    }

    fn commit(&self, place: usize) -> Value {
        let named = place.checked_sub(10).map(|it| self.history[it].clone());
        json!({ "sha": named.unwrap_or_else(|| sha(char::from_digit(u32::try_from(place).unwrap(), 10).unwrap())) })
    }
}

/// The number of this repository, and of a fork.
pub(super) const HERE: u64 = 1;
pub(super) const FORK: u64 = 2;

/// A run of `apply.yml` on the default branch, by an event, that succeeded.
pub(super) fn run(event: &str, commit: &str) -> Value {
    json!({ "event": event, "status": "completed", "conclusion": "success", "head_branch": "main", "head_sha": commit,
            "path": ".github/workflows/apply.yml", "id": 900, "created_at": "2026-01-01T00:00:00Z",
            "repository": { "id": HERE }, "head_repository": { "id": HERE } })
}

/// A run of `plan.yml`, which a check has started.
pub(super) fn planned() -> Value {
    let mut run = run("workflow_run", &sha('0'));
    run["path"] = ".github/workflows/plan.yml".into();
    run
}

/// Pull request 7 of a fork's branch, by its head.
pub(super) fn pull(head: &str) -> Value {
    json!({
        "number": 7, "state": "open", "merged_at": null, "base": { "ref": "main" }, "mergeable": true,
        "merge_commit_sha": null,
        "head": { "sha": head, "ref": "change", "user": { "login": "somebody" }, "repo": { "id": FORK } },
    })
}

/// What GitHub says of a check run that it does not take.
fn refused(output: &Value) -> Option<String> {
    let annotations = output["annotations"].as_array().unwrap();
    let is_good = |it: &Value| {
        let level = it["annotation_level"].as_str();
        it["path"].as_str().is_some_and(|it| !it.is_empty() && !it.starts_with('/'))
            && it["start_line"].as_u64() > Some(0)
            && it["start_line"] == it["end_line"]
            && it["start_column"].as_u64() <= it["end_column"].as_u64()
            && level.is_some_and(|it| ["notice", "warning", "failure"].contains(&it))
            && it["title"].as_str().is_some_and(|it| it.chars().count() <= 255)
            && it["message"].as_str().is_some_and(|it| !it.is_empty() && it.len() <= 65_536)
    };
    let bad = annotations.iter().find(|it| !is_good(it)).map(|it| format!("invalid annotation: {it}"));
    let many = (annotations.len() > 50).then(|| "more than 50 annotations".to_owned());
    let summary = output["summary"].as_str().unwrap();
    let long = (summary.chars().count() > 65_535).then(|| "the summary is too long".to_owned());
    bad.or(many).or(long)
}

/// A value of a query, without its escapes.
pub(super) fn decoded(value: &str) -> String {
    let mut parts = value.split('%');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend(part[2..].bytes());
    }
    String::from_utf8(bytes).unwrap()
}

pub(super) fn page(all: &[Value], query: &BTreeMap<&str, &str>) -> Value {
    let number = |name: &str, default: usize| query.get(name).map_or(default, |it| it.parse().unwrap());
    let (size, page) = (number("per_page", 30), number("page", 1));
    Value::Array(all.iter().skip(size * (page - 1)).take(size).cloned().collect())
}

fn changed(all: &mut [Value], key: &str, id: &str, body: &Value) -> Value {
    let found = all.iter_mut().find(|it| it[key].as_u64() == id.parse().ok()).unwrap();
    for (name, value) in body.as_object().unwrap() {
        found[name] = value.clone();
    }
    found.clone()
}

/// A zip archive with one file, stored.
pub(super) fn zip(name: &str, content: &str) -> Vec<u8> {
    let mut crc = u32::MAX;
    for byte in content.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    let size = u32::try_from(content.len()).unwrap();
    let mut common = Vec::new();
    common.extend([20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]);
    common.extend((!crc).to_le_bytes());
    common.extend(size.to_le_bytes());
    common.extend(size.to_le_bytes());
    common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
    common.extend([0, 0]);
    let mut file = b"PK\x03\x04".to_vec();
    file.extend(&common);
    file.extend(name.bytes());
    file.extend(content.bytes());
    let start = u32::try_from(file.len()).unwrap();
    let mut entry = b"PK\x01\x02\x14\x00".to_vec();
    entry.extend(&common);
    entry.extend([0; 14]);
    entry.extend(name.bytes());
    let length = u32::try_from(entry.len()).unwrap();
    file.extend(entry);
    file.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    file.extend(length.to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend([0, 0]);
    file
}
