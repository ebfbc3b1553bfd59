//! The shape of the house: which file may use which, what the core may not touch, how long a file may be.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Files by level, lowest first. A file may use only files of a strictly lower level, so there are
/// no circles, and a child never uses the file that declares it.
const LEVELS: &[&[&str]] = &[
    &["text", "model::region"],
    &["model::names", "diagnostic::finding"],
    &["model::labels", "diagnostic"],
    &["model::observed", "model::desired"],
    // Reading files.
    &["config::tree", "config::schema_version"],
    &["plan::change"],
    &["plan::refusal", "plan::difference"],
];

fn source_files() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|it| it == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(Path::new("src"), &mut found);
    found.sort();
    found
}
