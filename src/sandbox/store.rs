//! The sandbox's files: the state with its lock and its changes, seeds, fault scripts. All disk IO is here.
//!
//! # Guarantees
//! - A change is on the disk before it is answered; a killed process loses nothing that it answered.
//! - The state file is replaced as a whole or not at all; what cannot be read is never replaced.
//! - Two processes never write one state.
//!
//! A state of up to [`WHOLE_BYTES_MAX`] is written anew with every change, so that the file is always the whole
//! truth. A larger one is followed by `<file>.changes`, one JSON line a change, until that is as long as the state;
//! then, and at the next start, both become one new file. So 2,000 changes to an org of 10 MB write some MB, not 20 GB.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::document::{Change, DocumentProblem, FORMAT_VERSION, StateDocument};
use super::error::SandboxError;
use super::faults::{FaultDocument, FaultRule};
use super::org::Org;
use super::seed;
use crate::limits::{SANDBOX_FAULTS_BYTES_MAX, SANDBOX_SEED_BYTES_MAX, SANDBOX_STATE_BYTES_MAX};

/// Up to this size the state is written anew with every change.
pub const WHOLE_BYTES_MAX: u64 = 256 * 1024;

/// Reads the definitions of a seed file: a JSON list of definitions as the API lists them, or an answer of the
/// listing itself, whose list is `entities`.
///
/// # Errors
/// What keeps the file from being read, by its name.
pub fn read_seed_file(path: &Path) -> Result<Vec<Value>, SandboxError> {
    let text = read(path, SANDBOX_SEED_BYTES_MAX)?;
    seed::parse_definitions(&text).map_err(|problem| broken("seed", path, problem))
}

/// Reads a fault script: `{"faults": [ … ]}`, see [`FaultRule`].
///
/// # Errors
/// What keeps the file from being read, by its name; an unknown field is such a thing.
pub fn read_fault_file(path: &Path) -> Result<Vec<FaultRule>, SandboxError> {
    let text = read(path, SANDBOX_FAULTS_BYTES_MAX)?;
    let document = FaultDocument::parse(&text).map_err(|problem| broken("fault file", path, problem))?;
    Ok(document.faults)
}

/// The state file of one org, locked for as long as this lives.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    changes_path: PathBuf,
    // Held for its lock, which ends with it.
    _lock: File,
    state_bytes: u64,
    changes: Option<File>,
    changes_bytes: u64,
    // A write that failed may have left half a line, and a change that is in no file; and lines of this version must
    // not follow a state of an older one: the next write writes all.
    is_behind: bool,
}

impl Store {
    /// Locks a state file and gives the org that it holds; without one, `begin` makes the org, which is written
    /// at once. Folders are made.
    ///
    /// # Errors
    /// A file in use, unreadable, broken or of another version; what `begin` says.
    pub fn open(path: &Path, begin: impl FnOnce() -> Result<Org, SandboxError>) -> Result<(Self, Org), SandboxError> {
        let folder = folder_of(path);
        fs::create_dir_all(folder).map_err(failed("make the folder", folder))?;
        let lock = locked(path)?;
        let changes_path = beside(path, ".changes");
        let is_new = !path.try_exists().map_err(failed("read", path))?;
        let (mut org, version) = if is_new { (begin()?, FORMAT_VERSION) } else { restored(path)? };
        let changes_left = !is_new && repeat_changes(&mut org, &changes_path)?;
        let mut store = Self {
            path: path.to_owned(),
            changes_path,
            _lock: lock,
            state_bytes: 0,
            changes: None,
            changes_bytes: 0,
            is_behind: version < FORMAT_VERSION,
        };
        if is_new || changes_left {
            store.write_whole(&org)?;
        } else {
            store.state_bytes = fs::metadata(path).map_err(failed("read", path))?.len();
        }
        Ok((store, org))
    }

    /// Puts a change on the disk. `org` contains it already.
    ///
    /// # Errors
    /// What the disk says; the next change then writes the whole state.
    pub fn write(&mut self, org: &Org, change: &Change) -> Result<(), SandboxError> {
        let whole = self.is_behind || self.state_bytes <= WHOLE_BYTES_MAX || self.changes_bytes > self.state_bytes;
        let written = if whole { self.write_whole(org) } else { self.write_change(change) };
        self.is_behind = written.is_err();
        written
    }

    fn write_change(&mut self, change: &Change) -> Result<(), SandboxError> {
        let mut line = serde_json::to_vec(change).map_err(|it| failed("write", &self.changes_path)(it.into()))?;
        line.push(b'\n');
        let mut file = match self.changes.take() {
            Some(file) => file,
            None => OpenOptions::new()
                .create(true)
                .append(true)
                .open(&self.changes_path)
                .map_err(failed("write", &self.changes_path))?,
        };
        file.write_all(&line).and_then(|()| file.sync_data()).map_err(failed("write", &self.changes_path))?;
        self.changes = Some(file);
        self.changes_bytes += line.len() as u64;
        Ok(())
    }

    fn write_whole(&mut self, org: &Org) -> Result<(), SandboxError> {
        let mut text = serde_json::to_vec_pretty(&org.state()).map_err(|it| failed("write", &self.path)(it.into()))?;
        text.push(b'\n');
        write_atomically(&self.path, &text).map_err(failed("write", &self.path))?;
        self.state_bytes = text.len() as u64;
        // Between the two steps the lines are old news, which their numbers tell.
        self.changes = None;
        self.changes_bytes = 0;
        match fs::remove_file(&self.changes_path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", &self.changes_path)(error)),
            _ => Ok(()),
        }
    }
}

/// The org of a state file, and the version of the file.
fn restored(path: &Path) -> Result<(Org, u64), SandboxError> {
    let document = StateDocument::parse(&read(path, SANDBOX_STATE_BYTES_MAX)?).map_err(|problem| match problem {
        DocumentProblem::Version(found) => {
            SandboxError::Version { path: path.to_owned(), found, known: FORMAT_VERSION }
        }
        DocumentProblem::Broken(problem) => broken("state", path, problem),
    })?;
    let version = document.format_version;
    let org = Org::restored(document).map_err(|problem| broken("state", path, problem))?;
    Ok((org, version))
}

/// Repeats the changes that follow a state; says whether there is a file of them.
fn repeat_changes(org: &mut Org, path: &Path) -> Result<bool, SandboxError> {
    if !path.try_exists().map_err(failed("read", path))? {
        return Ok(false);
    }
    let text = read(path, SANDBOX_STATE_BYTES_MAX)?;
    // What follows the last line end was being written when the process ended, and was never answered.
    let complete = text.iter().rposition(|it| *it == b'\n').map_or(&[][..], |end| &text[..end]);
    for (index, line) in complete.split(|it| *it == b'\n').enumerate().filter(|(_, line)| !line.is_empty()) {
        let change: Change = serde_json::from_slice(line)
            .map_err(|error| broken("state", path, format!("line {}: {error}", index + 1)))?;
        org.repeat(change);
    }
    Ok(true)
}

fn locked(path: &Path) -> Result<File, SandboxError> {
    let lock_path = beside(path, ".lock");
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&lock_path)
        .map_err(failed("write", &lock_path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(SandboxError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(failed("lock", &lock_path)(error)),
    }
}

fn write_atomically(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    // The new name is in the folder, which has to reach the disk too. Windows has no such call for folders.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, SandboxError> {
    let mut text = Vec::new();
    let file = File::open(path).map_err(failed("read", path))?;
    file.take(bytes_max + 1).read_to_end(&mut text).map_err(failed("read", path))?;
    if text.len() as u64 > bytes_max {
        return Err(SandboxError::TooLong { path: path.to_owned(), bytes_max });
    }
    Ok(text)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn failed(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SandboxError {
    move |source| SandboxError::File { act, path: path.to_owned(), source }
}

fn broken(kind: &'static str, path: &Path, problem: String) -> SandboxError {
    SandboxError::Broken { kind, path: path.to_owned(), problem }
}
