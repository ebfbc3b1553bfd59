//! `import --orgs`: several orgs into one folder, each by its own credentials, all of them or nothing.

use insta::assert_snapshot;
use presencectl::sandbox::{CLIENT_ID, CLIENT_SECRET, SandboxConfig, Seed};
use serde_json::{Value, json};

use super::driver::Cli;
use super::server::Org;

fn id(index: usize) -> String {
    format!("aaaaaaaa-0000-4000-8000-{index:012}")
}

/// A definition as an org lists it.
fn held(number: usize, system_presence: &str, labels: &Value) -> Value {
    let id = format!("00000000-0000-4000-8000-{number:012}");
    json!({ "id": id, "systemPresence": system_presence, "languageLabels": labels, "deactivated": false })
}

/// What all orgs have, with this German word for lunch.
fn definitions(lunch: &str) -> Vec<Value> {
    vec![
        held(1, "Meal", &json!({ "en_US": "Lunch", "de": lunch })),
        held(2, "Break", &json!({ "en_US": "Tea", "de": "Tee" })),
    ]
}

/// Simulated orgs, each behind its own address, with the variables of each name.
fn fleet(orgs: &[(&str, usize, Vec<Value>)]) -> (Cli, Vec<Org>) {
    let mut cli = Cli::new();
    let mut started = Vec::new();
    for (name, index, definitions) in orgs {
        let definitions = definitions.clone();
        let seed = Seed { org_id: id(*index), org_name: format!("Org {index}"), definitions, ..Seed::default() };
        let org = Org::start(SandboxConfig { seed, ..SandboxConfig::default() });
        let suffix = name.to_uppercase().replace('-', "_");
        cli = cli
            .variable(&format!("PRESENCECTL_BASE_URL__{suffix}"), &org.url)
            .variable(&format!("GENESYSCLOUD_OAUTHCLIENT_ID__{suffix}"), CLIENT_ID)
            .variable(&format!("GENESYSCLOUD_OAUTHCLIENT_SECRET__{suffix}"), CLIENT_SECRET);
        started.push(org);
    }
    (cli, started)
}

fn three() -> (Cli, Vec<Org>) {
    fleet(&[
        ("acme-dev", 1, definitions("Mittagspause")),
        ("acme-prod", 2, definitions("Mittagspause")),
        ("globex", 3, definitions("Mittag")),
    ])
}

const IMPORT: &str = "import --orgs acme-dev,acme-prod,globex --out presences/";

#[test]
fn several_orgs_become_one_repository_and_every_plan_is_empty() {
    let (cli, _orgs) = three();
    let cli = cli.variable("GENESYSCLOUD_REGION__GLOBEX", "eu-central-1");
    let ran = cli.run(IMPORT);
    assert_snapshot!("import_orgs", ran.shown());
    assert_snapshot!("import_orgs_file", cli.read("presences/orgs/globex.yaml"));
    assert_eq!(cli.run("validate presences").code, Some(0));
    let plan = cli.run("plan presences --all-orgs --detailed-exitcode");
    assert_eq!(plan.code, Some(0), "{}", plan.shown());
    assert!(plan.stdout.starts_with("3 orgs: 3 need no change"), "{}", plan.stdout);
    let again = cli.run(IMPORT);
    assert!(again.stdout.contains("  unchanged presences/base/meal.yaml\n"), "{}", again.shown());
}

#[test]
fn one_org_that_cannot_be_read_stops_everything() {
    for failing in ["ACME_DEV", "GLOBEX"] {
        let (cli, _orgs) = three();
        let cli = cli.variable(&format!("GENESYSCLOUD_OAUTHCLIENT_SECRET__{failing}"), "another-secret-of-some-length");
        let ran = cli.run(IMPORT);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
        let name = failing.to_lowercase().replace('_', "-");
        assert!(ran.stderr.contains(&format!("error: {name} could not be read: ")), "{}", ran.stderr);
        assert!(ran.stderr.contains("; nothing was written\n"), "{}", ran.stderr);
        assert!(ran.stderr.contains(&format!("GENESYSCLOUD_OAUTHCLIENT_SECRET__{failing}")), "{}", ran.stderr);
        assert!(!cli.path("presences").exists());
    }
}

#[test]
fn two_names_of_one_org_are_an_error() {
    let (cli, _orgs) =
        fleet(&[("acme-dev", 1, definitions("Mittag")), ("globex", 2, Vec::new()), ("acme-prod", 1, Vec::new())]);
    let ran = cli.run(IMPORT);
    let error = format!(
        "error: `acme-dev` and `acme-prod` are one org: `Org 1` (`{}`); nothing was written\n  help: give each name the \
         credentials of its own org\n",
        id(1)
    );
    assert!(ran.code == Some(1) && ran.stderr.ends_with(&error), "{}", ran.shown());
    assert!(!cli.path("presences").exists());
}

#[test]
fn what_is_there_already_is_not_overwritten_unasked() {
    let (cli, _orgs) = three();
    cli.write("presences/orgs/globex.yaml", "version: 1\n");
    let ran = cli.run(IMPORT);
    let error = "error: these files exist with other content: `presences/orgs/globex.yaml`; nothing was written\n  help: give \
                 --force to overwrite, or --out another path\n";
    assert!(ran.code == Some(1) && ran.stderr.ends_with(error), "{}", ran.shown());
    assert!(!cli.path("presences/base").exists());
    cli.write("presences/orgs/old.yaml", "version: 1\norg: { name: old }\nuse: [../base]\n");
    let ran = cli.run(&format!("{IMPORT} --force"));
    assert!(ran.stdout.contains("  replaced  presences/orgs/globex.yaml\n"), "{}", ran.shown());
    assert!(ran.stdout.contains("  left over presences/orgs/old.yaml: of no org that was imported"), "{}", ran.shown());
    // Every org would use it.
    cli.write("presences/base/mine.yaml", "version: 1\ndefinitions: {}\n");
    let ran = cli.run(&format!("{IMPORT} --force"));
    let error = "error: `presences/base/mine.yaml` is there already, and every org would use it; nothing was written\n";
    assert!(ran.code == Some(1) && ran.stderr.contains(error), "{}", ran.shown());
}

#[test]
fn the_sandbox_has_an_org_for_each_name() {
    let cli = Cli::with_examples();
    for (org, label) in [("acme-test", "Lunch"), ("acme-prod", "Lunch"), ("globex", "Dinner")] {
        let config = format!(
            "version: 1\norg: {{ name: {org} }}\ndefinitions:\n  lunch:\n    systemPresence: Meal\n    labels: {{ en_US: \
             {label} }}\n"
        );
        cli.write(&format!("{org}.yaml"), &config);
        assert_eq!(cli.run(&format!("apply {org}.yaml --sandbox --auto-approve")).code, Some(0));
    }
    let ran = cli.run("import --orgs acme-test,acme-prod,globex --sandbox --out imported/");
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    assert!(
        ran.stdout.starts_with("3 orgs - sandbox: nothing real is written\n\nImported 3 definitions."),
        "{}",
        ran.shown()
    );
    assert!(cli.read("imported/orgs/globex.yaml").ends_with("omit:\n  - lunch\n"));
    let plan = cli.run("plan imported --all-orgs --sandbox --detailed-exitcode");
    assert_eq!(plan.code, Some(0), "the ids lead to the same simulated orgs: {}", plan.shown());
    assert_eq!(cli.run("plan imported --org globex --sandbox --detailed-exitcode").code, Some(0));
}

#[test]
fn flags_that_make_no_sense_together_are_refused() {
    let cli = Cli::new();
    for (line, told) in [
        ("import --orgs a,b --sandbox", "--out"),
        ("import --orgs a,b --sandbox --out x/ --split", "--split"),
        ("import --orgs a,b --sandbox --out x/ --names-from state.json", "--names-from"),
        ("import --parallel 2 --sandbox", "--orgs"),
        ("import --orgs a,b --sandbox --out -", "`-` is standard output"),
        ("import --orgs a,b --sandbox --out x.yaml", "`x.yaml` is the name of one"),
        ("import --orgs a,a --sandbox --out x/", "the org `a` is named twice"),
        ("import --orgs a-b,a_b --sandbox --out x/", "would both end in `__A_B`"),
        ("import --orgs a,../b --sandbox --out x/", "the file of `../b` would be hidden"),
        ("import --orgs a,b/c --sandbox --out x/", "variables cannot be named after the org `b/c`"),
        ("import --orgs a, --sandbox --out x/", "variables cannot be named after the org ``"),
    ] {
        let ran = cli.run(line);
        assert!(ran.code == Some(1) && ran.stderr.contains(told), "{line}: {}", ran.shown());
        assert!(!cli.path("x").exists());
    }
}
