//! The source of config files: the disk, or anything else with folders, files and links, such as a commit.

use std::cell::Cell;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use crate::model::limits::CONFIG_LINKED_PATHS_MAX;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirEntry {
    pub name: OsString,
    /// Its kind. A link is not followed.
    pub kind: DirEntryKind,
}

/// What an entry of a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirEntryKind {
    /// A file, or anything that is neither a folder nor a link.
    File,
    Folder,
    Link,
}

/// Files, folders and links. Real paths are either all absolute, or all relative to its top. In the second form, a
/// leading `..` or an absolute path leads out of it.
pub trait FileSystem: fmt::Debug {
    /// The real path, with all links followed.
    fn canonical(&self, path: &Path) -> io::Result<PathBuf>;

    /// Is there a folder at this real path?
    fn is_folder(&self, real: &Path) -> bool;

    /// The entries of the folder at a real path, in any order.
    fn entries(&self, real: &Path) -> io::Result<Vec<DirEntry>>;

    /// The content of the file at a real path. `None` if it has more than `most` bytes.
    fn read(&self, real: &Path, most: usize) -> io::Result<Option<Vec<u8>>>;
}

#[derive(Debug, Default)]
pub struct Disk {
    linked: Cell<usize>,
}

impl FileSystem for Disk {
    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        let real = real(path)?;
        if path.is_absolute() && without_detours(path) != real {
            self.linked.set(self.linked.get() + 1);
        }
        if self.linked.get() > CONFIG_LINKED_PATHS_MAX {
            return Err(io::Error::other(format!("more than {CONFIG_LINKED_PATHS_MAX} paths lead through links")));
        }
        Ok(real)
    }

    fn is_folder(&self, real: &Path) -> bool {
        real.is_dir()
    }

    fn entries(&self, real: &Path) -> io::Result<Vec<DirEntry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(real)? {
            let entry = entry?;
            let kind = match entry.file_type()? {
                it if it.is_symlink() => DirEntryKind::Link,
                it if it.is_dir() => DirEntryKind::Folder,
                _ => DirEntryKind::File,
            };
            entries.push(DirEntry { name: entry.file_name(), kind });
        }
        Ok(entries)
    }

    fn read(&self, real: &Path, most: usize) -> io::Result<Option<Vec<u8>>> {
        // A pipe or a device would block or never end.
        if !fs::metadata(real)?.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        let mut bytes = Vec::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        File::open(real)?.take(limit).read_to_end(&mut bytes)?;
        Ok((bytes.len() <= most).then_some(bytes))
    }
}

/// Removes `.` and `..` from a path without reading links.
fn without_detours(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => plain.push(part),
        }
    }
    plain
}

/// The real path, with all links followed.
fn real(path: &Path) -> io::Result<PathBuf> {
    const RULE: &str = "a config is a file or a folder, because its place decides which files belong to it";
    if path == Path::new("-") && fs::symlink_metadata(path).is_err() {
        return Err(io::Error::other(format!("`-` is standard input: {RULE}")));
    }
    match fs::metadata(path) {
        Ok(found) if found.is_file() || found.is_dir() => fs::canonicalize(path),
        Ok(found) => Err(io::Error::other(format!("it is {}: {RULE}", special(found.file_type())))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::read_link(path) {
            Ok(target) => {
                let target = target.display().to_string().replace('`', "\\x60");
                Err(io::Error::other(format!("it is a link to `{target}`, and there is no such file or folder")))
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
