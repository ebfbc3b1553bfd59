//! The text of an imported config, as a person would have written it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::config::schema::VERSION;
use crate::model::division::Divisions;
use crate::model::names::{DefinitionId, Key, Label, Locale, SystemPresence, can_be_id};
use crate::model::observed::Organization;
use crate::model::odd::{Halved, Odd};
use crate::model::pins::{LeftOut, Managed, Need, spelling};
use crate::model::region::Region;
use crate::model::slug::{slug, slug_of_words};
use crate::model::{text, yaml};
use crate::ops::import::division::{DivisionWords, said};

/// The second line of every imported file, before the org's name.
pub const MARK: &str = "# Imported by presencectl from ";

/// The name of the org file in a folder.
pub const ORG_FILE: &str = "org.yaml";

/// The longest foreign text in a comment, in characters.
const COMMENT_CHARS_MAX: usize = 80;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    pub name: String,
    pub text: String,
}

/// The content of the files.
#[derive(Debug, Clone)]
pub struct ImportContent<'a> {
    pub organization: &'a Organization,
    /// The region, if it is a known one.
    pub region: Option<Region>,
    pub default_locale: &'a Locale,
    /// The path of the schema for editors, from the files.
    pub schema: &'a str,
    pub managed: &'a [Managed<'a>],
    pub left_out: &'a [LeftOut<'a>],
    pub keys: &'a BTreeMap<&'a DefinitionId, Key>,
    pub divisions: &'a Divisions,
    /// The objects that cannot be read in full.
    pub odd: &'a [Odd],
    pub halved: &'a [Halved],
    /// The org's own spellings, if they were read.
    pub system_presences: &'a [SystemPresence],
}

pub fn one(content: &ImportContent<'_>, name: &str) -> NewFile {
    let mut page = content.head();
    page.org_and_settings(content, &[]);
    page.definitions(content, &content.groups());
    page.end(content);
    NewFile { name: name.to_owned(), text: page.text }
}

/// An org file and one layer per system presence, in the order of `use`.
pub fn folder(content: &ImportContent<'_>) -> Vec<NewFile> {
    let groups = content.groups();
    let mut names: Vec<String> = Vec::new();
    let mut layers = Vec::new();
    for group in &groups {
        let name = file_name(&group.name, |it| it == ORG_FILE || names.contains(it));
        names.push(name.clone());
        let mut page = content.head();
        page.line(0, &format!("version: {VERSION}"));
        page.definitions(content, std::slice::from_ref(group));
        layers.push(NewFile { name, text: page.text });
    }
    let mut page = content.head();
    page.org_and_settings(content, &names);
    if groups.is_empty() {
        page.definitions(content, &[]);
    }
    page.end(content);
    let org = NewFile { name: ORG_FILE.to_owned(), text: page.text };
    std::iter::once(org).chain(layers).collect()
}

/// The file name of a system presence.
pub fn file_name(system_presence: &str, is_taken: impl Fn(&String) -> bool) -> String {
    let base = slug_of_words(system_presence).unwrap_or_else(|| "definitions".to_owned());
    let numbered = (2_usize..).map(|number| format!("{base}-{number}.yaml"));
    // Some number is free.
    std::iter::once(format!("{base}.yaml")).chain(numbered).find(|it| !is_taken(it)).unwrap_or_default()
}

/// The definitions under one system presence, by key.
pub struct ImportGroup<'a> {
    pub name: String,
    pub members: Vec<(&'a Key, &'a Managed<'a>)>,
}

impl<'a> ImportContent<'a> {
    pub fn head(&self) -> ImportPage {
        ImportPage::begin(self.schema, &format!("\"{}\"", comment(&self.organization.name)))
    }

    pub fn groups(&self) -> Vec<ImportGroup<'a>> {
        let mut groups: BTreeMap<&SystemPresence, Vec<(&Key, &Managed<'_>)>> = BTreeMap::new();
        for managed in self.managed {
            if let Some(key) = self.keys.get(&managed.definition.id) {
                groups.entry(&managed.definition.system_presence).or_default().push((key, managed));
            }
        }
        let group = |(presence, mut members): (&SystemPresence, Vec<(&'a Key, &'a Managed<'a>)>)| {
            members.sort_by_key(|(key, _)| *key);
            ImportGroup { name: self.spelling(presence, &members), members }
        };
        groups.into_iter().map(group).collect()
    }

    /// One spelling for all: that of the org's list, or the first alphabetically.
    fn spelling(&self, presence: &SystemPresence, members: &[(&Key, &Managed<'_>)]) -> String {
        let listed = self.system_presences.iter().filter(|it| *it == presence).map(spelling);
        let used = members.iter().map(|(_, it)| spelling(&it.definition.system_presence)).min();
        let usable = |it: &String| !it.chars().any(char::is_control);
        listed.filter(usable).min().or(used).unwrap_or_default()
    }

    pub fn said(&self, managed: &Managed<'_>) -> DivisionWords {
        said(managed.definition.division.as_ref(), self.divisions)
    }
}

#[derive(Default)]
pub struct ImportPage {
    pub text: String,
}

/// The name of an org in a config: its own name, in a form that can be typed after `--org`.
pub fn org_name(organization: &Organization) -> String {
    slug(&organization.name).unwrap_or_else(|| "org".to_owned())
}

impl ImportPage {
    /// An imported file: the schema for editors, and its origin.
    pub fn begin(schema: &str, of: &str) -> ImportPage {
        let mut page = ImportPage::default();
        page.line(0, &format!("# yaml-language-server: $schema={}", text::terminal(schema)));
        page.line(0, &format!("{MARK}{of}."));
        page
    }

    pub fn line(&mut self, depth: usize, content: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{:width$}{content}", "", width = depth * 2);
    }

    /// The `org` section, with the org's name in the config.
    pub fn org(&mut self, content: &ImportContent<'_>, name: &str) {
        let id = &content.organization.id;
        self.line(0, &format!("version: {VERSION}"));
        self.line(0, "org:");
        self.line(1, &format!("name: {}", yaml::scalar(name)));
        if can_be_id(id.as_str()) {
            self.line(1, &format!("id: {}", yaml::scalar(id.as_str())));
        } else {
            self.line(1, "# Its id cannot be written here.");
        }
        if let Some(region) = content.region {
            self.line(1, &format!("region: {region}"));
        }
    }

    fn org_and_settings(&mut self, content: &ImportContent<'_>, layers: &[String]) {
        self.org(content, &org_name(content.organization));
        if !layers.is_empty() {
            self.line(0, "use:");
        }
        for layer in layers {
            self.line(1, &format!("- {}", yaml::scalar(layer)));
        }
        self.line(0, "settings:");
        self.line(1, &format!("defaultLocale: {}", yaml::scalar(content.default_locale.as_str())));
        let added: Vec<String> = content
            .groups()
            .into_iter()
            .filter(|it| SystemPresence::new(&it.name).is_some_and(|it| it.standard().is_none()))
            .map(|it| it.name)
            .collect();
        if !added.is_empty() {
            self.line(1, "systemPresences:");
        }
        for name in added {
            self.line(2, &format!("- {}", yaml::scalar(&name)));
        }
        if content.managed.iter().any(|it| matches!(content.said(it), DivisionWords::Field(_))) {
            self.line(1, "api: v2 # the generation that has divisions");
        }
    }

    pub fn definitions(&mut self, content: &ImportContent<'_>, groups: &[ImportGroup<'_>]) {
        if groups.is_empty() {
            self.line(0, "definitions: {}");
            return;
        }
        self.line(0, "definitions:");
        for (index, ImportGroup { name, members }) in groups.iter().enumerate() {
            if groups.len() > 1 {
                if index > 0 {
                    self.line(0, "");
                }
                self.line(1, &format!("# {}", comment(name)));
            }
            for (key, managed) in members {
                self.definition(content, name, key, managed);
            }
        }
    }

    fn definition(&mut self, content: &ImportContent<'_>, system_presence: &str, key: &Key, managed: &Managed<'_>) {
        let definition = managed.definition;
        if managed.pin == Some(Need::PrimaryNotKnown) {
            self.line(1, "# The org does not say whether this is the platform's own: take care, or take it out.");
        }
        if let Some(halved) = content.halved.iter().find(|it| it.id == definition.id) {
            self.line(
                1,
                &format!("# It holds a broken character ({}): write the whole text.", comment(&halved.places())),
            );
        }
        self.line(1, &format!("{}:", yaml::scalar(key.as_str())));
        self.line(2, &format!("systemPresence: {}", yaml::scalar(system_presence)));
        self.line(2, if definition.labels.is_empty() { "labels: {}" } else { "labels:" });
        let mut labels: Vec<(&Locale, &Label)> = definition.labels.iter().collect();
        labels.sort_by_key(|(locale, _)| (!locale.same_as(content.default_locale), *locale != content.default_locale));
        for (locale, label) in labels {
            self.line(3, &format!("{}: {}", yaml::scalar(locale.as_str()), yaml::scalar(label.nfc())));
        }
        if definition.deactivated {
            self.line(2, "deactivated: true");
        }
        match content.said(managed) {
            DivisionWords::Nothing => {}
            DivisionWords::Field(division) => self.line(2, &format!("division: {}", yaml::scalar(&division))),
            DivisionWords::Unsayable(id) => {
                self.line(2, &format!("# Its division, {}, cannot be written here.", comment(id.as_str())));
            }
        }
    }

    pub fn end(&mut self, content: &ImportContent<'_>) {
        let mut pinned: Vec<(&Key, &Managed<'_>)> = content
            .managed
            .iter()
            .filter(|it| it.pin.is_some())
            .filter_map(|it| Some((content.keys.get(&it.definition.id)?, it)))
            .collect();
        pinned.sort_by_key(|(key, _)| *key);
        if !pinned.is_empty() {
            self.line(0, "ids:");
        }
        for (key, Managed { definition, pin, pin_refused: _ }) in pinned {
            let why = pin.and_then(Need::in_words).map_or_else(String::new, |words| format!(" # {words}"));
            self.line(1, &format!("{}: {}{why}", yaml::scalar(key.as_str()), yaml::scalar(definition.id.as_str())));
        }
        if !content.left_out.is_empty() {
            self.line(0, "# Left out, since no config can name them. `protect` keeps them, also with `prune: delete`.");
        }
        let (protected, not_protected): (Vec<&LeftOut<'_>>, Vec<&LeftOut<'_>>) =
            content.left_out.iter().partition(|it| it.can_be_protected());
        if !protected.is_empty() {
            self.line(0, "protect:");
        }
        for LeftOut { definition, obstacle } in protected {
            let (id, presence) = (yaml::scalar(definition.id.as_str()), comment(definition.system_presence.as_str()));
            self.line(1, &format!("- {id} # {presence}: {}", obstacle.in_words()));
        }
        for LeftOut { definition, obstacle } in not_protected {
            let (id, presence) = (comment(definition.id.as_str()), comment(definition.system_presence.as_str()));
            self.line(
                0,
                &format!(
                    "# Not protected, since this id cannot be written: {id} ({presence}): {}",
                    obstacle.in_words()
                ),
            );
        }
        if !content.odd.is_empty() {
            self.line(0, "# Left out, since they cannot be read completely; they stay as they are:");
        }
        for odd in content.odd {
            self.line(0, &format!("# - {}: {}", comment(&odd.name()), comment(&odd.in_words())));
        }
    }
}

/// Foreign text in a one-line comment, cut.
pub fn comment(raw: &str) -> String {
    let shown = text::within_quotes(raw).to_string();
    let mut cut: String = shown.chars().take(COMMENT_CHARS_MAX).collect();
    if cut.len() < shown.len() {
        cut.push('…');
    }
    cut
}
