//! What is done to an object, and what it holds, in documents for machines.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::labels::Labels;
use crate::model::names::{DivisionId, Label, Locale};
use crate::model::observed::Content;
use crate::output::json::common::twins;
use crate::plan::change::Action;

/// What is done to one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ActionV1 {
    /// A new definition.
    Create,
    /// A deactivated definition is brought back.
    Reactivate,
    /// Labels change.
    Update,
    /// Deactivated because another takes its place.
    Replace,
    /// Deactivated by PUT.
    Deactivate,
    /// Removed by DELETE.
    Delete,
}

/// The content of a definition that is compared and written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub struct ContentV1 {
    /// Labels by locale.
    pub labels: BTreeMap<String, String>,
    /// Deactivated or active.
    pub deactivated: bool,
    /// The id of the division, `*` for all; absent where it is not managed or not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub division: Option<String>,
}

twins!(Action = ActionV1 {
    Create = Create,
    Reactivate = Reactivate,
    Update = Update,
    Supersede = Replace,
    Deactivate = Deactivate,
    Delete = Delete,
});

impl From<ContentV1> for Content {
    fn from(content: ContentV1) -> Content {
        let ContentV1 { labels, deactivated, division } = content;
        let labels = labels.into_iter().map(|(locale, label)| (Locale::new(locale), Label::new(label))).collect();
        Content { labels, deactivated, division: division.as_deref().and_then(DivisionId::new) }
    }
}

impl From<&Content> for ContentV1 {
    fn from(content: &Content) -> ContentV1 {
        let Content { labels, deactivated, division } = content;
        ContentV1 {
            labels: labels_v1(labels),
            deactivated: *deactivated,
            division: division.as_ref().map(ToString::to_string),
        }
    }
}

fn labels_v1(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(locale, label)| (locale.to_string(), label.nfc().to_owned())).collect()
}
