//! The result for every user whose presence was to be set. All report views are made from it.

use crate::host::stop::Signal;
use crate::model::names::{DefinitionId, Locale};
use crate::model::problem::Problem;
use crate::model::user::{PresenceSource, UserId, UserPresence, WantedPresence};
use crate::ops::users::listing::not_shown;
use crate::ops::users::resolve::ResolvedPresence;

/// A whole run after its end, regular or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserReport {
    /// The source of the presences.
    pub source: PresenceSource,
    /// The definition of each named presence.
    pub resolved: Vec<ResolvedPresence>,
    /// One row per user, in the requested order.
    pub rows: Vec<UserReportRow>,
    pub interrupted: Option<Signal>,
    pub default_locale: Locale,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserReportRow {
    pub user: UserId,
    pub wanted: WantedPresence,
    pub outcome: UserOutcome,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserOutcome {
    /// Set and verified.
    Done,
    /// The user already had it, and nothing was written.
    AlreadyInPlace,
    /// Nothing was written: the user no longer has the definition that the run was limited to.
    Elsewhere(UserPresence),
    /// Nothing was written: the org shows no such user, or no such source of this user.
    NotShown,
    /// Set, but the user has another presence or message.
    Differs(UserPresence),
    /// Not set: the org refused it, or could not be reached.
    Failed(Problem),
    /// Not tried: the run was interrupted first.
    Skipped,
    /// It may or may not have been set.
    Unknown(Problem),
}

impl UserOutcome {
    /// Is nothing left to do for this user?
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

    /// Why it was not done. Foreign strings are raw.
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
    /// Does every user have the wanted presence?
    pub fn is_success(&self) -> bool {
        self.interrupted.is_none() && self.rows.iter().all(|row| row.outcome.is_success())
    }

    /// The presence with this definition id.
    pub fn resolved(&self, id: &DefinitionId) -> Option<&ResolvedPresence> {
        self.resolved.iter().find(|it| it.definition.id == *id)
    }
}
