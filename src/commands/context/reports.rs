//! Reads the report folder: its place, and the reports of earlier runs.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::client::json;
use crate::host::files::cannot_read;
use crate::host::git::Git;
use crate::host::nofollow::{Fault, Folder};
use crate::model::limits::{
    DOCUMENT_VALUES_MAX, HISTORY_BYTES_MAX, KEPT_REPORTS_MAX, REPORT_BYTES_MAX, REPORT_FOLDERS_DEEP_MAX, REPORTS_MAX,
    read_within,
};
use crate::model::problem::{Problem, cause};
use crate::model::text;
use crate::ops::history::checkout;
use crate::ops::history::reports::{NewestReports, ReportStore, StoredFile};
use crate::ops::history::sent::EXTENSION;
use crate::ops::history::stored::Stored;
use crate::output::json::{posts, stored_report};

/// The path of the default folder.
pub const DEFAULT_PARTS: [&str; 2] = [".presencectl", "reports"];

/// The folder for writing and reading reports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ReportFolder {
    /// `--report-dir`.
    Typed(PathBuf),
    /// `.presencectl/reports` in this folder.
    Default(PathBuf),
    /// `--no-report`, or an ignored folder.
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
                // A relative path is easier to read and to type.
                ReportFolder::Default(top.filter(|it| Some(it.as_path()) != here).unwrap_or_default())
            }
        }
    }

    /// Its path, if it has one.
    pub fn path(&self) -> Option<PathBuf> {
        match self {
            ReportFolder::Typed(path) => Some(path.clone()),
            ReportFolder::Default(top) => Some(DEFAULT_PARTS.iter().fold(top.clone(), |path, part| path.join(part))),
            ReportFolder::None => None,
        }
    }

    /// The folder, if it is safe to use. The default one is ignored, with a note, if another person may have created
    /// it.
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

/// The part of the default folder that is a link.
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

/// The bytes of a report with a typed path.
pub fn report_bytes(path: &Path) -> Result<Vec<u8>, String> {
    bytes(fs::File::open(path).map_err(|error| cause(&error))?)
}

/// The bytes of a report in a folder. Links are not followed.
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
    let read = read_within(file, REPORT_BYTES_MAX).map_err(|error| cause(&error))?;
    read.ok_or_else(|| format!("it is longer than {REPORT_BYTES_MAX} bytes"))
}

/// Every report file in a folder and its subfolders, by name. Links to folders are not followed.
pub fn reports_in(dir: &Path) -> Result<Vec<PathBuf>, Problem> {
    let FoundReports { files, passed_over } = found_reports(dir, &BTreeSet::new());
    passed_over.into_iter().next().map_or(Ok(files), Err)
}

/// The content of a report folder.
struct FoundReports {
    files: Vec<PathBuf>,
    /// Why parts were skipped, once per folder.
    passed_over: Vec<Problem>,
}

/// The folders with these names come first, so that others cannot exhaust the limit.
fn found_reports(dir: &Path, names: &BTreeSet<String>) -> FoundReports {
    let mut found = FoundReports { files: Vec::new(), passed_over: Vec::new() };
    let is_first = |it: &Path| it.file_name().and_then(OsStr::to_str).is_some_and(|it| names.contains(it));
    let mut folders = vec![(dir.to_owned(), 1)];
    while let Some((folder, depth)) = folders.pop() {
        match read_folder(&folder, depth, &mut found) {
            Ok(below) => {
                folders.extend(below.into_iter().map(|it| (it, depth + 1)));
                folders.sort_by_key(|(it, _)| is_first(it));
            }
            Err(problem) => found.passed_over.push(problem),
        }
        if found.files.len() > REPORTS_MAX {
            let problem =
                Problem::new(format!("`{}` holds more than {REPORTS_MAX} reports", text::unticked(dir.display())));
            found.passed_over.push(problem.help("give the folder of one org, or move old reports elsewhere"));
            break;
        }
    }
    found.files.sort();
    found
}

/// Adds the files of one folder, and returns its subfolders.
fn read_folder(folder: &Path, depth: usize, found: &mut FoundReports) -> Result<Vec<PathBuf>, Problem> {
    let cannot = |error: &std::io::Error| {
        let (path, cause) = (text::unticked(folder.display()), cause(error));
        let problem = Problem::new(format!("cannot read the folder `{path}`: {cause}"))
            .help("give the folder that `apply --report-dir` wrote to");
        cannot_read(folder, problem)
    };
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| cannot(&error))? {
        let entry = entry.map_err(|error| cannot(&error))?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(|error| cannot(&error))?);
        if kind.is_dir() && depth == REPORT_FOLDERS_DEEP_MAX {
            let shown = text::unticked(path.display());
            found.passed_over.push(
                Problem::new(format!("`{shown}` is too deep: folder number {REPORT_FOLDERS_DEEP_MAX}"))
                    .help("give a folder that is nearer to the reports"),
            );
        } else if kind.is_dir() {
            folders.push(path);
        } else if path.extension().is_some_and(|it| it == "json") && path.is_file() {
            found.files.push(path);
        }
    }
    Ok(folders)
}

/// The content of the default folder, with one warning about everything unreadable. Before the first run, it is
/// missing.
fn default_reports(dir: &Path, names: &BTreeSet<String>) -> (Vec<PathBuf>, Option<Problem>) {
    if matches!(dir.try_exists(), Ok(false)) {
        return (Vec::new(), None);
    }
    let FoundReports { files, passed_over: problems } = found_reports(dir, names);
    (files, passed_over(&problems))
}

/// One warning about everything that was skipped in a folder. `None` if nothing was.
fn passed_over(problems: &[Problem]) -> Option<Problem> {
    let first = problems.first()?;
    let more = match problems.len() {
        1 => String::new(),
        count => format!(", and {} more", text::count(count - 1, "folder")),
    };
    Some(
        Problem::new(format!("not every report could be read: {}{more}", first.message))
            .help("what such a report says is not known to this run; repair it, or move it away"),
    )
}

impl ReportStore for ReportFolder {
    fn newest_of(&self, names: &BTreeSet<String>) -> Result<NewestReports, Problem> {
        let (all, note) = match (self, self.path()) {
            (ReportFolder::None, _) | (_, None) => (Vec::new(), None),
            (ReportFolder::Typed(_), Some(dir)) => (reports_in(&dir)?, None),
            (ReportFolder::Default(_), Some(dir)) => default_reports(&dir, names),
        };
        let is_named = |it: &&PathBuf| {
            let parent = it.parent().and_then(Path::file_name).and_then(|it| it.to_str());
            parent.is_some_and(|it| names.contains(it))
        };
        let (mut files, mut others): (Vec<PathBuf>, Vec<PathBuf>) = all.into_iter().partition(|it| is_named(&it));
        let is_typed = matches!(self, ReportFolder::Typed(_));
        let newest_first = |files: &mut Vec<PathBuf>| files.sort_by(|a, b| (b.file_name(), b).cmp(&(a.file_name(), a)));
        newest_first(&mut files);
        newest_first(&mut others);
        let own = if is_typed && files.is_empty() { others.len() } else { files.len() };
        files.append(&mut others);
        files.truncate(KEPT_REPORTS_MAX);
        let read = read(&files, own);
        let notes = read.notes.into_iter().chain(note).collect();
        Ok(NewestReports { is_whole: is_typed, notes, files: read.files })
    }
}

/// The files for `log`: all files of a typed folder, or the newest of each org. Also returns a note about unreadable
/// ones.
pub fn files(folder: &ReportFolder) -> Result<(Vec<PathBuf>, Option<Problem>), Problem> {
    let Some(dir) = folder.path() else {
        return Err(Problem::new("there is no folder of reports that could be read")
            .help("give the folder that `apply --report-dir` wrote to: `presencectl log DIR`"));
    };
    if matches!(folder, ReportFolder::Typed(_)) {
        return Ok((reports_in(&dir)?, None));
    }
    let (files, note) = default_reports(&dir, &BTreeSet::new());
    let mut by_org: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for file in files {
        by_org.entry(file.parent().map(Path::to_owned).unwrap_or_default()).or_default().push(file);
    }
    if by_org.is_empty() {
        let problem = Problem::new(format!("there are no reports in {}", text::ticked(dir.display())))
            .help("give the folder that `apply --report-dir` wrote to: `presencectl log DIR`");
        return Err(note.unwrap_or(problem));
    }
    // Their names start with the time.
    let newest = |files: Vec<PathBuf>| files.into_iter().rev().take(KEPT_REPORTS_MAX).rev();
    Ok((by_org.into_values().flat_map(newest).collect(), note))
}

/// The first `own` files belong to this org. Other unreadable files are not reported.
fn read(files: &[PathBuf], own: usize) -> NewestReports {
    let (mut bytes_left, mut values_left) = (HISTORY_BYTES_MAX, DOCUMENT_VALUES_MAX);
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    for (index, path) in files.iter().enumerate() {
        let is_named = index < own;
        let bytes = match found_report_bytes(path) {
            Ok(bytes) => bytes,
            Err(why) => {
                unread.extend(is_named.then_some((path, why)));
                continue;
            }
        };
        let left = u64::try_from(bytes.len()).ok().and_then(|it| bytes_left.checked_sub(it));
        let values = values_left.checked_sub(json::values_at_most(&bytes));
        let (Some(left), Some(values)) = (left, values) else {
            let mib = HISTORY_BYTES_MAX / (1024 * 1024);
            let why = format!("this one and those before it are more than a run reads ({mib} MiB)");
            unread.extend(files[..own.min(files.len())].iter().skip(index).map(|it| (it, why.clone())));
            break;
        };
        (bytes_left, values_left) = (left, values);
        match stored_report::read(&bytes) {
            Ok(Stored::Report(report)) => {
                let posts = found_report_bytes(&path.with_extension(EXTENSION)).ok();
                found.push(StoredFile { path: path.clone(), report, posts: posts.map(|it| posts::read(&it)) });
            }
            // That run wrote nothing.
            Ok(Stored::Failure(_)) => {}
            Err(error) => unread.extend(is_named.then_some((path, error.why))),
        }
    }
    found.sort_by(|a, b| (b.path.file_name(), &b.path).cmp(&(a.path.file_name(), &a.path)));
    let notes = unread.first().map(|(first, why)| not_read(unread.len(), first, why));
    NewestReports { files: found, notes: notes.into_iter().collect(), is_whole: false }
}

/// One warning about all unreadable reports.
pub fn not_read(count: usize, first: &Path, why: &str) -> Problem {
    let (reports, first) = (text::count(count, "report"), text::ticked(first.display()));
    Problem::new(format!(
        "{reports} could not be read and {} skipped: {first}: {why}",
        if count == 1 { "is" } else { "are" }
    ))
    .help("what such a report says is not known to this run; repair it, or move it away")
}
