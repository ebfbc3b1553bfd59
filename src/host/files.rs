//! The files that a run writes: completely or not at all, if the system can replace a file. Each is tested before
//! anything else.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::host::nofollow::{self, Fault, Folder, Kind, Temporary, Write};
use crate::host::signals::Signals;
use crate::model::limits::{PLACED_BYTES_MAX, STEP_SUMMARY_BYTES_MAX, read_within};
use crate::model::problem::{Problem, cause};
use crate::model::text;

/// A file to write.
#[derive(Debug)]
pub struct WholeFile {
    pub path: PathBuf,
    /// Its real path, in any spelling.
    pub real: PathBuf,
    pub way: Way,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Written next to its final name, then renamed.
    Whole,
    /// Written in place: it is not a regular file, for example a pipe or a link.
    Direct,
    /// Appended, because others write to it too.
    Append,
}

impl WholeFile {
    /// Tests it and leaves nothing behind. `shared` is the file that others write to as well.
    pub fn open(path: &Path, shared: Option<&Path>, signals: &Signals) -> Result<WholeFile, Problem> {
        if path.is_dir() {
            return Err(Problem::new(format!("cannot write `{}`: it is a folder", text::unticked(path.display()))));
        }
        let real = real_path(path);
        // A link is followed: its target may be a device, and the user made the link.
        let way = if path.is_file() && shared.is_some_and(|it| real_path(it) == real) {
            Way::Append
        } else if path.is_symlink() || (path.exists() && !path.is_file()) {
            Way::Direct
        } else {
            Way::Whole
        };
        let in_place = || fs::OpenOptions::new().append(true).open(path).map(drop);
        let tried = match way {
            Way::Whole if path.is_file() && cannot_be_renamed_over(path) => in_place(),
            Way::Whole => match signals.ended(|| NamedTempFile::new_in(folder_of(path))?.close()) {
                Err(error) if is_refused(&error) && path.is_file() => in_place(),
                tried => tried,
            },
            Way::Direct | Way::Append if path.is_file() => in_place(),
            // Opening a pipe would wait for its reader.
            Way::Direct | Way::Append => Ok(()),
        };
        tried.map_err(|error| cannot_write(path, &error))?;
        Ok(WholeFile { path: path.to_owned(), real, way })
    }

    /// The remaining room in bytes. `None` without a limit.
    pub fn room(&self) -> Option<u64> {
        let length = || fs::metadata(&self.path).map_or(0, |it| it.len());
        let taken = |length: u64| if length > 0 { length.saturating_add(BETWEEN_BYTES) } else { 0 };
        (self.way == Way::Append).then(|| STEP_SUMMARY_BYTES_MAX.saturating_sub(taken(length())))
    }

    pub fn write(&self, content: impl AsRef<[u8]>, signals: &Signals) -> Result<(), Problem> {
        let content = content.as_ref();
        let written = match self.way {
            Way::Direct => match fs::write(&self.path, content) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                written => written,
            },
            Way::Append => self.append(content),
            Way::Whole => match self.replace(content, signals) {
                // A file that a crash could leave incomplete is better than a lost result.
                Err(error) if is_refused(&error) && self.path.is_file() => {
                    fs::OpenOptions::new().write(true).open(&self.path).and_then(|it| write_over(it, content))
                }
                written => written,
            },
        };
        written.map_err(|error| cannot_write(&self.path, &error))
    }

    fn replace(&self, content: &[u8], signals: &Signals) -> io::Result<()> {
        let place = FilePlace::typed(&self.path)?;
        let new = place.beside(content, signals)?;
        signals.ended(|| place.put(new).map_err(|(error, _)| error))
    }

    /// In a single write, because others may write too. An empty line separates it from earlier content.
    fn append(&self, content: &[u8]) -> io::Result<()> {
        if content.is_empty() {
            return Ok(());
        }
        let mut file = fs::OpenOptions::new().append(true).open(&self.path)?;
        let between: &[u8] = if file.metadata()?.len() > 0 { BETWEEN } else { &[] };
        file.write_all(&[between, content].concat())
    }
}

fn write_over(mut file: fs::File, content: &[u8]) -> io::Result<()> {
    file.write_all(content)?;
    file.set_len(u64::try_from(content.len()).unwrap_or(u64::MAX))?;
    file.sync_all()
}

/// The separator between two results in a shared file.
const BETWEEN: &[u8] = b"\n\n";
const BETWEEN_BYTES: u64 = 2;

/// Does the system refuse to create a file next to another one, or to rename over it? A mounted file is busy.
pub fn is_refused(error: &io::Error) -> bool {
    use io::ErrorKind::{CrossesDevices, PermissionDenied, ReadOnlyFilesystem, ResourceBusy};
    matches!(error.kind(), ResourceBusy | CrossesDevices | PermissionDenied | ReadOnlyFilesystem)
}

/// Will a rename over this file fail, although a file can be created next to it? That is so if it is mounted, or
/// belongs to another user in a folder such as `/tmp`.
#[cfg(unix)]
fn cannot_be_renamed_over(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    const STICKY: u32 = 0o1000;
    let me = rustix::process::geteuid();
    let is_kept = || {
        let (file, folder) = (fs::metadata(path).ok()?, fs::metadata(folder_of(path)).ok()?);
        let is_mine = me.is_root() || [file.uid(), folder.uid()].contains(&me.as_raw());
        Some(folder.mode() & STICKY != 0 && !is_mine)
    };
    is_mounted(path) || is_kept().unwrap_or(false)
}

#[cfg(not(unix))]
fn cannot_be_renamed_over(_: &Path) -> bool {
    false
}

#[cfg(target_os = "linux")]
fn is_mounted(path: &Path) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    let found = statx(CWD, path, AtFlags::empty(), StatxFlags::BASIC_STATS);
    found.is_ok_and(|it| it.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

#[cfg(all(unix, not(target_os = "linux")))]
fn is_mounted(_: &Path) -> bool {
    false
}

/// The place of a file: an existing folder, and the relative path. No link in that path is followed.
#[derive(Debug)]
pub struct FilePlace {
    pub path: PathBuf,
    top: Folder,
    folders: Vec<OsString>,
    name: OsString,
}

impl FilePlace {
    /// A file whose whole path was typed. All its links are followed.
    pub fn typed(path: &Path) -> io::Result<FilePlace> {
        let real = if path.is_symlink() { real_path(path) } else { path.to_owned() };
        let name = real.file_name().map_or(Path::new(""), Path::new);
        FilePlace::find(folder_of(&real), name, path)
    }

    /// A file below a typed folder. Only links in the path of the folder are followed.
    pub fn below(folder: &Path, name: &Path) -> io::Result<FilePlace> {
        FilePlace::find(folder, name, &folder.join(name))
    }

    fn find(folder: &Path, below: &Path, path: &Path) -> io::Result<FilePlace> {
        let near = folder.ancestors().find(|it| it.is_dir()).unwrap_or(Path::new(""));
        let mut folders = nofollow::parts(&folder.strip_prefix(near).unwrap_or(folder).join(below));
        let name = folders.pop().ok_or(io::ErrorKind::InvalidInput)?;
        Ok(FilePlace { path: path.to_owned(), top: Folder::open(near)?, folders, name })
    }

    /// The same place with another displayed name.
    pub fn named(self, path: PathBuf) -> FilePlace {
        FilePlace { path, ..self }
    }

    /// Its folder, or the nearest existing parent.
    fn nearest(&self) -> Result<(Folder, &[OsString]), Fault> {
        let (mut folder, mut missing) = (self.top.clone(), self.folders.as_slice());
        while let Some((name, rest)) = missing.split_first() {
            match folder.folder(name)? {
                Some(inner) => (folder, missing) = (inner, rest),
                None => break,
            }
        }
        Ok((folder, missing))
    }

    /// The kind of the existing entry, and its folder. `None` if the folder is missing.
    fn kind(&self) -> Result<Option<(Kind, Folder)>, Fault> {
        match self.nearest()? {
            (folder, []) => Ok(folder.kind(&self.name)?.map(|kind| (kind, folder))),
            (_, [_, ..]) => Ok(None),
        }
    }

    /// Is it a link, to any target?
    pub fn is_link(&self) -> bool {
        matches!(self.kind(), Ok(Some((Kind::Link, _))))
    }

    /// The content of the file. `None` if it does not exist.
    pub fn there(&self) -> Result<Option<Vec<u8>>, Problem> {
        let read = || {
            let Some((_, folder)) = self.kind()? else { return Ok(None) };
            let Some(file) = folder.read(&self.name)? else { return Ok(None) };
            let too_long = || io::Error::other(format!("it is longer than {} MiB", PLACED_BYTES_MAX / (1024 * 1024)));
            Ok(Some(read_within(file, PLACED_BYTES_MAX)?.ok_or_else(too_long)?))
        };
        read().map_err(|fault| self.in_the_way(fault))
    }

    fn in_the_way(&self, fault: Fault) -> Problem {
        match fault {
            Fault::Link(link) => is_a_link(&link),
            Fault::NotAFolder(path) => stands_there(&path, "no folder"),
            Fault::NotAFile(path) if path.is_dir() => stands_there(&path, "a folder"),
            Fault::NotAFile(path) => stands_there(&path, "no regular file"),
            Fault::Io(error) => {
                let (path, cause) = (self.path.display(), cause(&error));
                Problem::new(format!("cannot read {path}: {cause}; nothing was written", path = text::ticked(path)))
                    .help("look at its permissions and those of its folder, or choose another folder")
            }
        }
    }

    /// A complete file with the mode of the one that it replaces. It is in the same folder, or in the nearest existing
    /// parent. A new file has the mode of the umask.
    pub fn beside(&self, content: &[u8], signals: &Signals) -> io::Result<Temporary> {
        let (near, missing) = self.nearest().map_err(as_io)?;
        let mode = if missing.is_empty() { near.mode(&self.name) } else { None };
        let mut new = new_in(&near, mode.is_some(), signals)?;
        new.file().write_all(content)?;
        if let Some(mode) = mode {
            // A result that stays private is better than none.
            let _ = new.set_mode(mode);
        }
        new.file().sync_all()?;
        Ok(new)
    }

    /// Like [`FilePlace::beside`], but only the owner may read it.
    pub fn private_beside(&self, content: &[u8], signals: &Signals) -> io::Result<Temporary> {
        let (near, _) = self.nearest().map_err(as_io)?;
        let mut new = new_in(&near, true, signals)?;
        new.file().write_all(content)?;
        new.file().sync_all()?;
        Ok(new)
    }

    /// Moves a file into place, replacing an existing one.
    pub fn put(&self, new: Temporary) -> Result<(), (io::Error, Temporary)> {
        match self.nearest() {
            Ok((folder, [])) => new.persist(&folder, &self.name),
            Ok((_, [_, ..])) => Err((io::ErrorKind::NotFound.into(), new)),
            Err(fault) => Err((as_io(fault), new)),
        }
    }

    /// Overwrites the existing file in place, if it cannot be replaced.
    pub fn write_over(&self, content: &[u8]) -> io::Result<()> {
        match self.kind().map_err(as_io)? {
            Some((_, folder)) => write_over(folder.write(&self.name, Write::Lock).map_err(as_io)?, content),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Moves a file into place, unless one exists.
    pub fn put_new(&self, new: Temporary) -> io::Result<()> {
        match self.nearest().map_err(as_io)? {
            (folder, []) => new.persist_new(&folder, &self.name),
            (_, [_, ..]) => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Creates its folder if it is missing. Adds the created folders to `made`, outermost first, each with its parent,
    /// even if an error follows.
    pub fn make_folder(&self, made: &mut Vec<(Folder, OsString)>) -> Result<(), Problem> {
        let mut folder = self.top.clone();
        for name in &self.folders {
            let (inner, is_new) = folder.folder_or_new(name).map_err(|fault| match fault {
                Fault::Io(error) => {
                    let path = folder.path_of(name);
                    Problem::new(format!(
                        "cannot make the folder `{}`: {}",
                        text::unticked(path.display()),
                        cause(&error)
                    ))
                }
                fault => self.in_the_way(fault),
            })?;
            if is_new {
                made.push((folder, name.clone()));
            }
            folder = inner;
        }
        Ok(())
    }

    /// The same place with another file extension.
    pub fn beside_it(&self, extension: &str) -> FilePlace {
        let name = Path::new(&self.name).with_extension(extension).into_os_string();
        FilePlace {
            path: self.path.with_extension(extension),
            top: self.top.clone(),
            folders: self.folders.clone(),
            name,
        }
    }

    /// Opens it for appending.
    pub fn append(&self) -> io::Result<fs::File> {
        match self.nearest().map_err(as_io)? {
            (folder, []) => folder.write(&self.name, Write::Append).map_err(as_io),
            (_, [_, ..]) => Err(io::ErrorKind::NotFound.into()),
        }
    }

    pub fn remove(&self) -> io::Result<()> {
        match self.kind().map_err(as_io)? {
            Some((_, folder)) => folder.remove(&self.name),
            None => Ok(()),
        }
    }
}

/// An empty file that is removed unless it is moved into place.
fn new_in(folder: &Folder, is_private: bool, signals: &Signals) -> io::Result<Temporary> {
    signals.begun(|| {
        let new = folder.temporary(is_private)?;
        let path = new.path();
        Ok((new, path))
    })
}

fn as_io(fault: Fault) -> io::Error {
    let what = |path: &Path, is: &str| io::Error::other(format!("`{}` is {is}", text::unticked(path.display())));
    match fault {
        Fault::Link(path) => what(&path, "a link, and no link is followed there"),
        Fault::NotAFile(path) => what(&path, "no regular file"),
        Fault::NotAFolder(path) => what(&path, "no folder"),
        Fault::Io(error) => error,
    }
}

/// The problem of a typed path with a broken link.
pub fn leads_somewhere(path: &Path) -> Result<(), Problem> {
    let mut outer: Vec<&Path> = path.ancestors().filter(|it| !it.as_os_str().is_empty()).collect();
    outer.reverse();
    for (index, part) in outer.iter().enumerate().filter(|(_, it)| it.is_symlink()) {
        if let Err(error) = fs::metadata(part) {
            let what = if index + 1 == outer.len() { "file" } else { "folder" };
            return Err(leads_nowhere(part, what, &error));
        }
    }
    Ok(())
}

fn is_a_link(link: &Path) -> Problem {
    let link = link.display();
    Problem::new(format!(
        "{link} is a link, and no link is followed there; nothing was written",
        link = text::ticked(link)
    ))
    .help("remove the link or put what it leads to in its place, or choose another folder")
}

fn stands_there(path: &Path, what: &str) -> Problem {
    Problem::new(format!("cannot write to `{}`: it is {what}; nothing was written", text::unticked(path.display())))
        .help("move it out of the way, or choose another folder")
}

fn leads_nowhere(link: &Path, what: &str, error: &io::Error) -> Problem {
    let to = fs::read_link(link).map_or_else(|_| "?".to_owned(), |it| it.display().to_string());
    let cause = match error.kind() {
        io::ErrorKind::NotFound => "nothing is there".to_owned(),
        io::ErrorKind::PermissionDenied => cause(error),
        // A loop, or a path through a file. Systems report it in different ways.
        _ => "that leads nowhere".to_owned(),
    };
    Problem::new(format!("`{}` is a link to `{to}`, and {cause}; nothing was written", text::unticked(link.display())))
        .help(format!("make the {what} that it leads to, or remove the link"))
}

/// The YAML files in a folder whose first bytes match, by name.
pub fn beginning(folder: &Path, is_meant: impl Fn(&str) -> bool) -> Vec<String> {
    let (Ok(entries), Ok(opened)) = (fs::read_dir(folder), Folder::open(folder)) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter_map(|it| it.file_name().into_string().ok())
        .filter(|it| Path::new(it).extension().is_some_and(|it| it == "yaml"))
        .filter(|it| is_meant(&beginning_of(&opened, OsStr::new(it))))
        .collect();
    names.sort();
    names
}

/// Empty for anything that is not a file, is a link, or cannot be read.
fn beginning_of(folder: &Folder, name: &OsStr) -> String {
    const BEGINNING_BYTES: u64 = 1_024;
    let mut beginning = Vec::new();
    if let Ok(Some(file)) = folder.read(name) {
        // The bytes before an error count.
        let _ = file.take(BEGINNING_BYTES).read_to_end(&mut beginning);
    }
    String::from_utf8_lossy(text::without_mark(&beginning).unwrap_or(&beginning)).into_owned()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The real path, in any spelling.
pub fn real_path(path: &Path) -> PathBuf {
    // What a link leads to may not be there yet, and is another link at times, but not without end.
    const LINKS_MAX: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        let Ok(to) = fs::read_link(&path) else { break };
        path = folder_of(&path).join(to);
    }
    let beside = || Some(fs::canonicalize(folder_of(&path)).ok()?.join(path.file_name()?));
    fs::canonicalize(&path).ok().or_else(beside).unwrap_or_else(|| path.clone())
}

/// A suggestion for a path that does not exist.
fn nearest_path(path: &Path) -> Option<PathBuf> {
    let names_in = |folder: &Path| {
        let entries = fs::read_dir(folder).ok()?;
        Some(entries.filter_map(|it| it.ok()?.file_name().into_string().ok()).collect())
    };
    text::nearest_path(path, &|path| fs::canonicalize(path).is_ok(), &names_in)
}

/// The error of reading a typed path, with a suggestion if nothing exists there.
pub fn cannot_read(path: &Path, problem: Problem) -> Problem {
    let is_missing = fs::symlink_metadata(path).is_err_and(|it| it.kind() == io::ErrorKind::NotFound);
    match is_missing.then(|| nearest_path(path)).flatten() {
        Some(near) => problem.help(format!("did you mean {}?", text::ticked(near.display()))),
        None => problem,
    }
}

/// Why a file is not written.
pub fn cannot_write(path: &Path, error: &io::Error) -> Problem {
    let problem = Problem::new(format!("cannot write `{}`: {}", text::unticked(path.display()), cause(error)));
    let nearest = || Some(nearest_path(path.parent()?)?.join(path.file_name()?));
    match nearest().filter(|_| error.kind() == io::ErrorKind::NotFound && !folder_of(path).exists()) {
        Some(near) => problem.help(format!("did you mean {}?", text::ticked(near.display()))),
        None => problem,
    }
}

/// The path without links. `None` if it does not exist.
pub fn real(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok()
}

/// Does anything exist at this path, even a broken link?
pub fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Does this path lead to a file or folder?
pub fn leads_to_something(path: &Path) -> bool {
    fs::metadata(path).is_ok()
}
