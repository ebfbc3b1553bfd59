//! The shared part of the formats for findings: the input, paths relative to the repository, and fingerprints that
//! identify a finding after its lines have moved.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Component, Path};

use aws_lc_rs::digest::{SHA256, digest};

use crate::config::diagnostic::{Diagnostic, Findings};
use crate::model::problem::Problem;
use crate::model::source::{Sources, Span};

/// Any result of `validate`.
#[derive(Debug, Clone, Copy)]
pub struct Reported<'a> {
    /// In display order.
    pub diagnostics: &'a Findings,
    pub sources: &'a Sources,
    /// Why nothing could be checked.
    pub problem: Option<&'a Problem>,
    /// The checked path: the place of findings without one in a file.
    pub asked: &'a Path,
    pub folder: Option<&'a Path>,
}

impl Reported<'_> {
    /// The path of a place's file. Without a place, the checked path.
    pub fn path(&self, place: Option<Span>) -> String {
        tidy(place.map_or(self.asked, |place| &self.sources.get(place.file).path), self.folder)
    }

    pub fn asked(&self) -> String {
        tidy(self.asked, self.folder)
    }

    /// One per finding, 64 hexadecimal digits: from the finding and its file, not from its place in the file. Equal
    /// findings in one file differ by their order.
    pub fn fingerprints(&self) -> Vec<String> {
        let mut seen: HashMap<String, u32> = HashMap::new();
        let mut one = |diagnostic: &Diagnostic| {
            let mistake = diagnostic.finding.mistake();
            let key = diagnostic.key.as_deref().unwrap_or_default();
            let what = [mistake.code(), &self.path(diagnostic.place), key, &mistake.message()].join("\n");
            let count = seen.entry(what.clone()).or_default();
            *count += 1;
            fingerprint(&format!("{what}\n{count}"))
        };
        self.diagnostics.iter().map(&mut one).collect()
    }
}

/// A path in a repository: relative if it is below the folder, with `/`, without `.` and `..`.
pub fn tidy(path: &Path, folder: Option<&Path>) -> String {
    let path = folder.and_then(|it| path.strip_prefix(it).ok()).unwrap_or(path);
    let mut parts: Vec<String> = Vec::new();
    let mut absolute = false;
    for component in path.components() {
        match component {
            Component::RootDir => absolute = true,
            Component::CurDir => {}
            Component::ParentDir if parts.last().is_some_and(|it| it != "..") => drop(parts.pop()),
            Component::ParentDir if absolute => {}
            Component::ParentDir => parts.push("..".to_owned()),
            Component::Prefix(_) | Component::Normal(_) => {
                parts.push(component.as_os_str().to_string_lossy().into_owned());
            }
        }
    }
    match (absolute, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

pub fn fingerprint(text: &str) -> String {
    let mut digits = String::new();
    for byte in digest(&SHA256, text.as_bytes()).as_ref() {
        // Writing to a String cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// A finding in one line: what is wrong, and what to do.
pub fn sentence(message: &str, help: Option<&str>) -> String {
    help.map_or_else(|| message.to_owned(), |help| format!("{message}; {help}"))
}
