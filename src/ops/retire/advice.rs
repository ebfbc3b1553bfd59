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
    pub instead_of: Option<Span>,
    pub lines: Vec<String>,
}

/// What this config has to say so that its definition is deactivated, in this org and in no other.
pub fn advice(desired: &Desired, key: &Key) -> Advice {
    let Some(wanted) = desired.definitions.get(key) else { return Advice::SaysSo(key.clone()) };
    if wanted.deactivated {
        return Advice::SaysSo(key.clone());
    }
    let name = yaml::scalar(key.as_str());
    let stands = wanted.places.key;
    Advice::Write(match desired.org.as_ref().map(|org| org.place.file) {
        // A layer speaks for other orgs too.
        Some(org_file) if org_file != stands.file => Lines {
            file: org_file,
            beside: None,
            instead_of: None,
            lines: vec!["overrides:".to_owned(), format!("  {name}:"), "    deactivated: true".to_owned()],
        },
        Some(_) | None => Lines {
            file: stands.file,
            beside: Some(stands),
            instead_of: wanted.places.deactivated.filter(|it| it.file == stands.file),
            lines: vec![format!("{name}:"), "  deactivated: true".to_owned()],
        },
    })
}
