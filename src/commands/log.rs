//! `presencectl log`.

use std::path::Path;

use crate::cli::{LogArgs, TableFormat};
use crate::commands::context::failure::Failure;
use crate::commands::context::reports::{self, ReportFolder, found_report_bytes};
use crate::commands::context::run::Run;
use crate::host::exit::Exit;
use crate::model::limits::{LOG_BYTES_MAX, LOG_ROWS_MAX};
use crate::model::moment::Moment;
use crate::model::problem::Problem;
use crate::model::text;
use crate::ops::history::log::{Log, LogQuery, LogRoom, TooMuch};
use crate::ops::history::period;
use crate::ops::history::stored::{self, Unreadable};
use crate::output::json;
use crate::output::json::stored_report;
use crate::output::style::Style;
use crate::output::text::log as view;

/// Shows the entries of the reports in a folder, and lists unreadable reports.
pub fn run(args: &LogArgs, run: &mut Run<'_, TableFormat>) -> Result<Exit, Failure> {
    let LogArgs { dir, org, keys, since, until, outputs } = args;
    run.open(outputs, None)?;
    let now = run.host.environment.began;
    let folder = run.read_reports(dir.as_deref(), false, None)?;
    let since = moment("--since", since.as_deref(), now, period::since)?;
    let until = moment("--until", until.as_deref(), now, period::until)?;
    let asked = LogQuery { org: org.clone(), keys: keys.clone(), since, until };
    let (mut log, mut room) = (Log::default(), LogRoom::default());
    let (files, note) = reports::files(&folder)?;
    run.host.show_notes(&note.into_iter().collect::<Vec<_>>());
    for file in files {
        let taken = log.take(&file.display().to_string(), one(&file), &asked, &mut room);
        taken.map_err(|TooMuch| {
            let (rows, mib) = (LOG_ROWS_MAX, LOG_BYTES_MAX / (1024 * 1024));
            Problem::new(format!("the reports say more than a log shows: {rows} rows, or {mib} MiB of text"))
                .help("ask for less: by --since and --until, --key, or --org")
        })?;
    }
    if let Some(it) = log.not_meant(&asked) {
        let unread = match log.problems.len() {
            0 => String::new(),
            count => format!("; {} could not be read", text::count(count, "file")),
        };
        return Err(Problem::new(it.message()).help(it.help() + &unread).into());
    }
    let log = log.sorted();
    let shown = |format: TableFormat, style: Style| match format {
        TableFormat::Human => view::human(&log, style),
        TableFormat::Json => json::write(&json::LogV1::of(&log)),
        TableFormat::Csv => view::log_csv(&log),
    };
    let is_typed = matches!(folder, ReportFolder::Typed(_));
    let exit = if log.problems.is_empty() || !is_typed { Exit::Success } else { Exit::Failure };
    let exit = run.show(&shown, exit);
    // The default folder has the reports of many runs.
    if let (false, Some(first)) = (is_typed, log.problems.first()) {
        let note = reports::not_read(log.problems.len(), Path::new(&first.file), &first.why);
        run.host.show_notes(&[note]);
        return Ok(exit);
    }
    for it in &log.problems {
        run.host.fail(&view::unread(it).into());
    }
    Ok(exit)
}

fn one(file: &Path) -> Result<stored::Stored, Unreadable> {
    let bytes = found_report_bytes(file).map_err(|why| Unreadable { line: None, why })?;
    stored_report::read(&bytes)
}

fn moment(
    flag: &str,
    typed: Option<&str>,
    now: Moment,
    read: fn(&str, Moment) -> Option<Moment>,
) -> Result<Option<Moment>, Problem> {
    let Some(typed) = typed else { return Ok(None) };
    read(typed, now).map(Some).ok_or_else(|| {
        Problem::new(format!("{flag}: {typed} is no time", typed = text::ticked(typed))).help(
            "write a date such as 2026-03-01, a time such as 2026-03-01T09:05:00Z, or how long ago: 30d, 12h, 90m",
        )
    })
}
