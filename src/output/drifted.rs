//! The drifts of several orgs.

use crate::config::diagnostic::Findings;
use crate::model::observed::Target;
use crate::model::problem::OrgFailure;
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::drift::Drift;
use crate::output::json::common::ConfigV1;
use crate::output::json::fleet_drift::{DriftStatusV1, FleetDriftV1, OrgDriftV1};
use crate::output::json::{DriftV1, ErrorV1};

/// One of several orgs.
pub struct DriftedOrg {
    pub name: String,
    pub stage: Option<String>,
    /// The compared config.
    pub config: ConfigV1,
    pub result: Result<(Drift, Target), OrgFailure>,
}

impl DriftedOrg {
    pub fn status(&self) -> DriftStatusV1 {
        match &self.result {
            Err(_) => DriftStatusV1::NotRead,
            Ok((drift, _)) if !drift.questions.is_empty() => DriftStatusV1::InQuestion,
            Ok((drift, _)) if !drift.rows.is_empty() => DriftStatusV1::Drifted,
            Ok(_) => DriftStatusV1::InSync,
        }
    }
}

/// The summary line.
pub fn heading(orgs: &[DriftedOrg]) -> String {
    let count = |status| orgs.iter().filter(|it| it.status() == status).count();
    let parts = [
        (count(DriftStatusV1::Drifted), "drifted"),
        (count(DriftStatusV1::InSync), "in sync"),
        (count(DriftStatusV1::InQuestion), "in question"),
        (count(DriftStatusV1::NotRead), "not read"),
    ];
    let parts: Vec<String> =
        parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, words)| format!("{count} {words}")).collect();
    format!("{}: {}", text::count(orgs.len(), "org"), parts.join(", "))
}

/// The names of the orgs that are in sync.
pub fn in_sync(orgs: &[DriftedOrg]) -> Vec<&str> {
    orgs.iter().filter(|it| it.status() == DriftStatusV1::InSync).map(|it| it.name.as_str()).collect()
}

pub fn document(orgs: &[DriftedOrg], sources: &Sources) -> FleetDriftV1 {
    let org = |it: &DriftedOrg| {
        let (drift, error) = match &it.result {
            Ok((drift, target)) => {
                (Some(DriftV1 { config: Some(it.config.clone()), ..DriftV1::of(drift, target, sources) }), None)
            }
            Err(OrgFailure { problem, heard }) => {
                (None, Some(ErrorV1::of(problem, heard, Some(&it.config), None, &Findings::default(), sources)))
            }
        };
        OrgDriftV1 { name: it.name.clone(), stage: it.stage.clone(), status: it.status(), drift, error }
    };
    FleetDriftV1::of(orgs.iter().map(org).collect())
}
