//! What apply does, one rule a test.

use std::sync::atomic::Ordering;

use presencectl::client::wire::Method;
use presencectl::host::stop::Stop;
use presencectl::model::labels::Scope;
use presencectl::model::names::{Key, Label, Locale};
use presencectl::ops::apply::object::differences_to_after;
use presencectl::ops::apply::report::{Outcome, ReportRow, Skip, Verification};
use presencectl::ops::apply::{ApplyJob, CONCURRENCY};
use presencectl::output;
use presencectl::output::style::Style;
use presencectl::plan::change::{Action, Removal, Step};
use presencectl::plan::difference::Difference;
use presencectl::plan::order::Because;
use presencectl::sandbox::org_behavior::{Delete, UniqueLabels};
use presencectl::sandbox::{FaultRule, OrgBehavior};
use serde_json::json;

use super::every_fault::every_action;
use super::{World, body, held, message, path, said};
use crate::paper::{desired, id, page, wanted};

fn lunch() -> Vec<presencectl::model::desired::Wanted> {
    vec![wanted("lunch", "Meal", &[("en_US", "Lunch"), ("de", "Mittag")])]
}

#[tokio::test(start_paused = true)]
async fn every_action_is_carried_out_creations_before_removals() {
    let world = every_action();
    let report = world.apply().await;
    assert_eq!(
        said(&report),
        [
            "create coach done",
            "create smoke done",
            "reactivate tea done",
            "update lunch done",
            "replace smoke done",
            "deactivate retro done",
            "delete Old done",
        ]
    );
    assert_eq!(report.verification, Verification::InSync);
    assert!(report.is_success());
    let requests = world.requests();
    let place = |line: &str| requests.iter().position(|it| it == line).unwrap();
    let last = |line: &str| requests.iter().rposition(|it| it == line).unwrap();
    assert!(last("POST").max(place("PUT 1")).max(place("PUT 2")) < place("GET 4"), "{requests:?}");
    assert!(place("PUT 4") < place("GET 3").min(place("GET 5")), "{requests:?}");
    assert!(world.apply().await.rows.is_empty(), "twice in a row does nothing the second time");
}

#[tokio::test(start_paused = true)]
async fn nothing_to_do_asks_nothing() {
    let world = World::new(lunch(), vec![held(1, "Meal", &[("en_US", "Lunch"), ("de", "Mittag")])]);
    let report = world.apply().await;
    assert_eq!((report.verification.clone(), world.requests().len()), (Verification::NotNeeded, 0));
    assert!(report.is_success());
}

#[tokio::test(start_paused = true)]
async fn what_somebody_did_already_is_not_written_again() {
    let world = World::new(lunch(), vec![held(1, "Meal", &[("en_US", "Lunch")])]);
    let steps = world.steps().await;
    world.edit(1, &body("Meal", &[("en_US", "Lunch"), ("de", "Mittag")]));
    let report = world.carry_out(steps).await;
    assert_eq!(said(&report), ["update lunch already-so"]);
    assert!(report.is_success());
    assert_eq!(world.count("PUT"), 0);
}

#[tokio::test(start_paused = true)]
async fn an_edit_between_plan_and_write_is_refused_with_the_difference() {
    let world = World::new(lunch(), vec![held(1, "Meal", &[("en_US", "Lunch")])]);
    let steps = world.steps().await;
    world.edit(1, &body("Meal", &[("en_US", "Lunch"), ("fr", "Midi")]));
    let report = world.carry_out(steps).await;
    let difference = Difference::Label { locale: Locale::new("fr"), expected: None, found: Some(Label::new("Midi")) };
    assert_eq!(report.rows[0].outcome, Outcome::Conflict(vec![difference]));
    assert_eq!(world.count("PUT"), 0);
    assert!(!report.is_success());
}

#[tokio::test(start_paused = true)]
async fn something_gone_is_refused_for_a_change_and_done_for_a_removal() {
    let behavior = OrgBehavior { delete: Delete::Removes, ..OrgBehavior::default() };
    for moment in [Method::Get, Method::Put] {
        let world = World::behaving(lunch(), vec![held(1, "Meal", &[("en_US", "Lunch")])], behavior);
        let steps = world.steps().await;
        let sandbox = world.sandbox.clone();
        world.wire.before_first(moment, path(1), move || {
            super::admin(&sandbox, "DELETE", &path(1), None);
        });
        let report = world.carry_out(steps).await;
        assert_eq!(report.rows[0].outcome, Outcome::Conflict(vec![Difference::Gone]), "{moment}");
    }
    for moment in [Method::Get, Method::Delete] {
        let mut config = desired(Vec::new());
        config.settings.prune = presencectl::model::desired::Prune::Delete;
        config.definitions = desired(vec![wanted("tea", "Break", &[("en_US", "Tea")])]).definitions;
        let objects = vec![held(1, "Meal", &[("en_US", "Lunch")]), held(2, "Break", &[("en_US", "Tea")])];
        let world = World::of(config, objects, behavior);
        let steps = world.steps().await;
        let sandbox = world.sandbox.clone();
        world.wire.before_first(moment, path(1), move || {
            super::admin(&sandbox, "DELETE", &path(1), None);
        });
        let report = world.carry_out(steps).await;
        assert_eq!(
            (said(&report), report.is_success()),
            (vec!["delete Lunch already-so".to_owned()], true),
            "{moment}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_is_not_found_although_the_read_is_fails_and_is_not_called_unknown() {
    let world = World::new(lunch(), vec![held(1, "Meal", &[("en_US", "Lunch")])]);
    let steps = world.steps().await;
    world.set_faults(vec![FaultRule { method: Some("PUT".to_owned()), status: Some(404), ..FaultRule::default() }]);
    let report = world.carry_out(steps).await;
    assert_eq!(said(&report), ["update lunch failed"]);
    assert_eq!(world.count("PUT"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_is_not_found_is_told_by_its_own_answer_unless_the_api_is_not_served_any_more() {
    let answered = |method: &str, path: String, skip: u64, status: u16| FaultRule {
        method: Some(method.to_owned()),
        path: Some(path),
        skip,
        status: Some(status),
        ..FaultRule::default()
    };
    for (all, status, said) in [
        (path(1), 403, "`PUT /api/v2/presencedefinitions/2fa68d50-0000-4000-8000-000000000001` was answered with 404"),
        (format!("{}*", super::DEFINITIONS), 404, "the org does not serve API v1"),
    ] {
        let world = World::new(lunch(), vec![held(1, "Meal", &[("en_US", "Lunch")])]);
        let steps = world.steps().await;
        world.set_faults(vec![answered("PUT", path(1), 0, 404), answered("GET", all, 1, status)]);
        let report = world.carry_out(steps).await;
        assert!(message(&report.rows[0]).contains(said), "{}", message(&report.rows[0]));
    }
}

#[test]
fn what_is_to_be_removed_differs_only_while_it_is_active() {
    let active = crate::paper::object(1, "Meal", &[("en_US", "Lunch")]);
    let hidden = presencectl::model::observed::Definition { deactivated: true, ..active.clone() };
    let (id, system_presence, before) = (active.id.clone(), active.system_presence.clone(), active.content());
    let step = Step::Delete(Removal { id, system_presence, before, after: None });
    assert_eq!(differences_to_after(&step, &active), [Difference::State { found_deactivated: false }]);
    assert_eq!(differences_to_after(&step, &hidden), []);
}

#[tokio::test(start_paused = true)]
async fn fields_that_we_do_not_know_survive() {
    let mut object = held(1, "Meal", &[("en_US", "Lunch")]);
    object["invented"] = json!("*");
    object["futureField"] = json!({ "a": [1, null] });
    let world = World::new(lunch(), vec![object]);
    assert!(world.apply().await.is_success());
    let extra = world.object(1).extra;
    assert_eq!((extra["invented"].clone(), extra["futureField"].clone()), (json!("*"), json!({ "a": [1, null] })));
    assert_eq!(world.shown(), ["Mittag/Lunch (Meal)"]);
}

#[tokio::test(start_paused = true)]
async fn locales_that_are_not_managed_survive() {
    let mut config = desired(lunch());
    config.settings.scope = Scope::Only(vec![Locale::new("en_US"), Locale::new("de")]);
    let world = World::of(config, vec![held(1, "Meal", &[("en_US", "Lunch"), ("fr", "Midi")])], OrgBehavior::default());
    let steps = world.steps().await;
    // Even when a person changes them meanwhile.
    world.edit(1, &body("Meal", &[("en_US", "Lunch"), ("fr", "Déjeuner")]));
    assert!(world.carry_out(steps).await.is_success());
    assert_eq!(world.shown(), ["Mittag/Lunch/Déjeuner (Meal)"]);
}

#[tokio::test(start_paused = true)]
async fn a_creation_is_refused_where_its_label_has_appeared() {
    let world = World::new(lunch(), Vec::new());
    let steps = world.steps().await;
    let made = world.admin("POST", super::DEFINITIONS, Some(&body("Meal", &[("en_US", "Lunch")])));
    let report = world.carry_out(steps).await;
    let id = presencectl::model::names::DefinitionId::new(made["id"].as_str().unwrap()).unwrap();
    assert_eq!(report.rows[0].outcome, Outcome::Conflict(vec![Difference::Appeared(id)]));
    assert_eq!(world.shown(), ["Lunch (Meal)"]);
}

#[tokio::test(start_paused = true)]
async fn a_creation_is_already_so_where_exactly_it_has_appeared() {
    let world = World::new(lunch(), Vec::new());
    let steps = world.steps().await;
    world.admin("POST", super::DEFINITIONS, Some(&body("Meal", &[("en_US", "Lunch"), ("de", "Mittag")])));
    let report = world.carry_out(steps).await;
    assert_eq!(said(&report), ["create lunch already-so"]);
    assert!(report.is_success());
    assert_eq!(world.count("POST"), 1, "the token alone");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_pinned_to_another_definition_is_not_in_the_way_of_a_creation() {
    let mut pinned = wanted("first", "Meal", &[("en_US", "Lunch")]);
    pinned.pin = Some(id(1));
    let world = World::new(
        vec![pinned, wanted("second", "Meal", &[("en_US", "Lunch")])],
        vec![held(1, "Meal", &[("en_US", "Lunch")])],
    );
    let report = world.apply().await;
    assert_eq!(said(&report), ["create second done"]);
    assert!(world.shown() == ["Lunch (Meal)", "Lunch (Meal)"]);
}

#[tokio::test(start_paused = true)]
async fn a_replaced_object_stays_while_what_takes_its_place_is_refused() {
    let mut smoke = wanted("smoke", "Away", &[("en_US", "Smoke")]);
    smoke.replaces = Some(crate::paper::presence("Break"));
    let behavior = OrgBehavior { unique_labels: UniqueLabels::AmongActive, ..OrgBehavior::default() };
    let world = World::behaving(vec![smoke], vec![held(1, "Break", &[("en_US", "Smoke")])], behavior);
    let report = world.apply().await;
    assert_eq!(said(&report), ["create smoke failed", "replace smoke skipped"]);
    let Outcome::Skipped(Skip::Needs(needed)) = &report.rows[1].outcome else { panic!("{report:?}") };
    let create = (Action::Create, Key::new("smoke"), None, Because::TakesItsPlace);
    assert_eq!((needed.action, needed.key.clone(), needed.id.clone(), needed.because.clone()), create);
    assert!(message(&report.rows[0]).contains("409"), "{}", message(&report.rows[0]));
    assert_eq!(world.shown(), ["Smoke (Break)"]);
}

#[tokio::test(start_paused = true)]
async fn a_replaced_object_stays_when_a_saved_plan_refuses_what_takes_its_place() {
    let mut smoke = wanted("smoke", "Away", &[("en_US", "Smoke")]);
    smoke.replaces = Some(crate::paper::presence("Break"));
    let world = World::new(vec![smoke], vec![held(1, "Break", &[("en_US", "Smoke")])]);
    let mut steps = world.steps().await;
    let create = steps.remove(0);
    let resolved = vec![ReportRow::of(&create, None, Outcome::Conflict(vec![Difference::Gone]))];
    let (_sender, stop) = Stop::new();
    let observed = world.read().await;
    let job = ApplyJob { blocked: vec![create], resolved, ..world.job(steps, &observed) };
    let report = world.run(job, &stop).await;
    assert_eq!(said(&report), ["replace smoke skipped", "create smoke refused"]);
    assert_eq!(world.shown(), ["Smoke (Break)"]);
}

#[tokio::test(start_paused = true)]
async fn a_missing_permission_is_named_and_stops_nothing_else() {
    let world = every_action();
    let steps = world.steps().await;
    world.set_faults(vec![FaultRule {
        method: Some("PUT".to_owned()),
        path: Some(path(1)),
        status: Some(403),
        code: Some("missing.permissions".to_owned()),
        message: Some("You are missing the following permission(s): presence:presenceDefinition:edit".to_owned()),
        ..FaultRule::default()
    }]);
    let report = world.carry_out(steps).await;
    let failed: Vec<String> = said(&report).into_iter().filter(|it| !it.ends_with(" done")).collect();
    assert_eq!(failed, ["update lunch failed"]);
    assert!(message(&report.rows[3]).contains("presence:presenceDefinition:edit"));
    let Outcome::Failed(cause) = &report.rows[3].outcome else { panic!("{report:?}") };
    let correlation_id = cause.correlation_id.as_deref().unwrap();
    let shown = output::text::report(&report, &page(), Style::PLAIN);
    assert_eq!(shown.matches(correlation_id).count(), 1, "{shown}");
    assert_eq!(report.verification, Verification::InSync, "apart from what its row says");
    assert!(!report.is_success());
    assert_eq!(world.count("PUT 1"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_that_objects_failure_and_no_other() {
    for (method, outcome) in [(Method::Get, "update k3 failed"), (Method::Put, "update k3 unknown")] {
        let world = many_updates(10);
        let steps = world.steps().await;
        world.wire.before(move |request| {
            assert!(request.method != method || request.url.path() != path(3), "on purpose");
        });
        let report = world.carry_out(steps).await;
        let others: Vec<String> = said(&report).into_iter().filter(|it| !it.ends_with(" done")).collect();
        assert_eq!(others, [outcome]);
        assert_eq!(report.verification, Verification::InSync);
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_the_list_is_read_is_one_creations_failure() {
    let definitions = vec![
        wanted("coach", "Busy", &[("en_US", "Coaching")]),
        wanted("tea", "Break", &[("en_US", "Tea")]),
        wanted("walk", "Away", &[("en_US", "Walk")]),
    ];
    let world = World::new(definitions, Vec::new());
    let steps = world.steps().await;
    world.wire.before_first(Method::Get, super::DEFINITIONS.to_owned(), || panic!("on purpose"));
    let report = world.carry_out(steps).await;
    assert_eq!(said(&report), ["create coach failed", "create tea done", "create walk done"]);
    assert_eq!(world.shown(), ["Tea (Break)", "Walk (Away)"]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_look_afterwards_is_reported_with_what_was_done() {
    let world = many_updates(2);
    let steps = world.steps().await;
    world.wire.before_first(Method::Get, super::DEFINITIONS.to_owned(), || panic!("on purpose"));
    let report = world.carry_out(steps).await;
    assert_eq!(said(&report), ["update k0 done", "update k1 done"]);
    let Verification::Failed(cause) = &report.verification else { panic!("{report:?}") };
    assert_eq!(cause.message, "presencectl itself failed while it read the org again");
    assert!(!report.is_success());
}

#[tokio::test(start_paused = true)]
async fn an_object_under_another_system_presence_differs_in_that() {
    let world = every_action();
    let moved = presencectl::model::observed::Definition { deactivated: true, ..crate::paper::object(1, "Idle", &[]) };
    let expected = |step: &Step| Difference::SystemPresence {
        expected: step.system_presence().clone(),
        found: moved.system_presence.clone(),
    };
    for step in world.steps().await {
        assert_eq!(differences_to_after(&step, &moved)[0], expected(&step), "{step:?}");
    }
}

/// `k0`, `k1`, … each of which wants another label than its object has.
pub(super) fn many_updates(count: usize) -> World {
    let names: Vec<(String, String)> = (0..count).map(|it| (format!("k{it}"), format!("Label {it}"))).collect();
    let definitions =
        names.iter().map(|(key, label)| wanted(key, "Busy", &[("en_US", label), ("de", "neu")])).collect();
    let objects =
        names.iter().enumerate().map(|(number, (_, label))| held(number, "Busy", &[("en_US", label)])).collect();
    World::new(definitions, objects)
}

#[tokio::test(start_paused = true)]
async fn many_objects_are_worked_on_at_once_and_never_more_than_allowed() {
    let world = many_updates(50);
    assert!(world.apply().await.is_success());
    assert_eq!(world.wire.in_flight_max.load(Ordering::Relaxed), CONCURRENCY as usize);
}

#[tokio::test(start_paused = true)]
async fn a_change_costs_two_requests_and_the_rest_is_a_handful() {
    for count in [1, 100] {
        let world = many_updates(count);
        assert!(world.apply().await.is_success());
        // A token, the divisions of the written objects (three reads), and the list for the verification: 10 primaries
        // and the objects, 100 per page.
        assert_eq!(world.requests().len(), 2 * count + 1 + 3 + (count + 10).div_ceil(100));
    }
}

#[tokio::test(start_paused = true)]
async fn many_creations_read_the_list_once() {
    let names: Vec<(String, String)> = (0..40).map(|it| (format!("k{it}"), format!("Label {it}"))).collect();
    let definitions = names.iter().map(|(key, label)| wanted(key, "Busy", &[("en_US", label)])).collect();
    let world = World::new(definitions, Vec::new());
    assert!(world.apply().await.is_success());
    assert_eq!((world.count("POST"), world.count("GET")), (41, 2));
}
