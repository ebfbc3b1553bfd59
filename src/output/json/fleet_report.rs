//! The results of several orgs' applies as one JSON document, format 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::output::json::common::{CauseV1, Document};

/// What became of the applies of several orgs, `presencectl combine --output json` of reports. All strings are as the orgs and
/// the files hold them: neutralise them before showing them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "presencectl fleet-report, format 1")]
pub struct FleetReportV1 {
    /// Always `fleet-report`.
    #[schemars(extend("const" = FleetReportV1::KIND))]
    pub kind: String,
    /// Always 1.
    #[schemars(extend("const" = FleetReportV1::VERSION))]
    pub format_version: u32,
    /// The version of the tool that wrote it.
    pub tool_version: String,
    /// The whole hash of the commit that the config was read from (`--at`); absent if it was read from the disk.
    pub commit: Option<String>,
    /// Is every org applied, frozen, or was there nothing to do?
    pub success: bool,
    /// The orgs that reported or had to, in the order of their files.
    pub orgs: Vec<OrgReportV1>,
}

/// One org.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrgReportV1 {
    /// Its name in the config.
    pub name: String,
    /// Its stage.
    pub stage: Option<String>,
    /// What became of it.
    pub status: ReportStatusV1,
    /// What was done or not done, in words.
    pub details: Vec<String>,
    /// Why it was not applied; absent if it was, or if its report says it.
    pub cause: Option<CauseV1>,
}

/// What became of an org.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReportStatusV1 {
    /// Something was not done, or its document was refused.
    Failed,
    /// Nothing was written, since the plan was refused or was not the reviewed one.
    Refused,
    /// It has no document.
    Waiting,
    /// Nothing is written to it now.
    Frozen,
    /// All of it was done.
    Applied,
    /// There was nothing to do.
    NothingToDo,
}

impl Document for FleetReportV1 {
    const KIND: &str = "fleet-report";
    const VERSION: u32 = 1;
}
