//! `presencectl labels import`.

use std::fs::File;
use std::path::Path;

use crate::cli::LabelsImportArgs;
use crate::commands::context::edit_files::{load_fleet, org_index, write};
use crate::commands::context::failure::Failure;
use crate::commands::context::run::Run;
use crate::host::exit::Exit;
use crate::host::files;
use crate::model::limits::{SPREADSHEET_BYTES_MAX, read_within};
use crate::model::problem::{Problem, cause};
use crate::model::text;
use crate::ops::labels::grid::ReadSheet;
use crate::ops::labels::import::{SheetFlaw, SheetLabels, wanted_labels};
use crate::ops::labels::rows::Fleet;
use crate::ops::labels::trial::{LabelTrial, TrialFlaw, trial};
use crate::ops::labels::{csv_sheet, xlsx_sheet};
use crate::output::text::labels as view;

/// The first bytes of a ZIP archive, and so of a workbook.
const ZIP: &[u8] = b"PK";

/// The first bytes of an encrypted workbook, or one in Excel's old format.
const OLD: &[u8] = b"\xD0\xCF\x11\xE0";

/// Imports a spreadsheet's changes into the files: shows them and what is refused, asks for confirmation, and counts
/// what was refused at the end.
pub fn run(args: &LabelsImportArgs, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let read = read(&args.file)?;
    let loaded = load_fleet(&args.path, args.root.as_deref(), run)?;
    let fleet = Fleet { sources: &loaded.sources, configs: &loaded.configs, path: &args.path };
    let into = args.into.as_deref().map(|name| org_index(fleet, "--into", name)).transpose()?;
    let rows = fleet.rows(&(0..loaded.configs.len()).collect::<Vec<_>>());
    let SheetLabels { wanted, refused, notes } =
        wanted_labels(&read, fleet, &rows, into).map_err(|flaw| no_sheet(&args.file, &flaw))?;
    let LabelTrial { files, wanted, refused: later } =
        trial(wanted, fleet, &rows, into, args.root.as_deref()).map_err(failure)?;
    let mut refused: Vec<_> = refused.into_iter().chain(later).collect();
    refused.sort();
    for note in notes {
        let note = view::note(&note, run.host.style_err());
        run.host.terminal.err(&note);
    }
    run.tell(&|style| view::changed_labels(&wanted, fleet, &rows, &files, style));
    // Before the question, so that a person knows what is left out.
    let told = view::refused(&refused);
    run.host.terminal.err(&told);
    if !files.is_empty() {
        write(&files, args.yes, &mut run.host)?;
        run.tell(&|style| view::imported(wanted.len(), &files, style));
    }
    if refused.is_empty() {
        return Ok(Exit::Success);
    }
    let told = view::left_out(refused.len(), !files.is_empty(), run.host.style_err());
    run.host.terminal.err(&told);
    Ok(Exit::Failure)
}

/// The content of a spreadsheet.
fn read(path: &Path) -> Result<ReadSheet, Problem> {
    let named = |what: String| Problem::new(format!("cannot read {}: {what}", text::ticked(path.display())));
    let bytes = File::open(path)
        .and_then(|it| read_within(it, SPREADSHEET_BYTES_MAX))
        .map_err(|error| files::cannot_read(path, named(cause(&error))))?
        .ok_or_else(|| named(format!("it is longer than {} MiB", SPREADSHEET_BYTES_MAX / 1024 / 1024)))?;
    if bytes.starts_with(ZIP) || bytes.starts_with(OLD) {
        return xlsx_sheet::read(&bytes)
            .map_err(|flaw| named(flaw.in_words()).help("save it as `Excel workbook (.xlsx)` without a password"));
    }
    csv_sheet::read(&bytes)
        .map_err(|flaw| named(flaw.in_words()).help("save it as `CSV UTF-8`, or as a workbook (.xlsx)"))
}

fn no_sheet(path: &Path, flaw: &SheetFlaw) -> Problem {
    Problem::new(format!("cannot read {}: {}; nothing was written", text::ticked(path.display()), flaw.in_words()))
        .help("`labels export` writes a spreadsheet with all columns")
}

fn failure(flaw: TrialFlaw) -> Failure {
    match flaw {
        TrialFlaw::Findings(sources, found) => Failure::Findings(sources, found),
        TrialFlaw::NotBelow(path) => Problem::new(format!(
            "{} is not below PATH, so orgs that were not read may use it; nothing was written",
            text::ticked(path.display())
        ))
        .help("give the folder that holds all org files and layers")
        .into(),
        TrialFlaw::Others(names) => {
            let names: Vec<String> = names.iter().map(text::ticked).collect();
            Problem::new(format!("{} would change as well; nothing was written", text::list(&names, "and")))
                .help("this is a bug of presencectl: please report it")
                .into()
        }
    }
}
