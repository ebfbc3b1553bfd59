//! Every document as versioned JSON that is safe on a terminal, with its schema. Also reads documents back.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde::Serialize;
use serde_json::Value;

use crate::model::text;

pub mod combined;
pub mod common;
pub mod comparison;
pub mod content;
pub mod doctor;
pub mod drift;
pub mod error;
pub mod fleet;
pub mod fleet_diagnosis;
pub mod fleet_drift;
pub mod fleet_report;
pub mod log;
pub mod orgs;
pub mod plan;
pub mod posts;
pub mod report;
pub mod retire;
pub mod saved_plan;
pub mod show;
pub mod stored_report;
pub mod terraform_state;
pub mod users;

pub use crate::output::json::common::Document;
pub use crate::output::json::comparison::ComparisonV1;
pub use crate::output::json::doctor::DiagnosisV1;
pub use crate::output::json::drift::DriftV1;
pub use crate::output::json::error::ErrorV1;
pub use crate::output::json::fleet::FleetPlanV1;
pub use crate::output::json::fleet_diagnosis::FleetDiagnosisV1;
pub use crate::output::json::fleet_drift::FleetDriftV1;
pub use crate::output::json::fleet_report::FleetReportV1;
pub use crate::output::json::log::LogV1;
pub use crate::output::json::orgs::OrgsV1;
pub use crate::output::json::plan::PlanV1;
pub use crate::output::json::report::ReportV1;
pub use crate::output::json::retire::RetirementV1;
pub use crate::output::json::show::{DefinitionsV1, SystemPresencesV1};
pub use crate::output::json::users::{UserReportV1, UsersV1};

/// The text of a document.
pub fn write(document: &impl Document) -> String {
    without_nulls(&pretty(document))
}

/// The JSON Schema of a document.
pub fn schema<T: Document>() -> String {
    // The schema of written documents. Reading is more tolerant.
    let settings = SchemaSettings::draft2020_12()
        .for_serialize()
        .with_transform(RecursiveTransform(|schema: &mut Schema| absent_never_null(schema)));
    pretty(&settings.into_generator().into_root_schema_for::<T>())
}

/// Absent values are left out of a document, so its schema need not allow null.
fn absent_never_null(schema: &mut Schema) {
    let may_be_absent = |of: &Value| {
        let types = of.get("type").and_then(Value::as_array).is_some_and(|it| it.iter().any(|it| it == "null"));
        let any = of.get("anyOf").and_then(Value::as_array);
        types || any.is_some_and(|it| it.iter().any(|it| it.get("type").is_some_and(|of| of == "null")))
    };
    if let Some(Value::Object(properties)) = schema.get("properties").cloned()
        && let Some(Value::Array(required)) = schema.get_mut("required")
    {
        required.retain(|it| !it.as_str().and_then(|it| properties.get(it)).is_some_and(may_be_absent));
        if required.is_empty() {
            schema.remove("required");
        }
    }
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

/// Any JSON, in the printed form.
pub fn pretty(document: &impl Serialize) -> String {
    // These types are strings, numbers and maps with string keys, so writing cannot fail.
    let mut json = serde_json::to_string_pretty(document).unwrap_or_default();
    json.push('\n');
    text::without_hidden(&json)
}

/// Removes the null fields. Each is on its own line, because a line break in a string is escaped.
fn without_nulls(json: &str) -> String {
    let mut kept = String::with_capacity(json.len());
    for line in json.lines() {
        let (is_last, field) = line.strip_suffix(',').map_or((true, line), |it| (false, it));
        if field.ends_with(": null") {
            // The field before the last one becomes the last one.
            if is_last && kept.ends_with(",\n") {
                kept.truncate(kept.len() - 2);
                kept.push('\n');
            }
        } else if matches!(line.trim_start(), "}" | "},") && kept.ends_with("{\n") {
            kept.pop();
            kept.push_str(line.trim_start());
            kept.push('\n');
        } else {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}
