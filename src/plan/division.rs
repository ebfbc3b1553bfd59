//! Which division a definition shall belong to: an id, found by its name where the config gives one.

use crate::model::desired::Wanted;
use crate::model::division::{DivisionName, Divisions};
use crate::model::generation::Generation;
use crate::model::names::DivisionId;
use crate::model::observed::Observed;
use crate::plan::refusal::Fact;
use crate::text;

/// The id of the division that the config asks for; none where it does not ask.
///
/// # Errors
/// Why that cannot be said, or not be done.
pub fn asked(wanted: &Wanted, observed: &Observed) -> Result<Option<DivisionId>, Box<Fact>> {
    let Some(division) = &wanted.division else { return Ok(None) };
    let key = wanted.key.clone();
    if observed.generation == Generation::First {
        let division = match division {
            DivisionName::Id(id) => id.to_string(),
            DivisionName::Name(name) => name.clone(),
        };
        return Err(Box::new(Fact::DivisionNotShown { key, division }));
    }
    let name = match division {
        DivisionName::Id(id) => return Ok(Some(id.clone())),
        DivisionName::Name(name) => name.clone(),
    };
    let Divisions::Known(known) = &observed.divisions else {
        return Err(Box::new(Fact::DivisionsNotKnown { key, name }));
    };
    let ids: Vec<DivisionId> = known.iter().filter(|it| it.name == name).map(|it| it.id.clone()).collect();
    match ids.as_slice() {
        [id] => Ok(Some(id.clone())),
        [] => {
            let known: Vec<String> = known.iter().map(|it| it.name.clone()).collect();
            let nearest = text::nearest(&name, known.iter().map(String::as_str)).map(str::to_owned);
            Err(Box::new(Fact::UnknownDivision { key, name, nearest, known }))
        }
        [_, ..] => Err(Box::new(Fact::AmbiguousDivision { key, name, ids })),
    }
}

/// The division that a created definition is given: every one, where the config does not ask.
#[must_use]
pub fn of_created(asked: Option<DivisionId>, observed: &Observed) -> Option<DivisionId> {
    match observed.generation {
        Generation::First => None,
        Generation::Second => Some(asked.unwrap_or_else(DivisionId::all)),
    }
}
