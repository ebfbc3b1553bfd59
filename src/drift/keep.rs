//! What to write into a config so that it agrees with what is in the org. Lines are tried before they are shown.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Span;
use crate::drift::trial::{Proposal, Trials, Verdict, pin_line};
use crate::import::pins::obstacle;
use crate::model::desired::{Desired, Wanted};
use crate::model::labels::Labels;
use crate::model::names::{DefinitionId, Key, Label, Locale, SystemPresence, can_be_id};
use crate::model::observed::{Content, Definition};
use crate::plan::answer::Answer;
use crate::plan::change::{Change, Create, Edit, Removal, Step};
use crate::plan::division;
use crate::slug::slug;
use crate::text;
use crate::yaml;

/// A longer line of labels becomes a line for each, since a line of a config has a limit.
const LABELS_IN_LINE_MAX: usize = 200;

/// What to write to keep what a step would change. `keys` are those that others of these lines use.
#[must_use]
pub fn keep(step: &Step, trials: &Trials<'_>, keys: &mut BTreeSet<Key>) -> Answer {
    let desired = trials.desired;
    let wanted = step.key().and_then(|key| desired.definitions.get(key));
    match (step, wanted) {
        (Step::Create(Create { key, .. }), Some(wanted)) if !is_only_in_layer(desired, wanted) => {
            let fields = vec!["deactivated: true".to_owned()];
            answer(&format!("take `{key}` out of the config, or write"), definition(desired, wanted, fields))
        }
        (Step::Create(_) | Step::Reactivate(_), Some(wanted)) => {
            write(desired, wanted, definition(desired, wanted, vec!["deactivated: true".to_owned()]))
        }
        (Step::Update(Edit { id, before, after, .. }), Some(wanted)) => edited(trials, wanted, id, before, after),
        (Step::Deactivate(_, Removal { id, before, .. }), Some(wanted)) => {
            let labels = before.labels.within(&desired.settings.scope);
            let mut became = Became::of(&labels, wanted, desired);
            became.fields.insert(0, "deactivated: false".to_owned());
            let asked = division::asked(wanted, trials.observed, false).ok().flatten();
            became.division(before.division.as_ref().filter(|it| asked.as_ref().is_some_and(|asked| asked != *it)));
            became.answer(trials, wanted, id)
        }
        (Step::Replace(..), Some(wanted)) => {
            let fields = vec!["new: true".to_owned()];
            answer("write instead of `replaces`", definition(desired, wanted, fields))
        }
        (Step::Delete(Removal { id, system_presence, before, after: _ }), _) => {
            let kept = added(trials, (id, system_presence, &before.labels), keys);
            if kept.lines.is_empty() && can_be_id(id.as_str()) {
                let lines = vec!["protect:".to_owned(), format!("- {}", yaml::scalar(id.as_str()))];
                return answer("protect it, since no config can name it", lines);
            }
            kept
        }
        // What the config does not name cannot be changed in it.
        (_, None) => answer("write nothing: the config does not name it", Vec::new()),
    }
}

/// Where it is to be written: beside what the file says of the definition, else into the org file, since a layer speaks
/// for other orgs too. None where nothing stands that it belongs to.
#[must_use]
pub fn place(change: &Change, desired: &Desired) -> Option<Span> {
    let wanted = change.step.key().and_then(|key| desired.definitions.get(key))?;
    match &desired.org {
        Some(org) if is_only_in_layer(desired, wanted) => Some(desired.overrides().unwrap_or(org.place)),
        Some(_) | None => Some(change.place.unwrap_or(wanted.places.key)),
    }
}

fn write(desired: &Desired, wanted: &Wanted, lines: Vec<String>) -> Answer {
    answer(verb(desired, wanted), lines)
}

fn verb(desired: &Desired, wanted: &Wanted) -> &'static str {
    if !is_only_in_layer(desired, wanted) {
        "write"
    } else if desired.overrides().is_some() {
        "write into the `overrides` of the org file"
    } else {
        "write into the org file"
    }
}

fn answer(say: &str, lines: Vec<String>) -> Answer {
    Answer { say: say.to_owned(), lines }
}

/// What no lines can say.
fn by_hand(object: Option<&Definition>) -> Answer {
    let why = object.and_then(obstacle).map(|it| format!(", since {}", it.in_words())).unwrap_or_default();
    answer(&format!("repair it in the org's admin page: no config can say it{why}"), Vec::new())
}

fn edited(trials: &Trials<'_>, wanted: &Wanted, id: &DefinitionId, before: &Content, after: &Content) -> Answer {
    if before.labels.is_empty() {
        return answer("write nothing: it has no label, and a config cannot ask for that", Vec::new());
    }
    let mut became = if before.labels.same_as(&after.labels) {
        Became::default()
    } else {
        Became::of(&before.labels, wanted, trials.desired)
    };
    became.division(before.division.as_ref().filter(|it| Some(*it) != after.division.as_ref()));
    became.answer(trials, wanted, id)
}

/// What to write so that a definition is what this object has become: its labels, and where it is.
#[must_use]
pub fn become_of(object: &Definition, wanted: &Wanted, trials: &Trials<'_>) -> Answer {
    let desired = trials.desired;
    let managed = object.labels.within(&desired.settings.scope);
    let mut became = if managed.is_empty() { Became::default() } else { Became::of(&managed, wanted, desired) };
    if object.system_presence != wanted.system_presence {
        let field = format!("systemPresence: {}", yaml::scalar(object.system_presence.as_str()));
        became.fields.insert(0, field);
    }
    if wanted.replaces.as_ref() == Some(&object.system_presence) {
        became.taken_out.push("replaces");
    }
    became.answer(trials, wanted, &object.id)
}

/// What to write before an apply takes this object for the definition, and makes it what it was.
#[must_use]
pub fn called_otherwise(object: &Definition, wanted: &Wanted, trials: &Trials<'_>) -> Answer {
    let desired = trials.desired;
    let say = format!("to take it back, {}, and apply", verb(desired, wanted));
    if let Some(label) = object.default_label(&desired.settings.default_locale) {
        let new = wanted.new.then(|| "new: false".to_owned());
        let fields: Vec<String> = previous_labels(wanted, label).into_iter().chain(new).collect();
        let proposal = proposal(&wanted.key, fields.clone());
        if trials.verdict(&proposal, &object.id) >= Verdict::Planned {
            return answer(&say, definition(desired, wanted, fields));
        }
    }
    let proposal = Proposal { pin: Some(&object.id), ..proposal(&wanted.key, Vec::new()) };
    if trials.verdict(&proposal, &object.id) == Verdict::Refused {
        return by_hand(Some(object));
    }
    answer(&say, pin(&wanted.key, &object.id).to_vec())
}

/// What to write before an apply makes the definition anew where it was, and deactivates this object.
#[must_use]
pub fn elsewhere(object: &Definition, wanted: &Wanted, trials: &Trials<'_>) -> Answer {
    let desired = trials.desired;
    let instead = if wanted.pin.is_some() { " instead of its pin" } else { "" };
    let verb = verb(desired, wanted);
    let say = format!("to take it back (it is made anew, and this one is deactivated), {verb}{instead}, and apply");
    let default_locale = &desired.settings.default_locale;
    let label = object.default_label(default_locale);
    let mut fields = vec![format!("replaces: {}", yaml::scalar(object.system_presence.as_str()))];
    if let Some(label) = label.filter(|it| Some(*it) != wanted.default_label(default_locale)) {
        fields.extend(previous_labels(wanted, label));
    }
    let proposal = Proposal { taken_out: vec!["new", "pin"], ..proposal(&wanted.key, fields.clone()) };
    if label.is_some() && trials.verdict(&proposal, &object.id) != Verdict::Refused {
        return answer(&say, definition(desired, wanted, fields));
    }
    // By no label can `replaces` find it: it needs a definition of its own, by its id.
    let Some(old) = free_key(desired, &format!("{}-before", wanted.key), &BTreeSet::new()) else {
        return by_hand(Some(object));
    };
    if !can_be_id(object.id.as_str()) {
        return by_hand(Some(object));
    }
    let mut lines = definition(desired, wanted, vec!["new: true".to_owned()]);
    let presence = yaml::scalar(object.system_presence.as_str());
    let name = yaml::scalar(old.as_str());
    lines.push("definitions:".to_owned());
    lines.push(format!("  {name}: {{ systemPresence: {presence}, deactivated: true }}"));
    lines.extend(pin(&old, &object.id));
    answer(&say, lines)
}

/// What to write where the object is none of this definition after all.
#[must_use]
pub fn another(wanted: &Wanted, desired: &Desired) -> Answer {
    let instead = if wanted.previous_labels.is_empty() { "" } else { " instead of `previousLabels`" };
    let say = format!("if it is another one, {}{instead}, and apply", verb(desired, wanted));
    answer(&say, definition(desired, wanted, vec!["new: true".to_owned()]))
}

/// Those that are there and one more.
fn previous_labels(wanted: &Wanted, more: &Label) -> Vec<String> {
    listed(wanted.previous_labels.iter().chain([more]))
}

fn listed<'a>(labels: impl Iterator<Item = &'a Label>) -> Vec<String> {
    let labels: Vec<String> = labels.map(|it| yaml::scalar(it.nfc())).collect();
    let line = format!("previousLabels: [{}]", labels.join(", "));
    if line.len() <= LABELS_IN_LINE_MAX {
        return vec![line];
    }
    std::iter::once("previousLabels:".to_owned()).chain(labels.iter().map(|it| format!("- {it}"))).collect()
}

fn proposal(key: &Key, fields: Vec<String>) -> Proposal<'_> {
    Proposal { key, fields, pin: None, added_presence: None, gone: Vec::new(), taken_out: Vec::new() }
}

/// How a definition becomes what an object is: only what differs.
#[derive(Debug, Default)]
struct Became {
    /// Its fields.
    fields: Vec<String>,
    /// Labels that go, and stand where only the config's own line says so.
    gone: Vec<Locale>,
    /// See [`Proposal::taken_out`].
    taken_out: Vec<&'static str>,
}

impl Became {
    /// By the managed labels of an object.
    fn of(labels: &Labels, wanted: &Wanted, desired: &Desired) -> Became {
        let managed = wanted.labels.within(&desired.settings.scope);
        let mut spellings: BTreeMap<String, usize> = BTreeMap::new();
        for (locale, _) in labels.iter() {
            *spellings.entry(locale.normal()).or_default() += 1;
        }
        // Of two spellings an override would take one for the other.
        let is_twice = |locale: &Locale| spellings.get(&locale.normal()).is_some_and(|it| *it > 1);
        let layered = |locale: &Locale| wanted.places.layered.iter().flatten().any(|it| it.same_as(locale));
        let (mut items, mut gone) = (Vec::new(), Vec::new());
        for pair in labels.pair(&managed) {
            match (pair.first, pair.second) {
                (Some(label), second) if second != Some(label) || is_twice(pair.locale) => {
                    items.push((pair.locale, yaml::scalar(label.nfc())));
                }
                (None, Some(_)) if layered(pair.locale) => items.push((pair.locale, "null".to_owned())),
                (None, Some(_)) => gone.push(pair.locale.clone()),
                (Some(_) | None, _) => {}
            }
        }
        let default_locale = &desired.settings.default_locale;
        items.sort_by_key(|(locale, _)| (!locale.same_as(default_locale), *locale));
        let items: Vec<String> =
            items.into_iter().map(|(locale, label)| format!("{}: {label}", yaml::scalar(locale.as_str()))).collect();
        let mut fields = labels_field(&items);
        let now = labels.get(default_locale);
        if wanted.previous_labels.iter().any(|it| Some(it) == now) {
            fields.extend(listed(wanted.previous_labels.iter().filter(|it| Some(*it) != now)));
        }
        Became { fields, gone, taken_out: Vec::new() }
    }

    fn division(&mut self, division: Option<&crate::model::names::DivisionId>) {
        self.fields.extend(division.map(|it| format!("division: {}", yaml::scalar(it.as_str()))));
    }

    /// As lines that pass, with a pin where they do not without.
    fn answer(self, trials: &Trials<'_>, wanted: &Wanted, id: &DefinitionId) -> Answer {
        let Became { fields, gone, taken_out } = self;
        let (desired, object) = (trials.desired, trials.observed.get(id));
        let presence = object.map(|it| &it.system_presence).filter(|it| **it != wanted.system_presence);
        let added_presence = presence.filter(|it| !is_known(it, desired));
        let proposal = Proposal {
            added_presence,
            gone: gone.clone(),
            taken_out: taken_out.clone(),
            ..proposal(&wanted.key, fields.clone())
        };
        let Some(pinned) = trials.passing(proposal, id) else { return by_hand(object) };
        let mut lines = definition(desired, wanted, fields);
        lines.extend(settings_lines(added_presence, desired));
        if pinned {
            lines.extend(pin(&wanted.key, id));
        }
        let mut say = verb(desired, wanted).to_owned();
        if !taken_out.is_empty() {
            say.push_str(" instead of `replaces`");
        }
        if !gone.is_empty() {
            let (labels, locales) = (if gone.len() == 1 { "label" } else { "labels" }, gone.iter().map(text::unticked));
            let locales = text::list(&locales.map(|it| format!("`{it}`")).collect::<Vec<_>>(), "and");
            let take = format!("take out its {labels} for {locales}");
            say = if lines.is_empty() { take } else { format!("{take}, and {say}") };
        }
        answer(&say, lines)
    }
}

/// The field `labels`, on one line where that is short.
fn labels_field(items: &[String]) -> Vec<String> {
    if items.is_empty() {
        return Vec::new();
    }
    let line = format!("labels: {{ {} }}", items.join(", "));
    if line.len() <= LABELS_IN_LINE_MAX {
        return vec![line];
    }
    std::iter::once("labels:".to_owned()).chain(items.iter().map(|it| format!("  {it}"))).collect()
}

fn is_known(presence: &SystemPresence, desired: &Desired) -> bool {
    presence.standard().is_some() || desired.settings.system_presences.contains(presence)
}

/// The list of added system presences, with one more.
fn settings_lines(added: Option<&SystemPresence>, desired: &Desired) -> Vec<String> {
    let Some(added) = added else { return Vec::new() };
    let all: Vec<String> =
        desired.settings.system_presences.iter().chain([added]).map(|it| yaml::scalar(it.as_str())).collect();
    vec!["settings:".to_owned(), format!("  systemPresences: [{}]", all.join(", "))]
}

/// The fields of a definition, where they have to stand: a layer speaks for other orgs too.
fn definition(desired: &Desired, wanted: &Wanted, fields: Vec<String>) -> Vec<String> {
    if fields.is_empty() {
        return Vec::new();
    }
    let key = yaml::scalar(wanted.key.as_str());
    if is_only_in_layer(desired, wanted) && desired.overrides().is_none() {
        let head = ["overrides:".to_owned(), format!("  {key}:")];
        return head.into_iter().chain(fields.into_iter().map(|it| format!("    {it}"))).collect();
    }
    std::iter::once(format!("{key}:")).chain(fields.into_iter().map(|it| format!("  {it}"))).collect()
}

/// Does the org file say nothing of it?
fn is_only_in_layer(desired: &Desired, wanted: &Wanted) -> bool {
    desired.org.as_ref().is_some_and(|org| org.place.file != wanted.places.key.file)
}

/// A key that neither the config nor another of these lines has.
fn free_key(desired: &Desired, base: &str, keys: &BTreeSet<Key>) -> Option<Key> {
    let numbered = (2_usize..).map(|number| format!("{base}-{number}"));
    let is_free = |it: &Key| !desired.definitions.contains_key(it) && !keys.contains(it);
    std::iter::once(base.to_owned()).chain(numbered).map_while(|it| Key::new(&it)).find(is_free)
}

/// A definition that the config does not have, under a key that is free.
#[must_use]
pub fn added(
    trials: &Trials<'_>,
    (id, system_presence, labels): (&DefinitionId, &SystemPresence, &Labels),
    keys: &mut BTreeSet<Key>,
) -> Answer {
    let desired = trials.desired;
    let name = labels.name(&desired.settings.default_locale).map(Label::nfc).and_then(slug);
    let base = name.unwrap_or_else(|| "definition".to_owned());
    let Some(key) = free_key(desired, &base, keys) else {
        return answer("import it (`presencectl import`)", Vec::new());
    };
    let each: Vec<String> = labels
        .iter()
        .map(|(locale, label)| format!("{}: {}", yaml::scalar(locale.as_str()), yaml::scalar(label.nfc())))
        .collect();
    let mut fields = vec![format!("systemPresence: {}", yaml::scalar(system_presence.as_str()))];
    fields.extend(labels_field(&each));
    let added_presence = Some(system_presence).filter(|it| !is_known(it, desired));
    let proposal = Proposal { added_presence, ..proposal(&key, fields.clone()) };
    let Some(pinned) = trials.passing(proposal, id) else { return by_hand(trials.observed.get(id)) };
    let mut lines = vec!["definitions:".to_owned(), format!("  {}:", yaml::scalar(key.as_str()))];
    lines.extend(fields.into_iter().map(|it| format!("    {it}")));
    lines.extend(settings_lines(added_presence, desired));
    if pinned {
        lines.extend(pin(&key, id));
    }
    keys.insert(key);
    answer("write", lines)
}

fn pin(key: &Key, id: &DefinitionId) -> [String; 2] {
    ["ids:".to_owned(), pin_line(key, id)]
}
