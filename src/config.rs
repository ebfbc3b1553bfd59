//! From a path to a config: finds the org file, its layers and the root, reads, merges, checks.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::config::files::{Files, Found, join, plain_cause};
use crate::config::layers::{Resolved, Stack};
use crate::config::structure::Shape;
use crate::diagnostic::finding::Finding;
use crate::diagnostic::{Diagnostic, Severity, Sources, Span};
use crate::model::desired::Desired;
use crate::text;

pub mod check;
mod check_hands;
pub mod check_labels;
pub mod files;
pub mod layers;
pub mod located;
pub mod print;
pub mod schema;
pub mod structure;
mod syntax;
pub mod tree;

pub use crate::config::print::resolved_text;
pub use crate::config::schema::json_schema;

/// What to load.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// A file, or a folder.
    pub path: PathBuf,
    /// Which org of several (`--org`).
    pub org: Option<String>,
    /// The folder below which everything lies (`--root`).
    pub root: Option<PathBuf>,
}

/// One config that is free of errors.
#[derive(Debug, Clone)]
pub struct Config {
    /// What it asks for.
    pub desired: Desired,
    /// The same as the files spell it, with the place of each value.
    pub resolved: Resolved,
    /// The org file, where there is one, as people name it.
    pub org_file: Option<PathBuf>,
}

/// What came of one request.
#[derive(Debug)]
pub struct Loaded {
    /// Every file that was read.
    pub sources: Sources,
    /// Everything that was found, each once, by file and position.
    pub diagnostics: Vec<Diagnostic>,
    /// The config; none when there are errors.
    pub config: Option<Config>,
}

/// What came of looking at every config below a path.
#[derive(Debug)]
pub struct LoadedAll {
    /// Every file that was read.
    pub sources: Sources,
    /// Everything that was found, each once, by file and position.
    pub diagnostics: Vec<Diagnostic>,
    /// Those configs that are free of errors, by the path of their org file; with any error none.
    pub configs: Vec<Config>,
}

/// Loads the one config that a request names.
#[must_use]
pub fn load(request: &Request) -> Loaded {
    let (sources, diagnostics, mut configs) = run(&request.path, request.root.as_deref(), |run, path| {
        run.one(path, request.org.as_deref());
    });
    Loaded { sources, diagnostics, config: configs.pop() }
}

/// Loads every org file below a path, or the one config that is there.
#[must_use]
pub fn load_all(path: &Path, root: Option<&Path>) -> LoadedAll {
    let (sources, diagnostics, configs) = run(path, root, Run::all);
    LoadedAll { sources, diagnostics, configs }
}

fn run(
    path: &Path,
    root: Option<&Path>,
    work: impl FnOnce(&mut Run, &Found),
) -> (Sources, Vec<Diagnostic>, Vec<Config>) {
    let unreadable = |path: &Path, error: &std::io::Error| {
        let finding = Finding::Unreadable { path: path.display().to_string(), cause: plain_cause(error) };
        (Sources::new(), vec![Diagnostic::general(finding)], Vec::new())
    };
    let found = match fs::canonicalize(path) {
        Ok(real) => Found { shown: join(path, Path::new("")), real },
        Err(error) => return unreadable(path, &error),
    };
    let root = match root {
        Some(root) => match fs::canonicalize(root) {
            Ok(real) => Found { shown: root.to_owned(), real },
            Err(error) => return unreadable(root, &error),
        },
        None => nearest_root(&found),
    };
    let files = Files::new(root.real, root.shown.display().to_string());
    let mut run = Run { files, taking_part: HashSet::new(), diagnostics: Vec::new(), configs: Vec::new() };
    work(&mut run, &found);
    run.finish()
}

/// The nearest folder upward that holds `.git`, else the path's own folder.
fn nearest_root(found: &Found) -> Found {
    let folder = if found.real.is_dir() { Some(found.real.as_path()) } else { found.real.parent() };
    let folder = folder.unwrap_or(&found.real);
    let root = folder.ancestors().find(|it| it.join(".git").exists()).unwrap_or(folder);
    Found { shown: root.to_owned(), real: root.to_owned() }
}

struct Run {
    files: Files,
    /// Files whose own findings are told.
    taking_part: HashSet<usize>,
    diagnostics: Vec<Diagnostic>,
    configs: Vec<Config>,
}

/// What is wrong with an item of `use`, and another place that belongs to it.
type Misuse = (Finding, Option<(Span, &'static str)>);

/// An org file with its layers resolved: indices of files.
struct OrgStack {
    org: usize,
    layers: Vec<Vec<usize>>,
    diagnostics: Vec<Diagnostic>,
}

impl Run {
    fn one(&mut self, path: &Found, org: Option<&str>) {
        let (files, orgs) = self.survey(path);
        let known: Vec<String> = orgs.iter().filter_map(|it| self.org_name(*it)).collect();
        let chosen: Vec<usize> = match org {
            Some(name) => orgs.iter().copied().filter(|it| self.org_name(*it).as_deref() == Some(name)).collect(),
            None => orgs.clone(),
        };
        match (chosen.as_slice(), org) {
            // A folder without files has been told.
            ([], _) if files.is_empty() => {}
            ([], Some(name)) => {
                let nearest = text::nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
                self.general(Finding::UnknownOrg { name: name.to_owned(), known, nearest });
            }
            ([], None) => self.without_org(&files),
            // Two of one name have been told.
            ([org, ..], Some(_)) | ([org], None) => {
                let stacks: Vec<OrgStack> = orgs.iter().map(|it| self.stack(*it)).collect();
                self.unused(&files, &stacks);
                self.with_org(stacks.into_iter().filter(|it| it.org == *org).collect());
            }
            ([_, _, ..], None) => self.general(Finding::OrgNeeded { names: known }),
        }
    }

    fn all(&mut self, path: &Found) {
        let (files, orgs) = self.survey(path);
        if orgs.is_empty() && !files.is_empty() {
            self.without_org(&files);
        } else {
            let stacks: Vec<OrgStack> = orgs.iter().map(|it| self.stack(*it)).collect();
            self.unused(&files, &stacks);
            self.with_org(stacks);
        }
    }

    fn general(&mut self, finding: Finding) {
        self.diagnostics.push(Diagnostic::general(finding));
    }

    /// Reads the path: every file below it, and which of them are org files.
    fn survey(&mut self, path: &Found) -> (Vec<usize>, Vec<usize>) {
        let listed = if path.real.is_dir() {
            let (listed, found) = self.files.list(path);
            self.diagnostics.extend(found);
            listed
        } else {
            vec![path.clone()]
        };
        let mut files: Vec<usize> = listed.iter().map(|it| self.files.read(it)).collect();
        // Two links to one file are that file.
        let mut seen = HashSet::new();
        files.retain(|it| seen.insert(*it));
        self.taking_part.extend(&files);
        let orgs: Vec<usize> = files.iter().copied().filter(|it| self.files.get(*it).is_org_file()).collect();
        self.same_orgs(&orgs);
        (files, orgs)
    }

    fn org_name(&self, index: usize) -> Option<String> {
        self.files.get(index).shape.as_ref()?.config.org.get()?.name.get().cloned()
    }

    fn same_orgs(&mut self, orgs: &[usize]) {
        let mut names: HashMap<String, Span> = HashMap::new();
        let mut ids: HashMap<String, Span> = HashMap::new();
        for index in orgs {
            let Some(org) = self.files.get(*index).shape.as_ref().and_then(|it| it.config.org.get()) else { continue };
            let name = org.name.placed().map(|(name, place)| (name.clone(), place));
            let id = org.id.placed().map(|(id, place)| (id.trim().to_ascii_lowercase(), place));
            if let Some((name, place)) = name {
                match names.get(&name) {
                    Some(first) => {
                        let finding = Finding::DuplicateOrgName { name };
                        self.diagnostics.push(Diagnostic::at(place, finding).and(*first, "the other one"));
                    }
                    None => drop(names.insert(name, place)),
                }
            }
            if let Some((id, place)) = id {
                match ids.get(&id) {
                    Some(first) => {
                        let finding = Finding::DuplicateOrgId { id };
                        self.diagnostics.push(Diagnostic::at(place, finding).and(*first, "the other one"));
                    }
                    None => drop(ids.insert(id, place)),
                }
            }
        }
    }

    fn without_org(&mut self, files: &[usize]) {
        for index in files {
            self.misplaced(*index, &["use", "overrides", "omit"], false);
        }
        self.conclude(None, &[files.to_vec()]);
    }

    fn with_org(&mut self, stacks: Vec<OrgStack>) {
        for stack in stacks {
            self.diagnostics.extend(stack.diagnostics);
            self.taking_part.extend(stack.layers.iter().flatten());
            for index in stack.layers.iter().flatten() {
                self.misplaced(*index, &["use", "overrides", "omit", "ids", "protect"], true);
            }
            self.conclude(Some(stack.org), &stack.layers);
        }
    }

    fn misplaced(&mut self, index: usize, sections: &[&str], layer: bool) {
        let Some(shape) = &self.files.get(index).shape else { return };
        for section in sections {
            if let Some(place) = shape.sections.get(*section) {
                let finding = Finding::MisplacedSection { section: (*section).to_owned(), layer };
                self.diagnostics.push(Diagnostic::at(*place, finding));
            }
        }
    }

    /// Resolves the `use` of an org file.
    fn stack(&mut self, org: usize) -> OrgStack {
        let items = match &self.files.get(org).shape {
            Some(shape) => shape.config.uses.get().cloned().unwrap_or_default(),
            None => Vec::new(),
        };
        let mut stack = OrgStack { org, layers: Vec::new(), diagnostics: Vec::new() };
        let mut used: HashMap<usize, Span> = HashMap::new();
        for item in items {
            let Some(raw) = item.value else { continue };
            match self.layer(org, &raw) {
                Ok(layer) => {
                    for index in &layer {
                        if let Some(first) = used.insert(*index, item.place) {
                            let path = self.files.get(*index).found.shown.display().to_string();
                            let twice = Diagnostic::at(item.place, Finding::UsedTwice { path });
                            stack.diagnostics.push(twice.and(first, "used here first"));
                        }
                    }
                    stack.layers.push(layer);
                }
                Err(findings) => {
                    let told = findings.into_iter().map(|(finding, also)| Diagnostic {
                        finding,
                        place: Some(item.place),
                        also: also.into_iter().collect(),
                    });
                    stack.diagnostics.extend(told);
                }
            }
        }
        stack
    }

    fn org_section(&self, index: usize) -> Option<Span> {
        self.files.get(index).shape.as_ref()?.sections.get("org").copied()
    }

    /// The files of one item of `use`.
    fn layer(&mut self, org: usize, raw: &str) -> Result<Vec<usize>, Vec<Misuse>> {
        let owner = self.files.get(org).found.clone();
        let beside = |path: &Path| path.parent().unwrap_or(Path::new("")).to_owned();
        let shown =
            if Path::new(raw).is_absolute() { PathBuf::from(raw) } else { join(&beside(&owner.shown), Path::new(raw)) };
        let path = shown.display().to_string();
        let real = match fs::canonicalize(beside(&owner.real).join(raw)) {
            Ok(real) => real,
            Err(error) => return Err(vec![(Finding::MissingLayer { path, cause: plain_cause(&error) }, None)]),
        };
        if !real.starts_with(&self.files.root) {
            return Err(vec![(self.files.outside(&path), None)]);
        }
        if owner.real.starts_with(&real) {
            let back = self.org_section(org).map(|place| (place, "this org file is in it"));
            return Err(vec![(Finding::Circle { path }, back)]);
        }
        let found = Found { shown, real };
        let listed = if found.real.is_dir() {
            let (listed, diagnostics) = self.files.list(&found);
            if !diagnostics.is_empty() {
                return Err(diagnostics.into_iter().map(|it| (it.finding, None)).collect());
            }
            listed
        } else {
            vec![found]
        };
        let layer: Vec<usize> = listed.iter().map(|it| self.files.read(it)).collect();
        let org_files: Vec<Misuse> = layer
            .iter()
            .filter(|it| self.files.get(**it).is_org_file())
            .map(|it| {
                let path = self.files.get(*it).found.shown.display().to_string();
                let section = self.org_section(*it).map(|place| (place, "it names an org here"));
                (Finding::OrgFileAsLayer { path }, section)
            })
            .collect();
        if org_files.is_empty() { Ok(layer) } else { Err(org_files) }
    }

    fn unused(&mut self, files: &[usize], stacks: &[OrgStack]) {
        // An item of `use` that led nowhere may have meant any of them.
        if stacks.iter().any(|it| !it.diagnostics.is_empty()) {
            return;
        }
        let used: HashSet<usize> = stacks.iter().flat_map(|it| it.layers.iter().flatten().copied()).collect();
        for index in files {
            let file = self.files.get(*index);
            if file.shape.is_some() && !file.is_org_file() && !used.contains(index) {
                let path = file.found.shown.display().to_string();
                let finding = Finding::UnusedLayer { path };
                self.diagnostics.push(Diagnostic { finding, place: file.begin(), also: Vec::new() });
            }
        }
    }

    /// Merges and checks one config.
    fn conclude(&mut self, org: Option<usize>, layers: &[Vec<usize>]) {
        let shape = |index: &usize| self.files.get(*index).shape.as_ref();
        let whole = org.iter().chain(layers.iter().flatten()).all(|it| shape(it).is_some());
        let stack = Stack {
            layers: layers.iter().map(|layer| layer.iter().filter_map(shape).collect::<Vec<&Shape>>()).collect(),
            org: org.as_ref().and_then(shape),
        };
        let (mut resolved, mut found) = layers::merge(&stack);
        let lost_layer = org.is_some_and(|org| self.lost_layers(org, layers));
        resolved.complete &= whole && !lost_layer;
        let (desired, more) = check::check(&resolved);
        found.extend(more);
        if !resolved.complete {
            found.retain(|it| !matches!(it.finding, Finding::UnknownKey { .. } | Finding::RemovesNothing { .. }));
        }
        self.diagnostics.extend(found);
        let org_file = org.map(|it| self.files.get(it).found.shown.clone());
        self.configs.extend(desired.map(|desired| Config { desired, resolved, org_file }));
    }

    fn lost_layers(&self, org: usize, layers: &[Vec<usize>]) -> bool {
        let uses = self.files.get(org).shape.as_ref().map(|it| &it.config.uses);
        uses.is_some_and(|it| it.is_broken() || it.get().is_some_and(|items| items.len() != layers.len()))
    }

    fn finish(mut self) -> (Sources, Vec<Diagnostic>, Vec<Config>) {
        let mut part: Vec<usize> = self.taking_part.into_iter().collect();
        part.sort_unstable();
        let mut diagnostics: Vec<Diagnostic> =
            part.iter().flat_map(|it| self.files.get(*it).diagnostics.iter().cloned()).collect();
        diagnostics.append(&mut self.diagnostics);
        // Layers are shared: what several orgs find in one is told once.
        let mut seen = HashSet::new();
        diagnostics.retain(|it| seen.insert((uncounted(&it.finding), it.place)));
        diagnostics.sort_by_cached_key(|it| {
            let path = it.place.map(|place| self.files.sources.get(place.file).path.clone());
            (path, it.place.map(|place| (place.start, place.end)), it.finding.severity())
        });
        let failed = diagnostics.iter().any(|it| it.finding.severity() == Severity::Error);
        let configs = if failed { Vec::new() } else { self.configs };
        (self.files.sources, diagnostics, configs)
    }
}

/// The fact without how often one config has it: the same in two configs is one finding.
fn uncounted(finding: &Finding) -> Finding {
    let mut finding = finding.clone();
    if let Finding::UnknownLocale { count, .. } | Finding::LabelOutsideLocales { count, .. } = &mut finding {
        *count = 0;
    }
    finding
}
