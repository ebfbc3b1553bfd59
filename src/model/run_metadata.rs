//! Where a run comes from: when it was, who was at work, and from which config. The platform itself
//! knows only the OAuth client.

use std::collections::BTreeSet;

use crate::model::labels::Scope;
use crate::model::moment::Moment;
use crate::model::names::{Key, Locale};

/// What stands in every report beside what became of the objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunMetadata {
    pub began: Moment,
    pub ended: Moment,
    /// The OAuth client's id; none with a given token, which does not say whose it is.
    pub client: Option<String>,
    /// Who, on which commit, and why.
    pub origin: Origin,
    /// The digest of the config as it was put together; none where there was no config.
    pub config: Option<String>,
    pub org_name: Option<String>,
    pub only: Option<BTreeSet<Key>>,
    /// The locale whose label names a definition, where the run goes by a config or by a report.
    pub default_locale: Option<Locale>,
    pub scope: Scope,
    /// Why it wrote during a freeze (`--break-glass`).
    pub break_glass: Option<String>,
    /// The report that was undone, as it was named.
    pub undoes: Option<String>,
}

/// What a run goes back to: the platform knows only the OAuth client.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    pub actor: Option<String>,
    /// Why, in a person's words.
    pub reason: Option<String>,
    pub commit: Option<String>,
    /// Some file of the config is not as this commit has it.
    pub modified: bool,
    /// The pull request or merge request: its address, else its number.
    pub pull_request: Option<String>,
    pub run: Option<String>,
}

impl Origin {
    /// What one does not say, the other may.
    pub fn or(self, other: Origin) -> Origin {
        let Origin { actor, reason, commit, modified, pull_request, run } = self;
        Origin {
            actor: actor.or(other.actor),
            reason: reason.or(other.reason),
            // That goes with the commit.
            modified: if commit.is_some() { modified } else { other.modified },
            commit: commit.or(other.commit),
            pull_request: pull_request.or(other.pull_request),
            run: run.or(other.run),
        }
    }
}
