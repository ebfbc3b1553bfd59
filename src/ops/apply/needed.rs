//! The need that a step waits for.

use crate::model::names::{DefinitionId, Key, Label, Locale};
use crate::model::text;
use crate::plan::change::{Action, Step};
use crate::plan::order::Because;

/// A step that had to run before another one, but was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    pub action: Action,
    pub key: Option<Key>,
    pub id: Option<DefinitionId>,
    pub name: Option<Label>,
    /// Why it had to run first.
    pub because: Because,
    /// An earlier run had done it, and the org's list showed that only at the end of this run.
    pub is_shown_by_now: bool,
}

impl Needed {
    /// This step, which has to run before another one for the reason `because`.
    pub fn of(step: &Step, default_locale: &Locale, because: Because) -> Needed {
        Needed {
            action: step.action(),
            key: step.key().cloned(),
            id: step.id().cloned(),
            name: step.name(default_locale).cloned(),
            because,
            is_shown_by_now: false,
        }
    }

    pub fn in_words(&self) -> String {
        let step = in_short(self.action, self.key.as_ref(), self.name.as_ref(), self.id.as_ref());
        match &self.because {
            _ if self.is_shown_by_now => {
                format!(
                    "it waits for {step}, which an earlier run had done, and the list showed that too late; run it again"
                )
            }
            Because::TakesItsPlace => {
                format!("it waits for {step}, which takes its place, and that was not done; so it stays")
            }
            Because::Frees(locale, label) => {
                format!(
                    "it waits for {step}, which frees the label {label} ({locale}), and that was not done",
                    label = text::ticked(label)
                )
            }
        }
    }
}

/// A step in a sentence: its key, or the name of its object. It is raw.
pub fn in_short(action: Action, key: Option<&Key>, name: Option<&Label>, id: Option<&DefinitionId>) -> String {
    let id = id.map_or_else(String::new, ToString::to_string);
    let what = match (key, name) {
        (Some(key), _) => format!("`{key}`"),
        (None, Some(name)) => format!("{name} ({id})", name = text::ticked(name)),
        (None, None) => id,
    };
    format!("`{}` of {what}", action.verb())
}
