//! The orgs of a config as a JSON document, format 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::output::json::common::Document;
use crate::output::json::fleet::FleetGroupV1;

/// The orgs of a config, `presencectl orgs --output json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "presencectl orgs, format 1")]
pub struct OrgsV1 {
    /// Always `orgs`.
    #[schemars(extend("const" = OrgsV1::KIND))]
    pub kind: String,
    /// Always 1.
    #[schemars(extend("const" = OrgsV1::VERSION))]
    pub format_version: u32,
    /// The version of the tool that wrote it.
    pub tool_version: String,
    /// The whole hash of the commit that the config was read from (`--at`); absent if it was read from the disk.
    pub commit: Option<String>,
    /// What the config was compared with; absent without `--changed-since`.
    pub since: Option<OrgsSinceV1>,
    /// The stages of the config, in the order in which changes reach them.
    #[serde(default)]
    pub stages: Vec<String>,
    /// The orgs, in the order of their files.
    pub orgs: Vec<ListedOrgV1>,
    /// Orgs that have no config any more. Nothing is done to them.
    pub removed: Vec<String>,
    /// What differs, from files alone; equal changes are one group.
    pub groups: Vec<FleetGroupV1>,
}

/// What a config was compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrgsSinceV1 {
    /// As it was typed.
    pub given: String,
    /// The whole hash of the commit.
    pub commit: String,
    /// Is it the merge base, and not the commit that was given?
    pub merge_base: bool,
}

/// One org.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedOrgV1 {
    /// Its name in the config.
    pub name: String,
    /// Its stage.
    pub stage: Option<String>,
    /// Its id.
    pub id: Option<String>,
    /// Its region.
    pub region: Option<String>,
    /// Its org file.
    pub file: Option<String>,
    /// How many definitions its config has.
    pub definitions: usize,
    /// Until when nothing is written to it, in UTC; absent if nothing holds it now.
    pub frozen_until: Option<String>,
    /// Whether the change affects it; absent without `--changed-since`.
    pub standing: Option<StandingV1>,
    /// Whether it is due, by the reports of its applies; absent without `--behind`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind: Option<BehindV1>,
    /// The guards that the change edits: `limits`, `protect`, `omit`, `prune`, `freeze`, `org`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<String>,
    /// Does it differ only in what is no definition, such as settings and guards?
    pub settings_only: bool,
    /// The definitions that leave its config and stay active in the org.
    pub leaving: Vec<String>,
}

/// What was applied last to an org, and whether it is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BehindV1 {
    /// Why it is due; absent if the files ask nothing beyond what was applied.
    pub due: Option<DueV1>,
    /// The commit that was applied last.
    pub commit: Option<String>,
    /// When that apply began, in UTC.
    pub applied_at: Option<String>,
    /// When a later apply failed, in UTC.
    pub failed_at: Option<String>,
    /// Why it is not known what differs.
    pub not_known: Option<String>,
}

/// Why an org is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DueV1 {
    /// There is no report of an apply that succeeded.
    NeverApplied,
    /// Its last apply failed.
    Failed,
    /// Its config is otherwise than that of the commit that was applied last.
    Changed,
}

/// Whether a change of the files affects an org.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StandingV1 {
    /// Its config differs.
    Affected,
    /// Its config is the same.
    Unaffected,
    /// It had no config before.
    New,
}

impl Document for OrgsV1 {
    const KIND: &str = "orgs";
    const VERSION: u32 = 1;
}
