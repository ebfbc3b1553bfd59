//! The org behind its scripted faults, with the log of its requests and the control endpoints. No IO.
//!
//! Control endpoints are under `/sandbox/`, a path that no real API has. They need no token (the server only answers on
//! loopback, and the sandbox's own token is public), have no faults and are not logged.
//!
//! | request | does |
//! |---|---|
//! | `GET /sandbox/faults` | shows the rules, as a script |
//! | `PUT /sandbox/faults` | sets the rules from a script and resets all counters |
//! | `DELETE /sandbox/faults` | removes all rules |
//! | `GET /sandbox/requests` | shows the number of requests and the last [`LOG_ENTRIES_MAX`] of them |
//! | `DELETE /sandbox/requests` | clears the log |

use std::collections::{BTreeSet, VecDeque};

use serde_json::{Value, json};

use super::access::{Permissions, oauth_refusal};
use super::faults::{FaultAnswer, FaultDocument, FaultScript, FaultVerdict};
use super::http::{CORRELATION_HEADER, ErrorAnswer, HttpRequest, HttpResponse, timestamp};
use super::org::SimulatedOrg;
use super::org_behavior::OrgBehavior;
use super::routes::Route;

/// The header that identifies the sandbox. Every response of [`ORGANIZATION_PATH`] has it, which clients request first.
pub const SANDBOX_HEADER: &str = "Presencectl-Sandbox";

const ORGANIZATION_PATH: &str = "/api/v2/organizations/me";

/// The default `Retry-After` of a scripted 429, in seconds.
const RETRY_AFTER_SECONDS: u64 = 3;

/// The most requests in the log.
pub const LOG_ENTRIES_MAX: usize = 10_000;

/// What the server does with one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The response. For a cut connection, it is the lost one.
    pub response: HttpResponse,
    pub delivery: Delivery,
    /// The delay in milliseconds.
    pub delay_ms: u64,
}

/// How much of a response reaches the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    Whole,
    /// Nothing, and the org did not receive the request.
    DroppedBefore,
    /// Nothing, but the org executed the request.
    DroppedAfter,
    /// The head and a part of the body.
    Truncated,
}

impl Delivery {
    /// The word in the log and, in process, in the header `x-sandbox-drop`.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::DroppedBefore => Some("before"),
            Self::DroppedAfter => Some("after"),
            Self::Truncated => Some("truncated"),
        }
    }
}

/// One request in the log, without headers and bodies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedRequest {
    /// Its number, from 1 since the start.
    pub number: u64,
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query as sent, possibly empty.
    pub query: String,
    /// The time, in milliseconds since 1970.
    pub time_ms: u64,
    pub correlation_id: String,
    /// The status of the response. `None` if none was sent.
    pub status: Option<u16>,
    pub delivery: Delivery,
}

/// The requests that reached the org.
#[derive(Debug, Clone, Default)]
pub struct RequestLog {
    /// The number of requests, including those that are no longer in the log.
    pub request_count: u64,
    /// The last ones, oldest first.
    pub entries: VecDeque<LoggedRequest>,
}

/// The org, its faults and its log.
#[derive(Debug, Clone, Default)]
pub struct ServedExchange {
    pub org: SimulatedOrg,
    pub faults: FaultScript,
    pub log: RequestLog,
}

impl ServedExchange {
    /// Answers one request at a moment (milliseconds since 1970).
    pub fn run(&mut self, request: &HttpRequest, now_ms: u64) -> Reply {
        if request.path == "/sandbox" || request.path.starts_with("/sandbox/") {
            return Reply { response: self.control(request), delivery: Delivery::Whole, delay_ms: 0 };
        }
        let FaultVerdict { handled, answer, delay_ms } = self.faults.judge(&request.method, &request.path);
        let own = handled.then(|| self.org.handle(request, now_ms));
        let own_or_none = |own: Option<HttpResponse>, org: &mut SimulatedOrg| {
            own.unwrap_or_else(|| HttpResponse::no_content().correlated(&org.next_correlation_id()))
        };
        let (mut response, delivery) = match answer {
            FaultAnswer::Own => (own_or_none(own, &mut self.org), Delivery::Whole),
            FaultAnswer::DroppedBefore => (own_or_none(own, &mut self.org), Delivery::DroppedBefore),
            FaultAnswer::DroppedAfter => (own_or_none(own, &mut self.org), Delivery::DroppedAfter),
            FaultAnswer::Truncated => (own_or_none(own, &mut self.org), Delivery::Truncated),
            FaultAnswer::Html => {
                let page = "<!DOCTYPE html>\n<html><body>This page comes from a proxy.</body></html>\n";
                (HttpResponse::html(200, page).correlated(&self.org.next_correlation_id()), Delivery::Whole)
            }
            FaultAnswer::Text(text) => {
                let answer = HttpResponse { body: text.into_bytes(), ..HttpResponse::ok(&Value::Null) };
                (answer.correlated(&self.org.next_correlation_id()), Delivery::Whole)
            }
            FaultAnswer::Status { status, retry_after_seconds, code, message } => {
                let scripted = Scripted { status, retry_after_seconds, code, message };
                (scripted.response(request, self.org.behavior, &self.org.next_correlation_id()), Delivery::Whole)
            }
        };
        if request.path == ORGANIZATION_PATH {
            response.headers.push((SANDBOX_HEADER, "1".to_owned()));
        }
        self.log.add(request, now_ms, &response, delivery);
        Reply { response, delivery, delay_ms }
    }

    fn control(&mut self, request: &HttpRequest) -> HttpResponse {
        let correlation_id = self.org.next_correlation_id();
        let answer = match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/sandbox/faults") => Ok(HttpResponse::ok(&json!(self.faults.document()))),
            ("PUT", "/sandbox/faults") => self.set_faults(request),
            ("DELETE", "/sandbox/faults") => {
                self.faults = FaultScript::default();
                Ok(HttpResponse::no_content())
            }
            ("GET", "/sandbox/requests") => Ok(HttpResponse::ok(&self.log.shown())),
            ("DELETE", "/sandbox/requests") => {
                self.log = RequestLog::default();
                Ok(HttpResponse::no_content())
            }
            (method, "/sandbox/faults" | "/sandbox/requests") => {
                Err(ErrorAnswer::new(405, "method.not.allowed", format!("{method} is not allowed here.")))
            }
            _ => Err(ErrorAnswer::not_found()),
        };
        answer.unwrap_or_else(|refusal| refusal.into_response(&correlation_id)).correlated(&correlation_id)
    }

    fn set_faults(&mut self, request: &HttpRequest) -> Result<HttpResponse, ErrorAnswer> {
        // The content type is required, so that no page in a browser can do this without the server's permission.
        request.json()?;
        let document = FaultDocument::parse(&request.body).map_err(ErrorAnswer::bad_request)?;
        self.faults = FaultScript::new(document.faults).map_err(ErrorAnswer::bad_request)?;
        Ok(HttpResponse::ok(&json!(self.faults.document())))
    }
}

/// An error that a rule defines.
struct Scripted {
    status: u16,
    retry_after_seconds: Option<u64>,
    code: Option<String>,
    message: Option<String>,
}

impl Scripted {
    fn response(self, request: &HttpRequest, behavior: OrgBehavior, correlation_id: &str) -> HttpResponse {
        let Self { status, retry_after_seconds, code, message } = self;
        let mut wait = retry_after_seconds.map(|it| ("Retry-After", it.to_string()));
        // The token endpoint uses OAuth. Its rate limit error is a 400 (docs/platform.md, "Tokens") with this text.
        let mut response = if request.path == "/oauth/token" {
            let error = code.as_deref().unwrap_or("invalid_request");
            oauth_refusal(status, error, message.as_deref().unwrap_or("rate limit exceeded; try again later"))
        } else {
            let mut refusal = if status == 429 {
                wait = None;
                ErrorAnswer::limited(retry_after_seconds.unwrap_or(RETRY_AFTER_SECONDS))
            } else {
                own(status, request, behavior)
            };
            if let Some(code) = code {
                refusal.code = code.into();
            }
            if let Some(message) = message {
                refusal = ErrorAnswer { message, params: Vec::new(), ..refusal };
            }
            refusal.into_response(correlation_id)
        };
        response.headers.extend(wait);
        response.correlated(correlation_id)
    }
}

/// The org's own error for a status (docs/platform.md, "Errors"), or a text that shows its origin.
fn own(status: u16, request: &HttpRequest, behavior: OrgBehavior) -> ErrorAnswer {
    let code = match status {
        401 => return ErrorAnswer::new(401, "bad.credentials", "Invalid login credentials."),
        403 => return forbidden(request, behavior),
        404 => return ErrorAnswer::not_found(),
        409 => return conflict(request),
        400 => "bad.request",
        408 | 504 => "request.timeout",
        415 => "unsupported.media.type",
        500 => "internal.server.error",
        503 => "service.unavailable",
        _ => "sandbox.fault",
    };
    ErrorAnswer::new(status, code, format!("A scripted fault with status {status}."))
}

/// As if the client had no permissions.
fn forbidden(request: &HttpRequest, behavior: OrgBehavior) -> ErrorAnswer {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let none = Permissions::Only(BTreeSet::new());
    let missing = Route::of(&request.method, &segments).ok().and_then(|it| none.expect(it.needs(behavior)).err());
    missing.unwrap_or_else(ErrorAnswer::not_authorized)
}

/// As if another definition had the first label of the body.
fn conflict(request: &HttpRequest) -> ErrorAnswer {
    let body = request.json().unwrap_or_default();
    let label =
        body["languageLabels"].as_object().and_then(|it| it.iter().find_map(|(key, it)| Some((key, it.as_str()?))));
    match label {
        Some((locale, label)) => ErrorAnswer::taken(409, locale, label),
        None => ErrorAnswer::new(409, "conflict", "The resource conflicts with another one."),
    }
}

impl RequestLog {
    fn add(&mut self, request: &HttpRequest, now_ms: u64, response: &HttpResponse, delivery: Delivery) {
        self.request_count += 1;
        if self.entries.len() == LOG_ENTRIES_MAX {
            self.entries.pop_front();
        }
        let is_lost = matches!(delivery, Delivery::DroppedBefore | Delivery::DroppedAfter);
        let correlation_id = response.headers.iter().find(|(name, _)| *name == CORRELATION_HEADER);
        self.entries.push_back(LoggedRequest {
            number: self.request_count,
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            time_ms: now_ms,
            correlation_id: correlation_id.map(|(_, value)| value.clone()).unwrap_or_default(),
            status: (!is_lost).then_some(response.status),
            delivery,
        });
    }

    fn shown(&self) -> Value {
        let entry = |it: &LoggedRequest| {
            let LoggedRequest { number, method, path, query, time_ms, correlation_id, status, delivery } = it;
            json!({
                "number": number,
                "method": method,
                "path": path,
                "query": query,
                "time": timestamp(*time_ms),
                "correlation_id": correlation_id,
                "status": status,
                "drop": delivery.word(),
            })
        };
        json!({ "request_count": self.request_count, "requests": self.entries.iter().map(entry).collect::<Vec<_>>() })
    }
}
