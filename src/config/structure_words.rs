//! The words of the errors of one file: what a value is called, what it is, and what to write instead.

use crate::config::located::whole;
use crate::config::tree::{Node, Spanned};
use crate::model::source::Span;
use crate::model::{text, yaml};

/// The longest foreign value in a message, in characters.
const SHOWN_MAX: usize = 60;

/// The name of a value in a message.
pub(super) enum NodeName {
    Root,
    /// `settings.rules`, whose fields are rule names.
    Rules,
    Field(String),
    ItemOf(String),
}

impl NodeName {
    pub(super) fn shown(&self) -> String {
        match self {
            NodeName::Root => "the config".to_owned(),
            NodeName::Rules => "`rules`".to_owned(),
            NodeName::Field(name) => text::ticked(name),
            NodeName::ItemOf(list) => format!("each item of {}", text::ticked(list)),
        }
    }

    pub(super) fn below(&self, key: &str) -> NodeName {
        match self {
            NodeName::Field(parent) if parent == "settings" && key == "rules" => NodeName::Rules,
            NodeName::Field(parent) if parent == "labels" => NodeName::Field(format!("labels.{key}")),
            _ => NodeName::Field(key.to_owned()),
        }
    }
}

pub(super) fn type_name(json: &str) -> &'static str {
    match json {
        "object" => "a mapping",
        "array" => "a list",
        "string" => "text",
        "integer" => "a whole number",
        "boolean" => "`true` or `false`",
        _ => "something else",
    }
}

/// The text of a value in the file, cut.
pub(super) fn raw(place: Span, source: &str) -> String {
    let text = source.get(place.start as usize..place.end as usize).unwrap_or_default();
    let text = text.lines().next().unwrap_or_default().trim_matches(['"', '\'']);
    let mut shown: String = text.chars().take(SHOWN_MAX).collect();
    if text.chars().nth(SHOWN_MAX).is_some() {
        shown.push('…');
    }
    shown
}

pub(super) fn describe(node: &Node, place: Span, source: &str) -> String {
    match node {
        Node::Null if place.end > place.start => text::ticked(raw(place, source)),
        Node::Null | Node::Broken => "empty".to_owned(),
        Node::Bool(_) => format!("the boolean {}", text::ticked(raw(place, source))),
        Node::Number(_) => format!("the number {}", text::ticked(raw(place, source))),
        Node::Text(_) => format!("the text {}", text::ticked(raw(place, source))),
        Node::List(_) => "a list".to_owned(),
        Node::Map(_) => "a mapping".to_owned(),
    }
}

pub(super) fn advice(expected: &[String], node: &Spanned<Node>, source: &str, name: &NodeName) -> Option<String> {
    let wants = |json: &str| expected.iter().any(|it| it == json);
    let label = matches!(name, NodeName::Field(field) if field.starts_with("labels."));
    let locale = matches!(name, NodeName::ItemOf(name) | NodeName::Field(name) if matches!(name.as_str(), "locales" | "defaultLocale"));
    match &node.value {
        Node::Bool(false) if locale => Some(
            "if this was `no` (Norwegian), another tool has read it as YAML 1.1 and written it back: write `\"no\"`"
                .to_owned(),
        ),
        Node::Bool(_) | Node::Number(_) | Node::Null if locale => {
            Some("a locale is a word such as `de` or `pt_BR`".to_owned())
        }
        Node::Bool(value) if label => {
            let (shown, word) = (raw(node.place, source), if *value { "yes" } else { "no" });
            Some(format!("quote it: \"{shown}\"; or \"{word}\", if another tool has read that as YAML 1.1"))
        }
        Node::Text(text) if wants("boolean") => match text.to_lowercase().as_str() {
            "yes" | "y" | "on" | "true" => Some("write `true`".to_owned()),
            "no" | "n" | "off" | "false" => Some("write `false`".to_owned()),
            _ => None,
        },
        Node::Text(text) if wants("integer") && whole(text).is_some() => Some("remove the quotation marks".to_owned()),
        // A level of `settings.rules`.
        Node::Bool(false) if wants("string") && wants("object") => Some("write `off`".to_owned()),
        Node::Bool(_) | Node::Number(_) if wants("string") => {
            Some(format!("quote it: \"{}\"", raw(node.place, source)))
        }
        Node::Null if label && !raw(node.place, source).is_empty() => {
            Some("quote it if it is the text; only under `overrides`, `null` removes an inherited label".to_owned())
        }
        Node::Null if label => Some("write the label, or remove the line".to_owned()),
        Node::Null => Some("write a value, or remove the line".to_owned()),
        // In YAML this is one text, because no space follows its colon.
        Node::Text(text) if wants("object") => {
            text::unseen_in_name(text).or_else(|| text.contains(':').then(|| "write a space after the `:`".to_owned()))
        }
        Node::Text(text) if wants("array") => Some(format!("write `[{}]`", text::unticked(yaml::scalar(text)))),
        _ => None,
    }
}
