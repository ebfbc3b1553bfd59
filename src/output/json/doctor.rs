//! The result of `doctor` as a JSON document, format 1, with its own types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ops::doctor::check::{Check, Diagnosis};
use crate::output::json::common::{Document, HeadV1, OrgV1, head_in_schema, org_v1};

/// What goes wrong on the first day, `presencectl doctor --output json`. Strings may come from the org:
/// neutralise them before showing them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "presencectl diagnosis, format 1", transform = head_in_schema::<DiagnosisV1>)]
pub struct DiagnosisV1 {
    /// What it is, and of which org.
    #[serde(flatten)]
    pub head: HeadV1<OrgV1>,
    /// No check failed.
    pub success: bool,
    /// Every check, in the order of mending.
    pub checks: Vec<CheckV1>,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckV1 {
    /// A stable name, such as `region`.
    pub name: String,
    /// `ok`, `warning`, `failed`, or `not-known` where nothing tells.
    #[schemars(extend("enum" = ["ok", "not-known", "warning", "failed"]))]
    pub verdict: String,
    /// What was seen.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The platform's id of the exchange that failed.
    pub correlation_id: Option<String>,
}

impl Document for DiagnosisV1 {
    const KIND: &str = "diagnosis";
    const VERSION: u32 = 1;
    const TARGET: &str = "The org, as far as it was asked.";
}

impl DiagnosisV1 {
    /// The document of a diagnosis.
    pub fn of(diagnosis: &Diagnosis) -> DiagnosisV1 {
        let Diagnosis { org, sandbox, checks } = diagnosis;
        DiagnosisV1 {
            head: HeadV1::of::<DiagnosisV1>(org_v1(org.as_ref(), *sandbox)),
            success: diagnosis.success(),
            checks: checks.iter().map(check_v1).collect(),
        }
    }
}

pub(super) fn check_v1(check: &Check) -> CheckV1 {
    let Check { name, health, said, help, correlation_id } = check.clone();
    CheckV1 { name: name.to_owned(), verdict: health.name().to_owned(), message: said, help, correlation_id }
}
