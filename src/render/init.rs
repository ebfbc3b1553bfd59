//! What `init` made, for people, and how to go on.

use std::fmt::Write as _;

use crate::import::placed::{How, Placed};
use crate::init::Ci;
use crate::render::style::Style;
use crate::text;

/// The files, and the next two commands.
#[must_use]
pub fn made(files: &[Placed], next: &[String; 2], ci: Option<Ci>, style: Style) -> String {
    let mut shown = String::new();
    for Placed { path, how } in files {
        let word = format!("{:<10}", how.in_words());
        let word = match how {
            How::New | How::Replaced => style.good(&word),
            How::Same => word,
        };
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "  {word}{}", text::terminal(path));
    }
    let [first, second] = next;
    let _ = writeln!(shown, "\nNext:\n  {}\n  {}", text::terminal(first), text::terminal(second));
    if ci.is_some() {
        shown.push_str("Before the first pull request, follow the lines with `Set:` in the files of the CI.\n");
    }
    shown
}
