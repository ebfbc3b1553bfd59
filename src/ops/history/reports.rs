//! The newest reports of an org, read before a plan: what earlier runs created, and the object of each definition.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, Key};
use crate::model::observed::Target;
use crate::model::problem::Problem;
use crate::model::slug::slug;
use crate::ops::history::sent::{Posts, sent};
use crate::ops::history::stored::StoredReport;
use crate::plan::recent::Sent;

/// A report of the org, and its file of POSTs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    pub path: PathBuf,
    pub report: StoredReport,
    /// The POSTs of its run. `None` without such a file.
    pub posts: Option<Posts>,
}

/// The newest reports of one org.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewestReports {
    /// Newest first, by file name.
    pub files: Vec<StoredFile>,
    /// Notes about unreadable reports.
    pub notes: Vec<Problem>,
    /// The folder was typed as that of all applies. Otherwise, reports of other applies may be elsewhere.
    pub is_whole: bool,
}

impl NewestReports {
    /// The reports, newest first.
    pub fn reports(&self) -> Vec<StoredReport> {
        self.files.iter().map(|it| it.report.clone()).collect()
    }

    /// The object of a definition in the newest report that has one.
    pub fn object_of(&self, key: &Key) -> Option<&DefinitionId> {
        self.files.iter().find_map(|it| it.report.objects().remove(key))
    }

    /// The creates that the org's list may not show yet.
    pub fn sent(&self, now: Moment) -> Vec<Sent> {
        self.files.iter().flat_map(|it| sent(&it.report, &it.path, it.posts.as_ref(), now)).collect()
    }
}

/// The storage of earlier runs' reports.
pub trait ReportStore {
    /// The newest reports in the folders with these names, then those in other folders, because the org may have had
    /// another name. A typed folder without such folders may be that of the org.
    fn newest_of(&self, names: &BTreeSet<String>) -> Result<NewestReports, Problem>;
}

/// The possible folder names of an org: its name in a config, its own name, and its id.
pub fn folders(config_name: Option<&str>, target: &Target) -> BTreeSet<String> {
    let org = target.org.as_ref();
    let names = [config_name, org.map(|it| it.name.as_str()), org.map(|it| it.id.as_str())];
    names.into_iter().flatten().filter_map(slug).collect()
}

/// The newest reports of an org, by id. Reports of the sandbox only count in the sandbox.
pub fn newest(stored: &dyn ReportStore, config_name: Option<&str>, target: &Target) -> Result<NewestReports, Problem> {
    let Some(org) = &target.org else { return Ok(NewestReports::default()) };
    let mut newest = stored.newest_of(&folders(config_name, target))?;
    newest.files.retain(|it| it.report.org.as_ref() == Some(&org.id) && it.report.sandbox == target.sandbox);
    Ok(newest)
}
