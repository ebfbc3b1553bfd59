//! What users are on: the value that every view of `user get` shows.

use std::collections::BTreeMap;

use crate::model::cause::Cause;
use crate::model::names::{DefinitionId, Label, Locale, SystemPresence};
use crate::model::observed::Definition;
use crate::model::user::{Source, UserId, UserPresence};

/// Users and what they are on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// By which source.
    pub source: Source,
    /// One row a user, in the order asked.
    pub rows: Vec<Row>,
    pub default_locale: Locale,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub user: UserId,
    pub found: Found,
    /// The definition that the user is on; none where the org does not show it, or none was read.
    pub definition: Option<Definition>,
}

/// What was found of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    On(UserPresence),
    /// The org shows no such user, or no such source of this user.
    NotShown,
    /// The org shows the user, and nothing of Microsoft Teams.
    NoTeams,
    /// The platform no longer has the operation for Microsoft Teams.
    TeamsGone,
    /// It could not be read.
    Failed(Cause),
}

impl Found {
    pub fn code(&self) -> &'static str {
        match self {
            Found::On(_) => "shown",
            Found::NotShown => "not-shown",
            Found::NoTeams => "no-teams",
            Found::TeamsGone => "teams-gone",
            Found::Failed(_) => "failed",
        }
    }

    /// Why there is nothing to show. Foreign strings are raw.
    pub fn why(&self, source: &Source) -> Option<Cause> {
        let (message, help) = match self {
            Found::On(_) => return None,
            Found::Failed(cause) => return Some(cause.clone()),
            Found::NotShown => return Some(not_shown(source)),
            Found::NoTeams => (
                "the org shows no presence of Microsoft Teams: the user has none, or the platform no longer tells, since \
                 this operation left its API in 2022",
                INSTEAD_OF_TEAMS,
            ),
            Found::TeamsGone => (
                "the platform no longer has the operation that tells of Microsoft Teams: it left its API in 2022",
                INSTEAD_OF_TEAMS,
            ),
        };
        Some(Cause { message: message.to_owned(), help: Some(help.to_owned()), ..Cause::default() })
    }
}

/// What to use instead of the operation for Microsoft Teams.
pub const INSTEAD_OF_TEAMS: &str = "use `--source ID` with the id of the presence source that is registered for Teams, or \
                                    `--source purecloud`, which follows Teams where the org has set up that integration";

/// The platform answers 404.
pub fn not_shown(source: &Source) -> Cause {
    let message = match source {
        Source::Platform | Source::Teams => "the org shows no such user",
        Source::Registered(_) => "the org shows no such user, or no such source of this user",
    };
    let help = "it was deleted, belongs to another org, or to a division that these credentials cannot see";
    Cause { message: message.to_owned(), help: Some(help.to_owned()), ..Cause::default() }
}

impl Listing {
    /// Puts what was found beside the definitions that were read once for all.
    pub fn new(
        source: Source,
        found: Vec<(UserId, Found)>,
        definitions: &[Definition],
        default_locale: Locale,
    ) -> Listing {
        let by_id: BTreeMap<&DefinitionId, &Definition> = definitions.iter().map(|it| (&it.id, it)).collect();
        let row = |(user, found): (UserId, Found)| {
            let definition = match &found {
                Found::On(presence) => by_id.get(&presence.definition).map(|it| (*it).clone()),
                Found::NotShown | Found::NoTeams | Found::TeamsGone | Found::Failed(_) => None,
            };
            Row { user, found, definition }
        };
        Listing { source, rows: found.into_iter().map(row).collect(), default_locale }
    }

    /// Is there a presence in every row?
    pub fn is_whole(&self) -> bool {
        self.rows.iter().all(|row| matches!(row.found, Found::On(_)))
    }

    /// What the definition of a row is called.
    pub fn label<'a>(&self, row: &'a Row) -> Option<&'a Label> {
        row.definition.as_ref()?.name(&self.default_locale)
    }
    /// Its system presence, by the user's presence, else by the definition.
    pub fn system_presence<'a>(&self, row: &'a Row) -> Option<&'a SystemPresence> {
        let Found::On(presence) = &row.found else { return None };
        presence.system_presence.as_ref().or_else(|| row.definition.as_ref().map(|it| &it.system_presence))
    }
}
