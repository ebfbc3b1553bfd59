//! Divisions: compared and changed if the API shows them, refused with an explanation otherwise.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use insta::assert_snapshot;
use presencectl::model::division::{Division, Divisions};
use presencectl::model::generation::Generation;
use presencectl::model::names::DivisionId;

use crate::paper::{World, want};

const SALES: &str = "11111111-aaaa-4aaa-8aaa-111111111111";
const SUPPORT: &str = "22222222-aaaa-4aaa-8aaa-222222222222";

fn division(id: &str, name: &str) -> Division {
    Division { id: DivisionId::new(id).unwrap(), name: name.to_owned() }
}

/// Lunch, in all divisions, seen through the second generation of the API.
fn second() -> World {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.generation = Generation::Second;
    world.divisions = Divisions::Known(vec![division(SALES, "Sales"), division(SUPPORT, "Support")]);
    for definition in &mut world.observed {
        definition.division = Some(DivisionId::all());
    }
    world
}

#[test]
fn a_division_is_found_by_its_name_and_changed() {
    let mut world = second();
    world.config(want("lunch", "Meal", "Lunch").division("Sales"));
    assert_snapshot!(world.plan(), @r#"
      ~ update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its label
        ~ division: * -> Sales (11111111-aaaa-4aaa-8aaa-111111111111)

    Plan: 1 to update.
    "#);
    world.org().find("Lunch").division = DivisionId::new(SALES);
    assert_snapshot!(world.plan(), @"No changes. 1 definition is in sync.");
}

#[test]
fn the_order_in_which_divisions_arrive_reaches_nothing() {
    let mut world = second();
    world.config(want("lunch", "Meal", "Lunch").division("Sales"));
    let mut arrived = vec![division(SUPPORT, "Sales"), division(SALES, "Sales"), division("b", "Care")];
    world.divisions = Divisions::Known(arrived.clone());
    let (observed, plan) = (world.observed(), world.plan());
    let Divisions::Known(known) = &observed.divisions else { panic!("{observed:?}") };
    assert_eq!(known, &[division("b", "Care"), division(SALES, "Sales"), division(SUPPORT, "Sales")]);
    arrived.reverse();
    world.divisions = Divisions::Known(arrived);
    assert_eq!((world.observed(), world.plan()), (observed, plan));
}

#[test]
fn an_id_needs_no_look_up_and_a_star_means_all() {
    let mut world = second();
    world.divisions = Divisions::NotAsked;
    world.config(want("lunch", "Meal", "Lunch").division(SALES));
    assert_eq!(world.planned().0.changes.len(), 1);
    world.org().find("Lunch").division = DivisionId::new(SALES);
    assert!(world.planned().0.is_empty());
    world.config(want("lunch", "Meal", "Lunch").division("*"));
    assert_snapshot!(world.plan(), @r#"
      ~ update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its label
        ~ division: 11111111-aaaa-4aaa-8aaa-111111111111 -> *

    Plan: 1 to update.
    "#);
}

#[test]
fn a_division_that_the_config_does_not_name_stays() {
    let mut world = second();
    world.org().find("Lunch").division = DivisionId::new(SALES);
    assert!(world.planned().0.is_empty());
    world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
    let (plan, _) = world.planned();
    assert_eq!(plan.changes[0].step.after().division, None, "it is not managed, so it is not written");
}

#[test]
fn what_is_made_belongs_to_its_division_or_to_all() {
    let mut world = second();
    world.config(want("tea", "Break", "Tea").division("Support"));
    world.config(want("walk", "Away", "Walk"));
    assert_snapshot!(world.plan(), @r#"
      + create tea (Break): nothing in the org matches
        + en_US: "Tea"
        + division: Support (22222222-aaaa-4aaa-8aaa-222222222222)
      + create walk (Away): nothing in the org matches
        + en_US: "Walk"

    Plan: 2 to create. 1 definition is in sync.
    "#);
    let divisions =
        world.planned().0.changes.iter().map(|it| it.step.after().division.unwrap().to_string()).collect::<Vec<_>>();
    assert_eq!(divisions, [SUPPORT, "*"]);
}

#[test]
fn the_first_generation_cannot_and_says_so() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.config(want("lunch", "Meal", "Lunch").division("Sales"));
    assert_snapshot!(world.plan(), @r"
    error[division-not-shown]: `lunch` says `division: Sales`, and the API v1 shows no divisions
      --> presence.yaml:5:5
      use the newer generation of the API, which shows them:
          settings:
            api: v2
      or remove `division`: an existing definition then stays where it is

    Plan refused: 1 error to answer before anything is applied.
    ");
    // While only its being deactivated is managed, its division is not.
    world.config(want("lunch", "Meal", "Lunch").division("Sales").deactivated());
    assert!(world.planned().0.blockers.is_empty());
}

#[test]
fn a_name_that_is_not_there_twice_there_or_not_to_be_looked_up_is_refused() {
    let mut world = second();
    world.config(want("lunch", "Meal", "Lunch").division("Sale"));
    assert_snapshot!(world.plan(), @r"
    error[unknown-division]: `lunch` says `division: Sale`, and this client sees no division of that name
      --> presence.yaml:5:5
      did you mean `Sales`?
      this client sees Sales and Support

    Plan refused: 1 error to answer before anything is applied.
    ");
    world.config(want("lunch", "Meal", "Lunch").division("Sales"));
    world.divisions = Divisions::Known(vec![division(SALES, "Sales"), division(SUPPORT, "Sales")]);
    assert_snapshot!(world.plan(), @"
    error[ambiguous-division]: `lunch` says `division: Sales`, and 2 divisions are called that
      --> presence.yaml:5:5
      if it is 11111111-aaaa-4aaa-8aaa-111111111111:
          lunch:
            division: 11111111-aaaa-4aaa-8aaa-111111111111
      if it is 22222222-aaaa-4aaa-8aaa-222222222222:
          lunch:
            division: 22222222-aaaa-4aaa-8aaa-222222222222

    Plan refused: 1 error to answer before anything is applied.
    ");
    world.divisions = Divisions::NotKnown;
    assert_snapshot!(world.plan(), @r"
    error[divisions-not-known]: `lunch` says `division: Sales`, and the org's divisions could not be read to find its id
      --> presence.yaml:5:5
      write the division's id, or give a role of the OAuth client the right to see divisions

    Plan refused: 1 error to answer before anything is applied.
    ");
    world.divisions = Divisions::Known(Vec::new());
    assert_snapshot!(world.plan(), @r"
    error[unknown-division]: `lunch` says `division: Sales`, and this client sees no division of that name
      --> presence.yaml:5:5
      this client sees none: give its role divisions, or write the id

    Plan refused: 1 error to answer before anything is applied.
    ");
}
