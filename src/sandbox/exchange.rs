//! The org behind its scripted faults, with the log of what reached it and the control endpoints. No IO.
//!
//! Control endpoints stand under `/sandbox/`, a path that no real API has. They need no token (the server answers
//! loopback only, and the sandbox's own token is public), are never subject to faults and are not logged.
//!
//! | request | does |
//! |---|---|
//! | `GET /sandbox/faults` | shows the rules, as a script |
//! | `PUT /sandbox/faults` | sets the rules from a script; all counters begin anew |
//! | `DELETE /sandbox/faults` | no rules any more |
//! | `GET /sandbox/requests` | shows how many requests came and the last [`LOG_ENTRIES_MAX`] of them |
//! | `DELETE /sandbox/requests` | forgets them |

use std::collections::{BTreeSet, VecDeque};

use serde_json::{Value, json};

use super::access::{Permissions, oauth_refusal};
use super::faults::{FaultAnswer, FaultDocument, FaultScript, FaultVerdict};
use super::http::{CORRELATION_HEADER, ErrorAnswer, HttpRequest, HttpResponse, timestamp};
use super::org::SimulatedOrg;
use super::org_behavior::OrgBehavior;
use super::routes::Route;

/// The header by which the sandbox says what it is. It comes with every answer of [`ORGANIZATION_PATH`], which clients
/// ask first.
pub const SANDBOX_HEADER: &str = "Presencectl-Sandbox";

const ORGANIZATION_PATH: &str = "/api/v2/organizations/me";

/// The `Retry-After` of a scripted 429 that names none, in seconds.
const RETRY_AFTER_SECONDS: u64 = 3;

/// How many requests the log remembers.
pub const LOG_ENTRIES_MAX: usize = 10_000;

/// What the server has to do for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The answer. For a cut connection it is what was lost.
    pub response: HttpResponse,
    pub delivery: Delivery,
    /// How much later, in milliseconds.
    pub delay_ms: u64,
}

/// How much of an answer reaches the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    Whole,
    /// Nothing; the org has not seen the request.
    DroppedBefore,
    /// Nothing; the org has carried the request out.
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

/// One request as the log shows it. It holds neither headers nor bodies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedRequest {
    /// Counted from 1 since the start.
    pub number: u64,
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query as sent; may be empty.
    pub query: String,
    /// When, in milliseconds since 1970.
    pub time_ms: u64,
    pub correlation_id: String,
    /// The status of the answer; none when nothing was sent.
    pub status: Option<u16>,
    pub delivery: Delivery,
}

/// The requests that reached the org.
#[derive(Debug, Clone, Default)]
pub struct RequestLog {
    /// How many there were, those that are no longer remembered included.
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
        // The content type is asked for, so that no page in a browser can do this without the server's leave.
        request.json()?;
        let document = FaultDocument::parse(&request.body).map_err(ErrorAnswer::bad_request)?;
        self.faults = FaultScript::new(document.faults).map_err(ErrorAnswer::bad_request)?;
        Ok(HttpResponse::ok(&json!(self.faults.document())))
    }
}

/// A refusal that a rule asks for.
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
        // The token endpoint speaks OAuth. Rate limited it answers 400 (docs/platform.md, "Tokens"), with this text.
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

/// What the org itself says with a status (docs/platform.md, "Errors"), or a text that says where it comes from.
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

/// As if the client had no permission at all.
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
