//! What a folder of reports says of who changed what, and when: chosen and put in order.

use crate::apply::outcome::OutcomeKind;
use crate::document::RunV1;
use crate::journal::kept::{Kept, KeptFailure, KeptReport, KeptRow, Unreadable};
use crate::model::moment::Moment;

/// Which entries are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// An org: its name in the config, its own name, or its id.
    pub org: Option<String>,
    /// Keys of definitions, or ids of objects; none: all, and runs as a whole.
    pub keys: Vec<String>,
    /// Only runs that began then or later.
    pub since: Option<Moment>,
    /// Only runs that began before that.
    pub until: Option<Moment>,
}

/// What the files of a folder say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Log {
    /// One entry an object and run, and one a run that has none. The newest run first; within a run as its report has
    /// them.
    pub entries: Vec<Entry>,
    /// Files that could not be read, by name.
    pub problems: Vec<Unread>,
}

/// What became of one object in one run, or of a run as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When the run began.
    pub time: Moment,
    /// The file that says it.
    pub file: String,
    /// Which org.
    pub org: EntryOrg,
    /// Who, on which commit, and why.
    pub run: RunV1,
    /// The object; none for a run as a whole.
    pub row: Option<KeptRow>,
    /// What became of the object; of a run as a whole that its plan was refused, that it failed, or none: there was nothing
    /// to do.
    pub outcome: Option<OutcomeKind>,
    /// Why, for what is not done.
    pub message: Option<String>,
    /// The platform's id of the exchange.
    pub correlation_id: Option<String>,
}

/// Which org an entry is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryOrg {
    /// Its id.
    pub id: Option<String>,
    /// Its own name.
    pub name: Option<String>,
    /// It is the embedded one.
    pub sandbox: bool,
}

/// A file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Which file.
    pub file: String,
    /// The line, from one, where one is to blame.
    pub line: Option<usize>,
    /// What is wrong.
    pub why: String,
}

impl Log {
    /// Takes what one file says. Files come in the order of their names.
    pub fn take(&mut self, file: &str, read: Result<Kept, Unreadable>, asked: &Asked) {
        let file = || file.to_owned();
        let no_time = || Unread { file: file(), line: None, why: "it does not say when its run was".to_owned() };
        match read {
            Err(Unreadable { line, why }) => self.problems.push(Unread { file: file(), line, why }),
            Ok(Kept::Report(KeptReport { run: None, .. }) | Kept::Failure(KeptFailure { run: None, .. })) => {
                self.problems.push(no_time());
            }
            Ok(Kept::Report(report)) => self.entries.extend(of_report(file(), report, asked)),
            Ok(Kept::Failure(failure)) => self.entries.extend(of_failure(file(), failure, asked)),
        }
    }

    /// The newest run first; of one moment, by the name of the file.
    #[must_use]
    pub fn sorted(mut self) -> Log {
        self.entries.sort_by(|a, b| (b.time, &a.file).cmp(&(a.time, &b.file)));
        self
    }
}

fn of_report(file: String, report: KeptReport, asked: &Asked) -> Vec<Entry> {
    let KeptReport { org, org_name, sandbox, generation: _, run, success, verified: _, refusals, rows } = report;
    let Some(run) = run else { return Vec::new() };
    let whole = Entry {
        time: run.began,
        file,
        org: EntryOrg { id: org.map(|it| it.to_string()), name: org_name, sandbox },
        run: run.said,
        row: None,
        outcome: (!success).then_some(OutcomeKind::Failed),
        message: None,
        correlation_id: None,
    };
    if !asked.is_of_run(&whole) {
        return Vec::new();
    }
    let mut entries = Vec::new();
    if !refusals.is_empty() {
        let (outcome, message) = (Some(OutcomeKind::Refused), Some(refusals.join("; ")));
        entries.push(Entry { outcome, message, ..whole.clone() });
    } else if rows.is_empty() {
        entries.push(whole.clone());
    }
    entries.extend(rows.into_iter().map(|row| Entry {
        outcome: Some(row.outcome),
        message: row.message.clone(),
        correlation_id: row.correlation_id.clone(),
        row: Some(row),
        ..whole.clone()
    }));
    entries.retain(|it| asked.is_of_object(it));
    entries
}

fn of_failure(file: String, failure: KeptFailure, asked: &Asked) -> Option<Entry> {
    let KeptFailure { org, org_name, sandbox, run, message, correlation_id } = failure;
    let run = run?;
    let entry = Entry {
        time: run.began,
        file,
        org: EntryOrg { id: org, name: org_name, sandbox },
        run: run.said,
        row: None,
        outcome: Some(OutcomeKind::Failed),
        message: Some(message),
        correlation_id,
    };
    (asked.is_of_run(&entry) && asked.is_of_object(&entry)).then_some(entry)
}

impl Asked {
    fn is_of_run(&self, entry: &Entry) -> bool {
        let Asked { org, keys: _, since, until } = self;
        let names = [&entry.run.config_org, &entry.org.name, &entry.org.id];
        let is_its_name = |asked: &String| names.into_iter().flatten().any(|it| it == asked);
        org.as_ref().is_none_or(is_its_name)
            && since.is_none_or(|since| entry.time >= since)
            && until.is_none_or(|until| entry.time < until)
    }

    /// What failed as a whole has changed nothing, and so it is about no key.
    fn is_of_object(&self, entry: &Entry) -> bool {
        let Some(row) = &entry.row else { return self.keys.is_empty() };
        let is_its_name = |asked: &String| {
            row.key.as_ref().is_some_and(|key| key.as_str() == asked)
                || row.id.as_ref().is_some_and(|id| id.as_str().eq_ignore_ascii_case(asked))
        };
        self.keys.is_empty() || self.keys.iter().any(is_its_name)
    }
}

impl Entry {
    /// The person, else the OAuth client.
    #[must_use]
    pub fn who(&self) -> Option<&str> {
        self.run.actor.as_deref().or(self.run.client.as_deref())
    }

    /// What the org is called: by the config, else by itself, else by its id.
    #[must_use]
    pub fn org_name(&self) -> Option<&str> {
        self.run.config_org.as_deref().or(self.org.name.as_deref()).or(self.org.id.as_deref())
    }
}
