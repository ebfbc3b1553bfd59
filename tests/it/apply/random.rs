//! Random configs and random orgs, applied by the real engine through both generations of the API. The next plan is
//! empty, foreign objects are unchanged, and the org can be imported without a change.

use std::collections::{BTreeMap, BTreeSet};

use presencectl::config::Loaded;
use presencectl::host::stop::Stop;
use presencectl::model::desired::{Desired, Limits};
use presencectl::model::division::{DivisionName, Divisions};
use presencectl::model::generation::Generation;
use presencectl::model::moment::Moment;
use presencectl::model::names::{DivisionId, Label};
use presencectl::model::observed::{Definition, Observed, Primary, Target};
use presencectl::model::run_metadata::Origin;
use presencectl::model::run_metadata::RunMetadata;
use presencectl::ops::apply::report::Report;
use presencectl::ops::apply::{Aim, ApplyJob};
use presencectl::ops::history::stored::Stored;
use presencectl::ops::import::{import, prove};
use presencectl::ops::undo::{Undo, undo};
use presencectl::output::json;
use presencectl::plan::change::{Change, Step};
use presencectl::plan::plan;
use presencectl::sandbox::{self, OrgBehavior};
use proptest::prelude::*;

use super::{World, entity, said};
use crate::import::orgs::some_choice;
use crate::import::{loaded, organization};
use crate::paper::{page, target};
use crate::properties::{Reach, UNLIMITED, reach, repeatable, some_config, some_org};
use presencectl::output::json::stored_report;

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
    let bare = |it: &Change| {
        matches!(it.step, Step::Deactivate(..) | Step::Supersede(..)) && it.step.after().labels.is_empty()
    };
    plan.blockers.is_empty() && !plan.changes.is_empty() && !plan.changes.iter().any(bare)
}

/// The divisions of the sandbox, and all of them together.
const DIVISIONS: [&str; 4] = [
    "*",
    "5a4db0c5-0000-4000-a000-0000000000d1",
    "5a4db0c5-0000-4000-a000-0000000000d2",
    "5a4db0c5-0000-4000-a000-0000000000d3",
];
const NAMES: [&str; 4] = ["*", "Home", "Sales", "Service"];

/// Assigns the definitions of config and org to divisions, by the picks.
fn divided(config: &mut Desired, org: &mut Observed, picks: &[usize]) {
    let mut picks = picks.iter().copied().cycle();
    let mut pick = || picks.next().unwrap_or_default();
    for it in &mut org.definitions {
        it.division = DivisionId::new(DIVISIONS[pick() % 4]);
    }
    for it in config.definitions.values_mut() {
        // By its name, by its id, or not at all.
        it.division = match pick() {
            number @ 0..4 => DivisionName::new(DIVISIONS[number]),
            number @ 4..8 => DivisionName::new(NAMES[number - 4]),
            _ => None,
        };
    }
}

pub(super) fn paused() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// How a case is played.
#[derive(Debug, Clone, Copy)]
struct Ways {
    generation: Generation,
    list_lag_ms: u64,
}

async fn world(config: &Desired, org: &Observed, ways: Ways) -> World {
    let Ways { generation, list_lag_ms } = ways;
    let objects = org.definitions.iter().map(entity).collect();
    let mut world = World::of(config.clone(), objects, OrgBehavior { list_lag_ms, ..OrgBehavior::default() });
    world.limits = Limits { ..UNLIMITED };
    world.generation = generation;
    if generation == Generation::Second {
        world.divisions = Divisions::Known(world.session().reader().divisions().await.unwrap());
    }
    world
}

fn applied(config: &Desired, org: &Observed, ways: Ways) -> Result<(), TestCaseError> {
    paused().block_on(async {
        let world = world(config, org, ways).await;
        let before = world.held();
        let report = world.apply().await;
        prop_assert!(report.is_success(), "{:?} {:#?}", said(&report), report);
        prop_assert!(world.plan().await.is_empty());
        // Also through the other generation, if that shows everything in the config.
        if config.definitions.values().all(|it| it.division.is_none()) {
            let [first, second] = Generation::ALL;
            let other = if ways.generation == first { second } else { first };
            prop_assert!(World { generation: other, ..world.clone() }.plan().await.is_empty(), "{}", other);
        }
        let after = world.held();
        for object in &org.definitions {
            let id = object.id.as_str();
            let is_open = object.primary != Primary::Yes && !config.protect.contains_key(&object.id);
            let ours = is_open
                && match reach(config, object) {
                    Reach::Nothing => false,
                    Reach::Removal => after.get(id).is_none_or(|it| it.deactivated),
                    Reach::Everything => true,
                };
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

/// The platform accepts no PUT without a label, and none of our PUTs adds a second spelling of a locale.
fn can_be_given_back(object: &Definition) -> bool {
    let mut locales = BTreeSet::new();
    !object.labels.is_empty() && object.labels.iter().all(|(locale, _)| locales.insert(locale.normal()))
}

/// An apply, the undo of its report, and the undo of that one's.
fn taken_back(config: &Desired, org: &Observed, ways: Ways) -> Result<(), TestCaseError> {
    paused().block_on(async {
        let world = world(config, org, ways).await;
        let before = world.held();
        let applied = world.apply().await;
        prop_assert!(applied.is_success(), "{:?}", said(&applied));
        let after = world.held();
        let undone = undo_of(&world, &applied).await?;
        for (id, now) in &world.held() {
            match before.get(id) {
                Some(before) => prop_assert!(is_same(before, now), "{:?} {:?}", before, now),
                None => prop_assert!(now.deactivated, "{:?}", now),
            }
        }
        undo_of(&world, &undone).await?;
        for (id, now) in &world.held() {
            prop_assert!(is_same(&after[id], now), "{:?} {:?}", after[id], now);
        }
        Ok(())
    })
}

/// Equal for every reader (labels are written composed), except for the modification time.
fn is_same(a: &sandbox::definitions::HeldDefinition, b: &sandbox::definitions::HeldDefinition) -> bool {
    let seen = |it: &sandbox::definitions::HeldDefinition| {
        let labels = it.labels.iter().map(|(locale, label)| (locale.clone(), Label::new(label).nfc().to_owned()));
        (labels.collect::<BTreeMap<_, _>>(), it.deactivated, it.division_id.clone())
    };
    seen(a) == seen(b)
}

async fn undo_of(world: &World, report: &Report) -> Result<Report, TestCaseError> {
    let metadata = RunMetadata {
        began: Moment::default(),
        ended: Moment::default(),
        client: None,
        origin: Origin::default(),
        config: None,
        org_name: None,
        only: None,
        default_locale: Some(world.desired.settings.default_locale.clone()),
        scope: world.desired.settings.scope.clone(),
        break_glass: None,
        undoes: None,
    };
    let report = Report { metadata: Some(metadata), ..report.clone() };
    let target = Target { generation: world.generation, ..target() };
    let text = json::write(&json::ReportV1::of(&report, &target, &page()));
    let Stored::Report(kept) = stored_report::read(text.as_bytes()).unwrap() else { panic!("{text}") };
    let observed = world.read().await;
    let Undo { plan, not_undone, config: _ } = undo(&kept, &observed, &UNLIMITED, None);
    prop_assert!(not_undone.is_empty() && plan.blockers.is_empty(), "{:?} {:?}", not_undone, plan.blockers);
    let desired = presencectl::ops::undo::desired(&kept);
    let steps = plan.changes.into_iter().map(|it| it.step).collect();
    let job = ApplyJob {
        steps,
        blocked: Vec::new(),
        resolved: Vec::new(),
        desired: &desired,
        limits: &UNLIMITED,
        observed: &observed,
        aim: Aim::Steps,
        waits: Vec::new(),
        before_post: None,
    };
    let (_sender, stop) = Stop::new();
    let undone = world.run(job, &stop).await;
    prop_assert!(undone.is_success(), "{:?} {:#?}", said(&undone), undone);
    Ok(undone)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..repeatable() })]

    #[test]
    fn one_apply_is_enough_for_the_real_engine(
        mut config in some_config(),
        mut org in some_org().prop_map(told),
        generation in prop::sample::select(Generation::ALL.to_vec()),
        picks in prop::collection::vec(0..12_usize, 8),
        list_lag_ms in prop::sample::select(vec![0_u64, 10_000]),
    ) {
        if generation == Generation::Second {
            divided(&mut config, &mut org, &picks);
        }
        let ways = Ways { generation, list_lag_ms };
        let seen = paused().block_on(async { world(&config, &org, Ways { list_lag_ms: 0, ..ways }).await.read().await });
        prop_assume!(can_be_written(&config, &seen));
        applied(&config, &org, ways)?;
    }

    #[test]
    fn what_was_applied_is_taken_back(
        mut config in some_config(),
        mut org in some_org().prop_map(told),
        generation in prop::sample::select(Generation::ALL.to_vec()),
        picks in prop::collection::vec(0..12_usize, 8),
    ) {
        if generation == Generation::Second {
            divided(&mut config, &mut org, &picks);
        }
        let ways = Ways { generation, list_lag_ms: 0 };
        let seen = paused().block_on(async { world(&config, &org, ways).await.read().await });
        prop_assume!(can_be_written(&config, &seen) && seen.definitions.iter().all(can_be_given_back));
        taken_back(&config, &org, ways)?;
    }

    #[test]
    fn what_the_client_reads_is_imported_without_a_change(
        mut config in some_config(),
        mut org in some_org().prop_map(told),
        generation in prop::sample::select(Generation::ALL.to_vec()),
        picks in prop::collection::vec(0..12_usize, 8),
        asked in some_choice(),
    ) {
        divided(&mut config, &mut org, &picks);
        paused().block_on(async {
            let ways = Ways { generation, list_lag_ms: 0 };
            let read = world(&config, &org, ways).await.read().await;
            let made = import(&read, &organization(), &asked);
            prop_assert_eq!(prove(&made, &read), Ok(()));
            let Loaded { config: Some(read_again), .. } = loaded(&made) else { panic!("it does not load") };
            let after = world(&read_again.desired, &org, ways).await;
            prop_assert!(after.plan().await.is_empty());
            prop_assert_eq!(import(&after.read().await, &organization(), &asked).files, made.files);
            Ok(())
        })?;
    }
}
