//! A finding of a layer is reported once for all orgs that use it, at the layer.

use serde_json::{Value, json};

use super::fleet::Fleet;

/// A definition with an id of its own in each org.
fn held(org: usize, number: usize, system_presence: &str, labels: &Value) -> Value {
    let id = format!("{org:08}-0000-4000-8000-{number:012}");
    json!({ "id": id, "systemPresence": system_presence, "languageLabels": labels, "deactivated": false })
}

const OVERRIDES: &str =
    "overrides:\n  # They say so.\n  lunch: { labels: { sv: Mat } }\n  tea: { labels: { de: Kaffee } }\n";

/// In each org `lunch` has another label, and `tea` is under another system presence. The last one has overrides of
/// other labels.
fn three() -> Fleet {
    ["acme-test", "acme-prod", "globex-prod"].iter().enumerate().fold(Fleet::new(), |fleet, (index, name)| {
        let lunch = held(index + 1, 1, "Meal", &json!({ "en_US": "Lunchbreak", "de": "Mittagspause" }));
        let tea = held(index + 1, 2, "Away", &json!({ "en_US": "Tea", "de": "Tee" }));
        fleet.org(name, vec![lunch, tea], if *name == "globex-prod" { OVERRIDES } else { "" })
    })
}

#[test]
fn a_question_about_a_name_is_asked_once_at_the_layer_with_the_name() {
    let fleet = three();
    let ran = fleet.run("plan . --all-orgs");
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    for told in [
        "error[looks-like-rename]: `lunch` would be created, but it looks like `Lunchbreak` (Meal)",
        "error[other-system-presence]: `tea` would be created, but its label exists under Away\n",
    ] {
        let (before, after) = ran.stdout.split_once(told).unwrap_or_else(|| panic!("{told}\n{}", ran.stdout));
        let mut lines = after.lines().skip_while(|it| !it.starts_with("  --> "));
        assert!(lines.next().is_some_and(|it| it.starts_with("  --> base.yaml:")), "{}", ran.stdout);
        assert_eq!(lines.next(), Some("  in all orgs"), "{}", ran.stdout);
        let code = told.split(':').next().unwrap_or_default();
        assert_eq!((before.matches(code).count(), after.matches(code).count()), (0, 0), "{}", ran.stdout);
    }
    let alone = fleet.run("plan . --org globex-prod");
    assert!(alone.stdout.contains("  --> base.yaml:"), "{}", alone.stdout);
    assert!(alone.stdout.contains("under Away (00000003-"), "one org shows the id: {}", alone.stdout);
}

/// The system presence of an override decides, so the question is about the override.
#[test]
fn a_question_about_an_override_is_at_the_override() {
    let tea = held(1, 2, "Away", &json!({ "en_US": "Tea", "de": "Tee" }));
    let fleet = Fleet::new().org("acme-prod", vec![tea], "overrides:\n  tea: { systemPresence: Meal }\n");
    let ran = fleet.run("plan . --all-orgs");
    let (_, after) = ran.stdout.split_once("error[other-system-presence]").unwrap_or_default();
    assert!(after.contains("  --> orgs/acme-prod.yaml:5:3\n"), "{}", ran.stdout);
}

#[test]
fn what_drift_says_of_several_orgs_is_said_once() {
    let fleet = three();
    let base = fleet.cli.read("base.yaml");
    let limits = "settings: { stages: [dev, test, prod], prune: delete, limits: { removals: 0 } }";
    fleet.cli.write("base.yaml", &base.replace("settings: { stages: [dev, test, prod] }", limits));
    let ran = fleet.run("drift . --all-orgs -o json=it.json -o markdown=it.md -o html=it.html -o github=it.txt");
    let of = |name: &str| if name.is_empty() { ran.stdout.clone() } else { fleet.cli.read(name) };
    for (name, told) in [("", "error[too-many]"), ("it.md", "**`too-many`**"), ("it.txt", "too-many")] {
        assert_eq!(of(name).matches(told).count(), 1, "{name}\n{}", of(name));
    }
    let orgs = "  in acme-prod, acme-test and globex-prod\n";
    let (_, after) = ran.stdout.split_once("error[too-many]: ").unwrap_or_default();
    assert!(after.starts_with(&format!("1 removal planned, 0 allowed\n{orgs}")), "{}", ran.stdout);
    let (_, note) = after.rsplit_once("NOTE: ").unwrap_or_default();
    assert!(note.ends_with(&format!("`--report-dir DIR`\n{orgs}")), "{note}");
    assert_eq!(ran.stdout.matches("NOTE: ").count(), 1, "{}", ran.stdout);
    let document: Value = serde_json::from_str(&of("it.json")).unwrap_or_default();
    for org in document["orgs"].as_array().into_iter().flatten() {
        assert_eq!(org["drift"]["refusals"].as_array().map(Vec::len), Some(1), "each document is whole: {org}");
    }
    let alone = fleet.run("drift . --org acme-prod");
    assert!(alone.stdout.contains("error[too-many]") && alone.stdout.contains("NOTE: "), "{}", alone.stdout);
}
