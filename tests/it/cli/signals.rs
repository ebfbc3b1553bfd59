//! SIGINT, SIGTERM and similar signals before, during and after an apply: the exit code, and the files that are left.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use presencectl::sandbox::SandboxConfig;

use super::driver::Cli;
use super::server::Org;
use super::with_org;

const BOTH: [(&str, i32); 2] = [("INT", 130), ("TERM", 143)];

pub(crate) fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

pub(crate) fn wait_for(org: &Org, request: &str) {
    while !org.requests().iter().any(|it| it.starts_with(request)) {
        thread::sleep(Duration::from_millis(10));
    }
}

fn pipe(cli: &Cli, name: &str) {
    assert!(Command::new("mkfifo").arg(cli.path(name)).status().unwrap().success());
}

#[test]
fn an_early_signal_ends_at_once_and_nothing_is_written() {
    for command in ["plan lunch.yaml", "apply lunch.yaml --auto-approve"] {
        for (name, code) in BOTH {
            let org = Org::with_faults(r#"[{ "path": "/api/v2/presencedefinitions", "delay_ms": 60000 }]"#);
            let (cli, target) = with_org(&org);
            let child = cli.spawn(&format!("{command} {target} -o json=out.json -o human=out.txt"));
            wait_for(&org, "GET /api/v2/presencedefinitions");
            signal(&child, name);
            let ran = cli.ran(child.wait_with_output().unwrap());
            assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(code), "", ""), "{command}");
            assert_eq!(cli.names(), ["lunch.yaml"], "{command}");
            assert!(!org.requests().iter().any(|it| it.starts_with("POST /api")));
        }
    }
}

#[test]
fn a_first_signal_ends_the_run_with_a_report() {
    for (name, code) in BOTH {
        let org = Org::with_faults(r#"[{ "method": "POST", "path": "/api/*", "delay_ms": 60000 }]"#);
        let (cli, target) = with_org(&org);
        let child = cli.spawn(&format!("apply lunch.yaml {target} --auto-approve -o json=out.json"));
        wait_for(&org, "POST /api");
        assert_eq!(cli.names(), ["lunch.yaml", "out.json"], "no file is held open while the org is changed");
        signal(&child, name);
        let ran = cli.ran(child.wait_with_output().unwrap());
        assert_eq!(ran.code, Some(code), "{}", ran.shown());
        assert!(ran.stdout.contains("unknown         create lunch"), "{}", ran.shown());
        assert!(cli.read("out.json").contains(r#""outcome": "unknown""#));
        assert_eq!(cli.names(), ["lunch.yaml", "out.json"]);
    }
}

/// Everything that this process ignores, presencectl begins with signals as `how` says.
#[cfg(target_os = "linux")]
fn beginning_with(cli: &Cli, how: &str, line: &str) -> Child {
    let presencectl = cli.command(line);
    let mut command = Command::new("/usr/bin/env");
    command.arg(how).arg(presencectl.get_program()).args(presencectl.get_args()).current_dir(cli.path("")).env_clear();
    command.envs(presencectl.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// An apply that receives a signal while its POST is in flight. `how` sets its signal handling at the start.
#[cfg(target_os = "linux")]
fn signalled(how: &str, name: &str) -> (Cli, super::driver::Ran) {
    let org = Org::with_faults(r#"[{ "method": "POST", "path": "/api/*", "delay_ms": 1500 }]"#);
    let (cli, target) = with_org(&org);
    let child = beginning_with(&cli, how, &format!("apply lunch.yaml {target} --auto-approve -o json=out.json"));
    wait_for(&org, "POST /api");
    signal(&child, name);
    let ran = cli.ran(child.wait_with_output().unwrap());
    (cli, ran)
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_that_is_closed_ends_a_run_as_sigterm_does() {
    for name in ["HUP", "QUIT"] {
        let (cli, ran) = signalled("--default-signal=HUP,QUIT", name);
        assert_eq!(ran.code, Some(143), "{}", ran.shown());
        assert!(ran.stdout.contains(&format!("Interrupted by SIG{name}")), "{}", ran.shown());
        let report = cli.read("out.json");
        assert!(
            report.contains(r#""interrupted": "terminate""#) && report.contains(r#""outcome": "done""#),
            "{report}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_ignored_from_the_beginning_stays_ignored() {
    for name in ["HUP", "QUIT"] {
        let (_cli, ran) = signalled("--ignore-signal=HUP,QUIT", name);
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
    }
}

#[test]
fn a_second_signal_ends_at_once() {
    for (name, code) in BOTH {
        let org = Org::with_faults(r#"[{ "method": "POST", "path": "/api/*", "delay_ms": 60000 }]"#);
        let (cli, target) = with_org(&org);
        let child = cli.spawn(&format!("apply lunch.yaml {target} --auto-approve -o json=out.json"));
        wait_for(&org, "POST /api");
        signal(&child, "INT");
        thread::sleep(Duration::from_millis(300));
        signal(&child, name);
        let ran = cli.ran(child.wait_with_output().unwrap());
        assert_eq!(ran.code, Some(code));
        assert!(!ran.stdout.contains("unknown"), "there was no time for a report: {}", ran.shown());
        assert_eq!(cli.names(), ["lunch.yaml", "out.json"], "the one from before the first write");
        assert!(cli.read("out.json").contains("this run was ended before it could report"));
    }
}

#[test]
fn a_signal_after_the_run_ends_the_wait_for_a_reader() {
    let refusing = r#"[{ "method": "POST", "path": "/api/*", "status": 403 }]"#;
    for (faults, sum) in
        [("[]", "Apply: 1 done."), (refusing, "Apply: 1 failed. Not everything is done: 1 of 1 change is not.")]
    {
        for (name, code) in BOTH {
            let org = Org::with_faults(faults);
            let (cli, target) = with_org(&org);
            pipe(&cli, "pipe");
            let mut child =
                cli.spawn(&format!("apply lunch.yaml {target} --auto-approve -o json=pipe -o human=out.txt"));
            let lines = BufReader::new(child.stdout.take().unwrap()).lines();
            assert!(lines.map(Result::unwrap).any(|it| it == sum), "the run has ended, and no one reads the pipe");
            signal(&child, name);
            assert_eq!(child.wait().unwrap().code(), Some(code));
            assert!(cli.read("out.txt").contains(&format!("{sum}\n")), "what needs no reader is written first");
            assert_eq!(cli.names(), ["lunch.yaml", "out.txt", "pipe"]);
        }
    }
}

#[test]
fn a_pipe_that_is_read_gets_the_document() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    pipe(&cli, "pipe");
    let child = cli.spawn(&format!("apply lunch.yaml {target} --auto-approve -o json=pipe"));
    let report: serde_json::Value = serde_json::from_str(&cli.read("pipe")).unwrap();
    assert_eq!(report["success"], true);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
}

#[test]
fn a_reader_who_leaves_a_pipe_changes_neither_the_work_nor_the_code() {
    for (faults, code) in [("[]", 0), (r#"[{ "method": "POST", "path": "/api/*", "status": 403 }]"#, 1)] {
        let org = Org::with_faults(faults);
        let (cli, target) = with_org(&org);
        let mut many = "version: 1\ndefinitions:\n".to_owned();
        for it in 0..400 {
            writeln!(many, "  walk{it}: {{ systemPresence: Away, labels: {{ en_US: \"{it:>030}\" }} }}").unwrap();
        }
        cli.write("many.yaml", &many);
        pipe(&cli, "pipe");
        let line = format!("apply many.yaml {target} --requests-per-minute 100000 --auto-approve -o json=pipe");
        let mut child = cli.command(&line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // More than the buffer of a pipe: the writer is still writing when the reader closes it.
        let mut begin = [0; 10];
        std::io::Read::read_exact(&mut std::fs::File::open(cli.path("pipe")).unwrap(), &mut begin).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code));
    }
}
