//! The checks of several orgs as one JSON document, format 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ops::doctor::check::{FleetDiagnosis, Health, OrgDiagnosis};
use crate::output::json::common::Document;
use crate::output::json::doctor::{CheckV1, DiagnosisV1, check_v1};

/// The checks of several orgs, `presencectl doctor --all-orgs --output json`. Strings may come from the orgs:
/// neutralise them before showing them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "presencectl fleet-diagnosis, format 1")]
pub struct FleetDiagnosisV1 {
    /// Always `fleet-diagnosis`.
    #[schemars(extend("const" = FleetDiagnosisV1::KIND))]
    pub kind: String,
    /// Always 1.
    #[schemars(extend("const" = FleetDiagnosisV1::VERSION))]
    pub format_version: u32,
    /// The version of the tool that wrote it.
    pub tool_version: String,
    /// No check of any org failed.
    pub success: bool,
    /// The checks of the files, which the orgs share.
    pub checks: Vec<CheckV1>,
    /// Every org that was chosen, in the order of its file.
    pub orgs: Vec<OrgDiagnosisV1>,
}

/// One org.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrgDiagnosisV1 {
    /// Its name in the config.
    pub name: String,
    /// Its stage.
    pub stage: Option<String>,
    /// What there is to say of it.
    pub status: DiagnosisStatusV1,
    /// Its own checks.
    pub diagnosis: DiagnosisV1,
}

/// What there is to say of an org.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DiagnosisStatusV1 {
    /// A check failed.
    Failed,
    /// No check failed, and one is a warning.
    Warning,
    /// No check failed or is a warning.
    Ok,
}

impl Document for FleetDiagnosisV1 {
    const KIND: &str = "fleet-diagnosis";
    const VERSION: u32 = 1;
}

impl FleetDiagnosisV1 {
    /// The document of these checks.
    pub fn of(fleet: &FleetDiagnosis) -> FleetDiagnosisV1 {
        FleetDiagnosisV1 {
            kind: FleetDiagnosisV1::KIND.to_owned(),
            format_version: FleetDiagnosisV1::VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            success: fleet.success(),
            checks: fleet.common.iter().map(check_v1).collect(),
            orgs: fleet.orgs.iter().map(org_diagnosis_v1).collect(),
        }
    }
}

fn org_diagnosis_v1(org: &OrgDiagnosis) -> OrgDiagnosisV1 {
    OrgDiagnosisV1 {
        name: org.name.clone(),
        stage: org.stage.clone(),
        status: match org.health() {
            Health::Failed => DiagnosisStatusV1::Failed,
            Health::Warning => DiagnosisStatusV1::Warning,
            Health::Good | Health::NotKnown => DiagnosisStatusV1::Ok,
        },
        diagnosis: DiagnosisV1::of(&org.diagnosis),
    }
}
