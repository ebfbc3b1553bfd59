//! The lines beside a report, one per POST, written before it is sent. A killed run leaves the report from before the
//! first write, and these lines show what was tried.

use crate::model::moment::Moment;
use crate::model::names::{Key, Label, SystemPresence};

/// The file extension, instead of `json`.
pub const EXTENSION: &str = "posts";

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Posts {
    /// The POSTs that were about to be sent.
    pub lines: Vec<Post>,
    /// There is an incomplete line of a POST in flight too.
    pub cut: bool,
}

/// A POST that was about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    pub at: Moment,
    pub key: Key,
    pub system_presence: SystemPresence,
    pub default_label: Option<Label>,
}

impl Posts {
    /// Was a POST for this definition about to be sent? An incomplete line may be about any.
    pub fn may_hold(&self, key: &Key) -> bool {
        self.cut || self.lines.iter().any(|it| it.key == *key)
    }

    /// The time of the last one.
    pub fn last(&self) -> Option<Moment> {
        self.lines.iter().map(|it| it.at).max()
    }
}
