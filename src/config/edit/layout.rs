//! The layout of a file's text: lines, ends of entries, and the entries of comments.

use std::collections::BTreeMap;

use crate::config::edit::request::{EntryComment, MapEntries, entry, read};
use crate::config::tree::{Node, Spanned};
use crate::model::source::Span;

const BOM: &str = "\u{FEFF}";

/// The text of a file, with access to its lines.
#[derive(Clone, Copy)]
pub(super) struct TextLayout<'a> {
    pub(super) text: &'a str,
}

impl<'a> TextLayout<'a> {
    /// The start of a line, after a byte-order mark.
    pub(super) fn line_start(self, at: usize) -> usize {
        match self.text[..at].rfind('\n') {
            Some(index) => index + 1,
            None if self.text.starts_with(BOM) => BOM.len(),
            None => 0,
        }
    }

    /// The end of a line, before its line break.
    pub(super) fn line_end(self, at: usize) -> usize {
        let end = self.text[at..].find('\n').map_or(self.text.len(), |index| at + index);
        if self.text[at..end].ends_with('\r') { end - 1 } else { end }
    }

    /// The start of the next line, or the end of the text.
    pub(super) fn next_line(self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |index| at + index + 1)
    }

    /// The column of a place, if only spaces are before it.
    pub(super) fn column(self, at: usize) -> Option<usize> {
        let start = self.line_start(at);
        self.text[start..at].bytes().all(|it| it == b' ').then_some(at - start)
    }

    pub(super) fn line_break(self) -> &'static str {
        match self.text.find('\n') {
            Some(index) if self.text[..index].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    /// The comment of a line without other content, from its `#` on, with its place.
    fn comment_line(self, line_start: usize) -> Option<(usize, &'a str)> {
        let line = &self.text[line_start..self.line_end(line_start)];
        let comment = line.trim_start_matches([' ', '\t']);
        comment.starts_with('#').then(|| (line_start + line.len() - comment.len(), comment))
    }

    pub(super) fn is_flow(self, node: &Spanned<Node>) -> bool {
        let (start, end) = bytes(node.place);
        end > start && matches!(self.text.as_bytes().get(start), Some(b'{' | b'['))
    }

    /// Is the value empty in the text?
    pub(super) fn is_absent(self, node: &Spanned<Node>) -> bool {
        let (start, end) = bytes(node.place);
        node.value == Node::Null && !matches!(self.text.get(start..end), Some("~" | "null" | "Null" | "NULL"))
    }

    /// One past the last character of an entry, without a comment after it.
    pub(super) fn content_end(self, key: &Spanned<String>, value: &Spanned<Node>) -> usize {
        match &value.value {
            _ if self.is_absent(value) => self.colon(key).map_or(key.place.end as usize, |it| it + 1),
            _ if self.is_flow(value) => value.place.end as usize,
            Node::Map(entries) if !entries.is_empty() => {
                entries.last().map_or(0, |(key, value)| self.content_end(key, value))
            }
            Node::List(items) if !items.is_empty() => items.last().map_or(0, |it| self.item_end(it)),
            _ => self.scalar_end(value),
        }
    }

    pub(super) fn item_end(self, item: &Spanned<Node>) -> usize {
        if self.is_flow(item) { item.place.end as usize } else { self.scalar_end(item) }
    }

    /// The end of a scalar, without the final line breaks of a block scalar.
    pub(super) fn scalar_end(self, value: &Spanned<Node>) -> usize {
        let (start, end) = bytes(value.place);
        start + self.text[start..end].trim_end_matches([' ', '\t', '\r', '\n']).len()
    }

    /// The colon after a key.
    pub(super) fn colon(self, key: &Spanned<String>) -> Option<usize> {
        let end = key.place.end as usize;
        let rest = &self.text[end..];
        let colon = rest.trim_start_matches([' ', '\t']);
        colon.starts_with(':').then(|| end + rest.len() - colon.len())
    }

    /// The start of the first line of an entry, including the comment directly above it. The entry must start its line.
    pub(super) fn first_line(self, key_start: usize) -> usize {
        let mut first = self.line_start(key_start);
        let Some(column) = self.column(key_start) else { return first };
        while first > self.line_start(0) {
            let above = self.line_start(first - 1);
            match self.comment_line(above) {
                Some((at, _)) if self.column(at) == Some(column) => first = above,
                _ => break,
            }
        }
        first
    }

    /// The end of the lines of a block entry: its value, and deeper comments directly below.
    pub(super) fn last_line(self, key: &Spanned<String>, value: &Spanned<Node>) -> usize {
        let mut next = self.next_line(self.content_end(key, value));
        let Some(column) = self.column(key.place.start as usize) else { return next };
        while next < self.text.len() {
            match self.comment_line(next) {
                Some((at, _)) if self.column(at).is_some_and(|it| it > column) => next = self.next_line(next),
                _ => break,
            }
        }
        next
    }
}

pub(super) fn bytes(place: Span) -> (usize, usize) {
    (place.start as usize, place.end as usize)
}

/// A comment of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Remark {
    /// Its entry. `None` for a comment without an entry.
    pub(super) owner: Option<Vec<String>>,
    /// At the end of a line with other content.
    pub(super) is_beside: bool,
    pub(super) text: String,
    pub(super) start: usize,
}

/// An entry with its path.
pub(super) struct EntryPlace<'a> {
    pub(super) path: Vec<String>,
    pub(super) key: &'a Spanned<String>,
    pub(super) value: &'a Spanned<Node>,
}

/// Every entry of a tree, in the order of the file.
pub(super) fn places<'a>(entries: &'a MapEntries, above: &[String], found: &mut Vec<EntryPlace<'a>>) {
    for (key, value) in entries {
        let path: Vec<String> = above.iter().chain([&key.value]).cloned().collect();
        found.push(EntryPlace { path: path.clone(), key, value });
        if let Node::Map(below) = &value.value {
            places(below, &path, found);
        }
    }
}

/// The items of lists with a line each, with their paths.
fn items(entries: &[EntryPlace<'_>], found: &mut Vec<(usize, Vec<String>)>) {
    for EntryPlace { path, value, .. } in entries {
        let Node::List(items) = &value.value else { continue };
        let path = |item: &Node| path.iter().cloned().chain([format!("{item:?}")]).collect();
        found.extend(items.iter().map(|it| (it.place.start as usize, path(&it.value))));
    }
}

/// The places of all non-empty scalars, in order.
fn scalars(layout: TextLayout<'_>, node: &Spanned<Node>, found: &mut Vec<(usize, usize)>) {
    match &node.value {
        Node::Map(entries) => {
            for (key, value) in entries {
                found.push(bytes(key.place));
                scalars(layout, value, found);
            }
        }
        Node::List(items) => items.iter().for_each(|it| scalars(layout, it, found)),
        _ if layout.is_absent(node) => {}
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_) | Node::Broken => {
            found.push((node.place.start as usize, layout.scalar_end(node)));
        }
    }
}

/// Every comment, with its entry.
pub(super) fn remarks(text: &str, tree: &Spanned<Node>) -> Vec<Remark> {
    let layout = TextLayout { text };
    let (mut taken, mut entries) = (Vec::new(), Vec::new());
    scalars(layout, tree, &mut taken);
    if let Node::Map(map) = &tree.value {
        places(map, &[], &mut entries);
    }
    let mut in_lists = Vec::new();
    items(&entries, &mut in_lists);
    let mut remarks = Vec::new();
    let mut at = layout.line_start(0);
    let mut taken = taken.into_iter().peekable();
    while let Some(found) = text[at..].find('#').map(|index| at + index) {
        while taken.next_if(|(_, end)| *end <= found).is_some() {}
        let begins = text[..found].ends_with([' ', '\t', '\n']) || found == layout.line_start(0);
        if let Some((_, end)) = taken.peek().filter(|(start, _)| *start <= found) {
            at = *end;
        } else if begins {
            let end = layout.line_end(found);
            let (owner, is_beside) = owner(layout, &entries, &in_lists, found);
            remarks.push(Remark { owner, is_beside, text: text[found..end].to_owned(), start: found });
            at = end;
        } else {
            at = found + 1;
        }
    }
    remarks
}

fn owner(
    layout: TextLayout<'_>,
    entries: &[EntryPlace<'_>],
    items: &[(usize, Vec<String>)],
    comment: usize,
) -> (Option<Vec<String>>, bool) {
    let start = layout.line_start(comment);
    let before = &layout.text[start..comment];
    let is_beside = !before.trim_matches([' ', '\t']).is_empty();
    let begins_at = |at: usize| entries.iter().find(|it| it.key.place.start as usize == at);
    if is_beside {
        let first = start + before.len() - before.trim_start_matches([' ', '\t']).len();
        let ends_here = |it: &&EntryPlace<'_>| {
            let end = layout.content_end(it.key, it.value);
            end <= comment && layout.line_start(end) == start
        };
        if before.trim_start().starts_with("- ")
            && let Some((_, path)) = items.iter().find(|(at, _)| (start..comment).contains(at))
        {
            return (Some(path.clone()), true);
        }
        let found = begins_at(first).or_else(|| entries.iter().find(ends_here));
        return (found.map(|it| it.path.clone()), true);
    }
    let column = layout.column(comment);
    let mut line = start;
    loop {
        line = layout.next_line(line);
        if line >= layout.text.len() || column.is_none() {
            return (None, false);
        }
        let content = &layout.text[line..layout.line_end(line)];
        let at = line + content.len() - content.trim_start_matches(' ').len();
        if layout.column(at) != column {
            return (None, false);
        }
        if layout.comment_line(line).is_none() {
            return (begins_at(at).map(|it| it.path.clone()), false);
        }
    }
}

/// The comment of an entry and of all entries below it, by relative path. Entries without a comment are included.
pub fn comments_below(text: &str, path: &[&str]) -> BTreeMap<Vec<String>, EntryComment> {
    let Some(tree @ Spanned { value: Node::Map(map), .. }) = &read(text) else { return BTreeMap::new() };
    let mut entries = Vec::new();
    places(map, &[], &mut entries);
    let below = |it: &[String]| it.get(path.len()..).filter(|_| it[..path.len()] == *path).map(<[String]>::to_vec);
    let mut comments: BTreeMap<_, EntryComment> =
        entries.iter().filter_map(|it| Some((below(&it.path)?, EntryComment::default()))).collect();
    for remark in remarks(text, tree) {
        let Some(comment) = remark.owner.and_then(|it| comments.get_mut(&below(&it)?)) else { continue };
        if remark.is_beside {
            comment.beside = Some(remark.text);
        } else {
            comment.above.push(remark.text);
        }
    }
    comments
}

/// The entry at a path.
pub(super) fn at_path<'a>(entries: &'a MapEntries, path: &[String]) -> Option<&'a (Spanned<String>, Spanned<Node>)> {
    let (key, below) = path.split_first()?;
    let found = entry(entries, key)?;
    match (&found.1.value, below) {
        (_, []) => Some(found),
        (Node::Map(inner), below) => at_path(inner, below),
        _ => None,
    }
}
