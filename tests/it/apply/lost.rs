//! A lost answer to a creation never makes a twin.

use std::time::Duration;

use presencectl::model::moment::Moment;
use presencectl::ops::apply::report::{Outcome, ReportRow};
use presencectl::sandbox::faults::{Cut, Spoil};
use presencectl::sandbox::{FaultRule, OrgBehavior};

use presencectl::client::wire::Method;
use tokio::time::Instant;

use super::every_fault::every_action;
use super::{DEFINITIONS, World, admin, body, held, message, path, said};
use crate::paper::wanted;

const TEA: [(&str, &str); 2] = [("de", "Tee"), ("en_US", "Tea")];

/// Every way to lose the answer to a POST, and whether the org has carried it out.
fn losses() -> Vec<(String, bool, FaultRule)> {
    let mut losses = vec![
        ("dropped before".to_owned(), false, FaultRule { drop: Some(Cut::BeforeWrite), ..FaultRule::default() }),
        ("dropped after".to_owned(), true, FaultRule { drop: Some(Cut::AfterWrite), ..FaultRule::default() }),
        ("timed out".to_owned(), true, FaultRule { delay_ms: 40_000, ..FaultRule::default() }),
        ("truncated".to_owned(), true, FaultRule { body: Some(Spoil::Truncated), ..FaultRule::default() }),
    ];
    for handled in [false, true] {
        let html = FaultRule { body: Some(Spoil::Html), handled: Some(handled), ..FaultRule::default() };
        losses.push((format!("html, carried out: {handled}"), handled, html));
        for status in [408, 500, 502, 503, 504] {
            let rule = FaultRule { status: Some(status), handled: Some(handled), ..FaultRule::default() };
            losses.push((format!("{status}, carried out: {handled}"), handled, rule));
        }
    }
    losses
}

fn of_posts(rule: FaultRule, times: Option<u64>) -> Vec<FaultRule> {
    vec![FaultRule { method: Some("POST".to_owned()), path: Some(DEFINITIONS.to_owned()), times, ..rule }]
}

fn world(list_lag_ms: u64) -> World {
    let behavior = OrgBehavior { list_lag_ms, ..OrgBehavior::default() };
    World::behaving(vec![wanted("tea", "Break", &TEA)], Vec::new(), behavior)
}

#[tokio::test(start_paused = true)]
async fn a_create_whose_answer_is_lost_is_looked_for_and_never_sent_again() {
    for list_lag_ms in [0, 20_000] {
        for times in [Some(1), None] {
            for (name, carried_out, rule) in losses() {
                let repeat = format!("{name}, lists lag {list_lag_ms} ms");
                let world = world(list_lag_ms);
                let steps = world.steps().await;
                world.set_faults(of_posts(rule, times));
                let report = world.carry_out(steps).await;
                assert_eq!(posts(&world), 1, "{repeat}");
                if carried_out {
                    assert_eq!(said(&report), ["create tea done"], "{repeat}");
                    assert!(report.is_success(), "{repeat}: {:?}", report.verification);
                    assert_eq!(world.shown(), ["Tee/Tea (Break)"], "{repeat}");
                    assert!(world.held().contains_key(report.rows[0].id.as_ref().unwrap().as_str()), "{repeat}");
                } else {
                    assert_eq!(said(&report), ["create tea unknown"], "{repeat}");
                    assert_eq!(world.shown().len(), 0, "{repeat}");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_made_and_shown_by_no_list_in_time_is_unknown_and_says_when_to_run_again() {
    let world = world(150_000);
    let steps = world.steps().await;
    world.set_faults(of_posts(FaultRule { drop: Some(Cut::AfterWrite), ..FaultRule::default() }, Some(1)));
    let report = world.carry_out(steps).await;
    assert_eq!((said(&report), posts(&world)), (vec!["create tea unknown".to_owned()], 1));
    assert_eq!(world.shown(), ["Tee/Tea (Break)"], "it was made, and once");
    let help = |row: &ReportRow| row.outcome.cause().unwrap().help.clone().unwrap();
    assert!(help(&report.rows[0]).starts_with("run it again in 5 minutes"), "{}", help(&report.rows[0]));
    // As a command reports it, which has a clock.
    let ended = Moment::read("2026-03-01T09:05:30Z").unwrap();
    let row = report.rows[0].clone().with_again_from(ended);
    assert_eq!(row.again_from, Moment::read("2026-03-01T09:10:30Z"));
    assert!(help(&row).starts_with("run it again after 2026-03-01T09:10:30.000Z"), "{}", help(&row));
    // At that time it is found, and nothing is made.
    tokio::time::sleep(Duration::from_mins(5)).await;
    assert!(world.plan().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_was_certainly_not_carried_out_is_sent_again() {
    let limited = FaultRule { status: Some(429), retry_after_seconds: Some(3), ..FaultRule::default() };
    let token = FaultRule { status: Some(401), ..FaultRule::default() };
    for rule in [limited, token] {
        let world = world(0);
        let steps = world.steps().await;
        world.set_faults(of_posts(rule.clone(), Some(1)));
        let report = world.carry_out(steps).await;
        assert_eq!((said(&report), posts(&world)), (vec!["create tea done".to_owned()], 2), "{rule:?}");
    }
}

/// How often a definition was to be made in the last run.
fn posts(world: &World) -> usize {
    world.requests().iter().filter(|it| *it == "POST").count()
}

#[tokio::test(start_paused = true)]
async fn what_is_new_and_differs_in_presence_or_in_label_is_not_it() {
    for (system_presence, label) in [("Meal", "Tea"), ("Break", "Coffee")] {
        let world = world(0);
        let steps = world.steps().await;
        world.set_faults(of_posts(FaultRule { drop: Some(Cut::BeforeWrite), ..FaultRule::default() }, Some(1)));
        let sandbox = world.sandbox.clone();
        world.wire.before_first(Method::Post, DEFINITIONS.to_owned(), move || {
            admin(&sandbox, "POST", DEFINITIONS, Some(&body(system_presence, &[("en_US", label)])));
        });
        let report = world.carry_out(steps).await;
        let told = (said(&report), posts(&world));
        assert_eq!(told, (vec!["create tea unknown".to_owned()], 1), "{label} ({system_presence})");
        assert_eq!(world.shown(), [format!("{label} ({system_presence})")]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_whose_answers_are_lost_is_read_again_after_longer_and_longer() {
    let world = World::new(vec![wanted("tea", "Break", &TEA)], vec![held(1, "Break", &TEA[1..])]);
    let steps = world.steps().await;
    let lost = FaultRule { drop: Some(Cut::BeforeWrite), ..FaultRule::default() };
    world.set_faults(vec![FaultRule { method: Some("PUT".to_owned()), ..lost }]);
    let begun = Instant::now();
    let report = world.carry_out(steps).await;
    assert_eq!((said(&report), world.count("PUT 1")), (vec!["update tea unknown".to_owned()], 4));
    assert_eq!(begun.elapsed().as_secs(), 1 + 2 + 4 + 8);
}

// Seed 223789802560 of the simulation.
#[tokio::test(start_paused = true)]
async fn a_lost_change_that_reads_by_id_do_not_show_yet_is_made_again() {
    let behavior = OrgBehavior { get_lag_ms: 6_437, ..OrgBehavior::default() };
    let held = vec![held(1, "Break", &TEA[1..])];
    let world = World::behaving(vec![wanted("tea", "Break", &TEA)], held, behavior);
    let steps = world.steps().await;
    let lost = FaultRule { drop: Some(Cut::AfterWrite), times: Some(1), ..FaultRule::default() };
    world.set_faults(vec![FaultRule { method: Some("PUT".to_owned()), ..lost }]);
    let report = world.carry_out(steps).await;
    assert_eq!((said(&report), world.count("PUT 1")), (vec!["update tea done".to_owned()], 2));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_a_lost_change_leaves_its_fate_unknown() {
    let world = World::new(vec![wanted("tea", "Break", &TEA)], vec![held(1, "Break", &TEA[1..])]);
    let steps = world.steps().await;
    let of_puts = |rule| FaultRule { method: Some("PUT".to_owned()), times: Some(1), ..rule };
    world.set_faults(vec![
        of_puts(FaultRule { drop: Some(Cut::BeforeWrite), ..FaultRule::default() }),
        of_puts(FaultRule { status: Some(403), ..FaultRule::default() }),
    ]);
    let report = world.carry_out(steps).await;
    assert_eq!((said(&report), world.count("PUT")), (vec!["update tea unknown".to_owned()], 2));
    assert!(message(&report.rows[0]).contains("403"), "{:?}", report.rows);
}

#[tokio::test(start_paused = true)]
async fn a_page_in_answer_to_a_change_is_a_lost_answer() {
    for (method, number, row) in [("PUT", 1, 3), ("DELETE", 5, 6)] {
        for handled in [false, true] {
            let world = every_action();
            let steps = world.steps().await;
            world.set_faults(vec![FaultRule {
                method: Some(method.to_owned()),
                path: Some(path(number)),
                body: Some(Spoil::Html),
                handled: Some(handled),
                ..FaultRule::default()
            }]);
            let report = world.carry_out(steps).await;
            let row = &report.rows[row];
            let sent = world.count(&format!("{method} {number}"));
            if handled {
                assert_eq!((&row.outcome, sent), (&Outcome::Done, 1), "{method}");
            } else {
                assert_eq!((row.outcome.kind().code(), sent), ("unknown", 4), "{method}");
                assert!(message(row).contains("the body is not JSON"), "{row:?}");
                assert!(message(row).contains("text/html"), "{row:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_that_could_be_it_are_unknown_and_named() {
    for second in [&TEA[..], &[("en_US", "Tea"), ("de", "Anders")][..]] {
        let world = world(0);
        let steps = world.steps().await;
        world.set_faults(of_posts(FaultRule { drop: Some(Cut::BeforeWrite), ..FaultRule::default() }, None));
        let (sandbox, second_body) = (world.sandbox.clone(), body("Break", second));
        world.wire.before_first(Method::Post, DEFINITIONS.to_owned(), move || {
            admin(&sandbox, "POST", DEFINITIONS, Some(&body("Break", &TEA)));
            admin(&sandbox, "POST", DEFINITIONS, Some(&second_body));
        });
        let report = world.carry_out(steps).await;
        let Outcome::Unknown(cause) = &report.rows[0].outcome else { panic!("{report:?}") };
        let help = cause.help.as_deref().unwrap();
        for object in world.held().into_values().filter(|it| !it.primary) {
            assert!(help.contains(&object.id), "{help}");
        }
        assert_eq!(world.count("POST"), 2, "the token, and once");
    }
}

#[tokio::test(start_paused = true)]
async fn something_alike_that_is_not_what_was_sent_is_unknown() {
    let world = world(0);
    let steps = world.steps().await;
    world.set_faults(of_posts(FaultRule { drop: Some(Cut::BeforeWrite), ..FaultRule::default() }, None));
    let sandbox = world.sandbox.clone();
    world.wire.before_first(Method::Post, DEFINITIONS.to_owned(), move || {
        admin(&sandbox, "POST", DEFINITIONS, Some(&body("Break", &[("en_US", "Tea")])));
    });
    let report = world.carry_out(steps).await;
    assert_eq!(said(&report), ["create tea unknown"]);
    assert_eq!(world.shown(), ["Tea (Break)"]);
}
