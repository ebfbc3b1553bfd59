//! Places in files, and what was found there: plain numbers, no borrowed text, so that a place can
//! travel through the whole program and become a line and a column at the very end.

use std::fmt;
use std::num::NonZero;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use crate::config::finding::Finding;
pub use crate::config::finding::Severity;
use crate::model::limits::FINDINGS_SHOWN_MAX;

/// Which file of [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

impl FileId {
    /// As a bare number, for carrying a place through serde.
    pub(crate) fn index(self) -> u32 {
        self.0
    }

    /// Back from [`FileId::index`].
    pub(crate) fn from_index(index: u32) -> FileId {
        FileId(index)
    }
}

/// Bytes, half open, in one file of [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A line as people, editors and SARIF count it: from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line(NonZero<u32>);

impl Line {
    /// From a count that begins at zero. The one conversion there is.
    pub fn from_index(index: usize) -> Line {
        Line(NonZero::<u32>::MIN.saturating_add(u32::try_from(index).unwrap_or(u32::MAX)))
    }

    pub fn get(self) -> u32 {
        self.0.get()
    }
}

/// A column in characters, counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Column(NonZero<u32>);

impl Column {
    /// From a count that begins at zero.
    pub fn from_index(index: usize) -> Column {
        Column(NonZero::<u32>::MIN.saturating_add(u32::try_from(index).unwrap_or(u32::MAX)))
    }

    pub fn get(self) -> u32 {
        self.0.get()
    }
}

/// One file that was read. Text that is not UTF-8 is held with its bad bytes replaced, so that the
/// complaint about it can still show a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// As the person named it: relative where they were relative.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
    line_starts: Vec<u32>,
}

/// Every file that a run has read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// The hash of the commit that they were read from; none if they were read from the disk.
    pub commit: Option<String>,
    files: Vec<Source>,
}

impl Sources {
    /// No files yet.
    pub fn new() -> Sources {
        Sources::default()
    }

    /// Adds a file. Files over 4 GiB cannot be placed; the reader's size limit is far below.
    pub fn add(&mut self, path: &Path, text: String) -> FileId {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(breaks.map(|(index, _)| position(index + 1))).collect();
        self.files.push(Source { path: path.to_owned(), text, line_starts });
        FileId(position(self.files.len() - 1))
    }

    /// The file with this id. Ids come from [`Sources::add`] of the same value only.
    pub fn get(&self, file: FileId) -> &Source {
        &self.files[file.0 as usize]
    }

    /// Every file, in the order of reading.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(index, source)| (FileId(position(index)), source))
    }

    /// Where a span begins, as people count.
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

/// A place as people name it. Not safe to show: the path is foreign text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    pub path: &'a Path,
    pub line: Line,
    pub column: Column,
}

impl fmt::Display for Place<'_> {
    /// As people and editors name it: `file:line:column`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { path, line, column } = self;
        write!(f, "{}:{}:{}", path.display(), line.get(), column.get())
    }
}

/// One finding at its place. The words are the finding's own (`finding.rs`), the picture is made by
/// `render`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub finding: Finding,
    /// How much it matters: as the finding says, or as `settings.rules` does.
    pub severity: Severity,
    /// The key of the definition that it is about, where it is about one.
    pub key: Option<String>,
    /// The key of the other definition, where it is about two alike.
    pub other_key: Option<String>,
    /// Where; none for what has no place in a file (a folder without files, a flag).
    pub place: Option<Span>,
    /// Other places that belong to it, each with a short note such as "first given here".
    pub also: Vec<(Span, &'static str)>,
}

impl Diagnostic {
    pub fn at(place: Span, finding: Finding) -> Diagnostic {
        Diagnostic { place: Some(place), ..Diagnostic::general(finding) }
    }

    /// Without a place in a file.
    pub fn general(finding: Finding) -> Diagnostic {
        Diagnostic { severity: finding.severity(), finding, key: None, other_key: None, place: None, also: Vec::new() }
    }

    pub fn of(mut self, key: &str) -> Diagnostic {
        self.key = Some(key.to_owned());
        self
    }

    pub fn of_both(mut self, key: &str, other: &str) -> Diagnostic {
        self.other_key = Some(other.to_owned());
        self.of(key)
    }

    pub fn and(mut self, place: Span, note: &'static str) -> Diagnostic {
        self.also.push((place, note));
        self
    }
}

/// The findings that are shown, by file and position, and the count of all. A warning is left out before an error is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    shown: Vec<Diagnostic>,
    pub errors: usize,
    pub warnings: usize,
}

impl Findings {
    /// Of these counts in all, the ones that are shown.
    pub fn new(shown: Vec<Diagnostic>, errors: usize, warnings: usize) -> Findings {
        Findings { shown, errors, warnings }
    }

    pub fn total(&self) -> usize {
        self.errors + self.warnings
    }

    /// How many are counted and not shown.
    pub fn not_shown(&self) -> usize {
        self.total().saturating_sub(self.shown.len())
    }
}

/// The findings that are shown.
impl Deref for Findings {
    type Target = [Diagnostic];

    fn deref(&self) -> &[Diagnostic] {
        &self.shown
    }
}

/// Of a list in the order of reading: its first errors, then its first warnings, in that order.
impl From<Vec<Diagnostic>> for Findings {
    fn from(mut all: Vec<Diagnostic>) -> Findings {
        let count = |severity| all.iter().filter(|it| it.severity == severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        let mut room = [FINDINGS_SHOWN_MAX, FINDINGS_SHOWN_MAX.saturating_sub(errors)];
        all.retain(|it| {
            let left = &mut room[usize::from(it.severity == Severity::Warning)];
            let kept = *left > 0;
            *left = left.saturating_sub(1);
            kept
        });
        Findings { shown: all, errors, warnings }
    }
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
}
