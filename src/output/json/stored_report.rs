//! Reads stored reports, for `log` and `undo`. They are files, so their content is untrusted.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::client::json;
use crate::model::generation::Generation;
use crate::model::limits::DOCUMENT_VALUES_MAX;
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, Key, Label, OrgId, SystemPresence};
use crate::model::observed::Content;
use crate::model::text::{self, NotText};
use crate::ops::apply::outcome::OutcomeKind;
use crate::ops::history::stored::{
    FoundInstead, Stored, StoredFailure, StoredReport, StoredRow, StoredRun, Unreadable,
};
use crate::output::json::common::{Document as _, OrgV1, RunV1, TargetV1};
use crate::output::json::error::ErrorV1;
use crate::output::json::report::{DifferenceV1, ReportV1, RowV1};
use crate::plan::change::Action;

/// The fields that decide whether the rest can be read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
struct Head {
    kind: String,
    format_version: u64,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct ReportDocument {
    target: TargetV1,
    run: Option<Run>,
    success: bool,
    objects: Vec<Row>,
    #[serde(default)]
    matched: BTreeMap<String, String>,
    refusals: Vec<Said>,
    verification: Verified,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
struct FailureDocument {
    target: OrgV1,
    run: Option<Run>,
    #[serde(default)]
    declined: bool,
    message: String,
    correlation_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Verified {
    result: String,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Said {
    message: String,
}

/// A run. An invalid one is an error with its place.
#[derive(Deserialize)]
#[serde(try_from = "RunV1")]
struct Run(StoredRun);

/// A row. An invalid one is an error with its place.
#[derive(Deserialize)]
#[serde(try_from = "RowV1")]
struct Row(StoredRow);

/// Reads the stored result of a run.
pub fn read(bytes: &[u8]) -> Result<Stored, Unreadable> {
    let text = text::of_bytes(bytes).map_err(|error| {
        let line = match error {
            NotText::Utf16 | NotText::Utf32 => None,
            NotText::NotUtf8(at) => Some(bytes[..at].split(|it| *it == b'\n').count()),
        };
        Unreadable { line, why: error.to_string() }
    })?;
    if json::values_at_most(text.as_bytes()) > DOCUMENT_VALUES_MAX {
        return Err(Unreadable { line: None, why: format!("it holds more than {DOCUMENT_VALUES_MAX} values") });
    }
    let head: Head = serde_json::from_str(text).map_err(|error| not_a_report(&error))?;
    let (format, own) = match head.kind.as_str() {
        ReportV1::KIND => (ReportV1::VERSION, true),
        ErrorV1::KIND => (ErrorV1::VERSION, false),
        other => {
            let why = format!("it is a {other}, not the report of an apply", other = text::ticked(other));
            return Err(Unreadable { line: line_of(text, "\"kind\""), why });
        }
    };
    if head.format_version != u64::from(format) {
        let (version, found) = (env!("CARGO_PKG_VERSION"), head.format_version);
        let why = format!("it is of format {found}, and this version ({version}) reads format {format}");
        return Err(Unreadable { line: line_of(text, "\"formatVersion\""), why });
    }
    if own { report(text).map(Stored::Report) } else { failure(text).map(Stored::Failure) }
}

fn report(text: &str) -> Result<StoredReport, Unreadable> {
    let document: ReportDocument = serde_json::from_str(text).map_err(|error| not_a_report(&error))?;
    let ReportDocument { target, run, success, objects, matched, refusals, verification } = document;
    let TargetV1 { org_id, org_name, sandbox, api } = target;
    let generation = Generation::by_name(&api).ok_or_else(|| Unreadable {
        line: line_of(text, "\"api\""),
        why: format!("it was made through API {api}, which this version does not know", api = text::ticked(api)),
    })?;
    let objects: Vec<StoredRow> = objects.into_iter().map(|Row(it)| it).collect();
    // A run has one step per object.
    let mut ids = BTreeSet::new();
    let mut written = objects.iter().filter(|it| it.may_be_written()).filter_map(|it| it.id.as_ref());
    if let Some(id) = written.find(|id| !ids.insert(*id)) {
        return Err(Unreadable { line: line_of(text, id.as_str()), why: format!("it wrote {id} twice") });
    }
    Ok(StoredReport {
        org: org_id.as_deref().and_then(OrgId::new),
        org_name,
        sandbox,
        generation,
        run: run.map(|Run(it)| it),
        success,
        verified: verification.result == "in-step",
        blockers: refusals.into_iter().map(|it| it.message).collect(),
        rows: objects,
        matched: matched.iter().filter_map(|(key, id)| Some((Key::new(key)?, DefinitionId::new(id)?))).collect(),
    })
}

fn failure(text: &str) -> Result<StoredFailure, Unreadable> {
    let document: FailureDocument = serde_json::from_str(text).map_err(|error| not_a_report(&error))?;
    let FailureDocument { target, run, declined, message, correlation_id } = document;
    let OrgV1 { org_id, org_name, sandbox } = target;
    let run = run.map(|Run(it)| it);
    Ok(StoredFailure { org: org_id, org_name, sandbox, run, is_declined: declined, message, correlation_id })
}

fn not_a_report(error: &serde_json::Error) -> Unreadable {
    let why = error.to_string();
    // The place is shown separately.
    let place = format!(" at line {} column {}", error.line(), error.column());
    let why = why.strip_suffix(&place).unwrap_or(&why);
    Unreadable { line: Some(error.line().max(1)), why: format!("it is not a report that presencectl wrote ({why})") }
}

/// The line of the first occurrence.
fn line_of(text: &str, what: &str) -> Option<usize> {
    text.lines().position(|line| line.contains(what)).map(|index| index + 1)
}

impl TryFrom<RunV1> for Run {
    type Error = String;

    fn try_from(said: RunV1) -> Result<Run, String> {
        let began = Moment::read(&said.began).ok_or_else(|| format!("`{}` is no time", said.began))?;
        Ok(Run(StoredRun { began, said: said.into() }))
    }
}

impl TryFrom<RowV1> for Row {
    type Error = String;

    fn try_from(row: RowV1) -> Result<Row, String> {
        let RowV1 {
            action,
            key,
            id,
            system_presence,
            name,
            before,
            after,
            outcome,
            skip_reason: _,
            began,
            ended,
            place: _,
            refused_label: _,
            message,
            help: _,
            correlation_id,
            again_from,
            differences,
        } = row;
        let (action, outcome) = (Action::from(action), OutcomeKind::from(outcome));
        if (action == Action::Create) != before.is_none() {
            return Err(
                "what was there `before` belongs to everything that was not made, and to nothing else".to_owned()
            );
        }
        let ended = ended
            .map(|it| Moment::read(&it).ok_or_else(|| format!("{it} is no time", it = text::ticked(it))))
            .transpose()?;
        let found = |it: DifferenceV1| FoundInstead { field: it.field, found: it.found };
        Ok(Row(StoredRow {
            action,
            key: key
                .map(|it| Key::new(&it).ok_or_else(|| format!("{it} is no key", it = text::ticked(it))))
                .transpose()?,
            id: id.map(|it| DefinitionId::new(&it).ok_or("an id is empty")).transpose()?,
            system_presence: SystemPresence::new(&system_presence).ok_or("a system presence is empty")?,
            name: name.map(Label::new),
            before: before.map(Content::from),
            after: after.map(Content::from),
            outcome,
            held: outcome == OutcomeKind::NotVisibleYet && began.is_none() && again_from.is_some(),
            ended,
            message,
            correlation_id,
            differences: differences.into_iter().map(found).collect(),
        }))
    }
}
