//! The log of a report folder: a table, and CSV.

use crate::model::labels::Labels;
use crate::model::names::Label;
use crate::model::observed::Content;
use crate::model::problem::Problem;
use crate::ops::history::log::{EntryOutcome, Log, LogEntry, Unread};
use crate::ops::history::stored::StoredRow;
use crate::output::csv::records;
use crate::output::json::content::ContentV1;
use crate::output::outcome::said;
use crate::output::style::Style;
use crate::output::table::{self, TableColumn};
use crate::output::text::change::quoted_label;

/// The characters of a commit in a table: enough to find it by.
const COMMIT_CHARS: usize = 8;

pub fn human(log: &Log, style: Style) -> String {
    if log.entries.is_empty() {
        return "Nothing of that is in these reports.\n".to_owned();
    }
    let columns: [TableColumn<'_, LogEntry>; 11] = [
        ("TIME (UTC)", &|it| it.time.to_the_minute()),
        ("ORG", &|it| {
            let sandbox = if it.org.sandbox { " (sandbox)" } else { "" };
            format!("{}{sandbox}", it.org_name().unwrap_or("not known"))
        }),
        ("WHO", &|it| it.who().unwrap_or("not known").to_owned()),
        ("COMMIT", &|it| it.run.commit.iter().flat_map(|it| it.chars().take(COMMIT_CHARS)).collect()),
        ("PR", &|it| or_empty(it.run.pull_request.as_ref())),
        ("ACTION", &|it| of_row(it, |row| row.action.verb().to_owned())),
        ("DEFINITION", &|it| of_row(it, definition)),
        ("OUTCOME", &|it| outcome(it.outcome).to_owned()),
        ("CHANGE", &|it| of_row(it, change)),
        ("REASON", &reason),
        ("MESSAGE", &|it| or_empty(it.message.as_ref())),
    ];
    table::rows(&columns, &log.entries, style)
}

/// One row per entry, with everything that is useful for sorting.
pub fn log_csv(log: &Log) -> String {
    let columns: [TableColumn<'_, LogEntry>; 23] = [
        ("time", &|it| it.time.to_string()),
        ("org", &|it| it.org_name().unwrap_or_default().to_owned()),
        ("orgId", &|it| or_empty(it.org.id.as_ref())),
        ("sandbox", &|it| it.org.sandbox.to_string()),
        ("actor", &|it| or_empty(it.run.actor.as_ref())),
        ("client", &|it| or_empty(it.run.client.as_ref())),
        ("commit", &|it| or_empty(it.run.commit.as_ref())),
        ("pullRequest", &|it| or_empty(it.run.pull_request.as_ref())),
        ("ciRun", &|it| or_empty(it.run.ci_run.as_ref())),
        ("reason", &|it| or_empty(it.run.reason.as_ref())),
        ("breakGlass", &|it| or_empty(it.run.break_glass.as_ref())),
        ("undoes", &|it| or_empty(it.run.undoes.as_ref())),
        ("action", &|it| of_row(it, |row| row.action.verb().to_owned())),
        ("key", &|it| of_row(it, |row| or_empty(row.key.as_ref()))),
        ("name", &|it| of_row(it, |row| or_empty(row.name.as_ref()))),
        ("id", &|it| of_row(it, |row| or_empty(row.id.as_ref()))),
        ("systemPresence", &|it| of_row(it, |row| row.system_presence.to_string())),
        ("outcome", &|it| code(it.outcome).to_owned()),
        ("before", &|it| of_row(it, |row| row.before.as_ref().map(json).unwrap_or_default())),
        ("after", &|it| of_row(it, |row| row.after.as_ref().map(json).unwrap_or_default())),
        ("message", &|it| or_empty(it.message.as_ref())),
        ("correlationId", &|it| or_empty(it.correlation_id.as_ref())),
        ("file", &|it| it.file.clone()),
    ];
    records(&columns, &log.entries)
}

fn outcome(outcome: EntryOutcome) -> &'static str {
    match outcome {
        EntryOutcome::Reported(kind) => said(kind).words,
        EntryOutcome::NothingToDo => "nothing to do",
        EntryOutcome::Declined => "declined",
    }
}

fn code(outcome: EntryOutcome) -> &'static str {
    match outcome {
        EntryOutcome::Reported(kind) => kind.code(),
        EntryOutcome::NothingToDo => "nothing-to-do",
        EntryOutcome::Declined => "declined",
    }
}

fn or_empty(it: Option<&impl ToString>) -> String {
    it.map(ToString::to_string).unwrap_or_default()
}

fn of_row(entry: &LogEntry, of: impl Fn(&StoredRow) -> String) -> String {
    entry.row.as_ref().map(of).unwrap_or_default()
}

/// A cell has one line, and must read back exactly.
fn json(content: &Content) -> String {
    serde_json::to_string(&ContentV1::from(content)).unwrap_or_default()
}

/// An unreadable file, with what is wrong.
pub fn unread(it: &Unread) -> Problem {
    let Unread { file, line, why } = it;
    let line = line.map_or_else(String::new, |line| format!(":{line}"));
    Problem::new(format!("{file}{line}: {why}"))
}

fn definition(row: &StoredRow) -> String {
    let name = row.name.as_ref().map(quoted_label);
    let key = row.key.as_ref().map(ToString::to_string);
    let words: Vec<String> = key.into_iter().chain(name).collect();
    format!("{} ({})", words.join(" "), row.system_presence).trim_start().to_owned()
}

/// The reason of a run, and what it reverted.
fn reason(entry: &LogEntry) -> String {
    let undoes = entry.run.undoes.as_ref().map(|it| format!("takes back {it}"));
    let broken = entry.run.break_glass.as_ref().map(|it| format!("during a freeze: {it}"));
    let said: Vec<String> = entry.run.reason.clone().into_iter().chain(broken).chain(undoes).collect();
    said.join("; ")
}

/// The planned change in short: only the differences.
fn change(row: &StoredRow) -> String {
    let nothing = || Content { labels: Labels::new(), deactivated: false, division: None };
    let Some(after) = &row.after else { return String::new() };
    let before = row.before.clone().unwrap_or_else(nothing);
    let state = (before.deactivated != after.deactivated)
        .then(|| if after.deactivated { "deactivated" } else { "active again" }.to_owned());
    let labels = after.labels.pair(&before.labels).into_iter().filter(|it| it.first != it.second).map(|it| {
        let shown = |label: Option<&Label>| label.map_or_else(|| "none".to_owned(), quoted_label);
        match it.second {
            None => format!("{}: {}", it.locale, shown(it.first)),
            Some(_) => format!("{}: {} -> {}", it.locale, shown(it.second), shown(it.first)),
        }
    });
    let division = after.division.as_ref().filter(|it| before.division.as_ref() != Some(it));
    let division = division.filter(|it| row.before.is_some() || !it.is_all()).map(|it| format!("division: {it}"));
    state.into_iter().chain(labels).chain(division).collect::<Vec<_>>().join(", ")
}
