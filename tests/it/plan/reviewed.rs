//! Every pair of an operation that was reviewed and what became of its object, or of the config, since:
//! what is done with it, as one table.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fmt::Write as _;

use insta::assert_snapshot;
use presencectl::model::names::{Label, Locale};
use presencectl::model::observed::Definition;
use presencectl::plan::change::Action;
use presencectl::plan::difference::Difference;
use presencectl::plan::saved::{Bound, Fresh, SavedPlanError, bound, read};
use presencectl::render::machine;

use crate::paper::{Want, World, id, target, want};

/// A world that needs exactly this action on the object with the number 1 (a create makes it), beside
/// `tea`, which needs an update whatever happens, and `desk`, which is in step.
fn needing(action: Action) -> World {
    let lunch = || want("lunch", "Meal", "Lunch").label("de", "Mittag");
    let mut world = World::in_step([lunch(), want("tea", "Break", "Tea"), want("desk", "Busy", "Desk")]);
    world.config(want("tea", "Break", "Tea").label("de", "Tee"));
    match action {
        Action::Create => world.org().remove("Lunch"),
        Action::Reactivate => world.org().deactivate("Lunch"),
        Action::Update => world.org().label("Lunch", "de", "Pause"),
        Action::Replace => {
            world.org().add("Away", &[("en_US", "Lunch"), ("de", "Mittag")]);
            world.forget("lunch");
            world.config(want("lunch", "Away", "Lunch").label("de", "Mittag").replaces("Meal"));
        }
        Action::Deactivate => {
            world.config(lunch().deactivated());
        }
        Action::Delete => {
            world.forget("lunch");
        }
    }
    // With it everything that is no longer matched is a change, so that nothing is missed.
    world.prune();
    world
}

/// What happens to a world that needs this action.
type Event = fn(&mut World, Action);

/// What happens between the review and the apply. Those of the org come first.
const EVENTS: [(&str, Event); 15] = [
    ("nothing", |_, _| {}),
    ("somebody did the same", done),
    ("another label changed", |world, _| on_lunch(world, |it| set(it, "de", "Essen"))),
    ("it was renamed", |world, _| on_lunch(world, |it| set(it, "en_US", "Supper"))),
    ("it was renamed to what another is called", |world, _| on_lunch(world, |it| set(it, "en_US", "Desk"))),
    ("it was deactivated", |world, _| on_lunch(world, |it| it.deactivated = true)),
    ("it was activated", |world, _| on_lunch(world, |it| it.deactivated = false)),
    ("it was activated and renamed", |world, _| {
        on_lunch(world, |it| {
            it.deactivated = false;
            set(it, "en_US", "Supper");
        });
    }),
    ("it is gone", |world, _| world.observed.retain(|it| it.id != id(1))),
    ("it is gone, and another is called so", |world, _| {
        world.observed.retain(|it| it.id != id(1));
        world.org().add("Meal", &[("en_US", "Lunch")]);
    }),
    ("one with the label appeared", |world, _| {
        world.org().add("Meal", &[("en_US", "Lunch"), ("fr", "Midi")]);
    }),
    ("the config has another label", |world, action| reconfigured(world, action, |it| it.label("de", "Speise"))),
    ("the config has another name", |world, action| {
        reconfigured(world, action, |it| it.label("en_US", "Siesta").previously("Lunch"));
    }),
    ("the config says the contrary", |world, action| match action {
        Action::Create | Action::Reactivate | Action::Update => reconfigured(world, action, Want::deactivated),
        Action::Replace | Action::Deactivate | Action::Delete => {
            if action == Action::Replace {
                world.forget("lunch").config(want("away", "Away", "Lunch").label("de", "Mittag"));
            }
            world.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
        }
    }),
    ("the config pins another", |world, action| {
        let other = world.org().add("Meal", &[("en_US", "Other")]);
        reconfigured(world, action, |it| it.pinned(other));
    }),
];

fn set(object: &mut Definition, locale: &str, label: &str) {
    object.labels.insert(Locale::new(locale), Label::new(label));
}

fn on_lunch(world: &mut World, change: impl FnOnce(&mut Definition)) {
    if let Some(object) = world.observed.iter_mut().find(|it| it.id == id(1)) {
        change(object);
    }
}

fn done(world: &mut World, action: Action) {
    match action {
        Action::Create => {
            world.org().add("Meal", &[("en_US", "Lunch"), ("de", "Mittag")]);
        }
        Action::Reactivate => on_lunch(world, |it| it.deactivated = false),
        Action::Update => on_lunch(world, |it| set(it, "de", "Mittag")),
        Action::Replace | Action::Deactivate | Action::Delete => on_lunch(world, |it| it.deactivated = true),
    }
}

fn reconfigured(world: &mut World, action: Action, change: impl FnOnce(Want) -> Want) {
    let lunch = want("lunch", if action == Action::Replace { "Away" } else { "Meal" }, "Lunch").label("de", "Mittag");
    let lunch = match action {
        Action::Create | Action::Reactivate | Action::Update | Action::Delete => lunch,
        Action::Replace => lunch.replaces("Meal"),
        Action::Deactivate => lunch.deactivated(),
    };
    world.config(change(lunch));
}

/// What becomes of the operation, and whether the rest goes on.
fn verdict(reviewed: &World, now: &World, action: Action) -> String {
    let (plan, sources) = reviewed.planned();
    let ours: Vec<_> = plan.changes.iter().filter(|it| it.step.key().is_none_or(|it| it.as_str() != "tea")).collect();
    assert!(matches!(ours.as_slice(), [it] if it.step.action() == action), "{ours:?} {:?}", plan.refusals);
    let saved = read(&machine::plan_json(&plan, &target(), &sources)).unwrap();
    let (fresh, _) = now.planned();
    if let Some(refusal) = fresh.refusals.first() {
        return format!("the plan is refused: {}", refusal.code());
    }
    let (desired, observed) = (now.desired().0, now.observed());
    let fresh = Fresh { desired: &desired, observed: &observed, plan: &fresh };
    let bound = match bound(fresh, &saved, &target()) {
        Ok(bound) => bound,
        Err(SavedPlanError::NotSeen(_)) => return "not seen, nothing is done".to_owned(),
        Err(error) => panic!("{error}"),
    };
    let Bound { run, changed, withheld, already_so, beyond } = bound;
    if !beyond.is_empty() {
        let more: Vec<String> = beyond.iter().map(|it| it.step.action().verb().to_owned()).collect();
        return format!("beyond, nothing is done: {}", more.join(", "));
    }
    assert!(run.iter().any(|it| it.step.key().is_some_and(|it| it.as_str() == "tea")), "the rest goes on");
    let mut said = String::new();
    if run.len() == 2 {
        said.push_str("runs");
    }
    for (operation, differences) in changed {
        assert_eq!(operation.action, action);
        let differences: Vec<String> = differences.iter().map(brief).collect();
        let _ = write!(said, "refused: {}", differences.join(", "));
    }
    for it in already_so {
        assert_eq!(it.action, action);
        said.push_str("already so");
    }
    if said.is_empty() {
        said.push_str("not spoken of");
    }
    let instead: Vec<&str> = withheld.iter().map(|it| it.step.action().verb()).collect();
    if !instead.is_empty() {
        let _ = write!(said, " (and not: {})", instead.join(", "));
    }
    said
}

fn brief(difference: &Difference) -> String {
    let label = |it: &Option<Label>| it.as_ref().map_or("none".to_owned(), ToString::to_string);
    match difference {
        Difference::Label { locale, expected, found } => format!("{locale} {} -> {}", label(expected), label(found)),
        Difference::State { found_deactivated } => format!("deactivated -> {found_deactivated}"),
        Difference::SystemPresence { found, .. } => format!("now under {found}"),
        Difference::Division { .. } => "another division".to_owned(),
        Difference::Gone => "gone".to_owned(),
        Difference::Appeared(_) => "appeared".to_owned(),
        Difference::OtherObject { .. } => "another object".to_owned(),
    }
}

fn table(action: Action) -> String {
    let mut table = String::new();
    for (event, happens) in EVENTS {
        let reviewed = needing(action);
        let mut now = reviewed.clone();
        happens(&mut now, action);
        let _ = writeln!(table, "{event:<41}{}", verdict(&reviewed, &now, action));
    }
    table
}

#[test]
fn a_reviewed_create() {
    assert_snapshot!(table(Action::Create), @"
    nothing                                  runs
    somebody did the same                    already so
    another label changed                    runs
    it was renamed                           runs
    it was renamed to what another is called runs
    it was deactivated                       runs
    it was activated                         runs
    it was activated and renamed             runs
    it is gone                               runs
    it is gone, and another is called so     refused: appeared (and not: update)
    one with the label appeared              refused: appeared (and not: update)
    the config has another label             beyond, nothing is done: create
    the config has another name              beyond, nothing is done: create
    the config says the contrary             not spoken of
    the config pins another                  beyond, nothing is done: update
    ");
}

#[test]
fn a_reviewed_reactivation() {
    assert_snapshot!(table(Action::Reactivate), @"
    nothing                                  runs
    somebody did the same                    already so
    another label changed                    refused: de Mittag -> Essen (and not: reactivate)
    it was renamed                           refused: en_US Lunch -> Supper (and not: create)
    it was renamed to what another is called refused: en_US Lunch -> Desk (and not: create)
    it was deactivated                       runs
    it was activated                         already so
    it was activated and renamed             the plan is refused: looks-like-rename
    it is gone                               not seen, nothing is done
    it is gone, and another is called so     not seen, nothing is done
    one with the label appeared              refused: another object (and not: update)
    the config has another label             beyond, nothing is done: reactivate
    the config has another name              beyond, nothing is done: create
    the config says the contrary             not spoken of
    the config pins another                  beyond, nothing is done: update
    ");
}

#[test]
fn a_reviewed_update() {
    assert_snapshot!(table(Action::Update), @"
    nothing                                  runs
    somebody did the same                    already so
    another label changed                    refused: de Pause -> Essen (and not: update)
    it was renamed                           refused: en_US Lunch -> Supper (and not: create, delete)
    it was renamed to what another is called refused: en_US Lunch -> Desk (and not: create, delete)
    it was deactivated                       refused: deactivated -> true (and not: reactivate)
    it was activated                         runs
    it was activated and renamed             refused: en_US Lunch -> Supper (and not: create, delete)
    it is gone                               not seen, nothing is done
    it is gone, and another is called so     not seen, nothing is done
    one with the label appeared              the plan is refused: ambiguous
    the config has another label             beyond, nothing is done: update
    the config has another name              beyond, nothing is done: update
    the config says the contrary             beyond, nothing is done: deactivate
    the config pins another                  beyond, nothing is done: update, delete
    ");
}

#[test]
fn a_reviewed_replacement() {
    assert_snapshot!(table(Action::Replace), @"
    nothing                                  runs
    somebody did the same                    already so
    another label changed                    refused: de Mittag -> Essen (and not: replace)
    it was renamed                           refused: en_US Lunch -> Supper (and not: delete)
    it was renamed to what another is called refused: en_US Lunch -> Desk (and not: delete)
    it was deactivated                       already so
    it was activated                         runs
    it was activated and renamed             refused: en_US Lunch -> Supper (and not: delete)
    it is gone                               already so
    it is gone, and another is called so     refused: gone (and not: replace)
    one with the label appeared              the plan is refused: ambiguous
    the config has another label             beyond, nothing is done: update
    the config has another name              beyond, nothing is done: update
    the config says the contrary             not spoken of
    the config pins another                  the plan is refused: pinned-elsewhere
    ");
}

#[test]
fn a_reviewed_deactivation() {
    assert_snapshot!(table(Action::Deactivate), @"
    nothing                                  runs
    somebody did the same                    already so
    another label changed                    refused: de Mittag -> Essen (and not: deactivate)
    it was renamed                           refused: en_US Lunch -> Supper (and not: delete)
    it was renamed to what another is called refused: en_US Lunch -> Desk (and not: delete)
    it was deactivated                       already so
    it was activated                         runs
    it was activated and renamed             refused: en_US Lunch -> Supper (and not: delete)
    it is gone                               already so
    it is gone, and another is called so     refused: gone (and not: deactivate)
    one with the label appeared              the plan is refused: ambiguous
    the config has another label             runs
    the config has another name              runs
    the config says the contrary             not spoken of
    the config pins another                  beyond, nothing is done: deactivate, delete
    ");
}

#[test]
fn a_reviewed_deletion() {
    assert_snapshot!(table(Action::Delete), @"
    nothing                                  runs
    somebody did the same                    already so
    another label changed                    refused: de Mittag -> Essen (and not: delete)
    it was renamed                           refused: en_US Lunch -> Supper (and not: delete)
    it was renamed to what another is called refused: en_US Lunch -> Desk (and not: delete)
    it was deactivated                       already so
    it was activated                         runs
    it was activated and renamed             refused: en_US Lunch -> Supper (and not: delete)
    it is gone                               already so
    it is gone, and another is called so     beyond, nothing is done: delete
    one with the label appeared              beyond, nothing is done: delete
    the config has another label             beyond, nothing is done: update
    the config has another name              beyond, nothing is done: update
    the config says the contrary             not spoken of
    the config pins another                  beyond, nothing is done: update
    ");
}
