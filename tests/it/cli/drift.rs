//! `drift`: the changes by hand in an org, with author, time, and how to keep or revert them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use insta::assert_snapshot;
use presencectl::output::json;
use presencectl::plan::answer::Answer;
use presencectl::sandbox::{SandboxConfig, Seed};
use serde_json::{Value, json};

use super::driver::Cli;
use super::server::Org;
use super::with_org;
use crate::drift::pasted::pasted;
use crate::render::{complaints, in_step, parsed};

const HEAD: &str = "version: 1\ndefinitions:\n";

fn definition(key: &str, presence: &str, labels: &str) -> String {
    format!("  {key}:\n    systemPresence: {presence}\n    labels: {{ {labels} }}\n")
}

/// The id of what has this default label.
fn id(cli: &Cli, target: &str, label: &str) -> String {
    let listed: Value = serde_json::from_str(&cli.run(&format!("show {target} -o json")).stdout).unwrap();
    let all = listed["definitions"].as_array().unwrap();
    all.iter().find(|it| it["labels"]["en_US"] == label).unwrap()["id"].as_str().unwrap().to_owned()
}

/// What changes from run to run: ids that the sandbox gives, and times.
fn steady(text: &str, ids: &[(&str, String)]) -> String {
    let named = ids.iter().fold(text.to_owned(), |text, (name, id)| text.replace(id, name));
    let named = match named.split_once("http://127.0.0.1:") {
        Some((before, after)) => format!("{before}URL{}", after.trim_start_matches(|it: char| it.is_ascii_digit())),
        None => named,
    };
    let lines = named.lines().map(|line| {
        let begin = [" on 2", " on `2"].iter().find_map(|it| line.find(it));
        match begin.and_then(|begin| Some((begin, begin + line[begin..].find(" UTC")?))) {
            Some((begin, end)) => format!("{} on TIME{}", &line[..begin], &line[end..]),
            None => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Applied as commit 3f2a91c; then a person edited lunch, removed coaching and brought nap back, and the config moved
/// on for tea and asks for fresh.
fn edited(org: &Org) -> (Cli, String, Vec<(&'static str, String)>) {
    let (cli, target) = with_org(org);
    let cli = cli.variable("PRESENCECTL_COMMIT", "3f2a91c0d4e5f60718293a4b5c6d7e8f90a1b2c3");
    let before = [
        HEAD.to_owned(),
        definition("lunch", "Meal", "en_US: Lunch, de: Mittag"),
        definition("coaching", "Busy", "en_US: Coaching"),
        definition("tea", "Break", "en_US: Tea"),
        definition("nap", "Idle", "en_US: Nap"),
    ];
    cli.write("lunch.yaml", &before.concat());
    let apply = format!("apply lunch.yaml {target} --auto-approve --report-dir reports");
    assert_eq!(cli.run(&apply).code, Some(0));
    cli.write("lunch.yaml", &format!("{}    deactivated: true\n", before.concat()));
    let applied = cli.run(&apply);
    assert_eq!(applied.code, Some(0), "{}", applied.shown());
    let ids: Vec<(&str, String)> =
        [("ID-LUNCH", "Lunch"), ("ID-COACHING", "Coaching"), ("ID-TEA", "Tea"), ("ID-NAP", "Nap")]
            .map(|(name, label)| (name, id(&cli, &target, label)))
            .to_vec();
    let path = |index: usize| format!("/api/v2/presencedefinitions/{}", ids[index].1);
    let body = |presence: &str, labels: &Value, deactivated: bool| json!({ "languageLabels": labels, "systemPresence": presence, "deactivated": deactivated });
    org.admin("PUT", &path(0), &body("Meal", &json!({ "en_US": "Lunch", "fr": "Repas" }), false));
    org.admin("PUT", &path(1), &body("Busy", &json!({ "en_US": "Coaching" }), true));
    org.admin("PUT", &path(3), &body("Idle", &json!({ "en_US": "Nap" }), false));
    let after = [
        HEAD.to_owned(),
        definition("lunch", "Meal", "en_US: Lunch, de: Mittag"),
        definition("coaching", "Busy", "en_US: Coaching"),
        definition("tea", "Break", "en_US: Tea, de: Tee"),
        definition("nap", "Idle", "en_US: Nap"),
        "    deactivated: true\n".to_owned(),
        definition("fresh", "Training", "en_US: Fresh"),
    ];
    cli.write("lunch.yaml", &after.concat());
    (cli, target, ids)
}

#[test]
fn what_was_edited_is_told_from_what_was_not_applied_in_every_view() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target, ids) = edited(&org);
    let ran = cli.run(&format!(
        "drift lunch.yaml {target} --report-dir reports -o human -o json=drift.json -o markdown=drift.md"
    ));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.shown());
    assert_snapshot!("drift_human", steady(&ran.stdout, &ids));
    assert_snapshot!("drift_markdown", steady(&cli.read("drift.md"), &ids));
    let document = parsed(&cli.read("drift.json"));
    assert_eq!(complaints(&json::schema::<json::DriftV1>(), &document), [""; 0]);
    let rows: Vec<String> = document["drift"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{} {} {}", it["revert"]["key"].as_str().unwrap(), it["what"], it["how"]))
        .collect();
    assert_eq!(
        rows,
        [
            "fresh \"missing\" \"not-applied\"",
            "coaching \"deactivated\" \"edited\"",
            "lunch \"changed\" \"edited\"",
            "tea \"changed\" \"not-applied\"",
            "nap \"active\" \"edited\""
        ]
    );
    assert_eq!(document["lastApply"]["commit"], "3f2a91c0d4e5f60718293a4b5c6d7e8f90a1b2c3");
    // Without reports the cause is not known, and the rest is the same.
    let ran = cli.run(&format!("drift lunch.yaml {target} --detailed-exitcode"));
    assert_eq!(ran.code, Some(2), "{}", ran.shown());
    assert!(ran.stdout.contains("\nEdited by hand, or merged and not applied (not known which):\n"));
}

/// A config with all lines that keep what is there.
fn kept(files: &[String], document: &Value) -> Vec<String> {
    document["drift"].as_array().unwrap().iter().fold(files.to_vec(), |files, row| {
        let yaml = row["keep"]["yaml"].as_array().unwrap();
        let lines = yaml.iter().map(|it| it.as_str().unwrap().to_owned()).collect();
        let answer = Answer { say: row["keep"]["say"].as_str().unwrap().to_owned(), lines };
        pasted(&files, row["revert"]["key"].as_str(), &answer)
    })
}

#[test]
fn keeping_everything_as_the_lines_say_leaves_no_drift_and_so_does_taking_it_back() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target, _) = edited(&org);
    let ran = cli.run(&format!("drift lunch.yaml {target} --report-dir reports -o json"));
    let document = parsed(&ran.stdout);
    let kept = kept(&[cli.read("lunch.yaml")], &document).remove(0);
    cli.write("kept.yaml", &kept);
    let ran = cli.run(&format!("drift kept.yaml {target} --detailed-exitcode"));
    assert_eq!(ran.code, Some(0), "{}\n{kept}", ran.shown());
    assert!(ran.stdout.ends_with("\nNo drift: the org is as the config says.\n"), "{}", ran.shown());
    assert_eq!(cli.run(&format!("apply lunch.yaml {target} --auto-approve")).code, Some(0));
    assert_eq!(cli.run(&format!("drift lunch.yaml {target} --detailed-exitcode")).code, Some(0));
}

/// A layer is shared, so the lines that keep one org's state go into its own file.
#[test]
fn what_a_layer_says_is_kept_in_the_org_file() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    let layer = [
        HEAD.to_owned(),
        definition("lunch", "Meal", "en_US: Lunch, de: Mittag, fr: Repas"),
        definition("tea", "Break", "en_US: Tea, de: Tee, fr: Thé"),
        definition("nap", "Idle", "en_US: Nap"),
    ];
    cli.write("base/presence.yaml", &layer.concat());
    let org_id = parsed(&cli.run(&format!("show {target} -o json")).stdout)["target"]["orgId"].clone();
    let head = format!("version: 1\norg: {{ name: acme, id: {} }}\nuse: [base]\n", org_id.as_str().unwrap());
    cli.write("acme.yaml", &format!("{head}overrides:\n  tea:\n    labels: {{ de: Schwarztee, es: Té }}\n"));
    let applied = cli.run(&format!("apply acme.yaml {target} --auto-approve"));
    assert_eq!(applied.code, Some(0), "{}", applied.shown());
    let ids: Vec<(&str, String)> = [("ID-LUNCH", "Lunch"), ("ID-TEA", "Tea"), ("ID-NAP", "Nap")]
        .map(|(name, label)| (name, id(&cli, &target, label)))
        .to_vec();
    let edit = |index: usize, body: Value| {
        org.admin("PUT", &format!("/api/v2/presencedefinitions/{}", ids[index].1), &body);
    };
    edit(0, json!({ "languageLabels": { "en_US": "Lunch", "de": "Essen" }, "systemPresence": "Meal" }));
    edit(1, json!({ "languageLabels": { "en_US": "Tea", "fr": "Thé" }, "systemPresence": "Break" }));
    edit(2, json!({ "languageLabels": { "en_US": "Nap" }, "systemPresence": "Idle", "deactivated": true }));

    let ran = cli.run(&format!("drift acme.yaml {target} -o human -o json=drift.json"));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.shown());
    assert_snapshot!("drift_of_a_layer", steady(&ran.stdout, &ids));
    // As the lines say: they are merged with the existing lines of the org file.
    cli.write("acme.yaml", &kept(&[cli.read("acme.yaml")], &parsed(&cli.read("drift.json")))[0]);
    let ran = cli.run(&format!("drift acme.yaml {target}"));
    assert!(ran.stdout.ends_with("\nNo drift: the org is as the config says.\n"), "{}", ran.shown());
    let places: Vec<String> = parsed(&cli.read("drift.json"))["drift"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{}:{}", it["keepPlace"]["file"].as_str().unwrap(), it["keepPlace"]["line"]))
        .collect();
    assert_eq!(places, ["acme.yaml:4", "acme.yaml:4", "acme.yaml:5"]);
}

#[test]
fn what_no_config_names_is_kept_by_a_definition() {
    let definitions =
        vec![json!({ "languageLabels": { "en_US": "Old Lunch", "de": "Alt: \"x\"" }, "systemPresence": "Meal" })];
    let org = Org::start(SandboxConfig { seed: Seed { definitions, ..Seed::default() }, ..SandboxConfig::default() });
    let (cli, target) = with_org(&org);
    let config = "version: 1\nsettings: { prune: delete }\ndefinitions:\n  old-lunch:\n    systemPresence: Busy\n    \
                  labels: { en_US: Busy bee }\n    deactivated: true\n";
    cli.write("prune.yaml", config);
    let ran = cli.run(&format!("drift prune.yaml {target} -o json"));
    let row = &parsed(&ran.stdout)["drift"][0];
    assert_eq!(row["what"], "added", "{}", ran.shown());
    assert_eq!(
        row["keep"]["yaml"],
        json!([
            "definitions:",
            "  old-lunch-2:",
            "    systemPresence: Meal",
            "    labels: { de: \"Alt: \\\"x\\\"\", en_US: Old Lunch }"
        ])
    );
}

/// The most common edit of all: it is no error, and both ways out are there.
#[test]
fn a_label_that_somebody_changed_is_drift_and_no_error() {
    let cli = Cli::with_examples();
    let apply = "apply examples/quickstart --sandbox --auto-approve --report-dir reports";
    assert_eq!(cli.run(apply).code, Some(0));
    let state = ".presencectl/sandbox/default.json";
    cli.write(state, &cli.read(state).replace("\"Lunch\"", "\"Lunch break\""));
    for (flags, what, code) in [
        ("--report-dir reports", "~ renamed lunch \"Lunch break\"", 0),
        ("--report-dir reports --detailed-exitcode", "~ renamed lunch \"Lunch break\"", 2),
        ("", "~ looks renamed lunch \"Lunch break\"", 0),
    ] {
        let ran = cli.run(&format!("drift examples/quickstart --sandbox {flags}"));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(code), ""), "{}", ran.shown());
        assert!(ran.stdout.contains(what), "{}", ran.shown());
        assert!(ran.stdout.contains("    last changed "), "{}", ran.shown());
        assert!(ran.stdout.contains("previousLabels: [Lunch break]"), "{}", ran.shown());
    }
    let ran = cli.run("drift examples/quickstart --sandbox -o summary -o html=drift.html -o github=drift.txt");
    assert!(ran.stdout.contains("**looks renamed**"), "{}", ran.shown());
    assert!(cli.read("drift.html").contains("looks renamed"));
    let annotation = cli.read("drift.txt");
    assert!(annotation.starts_with("::warning file=examples/quickstart/"), "{annotation}");
    assert!(annotation.contains("title=presencectl%3A looks renamed lunch::"), "{annotation}");
}

#[test]
fn names_of_people_are_told_or_withheld() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target, _) = edited(&org);
    let by = |flags: &str| {
        let ran = cli.run(&format!("drift lunch.yaml {target} -o json {flags}"));
        let document = parsed(&ran.stdout);
        let rows = document["drift"].as_array().unwrap().clone();
        rows.iter().find(|it| it["what"] == "changed").unwrap()["changedBy"].clone()
    };
    let told = by("");
    assert!(told.is_string(), "the sandbox says who");
    let blocked = by("--no-names");
    assert!(blocked.is_null() || blocked.as_str().unwrap().len() == 36, "{blocked}");
}

#[test]
fn a_report_that_cannot_be_read_is_a_warning() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    cli.write("reports/x.json", "{}");
    let ran = cli.run(&format!("drift lunch.yaml {target} --report-dir reports -o markdown"));
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    let warning = "warning: 1 report could not be read and is skipped: `reports/x.json`: ";
    assert!(ran.stderr.starts_with(warning), "{}", ran.shown());
    assert!(ran.stdout.starts_with("<!-- presencectl:"), "{}", ran.shown());
    let missing = cli.run(&format!("drift lunch.yaml {target} --report-dir nowhere"));
    assert!(missing.code == Some(1) && missing.stderr.contains("cannot read the folder"), "{}", missing.shown());
}

#[test]
fn the_schema_is_in_step() {
    in_step("drift.v1.json", &json::schema::<json::DriftV1>());
}

/// The lines are for the file that `--accept` edits: a layer that no other org uses, else the org file.
#[test]
fn a_layer_of_one_org_is_named_as_the_place_and_edited() {
    let object = |number: usize, presence: &str, labels: &Value| json!({ "id": format!("{number:08}-0000-4000-8000-000000000001"), "systemPresence": presence, "languageLabels": labels });
    let definitions = vec![
        object(1, "Meal", &json!({ "en_US": "Lunch", "fr": "Dej" })),
        object(2, "Break", &json!({ "en_US": "Tea", "de": "Tea time" })),
        object(3, "Busy", &json!({ "en_US": "Own", "it": "Pro" })),
        object(4, "Busy", &json!({ "en_US": "Both", "de": "Beides" })),
    ];
    let org = Org::start(SandboxConfig { seed: Seed { definitions, ..Seed::default() }, ..SandboxConfig::default() });
    let (cli, target) = with_org(&org);
    let base = [
        definition("lunch", "Meal", "en_US: Lunch, de: Mittag"),
        definition("tea", "Break", "en_US: Tea, de: Tee"),
        definition("both", "Busy", "en_US: Both, de: Beide"),
    ];
    let own = definition("own", "Busy", "en_US: Own, de: Eigen");
    cli.write("all/base/all.yaml", &format!("{HEAD}{}", base.concat()));
    let layer = format!("{HEAD}  lunch: {{ labels: {{ fr: Dej }} }}\n  both: {{ labels: {{ fr: Deux }} }}\n{own}");
    cli.write("all/clients/a.yaml", &layer);
    cli.write("all/orgs/a.yaml", "version: 1\norg: { name: a }\nuse: [../base, ../clients/a.yaml]\n");
    cli.write("all/orgs/b.yaml", "version: 1\norg: { name: b }\nuse: [../base]\n");
    let drift = |more: &str| cli.run(&format!("drift all --org a {target} {more}"));
    let ways = |stdout: &str| {
        let lines: Vec<String> =
            stdout.lines().filter(|it| it.contains("to keep it")).map(|it| it.trim().to_owned()).collect();
        lines
    };
    assert_eq!(
        ways(&drift("").stdout),
        [
            "to keep it, write into the org file (all/orgs/a.yaml:2:6):",
            "to keep it, write into the org file (all/orgs/a.yaml:2:6):",
            "to keep it, take out its label for `de`, and write into the layer (all/clients/a.yaml:5:3):",
            "to keep it, write into the org file (all/orgs/a.yaml:2:6):",
        ],
        "{}",
        drift("").shown()
    );
    // An org elsewhere below the root that uses the layer counts too.
    cli.write("other/c.yaml", "version: 1\norg: { name: c }\nuse: [../all/clients/a.yaml, ../all/base]\n");
    let elsewhere = drift("--root .");
    assert!(!elsewhere.stdout.contains("the layer"), "{}", elsewhere.shown());
    for key in ["own", "lunch", "tea", "both"] {
        let ran = drift(&format!("--accept {key} --yes"));
        assert_eq!(ran.code, Some(0), "{key}: {}", ran.shown());
        let file = if key == "own" { "all/clients/a.yaml\n" } else { "all/orgs/a.yaml\n" };
        assert!(ran.stdout.trim_start().starts_with(file), "{key}: {}", ran.shown());
    }
    assert!(drift("").stdout.contains("No drift"), "{}", drift("").shown());
    assert!(cli.read("all/clients/a.yaml").contains("    labels: { en_US: Own, it: Pro }\n"));
}

#[test]
fn the_command_that_takes_it_back_is_the_one_that_does() {
    let org = Org::start(SandboxConfig::default());
    let (cli, target) = with_org(&org);
    let lunch = |name: &str| format!("{HEAD}{}org: {{ name: {name} }}\n", definition("lunch", "Meal", "en_US: Lunch"));
    cli.write("all orgs/a.yaml", &lunch("a"));
    cli.write("all orgs/b.yaml", &lunch("b b"));
    let words = |line: &[&str]| {
        let ran = cli.command(&format!("{} {target}", line[0])).args(&line[1..]).output().unwrap();
        cli.ran(ran)
    };
    let drifted = words(&["drift", "all orgs", "--org", "b b"]);
    let apply = format!("presencectl apply 'all orgs' --org 'b b' {target}");
    assert!(drifted.stdout.contains(&format!("To take it back, run `{apply}`.\n")), "{}", drifted.shown());
    let page = words(&["drift", "all orgs", "--org", "b b", "-o", "markdown"]);
    assert!(page.stdout.contains(&format!("run `{apply}`")), "{}", page.shown());
    assert_eq!(words(&["apply", "all orgs", "--org", "b b", "--auto-approve"]).code, Some(0));
    let back = words(&["drift", "all orgs", "--org", "b b"]);
    assert!(back.stdout.contains("No drift"), "{}", back.shown());

    let unknown = words(&["drift", "all orgs", "--org", "b b", "--accept", "dinner", "--yes"]);
    let config = "`presencectl config 'all orgs' --org 'b b'` prints every key";
    assert!(unknown.stderr.contains(config), "{}", unknown.shown());
}
