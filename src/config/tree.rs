//! One YAML file as a tree. Every key and value has its place.
//!
//! It is built from the parser's events, not through serde. Only events show duplicate keys, tags, aliases, and whether
//! a scalar was quoted. Aliases and merge keys are refused, so that no file is larger than it looks.

use std::collections::HashMap;

use serde_yaml::granit_parser::{Event, Parser, ScalarStyle, Span as ParserSpan, options};

use crate::config::collector::Collector;
use crate::config::diagnostic::Diagnostic;
use crate::config::finding::Finding;
use crate::config::syntax;
use crate::model::limits::{CONFIG_DEPTH_MAX, CONFIG_VALUES_MAX};
use crate::model::source::{FileId, Span};
use crate::model::yaml::{self, Plain};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    pub value: T,
    pub place: Span,
}

/// One value of a YAML file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// Empty, `~` or `null`.
    Null,
    /// `true` or `false`. `yes` and `no` are text.
    Bool(bool),
    Number(String),
    /// Text, quoted or not.
    Text(String),
    List(Vec<Spanned<Node>>),
    /// A mapping in the file's order, each key once.
    Map(Vec<(Spanned<String>, Spanned<Node>)>),
    /// An error that was already reported: nothing is concluded from it.
    Broken,
}

/// Reads one file. `values` is the remaining limit of keys and values in all files. An empty document is `Node::Null`.
pub fn parse(
    text: &str,
    file: FileId,
    values: &mut usize,
    found: &mut Collector,
) -> Result<Spanned<Node>, Box<Diagnostic>> {
    let limits = options! { flow_nesting_limit: CONFIG_DEPTH_MAX, block_nesting_limit: CONFIG_DEPTH_MAX, emit_unresolved_aliases: true };
    let mut builder = Builder::new(text, file, values, found);
    for event in Parser::new_from_str_with_options(text, limits) {
        let outcome = match event {
            Ok((event, span)) => builder.take(event, span),
            Err(error) => Err(Box::new(syntax::diagnostic(&error, text, file, CONFIG_DEPTH_MAX))),
        };
        if let Err(fatal) = outcome {
            builder.finish();
            return Err(fatal);
        }
    }
    Ok(builder.finish())
}

/// A list or mapping that is still open.
enum Open {
    List { items: Vec<Spanned<Node>>, start: u32 },
    Map { entries: Vec<(Spanned<String>, Spanned<Node>)>, keys: Keys, next: Next, start: u32 },
}

/// The kind of a mapping's next value.
enum Next {
    Key,
    Value(Spanned<String>),
    /// The value of a refused key.
    Dropped,
}

struct Builder<'a> {
    text: &'a str,
    file: FileId,
    open: Vec<Open>,
    root: Option<Spanned<Node>>,
    documents: usize,
    values: &'a mut usize,
    /// The first one, and their number.
    aliases: Option<(Span, usize)>,
    /// The words that other readers take for booleans: the first place of each, and their number.
    booleans: Vec<(String, Span, usize)>,
    found: &'a mut Collector,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, file: FileId, values: &'a mut usize, found: &'a mut Collector) -> Builder<'a> {
        Builder {
            text,
            file,
            open: Vec::new(),
            root: None,
            documents: 0,
            values,
            aliases: None,
            booleans: Vec::new(),
            found,
        }
    }

    fn place(&self, span: ParserSpan) -> Span {
        let (start, end) = span.byte_range().map_or((0, 0), |range| (range.start, range.end));
        Span { file: self.file, start: number(start), end: number(end.max(start)) }
    }

    /// Handles one event. An error ends the reading of the file.
    fn take(&mut self, event: Event<'_>, span: ParserSpan) -> Result<(), Box<Diagnostic>> {
        let place = self.place(span);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(Box::new(Diagnostic::at(place, Finding::SeveralDocuments {})));
                }
            }
            Event::Scalar(text, style, _, tag) => {
                let tag = tag.map(|tag| tag.original());
                let kind = if style == ScalarStyle::Plain { Plain::of(&text) } else { Plain::Text };
                if style == ScalarStyle::Plain && kind == Plain::Text {
                    self.cut_short(place.end);
                    self.boolean(&text, place);
                    if !text.starts_with(|it: char| it.is_ascii()) {
                        self.typographic(&text, place);
                    }
                }
                // A key is always text, so that `no` is Norwegian.
                let is_key = matches!(self.open.last(), Some(Open::Map { next: Next::Key, .. }));
                let text = text.into_owned();
                let (node, key) = if is_key { (Node::Null, Some(text)) } else { (scalar(kind, text), None) };
                let value = self.tagged(node, tag, span);
                self.put(Spanned { value, place }, key)?;
            }
            Event::SequenceStart(_, _, tag) => {
                self.tagged(Node::Null, tag.map(|tag| tag.original()), span);
                self.begin(Open::List { items: Vec::new(), start: place.start }, place)?;
            }
            Event::MappingStart(_, _, tag) => {
                self.tagged(Node::Null, tag.map(|tag| tag.original()), span);
                let map = Open::Map { entries: Vec::new(), keys: Keys::default(), next: Next::Key, start: place.start };
                self.begin(map, place)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(place)?,
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.alias(place);
                self.put(Spanned { value: Node::Broken, place }, None)?;
            }
            // The other events open and close the document, or belong to later versions of the parser.
            _ => {}
        }
        Ok(())
    }

    /// Reports a comment directly after a plain value, if it looks like a part of the value.
    fn cut_short(&mut self, end: u32) {
        let Some((begin, comment)) = syntax::comment_after(self.text, end as usize) else { return };
        let place = Span { file: self.file, start: number(begin), end: number(begin + comment.len()) };
        self.found.push(Diagnostic::at(place, Finding::CutByComment { comment: comment.to_owned() }));
    }

    fn typographic(&mut self, text: &str, place: Span) {
        let rest = self.text.get(place.end as usize..).and_then(|it| it.lines().next());
        if syntax::is_in_typographic_quotes(text, rest.unwrap_or_default()) {
            self.found.push(Diagnostic::at(place, Finding::TypographicQuotes {}));
        }
    }

    /// Notes a plain word that other readers take for a boolean, where people write names and labels.
    fn boolean(&mut self, word: &str, place: Span) {
        if yaml::boolean_elsewhere(word).is_none() || !self.is_name_or_label() {
            return;
        }
        match self.booleans.iter_mut().find(|(it, ..)| it == word) {
            Some((_, _, count)) => *count += 1,
            None => self.booleans.push((word.to_owned(), place, 1)),
        }
    }

    /// Is the next scalar a key below a section, a label, a locale, or the name of a definition or an org? Elsewhere,
    /// such a word is a level like `off`, or an error.
    fn is_name_or_label(&self) -> bool {
        const LISTS: [&str; 3] = ["locales", "previousLabels", "omit"];
        let above = |index: usize| match self.open.len().checked_sub(index).and_then(|it| self.open.get(it)) {
            Some(Open::Map { next: Next::Value(key), .. }) => key.value.as_str(),
            _ => "",
        };
        match self.open.last() {
            Some(Open::Map { next: Next::Key, .. }) => self.open.len() > 1,
            Some(Open::Map { .. }) => above(2) == "labels" || matches!(above(1), "defaultLocale" | "name"),
            Some(Open::List { .. }) => LISTS.contains(&above(2)),
            None => false,
        }
    }

    /// Reports a tag. The tagged value is broken.
    fn tagged(&mut self, node: Node, tag: Option<String>, span: ParserSpan) -> Node {
        match tag {
            None => node,
            Some(tag) => {
                let place = self.place(span.tag_span().unwrap_or(span));
                self.found.push(Diagnostic::at(place, Finding::YamlTag { tag }));
                Node::Broken
            }
        }
    }

    /// Only the first alias is reported, with their number: a bomb has hundreds.
    fn alias(&mut self, place: Span) {
        let (first, count) = self.aliases.unwrap_or((place, 0));
        self.aliases = Some((first, count + 1));
    }

    fn begin(&mut self, open: Open, place: Span) -> Result<(), Box<Diagnostic>> {
        if self.open.len() >= CONFIG_DEPTH_MAX {
            return Err(Box::new(Diagnostic::at(place, Finding::TooDeep { limit: CONFIG_DEPTH_MAX })));
        }
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self, place: Span) -> Result<(), Box<Diagnostic>> {
        let (node, start) = match self.open.pop() {
            Some(Open::List { items, start }) => (Node::List(items), start),
            Some(Open::Map { entries, keys: _, next: _, start }) => (Node::Map(entries), start),
            // The parser's events are balanced.
            None => return Ok(()),
        };
        let place = Span { file: self.file, start, end: place.end.max(start) };
        self.put(Spanned { value: node, place }, None)
    }

    /// Adds a finished value to its parent. `text` is the spelling of a scalar in the place of a key.
    fn put(&mut self, node: Spanned<Node>, text: Option<String>) -> Result<(), Box<Diagnostic>> {
        let Some(left) = self.values.checked_sub(1) else {
            return Err(Box::new(Diagnostic::at(node.place, Finding::TooManyValues { limit: CONFIG_VALUES_MAX })));
        };
        *self.values = left;
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List { items, start: _ }) => items.push(node),
            Some(Open::Map { entries, keys, next, start: _ }) => match std::mem::replace(next, Next::Key) {
                Next::Dropped => {}
                Next::Value(key) => {
                    // Without a value, the comment may have been meant as the value.
                    let (is_null, end) = (node.value == Node::Null, key.place.end + 1);
                    entries.push((key, node));
                    if is_null {
                        self.cut_short(end);
                    }
                }
                Next::Key => *next = key(text, &node, entries, keys, self.found),
            },
        }
        Ok(())
    }

    fn finish(mut self) -> Spanned<Node> {
        if let Some((place, count)) = self.aliases {
            let name = self.text.get(place.start as usize..place.end as usize).unwrap_or_default().to_owned();
            self.found.push(Diagnostic::at(place, Finding::Alias { name, count }));
        }
        for (word, place, count) in self.booleans {
            let value = yaml::boolean_elsewhere(&word).unwrap_or_default();
            self.found.push(Diagnostic::at(place, Finding::BooleanWord { word, value, count }));
        }
        let empty = Spanned { value: Node::Null, place: Span { file: self.file, start: 0, end: 0 } };
        self.root.take().unwrap_or(empty)
    }
}

/// The most keys of a mapping that are searched linearly: most mappings have fewer, and hashing is slower.
const KEYS_LOOKED_THROUGH: usize = 32;

/// The keys of a mapping, to find duplicates.
#[derive(Default)]
struct Keys {
    /// A bloom filter: a key whose bit is not set is new.
    bits: u64,
    /// The index of each key, once there are many.
    places: HashMap<String, usize>,
}

impl Keys {
    /// The place of a duplicate key. Otherwise the key is recorded.
    fn first(&mut self, text: &str, entries: &[(Spanned<String>, Spanned<Node>)]) -> Option<Span> {
        if entries.len() < KEYS_LOOKED_THROUGH {
            let sum = text.bytes().fold(0_u32, |sum, it| sum.wrapping_mul(31).wrapping_add(u32::from(it)));
            let bit = 1 << (sum % u64::BITS);
            let is_new = self.bits & bit == 0;
            self.bits |= bit;
            if is_new {
                return None;
            }
            return entries.iter().find(|(key, _)| key.value == text).map(|(key, _)| key.place);
        }
        if self.places.is_empty() {
            self.places = entries.iter().enumerate().map(|(index, (key, _))| (key.value.clone(), index)).collect();
        }
        if let Some(first) = self.places.get(text) {
            return entries.get(*first).map(|(key, _)| key.place);
        }
        // The entry is inserted with its value.
        self.places.insert(text.to_owned(), entries.len());
        None
    }
}

/// Handles a key. A duplicate is reported with both places, and its value is dropped.
fn key(
    text: Option<String>,
    node: &Spanned<Node>,
    entries: &[(Spanned<String>, Spanned<Node>)],
    keys: &mut Keys,
    found: &mut Collector,
) -> Next {
    let Some(text) = text else {
        // An alias was already reported.
        if node.value != Node::Broken {
            found.push(Diagnostic::at(node.place, Finding::ComplexKey {}));
        }
        return Next::Dropped;
    };
    match keys.first(&text, entries) {
        None => Next::Value(Spanned { value: text, place: node.place }),
        Some(first) => {
            let finding = Finding::DuplicateKey { key: text };
            found.push(Diagnostic::at(node.place, finding).and(first, "first given here"));
            Next::Dropped
        }
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn scalar(kind: Plain, text: String) -> Node {
    match kind {
        Plain::Null => Node::Null,
        Plain::Bool(value) => Node::Bool(value),
        Plain::Number => Node::Number(text),
        Plain::Text => Node::Text(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::source::Sources;
    use std::path::Path;

    #[test]
    fn a_second_key_is_found_among_few_and_among_many() {
        for keys in [1, 2, KEYS_LOOKED_THROUGH - 1, KEYS_LOOKED_THROUGH, KEYS_LOOKED_THROUGH + 1, 100] {
            for second in [0, keys / 2, keys - 1] {
                let lines = (0..keys).chain([second, keys]).map(|it| format!("k{it:03}: 1\n"));
                let text: String = lines.collect();
                let (mut sources, mut found) = (Sources::new(), Collector::default());
                let file = sources.add(Path::new("a.yaml"), text.clone());
                let tree = parse(&text, file, &mut usize::MAX.clone(), &mut found).unwrap();
                assert!(matches!(tree.value, Node::Map(entries) if entries.len() == keys + 1));
                let found = found.finish(&sources);
                let [told] = &*found else { panic!("{found:?}") };
                let starts = [told.place, told.also.first().map(|it| it.0)].map(|it| it.unwrap().start as usize);
                assert_eq!(starts, [keys, second].map(|it| it * "k000: 1\n".len()));
            }
        }
    }
}
