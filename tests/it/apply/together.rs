//! Runs that overlap, as examples: each was a seed of `simulation::together` that failed.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use presencectl::client::wire::Method;
use presencectl::host::stop::Stop;
use presencectl::model::labels::Scope;
use presencectl::model::names::Locale;
use presencectl::ops::apply::report::{Intent, Outcome, Report, Unseen, Verification};
use presencectl::plan::difference::Difference;
use presencectl::sandbox::faults::{Cut, Spoil};
use presencectl::sandbox::org_behavior::FirstPutDivision;
use presencectl::sandbox::{FaultRule, OrgBehavior};
use serde_json::json;

use super::{DEFINITIONS, World, admin, body, deactivated, held, path, run, said};
use crate::paper::{desired, id, wanted};

const TEA: [(&str, &str); 2] = [("de", "Tee"), ("en_US", "Tea")];

/// An org without any, where lists lag.
fn tea(list_lag_ms: u64) -> World {
    let behavior = OrgBehavior { list_lag_ms, ..OrgBehavior::default() };
    World::behaving(vec![wanted("tea", "Break", &TEA)], Vec::new(), behavior)
}

/// The ids of the two that are there, and everything that names them.
fn both_are_named(world: &World, report: &Report) {
    let Verification::Drifted { blockers, .. } = &report.verification else { panic!("{report:?}") };
    let text = format!("{blockers:?}");
    let ids: Vec<String> = world.held().into_values().filter(|it| !it.primary).map(|it| it.id).collect();
    assert!(ids.len() == 2 && ids.iter().all(|id| text.contains(id.as_str())), "{ids:?}: {text}");
    assert!(!report.is_success());
}

// Seeds 16638 and 19271.
#[tokio::test(start_paused = true)]
async fn the_one_that_a_list_shows_after_a_lost_answer_may_be_another_runs() {
    let world = tea(13_000);
    let steps = world.steps().await;
    let lost = FaultRule { body: Some(Spoil::Html), handled: Some(true), ..FaultRule::default() };
    world.set_faults(vec![FaultRule {
        method: Some("POST".to_owned()),
        path: Some(DEFINITIONS.to_owned()),
        times: Some(1),
        ..lost
    }]);
    // The list shows it 4 s after this run sent its own POST, and that POST's object after 13 s.
    world.admin("POST", DEFINITIONS, Some(&body("Break", &TEA)));
    tokio::time::sleep(Duration::from_secs(9)).await;
    let observed = world.observed.lock().unwrap().clone();
    let (_sender, stop) = Stop::new();
    let report = run(&world.session(), world.job(steps, &observed), &stop, &|_| {}).await;
    assert_eq!(said(&report), ["create tea unknown"]);
    assert_eq!(report.rows[0].id, None, "no answer said which of them it is");
    let help = report.rows[0].outcome.cause().unwrap().help.clone().unwrap();
    assert!(world.held().into_values().filter(|it| !it.primary).all(|it| help.contains(&it.id)), "{help}");
    both_are_named(&world, &report);
}

// Seed 11094: a list is up to a minute old when a POST is sent, and it may lag.
#[tokio::test(start_paused = true)]
async fn what_another_run_makes_while_a_create_waits_for_its_turn_is_named_afterwards() {
    let mut world = tea(0);
    // The rate limit allows only the token and the list in a minute. The token takes a second.
    world.requests_per_minute = 2.try_into().unwrap();
    world.wire.slower_ms.store(1_000, Ordering::Relaxed);
    let steps = world.steps().await;
    let sandbox = world.sandbox.clone();
    world.wire.before_first(Method::Post, DEFINITIONS.to_owned(), move || {
        admin(&sandbox, "POST", DEFINITIONS, Some(&body("Break", &TEA)));
    });
    let report = world.carry_out(steps).await;
    assert_eq!(said(&report), ["create tea done"]);
    both_are_named(&world, &report);
}

// Seed 9281: both runs reactivate it, and the org has not taken the PUT of this one.
#[tokio::test(start_paused = true)]
async fn a_division_that_another_runs_write_takes_away_is_told_after_a_lost_answer() {
    let mut object = deactivated(1, "Break", &TEA);
    object["divisionId"] = json!("5a4db0c5-0000-4000-a000-0000000000d2");
    let behavior = OrgBehavior { first_put_division: FirstPutDivision::Reset, ..OrgBehavior::default() };
    let world = World::behaving(vec![wanted("tea", "Break", &TEA)], vec![object], behavior);
    let steps = world.steps().await;
    let lost = FaultRule { drop: Some(Cut::BeforeWrite), times: Some(1), ..FaultRule::default() };
    world.set_faults(vec![FaultRule { method: Some("PUT".to_owned()), ..lost }]);
    let sandbox = world.sandbox.clone();
    world.wire.before_first(Method::Put, path(1), move || {
        let active = admin(&sandbox, "PUT", &path(1), Some(&held(1, "Break", &TEA)));
        assert_eq!(active["deactivated"], false);
    });
    let report = world.carry_out(steps).await;
    assert_eq!((said(&report), world.count("PUT")), (vec!["reactivate tea differs".to_owned()], 1));
    let Outcome::Differs(found) = &report.rows[0].outcome else { panic!("{report:?}") };
    assert!(matches!(found[..], [Difference::Division { .. }]), "{found:?}");
}

// Seed 9257: lists and reads do not lag. A second `Tea` ends the look, so there is one list only.
#[tokio::test(start_paused = true)]
async fn a_change_between_the_list_and_the_read_is_no_list_that_lags() {
    for (is_changed, told) in [(true, true), (false, false)] {
        let mut bravo = wanted("bravo", "Busy", &[("en_US", "Bravo")]);
        bravo.deactivated = true;
        let config = vec![wanted("tea", "Break", &TEA), bravo];
        // Without a change by hand, only a lagging list shows the old state.
        let behavior = OrgBehavior { list_lag_ms: if is_changed { 0 } else { 20_000 }, ..OrgBehavior::default() };
        let world = World::behaving(config, vec![held(1, "Busy", &[("en_US", "Bravo")])], behavior);
        let steps = world.steps().await;
        if !is_changed {
            world.admin("POST", DEFINITIONS, Some(&body("Break", &TEA)));
            tokio::time::sleep(Duration::from_millis(19_500)).await;
        }
        let (sandbox, is_written, seen) = (world.sandbox.clone(), AtomicBool::new(false), AtomicUsize::new(0));
        world.wire.before(move |request| {
            let is = |method: Method, path: &str| request.method == method && request.url.path() == path;
            let bravo = [("en_US", "Bravo")];
            if !is_changed {
            } else if is(Method::Post, DEFINITIONS) {
                admin(&sandbox, "POST", DEFINITIONS, Some(&body("Break", &TEA)));
            } else if is(Method::Put, &path(1)) {
                is_written.store(true, Ordering::Relaxed);
                // In the very millisecond in which this run writes it, and after that.
                let sandbox = sandbox.clone();
                tokio::spawn(async move {
                    let written = sandbox.with(|it| it.org.definitions().get(id(1).as_str()).cloned()).unwrap();
                    assert!(written.deactivated);
                    admin(&sandbox, "PUT", &path(1), Some(&held(1, "Busy", &bravo)));
                });
            } else if is(Method::Get, &path(1)) && is_written.load(Ordering::Relaxed) {
                assert_eq!(seen.fetch_add(1, Ordering::Relaxed), 0);
                admin(&sandbox, "PUT", &path(1), Some(&deactivated(1, "Busy", &bravo)));
            }
        });
        let report = world.carry_out(steps).await;
        assert_eq!(said(&report)[1], "deactivate bravo not-visible-yet", "{report:?}");
        let Outcome::NotVisibleYet(Unseen::List { may_be_changed, .. }) = report.rows[1].outcome else {
            panic!("{report:?}")
        };
        assert_eq!(may_be_changed, told);
        let words = report.rows[1].in_words(Intent::Apply).unwrap();
        assert_eq!(words.contains("or it was changed in between"), told, "{words}");
    }
}

// Seed 25306: a lagging read shows an edit of an unmanaged label, and not yet the PUT whose response was lost.
#[tokio::test(start_paused = true)]
async fn an_edit_beside_what_is_managed_survives_a_write_that_is_made_again() {
    let mut config = desired(vec![wanted("tea", "Break", &TEA)]);
    config.settings.scope = Scope::Only(["en_US", "de"].map(Locale::new).into());
    let behavior = OrgBehavior { get_lag_ms: 1_030, ..OrgBehavior::default() };
    let world = World::of(config, vec![held(1, "Break", &TEA[1..])], behavior);
    let steps = world.steps().await;
    let lost = FaultRule { drop: Some(Cut::AfterWrite), times: Some(1), ..FaultRule::default() };
    world.set_faults(vec![FaultRule { method: Some("PUT".to_owned()), ..lost }]);
    let sandbox = world.sandbox.clone();
    world.wire.before_first(Method::Get, path(1), move || {
        admin(&sandbox, "PUT", &path(1), Some(&body("Break", &[("en_US", "Tea"), ("fr", "Thé")])));
    });
    let report = world.carry_out(steps).await;
    assert_eq!((said(&report), world.count("PUT")), (vec!["update tea done".to_owned()], 2));
    assert_eq!(world.shown(), ["Tee/Tea/Thé (Break)"]);
}

// Seeds 29547 and 39389: a duplicate ends the verification at once, while a read by id does not find the new object
// yet.
#[tokio::test(start_paused = true)]
async fn what_a_read_by_id_does_not_find_yet_is_said_to_lag_perhaps() {
    let behavior = OrgBehavior { list_lag_ms: 6_000, get_after_create_lag_ms: 5_000, ..OrgBehavior::default() };
    let world = World::behaving(vec![wanted("tea", "Break", &TEA)], Vec::new(), behavior);
    let steps = world.steps().await;
    world.admin("POST", DEFINITIONS, Some(&body("Break", &TEA)));
    tokio::time::sleep(Duration::from_millis(5_900)).await;
    let report = world.carry_out(steps).await;
    assert_eq!(said(&report), ["create tea not-visible-yet"]);
    let words = report.rows[0].in_words(Intent::Apply).unwrap();
    assert!(words.contains("does not find it: it stored nothing, its reads lag, or it was changed since"), "{words}");
    both_are_named(&world, &report);
}
