//! The cost of an apply: compares the forecast of `plan` and `apply`, and the remaining time, with the real requests.

use std::cell::RefCell;
use std::num::NonZeroU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use presencectl::host::stop::Stop;
use presencectl::model::desired::{Prune, Wanted};
use presencectl::model::generation::{ApiChoice, Generation};
use presencectl::model::problem::KnownOrg;
use presencectl::ops::apply::{Aim, ApplyEvent, ApplyJob, CONCURRENCY, run};
use presencectl::ops::plan_org::plan_org;
use presencectl::plan::change::Step;
use presencectl::plan::cost::{Cost, requests_of, to_carry_out};
use presencectl::sandbox::OrgBehavior;
use serde_json::Value;
use tokio::time::Instant;

use super::pace::many;
use super::{World, deactivated, held};
use crate::paper::{asked, desired, presence, wanted};

/// An apply as the command makes it: one conversation, from the token to the look afterwards.
struct Applied {
    forecast: Cost,
    requests: u64,
    took: Duration,
    /// The error of the remaining time after each object, and when it was shown.
    off: Vec<(Duration, Duration)>,
}

async fn applied(world: &World) -> Applied {
    let session = world.session();
    let begun = Instant::now();
    let (desired, limits, api) = (&world.desired, world.limits, ApiChoice::Only(world.generation));
    let asked = asked(desired, limits, api);
    let mut known_org = KnownOrg { org: None, sandbox: false };
    let planned = plan_org(&session.reader(), &asked, &mut known_org).await.map_err(|it| it.message).unwrap();
    let forecast = planned.plan.cost.unwrap();
    let steps: Vec<Step> = planned.plan.changes.into_iter().map(|it| it.step).collect();
    let left = RefCell::new(to_carry_out(steps.iter().map(Step::action), &planned.observed));
    let said = RefCell::new(Vec::new());
    let tell = |event: ApplyEvent<'_>| {
        if let ApplyEvent::Finished(row) = event {
            *left.borrow_mut() -= requests_of(row.action);
            said.borrow_mut().push((begun.elapsed(), session.time_for(*left.borrow(), CONCURRENCY)));
        }
    };
    let (observed, limits) = (&planned.observed, &world.limits);
    let job = ApplyJob {
        steps,
        blocked: Vec::new(),
        resolved: Vec::new(),
        desired,
        limits,
        observed,
        aim: Aim::Config,
        waits: Vec::new(),
        before_post: None,
    };
    let (_sender, stop) = Stop::new();
    let report = run(&session.speaking(world.generation), job, &stop, &tell).await;
    assert!(report.is_success(), "{:?}", report.verification);
    let took = begun.elapsed();
    let off = said.into_inner().into_iter().map(|(at, left)| (at, took.abs_diff(at + left))).collect();
    Applied { forecast, requests: session.request_count(), took, off }
}

/// A config, an org and whether what the config does not name is removed.
fn worlds() -> Vec<(&'static str, Vec<Wanted>, Vec<Value>, Prune)> {
    let lunch = || wanted("lunch", "Meal", &[("en_US", "Lunch"), ("de", "Mittag")]);
    let new = |key: &str, label: &str| Wanted { new: true, ..wanted(key, "Break", &[("en_US", label)]) };
    let one = || vec![held(1, "Meal", &[("en_US", "Lunch")])];
    let many: Vec<Value> = (1..=230).map(|number| held(number, "Busy", &[("en_US", &format!("B{number}"))])).collect();
    let moved = Wanted { replaces: Some(presence("Busy")), ..wanted("old", "Away", &[("en_US", "Old")]) };
    vec![
        ("one update", vec![lunch()], one(), Prune::Keep),
        ("one creation", vec![new("tea", "Tea")], Vec::new(), Prune::Keep),
        ("creations", vec![new("tea", "Tea"), new("walk", "Walk"), new("nap", "Nap")], one(), Prune::Keep),
        (
            "a removal",
            vec![new("tea", "Tea")],
            vec![held(1, "Break", &[("en_US", "Tea")]), held(2, "Meal", &[("en_US", "Old")])],
            Prune::Delete,
        ),
        ("one is brought back", vec![lunch()], vec![deactivated(1, "Meal", &[("en_US", "Lunch")])], Prune::Keep),
        ("one is replaced", vec![moved], vec![held(1, "Busy", &[("en_US", "Old")])], Prune::Keep),
        (
            "three pages",
            vec![lunch(), new("tea", "Tea")],
            one().into_iter().chain(many.into_iter().skip(1)).collect(),
            Prune::Keep,
        ),
        (
            "all at once",
            vec![lunch(), new("tea", "Tea")],
            vec![held(1, "Meal", &[("en_US", "Lunch")]), held(2, "Meal", &[("en_US", "Gone")])],
            Prune::Delete,
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn where_nothing_goes_wrong_the_forecast_is_exact() {
    for generation in Generation::ALL {
        for (what, wants, objects, prune) in worlds() {
            let mut config = desired(wants);
            config.settings.prune = prune;
            let world = World { generation, ..World::of(config, objects, OrgBehavior::default()) };
            let Applied { forecast, requests, took, off: _ } = applied(&world).await;
            assert_eq!(forecast.requests, requests, "{what}, {generation}");
            // Each takes 20 ms here; more is assumed.
            assert!(took < forecast.time, "{what}, {generation}: {took:?} {forecast:?}");
            assert!(forecast.time < took * 20, "{what}, {generation}: {took:?} {forecast:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn where_the_pace_decides_the_forecast_and_what_is_said_to_be_left_are_near() {
    for generation in Generation::ALL {
        for (changes, allowed) in [(2_000, 300), (400, 100)] {
            let mut world = World { generation, ..many(changes, OrgBehavior::default()) };
            world.requests_per_minute = NonZeroU32::new(allowed).unwrap();
            world.wire.slower_ms.store(400, Ordering::Relaxed);
            let Applied { forecast, requests, took, off } = applied(&world).await;
            // The list that creations are held against may be read once more or less often.
            assert!(forecast.requests.abs_diff(requests) * 100 <= requests, "{generation}: {forecast:?} {requests}");
            assert!(forecast.time.abs_diff(took) < took / 50, "{generation}: {forecast:?} {took:?}");
            assert_eq!(off.len(), changes);
            let worst = off.iter().max_by_key(|(_, off)| *off).unwrap();
            assert!(worst.1 < Duration::from_secs(45), "{generation}: {worst:?} of {took:?}");
        }
    }
}
