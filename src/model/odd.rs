//! What an org shows that is not as its API promises: objects that cannot be read whole, and texts that were cut within
//! a character.

use crate::model::alike;
use crate::model::names::{DefinitionId, Label, Locale, SystemPresence};
use crate::model::text;

/// How many labels of an odd object a sentence names.
const LABELS_NAMED_MAX: usize = 3;

/// What stands where half a character was: U+FFFD.
pub const HALF: char = char::REPLACEMENT_CHARACTER;

/// An object in the list of definitions that cannot be read whole. It is shown, and never matched, removed or written;
/// nor is it absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Odd {
    /// Where it stands in the org's answer, such as `entities[12]`.
    pub place: String,
    /// Its id; none if that cannot be read.
    pub id: Option<DefinitionId>,
    /// What is odd, each in a few words. Not empty.
    pub what: Vec<String>,
    pub labels: Vec<(Locale, Label)>,
    /// Where it belongs; none if that cannot be read, so that it may belong anywhere.
    pub system_presence: Option<SystemPresence>,
}

impl Odd {
    /// What it is called in a sentence. Foreign strings are raw.
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

    /// The labels as they look to a reader.
    pub fn looks(&self) -> impl Iterator<Item = String> {
        self.labels.iter().map(|(_, label)| alike::folded(label.nfc()))
    }

    /// May it belong to this system presence?
    pub fn may_be_under(&self, system_presence: &SystemPresence) -> bool {
        self.system_presence.as_ref().is_none_or(|it| it == system_presence)
    }
}

/// A definition that is whole but for half a character in a text, which reads as [`HALF`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halved {
    pub id: DefinitionId,
    /// The locales of the labels, in the org's spelling.
    pub labels: Vec<Locale>,
    /// Other fields that a PUT sends back, by their paths. No config can name them.
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
