//! Reads each file of a config once.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::config::collector::Collector;
use crate::config::diagnostic::Diagnostic;
use crate::config::finding::Finding;
use crate::config::folders::{FoundPath, Root, plain_cause};
use crate::config::structure::{self, Shape};
use crate::config::tree;
use crate::model::limits::{CONFIG_BYTES_MAX, CONFIG_FILE_BYTES_MAX, CONFIG_LINE_BYTES_MAX, CONFIG_VALUES_MAX};
use crate::model::source::{FileId, Sources, Span};
use crate::model::text::{self, NotText};

const MIB: usize = 1024 * 1024;

/// The remaining size limits of a config.
#[derive(Debug)]
pub(super) struct FilesRoom {
    bytes: usize,
    values: usize,
    /// The finding about an exceeded limit. Nothing more is read after it.
    over: Option<Diagnostic>,
}

impl Default for FilesRoom {
    fn default() -> FilesRoom {
        FilesRoom { bytes: CONFIG_BYTES_MAX, values: CONFIG_VALUES_MAX, over: None }
    }
}

impl FilesRoom {
    /// Counts a file of this length.
    pub(super) fn takes(&mut self, path: &str, bytes: usize) -> Result<(), Finding> {
        if bytes > CONFIG_FILE_BYTES_MAX {
            let limit = format!("{} MiB", CONFIG_FILE_BYTES_MAX / MIB);
            return Err(Finding::TooLarge { what: text::ticked(path), limit });
        }
        let Some(left) = self.bytes.checked_sub(bytes) else {
            let limit = format!("{} MiB in all its files", CONFIG_BYTES_MAX / MIB);
            let finding = Finding::TooLarge { what: "the config".to_owned(), limit };
            self.over = Some(Diagnostic::general(finding.clone()));
            return Err(finding);
        };
        self.bytes = left;
        Ok(())
    }
}

#[derive(Debug)]
pub(super) struct LoadedFiles {
    pub(super) found: FoundPath,
    /// `None` if it could not be opened.
    pub(super) id: Option<FileId>,
    /// `None` if its content cannot be judged.
    pub(super) shape: Option<Shape>,
    pub(super) values: usize,
    /// A line begins with `org:`. This is all that is known of an unreadable file. Without it, the layers of a broken
    /// org file would be read as one config.
    begins_an_org: bool,
}

impl LoadedFiles {
    pub(super) fn is_org_file(&self) -> bool {
        self.shape.as_ref().map_or(self.begins_an_org, |it| it.config.org.0.is_some())
    }

    /// The number of items in its `use`.
    pub(super) fn uses(&self) -> usize {
        self.shape.as_ref().and_then(|it| it.config.uses.get()).map_or(0, Vec::len)
    }

    /// The place for findings about the whole file.
    pub(super) fn begin(&self) -> Option<Span> {
        self.id.map(|file| Span { file, start: 0, end: 0 })
    }
}

/// Every file of a run, each read once.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) root: Root,
    pub(super) sources: Sources,
    /// The findings in the files that take part.
    pub(super) found: Collector,
    /// False for files that only other orgs use. Their findings are not reported.
    pub(super) take_part: bool,
    /// True until it is known which files take part.
    pub(super) undecided: bool,
    /// The findings in files that may take part.
    apart: HashMap<usize, Collector>,
    loaded: Vec<LoadedFiles>,
    by_path: HashMap<PathBuf, usize>,
    room: FilesRoom,
}

impl Files {
    pub(super) fn new(root: Root) -> Files {
        Files {
            root,
            sources: Sources::new(),
            found: Collector::default(),
            take_part: true,
            undecided: false,
            apart: HashMap::new(),
            loaded: Vec::new(),
            by_path: HashMap::new(),
            room: FilesRoom::default(),
        }
    }

    pub(super) fn get(&self, index: usize) -> &LoadedFiles {
        &self.loaded[index]
    }

    pub(super) fn real_paths(&self) -> Vec<PathBuf> {
        self.loaded.iter().map(|it| it.found.real.clone()).collect()
    }

    /// Reads a file, or returns it if it was read before.
    pub(super) fn read(&mut self, found: &FoundPath) -> usize {
        if let Some(index) = self.by_path.get(&found.real) {
            return *index;
        }
        let takes_part = self.take_part && !self.undecided;
        let mut told = if takes_part { std::mem::take(&mut self.found) } else { Collector::default() };
        let loaded = self.read_anew(found.clone(), &mut told);
        if takes_part {
            self.found = told;
        } else if self.undecided {
            self.apart.insert(self.loaded.len(), told);
        }
        self.loaded.push(loaded);
        self.by_path.insert(found.real.clone(), self.loaded.len() - 1);
        self.loaded.len() - 1
    }

    /// Reports the findings of the undecided files that take part, and drops the others.
    pub(super) fn decide(&mut self, takes_part: impl Fn(usize, &LoadedFiles) -> bool) {
        let mut apart: Vec<(usize, Collector)> = self.apart.drain().collect();
        apart.sort_by_key(|(index, _)| *index);
        for (index, told) in apart {
            if takes_part(index, &self.loaded[index]) {
                self.found.absorb(told);
            }
        }
    }

    fn read_anew(&mut self, found: FoundPath, told: &mut Collector) -> LoadedFiles {
        let mut loaded = LoadedFiles { found, id: None, shape: None, values: 0, begins_an_org: false };
        let path = loaded.found.shown.display().to_string();
        if !self.root.holds(&loaded.found.real) {
            told.push(Diagnostic::general(self.root.outside(&loaded.found.shown)));
            return loaded;
        }
        if let Some(over) = &self.room.over {
            told.push(over.clone());
            return loaded;
        }
        let read = self.root.system.read(&loaded.found.real, CONFIG_FILE_BYTES_MAX);
        let bytes = match read {
            Ok(bytes) => bytes,
            Err(error) => {
                let cause = plain_cause(&error);
                told.push(Diagnostic::general(Finding::Unreadable { path, cause, nearest: None }));
                return loaded;
            }
        };
        let length = bytes.as_ref().map_or(usize::MAX, Vec::len);
        if let Err(finding) = self.room.takes(&path, length) {
            told.push(Diagnostic::general(finding));
            return loaded;
        }
        let (text, unread) = decode(bytes.unwrap_or_default());
        let id = self.sources.add(&loaded.found.shown, text);
        loaded.id = Some(id);
        let text = &self.sources.get(id).text;
        let left = self.room.values;
        loaded.shape = examined(text, unread, id, &path, &mut self.room, told);
        loaded.begins_an_org =
            loaded.shape.is_none() && text.trim_start_matches('\u{FEFF}').lines().any(|line| line.starts_with("org:"));
        loaded.values = left - self.room.values;
        loaded
    }
}

/// The text with its byte-order mark, because places count from the start of the file. Also returns why it is not text.
fn decode(bytes: Vec<u8>) -> (String, Option<NotText>) {
    let unread = text::of_bytes(&bytes).err();
    let text = String::from_utf8(bytes).unwrap_or_else(|it| String::from_utf8_lossy(it.as_bytes()).into_owned());
    (text, unread)
}

/// The shape of a file with this text, if it can be judged, and its findings.
pub(super) fn examined(
    text: &str,
    unread: Option<NotText>,
    file: FileId,
    path: &str,
    room: &mut FilesRoom,
    found: &mut Collector,
) -> Option<Shape> {
    let unreadable = unreadable_text(text, unread, file);
    if !unreadable.is_empty() {
        found.extend(unreadable);
        return None;
    }
    match tree::parse(text, file, &mut room.values, found) {
        Ok(tree) => structure::shape(tree, path, text, found),
        Err(fatal) => {
            if matches!(fatal.finding, Finding::TooManyValues { .. }) {
                room.over = Some((*fatal).clone());
            }
            found.push(*fatal);
            None
        }
    }
}

/// Problems that need no parser. A file with one of them is not parsed.
fn unreadable_text(text: &str, unread: Option<NotText>, file: FileId) -> Vec<Diagnostic> {
    let span = |start: usize, length: usize| {
        let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        Span { file, start: number(start), end: number(start + length) }
    };
    let mut found = Vec::new();
    if let Some(unread) = unread {
        let (index, other) = match unread {
            NotText::NotUtf8(index) => (index, None),
            NotText::Utf16 => (0, Some("UTF-16")),
            NotText::Utf32 => (0, Some("UTF-32")),
        };
        let length = text[index..].chars().next().map_or(0, char::len_utf8);
        found.push(Diagnostic::at(span(index, length), Finding::NotUtf8 { byte: index + 1, other }));
        return found;
    }
    // Most texts have none, and comparing bytes is faster than comparing characters.
    let may_be_control = |it: u8| it == 0x7F || it == 0xC2 || it < b' ' && !matches!(it, b'\n' | b'\r' | b'\t');
    let looked_at = if text.bytes().any(may_be_control) { text } else { "" };
    let mut controls = looked_at.char_indices().filter(|(_, c)| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    if let Some((index, character)) = controls.next() {
        let shown = format!("U+{:04X}", u32::from(character));
        let finding = Finding::ControlCharacter { character: shown, count: controls.count() + 1 };
        found.push(Diagnostic::at(span(index, character.len_utf8()), finding));
    }
    let mut start = 0;
    let (mut tabs, mut markers) = (Vec::new(), Vec::new());
    // In brackets, a tab is white space, as in JSON. There the parser decides.
    let is_json = text.trim_start_matches('\u{FEFF}').trim_start().starts_with(['{', '[']);
    let (mut open, has_tabs) = (0_usize, text.contains('\t'));
    for line in text.split_inclusive('\n') {
        if line.len() > CONFIG_LINE_BYTES_MAX {
            let what = "this line".to_owned();
            let finding = Finding::TooLarge { what, limit: format!("{} KiB", CONFIG_LINE_BYTES_MAX / 1024) };
            found.push(Diagnostic::at(span(start, 1), finding));
        }
        let indented = line.bytes().take_while(|it| matches!(it, b' ' | b'\t')).count();
        let (indentation, content) = line.split_at(indented);
        if has_tabs {
            let blank = content.trim().is_empty() || content.starts_with('#');
            if let (Some(tab), false) = (indentation.find('\t'), blank || is_json || open > 0) {
                tabs.push(start + tab);
            }
            open = (open + line.matches(['{', '[']).count()).saturating_sub(line.matches(['}', ']']).count());
        }
        if matches!(content.as_bytes().first(), Some(b'<' | b'|' | b'=' | b'>'))
            && ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].into_iter().any(|it| is_marker(content.trim_end(), it))
        {
            markers.push(start + indentation.len());
        }
        start += line.len();
    }
    if let Some(first) = markers.first() {
        found.push(Diagnostic::at(span(*first, 7), Finding::ConflictMarker { count: markers.len() }));
        return found;
    }
    if let Some(first) = tabs.first() {
        found.push(Diagnostic::at(span(*first, 1), Finding::TabIndentation { count: tabs.len() }));
    }
    found
}

/// Is this a conflict marker of Git?
fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}
