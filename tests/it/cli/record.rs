//! The record of an apply: author and time, and the config line of a refused label.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use insta::assert_snapshot;
use presencectl::model::moment::Moment;
use presencectl::sandbox::org_behavior::UniqueLabels;
use presencectl::sandbox::{OrgBehavior, SandboxConfig};
use serde_json::{Value, json};

use super::server::Org;
use super::{LUNCH, with_org};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_report_says_who_and_when_and_from_which_config() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    let cli = cli
        .variable("GITHUB_ACTIONS", "true")
        .variable("GITHUB_ACTOR", "ada")
        .variable("GITHUB_SHA", "1a2b3c4d")
        .variable("GITHUB_REF", "refs/pull/12/merge");
    let line = format!("apply lunch.yaml {target} --auto-approve -o json=report.json --reason shift-change");
    assert_eq!(cli.run(&line).code, Some(0));
    assert!(!cli.read("report.json").contains("sandbox-secret"));
    let report = parsed(&cli.read("report.json"));
    let run = &report["run"];
    let said = |name: &str| run[name].as_str();
    assert_eq!(
        (said("client"), said("actor"), said("reason")),
        (Some("sandbox-client"), Some("ada"), Some("shift-change"))
    );
    assert_eq!((said("commit"), said("pullRequest")), (Some("1a2b3c4d"), Some("12")));
    let at = |it: &Value| Moment::read(it.as_str().unwrap()).unwrap();
    let lunch = &report["objects"][0];
    let times = [&run["began"], &lunch["began"], &lunch["ended"], &run["ended"]].map(at);
    assert!(times.is_sorted(), "{times:?}");
    assert!(times[0] > Moment::read("2024-01-01").unwrap());
    assert_eq!(lunch["place"], json!({ "file": "lunch.yaml", "line": 3, "column": 3 }));
    assert_eq!((lunch.get("before"), &lunch["after"]["labels"]), (None, &json!({ "en_US": "Lunch" })));

    // The same content in another form and spread over files, then another content.
    cli.write("all/a.yaml", "version: 1\nsettings: { prune: keep }\n");
    cli.write("all/b.yaml", &format!("# a comment\n{LUNCH}"));
    let tea = LUNCH.replace("Lunch", "Tea");
    cli.write("tea.yaml", &tea);
    let digest = |path: &str| {
        let ran = cli.run(&format!("apply {path} {target} --actor bob --auto-approve -o json --allow-renames 1"));
        let report = parsed(&ran.stdout);
        assert_eq!(report["run"]["actor"].as_str(), Some("bob"), "{}", ran.shown());
        report["run"]["configDigest"].as_str().unwrap().to_owned()
    };
    assert_eq!(Some(digest("all").as_str()), said("configDigest"));
    assert_ne!(Some(digest("tea.yaml").as_str()), said("configDigest"));
    assert_eq!(said("configDigest").unwrap().len(), "sha256:".len() + 64);
}

#[test]
fn a_label_that_the_org_refuses_is_pointed_at() {
    let behavior = OrgBehavior { unique_labels: UniqueLabels::AmongActive, ..OrgBehavior::default() };
    let org = Org::start(SandboxConfig { behavior, ..SandboxConfig::default() });
    let (cli, target) = with_org(&org);
    let pause =
        "version: 1\ndefinitions:\n  rest:\n    systemPresence: Break\n    labels: { en_US: Rest, de: Pause }\n";
    cli.write("pause.yaml", pause);
    assert_eq!(cli.run(&format!("apply pause.yaml {target} --auto-approve")).code, Some(0));
    cli.write("lunch.yaml", &LUNCH.replace("en_US: Lunch", "en_US: Lunch, de: Pause"));
    let ran = cli.run(&format!("apply lunch.yaml {target} --auto-approve -o json=report.json"));
    let shown = ran.shown();
    let ids: Vec<&str> = shown.lines().filter_map(|it| it.trim().strip_prefix("correlation id: ")).collect();
    let mut shown = shown.clone();
    for id in ids {
        shown = shown.replace(id, "[id]");
    }
    assert_snapshot!("refused_label", shown);
    let place = &parsed(&cli.read("report.json"))["objects"][0]["refusedLabel"];
    assert_eq!(*place, json!({ "file": "lunch.yaml", "line": 5, "column": 33 }));
}

/// The files of a job go with its runner: the lines name what a person does at the forge.
#[test]
fn in_a_job_of_a_forge_the_trail_names_no_path() {
    let at_github = "Undo: start the workflow `presencectl undo` by hand with https://github.example/acme/p/actions/runs/7 and this org";
    for (variables, place, undo) in [
        (
            &[
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_SERVER_URL", "https://github.example"),
                ("GITHUB_REPOSITORY", "acme/p"),
                ("GITHUB_RUN_ID", "7"),
            ][..],
            "among the artifacts of this run",
            at_github,
        ),
        (
            &[("GITLAB_CI", "true"), ("CI_JOB_URL", "https://gitlab.example/jobs/7")],
            "among the artifacts of this job",
            "Undo: start a pipeline by hand with this org as `ORG`, and as `UNDO` https://gitlab.example/jobs/7",
        ),
    ] {
        let org = Org::start(SandboxConfig::default());
        let (cli, target) = with_org(&org);
        let cli = variables.iter().fold(cli, |cli, (name, value)| cli.variable(name, value));
        cli.write("org.yaml", &format!("{LUNCH}org: {{ name: acme-prod }}\n"));
        let folder = cli.path("runner").display().to_string();
        let done = cli.run(&format!("apply org.yaml {target} --auto-approve --report-dir {folder}"));
        assert_eq!(done.code, Some(0), "{}", done.shown());
        let name = &kept(&cli, "runner/acme-prod")[0];
        assert!(done.stdout.contains(&format!("Report: acme-prod/{name}, {place}\n")), "{}", done.shown());
        assert!(done.stdout.contains(undo) && !done.stdout.contains(&folder), "{}", done.shown());
        // Taken back by hand, drift says how to bring it back.
        cli.write("off.yaml", &format!("{LUNCH}    deactivated: true\n"));
        cli.run(&format!("apply off.yaml {target} --auto-approve"));
        let drift = cli.run(&format!("drift org.yaml {target} -o markdown"));
        assert!(drift.stdout.contains("To take it back, start "), "{}", drift.shown());
    }
}

/// The names of the reports in a folder of them, with the time as a word.
fn kept(cli: &super::driver::Cli, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(cli.path(folder)).unwrap();
    let mut names: Vec<String> = entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|it| std::path::Path::new(it).extension().is_some_and(|it| it == "json"));
    names.sort();
    names
}

#[test]
fn every_apply_leaves_a_report_also_one_that_did_nothing_or_failed() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    let cli = cli.variable("PRESENCECTL_COMMIT", "1a2b3c4d5e6f7a8b");
    cli.write("org.yaml", &format!("{LUNCH}org: {{ name: acme-prod }}\n"));
    cli.write("broken.yaml", "version: 1\nfoo: 1\n");
    let apply = |path: &str, more: &str| cli.run(&format!("apply {path} {target} {more} --report-dir reports/all"));
    let done = apply("org.yaml", "--auto-approve");
    assert_eq!(done.code, Some(0), "{}", done.shown());
    let names = kept(&cli, "reports/all/acme-prod");
    assert_eq!(names.len(), 1);
    let (time, rest) = names[0].split_once('-').unwrap();
    assert_eq!((time.len(), rest), ("20260101T000000Z".len(), "1a2b3c4d5e6f.json"));
    let file = format!("reports/all/acme-prod/{}", names[0]);
    assert!(
        done.stdout.ends_with(&format!("Report: {file}\nUndo: presencectl undo {file} --config org.yaml {target}\n")),
        "{}",
        done.shown()
    );
    let report = parsed(&cli.read(&file));
    assert_eq!((&report["kind"], &report["run"]["configOrg"]), (&json!("report"), &json!("acme-prod")));

    let nothing = apply("org.yaml", "--auto-approve");
    assert!(!nothing.stdout.contains("undo"), "{}", nothing.shown());
    assert_eq!(apply("org.yaml", "--only tea").code, Some(1));
    assert_eq!(apply("broken.yaml", "").code, Some(1));
    assert_eq!(apply("org.yaml", "-o json=missing/report.json").code, Some(1));
    let kinds = |folder: &str| -> Vec<String> {
        let texts = kept(&cli, folder).into_iter().map(|it| parsed(&cli.read(&format!("{folder}/{it}"))));
        texts.map(|it| it["kind"].as_str().unwrap().to_owned()).collect()
    };
    let mut with_name = kinds("reports/all/acme-prod");
    with_name.sort();
    assert_eq!(with_name, ["error", "report", "report"]);
    // No config was read, so it is not known which org it was for.
    // Nothing half written is left.
    let folders = std::fs::read_dir(cli.path("reports/all")).unwrap();
    let mut folders: Vec<String> = folders.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    folders.sort();
    assert_eq!(folders, ["acme-prod"]);
}

#[test]
fn what_failed_before_its_org_was_known_leaves_no_report() {
    let cli = super::driver::Cli::new().keeping_reports().file("broken.yaml", "version: 1\nfoo: 1\n");
    for line in [
        "undo",
        "undo --org acme-prod",
        "undo missing.json",
        "apply broken.yaml --sandbox",
        "apply missing.yaml --sandbox --auto-approve",
        "retire lunch --to Meal --config broken.yaml --sandbox",
    ] {
        let ran = cli.run(line);
        assert_eq!(ran.code, Some(1), "{line}: {}", ran.shown());
        if line.starts_with("undo") {
            assert!(!cli.path(".presencectl").exists(), "{line}");
            continue;
        }
        assert_eq!(kept(&cli, ".presencectl/reports"), Vec::<String>::new(), "{line}");
        assert!(!cli.path(".presencectl/reports/unknown").exists(), "{line}");
    }
    let ran = cli.run("log");
    assert!(ran.stderr.starts_with("error: there are no reports in `.presencectl/reports`"), "{}", ran.shown());
}

#[test]
fn a_folder_that_cannot_be_written_is_found_before_anything_is_sent() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    cli.write("reports", "a file");
    let ran = cli.run(&format!("apply lunch.yaml {target} --auto-approve --report-dir reports"));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.starts_with("error: cannot make the folder `reports`"), "{}", ran.stderr);
    assert!(org.requests().is_empty());
}
