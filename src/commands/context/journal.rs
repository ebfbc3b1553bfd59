//! The folder of reports, on the disk: one file a run, written whole and over nothing.

use std::cell::{Cell, RefCell};
use std::ffi::OsStr;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::host::clock::Clock;
use crate::host::files::{Place, WholeFile, cannot_read, cannot_write};
use crate::host::git::Git;
use crate::host::nofollow::{Fault, Folder};
use crate::host::signals::Signals;
use crate::model::limits::{REPORT_BYTES_MAX, REPORT_FOLDERS_DEEP_MAX, REPORTS_MAX};
use crate::model::names::Locale;
use crate::model::observed::Organization;
use crate::model::problem::{Problem, cause};
use crate::model::provenance::Provenance;
use crate::model::text;
use crate::ops::apply::BeforePost;
use crate::ops::history::checkout;
use crate::ops::history::{file_name, folder, posts};
use crate::plan::change::Create;

/// How many runs of one second, org and commit are told apart.
const SAME_SECOND_MAX: u32 = 1_000;

/// Where the folder is that nobody typed.
const DEFAULT_PARTS: [&str; 2] = [".presencectl", "reports"];

/// Where the reports of runs are kept, and read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ReportFolder {
    /// `--report-dir`.
    Typed(PathBuf),
    /// `.presencectl/reports` in this folder. Nobody typed it.
    Default(PathBuf),
    /// `--no-report`, or a folder that is passed over.
    #[default]
    None,
}

impl ReportFolder {
    /// The folder of a run. `here` is the current folder.
    pub fn of(typed: Option<&Path>, no_report: bool, config: Option<&Path>, here: Option<&Path>) -> ReportFolder {
        match typed {
            _ if no_report => ReportFolder::None,
            Some(typed) => ReportFolder::Typed(typed.to_owned()),
            None => {
                let top = Git::above(config.unwrap_or(Path::new(""))).map(|it| it.top().to_owned());
                // What is named by its path from here on is easier to read, and to type.
                ReportFolder::Default(top.filter(|it| Some(it.as_path()) != here).unwrap_or_default())
            }
        }
    }

    /// Its path; none if there is none.
    pub fn path(&self) -> Option<PathBuf> {
        match self {
            ReportFolder::Typed(path) => Some(path.clone()),
            ReportFolder::Default(top) => Some(DEFAULT_PARTS.iter().fold(top.clone(), |path, part| path.join(part))),
            ReportFolder::None => None,
        }
    }

    /// The folder as it may be used: the one that nobody typed is passed over where it may be somebody else's. Then a
    /// sentence says so.
    pub fn checked(self) -> (ReportFolder, Option<Problem>) {
        let (ReportFolder::Default(top), Some(path)) = (&self, self.path()) else { return (self, None) };
        let why = match link_in(top) {
            Some(link) => format!("{} is a link", text::ticked(link.display())),
            None if checkout::holds(top, &path) => "the commit that is checked out holds files in it".to_owned(),
            None => return (self, None),
        };
        let note = Problem::new(format!(
            "no report is read from {path} or kept there: {why}",
            path = text::ticked(path.display())
        ))
        .help("give `--report-dir DIR`");
        (ReportFolder::None, Some(note))
    }
}

/// The part of the folder that nobody typed which is a link.
fn link_in(top: &Path) -> Option<PathBuf> {
    let mut folder = Folder::open(top).ok()?;
    for part in DEFAULT_PARTS {
        match folder.folder(OsStr::new(part)) {
            Ok(inner) => folder = inner?,
            Err(Fault::Link(link)) => return Some(link),
            Err(_) => return None,
        }
    }
    None
}

/// The bytes of a report whose path was typed.
pub fn report_bytes(path: &Path) -> Result<Vec<u8>, String> {
    bytes(fs::File::open(path).map_err(|error| cause(&error))?)
}

/// The bytes of a report that was found in a folder. A link is not followed: nobody typed where it leads.
pub fn found_report_bytes(path: &Path) -> Result<Vec<u8>, String> {
    let (folder, name) = (path.parent().unwrap_or(Path::new("")), path.file_name().unwrap_or_default());
    match Folder::open(folder).map_err(Fault::from).and_then(|it| it.read(name)) {
        Ok(Some(file)) => bytes(file),
        Ok(None) => Err(cause(&std::io::ErrorKind::NotFound.into())),
        Err(Fault::Link(_)) => Err("it is a link, and no link is followed in a folder of reports".to_owned()),
        Err(Fault::NotAFile(_) | Fault::NotAFolder(_)) => Err("it is not a regular file".to_owned()),
        Err(Fault::Io(error)) => Err(cause(&error)),
    }
}

fn bytes(file: fs::File) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    // A pipe does not say how long it is.
    file.take(REPORT_BYTES_MAX.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| cause(&error))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > REPORT_BYTES_MAX) {
        return Err(format!("it is longer than {REPORT_BYTES_MAX} bytes"));
    }
    Ok(bytes)
}

/// Every file below a folder whose name ends as those of reports do, by name. Links to folders are not followed.
pub fn reports_in(dir: &Path) -> Result<Vec<PathBuf>, Problem> {
    let mut found = Vec::new();
    let mut folders = vec![(dir.to_owned(), 1)];
    while let Some((folder, depth)) = folders.pop() {
        let cannot = |error: &std::io::Error| {
            let problem = Problem::new(format!(
                "cannot read the folder `{}`: {}",
                text::unticked(folder.display()),
                cause(error)
            ))
            .help("give the folder that `apply --report-dir` wrote to");
            cannot_read(&folder, problem)
        };
        for entry in fs::read_dir(&folder).map_err(|error| cannot(&error))? {
            let entry = entry.map_err(|error| cannot(&error))?;
            let (path, kind) = (entry.path(), entry.file_type().map_err(|error| cannot(&error))?);
            if kind.is_dir() {
                if depth == REPORT_FOLDERS_DEEP_MAX {
                    return Err(Problem::new(format!(
                        "`{}` is too deep: folder number {REPORT_FOLDERS_DEEP_MAX}",
                        path.display()
                    ))
                    .help("give a folder that is nearer to the reports"));
                }
                folders.push((path, depth + 1));
            } else if path.extension().is_some_and(|it| it == "json") && path.is_file() {
                found.push(path);
            }
        }
        if found.len() > REPORTS_MAX {
            return Err(Problem::new(format!(
                "`{}` holds more than {REPORTS_MAX} reports",
                text::unticked(dir.display())
            ))
            .help("give the folder of one org, or move old reports elsewhere"));
        }
    }
    found.sort();
    Ok(found)
}

/// A folder of reports, or none.
#[derive(Debug, Default)]
pub struct Journal {
    folder: ReportFolder,
    /// The file of this run, once there is one.
    kept: RefCell<Option<Box<Place>>>,
    /// A folder that nobody typed could not be written to, and that was said.
    is_given_up: Cell<bool>,
}

impl Journal {
    /// Makes the folder where there is none, and tries it, before anything is sent to an org. Where one that nobody typed
    /// cannot be written to, a sentence says so, and nothing is kept.
    pub fn open(folder: &ReportFolder, signals: &Signals) -> Result<(Journal, Option<Problem>), Problem> {
        let journal = || Journal { folder: folder.clone(), ..Journal::default() };
        match folder {
            ReportFolder::None => Ok((Journal::default(), None)),
            ReportFolder::Typed(dir) => {
                let cannot = |error| {
                    let (dir, why) = (text::unticked(dir.display()), cause(&error));
                    Problem::new(format!("cannot make the folder `{dir}`: {why}"))
                };
                fs::create_dir_all(dir).map_err(cannot)?;
                WholeFile::open(&dir.join("tried"), None, signals)?;
                Ok((journal(), None))
            }
            ReportFolder::Default(top) => Ok(match ignored(top, signals) {
                Ok(()) => (journal(), None),
                Err(problem) => (Journal::default(), Some(not_kept(&problem))),
            }),
        }
    }

    /// Keeps a document: in a new file, and later ones of the run in its place. Gives the file; none if there is no folder.
    pub fn keep(
        &self,
        document: &str,
        provenance: &Provenance,
        org: Option<&Organization>,
        signals: &Signals,
    ) -> Result<Option<PathBuf>, Problem> {
        if self.is_given_up.get() {
            return Ok(None);
        }
        let kept = self.put(document, provenance, org, signals);
        self.is_given_up.set(kept.is_err() && !self.must_keep());
        kept
    }

    fn put(
        &self,
        document: &str,
        provenance: &Provenance,
        org: Option<&Organization>,
        signals: &Signals,
    ) -> Result<Option<PathBuf>, Problem> {
        let cannot = |place: &Place, error| cannot_write(&place.path, &error);
        if let Some(place) = &*self.kept.borrow() {
            let new = place.private_beside(document.as_bytes(), signals).map_err(|error| cannot(place, error))?;
            signals.ended(|| place.put(new)).map_err(|(error, _)| cannot(place, error))?;
            return Ok(Some(place.path.clone()));
        }
        let within = PathBuf::from(folder(provenance, org));
        for number in 1..=SAME_SECOND_MAX {
            let Some(place) = self.place(&within.join(file_name(provenance, number)))? else { return Ok(None) };
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
        let place = self.kept.borrow().as_ref()?.beside_it(posts::EXTENSION);
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
    fn place(&self, name: &Path) -> Result<Option<Place>, Problem> {
        let Some(dir) = self.folder.path() else { return Ok(None) };
        let place = match &self.folder {
            ReportFolder::Default(top) => Place::below(top, &below_default(name)),
            ReportFolder::Typed(_) | ReportFolder::None => Place::below(&dir, name),
        };
        let place = place.map_err(|error| cannot_write(&dir.join(name), &error))?;
        Ok(Some(place.named(dir.join(name))))
    }
}

/// That a report is not kept in the folder that nobody typed, and why.
pub fn not_kept(problem: &Problem) -> Problem {
    Problem::new(format!("no report of this run is kept: {}", problem.message))
        .help("give `--report-dir DIR`, or `--no-report` to keep none")
}

fn below_default(name: &Path) -> PathBuf {
    DEFAULT_PARTS.iter().collect::<PathBuf>().join(name)
}

/// Makes the folder that nobody typed, tries it, and has Git ignore what is in it.
fn ignored(top: &Path, signals: &Signals) -> Result<(), Problem> {
    let place = Place::below(top, &below_default(Path::new(".gitignore")));
    let place = place.map_err(|error| cannot_write(&top.join(below_default(Path::new(".gitignore"))), &error))?;
    place.make_folder(&mut Vec::new())?;
    let new = place.private_beside(b"*\n", signals).map_err(|error| cannot_write(&place.path, &error))?;
    match signals.ended(|| place.put_new(new)) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(cannot_write(&place.path, &error)),
    }
}
