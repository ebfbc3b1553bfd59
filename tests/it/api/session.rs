//! What the requests of a run share: the token, the pace, and that no secret comes back out.

use std::num::NonZeroU32;
use std::time::Duration;

use futures_util::future::join_all;
use presencectl::client::secrets::Secrets;
use presencectl::client::wire::{Method, RateLimit, Request, Response, basic, headers};
use presencectl::client::{ApiError, ApiErrorKind, Credentials, WriteGuard};
use presencectl::host::stop::Stop;
use presencectl::model::limits;
use presencectl::model::platform::{REQUESTS_PER_MINUTE_DEFAULT, WINDOW_MS, WINDOW_SLACK_MS};
use secrecy::SecretString;
use tokio::time::Instant;

use super::double::{self, Answer, CANARY, Double, entity, lost, ok, status, throttled};
use super::{content, id, meal, unclear};

// Tokens

fn is_bearer(seen: &double::Seen, token: &str) -> bool {
    seen.authorization == format!("Bearer {CANARY}-{token}")
}

fn refusing(token: &'static str) -> impl FnMut(&Request) -> Answer {
    move |request| {
        let authorization = headers(request).unwrap()["authorization"].clone();
        if authorization.to_str().unwrap().ends_with(token) {
            status(401, r#"{"code":"bad.credentials"}"#)
        } else if request.method == Method::Post {
            ok(&entity("a"))
        } else {
            ok("[]")
        }
    }
}

#[tokio::test(start_paused = true)]
async fn ten_refused_requests_share_one_new_token() {
    let org = Double::by(refusing("token-1"));
    let reader = org.session().reader();
    let results = join_all((0..10).map(|_| reader.system_presences())).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(org.token_requests(), 2);
    assert_eq!(org.seen().iter().filter(|seen| is_bearer(seen, "token-2")).count(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_401_is_no_reason_to_give_up_a_write() {
    let org = Double::by(refusing("token-1"));
    org.session().writer().create(&meal(), &content(&[])).await.unwrap();
    assert_eq!((org.lines().len(), org.token_requests()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn one_new_token_and_no_more() {
    let org = Double::by(|_| status(401, "{}"));
    let error = org.session().reader().system_presences().await.unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::Unauthorized { given_token: false });
    assert_eq!((org.lines().len(), org.token_requests()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_given_token_cannot_be_renewed_and_the_error_says_so() {
    let org = Double::answering([status(401, r#"{"code":"bad.credentials"}"#)]);
    let error = org.session_with_token().reader().system_presences().await.unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::Unauthorized { given_token: true });
    assert!(error.help().contains("A given token cannot be renewed: set a new one"), "{}", error.help());
    assert_eq!(org.token_requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_before_it_ends() {
    let org = Double::with_tokens(|_| ok("[]"), |_| ok(r#"{"access_token":"t","expires_in":300}"#));
    let reader = org.session().reader();
    for (passed_s, tokens) in [(0, 1), (269, 1), (2, 2)] {
        tokio::time::sleep(Duration::from_secs(passed_s)).await;
        reader.system_presences().await.unwrap();
        assert_eq!(org.token_requests(), tokens, "{passed_s}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_token_endpoints_400_can_be_a_rate_limit() {
    let limited = || {
        status(400, r#"{"error":"invalid_request","description":"invalid_request (rate limit exceeded; try later)"}"#)
    };
    let mut answers = vec![ok(r#"{"access_token":"t"}"#), lost(), limited()];
    let org = Double::with_tokens(|_| ok("[]"), move |_| answers.pop().unwrap());
    let begun = Instant::now();
    org.session().reader().system_presences().await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(3));
    assert_eq!(org.token_requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_asked_for_again_for_a_minute_where_the_400_is_a_rate_limit() {
    let limited = r#"{"error":"invalid_request","description":"Rate Limit Exceeded"}"#;
    let org = Double::with_tokens(|_| ok("[]"), move |_| status(400, limited));
    let begun = Instant::now();
    let error = org.session().reader().system_presences().await.unwrap_err();
    assert!(matches!(error.kind, ApiErrorKind::RateLimited { .. }), "{error}");
    let took = begun.elapsed().as_secs();
    assert!((60..75).contains(&took) && org.token_requests() > 6, "{took} s, {}", org.token_requests());
}

#[tokio::test(start_paused = true)]
async fn pages_are_smaller_where_the_org_refuses_their_size() {
    let asked = |request: &Request| -> usize {
        request.url.query_pairs().find(|(name, _)| name == "pageSize").unwrap().1.parse().unwrap()
    };
    let refused = r#"{"message":"Invalid value for pageSize: the maximum is lower","code":"bad.request","status":400}"#;
    for (largest, requests) in [(100, 1), (60, 2), (25, 3), (10, 3)] {
        let org = Double::by(move |request| {
            let size = asked(request);
            if size > largest { status(400, refused) } else { double::page(&["a".to_owned()], 1, size, 1) }
        });
        let listed = org.session().reader().list().await;
        assert_eq!(listed.is_ok(), largest >= 25, "{listed:?}");
        assert_eq!(org.lines().len(), requests, "{largest}");
    }
    let other = r#"{"message":"Invalid value for pageNumber","code":"bad.request","status":400}"#;
    let org = Double::by(move |_| status(400, other));
    assert!(org.session().reader().list().await.is_err());
    assert_eq!(org.lines().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_are_asked_about_once() {
    let refused = || status(400, r#"{"error":"invalid_client","description":"client not found: invalid_client"}"#);
    let org = Double::with_tokens(|_| ok("[]"), move |_| refused());
    let session = org.session();
    let writer = session.writer();
    let reader = session.reader();
    let results = join_all((0..5).map(|_| reader.system_presences())).await;
    assert!(results.iter().all(|it| it.as_ref().unwrap_err().kind == ApiErrorKind::Credentials));
    assert!(!unclear(&writer.delete(&id("a")).await.unwrap_err()));
    assert_eq!((org.token_requests(), org.lines().len()), (1, 0));
    assert_eq!(
        results[0].as_ref().unwrap_err().to_string(),
        "`POST /oauth/token` was answered with 400 `invalid_client`: client not found: invalid_client"
    );
}

#[tokio::test(start_paused = true)]
async fn a_host_without_a_token_endpoint_is_not_the_platform() {
    let missing = r#"{"message":"not found","code":"not.found","status":404}"#;
    let org = Double::with_tokens(|_| ok("[]"), |_| status(404, missing));
    let error = org.session().reader().system_presences().await.unwrap_err();
    assert_eq!(error.help(), "this does not look like the platform's own answer: look at the region or at --base-url");
    assert_eq!(org.token_requests(), 1);
}

// Pace

#[tokio::test(start_paused = true)]
async fn the_301st_request_waits_for_the_window() {
    let org = Double::by(|_| ok("[]"));
    let reader = org.session().reader();
    let begun = Instant::now();
    join_all((0..299).map(|_| reader.system_presences())).await;
    assert_eq!((org.seen().len(), begun.elapsed()), (300, Duration::ZERO), "the token counts too");
    reader.system_presences().await.unwrap();
    assert_eq!(begun.elapsed(), Duration::from_millis(WINDOW_MS + WINDOW_SLACK_MS));
}

#[tokio::test(start_paused = true)]
async fn no_minute_holds_more_than_its_number() {
    let org = Double::by(|_| ok("[]"));
    let client = Credentials::Client { id: "c".to_owned(), secret: "s".into() };
    let reader = org.session_of(client, NonZeroU32::new(20).unwrap()).reader();
    join_all((0..99).map(|_| reader.system_presences())).await;
    let at: Vec<Instant> = org.seen().iter().map(|seen| seen.at).collect();
    assert!(at.windows(21).all(|some| some[20] - some[0] > Duration::from_millis(WINDOW_MS)));
    assert!(at[99] - at[0] < Duration::from_millis(5 * (WINDOW_MS + WINDOW_SLACK_MS)));
}

#[tokio::test(start_paused = true)]
async fn a_429_slows_everybody() {
    let mut count = 0;
    let org = Double::by(move |_| {
        count += 1;
        if count == 1 { throttled(Some(20)) } else { ok("[]") }
    });
    let session = org.session();
    let begun = Instant::now();
    // One request is refused. All others have to wait as long.
    let (reader, writer) = (session.reader(), session.writer());
    let (first, others) = tokio::join!(reader.system_presences(), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let asked = org.lines().len();
        let read = join_all((0..5).map(|_| reader.system_presences()));
        let gone = id("a");
        let (_, written) = tokio::join!(read, writer.delete(&gone));
        (asked, written)
    });
    first.unwrap();
    others.1.unwrap();
    assert_eq!((others.0, org.lines().len()), (1, 8));
    let of_the_api = org.seen().into_iter().filter(|seen| !seen.line.contains("/oauth/"));
    assert!(of_the_api.skip(1).all(|seen| seen.at - begun >= Duration::from_secs(20)));
}

#[tokio::test(start_paused = true)]
async fn the_last_429_of_a_request_slows_the_others_as_well() {
    let org = Double::by(|request| if request.method == Method::Delete { throttled(Some(7)) } else { ok("[]") });
    let session = org.session();
    session.writer().delete(&id("a")).await.unwrap_err();
    let given_up = Instant::now();
    session.reader().system_presences().await.unwrap();
    assert_eq!(given_up.elapsed(), Duration::from_secs(7));
}

/// An answer that says how much of the allowance is used up.
fn counting(count: u64, allowed: u64, reset_s: u64) -> Answer {
    ok("[]").map(|it| Response { rate_limit: Some(RateLimit { count, allowed, reset_s }), ..it })
}

#[tokio::test(start_paused = true)]
async fn what_the_org_says_of_its_allowance_slows_before_a_429_does() {
    for (count, allowed, reset_s, waited_s) in [
        (180, 180, 40, 40),
        (181, 180, 40, 40),
        // One more may be sent, and is.
        (179, 180, 40, 0),
        // A hint never causes a wait of an hour.
        (180, 180, 3_600, 0),
        (0, 0, 0, 0),
    ] {
        let org = Double::by(move |_| counting(count, allowed, reset_s));
        let reader = org.session().reader();
        reader.system_presences().await.unwrap();
        let begun = Instant::now();
        reader.system_presences().await.unwrap();
        assert_eq!(begun.elapsed(), Duration::from_secs(waited_s), "{count} of {allowed}, {reset_s} s");
    }
    // However much the org says that it allows, the own pace stays.
    let org = Double::by(|_| counting(1, 1_000_000, 60));
    let reader = org.session().reader();
    let begun = Instant::now();
    join_all((0..300).map(|_| reader.system_presences())).await;
    assert_eq!(begun.elapsed(), Duration::from_millis(WINDOW_MS + WINDOW_SLACK_MS));
}

// Secrets

/// The correlation id of a write is kept. It is foreign text too.
#[tokio::test(start_paused = true)]
async fn the_exchange_that_wrote_is_named_without_a_secret() {
    let echo = |request: &Request| {
        let authorization = headers(request).unwrap()["authorization"].to_str().unwrap().to_owned();
        ok("{}").map(|it| Response { correlation_id: Some(format!("0e2f {authorization}")), ..it })
    };
    let session = Double::by(echo).session_with_token();
    let (_sender, stop) = Stop::new();
    let guard = WriteGuard::new(&stop);
    session.guarded_by(&guard).reader().system_presences().await.unwrap_err();
    assert_eq!(guard.answered(), None, "a read writes nothing");
    session.guarded_by(&guard).writer().delete(&id("a")).await.unwrap();
    assert_eq!(guard.answered().as_deref(), Some("0e2f Bearer [secret]"));
}

#[tokio::test(start_paused = true)]
async fn no_secret_comes_back_out() {
    // A server that repeats everything that it receives.
    let echo = |request: &Request| {
        let authorization = headers(request).unwrap()["authorization"].to_str().unwrap().to_owned();
        let body = serde_json::json!({ "message": authorization, "code": authorization, "error": authorization,
            "messageParams": { "who": authorization } });
        status(400, &body.to_string()).map(|it| Response { correlation_id: Some(authorization), ..it })
    };
    // Longer than what is kept of a message: it must go before anything is cut.
    let long = Credentials::Token(format!("{CANARY}{}", "x".repeat(400)).into());
    let long = Double::by(echo).session_of(long, REQUESTS_PER_MINUTE_DEFAULT);
    let given = Double::by(echo).session_with_token();
    let refused = Double::with_tokens(echo, echo).session();
    let refused_later = Double::by(echo).session();
    let mut shown: Vec<String> = Vec::new();
    for session in [long, given, refused, refused_later] {
        let error: ApiError = session.reader().definitions().await.unwrap_err();
        shown.extend([error.to_string(), format!("{error:?}"), error.help()]);
        let error = session.writer().delete(&id("a")).await.unwrap_err();
        shown.extend([error.to_string(), format!("{error:?}")]);
    }
    let secret = format!("{CANARY}-secret").into();
    let client = Credentials::Client { id: "client-1".to_owned(), secret };
    shown.push(format!("{client:?} {:?}", Credentials::Token(CANARY.into())));
    for text in &shown {
        assert!(!text.contains(CANARY) && !text.contains("Y2xpZW50LTE6Y2FuYXJ5"), "{text}");
    }
    assert_eq!(shown.iter().filter(|it| it.contains("[secret]")).count(), 4 * 4, "each server did echo it: {shown:#?}");
}

/// The canary of these tests is shorter than the pieces that are looked for, so this one is longer.
const LONG: &str = "K7-canary-Qz83+mnopqrstuvw/0123456789";

/// In pieces, and in other letters.
fn spelled(secret: &str) -> Vec<String> {
    let piece = &secret[5..17];
    let each = |shown: fn(u8) -> String| piece.bytes().map(shown).collect::<Vec<_>>().concat();
    let (hex, percent) = (each(|it| format!("{it:02x}")), each(|it| format!("%{it:02X}")));
    let base64 = |around: &str| {
        let header = basic("", &format!("{around}{piece}").into());
        header.trim_end_matches('=').to_owned()
    };
    let mut all = vec![piece.to_owned(), piece.to_uppercase(), hex.to_uppercase(), hex, percent];
    all.extend(["", "x", "xy"].map(base64));
    all
}

#[tokio::test(start_paused = true)]
async fn no_piece_of_a_secret_comes_back_out() {
    for told in spelled(LONG) {
        let refused = status(400, &serde_json::json!({ "message": format!("sent {told}!"), "code": told }).to_string());
        let org = Double::answering([refused]);
        let session = org.session_of(Credentials::Token(LONG.into()), REQUESTS_PER_MINUTE_DEFAULT);
        let error = session.reader().definition(&id("a")).await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(&told) && shown.contains("[secret]"), "{told}: {shown}");
        // A successful result is printed as it is.
        let org =
            Double::answering([ok(&serde_json::json!({ "id": "o-1", "name": format!("a {told} b") }).to_string())]);
        let session = org.session_of(Credentials::Token(LONG.into()), REQUESTS_PER_MINUTE_DEFAULT);
        let error = session.reader().organization().await.unwrap_err();
        assert_eq!(error.kind, ApiErrorKind::HoldsSecret, "{told}");
    }
    let less = &LONG[5..16];
    let org = Double::answering([ok(&format!(r#"{{"id":"o-1","name":"{less}"}}"#))]);
    let session = org.session_of(Credentials::Token(LONG.into()), REQUESTS_PER_MINUTE_DEFAULT);
    assert_eq!(session.reader().organization().await.unwrap().name, less);
}

/// Text with only encoded lookalikes of a secret. With quadratic time, it would take years.
#[test]
fn a_long_answer_is_searched_in_no_time() {
    let secrets = Secrets::new([SecretString::from(LONG), SecretString::from("y".repeat(2_000))]);
    let began = Instant::now();
    for unit in ["%41", "\\u0041", "aGVsbG8gd29ybGQ", "deadbeef", "\\", "yyyyyyyyyyy "] {
        let text = unit.repeat(limits::ANSWER_BYTES_MAX / 16 / unit.len());
        assert!(!secrets.stand_in(text.as_bytes()), "{unit}");
    }
    assert!(began.elapsed().as_secs() < 120, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_holds_a_secret_is_not_read() {
    // Spelt as JSON may spell it, and with the token of before as well.
    let escaped = |secret: &str| secret.replace('-', "\\u002d");
    for told in [format!("{CANARY}-token-1"), escaped(&format!("{CANARY}-token-1")), format!("{CANARY}-secret")] {
        let mut count = 0;
        let org = Double::by(move |request| {
            count += 1;
            match (count, request.method) {
                (1, _) => status(401, "{}"),
                (_, Method::Get) => ok(&format!(r#"{{"id":"o-1","name":"{told}"}}"#)),
                (_, _) => ok(&entity("a").replace("\"id\"", &format!(r#""more":"{told}","id""#))),
            }
        });
        let session = org.session();
        let error = session.reader().organization().await.unwrap_err();
        assert_eq!(error.kind, ApiErrorKind::HoldsSecret);
        assert!(!format!("{error} {error:?}").contains(CANARY), "{error:?}");
        // A write may have been carried out all the same.
        let error = session.writer().create(&meal(), &content(&[])).await.unwrap_err();
        assert!(unclear(&error) && error.cause().kind == ApiErrorKind::HoldsSecret, "{error:?}");
        assert_eq!(org.token_requests(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_secret_is_taken_out_as_a_word_and_the_rest_can_be_read() {
    let body = r#"{"message":"a badly formed request, sent with Bearer bad","code":"bad_request"}"#;
    let org = Double::answering([status(400, body)]);
    let session = org.session_of(Credentials::Token("bad".into()), REQUESTS_PER_MINUTE_DEFAULT);
    let error = session.reader().definition(&id("a")).await.unwrap_err();
    assert_eq!(
        error.about.message.as_deref(),
        Some("a badly formed request, sent with Bearer [secret]"),
        "and the word alone"
    );
    assert_eq!(error.about.code.as_deref(), Some("[secret]_request"), "in doubt it goes");
}
