//! The two wires: real HTTP over loopback, and a router in process on a paused clock.

use std::future::Future;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::in_process::{DROP_HEADER, InProcess};
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::any;
use presencectl::client::wire::{Auth, Body, Method, Request, Response, Wire, WireError};
use presencectl::client::{ApiErrorKind, Credentials, Endpoints, HttpWire, Options, Session, WireLimits};
use presencectl::host::proxy::Proxies;
use presencectl::model::generation::Generation;
use presencectl::model::limits::{ANSWER_BYTES_MAX, LIST_BYTES_MAX};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::double::CANARY;

/// The query of a request.
type Asked = axum::extract::Query<std::collections::HashMap<String, String>>;

fn session(base: &str, limits: WireLimits) -> Session {
    let endpoints = Endpoints::of_base_url(base).unwrap();
    let wire = Arc::new(HttpWire::new(&endpoints, limits));
    Session::new(endpoints, Credentials::Token(CANARY.into()), wire, Options::default())
}

fn request(base: &str, method: Method) -> Request {
    let url = Endpoints::of_base_url(base).unwrap().api("/api/v2/systempresences", &[]);
    Request { method, url, auth: Auth::Bearer(CANARY.into()), body: Body::None, answer_bytes_max: ANSWER_BYTES_MAX }
}

async fn exchange(base: &str, method: Method, limits: WireLimits) -> Result<Response, WireError> {
    let endpoints = Endpoints::of_base_url(base).unwrap();
    HttpWire::new(&endpoints, limits).exchange(&request(base, method)).await
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

/// Answers every connection with these bytes, as far as they go, and counts the connections.
async fn raw(bytes: &'static [u8]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(bytes).await;
        }
    });
    (base, connections)
}

#[tokio::test]
async fn over_sockets_an_org_answers() {
    let base = serve(Router::new().fallback(any(|headers: HeaderMap| async move {
        let agent = concat!("presencectl/", env!("CARGO_PKG_VERSION"));
        let is_right = headers["user-agent"] == agent && headers["authorization"] == format!("Bearer {CANARY}");
        (
            if is_right { StatusCode::OK } else { StatusCode::BAD_REQUEST },
            [("inin-correlation-id", "c-1")],
            r#"[{"name":"Meal"}]"#,
        )
    })))
    .await;
    let names = session(&base, WireLimits::default()).reader().system_presences().await.unwrap();
    assert_eq!(names.len(), 1);
}

/// Runs the test above in a process whose environment names a dead proxy and no certificates.
#[test]
fn loopback_needs_neither_proxy_nor_certificates() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "api::sockets::over_sockets_an_org_answers"])
        .envs(["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"].map(|name| (name, "http://127.0.0.1:1")))
        .envs([("SSL_CERT_FILE", "/nowhere"), ("SSL_CERT_DIR", "/nowhere")])
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
async fn a_redirect_is_an_error_and_the_token_stays_here() {
    let hits = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&hits);
    let elsewhere = serve(Router::new().fallback(any(move || {
        count.fetch_add(1, Ordering::SeqCst);
        async { "[]" }
    })))
    .await;
    for status in [StatusCode::FOUND, StatusCode::TEMPORARY_REDIRECT, StatusCode::PERMANENT_REDIRECT] {
        let location = elsewhere.clone();
        let base = serve(Router::new().fallback(any(move || async move { (status, [("location", location)]) }))).await;
        let error = session(&base, WireLimits::default()).reader().system_presences().await.unwrap_err();
        assert_eq!(error.kind, ApiErrorKind::Redirected);
        let code = status.as_u16();
        assert_eq!(
            error.to_string(),
            format!("`GET /api/v2/systempresences` was redirected ({code}); redirects are never followed")
        );
    }
    assert_eq!(hits.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_refused_connection_was_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = exchange(&base, Method::Post, WireLimits::default()).await.unwrap_err();
    let WireError::NotSent(why) = error else { panic!("{error:?}") };
    assert!(why.starts_with("tcp connect error: Connection refused"), "{why}");
}

#[tokio::test]
async fn a_proxy_whose_way_on_is_closed_counts_as_no_network_and_any_other_refusal_is_final() {
    let answers: [(&'static [u8], bool); 4] = [
        (b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n", false),
        (b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n", false),
        (b"HTTP/1.1 504 No\r\ncontent-length: 0\r\n\r\n", false),
        (b"HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n", true),
    ];
    for (bytes, is_final) in answers {
        let (address, connections) = raw(bytes).await;
        let variable = |name: &str| (name == "HTTPS_PROXY").then(|| std::ffi::OsString::from(&address));
        let base = "https://gw.corp.test";
        let endpoints = Endpoints::of_base_url(base).unwrap();
        let proxy = Proxies::of(&variable).of_urls(&[endpoints.login().clone()]).unwrap();
        let wire = HttpWire::new(&endpoints, WireLimits::default()).through(proxy);
        for _ in 0..2 {
            let error = wire.exchange(&request(base, Method::Post)).await.unwrap_err();
            assert!(matches!(error, WireError::Proxy { .. }), "{error:?}");
        }
        assert_eq!(connections.load(Ordering::SeqCst), if is_final { 1 } else { 2 });
    }
}

#[tokio::test]
async fn a_name_that_nothing_has_is_asked_for_once() {
    // No name ends so (RFC 6761).
    let session = session("https://presencectl.invalid", WireLimits::default());
    let error = session.reader().system_presences().await.unwrap_err();
    assert!(matches!(error.kind, ApiErrorKind::Connection(WireError::NoHost(_))), "{error:?}");
    assert_eq!((error.about.attempts, session.request_count()), (1, 1));
}

#[tokio::test]
async fn a_cut_connection_is_lost_and_sent_once() {
    let cuts: [&'static [u8]; 3] =
        [b"", b"HTTP/1.1 200 OK\r\ncontent-le", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[{\"name\""];
    for bytes in cuts {
        for method in [Method::Get, Method::Post, Method::Put] {
            let (base, connections) = raw(bytes).await;
            let error = exchange(&base, method, WireLimits::default()).await.unwrap_err();
            assert!(matches!(error, WireError::Lost(_)), "{error:?}");
            assert_eq!(connections.load(Ordering::SeqCst), 1, "{method}");
        }
    }
}

#[tokio::test]
async fn a_slow_answer_and_a_long_one_have_their_limits() {
    let base = serve(
        Router::new()
            .route("/slow/api/v2/systempresences", any(std::future::pending::<&'static str>))
            .fallback(any(|| async { "x".repeat(101) })),
    )
    .await;
    let limits = WireLimits { request_timeout_ms: 50, ..WireLimits::default() };
    let error = exchange(&format!("{base}/slow"), Method::Get, limits).await.unwrap_err();
    assert_eq!(error, WireError::TimedOut { after_ms: 50 });
    for (limit_bytes, is_too_large) in [(100, true), (101, false)] {
        let limits = WireLimits { body_bytes_max: limit_bytes, ..WireLimits::default() };
        let answer = exchange(&base, Method::Get, limits).await;
        assert_eq!(answer == Err(WireError::TooLarge { limit_bytes }), is_too_large);
    }
}

#[tokio::test]
async fn plain_http_elsewhere_is_refused_before_anything_is_sent() {
    let (base, connections) = raw(b"").await;
    let far = Endpoints::of_domain("mypurecloud.de").unwrap();
    let error = HttpWire::new(&far, WireLimits::default()).exchange(&request(&base, Method::Get)).await.unwrap_err();
    assert!(matches!(error, WireError::Setup(_)), "{error:?}");
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_secret_that_cannot_be_sent_is_not_shown() {
    let mut request = request("http://127.0.0.1:1", Method::Get);
    request.auth = Auth::Bearer(format!("{CANARY}\n").into());
    let endpoints = Endpoints::of_base_url("http://127.0.0.1:1").unwrap();
    let error = HttpWire::new(&endpoints, WireLimits::default()).exchange(&request).await.unwrap_err();
    assert_eq!(error, WireError::Setup("the access token holds a character that cannot be sent".to_owned()));
    assert!(!format!("{request:?}").contains(CANARY));
}

/// What a server repeats of its credentials is refused, whichever way it came.
#[tokio::test]
async fn a_secret_that_comes_back_is_read_by_nobody() {
    let echo = any(|headers: HeaderMap| async move {
        let said = headers["authorization"].to_str().unwrap().to_owned();
        serde_json::json!({ "id": "o-1", "name": said, "access_token": format!("{CANARY}-token") }).to_string()
    });
    let router = Router::new().fallback(echo);
    let base = serve(router.clone()).await;
    let client = Credentials::Client { id: "client-1".to_owned(), secret: format!("{CANARY}-secret").into() };
    for credentials in [Credentials::Token(CANARY.into()), client] {
        let endpoints = Endpoints::of_base_url(&base).unwrap();
        let wires: [Arc<dyn Wire>; 2] = [
            Arc::new(HttpWire::new(&endpoints, WireLimits::default())),
            Arc::new(InProcess::new(router.clone(), WireLimits::default())),
        ];
        for wire in wires {
            let session = Session::new(endpoints.clone(), credentials.clone(), wire, Options::default());
            let error = session.reader().organization().await.unwrap_err();
            assert_eq!(error.kind, ApiErrorKind::HoldsSecret);
            assert!(!format!("{error:?}").contains(CANARY), "{error:?}");
        }
    }
}

/// Each page is short enough, and all of them are too much.
#[tokio::test]
async fn a_list_without_end_is_not_read_to_its_end() {
    let pages = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&pages);
    let router = Router::new().fallback(any(move |axum::extract::Query(asked): Asked| {
        count.fetch_add(1, Ordering::SeqCst);
        // The second generation knows no pages, and is given as much at once.
        let number: usize = asked.get("pageNumber").map_or(1, |it| it.parse().unwrap());
        let (length, total) = if asked.contains_key("deactivated") { (31, 0) } else { (7, 1_000) };
        let padding = " ".repeat(length * 1024 * 1024);
        async move { format!(r#"{{"entities":[],"total":{total},"pageSize":1,"pageNumber":{number}{padding}}}"#) }
    }));
    for (generation, pages_read) in [(Generation::First, 9..=20), (Generation::Second, 3..=3)] {
        pages.store(0, Ordering::SeqCst);
        let wire = Arc::new(InProcess::new(router.clone(), WireLimits::default()));
        let endpoints = Endpoints::of_base_url("http://localhost").unwrap();
        let session = Session::new(endpoints, Credentials::Token(CANARY.into()), wire, Options::default());
        let error = session.speaking(generation).reader().definitions().await.unwrap_err();
        let why = format!("the answers for this list are longer than {LIST_BYTES_MAX} bytes together");
        assert_eq!(error.kind, ApiErrorKind::BrokenPromise(why));
        assert!(pages_read.contains(&pages.load(Ordering::SeqCst)), "{pages:?}");
    }
}

/// A page is not as long as a list may be.
#[tokio::test]
async fn only_a_whole_list_may_be_long() {
    let router = Router::new().fallback(any(|| async { "[]".to_owned() + &" ".repeat(ANSWER_BYTES_MAX) }));
    let base = serve(router.clone()).await;
    let endpoints = Endpoints::of_base_url(&base).unwrap();
    let wires: [Arc<dyn Wire>; 2] = [
        Arc::new(HttpWire::new(&endpoints, WireLimits::default())),
        Arc::new(InProcess::new(router, WireLimits::default())),
    ];
    for wire in wires {
        let session = Session::new(endpoints.clone(), Credentials::Token(CANARY.into()), wire, Options::default());
        let error = session.reader().system_presences().await.unwrap_err();
        assert_eq!(error.kind, ApiErrorKind::Connection(WireError::TooLarge { limit_bytes: ANSWER_BYTES_MAX }));
    }
}

// In process

async fn in_process<F, R>(answer: impl Fn() -> F + Clone + Send + Sync + 'static) -> Result<Response, WireError>
where
    F: Future<Output = R> + Send + 'static,
    R: axum::response::IntoResponse + 'static,
{
    let router = Router::new().route("/api/v2/systempresences", any(answer));
    InProcess::new(router, WireLimits { body_bytes_max: 100, ..WireLimits::default() })
        .exchange(&request("http://127.0.0.1:1", Method::Get))
        .await
}

#[tokio::test(start_paused = true)]
async fn in_process_the_same_exchange_runs_on_a_paused_clock() {
    let answer = in_process(|| async { ([("retry-after", "7"), ("inin-correlation-id", "c-1")], "[]") }).await.unwrap();
    assert_eq!((answer.status, answer.retry_after_s, answer.correlation_id.as_deref()), (200, Some(7), Some("c-1")));
    assert_eq!(answer.body, b"[]");

    let slow = in_process(|| async { tokio::time::sleep(Duration::from_secs(31)).await }).await;
    assert_eq!(slow, Err(WireError::TimedOut { after_ms: 30_000 }));
    let long = in_process(|| async { "x".repeat(101) }).await;
    assert_eq!(long, Err(WireError::TooLarge { limit_bytes: 100 }));
}

#[tokio::test(start_paused = true)]
async fn in_process_a_connection_can_be_cut() {
    for moment in ["before", "after", "truncated"] {
        let cut =
            in_process(move || async move { (StatusCode::from_u16(599).unwrap(), [(DROP_HEADER, moment)], "") }).await;
        assert_eq!(cut, Err(WireError::Lost(format!("connection closed ({moment})"))));
    }
}

#[tokio::test(start_paused = true)]
async fn in_process_the_org_sees_what_a_server_sees() {
    let router = Router::new().fallback(any(|request: axum::extract::Request| async move {
        format!("{} {} {:?}", request.method(), request.uri(), request.headers()["host"])
    }));
    let answer =
        InProcess::new(router, WireLimits::default()).exchange(&request("http://127.0.0.1:8080", Method::Delete)).await;
    assert_eq!(answer.unwrap().body, b"DELETE /api/v2/systempresences \"127.0.0.1:8080\"");
}
