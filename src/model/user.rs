//! Users and their presences: the user, the source, the current presence and the wanted one.

use std::fmt;

use crate::model::names::{DefinitionId, SystemPresence, is_guid};

/// The longest id of a user or a source, in characters. The platform's own ids have 36.
pub const ID_CHARS_MAX: usize = 100;

/// The id of a user. It is safe in a path and in a comma-separated list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(String);

/// The id of a presence source that an org has registered. Its form is that of a [`UserId`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(String);

/// Letters, digits, `-` and `_`, starting with a letter or digit. GUIDs are lower case.
fn checked(raw: &str) -> Option<String> {
    let raw = raw.trim();
    let fits = raw.len() <= ID_CHARS_MAX
        && raw.starts_with(|c: char| c.is_ascii_alphanumeric())
        && raw.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    fits.then(|| if is_guid(raw) { raw.to_ascii_lowercase() } else { raw.to_owned() })
}

impl UserId {
    /// An id. `None` for anything else, such as a name or an email address.
    pub fn new(raw: &str) -> Option<UserId> {
        checked(raw).map(UserId)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A presence source. A user has one presence per source. One source is the primary one, which others see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PresenceSource {
    /// The platform's own, `purecloud`.
    #[default]
    Platform,
    /// Microsoft Teams, as the platform maps it. It is read-only, and the platform's API has not had it since 2022
    /// (docs/platform.md, "Presences of users").
    Teams,
    Registered(SourceId),
}

impl PresenceSource {
    /// From the typed form: `purecloud`, `microsoftteams`, or an id.
    pub fn named(typed: &str) -> Option<PresenceSource> {
        match typed.trim().to_ascii_lowercase().as_str() {
            "purecloud" => Some(PresenceSource::Platform),
            "microsoftteams" => Some(PresenceSource::Teams),
            _ => checked(typed).map(|id| PresenceSource::Registered(SourceId(id))),
        }
    }

    /// Has the org registered it? The operations for one user do not support these (docs/platform.md, "Presences of
    /// users").
    pub fn is_registered(&self) -> bool {
        matches!(self, PresenceSource::Registered(_))
    }

    pub fn as_str(&self) -> &str {
        match self {
            PresenceSource::Platform => "purecloud",
            PresenceSource::Teams => "microsoftteams",
            PresenceSource::Registered(SourceId(id)) => id,
        }
    }
}

impl fmt::Display for PresenceSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The presence of a user from one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPresence {
    pub definition: DefinitionId,
    /// Its system presence. `None` if the org does not show it, for example for a definition that no longer exists.
    pub system_presence: Option<SystemPresence>,
    /// The message of the user or of Teams. `None` if it is empty.
    pub message: Option<String>,
    /// The start, in the org's form. `None` if the org does not show it.
    pub since: Option<String>,
    /// Is this source the user's primary one? `None` if the org does not show it, as in every bulk read.
    pub primary: Option<bool>,
    /// Out-of-office times, which only Teams has.
    pub out_of_office: Vec<OutOfOffice>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutOfOffice {
    /// Is it active now? `None` if Teams does not show it.
    pub active: Option<bool>,
    pub from: Option<String>,
    /// Its end, if it has one.
    pub to: Option<String>,
}

/// The wanted presence of a user for one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedPresence {
    pub definition: DefinitionId,
    /// The message. `None` keeps the current one. An empty message removes it.
    pub message: Option<String>,
    /// Makes the source the user's primary one. `false` changes nothing.
    pub primary: bool,
}

impl WantedPresence {
    pub fn is_met_by(&self, seen: &UserPresence) -> bool {
        self.may_be_met_by(seen) && (!self.primary || seen.primary == Some(true))
    }

    /// Is the wanted presence in place, as far as the org shows? Some responses omit the primary source.
    pub fn may_be_met_by(&self, seen: &UserPresence) -> bool {
        let WantedPresence { definition, message, primary } = self;
        let says = |wanted: &String| seen.message.as_deref().unwrap_or_default() == wanted;
        seen.definition == *definition
            && message.as_ref().is_none_or(says)
            && !(*primary && seen.primary == Some(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_can_stand_in_a_path_and_in_a_list() {
        let folded = UserId::new(" 5A4DB0C5-0000-4000-8000-00000000000A ").unwrap();
        assert_eq!(folded.as_str(), "5a4db0c5-0000-4000-8000-00000000000a");
        assert_eq!(UserId::new("Abc_1").unwrap().as_str(), "Abc_1");
        let long = "a".repeat(ID_CHARS_MAX + 1);
        for wrong in ["", "-", "..", "a,b", "a/b", "a b", "a%2fb", "ada@example.com", "=1", "é", &long] {
            assert_eq!(UserId::new(wrong), None, "{wrong:?}");
            assert_eq!(PresenceSource::named(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_source_is_one_of_two_names_or_an_id() {
        assert_eq!(PresenceSource::named("PureCloud"), Some(PresenceSource::Platform));
        assert_eq!(PresenceSource::named("MICROSOFTTEAMS"), Some(PresenceSource::Teams));
        assert_eq!(PresenceSource::named("5A4DB0C5-0000-4000-A000-000000000001").unwrap().as_str().len(), 36);
    }
}
