//! What became of every user whose presence was to be set: the value that every report is a view of.

use crate::host::stop::Signal;
use crate::model::names::{DefinitionId, Locale};
use crate::model::problem::Problem;
use crate::model::user::{PresenceSource, UserId, UserPresence, Wish};
use crate::ops::users::listing::not_shown;
use crate::ops::users::resolve::ResolvedPresence;

/// A whole run, after it ended, however it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserReport {
    /// The source whose presences were set.
    pub source: PresenceSource,
    /// What is meant by each presence that was named.
    pub resolved: Vec<ResolvedPresence>,
    /// One row a user, in the order asked.
    pub rows: Vec<UserReportRow>,
    pub interrupted: Option<Signal>,
    pub default_locale: Locale,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserReportRow {
    pub user: UserId,
    pub wish: Wish,
    pub outcome: UserOutcome,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserOutcome {
    /// Set, and seen to be so.
    Done,
    /// The user was there before, and nothing was written.
    AlreadyInPlace,
    /// Nothing was written: the user has gone elsewhere by themselves, where only those were to be set who
    /// are on one definition.
    Elsewhere(UserPresence),
    /// Nothing was written: the org shows no such user, or no such source of this user.
    NotShown,
    /// Set, and the user is on something else, or says something else.
    Differs(UserPresence),
    /// Not set: the org refused, or could not be reached.
    Failed(Problem),
    /// Not tried: the run was interrupted first.
    Skipped,
    /// It may or may not have been set.
    Unknown(Problem),
}

impl UserOutcome {
    /// Is there nothing left to do for this user?
    pub fn is_success(&self) -> bool {
        match self {
            UserOutcome::Done | UserOutcome::AlreadyInPlace | UserOutcome::Elsewhere(_) => true,
            UserOutcome::NotShown
            | UserOutcome::Differs(_)
            | UserOutcome::Failed(_)
            | UserOutcome::Skipped
            | UserOutcome::Unknown(_) => false,
        }
    }

    pub fn code(&self) -> &'static str {
        match self {
            UserOutcome::Done => "done",
            UserOutcome::AlreadyInPlace => "already-so",
            UserOutcome::Elsewhere(_) => "elsewhere",
            UserOutcome::NotShown => "not-shown",
            UserOutcome::Differs(_) => "differs",
            UserOutcome::Failed(_) => "failed",
            UserOutcome::Skipped => "skipped",
            UserOutcome::Unknown(_) => "unknown",
        }
    }

    /// Why it is not done. Foreign strings are raw.
    pub fn why(&self, source: &PresenceSource) -> Option<Problem> {
        match self {
            UserOutcome::Done | UserOutcome::AlreadyInPlace | UserOutcome::Elsewhere(_) => None,
            UserOutcome::NotShown => Some(not_shown(source)),
            UserOutcome::Failed(cause) | UserOutcome::Unknown(cause) => Some(cause.clone()),
            UserOutcome::Differs(seen) => Some(
                Problem::new(format!("it was set, and the user is on {} now", seen.definition))
                    .help("another person set it in the same moment, or the org took it otherwise: run it again"),
            ),
            UserOutcome::Skipped => Some(Problem::new("the run was interrupted before it")),
        }
    }
}

impl UserReport {
    /// Is every user where it was asked for?
    pub fn is_success(&self) -> bool {
        self.interrupted.is_none() && self.rows.iter().all(|row| row.outcome.is_success())
    }

    /// What is meant by a definition's id.
    pub fn resolved(&self, id: &DefinitionId) -> Option<&ResolvedPresence> {
        self.resolved.iter().find(|it| it.definition.id == *id)
    }
}
