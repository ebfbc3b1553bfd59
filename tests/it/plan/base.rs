//! What a change of the config does by itself: one org, the config before and after.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use insta::assert_snapshot;
use presencectl::config::coverage::Coverage;
use presencectl::config::layers::Resolved;
use presencectl::model::moment::Moment;
use presencectl::model::names::Key;
use presencectl::model::source::Sources;
use presencectl::output;
use presencectl::output::ci::github;
use presencectl::output::page::html;
use presencectl::output::style::Style;
use presencectl::output::{json, page};
use presencectl::plan::base::{Side, asks_the_same, compare};
use presencectl::plan::change::Step;
use presencectl::plan::origin::{Against, Base, ChangeOrigin, Comparison, OriginEvidence, Pending};
use presencectl::plan::{Plan, plan};

use crate::paper::{World, id, presence, target, want};
use crate::render::{complaints, parsed};

const MERGED: &str = "2026-03-01T12:00:00.000Z";

/// The evidence of reports and of the config's history in these tests.
fn pending(step: &Step) -> Pending {
    let since = Moment::read(MERGED).unwrap();
    match step.key().map(Key::as_str) {
        Some("tea") => Pending::Edited { at: Moment::read("2026-03-02T08:30:00.000Z") },
        Some("walk") => Pending::NotApplied(OriginEvidence::Times { since }),
        Some("late") => Pending::NotApplied(OriginEvidence::Reports),
        _ => Pending::NotKnown,
    }
}

/// The plan of the head beside that of the base, over the head's org.
fn compared(base: &World, head: &World) -> (Plan, Sources) {
    let (before, _) = base.desired();
    let (after, sources) = head.desired();
    let observed = head.observed();
    let planned = plan(&before, &observed, &before.settings.limits);
    let made = plan(&after, &observed, &after.settings.limits);
    let changed_at = Moment::read(MERGED);
    let (base, head) = (Side { desired: &before, plan: &planned }, Side { desired: &after, plan: &made });
    let comparison = Comparison::Made(Box::new(compare(base, head, &pending)));
    let commit = Some("3f2a91c0d4e5f60718293a4b5c6d7e8f90a1b2c3".to_owned());
    let against = Against { typed: "origin/main".to_owned(), commit, changed_at, shallow: false };
    (Plan { base: Some(Base { against, comparison }), ..made }, sources)
}

fn shown(base: &World, head: &World) -> String {
    let (plan, sources) = compared(base, head);
    let shown = output::text::plan(&plan, &target(), &sources, Style::PLAIN);
    shown.split_once("\n\n").unwrap().1.to_owned()
}

/// Where the change of one definition comes from.
fn origin(plan: &Plan, key: &str) -> Option<ChangeOrigin> {
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
    base.config(want("late", "Training", "Late"));
    base.org().label("Tea", "de", "von Hand");
    base.org().label("Desk", "de", "von Hand");
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
    assert_snapshot!("base_human", output::text::plan(&plan, &target(), &sources, Style::PLAIN));
    assert_snapshot!("base_markdown", page::plan(&plan, &target(), &sources, None));
    let page = html::plan(&plan, &Coverage::of(&head.desired().0, &Resolved::default()), &target(), &sources);
    let main = page.split("<main id=\"main\">").nth(1).unwrap().split("<h2>Locale coverage").next().unwrap();
    assert_snapshot!("base_html", main);
    let json = parsed(&json::write(&json::PlanV1::of(&plan, &target(), &sources)));
    assert_eq!(complaints(&json::schema::<json::PlanV1>(), &json), [""; 0]);
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
            "late: not-applied",
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
    // A label that needs a pin, or that another object has now, is no evidence.
    let odd = World::in_step([want("lunch", "Meal", "Lunch\tbreak").pinned(id(1)), want("tea", "Meal", "Tea")]);
    let mut head = odd.clone();
    head.config(lunch());
    let pin = vec!["ids:".to_owned(), format!("  lunch: {}", id(1))];
    let renamed = |base: &World, head: &World| compared(base, head).0.base.unwrap().compared().unwrap().renamed.clone();
    assert_eq!(renamed(&odd, &head)[0].answer().lines, pin);
    let both = World::in_step([want("lunch", "Meal", "Lunch"), want("tea", "Meal", "Tea")]);
    let mut swapped = both.clone();
    swapped.config(want("lunch", "Meal", "Tea")).config(want("tea", "Meal", "Lunch"));
    let swapped = renamed(&both, &swapped);
    assert_eq!((swapped.len(), swapped[0].answer().lines.clone()), (2, pin));
    // A person has renamed it in the org already: it is found.
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
        "LOOK FIRST: this change also edits `limits`, `protect`, `omit` and `prune`, which should protect \
         the org from it"
    );
    base.prune();
    let (mut before, _) = base.desired();
    let (after, _) = base.desired();
    let planned = base.planned().0;
    before.org = Some(presencectl::model::desired::OrgIdentity {
        name: "acme".to_owned(),
        id: None,
        region: None,
        stage: None,
        place: crate::paper::nowhere(),
        overrides: None,
    });
    let (base, head) = (Side { desired: &before, plan: &planned }, Side { desired: &after, plan: &planned });
    let found = compare(base, head, &pending).guards;
    assert_eq!(found.iter().map(|it| it.field()).collect::<Vec<_>>(), ["org"]);
}

#[test]
fn what_moves_to_another_key_or_gets_another_action_is_told_by_its_object() {
    let mut base = World::in_step([want("lunch", "Meal", "Lunch"), want("tea", "Break", "Tea")]);
    base.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
    let mut head = base.clone();
    head.forget("lunch").config(want("meal", "Meal", "Lunch").label("de", "Mittag"));
    let (plan, _) = compared(&base, &head);
    assert_eq!(origin(&plan, "meal"), Some(ChangeOrigin::Before(Pending::NotKnown)), "the org is the same afterwards");
    head.forget("meal").config(want("lunch", "Meal", "Lunch").deactivated());
    let (plan, _) = compared(&base, &head);
    assert_eq!(origin(&plan, "lunch"), Some(ChangeOrigin::ThisChangeToo));
    assert_eq!(plan.changes[0].step.system_presence(), &presence("Meal"));
}

fn settled(plan: &Plan) -> Vec<String> {
    let resolved = &plan.base.as_ref().unwrap().compared().unwrap().resolved;
    resolved.iter().map(|it| it.step.key().unwrap().to_string()).collect()
}

#[test]
fn what_is_yet_to_be_made_is_told_by_its_label_whichever_key_asks_for_it() {
    let mut base = World::in_step([want("tea", "Break", "Tea")]);
    base.config(want("huddle", "Meeting", "Huddle").label("de", "Runde"));
    base.config(want("walk", "Away", "Stroll"));
    let mut head = base.clone();
    head.forget("huddle").config(want("stand-up", "Meeting", "Huddle").label("de", "Runde"));
    let (plan, _) = compared(&base, &head);
    assert_eq!(origin(&plan, "stand-up"), Some(ChangeOrigin::Before(Pending::NotKnown)));
    assert_eq!(settled(&plan), [""; 0]);
    // Called the same, and otherwise in another language.
    head.config(want("stand-up", "Meeting", "Huddle").label("de", "Treffen"));
    let (plan, _) = compared(&base, &head);
    assert_eq!((origin(&plan, "stand-up"), settled(&plan).len()), (Some(ChangeOrigin::ThisChangeToo), 0));
    // Two keys change places: what will be made stays the same.
    head.forget("stand-up").config(want("huddle", "Away", "Stroll"));
    head.config(want("walk", "Meeting", "Huddle").label("de", "Runde"));
    let (plan, _) = compared(&base, &head);
    assert_eq!(
        origin(&plan, "huddle"),
        Some(ChangeOrigin::Before(Pending::NotApplied(OriginEvidence::Times { since: Moment::read(MERGED).unwrap() }))),
        "it is the walk of the base"
    );
    assert_eq!((origin(&plan, "walk"), settled(&plan).len()), (Some(ChangeOrigin::Before(Pending::NotKnown)), 0));
    // The same key asks for something else, and something else again is gone.
    head.forget("walk").config(want("huddle", "Meeting", "Stand-up"));
    let (plan, _) = compared(&base, &head);
    assert_eq!((origin(&plan, "huddle"), settled(&plan)), (Some(ChangeOrigin::ThisChangeToo), vec!["walk".to_owned()]));
}

#[test]
fn errors_say_whether_they_were_pending_before() {
    let mut base = World::in_step([want("lunch", "Meal", "Lunch"), want("tea", "Break", "Tea")]);
    base.org().label("Lunch", "en_US", "Lunch break");
    base.limits(0, 0, 10);
    let mut head = base.clone();
    head.org().add("Busy", &[("en_US", "Coach")]);
    let mut base = head.clone();
    base.config(want("tea", "Break", "Tea").deactivated());
    head.config(want("tea", "Break", "Tea").deactivated());
    head.config(want("coaching", "Busy", "Coaching"));
    let errors = |head: &World| {
        let (plan, _) = compared(&base, head);
        let of = |index: usize| plan.base.as_ref().unwrap().origin_of_blocker(index).unwrap().code();
        plan.blockers.iter().enumerate().map(|(index, it)| format!("{} {}", it.code(), of(index))).collect::<Vec<_>>()
    };
    let expected = ["looks-like-rename this-change", "looks-like-rename before", "too-many before"];
    assert_eq!(errors(&head), expected);
    let (plan, sources) = compared(&base, &head);
    let json = parsed(&json::write(&json::PlanV1::of(&plan, &target(), &sources)));
    assert_eq!(complaints(&json::schema::<json::PlanV1>(), &json), [""; 0]);
    assert_eq!(json["refusals"][1]["origin"], "before");
    let said = "pending before: without this change it would be the same";
    assert!(output::text::plan(&plan, &target(), &sources, Style::PLAIN).contains(&format!("\n  {said}\n")));
    assert!(page::plan(&plan, &target(), &sources, None).contains(&format!("\n  - {said}\n")));
    assert!(
        html::plan(&plan, &Coverage::of(&head.desired().0, &Resolved::default()), &target(), &sources).contains(said)
    );
    assert!(github::plan(&plan, &head.desired().0, &sources, None).contains(said));
    let sum = plan.base.as_ref().unwrap().compared().unwrap().sum();
    assert_eq!(sum, "From this change: nothing, pending before: 1 change; of 3 errors 2 were pending before");
    // One removal more than there would be anyway.
    head.forget("coaching").config(want("lunch", "Meal", "Lunch").previously("Lunch break").deactivated());
    assert_eq!(errors(&head), ["too-many this-change-too"]);
}

#[test]
fn what_was_not_looked_at_is_said() {
    let base = World::in_step([want("lunch", "Meal", "Lunch").label("de", "Mittag")]);
    let mut head = base.clone();
    head.config(want("lunch", "Meal", "Dinner").label("de", "Mittag"));
    head.settings.default_locale = presencectl::model::names::Locale::new("de");
    let note = "look: `defaultLocale` was `en_US` and is `de` now: renames were not checked, since all definitions are \
    known by other labels";
    assert_eq!(shown(&base, &head).lines().next().unwrap(), note);
    let mut base = World::in_step([want("lunch", "Meal", "Lunch")]);
    base.config(want("lunch", "Meal", "Lunch").label("de", "Mittag"));
    let (mut plan, _) = compared(&base, &base);
    let against = |plan: &mut Plan, shallow| plan.base.as_mut().unwrap().against.shallow = shallow;
    assert_eq!(plan.base.as_ref().unwrap().not_looked_at(), [""; 0]);
    against(&mut plan, true);
    let said = plan.base.as_ref().unwrap().not_looked_at();
    assert!(said[0].contains("`fetch-depth: 0`") && said[0].contains("`--report-dir DIR`"), "{said:?}");
    let mut head = base.clone();
    head.config(want("lunch", "Meal", "Lunch"));
    let (mut plan, _) = compared(&base, &head);
    against(&mut plan, true);
    assert_eq!(plan.base.as_ref().unwrap().not_looked_at(), [""; 0], "nothing is open");
}

#[test]
fn a_definition_asks_the_same_under_another_key_and_wherever_it_stands() {
    let config = |want| World::in_step([want]).desired().0;
    let lunch = || want("lunch", "Meal", "Lunch");
    let same = |a, b| asks_the_same(&config(a), &config(b), &Key::new("lunch").unwrap());
    assert!(same(lunch(), lunch()));
    assert!(same(lunch(), want("meal", "Meal", "Lunch")));
    assert!(!same(lunch(), lunch().label("de", "Mittag")));
    assert!(!same(lunch(), want("lunch", "Break", "Lunch")));
    assert!(!same(want("meal", "Meal", "Lunch"), lunch()), "there is no `lunch`");
    let mut narrow = World::in_step([lunch()]);
    narrow.locales(&["en_US"]);
    assert!(!asks_the_same(&config(lunch()), &narrow.desired().0, &Key::new("lunch").unwrap()));
}

/// Without `previousLabels`, the rename of the base becomes a question, or a second definition: neither settles it.
#[test]
fn what_became_a_refusal_or_a_create_is_not_settled() {
    let mut base = World::in_step([want("lunch", "Meal", "Lunch"), want("tea", "Break", "Tea")]);
    base.config(want("lunch", "Meal", "Lunch break").previously("Lunch"));
    base.config(want("tea", "Break", "Infusion").previously("Tea"));
    let mut head = base.clone();
    head.config(want("lunch", "Meal", "Lunch break"));
    head.config(want("tea", "Break", "Infusion"));
    let (plan, _) = compared(&base, &head);
    assert_eq!(
        plan.blockers.iter().map(presencectl::plan::blocker::Blocker::code).collect::<Vec<_>>(),
        ["looks-like-rename"]
    );
    assert_eq!(settled(&plan), [""; 0]);
    // The same under other keys.
    let mut head = base.clone();
    head.forget("lunch").config(want("snack", "Meal", "Lunch break"));
    head.forget("tea").config(want("pot", "Break", "Infusion"));
    let (plan, _) = compared(&base, &head);
    assert_eq!(settled(&plan), [""; 0]);
    // What is only taken out of the config is.
    let mut head = base.clone();
    head.forget("tea");
    let (plan, _) = compared(&base, &head);
    assert_eq!(settled(&plan), ["tea"]);
}
