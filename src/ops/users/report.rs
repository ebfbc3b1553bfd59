//! What became of every user whose presence was to be set: the value that every report is a view of.

use crate::host::stop::Signal;
use crate::model::cause::Cause;
use crate::model::names::{DefinitionId, Locale};
use crate::model::user::{Source, UserId, UserPresence, Wish};
use crate::ops::users::listing::not_shown;
use crate::ops::users::meant::Meant;

/// A whole run, after it ended, however it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The source whose presences were set.
    pub source: Source,
    /// What was meant by each presence that was named.
    pub meant: Vec<Meant>,
    /// One row a user, in the order asked.
    pub rows: Vec<Row>,
    pub interrupted: Option<Signal>,
    pub default_locale: Locale,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub user: UserId,
    pub wish: Wish,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Set, and seen to be so.
    Done,
    /// The user was there before, and nothing was written.
    AlreadySo,
    /// Nothing was written: the user has gone elsewhere by themselves, where only those were to be set who
    /// are on one definition.
    Elsewhere(UserPresence),
    /// Nothing was written: the org shows no such user, or no such source of this user.
    NotShown,
    /// Set, and the user is on something else, or says something else.
    Differs(UserPresence),
    /// Not set: the org refused, or could not be reached.
    Failed(Cause),
    /// Not tried: the run was interrupted first.
    Skipped,
    /// It may or may not have been set.
    Unknown(Cause),
}

impl Outcome {
    /// Is there nothing left to do for this user?
    pub fn is_success(&self) -> bool {
        match self {
            Outcome::Done | Outcome::AlreadySo | Outcome::Elsewhere(_) => true,
            Outcome::NotShown | Outcome::Differs(_) | Outcome::Failed(_) | Outcome::Skipped | Outcome::Unknown(_) => {
                false
            }
        }
    }

    pub fn code(&self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::AlreadySo => "already-so",
            Outcome::Elsewhere(_) => "elsewhere",
            Outcome::NotShown => "not-shown",
            Outcome::Differs(_) => "differs",
            Outcome::Failed(_) => "failed",
            Outcome::Skipped => "skipped",
            Outcome::Unknown(_) => "unknown",
        }
    }

    /// Why it is not done. Foreign strings are raw.
    pub fn why(&self, source: &Source) -> Option<Cause> {
        match self {
            Outcome::Done | Outcome::AlreadySo | Outcome::Elsewhere(_) => None,
            Outcome::NotShown => Some(not_shown(source)),
            Outcome::Failed(cause) | Outcome::Unknown(cause) => Some(cause.clone()),
            Outcome::Differs(seen) => Some(Cause {
                message: format!("it was set, and the user is on {} now", seen.definition),
                help: Some("somebody set it in the same moment, or the org took it otherwise: run it again".to_owned()),
                ..Cause::default()
            }),
            Outcome::Skipped => {
                Some(Cause { message: "the run was interrupted before it".to_owned(), ..Cause::default() })
            }
        }
    }
}

impl Report {
    /// Is every user where it was asked for?
    pub fn is_success(&self) -> bool {
        self.interrupted.is_none() && self.rows.iter().all(|row| row.outcome.is_success())
    }

    /// What was meant by a definition's id.
    pub fn meant(&self, id: &DefinitionId) -> Option<&Meant> {
        self.meant.iter().find(|it| it.definition.id == *id)
    }
}
