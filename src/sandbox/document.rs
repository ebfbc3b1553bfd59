//! The state of an org as JSON: the whole document, and the lines of changes that follow it. No IO.
//!
//! A document carries the number of the last change that it contains. Lines carry theirs, so that lines which
//! a newer document already contains are passed over.

use serde::{Deserialize, Serialize};

use super::definitions::HeldDefinition;
use super::divisions::HeldDivision;
use super::users::User;
use crate::model::limits::SANDBOX_VALUES_MAX;

/// The version of the state's format that is written. Version 2 brought divisions.
pub const FORMAT_VERSION: u64 = 2;

/// The oldest version that is read. A newer one than [`FORMAT_VERSION`] is refused, never read in part.
pub const OLDEST_VERSION: u64 = 1;

/// All that an org remembers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct StateDocument {
    /// From [`OLDEST_VERSION`] to [`FORMAT_VERSION`].
    pub format_version: u64,
    /// The number of the last change that is contained.
    pub revision: u64,
    pub org_id: String,
    pub org_name: String,
    pub id_count: u64,
    /// The divisions. A document from before there were any has those of a new org.
    #[serde(default = "HeldDivision::samples")]
    pub divisions: Vec<HeldDivision>,
    /// The definitions, primaries included, in the order in which they are listed.
    pub definitions: Vec<HeldDefinition>,
    /// The users in the order of their ids.
    pub users: Vec<User>,
}

/// The same as a [`StateDocument`], borrowed from an org for writing.
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

/// What one request changed: whole records as they are after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateChange {
    /// Counts the org's changes from 1.
    pub revision: u64,
    /// How many ids were made by then.
    pub id_count: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub definitions: Vec<HeldDefinition>,
    /// Ids of definitions that are gone for good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<User>,
}

/// Why a text is not a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentProblem {
    /// It is of this version.
    Version(u64),
    /// What the reader says.
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

/// What an object or a list counts, since even an empty or a small one takes the memory of several values.
const CONTAINER: usize = 8;

/// At most how many values there can be in a JSON text: what follows a comma or a colon counts one, what opens eight.
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
