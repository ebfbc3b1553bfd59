//! The folder of `--report-dir`, on the disk: one file a run, written whole and over nothing.

use std::cell::RefCell;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::commands::files::{Place, WholeFile, cannot_write};
use crate::journal::kept::{self, Kept, KeptReport};
use crate::journal::{file_name, folder};
use crate::json;
use crate::limits::{DOCUMENT_VALUES_MAX, HISTORY_BYTES_MAX, REPORT_BYTES_MAX, REPORT_FOLDERS_DEEP_MAX, REPORTS_MAX};
use crate::model::observed::Organization;
use crate::nofollow::{Fault, Folder};
use crate::problem::{Problem, cause};
use crate::provenance::Provenance;
use crate::signals::Signals;
use crate::text;

/// How many runs of one second, org and commit are told apart.
const SAME_SECOND_MAX: u32 = 1_000;

/// The bytes of a report whose path was typed.
///
/// # Errors
/// It cannot be read, or is too long: why.
pub fn report_bytes(path: &Path) -> Result<Vec<u8>, String> {
    bytes(fs::File::open(path).map_err(|error| cause(&error))?)
}

/// The bytes of a report that was found in a folder. A link is not followed: nobody typed where it leads.
///
/// # Errors
/// It is a link, cannot be read, or is too long: why.
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
///
/// # Errors
/// A folder that cannot be read, or there are too many files.
pub fn reports_in(dir: &Path) -> Result<Vec<PathBuf>, Problem> {
    let mut found = Vec::new();
    let mut folders = vec![(dir.to_owned(), 1)];
    while let Some((folder, depth)) = folders.pop() {
        let cannot = |error: &std::io::Error| {
            Problem::new(format!("cannot read the folder `{}`: {}", text::unticked(folder.display()), cause(error)))
                .help("give the folder that `apply --report-dir` wrote to")
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

/// Every report of a folder. Runs that failed as a whole wrote nothing.
///
/// # Errors
/// One of them cannot be read, or they are too long together.
pub fn reports(dir: &Path) -> Result<Vec<KeptReport>, Problem> {
    let (mut reports, mut bytes_left, mut values_left) = (Vec::new(), HISTORY_BYTES_MAX, DOCUMENT_VALUES_MAX);
    for file in reports_in(dir)? {
        let unread = |why: String| {
            Problem::new(format!("cannot read the report `{}`: {why}", text::unticked(file.display())))
                .help("a report that cannot be read may be the one that counts: take it out of the folder, or mend it")
        };
        let bytes = found_report_bytes(&file).map_err(unread)?;
        let left = u64::try_from(bytes.len()).ok().and_then(|it| bytes_left.checked_sub(it));
        bytes_left = left.ok_or_else(|| {
            let mib = HISTORY_BYTES_MAX / (1024 * 1024);
            Problem::new(format!(
                "the reports in `{}` are longer than {mib} MiB together",
                text::unticked(dir.display())
            ))
            .help("give the folder of one org, or move old reports elsewhere: the last ones are what counts")
        })?;
        values_left = values_left.checked_sub(json::values_at_most(&bytes)).ok_or_else(|| {
            Problem::new(format!(
                "the reports in `{}` hold more than {DOCUMENT_VALUES_MAX} values together",
                dir.display()
            ))
            .help("give the folder of one org, or move old reports elsewhere: the last ones are what counts")
        })?;
        match kept::read(&bytes).map_err(|error| unread(error.why))? {
            Kept::Report(report) => reports.push(report),
            Kept::Failure(_) => {}
        }
    }
    Ok(reports)
}

/// A folder of reports, or none.
#[derive(Debug, Default)]
pub struct Journal {
    dir: Option<PathBuf>,
    /// The file of this run, once there is one.
    kept: RefCell<Option<Box<Place>>>,
}

impl Journal {
    /// Makes the folder where there is none, and tries it, before anything is sent to an org.
    ///
    /// # Errors
    /// It cannot be written to.
    pub fn open(dir: Option<&Path>, signals: &Signals) -> Result<Journal, Problem> {
        let Some(dir) = dir else { return Ok(Journal::default()) };
        let cannot = |error| {
            Problem::new(format!("cannot make the folder `{}`: {}", text::unticked(dir.display()), cause(&error)))
        };
        fs::create_dir_all(dir).map_err(cannot)?;
        WholeFile::open(&dir.join("tried"), signals)?;
        Ok(Journal { dir: Some(dir.to_owned()), kept: RefCell::default() })
    }

    /// Keeps a document: in a new file, and later ones of the run in its place. Gives the file; none where no folder
    /// was asked for.
    ///
    /// # Errors
    /// It could not be written.
    pub fn keep(
        &self,
        document: &str,
        provenance: &Provenance,
        org: Option<&Organization>,
        signals: &Signals,
    ) -> Result<Option<PathBuf>, Problem> {
        let Some(dir) = &self.dir else { return Ok(None) };
        let cannot = |place: &Place, error| cannot_write(&place.path, &error);
        if let Some(place) = &*self.kept.borrow() {
            let new = place.beside(document.as_bytes(), signals).map_err(|error| cannot(place, error))?;
            signals.ended(|| place.put(new)).map_err(|(error, _)| cannot(place, error))?;
            return Ok(Some(place.path.clone()));
        }
        let within = PathBuf::from(folder(provenance, org));
        for number in 1..=SAME_SECOND_MAX {
            let name = within.join(file_name(provenance, number));
            let place = Place::below(dir, &name).map_err(|error| cannot_write(&dir.join(&name), &error))?;
            place.make_folder(&mut Vec::new())?;
            let new = place.beside(document.as_bytes(), signals).map_err(|error| cannot(&place, error))?;
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
        let dir = dir.join(within);
        Err(Problem::new(format!("`{}` holds too many reports of one second", text::unticked(dir.display()))))
    }
}
