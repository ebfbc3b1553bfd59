//! The folder of reports, on the disk: one file a run, written whole and over nothing.

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
use crate::ops::history::posts::EXTENSION;
use crate::ops::history::{file_name, folder};
use crate::output::json::posts;
use crate::plan::change::Create;

/// How many runs of one second, org and commit are told apart.
const SAME_SECOND_MAX: u32 = 1_000;

/// Said of a file that cannot be written. Of a run that goes on it is not true.
const NOTHING_WRITTEN: &str = "; nothing was written";

/// A folder of reports, or none.
#[derive(Debug, Default)]
pub struct ReportFile {
    folder: ReportFolder,
    /// The file of this run, once there is one.
    kept: RefCell<Option<Box<FilePlace>>>,
    /// The default folder could not be written, and that was said.
    is_given_up: Cell<bool>,
}

impl ReportFile {
    /// Makes the folder where there is none, and tries it, before anything is sent to an org. If the default one
    /// cannot be written, a sentence says so, and nothing is kept.
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

    /// Keeps a document: in a new file, and later ones of the run in its place. Gives the file; none if there is no folder.
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

    /// What notes each POST beside the report of this run before it is sent; none if there is no report. Where a line cannot
    /// be written, the file goes: without it, each create of the report counts as sent.
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

    /// Is a failure to keep a report one of the whole run? The folder was typed.
    pub fn must_keep(&self) -> bool {
        matches!(self.folder, ReportFolder::Typed(_))
    }

    /// Where a file of the folder belongs. Below what was typed, or is looked up, no link is followed.
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

/// That a report is not kept in the default folder, and why.
pub fn not_kept(problem: &Problem) -> Problem {
    let why = problem.message.strip_suffix(NOTHING_WRITTEN).unwrap_or(&problem.message);
    Problem::new(format!("no report of this run is kept, and the run goes on: {why}"))
        .help("give `--report-dir DIR`, or `--no-report` to keep none")
}

fn below_default(name: &Path) -> PathBuf {
    DEFAULT_PARTS.iter().collect::<PathBuf>().join(name)
}

/// Makes the default folder, tries it, and has Git ignore what is in it.
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
