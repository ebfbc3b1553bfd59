//! The coverage of locales: present, missing and odd labels.

use presencectl::config::coverage::{Cell, Coverage, Mark};
use presencectl::config::layers::Resolved;
use presencectl::model::names::Locale;

use super::locale;
use crate::paper::{World, want};

/// Each row as a line: the key, then a cell for each locale.
fn shown(world: &World) -> Vec<String> {
    let coverage = Coverage::of(&world.desired().0, &Resolved::default());
    let cell = |it: &Cell| match it.marks.as_slice() {
        [] => "ok".to_owned(),
        marks => marks.iter().map(Mark::in_words).collect::<Vec<_>>().join("+"),
    };
    let heads: Vec<&str> = coverage.locales.iter().map(Locale::as_str).collect();
    let rows = coverage
        .rows
        .iter()
        .map(|row| format!("{}: {}", row.key, row.cells.iter().map(cell).collect::<Vec<_>>().join(", ")));
    std::iter::once(heads.join(" ")).chain(rows).collect()
}

fn world() -> World {
    World::in_step([
        want("lunch", "Meal", "Lunch").label("de", "Mittag").label("en_GB", "Lunch"),
        want("tea", "Break", "Tea").label("de", "Tea").label("fr", "Une très longue pause café entre nous"),
        want("dinner", "Meal", "Dinner").label("de-", "x").label("de", "Mittag"),
        want("old", "Meal", "Old").deactivated(),
        want("other", "Meal", "Other").omitted(),
    ])
}

#[test]
fn every_locale_that_appears_has_a_column() {
    assert_eq!(
        shown(&world()),
        [
            "en_US de de- en_GB fr",
            "dinner: ok, twice, ok, missing, missing",
            "lunch: ok, twice, missing, ok, missing",
            "tea: ok, same, missing, missing, 37 characters",
        ]
    );
}

#[test]
fn the_configs_own_locales_are_all_that_counts_where_it_has_some() {
    let mut world = world();
    world.locales(&["en_US", "fr", "DE", "it"]);
    assert_eq!(
        shown(&world),
        [
            "en_US fr DE it",
            "dinner: ok, missing, twice, missing",
            "lunch: ok, missing, twice, missing",
            "tea: ok, 37 characters, same, missing",
        ]
    );
    let coverage = Coverage::of(&world.desired().0, &Resolved::default());
    let index = coverage.locales.iter().position(|it| it.same_as(&locale("fr"))).unwrap();
    assert_eq!(coverage.present(index), (1, 3));
}
