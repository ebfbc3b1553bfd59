//! Applies the changes of a file to its text: collects byte ranges and replaces them from the end.

use crate::config::edit::changes::{Changes, EntryChange};
use crate::config::edit::layout::{EntryPlace, TextLayout, bytes, places};
use crate::config::edit::render::{self, Habits, Quotes};
use crate::config::edit::request::{EditFlaw, Leaf, MapEntries, entry};
use crate::config::tree::{Node, Spanned};

/// The default indentation, for a file without nested mappings.
const STEP: usize = 2;

pub(super) struct Splicer<'a> {
    layout: TextLayout<'a>,
    tree: &'a Spanned<Node>,
    /// Byte ranges and their replacements.
    splices: Vec<(usize, usize, String)>,
}

/// A key of a file and its value.
type MapEntry = (Spanned<String>, Spanned<Node>);

impl<'a> Splicer<'a> {
    pub(super) fn new(text: &'a str, tree: &'a Spanned<Node>) -> Splicer<'a> {
        Splicer { layout: TextLayout { text }, tree, splices: Vec::new() }
    }

    /// The text with all changes.
    pub(super) fn file(mut self, changes: &Changes) -> Result<String, EditFlaw> {
        let mut found = Vec::new();
        if let Node::Map(entries) = &self.tree.value {
            places(entries, &[], &mut found);
        }
        let layout = self.layout;
        let named = |name: &str| {
            let is_full = |it: &&EntryPlace<'_>| matches!(&it.value.value, Node::Map(below) if !below.is_empty());
            found.iter().filter(is_full).find(|it| it.key.value == name)
        };
        let in_braces = |name: &str| named(name).is_some_and(|it| layout.is_flow(it.value));
        let quotes = |name: &str| match named(name).map(|it| &it.value.value) {
            Some(Node::Map(below)) => value_quotes(layout, below).unwrap_or(Quotes::Plain),
            _ => Quotes::Plain,
        };
        let is_json = layout.is_flow(self.tree);
        let habits = Habits {
            step: step(layout, &found),
            in_braces: &|name| is_json || in_braces(name),
            quotes: &|name| if is_json { Quotes::Double } else { quotes(name) },
            key_quotes: if is_json { Quotes::Double } else { Quotes::Plain },
        };
        self.map("", self.tree, changes, &[], &habits)?;
        self.spliced().ok_or(EditFlaw::Overlap)
    }

    /// `None` if two replacements overlap.
    fn spliced(mut self) -> Option<String> {
        // At the same place, the one that only inserts comes first.
        self.splices.sort_by_key(|(start, end, _)| (*start, *end));
        let (mut text, mut at) = (String::new(), 0);
        for (start, end, new) in &self.splices {
            text.push_str(self.layout.text.get(at..*start)?);
            text.push_str(new);
            at = *end;
        }
        text.push_str(self.layout.text.get(at..)?);
        Some(text)
    }

    fn put(&mut self, start: usize, end: usize, new: impl Into<String>) {
        self.splices.push((start, end, new.into()));
    }

    fn map(
        &mut self,
        name: &str,
        value: &Spanned<Node>,
        changes: &Changes,
        path: &[String],
        habits: &Habits<'_>,
    ) -> Result<(), EditFlaw> {
        let Node::Map(entries) = &value.value else { return Err(EditFlaw::Unfit(path.to_owned())) };
        for (key, change) in changes {
            let path: Vec<String> = path.iter().chain([key]).cloned().collect();
            if let Some(there) = entry(entries, key) {
                self.entry(there, change, &path, habits)?;
            }
        }
        if self.layout.is_flow(value) {
            self.flow(name, value, entries, changes, path, habits)
        } else {
            self.block(name, entries, changes, path, habits)
        }
    }

    /// The change of an existing entry that stays.
    fn entry(
        &mut self,
        (key, value): &MapEntry,
        change: &EntryChange,
        path: &[String],
        habits: &Habits<'_>,
    ) -> Result<(), EditFlaw> {
        let layout_flaw = || EditFlaw::Layout(path.to_owned());
        match change {
            EntryChange::Remove => Ok(()),
            EntryChange::Leaf(leaf, _) => self.replace(key, value, leaf, path),
            EntryChange::Append(items, _) => self.append(key, value, items, path, habits),
            EntryChange::Map(inner, _) => match &value.value {
                Node::Map(below) if !below.is_empty() => self.map(&key.value, value, inner, path, habits),
                Node::Null | Node::Map(_) => {
                    let column = self.layout.column(key.place.start as usize);
                    let colon = self.layout.colon(key).ok_or_else(layout_flaw)?;
                    match column {
                        Some(column) if self.layout.is_absent(value) => {
                            let mut lines = Vec::new();
                            for (name, change) in inner {
                                habits.lines(&key.value, (name, change), column + habits.step, None, &mut lines);
                            }
                            // Before existing comments, which are not about the new entry.
                            self.add_lines(self.layout.next_line(self.layout.content_end(key, value)), &lines);
                        }
                        _ => {
                            let (start, end) = self.value_place(value, colon);
                            let space = if start == colon + 1 { " " } else { "" };
                            self.put(start, end, format!("{space}{}", habits.braces(&key.value, inner)));
                        }
                    }
                    Ok(())
                }
                _ => Err(EditFlaw::Unfit(path.to_owned())),
            },
        }
    }

    /// The bytes of a value. An absent value is directly after the colon.
    fn value_place(&self, value: &Spanned<Node>, colon: usize) -> (usize, usize) {
        if self.layout.is_absent(value) {
            (colon + 1, colon + 1)
        } else if self.layout.is_flow(value) {
            bytes(value.place)
        } else {
            // The place of a block scalar is its content, below the line with `|` or `>`.
            let behind = &self.layout.text[colon + 1..];
            let header = behind.trim_start_matches([' ', '\t']);
            let is_block = header.starts_with(['|', '>']);
            let start = if is_block { colon + 1 + behind.len() - header.len() } else { value.place.start as usize };
            (start, self.layout.scalar_end(value))
        }
    }

    fn replace(
        &mut self,
        key: &Spanned<String>,
        value: &Spanned<Node>,
        leaf: &Leaf,
        path: &[String],
    ) -> Result<(), EditFlaw> {
        if matches!(value.value, Node::Map(_) | Node::List(_)) {
            return Err(EditFlaw::Unfit(path.to_owned()));
        }
        let colon = self.layout.colon(key).ok_or_else(|| EditFlaw::Layout(path.to_owned()))?;
        let (start, end) = self.value_place(value, colon);
        let first_line = &self.layout.text[start..self.layout.line_end(start)];
        if first_line.starts_with(['|', '>']) && first_line.contains('#') {
            // A comment is inside the replaced text.
            return Err(EditFlaw::Layout(path.to_owned()));
        }
        let quotes = Quotes::of(&self.layout.text[start..end]);
        let space = if start == colon + 1 { " " } else { "" };
        self.put(start, end, format!("{space}{}", render::leaf(leaf, quotes)));
        Ok(())
    }

    fn append(
        &mut self,
        key: &Spanned<String>,
        value: &Spanned<Node>,
        items: &[String],
        path: &[String],
        habits: &Habits<'_>,
    ) -> Result<(), EditFlaw> {
        let there = match &value.value {
            Node::List(there) => there.as_slice(),
            Node::Null => &[],
            _ => return Err(EditFlaw::Unfit(path.to_owned())),
        };
        let Some(last) = there.last() else {
            let colon = self.layout.colon(key).ok_or_else(|| EditFlaw::Layout(path.to_owned()))?;
            let (start, end) = self.value_place(value, colon);
            let space = if start == colon + 1 { " " } else { "" };
            self.put(start, end, format!("{space}{}", habits.list(items)));
            return Ok(());
        };
        let end = self.layout.item_end(last);
        let quotes = Quotes::of(&self.layout.text[last.place.start as usize..]);
        let items: Vec<String> = items.iter().map(|it| render::scalar(it, quotes)).collect();
        if self.layout.is_flow(value) {
            self.put(end, end, format!(", {}", items.join(", ")));
        } else {
            let start = last.place.start as usize;
            let before = &self.layout.text[self.layout.line_start(start)..start];
            let lines: Vec<String> = items.iter().map(|it| format!("{before}{it}")).collect();
            self.add_lines(self.layout.next_line(end), &lines);
        }
        Ok(())
    }

    fn block(
        &mut self,
        name: &str,
        entries: &MapEntries,
        changes: &Changes,
        path: &[String],
        habits: &Habits<'_>,
    ) -> Result<(), EditFlaw> {
        let below = |key: &str| path.iter().cloned().chain([key.to_owned()]).collect::<Vec<_>>();
        for (key, _) in changes.iter().filter(|(_, it)| *it == EntryChange::Remove) {
            if let Some(there) = entry(entries, key) {
                self.remove_lines(there).ok_or_else(|| EditFlaw::Layout(below(key)))?;
            }
        }
        let new: Vec<&(String, EntryChange)> =
            changes.iter().filter(|(key, _)| entry(entries, key).is_none()).collect();
        let (Some((first, _)), Some((last, value)), false) = (entries.first(), entries.last(), new.is_empty()) else {
            return Ok(());
        };
        let column = self.layout.column(first.place.start as usize);
        let column = column.ok_or_else(|| EditFlaw::Layout(path.to_owned()))?;
        let mut lines = Vec::new();
        for (key, change) in new {
            habits.lines(name, (key, change), column, value_quotes(self.layout, entries), &mut lines);
        }
        self.add_lines(self.layout.last_line(last, value), &lines);
        Ok(())
    }

    /// Inserts lines before the line at this place, or at the end of the text, which ends with a line break.
    fn add_lines(&mut self, at: usize, lines: &[String]) {
        let line_break = self.layout.line_break();
        let joined = lines.join(line_break);
        self.put(at, at, joined + line_break);
    }

    /// Removes the lines of an entry. `None` if other content is on them.
    fn remove_lines(&mut self, (key, value): &MapEntry) -> Option<()> {
        let start = key.place.start as usize;
        self.layout.column(start)?;
        let end = self.layout.content_end(key, value);
        let behind = self.layout.text[end..self.layout.line_end(end)].trim_start_matches([' ', '\t', ',']);
        if !behind.is_empty() && !behind.starts_with('#') {
            return None;
        }
        self.put(self.layout.first_line(start), self.layout.last_line(key, value), "");
        Some(())
    }

    fn flow(
        &mut self,
        name: &str,
        value: &Spanned<Node>,
        entries: &MapEntries,
        changes: &Changes,
        path: &[String],
        habits: &Habits<'_>,
    ) -> Result<(), EditFlaw> {
        let goes = |key: &str| changes.iter().any(|(it, change)| it == key && *change == EntryChange::Remove);
        let quotes = value_quotes(self.layout, entries);
        let is_new = |(key, _): &&(String, EntryChange)| entry(entries, key).is_none();
        let new: Vec<String> =
            (changes.iter().filter(is_new)).map(|(key, change)| habits.flow_entry(name, key, change, quotes)).collect();
        let last_kept = entries.iter().rposition(|(key, _)| !goes(&key.value));
        let Some(last_kept) = last_kept else {
            let (start, end) = bytes(value.place);
            self.put(start, end, format!("{{ {} }}", new.join(", ")));
            return Ok(());
        };
        let layout_flaw = || EditFlaw::Layout(path.to_owned());
        for (index, there) in entries.iter().enumerate().filter(|(_, (key, _))| goes(&key.value)) {
            let start = there.0.place.start as usize;
            match entries.get(index + 1) {
                _ if self.layout.column(start).is_some() => self.remove_lines(there).ok_or_else(layout_flaw)?,
                Some(next) if index < last_kept => self.put(start, next.0.place.start as usize, ""),
                _ => {
                    // From the end of the entry before it, which may be removed or not.
                    let (key, value) = entries.get(index.wrapping_sub(1)).ok_or_else(layout_flaw)?;
                    let before = self.layout.content_end(key, value);
                    self.put(before, self.layout.content_end(&there.0, &there.1), "");
                }
            }
        }
        let (key, kept) = &entries[last_kept];
        let end = self.layout.content_end(key, kept);
        let comma = self.layout.text[end..].starts_with(',');
        let next_goes_by_lines =
            entries.get(last_kept + 1).is_some_and(|(key, _)| self.layout.column(key.place.start as usize).is_some());
        if comma && next_goes_by_lines {
            self.put(end, end + 1, "");
        }
        self.flow_new(key, end, &new, comma && !next_goes_by_lines);
        Ok(())
    }

    /// Adds entries after the last remaining one. They get their own lines if that one starts a line.
    fn flow_new(&mut self, last: &Spanned<String>, end: usize, new: &[String], has_comma: bool) {
        if new.is_empty() {
            return;
        }
        let behind = self.layout.text[end..self.layout.line_end(end)].trim_start_matches([',', ' ', '\t']);
        let is_alone = behind.is_empty() || behind.starts_with('#');
        let Some(column) = self.layout.column(last.place.start as usize).filter(|_| is_alone) else {
            return self.put(end, end, format!(", {}", new.join(", ")));
        };
        let line_break = self.layout.line_break();
        let lines: Vec<String> = new.iter().map(|it| format!("{line_break}{:column$}{it}", "")).collect();
        let comma = if has_comma { "," } else { "" };
        if !has_comma {
            self.put(end, end, ",");
        }
        let at = self.layout.line_end(end);
        self.put(at, at, lines.join(",") + comma);
    }
}

/// The quotes of the last text in a mapping.
fn value_quotes(layout: TextLayout<'_>, entries: &MapEntries) -> Option<Quotes> {
    let is_text = |(_, value): &&MapEntry| matches!(value.value, Node::Text(_));
    let (_, value) = entries.iter().rev().find(is_text)?;
    Some(Quotes::of(&layout.text[value.place.start as usize..]))
}

/// The indentation of the first nested mapping.
fn step(layout: TextLayout<'_>, found: &[EntryPlace<'_>]) -> usize {
    let steps = found.iter().find_map(|it| {
        let Node::Map(below) = &it.value.value else { return None };
        let inner = layout.column(below.first()?.0.place.start as usize).filter(|_| !layout.is_flow(it.value))?;
        inner.checked_sub(layout.column(it.key.place.start as usize)?).filter(|it| *it > 0)
    });
    steps.unwrap_or(STEP)
}
