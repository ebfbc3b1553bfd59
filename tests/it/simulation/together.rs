//! Concurrent runs, or runs closer together than lists lag: a killed process is restarted at once, or two pipelines
//! overlap. They may create twins if the org allows equal labels. Then both are reported, and no run that created one
//! reports success.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use futures_util::future::join_all;
use presencectl::sandbox::org_behavior::UniqueLabels;

use super::play::{End, Played, World};
use super::wire::Death;
use super::world::Start;

/// How runs follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meeting {
    /// Each begins while the one before may still be at work.
    AtOnce,
    /// Each starts after the previous one ended or was killed, and before every list shows its writes.
    OneAfterTheOther,
}

/// Plays a seed to its end.
pub(super) fn play(seed: u64) -> (Meeting, Played) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut dice = Rng::with_seed(seed);
        let start = Start::of(&mut dice);
        let mut world = World::new(start, dice);
        let mut played = Played::default();
        world.introduce(&mut played);
        world.shared.ledger.lock().unwrap().runs_meet = true;
        let (count, is_at_once) = world.dice(|it| (it.usize(2..4), it.bool()));
        let (meeting, ends) = if is_at_once {
            (Meeting::AtOnce, at_once(&world, &mut played, count).await)
        } else {
            (Meeting::OneAfterTheOther, one_after_the_other(&world, &mut played, count).await)
        };
        tokio::time::sleep(Duration::from_millis(world.start.apart_ms + 1_000)).await;
        world.shared.ledger.lock().unwrap().runs_meet = false;
        unseen(&world, &mut played, &ends);
        world.liveness(&mut played).await;
        world.close(&mut played);
        if world.start.behavior.unique_labels != UniqueLabels::Never && played.twins_in_use > 0 {
            played.violations.push("there are twins in an org that refuses equal labels".to_owned());
        }
        (meeting, played)
    })
}

/// How long after the one before a run begins: at once, or so that lists may lag behind it.
fn apart_ms(world: &World) -> u64 {
    world.dice(|it| if it.bool() { 0 } else { it.u64(1..world.start.apart_ms) })
}

async fn at_once(world: &World, played: &mut Played, count: usize) -> BTreeMap<usize, End> {
    let mut begin_ms = 0;
    let runs = (0..count).map(|number| {
        let (at_ms, death) = (begin_ms, world.dice(Death::perhaps));
        begin_ms += apart_ms(world);
        async move {
            let mut own = Played { runs: number, ..Played::default() };
            tokio::time::sleep(Duration::from_millis(at_ms)).await;
            let end = world.run(&mut own, death).await;
            (own, end)
        }
    });
    let runs: Vec<_> = runs.collect();
    let mut ends = BTreeMap::new();
    for (own, end) in join_all(runs).await {
        ends.insert(own.runs, end);
        played.runs += 1;
        played.deaths += own.deaths;
        played.refused += own.refused;
        played.writes += own.writes;
        played.violations.extend(own.violations);
        played.story.push_str(&own.story);
    }
    ends
}

async fn one_after_the_other(world: &World, played: &mut Played, count: usize) -> BTreeMap<usize, End> {
    let mut ends = BTreeMap::new();
    for _ in 0..count {
        let death = world.dice(Death::perhaps);
        let end = world.run(played, death).await;
        ends.insert(played.runs, end);
        tokio::time::sleep(Duration::from_millis(apart_ms(world))).await;
    }
    ends
}

/// Two runs that created twins cannot both have verified the org, however long lists lag: the later one sees the
/// other's definition with its own.
fn unseen(world: &World, played: &mut Played, ends: &BTreeMap<usize, End>) {
    let is_success = |run: usize| matches!(ends.get(&run), Some(End::Applied(_, report)) if report.is_success());
    let ledger = world.shared.ledger.lock().unwrap();
    for twins in &ledger.twins {
        // A person may have hidden one of them meanwhile.
        if ledger.was_ever_edited(&twins.first.0) || ledger.was_ever_edited(&twins.second.0) {
            continue;
        }
        if twins.first.1.is_some_and(is_success) && is_success(twins.second.1) {
            played.violations.push(format!("both runs saw nothing of the twins that they made: {twins:?}"));
        }
    }
}
