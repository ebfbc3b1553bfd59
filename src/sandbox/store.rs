//! The sandbox's files: the state with its lock and its changes, seeds, fault scripts. All disk IO is here.
//!
//! # Guarantees
//! - A change is on disk before its response. A killed process loses nothing that it answered.
//! - The state file is replaced completely or not at all. An unreadable file is never replaced.
//! - Two processes never write one state.
//! - No link to a file with an untyped path is followed: neither to the state of `--sandbox` nor to the files next to
//!   any state.
//!
//! A state of up to [`WHOLE_BYTES_MAX`] is written completely with every change, so that the file is always current.
//! A larger one has `<file>.changes`, with one JSON line per change, until that is as long as the state. Then, and at
//! the next start, both become one new file. So 2,000 changes to an org of 10 MB write some MB, not 20 GB.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::behavior::Behavior;
use super::config::SandboxError;
use super::document::{DocumentProblem, FORMAT_VERSION, StateChange, StateDocument};
use super::faults::{FaultDocument, FaultRule};
use super::org::SimulatedOrg;
use super::seed;
use crate::host::nofollow::{self, Fault, Folder, Kind, Write};
use crate::model::limits::{SANDBOX_FAULTS_BYTES_MAX, SANDBOX_SEED_BYTES_MAX, SANDBOX_STATE_BYTES_MAX, read_within};
use crate::model::text;

/// Up to this size, the state is written completely with every change.
pub const WHOLE_BYTES_MAX: u64 = 256 * 1024;

/// Reads the definitions of a seed file: a JSON list of definitions in the API's form, or a response with the list in
/// `entities`.
pub fn read_seed_file(path: &Path) -> Result<Vec<Value>, SandboxError> {
    let text = read(path, SANDBOX_SEED_BYTES_MAX)?;
    seed::parse_definitions(&text).map_err(|problem| broken("seed", path, problem))
}

/// Reads a fault script: `{"faults": [ … ]}`, see [`FaultRule`].
pub fn read_fault_file(path: &Path) -> Result<Vec<FaultRule>, SandboxError> {
    let text = read(path, SANDBOX_FAULTS_BYTES_MAX)?;
    let document = FaultDocument::parse(&text).map_err(|problem| broken("fault file", path, problem))?;
    Ok(document.faults)
}

/// Reads the behaviour of an org: see [`Behavior`].
pub fn read_behavior_file(path: &Path) -> Result<Behavior, SandboxError> {
    let text = read(path, SANDBOX_FAULTS_BYTES_MAX)?;
    Behavior::parse(&text).map_err(|problem| broken("behavior file", path, problem))
}

/// The state file of one org, locked for the lifetime of this value.
#[derive(Debug)]
pub struct Store {
    place: Place,
    // The lock, which ends with this value.
    _lock: File,
    state_bytes: u64,
    changes: Option<File>,
    changes_bytes: u64,
    // The next write writes everything. A failed write may have left an incomplete line and an unsaved change. Also,
    // lines of this version must not follow a state of an older one.
    is_behind: bool,
}

/// The places of the state file and the files next to it.
#[derive(Debug)]
struct Place {
    folder: Folder,
    way: Way,
    state: Beside,
    changes: Beside,
    lock: Beside,
}

/// How its folder is opened again, because it may have been removed and created again.
#[derive(Debug)]
enum Way {
    Typed(PathBuf),
    Below(Folder, Vec<OsString>),
}

/// The state file, or one next to it.
#[derive(Debug)]
struct Beside {
    name: OsString,
    path: PathBuf,
}

impl Place {
    /// `below` is the folder below which no link is followed. Without it, the path was typed, and its links are
    /// followed.
    fn find(path: &Path, below: Option<&Path>) -> Result<Place, SandboxError> {
        let (folder, way, name) = match below {
            Some(top) => made(top, path)?,
            None => typed(path)?,
        };
        let beside = |suffix: &str| {
            let with_suffix = |it: &OsStr| {
                let mut longer = it.to_owned();
                longer.push(suffix);
                longer
            };
            Beside { name: with_suffix(&name), path: PathBuf::from(with_suffix(path.as_os_str())) }
        };
        Ok(Place { state: beside(""), changes: beside(".changes"), lock: beside(".lock"), folder, way })
    }

    fn is_there(&self, file: &Beside) -> Result<bool, SandboxError> {
        match self.folder.kind(&file.name).map_err(failed("read", &file.path))? {
            None => Ok(false),
            Some(Kind::File) => Ok(true),
            Some(Kind::Link) => Err(SandboxError::Link { path: file.path.clone() }),
            Some(Kind::Folder | Kind::Other) => Err(SandboxError::NotAFile { path: file.path.clone() }),
        }
    }

    fn read(&self, file: &Beside) -> Result<Vec<u8>, SandboxError> {
        let gone = || failed("read", &file.path)(io::ErrorKind::NotFound.into());
        let opened = self.folder.read(&file.name).map_err(refused("read", &file.path))?.ok_or_else(gone)?;
        whole(opened, &file.path, SANDBOX_STATE_BYTES_MAX)
    }

    fn reopened(&self) -> Result<Folder, Fault> {
        match &self.way {
            Way::Typed(path) => Ok(Folder::open(path)?),
            Way::Below(top, parts) => parts.iter().try_fold(top.clone(), |folder, part| {
                folder.folder(part)?.ok_or_else(|| Fault::Io(io::ErrorKind::NotFound.into()))
            }),
        }
    }

    fn write_atomically(&self, file: &Beside, text: &[u8]) -> Result<(), Fault> {
        let folder = self.reopened()?;
        let mode = folder.mode(&file.name);
        let mut new = folder.temporary(mode.is_some())?;
        new.file().write_all(text)?;
        mode.map_or(Ok(()), |mode| new.set_mode(mode))?;
        new.file().sync_all()?;
        new.persist(&folder, &file.name).map_err(|(error, _)| error)?;
        // The new name is in the folder, which must reach the disk too.
        Ok(folder.sync()?)
    }

    fn locked(&self) -> Result<File, SandboxError> {
        let Beside { name, path } = &self.lock;
        let lock = self.folder.write(name, Write::Lock).map_err(refused("write", path))?;
        match lock.try_lock() {
            Ok(()) => Ok(lock),
            Err(TryLockError::WouldBlock) => Err(SandboxError::InUse { path: self.state.path.clone() }),
            Err(TryLockError::Error(error)) => Err(failed("lock", path)(error)),
        }
    }
}

/// The folder of a state file below another one. Missing parts are created.
fn made(top: &Path, path: &Path) -> Result<(Folder, Way, OsString), SandboxError> {
    let below = path.strip_prefix(top).unwrap_or(path);
    let mut parts = nofollow::parts(below);
    let no_name = || failed("read", path)(io::ErrorKind::InvalidInput.into());
    let name = parts.pop().ok_or_else(no_name)?;
    let top = Folder::open(top).map_err(failed("read", top))?;
    let mut folder = top.clone();
    for part in &parts {
        let part_path = folder.path_of(part);
        (folder, _) = folder.folder_or_new(part).map_err(refused("make the folder", &part_path))?;
    }
    Ok((folder, Way::Below(top, parts), name))
}

/// The folder of a typed state file. Missing folders are created. A link is followed to its end, so that the other
/// files are next to the real state.
fn typed(path: &Path) -> Result<(Folder, Way, OsString), SandboxError> {
    let real = match fs::canonicalize(path) {
        Ok(real) => real,
        // A broken link: the intended state does not exist.
        Err(error) if path.is_symlink() => return Err(failed("read", path)(error)),
        Err(_) => path.to_owned(),
    };
    let folder = folder_of(&real);
    fs::create_dir_all(folder).map_err(failed("make the folder", folder))?;
    let opened = Folder::open(folder).map_err(failed("read", folder))?;
    let no_name = || failed("read", path)(io::ErrorKind::InvalidInput.into());
    Ok((opened, Way::Typed(folder.to_owned()), real.file_name().ok_or_else(no_name)?.to_owned()))
}

impl Store {
    /// Locks a state file and returns its org. Without a file, `begin` makes the org, which is written at once. Folders
    /// are created. Below the folder `below`, no link is followed. Without it, the path was typed and may be a link.
    pub fn open(
        path: &Path,
        below: Option<&Path>,
        begin: impl FnOnce() -> Result<SimulatedOrg, SandboxError>,
    ) -> Result<(Self, SimulatedOrg), SandboxError> {
        let place = Place::find(path, below)?;
        // All are checked before the first is created.
        place.is_there(&place.lock)?;
        let is_new = !place.is_there(&place.state)?;
        place.is_there(&place.changes)?;
        let lock = place.locked()?;
        // Another process may have created it in the meantime.
        let is_new = is_new && !place.is_there(&place.state)?;
        let (mut org, version, bytes) = if is_new { (begin()?, FORMAT_VERSION, 0) } else { restored(&place)? };
        let changes_left = !is_new && repeat_changes(&mut org, &place)?;
        let mut store = Self {
            place,
            _lock: lock,
            state_bytes: bytes,
            changes: None,
            changes_bytes: 0,
            is_behind: version < FORMAT_VERSION,
        };
        if is_new || changes_left {
            store.write_whole(&org)?;
        }
        Ok((store, org))
    }

    /// Writes a change to disk. `org` already includes it.
    pub fn write(&mut self, org: &SimulatedOrg, change: &StateChange) -> Result<(), SandboxError> {
        let whole = self.is_behind || self.state_bytes <= WHOLE_BYTES_MAX || self.changes_bytes > self.state_bytes;
        let written = if whole { self.write_whole(org) } else { self.write_change(change) };
        self.is_behind = written.is_err();
        written
    }

    fn write_change(&mut self, change: &StateChange) -> Result<(), SandboxError> {
        let Beside { name, path } = &self.place.changes;
        let mut line = serde_json::to_vec(change).map_err(|it| failed("write", path)(it.into()))?;
        line.push(b'\n');
        let mut file = if let Some(file) = self.changes.take() {
            file
        } else {
            let opened = self.place.reopened().and_then(|folder| folder.write(name, Write::Append));
            opened.map_err(refused("write", path))?
        };
        file.write_all(&line).and_then(|()| file.sync_data()).map_err(failed("write", path))?;
        self.changes = Some(file);
        self.changes_bytes += line.len() as u64;
        Ok(())
    }

    fn write_whole(&mut self, org: &SimulatedOrg) -> Result<(), SandboxError> {
        let Place { folder: _, way: _, state, changes, lock: _ } = &self.place;
        let mut text = serde_json::to_vec_pretty(&org.state()).map_err(|it| failed("write", &state.path)(it.into()))?;
        text.push(b'\n');
        self.place.write_atomically(state, &text).map_err(refused("write", &state.path))?;
        self.state_bytes = text.len() as u64;
        // Between the two steps, the lines are outdated, which their numbers show.
        self.changes = None;
        self.changes_bytes = 0;
        let removed = self.place.reopened().and_then(|folder| Ok(folder.remove(&changes.name)?));
        removed.map_err(refused("remove", &changes.path))
    }
}

/// The org of a state file, the version of the file, and its length.
fn restored(place: &Place) -> Result<(SimulatedOrg, u64, u64), SandboxError> {
    let path = &place.state.path;
    let text = place.read(&place.state)?;
    let document = StateDocument::parse(&text).map_err(|problem| match problem {
        DocumentProblem::Version(found) => SandboxError::Version { path: path.clone(), found, known: FORMAT_VERSION },
        DocumentProblem::Broken(problem) => broken("state", path, problem),
    })?;
    let version = document.format_version;
    let org = SimulatedOrg::restored(document).map_err(|problem| broken("state", path, problem))?;
    Ok((org, version, text.len() as u64))
}

/// Applies the changes after a state. Returns whether they have a file.
fn repeat_changes(org: &mut SimulatedOrg, place: &Place) -> Result<bool, SandboxError> {
    if !place.is_there(&place.changes)? {
        return Ok(false);
    }
    let text = place.read(&place.changes)?;
    // Text after the last line break was being written when the process ended, and was never answered.
    let complete = text.iter().rposition(|it| *it == b'\n').map_or(&[][..], |end| &text[..end]);
    for (index, line) in complete.split(|it| *it == b'\n').enumerate().filter(|(_, line)| !line.is_empty()) {
        let change: StateChange = serde_json::from_slice(line)
            .map_err(|error| broken("state", &place.changes.path, format!("line {}: {error}", index + 1)))?;
        org.repeat(change);
    }
    Ok(true)
}

fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, SandboxError> {
    whole(File::open(path).map_err(failed("read", path))?, path, bytes_max)
}

fn whole(file: File, path: &Path, bytes_max: u64) -> Result<Vec<u8>, SandboxError> {
    let mut text = read_within(file, bytes_max)
        .map_err(failed("read", path))?
        .ok_or_else(|| SandboxError::TooLong { path: path.to_owned(), bytes_max })?;
    let rest = text::without_mark(&text).map_err(|error| broken("file", path, error.to_string()))?;
    let mark = text.len() - rest.len();
    text.drain(..mark);
    Ok(text)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn failed(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SandboxError {
    move |source| SandboxError::File { act, path: path.to_owned(), source }
}

fn refused(act: &'static str, path: &Path) -> impl FnOnce(Fault) -> SandboxError {
    move |fault| match fault {
        Fault::Link(path) => SandboxError::Link { path },
        Fault::NotAFile(path) => SandboxError::NotAFile { path },
        Fault::NotAFolder(path) => SandboxError::NotAFolder { path },
        Fault::Io(source) => failed(act, path)(source),
    }
}

fn broken(kind: &'static str, path: &Path, problem: String) -> SandboxError {
    SandboxError::Broken { kind, path: path.to_owned(), problem }
}
