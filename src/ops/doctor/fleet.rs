//! The checks of several orgs: those that they share once, and those of each.

use crate::ops::doctor::check::{Check, Diagnosis, Health};

/// What all checks of several orgs gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetDiagnosis {
    /// The checks of the files, which the orgs share.
    pub common: Vec<Check>,
    /// In the order of their files.
    pub orgs: Vec<OrgDiagnosis>,
}

/// One of several orgs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgDiagnosis {
    pub name: String,
    pub stage: Option<String>,
    pub diagnosis: Diagnosis,
}

impl OrgDiagnosis {
    /// What is to be said of it as a whole. A check whose result is not known is nothing to mend.
    pub fn health(&self) -> Health {
        let gravest = self.diagnosis.checks.iter().map(|it| it.health).max();
        gravest.filter(|it| *it >= Health::Warning).unwrap_or(Health::Good)
    }
}

impl FleetDiagnosis {
    /// Did no check of any org fail?
    pub fn success(&self) -> bool {
        let has_failed = self.common.iter().any(|it| it.health == Health::Failed);
        !has_failed && self.orgs.iter().all(|it| it.diagnosis.success())
    }

    /// The orgs whose gravest check is this.
    pub fn orgs_of(&self, health: Health) -> impl Iterator<Item = &OrgDiagnosis> {
        self.orgs.iter().filter(move |it| it.health() == health)
    }
}
