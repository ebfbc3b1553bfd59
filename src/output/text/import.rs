//! What an import did, for people.

use std::fmt::Write as _;

use crate::host::file_set::PlacedFile;
use crate::model::observed::Target;
use crate::model::text;
use crate::ops::import::note::ImportNote;
use crate::output::style::Style;
use crate::output::text::placed;
use crate::output::text::target_line;

/// What a person should know, one line each.
pub fn notes(notes: &[ImportNote], style: Style) -> String {
    notes.iter().map(|it| note(&it.message(), style)).collect()
}

/// One line that a person should know.
pub fn note(message: &str, style: Style) -> String {
    format!("{}: {}\n", style.hint("note"), text::terminal(message))
}

/// Which files were written, and which of an earlier import are left over.
pub fn written(
    definitions: usize,
    files: &[PlacedFile],
    left_over: &[String],
    target: &Target,
    style: Style,
) -> String {
    let count = text::count(definitions, "definition");
    let mut shown = format!("{}\n\nImported {count}:\n", target_line(target));
    shown.push_str(&placed::files(files, style));
    for path in left_over {
        let word = style.doubtful(&format!("{:<10}", "left over"));
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "  {word}{}: of an earlier import; nothing uses it now", text::terminal(path));
    }
    shown
}
