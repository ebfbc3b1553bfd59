//! The entries of a folder of reports: who changed what and when, filtered and sorted.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::limits::{LOG_BYTES_MAX, LOG_NAMES_MAX, LOG_ROWS_MAX, MESSAGE_CHARS_MAX};
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, OrgId, TYPE_MORE, is_short_id};
use crate::model::observed::Content;
use crate::model::text;
use crate::ops::apply::outcome::OutcomeKind;
use crate::ops::history::stored::{RunText, Stored, StoredFailure, StoredReport, StoredRow, Unreadable};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogQuery {
    /// An org: its name in the config, its own name, or its id.
    pub org: Option<String>,
    /// Keys of definitions, or ids of objects or their prefixes. Empty selects everything, including runs as a whole.
    pub keys: Vec<String>,
    /// Only runs that started at this time or later.
    pub since: Option<Moment>,
    /// Only runs that started before this time.
    pub until: Option<Moment>,
}

/// The content of the files in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Log {
    /// One entry per object and run, and one per run without objects. The newest run is first. In a run, they have the
    /// order of its report.
    pub entries: Vec<LogEntry>,
    /// Files that could not be read, by name.
    pub problems: Vec<Unread>,
    known: Known,
}

/// The names in the reports that match a typed name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Known {
    any: bool,
    /// A report is about the requested org.
    has_org: bool,
    /// The org ids with the typed prefix.
    begun_orgs: BTreeSet<String>,
    /// The requested keys and ids that occur in a report.
    keys: BTreeSet<String>,
    /// For other typed names, the ids with that prefix.
    begun: BTreeMap<String, BTreeSet<String>>,
    org_names: BTreeSet<String>,
    key_names: BTreeSet<String>,
}

/// A requested name that matches nothing, or too much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnknownInLog {
    /// No report is about an org of this name.
    Org {
        typed: String,
        /// The most similar org name.
        nearest: Option<String>,
    },
    /// No report has this key or id.
    Key { typed: String, nearest: Option<String> },
    /// Several ids have this prefix.
    Ambiguous { typed: String, ids: Vec<String> },
}

/// The result of one object in one run, or of a whole run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    pub time: Moment,
    pub file: String,
    pub org: EntryOrg,
    /// The author, commit and reason.
    pub run: RunText,
    /// The object. `None` for a whole run.
    pub row: Option<StoredRow>,
    pub outcome: EntryOutcome,
    /// Why it was not done.
    pub message: Option<String>,
    pub correlation_id: Option<String>,
}

/// The outcome of an object, or of a whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryOutcome {
    /// Of an object. Of a whole run: its plan was refused, or it failed.
    Reported(OutcomeKind),
    /// Of a whole run: its plan was empty.
    NothingToDo,
    /// Of a whole run: a person was asked, and did not say yes.
    Declined,
}

/// The org of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryOrg {
    pub id: Option<String>,
    pub name: Option<String>,
    pub sandbox: bool,
}

/// A file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    pub file: String,
    /// The line, from one, if one is the cause.
    pub line: Option<usize>,
    pub why: String,
}

/// The files have more entries than a log shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMuch;

/// The remaining limits of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogRoom {
    rows: usize,
    bytes: usize,
}

impl Default for LogRoom {
    fn default() -> LogRoom {
        LogRoom { rows: LOG_ROWS_MAX, bytes: LOG_BYTES_MAX }
    }
}

impl LogRoom {
    fn takes(&mut self, rows: usize, bytes: usize) -> Result<(), TooMuch> {
        self.rows = self.rows.checked_sub(rows).ok_or(TooMuch)?;
        self.bytes = self.bytes.checked_sub(bytes).ok_or(TooMuch)?;
        Ok(())
    }
}

impl Log {
    /// Takes the content of one file. Files come in the order of their names.
    pub fn take(
        &mut self,
        file: &str,
        read: Result<Stored, Unreadable>,
        asked: &LogQuery,
        room: &mut LogRoom,
    ) -> Result<(), TooMuch> {
        let mut unread = |line: Option<usize>, why: &str| {
            let why: String = why.chars().take(MESSAGE_CHARS_MAX).collect();
            room.takes(0, file.len() + why.len())?;
            self.problems.push(Unread { file: file.to_owned(), line, why });
            Ok(())
        };
        if let Ok(kept) = &read {
            self.known.hear(kept, asked);
        }
        match read {
            Err(Unreadable { line, why }) => unread(line, &why),
            Ok(Stored::Report(StoredReport { run: None, .. }) | Stored::Failure(StoredFailure { run: None, .. })) => {
                unread(None, "it does not say when its run was")
            }
            Ok(Stored::Report(report)) => {
                self.entries.extend(of_report(file.to_owned(), report, asked, room)?);
                Ok(())
            }
            Ok(Stored::Failure(failure)) => {
                self.entries.extend(of_failure(file.to_owned(), failure, asked, room)?);
                Ok(())
            }
        }
    }

    /// A requested name that no report has, or that matches several objects. Without reports, it returns nothing.
    pub fn not_meant(&self, asked: &LogQuery) -> Option<UnknownInLog> {
        let Known { any, has_org, begun_orgs, keys, begun, org_names, key_names } = &self.known;
        let nearest = |typed: &str, names: &BTreeSet<String>| {
            text::nearest(typed, names.iter().map(String::as_str)).map(str::to_owned)
        };
        let several = |typed: &str, ids: &BTreeSet<String>| {
            (ids.len() > 1)
                .then(|| UnknownInLog::Ambiguous { typed: typed.to_owned(), ids: ids.iter().cloned().collect() })
        };
        if let Some(org) = asked.org.as_ref().filter(|_| *any && !has_org) {
            if begun_orgs.is_empty() {
                return Some(UnknownInLog::Org { typed: org.clone(), nearest: nearest(org, org_names) });
            }
            if let Some(ambiguous) = several(org, begun_orgs) {
                return Some(ambiguous);
            }
        }
        let unknown = asked.keys.iter().filter(|it| *any && !keys.contains(*it));
        unknown.map(|typed| (typed, begun.get(typed))).find_map(|(typed, ids)| match ids {
            None => Some(UnknownInLog::Key { typed: typed.clone(), nearest: nearest(typed, key_names) }),
            Some(ids) => several(typed, ids),
        })
    }

    /// Newest run first. At the same time, by file name.
    pub fn sorted(mut self) -> Log {
        self.entries.sort_by(|a, b| (b.time, &a.file).cmp(&(a.time, &b.file)));
        self
    }
}

impl Known {
    fn hear(&mut self, kept: &Stored, asked: &LogQuery) {
        self.any = true;
        let (run, name, id) = match kept {
            Stored::Report(it) => (&it.run, &it.org_name, it.org.as_ref().map(OrgId::as_str)),
            Stored::Failure(it) => (&it.run, &it.org_name, it.org.as_deref()),
        };
        if let Some(asked) = &asked.org {
            let config_org = run.as_ref().and_then(|it| it.said.config_org.as_deref());
            for name in [config_org, name.as_deref(), id].into_iter().flatten() {
                self.has_org |= name == asked;
                remember(&mut self.org_names, name);
            }
            if let Some(id) = id.filter(|it| begins(it, asked)) {
                remember(&mut self.begun_orgs, id);
            }
        }
        let Stored::Report(StoredReport { rows, matched, .. }) = kept else { return };
        if asked.keys.is_empty() {
            return;
        }
        for key in rows.iter().filter_map(|it| it.key.as_ref()).chain(matched.keys()) {
            self.keys.extend(asked.keys.iter().filter(|it| *it == key.as_str()).cloned());
            remember(&mut self.key_names, key.as_str());
        }
        for id in rows.iter().filter_map(|it| it.id.as_ref()).chain(matched.values()) {
            for typed in &asked.keys {
                if id.as_str().eq_ignore_ascii_case(typed) {
                    self.keys.insert(typed.clone());
                } else if id.begins_with(typed) {
                    remember(self.begun.entry(typed.clone()).or_default(), id.as_str());
                }
            }
        }
    }
}

fn begins(org_id: &str, typed: &str) -> bool {
    OrgId::new(org_id).is_some_and(|it| it.begins_with(typed))
}

fn remember(names: &mut BTreeSet<String>, name: &str) {
    if names.len() < LOG_NAMES_MAX && name.len() <= MESSAGE_CHARS_MAX && !names.contains(name) {
        names.insert(name.to_owned());
    }
}

impl UnknownInLog {
    /// What is wrong. Foreign strings are raw.
    pub fn message(&self) -> String {
        match self {
            UnknownInLog::Org { typed, .. } => format!("no report is of an org {typed}", typed = text::ticked(typed)),
            UnknownInLog::Key { typed, .. } => {
                format!("no report names a key or an id {typed}", typed = text::ticked(typed))
            }
            UnknownInLog::Ambiguous { typed, ids } => text::ambiguous(typed, ids),
        }
    }

    pub fn help(&self) -> String {
        match self {
            UnknownInLog::Org { typed, .. } | UnknownInLog::Key { typed, .. } if is_short_id(typed) => {
                TYPE_MORE.to_owned()
            }
            UnknownInLog::Org { nearest: Some(nearest), .. } | UnknownInLog::Key { nearest: Some(nearest), .. } => {
                format!("did you mean {nearest}?", nearest = text::ticked(nearest))
            }
            UnknownInLog::Org { nearest: None, .. } => {
                "give the name of the org in the config, its own name, or its id; without --org, all are shown"
                    .to_owned()
            }
            UnknownInLog::Key { nearest: None, .. } => {
                "give a key of the config, or the id of an object; without --key, all are shown".to_owned()
            }
            UnknownInLog::Ambiguous { .. } => "type more of the id".to_owned(),
        }
    }
}

fn of_report(
    file: String,
    report: StoredReport,
    asked: &LogQuery,
    room: &mut LogRoom,
) -> Result<Vec<LogEntry>, TooMuch> {
    let StoredReport {
        org,
        org_name,
        sandbox,
        generation: _,
        run,
        success,
        verified: _,
        blockers,
        mut rows,
        matched: _,
    } = report;
    let Some(run) = run else { return Ok(Vec::new()) };
    let whole = LogEntry {
        time: run.began,
        file,
        org: EntryOrg { id: org.map(|it| it.to_string()), name: org_name, sandbox },
        run: run.said,
        row: None,
        outcome: if success { EntryOutcome::NothingToDo } else { EntryOutcome::Reported(OutcomeKind::Failed) },
        message: None,
        correlation_id: None,
    };
    if !asked.is_of_run(&whole) {
        return Ok(Vec::new());
    }
    let as_a_whole = match (blockers.is_empty(), rows.is_empty()) {
        (false, _) => {
            let (outcome, message) = (EntryOutcome::Reported(OutcomeKind::Conflict), Some(blockers.join("; ")));
            Some(LogEntry { outcome, message, ..whole.clone() })
        }
        (true, true) => Some(whole.clone()),
        (true, false) => None,
    };
    let mut entries: Vec<LogEntry> = as_a_whole.into_iter().filter(|_| asked.is_of_a_run()).collect();
    rows.retain(|row| asked.is_of_object(row));
    // Checked before it is copied: each row repeats the data of its run.
    let said = whole.bytes();
    let bytes = rows.iter().map(|row| said.saturating_add(bytes(row)));
    let bytes = entries.iter().map(LogEntry::bytes).chain(bytes).fold(0, usize::saturating_add);
    room.takes(entries.len() + rows.len(), bytes)?;
    entries.extend(rows.into_iter().map(|row| LogEntry {
        outcome: EntryOutcome::Reported(row.outcome),
        message: row.message.clone(),
        correlation_id: row.correlation_id.clone(),
        // A log does not show the org's later state.
        row: Some(StoredRow { differences: Vec::new(), ..row }),
        ..whole.clone()
    }));
    Ok(entries)
}

/// The bytes of a quoted text, with escaped control characters.
fn quoted(text: &str) -> usize {
    let bytes =
        text.bytes().map(|it| if it.is_ascii_control() { 6 } else { 1 + usize::from(matches!(it, b'"' | b'\\')) });
    bytes.sum::<usize>() + 2
}

/// The approximate bytes of a row in the log.
fn bytes(row: &StoredRow) -> usize {
    // The names of its fields, and the punctuation.
    let content = |it: &Content| {
        64 + it.labels.iter().map(|(locale, label)| quoted(locale.as_str()) + quoted(label.nfc()) + 2).sum::<usize>()
    };
    let contents: usize = row.before.iter().chain(&row.after).map(content).sum();
    let texts = [&row.message, &row.correlation_id].into_iter().flatten().map(String::len);
    let names = row.name.as_ref().map_or(0, |it| it.nfc().len()) + row.system_presence.as_str().len();
    let ids = row.id.as_ref().map_or(0, |it| it.as_str().len()) + row.key.as_ref().map_or(0, |it| it.as_str().len());
    // Messages and ids occur outside the row too.
    contents + names + ids + 2 * texts.sum::<usize>()
}

fn of_failure(
    file: String,
    failure: StoredFailure,
    asked: &LogQuery,
    room: &mut LogRoom,
) -> Result<Option<LogEntry>, TooMuch> {
    let StoredFailure { org, org_name, sandbox, run, is_declined, message, correlation_id } = failure;
    let Some(run) = run else { return Ok(None) };
    let entry = LogEntry {
        time: run.began,
        file,
        org: EntryOrg { id: org, name: org_name, sandbox },
        run: run.said,
        row: None,
        outcome: if is_declined { EntryOutcome::Declined } else { EntryOutcome::Reported(OutcomeKind::Failed) },
        message: Some(message),
        correlation_id,
    };
    if !(asked.is_of_run(&entry) && asked.is_of_a_run()) {
        return Ok(None);
    }
    room.takes(1, entry.bytes())?;
    Ok(Some(entry))
}

impl LogQuery {
    fn is_of_run(&self, entry: &LogEntry) -> bool {
        let LogQuery { org, keys: _, since, until } = self;
        let names = [&entry.run.config_org, &entry.org.name, &entry.org.id];
        let is_its_id = |asked: &String| entry.org.id.as_ref().is_some_and(|it| begins(it, asked));
        let is_its_name = |asked: &String| names.into_iter().flatten().any(|it| it == asked) || is_its_id(asked);
        org.as_ref().is_none_or(is_its_name)
            && since.is_none_or(|since| entry.time >= since)
            && until.is_none_or(|until| entry.time < until)
    }

    /// A run that failed as a whole changed nothing, so it concerns no key.
    fn is_of_a_run(&self) -> bool {
        self.keys.is_empty()
    }

    fn is_of_object(&self, row: &StoredRow) -> bool {
        let is_its_name = |asked: &String| {
            let is_its_id = |id: &DefinitionId| id.as_str().eq_ignore_ascii_case(asked) || id.begins_with(asked);
            row.key.as_ref().is_some_and(|key| key.as_str() == asked) || row.id.as_ref().is_some_and(is_its_id)
        };
        self.keys.is_empty() || self.keys.iter().any(is_its_name)
    }
}

impl LogEntry {
    /// The approximate bytes without its row.
    fn bytes(&self) -> usize {
        let run = format!("{:?}", self.run).len();
        let texts = [&self.org.id, &self.org.name, &self.message, &self.correlation_id];
        let texts: usize = texts.into_iter().flatten().map(String::len).sum();
        self.file.len() + run + texts
    }

    /// The person, or the OAuth client.
    pub fn who(&self) -> Option<&str> {
        self.run.actor.as_deref().or(self.run.client.as_deref())
    }

    /// The name of the org: that of the config, its own, or its id.
    pub fn org_name(&self) -> Option<&str> {
        self.run.config_org.as_deref().or(self.org.name.as_deref()).or(self.org.id.as_deref())
    }
}
