//! From a path to a config: finds the org file, its layers and the root, reads, merges, checks.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::config::files::Files;
use crate::config::folders::{Fault, Found, Root, join, plain_cause};
use crate::config::layers::{Resolved, Stack};
use crate::config::structure::Shape;
use crate::config::uses::{Misuse, OrgStack};
use crate::diagnostic::finding::Finding;
use crate::diagnostic::{Diagnostic, Severity, Sources, Span};
use crate::model::desired::Desired;
use crate::text;

pub mod check;
mod check_hands;
pub mod check_labels;
mod check_same;
pub mod check_text;
pub mod digest;
pub mod files;
mod folders;
pub mod in_memory;
pub mod layers;
pub mod located;
pub mod print;
mod redundant;
pub mod requires;
pub mod rule_settings;
pub mod schema;
pub mod structure;
mod syntax;
pub mod tree;
mod uses;

pub use crate::config::in_memory::{Text, read_texts};
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
    /// The real paths of the files that were read, or would have been.
    pub files: Vec<PathBuf>,
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
    /// The real paths of the files that were read, or would have been.
    pub files: Vec<PathBuf>,
}

/// Loads the one config that a request names.
#[must_use]
pub fn load(request: &Request) -> Loaded {
    let found = run(&request.path, request.root.as_deref(), |run, path| {
        run.one(path, request.org.as_deref());
    });
    let LoadedAll { sources, diagnostics, mut configs, files } = found;
    Loaded { sources, diagnostics, config: configs.pop(), files }
}

/// Loads every org file below a path, or the one config that is there.
#[must_use]
pub fn load_all(path: &Path, root: Option<&Path>) -> LoadedAll {
    run(path, root, Run::all)
}

fn run(path: &Path, root: Option<&Path>, work: impl FnOnce(&mut Run, &Found)) -> LoadedAll {
    let unreadable = |path: &Path, error: &std::io::Error| {
        let finding = Finding::Unreadable { path: path.display().to_string(), cause: plain_cause(error) };
        let diagnostics = vec![Diagnostic::general(finding)];
        LoadedAll { sources: Sources::new(), diagnostics, configs: Vec::new(), files: Vec::new() }
    };
    let found = match folders::real(path) {
        Ok(real) => Found { shown: join(path, Path::new("")), real },
        Err(error) => return unreadable(path, &error),
    };
    let root = match root {
        Some(root) => match folders::real(root) {
            Ok(real) => Found { shown: root.to_owned(), real },
            Err(error) => return unreadable(root, &error),
        },
        None => nearest_root(&found),
    };
    let mut run = Run {
        files: Files::new(Root(root)),
        taking_part: HashSet::new(),
        told: HashMap::new(),
        diagnostics: Vec::new(),
        configs: Vec::new(),
    };
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
    /// What is wrong with which entry of the disk, and which diagnostic has told it.
    told: HashMap<(PathBuf, &'static str), usize>,
    diagnostics: Vec<Diagnostic>,
    configs: Vec<Config>,
}

/// What stands below the path of a request: indices of files.
struct Survey {
    files: Vec<usize>,
    /// Those of them that name an org.
    orgs: Vec<usize>,
    /// Everything was found; otherwise nothing may be concluded from an absence.
    whole: bool,
}

impl Run {
    fn one(&mut self, path: &Found, org: Option<&str>) {
        let survey = self.survey(path);
        let Survey { files, orgs, whole } = &survey;
        let known: Vec<String> = orgs.iter().filter_map(|it| self.org_name(*it)).collect();
        let chosen: Vec<usize> = match org {
            Some(name) => orgs.iter().copied().filter(|it| self.org_name(*it).as_deref() == Some(name)).collect(),
            None => orgs.clone(),
        };
        match (chosen.as_slice(), org) {
            // A folder without files has been told, and so has a file that may have this name.
            ([], _) if files.is_empty() => {}
            ([], Some(_)) if !whole || known.len() < orgs.len() => {}
            ([], Some(name)) => {
                let nearest = text::nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
                self.general(Finding::UnknownOrg { name: name.to_owned(), known, nearest });
            }
            ([], None) => self.without_org(files, *whole),
            // Two of one name have been told.
            ([org, ..], Some(_)) | ([org], None) => {
                let stacks = self.stacks(&survey);
                self.with_org(stacks.into_iter().filter(|it| it.org == *org).collect());
            }
            ([_, _, ..], None) => self.general(Finding::OrgNeeded { names: known }),
        }
    }

    fn all(&mut self, path: &Found) {
        let survey = self.survey(path);
        if survey.orgs.is_empty() && !survey.files.is_empty() {
            self.without_org(&survey.files, survey.whole);
        } else {
            let stacks = self.stacks(&survey);
            self.with_org(stacks);
        }
    }

    /// Every org file with its layers, and the files that none of them uses.
    fn stacks(&mut self, survey: &Survey) -> Vec<OrgStack> {
        let stacks: Vec<OrgStack> = survey.orgs.iter().map(|it| uses::resolve(&mut self.files, *it)).collect();
        // What was not found may have used any of them.
        if survey.whole && stacks.iter().all(|it| it.whole) {
            self.unused(&survey.files, &uses::used(&stacks));
        }
        stacks
    }

    fn general(&mut self, finding: Finding) {
        self.diagnostics.push(Diagnostic::general(finding));
    }

    /// Tells what is wrong on the disk; for what has been told at another item of `use`, the item.
    fn fault(&mut self, entry: PathBuf, diagnostic: Diagnostic) {
        match self.told.entry((entry, diagnostic.finding.code())) {
            Entry::Vacant(vacant) => {
                vacant.insert(self.diagnostics.len());
                self.diagnostics.push(diagnostic);
            }
            Entry::Occupied(told) => {
                let told = &mut self.diagnostics[*told.get()];
                if told.place.is_some() {
                    told.also.extend(diagnostic.place.map(|place| (place, "used here as well")));
                }
            }
        }
    }

    /// Reads the path: every file below it, and which of them are org files.
    fn survey(&mut self, path: &Found) -> Survey {
        let mut whole = true;
        let listed = if path.real.is_dir() {
            let (listed, faults) = folders::list(&self.files.root, path);
            for Fault { entry, finding } in faults {
                whole = false;
                self.fault(entry, Diagnostic::general(finding));
            }
            listed
        } else {
            vec![path.clone()]
        };
        let files: Vec<usize> = listed.iter().map(|it| self.files.read(it)).collect();
        whole &= files.iter().all(|it| self.files.get(*it).shape.is_some());
        self.taking_part.extend(&files);
        let orgs: Vec<usize> = files.iter().copied().filter(|it| self.files.get(*it).is_org_file()).collect();
        self.same_orgs(&orgs);
        Survey { files, orgs, whole }
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

    fn without_org(&mut self, files: &[usize], whole: bool) {
        for index in files {
            self.misplaced(*index, &["use", "overrides", "omit"], false);
        }
        self.conclude(None, &[files.to_vec()], whole);
    }

    fn with_org(&mut self, stacks: Vec<OrgStack>) {
        for OrgStack { org, layers, whole, misuses } in stacks {
            for Misuse { diagnostic, entry } in misuses {
                match entry {
                    Some(entry) => self.fault(entry, diagnostic),
                    None => self.diagnostics.push(diagnostic),
                }
            }
            self.taking_part.extend(layers.iter().flatten());
            for index in layers.iter().flatten() {
                self.misplaced(*index, &["use", "overrides", "omit", "ids", "protect"], true);
            }
            self.conclude(Some(org), &layers, whole);
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

    fn unused(&mut self, files: &[usize], used: &HashSet<usize>) {
        for index in files {
            let file = self.files.get(*index);
            if file.shape.is_some() && !file.is_org_file() && !used.contains(index) {
                let path = file.found.shown.display().to_string();
                let finding = Finding::UnusedLayer { path };
                self.diagnostics.push(Diagnostic { place: file.begin(), ..Diagnostic::general(finding) });
            }
        }
    }

    /// Merges and checks one config.
    fn conclude(&mut self, org: Option<usize>, layers: &[Vec<usize>], whole: bool) {
        let shape = |index: &usize| self.files.get(*index).shape.as_ref();
        let read = org.iter().chain(layers.iter().flatten()).all(|it| shape(it).is_some());
        let stack = Stack {
            layers: layers.iter().map(|layer| layer.iter().filter_map(shape).collect::<Vec<&Shape>>()).collect(),
            org: org.as_ref().and_then(shape),
        };
        let (mut resolved, mut found) = layers::merge(&stack);
        resolved.complete &= whole && read;
        let (desired, more) = check::check(&resolved);
        found.extend(more);
        rule_settings::apply(&resolved.settings.rules, &mut found);
        if !resolved.complete {
            found.retain(|it| !matches!(it.finding, Finding::UnknownKey { .. } | Finding::RemovesNothing { .. }));
        }
        self.diagnostics.extend(found);
        let org_file = org.map(|it| self.files.get(it).found.shown.clone());
        self.configs.extend(desired.map(|desired| Config { desired, resolved, org_file }));
    }

    fn finish(mut self) -> LoadedAll {
        let mut part: Vec<usize> = self.taking_part.into_iter().collect();
        part.sort_unstable();
        let mut diagnostics: Vec<Diagnostic> =
            part.iter().flat_map(|it| self.files.get(*it).diagnostics.iter().cloned()).collect();
        diagnostics.append(&mut self.diagnostics);
        requires::told_alone(&mut diagnostics);
        diagnostics.sort_by_cached_key(|it| {
            let path = it.place.map(|place| self.files.sources.get(place.file).path.clone());
            (path, it.place.map(|place| (place.start, place.end)), it.severity)
        });
        // Layers are shared: what several orgs find in one is told once, and in its gravest form.
        let mut seen = HashSet::new();
        diagnostics.retain(|it| seen.insert((it.finding.mistake(), it.place)));
        let failed = diagnostics.iter().any(|it| it.severity == Severity::Error);
        let configs = if failed { Vec::new() } else { self.configs };
        let files = self.files.real_paths();
        LoadedAll { sources: self.files.sources, diagnostics, configs, files }
    }
}
