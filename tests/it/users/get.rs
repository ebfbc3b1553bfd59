//! Reading user presences: the number of requests, and users that the org does not show.

use presencectl::model::user::{PresenceSource, UserId};
use presencectl::ops::users::get::read;
use presencectl::ops::users::listing::UserFound;
use presencectl::sandbox::org_behavior::Offer;
use presencectl::sandbox::{FaultRule, OrgBehavior, Permissions};

use super::{AVAILABLE, World, available, custom, user, without_a_source};

async fn found(world: &World, numbers: &[usize], source: &PresenceSource) -> Vec<UserFound> {
    world.wire.requests.lock().unwrap().clear();
    let users: Vec<UserId> = numbers.iter().map(|it| user(*it)).collect();
    read(&world.session().user_reader(), &users, source).await
}

fn codes(found: &[UserFound]) -> Vec<&'static str> {
    found.iter().map(UserFound::code).collect()
}

#[tokio::test(start_paused = true)]
async fn many_users_take_a_request_for_fifty_and_keep_their_order() {
    let world = World::new(120);
    for (number, definition) in [(1, "a"), (60, "b"), (120, "c")] {
        world.sandbox.with(|it| it.org.users_mut().sit(user(number).as_str(), definition, 0));
    }
    let numbers: Vec<usize> = (1..=120).rev().collect();
    let found = found(&world, &numbers, &PresenceSource::Platform).await;
    let on: Vec<&str> = found
        .iter()
        .map(|it| match it {
            UserFound::On(presence) => presence.definition.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!((on[0], on[60], on[119], on[1]), ("c", "b", "a", AVAILABLE));
    assert_eq!(world.requests(), ["GET /api/v2/users/presences/purecloud/bulk"; 3]);
}

#[tokio::test(start_paused = true)]
async fn one_user_is_read_alone_which_says_more() {
    let world = World::new(2);
    let alone = found(&world, &[1], &PresenceSource::Platform).await;
    let together = found(&world, &[1, 2], &PresenceSource::Platform).await;
    let primary = |found: &UserFound| match found {
        UserFound::On(presence) => presence.primary,
        other => panic!("{other:?}"),
    };
    assert_eq!((primary(&alone[0]), primary(&together[0])), (Some(true), None));
    // The operation of one user is not for a registered source.
    let registered = found(&world, &[1], &custom()).await;
    assert_eq!((codes(&registered), primary(&registered[0])), (vec!["shown"], None));
    assert_eq!(world.requests(), [format!("GET /api/v2/users/presences/{}/bulk", custom())]);
    assert_eq!(codes(&found(&world, &[9], &custom()).await), ["not-shown"]);
}

#[tokio::test(start_paused = true)]
async fn whom_the_org_does_not_show_is_said_to_be_not_shown() {
    let world = World::new(2);
    assert_eq!(codes(&found(&world, &[9], &PresenceSource::Platform).await), ["not-shown"]);
    assert_eq!(
        codes(&found(&world, &[9, 1, 8, 2], &PresenceSource::Platform).await),
        ["not-shown", "shown", "not-shown", "shown"]
    );
    assert_eq!(codes(&found(&world, &[1, 2], &PresenceSource::named("nobodys").unwrap()).await), ["not-shown"; 2]);
}

#[tokio::test(start_paused = true)]
async fn a_bulk_read_that_is_refused_for_one_user_is_done_one_by_one() {
    // The sandbox answers 404 for all when one of them does not have the source.
    let world = World::of(without_a_source(3, 2), OrgBehavior::default(), Permissions::All);
    assert_eq!(codes(&found(&world, &[1, 2, 3], &custom()).await), ["shown", "not-shown", "shown"]);
    assert_eq!((world.count("GET /api/v2/users/presences/"), world.requests().len()), (4, 4));
    for status in [400, 404] {
        let world = World::new(2);
        let rule =
            FaultRule { path: Some("*".to_owned()), request: Some(2), status: Some(status), ..FaultRule::default() };
        world.set_faults(vec![rule]);
        assert_eq!(codes(&found(&world, &[1, 2], &PresenceSource::Platform).await), ["shown", "shown"], "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_that_of_its_users() {
    let world = World::new(60);
    let rule = FaultRule { request: Some(2), status: Some(403), ..FaultRule::default() };
    world.set_faults(vec![rule]);
    let numbers: Vec<usize> = (1..=60).collect();
    let found = found(&world, &numbers, &PresenceSource::Platform).await;
    assert_eq!(codes(&found)[..50], ["failed"; 50]);
    assert_eq!(codes(&found)[50..], ["shown"; 10]);
}

#[tokio::test(start_paused = true)]
async fn teams_is_asked_about_one_user_after_the_other() {
    let world = World::new(2);
    assert_eq!(codes(&found(&world, &[1, 9, 2], &PresenceSource::Teams).await), ["shown", "not-shown", "shown"]);
    assert_eq!(world.count("GET"), 4, "and the platform's own source about whom Teams does not show");
}

#[tokio::test(start_paused = true)]
async fn where_the_platform_no_longer_has_teams_that_is_said() {
    let gone = |status| {
        World::of(available(3), OrgBehavior { teams: Offer::Gone(status), ..OrgBehavior::default() }, Permissions::All)
    };
    let world = gone(410);
    let nothing = found(&world, &[1, 9, 2], &PresenceSource::Teams).await;
    assert_eq!(codes(&nothing), ["teams-gone"; 3]);
    assert_eq!(world.count("GET"), 1, "asking again would not help");
    let cause = nothing[0].why(&PresenceSource::Teams).unwrap();
    assert_eq!(
        cause.message,
        "the platform no longer has the operation that tells of Microsoft Teams: it left its API in 2022"
    );
    assert!(cause.help.unwrap().contains("`--source purecloud`"));
    // A 404 may be about the user as well.
    let world = gone(404);
    let nothing = found(&world, &[1, 9, 2], &PresenceSource::Teams).await;
    assert_eq!(codes(&nothing), ["no-teams", "not-shown", "no-teams"]);
    assert!(nothing[0].why(&PresenceSource::Teams).unwrap().message.contains("left its API in 2022"));
    assert_eq!(world.count("GET"), 4);
    let lost = FaultRule { request: Some(3), status: Some(403), ..FaultRule::default() };
    world.set_faults(vec![lost]);
    assert_eq!(codes(&found(&world, &[1], &PresenceSource::Teams).await), ["failed"], "it cannot be told which it is");
}
