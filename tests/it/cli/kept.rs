//! Every run stores a report, and the next run reads it: its place, its permissions, and its effect.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use presencectl::host::environment::Environment;
use presencectl::sandbox::{FaultRule, OrgBehavior, SandboxConfig};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::driver::Cli;
use super::first_day::path;
use super::server::Org;
use super::{LUNCH, asking, with_org};

const DEFAULT: &str = ".presencectl/reports";

/// Every report below a folder, by name.
fn reports(cli: &Cli, folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![cli.path(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else if entry.path().extension().is_some_and(|it| it == "json") {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

fn parsed(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn git(folder: &Path, line: &str) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=Ada", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"]);
    command.args(line.split_whitespace()).current_dir(folder).env_clear().env("PATH", path());
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn every_run_that_writes_keeps_its_report() {
    let cli = Cli::new().keeping_reports().file("lunch.yaml", LUNCH);
    let applied = cli.run("apply lunch.yaml --sandbox --auto-approve");
    assert_eq!(applied.code, Some(0), "{}", applied.shown());
    let kept = reports(&cli, DEFAULT);
    assert_eq!(kept.len(), 1);
    assert!(applied.stdout.contains("Report: .presencectl/reports/sandbox/"), "{}", applied.stdout);
    assert_eq!(cli.read(".presencectl/reports/.gitignore"), "*\n");
    assert_eq!(mode(&kept[0]), 0o600);
    let report = parsed(&kept[0]);
    assert_eq!(report["matched"], json!({ "lunch": report["objects"][0]["id"] }));
    assert_eq!(parsed(&kept[0])["run"].get("modified"), None);
    let posts = fs::read_to_string(kept[0].with_extension("posts")).unwrap();
    let post: Value = serde_json::from_str(&posts).unwrap();
    assert_eq!((&post["key"], &post["defaultLabel"]), (&json!("lunch"), &json!("Lunch")));
    assert_eq!(mode(&kept[0].with_extension("posts")), 0o600);

    // What failed is kept as well, once it is known which org it was for.
    assert_eq!(cli.run("apply missing.yaml --sandbox --auto-approve").code, Some(1));
    assert_eq!(cli.run("retire lunch --config lunch.yaml --to missing --sandbox --yes").code, Some(1));
    let failed = reports(&cli, DEFAULT).iter().filter(|it| parsed(it)["kind"] == "error").count();
    assert_eq!(failed, 1);
    let log = cli.run("log");
    assert!(log.code == Some(0) && log.stdout.contains("lunch"), "{}", log.shown());

    let count = reports(&cli, DEFAULT).len();
    assert_eq!(cli.run("apply lunch.yaml --sandbox --auto-approve --no-report").code, Some(0));
    assert_eq!(reports(&cli, DEFAULT).len(), count, "nothing is kept");
    assert_eq!(cli.run("apply lunch.yaml --sandbox --auto-approve --report-dir other").code, Some(0));
    assert_eq!((reports(&cli, DEFAULT).len(), reports(&cli, "other").len()), (count, 1));
}

#[test]
fn it_is_kept_at_the_top_of_the_checkout_and_says_what_was_applied() {
    let cli = Cli::new().keeping_reports().variable("PATH", &path());
    let cli = cli.file("repo/orgs/lunch.yaml", LUNCH).file("home/.gitconfig", "[user]\n\tname = Ada Lovelace\n");
    let home = cli.path("home").display().to_string();
    let cli = cli.variable("HOME", &home);
    let top = cli.path("repo");
    git(&top, "init --quiet");
    // The repository cannot set the author.
    git(&top, "config user.name Mallory");
    git(&top, "add .");
    git(&top, "commit --quiet --message one");
    let head = git(&top, "rev-parse HEAD");
    let run = |text: &str| -> Value {
        cli.write("repo/orgs/lunch.yaml", text);
        let ran = cli.run("apply repo/orgs/lunch.yaml --sandbox --auto-approve -o json");
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
        serde_json::from_str::<Value>(&ran.stdout).unwrap()["run"].clone()
    };
    let said = run(LUNCH);
    assert_eq!((&said["commit"], said.get("modified"), &said["actor"]), (&json!(head), None, &json!("Ada Lovelace")));
    assert_eq!(run(&LUNCH.replace('\n', "\r\n")).get("modified"), None, "line ends aside");
    assert_eq!(run(&LUNCH.replace("Lunch }", "Lunch, de: Mittag }"))["modified"], json!(true));
    assert_eq!(reports(&cli, "repo/.presencectl/reports").len(), 3);
    assert!(reports(&cli, DEFAULT).is_empty());
    assert_eq!(git(&top, "status --porcelain"), "M orgs/lunch.yaml");

    // A layer that is in no commit.
    cli.write("repo/orgs/lunch.yaml", LUNCH);
    cli.write("repo/all/a.yaml", LUNCH);
    let ran = cli.run("apply repo/all --sandbox --auto-approve -o json");
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap()["run"]["modified"], json!(true), "{}", ran.shown());
}

#[test]
fn a_folder_that_somebody_else_may_have_filled_is_passed_over() {
    let cli = Cli::new().keeping_reports().variable("PATH", &path()).file("lunch.yaml", LUNCH);
    git(&cli.path(""), "init --quiet");
    cli.write(".presencectl/reports/sandbox/20250101T000000Z-no-commit.json", "{}");
    git(&cli.path(""), "add --force .");
    git(&cli.path(""), "commit --quiet --message one");
    for line in ["plan lunch.yaml --sandbox", "apply lunch.yaml --sandbox --auto-approve", "drift lunch.yaml --sandbox"]
    {
        let ran = cli.run(line);
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
        assert!(ran.stderr.contains("the commit that is checked out holds files in it"), "{line}: {}", ran.stderr);
    }
    assert_eq!(reports(&cli, DEFAULT).len(), 1, "and nothing is kept there");

    for link in [".presencectl", ".presencectl/reports"] {
        let cli = Cli::new().keeping_reports().file("lunch.yaml", LUNCH).file("elsewhere/reports/x", "");
        fs::create_dir_all(cli.path(link).parent().unwrap()).unwrap();
        symlink(cli.path("elsewhere"), cli.path(link)).unwrap();
        let org = Org::start(SandboxConfig::default());
        let cli = cli
            .variable("GENESYSCLOUD_OAUTHCLIENT_ID", "sandbox-client")
            .variable("GENESYSCLOUD_OAUTHCLIENT_SECRET", "sandbox-secret");
        let ran = cli.run(&format!("apply lunch.yaml --base-url {} --auto-approve", org.url));
        assert!(ran.code == Some(0) && ran.stderr.contains("is a link"), "{link}: {}", ran.shown());
        assert!(reports(&cli, "elsewhere").is_empty(), "{link}");
    }
}

#[test]
fn where_the_folder_cannot_be_written_one_line_says_so_and_the_run_goes_on() {
    for file in [".presencectl", ".presencectl/reports"] {
        let org = Org::start(SandboxConfig::default());
        let (cli, target) = with_org(&org);
        let ran = cli.keeping_reports().file(file, "a file").run(&format!("apply lunch.yaml {target} --auto-approve"));
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
        let said = "no report of this run is kept, and the run goes on: ";
        assert_eq!(ran.stderr.matches(said).count(), 1, "{}", ran.stderr);
        assert!(!ran.stderr.contains("nothing was written"), "it does write: {}", ran.stderr);
        assert!(ran.stdout.contains("Apply: 1 done"), "{}", ran.shown());
    }
    let cli = Cli::new().keeping_reports().file("lunch.yaml", LUNCH).file(".presencectl/reports", "a file");
    let typed = cli.run("apply lunch.yaml --sandbox --auto-approve --report-dir .presencectl/reports");
    assert_eq!(typed.code, Some(1), "{}", typed.shown());
}

#[test]
fn unreadable_reports_are_one_warning() {
    let cli = Cli::new().keeping_reports().file("lunch.yaml", LUNCH);
    assert_eq!(cli.run("apply lunch.yaml --sandbox --auto-approve").code, Some(0));
    for number in 0..3 {
        cli.write(&format!(".presencectl/reports/sandbox/2025010{number}T000000Z-no-commit.json"), "{");
    }
    let planned = cli.run("plan lunch.yaml --sandbox");
    assert_eq!(planned.code, Some(0), "{}", planned.shown());
    assert_eq!(planned.stderr.matches("3 reports could not be read").count(), 1, "{}", planned.stderr);
}

/// An org whose list shows a new definition after ten minutes.
fn lagging() -> Org {
    Org::start(SandboxConfig {
        behavior: OrgBehavior { list_lag_ms: 600_000, ..OrgBehavior::default() },
        ..SandboxConfig::default()
    })
}

#[test]
fn a_folder_that_cannot_be_read_hides_no_report() {
    let org = lagging();
    let (cli, target) = with_org(&org);
    let cli = cli.keeping_reports();
    cli.run(&format!("apply lunch.yaml {target} --auto-approve"));
    assert_eq!(posts(&org), 1);
    fs::create_dir_all(cli.path(".presencectl/reports/a/b/c/d/e/f/g/h/i")).unwrap();
    let planned = cli.run(&format!("plan lunch.yaml {target}"));
    assert_eq!(planned.code, Some(1), "{}", planned.shown());
    assert!(planned.stdout.contains("not visible yet"), "{}", planned.shown());
    let warning = "warning: not every report could be read: ";
    assert_eq!(planned.stderr.matches(warning).count(), 1, "{}", planned.stderr);
    assert_eq!(posts(&org), 1);
    let log = cli.run("log");
    assert!(log.stdout.contains("lunch") && log.stderr.matches(warning).count() == 1, "{}", log.shown());
}

fn posts(org: &Org) -> usize {
    org.requests().iter().filter(|it| it.starts_with("POST") && it.contains("presencedefinitions")).count()
}

#[test]
fn a_run_killed_after_its_post_is_waited_for() {
    let slow = vec![FaultRule { method: Some("POST".to_owned()), delay_ms: 20_000, ..FaultRule::default() }];
    let behavior = OrgBehavior { list_lag_ms: 600_000, ..OrgBehavior::default() };
    let org = Org::start(SandboxConfig { faults: slow, behavior, ..SandboxConfig::default() });
    let (cli, target) = with_org(&org);
    let cli = cli.keeping_reports();
    let mut first = cli.spawn(&format!("apply lunch.yaml {target} --auto-approve"));
    let begun = Instant::now();
    while posts(&org) == 0 && begun.elapsed() < Duration::from_secs(30) {
        thread::sleep(Duration::from_millis(20));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let kept = reports(&cli, DEFAULT);
    assert_eq!((kept.len(), posts(&org)), (1, 1));
    assert_eq!(fs::read_to_string(kept[0].with_extension("posts")).unwrap().lines().count(), 1);

    let planned = cli.run(&format!("plan lunch.yaml {target}"));
    assert!(planned.code == Some(0) && planned.stdout.contains("warning[may-be-made]"), "{}", planned.shown());
    let mut second = cli.command(&format!("apply lunch.yaml {target} --auto-approve"));
    let mut second = second.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while reports(&cli, DEFAULT).len() < 2 && begun.elapsed() < Duration::from_secs(60) {
        thread::sleep(Duration::from_millis(20));
    }
    thread::sleep(Duration::from_secs(2));
    assert!(second.try_wait().unwrap().is_none(), "it waits");
    second.kill().unwrap();
    second.wait().unwrap();
    assert_eq!(posts(&org), 1, "and sends nothing meanwhile");

    // Without its report it would.
    assert_eq!(cli.run(&format!("plan lunch.yaml {target} --no-report --detailed-exitcode")).code, Some(2));
    fs::write(kept[0].with_extension("posts"), "").unwrap();
    let planned = cli.run(&format!("plan lunch.yaml {target}"));
    let is_second = reports(&cli, DEFAULT).len() == 2;
    assert!(
        is_second && !planned.stdout.contains("warning[may-be-made]"),
        "what was never sent costs no wait: {}",
        planned.shown()
    );
}

/// A run that made `lunch` in an org whose list does not show it, with its report and the id.
fn made_and_not_listed(org: &Org) -> (Cli, String, PathBuf, String) {
    let (cli, target) = with_org(org);
    let cli = cli.keeping_reports();
    // As a run leaves it that has looked for a minute: without that minute.
    let mut first = cli.spawn(&format!("apply lunch.yaml {target} --auto-approve"));
    let begun = Instant::now();
    while posts(org) == 0 && begun.elapsed() < Duration::from_secs(30) {
        thread::sleep(Duration::from_millis(20));
    }
    thread::sleep(Duration::from_millis(500));
    first.kill().unwrap();
    first.wait().unwrap();
    let kept = reports(&cli, DEFAULT).remove(0);
    let id = org.sandbox.with(|it| it.org.definitions().iter().find(|it| !it.primary).unwrap().id.clone());
    let mut report = parsed(&kept);
    report["objects"][0]["id"] = json!(id);
    report["objects"][0]["outcome"] = json!("not-visible-yet");
    fs::write(&kept, report.to_string()).unwrap();
    (cli, target, kept, id)
}

#[test]
fn what_the_list_does_not_show_yet_is_undone_by_the_run_that_made_it() {
    let org = lagging();
    let (cli, target, kept, id) = made_and_not_listed(&org);
    let mut report = parsed(&kept);
    report["verification"] = json!({ "result": "in-step", "drift": [], "refusals": [] });
    fs::write(&kept, report.to_string()).unwrap();
    // A later run only says so, and has nothing to undo.
    let again = cli.run(&format!("apply lunch.yaml {target} --auto-approve"));
    assert_eq!((again.code, posts(&org)), (Some(1), 1), "{}", again.shown());
    assert!(again.stdout.contains("not visible yet") && !again.stdout.contains("\nUndo: "), "{}", again.shown());
    for outcome in ["not-visible-yet", "done"] {
        report["objects"][0]["outcome"] = json!(outcome);
        fs::write(&kept, report.to_string()).unwrap();
        let asked = cli.run(&format!("undo {} {target}", kept.display()));
        assert!(asked.stdout.contains("- deactivate lunch") && asked.stdout.contains(&id), "{}", asked.shown());
        assert!(!asked.stdout.contains("already so"), "{}", asked.shown());
    }
}

/// The warning that it is not visible yet, which says until when.
fn not_visible(shown: &str) -> String {
    shown.lines().find(|it| it.contains("warning[not-visible-yet]")).unwrap_or_else(|| panic!("{shown}")).to_owned()
}

#[test]
fn what_is_not_visible_yet_is_told_instead_of_a_create() {
    let org = lagging();
    let (cli, target, kept, id) = made_and_not_listed(&org);
    let planned = cli.run(&format!("plan lunch.yaml {target} -o human -o json=plan.json"));
    assert_eq!(planned.code, Some(1), "{}", planned.shown());
    let until = not_visible(&planned.stdout);
    let held = &parsed(&cli.path("plan.json"))["notVisibleYet"][0];
    assert_eq!((&held["key"], &held["id"]), (&json!("lunch"), &json!(id)));
    // Nothing was edited, and nothing waits to be applied.
    let drift = cli.run(&format!("drift lunch.yaml {target}"));
    assert!(drift.code == Some(0) && drift.stdout.contains("No drift"), "{}", drift.shown());
    assert_eq!(not_visible(&drift.stdout), until);
    let based = cli.run(&format!("plan lunch.yaml {target} --base lunch.yaml"));
    assert!(!based.stdout.contains("edited by hand") && not_visible(&based.stdout) == until, "{}", based.shown());
    assert!(
        planned.stdout.contains(&format!("warning[not-visible-yet]: `lunch`: an earlier run made {id}")),
        "{}",
        planned.stdout
    );
    assert!(
        planned.stdout.contains("Plan: 1 not visible yet.") && !planned.stdout.contains("create"),
        "{}",
        planned.stdout
    );
    let applied = cli.run(&format!("apply lunch.yaml {target} --auto-approve -o json=report.json"));
    assert_eq!((applied.code, posts(&org)), (Some(1), 1), "{}", applied.shown());
    let row = &parsed(&cli.path("report.json"))["objects"][0];
    assert_eq!((&row["outcome"], &row["id"]), (&json!("not-visible-yet"), &json!(id)));
    assert!(row["againFrom"].is_string());
    // A run that sent nothing moves no time on, and has nothing to undo.
    let again = cli.run(&format!("plan lunch.yaml {target}"));
    assert_eq!(not_visible(&again.stdout), until);
    fs::remove_file(kept).unwrap();
    let undone = cli.run(&format!("undo --org sandbox {target}"));
    assert!(undone.stderr.contains("that wrote something and was not undone"), "{}", undone.shown());
}

#[test]
fn what_a_run_made_is_known_though_the_config_calls_the_org_otherwise_by_now() {
    let org = lagging();
    let (cli, target, kept, id) = made_and_not_listed(&org);
    let parent = kept.parent().unwrap();
    fs::rename(parent, parent.with_file_name("formerly")).unwrap();
    let planned = cli.run(&format!("plan lunch.yaml {target}"));
    assert!(planned.code == Some(1) && not_visible(&planned.stdout).contains(&id), "{}", planned.shown());
}

#[test]
fn what_an_old_report_names_is_read_by_its_id_before_it_is_made_again() {
    let org = lagging();
    let (cli, target, kept, id) = made_and_not_listed(&org);
    let mut report = parsed(&kept);
    report["run"]["began"] = json!("2026-01-01T00:00:00Z");
    report["run"]["ended"] = json!("2026-01-01T00:01:00Z");
    fs::write(&kept, report.to_string()).unwrap();
    fs::remove_file(kept.with_extension("posts")).unwrap();
    let (plan, apply) = (format!("plan lunch.yaml {target}"), format!("apply lunch.yaml {target} --auto-approve"));
    let planned = cli.run(&format!("{plan} --detailed-exitcode"));
    assert_eq!(planned.code, Some(0), "{}", planned.shown());
    let drift = cli.run(&format!("drift lunch.yaml {target}"));
    assert!(drift.code == Some(0) && drift.stdout.contains("No drift"), "{}", drift.shown());
    // It is written by its id, and verified by it.
    cli.write("lunch.yaml", &LUNCH.replace("en_US: Lunch", "en_US: Lunch, de: Mittag"));
    let applied = cli.run(&apply);
    assert_eq!((applied.code, posts(&org)), (Some(0), 1), "{}", applied.shown());
    // It is never removed for being no definition's, as far as the list goes.
    let pruning = LUNCH.replace("definitions:", "settings: { prune: delete }\ndefinitions:");
    cli.write(
        "lunch.yaml",
        &pruning.replace("en_US: Lunch", "en_US: Siesta").replace("Meal\n", "Meal\n    new: true\n"),
    );
    let planned = cli.run(&plan);
    assert!(planned.code == Some(0) && planned.stdout.contains("Plan: 1 to create."), "{}", planned.shown());
    cli.write("lunch.yaml", LUNCH);
    // A person renames it: that is asked about.
    let body = json!({ "languageLabels": { "en_US": "Siesta" }, "systemPresence": "Meal", "deactivated": false });
    org.admin("PUT", &format!("/api/v2/presencedefinitions/{id}"), &body);
    let planned = cli.run(&plan);
    assert_eq!(planned.code, Some(1), "{}", planned.shown());
    assert!(
        planned.stdout.contains("looks-like-rename") && planned.stdout.contains("in the report"),
        "{}",
        planned.stdout
    );
}

#[test]
fn undo_finds_the_newest_apply() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    let cli = cli
        .keeping_reports()
        .file("lunch.yaml", &format!("{LUNCH}org: {{ name: acme, id: 5a4db0c5-0000-4000-b000-000000000001 }}\n"));
    assert_eq!(cli.run(&format!("apply lunch.yaml {target} --auto-approve --report-dir kept")).code, Some(0));
    assert_eq!(cli.run(&format!("apply lunch.yaml {target} --auto-approve --report-dir kept")).code, Some(0));
    assert_eq!(reports(&cli, "kept").len(), 2);
    let unnamed = cli.run(&format!("undo {target} --report-dir kept"));
    assert!(
        unnamed.code == Some(1) && unnamed.stderr.contains("give `--config PATH` or `--org NAME`"),
        "{}",
        unnamed.shown()
    );
    cli.write("nameless.yaml", LUNCH);
    let nameless = cli.run(&format!("undo --config nameless.yaml {target} --report-dir kept"));
    assert!(nameless.code == Some(1) && nameless.stderr.contains("the config names no org"), "{}", nameless.shown());
    let unasked = cli.run(&format!("undo --org acme {target} --report-dir kept --auto-approve"));
    assert!(unasked.code == Some(1) && unasked.stderr.contains("name the report"), "{}", unasked.shown());
    let ask = |org_flag: &str| {
        let line = format!("undo {org_flag} {target} --report-dir {}", cli.path("kept").display());
        asking::run(&line, "yes\n", &Environment { ..asking::environment() })
    };
    let undone = ask(&format!("--config {}", cli.path("lunch.yaml").display()));
    assert!(undone.code == Some(0) && undone.stdout.contains("deactivate"), "{}", undone.shown());
    let again = ask("--org acme");
    assert!(again.code == Some(1) && again.stderr.contains("was not undone"), "{}", again.shown());
}
