//! What a folder of reports says of who changed what, and when: a table, and CSV.

use crate::model::labels::Labels;
use crate::model::names::Label;
use crate::model::observed::Content;
use crate::model::problem::Problem;
use crate::model::text::{self, Shown};
use crate::ops::apply::outcome::OutcomeKind;
use crate::ops::history::log::{Log, LogEntry, Unread};
use crate::ops::history::stored::StoredRow;
use crate::output::csv::csv;
use crate::output::json::content::ContentV1;
use crate::output::outcome::said;
use crate::output::style::Style;
use crate::output::table::table;

/// How much of a commit a table shows: enough to find it by.
const COMMIT_CHARS: usize = 8;

type Column = (&'static str, fn(&LogEntry) -> String);

const COLUMNS: [Column; 11] = [
    ("TIME (UTC)", |it| it.time.to_the_minute()),
    ("ORG", |it| {
        let sandbox = if it.org.sandbox { " (sandbox)" } else { "" };
        format!("{}{sandbox}", it.org_name().unwrap_or("not known"))
    }),
    ("WHO", |it| it.who().unwrap_or("not known").to_owned()),
    ("COMMIT", |it| it.run.commit.iter().flat_map(|it| it.chars().take(COMMIT_CHARS)).collect()),
    ("PR", |it| it.run.pull_request.clone().unwrap_or_default()),
    ("ACTION", |it| it.row.as_ref().map_or_else(String::new, |row| row.action.verb().to_owned())),
    ("DEFINITION", |it| it.row.as_ref().map_or_else(String::new, definition)),
    ("OUTCOME", |it| it.outcome.map_or("nothing to do", |it| said(it).words).to_owned()),
    ("CHANGE", |it| it.row.as_ref().map_or_else(String::new, change)),
    ("REASON", reason),
    ("MESSAGE", |it| it.message.clone().unwrap_or_default()),
];

pub fn human(log: &Log, style: Style) -> String {
    if log.entries.is_empty() {
        return "Nothing of that is in these reports.\n".to_owned();
    }
    let cells = |entry: &LogEntry| COLUMNS.iter().map(|(_, cell)| text::terminal(&cell(entry))).collect();
    let rows: Vec<Vec<Shown>> = log.entries.iter().map(cells).collect();
    table(&COLUMNS.map(|(heading, _)| heading), &rows, style)
}

/// One row an entry, with everything that a person may want to sort by.
pub fn log_csv(log: &Log) -> String {
    let headings = [
        "time",
        "org",
        "orgId",
        "sandbox",
        "actor",
        "client",
        "commit",
        "pullRequest",
        "ciRun",
        "reason",
        "undoes",
        "action",
        "key",
        "name",
        "id",
        "systemPresence",
        "outcome",
        "before",
        "after",
        "message",
        "correlationId",
        "file",
    ];
    let rows: Vec<Vec<String>> = log.entries.iter().map(record).collect();
    csv(&headings.map(str::to_owned), &rows)
}

fn record(entry: &LogEntry) -> Vec<String> {
    let LogEntry { time, file, org, run, row, outcome, message, correlation_id } = entry;
    let or_empty = |it: &Option<String>| it.clone().unwrap_or_default();
    let of_row = |get: fn(&StoredRow) -> Option<String>| row.as_ref().and_then(get).unwrap_or_default();
    vec![
        time.to_string(),
        entry.org_name().unwrap_or_default().to_owned(),
        or_empty(&org.id),
        org.sandbox.to_string(),
        or_empty(&run.actor),
        or_empty(&run.client),
        or_empty(&run.commit),
        or_empty(&run.pull_request),
        or_empty(&run.ci_run),
        or_empty(&run.reason),
        or_empty(&run.undoes),
        of_row(|it| Some(it.action.verb().to_owned())),
        of_row(|it| it.key.as_ref().map(ToString::to_string)),
        of_row(|it| it.name.as_ref().map(ToString::to_string)),
        of_row(|it| it.id.as_ref().map(ToString::to_string)),
        of_row(|it| Some(it.system_presence.to_string())),
        outcome.map_or("nothing-to-do", OutcomeKind::code).to_owned(),
        of_row(|it| it.before.as_ref().map(json)),
        of_row(|it| it.after.as_ref().map(json)),
        or_empty(message),
        or_empty(correlation_id),
        file.clone(),
    ]
}

/// A cell has one line, and what stands in it shall read back exactly.
fn json(content: &Content) -> String {
    serde_json::to_string(&ContentV1::from(content)).unwrap_or_default()
}

/// A file that could not be read, where a person reads what is wrong.
pub fn unread(it: &Unread) -> Problem {
    let Unread { file, line, why } = it;
    let line = line.map_or_else(String::new, |line| format!(":{line}"));
    Problem::new(format!("{file}{line}: {why}"))
}

fn definition(row: &StoredRow) -> String {
    let name = row.name.as_ref().map(quoted);
    let key = row.key.as_ref().map(ToString::to_string);
    let words: Vec<String> = key.into_iter().chain(name).collect();
    format!("{} ({})", words.join(" "), row.system_presence).trim_start().to_owned()
}

/// Why somebody did it, and what it took back.
fn reason(entry: &LogEntry) -> String {
    let undoes = entry.run.undoes.as_ref().map(|it| format!("takes back {it}"));
    let said: Vec<String> = entry.run.reason.clone().into_iter().chain(undoes).collect();
    said.join("; ")
}

/// What was to become of it, in short: only what is not the same before and after.
fn change(row: &StoredRow) -> String {
    let nothing = || Content { labels: Labels::new(), deactivated: false, division: None };
    let Some(after) = &row.after else { return String::new() };
    let before = row.before.clone().unwrap_or_else(nothing);
    let state = (before.deactivated != after.deactivated)
        .then(|| if after.deactivated { "deactivated" } else { "active again" }.to_owned());
    let labels = after.labels.pair(&before.labels).into_iter().filter(|it| it.first != it.second).map(|it| {
        let shown = |label: Option<&Label>| label.map_or_else(|| "none".to_owned(), quoted);
        match it.second {
            None => format!("{}: {}", it.locale, shown(it.first)),
            Some(_) => format!("{}: {} -> {}", it.locale, shown(it.second), shown(it.first)),
        }
    });
    let division = after.division.as_ref().filter(|it| before.division.as_ref() != Some(it));
    let division = division.filter(|it| row.before.is_some() || !it.is_all()).map(|it| format!("division: {it}"));
    state.into_iter().chain(labels).chain(division).collect::<Vec<_>>().join(", ")
}

fn quoted(label: &Label) -> String {
    format!("\"{}\"", text::within_quotes(&text::shortened(label.nfc())))
}
