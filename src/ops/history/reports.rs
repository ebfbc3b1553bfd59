//! The newest reports of an org, read before a run plans: what earlier runs made, and which object each definition had.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::cli::View;
use crate::client::json;
use crate::commands::context::journal::{ReportFolder, found_report_bytes, reports_in};
use crate::commands::context::outputs::Outputs;
use crate::commands::context::run::Shell;
use crate::model::limits::{DOCUMENT_VALUES_MAX, HISTORY_BYTES_MAX, KEPT_REPORTS_MAX};
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, Key};
use crate::model::observed::Target;
use crate::model::problem::Problem;
use crate::model::slug::slug;
use crate::model::text;
use crate::ops::history::posts::{self, Posts};
use crate::ops::history::sent::sent;
use crate::ops::history::stored::{self, Kept, KeptReport};
use crate::plan::recent::Sent;

/// A report of the org, and what lies beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFile {
    pub path: PathBuf,
    pub report: KeptReport,
    /// Which POSTs its run noted; none if it has noted none.
    pub posts: Option<Posts>,
}

/// The newest reports of one org.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Newest {
    /// The newest first, by the names of the files.
    pub files: Vec<KeptFile>,
    /// That some could not be read.
    pub note: Option<Problem>,
    /// The folder was typed, as that of all applies. Another one holds what was applied here.
    pub is_whole: bool,
}

impl Newest {
    /// What they say, the newest first.
    pub fn reports(&self) -> Vec<KeptReport> {
        self.files.iter().map(|it| it.report.clone()).collect()
    }

    /// The object that a definition had when the newest report was written that names one.
    pub fn object_of(&self, key: &Key) -> Option<&DefinitionId> {
        self.files.iter().find_map(|it| it.report.objects().remove(key))
    }

    /// The creates that the org's list may not show yet.
    pub fn sent(&self, now: Moment) -> Vec<Sent> {
        self.files.iter().flat_map(|it| sent(&it.report, &it.path, it.posts.as_ref(), now)).collect()
    }
}

/// The folder of a run that only reads it: one that nobody typed may be missing.
pub fn to_read<F: View>(
    folder: ReportFolder,
    outputs: &mut Outputs<F>,
    shell: &mut Shell<'_>,
) -> Result<ReportFolder, Problem> {
    let (folder, passed_over) = folder.checked();
    shell.show_notes(&passed_over.into_iter().collect::<Vec<_>>());
    outputs.spare(folder.path())?;
    if let ReportFolder::Typed(dir) = &folder {
        // A variable is set for all commands of a CI, and the first apply makes the folder.
        let is_typed = shell.line.is_typed("report-dir") || shell.line.command() == "log";
        if !is_typed && !dir.exists() {
            return Ok(ReportFolder::None);
        }
        // Before anything is sent.
        reports_in(dir)?;
    }
    Ok(folder)
}

/// The names of the folders that an org may have: by the name that a config gives it, its own, and its id.
pub fn folders(config_name: Option<&str>, target: &Target) -> BTreeSet<String> {
    let org = target.org.as_ref();
    let names = [config_name, org.map(|it| it.name.as_str()), org.map(|it| it.id.as_str())];
    names.into_iter().flatten().filter_map(slug).collect()
}

/// The newest reports of an org: those of its own id, and of the sandbox only where this is the sandbox.
pub fn newest(folder: &ReportFolder, config_name: Option<&str>, target: &Target) -> Result<Newest, Problem> {
    let Some(org) = &target.org else { return Ok(Newest::default()) };
    let mut newest = newest_of(folder, &folders(config_name, target))?;
    newest.files.retain(|it| it.report.org.as_ref() == Some(&org.id) && it.report.sandbox == target.sandbox);
    Ok(newest)
}

/// The newest reports in the folders of these names; then, since a config may have called the org otherwise, the newest of
/// the other folders. Where a typed folder has none of these names, it may be that of the org.
pub fn newest_of(folder: &ReportFolder, names: &BTreeSet<String>) -> Result<Newest, Problem> {
    let all = match (folder, folder.path()) {
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
    let is_typed = matches!(folder, ReportFolder::Typed(_));
    let newest_first = |files: &mut Vec<PathBuf>| files.sort_by(|a, b| (b.file_name(), b).cmp(&(a.file_name(), a)));
    newest_first(&mut files);
    newest_first(&mut others);
    let noted = if is_typed && files.is_empty() { others.len() } else { files.len() };
    files.append(&mut others);
    files.truncate(KEPT_REPORTS_MAX);
    Ok(Newest { is_whole: is_typed, ..read(&files, noted) })
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
fn read(files: &[PathBuf], noted: usize) -> Newest {
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
        match stored::read(&bytes) {
            Ok(Kept::Report(report)) => {
                let posts = found_report_bytes(&path.with_extension(posts::EXTENSION)).ok();
                found.push(KeptFile { path: path.clone(), report, posts: posts.map(|it| posts::read(&it)) });
            }
            // That run wrote nothing.
            Ok(Kept::Failure(_)) => {}
            Err(error) => unread.extend(is_named.then_some((path, error.why))),
        }
    }
    found.sort_by(|a, b| (b.path.file_name(), &b.path).cmp(&(a.path.file_name(), &a.path)));
    let note = unread.first().map(|(first, why)| not_read(unread.len(), first, why));
    Newest { files: found, note, is_whole: false }
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
