//! Findings as SARIF 2.1.0. Lines and columns count from one, columns in characters.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::config::diagnostic::Diagnostic;
use crate::config::finding::Severity;
use crate::config::rules::{Rule, Settable, rule};
use crate::model::source::Span;
use crate::model::text;
use crate::output::ci::fingerprint::{Reported, sentence};
use crate::output::json;
use crate::output::text::findings::summary;

/// The definition of the format.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Increased when fingerprints change.
const FINGERPRINT: &str = "presencectl/v1";

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    invocations: [Invocation; 1],
    column_kind: &'static str,
    results: Vec<Outcome>,
    properties: Counts,
}

/// The total number of findings.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    errors: usize,
    warnings: usize,
    not_shown: usize,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    short_description: Message,
    help: Help,
    default_configuration: Configuration,
    properties: Properties,
}

#[derive(Serialize)]
struct Help {
    text: &'static str,
    markdown: &'static str,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Properties {
    /// Can `settings.rules` set it?
    settable: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

/// A SARIF result.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    #[serde(rename = "physicalLocation")]
    place: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

pub fn log(reported: &Reported<'_>) -> String {
    let rules: Vec<&'static Rule> = {
        let mut names: Vec<&str> = reported.diagnostics.iter().map(|it| it.finding.code()).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().filter_map(rule).collect()
    };
    let results = reported.diagnostics.iter().zip(reported.fingerprints());
    let results = results.map(|(it, fingerprint)| outcome(it, fingerprint, &rules, reported)).collect();
    let level_of = |rule: &Rule| {
        let found = reported.diagnostics.iter().find(|it| it.finding.code() == rule.name);
        found.map_or(Severity::Error, |it| it.finding.severity())
    };
    let descriptors = rules.iter().map(|it| descriptor(it, level_of(it))).collect();
    let problem = reported.problem.map(|problem| Notification {
        level: "error",
        message: message(&sentence(&problem.message, problem.help.as_deref())),
    });
    let not_shown = (reported.diagnostics.not_shown() > 0)
        .then(|| Notification { level: "note", message: message(&summary(reported.diagnostics)) });
    let notifications = problem.into_iter().chain(not_shown);
    let version = env!("CARGO_PKG_VERSION");
    json::pretty(&Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool { driver: Driver { name: "presencectl", semantic_version: version, rules: descriptors } },
            invocations: [Invocation {
                execution_successful: reported.problem.is_none(),
                tool_execution_notifications: notifications.collect(),
            }],
            column_kind: "unicodeCodePoints",
            results,
            properties: Counts {
                errors: reported.diagnostics.errors,
                warnings: reported.diagnostics.warnings,
                not_shown: reported.diagnostics.not_shown(),
            },
        }],
    })
}

fn descriptor(rule: &'static Rule, severity: Severity) -> Descriptor {
    Descriptor {
        id: rule.name,
        short_description: Message { text: rule.summary().to_owned() },
        help: Help { text: rule.page, markdown: rule.page },
        default_configuration: Configuration { level: level(severity) },
        properties: Properties { settable: rule.settable != Settable::No },
    }
}

fn outcome(diagnostic: &Diagnostic, fingerprint: String, rules: &[&Rule], reported: &Reported<'_>) -> Outcome {
    let finding = &diagnostic.finding;
    let also = diagnostic.also.iter().enumerate().map(|(index, (span, note))| Location {
        id: Some(index + 1),
        message: Some(message(note)),
        ..location(Some(*span), reported)
    });
    Outcome {
        rule_id: finding.code(),
        rule_index: rules.iter().position(|it| it.name == finding.code()).unwrap_or_default(),
        level: level(diagnostic.severity),
        message: message(&sentence(&finding.message(), finding.help().as_deref())),
        locations: [location(diagnostic.place, reported)],
        related_locations: also.collect(),
        partial_fingerprints: BTreeMap::from([(FINGERPRINT, fingerprint)]),
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// In a message, `[text](place)` is a link and `{0}` a placeholder, even in foreign text.
fn message(raw: &str) -> Message {
    let shown = text::terminal(raw).to_string();
    let mut text = String::with_capacity(shown.len());
    let is_link = shown.contains("](");
    for (index, c) in shown.char_indices() {
        let digit_follows = || shown[index + c.len_utf8()..].starts_with(|it: char| it.is_ascii_digit());
        let digit_before = || shown[..index].ends_with(|it: char| it.is_ascii_digit());
        match c {
            '[' | ']' | '\\' if is_link => text.extend(['\\', c]),
            '{' if digit_follows() => text.push_str("{{"),
            '}' if digit_before() => text.push_str("}}"),
            _ => text.push(c),
        }
    }
    Message { text }
}

fn location(place: Option<Span>, reported: &Reported<'_>) -> Location {
    let region = place.map(|span| {
        let sources = reported.sources;
        let (begin, end) = (sources.place(span), sources.place(Span { start: span.end.max(span.start), ..span }));
        Region {
            start_line: begin.line.get(),
            start_column: begin.column.get(),
            end_line: end.line.get(),
            end_column: end.column.get(),
        }
    });
    let artifact_location = ArtifactLocation { uri: uri(&reported.path(place)) };
    Location { id: None, place: PhysicalLocation { artifact_location, region }, message: None }
}

/// A URI of a file, relative if the path is. Special characters are percent-encoded.
fn uri(path: &str) -> String {
    let mut uri = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}
