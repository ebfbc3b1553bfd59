//! The last apply to an org, from the reports of its applies.

use crate::model::desired::OrgIdentity;
use crate::model::moment::Moment;
use crate::ops::history::stored::{StoredReport, StoredRow, StoredRun};

/// The applies of one org, from reports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppliesOfOrg {
    /// The newest apply without blocker or failure.
    pub last: Option<AppliedState>,
    /// When a later run failed that may have written something.
    pub failed_at: Option<Moment>,
}

/// The state that an apply left in an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedState {
    pub commit: Option<String>,
    /// Some file differed from the commit.
    pub modified: bool,
    /// The digest of the applied config.
    pub digest: Option<String>,
    pub at: Moment,
}

impl AppliesOfOrg {
    /// Uses the reports of this org: by id, or by name without one. Reports of the sandbox do not count for a real org.
    pub fn of(reports: &[StoredReport], org: &OrgIdentity, sandbox: bool) -> AppliesOfOrg {
        let is_of_org = |it: &StoredReport, run: &StoredRun| match &org.id {
            Some(id) if !sandbox => it.org.as_ref() == Some(id),
            _ => run.said.config_org.as_ref() == Some(&org.name),
        };
        let runs = reports.iter().filter_map(|it| Some((it, it.run.as_ref()?)));
        let mut runs: Vec<(&StoredReport, &StoredRun)> =
            runs.filter(|(it, run)| it.sandbox == sandbox && is_of_org(it, run)).collect();
        runs.sort_by_key(|(_, run)| std::cmp::Reverse(run.began));
        let counts = |(it, run): &(&StoredReport, &StoredRun)| {
            it.success && run.said.undoes.is_none() && run.said.only.is_none() && run.said.config_digest.is_some()
        };
        let index = runs.iter().position(counts);
        let later = &runs[..index.unwrap_or(runs.len())];
        let has_failed = |(it, run): &&(&StoredReport, &StoredRun)| {
            run.said.undoes.is_none() && !it.success && it.rows.iter().any(StoredRow::may_be_written)
        };
        AppliesOfOrg {
            last: index.map(|index| runs[index]).map(|(_, run)| AppliedState {
                commit: run.said.commit.clone(),
                modified: run.said.modified,
                digest: run.said.config_digest.clone(),
                at: run.began,
            }),
            failed_at: later.iter().find(has_failed).map(|(_, run)| run.began),
        }
    }
}
