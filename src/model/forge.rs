//! The forges whose CI runs presencectl.

/// Whose CI it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forge {
    Github,
    Gitlab,
}

impl Forge {
    /// By the variables of a CI's jobs.
    pub fn of(variable: &dyn Fn(&str) -> Option<String>) -> Option<Forge> {
        let jobs = [("GITHUB_ACTIONS", Forge::Github), ("GITLAB_CI", Forge::Gitlab)];
        jobs.into_iter().find_map(|(name, forge)| variable(name).map(|_| forge))
    }

    /// How a person starts an apply there, as a part of a sentence.
    pub fn apply_by_hand(self) -> &'static str {
        match self {
            Forge::Github => "start the workflow `presencectl apply` by hand with this org",
            Forge::Gitlab => "start a pipeline by hand with this org as `ORG`",
        }
    }
}
