//! What the action and the workflows say agrees with the scripts, with the release, and with their own rules.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::workflow::yaml;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(project().join(path)).unwrap()
}

/// Every YAML file that GitHub runs, here or copied from the examples.
fn runs() -> Vec<PathBuf> {
    let folders = [".github/workflows", "examples/github-actions/.github/workflows"];
    let mut files: Vec<PathBuf> = folders
        .iter()
        .flat_map(|it| fs::read_dir(project().join(it)).unwrap().map(|it| it.unwrap().path()))
        .chain(ACTIONS.map(|it| project().join(it)))
        .collect();
    files.sort();
    assert!(files.len() >= 9, "{files:?}");
    files
}

const ACTIONS: [&str; 5] =
    ["action.yml", "kit/orgs/action.yml", "kit/review/action.yml", "kit/result/action.yml", "kit/issue/action.yml"];
const WORKFLOWS: [&str; 5] = ["check", "plan", "apply", "drift", "undo"];

fn read_yaml(path: &Path) -> Value {
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The steps of a workflow's jobs, or of an action.
fn steps(file: &Value) -> Vec<Value> {
    let jobs = file["jobs"].as_object().into_iter().flatten().map(|(_, it)| &it["steps"]);
    let all = jobs.chain([&file["runs"]["steps"]]).filter_map(Value::as_array);
    all.flatten().cloned().collect()
}

/// The names of a list or a map.
fn names(value: &Value) -> BTreeSet<String> {
    let map = value.as_object().into_iter().flatten().map(|(name, _)| name.clone());
    let list = value.as_array().into_iter().flatten().chain([value]).filter_map(|it| it.as_str().map(str::to_owned));
    map.chain(list).collect()
}

/// The text after a name on each line that begins with it, as `uses: VALUE`.
fn values<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let lines = text.lines().map(|it| it.trim_start().trim_start_matches("- "));
    lines.filter_map(|it| it.strip_prefix(name)?.strip_prefix(": ")).collect()
}

#[test]
fn the_action_installs_this_version() {
    let action = read("action.yml");
    assert!(
        action.contains(&format!("default: \"{}\"", env!("CARGO_PKG_VERSION"))),
        "the input `version` of action.yml"
    );
    for example in WORKFLOWS {
        let text = read(&format!("examples/github-actions/.github/workflows/{example}.yml"));
        let own: Vec<&str> = values(&text, "uses").into_iter().filter(|it| it.starts_with("OWNER/")).collect();
        assert!(!own.is_empty());
        for it in own {
            assert!(it.contains(&format!("@v{}", env!("CARGO_PKG_VERSION"))), "{example}: {it}");
        }
    }
    let gitlab = read("examples/gitlab-ci/.gitlab-ci.yml");
    assert!(gitlab.contains(&format!("PRESENCECTL_VERSION: \"{}\"", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn nothing_is_put_into_the_text_of_a_script() {
    let mut scripts = 0;
    for file in runs() {
        for step in steps(&read_yaml(&file)) {
            if let Some(script) = step["run"].as_str() {
                assert!(!script.contains("${{"), "{}: {script}", file.display());
                scripts += 1;
            }
        }
    }
    assert!(scripts >= 8, "{scripts}");
}

#[test]
fn every_foreign_action_is_pinned_by_a_whole_hash() {
    let mut foreign = BTreeSet::new();
    for file in runs() {
        for used in values(&fs::read_to_string(&file).unwrap(), "uses") {
            if used.starts_with("OWNER/") {
                continue;
            }
            let (name, rest) = used.split_once('@').unwrap();
            let (hash, version) = rest.split_once(" # ").unwrap();
            let whole = hash.len() == 40 && hash.bytes().all(|it| it.is_ascii_hexdigit());
            assert!(whole && version.starts_with('v'), "{}: {used}", file.display());
            foreign.insert((name.to_owned(), hash.to_owned()));
        }
    }
    assert!(foreign.len() <= 5, "few foreign actions, each in one version: {foreign:?}");
}

#[test]
fn what_the_scripts_need_is_handed_to_them() {
    let action = yaml("action.yml");
    let inputs: BTreeSet<&str> = action["inputs"].as_object().unwrap().keys().map(String::as_str).collect();
    let text = action.to_string();
    let used: BTreeSet<&str> = text
        .split("inputs.")
        .skip(1)
        .map(|it| it.split(|c: char| !c.is_ascii_lowercase() && c != '-' && !c.is_ascii_digit()).next().unwrap())
        .collect();
    assert_eq!(inputs, used, "every input is used, and every used one exists");
    for (file, id, scripts) in [
        ("action.yml", "install", &["install.sh"][..]),
        ("action.yml", "run", &["run.sh", "comment.sh", "check-run.sh", "drift-issue.sh"]),
        ("kit/orgs/action.yml", "here", &["here.sh"]),
        ("kit/orgs/action.yml", "find", &["pull-request.sh"]),
        ("kit/orgs/action.yml", "install", &["install.sh"]),
        ("kit/orgs/action.yml", "orgs", &["orgs.sh", "reviewed-plans.sh", "earlier-reports.sh", "undone-report.sh"]),
        ("kit/review/action.yml", "review", &["review.sh", "legs.sh", "comment.sh", "check-run.sh", "status.sh"]),
        ("kit/result/action.yml", "", &["result.sh", "legs.sh"]),
        ("kit/issue/action.yml", "", &["issue.sh", "legs.sh", "drift-issue.sh"]),
    ] {
        let action = yaml(file);
        let step = steps(&action).into_iter().find(|it| it["id"].as_str().unwrap_or_default() == id).unwrap();
        assert!(step["run"].as_str().unwrap().ends_with(&format!("/{}\"", scripts[0])), "{step}");
        let text: String = ["common.sh"].iter().chain(scripts).map(|it| read(&format!("kit/{it}"))).collect();
        for variable in variables(&text) {
            let own = ["GITHUB_", "RUNNER_", "BASH_"].iter().any(|it| variable.starts_with(it));
            // What a script hands to another one, and what one of the shared functions reads that is not called here.
            let handed = ["SUBJECT", "UNSURE", "DESCRIPTION", "JOB_STATUS", "API_CACHE"].contains(&variable)
                || (variable == "APPLIED" && id == "orgs");
            let unused = id != "run"
                && matches!(
                    variable,
                    "COMMENT_AUTHOR"
                        | "PATH_OF_CONFIG"
                        | "ARGUMENTS"
                        | "ORG"
                        | "AT"
                        | "COMMIT"
                        | "BASE"
                        | "PULL_REQUEST"
                );
            let unused = unused || (scripts[0] == "here.sh" && variable == "TOKEN");
            let unused = unused || (variable == "STAGES" && !["run", "orgs"].contains(&id));
            let own = own || handed;
            assert!(
                own || unused || !step["env"][variable].is_null(),
                "{file} does not hand {variable} to {}",
                scripts[0]
            );
        }
    }
}

/// The variables in capitals that a script reads.
fn variables(text: &str) -> BTreeSet<&str> {
    let code = |c: char| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit();
    let plain = text.split('$').skip(1).map(|it| it.trim_start_matches(['{', '#']).trim_start_matches("ENV."));
    let names = plain.map(|it| it.split(|c| !code(c)).next().unwrap());
    names.filter(|it| it.len() > 1 && it.starts_with(|c: char| c.is_ascii_uppercase()) && *it != "ENV").collect()
}

#[test]
fn an_apply_waits_for_its_turn_and_is_never_cancelled() {
    let apply = yaml("examples/github-actions/.github/workflows/apply.yml");
    let applies = |job: &&Value| job["steps"].as_array().unwrap().iter().any(|it| it["with"]["mode"] == "apply");
    let jobs: Vec<&Value> = apply["jobs"].as_object().unwrap().values().filter(applies).collect();
    assert_eq!(jobs.len(), 1);
    let expected =
        json!({ "group": "presencectl-apply-${{ matrix.org }}", "queue": "max", "cancel-in-progress": false });
    assert_eq!(jobs[0]["concurrency"], expected);
    assert_eq!(jobs[0]["environment"], "presence-apply-${{ matrix.org }}");
    assert_eq!(apply["concurrency"], Value::Null, "a group of the whole workflow has a queue of its own");
}

#[test]
fn a_job_with_a_secret_never_checks_out_or_runs_a_pull_request() {
    let mut bases = 0;
    for file in runs() {
        let workflow = read_yaml(&file);
        let triggers = names(&workflow["on"]);
        assert!(!triggers.contains("pull_request_target"), "{}", file.display());
        let by_strangers = ["pull_request", "merge_group", "workflow_run"].iter().any(|it| triggers.contains(*it));
        for job in workflow["jobs"].as_object().into_iter().flatten().map(|(_, it)| it) {
            if !by_strangers || !job.to_string().contains("secrets.") {
                continue;
            }
            assert_eq!(triggers, BTreeSet::from(["workflow_run".to_owned()]), "{}", file.display());
            for step in job["steps"].as_array().unwrap() {
                assert_eq!(step["run"], Value::Null, "{}: it has no shell of its own", file.display());
                let used = step["uses"].as_str().unwrap();
                assert!(!used.starts_with("actions/download-artifact@"), "{}: nothing is handed on", file.display());
                if step["uses"].as_str().unwrap().starts_with("actions/checkout@") {
                    assert_eq!(
                        step["with"]["ref"],
                        "${{ github.sha }}",
                        "{}: the newest commit of main",
                        file.display()
                    );
                    assert_eq!(step["if"], Value::Null, "{}: everything that is proposed", file.display());
                    bases += 1;
                }
            }
        }
    }
    assert_eq!(bases, 1, "the commit that the pull request is compared with");
}

#[test]
fn the_examples_say_what_a_pull_request_does() {
    let plan = yaml("examples/github-actions/.github/workflows/plan.yml");
    let with = |name: &str| {
        let found = steps(&plan).into_iter().find_map(|it| it["with"][name].as_str().map(str::to_owned));
        found.unwrap_or_default()
    };
    assert!(with("base").contains("github.sha"), "{plan}");
    assert_eq!(with("at"), "${{ needs.orgs.outputs.commit }}");
    assert!(yaml("action.yml")["inputs"]["base"].is_object());
    assert_eq!(yaml("examples/gitlab-ci/.gitlab-ci.yml")[".presencectl"]["variables"]["GIT_DEPTH"], "0");
}

#[test]
fn every_example_gives_the_sum_of_the_executable() {
    for example in WORKFLOWS {
        let file = yaml(&format!("examples/github-actions/.github/workflows/{example}.yml"));
        let runs = steps(&file).into_iter().filter(|it| it["with"]["mode"].is_string());
        assert!(
            runs.map(|it| it["with"]["sha256"].is_string()).collect::<BTreeSet<_>>() == BTreeSet::from([true]),
            "{example}"
        );
    }
}

/// No job holds the credentials of two orgs, and none that has them may write at the forge.
#[test]
fn a_job_with_credentials_has_one_org_and_only_reads() {
    let mut jobs_with_secrets = 0;
    for example in WORKFLOWS {
        let file = yaml(&format!("examples/github-actions/.github/workflows/{example}.yml"));
        assert_eq!(file["permissions"], json!({}), "{example}");
        let push = &file["on"]["push"];
        assert!(
            push["paths"].is_null() && file["on"]["pull_request"]["paths"].is_null(),
            "{example} has no path filter"
        );
        for (name, job) in file["jobs"].as_object().unwrap() {
            let text = job.to_string();
            let writes = job["permissions"].to_string().contains("write");
            if text.contains("secrets.") {
                jobs_with_secrets += 1;
                assert_eq!(job["permissions"], json!({ "contents": "read" }), "{example}: {name}");
                assert_eq!(
                    job["strategy"]["matrix"], "${{ fromJSON(needs.orgs.outputs.matrix) }}",
                    "{example}: {name}"
                );
                let environment = job["environment"].as_str().unwrap();
                assert!(environment.starts_with("presence-") && environment.ends_with("-${{ matrix.org }}"));
            } else if writes {
                // For the config of the default branch, and nothing of a proposal.
                for it in steps(&json!({ "jobs": { "it": job } })) {
                    let used = it["uses"].as_str().unwrap_or_default();
                    let of_proposal = !it["with"]["ref"].is_null() && it["with"]["ref"] != "${{ github.sha }}";
                    assert!(!used.starts_with("actions/checkout@") || !of_proposal, "{example}: {name}: {it}");
                }
                assert!(job["if"].as_str().unwrap().starts_with("always()"), "{example}: {name}");
            }
        }
    }
    assert_eq!(jobs_with_secrets, 6);
}
