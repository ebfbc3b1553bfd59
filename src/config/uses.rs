//! Resolves the `use` of an org file to the files of each layer.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::config::diagnostic::Diagnostic;
use crate::config::files::Files;
use crate::config::finding::{Finding, Severity};
use crate::config::folders::{self, FoundPath, display, join, plain_cause};
use crate::config::located::Located;
use crate::config::root::nearest;
use crate::model::source::Span;

/// An org file with its layers, as indices of files.
pub(super) struct OrgStack {
    pub(super) org: usize,
    pub(super) layers: Vec<Vec<usize>>,
    /// Everything that `use` names was found.
    pub(super) whole: bool,
    pub(super) misuses: Vec<Misuse>,
}

/// An error of an item of `use`, or of a file that it leads to.
pub(super) struct Misuse {
    pub(super) diagnostic: Diagnostic,
    /// The disk entry that causes it, if it is not the item. Other items lead to it too, and it is reported once.
    pub(super) entry: Option<PathBuf>,
}

/// Resolves the `use` of an org file.
pub(super) fn resolve(files: &mut Files, org: usize) -> OrgStack {
    let section = files.get(org).shape.as_ref().map(|it| &it.config.uses);
    // The layers of a broken org file are not known.
    let whole = section.is_some_and(|it| !it.is_broken());
    let items: Vec<Located<String>> = section.and_then(|it| it.get()).cloned().unwrap_or_default();
    let mut stack = OrgStack { org, layers: Vec::new(), whole, misuses: Vec::new() };
    let mut used: HashMap<usize, Span> = HashMap::new();
    for item in items {
        let Some(raw) = &item.value else {
            stack.whole = false;
            continue;
        };
        let mut layer = Layer { place: item.place, files: Vec::new(), misuses: Vec::new() };
        layer.read(files, org, raw);
        stack.whole &= layer.misuses.iter().all(|it| it.diagnostic.severity != Severity::Error);
        stack.misuses.append(&mut layer.misuses);
        stack.misuses.extend(used_twice(files, &layer, &mut used));
        stack.layers.push(layer.files);
    }
    stack
}

/// Files that an earlier item already includes, reported once per item.
fn used_twice(files: &Files, layer: &Layer, used: &mut HashMap<usize, Span>) -> Option<Misuse> {
    let mut twice = Vec::new();
    for index in &layer.files {
        match used.get(index) {
            Some(first) => twice.push((*index, *first)),
            None => drop(used.insert(*index, layer.place)),
        }
    }
    let (index, first) = *twice.first()?;
    let path = files.get(index).found.shown.display().to_string();
    let finding = Finding::UsedTwice { path, count: twice.len() };
    let diagnostic = Diagnostic::at(layer.place, finding).and(first, "used here first");
    Some(Misuse { diagnostic, entry: None })
}

/// One item of `use`.
struct Layer {
    place: Span,
    files: Vec<usize>,
    misuses: Vec<Misuse>,
}

impl Layer {
    fn misuse(&mut self, finding: Finding, entry: Option<PathBuf>, also: Option<(Span, &'static str)>) {
        let diagnostic = Diagnostic { also: also.into_iter().collect(), ..Diagnostic::at(self.place, finding) };
        self.misuses.push(Misuse { diagnostic, entry });
    }

    fn read(&mut self, files: &mut Files, org: usize, raw: &str) {
        let owner = files.get(org).found.clone();
        let beside = |path: &Path| path.parent().unwrap_or(Path::new("")).to_owned();
        let written = beside(&owner.real).join(raw);
        let shown =
            if Path::new(raw).is_absolute() { PathBuf::from(raw) } else { join(&beside(&owner.shown), Path::new(raw)) };
        let path = display(&shown);
        // In double quotes, `"a\base.yaml"` has a control character there.
        if raw.contains(|c: char| c == '\\' || c.is_control()) {
            let cause = "`\\` does not part folders here".to_owned();
            let finding = Finding::MissingLayer { path, cause, backslash: true, nearest: None };
            return self.misuse(finding, None, None);
        }
        let real = match files.root.system.canonical(&written) {
            Ok(real) => real,
            Err(error) => {
                // Names outside of the root must not appear in messages about this file.
                let is_inside = |it: &PathBuf| files.root.system.canonical(it).is_ok_and(|it| files.root.holds(&it));
                let nearest = nearest(&*files.root.system, &written).filter(is_inside);
                let nearest =
                    nearest.and_then(|it| Some(it.strip_prefix(beside(&owner.real)).ok()?.display().to_string()));
                let nearest = nearest.filter(|it| it != raw);
                let finding = Finding::MissingLayer { path, cause: plain_cause(&error), backslash: false, nearest };
                return self.misuse(finding, None, None);
            }
        };
        if !files.root.holds(&real) {
            let link = files.root.link_to_blame(&written, |_, real| !files.root.holds(real));
            return self.misuse(files.root.outside(&shown), link, None);
        }
        if owner.real.starts_with(&real) {
            let link = files.root.link_to_blame(&written, |folder, real| folder.starts_with(real));
            let back = org_section(files, org).map(|place| (place, "this org file is in it"));
            return match link {
                Some(entry) => self.misuse(Finding::Circle { path, link: true }, Some(entry), None),
                None => self.misuse(Finding::Circle { path, link: false }, None, back),
            };
        }
        let found = FoundPath { shown, real };
        let mut listed = vec![found.clone()];
        if files.root.system.is_folder(&found.real) {
            let (below, faults) = folders::list(&files.root, &found);
            for fault in faults {
                self.misuse(fault.finding, Some(fault.entry), None);
            }
            listed = below;
        }
        for found in listed {
            let index = files.read(&found);
            let file = files.get(index);
            if file.is_org_file() {
                let finding = Finding::OrgFileAsLayer { path: file.found.shown.display().to_string() };
                let section = org_section(files, index).map(|place| (place, "it names an org here"));
                self.misuse(finding, Some(found.real), section);
            } else {
                self.files.push(index);
            }
        }
    }
}

fn org_section(files: &Files, index: usize) -> Option<Span> {
    files.get(index).shape.as_ref()?.sections.get("org").copied()
}

/// Every file that any of these org files uses.
pub(super) fn used<'a>(stacks: impl IntoIterator<Item = &'a OrgStack>) -> HashSet<usize> {
    stacks.into_iter().flat_map(|it| it.layers.iter().flatten().copied()).collect()
}
