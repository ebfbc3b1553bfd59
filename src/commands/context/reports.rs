//! The folder of reports, read: where it is, and what earlier runs stored in it.

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
use crate::ops::history::posts::EXTENSION;
use crate::ops::history::reports::{NewestReports, ReportStore, StoredFile};
use crate::ops::history::stored::Stored;
use crate::output::json::{posts, stored_report};

/// Where the default folder is.
pub const DEFAULT_PARTS: [&str; 2] = [".presencectl", "reports"];

/// Where the reports of runs are kept, and read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ReportFolder {
    /// `--report-dir`.
    Typed(PathBuf),
    /// `.presencectl/reports` in this folder.
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

    /// The folder as it may be used. The default one is passed over, with a sentence, if another person may have made it.
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

/// The bytes of a report whose path was typed.
pub fn report_bytes(path: &Path) -> Result<Vec<u8>, String> {
    bytes(fs::File::open(path).map_err(|error| cause(&error))?)
}

/// The bytes of a report that was found in a folder. A link is not followed.
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

/// Every file below a folder whose name ends as those of reports do, by name. Links to folders are not followed.
pub fn reports_in(dir: &Path) -> Result<Vec<PathBuf>, Problem> {
    let mut found = Vec::new();
    let mut folders = vec![(dir.to_owned(), 1)];
    while let Some((folder, depth)) = folders.pop() {
        let cannot = |error: &std::io::Error| {
            let (path, cause) = (text::unticked(folder.display()), cause(error));
            let problem = Problem::new(format!("cannot read the folder `{path}`: {cause}"))
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

impl ReportStore for ReportFolder {
    fn newest_of(&self, names: &BTreeSet<String>) -> Result<NewestReports, Problem> {
        let all = match (self, self.path()) {
            (ReportFolder::None, _) | (_, None) => Vec::new(),
            (ReportFolder::Typed(_), Some(dir)) => reports_in(&dir)?,
            // Before the first run there is none.
            (ReportFolder::Default(_), Some(dir)) => reports_in(&dir).unwrap_or_default(),
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
        let noted = if is_typed && files.is_empty() { others.len() } else { files.len() };
        files.append(&mut others);
        files.truncate(KEPT_REPORTS_MAX);
        Ok(NewestReports { is_whole: is_typed, ..read(&files, noted) })
    }
}

/// The files that `log` shows: all of a typed folder, else the newest of each org.
pub fn files(folder: &ReportFolder) -> Result<Vec<PathBuf>, Problem> {
    let Some(dir) = folder.path() else {
        return Err(Problem::new("there is no folder of reports that could be read")
            .help("give the folder that `apply --report-dir` wrote to: `presencectl log DIR`"));
    };
    if matches!(folder, ReportFolder::Typed(_)) {
        return reports_in(&dir);
    }
    let mut by_org: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for file in reports_in(&dir).unwrap_or_default() {
        by_org.entry(file.parent().map(Path::to_owned).unwrap_or_default()).or_default().push(file);
    }
    if by_org.is_empty() {
        return Err(Problem::new(format!("there are no reports in {}", text::ticked(dir.display())))
            .help("give the folder that `apply --report-dir` wrote to: `presencectl log DIR`"));
    }
    // Their names begin with the time.
    Ok(by_org.into_values().flat_map(|files| files.into_iter().rev().take(KEPT_REPORTS_MAX).rev()).collect())
}

/// `noted`: so many of the first are of this org; nothing is said of others that cannot be read.
fn read(files: &[PathBuf], noted: usize) -> NewestReports {
    let (mut bytes_left, mut values_left) = (HISTORY_BYTES_MAX, DOCUMENT_VALUES_MAX);
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    for (index, path) in files.iter().enumerate() {
        let is_named = index < noted;
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
            unread.extend(files[..noted.min(files.len())].iter().skip(index).map(|it| (it, why.clone())));
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
    let note = unread.first().map(|(first, why)| not_read(unread.len(), first, why));
    NewestReports { files: found, note, is_whole: false }
}

/// One warning for all reports that could not be read.
pub fn not_read(count: usize, first: &Path, why: &str) -> Problem {
    let (reports, first) = (text::count(count, "report"), text::ticked(first.display()));
    Problem::new(format!(
        "{reports} could not be read and {} passed over: {first}: {why}",
        if count == 1 { "is" } else { "are" }
    ))
    .help("what such a report says is not known to this run; repair it, or move it away")
}
