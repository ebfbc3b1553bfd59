//! What was applied last to an org, by the reports of its applies.

use crate::model::desired::OrgIdentity;
use crate::model::moment::Moment;
use crate::ops::history::stored::{StoredReport, StoredRow, StoredRun};

/// What reports say of the applies of one org.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppliesOfOrg {
    /// The newest apply that ended without refusal or failure.
    pub last: Option<AppliedState>,
    /// When a later run failed, after it may have written something.
    pub failed_at: Option<Moment>,
}

/// What an apply left in an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedState {
    pub commit: Option<String>,
    /// Some file was not as the commit has it.
    pub modified: bool,
    /// The digest of the config that was applied.
    pub digest: Option<String>,
    pub at: Moment,
}

impl AppliesOfOrg {
    /// Of these reports, those of the org count: of its id, else of its name. The sandbox says nothing of a real org.
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
