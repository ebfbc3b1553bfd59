//! New entries as text.

use std::fmt::Write as _;

use crate::config::edit::changes::EntryChange;
use crate::config::edit::request::{EntryComment, Leaf};
use crate::model::{text, yaml};

/// How a scalar is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    /// None, if that is safe.
    Plain,
    Single,
    Double,
}

impl Quotes {
    /// The quotes of this text.
    pub(super) fn of(text: &str) -> Quotes {
        match text.bytes().next() {
            Some(b'"') => Quotes::Double,
            Some(b'\'') => Quotes::Single,
            _ => Quotes::Plain,
        }
    }
}

pub(super) fn leaf(leaf: &Leaf, quotes: Quotes) -> String {
    match leaf {
        Leaf::Null => "null".to_owned(),
        Leaf::Bool(it) => it.to_string(),
        Leaf::Text(it) => scalar(it, quotes),
    }
}

/// A one-line scalar that reads back as exactly this text.
pub(super) fn scalar(raw: &str, quotes: Quotes) -> String {
    let needs_escapes = || raw.chars().any(|c| c.is_control() || text::is_hidden(c));
    match quotes {
        Quotes::Plain => yaml::scalar(raw),
        Quotes::Single if !needs_escapes() => format!("'{}'", raw.replace('\'', "''")),
        Quotes::Single | Quotes::Double => format!("\"{}\"", text::within_quotes(raw)),
    }
}

/// The style of a file, for new content.
pub(super) struct Habits<'a> {
    /// The columns of indentation per level.
    pub(super) step: usize,
    /// Are mappings with this name written in braces?
    pub(super) in_braces: &'a dyn Fn(&str) -> bool,
    /// The quotes of the values of a mapping of this name.
    pub(super) quotes: &'a dyn Fn(&str) -> Quotes,
    /// The quotes of keys.
    pub(super) key_quotes: Quotes,
}

impl Habits<'_> {
    /// `key: value` in braces. `parent` is the mapping that receives it.
    pub(super) fn flow_entry(&self, parent: &str, key: &str, change: &EntryChange, quotes: Option<Quotes>) -> String {
        let name = scalar(key, self.key_quotes);
        let quotes = quotes.unwrap_or_else(|| (self.quotes)(parent));
        match change {
            EntryChange::Leaf(it, _) => format!("{name}: {}", leaf(it, quotes)),
            EntryChange::Append(items, _) => format!("{name}: {}", self.list(items)),
            EntryChange::Map(inner, _) => format!("{name}: {}", self.braces(key, inner)),
            EntryChange::Remove => String::new(),
        }
    }

    pub(super) fn braces(&self, name: &str, inner: &[(String, EntryChange)]) -> String {
        let entries: Vec<String> = inner.iter().map(|(key, it)| self.flow_entry(name, key, it, None)).collect();
        format!("{{ {} }}", entries.join(", "))
    }

    pub(super) fn list(&self, items: &[String]) -> String {
        let items: Vec<String> = items.iter().map(|it| scalar(it, self.key_quotes)).collect();
        format!("[{}]", items.join(", "))
    }

    /// The lines of a new entry of a block mapping, with indentation and without line breaks.
    pub(super) fn lines(
        &self,
        parent: &str,
        (key, change): (&str, &EntryChange),
        column: usize,
        quotes: Option<Quotes>,
        lines: &mut Vec<String>,
    ) {
        let (above, beside) = match change {
            EntryChange::Leaf(_, EntryComment { above, beside })
            | EntryChange::Map(_, EntryComment { above, beside })
            | EntryChange::Append(_, EntryComment { above, beside }) => (above.as_slice(), beside.as_deref()),
            EntryChange::Remove => (&[][..], None),
        };
        lines.extend(above.iter().map(|it| format!("{:column$}{it}", "")));
        let beside = beside.map_or_else(String::new, |it| format!(" {it}"));
        let inner = match change {
            EntryChange::Map(inner, _) if !((self.in_braces)(key) && is_bare(inner)) => inner,
            _ => {
                let entry = self.flow_entry(parent, key, change, quotes);
                return lines.push(format!("{:column$}{entry}{beside}", ""));
            }
        };
        let mut line = format!("{:column$}", "");
        // Writing to a String cannot fail.
        let _ = write!(line, "{}:{beside}", scalar(key, self.key_quotes));
        lines.push(line);
        for (name, change) in inner {
            self.lines(key, (name, change), column + self.step, None, lines);
        }
    }
}

/// It has no comment and no nested mapping.
fn is_bare(inner: &[(String, EntryChange)]) -> bool {
    inner.iter().all(|(_, change)| match change {
        EntryChange::Leaf(_, comment) | EntryChange::Append(_, comment) => comment.is_empty(),
        EntryChange::Map(inner, comment) => comment.is_empty() && is_bare(inner),
        EntryChange::Remove => true,
    })
}
