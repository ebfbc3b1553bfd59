//! One check of the first day: its name, what became of it, and what to do; and all of them together.

use crate::model::observed::Organization;

/// The name of the check of the credentials.
pub const CREDENTIALS: &str = "credentials";

/// What became of a check, gravest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    Good,
    /// It is not known, or what the check needs is missing.
    NotKnown,
    /// It works, and something is not as it should be.
    Warning,
    /// It does not work.
    Failed,
}

impl Health {
    pub const ALL: [Health; 4] = [Health::Good, Health::NotKnown, Health::Warning, Health::Failed];

    pub fn words(self) -> &'static str {
        match self {
            Health::Good => "ok",
            Health::NotKnown => "not known",
            Health::Warning => "warning",
            Health::Failed => "failed",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Health::NotKnown => "not-known",
            Health::Good | Health::Warning | Health::Failed => self.words(),
        }
    }
}

/// One check. Foreign strings are raw: the view that shows it neutralises them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    pub health: Health,
    pub said: String,
    pub help: Option<String>,
    /// The platform's id of the exchange that showed it, where one failed.
    pub correlation_id: Option<String>,
}

impl Check {
    pub fn good(name: &'static str, said: impl Into<String>) -> Check {
        Check { name, health: Health::Good, said: said.into(), help: None, correlation_id: None }
    }

    pub fn not_known(name: &'static str, said: impl Into<String>) -> Check {
        Check { health: Health::NotKnown, ..Check::good(name, said) }
    }

    /// It works, and something is not as it should be.
    pub fn warning(name: &'static str, said: impl Into<String>) -> Check {
        Check { health: Health::Warning, ..Check::good(name, said) }
    }

    /// It does not work.
    pub fn failed(name: &'static str, said: impl Into<String>) -> Check {
        Check { health: Health::Failed, ..Check::good(name, said) }
    }

    pub fn help(self, help: impl Into<String>) -> Check {
        Check { help: Some(help.into()), ..self }
    }
}

/// What all checks of the first day gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The org, as far as it has said who it is.
    pub org: Option<Organization>,
    pub sandbox: bool,
    /// Every check; none stops another.
    pub checks: Vec<Check>,
}

impl Diagnosis {
    pub fn count(&self, health: Health) -> usize {
        self.checks.iter().filter(|it| it.health == health).count()
    }

    /// Are there no credentials, so that the org was asked nothing?
    pub fn has_no_credentials(&self) -> bool {
        self.checks.iter().any(|it| it.name == CREDENTIALS && it.health == Health::Failed)
    }

    /// Did none fail?
    pub fn success(&self) -> bool {
        self.count(Health::Failed) == 0
    }
}

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
