//! The ids of a config's definitions in an org, as lines of `ids`. Only unambiguous matches count.

use crate::config::Config;
use crate::config::edit::files::FileEdits;
use crate::config::edit::{FileEdit, Leaf};
use crate::model::desired::Management;
use crate::model::names::{DefinitionId, Key, can_be_id};
use crate::model::observed::Observed;
use crate::model::source::FileId;
use crate::plan::change::Matched;
use crate::plan::matching::{Match, pair};

/// Which definitions get a pin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pins {
    /// By key.
    pub new: Vec<(Key, DefinitionId)>,
    /// The number of existing pins.
    pub kept: usize,
    /// Those that the org does not have.
    pub missing: Vec<Key>,
    /// Those with an open question in the plan.
    pub in_doubt: Vec<Key>,
}

/// Matches a config with an org.
pub fn pins(config: &Config, observed: &Observed) -> Pins {
    let desired = &config.desired;
    let pairing = pair(desired, observed);
    let mut pins = Pins::default();
    for (key, wanted) in desired.definitions.iter().filter(|(_, it)| it.management == Management::Managed) {
        if wanted.pin.is_some() {
            pins.kept += 1;
            continue;
        }
        match pairing.found.get(key) {
            Some(Match::One(found, Matched::Label | Matched::PreviousLabel(_) | Matched::Pin))
                if can_be_id(found.id.as_str()) =>
            {
                pins.new.push((key.clone(), found.id.clone()));
            }
            Some(Match::One(..) | Match::Open) => pins.in_doubt.push(key.clone()),
            // Several deactivated objects are ambiguous.
            Some(Match::AlreadyDeactivated(_) | Match::Nothing) | None => pins.missing.push(key.clone()),
        }
    }
    pins
}

/// The edits that write them: into the org file, or next to existing pins.
pub fn edits(config: &Config, pins: &Pins) -> FileEdits {
    let mut edits = FileEdits::default();
    let org_file = config.files.last().filter(|_| config.org_file.is_some()).copied();
    let beside = || config.resolved.ids.first().map(|(key, _)| key.place.file);
    let file: Option<FileId> = org_file.or_else(beside).or_else(|| config.files.first().copied());
    for (key, id) in &pins.new {
        if let Some(file) = file {
            edits.push(file, FileEdit::set(&["ids", key.as_str()], Leaf::Text(id.as_str().to_owned())));
        }
    }
    edits
}
