//! The config change after a retirement, so that the next `apply` agrees: its place, and lines to paste.

use crate::model::desired::Desired;
use crate::model::names::Key;
use crate::model::source::{FileId, Span};
use crate::model::yaml;

/// What to do with the config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advice {
    /// Nothing: the config already has it.
    SaysSo(Key),
    Write(Lines),
}

/// YAML lines and their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    pub file: FileId,
    /// The definition in that file, to merge the lines with. `None` if it is not there.
    pub beside: Option<Span>,
    /// The `overrides` of the file, if the lines belong below them.
    pub below: Option<Span>,
    pub instead_of: Option<Span>,
    pub lines: Vec<String>,
}

/// The config change that deactivates the definition in this org only.
pub fn advice(desired: &Desired, key: &Key) -> Advice {
    let Some(wanted) = desired.definitions.get(key) else { return Advice::SaysSo(key.clone()) };
    if wanted.deactivated {
        return Advice::SaysSo(key.clone());
    }
    let stands = wanted.places.key;
    let lines = vec![format!("{}:", yaml::scalar(key.as_str())), "  deactivated: true".to_owned()];
    let Some(org) = desired.org_file_without(wanted) else {
        let instead_of = wanted.places.deactivated.filter(|it| it.file == stands.file);
        return Advice::Write(Lines { file: stands.file, beside: Some(stands), below: None, instead_of, lines });
    };
    // A second `overrides` key would be an error.
    let lines = if org.overrides.is_some() {
        lines
    } else {
        let indented = lines.into_iter().map(|it| format!("  {it}"));
        std::iter::once("overrides:".to_owned()).chain(indented).collect()
    };
    Advice::Write(Lines { file: org.place.file, beside: None, below: org.overrides, instead_of: None, lines })
}
