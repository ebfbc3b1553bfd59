//! The current people: shown where the reviewer reads, and a guard if the config has a limit.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeMap;

use insta::assert_snapshot;
use presencectl::model::desired::Limits;
use presencectl::model::usage::{People, Usage};
use presencectl::output;
use presencectl::output::json::plan::PlanV1;
use presencectl::output::style::Style;
use presencectl::plan::Plan;
use presencectl::plan::guard::{in_question, with_usage};
use serde_json::{Value, json};

use crate::paper::{World, id, target, want};

/// `coaching` goes, `lunch` is renamed, `tea` gets a German label, `walk` is new.
fn world() -> World {
    let mut world = World::in_step([
        want("coaching", "Busy", "Coaching"),
        want("lunch", "Meal", "Lunch"),
        want("tea", "Break", "Tea"),
    ]);
    world.config(want("coaching", "Busy", "Coaching").deactivated());
    world.config(want("lunch", "Meal", "Lunch break").previously("Lunch"));
    world.config(want("tea", "Break", "Tea").label("de", "Tee"));
    world.config(want("walk", "Away", "Walk"));
    world
}

fn counted(people: &[(usize, People)]) -> Usage {
    Usage::Counted(people.iter().map(|(number, people)| (id(*number), *people)).collect::<BTreeMap<_, _>>())
}

fn planned(usage: Usage, limit: Option<u32>) -> Plan {
    let limits = Limits { active_users: limit, ..Limits::default() };
    with_usage(world().planned().0, usage, &limits)
}

fn shown(plan: &Plan) -> String {
    let text = output::text::plan(plan, &target(), &world().desired().1, Style::PLAIN);
    text.split_once("\n\n").unwrap().1.to_owned()
}

fn codes(plan: &Plan) -> Vec<&str> {
    plan.blockers.iter().map(presencectl::plan::blocker::Blocker::code).collect()
}

#[test]
fn only_what_goes_or_is_renamed_is_asked_about() {
    assert_eq!(in_question(&world().planned().0).into_iter().collect::<Vec<_>>(), [id(1), id(2)]);
}

#[test]
fn the_number_stands_with_its_change() {
    assert_snapshot!(shown(&planned(counted(&[(1, People::Exactly(37))]), None)), @r#"
      + create walk (Away): nothing in the org matches
        + en_US: "Walk"
      ~ update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000002): matched by its previous label `Lunch`
        ~ en_US: "Lunch" -> "Lunch break"
                                  ++++++
        no one is on it now
      ~ update tea "Tea" (Break, 2fa68d50-0000-4000-8000-000000000003): matched by its label
        + de: "Tee"
      - deactivate coaching "Coaching" (Busy, 2fa68d50-0000-4000-8000-000000000001): the config says `deactivated: true`; matched by its label
        37 people are on it now

    Plan: 1 to create, 2 to update, 1 to deactivate.
    "#);
    assert_snapshot!(shown(&planned(counted(&[(1, People::AtLeast(500)), (2, People::Exactly(1))]), Some(10))), @r#"
      + create walk (Away): nothing in the org matches
        + en_US: "Walk"
      ~ update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000002): matched by its previous label `Lunch`
        ~ en_US: "Lunch" -> "Lunch break"
                                  ++++++
        1 person is on it now
      ~ update tea "Tea" (Break, 2fa68d50-0000-4000-8000-000000000003): matched by its label
        + de: "Tee"
      - deactivate coaching "Coaching" (Busy, 2fa68d50-0000-4000-8000-000000000001): the config says `deactivated: true`; matched by its label
        at least 500 people are on it now

    error[too-many-people]: at least 501 people are now on what is removed or renamed, 10 allowed
      apply when fewer are on it, or move them first (`retire` does that)
      if you mean it now, raise the limit in the files, where it is reviewed:
          settings:
            limits: { activeUsers: 501 }
      or, at a terminal, for this run: --allow-active-users 501

    Plan refused: 1 error to answer before anything is applied. So far: 1 to create, 2 to update, 1 to deactivate.
    "#);
    assert_snapshot!(shown(&planned(Usage::NotKnown, Some(10))), @r#"
      + create walk (Away): nothing in the org matches
        + en_US: "Walk"
      ~ update lunch "Lunch" (Meal, 2fa68d50-0000-4000-8000-000000000002): matched by its previous label `Lunch`
        ~ en_US: "Lunch" -> "Lunch break"
                                  ++++++
        how many people are on it now is not known
      ~ update tea "Tea" (Break, 2fa68d50-0000-4000-8000-000000000003): matched by its label
        + de: "Tee"
      - deactivate coaching "Coaching" (Busy, 2fa68d50-0000-4000-8000-000000000001): the config says `deactivated: true`; matched by its label
        how many people are on it now is not known

    error[people-not-known]: it is not known how many people are now on what is removed or renamed, and only 10 are allowed
      give the OAuth client the missing permission, or remove `activeUsers` from `settings.limits`

    Plan refused: 1 error to answer before anything is applied. So far: 1 to create, 2 to update, 1 to deactivate.
    "#);
}

#[test]
fn a_limit_on_people_refuses_more_and_whatever_is_not_known() {
    let at = |people, limit| codes(&planned(counted(&[(1, people), (2, People::Exactly(3))]), Some(limit))).join(" ");
    assert_eq!(at(People::Exactly(7), 10), "");
    assert_eq!(at(People::Exactly(8), 10), "too-many-people", "people add up over definitions");
    assert_eq!(at(People::AtLeast(7), 10), "", "at least so many counts as the number");
    assert_eq!(at(People::AtLeast(8), 10), "too-many-people");
    assert_eq!(at(People::NotKnown, 10), "people-not-known", "not known is never none");
    assert_eq!(codes(&planned(Usage::NotKnown, Some(u32::MAX))), ["people-not-known"]);
    assert_eq!(codes(&planned(Usage::NotKnown, None)), [] as [&str; 0], "without a limit it refuses nothing");
    assert_eq!(codes(&planned(counted(&[]), Some(0))), [] as [&str; 0], "what was counted and is not there is none");
}

#[test]
fn a_plan_that_nobody_would_notice_needs_no_answer() {
    let mut world = World::in_step([want("tea", "Break", "Tea")]);
    world.config(want("tea", "Break", "Tea").label("de", "Tee"));
    let limits = Limits { active_users: Some(0), ..Limits::default() };
    let plan = with_usage(world.planned().0, Usage::NotAsked, &limits);
    assert!(plan.blockers.is_empty());
}

#[test]
fn the_document_tells_not_known_from_none_and_from_not_asked() {
    let people = |usage| {
        let document = output::json::write(&PlanV1::of(&planned(usage, None), &target(), &world().desired().1));
        let document: Value = serde_json::from_str(&document).unwrap();
        let each =
            document["changes"].as_array().unwrap().iter().map(|it| it.get("people").cloned().unwrap_or(Value::Null));
        each.collect::<Vec<Value>>()
    };
    // create walk, update lunch (renamed), update tea, deactivate coaching
    let of = |lunch: Value, coaching: Value| vec![Value::Null, lunch, Value::Null, coaching];
    assert_eq!(people(Usage::NotAsked), of(Value::Null, Value::Null));
    assert_eq!(people(Usage::NotKnown), of(json!({ "atLeast": false }), json!({ "atLeast": false })));
    assert_eq!(
        people(counted(&[(1, People::AtLeast(500))])),
        of(json!({ "count": 0, "atLeast": false }), json!({ "count": 500, "atLeast": true }))
    );
}
