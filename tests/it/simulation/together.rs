//! Two runs at the same time, or closer together than lists lag: they may make twins, and then somebody is told of
//! both, and no run that made one ends as if nothing had happened.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use presencectl::sandbox::temper::UniqueLabels;

use super::ledger::LAG_MS;
use super::play::{End, Played, World};
use super::wire::Swarm;
use super::world::Start;

const SEEDS: u64 = 600;

/// How many runs meet, and who is told of twins afterwards.
async fn play(seed: u64) -> Played {
    let mut dice = Rng::with_seed(seed);
    let mut start = Start::of(&mut dice);
    start.admin_per_mille = 0;
    let apart_ms = if dice.bool() { 0 } else { dice.u64(1..LAG_MS) };
    let world = World::new(start, dice);
    world.shared.ledger.lock().unwrap().runs_meet = true;
    let mut played = Played::default();
    let mut other = Played { runs: 100, ..Played::default() };
    let late = async {
        tokio::time::sleep(Duration::from_millis(apart_ms)).await;
        world.run(&mut other, None).await
    };
    let ends = tokio::join!(world.run(&mut played, None), late);
    played.story.push_str(&other.story);
    played.violations.extend(other.violations);
    tokio::time::sleep(Duration::from_millis(LAG_MS + 1_000)).await;

    // In peace.
    *world.shared.swarm.lock().unwrap() = Swarm::default();
    world.shared.ledger.lock().unwrap().runs_meet = false;
    let twins: BTreeSet<(String, String)> = world.shared.ledger.lock().unwrap().twins.iter().cloned().collect();
    let report = |end: &End| match end {
        End::Applied(_, report) => Some(report.clone()),
        End::Died | End::Failed | End::Refused { .. } | End::Nothing => None,
    };
    for (first, second) in &twins {
        if !world.is_active(first) || !world.is_active(second) {
            continue;
        }
        played.twins += 1;
        let end = world.run(&mut played, None).await;
        let End::Refused { said } = &end else {
            played.violations.push(format!("{first} and {second} are twins, and the next plan does not say so"));
            continue;
        };
        if !said.contains(first.as_str()) || !said.contains(second.as_str()) {
            played.violations.push(format!("{first} and {second} are twins, and the next plan names not both: {said}"));
        }
    }
    // Where there are twins, no two runs can both have verified an org that was in step at their end.
    let successes =
        [&ends.0, &ends.1].into_iter().filter_map(report).filter(|it| it.is_success() && !it.rows.is_empty()).count();
    if !twins.is_empty() && successes == 2 && apart_ms == 0 && world.start.temper.list_lag_ms == 0 {
        played.violations.push("both runs made twins and saw nothing of it".to_owned());
    }
    let ledger = world.shared.ledger.lock().unwrap();
    played.violations.extend(ledger.violations.iter().cloned());
    played
}

#[test]
fn runs_that_meet_make_twins_at_worst_and_somebody_is_told() {
    let (mut met, mut unique) = (0, 0);
    for seed in 0..SEEDS {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let played = runtime.block_on(play(seed));
        assert!(played.violations.is_empty(), "seed {seed}: {:#?}\n{}", played.violations, played.story);
        met += usize::from(played.twins > 0);
        let start = Start::of(&mut Rng::with_seed(seed));
        if start.temper.unique_labels != UniqueLabels::Never {
            assert_eq!(played.twins, 0, "seed {seed}: the org refuses equal labels");
            unique += 1;
        }
    }
    assert!(met > 10 && unique > 10, "{met} worlds with twins, {unique} that refuse them");
}

impl World {
    fn is_active(&self, id: &str) -> bool {
        let shared = Arc::clone(&self.shared);
        shared.sandbox.with(|it| it.org.definitions().get(id).is_some_and(|it| !it.deactivated))
    }
}
