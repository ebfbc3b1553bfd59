//! The lines beside a report, one per POST, as JSON.

use serde::{Deserialize, Serialize};

use crate::model::moment::Moment;
use crate::model::names::{Key, Label, Locale, SystemPresence};
use crate::model::text;
use crate::ops::history::sent::{Post, Posts};
use crate::plan::change::Create;

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
    // Writing text cannot fail.
    serde_json::to_string(&line).unwrap_or_default() + "\n"
}

/// Reads such a file. An invalid line is an incomplete one.
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
