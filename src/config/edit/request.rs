//! The requested edits, and the file to edit.

use std::fmt;

use crate::config::collector::Collector;
use crate::config::tree::{self, Node, Spanned};
use crate::model::limits::CONFIG_VALUES_MAX;
use crate::model::source::FileId;
use crate::model::text;

/// The value of an entry that is not a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leaf {
    Null,
    Bool(bool),
    Text(String),
}

/// The comment that belongs to an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryComment {
    /// The lines directly above it, each from its `#` on.
    pub above: Vec<String>,
    /// At the end of its line, from its `#` on.
    pub beside: Option<String>,
}

impl EntryComment {
    pub fn is_empty(&self) -> bool {
        self.above.is_empty() && self.beside.is_none()
    }
}

/// The requested change of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditAction {
    /// Sets this value. Missing mappings above it are added.
    Set(Leaf),
    /// Sets the comment of a new entry. An existing entry keeps its own.
    Comment(EntryComment),
    /// Removes the entry with its comment. A mapping that would become empty is removed too.
    Remove,
    /// Adds an item to its list.
    Append(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEdit {
    /// The keys from the top of the file to the entry.
    pub path: Vec<String>,
    pub change: EditAction,
}

impl FileEdit {
    pub fn set(path: &[&str], leaf: Leaf) -> FileEdit {
        FileEdit { path: owned(path), change: EditAction::Set(leaf) }
    }

    pub fn remove(path: &[&str]) -> FileEdit {
        FileEdit { path: owned(path), change: EditAction::Remove }
    }

    pub fn append(path: &[&str], item: &str) -> FileEdit {
        FileEdit { path: owned(path), change: EditAction::Append(item.to_owned()) }
    }

    pub fn comment(path: &[&str], comment: EntryComment) -> FileEdit {
        FileEdit { path: owned(path), change: EditAction::Comment(comment) }
    }
}

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(|it| (*it).to_owned()).collect()
}

/// Why a file is not edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditFlaw {
    /// It has errors, aliases or tags.
    NotRead,
    /// Its top level is not a mapping.
    NoMapping,
    /// Two edits contradict each other, or one needs a mapping where another value is.
    Unfit(Vec<String>),
    /// The layout of the entry is not supported.
    Layout(Vec<String>),
    /// Two edits affect the same characters.
    Overlap,
    /// The result differs from the intended one, in at least one of these entries.
    Guard(&'static str, Vec<Vec<String>>),
}

impl EditFlaw {
    /// The related entries. Empty if it is about the whole file.
    pub fn paths(&self) -> &[Vec<String>] {
        match self {
            EditFlaw::Unfit(path) | EditFlaw::Layout(path) => std::slice::from_ref(path),
            EditFlaw::Guard(_, paths) => paths,
            EditFlaw::NotRead | EditFlaw::NoMapping | EditFlaw::Overlap => &[],
        }
    }
}

impl fmt::Display for EditFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ticked = |path: &[String]| text::ticked(path.join("."));
        match self {
            EditFlaw::NotRead => write!(f, "it has errors, aliases or tags"),
            EditFlaw::NoMapping => write!(f, "its top is no mapping"),
            EditFlaw::Unfit(path) => write!(f, "{} does not hold what an edit needs there", ticked(path)),
            EditFlaw::Layout(path) => write!(f, "the layout of {} is not one that is edited", ticked(path)),
            EditFlaw::Overlap => write!(f, "two edits are about the same characters"),
            EditFlaw::Guard(what, paths) => {
                let names: Vec<String> = paths.iter().map(|it| ticked(it)).collect();
                write!(f, "an edit of {} would change {what}", text::some(&names))
            }
        }
    }
}

/// The tree of a file, if no part is broken.
pub(super) fn read(text: &str) -> Option<Spanned<Node>> {
    let mut found = Collector::default();
    let tree = tree::parse(text, FileId::from_index(0), &mut CONFIG_VALUES_MAX.clone(), &mut found).ok()?;
    (!found.has_errors() && !is_broken(&tree.value)).then_some(tree)
}

fn is_broken(node: &Node) -> bool {
    match node {
        Node::Broken => true,
        Node::List(items) => items.iter().any(|it| is_broken(&it.value)),
        Node::Map(entries) => entries.iter().any(|(_, it)| is_broken(&it.value)),
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_) => false,
    }
}

/// A mapping of a tree.
pub(super) type MapEntries = [(Spanned<String>, Spanned<Node>)];

pub(super) fn entry<'a>(entries: &'a MapEntries, key: &str) -> Option<&'a (Spanned<String>, Spanned<Node>)> {
    entries.iter().find(|(it, _)| it.value == key)
}
