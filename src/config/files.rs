//! Reads each file of a config once.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::config::collector::Collector;
use crate::config::diagnostic::Diagnostic;
use crate::config::examine::{FilesRoom, examined};
use crate::config::finding::Finding;
use crate::config::folders::{FoundPath, Root, plain_cause};
use crate::config::read_ahead::{self, Examined, ReadFile};
use crate::config::structure::Shape;
use crate::model::limits::CONFIG_FILE_BYTES_MAX;
use crate::model::source::{FileId, Sources, Span};
use crate::model::text::{self, NotText};

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
    /// The files that were read ahead, by real path.
    read_ahead: HashMap<PathBuf, ReadFile>,
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
            read_ahead: HashMap::new(),
        }
    }

    pub(super) fn get(&self, index: usize) -> &LoadedFiles {
        &self.loaded[index]
    }

    pub(super) fn real_paths(&self) -> Vec<PathBuf> {
        self.loaded.iter().map(|it| it.found.real.clone()).collect()
    }

    /// Reads these files in their order. A large folder is examined by several threads.
    pub(super) fn read_all(&mut self, found: &[FoundPath]) -> Vec<usize> {
        self.read_ahead = read_ahead::read_files(&self.root, found, self.sources.next_ids());
        found.iter().map(|it| self.read(it)).collect()
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
        let (read, in_advance) = match self.read_ahead.remove(&loaded.found.real) {
            Some(ReadFile { text, examined }) => (Ok(Some(text.into_bytes())), examined),
            None => (self.root.system.read(&loaded.found.real, CONFIG_FILE_BYTES_MAX), None),
        };
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
        loaded.shape = match in_advance.filter(|it| it.id == id && it.values <= left) {
            Some(Examined { shape, values, found, .. }) => {
                self.room.values -= values;
                told.absorb(found);
                shape
            }
            None => examined(text, unread, id, &path, &mut self.room, told),
        };
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
