//! What the platform leaves open, as switches: how this simulated org behaves where no document says it.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};

/// The longest lag that a behavior file may ask for: for so long it is remembered what users were.
const LAG_MS_MAX: u64 = 600_000;

/// The behaviour of an org where the API document is silent (docs/platform.md, "What no source says"). The
/// default is the plain one; a simulation turns the others on to show that the client does not depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
// What a behavior file leaves out is as in a rehearsal.
#[serde(default = "OrgBehavior::rehearsal", deny_unknown_fields, expecting = "an object with the behavior of the org")]
pub struct OrgBehavior {
    /// Whether the first generation of the API (`/api/v2/presencedefinitions`) is served.
    pub generation1: Offer,
    /// Whether the second generation of the API (`/api/v2/presence/definitions`) is served.
    pub generation2: Offer,
    /// Whether presences in Microsoft Teams are served: the API document has them, SDKs since 2022 do not
    /// (docs/platform.md, "Two generations of the API").
    pub teams: Offer,
    /// Whether two definitions may have the same label in a locale.
    pub unique_labels: UniqueLabels,
    /// The status of the refusal when they may not, in the first generation: 409 or 400. The second one's is
    /// known to be 409 (docs/platform.md, "Two generations of the API").
    #[serde(deserialize_with = "conflict_status")]
    pub conflict_status: u16,
    /// What a PUT does with labels that its body does not name.
    pub put_labels: PutLabels,
    /// What a PUT does with another `systemPresence`.
    pub put_system_presence: PutSystemPresence,
    /// What a PUT of the first generation does to the division, which its body cannot name.
    pub first_put_division: FirstPutDivision,
    /// Which definitions the first generation shows to a client that is restricted to some divisions.
    pub first_divisions: FirstDivisions,
    /// What a POST does with `deactivated: true`.
    pub create_deactivated: CreateDeactivated,
    /// Whether a POST gives the new definition fields that no document names. A PUT that does not bring them
    /// loses them.
    pub create_extra: CreateExtra,
    pub delete: Delete,
    /// How the org spells the locales that it is given.
    pub locale_keys: LocaleKeys,
    /// The status for a PUT or DELETE of a primary definition: 400, 403 or 409.
    #[serde(deserialize_with = "primary_status")]
    pub primary_status: u16,
    /// How many active definitions one system presence may have, primaries not counted.
    pub active_max: Option<u32>,
    /// The largest page of a list of the first generation. The platform's is not known.
    #[serde(deserialize_with = "at_least_one")]
    pub page_size_max: u32,
    /// Whether answers carry the `inin-ratelimit-*` headers, which were withdrawn in 2021. Only an org with an
    /// allowance of requests has anything to say there.
    pub rate_headers: RateHeaders,
    /// How far lists run behind, in milliseconds. Not kept over a restart.
    #[serde(deserialize_with = "lag_ms")]
    pub list_lag_ms: u64,
    /// How far GET by id runs behind, in milliseconds. Not kept over a restart.
    #[serde(deserialize_with = "lag_ms")]
    pub get_lag_ms: u64,
    /// For how long GET by id does not find what was just created, in milliseconds. Not kept over a restart.
    #[serde(deserialize_with = "lag_ms")]
    pub get_after_create_lag_ms: u64,
    /// Whether GET by id needs `presence:presenceDefinition:view`: today's platform wants it, the API
    /// document does not (docs/platform.md, "Operations and permissions").
    pub get_needs_view: bool,
    /// Whether a PATCH of a user's presence needs `presence:userPresence:edit`: today's platform wants it of
    /// everyone who is not that user, the API document of no one (docs/platform.md, "Operations and permissions").
    pub patch_needs_edit: bool,
    /// Whether the list of divisions needs `authorization:division:view`: today's document says that it needs
    /// nothing.
    pub divisions_need_view: bool,
    /// What a bulk PUT of presences does with entries that cannot be done.
    pub bulk_put: BulkPut,
    /// How many entries a bulk PUT may have. The platform's limit is not known.
    #[serde(deserialize_with = "at_least_one")]
    pub bulk_put_max: u32,
    /// How many entities the activity query lists of one group before it cuts its list; absent is any number.
    pub entities_max: Option<u32>,
    /// How far the activity query runs behind, in milliseconds, up to ten minutes. Not kept over a restart.
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
    /// How an org behaves where people rehearse: with the platform's known limits (docs/platform.md, "Limits").
    pub fn rehearsal() -> Self {
        Self { active_max: Some(30), ..Self::default() }
    }

    /// For how long what stood before a change must be remembered.
    pub fn remember_ms(&self) -> u64 {
        self.list_lag_ms.max(self.get_lag_ms).max(self.get_after_create_lag_ms)
    }
}

/// Whether the org serves something that other orgs do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(from = "Spelt")]
pub enum Offer {
    Served,
    /// It answers with this status: 404 or 410.
    Gone(u16),
}

/// An offer as people write it.
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

/// A whole number, which is checked while its place is known.
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

/// A whole number from 1.
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

/// Among which definitions a label of a locale may occur once only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UniqueLabels {
    Never,
    AmongActive,
    AmongAll,
}

/// What a PUT does with labels that its body does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PutLabels {
    Replaced,
    Merged,
}

/// What a PUT does with another `systemPresence`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PutSystemPresence {
    /// It is refused with 400 (docs/platform.md, "System presences").
    Refused,
    CarriedOut,
}

/// What a PUT of the first generation does to the division.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstPutDivision {
    Kept,
    /// The definition is for all divisions again.
    Reset,
}

/// Which definitions the first generation shows to a client that is restricted to some divisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstDivisions {
    /// All: it knows no divisions.
    All,
    Permitted,
}

/// Whether a POST gives the new definition fields that no document names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreateExtra {
    None,
    Unknown,
}

/// What a POST does with `deactivated: true`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreateDeactivated {
    Honoured,
    /// The new definition is active all the same.
    Ignored,
}

/// Whether answers carry the `inin-ratelimit-*` headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateHeaders {
    /// None does (docs/platform.md, "Rate limits").
    Withdrawn,
    /// Every one does.
    Sent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delete {
    /// The definition, deactivated (docs/platform.md, "Deleting").
    Deactivates,
    /// Nothing: GET by id answers 404.
    Removes,
}

/// How the org spells the locales that it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocaleKeys {
    /// As they came (`en-us` and `es_US` occur: docs/platform.md, "Locales").
    Kept,
    /// As `ll_CC`: the language in lower case, an underscore, the rest in capitals.
    Normalised,
}

/// What a bulk PUT of presences does with entries that cannot be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkPut {
    /// The first of them refuses all.
    AllOrNothing,
    /// They are passed over, and the answer does not have them.
    EachForItself,
}
