//! An object that cannot be read completely is never a definition of the config, and it may be one: it makes a plan
//! stricter. So does a broken character, which is never sent back.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use insta::assert_snapshot;
use presencectl::model::names::{DefinitionId, Label, Locale};
use presencectl::model::observed::{Listed, Observed};
use presencectl::model::odd::{Halved, Odd};
use presencectl::output;
use presencectl::output::style::Style;
use presencectl::plan::plan;

use crate::paper::{World, id, presence, target, want};

/// An odd object with this id, under this system presence, that shows these labels.
fn odd(number: usize, system_presence: Option<&str>, labels: &[(&str, &str)]) -> Odd {
    Odd {
        place: format!("entities[{number}]"),
        id: Some(id(number)),
        what: vec!["`languageLabels` is null, not an object".to_owned()],
        labels: labels.iter().map(|(locale, label)| (Locale::new(*locale), Label::new(*label))).collect(),
        system_presence: system_presence.map(presence),
    }
}

fn halved(id: DefinitionId, locales: &[&str], fields: &[&str]) -> Halved {
    let labels = locales.iter().map(|it| Locale::new(*it)).collect();
    Halved { id, labels, fields: fields.iter().map(|it| (*it).to_owned()).collect() }
}

/// The plan of a world in which the org shows this as well.
fn shown(world: &World, odd: Vec<Odd>, halved: Vec<Halved>) -> String {
    let (desired, sources) = world.desired();
    let observed = with(world.observed(), odd, halved);
    let shown =
        output::text::plan(&plan(&desired, &observed, &desired.settings.limits), &target(), &sources, Style::PLAIN);
    shown.split_once("\n\n").unwrap().1.to_owned()
}

fn with(mut observed: Observed, odd: Vec<Odd>, halved: Vec<Halved>) -> Observed {
    let listed = Listed { odd, halved, ..observed.take_list() };
    observed.with_list(listed)
}

#[test]
fn an_odd_object_is_a_warning_and_stops_nothing() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
    assert_snapshot!(shown(&world, vec![odd(7, Some("Break"), &[("en_US", "Tea")])], vec![]), @r#"
      ~ update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its label
        + de: "Mittag"

    warning[odd-object]: `2fa68d50-0000-4000-8000-000000000007` (`entities[7]`, Break, `Tea`) cannot be read completely: `languageLabels` is null, not an object. It is left as it is; repair it in the org's admin page

    Plan: 1 to update.
    "#);
}

#[test]
fn an_odd_object_with_the_label_is_no_match_and_no_second_one_is_made() {
    let mut world = World::empty();
    world.config(want("lunch", "Meal", "Lunch"));
    assert_snapshot!(shown(&world, vec![odd(7, None, &[("de", "LUNCH")])], vec![]));
    world.config(want("lunch", "Meal", "Lunch").said_to_be_new());
    assert!(shown(&world, vec![odd(7, None, &[("de", "Lunch")])], vec![]).contains("+ create lunch"));
}

#[test]
fn so_is_one_with_a_previous_label() {
    let mut world = World::empty();
    world.config(want("lunch", "Meal", "Lunch").previously("Mittag"));
    let shown = shown(&world, vec![odd(7, Some("Meal"), &[("de", "Mittag")])], vec![]);
    assert!(shown.contains("error[looks-like-odd-object]: `lunch` would be created"), "{shown}");
    assert!(!shown.contains("+ create"), "{shown}");
    assert!(shown.contains("if it is another one, instead of `previousLabels`:"), "{shown}");
}

#[test]
fn a_create_where_an_odd_object_may_belong_carries_a_warning() {
    let mut world = World::empty();
    world.config(want("lunch", "Meal", "Lunch")).config(want("tea", "Break", "Tea"));
    let one = |presence: Option<&str>| shown(&world, vec![odd(7, presence, &[])], vec![]);
    let warning = |presence: &str, key: &str, about: &str| {
        format!(
            "warning[may-be-odd-object]: one of the definitions that would be created under {presence} (`{key}`) may exist \
             already: `2fa68d50-0000-4000-8000-000000000007` (`entities[7]`{about}) cannot be read completely"
        )
    };
    assert!(one(None).contains(&warning("Meal", "lunch", "")), "{}", one(None));
    assert!(one(None).contains(&warning("Break", "tea", "")), "{}", one(None));
    assert!(one(Some("Meal")).contains(&warning("Meal", "lunch", ", Meal")), "{}", one(Some("Meal")));
    assert!(!one(Some("Meal")).contains("`tea`"), "{}", one(Some("Meal")));
    assert!(one(None).contains("Plan: 2 to create."), "{}", one(None));
}

#[test]
fn a_definition_with_a_readable_object_is_matched_whatever_odd_ones_show() {
    let world = World::in_step([want("lunch", "Meal", "Lunch")]);
    let shown = shown(&world, vec![odd(7, Some("Meal"), &[("en_US", "Lunch")])], vec![]);
    assert!(shown.contains("No changes. 1 definition is in sync."), "{shown}");
}

#[test]
fn a_pin_to_an_odd_object_is_an_error_that_says_what_is_odd() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.config(want("lunch", "Meal", "Lunch").pinned(id(7)));
    assert_snapshot!(shown(&world, vec![odd(7, None, &[])], vec![]));
}

#[test]
fn nothing_odd_is_pruned_and_an_omit_that_means_it_is_no_error() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world
        .prune()
        .config(want("tea", "Break", "Tea").omitted())
        .config(want("nap", "Break", "Nap").pinned(id(8)).omitted());
    let both = vec![odd(7, None, &[("fr", "Tea")]), odd(8, Some("Break"), &[])];
    let shown = shown(&world, both, vec![]);
    assert!(shown.contains("No changes. 1 definition is in sync.") && !shown.contains("error"), "{shown}");
}

#[test]
fn what_should_be_deactivated_is_not_absent_where_an_odd_object_shows_its_label() {
    let mut world = World::empty();
    world.config(want("lunch", "Meal", "Lunch").deactivated());
    assert!(shown(&world, vec![], vec![]).contains("No changes."));
    let shown = shown(&world, vec![odd(7, None, &[("en_US", "Lunch")])], vec![]);
    assert!(shown.contains("error[looks-like-odd-object]: `lunch` says `deactivated: true`"), "{shown}");
    assert!(!shown.contains("new: true"), "{shown}");
}

#[test]
fn a_saved_plan_has_seen_odd_objects() {
    let world = World::in_step([want("lunch", "Meal", "Lunch")]);
    let (desired, _) = world.desired();
    let plan = plan(&desired, &with(world.observed(), vec![odd(7, None, &[])], vec![]), &desired.settings.limits);
    assert_eq!(plan.seen, [id(1), id(7)]);
}

#[test]
fn many_odd_objects_are_counted() {
    let world = World::in_step([want("lunch", "Meal", "Lunch")]);
    let shown = shown(&world, (10..40).map(|it| odd(it, None, &[])).collect(), vec![]);
    assert!(shown.contains("\nand 29 more of `odd-object`:\n  "), "{shown}");
    assert!(shown.contains("20 objects more cannot be read completely"), "{shown}");
}

// A broken character

#[test]
fn half_a_character_is_a_warning_while_nothing_is_written() {
    let world = World::in_step([want("lunch", "Meal", "Lunch \u{FFFD}")]);
    let shown = shown(&world, vec![], vec![halved(id(1), &["en_US"], &[])]);
    assert!(
        shown.contains("warning[half-character]: `2fa68d50-0000-4000-8000-000000000001` holds a broken"),
        "{shown}"
    );
    assert!(shown.contains("No changes. 1 definition is in sync."), "{shown}");
}

#[test]
fn a_change_that_would_send_half_a_character_is_refused() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch").label("fr", "Midi \u{FFFD}")]);
    world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag").label("fr", "Midi \u{FFFD}"));
    let fr = || vec![halved(id(1), &["fr"], &[])];
    assert_snapshot!(shown(&world, vec![], fr()));

    world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag").label("fr", "Midi"));
    assert!(!shown(&world, vec![], fr()).contains("error"), "the config names the label");
    world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
    assert!(!shown(&world, vec![], fr()).contains("error"), "the label is taken away");

    world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag").label("fr", "Midi")).locales(&["en_US", "de"]);
    assert!(shown(&world, vec![], fr()).contains("error[sends-half-character]"), "the locale is not managed");
}

#[test]
fn a_deactivation_sends_it_and_a_deletion_does_not() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch \u{FFFD}")]);
    let half = || vec![halved(id(1), &["en_US"], &[])];
    world.config(want("lunch", "Meal", "Lunch \u{FFFD}").deactivated());
    assert!(shown(&world, vec![], half()).contains("error[sends-half-character]"));
    world.config(want("tea", "Break", "Tea")).forget("lunch").prune();
    let shown = shown(&world, vec![], half());
    assert!(shown.contains("- delete") && !shown.contains("error"), "{shown}");
}

#[test]
fn what_no_config_can_name_has_to_be_repaired_in_the_org() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch")]);
    world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
    let shown = shown(&world, vec![], vec![halved(id(1), &[], &["name"])]);
    assert!(shown.contains("holds a broken character (`name`)"), "{shown}");
    assert!(shown.contains("write the whole text in the org's admin page"), "{shown}");
}
