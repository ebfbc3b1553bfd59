//! Actions, content, refusals and warnings of objects in JSON documents.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::labels::Labels;
use crate::model::names::{DivisionId, Label, Locale};
use crate::model::observed::Content;
use crate::model::source::Sources;
use crate::model::usage::People;
use crate::output::json::common::{EarlierV1, PlaceV1, place_v1, twins};
use crate::plan::answer::Answer;
use crate::plan::blocker::Blocker;
use crate::plan::change::{Action, Change};
use crate::plan::warning::Warning;

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

/// One change of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct ChangeV1 {
    /// What is done.
    pub action: ActionV1,
    /// The definition in the config; absent for what the config does not name.
    pub key: Option<String>,
    /// The object; absent for one that is yet to be made.
    pub id: Option<String>,
    /// In the org's spelling.
    pub system_presence: String,
    /// What the plan saw, as far as it is managed; absent for one that is yet to be made.
    pub before: Option<ContentV1>,
    /// What shall be there.
    pub after: ContentV1,
    /// Why, for people; nothing may be decided from it.
    pub reason: String,
    /// How many people are on it now; absent if it was not asked for.
    pub people: Option<PeopleV1>,
    /// Where it comes from: `this-change`, `this-change-too` (the base would change it as well, and otherwise),
    /// `not-applied` (merged before, and not applied), `edited` (in the org, since the last apply that reports tell of)
    /// or
    /// `before` (which of both is not known). Absent without `--base`. Nothing may be decided from it.
    #[schemars(extend("enum" = ["this-change", "this-change-too", "not-applied", "edited", "before"]))]
    pub origin: Option<String>,
    /// Where the config asks for it.
    pub place: Option<PlaceV1>,
}

/// How many people are on a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct PeopleV1 {
    /// Absent where no one could say, which is not the same as none.
    pub count: Option<usize>,
    /// The platform cut its answer: there may be more.
    pub at_least: bool,
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub struct WarningV1 {
    /// A stable name.
    pub code: String,
    /// In words.
    pub message: String,
}

/// A reason not to apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub struct RefusalV1 {
    /// A stable name.
    pub code: String,
    /// In words.
    pub message: String,
    /// Ways to answer it.
    pub answers: Vec<AnswerV1>,
    /// Who says which object the definition was before; absent where no one does, and of other refusals.
    pub earlier: Option<EarlierV1>,
    /// Where it comes from: `this-change`, `this-change-too` (without the change there would be one as well, and
    /// otherwise) or `before` (it would be the same). Absent without `--base`.
    #[schemars(extend("enum" = ["this-change", "this-change-too", "before"]))]
    pub origin: Option<String>,
    /// The line in the config that it is about.
    pub place: Option<PlaceV1>,
}

/// A way to answer a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub struct AnswerV1 {
    /// In words.
    pub say: String,
    /// Lines of YAML, ready to paste.
    pub yaml: Vec<String>,
}

/// One change as documents write it.
pub fn change_v1(change: &Change, sources: &Sources) -> ChangeV1 {
    let Change { step, reason, place } = change;
    ChangeV1 {
        action: step.action().into(),
        key: step.key().map(ToString::to_string),
        id: step.id().map(ToString::to_string),
        system_presence: step.system_presence().to_string(),
        before: step.before().map(ContentV1::from),
        after: ContentV1::from(&step.after()),
        reason: reason.in_words(),
        people: None,
        origin: None,
        place: place.map(|span| place_v1(span, sources)),
    }
}

impl From<People> for PeopleV1 {
    fn from(people: People) -> PeopleV1 {
        match people {
            People::Exactly(count) => PeopleV1 { count: Some(count), at_least: false },
            People::AtLeast(count) => PeopleV1 { count: Some(count), at_least: true },
            People::NotKnown => PeopleV1 { count: None, at_least: false },
        }
    }
}

/// A warning as documents write it.
pub fn warning_v1(it: &Warning) -> WarningV1 {
    WarningV1 { code: it.code().to_owned(), message: it.message() }
}

/// A refusal as documents write it.
pub fn refusal_v1(it: &Blocker, sources: &Sources) -> RefusalV1 {
    RefusalV1 {
        code: it.code().to_owned(),
        message: it.message(),
        answers: it.answers().into_iter().map(AnswerV1::from).collect(),
        earlier: it.earlier().map(EarlierV1::from),
        origin: None,
        place: it.place.map(|span| place_v1(span, sources)),
    }
}

impl From<Answer> for AnswerV1 {
    fn from(Answer { say, lines }: Answer) -> AnswerV1 {
        AnswerV1 { say, yaml: lines }
    }
}
