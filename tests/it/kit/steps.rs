//! Runs the steps of the action as GitHub does: the shell of the kit, with what the action hands it in the environment.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use presencectl::sandbox::SandboxConfig;
use tempfile::TempDir;

use super::github::{BOT, Github, TOKEN};
use crate::cli::server::Org;
use crate::tools;

/// True, and said loudly, where this machine lacks what GitHub's runners have: then the kit's shell cannot run here. In
/// CI that is a failure.
pub(super) fn skipped() -> bool {
    let lacks = |tool: &&str| {
        !Command::new(tool).arg("--version").output().is_ok_and(|it| it.status.success() || *tool == "unzip")
    };
    let missing: Vec<&str> = ["bash", "curl", "jq", "unzip", "git"].into_iter().filter(lacks).collect();
    if !missing.is_empty() {
        tools::missing(&format!("a test of the kit needs {}", missing.join(", ")));
    }
    !missing.is_empty()
}

/// A commit, by one digit.
pub(super) fn sha(digit: char) -> String {
    digit.to_string().repeat(40)
}

/// A runner of GitHub Actions, with a checked out repository.
pub(super) struct Runner {
    folder: TempDir,
    github: String,
    variables: Vec<(String, String)>,
}

/// What a step did.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) code: Option<i32>,
    pub(super) log: String,
    /// Its outputs, as `NAME=VALUE`.
    pub(super) outputs: Vec<String>,
    /// What it added to the summary.
    pub(super) summary: String,
}

impl Step {
    #[track_caller]
    pub(super) fn succeeds(self) -> Step {
        assert_eq!(self.code, Some(0), "{}", self.log);
        self
    }

    #[track_caller]
    pub(super) fn fails(self, saying: &str) -> Step {
        assert_ne!(self.code, Some(0), "{}", self.log);
        assert!(self.log.contains(saying), "{saying:?} is not in\n{}", self.log);
        self
    }

    pub(super) fn output(&self, name: &str) -> Option<&str> {
        let found = self.outputs.iter().rev().find_map(|it| it.strip_prefix(name)?.strip_prefix('='));
        found.filter(|it| !it.is_empty())
    }
}

impl Runner {
    pub(super) fn new(github: &Github) -> Runner {
        let runner = Runner { folder: TempDir::new().unwrap(), github: github.url.clone(), variables: Vec::new() };
        fs::create_dir(runner.path("temp")).unwrap();
        fs::create_dir(runner.path("repository")).unwrap();
        runner
    }

    /// With credentials of an org behind a socket.
    pub(super) fn of(github: &Github, org: &Org) -> Runner {
        Runner::new(github)
            .with("GENESYSCLOUD_OAUTHCLIENT_ID", "sandbox-client")
            .with("GENESYSCLOUD_OAUTHCLIENT_SECRET", "sandbox-secret")
            .with("ARGUMENTS", &format!("--base-url\n{}", org.url))
            .with("PATH_OF_CONFIG", "presences.yaml")
            .with("PULL_REQUEST", "7")
    }

    /// With a variable in the environment; a later one over an earlier one.
    pub(super) fn with(mut self, name: &str, value: &str) -> Runner {
        self.set(name, value);
        self
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file of the repository.
    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.path("repository").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// An executable in front of the machine's own.
    pub(super) fn stand_in(&self, name: &str, script: &str) {
        self.executable(&format!("bin/{name}"), script);
    }

    pub(super) fn executable(&self, name: &str, script: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/usr/bin/env bash\n{script}")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs one script of the kit.
    pub(super) fn run(&self, script: &str, arguments: &[&str]) -> Step {
        self.run_in(".", script, arguments, &[])
    }

    /// Runs one script of the kit for an org.
    pub(super) fn run_for(&self, org: &str, script: &str, arguments: &[&str]) -> Step {
        self.run_in(".", script, arguments, &[("ORG", org)])
    }

    /// Runs the action in a mode.
    pub(super) fn action(&self, mode: &str) -> Step {
        self.action_in(".", mode)
    }

    /// The same, from a folder of the repository.
    pub(super) fn action_in(&self, folder: &str, mode: &str) -> Step {
        self.run_in(folder, "run.sh", &[], &[("MODE", mode)])
    }

    /// Runs the text of a step, with nothing of the action in the environment but what it hands on itself.
    pub(super) fn shell(&self, text: &str, folder: &Path, variables: &BTreeMap<String, String>) -> Step {
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", text]);
        command.current_dir(self.path("repository").join(folder));
        self.ran(command, variables.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }

    /// Starts a step that is one script of the kit, as GitHub does: with the signals' own meaning, everything that that
    /// is for the test.
    pub(super) fn start(&self, script: &str, arguments: &[&str], more: &[(&str, &str)]) -> Child {
        let mut command = Command::new("env");
        command.args(["--default-signal=INT,TERM", "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]);
        command.arg(r#"exec "$0" "$@""#).arg(kit(script)).args(arguments);
        command.current_dir(self.path("repository")).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.prepare(&mut command, self.handed(more));
        command.spawn().unwrap()
    }

    fn run_in(&self, folder: &str, script: &str, arguments: &[&str], more: &[(&str, &str)]) -> Step {
        let mut command = Command::new("bash");
        command.arg(kit(script)).args(arguments).current_dir(self.path("repository").join(folder));
        self.ran(command, self.handed(more))
    }

    /// What the action hands to the scripts of the kit.
    fn handed<'a>(&'a self, more: &'a [(&'a str, &'a str)]) -> impl Iterator<Item = (&'a str, &'a str)> {
        let handed = [
            ("PRESENCECTL", env!("CARGO_BIN_EXE_presencectl")),
            ("TOKEN", TOKEN),
            ("COMMENT_AUTHOR", BOT),
            ("APPLY_WORKFLOW", "apply.yml"),
        ];
        let own = self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        handed.into_iter().chain(own).chain(more.iter().copied())
    }

    fn ran<'a>(&'a self, mut command: Command, variables: impl Iterator<Item = (&'a str, &'a str)>) -> Step {
        self.prepare(&mut command, variables);
        self.ended(command.output().unwrap())
    }

    /// A runner's own variables, and files for what a step hands on.
    fn prepare<'a>(&'a self, command: &mut Command, variables: impl Iterator<Item = (&'a str, &'a str)>) {
        let machine = std::env::vars_os().find(|(name, _)| name == "PATH").unwrap().1;
        let searched = format!("{}:{}", self.path("bin").display(), machine.to_str().unwrap());
        let temporary = self.path("temp");
        let (output, summary) = (self.path("output"), self.path("summary"));
        for file in [&output, &summary] {
            fs::write(file, "").unwrap();
        }
        let known = [
            ("PATH", searched.as_str()),
            ("HOME", self.folder.path().to_str().unwrap()),
            ("RUNNER_TEMP", temporary.to_str().unwrap()),
            ("RUNNER_OS", "Linux"),
            ("RUNNER_ARCH", "X64"),
            ("GITHUB_API_URL", self.github.as_str()),
            ("GITHUB_SERVER_URL", "https://github.example"),
            ("GITHUB_REPOSITORY", "acme/presences"),
            ("GITHUB_RUN_ID", "42"),
            ("GITHUB_REF_NAME", "main"),
            ("GITHUB_SHA", "9999999999999999999999999999999999999999"),
            ("GITHUB_WORKFLOW_REF", "acme/presences/.github/workflows/apply.yml@refs/heads/main"),
            ("GITHUB_OUTPUT", output.to_str().unwrap()),
            ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
        ];
        let machine =
            self.variables.iter().filter(|(name, _)| name.starts_with("GITHUB_") || name.starts_with("PRESENCECTL_"));
        command.env_clear().envs(known).envs(machine.map(|(name, value)| (name, value))).envs(variables);
    }

    /// What a step did that has ended.
    pub(super) fn ended(&self, ran: Output) -> Step {
        let (output, summary) = (self.path("output"), self.path("summary"));
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let log = format!("{}{}", text(ran.stdout), text(ran.stderr));
        assert!(!log.contains(TOKEN), "the token was printed");
        let outputs = fs::read_to_string(output).unwrap().lines().map(str::to_owned).collect();
        Step { code: ran.status.code(), log, outputs, summary: fs::read_to_string(summary).unwrap() }
    }
}

fn kit(script: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("kit").join(script)
}

pub(super) fn definition(key: &str, presence: &str, label: &str) -> String {
    format!("  {key}:\n    systemPresence: {presence}\n    labels: {{ en_US: {label} }}\n")
}

pub(super) fn config(definitions: &[String]) -> String {
    format!(
        "version: 1\norg: {{ name: acme, id: 5a4db0c5-0000-4000-b000-000000000001 }}\ndefinitions:\n{}",
        definitions.concat()
    )
}

pub(super) fn org() -> Org {
    Org::start(SandboxConfig::default())
}
