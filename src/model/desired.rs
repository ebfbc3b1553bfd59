//! The desired state of a config, after layers are merged and all language rules are checked.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::division::DivisionName;
use crate::model::freeze::Freeze;
use crate::model::generation::ApiChoice;
use crate::model::labels::{ByLocale, Labels, Scope};
use crate::model::names::{DefinitionId, Key, Label, Locale, OrgId, SystemPresence};
use crate::model::region::Region;
use crate::model::source::Span;

/// The documented maximum of active definitions of an organisation per system presence (docs/platform.md, "Limits"). An
/// org may have a higher limit, so exceeding it is a warning.
pub const ACTIVE_DEFINITIONS_MAX: usize = 30;

/// A whole config: the desired state of one org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// The org of the config, if the config names one.
    pub org: Option<OrgIdentity>,
    /// Everything under `settings`, with defaults filled in.
    pub settings: Settings,
    /// By key. Omitted definitions are included, because they are matched too.
    pub definitions: BTreeMap<Key, Wanted>,
    /// Objects that are never changed or removed. Each has the place of its entry.
    pub protect: BTreeMap<DefinitionId, Span>,
    pub freezes: Vec<Freeze>,
    /// The definitions that a run is limited to. Only a person sets it, never a file. `None` if the run is not limited.
    pub only: Option<BTreeSet<Key>>,
}

impl Desired {
    /// Is this definition part of the run? An object that the config does not name has no key.
    pub fn is_meant(&self, key: Option<&Key>) -> bool {
        self.only.as_ref().is_none_or(|only| key.is_some_and(|key| only.contains(key)))
    }

    /// The org file, if this definition comes from a layer, which other orgs use too.
    pub fn org_file_without(&self, wanted: &Wanted) -> Option<&OrgIdentity> {
        self.org.as_ref().filter(|org| org.place.file != wanted.places.key.file)
    }

    /// The pins whose absence from the org refuses a plan.
    pub fn needed_pins(&self) -> impl Iterator<Item = &DefinitionId> {
        let is_needed = |it: &&Wanted| it.management == Management::Managed || self.settings.prune == Prune::Delete;
        self.definitions.values().filter(is_needed).filter_map(|it| it.pin.as_ref())
    }

    /// The desired state of a run without a config.
    pub fn nothing() -> Desired {
        Desired {
            org: None,
            settings: Settings::default(),
            definitions: BTreeMap::new(),
            protect: BTreeMap::new(),
            freezes: Vec::new(),
            only: None,
        }
    }
}

/// The `org:` section of an org file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgIdentity {
    /// The name in this repository (`--org NAME`), not the platform's name.
    pub name: String,
    /// The org's id. `apply` to a real org needs it, from here or from `--org-id`.
    pub id: Option<OrgId>,
    /// One of the known regions. If the environment sets a region, that one decides where a secret is sent.
    pub region: Option<Region>,
    /// `org.stage`, such as `test`.
    pub stage: Option<String>,
    pub place: Span,
    /// Its `overrides`, if it has any.
    pub overrides: Option<Span>,
}

/// What happens to active definitions that the config does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prune {
    Keep,
    /// Removes them by DELETE. The platform keeps them, deactivated.
    Delete,
}

/// The most dangerous changes in one apply. They are absolute numbers, because a percentage means little for thirty
/// definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub removals: u32,
    pub label_removals: u32,
    pub renames: u32,
    /// People who currently have a removed or renamed definition. `None` does not count them.
    pub active_users: Option<u32>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { removals: 5, label_removals: 5, renames: 10, active_users: None }
    }
}

/// The `settings` section, merged, with defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub default_locale: Locale,
    pub prune: Prune,
    pub limits: Limits,
    pub scope: Scope,
    /// Additional system presences beside the platform's ten.
    pub system_presences: Vec<SystemPresence>,
    pub api: ApiChoice,
    /// The most orgs in which one change may remove something. `None` sets no limit.
    pub orgs_max: Option<u32>,
    /// The stages, in the order of rollout. Empty if there are none.
    pub stages: Vec<String>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            default_locale: Locale::new("en_US"),
            prune: Prune::Keep,
            limits: Limits::default(),
            scope: Scope::All,
            system_presences: Vec::new(),
            api: ApiChoice::Auto,
            orgs_max: None,
            stages: Vec::new(),
        }
    }
}

/// Whether a definition is kept in sync or only matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Management {
    Managed,
    /// Named by `omit`: matched like the others, but never changed.
    Omitted,
}

/// One definition that the config asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub key: Key,
    pub system_presence: SystemPresence,
    /// All its labels. They are neither compared nor written while it is `deactivated`.
    pub labels: Labels,
    /// Hidden from agents. A definition that the org does not have is already hidden.
    pub deactivated: bool,
    /// Earlier default labels, which reveal a rename.
    pub previous_labels: Vec<Label>,
    /// Declares that it is not a rename.
    pub new: bool,
    /// The system presence of the old object. The definition is created, and the old object is deactivated.
    pub replaces: Option<SystemPresence>,
    /// The division. `None` if the config sets none: a create then belongs to all divisions, and an existing object
    /// keeps its own.
    pub division: Option<DivisionName>,
    /// The pinned id, from `ids`.
    pub pin: Option<DefinitionId>,
    /// Managed or omitted.
    pub management: Management,
    /// Where its parts are in the files.
    pub places: Places,
}

impl Wanted {
    /// The default label. Only a pinned definition may have none.
    pub fn default_label(&self, default_locale: &Locale) -> Option<&Label> {
        self.labels.get(default_locale)
    }

    /// The key in the file with its default label and system presence. An override of another value is no place for a
    /// question about these two.
    pub fn named_at(&self, default_locale: &Locale) -> Span {
        let Places { key, first, system_presence, labels, .. } = &self.places;
        let label = labels.get(default_locale);
        let is_in = |file, it: &Span| it.file == file;
        if label.is_some_and(|it| is_in(key.file, it)) || is_in(key.file, system_presence) {
            return *key;
        }
        if label.is_none_or(|it| is_in(first.file, it)) && is_in(first.file, system_presence) {
            return *first;
        }
        label.copied().unwrap_or(*key)
    }
}

/// Where the parts of a definition are in the files: for each, the last file that sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    pub key: Span,
    /// The key in the first file.
    pub first: Span,
    /// The value of `systemPresence`.
    pub system_presence: Span,
    /// The value of each label, by the locale in the config's spelling.
    pub labels: ByLocale<Span>,
    pub deactivated: Option<Span>,
    /// Each item of `previousLabels`, in order.
    pub previous_labels: Vec<Span>,
    pub new: Option<Span>,
    pub replaces: Option<Span>,
    pub division: Option<Span>,
    /// The id in `ids`.
    pub pin: Option<Span>,
    /// The item in `omit`.
    pub omit: Option<Span>,
    /// The locales for which a layer below the org file has a label. `None` if no layer has the definition.
    pub layered: Option<BTreeSet<Locale>>,
}
