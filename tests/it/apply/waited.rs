//! Writes that wait for their slot or the end of a 429: the read before them is outdated, so the object is read again
//! first.

use std::time::Duration;

use presencectl::ops::apply::report::Outcome;
use presencectl::plan::difference::Difference;
use presencectl::sandbox::{FaultRule, OrgBehavior};

use super::{DEFINITIONS, World, body, held, message, said};
use crate::paper::wanted;

fn limited(method: &str, seconds: u64, times: u64) -> FaultRule {
    FaultRule {
        method: Some(method.to_owned()),
        path: Some(format!("{DEFINITIONS}*")),
        status: Some(429),
        retry_after_seconds: Some(seconds),
        times: Some(times),
        ..FaultRule::default()
    }
}

fn lunch() -> Vec<presencectl::model::desired::Wanted> {
    vec![wanted("lunch", "Meal", &[("en_US", "Lunch"), ("de", "Mittag")])]
}

/// Runs an apply, and has something happen in the org meanwhile.
async fn with_meanwhile(
    world: &World,
    after_s: u64,
    act: impl FnOnce(&World),
) -> presencectl::ops::apply::report::Report {
    let meanwhile = async {
        tokio::time::sleep(Duration::from_secs(after_s)).await;
        act(world);
    };
    tokio::join!(world.apply(), meanwhile).0
}

#[tokio::test(start_paused = true)]
async fn a_change_that_waited_is_not_written_over_what_somebody_did_meanwhile() {
    let world = World::new(lunch(), vec![held(1, "Meal", &[("en_US", "Lunch"), ("de", "Essen")])]);
    world.set_faults(vec![limited("PUT", 60, 1)]);
    let report = with_meanwhile(&world, 30, |world| {
        world.edit(1, &body("Meal", &[("en_US", "Lunch"), ("de", "Pause")]));
    })
    .await;
    assert_eq!(said(&report), ["update lunch refused"]);
    assert_eq!(world.shown(), ["Pause/Lunch (Meal)"]);
    assert_eq!((world.count("GET 1"), world.count("PUT 1")), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_change_that_waited_for_a_moment_is_written_at_once() {
    for (seconds, reads) in [(3, 1), (30, 2)] {
        let world = World::new(lunch(), vec![held(1, "Meal", &[("en_US", "Lunch"), ("de", "Essen")])]);
        world.set_faults(vec![limited("PUT", seconds, 1)]);
        assert_eq!(said(&world.apply().await), ["update lunch done"]);
        assert_eq!((world.count("GET 1"), world.count("PUT 1")), (reads, 2), "{seconds} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_waited_for_longer_than_lists_lag_makes_no_twin() {
    for (seconds, labels, outcome) in
        [(100, vec![("en_US", "Lunch")], "refused"), (100, vec![("en_US", "Lunch"), ("de", "Mittag")], "already-so")]
    {
        let world = World::new(lunch(), Vec::new());
        world.set_faults(vec![limited("POST", seconds, 1)]);
        let report = with_meanwhile(&world, 20, |world| {
            world.admin("POST", DEFINITIONS, Some(&body("Meal", &labels)));
        })
        .await;
        assert_eq!(said(&report), [format!("create lunch {outcome}")]);
        assert_eq!((world.shown().len(), world.count("POST")), (1, 2), "beside the token one POST, which was refused");
        if outcome == "refused" {
            assert!(
                matches!(&report.rows[0].outcome, Outcome::Conflict(found) if matches!(found[..], [Difference::Appeared(_)]))
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_org_that_never_takes_a_write_in_time_fails_it_and_is_not_asked_for_ever() {
    let world =
        World::behaving(lunch(), vec![held(1, "Meal", &[("en_US", "Lunch"), ("de", "Essen")])], OrgBehavior::default());
    world.set_faults(vec![limited("PUT", 7, 1_000)]);
    let report = world.apply().await;
    assert_eq!(said(&report), ["update lunch failed"]);
    assert!(message(&report.rows[0]).contains("had to wait so long"), "{}", message(&report.rows[0]));
    assert_eq!((world.count("GET 1"), world.count("PUT 1")), (6, 6));
}

#[tokio::test(start_paused = true)]
async fn an_org_that_never_takes_a_creation_in_time_fails_it_and_is_not_asked_for_ever() {
    let world = World::new(lunch(), Vec::new());
    world.set_faults(vec![limited("POST", 70, 1_000)]);
    let report = world.apply().await;
    assert_eq!(said(&report), ["create lunch failed"]);
    assert!(message(&report.rows[0]).contains("had to wait so long"), "{}", message(&report.rows[0]));
    let posts = world.requests().iter().filter(|it| *it == "POST").count();
    assert_eq!(posts, 6);
}
