//! The findings in files, each with its place, and their total count.

use std::collections::HashSet;
use std::ops::Deref;

use crate::config::finding::{Finding, Severity};
use crate::model::limits::FINDINGS_SHOWN_MAX;
use crate::model::source::{FileId, Sources, Span};

/// One finding with its place. `finding.rs` has its words, and `output` displays it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub finding: Finding,
    /// Its severity, by default or from `settings.rules`.
    pub severity: Severity,
    /// The key of its definition, if it is about one.
    pub key: Option<String>,
    /// The key of the other definition, if it is about two similar ones.
    pub other_key: Option<String>,
    /// Its place. `None` without a place in a file, such as for an empty folder or a flag.
    pub place: Option<Span>,
    /// Related places, each with a short note such as "first given here".
    pub also: Vec<(Span, &'static str)>,
}

impl Diagnostic {
    pub fn at(place: Span, finding: Finding) -> Diagnostic {
        Diagnostic { place: Some(place), ..Diagnostic::general(finding) }
    }

    /// Without a place in a file.
    pub fn general(finding: Finding) -> Diagnostic {
        Diagnostic { severity: finding.severity(), finding, key: None, other_key: None, place: None, also: Vec::new() }
    }

    pub fn of(mut self, key: &str) -> Diagnostic {
        self.key = Some(key.to_owned());
        self
    }

    pub fn of_both(mut self, key: &str, other: &str) -> Diagnostic {
        self.other_key = Some(other.to_owned());
        self.of(key)
    }

    pub fn and(mut self, place: Span, note: &'static str) -> Diagnostic {
        self.also.push((place, note));
        self
    }
}

/// The findings to show, by file and position, and the total count. Warnings are dropped before errors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    shown: Vec<Diagnostic>,
    pub errors: usize,
    pub warnings: usize,
}

impl Findings {
    /// The findings to show, with the total counts.
    pub fn new(shown: Vec<Diagnostic>, errors: usize, warnings: usize) -> Findings {
        Findings { shown, errors, warnings }
    }

    /// Those in files whose text no file had before.
    pub fn in_changed_files<'a>(&'a self, sources: &Sources, before: &[Sources]) -> Vec<&'a Diagnostic> {
        let before: HashSet<&str> = before.iter().flat_map(Sources::iter).map(|(_, it)| &*it.text).collect();
        let changed = sources.iter().filter(|(_, it)| !before.contains(&*it.text));
        let changed: HashSet<FileId> = changed.map(|(file, _)| file).collect();
        self.iter().filter(|it| it.place.is_some_and(|span| changed.contains(&span.file))).collect()
    }

    pub fn total(&self) -> usize {
        self.errors + self.warnings
    }

    /// The number of findings that are counted but not shown.
    pub fn not_shown(&self) -> usize {
        self.total().saturating_sub(self.shown.len())
    }
}

impl Deref for Findings {
    type Target = [Diagnostic];

    fn deref(&self) -> &[Diagnostic] {
        &self.shown
    }
}

/// From a list in reading order: the first errors, then the first warnings.
impl From<Vec<Diagnostic>> for Findings {
    fn from(mut all: Vec<Diagnostic>) -> Findings {
        let count = |severity| all.iter().filter(|it| it.severity == severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        let mut room = [FINDINGS_SHOWN_MAX, FINDINGS_SHOWN_MAX.saturating_sub(errors)];
        all.retain(|it| {
            let left = &mut room[usize::from(it.severity == Severity::Warning)];
            let kept = *left > 0;
            *left = left.saturating_sub(1);
            kept
        });
        Findings { shown: all, errors, warnings }
    }
}
