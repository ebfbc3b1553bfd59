//! The order of an apply in orgs that demand unique labels, and near the limit of active definitions. The state of the
//! org is checked before every request, and is always valid.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use insta::assert_snapshot;
use presencectl::client::wire::Method;
use presencectl::model::desired::{ACTIVE_DEFINITIONS_MAX, Desired, Prune, Wanted};
use presencectl::model::labels::Scope;
use presencectl::model::names::Locale;
use presencectl::ops::apply::report::{Intent, Outcome, Report, ReportRow};
use presencectl::plan::change::Step;
use presencectl::plan::order::Order;
use presencectl::sandbox::org_behavior::UniqueLabels;
use presencectl::sandbox::{FaultRule, OrgBehavior, Sandbox, definitions};
use proptest::prelude::*;
use serde_json::Value;

use super::{World, body, deactivated, held, message, path, said};
use crate::paper::{desired, id, labels, presence, wanted};
use crate::properties::{UNLIMITED, repeatable};

const EVERY_DEMAND: [UniqueLabels; 3] = [UniqueLabels::Never, UniqueLabels::AmongActive, UniqueLabels::AmongAll];

/// What is wrong with the current state of the org, if it demands this.
fn wrong(sandbox: &Sandbox, demand: UniqueLabels) -> Vec<String> {
    let held: Vec<definitions::HeldDefinition> =
        sandbox.with(|it| it.org.definitions().iter().map(|it| (**it).clone()).collect());
    let counts = |it: &&definitions::HeldDefinition| match demand {
        UniqueLabels::Never => false,
        UniqueLabels::AmongActive => !it.deactivated,
        UniqueLabels::AmongAll => true,
    };
    let mut seen = BTreeSet::new();
    let labels = held.iter().filter(counts).flat_map(|it| &it.labels);
    let mut wrong: Vec<String> = labels
        .filter(|label| !seen.insert(*label))
        .map(|(locale, label)| format!("{label} ({locale}) twice"))
        .collect();
    let mut active: BTreeMap<&str, usize> = BTreeMap::new();
    for it in held.iter().filter(|it| !it.deactivated && !it.primary) {
        *active.entry(&it.system_presence).or_default() += 1;
    }
    active.retain(|_, count| *count > ACTIVE_DEFINITIONS_MAX);
    wrong.extend(active.into_iter().map(|(presence, count)| format!("{count} active under {presence}")));
    wrong
}

/// Looks at the org before every request from now on.
fn watch(world: &World, demand: UniqueLabels) -> Arc<Mutex<Vec<String>>> {
    let found: Arc<Mutex<Vec<String>>> = Arc::default();
    let (sandbox, list) = (world.sandbox.clone(), Arc::clone(&found));
    world.wire.before(move |_| list.lock().unwrap().extend(wrong(&sandbox, demand)));
    found
}

/// Applies it in each kind of org where this state is valid. Returns the common result, one wave per line.
async fn in_every_org(config: &Desired, objects: &[Value], behavior: OrgBehavior, demands: &[UniqueLabels]) -> String {
    let mut shown = String::new();
    for unique_labels in demands {
        let world =
            World::of(config.clone(), objects.to_vec(), OrgBehavior { unique_labels: *unique_labels, ..behavior });
        assert_eq!(wrong(&world.sandbox, *unique_labels), [""; 0], "before");
        let steps = world.steps().await;
        let found = watch(&world, *unique_labels);
        let report = world.carry_out(steps).await;
        assert_eq!(*found.lock().unwrap(), [""; 0], "{unique_labels:?}");
        assert_eq!(wrong(&world.sandbox, *unique_labels), [""; 0], "{unique_labels:?} after");
        assert!(report.is_success(), "{unique_labels:?}: {report:#?}");
        let writes: Vec<String> =
            world.requests().into_iter().filter(|it| !it.starts_with("GET") && !it.contains("oauth")).collect();
        assert!(shown.is_empty() || shown == writes.join("\n"), "{unique_labels:?}: {writes:?}\n{shown}");
        shown = writes.join("\n");
    }
    shown
}

fn pinned(key: &str, system_presence: &str, label: &str, number: usize) -> Wanted {
    Wanted { pin: Some(id(number)), ..wanted(key, system_presence, &[("en_US", label)]) }
}

fn new(key: &str, system_presence: &str, label: &str) -> Wanted {
    Wanted { new: true, ..wanted(key, system_presence, &[("en_US", label)]) }
}

#[tokio::test(start_paused = true)]
async fn a_chain_of_renames_and_a_creation_are_legal_at_every_moment() {
    let config = desired(vec![
        pinned("a", "Meal", "Two", 1),
        pinned("b", "Break", "Three", 2),
        pinned("c", "Busy", "Four", 3),
        new("d", "Away", "One"),
    ]);
    let objects = [
        held(1, "Meal", &[("en_US", "One")]),
        held(2, "Break", &[("en_US", "Two")]),
        held(3, "Busy", &[("en_US", "Three")]),
    ];
    let shown = in_every_org(&config, &objects, OrgBehavior::default(), &EVERY_DEMAND).await;
    assert_snapshot!(shown, @"
    PUT 3
    PUT 2
    PUT 1
    POST
    ");
}

#[tokio::test(start_paused = true)]
async fn a_label_that_a_removal_frees_is_taken_by_a_creation() {
    let mut config = desired(vec![new("lunch", "Busy", "Lunch"), wanted("tea", "Meal", &[("en_US", "Tea")])]);
    config.settings.prune = Prune::Delete;
    config.definitions.insert(presencectl::model::names::Key::new("walk").unwrap(), {
        Wanted { deactivated: true, ..pinned("walk", "Away", "Walk", 2) }
    });
    let objects = [
        held(1, "Break", &[("en_US", "Lunch")]),
        held(2, "Away", &[("en_US", "Walk")]),
        deactivated(3, "Meal", &[("en_US", "Tea"), ("fr", "Pause")]),
        held(4, "Training", &[("en_US", "Old"), ("fr", "Pause")]),
        held(5, "Training", &[("en_US", "Older")]),
    ];
    // Only deactivated ones of such an org may have equal labels.
    let demands = [UniqueLabels::Never, UniqueLabels::AmongActive];
    let shown = in_every_org(&config, &objects, OrgBehavior::default(), &demands).await;
    assert_snapshot!(shown, @"
    PUT 3
    DELETE 1
    POST
    PUT 2
    DELETE 4
    DELETE 5
    ");
    // The label that comes back with what is reactivated counts whether it is managed or not.
    config.settings.scope = Scope::Only(vec![Locale::new("en_US")]);
    let shown = in_every_org(&config, &objects, OrgBehavior::default(), &demands).await;
    assert_snapshot!(shown, @"
    DELETE 1
    DELETE 4
    POST
    PUT 3
    PUT 2
    DELETE 5
    ");
}

#[tokio::test(start_paused = true)]
async fn near_the_limit_a_place_is_free_before_it_is_taken() {
    let mut definitions: Vec<Wanted> =
        (2..=29).map(|number| pinned(&format!("k{number}"), "Meal", &format!("Meal {number}"), number)).collect();
    definitions.push(Wanted { deactivated: true, ..pinned("old", "Meal", "Meal 30", 30) });
    definitions.push(new("dinner", "Meal", "Dinner"));
    definitions.push(new("supper", "Meal", "Supper"));
    definitions.push(new("coach", "Busy", "Coaching"));
    let mut config = desired(definitions);
    config.settings.prune = Prune::Delete;
    let mut objects: Vec<Value> =
        (1..=30).map(|number| held(number, "Meal", &[("en_US", &format!("Meal {number}"))])).collect();
    objects.push(held(31, "Busy", &[("en_US", "Chores")]));
    let behavior = OrgBehavior { active_max: Some(30), ..OrgBehavior::default() };
    let shown = in_every_org(&config, &objects, behavior, &EVERY_DEMAND).await;
    assert_snapshot!(shown, @"
    POST
    PUT 30
    DELETE 1
    POST
    POST
    DELETE 31
    ");
}

/// The rows that are not done, with why.
fn undone(report: &Report) -> String {
    let why = |row: &ReportRow| match &row.outcome {
        Outcome::Failed(cause) => format!("failed; {}", cause.help.clone().unwrap_or_default()),
        outcome => format!("{}: {}", outcome.kind().code(), row.in_words(Intent::Apply).unwrap_or_default()),
    };
    let undone = report.rows.iter().filter(|row| !row.outcome.is_success());
    let lines: Vec<String> = undone.map(|row| format!("{} {}", row.action.verb(), why(row))).collect();
    lines.iter().flat_map(|it| [it.as_str(), "\n"]).collect()
}

#[tokio::test(start_paused = true)]
async fn a_swap_needs_no_detour_where_labels_need_not_be_unique_and_is_two_pull_requests_elsewhere() {
    let config = desired(vec![
        pinned("a", "Meal", "Two", 1),
        pinned("b", "Break", "One", 2),
        // In no circle, but after it.
        new("c", "Away", "Free"),
        pinned("d", "Busy", "Other", 3),
    ]);
    let objects = [
        held(1, "Meal", &[("en_US", "One")]),
        held(2, "Break", &[("en_US", "Two"), ("de", "Zwei")]),
        held(3, "Busy", &[("en_US", "Free")]),
    ];
    let shown = in_every_org(&config, &objects, OrgBehavior::default(), &[UniqueLabels::Never]).await;
    assert_snapshot!(shown, @"
    PUT 1
    PUT 2
    PUT 3
    POST
    ");
    let mut said_of = Vec::new();
    for conflict_status in [400, 409] {
        let behavior =
            OrgBehavior { unique_labels: UniqueLabels::AmongActive, conflict_status, ..OrgBehavior::default() };
        let world = World::of(config.clone(), objects.to_vec(), behavior);
        let steps = world.steps().await;
        let found = watch(&world, UniqueLabels::AmongActive);
        let report = world.carry_out(steps).await;
        assert_eq!(*found.lock().unwrap(), [""; 0]);
        assert_eq!(said(&report), ["create c done", "update a failed", "update b failed", "update d done"]);
        assert!(message(&report.rows[1]).contains(&conflict_status.to_string()));
        assert_eq!(world.shown(), ["Free (Away)", "One (Meal)", "Other (Busy)", "Zwei/Two (Break)"]);
        said_of.push(undone(&report));
    }
    assert_eq!(said_of[0], said_of[1]);
    assert_snapshot!(said_of[0], @"
    update failed; definitions swap labels in a circle here (`update` of `a` and `update` of `b`); if the org takes each label only once, make two pull requests: the first frees the label `Two` (en_US) of 2fa68d50-0000-4000-8000-000000000002 under Break, and the second is the rest
    update failed; definitions swap labels in a circle here (`update` of `a` and `update` of `b`); if the org takes each label only once, make two pull requests: the first frees the label `One` (en_US) of 2fa68d50-0000-4000-8000-000000000001 under Meal, and the second is the rest
    ");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_has_nothing_to_do_with_a_circle_keeps_its_own_help() {
    let config = desired(vec![pinned("a", "Meal", "Two", 1), pinned("b", "Break", "One", 2)]);
    let objects = vec![held(1, "Meal", &[("en_US", "One")]), held(2, "Break", &[("en_US", "Two")])];
    let world = World::of(config, objects, OrgBehavior::default());
    let steps = world.steps().await;
    let forbidden = FaultRule { method: Some("PUT".to_owned()), status: Some(403), ..FaultRule::default() };
    world.set_faults(vec![forbidden]);
    let report = world.carry_out(steps).await;
    assert_eq!(said(&report), ["update a failed", "update b failed"]);
    assert!(!undone(&report).contains("pull requests"), "{}", undone(&report));
}

#[tokio::test(start_paused = true)]
async fn a_replacement_under_one_label_still_waits_for_its_successor() {
    let smoke = Wanted { replaces: Some(presence("Break")), ..wanted("smoke", "Away", &[("en_US", "Smoke")]) };
    let objects = [held(1, "Break", &[("en_US", "Smoke")])];
    let config = desired(vec![smoke]);
    let shown = in_every_org(&config, &objects, OrgBehavior::default(), &[UniqueLabels::Never]).await;
    assert_snapshot!(shown, @"
    POST
    PUT 1
    ");
    let behavior = OrgBehavior { unique_labels: UniqueLabels::AmongActive, ..OrgBehavior::default() };
    let report = World::of(config, objects.to_vec(), behavior).apply().await;
    assert_snapshot!(undone(&report), @"
    create failed; definitions swap labels in a circle here (`create` of `smoke` and `replace` of `smoke`); if the org takes each label only once, make two pull requests: the first frees the label `Smoke` (en_US) of 2fa68d50-0000-4000-8000-000000000001 under Break, and the second is the rest
    replace skipped: it waits for `create` of `smoke`, which takes its place, and that was not done; so it stays
    ");
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_something_that_is_not_done_is_not_done_and_says_so() {
    let mut config = desired(vec![
        pinned("a", "Meal", "Two", 1),
        pinned("b", "Break", "Three", 2),
        new("c", "Busy", "Old"),
        new("d", "Away", "One"),
        new("e", "Away", "Alone"),
    ]);
    config.settings.prune = Prune::Delete;
    let objects = vec![
        held(1, "Meal", &[("en_US", "One")]),
        held(2, "Break", &[("en_US", "Two")]),
        held(3, "Training", &[("en_US", "Old")]),
    ];
    let fault = |method: &str, number, rule: FaultRule| FaultRule {
        method: Some(method.to_owned()),
        path: Some(path(number)),
        ..rule
    };
    let forbidden = FaultRule { status: Some(403), ..FaultRule::default() };
    let broken = FaultRule { status: Some(500), ..FaultRule::default() };
    let edited = |world: &World| world.edit(2, &body("Break", &[("en_US", "Two"), ("fr", "Deux")]));
    let ways: [(&str, Vec<FaultRule>, bool); 3] = [
        ("failed", vec![fault("PUT", 2, forbidden.clone()), fault("DELETE", 3, forbidden)], false),
        ("unknown", vec![fault("PUT", 2, broken.clone()), fault("DELETE", 3, broken)], false),
        ("refused", Vec::new(), true),
    ];
    let mut waited = String::new();
    for (outcome, faults, edit) in ways {
        let world = World::of(config.clone(), objects.clone(), OrgBehavior::default());
        let steps = world.steps().await;
        world.set_faults(faults);
        if edit {
            edited(&world);
        }
        let report = world.carry_out(steps).await;
        let deleted = if edit { "done" } else { outcome };
        let created = if edit { "done" } else { "skipped" };
        assert_eq!(
            said(&report),
            [
                format!("create c {created}"),
                "create d skipped".to_owned(),
                "create e done".to_owned(),
                "update a skipped".to_owned(),
                format!("update b {outcome}"),
                format!("delete Old {deleted}"),
            ]
        );
        if outcome == "failed" {
            waited = undone(&report).lines().filter(|it| it.contains("skipped")).collect::<Vec<_>>().join("\n");
        }
    }
    assert_snapshot!(waited, @"
    create skipped: it waits for `delete` of `Old` (2fa68d50-0000-4000-8000-000000000003), which frees the label `Old` (en_US), and that was not done
    create skipped: it waits for `update` of `a`, which frees the label `One` (en_US), and that was not done
    update skipped: it waits for `update` of `b`, which frees the label `Two` (en_US), and that was not done
    ");
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_something_that_a_saved_plan_withholds_is_skipped() {
    let config = desired(vec![pinned("a", "Meal", "Two", 1), pinned("b", "Break", "Three", 2)]);
    let objects = vec![held(1, "Meal", &[("en_US", "One")]), held(2, "Break", &[("en_US", "Two")])];
    let world = World::of(config, objects, OrgBehavior::default());
    let observed = world.read().await;
    let mut steps = world.steps().await;
    let blocked = vec![steps.pop().unwrap()];
    let resolved = vec![ReportRow::of(&blocked[0], None, Outcome::Conflict(Vec::new()))];
    let job = presencectl::ops::apply::ApplyJob { blocked, resolved, ..world.job(steps, &observed) };
    let (_sender, stop) = presencectl::host::stop::Stop::new();
    let report = world.run(job, &stop).await;
    assert_eq!(said(&report), ["update a skipped", "update b refused"]);
    assert_eq!(world.count("PUT"), 0);
    assert_snapshot!(undone(&report), @"
    update skipped: it waits for `update` of `b`, which frees the label `Two` (en_US), and that was not done
    update refused: it is not as the plan saw it: it was changed since, or one of the org's answers was old; a new plan shows it
    ");
}

#[tokio::test(start_paused = true)]
async fn no_step_begins_before_what_it_needs_has_ended() {
    let config = desired(vec![pinned("a", "Meal", "Two", 1), pinned("b", "Break", "Three", 2)]);
    let objects = vec![held(1, "Meal", &[("en_US", "One")]), held(2, "Break", &[("en_US", "Two")])];
    let world = World::of(config, objects, OrgBehavior::default());
    let steps = world.steps().await;
    // The write that frees the label takes long, and its answer longer.
    world.set_faults(vec![FaultRule { path: Some(path(2)), delay_ms: 10_000, ..FaultRule::default() }]);
    let sandbox = world.sandbox.clone();
    world.wire.before_first(Method::Get, path(1), move || {
        let two = sandbox.with(|it| it.org.definitions().get(id(2).as_str()).unwrap().labels["en_US"].clone());
        assert_eq!(two, "Three");
    });
    assert!(world.carry_out(steps).await.is_success());
    let ours = ["GET 1", "PUT 1", "GET 2", "PUT 2"];
    let requests: Vec<String> = world.requests().into_iter().filter(|it| ours.contains(&it.as_str())).collect();
    assert_eq!(requests, ["GET 2", "PUT 2", "GET 1", "PUT 1"]);
}

/// One object: its state before and after (missing, active, deactivated).
type Fate = (Option<bool>, Option<bool>);

/// The change of each object, its system presence, and its labels before and after, which are unique.
#[derive(Debug, Clone)]
struct Case {
    fates: Vec<(usize, Fate)>,
    before: [Vec<usize>; 2],
    after: [Vec<usize>; 2],
}

const PRESENCES: [&str; 3] = ["Meal", "Break", "Busy"];
const SLOTS: usize = 6;

fn some_case() -> impl Strategy<Value = Case> {
    let fate = (prop::option::of(any::<bool>()), prop::option::weighted(0.8, prop::bool::weighted(0.7)));
    let names = || Just((0..=SLOTS).collect::<Vec<usize>>()).prop_shuffle();
    let fates = prop::collection::vec((0..PRESENCES.len(), fate), 1..=SLOTS);
    (fates, [names(), names()], [names(), names()]).prop_map(|(fates, before, after)| Case { fates, before, after })
}

impl Case {
    fn labels(names: &[Vec<usize>; 2], slot: usize) -> Vec<(&'static str, String)> {
        let [english, german] = names;
        let german = (german[slot] % 2 == 0).then(|| ("de", format!("Wort {}", german[slot])));
        [("en_US", format!("Word {}", english[slot]))].into_iter().chain(german).collect()
    }

    fn world(&self, behavior: OrgBehavior) -> World {
        let mut objects = Vec::new();
        let mut definitions = Vec::new();
        for (slot, (system_presence, (before, after))) in self.fates.iter().enumerate() {
            let labels_of = |names| Case::labels(names, slot);
            let system_presence = PRESENCES[*system_presence];
            if let Some(active) = before {
                let labels = labels_of(&self.before);
                let labels: Vec<(&str, &str)> = labels.iter().map(|(a, b)| (*a, b.as_str())).collect();
                let make = if *active { held } else { deactivated };
                objects.push(make(slot + 1, system_presence, &labels));
            }
            if let Some(active) = after {
                let after = labels_of(&self.after);
                let after: Vec<(&str, &str)> = after.iter().map(|(a, b)| (*a, b.as_str())).collect();
                let pin = before.map(|_| id(slot + 1));
                let wanted = wanted(&format!("k{slot}"), system_presence, &[]);
                definitions.push(Wanted {
                    labels: labels(&after),
                    deactivated: !active,
                    new: before.is_none(),
                    pin,
                    ..wanted
                });
            }
        }
        let mut config = desired(definitions);
        config.settings.prune = Prune::Delete;
        let mut world = World::of(config, objects, behavior);
        world.limits = UNLIMITED;
        world
    }
}

/// The labels of the org when every step is done.
fn is_legal_after(world: &World, steps: &[Step], demand: UniqueLabels) -> bool {
    let mut held: BTreeMap<String, (Vec<(String, String)>, bool)> =
        world.held().into_iter().map(|(id, it)| (id, (it.labels.into_iter().collect(), it.deactivated))).collect();
    for (number, step) in steps.iter().enumerate() {
        let after = step.after();
        let labels = after.labels.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
        let id = step.id().map_or_else(|| format!("new {number}"), ToString::to_string);
        held.insert(id, (labels, after.deactivated));
    }
    let mut seen = BTreeSet::new();
    let counted = held.values().filter(|(_, deactivated)| demand == UniqueLabels::AmongAll || !deactivated);
    demand == UniqueLabels::Never || counted.flat_map(|(labels, _)| labels).all(|it| seen.insert(it))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, max_global_rejects: 20_000, ..repeatable() })]

    #[test]
    fn every_moment_of_an_apply_is_legal(case in some_case(), demand in prop::sample::select(EVERY_DEMAND.to_vec())) {
        super::random::paused().block_on(async {
            let world = case.world(OrgBehavior { unique_labels: demand, ..OrgBehavior::default() });
            prop_assert_eq!(wrong(&world.sandbox, demand), [""; 0]);
            let plan = world.plan().await;
            prop_assume!(plan.blockers.is_empty());
            let steps = world.steps().await;
            prop_assume!(is_legal_after(&world, &steps, demand));
            let order = Order::of(&steps, &world.read().await);
            let found = watch(&world, demand);
            let report = world.carry_out(steps).await;
            prop_assert_eq!(&*found.lock().unwrap(), &[""; 0]);
            prop_assert_eq!(wrong(&world.sandbox, demand), [""; 0]);
            if order.cycles().is_empty() || demand == UniqueLabels::Never {
                prop_assert!(report.is_success(), "{:#?}", report);
            } else {
                let circular: BTreeSet<usize> = order.cycles().iter().flatten().copied().collect();
                for (index, row) in report.rows.iter().enumerate() {
                    if let Outcome::Failed(_) = row.outcome {
                        prop_assert!(circular.contains(&index), "{:#?}", report);
                        prop_assert!(undone(&report).contains("two pull requests"), "{}", undone(&report));
                    }
                }
            }
            Ok(())
        })?;
    }
}
