//! Behavior files: the behaviour of an org and the permissions of its client. No IO.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::access::{Permissions, TOKEN_SECONDS_DEFAULT};
use super::org_behavior::{OrgBehavior, at_least_one};
use super::routes::PERMISSIONS;

/// A behavior file: `{"org": { … }, "client": { … }}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "an object with `org`, `client`, or both")]
pub struct Behavior {
    pub org: OrgBehavior,
    pub client: Client,
}

impl Default for Behavior {
    fn default() -> Self {
        Self { org: OrgBehavior::rehearsal(), client: Client::default() }
    }
}

/// The access of the org's client.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "an object that says what the client may do")]
pub struct Client {
    /// A list of permissions, such as `presence:presenceDefinition:add`. Absent means all.
    #[serde(deserialize_with = "permissions")]
    pub permissions: Permissions,
    /// The ids of its divisions. Absent means all.
    pub divisions: Option<Vec<String>>,
    /// The requests per token in any 60 seconds. Absent means no limit.
    pub requests_per_minute: Option<Allowance>,
    /// The lifetime of an issued token, in seconds.
    #[serde(deserialize_with = "at_least_one")]
    pub token_seconds: u32,
}

/// A number of requests, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Allowance(#[serde(deserialize_with = "at_least_one")] pub u32);

impl Default for Client {
    fn default() -> Self {
        Self {
            permissions: Permissions::All,
            divisions: None,
            requests_per_minute: None,
            token_seconds: TOKEN_SECONDS_DEFAULT,
        }
    }
}

impl Behavior {
    /// Reads a behavior file from JSON.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let said = |error: serde_json::Error| error.to_string();
        let given: Value = serde_json::from_slice(json).map_err(said)?;
        // Serde accepts a list for an object whose fields are all optional.
        if let Some(name) = [("it", &given), ("`org`", &given["org"]), ("`client`", &given["client"])]
            .into_iter()
            .find_map(|(name, it)| it.is_array().then_some(name))
        {
            return Err(format!("{name} is a list, not an object"));
        }
        serde_json::from_slice(json).map_err(said)
    }
}

/// A permission that the sandbox checks.
struct Permission(String);

impl<'de> Deserialize<'de> for Permission {
    fn deserialize<D: Deserializer<'de>>(given: D) -> Result<Self, D::Error> {
        given.deserialize_str(Known)
    }
}

/// Checks a permission while its place is known.
struct Known;

impl Visitor<'_> for Known {
    type Value = Permission;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a permission")
    }

    fn visit_str<E: de::Error>(self, given: &str) -> Result<Permission, E> {
        if PERMISSIONS.contains(&given) {
            return Ok(Permission(given.to_owned()));
        }
        let known: Vec<String> = PERMISSIONS.iter().map(|it| format!("`{it}`")).collect();
        Err(E::custom(format!("unknown permission `{given}`, expected one of {}", known.join(", "))))
    }
}

fn permissions<'de, D: Deserializer<'de>>(given: D) -> Result<Permissions, D::Error> {
    let given = Option::<Vec<Permission>>::deserialize(given)?;
    Ok(given.map_or(Permissions::All, |it| Permissions::Only(it.into_iter().map(|it| it.0).collect::<BTreeSet<_>>())))
}
