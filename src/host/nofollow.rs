//! Folders and files opened without following links.
//!
//! A repository of another person may hold links at every place where presencectl keeps a file of its own. Anyone who
//! opens such a path part by part, from an open folder on, never reads or writes what lies elsewhere. On Unix each
//! part is opened relative to the folder before it, so a link that is put there in between is not followed either.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

#[cfg(unix)]
use crate::host::open_entry::by_handle as system;
#[cfg(not(unix))]
use crate::host::open_entry::by_path as system;
pub use crate::host::open_entry::{Kind, Write};

/// Why a file or folder was not opened.
#[derive(Debug)]
pub enum Fault {
    Link(PathBuf),
    /// This is neither a file nor a link, such as a folder, a pipe or a device.
    NotAFile(PathBuf),
    /// This is neither a folder nor a link.
    NotAFolder(PathBuf),
    Io(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        Fault::Io(error)
    }
}

/// The mode of a file: who may do what with it.
#[derive(Debug, Clone, Copy)]
pub struct FileMode(system::Mode);

/// An open folder. A name is one part of a path.
#[derive(Debug, Clone)]
pub struct Folder {
    handle: system::Handle,
    path: PathBuf,
}

impl Folder {
    /// Opens a folder whose path was typed: links in it are followed.
    pub fn open(path: &Path) -> io::Result<Folder> {
        let named = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        Ok(Folder { handle: system::open(named)?, path: path.to_owned() })
    }

    /// The path of a name in it, for people.
    pub fn path_of(&self, name: &OsStr) -> PathBuf {
        self.path.join(name)
    }

    /// What has this name; `None` if nothing has.
    pub fn kind(&self, name: &OsStr) -> io::Result<Option<Kind>> {
        found(system::kind(&self.handle, &self.path, name))
    }

    /// Opens a folder in this one; `None` if nothing has the name.
    pub fn folder(&self, name: &OsStr) -> Result<Option<Folder>, Fault> {
        let path = self.path_of(name);
        match system::folder(&self.handle, &self.path, name) {
            Ok(handle) => Ok(Some(Folder { handle, path })),
            Err(error) => self.because(name, Kind::Folder, error),
        }
    }

    /// Opens a folder in this one, and makes it if it is missing. Says whether it was made.
    pub fn folder_or_new(&self, name: &OsStr) -> Result<(Folder, bool), Fault> {
        let is_new = match system::make_folder(&self.handle, &self.path, name) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
            Err(error) => return Err(error.into()),
        };
        let gone = || Fault::Io(io::ErrorKind::NotFound.into());
        Ok((self.folder(name)?.ok_or_else(gone)?, is_new))
    }

    /// Opens a regular file for reading; `None` if nothing has the name. A pipe is not waited for.
    pub fn read(&self, name: &OsStr) -> Result<Option<File>, Fault> {
        match system::read(&self.handle, &self.path, name).and_then(regular) {
            Ok(file) => Ok(Some(file)),
            Err(error) => self.because(name, Kind::File, error),
        }
    }

    /// Opens a regular file for writing, and makes it if it is missing.
    pub fn write(&self, name: &OsStr, how: Write) -> Result<File, Fault> {
        let opened = system::write(&self.handle, &self.path, name, how).and_then(regular);
        opened.or_else(|error| self.because(name, Kind::File, error)?.ok_or(Fault::Io(io::ErrorKind::NotFound.into())))
    }

    /// Why `name` could not be opened as a `wanted` kind. A cause is given only if it is seen.
    fn because<T>(&self, name: &OsStr, wanted: Kind, error: io::Error) -> Result<Option<T>, Fault> {
        let path = self.path_of(name);
        match self.kind(name)? {
            Some(Kind::Link) => Err(Fault::Link(path)),
            Some(kind) if kind != wanted && wanted == Kind::Folder => Err(Fault::NotAFolder(path)),
            Some(kind) if kind != wanted => Err(Fault::NotAFile(path)),
            None if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Some(_) | None => Err(Fault::Io(error)),
        }
    }

    /// The mode of a regular file; `None` if there is none.
    pub fn mode(&self, name: &OsStr) -> Option<FileMode> {
        system::mode(&self.handle, &self.path, name).map(FileMode)
    }

    /// Makes an empty file of a new name. It goes away unless it is put in its place. A private one is its owner's
    /// alone until [`Temporary::set_mode`]; any other has the mode that the umask leaves.
    pub fn temporary(&self, is_private: bool) -> io::Result<Temporary> {
        const TRIES: u32 = 100;
        for _ in 0..TRIES {
            let name = OsString::from(format!(".tmp{:012x}", fastrand::u64(..1 << 48)));
            match system::make_file(&self.handle, &self.path, &name, is_private) {
                Ok(file) => return Ok(Temporary { folder: self.clone(), name, file, is_there: true }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Removes a file or a link. It is no error if there is none.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        found(system::remove(&self.handle, &self.path, name)).map(|_| ())
    }

    /// Removes an empty folder. It is no error if there is none.
    pub fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        found(system::remove_folder(&self.handle, &self.path, name)).map(|_| ())
    }

    pub fn sync(&self) -> io::Result<()> {
        system::sync(&self.handle)
    }
}

/// A new file that is not in its place yet.
#[derive(Debug)]
pub struct Temporary {
    folder: Folder,
    name: OsString,
    file: File,
    is_there: bool,
}

impl Temporary {
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path_of(&self.name)
    }

    /// Gives it the mode of the file whose place it takes.
    pub fn set_mode(&self, mode: FileMode) -> io::Result<()> {
        system::set_mode(&self.file, mode.0)
    }

    /// Puts it in its place, over what is there. A link there is replaced, not followed.
    pub fn persist(mut self, folder: &Folder, name: &OsStr) -> Result<(), (io::Error, Temporary)> {
        let Folder { handle, path } = &self.folder;
        match system::rename((handle, path, &self.name), (&folder.handle, &folder.path, name)) {
            Ok(()) => {
                self.is_there = false;
                Ok(())
            }
            Err(error) => Err((error, self)),
        }
    }

    /// Puts it in its place if nothing is there.
    pub fn persist_new(mut self, folder: &Folder, name: &OsStr) -> io::Result<()> {
        let Folder { handle, path } = &self.folder;
        self.is_there = system::rename_new((handle, path, &self.name), (&folder.handle, &folder.path, name))?;
        Ok(())
    }

    /// Leaves it where it is.
    pub fn keep(mut self) -> PathBuf {
        self.is_there = false;
        self.path()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if self.is_there {
            // A file with an odd name that cannot be removed is no reason to fail.
            let _ = self.folder.remove(&self.name);
        }
    }
}

/// The parts of a path below a folder, `.` and `..` taken back.
pub fn parts(below: &Path) -> Vec<OsString> {
    let mut parts = Vec::new();
    for part in below.components() {
        match part {
            Component::Normal(name) => parts.push(name.to_owned()),
            Component::ParentDir => drop(parts.pop()),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    parts
}

fn regular(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a regular file")) }
}

fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(it) => Ok(Some(it)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_lead_nowhere_else() {
        assert_eq!(parts(Path::new("a/./b/../c")), ["a", "c"]);
        assert_eq!(parts(Path::new("../../a")), ["a"]);
    }
}
