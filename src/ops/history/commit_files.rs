//! The files of a commit as the source of a config. They are read into memory, and only the folders and files that the
//! config names. Links are only followed inside the commit.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use crate::config::file_system::{self, FileSystem};
use crate::config::folders::is_yaml;
use crate::host::git::{Commit, GitError, ObjectKind, Objects, TreeEntryKind, TreeFolder, os_string};
use crate::model::limits::{COMMIT_STEPS_MAX, ENTRIES_MAX, ENTRY_PATHS_BYTES_MAX, FOLDERS_BYTES_MAX, PATH_BYTES_MAX};

/// The most links in one path, as on Linux.
const LINKS_MAX: usize = 40;

/// The files of one commit. Paths are relative to its top.
#[derive(Debug)]
pub struct CommitFiles {
    objects: Rc<RefCell<Objects>>,
    commit: Commit,
    state: RefCell<State>,
    /// The path components that were followed so far.
    steps: Cell<usize>,
    /// The first error of Git.
    failed: RefCell<Option<GitError>>,
}

/// What was read, for a comparison with another commit.
#[derive(Debug, Clone, Default)]
pub struct SeenPath {
    folders: BTreeMap<PathBuf, SeenFolder>,
}

#[derive(Debug, Clone, Default)]
struct SeenFolder {
    hash: String,
    listed: bool,
    names: BTreeSet<OsString>,
}

#[derive(Debug, Default)]
struct State {
    seen: SeenPath,
    /// The entries of the listed folders, and the bytes of their paths.
    entries: usize,
    path_bytes: usize,
    /// Bytes of the folders.
    bytes: usize,
    file_bytes: usize,
}

struct Found {
    kind: TreeEntryKind,
    hash: String,
}

impl CommitFiles {
    pub fn of(objects: &Rc<RefCell<Objects>>, commit: Commit) -> CommitFiles {
        let folder = SeenFolder { hash: commit.tree.clone(), ..SeenFolder::default() };
        let seen = SeenPath { folders: BTreeMap::from([(PathBuf::new(), folder)]) };
        let state = RefCell::new(State { seen, ..State::default() });
        CommitFiles { objects: Rc::clone(objects), commit, state, steps: Cell::new(0), failed: RefCell::default() }
    }

    pub fn commit(&self) -> &Commit {
        &self.commit
    }

    /// What was read so far.
    pub fn seen(&self) -> SeenPath {
        self.state.borrow().seen.clone()
    }

    /// The bytes of files that were read so far.
    pub fn bytes_read(&self) -> usize {
        self.state.borrow().file_bytes
    }

    /// The first error of Git, if any.
    pub fn failed(&self) -> Option<GitError> {
        self.failed.borrow().clone()
    }

    fn remembered(&self, error: GitError) -> io::Error {
        self.failed.borrow_mut().get_or_insert_with(|| error.clone());
        io::Error::other(error)
    }

    /// The name of a path in a message.
    fn named(&self, path: &Path) -> String {
        let short: String = self.commit.hash.chars().take(7).collect();
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        format!("`{}` of the commit {short}", path.display())
    }

    fn folder(&self, real: &Path) -> io::Result<Rc<TreeFolder>> {
        if real.as_os_str().len() > PATH_BYTES_MAX {
            return Err(io::Error::other(format!("its path is longer than {PATH_BYTES_MAX} bytes")));
        }
        let known = self.state.borrow().seen.folders.get(real).map(|it| it.hash.clone());
        let hash = if let Some(hash) = known {
            hash
        } else {
            let found = self.look_up(real)?.ok_or(io::ErrorKind::NotFound)?;
            if found.kind != TreeEntryKind::Folder {
                return Err(io::ErrorKind::NotADirectory.into());
            }
            let folder = SeenFolder { hash: found.hash.clone(), ..SeenFolder::default() };
            self.state.borrow_mut().seen.folders.insert(real.to_owned(), folder);
            found.hash
        };
        let (folder, bytes) =
            self.objects.borrow_mut().folder(&hash, &self.named(real)).map_err(|error| self.remembered(error))?;
        let mut state = self.state.borrow_mut();
        state.bytes += bytes;
        if state.bytes > FOLDERS_BYTES_MAX {
            let mib = FOLDERS_BYTES_MAX / (1024 * 1024);
            return Err(too_much(format!("the folders of the commit have more than {mib} MiB")));
        }
        Ok(folder)
    }

    /// The entry at a real path, without following a link.
    fn look_up(&self, real: &Path) -> io::Result<Option<Found>> {
        let (Some(above), Some(name)) = (real.parent(), real.file_name()) else {
            return Ok(Some(Found { kind: TreeEntryKind::Folder, hash: self.commit.tree.clone() }));
        };
        let folder = self.folder(above)?;
        if let Some(seen) = self.state.borrow_mut().seen.folders.get_mut(above).filter(|it| !it.names.contains(name)) {
            seen.names.insert(name.to_owned());
        }
        Ok(folder.get(name).map(|it| Found { kind: it.kind, hash: it.hash.clone() }))
    }

    /// The target of the link with this content, relative to its folder.
    fn target(&self, link: &Path, hash: &str) -> io::Result<PathBuf> {
        let bytes = self.blob(link, hash, PATH_BYTES_MAX)?;
        let bytes = bytes.ok_or_else(|| io::Error::other(format!("a link is longer than {PATH_BYTES_MAX} bytes")))?;
        os_string(&bytes).map(PathBuf::from).ok_or_else(|| io::Error::other("a link leads to what is not UTF-8"))
    }

    fn blob(&self, path: &Path, hash: &str, most: usize) -> io::Result<Option<Vec<u8>>> {
        let mut objects = self.objects.borrow_mut();
        let object = objects.find(hash, &self.named(path)).map_err(|error| self.remembered(error))?;
        if object.kind != ObjectKind::Blob {
            return Err(io::Error::other("it is not what the commit says: the repository is damaged"));
        }
        if object.bytes > most {
            return Ok(None);
        }
        self.state.borrow_mut().file_bytes += object.bytes;
        objects.read(&object).map(Some).map_err(|error| self.remembered(error))
    }

    /// Does another commit have the same content at every path that was read?
    pub fn holds_the_same(objects: &RefCell<Objects>, seen: &SeenPath, other: &Commit) -> Result<bool, GitError> {
        let mut objects = objects.borrow_mut();
        let mut same: Option<&Path> = None;
        let mut hashes: BTreeMap<&Path, String> = BTreeMap::new();
        // Parent folders come first.
        for (path, before) in &seen.folders {
            if same.is_some_and(|it| path.starts_with(it)) {
                continue;
            }
            let what = format!("a folder of the commit {}", other.hash);
            let hash = match (path.parent(), path.file_name()) {
                (Some(above), Some(name)) => {
                    let Some(above) = hashes.get(above) else { return Ok(false) };
                    match objects.folder(above, &what)?.0.get(name) {
                        Some(it) if it.kind == TreeEntryKind::Folder => it.hash.clone(),
                        _ => return Ok(false),
                    }
                }
                _ => other.tree.clone(),
            };
            if hash == before.hash {
                same = Some(path);
                continue;
            }
            let (then, now) = (objects.folder(&before.hash, &what)?.0, objects.folder(&hash, &what)?.0);
            if !before.is_as(&then, &now) {
                return Ok(false);
            }
            hashes.insert(path, hash);
        }
        Ok(true)
    }
}

impl SeenFolder {
    /// Are two folders equal in what was read? The content of a folder that was opened is compared separately.
    fn is_as(&self, one: &TreeFolder, other: &TreeFolder) -> bool {
        let is_as = |name: &OsString| match (one.get(name), other.get(name)) {
            (None, None) => true,
            (Some(one), Some(other)) => one.kind == other.kind && (one.kind == TreeEntryKind::Folder || one == other),
            (Some(_), None) | (None, Some(_)) => false,
        };
        let counts = |folder: &TreeFolder, name: &OsString| {
            let is_hidden = name.as_encoded_bytes().starts_with(b".");
            !is_hidden
                && (folder.get(name).is_some_and(|it| it.kind != TreeEntryKind::File) || is_yaml(Path::new(name)))
        };
        let listed = || {
            let names = one.keys().filter(|it| counts(one, it)).chain(other.keys().filter(|it| counts(other, it)));
            names.into_iter().all(is_as)
        };
        self.names.iter().all(is_as) && (!self.listed || listed())
    }
}

fn too_much(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::QuotaExceeded, why)
}

impl FileSystem for CommitFiles {
    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        let mut real = PathBuf::new();
        let parts_of = |path: &Path| path.components().map(|it| it.as_os_str().to_owned()).collect::<Vec<_>>();
        let mut left: VecDeque<OsString> = parts_of(path).into();
        let mut links = 0;
        while let Some(part) = left.pop_front() {
            let steps = self.steps.get() + 1;
            self.steps.set(steps);
            if steps > COMMIT_STEPS_MAX {
                return Err(io::Error::other(format!("the commit's paths have more than {COMMIT_STEPS_MAX} parts")));
            }
            if real.as_os_str().len() + part.len() > PATH_BYTES_MAX {
                return Err(io::Error::other(format!("its path is longer than {PATH_BYTES_MAX} bytes")));
            }
            let whole = PathBuf::from(&part);
            match whole.components().next() {
                None | Some(Component::CurDir) => continue,
                // A path out of the commit is returned unchanged.
                Some(Component::Prefix(_) | Component::RootDir) => {
                    return Ok(std::iter::once(part).chain(left).collect());
                }
                Some(Component::ParentDir) => {
                    if !real.pop() {
                        return Ok(std::iter::once(part).chain(left).collect());
                    }
                    continue;
                }
                Some(Component::Normal(_)) => {}
            }
            let entry = real.join(&part);
            let Found { kind, hash } = self.look_up(&entry)?.ok_or(io::ErrorKind::NotFound)?;
            match kind {
                TreeEntryKind::Link => {
                    links += 1;
                    if links > LINKS_MAX {
                        return Err(io::Error::other("it leads through too many links"));
                    }
                    for part in parts_of(&self.target(&entry, &hash)?).into_iter().rev() {
                        left.push_front(part);
                    }
                }
                TreeEntryKind::File if !left.is_empty() => return Err(io::ErrorKind::NotADirectory.into()),
                TreeEntryKind::File | TreeEntryKind::Folder | TreeEntryKind::Submodule => real = entry,
            }
        }
        Ok(real)
    }

    fn is_folder(&self, real: &Path) -> bool {
        self.look_up(real).is_ok_and(|it| it.is_some_and(|it| it.kind == TreeEntryKind::Folder))
    }

    fn entries(&self, real: &Path) -> io::Result<Vec<file_system::DirEntry>> {
        let folder = self.folder(real)?;
        let mut state = self.state.borrow_mut();
        state.entries += folder.len();
        let names: usize = folder.keys().map(|it| it.len()).sum();
        state.path_bytes += names + folder.len() * real.as_os_str().len();
        if state.entries > ENTRIES_MAX || state.path_bytes > ENTRY_PATHS_BYTES_MAX {
            let mib = ENTRY_PATHS_BYTES_MAX / (1024 * 1024);
            return Err(too_much(format!(
                "the folders of the commit hold more than {ENTRIES_MAX} entries, or {mib} MiB of their paths"
            )));
        }
        if let Some(seen) = state.seen.folders.get_mut(real) {
            seen.listed = true;
        }
        let kind = |kind: TreeEntryKind| match kind {
            TreeEntryKind::File => Some(file_system::DirEntryKind::File),
            TreeEntryKind::Link => Some(file_system::DirEntryKind::Link),
            TreeEntryKind::Folder => Some(file_system::DirEntryKind::Folder),
            // An empty folder, as in a checkout without it.
            TreeEntryKind::Submodule => None,
        };
        let entry = |(name, it): (&OsString, &crate::host::git::TreeEntry)| {
            Some(file_system::DirEntry { name: name.clone(), kind: kind(it.kind)? })
        };
        Ok(folder.iter().filter_map(entry).collect())
    }

    fn read(&self, real: &Path, most: usize) -> io::Result<Option<Vec<u8>>> {
        match self.look_up(real)?.ok_or(io::ErrorKind::NotFound)? {
            Found { kind: TreeEntryKind::File, hash } => self.blob(real, &hash, most),
            Found { .. } => Err(io::Error::other("it is not a regular file")),
        }
    }
}
