//! The drifts of several orgs.

use crate::config::diagnostic::Findings;
use crate::model::names::is_guid;
use crate::model::observed::Target;
use crate::model::problem::OrgFailure;
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::drift::Drift;
use crate::output::json::common::ConfigV1;
use crate::output::json::fleet_drift::{DriftStatusV1, FleetDriftV1, OrgDriftV1};
use crate::output::json::{DriftV1, ErrorV1};
use crate::output::summary::named_orgs;
use crate::plan::blocker::Blocker;

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

/// The statements that several orgs share. Each is made once, with its orgs.
#[derive(Default)]
pub struct SharedDrift<'a> {
    pub blockers: Vec<(&'a Blocker, Vec<String>)>,
    /// Why edits by hand cannot be distinguished.
    pub notes: Vec<(String, Vec<String>)>,
}

impl<'a> SharedDrift<'a> {
    pub fn of(orgs: &'a [DriftedOrg]) -> SharedDrift<'a> {
        let mut shared = SharedDrift::default();
        for DriftedOrg { name, result, .. } in orgs {
            let Ok((drift, _)) = result else { continue };
            // Another question is about objects of its org.
            let questions = drift.questions.iter().filter(|it| it.about.is_empty()).map(|it| &it.blocker);
            for blocker in questions.chain(drift.guards()) {
                match shared.blockers.iter_mut().find(|(it, _)| is_same(it, blocker)) {
                    Some((_, orgs)) if orgs.contains(name) => {}
                    Some((_, orgs)) => orgs.push(name.clone()),
                    None => shared.blockers.push((blocker, vec![name.clone()])),
                }
            }
            if let Some(note) = drift.not_told() {
                match shared.notes.iter_mut().find(|(it, _)| *it == note) {
                    Some((_, orgs)) => orgs.push(name.clone()),
                    None => shared.notes.push((note, vec![name.clone()])),
                }
            }
        }
        shared.blockers.retain(|(_, orgs)| orgs.len() > 1);
        shared.notes.retain(|(_, orgs)| orgs.len() > 1);
        shared
    }

    pub fn has(&self, blocker: &Blocker) -> bool {
        self.blockers.iter().any(|(it, _)| is_same(it, blocker))
    }

    pub fn has_note(&self, note: &str) -> bool {
        self.notes.iter().any(|(it, _)| it == note)
    }
}

/// An object has another id in each org, so ids keep no two blockers apart.
fn is_same(one: &Blocker, other: &Blocker) -> bool {
    let without_ids = |it: &Blocker| text::without_ids(&it.message(), is_guid);
    one.code() == other.code()
        && one.place == other.place
        && one.answers() == other.answers()
        && without_ids(one) == without_ids(other)
}

/// The orgs of a shared statement.
pub fn in_orgs(names: &[String], orgs: &[DriftedOrg]) -> String {
    let all: Vec<String> = orgs.iter().map(|it| it.name.clone()).collect();
    format!("in {}", named_orgs(names, &all))
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
            Err(OrgFailure { problem, known_org }) => {
                (None, Some(ErrorV1::of(problem, known_org, Some(&it.config), None, &Findings::default(), sources)))
            }
        };
        OrgDriftV1 { name: it.name.clone(), stage: it.stage.clone(), status: it.status(), drift, error }
    };
    FleetDriftV1::of(orgs.iter().map(org).collect())
}
