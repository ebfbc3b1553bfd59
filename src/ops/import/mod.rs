//! From an org to the config that a person would have written of it: a function of values. Planned
//! against the same org, the config changes nothing.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::config::diagnostic::{Diagnostic, Findings};
use crate::config::finding::Finding;
use crate::config::finding::Severity;
use crate::config::{self, Text};
use crate::model::names::{DefinitionId, Locale, can_be_id};
use crate::model::observed::{Definition, Observed, Organization, Primary};
use crate::model::pins::{LeftOut, Managed, Need, PinChoice, judge};
use crate::model::region::Region;
use crate::model::source::Sources;
use crate::model::text;
use crate::model::yaml;
use crate::ops::import::division::{DivisionWords, said};
use crate::ops::import::keys::keys;
use crate::ops::import::note::ImportNote;
use crate::ops::import::page::{ImportContent, NewFile};
use crate::ops::import::terraform::Resource;
use crate::plan::change::Step;
use crate::plan::plan;
use crate::plan::refusal::Refusal;

pub mod division;
pub mod keys;
pub mod note;
pub mod page;
pub mod terraform;

/// How many resources of a Terraform state are told of in lines of their own.
const RESOURCES_TOLD_MAX: usize = 20;

/// What the files are to be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRequest {
    pub choice: PinChoice,
    pub layout: Layout,
    /// Where the org is, where that is a known region.
    pub region: Option<Region>,
    /// Where editors find the schema of a config, from the files.
    pub schema: String,
    /// Those of a Terraform state, which give their names to keys. Their definitions are imported though they are
    /// deactivated.
    pub resources: Vec<Resource>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    OneFile(String),
    /// An org file, and a layer for each system presence.
    Folder,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The org file first, then the layers in the order of its `use`.
    pub files: Vec<NewFile>,
    pub definitions: usize,
    pub notes: Vec<ImportNote>,
}

/// The config of an org. The same org gives the same bytes.
pub fn import(observed: &Observed, organization: &Organization, asked: &ImportRequest) -> Import {
    let ImportRequest { choice, layout, region, schema, resources } = asked;
    let named: BTreeSet<DefinitionId> = resources.iter().filter_map(|it| it.id.clone()).collect();
    let (managed, left_out) = judge(observed, choice, &named);
    let definitions: Vec<&Definition> = managed.iter().map(|it| it.definition).collect();
    let ids: BTreeSet<&DefinitionId> = definitions.iter().map(|it| &it.id).collect();
    let mut given = terraform::keys(resources);
    given.retain(|id, _| ids.contains(id));
    let keys = keys(&definitions, given, &choice.default_locale);
    let content = ImportContent {
        organization,
        region: *region,
        default_locale: &choice.default_locale,
        schema,
        managed: &managed,
        left_out: &left_out,
        keys: &keys,
        divisions: &observed.divisions,
        odd: &observed.odd,
        halved: &observed.halved,
        system_presences: observed.system_presences.as_deref().unwrap_or_default(),
    };
    let files = match layout {
        Layout::OneFile(name) => vec![page::one(&content, name)],
        Layout::Folder => page::folder(&content),
    };
    Import { files, definitions: managed.len(), notes: notes(observed, &content, asked) }
}

fn notes(observed: &Observed, content: &ImportContent<'_>, asked: &ImportRequest) -> Vec<ImportNote> {
    let ImportRequest { choice, resources, .. } = asked;
    let mut notes = of_resources(observed, resources);
    notes.extend(default_locale(content.managed, &choice.default_locale));
    let named: BTreeSet<&DefinitionId> = resources.iter().filter_map(|it| it.id.as_ref()).collect();
    let is_left = |it: &&Definition| it.deactivated && it.primary != Primary::Yes && !named.contains(&it.id);
    let deactivated = observed.definitions.iter().filter(is_left).count();
    if !choice.deactivated && deactivated > 0 {
        notes.push(ImportNote::DeactivatedLeftOut { count: deactivated });
    }
    let needing = |which: fn(Need) -> bool| content.managed.iter().filter(|it| it.pin.is_some_and(which)).count();
    let pinned = needing(|it| !matches!(it, Need::Asked | Need::PrimaryNotKnown));
    if pinned > 0 {
        notes.push(ImportNote::Pinned { count: pinned });
    }
    let not_known = needing(|it| it == Need::PrimaryNotKnown);
    if not_known > 0 {
        notes.push(ImportNote::PrimaryNotKnown { count: not_known });
    }
    for left_out in content.left_out {
        let LeftOut { definition, obstacle } = left_out;
        let (id, system_presence) = (definition.id.clone(), definition.system_presence.clone());
        let protected = left_out.can_be_protected();
        notes.push(ImportNote::LeftOut { id, system_presence, obstacle: *obstacle, protected });
    }
    for Managed { definition, pin: _, pin_refused } in content.managed {
        let Some(key) = content.keys.get(&definition.id) else { continue };
        if *pin_refused {
            notes.push(ImportNote::NotPinned { key: key.clone(), id: definition.id.clone() });
        }
        if let DivisionWords::Unsayable(division) = said(definition.division.as_ref(), content.divisions) {
            notes.push(ImportNote::DivisionLeftOut { key: key.clone(), division });
        }
    }
    if !can_be_id(content.organization.id.as_str()) {
        notes.push(ImportNote::OrgIdLeftOut { id: content.organization.id.clone() });
    }
    notes
}

/// What of a Terraform state gives no key, by address.
fn of_resources(observed: &Observed, resources: &[Resource]) -> Vec<ImportNote> {
    let primary: BTreeMap<&DefinitionId, Primary> =
        observed.definitions.iter().map(|it| (&it.id, it.primary)).collect();
    let odd: BTreeSet<&DefinitionId> = observed.odd.iter().filter_map(|it| it.id.as_ref()).collect();
    let mut sorted: Vec<&Resource> = resources.iter().collect();
    sorted.sort();
    let unused = |it: &&Resource| {
        let address = it.address.clone();
        let Some(id) = it.id.clone() else { return Some(ImportNote::ResourceWithoutId { address }) };
        match primary.get(&id) {
            Some(Primary::Yes) => Some(ImportNote::ResourceOfPlatform { address, id }),
            Some(Primary::No | Primary::NotKnown) => None,
            None if odd.contains(&id) => Some(ImportNote::ResourceIsOdd { address, id }),
            None => Some(ImportNote::ResourceNotInOrg { address, id }),
        }
    };
    let again = |(it, first): (&Resource, &Resource)| ImportNote::ResourceRepeated {
        address: it.address.clone(),
        first: first.address.clone(),
    };
    let mut notes: Vec<ImportNote> = sorted.iter().filter_map(unused).collect();
    notes.extend(terraform::repeated(resources).into_iter().map(again));
    let more = notes.len().saturating_sub(RESOURCES_TOLD_MAX);
    notes.truncate(RESOURCES_TOLD_MAX);
    notes.extend((more > 0).then_some(ImportNote::MoreResources { count: more }));
    notes
}

/// Told where most have no label in it: then another locale was meant.
fn default_locale(managed: &[Managed<'_>], locale: &Locale) -> Option<ImportNote> {
    // Each locale in its first spelling, with how many have a label in it.
    let mut counts: BTreeMap<String, (&Locale, usize)> = BTreeMap::new();
    for Managed { definition, .. } in managed {
        let mut own: BTreeMap<String, &Locale> = BTreeMap::new();
        for (locale, _) in definition.labels.iter().filter(|(it, _)| !yaml::is_odd_locale(it.as_str())) {
            own.entry(locale.normal()).or_insert(locale);
        }
        for (normal, locale) in own {
            let (spelling, count) = counts.entry(normal).or_insert((locale, 0));
            *spelling = (*spelling).min(locale);
            *count += 1;
        }
    }
    let (of, ours) = (managed.len(), counts.get(&locale.normal()).map_or(0, |(_, count)| *count));
    let most = counts.values().max_by_key(|(locale, count)| (*count, Reverse(*locale)));
    let better = most.filter(|(_, count)| *count > ours).map(|(locale, _)| (*locale).clone());
    (ours * 2 < of).then(|| ImportNote::DefaultLocale { locale: locale.clone(), without: of - ours, of, better })
}

/// Why an import may not be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// There is more than one file, or one config, can hold.
    TooLarge(Sources, Findings),
    /// A bug of this program: it does not read back without these errors.
    Unreadable(Vec<String>),
    /// A bug of this program: planned against the org that it is of, it would change something, be
    /// refused, or not know again what it names.
    Differs(Vec<String>),
}

/// Reads an import back and plans it against the org that it is of.
pub fn prove(import: &Import, observed: &Observed) -> Result<(), Flaw> {
    let texts: Vec<Text<'_>> = import.files.iter().map(|it| Text { path: &it.name, text: &it.text }).collect();
    let Some((org, layers)) = texts.split_first() else { return Err(Flaw::Differs(Vec::new())) };
    let (sources, found, desired) = config::read_texts(*org, layers);
    let Some(desired) = desired else {
        let errors: Vec<Diagnostic> = found.iter().filter(|it| it.severity == Severity::Error).cloned().collect();
        let is_too_much = |it: &Finding| {
            matches!(it, Finding::TooLarge { .. } | Finding::TooManyValues { .. } | Finding::TooManyInAll { .. })
        };
        if errors.iter().all(|it| is_too_much(&it.finding)) {
            return Err(Flaw::TooLarge(sources, errors.into()));
        }
        return Err(Flaw::Unreadable(errors.iter().map(|it| it.finding.message()).collect()));
    };
    let plan = plan(&desired, observed, &desired.settings.limits);
    if plan.is_empty() && plan.in_sync.len() == import.definitions {
        return Ok(());
    }
    let name = |it: &Step| it.key().map(ToString::to_string).or_else(|| it.id().map(ToString::to_string));
    let change = |it: &Step| format!("{} `{}`", it.action().verb(), name(it).unwrap_or_default());
    let mut what: Vec<String> = plan.changes.iter().map(|it| change(&it.step)).collect();
    what.extend(plan.refusals.iter().map(Refusal::message));
    if what.is_empty() {
        what.push(format!("{} in it, {} in sync", text::count(import.definitions, "definition"), plan.in_sync.len()));
    }
    Err(Flaw::Differs(what))
}
