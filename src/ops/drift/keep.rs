//! The lines that make a config agree with the org. They are tried before they are shown.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::desired::{Desired, Places, Wanted};
use crate::model::labels::Labels;
use crate::model::names::{DefinitionId, DivisionId, Key, Label, Locale, SystemPresence, can_be_id};
use crate::model::observed::{Content, Definition};
use crate::model::pins::obstacle;
use crate::model::slug::slug;
use crate::model::source::{FileId, Span};
use crate::model::{text, yaml};
use crate::ops::drift::trial::{Proposal, TrialVerdict, Trials, pin_line};
use crate::plan::answer::Answer;
use crate::plan::change::{Change, Create, Edit, Removal, Step};
use crate::plan::division;

/// A longer list of labels gets a line per label, because config lines have a length limit.
const LABELS_IN_LINE_MAX: usize = 200;

/// The lines that keep a difference.
#[derive(Debug)]
pub struct Kept {
    pub answer: Answer,
    /// Their place in a layer that no other org uses. `None` if they are for the org file, or there is no layer.
    pub layer: Option<Span>,
}

impl Kept {
    pub fn in_org_file(answer: Answer) -> Kept {
        Kept { answer, layer: None }
    }
}

/// The definition in the layer to edit, if no other org uses it. In a layer over another one, no line removes a label of
/// the other.
pub fn layer_of_one(wanted: &Wanted, alone: &[FileId], takes_away: bool) -> Option<Span> {
    let Places { key, first, .. } = &wanted.places;
    (alone.contains(&key.file) && !(takes_away && first.file != key.file)).then_some(*key)
}

/// The lines that keep what a step would change. `keys` are those that other suggested lines use.
pub fn keep(step: &Step, trials: &Trials<'_>, keys: &mut BTreeSet<Key>) -> Kept {
    let wanted = step.key().and_then(|key| trials.desired.definitions.get(key));
    match (step, wanted) {
        (Step::Update(Edit { id, before, after, .. }), Some(wanted)) => edited(trials, wanted, id, before, after),
        (Step::Deactivate(_, Removal { id, before, .. }), Some(wanted)) => active(trials, wanted, id, before),
        (Step::Reactivate(_), Some(wanted)) if let Some(layer) = layer_of_one(wanted, trials.alone, false) => {
            Kept { answer: in_layer(wanted, vec!["deactivated: true".to_owned()]), layer: Some(layer) }
        }
        _ => Kept::in_org_file(keep_in_org_file(step, trials, wanted, keys)),
    }
}

fn keep_in_org_file(step: &Step, trials: &Trials<'_>, wanted: Option<&Wanted>, keys: &mut BTreeSet<Key>) -> Answer {
    let desired = trials.desired;
    match (step, wanted) {
        (Step::Create(_) | Step::Reactivate(_), Some(wanted)) => {
            let kept = write(desired, wanted, vec!["deactivated: true".to_owned()]);
            match step {
                Step::Create(Create { key, .. }) if desired.org_file_without(wanted).is_none() => {
                    answer(&format!("take `{key}` out of the config, or {}", kept.say), kept.lines)
                }
                _ => kept,
            }
        }
        (Step::Supersede(..), Some(wanted)) if is_in_layer(wanted.places.replaces, desired, wanted) => {
            answer("take its `replaces` out of the layer", Vec::new())
        }
        (Step::Supersede(..), Some(wanted)) => is_new(desired, wanted, "`replaces`"),
        (Step::Delete(Removal { id, system_presence, before, after: _ }), _) => {
            let kept = added(trials, (id, system_presence, &before.labels), keys);
            if kept.lines.is_empty() && can_be_id(id.as_str()) {
                let lines = vec!["protect:".to_owned(), format!("- {}", yaml::scalar(id.as_str()))];
                return answer("protect it, since no config can name it", lines);
            }
            kept
        }
        // An object that the config does not name cannot be changed in it.
        _ => answer("write nothing: the config does not name it", Vec::new()),
    }
}

/// Where to write it: at the definition, or in the org file, because a layer is shared. `None` if there is no related
/// place.
pub fn place(change: &Change, desired: &Desired) -> Option<Span> {
    let wanted = change.step.key().and_then(|key| desired.definitions.get(key))?;
    let replaces = wanted.places.replaces.filter(|_| matches!(change.step, Step::Supersede(..)));
    if replaces.is_some() && is_in_layer(replaces, desired, wanted) {
        return replaces;
    }
    match desired.org_file_without(wanted) {
        Some(org) => Some(org.overrides.unwrap_or(org.place)),
        None => Some(change.place.unwrap_or(wanted.places.key)),
    }
}

fn write(desired: &Desired, wanted: &Wanted, fields: Vec<String>) -> Answer {
    laid_out(desired, wanted, fields, Vec::new())
}

/// Lays out the fields of a definition and lines of other sections, because a layer is shared. Lines for several
/// sections start with their names. Other lines fit the existing section.
fn laid_out(desired: &Desired, wanted: &Wanted, fields: Vec<String>, sections: Vec<String>) -> Answer {
    let key = yaml::scalar(wanted.key.as_str());
    let org = desired.org_file_without(wanted);
    let file = if org.is_some() { "write into the org file" } else { "write" };
    if fields.is_empty() {
        return answer(file, sections);
    }
    let is_there = org.is_none_or(|org| org.overrides.is_some());
    let mut lines = vec![format!("{key}:")];
    lines.extend(fields.into_iter().map(|it| format!("  {it}")));
    if is_there && sections.is_empty() {
        return answer(if org.is_some() { "write into the `overrides` of the org file" } else { file }, lines);
    }
    let section = if org.is_some() || wanted.places.layered.is_some() { "overrides:" } else { "definitions:" };
    let indented = lines.into_iter().map(|it| format!("  {it}"));
    let lines = std::iter::once(section.to_owned()).chain(indented).chain(sections).collect();
    if is_there { answer(&format!("{file}, section by section"), lines) } else { answer(file, lines) }
}

/// Is it in a layer? The org file cannot revert it then.
fn is_in_layer(place: Option<Span>, desired: &Desired, wanted: &Wanted) -> bool {
    let org_file = desired.org.as_ref().map(|it| it.place.file);
    wanted.places.layered.is_some() && place.is_some_and(|it| Some(it.file) != org_file)
}

/// Declares it as new. `instead` is the line beside `previousLabels` that contradicts it.
fn is_new(desired: &Desired, wanted: &Wanted, instead: &str) -> Answer {
    let mut fields = vec!["new: true".to_owned()];
    let mut contrary = vec![instead];
    if is_in_layer(wanted.places.previous_labels.first().copied(), desired, wanted) {
        fields.push("previousLabels: []".to_owned());
    } else if !wanted.previous_labels.is_empty() {
        contrary.push("`previousLabels`");
    }
    contrary.retain(|it| !it.is_empty());
    let Answer { say, lines } = write(desired, wanted, fields);
    if contrary.is_empty() {
        return answer(&say, lines);
    }
    answer(&format!("{say} instead of {}", text::list(&contrary, "and")), lines)
}

fn answer(say: &str, lines: Vec<String>) -> Answer {
    Answer { say: say.to_owned(), lines }
}

/// A difference that no lines can express.
fn by_hand(object: Option<&Definition>) -> Answer {
    let why = object.and_then(obstacle).map(|it| format!(", since {}", it.in_words())).unwrap_or_default();
    answer(&format!("repair it in the org's admin page: no config can say it{why}"), Vec::new())
}

fn edited(trials: &Trials<'_>, wanted: &Wanted, id: &DefinitionId, before: &Content, after: &Content) -> Kept {
    if before.labels.is_empty() {
        let say = "give it a label in the org's admin page: it has none, and a config cannot ask for that";
        return Kept::in_org_file(answer(say, Vec::new()));
    }
    let is_labelled = before.labels.same_as(&after.labels);
    let labels = |alone: &[FileId]| Became::of(&before.labels, wanted, trials.desired, alone);
    let became = |alone: &[FileId]| if is_labelled { Became::default() } else { labels(alone) };
    kept(trials, wanted, id, before.division.as_ref().filter(|it| Some(*it) != after.division.as_ref()), became)
}

fn active(trials: &Trials<'_>, wanted: &Wanted, id: &DefinitionId, before: &Content) -> Kept {
    let labels = before.labels.within(&trials.desired.settings.scope);
    let became = |alone: &[FileId]| {
        let mut became = Became::of(&labels, wanted, trials.desired, alone);
        became.fields.insert(0, "deactivated: false".to_owned());
        became
    };
    let asked = division::asked(wanted, trials.observed, false).ok().flatten();
    let division = before.division.as_ref().filter(|it| asked.as_ref().is_some_and(|asked| asked != *it));
    kept(trials, wanted, id, division, became)
}

/// The lines for a layer that no other org uses, if nothing else is needed. Otherwise those for the org file.
fn kept(
    trials: &Trials<'_>,
    wanted: &Wanted,
    id: &DefinitionId,
    division: Option<&DivisionId>,
    became: impl Fn(&[FileId]) -> Became,
) -> Kept {
    let of_layer = became(trials.alone);
    if let Some(layer) = of_layer.layer.filter(|_| division.is_none())
        && let Some(answer) = of_layer.in_layer(trials, wanted, id)
    {
        return Kept { answer, layer: Some(layer) };
    }
    let mut of_org_file = became(&[]);
    of_org_file.fields.extend(division.map(|it| format!("division: {}", yaml::scalar(it.as_str()))));
    Kept::in_org_file(of_org_file.answer(trials, wanted, id))
}

fn in_layer(wanted: &Wanted, fields: Vec<String>) -> Answer {
    let key = (!fields.is_empty()).then(|| format!("{}:", yaml::scalar(wanted.key.as_str())));
    let fields = fields.into_iter().map(|it| format!("  {it}"));
    answer("write into the layer", key.into_iter().chain(fields).collect())
}

/// The lines that give a definition the object's current labels and place.
pub fn become_of(object: &Definition, wanted: &Wanted, trials: &Trials<'_>) -> Answer {
    let desired = trials.desired;
    let managed = object.labels.within(&desired.settings.scope);
    let mut became = if managed.is_empty() { Became::default() } else { Became::of(&managed, wanted, desired, &[]) };
    if object.system_presence != wanted.system_presence {
        let field = format!("systemPresence: {}", yaml::scalar(object.system_presence.as_str()));
        became.fields.insert(0, field);
    }
    if wanted.replaces.as_ref() == Some(&object.system_presence) {
        became.taken_out.push("replaces");
    }
    became.answer(trials, wanted, &object.id)
}

/// The lines to write so that an apply matches this renamed object with the definition and restores it.
pub fn called_otherwise(object: &Definition, wanted: &Wanted, trials: &Trials<'_>) -> Answer {
    let desired = trials.desired;
    let taken_back =
        |Answer { say, lines }: Answer| Answer { say: format!("to take it back, {say}, and apply"), lines };
    if let Some(label) = object.default_label(&desired.settings.default_locale) {
        let new = wanted.new.then(|| "new: false".to_owned());
        let fields: Vec<String> = previous_labels(wanted, label).into_iter().chain(new).collect();
        let proposal = proposal(&wanted.key, fields.clone());
        if trials.verdict(&proposal, &object.id) >= TrialVerdict::Planned {
            return taken_back(write(desired, wanted, fields));
        }
    }
    let proposal = Proposal { pin: Some(&object.id), ..proposal(&wanted.key, Vec::new()) };
    if trials.verdict(&proposal, &object.id) == TrialVerdict::Refused {
        return by_hand(Some(object));
    }
    taken_back(laid_out(desired, wanted, Vec::new(), pin(&wanted.key, &object.id).to_vec()))
}

/// The lines to write so that an apply creates the definition in its old place and deactivates this object.
pub fn elsewhere(object: &Definition, wanted: &Wanted, trials: &Trials<'_>) -> Answer {
    let desired = trials.desired;
    let instead = if wanted.pin.is_some() { " instead of its pin" } else { "" };
    let taken_back = |Answer { say, lines }: Answer| Answer {
        say: format!("to take it back (a new one is created, and this one is deactivated), {say}{instead}, and apply"),
        lines,
    };
    let default_locale = &desired.settings.default_locale;
    let label = object.default_label(default_locale);
    let mut fields = vec![format!("replaces: {}", yaml::scalar(object.system_presence.as_str()))];
    if let Some(label) = label.filter(|it| Some(*it) != wanted.default_label(default_locale)) {
        fields.extend(previous_labels(wanted, label));
    }
    let proposal = Proposal { taken_out: vec!["new", "pin"], ..proposal(&wanted.key, fields.clone()) };
    if label.is_some() && trials.verdict(&proposal, &object.id) != TrialVerdict::Refused {
        return taken_back(write(desired, wanted, fields));
    }
    // `replaces` cannot find it by label: it needs a definition of its own, by id.
    let Some(old) = free_key(desired, &format!("{}-before", wanted.key), &BTreeSet::new()) else {
        return by_hand(Some(object));
    };
    if !can_be_id(object.id.as_str()) {
        return by_hand(Some(object));
    }
    let presence = yaml::scalar(object.system_presence.as_str());
    let goes = format!("  {}: {{ systemPresence: {presence}, deactivated: true }}", yaml::scalar(old.as_str()));
    let mut answer = laid_out(desired, wanted, vec!["new: true".to_owned()], pin(&old, &object.id).to_vec());
    // Next to the definition, if that is in the same section.
    if answer.lines[0] != "definitions:" {
        answer.lines.insert(0, "definitions:".to_owned());
    }
    answer.lines.insert(1, goes);
    taken_back(answer)
}

/// The lines to write if the object does not belong to this definition.
pub fn another(wanted: &Wanted, desired: &Desired) -> Answer {
    let Answer { say, lines } = is_new(desired, wanted, "");
    answer(&format!("if it is another one, {say}, and apply"), lines)
}

/// All previous labels and one more.
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

/// The differences between a definition and an object.
#[derive(Debug, Default)]
struct Became {
    fields: Vec<String>,
    /// Labels to remove, which are in the config's own lines only.
    gone: Vec<Locale>,
    /// See [`Proposal::taken_out`].
    taken_out: Vec<&'static str>,
    /// See [`layer_of_one`].
    layer: Option<Span>,
}

impl Became {
    /// From the managed labels of an object. `alone` are the layers that no other org uses.
    fn of(labels: &Labels, wanted: &Wanted, desired: &Desired, alone: &[FileId]) -> Became {
        let managed = wanted.labels.within(&desired.settings.scope);
        let layer = layer_of_one(wanted, alone, labels.pair(&managed).iter().any(|it| it.first.is_none()));
        let mut spellings: BTreeMap<String, usize> = BTreeMap::new();
        for (locale, _) in labels.iter() {
            *spellings.entry(locale.normal()).or_default() += 1;
        }
        // With two spellings of a locale, an override could hit the wrong one.
        let is_twice = |locale: &Locale| spellings.get(&locale.normal()).is_some_and(|it| *it > 1);
        let inherited = wanted.places.layered.iter().flatten().filter(|_| layer.is_none());
        let layered = |locale: &Locale| inherited.clone().any(|it| it.same_as(locale));
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
        Became { fields, gone, taken_out: Vec::new(), layer }
    }

    /// As lines for a layer. `None` if they also need a pin, which only an org file has.
    fn in_layer(&self, trials: &Trials<'_>, wanted: &Wanted, id: &DefinitionId) -> Option<Answer> {
        let Became { fields, gone, taken_out: _, layer: _ } = self;
        let proposal = Proposal { gone: gone.clone(), ..proposal(&wanted.key, fields.clone()) };
        (trials.passing(proposal, id) == Some(false)).then(|| without(gone, in_layer(wanted, fields.clone())))
    }

    /// As lines that pass, with a pin if they need one.
    fn answer(self, trials: &Trials<'_>, wanted: &Wanted, id: &DefinitionId) -> Answer {
        let Became { fields, gone, taken_out, layer: _ } = self;
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
        let mut sections = settings_lines(added_presence, desired);
        if pinned {
            sections.extend(pin(&wanted.key, id));
        }
        let Answer { mut say, lines } = laid_out(desired, wanted, fields, sections);
        if !taken_out.is_empty() {
            say.push_str(" instead of `replaces`");
        }
        without(&gone, answer(&say, lines))
    }
}

/// Also removes labels from the definition.
fn without(gone: &[Locale], Answer { say, lines }: Answer) -> Answer {
    if gone.is_empty() {
        return answer(&say, lines);
    }
    let labels = if gone.len() == 1 { "label" } else { "labels" };
    let locales: Vec<String> = gone.iter().map(text::ticked).collect();
    let take = format!("take out its {labels} for {}", text::list(&locales, "and"));
    let say = if lines.is_empty() { take } else { format!("{take}, and {say}") };
    answer(&say, lines)
}

/// The field `labels`, on one line if it is short.
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

/// A key that neither the config nor other suggested lines have.
fn free_key(desired: &Desired, base: &str, keys: &BTreeSet<Key>) -> Option<Key> {
    let numbered = (2_usize..).map(|number| format!("{base}-{number}"));
    let is_free = |it: &Key| !desired.definitions.contains_key(it) && !keys.contains(it);
    std::iter::once(base.to_owned()).chain(numbered).map_while(|it| Key::new(&it)).find(is_free)
}

/// A definition for an object that the config does not name, under a free key.
pub fn added(
    trials: &Trials<'_>,
    (id, system_presence, labels): (&DefinitionId, &SystemPresence, &Labels),
    keys: &mut BTreeSet<Key>,
) -> Answer {
    let desired = trials.desired;
    let name = labels.name(&desired.settings.default_locale).map(Label::nfc).and_then(slug);
    let base = name.unwrap_or_else(|| "definition".to_owned());
    let Some(key) = free_key(desired, &base, keys) else {
        return answer("write it below `definitions`, with a key of your own", Vec::new());
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
