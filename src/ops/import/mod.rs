//! Imports an org into a config that a person would have written. It is a pure function. Planned against the same org,
//! the config changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::diagnostic::{Diagnostic, Findings};
use crate::config::finding::{Finding, Severity};
use crate::config::{self, Text};
use crate::model::desired::Desired;
use crate::model::names::{DefinitionId, Locale, can_be_id};
use crate::model::observed::{Definition, Observed, Organization, Primary};
use crate::model::pins::{LeftOut, Managed, Need, PinChoice, judge};
use crate::model::region::Region;
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::import::base::labelled_in;
use crate::ops::import::division::{DivisionWords, said};
use crate::ops::import::keys::keys;
use crate::ops::import::note::ImportNote;
use crate::ops::import::page::{ImportContent, NewFile};
use crate::ops::import::terraform::Resource;
use crate::plan::blocker::Blocker;
use crate::plan::change::Step;
use crate::plan::plan;

pub mod base;
pub mod division;
pub mod fleet;
pub mod fleet_page;
pub mod keys;
pub mod note;
pub mod page;
pub mod terraform;

/// The most resources of a Terraform state with a line of their own.
const RESOURCES_TOLD_MAX: usize = 20;

/// The options of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRequest {
    pub choice: PinChoice,
    pub layout: Layout,
    /// The region of the org, if it is a known one.
    pub region: Option<Region>,
    /// The path of the config schema for editors, from the files.
    pub schema: String,
    /// The resources of a Terraform state, whose names become keys. Their definitions are imported even if they are
    /// deactivated.
    pub resources: Vec<Resource>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    OneFile(String),
    /// An org file, and a layer per system presence.
    Folder,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The org file first, then the layers in the order of `use`.
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

/// The resources of a Terraform state without a key, by address.
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

/// Reported if most definitions have no label in it: another locale was probably meant.
fn default_locale(managed: &[Managed<'_>], locale: &Locale) -> Option<ImportNote> {
    let (of, (ours, better)) = (managed.len(), labelled_in(managed, locale));
    (ours * 2 < of).then(|| ImportNote::DefaultLocale { locale: locale.clone(), without: of - ours, of, better })
}

/// Why an import cannot be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// It exceeds the limits of a file or a config.
    TooLarge(Sources, Findings),
    /// A bug of this program: the import has these errors when it is read back.
    Unreadable(Vec<String>),
    /// A bug of this program: planned against its own org, the import changes something, is refused, or matches too few
    /// definitions.
    Differs(Vec<String>),
}

/// Reads an import back and plans it against its org.
pub fn prove(import: &Import, observed: &Observed) -> Result<(), Flaw> {
    let texts: Vec<Text<'_>> = import.files.iter().map(|it| Text { path: &it.name, text: &it.text }).collect();
    let Some((org, layers)) = texts.split_first() else { return Err(Flaw::Differs(Vec::new())) };
    let (sources, found, desired) = config::read_texts(*org, layers);
    let Some(desired) = desired else { return Err(unreadable(sources, &found)) };
    in_sync(&desired, observed, import.definitions)
}

/// Why the result is no valid config.
fn unreadable(sources: Sources, found: &Findings) -> Flaw {
    let errors: Vec<Diagnostic> = found.iter().filter(|it| it.severity == Severity::Error).cloned().collect();
    let is_too_much = |it: &Finding| {
        matches!(it, Finding::TooLarge { .. } | Finding::TooManyValues { .. } | Finding::TooManyInAll { .. })
    };
    if errors.iter().all(|it| is_too_much(&it.finding)) {
        return Flaw::TooLarge(sources, errors.into());
    }
    Flaw::Unreadable(errors.iter().map(|it| it.finding.message()).collect())
}

/// Is the plan of a config empty, and does it match this many definitions?
fn in_sync(desired: &Desired, observed: &Observed, definitions: usize) -> Result<(), Flaw> {
    let plan = plan(desired, observed, &desired.settings.limits);
    if plan.is_empty() && plan.in_sync.len() == definitions {
        return Ok(());
    }
    let name = |it: &Step| it.key().map(ToString::to_string).or_else(|| it.id().map(ToString::to_string));
    let change = |it: &Step| format!("{} `{}`", it.action().verb(), name(it).unwrap_or_default());
    let mut what: Vec<String> = plan.changes.iter().map(|it| change(&it.step)).collect();
    what.extend(plan.blockers.iter().map(Blocker::message));
    if what.is_empty() {
        what.push(format!("{} in it, {} in sync", text::count(definitions, "definition"), plan.in_sync.len()));
    }
    Err(Flaw::Differs(what))
}
