//! The stops of a retirement: nothing more is written, and the report has the reason.

use presencectl::client::wire::Method;
use presencectl::host::stop::{Signal, Stop};
use presencectl::model::generation::Generation;
use presencectl::ops::apply::report::Outcome;
use presencectl::ops::retire::report::Halt;
use presencectl::plan::difference::Difference;
use presencectl::sandbox::org_behavior::FirstPutDivision;
use presencectl::sandbox::{FaultRule, OrgBehavior, Permissions};
use serde_json::json;

use super::{COACHING, MEETING, World, coaching, counts, guid, halt, people};

const EDIT_PEOPLE: &str = "presence:userPresence:edit";
const EDIT_DEFINITIONS: &str = "presence:presenceDefinition:edit";
const VIEW_ACTIVITY: &str = "analytics:userObservation:view";

fn headers() -> Vec<(String, String)> {
    let authorization = format!("Bearer {}", presencectl::sandbox::TOKEN);
    vec![("authorization".to_owned(), authorization), ("content-type".to_owned(), "application/json".to_owned())]
}

fn allowed(permissions: &[&str]) -> World {
    let permissions = Permissions::Only(permissions.iter().map(ToString::to_string).collect());
    World::of(people(3, 1), OrgBehavior::default(), permissions)
}

#[tokio::test(start_paused = true)]
async fn each_missing_permission_stops_it_where_it_is_missed() {
    let world = allowed(&[EDIT_PEOPLE, EDIT_DEFINITIONS]);
    let report = world.retire().await;
    assert_eq!((halt(&report), counts(&report)), (Some("look-failed"), [].into()));
    assert_eq!((world.on(COACHING), world.is_deactivated(COACHING)), (3, false));

    let world = allowed(&[VIEW_ACTIVITY, EDIT_DEFINITIONS]);
    let report = world.retire().await;
    assert_eq!((halt(&report), counts(&report)), (Some("not-moved"), [("failed", 3)].into()));
    assert_eq!((world.on(COACHING), world.is_deactivated(COACHING)), (3, false));

    let world = allowed(&[VIEW_ACTIVITY, EDIT_PEOPLE]);
    let report = world.retire().await;
    assert_eq!((halt(&report), counts(&report)), (Some("not-deactivated"), [("moved", 3)].into()));
    assert_eq!((world.on(COACHING), world.on(MEETING), world.is_deactivated(COACHING)), (0, 3, false));
    let Some(Outcome::Failed(cause)) = report.definition.map(|row| row.outcome) else { panic!("it was refused") };
    assert!(cause.help.unwrap().contains(EDIT_DEFINITIONS), "the permission is named");

    let world = allowed(&[VIEW_ACTIVITY, EDIT_PEOPLE, EDIT_DEFINITIONS]);
    assert!(world.retire().await.is_success());
}

#[tokio::test(start_paused = true)]
async fn one_who_cannot_be_moved_stops_it_and_the_others_are_moved() {
    let world = World::new(9);
    world.wire.instead(|request| {
        let presencectl::client::wire::Body::Json(body) = &request.body else { return None };
        let names = String::from_utf8_lossy(body).contains(crate::users::user(4).as_str());
        (request.method == Method::Put && names).then(|| crate::users::refusal(400))
    });
    let report = world.retire().await;
    assert_eq!((halt(&report), counts(&report)), (Some("not-moved"), [("failed", 1), ("moved", 8)].into()));
    assert_eq!((world.on(COACHING), world.is_deactivated(COACHING)), (1, false));
}

/// Does something to a definition right before the request that this one describes, the first of its kind.
fn meddling(world: &World, method: Method, path_end: String, change: impl Fn(&mut serde_json::Value) + Send + 'static) {
    meddling_after(world, 0, method, path_end, change);
}

/// The same, after so many requests of that kind.
fn meddling_after(
    world: &World,
    mut passes: usize,
    method: Method,
    path_end: String,
    change: impl Fn(&mut serde_json::Value) + Send + 'static,
) {
    let sandbox = world.sandbox.clone();
    let mut is_over = false;
    world.wire.instead(move |request| {
        if !is_over && request.method == method && request.url.path().ends_with(&path_end) {
            if passes > 0 {
                passes -= 1;
                return None;
            }
            is_over = true;
            let mut body = json!({});
            change(&mut body);
            let id = body["id"].as_str().unwrap().to_owned();
            let answer = sandbox.with(|it| {
                let request = presencectl::sandbox::http::HttpRequest {
                    method: "PUT".to_owned(),
                    path: format!("/api/v2/presencedefinitions/{id}"),
                    query: String::new(),
                    headers: headers(),
                    body: body.to_string().into_bytes(),
                };
                it.org.handle(&request, 1_764_000_900_000)
            });
            assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        }
        None
    });
}

#[tokio::test(start_paused = true)]
async fn nobody_is_left_without_a_place_when_the_other_one_goes_meanwhile() {
    // Before anyone is moved, and after it.
    for (reads, on_it) in [(0, 2), (1, 0)] {
        let world = World::new(2);
        meddling_after(&world, reads, Method::Get, guid(MEETING), |body| {
            *body = json!({ "id": guid(MEETING), "languageLabels": { "en_US": "Team meeting" },
                            "systemPresence": "Meeting", "deactivated": true });
        });
        let report = world.retire().await;
        assert_eq!((halt(&report), world.is_deactivated(COACHING)), (Some("target-gone"), false));
        assert_eq!(world.on(COACHING), on_it);
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_moved_to_what_the_org_does_not_show() {
    let world = World::new(2);
    let (_sender, stop) = Stop::new();
    let mut retirement = world.planned(coaching()).await;
    retirement.to.definition.id = crate::paper::id(77);
    let report = world.carry_out(&retirement, &stop).await;
    assert_eq!((halt(&report), counts(&report), world.on(COACHING)), (Some("target-gone"), [].into(), 2));
}

/// An unreadable state is a doubt: before anyone is moved, before the deactivation, and afterwards.
#[tokio::test(start_paused = true)]
async fn each_read_that_fails_stops_it() {
    for (number, passes, expected, on_it, is_deactivated) in [
        (MEETING, 0, "target-unread", 2, false),
        (COACHING, 0, "not-deactivated", 2, false),
        (MEETING, 1, "target-unread", 0, false),
        (COACHING, 1, "not-deactivated", 0, false),
        (COACHING, 2, "unread", 0, true),
    ] {
        let world = World::new(2);
        let mut passes_left = passes;
        world.wire.instead(move |request| {
            if request.method != Method::Get || !request.url.path().ends_with(&guid(number)) {
                return None;
            }
            let passes = passes_left > 0;
            passes_left = usize::saturating_sub(passes_left, 1);
            (!passes).then(|| crate::users::refusal(403))
        });
        let report = world.retire().await;
        assert_eq!(halt(&report), Some(expected), "{number} {passes}: {report:#?}");
        assert_eq!((world.on(COACHING), world.is_deactivated(COACHING)), (on_it, is_deactivated), "{number} {passes}");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_moved_off_what_somebody_changed_since_the_plan() {
    for generation in Generation::ALL {
        let world = World { generation, ..World::new(2) };
        let (_sender, stop) = Stop::new();
        let retirement = world.planned(coaching()).await;
        meddling(&world, Method::Get, guid(MEETING), |body| {
            *body = json!({ "id": guid(COACHING), "languageLabels": { "en_US": "First aid" },
                            "systemPresence": "Busy", "deactivated": false });
        });
        let report = world.carry_out(&retirement, &stop).await;
        assert_eq!((halt(&report), counts(&report)), (Some("not-deactivated"), [].into()));
        let Some(Outcome::Conflict(differences)) = report.definition.map(|row| row.outcome) else { panic!("refused") };
        assert!(matches!(differences.as_slice(), [Difference::Label { .. }]), "{differences:?}");
        assert_eq!((world.on(COACHING), world.is_deactivated(COACHING)), (2, false));
    }
}

#[tokio::test(start_paused = true)]
async fn what_somebody_changed_meanwhile_is_not_deactivated() {
    let world = World::new(2);
    meddling(&world, Method::Put, "/bulk".to_owned(), |body| {
        *body = json!({ "id": guid(COACHING), "languageLabels": { "en_US": "Coaching 2" },
                        "systemPresence": "Busy", "deactivated": false });
    });
    let report = world.retire().await;
    assert_eq!((halt(&report), world.is_deactivated(COACHING)), (Some("not-deactivated"), false));
    let outcome = report.definition.unwrap().outcome;
    assert!(matches!(outcome, Outcome::Conflict(_)), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn a_division_that_is_lost_is_told() {
    let behavior = OrgBehavior { first_put_division: FirstPutDivision::Reset, ..OrgBehavior::default() };
    let world = World::of(people(1, 0), behavior, Permissions::All);
    let second = World { generation: Generation::Second, wire: world.wire.clone(), sandbox: world.sandbox.clone() };
    // By the second generation it gets a division.
    let divided = second.session().reader().divisions().await.unwrap()[0].id.clone();
    let body = json!({ "languageLabels": { "en_US": "Coaching" }, "systemPresence": "Busy", "deactivated": false,
                       "divisionId": divided.as_str(), "type": "User" });
    world.sandbox.with(|it| {
        let request = presencectl::sandbox::http::HttpRequest {
            method: "PUT".to_owned(),
            path: format!("/api/v2/presence/definitions/{}", guid(COACHING)),
            query: String::new(),
            headers: headers(),
            body: body.to_string().into_bytes(),
        };
        assert_eq!(it.org.handle(&request, 1_764_000_900_000).status, 200);
    });
    let report = world.retire().await;
    assert_eq!(halt(&report), Some("differs"));
    assert!(report.is_deactivated() && report.advice().is_some(), "that much is known");
    let Some(Outcome::Differs(differences)) = report.definition.map(|row| row.outcome) else { panic!("it was lost") };
    assert!(matches!(differences.as_slice(), [Difference::Division { .. }]), "{differences:?}");
}

#[tokio::test(start_paused = true)]
async fn what_reads_as_active_after_a_minute_is_told() {
    let behavior = OrgBehavior { get_lag_ms: 100_000, ..OrgBehavior::default() };
    let world = World::of(people(0, 1), behavior, Permissions::All);
    let report = world.retire().await;
    assert_eq!(report.halt, Some(Halt::NotVisibleYet));
    assert!(world.is_deactivated(COACHING), "it is, all the same");
    let behavior = OrgBehavior { get_lag_ms: 20_000, ..OrgBehavior::default() };
    let world = World::of(people(0, 1), behavior, Permissions::All);
    assert!(world.retire().await.is_success());
}

/// A signal at each request: a request that was not passed to the wire is not done, and the next run completes it.
#[tokio::test(start_paused = true)]
async fn a_signal_at_each_request() {
    let requests = {
        let world = World::new(57);
        assert!(world.retire().await.is_success());
        world.wire.take_requests().len()
    };
    assert!(requests > 12, "{requests}");
    for at in 1..=requests {
        let world = World::new(57);
        let (sender, stop) = Stop::new();
        let retirement = world.planned(coaching()).await;
        let mut seen = 0;
        world.wire.instead(move |request| {
            seen += usize::from(!request.url.path().contains("/oauth/"));
            if seen == at {
                sender.send_replace(Some(Signal::Interrupt));
            }
            None
        });
        let report = world.carry_out(&retirement, &stop).await;
        world.wire.instead(|_| None);
        assert_eq!((report.interrupted, report.is_success()), (Some(Signal::Interrupt), false), "at {at}");
        assert!(!world.is_deactivated(COACHING) || world.on(COACHING) == 0, "at {at}");
        let told = report.definition.as_ref().is_some_and(|row| row.outcome.is_success());
        let unknown = report.definition.as_ref().is_some_and(|row| matches!(row.outcome, Outcome::Unknown(_)));
        assert!(unknown || told == world.is_deactivated(COACHING), "at {at}: {report:#?}");
        let again = world.retire().await;
        assert!(again.is_success(), "at {at}: {again:#?}");
        assert_eq!((world.on(COACHING), world.on(MEETING)), (0, 57), "at {at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure_with_a_report() {
    for at in ["/activity/query", "/purecloud/bulk", "/presences/bulk", &format!("/{}", guid(COACHING))] {
        let world = World::new(3);
        let path = at.to_owned();
        let retirement = world.planned(coaching()).await;
        world.wire.instead(move |request| {
            assert!(!request.url.path().ends_with(&path), "a bug");
            None
        });
        let (_sender, stop) = Stop::new();
        let report = world.carry_out(&retirement, &stop).await;
        assert!(!report.is_success() && report.halt.is_some(), "{at}");
        assert!(!world.is_deactivated(COACHING), "{at}");
    }
}

#[tokio::test(start_paused = true)]
async fn people_who_keep_coming_stop_it() {
    let world = World::new(1);
    let sandbox = world.sandbox.clone();
    world.wire.instead(move |request| {
        if request.url.path().ends_with("/activity/query") {
            super::sit(&sandbox, 1, &guid(COACHING));
        }
        None
    });
    let report = world.retire().await;
    assert_eq!((halt(&report), world.is_deactivated(COACHING)), (Some("still-named"), false));
    let puts = world.wire.take_requests().iter().filter(|it| it.starts_with("PATCH")).count();
    assert_eq!(puts, 7, "as often as it was looked");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_cut_to_nothing_says_nothing() {
    let world = World::new(1);
    world.wire.instead(|request| {
        let group = format!(r#"{{"organizationPresenceId":"{}"}}"#, guid(COACHING));
        let body = format!(r#"{{"results":[{{"group":{group},"entities":[],"truncated":true}}]}}"#);
        let answer = presencectl::client::wire::Response { status: 200, body: body.into_bytes(), ..Default::default() };
        request.url.path().ends_with("/activity/query").then_some(Ok(answer))
    });
    let report = world.retire().await;
    assert_eq!((halt(&report), world.is_deactivated(COACHING)), (Some("cut-to-nothing"), false));
}

#[tokio::test(start_paused = true)]
async fn a_failed_look_is_never_taken_for_nobody() {
    for status in [403, 404, 500] {
        let world = World::new(2);
        let retirement = world.planned(coaching()).await;
        world.set_faults(vec![FaultRule {
            path: Some("/api/v2/analytics*".to_owned()),
            status: Some(status),
            skip: 2,
            ..FaultRule::default()
        }]);
        let (_sender, stop) = Stop::new();
        let report = world.carry_out(&retirement, &stop).await;
        assert_eq!((halt(&report), world.is_deactivated(COACHING)), (Some("look-failed"), false), "{status}");
    }
}
