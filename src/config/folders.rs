//! Lists the YAML files below a folder, each once even if links lead to it, and the entries that cannot be followed.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use crate::config::file_system::{DirEntry, DirEntryKind, FileSystem};
use crate::config::finding::{Finding, Severity};
use crate::model::limits::CONFIG_FILES_MAX;

/// A file or folder: its displayed name, and its real path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundPath {
    pub(super) shown: PathBuf,
    pub(super) real: PathBuf,
}

/// A problem on the disk. Each folder above and each org file that uses it meets it again, so the entry identifies it
/// and it is reported once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathFault {
    /// The real path, with a link not followed.
    pub(super) entry: PathBuf,
    pub(super) finding: Finding,
}

/// The root folder of all files, and the source of its files.
#[derive(Debug, Clone)]
pub(super) struct Root {
    pub(super) found: FoundPath,
    pub(super) system: Rc<dyn FileSystem>,
}

impl Root {
    pub(super) fn holds(&self, real: &Path) -> bool {
        // The top of a commit has an empty name, and every path starts with that.
        let leads_out = real.has_root() != self.found.real.has_root() || real.starts_with("..");
        real.starts_with(&self.found.real) && !leads_out
    }

    pub(super) fn outside(&self, shown: &Path) -> Finding {
        Finding::OutsideRoot { path: display(shown), root: Some(display(&self.found.shown)) }
    }

    /// The link that makes a path invalid. `None` if the path itself is invalid. `bad` judges a link by its folder and
    /// its target.
    pub(super) fn link_to_blame(&self, path: &Path, bad: impl Fn(&Path, &Path) -> bool) -> Option<PathBuf> {
        let path = join(path, Path::new(""));
        let mut parts: Vec<&Path> = path.ancestors().collect();
        parts.reverse();
        parts.into_iter().find_map(|part| {
            let folder = self.system.canonical(part.parent()?).ok().filter(|it| self.holds(it))?;
            let entry = folder.join(part.file_name()?);
            let real = self.system.canonical(&entry).ok()?;
            (real != entry && bad(&folder, &real)).then_some(entry)
        })
    }
}

/// Every YAML file below a folder, sorted by path, and the problems. Hidden files are skipped.
pub(super) fn list(root: &Root, folder: &FoundPath) -> (Vec<FoundPath>, Vec<PathFault>) {
    let mut listing = Listing {
        root,
        files: BTreeMap::new(),
        folders: HashSet::new(),
        open: VecDeque::from([folder.clone()]),
        links: VecDeque::new(),
        faults: Vec::new(),
        too_many: false,
    };
    listing.run();
    let Listing { files, mut faults, too_many, .. } = listing;
    if too_many {
        let finding = Finding::TooLarge { what: "the number of files".to_owned(), limit: CONFIG_FILES_MAX.to_string() };
        faults.push(PathFault { entry: root.found.real.clone(), finding });
    }
    if files.is_empty() && faults.iter().all(|it| it.finding.severity() != Severity::Error) {
        let finding = Finding::NoFiles { path: display(&folder.shown) };
        faults.push(PathFault { entry: folder.real.clone(), finding });
    }
    let mut files: Vec<FoundPath> = files.into_iter().map(|(real, shown)| FoundPath { shown, real }).collect();
    files.sort_by(|a, b| a.shown.cmp(&b.shown));
    (files, faults)
}

struct Listing<'a> {
    root: &'a Root,
    /// By real path.
    files: BTreeMap<PathBuf, PathBuf>,
    /// The visited folders. Each is entered once, because a few links could form an endless tree.
    folders: HashSet<PathBuf>,
    open: VecDeque<FoundPath>,
    /// Links come last, so that a file is known by its own name if it has one.
    links: VecDeque<FoundPath>,
    faults: Vec<PathFault>,
    too_many: bool,
}

impl Listing<'_> {
    fn run(&mut self) {
        loop {
            if let Some(folder) = self.open.pop_front() {
                self.folder(&folder);
            } else if let Some(link) = self.links.pop_front() {
                self.link(link);
            } else {
                return;
            }
        }
    }

    fn fault(&mut self, entry: PathBuf, finding: Finding) {
        self.faults.push(PathFault { entry, finding });
    }

    fn folder(&mut self, folder: &FoundPath) {
        if !self.root.holds(&folder.real) {
            self.fault(folder.real.clone(), self.root.outside(&folder.shown));
            return;
        }
        if !self.folders.insert(folder.real.clone()) {
            return;
        }
        match self.root.system.entries(&folder.real) {
            Ok(mut entries) => {
                if looks_like_a_repository(&entries) {
                    let path = display(&folder.shown);
                    self.fault(folder.real.clone(), Finding::EmbeddedRepository { path });
                }
                entries.retain(|it| !it.name.as_encoded_bytes().starts_with(b"."));
                entries.sort_by(|a, b| a.name.cmp(&b.name));
                for DirEntry { name, kind } in entries {
                    if kind == DirEntryKind::File && !is_yaml(Path::new(&name)) {
                        continue;
                    }
                    let found =
                        FoundPath { shown: join(&folder.shown, Path::new(&name)), real: folder.real.join(&name) };
                    match kind {
                        DirEntryKind::Link => self.links.push_back(found),
                        DirEntryKind::Folder => self.open.push_back(found),
                        DirEntryKind::File => self.file(found),
                    }
                }
            }
            Err(error) => {
                let path = display(&folder.shown);
                self.fault(
                    folder.real.clone(),
                    Finding::Unreadable { path, cause: plain_cause(&error), nearest: None },
                );
                // A limit is exceeded, and the other folders would only repeat that.
                if error.kind() == io::ErrorKind::QuotaExceeded {
                    self.open.clear();
                    self.links.clear();
                }
            }
        }
    }

    fn link(&mut self, FoundPath { shown, real: entry }: FoundPath) {
        let path = display(&shown);
        let real = match self.root.system.canonical(&entry) {
            Ok(real) => real,
            // A broken link only matters if a config could be behind it.
            Err(error) if !is_yaml(&shown) && error.kind() != io::ErrorKind::PermissionDenied => return,
            Err(error) => {
                self.fault(entry, Finding::Unreadable { path, cause: plain_cause(&error), nearest: None });
                return;
            }
        };
        let is_folder = self.root.system.is_folder(&real);
        if !is_folder && !is_yaml(&shown) {
            return;
        }
        if !self.root.holds(&real) {
            self.fault(entry, self.root.outside(&shown));
        } else if is_folder && entry.starts_with(&real) {
            self.fault(entry, Finding::Circle { path, link: true });
        } else if is_folder {
            self.open.push_back(FoundPath { shown, real });
        } else {
            self.file(FoundPath { shown, real });
        }
    }

    fn file(&mut self, FoundPath { shown, real }: FoundPath) {
        if self.files.len() < CONFIG_FILES_MAX {
            self.files.entry(real).or_insert(shown);
        } else if !self.files.contains_key(&real) {
            self.too_many = true;
        }
    }
}

/// Would Git treat this folder as a repository, and read the config file in it?
pub(super) fn looks_like_a_repository(entries: &[DirEntry]) -> bool {
    let has = |name: &str| entries.iter().any(|it| it.name.eq_ignore_ascii_case(name));
    has("HEAD") && (has("commondir") || (has("objects") && has("refs")))
}

/// The folders above a path, up to the root, that look like repositories.
pub(super) fn repositories_above(root: &Root, path: &FoundPath) -> Vec<PathFault> {
    let mut faults = Vec::new();
    let (mut shown, mut real) = (path.shown.as_path(), path.real.as_path());
    while let (Some(shown_above), Some(real_above)) = (shown.parent(), real.parent()) {
        if !root.holds(real_above) {
            break;
        }
        (shown, real) = (shown_above, real_above);
        // By name, because `HEAD` may be a broken link.
        let entries = root.system.entries(real).unwrap_or_default();
        if looks_like_a_repository(&entries) {
            let finding = Finding::EmbeddedRepository { path: display(shown) };
            faults.push(PathFault { entry: real.to_owned(), finding });
        }
    }
    faults
}

/// Can this be a config file, by its name?
pub fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|it| it.eq_ignore_ascii_case("yaml") || it.eq_ignore_ascii_case("yml"))
}

/// A path for people. The current folder has a name too.
pub(super) fn display(path: &Path) -> String {
    if path.as_os_str().is_empty() { ".".to_owned() } else { path.display().to_string() }
}

/// Joins two paths for display, without `.` and with `..` resolved by text. The system resolves the path that is
/// opened.
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

/// The cause in words that do not depend on the system's language or error numbers.
pub(super) fn plain_cause(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::NotADirectory => "a part of the path is not a folder".to_owned(),
        _ if error.raw_os_error().is_none() => error.to_string(),
        kind => kind.to_string(),
    }
}
