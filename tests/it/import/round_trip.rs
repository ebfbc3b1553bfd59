//! The invariants over random orgs: the import loads, its plan is empty, and it is the same for any time and order. A
//! failing case is printed in full, shrunk, with the command that repeats it. `PROPTEST_CASES` sets more cases,
//! `PROPTEST_RNG_SEED` others.

use std::collections::BTreeSet;

use presencectl::model::generation::Generation;
use presencectl::model::names::DivisionId;
use presencectl::model::observed::{Observed, Primary};
use presencectl::model::pins::judge;
use presencectl::ops::import::import;
use presencectl::ops::import::note::ImportNote;
use presencectl::ops::import::prove;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{RngAlgorithm, RngSeed, TestRng, TestRunner};

use super::orgs::{some_choice, some_org};
use super::{organization, planned, shown, text};
use crate::paper::presence;
use crate::properties::repeatable;

fn cases() -> ProptestConfig {
    let repeatable = repeatable();
    ProptestConfig { cases: repeatable.cases / 4, ..repeatable }
}

/// The command that plays the same cases.
fn again() -> String {
    let ProptestConfig { rng_seed, .. } = repeatable();
    let RngSeed::Fixed(seed) = rng_seed else { return String::new() };
    format!("again: PROPTEST_RNG_SEED={seed} cargo test --test it import::round_trip")
}

/// A round trip over orgs in which something never occurs would show nothing of it.
#[test]
fn the_random_orgs_hold_everything() {
    let mut runner =
        TestRunner::new_with_rng(ProptestConfig::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let (mut needs, mut obstacles, mut notes, mut crowded) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), false);
    for _ in 0..400 {
        let org = some_org().new_tree(&mut runner).unwrap().current();
        let asked = some_choice().new_tree(&mut runner).unwrap().current();
        let (managed, left_out) = judge(&org, &asked.choice, &BTreeSet::new());
        needs.extend(managed.iter().map(|it| format!("{:?}", it.pin)));
        obstacles.extend(left_out.iter().map(|it| format!("{:?}", it.obstacle)));
        crowded |= managed.iter().filter(|it| it.definition.system_presence == presence("Meal")).count() > 30;
        let name = |it: &ImportNote| format!("{it:?}").split(' ').next().unwrap().to_owned();
        notes.extend(import(&org, &organization(), &asked).notes.iter().map(name));
    }
    let list = |it: &BTreeSet<String>| it.iter().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(
        list(&needs),
        "None Some(Asked) Some(NoDefaultLabel) Some(OddLabel) Some(OddLocale) Some(PrimaryNotKnown) Some(SharedLabel) \
         Some(TwoSpellings)"
    );
    assert_eq!(
        list(&obstacles),
        "Id(NoDefaultLabel) Id(OddLabel) Id(OddLocale) Id(PrimaryNotKnown) Id(SharedLabel) Id(TwoSpellings) LongLabel \
         LongLocale SystemPresence"
    );
    assert_eq!(
        list(&notes),
        "DeactivatedLeftOut DefaultLocale DivisionLeftOut LeftOut NotPinned Pinned PrimaryNotKnown"
    );
    assert!(crowded);
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn an_import_changes_nothing(org in some_org(), asked in some_choice()) {
        let import = import(&org, &organization(), &asked);
        prop_assert_eq!(prove(&import, &org), Ok(()), "{}", again());
        let plan = planned(&import, &org);
        prop_assert!(plan.is_empty(), "{}\n{}", shown(&plan), again());
        prop_assert_eq!(plan.in_sync.len(), import.definitions, "{}", again());

        // Every object of the org's own is in the files, or a note reports that it is not.
        let told: BTreeSet<_> = import
            .notes
            .iter()
            .filter_map(|it| match it { ImportNote::LeftOut { id, .. } => Some(id.clone()), _ => None })
            .collect();
        let found: BTreeSet<_> = plan.in_sync.iter().filter_map(|it| it.id.clone()).collect();
        for object in org.definitions.iter().filter(|it| it.primary != Primary::Yes) {
            let wanted = asked.choice.deactivated || !object.deactivated;
            let there = found.contains(&object.id) || told.contains(&object.id);
            prop_assert_eq!(wanted, there, "{:?}\n{}", object, again());
        }
    }

    #[test]
    fn an_org_is_always_imported_alike(org in some_org(), asked in some_choice(), turn in 0..8_usize) {
        let mut turned = org.definitions.clone();
        let by = turn.min(turned.len());
        turned.rotate_left(by);
        let other = Observed::new(turned, org.system_presences.clone())
            .seen_through(org.generation, org.divisions.clone());
        prop_assert_eq!(text(&org, &asked), text(&other, &asked), "{}", again());
    }

    #[test]
    fn without_divisions_both_generations_are_imported_alike(org in some_org(), asked in some_choice()) {
        let seen_through = |generation: Generation| {
            let mut definitions = org.definitions.clone();
            for it in &mut definitions {
                it.division = (generation == Generation::Second).then(DivisionId::all);
            }
            Observed::new(definitions, org.system_presences.clone()).seen_through(generation, org.divisions.clone())
        };
        let [first, second] = Generation::ALL.map(seen_through);
        prop_assert_eq!(text(&first, &asked), text(&second, &asked), "{}", again());
    }
}
