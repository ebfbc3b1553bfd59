//! The presences of users: the value behind every view of `user get`.

use std::collections::BTreeMap;

use crate::model::names::{DefinitionId, Label, Locale, SystemPresence};
use crate::model::observed::Definition;
use crate::model::problem::Problem;
use crate::model::user::{PresenceSource, UserId, UserPresence};

/// Users and what they are on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserListing {
    pub source: PresenceSource,
    /// One row per user, in the requested order.
    pub rows: Vec<UserListingRow>,
    pub default_locale: Locale,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserListingRow {
    pub user: UserId,
    pub found: UserFound,
    /// The current definition of the user. `None` if the org does not show it, or it was not read.
    pub definition: Option<Definition>,
}

/// The result for one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserFound {
    On(UserPresence),
    /// The org shows no such user, or no such source of this user.
    NotShown,
    /// The org shows the user, but no Microsoft Teams presence.
    NoTeams,
    /// The platform no longer has the operation for Microsoft Teams.
    TeamsGone,
    /// It could not be read.
    Failed(Problem),
}

impl UserFound {
    pub fn code(&self) -> &'static str {
        match self {
            UserFound::On(_) => "shown",
            UserFound::NotShown => "not-shown",
            UserFound::NoTeams => "no-teams",
            UserFound::TeamsGone => "teams-gone",
            UserFound::Failed(_) => "failed",
        }
    }

    /// Why there is no presence to show. Foreign strings are raw.
    pub fn why(&self, source: &PresenceSource) -> Option<Problem> {
        let (message, help) = match self {
            UserFound::On(_) => return None,
            UserFound::Failed(cause) => return Some(cause.clone()),
            UserFound::NotShown => return Some(not_shown(source)),
            UserFound::NoTeams => (
                "the org shows no presence of Microsoft Teams: the user has none, or the platform no longer tells, since \
                 this operation left its API in 2022",
                INSTEAD_OF_TEAMS,
            ),
            UserFound::TeamsGone => (
                "the platform no longer has the operation that tells of Microsoft Teams: it left its API in 2022",
                INSTEAD_OF_TEAMS,
            ),
        };
        Some(Problem::new(message).help(help))
    }
}

/// The alternative to the operation for Microsoft Teams.
pub const INSTEAD_OF_TEAMS: &str = "use `--source ID` with the id of the presence source that is registered for Teams, or \
                                    `--source purecloud`, which follows Teams where the org has set up that integration";

/// The platform returned 404.
pub fn not_shown(source: &PresenceSource) -> Problem {
    let message = match source {
        PresenceSource::Platform | PresenceSource::Teams => "the org shows no such user",
        PresenceSource::Registered(_) => "the org shows no such user, or no such source of this user",
    };
    let help = "it was deleted, belongs to another org, or to a division that these credentials cannot see";
    Problem::new(message).help(help)
}

impl UserListing {
    /// Adds the definitions, which were read once for all users.
    pub fn new(
        source: PresenceSource,
        found: Vec<(UserId, UserFound)>,
        definitions: &[Definition],
        default_locale: Locale,
    ) -> UserListing {
        let by_id: BTreeMap<&DefinitionId, &Definition> = definitions.iter().map(|it| (&it.id, it)).collect();
        let row = |(user, found): (UserId, UserFound)| {
            let definition = match &found {
                UserFound::On(presence) => by_id.get(&presence.definition).map(|it| (*it).clone()),
                UserFound::NotShown | UserFound::NoTeams | UserFound::TeamsGone | UserFound::Failed(_) => None,
            };
            UserListingRow { user, found, definition }
        };
        UserListing { source, rows: found.into_iter().map(row).collect(), default_locale }
    }

    /// Does every row have a presence?
    pub fn is_whole(&self) -> bool {
        self.rows.iter().all(|row| matches!(row.found, UserFound::On(_)))
    }

    /// The label of a row's definition.
    pub fn label<'a>(&self, row: &'a UserListingRow) -> Option<&'a Label> {
        row.definition.as_ref()?.name(&self.default_locale)
    }
    /// Its system presence: that of the user's presence, or of the definition.
    pub fn system_presence<'a>(&self, row: &'a UserListingRow) -> Option<&'a SystemPresence> {
        let UserFound::On(presence) = &row.found else { return None };
        presence.system_presence.as_ref().or_else(|| row.definition.as_ref().map(|it| &it.system_presence))
    }
}
