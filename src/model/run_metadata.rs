//! The provenance of a run: its time, its author, and its config. The platform itself only knows the OAuth client.

use std::collections::BTreeSet;

use crate::model::labels::Scope;
use crate::model::moment::Moment;
use crate::model::names::{Key, Locale};

/// The metadata in every report, beside the results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunMetadata {
    pub began: Moment,
    pub ended: Moment,
    /// The OAuth client's id. `None` with a given token, whose client is not known.
    pub client: Option<String>,
    pub origin: Origin,
    /// The digest of the merged config. `None` without a config.
    pub config: Option<String>,
    pub org_name: Option<String>,
    pub only: Option<BTreeSet<Key>>,
    /// The locale of the labels that name definitions, from the config or the report.
    pub default_locale: Option<Locale>,
    pub scope: Scope,
    /// The reason for writing during a freeze (`--break-glass`).
    pub break_glass: Option<String>,
    /// The report that was undone, as it was typed.
    pub undoes: Option<String>,
}

/// The origin of a run, because the platform only knows the OAuth client.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    pub actor: Option<String>,
    /// The reason, in the author's words.
    pub reason: Option<String>,
    pub commit: Option<String>,
    /// A file of the config differs from this commit.
    pub modified: bool,
    /// The pull request or merge request: its URL, or its number.
    pub pull_request: Option<String>,
    pub run: Option<String>,
}

impl Origin {
    /// The second origin fills the gaps of the first.
    pub fn or(self, other: Origin) -> Origin {
        let Origin { actor, reason, commit, modified, pull_request, run } = self;
        Origin {
            actor: actor.or(other.actor),
            reason: reason.or(other.reason),
            // This belongs to the commit.
            modified: if commit.is_some() { modified } else { other.modified },
            commit: commit.or(other.commit),
            pull_request: pull_request.or(other.pull_request),
            run: run.or(other.run),
        }
    }
}
