//! What a folder holds: every YAML file below it, each once whatever links lead to it, and the
//! entries that cannot be followed.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::diagnostic::finding::Finding;
use crate::limits::CONFIG_FILES_MAX;

/// A file or folder, under the name that people know it by and where it really is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) shown: PathBuf,
    pub(super) real: PathBuf,
}

/// What is wrong on the disk. It is met again from each folder above and by each org file that uses
/// one of them, and told once: by the entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Where it really is, a link not followed.
    pub(super) entry: PathBuf,
    pub(super) finding: Finding,
}

/// The folder below which everything lies.
#[derive(Debug)]
pub(super) struct Root(pub(super) Found);

impl Root {
    pub(super) fn holds(&self, real: &Path) -> bool {
        real.starts_with(&self.0.real)
    }

    pub(super) fn outside(&self, shown: &Path) -> Finding {
        Finding::OutsideRoot { path: display(shown), root: display(&self.0.shown) }
    }

    /// The link that is to blame for where a path leads, none when the path says so itself. `bad`
    /// judges a link by the folder that it stands in and what it leads to.
    pub(super) fn link_to_blame(&self, path: &Path, bad: impl Fn(&Path, &Path) -> bool) -> Option<PathBuf> {
        let path = join(path, Path::new(""));
        let mut parts: Vec<&Path> = path.ancestors().collect();
        parts.reverse();
        parts.into_iter().find_map(|part| {
            let folder = fs::canonicalize(part.parent()?).ok().filter(|it| self.holds(it))?;
            let entry = folder.join(part.file_name()?);
            let real = fs::canonicalize(&entry).ok()?;
            (real != entry && bad(&folder, &real)).then_some(entry)
        })
    }
}

/// Every YAML file below a folder, sorted by path, hidden ones skipped; and what went wrong.
pub(super) fn list(root: &Root, folder: &Found) -> (Vec<Found>, Vec<Fault>) {
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
        faults.push(Fault { entry: root.0.real.clone(), finding });
    }
    if files.is_empty() && faults.is_empty() {
        let finding = Finding::NoFiles { path: display(&folder.shown) };
        faults.push(Fault { entry: folder.real.clone(), finding });
    }
    let mut files: Vec<Found> = files.into_iter().map(|(real, shown)| Found { shown, real }).collect();
    files.sort_by(|a, b| a.shown.cmp(&b.shown));
    (files, faults)
}

struct Listing<'a> {
    root: &'a Root,
    /// By where they really are.
    files: BTreeMap<PathBuf, PathBuf>,
    /// Those that have been entered: each once, or a few links would make an endless forest.
    folders: HashSet<PathBuf>,
    open: VecDeque<Found>,
    /// Followed after everything else, so that a file is known by its own name where it has one.
    links: VecDeque<Found>,
    faults: Vec<Fault>,
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
        self.faults.push(Fault { entry, finding });
    }

    fn folder(&mut self, folder: &Found) {
        if !self.root.holds(&folder.real) {
            self.fault(folder.real.clone(), self.root.outside(&folder.shown));
            return;
        }
        if !self.folders.insert(folder.real.clone()) {
            return;
        }
        match entries(&folder.real) {
            Ok(entries) => {
                for (name, kind) in entries {
                    let found = Found { shown: join(&folder.shown, Path::new(&name)), real: folder.real.join(&name) };
                    if kind.is_symlink() {
                        self.links.push_back(found);
                    } else if kind.is_dir() {
                        self.open.push_back(found);
                    } else if is_yaml(&found.shown) {
                        self.file(found);
                    }
                }
            }
            Err(error) => {
                let path = display(&folder.shown);
                self.fault(folder.real.clone(), Finding::Unreadable { path, cause: plain_cause(&error) });
            }
        }
    }

    fn link(&mut self, Found { shown, real: entry }: Found) {
        let path = display(&shown);
        let real = match real(&entry) {
            Ok(real) => real,
            // A link to nowhere matters only where a config could be behind it.
            Err(error) if !is_yaml(&shown) && error.kind() != io::ErrorKind::PermissionDenied => return,
            Err(error) => {
                self.fault(entry, Finding::Unreadable { path, cause: plain_cause(&error) });
                return;
            }
        };
        let is_folder = real.is_dir();
        if !is_folder && !is_yaml(&shown) {
            return;
        }
        if !self.root.holds(&real) {
            self.fault(entry, self.root.outside(&shown));
        } else if is_folder && entry.starts_with(&real) {
            self.fault(entry, Finding::Circle { path, link: true });
        } else if is_folder {
            self.open.push_back(Found { shown, real });
        } else {
            self.file(Found { shown, real });
        }
    }

    fn file(&mut self, Found { shown, real }: Found) {
        if self.files.len() < CONFIG_FILES_MAX {
            self.files.entry(real).or_insert(shown);
        } else if !self.files.contains_key(&real) {
            self.too_many = true;
        }
    }
}

/// The names in a folder and what they are, hidden ones skipped, sorted.
fn entries(folder: &Path) -> io::Result<Vec<(OsString, fs::FileType)>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if !name.as_encoded_bytes().starts_with(b".") {
            entries.push((name, entry.file_type()?));
        }
    }
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(entries)
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|it| it.eq_ignore_ascii_case("yaml") || it.eq_ignore_ascii_case("yml"))
}

/// A path as people read it: the current folder has a name as well.
pub(super) fn display(path: &Path) -> String {
    if path.as_os_str().is_empty() { ".".to_owned() } else { path.display().to_string() }
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

/// Where a path really is, all links followed.
///
/// # Errors
/// There is nothing, or it is neither a file nor a folder. The error says which of the two, and of a link where it leads:
/// the system says "no such file" of a pipe as well.
pub(super) fn real(path: &Path) -> io::Result<PathBuf> {
    const RULE: &str = "a config is a file or a folder, because its place decides which files belong to it";
    if path == Path::new("-") && fs::symlink_metadata(path).is_err() {
        return Err(io::Error::other(format!("`-` is standard input: {RULE}")));
    }
    match fs::metadata(path) {
        Ok(found) if found.is_file() || found.is_dir() => fs::canonicalize(path),
        Ok(found) => Err(io::Error::other(format!("it is {}: {RULE}", special(found.file_type())))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::read_link(path) {
            Ok(target) => {
                let nothing = format!("it is a link to `{}`, and {}", target.display(), plain_cause(&error));
                Err(io::Error::other(nothing))
            }
            Err(_) => Err(error),
        },
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn special(kind: fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn special(_: fs::FileType) -> &'static str {
    "a device"
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
