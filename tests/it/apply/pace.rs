//! The rate limiter in an apply: its use of the allowance, no 429, the cost, and that the read before a write is always
//! recent.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use presencectl::client::wire::Method;
use presencectl::model::desired::{Prune, Wanted};
use presencectl::model::generation::Generation;
use presencectl::ops::apply::object::READ_AGE_MS_MAX;
use presencectl::ops::apply::report::Outcome;
use presencectl::plan::difference::Difference;
use presencectl::sandbox::org_behavior::RateHeaders;
use presencectl::sandbox::{FaultRule, OrgBehavior};

use super::{DEFINITIONS, World, body, held, path, said};
use crate::paper::{desired, id, presence, wanted};
use crate::properties::UNLIMITED;

const CHANGES: usize = 2_000;
const PRESENCES: [&str; 8] = ["Available", "Away", "Break", "Busy", "Meal", "Meeting", "On Queue", "Training"];

/// An org with this many changes to make: eight of ten are updates, the others creations and deletions.
pub(super) fn many(changes: usize, behavior: OrgBehavior) -> World {
    let under = |number: usize| PRESENCES[number % PRESENCES.len()];
    let mut definitions = Vec::new();
    let mut objects = Vec::new();
    for number in 1..=changes {
        let label = format!("Label {number}");
        let labels = [("en_US", label.as_str()), ("de", "neu")];
        match number % 10 {
            0 => objects.push(held(number, under(number), &[("en_US", &label)])),
            1 => definitions.push(Wanted { new: true, ..wanted(&format!("k{number}"), under(number), &labels) }),
            _ => {
                definitions.push(wanted(&format!("k{number}"), under(number), &labels));
                objects.push(held(number, under(number), &[("en_US", &label)]));
            }
        }
    }
    let mut config = desired(definitions);
    config.settings.prune = Prune::Delete;
    let mut world = World::of(config, objects, behavior);
    world.limits = UNLIMITED;
    world
}

/// The use of the org's allowance by an apply.
#[derive(Debug)]
struct Used {
    requests: usize,
    throttled: usize,
    /// The earliest time for the last request of the last full allowance, as a fraction of its real time.
    of_allowance: f64,
}

async fn used(world: &World, allowed: u32) -> Used {
    let steps = world.steps().await;
    assert_eq!(steps.len(), CHANGES);
    // What was planned with does not count: another minute, and another client.
    tokio::time::sleep(Duration::from_secs(120)).await;
    world.sandbox.with(|it| {
        it.org.access.requests_per_minute = Some(allowed);
        it.log = presencectl::sandbox::exchange::RequestLog::default();
    });
    // On their way they overtake each other, and the first of a minute may be the slowest.
    world.wire.slower_ms.store(400, Ordering::Relaxed);
    let report = world.carry_out(steps).await;
    assert!(report.is_success(), "{:?}", report.verification);
    let log = world.sandbox.with(|it| it.log.clone());
    let requests = usize::try_from(log.request_count).unwrap();
    assert_eq!(requests, log.entries.len(), "the log remembers all of them");
    let throttled = log.entries.iter().filter(|it| it.status == Some(429)).count();
    // The last part of a minute is bounded by how long requests take, not by the allowance.
    let whole_minutes = (requests - 1) / usize::try_from(allowed).unwrap();
    let last = &log.entries[whole_minutes * usize::try_from(allowed).unwrap()];
    let took_ms = last.time_ms - log.entries.front().unwrap().time_ms;
    #[expect(clippy::cast_precision_loss, reason = "minutes")]
    let of_allowance = whole_minutes as f64 * 60_000.0 / took_ms as f64;
    Used { requests, throttled, of_allowance }
}

#[tokio::test(start_paused = true)]
async fn two_thousand_changes_use_the_allowance_and_cause_no_429() {
    for generation in Generation::ALL {
        let world = World { generation, ..many(CHANGES, OrgBehavior::default()) };
        let used = used(&world, 300).await;
        assert_eq!(used.throttled, 0, "{generation} {used:?}");
        assert!(used.of_allowance >= 0.98, "{generation} {used:?}");
        assert!(used.requests * 10 <= CHANGES * 22, "{generation} {used:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_the_org_tells_how_much_it_allows_that_is_kept_to() {
    // The rate that is used without hints, and a lower one.
    for (allowed, at_least) in [(300, 0.98), (180, 0.95)] {
        let world = many(CHANGES, OrgBehavior { rate_headers: RateHeaders::Sent, ..OrgBehavior::default() });
        let used = used(&world, allowed).await;
        assert_eq!(used.throttled, 0, "{allowed} {used:?}");
        assert!(used.of_allowance >= at_least, "{allowed} {used:?}");
    }
    // Without hints, a 429 slows down all requests, so few are sent in vain.
    let world = many(CHANGES, OrgBehavior::default());
    let used = used(&world, 180).await;
    assert!(used.throttled > 0 && used.throttled * 10 < used.requests, "{used:?}");
}

#[tokio::test(start_paused = true)]
async fn a_write_never_waits_for_the_pace_after_its_read() {
    // Also where so few are allowed that eight at once are too many.
    for allowed in [2, 3, 15, 60] {
        let mut world = super::behaviour::many_updates(12);
        world.requests_per_minute = NonZeroU32::new(allowed).unwrap();
        let report = world.apply().await;
        assert!(report.is_success(), "{allowed}: {:?}", said(&report));
        assert_eq!((world.count("GET k"), world.count("PUT")), (0, 12));
        let log = world.sandbox.with(|it| it.log.clone());
        let mut read_ms: BTreeMap<String, u64> = BTreeMap::new();
        let mut reads = 0;
        for it in log.entries.iter().filter(|it| it.path.starts_with(&format!("{DEFINITIONS}/"))) {
            if it.method == "GET" {
                reads += 1;
                read_ms.insert(it.path.clone(), it.time_ms);
            } else {
                let age_ms = it.time_ms - read_ms[&it.path];
                assert!(age_ms < READ_AGE_MS_MAX / 10, "{allowed}: {} is {age_ms} ms old", it.path);
            }
        }
        assert_eq!(reads, 12, "{allowed}: nothing is read twice");
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_is_read_by_its_id_before_it_is_written_whatever_lists_show() {
    let config = vec![wanted("lunch", "Meal", &[("en_US", "Lunch"), ("de", "Mittag")])];
    let behavior = OrgBehavior { list_lag_ms: 50_000, ..OrgBehavior::default() };
    let world = World::behaving(config, vec![held(1, "Meal", &[("en_US", "Lunch")])], behavior);
    let steps = world.steps().await;
    world.edit(1, &body("Meal", &[("en_US", "Lunch"), ("de", "Pause")]));
    let (desired, limits) = (world.desired.clone(), world.limits);
    let observed = world.read().await;
    assert!(
        presencectl::plan::plan(&desired, &observed, &limits).changes.len() == 1,
        "the list does not show the edit"
    );
    let report = world.carry_out(steps).await;
    let found = Difference::Label {
        locale: presencectl::model::names::Locale::new("de"),
        expected: None,
        found: Some(presencectl::model::names::Label::new("Pause")),
    };
    assert_eq!(report.rows[0].outcome, Outcome::Conflict(vec![found]));
    assert_eq!((world.count("GET 1"), world.count("PUT")), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn the_list_is_read_right_before_the_first_creation_and_again_when_it_is_older_than_a_minute() {
    // The creation waits for a label, and that for long.
    let objects = vec![held(1, "Meal", &[("en_US", "One")])];
    let lunch = Wanted { pin: Some(id(1)), ..wanted("a", "Meal", &[("en_US", "Two")]) };
    let new = Wanted { new: true, ..wanted("b", "Break", &[("en_US", "One")]) };
    let world = World::new(vec![lunch, new], objects);
    let steps = world.steps().await;
    world.set_faults(vec![FaultRule { path: Some(path(1)), delay_ms: 20_000, ..FaultRule::default() }]);
    world.carry_out(steps).await;
    let requests = world.requests();
    let create = requests.iter().rposition(|it| it == "POST").unwrap();
    assert_eq!(requests[create - 1..=create], ["GET", "POST"], "{requests:?}");
    assert!(requests[..create - 1].iter().all(|it| it != "GET"), "{requests:?}");

    // Two to create, the second of which waits until the list is a minute old.
    for (seconds, lists) in [(30, 1), (70, 2)] {
        let mut second = wanted("second", "Away", &[("en_US", "Second")]);
        second.replaces = Some(presence("Busy"));
        let first = Wanted { new: true, ..wanted("first", "Break", &[("en_US", "First")]) };
        let freed = Wanted { pin: Some(id(2)), ..wanted("freed", "Meal", &[("en_US", "Other")]) };
        let objects = vec![held(1, "Busy", &[("en_US", "Old")]), held(2, "Meal", &[("en_US", "Second")])];
        second.previous_labels = vec![presencectl::model::names::Label::new("Old")];
        let world = World::new(vec![first, second, freed], objects);
        let steps = world.steps().await;
        let slow = FaultRule {
            method: Some(Method::Put.as_str().to_owned()),
            path: Some(path(2)),
            status: Some(429),
            retry_after_seconds: Some(seconds),
            times: Some(1),
            ..FaultRule::default()
        };
        world.set_faults(vec![slow]);
        let report = world.carry_out(steps).await;
        assert!(report.is_success(), "{:?}", said(&report));
        let creations = world.requests().iter().rposition(|it| it == "POST").unwrap();
        assert_eq!(world.requests()[..creations].iter().filter(|it| *it == "GET").count(), lists, "{seconds} s");
    }
}
