//! Several saved plans at once: changes that were merged in sequence, without their applies.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use presencectl::output::json::saved_plan::read;
use presencectl::plan::saved::{Bound, Fresh, Misfit, MisfitReason, SavedPlan, bound};
use serde_json::json;

use super::saved::{bounded, counts, edited, saved};
use crate::paper::{World, target, want};

/// Saved plans in the order in which their changes were merged.
fn all_bounded(world: &World, saved: &[&str]) -> Result<Bound, Misfit> {
    let (desired, _) = world.desired();
    let (observed, plan) = (world.observed(), world.planned().0);
    let saved: Vec<SavedPlan> = saved.iter().map(|it| read(it).unwrap()).collect();
    bound(Fresh { desired: &desired, observed: &observed, plan: &plan }, &saved, &target())
}

/// Two changes of `lunch` and `coaching`, each planned alone and merged, but not applied.
fn two_changes() -> (World, String, String) {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch"), want("coaching", "Busy", "Coaching")]);
    let mut first = world.clone();
    first.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
    let mut second = world.clone();
    second.config(want("coaching", "Busy", "Coaching").deactivated());
    second.config(want("tea", "Break", "Tea"));
    world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
    world.config(want("coaching", "Busy", "Coaching").deactivated());
    world.config(want("tea", "Break", "Tea"));
    let saved = [saved(&first), saved(&second)];
    let [first, second] = saved;
    (world, first, second)
}

#[test]
fn several_plans_allow_what_any_of_them_allows() {
    let (world, first, second) = two_changes();
    assert_eq!(counts(&bounded(&world, &first)), [1, 0, 0, 2]);
    assert_eq!(counts(&bounded(&world, &second)), [2, 0, 0, 1]);
    for order in [[first.as_str(), second.as_str()], [second.as_str(), first.as_str()]] {
        let bound = all_bounded(&world, &order).unwrap();
        assert_eq!(counts(&bound), [3, 0, 0, 0]);
        assert_eq!(bound.run, world.planned().0.changes);
    }
    assert_eq!(counts(&all_bounded(&world, &[&first, &first]).unwrap()), [1, 0, 0, 2]);
}

#[test]
fn of_several_plans_the_one_that_agrees_with_today_decides() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    let change = |world: &mut World, german: &str| {
        world.config(want("lunch", "Meal", "Lunch").label("de", german));
        saved(world)
    };
    let earlier = change(&mut world, "Mittag");
    let later = change(&mut world, "Mittagspause");
    assert_eq!(counts(&all_bounded(&world, &[&earlier, &later]).unwrap()), [1, 0, 0, 0]);
    // The later change was reverted: what the earlier one asked for was reviewed as well.
    world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
    assert_eq!(counts(&all_bounded(&world, &[&earlier, &later]).unwrap()), [1, 0, 0, 0]);
    // A person edited the org between the two plans; the later one was reviewed with that in it.
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    let earlier = change(&mut world, "Mittag");
    world.org().label("Lunch", "de", "Essen");
    let later = change(&mut world, "Mittag");
    assert_eq!(counts(&bounded(&world, &earlier)), [0, 1, 0, 0]);
    assert_eq!(counts(&all_bounded(&world, &[&earlier, &later]).unwrap()), [1, 0, 0, 0]);
}

#[test]
fn what_several_plans_say_of_one_object_is_told_once() {
    let (mut world, first, second) = two_changes();
    // The second change was planned after the first, so it includes the first one's update too.
    let both = saved(&world);
    world.org().label("Lunch", "de", "Mittag");
    world.org().deactivate("Coaching");
    assert_eq!(counts(&all_bounded(&world, &[&first, &second, &both]).unwrap()), [1, 0, 2, 0]);
    world.org().label("Lunch", "de", "Essen");
    let bound = all_bounded(&world, &[&first, &second, &both]).unwrap();
    assert_eq!(counts(&bound), [1, 1, 1, 0]);
    assert_eq!(bound.blocked.len(), 1);
}

#[test]
fn two_reviewed_changes_of_one_definition_are_not_a_review_of_both_together() {
    let world = World::in_step([want("lunch", "Meal", "Lunch")]);
    let changed = |locales: &[&str]| {
        let mut world = world.clone();
        let lunch = want("lunch", "Meal", "Lunch");
        world.config(locales.iter().fold(lunch, |it, locale| it.label(locale, "Pause")));
        world
    };
    let (german, french) = (saved(&changed(&["de"])), saved(&changed(&["fr"])));
    let bound = all_bounded(&changed(&["de", "fr"]), &[&german, &french]).unwrap();
    assert_eq!(counts(&bound), [0, 0, 0, 1]);
}

#[test]
fn what_one_of_several_plans_removes_may_be_gone() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch"), want("tea", "Break", "Tea")]);
    world.config(want("tea", "Break", "Tea").label("de", "Tee"));
    let first = saved(&world);
    world.config(want("lunch", "Meal", "Lunch").deactivated());
    let second = saved(&world);
    world.org().remove("Lunch");
    assert!(matches!(all_bounded(&world, &[&first]), Err(Misfit { why: MisfitReason::NotSeen(_), .. })));
    assert_eq!(counts(&all_bounded(&world, &[&first, &second]).unwrap()), [1, 0, 1, 0]);
}

#[test]
fn one_of_several_plans_that_is_for_another_org_stops_all() {
    let (world, first, second) = two_changes();
    let foreign = edited(&second, |it| it["target"]["orgId"] = json!("33333333-bbbb-4bbb-8bbb-333333333333"));
    let misfit = all_bounded(&world, &[&first, &foreign, &second]).unwrap_err();
    assert!(matches!(misfit, Misfit { index: 1, why: MisfitReason::OtherOrg { .. } }), "{misfit:?}");
}
