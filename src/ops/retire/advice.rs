//! What a config has to say after a retirement, so that the next `apply` agrees: where, and as lines that
//! are ready to paste.

use crate::model::desired::Desired;
use crate::model::names::Key;
use crate::model::source::{FileId, Span};
use crate::model::yaml;

/// What is to be done with the config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advice {
    /// Nothing: it says so already.
    SaysSo(Key),
    Write(Lines),
}

/// Lines of YAML and their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    pub file: FileId,
    /// Where the definition stands in it, for what is merged with that; none where it does not.
    pub beside: Option<Span>,
    /// The `overrides` of the file, if the lines stand below them.
    pub below: Option<Span>,
    pub instead_of: Option<Span>,
    pub lines: Vec<String>,
}

/// What this config has to say so that its definition is deactivated, in this org and in no other.
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
    // A second `overrides` would be an error.
    let lines = if org.overrides.is_some() {
        lines
    } else {
        let indented = lines.into_iter().map(|it| format!("  {it}"));
        std::iter::once("overrides:".to_owned()).chain(indented).collect()
    };
    Advice::Write(Lines { file: org.place.file, beside: None, below: org.overrides, instead_of: None, lines })
}
