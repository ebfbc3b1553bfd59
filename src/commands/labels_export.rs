//! `presencectl labels export`.

use std::mem;

use crate::cli::{LabelsExportArgs, LabelsFormat};
use crate::commands::context::edit_files::load_fleet;
use crate::commands::context::failure::Failure;
use crate::commands::context::outputs::Outputs;
use crate::commands::context::run::{Run, worse};
use crate::config::Config;
use crate::config::check_labels::{DOCUMENTED_LOCALES, nearest_locale};
use crate::config::choice::{OrgChoice, OrgHead};
use crate::host::exit::Exit;
use crate::model::names::Locale;
use crate::model::problem::Problem;
use crate::model::text;
use crate::ops::labels::export::{ExportRequest, of_language, sheet};
use crate::ops::labels::grid::{CellAddress, LabelSheet, ReadSheet};
use crate::ops::labels::import::looks_like_a_locale;
use crate::ops::labels::rows::Fleet;
use crate::ops::labels::{csv_sheet, xlsx_sheet};
use crate::output::style::Style;
use crate::output::text::labels as view;

/// Writes the labels of a config as a spreadsheet.
pub fn run(args: &LabelsExportArgs, run: &mut Run<'_, LabelsFormat>) -> Result<Exit, Failure> {
    run.open(&args.outputs, None)?;
    if run.outputs.on_stdout == LabelsFormat::Xlsx {
        return Err(Problem::new("a workbook is nothing for standard output").help("give `-o xlsx=FILE`").into());
    }
    let loaded = load_fleet(&args.path, args.root.as_deref(), run)?;
    let fleet = Fleet { sources: &loaded.sources, configs: &loaded.configs, path: &args.path };
    let configs = chosen(args, fleet)?;
    for typed in &args.locale {
        known_locale(typed, fleet, run)?;
    }
    let asked = ExportRequest { configs, locales: args.locale.clone(), missing: args.missing };
    let exported = sheet(fleet, &asked);
    let sheet = &exported.sheet;
    let is_asked = |format: LabelsFormat| args.outputs.iter().any(|it| it.format == format);
    let csv = csv_sheet::write(sheet);
    if is_asked(LabelsFormat::Csv) {
        proven(sheet, csv_sheet::read(csv.as_bytes()).ok().as_ref(), "CSV")?;
    }
    let xlsx = if is_asked(LabelsFormat::Xlsx) { workbook(sheet)? } else { Vec::new() };

    let words = |style: Style| view::exported(&exported, style);
    let bytes = |format: LabelsFormat| match format {
        LabelsFormat::Human => words(Style::PLAIN).into_bytes(),
        LabelsFormat::Xlsx => xlsx.clone(),
        LabelsFormat::Csv => csv.clone().into_bytes(),
    };
    let on_stdout = run.outputs.on_stdout;
    let outputs = mem::replace(&mut run.outputs, Outputs::on_stdout());
    let written = outputs.write_bytes(run.host.signals, &bytes);
    let stdout = if on_stdout == LabelsFormat::Csv { csv.clone() } else { words(run.host.style_out()) };
    run.host.terminal.out(&stdout);
    match written {
        Ok(()) => Ok(Exit::Success),
        Err(problem) => Ok(worse(Exit::Success, run.host.fail(&problem.into()))),
    }
}

/// The indices of the selected configs.
fn chosen(args: &LabelsExportArgs, fleet: Fleet<'_>) -> Result<Vec<usize>, Problem> {
    let head = |it: &Config| {
        let org = it.desired.org.as_ref();
        OrgHead { name: org.map(|it| it.name.clone()), stage: org.and_then(|it| it.stage.clone()) }
    };
    let heads: Vec<OrgHead> = fleet.configs.iter().map(head).collect();
    let choice = OrgChoice { names: args.orgs.clone(), stages: args.stages.clone() };
    match choice.among(&heads) {
        Ok(chosen) => Ok((0..heads.len()).filter(|it| chosen[*it]).collect()),
        Err(none) => Err(Problem { help: none.help(), ..Problem::new(none.message()) }),
    }
}

/// Refuses what cannot be a locale, and notes one that neither the config nor the platform's documentation has.
fn known_locale(typed: &str, fleet: Fleet<'_>, run: &mut Run<'_, LabelsFormat>) -> Result<(), Problem> {
    let meant = Locale::new(typed);
    let of_config = fleet.locales(&(0..fleet.configs.len()).collect::<Vec<_>>());
    let mut known = of_config.iter().map(String::as_str).chain(DOCUMENTED_LOCALES);
    if known.any(|it| Locale::new(it).same_as(&meant)) {
        return Ok(());
    }
    let near = of_language(typed).or_else(|| nearest_locale(typed));
    let help = |near: String| format!("did you mean {}?", text::ticked(near));
    if looks_like_a_locale(typed) {
        let problem = Problem::new(format!("--locale: {} is not a documented locale", text::ticked(typed)));
        run.host.show_notes(&[near.into_iter().fold(problem, |problem, near| problem.help(help(near)))]);
        return Ok(());
    }
    Err(Problem::new(format!("--locale: {} cannot be a locale", text::ticked(typed)))
        .help(near.map_or_else(|| "a locale is a word such as `de` or `pt_BR`".to_owned(), help)))
}

fn workbook(sheet: &LabelSheet) -> Result<Vec<u8>, Problem> {
    let bytes = xlsx_sheet::write(sheet).map_err(|why| no_workbook(&why))?;
    proven(sheet, xlsx_sheet::read(&bytes).ok().as_ref(), "a workbook")?;
    Ok(bytes)
}

fn no_workbook(why: &str) -> Problem {
    Problem::new(format!("these labels make no workbook: {}; nothing was written", text::unticked(why)))
        .help("give `-o csv=FILE`")
}

/// A cell that is read back as another text would look like a translator's change.
fn proven(sheet: &LabelSheet, read: Option<&ReadSheet>, what: &str) -> Result<(), Problem> {
    let meant = ReadSheet::from(sheet);
    let Some(read) = read else {
        return Err(Problem::new(format!("{what} of these labels does not read back; nothing was written")));
    };
    if *read == meant {
        return Ok(());
    }
    let cells = |sheet: &ReadSheet| {
        let mut cells = Vec::new();
        for (row, columns) in &sheet.rows {
            for (column, cell) in columns {
                cells.push((CellAddress { row: *row, column: *column }, cell.clone()));
            }
        }
        cells
    };
    let (read, meant) = (cells(read), cells(&meant));
    let differs = meant.iter().zip(&read).find(|(one, other)| one != other);
    let place = differs.map_or_else(String::new, |((address, _), _)| format!(" (cell {address})"));
    Err(Problem::new(format!("{what} does not keep one of these labels as it is{place}; nothing was written"))
        .help("give the other format"))
}
