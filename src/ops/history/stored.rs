//! Reports that are read back: what `log` shows and `undo` goes by. They are files, and files come from anybody.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::client::json;
use crate::model::generation::Generation;
use crate::model::labels::{Labels, Scope};
use crate::model::limits::DOCUMENT_VALUES_MAX;
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, DivisionId, Key, Label, Locale, OrgId, SystemPresence};
use crate::model::observed::Content;
use crate::model::text::{self, NotText};
use crate::ops::apply::outcome::OutcomeKind;
use crate::output::json::common::{OrgV1, RunV1, TargetV1};
use crate::output::json::error::FORMAT_VERSION as ERROR_FORMAT_VERSION;
use crate::output::json::report::{DifferenceV1, FORMAT_VERSION, RowV1};
use crate::plan::change::Action;

/// What a run kept of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    Report(KeptReport),
    /// A run that failed before it had a report.
    Failure(KeptFailure),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptReport {
    /// The org; none where it was not verified.
    pub org: Option<OrgId>,
    pub org_name: Option<String>,
    pub sandbox: bool,
    pub generation: Generation,
    /// When it was, and who was at work; none in reports of older versions.
    pub run: Option<KeptRun>,
    pub success: bool,
    /// Was the org read again afterwards, and as it should be? Until then its lists may lag.
    pub verified: bool,
    pub refusals: Vec<String>,
    pub rows: Vec<KeptRow>,
    /// The object that each managed definition of the config had; empty in reports of older versions.
    pub matched: BTreeMap<Key, DefinitionId>,
}

/// A run that failed as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFailure {
    pub org: Option<String>,
    pub org_name: Option<String>,
    pub sandbox: bool,
    /// When it was, and who was at work; only in a folder of reports.
    pub run: Option<KeptRun>,
    pub message: String,
    pub correlation_id: Option<String>,
}

/// When a run was, and who was at work.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RunV1")]
pub struct KeptRun {
    /// When it began.
    pub began: Moment,
    pub said: RunV1,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RowV1")]
pub struct KeptRow {
    pub action: Action,
    pub key: Option<Key>,
    pub id: Option<DefinitionId>,
    /// Where it belongs.
    pub system_presence: SystemPresence,
    pub name: Option<Label>,
    /// What was there before; none for what was made.
    pub before: Option<Content>,
    /// What was to be there; none in reports of older versions.
    pub after: Option<Content>,
    /// What became of it, as far as the run knew.
    pub outcome: OutcomeKind,
    /// An earlier run made it, and this one sent nothing for it.
    pub held: bool,
    /// When work on it ended, where it began.
    pub ended: Option<Moment>,
    /// Why, for what is not done.
    pub message: Option<String>,
    pub correlation_id: Option<String>,
    pub differences: Vec<DifferenceV1>,
}

/// Why a file is no report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The line, from one, where one is to blame.
    pub line: Option<usize>,
    pub why: String,
}

/// Only what decides whether the rest can be read.
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
    run: Option<KeptRun>,
    success: bool,
    objects: Vec<KeptRow>,
    #[serde(default)]
    matched: BTreeMap<String, String>,
    refusals: Vec<Said>,
    verification: Verified,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
struct FailureDocument {
    target: OrgV1,
    run: Option<KeptRun>,
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

/// Reads what a run kept of itself.
pub fn read(bytes: &[u8]) -> Result<Kept, Unreadable> {
    let text = text::of_bytes(bytes).map_err(|error| {
        let line = match error {
            NotText::Utf16 => None,
            NotText::NotUtf8(at) => Some(bytes[..at].split(|it| *it == b'\n').count()),
        };
        Unreadable { line, why: error.to_string() }
    })?;
    if json::values_at_most(text.as_bytes()) > DOCUMENT_VALUES_MAX {
        return Err(Unreadable { line: None, why: format!("it holds more than {DOCUMENT_VALUES_MAX} values") });
    }
    let head: Head = serde_json::from_str(text).map_err(|error| not_a_report(&error))?;
    let (format, own) = match head.kind.as_str() {
        "report" => (FORMAT_VERSION, true),
        "error" => (ERROR_FORMAT_VERSION, false),
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
    if own { report(text).map(Kept::Report) } else { failure(text).map(Kept::Failure) }
}

fn report(text: &str) -> Result<KeptReport, Unreadable> {
    let document: ReportDocument = serde_json::from_str(text).map_err(|error| not_a_report(&error))?;
    let ReportDocument { target, run, success, objects, matched, refusals, verification } = document;
    let TargetV1 { org_id, org_name, sandbox, api } = target;
    let generation = Generation::by_name(&api).ok_or_else(|| Unreadable {
        line: line_of(text, "\"api\""),
        why: format!("it was made through API {api}, which this version does not know", api = text::ticked(api)),
    })?;
    // A run has one step an object.
    let mut ids = BTreeSet::new();
    let mut written = objects.iter().filter(|it| it.may_be_written()).filter_map(|it| it.id.as_ref());
    if let Some(id) = written.find(|id| !ids.insert(*id)) {
        return Err(Unreadable { line: line_of(text, id.as_str()), why: format!("it wrote {id} twice") });
    }
    Ok(KeptReport {
        org: org_id.as_deref().and_then(OrgId::new),
        org_name,
        sandbox,
        generation,
        run,
        success,
        verified: verification.result == "in-step",
        refusals: refusals.into_iter().map(|it| it.message).collect(),
        rows: objects,
        matched: matched.iter().filter_map(|(key, id)| Some((Key::new(key)?, DefinitionId::new(id)?))).collect(),
    })
}

fn failure(text: &str) -> Result<KeptFailure, Unreadable> {
    let document: FailureDocument = serde_json::from_str(text).map_err(|error| not_a_report(&error))?;
    let FailureDocument { target, run, message, correlation_id } = document;
    let OrgV1 { org_id, org_name, sandbox } = target;
    Ok(KeptFailure { org: org_id, org_name, sandbox, run, message, correlation_id })
}

fn not_a_report(error: &serde_json::Error) -> Unreadable {
    let why = error.to_string();
    // The place stands beside it.
    let place = format!(" at line {} column {}", error.line(), error.column());
    let why = why.strip_suffix(&place).unwrap_or(&why);
    Unreadable { line: Some(error.line().max(1)), why: format!("it is not a report that presencectl wrote ({why})") }
}

/// The line on which something stands for the first time.
fn line_of(text: &str, what: &str) -> Option<usize> {
    text.lines().position(|line| line.contains(what)).map(|index| index + 1)
}

impl TryFrom<RunV1> for KeptRun {
    type Error = String;

    fn try_from(said: RunV1) -> Result<KeptRun, String> {
        let began = Moment::read(&said.began).ok_or_else(|| format!("`{}` is no time", said.began))?;
        Ok(KeptRun { began, said })
    }
}

impl TryFrom<RowV1> for KeptRow {
    type Error = String;

    fn try_from(row: RowV1) -> Result<KeptRow, String> {
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
        Ok(KeptRow {
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
            differences,
        })
    }
}

impl KeptReport {
    /// The objects that definitions had when the run planned, as far as the report names them.
    pub fn objects(&self) -> BTreeMap<&Key, &DefinitionId> {
        let rows = self.rows.iter().filter(|it| match it.action {
            Action::Create | Action::Reactivate | Action::Update | Action::Deactivate => true,
            // The key of a replacement is the definition that comes.
            Action::Replace | Action::Delete => false,
        });
        self.matched.iter().chain(rows.filter_map(|it| Some((it.key.as_ref()?, it.id.as_ref()?)))).collect()
    }

    /// The locale whose label names a definition.
    pub fn default_locale(&self) -> Locale {
        let said = self.run.as_ref().and_then(|it| it.said.default_locale.as_deref());
        Locale::new(said.unwrap_or("en_US"))
    }

    /// The locales that its edits speak of.
    pub fn scope(&self) -> Scope {
        match self.run.as_ref().and_then(|it| it.said.locales.as_ref()) {
            None => Scope::All,
            Some(locales) => Scope::Only(locales.iter().map(Locale::new).collect()),
        }
    }
}

impl KeptRow {
    /// Was the object written by this run, as far as anybody knows?
    pub fn may_be_written(&self) -> bool {
        self.outcome.may_be_written() && !self.held
    }

    /// What the run left there, as far as it knew: what it wrote, or what the org made of that. None where the report
    /// does not say.
    pub fn left(&self) -> Option<Content> {
        let after = self.after.clone()?;
        // What somebody else wrote later was not left by the run.
        if self.outcome != OutcomeKind::Differs {
            return Some(after);
        }
        let mut left = after;
        for DifferenceV1 { field, expected: _, found } in &self.differences {
            match (field.strip_prefix("labels."), field.as_str()) {
                (Some(locale), _) => left.labels = with_label(&left.labels, &Locale::new(locale), found.as_deref()),
                (None, "deactivated") => left.deactivated = found.as_deref() == Some("true"),
                (None, "division") => left.division = found.as_deref().and_then(DivisionId::new),
                (None, _) => {}
            }
        }
        Some(left)
    }
}

/// The labels with another one for a locale, or with none.
fn with_label(labels: &Labels, locale: &Locale, label: Option<&str>) -> Labels {
    let others = labels.iter().filter(|(it, _)| !it.same_as(locale)).map(|(a, b)| (a.clone(), b.clone()));
    others.chain(label.map(|label| (locale.clone(), Label::new(label)))).collect()
}
