//! Runs the jobs of the examples' workflows as GitHub does, as far as their steps are this repository's own:
//! conditions, expressions, the action's inputs and outputs, and its shell. Foreign actions are stood in for.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::expression::{interpolated, is_met, text};
use super::github::{BOT, TOKEN};
use super::steps::Runner;

pub(super) fn yaml(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// A workflow of the examples, as anyone who copies it sets it: for the org `acme`.
fn example(file: &str) -> Value {
    let mut workflow = yaml(&format!("examples/github-actions/.github/workflows/{file}"));
    for (_, job) in workflow["jobs"].as_object_mut().unwrap() {
        if let Some(orgs) = job.pointer_mut("/strategy/matrix/org") {
            assert_eq!(*orgs, json!(["acme-prod"]));
            *orgs = json!(["acme"]);
        }
    }
    workflow
}

/// What a workflow is started with, and what its foreign actions are given and gave.
pub(super) struct Workflow<'a> {
    runner: &'a Runner,
    context: Value,
    /// What was uploaded, by name.
    pub(super) uploaded: BTreeMap<String, PathBuf>,
    /// What became of each job: as GitHub calls it.
    pub(super) results: BTreeMap<String, String>,
    /// A person cancels the run while this job waits or runs: it is over for all that have not begun.
    pub(super) cancelled_at: Option<&'static str>,
    pub(super) log: String,
}

impl<'a> Workflow<'a> {
    /// With what GitHub says of the event.
    pub(super) fn new(runner: &'a Runner, event_name: &str, event: &Value) -> Workflow<'a> {
        let (temp, workspace) = (runner.path("temp"), runner.path("repository"));
        let context = json!({
            "github": { "event_name": event_name, "event": event, "token": TOKEN, "workspace": workspace,
                        "sha": runner.variable("GITHUB_SHA"),
                        "action_repository": "OWNER/presencectl", "run_attempt": 1 },
            "runner": { "temp": temp },
            "vars": { "GENESYSCLOUD_OAUTHCLIENT_ID": "sandbox-client" },
            "secrets": { "GENESYSCLOUD_OAUTHCLIENT_SECRET": "sandbox-secret" },
        });
        let (uploaded, results) = (BTreeMap::new(), BTreeMap::new());
        Workflow { runner, context, uploaded, results, cancelled_at: None, log: String::new() }
    }

    /// Runs all jobs of a workflow, each after those that it needs. True where one was run and none failed.
    pub(super) fn run(&mut self, file: &str) -> bool {
        let workflow = example(file);
        let event = self.context["github"]["event_name"].as_str().unwrap();
        assert!(workflow["on"].as_object().unwrap().contains_key(event), "{file} does not run on {event}");
        let jobs = workflow["jobs"].as_object().unwrap();
        while self.results.len() < jobs.len() {
            let waits = |(name, job): &(&String, &Value)| {
                !self.results.contains_key(*name) && needs(job).iter().all(|it| self.results.contains_key(it))
            };
            let (name, job) = jobs.iter().find(waits).unwrap();
            let result = self.job(name, job);
            self.results.insert(name.clone(), result.to_owned());
        }
        let is = |result: &str| self.results.values().any(|it| it == result);
        is("success") && !is("failure") && !is("cancelled")
    }

    /// Runs a job once for each value of its matrix, where its condition is met after those that it needs. The result.
    fn job(&mut self, name: &str, job: &Value) -> &'static str {
        let mut context = self.context.clone();
        let needed = needs(job);
        let all_succeeded = needed.iter().all(|it| self.results[it] == "success");
        let is_cancelled = self.cancelled_at == Some(name);
        let status = match (is_cancelled, all_succeeded) {
            (true, _) => "cancelled",
            (false, true) => "success",
            // Those that were skipped as well: a job without a condition of its own is skipped after them.
            (false, false) => "failure",
        };
        context["job"] = json!({ "status": status });
        context["needs"] = needed.iter().map(|it| (it.clone(), json!({ "result": self.results[it] }))).collect();
        if !is_met(&job["if"], &context) {
            return if is_cancelled { "cancelled" } else { "skipped" };
        }
        let mut result = "success";
        for matrix in combinations(&job["strategy"]["matrix"]) {
            context["matrix"] = matrix;
            for (what, raw) in [("environment", &job["environment"]), ("concurrency", &job["concurrency"]["group"])] {
                let named = interpolated(&text(raw), &context);
                assert!(raw.is_null() || !named.ends_with('-'), "the {what} of {name} is {named:?}");
            }
            if !self.steps(&job["steps"], &mut context, None, &BTreeMap::new()) {
                result = "failure";
            }
        }
        result
    }

    /// Steps of a job, or of an action, which has a folder.
    fn steps(
        &mut self,
        steps: &Value,
        context: &mut Value,
        action: Option<&Path>,
        variables: &BTreeMap<String, String>,
    ) -> bool {
        let mut succeeded = true;
        context["steps"] = json!({});
        for step in steps.as_array().unwrap() {
            context["job"] = json!({ "status": if succeeded { "success" } else { "failure" } });
            if !is_met(&step["if"], context) {
                continue;
            }
            let mut variables = variables.clone();
            variables.extend(given(&step["env"], context));
            let (fine, outputs) = match step["uses"].as_str() {
                Some(used) => self.used(used, &given(&step["with"], context), context, &variables),
                None => self.shell(step, context, action, variables),
            };
            succeeded &= fine;
            if let Some(id) = step["id"].as_str() {
                context["steps"][id] = json!({ "outputs": outputs });
            }
        }
        succeeded
    }

    fn shell(
        &mut self,
        step: &Value,
        context: &Value,
        action: Option<&Path>,
        mut variables: BTreeMap<String, String>,
    ) -> (bool, Value) {
        let folder = interpolated(step["working-directory"].as_str().unwrap_or("."), context);
        let action = action.map_or_else(String::new, |it| it.display().to_string());
        variables.insert("GITHUB_ACTION_PATH".to_owned(), action);
        let step = self.runner.shell(step["run"].as_str().unwrap(), Path::new(&folder), &variables);
        self.log.push_str(&step.log);
        let outputs: Value = step.outputs.iter().filter_map(|it| it.split_once('=')).map(owned).collect();
        (step.code == Some(0), outputs)
    }

    fn used(
        &mut self,
        used: &str,
        with: &BTreeMap<String, String>,
        context: &Value,
        variables: &BTreeMap<String, String>,
    ) -> (bool, Value) {
        let workspace = self.runner.path("repository");
        match used.split('@').next().unwrap() {
            // The runner has the repository already.
            "actions/checkout" => (true, json!({})),
            "actions/download-artifact" => {
                assert!(!with.contains_key("run-id"), "nothing is handed on from another run");
                let found = self.uploaded.get(&with["name"]);
                if let Some(found) = found {
                    copy(found, Path::new(&with["path"]));
                }
                (found.is_some(), json!({}))
            }
            "actions/upload-artifact" => {
                let (from, to) =
                    (workspace.join(&with["path"]), self.runner.path(&format!("uploaded/{}", with["name"])));
                copy(&from, &if from.is_file() { to.join(from.file_name().unwrap()) } else { to.clone() });
                self.uploaded.insert(with["name"].clone(), to);
                (true, json!({}))
            }
            own => self.action(
                own.strip_prefix("OWNER/presencectl").unwrap().trim_start_matches('/'),
                with,
                context,
                variables,
            ),
        }
    }

    /// An action of this repository, with what its inputs default to.
    fn action(
        &mut self,
        folder: &str,
        with: &BTreeMap<String, String>,
        context: &Value,
        variables: &BTreeMap<String, String>,
    ) -> (bool, Value) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let action = yaml(format!("{folder}/action.yml").trim_start_matches('/'));
        let declared = action["inputs"].as_object().unwrap();
        let unknown: Vec<&String> = with.keys().filter(|it| !declared.contains_key(*it)).collect();
        assert_eq!(unknown, [""; 0], "{folder} has no such inputs");
        let mut inputs: BTreeMap<String, String> =
            declared.iter().map(|(name, it)| (name.clone(), interpolated(&text(&it["default"]), context))).collect();
        inputs.extend(with.clone());
        if declared.contains_key("binary") {
            inputs.insert("binary".to_owned(), env!("CARGO_BIN_EXE_presencectl").to_owned());
            assert_eq!(inputs["comment-author"], BOT);
        }
        let mut inside = context.clone();
        inside["inputs"] = json!(inputs);
        let fine = self.steps(&action["runs"]["steps"], &mut inside, Some(&path), variables);
        let outputs = action["outputs"].as_object().into_iter().flatten();
        (
            fine,
            outputs.map(|(name, it)| (name.clone(), Value::from(interpolated(&text(&it["value"]), &inside)))).collect(),
        )
    }
}

/// Which jobs a job needs.
fn needs(job: &Value) -> Vec<String> {
    let several = job["needs"].as_array().into_iter().flatten();
    several.chain([&job["needs"]]).filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

/// Each combination of a matrix's values; one without any where there is no matrix.
fn combinations(matrix: &Value) -> Vec<Value> {
    let mut all = vec![json!({})];
    for (name, values) in matrix.as_object().into_iter().flatten() {
        let with = |it: &Value| {
            let values = values.as_array().unwrap().iter();
            values
                .map(|value| {
                    let mut one = it.clone();
                    one[name] = value.clone();
                    one
                })
                .collect::<Vec<_>>()
        };
        all = all.iter().flat_map(with).collect();
    }
    all
}

fn owned((name, value): (&str, &str)) -> (String, Value) {
    (name.to_owned(), Value::from(value))
}

/// What stands under `with` or `env`, without its expressions.
fn given(values: &Value, context: &Value) -> BTreeMap<String, String> {
    let values = values.as_object().into_iter().flatten();
    values.map(|(name, value)| (name.clone(), interpolated(&text(value), context))).collect()
}

/// A file, or a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
        return;
    }
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).into_iter().flatten() {
        let entry = entry.unwrap();
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}
