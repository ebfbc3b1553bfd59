//! The report folder on disk: one file per run, written completely, never over another file.

use std::cell::{Cell, RefCell};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::commands::context::reports::{DEFAULT_PARTS, ReportFolder};
use crate::host::clock::Clock;
use crate::host::files::{FilePlace, WholeFile, cannot_write};
use crate::host::signals::Signals;
use crate::model::names::Locale;
use crate::model::observed::Organization;
use crate::model::problem::{Problem, cause};
use crate::model::run_metadata::RunMetadata;
use crate::model::text;
use crate::ops::apply::BeforePost;
use crate::ops::history::sent::EXTENSION;
use crate::ops::history::{file_name, folder};
use crate::output::json::posts;
use crate::plan::change::Create;

/// The most runs in the same second, org and commit.
const SAME_SECOND_MAX: u32 = 1_000;

/// The end of a message about an unwritable file. It does not apply to a run that continues.
const NOTHING_WRITTEN: &str = "; nothing was written";

/// A report folder, or none.
#[derive(Debug, Default)]
pub struct ReportFile {
    folder: ReportFolder,
    /// The file of this run, once it exists.
    kept: RefCell<Option<Box<FilePlace>>>,
    /// The default folder could not be written, and that was reported.
    is_given_up: Cell<bool>,
}

impl ReportFile {
    /// Creates the folder if it is missing, and tests it, before anything is sent to an org. If the default folder
    /// cannot be written, that is reported and no report is stored.
    pub fn open(folder: &ReportFolder, signals: &Signals) -> Result<(ReportFile, Option<Problem>), Problem> {
        let file = || ReportFile { folder: folder.clone(), ..ReportFile::default() };
        match folder {
            ReportFolder::None => Ok((ReportFile::default(), None)),
            ReportFolder::Typed(dir) => {
                let cannot = |error| {
                    let (dir, why) = (text::unticked(dir.display()), cause(&error));
                    Problem::new(format!("cannot make the folder `{dir}`: {why}"))
                };
                fs::create_dir_all(dir).map_err(cannot)?;
                WholeFile::open(&dir.join("tried"), None, signals)?;
                Ok((file(), None))
            }
            ReportFolder::Default(top) => Ok(match ignored(top, signals) {
                Ok(()) => (file(), None),
                Err(problem) => (ReportFile::default(), Some(not_kept(&problem))),
            }),
        }
    }

    /// Stores a document in a new file. Later documents of the run replace it. Returns the file, or `None` without a
    /// folder.
    pub fn keep(
        &self,
        document: &str,
        metadata: &RunMetadata,
        org: Option<&Organization>,
        signals: &Signals,
    ) -> Result<Option<PathBuf>, Problem> {
        if self.is_given_up.get() {
            return Ok(None);
        }
        let kept = self.put(document, metadata, org, signals);
        self.is_given_up.set(kept.is_err() && !self.must_keep());
        kept
    }

    fn put(
        &self,
        document: &str,
        metadata: &RunMetadata,
        org: Option<&Organization>,
        signals: &Signals,
    ) -> Result<Option<PathBuf>, Problem> {
        let cannot = |place: &FilePlace, error| cannot_write(&place.path, &error);
        if let Some(place) = &*self.kept.borrow() {
            let new = place.private_beside(document.as_bytes(), signals).map_err(|error| cannot(place, error))?;
            signals.ended(|| place.put(new)).map_err(|(error, _)| cannot(place, error))?;
            return Ok(Some(place.path.clone()));
        }
        let within = PathBuf::from(folder(metadata, org));
        for number in 1..=SAME_SECOND_MAX {
            let Some(place) = self.place(&within.join(file_name(metadata, number)))? else { return Ok(None) };
            place.make_folder(&mut Vec::new())?;
            let new = place.private_beside(document.as_bytes(), signals).map_err(|error| cannot(&place, error))?;
            match signals.ended(|| place.put_new(new)) {
                Ok(()) => {
                    let path = place.path.clone();
                    *self.kept.borrow_mut() = Some(Box::new(place));
                    return Ok(Some(path));
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(cannot(&place, error)),
            }
        }
        let dir = self.folder.path().unwrap_or_default().join(within);
        Err(Problem::new(format!("`{}` holds too many reports of one second", text::unticked(dir.display()))))
    }

    /// Records each POST beside the report before it is sent. `None` without a report. If a line cannot be written, the
    /// file is removed: without it, each create of the report counts as sent.
    pub fn before_post(&self, clock: Clock, default_locale: &Locale, signals: &Signals) -> Option<BeforePost> {
        let place = self.kept.borrow().as_ref()?.beside_it(EXTENSION);
        let new = place.private_beside(b"", signals).ok()?;
        signals.ended(|| place.put_new(new)).ok()?;
        let file = place.append().ok();
        if file.is_none() {
            let _ = place.remove();
        }
        let (file, default_locale) = (Mutex::new(file), default_locale.clone());
        Some(Arc::new(move |create: &Create| {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            let line = posts::line(create, &default_locale, clock.now());
            let noted = file.as_mut().map(|it| it.write_all(line.as_bytes()).and_then(|()| it.sync_data()));
            if matches!(noted, Some(Err(_))) {
                *file = None;
                let _ = place.remove();
            }
        }))
    }

    /// Does a failed write of the report fail the run? It does if the folder was typed.
    pub fn must_keep(&self) -> bool {
        matches!(self.folder, ReportFolder::Typed(_))
    }

    /// The place of a file in the folder. Below a typed folder, no link is followed.
    fn place(&self, name: &Path) -> Result<Option<FilePlace>, Problem> {
        let Some(dir) = self.folder.path() else { return Ok(None) };
        let place = match &self.folder {
            ReportFolder::Default(top) => FilePlace::below(top, &below_default(name)),
            ReportFolder::Typed(_) | ReportFolder::None => FilePlace::below(&dir, name),
        };
        let place = place.map_err(|error| cannot_write(&dir.join(name), &error))?;
        Ok(Some(place.named(dir.join(name))))
    }
}

/// The note that no report is stored in the default folder, with the reason.
pub fn not_kept(problem: &Problem) -> Problem {
    let why = problem.message.strip_suffix(NOTHING_WRITTEN).unwrap_or(&problem.message);
    Problem::new(format!("no report of this run is kept, and the run goes on: {why}"))
        .help("give `--report-dir DIR`, or `--no-report` to keep none")
}

fn below_default(name: &Path) -> PathBuf {
    DEFAULT_PARTS.iter().collect::<PathBuf>().join(name)
}

/// Creates and tests the default folder, and makes Git ignore its content.
fn ignored(top: &Path, signals: &Signals) -> Result<(), Problem> {
    let place = FilePlace::below(top, &below_default(Path::new(".gitignore")));
    let place = place.map_err(|error| cannot_write(&top.join(below_default(Path::new(".gitignore"))), &error))?;
    place.make_folder(&mut Vec::new())?;
    let new = place.private_beside(b"*\n", signals).map_err(|error| cannot_write(&place.path, &error))?;
    match signals.ended(|| place.put_new(new)) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(cannot_write(&place.path, &error)),
    }
}
