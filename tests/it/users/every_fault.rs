//! Each fault at each request of a bulk set: the outcomes are true, other users are not affected, and another run
//! without faults completes it.

use std::collections::BTreeSet;

use presencectl::model::user::{PresenceSource, UserId, WantedPresence};
use presencectl::ops::users::report::UserOutcome;
use presencectl::sandbox::org_behavior::BulkPut;
use presencectl::sandbox::{FaultRule, OrgBehavior, Permissions};

use super::{
    BULK, CUSTOM_SOURCE_ID, LUNCH, World, available, counts, custom, on_lunch, user, wishes, without_a_source,
};
use crate::faults::every_fault;

/// Two chunks, the second of which is short.
const ASKED: usize = 57;
/// These users are not part of the job.
const OTHERS: u32 = 3;

fn world() -> World {
    let mut users = available(57 + OTHERS);
    LUNCH.clone_into(&mut users[2].presences.get_mut("purecloud").unwrap().definition_id);
    World::of(users, OrgBehavior::default(), Permissions::All)
}

fn asked() -> Vec<(UserId, WantedPresence)> {
    // From the last to the first: the order asked is kept.
    wishes((1..=ASKED).rev())
}

/// Compares outcomes with the real state of the org.
fn expect_true(world: &World, outcomes: &[UserOutcome], repeat: &str) {
    let seats = world.seats();
    for ((user, _), outcome) in asked().iter().zip(outcomes) {
        let is_there = seats[user.as_str()].definition_id == LUNCH;
        let told = match outcome {
            UserOutcome::Done | UserOutcome::AlreadyInPlace => is_there,
            // One was there before.
            UserOutcome::NotShown | UserOutcome::Failed(_) | UserOutcome::Skipped => {
                !is_there || *user == super::user(3)
            }
            UserOutcome::Unknown(_) => true,
            UserOutcome::Differs(_) | UserOutcome::Elsewhere(_) => false,
        };
        assert!(told, "{repeat}: {user} {outcome:?} {is_there}");
    }
    let others = (ASKED + 1..).take(OTHERS as usize).map(|it| user(it).to_string());
    for other in others {
        assert_ne!(seats[&other].definition_id, LUNCH, "{repeat}: {other} was touched");
    }
}

/// One run under faults, one without, and one for which nothing is left. Gives the outcomes of the first.
async fn under(faults: Vec<FaultRule>, repeat: &str) -> Vec<UserOutcome> {
    let world = world();
    world.set_faults(faults);
    let outcomes = world.set(&asked()).await;
    expect_true(&world, &outcomes, repeat);
    world.set_faults(Vec::new());
    let again = world.set(&asked()).await;
    assert!(again.iter().all(UserOutcome::is_success), "{repeat}: {:?}", counts(&again));
    expect_true(&world, &again, repeat);
    let seats = world.seats();
    let over = world.set(&asked()).await;
    assert_eq!(counts(&over).into_iter().collect::<Vec<_>>(), [("already-so", ASKED)], "{repeat}");
    assert_eq!((world.count("PUT"), world.seats()), (0, seats), "{repeat}");
    outcomes
}

#[tokio::test(start_paused = true)]
async fn each_fault_at_each_request() {
    let calm = world();
    assert_eq!(counts(&calm.set(&asked()).await), [("already-so", 1), ("done", ASKED - 1)].into());
    let read = "GET /api/v2/users/presences/purecloud/bulk";
    assert_eq!(calm.requests(), [read, &format!("PUT {BULK}"), read, &format!("PUT {BULK}")]);
    // A refusal at these, and only at these, may keep a person from being set: a token, and all else once.
    let lasting = ["429 for hours", "401", "403"];
    let mut seen = BTreeSet::new();
    for number in 1..=5 {
        for (name, rule) in every_fault() {
            let repeat = format!("repeat: {name} at request {number}");
            let rule = FaultRule { request: Some(number), times: Some(1), ..rule };
            let outcomes = under(vec![rule], &repeat).await;
            seen.extend(outcomes.iter().map(UserOutcome::code));
            let refused_token = number == 1 && name.len() == 3 && name.starts_with('4');
            let excused = lasting.contains(&name.as_str()) || refused_token;
            assert!(excused || outcomes.iter().all(UserOutcome::is_success), "{repeat}: {:?}", counts(&outcomes));
        }
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["already-so", "done", "failed"]);
}

#[tokio::test(start_paused = true)]
async fn two_faults_at_one_write() {
    for (first_name, first) in every_fault() {
        for (second_name, second) in every_fault() {
            let repeat = format!("repeat: PUT: {first_name}, then {second_name}");
            let at = |rule: &FaultRule| FaultRule {
                method: Some("PUT".to_owned()),
                path: Some(BULK.to_owned()),
                times: Some(1),
                ..rule.clone()
            };
            under(vec![at(&first), at(&second)], &repeat).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_bad_user_takes_nobody_along_however_the_org_takes_a_bulk_put() {
    let bad = 31;
    for bulk_put in [BulkPut::AllOrNothing, BulkPut::EachForItself] {
        let behavior = OrgBehavior { bulk_put, ..OrgBehavior::default() };
        let world = World::of(without_a_source(57, bad), behavior, Permissions::All);
        let wishes = wishes(1..=57);
        let outcomes = world.set_by(&wishes, &custom()).await;
        for (number, outcome) in (1..).zip(&outcomes) {
            let as_expected = match outcome {
                UserOutcome::Done => number != bad,
                UserOutcome::Failed(_) | UserOutcome::NotShown => number == bad,
                _ => false,
            };
            assert!(as_expected, "{bulk_put:?}: user {number}: {outcome:?}");
        }
        let seats = world.seats_by(CUSTOM_SOURCE_ID);
        assert_eq!(seats.values().filter(|it| it.definition_id == LUNCH).count(), 56, "{bulk_put:?}");
        assert!(world.seats().values().all(|it| it.definition_id != LUNCH), "another source was touched");
        assert_eq!(world.set_by(&[(user(bad), on_lunch())], &PresenceSource::Platform).await, [UserOutcome::Done]);
    }
}
