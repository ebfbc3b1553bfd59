//! The comparison of an object, read right before a write, with the step that is about to write it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use presencectl::model::names::{Label, Locale};
use presencectl::model::observed::Content;
use presencectl::plan::change::{Removal, Step};
use presencectl::plan::difference::{Difference, Standing, standing};

use crate::paper::{Want, World, id, labels, object, presence, want};

fn lunch() -> Want {
    want("lunch", "Meal", "Lunch").label("de", "Mittag")
}

/// The one step of the world's plan.
fn step(world: &World) -> Step {
    let (plan, _) = world.planned();
    let [change] = plan.changes.as_slice() else { panic!("not one step: {}", world.plan()) };
    change.step.clone()
}

/// Its object, after an edit since the plan.
fn since(world: &World, step: &Step, edit: impl FnOnce(&mut World)) -> Standing {
    let mut later = world.clone();
    edit(&mut later);
    standing(step, later.observed().get(&id(1)).unwrap())
}

fn german(expected: &str, found: &str) -> Difference {
    let [expected, found] = [expected, found].map(|it| Some(Label::new(it)));
    Difference::Label { locale: Locale::new("de"), expected, found }
}

#[test]
fn an_update_stands_by_what_is_managed() {
    let mut world = World::in_step([lunch().label("fr", "Midi")]);
    world.locales(&["en_US", "de"]).config(lunch().label("de", "Mittagspause"));
    let step = step(&world);
    assert_eq!(since(&world, &step, |_| ()), Standing::AsBefore);
    assert_eq!(since(&world, &step, |it| it.org().label("Lunch", "fr", "Pause")), Standing::AsBefore);
    assert_eq!(since(&world, &step, |it| it.org().label("Lunch", "de", "Mittagspause")), Standing::AsAfter);
    assert_eq!(
        since(&world, &step, |it| it.org().label("Lunch", "de", "Pause")),
        Standing::Changed(vec![german("Mittag", "Pause")])
    );
    assert_eq!(
        since(&world, &step, |it| it.org().deactivate("Lunch")),
        Standing::Changed(vec![Difference::State { found_deactivated: true }])
    );
}

#[test]
fn an_object_that_has_moved_to_another_system_presence_is_another_one() {
    let mut world = World::in_step([lunch()]);
    world.config(lunch().label("de", "Mittagspause"));
    let (expected, found) = (presence("Meal"), presence("Break"));
    assert_eq!(
        since(&world, &step(&world), |it| it.org().find("Lunch").system_presence = found.clone()),
        Standing::Changed(vec![Difference::SystemPresence { expected, found: found.clone() }])
    );
}

#[test]
fn a_removal_is_done_where_its_object_is_deactivated_whatever_it_is_called() {
    let mut world = World::in_step([lunch()]);
    world.config(lunch().deactivated());
    let step = step(&world);
    assert_eq!(since(&world, &step, |_| ()), Standing::AsBefore);
    assert_eq!(since(&world, &step, |it| it.org().deactivate("Lunch")), Standing::AsAfter);
    let rename = |it: &mut World| it.org().label("Lunch", "de", "Pause");
    assert_eq!(since(&world, &step, rename), Standing::Changed(vec![german("Mittag", "Pause")]));
    let both = |it: &mut World| {
        rename(it);
        it.org().deactivate("Lunch");
    };
    assert_eq!(since(&world, &step, both), Standing::AsAfter);
}

#[test]
fn a_removal_that_an_undo_makes_asks_for_labels_as_well() {
    let mut world = World::in_step([lunch()]);
    world.config(lunch().deactivated());
    let Step::Deactivate(key, removal) = step(&world) else { panic!("{}", world.plan()) };
    let after = Content { labels: labels(&[("en_US", "Lunch"), ("de", "Siesta")]), ..removal.after() };
    let step = Step::Deactivate(key, Removal { after: Some(after), ..removal });
    let rename = |it: &mut World| it.org().label("Lunch", "de", "Siesta");
    assert_eq!(since(&world, &step, |_| ()), Standing::AsBefore);
    assert_eq!(since(&world, &step, rename), Standing::Changed(vec![german("Mittag", "Siesta")]));
    assert_eq!(
        since(&world, &step, |it| it.org().deactivate("Lunch")),
        Standing::Changed(vec![Difference::State { found_deactivated: true }])
    );
    let both = |it: &mut World| {
        rename(it);
        it.org().deactivate("Lunch");
    };
    assert_eq!(since(&world, &step, both), Standing::AsAfter);
}

#[test]
fn what_is_found_where_something_was_to_be_made_is_it_or_is_in_its_way() {
    let mut world = World::empty();
    world.config(lunch());
    let step = step(&world);
    let made = [("en_US", "Lunch"), ("de", "Mittag")];
    assert_eq!(standing(&step, &object(1, "Meal", &made)), Standing::AsAfter);
    let in_the_way = object(1, "Meal", &[("en_US", "Lunch"), ("de", "Pause")]);
    assert_eq!(standing(&step, &in_the_way), Standing::Changed(vec![german("Mittag", "Pause")]));
}
