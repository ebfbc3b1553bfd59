//! Users, as far as their presences go: who, by which source, what they are on and what they should be on.

use std::fmt;

use crate::model::names::{DefinitionId, SystemPresence, is_guid};

/// The longest id of a user or a source, in characters. The platform's own have 36.
pub const ID_CHARS_MAX: usize = 100;

/// The id of a user. It can stand in a path and in a list with commas: nothing else is taken for one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(String);

/// The id of a presence source that an org has registered, held like a [`UserId`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(String);

/// Letters, digits, `-` and `_`, beginning with a letter or digit; GUIDs in lower case.
fn checked(raw: &str) -> Option<String> {
    let raw = raw.trim();
    let fits = raw.len() <= ID_CHARS_MAX
        && raw.starts_with(|c: char| c.is_ascii_alphanumeric())
        && raw.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    fits.then(|| if is_guid(raw) { raw.to_ascii_lowercase() } else { raw.to_owned() })
}

impl UserId {
    /// Takes an id; none when it is something else, such as a name or an address.
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

/// Where a presence comes from. A user has one for each source, and one of them is the primary one: what
/// others see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PresenceSource {
    /// The platform's own, `purecloud`.
    #[default]
    Platform,
    /// Microsoft Teams, as the platform maps it. It can only be read, and the platform's API has no longer
    /// had it since 2022 (docs/platform.md, "Presences of users").
    Teams,
    Registered(SourceId),
}

impl PresenceSource {
    /// By what people type: `purecloud`, `microsoftteams`, or an id.
    pub fn named(typed: &str) -> Option<PresenceSource> {
        match typed.trim().to_ascii_lowercase().as_str() {
            "purecloud" => Some(PresenceSource::Platform),
            "microsoftteams" => Some(PresenceSource::Teams),
            _ => checked(typed).map(|id| PresenceSource::Registered(SourceId(id))),
        }
    }

    /// Has the org registered it? The operations of one user are not for these (docs/platform.md, "Presences of
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

/// What a user is on, by one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPresence {
    pub definition: DefinitionId,
    /// Its system presence; none where the org does not say, as for a definition that is gone for good.
    pub system_presence: Option<SystemPresence>,
    /// What the user, or Teams, says beside it; none where that is nothing.
    pub message: Option<String>,
    /// Since when, as the org writes times; none where it does not say.
    pub since: Option<String>,
    /// Is this source the user's primary one? None where the org does not say, as in every bulk read.
    pub primary: Option<bool>,
    /// Times out of office, which only Teams tells of.
    pub out_of_office: Vec<OutOfOffice>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutOfOffice {
    /// Now; none where Teams does not say.
    pub active: Option<bool>,
    pub from: Option<String>,
    /// Its end; none where it has none.
    pub to: Option<String>,
}

/// What a user should be on, by one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub definition: DefinitionId,
    /// The message; none leaves it as it is, the empty one takes it away.
    pub message: Option<String>,
    /// Shall the source become the user's primary one? False leaves that as it is.
    pub primary: bool,
}

impl Wish {
    pub fn is_met_by(&self, seen: &UserPresence) -> bool {
        self.may_be_met_by(seen) && (!self.primary || seen.primary == Some(true))
    }

    /// Is the user there, as far as the org says? Not every answer tells of the primary source.
    pub fn may_be_met_by(&self, seen: &UserPresence) -> bool {
        let Wish { definition, message, primary } = self;
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
