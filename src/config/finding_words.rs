//! How the texts of findings include foreign names, and the phrases that they share.

use crate::model::text;

/// What to do about a key that YAML 1.1 merges by.
pub(super) const MERGE: &str =
    "merge keys are not read: write the values out; what several files share goes into a layer";

/// Where a config is if no path is typed: `init` makes it there.
pub const USUAL_PATH: &str = "presences";

/// What is read if no path is typed.
pub(super) const USUAL: &str = "without PATH, the folder `presences` is read";

/// Data as a sentence takes them: a backtick in a foreign name is escaped.
pub(super) trait InProse: Clone {
    fn in_prose(&self, _: &str) -> Self {
        self.clone()
    }
}

/// Fields that are sentence fragments already, with backticks of ours.
const SENTENCES: [&str; 10] =
    ["what", "advice", "problem", "why", "cause", "expected", "given", "letter", "scripts", "difference"];

impl InProse for String {
    fn in_prose(&self, field: &str) -> String {
        if SENTENCES.contains(&field) { self.clone() } else { text::unticked(self) }
    }
}

impl<T: InProse> InProse for Option<T> {
    fn in_prose(&self, field: &str) -> Option<T> {
        self.as_ref().map(|it| it.in_prose(field))
    }
}

impl<T: InProse> InProse for Vec<T> {
    fn in_prose(&self, field: &str) -> Vec<T> {
        self.iter().map(|it| it.in_prose(field)).collect()
    }
}

impl InProse for usize {}
impl InProse for bool {}
impl InProse for &'static str {}

pub(super) fn did_you_mean(nearest: Option<&String>) -> Option<String> {
    nearest.map(|name| format!("did you mean `{name}`?"))
}

pub(super) fn ticked(names: &[String], joined_by: &str) -> String {
    let ticked: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    text::list(&ticked, joined_by)
}

/// The names, and the number of further ones.
pub(super) fn some_of(names: &[String], count: usize) -> String {
    let ticked = names.iter().map(|name| format!("`{name}`")).collect();
    text::list_and(ticked, count.saturating_sub(names.len()))
}

/// ` (and 3 more)`, or nothing.
pub(super) fn and_more(count: usize, noun: &str) -> String {
    if count > 1 { format!(" (and in {})", text::count(count - 1, &format!("more {noun}"))) } else { String::new() }
}
