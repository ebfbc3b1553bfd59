//! Random configs against random orgs, applied by the real engine: the next plan is empty, and what is
//! not ours is as it was.

use presencectl::model::desired::{Desired, Limits};
use presencectl::model::observed::{Observed, Primary};
use presencectl::plan::change::{Change, Step};
use presencectl::plan::plan;
use presencectl::sandbox::Temper;
use proptest::prelude::*;

use super::{World, entity, said};
use crate::properties::{UNLIMITED, is_named, repeatable, some_config, some_org};

const CASES: u32 = 400;

/// The sandbox always says whether an object is primary.
fn told(org: Observed) -> Observed {
    let definitions = org.definitions.into_iter().map(|mut it| {
        if it.primary == Primary::NotKnown {
            it.primary = Primary::No;
        }
        it
    });
    Observed::new(definitions.collect(), None)
}

/// The platform takes no definition without a label, not even to deactivate it.
fn can_be_written(config: &Desired, org: &Observed) -> bool {
    let plan = plan(config, org, &UNLIMITED);
    let bare =
        |it: &Change| matches!(it.step, Step::Deactivate(..) | Step::Replace(..)) && it.step.after().labels.is_empty();
    plan.refusals.is_empty() && !plan.changes.is_empty() && !plan.changes.iter().any(bare)
}

fn applied(config: &Desired, org: &Observed, list_lag_ms: u64) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let objects = org.definitions.iter().map(entity).collect();
        let mut world = World::of(config.clone(), objects, Temper { list_lag_ms, ..Temper::default() });
        world.limits = Limits { ..UNLIMITED };
        let before = world.held();
        let report = world.apply().await;
        prop_assert!(report.is_success(), "{:?} {:#?}", said(&report), report);
        prop_assert!(world.plan().await.is_empty());
        let after = world.held();
        for object in &org.definitions {
            let id = object.id.as_str();
            let ours =
                object.primary != Primary::Yes && !config.protect.contains_key(&object.id) && is_named(config, object);
            prop_assert!(ours || before[id] == after[id], "{:?} {:?}", before[id], after[id]);
            for (locale, label) in &before[id].labels {
                if !config.settings.scope.covers(&presencectl::model::names::Locale::new(locale.as_str())) {
                    prop_assert_eq!(after[id].labels.get(locale), Some(label), "a locale that is not managed");
                }
            }
        }
        for (id, object) in before.iter().filter(|(_, it)| it.primary) {
            prop_assert_eq!(&after[id], object, "a primary one");
        }
        Ok(())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..repeatable() })]

    #[test]
    fn one_apply_is_enough_for_the_real_engine(
        config in some_config(),
        org in some_org().prop_map(told),
        list_lag_ms in prop::sample::select(vec![0_u64, 10_000]),
    ) {
        prop_assume!(can_be_written(&config, &org));
        applied(&config, &org, list_lag_ms)?;
    }
}
