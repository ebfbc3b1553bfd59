//! Judges the text of one file of a config, within the limits of all of them.

use crate::config::collector::Collector;
use crate::config::diagnostic::Diagnostic;
use crate::config::finding::Finding;
use crate::config::structure::{self, Shape};
use crate::config::tree;
use crate::model::limits::{CONFIG_BYTES_MAX, CONFIG_FILE_BYTES_MAX, CONFIG_LINE_BYTES_MAX, CONFIG_VALUES_MAX};
use crate::model::source::{FileId, Span};
use crate::model::text::{self, NotText};

const MIB: usize = 1024 * 1024;

/// The remaining size limits of a config.
#[derive(Debug)]
pub(super) struct FilesRoom {
    bytes: usize,
    pub(super) values: usize,
    /// The finding about an exceeded limit. Nothing more is read after it.
    pub(super) over: Option<Diagnostic>,
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
