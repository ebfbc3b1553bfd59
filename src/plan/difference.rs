//! The differences between expected and observed content.

use crate::model::names::{DefinitionId, DivisionId, Label, Locale, SystemPresence};
use crate::model::observed::{Content, Definition};
use crate::plan::change::Step;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    Label {
        /// In the observed spelling, or as expected if it was not found.
        locale: Locale,
        /// `None` if it should be absent.
        expected: Option<Label>,
        /// `None` if it is absent.
        found: Option<Label>,
    },
    /// It is deactivated but should be active, or the other way round.
    State {
        found_deactivated: bool,
    },
    SystemPresence {
        expected: SystemPresence,
        found: SystemPresence,
    },
    Division {
        /// `None` if it is not known.
        expected: Option<DivisionId>,
        /// `None` if it is not shown.
        found: Option<DivisionId>,
    },
    /// The object does not exist.
    Gone,
    /// An object with the label to create exists by now.
    Appeared(DefinitionId),
    OtherObject {
        expected: DefinitionId,
        found: DefinitionId,
    },
}

/// All differences of `found` from `expected`.
pub fn between(expected: &Content, found: &Content) -> Vec<Difference> {
    let mut differences: Vec<Difference> = expected
        .labels
        .pair(&found.labels)
        .into_iter()
        .filter(|pair| pair.first != pair.second)
        .map(|pair| Difference::Label {
            locale: pair.locale.clone(),
            expected: pair.first.cloned(),
            found: pair.second.cloned(),
        })
        .collect();
    if expected.deactivated != found.deactivated {
        differences.push(Difference::State { found_deactivated: found.deactivated });
    }
    if expected.division != found.division {
        differences.push(Difference::Division { expected: expected.division.clone(), found: found.division.clone() });
    }
    differences
}

/// How the current object compares with a step that is about to write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// As the plan read it: it can be written.
    AsBefore,
    /// Already as wanted: nothing to write.
    AsAfter,
    /// Changed by hand since the plan: it is not written.
    Changed(Vec<Difference>),
}

/// Compares content, never modification times: the newer generation of the API has none.
pub fn standing(step: &Step, found: &Definition) -> Standing {
    if *step.system_presence() != found.system_presence {
        return Standing::Changed(vec![Difference::SystemPresence {
            expected: step.system_presence().clone(),
            found: found.system_presence.clone(),
        }]);
    }
    match step {
        // A create has no object before it. An object found now is either the wanted one or a conflict.
        Step::Create(_) => {
            let differences = between(&step.after(), &found.content());
            if differences.is_empty() { Standing::AsAfter } else { Standing::Changed(differences) }
        }
        Step::Update(edit) | Step::Reactivate(edit) => {
            let content = found.content_beside(&edit.before, &edit.scope);
            if content.same_as(&edit.before) {
                Standing::AsBefore
            } else if content.same_as(&edit.after) {
                Standing::AsAfter
            } else {
                Standing::Changed(between(&edit.before, &content))
            }
        }
        Step::Deactivate(_, removal) | Step::Supersede(_, removal) | Step::Delete(removal) => {
            let content = found.content();
            if found.deactivated && removal.after.as_ref().is_none_or(|after| content.same_as(after)) {
                Standing::AsAfter
            } else if content.same_as(&removal.before) {
                Standing::AsBefore
            } else {
                Standing::Changed(between(&removal.before, &content))
            }
        }
    }
}
