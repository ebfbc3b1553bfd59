//! The saved plan as an upper bound: what was reviewed runs, and never anything else.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use presencectl::model::division::{Division, Divisions};
use presencectl::model::generation::Generation;
use presencectl::model::names::{DivisionId, Key};
use presencectl::model::observed::{Content, Organization, Target};
use presencectl::output::json;
use presencectl::output::json::plan::PlanV1;
use presencectl::output::json::saved_plan::{SavedPlanError, read};
use presencectl::plan::change::Change;
use presencectl::plan::difference::Difference;
use presencectl::plan::saved::{Bound, Fresh, MisfitReason, ReviewedOperation, SavedPlan, bound};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::properties::full;
use crate::paper::{Want, World, id, labels, target, want};

pub(super) fn saved(world: &World) -> String {
    let (plan, sources) = world.planned();
    json::write(&json::PlanV1::of(&plan, &target(), &sources))
}

pub(super) fn bounded(world: &World, saved: &str) -> Bound {
    held_against(world, &read(saved).unwrap(), &target()).unwrap()
}

fn held_against(world: &World, saved: &SavedPlan, target: &Target) -> Result<Bound, MisfitReason> {
    let (desired, _) = world.desired();
    let (observed, plan) = (world.observed(), world.planned().0);
    let fresh = Fresh { desired: &desired, observed: &observed, plan: &plan };
    bound(fresh, std::slice::from_ref(saved), target).map_err(|it| it.why)
}

/// How many run, changed, are already so, and are beyond.
pub(super) fn counts(bound: &Bound) -> [usize; 4] {
    let Bound { run, changed, blocked: _, already_in_place: already_so, not_in_plan: beyond } = bound;
    [run.len(), changed.len(), already_so.len(), beyond.len()]
}

pub(super) fn edited(saved: &str, edit: impl FnOnce(&mut Value)) -> String {
    let mut document: Value = serde_json::from_str(saved).unwrap();
    edit(&mut document);
    document.to_string()
}

/// One update (`lunch`), one create (`tea`) and one deactivation (`coaching`).
fn three() -> World {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch"), want("coaching", "Busy", "Coaching")]);
    world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
    world.config(want("coaching", "Busy", "Coaching").deactivated());
    world.config(want("tea", "Break", "Tea"));
    world
}

#[test]
fn what_was_reviewed_and_is_the_same_runs() {
    let world = three();
    let bound = bounded(&world, &saved(&world));
    assert_eq!(counts(&bound), [3, 0, 0, 0]);
    assert_eq!(bound.run, world.planned().0.changes);
}

#[test]
fn what_is_no_longer_needed_is_already_so() {
    let mut world = three();
    let saved = saved(&world);
    world.org().label("Lunch", "de", "Mittag");
    world.org().deactivate("Coaching");
    world.org().add("Break", &[("en_US", "Tea")]);
    let bound = bounded(&world, &saved);
    assert_eq!(counts(&bound), [0, 0, 3, 0]);
}

#[test]
fn what_changed_in_the_org_since_is_refused_alone_with_the_difference() {
    let mut world = three();
    let saved = saved(&world);
    world.org().label("Lunch", "de", "Pause");
    world.org().label("Coaching", "fr", "Formation");
    let bound = bounded(&world, &saved);
    assert_eq!(counts(&bound), [1, 2, 0, 0]);
    let Difference::Label { locale, expected, found } = &bound.changed[0].1[0] else { panic!("{bound:?}") };
    assert_eq!((locale.as_str(), expected.is_none(), found.as_ref().unwrap().as_str()), ("de", true, "Pause"));
}

#[test]
fn what_appeared_since_is_refused_alone() {
    let mut world = three();
    let saved = saved(&world);
    world.org().add("Break", &[("en_US", "Tea"), ("de", "Tee")]);
    let bound = bounded(&world, &saved);
    assert_eq!(counts(&bound), [2, 1, 0, 0]);
    let differences: Vec<&Difference> = bound.changed.iter().flat_map(|(_, it)| it).collect();
    assert_eq!(differences, [&Difference::Appeared(id(3))]);
}

#[test]
fn a_client_that_sees_less_than_the_plans_applies_nothing() {
    let mut world = three();
    let saved = saved(&world);
    let unseen = world.org().find("Lunch").id.clone();
    world.org().remove("Lunch");
    let error = held_against(&world, &read(&saved).unwrap(), &target()).unwrap_err();
    assert_eq!(error, MisfitReason::NotSeen(vec![unseen.clone()]));
    assert_eq!(error.to_string(), format!("its client saw 1 definition, and this one does not: {unseen}"));
}

#[test]
fn what_the_plan_itself_removes_may_be_gone() {
    let mut world = three();
    world.config(want("lunch", "Meal", "Lunch").deactivated());
    let saved = saved(&world);
    world.org().remove("Lunch");
    assert_eq!(counts(&bounded(&world, &saved)), [2, 0, 1, 0]);
}

#[test]
fn a_plan_through_one_generation_of_the_api_bounds_no_other() {
    let world = three();
    let through_second = Target { generation: Generation::Second, ..target() };
    let error = held_against(&world, &read(&saved(&world)).unwrap(), &through_second).unwrap_err();
    assert_eq!(error.to_string(), "it was made through API v1, and this run uses API v2");
    let invented = edited(&saved(&world), |it| it["target"]["api"] = json!("v3"));
    assert_eq!(
        read(&invented).unwrap_err().to_string(),
        "it was made through API `v3`, which this version does not know"
    );
}

#[test]
fn what_was_not_reviewed_is_beyond() {
    let mut world = three();
    let saved = saved(&world);
    world.config(want("walk", "Away", "Walk"));
    world.config(want("tea", "Break", "Tea").label("de", "Tee"));
    world.config(want("coaching", "Busy", "Coach").previously("Coaching"));
    let bound = bounded(&world, &saved);
    assert_eq!(counts(&bound), [1, 0, 0, 3]);
}

#[test]
fn an_operation_that_runs_explains_nothing_else() {
    let lunch = || want("lunch", "Meal", "Lunch").label("de", "Mittag");
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.org().add("Meal", &[("en_US", "Lunch")]);
    world.observed[1].deactivated = true;
    world.config(lunch());
    let saved = saved(&world);
    // The object that was reviewed has another key by now, and the reviewed key takes another object.
    world.config(want("noon", "Meal", "Lunch").label("de", "Mittag").pinned(id(1)));
    let bound = bounded(&world, &saved);
    assert_eq!(counts(&bound), [1, 0, 0, 1], "{bound:?}");
    assert_eq!((bound.run[0].step.id(), bound.not_in_plan[0].step.id()), (Some(&id(1)), Some(&id(2))));
}

#[test]
fn a_removal_of_what_is_protected_by_now_is_not_spoken_of() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    let tea = world.org().add("Break", &[("en_US", "Tea")]);
    world.prune();
    let saved = saved(&world);
    world.org().label("Tea", "de", "Tee");
    assert_eq!(counts(&bounded(&world, &saved)), [0, 1, 0, 0]);
    world.protect(tea);
    assert_eq!(counts(&bounded(&world, &saved)), [0, 0, 0, 0]);
}

#[test]
fn what_the_config_no_longer_asks_for_is_not_already_so() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
    let saved = saved(&world);
    world.config(want("lunch", "Meal", "Lunch").label("de", "Pause"));
    world.org().label("Lunch", "de", "Pause");
    assert_eq!(counts(&bounded(&world, &saved)), [0, 0, 0, 0]);
}

#[test]
fn a_division_is_part_of_what_was_reviewed() {
    let [sales, support] =
        ["Sales", "Support"].map(|name| Division { id: DivisionId::new(name).unwrap(), name: name.to_owned() });
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.generation = Generation::Second;
    world.divisions = Divisions::Known(vec![sales.clone(), support.clone()]);
    world.observed[0].division = Some(DivisionId::all());
    world.config(want("lunch", "Meal", "Lunch").division("Sales"));
    world.config(want("tea", "Break", "Tea"));
    let saved = saved(&world);
    assert_eq!(counts(&bounded(&world, &saved)), [2, 0, 0, 0]);
    // Done as reviewed: the new one says nothing of divisions, and was made for all.
    world.org().add("Break", &[("en_US", "Tea")]);
    world.observed[1].division = Some(DivisionId::all());
    world.observed[0].division = Some(sales.id);
    assert_eq!(counts(&bounded(&world, &saved)), [0, 0, 2, 0]);
    // Another division was asked for since, and is there.
    world.config(want("lunch", "Meal", "Lunch").division("Support"));
    world.config(want("tea", "Break", "Tea").division("Support"));
    for definition in &mut world.observed {
        definition.division = Some(support.id.clone());
    }
    assert_eq!(counts(&bounded(&world, &saved)), [0, 0, 0, 0]);
}

#[test]
fn a_replacement_is_asked_for_by_the_line_that_was_reviewed() {
    let mut world = World::empty();
    world.org().add("Break", &[("en_US", "Tea")]);
    world.config(want("tea", "Away", "Tea").replaces("Break"));
    let saved = saved(&world);
    assert_eq!(counts(&bounded(&world, &saved)), [2, 0, 0, 0]);
    world.org().label("Tea", "de", "Tee");
    assert_eq!(counts(&bounded(&world, &saved)), [1, 1, 0, 0]);
    for other in [want("tea", "Away", "Tea").said_to_be_new(), want("tea", "Away", "Tea").replaces("Meal")] {
        world.config(other.said_to_be_new());
        assert_eq!(counts(&bounded(&world, &saved)), [1, 0, 0, 0]);
    }
    world.config(want("tea", "Away", "Tea").replaces("Break").deactivated());
    assert_eq!(counts(&bounded(&world, &saved)), [0, 0, 0, 0]);
}

#[test]
fn a_forged_operation_never_runs() {
    let world = three();
    let good = saved(&world);
    let forgeries: [fn(&mut Value); 6] = [
        |it| it["changes"][0]["after"]["labels"]["en_US"] = json!("Evil"),
        |it| it["changes"][0]["key"] = json!("evil"),
        |it| it["changes"][0]["action"] = json!("delete"),
        |it| it["changes"][0]["systemPresence"] = json!("Away"),
        |it| it["changes"][0]["id"] = json!(id(1).to_string()),
        |it| it["changes"][0]["after"]["deactivated"] = json!(true),
    ];
    for (number, forge) in forgeries.into_iter().enumerate() {
        let bound = bounded(&world, &edited(&good, forge));
        let keys: Vec<&str> = bound.run.iter().filter_map(|it| it.step.key()).map(Key::as_str).collect();
        assert!(!keys.contains(&"tea"), "forgery {number}: {bound:?}");
        assert!(bound.run.iter().all(|it| world.planned().0.changes.contains(it)), "forgery {number}");
    }
    // Adding operations that the config does not ask for adds nothing that runs.
    let forged = edited(&good, |it| {
        let mut more = it["changes"][2].clone();
        more["id"] = json!(id(77).to_string());
        more["key"] = json!("evil");
        it["changes"].as_array_mut().unwrap().push(more);
    });
    assert_eq!(counts(&bounded(&world, &forged)), [3, 0, 1, 0]);
    // The same operation twice does not run twice.
    let forged = edited(&good, |it| {
        let again = it["changes"][0].clone();
        it["changes"].as_array_mut().unwrap().push(again);
    });
    assert_eq!(counts(&bounded(&world, &forged)), [3, 0, 0, 0]);
}

#[test]
fn a_plan_for_another_org_or_an_unverified_one_is_an_error() {
    let world = three();
    let saved = read(&saved(&world)).unwrap();
    let other = presencectl::model::names::OrgId::new("33333333-bbbb-4bbb-8bbb-333333333333").unwrap();
    let other = Target {
        org: Some(Organization { id: other, name: "Acme Dev".to_owned() }),
        sandbox: false,
        generation: Generation::First,
    };
    let nobody = Target { org: None, sandbox: false, generation: Generation::First };
    let said: Vec<String> =
        [&other, &nobody].iter().map(|it| held_against(&world, &saved, it).unwrap_err().to_string()).collect();
    insta::assert_snapshot!(said.join("\n"), @"
    it is for the org 22222222-bbbb-4bbb-8bbb-222222222222, and these credentials are for 33333333-bbbb-4bbb-8bbb-333333333333
    it is for the org 22222222-bbbb-4bbb-8bbb-222222222222, and these credentials are for (not verified)
    ");
}

#[test]
fn a_plan_of_the_sandbox_is_none_for_the_real_org_of_the_same_id() {
    let world = three();
    let real = read(&saved(&world)).unwrap();
    let simulated = read(&edited(&saved(&world), |it| it["target"]["sandbox"] = json!(true))).unwrap();
    let sandbox = Target { sandbox: true, ..target() };
    assert!(held_against(&world, &simulated, &sandbox).is_ok());
    let said = |saved: &SavedPlan, target: &Target| held_against(&world, saved, target).unwrap_err().to_string();
    assert_eq!(said(&simulated, &target()), "it was made with --sandbox, and this run is without it");
    assert_eq!(said(&real, &sandbox), "it was made without --sandbox, and this run is with it");
}

/// Every place in a document, with something else there.
fn spoiled(value: &Value, with: &Value) -> Vec<Value> {
    let mut all = vec![with.clone()];
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                all.extend(spoiled(field, with).into_iter().map(|it| {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), it);
                    Value::Object(fields)
                }));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate().take(1) {
                all.extend(spoiled(item, with).into_iter().map(|it| {
                    let mut items = items.clone();
                    items[index] = it;
                    Value::Array(items)
                }));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    all
}

#[test]
fn no_message_names_what_is_inside_the_program() {
    let good: Value = serde_json::from_str(&saved(&full())).unwrap();
    let mut messages = BTreeSet::new();
    for with in [json!([]), json!({}), json!(7), json!("x"), json!(null), json!(["plan", 1])] {
        messages.extend(spoiled(&good, &with).iter().filter_map(|it| Some(read(&it.to_string()).err()?.to_string())));
    }
    assert!(messages.len() > 20, "{messages:?}");
    for message in messages {
        assert!(!message.contains("struct ") && !message.contains("V1"), "{message}");
    }
}

#[test]
fn what_is_no_plan_of_this_format_is_an_error_in_words() {
    let good = saved(&three());
    let files = [
        String::new(),
        "[]".to_owned(),
        "{}".to_owned(),
        r#"{"kind": "report", "formatVersion": 1}"#.to_owned(),
        r#"{"kind": "plan", "formatVersion": 2}"#.to_owned(),
        r#"{"kind": "plan", "formatVersion": 1}"#.to_owned(),
        edited(&good, |it| it["changes"][1]["key"] = json!("no key")),
        edited(&good, |it| it["changes"][1]["id"] = json!(" ")),
    ];
    let said: Vec<String> = files.iter().map(|it| read(it).unwrap_err().to_string()).collect();
    insta::assert_snapshot!(said.join("\n"), @"
    it is not a plan that presencectl wrote (EOF while parsing a value at line 1 column 0)
    it is not a plan that presencectl wrote (invalid length 0, expected an object at line 1 column 2)
    it is not a plan that presencectl wrote (missing field `kind` at line 1 column 2)
    it is a `report`, not a plan
    it is of format 2, and this version (0.1.0) reads format 1
    it is not a plan that presencectl wrote (missing field `toolVersion` at line 1 column 36)
    its change number 2 is not one that a plan can hold (its key is no key)
    its change number 2 is not one that a plan can hold (its id is empty)
    ");
    assert_eq!(read(&files[4]), Err(SavedPlanError::UnknownFormat { found: 2 }));
}

#[test]
fn a_field_that_this_version_does_not_know_is_no_obstacle() {
    let world = three();
    let newer = edited(&saved(&world), |it| {
        it["more"] = json!(true);
        it["changes"][0]["more"] = json!({});
        it["changes"][0]["reason"] = json!("other words");
    });
    assert_eq!(counts(&bounded(&world, &newer)), [3, 0, 0, 0]);
}

#[test]
fn one_of_everything_survives_the_round_trip() {
    let world = full();
    let bound = bounded(&world, &saved(&world));
    assert_eq!(bound.run, world.planned().0.changes);
    assert_eq!(counts(&bound)[1..], [0, 0, 0]);
}

/// Any text, the hidden sort included.
fn any_label() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{1,2}", "[ab\u{e9}\u{301}e\u{202E}\u{1b}\"\\\\ ]{0,5}"]
}

fn any_world() -> impl Strategy<Value = World> {
    let presences = || prop_oneof![Just("Meal"), Just("Break")];
    let definition = (presences(), any_label(), any_label(), any::<bool>(), 0..8u8);
    let object = (presences(), any_label(), any_label(), any::<bool>());
    let sides = (prop::collection::vec(definition, 0..5), prop::collection::vec(object, 0..6), any::<bool>());
    sides.prop_map(|(definitions, objects, prune)| {
        let mut world = World::empty();
        world.limits(100, 100, 100);
        for (presence, label, german, deactivated) in objects {
            world.org().add(presence, &[("en_US", &label), ("de", &german)]);
            world.observed.last_mut().unwrap().deactivated = deactivated;
        }
        for (n, (presence, label, german, deactivated, kind)) in definitions.into_iter().enumerate() {
            let want = want(&format!("k{n}"), presence, &label).label("de", &german);
            let want = match kind {
                0 => want.said_to_be_new(),
                1 => want.previously("a"),
                2 => want.replaces("Meal"),
                3 => want.previously("b").replaces("Break"),
                4 => want.omitted(),
                5 => want.pinned(id(n + 1)),
                _ => want,
            };
            world.config(if deactivated { Want::deactivated(want) } else { want });
        }
        if prune {
            world.prune();
        }
        world
    })
}

/// The same values, by the words of the rule and not by the code under test.
fn is_reviewed(operation: &ReviewedOperation, change: &Change) -> bool {
    let shown = |it: &Content| {
        (it.labels.iter().map(|(a, b)| (a.normal(), b.nfc().to_owned())).collect::<BTreeSet<_>>(), it.deactivated)
    };
    let subject = match change.step.id() {
        Some(id) => operation.id.as_ref() == Some(id),
        None => operation.id.is_none() && operation.key.as_ref() == change.step.key(),
    };
    subject
        && operation.action == change.step.action()
        && operation.system_presence == *change.step.system_presence()
        && operation.before.as_ref().map(shown) == change.step.before().map(shown)
        && shown(&operation.after) == shown(&change.step.after())
}

/// Puts a field of one operation into another.
fn forge(operations: &mut [ReviewedOperation], to: usize, from: usize, field: u8) {
    let Some(count) = NonZeroUsize::new(operations.len()) else { return };
    let other = operations[from % count].clone();
    let it = &mut operations[to % count];
    match field {
        0 => it.action = other.action,
        1 => it.key = other.key,
        2 => it.id = other.id,
        3 => it.system_presence = other.system_presence,
        4 => it.before = other.before,
        _ => it.after = other.after,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn every_plan_is_within_itself(world in any_world()) {
        let (plan, sources) = world.planned();
        let json = json::write(&json::PlanV1::of(&plan, &target(), &sources));
        prop_assert!(json.chars().all(|c| c == '\n' || !presencectl::model::text::is_hidden(c)));
        let read_back: PlanV1 = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(read_back, PlanV1::of(&plan, &target(), &sources));
        let bound = bounded(&world, &json);
        prop_assert_eq!(&bound.run, &plan.changes);
        prop_assert_eq!(counts(&bound)[1..].to_vec(), vec![0, 0, 0]);
    }

    #[test]
    fn a_file_can_only_take_away(
        reviewed in any_world(),
        forged in any_world(),
        now in any_world(),
        same_org in any::<bool>(),
        same_config in any::<bool>(),
        swaps in prop::collection::vec((any::<usize>(), any::<usize>(), 0..6u8), 0..6),
    ) {
        // The current config and org, each as reviewed or changed, and a file with any content.
        let mut today = if same_config { reviewed.clone() } else { now.clone() };
        today.observed.clone_from(if same_org { &reviewed.observed } else { &now.observed });
        let mut saved = read(&saved(&reviewed)).unwrap();
        saved.seen.clear();
        saved.operations.extend(read(&self::saved(&forged)).unwrap().operations);
        saved.operations.extend(read(&self::saved(&today)).unwrap().operations.into_iter().step_by(2));
        for (to, from, field) in swaps {
            forge(&mut saved.operations, to, from, field);
        }
        let plan = today.planned().0;
        let bound = held_against(&today, &saved, &target()).unwrap();
        let mut rest = plan.changes.clone();
        for change in &bound.run {
            prop_assert!(saved.operations.iter().any(|it| is_reviewed(it, change)), "never reviewed: {change:?}");
        }
        for change in bound.run.iter().chain(&bound.blocked).chain(&bound.not_in_plan) {
            let index = rest.iter().position(|it| it == change);
            prop_assert!(index.is_some(), "not planned, or twice: {change:?}");
            rest.remove(index.unwrap());
        }
        prop_assert_eq!(rest, vec![], "every change has become something");
        let spoken_of = bound.run.len() + bound.changed.len() + bound.already_in_place.len();
        prop_assert!(spoken_of <= saved.operations.len());
        prop_assert!(bound.changed.iter().all(|(_, differences)| !differences.is_empty()));
        prop_assert_eq!(bound.blocked.is_empty() || !bound.changed.is_empty(), true);
    }

    #[test]
    fn where_nothing_changed_in_the_org_nothing_is_said_to_have_changed(
        reviewed in any_world(),
        mut now in any_world(),
    ) {
        now.observed.clone_from(&reviewed.observed);
        let bound = bounded(&now, &saved(&reviewed));
        for (operation, differences) in &bound.changed {
            // Without its pin, a definition may find another object by its label.
            let other = matches!(differences.as_slice(), [Difference::OtherObject { .. }]);
            prop_assert!(other, "{operation:?}: {differences:?}");
        }
    }

    #[test]
    fn an_object_has_one_change_and_one_definition_at_most(world in any_world()) {
        let (plan, _) = world.planned();
        let mut ids: Vec<_> = plan.changes.iter().filter_map(|it| it.step.id()).collect();
        ids.extend(plan.unmanaged.iter().map(|it| &it.id));
        let count = ids.len();
        ids.sort();
        ids.dedup();
        prop_assert_eq!(ids.len(), count);
    }
}

#[test]
fn labels_that_are_equal_after_nfc_are_the_same_before() {
    let mut world = World::empty();
    world.org().add("Break", &[("en_US", "Cafe\u{301}")]);
    world.config(want("coffee", "Break", "Caf\u{e9}").label("de", "Kaffee"));
    let saved = saved(&world);
    world.observed[0].labels = labels(&[("en_US", "Caf\u{e9}")]);
    assert_eq!(counts(&bounded(&world, &saved)), [1, 0, 0, 0]);
}
