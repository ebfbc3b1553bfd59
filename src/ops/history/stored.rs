//! Stored reports, for `log` and `undo`. They are files, so their content is untrusted.

use std::collections::BTreeMap;

use crate::model::generation::Generation;
use crate::model::labels::{Labels, Scope};
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, DivisionId, Key, Label, Locale, OrgId, SystemPresence};
use crate::model::observed::Content;
use crate::ops::apply::outcome::OutcomeKind;
use crate::plan::change::Action;

/// The stored result of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    Report(StoredReport),
    /// A run that failed before it had a report.
    Failure(StoredFailure),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReport {
    /// The org. `None` if it was not verified.
    pub org: Option<OrgId>,
    pub org_name: Option<String>,
    pub sandbox: bool,
    pub generation: Generation,
    /// The time and author of the run. `None` in reports of older versions.
    pub run: Option<StoredRun>,
    pub success: bool,
    /// Was the org verified afterwards? If not, its lists may lag.
    pub verified: bool,
    pub blockers: Vec<String>,
    pub rows: Vec<StoredRow>,
    /// The object of each managed definition. Empty in reports of older versions.
    pub matched: BTreeMap<Key, DefinitionId>,
}

/// A run that failed as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFailure {
    pub org: Option<String>,
    pub org_name: Option<String>,
    pub sandbox: bool,
    /// The time and author of the run, only in a folder of reports.
    pub run: Option<StoredRun>,
    /// A person was asked, and did not say yes.
    pub is_declined: bool,
    pub message: String,
    pub correlation_id: Option<String>,
}

/// The time and author of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRun {
    pub began: Moment,
    pub said: RunText,
}

/// The run's metadata in a report, unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunText {
    pub began: String,
    pub ended: String,
    pub client: Option<String>,
    pub actor: Option<String>,
    pub reason: Option<String>,
    pub commit: Option<String>,
    pub modified: bool,
    pub pull_request: Option<String>,
    pub ci_run: Option<String>,
    pub config_org: Option<String>,
    pub config_digest: Option<String>,
    pub only: Option<Vec<String>>,
    pub default_locale: Option<String>,
    pub locales: Option<Vec<String>>,
    pub break_glass: Option<String>,
    pub undoes: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRow {
    pub action: Action,
    pub key: Option<Key>,
    pub id: Option<DefinitionId>,
    pub system_presence: SystemPresence,
    pub name: Option<Label>,
    /// The content before. `None` for a create.
    pub before: Option<Content>,
    /// The wanted content. `None` in reports of older versions.
    pub after: Option<Content>,
    /// The outcome, as far as the run knew.
    pub outcome: OutcomeKind,
    /// An earlier run created it, and this one sent nothing for it.
    pub held: bool,
    /// When work on it ended, if it started.
    pub ended: Option<Moment>,
    /// Why it was not done.
    pub message: Option<String>,
    pub correlation_id: Option<String>,
    pub differences: Vec<FoundInstead>,
}

/// The value of an object's field after the run that differs from the written one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundInstead {
    pub field: String,
    /// `None` if the field was empty.
    pub found: Option<String>,
}

/// Why a file is not a valid report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The line, from one, if one is the cause.
    pub line: Option<usize>,
    pub why: String,
}

impl StoredReport {
    /// The objects of definitions at the time of the plan, as far as the report has them.
    pub fn objects(&self) -> BTreeMap<&Key, &DefinitionId> {
        let rows = self.rows.iter().filter(|it| match it.action {
            Action::Create | Action::Reactivate | Action::Update | Action::Deactivate => true,
            // The key of a replacement is the new definition.
            Action::Supersede | Action::Delete => false,
        });
        self.matched.iter().chain(rows.filter_map(|it| Some((it.key.as_ref()?, it.id.as_ref()?)))).collect()
    }

    /// The locale of the labels that name definitions.
    pub fn default_locale(&self) -> Locale {
        let said = self.run.as_ref().and_then(|it| it.said.default_locale.as_deref());
        Locale::new(said.unwrap_or("en_US"))
    }

    /// The locales that its edits cover.
    pub fn scope(&self) -> Scope {
        match self.run.as_ref().and_then(|it| it.said.locales.as_ref()) {
            None => Scope::All,
            Some(locales) => Scope::Only(locales.iter().map(Locale::new).collect()),
        }
    }
}

impl StoredRow {
    /// Was the object written by this run, as far as known?
    pub fn may_be_written(&self) -> bool {
        self.outcome.may_be_written() && !self.held
    }

    /// The content that the run left: what it wrote, or what the org stored instead. `None` if the report does not show
    /// it.
    pub fn left(&self) -> Option<Content> {
        let after = self.after.clone()?;
        // A later change by hand is not a result of the run.
        if self.outcome != OutcomeKind::Differs {
            return Some(after);
        }
        let mut left = after;
        for FoundInstead { field, found } in &self.differences {
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

/// The labels with a changed or removed label for one locale.
fn with_label(labels: &Labels, locale: &Locale, label: Option<&str>) -> Labels {
    let others = labels.iter().filter(|(it, _)| !it.same_as(locale)).map(|(a, b)| (a.clone(), b.clone()));
    others.chain(label.map(|label| (locale.clone(), Label::new(label)))).collect()
}
