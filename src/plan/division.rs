//! Which division a definition shall belong to: an id, found by its name where the config gives one.

use crate::model::desired::Wanted;
use crate::model::division::{DivisionName, Divisions};
use crate::model::generation::Generation;
use crate::model::names::DivisionId;
use crate::model::observed::Observed;
use crate::model::text;
use crate::plan::refusal::Fact;

/// How many names or ids of divisions one refusal has.
const NAMED_MAX: usize = 30;

/// The id of the division that the config asks for; none where it does not ask. `suggest` says whether a name that no
/// division has is held against all that are there.
pub fn asked(wanted: &Wanted, observed: &Observed, suggest: bool) -> Result<Option<DivisionId>, Box<Fact>> {
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
    // They are sorted by name.
    let from = known.partition_point(|it| it.name < name);
    let to = known.partition_point(|it| it.name <= name);
    match &known[from..to] {
        [only] => Ok(Some(only.id.clone())),
        [] => {
            let names = || known.iter().map(|it| it.name.as_str());
            let nearest = if suggest { text::nearest(&name, names()).map(str::to_owned) } else { None };
            let more = known.len() > NAMED_MAX;
            let known = names().take(NAMED_MAX).map(str::to_owned).collect();
            Err(Box::new(Fact::UnknownDivision { key, name, nearest, known, more }))
        }
        several => {
            let ids = several.iter().take(NAMED_MAX).map(|it| it.id.clone()).collect();
            Err(Box::new(Fact::AmbiguousDivision { key, name, ids }))
        }
    }
}

/// The division that a created definition is given: every one, where the config does not ask.
pub fn of_created(asked: Option<DivisionId>, observed: &Observed) -> Option<DivisionId> {
    match observed.generation {
        Generation::First => None,
        Generation::Second => Some(asked.unwrap_or_else(DivisionId::all)),
    }
}
