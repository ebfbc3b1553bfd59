//! The plans of several orgs as one JSON document, format 1: each org's own plan, and the common part.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::output::json::common::{Document, PlaceV1};
use crate::output::json::content::{ActionV1, AnswerV1, PeopleV1};
use crate::output::json::error::ErrorV1;
use crate::output::json::plan::PlanV1;

/// The plans of several orgs, `presencectl plan --all-orgs --output json`. All strings are as the orgs and the files hold
/// them: neutralise them before showing them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
#[schemars(title = "presencectl fleet-plan, format 1")]
pub struct FleetPlanV1 {
    /// Always `fleet-plan`.
    #[schemars(extend("const" = FleetPlanV1::KIND))]
    pub kind: String,
    /// Always 1.
    #[schemars(extend("const" = FleetPlanV1::VERSION))]
    pub format_version: u32,
    /// The version of the tool that wrote it.
    pub tool_version: String,
    /// The whole hash of the commit that the config was read from (`--at`); absent if it was read from the disk.
    pub commit: Option<String>,
    /// Was every org planned, and is nothing refused?
    pub applicable: bool,
    /// How many orgs there are of which kind, and what they cost.
    pub summary: FleetSummaryV1,
    /// Every org that was chosen, in the order of its file.
    pub orgs: Vec<FleetOrgV1>,
    /// Orgs that a change of the files does not affect, and that need no plan (`combine --changed-since`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unaffected: Vec<String>,
    /// What the change of the config does beside the groups, guards first; equal notes are one. Empty without `--base`.
    pub look_first: Vec<FleetNoteV1>,
    /// Equal changes are one group; those that take something away come first.
    pub groups: Vec<FleetGroupV1>,
    /// Why it may not be applied; equal reasons are one.
    pub refusals: Vec<FleetRefusalV1>,
    /// What you should look at; equal warnings are one.
    pub warnings: Vec<FleetWarningV1>,
    /// Lines of the config that have done their work.
    pub no_longer_needed: Vec<FleetLineV1>,
}

/// How many orgs there are of which kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct FleetSummaryV1 {
    /// All of them.
    pub orgs: usize,
    /// Those that an apply would change.
    pub changed: usize,
    /// Those that need no change.
    pub no_change: usize,
    /// Those whose plan is refused.
    pub refused: usize,
    /// Those that could not be read.
    pub not_planned: usize,
    /// How many requests all applies send together.
    pub requests: u64,
}

/// One org.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct FleetOrgV1 {
    /// Its name in the config.
    pub name: String,
    /// Its stage.
    pub stage: Option<String>,
    /// Its org file.
    pub file: Option<String>,
    /// What is to be done there.
    pub status: FleetStatusV1,
    /// The groups of changes that it has already, by their index.
    pub already_in_place: Vec<usize>,
    /// The keys of groups that it does not manage (`omit`).
    pub omits: Vec<String>,
    /// Its plan; absent if it was not planned.
    pub plan: Option<PlanV1>,
    /// Why it was not planned.
    pub error: Option<ErrorV1>,
}

/// What is to be done in an org.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FleetStatusV1 {
    /// It could not be read.
    NotPlanned,
    /// Its plan is refused.
    Refused,
    /// An apply would change it.
    Changed,
    /// It needs no change.
    NoChange,
}

/// One change, in every org that has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct FleetGroupV1 {
    /// What is done.
    pub action: ActionV1,
    /// The definition in the config; absent for what the config does not name.
    pub key: Option<String>,
    /// Where it belongs.
    pub system_presence: String,
    /// Its default label as it is in most of these orgs, else any; absent if it has none.
    pub name: Option<String>,
    /// The labels that change, the default locale's first.
    pub labels: Vec<FleetLabelV1>,
    /// What `deactivated` becomes, if it changes.
    pub deactivated: Option<bool>,
    /// What the division becomes, if it changes: its id, `*` for all.
    pub division: Option<String>,
    /// The orgs.
    pub orgs: Vec<String>,
    /// The orgs in words, by stage or by the exceptions.
    pub orgs_in_words: String,
    /// Orgs in which a label was not the one that `labels` gives as `before`.
    pub before_elsewhere: Vec<FleetBeforeV1>,
    /// Orgs that have all of it already.
    pub already_in_place: Vec<String>,
    /// No org that was planned has it yet; false where no org was asked.
    pub first_anywhere: bool,
    /// How many people are on it now, in all orgs together; absent where nothing was asked.
    pub people: Option<PeopleV1>,
    /// Locales that change for this key in other orgs and not in these.
    pub without: Vec<String>,
    /// The lines of org files that make a difference, with the comments above them.
    pub reasons: Vec<FleetReasonV1>,
    /// Where it comes from, as in a plan; absent without `--base`.
    pub origin: Option<String>,
}

/// A label that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub struct FleetLabelV1 {
    /// The locale.
    pub locale: String,
    /// What most of the orgs have; absent for a label that is added.
    pub before: Option<String>,
    /// What it becomes; absent for a label that is removed.
    pub after: Option<String>,
}

/// What a label was in one org, where it is another one in most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub struct FleetBeforeV1 {
    /// The org.
    pub org: String,
    /// The locale.
    pub locale: String,
    /// The label; absent if it has none.
    pub before: Option<String>,
}

/// Why an org differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub struct FleetReasonV1 {
    /// The org.
    pub org: String,
    /// The line of its org file.
    pub place: PlaceV1,
    /// The comment above that line.
    pub comment: Option<String>,
}

/// A reason not to apply, in every org that has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct FleetRefusalV1 {
    /// A stable name.
    pub code: String,
    /// In words.
    pub message: String,
    /// Ways to answer it.
    pub answers: Vec<AnswerV1>,
    /// The line in the config that it is about.
    pub place: Option<PlaceV1>,
    /// The orgs.
    pub orgs: Vec<String>,
    /// The orgs in words.
    pub orgs_in_words: String,
}

/// Something to look at before the changes, in every org that has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct FleetNoteV1 {
    /// What it is about.
    pub code: NoteCodeV1,
    /// In words.
    pub message: String,
    /// Lines of YAML, ready to paste.
    pub yaml: Vec<String>,
    /// The orgs.
    pub orgs: Vec<String>,
    /// The orgs in words.
    pub orgs_in_words: String,
}

/// What a note before the changes is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoteCodeV1 {
    /// The change edits a guard, such as `freeze`.
    Guards,
    /// A definition leaves the config while it stays active.
    Leaving,
    /// The default label of a definition changes.
    Renamed,
    /// Something could not be looked at.
    NotKnown,
}

/// Something to look at, in every org that has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct FleetWarningV1 {
    /// A stable name.
    pub code: String,
    /// In words.
    pub message: String,
    /// The orgs.
    pub orgs: Vec<String>,
    /// The orgs in words.
    pub orgs_in_words: String,
}

/// A line of the config that has done its work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct FleetLineV1 {
    /// The definition in the config.
    pub key: String,
    /// The field.
    pub field: String,
    /// Where it stands.
    pub place: Option<PlaceV1>,
    /// Orgs that use the line and of which it is not known whether they need it; empty if the line may go.
    pub not_known_for: Vec<String>,
    /// There may be more orgs: not every file could be looked at.
    pub more: bool,
}

impl FleetPlanV1 {
    /// What refuses the plan of an org and is no refusal of that plan alone.
    pub fn refused_beside(&self, org: &FleetOrgV1) -> Option<&FleetRefusalV1> {
        let own: Vec<&str> = org.plan.iter().flat_map(|it| &it.refusals).map(|it| it.code.as_str()).collect();
        self.refusals.iter().find(|it| it.orgs.contains(&org.name) && !own.contains(&it.code.as_str()))
    }
}

impl Document for FleetPlanV1 {
    const KIND: &str = "fleet-plan";
    const VERSION: u32 = 1;
}
