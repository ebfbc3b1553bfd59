//! Which files were placed and how, for people: one line each.

use crate::host::file_set::{FileChange, PlacedFile};
use crate::model::text;
use crate::output::style::Style;

/// The files, in the order given.
pub fn files(files: &[PlacedFile], style: Style) -> String {
    let line = |PlacedFile { path, how }: &PlacedFile| {
        let word = format!("{:<10}", how.in_words());
        let word = match how {
            FileChange::New | FileChange::Replaced | FileChange::Extended => style.good(&word),
            FileChange::Same | FileChange::Kept => word,
        };
        let reason = how.reason().map_or_else(String::new, |it| format!(": {it}"));
        format!("  {word}{}{reason}\n", text::terminal(path))
    };
    files.iter().map(line).collect()
}
