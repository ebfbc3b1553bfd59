//! What the checks of the first day gave, all together.

use crate::model::observed::Organization;
use crate::ops::doctor::check::{CREDENTIALS, Check, Health};

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
