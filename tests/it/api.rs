//! The client, one rule per test: its requests, its use of responses, and its reaction to failures.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod double;
mod generation2;
mod odd;
mod session;
mod sockets;
mod tls;
mod usage;
mod users;
mod write_guard;

use std::time::Duration;

use presencectl::client::policy::ATTEMPTS_MAX;
use presencectl::client::wire::{Response, WireError};
use presencectl::client::{ApiErrorKind, Patch, WriteError};
use presencectl::config::diagnostic::Findings;
use presencectl::model::generation::Generation;
use presencectl::model::labels::Labels;
use presencectl::model::names::{DefinitionId, Label, Locale, SystemPresence};
use presencectl::model::observed::{Content, Primary};
use presencectl::model::problem::{KnownOrg, Problem};
use presencectl::model::source::Sources;
use presencectl::output;
use presencectl::output::style::Style;
use serde_json::Value;
use tokio::time::Instant;

use double::{Answer, CANARY, Double, entity, lost, not_sent, ok, page, page_number, status, throttled};

const LIST: &str = "https://api.mypurecloud.de/api/v2/presencedefinitions";

fn id(raw: &str) -> DefinitionId {
    DefinitionId::new(raw).unwrap()
}

fn meal() -> SystemPresence {
    SystemPresence::new("Meal").unwrap()
}

/// What a creation sends.
fn content(items: &[(&str, &str)]) -> Content {
    Content { labels: labels(items), deactivated: false, division: None }
}

fn labels(items: &[(&str, &str)]) -> Labels {
    items.iter().map(|(locale, label)| (Locale::new(*locale), Label::new(*label))).collect()
}

fn unclear(error: &WriteError) -> bool {
    matches!(error, WriteError::Unclear(_))
}

// What is sent

#[tokio::test(start_paused = true)]
async fn reading_asks_for_everything_there_is() {
    let org = Double::answering([
        ok(r#"{"id":"22222222-BBBB-4bbb-8bbb-222222222222","name":"Acme","state":"active"}"#),
        ok(r#"[{"id":"BUSY","name":"Busy"},{"id":"ON_QUEUE","name":"On Queue"},{"id":"X","name":"Brand New"}]"#),
        page(&["b".to_owned(), "a".to_owned()], 1, 100, 2),
        ok(&entity("a")),
    ]);
    let reader = org.session().reader();

    let organization = reader.organization().await.unwrap();
    assert_eq!(
        (organization.id.as_str(), organization.name.as_str()),
        ("22222222-bbbb-4bbb-8bbb-222222222222", "Acme")
    );
    let names = reader.system_presences().await.unwrap();
    assert_eq!(names.iter().map(SystemPresence::as_str).collect::<Vec<_>>(), ["Busy", "On Queue", "Brand New"]);
    let definitions = reader.definitions().await.unwrap();
    assert_eq!(definitions.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(reader.definition(&id("a")).await.unwrap().unwrap().definition, definitions[0]);

    assert_eq!(
        org.lines(),
        [
            "GET https://api.mypurecloud.de/api/v2/organizations/me".to_owned(),
            "GET https://api.mypurecloud.de/api/v2/systempresences".to_owned(),
            format!("GET {LIST}?pageNumber=1&pageSize=100&deleted=ALL&localeCode=ALL"),
            format!("GET {LIST}/a?localeCode=ALL"),
        ]
    );
    assert_eq!(reader.request_count(), 5);
}

#[tokio::test(start_paused = true)]
async fn the_token_comes_from_the_login_host() {
    let org = Double::answering([ok("[]")]);
    org.session().reader().system_presences().await.unwrap();
    let seen = org.seen();
    assert_eq!(seen[0].line, "POST https://login.mypurecloud.de/oauth/token");
    assert_eq!(seen[0].body, "grant_type=client_credentials");
    // base64("client-1:canary-5e9f-secret")
    assert_eq!(seen[0].authorization, "Basic Y2xpZW50LTE6Y2FuYXJ5LTVlOWYtc2VjcmV0");
    assert_eq!(seen[1].authorization, format!("Bearer {CANARY}-token-1"));
}

#[tokio::test(start_paused = true)]
async fn a_create_sends_labels_in_nfc_and_the_platforms_spelling() {
    let org = Double::answering([ok(&entity("a"))]);
    let name = SystemPresence::new("OnQueue").unwrap();
    org.session().writer().create(&name, &content(&[("fr", "Cafe\u{301}")])).await.unwrap();
    assert_eq!(org.lines(), [format!("POST {LIST}")]);
    assert_eq!(org.seen()[1].body, r#"{"languageLabels":{"fr":"Café"},"systemPresence":"On Queue"}"#);
}

#[tokio::test(start_paused = true)]
async fn an_update_sends_back_what_it_read_with_only_the_patch_changed() {
    let read = r#"{"id":"a","languageLabels":{"en-us":"Lunch","de":"Mittag","fr":null},"systemPresence":"Meal",
        "divisionId":"*","deactivated":false,"primary":false,"createdBy":{"id":"u"},"createdDate":"2026-01-01T00:00:00Z",
        "modifiedBy":{"id":"u","name":"Ada"},"modifiedDate":"2026-01-02T00:00:00Z","selfUri":"/x",
        "invented":{"deep":[1,2.50,123456789012345678901234567890,null,"ü"]},"modifiedReason":"kept"}"#;
    let org = Double::answering([ok(read), ok(&entity("a"))]);
    let writer = org.session().writer();
    let current = writer.reader().definition(&id("a")).await.unwrap().unwrap();
    let modified = current.definition.modified.clone().unwrap();
    assert_eq!((modified.by.as_deref(), modified.at.as_deref()), (Some("Ada"), Some("2026-01-02T00:00:00Z")));

    let patch = Patch {
        set: labels(&[("en_US", "Lunch break"), ("es", "Almuerzo")]),
        remove: vec![Locale::new("de")],
        deactivated: Some(true),
        division: None,
    };
    writer.update(current, &patch).await.unwrap();
    assert_eq!(org.lines()[1], format!("PUT {LIST}/a"));
    assert_eq!(
        org.seen()[2].body,
        concat!(
            r#"{"deactivated":true,"divisionId":"*","invented":{"deep":[1,2.50,123456789012345678901234567890,null,"ü"]},"#,
            r#""languageLabels":{"en-us":"Lunch break","es":"Almuerzo","fr":null},"modifiedReason":"kept","#,
            r#""primary":false,"systemPresence":"Meal"}"#
        )
    );
}

#[test]
fn a_patch_is_what_differs() {
    let state = |items: &[(&str, &str)], deactivated| Content { deactivated, ..content(items) };
    let before = state(&[("en-us", "Lunch"), ("de", "Mittag"), ("fr", "Midi")], true);
    let after = state(&[("en_US", "Lunch"), ("de", "Mittagspause"), ("es", "Almuerzo")], false);
    let patch = Patch::between(&before, &after);
    assert_eq!(patch.set, labels(&[("de", "Mittagspause"), ("es", "Almuerzo")]));
    assert_eq!(patch.remove, [Locale::new("fr")]);
    assert_eq!(patch.deactivated, Some(false));
    assert_eq!(Patch::between(&before, &before), Patch::default());
    assert_eq!(Patch::deactivation().deactivated, Some(true));
}

#[tokio::test(start_paused = true)]
async fn of_two_spellings_of_a_locale_only_the_named_one_goes() {
    let read = r#"{"id":"a","languageLabels":{"en-us":"A","en_US":"B"},"systemPresence":"Meal"}"#;
    let org = Double::answering([ok(read), ok(&entity("a"))]);
    let writer = org.session().writer();
    let current = writer.reader().definition(&id("a")).await.unwrap().unwrap();
    writer.update(current, &Patch { remove: vec![Locale::new("en-us")], ..Patch::default() }).await.unwrap();
    assert_eq!(org.seen()[2].body, r#"{"languageLabels":{"en_US":"B"},"systemPresence":"Meal"}"#);
}

#[tokio::test(start_paused = true)]
async fn a_delete_needs_no_body_back() {
    for answer in [status(204, ""), status(200, " \n"), status(200, "{}"), status(202, &entity("a"))] {
        let org = Double::answering([answer]);
        org.session().writer().delete(&id("a")).await.unwrap();
        assert_eq!(org.lines(), [format!("DELETE {LIST}/a")]);
        assert_eq!(org.seen()[1].body, "");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hostile_id_stays_one_step_of_the_path() {
    let org = Double::answering([status(204, "")]);
    let writer = org.session().writer();
    writer.delete(&id("../x?y#z")).await.unwrap();
    assert_eq!(org.lines(), [format!("DELETE {LIST}/..%2Fx%3Fy%23z")]);
    let error = writer.delete(&id("..")).await.unwrap_err();
    assert_eq!(error.to_string(), "`DELETE /api/v2/presencedefinitions/`: the id `..` cannot be in a path");
}

// What is made of the answers

#[tokio::test(start_paused = true)]
async fn unknown_fields_and_values_are_tolerated() {
    let org = Double::answering([ok(concat!(
        r#"{"pageSize":100,"pageNumber":1,"total":5,"news":{},"entities":["#,
        r#"{"id":"a","languageLabels":{},"systemPresence":"Brand New","type":"System"},"#,
        r#"{"id":"b","languageLabels":{"xx-YY":""},"systemPresence":"Meal","type":"USER","deactivated":null},"#,
        r#"{"id":"c","languageLabels":{},"systemPresence":"Meal","type":"Future","deactivated":true},"#,
        r#"{"id":"d","languageLabels":{},"systemPresence":"Meal","primary":true},"#,
        r#"{"id":"e","languageLabels":{},"systemPresence":"Meal","primary":false,"type":"System"}]}"#
    ))]);
    let definitions = org.session().reader().definitions().await.unwrap();
    let primary: Vec<Primary> = definitions.iter().map(|it| it.primary).collect();
    assert_eq!(primary, [Primary::Yes, Primary::No, Primary::NotKnown, Primary::Yes, Primary::Yes]);
    assert_eq!(definitions.iter().map(|it| it.deactivated).collect::<Vec<_>>(), [false, false, true, false, false]);
    assert_eq!(definitions[1].labels, labels(&[("xx-YY", "")]));
}

#[tokio::test(start_paused = true)]
async fn another_definition_than_the_one_asked_for_is_a_broken_promise() {
    let org = Double::answering([ok(&entity("b"))]);
    let error = org.session().reader().definition(&id("a")).await.unwrap_err();
    assert!(
        matches!(&error.kind, ApiErrorKind::BrokenPromise(what) if what == "`a` was asked for, and `id` is `b`"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn only_the_platform_itself_can_say_that_something_is_gone() {
    let gone = r#"{"message":"not there","code":"not.found","status":404,"contextId":"x"}"#;
    let org = Double::answering([
        status(404, gone),
        page(&[], 1, 100, 0),
        status(404, "<html>no such page</html>"),
        status(404, gone),
        status(410, gone),
    ]);
    let reader = org.session().reader();
    assert!(reader.definition(&id("a")).await.unwrap().is_none());
    assert!(org.lines()[1].starts_with(&format!("GET {LIST}?")), "the collection is there, so this one is not");
    let error = reader.definition(&id("a")).await.unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::NotFound { by_the_platform: false });
    let error = reader.definition(&id("a")).await.unwrap_err();
    assert_eq!(
        error.kind,
        ApiErrorKind::NotServed(Generation::First),
        "nothing is known of one without its collection"
    );
}

#[tokio::test(start_paused = true)]
async fn a_403_names_the_missing_permission() {
    let body = r#"{"message":"Unable to perform the requested action. You are missing the following permission(s): presence:presenceDefinition:add",
        "code":"missing.permissions","status":403,"messageParams":{"permissions":"presence:presenceDefinition:add"}}"#;
    let org = Double::answering([status(403, body), status(403, r#"{"code":"not.authorized"}"#)]);
    let writer = org.session().writer();
    let error = writer.create(&meal(), &content(&[("en_US", "Lunch")])).await.unwrap_err();
    let WriteError::NotDone(error) = error else { panic!("{error}") };
    assert_eq!(error.help(), "give a role of the OAuth client the permission `presence:presenceDefinition:add`");
    assert_eq!((error.about.status, error.about.code.as_deref()), (Some(403), Some("missing.permissions")));
    let error = writer.reader().definition(&id("a")).await.unwrap_err();
    assert_eq!(
        error.help(),
        "give a role of the OAuth client the permission `presence:presenceDefinition:view` \
         (the API document asks for none here, the platform does today)"
    );
}

#[tokio::test(start_paused = true)]
async fn an_error_holds_the_facts_raw_and_each_view_makes_them_safe() {
    let message = format!("bad\u{1b}[31m label{}", "x".repeat(1_000));
    let body = serde_json::json!({ "message": message, "code": "invalid.value", "contextId": "ctx-9",
        "messageParams": { "field": "languageLabels" }, "details": [{ "fieldName": "de", "errorCode": "too.long" }] });
    let answer = status(400, &body.to_string()).map(|it| Response { correlation_id: None, ..it });
    let org = Double::answering([answer]);
    let error = org.session().writer().create(&meal(), &content(&[])).await.unwrap_err();
    let about = &error.cause().about;
    assert_eq!(error.cause().kind, ApiErrorKind::Invalid);
    assert_eq!(about.message.as_ref().unwrap().chars().count(), 300);
    assert_eq!(about.correlation_id.as_deref(), Some("ctx-9"));
    let said = error.to_string();
    assert!(
        said.starts_with("`POST /api/v2/presencedefinitions` was answered with 400 `invalid.value`: bad\u{1b}[31m l")
    );
    assert!(said.ends_with(" [field: languageLabels] [de: too.long]"), "{said}");

    let problem = Problem::from(error.cause().clone());
    let shown = output::text::problem::human(&problem, Style::PLAIN);
    assert!(shown.contains("bad\\x1B[31m label") && !shown.contains('\u{1b}'), "{shown}");
    assert!(shown.ends_with("\n  correlation id: ctx-9\n") && shown.matches("ctx-9").count() == 1, "{shown}");
    let json = output::json::write(&output::json::ErrorV1::of(
        &problem,
        &KnownOrg { org: None, sandbox: false },
        None,
        None,
        &Findings::default(),
        &Sources::new(),
    ));
    assert!(!json.contains('\u{1b}'), "{json}");
    let read_back: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&read_back["message"], &read_back["correlationId"]), (&Value::from(said), &Value::from("ctx-9")));
}

// Paging

#[tokio::test(start_paused = true)]
async fn ten_thousand_definitions_cost_less_than_105_requests() {
    let all: Vec<String> = (0..10_000).map(|number| format!("{number:05}")).collect();
    let org = Double::by(move |request| {
        let path = request.url.path();
        if path.ends_with("/me") {
            return ok(r#"{"id":"o","name":"Acme"}"#);
        }
        if path.ends_with("/systempresences") {
            return ok("[]");
        }
        let number = page_number(request);
        page(&all[(number - 1) * 100..number * 100], number, 100, all.len())
    });
    let reader = org.session().reader();
    let begun = Instant::now();
    reader.organization().await.unwrap();
    reader.system_presences().await.unwrap();
    let definitions = reader.definitions().await.unwrap();
    assert!(definitions.is_sorted_by_key(|it| it.id.clone()) && definitions.len() == 10_000);
    assert_eq!(reader.request_count(), 103);
    assert_eq!(begun.elapsed(), Duration::ZERO, "a short run never waits");
}

#[tokio::test(start_paused = true)]
async fn the_page_size_that_the_platform_gives_is_obeyed() {
    let all: Vec<String> = (0..60).map(|number| format!("{number:02}")).collect();
    let org = Double::by(move |request| {
        let number = page_number(request);
        page(&all[(number - 1) * 25..(number * 25).min(60)], number, 25, 60)
    });
    assert_eq!(org.session().reader().definitions().await.unwrap().len(), 60);
    assert_eq!(org.lines().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_shifts_is_read_again() {
    let ids = |items: &[&str]| items.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let first = || page(&ids(&["a", "b"]), 1, 2, 3);
    let shifts = [
        ("one more, on no page yet", page(&ids(&["c"]), 2, 2, 4)),
        ("one more", page(&ids(&["c", "d"]), 2, 2, 3)),
        ("one twice", page(&ids(&["b"]), 2, 2, 3)),
        ("one missing", page(&ids(&[]), 2, 2, 3)),
        ("another page size", page(&ids(&["c"]), 2, 5, 3)),
    ];
    for (what, shifted) in shifts {
        let org = Double::answering([first(), shifted, first(), page(&ids(&["c"]), 2, 2, 3)]);
        let definitions = org.session().reader().definitions().await.unwrap();
        assert_eq!(definitions.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"], "{what}");
        assert_eq!(org.lines().len(), 4, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_never_settles_is_an_error_and_not_a_guess() {
    let totals = std::sync::atomic::AtomicUsize::new(13);
    let org = Double::by(move |request| {
        let total = totals.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        page(&["a".to_owned()], page_number(request), 100, total)
    });
    let begun = Instant::now();
    let error = org.session().reader().definitions().await.unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::Unsettled("the org says that it has 17 definitions, and shows 1".to_owned()));
    assert_eq!((org.lines().len(), begun.elapsed()), (5, Duration::from_secs(1 + 2 + 3 + 4)));
}

#[tokio::test(start_paused = true)]
async fn a_list_that_shows_the_same_each_time_is_not_said_to_change() {
    let org = Double::by(|request| page(&["a".to_owned()], page_number(request), 100, 50));
    let error = org.session().reader().definitions().await.unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::Incomplete("the org says that it has 50 definitions, and shows 1".to_owned()));
    assert!(error.to_string().ends_with("the org says that it has 50 definitions, and shows 1, each time"), "{error}");
    assert!(error.help().contains("may not see all of them"), "{}", error.help());
}

#[tokio::test(start_paused = true)]
async fn a_list_of_more_than_its_count_is_no_question_of_rights() {
    let org = Double::by(|request| page(&["a".to_owned(), "b".to_owned()], page_number(request), 100, 1));
    let error = org.session().reader().definitions().await.unwrap_err();
    let what = "the org says that it has 1 definition, and shows 2";
    assert_eq!(error.kind, ApiErrorKind::Contradictory(what.to_owned()));
    assert!(!error.help().contains("may not see"), "{}", error.help());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ignores_the_page_number_is_found_out() {
    let org = Double::by(|_| page(&["a".to_owned()], 1, 1, 2));
    let error = org.session().reader().definitions().await.unwrap_err();
    assert!(matches!(error.kind, ApiErrorKind::BrokenPromise(_)), "{error}");
    let org = Double::answering([page(&[], 1, 1, usize::MAX)]);
    let error = org.session().reader().definitions().await.unwrap_err();
    assert!(error.to_string().contains("more than 2000 pages"), "{error}");
}

// Failures

async fn seconds_until_answered(answers: [Answer; 2]) -> (f64, usize) {
    let org = Double::answering(answers);
    let begun = Instant::now();
    org.session().writer().create(&meal(), &content(&[("en_US", "Lunch")])).await.unwrap();
    (begun.elapsed().as_secs_f64(), org.lines().len())
}

#[tokio::test(start_paused = true)]
async fn a_429_is_waited_out_even_for_a_post() {
    let (waited_s, requests) = seconds_until_answered([throttled(Some(42)), ok(&entity("a"))]).await;
    assert!((42.0..=43.1).contains(&waited_s) && requests == 2, "{waited_s}");
    let (waited_s, _) = seconds_until_answered([throttled(None), ok(&entity("a"))]).await;
    assert!((3.0..=4.1).contains(&waited_s), "{waited_s}");
}

#[tokio::test(start_paused = true)]
async fn a_429_of_hours_is_given_up_with_a_clear_message() {
    let org = Double::answering([throttled(Some(7_200))]);
    let begun = Instant::now();
    let error = org.session().reader().definitions().await.unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::RateLimited { retry_after_s: Some(7_200) });
    assert_eq!(
        error.help(),
        "the platform asks to wait 7200 s, which is longer than the 180 s that a run waits: run it again then"
    );
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_429_slows_everybody() {
    let mut first = true;
    let org = Double::by(move |_| if std::mem::take(&mut first) { throttled(Some(30)) } else { ok("[]") });
    let reader = org.session().reader();
    let slow = reader.clone();
    let slow = tokio::spawn(async move { slow.system_presences().await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let begun = Instant::now();
    reader.system_presences().await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(29), "{:?}", begun.elapsed());
    slow.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn reading_is_tried_again_whatever_happened() {
    let troubles: [fn() -> Answer; 7] = [
        not_sent,
        lost,
        || Err(WireError::TimedOut { after_ms: 30_000 }),
        || ok(r#"[{"name":"Me"#),
        || status(502, "<html>"),
        || status(503, "{}"),
        || status(408, "{}"),
    ];
    for trouble in troubles {
        let org = Double::answering([trouble(), trouble(), ok("[]")]);
        org.session().reader().system_presences().await.unwrap();
        assert_eq!(org.lines().len(), 3);
        let org = Double::by(move |_| trouble());
        let error = org.session().reader().system_presences().await.unwrap_err();
        assert_eq!((org.lines().len(), error.about.attempts), (ATTEMPTS_MAX as usize, ATTEMPTS_MAX), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_may_have_been_carried_out_comes_back_at_once() {
    let troubles: [fn() -> Answer; 11] = [
        lost,
        || Err(WireError::TimedOut { after_ms: 30_000 }),
        || Err(WireError::TooLarge { limit_bytes: 1 }),
        || ok("<html>"),
        || ok(r#"{"id":"a""#),
        || ok("{}"),
        || status(500, ""),
        || status(501, ""),
        || status(503, "{}"),
        || status(408, "{}"),
        || status(303, ""),
    ];
    for trouble in troubles {
        let org = Double::answering([trouble()]);
        let error = org.session().writer().create(&meal(), &content(&[])).await.unwrap_err();
        assert!(unclear(&error), "{error}");
        let org = Double::answering([ok(&entity("a")), trouble()]);
        let writer = org.session().writer();
        let current = writer.reader().definition(&id("a")).await.unwrap().unwrap();
        let error = writer.update(current, &Patch::deactivation()).await.unwrap_err();
        assert!(unclear(&error), "{error}");
    }
    // Of a DELETE the platform promises no body.
    for trouble in troubles.into_iter().filter(|it| it() != ok("{}")) {
        let org = Double::answering([trouble()]);
        let error = org.session().writer().delete(&id("a")).await.unwrap_err();
        assert!(unclear(&error), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_in_answer_to_a_write_is_told_as_what_it_is() {
    let page = || status(200, "<html>").map(|it| Response { content_type: Some("text/html".to_owned()), ..it });
    let promise = "was answered with 200, but not as the API promises: the body is not JSON: 6 bytes, `text/html`, \
                   which begin with `<html>`";
    let org = Double::answering([ok(&entity("a")), page(), page(), page()]);
    let writer = org.session().writer();
    let current = writer.reader().definition(&id("a")).await.unwrap().unwrap();
    let errors = [
        ("PUT /api/v2/presencedefinitions/a", writer.update(current, &Patch::deactivation()).await.unwrap_err()),
        ("DELETE /api/v2/presencedefinitions/a", writer.delete(&id("a")).await.unwrap_err()),
        ("POST /api/v2/presencedefinitions", writer.create(&meal(), &content(&[])).await.unwrap_err()),
    ];
    for (request, error) in errors {
        assert_eq!(error.to_string(), format!("`{request}` {promise}; it may have been carried out"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_delete_of_what_is_gone_was_not_done_whoever_says_so() {
    let gone = r#"{"message":"not there","code":"not.found","status":404}"#;
    for (body, by_the_platform) in [(gone, true), ("<html>no such page</html>", false)] {
        let org = Double::answering([status(404, body)]);
        let error = org.session().writer().delete(&id("a")).await.unwrap_err();
        let WriteError::NotDone(error) = error else { panic!("{error}") };
        assert_eq!(error.kind, ApiErrorKind::NotFound { by_the_platform });
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_was_not_sent_is_sent_again() {
    let org = Double::answering([not_sent(), not_sent(), ok(&entity("a"))]);
    org.session().writer().create(&meal(), &content(&[])).await.unwrap();
    let org = Double::by(|_| not_sent());
    let error = org.session().writer().create(&meal(), &content(&[])).await.unwrap_err();
    assert!(!unclear(&error));
    assert_eq!(
        error.to_string(),
        "`POST /api/v2/presencedefinitions` to `api.mypurecloud.de`: no connection: connection refused (after 6 attempts)"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_write_is_not_done() {
    for code in [400, 403, 404, 409, 413, 415] {
        let org = Double::answering([status(code, "{}")]);
        let error = org.session().writer().create(&meal(), &content(&[])).await.unwrap_err();
        assert!(!unclear(&error), "{code}");
    }
}
