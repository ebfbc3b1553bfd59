//! Signals: nothing new starts, what is in flight gets five seconds, and the report is true.

use std::time::Duration;

use presencectl::apply::report::{Report, Signal, Verification};
use presencectl::apply::stop::{GRACE_MS, Stop};
use presencectl::sandbox::FaultRule;
use tokio::time::Instant;

use super::behaviour::many_updates;
use super::{World, path, said};

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
        path: Some(super::DEFINITIONS.to_owned()),
        delay_ms: 20_000,
        ..FaultRule::default()
    };
    let (report, took_ms) = interrupted(&world, vec![list]).await;
    assert_eq!((said(&report), took_ms), (vec!["update k0 done".to_owned()], SIGNAL_MS));
}
