//! `presencectl orgs --behind`: the orgs that need an apply, by the reports of their applies.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::commands::context::reports::ReportFolder;
use crate::commands::selection::configs_of;
use crate::config::{Config, print};
use crate::model::problem::Problem;
use crate::model::slug::slug;
use crate::ops::history::baseline;
use crate::ops::history::reports::ReportStore as _;
use crate::ops::orgs::{AppliedState, AppliesOfOrg, Before, OrgStanding};
use crate::output::json::orgs::{BehindV1, DueV1};

/// The configs of a commit, or why they cannot be read.
type OfCommit = Result<Vec<Config>, String>;

/// The changes for an org since its last apply, and why it is due.
pub type OrgBehind = (OrgStanding, BehindV1);

/// For each org, the changes since its last apply, and why it is due. Notes report what could not be read.
pub fn behind(
    configs: &[Config],
    (path, root): (&Path, Option<&Path>),
    folder: &ReportFolder,
    sandbox: bool,
) -> Result<(Vec<OrgBehind>, Vec<Problem>), Problem> {
    let (mut commits, mut notes, mut all) = (BTreeMap::new(), Vec::new(), Vec::new());
    for config in configs {
        let Some(org) = &config.desired.org else { continue };
        let names: BTreeSet<String> = slug(&org.name).into_iter().collect();
        let newest = folder.newest_of(&names)?;
        notes.extend(newest.notes.iter().filter(|it| !notes.contains(*it)).cloned().collect::<Vec<_>>());
        let applies = AppliesOfOrg::of(&newest.reports(), org, sandbox);
        if let Some(commit) = applies.last.as_ref().and_then(|it| it.commit.clone())
            && !commits.contains_key(&commit)
        {
            let configs = of_commit((path, root), &commit)?;
            commits.insert(commit, configs);
        }
        all.push(of_org(config, &applies, &commits));
    }
    Ok((all, notes))
}

fn of_commit(place: (&Path, Option<&Path>), commit: &str) -> Result<OfCommit, Problem> {
    let Some(at) = baseline::last_applied(place, commit)? else {
        return Ok(Err("the commit that was applied is not here".to_owned()));
    };
    Ok(configs_of(&at).map_err(|problem| problem.message))
}

fn of_org(config: &Config, applies: &AppliesOfOrg, commits: &BTreeMap<String, OfCommit>) -> (OrgStanding, BehindV1) {
    let AppliesOfOrg { last, failed_at } = applies;
    let failed = failed_at.map(|it| it.to_string());
    let Some(AppliedState { commit, modified, digest: last_digest, at }) = last else {
        let why = if failed.is_some() { DueV1::Failed } else { DueV1::NeverApplied };
        return (
            OrgStanding::Listed,
            BehindV1 { due: Some(why), commit: None, applied_at: None, failed_at: failed, not_known: None },
        );
    };
    let of_commit = commit.as_ref().and_then(|it| commits.get(it));
    let standing = match of_commit {
        Some(Ok(before)) => Before::new(before).standing(config),
        Some(Err(_)) | None => OrgStanding::Listed,
    };
    let is_same = last_digest.as_ref() == Some(&print::digest_of(&config.resolved))
        || (!modified && standing == OrgStanding::Unaffected);
    let due = match (&failed, is_same) {
        (Some(_), _) => Some(DueV1::Failed),
        (None, true) => None,
        (None, false) => Some(DueV1::Changed),
    };
    let not_known = match of_commit {
        Some(Err(why)) if !is_same => Some(why.clone()),
        _ => None,
    };
    let standing = if due.is_none() { OrgStanding::Unaffected } else { standing };
    let behind =
        BehindV1 { due, commit: commit.clone(), applied_at: Some(at.to_string()), failed_at: failed, not_known };
    (standing, behind)
}
