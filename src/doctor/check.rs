//! One check of the first day: its name, what became of it, and what to do.

/// What became of a check, gravest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Nothing tells, or what it needs is not there.
    NotKnown,
    /// It works, and something is not as it should be.
    Warning,
    /// It does not work.
    Failed,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Verdict; 4] = [Verdict::Good, Verdict::NotKnown, Verdict::Warning, Verdict::Failed];

    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Verdict::Good => "ok",
            Verdict::NotKnown => "not known",
            Verdict::Warning => "warning",
            Verdict::Failed => "failed",
        }
    }

    /// For documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Verdict::NotKnown => "not-known",
            Verdict::Good | Verdict::Warning | Verdict::Failed => self.words(),
        }
    }
}

/// One check. Foreign strings are raw: whoever shows it neutralises them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// A stable name.
    pub name: &'static str,
    /// What became of it.
    pub verdict: Verdict,
    /// What was seen.
    pub said: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The platform's id of the exchange that showed it, where one failed.
    pub correlation_id: Option<String>,
}

impl Check {
    /// As it should be.
    #[must_use]
    pub fn good(name: &'static str, said: impl Into<String>) -> Check {
        Check { name, verdict: Verdict::Good, said: said.into(), help: None, correlation_id: None }
    }

    /// Nothing tells.
    #[must_use]
    pub fn not_known(name: &'static str, said: impl Into<String>) -> Check {
        Check { verdict: Verdict::NotKnown, ..Check::good(name, said) }
    }

    /// It works, and something is not as it should be.
    #[must_use]
    pub fn warning(name: &'static str, said: impl Into<String>) -> Check {
        Check { verdict: Verdict::Warning, ..Check::good(name, said) }
    }

    /// It does not work.
    #[must_use]
    pub fn failed(name: &'static str, said: impl Into<String>) -> Check {
        Check { verdict: Verdict::Failed, ..Check::good(name, said) }
    }

    /// With what to do about it.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Check {
        Check { help: Some(help.into()), ..self }
    }
}
