//! The files themselves: what runs where, and with which rights.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use presencectl::ops::ci_files::CiFiles;
use serde_json::{Value, json};

use super::forge::{JOB_TOKEN, TOKEN};
use super::play::{self, Start};
use super::{World, base};
use crate::kit::steps::skipped;
use crate::kit::workflow::yaml;

fn file() -> Value {
    yaml("examples/gitlab-ci/.gitlab-ci.yml")
}

/// Which jobs a pipeline has, by what starts it.
#[test]
fn every_start_has_its_jobs() {
    let file = file();
    let jobs = |project: &str, source: &str, branch: &str| {
        let variables = [
            ("CI_PROJECT_PATH", project),
            ("PRESENCECTL_PROJECT", "acme/presences"),
            ("CI_PIPELINE_SOURCE", source),
            ("CI_COMMIT_BRANCH", branch),
            ("CI_DEFAULT_BRANCH", "main"),
        ];
        let variables: BTreeMap<String, String> =
            variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let holds = |job: &Value| {
            job["rules"]
                .as_array()
                .is_some_and(|it| it.iter().any(|it| play::holds(it["if"].as_str().unwrap(), &variables)))
        };
        let names = file.as_object().unwrap().iter().filter(|(name, job)| !name.starts_with('.') && holds(job));
        let mut names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.join(" ")
    };
    let here = "acme/presences";
    assert_eq!(jobs(here, "merge_request_event", ""), "orgs plan validate");
    assert_eq!(jobs(here, "push", "main"), "due legs validate");
    assert_eq!(jobs(here, "web", "main"), "due legs validate");
    assert_eq!(jobs(here, "schedule", "main"), "due legs lost validate");
    for source in ["push", "web", "schedule", "api", "trigger", "pipeline", "parent_pipeline"] {
        assert_eq!(jobs(here, source, "change"), "", "{source}");
    }
    for source in ["api", "trigger", "pipeline", "parent_pipeline", "chat", "external"] {
        assert_eq!(jobs(here, source, "main"), "", "{source}");
    }
    assert_eq!(jobs("eve/presences", "merge_request_event", ""), "validate");
    assert_eq!(jobs("eve/presences", "push", "main"), "validate");
    assert_eq!(jobs("eve/presences", "schedule", "main"), "validate");
}

#[test]
fn no_job_has_a_path_filter_and_none_runs_a_file_of_a_proposal() {
    let file = file();
    for (name, job) in file.as_object().unwrap() {
        for rule in job["rules"].as_array().into_iter().flatten() {
            assert!(rule.get("changes").is_none() && rule.get("exists").is_none(), "{name}");
        }
        for command in job["script"].as_array().into_iter().flatten() {
            let command = command.as_str().unwrap();
            assert!(command.starts_with("bash /usr/local/bin/presencectl.sh "), "{name}: {command}");
        }
        if job["trigger"].is_object() {
            let forward = json!({ "yaml_variables": false, "pipeline_variables": false });
            assert_eq!(
                (&job["trigger"]["forward"], &job["trigger"]["strategy"]),
                (&forward, &json!("depend")),
                "{name}"
            );
        }
    }
    let defaults = json!({ "GIT_STRATEGY": "clone", "GIT_CHECKOUT": "false", "GIT_DEPTH": "0" });
    assert_eq!(file[".presencectl"]["variables"], defaults);
    let checked_out: Vec<&String> = file
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, it)| it["variables"]["GIT_CHECKOUT"] == "true")
        .map(|it| it.0)
        .collect();
    assert_eq!(checked_out, [".apply", ".drift", ".undo-plan"], "which run on the default branch alone");
    assert_eq!(file[".apply"]["allow_failure"]["exit_codes"], 75, "which fails no pipeline, and is no deployment");
}

/// With the configuration in another project, nothing of a merge request is run.
#[test]
fn the_configuration_of_another_project_runs_nothing_of_a_merge_request() {
    let (commit, sum) = ("a".repeat(40), "b".repeat(64));
    let files = CiFiles {
        project: "acme/presences",
        branch: "main",
        release: ("maker/presencectl", &commit),
        sha256: &sum,
        stages: &[],
        config_project: Some("acme/presence-ci"),
    };
    let pages = files.gitlab();
    assert_eq!(pages.len(), 1, "the script is the release's");
    let written: Value = serde_yaml::from_str(&pages[0].text).unwrap();
    let file = file();
    assert_eq!(written["variables"]["JOBS_PROJECT"], "acme/presence-ci");
    assert!(file.to_string().contains("git show") && !written.to_string().contains("git show"));
    for (name, job) in file.as_object().unwrap() {
        let differs = written[name] != *job;
        assert_eq!(differs, ["variables", ".presencectl"].contains(&name.as_str()), "{name}");
    }
    assert_eq!(written[".presencectl"]["variables"], file[".presencectl"]["variables"], "nothing is checked out");
    let commands: Vec<&str> =
        written[".presencectl"]["before_script"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert!(
        commands.iter().any(|it| it.contains(&format!("maker/presencectl/{commit}/examples/gitlab-ci/presencectl.sh")))
    );
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/gitlab-ci/presencectl.sh");
    let summed = std::process::Command::new("sha256sum").arg(script).output().unwrap();
    let sum = String::from_utf8_lossy(&summed.stdout[..64]).into_owned();
    assert!(commands.iter().any(|it| it.contains(&sum)), "{commands:?}");
}

#[test]
fn the_jobs_of_a_child_come_from_the_project_of_the_file() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    let text = fs::read_to_string(world.path("origin/.gitlab-ci.yml")).unwrap();
    world.write(".gitlab-ci.yml", &text.replace("JOBS_PROJECT: \"\"", "JOBS_PROJECT: acme/presence-ci"));
    world.commit();
    let start = Start {
        held: vec!["plan".to_owned()],
        ..world.proposed(7, || world.write("presences/base/all.yaml", &base(&["Tea"])))
    };
    world.play(&start);
    let written =
        fs::read_dir(world.path("artifacts")).unwrap().map(|it| it.unwrap().path().join(".presencectl/ci/child.yml"));
    let child = written.filter(|it| it.exists()).map(|it| fs::read_to_string(it).unwrap()).next().unwrap();
    let child: Value = serde_yaml::from_str(&child).unwrap();
    assert_eq!(child["include"], json!([{ "project": "acme/presence-ci", "file": ".gitlab-ci.yml" }]));
}

#[test]
fn nothing_that_presencectl_is_started_with_is_a_token() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    world.play(&world.by_hand("acme")).green();
    let real = env!("CARGO_BIN_EXE_presencectl");
    let seen = world.path("seen");
    world.executable("presencectl", &format!("env >>'{}'\n{}", seen.display(), super::COMBINE.replace("REAL", real)));
    world.done(7, "presences/base/all.yaml", &base(&["Tea"]));
    world.play(&world.scheduled());
    let seen = fs::read_to_string(seen).unwrap();
    assert!(!seen.contains(TOKEN) && !seen.contains(JOB_TOKEN));
    for needed in ["GENESYSCLOUD_OAUTHCLIENT_SECRET=sandbox-secret", "CI_COMMIT_SHA=", "GITLAB_CI=true", "CI_JOB_URL="]
    {
        assert!(seen.contains(needed), "{needed} is not handed on");
    }
}

#[test]
fn files_of_the_repository_are_never_taken_for_those_of_a_job() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme"]);
    let forged = world.play(&world.proposed(7, || {
        world.write(".presencectl/ci/legs/acme.json", "{\"kind\": \"plan\"}");
        world.write("presences/base/all.yaml", &base(&["Tea"]));
    }));
    assert!(forged.red().log("orgs").contains("the commit holds .presencectl, which the jobs use"));
}

/// The child pipelines are kept in `tests/kit/gitlab`, where `.ci/kit` has another reader of GitLab's files check them.
#[test]
fn the_child_pipelines_are_those_that_are_checked() {
    if skipped() {
        return;
    }
    let world = World::new(&["acme", "globex"]);
    let staged = |labels: &[&str]| base(labels).replace("en_US }", "en_US, stages: [test, prod] }");
    world.write("presences/base/all.yaml", &staged(&["Lunch"]));
    for (org, stage) in [("acme", "prod"), ("globex", "test")] {
        let file = super::org_file(org, &format!(", stage: {stage}"));
        world.write(&format!("presences/orgs/{org}.yaml"), &file);
    }
    world.commit();
    let held = |start: Start| Start {
        held: ["acme", "globex"]
            .iter()
            .flat_map(|it| [format!("plan {it}"), format!("drift {it}")])
            .chain(["known".to_owned()])
            .collect(),
        ..start
    };
    let proposed = world.proposed(7, || world.write("presences/base/all.yaml", &staged(&["Tea"])));
    let checked = |name: &str, start: Start| {
        let mut child = world.play(&held(start)).child;
        for (name, value) in child["variables"].as_object_mut().unwrap() {
            if ["KIT_AT", "KIT_SINCE", "KIT_HEAD"].contains(&name.as_str()) {
                *value = json!("0".repeat(40));
            } else if ["KIT_JOB", "KIT_PIPELINE"].contains(&name.as_str()) {
                *value = json!("1");
            }
        }
        kept(&format!("{name}.yml"), &format!("{child:#}\n"));
    };
    checked("merge-request", proposed);
    checked("push", world.merged(7));
    checked("by-hand", world.by_hand("*"));
    checked("schedule", world.scheduled());
    world.play(&world.by_hand("acme")).green();
    checked("undo", world.undo("acme"));
}

#[expect(clippy::disallowed_methods, reason = "a test's own switch")]
fn kept(name: &str, made: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kit/gitlab").join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, made).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == made, "tests/kit/gitlab/{name} is old; UPDATE=1 cargo test writes it anew:\n{made}");
}
