//! The initial content of a new org. No IO.

use serde_json::Value;

use super::divisions::HeldDivision;
use super::document::values_at_most;
use super::users::User;
use crate::model::limits::{SANDBOX_SEED_DEFINITIONS_MAX, SANDBOX_VALUES_MAX};

/// The initial content of a new org. An org with a state file ignores it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seed {
    /// The org's id in `organizations/me`.
    pub org_id: String,
    /// The org's name in `organizations/me`.
    pub org_name: String,
    /// Definitions beside the ten primaries, in the form of a list: `languageLabels` and `systemPresence`, and
    /// optionally `id`, `deactivated` and any other field. They are stored unchanged. One without an id gets one. One
    /// with the id of a primary replaces it and stays primary.
    pub definitions: Vec<Value>,
    pub divisions: Vec<HeldDivision>,
    /// The users. Absent means the sample users. With equal ids, the last one counts.
    pub users: Option<Vec<User>>,
}

impl Default for Seed {
    fn default() -> Self {
        Self {
            org_id: "5a4db0c5-0000-4000-b000-000000000001".to_owned(),
            org_name: "Sandbox".to_owned(),
            definitions: Vec::new(),
            divisions: HeldDivision::samples(),
            users: None,
        }
    }
}

/// The definitions of a seed file: a list, or the API's response with the list in `entities`.
pub fn parse_definitions(json: &[u8]) -> Result<Vec<Value>, String> {
    if values_at_most(json) > SANDBOX_VALUES_MAX {
        return Err(format!("it holds more than {SANDBOX_VALUES_MAX} values"));
    }
    let value: Value = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    let list = match value {
        Value::Array(list) => list,
        Value::Object(mut envelope) => match envelope.remove("entities") {
            Some(Value::Array(list)) => list,
            _ => return Err("an object must be a listing, with a list `entities`".to_owned()),
        },
        _ => return Err("neither a list nor a listing with `entities`".to_owned()),
    };
    if list.len() > SANDBOX_SEED_DEFINITIONS_MAX {
        return Err(format!("{} definitions are more than {SANDBOX_SEED_DEFINITIONS_MAX}", list.len()));
    }
    Ok(list)
}
