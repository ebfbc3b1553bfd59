//! The sandbox as a tower service: HTTP in, HTTP out, over sockets or in process.
//!
//! Over sockets (with a [`Cutter`] for each connection), a dropped response is a real disconnect, and a `Host` other
//! than loopback is refused.
//! In process, there is no connection. A dropped or truncated response has status [`DROP_STATUS`] and the header
//! [`DROP_HEADER`], which the wire in front converts into the failure.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::header::{CONTENT_LENGTH, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use futures_util::{StreamExt, stream};

use super::access::Access;
use super::config::{SandboxConfig, SandboxError};
use super::connection::Cutter;
use super::exchange::{Delivery, Reply, RequestLog, ServedExchange};
use super::faults::FaultScript;
use super::http::{ErrorAnswer, HttpRequest, HttpResponse};
use super::org::SimulatedOrg;
use super::store::Store;
use crate::model::limits::SANDBOX_BODY_BYTES_MAX;

/// In process only: the header of a response that would not have arrived completely. Its value is `before` (the org did
/// not receive the request), `after` (it did, and the response is lost) or `truncated`.
pub const DROP_HEADER: &str = "x-sandbox-drop";

/// In process only: the status of such a response. No org uses it.
pub const DROP_STATUS: u16 = 599;

/// How much of a body that is too long is read and discarded, so that the client receives the 413.
const DISCARDED_BYTES_MAX: usize = 8 * SANDBOX_BODY_BYTES_MAX;

/// A running sandbox without its port: the org, its faults, its log and its state file. Clones share it.
#[derive(Debug, Clone)]
pub struct Sandbox(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    exchange: ServedExchange,
    store: Option<Store>,
    start_unix_ms: u64,
    start: tokio::time::Instant,
    is_closed: bool,
}

impl Inner {
    fn now_ms(&self) -> u64 {
        let since = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.start_unix_ms.saturating_add(since)
    }
}

impl Sandbox {
    /// Opens an org from its state file, or from the seed without one. The port is ignored.
    pub fn open(config: SandboxConfig) -> Result<Self, SandboxError> {
        let SandboxConfig { state_file, state_below, seed, port: _, behavior, permissions, divisions, faults, .. } =
            config;
        let start_unix_ms = config.start_unix_ms.unwrap_or_else(system_unix_ms);
        let faults = FaultScript::new(faults).map_err(SandboxError::Faults)?;
        let begin = || SimulatedOrg::new(&seed, start_unix_ms).map_err(SandboxError::Seed);
        let (store, mut org) = match state_file {
            None => (None, begin()?),
            Some(path) => Store::open(&path, state_below.as_deref(), begin).map(|(store, org)| (Some(store), org))?,
        };
        org.behavior = behavior;
        org.access = Access::new(permissions, config.token_seconds, config.requests_per_minute);
        org.access.divisions = divisions.map(|it| it.into_iter().collect());
        let exchange = ServedExchange { org, faults, log: RequestLog::default() };
        let start = tokio::time::Instant::now();
        Ok(Self(Arc::new(Mutex::new(Inner { exchange, store, start_unix_ms, start, is_closed: false }))))
    }

    /// Gives tests access to the org, its faults and its log. Changes reach the state file with the next request that
    /// changes something.
    pub fn with<T>(&self, look: impl FnOnce(&mut ServedExchange) -> T) -> T {
        look(&mut self.inner().exchange)
    }

    /// The org's time, in milliseconds since 1970.
    pub fn now_ms(&self) -> u64 {
        self.inner().now_ms()
    }

    /// Closes it: later requests get a 503, and the state file is free for other processes.
    pub fn close(&self) {
        let mut inner = self.inner();
        inner.is_closed = true;
        inner.store = None;
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // After a panic in a test's access, the org is still usable.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one request, and stores its changes on disk before it responds.
    fn run(&self, request: &HttpRequest) -> Reply {
        let mut inner = self.inner();
        let now_ms = inner.now_ms();
        let Inner { exchange, store, is_closed, .. } = &mut *inner;
        if *is_closed {
            let refusal = ErrorAnswer::new(503, "service.unavailable", "The sandbox has been shut down.");
            return refused(refusal, exchange);
        }
        let reply = exchange.run(request, now_ms);
        let Some(change) = exchange.org.take_change() else { return reply };
        match store.as_mut().map_or(Ok(()), |store| store.write(&exchange.org, &change)) {
            Ok(()) => reply,
            Err(error) => {
                let message = format!("The change was made, but not kept: {error}");
                refused(ErrorAnswer::new(500, "internal.server.error", message), exchange)
            }
        }
    }
}

fn refused(refusal: ErrorAnswer, exchange: &mut ServedExchange) -> Reply {
    let correlation_id = exchange.org.next_correlation_id();
    let response = refusal.into_response(&correlation_id).correlated(&correlation_id);
    Reply { response, delivery: Delivery::Whole, delay_ms: 0 }
}

/// The system's time. It is only read once: from then on, time is tokio's.
#[expect(clippy::disallowed_methods, reason = "an org begins at the system's time, unless a config names another")]
fn system_unix_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The sandbox as a router for every path, in process or on a socket.
pub fn router(sandbox: Sandbox) -> Router {
    Router::new().fallback(answer).with_state(sandbox)
}

async fn answer(State(sandbox): State<Sandbox>, request: axum::extract::Request) -> axum::response::Response {
    let (parts, body) = request.into_parts();
    let cutter = parts.extensions.get::<ConnectInfo<Cutter>>().map(|ConnectInfo(cutter)| cutter.clone());
    if cutter.is_some() && !is_for_loopback(&parts) {
        let refusal = ErrorAnswer::new(403, "sandbox.host.refused", "The sandbox answers to loopback hosts only.");
        return whole(sandbox.with(|exchange| refused(refusal, exchange)).response);
    }
    let Some(body) = collected(body).await else {
        let refusal = ErrorAnswer::bad_request("the body did not arrive whole");
        return whole(sandbox.with(|exchange| refused(refusal, exchange)).response);
    };
    let request = HttpRequest {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: texts(&parts.headers),
        body,
    };
    let Reply { response, delivery, delay_ms } = sandbox.run(&request);
    if delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
    }
    match (delivery.word(), cutter) {
        (None, _) => whole(response),
        (Some(word), None) => marked(word),
        (Some(_), Some(cutter)) => {
            if delivery == Delivery::Truncated {
                return truncated(response, cutter);
            }
            cutter.cut();
            whole(response)
        }
    }
}

/// Is the request meant for this machine? A page in a browser can reach a loopback port under its own name (DNS
/// rebinding), which `Host` reveals.
fn is_for_loopback(parts: &Parts) -> bool {
    let named = parts.headers.get(HOST).and_then(|it| it.to_str().ok()).is_some_and(is_loopback_host);
    named && parts.uri.authority().is_none_or(|it| is_loopback_host(it.as_str()))
}

fn is_loopback_host(host: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].into_iter().any(|name| {
        let port = host.get(..name.len()).filter(|it| it.eq_ignore_ascii_case(name)).map(|_| &host[name.len()..]);
        port.is_some_and(|it| it.is_empty() || it.strip_prefix(':').is_some_and(|it| it.parse::<u16>().is_ok()))
    })
}

/// The body, or the start of one that is too long. `None` if it did not arrive completely.
async fn collected(body: Body) -> Option<Vec<u8>> {
    let mut chunks = body.into_data_stream();
    let mut collected = Vec::new();
    let mut seen = 0_usize;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.ok()?;
        seen = seen.saturating_add(chunk.len());
        // One byte over the limit is enough for the org.
        let room = (SANDBOX_BODY_BYTES_MAX + 1).saturating_sub(collected.len());
        collected.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if seen > DISCARDED_BYTES_MAX {
            break;
        }
    }
    Some(collected)
}

/// The headers with text values. The org ignores others.
fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text =
        |(name, value): (&HeaderName, &HeaderValue)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()));
    headers.iter().filter_map(text).collect()
}

fn whole(response: HttpResponse) -> axum::response::Response {
    let HttpResponse { status, headers, body } = response;
    headed(status, headers, Body::from(body))
}

/// The head announces more than is sent: after half of the body, the connection is cut.
fn truncated(response: HttpResponse, cutter: Cutter) -> axum::response::Response {
    let HttpResponse { status, headers, body } = response;
    // A 204 has no body to truncate.
    let status = if status == 204 { 200 } else { status };
    let announced = body.len().max(1);
    let half = Bytes::from(body).slice(..announced / 2);
    let chunks = stream::iter([Ok(half)]).chain(stream::once(async move {
        // The sent part must reach the socket first: the server flushes while it waits for this.
        tokio::task::yield_now().await;
        cutter.cut();
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
    }));
    let mut response = headed(status, headers, Body::from_stream(chunks));
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(announced));
    response
}

fn marked(word: &'static str) -> axum::response::Response {
    headed(DROP_STATUS, vec![(DROP_HEADER, word.to_owned())], Body::empty())
}

fn headed(status: u16, headers: Vec<(&'static str, String)>, body: Body) -> axum::response::Response {
    let mut response = axum::response::Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
