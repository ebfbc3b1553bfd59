//! Files that a run writes: whole or not at all, each tried before anything is done.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::problem::{Problem, cause};
use crate::signals::Signals;

/// A file that is to be written.
#[derive(Debug)]
pub struct WholeFile {
    /// As a person named it.
    pub path: PathBuf,
    /// One name for the place, however it was spelt.
    pub real: PathBuf,
    /// Written beside its final name and renamed over it when it is whole. What is not a regular
    /// file, such as a pipe or a link, is written as it is.
    pub is_direct: bool,
}

impl WholeFile {
    /// Tries it. Nothing of it is left behind.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn open(path: &Path, signals: &Signals) -> Result<WholeFile, Problem> {
        if path.is_dir() {
            return Err(Problem::new(format!("cannot write `{}`: it is a folder", path.display())));
        }
        // A link is written through: what it leads to may be a device, and the link is somebody's.
        let is_direct = path.is_symlink() || (path.exists() && !path.is_file());
        let tried = if !is_direct {
            let probe = || NamedTempFile::new_in(folder_of(path))?.close();
            signals.unfinished(|| probe().map(|()| ((), None)))
        } else if path.is_file() {
            fs::OpenOptions::new().append(true).open(path).map(drop)
        } else {
            // To open a pipe would be to wait for its reader.
            Ok(())
        };
        tried.map_err(|error| cannot_write(path, &error))?;
        Ok(WholeFile { path: path.to_owned(), real: real_path(path), is_direct })
    }

    /// Writes it.
    ///
    /// # Errors
    /// It could not be written. That a reader left is none: they want no more, as on standard output.
    pub fn write(&self, content: impl AsRef<[u8]>, signals: &Signals) -> Result<(), Problem> {
        let content = content.as_ref();
        let written = if self.is_direct {
            match fs::write(&self.path, content) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                written => written,
            }
        } else {
            self.replace(content, signals)
        };
        written.map_err(|error| cannot_write(&self.path, &error))
    }

    fn replace(&self, content: &[u8], signals: &Signals) -> io::Result<()> {
        let file = whole_beside(&self.path, content, signals)?;
        signals.unfinished(|| file.persist(&self.path).map(|_| ((), None)).map_err(|error| error.error))
    }
}

/// Writes a new file, whole or not at all.
///
/// # Errors
/// It could not be written; `AlreadyExists` where there is something of this name, which stays as it is.
pub fn write_new(path: &Path, text: &str, signals: &Signals) -> io::Result<()> {
    let file = whole_beside(path, text.as_bytes(), signals)?;
    signals.unfinished(|| file.persist_noclobber(path).map(|_| ((), None)).map_err(|error| error.error))
}

/// A file beside its final name, with everything in it.
fn whole_beside(path: &Path, content: &[u8], signals: &Signals) -> io::Result<NamedTempFile> {
    let mut file = signals.unfinished(|| {
        let file = NamedTempFile::new_in(folder_of(path))?;
        let path = file.path().to_owned();
        io::Result::Ok((file, Some(path)))
    })?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    open_to_all(&file);
    Ok(file)
}

/// What stands in the place of a file; none where nothing does. A link is looked through.
///
/// # Errors
/// Something that is no regular file, or that cannot be read.
pub fn there(path: &Path) -> Result<Option<Vec<u8>>, Problem> {
    let read = || match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => fs::read(path).map(Some),
        Ok(_) => Err(io::Error::other("it is no regular file")),
        // A link to nowhere is somebody's, and its place is not free.
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => Ok(None),
        Err(error) => Err(error),
    };
    read().map_err(|error| Problem::new(format!("cannot read `{}`: {}", path.display(), cause(&error))))
}

/// Makes the folder of a file, where there is none.
///
/// # Errors
/// It cannot be made.
pub fn make_folder_of(path: &Path) -> Result<(), Problem> {
    let folder = folder_of(path);
    fs::create_dir_all(folder)
        .map_err(|error| Problem::new(format!("cannot make the folder `{}`: {}", folder.display(), cause(&error))))
}

/// The folders that [`make_folder_of`] would make, the innermost first.
#[must_use]
pub fn missing_folders_of(path: &Path) -> Vec<PathBuf> {
    let folders = folder_of(path).ancestors();
    // A link to nowhere is somebody's.
    let is_missing = |it: &&Path| !it.as_os_str().is_empty() && !it.exists() && !it.is_symlink();
    folders.take_while(is_missing).map(Path::to_owned).collect()
}

/// The YAML files in a folder whose beginning is of a kind, by name.
#[must_use]
pub fn beginning(folder: &Path, is_meant: impl Fn(&str) -> bool) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|it| it.path().extension().is_some_and(|it| it == "yaml") && is_meant(&beginning_of(&it.path())))
        .filter_map(|it| it.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

/// Nothing of what is no file or cannot be read.
fn beginning_of(path: &Path) -> String {
    const BEGINNING_BYTES: u64 = 1_024;
    let mut beginning = Vec::new();
    // A pipe would be waited for.
    if path.is_file()
        && let Ok(file) = fs::File::open(path)
    {
        // What was read before an error is a beginning as well.
        let _ = file.take(BEGINNING_BYTES).read_to_end(&mut beginning);
    }
    String::from_utf8_lossy(&beginning).into_owned()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// One name for a place, however it was spelt.
#[must_use]
pub fn real_path(path: &Path) -> PathBuf {
    let beside = || Some(fs::canonicalize(folder_of(path)).ok()?.join(path.file_name()?));
    fs::canonicalize(path).ok().or_else(beside).unwrap_or_else(|| path.to_owned())
}

/// Temporary files are made for their owner alone; a result is an ordinary file.
fn open_to_all(file: &NamedTempFile) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A result that stays private is still a result.
        let _ = file.as_file().set_permissions(fs::Permissions::from_mode(0o644));
    }
    #[cfg(not(unix))]
    let _ = file;
}

fn cannot_write(path: &Path, error: &io::Error) -> Problem {
    Problem::new(format!("cannot write `{}`: {}", path.display(), cause(error)))
}
