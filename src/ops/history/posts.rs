//! The lines beside a report, one for each POST, written before it is sent: who kills a run leaves the report that was there
//! before the first write, and these say what of it was tried.

use crate::model::moment::Moment;
use crate::model::names::{Key, Label, SystemPresence};

/// What the name of such a file ends with, in the place of `json`.
pub const EXTENSION: &str = "posts";

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Posts {
    /// Each that was about to be sent.
    pub lines: Vec<Post>,
    /// There is half a line as well: of some POST that was under way.
    pub cut: bool,
}

/// A POST that was about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    pub at: Moment,
    pub key: Key,
    /// Where it was to belong.
    pub system_presence: SystemPresence,
    pub default_label: Option<Label>,
}

impl Posts {
    /// Was a POST for this definition about to be sent? Half a line may be of any.
    pub fn may_hold(&self, key: &Key) -> bool {
        self.cut || self.lines.iter().any(|it| it.key == *key)
    }

    /// When the last of them was.
    pub fn last(&self) -> Option<Moment> {
        self.lines.iter().map(|it| it.at).max()
    }
}
