//! Each fault at each request of a retirement, through both generations of the API: the report is true, other people
//! are not affected, and another run without faults completes it.

use presencectl::host::stop::Stop;
use presencectl::model::generation::Generation;
use presencectl::ops::apply::report::Outcome as Written;
use presencectl::ops::retire::report::{Fate, RetireReport};
use presencectl::ops::users::report::UserOutcome as Set;
use presencectl::sandbox::FaultRule;

use super::{COACHING, MEETING, World, coaching, guid};
use crate::faults::every_fault;

/// Two chunks, the second of which is short.
const ON_IT: u32 = 53;
const OTHERS: usize = 3;

/// Compares a report with the real state of the org.
fn expect_true(world: &World, report: &RetireReport, repeat: &str) {
    let each = world.each();
    let (from, to) = (guid(COACHING), guid(MEETING));
    for (user, fate) in &report.people {
        let seat = &each[user.as_str()];
        let is_true = match fate {
            Fate::Set(Set::Done | Set::AlreadyInPlace) => *seat == to,
            Fate::Set(Set::Failed(_) | Set::Skipped | Set::NotShown) | Fate::StillNamed => *seat == from,
            Fate::Set(Set::Unknown(_)) => true,
            Fate::Set(Set::Differs(_) | Set::Elsewhere(_)) | Fate::LeftOnQueue(_) | Fate::Gone => false,
        };
        assert!(is_true, "{repeat}: {user} {fate:?} is on {seat}");
    }
    let is_deactivated = world.is_deactivated(COACHING);
    match report.definition.as_ref().map(|row| &row.outcome) {
        Some(Written::Done | Written::AlreadyInPlace) => assert!(is_deactivated, "{repeat}"),
        Some(Written::Unknown(_)) => {}
        other => assert!(!is_deactivated, "{repeat}: {other:?}"),
    }
    assert!(!is_deactivated || world.on(COACHING) == 0, "{repeat}: deactivated, and a person is on it");
    assert!(!report.is_success() || is_deactivated, "{repeat}");
    let elsewhere = each.values().filter(|it| **it != from && **it != to).count();
    assert_eq!(elsewhere, OTHERS, "{repeat}: another person was touched");
}

#[tokio::test(start_paused = true)]
async fn each_fault_at_each_request() {
    for generation in Generation::ALL {
        let requests = {
            let world = World { generation, ..World::new(ON_IT) };
            assert!(world.retire().await.is_success());
            // And the token.
            world.wire.take_requests().len() + 1
        };
        let mut failures = 0;
        for number in 1..=requests {
            for (name, rule) in every_fault() {
                let repeat = format!("repeat: {generation}: {name} at request {number}");
                let world = World { generation, ..World::new(ON_IT) };
                let retirement = world.planned(coaching()).await;
                let number = u64::try_from(number).unwrap();
                world.set_faults(vec![FaultRule { request: Some(number), times: Some(1), ..rule }]);
                let (_sender, stop) = Stop::new();
                let report = world.carry_out(&retirement, &stop).await;
                expect_true(&world, &report, &repeat);
                failures += usize::from(!report.is_success());
                world.set_faults(Vec::new());
                let again = world.retire().await;
                assert!(again.is_success(), "{repeat}: {again:#?}");
                expect_true(&world, &again, &repeat);
                assert_eq!(world.on(MEETING), ON_IT as usize, "{repeat}");
            }
        }
        assert!(failures > 0, "no fault was felt");
    }
}
