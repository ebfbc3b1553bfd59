//! A sheet of labels: its columns, its cells, and their names.

use std::fmt;

/// The text in a cell that removes a label.
pub const REMOVE: &str = "(remove)";

const KEY: &str = "key";
const SYSTEM_PRESENCE: &str = "system presence";
const FILE: &str = "file";
const DEFAULT_LABEL: &str = "default label";
const MARKS: &str = "presencectl";
const SUGGESTION: &str = "suggestion: ";
const LABEL: &str = "label: ";

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SheetColumn {
    Key,
    SystemPresence,
    File,
    DefaultLabel,
    /// The labels in one locale.
    Label(String),
    /// The label of other definitions with the same default label.
    Suggestion(String),
    /// A short hash of each cell's exported text.
    Marks,
}

impl SheetColumn {
    pub fn heading(&self) -> String {
        let plain = match self {
            SheetColumn::Key => KEY,
            SheetColumn::SystemPresence => SYSTEM_PRESENCE,
            SheetColumn::File => FILE,
            SheetColumn::DefaultLabel => DEFAULT_LABEL,
            SheetColumn::Marks => MARKS,
            SheetColumn::Suggestion(locale) => return format!("{SUGGESTION}{locale}"),
            // A locale may be any word.
            SheetColumn::Label(locale) if SheetColumn::of_heading(locale) != SheetColumn::Label(locale.clone()) => {
                return format!("{LABEL}{locale}");
            }
            SheetColumn::Label(locale) => locale,
        };
        plain.to_owned()
    }

    pub fn of_heading(heading: &str) -> SheetColumn {
        match heading {
            KEY => SheetColumn::Key,
            SYSTEM_PRESENCE => SheetColumn::SystemPresence,
            FILE => SheetColumn::File,
            DEFAULT_LABEL => SheetColumn::DefaultLabel,
            MARKS => SheetColumn::Marks,
            _ => {
                if let Some(locale) = heading.strip_prefix(SUGGESTION) {
                    SheetColumn::Suggestion(locale.to_owned())
                } else {
                    SheetColumn::Label(heading.strip_prefix(LABEL).unwrap_or(heading).to_owned())
                }
            }
        }
    }
}

/// A sheet to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelSheet {
    pub columns: Vec<SheetColumn>,
    /// A row has one cell per column. `None` is an empty cell.
    pub rows: Vec<Vec<Option<String>>>,
}

/// The content of a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SheetCell {
    Text(String),
    /// Text that has the form of something else, in words: a CSV does not say what it was.
    Converted(String, &'static str),
    /// A value that is not text, in words.
    Odd(&'static str),
}

/// A cell by row and column, both from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellAddress {
    pub row: u32,
    pub column: u32,
}

impl fmt::Display for CellAddress {
    /// The name in spreadsheets: `E7`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut letters = Vec::new();
        let mut left = self.column + 1;
        while left > 0 {
            letters.push(char::from(b'A' + u8::try_from((left - 1) % 26).unwrap_or_default()));
            left = (left - 1) / 26;
        }
        let letters: String = letters.into_iter().rev().collect();
        write!(f, "{letters}{}", self.row + 1)
    }
}

/// A sheet that was read. Its first row has the headings. Cells are in order, without empty ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadSheet {
    pub rows: Vec<(u32, Vec<(u32, SheetCell)>)>,
}

impl ReadSheet {
    /// The columns with a text heading.
    pub fn headings(&self) -> Vec<(u32, SheetColumn)> {
        let Some((0, cells)) = self.rows.first() else { return Vec::new() };
        let text = |(column, cell): &(u32, SheetCell)| match cell {
            SheetCell::Text(text) | SheetCell::Converted(text, _) => {
                Some((*column, SheetColumn::of_heading(text.trim())))
            }
            SheetCell::Odd(_) => None,
        };
        cells.iter().filter_map(text).collect()
    }

    /// The rows below the headings.
    pub fn body(&self) -> &[(u32, Vec<(u32, SheetCell)>)] {
        self.rows.get(1..).unwrap_or_default()
    }
}

/// The same sheet, as it is read back without changes.
impl From<&LabelSheet> for ReadSheet {
    fn from(sheet: &LabelSheet) -> ReadSheet {
        let headings: Vec<Option<String>> = sheet.columns.iter().map(|it| Some(it.heading())).collect();
        let row = |cells: &Vec<Option<String>>| {
            let numbered = (0..).zip(cells);
            numbered.filter_map(|(index, it)| Some((index, SheetCell::Text(it.clone()?)))).collect::<Vec<_>>()
        };
        let rows = (0..).zip([&headings].into_iter().chain(&sheet.rows));
        ReadSheet { rows: rows.map(|(index, cells)| (index, row(cells))).filter(|(_, it)| !it.is_empty()).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_named_as_spreadsheets_name_them() {
        let named = |row, column| CellAddress { row, column }.to_string();
        assert_eq!(named(0, 0), "A1");
        assert_eq!(named(6, 25), "Z7");
        assert_eq!(named(6, 26), "AA7");
        assert_eq!(named(9, 701), "ZZ10");
        assert_eq!(named(9, 702), "AAA10");
    }

    #[test]
    fn a_locale_may_have_the_name_of_a_column() {
        for locale in ["de", "key", "file", "presencectl", "suggestion: de", "label: de", ""] {
            let column = SheetColumn::Label(locale.to_owned());
            assert_eq!(SheetColumn::of_heading(&column.heading()), column);
        }
    }
}
