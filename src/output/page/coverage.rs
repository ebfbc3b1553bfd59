//! The coverage of a config's locales as a matrix.

use crate::config::coverage::{Cell, Coverage, Mark};
use crate::output::page::markdown::{Keep, Section, table_head, table_row};
use crate::output::page::markdown_escape::Inline;

/// What it comes to for each locale, and the matrix.
pub(super) fn sections(coverage: &Coverage) -> Vec<Section> {
    let Coverage { default_locale: _, locales, rows } = coverage;
    let names: Vec<String> = locales.iter().map(|it| Inline::code(it.as_str()).to_string()).collect();
    let columns: Vec<&str> = std::iter::once("Definition").chain(names.iter().map(String::as_str)).collect();
    let matrix = Section {
        noun: "definition",
        keep: Keep::Fourth,
        head: format!("#### Locale coverage\n\n{}", table_head(&columns)),
        rows: std::iter::once(sums(coverage))
            .filter(|_| !rows.is_empty())
            .chain(rows.iter().map(|row| {
                let key = Inline::code(row.key.as_str()).to_string();
                table_row(&std::iter::once(key).chain(row.cells.iter().map(cell)).collect::<Vec<_>>())
            }))
            .collect(),
        foot: "\nSame: as in the default locale. Twice: another definition has the same label in this locale.\n"
            .to_owned(),
    };
    vec![matrix]
}

fn sums(coverage: &Coverage) -> String {
    let sums = (0..coverage.locales.len()).map(|index| {
        let (present, of) = coverage.present(index);
        format!("**{present} of {of}**")
    });
    table_row(&std::iter::once("**Present**".to_owned()).chain(sums).collect::<Vec<_>>())
}

/// In words: a sign or a colour alone would not be read to everybody.
fn cell(cell: &Cell) -> String {
    if cell.marks.is_empty() {
        return "✓".to_owned();
    }
    let words: Vec<String> = cell.marks.iter().map(Mark::in_words).collect();
    let is_bad = cell.marks.iter().any(|it| !matches!(it, Mark::SameAsDefault | Mark::NotNeeded));
    if is_bad { format!("**{}**", words.join(", ")) } else { words.join(", ") }
}
