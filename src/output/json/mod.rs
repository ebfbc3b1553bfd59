//! Every document as versioned JSON, harmless on a terminal, and its schema; and the documents that are read back.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde::Serialize;
use serde_json::Value;

use crate::model::text;

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

pub use crate::output::json::common::Document;
pub use crate::output::json::doctor::DiagnosisV1;
pub use crate::output::json::drift::DriftV1;
pub use crate::output::json::error::ErrorV1;
pub use crate::output::json::log::LogV1;
pub use crate::output::json::plan::PlanV1;
pub use crate::output::json::report::ReportV1;
pub use crate::output::json::retire::RetirementV1;
pub use crate::output::json::show::{DefinitionsV1, SystemPresencesV1};
pub use crate::output::json::users::{UserReportV1, UsersV1};

/// A document as it is printed and kept.
pub fn write(document: &impl Document) -> String {
    pretty(document)
}

/// The JSON Schema of a document.
pub fn schema<T: Document>() -> String {
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

/// Any JSON, as all of it is printed.
pub fn pretty(document: &impl Serialize) -> String {
    // These types are strings, numbers and maps with strings for keys: writing them cannot fail.
    let mut json = serde_json::to_string_pretty(document).unwrap_or_default();
    json.push('\n');
    text::without_hidden(&json)
}
