//! The pages of findings: one per finding, with working examples. Also the effects of `settings.rules`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use presencectl::config::choice::OrgChoice;
use presencectl::config::diagnostic::Diagnostic;
use presencectl::config::file_system::Disk;
use presencectl::config::finding::Finding;
use presencectl::config::finding::Severity;
use presencectl::config::rules::{RULES, Rule, RuleKind, Settable};
use presencectl::config::{self, ConfigSource, Text};

#[test]
fn every_finding_has_one_page_and_every_page_a_finding() {
    let codes: BTreeSet<&str> = Finding::CODES.iter().copied().collect();
    let named: BTreeSet<&str> = RULES.iter().map(|it| it.name).collect();
    assert_eq!(codes, named);
    assert_eq!(named.len(), RULES.len(), "a finding stands twice in the table");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
    let pages: BTreeSet<String> =
        fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(pages, named.iter().map(|it| format!("{it}.md")).collect(), "docs/rules holds these pages only");
}

/// The last part of a page, by what can be set.
fn setting(rule: &Rule) -> String {
    let name = rule.name;
    let line = match rule.settable {
        Settable::No if rule.kind == RuleKind::Lint => {
            return "A warning. It is about files and not about one org's config, so no config can set it.\n"
                .to_owned();
        }
        Settable::No => return "An error, which cannot be switched off.\n".to_owned(),
        Settable::Whole => format!("{name}: off"),
        Settable::ByKey => format!("{name}: {{ level: error, keys: {{ lunch: off }} }}"),
    };
    let what = match rule.kind {
        RuleKind::Eased => {
            "An error; with a pin in `ids` a warning, because an org may hold it. That warning can be set:"
        }
        RuleKind::Form | RuleKind::Meaning | RuleKind::Lint => {
            "A warning, which can be set to `off`, `warn` or `error`:"
        }
    };
    format!("{what}\n\n```yaml\nsettings:\n  rules:\n    {line}\n```\n")
}

fn section<'a>(rule: &'a Rule, heading: &str) -> &'a str {
    let (_, after) = rule.page.split_once(&format!("\n## {heading}\n\n")).unwrap_or_else(|| panic!("{}", rule.name));
    after.split("\n## ").next().unwrap()
}

#[test]
fn pages_have_one_shape() {
    for rule in RULES {
        let name = rule.name;
        assert!(rule.page.starts_with(&format!("# {name}\n\n")), "{name}");
        let summary = rule.summary();
        assert!(summary.ends_with('.') && summary.chars().count() <= 100, "{name}: {summary}");
        let headings: Vec<&str> = rule.page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(headings, ["What gives it", "Repaired", "Setting"], "{name}");
        let why = rule.page.split("\n## ").next().unwrap().split("\n\n").nth(2).unwrap_or_default();
        assert!(why.len() > 20, "{name} says why it matters");
        assert_eq!(section(rule, "Setting"), setting(rule), "{name}");
        assert!(rule.page.lines().all(|line| line.chars().count() <= 120), "{name} has a long line");
    }
}

/// `\xE9` is one byte and `\t` a tab, which a page cannot have unescaped.
fn unescaped(line: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend(before.bytes());
        if let Some(digits) = after.strip_prefix('x') {
            bytes.push(u8::from_str_radix(&digits[..2], 16).unwrap());
            rest = &digits[2..];
        } else {
            bytes.push(b'\t');
            rest = after.strip_prefix('t').unwrap();
        }
    }
    bytes.extend(rest.bytes());
    bytes
}

/// Writes the files of an example, and finds what the command that it names would find.
fn found(example: &str, folder: &Path) -> Vec<Diagnostic> {
    let mut command = "presencectl validate .";
    let mut lines = example.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let words: Vec<&str> = info.split_whitespace().collect();
        if words[0] == "sh" {
            command = body[0];
            continue;
        }
        let mut bytes: Vec<u8> = Vec::new();
        for (index, line) in body.iter().enumerate() {
            if let Some((_, last)) = line.split_once("# … and so on to ") {
                for number in 2..=last.parse::<u32>().unwrap() {
                    bytes.extend(body[index - 1].replace('1', &number.to_string()).bytes().chain([b'\n']));
                }
            } else if words.get(2) == Some(&"escaped") {
                bytes.extend(unescaped(line).into_iter().chain([b'\n']));
            } else {
                bytes.extend(line.bytes().chain([b'\n']));
            }
        }
        let path = folder.join(words[1]);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let words: Vec<&str> = command.split_whitespace().collect();
    let option = |name: &str| words.iter().position(|it| *it == name).map(|index| words[index + 1].to_owned());
    let root = option("--root").map(|it| folder.join(it));
    let path = folder.join(words[2]);
    match words[1] {
        "validate" => config::load_all(&path, root.as_deref(), |_| true).diagnostics.to_vec(),
        "plan" if option("--org").is_some_and(|it| it.contains('*')) => {
            let choice = OrgChoice { names: option("--org").into_iter().collect(), stages: Vec::new() };
            let disk = Rc::new(Disk::default());
            config::load_chosen(disk, &path, root.as_deref(), &choice).diagnostics.to_vec()
        }
        "plan" => config::load(&ConfigSource { path, org: option("--org"), root }).diagnostics.to_vec(),
        other => panic!("{other}"),
    }
}

#[test]
fn the_examples_of_every_page_do_what_they_say() {
    for rule in RULES {
        let name = rule.name;
        let of_it = |found: &[Diagnostic]| -> Vec<Severity> {
            found.iter().filter(|it| it.finding.code() == name).map(|it| it.severity).collect()
        };
        let folder = tempfile::tempdir().unwrap();
        let bad = found(section(rule, "What gives it"), folder.path());
        let severity = if rule.kind == RuleKind::Lint { Severity::Warning } else { Severity::Error };
        assert!(!of_it(&bad).is_empty(), "the example of {name} does not give it: {bad:?}");
        assert!(of_it(&bad).iter().all(|it| *it == severity), "{name}");
        let others: Vec<&str> = bad.iter().map(|it| it.finding.code()).filter(|it| *it != name).collect();
        assert!(others.is_empty(), "the example of {name} gives {others:?} too");
        let folder = tempfile::tempdir().unwrap();
        let good = found(section(rule, "Repaired"), folder.path());
        assert!(of_it(&good).is_empty(), "the repaired example of {name} still gives it");
        assert!(good.iter().all(|it| it.severity == Severity::Warning), "{name}: {good:?}");
    }
}

/// What is found in a config with these rules: name and level.
fn with_rules(rules: &str, rest: &str) -> (Vec<(String, Severity)>, bool) {
    let text = format!("version: 1\nsettings:\n  rules: {rules}\n{rest}");
    let (_, found, desired) = config::read_texts(Text { path: "config.yaml", text: &text }, &[]);
    (found.iter().map(|it| (it.finding.code().to_owned(), it.severity)).collect(), desired.is_some())
}

const UNTRANSLATED: &str = "definitions:
  lunch: { systemPresence: Meal, labels: { en_US: Lunch, de: Lunch } }
  tea: { systemPresence: Break, labels: { en_US: Tea, de: Tea } }
";

#[test]
fn a_lint_is_off_a_warning_or_an_error_in_all_or_for_a_key() {
    use Severity::{Error, Warning};

    let levels = |rules: &str| {
        let (found, usable) = with_rules(rules, UNTRANSLATED);
        assert!(found.iter().all(|(code, _)| code == "same-as-default"), "{found:?}");
        let levels: Vec<Severity> = found.into_iter().map(|(_, severity)| severity).collect();
        assert_eq!(usable, !levels.contains(&Error), "an error stops the work, a warning does not");
        levels
    };
    assert_eq!(levels("{}"), [Warning, Warning]);
    assert_eq!(levels("{ same-as-default: off }"), []);
    assert_eq!(levels("{ same-as-default: warn }"), [Warning, Warning]);
    assert_eq!(levels("{ same-as-default: error }"), [Error, Error]);
    assert_eq!(levels("{ same-as-default: { level: error } }"), [Error, Error]);
    assert_eq!(levels("{ same-as-default: { keys: { lunch: off } } }"), [Warning]);
    assert_eq!(levels("{ same-as-default: { level: off, keys: { lunch: error } } }"), [Error]);
    assert_eq!(levels("{ same-as-default: { level: error, keys: { lunch: warn, tea: off } } }"), [Warning]);
}

#[test]
fn a_mistake_that_a_pin_eases_can_be_set_as_long_as_it_is_eased() {
    let definitions = "definitions:\n  lunch: { systemPresence: Meal, labels: { de: Mittag } }\n";
    let pinned = format!("{definitions}ids: {{ lunch: 2fa68d50-0000-4000-8000-000000000001 }}\n");
    let code = || "missing-default-label".to_owned();
    let off = "{ missing-default-label: off }";
    assert_eq!(with_rules("{}", &pinned), (vec![(code(), Severity::Warning)], true));
    assert_eq!(with_rules(off, &pinned), (Vec::new(), true));
    assert_eq!(with_rules(off, definitions), (vec![(code(), Severity::Error)], false));
}

/// Every name that the table calls settable can be switched off, and no other.
#[test]
fn the_table_says_what_the_config_takes() {
    for rule in RULES {
        let (found, usable) = with_rules(&format!("{{ {}: off }}", rule.name), UNTRANSLATED);
        let refused = found.iter().any(|(code, _)| code == "fixed-rule");
        assert_eq!(refused, rule.settable == Settable::No, "{}", rule.name);
        assert_eq!(usable, !refused, "{}", rule.name);
        let (found, _) = with_rules(&format!("{{ {}: {{ keys: {{ lunch: warn }} }} }}", rule.name), UNTRANSLATED);
        let taken = !found.iter().any(|(code, _)| code == "fixed-rule" || code == "unknown-field");
        assert_eq!(taken, rule.settable == Settable::ByKey, "{}", rule.name);
    }
}
