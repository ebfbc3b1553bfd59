//! `--only`: a plan limited to some definitions. Matching sees everything all the same.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use presencectl::model::desired::Desired;
use presencectl::model::names::Key;
use presencectl::output;
use presencectl::output::style::Style;
use presencectl::plan::{Plan, plan};

use crate::paper::{World, target, want};

fn only(world: &World, keys: &[&str]) -> (Plan, String) {
    let (desired, sources) = world.desired();
    let keys: BTreeSet<Key> = keys.iter().filter_map(|it| Key::new(it)).collect();
    let limits = desired.settings.limits;
    let plan = plan(&Desired { only: Some(keys), ..desired }, &world.observed(), &limits);
    let shown = output::text::plan(&plan, &target(), &sources, Style::PLAIN);
    (plan, shown)
}

#[test]
fn what_is_left_out_is_told_and_nothing_is_pruned() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch"), want("tea", "Break", "Tea")]);
    world.org().add("Away", &[("en_US", "Walk")]);
    world.prune();
    world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
    world.config(want("tea", "Break", "Tea").label("de", "Tee"));
    world.config(want("desk", "Available", "Desk"));
    assert_snapshot!(only(&world, &["lunch", "desk"]).1, @r#"
    Org: Acme Prod (22222222-bbbb-4bbb-8bbb-222222222222), API v1

    ONLY `desk` and `lunch`: 2 changes of the whole plan are left out, and nothing is pruned
      left out: update tea "Tea" (Break, 2fa68d50-0000-4000-8000-000000000002)
      left out: delete "Walk" (Away, 2fa68d50-0000-4000-8000-000000000003)

      + create desk (Available): nothing in the org matches
        + en_US: "Desk"
      ~ update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its label
        + de: "Mittag"

    Plan: 1 to create, 1 to update.
    "#);
    assert_eq!(only(&world, &["tea"]).0.changes.len(), 1);
}

#[test]
fn limits_count_what_is_done_and_a_question_elsewhere_stops_nothing() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch"), want("tea", "Break", "Tea")]);
    world.limits(0, 0, 0);
    world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
    world.config(want("tea", "Break", "Tea").deactivated());
    // It looks like a rename of an object without a definition.
    world.org().add("Away", &[("en_US", "Walk")]);
    world.config(want("stroll", "Away", "Walks"));
    assert_eq!(world.planned().0.blockers.len(), 2);
    let (plan, shown) = only(&world, &["lunch"]);
    assert_eq!((plan.changes.len(), plan.blockers.len()), (1, 0), "{shown}");
    assert!(shown.contains("left out: error[looks-like-rename]"), "{shown}");
    let (plan, shown) = only(&world, &["tea"]);
    assert_eq!((plan.changes.len(), plan.blockers.len()), (1, 1), "{shown}");
    assert_eq!(only(&world, &["stroll"]).0.blockers.len(), 1);
}

#[test]
fn a_question_about_an_object_that_would_be_written_is_not_left_out() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
    // This one says that it was called so.
    world.config(want("dinner", "Meal", "Dinner").previously("Lunch"));
    assert_eq!(world.planned().0.blockers.len(), 1);
    let (plan, shown) = only(&world, &["lunch"]);
    assert_eq!((plan.changes.len(), plan.blockers.len()), (1, 1), "{shown}");
}
