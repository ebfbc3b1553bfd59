//! `presencectl show`, whole.

use insta::assert_snapshot;
use presencectl::sandbox::{SandboxConfig, Seed};
use serde_json::{Value, json};

use super::LUNCH;
use super::asking;
use super::driver::Cli;
use super::server::Org;
use super::with_org;

/// An org with two definitions of its own, whose changes have a time.
fn org() -> Org {
    let changed = json!({ "id": "8c2f6d1e-0000-4000-8000-000000000001", "name": "Ada" });
    let definitions = vec![
        json!({
            "id": "2fa68d50-0000-4000-8000-000000000001", "systemPresence": "Meal", "modifiedBy": changed,
            "languageLabels": { "en_US": "Lunch", "de": "Mittagspause" }, "modifiedDate": "2026-10-01T08:00:00.000Z",
        }),
        json!({
            "id": "7b1d0c2e-0000-4000-8000-000000000002", "systemPresence": "Busy", "deactivated": true,
            "languageLabels": { "en_US": "=1+1" },
        }),
    ];
    Org::start(SandboxConfig { seed: Seed { definitions, ..Seed::default() }, ..SandboxConfig::default() })
}

#[test]
fn the_org_as_a_table() {
    let org = org();
    let (cli, target) = with_org(&org);
    let first = cli.run(&format!("show {target}"));
    assert_snapshot!("show_org", first.shown());
    assert_snapshot!("show_org_second_generation", cli.run(&format!("show {target} --api v2")).shown());
    assert_snapshot!("show_org_keys", cli.run(&format!("show {target} --config lunch.yaml")).shown());
    assert_snapshot!("show_org_csv", cli.run(&format!("show {target} -o csv")).shown());
}

#[test]
fn a_table_is_as_wide_as_the_terminal() {
    let org = org();
    let line = format!("show --base-url {}", org.url);
    let wide = asking::run(&line, "", &asking::environment()).stdout;
    let row = "Meal       Lunch      active       en_US, de  2fa68d50  2026-10-01  Ada\n";
    assert!(wide.contains(&format!("\n{row}")), "{wide}");
    // Without a terminal it is one of 80 columns.
    let (cli, target) = with_org(&org);
    let table = cli.run(&format!("show {target}")).stdout;
    assert!(table.contains(&format!("\n{row}")), "{table}");
    let with_keys = cli.run(&format!("show {target} --config lunch.yaml")).stdout;
    assert!(with_keys.contains(&format!("\nlunch  {row}")), "{with_keys}");
    assert!((table + &with_keys).lines().all(|it| it.chars().count() <= 80), "{with_keys}");
}

#[test]
fn one_definition_by_key_id_or_label() {
    let org = org();
    let (cli, target) = with_org(&org);
    let found = |line: &str| {
        let ran = cli.run(&format!("show {line} {target}"));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.shown());
        ran.stdout
    };
    let by_key = found("lunch --config lunch.yaml");
    assert!(by_key.contains("\n\nFound by its key: 1 definition\n\nLunch\n  key:             lunch\n"), "{by_key}");
    let by_id = found("2FA68D50-0000-4000-8000-000000000001");
    assert!(by_id.contains("\n\nFound by its id: 1 definition\n\nLunch\n  id:"), "{by_id}");
    assert!(found("Mittagspause").contains("\n\nFound by a label: 1 definition\n"));
    let by_part = found("2FA68D50");
    assert!(by_part.contains("\n  id:              2fa68d50-0000-4000-8000-000000000001\n"), "{by_part}");
    let document: Value = serde_json::from_str(&found("Lunch -o json")).unwrap();
    assert_eq!((&document["foundBy"], &document["definitions"][0]["changedBy"]), (&json!("label"), &json!("Ada")));
    cli.run(&format!("show lunhc --config lunch.yaml {target}")).complains(
        1,
        "error: nothing in the org has `lunhc` as its key, its id or a label\n  help: did you mean `lunch`?\n",
    );
}

#[test]
fn names_are_in_the_locale_that_is_asked_for() {
    let org = org();
    let (cli, target) = with_org(&org);
    assert_snapshot!("show_org_in_german", cli.run(&format!("show {target} --default-locale de")).shown());
    cli.run(&format!("show {target} --default-locale=")).complains(
        1,
        "error: --default-locale: `` cannot be a locale\n  help: a locale is a word such as `de` or `pt_BR`\n",
    );
    let ran = cli.run(&format!("show {target} --default-locale de --config lunch.yaml"));
    assert!(ran.stderr.contains("cannot be used with '--config"), "{}", ran.stderr);
}

#[test]
fn several_views_in_one_run() {
    let org = org();
    let (cli, target) = with_org(&org);
    let ran = cli.run(&format!("show {target} -o json -o csv=org.csv -o human=org.txt"));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&document["kind"], document["definitions"].as_array().unwrap().len()), (&json!("definitions"), 12));
    assert!(cli.read("org.csv").contains(",'=1+1,"), "{}", cli.read("org.csv"));
    assert_eq!(cli.read("org.txt"), cli.run(&format!("show {target}")).stdout);
    let ran = cli.run(&format!("show {target} -o xml"));
    assert!(ran.stderr.contains("the formats are `human`, `json` and `csv`"), "{}", ran.stderr);
}

#[test]
fn what_is_read_is_not_written_over() {
    let org = org();
    let (cli, target) = with_org(&org);
    cli.run(&format!("show {target} --config lunch.yaml -o csv=lunch.yaml")).complains(
        1,
        "error: the output `lunch.yaml` is a file that this run reads\n  help: give the output another name; nothing was \
         written\n",
    );
    assert_eq!(cli.read("lunch.yaml"), LUNCH);
}

#[test]
fn a_failure_is_a_document_and_never_a_table() {
    let org = Org::with_faults(r#"[{ "path": "/api/v2/presencedefinitions", "status": 403 }]"#);
    let (cli, target) = with_org(&org);
    let ran = cli.run(&format!("show {target} -o json -o csv=org.csv"));
    assert_eq!(ran.code, Some(1));
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap()["kind"], "error");
    assert_eq!(cli.read("org.csv"), "");
    assert!(ran.stderr.contains("403"), "{}", ran.stderr);
}

#[test]
fn system_presences_need_no_permission_and_read_nothing_else() {
    let org = Org::with_faults(r#"[{ "path": "/api/v2/presencedefinitions", "status": 403 }]"#);
    let (cli, target) = with_org(&org);
    assert_snapshot!("show_system_presences", cli.run(&format!("show --system {target}")).shown());
    let mut requests = org.requests();
    requests.sort();
    assert_eq!(requests, ["GET /api/v2/organizations/me", "GET /api/v2/systempresences", "POST /oauth/token"]);
    let csv = cli.run(&format!("show --system {target} -o csv"));
    assert!(csv.stdout.starts_with("name,standard\n") && csv.stdout.contains("\nOn Queue,OnQueue\n"), "{}", csv.stdout);
    assert_eq!(cli.run(&format!("show lunch --system {target}")).code, Some(1));
}

#[test]
fn show_reads_and_nothing_else() {
    let org = org();
    let (cli, target) = with_org(&org);
    for line in ["show", "show Lunch", "show --config lunch.yaml lunch", "show --api v2", "show --system"] {
        assert_eq!(cli.run(&format!("{line} {target}")).code, Some(0), "{line}");
    }
    assert!(
        org.requests().iter().all(|it| it.starts_with("GET ") || it == "POST /oauth/token"),
        "{:?}",
        org.requests()
    );
}

#[test]
fn the_org_of_a_config_is_the_one_that_is_shown() {
    let org = org();
    let (cli, target) = with_org(&org);
    cli.write("acme.yaml", &format!("{LUNCH}org: {{ name: acme, id: 22222222-bbbb-4bbb-8bbb-222222222222 }}\n"));
    let ran = cli.run(&format!("show --config acme.yaml {target}"));
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("this config is for `acme`"), "{}", ran.stderr);
    let cli = Cli::with_examples();
    let ran = cli.run("show --sandbox --config examples/many-orgs --org acme-prod");
    assert!(ran.stdout.starts_with("Org: acme-prod (22222222-"), "{}", ran.shown());
}

#[test]
fn a_beginning_of_an_id_that_is_too_short_is_named_as_that() {
    let org = org();
    let (cli, target) = with_org(&org);
    for command in [
        "show 2fa68d",
        "show 2fa68d --config lunch.yaml",
        "user set 5a4db0c5-0000-4000-8000-000000000001 --presence 2fa68d",
    ] {
        let ran = cli.run(&format!("{command} {target}"));
        assert_eq!(ran.code, Some(1), "{}", ran.shown());
        assert!(ran.stderr.contains("if it begins an id, type at least 8 characters"), "{command}: {}", ran.stderr);
    }
}

#[test]
fn a_very_long_label_is_shortened_in_text_and_whole_in_documents() {
    let long = "x".repeat(70_000);
    let definition = json!({
        "id": "2fa68d50-0000-4000-8000-000000000001", "systemPresence": "Meal",
        "languageLabels": { "en_US": "Lunch", "de": long },
    });
    let seed = Seed { definitions: vec![definition], ..Seed::default() };
    let org = Org::start(SandboxConfig { seed, ..SandboxConfig::default() });
    let (cli, target) = with_org(&org);
    let plan = cli.run(&format!("plan lunch.yaml {target} -o human -o json=plan.json"));
    assert!(plan.stdout.contains("… (70000 characters)") && plan.stdout.len() < 3_000, "{}", plan.stdout.len());
    assert!(cli.read("plan.json").contains(&long));
    for command in ["show", "show Lunch", "drift lunch.yaml"] {
        let ran = cli.run(&format!("{command} {target}"));
        let lines: Vec<&str> = ran.stdout.lines().filter(|it| it.len() > 2_000).collect();
        assert!(
            lines.iter().all(|it| it.trim_start().starts_with("de: ") && command.starts_with("drift")),
            "{command}: {}",
            ran.code.unwrap_or_default()
        );
    }
}
