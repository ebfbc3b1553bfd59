//! The newest reports of an org, read before a run plans: what earlier runs made, and which object each definition had.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, Key};
use crate::model::observed::Target;
use crate::model::problem::Problem;
use crate::model::slug::slug;
use crate::ops::history::posts::Posts;
use crate::ops::history::sent::sent;
use crate::ops::history::stored::StoredReport;
use crate::plan::recent::Sent;

/// A report of the org, and what lies beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    pub path: PathBuf,
    pub report: StoredReport,
    /// Which POSTs its run noted; none if it has noted none.
    pub posts: Option<Posts>,
}

/// The newest reports of one org.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewestReports {
    /// The newest first, by the names of the files.
    pub files: Vec<StoredFile>,
    /// That some could not be read.
    pub notes: Vec<Problem>,
    /// The folder was typed, as that of all applies. Another one holds what was applied here.
    pub is_whole: bool,
}

impl NewestReports {
    /// What they say, the newest first.
    pub fn reports(&self) -> Vec<StoredReport> {
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

/// Where reports of earlier runs are stored.
pub trait ReportStore {
    /// The newest reports in the folders of these names; then, since a config may have called the org otherwise, the newest of
    /// the other folders. Where a typed folder has none of these names, it may be that of the org.
    fn newest_of(&self, names: &BTreeSet<String>) -> Result<NewestReports, Problem>;
}

/// The names of the folders that an org may have: by the name that a config gives it, its own, and its id.
pub fn folders(config_name: Option<&str>, target: &Target) -> BTreeSet<String> {
    let org = target.org.as_ref();
    let names = [config_name, org.map(|it| it.name.as_str()), org.map(|it| it.id.as_str())];
    names.into_iter().flatten().filter_map(slug).collect()
}

/// The newest reports of an org: those of its own id, and of the sandbox only where this is the sandbox.
pub fn newest(stored: &dyn ReportStore, config_name: Option<&str>, target: &Target) -> Result<NewestReports, Problem> {
    let Some(org) = &target.org else { return Ok(NewestReports::default()) };
    let mut newest = stored.newest_of(&folders(config_name, target))?;
    newest.files.retain(|it| it.report.org.as_ref() == Some(&org.id) && it.report.sandbox == target.sandbox);
    Ok(newest)
}
