//! The whole of `presencectl import`: its files, its questions, and the empty plan afterwards.

use std::fs;

use insta::assert_snapshot;
use presencectl::sandbox::{HeldDivision, SandboxConfig, Seed};
use serde_json::json;

use super::asking;
use super::driver::Cli;
use super::server::Org;
use super::with_org;

const SANDBOX: &str =
    "Org: Sandbox (5a4db0c5-0000-4000-b000-000000000001), API v1 - sandbox: nothing real is written\n";

/// A folder with a sandbox org to which the quickstart was applied.
fn applied() -> Cli {
    let cli = Cli::with_examples();
    assert_eq!(cli.run("apply examples/quickstart --sandbox --auto-approve").code, Some(0));
    cli
}

#[test]
fn one_file_goes_to_standard_output() {
    let ran = applied().run("import --sandbox");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), SANDBOX));
    assert_snapshot!("import_stdout", ran.stdout);
}

#[test]
fn what_is_imported_is_in_step() {
    let cli = applied();
    for (api, out) in [("", "one.yaml"), ("", "split/"), ("--api v2", "two.yaml"), ("--api v2", "second/")] {
        let ran = cli.run(&format!("import --sandbox {api} --out {out} --pin --deactivated"));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.shown());
        // `Coaching` is the word in German and Norwegian too, which an org cannot say.
        let warns = |told: &str| {
            told.starts_with("warning[same-as-default]: `coaching` has its default label `Coaching` in `de` and `no` ")
                && told.ends_with("\n1 warning; `presencectl explain same-as-default` says more\n")
        };
        let validated = cli.run(&format!("validate {out}"));
        assert_eq!((validated.code, validated.stdout.as_str()), (Some(0), "Valid: 3 definitions.\n"));
        assert!(warns(&validated.stderr), "{}", validated.shown());
        let plan = cli.run(&format!("plan {out} --sandbox {api}"));
        assert!(plan.stdout.ends_with("\n\nNo changes. 3 definitions are in sync.\n"), "{}", plan.shown());
        assert!(plan.code == Some(0) && warns(&plan.stderr), "{}", plan.shown());
    }
    assert_eq!(cli.read("one.yaml"), cli.read("two.yaml"), "without divisions both generations show the same");
}

#[test]
fn a_folder_is_one_by_its_name_by_being_there_or_by_split() {
    let cli = applied();
    fs::create_dir(cli.path("there")).unwrap();
    for out in ["named/", "there", "deep/er/split --split"] {
        assert_eq!(cli.run(&format!("import --sandbox --out {out}")).code, Some(0));
    }
    let org = cli.read("named/org.yaml");
    assert!(org.starts_with("# yaml-language-server: $schema=../schemas/config.v1.json\n"), "{org}");
    assert_eq!(cli.read("there/org.yaml"), org);
    assert_eq!(cli.read("deep/er/split/org.yaml").replace("../../../", "../"), org);
    assert_eq!(cli.run("import --sandbox --out made/presence.yaml").code, Some(0));
    assert!(cli.path("made/presence.yaml").is_file());
}

#[test]
fn nothing_is_overwritten_unasked() {
    let cli = applied();
    let import = "import --sandbox --out presence/";
    let written = |org: &str, meal: &str| {
        format!(
            "{SANDBOX}\nImported 3 definitions:\n  {org:<10}presence/org.yaml\n  unchanged presence/busy.yaml\n  \
             {meal:<10}presence/meal.yaml\n  unchanged presence/meeting.yaml\n"
        )
    };
    let first = cli.run(import);
    first.prints(0, &written("written", "written").replace("unchanged", "written  "));
    cli.run(import).prints(0, &written("unchanged", "unchanged"));

    let edited = cli.read("presence/meal.yaml") + "# mine\n";
    cli.write("presence/meal.yaml", &edited);
    cli.write("presence/org.yaml", "version: 1\n");
    cli.run(import).complains(
        1,
        "error: these files exist with other content: `presence/org.yaml` and `presence/meal.yaml`; nothing was written\n  \
         help: give --force to overwrite, or --out another path\n",
    );
    assert_eq!(cli.read("presence/meal.yaml"), edited);
    cli.run(&format!("{import} --force")).prints(0, &written("replaced", "replaced"));
    assert!(!cli.read("presence/meal.yaml").contains("mine"));
    let names: Vec<_> = fs::read_dir(cli.path("presence")).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(names.len(), 4, "nothing else is left behind: {names:?}");
}

#[test]
fn a_person_is_asked_before_anything_is_overwritten() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    cli.write("presence.yaml", "version: 1\n");
    let out = cli.path("presence.yaml").display().to_string();
    let question = format!("Overwrite `{out}`? Type `yes` to confirm: ");
    for typed in ["no\n", "Yes\n", "\n", ""] {
        let ran = asking::run(&format!("import {target} --out {out}"), typed, &asking::environment());
        let said = format!("{question}error: not approved; nothing was written\n");
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr), (Some(1), "", said), "{typed:?}");
        assert_eq!(cli.read("presence.yaml"), "version: 1\n");
    }
    let ran = asking::run(&format!("import {target} --out {out}"), "yes\n", &asking::environment());
    assert!(ran.stderr.starts_with(&question), "{}", ran.shown());
    assert!(ran.stdout.contains(&format!("replaced  {out}\n")), "{}", ran.shown());
    let ran = asking::run(&format!("import {target} --out {out}"), "", &asking::environment());
    assert!(ran.stdout.contains(&format!("unchanged {out}\n")), "no one is asked about nothing: {}", ran.shown());
}

#[test]
fn what_an_earlier_import_wrote_is_told_and_stays() {
    let cli = applied();
    assert_eq!(cli.run("import --sandbox --out presence/").code, Some(0));
    let only = "version: 1\nsettings: { prune: delete }\ndefinitions:\n  coaching:\n    systemPresence: Busy\n    \
                labels: { en_US: Coaching, de: Coaching, no: Coaching }\n";
    cli.write("only.yaml", only);
    cli.write("presence/mine.yaml", "version: 1\n");
    assert_eq!(cli.run("import --sandbox --out presence/other-org.yaml").code, Some(0));
    assert_eq!(cli.run("apply only.yaml --sandbox --auto-approve").code, Some(0));
    let again = cli.run("import --sandbox --out presence/ --force");
    assert_snapshot!("import_left_over", again.shown());
    assert!(cli.path("presence/meal.yaml").is_file());
    fs::remove_file(cli.path("presence/other-org.yaml")).unwrap();
    assert_eq!(cli.run("validate presence").code, Some(0));
}

#[test]
fn a_place_that_cannot_be_written_is_an_error_and_nothing_is_half_done() {
    let cli = applied().file("file", "here\n");
    let ran = cli.run("import --sandbox --out file/presence.yaml");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(
        ran.stderr.contains("error: cannot write to `file`: it is no folder; nothing was written\n"),
        "{}",
        ran.stderr
    );
    let ran = cli.run("import --sandbox --out file --split");
    assert!(
        ran.stderr.contains("error: cannot write to `file`: it is no folder; nothing was written\n"),
        "{}",
        ran.stderr
    );
    fs::create_dir_all(cli.path("presence/meal.yaml")).unwrap();
    cli.run("import --sandbox --out presence/ --force").complains(
        1,
        "error: cannot write to `presence/meal.yaml`: it is a folder; nothing was written\n  help: move it out of the \
         way, or choose another folder\n",
    );
    assert!(!cli.path("presence/org.yaml").exists(), "none before all could be prepared");
}

#[cfg(unix)]
#[test]
fn a_link_is_written_through() {
    let cli = applied().file("real/org.yaml", "version: 1\n");
    std::os::unix::fs::symlink("real/org.yaml", cli.path("link.yaml")).unwrap();
    assert_eq!(cli.run("import --sandbox --out link.yaml --force").code, Some(0));
    assert!(cli.path("link.yaml").is_symlink());
    assert!(cli.read("real/org.yaml").contains("coaching:"));
    std::os::unix::fs::symlink("nowhere.yaml", cli.path("broken.yaml")).unwrap();
    let ran = cli.run("import --sandbox --out broken.yaml");
    assert!(
        ran.stderr.starts_with("error: `broken.yaml` is a link to `nowhere.yaml`, and nothing is there;"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_import_reads_and_nothing_else() {
    let seed = |division: &str| {
        json!({
            "id": "2fa68d50-0000-4000-8000-000000000001", "languageLabels": { "en_US": "Lunch" },
            "systemPresence": "Meal", "divisionId": division,
        })
    };
    let requests = |definitions: Vec<serde_json::Value>, api: &str| {
        let org =
            Org::start(SandboxConfig { seed: Seed { definitions, ..Seed::default() }, ..SandboxConfig::default() });
        let (cli, target) = with_org(&org);
        assert_eq!(cli.run(&format!("import {target} --api {api}")).code, Some(0));
        let mut requests = org.requests();
        requests.sort();
        requests.dedup();
        requests
    };
    let shared = ["GET /api/v2/organizations/me", "GET /api/v2/systempresences", "POST /oauth/token"];
    let with = |more: &[&str]| {
        let mut all: Vec<String> = shared.iter().chain(more).map(|it| (*it).to_owned()).collect();
        all.sort();
        all
    };
    assert_eq!(requests(vec![], "auto"), with(&["GET /api/v2/presencedefinitions"]));
    assert_eq!(requests(vec![seed("*")], "v2"), with(&["GET /api/v2/presence/definitions"]));
    let divisions = ["GET /api/v2/presence/definitions", "GET /api/v2/authorization/divisions"];
    assert_eq!(requests(vec![seed("0")], "v2"), with(&divisions));
}

#[test]
fn divisions_are_named_and_come_back() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    let own = HeldDivision::samples().pop().unwrap();
    let config = format!(
        "version: 1\nsettings: {{ api: v2 }}\ndefinitions:\n  lunch:\n    systemPresence: Meal\n    labels: {{ en_US: \
         Lunch }}\n    division: {}\n",
        own.id
    );
    cli.write("lunch.yaml", &config);
    assert_eq!(cli.run(&format!("apply lunch.yaml {target} --auto-approve")).code, Some(0));
    assert_eq!(cli.run(&format!("import {target} --api v2 --out back.yaml")).code, Some(0));
    let back = cli.read("back.yaml");
    assert!(back.contains(&format!("division: {}\n", own.name)), "{back}");
    let plan = cli.run(&format!("plan back.yaml {target}"));
    assert!(plan.stdout.contains("API v2\n\nNo changes."), "{}", plan.shown());
    // The first generation shows no divisions, and what it does not show it does not write.
    let first = cli.run(&format!("import {target}"));
    assert!(!first.stdout.contains("division"), "{}", first.shown());
}

#[test]
fn the_region_is_written_where_the_environment_names_a_known_one() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    let region = |cli: &Cli| {
        let text = cli.run(&format!("import {target}")).stdout;
        text.lines().find_map(|it| it.strip_prefix("  region: ")).map(str::to_owned)
    };
    assert_eq!(region(&cli), None);
    let cli = cli.variable("GENESYSCLOUD_REGION", "mypurecloud.de");
    assert_eq!(region(&cli).as_deref(), Some("eu-central-1"));
    let ran = cli.run("import --sandbox");
    assert!(!ran.stdout.contains("region"), "the sandbox is nowhere: {}", ran.stdout);
}

#[test]
fn an_org_that_does_not_say_who_it_is_is_not_imported() {
    let org = Org::with_faults(r#"[{ "path": "/api/v2/organizations/me", "status": 403 }]"#);
    let (cli, target) = with_org(&org);
    let ran = cli.run(&format!("import {target} --out presence.yaml"));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(
        ran.stderr.starts_with("error: the org could not be asked who it is, so nothing is written: "),
        "{}",
        ran.stderr
    );
    assert!(!cli.path("presence.yaml").exists());
}

#[test]
fn an_odd_org_over_http_comes_back_as_well() {
    let labels = json!({ "en_US": "Lunch", "en-us": "\u{202E}x\u{0}", "": "", "a b": "- #" });
    let twin = |id: &str, deactivated: bool| {
        json!({
            "id": id, "languageLabels": labels, "systemPresence": "Meal", "deactivated": deactivated,
        })
    };
    let definitions = vec![
        twin("2fa68d50-0000-4000-8000-000000000001", false),
        twin("2fa68d50-0000-4000-8000-000000000002", false),
        twin("2fa68d50-0000-4000-8000-000000000003", true),
        json!({ "id": "2fa68d50-0000-4000-8000-000000000004", "languageLabels": {}, "systemPresence": "Focus Time" }),
    ];
    let org = Org::start(SandboxConfig { seed: Seed { definitions, ..Seed::default() }, ..SandboxConfig::default() });
    let (cli, target) = with_org(&org);
    for api in ["v1", "v2"] {
        for (out, count) in [("presence.yaml", 3), ("presence/ --deactivated", 4)] {
            let ran = cli.run(&format!("import {target} --api {api} --force --out {out}"));
            assert_eq!(ran.code, Some(0), "{}", ran.shown());
            let path = out.split(' ').next().unwrap();
            let plan = cli.run(&format!("plan {path} {target} --api {api}"));
            assert_eq!(plan.code, Some(0));
            let in_step = format!("No changes. {count} definitions are in sync.\n");
            assert!(plan.stdout.ends_with(&in_step), "{}", plan.shown());
        }
    }
    assert_snapshot!("import_odd", cli.run(&format!("import {target}")).shown());
}

#[test]
fn what_cannot_be_typed_is_told() {
    let cli = Cli::new();
    let ran = cli.run("import --sandbox --split");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("--out"), "{}", ran.stderr);
    assert_eq!(cli.run("import --sandbox --force").code, Some(1));
    let mut command = cli.command("import --sandbox --default-locale");
    let ran = cli.ran(command.arg("en US").output().unwrap());
    ran.complains(
        1,
        "error: --default-locale: `en US` cannot be a locale\n  help: a locale is a word such as `de` or `pt_BR`\n",
    );
}

#[test]
fn a_name_without_the_end_of_a_yaml_file_is_a_folder() {
    let cli = Cli::new();
    for (out, file) in [
        ("presences", "presences/presence.yaml"),
        ("./a.b", "a.b/presence.yaml"),
        ("one.yaml", "one.yaml"),
        ("two.YML", "two.YML"),
        ("three.yaml/", "three.yaml/presence.yaml"),
    ] {
        let ran = cli.run(&format!("import --sandbox --deactivated --out {out}"));
        assert_eq!(ran.code, Some(0), "{out}: {}", ran.shown());
        let made = cli.path(out.trim_end_matches('/'));
        assert_eq!(made.is_file(), file == out, "{out}");
        assert_eq!(cli.run(&format!("validate {out}")).code, Some(0), "{out}");
    }
    // What exists stays what it is.
    cli.write("config", "version: 1\n");
    assert_eq!(cli.run("import --sandbox --out config --force").code, Some(0));
    assert!(cli.path("config").is_file());
}
