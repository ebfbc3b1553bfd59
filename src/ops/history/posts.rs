//! The lines beside a report, one for each POST, written before it is sent: who kills a run leaves the report that was there
//! before the first write, and these say what of it was tried.

use serde::{Deserialize, Serialize};

use crate::model::moment::Moment;
use crate::model::names::{Key, Label, Locale, SystemPresence};
use crate::model::text;
use crate::plan::change::Create;

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
    /// When.
    pub at: Moment,
    pub key: Key,
    /// Where it was to belong.
    pub system_presence: SystemPresence,
    pub default_label: Option<Label>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    time: String,
    key: String,
    system_presence: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_label: Option<String>,
}

/// The line for a create that is about to be sent.
pub fn line(create: &Create, default_locale: &Locale, now: Moment) -> String {
    let line = Line {
        time: now.to_string(),
        key: create.key.to_string(),
        system_presence: create.system_presence.to_string(),
        default_label: create.labels.get(default_locale).map(ToString::to_string),
    };
    // Text alone is always written.
    serde_json::to_string(&line).unwrap_or_default() + "\n"
}

/// Reads such a file. What is no such line was cut.
pub fn read(bytes: &[u8]) -> Posts {
    let text = String::from_utf8_lossy(text::without_mark(bytes).unwrap_or(bytes));
    let mut posts = Posts::default();
    for line in text.split_inclusive('\n') {
        match line.strip_suffix('\n').and_then(post) {
            Some(post) => posts.lines.push(post),
            None => posts.cut = true,
        }
    }
    posts
}

fn post(line: &str) -> Option<Post> {
    let Line { time, key, system_presence, default_label } = serde_json::from_str(line).ok()?;
    Some(Post {
        at: Moment::read(&time)?,
        key: Key::new(&key)?,
        system_presence: SystemPresence::new(&system_presence)?,
        default_label: default_label.map(Label::new),
    })
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
