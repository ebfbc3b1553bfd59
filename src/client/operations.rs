//! The API operations in use: method, path, query and permission, in both generations.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::client::error::Permission;
use crate::client::policy::Effect;
use crate::client::wire::Method;
use crate::model::generation::Generation;
use crate::model::limits::{ANSWER_BYTES_MAX, WHOLE_LIST_BYTES_MAX};
use crate::model::names::DefinitionId;

const SYSTEM_PRESENCES: &str = "/api/v2/systempresences";
const ORGANIZATION: &str = "/api/v2/organizations/me";
const DIVISIONS: &str = "/api/v2/authorization/divisions";

const USER_ACTIVITY: &str = "/api/v2/analytics/users/activity/query";

const VIEW: &str = "presence:presenceDefinition:view";

/// Everything but the unreserved characters of RFC 3986. The URL library drops tabs, so that `.<tab>.` would become
/// `..`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

const NO_PERMISSION: Permission = Permission { document: None, today: None };

/// One API request, without host and credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    pub method: Method,
    /// The path, percent-encoded.
    pub path: String,
    /// The query, unencoded.
    pub query: Vec<(&'static str, String)>,
    /// The JSON body.
    pub body: Option<Vec<u8>>,
    pub effect: Effect,
    pub permission: Permission,
    pub answer_bytes_max: usize,
}

/// An id that would change the path: no encoding makes `..` safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusableId(pub String);

impl Operation {
    fn read(path: String, query: Vec<(&'static str, String)>, permission: Permission) -> Operation {
        let effect = Effect::Read;
        Operation {
            method: Method::Get,
            path,
            query,
            body: None,
            effect,
            permission,
            answer_bytes_max: ANSWER_BYTES_MAX,
        }
    }

    fn write(method: Method, path: String, body: Option<Vec<u8>>, permission: &'static str) -> Operation {
        Operation {
            method,
            path,
            query: Vec::new(),
            body,
            effect: Effect::Write,
            permission: needs(permission),
            answer_bytes_max: ANSWER_BYTES_MAX,
        }
    }
}

pub fn organization() -> Operation {
    Operation::read(ORGANIZATION.to_owned(), Vec::new(), NO_PERMISSION)
}

pub fn system_presences() -> Operation {
    Operation::read(SYSTEM_PRESENCES.to_owned(), Vec::new(), NO_PERMISSION)
}

/// One page of the divisions that the client can see. No permission is documented.
pub fn divisions(page_number: usize, page_size: usize) -> Operation {
    let query = vec![("pageNumber", page_number.to_string()), ("pageSize", page_size.to_string())];
    Operation::read(DIVISIONS.to_owned(), query, NO_PERMISSION)
}

/// One page of user activity. It is a POST that only reads. No permission is documented.
pub fn user_activity(page_number: usize, page_size: usize, body: Vec<u8>) -> Operation {
    Operation {
        method: Method::Post,
        path: USER_ACTIVITY.to_owned(),
        query: vec![("pageSize", page_size.to_string()), ("pageNumber", page_number.to_string())],
        body: Some(body),
        effect: Effect::Read,
        permission: NO_PERMISSION,
        answer_bytes_max: ANSWER_BYTES_MAX,
    }
}

/// First generation: one page of the definitions, deactivated ones included, with all labels.
pub fn page(number: usize, size: usize) -> Operation {
    let query = vec![
        ("pageNumber", number.to_string()),
        ("pageSize", size.to_string()),
        ("deleted", "ALL".to_owned()),
        all_locales(),
    ];
    Operation::read(collection(Generation::First).to_owned(), query, NO_PERMISSION)
}

/// Second generation: all active, or all deactivated definitions, with all labels. There are no pages, and no list of
/// both.
pub fn state(deactivated: bool) -> Operation {
    let wanted = if deactivated { "TRUE" } else { "FALSE" };
    let query = vec![("deactivated", wanted.to_owned()), all_locales()];
    let all = Operation::read(collection(Generation::Second).to_owned(), query, needs(VIEW));
    Operation { answer_bytes_max: WHOLE_LIST_BYTES_MAX, ..all }
}

pub fn get(generation: Generation, id: &DefinitionId) -> Result<Operation, UnusableId> {
    let permission = match generation {
        Generation::First => Permission { document: None, today: Some(VIEW) },
        Generation::Second => needs(VIEW),
    };
    Ok(Operation::read(definition(generation, id)?, vec![all_locales()], permission))
}

pub fn create(generation: Generation, body: Vec<u8>) -> Operation {
    let path = collection(generation).to_owned();
    Operation::write(Method::Post, path, Some(body), "presence:presenceDefinition:add")
}

pub fn update(generation: Generation, id: &DefinitionId, body: Vec<u8>) -> Result<Operation, UnusableId> {
    let path = definition(generation, id)?;
    Ok(Operation::write(Method::Put, path, Some(body), "presence:presenceDefinition:edit"))
}

/// Removes a definition. In the second generation, `presence:presenceDefinition:edit` is enough too.
pub fn delete(generation: Generation, id: &DefinitionId) -> Result<Operation, UnusableId> {
    let path = definition(generation, id)?;
    Ok(Operation::write(Method::Delete, path, None, "presence:presenceDefinition:delete"))
}

/// The path of the definitions in a generation.
pub fn collection(generation: Generation) -> &'static str {
    match generation {
        Generation::First => "/api/v2/presencedefinitions",
        Generation::Second => "/api/v2/presence/definitions",
    }
}

fn all_locales() -> (&'static str, String) {
    ("localeCode", "ALL".to_owned())
}

fn needs(permission: &'static str) -> Permission {
    Permission { document: Some(permission), today: Some(permission) }
}

fn definition(generation: Generation, id: &DefinitionId) -> Result<String, UnusableId> {
    let raw = id.as_str();
    if raw == "." || raw == ".." {
        return Err(UnusableId(raw.to_owned()));
    }
    Ok(format!("{}/{}", collection(generation), utf8_percent_encode(raw, RESERVED)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_one_step_of_the_path() {
        let path = |raw: &str| get(Generation::First, &DefinitionId::new(raw).unwrap()).map(|operation| operation.path);
        let prefix = "/api/v2/presencedefinitions/";
        assert_eq!(path("a/../b?c#d%2e"), Ok(format!("{prefix}a%2F..%2Fb%3Fc%23d%252e")));
        assert_eq!(path(".\t."), Ok(format!("{prefix}.%09.")));
        assert_eq!(path("é"), Ok(format!("{prefix}%C3%A9")));
        assert_eq!(path(".."), Err(UnusableId("..".to_owned())));
    }
}
