//! The people who are moved or not, and the order of the steps.

use std::sync::Arc;

use presencectl::client::wire::{Method, Response};
use presencectl::host::stop::Stop;
use presencectl::model::generation::Generation;
use presencectl::ops::retire::RetireEvent;
use presencectl::ops::retire::plan::RetireRequest;
use presencectl::sandbox::{OrgBehavior, Permissions, Sandbox, seed};

use super::{AVAILABLE, CALLBACKS, COACHING, MEETING, START_MS, World, coaching, counts, guid, halt, people};

const QUERY: &str = "POST /api/v2/analytics/users/activity/query";
const READ: &str = "GET /api/v2/users/presences/purecloud/bulk";
const PUT: &str = "PUT /api/v2/users/presences/bulk";

#[tokio::test(start_paused = true)]
async fn everybody_is_moved_and_then_it_is_deactivated() {
    for generation in Generation::ALL {
        let world = World { generation, ..World::new(57) };
        let report = world.retire().await;
        assert!(report.is_success(), "{report:#?}");
        assert_eq!(counts(&report), [("moved", 57)].into());
        assert_eq!((world.on(COACHING), world.on(MEETING)), (0, 57));
        assert_eq!(world.seats()[AVAILABLE], 3, "no one else is touched");
        assert!(world.is_deactivated(COACHING) && !world.is_deactivated(MEETING));

        // What was retired is retired: nothing is written.
        let seats = world.each();
        let again = world.retire().await;
        assert!(again.is_success(), "{again:#?}");
        assert_eq!((counts(&again), world.each()), ([].into(), seats));
        let writes: Vec<String> = world
            .wire
            .take_requests()
            .into_iter()
            .filter(|it| it.starts_with("PUT") || it.starts_with("PATCH"))
            .collect();
        assert_eq!(writes, [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_deactivated_only_after_a_look_that_named_nobody() {
    let world = World::new(3);
    let report = world.retire().await;
    assert!(report.is_success());
    let coaching = format!("/api/v2/presencedefinitions/{}", guid(COACHING));
    let (get, put) = (format!("GET {coaching}"), format!("PUT {coaching}"));
    let meeting = format!("GET /api/v2/presencedefinitions/{}", guid(MEETING));
    // Both are as they were planned: a person may have thought about the yes for long.
    let as_planned = vec![meeting.as_str(), &get];
    // The second generation is asked for its division, which a PUT of the first might lose.
    let division = "GET /api/v2/presence/definitions";
    let expected = [
        as_planned,
        vec![QUERY, QUERY, READ, PUT, QUERY],
        vec![meeting.as_str(), division, division, division],
        vec![&get, &put, &get, QUERY],
    ];
    assert_eq!(world.wire.take_requests(), expected.concat());
}

#[tokio::test(start_paused = true)]
async fn who_has_gone_by_themselves_is_left_where_they_are() {
    let world = World::new(5);
    let sandbox = world.sandbox.clone();
    // Between the query and the reading of people.
    world.wire.instead(move |request| {
        if request.method == Method::Get && request.url.path().ends_with("/bulk") {
            super::sit(&sandbox, 2, AVAILABLE);
        }
        None
    });
    let report = world.retire().await;
    assert!(report.is_success(), "{report:#?}");
    assert_eq!(counts(&report), [("elsewhere", 1), ("moved", 4)].into());
    assert_eq!((world.on(MEETING), world.seats()[AVAILABLE]), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn who_comes_meanwhile_is_moved_as_well_also_after_the_last_look() {
    let world = World::new(2);
    let sandbox = world.sandbox.clone();
    let mut queries = 0;
    world.wire.instead(move |request| {
        if request.url.path().ends_with("/activity/query") {
            queries += 1;
            // During the second look, the first of which had an empty page for its end.
            if queries == 3 {
                super::sit(&sandbox, 3, &guid(COACHING));
            }
        }
        if request.method == Method::Put && request.url.path().ends_with(&guid(COACHING)) {
            super::sit(&sandbox, 4, &guid(COACHING));
        }
        None
    });
    let report = world.retire().await;
    assert!(report.is_success(), "{report:#?}");
    assert_eq!((counts(&report), world.on(COACHING), world.on(MEETING)), ([("moved", 4)].into(), 0, 4));
}

#[tokio::test(start_paused = true)]
async fn people_on_queue_are_left_alone_unless_that_is_asked_for() {
    let seated = || (1..=4).map(|it| seed::user(it, &guid(CALLBACKS), START_MS)).collect();
    let world = World::of(seated(), OrgBehavior::default(), Permissions::All);
    let (_sender, stop) = Stop::new();
    let asked = RetireRequest { key: "callbacks", ..coaching() };
    let report = world.carry_out(&world.planned(asked).await, &stop).await;
    assert_eq!((counts(&report), halt(&report)), ([("on-queue", 4)].into(), Some("on-queue")));
    assert!(!report.is_success() && report.definition.is_none());
    assert_eq!((world.on(CALLBACKS), world.is_deactivated(CALLBACKS)), (4, false));
    let reads = world.wire.take_requests();
    assert_eq!(reads.len(), 4);
    assert!(reads[..2].iter().all(|it| it.starts_with("GET ")) && reads[2..] == [QUERY, QUERY], "{reads:?}");

    let asked = RetireRequest { include_on_queue: true, ..asked };
    let report = world.carry_out(&world.planned(asked).await, &stop).await;
    assert!(report.is_success(), "{report:#?}");
    assert_eq!((world.on(CALLBACKS), world.on(MEETING), world.is_deactivated(CALLBACKS)), (0, 4, true));
}

/// Who is on the one that goes, of three; the second of them has this routing status.
fn activity(sandbox: &Sandbox, routing: &str) -> Response {
    let on_it = |number: usize| {
        let user = crate::users::user(number);
        let seats = sandbox.with(|it| it.org.users().iter().find(|it| it.id == user.as_str()).cloned());
        seats.is_some_and(|it| it.presence().is_some_and(|it| it.definition_id == guid(COACHING)))
    };
    let entity = |number: usize| {
        let routing = if number == 2 { routing } else { "\"OFF_QUEUE\"" };
        format!(r#"{{"userId":"{}","routingStatus":{routing}}}"#, crate::users::user(number))
    };
    let entities: Vec<String> = (1..=3).filter(|it| on_it(*it)).map(entity).collect();
    let group = format!(r#"{{"organizationPresenceId":"{}"}}"#, guid(COACHING));
    let body = format!(r#"{{"results":[{{"group":{group},"entities":[{}]}}]}}"#, entities.join(","));
    Response { status: 200, body: body.into_bytes(), ..Response::default() }
}

/// One of three is on queue, or it is not known.
#[tokio::test(start_paused = true)]
async fn the_others_are_moved_while_somebody_on_queue_stays() {
    for (routing, is_known) in [("\"INTERACTING\"", true), ("null", false), ("\"NAPPING\"", false)] {
        let world = World::new(3);
        let sandbox = world.sandbox.clone();
        world.wire.instead(move |request| {
            request.url.path().ends_with("/activity/query").then(|| Ok(activity(&sandbox, routing)))
        });
        let report = world.retire().await;
        assert_eq!((counts(&report), halt(&report)), ([("moved", 2), ("on-queue", 1)].into(), Some("on-queue")));
        let why = report.people[&crate::users::user(2)].why().unwrap().message;
        assert_eq!(why.starts_with("on queue"), is_known, "{why}");
        assert_eq!((world.on(COACHING), world.on(MEETING), world.is_deactivated(COACHING)), (1, 2, false));
    }
}

#[tokio::test(start_paused = true)]
async fn who_was_left_on_queue_and_goes_by_themselves_is_told_as_gone() {
    let world = World::new(3);
    let sandbox = world.sandbox.clone();
    world.wire.instead(move |request| {
        if request.method == Method::Put && request.url.path().ends_with("/bulk") {
            super::sit(&sandbox, 2, AVAILABLE);
        }
        request.url.path().ends_with("/activity/query").then(|| Ok(activity(&sandbox, "\"INTERACTING\"")))
    });
    let report = world.retire().await;
    assert!(report.is_success(), "{report:#?}");
    assert_eq!(counts(&report), [("elsewhere", 1), ("moved", 2)].into());
    let gone = &report.people[&crate::users::user(2)];
    assert!(gone.is_success() && gone.why().is_none(), "{gone:?}");
    assert_eq!((world.on(MEETING), world.seats()[AVAILABLE]), (2, 4), "and is where they went");
}

/// People come and go while a write waits for the end of a 429.
#[tokio::test(start_paused = true)]
async fn who_goes_while_a_write_waits_is_left_where_they_are() {
    for on_it in [1, 3] {
        let world = World::new(on_it);
        let sandbox = world.sandbox.clone();
        let mut is_over = false;
        world.wire.instead(move |request| {
            let writes = request.url.path().contains("/presences/") && request.method != Method::Get;
            (writes && !std::mem::replace(&mut is_over, true)).then(|| {
                super::sit(&sandbox, 1, AVAILABLE);
                Ok(Response { status: 429, retry_after_s: Some(60), ..Response::default() })
            })
        });
        let report = world.retire().await;
        assert!(report.is_success(), "{report:#?}");
        assert_eq!(counts(&report).get("elsewhere"), Some(&1), "{report:#?}");
        let moved = usize::try_from(on_it).unwrap() - 1;
        assert_eq!((world.on(MEETING), world.seats()[AVAILABLE]), (moved, 4), "{on_it}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_goes_while_an_answer_is_lost_is_left_where_they_are() {
    for on_it in [1, 3] {
        let world = World::new(on_it);
        let sandbox = world.sandbox.clone();
        let mut is_over = false;
        world.wire.instead(move |request| {
            let writes = request.url.path().contains("/presences/") && request.method != Method::Get;
            (writes && !std::mem::replace(&mut is_over, true)).then(|| {
                super::sit(&sandbox, 1, AVAILABLE);
                crate::users::refusal(500)
            })
        });
        let report = world.retire().await;
        assert!(report.is_success(), "{report:#?}");
        let moved = usize::try_from(on_it).unwrap() - 1;
        assert_eq!((world.on(MEETING), world.seats()[AVAILABLE]), (moved, 4), "{on_it}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_org_that_takes_nothing_stops_it() {
    let world = World::new(3);
    world.wire.instead(|request| {
        let writes = request.url.path().contains("/presences/") && request.method != Method::Get;
        writes.then(|| Ok(Response { status: 429, retry_after_s: Some(60), ..Response::default() }))
    });
    let report = world.retire().await;
    assert_eq!((counts(&report), halt(&report)), ([("failed", 3)].into(), Some("not-moved")));
    let why = report.people[&crate::users::user(1)].why().unwrap();
    assert!(why.message.contains("had to wait so long"), "{why:?}");
    assert_eq!((world.on(COACHING), world.is_deactivated(COACHING)), (3, false));
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_cut_for_ever_ends() {
    let behavior = OrgBehavior { entities_max: Some(1), ..OrgBehavior::default() };
    let world = World::of(people(2, 1), behavior, Permissions::All);
    let sandbox = world.sandbox.clone();
    world.wire.instead(move |request| {
        if request.url.path().ends_with("/activity/query") {
            (1..=2).for_each(|it| super::sit(&sandbox, it, &guid(COACHING)));
        }
        None
    });
    let ends = Box::pin(tokio::time::timeout(std::time::Duration::from_secs(3_600), world.retire()));
    let report = ends.await.expect("an end within the hour");
    assert_eq!((halt(&report), world.is_deactivated(COACHING)), (Some("still-named"), false));
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_cut_is_worked_off() {
    for entities_max in [2, 7, 40] {
        let behavior = OrgBehavior { entities_max: Some(entities_max), ..OrgBehavior::default() };
        let world = World::of(people(23, 1), behavior, Permissions::All);
        let report = world.retire().await;
        assert!(report.is_success(), "{entities_max}: {report:#?}");
        assert_eq!((counts(&report), world.on(COACHING)), ([("moved", 23)].into(), 0));
    }
}

#[tokio::test(start_paused = true)]
async fn an_activity_that_runs_behind_is_waited_for() {
    for (activity_lag_ms, is_done) in [(1_000, true), (20_000, true), (55_000, true), (300_000, false)] {
        let behavior = OrgBehavior { activity_lag_ms, ..OrgBehavior::default() };
        let world = World::of(people(3, 1), behavior, Permissions::All);
        let report = world.retire().await;
        assert_eq!((report.is_success(), world.is_deactivated(COACHING)), (is_done, is_done), "{activity_lag_ms}");
        // Who was moved once was moved, however often they are named afterwards.
        let code = if is_done { "moved" } else { "still-named" };
        assert_eq!(counts(&report), [(code, 3)].into(), "{activity_lag_ms}");
        let put = world.wire.take_requests().iter().filter(|it| *it == PUT).count();
        assert_eq!((put, world.on(COACHING)), (1, 0), "each person is moved once");
        if !is_done {
            assert_eq!((counts(&report), halt(&report)), ([("still-named", 3)].into(), Some("still-named")));
            // Later the same command is done.
            tokio::time::sleep(std::time::Duration::from_millis(activity_lag_ms)).await;
            assert!(world.retire().await.is_success());
        }
    }
}

/// A person with a presence from another source cannot be moved through this one.
#[tokio::test(start_paused = true)]
async fn who_is_put_there_by_another_source_stops_it() {
    let mut users = people(3, 0);
    let custom = presencectl::sandbox::users::CUSTOM_SOURCE_ID;
    custom.clone_into(&mut users[1].primary_source);
    AVAILABLE.clone_into(&mut users[1].presences.get_mut("purecloud").unwrap().definition_id);
    let world = World::of(users, OrgBehavior::default(), Permissions::All);
    let report = world.retire().await;
    assert_eq!((counts(&report), halt(&report)), ([("moved", 2), ("still-named", 1)].into(), Some("still-named")));
    assert_eq!((world.on(COACHING), world.is_deactivated(COACHING)), (1, false));
    let platform = world.sandbox.with(|it| it.org.users().iter().nth(1).unwrap().presences["purecloud"].clone());
    assert_eq!(platform.definition_id, AVAILABLE, "what is not on it is not written");
}

#[tokio::test(start_paused = true)]
async fn messages_stay() {
    let mut users = people(2, 0);
    for user in &mut users {
        "back at two".clone_into(&mut user.presences.get_mut("purecloud").unwrap().message);
    }
    let world = World::of(users, OrgBehavior::default(), Permissions::All);
    assert!(world.retire().await.is_success());
    let messages: Vec<String> =
        world.sandbox.with(|it| it.org.users().iter().map(|it| it.presence().unwrap().message.clone()).collect());
    assert_eq!(messages, ["back at two"; 2]);
}

#[tokio::test(start_paused = true)]
async fn everything_is_told_in_its_order() {
    let world = World::new(2);
    let (_sender, stop) = Stop::new();
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let retirement = world.planned(coaching()).await;
    let tell = |event: RetireEvent<'_>| {
        told.lock().unwrap().push(match event {
            RetireEvent::Moving(count) => format!("moving {count}"),
            RetireEvent::Ended(user) => format!("ended {user}"),
            RetireEvent::Looking => "looking".to_owned(),
            RetireEvent::Deactivating => "deactivating".to_owned(),
            RetireEvent::Reading => "reading".to_owned(),
        });
    };
    world.carry_out_telling(&retirement, &stop, &tell).await;
    let ended = |number| format!("ended {}", crate::users::user(number));
    let told = told.lock().unwrap();
    assert_eq!(*told, ["looking", "moving 2", &ended(1), &ended(2), "looking", "deactivating", "reading", "looking"]);
}
