//! The definitions of one file, before merging.

use crate::config::edit::request::{MapEntries, entry, read};
use crate::config::tree::{Node, Spanned};

/// The content of one definition in one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DefinitionEntry {
    /// `definitions` or `overrides`.
    pub section: String,
    pub key: String,
    /// By locale, in its spelling. `None` removes the label of a lower layer.
    pub labels: Vec<(String, Option<String>)>,
    pub system_presence: Option<String>,
    pub deactivated: Option<bool>,
    pub division: Option<String>,
    pub previous_labels: Vec<String>,
    pub new: Option<bool>,
    pub replaces: Option<String>,
}

/// The sections with definitions.
const SECTIONS: [&str; 2] = ["definitions", "overrides"];

/// In the order of the file.
pub fn definitions_of(text: &str) -> Vec<DefinitionEntry> {
    let Some(Spanned { value: Node::Map(root), .. }) = read(text) else { return Vec::new() };
    let sections = root.iter().filter(|(key, _)| SECTIONS.contains(&key.value.as_str()));
    let mut found = Vec::new();
    for (section, value) in sections {
        let Node::Map(definitions) = &value.value else { continue };
        for (key, body) in definitions {
            let Node::Map(body) = &body.value else { continue };
            found.push(DefinitionEntry {
                section: section.value.clone(),
                key: key.value.clone(),
                labels: labels(body),
                system_presence: text_of(body, "systemPresence"),
                deactivated: bool_of(body, "deactivated"),
                division: text_of(body, "division"),
                previous_labels: items_of(body, "previousLabels"),
                new: bool_of(body, "new"),
                replaces: text_of(body, "replaces"),
            });
        }
    }
    found
}

fn text_of(body: &MapEntries, name: &str) -> Option<String> {
    match &entry(body, name)?.1.value {
        Node::Text(it) => Some(it.clone()),
        _ => None,
    }
}

fn bool_of(body: &MapEntries, name: &str) -> Option<bool> {
    match &entry(body, name)?.1.value {
        Node::Bool(it) => Some(*it),
        _ => None,
    }
}

fn items_of(body: &MapEntries, name: &str) -> Vec<String> {
    let Some((_, Spanned { value: Node::List(items), .. })) = entry(body, name) else { return Vec::new() };
    items.iter().filter_map(|it| if let Node::Text(it) = &it.value { Some(it.clone()) } else { None }).collect()
}

fn labels(body: &MapEntries) -> Vec<(String, Option<String>)> {
    let Some((_, Spanned { value: Node::Map(labels), .. })) = entry(body, "labels") else { return Vec::new() };
    let label = |(locale, it): &(Spanned<String>, Spanned<Node>)| match &it.value {
        Node::Text(text) => Some((locale.value.clone(), Some(text.clone()))),
        Node::Null => Some((locale.value.clone(), None)),
        _ => None,
    };
    labels.iter().filter_map(label).collect()
}
