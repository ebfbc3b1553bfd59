//! Reads the tree of one file. If that fails, the schema explains every error at its place, and broken parts are
//! marked. So one run reports all errors, and none is a consequence of another.

use std::collections::{BTreeMap, HashMap, HashSet};

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use semver::{Version, VersionReq};
use serde::de::value::Error;
use serde_json::{Number, Value};

use crate::config::collector::Collector;
use crate::config::diagnostic::Diagnostic;
use crate::config::finding::Finding;
use crate::config::located::{read, whole};
use crate::config::rules::{RuleKind, Settable, rule};
use crate::config::schema::{ConfigFile, RULES, VERSION};
use crate::config::structure_words::{NodeName, advice, describe, raw, type_name};
use crate::config::syntax;
use crate::config::tree::{self, Node, Spanned};
use crate::model::source::{FileId, Span};
use crate::model::text;

/// The sections of a config file. A YAML file without any of them is not a config.
const SECTIONS: [&str; 9] = ["org", "use", "settings", "definitions", "overrides", "omit", "ids", "protect", "freeze"];

const DEFINITIONS: &str = "definitions";

/// Sections that may be empty.
const EMPTY_MAPS: [&str; 4] = ["settings", "definitions", "overrides", "ids"];
const EMPTY_LISTS: [&str; 3] = ["use", "omit", "protect"];

const TOOL_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The shape of one file, and the places of its sections.
#[derive(Debug, Clone)]
pub struct Shape {
    pub config: ConfigFile,
    /// The key of each section.
    pub sections: BTreeMap<String, Span>,
}

/// The shape of a file's tree. `None` for a foreign file, or one for an unknown version: then nothing else can be
/// checked.
pub fn shape(mut tree: Spanned<Node>, path: &str, source: &str, found: &mut Collector) -> Option<Shape> {
    if tree.value == Node::Null {
        found.push(Diagnostic::at(tree.place, Finding::EmptyFile {}));
        return None;
    }
    if is_foreign(&tree.value) {
        let start = Span { end: tree.place.start, ..tree.place };
        found.push(Diagnostic::at(start, Finding::ForeignFile { path: path.to_owned() }));
        return None;
    }
    if !prepare(&mut tree, source, found) {
        return None;
    }
    let place = tree.place;
    let at_once = typed(tree);
    // Test builds check every file against the schema, so that types and schema cannot drift apart.
    let is_checked = at_once.is_err() || cfg!(any(test, debug_assertions));
    let explained = if is_checked { explained(place.file, source, found) } else { None };
    let shape = match (at_once, explained) {
        (Ok(shape), None) => Ok(shape),
        (Err(_), Some(tree)) => typed(tree).map_err(|bug| bug.to_string()),
        (Err(refused), None) => Err(refused.to_string()),
        (Ok(_), Some(_)) => Err("the schema refuses what the reader takes".to_owned()),
    };
    shape
        .map_err(|bug| {
            // Unreachable while types and schema agree, which tests verify. It is reported anyway, so that no error is
            // lost.
            let problem = format!("{bug} (this is a bug of presencectl)");
            found.push(Diagnostic::at(place, Finding::Syntax { problem, advice: None }));
        })
        .ok()
}

/// Checks what comes before the shape. Returns false if nothing else can be checked.
fn prepare(tree: &mut Spanned<Node>, source: &str, found: &mut Collector) -> bool {
    if !check_requires(tree, found) || !check_version(tree, source, found) {
        return false;
    }
    fill_empty_sections(&mut tree.value);
    true
}

fn typed(tree: Spanned<Node>) -> Result<Shape, Error> {
    let sections = sections(&tree.value);
    Ok(Shape { config: read(tree)?, sections })
}

/// The tree of a file with schema errors, which are reported and marked as broken. `None` without errors. The tree is
/// parsed again, because the reader consumed the first one.
fn explained(file: FileId, source: &str, found: &mut Collector) -> Option<Spanned<Node>> {
    let (mut unlimited, mut told_already) = (usize::MAX, Collector::default());
    let mut tree = tree::parse(source, file, &mut unlimited, &mut told_already).ok()?;
    (prepare(&mut tree, source, &mut told_already) && explain(&mut tree, source, found)).then_some(tree)
}

/// Reports all schema errors, and marks them as broken. Returns false if there are none.
fn explain(tree: &mut Spanned<Node>, source: &str, found: &mut Collector) -> bool {
    let mut faults = Faults::default();
    if let Some(validator) = &RULES.validator {
        for error in validator.iter_errors(&json(&tree.value)) {
            faults.add(&error);
        }
    }
    let mut settling = Settling { source, found, told: false };
    settling.settle(tree, &faults, &NodeName::Root);
    settling.told
}

fn sections(root: &Node) -> BTreeMap<String, Span> {
    let Node::Map(entries) = root else { return BTreeMap::new() };
    entries.iter().map(|(key, _)| (key.value.clone(), key.place)).collect()
}

/// It has no known section and no version in our form. Other tools write theirs as text.
fn is_foreign(node: &Node) -> bool {
    let Node::Map(entries) = node else { return *node != Node::Broken };
    let has_section = entries.iter().any(|(key, _)| SECTIONS.contains(&key.value.as_str()));
    let alone = entries.len() == 1;
    let has_version = entries.iter().any(|(key, value)| {
        key.value == "version" && (alone || matches!(&value.value, Node::Number(raw) if whole(raw).is_some()))
    });
    !has_section && !has_version
}

/// False for a file that needs another version of this program: its content may have another meaning there.
fn check_requires(tree: &mut Spanned<Node>, found: &mut Collector) -> bool {
    let Node::Map(entries) = &mut tree.value else { return true };
    let Some((_, value)) = entries.iter_mut().find(|(key, _)| key.value == "requires") else { return true };
    let Node::Text(required) = &value.value else { return true };
    let (fits, finding) = match allows(required, TOOL_VERSION) {
        Ok(true) => return true,
        Ok(false) => (false, Finding::OtherVersionRequired { required: required.clone(), version: TOOL_VERSION }),
        Err(why) => (true, Finding::InvalidRequires { required: required.clone(), why }),
    };
    found.push(Diagnostic::at(value.place, finding));
    value.value = Node::Broken;
    fits
}

/// False for another version, whose other fields this program cannot check.
fn check_version(tree: &mut Spanned<Node>, source: &str, found: &mut Collector) -> bool {
    let Node::Map(entries) = &mut tree.value else { return false };
    let has_section = entries.iter().any(|(key, _)| SECTIONS.contains(&key.value.as_str()));
    let Some((_, version)) = entries.iter_mut().find(|(key, _)| key.value == "version") else {
        let start = Span { end: tree.place.start, ..tree.place };
        found.push(Diagnostic::at(start, Finding::UnsupportedVersion { given: None, other: false, foreign: false }));
        return true;
    };
    let number = match &version.value {
        Node::Number(raw) => whole(raw),
        Node::Broken => return true,
        _ => None,
    };
    if number == Some(i64::from(VERSION)) {
        return true;
    }
    let shown = describe(&version.value, version.place, source);
    let other = number.is_some();
    let finding = Finding::UnsupportedVersion { given: Some(shown), other, foreign: other && !has_section };
    found.push(Diagnostic::at(version.place, finding));
    version.value = Node::Broken;
    !other
}

fn fill_empty_sections(root: &mut Node) {
    let Node::Map(entries) = root else { return };
    for (key, value) in entries.iter_mut().filter(|(_, value)| value.value == Node::Null) {
        if EMPTY_MAPS.contains(&key.value.as_str()) {
            value.value = Node::Map(Vec::new());
        } else if EMPTY_LISTS.contains(&key.value.as_str()) {
            value.value = Node::List(Vec::new());
        }
    }
}

/// The value for the schema. Its errors about broken parts are ignored.
fn json(node: &Node) -> Value {
    match node {
        Node::Null | Node::Broken => Value::Null,
        Node::Bool(value) => Value::Bool(*value),
        Node::Number(raw) => Value::Number(json_number(raw)),
        Node::Text(text) => Value::String(text.clone()),
        Node::List(items) => Value::Array(items.iter().map(|item| json(&item.value)).collect()),
        Node::Map(entries) => {
            Value::Object(entries.iter().map(|(key, value)| (key.value.clone(), json(&value.value))).collect())
        }
    }
}

/// JSON has no infinity and does not distinguish 1 from 1.0. Here, a number is an integer if it is written as one, and
/// any fraction is replaced by one constant. A number that is too large here is too large for every field.
fn json_number(raw: &str) -> Number {
    const FRACTION: f64 = 0.5;
    let written_whole = raw.starts_with("0x") || raw.starts_with("0o") || {
        raw.trim_start_matches(['-', '+']).bytes().all(|it| it.is_ascii_digit())
    };
    match whole(raw) {
        Some(number) => Number::from(number),
        None if written_whole => Number::from(i64::MAX),
        None => Number::from_f64(FRACTION).unwrap_or_else(|| Number::from(-1)),
    }
}

/// The schema's errors, in the form of the tree.
#[derive(Default)]
struct Faults {
    /// The error at this value. The first one counts, since the others are consequences.
    here: Option<Fault>,
    unknown: Vec<String>,
    known: Vec<String>,
    missing: Vec<String>,
    below: HashMap<String, Faults>,
}

enum Fault {
    Type(Vec<String>),
    NoneOf(Vec<String>),
    Range,
    Empty,
    Other(String),
}

impl Faults {
    fn add(&mut self, error: &ValidationError<'_>) {
        let mut at = self;
        // Split here, because the iterator of the crate drops an empty key.
        for segment in error.instance_path().as_str().split('/').skip(1) {
            at = at.below.entry(segment.replace("~1", "/").replace("~0", "~")).or_default();
        }
        let fault = match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                at.unknown.extend(unexpected.iter().cloned());
                at.known = known_beside(error.schema_path().as_str());
                return;
            }
            ValidationErrorKind::Required { property } => {
                at.missing.extend(property.as_str().map(str::to_owned));
                return;
            }
            ValidationErrorKind::Type { kind } => Fault::Type(types(kind)),
            ValidationErrorKind::Enum { options } => Fault::NoneOf(
                options.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
            ),
            ValidationErrorKind::Minimum { .. } | ValidationErrorKind::Maximum { .. } => Fault::Range,
            ValidationErrorKind::MinItems { .. } => Fault::Empty,
            _ => Fault::Other(error.masked().to_string()),
        };
        // A wrong type explains every other error of the same value.
        if at.here.is_none() || matches!(fault, Fault::Type(_)) {
            at.here = Some(fault);
        }
    }
}

fn types(kind: &TypeKind) -> Vec<String> {
    match kind {
        TypeKind::Single(one) => vec![one.to_string()],
        TypeKind::Multiple(several) => several.iter().map(|it| it.to_string()).collect(),
    }
}

/// The fields next to an `additionalProperties` of the schema.
fn known_beside(schema_path: &str) -> Vec<String> {
    let parent = schema_path.rsplit_once('/').map_or("", |(parent, _)| parent);
    let properties = RULES.schema.pointer(&format!("{parent}/properties")).and_then(Value::as_object);
    properties.map(|it| it.keys().cloned().collect()).unwrap_or_default()
}

struct Settling<'a> {
    source: &'a str,
    found: &'a mut Collector,
    /// An error was reported.
    told: bool,
}

impl Settling<'_> {
    fn tell(&mut self, diagnostic: Diagnostic) {
        self.told = true;
        self.found.push(diagnostic);
    }

    /// Reports the errors of one value and everything below it, and marks the broken parts.
    fn settle(&mut self, node: &mut Spanned<Node>, faults: &Faults, name: &NodeName) {
        let Faults { here, unknown, known, missing, below } = faults;
        if node.value == Node::Broken {
            return;
        }
        if let Some(fault) = here {
            let finding = self.finding(fault, node, name);
            self.tell(Diagnostic::at(node.place, finding));
            node.value = Node::Broken;
            return;
        }
        match &mut node.value {
            Node::Map(entries) => {
                for (key, value) in entries.iter_mut() {
                    if let Some(faults) = below.get(&key.value) {
                        self.settle(value, faults, &name.below(&key.value));
                    }
                }
                let is_stray = |key: &Spanned<String>, value: &Spanned<Node>| {
                    !known.contains(&key.value) && matches!(value.value, Node::Map(_))
                };
                let stray = matches!(name, NodeName::Root)
                    && !unknown.is_empty()
                    && entries.iter().any(|(key, value)| is_stray(key, value));
                self.unknown_fields(entries, unknown, known, name);
                // It may have the definitions, under any name.
                if stray && !entries.iter().any(|(key, _)| key.value == DEFINITIONS) {
                    let key = Spanned { value: DEFINITIONS.to_owned(), place: node.place };
                    entries.push((key, Spanned { value: Node::Broken, place: node.place }));
                }
                for field in missing {
                    // A mistyped field left its intended name behind. The version was checked before.
                    if !entries.iter().any(|(key, _)| key.value == *field) && !matches!(name, NodeName::Root) {
                        let finding = Finding::MissingField { field: field.clone() };
                        self.tell(Diagnostic::at(node.place, finding));
                        let key = Spanned { value: field.clone(), place: node.place };
                        entries.push((key, Spanned { value: Node::Broken, place: node.place }));
                    }
                }
            }
            Node::List(items) => {
                let list = match name {
                    NodeName::Field(list) => list.clone(),
                    NodeName::Root | NodeName::Rules | NodeName::ItemOf(_) => String::new(),
                };
                for (index, item) in items.iter_mut().enumerate() {
                    if let Some(faults) = below.get(&index.to_string()) {
                        self.settle(item, faults, &NodeName::ItemOf(list.clone()));
                    }
                }
            }
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_) | Node::Broken => {}
        }
    }

    /// A mistyped field leaves a broken one with the intended name, so that it is not reported as missing too.
    fn unknown_fields(
        &mut self,
        entries: &mut Vec<(Spanned<String>, Spanned<Node>)>,
        unknown: &[String],
        known: &[String],
        name: &NodeName,
    ) {
        if unknown.is_empty() {
            return;
        }
        let unknown: HashSet<&String> = unknown.iter().collect();
        let mut meant = Vec::new();
        entries.retain(|(key, _)| {
            if !unknown.contains(&key.value) {
                return true;
            }
            let nearest = text::nearest(&key.value, known.iter().map(String::as_str)).map(str::to_owned);
            meant.extend(nearest.clone().map(|name| (name, key.place)));
            let finding = match (name, rule(&key.value)) {
                (NodeName::Rules, Some(rule)) => {
                    let error = rule.kind != RuleKind::Lint && rule.settable == Settable::No;
                    Finding::FixedRule { name: key.value.clone(), error }
                }
                (NodeName::Rules, None) => Finding::UnknownRule { name: key.value.clone(), nearest },
                _ if key.value.contains(text::is_odd_space) => syntax::odd_space(&key.value),
                _ => Finding::UnknownField { field: key.value.clone(), nearest, known: known.to_vec() },
            };
            self.tell(Diagnostic::at(key.place, finding));
            false
        });
        for (name, place) in meant {
            if !entries.iter().any(|(key, _)| key.value == name) {
                entries.push((Spanned { value: name, place }, Spanned { value: Node::Broken, place }));
            }
        }
    }

    fn finding(&self, fault: &Fault, node: &Spanned<Node>, name: &NodeName) -> Finding {
        let found = describe(&node.value, node.place, self.source);
        let what = name.shown();
        match fault {
            Fault::Type(expected) => {
                let advice = advice(expected, node, self.source, name);
                let expected: Vec<&str> = expected.iter().filter(|it| *it != "null").map(|it| type_name(it)).collect();
                Finding::WrongType { what, expected: text::list(&expected, "or"), given: found, advice }
            }
            Fault::NoneOf(allowed) => {
                let found = raw(node.place, self.source);
                let nearest = text::nearest(&found, allowed.iter().map(String::as_str)).map(str::to_owned);
                Finding::InvalidValue { what, found, allowed: allowed.clone(), nearest }
            }
            Fault::Range => Finding::NumberRange { what, found: raw(node.place, self.source) },
            Fault::Empty => Finding::EmptyList { what },
            Fault::Other(problem) => Finding::Syntax { problem: problem.clone(), advice: None },
        }
    }
}

/// Does `requires` (such as `">=0.1, <0.2"`, in Cargo's syntax) accept this version?
fn allows(asked: &str, version: &str) -> Result<bool, String> {
    let range = VersionReq::parse(asked).map_err(|error| error.to_string())?;
    Ok(Version::parse(version).is_ok_and(|version| range.matches(&version)))
}
