//! Opens an entry of a folder without following a link, with the means of the system.

/// The kind of a folder's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    File,
    Folder,
    Link,
    /// Anything else, such as a pipe.
    Other,
}

/// How a file is opened for writing. A missing one is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    Append,
    /// For locking, or for overwriting. Its content stays.
    Lock,
}

/// For systems with folder handles: each name is resolved in an open folder.
#[cfg(unix)]
pub(in crate::host) mod by_handle {
    use std::ffi::OsStr;
    use std::fs::File;
    use std::io;
    use std::os::fd::OwnedFd;
    use std::path::Path;
    use std::sync::Arc;

    pub(in crate::host) use rustix::fs::Mode;
    use rustix::fs::{AtFlags, CWD, FileType, OFlags};

    use super::{Kind, Write};

    pub(in crate::host) type Handle = Arc<OwnedFd>;

    /// The place of a file: its folder, the folder's displayed path, and its name.
    type Spot<'a> = (&'a Handle, &'a Path, &'a OsStr);

    const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
    /// Opening a pipe without a writer would block.
    const FILE: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

    pub(in crate::host) fn open(path: &Path) -> io::Result<Handle> {
        Ok(Arc::new(rustix::fs::openat(CWD, path, FOLDER, Mode::empty())?))
    }

    pub(in crate::host) fn folder(handle: &Handle, _: &Path, name: &OsStr) -> io::Result<Handle> {
        Ok(Arc::new(rustix::fs::openat(handle, name, FOLDER.union(OFlags::NOFOLLOW), Mode::empty())?))
    }

    pub(in crate::host) fn kind(handle: &Handle, _: &Path, name: &OsStr) -> io::Result<Kind> {
        let stat = rustix::fs::statat(handle, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Kind::File,
            FileType::Directory => Kind::Folder,
            FileType::Symlink => Kind::Link,
            _ => Kind::Other,
        })
    }

    pub(in crate::host) fn mode(handle: &Handle, _: &Path, name: &OsStr) -> Option<Mode> {
        let stat = rustix::fs::statat(handle, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        // Without the bits of the file type.
        let mode = || Mode::from_raw_mode(stat.st_mode) & Mode::from_raw_mode(0o7777);
        (FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile).then(mode)
    }

    pub(in crate::host) fn set_mode(file: &File, mode: Mode) -> io::Result<()> {
        Ok(rustix::fs::fchmod(file, mode)?)
    }

    pub(in crate::host) fn make_folder(handle: &Handle, _: &Path, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::mkdirat(handle, name, Mode::from_raw_mode(0o777))?)
    }

    pub(in crate::host) fn read(handle: &Handle, _: &Path, name: &OsStr) -> io::Result<File> {
        Ok(File::from(rustix::fs::openat(handle, name, FILE.union(OFlags::RDONLY), Mode::empty())?))
    }

    pub(in crate::host) fn write(handle: &Handle, _: &Path, name: &OsStr, how: Write) -> io::Result<File> {
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

    pub(in crate::host) fn make_file(handle: &Handle, _: &Path, name: &OsStr, is_private: bool) -> io::Result<File> {
        let flags = FILE.union(OFlags::WRONLY).union(OFlags::CREATE).union(OFlags::EXCL);
        let mode = if is_private { 0o600 } else { 0o666 };
        Ok(File::from(rustix::fs::openat(handle, name, flags, Mode::from_raw_mode(mode))?))
    }

    pub(in crate::host) fn rename(from: Spot<'_>, to: Spot<'_>) -> io::Result<()> {
        Ok(rustix::fs::renameat(from.0, from.2, to.0, to.2)?)
    }

    /// Returns whether the old name still exists.
    pub(in crate::host) fn rename_new(from: Spot<'_>, to: Spot<'_>) -> io::Result<bool> {
        // A rename would replace an existing file. A hard link does not.
        match rustix::fs::linkat(from.0, from.2, to.0, to.2, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::EXIST) => Err(io::ErrorKind::AlreadyExists.into()),
            // Some file systems have no hard links.
            Err(_) => match kind(to.0, to.1, to.2) {
                Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => rename(from, to).map(|()| false),
                Err(error) => Err(error),
            },
        }
    }

    pub(in crate::host) fn remove(handle: &Handle, _: &Path, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(handle, name, AtFlags::empty())?)
    }

    pub(in crate::host) fn remove_folder(handle: &Handle, _: &Path, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(handle, name, AtFlags::REMOVEDIR)?)
    }

    pub(in crate::host) fn sync(handle: &Handle) -> io::Result<()> {
        Ok(rustix::fs::fsync(handle)?)
    }
}

/// For other systems: each part is checked before it is opened. Tests run it on every system.
#[cfg(any(not(unix), test))]
pub(in crate::host) mod by_path {
    use std::ffi::OsStr;
    use std::fs::{self, File, OpenOptions};
    use std::io;
    use std::path::Path;

    use super::{Kind, Write};

    #[derive(Debug, Clone)]
    pub(in crate::host) struct Handle;

    /// This system has no modes to copy.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub(in crate::host) struct Mode;

    type Spot<'a> = (&'a Handle, &'a Path, &'a OsStr);

    pub(in crate::host) fn open(path: &Path) -> io::Result<Handle> {
        if fs::metadata(path)?.is_dir() { Ok(Handle) } else { Err(io::ErrorKind::NotADirectory.into()) }
    }

    pub(in crate::host) fn folder(handle: &Handle, path: &Path, name: &OsStr) -> io::Result<Handle> {
        match kind(handle, path, name)? {
            Kind::Folder => Ok(Handle),
            Kind::File | Kind::Link | Kind::Other => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    pub(in crate::host) fn kind(_: &Handle, path: &Path, name: &OsStr) -> io::Result<Kind> {
        // A Windows junction is a link too.
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

    pub(in crate::host) fn mode(handle: &Handle, path: &Path, name: &OsStr) -> Option<Mode> {
        matches!(kind(handle, path, name), Ok(Kind::File)).then_some(Mode)
    }

    #[expect(clippy::unnecessary_wraps, reason = "where there are modes, it can fail")]
    pub(in crate::host) fn set_mode(_: &File, _: Mode) -> io::Result<()> {
        Ok(())
    }

    pub(in crate::host) fn make_folder(_: &Handle, path: &Path, name: &OsStr) -> io::Result<()> {
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

    pub(in crate::host) fn read(handle: &Handle, path: &Path, name: &OsStr) -> io::Result<File> {
        file_or_nothing(handle, path, name)?;
        File::open(path.join(name))
    }

    pub(in crate::host) fn write(handle: &Handle, path: &Path, name: &OsStr, how: Write) -> io::Result<File> {
        file_or_nothing(handle, path, name)?;
        let mut options = OpenOptions::new();
        match how {
            Write::Append => options.append(true),
            Write::Lock => options.write(true).truncate(false),
        };
        options.create(true).open(path.join(name))
    }

    pub(in crate::host) fn make_file(_: &Handle, path: &Path, name: &OsStr, _: bool) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).open(path.join(name))
    }

    pub(in crate::host) fn rename(from: Spot<'_>, to: Spot<'_>) -> io::Result<()> {
        fs::rename(from.1.join(from.2), to.1.join(to.2))
    }

    /// Returns whether the old name still exists.
    pub(in crate::host) fn rename_new(from: Spot<'_>, to: Spot<'_>) -> io::Result<bool> {
        fs::hard_link(from.1.join(from.2), to.1.join(to.2)).map(|()| true)
    }

    pub(in crate::host) fn remove(_: &Handle, path: &Path, name: &OsStr) -> io::Result<()> {
        fs::remove_file(path.join(name))
    }

    pub(in crate::host) fn remove_folder(_: &Handle, path: &Path, name: &OsStr) -> io::Result<()> {
        fs::remove_dir(path.join(name))
    }

    #[expect(clippy::unnecessary_wraps, reason = "where there are handles, it can fail")]
    pub(in crate::host) fn sync(_: &Handle) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::fs;
    use std::io::{self, Read as _, Write as _};

    use super::*;

    /// Both implementations behave the same. On a system without handles, there is only one.
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
                    // The link is replaced, and its target stays.
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
}
