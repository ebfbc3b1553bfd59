//! What is asked before something is made: a rename, or one under another system presence?

use insta::assert_snapshot;
use presencectl::model::observed::Primary;

use crate::paper::{World, id, want};

/// The org has an active Lunch under Meal that the config does not name.
fn with_lunch() -> World {
    let mut world = World::empty();
    world.org().add("Meal", &[("en_US", "Lunch"), ("de", "Mittagspause")]);
    world
}

#[test]
fn a_create_that_looks_like_a_rename_is_a_question_with_both_answers() {
    let mut world = with_lunch();
    world.config(want("lunch", "Meal", "lunch  BREAK"));
    assert_snapshot!(world.plan(), @r#"
    error[looks-like-rename]: `lunch` would be created, but it looks like `Lunch` (Meal, 2fa68d50-0000-4000-8000-000000000001)
      --> presence.yaml:2:3
      if it is `Lunch` under a new label:
          lunch:
            previousLabels: [Lunch]
      if it is another one:
          lunch:
            new: true

    Unmanaged: 1
      an error above is about them:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `lunch`

    Plan refused: 1 error to answer before anything is applied.
    "#);
    world.config(want("lunch", "Meal", "lunch  BREAK").previously("Lunch"));
    assert_snapshot!(world.plan(), @r#"
      ~ update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its previous label `Lunch`
        - de:    "Mittagspause"
        ~ en_US: "Lunch" -> "lunch  BREAK"
                  -          +    +++++++

    Plan: 1 to update.
    "#);
    world.config(want("lunch", "Meal", "lunch  BREAK").said_to_be_new());
    assert_snapshot!(world.plan(), @r#"
      + create lunch (Meal): the config says `new: true`
        + en_US: "lunch  BREAK"

    Unmanaged: 1
      the config does not name them:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001)

    Plan: 1 to create.
    "#);
}

#[test]
fn a_shared_label_in_any_locale_looks_like_a_rename() {
    let mut world = with_lunch();
    world.config(want("siesta", "Meal", "Siesta").label("de", "Mittagspause"));
    assert_snapshot!(world.plan(), @r#"
    error[looks-like-rename]: `siesta` would be created, but it looks like `Lunch` (Meal, 2fa68d50-0000-4000-8000-000000000001)
      --> presence.yaml:2:3
      if it is `Lunch` under a new label:
          siesta:
            previousLabels: [Lunch]
      if it is another one:
          siesta:
            new: true

    Unmanaged: 1
      an error above is about them:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `siesta`

    Plan refused: 1 error to answer before anything is applied.
    "#);
}

#[test]
fn answers_are_quoted_for_yaml() {
    let mut world = World::empty();
    world.org().add("Meal", &[("en_US", "no: \"later\"\u{202E}")]);
    world.config(want("no", "Meal", "no"));
    assert_snapshot!(world.plan(), @r#"
    error[looks-like-rename]: `no` would be created, but it looks like `no: "later"\u202E` (Meal, 2fa68d50-0000-4000-8000-000000000001)
      --> presence.yaml:2:3
      if it is 2fa68d50-0000-4000-8000-000000000001:
          ids:
            "no": 2fa68d50-0000-4000-8000-000000000001
      if it is another one:
          "no":
            new: true

    Unmanaged: 1
      an error above is about them:
        "no: \"later\"\u202E" (Meal, 2fa68d50-0000-4000-8000-000000000001): `no`

    Plan refused: 1 error to answer before anything is applied.
    "#);
}

#[test]
fn new_is_no_longer_needed_once_it_is_there() {
    let world = World::in_step([want("siesta", "Meal", "Siesta").said_to_be_new()]);
    assert_snapshot!(world.plan(), @"
    No longer needed: `new` of `siesta` (presence.yaml:5:5)

    No changes. 1 definition is in sync.
    ");
}

#[test]
fn answers_fit_beside_what_the_definition_says_already() {
    let mut world = with_lunch();
    world.org().add("Away", &[("en_US", "Lunch break")]);
    world.org().add("Away", &[("en_US", "Lunch break")]);
    world.config(want("lunch", "Meal", "Lunch break").previously("Eating").replaces("Busy"));
    assert_snapshot!(world.plan(), @r#"
    error[looks-like-rename]: `lunch` would be created, but it looks like `Lunch` (Meal, 2fa68d50-0000-4000-8000-000000000001)
      --> presence.yaml:2:3
      if it is `Lunch` under a new label:
          lunch:
            previousLabels: [Eating, Lunch]
      if it is another one, instead of `previousLabels` and `replaces`:
          lunch:
            new: true

    error[other-system-presence]: `lunch` would be created, but its label exists under Away (2fa68d50-0000-4000-8000-000000000002) and Away (2fa68d50-0000-4000-8000-000000000003)
      --> presence.yaml:2:3
      if it takes the place of the one under Away (which will be deactivated):
          lunch:
            replaces: Away
      if both shall exist, instead of `previousLabels` and `replaces`:
          lunch:
            new: true

    Unmanaged: 3
      an error above is about them:
        "Lunch break" (Away, 2fa68d50-0000-4000-8000-000000000002): `lunch`
        "Lunch break" (Away, 2fa68d50-0000-4000-8000-000000000003): `lunch`
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `lunch`

    Plan refused: 2 errors to answer before anything is applied. The error is at presence.yaml:2:3.
    "#);
}

#[test]
fn other_labels_ask_nothing() {
    let mut world = with_lunch();
    world.config(want("siesta", "Meal", "Siesta"));
    assert_snapshot!(world.plan(), @r#"
      + create siesta (Meal): nothing in the org matches
        + en_US: "Siesta"

    Unmanaged: 1
      the config does not name them:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001)

    Plan: 1 to create.
    "#);
}

#[test]
fn nothing_is_asked_about_what_is_matched_omitted_protected_primary_or_deactivated() {
    let create = want("break", "Meal", "Lunch break");
    let mut matched = World::in_step([want("lunch", "Meal", "Lunch")]);
    matched.config(create.clone());
    let mut omitted = with_lunch();
    omitted.config(want("lunch", "Meal", "Lunch").omitted()).config(create.clone());
    let mut protected = with_lunch();
    protected.protect(id(1)).config(create.clone());
    let mut primary = with_lunch();
    primary.org().primary("Lunch", Primary::Yes);
    primary.config(create.clone());
    let mut deactivated = with_lunch();
    deactivated.org().deactivate("Lunch");
    deactivated.config(create);
    for world in [matched, omitted, protected, primary, deactivated] {
        let (plan, _) = world.planned();
        assert_eq!((plan.changes.len(), plan.blockers.len()), (1, 0), "{}", world.plan());
    }
}

#[test]
fn the_label_under_another_system_presence_is_a_question_with_both_answers() {
    let mut world = with_lunch();
    world.config(want("lunch", "Break", "Lunch"));
    assert_snapshot!(world.plan(), @r#"
    error[other-system-presence]: `lunch` would be created, but its label exists under Meal (2fa68d50-0000-4000-8000-000000000001)
      --> presence.yaml:2:3
      if it takes the place of the one under Meal (which will be deactivated):
          lunch:
            replaces: Meal
      if both shall exist:
          lunch:
            new: true

    Unmanaged: 1
      an error above is about them:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `lunch`

    Plan refused: 1 error to answer before anything is applied.
    "#);
    world.config(want("lunch", "Break", "Lunch").replaces("Meal"));
    assert_snapshot!(world.plan(), @r#"
      + create lunch (Break): takes the place of the one under Meal
        + en_US: "Lunch"
      - replace "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `lunch` takes its place

    Plan: 1 to create, 1 to replace.
    "#);
    world.config(want("lunch", "Break", "Lunch").said_to_be_new());
    assert_snapshot!(world.plan(), @r#"
      + create lunch (Break): the config says `new: true`
        + en_US: "Lunch"

    Unmanaged: 1
      the config does not name them:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001)

    Plan: 1 to create.
    "#);
}

#[test]
fn a_replacement_that_stopped_half_way_goes_on() {
    let mut world = with_lunch();
    world.config(want("lunch", "Break", "Lunch").replaces("Meal"));
    world.org().add("Break", &[("en_US", "Lunch")]);
    assert_snapshot!(world.plan(), @r#"
      - replace "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `lunch` takes its place

    Plan: 1 to replace. 1 definition is in sync.
    "#);
    world.org().deactivate("Mittagspause");
    assert_snapshot!(world.plan(), @"
    No longer needed: `replaces` of `lunch` (presence.yaml:5:5)

    No changes. 1 definition is in sync.
    ");
}

#[test]
fn a_replacement_may_have_another_label() {
    let mut world = with_lunch();
    world.config(want("lunch", "Break", "Siesta").previously("Lunch").replaces("Meal"));
    assert_snapshot!(world.plan(), @r#"
      + create lunch (Break): takes the place of the one under Meal
        + en_US: "Siesta"
      - replace "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `lunch` takes its place

    Plan: 1 to create, 1 to replace.
    "#);
    // The create is done and the rest is not: what finds the old one is still needed.
    world.org().add("Break", &[("en_US", "Siesta")]);
    assert_snapshot!(world.plan(), @r#"
      - replace "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `lunch` takes its place

    Plan: 1 to replace. 1 definition is in sync.
    "#);
}

#[test]
fn what_is_protected_is_not_replaced() {
    let mut world = with_lunch();
    world.protect(id(1)).config(want("lunch", "Break", "Lunch").replaces("Meal"));
    assert_snapshot!(world.plan(), @r#"
      + create lunch (Break): takes the place of the one under Meal
        + en_US: "Lunch"
      - replace "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `lunch` takes its place

    error[changes-protected]: `lunch` would change 2fa68d50-0000-4000-8000-000000000001, which `protect` names
      --> presence.yaml:2:3
      take the id out of `protect`, or take the change out of the config

    Plan refused: 1 error to answer before anything is applied. So far: 1 to create, 1 to replace.
    "#);
}

#[test]
fn what_another_definition_has_is_not_replaced() {
    let mut world = World::in_step([want("old", "Meal", "Lunch")]);
    world.config(want("lunch", "Break", "Lunch").replaces("Meal"));
    assert_snapshot!(world.plan(), @r#"
      + create lunch (Break): nothing in the org matches
        + en_US: "Lunch"

    Plan: 1 to create. 1 definition is in sync.
    "#);
}

#[test]
fn several_that_could_be_replaced_are_an_ambiguity() {
    let mut world = with_lunch();
    world.org().add("Meal", &[("en_US", "Lunch")]);
    world.config(want("lunch", "Break", "Lunch").replaces("Meal"));
    assert_snapshot!(world.plan(), @r#"
    error[ambiguous]: `lunch` could take the place of `Lunch` (Meal, 2fa68d50-0000-4000-8000-000000000001) or `Lunch` (Meal, 2fa68d50-0000-4000-8000-000000000002)
      --> presence.yaml:5:5
      write instead of `replaces`:
          lunch:
            new: true
      and if 2fa68d50-0000-4000-8000-000000000001 goes:
          definitions:
            lunch-before: { systemPresence: Meal, deactivated: true }
          ids:
            lunch-before: 2fa68d50-0000-4000-8000-000000000001
      and if 2fa68d50-0000-4000-8000-000000000002 goes:
          definitions:
            lunch-before-2: { systemPresence: Meal, deactivated: true }
          ids:
            lunch-before-2: 2fa68d50-0000-4000-8000-000000000002

    Unmanaged: 2
      an error above is about them:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `lunch`
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000002): `lunch`

    Plan refused: 1 error to answer before anything is applied.
    "#);
}

#[test]
fn what_other_definitions_may_be_is_not_replaced() {
    let mut world = with_lunch();
    world.config(want("early", "Meal", "Early").previously("Lunch"));
    world.config(want("late", "Meal", "Late").previously("Lunch"));
    world.config(want("pause", "Break", "Lunch").replaces("Meal"));
    assert_snapshot!(world.plan(), @r#"
    error[ambiguous]: `early` could by its `previousLabels` be `Lunch` (Meal, 2fa68d50-0000-4000-8000-000000000001), and so could another definition
      --> presence.yaml:5:5
      if it is 2fa68d50-0000-4000-8000-000000000001:
          ids:
            early: 2fa68d50-0000-4000-8000-000000000001
      if it is not, take its `previousLabels` away

    error[ambiguous]: `late` could by its `previousLabels` be `Lunch` (Meal, 2fa68d50-0000-4000-8000-000000000001), and so could another definition
      --> presence.yaml:9:5
      if it is 2fa68d50-0000-4000-8000-000000000001:
          ids:
            late: 2fa68d50-0000-4000-8000-000000000001
      if it is not, take its `previousLabels` away

    error[ambiguous]: `pause` cannot take the place of `Lunch` (Meal, 2fa68d50-0000-4000-8000-000000000001)
      --> presence.yaml:13:5
      write instead of `replaces`:
          pause:
            new: true
      and if 2fa68d50-0000-4000-8000-000000000001 goes:
          definitions:
            pause-before: { systemPresence: Meal, deactivated: true }
          ids:
            pause-before: 2fa68d50-0000-4000-8000-000000000001

    Unmanaged: 1
      an error above is about them:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `early`

    Plan refused: 3 errors to answer before anything is applied. Errors at presence.yaml:5:5, presence.yaml:9:5 and presence.yaml:13:5.
    "#);
}

#[test]
fn one_that_several_say_they_replace_is_a_question_whatever_their_keys_are_called() {
    let mut world = with_lunch();
    world.config(want("away", "Away", "Lunch").replaces("Meal"));
    world.config(want("break", "Break", "Pause").previously("Lunch").replaces("Meal"));
    assert_snapshot!(world.plan(), @r#"
    error[replaced-twice]: `away` and `break` each say that they take the place of `Lunch` (Meal, 2fa68d50-0000-4000-8000-000000000001)
      --> presence.yaml:5:5
      if it is `away` alone, write instead of every other `replaces`:
          break:
            new: true
      if it is `break` alone, write instead of every other `replaces`:
          away:
            new: true

    Unmanaged: 1
      an error above is about them:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `away`

    Plan refused: 1 error to answer before anything is applied.
    "#);
    world.config(want("break", "Break", "Pause").said_to_be_new());
    assert_snapshot!(world.plan(), @r#"
      + create away (Away): takes the place of the one under Meal
        + en_US: "Lunch"
      + create break (Break): the config says `new: true`
        + en_US: "Pause"
      - replace "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `away` takes its place

    Plan: 2 to create, 1 to replace.
    "#);
}

#[test]
fn a_replaces_that_finds_nothing_makes_a_definition_and_asks_as_ever() {
    let mut world = with_lunch();
    world.config(want("lunch", "Break", "Lunch").replaces("Away"));
    assert_snapshot!(world.plan(), @r#"
    error[other-system-presence]: `lunch` would be created, but its label exists under Meal (2fa68d50-0000-4000-8000-000000000001)
      --> presence.yaml:2:3
      if it takes the place of the one under Meal (which will be deactivated):
          lunch:
            replaces: Meal
      if both shall exist, instead of `replaces`:
          lunch:
            new: true

    Unmanaged: 1
      an error above is about them:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `lunch`

    Plan refused: 1 error to answer before anything is applied.
    "#);
}

#[test]
fn pruning_leaves_what_is_in_question() {
    let mut world = with_lunch();
    world.org().add("Break", &[("en_US", "Tea")]);
    world.config(want("lunch", "Meal", "Lunch break")).prune();
    assert_snapshot!(world.plan(), @r#"
      - delete "Tea" (Break, 2fa68d50-0000-4000-8000-000000000002): the config does not name it

      Genesys Cloud keeps a deleted definition in the org, deactivated.

    error[looks-like-rename]: `lunch` would be created, but it looks like `Lunch` (Meal, 2fa68d50-0000-4000-8000-000000000001)
      --> presence.yaml:2:3
      if it is `Lunch` under a new label:
          lunch:
            previousLabels: [Lunch]
      if it is another one:
          lunch:
            new: true

    Unmanaged: 1
      an error above is about them:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `lunch`

    Plan refused: 1 error to answer before anything is applied. So far: 1 to delete.
    "#);
}

/// `Lunch` in `Lunch break` is seen; one letter within a word is not.
#[test]
fn what_stands_within_a_word_is_named_as_the_reason() {
    let mut world = World::empty();
    world.org().add("Meal", &[("en_US", "halb")]);
    world.config(want("l", "Meal", "L"));
    let plan = world.plan();
    assert!(
        plan.contains("it looks like `halb` (Meal, 2fa68d50-0000-4000-8000-000000000001): `L` is in `halb`\n"),
        "{plan}"
    );
    world.config(want("l", "Meal", "halb Tag"));
    assert!(!world.plan().contains("stands in"), "{}", world.plan());
}
