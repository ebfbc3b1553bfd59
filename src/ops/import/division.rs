//! The name of a definition's division in a config.

use crate::model::division::{DivisionName, Divisions};
use crate::model::names::DivisionId;
use crate::model::text;

/// The longest name that is written, in characters.
const NAME_LENGTH_MAX: usize = 200;

/// The division in a config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DivisionWords {
    /// Nothing: it belongs to all divisions, or the API does not show them.
    Nothing,
    /// The value of the field `division`.
    Field(String),
    /// It cannot be written: its id has an unusual form, and its name is not known, not unique or not visible. Without
    /// the field, the object keeps its division.
    Unsayable(DivisionId),
}

/// By name if that is unique, or by id.
pub fn said(division: Option<&DivisionId>, divisions: &Divisions) -> DivisionWords {
    let Some(id) = division.filter(|it| !it.is_all()) else { return DivisionWords::Nothing };
    let is_the_only_one = |name: &&str| divisions.known().iter().filter(|it| it.name == **name).count() == 1;
    match divisions.name(id).filter(is_the_only_one).filter(|it| is_sayable(it)) {
        Some(name) => DivisionWords::Field(name.to_owned()),
        None if id.is_guid() => DivisionWords::Field(id.to_string()),
        None => DivisionWords::Unsayable(id.clone()),
    }
}

/// Is it read back as this name, not as an id?
fn is_sayable(name: &str) -> bool {
    name.chars().count() <= NAME_LENGTH_MAX
        && !name.chars().any(text::is_hidden)
        && DivisionName::new(name) == Some(DivisionName::Name(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::division::Division;

    const SALES: &str = "11111111-aaaa-4aaa-8aaa-111111111111";

    fn known(items: &[(&str, &str)]) -> Divisions {
        let division =
            |(id, name): &(&str, &str)| Division { id: DivisionId::new(id).unwrap(), name: (*name).to_owned() };
        Divisions::Known(items.iter().map(division).collect())
    }

    fn say(id: &str, divisions: &Divisions) -> DivisionWords {
        said(DivisionId::new(id).as_ref(), divisions)
    }

    #[test]
    fn a_division_is_named_where_its_name_says_which_it_is() {
        let by_id = DivisionWords::Field(SALES.to_owned());
        assert_eq!(say(SALES, &known(&[(SALES, "Sales")])), DivisionWords::Field("Sales".to_owned()));
        assert_eq!(say(SALES, &known(&[(SALES, "Sales"), ("2", "Sales")])), by_id);
        for name in ["", " Sales", "*", "a\u{200B}b", "22222222-aaaa-4aaa-8aaa-111111111111", &"x".repeat(300)] {
            assert_eq!(say(SALES, &known(&[(SALES, name)])), by_id, "{name:?}");
        }
        assert_eq!(say(SALES, &Divisions::NotKnown), by_id);
        assert_eq!(say("*", &Divisions::NotAsked), DivisionWords::Nothing);
        assert_eq!(said(None, &Divisions::NotAsked), DivisionWords::Nothing);
        assert_eq!(say("odd", &Divisions::NotAsked), DivisionWords::Unsayable(DivisionId::new("odd").unwrap()));
        assert_eq!(say("odd", &known(&[("odd", "Sales")])), DivisionWords::Field("Sales".to_owned()));
    }
}
