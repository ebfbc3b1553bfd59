//! Data that violates the API's contract: objects that cannot be read in full, and texts with a broken character.

use crate::model::names::{DefinitionId, Label, Locale, SystemPresence};
use crate::model::{alike, text};

/// The most labels of an odd object in one sentence.
const LABELS_NAMED_MAX: usize = 3;

/// The replacement of a broken character: U+FFFD.
pub const HALF: char = char::REPLACEMENT_CHARACTER;

/// A listed object that cannot be read in full. It exists and is shown, but it is never matched, removed or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Odd {
    /// Where it is in the org's response, such as `entities[12]`.
    pub place: String,
    /// Its id. `None` if it is unreadable.
    pub id: Option<DefinitionId>,
    /// What is odd, each in a few words. It is never empty.
    pub what: Vec<String>,
    pub labels: Vec<(Locale, Label)>,
    /// Its system presence. `None` if it is unreadable: then it may belong to any.
    pub system_presence: Option<SystemPresence>,
}

impl Odd {
    /// Its name in a sentence. Foreign strings are raw.
    pub fn name(&self) -> String {
        let Odd { place, id, what: _, labels, system_presence } = self;
        let id = id.as_ref().map_or_else(|| "the object without a readable id".to_owned(), text::ticked);
        let mut about = vec![format!("`{place}`")];
        about.extend(system_presence.as_ref().map(text::unticked));
        about.extend(labels.iter().take(LABELS_NAMED_MAX).map(|(_, label)| text::ticked(label)));
        format!("{id} ({})", about.join(", "))
    }

    /// What is odd, in words. Foreign strings are raw.
    pub fn in_words(&self) -> String {
        text::list(&self.what, "and")
    }

    /// The folded labels.
    pub fn looks(&self) -> impl Iterator<Item = String> {
        self.labels.iter().map(|(_, label)| alike::folded(label.nfc()))
    }

    /// May it belong to this system presence?
    pub fn may_be_under(&self, system_presence: &SystemPresence) -> bool {
        self.system_presence.as_ref().is_none_or(|it| it == system_presence)
    }
}

/// A definition that is complete except for a broken character in a text, which reads as [`HALF`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halved {
    pub id: DefinitionId,
    /// The locales of the labels, in the org's spelling.
    pub labels: Vec<Locale>,
    /// Other fields that a PUT sends back, by path. No config can name them.
    pub fields: Vec<String>,
}

impl Halved {
    /// The places, in words. Foreign strings are raw.
    pub fn places(&self) -> String {
        let labels = self.labels.iter().map(|it| format!("its label in {}", text::ticked(it)));
        let places: Vec<String> = labels.chain(self.fields.iter().map(text::ticked)).collect();
        text::list(&places, "and")
    }
}
