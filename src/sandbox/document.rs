//! The state of an org as JSON: the whole document, and the lines of later changes. No IO.
//!
//! A document has the number of its last change, and each line has its own. Lines that a newer document already
//! includes are skipped.

use serde::{Deserialize, Serialize};

use super::definitions::HeldDefinition;
use super::divisions::HeldDivision;
use super::users::User;
use crate::model::limits::SANDBOX_VALUES_MAX;

/// The written version of the state's format. Version 2 added divisions.
pub const FORMAT_VERSION: u64 = 2;

/// The oldest supported version. A version newer than [`FORMAT_VERSION`] is refused, never read in part.
pub const OLDEST_VERSION: u64 = 1;

/// The whole state of an org.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct StateDocument {
    /// From [`OLDEST_VERSION`] to [`FORMAT_VERSION`].
    pub format_version: u64,
    /// The number of the last included change.
    pub revision: u64,
    pub org_id: String,
    pub org_name: String,
    pub id_count: u64,
    /// The divisions. An older document without any gets those of a new org.
    #[serde(default = "HeldDivision::samples")]
    pub divisions: Vec<HeldDivision>,
    /// The definitions, primaries included, in the order of a list.
    pub definitions: Vec<HeldDefinition>,
    /// The users in the order of their ids.
    pub users: Vec<User>,
}

/// Like [`StateDocument`], borrowed from an org for writing.
#[derive(Debug, Serialize)]
pub struct StateView<'a> {
    pub format_version: u64,
    pub revision: u64,
    pub org_id: &'a str,
    pub org_name: &'a str,
    pub id_count: u64,
    pub divisions: &'a [HeldDivision],
    pub definitions: Vec<&'a HeldDefinition>,
    pub users: Vec<&'a User>,
}

/// The changes of one request: whole records after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateChange {
    /// The number of the change, from 1.
    pub revision: u64,
    /// The number of ids that were made so far.
    pub id_count: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub definitions: Vec<HeldDefinition>,
    /// Ids of removed definitions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<User>,
}

/// Why a text is not a valid state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentProblem {
    /// It has this version.
    Version(u64),
    /// The message of the parser.
    Broken(String),
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct VersionOnly {
    format_version: u64,
}

impl StateDocument {
    pub fn parse(json: &[u8]) -> Result<Self, DocumentProblem> {
        let broken = |error: serde_json::Error| DocumentProblem::Broken(error.to_string());
        if values_at_most(json) > SANDBOX_VALUES_MAX {
            return Err(DocumentProblem::Broken(format!("it holds more than {SANDBOX_VALUES_MAX} values")));
        }
        let VersionOnly { format_version } = serde_json::from_slice(json).map_err(broken)?;
        if !(OLDEST_VERSION..=FORMAT_VERSION).contains(&format_version) {
            return Err(DocumentProblem::Version(format_version));
        }
        serde_json::from_slice(json).map_err(broken)
    }
}

/// The weight of an object or list, because even an empty one takes the memory of several values.
const CONTAINER: usize = 8;

/// An upper bound of the values in a JSON text: a comma or colon counts one, an opening bracket eight.
pub(super) fn values_at_most(json: &[u8]) -> usize {
    let (mut count, mut in_string, mut escaped) = (1, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => count += CONTAINER,
            b',' | b':' => count += 1,
            _ => {}
        }
    }
    count
}
