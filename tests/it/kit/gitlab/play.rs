//! Plays `.gitlab-ci.yml` as GitLab does, as far as the kit uses it: rules, `extends`, stages, artifacts, `dependencies`, variables
//! by environment, child pipelines from an artifact, and deployments. Its jobs run by bash, one after another. Resource groups
//! and reviewers are not played.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

use super::World;
use super::forge::{HERE, JOB_TOKEN};
use crate::kit::drift::git_in;

/// What starts a pipeline.
#[derive(Clone, Default)]
pub(super) struct Start {
    pub(super) source: &'static str,
    pub(super) commit: String,
    /// The merge request, and the commit that it is compared with.
    pub(super) merge_request: Option<(u64, String)>,
    /// What a person types.
    pub(super) typed: Vec<(&'static str, String)>,
    /// Jobs that are never approved, or that no one starts.
    pub(super) held: Vec<String>,
    /// The project, if it is another one.
    pub(super) project: Option<&'static str>,
    /// The pipeline is made as a pipeline of this number; another one may be newer.
    pub(super) id: Option<u64>,
}

/// A job that ran.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) name: String,
    pub(super) environment: String,
    pub(super) code: i32,
    pub(super) log: String,
}

/// A pipeline with its child.
pub(super) struct Played {
    pub(super) id: u64,
    pub(super) jobs: Vec<Ran>,
    pub(super) is_green: bool,
    /// The child as it was written.
    pub(super) child: Value,
}

impl Played {
    /// What ran, in order, with the exit code if it is not 0.
    pub(super) fn names(&self) -> Vec<String> {
        let shown = |it: &Ran| if it.code == 0 { it.name.clone() } else { format!("{}: {}", it.name, it.code) };
        self.jobs.iter().map(shown).collect()
    }

    #[track_caller]
    pub(super) fn log(&self, name: &str) -> &str {
        &self
            .jobs
            .iter()
            .find(|it| it.name == name)
            .unwrap_or_else(|| panic!("{name} is none of {:?}", self.names()))
            .log
    }

    #[track_caller]
    pub(super) fn green(self) -> Played {
        assert!(self.is_green, "{}", self.logs());
        self
    }

    #[track_caller]
    pub(super) fn red(self) -> Played {
        assert!(!self.is_green, "{}", self.logs());
        self
    }

    pub(super) fn logs(&self) -> String {
        {
            let logs = self.jobs.iter().map(|it| format!("== {} ({})\n{}\n", it.name, it.code, it.log));
            logs.collect::<Vec<String>>().concat()
        }
    }
}

/// One pipeline while it is played.
struct Pipeline<'a> {
    world: &'a World,
    start: &'a Start,
    id: u64,
    source: &'a str,
    /// What jobs left: the number of the job, and a folder.
    left: Vec<(String, u64, PathBuf)>,
    ran: Vec<Ran>,
    child: Value,
}

impl World {
    /// Plays a pipeline to its end.
    pub(super) fn play(&self, start: &Start) -> Played {
        let id = start.id.unwrap_or_else(|| self.next_id());
        if let Some((iid, _)) = &start.merge_request {
            let mut project = self.project();
            if !project.pipelines.iter().any(|it| it["id"] == id) {
                let here = if start.project.is_some() { HERE + 1 } else { HERE };
                project.pipelines.push(
                    json!({ "id": id, "iid": iid, "project_id": here, "source": "merge_request_event", "sha": start.commit }),
                );
            }
        }
        let file = git_in(&self.path("origin"), &["show", &format!("{}:.gitlab-ci.yml", start.commit)]);
        let file: Value = serde_yaml::from_str(&file).unwrap();
        let mut pipeline = Pipeline {
            world: self,
            start,
            id,
            source: start.source,
            left: Vec::new(),
            ran: Vec::new(),
            child: Value::Null,
        };
        let is_green = pipeline.play(&file);
        Played { id, jobs: pipeline.ran, is_green, child: pipeline.child }
    }
}

impl Pipeline<'_> {
    fn play(&mut self, file: &Value) -> bool {
        let mut has_failed = false;
        let mut is_held = false;
        self.world.project().jobs.insert(self.id, Vec::new());
        let stages: Vec<String> = serde_json::from_value(file["stages"].clone()).unwrap();
        for stage in stages {
            let failed_before = has_failed || is_held;
            for (name, _) in file.as_object().unwrap() {
                let job = whole(file, name);
                if name.starts_with('.') || !job.is_object() || job["stage"] != stage.as_str() {
                    continue;
                }
                let Some((when, is_allowed)) = self.when(file, &job) else { continue };
                let job = if is_allowed { with(&job, "allow_failure", json!(true)) } else { job };
                // With `needs` only those jobs count.
                let needed = |it: &Ran| {
                    job["needs"].as_array().is_none_or(|needs| needs.iter().any(|name| name == it.name.as_str()))
                };
                let has_to_wait = match when.as_str() {
                    "always" => is_held,
                    "on_failure" => !self.ran.iter().any(|it| it.code != 0 && needed(it)),
                    _ => failed_before,
                };
                if has_to_wait {
                    continue;
                }
                if self.start.held.contains(name) {
                    is_held = true;
                    continue;
                }
                has_failed |=
                    !if job["trigger"].is_object() { self.trigger(name, &job) } else { self.run(file, name, &job) };
            }
        }
        !has_failed
    }

    /// When the job runs, if any of its rules holds; and whether it may fail by that rule.
    fn when(&self, file: &Value, job: &Value) -> Option<(String, bool)> {
        let variables = self.variables(file, job);
        // Without rules a job is part of no pipeline of a merge request, nor of a child of one.
        let rules = job["rules"].as_array()?;
        let rule = rules.iter().find(|it| holds(it["if"].as_str().unwrap(), &variables))?;
        Some((rule["when"].as_str().unwrap_or("on_success").to_owned(), rule["allow_failure"] == true))
    }

    /// The variables of a job: those of GitLab, of the file, of the job, and of its environment; what a person typed is the strongest.
    fn variables(&self, file: &Value, job: &Value) -> BTreeMap<String, String> {
        let start = self.start;
        let mut all = BTreeMap::new();
        let mut set = |name: &str, value: &str| drop(all.insert(name.to_owned(), value.to_owned()));
        let typed = |it: &Value| it.as_str().or(it["value"].as_str()).map_or_else(|| it.to_string(), str::to_owned);
        for (name, value) in [&file["variables"], &job["variables"]].into_iter().filter_map(Value::as_object).flatten()
        {
            set(name, &typed(value));
        }
        for (name, value) in [
            ("CI", "true"),
            ("GITLAB_CI", "true"),
            ("CI_API_V4_URL", &self.world.server.url),
            ("CI_PROJECT_ID", "5"),
            ("CI_PROJECT_PATH", start.project.unwrap_or("acme/presences")),
            ("CI_DEFAULT_BRANCH", "main"),
            ("CI_COMMIT_SHA", &start.commit),
            ("CI_PIPELINE_ID", &self.id.to_string()),
            ("CI_PIPELINE_URL", &format!("https://gitlab.example/pipelines/{}", self.id)),
            ("CI_PIPELINE_SOURCE", self.source),
            ("CI_JOB_TOKEN", JOB_TOKEN),
            ("GITLAB_USER_LOGIN", "ada"),
        ] {
            set(name, value);
        }
        match &start.merge_request {
            Some((iid, base)) => {
                set("CI_MERGE_REQUEST_IID", &iid.to_string());
                set("CI_MERGE_REQUEST_DIFF_BASE_SHA", base);
            }
            None => set("CI_COMMIT_BRANCH", "main"),
        }
        // A fork has none of the project's variables.
        let environment = job["environment"]["name"].as_str().unwrap_or_default();
        let secrets = self.world.secrets.get(environment).filter(|_| start.project.is_none());
        for (name, value) in secrets.into_iter().flatten() {
            set(name, value);
        }
        if self.source != "parent_pipeline" {
            start.typed.iter().for_each(|(name, value)| set(name, value));
        }
        all
    }

    fn trigger(&mut self, name: &str, job: &Value) -> bool {
        let include = &job["trigger"]["include"][0];
        let (_, _, folder) = self.left.iter().find(|it| include["job"] == it.0.as_str()).unwrap();
        let text = fs::read_to_string(folder.join(include["artifact"].as_str().unwrap())).unwrap();
        let mut child: Value = serde_yaml::from_str(&text).unwrap();
        self.child = child.clone();
        let local = child["include"][0]["local"].as_str().unwrap();
        let local = git_in(&self.world.path("origin"), &["show", &format!("{}:{local}", self.start.commit)]);
        let mut file: Value = serde_yaml::from_str(&local).unwrap();
        child.as_object_mut().unwrap().remove("include");
        merge(&mut file, &child);
        let id = self.world.next_id();
        let bridge = json!({ "name": name, "downstream_pipeline": { "id": id, "project_id": HERE } });
        self.world.project().bridges.entry(self.id).or_default().push(bridge);
        let mut pipeline = Pipeline {
            world: self.world,
            start: self.start,
            id,
            source: "parent_pipeline",
            left: Vec::new(),
            ran: Vec::new(),
            child: Value::Null,
        };
        let is_green = pipeline.play(&file);
        self.ran.append(&mut pipeline.ran);
        is_green
    }

    fn run(&mut self, file: &Value, name: &str, job: &Value) -> bool {
        let number = self.world.next_id();
        let mut variables = self.variables(file, job);
        let checkout = self.world.path(&format!("builds/{number}"));
        self.check_out(&checkout, &variables);
        for (of, _, folder) in &self.left {
            let wanted = job["dependencies"].as_array().is_none_or(|it| it.iter().any(|it| it == of.as_str()));
            if wanted && folder.exists() {
                copy(folder, &checkout);
            }
        }
        variables.insert("CI_JOB_ID".to_owned(), number.to_string());
        variables.insert("CI_JOB_NAME".to_owned(), name.to_owned());
        variables.insert("CI_JOB_URL".to_owned(), format!("https://gitlab.example/jobs/{number}"));
        variables.insert("CI_PROJECT_DIR".to_owned(), checkout.display().to_string());
        let environment = job["environment"]["name"].as_str().unwrap_or_default().to_owned();
        let is_deployment = !environment.is_empty() && job["environment"]["action"].is_null();
        if is_deployment {
            let deployable = json!({ "id": number, "ref": "main", "tag": false });
            self.world
                .project()
                .deployments
                .push(json!({ "environment": environment, "sha": self.start.commit, "ref": "main",
                                                          "status": "running", "deployable": deployable }));
        }
        let (code, log) = self.world.shell(&checkout, job, &variables);
        let allowed = &job["allow_failure"];
        let is_allowed = *allowed == true || allowed["exit_codes"] == code;
        let status = if code == 0 { "success" } else { "failed" };
        {
            let mut project = self.world.project();
            project.jobs.get_mut(&self.id).unwrap().push(json!({ "id": number, "name": name, "status": status }));
            if is_deployment {
                let own = project.deployments.iter_mut().find(|it| it["deployable"]["id"] == number).unwrap();
                own["status"] = json!(status);
            }
        }
        if (code == 0 || job["artifacts"]["when"] == "always") && checkout.join(".presencectl/ci").exists() {
            let folder = self.world.path(&format!("artifacts/{number}"));
            copy(&checkout.join(".presencectl/ci"), &folder.join(".presencectl/ci"));
            self.world.keep(number, &folder);
            self.left.push((name.to_owned(), number, folder));
        }
        self.ran.push(Ran { name: name.to_owned(), environment, code, log });
        code == 0 || is_allowed
    }

    fn check_out(&self, folder: &Path, variables: &BTreeMap<String, String>) {
        fs::create_dir_all(folder).unwrap();
        let origin = self.world.path("origin").display().to_string();
        git_in(folder, &["clone", "--quiet", "--no-checkout", &origin, "."]);
        git_in(folder, &["fetch", "--quiet", "origin", &self.start.commit]);
        git_in(folder, &["update-ref", "--no-deref", "HEAD", &self.start.commit]);
        if variables["GIT_CHECKOUT"] == "true" {
            git_in(folder, &["reset", "--quiet", "--hard"]);
        }
    }
}

/// A job with another value of a field.
fn with(job: &Value, field: &str, value: Value) -> Value {
    let mut job = job.clone();
    job[field] = value;
    job
}

/// A job with what it extends.
fn whole(file: &Value, name: &str) -> Value {
    let own = &file[name];
    let Some(parent) = own["extends"].as_str() else { return own.clone() };
    let mut all = whole(file, parent);
    merge(&mut all, own);
    all
}

/// Maps are merged, all else is replaced.
fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Object(Map::new())), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

/// Does the condition of a rule hold?
pub(super) fn holds(condition: &str, variables: &BTreeMap<String, String>) -> bool {
    let value = |it: &str| match it.strip_prefix('$') {
        Some(name) => variables.get(name).cloned().unwrap_or_default(),
        None => it.trim_matches('"').to_owned(),
    };
    condition.split(" && ").all(|it| match (it.split_once(" == "), it.split_once(" =~ ")) {
        (Some((left, right)), _) => value(left) == value(right),
        (_, Some((left, right))) => {
            let words = right.strip_prefix("/^(").and_then(|it| it.strip_suffix(")$/")).unwrap();
            words.split('|').any(|it| it == value(left))
        }
        _ => panic!("{it} is not understood"),
    })
}

/// All files of a folder, over what is there.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    let ran = Command::new("cp").arg("-R").arg(from.join(".")).arg(to).status().unwrap();
    assert!(ran.success());
}
