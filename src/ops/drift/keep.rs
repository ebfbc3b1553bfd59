//! What to write into a config so that it agrees with what is in the org.

use std::collections::BTreeSet;

use crate::model::desired::{Desired, Wanted};
use crate::model::labels::Labels;
use crate::model::names::{DefinitionId, Key, Label, Locale, SystemPresence};
use crate::model::observed::{Content, Definition};
use crate::model::slug::slug;
use crate::model::source::Span;
use crate::model::yaml;
use crate::plan::answer::Answer;
use crate::plan::change::{Change, Create, Edit, Removal, Step};

/// What to write to keep what a step would change. `keys` are those that others of these lines use.
pub fn keep(step: &Step, desired: &Desired, keys: &mut BTreeSet<Key>) -> Answer {
    let wanted = step.key().and_then(|key| desired.definitions.get(key));
    match (step, wanted) {
        (Step::Create(Create { key, .. }), Some(wanted)) if !is_only_in_layer(desired, wanted) => {
            let fields = vec!["deactivated: true".to_owned()];
            answer(&format!("take `{key}` out of the config, or write"), definition(desired, wanted, fields))
        }
        (Step::Create(_) | Step::Reactivate(_), Some(wanted)) => {
            write(desired, wanted, definition(desired, wanted, vec!["deactivated: true".to_owned()]))
        }
        (Step::Update(Edit { id, before, after, .. }), Some(wanted)) => edited(desired, wanted, id, before, after),
        (Step::Deactivate(_, Removal { before, .. }), Some(wanted)) => {
            let labels = before.labels.within(&desired.settings.scope);
            let fields = vec!["deactivated: false".to_owned(), labels_field(desired, wanted, &labels)];
            write(desired, wanted, definition(desired, wanted, fields))
        }
        (Step::Replace(..), Some(wanted)) => {
            let fields = vec!["new: true".to_owned()];
            answer("write instead of `replaces`", definition(desired, wanted, fields))
        }
        (Step::Delete(Removal { id, system_presence, before, after: _ }), _) => {
            added(desired, (id, system_presence, &before.labels), keys)
        }
        // What the config does not name cannot be changed in it.
        (_, None) => answer("write nothing: the config does not name it", Vec::new()),
    }
}

/// Where it is to be written: beside what the file says of the definition, else into the org file, since a layer speaks
/// for other orgs too. None where nothing stands that it belongs to.
pub fn place(change: &Change, desired: &Desired) -> Option<Span> {
    let wanted = change.step.key().and_then(|key| desired.definitions.get(key))?;
    match &desired.org {
        Some(org) if is_only_in_layer(desired, wanted) => Some(org.place),
        Some(_) | None => Some(change.place.unwrap_or(wanted.places.key)),
    }
}

fn write(desired: &Desired, wanted: &Wanted, lines: Vec<String>) -> Answer {
    answer(verb(desired, wanted), lines)
}

fn verb(desired: &Desired, wanted: &Wanted) -> &'static str {
    if is_only_in_layer(desired, wanted) { "write into the org file" } else { "write" }
}

fn answer(say: &str, lines: Vec<String>) -> Answer {
    Answer { say: say.to_owned(), lines }
}

fn edited(desired: &Desired, wanted: &Wanted, id: &DefinitionId, before: &Content, after: &Content) -> Answer {
    if before.labels.is_empty() {
        return answer("write nothing: it has no label, and a config cannot ask for that", Vec::new());
    }
    let mut fields = Vec::new();
    if !before.labels.same_as(&after.labels) {
        fields.push(labels_field(desired, wanted, &before.labels));
    }
    if let Some(division) = before.division.as_ref().filter(|it| Some(*it) != after.division.as_ref()) {
        fields.push(format!("division: {}", yaml::scalar(division.as_str())));
    }
    let mut lines = definition(desired, wanted, fields);
    let default_locale = &desired.settings.default_locale;
    let is_found = desired.settings.scope.covers(default_locale) && before.labels.get(default_locale).is_none();
    if is_found && wanted.pin.is_none() {
        lines.extend(pin(&wanted.key, id));
    }
    write(desired, wanted, lines)
}

/// What to write so that a definition is what this object has become: its labels, and where it is.
pub fn become_of(object: &Definition, wanted: &Wanted, desired: &Desired) -> Answer {
    let managed = object.labels.within(&desired.settings.scope);
    let mut fields = Vec::new();
    if object.system_presence != wanted.system_presence {
        fields.push(format!("systemPresence: {}", yaml::scalar(object.system_presence.as_str())));
    }
    if !managed.is_empty() && !managed.same_as(&wanted.labels.within(&desired.settings.scope)) {
        fields.push(labels_field(desired, wanted, &managed));
    }
    let mut lines = definition(desired, wanted, fields);
    let is_found = object.default_label(&desired.settings.default_locale).is_some();
    if !is_found && wanted.pin.is_none() {
        lines.extend(pin(&wanted.key, &object.id));
    }
    write(desired, wanted, lines)
}

/// What to write before an apply takes this object for the definition, and makes it what it was.
pub fn called_otherwise(object: &Definition, wanted: &Wanted, desired: &Desired) -> Answer {
    let lines = match object.default_label(&desired.settings.default_locale) {
        Some(label) => definition(desired, wanted, vec![previous_labels(wanted, label)]),
        None => pin(&wanted.key, &object.id).to_vec(),
    };
    answer(&format!("to take it back, {}, and apply", verb(desired, wanted)), lines)
}

/// What to write before an apply makes the definition anew where it was, and deactivates this object.
pub fn elsewhere(object: &Definition, wanted: &Wanted, desired: &Desired) -> Answer {
    let mut fields = vec![format!("replaces: {}", yaml::scalar(object.system_presence.as_str()))];
    let default_locale = &desired.settings.default_locale;
    let label = object.default_label(default_locale);
    if let Some(label) = label.filter(|it| Some(*it) != wanted.default_label(default_locale)) {
        fields.push(previous_labels(wanted, label));
    }
    let instead = if wanted.pin.is_some() { " instead of its pin" } else { "" };
    let verb = verb(desired, wanted);
    let say = format!("to take it back (it is made anew, and this one is deactivated), {verb}{instead}, and apply");
    answer(&say, definition(desired, wanted, fields))
}

/// What to write where the object is none of this definition after all.
pub fn another(wanted: &Wanted, desired: &Desired) -> Answer {
    let instead = if wanted.previous_labels.is_empty() { "" } else { " instead of `previousLabels`" };
    let say = format!("if it is another one, {}{instead}, and apply", verb(desired, wanted));
    answer(&say, definition(desired, wanted, vec!["new: true".to_owned()]))
}

/// Those that are there and one more.
fn previous_labels(wanted: &Wanted, more: &Label) -> String {
    let labels: Vec<String> = wanted.previous_labels.iter().chain([more]).map(|it| yaml::scalar(it.nfc())).collect();
    format!("previousLabels: [{}]", labels.join(", "))
}

/// The fields of a definition, where they have to stand: a layer speaks for other orgs too.
fn definition(desired: &Desired, wanted: &Wanted, fields: Vec<String>) -> Vec<String> {
    let key = yaml::scalar(wanted.key.as_str());
    if is_only_in_layer(desired, wanted) {
        let head = ["overrides:".to_owned(), format!("  {key}:")];
        return head.into_iter().chain(fields.into_iter().map(|it| format!("    {it}"))).collect();
    }
    std::iter::once(format!("{key}:")).chain(fields.into_iter().map(|it| format!("  {it}"))).collect()
}

/// Does the org file say nothing of it?
fn is_only_in_layer(desired: &Desired, wanted: &Wanted) -> bool {
    desired.org.as_ref().is_some_and(|org| org.place.file != wanted.places.key.file)
}

/// The labels of the org, and those of the config that are not managed. Where a layer has a label that is gone, the org
/// file has to say so: what it does not name stays as the layer says.
fn labels_field(desired: &Desired, wanted: &Wanted, labels: &Labels) -> String {
    let managed = &desired.settings.scope;
    let mut items: Vec<(Locale, String)> =
        labels.iter().map(|(locale, label)| (locale.clone(), yaml::scalar(label.nfc()))).collect();
    let not_managed = wanted.labels.iter().filter(|(it, _)| labels.get(it).is_none() && !managed.covers(it));
    items.extend(not_managed.map(|(locale, label)| (locale.clone(), yaml::scalar(label.nfc()))));
    let gone = wanted.places.layered.iter().flatten().filter(|it| labels.get(it).is_none() && managed.covers(it));
    items.extend(gone.map(|locale| (locale.clone(), "null".to_owned())));
    items.sort_by_key(|(locale, _)| (!locale.same_as(&desired.settings.default_locale), locale.clone()));
    let items: Vec<String> =
        items.into_iter().map(|(locale, label)| format!("{}: {label}", yaml::scalar(locale.as_str()))).collect();
    format!("labels: {{ {} }}", items.join(", "))
}

/// A definition that the config does not have, under a key that is free.
pub fn added(
    desired: &Desired,
    (id, system_presence, labels): (&DefinitionId, &SystemPresence, &Labels),
    keys: &mut BTreeSet<Key>,
) -> Answer {
    let default_locale = &desired.settings.default_locale;
    let name = labels.name(default_locale).map(Label::nfc).and_then(slug);
    let base = name.unwrap_or_else(|| "definition".to_owned());
    let numbered = (2_usize..).map(|number| format!("{base}-{number}"));
    let is_free = |it: &Key| !desired.definitions.contains_key(it) && !keys.contains(it);
    let names = std::iter::once(base.clone()).chain(numbered);
    let Some(key) = names.map_while(|it| Key::new(&it)).find(is_free) else {
        return answer("import it (`presencectl import`)", Vec::new());
    };
    let each = labels
        .iter()
        .map(|(locale, label)| format!("{}: {}", yaml::scalar(locale.as_str()), yaml::scalar(label.nfc())))
        .collect::<Vec<String>>();
    let mut lines = vec![
        "definitions:".to_owned(),
        format!("  {}:", yaml::scalar(key.as_str())),
        format!("    systemPresence: {}", yaml::scalar(system_presence.as_str())),
        format!("    labels: {{ {} }}", each.join(", ")),
    ];
    if labels.get(default_locale).is_none() {
        lines.extend(pin(&key, id));
    }
    keys.insert(key);
    answer("write", lines)
}

fn pin(key: &Key, id: &DefinitionId) -> [String; 2] {
    ["ids:".to_owned(), format!("  {}: {}", yaml::scalar(key.as_str()), yaml::scalar(id.as_str()))]
}
