//! The initial content of a new org. No IO.

use super::definitions::Definitions;
use super::divisions::HeldDivision;
use super::document::values_at_most;
use super::users::User;
use crate::model::limits::{SANDBOX_SEED_DEFINITIONS_MAX, SANDBOX_VALUES_MAX};
use serde_json::Value;

/// The initial content of a new org. An org with a state file ignores it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seed {
    /// The org's id in `organizations/me`.
    pub org_id: String,
    /// The org's name in `organizations/me`.
    pub org_name: String,
    /// Definitions beside the ten primaries, in the form of a list: `languageLabels` and `systemPresence`, and
    /// optionally `id`, `deactivated` and any other field. They are stored unchanged. One without an id gets one. One
    /// with the id of a primary replaces it and stays primary.
    pub definitions: Vec<Value>,
    pub divisions: Vec<HeldDivision>,
    /// The users. Absent means the sample users. With equal ids, the last one counts.
    pub users: Option<Vec<User>>,
}

impl Default for Seed {
    fn default() -> Self {
        Self {
            org_id: "5a4db0c5-0000-4000-b000-000000000001".to_owned(),
            org_name: "Sandbox".to_owned(),
            definitions: Vec::new(),
            divisions: HeldDivision::samples(),
            users: None,
        }
    }
}

/// The definitions of a seed file: a list, or the API's response with the list in `entities`.
pub fn parse_definitions(json: &[u8]) -> Result<Vec<Value>, String> {
    if values_at_most(json) > SANDBOX_VALUES_MAX {
        return Err(format!("it holds more than {SANDBOX_VALUES_MAX} values"));
    }
    let value: Value = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    let list = match value {
        Value::Array(list) => list,
        Value::Object(mut envelope) => match envelope.remove("entities") {
            Some(Value::Array(list)) => list,
            _ => return Err("an object must be a listing, with a list `entities`".to_owned()),
        },
        _ => return Err("neither a list nor a listing with `entities`".to_owned()),
    };
    if list.len() > SANDBOX_SEED_DEFINITIONS_MAX {
        return Err(format!("{} definitions are more than {SANDBOX_SEED_DEFINITIONS_MAX}", list.len()));
    }
    Ok(list)
}

/// The number of sample users.
pub const USERS: u32 = 60;

const FIRST_NAMES: [&str; 12] = ["Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gia", "Hugo", "Ida", "Jon", "Kim", "Lea"];
const LAST_NAMES: [&str; 5] = ["Sample", "Example", "Pattern", "Model", "Specimen"];

const AVAILABLE: &str = "6a3af858-942f-489d-9700-5f9bcdcdae9b";
const BUSY: &str = "31fe3bac-dea6-44b7-bed7-47f91660a1a0";
const MEAL: &str = "3fd96123-badb-4f69-bc03-1b1ccc6d8014";
const OFFLINE: &str = "ccf3c10a-aa2c-4845-8e8d-f59fa48c58e5";
const ON_QUEUE: &str = "e08eaf1b-ee47-4fa9-a231-1200e284798f";

/// The presences of the first users in every org.
const FIRST_SEATS: [&str; 4] = [AVAILABLE, ON_QUEUE, MEAL, OFFLINE];

/// The presences of users who are neither on queue nor have one of the org's own.
const OTHER_SEATS: [&str; 4] = [AVAILABLE, MEAL, OFFLINE, BUSY];

/// The sample user with a number from 1, who has had a definition since a moment. Ids and names are the same in every
/// org.
pub fn user(number: u32, definition_id: &str, since_ms: u64) -> User {
    let index = number.saturating_sub(1) as usize;
    let first = FIRST_NAMES[index % FIRST_NAMES.len()];
    let last = LAST_NAMES[index / FIRST_NAMES.len() % LAST_NAMES.len()];
    let id = format!("5a4db0c5-0000-4000-8000-{number:012}");
    User::on(definition_id, (id, format!("{first} {last}")), since_ms)
}

/// The sample users of a new org. After the first four, a fifth is on queue, and three fifths have the org's own active
/// definitions in turn, if there are any.
pub fn users(definitions: &Definitions, now_ms: u64) -> Vec<User> {
    let own = definitions.iter().filter(|it| !it.primary && !it.deactivated);
    let own: Vec<&str> = own.map(|it| it.id.as_str()).collect();
    let mut turns = own.iter().cycle();
    let mut seat = |number: u32| {
        if let Some(first) = FIRST_SEATS.get(number as usize - 1) {
            return *first;
        }
        let turn = if (1..=3).contains(&(number % 5)) { turns.next() } else { None };
        match (turn, number % 5) {
            (_, 0) => ON_QUEUE,
            (Some(own), _) => own,
            (None, _) => OTHER_SEATS[number as usize % OTHER_SEATS.len()],
        }
    };
    (1..=USERS).map(|number| user(number, seat(number), now_ms)).collect()
}
