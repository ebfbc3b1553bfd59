//! The text of the configs of several orgs: `base/`, and one file per org.

use std::collections::BTreeSet;

use crate::config::schema::VERSION;
use crate::model::names::{Key, Label, Locale, SystemPresence};
use crate::model::pins::Managed;
use crate::model::{text, yaml};
use crate::ops::import::base::BaseDefinition;
use crate::ops::import::division::DivisionWords;
use crate::ops::import::page::{ImportContent, ImportPage, NewFile, file_name};

/// The folder of the common part.
pub const BASE_FOLDER: &str = "base";
/// The folder of the org files.
pub const ORGS_FOLDER: &str = "orgs";

/// The file of the settings in `base/`.
const SETTINGS_FILE: &str = "settings.yaml";

/// The content that all files share.
pub struct FleetContent<'a> {
    pub default_locale: &'a Locale,
    /// The path of the schema for editors, from the files.
    pub schema: &'a str,
    /// The number of orgs.
    pub orgs: usize,
    pub base: Vec<(&'a Key, &'a BaseDefinition)>,
}

/// The content of one org's file.
pub struct OrgContent<'a> {
    pub name: &'a str,
    pub whole: &'a ImportContent<'a>,
    /// Its own `definitions`.
    pub own: &'a ImportContent<'a>,
    pub uses_base: bool,
    /// Its `settings.locales`, if it lacks a language of `base/`.
    pub locales: Option<Vec<Locale>>,
    /// Its definitions in `base/`.
    pub overridden: Vec<(&'a Key, &'a BaseDefinition, &'a Managed<'a>)>,
    pub omitted: Vec<&'a Key>,
}

impl FleetContent<'_> {
    /// The system presences of `base/` beside the platform's ten, each once.
    fn added(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let names = self.base.iter().map(|(_, it)| it.system_presence.as_str());
        names
            .filter(|it| SystemPresence::new(it).is_some_and(|it| it.standard().is_none() && seen.insert(it)))
            .collect()
    }
}

/// A file with the settings of all orgs, and one per system presence.
pub fn base_files(content: &FleetContent<'_>) -> Vec<NewFile> {
    let head = || ImportPage::begin(content.schema, &text::count(content.orgs, "org"));
    let mut page = head();
    page.line(0, &format!("version: {VERSION}"));
    page.line(0, "settings:");
    page.line(1, &format!("defaultLocale: {}", yaml::scalar(content.default_locale.as_str())));
    page.list(1, "systemPresences", &content.added());
    let mut files = vec![NewFile { name: SETTINGS_FILE.to_owned(), text: page.text }];

    let mut base = content.base.clone();
    let presence = |it: &BaseDefinition| SystemPresence::new(&it.system_presence);
    base.sort_by(|(a, one), (b, other)| (presence(one), *a).cmp(&(presence(other), *b)));
    for group in base.chunk_by(|(_, one), (_, other)| presence(one) == presence(other)) {
        let system_presence = group.iter().map(|(_, it)| &*it.system_presence).min().unwrap_or_default();
        let mut page = head();
        page.line(0, &format!("version: {VERSION}"));
        page.line(0, "definitions:");
        for (key, definition) in group {
            page.line(1, &format!("{}:", yaml::scalar(key.as_str())));
            page.line(2, &format!("systemPresence: {}", yaml::scalar(system_presence)));
            page.labels(definition.labels.iter().map(|(locale, label)| (locale, Some(label))));
            if definition.deactivated {
                page.line(2, "deactivated: true");
            }
        }
        let name = file_name(system_presence, |name| files.iter().any(|it| it.name == *name));
        files.push(NewFile { name, text: page.text });
    }
    for file in &mut files {
        file.name = format!("{BASE_FOLDER}/{}", file.name);
    }
    files
}

pub fn org_file(content: &FleetContent<'_>, org: &OrgContent<'_>) -> NewFile {
    let mut page = org.whole.head();
    page.org(org.whole, org.name);
    if org.uses_base {
        page.line(0, &format!("use: [../{BASE_FOLDER}]"));
    }
    page.settings(content, org);
    let groups = org.own.groups();
    if !groups.is_empty() || !org.uses_base {
        page.definitions(org.own, &groups);
    }
    page.overrides(org);
    page.list(0, "omit", &org.omitted.iter().map(|it| it.as_str()).collect::<Vec<_>>());
    page.end(org.whole);
    NewFile { name: format!("{ORGS_FOLDER}/{}.yaml", org.name), text: page.text }
}

impl ImportPage {
    fn list(&mut self, depth: usize, name: &str, items: &[&str]) {
        if !items.is_empty() {
            self.line(depth, &format!("{name}:"));
        }
        for item in items {
            self.line(depth + 1, &format!("- {}", yaml::scalar(item)));
        }
    }

    /// `null` removes a label.
    fn labels<'a>(&mut self, labels: impl Iterator<Item = (&'a Locale, Option<&'a Label>)>) {
        self.line(2, "labels:");
        for (locale, label) in labels {
            let label = label.map_or_else(|| "null".to_owned(), |it| yaml::scalar(it.nfc()));
            self.line(3, &format!("{}: {label}", yaml::scalar(locale.as_str())));
        }
    }

    /// The settings that differ from `base/`.
    fn settings(&mut self, content: &FleetContent<'_>, org: &OrgContent<'_>) {
        let own = org.whole.default_locale;
        let mut page = ImportPage::default();
        if !org.uses_base || !own.same_as(content.default_locale) {
            page.line(1, &format!("defaultLocale: {}", yaml::scalar(own.as_str())));
        }
        if let Some(locales) = &org.locales {
            page.line(1, "# It has no label in the other locales of `base/`.");
            page.list(1, "locales", &locales.iter().map(Locale::as_str).collect::<Vec<_>>());
            page.line(1, "rules: { label-outside-locales: off }");
        }
        let of_base = if org.uses_base { content.added() } else { Vec::new() };
        let known: BTreeSet<SystemPresence> = of_base.iter().filter_map(|it| SystemPresence::new(it)).collect();
        let groups = org.own.groups();
        let is_new =
            |it: &&str| SystemPresence::new(it).is_some_and(|it| it.standard().is_none() && !known.contains(&it));
        let new: Vec<&str> = groups.iter().map(|it| &*it.name).filter(is_new).collect();
        if !new.is_empty() {
            // This list replaces that of `base/`.
            page.list(1, "systemPresences", &[of_base, new].concat());
        }
        if org.whole.managed.iter().any(|it| matches!(org.whole.said(it), DivisionWords::Field(_))) {
            page.line(1, "api: v2 # the generation that has divisions");
        }
        if !page.text.is_empty() {
            self.line(0, "settings:");
            self.text.push_str(&page.text);
        }
    }

    fn overrides(&mut self, org: &OrgContent<'_>) {
        let mut page = ImportPage::default();
        let mut overridden = org.overridden.clone();
        overridden.sort_by_key(|(key, ..)| *key);
        for (key, base, managed) in overridden {
            let before = page.text.len();
            page.difference(org, base, managed);
            let difference = page.text.split_off(before);
            if !difference.is_empty() {
                page.line(1, &format!("{}:", yaml::scalar(key.as_str())));
                page.text.push_str(&difference);
            }
        }
        if !page.text.is_empty() {
            self.line(0, "overrides:");
            self.text.push_str(&page.text);
        }
    }

    /// The parts of a definition that differ from `base/`.
    fn difference(&mut self, org: &OrgContent<'_>, base: &BaseDefinition, managed: &Managed<'_>) {
        let definition = managed.definition;
        let is_managed = |it: &Locale| org.locales.as_ref().is_none_or(|all| all.iter().any(|own| own.same_as(it)));
        let changed = base.labels.iter().filter_map(|(locale, label)| match definition.labels.get(locale) {
            Some(own) if own == label => None,
            None if !is_managed(locale) => None,
            own => Some((locale, own)),
        });
        let added = definition.labels.iter().filter(|(locale, _)| base.label(locale).is_none());
        let labels: Vec<_> = changed.chain(added.map(|(locale, label)| (locale, Some(label)))).collect();
        if !labels.is_empty() {
            self.labels(labels.into_iter());
        }
        if definition.deactivated != base.deactivated {
            self.line(2, &format!("deactivated: {}", definition.deactivated));
        }
        match org.whole.said(managed) {
            // An override with only a comment would be empty, so a note reports it.
            DivisionWords::Nothing | DivisionWords::Unsayable(_) => {}
            DivisionWords::Field(division) => self.line(2, &format!("division: {}", yaml::scalar(&division))),
        }
    }
}
