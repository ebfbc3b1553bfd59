//! What a change of the config does by itself: one org, the config before and after.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use insta::assert_snapshot;
use presencectl::coverage::Coverage;
use presencectl::diagnostic::Sources;
use presencectl::model::moment::Moment;
use presencectl::model::names::Key;
use presencectl::model::observed::Modified;
use presencectl::plan::base::{Side, compare};
use presencectl::plan::origin::{Against, Base, Comparison, Origin, Pending};
use presencectl::plan::{Plan, plan};
use presencectl::render::style::Style;
use presencectl::render::{html, human, machine, markdown};

use crate::paper::{World, presence, target, want};
use crate::render::{complaints, parsed};

const MERGED: &str = "2026-03-01T12:00:00.000Z";

/// The plan of the head beside that of the base, over the head's org.
fn compared(base: &World, head: &World) -> (Plan, Sources) {
    let (before, _) = base.desired();
    let (after, sources) = head.desired();
    let observed = head.observed();
    let planned = plan(&before, &observed, &before.settings.limits);
    let made = plan(&after, &observed, &after.settings.limits);
    let changed_at = Moment::read(MERGED);
    let (base, head) = (Side { desired: &before, plan: &planned }, Side { desired: &after, plan: &made });
    let comparison = Comparison::Made(Box::new(compare(base, head, &observed, changed_at)));
    let commit = Some("3f2a91c0d4e5f60718293a4b5c6d7e8f90a1b2c3".to_owned());
    let against = Against { typed: "origin/main".to_owned(), commit, changed_at };
    (Plan { base: Some(Base { against, comparison }), ..made }, sources)
}

fn shown(base: &World, head: &World) -> String {
    let (plan, sources) = compared(base, head);
    let shown = human::plan(&plan, &target(), &sources, Style::PLAIN);
    shown.split_once("\n\n").unwrap().1.to_owned()
}

/// Where the change of one definition comes from.
fn origin(plan: &Plan, key: &str) -> Option<Origin> {
    let change = plan.changes.iter().find(|it| it.step.key() == Key::new(key).as_ref())?;
    plan.base.as_ref()?.origin(&change.step).cloned()
}

/// Everything at once: lunch is changed by this change, tea was edited by hand, walk was never applied, desk both;
/// coaching leaves, smoke is renamed without a word, nap was to be changed and is no more; limits are raised.
fn everything() -> (World, World) {
    let mut base = World::in_step([
        want("lunch", "Meal", "Lunch"),
        want("tea", "Break", "Tea"),
        want("walk", "Away", "Walk"),
        want("desk", "Available", "Desk"),
        want("coaching", "Busy", "Coaching"),
        want("smoke", "Break", "Smoke"),
        want("nap", "Idle", "Nap"),
    ]);
    base.config(want("walk", "Away", "Walk").label("de", "Spaziergang"));
    base.config(want("nap", "Idle", "Nap").label("de", "Schlaf"));
    base.config(want("fresh", "Training", "Fresh"));
    base.org().label("Tea", "de", "von Hand");
    base.org().label("Desk", "de", "von Hand");
    for (name, at) in [("Tea", "2026-03-02T08:30:00.000Z"), ("Walk", "2026-02-01T08:30:00.000Z")] {
        base.org().find(name).modified = Some(Modified { by: Some("ada".to_owned()), at: Some(at.to_owned()) });
    }
    let mut head = base.clone();
    head.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
    head.config(want("desk", "Available", "Desk").label("fr", "Bureau"));
    head.config(want("nap", "Idle", "Nap"));
    head.config(want("smoke", "Break", "Cigarette"));
    head.forget("coaching");
    head.limits(5, 5, 20);
    (base, head)
}

#[test]
fn every_view_says_what_is_from_this_change_and_what_was_pending_before() {
    let (base, head) = everything();
    let (plan, sources) = compared(&base, &head);
    assert_snapshot!("base_human", human::plan(&plan, &target(), &sources, Style::PLAIN));
    assert_snapshot!("base_markdown", markdown::plan(&plan, &target(), &sources));
    let page = html::plan(&plan, &Coverage::of(&head.desired().0), &target(), &sources);
    let main = page.split("<main id=\"main\">").nth(1).unwrap().split("<h2>Locale coverage").next().unwrap();
    assert_snapshot!("base_html", main);
    let json = parsed(&machine::plan_json(&plan, &target(), &sources));
    assert_eq!(complaints(&machine::plan_schema(), &json), [""; 0]);
    let origins: Vec<String> = json["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{}: {}", it["key"].as_str().unwrap(), it["origin"].as_str().unwrap()))
        .collect();
    assert_eq!(
        origins,
        [
            "fresh: before",
            "smoke: this-change",
            "desk: this-change-too",
            "lunch: this-change",
            "tea: edited",
            "walk: not-applied"
        ]
    );
    assert_snapshot!("base_json", serde_json::to_string_pretty(&json["base"]).unwrap());
}

#[test]
fn what_is_planned_stays_the_same() {
    let (base, head) = everything();
    let (with, _) = compared(&base, &head);
    assert_eq!(Plan { base: None, ..with }, head.planned().0);
}

#[test]
fn a_key_that_leaves_comes_first_and_one_that_is_retired_or_called_otherwise_does_not() {
    let base = World::in_step([want("coaching", "Busy", "Coaching"), want("tea", "Break", "Tea")]);
    let mut head = base.clone();
    head.forget("coaching");
    assert_eq!(
        shown(&base, &head).lines().next().unwrap(),
        "look: `coaching` leaves the config and stays active: write `deactivated: true` to retire it"
    );
    let leaving = |head: &World| compared(&base, head).0.base.unwrap().compared().unwrap().leaving.len();
    assert_eq!(leaving(&head), 1);
    head.config(want("coach", "Busy", "Coaching"));
    assert_eq!(leaving(&head), 0, "another key has it");
    head.forget("coach").prune();
    assert_eq!(leaving(&head), 0, "it is removed");
    head.config(want("coaching", "Busy", "Coaching").deactivated());
    assert_eq!(leaving(&head), 0, "it is retired");
}

#[test]
fn a_new_default_label_is_asked_about_unless_something_answers() {
    let base = World::in_step([want("lunch", "Meal", "Lunch")]);
    let asked = |want| {
        let mut head = base.clone();
        head.config(want);
        compared(&base, &head).0.base.unwrap().compared().unwrap().renamed.clone()
    };
    let lunch = || want("lunch", "Meal", "Dinner");
    let renamed = asked(lunch());
    assert_eq!(renamed[0].message(), "`lunch` was called `Lunch` and is called `Dinner` now: is it renamed?");
    assert_eq!(renamed[0].answer().lines, ["lunch:", "  previousLabels: [Lunch]"]);
    assert_eq!(asked(lunch().previously("Brunch"))[0].answer().lines[1], "  previousLabels: [Brunch, Lunch]");
    assert_eq!(asked(lunch().previously("Lunch")), []);
    assert_eq!(asked(lunch().said_to_be_new()), []);
    // Somebody has renamed it in the org already: it is found.
    let mut head = base.clone();
    head.config(want("lunch", "Meal", "Dinner"));
    head.org().label("Lunch", "en_US", "Dinner");
    assert_eq!(compared(&base, &head).0.base.unwrap().compared().unwrap().renamed, []);
}

#[test]
fn each_guard_that_the_change_edits_is_named() {
    let mut base = World::in_step([want("lunch", "Meal", "Lunch"), want("walk", "Away", "Walk")]);
    let guards = |head: &World| {
        let (plan, _) = compared(&base, head);
        plan.base.unwrap().compared().unwrap().guards.iter().map(|it| it.field()).collect::<Vec<_>>()
    };
    let mut head = base.clone();
    assert_eq!(guards(&head), [""; 0]);
    head.prune();
    assert_eq!(guards(&head), ["prune"]);
    head.limits(9, 5, 10);
    head.config(want("walk", "Away", "Walk").omitted());
    let lunch = head.org().find("Lunch").id.clone();
    head.protect(lunch);
    assert_eq!(guards(&head), ["limits", "protect", "omit", "prune"]);
    assert_eq!(
        shown(&base, &head).lines().next().unwrap(),
        "LOOK FIRST: this change itself touches `limits`, `protect`, `omit` and `prune`: the guard is edited in the \
         change that it guards"
    );
    base.prune();
    let (mut before, _) = base.desired();
    let (after, _) = base.desired();
    let planned = base.planned().0;
    before.org = Some(presencectl::model::desired::OrgIdentity {
        name: "acme".to_owned(),
        id: None,
        region: None,
        place: crate::paper::nowhere(),
    });
    let (base, head) = (Side { desired: &before, plan: &planned }, Side { desired: &after, plan: &planned });
    let found = compare(base, head, &World::empty().observed(), None).guards;
    assert_eq!(found.iter().map(|it| it.field()).collect::<Vec<_>>(), ["org"]);
}

#[test]
fn what_the_base_would_do_as_well_is_told_apart_by_time() {
    let mut base = World::in_step([want("lunch", "Meal", "Lunch")]);
    base.org().label("Lunch", "de", "von Hand");
    let pending = |at: Option<&str>| {
        let mut head = base.clone();
        head.org().find("Lunch").modified = at.map(|at| Modified { by: None, at: Some(at.to_owned()) });
        origin(&compared(&base, &head).0, "lunch").unwrap()
    };
    let since = Moment::read(MERGED).unwrap();
    assert_eq!(pending(None), Origin::Before(Pending::NotKnown));
    assert_eq!(pending(Some("yesterday")), Origin::Before(Pending::NotKnown));
    assert_eq!(pending(Some(MERGED)), Origin::Before(Pending::NotKnown), "neither before nor after");
    assert_eq!(pending(Some("2026-03-01T11:59:59Z")), Origin::Before(Pending::NotApplied { since }));
    let at = Moment::read("2026-03-01T12:00:01Z").unwrap();
    assert_eq!(pending(Some("2026-03-01T12:00:01Z")), Origin::Before(Pending::Edited { at }));
}

#[test]
fn what_moves_to_another_key_or_gets_another_action_is_told_by_its_object() {
    let mut base = World::in_step([want("lunch", "Meal", "Lunch"), want("tea", "Break", "Tea")]);
    base.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
    let mut head = base.clone();
    head.forget("lunch").config(want("meal", "Meal", "Lunch").label("de", "Mittag"));
    let (plan, _) = compared(&base, &head);
    assert_eq!(origin(&plan, "meal"), Some(Origin::Before(Pending::NotKnown)), "the org is the same afterwards");
    head.forget("meal").config(want("lunch", "Meal", "Lunch").deactivated());
    let (plan, _) = compared(&base, &head);
    assert_eq!(origin(&plan, "lunch"), Some(Origin::ThisChangeToo));
    assert_eq!(plan.changes[0].step.system_presence(), &presence("Meal"));
}
