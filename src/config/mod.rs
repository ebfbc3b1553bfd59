//! Loads a config from a path: finds the org file, its layers and the root, then reads, merges and checks.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::config::choice::{OrgChoice, OrgHead};
use crate::config::collector::Levels;
use crate::config::diagnostic::{Diagnostic, Findings};
use crate::config::file_system::{Disk, FileSystem};
use crate::config::files::Files;
use crate::config::finding::{Finding, Severity};
use crate::config::folders::{FoundPath, PathFault};
use crate::config::layers::Stack;
use crate::config::located::LocatedField;
use crate::config::root::begin;
use crate::config::structure::Shape;
use crate::config::uses::{Misuse, OrgStack};
use crate::model::limits::{CONFIG_ALL_DEFINITIONS_MAX, CONFIG_ALL_VALUES_MAX, CONFIG_USES_MAX, NOTES_MAX};
use crate::model::source::Span;
use crate::model::text;

pub mod check;
mod check_label_cycles;
pub mod check_labels;
mod check_org;
mod check_same;
pub mod check_text;
pub mod choice;
pub mod collector;
pub mod coverage;
pub mod diagnostic;
pub mod edit;
pub mod examine;
pub mod file_system;
mod files;
pub mod finding;
mod finding_words;
pub mod folders;
pub mod in_memory;
pub mod layers;
mod loaded;
pub mod located;
pub mod print;
mod read_ahead;
mod redundant;
mod root;
pub mod rule_settings;
pub mod rules;
pub mod schema;
pub mod sharing;
mod spellings;
pub mod structure;
mod structure_words;
mod syntax;
pub mod texts;
pub mod tree;
mod uses;

pub use crate::config::finding_words::USUAL_PATH;
pub use crate::config::in_memory::{Text, read_texts};
pub use crate::config::loaded::{Checked, Config, ConfigSource, Loaded, LoadedAll};
pub use crate::config::print::resolved_text;
pub use crate::config::schema::json_schema;

/// Loads the config of a request.
pub fn load(request: &ConfigSource) -> Loaded {
    load_in(Rc::new(Disk::default()), request)
}

/// Like [`load`], from another file system than the disk. The request must name a root.
pub fn load_in(system: Rc<dyn FileSystem>, request: &ConfigSource) -> Loaded {
    let found = run(system, &request.path, request.root.as_deref(), &|_| true, |run, path| {
        run.one(path, request.org.as_deref());
    });
    let LoadedAll { sources, diagnostics, orgs: _, mut configs, files } = found;
    Loaded { sources, diagnostics, config: configs.pop(), files }
}

/// Loads every org file below a path, or the single config there. Each org is merged, checked and dropped before the
/// next one, unless `keep` returns true.
pub fn load_all(path: &Path, root: Option<&Path>, keep: impl Fn(&Config) -> bool) -> LoadedAll {
    load_all_in(Rc::new(Disk::default()), path, root, keep)
}

/// Like [`load_all`], from another file system than the disk. The root is required.
pub fn load_all_in(
    system: Rc<dyn FileSystem>,
    path: &Path,
    root: Option<&Path>,
    keep: impl Fn(&Config) -> bool,
) -> LoadedAll {
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the method is not general enough in its lifetime")]
    run(system, path, root, &keep, |run, path| run.all(path))
}

/// Loads the selected org files. Findings in files that only other orgs use are not reported.
pub fn load_chosen(system: Rc<dyn FileSystem>, path: &Path, root: Option<&Path>, choice: &OrgChoice) -> LoadedAll {
    run(system, path, root, &|_| true, |run, path| run.chosen(path, choice))
}

fn run(
    system: Rc<dyn FileSystem>,
    path: &Path,
    root: Option<&Path>,
    keep: &dyn Fn(&Config) -> bool,
    work: impl FnOnce(&mut Run<'_>, &FoundPath),
) -> LoadedAll {
    let (found, root) = match begin(system, path, root) {
        Ok(begun) => begun,
        Err(finding) => {
            let diagnostics = Findings::from(vec![Diagnostic::general(*finding)]);
            return LoadedAll { diagnostics, ..LoadedAll::default() };
        }
    };
    let mut run = Run {
        files: Files::new(root),
        keep,
        told: HashMap::new(),
        faults: Vec::new(),
        uses_left: CONFIG_USES_MAX,
        definitions_left: CONFIG_ALL_DEFINITIONS_MAX,
        orgs: Vec::new(),
        configs: Vec::new(),
    };
    work(&mut run, &found);
    run.finish()
}

struct Run<'a> {
    files: Files,
    keep: &'a dyn Fn(&Config) -> bool,
    /// The faults of disk entries, and the diagnostic that reported each.
    told: HashMap<(PathBuf, &'static str), usize>,
    faults: Vec<Diagnostic>,
    /// How many items of `use` may still be followed, and how many definitions may still be checked.
    uses_left: usize,
    definitions_left: usize,
    orgs: Vec<Checked>,
    configs: Vec<Config>,
}

/// The files at the path of a request, as indices.
struct Survey {
    files: Vec<usize>,
    orgs: Vec<usize>,
    /// Everything was found. Otherwise nothing is concluded from an absence.
    whole: bool,
}

impl Run<'_> {
    /// With one selected org, an error in another org's file does not fail this run.
    fn one(&mut self, path: &FoundPath, org: Option<&str>) {
        self.files.undecided = org.is_some();
        let survey = self.survey(path);
        self.files.undecided = false;
        let Survey { files, orgs, whole } = &survey;
        let known: Vec<String> = orgs.iter().filter_map(|it| self.org_name(*it)).collect();
        let chosen: Vec<usize> = match org {
            Some(name) => orgs.iter().copied().filter(|it| self.org_name(*it).as_deref() == Some(name)).collect(),
            None => orgs.clone(),
        };
        let meant: HashSet<usize> = chosen.first().copied().into_iter().collect();
        let is_told = org.is_some() && !meant.is_empty();
        self.same_orgs(orgs, |it| !is_told || meant.contains(&it));
        if !is_told {
            self.files.decide(|_, _| true);
        }
        match (chosen.as_slice(), org) {
            // A folder without files was already reported, and so was a file that may have this name.
            ([], _) if files.is_empty() => {}
            ([], Some(_)) if !whole || known.len() < orgs.len() => {}
            ([], Some(name)) => {
                let nearest = text::nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
                let (name, deleted, commit) = (name.to_owned(), None, String::new());
                self.general(Finding::UnknownOrg { name, known, nearest, deleted, commit });
            }
            ([], None) => self.without_org(files, *whole),
            // Two orgs with one name were already reported.
            ([_, ..], Some(_)) | ([_], None) => self.with_meant(&survey, &meant),
            ([_, _, ..], None) => self.general(Finding::OrgNeeded { names: known }),
        }
    }

    fn all(&mut self, path: &FoundPath) {
        let survey = self.survey(path);
        self.same_orgs(&survey.orgs, |_| true);
        if survey.orgs.is_empty() && !survey.files.is_empty() {
            self.without_org(&survey.files, survey.whole);
        } else {
            let stacks = self.stacks(&survey, |_| true);
            self.with_org(stacks);
        }
    }

    fn chosen(&mut self, path: &FoundPath, choice: &OrgChoice) {
        self.files.undecided = *choice != OrgChoice::default();
        let survey = self.survey(path);
        self.files.undecided = false;
        let heads: Vec<OrgHead> = survey.orgs.iter().map(|it| self.org_head(*it)).collect();
        let chosen = choice.among(&heads).map(|chosen| {
            let chosen = survey.orgs.iter().zip(chosen).filter(|(_, it)| *it);
            chosen.map(|(org, _)| *org).collect::<HashSet<usize>>()
        });
        self.same_orgs(&survey.orgs, |it| chosen.as_ref().map_or(true, |meant| meant.contains(&it)));
        match chosen {
            Ok(meant) => self.with_meant(&survey, &meant),
            Err(finding) => {
                self.files.decide(|_, _| true);
                // A missing org may be in an unreadable file, which was already reported.
                if survey.whole && heads.iter().all(|it| it.name.is_some()) {
                    self.general(finding);
                }
            }
        }
    }

    /// Continues with the selected org files. Findings in files that only others use are not reported.
    fn with_meant(&mut self, survey: &Survey, meant: &HashSet<usize>) {
        let stacks = self.stacks(survey, |it| meant.contains(&it));
        let (own, others): (Vec<&OrgStack>, Vec<&OrgStack>) = stacks.iter().partition(|it| meant.contains(&it.org));
        let (own, others) = (uses::used(own), uses::used(others));
        self.files.decide(|index, file| {
            let is_others = file.is_org_file() || others.contains(&index);
            meant.contains(&index) || own.contains(&index) || !is_others
        });
        self.with_org(stacks.into_iter().filter(|it| meant.contains(&it.org)).collect());
    }

    /// Every org file with its layers, and the files that none of them uses. The selected ones come first. Findings in
    /// files that only others use are not reported.
    fn stacks(&mut self, survey: &Survey, is_meant: impl Fn(usize) -> bool) -> Vec<OrgStack> {
        let mut orgs = survey.orgs.clone();
        orgs.sort_by_key(|it| !is_meant(*it));
        let mut stacks: Vec<OrgStack> = Vec::new();
        for org in orgs {
            let items = self.files.get(org).uses();
            let Some(left) = self.uses_left.checked_sub(items) else {
                // Another org exceeds the limit of all orgs, but the selected one does not.
                if is_meant(org) {
                    self.too_much(org, "items of `use`", CONFIG_USES_MAX, !stacks.is_empty());
                }
                break;
            };
            self.uses_left = left;
            self.files.take_part = is_meant(org);
            stacks.push(uses::resolve(&mut self.files, org));
        }
        self.files.take_part = true;
        // An org that was not found may use any of them.
        if survey.whole && stacks.len() == survey.orgs.len() && stacks.iter().all(|it| it.whole) {
            self.unused(&survey.files, &uses::used(stacks.iter()));
        }
        stacks
    }

    fn general(&mut self, finding: Finding) {
        self.files.found.push(Diagnostic::general(finding));
    }

    /// Reports that this org exceeds a limit, alone or together with earlier ones. No later org is read.
    fn too_much(&mut self, org: usize, what: &'static str, limit: usize, several: bool) {
        let place = self.files.get(org).begin();
        let finding = Finding::TooManyInAll { what, limit, several };
        self.files.found.begin_org(Levels::default(), true);
        self.files.found.push(Diagnostic { place, ..Diagnostic::general(finding) });
    }

    /// Reports a problem on the disk. If another item of `use` already reported it, it refers to that item.
    fn fault(&mut self, entry: PathBuf, diagnostic: Diagnostic) {
        match self.told.entry((entry, diagnostic.finding.code())) {
            Entry::Vacant(vacant) => {
                vacant.insert(self.faults.len());
                self.faults.push(diagnostic);
            }
            Entry::Occupied(told) => {
                let told = &mut self.faults[*told.get()];
                if told.place.is_some() && told.also.len() < NOTES_MAX {
                    told.also.extend(diagnostic.place.map(|place| (place, "used here as well")));
                }
            }
        }
    }

    /// Reads every file below the path, and finds the org files among them.
    fn survey(&mut self, path: &FoundPath) -> Survey {
        let mut whole = true;
        for PathFault { entry, finding } in folders::repositories_above(&self.files.root, path) {
            self.fault(entry, Diagnostic::general(finding));
        }
        let listed = if self.files.root.system.is_folder(&path.real) {
            let (listed, faults) = folders::list(&self.files.root, path);
            for PathFault { entry, finding } in faults {
                whole &= finding.severity() != Severity::Error;
                self.fault(entry, Diagnostic::general(finding));
            }
            listed
        } else {
            vec![path.clone()]
        };
        let files = self.files.read_all(&listed);
        whole &= files.iter().all(|it| self.files.get(*it).shape.is_some());
        let orgs: Vec<usize> = files.iter().copied().filter(|it| self.files.get(*it).is_org_file()).collect();
        Survey { files, orgs, whole }
    }

    fn org_name(&self, index: usize) -> Option<String> {
        self.org_head(index).name
    }

    fn org_head(&self, index: usize) -> OrgHead {
        let org = self.files.get(index).shape.as_ref().and_then(|it| it.config.org.get());
        let field = |of: &LocatedField<String>| of.get().cloned();
        org.map_or_else(OrgHead::default, |org| OrgHead { name: field(&org.name), stage: field(&org.stage) })
    }

    /// Reports orgs with the same name or id. With a selection, only selected ones are reported.
    fn same_orgs(&mut self, orgs: &[usize], is_meant: impl Fn(usize) -> bool) {
        let is_told = |a: usize, b: usize| is_meant(a) || is_meant(b);
        // By lower-case name: `Acme` and `acme` would share a GitHub environment and its credentials.
        let mut names: HashMap<String, (String, Span, usize)> = HashMap::new();
        let mut ids: HashMap<String, (Span, usize)> = HashMap::new();
        for index in orgs {
            let Some(org) = self.files.get(*index).shape.as_ref().and_then(|it| it.config.org.get()) else { continue };
            let name = org.name.with_place().map(|(name, place)| (name.clone(), place));
            let id = org.id.with_place().map(|(id, place)| (id.trim().to_ascii_lowercase(), place));
            if let Some((name, place)) = name {
                match names.get(&name.to_lowercase()) {
                    Some((_, _, first)) if !is_told(*first, *index) => {}
                    Some((other, first, _)) => {
                        let finding = Finding::DuplicateOrgName { name, other: other.clone() };
                        self.files.found.push(Diagnostic::at(place, finding).and(*first, "the other one"));
                    }
                    None => drop(names.insert(name.to_lowercase(), (name, place, *index))),
                }
            }
            if let Some((id, place)) = id {
                match ids.get(&id) {
                    Some((_, first)) if !is_told(*first, *index) => {}
                    Some((first, _)) => {
                        let finding = Finding::DuplicateOrgId { id };
                        self.files.found.push(Diagnostic::at(place, finding).and(*first, "the other one"));
                    }
                    None => drop(ids.insert(id, (place, *index))),
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
        // Checked first, because the time of merging grows with the number of values.
        let mut left = CONFIG_ALL_VALUES_MAX;
        for OrgStack { org, layers, .. } in &stacks {
            let values = layers.iter().flatten().chain([org]).map(|it| self.files.get(*it).values);
            let Some(rest) = left.checked_sub(values.fold(0, usize::saturating_add)) else {
                let several = left < CONFIG_ALL_VALUES_MAX;
                self.too_much(*org, "keys and values", CONFIG_ALL_VALUES_MAX, several);
                return;
            };
            left = rest;
        }
        for OrgStack { org, layers, whole, misuses } in stacks {
            for Misuse { diagnostic, entry } in misuses {
                match entry {
                    Some(entry) => self.fault(entry, diagnostic),
                    None => self.files.found.push(diagnostic),
                }
            }
            for index in layers.iter().flatten() {
                self.misplaced(*index, &["use", "overrides", "omit", "ids", "protect"], true);
            }
            if !self.conclude(Some(org), &layers, whole) {
                return;
            }
        }
    }

    fn misplaced(&mut self, index: usize, sections: &[&str], layer: bool) {
        let Some(shape) = &self.files.get(index).shape else { return };
        let places = sections.iter().filter_map(|section| Some((*section, *shape.sections.get(*section)?)));
        for (section, place) in places.collect::<Vec<_>>() {
            let finding = Finding::MisplacedSection { section: section.to_owned(), layer };
            self.files.found.push(Diagnostic::at(place, finding));
        }
    }

    fn unused(&mut self, files: &[usize], used: &HashSet<usize>) {
        for index in files {
            let file = self.files.get(*index);
            if file.shape.is_some() && !file.is_org_file() && !used.contains(index) {
                let path = file.found.shown.display().to_string();
                let place = file.begin();
                let finding = Finding::UnusedLayer { path };
                self.files.found.push(Diagnostic { place, ..Diagnostic::general(finding) });
            }
        }
    }

    /// Merges and checks one config. Returns false if it exceeds a limit together with those before it.
    fn conclude(&mut self, org: Option<usize>, layers: &[Vec<usize>], whole: bool) -> bool {
        let mut found = std::mem::take(&mut self.files.found);
        let shape = |index: &usize| self.files.get(*index).shape.as_ref();
        let read = org.iter().chain(layers.iter().flatten()).all(|it| shape(it).is_some());
        let stack = Stack {
            layers: layers.iter().map(|layer| layer.iter().filter_map(shape).collect::<Vec<&Shape>>()).collect(),
            org: org.as_ref().and_then(shape),
        };
        let resolved = layers::merge(&stack, whole && read, &mut found);
        let left = self.definitions_left.checked_sub(resolved.definitions.len());
        let Some(left) = left else {
            self.files.found = found;
            if let Some(first) = org.or_else(|| layers.iter().flatten().next().copied()) {
                let several = self.definitions_left < CONFIG_ALL_DEFINITIONS_MAX;
                self.too_much(first, "definitions", CONFIG_ALL_DEFINITIONS_MAX, several);
            }
            return false;
        };
        self.definitions_left = left;
        let desired = check::check(&resolved, &mut found);
        found.begin_org(Levels::default(), true);
        if let Some(desired) = desired.filter(|_| !found.has_errors()) {
            self.orgs.push(Checked { org: desired.org.clone(), definitions: desired.definitions.len() });
            let org_file = org.map(|it| self.files.get(it).found.shown.clone());
            let ids = layers.iter().flatten().chain(&org).filter_map(|it| self.files.get(*it).id);
            let config = Config { desired, resolved, org_file, files: ids.collect() };
            self.configs.extend((self.keep)(&config).then_some(config));
        } else {
            // After any error, there is no config.
            (self.orgs, self.configs) = (Vec::new(), Vec::new());
        }
        self.files.found = found;
        true
    }

    fn finish(self) -> LoadedAll {
        let files = self.files.real_paths();
        let Files { sources, mut found, .. } = self.files;
        found.extend(self.faults);
        let diagnostics = found.finish(&sources);
        let failed = diagnostics.errors > 0;
        let (orgs, configs) = if failed { (Vec::new(), Vec::new()) } else { (self.orgs, self.configs) };
        LoadedAll { sources, diagnostics, orgs, configs, files }
    }
}
