//! The switches for what the platform does not document: the behaviour of this simulated org.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};

/// The longest lag in a behavior file: the history of users covers this time.
const LAG_MS_MAX: u64 = 600_000;

/// The behaviour of an org where the API document has no answer (docs/open-questions.md). The default
/// is the simple one. A simulation uses the others to show that the client does not depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
// A field that a behavior file omits has its value for a rehearsal.
#[serde(default = "OrgBehavior::rehearsal", deny_unknown_fields, expecting = "an object with the behavior of the org")]
pub struct OrgBehavior {
    /// Is the first generation of the API (`/api/v2/presencedefinitions`) served?
    pub generation1: Offer,
    /// Is the second generation of the API (`/api/v2/presence/definitions`) served?
    pub generation2: Offer,
    /// Are Microsoft Teams presences served? The API document has them, SDKs since 2022 do not (docs/platform.md, "Two
    /// generations of the API").
    pub teams: Offer,
    /// May two definitions have the same label in a locale?
    pub unique_labels: UniqueLabels,
    /// The status of the error for a duplicate label in the first generation: 409 or 400. The second generation's is
    /// known to be 409 (docs/platform.md, "Two generations of the API").
    #[serde(deserialize_with = "conflict_status")]
    pub conflict_status: u16,
    /// The effect of a PUT on labels that its body omits.
    pub put_labels: PutLabels,
    /// The effect of a PUT with another `systemPresence`.
    pub put_system_presence: PutSystemPresence,
    /// The effect of a PUT of the first generation on the division, which its body cannot have.
    pub first_put_division: FirstPutDivision,
    /// The definitions that the first generation shows to a client with restricted divisions.
    pub first_divisions: FirstDivisions,
    /// The effect of a POST with `deactivated: true`.
    pub create_deactivated: CreateDeactivated,
    /// Does a POST add undocumented fields to the new definition? A PUT without them removes them.
    pub create_extra: CreateExtra,
    pub delete: Delete,
    /// The org's spelling of locales.
    pub locale_keys: LocaleKeys,
    /// The status of a PUT or DELETE of a primary definition: 400, 403 or 409.
    #[serde(deserialize_with = "primary_status")]
    pub primary_status: u16,
    /// The limit of active definitions per system presence, without primaries.
    pub active_max: Option<u32>,
    /// The largest page of a list in the first generation. The platform's is not known.
    #[serde(deserialize_with = "at_least_one")]
    pub page_size_max: u32,
    /// Do responses have the `inin-ratelimit-*` headers, which were withdrawn in 2021? They need a rate limit.
    pub rate_headers: RateHeaders,
    /// The lag of lists, in milliseconds. The history is lost at a restart.
    #[serde(deserialize_with = "lag_ms")]
    pub list_lag_ms: u64,
    /// The lag of GET by id, in milliseconds. The history is lost at a restart.
    #[serde(deserialize_with = "lag_ms")]
    pub get_lag_ms: u64,
    /// How long GET by id does not find a new object, in milliseconds. The history is lost at a restart.
    #[serde(deserialize_with = "lag_ms")]
    pub get_after_create_lag_ms: u64,
    /// Does GET by id need `presence:presenceDefinition:view`? The current platform requires it, the API document does
    /// not (docs/platform.md, "Operations and permissions").
    pub get_needs_view: bool,
    /// Does a PATCH of a user's presence need `presence:userPresence:edit`? The current platform requires it for other
    /// users, the API document never does (docs/platform.md, "Operations and permissions").
    pub patch_needs_edit: bool,
    /// Does the list of divisions need `authorization:division:view`? The current document requires nothing.
    pub divisions_need_view: bool,
    /// The effect of a bulk PUT with invalid entries.
    pub bulk_put: BulkPut,
    /// The most entries of a bulk PUT. The platform's limit is not known.
    #[serde(deserialize_with = "at_least_one")]
    pub bulk_put_max: u32,
    /// The most entities per group before the activity query truncates its list. Absent means no limit.
    pub entities_max: Option<u32>,
    /// The lag of the activity query, in milliseconds, up to ten minutes. The history is lost at a restart.
    #[serde(deserialize_with = "lag_ms")]
    pub activity_lag_ms: u64,
}

impl Default for OrgBehavior {
    fn default() -> Self {
        Self {
            generation1: Offer::Served,
            generation2: Offer::Served,
            teams: Offer::Served,
            unique_labels: UniqueLabels::Never,
            conflict_status: 409,
            put_labels: PutLabels::Replaced,
            put_system_presence: PutSystemPresence::Refused,
            first_put_division: FirstPutDivision::Kept,
            first_divisions: FirstDivisions::All,
            create_deactivated: CreateDeactivated::Honoured,
            create_extra: CreateExtra::None,
            delete: Delete::Deactivates,
            locale_keys: LocaleKeys::Kept,
            primary_status: 400,
            active_max: None,
            page_size_max: 100,
            rate_headers: RateHeaders::Withdrawn,
            list_lag_ms: 0,
            get_lag_ms: 0,
            get_after_create_lag_ms: 0,
            get_needs_view: false,
            patch_needs_edit: true,
            divisions_need_view: false,
            bulk_put: BulkPut::AllOrNothing,
            bulk_put_max: 500,
            entities_max: None,
            activity_lag_ms: 0,
        }
    }
}

impl OrgBehavior {
    /// The behaviour for rehearsals: with the platform's known limits (docs/platform.md, "Limits").
    pub fn rehearsal() -> Self {
        Self { active_max: Some(30), ..Self::default() }
    }

    /// How long old states must be kept.
    pub fn remember_ms(&self) -> u64 {
        self.list_lag_ms.max(self.get_lag_ms).max(self.get_after_create_lag_ms)
    }
}

/// Is an optional part of the API served?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(from = "Spelt")]
pub enum Offer {
    Served,
    /// It responds with this status: 404 or 410.
    Gone(u16),
}

/// An offer in a behavior file.
#[derive(Deserialize)]
enum Spelt {
    #[serde(rename = "served")]
    Served,
    #[serde(rename = "404")]
    NotFound,
    #[serde(rename = "410")]
    Gone,
}

impl From<Spelt> for Offer {
    fn from(spelt: Spelt) -> Self {
        match spelt {
            Spelt::Served => Self::Served,
            Spelt::NotFound => Self::Gone(404),
            Spelt::Gone => Self::Gone(410),
        }
    }
}

/// An integer that is checked while its place is known.
struct Whole<F>(F);

impl<F: FnOnce(u64) -> Result<T, String>, T> Visitor<'_> for Whole<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_u64<E: de::Error>(self, given: u64) -> Result<T, E> {
        (self.0)(given).map_err(E::custom)
    }
}

fn conflict_status<'de, D: Deserializer<'de>>(given: D) -> Result<u16, D::Error> {
    one_of(given, &[409, 400])
}

fn primary_status<'de, D: Deserializer<'de>>(given: D) -> Result<u16, D::Error> {
    one_of(given, &[400, 403, 409])
}

fn one_of<'de, D: Deserializer<'de>>(given: D, allowed: &[u16]) -> Result<u16, D::Error> {
    let found = |it: u64| allowed.iter().find(|allowed| u64::from(**allowed) == it).copied();
    given.deserialize_u64(Whole(|it| found(it).ok_or_else(|| format!("{it} is none of {allowed:?}"))))
}

/// An integer from 1.
pub fn at_least_one<'de, D: Deserializer<'de>>(given: D) -> Result<u32, D::Error> {
    given.deserialize_u64(Whole(|it| match u32::try_from(it) {
        Ok(0) => Err("0 is too small: 1 is the least".to_owned()),
        Ok(it) => Ok(it),
        Err(_) => Err(format!("{it} is over {}", u32::MAX)),
    }))
}

fn lag_ms<'de, D: Deserializer<'de>>(given: D) -> Result<u64, D::Error> {
    let fits = |it: u64| if it <= LAG_MS_MAX { Ok(it) } else { Err(format!("{it} is over {LAG_MS_MAX}")) };
    given.deserialize_u64(Whole(fits))
}

/// The definitions among which a label must be unique in its locale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UniqueLabels {
    Never,
    AmongActive,
    AmongAll,
}

/// The effect of a PUT on labels that its body omits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PutLabels {
    Replaced,
    Merged,
}

/// The effect of a PUT with another `systemPresence`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PutSystemPresence {
    /// It is rejected with 400 (docs/platform.md, "System presences").
    Refused,
    CarriedOut,
}

/// The effect of a PUT of the first generation on the division.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstPutDivision {
    Kept,
    /// The definition belongs to all divisions again.
    Reset,
}

/// The definitions that the first generation shows to a client with restricted divisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstDivisions {
    /// All of them, because it has no divisions.
    All,
    Permitted,
}

/// Whether a POST adds undocumented fields to the new definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreateExtra {
    None,
    Unknown,
}

/// The effect of a POST with `deactivated: true`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreateDeactivated {
    Honoured,
    /// The new definition is active anyway.
    Ignored,
}

/// Whether responses have the `inin-ratelimit-*` headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateHeaders {
    /// No response has them (docs/platform.md, "Rate limits").
    Withdrawn,
    /// Every response has them.
    Sent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delete {
    /// The definition becomes deactivated (docs/platform.md, "Deleting").
    Deactivates,
    /// The definition is removed: GET by id returns 404.
    Removes,
}

/// The org's spelling of locales.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocaleKeys {
    /// Unchanged (`en-us` and `es_US` occur: docs/platform.md, "Locales").
    Kept,
    /// As `ll_CC`: the language in lower case, an underscore, the rest in upper case.
    Normalised,
}

/// The effect of a bulk PUT with invalid entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkPut {
    /// One of them makes the whole request fail.
    AllOrNothing,
    /// They are skipped and missing in the response.
    EachForItself,
}
