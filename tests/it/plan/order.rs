//! The order of steps: every small case in an org that demands unique labels, and the usual examples.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeSet;

use insta::assert_snapshot;
use presencectl::model::labels::Scope;
use presencectl::model::names::{Key, Label, Locale};
use presencectl::model::observed::{Content, Observed, Primary};
use presencectl::plan::change::{Create, Edit, Removal, Step};
use presencectl::plan::order::{Because, Order, OrderNeed};
use proptest::prelude::*;

use crate::paper::{World, id, labels, presence, want};
use crate::properties::{repeatable, some_config, some_org};

/// What one object is, or none while it is not there.
type State = Option<Content>;

/// Everything that one object can be and become, with the label of one locale.
#[derive(Clone, Copy, Debug)]
enum Becomes {
    Made(char),
    Stays {
        held: char,
        deactivated: bool,
    },
    Renamed(char, char),
    BroughtBack(char, char),
    Deactivated(char),
    Deleted(char),
    /// Its place is taken by what is done for the next one.
    Replaced(char),
}

const NAMES: [char; 3] = ['A', 'B', 'C'];
const PRESENCES: [&str; 4] = ["Meal", "Break", "Busy", "Away"];

fn every_fate() -> Vec<Becomes> {
    let mut all: Vec<Becomes> = NAMES.map(Becomes::Made).to_vec();
    for held in NAMES {
        all.extend([false, true].map(|deactivated| Becomes::Stays { held, deactivated }));
        all.extend([Becomes::Deactivated(held), Becomes::Deleted(held), Becomes::Replaced(held)]);
        all.extend(NAMES.into_iter().filter(|it| *it != held).map(|it| Becomes::Renamed(held, it)));
        all.extend(NAMES.map(|it| Becomes::BroughtBack(held, it)));
    }
    all
}

fn key(slot: usize) -> Key {
    Key::new(&format!("k{slot}")).unwrap()
}

fn content(name: char, deactivated: bool) -> Content {
    Content { labels: labels(&[("en_US", &name.to_string())]), deactivated, division: None }
}

fn edit(slot: usize, before: Content, after: Content) -> Edit {
    let system_presence = presence(PRESENCES[slot % PRESENCES.len()]);
    Edit { key: Some(key(slot)), id: id(slot), system_presence, scope: Scope::All, before, after }
}

fn removal(slot: usize, before: Content) -> Removal {
    Removal { id: id(slot), system_presence: presence(PRESENCES[slot % PRESENCES.len()]), before, after: None }
}

/// The state of each object before, and the steps, each with its object.
fn case(fates: &[Becomes]) -> (Vec<State>, Vec<(usize, Step)>) {
    let mut before = Vec::new();
    let mut steps = Vec::new();
    for (slot, fate) in fates.iter().enumerate() {
        let active = |name| content(name, false);
        let (state, step) = match *fate {
            Becomes::Made(name) => {
                let create = Create {
                    key: key(slot),
                    system_presence: presence("Meal"),
                    labels: active(name).labels,
                    division: None,
                };
                (None, Some(Step::Create(create)))
            }
            Becomes::Stays { held, deactivated } => (Some(content(held, deactivated)), None),
            Becomes::Renamed(held, name) => {
                (Some(active(held)), Some(Step::Update(edit(slot, active(held), active(name)))))
            }
            Becomes::BroughtBack(held, name) => {
                let state = content(held, true);
                (Some(state.clone()), Some(Step::Reactivate(edit(slot, state, active(name)))))
            }
            Becomes::Deactivated(held) => {
                (Some(active(held)), Some(Step::Deactivate(key(slot), removal(slot, active(held)))))
            }
            Becomes::Deleted(held) => (Some(active(held)), Some(Step::Delete(removal(slot, active(held))))),
            Becomes::Replaced(held) => {
                let by = key((slot + 1) % fates.len());
                (Some(active(held)), Some(Step::Supersede(by, removal(slot, active(held)))))
            }
        };
        before.push(state);
        steps.extend(step.map(|it| (slot, it)));
    }
    (before, steps)
}

/// Does an org that demands unique labels accept these, among active definitions or among all?
fn is_legal(states: &[State], among_all: bool) -> bool {
    let counted = states.iter().flatten().filter(|it| among_all || !it.deactivated);
    let mut seen = BTreeSet::new();
    counted.flat_map(|it| it.labels.iter()).all(|(locale, label)| seen.insert((locale.normal(), label.nfc())))
}

/// Is the org legal after each step, and does nothing go before its successor is there?
fn goes_well(before: &[State], steps: &[(usize, Step)], order: &[usize], among_all: bool) -> bool {
    let mut states = before.to_vec();
    let mut done = BTreeSet::new();
    order.iter().all(|index| {
        let (slot, step) = &steps[*index];
        states[*slot] = Some(step.after());
        let successor = |it: &usize| matches!(step, Step::Supersede(key, _) if is_made_by(key, &steps[*it].1));
        let succeeded = (0..steps.len()).filter(successor).all(|it| done.contains(&it));
        done.insert(*index);
        succeeded && is_legal(&states, among_all)
    })
}

fn is_made_by(key: &Key, step: &Step) -> bool {
    !step.action().is_removal() && step.key() == Some(key)
}

fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    let Some((first, rest)) = items.split_first() else { return vec![Vec::new()] };
    let longer = |shorter: Vec<usize>| {
        (0..=shorter.len()).map(move |place| [&shorter[..place], &[*first], &shorter[place..]].concat())
    };
    permutations(rest).into_iter().flat_map(longer).collect()
}

/// Every order in which the steps may be done, where those of one wave run at once.
fn every_run(order: &Order) -> Vec<Vec<usize>> {
    let mut runs: Vec<Vec<usize>> = vec![Vec::new()];
    for wave in order.waves() {
        let ways = permutations(wave);
        runs = runs.iter().flat_map(|run| ways.iter().map(|it| [run.as_slice(), it].concat())).collect();
    }
    runs
}

#[test]
fn every_small_case_goes_well_where_anything_does() {
    let fates = every_fate();
    let (mut legal, mut circular, mut only_among_active) = (0_usize, 0_usize, 0_usize);
    for fates in fates.iter().flat_map(|a| fates.iter().map(move |b| [*a, *b])).flat_map(|[a, b]| {
        let third = fates.iter().map(move |c| vec![a, b, *c]);
        third.chain([vec![a, b]])
    }) {
        let (before, steps) = case(&fates);
        let order = Order::of(steps.iter().map(|(_, step)| step), &Observed::default());
        let places: Vec<usize> = (0..steps.len()).collect();
        let mut named: Vec<usize> = order.waves().concat();
        named.sort_unstable();
        assert_eq!(named, places, "{fates:?}");
        let mut after = before.clone();
        for (slot, step) in &steps {
            after[*slot] = Some(step.after());
        }
        let mut can_be_done = [true; 2];
        for (among_all, can_be_done) in [false, true].into_iter().zip(&mut can_be_done) {
            // An org cannot demand more than its state before and after fulfils.
            if !is_legal(&before, among_all) || !is_legal(&after, among_all) {
                continue;
            }
            legal += 1;
            let runs = permutations(&places);
            *can_be_done = runs.iter().any(|run| goes_well(&before, &steps, run, among_all));
            if *can_be_done {
                for run in every_run(&order) {
                    assert!(goes_well(&before, &steps, &run, among_all), "{among_all} {fates:?} {run:?} {order:?}");
                }
            }
            if among_all {
                circular += usize::from(!*can_be_done);
                only_among_active += usize::from(!*can_be_done && can_be_done_among_active(&before, &steps, &runs));
                assert_eq!(order.cycles().is_empty(), *can_be_done, "{fates:?} {order:?}");
            }
        }
        if can_be_done == [false, true] {
            assert!(!order.cycles().is_empty(), "{fates:?} {order:?}");
        }
    }
    // No part of the test may have become blind.
    assert!(legal > 5_000 && circular > 50 && only_among_active > 20, "{legal} {circular} {only_among_active}");
}

fn can_be_done_among_active(before: &[State], steps: &[(usize, Step)], runs: &[Vec<usize>]) -> bool {
    runs.iter().any(|run| goes_well(before, steps, run, false))
}

/// The steps of a world's plan in short, wave by wave, with the circles.
fn shown(world: &World) -> String {
    let (plan, _) = world.planned();
    let steps: Vec<&Step> = plan.changes.iter().map(|it| &it.step).collect();
    let order = Order::of(steps.iter().copied(), &world.observed());
    let name = |index: &usize| {
        let step = steps[*index];
        let name = step.key().map_or_else(|| step.name(&plan.default_locale).unwrap().to_string(), Key::to_string);
        format!("{} {name}", step.action().verb())
    };
    let group = |it: &Vec<usize>| it.iter().map(name).collect::<Vec<_>>().join(", ");
    let waves = order.waves().iter().map(group);
    let circles = order.cycles().iter().map(|it| format!("circle: {}", group(it)));
    waves.chain(circles).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_has_nothing_to_do_with_each_other_runs_at_once_and_removals_last() {
    assert_snapshot!(shown(&super::properties::full()), @"
    create none, create smoke, reactivate desk, update lunch
    replace smoke
    deactivate coaching, delete Ghost
    circle: create smoke, replace smoke
    ");
}

#[test]
fn a_chain_of_renames_begins_at_its_free_end() {
    let mut world = World::in_step([want("a", "Meal", "One"), want("b", "Break", "Two"), want("c", "Busy", "Three")]);
    world.config(want("a", "Meal", "Two").pinned(id(1)));
    world.config(want("b", "Break", "Three").pinned(id(2)));
    world.config(want("c", "Busy", "Four").pinned(id(3)));
    world.config(want("d", "Away", "One").said_to_be_new());
    assert_snapshot!(shown(&world), @"
    update c
    update b
    update a
    create d
    ");
}

#[test]
fn what_frees_a_label_comes_first_whatever_it_is() {
    let mut world = World::in_step([want("lunch", "Meal", "Lunch"), want("tea", "Break", "Tea").label("de", "Pause")]);
    world.config(want("lunch", "Meal", "Lunch").deactivated());
    world.config(want("tea", "Break", "Tea").label("de", "Tee"));
    world.config(want("midday", "Busy", "Lunch").said_to_be_new());
    // Another spelling of the locale is the same locale; the same label of another locale is another.
    world.config(want("rest", "Away", "Pause").label("DE", "Pause").said_to_be_new());
    world.config(want("walk", "Away", "Tee").label("de", "Tea").said_to_be_new());
    assert_snapshot!(shown(&world), @"
    create walk, update tea, deactivate lunch
    create midday, create rest
    ");
    let (plan, _) = world.planned();
    let order = Order::of(plan.changes.iter().map(|it| &it.step), &world.observed());
    let because = Because::Frees(Locale::new("DE"), Label::new("Pause"));
    assert_eq!(order.needs(1), [OrderNeed { step: 3, because }]);
}

#[test]
fn a_label_may_be_given_up_or_taken_by_several() {
    let mut world = World::in_step([want("a", "Meal", "One"), want("b", "Break", "Lunch")]);
    world.config(want("a", "Meal", "Two").pinned(id(1)));
    world.config(want("c", "Busy", "One").said_to_be_new());
    world.config(want("d", "Away", "One").said_to_be_new());
    assert_snapshot!(shown(&world), @"
    update a
    create c, create d
    ");
    world.org().label("Lunch", "en_US", "One");
    world.forget("d");
    world.config(want("b", "Break", "Lunch").pinned(id(2)));
    assert_snapshot!(shown(&world), @"
    update a, update b
    create c
    ");
    // No org with unique labels has the state of both sides, so there is nothing to order.
    world.config(want("d", "Away", "One").said_to_be_new());
    assert_snapshot!(shown(&world), @"create c, create d, update a, update b");
}

#[test]
fn a_swap_is_a_circle_and_waits_for_nothing() {
    let mut world = World::in_step([want("a", "Meal", "One"), want("b", "Break", "Two"), want("c", "Busy", "Three")]);
    world.config(want("a", "Meal", "Two").pinned(id(1)));
    world.config(want("b", "Break", "One").pinned(id(2)));
    world.config(want("c", "Busy", "Four").pinned(id(3)));
    assert_snapshot!(shown(&world), @"
    update a, update b, update c
    circle: update a, update b
    ");
}

#[test]
fn a_swap_with_what_is_deactivated_is_a_circle_and_in_order_among_the_active_ones() {
    let mut world = World::in_step([want("a", "Meal", "One"), want("b", "Break", "Two")]);
    world.org().deactivate("One");
    world.config(want("a", "Meal", "Two").pinned(id(1)));
    world.config(want("b", "Break", "One").pinned(id(2)));
    assert_snapshot!(shown(&world), @"
    update b
    reactivate a
    circle: reactivate a, update b
    ");
}

#[test]
fn a_replacement_under_one_label_is_a_circle_and_still_comes_after_its_successor() {
    let mut world = World::empty();
    world.org().add("Meal", &[("en_US", "Lunch")]);
    world.config(want("lunch", "Break", "Lunch").replaces("Meal"));
    assert_snapshot!(shown(&world), @"
    create lunch
    replace lunch
    circle: create lunch, replace lunch
    ");
    world.config(want("lunch", "Break", "Siesta").previously("Lunch").replaces("Meal"));
    world.config(want("midday", "Away", "Lunch").said_to_be_new());
    assert_snapshot!(shown(&world), @"
    create lunch
    replace lunch
    create midday
    ");
}

#[test]
fn a_circle_says_who_has_the_label_that_each_takes() {
    let mut world = World::in_step([want("a", "Meal", "One"), want("b", "Break", "Two")]);
    world.config(want("a", "Meal", "Two").pinned(id(1)));
    world.config(want("b", "Break", "One").pinned(id(2)));
    let (plan, _) = world.planned();
    let order = Order::of(plan.changes.iter().map(|it| &it.step), &world.observed());
    let because = |label| Because::Frees(Locale::new("en_US"), Label::new(label));
    assert_eq!(order.given_up(0), [OrderNeed { step: 1, because: because("Two") }]);
    assert_eq!(order.given_up(1), [OrderNeed { step: 0, because: because("One") }]);
    assert_eq!((order.needs(0), order.needs(1)), (&[] as &[OrderNeed], &[] as &[OrderNeed]));
}

#[test]
fn two_swaps_are_two_circles() {
    let presences = [("a", "Meal", "One"), ("b", "Break", "Two"), ("c", "Busy", "Three"), ("d", "Away", "Four")];
    let mut world = World::in_step(presences.map(|(key, presence, label)| want(key, presence, label)));
    for (number, label) in ["Two", "One", "Four", "Three"].into_iter().enumerate() {
        let (key, presence, _) = presences[number];
        world.config(want(key, presence, label).pinned(id(number + 1)));
    }
    assert_snapshot!(shown(&world), @"
    update a, update b, update c, update d
    circle: update a, update b
    circle: update c, update d
    ");
}

#[test]
fn of_several_labels_that_one_frees_for_another_the_same_is_named_each_time() {
    let old = want("old", "Meal", "Lunch").label("de", "Mittag").label("fr", "Midi").label("it", "Pranzo");
    let mut world = World::in_step([old]);
    world.config(want("old", "Meal", "Early").label("de", "Früh").label("fr", "Tôt").pinned(id(1)));
    world.config(want("new", "Break", "Lunch").label("it", "Pranzo").label("fr", "Midi").said_to_be_new());
    let (plan, _) = world.planned();
    for _ in 0..20 {
        let order = Order::of(plan.changes.iter().map(|it| &it.step), &world.observed());
        let because = Because::Frees(Locale::new("en_US"), Label::new("Lunch"));
        assert_eq!(order.needs(0), [OrderNeed { step: 1, because }]);
    }
}

#[test]
fn what_is_in_a_circle_waits_for_a_label_from_outside_it() {
    let tea = want("tea", "Busy", "Tea");
    let mut world =
        World::in_step([want("a", "Meal", "One"), want("b", "Break", "Two"), tea.clone().label("de", "Pause")]);
    world.org().deactivate("Tea");
    world.config(want("a", "Meal", "Two").label("de", "Pause").pinned(id(1)));
    world.config(want("b", "Break", "One").pinned(id(2)));
    world.config(tea.label("de", "Tee"));
    assert_snapshot!(shown(&world), @"
    reactivate tea, update b
    update a
    circle: update a, update b
    ");
}

#[test]
fn a_label_that_is_not_managed_is_taken_by_what_is_brought_back_with_it() {
    let mut world = World::in_step([want("tea", "Break", "Tea").label("fr", "Pause"), want("walk", "Away", "Walk")]);
    world.org().label("Walk", "fr", "Pause");
    world.org().deactivate("Tea");
    world.config(want("walk", "Away", "Walk").deactivated());
    assert_snapshot!(shown(&world), @"
    deactivate walk
    reactivate tea
    ");
    // Regardless of the config manages: the whole object is active again.
    world.locales(&["en_US"]);
    assert_snapshot!(shown(&world), @"
    deactivate walk
    reactivate tea
    ");
}

/// As many under Meal as the platform documents, with one more to come and one to go; and the same
/// under Busy with room for one.
fn near_the_limit(under_meal: usize) -> World {
    let mut world = World::empty();
    world.prune();
    for number in 1..=under_meal {
        world.org().add("Meal", &[("en_US", &format!("Old {number}"))]);
        if number > 2 {
            world.config(want(&format!("old{number}"), "Meal", &format!("Old {number}")));
        }
    }
    world.config(want("dinner", "Meal", "Dinner").said_to_be_new());
    world.org().add("Busy", &[("en_US", "Chores")]);
    world.config(want("coach", "Busy", "Coaching").said_to_be_new());
    world
}

#[test]
fn near_the_limit_of_active_ones_what_frees_a_place_comes_first() {
    assert_snapshot!(shown(&near_the_limit(29)), @"
    create coach, create dinner
    delete Old 1, delete Old 2, delete Chores
    ");
    assert_snapshot!(shown(&near_the_limit(30)), @"
    create coach, delete Old 1, delete Old 2
    create dinner
    delete Chores
    ");
    let world = near_the_limit(30);
    let (plan, _) = world.planned();
    let order = Order::of(plan.changes.iter().map(|it| &it.step), &world.observed());
    assert!((0..plan.changes.len()).all(|it| order.needs(it).is_empty()), "the org may allow more: nothing is a need");
    // Deactivated ones and the platform's own take no place.
    let mut world = near_the_limit(29);
    world.org().add("Meal", &[("en_US", "Gone")]);
    world.org().deactivate("Gone");
    world.org().add("Meal", &[("en_US", "Meal")]);
    world.org().primary("Meal", Primary::Yes);
    assert_snapshot!(shown(&world), @"
    create coach, create dinner
    delete Old 1, delete Old 2, delete Chores
    ");
}

#[test]
fn a_replacement_frees_a_place_only_after_its_successor_has_taken_another() {
    let mut world = near_the_limit(30);
    // Full as well, and each of the two takes the place of one of the other.
    for number in 1..=30 {
        let label = format!("New {number}");
        world.org().add("Break", &[("en_US", &label)]);
        world.config(want(&format!("new{number}"), "Break", &label));
    }
    world.forget("new1").forget("old3").config(want("siesta", "Break", "Siesta").previously("Old 3").replaces("Meal"));
    world.config(want("dinner", "Meal", "Dinner").previously("New 1").replaces("Break"));
    assert_snapshot!(shown(&world), @"
    create coach, delete Old 1, delete Old 2
    create dinner
    replace dinner
    create siesta
    replace siesta
    delete Chores
    ");
    // Where nothing else goes, each would have to wait for the other: then neither waits.
    for number in [1, 2] {
        world.config(want(&format!("old{number}"), "Meal", &format!("Old {number}")));
    }
    assert_snapshot!(shown(&world), @"
    create coach, create dinner, create siesta
    replace dinner, replace siesta
    delete Chores
    ");
}

#[test]
fn ten_thousand_steps_are_no_matter_of_minutes() {
    let chain = |n: usize| {
        let name =
            |n: usize| Content { labels: labels(&[("en_US", &n.to_string())]), deactivated: false, division: None };
        Step::Update(edit(n, name(n), name(n + 1)))
    };
    let steps: Vec<Step> = (0..10_000).map(chain).collect();
    let order = Order::of(&steps, &Observed::default());
    assert_eq!((order.waves().len(), order.cycles().len()), (10_000, 0));
    // All have one label and shall have another, and the other way round.
    let turned = |n: usize| {
        let [a, b] = [content('A', false), content('B', false)];
        Step::Update(if n.is_multiple_of(2) { edit(n, a, b) } else { edit(n, b, a) })
    };
    let steps: Vec<Step> = (0..10_000).map(turned).collect();
    assert_eq!(Order::of(&steps, &Observed::default()).waves().len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..repeatable() })]

    #[test]
    fn what_needs_something_comes_after_it(config in some_config(), org in some_org()) {
        let steps: Vec<Step> =
            presencectl::plan::plan(&config, &org, &crate::properties::UNLIMITED).changes.into_iter().map(|it| it.step).collect();
        let order = Order::of(&steps, &org);
        let wave = |index: usize| order.waves().iter().position(|it| it.contains(&index)).unwrap();
        for index in 0..steps.len() {
            for need in order.needs(index) {
                prop_assert!(wave(need.step) < wave(index), "{steps:#?} {order:?}");
            }
            if let Step::Supersede(key, _) = &steps[index] {
                let makers = (0..steps.len()).filter(|it| is_made_by(key, &steps[*it]));
                prop_assert!(makers.clone().all(|it| order.needs(index).iter().any(|need| need.step == it)));
            }
        }
        let named: Vec<usize> = order.cycles().concat();
        prop_assert!(named.iter().all(|it| *it < steps.len()));
    }
}
