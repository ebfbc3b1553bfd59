//! Notes about an import: facts that its files do not show.

use crate::model::names::{DefinitionId, DivisionId, Key, Locale, OrgId, SystemPresence};
use crate::model::pins::Obstacle;
use crate::model::text;

/// One note. Foreign strings are raw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportNote {
    /// Most definitions have no label in the default locale.
    DefaultLocale {
        /// The chosen locale, or the default.
        locale: Locale,
        /// The number of definitions without a label in it.
        without: usize,
        of: usize,
        /// A locale with more labels.
        better: Option<Locale>,
    },
    /// Deactivated definitions are not imported.
    DeactivatedLeftOut {
        count: usize,
    },
    /// Definitions that only a pin can match.
    Pinned {
        count: usize,
    },
    PrimaryNotKnown {
        count: usize,
    },
    /// A definition that no config can name.
    LeftOut {
        id: DefinitionId,
        system_presence: SystemPresence,
        obstacle: Obstacle,
        /// It is in `protect`.
        protected: bool,
    },
    /// A definition that `--pin` should have pinned.
    NotPinned {
        key: Key,
        id: DefinitionId,
    },
    DivisionLeftOut {
        key: Key,
        division: DivisionId,
    },
    OrgIdLeftOut {
        id: OrgId,
    },
    /// A resource of a Terraform state whose definition is not in the org.
    ResourceNotInOrg {
        address: String,
        id: DefinitionId,
    },
    ResourceWithoutId {
        address: String,
    },
    /// A resource whose definition is the platform's own.
    ResourceOfPlatform {
        address: String,
        id: DefinitionId,
    },
    /// A resource whose definition cannot be read in full.
    ResourceIsOdd {
        address: String,
        id: DefinitionId,
    },
    /// A resource with the same definition as another one.
    ResourceRepeated {
        address: String,
        first: String,
    },
    /// More resources of these kinds.
    MoreResources {
        count: usize,
    },
}

impl ImportNote {
    /// In words. Foreign strings are raw.
    pub fn message(&self) -> String {
        match self {
            ImportNote::DefaultLocale { locale, without, of, better } => {
                let better = better.as_ref().map_or_else(String::new, |better| {
                    let better = text::unticked(better);
                    format!("; more have one in `{better}`: give `--default-locale {better}`")
                });
                format!(
                    "{without} of {} have no label in the default locale {locale}{better}",
                    text::count(*of, "definition"),
                    locale = text::ticked(locale)
                )
            }
            ImportNote::DeactivatedLeftOut { count } => {
                let (are, them) = if *count == 1 { ("is", "it") } else { ("are", "them") };
                format!(
                    "{} {are} left out; `--deactivated` imports {them} as well",
                    text::count(*count, "deactivated definition")
                )
            }
            ImportNote::Pinned { count } => {
                let are = if *count == 1 { "is" } else { "are" };
                format!(
                    "{} {are} pinned in `ids`, since nothing else tells what they are",
                    text::count(*count, "definition")
                )
            }
            ImportNote::PrimaryNotKnown { count } => format!(
                "the org does not say of {} whether it is the platform's own; each has a comment",
                text::count(*count, "definition")
            ),
            ImportNote::LeftOut { id, system_presence, obstacle, protected } => {
                let then = if *protected {
                    "`protect` keeps it as it is"
                } else {
                    "its id cannot be written into `protect` either, so `prune: delete` would remove it"
                };
                format!(
                    "{id} ({system_presence}) is left out, since {}; {then}",
                    obstacle.in_words(),
                    id = text::ticked(id)
                )
            }
            ImportNote::NotPinned { key, id } => {
                format!("`{key}` has no pin: its id {id} cannot be written", id = text::ticked(id))
            }
            ImportNote::DivisionLeftOut { key, division } => format!(
                "the division of `{key}` is left out: its id {division} is of an unusual kind, and its name is not known; \
                 it stays where it is",
                division = text::ticked(division)
            ),
            ImportNote::OrgIdLeftOut { id } => {
                format!(
                    "`org.id` is left out: {id} cannot be written; `apply` will ask for --org-id",
                    id = text::ticked(id)
                )
            }
            ImportNote::ResourceNotInOrg { address, id } => {
                format!("{}: the org has no definition {}", text::ticked(address), text::ticked(id))
            }
            ImportNote::ResourceWithoutId { address } => {
                format!("{}: the state has no id of it", text::ticked(address))
            }
            ImportNote::ResourceOfPlatform { address, id } => format!(
                "{}: {} is one of the platform's own, which no config manages",
                text::ticked(address),
                text::ticked(id)
            ),
            ImportNote::ResourceIsOdd { address, id } => format!(
                "{}: {} is left out, since the org does not show all of it",
                text::ticked(address),
                text::ticked(id)
            ),
            ImportNote::ResourceRepeated { address, first } => format!(
                "{}: the same definition as {}, which gives the key",
                text::ticked(address),
                text::ticked(first)
            ),
            ImportNote::MoreResources { count } => {
                let gives = if *count == 1 { "gives" } else { "give" };
                format!("{} of the Terraform state {gives} no key", text::count(*count, "more resource"))
            }
        }
    }
}
