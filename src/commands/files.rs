//! Files that a run writes: whole or not at all, each tried before anything is done.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

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
            signals.ended(probe)
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
        signals.ended(|| file.persist(&self.path)).map_err(|error| error.error)
    }
}

/// Writes a new file, whole or not at all.
///
/// # Errors
/// It could not be written; `AlreadyExists` where there is something of this name, which stays as it is.
pub fn write_new(path: &Path, text: &str, signals: &Signals) -> io::Result<()> {
    let file = whole_beside(path, text.as_bytes(), signals)?;
    signals.ended(|| file.persist_noclobber(path)).map_err(|error| error.error)
}

/// A file beside its place, with everything in it and the mode of what is there now. Where the folder is still to be
/// made, it is in the nearest one that is there.
///
/// # Errors
/// It could not be written.
pub fn whole_beside(path: &Path, content: &[u8], signals: &Signals) -> io::Result<TempPath> {
    let near = folder_of(path).ancestors().find(|it| it.is_dir()).unwrap_or(Path::new("."));
    let mut file = signals.begun(|| {
        let file = NamedTempFile::new_in(near)?;
        let path = file.path().to_owned();
        io::Result::Ok((file, path))
    })?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    set_mode(&file, path);
    Ok(file.into_temp_path())
}

/// What stands in the place of a file that is to be placed; none where nothing does. A link is looked through.
///
/// # Errors
/// Something that is no regular file, or that cannot be read, or that is in the way of its folder.
pub fn there(path: &Path) -> Result<Option<Vec<u8>>, Problem> {
    if let Some(problem) = in_the_way(folder_of(path)) {
        return Err(problem);
    }
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {
            let cannot_read = |error| {
                Problem::new(format!("cannot read `{}`: {}; nothing was written", path.display(), cause(&error)))
                    .help("look at its permissions, or choose another folder")
            };
            fs::read(path).map(Some).map_err(cannot_read)
        }
        Ok(metadata) => Err(stands_there(path, if metadata.is_dir() { "a folder" } else { "no regular file" })),
        // A link to nowhere is somebody's, and its place is not free.
        Err(error) if path.is_symlink() => Err(leads_nowhere(path, "file", &error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(Problem::new(format!("cannot read `{}`: {}; nothing was written", path.display(), cause(&error)))
                .help("look at the permissions of its folder, or choose another one"))
        }
    }
}

/// Where a folder is, or shall be made: what stands there and is none.
fn in_the_way(folder: &Path) -> Option<Problem> {
    let mut outer: Vec<&Path> = folder.ancestors().filter(|it| !it.as_os_str().is_empty()).collect();
    outer.reverse();
    let (path, metadata) =
        outer.into_iter().filter(|it| !it.is_dir()).find_map(|it| Some((it, it.symlink_metadata().ok()?)))?;
    Some(match fs::metadata(path) {
        Err(error) if metadata.is_symlink() => leads_nowhere(path, "folder", &error),
        Ok(_) | Err(_) => stands_there(path, "no folder"),
    })
}

fn stands_there(path: &Path, what: &str) -> Problem {
    Problem::new(format!("cannot write to `{}`: it is {what}; nothing was written", path.display()))
        .help("move it out of the way, or choose another folder")
}

fn leads_nowhere(link: &Path, what: &str, error: &io::Error) -> Problem {
    let to = fs::read_link(link).map_or_else(|_| "?".to_owned(), |it| it.display().to_string());
    let cause = match error.kind() {
        io::ErrorKind::NotFound => "nothing is there".to_owned(),
        io::ErrorKind::PermissionDenied => cause(error),
        // Round in a circle, or through a file. Which of them, systems say in many ways.
        _ => "that leads nowhere".to_owned(),
    };
    Problem::new(format!("`{}` is a link to `{to}`, and {cause}; nothing was written", link.display()))
        .help(format!("make the {what} that it leads to, or remove the link"))
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

/// That of the file whose place it takes. A new one is an ordinary file, where temporary ones are made for their owner
/// alone.
fn set_mode(file: &NamedTempFile, place: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let there = fs::metadata(place).ok().filter(fs::Metadata::is_file).map(|it| it.permissions());
        let mode = there.unwrap_or_else(|| fs::Permissions::from_mode(0o644));
        // A result that stays private is still a result.
        let _ = file.as_file().set_permissions(mode);
    }
    #[cfg(not(unix))]
    let _ = (file, place);
}

/// Why a file is not written.
#[must_use]
pub fn cannot_write(path: &Path, error: &io::Error) -> Problem {
    Problem::new(format!("cannot write `{}`: {}", path.display(), cause(error)))
}
