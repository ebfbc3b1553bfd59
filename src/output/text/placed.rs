//! Which files were placed and how, for people: one line each.

use crate::host::placed::{Placed, PlacedHow};
use crate::model::text;
use crate::output::style::Style;

/// The files, in the order given.
pub fn files(files: &[Placed], style: Style) -> String {
    let line = |Placed { path, how }: &Placed| {
        let word = format!("{:<10}", how.in_words());
        let word = match how {
            PlacedHow::New | PlacedHow::Replaced | PlacedHow::Extended => style.good(&word),
            PlacedHow::Same | PlacedHow::Kept => word,
        };
        let reason = how.reason().map_or_else(String::new, |it| format!(": {it}"));
        format!("  {word}{}{reason}\n", text::terminal(path))
    };
    files.iter().map(line).collect()
}
