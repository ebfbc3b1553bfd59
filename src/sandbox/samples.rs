//! The users of a new org. No IO.

use super::definitions::Definitions;
use super::users::User;

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
