//! Hostile cells through `LibreOffice` and back. Run by hand: `cargo test --test it labels::office -- --ignored`.

use std::fs;
use std::path::Path;
use std::process::Command;

use presencectl::ops::labels::grid::{LabelSheet, ReadSheet, SheetCell};
use presencectl::ops::labels::{csv_sheet, xlsx_sheet};
use tempfile::TempDir;

use super::{HOSTILE, of_cells};
use crate::tools;

/// Text that `LibreOffice` cannot store in a cell, from any source: characters that are invalid in XML, line breaks
/// other than its own, and text that looks like Excel's escape of an underscore.
fn can_be_held(text: &str) -> bool {
    if text.contains("_x005F_") {
        return false;
    }
    !text.chars().any(|c| (c.is_control() && !matches!(c, '\n' | '\t')) || matches!(c, '\u{FFFE}' | '\u{FEFF}'))
}

fn sheet() -> LabelSheet {
    let cells = HOSTILE.iter().filter(|it| can_be_held(it));
    of_cells(cells.map(|it| vec![Some((*it).to_owned()), None]).collect())
}

/// A file of a folder, opened and saved by `LibreOffice` in another format.
fn saved(folder: &Path, name: &str, format: &str, input: &[&str]) -> Option<Vec<u8>> {
    let profile = format!("-env:UserInstallation=file://{}/profile", folder.display());
    let mut command = Command::new("soffice");
    command.args([&profile, "--headless", "--convert-to", format]).args(input);
    let ran = command.arg("--outdir").arg(folder.join("out")).arg(folder.join(name)).output().ok()?;
    let extension = format.split(':').next().unwrap_or_default();
    let path = folder.join("out").join(name).with_extension(extension);
    Some(fs::read(&path).unwrap_or_else(|error| panic!("{error}: {ran:?}")))
}

#[test]
#[ignore = "needs LibreOffice"]
fn a_workbook_comes_back_from_libreoffice() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("labels.xlsx"), xlsx_sheet::write(&sheet()).unwrap()).unwrap();
    let Some(bytes) = saved(folder.path(), "labels.xlsx", "xlsx:Calc MS Excel 2007 XML", &[]) else {
        return tools::missing("LibreOffice is not on this machine");
    };
    compare(&xlsx_sheet::read(&bytes).unwrap());
}

#[test]
#[ignore = "needs LibreOffice"]
fn a_csv_comes_back_from_libreoffice() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("labels.csv"), csv_sheet::write(&sheet())).unwrap();
    // Comma, double quotes, UTF-8, and numbers found as a person's settings find them.
    let read = ["--infilter=CSV:44,34,76,1,,1033,false,true"];
    let Some(bytes) =
        saved(folder.path(), "labels.csv", "csv:Text - txt - csv (StarCalc):44,34,76,1,,1033,false,true", &read)
    else {
        return tools::missing("LibreOffice is not on this machine");
    };
    compare(&csv_sheet::read(&bytes).unwrap());
}

fn compare(read: &ReadSheet) {
    let texts = |sheet: &ReadSheet| -> Vec<(u32, String)> {
        let second = |(row, cells): &(u32, Vec<(u32, SheetCell)>)| {
            let (_, cell) = cells.iter().find(|(column, _)| *column == 1)?;
            Some((*row, format!("{cell:?}")))
        };
        sheet.rows.iter().filter_map(second).collect()
    };
    let (meant, read) = (texts(&ReadSheet::from(&sheet())), texts(read));
    let lost: Vec<_> = meant.iter().filter(|it| !read.contains(it)).collect();
    assert!(lost.is_empty(), "{lost:#?}\n{:#?}", read.iter().filter(|it| !meant.contains(it)).collect::<Vec<_>>());
}
