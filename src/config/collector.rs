//! Gathers findings while files are read and orgs are checked. Every finding is counted once; only as many are kept as
//! are shown, so that memory does not grow with the number of mistakes.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::config::diagnostic::{Diagnostic, Findings};
use crate::config::finding::Finding;
use crate::config::finding::Severity;
use crate::model::limits::FINDINGS_SHOWN_MAX;
use crate::model::source::{Sources, Span};

/// What `settings.rules` sets, by rule and key: a severity, or none for what is switched off; and where.
#[derive(Debug, Default)]
pub struct Levels(pub HashMap<(String, Option<String>), (Option<Severity>, Span)>);

impl Levels {
    /// Is this rule off for this definition?
    pub fn is_off(&self, rule: &str, key: &str) -> bool {
        let of = |key: Option<&str>| self.0.get(&(rule.to_owned(), key.map(str::to_owned)));
        of(Some(key)).or_else(|| of(None)).is_some_and(|(severity, _)| severity.is_none())
    }

    /// Gives a warning the level that is set for it; false for one that is switched off. What is about two definitions
    /// alike has the level of either. An error stays, with a note at what would ease it.
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
    /// Every finding that was counted, by the digest of what it is and where. Orgs share layers: what several of them
    /// find in one file counts once, in its gravest form.
    seen: HashMap<u64, Severity>,
    /// A file is for another version of this program, and that is the only thing to tell.
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
    /// Begins with another org: its `settings.rules`, and whether all of its files could be read. If not, nothing is
    /// concluded from what is absent.
    pub fn begin_org(&mut self, levels: Levels, complete: bool) {
        self.levels = levels;
        self.incomplete = !complete;
        self.key = None;
    }

    /// From now on findings are about this definition.
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

    /// Takes in what was found apart, before any org was begun.
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

    /// What is shown of them, by file and position, with the count of all.
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

/// Keeps the first ones by place, without those that turned out to be graver than this.
fn first_of(kept: &mut Vec<Kept>, severity: Severity, seen: &HashMap<u64, Severity>) {
    kept.retain(|it| seen.get(&it.digest) == Some(&severity));
    kept.sort_by_key(Kept::place);
    kept.truncate(FINDINGS_SHOWN_MAX);
}

/// Two findings that collide would be counted as one, in the graver form of both: an error is never lost.
fn digest(diagnostic: &Diagnostic) -> u64 {
    let mut hasher = DefaultHasher::new();
    diagnostic.finding.mistake().hash(&mut hasher);
    diagnostic.place.hash(&mut hasher);
    hasher.finish()
}
