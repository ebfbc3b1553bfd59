//! The result of a retirement as a JSON document, format 1, with its own types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::names::Locale;
use crate::model::observed::{Definition, Target};
use crate::model::source::Sources;
use crate::model::user::UserId;
use crate::ops::apply::report::Intent;
use crate::ops::retire::plan::{Advice, Lines, Retirement};
use crate::ops::retire::report::{Fate, Halt, RetireReport};
use crate::output::json::common::{CauseV1, Document, HeadV1, PlaceV1, TargetV1, head_in_schema, place_v1, target_v1};
use crate::output::json::report::{RowV1, row_v1};

/// What became of a retirement, `presencectl retire --output json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "presencectl retirement, format 1", transform = head_in_schema::<RetirementV1>)]
pub struct RetirementV1 {
    /// What it is, and of which org.
    #[serde(flatten)]
    pub head: HeadV1<TargetV1>,
    /// Is it retired, and seen to be?
    pub success: bool,
    /// `interrupt` or `terminate`, where a signal ended the run early.
    #[schemars(extend("enum" = ["interrupt", "terminate"]))]
    pub interrupted: Option<String>,
    /// What the config calls the definition that goes.
    pub key: String,
    /// The definition that goes.
    pub from: NamedV1,
    /// Where its people go.
    pub to: NamedV1,
    /// Were people on queue to be moved as well?
    pub include_on_queue: bool,
    /// Everyone who was seen on it, by their ids.
    pub people: Vec<PersonV1>,
    /// What became of the definition; absent where the run did not come so far.
    pub definition: Option<RowV1>,
    /// Why it is not known whether its division outlasted what was written by the first generation of the API.
    pub division_unread: Option<CauseV1>,
    /// Why it stopped; absent where everything is done, and was seen to be.
    pub halt: Option<HaltV1>,
    /// What to write into the config, so that the next apply agrees; absent where it says so already, and before
    /// the definition is known to be deactivated.
    pub config: Option<LinesV1>,
}

/// A definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamedV1 {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub label: Option<String>,
    /// Its system presence.
    pub system_presence: String,
}

/// One person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonV1 {
    /// The user's id.
    pub id: String,
    /// `moved`, `already-so`, `elsewhere` (gone by themselves), `on-queue` (left alone), `still-named`,
    /// `not-shown`, `differs`, `failed`, `skipped` or `unknown`.
    #[schemars(extend("enum" = [
        "moved", "already-so", "elsewhere", "on-queue", "still-named", "not-shown", "differs", "failed", "skipped",
        "unknown"
    ]))]
    pub outcome: String,
    /// Why, for those who are not moved.
    pub reason: Option<CauseV1>,
}

/// Why it stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HaltV1 {
    /// A stable name.
    #[schemars(extend("enum" = [
        "on-queue", "not-moved", "still-named", "cut-to-nothing", "look-failed", "target-gone", "target-unread",
        "not-deactivated", "differs", "not-visible-yet", "unread", "interrupted"
    ]))]
    pub code: String,
    /// In words.
    pub reason: CauseV1,
}

/// Lines for a config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinesV1 {
    /// The file to write them into.
    pub file: String,
    /// Where the definition stands in it, for what is merged with that.
    pub beside: Option<PlaceV1>,
    /// The `overrides` of the file, below which the lines stand; absent if it has none, or has the definition.
    pub below: Option<PlaceV1>,
    /// What says the contrary there, and goes.
    pub instead_of: Option<PlaceV1>,
    /// Lines of YAML, ready to paste.
    pub yaml: Vec<String>,
}

impl Document for RetirementV1 {
    const KIND: &str = "retirement";
    const VERSION: u32 = 1;
    const TARGET: &str = "The org that was written to.";
}

impl RetirementV1 {
    /// The document of a report.
    pub fn of(report: &RetireReport, target: &Target, sources: &Sources) -> RetirementV1 {
        let RetireReport { retirement, people, definition, division_unread, halt, interrupted } = report;
        let Retirement { key, from, to, include_on_queue, advice: _, default_locale } = retirement;
        RetirementV1 {
            head: HeadV1::of::<RetirementV1>(target_v1(target)),
            success: report.is_success(),
            interrupted: interrupted.map(|it| it.code().to_owned()),
            key: key.to_string(),
            from: named_v1(from, default_locale),
            to: named_v1(&to.definition, default_locale),
            include_on_queue: *include_on_queue,
            people: people.iter().map(person_v1).collect(),
            definition: definition.as_ref().map(|it| row_v1(it, Intent::Retire, sources)),
            division_unread: division_unread.clone().map(Into::into),
            halt: halt.as_ref().map(halt_v1),
            config: report.advice().and_then(|advice| lines_v1(advice, sources)),
        }
    }
}

fn named_v1(definition: &Definition, default_locale: &Locale) -> NamedV1 {
    NamedV1 {
        id: definition.id.to_string(),
        label: definition.name(default_locale).map(ToString::to_string),
        system_presence: definition.system_presence.to_string(),
    }
}

fn person_v1((user, fate): (&UserId, &Fate)) -> PersonV1 {
    PersonV1 { id: user.to_string(), outcome: fate.code().to_owned(), reason: fate.why().map(Into::into) }
}

fn halt_v1(halt: &Halt) -> HaltV1 {
    HaltV1 { code: halt.code().to_owned(), reason: halt.why().into() }
}

fn lines_v1(advice: &Advice, sources: &Sources) -> Option<LinesV1> {
    let Lines { file, beside, below, instead_of, lines } = match advice {
        Advice::SaysSo(_) => return None,
        Advice::Write(lines) => lines,
    };
    let place = |span: &Option<_>| span.map(|span| place_v1(span, sources));
    Some(LinesV1 {
        file: sources.get(*file).path.display().to_string(),
        beside: place(beside),
        below: place(below),
        instead_of: place(instead_of),
        yaml: lines.clone(),
    })
}
