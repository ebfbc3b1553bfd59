//! Which object of the org is which definition: pins, labels, previous labels, and ambiguity.

use insta::assert_snapshot;
use presencectl::model::observed::Primary;

use crate::paper::{World, id, want};

#[test]
fn a_pin_finds_its_object_whatever_it_is_called() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch").pinned(id(7))]);
    world.org().label("Lunch", "en_US", "Siesta");
    assert_snapshot!(world.plan(), @r#"
      ~ update lunch "Siesta" (Meal, 2fa68d50-0000-4000-8000-000000000007): matched by its pin
        ~ en_US: "Siesta" -> "Lunch"

    Plan: 1 to update.
    "#);
}

#[test]
fn a_pin_wins_over_another_object_with_the_label() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch").pinned(id(7))]);
    world.org().add("Meal", &[("en_US", "Lunch")]);
    assert_snapshot!(world.plan(), @r#"
    warning[hidden-twin]: `lunch` is `Lunch` (2fa68d50-0000-4000-8000-000000000007), but `Lunch` (2fa68d50-0000-4000-8000-000000000002), which its label or `previousLabels` also name, is active and unmanaged, so agents see both: give it a key of its own, pinned in `ids`, with `deactivated: true` to retire it or with its labels to keep it; or pin `lunch` to it; or name it in `protect` to leave it alone

    Unmanaged: 1
      the config does not name them:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000002)

    No changes. 1 definition is in sync.
    "#);
}

#[test]
fn a_pin_that_the_org_does_not_show_is_an_error_and_never_a_create() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.config(want("lunch", "Meal", "Lunch").pinned(id(99)));
    assert_snapshot!(world.plan(), @r#"
    error[pin-not-found]: `lunch` is pinned to 2fa68d50-0000-4000-8000-000000000099, which this org does not show
      --> presence.yaml:6:3
      it was deleted, belongs to another org, or to a division that this client cannot see; correct the id or take the pin away

    Unmanaged: 1
      the config does not name them:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001)

    Plan refused: 1 error to answer before anything is applied.
    "#);
}

#[test]
fn a_pinned_object_of_another_system_presence_is_an_error() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.config(want("lunch", "Break", "Siesta").pinned(id(1)));
    assert_snapshot!(world.plan(), @"
    error[pinned-elsewhere]: `lunch` says `systemPresence: Break`, but 2fa68d50-0000-4000-8000-000000000001, to which it is pinned, belongs to Meal
      --> presence.yaml:3:5
      a system presence cannot be changed; remove the pin and write:
          lunch:
            replaces: Meal
            previousLabels: [Lunch]

    Plan refused: 1 error to answer before anything is applied.
    ");
}

#[test]
fn a_pinned_object_of_another_system_presence_that_no_label_finds_gets_a_definition_of_its_own() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.org().label("Lunch", "de", "Mittag");
    world.org().unlabel("Lunch", "en_US");
    world.config(want("lunch", "Break", "Siesta").pinned(id(1)));
    assert_snapshot!(world.plan(), @"
    error[pinned-elsewhere]: `lunch` says `systemPresence: Break`, but 2fa68d50-0000-4000-8000-000000000001, to which it is pinned, belongs to Meal
      --> presence.yaml:3:5
      a system presence cannot be changed; remove the pin and write:
          lunch:
            new: true
      and if 2fa68d50-0000-4000-8000-000000000001 goes:
          definitions:
            lunch-before: { systemPresence: Meal, deactivated: true }
          ids:
            lunch-before: 2fa68d50-0000-4000-8000-000000000001

    Plan refused: 1 error to answer before anything is applied.
    ");
}

#[test]
fn a_pinned_primary_definition_may_be_named_and_not_changed() {
    let mut world = World::in_step([want("available", "Available", "Available").pinned(id(1))]);
    world.org().primary("Available", Primary::Yes);
    assert_snapshot!(world.plan(), @"No changes. 1 definition is in sync.");
    world.config(want("available", "Available", "Ready").pinned(id(1)));
    assert_snapshot!(world.plan(), @r#"
      ~ update available "Available" (Available, 2fa68d50-0000-4000-8000-000000000001): matched by its pin
        ~ en_US: "Available" -> "Ready"

    error[matches-primary]: `available` is the platform's own definition (2fa68d50-0000-4000-8000-000000000001)
      --> presence.yaml:6:3
      the platform's own are never changed; give this one another label or previous label, or take it out of the config

    Plan refused: 1 error to answer before anything is applied. So far: 1 to update.
    "#);
}

#[test]
fn what_does_not_say_whether_it_is_primary_is_touched_only_when_pinned() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.org().primary("Lunch", Primary::NotKnown);
    world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
    assert_snapshot!(world.plan(), @r#"
    error[primary-not-known]: `lunch` matches 2fa68d50-0000-4000-8000-000000000001, and the org does not say whether that is the platform's own
      --> presence.yaml:2:3
      if it is your organisation's own, pin it:
          ids:
            lunch: 2fa68d50-0000-4000-8000-000000000001

    Unmanaged: 1
      an error above is about them:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `lunch`

    Plan refused: 1 error to answer before anything is applied.
    "#);
    world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag").pinned(id(1)));
    assert_snapshot!(world.plan(), @r#"
      ~ update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its pin
        + de: "Mittag"

    Plan: 1 to update.
    "#);
}

#[test]
fn a_label_that_a_primary_definition_has_is_an_error_not_a_twin() {
    let mut world = World::in_step([want("available", "Available", "Available")]);
    world.org().primary("Available", Primary::Yes);
    assert_snapshot!(world.plan(), @"
    error[matches-primary]: `available` is the platform's own definition (2fa68d50-0000-4000-8000-000000000001)
      --> presence.yaml:2:3
      the platform's own are never changed; give this one another label or previous label, or take it out of the config

    Plan refused: 1 error to answer before anything is applied.
    ");
}

#[test]
fn an_active_object_is_matched_before_a_deactivated_one() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.org().deactivate("Lunch");
    world.org().add("Meal", &[("en_US", "Lunch"), ("de", "Mittag")]);
    assert_snapshot!(world.plan(), @r#"
      ~ update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000002): matched by its label
        - de: "Mittag"

    Plan: 1 to update.
    "#);
}

#[test]
fn several_objects_with_the_label_are_an_ambiguity() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.org().add("Meal", &[("en_US", "Lunch")]);
    assert_snapshot!(world.plan(), @r#"
    error[ambiguous]: `lunch` has the label of more than one: it could be `Lunch` (Meal, 2fa68d50-0000-4000-8000-000000000001) or `Lunch` (Meal, 2fa68d50-0000-4000-8000-000000000002)
      --> presence.yaml:2:3
      if it is 2fa68d50-0000-4000-8000-000000000001:
          ids:
            lunch: 2fa68d50-0000-4000-8000-000000000001
      if it is 2fa68d50-0000-4000-8000-000000000002:
          ids:
            lunch: 2fa68d50-0000-4000-8000-000000000002

    Unmanaged: 2
      an error above is about them:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `lunch`
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000002): `lunch`

    Plan refused: 1 error to answer before anything is applied.
    "#);
}

#[test]
fn an_ambiguity_says_which_is_the_platforms_own() {
    let mut world = World::in_step([want("available", "Available", "Available")]);
    world.org().add("Available", &[("en_US", "Available")]);
    world.observed[1].primary = Primary::Yes;
    assert_snapshot!(world.plan(), @r#"
    error[ambiguous]: `available` has the label of more than one: it could be `Available` (Available, 2fa68d50-0000-4000-8000-000000000001) or `Available` (Available, 2fa68d50-0000-4000-8000-000000000002, the platform's own)
      --> presence.yaml:2:3
      if it is 2fa68d50-0000-4000-8000-000000000001:
          ids:
            available: 2fa68d50-0000-4000-8000-000000000001

    Unmanaged: 1
      an error above is about them:
        "Available" (Available, 2fa68d50-0000-4000-8000-000000000001): `available`

    Plan refused: 1 error to answer before anything is applied.
    "#);
}

#[test]
fn several_deactivated_objects_with_the_label_are_an_ambiguity() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.org().add("Meal", &[("en_US", "Lunch")]);
    for object in &mut world.observed {
        object.deactivated = true;
    }
    assert_snapshot!(world.plan(), @"
    error[ambiguous]: `lunch` has the label of more than one: it could be `Lunch` (Meal, 2fa68d50-0000-4000-8000-000000000001, deactivated) or `Lunch` (Meal, 2fa68d50-0000-4000-8000-000000000002, deactivated)
      --> presence.yaml:2:3
      if it is the deactivated 2fa68d50-0000-4000-8000-000000000001:
          ids:
            lunch: 2fa68d50-0000-4000-8000-000000000001
      if it is the deactivated 2fa68d50-0000-4000-8000-000000000002:
          ids:
            lunch: 2fa68d50-0000-4000-8000-000000000002

    Plan refused: 1 error to answer before anything is applied.
    ");
}

#[test]
fn a_renamed_definition_is_recognised_by_its_previous_label() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch").label("de", "Mittag")]);
    world.config(want("lunch", "Meal", "Lunch break").label("de", "Mittag").previously("Lunch"));
    assert_snapshot!(world.plan(), @r#"
      ~ update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its previous label `Lunch`
        ~ en_US: "Lunch" -> "Lunch break"
                                  ++++++

    Plan: 1 to update.
    "#);
}

#[test]
fn a_previous_label_is_no_longer_needed_once_the_new_one_is_there() {
    let world = World::in_step([want("lunch", "Meal", "Lunch break").previously("Lunch")]);
    assert_snapshot!(world.plan(), @"
    No longer needed: `previousLabels` of `lunch` (presence.yaml:5:5)

    No changes. 1 definition is in sync.
    ");
}

#[test]
fn previous_labels_find_active_objects_only() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.org().deactivate("Lunch");
    world.config(want("lunch", "Meal", "Siesta").previously("Lunch"));
    assert_snapshot!(world.plan(), @r#"
      + create lunch (Meal): nothing in the org matches
        + en_US: "Siesta"

    Plan: 1 to create.
    "#);
}

#[test]
fn a_previous_label_that_a_reader_cannot_tell_from_one_in_the_org_is_asked_about() {
    for (ours, theirs) in [("Pause d'équipe", "Pause d\u{2019}équipe"), ("Lunch  break", "Lunch break")] {
        let mut world = World::in_step([want("lunch", "Meal", theirs)]);
        world.config(want("lunch", "Meal", "Siesta").previously(ours));
        let plan = world.plan();
        assert!(plan.contains("looks-like-rename") && !plan.contains("to create"), "{plan}");
        // Beside the right object, it is a second one that agents see.
        let mut world = World::in_step([want("siesta", "Meal", "Siesta"), want("lunch", "Meal", theirs)]);
        world.forget("lunch");
        world.config(want("siesta", "Meal", "Siesta").previously(ours));
        let plan = world.plan();
        assert!(plan.contains("warning[hidden-twin]") && !plan.contains("No longer needed"), "{plan}");
    }
}

#[test]
fn two_objects_with_previous_labels_are_an_ambiguity() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.org().add("Meal", &[("en_US", "Dinner")]);
    world.config(want("lunch", "Meal", "Meal").previously("Lunch").previously("Dinner"));
    assert_snapshot!(world.plan(), @r#"
    error[ambiguous]: `lunch` could by its `previousLabels` be `Lunch` (Meal, 2fa68d50-0000-4000-8000-000000000001) or `Dinner` (Meal, 2fa68d50-0000-4000-8000-000000000002)
      --> presence.yaml:5:5
      if it is 2fa68d50-0000-4000-8000-000000000001:
          ids:
            lunch: 2fa68d50-0000-4000-8000-000000000001
      if it is 2fa68d50-0000-4000-8000-000000000002:
          ids:
            lunch: 2fa68d50-0000-4000-8000-000000000002
      if it is not, take its `previousLabels` away

    Unmanaged: 2
      an error above is about them:
        "Dinner" (Meal, 2fa68d50-0000-4000-8000-000000000002): `lunch`
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `lunch`

    Plan refused: 1 error to answer before anything is applied.
    "#);
}

#[test]
fn one_object_that_two_definitions_want_by_previous_label_is_an_ambiguity() {
    let mut world = World::in_step([want("old", "Meal", "Lunch")]);
    world.forget("old");
    world.config(want("a", "Meal", "Early").previously("Lunch"));
    world.config(want("b", "Meal", "Late").previously("Lunch"));
    assert_snapshot!(world.plan(), @r#"
    error[ambiguous]: `a` could by its `previousLabels` be `Lunch` (Meal, 2fa68d50-0000-4000-8000-000000000001), and so could another definition
      --> presence.yaml:5:5
      if it is 2fa68d50-0000-4000-8000-000000000001:
          ids:
            a: 2fa68d50-0000-4000-8000-000000000001
      if it is not, take its `previousLabels` away

    error[ambiguous]: `b` could by its `previousLabels` be `Lunch` (Meal, 2fa68d50-0000-4000-8000-000000000001), and so could another definition
      --> presence.yaml:9:5
      if it is 2fa68d50-0000-4000-8000-000000000001:
          ids:
            b: 2fa68d50-0000-4000-8000-000000000001
      if it is not, take its `previousLabels` away

    Unmanaged: 1
      an error above is about them:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `a`

    Plan refused: 2 errors to answer before anything is applied. Errors at presence.yaml:5:5 and presence.yaml:9:5.
    "#);
}

#[test]
fn a_previous_label_that_another_definition_has_by_its_label_is_an_ambiguity() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.config(want("siesta", "Meal", "Siesta").previously("Lunch"));
    assert_snapshot!(world.plan(), @"
    error[ambiguous]: `siesta` is by its `previousLabels` `Lunch` (Meal, 2fa68d50-0000-4000-8000-000000000001), which `lunch` has
      --> presence.yaml:8:5
      if it is 2fa68d50-0000-4000-8000-000000000001, and `lunch` is another:
          ids:
            siesta: 2fa68d50-0000-4000-8000-000000000001
      if it is not, take its `previousLabels` away

    Plan refused: 1 error to answer before anything is applied. 1 definition is in sync.
    ");
}

#[test]
fn what_is_said_to_be_deactivated_leaves_its_previous_label_to_whom_it_belongs_now() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.config(want("siesta", "Meal", "Siesta").previously("Lunch").deactivated());
    assert_snapshot!(world.plan(), @"No changes. 2 definitions are in sync.");
}

#[test]
fn a_chain_of_renames_is_written_with_the_pins_that_the_message_prints() {
    let mut world = World::in_step([want("a", "Meal", "One"), want("b", "Meal", "Two")]);
    world.config(want("a", "Meal", "Two").previously("One"));
    world.config(want("b", "Meal", "Three").previously("Two"));
    assert_snapshot!(world.plan(), @r#"
    error[ambiguous]: `b` is by its `previousLabels` `Two` (Meal, 2fa68d50-0000-4000-8000-000000000002), which `a` has
      --> presence.yaml:9:5
      if it is 2fa68d50-0000-4000-8000-000000000002, and `a` is another:
          ids:
            b: 2fa68d50-0000-4000-8000-000000000002
      if it is not, take its `previousLabels` away

    Unmanaged: 1
      the config does not name them:
        "One" (Meal, 2fa68d50-0000-4000-8000-000000000001)

    Plan refused: 1 error to answer before anything is applied. 1 definition is in sync.
    "#);
    world.config(want("b", "Meal", "Three").previously("Two").pinned(id(2)));
    assert_snapshot!(world.plan(), @r#"
      ~ update a "One" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its previous label `One`
        ~ en_US: "One" -> "Two"
      ~ update b "Two" (Meal, 2fa68d50-0000-4000-8000-000000000002): matched by its pin
        ~ en_US: "Two" -> "Three"

    No longer needed: `previousLabels` of `b` (presence.yaml:9:5)

    Plan: 2 to update.
    "#);
}

#[test]
fn a_swap_of_labels_is_written_with_the_pins_that_the_message_prints() {
    let mut world = World::in_step([want("a", "Meal", "One"), want("b", "Meal", "Two")]);
    world.config(want("a", "Meal", "Two").previously("One"));
    world.config(want("b", "Meal", "One").previously("Two"));
    assert_snapshot!(world.plan(), @"
    error[ambiguous]: `a` is by its `previousLabels` `One` (Meal, 2fa68d50-0000-4000-8000-000000000001), which `b` has
      --> presence.yaml:5:5
      if it is 2fa68d50-0000-4000-8000-000000000001, and `b` is another:
          ids:
            a: 2fa68d50-0000-4000-8000-000000000001
      if it is not, take its `previousLabels` away

    error[ambiguous]: `b` is by its `previousLabels` `Two` (Meal, 2fa68d50-0000-4000-8000-000000000002), which `a` has
      --> presence.yaml:9:5
      if it is 2fa68d50-0000-4000-8000-000000000002, and `a` is another:
          ids:
            b: 2fa68d50-0000-4000-8000-000000000002
      if it is not, take its `previousLabels` away

    Plan refused: 2 errors to answer before anything is applied. Errors at presence.yaml:5:5 and presence.yaml:9:5.
    ");
    world.config(want("a", "Meal", "Two").previously("One").pinned(id(1)));
    world.config(want("b", "Meal", "One").previously("Two").pinned(id(2)));
    assert_snapshot!(world.plan(), @r#"
      ~ update a "One" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its pin
        ~ en_US: "One" -> "Two"
      ~ update b "Two" (Meal, 2fa68d50-0000-4000-8000-000000000002): matched by its pin
        ~ en_US: "Two" -> "One"

    No longer needed: `previousLabels` of `a` (presence.yaml:5:5)
    No longer needed: `previousLabels` of `b` (presence.yaml:9:5)

    Plan: 2 to update.
    "#);
}

#[test]
fn three_labels_in_a_circle_are_an_ambiguity() {
    let mut world = World::in_step([want("a", "Meal", "One"), want("b", "Meal", "Two"), want("c", "Meal", "Three")]);
    world.config(want("a", "Meal", "Two").previously("One"));
    world.config(want("b", "Meal", "Three").previously("Two"));
    world.config(want("c", "Meal", "One").previously("Three"));
    assert_snapshot!(world.plan(), @"
    error[ambiguous]: `a` is by its `previousLabels` `One` (Meal, 2fa68d50-0000-4000-8000-000000000001), which `c` has
      --> presence.yaml:5:5
      if it is 2fa68d50-0000-4000-8000-000000000001, and `c` is another:
          ids:
            a: 2fa68d50-0000-4000-8000-000000000001
      if it is not, take its `previousLabels` away

    error[ambiguous]: `b` is by its `previousLabels` `Two` (Meal, 2fa68d50-0000-4000-8000-000000000002), which `a` has
      --> presence.yaml:9:5
      if it is 2fa68d50-0000-4000-8000-000000000002, and `a` is another:
          ids:
            b: 2fa68d50-0000-4000-8000-000000000002
      if it is not, take its `previousLabels` away

    error[ambiguous]: `c` is by its `previousLabels` `Three` (Meal, 2fa68d50-0000-4000-8000-000000000003), which `b` has
      --> presence.yaml:13:5
      if it is 2fa68d50-0000-4000-8000-000000000003, and `b` is another:
          ids:
            c: 2fa68d50-0000-4000-8000-000000000003
      if it is not, take its `previousLabels` away

    Plan refused: 3 errors to answer before anything is applied. Errors at presence.yaml:5:5, presence.yaml:9:5 and presence.yaml:13:5.
    ");
    world.config(want("a", "Meal", "Two").previously("One").pinned(id(1)));
    world.config(want("c", "Meal", "One").previously("Three").pinned(id(3)));
    assert_snapshot!(world.plan(), @r#"
      ~ update a "One" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its pin
        ~ en_US: "One" -> "Two"
      ~ update b "Two" (Meal, 2fa68d50-0000-4000-8000-000000000002): matched by its previous label `Two`
        ~ en_US: "Two" -> "Three"
      ~ update c "Three" (Meal, 2fa68d50-0000-4000-8000-000000000003): matched by its pin
        ~ en_US: "Three" -> "One"

    No longer needed: `previousLabels` of `a` (presence.yaml:5:5)
    No longer needed: `previousLabels` of `c` (presence.yaml:13:5)

    Plan: 3 to update.
    "#);
}

#[test]
fn what_is_omitted_closes_no_circle_of_labels() {
    let mut world = World::in_step([want("a", "Meal", "One"), want("b", "Meal", "Two")]);
    world.config(want("a", "Meal", "Two").previously("One").omitted());
    world.config(want("b", "Meal", "One").previously("Two"));
    assert_snapshot!(world.plan(), @r#"
    No longer needed: `previousLabels` of `b` (presence.yaml:9:5)

    Unmanaged: 1
      named by `omit`:
        "Two" (Meal, 2fa68d50-0000-4000-8000-000000000002): `a`

    No changes. 1 definition is in sync.
    "#);
}

#[test]
fn a_definition_that_took_over_a_label_after_a_rename_is_no_swap() {
    // `lunch` was renamed to Brunch, and later a person made another definition called Lunch.
    let mut world = World::in_step([want("lunch", "Meal", "Brunch").previously("Lunch")]);
    world.config(want("midday", "Meal", "Lunch"));
    world.org().add("Meal", &[("en_US", "Lunch")]);
    assert_snapshot!(world.plan(), @"
    No longer needed: `previousLabels` of `lunch` (presence.yaml:5:5)

    No changes. 2 definitions are in sync.
    ");
}

#[test]
fn a_deactivated_twin_beside_an_active_one_with_the_previous_label_is_in_doubt() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.org().add("Meal", &[("en_US", "Siesta")]);
    world.org().deactivate("Siesta");
    world.config(want("lunch", "Meal", "Siesta").previously("Lunch"));
    assert_snapshot!(world.plan(), @r#"
    error[ambiguous]: `lunch` could by its `previousLabels` be `Siesta` (Meal, 2fa68d50-0000-4000-8000-000000000002, deactivated) or `Lunch` (Meal, 2fa68d50-0000-4000-8000-000000000001)
      --> presence.yaml:5:5
      if it is the deactivated 2fa68d50-0000-4000-8000-000000000002:
          ids:
            lunch: 2fa68d50-0000-4000-8000-000000000002
      if it is 2fa68d50-0000-4000-8000-000000000001:
          ids:
            lunch: 2fa68d50-0000-4000-8000-000000000001
      if it is not, take its `previousLabels` away

    Unmanaged: 1
      an error above is about them:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `lunch`

    Plan refused: 1 error to answer before anything is applied.
    "#);
}

#[test]
fn one_object_that_two_definitions_have_by_label_is_an_ambiguity() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.config(want("siesta", "Meal", "Lunch").deactivated());
    assert_snapshot!(world.plan(), @"
    error[ambiguous]: `siesta` is by its label `Lunch` (Meal, 2fa68d50-0000-4000-8000-000000000001), which `lunch` has
      --> presence.yaml:5:3
      if it is 2fa68d50-0000-4000-8000-000000000001, and `lunch` is another:
          ids:
            siesta: 2fa68d50-0000-4000-8000-000000000001

    Plan refused: 1 error to answer before anything is applied. 1 definition is in sync.
    ");
    world.config(want("lunch", "Meal", "Lunch"));
    world.config(want("siesta", "Meal", "Lunch").omitted());
    let (plan, _) = world.planned();
    assert_eq!((plan.changes.len(), plan.blockers.len(), plan.unmanaged.len()), (0, 1, 1));
}

#[test]
fn the_same_label_under_two_system_presences_is_two_definitions() {
    let world = World::in_step([want("a", "Meal", "Pause"), want("b", "Break", "Pause")]);
    assert_snapshot!(world.plan(), @"No changes. 2 definitions are in sync.");
}

#[test]
fn a_pinned_definition_may_lack_a_default_label() {
    let want = want("lunch", "Meal", "Lunch").label("de", "Mittag").without_label("en_US").pinned(id(5));
    let mut world = World::in_step([want]);
    assert_snapshot!(world.plan(), @"No changes. 1 definition is in sync.");
    world.org().label("Mittag", "de", "Mittagszeit");
    assert_snapshot!(world.plan(), @r#"
      ~ update lunch "Mittagszeit" (Meal, 2fa68d50-0000-4000-8000-000000000005): matched by its pin
        ~ de: "Mittagszeit" -> "Mittag"
                     -----

    Plan: 1 to update.
    "#);
}
