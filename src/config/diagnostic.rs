//! What was found in files, each finding at its place, and the count of all.

use std::ops::Deref;

use crate::config::finding::{Finding, Severity};
use crate::model::limits::FINDINGS_SHOWN_MAX;
use crate::model::source::Span;

/// One finding at its place. The words are the finding's own (`finding.rs`), the picture is made by
/// `output`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub finding: Finding,
    /// How much it matters: as the finding says, or as `settings.rules` does.
    pub severity: Severity,
    /// The key of the definition that it is about, where it is about one.
    pub key: Option<String>,
    /// The key of the other definition, where it is about two alike.
    pub other_key: Option<String>,
    /// Where; none for what has no place in a file (a folder without files, a flag).
    pub place: Option<Span>,
    /// Other places that belong to it, each with a short note such as "first given here".
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

/// The findings that are shown, by file and position, and the count of all. A warning is left out before an error is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    shown: Vec<Diagnostic>,
    pub errors: usize,
    pub warnings: usize,
}

impl Findings {
    /// Of these counts in all, the ones that are shown.
    pub fn new(shown: Vec<Diagnostic>, errors: usize, warnings: usize) -> Findings {
        Findings { shown, errors, warnings }
    }

    pub fn total(&self) -> usize {
        self.errors + self.warnings
    }

    /// How many are counted and not shown.
    pub fn not_shown(&self) -> usize {
        self.total().saturating_sub(self.shown.len())
    }
}

/// The findings that are shown.
impl Deref for Findings {
    type Target = [Diagnostic];

    fn deref(&self) -> &[Diagnostic] {
        &self.shown
    }
}

/// Of a list in the order of reading: its first errors, then its first warnings, in that order.
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
