//! Places in files as plain numbers without borrowed text. They pass through the whole program and become a line and a
//! column only for display.

use std::fmt;
use std::num::NonZero;
use std::path::{Path, PathBuf};

/// Which file of [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

impl FileId {
    /// The number, to pass a place through serde.
    pub(crate) fn index(self) -> u32 {
        self.0
    }

    /// Reverts [`FileId::index`].
    pub(crate) fn from_index(index: u32) -> FileId {
        FileId(index)
    }
}

/// A half-open byte range in one file of [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A line number from one, as editors and SARIF count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line(NonZero<u32>);

impl Line {
    /// From a zero-based count. It is the only conversion.
    pub fn from_index(index: usize) -> Line {
        Line(NonZero::<u32>::MIN.saturating_add(u32::try_from(index).unwrap_or(u32::MAX)))
    }

    pub fn get(self) -> u32 {
        self.0.get()
    }
}

/// A column in characters, from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Column(NonZero<u32>);

impl Column {
    /// From a zero-based count.
    pub fn from_index(index: usize) -> Column {
        Column(NonZero::<u32>::MIN.saturating_add(u32::try_from(index).unwrap_or(u32::MAX)))
    }

    pub fn get(self) -> u32 {
        self.0.get()
    }
}

/// One file that was read. Invalid UTF-8 is replaced, so that the error can still show a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// As it was typed: relative paths stay relative.
    pub path: PathBuf,
    pub text: String,
    line_starts: Vec<u32>,
}

/// Every file that a run has read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// The hash of the commit that they were read from. `None` if they were read from disk.
    pub commit: Option<String>,
    files: Vec<Source>,
}

impl Sources {
    pub fn new() -> Sources {
        Sources::default()
    }

    /// Adds a file. A file over 4 GiB has no places, but the reader's limit is far below.
    pub fn add(&mut self, path: &Path, text: String) -> FileId {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(breaks.map(|(index, _)| position(index + 1))).collect();
        self.files.push(Source { path: path.to_owned(), text, line_starts });
        FileId(position(self.files.len() - 1))
    }

    /// The ids of the files that are added next.
    pub(crate) fn next_ids(&self) -> impl Iterator<Item = FileId> {
        (self.files.len()..).map(|index| FileId(position(index)))
    }

    /// The file with this id. The id must come from [`Sources::add`] of the same value.
    pub fn get(&self, file: FileId) -> &Source {
        &self.files[file.0 as usize]
    }

    /// Finds a file by its displayed name.
    pub fn by_name(&self, name: &str) -> Option<&Source> {
        self.iter().map(|(_, it)| it).find(|it| it.path.display().to_string() == name)
    }

    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(index, source)| (FileId(position(index)), source))
    }

    /// The start of a span, for people.
    pub fn place(&self, span: Span) -> Place<'_> {
        let source = self.get(span.file);
        let line = source.line_starts.partition_point(|start| *start <= span.start).saturating_sub(1);
        let line_start = source.line_starts[line] as usize;
        let before = source.text.get(line_start..span.start as usize).unwrap_or_default();
        Place { path: &source.path, line: Line::from_index(line), column: Column::from_index(before.chars().count()) }
    }
}

fn position(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// A place for people. It is not safe to show: the path is foreign text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    pub path: &'a Path,
    pub line: Line,
    pub column: Column,
}

impl fmt::Display for Place<'_> {
    /// The form of editors: `file:line:column`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { path, line, column } = self;
        write!(f, "{}:{}:{}", path.display(), line.get(), column.get())
    }
}

/// The comment lines directly above a line, without `#`.
pub fn comment_above(text: &str, line: u32) -> Option<String> {
    let above = usize::try_from(line).ok()?.checked_sub(1)?;
    let lines: Vec<&str> = text.lines().take(above).collect();
    let comments = lines.iter().rev().map_while(|it| it.trim_start().strip_prefix('#'));
    let mut comments: Vec<&str> = comments.map(str::trim).filter(|it| !it.is_empty()).collect();
    comments.reverse();
    (!comments.is_empty()).then(|| comments.join(" "))
}

/// The comment lines above an entry, or the first of its content. A comment further down may be about another value.
pub fn comment_of_entry(text: &str, line: u32) -> Option<String> {
    let below = || {
        let at = usize::try_from(line).ok()?.checked_sub(1)?;
        let indent = |it: &str| it.len() - it.trim_start().len();
        let mut lines = text.lines().skip(at);
        let own = indent(lines.next()?);
        let skipped = lines.take_while(|it| it.trim_start().starts_with('#') && indent(it) > own).count();
        comment_above(text, line.checked_add(u32::try_from(skipped).ok()?)?.checked_add(1)?).filter(|_| skipped > 0)
    };
    comment_above(text, line).or_else(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_from_one() {
        let mut sources = Sources::new();
        let file = sources.add(Path::new("a.yaml"), "a: 1\nné: x\n".to_owned());
        let place = sources.place(Span { file, start: 10, end: 11 });
        assert_eq!((place.line.get(), place.column.get()), (2, 5));
        let first = sources.place(Span { file, start: 0, end: 1 });
        assert_eq!((first.line.get(), first.column.get()), (1, 1));
    }

    #[test]
    fn a_comment_is_above_an_entry_or_its_content() {
        let text = "overrides:\n  # Above\n  a:\n    # Within\n    labels: {}\n  b:\n    # First,\n    # second\n    \
                    labels:\n      # Deeper\n      de: x\n  c: {}\n  # Of d\n  d: {}\n";
        let of = |line| comment_of_entry(text, line);
        assert_eq!(of(3).as_deref(), Some("Above"));
        assert_eq!(of(6).as_deref(), Some("First, second"));
        assert_eq!((of(12), of(14).as_deref()), (None, Some("Of d")));
    }
}
