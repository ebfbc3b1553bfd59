//! The operations of the API that are used: method, path, query, and the permission that each needs.
//! A second generation of the API is a second set of these.

use crate::api::error::Permission;
use crate::api::policy::Effect;
use crate::api::wire::Method;
use crate::model::names::DefinitionId;

/// The definitions per page that are asked for; no document names a maximum (facts.md §7).
pub const PAGE_SIZE: usize = 100;

const DEFINITIONS: &str = "/api/v2/presencedefinitions";
const SYSTEM_PRESENCES: &str = "/api/v2/systempresences";
const ORGANIZATION: &str = "/api/v2/organizations/me";

const NO_PERMISSION: Permission = Permission { document: None, today: None };

/// One request to the API, apart from where the API is and who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The method.
    pub method: Method,
    /// The path, percent-encoded.
    pub path: String,
    /// The query, not encoded.
    pub query: Vec<(&'static str, String)>,
    /// The JSON text that it carries.
    pub body: Option<Vec<u8>>,
    /// Whether it can change the org.
    pub effect: Effect,
    /// What it needs.
    pub permission: Permission,
}

/// An id that would lead to another path: no encoding keeps `..` from being a step upwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusableId(pub String);

impl Operation {
    fn read(path: String, query: Vec<(&'static str, String)>, permission: Permission) -> Operation {
        Operation { method: Method::Get, path, query, body: None, effect: Effect::Read, permission }
    }

    fn write(method: Method, path: String, body: Option<Vec<u8>>, permission: &'static str) -> Operation {
        let permission = Permission { document: Some(permission), today: Some(permission) };
        Operation { method, path, query: Vec::new(), body, effect: Effect::Write, permission }
    }
}

/// Who the credentials belong to.
#[must_use]
pub fn organization() -> Operation {
    Operation::read(ORGANIZATION.to_owned(), Vec::new(), NO_PERMISSION)
}

/// The system presences.
#[must_use]
pub fn system_presences() -> Operation {
    Operation::read(SYSTEM_PRESENCES.to_owned(), Vec::new(), NO_PERMISSION)
}

/// One page of the definitions, deactivated ones too, with all their labels.
#[must_use]
pub fn list(page_number: usize) -> Operation {
    let query = vec![
        ("pageNumber", page_number.to_string()),
        ("pageSize", PAGE_SIZE.to_string()),
        ("deleted", "ALL".to_owned()),
        ("localeCode", "ALL".to_owned()),
    ];
    Operation::read(DEFINITIONS.to_owned(), query, NO_PERMISSION)
}

/// One definition, with all its labels.
///
/// # Errors
/// An id that cannot stand in a path.
pub fn get(id: &DefinitionId) -> Result<Operation, UnusableId> {
    let permission = Permission { document: None, today: Some("presence:presenceDefinition:view") };
    Ok(Operation::read(definition(id)?, vec![("localeCode", "ALL".to_owned())], permission))
}

/// Makes a definition.
#[must_use]
pub fn create(body: Vec<u8>) -> Operation {
    Operation::write(Method::Post, DEFINITIONS.to_owned(), Some(body), "presence:presenceDefinition:add")
}

/// Replaces a definition.
///
/// # Errors
/// An id that cannot stand in a path.
pub fn update(id: &DefinitionId, body: Vec<u8>) -> Result<Operation, UnusableId> {
    Ok(Operation::write(Method::Put, definition(id)?, Some(body), "presence:presenceDefinition:edit"))
}

/// Removes a definition.
///
/// # Errors
/// An id that cannot stand in a path.
pub fn delete(id: &DefinitionId) -> Result<Operation, UnusableId> {
    Ok(Operation::write(Method::Delete, definition(id)?, None, "presence:presenceDefinition:delete"))
}

fn definition(id: &DefinitionId) -> Result<String, UnusableId> {
    let raw = id.as_str();
    if raw == "." || raw == ".." {
        return Err(UnusableId(raw.to_owned()));
    }
    Ok(format!("{DEFINITIONS}/{}", encoded(raw)))
}

/// Everything but RFC 3986's unreserved characters as `%XX`. The URL library's own encoding lets tabs
/// vanish, so that `.<tab>.` would become `..`.
fn encoded(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    for byte in raw.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.extend([byte >> 4, byte & 15].map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)])));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_one_step_of_the_path() {
        let path = |raw: &str| get(&DefinitionId::new(raw).unwrap()).map(|operation| operation.path);
        let prefix = "/api/v2/presencedefinitions/";
        assert_eq!(path("a/../b?c#d%2e"), Ok(format!("{prefix}a%2F..%2Fb%3Fc%23d%252e")));
        assert_eq!(path(".\t."), Ok(format!("{prefix}.%09.")));
        assert_eq!(path("é"), Ok(format!("{prefix}%C3%A9")));
        assert_eq!(path(".."), Err(UnusableId("..".to_owned())));
    }
}
