//! Random files with hostile texts, comments and blank lines, and random edits of them.

use std::collections::BTreeMap;

use presencectl::config::edit::{FileEdit, Leaf, edited};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value, json};

const KEYS: [&str; 4] = ["lunch", "tea", "no", "42"];
const LOCALES: [&str; 5] = ["en_US", "de", "no", "pt_BR", "zh_CN"];

fn label() -> impl Strategy<Value = String> {
    let hostile = [
        "Lunch",
        "yes",
        "~",
        "",
        " ",
        "x # y",
        "a: b",
        "- a",
        "{",
        "}",
        "[a, b]",
        "'",
        "\"",
        "l'heure",
        "\\",
        "*x",
        "&x",
        "!x",
        "%",
        "@",
        "`",
        "| a",
        "> a",
        "0x10",
        "1e3",
        "#",
        "\u{202E}evil",
        "a\nb",
        "a\r\nb",
        "\u{FEFF}",
        "\u{85}",
        "\u{2028}",
        "Déjeuner",
        "午餐",
        "🍜",
        "a\tb",
        "##[error]x",
        "::error::x",
        "null",
        "a #b",
        "trailing ",
        "\u{1F}",
    ];
    prop_oneof![select(hostile.to_vec()).prop_map(str::to_owned), any::<String>()]
}

/// How one entry is written.
#[derive(Debug, Clone)]
struct Written {
    label: String,
    quotes: u8,
    above: bool,
    beside: bool,
    blank: bool,
}

prop_compose! {
    fn written()(
        label in label(), quotes in 0..3_u8, above in prop::bool::weighted(0.3), beside in prop::bool::weighted(0.3),
        blank in prop::bool::weighted(0.2),
    ) -> Written {
        Written { label, quotes, above, beside, blank }
    }
}

#[derive(Debug, Clone)]
struct SomeFile {
    definitions: BTreeMap<&'static str, (bool, Written, BTreeMap<&'static str, Written>)>,
    dos: bool,
    marked: bool,
    ends: bool,
    step: usize,
}

prop_compose! {
    fn some_file()(
        definitions in prop::collection::btree_map(
            select(KEYS.to_vec()),
            (any::<bool>(), written(), prop::collection::btree_map(select(LOCALES.to_vec()), written(), 1..5)),
            1..4,
        ),
        dos in any::<bool>(), marked in any::<bool>(), ends in any::<bool>(), step in 1..5_usize,
    ) -> SomeFile {
        SomeFile { definitions, dos, marked, ends, step }
    }
}

fn scalar(it: &Written) -> String {
    let json = serde_json::to_string(&it.label).unwrap();
    let can_be_single = !it.label.chars().any(|c| c.is_control() || "\u{FEFF}\u{85}\u{2028}\u{2029}".contains(c));
    let is_plain = !it.label.is_empty() && it.label.chars().all(|c| c.is_ascii_alphabetic());
    let is_word = is_plain && !["yes", "null", "no", "true", "false"].contains(&it.label.to_lowercase().as_str());
    match it.quotes {
        0 if is_word => it.label.clone(),
        1 if can_be_single => format!("'{}'", it.label.replace('\'', "''")),
        // A DEL or a C1 character is no YAML, escaped it is.
        _ => json
            .chars()
            .map(|c| if c.is_control() || c == '\u{FEFF}' { format!("\\u{:04X}", u32::from(c)) } else { c.into() })
            .collect(),
    }
}

impl SomeFile {
    fn text(&self) -> String {
        let mut lines = vec!["# yaml-language-server: $schema=x".to_owned(), "version: 1".to_owned(), String::new()];
        lines.push("definitions: # all".to_owned());
        let indent = |depth: usize| " ".repeat(depth * self.step);
        for (key, (flow, style, labels)) in &self.definitions {
            let path = format!("definitions.{key}");
            self.comment(&mut lines, 1, style, &path);
            let beside = if style.beside { format!(" # @{path}") } else { String::new() };
            lines.push(format!("{}{key}:{beside}", indent(1)));
            lines.push(format!("{}systemPresence: Meal", indent(2)));
            if *flow {
                let entries: Vec<String> =
                    labels.iter().map(|(locale, it)| format!("{locale}: {}", scalar(it))).collect();
                let beside = if style.beside { format!(" # @{path}.labels") } else { String::new() };
                lines.push(format!("{}labels: {{ {} }}{beside}", indent(2), entries.join(", ")));
            } else {
                lines.push(format!("{}labels:", indent(2)));
                for (locale, it) in labels {
                    let path = format!("{path}.labels.{locale}");
                    self.comment(&mut lines, 3, it, &path);
                    let beside = if it.beside { format!(" # @{path}") } else { String::new() };
                    lines.push(format!("{}{locale}: {}{beside}", indent(3), scalar(it)));
                }
            }
        }
        let mut text = lines.join("\n") + if self.ends { "\n" } else { "" };
        if self.dos {
            text = text.replace('\n', "\r\n");
        }
        if self.marked { format!("\u{FEFF}{text}") } else { text }
    }

    fn comment(&self, lines: &mut Vec<String>, depth: usize, it: &Written, path: &str) {
        if it.blank {
            lines.push(String::new());
        }
        if it.above {
            lines.push(format!("{}# @{path}", " ".repeat(depth * self.step)));
        }
    }
}

#[derive(Debug, Clone)]
enum Move {
    Set(&'static str, &'static str, String),
    Remove(&'static str, &'static str),
    Drop(&'static str),
    Override(&'static str, &'static str, Option<String>),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let (key, locale) = (|| select(KEYS.to_vec()), || select(LOCALES.to_vec()));
    let one = prop_oneof![
        3 => (key(), locale(), label()).prop_map(|(key, locale, label)| Move::Set(key, locale, label)),
        2 => (key(), locale()).prop_map(|(key, locale)| Move::Remove(key, locale)),
        1 => key().prop_map(Move::Drop),
        1 => (key(), locale(), prop::option::of(label())).prop_map(|(key, locale, it)| Move::Override(key, locale, it)),
    ];
    prop::collection::vec(one, 1..6)
}

/// The edits, and the expected content of the file, computed independently. A second edit of one entry is left out.
fn asked(moves: &[Move], before: &Value) -> (Vec<FileEdit>, Value) {
    let (mut edits, mut after): (Vec<FileEdit>, Value) = (Vec::new(), before.clone());
    for it in moves {
        let edit = match it {
            Move::Set(key, locale, label) => {
                FileEdit::set(&["definitions", key, "labels", locale], Leaf::Text(label.clone()))
            }
            Move::Remove(key, locale) => FileEdit::remove(&["definitions", key, "labels", locale]),
            Move::Drop(key) => FileEdit::remove(&["definitions", key]),
            Move::Override(key, locale, label) => {
                FileEdit::set(&["overrides", key, "labels", locale], label.clone().map_or(Leaf::Null, Leaf::Text))
            }
        };
        let clashes = |other: &FileEdit| other.path.starts_with(&edit.path) || edit.path.starts_with(&other.path);
        if edits.iter().any(clashes) {
            continue;
        }
        apply(&mut after, &edit);
        edits.push(edit);
    }
    prune(&mut after);
    (edits, after)
}

fn apply(value: &mut Value, edit: &FileEdit) {
    let (last, above) = edit.path.split_last().unwrap();
    let mut at = value;
    for key in above {
        let is_removal = matches!(edit.change, presencectl::config::edit::EditAction::Remove);
        if is_removal && at.get(key).is_none() {
            return;
        }
        at = at.as_object_mut().unwrap().entry(key.clone()).or_insert_with(|| json!({}));
    }
    let map: &mut Map<String, Value> = at.as_object_mut().unwrap();
    match &edit.change {
        presencectl::config::edit::EditAction::Remove => drop(map.remove(last)),
        presencectl::config::edit::EditAction::Set(Leaf::Text(it)) => drop(map.insert(last.clone(), json!(it))),
        presencectl::config::edit::EditAction::Set(_) => drop(map.insert(last.clone(), Value::Null)),
        other => panic!("{other:?}"),
    }
}

/// Takes away the mappings that are empty: none of the files has one.
fn prune(value: &mut Value) {
    let Value::Object(map) = value else { return };
    map.values_mut().for_each(prune);
    map.retain(|_, it| it.as_object().is_none_or(|it| !it.is_empty()));
}

fn read(text: &str) -> Value {
    serde_yaml::from_str(text.trim_start_matches('\u{FEFF}')).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(21), cases: 3_000, ..ProptestConfig::default() })]

    #[test]
    fn an_edit_changes_what_it_says_and_nothing_else(file in some_file(), moves in moves()) {
        let text = file.text();
        let before = read(&text);
        let (edits, meant) = asked(&moves, &before);
        let new = edited(&text, &edits);
        let new = match new {
            Ok(new) => new,
            Err(flaw) => return Err(TestCaseError::fail(format!("{flaw}\n{text}"))),
        };
        let mut found = read(&new);
        prune(&mut found);
        prop_assert_eq!(&found, &meant, "{}\n{}", text, new);
        // Each comment names its entry. Those of what is left are left, at that entry.
        let is_left = |path: &str| path.split('.').try_fold(&meant, |at, key| at.get(key)).is_some();
        let comments = |text: &str| -> Vec<String> {
            text.lines().filter_map(|it| Some(it.split_once("# @")?.1.trim_end().to_owned())).collect()
        };
        let expected: Vec<String> = comments(&text).into_iter().filter(|it| is_left(it)).collect();
        prop_assert_eq!(comments(&new), expected, "{}\n{}", text, new);
        for (index, line) in new.lines().enumerate() {
            let Some((line_before, path)) = line.split_once("# @") else { continue };
            let key = path.trim_end().rsplit('.').next().unwrap();
            let owner = if line_before.trim().is_empty() { new.lines().nth(index + 1).unwrap_or_default() } else { line };
            prop_assert!(owner.trim_start().starts_with(&format!("{key}:")), "{path} stands at {owner}\n{new}");
        }
        let bare = |text: &str| text.matches('\n').count() - text.matches("\r\n").count();
        prop_assert!((bare(&text) == 0) == (bare(&new) == 0), "{:?}", new);
        prop_assert_eq!(new.starts_with('\u{FEFF}'), text.starts_with('\u{FEFF}'));
    }

    #[test]
    fn what_is_set_to_what_it_is_changes_no_byte(file in some_file()) {
        let text = file.text();
        let edits: Vec<FileEdit> = (file.definitions.iter())
            .flat_map(|(key, (_, _, labels))| labels.iter().map(move |(locale, it)| (key, locale, it)))
            .map(|(key, locale, it)| FileEdit::set(&["definitions", key, "labels", locale], Leaf::Text(it.label.clone())))
            .collect();
        prop_assert_eq!(edited(&text, &edits).unwrap(), text);
    }
}
