//! Tries lines for a config before they are shown: the config is read with them and planned.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::config::in_memory::{Text, read_texts};
use crate::model::desired::{Desired, Limits, Management, Wanted};
use crate::model::division::DivisionName;
use crate::model::labels::Scope;
use crate::model::names::{DefinitionId, Key, Label, Locale, SystemPresence, can_be_id};
use crate::model::observed::{Definition, Observed};
use crate::model::source::FileId;
use crate::model::yaml;
use crate::plan::plan;

/// Nothing is applied, so no limit applies.
const LIMITS: Limits = Limits { removals: u32::MAX, label_removals: u32::MAX, renames: u32::MAX, active_users: None };

/// A config and its org, indexed for trials. Each trial only uses related definitions, so that many trials are fast.
pub struct Trials<'a> {
    pub desired: &'a Desired,
    pub observed: &'a Observed,
    /// The layers that no other org uses.
    pub alone: &'a [FileId],
    /// Definitions of the config by default and previous labels.
    wanted: HashMap<&'a str, Vec<&'a Wanted>>,
    objects: HashMap<&'a str, Vec<&'a Definition>>,
}

/// Lines about one definition, in parts.
#[derive(Debug, Clone)]
pub struct Proposal<'a> {
    pub key: &'a Key,
    /// Its fields, as lines below its key.
    pub fields: Vec<String>,
    pub pin: Option<&'a DefinitionId>,
    /// The addition to `settings.systemPresences`.
    pub added_presence: Option<&'a SystemPresence>,
    /// Labels to remove from the definition.
    pub gone: Vec<Locale>,
    /// Other fields to remove: `new`, `replaces` or `pin`.
    pub taken_out: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrialVerdict {
    /// The config is invalid with these lines.
    Refused,
    /// It is valid, but the plan has a question about the definition, or another object for it.
    Open,
    /// The plan has this object for the definition and changes it.
    Planned,
    InSync,
}

impl<'a> Trials<'a> {
    pub fn new(desired: &'a Desired, observed: &'a Observed, alone: &'a [FileId]) -> Trials<'a> {
        let default_locale = &desired.settings.default_locale;
        let mut wanted: HashMap<&str, Vec<&Wanted>> = HashMap::new();
        for it in desired.definitions.values() {
            for label in it.default_label(default_locale).into_iter().chain(&it.previous_labels) {
                wanted.entry(label.nfc()).or_default().push(it);
            }
        }
        let mut objects: HashMap<&str, Vec<&Definition>> = HashMap::new();
        for it in &observed.definitions {
            if let Some(label) = it.default_label(default_locale) {
                objects.entry(label.nfc()).or_default().push(it);
            }
        }
        Trials { desired, observed, alone, wanted, objects }
    }

    /// What a plan with these lines does with an object.
    pub fn verdict(&self, proposal: &Proposal<'_>, id: &DefinitionId) -> TrialVerdict {
        let (definitions, observed) = self.involved(proposal.key, id);
        let (layer, org) = self.texts(proposal, &definitions);
        let layer = Text { path: "layer.yaml", text: &layer };
        let (_, _, desired) = read_texts(Text { path: "org.yaml", text: &org }, &[layer]);
        let Some(desired) = desired else { return TrialVerdict::Refused };
        let plan = plan(&desired, &observed, &LIMITS);
        let is_open =
            plan.blockers.iter().any(|it| it.fact.keys().contains(&proposal.key) || it.fact.ids().contains(&id));
        let steps = plan.changes.iter().map(|it| &it.step);
        let about: Vec<_> = steps.filter(|it| it.key() == Some(proposal.key) || it.id() == Some(id)).collect();
        if is_open || about.iter().any(|it| it.id() != Some(id)) {
            TrialVerdict::Open
        } else if about.is_empty() {
            TrialVerdict::InSync
        } else {
            TrialVerdict::Planned
        }
    }

    /// Do these lines pass with a pin of this object (true) or without (false)? `None` if the config is invalid with
    /// both.
    pub fn passing<'p>(&self, proposal: Proposal<'p>, id: &'p DefinitionId) -> Option<bool> {
        let without = self.verdict(&proposal, id);
        let has_pin = self.desired.definitions.get(proposal.key).is_some_and(|it| it.pin.as_ref() == Some(id));
        let with = match without {
            TrialVerdict::InSync => TrialVerdict::Refused,
            _ if has_pin || !can_be_id(id.as_str()) => TrialVerdict::Refused,
            _ => self.verdict(&Proposal { pin: Some(id), ..proposal }, id),
        };
        (without.max(with) > TrialVerdict::Refused).then_some(with > without)
    }

    /// The definitions and objects that share a current or previous label with this one.
    fn involved(&self, key: &Key, id: &DefinitionId) -> (BTreeMap<&'a Key, &'a Wanted>, Observed) {
        let default_locale = &self.desired.settings.default_locale;
        let mut definitions: BTreeMap<&Key, &Wanted> = BTreeMap::new();
        let mut labels: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&str> = Vec::new();
        open.extend(self.observed.get(id).and_then(|it| it.default_label(default_locale)).map(Label::nfc));
        let own = self.desired.definitions.get(key);
        let named = |it: &'a Wanted| it.default_label(default_locale).into_iter().chain(&it.previous_labels);
        if let Some(own) = own {
            definitions.insert(&own.key, own);
            open.extend(named(own).map(Label::nfc));
        }
        while let Some(label) = open.pop() {
            if labels.insert(label) {
                for it in self.wanted.get(label).into_iter().flatten() {
                    if definitions.insert(&it.key, it).is_none() {
                        open.extend(named(it).map(Label::nfc));
                    }
                }
            }
        }
        let by_label = labels.iter().filter_map(|it| self.objects.get(it)).flatten().copied();
        let by_pin = definitions.values().filter_map(|it| self.observed.get(it.pin.as_ref()?));
        let objects: BTreeMap<&DefinitionId, &Definition> =
            by_label.chain(by_pin).chain(self.observed.get(id)).map(|it| (&it.id, it)).collect();
        let Observed { definitions: _, odd: _, halved: _, system_presences, generation, divisions } = self.observed;
        let observed = Observed {
            definitions: objects.into_values().cloned().collect(),
            odd: Vec::new(),
            halved: Vec::new(),
            system_presences: system_presences.clone(),
            generation: *generation,
            divisions: divisions.clone(),
        };
        (definitions, observed)
    }

    /// A layer with the current definitions, and an org file with the lines.
    fn texts(&self, proposal: &Proposal<'_>, definitions: &BTreeMap<&Key, &Wanted>) -> (String, String) {
        let Proposal { key, fields, pin, added_presence, gone, taken_out } = proposal;
        let none = if definitions.is_empty() { " {}" } else { "" };
        let mut layer = format!("version: 1\ndefinitions:{none}\n");
        for wanted in definitions.values() {
            let is_own = wanted.key == **key;
            let (gone, taken_out): (&[Locale], &[&str]) = if is_own { (gone, taken_out) } else { (&[], &[]) };
            written(&mut layer, wanted, gone, taken_out);
        }
        let mut org = "version: 1\norg: { name: trial }\nsettings:\n".to_owned();
        let settings = &self.desired.settings;
        let mut line = |line: &str| {
            org.push_str(line);
            org.push('\n');
        };
        line(&format!("  defaultLocale: {}", yaml::scalar(settings.default_locale.as_str())));
        if let Scope::Only(locales) = &settings.scope {
            line("  locales:");
            for it in locales {
                line(&format!("  - {}", yaml::scalar(it.as_str())));
            }
        }
        let presences: Vec<&SystemPresence> = settings.system_presences.iter().chain(*added_presence).collect();
        if !presences.is_empty() {
            line("  systemPresences:");
            for it in &presences {
                line(&format!("  - {}", yaml::scalar(it.as_str())));
            }
        }
        let is_unpinned = pin.is_some() || taken_out.contains(&"pin");
        let pins = definitions.values().filter(|it| it.key != **key || !is_unpinned);
        let pins: Vec<(&Key, &DefinitionId)> =
            pins.filter_map(|it| Some((&it.key, it.pin.as_ref()?))).chain(pin.map(|it| (*key, it))).collect();
        if !pins.is_empty() {
            line("ids:");
            for (key, id) in &pins {
                line(&pin_line(key, id));
            }
        }
        let omitted: Vec<&Key> =
            definitions.values().filter(|it| it.management == Management::Omitted).map(|it| &it.key).collect();
        if !omitted.is_empty() {
            line("omit:");
            for it in &omitted {
                line(&format!("- {}", yaml::scalar(it.as_str())));
            }
        }
        if !fields.is_empty() {
            line(if definitions.contains_key(*key) { "overrides:" } else { "definitions:" });
            line(&format!("  {}:", yaml::scalar(key.as_str())));
            for it in fields {
                line(&format!("    {it}"));
            }
        }
        (layer, org)
    }
}

/// A pin below `ids`.
pub fn pin_line(key: &Key, id: &DefinitionId) -> String {
    format!("  {}: {}", yaml::scalar(key.as_str()), yaml::scalar(id.as_str()))
}

/// A definition of the config, without the removed parts.
fn written(text: &mut String, wanted: &Wanted, gone: &[Locale], taken_out: &[&str]) {
    let Wanted { key, system_presence, labels, deactivated, previous_labels, new, replaces, division, .. } = wanted;
    let mut line = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    line(&format!("  {}:", yaml::scalar(key.as_str())));
    line(&format!("    systemPresence: {}", yaml::scalar(system_presence.as_str())));
    let kept: Vec<_> = labels.iter().filter(|(locale, _)| !gone.contains(locale)).collect();
    line(if kept.is_empty() { "    labels: {}" } else { "    labels:" });
    for (locale, label) in kept {
        line(&format!("      {}: {}", yaml::scalar(locale.as_str()), yaml::scalar(label.nfc())));
    }
    if *deactivated {
        line("    deactivated: true");
    }
    if !previous_labels.is_empty() {
        line("    previousLabels:");
    }
    for label in previous_labels {
        line(&format!("    - {}", yaml::scalar(label.nfc())));
    }
    if *new && !taken_out.contains(&"new") {
        line("    new: true");
    }
    if let Some(replaces) = replaces.as_ref().filter(|_| !taken_out.contains(&"replaces")) {
        line(&format!("    replaces: {}", yaml::scalar(replaces.as_str())));
    }
    match division {
        Some(DivisionName::Id(id)) => line(&format!("    division: {}", yaml::scalar(id.as_str()))),
        Some(DivisionName::Name(name)) => line(&format!("    division: {}", yaml::scalar(name))),
        None => {}
    }
}
