//! Every document as versioned JSON, harmless on a terminal, and its schema; and the documents that are read back.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::Value;

use crate::config::diagnostic::Findings;
use crate::model::observed::Target;
use crate::model::problem::{Heard, Problem};
use crate::model::run_metadata::RunMetadata;
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::apply::report::Report;
use crate::ops::doctor::check::Diagnosis;
use crate::ops::drift::Drift;
use crate::ops::history::log::Log;
use crate::ops::retire::report as retire_report;
use crate::ops::show::listing::{Listing, SystemPresences};
use crate::ops::users::{listing as users_listing, report as users_report};
use crate::output::json::doctor::{self as doctor_document, DiagnosisV1};
use crate::output::json::drift::{self as drift_document, DriftV1};
use crate::output::json::error::{self as error_document, ErrorV1};
use crate::output::json::log::{self as log_document, LogV1};
use crate::output::json::plan::{self as plan_document, PlanV1};
use crate::output::json::report::{self as report_document, ReportV1};
use crate::output::json::retire::{self as retirement_document, RetirementV1};
use crate::output::json::show::{self as show_document, DefinitionsV1, SystemPresencesV1};
use crate::output::json::users::{self as users_document, UserReportV1, UsersV1};
use crate::plan::Plan;

pub mod common;
pub mod content;
pub mod doctor;
pub mod drift;
pub mod error;
pub mod log;
pub mod plan;
pub mod posts;
pub mod report;
pub mod retire;
pub mod saved_plan;
pub mod show;
pub mod stored_report;
pub mod users;

/// The plan as JSON: what `--output json` prints, and the saved plan.
pub fn plan_json(plan: &Plan, target: &Target, sources: &Sources) -> String {
    pretty(&plan_document::document(plan, target, sources))
}

/// The report as JSON.
pub fn report_json(report: &Report, target: &Target, sources: &Sources) -> String {
    pretty(&report_document::document(report, target, sources))
}

/// What stands in the place of both where neither could be made.
pub fn error_json(
    problem: &Problem,
    heard: &Heard,
    provenance: Option<&RunMetadata>,
    diagnostics: &Findings,
    sources: &Sources,
) -> String {
    pretty(&error_document::document(problem, heard, provenance, diagnostics, sources))
}

/// What an org holds as JSON.
pub fn definitions_json(listing: &Listing, target: &Target) -> String {
    pretty(&show_document::definitions(listing, target))
}

/// The system presences of an org as JSON.
pub fn system_presences_json(it: &SystemPresences) -> String {
    pretty(&show_document::system_presences(it))
}

/// What users are on as JSON.
pub fn users_json(listing: &users_listing::UserListing, target: &Target) -> String {
    pretty(&users_document::users(listing, target))
}

/// What became of users as JSON.
pub fn user_report_json(report: &users_report::UserReport, target: &Target) -> String {
    pretty(&users_document::report(report, target))
}

/// What became of a retirement as JSON.
pub fn retirement_json(report: &retire_report::RetireReport, target: &Target, sources: &Sources) -> String {
    pretty(&retirement_document::document(report, target, sources))
}

/// What a folder of reports says as JSON.
pub fn log_json(log: &Log) -> String {
    pretty(&log_document::document(log))
}

/// The JSON Schema of [`log_json`].
pub fn log_schema() -> String {
    schema::<LogV1>()
}

/// What `doctor` found as JSON.
pub fn diagnosis_json(diagnosis: &Diagnosis) -> String {
    pretty(&doctor_document::document(diagnosis))
}

/// What is otherwise in an org as JSON.
pub fn drift_json(drift: &Drift, target: &Target, sources: &Sources) -> String {
    pretty(&drift_document::document(drift, target, sources))
}

/// The JSON Schema of [`drift_json`].
pub fn drift_schema() -> String {
    schema::<DriftV1>()
}

/// The JSON Schema of [`diagnosis_json`].
pub fn diagnosis_schema() -> String {
    schema::<DiagnosisV1>()
}

/// The JSON Schema of [`retirement_json`].
pub fn retirement_schema() -> String {
    schema::<RetirementV1>()
}

/// The JSON Schema of [`users_json`].
pub fn users_schema() -> String {
    schema::<UsersV1>()
}

/// The JSON Schema of [`user_report_json`].
pub fn user_report_schema() -> String {
    schema::<UserReportV1>()
}

/// The JSON Schema of [`definitions_json`].
pub fn definitions_schema() -> String {
    schema::<DefinitionsV1>()
}

/// The JSON Schema of [`system_presences_json`].
pub fn system_presences_schema() -> String {
    schema::<SystemPresencesV1>()
}

/// The JSON Schema of [`plan_json`].
pub fn plan_schema() -> String {
    schema::<PlanV1>()
}

/// The JSON Schema of [`report_json`].
pub fn report_schema() -> String {
    schema::<ReportV1>()
}

/// The JSON Schema of [`error_json`].
pub fn error_schema() -> String {
    schema::<ErrorV1>()
}

/// The JSON Schema of a document.
pub fn schema<T: JsonSchema>() -> String {
    // Of what is written. Reading is more tolerant than that.
    let settings = SchemaSettings::draft2020_12()
        .for_serialize()
        .with_transform(RecursiveTransform(|schema: &mut Schema| absent_never_null(schema)));
    pretty(&settings.into_generator().into_root_schema_for::<T>())
}

/// What is not there is left out of a document, so a schema need not allow null.
fn absent_never_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|it| it != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(any)) = schema.get_mut("anyOf") {
        any.retain(|it| it.get("type").is_none_or(|of| of != "null"));
        if let [Value::Object(only)] = any.as_mut_slice() {
            let only = std::mem::take(only);
            schema.remove("anyOf");
            for (name, value) in only {
                schema.insert(name, value);
            }
        }
    }
}

/// Any document, as all of them are printed.
pub fn pretty(document: &impl Serialize) -> String {
    // These types are strings, numbers and maps with strings for keys: writing them cannot fail.
    let mut json = serde_json::to_string_pretty(document).unwrap_or_default();
    json.push('\n');
    text::without_hidden(&json)
}
