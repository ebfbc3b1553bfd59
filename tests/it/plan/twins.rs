//! No duplicate by accident: a label that reads the same raises a question, and an existing twin is shown.

use insta::assert_snapshot;
use presencectl::model::observed::Primary;

use crate::paper::{World, id, want};

/// The codes of what a plan is refused for.
fn refused(world: &World) -> Vec<String> {
    let shown = world.plan();
    shown.lines().filter_map(|it| Some(it.strip_prefix("error[")?.split_once(']')?.0.to_owned())).collect()
}

#[test]
fn a_label_in_another_typography_is_a_question() {
    let pairs = [
        ("Pause d'équipe", "Pause d’équipe"),
        ("Away - Lunch", "Away – Lunch"),
        ("Wait...", "Wait…"),
        ("Pause", "ＰＡＵＳＥ"),
        ("☕ Pause", "☕\u{FE0F} Pause"),
        ("Straße", "STRASSE"),
        ("\"Pause\"", "«Pause»"),
        ("Mittag", "Mit\u{AD}tag"),
        ("Team meeting", "Team\u{2003}meeting"),
    ];
    for (ours, theirs) in pairs.into_iter().flat_map(|(a, b)| [(a, b), (b, a)]) {
        let mut world = World::in_step([]);
        world.org().add("Busy", &[("en_US", theirs)]);
        world.config(want("a", "Busy", ours));
        assert_eq!(refused(&world), ["looks-like-rename"], "{ours} {theirs}");
        // In another language than the default one, too.
        let mut world = World::in_step([]);
        world.org().add("Busy", &[("en_US", "Old"), ("fr", theirs)]);
        world.config(want("a", "Busy", "New").label("fr", ours));
        assert_eq!(refused(&world), ["looks-like-rename"], "{ours} {theirs}");
        // Under another system presence, it is the other question.
        let mut world = World::in_step([]);
        world.org().add("Meal", &[("en_US", theirs)]);
        world.config(want("a", "Busy", ours));
        assert_eq!(refused(&world), ["other-system-presence"], "{ours} {theirs}");
    }
}

#[test]
fn a_question_of_typography_shows_the_difference_and_its_answers_work() {
    let mut world = World::in_step([]);
    world.org().add("Busy", &[("en_US", "Pause d’équipe")]);
    world.config(want("a", "Busy", "Pause d'équipe"));
    assert_snapshot!(world.plan(), @r#"
    error[looks-like-rename]: `a` would be created, but it looks like `Pause d’équipe` (Busy, 2fa68d50-0000-4000-8000-000000000001): its label is `Pause d'équipe`, that one is `Pause d’équipe` (`'` (U+0027) in place of `’` (U+2019))
      --> presence.yaml:2:3
      if it is `Pause d’équipe` under a new label:
          a:
            previousLabels: ["Pause d’équipe"]
      if it is another one:
          a:
            new: true

    Unmanaged: 1 left alone
      an error above is about them:
        "Pause d’équipe" (Busy, 2fa68d50-0000-4000-8000-000000000001): `a`

    Plan refused: 1 error to answer before anything is applied.
    "#);
    world.config(want("a", "Busy", "Pause d'équipe").previously("Pause d’équipe"));
    let shown = world.plan();
    assert!(shown.contains("~ update a \"Pause d’équipe\"") && shown.ends_with("Plan: 1 to update.\n"), "{shown}");
    let mut world = World::in_step([]);
    world.org().add("Meal", &[("en_US", "Lu\u{200B}nch")]);
    world.config(want("a", "Busy", "Lunch"));
    let shown = world.plan();
    assert!(shown.contains("its label is `Lunch`, that one is `Lu\\u200Bnch` (nothing in place of U+200B)"), "{shown}");
    let lines = "            replaces: Meal\n            previousLabels: [\"Lu\\u200Bnch\"]\n";
    assert!(shown.contains(&lines.replace("            ", "        ")), "{shown}");
    world.config(want("a", "Busy", "Lunch").previously("Lu\u{200B}nch").replaces("Meal"));
    let shown = world.plan();
    assert!(shown.contains("+ create a ") && shown.contains("replace"), "{shown}");
    assert!(!shown.contains("error["), "{shown}");
}

#[test]
fn matching_stays_exact() {
    let mut world = World::in_step([want("a", "Busy", "Pause d’équipe"), want("b", "Busy", "Pause d'équipe")]);
    world.org().label("Pause d’équipe", "de", "Pause");
    let shown = world.plan();
    assert!(shown.contains("~ update a "), "{shown}");
    assert!(!shown.contains("update b"), "{shown}");
}

/// `lunch` was renamed, and another object has its old label.
fn renamed_beside_a_twin() -> World {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch break").previously("Lunch")]);
    world.org().add("Meal", &[("en_US", "Lunch")]);
    world
}

#[test]
fn an_active_object_with_a_previous_label_is_a_twin() {
    assert_snapshot!(renamed_beside_a_twin().plan(), @r#"
    warning[hidden-twin]: `lunch` is `Lunch break` (2fa68d50-0000-4000-8000-000000000001), but `Lunch` (2fa68d50-0000-4000-8000-000000000002), which its label or `previousLabels` also name, is active and unmanaged, so agents see both: give it a key of its own, pinned in `ids`, with `deactivated: true` to retire it or with its labels to keep it; or pin `lunch` to it; or name it in `protect` to leave it alone

    Unmanaged: 1 left alone
      the config does not name them:
        "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000002)

    No changes. 1 definition is in sync.
    "#);
}

#[test]
fn several_twins_are_counted() {
    let mut world = renamed_beside_a_twin();
    for _ in 0..5 {
        world.org().add("Meal", &[("en_US", "Lunch")]);
    }
    let shown = world.plan();
    assert!(shown.contains(" and 3 more, which its label or `previousLabels` also name, are active"), "{shown}");
}

#[test]
fn a_pinned_definition_has_twins_by_both_labels() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch").pinned(id(7))]);
    world.org().add("Meal", &[("en_US", "Lunch break")]);
    world.org().add("Meal", &[("en_US", "Snack")]);
    world.config(want("lunch", "Meal", "Lunch break").previously("Snack").pinned(id(7)));
    let shown = world.plan();
    assert!(shown.contains("warning[hidden-twin]: `lunch` is `Lunch` ("), "{shown}");
    assert!(shown.contains(", but `Lunch break` (") && shown.contains(" and `Snack` ("), "{shown}");
    assert!(!shown.contains("No longer needed"), "{shown}");
}

#[test]
fn what_is_said_to_stay_or_to_go_is_no_twin() {
    let no_twin = |world: &World| {
        let shown = world.plan();
        assert!(!shown.contains("hidden-twin"), "{shown}");
        shown
    };
    // Deactivated: the line has done its work.
    let mut world = renamed_beside_a_twin();
    world.org().deactivate("Lunch");
    assert!(no_twin(&world).contains("No longer needed: `previousLabels`"));
    // A definition of its own: so too.
    let mut world = renamed_beside_a_twin();
    world.config(want("snack", "Meal", "Lunch"));
    assert!(no_twin(&world).contains("No longer needed: `previousLabels`"));
    // Under another system presence it is another one.
    let mut world = World::in_step([want("lunch", "Meal", "Lunch break").previously("Lunch")]);
    world.org().add("Break", &[("en_US", "Lunch")]);
    assert!(no_twin(&world).contains("No longer needed: `previousLabels`"));
    // The platform's own is never made by anyone.
    let mut world = World::in_step([want("lunch", "Meal", "Lunch break").previously("Lunch")]);
    world.org().add("Meal", &[("en_US", "Lunch")]);
    world.org().primary("Lunch", Primary::Yes);
    assert!(no_twin(&world).contains("No longer needed: `previousLabels`"));
    // An object in `protect` is unmanaged on purpose.
    let mut world = World::in_step([want("lunch", "Meal", "Lunch break").previously("Lunch")]);
    let twin = world.org().add("Meal", &[("en_US", "Lunch")]);
    world.protect(twin);
    assert!(no_twin(&world).contains("No longer needed: `previousLabels`"));
    // What `prune: delete` removes does not stay.
    let mut world = renamed_beside_a_twin();
    world.prune();
    assert!(no_twin(&world).contains("- delete"));
    // What `replaces` takes the place of is deactivated by the plan.
    let mut world = World::in_step([want("lunch", "Meal", "Lunch break").previously("Lunch").replaces("Break")]);
    world.org().add("Break", &[("en_US", "Lunch")]);
    assert!(no_twin(&world).contains("- replace"), "{}", world.plan());
}
