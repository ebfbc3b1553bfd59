//! Label export and import, for people.

use std::fmt::Write as _;

use crate::config::edit::files::EditedFile;
use crate::model::text;
use crate::ops::labels::export::{ExportedSheet, shown};
use crate::ops::labels::import::{RefusedCell, WantedLabel};
use crate::ops::labels::rows::{DefinitionRow, Fleet};
use crate::output::style::Style;
use crate::output::summary::named_orgs;

/// The size of a sheet, and the number of missing labels per language.
pub fn exported(exported: &ExportedSheet, style: Style) -> String {
    let ExportedSheet { sheet, missing } = exported;
    let mut page = format!("{} in {}\n", text::count(sheet.rows.len(), "row"), text::count(missing.len(), "language"));
    for (locale, empty) in missing {
        let count = if *empty == 0 { "complete".to_owned() } else { style.doubtful(&format!("{empty} empty")) };
        // Writing to a String cannot fail.
        let _ = writeln!(page, "  {}  {count}", text::terminal(locale));
    }
    page
}

/// The changes of a sheet, by file, with the affected orgs.
pub fn changed_labels(
    wanted: &[WantedLabel],
    fleet: Fleet<'_>,
    rows: &[DefinitionRow],
    files: &[EditedFile],
    style: Style,
) -> String {
    if files.is_empty() {
        return "Nothing to write: the files have these labels already.\n".to_owned();
    }
    let all = fleet.names(&(0..fleet.configs.len()).collect::<Vec<_>>());
    let mut page = String::new();
    for file in files {
        let using = (0..fleet.configs.len()).filter(|it| fleet.configs[*it].files.contains(&file.file));
        let using: Vec<usize> = using.collect();
        let names = fleet.names(&using);
        let _ = writeln!(
            page,
            "{}{}",
            style.bold(text::terminal(&file.path.display().to_string()).as_str()),
            orgs(&names, &all)
        );
        // All of them go into one org's overrides.
        let is_only = files.len() == 1;
        for label in wanted.iter().filter(|it| is_only || rows[it.row].file == file.file) {
            let row = &rows[label.row];
            let without =
                using.iter().copied().filter(|it| row.file == file.file && !fleet.is_from(*it, row, &label.locale));
            let without = fleet.names(&without.collect::<Vec<_>>());
            let _ = writeln!(page, "{}{}", line(label, row, style), not_in(&without, &names));
        }
    }
    page
}

fn orgs(names: &[String], all: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    format!(", for {}", text::terminal(&named_orgs(names, all)))
}

/// The orgs that use a file and do not get a label of it.
fn not_in(names: &[String], all: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(", not in {}", text::terminal(&named_orgs(names, all))) }
}

fn line(label: &WantedLabel, row: &DefinitionRow, style: Style) -> String {
    let before = shown(row, &label.locale);
    let change = match (&before, &label.label) {
        (None, Some(label)) => style.added(&text::quoted(label)),
        (Some(before), Some(label)) => {
            format!("{} -> {}", style.removed(&text::quoted(before)), style.added(&text::quoted(label)))
        }
        (Some(before), None) => format!("{} is taken away", style.removed(&text::quoted(before))),
        (None, None) => "is taken away".to_owned(),
    };
    format!("  {} {}: {change}", text::terminal(&row.key), text::terminal(&label.locale))
}

pub fn imported(labels: usize, files: &[EditedFile], style: Style) -> String {
    let (labels, files) = (text::count(labels, "label"), text::count(files.len(), "file"));
    format!("{} {labels} in {files}\n", style.good("written:"))
}

/// The refused cells.
pub fn refused(refused: &[RefusedCell]) -> String {
    let mut page = String::new();
    for RefusedCell { address, why } in refused {
        let _ = writeln!(page, "  {address}: {}", text::terminal(why));
    }
    page
}

/// How many there are, after the others were written.
pub fn left_out(refused: usize, is_written: bool, style: Style) -> String {
    let rest = if is_written { "the rest is written" } else { "nothing was written" };
    format!("{}: {} left out, see above; {rest}\n", style.bad("error"), text::count(refused, "cell"))
}

/// A skipped part.
pub fn note(message: &str, style: Style) -> String {
    format!("{}: {}\n", style.hint("note"), text::terminal(message))
}
