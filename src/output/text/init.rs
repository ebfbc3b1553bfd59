//! What `init` made, for people, and how to go on.

use std::fmt::Write as _;

use crate::host::file_set::PlacedFile;
use crate::model::text;
use crate::ops::init::Ci;
use crate::output::style::Style;
use crate::output::text::placed;

/// The files, and the next two commands.
pub fn made(files: &[PlacedFile], next: &[String; 2], ci: Ci, style: Style) -> String {
    let mut shown = placed::files(files, style);
    let [first, second] = next;
    // Writing to a String cannot fail.
    let _ = writeln!(shown, "\nNext:\n  {}\n  {}", text::terminal(first), text::terminal(second));
    if ci != Ci::None {
        shown.push_str("Before the first pull request, follow the lines with `Set:` in the files of the CI.\n");
    }
    shown
}
