//! The hidden column of a sheet: a short hash of each cell's exported text. With it, an import distinguishes a
//! translator's change from a later change of the file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

const VERSION: &str = "v1";

const HASH_BYTES: usize = 5;

/// The characters that would end the name of a locale.
const IN_LOCALE: &AsciiSet = &CONTROLS.add(b' ').add(b'=').add(b'%');

/// The hash of a cell. An empty cell has none.
pub type CellMark = Option<String>;

pub fn mark(cell: Option<&str>) -> CellMark {
    cell.map(|text| {
        let mut hash = String::new();
        for byte in &digest(&SHA256, text.as_bytes()).as_ref()[..HASH_BYTES] {
            // Writing to a String cannot fail.
            let _ = write!(hash, "{byte:02x}");
        }
        hash
    })
}

/// The exported content of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowMarks {
    /// The identity of the row.
    pub row: CellMark,
    pub default_label: CellMark,
    pub labels: BTreeMap<String, CellMark>,
}

/// The mark of a row.
pub fn row_mark(file: &str, key: &str) -> CellMark {
    mark(Some(&format!("{file}\n{key}")))
}

impl RowMarks {
    pub fn to_text(&self) -> String {
        let shown = |it: &CellMark| it.clone().unwrap_or_else(|| "-".to_owned());
        let mut text = format!("{VERSION} {} {}", shown(&self.row), shown(&self.default_label));
        for (locale, it) in &self.labels {
            let _ = write!(text, " {}={}", utf8_percent_encode(locale, IN_LOCALE), shown(it));
        }
        text
    }

    pub fn of_text(text: &str) -> Option<RowMarks> {
        let read = |it: &str| match it {
            "-" => Some(None),
            _ if it.len() == 2 * HASH_BYTES && it.bytes().all(|it| it.is_ascii_hexdigit()) => Some(Some(it.to_owned())),
            _ => None,
        };
        let mut parts = text.split(' ');
        if parts.next() != Some(VERSION) {
            return None;
        }
        let (row, default_label) = (read(parts.next()?)?, read(parts.next()?)?);
        let label = |part: &str| {
            let (locale, it) = part.split_once('=')?;
            Some((percent_decode_str(locale).decode_utf8().ok()?.into_owned(), read(it)?))
        };
        Some(RowMarks { row, default_label, labels: parts.map(label).collect::<Option<_>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_back_whatever_a_locale_is_called() {
        let labels = ["de", "a b", "a=b", "100%", "", "é"].map(|it| (it.to_owned(), mark(Some(it))));
        let marks = RowMarks { row: row_mark("a.yaml", "lunch"), default_label: None, labels: labels.into() };
        assert_eq!(RowMarks::of_text(&marks.to_text()), Some(marks));
        for broken in ["", "v2 - -", "v1 -", "v1 - xyz", "v1 - - de", "v1 - - de=12"] {
            assert_eq!(RowMarks::of_text(broken), None, "{broken}");
        }
    }
}
