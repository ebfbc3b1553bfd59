//! A sheet of labels as an Excel workbook.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Cursor, Read as _};

use calamine::{DataRef, Reader as _, Xlsx, XlsxError as ReadError};
use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, Workbook, XlsxError as WriteError};

use crate::model::limits::{MESSAGE_CHARS_MAX, SPREADSHEET_CELLS_MAX, SPREADSHEET_UNPACKED_BYTES_MAX};
use crate::ops::labels::grid::{LabelSheet, ReadSheet, SheetCell, SheetColumn};

const SHEET: &str = "labels";

/// The right-to-left languages.
const RIGHT_TO_LEFT: [&str; 9] = ["ar", "arc", "dv", "fa", "he", "iw", "ps", "ur", "yi"];

/// Widths of columns, in characters.
const NARROW: f64 = 18.0;
const WIDE: f64 = 28.0;

/// Excel's text format, so that no typed text becomes a number or a date.
const AS_TEXT: &str = "@";

const GREY: u32 = 0x0076_7676;
const LIGHT_GREY: u32 = 0x00F2_F2F2;

/// The code of right-to-left reading in the format.
const FROM_RIGHT: u8 = 2;

pub fn is_right_to_left(locale: &str) -> bool {
    let language = locale.split(['_', '-']).next().unwrap_or_default().to_lowercase();
    RIGHT_TO_LEFT.contains(&language.as_str())
}

/// The bytes of the workbook. The same sheet gives the same bytes.
pub fn write(sheet: &LabelSheet) -> Result<Vec<u8>, String> {
    written(sheet).map_err(|error| error.to_string())
}

fn written(sheet: &LabelSheet) -> Result<Vec<u8>, WriteError> {
    let mut book = Workbook::new();
    // A constant date, so that files do not depend on the time of the run.
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let page = book.add_worksheet();
    page.set_name(SHEET)?;
    page.set_freeze_panes(1, 0)?;
    let plain = Format::new().set_num_format(AS_TEXT).set_text_wrap();
    let heading = Format::new().set_bold().set_num_format(AS_TEXT);
    for (index, column) in (0..).zip(&sheet.columns) {
        let format = match column {
            SheetColumn::Label(locale) if is_right_to_left(locale) => plain.clone().set_reading_direction(FROM_RIGHT),
            SheetColumn::Label(_) => plain.clone(),
            SheetColumn::Suggestion(locale) if is_right_to_left(locale) => {
                plain.clone().set_font_color(Color::RGB(GREY)).set_italic().set_reading_direction(FROM_RIGHT)
            }
            SheetColumn::Suggestion(_) => plain.clone().set_font_color(Color::RGB(GREY)).set_italic(),
            _ => plain.clone().set_font_color(Color::RGB(GREY)).set_background_color(Color::RGB(LIGHT_GREY)),
        };
        let is_narrow = matches!(column, SheetColumn::Key | SheetColumn::SystemPresence | SheetColumn::Marks);
        page.set_column_format(index, &format)?;
        page.set_column_width(index, if is_narrow { NARROW } else { WIDE })?;
        if *column == SheetColumn::Marks {
            page.set_column_hidden(index)?;
        }
        page.write_string_with_format(0, index, column.heading(), &heading)?;
        for (row, cells) in (1..).zip(&sheet.rows) {
            if let Some(Some(text)) = cells.get(usize::from(index)) {
                page.write_string_with_format(row, index, text, &format)?;
            } else {
                page.write_blank(row, index, &format)?;
            }
        }
    }
    let (rows, columns) = (u32::try_from(sheet.rows.len()), u16::try_from(sheet.columns.len()));
    if let (Ok(rows), Ok(columns @ 1..)) = (rows, columns) {
        page.autofilter(0, 0, rows, columns - 1)?;
    }
    book.save_to_buffer()
}

/// Why a workbook cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum XlsxFlaw {
    /// It exceeds the limit of unpacked bytes or cells.
    TooLarge,
    Protected,
    NoSheet,
    Broken(String),
}

impl XlsxFlaw {
    pub fn in_words(&self) -> String {
        match self {
            XlsxFlaw::TooLarge => format!(
                "it unpacks to more than {} MiB, or has more than {SPREADSHEET_CELLS_MAX} cells",
                SPREADSHEET_UNPACKED_BYTES_MAX / 1024 / 1024
            ),
            XlsxFlaw::Protected => "it is encrypted with a password".to_owned(),
            XlsxFlaw::NoSheet => "none of its sheets has the headings of an export".to_owned(),
            XlsxFlaw::Broken(why) => format!("it is no workbook that can be read ({why})"),
        }
    }
}

/// The first sheet with the headings of an export.
pub fn read(bytes: &[u8]) -> Result<ReadSheet, XlsxFlaw> {
    unpacks(bytes)?;
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(flaw)?;
    let mut left = SPREADSHEET_CELLS_MAX;
    for name in book.sheet_names() {
        let sheet = sheet(&mut book, &name, &mut left)?;
        if sheet.headings().iter().any(|(_, it)| *it == SheetColumn::Marks) {
            return Ok(sheet);
        }
    }
    Err(XlsxFlaw::NoSheet)
}

fn flaw(error: ReadError) -> XlsxFlaw {
    match error {
        ReadError::Password => XlsxFlaw::Protected,
        other => broken(&other),
    }
}

/// A library's message may repeat the file.
fn broken(error: &dyn fmt::Display) -> XlsxFlaw {
    XlsxFlaw::Broken(error.to_string().chars().take(MESSAGE_CHARS_MAX).collect())
}

/// Unpacks everything once without keeping it, because the sizes in the archive may be false.
fn unpacks(bytes: &[u8]) -> Result<(), XlsxFlaw> {
    // The container of an encrypted workbook, which is not an archive.
    const ENCRYPTED: &[u8] = b"\xD0\xCF\x11\xE0";
    if bytes.starts_with(ENCRYPTED) {
        return Err(XlsxFlaw::Protected);
    }
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|it| broken(&it))?;
    let mut left = SPREADSHEET_UNPACKED_BYTES_MAX;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|it| broken(&it))?;
        let mut part = part.take(left.saturating_add(1));
        let unpacked = std::io::copy(&mut part, &mut std::io::sink()).map_err(|it| broken(&it))?;
        left = left.checked_sub(unpacked).ok_or(XlsxFlaw::TooLarge)?;
    }
    Ok(())
}

/// The cells of one sheet, one by one. A rectangle would need memory for its farthest cell.
fn sheet(book: &mut Xlsx<Cursor<&[u8]>>, name: &str, left: &mut usize) -> Result<ReadSheet, XlsxFlaw> {
    let mut cells = match book.worksheet_cells_reader(name) {
        Ok(cells) => cells,
        // A chart sheet has none.
        Err(ReadError::NotAWorksheet(_)) => return Ok(ReadSheet::default()),
        Err(error) => return Err(flaw(error)),
    };
    let mut rows: BTreeMap<u32, BTreeMap<u32, SheetCell>> = BTreeMap::new();
    while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(flaw)? {
        *left = left.checked_sub(1).ok_or(XlsxFlaw::TooLarge)?;
        let (row, column) = cell.pos;
        let found = if cell.formula.is_some() {
            SheetCell::Odd("a formula")
        } else {
            match cell.value {
                DataRef::String(text) if text.is_empty() => continue,
                DataRef::Empty | DataRef::SharedString("") => continue,
                DataRef::String(text) => SheetCell::Text(text),
                DataRef::SharedString(text) => SheetCell::Text(text.to_owned()),
                DataRef::Int(_) | DataRef::Float(_) => SheetCell::Odd("a number"),
                DataRef::Bool(_) => SheetCell::Odd("a truth value"),
                DataRef::DateTime(_) | DataRef::DateTimeIso(_) | DataRef::DurationIso(_) => SheetCell::Odd("a date"),
                DataRef::Error(_) => SheetCell::Odd("an error value"),
            }
        };
        rows.entry(row).or_default().insert(column, found);
    }
    Ok(ReadSheet { rows: rows.into_iter().map(|(row, cells)| (row, cells.into_iter().collect())).collect() })
}
