//! Edits the config so that a definition of one org has given values: in the org's own file, or in the file with its
//! key if there is no org file.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::config::edit::definitions::{DefinitionEntry, definitions_of};
use crate::config::edit::files::FileEdits;
use crate::config::edit::{EntryComment, FileEdit, Leaf};
use crate::config::located::{Entries, Located};
use crate::model::names::Locale;
use crate::model::source::{FileId, Sources};

/// Values of a definition. Values that are not given stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DefinitionValues {
    pub system_presence: Option<String>,
    pub deactivated: Option<bool>,
    pub division: Option<String>,
    /// By locale. `None` means no label.
    pub labels: Vec<(String, Option<String>)>,
    /// Comments for new entries, by the path below the definition. The path of the definition itself is empty.
    pub comments: BTreeMap<Vec<String>, EntryComment>,
}

impl DefinitionValues {
    /// Is there a value at or below this path?
    pub fn has(&self, path: &[String]) -> bool {
        match path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [] => true,
            ["systemPresence"] => self.system_presence.is_some(),
            ["deactivated"] => self.deactivated.is_some(),
            ["division"] => self.division.is_some(),
            ["labels"] => !self.labels.is_empty(),
            ["labels", locale] => self.labels.iter().any(|(it, _)| it == locale),
            _ => false,
        }
    }

    /// The effective values of a key.
    pub fn in_effect(config: &Config, key: &str) -> Option<DefinitionValues> {
        let body = &config.resolved.definitions.get(key)?.body;
        let label = |(locale, it): &(Located<String>, Located<Option<String>>)| {
            Some((locale.value.clone()?, it.value.clone()?))
        };
        Some(DefinitionValues {
            system_presence: body.system_presence.get().cloned(),
            deactivated: body.deactivated.get().copied(),
            division: body.division.get().cloned(),
            labels: Entries::of(&body.labels).filter_map(label).collect(),
            comments: BTreeMap::new(),
        })
    }

    pub fn label(&self, locale: &str) -> Option<&(String, Option<String>)> {
        find(&self.labels, locale)
    }

    pub fn is_empty(&self) -> bool {
        self.system_presence.is_none()
            && self.deactivated.is_none()
            && self.division.is_none()
            && self.labels.is_empty()
    }
}

/// The label of a locale: its exact spelling first.
pub fn find<'a, T>(labels: &'a [(String, T)], locale: &str) -> Option<&'a (String, T)> {
    let meant = Locale::new(locale);
    let exact = labels.iter().find(|(it, _)| it == locale);
    exact.or_else(|| labels.iter().find(|(it, _)| Locale::new(it.as_str()).same_as(&meant)))
}

/// The values of one definition from several files, later over earlier.
pub fn layered(sources: &Sources, files: &[FileId], key: &str) -> Option<DefinitionValues> {
    let mut values: Option<DefinitionValues> = None;
    for file in files {
        for entry in definitions_of(&sources.get(*file).text).into_iter().filter(|it| it.key == key) {
            let values = values.get_or_insert_default();
            values.system_presence = entry.system_presence.or(values.system_presence.take());
            values.deactivated = entry.deactivated.or(values.deactivated);
            values.division = entry.division.or(values.division.take());
            for (locale, label) in entry.labels {
                let meant = Locale::new(locale.as_str());
                values.labels.retain(|(it, _)| !Locale::new(it.as_str()).same_as(&meant));
                values.labels.push((locale, label));
            }
            values.labels.retain(|(_, it)| it.is_some());
        }
    }
    values
}

/// The org's own file, or the last layer with the key if no other org uses it. Without an org file, the file with the
/// key.
fn own_file(sources: &Sources, config: &Config, key: &str, alone: &[FileId]) -> Option<FileId> {
    if config.org_file.is_some() {
        let has = |file: &&FileId| definitions_of(&sources.get(**file).text).iter().any(|it| it.key == key);
        let holder = config.files.iter().rev().find(has).filter(|it| alone.contains(it));
        return holder.or(config.files.last()).copied();
    }
    let found = config.resolved.definitions.get(key).map(|it| it.key.file);
    found.or_else(|| config.files.first().copied())
}

/// The edits that give a definition of a config these values. `alone` are the layers that no other org uses.
pub fn into_config(
    sources: &Sources,
    (config, alone): (&Config, &[FileId]),
    key: &str,
    values: &DefinitionValues,
    edits: &mut FileEdits,
) {
    let Some(file) = own_file(sources, config, key, alone) else { return };
    let below = config.files.iter().copied().take_while(|it| *it != file).filter(|_| config.org_file.is_some());
    let inherited = layered(sources, &below.collect::<Vec<_>>(), key);
    let own = definitions_of(&sources.get(file).text).into_iter().find(|it| it.key == key);
    let section = match (&own, &inherited) {
        (Some(own), _) => own.section.clone(),
        (None, Some(_)) => "overrides".to_owned(),
        (None, None) => "definitions".to_owned(),
    };
    let place = WrittenEntry { file, section: &section, key };
    into_file(place, &own.unwrap_or_default(), &inherited.unwrap_or_default(), values, edits);
}

/// The same in one file: `own` are its current values, `inherited` those of the files below it.
pub fn into_file(
    place: WrittenEntry<'_>,
    own: &DefinitionEntry,
    inherited: &DefinitionValues,
    values: &DefinitionValues,
    edits: &mut FileEdits,
) {
    let mut writing = Writing { place, edits, comments: &values.comments };
    let DefinitionValues { system_presence, deactivated, division, labels, comments: _ } = values;
    let text = |it: &String| Leaf::Text(it.clone());
    writing.field(
        &["systemPresence"],
        system_presence.as_ref().map(text),
        own.system_presence.as_ref().map(text).as_ref(),
        inherited.system_presence.as_ref().map(text).as_ref(),
    );
    for (locale, label) in labels {
        writing.label((locale, label.as_deref()), own, inherited);
    }
    // The default is false.
    let is_said = own.deactivated.is_some() || inherited.deactivated.is_some();
    let deactivated = deactivated.filter(|it| *it || is_said).map(Leaf::Bool);
    writing.field(
        &["deactivated"],
        deactivated,
        own.deactivated.map(Leaf::Bool).as_ref(),
        inherited.deactivated.map(Leaf::Bool).as_ref(),
    );
    writing.field(
        &["division"],
        division.as_ref().map(text),
        own.division.as_ref().map(text).as_ref(),
        inherited.division.as_ref().map(text).as_ref(),
    );
    if own.labels.is_empty() {
        writing.comment(&["labels"], &["labels"]);
    }
    if own.key.is_empty() {
        writing.comment(&[], &[]);
    }
}

/// The entry of a definition to write.
#[derive(Debug, Clone, Copy)]
pub struct WrittenEntry<'a> {
    pub file: FileId,
    pub section: &'a str,
    pub key: &'a str,
}

struct Writing<'a> {
    place: WrittenEntry<'a>,
    edits: &'a mut FileEdits,
    comments: &'a BTreeMap<Vec<String>, EntryComment>,
}

impl Writing<'_> {
    fn path<'p>(&'p self, below: &[&'p str]) -> Vec<&'p str> {
        [self.place.section, self.place.key].into_iter().chain(below.iter().copied()).collect()
    }

    fn field(&mut self, below: &[&str], asked: Option<Leaf>, own: Option<&Leaf>, inherited: Option<&Leaf>) {
        if let Some(asked) = asked {
            self.value((below, below), asked, own, inherited);
        }
    }

    /// Writes a value only if it differs from that of the layers. Its comment is that of `from`.
    fn value(&mut self, (below, from): (&[&str], &[&str]), asked: Leaf, own: Option<&Leaf>, inherited: Option<&Leaf>) {
        let edit = if inherited == Some(&asked) {
            own.is_some().then(|| FileEdit::remove(&self.path(below)))
        } else {
            (own != Some(&asked)).then(|| FileEdit::set(&self.path(below), asked))
        };
        if let Some(edit) = edit {
            self.edits.push(self.place.file, edit);
            if own.is_none() {
                self.comment(below, from);
            }
        }
    }

    fn label(&mut self, (locale, label): (&str, Option<&str>), own: &DefinitionEntry, inherited: &DefinitionValues) {
        let (own, inherited) = (find(&own.labels, locale), inherited.label(locale));
        let spelt = own.map(|(it, _)| it).or(inherited.map(|(it, _)| it)).map_or(locale, String::as_str).to_owned();
        let leaf = |it: &Option<String>| it.clone().map_or(Leaf::Null, Leaf::Text);
        let (own, inherited) = (own.map(|(_, it)| leaf(it)), inherited.map(|(_, it)| leaf(it)));
        let below = ["labels", spelt.as_str()];
        match (label, &inherited) {
            (None, None) if own.is_some() => self.edits.push(self.place.file, FileEdit::remove(&self.path(&below))),
            (None, None) => {}
            (label, _) => {
                let asked = label.map_or(Leaf::Null, |it| Leaf::Text(it.to_owned()));
                self.value((&below, &["labels", locale]), asked, own.as_ref(), inherited.as_ref());
            }
        }
    }

    fn comment(&mut self, below: &[&str], from: &[&str]) {
        let from: Vec<String> = from.iter().map(|it| (*it).to_owned()).collect();
        if let Some(comment) = self.comments.get(&from) {
            self.edits.push(self.place.file, FileEdit::comment(&self.path(below), comment.clone()));
        }
    }
}
