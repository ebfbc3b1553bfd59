//! What a config asks for, after layers are merged and every rule of the language is checked.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::division::DivisionName;
use crate::model::freeze::Freeze;
use crate::model::generation::ApiChoice;
use crate::model::labels::{ByLocale, Labels, Scope};
use crate::model::names::{DefinitionId, Key, Label, Locale, OrgId, SystemPresence};
use crate::model::region::Region;
use crate::model::source::Span;

/// How many active definitions of an organisation the platform documents for one system presence
/// (docs/platform.md, "Limits"). An org may have had it raised, so passing it is a warning.
pub const ACTIVE_DEFINITIONS_MAX: usize = 30;

/// A whole config: one org's desired state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// The org that the config is for, where it says so.
    pub org: Option<OrgIdentity>,
    /// Everything under `settings`, with defaults filled in.
    pub settings: Settings,
    /// By key; the omitted ones too, since they are matched like the others.
    pub definitions: BTreeMap<Key, Wanted>,
    /// Never changed or removed, no matter what else is said; each with the place that says so.
    pub protect: BTreeMap<DefinitionId, Span>,
    /// The times in which nothing is written.
    pub freezes: Vec<Freeze>,
    /// The definitions that a run is limited to, by a person and never by a file; none: it is not limited.
    pub only: Option<BTreeSet<Key>>,
}

impl Desired {
    /// Does a run do something for this definition? What the config does not name has no key.
    pub fn is_meant(&self, key: Option<&Key>) -> bool {
        self.only.as_ref().is_none_or(|only| key.is_some_and(|key| only.contains(key)))
    }

    /// The org file, if it says nothing of this definition: then a layer does, which speaks for other orgs too.
    pub fn org_file_without(&self, wanted: &Wanted) -> Option<&OrgIdentity> {
        self.org.as_ref().filter(|org| org.place.file != wanted.places.key.file)
    }

    /// The pins that a plan is refused for where the org does not have them.
    pub fn needed_pins(&self) -> impl Iterator<Item = &DefinitionId> {
        let is_needed = |it: &&Wanted| it.management == Management::Managed || self.settings.prune == Prune::Delete;
        self.definitions.values().filter(is_needed).filter_map(|it| it.pin.as_ref())
    }

    /// What a run goes by that has no config.
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
    /// The name in this repository (`--org NAME`), not the platform's.
    pub name: String,
    /// The org's id; `apply` to a real org needs it, here or by `--org-id`.
    pub id: Option<OrgId>,
    /// One of the known regions. Never decides where a secret goes when the environment does.
    pub region: Option<Region>,
    /// `org.stage`, such as `test`.
    pub stage: Option<String>,
    pub place: Span,
    /// Its `overrides`; none if there are none.
    pub overrides: Option<Span>,
}

/// What happens to active definitions that the config does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prune {
    Keep,
    /// Removed by the DELETE call (the platform keeps them, deactivated).
    Delete,
}

/// How many dangerous changes one apply may make. Absolute counts: a share means nothing on thirty
/// definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub removals: u32,
    pub label_removals: u32,
    pub renames: u32,
    /// People who are just now on what is removed or renamed; none: no one asks how many.
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
    /// Names that the platform may have added to its ten.
    pub system_presences: Vec<SystemPresence>,
    pub api: ApiChoice,
    /// In how many orgs one change may take something away; none: in any number.
    pub orgs_max: Option<u32>,
    /// The stages, in the order in which changes reach them; empty where there are none.
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

/// Whether a definition is kept in sync or only recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Management {
    Managed,
    /// Named by `omit`: matched like the others, never touched.
    Omitted,
}

/// One definition that the config asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub key: Key,
    pub system_presence: SystemPresence,
    /// All its labels; while `deactivated`, neither compared nor written.
    pub labels: Labels,
    /// Agents should not see it. For something the org does not have this is already true.
    pub deactivated: bool,
    /// Earlier default labels, by which a renamed definition is recognised.
    pub previous_labels: Vec<Label>,
    /// Answers "is this a rename?" with no.
    pub new: bool,
    /// The system presence under which it stands today: created anew, the old one deactivated.
    pub replaces: Option<SystemPresence>,
    /// The division; none where the config does not say: then what is made belongs to all of them, and
    /// what exists stays where it is.
    pub division: Option<DivisionName>,
    /// The pinned id, from `ids`.
    pub pin: Option<DefinitionId>,
    /// Managed, or named by `omit`.
    pub management: Management,
    /// Where the parts stand.
    pub places: Places,
}

impl Wanted {
    /// The label in the default locale. Absent only with a pin.
    pub fn default_label(&self, default_locale: &Locale) -> Option<&Label> {
        self.labels.get(default_locale)
    }
}

/// Where the parts of a definition stand in the files (the last file that set each).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    pub key: Span,
    /// `systemPresence`'s value.
    pub system_presence: Span,
    /// Each label's value, by the locale as the config spells it.
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
    /// The locales in which a layer below the org file has a label of it; none where no layer has the definition.
    pub layered: Option<BTreeSet<Locale>>,
}
