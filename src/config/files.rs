//! Reads the files of a config, each once, and lists folders. With `config.rs` the only place of
//! the config that touches the disk.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use crate::config::structure::{self, Shape};
use crate::config::tree;
use crate::diagnostic::finding::Finding;
use crate::diagnostic::{Diagnostic, FileId, Sources, Span};

/// The largest file that is read.
pub const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The longest line: positions are counted from its beginning, for each finding anew.
pub const LINE_BYTES_MAX: usize = 64 * 1024;

/// The most YAML files below one folder.
pub const FILES_MAX: usize = 10_000;

/// The deepest folder below the one that is read.
const FOLDER_DEPTH_MAX: usize = 32;

/// A file or folder, under the name that people know it by and where it really is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) shown: PathBuf,
    pub(super) real: PathBuf,
}

/// One file that was read.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) found: Found,
    /// None for what could not be opened.
    pub(super) id: Option<FileId>,
    /// None when nothing can be said about its content.
    pub(super) shape: Option<Shape>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Loaded {
    pub(super) fn is_org_file(&self) -> bool {
        self.shape.as_ref().is_some_and(|it| it.config.org.0.is_some())
    }

    /// The place for what concerns the file as a whole.
    pub(super) fn begin(&self) -> Option<Span> {
        self.id.map(|file| Span { file, start: 0, end: 0 })
    }
}

/// Every file of a run, each read once.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) root: PathBuf,
    pub(super) root_shown: String,
    pub(super) sources: Sources,
    loaded: Vec<Loaded>,
    by_path: HashMap<PathBuf, usize>,
}

impl Files {
    pub(super) fn new(root: PathBuf, root_shown: String) -> Files {
        Files { root, root_shown, sources: Sources::new(), loaded: Vec::new(), by_path: HashMap::new() }
    }

    pub(super) fn get(&self, index: usize) -> &Loaded {
        &self.loaded[index]
    }

    /// Reads a file, or finds it again.
    pub(super) fn read(&mut self, found: &Found) -> usize {
        if let Some(index) = self.by_path.get(&found.real) {
            return *index;
        }
        let loaded = self.read_anew(found.clone());
        self.loaded.push(loaded);
        self.by_path.insert(found.real.clone(), self.loaded.len() - 1);
        self.loaded.len() - 1
    }

    fn read_anew(&mut self, found: Found) -> Loaded {
        let mut loaded = Loaded { found, id: None, shape: None, diagnostics: Vec::new() };
        let path = loaded.found.shown.display().to_string();
        if !loaded.found.real.starts_with(&self.root) {
            loaded.diagnostics.push(Diagnostic::general(self.outside(&path)));
            return loaded;
        }
        let bytes = match bytes(&loaded.found.real) {
            Ok(bytes) => bytes,
            Err(error) => {
                let cause = plain_cause(&error);
                loaded.diagnostics.push(Diagnostic::general(Finding::Unreadable { path, cause }));
                return loaded;
            }
        };
        if bytes.len() > FILE_BYTES_MAX {
            let limit = format!("{} MiB", FILE_BYTES_MAX / (1024 * 1024));
            let finding = Finding::TooLarge { what: format!("`{path}`"), limit };
            loaded.diagnostics.push(Diagnostic::general(finding));
            return loaded;
        }
        let (text, bad_byte) = decode(bytes);
        let id = self.sources.add(&loaded.found.shown, text);
        loaded.id = Some(id);
        let text = &self.sources.get(id).text;
        loaded.diagnostics = unreadable_text(text, bad_byte, id);
        if !loaded.diagnostics.is_empty() {
            return loaded;
        }
        let (tree, found) = tree::parse(text, id);
        loaded.diagnostics = found;
        if let Some(tree) = tree {
            let (shape, found) = structure::shape(tree, &path, text);
            loaded.shape = shape;
            loaded.diagnostics.extend(found);
        }
        loaded
    }

    pub(super) fn outside(&self, path: &str) -> Finding {
        Finding::OutsideRoot { path: path.to_owned(), root: self.root_shown.clone() }
    }

    /// Every YAML file below a folder, sorted by path, hidden ones skipped; and what went wrong.
    pub(super) fn list(&self, folder: &Found) -> (Vec<Found>, Vec<Diagnostic>) {
        let mut listing = Listing { files: self, below: BTreeMap::new(), inside: HashSet::new(), found: Vec::new() };
        listing.folder(folder, 0);
        if listing.below.is_empty() && listing.found.is_empty() {
            let path = folder.shown.display().to_string();
            listing.found.push(Diagnostic::general(Finding::NoFiles { path }));
        }
        let files = listing.below.into_iter().map(|(shown, real)| Found { shown, real }).collect();
        (files, listing.found)
    }
}

struct Listing<'a> {
    files: &'a Files,
    below: BTreeMap<PathBuf, PathBuf>,
    /// The folders that lead here, for noticing a link that leads back.
    inside: HashSet<PathBuf>,
    found: Vec<Diagnostic>,
}

impl Listing<'_> {
    fn folder(&mut self, folder: &Found, depth: usize) {
        let path = folder.shown.display().to_string();
        if !folder.real.starts_with(&self.files.root) {
            self.found.push(Diagnostic::general(self.files.outside(&path)));
            return;
        }
        if depth > FOLDER_DEPTH_MAX || !self.inside.insert(folder.real.clone()) {
            self.found.push(Diagnostic::general(Finding::Circle { path }));
            return;
        }
        match names(&folder.real) {
            Ok(names) => {
                for name in names {
                    self.entry(&join(&folder.shown, Path::new(&name)), &folder.real.join(&name), depth);
                }
            }
            Err(error) => {
                let cause = plain_cause(&error);
                self.found.push(Diagnostic::general(Finding::Unreadable { path, cause }));
            }
        }
        self.inside.remove(&folder.real);
    }

    fn entry(&mut self, shown: &Path, place: &Path, depth: usize) {
        let real = match fs::canonicalize(place) {
            Ok(real) => real,
            // A link to nowhere matters only where a config could be behind it.
            Err(_) if !is_yaml(shown) => return,
            Err(error) => {
                let finding = Finding::Unreadable { path: shown.display().to_string(), cause: plain_cause(&error) };
                self.found.push(Diagnostic::general(finding));
                return;
            }
        };
        if real.is_dir() {
            self.folder(&Found { shown: shown.to_owned(), real }, depth + 1);
        } else if is_yaml(shown) {
            if self.below.len() == FILES_MAX {
                let what = "the number of files".to_owned();
                let finding = Finding::TooLarge { what, limit: FILES_MAX.to_string() };
                if !self.found.iter().any(|it| it.finding == finding) {
                    self.found.push(Diagnostic::general(finding));
                }
                return;
            }
            self.below.insert(shown.to_owned(), real);
        }
    }
}

/// The names in a folder, hidden ones skipped, sorted.
fn names(folder: &Path) -> io::Result<Vec<std::ffi::OsString>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if !name.as_encoded_bytes().starts_with(b".") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|it| it.eq_ignore_ascii_case("yaml") || it.eq_ignore_ascii_case("yml"))
}

/// Joins two paths as a person would write it: without `.`, and `..` taken back where that is only
/// a matter of writing. For showing; what is opened is resolved by the system.
pub(super) fn join(folder: &Path, below: &Path) -> PathBuf {
    let mut joined = PathBuf::new();
    for part in folder.components().chain(below.components()) {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if joined.components().next_back().is_some_and(|it| matches!(it, Component::Normal(_))) =>
            {
                joined.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::ParentDir | Component::Normal(_) => {
                joined.push(part);
            }
        }
    }
    joined
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    // A pipe or a device would block, or never end.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The cause in words that do not change with the system's language or numbers.
pub(super) fn plain_cause(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::NotADirectory => "a part of the path is not a folder".to_owned(),
        _ if error.raw_os_error().is_none() => error.to_string(),
        kind => kind.to_string(),
    }
}

/// The text, and the index of the first byte that is not UTF-8.
fn decode(bytes: Vec<u8>) -> (String, Option<usize>) {
    match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let index = error.utf8_error().valid_up_to();
            (String::from_utf8_lossy(error.as_bytes()).into_owned(), Some(index))
        }
    }
}

/// What no parser needs to see: with any of these the file is not read further.
fn unreadable_text(text: &str, bad_byte: Option<usize>, file: FileId) -> Vec<Diagnostic> {
    let span = |start: usize, length: usize| {
        let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        Span { file, start: number(start), end: number(start + length) }
    };
    let mut found = Vec::new();
    if let Some(index) = bad_byte {
        let finding = Finding::NotUtf8 { byte: index + 1 };
        found.push(Diagnostic::at(span(index, char::REPLACEMENT_CHARACTER.len_utf8()), finding));
        return found;
    }
    let mut controls = text.char_indices().filter(|(_, c)| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    if let Some((index, character)) = controls.next() {
        let shown = format!("U+{:04X}", u32::from(character));
        let finding = Finding::ControlCharacter { character: shown, count: controls.count() + 1 };
        found.push(Diagnostic::at(span(index, character.len_utf8()), finding));
    }
    let mut start = 0;
    let mut tabs = Vec::new();
    for line in text.split_inclusive('\n') {
        if line.len() > LINE_BYTES_MAX {
            let what = "this line".to_owned();
            let finding = Finding::TooLarge { what, limit: format!("{} KiB", LINE_BYTES_MAX / 1024) };
            found.push(Diagnostic::at(span(start, 1), finding));
        }
        let content = line.trim_start_matches([' ', '\t']);
        let indentation = &line[..line.len() - content.len()];
        let blank = content.trim().is_empty() || content.starts_with('#');
        if let (Some(tab), false) = (indentation.find('\t'), blank) {
            tabs.push(start + tab);
        }
        start += line.len();
    }
    if let Some(first) = tabs.first() {
        found.push(Diagnostic::at(span(*first, 1), Finding::TabIndentation { count: tabs.len() }));
    }
    found
}
