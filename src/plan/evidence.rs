//! What earlier states of a config matched with its definitions. It reveals a rename in which every label changed.
//! `question` decides which evidence counts. Evidence can only make a plan stricter.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::names::{DefinitionId, Key};
use crate::model::text;

/// What earlier states show about definitions that would be created.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    pub known: BTreeMap<Key, Had>,
    /// A source that could not be read in full.
    pub not_read: Option<NotRead>,
}

/// The object that a definition had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Had {
    pub id: DefinitionId,
    pub source: EvidenceSource,
    /// That config has `new: true` for the definition. The line was about this object and answers no later question.
    pub said_new: bool,
}

/// The source that matched an object with a definition. Foreign strings are raw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvidenceSource {
    /// The config that `--base` names.
    Base {
        typed: String,
        /// The full hash, if it is a commit.
        commit: Option<String>,
    },
    Report(String),
    /// The config in the commit with this full hash.
    Commit(String),
}

/// A source that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRead {
    /// The definitions for which no other evidence exists.
    pub keys: BTreeSet<Key>,
    pub why: String,
}

impl EvidenceSource {
    pub fn code(&self) -> &'static str {
        match self {
            EvidenceSource::Base { .. } => "base",
            EvidenceSource::Report(_) => "report",
            EvidenceSource::Commit(_) => "commit",
        }
    }

    pub fn file(&self) -> Option<&str> {
        match self {
            EvidenceSource::Report(file) => Some(file),
            EvidenceSource::Base { .. } | EvidenceSource::Commit(_) => None,
        }
    }

    /// The full hash of a commit.
    pub fn commit(&self) -> Option<&str> {
        match self {
            EvidenceSource::Base { commit, typed: _ } => commit.as_deref(),
            EvidenceSource::Commit(hash) => Some(hash),
            EvidenceSource::Report(_) => None,
        }
    }

    /// In words. Foreign strings are raw.
    pub fn in_words(&self) -> String {
        let short = |hash: &str| hash.chars().take(7).collect::<String>();
        match self {
            EvidenceSource::Base { typed, commit: Some(hash) } if !hash.starts_with(typed.as_str()) => {
                format!("the base {} ({})", text::ticked(typed), short(hash))
            }
            EvidenceSource::Base { typed, commit: Some(hash) } if hash == typed => {
                format!("the base {}", text::ticked(short(hash)))
            }
            EvidenceSource::Base { typed, commit: _ } => format!("the base {}", text::ticked(typed)),
            EvidenceSource::Report(file) => format!("the report {}", text::ticked(file)),
            EvidenceSource::Commit(hash) => format!("the commit {}", short(hash)),
        }
    }
}
