//! The drifts of several orgs as one JSON document, format 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::output::json::common::Document;
use crate::output::json::drift::DriftV1;
use crate::output::json::error::ErrorV1;

/// The drift of several orgs, `presencectl drift --all-orgs --output json`. All strings are as the orgs and the files hold
/// them: neutralise them before showing them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "presencectl fleet-drift, format 1")]
pub struct FleetDriftV1 {
    /// Always `fleet-drift`.
    #[schemars(extend("const" = FleetDriftV1::KIND))]
    pub kind: String,
    /// Always 1.
    #[schemars(extend("const" = FleetDriftV1::VERSION))]
    pub format_version: u32,
    /// The version of the tool that wrote it.
    pub tool_version: String,
    /// Every org that was chosen, in the order of its file.
    pub orgs: Vec<OrgDriftV1>,
}

/// One org.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrgDriftV1 {
    /// Its name in the config.
    pub name: String,
    /// Its stage.
    pub stage: Option<String>,
    /// What there is to say of it.
    pub status: DriftStatusV1,
    /// Its drift; absent if it could not be read.
    pub drift: Option<DriftV1>,
    /// Why it could not be read.
    pub error: Option<ErrorV1>,
}

/// What there is to say of an org.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DriftStatusV1 {
    /// It could not be read.
    NotRead,
    /// Something has to be answered before all of it is known.
    InQuestion,
    /// It is otherwise than the config says.
    Drifted,
    /// It is as the config says.
    InSync,
}

impl Document for FleetDriftV1 {
    const KIND: &str = "fleet-drift";
    const VERSION: u32 = 1;
}

impl FleetDriftV1 {
    /// The document of these orgs.
    pub fn of(orgs: Vec<OrgDriftV1>) -> FleetDriftV1 {
        FleetDriftV1 {
            kind: FleetDriftV1::KIND.to_owned(),
            format_version: FleetDriftV1::VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            orgs,
        }
    }
}
