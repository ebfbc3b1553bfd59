//! The blockers of a whole plan: limits, the empty config, protected and primary definitions.

use insta::assert_snapshot;
use presencectl::model::observed::Primary;

use crate::paper::{Want, World, id, want};

fn several(count: usize) -> Vec<Want> {
    (1..=count)
        .map(|n| want(&format!("d{n}"), "Busy", &format!("Work {n}")).label("de", &format!("Arbeit {n}")))
        .collect()
}

/// Every definition of the config is changed, after both sides were in sync.
fn each_changed(count: usize, change: impl Fn(Want) -> Want) -> World {
    let mut world = World::in_step(several(count));
    world.limits(2, 2, 2);
    for want in several(count) {
        world.config(change(want));
    }
    world
}

fn refused(world: &World) -> usize {
    world.planned().0.blockers.len()
}

#[test]
fn removals_at_the_limit_and_one_above() {
    assert_eq!(refused(&each_changed(2, Want::deactivated)), 0);
    assert_snapshot!(each_changed(3, Want::deactivated).plan(), @r#"
      - deactivate d1 "Work 1" (Busy, 2fa68d50-0000-4000-8000-000000000001): the config says `deactivated: true`; matched by its label
      - deactivate d2 "Work 2" (Busy, 2fa68d50-0000-4000-8000-000000000002): the config says `deactivated: true`; matched by its label
      - deactivate d3 "Work 3" (Busy, 2fa68d50-0000-4000-8000-000000000003): the config says `deactivated: true`; matched by its label

    error[too-many]: 3 removals planned, 2 allowed
      if you mean it, raise the limit in the files, where it is reviewed:
          settings:
            limits: { removals: 3 }
      or, at a terminal, for this run: --allow-removals 3

    Plan refused: 1 error to answer before anything is applied. So far: 3 to deactivate.
    "#);
}

#[test]
fn removals_are_counted_together_however_asked_for() {
    let mut world = World::in_step(several(1));
    world.limits(2, 2, 2).config(want("d1", "Busy", "Work 1").deactivated());
    world.org().add("Meal", &[("en_US", "Lunch")]);
    world.config(want("lunch", "Break", "Lunch").replaces("Meal"));
    assert_eq!(refused(&world), 0);
    world.org().add("Away", &[("en_US", "Walk")]);
    world.prune();
    assert_snapshot!(world.plan(), @r#"
      + create lunch (Break): takes the place of the one under Meal
        + en_US: "Lunch"
      - replace "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000002): `lunch` takes its place
      - deactivate d1 "Work 1" (Busy, 2fa68d50-0000-4000-8000-000000000001): the config says `deactivated: true`; matched by its label
      - delete "Walk" (Away, 2fa68d50-0000-4000-8000-000000000003): the config does not name it

      Genesys Cloud keeps a deleted definition in the org, deactivated.

    error[too-many]: 3 removals planned, 2 allowed
      if you mean it, raise the limit in the files, where it is reviewed:
          settings:
            limits: { removals: 3 }
      or, at a terminal, for this run: --allow-removals 3

    Plan refused: 1 error to answer before anything is applied. So far: 1 to create, 1 to replace, 1 to deactivate, 1 to delete.
    "#);
}

#[test]
fn label_removals_at_the_limit_and_one_above() {
    let change = |it: Want| it.without_label("de");
    assert_eq!(refused(&each_changed(2, change)), 0);
    assert_snapshot!(each_changed(3, change).plan(), @r#"
      ~ update d1 "Work 1" (Busy, 2fa68d50-0000-4000-8000-000000000001): matched by its label
        - de: "Arbeit 1"
      ~ update d2 "Work 2" (Busy, 2fa68d50-0000-4000-8000-000000000002): matched by its label
        - de: "Arbeit 2"
      ~ update d3 "Work 3" (Busy, 2fa68d50-0000-4000-8000-000000000003): matched by its label
        - de: "Arbeit 3"

    error[too-many]: 3 label removals planned, 2 allowed
      if you mean it, raise the limit in the files, where it is reviewed:
          settings:
            limits: { labelRemovals: 3 }
      or, at a terminal, for this run: --allow-label-removals 3

    Plan refused: 1 error to answer before anything is applied. So far: 3 to update.
    "#);
}

#[test]
fn renames_at_the_limit_and_one_above() {
    let mut world = World::in_step(several(3));
    world.limits(2, 2, 2);
    let renamed = |n: usize| want(&format!("d{n}"), "Busy", &format!("Job {n}")).label("de", &format!("Arbeit {n}"));
    world.config(renamed(1).previously("Work 1")).config(renamed(2).previously("Work 2"));
    assert_eq!(refused(&world), 0);
    world.config(renamed(3).previously("Work 3"));
    assert_snapshot!(world.plan(), @r#"
      ~ update d1 "Work 1" (Busy, 2fa68d50-0000-4000-8000-000000000001): matched by its previous label `Work 1`
        ~ en_US: "Work 1" -> "Job 1"
                  - --        + +
      ~ update d2 "Work 2" (Busy, 2fa68d50-0000-4000-8000-000000000002): matched by its previous label `Work 2`
        ~ en_US: "Work 2" -> "Job 2"
                  - --        + +
      ~ update d3 "Work 3" (Busy, 2fa68d50-0000-4000-8000-000000000003): matched by its previous label `Work 3`
        ~ en_US: "Work 3" -> "Job 3"
                  - --        + +

    error[too-many]: 3 renames planned, 2 allowed
      if you mean it, raise the limit in the files, where it is reviewed:
          settings:
            limits: { renames: 3 }
      or, at a terminal, for this run: --allow-renames 3

    Plan refused: 1 error to answer before anything is applied. So far: 3 to update.
    "#);
}

#[test]
fn flags_raise_limits() {
    let world = each_changed(3, Want::deactivated);
    let (desired, _) = world.desired();
    let mut limits = desired.settings.limits;
    limits.removals = 3;
    assert!(presencectl::plan::plan(&desired, &world.observed(), &limits).blockers.is_empty());
}

#[test]
fn a_config_that_names_nothing_must_not_prune() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.forget("lunch").prune();
    assert_snapshot!(world.plan(), @r#"
      - delete "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): the config does not name it

      Genesys Cloud keeps a deleted definition in the org, deactivated.

    error[empty-source]: the config names no definition and says `prune: delete`: that would remove everything
      name the definitions, or write:
          settings:
            prune: keep

    Plan refused: 1 error to answer before anything is applied. So far: 1 to delete.
    "#);
}

#[test]
fn a_change_to_what_is_protected_refuses() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.protect(id(1));
    assert_snapshot!(world.plan(), @"No changes. 1 definition is in sync.");
    world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
    assert_snapshot!(world.plan(), @r#"
      ~ update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its label
        + de: "Mittag"

    error[changes-protected]: `lunch` would change 2fa68d50-0000-4000-8000-000000000001, which `protect` names
      --> presence.yaml:2:3
      take the id out of `protect`, or take the change out of the config

    Plan refused: 1 error to answer before anything is applied. So far: 1 to update.
    "#);
    world.config(want("lunch", "Meal", "Lunch").deactivated());
    assert_eq!(refused(&world), 1);
}

#[test]
fn pruning_leaves_what_is_protected_primary_or_does_not_say() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    let protected = world.org().add("Break", &[("en_US", "Tea")]);
    world.org().add("Away", &[("en_US", "Away")]);
    world.org().primary("Away", Primary::Yes);
    world.org().add("Busy", &[("en_US", "Who knows")]);
    world.org().primary("Who knows", Primary::NotKnown);
    world.protect(protected).prune();
    assert_snapshot!(world.plan(), @r#"
    Unmanaged: 2
      named by `protect`:
        "Tea" (Break, 2fa68d50-0000-4000-8000-000000000002)
      the org does not say whether they are the platform's own:
        "Who knows" (Busy, 2fa68d50-0000-4000-8000-000000000004)

    No changes. 1 definition is in sync.
    "#);
}

/// Pinned, so that it needs no default label.
fn without_labels() -> Want {
    want("lunch", "Meal", "Lunch").without_label("en_US").pinned(id(1))
}

#[test]
fn an_object_that_would_have_no_label_at_all_refuses() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch: late").label("de", "Mittag").pinned(id(1))]);
    world.config(without_labels());
    assert_snapshot!(world.plan(), @r#"
      ~ update lunch "Lunch: late" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its pin
        - de:    "Mittag"
        - en_US: "Lunch: late"

    error[no-label]: `lunch` would leave its object (2fa68d50-0000-4000-8000-000000000001) without any label, and the platform requires one
      --> presence.yaml:2:3
      if it keeps its labels:
          lunch:
            labels: { de: Mittag, en_US: "Lunch: late" }
      if agents should no longer see it:
          lunch:
            deactivated: true

    Plan refused: 1 error to answer before anything is applied. So far: 1 to update.
    "#);
    world.org().deactivate("Mittag");
    let codes: Vec<&str> = world.planned().0.blockers.iter().map(presencectl::plan::blocker::Blocker::code).collect();
    assert_eq!(codes, ["no-label"]);
    world.config(without_labels().deactivated());
    assert_eq!(refused(&world), 0);
}

#[test]
fn labels_in_locales_that_are_not_managed_are_labels() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch").label("fr", "Midi").pinned(id(1))]);
    world.config(without_labels().label("it", "Pranzo").label("ja", "昼食")).locales(&["en_US", "de"]);
    assert_snapshot!(world.plan(), @r#"
      ~ update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its pin
        - en_US: "Lunch"

    Plan: 1 to update.
    "#);
    world.org().unlabel("Lunch", "fr");
    assert_snapshot!(world.plan(), @r#"
      ~ update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its pin
        - en_US: "Lunch"

    error[no-label]: `lunch` would leave its object (2fa68d50-0000-4000-8000-000000000001) without any label, and the platform requires one
      --> presence.yaml:2:3
      if it keeps its labels:
          lunch:
            labels: { en_US: Lunch }
      to manage the labels that it has, add it or ja to `settings.locales`
      if agents should no longer see it:
          lunch:
            deactivated: true

    Plan refused: 1 error to answer before anything is applied. So far: 1 to update.
    "#);
}

#[test]
fn nothing_is_created_without_a_label() {
    // A checked config demands a default label of everything that it may create.
    let mut world = World::empty();
    world.config(want("lunch", "Meal", "Lunch").label("fr", "Midi")).locales(&["de"]);
    assert_snapshot!(world.plan(), @"
      + create lunch (Meal): nothing in the org matches

    error[no-label]: `lunch` would be created without any label, and the platform requires one
      --> presence.yaml:2:3
      give it a label
      to manage the labels that it has, add en_US or fr to `settings.locales`

    Plan refused: 1 error to answer before anything is applied. So far: 1 to create.
    ");
}
