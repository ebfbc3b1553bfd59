//! The log of a report folder as a JSON document, format 1, with its own types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ops::history::log::{EntryOrg, EntryOutcome, Log, LogEntry, Unread};
use crate::ops::history::stored::StoredRow;
use crate::output::json::common::{Document, OrgV1, RunV1};
use crate::output::json::content::{ActionV1, ContentV1};
use crate::output::json::report::OutcomeV1;

/// Who changed what, and when, `presencectl log --output json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "presencectl log, format 1")]
pub struct LogV1 {
    /// Always `log`.
    #[schemars(extend("const" = LogV1::KIND))]
    pub kind: String,
    /// Always 1.
    #[schemars(extend("const" = LogV1::VERSION))]
    pub format_version: u32,
    /// The version of the tool that wrote it.
    pub tool_version: String,
    /// One entry an object and run, and one a run that has none. The newest run first.
    pub entries: Vec<EntryV1>,
    /// Files that could not be read.
    pub problems: Vec<UnreadV1>,
}

/// What became of one object in one run, or of a run as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EntryV1 {
    /// The report that says it.
    pub file: String,
    /// Which org.
    pub target: OrgV1,
    /// When the run was, and who was at work.
    pub run: RunV1,
    /// The object; absent for a run as a whole.
    pub object: Option<ObjectV1>,
    /// The outcome of the object, as reports have it; of a run as a whole `nothing-to-do`, `declined` (a person was
    /// asked and did not say yes), `refused` (its plan) or `failed`.
    pub outcome: EntryOutcomeV1,
    /// Why, for what is not done.
    pub message: Option<String>,
    /// The platform's id of the exchange that wrote it, or that failed.
    pub correlation_id: Option<String>,
}

/// What became of an object or a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum EntryOutcomeV1 {
    /// As reports have it.
    Reported(OutcomeV1),
    /// Of a run as a whole.
    Run(RunOutcomeV1),
}

/// What only a run as a whole can come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunOutcomeV1 {
    /// Its plan was empty.
    NothingToDo,
    /// A person was asked, and did not say yes.
    Declined,
}

/// What was to be done to an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectV1 {
    /// What was to be done.
    pub action: ActionV1,
    /// The definition in the config.
    pub key: Option<String>,
    /// The object.
    pub id: Option<String>,
    /// Where it belongs.
    pub system_presence: String,
    /// What to call it.
    pub name: Option<String>,
    /// What was there before; absent for what was to be made.
    pub before: Option<ContentV1>,
    /// What was to be there.
    pub after: Option<ContentV1>,
}

/// A file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnreadV1 {
    /// Which file.
    pub file: String,
    /// The line, from one, where one is to blame.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl Document for LogV1 {
    const KIND: &str = "log";
    const VERSION: u32 = 1;
}

impl LogV1 {
    /// The document of a log.
    pub fn of(log: &Log) -> LogV1 {
        let Log { entries, problems, .. } = log;
        let unread = |it: &Unread| UnreadV1 { file: it.file.clone(), line: it.line, message: it.why.clone() };
        LogV1 {
            kind: Self::KIND.to_owned(),
            format_version: Self::VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            entries: entries.iter().map(entry_v1).collect(),
            problems: problems.iter().map(unread).collect(),
        }
    }
}

fn entry_v1(entry: &LogEntry) -> EntryV1 {
    let LogEntry { time: _, file, org, run, row, outcome, message, correlation_id } = entry;
    let EntryOrg { id, name, sandbox } = org.clone();
    EntryV1 {
        file: file.clone(),
        target: OrgV1 { org_id: id, org_name: name, sandbox },
        run: run.clone().into(),
        object: row.as_ref().map(object_v1),
        outcome: match *outcome {
            EntryOutcome::Reported(it) => EntryOutcomeV1::Reported(it.into()),
            EntryOutcome::NothingToDo => EntryOutcomeV1::Run(RunOutcomeV1::NothingToDo),
            EntryOutcome::Declined => EntryOutcomeV1::Run(RunOutcomeV1::Declined),
        },
        message: message.clone(),
        correlation_id: correlation_id.clone(),
    }
}

fn object_v1(row: &StoredRow) -> ObjectV1 {
    ObjectV1 {
        action: row.action.into(),
        key: row.key.as_ref().map(ToString::to_string),
        id: row.id.as_ref().map(ToString::to_string),
        system_presence: row.system_presence.to_string(),
        name: row.name.as_ref().map(ToString::to_string),
        before: row.before.as_ref().map(ContentV1::from),
        after: row.after.as_ref().map(ContentV1::from),
    }
}
