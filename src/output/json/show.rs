//! The content of an org as JSON documents, format 1, with their own types.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::names::{Label, Locale, SystemPresence};
use crate::model::observed::{Definition, Primary, Target};
use crate::model::odd::{Halved, Odd};
use crate::ops::show::listing::{FoundBy, Listing, ListingRow, SystemPresences};
use crate::output::json::common::{Document, HeadV1, OrgV1, TargetV1, head_in_schema, org_v1, target_v1};

/// The definitions of an org, `presencectl show --output json`. All strings are as the org holds them:
/// neutralise them before showing them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "presencectl definitions, format 1", transform = head_in_schema::<DefinitionsV1>)]
pub struct DefinitionsV1 {
    /// What it is, and of which org.
    #[serde(flatten)]
    pub head: HeadV1<TargetV1>,
    /// What the name that was typed is: `key`, `id` or `label`; absent where all are shown.
    #[schemars(extend("enum" = ["key", "id", "label"]))]
    pub found_by: Option<String>,
    /// By system presence; the platform's own first and deactivated ones last, then by name and id.
    pub definitions: Vec<DefinitionV1>,
    /// Objects that cannot be read completely; absent where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub odd: Vec<OddV1>,
}

/// An object that cannot be read completely.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OddV1 {
    /// Where it stands in the org's answer, such as `entities[12]`.
    pub place: String,
    /// Its id; absent where that cannot be read.
    pub id: Option<String>,
    /// Where it belongs; absent where that cannot be read.
    pub system_presence: Option<String>,
    /// What is odd, each in a few words.
    pub what: Vec<String>,
    /// The labels that can be read.
    pub labels: Vec<OddLabelV1>,
}

/// One label of it. A locale may be there more than once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OddLabelV1 {
    /// In the org's spelling.
    pub locale: String,
    /// The label.
    pub label: String,
}

/// One definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DefinitionV1 {
    /// The org's id for it.
    pub id: String,
    /// Its key in the config; absent where none was given or it has none there.
    pub key: Option<String>,
    /// Where it belongs, in the org's spelling.
    pub system_presence: String,
    /// Its default label, else any; absent where it has none.
    pub name: Option<String>,
    /// Labels by locale, in the org's spelling.
    pub labels: BTreeMap<String, String>,
    /// Deactivated, or active.
    pub deactivated: bool,
    /// Is it the platform's own? Absent where the org does not say.
    pub primary: Option<bool>,
    /// The id of its division, `*` for all.
    pub division: Option<String>,
    /// The name of that division, where it was looked up.
    pub division_name: Option<String>,
    /// Who changed it last: an id or a name.
    pub changed_by: Option<String>,
    /// When, as the org writes times.
    pub changed_at: Option<String>,
    /// The fields of this definition that are absent since this generation of the API, or this org, does
    /// not say them.
    #[schemars(extend("items" = { "enum": ["primary", "division", "changedBy", "changedAt"] }))]
    pub not_known: Vec<String>,
    /// Where it holds a broken character, which reads as U+FFFD: labels by their locales, other fields by their names.
    /// Absent where it holds none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub half_characters: Vec<String>,
}

/// The system presences of an org, `presencectl show --system --output json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "presencectl system-presences, format 1", transform = head_in_schema::<SystemPresencesV1>)]
pub struct SystemPresencesV1 {
    /// What it is, and of which org.
    #[serde(flatten)]
    pub head: HeadV1<OrgV1>,
    /// In the org's order.
    pub system_presences: Vec<SystemPresenceV1>,
}

/// One system presence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemPresenceV1 {
    /// In the org's spelling.
    pub name: String,
    /// The spelling of a config, for one of the ten that every org has; a config that uses another one
    /// names it in `settings.systemPresences`.
    pub standard: Option<String>,
}

impl Document for DefinitionsV1 {
    const KIND: &str = "definitions";
    const VERSION: u32 = 1;
    const TARGET: &str = "The org that was read.";
}

impl DefinitionsV1 {
    /// The document of a listing.
    pub fn of(listing: &Listing, target: &Target) -> DefinitionsV1 {
        DefinitionsV1 {
            head: HeadV1::of::<DefinitionsV1>(target_v1(target)),
            found_by: listing.found_by.map(|it: FoundBy| it.name().to_owned()),
            definitions: listing.rows.iter().map(|it| definition_v1(it, listing)).collect(),
            odd: listing.odd.iter().map(odd_v1).collect(),
        }
    }
}

fn odd_v1(odd: &Odd) -> OddV1 {
    let Odd { place, id, what, labels, system_presence } = odd;
    let label = |(locale, label): &(Locale, Label)| OddLabelV1 { locale: locale.to_string(), label: label.to_string() };
    OddV1 {
        place: place.clone(),
        id: id.as_ref().map(ToString::to_string),
        system_presence: system_presence.as_ref().map(ToString::to_string),
        what: what.clone(),
        labels: labels.iter().map(label).collect(),
    }
}

fn definition_v1(row: &ListingRow, listing: &Listing) -> DefinitionV1 {
    let ListingRow { key, definition, halved } = row;
    let Definition { id, system_presence, labels, deactivated, primary, division, modified: _ } = definition;
    let primary = match primary {
        Primary::Yes => Some(true),
        Primary::No => Some(false),
        Primary::NotKnown => None,
    };
    let (changed_by, changed_at) = (row.changed_by().map(str::to_owned), row.changed_at().map(str::to_owned));
    let not_known = [
        ("primary", primary.is_none()),
        ("division", division.is_none()),
        ("changedBy", changed_by.is_none()),
        ("changedAt", changed_at.is_none()),
    ];
    DefinitionV1 {
        id: id.to_string(),
        key: key.as_ref().map(ToString::to_string),
        system_presence: system_presence.to_string(),
        name: definition.name(&listing.default_locale).map(|it| it.as_str().to_owned()),
        labels: labels.iter().map(|(locale, label)| (locale.to_string(), label.as_str().to_owned())).collect(),
        deactivated: *deactivated,
        primary,
        division: division.as_ref().map(ToString::to_string),
        division_name: division.as_ref().and_then(|it| listing.divisions.name(it)).map(str::to_owned),
        changed_by,
        changed_at,
        half_characters: halved.iter().flat_map(places).collect(),
        not_known: not_known.into_iter().filter(|(_, absent)| *absent).map(|(name, _)| name.to_owned()).collect(),
    }
}

fn places(halved: &Halved) -> Vec<String> {
    let labels = halved.labels.iter().map(|it| format!("labels.{it}"));
    labels.chain(halved.fields.iter().cloned()).collect()
}

impl Document for SystemPresencesV1 {
    const KIND: &str = "system-presences";
    const VERSION: u32 = 1;
    const TARGET: &str = "The org that was read.";
}

impl SystemPresencesV1 {
    /// The document of an org's system presences.
    pub fn of(it: &SystemPresences) -> SystemPresencesV1 {
        let SystemPresences { org, sandbox, names } = it;
        let one =
            |it: &SystemPresence| SystemPresenceV1 { name: it.to_string(), standard: it.standard().map(str::to_owned) };
        SystemPresencesV1 {
            head: HeadV1::of::<SystemPresencesV1>(org_v1(org.as_ref(), *sandbox)),
            system_presences: names.iter().map(one).collect(),
        }
    }
}
