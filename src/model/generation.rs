//! The two generations of the platform's API for presence definitions.

use std::fmt;

/// One generation of the operations on definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Generation {
    /// `/api/v2/presencedefinitions`: deprecated by the platform, but still available. Only this one has pages, a list
    /// of every state, and the author and time of the last change.
    #[default]
    First,
    /// `/api/v2/presence/definitions`: only this one has divisions.
    Second,
}

impl Generation {
    /// Both, the older one first.
    pub const ALL: [Generation; 2] = [Generation::First, Generation::Second];

    /// The name in `--api`, `settings.api` and every output.
    pub fn name(self) -> &'static str {
        match self {
            Generation::First => "v1",
            Generation::Second => "v2",
        }
    }

    pub fn other(self) -> Generation {
        match self {
            Generation::First => Generation::Second,
            Generation::Second => Generation::First,
        }
    }

    pub fn by_name(name: &str) -> Option<Generation> {
        Generation::ALL.into_iter().find(|it| it.name() == name)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The generation that a config or a person selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ApiChoice {
    /// The first, or the second if the org no longer serves the first. Each plan decides it once.
    #[default]
    Auto,
    /// Only this generation.
    Only(Generation),
}
