//! The jobs for GitLab: one note an org, and an apply that is bounded by what was reviewed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeMap;
use std::fs;
use std::process::Child;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::drift::{commit, git};
use super::github::{Github, Server, Stumbles, TOKEN, decoded, page, zip};
use super::steps::{Runner, Step, config, definition, org, sha, skipped};
use super::workflow::yaml;
use crate::cli::server::Org;

const BOT: u64 = 11;
const HERE: u64 = 5;

/// A deployment of a job of the default branch.
fn deployed(commit: &str, succeeded: bool) -> Value {
    json!({ "sha": commit, "ref": "main", "status": if succeeded { "success" } else { "failed" },
            "deployable": { "ref": "main", "tag": false } })
}

/// What a project holds.
#[derive(Default)]
struct Project {
    notes: Vec<Value>,
    /// The commits of the default branch, the oldest first.
    history: Vec<String>,
    /// The jobs that applied, the oldest first: see `deployed`.
    deployments: Vec<Value>,
    /// What each of those jobs kept, as an archive, by its number: 100 for the oldest one, 101 for the next.
    reports: BTreeMap<u64, Vec<u8>>,
    /// Pipelines that stand in front of each merge request's own.
    pipelines: Vec<Value>,
    /// By merge request: the commit that it was merged as, and the plan of its last pipeline.
    merged: BTreeMap<u64, (String, String)>,
    /// What is answered with 403, as the beginning of the path.
    forbidden: Option<&'static str>,
    /// What is answered with this text, as the beginning of the path.
    odd: Option<(&'static str, &'static str)>,
    /// Each read is answered with 502 before it is answered.
    stumbles: Option<Stumbles>,
    writes: Vec<String>,
    requests: Vec<String>,
}

async fn answer(
    State(project): State<Arc<Mutex<Project>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if headers.get("authorization").is_none_or(|it| it.as_bytes() != format!("Bearer {TOKEN}").as_bytes()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut project = project.lock().unwrap();
    let path = uri.path().trim_start_matches("/projects/5/").to_owned();
    let query: BTreeMap<&str, &str> =
        uri.query().unwrap_or_default().split('&').filter_map(|it| it.split_once('=')).collect();
    project.requests.push(uri.to_string());
    if method != Method::GET {
        project.writes.push(format!("{method} {path}"));
    }
    if project.forbidden.is_some_and(|it| path.starts_with(it)) {
        return (StatusCode::FORBIDDEN, json!({ "message": "403 Forbidden" }).to_string()).into_response();
    }
    if let Some((_, text)) = project.odd.filter(|it| path.starts_with(it.0)) {
        return text.into_response();
    }
    if let Some(failed) = project.stumbles.as_mut().and_then(|it| it.answer(&method, &uri)) {
        return failed;
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
        ("PUT", ["merge_requests", "7", "notes", id]) => {
            let id = number(id);
            for note in project.notes.iter_mut().filter(|it| it["id"] == id) {
                note["body"] = body["body"].clone();
            }
            json!({})
        }
        ("GET", ["deployments"]) => {
            assert!(decoded(query["environment"]).starts_with("presence-apply/"));
            let wanted = |it: &&Value| query.get("status").is_none_or(|status| it["status"] == *status);
            let mut all = project.deployments.clone();
            for (number, it) in (100..).zip(&mut all) {
                it["deployable"]["id"] = json!(number);
            }
            let mut found: Vec<Value> = all.iter().filter(wanted).cloned().collect();
            if query["sort"] == "desc" {
                found.reverse();
            }
            page(&found, &query)
        }
        ("GET", ["repository", "compare"]) if [query["from"], query["to"]].contains(&&*sha('d')) => {
            return (StatusCode::NOT_FOUND, json!({ "message": "404 Ref Not Found" }).to_string()).into_response();
        }
        ("GET", ["repository", "compare"]) => {
            let place = |name: &str| project.history.iter().position(|it| it == query[name]);
            let commits = match (place("from"), place("to")) {
                (from, Some(to)) => project.history.get(from.map_or(0, |it| it + 1)..=to).unwrap_or_default().to_vec(),
                _ if query["from"] == query["to"] => Vec::new(),
                // It is on no branch that counts.
                _ => vec![query["to"].to_owned()],
            };
            json!({ "commits": commits.iter().map(|it| json!({ "id": it })).collect::<Vec<_>>() })
        }
        ("GET", ["repository", "branches", "main"]) => json!({ "commit": { "id": project.history.last() } }),
        ("GET", ["repository", "commits", sha, "merge_requests"]) => {
            let found = project.merged.iter().filter(|(_, (commit, _))| commit == sha);
            let target = |iid: &u64| json!({ "iid": iid, "state": "merged", "target_branch": "main", "target_project_id": HERE });
            found.map(|(iid, _)| target(iid)).collect()
        }
        ("GET", ["merge_requests", iid, "pipelines"]) => {
            let own = json!({ "id": number(iid), "project_id": HERE, "source": "merge_request_event" });
            page(&[project.pipelines.clone(), vec![own]].concat(), &query)
        }
        // Those of a fork are not here.
        ("GET", ["pipelines", id, "jobs"]) if project.merged.contains_key(&number(id)) => {
            json!([{ "id": 1, "name": "validate" }, { "id": number(id), "name": "plan" }])
        }
        ("GET", ["jobs", id, "artifacts"]) => match project.reports.get(&number(id)) {
            None => return StatusCode::NOT_FOUND.into_response(),
            Some(archive) => return archive.clone().into_response(),
        },
        ("GET", ["jobs", id, "artifacts", "plan.json"]) => match &project.merged[&number(id)].1 {
            plan if plan.is_empty() => return StatusCode::NOT_FOUND.into_response(),
            plan => return plan.clone().into_response(),
        },
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    answer.to_string().into_response()
}

const JOB: &str = "../examples/gitlab-ci/presencectl.sh";

/// A project, an org, and a runner for the jobs.
pub(super) struct World {
    project: Arc<Mutex<Project>>,
    pub(super) runner: Runner,
    pub(super) org: Org,
    _server: Server,
    _github: Github,
}

impl World {
    fn start() -> World {
        World::of(org())
    }

    /// With an org of one's own.
    pub(super) fn of(org: Org) -> World {
        let github = Github::start();
        let project = Arc::new(Mutex::new(Project::default()));
        let server = Server::start(Router::new().fallback(answer).with_state(Arc::clone(&project)));
        let script = format!(
            "[[ $1 == validate ]] || set -- \"$@\" --base-url {}\nexec '{}' \"$@\"\n",
            org.url,
            env!("CARGO_BIN_EXE_presencectl")
        );
        let runner = Runner::of(&github, &org)
            .with("CI_API_V4_URL", &server.url)
            .with("CI_PROJECT_ID", "5")
            .with("CI_MERGE_REQUEST_IID", "7")
            .with("CI_COMMIT_SHA", &sha('2'))
            .with("CI_JOB_URL", "https://gitlab.example/jobs/42")
            .with("GITLAB_TOKEN", TOKEN)
            .with("CI_PROJECT_DIR", "/builds/acme")
            .with("CI_DEFAULT_BRANCH", "main")
            .with("CONFIG", "presences.yaml")
            .with("ORG", "acme");
        runner.executable("repository/presencectl", &script);
        project.lock().unwrap().history = ['0', '1', '2', '3'].map(sha).to_vec();
        World { project, runner, org, _server: server, _github: github }
    }

    fn project(&self) -> MutexGuard<'_, Project> {
        self.project.lock().unwrap()
    }

    /// The plan of a merge request, as its job keeps it.
    fn plan(&self, definitions: &[String]) -> String {
        self.runner.write("presences.yaml", &config(definitions));
        self.runner.run(JOB, &["plan"]).succeeds();
        fs::read_to_string(self.runner.path("repository/plan.json")).unwrap()
    }

    /// A merge request, merged as a commit.
    fn merged(&self, iid: u64, commit: char, plan: &str) {
        self.project().merged.insert(iid, (sha(commit), plan.to_owned()));
    }

    /// The apply of a commit, which is a deployment for GitLab. While it runs it is there, and has not succeeded.
    fn apply(&mut self, commit: char, definitions: &[String]) -> Step {
        self.runner.write("presences.yaml", &config(definitions));
        self.runner.set("CI_COMMIT_SHA", &sha(commit));
        self.project().deployments.push(deployed(&sha(commit), false));
        let step = self.runner.run(JOB, &["apply"]);
        *self.project().deployments.last_mut().unwrap() = deployed(&sha(commit), step.code == Some(0));
        step
    }

    /// Starts an apply of what was reviewed.
    pub(super) fn start_apply(&mut self, definitions: &[String]) -> Child {
        let plan = self.plan(definitions);
        self.merged(3, '1', &plan);
        self.project().deployments.push(deployed(&sha('0'), true));
        self.runner.set("CI_COMMIT_SHA", &sha('1'));
        self.runner.start(JOB, &["apply"], &[])
    }

    fn writes_to_the_org(&self) -> usize {
        self.org.requests().iter().filter(|it| it.starts_with("POST /api") || it.starts_with("PUT /api")).count()
    }
}

#[test]
fn a_merge_request_has_one_note_that_says_which_commit_it_is_of() {
    if skipped() {
        return;
    }
    let mut world = World::start();
    // A stranger wrote the marker first.
    let strange = json!({ "id": 1, "author": { "id": 12 }, "body": "<!-- presencectl-kit:plan acme -->" });
    world.project().notes.push(strange);
    world.plan(&[]);
    assert_eq!(world.project().writes, [""; 0], "nothing changes: no note");
    let (lunch, tea) = (definition("lunch", "Meal", "Lunch"), definition("tea", "Break", "Tea"));
    for it in [&lunch, &tea] {
        world.plan(std::slice::from_ref(it));
    }
    assert_eq!(world.project().writes, ["POST merge_requests/7/notes", "PUT merge_requests/7/notes/2"]);
    let note = world.project().notes[1]["body"].as_str().unwrap().to_owned();
    let end = "Planned at `2222222`. The whole is in the log of [the job](https://gitlab.example/jobs/42), and in its artifact `plan.json`.";
    assert!(note.starts_with("<!-- presencectl-kit:plan acme -->\n") && note.ends_with(end), "{note}");
    world.project().forbidden = Some("merge_requests/7/notes");
    world.runner.run(JOB, &["plan"]).fails("403");
    assert_eq!(world.project().writes.len(), 2, "there may be a note already");
    world.project().forbidden = None;

    // What was merged before, and what the merge request does.
    git(&world.runner, &["init", "--quiet"]);
    let before = commit(&world.runner, std::slice::from_ref(&lunch));
    world.runner.set("CI_MERGE_REQUEST_DIFF_BASE_SHA", &before);
    world.plan(&[lunch, tea]);
    let note = fs::read_to_string(world.runner.path("repository/comment.md")).unwrap();
    assert!(note.contains("#### From this change") && note.contains("Pending before this change: 1 change"), "{note}");
}

#[test]
fn an_apply_does_what_was_reviewed_since_the_last_one_and_nothing_more() {
    if skipped() {
        return;
    }
    let mut world = World::start();
    let (lunch, tea) = (definition("lunch", "Meal", "Lunch"), definition("tea", "Break", "Tea"));
    let plans = [world.plan(std::slice::from_ref(&lunch)), world.plan(std::slice::from_ref(&tea))];
    let both = [lunch, tea];
    world.project().deployments.push(deployed(&sha('0'), true));
    world.merged(3, '1', &plans[0]);
    world.merged(4, '2', "");
    world.apply('2', &both).fails("beyond-saved-plan");
    world.merged(4, '2', &plans[1]);
    let applied = world.apply('2', &both).succeeds();
    assert!(applied.log.contains("Apply: 2 done"), "{}", applied.log);
    // Nothing was reviewed since, and nothing is to be done.
    world.apply('3', &both).succeeds();
    let unseen = [definition("walk", "Away", "Walk")];
    world.apply('3', &unseen).fails("no reviewed plan was found");
}

/// An org may not show yet what a job sent: the next one has to know of it. What a job keeps itself is its own alone.
#[test]
fn an_apply_has_the_reports_of_the_jobs_before_it() {
    if skipped() {
        return;
    }
    let mut world = World::start();
    let lunch = [definition("lunch", "Meal", "Lunch")];
    let plan = world.plan(&lunch);
    world.merged(3, '1', &plan);
    let name = "reports/acme/20260101T000000Z-0000000.json";
    for (deployment, content) in [
        (deployed(&sha('0'), true), "kept"),
        // One that a person made by the API, and one of a tag of that name: none is of this project's branch.
        (json!({ "sha": sha('0'), "ref": "main", "status": "failed", "deployable": null }), "forged"),
        (
            json!({ "sha": sha('0'), "ref": "main", "status": "failed", "deployable": { "ref": "main", "tag": true } }),
            "forged",
        ),
    ] {
        let mut project = world.project();
        project.deployments.push(deployment);
        let job = 99 + u64::try_from(project.deployments.len()).unwrap();
        project.reports.insert(job, zip(name, content));
    }
    let script = fs::read_to_string(world.runner.path("repository/presencectl")).unwrap();
    let looking = "[[ $1 != apply ]] || cat reports/*/*.json >seen\n";
    world.runner.executable("repository/presencectl", &format!("{looking}{}", script.split_once('\n').unwrap().1));
    world.apply('1', &lunch).succeeds();
    assert_eq!(fs::read_to_string(world.runner.path("repository/seen")).unwrap(), "kept");
    let own: Vec<_> = fs::read_dir(world.runner.path("repository/reports/acme")).unwrap().collect();
    assert_eq!(
        own.iter().filter(|it| it.as_ref().unwrap().path().extension().unwrap() == "json").count(),
        1,
        "{own:?}"
    );
    assert!(!world.runner.path("repository").join(name).exists());

    // What cannot be unpacked is said; what leads out of the folder is nothing that was kept.
    for archive in [b"no archive".to_vec(), zip("reports/acme/../../../20260101T000000Z-0.json", "out")] {
        world.project().reports.insert(100, archive);
        let step = world.apply('1', &lunch).succeeds();
        assert!(step.log.contains("of the newest reports of earlier jobs cannot be read"), "{}", step.log);
    }
}

#[test]
fn an_answer_that_is_refused_ends_the_apply() {
    if skipped() {
        return;
    }
    let mut world = World::start();
    let lunch = [definition("lunch", "Meal", "Lunch")];
    let plan = world.plan(&lunch);
    world.project().deployments.push(deployed(&sha('0'), true));
    world.merged(3, '1', &plan);
    for forbidden in
        ["deployments", "repository/compare", "repository/commits", "merge_requests/3", "pipelines", "jobs"]
    {
        world.project().forbidden = Some(forbidden);
        let step = world.apply('1', &lunch).fails("403");
        for empty in ["nothing is done", "no reviewed plan was found"] {
            assert!(!step.log.contains(empty) && step.code != Some(75), "{forbidden} is no empty answer: {}", step.log);
        }
        assert_eq!(world.writes_to_the_org(), 0, "{forbidden}");
    }
    world.project().forbidden = None;
    world.apply('1', &lunch).succeeds();
    assert_eq!(world.writes_to_the_org(), 1);
}

#[test]
fn an_interface_that_fails_once_is_asked_again() {
    if skipped() {
        return;
    }
    let mut world = World::start();
    let (lunch, tea) = (definition("lunch", "Meal", "Lunch"), definition("tea", "Break", "Tea"));
    let stumble = |world: &World| world.project().stumbles = Some(Stumbles::default());
    for it in [&tea, &lunch] {
        stumble(&world);
        world.plan(std::slice::from_ref(it));
    }
    assert_eq!(world.project().writes, ["POST merge_requests/7/notes", "PUT merge_requests/7/notes/1"]);
    let plan = fs::read_to_string(world.runner.path("repository/plan.json")).unwrap();
    world.project().deployments.push(deployed(&sha('0'), true));
    world.merged(3, '1', &plan);
    stumble(&world);
    let applied = world.apply('1', std::slice::from_ref(&lunch)).succeeds();
    assert!(applied.log.contains("Apply: 1 done"), "{}", applied.log);
    // An old job is still told from a later one.
    world.project().deployments.push(deployed(&sha('3'), true));
    stumble(&world);
    assert_eq!(world.apply('1', &[tea]).fails("is later than 1111111").code, Some(75));
    assert_eq!(world.writes_to_the_org(), 1);
}

#[test]
fn an_answer_that_is_not_what_it_should_be_decides_nothing() {
    if skipped() {
        return;
    }
    let mut world = World::start();
    let lunch = [definition("lunch", "Meal", "Lunch")];
    let plan = world.plan(&lunch);
    world.project().deployments.push(deployed(&sha('0'), true));
    world.merged(3, '1', &plan);
    let notes = world.project().writes.len();
    for path in ["/user", "merge_requests/7/notes"] {
        for text in ["{}", "", "[] []", "{\"message\": \"Server Error\"}[]"] {
            world.project().odd = Some((path, text));
            world.runner.run(JOB, &["plan"]).fails("");
            assert_eq!(world.project().writes.len(), notes, "{path} was answered with {text}");
        }
    }
    for path in ["deployments", "repository/compare", "repository/commits", "merge_requests/3", "pipelines", "jobs"] {
        for text in ["{}", "", "[] []", "{\"message\": \"Server Error\"}[]"] {
            world.project().odd = Some((path, text));
            let step = world.apply('1', &lunch).fails("");
            assert!(step.code != Some(75), "{path} was answered with {text}: {}", step.log);
            assert_eq!(world.writes_to_the_org(), 0, "{path} was answered with {text}");
        }
    }
}

#[test]
fn an_old_job_that_is_started_again_undoes_nothing_however_often() {
    if skipped() {
        return;
    }
    let mut world = World::start();
    let lunch = [definition("lunch", "Meal", "Lunch")];
    let retired = [format!("{}    deactivated: true\n", lunch[0])];
    let plan = world.plan(&lunch);
    world.project().deployments.push(deployed(&sha('0'), true));
    world.merged(3, '1', &plan);
    world.apply('1', &lunch).succeeds();
    let plan = world.plan(&retired);
    world.merged(4, '2', &plan);
    world.apply('2', &retired).succeeds();
    let writes = world.writes_to_the_org();
    // The plan of then may say what would bring it back.
    let plan = world.plan(&lunch);
    world.merged(3, '1', &plan);
    for _ in 0..3 {
        let step = world.apply('1', &lunch).fails("is later than 1111111");
        assert_eq!(step.code, Some(75));
    }
    assert_eq!(world.writes_to_the_org(), writes, "main says that it is retired");
    let job = &yaml("examples/gitlab-ci/.gitlab-ci.yml")["apply"];
    assert_eq!(job["allow_failure"]["exit_codes"], 75, "which fails no pipeline, and is no deployment");
}

#[test]
fn a_deployment_counts_only_where_a_job_of_the_default_branch_made_it() {
    if skipped() {
        return;
    }
    let mut world = World::start();
    let lunch = [definition("lunch", "Meal", "Lunch")];
    let plan = world.plan(&lunch);
    world.merged(3, '1', &plan);
    let forged = |field: &str, value: Value| {
        let mut deployment = deployed(&sha('3'), true);
        *deployment.pointer_mut(field).unwrap() = value;
        deployment
    };
    // A branch, a tag with the name of the branch, a person by the API, a commit that is on no branch any more, and one
    // that is gone.
    let strange = [
        forged("/ref", json!("change")),
        forged("/deployable/ref", json!("change")),
        forged("/deployable/tag", json!(true)),
        forged("/deployable", Value::Null),
        forged("/sha", json!(sha('f'))),
        forged("/sha", json!(sha('d'))),
    ];
    world.project().deployments.push(deployed(&sha('0'), true));
    for it in &strange {
        // So many that they fill a page.
        world.project().deployments.extend(vec![it.clone(); 30]);
    }
    let applied = world.apply('1', &lunch).succeeds();
    assert!(applied.log.contains("Apply: 1 done"), "{}", applied.log);
    // A job of the branch does.
    world.project().deployments.push(deployed(&sha('3'), true));
    assert_eq!(world.apply('1', &lunch).fails("is later than 1111111").code, Some(75));
    // This commit is not on the branch any more.
    let refused = world.apply('e', &lunch).fails("does not contain it: nothing is done");
    assert_eq!(refused.code, Some(1));
}

#[test]
fn a_first_job_is_found_behind_those_of_other_branches() {
    if skipped() {
        return;
    }
    let mut world = World::start();
    let lunch = [definition("lunch", "Meal", "Lunch")];
    let plan = world.plan(&lunch);
    world.merged(3, '1', &plan);
    let mut strange = deployed(&sha('2'), false);
    strange["ref"] = "change".into();
    world.project().deployments.extend(vec![strange; 120]);
    world.project().deployments.push(deployed(&sha('1'), false));
    world.apply('2', &lunch).succeeds();
}

#[test]
fn a_plan_counts_only_where_a_pipeline_of_this_project_made_it() {
    if skipped() {
        return;
    }
    let mut world = World::start();
    let lunch = [definition("lunch", "Meal", "Lunch")];
    let plan = world.plan(&lunch);
    world.project().deployments.push(deployed(&sha('0'), true));
    world.merged(3, '1', &plan);
    // A pipeline of the fork that it came from, which is not found here, and one of a branch.
    let of_a_fork = json!({ "id": 900, "project_id": 6, "source": "merge_request_event" });
    let of_a_branch = json!({ "id": 901, "project_id": HERE, "source": "push" });
    world.project().pipelines = [vec![of_a_fork.clone(); 120], vec![of_a_branch]].concat();
    let applied = world.apply('1', &lunch).succeeds();
    assert!(applied.log.contains("Apply: 1 done"), "{}", applied.log);
}

#[test]
fn nothing_that_presencectl_is_started_with_is_a_token_of_the_job() {
    if skipped() {
        return;
    }
    let mut world = World::start();
    world.runner.executable("repository/presencectl", "env >>../seen\n");
    for (name, value) in [
        ("CI_JOB_TOKEN", "job-canary"),
        ("CI_REGISTRY_PASSWORD", "job-canary"),
        ("CI_REPOSITORY_URL", "https://x:job-canary@y"),
    ] {
        world.runner.set(name, value);
    }
    world.runner.set("GITLAB_CI", "true");
    world.project().deployments.push(deployed(&sha('0'), true));
    world.merged(3, '1', r#"{"kind": "plan"}"#);
    world.runner.set("CI_COMMIT_SHA", &sha('1'));
    for job in ["validate", "plan", "apply", "drift"] {
        world.runner.run(JOB, &[job]).succeeds();
        let seen = fs::read_to_string(world.runner.path("seen")).unwrap();
        assert!(!seen.contains("canary") && !seen.contains(TOKEN), "{job}: {seen}");
        for needed in ["GENESYSCLOUD_OAUTHCLIENT_SECRET=sandbox-secret", "CI_COMMIT_SHA=1111", "GITLAB_CI=true"] {
            assert!(seen.contains(needed), "{job}: {needed} is not in {seen}");
        }
        fs::remove_file(world.runner.path("seen")).unwrap();
    }
}

#[test]
fn a_plan_that_came_with_the_files_is_no_plan_of_the_job() {
    if skipped() {
        return;
    }
    let world = World::start();
    world.runner.write("presences.yaml", &config(&[]));
    world.runner.write("comment.md", "forged");
    world.runner.write("plan.json", "forged");
    world.runner.executable("repository/presencectl", "exit 1\n");
    world.runner.run(JOB, &["plan"]).fails("");
    assert_eq!(world.project().writes, [""; 0]);
    assert!(!world.runner.path("repository/plan.json").exists());
}

/// With the configuration in another project, nothing of the merge request is there to be run.
#[test]
fn without_a_checkout_the_config_is_read_from_the_commit() {
    if skipped() {
        return;
    }
    let mut world = World::start();
    git(&world.runner, &["init", "--quiet"]);
    let before = commit(&world.runner, &[]);
    let after = commit(&world.runner, &[definition("lunch", "Meal", "Lunch")]);
    git(&world.runner, &["rm", "--quiet", "--cached", "-r", "."]);
    world.runner.write("presences.yaml", "version: 1\ndefinitions: [of the disk]\n");
    for (name, value) in [("CI_COMMIT_SHA", &after), ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &before)] {
        world.runner.set(name, value);
    }
    world.runner.run(JOB, &["plan"]).fails("presences.yaml");
    world.runner.set("GIT_CHECKOUT", "false");
    world.runner.run(JOB, &["validate"]).succeeds();
    world.runner.run(JOB, &["plan"]).succeeds();
    let note = world.project().notes.last().unwrap()["body"].as_str().unwrap().to_owned();
    assert!(note.contains("lunch") && note.contains("#### From this change"), "{note}");
}

#[test]
fn the_configuration_of_another_project_runs_nothing_of_a_merge_request() {
    let project = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/gitlab-ci");
    let page = fs::read_to_string(project.join("README.md")).unwrap();
    let block = page.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let block: Value = serde_yaml::from_str(block).unwrap();
    let mut all = yaml("examples/gitlab-ci/.gitlab-ci.yml");
    for (name, it) in block.as_object().unwrap() {
        assert!(all[name].is_object(), "{name} is replaced");
        all[name] = it.clone();
    }
    assert_eq!(all[".proposal"]["variables"], json!({ "GIT_STRATEGY": "clone", "GIT_CHECKOUT": "false" }));
    let commands =
        |it: &Value| it.as_array().into_iter().flatten().map(|it| it.as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let mut jobs = 0;
    for (name, job) in all.as_object().unwrap() {
        for command in commands(&job["script"]) {
            assert!(command.starts_with("bash /usr/local/bin/presencectl.sh "), "{name}: {command}");
            jobs += 1;
        }
        let by_request = job["rules"].to_string().contains("merge_request_event");
        assert!(!by_request || job["extends"] == ".proposal", "{name} reads a merge request");
    }
    assert_eq!(jobs, 4);
    for command in commands(&all[".presencectl"]["before_script"]) {
        assert!(!command.starts_with("cp ") && !command.contains(" presencectl.sh"), "{command}");
    }
    assert!(page.contains("GITLAB_TOKEN") && page.contains("can read what"), "what a merge request can read is told");
}

#[test]
fn a_first_apply_that_failed_is_made_up_for_by_the_next() {
    if skipped() {
        return;
    }
    let mut world = World::start();
    let (lunch, tea) = (definition("lunch", "Meal", "Lunch"), definition("tea", "Break", "Tea"));
    let plans = [world.plan(std::slice::from_ref(&lunch)), world.plan(std::slice::from_ref(&tea))];
    world.merged(3, '1', &plans[0]);
    world.merged(4, '3', &plans[1]);
    world.project().forbidden = Some("repository");
    world.apply('1', std::slice::from_ref(&lunch)).fails("403");
    world.project().forbidden = None;
    let applied = world.apply('3', &[lunch, tea]).succeeds();
    assert!(applied.log.contains("Apply: 2 done"), "{}", applied.log);
}

#[test]
fn each_org_has_its_own_environment_and_note() {
    if skipped() {
        return;
    }
    let mut world = World::start();
    let lunch = definition("lunch", "Meal", "Lunch");
    for name in ["Acme Prod", "Acme_Prod", "Müller"] {
        let config = config(std::slice::from_ref(&lunch)).replace("name: acme,", &format!("name: {name},"));
        world.runner.write("presences.yaml", &config);
        world.runner.set("ORG", name);
        world.runner.run(JOB, &["plan"]).succeeds();
        world.runner.run(JOB, &["apply"]).fails("no reviewed plan was found");
    }
    assert_eq!(world.project().writes, ["POST merge_requests/7/notes"; 3]);
    let asked = |it: &str| world.project().requests.iter().any(|request| request.contains(it));
    assert!(asked("environment=presence-apply%2FAcme%20Prod&") && asked("environment=presence-apply%2FM%C3%BCller&"));
}

#[test]
fn the_nightly_job_tells_who_edited_what_from_what_was_merged() {
    if skipped() {
        return;
    }
    let mut world = World::start();
    git(&world.runner, &["init", "--quiet"]);
    let (lunch, tea) = (definition("lunch", "Meal", "Lunch"), definition("tea", "Break", "Tea"));
    let applied = commit(&world.runner, &[lunch.clone(), tea.clone()]);
    let executable = world.runner.path("repository/presencectl");
    let apply = ["apply", "presences.yaml", "--auto-approve", "--no-report"];
    world.runner.run(executable.to_str().unwrap(), &apply).succeeds();
    world.project().history.push(applied.clone());
    world.project().deployments.extend([deployed(&applied, true), deployed(&sha('3'), false)]);
    world.runner.run(JOB, &["drift"]).succeeds();
    // A person retires tea by hand, and walk is merged.
    world.runner.write("presences.yaml", &config(&[lunch.clone(), format!("{tea}    deactivated: true\n")]));
    world.runner.run(executable.to_str().unwrap(), &apply).succeeds();
    commit(&world.runner, &[lunch, tea, definition("walk", "Away", "Walk")]);
    let told = world.runner.run(JOB, &["drift"]);
    assert_eq!(told.code, Some(2), "{}", told.log);
    for said in [
        "Edited by hand in the org:\n  ^ deactivated tea \"Tea\" (Break, ",
        "        last changed by `",
        &format!("Merged, not applied since `{}`:\n  + missing walk \"Walk\" (Away)\n", &applied[..7]),
    ] {
        assert!(told.log.contains(said.trim_start()), "{said}\n{}", told.log);
    }
    // Without a token no one is asked, and what is otherwise is told all the same.
    world.runner.set("GITLAB_TOKEN", "");
    let asked = world.project().requests.len();
    let told = world.runner.run(JOB, &["drift"]);
    assert_eq!((told.code, world.project().requests.len()), (Some(2), asked), "{}", told.log);
    assert!(told.log.contains("which of them is not known"), "{}", told.log);
    world.runner.set("GITLAB_TOKEN", TOKEN);
    world.project().forbidden = Some("deployments");
    let told = world.runner.run(JOB, &["drift"]).fails("which commit was applied last is not known");
    assert!(told.code == Some(2) && told.log.contains("deactivated tea"), "{}", told.log);
}
