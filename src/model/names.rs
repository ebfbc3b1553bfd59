//! The names of the domain: ids, keys, locales, labels and system presences.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use icu_normalizer::ComposingNormalizerBorrowed;
use smol_str::SmolStr;

/// The id of a presence definition, as the org returned it. GUIDs are lower case, so that a pin in capitals is the same
/// id. Other ids are unchanged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefinitionId(String);

/// The id of an org. Its form is that of a [`DefinitionId`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrgId(String);

/// The id of a division. Its form is that of a [`DefinitionId`], and `*` means all divisions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DivisionId(String);

/// The longest id in a config, in characters.
const ID_LENGTH_MAX: usize = 64;

/// Is this a valid id in a config? It becomes part of a URL path, so only plain characters are allowed.
pub fn can_be_id(raw: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !raw.is_empty() && raw.len() <= ID_LENGTH_MAX && raw.chars().all(plain)
}

fn folded_id(raw: &str) -> Option<String> {
    let raw = raw.trim();
    if raw.is_empty() {
        None
    } else if is_guid(raw) {
        Some(raw.to_ascii_lowercase())
    } else {
        Some(raw.to_owned())
    }
}

pub fn is_guid(raw: &str) -> bool {
    raw.len() == 36
        && raw.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The number of id characters that are always shown, and the fewest to type.
pub const ID_CHARS_MIN: usize = 8;

/// The hint for a possible id prefix that is too short.
pub const TYPE_MORE: &str = "if it begins an id, type at least 8 characters";

/// Does it look like the start of a platform id, but too short?
pub fn is_short_id(typed: &str) -> bool {
    (4..ID_CHARS_MIN).contains(&typed.len())
        && typed.bytes().all(|it| it.is_ascii_hexdigit())
        && typed.bytes().any(|it| it.is_ascii_digit())
}

/// Does it look like a part of a platform id, but not like a whole one?
pub fn is_part_of_guid(typed: &str) -> bool {
    let is_hex = typed.bytes().all(|it| it.is_ascii_hexdigit() || it == b'-');
    typed.len() >= ID_CHARS_MIN && is_hex && !is_guid(typed)
}

fn begins_with(id: &str, typed: &str) -> bool {
    let same = |begin: &str| if is_guid(id) { begin.eq_ignore_ascii_case(typed) } else { begin == typed };
    typed.len() >= ID_CHARS_MIN && id.get(..typed.len()).is_some_and(same)
}

macro_rules! id {
    ($name:ident) => {
        impl $name {
            /// An id. `None` if it is blank.
            pub fn new(raw: &str) -> Option<Self> {
                folded_id(raw).map(Self)
            }

            /// Does it begin with the typed text? Fewer than [`ID_CHARS_MIN`] characters never match.
            pub fn begins_with(&self, typed: &str) -> bool {
                begins_with(&self.0, typed.trim())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

id!(DefinitionId);
id!(OrgId);
id!(DivisionId);

impl DivisionId {
    /// Every division: the default for a definition.
    pub fn all() -> DivisionId {
        DivisionId("*".to_owned())
    }

    pub fn is_all(&self) -> bool {
        self.0 == "*"
    }

    /// Does it look like the id of one division?
    pub fn is_guid(&self) -> bool {
        is_guid(&self.0)
    }
}

/// The stable name of a definition in this repository. It is never sent to the org.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

pub const KEY_LENGTH_MAX: usize = 100;

impl Key {
    /// A letter or digit, then letters, digits, `_`, `-` and `.`. `None` for anything else.
    pub fn new(raw: &str) -> Option<Key> {
        let mut chars = raw.chars();
        let begins = chars.next().is_some_and(char::is_alphanumeric);
        let goes_on = chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        (begins && goes_on && raw.chars().count() <= KEY_LENGTH_MAX).then(|| Key(raw.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

fn normal_ascii(c: char) -> char {
    if c == '-' { '_' } else { c.to_ascii_lowercase() }
}

/// A locale in its author's spelling. Orgs have `en_US`, `en-us` and `es_US` side by side, so it is free text, and two
/// spellings are different values.
/// [`Locale::same_as`] ignores case and `-`/`_`. A copy shares the text, because every definition has the same few
/// locales.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locale(Arc<str>);

impl Locale {
    pub fn new(raw: impl AsRef<str>) -> Locale {
        Locale(raw.as_ref().into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which all spellings of one locale are equal: lower case, `-` as `_`.
    pub fn normal(&self) -> String {
        if self.0.is_ascii() {
            return self.0.chars().map(normal_ascii).collect();
        }
        self.0.to_lowercase().replace('-', "_")
    }

    /// Are both the same locale?
    pub fn same_as(&self, other: &Locale) -> bool {
        if self.0.is_ascii() && other.0.is_ascii() {
            return self.0.chars().map(normal_ascii).eq(other.0.chars().map(normal_ascii));
        }
        self.normal() == other.normal()
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A label, which agents read. `==` is the only definition of "the same label": equal after Unicode NFC, otherwise
/// exact. Matching, comparing and verifying all use it.
#[derive(Debug, Clone)]
pub struct Label {
    /// Most labels are short, and there are many: a short one takes no memory of its own.
    raw: SmolStr,
    /// Present if it differs from `raw`.
    composed: Option<Box<SmolStr>>,
}

impl Label {
    /// It accepts everything that an org returns, even the empty label.
    pub fn new(raw: impl Into<SmolStr>) -> Label {
        let raw = raw.into();
        if raw.is_ascii() {
            return Label { raw, composed: None };
        }
        let composed = ComposingNormalizerBorrowed::new_nfc().normalize(&raw);
        let composed = (*composed != *raw).then(|| Box::new(SmolStr::from(composed)));
        Label { raw, composed }
    }

    pub fn as_str(&self) -> &str {
        &self.raw
    }

    /// The form that is written and compared: Unicode NFC.
    pub fn nfc(&self) -> &str {
        self.composed.as_ref().map_or(&self.raw, |it| &**it)
    }
}

impl PartialEq for Label {
    fn eq(&self, other: &Label) -> bool {
        self.nfc() == other.nfc()
    }
}

impl Eq for Label {}

impl PartialOrd for Label {
    fn partial_cmp(&self, other: &Label) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Label {
    fn cmp(&self, other: &Label) -> Ordering {
        self.nfc().cmp(other.nfc())
    }
}

impl Hash for Label {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.nfc().hash(state);
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.raw)
    }
}

/// A system presence. The platform has the spellings "On Queue", `OnQueue` and `ON_QUEUE` for one of them
/// (docs/platform.md, "System presences").
/// So equality ignores case, spaces, `_` and `-`. The spelling is kept for sending.
#[derive(Debug, Clone)]
pub struct SystemPresence {
    raw: String,
    folded: String,
}

/// The ten that every org has, in the spelling for people.
pub const SYSTEM_PRESENCES: [&str; 10] =
    ["Available", "Away", "Break", "Busy", "Idle", "Meal", "Meeting", "Offline", "OnQueue", "Training"];

impl SystemPresence {
    /// Any name. `None` if it is blank. The platform may add names, so the set is open.
    pub fn new(raw: &str) -> Option<SystemPresence> {
        let folded: String = raw
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-'))
            .flat_map(char::to_lowercase)
            .collect();
        (!folded.is_empty()).then(|| SystemPresence { raw: raw.trim().to_owned(), folded })
    }

    pub fn as_str(&self) -> &str {
        &self.raw
    }

    /// The form in which all spellings are equal, such as `onqueue`.
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// The usual spelling, if this is one of the ten that every org has.
    pub fn standard(&self) -> Option<&'static str> {
        SYSTEM_PRESENCES.into_iter().find(|name| name.to_lowercase() == self.folded)
    }
}

impl PartialEq for SystemPresence {
    fn eq(&self, other: &SystemPresence) -> bool {
        self.folded == other.folded
    }
}

impl Eq for SystemPresence {}

impl PartialOrd for SystemPresence {
    fn partial_cmp(&self, other: &SystemPresence) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SystemPresence {
    fn cmp(&self, other: &SystemPresence) -> Ordering {
        self.folded.cmp(&other.folded)
    }
}

impl Hash for SystemPresence {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded.hash(state);
    }
}

impl fmt::Display for SystemPresence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_equal_after_nfc_and_otherwise_exact() {
        assert_eq!(Label::new("Cafe\u{301}"), Label::new("Café"));
        assert_ne!(Label::new("Lunch"), Label::new("lunch"));
        assert_ne!(Label::new("Lunch"), Label::new("Lunch "));
    }

    #[test]
    fn one_system_presence_has_many_spellings() {
        let spellings = ["On Queue", "OnQueue", "ON_QUEUE", "on-queue"].map(SystemPresence::new);
        assert!(spellings.iter().all(|it| *it == spellings[0] && it.is_some()));
    }

    #[test]
    fn a_pasted_guid_in_capitals_is_the_same_id() {
        let lower = DefinitionId::new("2fa68d50-0000-4000-8000-000000000001");
        assert_eq!(DefinitionId::new(" 2FA68D50-0000-4000-8000-000000000001 "), lower);
        assert_ne!(DefinitionId::new("Abc"), DefinitionId::new("abc"));
    }

    #[test]
    fn eight_characters_of_an_id_are_enough() {
        let id = DefinitionId::new("2fa68d50-0000-4000-8000-00000000000a").unwrap();
        let begins: Vec<bool> = [
            "2fa68d5",
            " 2FA68D50",
            "2fa68d50-0000-4000-8000-00000000000A",
            "2fa68d51",
            "2fa68d50-0000-4000-8000-00000000000ab",
        ]
        .map(|it| id.begins_with(it))
        .to_vec();
        assert_eq!(begins, [false, true, true, false, false]);
        let foreign = DefinitionId::new("Definition-1").unwrap();
        assert_eq!([foreign.begins_with("Definition"), foreign.begins_with("definition")], [true, false]);
    }
}
