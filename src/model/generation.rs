//! The two generations of the platform's API for presence definitions, and which one a run speaks.

use std::fmt;

/// One generation of the operations on definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Generation {
    /// `/api/v2/presencedefinitions`: deprecated by the platform and still served. It alone has pages,
    /// every state in one list, and who changed a definition when.
    #[default]
    First,
    /// `/api/v2/presence/definitions`: it alone has divisions.
    Second,
}

impl Generation {
    /// Both, older first.
    pub const ALL: [Generation; 2] = [Generation::First, Generation::Second];

    /// The name that `--api`, `settings.api` and every output use.
    pub fn name(self) -> &'static str {
        match self {
            Generation::First => "v1",
            Generation::Second => "v2",
        }
    }

    /// The one that this is not.
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

/// Which generation a config or a person asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ApiChoice {
    /// The first, or the second where the org no longer serves the first. Decided once, by a plan.
    #[default]
    Auto,
    /// This one and no other.
    Only(Generation),
}
