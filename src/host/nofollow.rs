//! Folders and files opened without following links.
//!
//! A repository of somebody else may hold links at every place where presencectl keeps a file of its own. Whoever
//! opens such a path part by part, from an open folder on, never reads or writes what lies elsewhere. On Unix each
//! part is opened relative to the folder before it, so a link that is put there in between is not followed either.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

#[cfg(unix)]
use self::by_handle as system;
#[cfg(not(unix))]
use self::by_path as system;

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

/// What has a name in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    File,
    Folder,
    Link,
    /// Anything else, such as a pipe.
    Other,
}

/// How a file is opened for writing. It is made if it is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    Append,
    /// For its lock, or to be written over. What is in it stays.
    Lock,
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

    /// Where it is.
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

/// Where there are handles of folders: each name is looked up in an open one.
#[cfg(unix)]
mod by_handle {
    use std::ffi::OsStr;
    use std::fs::File;
    use std::io;
    use std::os::fd::OwnedFd;
    use std::path::Path;
    use std::sync::Arc;

    pub(super) use rustix::fs::Mode;
    use rustix::fs::{AtFlags, CWD, FileType, OFlags};

    use super::{Kind, Write};

    pub(super) type Handle = Arc<OwnedFd>;

    /// Where a file is: its folder, the path of that for people, and its name.
    type Spot<'a> = (&'a Handle, &'a Path, &'a OsStr);

    const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
    /// A pipe that nobody else has open would be waited for.
    const FILE: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

    pub(super) fn open(path: &Path) -> io::Result<Handle> {
        Ok(Arc::new(rustix::fs::openat(CWD, path, FOLDER, Mode::empty())?))
    }

    pub(super) fn folder(handle: &Handle, _: &Path, name: &OsStr) -> io::Result<Handle> {
        Ok(Arc::new(rustix::fs::openat(handle, name, FOLDER.union(OFlags::NOFOLLOW), Mode::empty())?))
    }

    pub(super) fn kind(handle: &Handle, _: &Path, name: &OsStr) -> io::Result<Kind> {
        let stat = rustix::fs::statat(handle, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Kind::File,
            FileType::Directory => Kind::Folder,
            FileType::Symlink => Kind::Link,
            _ => Kind::Other,
        })
    }

    pub(super) fn mode(handle: &Handle, _: &Path, name: &OsStr) -> Option<Mode> {
        let stat = rustix::fs::statat(handle, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        // Without the bits that say what kind of file it is.
        let mode = || Mode::from_raw_mode(stat.st_mode) & Mode::from_raw_mode(0o7777);
        (FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile).then(mode)
    }

    pub(super) fn set_mode(file: &File, mode: Mode) -> io::Result<()> {
        Ok(rustix::fs::fchmod(file, mode)?)
    }

    pub(super) fn make_folder(handle: &Handle, _: &Path, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::mkdirat(handle, name, Mode::from_raw_mode(0o777))?)
    }

    pub(super) fn read(handle: &Handle, _: &Path, name: &OsStr) -> io::Result<File> {
        Ok(File::from(rustix::fs::openat(handle, name, FILE.union(OFlags::RDONLY), Mode::empty())?))
    }

    pub(super) fn write(handle: &Handle, _: &Path, name: &OsStr, how: Write) -> io::Result<File> {
        let flags = match how {
            Write::Append => OFlags::WRONLY.union(OFlags::APPEND),
            Write::Lock => OFlags::WRONLY,
        };
        Ok(File::from(rustix::fs::openat(
            handle,
            name,
            FILE.union(flags).union(OFlags::CREATE),
            Mode::from_raw_mode(0o666),
        )?))
    }

    pub(super) fn make_file(handle: &Handle, _: &Path, name: &OsStr, is_private: bool) -> io::Result<File> {
        let flags = FILE.union(OFlags::WRONLY).union(OFlags::CREATE).union(OFlags::EXCL);
        let mode = if is_private { 0o600 } else { 0o666 };
        Ok(File::from(rustix::fs::openat(handle, name, flags, Mode::from_raw_mode(mode))?))
    }

    pub(super) fn rename(from: Spot<'_>, to: Spot<'_>) -> io::Result<()> {
        Ok(rustix::fs::renameat(from.0, from.2, to.0, to.2)?)
    }

    /// Says whether the old name is still there.
    pub(super) fn rename_new(from: Spot<'_>, to: Spot<'_>) -> io::Result<bool> {
        // A rename would take the place of what is there; a second name does not.
        match rustix::fs::linkat(from.0, from.2, to.0, to.2, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::EXIST) => Err(io::ErrorKind::AlreadyExists.into()),
            // Some file systems have no second names.
            Err(_) => match kind(to.0, to.1, to.2) {
                Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => rename(from, to).map(|()| false),
                Err(error) => Err(error),
            },
        }
    }

    pub(super) fn remove(handle: &Handle, _: &Path, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(handle, name, AtFlags::empty())?)
    }

    pub(super) fn remove_folder(handle: &Handle, _: &Path, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(handle, name, AtFlags::REMOVEDIR)?)
    }

    pub(super) fn sync(handle: &Handle) -> io::Result<()> {
        Ok(rustix::fs::fsync(handle)?)
    }
}

/// Elsewhere each part is looked at before it is opened. (Tests run this on every system.)
#[cfg(any(not(unix), test))]
mod by_path {
    use std::ffi::OsStr;
    use std::fs::{self, File, OpenOptions};
    use std::io;
    use std::path::Path;

    use super::{Kind, Write};

    #[derive(Debug, Clone)]
    pub(super) struct Handle;

    /// There is none to speak of.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub(super) struct Mode;

    type Spot<'a> = (&'a Handle, &'a Path, &'a OsStr);

    pub(super) fn open(path: &Path) -> io::Result<Handle> {
        if fs::metadata(path)?.is_dir() { Ok(Handle) } else { Err(io::ErrorKind::NotADirectory.into()) }
    }

    pub(super) fn folder(handle: &Handle, path: &Path, name: &OsStr) -> io::Result<Handle> {
        match kind(handle, path, name)? {
            Kind::Folder => Ok(Handle),
            Kind::File | Kind::Link | Kind::Other => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    pub(super) fn kind(_: &Handle, path: &Path, name: &OsStr) -> io::Result<Kind> {
        // On Windows a junction is a link as well.
        let kind = fs::symlink_metadata(path.join(name))?.file_type();
        Ok(if kind.is_symlink() {
            Kind::Link
        } else if kind.is_dir() {
            Kind::Folder
        } else if kind.is_file() {
            Kind::File
        } else {
            Kind::Other
        })
    }

    pub(super) fn mode(handle: &Handle, path: &Path, name: &OsStr) -> Option<Mode> {
        matches!(kind(handle, path, name), Ok(Kind::File)).then_some(Mode)
    }

    #[expect(clippy::unnecessary_wraps, reason = "where there are modes, it can fail")]
    pub(super) fn set_mode(_: &File, _: Mode) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn make_folder(_: &Handle, path: &Path, name: &OsStr) -> io::Result<()> {
        fs::create_dir(path.join(name))
    }

    fn file_or_nothing(handle: &Handle, path: &Path, name: &OsStr) -> io::Result<()> {
        match kind(handle, path, name) {
            Ok(Kind::File) => Ok(()),
            Ok(Kind::Folder | Kind::Link | Kind::Other) => Err(io::Error::other("it is not a regular file")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(super) fn read(handle: &Handle, path: &Path, name: &OsStr) -> io::Result<File> {
        file_or_nothing(handle, path, name)?;
        File::open(path.join(name))
    }

    pub(super) fn write(handle: &Handle, path: &Path, name: &OsStr, how: Write) -> io::Result<File> {
        file_or_nothing(handle, path, name)?;
        let mut options = OpenOptions::new();
        match how {
            Write::Append => options.append(true),
            Write::Lock => options.write(true).truncate(false),
        };
        options.create(true).open(path.join(name))
    }

    pub(super) fn make_file(_: &Handle, path: &Path, name: &OsStr, _: bool) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).open(path.join(name))
    }

    pub(super) fn rename(from: Spot<'_>, to: Spot<'_>) -> io::Result<()> {
        fs::rename(from.1.join(from.2), to.1.join(to.2))
    }

    /// Says whether the old name is still there.
    pub(super) fn rename_new(from: Spot<'_>, to: Spot<'_>) -> io::Result<bool> {
        fs::hard_link(from.1.join(from.2), to.1.join(to.2)).map(|()| true)
    }

    pub(super) fn remove(_: &Handle, path: &Path, name: &OsStr) -> io::Result<()> {
        fs::remove_file(path.join(name))
    }

    pub(super) fn remove_folder(_: &Handle, path: &Path, name: &OsStr) -> io::Result<()> {
        fs::remove_dir(path.join(name))
    }

    #[expect(clippy::unnecessary_wraps, reason = "where there are handles, it can fail")]
    pub(super) fn sync(_: &Handle) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Read as _, Write as _};

    use super::*;

    /// Both ways do the same, link by link. (On a system without handles there is one.)
    macro_rules! the_same {
        ($name:ident, $system:ident) => {
            #[test]
            fn $name() {
                use super::$system as system;
                let folder = tempfile::tempdir().unwrap();
                let (path, name) = (folder.path(), OsStr::new);
                let top = system::open(path).unwrap();
                assert!(system::open(&path.join("gone")).is_err());
                system::make_folder(&top, path, name("inner")).unwrap();
                let (inner, below) = (system::folder(&top, path, name("inner")).unwrap(), path.join("inner"));
                let mut file = system::make_file(&inner, &below, name("new"), true).unwrap();
                assert!(system::make_file(&inner, &below, name("new"), false).is_err(), "there is one");
                file.write_all(b"new").unwrap();
                let mode = system::mode(&inner, &below, name("new")).unwrap();
                system::set_mode(&file, mode).unwrap();
                assert_eq!(system::mode(&inner, &below, name("gone")), None);
                system::rename((&inner, &below, name("new")), (&top, path, name("moved"))).unwrap();
                system::write(&top, path, name("moved"), Write::Append).unwrap().write_all(b"er").unwrap();
                drop(system::write(&top, path, name("moved"), Write::Lock).unwrap());
                let mut text = String::new();
                system::read(&top, path, name("moved")).unwrap().read_to_string(&mut text).unwrap();
                assert_eq!(text, "newer");
                drop(system::make_file(&top, path, name("other"), false).unwrap());
                let taken = system::rename_new((&top, path, name("other")), (&top, path, name("moved")));
                assert_eq!(taken.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
                system::rename_new((&top, path, name("other")), (&top, path, name("third"))).unwrap();
                let kind = |it: &str| system::kind(&top, path, name(it)).ok();
                assert_eq!((kind("moved"), kind("inner"), kind("gone")), (Some(Kind::File), Some(Kind::Folder), None));
                system::remove(&top, path, name("third")).unwrap();
                system::remove_folder(&top, path, name("inner")).unwrap();
                system::sync(&top).unwrap();
                assert_eq!(kind("third").or(kind("inner")), None);
                #[cfg(unix)]
                {
                    let elsewhere = tempfile::tempdir().unwrap();
                    fs::write(elsewhere.path().join("file"), "theirs").unwrap();
                    std::os::unix::fs::symlink(elsewhere.path().join("file"), path.join("link")).unwrap();
                    std::os::unix::fs::symlink(elsewhere.path().join("none"), path.join("to-none")).unwrap();
                    std::os::unix::fs::symlink(elsewhere.path(), path.join("folder-link")).unwrap();
                    assert_eq!((kind("link"), kind("folder-link")), (Some(Kind::Link), Some(Kind::Link)));
                    for it in ["link", "to-none"] {
                        assert!(system::read(&top, path, name(it)).is_err(), "{it}");
                        assert!(system::write(&top, path, name(it), Write::Append).is_err(), "{it}");
                        assert!(system::write(&top, path, name(it), Write::Lock).is_err(), "{it}");
                        assert!(system::make_file(&top, path, name(it), false).is_err(), "{it}");
                    }
                    assert!(system::folder(&top, path, name("folder-link")).is_err());
                    // A link is replaced, and what it leads to stays.
                    system::rename((&top, path, name("moved")), (&top, path, name("link"))).unwrap();
                    assert_eq!(kind("link"), Some(Kind::File));
                    assert_eq!(fs::read(elsewhere.path().join("file")).unwrap(), b"theirs");
                    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
                }
            }
        };
    }

    the_same!(by_path_no_link_is_followed, by_path);
    #[cfg(unix)]
    the_same!(by_handle_no_link_is_followed, by_handle);

    #[test]
    fn parts_lead_nowhere_else() {
        assert_eq!(parts(Path::new("a/./b/../c")), ["a", "c"]);
        assert_eq!(parts(Path::new("../../a")), ["a"]);
    }
}
