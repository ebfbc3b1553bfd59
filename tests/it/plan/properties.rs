//! Properties of every plan: equal bytes for any order of input, and no effect on a terminal.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeMap;

use insta::assert_snapshot;
use presencectl::model::generation::Generation;
use presencectl::model::names::{DefinitionId, Label, Locale};
use presencectl::model::observed::{Organization, Target};
use presencectl::model::text;
use presencectl::output;
use presencectl::output::json;
use presencectl::output::style::Style;

use crate::paper::{World, id, target, want};

/// A world with something of everything.
pub(super) fn full() -> World {
    let mut world = World::in_step([
        want("lunch", "Meal", "Lunch").label("de", "Mittag"),
        want("coaching", "Busy", "Coaching"),
        want("tea", "Break", "Tea"),
        want("walk", "Away", "Walk"),
        want("desk", "Available", "Desk"),
    ]);
    world.org().add("Meal", &[("en_US", "Dinner")]);
    world.org().add("Break", &[("en_US", "Smoke")]);
    world.org().add("Training", &[("en_US", "Course")]);
    world.org().add("Offline", &[("en_US", "Ghost")]);
    world.org().deactivate("Desk");
    world.config(want("lunch", "Meal", "Lunch break").label("de", "Mittagspause").previously("Lunch"));
    world.config(want("coaching", "Busy", "Coaching").deactivated());
    world.config(want("smoke", "Away", "Smoke").replaces("Break"));
    world.config(want("late", "Meal", "Late dinner"));
    world.config(want("course", "Meeting", "Course"));
    world.config(want("walk", "Away", "Walk").omitted());
    world.config(want("none", "Idle", "None").said_to_be_new());
    world.prune();
    world
}

#[test]
fn one_of_everything_is_shown_in_one_order() {
    assert_snapshot!(full().plan(), @r#"
      + create none (Idle): the config says `new: true`
        + en_US: "None"
      + create smoke (Away): takes the place of the one under Break
        + en_US: "Smoke"
      ^ reactivate desk "Desk" (Available, 2fa68d50-0000-4000-8000-000000000005): matched by its label
        ~ deactivated: true -> false
      ~ update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000001): matched by its previous label `Lunch`
        ~ de:    "Mittag" -> "Mittagspause"
                                    ++++++
        ~ en_US: "Lunch" -> "Lunch break"
                                  ++++++
      - replace "Smoke" (Break, 2fa68d50-0000-4000-8000-000000000007): `smoke` takes its place
      - deactivate coaching "Coaching" (Busy, 2fa68d50-0000-4000-8000-000000000002): the config says `deactivated: true`; matched by its label
      - delete "Ghost" (Offline, 2fa68d50-0000-4000-8000-000000000009): the config does not name it

      Genesys Cloud keeps a deleted definition in the org, deactivated.

    error[other-system-presence]: `course` would be created, but its label exists under Training (2fa68d50-0000-4000-8000-000000000008)
      --> presence.yaml:6:3
      if it takes the place of the one under Training (which will be deactivated):
          course:
            replaces: Training
      if both shall exist:
          course:
            new: true

    error[looks-like-rename]: `late` would be created, but it looks like `Dinner` (Meal, 2fa68d50-0000-4000-8000-000000000006)
      --> presence.yaml:12:3
      if it is `Dinner` under a new label:
          late:
            previousLabels: [Dinner]
      if it is another one:
          late:
            new: true

    Unmanaged: 3
      named by `omit`:
        "Walk" (Away, 2fa68d50-0000-4000-8000-000000000004): `walk`
      an error above is about them:
        "Course" (Training, 2fa68d50-0000-4000-8000-000000000008): `course`
        "Dinner" (Meal, 2fa68d50-0000-4000-8000-000000000006): `late`

    Plan refused: 2 errors to answer before anything is applied. So far: 2 to create, 1 to reactivate, 1 to update, 1 to replace, 1 to deactivate, 1 to delete. 1 definition is in sync. Errors at presence.yaml:6:3 and presence.yaml:12:3.
    "#);
}

#[test]
fn the_same_input_gives_the_same_bytes_in_whatever_order_it_came() {
    let world = full();
    let shown = |world: &World| {
        let (plan, sources) = world.planned();
        let views = [Style::PLAIN, Style::COLORED].map(|style| output::text::plan(&plan, &target(), &sources, style));
        (views, json::write(&json::PlanV1::of(&plan, &target(), &sources)))
    };
    let expected = shown(&world);
    for seed in 0..10 {
        let mut other = World::empty();
        other.settings = world.settings.clone();
        other.observed.clone_from(&world.observed);
        // Rotated and dealt into two heaps: another order for every seed.
        let count = other.observed.len();
        other.observed.rotate_left(seed % count);
        let (a, b): (Vec<_>, Vec<_>) = other.observed.drain(..).enumerate().partition(|(n, _)| (n * seed) % 3 == 0);
        other.observed = b.into_iter().chain(a).map(|(_, it)| it).collect();
        let mut wants: Vec<_> = world.wants().cloned().collect();
        let count = wants.len();
        wants.rotate_right(seed % count);
        for want in wants {
            other.config(want);
        }
        assert_eq!(shown(&other), expected, "seed {seed}");
    }
}

const HOSTILE: &str =
    "a\u{1b}[2J\u{1b}]0;t\u{7}\r\nPlan: nothing\u{202E}b\u{2066}\u{200B}\u{9b}31m\u{85}\u{2028}\u{E0041}\u{FEFF}";

/// What is in the text and should not be, apart from line breaks.
fn hidden(shown: &str) -> String {
    shown.chars().filter(|c| *c != '\n' && text::is_hidden(*c)).collect()
}

#[test]
fn a_hostile_org_cannot_act_on_a_terminal() {
    let mut world = full();
    world.org().add("Meal", &[("en_US", HOSTILE)]);
    for object in &mut world.observed {
        object.id = DefinitionId::new(&format!("{}{HOSTILE}", object.id)).unwrap();
        object.labels.insert(Locale::new(HOSTILE), Label::new(HOSTILE));
    }
    world.config(want("hostile", "Meal", &format!("{HOSTILE}2")));
    world.config(want("pinned", "Meal", "x").pinned(id(1)));
    let org = Organization { id: presencectl::model::names::OrgId::new(HOSTILE).unwrap(), name: HOSTILE.to_owned() };
    let target = Target { org: Some(org), sandbox: true, generation: Generation::First };
    let (plan, sources) = world.planned();
    let uncolored = output::text::plan(&plan, &target, &sources, Style::PLAIN);
    let colored = output::text::plan(&plan, &target, &sources, Style::COLORED);
    let json = json::write(&json::PlanV1::of(&plan, &target, &sources));
    assert_eq!(hidden(&uncolored), "");
    assert_eq!(hidden(&without_styles(&colored)), "");
    assert_eq!(hidden(&json), "");
    assert_eq!(uncolored.lines().filter(|it| it.starts_with("Plan: nothing")).count(), 0);
    let document: BTreeMap<String, serde_json::Value> = serde_json::from_str(&json).unwrap();
    assert_eq!(document["target"]["orgName"], HOSTILE);
}

/// Our own styling is `ESC [ digits m` and nothing else.
fn without_styles(colored: &str) -> String {
    let mut parts = colored.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_once('m').unwrap();
        assert!(digits.chars().all(|c| c.is_ascii_digit() || c == ';'), "{digits:?}");
        plain.push_str(rest);
    }
    plain
}
