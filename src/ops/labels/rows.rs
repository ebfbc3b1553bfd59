//! The rows of a sheet: one per definition and file.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::config::edit::definitions::{DefinitionEntry, definitions_of};
use crate::config::edit::files::below;
use crate::config::located::Entries;
use crate::model::desired::{Management, Wanted};
use crate::model::labels::Scope;
use crate::model::names::{Key, Locale};
use crate::model::source::{FileId, Sources};

/// Every config below a path.
#[derive(Clone, Copy)]
pub struct Fleet<'a> {
    pub sources: &'a Sources,
    pub configs: &'a [Config],
    /// The path of the request. File names are relative to it.
    pub path: &'a Path,
}

/// The labels of one definition in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionRow {
    pub file: FileId,
    /// The name of the file in the sheet.
    pub path: String,
    pub section: String,
    pub key: String,
    /// By locale, in its spelling. `None` removes the label of a lower layer.
    pub labels: Vec<(String, Option<String>)>,
    pub system_presence: String,
    /// Its default label, even if another file has it.
    pub default_label: Option<String>,
    /// The indices of the configs that use it.
    pub users: Vec<usize>,
    /// It is the first file of these configs with this definition.
    pub is_first: bool,
}

impl DefinitionRow {
    /// The label of a locale here, in any spelling.
    pub fn label(&self, locale: &str) -> Option<&(String, Option<String>)> {
        let meant = Locale::new(locale);
        let exact = self.labels.iter().find(|(it, _)| it == locale);
        exact.or_else(|| self.labels.iter().find(|(it, _)| Locale::new(it.as_str()).same_as(&meant)))
    }
}

impl<'a> Fleet<'a> {
    pub fn org_name(&self, config: usize) -> Option<&'a str> {
        self.configs.get(config)?.desired.org.as_ref().map(|it| it.name.as_str())
    }

    /// The names of the configs' orgs. A config without an org has none.
    pub fn names(&self, configs: &[usize]) -> Vec<String> {
        configs.iter().filter_map(|it| self.org_name(*it)).map(str::to_owned).collect()
    }

    /// The definition with a key in a config, unless it is omitted.
    pub fn wanted(&self, config: usize, key: &str) -> Option<&'a Wanted> {
        let definitions = &self.configs.get(config)?.desired.definitions;
        let found = definitions.get(&Key::new(key)?)?;
        (found.management == Management::Managed).then_some(found)
    }

    /// Does a config get a label of this row? It does not if it omits the definition, or if another of its files has
    /// the label. A label that is new in the row is only known to be left out by `omit`.
    pub fn is_from(&self, config: usize, row: &DefinitionRow, locale: &str) -> bool {
        let Some(wanted) = self.wanted(config, &row.key) else { return false };
        let meant = Locale::new(locale);
        let mut there = row.labels.iter().filter(|(_, label)| label.is_some());
        !there.any(|(it, _)| Locale::new(it.as_str()).same_as(&meant))
            || wanted.places.labels.get(&meant).is_some_and(|it| it.file == row.file)
    }

    /// The effective label of a definition.
    pub fn effective(&self, config: usize, key: &str, locale: &str) -> Option<String> {
        let resolved = self.configs.get(config)?.resolved.definitions.get(key)?;
        let meant = Locale::new(locale);
        let found = Entries::of(&resolved.body.labels)
            .find(|(it, _)| it.value.as_ref().is_some_and(|it| Locale::new(it.as_str()).same_as(&meant)))?;
        found.1.value.clone().flatten()
    }

    pub fn default_locale(&self, config: usize) -> &'a str {
        self.configs[config].desired.settings.default_locale.as_str()
    }

    /// Does a config manage labels in a locale, without declaring this one as not needed?
    fn wants(&self, config: usize, key: &str, locale: &str) -> bool {
        let Some(it) = self.configs.get(config) else { return false };
        let meant = Locale::new(locale);
        let is_managed = match &it.desired.settings.scope {
            Scope::All => true,
            Scope::Only(locales) => locales.iter().any(|it| it.same_as(&meant)),
        };
        let is_without = it.resolved.definitions.get(key).is_some_and(|it| it.without.contains(&meant.normal()));
        is_managed && !is_without
    }

    /// Is a label missing that belongs into this row? A requested language counts even if no config manages it yet.
    pub fn is_missing(&self, row: &DefinitionRow, locale: &str, is_asked: bool) -> bool {
        row.is_first
            && row.label(locale).is_none()
            && row.users.iter().any(|it| {
                (is_asked || self.wants(*it, &row.key, locale)) && self.effective(*it, &row.key, locale).is_none()
            })
    }

    /// The managed locales of these configs, or those with labels. The default ones come first.
    pub fn locales(&self, configs: &[usize]) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let mut add = |locale: &str| {
            let meant = Locale::new(locale);
            if !found.iter().any(|it| Locale::new(it.as_str()).same_as(&meant)) {
                found.push(locale.to_owned());
            }
        };
        for config in configs {
            add(self.default_locale(*config));
        }
        for config in configs {
            let config = &self.configs[*config];
            if let Some(locales) = config.resolved.settings.locales.get() {
                locales.iter().filter_map(|it| it.value.as_deref()).for_each(&mut add);
            } else {
                let labels = config.desired.definitions.values().flat_map(|it| it.labels.iter());
                labels.for_each(|(locale, _)| add(locale.as_str()));
            }
        }
        found
    }

    /// The file name relative to the request's path, in a form that does not depend on the system.
    pub fn file_name(&self, file: FileId) -> String {
        let path: &PathBuf = &self.sources.get(file).path;
        let named = match below(path, self.path) {
            Some(below) if below.as_os_str().is_empty() => path.file_name().map(PathBuf::from).unwrap_or_default(),
            Some(below) => below,
            None => path.clone(),
        };
        let parts: Vec<_> = named.components().map(|it| it.as_os_str().to_string_lossy()).collect();
        parts.join("/")
    }

    /// One row per definition and file of these configs, in the order of the files and in them.
    pub fn rows(&self, configs: &[usize]) -> Vec<DefinitionRow> {
        let files: BTreeSet<FileId> = configs.iter().flat_map(|it| &self.configs[*it].files).copied().collect();
        // The same in every config that uses the file.
        let mut users: HashMap<FileId, Vec<usize>> = HashMap::new();
        for (index, config) in self.configs.iter().enumerate() {
            config.files.iter().for_each(|it| users.entry(*it).or_default().push(index));
        }
        let entries: Vec<_> = files
            .iter()
            .flat_map(|file| definitions_of(&self.sources.get(*file).text).into_iter().map(|it| (*file, it)))
            .collect();
        let names: HashMap<FileId, String> = files.iter().map(|it| (*it, self.file_name(*it))).collect();
        let in_files: HashSet<(FileId, String)> = entries.iter().map(|(file, it)| (*file, it.key.clone())).collect();
        let row = |(file, entry): (FileId, DefinitionEntry)| {
            let using = users.get(&file).into_iter().flatten().copied();
            let using: Vec<usize> = using.filter(|it| self.wanted(*it, &entry.key).is_some()).collect();
            let is_first = using.iter().all(|config| {
                let before = self.configs[*config].files.iter().take_while(|it| **it != file);
                before.into_iter().all(|it| !in_files.contains(&(*it, entry.key.clone())))
            });
            let first = using.iter().find(|it| configs.contains(it)).or(using.first()).copied();
            let wanted = first.and_then(|it| self.wanted(it, &entry.key));
            let default_label = match first {
                Some(config) => self.effective(config, &entry.key, self.default_locale(config)),
                None => entry.labels.first().and_then(|(_, it)| it.clone()),
            };
            DefinitionRow {
                file,
                path: names.get(&file).cloned().unwrap_or_default(),
                section: entry.section,
                system_presence: wanted.map_or_else(
                    || entry.system_presence.clone().unwrap_or_default(),
                    |it| it.system_presence.to_string(),
                ),
                key: entry.key,
                labels: entry.labels,
                default_label,
                users: using,
                is_first,
            }
        };
        entries.into_iter().map(row).collect()
    }
}
