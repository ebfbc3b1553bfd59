//! Reports that are read back: what `log` shows and `undo` goes by. They are files, and files come from anyone.

use std::collections::BTreeMap;

use crate::model::generation::Generation;
use crate::model::labels::{Labels, Scope};
use crate::model::moment::Moment;
use crate::model::names::{DefinitionId, DivisionId, Key, Label, Locale, OrgId, SystemPresence};
use crate::model::observed::Content;
use crate::ops::apply::outcome::OutcomeKind;
use crate::plan::change::Action;

/// What a run kept of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    Report(StoredReport),
    /// A run that failed before it had a report.
    Failure(StoredFailure),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReport {
    /// The org; none where it was not verified.
    pub org: Option<OrgId>,
    pub org_name: Option<String>,
    pub sandbox: bool,
    pub generation: Generation,
    /// When it was, and who was at work; none in reports of older versions.
    pub run: Option<StoredRun>,
    pub success: bool,
    /// Was the org read again afterwards, and as it should be? Until then its lists may lag.
    pub verified: bool,
    pub refusals: Vec<String>,
    pub rows: Vec<StoredRow>,
    /// The object that each managed definition of the config had; empty in reports of older versions.
    pub matched: BTreeMap<Key, DefinitionId>,
}

/// A run that failed as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFailure {
    pub org: Option<String>,
    pub org_name: Option<String>,
    pub sandbox: bool,
    /// When it was, and who was at work; only in a folder of reports.
    pub run: Option<StoredRun>,
    pub message: String,
    pub correlation_id: Option<String>,
}

/// When a run was, and who was at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRun {
    /// When it began.
    pub began: Moment,
    pub said: RunText,
}

/// What a report says of its run, word by word.
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
    pub differences: Vec<FoundInstead>,
}

/// What a field of an object held after the run, instead of what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundInstead {
    pub field: String,
    /// None if it held nothing.
    pub found: Option<String>,
}

/// Why a file is no report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The line, from one, where one is to blame.
    pub line: Option<usize>,
    pub why: String,
}

impl StoredReport {
    /// The objects that definitions had when the run planned, as far as the report names them.
    pub fn objects(&self) -> BTreeMap<&Key, &DefinitionId> {
        let rows = self.rows.iter().filter(|it| match it.action {
            Action::Create | Action::Reactivate | Action::Update | Action::Deactivate => true,
            // The key of a replacement is the definition that comes.
            Action::Supersede | Action::Delete => false,
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

impl StoredRow {
    /// Was the object written by this run, as far as is known?
    pub fn may_be_written(&self) -> bool {
        self.outcome.may_be_written() && !self.held
    }

    /// What the run left there, as far as it knew: what it wrote, or what the org made of that. None where the report
    /// does not say.
    pub fn left(&self) -> Option<Content> {
        let after = self.after.clone()?;
        // What another person wrote later was not left by the run.
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

/// The labels with another one for a locale, or with none.
fn with_label(labels: &Labels, locale: &Locale, label: Option<&str>) -> Labels {
    let others = labels.iter().filter(|(it, _)| !it.same_as(locale)).map(|(a, b)| (a.clone(), b.clone()));
    others.chain(label.map(|label| (locale.clone(), Label::new(label)))).collect()
}
