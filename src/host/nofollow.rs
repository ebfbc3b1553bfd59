//! Opens folders and files without following links.
//!
//! An untrusted repository may have links in every place where presencectl writes a file. Opening such a path part by
//! part, from an open folder, never reads or writes elsewhere.
//! On Unix, each part is opened relative to the open folder before it, so a link that is created in between is not
//! followed either.

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
    /// It is neither a file nor a link, for example a folder, a pipe or a device.
    NotAFile(PathBuf),
    /// It is neither a folder nor a link.
    NotAFolder(PathBuf),
    Io(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        Fault::Io(error)
    }
}

/// The permissions of a file.
#[derive(Debug, Clone, Copy)]
pub struct FileMode(system::Mode);

/// An open folder. A name is a single path component.
#[derive(Debug, Clone)]
pub struct Folder {
    handle: system::Handle,
    path: PathBuf,
}

impl Folder {
    /// Opens a typed folder. Its links are followed.
    pub fn open(path: &Path) -> io::Result<Folder> {
        let named = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        Ok(Folder { handle: system::open(named)?, path: path.to_owned() })
    }

    /// The displayed path of a name in it.
    pub fn path_of(&self, name: &OsStr) -> PathBuf {
        self.path.join(name)
    }

    /// The kind of the entry with this name. `None` if there is none.
    pub fn kind(&self, name: &OsStr) -> io::Result<Option<Kind>> {
        found(system::kind(&self.handle, &self.path, name))
    }

    /// Opens a subfolder. `None` if it does not exist.
    pub fn folder(&self, name: &OsStr) -> Result<Option<Folder>, Fault> {
        let path = self.path_of(name);
        match system::folder(&self.handle, &self.path, name) {
            Ok(handle) => Ok(Some(Folder { handle, path })),
            Err(error) => self.because(name, Kind::Folder, error),
        }
    }

    /// Opens a subfolder, and creates it if it is missing. Also returns whether it was created.
    pub fn folder_or_new(&self, name: &OsStr) -> Result<(Folder, bool), Fault> {
        let is_new = match system::make_folder(&self.handle, &self.path, name) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
            Err(error) => return Err(error.into()),
        };
        let gone = || Fault::Io(io::ErrorKind::NotFound.into());
        Ok((self.folder(name)?.ok_or_else(gone)?, is_new))
    }

    /// Opens a regular file for reading. `None` if it does not exist. It never waits for a pipe.
    pub fn read(&self, name: &OsStr) -> Result<Option<File>, Fault> {
        match system::read(&self.handle, &self.path, name).and_then(regular) {
            Ok(file) => Ok(Some(file)),
            Err(error) => self.because(name, Kind::File, error),
        }
    }

    /// Opens a regular file for writing, and creates it if it is missing.
    pub fn write(&self, name: &OsStr, how: Write) -> Result<File, Fault> {
        let opened = system::write(&self.handle, &self.path, name, how).and_then(regular);
        opened.or_else(|error| self.because(name, Kind::File, error)?.ok_or(Fault::Io(io::ErrorKind::NotFound.into())))
    }

    /// Why `name` could not be opened as `wanted`. A cause is only given if it is certain.
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

    /// The mode of a regular file. `None` if there is none.
    pub fn mode(&self, name: &OsStr) -> Option<FileMode> {
        system::mode(&self.handle, &self.path, name).map(FileMode)
    }

    /// Creates an empty file with a new name, which is removed unless it is moved into place. A private one is only
    /// accessible to its owner until [`Temporary::set_mode`]. Any other has the mode of the umask.
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

    /// Removes a file or a link. A missing one is no error.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        found(system::remove(&self.handle, &self.path, name)).map(|_| ())
    }

    /// Removes an empty folder. A missing one is no error.
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

    /// Sets the mode of the file that it replaces.
    pub fn set_mode(&self, mode: FileMode) -> io::Result<()> {
        system::set_mode(&self.file, mode.0)
    }

    /// Moves it into place, replacing an existing file. A link is replaced, not followed.
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

    /// Moves it into place, unless a file exists.
    pub fn persist_new(mut self, folder: &Folder, name: &OsStr) -> io::Result<()> {
        let Folder { handle, path } = &self.folder;
        self.is_there = system::rename_new((handle, path, &self.name), (&folder.handle, &folder.path, name))?;
        Ok(())
    }

    /// Keeps it where it is.
    pub fn keep(mut self) -> PathBuf {
        self.is_there = false;
        self.path()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if self.is_there {
            // A leftover temporary file is no reason to fail.
            let _ = self.folder.remove(&self.name);
        }
    }
}

/// The components of a path below a folder, with `.` and `..` resolved.
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
