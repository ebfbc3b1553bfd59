//! A failure as a JSON document, format 1, with its own types. It replaces a plan or a report that could not be made.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::diagnostic::{Diagnostic, Findings};
use crate::config::finding::Severity;
use crate::model::problem::{KnownOrg, Problem};
use crate::model::run_metadata::RunMetadata;
use crate::model::source::Sources;
use crate::output::json::common::{
    ConfigV1, Document, HeadV1, OrgV1, PlaceV1, RunV1, head_in_schema, org_v1, place_v1, run_v1,
};

/// Why there is no plan or no report, `presencectl plan --output json` and
/// `presencectl apply --output json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "presencectl error, format 1", transform = head_in_schema::<ErrorV1>)]
pub struct ErrorV1 {
    /// What it is, and of which org.
    #[serde(flatten)]
    pub head: HeadV1<OrgV1>,
    /// Which config it was made from. Absent in documents of older versions, and where no config was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<ConfigV1>,
    /// When it was, and who was at work; of a run that changes definitions, and in a folder of reports.
    pub run: Option<RunV1>,
    /// True if a freeze refused the run; absent otherwise, and in documents of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<bool>,
    /// True if a person was asked and did not say yes; absent otherwise, and in documents of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined: Option<bool>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The platform's id of the exchange that failed.
    pub correlation_id: Option<String>,
    /// What was found in the files of the config: the first ones.
    pub findings: Vec<FindingV1>,
    /// How many were found in all; absent when nothing was.
    pub found: Option<FoundV1>,
}

/// How many findings there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundV1 {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// How many of them are not in `findings`.
    pub not_shown: usize,
}

/// One finding in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindingV1 {
    /// A stable name.
    pub code: String,
    /// `error` or `warning`.
    #[schemars(extend("enum" = ["error", "warning"]))]
    pub severity: String,
    /// In words.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Where; absent for what has no place in a file.
    pub place: Option<PlaceV1>,
}

impl Document for ErrorV1 {
    const KIND: &str = "error";
    const VERSION: u32 = 1;
    const TARGET: &str = "The org, as far as it was asked.";
}

impl ErrorV1 {
    /// The document of a failure.
    pub fn of(
        problem: &Problem,
        known_org: &KnownOrg,
        config: Option<&ConfigV1>,
        metadata: Option<&RunMetadata>,
        diagnostics: &Findings,
        sources: &Sources,
    ) -> ErrorV1 {
        let Problem { message, help, correlation_id, platform_terms: _, is_freeze, is_declined } = problem;
        let KnownOrg { org, sandbox } = known_org;
        ErrorV1 {
            head: HeadV1::of::<ErrorV1>(org_v1(org.as_ref(), *sandbox)),
            config: config.cloned(),
            run: metadata.map(run_v1),
            frozen: is_freeze.then_some(true),
            declined: is_declined.then_some(true),
            message: message.clone(),
            help: help.clone(),
            correlation_id: correlation_id.clone(),
            findings: diagnostics.iter().map(|it| finding_v1(it, sources)).collect(),
            found: (diagnostics.total() > 0).then(|| FoundV1 {
                errors: diagnostics.errors,
                warnings: diagnostics.warnings,
                not_shown: diagnostics.not_shown(),
            }),
        }
    }
}

fn finding_v1(diagnostic: &Diagnostic, sources: &Sources) -> FindingV1 {
    let Diagnostic { finding, severity, place, key: _, other_key: _, also: _ } = diagnostic;
    FindingV1 {
        code: finding.code().to_owned(),
        severity: match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
        .to_owned(),
        message: finding.message(),
        help: finding.help(),
        place: place.map(|span| place_v1(span, sources)),
    }
}
