//! From desired and observed state to a plan: a function of values, without IO, clock or chance.

pub mod change;
pub mod refusal;

use crate::model::names::Locale;
use crate::plan::change::{Change, InStep, LeftAlone, Spent, Warning};
use crate::plan::refusal::Refusal;

/// What would be done to an org, what would not, and why it may not be done at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// In the order of running: by action, then key, then id. Each is about exactly one object.
    pub changes: Vec<Change>,
    /// Managed definitions that need nothing, by key.
    pub in_step: Vec<InStep>,
    /// Active objects that are not touched, by system presence, name and id.
    pub left_alone: Vec<LeftAlone>,
    /// Lines of the config that have done their work.
    pub spent: Vec<Spent>,
    /// What somebody should look at.
    pub warnings: Vec<Warning>,
    /// Each stops the whole apply.
    pub refusals: Vec<Refusal>,
    /// The locale whose label names a definition.
    pub default_locale: Locale,
}
