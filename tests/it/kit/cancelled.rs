//! A run that is cancelled: the signal comes to the step's first process alone, as from GitHub, or to each, as from
//! GitLab.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use super::github::Github;
use super::gitlab::World;
use super::steps::{Runner, Step, config, definition, skipped};
use crate::cli::server::Org;
use crate::cli::signals::{signal, wait_for};

/// An org that answers no creation before a run is cancelled.
fn slow_org() -> Org {
    Org::with_faults(r#"[{ "method": "POST", "path": "/api/*", "delay_ms": 60000 }]"#)
}

fn runner(github: &Github, org: &Org) -> Runner {
    let runner = Runner::of(github, org).with("REVIEWED", "false");
    runner.write("presences.yaml", &config(&[definition("lunch", "Meal", "Lunch")]));
    runner
}

/// The step ends within what GitHub gives it.
#[expect(clippy::disallowed_methods, reason = "what GitHub gives a step is real time")]
fn ends(runner: &Runner, step: Child) -> Step {
    let began = Instant::now();
    let step = runner.ended(step.wait_with_output().unwrap());
    assert!(began.elapsed() < Duration::from_millis(9_500), "GitHub would have killed it: {}", step.log);
    step
}

#[test]
fn an_apply_that_is_cancelled_reports_what_was_in_flight() {
    if skipped() {
        return;
    }
    for name in ["INT", "TERM"] {
        let (github, org) = (Github::start(), slow_org());
        let runner = runner(&github, &org);
        let step = runner.start("run.sh", &[], &[("MODE", "apply")]);
        wait_for(&org, "POST /api");
        signal(&step, name);
        let step = ends(&runner, step);
        assert_eq!(step.code, Some(143), "{}", step.log);
        assert!(step.log.contains("unknown         create lunch"), "{}", step.log);
        assert!(step.summary.contains("lunch"), "{}", step.summary);
        assert!(step.output("report").is_some() && step.output("summary").is_some(), "{:?}", step.outputs);
        assert_eq!(step.output("changes"), None, "it is not known whether it was written");
    }
}

#[test]
fn what_is_in_flight_is_done_before_the_report() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let org = Org::with_faults(r#"[{ "method": "POST", "path": "/api/*", "delay_ms": 1500 }]"#);
    let runner = runner(&github, &org);
    let both = [definition("lunch", "Meal", "Lunch"), definition("tea", "Break", "Tea")];
    runner.write("presences.yaml", &config(&both));
    let step = runner.start("run.sh", &[], &[("MODE", "apply")]);
    wait_for(&org, "POST /api");
    signal(&step, "INT");
    let step = ends(&runner, step);
    assert_eq!(step.output("changes"), Some("true"), "{}", step.log);
    assert!(step.log.contains("Apply: 1 done") || step.log.contains("Apply: 2 done"), "{}", step.log);
}

#[test]
fn a_plan_or_a_drift_that_is_cancelled_is_shown_nowhere() {
    if skipped() {
        return;
    }
    for mode in ["plan", "drift"] {
        let github = Github::start();
        let org = Org::with_faults(r#"[{ "path": "/api/v2/presencedefinitions", "delay_ms": 60000 }]"#);
        let runner = runner(&github, &org);
        let step = runner.start("run.sh", &[], &[("MODE", mode), ("APPLY_WORKFLOW", "")]);
        wait_for(&org, "GET /api/v2/presencedefinitions");
        signal(&step, "INT");
        let step = ends(&runner, step);
        assert_eq!((step.code, step.output("changes")), (Some(143), None), "{}", step.log);
        assert!(step.summary.starts_with(&format!("**presencectl {mode} was cancelled** ")), "{}", step.summary);
        assert_eq!(github.writes(), [""; 0], "it says nothing of the config");
    }
}

#[test]
fn each_signal_is_handed_on_and_the_status_is_the_programs() {
    if skipped() {
        return;
    }
    let github = Github::start();
    let runner = Runner::new(&github).with("PATH_OF_CONFIG", ".").with("PRESENCECTL", "./presencectl");
    let script = "trap 'echo asked; asked=$((asked + 1))' TERM\nasked=0\n>../started\n\
                  while ((asked < 2)); do sleep 0.05; done\necho ended\nexit 7\n";
    runner.executable("repository/presencectl", script);
    let step = runner.start("run.sh", &[], &[("MODE", "validate")]);
    while !runner.path("started").exists() {
        thread::sleep(Duration::from_millis(10));
    }
    signal(&step, "INT");
    thread::sleep(Duration::from_millis(500));
    signal(&step, "TERM");
    let step = ends(&runner, step);
    assert_eq!(step.code, Some(7), "{}", step.log);
    assert!(step.log.contains("asked\nasked\nended\n"), "{}", step.log);
}

#[test]
fn a_job_of_gitlabs_that_is_cancelled_waits_for_the_report() {
    if skipped() {
        return;
    }
    let (world, step, reports) = World::start_apply(slow_org());
    wait_for(world.org("acme"), "POST /api");
    // Each process of the job is signalled, those that were started last first.
    let children = Command::new("pgrep").args(["-P", &step.id().to_string()]).output().unwrap();
    let mut children: Vec<String> = String::from_utf8(children.stdout).unwrap().lines().map(str::to_owned).collect();
    children.push(step.id().to_string());
    assert_eq!(children.len(), 2, "the script and presencectl: {children:?}");
    assert!(Command::new("kill").arg("-TERM").args(&children).status().unwrap().success());
    let ended = step.wait_with_output().unwrap();
    let log = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
    assert_eq!(ended.status.code(), Some(143), "{log}");
    assert!(log.contains("unknown         create klunch"), "{log}");
    let reports = std::fs::read_dir(reports).unwrap();
    let is_report =
        |it: &std::io::Result<std::fs::DirEntry>| it.as_ref().unwrap().path().extension().unwrap() == "json";
    assert_eq!(reports.filter(is_report).count(), 1, "the report is kept");
}
