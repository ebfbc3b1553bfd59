//! The results of input have limits too: shown findings, orgs in memory, labels of responses.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use presencectl::client::shapes::{self, ListRoom, UnreadableAnswer};
use presencectl::config::collector::Collector;
use presencectl::config::diagnostic::{Diagnostic, Findings};
use presencectl::config::finding::Finding;
use presencectl::config::finding::Severity;
use presencectl::config::{self, Config, ConfigSource, Text, read_texts};
use presencectl::model::limits;
use presencectl::model::problem::{KnownOrg, Problem};
use presencectl::model::source::{Sources, Span};
use presencectl::output::ci::fingerprint::Reported;
use presencectl::output::ci::{github, gitlab, sarif};
use presencectl::output::json;
use presencectl::output::page::html;
use presencectl::output::page::{self, PageKind, SUMMARY};
use presencectl::output::style::Style;
use presencectl::output::text::findings;
use proptest::prelude::*;
use serde_json::Value;

const SHOWN: usize = limits::FINDINGS_SHOWN_MAX;

/// Warnings, one a definition, and after them errors.
fn mistakes(warnings: usize, errors: usize) -> String {
    let definition = |number: usize, presence: &str| {
        format!("  d{number}: {{ systemPresence: {presence}, labels: {{ en_US: \"L{number} \" }} }}\n")
    };
    let all = (0..warnings).map(|it| definition(it, "Meal"));
    let all =
        all.chain((0..errors).map(|it| format!("  e{it}: {{ systemPresence: Meal, labels: {{ de: X{it} }} }}\n")));
    format!("version: 1\nsettings: {{ rules: {{ many-definitions: off }} }}\ndefinitions:\n{}", all.collect::<String>())
}

fn loaded(text: &str) -> config::Loaded {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("presence.yaml");
    fs::write(&path, text).unwrap();
    config::load(&ConfigSource { path, ..ConfigSource::default() })
}

fn count(found: &[Diagnostic], severity: Severity) -> usize {
    found.iter().filter(|it| it.severity == severity).count()
}

#[test]
fn no_warning_takes_the_room_of_an_error_and_all_are_counted() {
    for (warnings, errors) in [(SHOWN + 500, SHOWN + 200), (SHOWN + 500, 600), (10, SHOWN + 1), (3, 4)] {
        let found = loaded(&mistakes(warnings, errors)).diagnostics;
        assert_eq!((found.warnings, found.errors), (warnings, errors));
        assert_eq!(found.len(), SHOWN.min(warnings + errors));
        assert_eq!(count(&found, Severity::Error), errors.min(SHOWN));
        assert_eq!(found.not_shown(), (warnings + errors).saturating_sub(SHOWN));
        let places: Vec<u32> = found.iter().filter_map(|it| Some(it.place?.start)).collect();
        assert!(places.is_sorted(), "what is shown stands in the order of the file");
    }
}

#[test]
fn every_output_shows_a_thousand_findings_and_tells_how_many_there_are() {
    let (warnings, errors) = (SHOWN + 300, SHOWN - 200);
    let loaded = loaded(&mistakes(warnings, errors));
    let (found, sources) = (&loaded.diagnostics, &loaded.sources);
    let words = format!("{errors} errors, {warnings} warnings; 1100 of them not shown");
    let human = findings::human(found, sources, Style::PLAIN);
    assert_eq!(human.matches("--> ").count(), SHOWN);
    assert!(human.contains(&words), "{}", human.lines().last().unwrap());

    let (problem, known_org) = (Problem::new("the config holds errors"), KnownOrg { org: None, sandbox: false });
    let json: Value =
        serde_json::from_str(&json::write(&json::ErrorV1::of(&problem, &known_org, None, None, found, sources)))
            .unwrap();
    assert_eq!(json["findings"].as_array().unwrap().len(), SHOWN);
    assert_eq!(json["found"], serde_json::json!({ "errors": errors, "warnings": warnings, "notShown": 1100 }));

    let page = html::failure(&problem, &known_org, found, sources, PageKind::Plan);
    assert_eq!(page.matches("<article").count(), SHOWN);
    assert!(page.contains(&words));
    let page = page::failure(&problem, &known_org, found, sources, PageKind::Plan, SUMMARY);
    assert_eq!(page.matches("\n- **").count(), SHOWN);
    assert!(page.contains(&words));

    let asked = Path::new("presence.yaml");
    let reported = Reported { diagnostics: found, sources, problem: None, asked, folder: None };
    let log: Value = serde_json::from_str(&sarif::log(&reported)).unwrap();
    let run = &log["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), SHOWN);
    assert_eq!(run["properties"], serde_json::json!({ "errors": errors, "warnings": warnings, "notShown": 1100 }));
    assert_eq!(run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"], words);
    let report: Vec<Value> = serde_json::from_str(&gitlab::report(&reported)).unwrap();
    assert_eq!(report.len(), SHOWN + 1);
    assert!(report.last().unwrap()["description"].as_str().unwrap().starts_with(&words));
    let annotations = github::findings(found, sources, None);
    assert!(annotations.contains(&format!("presencectl%3A {} more errors", errors - 9)), "{annotations}");
    assert!(annotations.contains(&format!("presencectl%3A {} more warnings", warnings - 9)), "{annotations}");
}

/// A finding that is drawn: which mistake, whether it is an error, and where.
type Drawn = (u8, bool, u8);

fn diagnostic((mistake, is_error, start): Drawn) -> Diagnostic {
    let mut sources = Sources::new();
    let file = sources.add(Path::new("presence.yaml"), "x".repeat(300));
    let finding = Finding::InvalidKey { key: format!("k{mistake}"), suggestion: None };
    let severity = if is_error { Severity::Error } else { Severity::Warning };
    let place = Span { file, start: u32::from(start), end: u32::from(start) + 1 };
    Diagnostic { severity, ..Diagnostic::at(place, finding) }
}

/// All of them, sorted, each once and in its gravest form.
fn gathered_at_the_end(drawn: &[Drawn]) -> Findings {
    let mut all: Vec<Diagnostic> = drawn.iter().copied().map(diagnostic).collect();
    all.sort_by_key(|it| (it.place, it.severity));
    let mut seen = HashSet::new();
    all.retain(|it| seen.insert((it.finding.mistake(), it.place)));
    Findings::from(all)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_is_kept_while_reading_is_what_would_be_kept_at_the_end(
        drawn in prop::collection::vec((0_u8..40, prop::bool::weighted(0.3), any::<u8>()), 0..9_000),
    ) {
        let mut sources = Sources::new();
        sources.add(Path::new("presence.yaml"), "x".repeat(300));
        let mut collector = Collector::default();
        for it in &drawn {
            collector.push(diagnostic(*it));
        }
        let (found, expected) = (collector.finish(&sources), gathered_at_the_end(&drawn));
        let set = |it: &Findings| -> HashMap<(String, Option<Span>), Severity> {
            it.iter().map(|it| ((it.finding.message(), it.place), it.severity)).collect()
        };
        prop_assert_eq!((found.errors, found.warnings), (expected.errors, expected.warnings));
        prop_assert_eq!(found.len(), expected.len());
        let errors = |it: &Findings| it.iter().filter(|it| it.severity == Severity::Error).count();
        prop_assert_eq!(errors(&found), errors(&expected));
        prop_assert_eq!(set(&found), set(&expected));
    }
}

/// A folder with a base of so many definitions and so many orgs that use it.
fn fleet(folder: &Path, definitions: usize, orgs: usize) {
    fs::create_dir(folder.join("base")).unwrap();
    fs::create_dir(folder.join("orgs")).unwrap();
    let base: Vec<String> = (0..definitions)
        .map(|it| format!("  d{it}: {{ systemPresence: Meal, deactivated: true, labels: {{ en_US: L{it} }} }}\n"))
        .collect();
    fs::write(folder.join("base/base.yaml"), format!("version: 1\ndefinitions:\n{}", base.concat())).unwrap();
    for org in 0..orgs {
        let text = format!("version: 1\norg: {{ name: org{org:02} }}\nuse: [../base/base.yaml]\n");
        fs::write(folder.join(format!("orgs/{org:02}.yaml")), text).unwrap();
    }
}

#[test]
fn of_many_orgs_only_those_that_are_asked_for_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    fleet(folder.path(), 3, 12);
    let checked = config::load_all(folder.path(), None, |_| false);
    assert_eq!(*checked.diagnostics, []);
    assert_eq!((checked.configs.len(), checked.orgs.len()), (0, 12));
    assert_eq!(checked.orgs.iter().map(|it| it.definitions).sum::<usize>(), 36);
    let is_it = |it: &Config| it.desired.org.as_ref().is_some_and(|org| org.name == "org07");
    let checked = config::load_all(folder.path(), None, is_it);
    assert_eq!((checked.configs.len(), checked.orgs.len()), (1, 12));
    assert_eq!(checked.orgs[7].org.as_ref().unwrap().name, "org07");
}

#[test]
fn definitions_times_orgs_have_a_limit_and_the_org_that_passes_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fleet(folder.path(), limits::CONFIG_ALL_DEFINITIONS_MAX / 4, 5);
    let checked = config::load_all(folder.path(), None, |_| false);
    let [only] = &*checked.diagnostics else { panic!("{:?}", checked.diagnostics.len()) };
    assert_eq!(only.finding.code(), "too-many-in-all");
    assert!(only.finding.message().contains("200000 definitions"), "{}", only.finding.message());
    let path = checked.sources.place(only.place.unwrap()).path;
    assert!(path.ends_with("orgs/04.yaml"), "{}", path.display());
    assert!(checked.orgs.is_empty());
    // As many as the limit allows are checked.
    fs::remove_file(folder.path().join("orgs/04.yaml")).unwrap();
    let checked = config::load_all(folder.path(), None, |_| false);
    assert_eq!((checked.diagnostics.total(), checked.orgs.len()), (0, 4));
}

#[test]
fn items_of_use_have_a_limit() {
    let items = "  - ../base\n".repeat(limits::CONFIG_USES_MAX + 1);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("org.yaml"), format!("version: 1\norg: {{ name: acme }}\nuse:\n{items}")).unwrap();
    let checked = config::load_all(folder.path(), None, |_| false);
    let codes: Vec<&str> = checked.diagnostics.iter().map(|it| it.finding.code()).collect();
    assert_eq!(codes, ["too-many-in-all"]);
}

/// A circle of labels through many definitions names some of them.
#[test]
fn a_long_circle_names_some_definitions() {
    let definitions: Vec<String> = (0..100)
        .map(|it| {
            let before = (it + 1) % 100;
            format!("  d{it}: {{ systemPresence: Meal, labels: {{ en_US: L{it} }}, previousLabels: [L{before}] }}\n")
        })
        .collect();
    let text = format!("version: 1\ndefinitions:\n{}", definitions.concat());
    let (_, found, _) = read_texts(Text { path: "presence.yaml", text: &text }, &[]);
    let circle = found.iter().find(|it| it.finding.code() == "circular-labels").unwrap();
    assert!(circle.finding.message().contains("and 70 more are swapped in a circle"), "{}", circle.finding.message());
    assert_eq!(circle.also.len(), 29);
}

/// A page with so many definitions of so many labels each.
fn page(definitions: usize, labels: usize) -> Vec<u8> {
    let labels: Vec<String> = (0..labels).map(|it| format!("\"{it}\":\"x\"")).collect();
    let labels = labels.join(",");
    let one = |it: usize| format!("{{\"id\":\"{it}\",\"systemPresence\":\"Meal\",\"languageLabels\":{{{labels}}}}}");
    let all: Vec<String> = (0..definitions).map(one).collect();
    format!("{{\"entities\":[{}],\"total\":{definitions},\"pageSize\":{definitions}}}", all.join(",")).into_bytes()
}

#[test]
fn labels_and_definitions_of_answers_have_limits() {
    let read = |body: &[u8], room: &ListRoom| shapes::page(body, 1, 100, room).map(|it| it.items.len());
    let too_much = |what: &str| Err(UnreadableAnswer::BrokenPromise(what.to_owned()));
    let half = page(5, limits::LIST_LABELS_MAX / 10);
    let room = ListRoom::default();
    assert_eq!(read(&half, &room), Ok(5));
    assert_eq!(read(&half, &room), Ok(5));
    let one_more = page(1, 1);
    let error = "the answers for this list hold more than 700000 labels together in `entities[0]`";
    assert_eq!(read(&one_more, &room), too_much(error));
    let room = ListRoom::default();
    let error =
        format!("the answers for this list hold more than 200000 definitions together in `entities[{}]`", 200_000);
    assert_eq!(read(&page(limits::LIST_DEFINITIONS_MAX + 1, 0), &room), too_much(&error));
    assert_eq!(shapes::state(&half, false, &ListRoom::default()).map(|it| it.len()), Ok(5));
}

#[test]
fn no_answer_becomes_a_tree_of_any_size() {
    let many = format!("[{}0]", "0,".repeat(limits::ANSWER_VALUES_MAX));
    let error = UnreadableAnswer::BrokenPromise("the answer holds more than 2000000 values".to_owned());
    assert_eq!(shapes::system_presences(many.as_bytes()).map(|_| ()), Err(error));
    let in_one = format!("{{\"entities\":[{{\"id\":\"a\",\"x\":{many}}}],\"total\":1}}");
    let error =
        UnreadableAnswer::BrokenPromise("the answer holds more than 2000000 values in `entities[0]`".to_owned());
    assert_eq!(shapes::page(in_one.as_bytes(), 1, 100, &ListRoom::default()).map(|_| ()), Err(error));
    // What is beside the definitions is passed over.
    let beside = format!("{{\"entities\":[],\"total\":0,\"x\":{many}}}");
    assert!(shapes::page(beside.as_bytes(), 1, 100, &ListRoom::default()).is_ok());
    let cut = &many.as_bytes()[..many.len() - 1];
    assert_eq!(shapes::system_presences(cut).map(|_| ()), Err(UnreadableAnswer::NotJson));
}

/// Definitions with labels that look the same in several alphabets and forms, some of which move to other system presences.
fn look_alikes() -> impl Strategy<Value = Vec<(usize, usize, Option<usize>)>> {
    prop::collection::vec((0_usize..8, 0_usize..3, prop::option::of(0_usize..3)), 2..14)
}

proptest! {
    #[test]
    fn look_alike_labels_are_found_as_by_trying_every_pair(drawn in look_alikes()) {
        // Latin, Cyrillic, Greek; another word, one that is unlike them, and two forms of the first.
        const LABELS: [&str; 8] =
            ["OK", "\u{41E}\u{41A}", "\u{39F}\u{39A}", "OH", "\u{41E}\u{41D}", "Tea", "ok", "\u{FF2F}\u{200B}k"];
        const PRESENCES: [&str; 3] = ["Away", "Meal", "Break"];
        let moves = |one: &(usize, usize, Option<usize>), other: &(usize, usize, Option<usize>)| one.2 == Some(other.1);
        // One that replaces itself is an error.
        let drawn: Vec<_> = drawn.into_iter().filter(|it| it.2 != Some(it.1)).collect();
        let lines: Vec<String> = drawn
            .iter()
            .enumerate()
            .map(|(number, (label, presence, replaces))| {
                let replaces = replaces.map_or_else(String::new, |it| format!(", replaces: {}", PRESENCES[it]));
                format!(
                    "  d{number:02}: {{ systemPresence: {}{replaces}, labels: {{ en_US: D{number}, de: {} }} }}\n",
                    PRESENCES[*presence], LABELS[*label]
                )
            })
            .collect();
        let text = format!("version: 1\ndefinitions:\n{}", lines.concat());
        let (_, found, _) = read_texts(Text { path: "presence.yaml", text: &text }, &[]);
        let found: HashSet<String> = found
            .iter()
            .filter(|it| it.finding.code() == "look-alike-label")
            .filter_map(|it| it.key.clone())
            .collect();
        let alike = |one: usize, other: usize| one != other && [[0, 1, 2].as_slice(), &[3, 4], &[0, 6, 7]].iter().any(|it| it.contains(&one) && it.contains(&other));
        let expected: HashSet<String> = drawn
            .iter()
            .enumerate()
            .filter(|(number, it)| {
                drawn[..*number].iter().any(|before| alike(it.0, before.0) && !moves(it, before) && !moves(before, it))
            })
            .map(|(number, _)| format!("d{number:02}"))
            .collect();
        prop_assert_eq!(found, expected);
    }
}
