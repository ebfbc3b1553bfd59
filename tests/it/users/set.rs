//! Setting presences: the operation in use, the cost of a refusal, lost responses, signals, panics.

use std::collections::BTreeSet;
use std::time::Duration;

use presencectl::client::wire::{Body, Method, Request};
use presencectl::host::stop::{GRACE_MS, Signal, Stop};
use presencectl::model::user::{PresenceSource, WantedPresence};
use presencectl::ops::users::report::UserOutcome;
use presencectl::sandbox::{FaultRule, OrgBehavior, Permissions, User, seed};
use tokio::time::Instant;

use super::{
    AVAILABLE, BULK, LUNCH, World, available, counts, custom, on_lunch, refusal, user, wishes, without_a_source,
};

const PATCH_1: &str = "PATCH /api/v2/users/5a4db0c5-0000-4000-8000-000000000001/presences/purecloud";

fn at_puts(rule: FaultRule) -> FaultRule {
    FaultRule { method: Some("PUT".to_owned()), path: Some(BULK.to_owned()), ..rule }
}

fn status(status: u16) -> FaultRule {
    FaultRule { status: Some(status), ..FaultRule::default() }
}

/// Does the body of a PUT name this user?
fn names(request: &Request, number: usize) -> bool {
    match &request.body {
        Body::Json(bytes) => String::from_utf8_lossy(bytes).contains(user(number).as_str()),
        Body::None | Body::Form(_) => false,
    }
}

/// Why a user is not there.
fn why(outcome: &UserOutcome) -> (String, String) {
    let cause = outcome.why(&PresenceSource::Platform).unwrap();
    (cause.message, cause.help.unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn one_user_is_patched_and_several_are_put() {
    let world = World::new(3);
    assert_eq!(world.set(&wishes([1])).await, [UserOutcome::Done]);
    assert_eq!(world.requests(), [&PATCH_1.replace("PATCH", "GET"), PATCH_1]);
    assert_eq!(world.set(&wishes([1])).await, [UserOutcome::AlreadyInPlace]);
    assert_eq!(world.count("PATCH"), 0);

    assert_eq!(
        world.set(&wishes([3, 1, 2])).await,
        [UserOutcome::Done, UserOutcome::AlreadyInPlace, UserOutcome::Done]
    );
    assert_eq!((world.count("PUT"), world.count("PATCH"), world.count("GET")), (1, 0, 1));

    let message = |text: &str| WantedPresence { message: Some(text.to_owned()), ..on_lunch() };
    for text in ["back at one", "", "=1+1"] {
        assert_eq!(
            world.set(&[(user(1), message(text)), (user(2), message(text))]).await,
            [UserOutcome::Done, UserOutcome::Done]
        );
        assert_eq!(world.seats()[user(2).as_str()].message, text);
    }
    // Who is not asked for a message keeps the one there is.
    let other =
        WantedPresence { definition: presencectl::model::names::DefinitionId::new(AVAILABLE).unwrap(), ..on_lunch() };
    world.set(&[(user(1), other.clone()), (user(2), other)]).await;
    let seat = &world.seats()[user(2).as_str()];
    assert_eq!((seat.definition_id.as_str(), seat.message.as_str()), (AVAILABLE, "=1+1"));
}

#[tokio::test(start_paused = true)]
async fn a_registered_source_is_set_alone_and_in_bulk_only() {
    let world = World::new(2);
    assert_eq!(world.set_by(&wishes([1, 2]), &custom()).await, [UserOutcome::Done, UserOutcome::Done]);
    assert_eq!(world.count("PUT"), 1);
    assert!(!world.is_on_lunch(1), "the platform's own presence is another");

    let world = World::new(2);
    assert_eq!(world.set_by(&wishes([1]), &custom()).await, [UserOutcome::Done]);
    assert_eq!(world.requests(), [format!("GET /api/v2/users/presences/{}/bulk", custom()), format!("PUT {BULK}")]);
    assert_eq!(world.set_by(&wishes([1]), &custom()).await, [UserOutcome::AlreadyInPlace]);
}

#[tokio::test(start_paused = true)]
async fn the_platforms_own_source_becomes_primary_by_patches_only() {
    let world = World::new(2);
    let of_custom = |it| User { primary_source: custom().to_string(), ..seed::user(it, AVAILABLE, 0) };
    world.sandbox.with(|it| it.org.users_mut().put([1, 2].map(of_custom)));
    let primary: Vec<_> = [1, 2].map(|it| (user(it), WantedPresence { primary: true, ..on_lunch() })).into();
    assert_eq!(world.set(&primary).await, [UserOutcome::Done, UserOutcome::Done]);
    assert_eq!((world.count("PATCH"), world.count("PUT")), (2, 0));
    let sources: Vec<String> =
        world.sandbox.with(|it| it.org.users().iter().map(|it| it.primary_source.clone()).collect());
    assert_eq!(sources, ["purecloud", "purecloud"]);
}

#[tokio::test(start_paused = true)]
async fn whom_the_org_does_not_show_is_not_written() {
    let world = World::new(2);
    assert_eq!(world.set(&wishes([9, 2, 1])).await, [UserOutcome::NotShown, UserOutcome::Done, UserOutcome::Done]);
    assert_eq!(world.count("PUT"), 1);
    assert_eq!(world.set(&wishes([9])).await, [UserOutcome::NotShown]);
    assert_eq!(world.count("PATCH"), 0);
    // A registered source may have nothing of a user before it is set: there the org is asked.
    let world = World::of(without_a_source(2, 1), OrgBehavior::default(), Permissions::All);
    assert_eq!(counts(&world.set_by(&wishes([1]), &custom()).await), [("failed", 1)].into());
    assert_eq!((world.count("PATCH"), world.count("PUT")), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_chunk_that_is_too_long_for_the_org_is_halved() {
    let world = World::of(available(50), OrgBehavior { bulk_put_max: 13, ..OrgBehavior::default() }, Permissions::All);
    let outcomes = world.set(&wishes(1..=50)).await;
    assert_eq!(counts(&outcomes), [("done", 50)].into());
    assert_eq!(world.count("PUT"), 7, "50, 25, 12, 13, 25, 12, 13");
}

#[tokio::test(start_paused = true)]
async fn a_missing_permission_costs_a_few_requests_and_is_named() {
    let world = World::of(available(150), OrgBehavior::default(), Permissions::Only(BTreeSet::new()));
    let outcomes = world.set(&wishes(1..=150)).await;
    assert_eq!(counts(&outcomes), [("failed", 150)].into());
    assert!(world.count("PUT") <= 15, "{}", world.count("PUT"));
    let (message, help) = why(&outcomes[149]);
    assert!(message.starts_with("`PUT /api/v2/users/presences/bulk` was answered with 403"), "{message}");
    assert!(help.contains("`presence:userPresence:edit`"), "{help}");
    let granted = Permissions::Only(["presence:userPresence:edit".to_owned()].into());
    let world = World::of(available(2), OrgBehavior::default(), granted);
    assert_eq!(counts(&world.set(&wishes([1, 2])).await), [("done", 2)].into());
}

#[tokio::test(start_paused = true)]
async fn one_user_who_may_not_be_set_takes_nobody_along() {
    for status in [400, 403, 404, 409] {
        let world = World::new(100);
        // In the second chunk, so that the org has taken something before.
        world
            .wire
            .instead(move |request| (request.method == Method::Put && names(request, 77)).then(|| refusal(status)));
        let outcomes = world.set(&wishes(1..=100)).await;
        assert_eq!(counts(&outcomes), [("done", 99), ("failed", 1)].into(), "{status}");
        assert_eq!(outcomes[76].code(), "failed");
        assert!(why(&outcomes[76]).0.ends_with(&format!("was answered with {status} `some.code`: No.")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_set_that_is_always_lost_ends_unknown_after_four_tries() {
    for handled in [false, true] {
        let world = World::new(60);
        world.set_faults(vec![at_puts(FaultRule { handled: Some(handled), ..status(500) })]);
        let outcomes = world.set(&wishes(1..=60)).await;
        let (code, puts) = if handled { ("done", 2) } else { ("unknown", 8) };
        assert_eq!(counts(&outcomes), [(code, 60)].into());
        assert_eq!(world.count("PUT"), puts);
    }
    let world = World::new(1);
    world.set_faults(vec![FaultRule {
        method: Some("PATCH".to_owned()),
        drop: Some(presencectl::sandbox::faults::Cut::BeforeWrite),
        ..FaultRule::default()
    }]);
    let outcomes = world.set(&wishes([1])).await;
    assert_eq!((outcomes[0].code(), world.count("PATCH"), world.count("GET")), ("unknown", 4, 5));
}

#[tokio::test(start_paused = true)]
async fn after_a_lost_answer_only_those_who_are_not_there_are_sent_again() {
    let world = World::new(4);
    let sandbox = world.sandbox.clone();
    let mut first = true;
    world.wire.instead(move |request| {
        if request.method != Method::Put || !std::mem::take(&mut first) {
            return None;
        }
        // The org carries out a part of it, and the answer is lost.
        for number in [1, 3] {
            sandbox.with(|it| it.org.users_mut().sit(user(number).as_str(), LUNCH, 0));
        }
        Some(refusal(500))
    });
    assert_eq!(counts(&world.set(&wishes(1..=4)).await), [("done", 4)].into());
    let again: Vec<u64> = world.seats().values().map(|it| it.modified_ms).collect();
    assert_eq!((again[0], again[2]), (0, 0), "these were written by the lost one only");
}

#[tokio::test(start_paused = true)]
async fn what_was_lost_may_still_arrive_when_the_next_is_refused() {
    let world = World::new(2);
    world.set_faults(vec![
        at_puts(FaultRule { times: Some(1), ..status(500) }),
        at_puts(FaultRule { retry_after_seconds: Some(7_200), ..status(429) }),
    ]);
    let outcomes = world.set(&wishes([1, 2])).await;
    assert_eq!(counts(&outcomes), [("unknown", 2)].into());
}

#[tokio::test(start_paused = true)]
async fn when_users_cannot_be_read_after_a_lost_answer_nobody_can_tell() {
    let world = World::new(2);
    world.set_faults(vec![at_puts(status(500)), FaultRule { method: Some("GET".to_owned()), skip: 1, ..status(403) }]);
    let outcomes = world.set(&wishes([1, 2])).await;
    assert_eq!((counts(&outcomes), world.count("PUT")), ([("unknown", 2)].into(), 1));
    assert!(why(&outcomes[0]).0.starts_with("`PUT "), "the cause is the write");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_disagrees_is_not_believed_before_it_is_read() {
    let world = World::new(3);
    let other = format!(r#"{{"id":"{}","presenceDefinition":{{"id":"{AVAILABLE}"}}}}"#, user(1));
    let broken = format!(r#"{{"id":"{}","presenceDefinition":{{}}}}"#, user(2));
    let body = format!("[{other},{broken}]").into_bytes();
    world.wire.instead(move |request| {
        let answer = presencectl::client::wire::Response { status: 200, body: body.clone(), ..Default::default() };
        (request.method == Method::Put).then_some(Ok(answer))
    });
    let outcomes = world.set(&wishes(1..=3)).await;
    assert_eq!(outcomes.iter().map(UserOutcome::code).collect::<Vec<_>>(), ["differs", "unknown", "failed"]);
    assert_eq!(why(&outcomes[2]).0, "the org answered without this user, whose presence is as it was");

    // It was executed although the response was an error: the later read counts.
    let world = World::new(1);
    let sandbox = world.sandbox.clone();
    world.wire.instead(move |request| {
        if request.method != Method::Patch {
            return None;
        }
        sandbox.with(|it| it.org.users_mut().sit(user(1).as_str(), LUNCH, 0));
        let body = format!(r#"{{"presenceDefinition":{{"id":"{AVAILABLE}"}}}}"#).into_bytes();
        Some(Ok(presencectl::client::wire::Response { status: 200, body, ..Default::default() }))
    });
    assert_eq!(world.set(&wishes([1])).await, [UserOutcome::Done]);
}

/// A run that is asked to end after a second, and how long it took.
async fn interrupted(world: &World, users: usize) -> (Vec<UserOutcome>, u64) {
    let (sender, stop) = Stop::new();
    let begin = Instant::now();
    let wishes = wishes(1..=users);
    let (outcomes, ()) = tokio::join!(world.set_until(&wishes, &PresenceSource::Platform, &stop), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        sender.send(Some(Signal::Interrupt)).unwrap();
    });
    (outcomes, u64::try_from(begin.elapsed().as_millis()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_signal_before_the_first_request_means_none() {
    let world = World::new(3);
    let (sender, stop) = Stop::new();
    sender.send(Some(Signal::Terminate)).unwrap();
    let outcomes = world.set_until(&wishes(1..=3), &PresenceSource::Platform, &stop).await;
    assert_eq!((counts(&outcomes), world.requests().len()), ([("skipped", 3)].into(), 0));
}

#[tokio::test(start_paused = true)]
async fn after_a_signal_what_is_under_way_is_awaited_and_nothing_new_starts() {
    let world = World::new(60);
    world.set_faults(vec![at_puts(FaultRule { delay_ms: 3_000, ..FaultRule::default() })]);
    let (outcomes, took_ms) = interrupted(&world, 60).await;
    assert_eq!(counts(&outcomes), [("done", 50), ("skipped", 10)].into());
    assert!(took_ms < 1_000 + GRACE_MS, "{took_ms}");
    assert_eq!((world.count("PUT"), world.count("GET")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_set_that_outlasts_the_grace_is_unknown() {
    let world = World::new(60);
    world.set_faults(vec![at_puts(FaultRule { delay_ms: 20_000, ..FaultRule::default() })]);
    let (outcomes, took_ms) = interrupted(&world, 60).await;
    assert_eq!(counts(&outcomes), [("unknown", 50), ("skipped", 10)].into());
    assert_eq!(took_ms, 1_000 + GRACE_MS);
}

#[tokio::test(start_paused = true)]
async fn a_set_that_waits_when_a_signal_comes_is_not_sent() {
    let world = World::new(60);
    world.set_faults(vec![at_puts(FaultRule { retry_after_seconds: Some(60), ..status(429) })]);
    let (outcomes, took_ms) = interrupted(&world, 60).await;
    assert_eq!(counts(&outcomes), [("skipped", 60)].into());
    assert_eq!((world.count("PUT"), took_ms), (1, 1_000));
    // Unless something was lost before: that may still arrive.
    let world = World::new(2);
    world.set_faults(vec![
        at_puts(FaultRule { times: Some(1), ..status(500) }),
        at_puts(FaultRule { retry_after_seconds: Some(60), ..status(429) }),
    ]);
    let (outcomes, _) = interrupted(&world, 2).await;
    assert_eq!(counts(&outcomes), [("unknown", 2)].into());
}

#[tokio::test(start_paused = true)]
async fn a_read_that_outlasts_the_grace_has_set_nobody() {
    let world = World::new(2);
    world.set_faults(vec![FaultRule { method: Some("GET".to_owned()), delay_ms: 20_000, ..FaultRule::default() }]);
    let (outcomes, _) = interrupted(&world, 2).await;
    assert_eq!((counts(&outcomes), world.count("PUT")), ([("skipped", 2)].into(), 0));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_the_failure_of_its_chunk_and_of_nobody_else() {
    for (method, code) in [(Method::Get, "failed"), (Method::Put, "unknown")] {
        let world = World::new(60);
        let mut first = true;
        world.wire.instead(move |request| {
            assert!(request.method != method || !std::mem::take(&mut first), "the test's own");
            None
        });
        let outcomes = world.set(&wishes(1..=60)).await;
        assert_eq!(counts(&outcomes), [(code, 50), ("done", 10)].into());
        assert!(why(&outcomes[0]).1.contains("bug in presencectl"));
    }
}
