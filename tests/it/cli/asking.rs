//! A person at a terminal: the output, the question, and the effect of each answer. The run is in process, with streams
//! that claim to be a terminal.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::ffi::OsString;
use std::io::{self, BufRead, Cursor, Read, Write};
use std::sync::{Arc, Mutex};

use presencectl::host::environment::Environment;
use presencectl::host::signals::Signals;
use presencectl::host::terminal::{Streams, Terminal};
use presencectl::sandbox::SandboxConfig;
use secrecy::SecretString;

use super::LUNCH;
use super::driver::{Cli, Ran};
use super::server::Org;

/// A stream that can be read afterwards.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Page {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

pub(crate) fn environment() -> Environment {
    Environment {
        client_id: Some("sandbox-client".to_owned()),
        client_secret: Some(SecretString::from("sandbox-secret")),
        no_color: true,
        ..Environment::default()
    }
}

/// Runs `apply` of `lunch.yaml` in an org, with a person who types `typed`.
fn apply(org: &Org, more: &str, typed: &str) -> Ran {
    apply_with(org, more, typed, &environment())
}

fn apply_with(org: &Org, more: &str, typed: &str, environment: &Environment) -> Ran {
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    let config = cli.path("lunch.yaml");
    run(&format!("apply {} --base-url {} {more}", config.display(), org.url), typed, environment)
}

/// A person who is asked, does something else, and only then types.
struct Busy<F> {
    meanwhile: Option<F>,
    typed: Cursor<String>,
}

impl<F: FnOnce()> Read for Busy<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.typed.read(buffer)
    }
}

impl<F: FnOnce()> BufRead for Busy<F> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if let Some(meanwhile) = self.meanwhile.take() {
            meanwhile();
        }
        self.typed.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.typed.consume(count);
    }
}

/// Runs a command with a person who types `typed`.
pub(crate) fn run(line: &str, typed: &str, environment: &Environment) -> Ran {
    run_meanwhile(line, || {}, typed, environment)
}

/// Runs a command with a person who does something when asked first, and then types `typed`.
pub(crate) fn run_meanwhile(
    line: &str,
    meanwhile: impl FnOnce() + 'static,
    typed: &str,
    environment: &Environment,
) -> Ran {
    let (out, err) = (Page::default(), Page::default());
    let mut terminal = Terminal::of_streams(Streams {
        out: Box::new(out.clone()),
        err: Box::new(err.clone()),
        input: Box::new(Busy { meanwhile: Some(meanwhile), typed: Cursor::new(typed.to_owned()) }),
        out_is_terminal: true,
        err_is_terminal: true,
        input_is_terminal: true,
        out_columns: Some(120),
    });
    // This process works in the folder of the project.
    let keeps = ["apply ", "undo ", "retire ", "plan ", "drift "].iter().any(|it| line.starts_with(it));
    let more = if keeps && !line.contains("--report-dir") { " --no-report" } else { "" };
    let line = format!("presencectl {line}{more}");
    let exit =
        presencectl::run(line.split_whitespace().map(OsString::from), environment, &mut terminal, &Signals::none());
    Ran { code: Some(i32::from(exit.code())), stdout: out.text(), stderr: err.text() }
}

const ORG: &str = "Sandbox (5a4db0c5-0000-4000-b000-000000000001)";

#[test]
fn yes_is_the_only_yes() {
    let org = Org::start(SandboxConfig::default());
    let question = format!("\nApply 1 change to {ORG}? Type `yes` to confirm: ");
    let plan = format!(
        "Org: {ORG}, API v1\n\n  + create lunch (Meal): nothing in the org matches\n    + en_US: \"Lunch\"\n\nPlan: 1 to create.\nCost: 7 requests, about 2 s\n"
    );
    for typed in ["no\n", "y\n", "Yes\n", "YES\n", "yes please\n", "\n", ""] {
        let ran = apply(&org, "", typed);
        let said = format!("{question}error: not approved; nothing was written\n");
        assert_eq!((ran.code, ran.stdout, ran.stderr), (Some(1), plan.clone(), said), "{typed:?}");
    }
    assert!(!org.requests().iter().any(|it| it.starts_with("POST /api")), "nothing was written");

    let ran = apply(&org, "", "yes\n");
    let report = "\n  done            create lunch \"Lunch\" (Meal, de5c7799-0000-4000-8000-000000000001)\n\n\
                  Verified: the org was read again, and it is in sync\nApply: 1 done.\n\
                  Undo: no report of this is kept. With --report-dir DIR (or -o json=FILE) this line names the command that takes \
                  an apply back.\n";
    // Here is no real terminal, so the steps are lines and no bar.
    let steps =
        "done            create lunch \"Lunch\" (Meal, de5c7799-0000-4000-8000-000000000001)\nreading the org again\n";
    assert_eq!((ran.code, ran.stdout, ran.stderr), (Some(0), plan + report, question + steps));
}

#[test]
fn a_run_that_was_declined_is_logged_as_declined() {
    let org = Org::start(SandboxConfig::default());
    let cli = Cli::new().file("lunch.yaml", LUNCH);
    let (config, reports) = (cli.path("lunch.yaml"), cli.path("reports"));
    let (config, reports) = (config.display(), reports.display());
    let target = format!("--base-url {} --report-dir {reports}", org.url);
    let apply = format!("apply {config} {target}");
    assert_eq!(run(&apply, "yes\n", &environment()).code, Some(0));
    let log = || cli.run("log reports -o csv").stdout;
    let report = log().lines().nth(1).unwrap().rsplit(',').next().unwrap().to_owned();
    let (undo, retire) =
        (cli.path(&report), format!("--config {config} --org-id 5a4db0c5-0000-4000-b000-000000000001"));
    cli.write("lunch.yaml", &format!("{LUNCH}    previousLabels: [Lunch]\n").replace("Lunch }", "Lunch break }"));
    for line in [
        format!("apply {config} {target}"),
        format!("undo {} {target}", undo.display()),
        format!("retire lunch --to Meal {retire} {target}"),
    ] {
        let before = log().matches(",declined,").count();
        let ran = run(&line, "no\n", &environment());
        assert!(ran.stderr.ends_with("error: not approved; nothing was written\n"), "{line}: {}", ran.shown());
        assert_eq!(log().matches(",declined,").count(), before + 1, "{line}: {}", log());
    }
    assert!(!log().contains(",failed,"), "{}", log());
    let shown = cli.run("log reports").stdout;
    assert_eq!(shown.matches(" declined").count(), 3, "{shown}");
    let json = cli.run("log reports -o json").stdout;
    assert_eq!(json.matches("\"outcome\": \"declined\"").count(), 3, "{json}");
}

#[test]
fn nobody_is_asked_where_there_is_nothing_to_do() {
    let org = Org::start(SandboxConfig::default());
    assert_eq!(apply(&org, "--auto-approve", "").code, Some(0));
    let ran = apply(&org, "", "");
    let shown = format!("Org: {ORG}, API v1\n\nNo changes. 1 definition is in sync.\n");
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), shown.as_str(), ""));
}

#[test]
fn a_document_that_was_asked_for_comes_without_a_yes_as_well() {
    let org = Org::start(SandboxConfig::default());
    let ran = apply(&org, "--output json", "no\n");
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["message"], "not approved; nothing was written");
    assert_eq!(document["target"]["orgName"], "Sandbox");
    assert!(
        ran.stderr.starts_with(&format!("Org: {ORG}, API v1\n\n  + create lunch")),
        "the plan is where people look"
    );
}

#[test]
fn in_ci_progress_is_lines_also_where_the_job_has_a_terminal() {
    let org = Org::start(SandboxConfig::default());
    let ran = apply_with(&org, "--auto-approve", "", &Environment { ci: true, ..environment() });
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (
            Some(0),
            "done            create lunch \"Lunch\" (Meal, de5c7799-0000-4000-8000-000000000001)\nreading the org again\n"
        )
    );
}

#[test]
fn a_dumb_terminal_gets_lines_and_no_colour_but_where_it_is_asked_for() {
    let org = Org::start(SandboxConfig::default());
    let dumb = Environment { no_color: false, dumb: true, ..environment() };
    let ran = apply_with(&org, "--auto-approve", "", &dumb);
    assert!(ran.stderr.ends_with("reading the org again\n"), "{:?}", ran.stderr);
    assert!(!ran.shown().contains('\u{1b}'), "{:?}", ran.shown());
    assert!(apply_with(&org, "--color always", "", &dumb).stdout.contains('\u{1b}'));
}

#[test]
fn what_is_shown_in_colour_reads_without_it() {
    let org = Org::start(SandboxConfig::default());
    let ran = apply(&org, "--color always", "no\n");
    assert!(ran.stdout.contains("\u{1b}[32m\u{1b}[1m+ create\u{1b}[0m"), "{:?}", ran.stdout);
    assert_eq!(console::strip_ansi_codes(&ran.stdout), apply(&org, "", "no\n").stdout);
}
