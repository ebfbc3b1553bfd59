//! An apply in an org with objects that cannot be read in full: it continues, but does not create a definition that may
//! be one of them.

use presencectl::model::generation::Generation;
use presencectl::plan::blocker::Blocker;
use presencectl::plan::plan;
use serde_json::{Map, Value, json};

use super::{World, held, message, said};
use crate::paper::{Want, id, wanted};

/// What the org shows of an object in the place of its fields.
fn spoil(world: &World, number: usize, shown: &Value) {
    let shown: Map<String, Value> = shown.as_object().unwrap().clone();
    world.sandbox.with(|it| it.org.spoil(id(number).as_str(), &shown));
}

/// Two objects, of which the config renames the first, and something to be made.
fn world() -> World {
    let lunch = wanted("lunch", "Meal", &[("en_US", "Lunch"), ("de", "Mittag")]);
    let tea = wanted("tea", "Break", &[("en_US", "Tea")]);
    let objects = vec![held(1, "Meal", &[("en_US", "Lunch")]), held(2, "Busy", &[("en_US", "Old")])];
    World::new(vec![lunch, tea], objects)
}

#[tokio::test(start_paused = true)]
async fn an_apply_goes_on_beside_odd_objects_and_verifies() {
    for generation in Generation::ALL {
        for shown in [json!({ "languageLabels": null }), json!({ "systemPresence": null }), json!({ "id": null })] {
            let world = World { generation, ..world() };
            spoil(&world, 2, &shown);
            let report = world.apply().await;
            assert_eq!(said(&report), ["create tea done", "update lunch done"], "{shown}");
            assert!(report.is_success(), "{shown}: {report:?}");
            assert_eq!(world.shown(), ["Lunch/Mittag (Meal)", "Old (Busy)", "Tea (Break)"].map(reordered), "{shown}");
        }
    }
}

/// The sandbox lists labels in the order of their locales.
fn reordered(shown: &str) -> String {
    shown.replace("Lunch/Mittag", "Mittag/Lunch")
}

#[tokio::test(start_paused = true)]
async fn what_becomes_odd_after_the_plan_is_not_written() {
    let world = world();
    let steps = world.steps().await;
    spoil(&world, 1, &json!({ "languageLabels": "text" }));
    let report = world.carry_out(steps).await;
    assert_eq!(said(&report), ["create tea done", "update lunch failed"]);
    let words = message(&report.rows[1]);
    assert!(words.contains("cannot be read completely: `languageLabels` is a text, not an object"), "{words}");
    assert_eq!(world.count("PUT"), 0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_made_where_an_odd_object_has_appeared_that_shows_its_label() {
    let world = world();
    let steps = world.steps().await;
    spoil(&world, 2, &json!({ "languageLabels": { "fr": "TEA", "de": 5 } }));
    let report = world.carry_out(steps).await;
    assert_eq!(said(&report), ["create tea failed", "update lunch done"]);
    assert!(message(&report.rows[0]).contains("its label is shown by"), "{:?}", report.rows[0]);
    assert!(!world.shown().iter().any(|it| it.starts_with("Tea")), "{:?}", world.shown());
}

#[tokio::test(start_paused = true)]
async fn what_is_said_to_be_new_is_made_beside_it() {
    let mut world = world();
    spoil(&world, 2, &json!({ "languageLabels": { "fr": "Tea", "de": 5 } }));
    let refused = world.plan().await;
    assert_eq!(refused.blockers.iter().map(Blocker::code).collect::<Vec<_>>(), ["looks-like-odd-object"]);
    world.desired.definitions.values_mut().filter(|it| it.key.as_str() == "tea").for_each(|it| it.new = true);
    let report = world.apply().await;
    assert_eq!(said(&report), ["create tea done", "update lunch done"]);
    assert!(report.is_success(), "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_removal_of_what_became_odd_is_not_done_by_its_absence() {
    let lunch = Want::deactivated(crate::paper::want("lunch", "Meal", "Lunch"));
    let mut paper = crate::paper::World::empty();
    paper.config(lunch);
    let (desired, _) = paper.desired();
    let world = World::new(desired.definitions.into_values().collect(), vec![held(1, "Meal", &[("en_US", "Lunch")])]);
    let steps = world.steps().await;
    spoil(&world, 1, &json!({ "languageLabels": null }));
    let report = world.carry_out(steps).await;
    assert_eq!(said(&report), ["deactivate lunch failed"]);
    assert!(!report.is_success());
    // A plan made now says so too: it is neither gone nor deactivated.
    let observed = world.read().await;
    assert!(observed.odd(&id(1)).is_some());
    assert!(plan(&world.desired, &observed, &world.limits).changes.is_empty());
}
