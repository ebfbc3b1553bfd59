//! A rename of all labels raises a question if an earlier state shows the object of the key.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeMap;

use insta::assert_snapshot;
use presencectl::config::coverage::Coverage;
use presencectl::config::layers::Resolved;
use presencectl::model::names::{DefinitionId, Key};
use presencectl::model::observed::Primary;
use presencectl::output;
use presencectl::output::ci::github;
use presencectl::output::page::html;
use presencectl::output::style::Style;
use presencectl::output::{json, page};
use presencectl::plan::Plan;
use presencectl::plan::blocker::{Blocker, Fact};
use presencectl::plan::evidence::{Evidence, EvidenceSource, Had, NotRead};
use presencectl::plan::warning::Warning;

use crate::paper::{World, id, target, want};
use crate::render::{complaints, parsed};

const COMMIT: &str = "3f2a91c0d4e5f60718293a4b5c6d7e8f90a1b2c3";

fn key(key: &str) -> Key {
    Key::new(key).unwrap()
}

/// An earlier commit had this object for the definition.
fn commit(of: &str, id: DefinitionId) -> Evidence {
    let had = Had { id, source: EvidenceSource::Commit(COMMIT.to_owned()), said_new: false };
    Evidence { known: BTreeMap::from([(key(of), had)]), not_read: None }
}

/// The same, of a config that said `new: true`.
fn said_new(evidence: Evidence) -> Evidence {
    let known = evidence.known.into_iter().map(|(key, had)| (key, Had { said_new: true, ..had })).collect();
    Evidence { known, ..evidence }
}

/// `lunch` was `Lunch break`, and is called `Meal time` by now.
fn renamed() -> World {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch break").label("de", "Mittagspause")]);
    world.config(want("lunch", "Meal", "Meal time").label("de", "Essenszeit"));
    world
}

/// The codes of the plan's blockers and warnings.
fn codes(world: &World, evidence: &Evidence) -> (Vec<&'static str>, Vec<&'static str>) {
    let (plan, _) = world.planned_by(evidence);
    (plan.blockers.iter().map(Blocker::code).collect(), plan.warnings.iter().map(Warning::code).collect())
}

const REFUSED: (&[&str], &[&str]) = (&["looks-like-rename"], &[]);

fn assert_codes(world: &World, evidence: &Evidence, (blockers, warnings): (&[&str], &[&str]), why: &str) {
    let (refused, warned) = codes(world, evidence);
    assert_eq!((refused.as_slice(), warned.as_slice()), (blockers, warnings), "{why}");
}

#[test]
fn a_rename_of_every_label_is_a_question_with_three_ways_out() {
    let mut world = renamed();
    let evidence = commit("lunch", id(1));
    assert_snapshot!(world.plan_by(&evidence), @r#"
    error[looks-like-rename]: `lunch` would be created, but in the commit 3f2a91c it is `Lunch break` (Meal, 2fa68d50-0000-4000-8000-000000000001)
      --> presence.yaml:2:3
      if it is `Lunch break` under a new label:
          lunch:
            previousLabels: [Lunch break]
      if it is another one:
          lunch:
            new: true
      or give it another key than `lunch`

    Unmanaged: 1
      an error above is about them:
        "Lunch break" (Meal, 2fa68d50-0000-4000-8000-000000000001): `lunch`

    Plan refused: 1 error to answer before anything is applied.
    "#);
    world.config(want("lunch", "Meal", "Meal time").previously("Lunch break"));
    assert_codes(&world, &evidence, (&[], &[]), "the rename is said");
    let (plan, _) = world.planned_by(&evidence);
    assert_eq!(plan.changes[0].step.id(), Some(&id(1)));
    world.config(want("lunch", "Meal", "Meal time").said_to_be_new());
    assert_codes(&world, &evidence, (&[], &[]), "it is another one, and no neighbour is meant");
    world.forget("lunch").config(want("meal-time", "Meal", "Meal time"));
    assert_codes(&world, &evidence, (&[], &["beside-unmanaged"]), "another key");
}

#[test]
fn a_new_that_was_there_before_does_not_answer() {
    let mut world = renamed();
    world.config(want("lunch", "Meal", "Meal time").said_to_be_new());
    let evidence = said_new(commit("lunch", id(1)));
    assert_snapshot!(world.plan_by(&evidence), @r#"
    error[looks-like-rename]: `lunch` would be created, but in the commit 3f2a91c it is `Lunch break` (Meal, 2fa68d50-0000-4000-8000-000000000001), and that says `new: true` as well
      --> presence.yaml:2:3
      if it is `Lunch break` under a new label, instead of `new: true`:
          lunch:
            previousLabels: [Lunch break]
      if it is another one, give it another key than `lunch`

    Unmanaged: 1
      an error above is about them:
        "Lunch break" (Meal, 2fa68d50-0000-4000-8000-000000000001): `lunch`

    Plan refused: 1 error to answer before anything is applied.
    "#);
    world.config(want("lunch", "Meal", "Meal time"));
    assert_codes(&world, &evidence, REFUSED, "without the line it is asked as well");
    world.config(want("lunch", "Meal", "Meal time").said_to_be_new().previously("Lunch break"));
    assert_codes(&world, &evidence, (&[], &[]), "the rename is said");
}

#[test]
fn each_source_is_named() {
    let world = renamed();
    let shown = |source: EvidenceSource| {
        let had = Had { id: id(1), source, said_new: false };
        let evidence = Evidence { known: BTreeMap::from([(key("lunch"), had)]), not_read: None };
        let (plan, sources) = world.planned_by(&evidence);
        let json = parsed(&json::write(&json::PlanV1::of(&plan, &target(), &sources)));
        assert_eq!(complaints(&json::schema::<json::PlanV1>(), &json), [""; 0]);
        (plan.blockers[0].message(), json["refusals"][0]["earlier"].to_string())
    };
    let base = |commit: Option<&str>| EvidenceSource::Base {
        typed: "origin/main".to_owned(),
        commit: commit.map(str::to_owned),
    };
    assert_snapshot!(format!("{:#?}", [
        shown(EvidenceSource::Commit(COMMIT.to_owned())),
        shown(EvidenceSource::Report("reports/acme/2026.json".to_owned())),
        shown(base(Some(COMMIT))),
        shown(base(None)),
    ]), @r#"
    [
        (
            "`lunch` would be created, but in the commit 3f2a91c it is `Lunch break` (Meal, 2fa68d50-0000-4000-8000-000000000001)",
            "{\"commit\":\"3f2a91c0d4e5f60718293a4b5c6d7e8f90a1b2c3\",\"id\":\"2fa68d50-0000-4000-8000-000000000001\",\"source\":\"commit\"}",
        ),
        (
            "`lunch` would be created, but in the report `reports/acme/2026.json` it is `Lunch break` (Meal, 2fa68d50-0000-4000-8000-000000000001)",
            "{\"file\":\"reports/acme/2026.json\",\"id\":\"2fa68d50-0000-4000-8000-000000000001\",\"source\":\"report\"}",
        ),
        (
            "`lunch` would be created, but in the base `origin/main` (3f2a91c) it is `Lunch break` (Meal, 2fa68d50-0000-4000-8000-000000000001)",
            "{\"commit\":\"3f2a91c0d4e5f60718293a4b5c6d7e8f90a1b2c3\",\"id\":\"2fa68d50-0000-4000-8000-000000000001\",\"source\":\"base\"}",
        ),
        (
            "`lunch` would be created, but in the base `origin/main` it is `Lunch break` (Meal, 2fa68d50-0000-4000-8000-000000000001)",
            "{\"id\":\"2fa68d50-0000-4000-8000-000000000001\",\"source\":\"base\"}",
        ),
    ]
    "#);
}

#[test]
fn only_an_object_that_is_free_counts() {
    let evidence = commit("lunch", id(1));
    let plain = (&[] as &[&str], &[] as &[&str]);
    let mut world = renamed();
    world.org().deactivate("Lunch break");
    assert_codes(&world, &evidence, plain, "it is deactivated");
    let mut world = renamed();
    world.org().remove("Lunch break");
    assert_codes(&world, &evidence, plain, "it is gone");
    let mut world = renamed();
    world.protect(id(1));
    assert_codes(&world, &evidence, plain, "it is protected");
    let mut world = renamed();
    world.org().primary("Lunch break", Primary::Yes);
    assert_codes(&world, &evidence, plain, "it is the platform's own");
    let mut world = renamed();
    world.config(want("pause", "Meal", "Lunch break").label("de", "Mittagspause"));
    assert_codes(&world, &evidence, plain, "another definition has it by its label");
    let mut world = renamed();
    world.config(want("pause", "Meal", "Pause").pinned(id(1)));
    assert_codes(&world, &evidence, plain, "another definition has it by its pin");
    let mut world = renamed();
    world.config(want("pause", "Meal", "Lunch break").omitted());
    assert_codes(&world, &evidence, plain, "it is omitted");
    // Whether it is the platform's own is not known: it may be the organisation's.
    let mut world = renamed();
    world.org().primary("Lunch break", Primary::NotKnown);
    assert_codes(&world, &evidence, REFUSED, "it may be the organisation's");
}

#[test]
fn a_definition_that_is_not_created_is_not_asked_about() {
    let evidence = commit("lunch", id(1));
    let mut world = renamed();
    world.config(want("lunch", "Meal", "Meal time").deactivated());
    assert_codes(&world, &evidence, (&[], &[]), "it shall not be there");
    let mut world = renamed();
    world.org().add("Meal", &[("en_US", "Meal time")]);
    assert_codes(&world, &evidence, (&[], &[]), "it is there already");
    let mut world = renamed();
    world.org().add("Break", &[("en_US", "Meal time")]);
    world.config(want("lunch", "Meal", "Meal time").replaces("Break"));
    assert_codes(&world, &evidence, (&[], &[]), "`replaces` has said which one it was");
}

#[test]
fn nothing_removes_what_a_question_is_about() {
    let mut world = renamed();
    world.prune();
    let (plan, _) = world.planned_by(&commit("lunch", id(1)));
    assert!(plan.changes.is_empty(), "{:?}", plan.changes);
}

#[test]
fn what_was_under_another_system_presence_is_asked_about_as_well() {
    let mut world = renamed();
    world.config(want("lunch", "Break", "Meal time"));
    let evidence = commit("lunch", id(1));
    assert_snapshot!(world.plan_by(&evidence), @r#"
    error[looks-like-rename]: `lunch` would be created, but in the commit 3f2a91c it is `Lunch break` (Meal, 2fa68d50-0000-4000-8000-000000000001)
      --> presence.yaml:2:3
      if it takes the place of `Lunch break` (which will be deactivated):
          lunch:
            replaces: Meal
            previousLabels: [Lunch break]
      if it is another one:
          lunch:
            new: true
      or give it another key than `lunch`

    Unmanaged: 1
      an error above is about them:
        "Lunch break" (Meal, 2fa68d50-0000-4000-8000-000000000001): `lunch`

    Plan refused: 1 error to answer before anything is applied.
    "#);
    world.config(want("lunch", "Break", "Meal time").previously("Lunch break").replaces("Meal"));
    assert_codes(&world, &evidence, (&[], &[]), "the lines answer");
    // Under the same label it is a question of its own, unless an old `new: true` keeps that from being asked.
    world.config(want("lunch", "Break", "Lunch break"));
    assert_codes(&world, &evidence, (&["other-system-presence"], &[]), "asked once");
    world.config(want("lunch", "Break", "Lunch break").said_to_be_new());
    assert_codes(&world, &evidence, (&[], &[]), "said to be new");
    let old = said_new(evidence);
    assert_codes(&world, &old, REFUSED, "said of the old one");
    world.config(want("lunch", "Break", "Lunch break").replaces("Meal"));
    assert_codes(&world, &old, (&[], &[]), "the line answers");
}

#[test]
fn what_it_was_stands_before_what_only_looks_alike() {
    let mut world = renamed();
    world.org().add("Meal", &[("en_US", "Meal")]);
    let (plan, _) = world.planned_by(&commit("lunch", id(1)));
    assert_snapshot!(plan.blockers[0].message(), @r#"
    `lunch` would be created, but in the commit 3f2a91c it is `Lunch break` (Meal, 2fa68d50-0000-4000-8000-000000000001); it looks like `Meal` (Meal, 2fa68d50-0000-4000-8000-000000000002) too
    "#);
    // A question names ten objects, and this one is among them.
    for number in 0..20 {
        world.org().add("Meal", &[("en_US", &format!("Meal time {number}"))]);
    }
    let (plan, _) = world.planned_by(&commit("lunch", id(1)));
    let Fact::LooksLikeRename { candidates, more: true, .. } = &plan.blockers[0].fact else { panic!("{plan:?}") };
    assert_eq!((candidates.len(), &candidates[0].id), (10, &id(1)));
}

#[test]
fn an_object_without_a_default_label_is_pinned() {
    let mut world = renamed();
    world.org().unlabel("Lunch break", "en_US");
    let (plan, _) = world.planned_by(&commit("lunch", id(1)));
    let answers = plan.blockers[0].answers();
    assert_eq!(answers[0].lines, ["ids:".to_owned(), format!("  lunch: {}", id(1))], "{answers:?}");
}

#[test]
fn an_error_leaves_other_definitions_alone_under_only() {
    let mut world = renamed();
    world.config(want("tea", "Break", "Tea"));
    let (mut desired, _) = world.desired();
    desired.only = Some([key("tea")].into());
    let limits = desired.settings.limits;
    let plan = presencectl::plan::plan_by(&desired, &world.observed(), &limits, &commit("lunch", id(1)));
    assert!(plan.blockers.is_empty(), "{:?}", plan.blockers);
    assert_eq!(plan.only.unwrap().blockers.len(), 1);
}

/// For any evidence, a plan never does more and never asks less.
#[test]
fn evidence_only_takes_away() {
    let mut world = World::in_step([
        want("lunch", "Meal", "Lunch break"),
        want("tea", "Break", "Tea"),
        want("walk", "Away", "Walk").omitted(),
        want("desk", "Available", "Desk"),
    ]);
    world.prune();
    world.config(want("lunch", "Meal", "Brunch"));
    world.config(want("tea", "Meal", "Tea"));
    world.config(want("siesta", "Meal", "Siesta").said_to_be_new());
    world.config(want("course", "Training", "Course").replaces("Busy"));
    world.org().add("Busy", &[("en_US", "Course")]);
    world.org().add("Meal", &[("en_US", "Supper")]);
    world.protect(id(4));
    let steps = |plan: Plan| plan.changes.into_iter().map(|it| format!("{:?}", it.step)).collect::<Vec<_>>();
    let asked = |plan: &Plan| plan.blockers.iter().map(|it| (it.code(), it.fact.keys()[0].clone())).collect::<Vec<_>>();
    let without = world.planned().0;
    let (mut refused, wider) = (0, (asked(&without), steps(without)));
    for of in ["lunch", "tea", "walk", "desk", "siesta", "course", "nobody"] {
        for object in 1..8 {
            for evidence in [commit(of, id(object)), said_new(commit(of, id(object)))] {
                let plan = world.planned_by(&evidence).0;
                let (asks, does) = (asked(&plan), steps(plan));
                assert!(does.iter().all(|it| wider.1.contains(it)), "{of} {object}: {does:?}");
                assert!(wider.0.iter().all(|it| asks.contains(it)), "{of} {object}: {asks:?}");
                refused += usize::from(does.len() < wider.1.len());
            }
        }
    }
    assert!(refused > 5, "{refused}");
}

#[test]
fn without_evidence_one_warning_names_three_neighbours() {
    let mut world = renamed();
    assert_snapshot!(world.plan_by(&Evidence::default()), @r#"
      + create lunch (Meal): nothing in the org matches
        + de:    "Essenszeit"
        + en_US: "Meal time"

    warning[beside-unmanaged]: `lunch` is created under Meal beside 1 active definition that the config does not name: `Lunch break`; if that one is meant, write `previousLabels`

    Unmanaged: 1
      the config does not name them:
        "Lunch break" (Meal, 2fa68d50-0000-4000-8000-000000000001)

    Plan: 1 to create.
    "#);
    for label in ["Pause", "Siesta", "`Snack`\u{202E}", "Supper"] {
        world.org().add("Meal", &[("en_US", label)]);
    }
    world.org().add("Break", &[("en_US", "Elsewhere")]);
    for other in ["a", "b", "c", "d"] {
        world.config(want(other, "Meal", &format!("Dish {other}")));
    }
    world.config(want("new", "Meal", "Brunch").said_to_be_new());
    let (plan, _) = world.planned_by(&Evidence::default());
    assert_snapshot!(plan.warnings.iter().map(Warning::message).collect::<Vec<_>>().join("\n"), @"`a`, `b`, `c` (2 more) are created under Meal beside 5 active definitions that the config does not name: `Lunch break`, `Pause`, `Siesta` (2 more); if one of them is meant, write `previousLabels`");
    // What is removed with the same plan is a neighbour, too.
    world.prune().limits(20, 20, 20);
    assert_codes(&world, &Evidence::default(), (&[], &["beside-unmanaged"]), "before it goes");
    // No evidence was searched for.
    assert!(world.planned().0.warnings.is_empty());
}

#[test]
fn neighbours_that_cannot_be_meant_are_no_warning() {
    let mut world = World::in_step([want("tea", "Meal", "Tea"), want("nap", "Meal", "Nap").omitted()]);
    world.org().add("Meal", &[("en_US", "Protected")]);
    world.protect(id(3));
    world.org().add("Meal", &[("en_US", "Gone")]);
    world.org().deactivate("Gone");
    world.org().add("Meal", &[("en_US", "Own")]);
    world.org().primary("Own", Primary::Yes);
    world.config(want("lunch", "Meal", "Brunch"));
    assert_codes(&world, &Evidence::default(), (&[], &[]), "nothing is left unnamed");
}

#[test]
fn what_could_not_be_read_is_one_line() {
    let mut world = renamed();
    world.config(want("tea", "Break", "Tea"));
    let not_read = NotRead { keys: [key("lunch"), key("gone")].into(), why: "this is a shallow clone".to_owned() };
    let evidence = Evidence { known: BTreeMap::new(), not_read: Some(not_read) };
    let (plan, _) = world.planned_by(&evidence);
    assert_snapshot!(plan.warnings.iter().map(Warning::message).collect::<Vec<_>>().join("\n"), @r"
    `lunch` is created under Meal beside 1 active definition that the config does not name: `Lunch break`; if that one is meant, write `previousLabels`
    cannot check whether `lunch` had another label before: this is a shallow clone
    ");
    world.config(want("lunch", "Meal", "Lunch break").label("de", "Mittagspause"));
    assert_codes(&world, &evidence, (&[], &[]), "what is not created needs no evidence");
}

#[test]
fn every_view_shows_the_question_and_the_warnings() {
    let mut world = renamed();
    world.org().add("Break", &[("en_US", "Coffee")]);
    world.config(want("tea", "Break", "Tea"));
    let not_read = Some(NotRead { keys: [key("tea")].into(), why: "there is no executable `git`".to_owned() });
    let evidence = Evidence { not_read, ..commit("lunch", id(1)) };
    let (plan, sources) = world.planned_by(&evidence);
    let (desired, _) = world.desired();
    let views = [
        output::text::plan(&plan, &target(), &sources, Style::PLAIN),
        json::write(&json::PlanV1::of(&plan, &target(), &sources)),
        page::plan(&plan, &target(), &sources, None),
        page::plan_summary(&plan, &Coverage::of(&desired, &Resolved::default()), &target(), &sources, None),
        html::plan(&plan, &Coverage::of(&desired, &Resolved::default()), &target(), &sources),
        github::plan(&plan, &desired, &sources, None),
    ];
    for view in views {
        for part in ["looks-like-rename", "3f2a91c", "previousLabels", "another key", "Coffee", "cannot check whether"]
        {
            assert!(view.contains(part), "{part}: {view}");
        }
    }
}

#[test]
fn what_is_worth_looking_for() {
    let sought = |world: &World| world.planned().0.may_be_renames().into_iter().map(|it| it.to_string()).collect();
    let mut world = renamed();
    world.config(want("tea", "Break", "Tea"));
    let both: Vec<String> = sought(&world);
    assert_eq!(both, ["lunch", "tea"]);
    world.prune();
    assert_eq!(both, sought(&world), "what would be removed may be what is meant");
    world.protect(id(1));
    assert_eq!(Vec::<String>::new(), sought(&world), "there is nothing that they may have been");
    let mut world = renamed();
    world.config(want("lunch", "Meal", "Lunch")).config(want("tea", "Break", "Tea"));
    assert_eq!(both, sought(&world), "what is asked about already may have been another one");
}
