//! Imports a sheet into the files: compares a translator's changes with the current content of the files.

use std::collections::{HashMap, HashSet};

use crate::config::edit::files::FileEdits;
use crate::config::edit::{FileEdit, Leaf};
use crate::model::names::Locale;
use crate::model::text;
use crate::ops::labels::export::shown;
use crate::ops::labels::grid::{CellAddress, REMOVE, ReadSheet, SheetCell, SheetColumn};
use crate::ops::labels::marks::{CellMark, RowMarks, mark, row_mark};
use crate::ops::labels::rows::{DefinitionRow, Fleet};

/// A label that a sheet changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedLabel {
    pub address: CellAddress,
    /// The index of the config's row.
    pub row: usize,
    pub locale: String,
    /// `None` removes the label.
    pub label: Option<String>,
}

/// A refused cell, or a refused row by its first cell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RefusedCell {
    pub address: CellAddress,
    pub why: String,
}

/// The changes in a sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SheetLabels {
    pub wanted: Vec<WantedLabel>,
    /// By address.
    pub refused: Vec<RefusedCell>,
    /// What was skipped, in words.
    pub notes: Vec<String>,
}

/// Why a sheet is refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SheetFlaw {
    Empty,
    /// Columns of an export that are missing.
    MissingColumns(Vec<String>),
    TwoColumns(String),
}

impl SheetFlaw {
    pub fn in_words(&self) -> String {
        match self {
            SheetFlaw::Empty => "it has no headings".to_owned(),
            SheetFlaw::MissingColumns(names) => format!("it has no column {}", text::list(names, "and")),
            SheetFlaw::TwoColumns(name) => format!("it has two columns {}", text::ticked(name)),
        }
    }
}

/// The changes in a sheet. `into` is the config whose overrides receive them, instead of the files of the rows.
pub fn wanted_labels(
    read: &ReadSheet,
    fleet: Fleet<'_>,
    rows: &[DefinitionRow],
    into: Option<usize>,
) -> Result<SheetLabels, SheetFlaw> {
    let columns = columns(read)?;
    let mut by_name: HashMap<(&str, &str), usize> = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        by_name.insert((&row.path, &row.key), index);
    }
    let mut reading =
        Reading { fleet, rows, by_name, columns, into, seen: HashSet::new(), found: SheetLabels::default() };
    reading.other_columns(read);
    for (number, cells) in read.body() {
        reading.row(*number, cells);
    }
    let mut found = reading.found;
    found.refused.sort();
    found.refused.dedup();
    Ok(found)
}

fn columns(read: &ReadSheet) -> Result<Vec<(u32, SheetColumn)>, SheetFlaw> {
    let columns = read.headings();
    if columns.is_empty() {
        return Err(SheetFlaw::Empty);
    }
    let needed = [SheetColumn::Key, SheetColumn::File, SheetColumn::DefaultLabel, SheetColumn::Marks];
    let missing: Vec<String> = needed
        .iter()
        .filter(|it| !columns.iter().any(|(_, column)| column == *it))
        .map(|it| text::ticked(it.heading()))
        .collect();
    if !missing.is_empty() {
        return Err(SheetFlaw::MissingColumns(missing));
    }
    for (index, (_, column)) in columns.iter().enumerate() {
        if columns[..index].iter().any(|(_, it)| it == column) {
            return Err(SheetFlaw::TwoColumns(column.heading()));
        }
    }
    Ok(columns)
}

struct Reading<'a> {
    fleet: Fleet<'a>,
    rows: &'a [DefinitionRow],
    by_name: HashMap<(&'a str, &'a str), usize>,
    columns: Vec<(u32, SheetColumn)>,
    into: Option<usize>,
    seen: HashSet<usize>,
    found: SheetLabels,
}

/// The cells of one row.
#[derive(Clone, Copy)]
struct SheetRow<'a> {
    number: u32,
    cells: &'a [(u32, SheetCell)],
}

impl<'a> SheetRow<'a> {
    fn at(self, column: u32) -> CellAddress {
        CellAddress { row: self.number, column }
    }

    fn cell(self, column: u32) -> Option<&'a SheetCell> {
        let index = self.cells.binary_search_by_key(&column, |(it, _)| *it).ok()?;
        self.cells.get(index).map(|(_, cell)| cell)
    }

    fn text(self, column: u32) -> Option<&'a str> {
        match self.cell(column) {
            Some(SheetCell::Text(text) | SheetCell::Converted(text, _)) => Some(text),
            Some(SheetCell::Odd(_)) | None => None,
        }
    }
}

impl Reading<'_> {
    fn refuse(&mut self, address: CellAddress, why: impl Into<String>) {
        self.found.refused.push(RefusedCell { address, why: why.into() });
    }

    fn column(&self, meant: &SheetColumn) -> u32 {
        self.columns.iter().find(|(_, it)| it == meant).map_or(0, |(index, _)| *index)
    }

    fn labels(&self) -> Vec<(u32, String)> {
        let label = |(index, it): &(u32, SheetColumn)| match it {
            SheetColumn::Label(locale) => Some((*index, locale.clone())),
            _ => None,
        };
        self.columns.iter().filter_map(label).collect()
    }

    /// Columns that were not in the export. A column that may be a language is refused, any other is skipped.
    fn other_columns(&mut self, read: &ReadSheet) {
        let marks = self.column(&SheetColumn::Marks);
        let exported: HashSet<String> = (read.body().iter())
            .filter_map(|(number, cells)| RowMarks::of_text(SheetRow { number: *number, cells }.text(marks)?.trim()))
            .flat_map(|it| it.labels.into_keys())
            .collect();
        let others: Vec<(u32, String)> =
            self.labels().into_iter().filter(|(_, locale)| !exported.contains(locale)).collect();
        // Without any marks, each row reports the problem itself.
        for (index, locale) in others.iter().filter(|_| !exported.is_empty()) {
            let (address, name) = (CellAddress { row: 0, column: *index }, text::ticked(locale));
            if looks_like_a_locale(locale) {
                self.refuse(address, format!("{name} was not exported: export again with `--locale {locale}`"));
            } else {
                self.found.notes.push(format!("column {name} ({address}) is not from the export, and is skipped"));
            }
        }
        self.columns.retain(|(index, _)| !others.iter().any(|(it, _)| it == index));
    }

    fn row(&mut self, number: u32, cells: &[(u32, SheetCell)]) {
        let row = SheetRow { number, cells };
        let labels = self.labels();
        let (key, file, marks) =
            (self.column(&SheetColumn::Key), self.column(&SheetColumn::File), self.column(&SheetColumn::Marks));
        for (column, what) in [(key, "key"), (file, "file"), (marks, "hidden column")] {
            if let Some(SheetCell::Odd(kind)) = row.cell(column) {
                return self.refuse(row.at(column), format!("the {what} of this row is {kind}"));
            }
        }
        let has_labels = labels.iter().any(|(column, _)| row.cell(*column).is_some());
        let (Some(key_text), Some(file_text)) = (row.text(key), row.text(file)) else {
            if has_labels {
                self.refuse(row.at(key), "this row has no key or no file");
            }
            return;
        };
        let Some(index) = self.by_name.get(&(file_text, key_text)).copied() else {
            return self.unknown(row.at(key), file_text, key_text);
        };
        let marks = row.text(marks).and_then(|it| RowMarks::of_text(it.trim()));
        let Some(marks) = marks.filter(|it| it.row == row_mark(file_text, key_text)) else {
            let why = "the hidden column does not belong to this row: sort whole rows only, or copy the labels into a new \
                       export";
            return self.refuse(row.at(key), why);
        };
        if !self.seen.insert(index) {
            return self.refuse(row.at(key), "a row above is about the same definition of the same file");
        }
        let mut changed = Vec::new();
        for (column, locale) in labels {
            let Some(exported) = marks.labels.get(&locale) else { continue };
            if let Some(wanted) = self.cell(row, column, (index, &locale), exported) {
                changed.push(wanted);
            }
        }
        if self.default_label_holds(row, index, &marks, !changed.is_empty()) {
            self.found.wanted.extend(changed);
        }
    }

    fn unknown(&mut self, address: CellAddress, file: &str, key: &str) {
        let in_file = self.rows.iter().filter(|it| it.path == file).map(|it| it.key.as_str());
        let why = if self.rows.iter().any(|it| it.path == file) {
            let nearest = text::nearest(key, in_file);
            let hint = nearest.map_or_else(String::new, |it| format!("; did you mean {}?", text::ticked(it)));
            format!("{} has no definition {}{hint}", text::ticked(file), text::ticked(key))
        } else {
            format!("the config has no file {}", text::ticked(file))
        };
        self.refuse(address, why);
    }

    /// A translation of another text is invalid.
    fn default_label_holds(&mut self, row: SheetRow<'_>, index: usize, marks: &RowMarks, is_changed: bool) -> bool {
        let column = self.column(&SheetColumn::DefaultLabel);
        let now = self.rows[index].default_label.as_deref().filter(|it| !it.is_empty());
        if mark(row.text(column)) != marks.default_label {
            let why = "this column is to be read only: the label itself is in the column of its language";
            self.refuse(row.at(column), why);
            return false;
        }
        if is_changed && mark(now) != marks.default_label {
            let now = now.map_or_else(|| "not there any more".to_owned(), |it| format!("{} by now", text::ticked(it)));
            self.refuse(row.at(column), format!("the default label is {now}: export this row again"));
            return false;
        }
        true
    }

    /// The change in a cell, if any.
    fn cell(
        &mut self,
        row: SheetRow<'_>,
        column: u32,
        (index, locale): (usize, &str),
        exported: &CellMark,
    ) -> Option<WantedLabel> {
        let address = row.at(column);
        let (typed, converted) = match row.cell(column)? {
            SheetCell::Text(typed) => (typed, None),
            SheetCell::Converted(typed, kind) => (typed, Some(*kind)),
            SheetCell::Odd(kind) => {
                self.refuse(address, format!("here is {kind}: format the cell as text and type the label"));
                return None;
            }
        };
        let there = &self.rows[index];
        let now = shown(there, locale);
        if mark(Some(typed)) == *exported || now.as_deref() == Some(typed) {
            return None;
        }
        if let Some(kind) = converted {
            let typed = text::ticked(text::shortened(typed));
            let why =
                format!("{typed} has the form of {kind}: type the label into a cell of a workbook, formatted as text");
            self.refuse(address, why);
            return None;
        }
        if mark(now.as_deref()) != *exported {
            let now = now.map_or_else(|| "no label".to_owned(), |it| text::ticked(text::shortened(&it)));
            let typed = text::ticked(text::shortened(typed));
            self.refuse(address, format!("changed on both sides: here {typed}, in the file {now}"));
            return None;
        }
        let label = (typed != REMOVE).then(|| typed.clone());
        if let Some(why) = label.as_deref().and_then(odd) {
            self.refuse(address, why);
            return None;
        }
        if let Some(why) = self.into.and_then(|into| self.not_into(into, there, locale)) {
            self.refuse(address, why);
            return None;
        }
        Some(WantedLabel { address, row: index, locale: locale.to_owned(), label })
    }

    /// Why a row is invalid for the overrides of an org.
    fn not_into(&self, into: usize, there: &DefinitionRow, locale: &str) -> Option<String> {
        let org = text::ticked(self.fleet.org_name(into).unwrap_or_default());
        if !there.users.contains(&into) {
            return Some(format!("{org} does not use this row"));
        }
        let own = self
            .rows
            .iter()
            .find(|it| it.users == [into] && it.key == there.key && it.file != there.file && it.section == "overrides");
        let label = own.and_then(|it| shown(it, locale))?;
        Some(format!("{org} has a label of its own here, {}: change its row", text::ticked(text::shortened(&label))))
    }
}

/// Why a text is invalid as a label.
fn odd(label: &str) -> Option<String> {
    if label.trim().is_empty() {
        return Some(format!("only spaces: `{REMOVE}` takes a label away"));
    }
    let character = text::control_or_override(label)?;
    Some(format!("the label holds {character}"))
}

/// A language, and optionally a script or a country.
pub fn looks_like_a_locale(heading: &str) -> bool {
    let mut parts = heading.split(['_', '-']);
    let is_language =
        parts.next().is_some_and(|it| (2..=3).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_alphabetic()));
    is_language && parts.all(|it| (2..=8).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_alphanumeric()))
}

/// The edits for these changes.
pub fn edits(wanted: &[WantedLabel], fleet: Fleet<'_>, rows: &[DefinitionRow], into: Option<usize>) -> FileEdits {
    let mut edits = FileEdits::default();
    for wanted in wanted {
        let row = &rows[wanted.row];
        let Some(config) = into else {
            let locale = row.label(&wanted.locale).map_or(wanted.locale.as_str(), |(spelt, _)| spelt);
            let path = [row.section.as_str(), &row.key, "labels", locale];
            let is_below = row.section == "overrides" && has_below(rows, row, &wanted.locale);
            edits.push(row.file, edit(&path, wanted.label.as_deref(), is_below));
            continue;
        };
        let Some(file) = fleet.configs[config].files.last() else { continue };
        let own = rows.iter().find(|it| it.file == *file && it.key == row.key);
        let section = own.map_or("overrides", |it| it.section.as_str());
        let is_below = section == "overrides";
        edits.push(*file, edit(&[section, &row.key, "labels", &wanted.locale], wanted.label.as_deref(), is_below));
    }
    edits
}

fn edit(path: &[&str], label: Option<&str>, is_below: bool) -> FileEdit {
    match label {
        Some(label) => FileEdit::set(path, Leaf::Text(label.to_owned())),
        None if is_below => FileEdit::set(path, Leaf::Null),
        None => FileEdit::remove(path),
    }
}

/// Does another file of the same config have a label that an override hides?
fn has_below(rows: &[DefinitionRow], row: &DefinitionRow, locale: &str) -> bool {
    let meant = Locale::new(locale);
    rows.iter().any(|it| {
        it.key == row.key
            && it.file != row.file
            && row.users.iter().all(|user| it.users.contains(user))
            && it.labels.iter().any(|(locale, label)| label.is_some() && Locale::new(locale.as_str()).same_as(&meant))
    })
}
