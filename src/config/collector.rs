//! Collects findings while files are read and orgs are checked. Each finding counts once. Only the findings to show are
//! kept, so that memory does not grow with the number of mistakes.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::config::diagnostic::{Diagnostic, Findings};
use crate::config::finding::{Finding, Severity};
use crate::model::limits::FINDINGS_SHOWN_MAX;
use crate::model::source::{Sources, Span};

/// The entries of `settings.rules` by rule and key: a severity, or `None` if the rule is off, and the place.
#[derive(Debug, Default)]
pub struct Levels(pub HashMap<(String, Option<String>), (Option<Severity>, Span)>);

impl Levels {
    /// Is this rule off for this definition?
    pub fn is_off(&self, rule: &str, key: &str) -> bool {
        let of = |key: Option<&str>| self.0.get(&(rule.to_owned(), key.map(str::to_owned)));
        of(Some(key)).or_else(|| of(None)).is_some_and(|(severity, _)| severity.is_none())
    }

    /// Applies the configured level to a warning. Returns false if it is off. A finding about two similar definitions
    /// takes the level of either. An error stays, with a note about the line that would downgrade it.
    fn set(&self, it: &mut Diagnostic) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let code = it.finding.code().to_owned();
        let by_key = |key: &Option<String>| self.0.get(&(code.clone(), Some(key.clone()?)));
        let level = by_key(&it.key).or_else(|| by_key(&it.other_key)).or_else(|| self.0.get(&(code.clone(), None)));
        match (it.severity, level) {
            (_, None) | (Severity::Error, Some((Some(Severity::Error), _))) => {}
            (Severity::Error, Some((_, place))) => {
                it.also.push((*place, "this eases it only where the org may hold it: with a pin in `ids`"));
            }
            (Severity::Warning, Some((None, _))) => return false,
            (Severity::Warning, Some((Some(severity), _))) => it.severity = *severity,
        }
        true
    }
}

/// The findings of a run so far.
#[derive(Debug, Default)]
pub struct Collector {
    errors: Vec<Kept>,
    warnings: Vec<Kept>,
    /// The digest of every counted finding and its place. Orgs share layers, so a finding of several orgs in one file
    /// counts once, with its highest severity.
    seen: HashMap<u64, Severity>,
    /// A file needs another version of this program. Then this is the only finding.
    other_version: bool,
    levels: Levels,
    incomplete: bool,
    key: Option<String>,
}

#[derive(Debug)]
struct Kept {
    digest: u64,
    diagnostic: Diagnostic,
}

impl Kept {
    fn place(&self) -> Option<Span> {
        self.diagnostic.place
    }
}

impl Collector {
    /// Starts another org, with its `settings.rules`. `complete` is false if a file could not be read: then nothing is
    /// concluded from an absence.
    pub fn begin_org(&mut self, levels: Levels, complete: bool) {
        self.levels = levels;
        self.incomplete = !complete;
        self.key = None;
    }

    /// The following findings are about this definition.
    pub fn about(&mut self, key: Option<&str>) {
        self.key = key.map(str::to_owned);
    }

    pub fn push(&mut self, mut diagnostic: Diagnostic) {
        if self.incomplete && matches!(diagnostic.finding, Finding::UnknownKey { .. } | Finding::RemovesNothing { .. })
        {
            return;
        }
        let is_other_version = matches!(diagnostic.finding, Finding::OtherVersionRequired { .. });
        if is_other_version && !self.other_version {
            self.errors.clear();
            self.warnings.clear();
            self.seen.clear();
            self.other_version = true;
        }
        if self.other_version && !is_other_version {
            return;
        }
        if self.key.is_some() {
            diagnostic.key.clone_from(&self.key);
        }
        if !self.levels.set(&mut diagnostic) {
            return;
        }
        let digest = digest(&diagnostic);
        match self.seen.get(&digest) {
            Some(before) if *before <= diagnostic.severity => return,
            _ => drop(self.seen.insert(digest, diagnostic.severity)),
        }
        let severity = diagnostic.severity;
        let kept = match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        kept.push(Kept { digest, diagnostic });
        if kept.len() >= 2 * FINDINGS_SHOWN_MAX {
            first_of(kept, severity, &self.seen);
        }
    }

    /// Adds findings that were collected separately, before the first org.
    pub fn absorb(&mut self, apart: Collector) {
        let Collector { errors, warnings, seen, other_version, .. } = apart;
        self.extend(errors.into_iter().chain(warnings).map(|it| it.diagnostic));
        if self.other_version == other_version {
            for (digest, severity) in seen {
                let known = self.seen.entry(digest).or_insert(severity);
                *known = severity.min(*known);
            }
        }
    }

    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// The findings to show, by file and position, with the total count.
    pub fn finish(mut self, sources: &Sources) -> Findings {
        first_of(&mut self.errors, Severity::Error, &self.seen);
        first_of(&mut self.warnings, Severity::Warning, &self.seen);
        self.warnings.truncate(FINDINGS_SHOWN_MAX - self.errors.len());
        let errors = self.seen.values().filter(|it| **it == Severity::Error).count();
        let warnings = self.seen.len() - errors;
        let mut shown: Vec<Diagnostic> = self.errors.into_iter().chain(self.warnings).map(|it| it.diagnostic).collect();
        shown.sort_by_cached_key(|it| {
            let path = it.place.map(|place| sources.get(place.file).path.clone());
            (path, it.place.map(|place| (place.start, place.end)), it.severity)
        });
        Findings::new(shown, errors, warnings)
    }
}

impl Extend<Diagnostic> for Collector {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, found: I) {
        for diagnostic in found {
            self.push(diagnostic);
        }
    }
}

/// Keeps the first ones by place, without those that have a higher severity elsewhere.
fn first_of(kept: &mut Vec<Kept>, severity: Severity, seen: &HashMap<u64, Severity>) {
    kept.retain(|it| seen.get(&it.digest) == Some(&severity));
    kept.sort_by_key(Kept::place);
    kept.truncate(FINDINGS_SHOWN_MAX);
}

/// Findings with equal digests count as one, with the higher severity, so an error is never lost.
fn digest(diagnostic: &Diagnostic) -> u64 {
    let mut hasher = DefaultHasher::new();
    diagnostic.finding.mistake().hash(&mut hasher);
    diagnostic.place.hash(&mut hasher);
    hasher.finish()
}
