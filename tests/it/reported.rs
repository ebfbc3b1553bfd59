//! Findings as SARIF and as GitLab's code quality report: for any files, both are valid in their format and have the
//! place of the finding.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jsonschema::Validator;
use presencectl::config::diagnostic::Findings;
use presencectl::config::{self, LoadedAll, Text};
use presencectl::model::problem::Problem;
use presencectl::model::source::Sources;
use presencectl::model::text;
use presencectl::model::yaml;
use presencectl::output::ci::fingerprint::Reported;
use presencectl::output::ci::{gitlab, sarif};
use proptest::prelude::*;
use serde_json::Value;

/// The schema of the format's authors.
static SARIF: LazyLock<Validator> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/third-party/sarif-schema-2.1.0.json");
    let mut schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    // A bracket too many makes them no regular expression. Nothing here writes these fields.
    for definition in ["run", "toolComponent"] {
        let language = schema.pointer_mut(&format!("/definitions/{definition}/properties/language"));
        language.unwrap().as_object_mut().unwrap().remove("pattern").unwrap();
    }
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
});

/// Both documents, checked against their formats.
fn documents(diagnostics: &Findings, sources: &Sources, asked: &Path, folder: Option<&Path>) -> (Value, Vec<Value>) {
    of(&Reported { diagnostics, sources, problem: None, asked, folder })
}

fn of(reported: &Reported<'_>) -> (Value, Vec<Value>) {
    let log = sarif::log(reported);
    let report = gitlab::report(reported);
    for document in [&log, &report] {
        assert!(!document.chars().any(|c| c != '\n' && text::is_hidden(c)), "{document:?}");
    }
    let log: Value = serde_json::from_str(&log).unwrap();
    let errors: Vec<String> = SARIF.iter_errors(&log).map(|it| format!("{}: {it}", it.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:?}\n{log:#}");
    let report: Vec<Value> = serde_json::from_str(&report).unwrap();
    for issue in &report {
        for field in ["/description", "/check_name", "/fingerprint", "/location/path"] {
            assert!(
                issue.pointer(field).and_then(Value::as_str).is_some_and(|it| !it.is_empty()),
                "{field} of {issue}"
            );
        }
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&issue["severity"].as_str().unwrap()));
        assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
    }
    (log, report)
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().unwrap()
}

fn location(result: &Value) -> &Value {
    &result["locations"][0]["physicalLocation"]
}

fn decoded(uri: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = uri;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend(before.bytes());
        bytes.push(u8::from_str_radix(&after[..2], 16).unwrap());
        rest = &after[2..];
    }
    bytes.extend(rest.bytes());
    String::from_utf8(bytes).unwrap()
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/config");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    cases.retain(|it| it.is_dir());
    cases.sort();
    cases
}

#[test]
fn every_case_is_what_the_formats_demand_and_points_at_its_text() {
    let mut pointed = 0;
    for case in cases() {
        let LoadedAll { sources, diagnostics, .. } = config::load_all(&case, Some(&case), |_| false);
        let (log, report) = documents(&diagnostics, &sources, &case, Some(&case));
        assert_eq!((results(&log).len(), report.len()), (diagnostics.len(), diagnostics.len()));
        for ((result, issue), diagnostic) in results(&log).iter().zip(&report).zip(diagnostics.iter()) {
            let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            let descriptor = &log["runs"][0]["tool"]["driver"]["rules"][rule];
            assert_eq!((&result["ruleId"], &issue["check_name"]), (&descriptor["id"], &descriptor["id"]));
            assert_eq!(result["partialFingerprints"]["presencectl/v1"], issue["fingerprint"]);
            let uri = location(result)["artifactLocation"]["uri"].as_str().unwrap();
            assert_eq!(decoded(uri), issue["location"]["path"].as_str().unwrap());
            let Some(span) = diagnostic.place else { continue };
            // Found again without the tool's own counting.
            let file = sources.get(span.file);
            assert_eq!(fs::canonicalize(case.join(decoded(uri))).unwrap(), fs::canonicalize(&file.path).unwrap());
            let number = |field: &str| usize::try_from(location(result)["region"][field].as_u64().unwrap()).unwrap();
            let lines: Vec<&str> = file.text.split('\n').collect();
            assert_eq!(issue["location"]["lines"]["begin"], number("startLine"));
            if number("startLine") == number("endLine") {
                let characters = lines[number("startLine") - 1].chars();
                let marked: String = characters
                    .skip(number("startColumn") - 1)
                    .take(number("endColumn") - number("startColumn"))
                    .collect();
                assert_eq!(marked, file.text[span.start as usize..span.end as usize], "{}", case.display());
                pointed += 1;
            }
        }
    }
    assert!(pointed > 100, "only {pointed} places were looked at");
}

#[test]
fn fingerprints_stay_when_lines_move() {
    let mut compared = 0;
    for case in cases() {
        let Ok(text) = fs::read_to_string(case.join("config.yaml")) else { continue };
        if text.starts_with('\u{FEFF}') {
            continue;
        }
        let fingerprints = |text: &str| -> Vec<String> {
            let (sources, found, _) = config::read_texts(Text { path: "config.yaml", text }, &[]);
            let (_, report) = documents(&found, &sources, Path::new("."), None);
            report.iter().map(|it| it["fingerprint"].as_str().unwrap().to_owned()).collect()
        };
        let before = fingerprints(&text);
        assert_eq!(fingerprints(&format!("# One more line.\n\n{text}")), before, "{}", case.display());
        let mut each = before.clone();
        each.sort_unstable();
        each.dedup();
        assert_eq!(each.len(), before.len(), "two findings have one fingerprint in {}", case.display());
        compared += before.len();
    }
    assert!(compared > 100, "only {compared} fingerprints were compared");
}

#[test]
fn paths_are_those_of_the_repository() {
    let text = "version: 1\ndefinitions: {}\n";
    let path = |path: &str, folder: Option<&str>| {
        let (sources, found, _) = config::read_texts(Text { path, text }, &[]);
        let (log, report) = documents(&found, &sources, Path::new("."), folder.map(Path::new));
        let uri = location(&results(&log)[0])["artifactLocation"]["uri"].as_str().unwrap().to_owned();
        (uri, report[0]["location"]["path"].as_str().unwrap().to_owned())
    };
    let both = |it: &str| (it.to_owned(), it.to_owned());
    assert_eq!(path("./a/b.yaml", None), both("a/b.yaml"));
    assert_eq!(path("orgs/../base/b.yaml", None), both("base/b.yaml"));
    assert_eq!(path("../b.yaml", None), both("../b.yaml"));
    assert_eq!(path("/repo/base/b.yaml", Some("/repo")), both("base/b.yaml"));
    assert_eq!(path("/x/b.yaml", Some("/repo")), ("file:///x/b.yaml".to_owned(), "/x/b.yaml".to_owned()));
    assert_eq!(path("a b/ü%?#:.yaml", None), ("a%20b/%C3%BC%25%3F%23%3A.yaml".to_owned(), "a b/ü%?#:.yaml".to_owned()));
}

#[test]
fn what_could_not_be_checked_is_told() {
    let problem = Problem::new("the output `a.yaml` is a file that this run reads").help("give it another name");
    let sources = Sources::new();
    let asked = Path::new("presence");
    let (log, report) = of(&Reported {
        diagnostics: &Findings::default(),
        sources: &sources,
        problem: Some(&problem),
        asked,
        folder: None,
    });
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let told = "the output `a.yaml` is a file that this run reads; give it another name";
    assert_eq!(invocation["toolExecutionNotifications"][0]["message"]["text"], told);
    assert_eq!(report.len(), 1);
    assert_eq!((&report[0]["description"], &report[0]["location"]["path"]), (&told.into(), &"presence".into()));
}

/// What a viewer would take for a link or for a hole, with an escape of its own.
#[test]
fn a_label_makes_neither_links_nor_holes() {
    let text = "version: 1\ndefinitions:\n  lunch:\n    systemPresence: '[x\\](http://evil.example) {0}'\n    \
                labels: { en_US: Lunch }\n";
    let (sources, found, _) = config::read_texts(Text { path: "a.yaml", text }, &[]);
    let (log, _) = documents(&found, &sources, Path::new("."), None);
    let message = results(&log)[0]["message"]["text"].as_str().unwrap();
    assert!(message.starts_with("`\\[x\\\\\\](http://evil.example) {{0}}` is not a system presence"), "{message}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_label_and_no_file_name_breaks_a_document(
        label in any::<String>(),
        presence in any::<String>(),
        name in "[^/\\\\\0]{1,20}",
    ) {
        let name = format!("x{name}x.yaml");
        let text = format!(
            "version: 1\ndefinitions:\n  lunch:\n    systemPresence: {}\n    labels: {{ en_US: {}, de: {} }}\n",
            yaml::scalar(&presence), yaml::scalar(&label), yaml::scalar(&label),
        );
        let (sources, found, _) = config::read_texts(Text { path: &name, text: &text }, &[]);
        prop_assume!(!found.is_empty());
        let (log, report) = documents(&found, &sources, Path::new("."), None);
        for (result, issue) in results(&log).iter().zip(&report) {
            let message = result["message"]["text"].as_str().unwrap();
            prop_assert!(!message.chars().any(text::is_hidden), "{message:?}");
            prop_assert!(message.matches("](").count() == message.matches("\\](").count(), "{message:?}");
            prop_assert!(!issue["description"].as_str().unwrap().chars().any(text::is_hidden));
            let uri = location(result)["artifactLocation"]["uri"].as_str().unwrap();
            prop_assert_eq!(decoded(uri), name.as_str());
        }
    }
}
