//! Copies a definition of one org to another org or into a layer, by editing files only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::config::diagnostic::Findings;
use crate::config::edit::definitions::{DefinitionEntry, definitions_of};
use crate::config::edit::files::{EditedFile, FileEdits, is_below, load_edited};
use crate::config::edit::{EntryComment, FileEdit, Leaf, comments_below};
use crate::config::print::bare_text;
use crate::model::names::{Key, Locale, is_guid};
use crate::model::problem::Problem;
use crate::model::source::{FileId, Sources};
use crate::model::text;
use crate::ops::definition_edits::{DefinitionValues, WrittenEntry, find, into_config, into_file};
use crate::ops::labels::rows::Fleet;

#[derive(Debug, Clone, Copy)]
pub struct PromoteRequest<'a> {
    pub key: &'a str,
    /// The index of a config.
    pub from: usize,
    pub to: PromoteTarget,
    /// Adds it to `omit` of orgs that would get a new definition.
    pub omit_elsewhere: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromoteTarget {
    Org(usize),
    Layer(FileId),
}

/// The effect on the definition in one org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Promoted {
    Unchanged,
    /// The changed values: name, before and after.
    Changed(Vec<(String, Option<String>, Option<String>)>),
    /// It is new there. A deactivated definition is not created in the org.
    Created {
        deactivated: bool,
    },
    /// It would have been created, so it was added to `omit`.
    Omitted,
}

#[derive(Debug)]
pub struct Promotion {
    pub files: Vec<EditedFile>,
    /// For each config, by index.
    pub outcomes: Vec<Promoted>,
    /// What was not copied, in words.
    pub notes: Vec<String>,
}

/// Why nothing is written.
#[derive(Debug)]
pub enum PromoteFlaw {
    Problem(Problem),
    Findings(Sources, Findings),
}

impl From<Problem> for PromoteFlaw {
    fn from(problem: Problem) -> PromoteFlaw {
        PromoteFlaw::Problem(problem)
    }
}

/// The edited files, and the effect on each org. `root` is that of the request.
pub fn promote(fleet: Fleet<'_>, asked: PromoteRequest<'_>, root: Option<&Path>) -> Result<Promotion, PromoteFlaw> {
    let PromoteRequest { key, from, to, omit_elsewhere } = asked;
    if fleet.wanted(from, key).is_none() {
        return Err(unknown(fleet, from, key).into());
    }
    let mut notes = Vec::new();
    let values = carried(fleet, asked, &mut notes)?;
    let mut edits = FileEdits::default();
    match to {
        PromoteTarget::Org(to) => into_org(fleet, key, to, &values, &mut edits)?,
        PromoteTarget::Layer(layer) => into_layer(fleet, asked, layer, &values, &mut edits)?,
    }
    let unedited = |(path, flaw): (PathBuf, _)| {
        Problem::new(format!("{} is not edited: {flaw}; nothing was written", text::ticked(path.display())))
            .help("make this change by hand")
    };
    let mut files = edits.apply(fleet.sources).map_err(unedited)?;
    let mut after = load_edited(fleet.path, root, &files);
    if omit_elsewhere && after.diagnostics.errors == 0 {
        for index in created(fleet, &after.configs, key) {
            if let Some(file) = fleet.configs[index].files.last().filter(|_| fleet.configs[index].org_file.is_some()) {
                edits.push(*file, FileEdit::append(&["omit"], key));
            }
        }
        files = edits.apply(fleet.sources).map_err(unedited)?;
        after = load_edited(fleet.path, root, &files);
    }
    if let Some(file) = files.iter().find(|it| !is_below(&it.path, fleet.path)) {
        let path = text::ticked(file.path.display());
        return Err(Problem::new(format!("{path} is not below PATH, so orgs that were not read may use it"))
            .help("give the folder that holds all org files and layers; nothing was written")
            .into());
    }
    if after.diagnostics.errors > 0 || after.configs.len() != fleet.configs.len() {
        return Err(PromoteFlaw::Findings(after.sources, after.diagnostics));
    }
    let outcomes = outcomes(fleet, &after.configs, asked, &values)?;
    Ok(Promotion { files, outcomes, notes })
}

fn unknown(fleet: Fleet<'_>, from: usize, key: &str) -> Problem {
    let org = text::ticked(fleet.org_name(from).unwrap_or_default());
    let problem = Problem::new(format!("{org} has no definition {}; nothing was written", text::ticked(key)));
    let keys = fleet.configs[from].desired.definitions.keys().map(Key::as_str);
    match text::nearest(key, keys) {
        Some(near) if near == key => problem.help("it is omitted there"),
        Some(near) => problem.help(format!("did you mean {}?", text::ticked(near))),
        None => problem.help("`presencectl config` prints every key"),
    }
}

fn own_entry(fleet: Fleet<'_>, config: usize, key: &str) -> Option<(FileId, DefinitionEntry)> {
    let config = &fleet.configs[config];
    let file = *config.files.last().filter(|_| config.org_file.is_some())?;
    let entry = definitions_of(&fleet.sources.get(file).text).into_iter().find(|it| it.key == key)?;
    Some((file, entry))
}

/// The values to copy. If the org uses the layer, only its own file counts, because the rest is already in its layers.
fn carried(fleet: Fleet<'_>, asked: PromoteRequest<'_>, notes: &mut Vec<String>) -> Result<DefinitionValues, Problem> {
    let PromoteRequest { key, from, to, omit_elsewhere: _ } = asked;
    let config = &fleet.configs[from];
    let own = own_entry(fleet, from, key);
    let own_file = own.as_ref().map(|(file, _)| *file);
    let uses_it = matches!(to, PromoteTarget::Layer(layer) if config.files.contains(&layer));
    let mut values = match own {
        Some((_, own)) if uses_it => {
            let nulls = own.labels.iter().filter(|(_, it)| it.is_none());
            notes.extend(nulls.map(|(locale, _)| format!("`{locale}: null` stays where it is")));
            DefinitionValues {
                system_presence: own.system_presence,
                deactivated: own.deactivated,
                division: own.division,
                labels: own.labels.into_iter().filter(|(_, it)| it.is_some()).collect(),
                ..DefinitionValues::default()
            }
        }
        None if uses_it => DefinitionValues::default(),
        _ => DefinitionValues::in_effect(config, key).unwrap_or_default(),
    };
    if values.division.as_deref().is_some_and(is_guid) {
        values.division = None;
        notes.push("the division is given by its id, which is another one in each org: it is not carried".to_owned());
    }
    if values.is_empty() {
        let org = text::ticked(fleet.org_name(from).unwrap_or_default());
        let what = format!("the file of {org} says nothing of {} that can be carried", text::ticked(key));
        return Err(Problem::new(format!("{what}; nothing was written"))
            .help("what its layers say, every org that uses them has already"));
    }
    let files = if uses_it { own_file.as_slice() } else { &config.files };
    values.comments = comments(fleet, files, key);
    let is_carried = |path: &Vec<String>| values.has(path);
    let carried = values.comments.iter().filter(|(path, _)| is_carried(path));
    values.comments = carried.map(|(path, it)| (path.clone(), it.clone())).collect();
    Ok(values)
}

/// The comments of a definition: each from the last of these files with its entry.
fn comments(fleet: Fleet<'_>, files: &[FileId], key: &str) -> BTreeMap<Vec<String>, EntryComment> {
    let texts = files.iter().map(|it| &fleet.sources.get(*it).text);
    let entries = texts
        .flat_map(|text| definitions_of(text).into_iter().filter(|it| it.key == key).map(move |it| (text, it.section)));
    let mut comments = BTreeMap::new();
    for (text, section) in entries {
        comments.extend(comments_below(text, &[&section, key]));
    }
    comments.retain(|_, it: &mut EntryComment| !it.is_empty());
    comments
}

fn into_org(
    fleet: Fleet<'_>,
    key: &str,
    to: usize,
    values: &DefinitionValues,
    edits: &mut FileEdits,
) -> Result<(), Problem> {
    let config = &fleet.configs[to];
    if config.resolved.omit.iter().any(|it| it.value.as_deref() == Some(key)) {
        let org = text::ticked(fleet.org_name(to).unwrap_or_default());
        return Err(Problem::new(format!("{org} omits {}; nothing was written", text::ticked(key)))
            .help("take it out of `omit` first"));
    }
    into_config(fleet.sources, (config, &[]), key, values, edits);
    Ok(())
}

fn into_layer(
    fleet: Fleet<'_>,
    asked: PromoteRequest<'_>,
    layer: FileId,
    values: &DefinitionValues,
    edits: &mut FileEdits,
) -> Result<(), Problem> {
    let key = asked.key;
    let there = definitions_of(&fleet.sources.get(layer).text).into_iter().find(|it| it.key == key);
    let place = WrittenEntry { file: layer, section: "definitions", key };
    into_file(place, &there.unwrap_or_default(), &DefinitionValues::default(), values, edits);
    for index in (0..fleet.configs.len()).filter(|it| fleet.configs[*it].files.contains(&layer)) {
        let Some((file, own)) = own_entry(fleet, index, key) else { continue };
        let place = WrittenEntry { file, section: &own.section, key };
        if own.section == "overrides" {
            same_goes(place, &own, values, edits);
        } else {
            differs(fleet, index, &own, values)?;
            moves(fleet, place, &own, values, edits);
        }
    }
    Ok(())
}

/// Removes from overrides the values that the layer has now. Different values stay.
fn same_goes(place: WrittenEntry<'_>, own: &DefinitionEntry, values: &DefinitionValues, edits: &mut FileEdits) {
    let mut gone = |below: &[&str]| {
        let path: Vec<&str> = [place.section, place.key].into_iter().chain(below.iter().copied()).collect();
        edits.push(place.file, FileEdit::remove(&path));
    };
    for (locale, label) in &own.labels {
        if label.is_some() && values.label(locale).is_some_and(|(_, it)| it == label) {
            gone(&["labels", locale]);
        }
    }
    if own.system_presence.is_some() && own.system_presence == values.system_presence {
        gone(&["systemPresence"]);
    }
    if own.deactivated.is_some() && own.deactivated == values.deactivated {
        gone(&["deactivated"]);
    }
    if own.division.is_some() && own.division == values.division {
        gone(&["division"]);
    }
}

/// A definition of an org's own cannot exist beside one of a layer. If they differ, a person has to decide.
fn differs(fleet: Fleet<'_>, config: usize, own: &DefinitionEntry, values: &DefinitionValues) -> Result<(), Problem> {
    let mut different: Vec<String> = Vec::new();
    for (locale, label) in &values.labels {
        if find(&own.labels, locale).map(|(_, it)| it) != Some(label) {
            different.push(format!("its label for {}", text::ticked(locale)));
        }
    }
    if values.system_presence.is_some() && own.system_presence != values.system_presence {
        different.push("its system presence".to_owned());
    }
    if values.deactivated.unwrap_or_default() != own.deactivated.unwrap_or_default() {
        different.push("`deactivated`".to_owned());
    }
    if values.division.is_some() && own.division != values.division {
        different.push("its division".to_owned());
    }
    if different.is_empty() {
        return Ok(());
    }
    let org = text::ticked(fleet.org_name(config).unwrap_or_default());
    let what = text::some(&different);
    Err(Problem::new(format!("{org} has a definition {} of its own, and {what} is different", text::ticked(&own.key)))
        .help("make them equal, or give that one another key; nothing was written"))
}

/// Removes a definition from an org file. Values that are not copied become an override, with their comments.
fn moves(
    fleet: Fleet<'_>,
    place: WrittenEntry<'_>,
    own: &DefinitionEntry,
    values: &DefinitionValues,
    edits: &mut FileEdits,
) {
    let WrittenEntry { file, section, key } = place;
    edits.push(file, FileEdit::remove(&[section, key]));
    let mut keep = |below: &[&str], leaf: Leaf| {
        let path: Vec<&str> = ["overrides", key].into_iter().chain(below.iter().copied()).collect();
        edits.push(file, FileEdit::set(&path, leaf));
    };
    for (locale, label) in own.labels.iter().filter(|(locale, _)| values.label(locale).is_none()) {
        keep(&["labels", locale], label.clone().map_or(Leaf::Null, Leaf::Text));
    }
    if let (Some(division), None) = (&own.division, &values.division) {
        keep(&["division"], Leaf::Text(division.clone()));
    }
    if let Some(new) = own.new {
        keep(&["new"], Leaf::Bool(new));
    }
    if let Some(replaces) = &own.replaces {
        keep(&["replaces"], Leaf::Text(replaces.clone()));
    }
    for label in &own.previous_labels {
        edits.push(file, FileEdit::append(&["overrides", key, "previousLabels"], label));
    }
    let carried = |below: &Vec<String>, it: &EntryComment| values.comments.get(below) == Some(it);
    for (below, comment) in comments(fleet, &[file], key).into_iter().filter(|(below, it)| !carried(below, it)) {
        let path: Vec<&str> = ["overrides", key].into_iter().chain(below.iter().map(String::as_str)).collect();
        edits.push(file, FileEdit::comment(&path, comment));
    }
}

fn has(config: &Config, key: &str) -> bool {
    config.resolved.definitions.contains_key(key)
}

fn omits(config: &Config, key: &str) -> bool {
    config.resolved.omit.iter().any(|it| it.value.as_deref() == Some(key))
}

fn is_deactivated(config: &Config, key: &str) -> bool {
    config.resolved.definitions.get(key).is_some_and(|it| it.body.deactivated.get() == Some(&true))
}

fn created(fleet: Fleet<'_>, after: &[Config], key: &str) -> Vec<usize> {
    let pairs = fleet.configs.iter().zip(after).enumerate();
    pairs.filter(|(_, (before, after))| !has(before, key) && has(after, key)).map(|(index, _)| index).collect()
}

/// The effect on each org. Only this definition may change, and not in the org that it comes from.
fn outcomes(
    fleet: Fleet<'_>,
    after: &[Config],
    asked: PromoteRequest<'_>,
    values: &DefinitionValues,
) -> Result<Vec<Promoted>, Problem> {
    let PromoteRequest { key, from, to, omit_elsewhere: _ } = asked;
    let rest = |config: &Config| {
        let mut resolved = config.resolved.clone();
        resolved.definitions.remove(key);
        resolved.omit.retain(|it| it.value.as_deref() != Some(key));
        bare_text(&resolved)
    };
    let mut outcomes = Vec::new();
    for (index, (before, after)) in fleet.configs.iter().zip(after).enumerate() {
        let org = || text::ticked(fleet.org_name(index).unwrap_or_default());
        if rest(before) != rest(after) {
            return Err(Problem::new(format!("{} would change elsewhere as well; nothing was written", org()))
                .help("this is a bug of presencectl: please report it"));
        }
        let changes = changes(before, after, key);
        let outcome = match (has(before, key), has(after, key)) {
            (false, true) if omits(after, key) => Promoted::Omitted,
            (false, true) => Promoted::Created { deactivated: is_deactivated(after, key) },
            _ if changes.is_empty() || omits(after, key) => Promoted::Unchanged,
            _ => Promoted::Changed(changes),
        };
        if index == from && outcome != Promoted::Unchanged {
            return Err(Problem::new(format!("{} would change itself, since another layer says otherwise", org()))
                .help("name the layer that comes last in its `use`; nothing was written"));
        }
        if to == PromoteTarget::Org(index) && !arrives(after, key, values) {
            return Err(Problem::new(format!("{} would not have what is carried; nothing was written", org()))
                .help("this is a bug of presencectl: please report it"));
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

fn arrives(after: &Config, key: &str, values: &DefinitionValues) -> bool {
    let Some(found) = DefinitionValues::in_effect(after, key) else { return false };
    let labels = values.labels.iter().all(|(locale, it)| found.label(locale).map(|(_, it)| it) == Some(it));
    labels
        && (values.system_presence.is_none() || values.system_presence == found.system_presence)
        && (values.division.is_none() || values.division == found.division)
        && values.deactivated.is_none_or(|it| it == found.deactivated.unwrap_or_default())
}

/// The effective differences of a definition.
fn changes(before: &Config, after: &Config, key: &str) -> Vec<(String, Option<String>, Option<String>)> {
    let [before, after] = [before, after].map(|it| DefinitionValues::in_effect(it, key).unwrap_or_default());
    let mut changes = Vec::new();
    let mut compare = |name: &str, before: Option<String>, after: Option<String>| {
        if before != after {
            changes.push((name.to_owned(), before, after));
        }
    };
    let shown = |it: Option<bool>| it.filter(|it| *it).map(|it| it.to_string());
    compare("systemPresence", before.system_presence.clone(), after.system_presence.clone());
    compare("deactivated", shown(before.deactivated), shown(after.deactivated));
    compare("division", before.division.clone(), after.division.clone());
    let mut seen: Vec<Locale> = Vec::new();
    for (locale, _) in before.labels.iter().chain(&after.labels) {
        let meant = Locale::new(locale.as_str());
        if seen.iter().any(|it| it.same_as(&meant)) {
            continue;
        }
        let label = |it: &DefinitionValues| it.label(locale).and_then(|(_, it)| it.clone());
        compare(locale, label(&before), label(&after));
        seen.push(meant);
    }
    changes
}
