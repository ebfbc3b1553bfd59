//! Finds the other orgs that use a layer. Only `org` and `use` of their files matter. An error in them is no finding of
//! this run: such an org counts as a possible user.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::config::file_system::FileSystem;
use crate::config::files::Files;
use crate::config::finding::Finding;
use crate::config::folders::{self, FoundPath, join};
use crate::config::located::Located;
use crate::config::root::begin;
use crate::model::limits::{CONFIG_BYTES_MAX, CONFIG_FILE_BYTES_MAX};

/// The other orgs that use a file, or may use it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sharing {
    /// Names. An org file with an unreadable name has its path here.
    pub orgs: BTreeSet<String>,
    /// Some files below the root could not be read.
    pub more: bool,
}

/// The other orgs that use each of these files, among all org files below the root. Files have the names of the config.
/// The config's own org file has no other users.
pub fn others<'a>(
    system: &Rc<dyn FileSystem>,
    (path, typed_root): (&Path, Option<&Path>),
    org_file: Option<&Path>,
    files: impl IntoIterator<Item = &'a Path>,
) -> BTreeMap<&'a Path, Sharing> {
    let not_known = |file| (file, Sharing { orgs: BTreeSet::new(), more: true });
    let Ok((_, root)) = begin(Rc::clone(system), path, typed_root) else {
        return files.into_iter().map(not_known).collect();
    };
    // A config without an org and a repository belongs to nothing that could be searched.
    let is_alone = || !root.system.entries(&root.found.real).is_ok_and(|it| it.iter().any(|it| it.name == ".git"));
    if org_file.is_none() && typed_root.is_none() && is_alone() {
        return BTreeMap::new();
    }
    let own = org_file.and_then(|it| system.canonical(it).ok());
    let asked: Vec<(&Path, Option<PathBuf>)> = files
        .into_iter()
        .map(|it| (it, system.canonical(it).ok()))
        .filter(|(_, real)| own.is_none() || *real != own)
        .collect();
    if asked.is_empty() {
        return BTreeMap::new();
    }
    let mut look = Look { files: Files::new(root), listed: HashMap::new(), bytes_left: CONFIG_BYTES_MAX, more: false };
    look.files.take_part = false;
    let orgs = look.orgs(own.as_deref());
    let sharing = |real: &Option<PathBuf>| {
        let uses = |it: &&Org| it.uses.as_ref().is_none_or(|uses| real.as_ref().is_none_or(|real| uses.contains(real)));
        Sharing {
            orgs: orgs.iter().filter(uses).map(|it| it.name.clone()).collect(),
            more: look.more || real.is_none(),
        }
    };
    asked.iter().map(|(file, real)| (*file, sharing(real))).collect()
}

struct Org {
    name: String,
    /// The real paths of its files. `None` if they are not known.
    uses: Option<HashSet<PathBuf>>,
}

struct Look {
    files: Files,
    /// The files in each folder that an org uses.
    listed: HashMap<PathBuf, HashSet<PathBuf>>,
    bytes_left: usize,
    more: bool,
}

impl Look {
    /// Every other org file below the root.
    fn orgs(&mut self, own: Option<&Path>) -> Vec<Org> {
        let root = self.files.root.found.clone();
        let (listed, faults) = folders::list(&self.files.root, &root);
        // A link out of the root cannot lead to an org of this repository.
        self.more |=
            faults.iter().any(|it| matches!(it.finding, Finding::Unreadable { .. } | Finding::TooLarge { .. }));
        listed.iter().filter(|it| Some(it.real.as_path()) != own).filter_map(|it| self.org(it)).collect()
    }

    fn org(&mut self, found: &FoundPath) -> Option<Org> {
        let Ok(bytes) = self.files.root.system.read(&found.real, CONFIG_FILE_BYTES_MAX) else {
            self.more = true;
            return None;
        };
        let bytes = bytes?;
        let Some(left) = self.bytes_left.checked_sub(bytes.len()) else {
            self.more = true;
            return None;
        };
        self.bytes_left = left;
        // A repository may have any number of other YAML files. This check keeps them cheap.
        if !(holds(&bytes, b"org") && holds(&bytes, b"use")) {
            return None;
        }
        let index = self.files.read(found);
        let file = self.files.get(index);
        if !file.is_org_file() {
            return None;
        }
        let named = file.shape.as_ref().and_then(|it| it.config.org.get()?.name.get().cloned());
        let root = &self.files.root.found.shown;
        let below = found.shown.strip_prefix(root).ok().filter(|_| root.is_absolute()).unwrap_or(&found.shown);
        let name = named.unwrap_or_else(|| folders::display(below));
        let section = file.shape.as_ref().map(|it| &it.config.uses);
        let uses = match section {
            Some(section) if !section.is_broken() => {
                let items: Vec<Located<String>> = section.get().cloned().unwrap_or_default();
                items.into_iter().map(|it| self.used(found, &it.value?)).collect::<Option<Vec<_>>>()
            }
            Some(_) | None => None,
        };
        Some(Org { name, uses: uses.map(|it| it.into_iter().flatten().collect()) })
    }

    /// The files of one item of `use`. `None` if they are not known.
    fn used(&mut self, org: &FoundPath, item: &str) -> Option<HashSet<PathBuf>> {
        let beside = |path: &Path| path.parent().unwrap_or(Path::new("")).to_owned();
        let real = self.files.root.system.canonical(&beside(&org.real).join(item)).ok()?;
        if !self.files.root.system.is_folder(&real) {
            return Some(HashSet::from([real]));
        }
        if let Some(known) = self.listed.get(&real) {
            return Some(known.clone());
        }
        let folder = FoundPath { shown: join(&beside(&org.shown), Path::new(item)), real: real.clone() };
        let (below, _) = folders::list(&self.files.root, &folder);
        let below: HashSet<PathBuf> = below.into_iter().map(|it| it.real).collect();
        self.listed.insert(real, below.clone());
        Some(below)
    }
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|it| it == word)
}
