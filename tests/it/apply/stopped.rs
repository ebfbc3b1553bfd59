//! Signals: nothing new starts, what is in flight gets five seconds, and the report is true.

use std::time::Duration;

use presencectl::host::stop::{GRACE_MS, Signal, Stop};
use presencectl::ops::apply::report::{Outcome, Report, Skip, Verification};
use presencectl::sandbox::FaultRule;
use presencectl::sandbox::faults::Cut;
use tokio::time::Instant;

use super::behaviour::many_updates;
use super::every_fault::every_action;
use super::{DEFINITIONS, World, message, path, said};
use crate::paper::wanted;

const SIGNAL_MS: u64 = 1_000;

fn slow(number: usize, delay_ms: u64) -> FaultRule {
    FaultRule { method: Some("PUT".to_owned()), path: Some(path(number)), delay_ms, ..FaultRule::default() }
}

/// A run that is asked to end after [`SIGNAL_MS`], and how long it took.
async fn interrupted(world: &World, faults: Vec<FaultRule>) -> (Report, u64) {
    let steps = world.steps().await;
    world.set_faults(faults);
    let (sender, stop) = Stop::new();
    let begin = Instant::now();
    let (report, ()) = tokio::join!(world.carry_out_until(steps, &stop), async {
        tokio::time::sleep(Duration::from_millis(SIGNAL_MS)).await;
        sender.send(Some(Signal::Interrupt)).unwrap();
    });
    assert_eq!(report.interrupted, Some(Signal::Interrupt));
    assert_eq!(report.verification, Verification::Interrupted);
    assert!(!report.is_success());
    (report, u64::try_from(begin.elapsed().as_millis()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_signal_before_the_first_request_means_none() {
    let world = many_updates(3);
    let steps = world.steps().await;
    let (sender, stop) = Stop::new();
    sender.send(Some(Signal::Terminate)).unwrap();
    let report = world.carry_out_until(steps, &stop).await;
    assert_eq!(said(&report), ["update k0 skipped", "update k1 skipped", "update k2 skipped"]);
    assert_eq!(world.requests().len(), 0);
    assert_eq!(report.interrupted, Some(Signal::Terminate));
}

#[tokio::test(start_paused = true)]
async fn what_needs_something_that_was_interrupted_is_interrupted_too() {
    let world = every_action();
    let steps = world.steps().await;
    let (sender, stop) = Stop::new();
    sender.send(Some(Signal::Interrupt)).unwrap();
    let report = world.carry_out_until(steps, &stop).await;
    assert_eq!(report.rows.len(), 7);
    for row in &report.rows {
        assert_eq!(row.outcome, Outcome::Skipped(Skip::Interrupted), "{row:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_in_flight_is_awaited_and_nothing_new_starts() {
    let world = many_updates(10);
    let (report, took_ms) = interrupted(&world, (0..10).map(|it| slow(it, 3_000)).collect()).await;
    let said = said(&report);
    assert_eq!(said.iter().filter(|it| it.ends_with(" done")).count(), 8, "{said:?}");
    assert_eq!(said.iter().filter(|it| it.ends_with(" skipped")).count(), 2, "{said:?}");
    assert!(took_ms < SIGNAL_MS + GRACE_MS, "{took_ms}");
    assert_eq!(world.count("PUT"), 8);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_outlasts_the_grace_is_unknown() {
    let world = many_updates(10);
    let (report, took_ms) = interrupted(&world, (0..10).map(|it| slow(it, 20_000)).collect()).await;
    let said = said(&report);
    assert_eq!(said.iter().filter(|it| it.ends_with(" unknown")).count(), 8, "{said:?}");
    assert_eq!(said.iter().filter(|it| it.ends_with(" skipped")).count(), 2, "{said:?}");
    assert_eq!(took_ms, SIGNAL_MS + GRACE_MS);
}

#[tokio::test(start_paused = true)]
async fn what_ends_in_time_gives_the_others_no_more_of_it() {
    let world = many_updates(2);
    let (report, took_ms) = interrupted(&world, vec![slow(0, 4_000), slow(1, 8_000)]).await;
    assert_eq!(said(&report), ["update k0 done", "update k1 unknown"]);
    assert_eq!(took_ms, SIGNAL_MS + GRACE_MS);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_outlasts_the_grace_has_written_nothing() {
    let world = many_updates(1);
    let slow_read =
        FaultRule { method: Some("GET".to_owned()), path: Some(path(0)), delay_ms: 20_000, ..FaultRule::default() };
    let (report, _) = interrupted(&world, vec![slow_read]).await;
    assert_eq!(said(&report), ["update k0 skipped"]);
    assert_eq!(world.count("PUT"), 0);
}

#[tokio::test(start_paused = true)]
async fn verification_ends_at_once() {
    let world = many_updates(1);
    let list = FaultRule {
        method: Some("GET".to_owned()),
        path: Some(DEFINITIONS.to_owned()),
        delay_ms: 20_000,
        ..FaultRule::default()
    };
    let (report, took_ms) = interrupted(&world, vec![list]).await;
    assert_eq!((said(&report), took_ms), (vec!["update k0 done".to_owned()], SIGNAL_MS));
}

#[tokio::test(start_paused = true)]
async fn the_look_at_divisions_before_anything_is_written_ends_at_once() {
    let world = many_updates(1);
    let slow = FaultRule { delay_ms: 20_000, ..FaultRule::default() };
    let (report, took_ms) = interrupted(&world, vec![of("GET", "/api/v2/presence/definitions", slow)]).await;
    assert_eq!((said(&report), took_ms), (vec!["update k0 skipped".to_owned()], SIGNAL_MS));
    assert_eq!(world.count("GET 0"), 0);
}

fn of(method: &str, path: &str, rule: FaultRule) -> FaultRule {
    FaultRule { method: Some(method.to_owned()), path: Some(path.to_owned()), ..rule }
}

fn throttled() -> FaultRule {
    FaultRule { status: Some(429), retry_after_seconds: Some(60), times: Some(1), ..FaultRule::default() }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_waits_out_a_429_is_not_sent_any_more() {
    let world = many_updates(1);
    let (report, took_ms) = interrupted(&world, vec![of("PUT", &path(0), throttled())]).await;
    assert_eq!((said(&report), took_ms), (vec!["update k0 skipped".to_owned()], SIGNAL_MS));
    assert_eq!(world.count("PUT"), 1, "the one that was refused");
    assert_eq!(world.plan().await.changes.len(), 1, "nothing was written");
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_waits_out_a_429_is_not_sent_any_more() {
    let world = World::new(vec![wanted("tea", "Break", &[("en_US", "Tea")])], Vec::new());
    let (report, took_ms) = interrupted(&world, vec![of("POST", DEFINITIONS, throttled())]).await;
    assert_eq!((said(&report), took_ms), (vec!["create tea skipped".to_owned()], SIGNAL_MS));
    assert!(world.shown().is_empty(), "{:?}", world.shown());
}

#[tokio::test(start_paused = true)]
async fn a_write_that_waits_for_a_new_token_is_not_sent_any_more() {
    let world = many_updates(1);
    let faults = vec![
        of("PUT", &path(0), FaultRule { status: Some(401), times: Some(1), ..FaultRule::default() }),
        of("POST", "/oauth/token", FaultRule { skip: 1, delay_ms: 20_000, ..FaultRule::default() }),
    ];
    let (report, took_ms) = interrupted(&world, faults).await;
    assert_eq!((said(&report), took_ms), (vec!["update k0 skipped".to_owned()], SIGNAL_MS));
    assert_eq!(world.count("PUT"), 1, "the one that was refused");
}

#[tokio::test(start_paused = true)]
async fn an_earlier_write_whose_answer_was_lost_stays_unknown() {
    let world = many_updates(1);
    let lost = FaultRule { drop: Some(Cut::BeforeWrite), times: Some(1), ..FaultRule::default() };
    let faults = vec![
        of("PUT", &path(0), lost),
        of("GET", &path(0), FaultRule { skip: 1, delay_ms: 500, ..FaultRule::default() }),
    ];
    let (report, took_ms) = interrupted(&world, faults).await;
    assert_eq!(said(&report), ["update k0 unknown"]);
    assert!(message(&report.rows[0]).contains("the connection was lost"), "{:?}", report.rows);
    assert!(took_ms < SIGNAL_MS + 1_000, "{took_ms}");
    assert_eq!(world.count("PUT"), 1, "it is not sent again");
}

#[tokio::test(start_paused = true)]
async fn a_lost_creation_is_looked_for_in_the_grace_and_not_sent_again() {
    for (cut, outcome) in [(Cut::AfterWrite, "create tea done"), (Cut::BeforeWrite, "create tea unknown")] {
        let world = World::new(vec![wanted("tea", "Break", &[("en_US", "Tea")])], Vec::new());
        // It is lost shortly before the signal, and the first look comes shortly after.
        let lost = FaultRule { drop: Some(cut), delay_ms: 800, ..FaultRule::default() };
        let (report, _) = interrupted(&world, vec![of("POST", DEFINITIONS, lost)]).await;
        assert_eq!(said(&report), [outcome]);
        assert_eq!(world.count("POST"), 2, "the token, and once");
    }
}
