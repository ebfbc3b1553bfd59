//! The edits of all files of a config, and the resulting config.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::config::edit::edited;
use crate::config::edit::request::{EditFlaw, FileEdit};
use crate::config::file_system::{DirEntry, Disk, FileSystem};
use crate::config::{ConfigSource, Loaded, LoadedAll, load_all_in, load_in};
use crate::model::source::{FileId, Sources};

/// The edits of each file.
#[derive(Debug, Clone, Default)]
pub struct FileEdits(BTreeMap<FileId, Vec<FileEdit>>);

/// A file before and after its edits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditedFile {
    pub file: FileId,
    pub path: PathBuf,
    pub before: String,
    pub after: String,
}

impl FileEdits {
    pub fn push(&mut self, file: FileId, edit: FileEdit) {
        self.0.entry(file).or_default().push(edit);
    }

    /// The edits of the file at a path.
    pub fn of<'a>(&'a self, sources: &'a Sources, path: &'a Path) -> impl Iterator<Item = &'a FileEdit> {
        self.0.iter().filter(move |(file, _)| sources.get(**file).path == path).flat_map(|(_, edits)| edits)
    }

    pub fn extend(&mut self, others: FileEdits) {
        for (file, edits) in others.0 {
            self.0.entry(file).or_default().extend(edits);
        }
    }

    /// The changed files with their new texts. Nothing is written.
    pub fn apply(&self, sources: &Sources) -> Result<Vec<EditedFile>, (PathBuf, EditFlaw)> {
        let mut files = Vec::new();
        for (file, edits) in &self.0 {
            let source = sources.get(*file);
            let after = edited(&source.text, edits).map_err(|flaw| (source.path.clone(), flaw))?;
            if after != source.text {
                let (path, before) = (source.path.clone(), source.text.clone());
                files.push(EditedFile { file: *file, path, before, after });
            }
        }
        Ok(files)
    }
}

/// Every config below a path, as if these texts were on the disk.
pub fn load_edited(path: &Path, root: Option<&Path>, files: &[EditedFile]) -> LoadedAll {
    load_all_in(overlay(files), path, root, |_| true)
}

/// The config of one request, with these texts.
pub fn load_one_edited(source: &ConfigSource, files: &[EditedFile]) -> Loaded {
    load_in(overlay(files), source)
}

fn overlay(files: &[EditedFile]) -> Rc<Overlay> {
    let disk = Rc::new(Disk::default());
    let real = |it: &EditedFile| Some((disk.canonical(&it.path).ok()?, it.after.clone()));
    let texts: HashMap<PathBuf, String> = files.iter().filter_map(real).collect();
    Rc::new(Overlay { below: disk, texts })
}

/// Is a file below the path of a request? Configs that were not read may use other files.
pub fn is_below(file: &Path, path: &Path) -> bool {
    below(file, path).is_some()
}

/// The relative path from a request's path to a file below it, however both were typed. `None` for a file elsewhere.
pub fn below(file: &Path, path: &Path) -> Option<PathBuf> {
    let disk = Disk::default();
    let (file, path) = (disk.canonical(file).ok()?, disk.canonical(path).ok()?);
    file.strip_prefix(path).ok().map(Path::to_owned)
}

#[derive(Debug)]
pub struct Overlay {
    pub below: Rc<dyn FileSystem>,
    /// New texts by real path.
    pub texts: HashMap<PathBuf, String>,
}

impl FileSystem for Overlay {
    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.below.canonical(path)
    }

    fn is_folder(&self, real: &Path) -> bool {
        self.below.is_folder(real)
    }

    fn entries(&self, real: &Path) -> io::Result<Vec<DirEntry>> {
        self.below.entries(real)
    }

    fn read(&self, real: &Path, most: usize) -> io::Result<Option<Vec<u8>>> {
        match self.texts.get(real) {
            Some(text) => Ok((text.len() <= most).then(|| text.clone().into_bytes())),
            None => self.below.read(real, most),
        }
    }
}
