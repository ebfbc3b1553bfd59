//! The actions of a plan, one by one, and its notes about objects that it does not change.

use insta::assert_snapshot;
use presencectl::model::names::{Label, Locale};
use presencectl::model::observed::Primary;

use crate::paper::{Want, World, id, want};

fn lunch() -> Want {
    want("lunch", "Meal", "Lunch").label("de", "Mittagspause").label("no", "Lunsj")
}

#[test]
fn in_step_means_no_changes() {
    let world = World::in_step([lunch(), want("coaching", "Busy", "Coaching")]);
    assert_snapshot!(world.plan(), @"No changes. 2 definitions are in sync.");
}

#[test]
fn nothing_on_either_side() {
    assert_snapshot!(World::empty().plan(), @"No changes.");
}

#[test]
fn a_plan_is_empty_where_nothing_is_to_be_done_and_nothing_forbids_it() {
    let mut world = World::in_step([lunch()]);
    assert!(world.planned().0.is_empty());
    world.config(lunch().label("de", "Mittag"));
    assert!(!world.planned().0.is_empty(), "{}", world.plan());
    world.config(lunch().pinned(id(99)));
    assert!(!world.planned().0.is_empty(), "{}", world.plan());
}

#[test]
fn what_nothing_matches_is_created() {
    let mut world = World::empty();
    world.config(lunch());
    assert_snapshot!(world.plan(), @r#"
      + create lunch (Meal): nothing in the org matches
        + de:    "Mittagspause"
        + en_US: "Lunch"
        + no:    "Lunsj"

    Plan: 1 to create.
    "#);
}

#[test]
fn labels_are_updated_one_by_one() {
    let mut world = World::in_step([lunch().label("fr", "Déjeuner").label("ja", "昼食")]);
    world.org().label("Lunch", "de", "Mittag");
    world.org().label("Lunch", "it", "Pranzo");
    world.org().label("Lunch", "ja", "昼休み");
    world.org().unlabel("Lunch", "fr");
    assert_snapshot!(world.plan(), @r#"
      ~ update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its label
        ~ de: "Mittag" -> "Mittagspause"
                                 ++++++
        + fr: "Déjeuner"
        - it: "Pranzo"
        ~ ja: "昼休み" -> "昼食"
                 ----        ++

    Plan: 1 to update.
    "#);
}

#[test]
fn labels_that_run_from_right_to_left_stand_one_below_the_other() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch").label("ar", "استراحة الغداء")]);
    world.org().label("Lunch", "ar", "استراحة");
    assert_snapshot!(world.plan(), @r#"
      ~ update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its label
        ~ ar: "استراحة"
              -> "استراحة{+ الغداء+}"

    Plan: 1 to update.
    "#);
}

#[test]
fn quotes_and_backslashes_in_labels_are_certain() {
    let mut world = World::in_step([want("lunch", "Meal", r#"The "long" \n lunch"#)]);
    world.org().label(r#"The "long" \n lunch"#, "de", "ganz\nanders");
    assert_snapshot!(world.plan(), @r#"
      ~ update lunch "The \"long\" \\n lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its label
        - de: "ganz\nanders"

    Plan: 1 to update.
    "#);
}

#[test]
fn a_deactivated_match_is_brought_back_not_doubled() {
    let mut world = World::in_step([lunch()]);
    world.org().deactivate("Lunch");
    world.org().label("Lunch", "de", "Pause");
    assert_snapshot!(world.plan(), @r#"
      ^ reactivate lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its label
        ~ deactivated: true -> false
        ~ de: "Pause" -> "Mittagspause"
               -          ++++++++

    Plan: 1 to reactivate.
    "#);
}

#[test]
fn what_is_said_to_be_deactivated_is_deactivated_and_its_labels_are_not_compared() {
    let mut world = World::in_step([lunch()]);
    world.config(lunch().label("de", "Anders").deactivated());
    assert_snapshot!(world.plan(), @r#"
      - deactivate lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): the config says `deactivated: true`; matched by its label

    Plan: 1 to deactivate.
    "#);
    world.org().deactivate("Lunch");
    assert_snapshot!(world.plan(), @"No changes. 1 definition is in sync.");
}

#[test]
fn deactivated_is_already_true_of_what_the_org_does_not_have() {
    let mut world = World::empty();
    world.config(lunch().deactivated());
    assert_snapshot!(world.plan(), @"No changes. 1 definition is in sync.");
}

#[test]
fn several_deactivated_twins_are_all_in_step() {
    let mut world = World::in_step([lunch().deactivated()]);
    world.org().add("Meal", &[("en_US", "Lunch")]);
    for object in &mut world.observed {
        object.deactivated = true;
    }
    assert_snapshot!(world.plan(), @"No changes. 1 definition is in sync.");
}

#[test]
fn what_the_config_does_not_name_is_kept_and_listed() {
    let mut world = World::in_step([lunch()]);
    world.org().add("Break", &[("en_US", "Tea")]);
    world.org().add("Away", &[]);
    assert_snapshot!(world.plan(), @r#"
    Unmanaged: 2
      the config does not name them:
        (Away, 2fa68d50-0000-4000-8000-000000000003)
        "Tea" (Break, 2fa68d50-0000-4000-8000-000000000002)

    No changes. 1 definition is in sync.
    "#);
}

#[test]
fn pruning_deletes_what_the_config_does_not_name() {
    let mut world = World::in_step([lunch()]);
    world.org().add("Break", &[("en_US", "Tea")]);
    world.org().add("Away", &[("de", "Weg")]);
    world.prune();
    assert_snapshot!(world.plan(), @r#"
      - delete "Tea" (Break, 2fa68d50-0000-4000-8000-000000000002): the config does not name it
      - delete "Weg" (Away, 2fa68d50-0000-4000-8000-000000000003): the config does not name it

      Genesys Cloud keeps a deleted definition in the org, deactivated.

    Plan: 2 to delete. 1 definition is in sync.
    "#);
}

#[test]
fn pruning_leaves_what_is_deactivated() {
    let mut world = World::in_step([lunch()]);
    world.org().add("Break", &[("en_US", "Tea")]);
    world.org().deactivate("Tea");
    world.prune();
    assert_snapshot!(world.plan(), @"No changes. 1 definition is in sync.");
}

#[test]
fn what_is_omitted_is_left_alone_and_listed() {
    let mut world = World::in_step([lunch(), want("coaching", "Busy", "Coaching")]);
    world.config(want("coaching", "Busy", "Coaching").label("de", "Anders").omitted());
    assert_snapshot!(world.plan(), @r#"
    Unmanaged: 1
      named by `omit`:
        "Coaching" (Busy, 2fa68d50-0000-4000-8000-000000000002): `coaching`

    No changes. 1 definition is in sync.
    "#);
    world.prune();
    assert_snapshot!(world.plan(), @r#"
    Unmanaged: 1
      named by `omit`:
        "Coaching" (Busy, 2fa68d50-0000-4000-8000-000000000002): `coaching`

    No changes. 1 definition is in sync.
    "#);
}

#[test]
fn what_is_omitted_may_match_by_its_pin_or_a_previous_label() {
    let mut world = World::in_step([lunch(), want("coaching", "Busy", "Coaching"), want("tea", "Break", "Tea")]);
    world.config(want("coaching", "Busy", "Training").previously("Coaching").omitted());
    world.config(want("tea", "Break", "Chai").pinned(id(3)).omitted());
    world.prune();
    assert_snapshot!(world.plan(), @r#"
    Unmanaged: 2
      named by `omit`:
        "Coaching" (Busy, 2fa68d50-0000-4000-8000-000000000002): `coaching`
        "Tea" (Break, 2fa68d50-0000-4000-8000-000000000003): `tea`

    No changes. 1 definition is in sync.
    "#);
}

#[test]
fn what_is_omitted_and_pinned_is_itself_under_whatever_system_presence() {
    let mut world = World::in_step([lunch(), want("tea", "Break", "Tea")]);
    world.config(want("tea", "Meal", "Tea").pinned(id(2)).omitted());
    world.prune();
    assert_snapshot!(world.plan(), @r#"
    Unmanaged: 1
      named by `omit`:
        "Tea" (Break, 2fa68d50-0000-4000-8000-000000000002): `tea`

    No changes. 1 definition is in sync.
    "#);
}

#[test]
fn whatever_an_omitted_definition_might_be_is_left_alone() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch"), want("tea", "Break", "Tea")]);
    world.org().add("Meal", &[("en_US", "Siesta")]);
    world.org().deactivate("Siesta");
    world.forget("lunch").prune();
    world.config(want("siesta", "Meal", "Siesta").previously("Lunch").omitted());
    assert_snapshot!(world.plan(), @r#"
    Unmanaged: 1
      named by `omit`:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `siesta`

    No changes. 1 definition is in sync.
    "#);
    world.config(want("brunch", "Meal", "Brunch").previously("Lunch").omitted());
    world.org().remove("Siesta");
    assert_snapshot!(world.plan(), @r#"
    Unmanaged: 1
      named by `omit`:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `siesta`

    No changes. 1 definition is in sync.
    "#);
}

// Seed 17344 of the simulation: a person made another one under the label, and the one under the earlier label was
// deleted.
#[test]
fn an_omitted_definition_that_is_there_under_its_label_and_an_earlier_one_is_both() {
    let mut world = World::empty();
    world.org().add("Meal", &[("en_US", "Lunch")]);
    world.org().add("Meal", &[("en_US", "Siesta")]);
    world.config(want("siesta", "Meal", "Siesta").previously("Lunch").omitted()).prune();
    assert_snapshot!(world.plan(), @r#"
    Unmanaged: 2
      named by `omit`:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `siesta`
        "Siesta" (Meal, 2fa68d50-0000-4000-8000-000000000002): `siesta`

    No changes.
    "#);
}

#[test]
fn what_an_omitted_definition_was_called_is_not_deactivated_by_another() {
    let mut world = World::empty();
    world.org().add("Meal", &[("en_US", "Lunch")]);
    world.config(want("brunch", "Meal", "Brunch").previously("Lunch").deactivated());
    world.config(want("siesta", "Meal", "Siesta").previously("Lunch").omitted());
    assert_snapshot!(world.plan(), @r#"
    Unmanaged: 1
      named by `omit`:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): `siesta`

    No changes. 1 definition is in sync.
    "#);
}

#[test]
fn what_a_managed_definition_has_by_its_label_is_no_omitted_ones() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch").label("de", "Mittag")]);
    world.org().unlabel("Lunch", "de");
    world.config(want("siesta", "Meal", "Siesta").previously("Lunch").omitted());
    assert_snapshot!(world.plan(), @r#"
      ~ update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its label
        + de: "Mittag"

    Plan: 1 to update.
    "#);
}

#[test]
fn an_omitted_key_that_matches_nothing_is_nothing_while_everything_is_kept() {
    let mut world = World::in_step([lunch()]);
    world.config(want("coaching", "Busy", "Coaching").omitted());
    assert_snapshot!(world.plan(), @"No changes. 1 definition is in sync.");
}

#[test]
fn an_omitted_pin_that_the_org_does_not_show_is_nothing_as_well() {
    let mut world = World::in_step([lunch()]);
    world.config(want("coaching", "Busy", "Coaching").pinned(id(99)).omitted());
    assert_snapshot!(world.plan(), @"No changes. 1 definition is in sync.");
    world.prune();
    assert_snapshot!(world.plan(), @"
    error[omit-matches-nothing]: `omit` names `coaching`, which matches nothing, so with `prune: delete` it protects nothing
      --> presence.yaml:12:1
      pin it, correct its labels, or take `coaching` out of `omit`

    Plan refused: 1 error to answer before anything is applied. 1 definition is in sync.
    ");
}

#[test]
fn with_pruning_an_omitted_key_that_matches_nothing_refuses() {
    let mut world = World::in_step([lunch()]);
    world.config(want("coaching", "Busy", "Coaching").omitted());
    world.prune();
    assert_snapshot!(world.plan(), @"
    error[omit-matches-nothing]: `omit` names `coaching`, which matches nothing, so with `prune: delete` it protects nothing
      --> presence.yaml:11:1
      pin it, correct its labels, or take `coaching` out of `omit`

    Plan refused: 1 error to answer before anything is applied. 1 definition is in sync.
    ");
}

#[test]
fn labels_in_locales_out_of_scope_are_neither_written_nor_removed() {
    let mut world = World::in_step([lunch()]);
    world.locales(&["en_US", "de"]);
    world.org().label("Lunch", "it", "Pranzo");
    world.org().label("Lunch", "no", "Middag");
    assert_snapshot!(world.plan(), @"No changes. 1 definition is in sync.");
    world.org().label("Lunch", "de", "Mittag");
    world.config(want("tea", "Break", "Tea").label("it", "Tè"));
    assert_snapshot!(world.plan(), @r#"
      + create tea (Break): nothing in the org matches
        + en_US: "Tea"
      ~ update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its label
        ~ de: "Mittag" -> "Mittagspause"
                                 ++++++

    Plan: 1 to create, 1 to update.
    "#);
}

#[test]
fn the_orgs_spelling_of_a_locale_is_kept() {
    let mut world = World::in_step([lunch()]);
    let object = world.org().find("Lunch").labels.clone();
    world.org().find("Lunch").labels = object
        .iter()
        .map(|(locale, label)| (Locale::new(locale.as_str().to_lowercase().replace('_', "-")), label.clone()))
        .collect();
    assert_snapshot!(world.plan(), @"No changes. 1 definition is in sync.");
    world.config(want("lunch", "Meal", "Lunch").label("DE", "Mittag").label("no", "Lunsj"));
    assert_snapshot!(world.plan(), @r#"
      ~ update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its label
        ~ de: "Mittagspause" -> "Mittag"
                     ------

    Plan: 1 to update.
    "#);
}

#[test]
fn labels_are_equal_after_nfc_and_what_is_written_is_nfc() {
    let mut world = World::in_step([want("coffee", "Break", "Caf\u{e9}").label("de", "Kaffee")]);
    world.org().label("Caf\u{e9}", "en_US", "Cafe\u{301}");
    assert_snapshot!(world.plan(), @"No changes. 1 definition is in sync.");
    world.config(want("coffee", "Break", "Cafe\u{301}").label("de", "Cafe\u{301}"));
    assert_snapshot!(world.plan(), @r#"
      ~ update coffee "Café" (Break, 2fa68d50-0000-4000-8000-000000000001): matched by its label
        ~ de: "Kaffee" -> "Café"
               -  ---      +  +

    Plan: 1 to update.
    "#);
    let (plan, _) = world.planned();
    let after = plan.changes[0].step.after();
    assert_eq!(after.labels.get(&Locale::new("de")).map(Label::nfc), Some("Caf\u{e9}"));
}

#[test]
fn a_system_presence_has_many_spellings() {
    let mut world = World::in_step([want("ready", "OnQueue", "Ready")]);
    world.org().find("Ready").system_presence = crate::paper::presence("On Queue");
    assert_snapshot!(world.plan(), @"No changes. 1 definition is in sync.");
}

#[test]
fn an_unknown_system_presence_refuses_a_create_with_the_nearest() {
    let mut world = World::empty();
    world.config(want("lunch", "Meel", "Lunch"));
    world.config(want("zen", "Contemplation", "Zen"));
    assert_snapshot!(world.plan(), @r#"
      + create lunch (Meel): nothing in the org matches
        + en_US: "Lunch"
      + create zen (Contemplation): nothing in the org matches
        + en_US: "Zen"

    error[unknown-system-presence]: `lunch` says `systemPresence: Meel`, which this org does not know
      --> presence.yaml:3:5
      did you mean `Meal`?
      this org knows Available, Away, Break, Busy, Idle, Meal, Meeting, Offline, OnQueue and Training

    error[unknown-system-presence]: `zen` says `systemPresence: Contemplation`, which this org does not know
      --> presence.yaml:6:5
      this org knows Available, Away, Break, Busy, Idle, Meal, Meeting, Offline, OnQueue and Training

    Plan refused: 2 errors to answer before anything is applied. So far: 2 to create. Errors at presence.yaml:3:5 and presence.yaml:6:5.
    "#);
}

#[test]
fn system_presences_that_could_not_be_read_are_a_warning() {
    let mut world = World::empty();
    world.config(want("lunch", "Meel", "Lunch"));
    world.system_presences = None;
    assert_snapshot!(world.plan(), @r#"
      + create lunch (Meel): nothing in the org matches
        + en_US: "Lunch"

    warning[system-presences-not-checked]: the org's system presences could not be read, so new definitions were not checked against them

    Plan: 1 to create.
    "#);
}

#[test]
fn more_active_ones_than_the_platform_documents_are_a_warning() {
    let mut world = World::in_step([lunch()]);
    for n in 0..29 {
        world.org().add("Meal", &[("en_US", &format!("Meal {n}"))]);
    }
    world.org().add("Meal", &[("en_US", "Gone")]);
    world.org().deactivate("Gone");
    world.org().add("Meal", &[("en_US", "Meal")]);
    world.org().primary("Meal", Primary::Yes);
    assert!(!world.plan().contains("warning"), "30 are as many as are documented");
    world.config(want("supper", "Meal", "Supper").said_to_be_new());
    let shown = world.plan();
    let (shown, _) = shown.split_once("\nUnmanaged").unwrap();
    assert_snapshot!(shown, @r#"
      + create supper (Meal): the config says `new: true`
        + en_US: "Supper"

    warning[many-active]: 31 definitions will be active under Meal; the platform documents 30 at most, unless your org has had that raised
    "#);
    world.config(lunch().deactivated());
    assert!(!world.plan().contains("warning"), "one comes and one goes");
}

#[test]
fn more_active_ones_than_documented_that_the_config_asks_for_are_its_findings_alone() {
    let many = (1..=31).map(|n| want(&format!("meal{n}"), "Meal", &format!("Meal {n}")));
    let mut world = World::in_step(many.chain([want("tea", "Break", "Tea")]));
    assert_snapshot!(world.plan(), @"No changes. 32 definitions are in sync.");
    // What is omitted or deactivated is not asked for.
    world.config(want("meal31", "Meal", "Meal 31").omitted());
    world.config(want("supper", "Meal", "Supper").deactivated());
    assert_snapshot!(world.plan(), @r#"
    warning[many-active]: 31 definitions will be active under Meal; the platform documents 30 at most, unless your org has had that raised

    Unmanaged: 1
      named by `omit`:
        "Meal 31" (Meal, 2fa68d50-0000-4000-8000-000000000031): `meal31`

    No changes. 32 definitions are in sync.
    "#);
}
