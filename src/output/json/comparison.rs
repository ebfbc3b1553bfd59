//! The comparison of orgs as a JSON document, format 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::source::{Sources, comment_of_entry};
use crate::ops::compare::{ComparedField, ComparedRow, OrgComparison, PairFinding};
use crate::output::json::common::{Document, PlaceV1, place_v1};
use crate::output::json::error::ErrorV1;

/// Orgs held against each other, `presencectl compare --output json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "presencectl comparison, format 1")]
pub struct ComparisonV1 {
    /// Always `comparison`.
    #[schemars(extend("const" = ComparisonV1::KIND))]
    pub kind: String,
    /// Always 1.
    #[schemars(extend("const" = ComparisonV1::VERSION))]
    pub format_version: u32,
    /// The version of the tool that wrote it.
    pub tool_version: String,
    /// Were the orgs read? Else it is what the files ask.
    pub live: bool,
    /// Each pair of orgs. With `--all-orgs` the second of each is what most orgs have.
    pub comparisons: Vec<OrgComparisonV1>,
    /// Orgs that could not be read, with why.
    pub not_read: Vec<NotReadV1>,
}

/// Two orgs. Ids are never compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrgComparisonV1 {
    /// The first org.
    pub first: String,
    /// The second org, or `most orgs`.
    pub second: String,
    /// How many definitions are the same in both.
    pub same: usize,
    /// The others. Those without a comment as reason come first.
    pub rows: Vec<ComparedRowV1>,
    /// Active definitions of each system presence. The platform documents at most 30.
    pub sums: Vec<PresenceSumV1>,
    /// How many definitions of the first have neither a key nor a default label, so that nothing pairs them.
    pub not_paired_in_first: usize,
    /// The same of the second.
    pub not_paired_in_second: usize,
}

/// A definition that is not the same in both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComparedRowV1 {
    /// Its key; absent if the orgs were read.
    pub key: Option<String>,
    /// Its default label.
    pub name: Option<String>,
    /// Its system presence.
    pub system_presence: String,
    /// What was found.
    pub found: PairFindingV1,
    /// Does the config of the org that lacks it omit it?
    pub omitted: bool,
    /// The label in the second org that looks alike.
    pub looks_like: Option<String>,
    /// What differs.
    pub differences: Vec<FieldDifferenceV1>,
    /// Where the files of the first org say it.
    pub place: Option<PlaceV1>,
    /// The comment above that place.
    pub reason: Option<String>,
}

/// What was found of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PairFindingV1 {
    /// Both have it, and something differs.
    Differs,
    /// The second org lacks it.
    OnlyFirst,
    /// The first org lacks it.
    OnlySecond,
    /// Two definitions with labels that a reader takes for the same.
    LooksAlike,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldDifferenceV1 {
    /// `systemPresence`, `deactivated`, or `labels.` and the locale.
    pub field: String,
    /// What the first org has; absent if it has none.
    pub first: Option<String>,
    /// What the second org has; absent if it has none.
    pub second: Option<String>,
}

/// How many active definitions of a system presence both have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresenceSumV1 {
    /// The system presence.
    pub system_presence: String,
    /// In the first org.
    pub first: usize,
    /// In the second org.
    pub second: usize,
}

/// An org that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotReadV1 {
    /// Its name in the config.
    pub org: String,
    /// Why.
    pub error: ErrorV1,
}

impl OrgComparisonV1 {
    /// `own_file` is the org file of the first org: only there a comment is a reason.
    pub fn of(it: &OrgComparison, own_file: Option<&str>, sources: &Sources) -> OrgComparisonV1 {
        let rows = it.rows.iter().filter_map(|row| ComparedRowV1::of(row, own_file, sources));
        let mut rows: Vec<ComparedRowV1> = rows.collect();
        rows.sort_by_key(|row| row.reason.is_some());
        OrgComparisonV1 {
            first: it.first.clone(),
            second: it.second.clone(),
            same: it.rows.len() - rows.len(),
            rows,
            sums: it
                .sums
                .iter()
                .map(|sum| PresenceSumV1 {
                    system_presence: sum.system_presence.to_string(),
                    first: sum.first,
                    second: sum.second,
                })
                .collect(),
            not_paired_in_first: it.not_paired[0],
            not_paired_in_second: it.not_paired[1],
        }
    }
}

impl ComparedRowV1 {
    /// None of a definition that is the same in both.
    fn of(row: &ComparedRow, own_file: Option<&str>, sources: &Sources) -> Option<ComparedRowV1> {
        let (found, omitted, looks_like, differences) = match &row.found {
            PairFinding::Same => return None,
            PairFinding::Differs(of) => (PairFindingV1::Differs, false, None, of.as_slice()),
            PairFinding::OnlyFirst { omitted } => (PairFindingV1::OnlyFirst, *omitted, None, &[][..]),
            PairFinding::OnlySecond { omitted } => (PairFindingV1::OnlySecond, *omitted, None, &[][..]),
            PairFinding::LooksAlike(label) => (PairFindingV1::LooksAlike, false, Some(label), &[][..]),
        };
        let place = row.place.map(|it| place_v1(it, sources));
        let own = place.as_ref().filter(|it| own_file == Some(it.file.as_str()));
        let reason = own.and_then(|it| comment_of_entry(&sources.by_name(&it.file)?.text, it.line));
        let difference = |it: &crate::ops::compare::FieldDifference| FieldDifferenceV1 {
            field: match &it.field {
                ComparedField::SystemPresence => "systemPresence".to_owned(),
                ComparedField::Deactivated => "deactivated".to_owned(),
                ComparedField::Label(locale) => format!("labels.{locale}"),
            },
            first: it.first.clone(),
            second: it.second.clone(),
        };
        Some(ComparedRowV1 {
            key: row.key.as_ref().map(ToString::to_string),
            name: row.name.as_ref().map(ToString::to_string),
            system_presence: row.system_presence.to_string(),
            found,
            omitted,
            looks_like: looks_like.map(ToString::to_string),
            differences: differences.iter().map(difference).collect(),
            place,
            reason,
        })
    }
}

impl Document for ComparisonV1 {
    const KIND: &str = "comparison";
    const VERSION: u32 = 1;
}
