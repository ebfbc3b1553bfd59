//! The wanted division of a definition: an id, looked up by name if the config gives a name.

use crate::model::desired::Wanted;
use crate::model::division::{DivisionName, Divisions};
use crate::model::generation::Generation;
use crate::model::names::DivisionId;
use crate::model::observed::Observed;
use crate::model::text;
use crate::plan::blocker::Fact;

/// The most division names or ids in one blocker.
const NAMED_MAX: usize = 30;

/// The id of the division that the config asks for. `None` if it asks for none. `suggest` compares an unknown name with
/// all existing ones.
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

/// The division of a created definition. All divisions if the config asks for none.
pub fn of_created(asked: Option<DivisionId>, observed: &Observed) -> Option<DivisionId> {
    match observed.generation {
        Generation::First => None,
        Generation::Second => Some(asked.unwrap_or_else(DivisionId::all)),
    }
}
