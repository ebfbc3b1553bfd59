//! Divisions: the parts of an org that a definition can belong to. Only the second generation of the API shows them.

use crate::model::names::DivisionId;

/// How a config names a division.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DivisionName {
    /// By its id, or `*` for all of them.
    Id(DivisionId),
    /// By its name in the org, which must be looked up.
    Name(String),
}

impl DivisionName {
    /// A GUID and `*` are ids, everything else is a name. `None` if it is blank.
    pub fn new(raw: &str) -> Option<DivisionName> {
        let id = DivisionId::new(raw)?;
        Some(if id.is_all() || id.is_guid() { DivisionName::Id(id) } else { DivisionName::Name(raw.trim().to_owned()) })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Division {
    pub id: DivisionId,
    pub name: String,
}

/// The divisions of an org, if they were read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Divisions {
    /// No name had to be looked up.
    #[default]
    NotAsked,
    /// They could not be read.
    NotKnown,
    Known(Vec<Division>),
}

impl Divisions {
    /// The divisions that were read. Empty if they were not read.
    pub fn known(&self) -> &[Division] {
        match self {
            Divisions::Known(known) => known,
            Divisions::NotAsked | Divisions::NotKnown => &[],
        }
    }

    /// The name of a division, if it was read.
    pub fn name(&self, id: &DivisionId) -> Option<&str> {
        self.known().iter().find(|it| it.id == *id).map(|it| it.name.as_str())
    }
}
