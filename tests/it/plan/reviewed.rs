//! Every pair of a reviewed operation and a later change of its object or config, with the result, as one table.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::fmt::Write as _;

use insta::assert_snapshot;
use presencectl::model::names::{Label, Locale};
use presencectl::model::observed::Definition;
use presencectl::output::json;
use presencectl::output::json::saved_plan::read;
use presencectl::plan::change::Action;
use presencectl::plan::difference::Difference;
use presencectl::plan::saved::{Bound, Fresh, MisfitReason, bound};

use crate::paper::{Want, World, id, target, want};

/// A world that needs exactly this action on the object with the number 1 (a create makes it), beside `tea`, which
/// always needs an update, and `desk`, which is in sync.
fn needing(action: Action) -> World {
    let lunch = || want("lunch", "Meal", "Lunch").label("de", "Mittag");
    let mut world = World::in_step([lunch(), want("tea", "Break", "Tea"), want("desk", "Busy", "Desk")]);
    world.config(want("tea", "Break", "Tea").label("de", "Tee"));
    match action {
        Action::Create => world.org().remove("Lunch"),
        Action::Reactivate => world.org().deactivate("Lunch"),
        Action::Update => world.org().label("Lunch", "de", "Pause"),
        Action::Supersede => {
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
    ("a person did the same", done),
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
        Action::Supersede | Action::Deactivate | Action::Delete => {
            if action == Action::Supersede {
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
        Action::Supersede | Action::Deactivate | Action::Delete => on_lunch(world, |it| it.deactivated = true),
    }
}

fn reconfigured(world: &mut World, action: Action, change: impl FnOnce(Want) -> Want) {
    let lunch = want("lunch", if action == Action::Supersede { "Away" } else { "Meal" }, "Lunch").label("de", "Mittag");
    let lunch = match action {
        Action::Create | Action::Reactivate | Action::Update | Action::Delete => lunch,
        Action::Supersede => lunch.replaces("Meal"),
        Action::Deactivate => lunch.deactivated(),
    };
    world.config(change(lunch));
}

/// The result of the operation, and whether the rest continues.
fn verdict(reviewed: &World, now: &World, action: Action) -> String {
    let (plan, sources) = reviewed.planned();
    let ours: Vec<_> = plan.changes.iter().filter(|it| it.step.key().is_none_or(|it| it.as_str() != "tea")).collect();
    assert!(matches!(ours.as_slice(), [it] if it.step.action() == action), "{ours:?} {:?}", plan.blockers);
    let saved = read(&json::write(&json::PlanV1::of(&plan, &target(), &sources))).unwrap();
    let (fresh, _) = now.planned();
    if let Some(blocker) = fresh.blockers.first() {
        return format!("the plan is refused: {}", blocker.code());
    }
    let (desired, observed) = (now.desired().0, now.observed());
    let fresh = Fresh { desired: &desired, observed: &observed, plan: &fresh };
    let bound = match bound(fresh, &[saved], &target()).map_err(|it| it.why) {
        Ok(bound) => bound,
        Err(MisfitReason::NotSeen(_)) => return "not seen, nothing is done".to_owned(),
        Err(error) => panic!("{error}"),
    };
    let named = |it: Action| if it == action { "the same" } else { it.verb() };
    let Bound { run, changed, blocked, already_in_place: already_so, not_in_plan: beyond } = bound;
    if !beyond.is_empty() {
        let more: Vec<&str> = beyond.iter().map(|it| named(it.step.action())).collect();
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
    let instead: Vec<&str> = blocked.iter().map(|it| named(it.step.action())).collect();
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

/// Every verdict below its event, with the actions that it is given.
fn table() -> String {
    let mut table = String::new();
    for (event, happens) in EVENTS {
        let _ = writeln!(table, "{event}");
        let mut verdicts: Vec<(String, Vec<&str>)> = Vec::new();
        for action in Action::ALL {
            let reviewed = needing(action);
            let mut now = reviewed.clone();
            happens(&mut now, action);
            let verdict = verdict(&reviewed, &now, action);
            match verdicts.iter_mut().find(|(it, _)| *it == verdict) {
                Some((_, actions)) => actions.push(action.verb()),
                None => verdicts.push((verdict, vec![action.verb()])),
            }
        }
        for (verdict, actions) in verdicts {
            let _ = writeln!(table, "  {}: {verdict}", actions.join(", "));
        }
    }
    table
}

#[test]
fn what_happens_to_what_was_reviewed() {
    assert_snapshot!(table(), @r"
    nothing
      create, reactivate, update, replace, deactivate, delete: runs
    a person did the same
      create, reactivate, update, replace, deactivate, delete: already so
    another label changed
      create: runs
      reactivate, replace, deactivate, delete: refused: de Mittag -> Essen (and not: the same)
      update: refused: de Pause -> Essen (and not: the same)
    it was renamed
      create: runs
      reactivate: refused: en_US Lunch -> Supper (and not: create)
      update: refused: en_US Lunch -> Supper (and not: create, delete)
      replace, deactivate: refused: en_US Lunch -> Supper (and not: delete)
      delete: refused: en_US Lunch -> Supper (and not: the same)
    it was renamed to what another is called
      create: runs
      reactivate: refused: en_US Lunch -> Desk (and not: create)
      update: refused: en_US Lunch -> Desk (and not: create, delete)
      replace, deactivate: refused: en_US Lunch -> Desk (and not: delete)
      delete: refused: en_US Lunch -> Desk (and not: the same)
    it was deactivated
      create, reactivate: runs
      update: refused: deactivated -> true (and not: reactivate)
      replace, deactivate, delete: already so
    it was activated
      create, update, replace, deactivate, delete: runs
      reactivate: already so
    it was activated and renamed
      create: runs
      reactivate: the plan is refused: looks-like-rename
      update: refused: en_US Lunch -> Supper (and not: create, delete)
      replace, deactivate: refused: en_US Lunch -> Supper (and not: delete)
      delete: refused: en_US Lunch -> Supper (and not: the same)
    it is gone
      create: runs
      reactivate, update: not seen, nothing is done
      replace, deactivate, delete: already so
    it is gone, and another is called so
      create: refused: appeared (and not: update)
      reactivate, update: not seen, nothing is done
      replace, deactivate: refused: gone (and not: the same)
      delete: beyond, nothing is done: the same
    one with the label appeared
      create: refused: appeared (and not: update)
      reactivate: refused: another object (and not: update)
      update, replace, deactivate: the plan is refused: ambiguous
      delete: beyond, nothing is done: the same
    the config has another label
      create, reactivate, update: beyond, nothing is done: the same
      replace, delete: beyond, nothing is done: update
      deactivate: runs
    the config has another name
      create, update: beyond, nothing is done: the same
      reactivate: beyond, nothing is done: create
      replace, delete: beyond, nothing is done: update
      deactivate: runs
    the config says the contrary
      create, reactivate, replace, deactivate, delete: not spoken of
      update: beyond, nothing is done: deactivate
    the config pins another
      create, reactivate, delete: beyond, nothing is done: update
      update, deactivate: beyond, nothing is done: the same, delete
      replace: the plan is refused: pinned-elsewhere
    ");
}
