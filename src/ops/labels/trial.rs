//! Tries a sheet's changes on the whole config before a file is written. A label that the config rejects is refused
//! with its cell, and the others are accepted.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::config::diagnostic::Findings;
use crate::config::edit::files::{EditedFile, FileEdits, is_below, load_edited};
use crate::config::edit::{EditFlaw, FileEdit};
use crate::config::finding::Severity;
use crate::config::print::bare_text;
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::labels::import::{RefusedCell, WantedLabel, edits};
use crate::ops::labels::rows::{DefinitionRow, Fleet};

/// The accepted changes.
#[derive(Debug)]
pub struct LabelTrial {
    pub files: Vec<EditedFile>,
    pub wanted: Vec<WantedLabel>,
    pub refused: Vec<RefusedCell>,
}

/// Why nothing is written.
#[derive(Debug)]
pub enum TrialFlaw {
    /// The edited config has errors that are not about one of the labels.
    Findings(Sources, Findings),
    /// Other configs may use the file.
    NotBelow(PathBuf),
    /// These orgs would change, although the edits are not about them.
    Others(Vec<String>),
}

/// `root` is that of the request.
pub fn trial(
    mut wanted: Vec<WantedLabel>,
    fleet: Fleet<'_>,
    rows: &[DefinitionRow],
    into: Option<usize>,
    root: Option<&Path>,
) -> Result<LabelTrial, TrialFlaw> {
    let mut refused = Vec::new();
    loop {
        let asked = edits(&wanted, fleet, rows, into);
        let files = match asked.apply(fleet.sources) {
            Ok(files) => files,
            Err((path, flaw)) => {
                refuse(&mut wanted, &mut refused, |wanted| is_about(wanted, fleet, rows, into, &path, &flaw));
                continue;
            }
        };
        if let Some(file) = files.iter().find(|it| !is_below(&it.path, fleet.path)) {
            return Err(TrialFlaw::NotBelow(file.path.clone()));
        }
        let after = load_edited(fleet.path, root, &files);
        if after.diagnostics.errors > 0 {
            let before = wanted.len();
            refuse(&mut wanted, &mut refused, |wanted| blamed(&after.diagnostics, &rows[wanted.row].key));
            if wanted.len() == before {
                return Err(TrialFlaw::Findings(after.sources, after.diagnostics));
            }
            continue;
        }
        let changed: BTreeSet<_> = files.iter().map(|it| it.file).collect();
        let is_told = |index: &usize| fleet.configs[*index].files.iter().any(|it| changed.contains(it));
        let differs = |index: &usize| {
            let after = after.configs.get(*index).map(|it| bare_text(&it.resolved));
            after.as_deref() != Some(bare_text(&fleet.configs[*index].resolved).as_str())
        };
        let others: Vec<usize> = (0..fleet.configs.len()).filter(|it| !is_told(it)).filter(differs).collect();
        if !others.is_empty() {
            return Err(TrialFlaw::Others(fleet.names(&others)));
        }
        return Ok(LabelTrial { files, wanted, refused });
    }
}

/// Removes the changes with an objection.
fn refuse(
    wanted: &mut Vec<WantedLabel>,
    refused: &mut Vec<RefusedCell>,
    against: impl Fn(&WantedLabel) -> Option<String>,
) {
    wanted.retain(|wanted| match against(wanted) {
        None => true,
        Some(why) => {
            refused.push(RefusedCell { address: wanted.address, why });
            false
        }
    });
}

/// The message of an error about a definition.
fn blamed(found: &Findings, key: &str) -> Option<String> {
    let errors = found.iter().filter(|it| it.severity == Severity::Error);
    let mut about = errors.filter(|it| [&it.key, &it.other_key].into_iter().flatten().any(|it| it == key));
    about.next().map(|it| it.finding.message())
}

/// Why this label cannot be written, if a file's flaw is about it. A flaw without an entry is about the whole file.
fn is_about(
    wanted: &WantedLabel,
    fleet: Fleet<'_>,
    rows: &[DefinitionRow],
    into: Option<usize>,
    path: &Path,
    flaw: &EditFlaw,
) -> Option<String> {
    let alone: FileEdits = edits(std::slice::from_ref(wanted), fleet, rows, into);
    let (paths, why) = (flaw.paths(), format!("cannot be written into {}: {flaw}", text::ticked(path.display())));
    let is_meant = |edit: &FileEdit| paths.is_empty() || paths.iter().any(|it| edit.path.starts_with(it));
    alone.of(fleet.sources, path).any(is_meant).then_some(why)
}
