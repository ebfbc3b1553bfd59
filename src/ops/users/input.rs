//! Reads the users of a command: ids from the command line, from a file with one per line, or from a CSV with a column
//! of ids and the wanted values.

use std::fmt;

use csv::{ReaderBuilder, StringRecord, Trim};

use crate::model::formula::unguarded;
use crate::model::names::is_part_of_guid;
use crate::model::text;
use crate::model::user::UserId;

/// The delimiters between two cells.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputEntry {
    /// The place, such as `users.csv:3`.
    pub place: String,
    pub user: UserId,
    /// The cell in the column `presence`, if it is not empty.
    pub presence: Option<String>,
    /// The cell in the column `message`, if it is not empty.
    pub message: Option<String>,
}

/// A mistake in an input. Its words are raw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    pub place: String,
    pub what: InputKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputKind {
    /// Not a user id.
    NotAnId(String),
    /// A CSV without a column of ids.
    NoColumn,
    /// A CSV with two columns of this name, or two columns of ids.
    TwoColumns(&'static str),
    /// A quote without an end.
    OpenQuote,
    /// A cell with text after its closing quote.
    AfterQuote,
    /// A CSV row with another number of cells than headings.
    Cells {
        cells: usize,
        /// The number of headings.
        headings: usize,
        delimiter: char,
    },
    /// This user has no presence.
    NoPresence,
    /// The values of a cell and of the flag with the same name differ.
    Contradiction {
        /// `presence` or `message`.
        name: &'static str,
        cell: String,
        flag: String,
    },
    /// Two different presences or messages for this user, with the place of the first.
    Twice { user: UserId, first: String },
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mistake { place, what } = self;
        write!(f, "{place}: ")?;
        match what {
            InputKind::NotAnId(found) => write!(f, "{found} is not the id of a user", found = text::ticked(found)),
            InputKind::NoColumn => f.write_str("there is no column `id` or `userId`"),
            InputKind::TwoColumns(name) => write!(f, "there is more than one column for `{name}`"),
            InputKind::OpenQuote => f.write_str("a quote in the lines from here on is never closed"),
            InputKind::AfterQuote => {
                f.write_str("a cell goes on after its closing quote: write a quote within quotes twice")
            }
            InputKind::Cells { cells, headings, delimiter } => {
                let (row, head) = (text::count(*cells, "cell"), text::count(*headings, "heading"));
                let delimiter = if *delimiter == '\t' { "a tab".to_owned() } else { format!("a `{delimiter}`") };
                let what = if cells > headings { "quote a value that holds" } else { "an empty cell needs its place:" };
                write!(f, "{row}, and {head}: {what} {delimiter}")
            }
            InputKind::NoPresence => {
                f.write_str("no presence is named: give --presence, or fill the column `presence`")
            }
            InputKind::Contradiction { name, cell, flag } => {
                write!(
                    f,
                    "the column `{name}` says {cell}, and --{name} says {flag}",
                    cell = text::ticked(cell),
                    flag = text::ticked(flag)
                )
            }
            InputKind::Twice { user, first } => write!(f, "`{user}` is in {first} already, with something else"),
        }
    }
}

pub fn arguments(typed: &[String]) -> Result<Vec<InputEntry>, Vec<Mistake>> {
    let place = || "the command line".to_owned();
    gathered(typed.iter().map(|raw| entry(place(), raw, None, None)))
}

/// The users of a file: one id per line, or a CSV (with commas, semicolons or tabs) whose first line has a column `id`
/// or `userId`. Of its other columns, only `presence` and `message` are used.
pub fn read(name: &str, text: &str) -> Result<Vec<InputEntry>, Vec<Mistake>> {
    if let Some((delimiter, rest)) = excel_delimiter(text) {
        // An empty line replaces it, so that line numbers stay.
        return table(name, &format!("\n{rest}"), delimiter);
    }
    let first = text.lines().find(|it| !it.trim().is_empty()).unwrap_or_default();
    let columns = |delimiter: u8| first.split(char::from(delimiter)).filter_map(column).collect::<Vec<Column>>();
    match DELIMITERS.into_iter().find(|it| columns(*it).contains(&Column::User)) {
        Some(delimiter) => table(name, text, delimiter),
        None if DELIMITERS.into_iter().any(|it| !columns(it).is_empty()) => {
            Err(vec![Mistake { place: format!("{name}:1"), what: InputKind::NoColumn }])
        }
        None => {
            let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
            gathered(lines.map(|(index, line)| entry(format!("{name}:{}", index + 1), line, None, None)))
        }
    }
}

/// The delimiter for Excel in a first line `sep=;`, and the text after that line.
fn excel_delimiter(text: &str) -> Option<(u8, &str)> {
    let (first, rest) = text.split_once('\n')?;
    let first = first.trim_end_matches('\r').trim_matches('"');
    let (name, value) = first.split_at_checked("sep=".len())?;
    match value.as_bytes() {
        [delimiter] if name.eq_ignore_ascii_case("sep=") && delimiter.is_ascii() => Some((*delimiter, rest)),
        _ => None,
    }
}

/// The line of the first cell with text after its closing quote.
fn after_quote(text: &str, delimiter: u8) -> Option<u64> {
    let (mut line, mut begins_cell) = (1, true);
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'"' || !begins_cell {
            begins_cell = byte == delimiter || byte == b'\n';
            line += u64::from(byte == b'\n');
            continue;
        }
        while let Some(byte) = bytes.next() {
            line += u64::from(byte == b'\n');
            if byte == b'"' && bytes.next_if_eq(&b'"').is_none() {
                break;
            }
        }
        while bytes.next_if(|it| *it != delimiter && matches!(it, b' ' | b'\t')).is_some() {}
        if bytes.peek().is_some_and(|it| *it != delimiter && !matches!(it, b'\r' | b'\n')) {
            return Some(line);
        }
        begins_cell = false;
    }
    None
}

fn plain(cell: &str) -> &str {
    cell.trim().trim_matches('"')
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    User,
    Presence,
    Message,
}

fn column(cell: &str) -> Option<Column> {
    match plain(cell).to_ascii_lowercase().as_str() {
        "id" | "userid" | "user_id" => Some(Column::User),
        "presence" => Some(Column::Presence),
        "message" => Some(Column::Message),
        _ => None,
    }
}

fn table(name: &str, text: &str, delimiter: u8) -> Result<Vec<InputEntry>, Vec<Mistake>> {
    let at = |line: u64| format!("{name}:{line}");
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    // The text is in memory and records may have any width, so no read can fail.
    let records: Vec<StringRecord> = reader.records().filter_map(Result::ok).collect();
    let line = |record: &StringRecord| record.position().map_or(1, |it| begins_on(text, it));
    // The CSV library reads everything after an unclosed quote as one cell, without an error.
    if text.matches('"').count() % 2 == 1 {
        return Err(vec![Mistake { place: at(records.last().map_or(1, line)), what: InputKind::OpenQuote }]);
    }
    if let Some(line) = after_quote(text, delimiter) {
        return Err(vec![Mistake { place: at(line), what: InputKind::AfterQuote }]);
    }
    let mut records = records.iter().filter(|it| it.iter().any(|cell| !cell.is_empty()));
    let Some(header) = records.next() else { return Ok(Vec::new()) };
    if !header.iter().any(|it| column(it) == Some(Column::User)) {
        return Err(vec![Mistake { place: at(line(header)), what: InputKind::NoColumn }]);
    }
    let place_of = |wanted: Column, named: &'static str| {
        let mut places = header.iter().enumerate().filter(|(_, it)| column(it) == Some(wanted));
        match (places.next(), places.next()) {
            (Some((place, _)), None) => Ok(Some(place)),
            (None, _) => Ok(None),
            (Some(_), Some(_)) => Err(vec![Mistake { place: at(line(header)), what: InputKind::TwoColumns(named) }]),
        }
    };
    let user = place_of(Column::User, "id")?;
    let (presence, message) = (place_of(Column::Presence, "presence")?, place_of(Column::Message, "message")?);
    let headings = header.len();
    gathered(records.map(|record| {
        if record.len() != headings {
            let what = InputKind::Cells { cells: record.len(), headings, delimiter: char::from(delimiter) };
            return Err(Mistake { place: at(line(record)), what });
        }
        // The apostrophes that guard against formulas in our own CSV are not part of the text.
        let cell = |place: Option<usize>| place.and_then(|it| record.get(it)).map(unguarded);
        let filled = |place| cell(place).filter(|it| !it.is_empty());
        entry(at(line(record)), &cell(user).unwrap_or_default(), filled(presence), filled(message))
    }))
}

/// The line at a position. A record's position includes the empty lines before it.
fn begins_on(text: &str, position: &csv::Position) -> u64 {
    let bytes = text.bytes().skip(usize::try_from(position.byte()).unwrap_or(usize::MAX));
    let ends = bytes.take_while(|it| matches!(it, b'\r' | b'\n')).filter(|it| *it == b'\n').count();
    position.line() + u64::try_from(ends).unwrap_or_default()
}

fn entry(place: String, raw: &str, presence: Option<String>, message: Option<String>) -> Result<InputEntry, Mistake> {
    // The org would report a part of an id as an unknown user.
    match UserId::new(plain(raw)).filter(|it| !is_part_of_guid(it.as_str())) {
        Some(user) => Ok(InputEntry { place, user, presence, message }),
        None => Err(Mistake { place, what: InputKind::NotAnId(raw.trim().to_owned()) }),
    }
}

fn gathered(each: impl Iterator<Item = Result<InputEntry, Mistake>>) -> Result<Vec<InputEntry>, Vec<Mistake>> {
    let (mut entries, mut mistakes) = (Vec::new(), Vec::new());
    for it in each {
        match it {
            Ok(entry) => entries.push(entry),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() { Ok(entries) } else { Err(mistakes) }
}
