//! A sheet of labels as CSV, with its own writer and reader. Text that a spreadsheet would convert is guarded, and
//! every character survives.

use crate::model::text;
use crate::ops::labels::grid::{LabelSheet, ReadSheet, SheetCell};

const BOM: &str = "\u{FEFF}";

/// Some program starts a formula with these characters.
const FORMULA: [char; 4] = ['=', '+', '-', '@'];

/// Some program ends a cell at these characters, even in quotes.
const ENDS: [char; 4] = [';', '\t', '\n', '\r'];

/// Put before a formula that starts directly after one of [`ENDS`].
const INNER_GUARD: char = '\'';

/// What spreadsheets write for a formula without a value.
const ERRORS: [&str; 8] = ["#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#N/A", "#NULL!", "#NUM!", "#SPILL!"];

/// The supported delimiters, in the order of preference.
const DELIMITERS: [char; 3] = [',', ';', '\t'];

/// UTF-8 with a byte-order mark, which spreadsheets need for more than ASCII.
pub fn write(sheet: &LabelSheet) -> String {
    let headings: Vec<Option<String>> = sheet.columns.iter().map(|it| Some(it.heading())).collect();
    let mut text = BOM.to_owned();
    for row in [&headings].into_iter().chain(&sheet.rows) {
        let cells: Vec<String> = row.iter().map(|it| it.as_deref().map_or_else(String::new, cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

fn cell(raw: &str) -> String {
    let guarded = guarded(raw);
    let needs_quotes = |c: char| c == '"' || c == ',' || c.is_whitespace() || ENDS.contains(&c);
    if guarded.contains(needs_quotes) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}

/// The text in a form that spreadsheets keep as text.
pub fn guarded(raw: &str) -> String {
    let mut guarded = String::with_capacity(raw.len() + 1);
    if is_taken_for_something_else(raw) {
        guarded.push('\t');
    }
    for (index, c) in raw.char_indices() {
        guarded.push(c);
        let rest = &raw[index + c.len_utf8()..];
        if ENDS.contains(&c) && rest.trim_start_matches(INNER_GUARD).starts_with(FORMULA) {
            guarded.push(INNER_GUARD);
        }
    }
    guarded
}

/// Reverts [`guarded`].
pub fn unguarded(cell: &str) -> String {
    let cell = cell.strip_prefix('\t').unwrap_or(cell);
    let mut raw = String::with_capacity(cell.len());
    let mut skipped = false;
    for (index, c) in cell.char_indices() {
        if std::mem::take(&mut skipped) {
            continue;
        }
        raw.push(c);
        let rest = &cell[index + c.len_utf8()..];
        skipped = ENDS.contains(&c)
            && rest.starts_with(INNER_GUARD)
            && rest.trim_start_matches(INNER_GUARD).starts_with(FORMULA);
    }
    raw
}

fn is_taken_for_something_else(raw: &str) -> bool {
    let trimmed = raw.trim();
    let begins = raw.starts_with(FORMULA) || raw.starts_with(['\'', '\t']);
    // Some programs skip leading spaces.
    let begins_later = trimmed.starts_with(FORMULA);
    begins || begins_later || raw.starts_with('0') || converted(raw).is_some()
}

/// What a spreadsheet makes of text in this form, or made it from. The export guards such text.
fn converted(raw: &str) -> Option<&'static str> {
    let trimmed = raw.trim();
    let is_digits = trimmed.chars().any(char::is_numeric)
        && !trimmed.starts_with(['E', 'e', '%', ','])
        && trimmed.chars().all(|c| c.is_numeric() || c.is_whitespace() || "/:-.,Ee+%".contains(c));
    if trimmed.starts_with('=') {
        Some("a formula")
    } else if ERRORS.contains(&trimmed) || trimmed.strip_prefix("Err:").is_some_and(|it| it.parse::<u16>().is_ok()) {
        Some("an error value")
    } else if trimmed.eq_ignore_ascii_case("true") || trimmed.eq_ignore_ascii_case("false") {
        Some("a truth value")
    } else if is_digits {
        // In digits of any script.
        Some("a number or a date")
    } else {
        None
    }
}

/// Why a CSV cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CsvFlaw {
    Encoding(String),
    /// A quote without an end, from this line on.
    Unclosed(usize),
    /// Text after the closing quote of a cell, in this line.
    BehindQuote(usize),
}

impl CsvFlaw {
    pub fn in_words(&self) -> String {
        match self {
            CsvFlaw::Encoding(what) => what.clone(),
            CsvFlaw::Unclosed(line) => format!("the quote in line {line} is never closed"),
            CsvFlaw::BehindQuote(line) => format!("a cell of line {line} goes on after its closing quote"),
        }
    }
}

/// UTF-8, or UTF-16 with a byte-order mark. The first line decides the delimiter.
pub fn read(bytes: &[u8]) -> Result<ReadSheet, CsvFlaw> {
    let decoded = decode(bytes)?;
    let text = decoded.strip_prefix(BOM).unwrap_or(&decoded);
    let delimiter = delimiter(text);
    let mut sheet = ReadSheet::default();
    let mut reader = CsvReader { left: text, delimiter, line: 1 };
    let mut number = 0;
    while !reader.left.is_empty() {
        let row: Vec<(u32, SheetCell)> =
            (0..).zip(reader.row()?).filter(|(_, it)| !it.is_empty()).map(|(index, it)| (index, value(&it))).collect();
        if !row.is_empty() {
            sheet.rows.push((number, row));
        }
        number += 1;
    }
    Ok(sheet)
}

fn value(cell: &str) -> SheetCell {
    match converted(cell).filter(|_| !cell.starts_with('\t')) {
        Some(kind) => SheetCell::Converted(unguarded(cell), kind),
        None => SheetCell::Text(unguarded(cell)),
    }
}

fn decode(bytes: &[u8]) -> Result<String, CsvFlaw> {
    let sixteen = |from: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = from.chunks_exact(2).map(|it| unit([it[0], it[1]])).collect();
        let is_whole = from.len().is_multiple_of(2);
        let text = String::from_utf16(&units).ok().filter(|_| is_whole);
        text.ok_or_else(|| CsvFlaw::Encoding("it is broken UTF-16".to_owned()))
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => return sixteen(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => return sixteen(rest, u16::from_be_bytes),
        _ => {}
    }
    String::from_utf8(bytes.to_vec()).map_err(|_| {
        let what = text::of_bytes(bytes).err().map_or_else(String::new, |it| it.to_string());
        CsvFlaw::Encoding(what)
    })
}

/// The delimiter of the headings: the most frequent one.
fn delimiter(text: &str) -> char {
    let first = text.split(['\n', '\r']).next().unwrap_or_default();
    let count = |it: char| first.matches(it).count();
    let most = DELIMITERS.into_iter().map(count).max().unwrap_or_default();
    DELIMITERS.into_iter().find(|it| count(*it) == most).unwrap_or(',')
}

struct CsvReader<'a> {
    left: &'a str,
    delimiter: char,
    line: usize,
}

impl CsvReader<'_> {
    fn row(&mut self) -> Result<Vec<String>, CsvFlaw> {
        let mut cells = Vec::new();
        loop {
            let cell = if let Some(quoted) = self.left.strip_prefix('"') {
                self.left = quoted;
                self.quoted()?
            } else {
                let end = self.left.find([self.delimiter, '\n', '\r']).unwrap_or(self.left.len());
                let (cell, rest) = self.left.split_at(end);
                self.left = rest;
                cell.to_owned()
            };
            cells.push(cell);
            if let Some(rest) = self.left.strip_prefix(self.delimiter) {
                self.left = rest;
                continue;
            }
            let ends = ["\r\n", "\n", "\r"].into_iter().find_map(|it| self.left.strip_prefix(it));
            match ends {
                Some(rest) => self.left = rest,
                None if self.left.is_empty() => {}
                None => return Err(CsvFlaw::BehindQuote(self.line)),
            }
            self.line += 1;
            return Ok(cells);
        }
    }

    fn quoted(&mut self) -> Result<String, CsvFlaw> {
        let begun = self.line;
        let mut cell = String::new();
        loop {
            let Some(end) = self.left.find('"') else { return Err(CsvFlaw::Unclosed(begun)) };
            cell.push_str(&self.left[..end]);
            self.left = &self.left[end + 1..];
            let Some(rest) = self.left.strip_prefix('"') else {
                self.line += cell.matches('\n').count();
                return Ok(cell);
            };
            cell.push('"');
            self.left = rest;
        }
    }
}
