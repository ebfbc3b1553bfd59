//! Imports several orgs into one repository: the common part goes into `base/`, the differences into the file of each
//! org. It is a pure function. Planned against the same orgs, the configs change nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Text;
use crate::config::texts::load_texts;
use crate::model::names::{DefinitionId, Key, Label, Locale, SystemPresence, can_be_id};
use crate::model::pins::{Need, PinChoice};
use crate::model::{alike, text, yaml};
use crate::ops::import::base::{BaseDefinition, FleetPlace, FleetSource, JudgedOrg, Unit, judged, units};
use crate::ops::import::fleet_page::{FleetContent, OrgContent, base_files, org_file};
use crate::ops::import::note::ImportNote;
use crate::ops::import::page::{ImportContent, NewFile};
use crate::ops::import::{Flaw, ImportRequest, Layout, in_sync, notes, unreadable};

/// The most pairs of similar labels that are reported.
const LOOK_ALIKES_TOLD_MAX: usize = 20;

/// The options of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetRequest {
    pub choice: PinChoice,
    /// The path of the config schema for editors, from the files in `base/` and `orgs/`.
    pub schema: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetImport {
    /// The files of `base/`, then those of `orgs/`, by relative path.
    pub files: Vec<NewFile>,
    /// The number of definitions of each org, by name.
    pub orgs: BTreeMap<String, usize>,
    /// The number of definitions in `base/`.
    pub shared: usize,
    pub notes: Vec<FleetNote>,
}

/// A fact that the files do not show. Foreign strings are raw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FleetNote {
    OfOrg {
        org: String,
        note: ImportNote,
    },
    /// Keys whose default labels read the same, with their orgs.
    LookAlike {
        keys: Vec<(Key, Label, Vec<String>)>,
    },
    MoreLookAlikes {
        count: usize,
    },
    /// An org with another default locale than `base/`.
    OtherDefaultLocale {
        org: String,
        locale: Locale,
        /// Its file uses `base/`. It cannot if a definition of `base/` has no label in that locale.
        uses_base: bool,
    },
}

impl FleetNote {
    /// In words. Foreign strings are raw.
    pub fn message(&self) -> String {
        match self {
            FleetNote::OfOrg { org, note } => format!("{org}: {}", note.message()),
            FleetNote::LookAlike { keys } => {
                let one = |(key, label, orgs): &(Key, Label, Vec<String>)| {
                    format!("`{key}` ({} in {})", text::ticked(label), text::some(orgs))
                };
                let keys: Vec<String> = keys.iter().map(one).collect();
                format!("{} look alike and are not equal, so each has a key of its own", text::list(&keys, "and"))
            }
            FleetNote::MoreLookAlikes { count } => format!("{count} more look alike"),
            FleetNote::OtherDefaultLocale { org, locale, uses_base } => {
                let then =
                    if *uses_base { "" } else { ", and `base/` lacks labels in it, so its file uses no `base/`" };
                format!("{org}: its default locale is {}{then}", text::ticked(locale))
            }
        }
    }
}

/// The configs of several orgs. The same orgs give the same bytes, in any order of their objects.
pub fn import_fleet(sources: &[FleetSource<'_>], asked: &FleetRequest) -> FleetImport {
    let mut sources = sources.to_vec();
    sources.sort_by_key(|it| it.name);
    let (default_locale, orgs) = judged(&sources, &asked.choice);
    let units = units(&orgs, &default_locale);
    let content = FleetContent {
        default_locale: &default_locale,
        schema: &asked.schema,
        orgs: orgs.len(),
        base: units.iter().filter_map(|it| Some((it.key.as_ref()?, it.base.as_ref()?))).collect(),
    };
    let shared: BTreeMap<FleetPlace, (&Key, &BaseDefinition)> = units
        .iter()
        .filter_map(|unit| Some((&unit.places, (unit.key.as_ref()?, unit.base.as_ref()?))))
        .flat_map(|(places, shared)| places.iter().map(move |it| (*it, shared)))
        .collect();
    let keys: BTreeMap<FleetPlace, &Key> =
        units.iter().flat_map(|unit| unit.places.iter().filter_map(|it| Some((*it, unit.key.as_ref()?)))).collect();
    let mut files = base_files(&content);
    let mut notes = Vec::new();
    for (number, org) in orgs.iter().enumerate() {
        let org_content = OrgOfFleet { number, org, asked, content: &content, shared: &shared, keys: &keys };
        let (file, told) = org_content.file();
        files.push(file);
        notes.extend(told);
    }
    notes.extend(look_alikes(&units, &orgs));
    FleetImport {
        files,
        orgs: orgs.iter().map(|it| (it.source.name.to_owned(), it.managed.len())).collect(),
        shared: content.base.len(),
        notes,
    }
}

/// An org, with its shared definitions.
struct OrgOfFleet<'a> {
    number: usize,
    org: &'a JudgedOrg<'a>,
    asked: &'a FleetRequest,
    content: &'a FleetContent<'a>,
    shared: &'a BTreeMap<FleetPlace, (&'a Key, &'a BaseDefinition)>,
    keys: &'a BTreeMap<FleetPlace, &'a Key>,
}

impl OrgOfFleet<'_> {
    fn file(&self) -> (NewFile, Vec<FleetNote>) {
        let OrgOfFleet { number, org, asked, content, shared, keys } = self;
        let observed = org.source.observed;
        let mut org = (*org).clone();
        let pins = self.pins_for_omitted();
        for index in pins.iter().flatten() {
            org.managed[*index].pin = Some(Need::SharedLabel);
        }
        let place = |index: usize| (*number, index);
        let keys: BTreeMap<&DefinitionId, Key> = org
            .managed
            .iter()
            .enumerate()
            .filter_map(|(index, it)| Some((&it.definition.id, (*keys.get(&place(index))?).clone())))
            .collect();
        let is_shared = |index: usize| pins.is_some() && shared.contains_key(&place(index));
        let own: Vec<_> =
            org.managed.iter().enumerate().filter(|(index, _)| !is_shared(*index)).map(|(_, it)| it.clone()).collect();
        let overridden: Vec<_> = org
            .managed
            .iter()
            .enumerate()
            .filter(|(index, _)| is_shared(*index))
            .filter_map(|(index, it)| shared.get(&place(index)).map(|(key, base)| (*key, *base, it)))
            .collect();
        let whole = ImportContent {
            organization: org.source.organization,
            region: org.source.region,
            default_locale: &org.default_locale,
            schema: content.schema,
            managed: &org.managed,
            left_out: &org.left_out,
            keys: &keys,
            divisions: &observed.divisions,
            odd: &observed.odd,
            halved: &observed.halved,
            system_presences: observed.system_presences.as_deref().unwrap_or_default(),
        };
        let has = |key: &Key| overridden.iter().any(|(it, ..)| *it == key);
        let omitted = content.base.iter().map(|(key, _)| *key).filter(|it| pins.is_some() && !has(it)).collect();
        let locales = self.locales().filter(|_| pins.is_some() && !overridden.is_empty());
        let own = ImportContent { managed: &own, ..whole.clone() };
        let page = OrgContent {
            name: org.source.name,
            whole: &whole,
            own: &own,
            uses_base: pins.is_some(),
            locales,
            overridden,
            omitted,
        };
        let file = org_file(content, &page);
        let request = ImportRequest {
            choice: PinChoice { default_locale: org.default_locale.clone(), ..asked.choice.clone() },
            layout: Layout::OneFile(file.name.clone()),
            region: org.source.region,
            schema: asked.schema.clone(),
            resources: Vec::new(),
        };
        let name = org.source.name.to_owned();
        let mut told = Vec::new();
        if !org.default_locale.same_as(content.default_locale) {
            let (org, locale) = (name.clone(), org.default_locale.clone());
            told.push(FleetNote::OtherDefaultLocale { org, locale, uses_base: pins.is_some() });
        }
        let notes = notes(observed, &whole, &request);
        told.extend(notes.into_iter().map(|note| FleetNote::OfOrg { org: name.clone(), note }));
        (file, told)
    }

    /// The definitions that need a pin, because a definition of `base/` that the org omits has the same default label.
    /// `None` if the org cannot use `base/`: each omitted definition needs a distinct label in its default locale.
    fn pins_for_omitted(&self) -> Option<Vec<usize>> {
        let OrgOfFleet { number, org, content, shared, .. } = self;
        if org.default_locale.same_as(content.default_locale) {
            return Some(Vec::new());
        }
        let places = (0..org.managed.len()).map(|index| (*number, index));
        let has: BTreeSet<&Key> = places.filter_map(|it| Some(shared.get(&it)?.0)).collect();
        let mut omitted: BTreeSet<(SystemPresence, &Label)> = BTreeSet::new();
        for (_, base) in content.base.iter().filter(|(key, _)| !has.contains(key)) {
            let presence = SystemPresence::new(&base.system_presence)?;
            if !omitted.insert((presence, base.label(&org.default_locale)?)) {
                return None;
            }
        }
        let mut pins = Vec::new();
        for (index, managed) in org.managed.iter().enumerate().filter(|(_, it)| it.pin.is_none()) {
            let definition = managed.definition;
            let label = definition.default_label(&org.default_locale)?;
            if omitted.contains(&(definition.system_presence.clone(), label)) {
                pins.push(index);
            }
        }
        pins.iter().all(|it| can_be_id(org.managed[*it].definition.id.as_str())).then_some(pins)
    }

    /// The locales of the org, if it lacks one of `base/` entirely. `None` if one of its locales cannot be listed.
    fn locales(&self) -> Option<Vec<Locale>> {
        let OrgOfFleet { org, content, .. } = self;
        let mut known: BTreeMap<String, &Locale> = BTreeMap::new();
        let of_base = || content.base.iter().flat_map(|(_, it)| it.labels.iter().map(|(locale, _)| locale));
        let own = org.managed.iter().flat_map(|it| it.definition.labels.iter().map(|(locale, _)| locale));
        for locale in std::iter::once(&org.default_locale).chain(of_base()).chain(own) {
            known.entry(locale.normal()).or_insert(locale);
        }
        let lacks_one = of_base().any(|it| !org.languages.contains(&it.normal()) && !it.same_as(&org.default_locale));
        let is_own = |it: &&Locale| org.languages.contains(&it.normal()) || it.same_as(&org.default_locale);
        let mut locales: Vec<Locale> = known.into_values().filter(is_own).cloned().collect();
        locales.sort_by_key(|it| !it.same_as(&org.default_locale));
        let is_sayable = locales.iter().all(|it| !yaml::is_odd_locale(it.as_str()));
        (lacks_one && is_sayable).then_some(locales)
    }
}

/// Definitions under one system presence whose default labels read the same.
fn look_alikes(units: &[Unit<'_>], orgs: &[JudgedOrg<'_>]) -> Vec<FleetNote> {
    type Alike = (Key, Label, Vec<String>);
    let mut alike: BTreeMap<(&SystemPresence, String), Vec<Alike>> = BTreeMap::new();
    for unit in units {
        let (Some((presence, label)), Some(key)) = (unit.name, &unit.key) else { continue };
        let names = unit.places.iter().map(|(org, _)| orgs[*org].source.name.to_owned()).collect();
        alike.entry((presence, alike::folded(label.nfc()))).or_default().push((key.clone(), label.clone(), names));
    }
    let several = alike.into_values().filter(|it| it.len() > 1).map(|keys| FleetNote::LookAlike { keys });
    let mut notes: Vec<FleetNote> = several.collect();
    let more = notes.len().saturating_sub(LOOK_ALIKES_TOLD_MAX);
    notes.truncate(LOOK_ALIKES_TOLD_MAX);
    notes.extend((more > 0).then_some(FleetNote::MoreLookAlikes { count: more }));
    notes
}

/// What is wrong with an import, and in which org, if it is about one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetFlaw {
    pub org: Option<String>,
    pub flaw: Flaw,
}

/// Loads all files as they will be written, and plans each config against its org.
pub fn prove_fleet(import: &FleetImport, sources: &[FleetSource<'_>]) -> Result<(), FleetFlaw> {
    let texts: Vec<Text<'_>> = import.files.iter().map(|it| Text { path: &it.name, text: &it.text }).collect();
    let loaded = load_texts(&texts);
    if loaded.configs.is_empty() {
        return Err(FleetFlaw { org: None, flaw: unreadable(loaded.sources, &loaded.diagnostics) });
    }
    for source in sources {
        let name = source.name;
        let is_its = |it: &crate::model::desired::OrgIdentity| it.name == name;
        let config = loaded.configs.iter().find(|it| it.desired.org.as_ref().is_some_and(is_its));
        let of_org = |flaw: Flaw| FleetFlaw { org: Some(name.to_owned()), flaw };
        let config = config.ok_or_else(|| of_org(Flaw::Unreadable(vec!["it has no config".to_owned()])))?;
        let definitions = import.orgs.get(name).copied().unwrap_or_default();
        in_sync(&config.desired, source.observed, definitions).map_err(of_org)?;
    }
    Ok(())
}
