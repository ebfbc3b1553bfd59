//! The exchange of one HTTP request in the simulated world: faults, late answers, a person in the admin page, and the
//! end of the process at any boundary of a request. All of it follows from the seed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use presencectl::client::Wire;
use presencectl::client::wire::{Auth, Body, Exchange, Method, Request, Response, WireError, basic};
use presencectl::sandbox::{Sandbox, http};
use secrecy::ExposeSecret as _;
use serde_json::json;
use tokio::sync::Notify;

use super::ledger::{self, Ledger};
use super::play::{SAID_TO_BE_NEW, START_MS};
use super::world::{chance, one_of};
use super::{admin, behaviors, cause};

/// What may go wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The org, or something before it, refuses.
    Refused(u16),
    /// The same, and what was asked for is done.
    RefusedAndDone(u16),
    /// Too many requests, and wait for so many seconds.
    RateLimited(u64),
    /// No connection.
    NotSent,
    /// The connection is lost before the org has seen the request.
    LostBefore,
    /// The connection is lost after the org has done what was asked.
    LostAfter,
    /// No answer in time; the org does it at once, later or never.
    TimedOut(Option<u64>),
    /// The answer ends in its middle.
    Truncated,
    /// A proxy's page under status 200, regardless of the org did.
    Html(bool),
    /// All tokens are taken back.
    Revoked,
    /// The way to the org takes so many ms.
    Slow(u64),
}

impl Fault {
    /// What it is counted as.
    pub(super) fn name(self) -> String {
        match self {
            Fault::Refused(status) => format!("{status}"),
            Fault::RefusedAndDone(status) => format!("{status}, and done"),
            Fault::RateLimited(seconds) => format!("429, Retry-After {seconds}"),
            Fault::NotSent => "no connection".to_owned(),
            Fault::LostBefore => "connection lost before it arrived".to_owned(),
            Fault::LostAfter => "connection lost after it was done".to_owned(),
            Fault::TimedOut(None) => "timed out, never arrived".to_owned(),
            Fault::TimedOut(Some(late_ms)) => format!("timed out, arrived after {late_ms} ms"),
            Fault::Truncated => "answer truncated".to_owned(),
            Fault::Html(true) => "a page for an answer, and done".to_owned(),
            Fault::Html(false) => "a page for an answer".to_owned(),
            Fault::Revoked => "tokens revoked".to_owned(),
            Fault::Slow(ms) => format!("slow by {ms} ms"),
        }
    }

    /// Does the caller get no response, or another one than the org's?
    fn is_trouble(self) -> bool {
        !matches!(self, Fault::Slow(_) | Fault::Revoked)
    }

    /// Is it unknown to the caller whether it was executed?
    fn is_unclear(self) -> bool {
        match self {
            Fault::Refused(status) => status == 408 || status >= 500,
            // What is truncated depends on the status.
            Fault::RateLimited(_) | Fault::NotSent | Fault::Slow(_) | Fault::Revoked | Fault::Truncated => false,
            Fault::RefusedAndDone(_) | Fault::LostBefore | Fault::LostAfter | Fault::TimedOut(_) | Fault::Html(_) => {
                true
            }
        }
    }

    /// Every fault that a seed can choose.
    fn all() -> Vec<Fault> {
        let refused = STATUSES.into_iter().chain(FAILURES).map(Fault::Refused);
        let done = FAILURES.into_iter().map(Fault::RefusedAndDone);
        let limited = RETRY_AFTER_S.into_iter().map(Fault::RateLimited);
        let late = TIMED_OUT.into_iter().map(Fault::TimedOut);
        let slow = SLOW_MS.into_iter().map(Fault::Slow);
        let others = [Fault::NotSent, Fault::LostBefore, Fault::LostAfter, Fault::Truncated, Fault::Revoked];
        let pages = [true, false].map(Fault::Html);
        refused.chain(done).chain(limited).chain(late).chain(slow).chain(others).chain(pages).collect()
    }
}

/// What is counted beside the faults: how processes end,
const DEATHS: [&str; 3] =
    ["died before a request was sent", "died while a request was under way", "died after an answer"];
/// what follows from lists that lag, pages that shift and tokens that end,
const SHIFTED: &str = "a list changed while it was read";
const OLD_LIST: &str = "a list older than the last write";
const OLD_READ: &str = "a read by id older than the last write";
const NOT_YET: &str = "a definition not found right after its creation";
const EXPIRED: &str = "a token that was not good any more";
const RENEWED: &str = "a token renewed in mid-run";

/// Everything that has to happen in a simulation that shows something.
pub(super) fn everything() -> Vec<String> {
    let others = admin::EDITS.into_iter().chain(behaviors::ALL).chain(DEATHS);
    let others =
        others.chain([SHIFTED, OLD_LIST, OLD_READ, NOT_YET, EXPIRED, RENEWED, SAID_TO_BE_NEW]).chain(cause::TOLD);
    Fault::all().into_iter().map(Fault::name).chain(others.map(str::to_owned)).collect()
}

/// Which faults a seed has, and how often.
#[derive(Debug, Clone, Default)]
pub(super) struct Swarm {
    pub(super) kinds: Vec<Fault>,
    pub(super) per_mille: u32,
}

const STATUSES: [u16; 10] = [400, 401, 403, 404, 405, 408, 409, 413, 415, 422];
const FAILURES: [u16; 5] = [500, 501, 502, 503, 504];
const RETRY_AFTER_S: [u64; 7] = [0, 1, 7, 60, 179, 200, 7_200];
/// When a response arrives that the client no longer waits for.
const TIMED_OUT: [Option<u64>; 4] = [None, Some(0), Some(500), Some(20_000)];
const SLOW_MS: [u64; 3] = [2_000, 9_000, 20_000];

impl Swarm {
    /// Some kinds, few or many of them.
    pub(super) fn of(dice: &mut Rng) -> Swarm {
        let per_mille = one_of(dice, &[0, 20, 60, 120, 250]);
        let mut kinds = Vec::new();
        for _ in 0..dice.usize(1..6) {
            kinds.push(match dice.u32(0..13) {
                0 => Fault::Refused(one_of(dice, &STATUSES)),
                1 | 2 => Fault::Refused(one_of(dice, &FAILURES)),
                3 => Fault::RefusedAndDone(one_of(dice, &FAILURES)),
                4 => Fault::RateLimited(one_of(dice, &RETRY_AFTER_S)),
                5 => Fault::NotSent,
                6 => Fault::LostBefore,
                7 => Fault::LostAfter,
                8 => Fault::TimedOut(one_of(dice, &TIMED_OUT)),
                9 => Fault::Truncated,
                10 => Fault::Html(dice.bool()),
                11 => Fault::Slow(one_of(dice, &SLOW_MS)),
                _ => Fault::Revoked,
            });
        }
        Swarm { kinds, per_mille }
    }
}

/// When a process ends: at its request of this number, before it is sent, while it is under way, or after its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Death {
    pub(super) at: usize,
    pub(super) moment: Moment,
}

impl Death {
    /// Of ten processes, four.
    pub(super) fn perhaps(dice: &mut Rng) -> Option<Death> {
        let moments = [Moment::BeforeSent, Moment::AfterSent, Moment::AfterAnswer];
        chance(dice, 40).then(|| Death { at: dice.usize(1..30), moment: one_of(dice, &moments) })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    BeforeSent,
    AfterSent,
    AfterAnswer,
}

/// What all processes of a world share.
pub(super) struct Shared {
    pub(super) sandbox: Sandbox,
    pub(super) dice: Mutex<Rng>,
    pub(super) ledger: Mutex<Ledger>,
    pub(super) swarm: Mutex<Swarm>,
    pub(super) admin_per_mille: Mutex<u32>,
    /// How often what happened.
    pub(super) tally: Mutex<BTreeMap<String, u64>>,
    /// Every request and edit, for a single seed.
    pub(super) trace: Mutex<Option<String>>,
}

/// The wire of one process.
pub(super) struct SimulatedWire {
    pub(super) shared: Arc<Shared>,
    /// Which process this is.
    pub(super) run: usize,
    pub(super) death: Option<Death>,
    pub(super) dead: Arc<Notify>,
    pub(super) count: Mutex<usize>,
    /// How many tokens it was given,
    pub(super) tokens: Mutex<usize>,
    /// and how often anything had changed in the org when it began to read a list.
    pub(super) list_began: Mutex<usize>,
}

/// After so many requests a process is taken to go on for ever.
const REQUESTS_MAX: usize = 5_000;

impl Wire for SimulatedWire {
    fn exchange<'a>(&'a self, request: &'a Request) -> Exchange<'a> {
        Box::pin(self.answer(request))
    }
}

impl SimulatedWire {
    async fn answer(&self, request: &Request) -> Result<Response, WireError> {
        let number = {
            let mut count = self.count.lock().unwrap();
            *count += 1;
            *count
        };
        if number == REQUESTS_MAX {
            let what = format!("run {} sent {REQUESTS_MAX} requests, and does not end", self.run);
            self.shared.ledger.lock().unwrap().violations.push(what);
            self.dead.notify_one();
            return std::future::pending().await;
        }
        let moment = self.death.filter(|it| it.at == number).map(|it| it.moment);
        if moment == Some(Moment::BeforeSent) {
            return self.die(DEATHS[0]).await;
        }
        let (sent, now_ms) = (sandbox_request(request), self.shared.sandbox.now_ms());
        self.shared.ledger.lock().unwrap().sent(self.run, &sent, now_ms);
        self.shared.meddle();
        let (fault, latency_ms) = self.roll(request);
        tokio::time::sleep(Duration::from_millis(latency_ms)).await;
        if moment == Some(Moment::AfterSent) {
            let shared = Arc::clone(&self.shared);
            let run = self.run;
            let arrives = shared.dice.lock().unwrap().bool();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(300)).await;
                if arrives {
                    shared.handle(run, &sent, false);
                }
            });
            return self.die(DEATHS[1]).await;
        }
        let answer = self.faulty(sent, fault).await;
        self.shared.meddle();
        if moment == Some(Moment::AfterAnswer) {
            return self.die(DEATHS[2]).await;
        }
        answer
    }

    async fn die(&self, how: &str) -> Result<Response, WireError> {
        self.shared.count(how);
        self.dead.notify_one();
        std::future::pending().await
    }

    /// What goes wrong, and how long the way takes.
    fn roll(&self, request: &Request) -> (Option<Fault>, u64) {
        let mut dice = self.shared.dice.lock().unwrap();
        let latency_ms = dice.u64(5..200);
        let swarm = self.shared.swarm.lock().unwrap();
        let fault = if dice.u32(0..1_000) < swarm.per_mille { Some(one_of(&mut dice, &swarm.kinds)) } else { None };
        // No client can work with an org that denies its own objects.
        let lies = |it: &Fault| *it == Fault::Refused(404) && request.method == Method::Get;
        // The answer to a DELETE has nothing that could be cut off.
        let is_empty = |it: &Fault| *it == Fault::Truncated && request.method == Method::Delete;
        (fault.filter(|it| !lies(it) && !is_empty(it)), latency_ms)
    }

    async fn faulty(&self, sent: http::HttpRequest, fault: Option<Fault>) -> Result<Response, WireError> {
        let shared = &self.shared;
        let handle = || self.handle(&sent);
        if let Some(fault) = fault {
            shared.note(|| format!("run {}: {} {}: {}", self.run, sent.method, sent.path, fault.name()));
            shared.count(&fault.name());
            if fault.is_trouble() {
                shared.ledger.lock().unwrap().troubled(self.run, &sent, fault.is_unclear());
            }
        }
        match fault {
            None => Ok(handle()),
            Some(Fault::Slow(ms)) => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                Ok(handle())
            }
            Some(Fault::Refused(status)) => Ok(refusal(status, None)),
            Some(Fault::RefusedAndDone(status)) => {
                shared.handle(self.run, &sent, false);
                Ok(refusal(status, None))
            }
            Some(Fault::RateLimited(seconds)) => Ok(refusal(429, Some(seconds))),
            Some(Fault::NotSent) => Err(WireError::NotSent("refused".to_owned())),
            Some(Fault::LostBefore) => Err(WireError::Lost("reset".to_owned())),
            Some(Fault::LostAfter) => {
                shared.handle(self.run, &sent, false);
                Err(WireError::Lost("reset".to_owned()))
            }
            Some(Fault::TimedOut(arrives)) => {
                if let Some(late_ms) = arrives {
                    let (late, run) = (Arc::clone(shared), self.run);
                    tokio::spawn(async move {
                        tokio::time::sleep(Duration::from_millis(late_ms)).await;
                        late.handle(run, &sent, false);
                    });
                }
                tokio::time::sleep(Duration::from_secs(30)).await;
                Err(WireError::TimedOut { after_ms: 30_000 })
            }
            Some(Fault::Truncated) => {
                let whole = shared.handle(self.run, &sent, false);
                if (200..300).contains(&whole.status) {
                    shared.ledger.lock().unwrap().troubled(self.run, &sent, true);
                }
                let half = whole.body.len() / 2;
                Ok(Response { body: whole.body[..half].to_vec(), ..whole })
            }
            Some(Fault::Html(is_done)) => {
                if is_done {
                    shared.handle(self.run, &sent, false);
                }
                let body = b"<html>a proxy</html>".to_vec();
                Ok(Response { status: 200, content_type: Some("text/html".to_owned()), body, ..Response::default() })
            }
            Some(Fault::Revoked) => {
                shared.sandbox.with(|it| it.org.access.revoke());
                Ok(handle())
            }
        }
    }

    /// Makes the org execute a request whose response arrives, and counts special cases.
    fn handle(&self, request: &http::HttpRequest) -> Response {
        let shared = &self.shared;
        let answer = shared.handle(self.run, request, true);
        if request.path == "/oauth/token" && answer.status == 200 {
            let mut tokens = self.tokens.lock().unwrap();
            *tokens += 1;
            if *tokens == 2 {
                shared.count(RENEWED);
            }
        } else if answer.status == 401 {
            shared.count(EXPIRED);
        }
        if request.method == "GET" {
            self.read(request, answer.status);
        }
        answer
    }

    /// What is odd in the reading of definitions.
    fn read(&self, request: &http::HttpRequest, status: u16) {
        let shared = &self.shared;
        let (changes, last_ms) = shared.ledger.lock().unwrap().changes;
        if ledger::is_collection(&request.path) {
            // The first page, or the active ones for the first time.
            let is_first = request.query.contains("pageNumber=1&") || request.query.contains("deactivated=FALSE");
            let mut began = self.list_began.lock().unwrap();
            if !is_first && *began != changes {
                shared.count(SHIFTED);
            }
            *began = changes;
            let now_ms = shared.sandbox.now_ms();
            let is_old = shared.sandbox.with(|it| {
                let lag_ms = it.org.behavior.list_lag_ms;
                let may_be = last_ms.is_some_and(|it| now_ms < it + lag_ms);
                let (then, now) = (it.org.definitions().as_of(now_ms.saturating_sub(lag_ms)), it.org.definitions());
                let is_same = |(then, now): (&&Arc<_>, &Arc<_>)| Arc::ptr_eq(then, now);
                may_be && (then.len() != now.len() || !then.iter().zip(now.iter()).all(is_same))
            });
            if is_old {
                shared.count(OLD_LIST);
            }
        } else if let Some(id) = ledger::id_of(&request.path) {
            let now_ms = shared.sandbox.now_ms();
            let (is_held, is_old) = shared.sandbox.with(|it| {
                let (held, all) = (it.org.definitions().get(&id), it.org.definitions());
                (held.is_some(), held != all.get_as_of(&id, now_ms.saturating_sub(it.org.behavior.get_lag_ms)))
            });
            if status == 404 && is_held {
                shared.count(NOT_YET);
            } else if status == 200 && is_old {
                shared.count(OLD_READ);
            }
        }
    }
}

impl Shared {
    /// Writes one line of the trace, if there is one.
    fn note(&self, what: impl FnOnce() -> String) {
        let Some(trace) = &mut *self.trace.lock().unwrap() else { return };
        // Writing to a String cannot fail.
        let _ = writeln!(trace, "    {:>7} {}", self.sandbox.now_ms() - START_MS, what());
    }

    pub(super) fn count(&self, what: &str) {
        let mut tally = self.tally.lock().unwrap();
        *tally.entry(what.to_owned()).or_default() += 1;
    }

    pub(super) fn count_if(&self, what: &str, happened: bool) {
        if happened {
            self.count(what);
        }
    }

    /// Has the org carry out a request, and writes down what became of it.
    fn handle(&self, run: usize, request: &http::HttpRequest, is_answered: bool) -> Response {
        let now_ms = self.sandbox.now_ms();
        let mut ledger = self.ledger.lock().unwrap();
        let answer = self.sandbox.with(|it| {
            let before = ledger.before(&it.org, request);
            let is_held = ledger::id_of(&request.path).and_then(|id| it.org.definitions().get(&id).cloned());
            let answer = it.org.handle(request, now_ms);
            for what in behaviors::noticed(&it.org, request, is_held.as_deref(), &answer) {
                self.count(what);
            }
            ledger.handled(run, (request, &answer), before, &it.org, (now_ms, is_answered));
            answer
        });
        let query = if request.query.is_empty() { "" } else { "?" };
        self.note(|| {
            let body = String::from_utf8_lossy(&request.body);
            let (method, path, status) = (&request.method, &request.path, answer.status);
            format!("run {run}: {method} {path}{query}{} {body}: {status}", request.query)
        });
        response(answer)
    }

    /// Perhaps a person does something in the admin page.
    fn meddle(&self) {
        let per_mille = *self.admin_per_mille.lock().unwrap();
        let mut dice = self.dice.lock().unwrap();
        if dice.u32(0..1_000) >= per_mille {
            return;
        }
        let Some((kind, request)) = self.sandbox.with(|it| admin::edit(&mut dice, &it.org)) else { return };
        let now_ms = self.sandbox.now_ms();
        let mut ledger = self.ledger.lock().unwrap();
        let is_taken = self.sandbox.with(|it| {
            let before = ledger.before(&it.org, &request);
            it.org.handle(&request, now_ms);
            ledger.edited(before, &it.org, now_ms)
        });
        let (method, path, body) = (&request.method, &request.path, String::from_utf8_lossy(&request.body));
        self.note(|| format!("admin page: {method} {path} {body}{}", if is_taken { "" } else { ": nothing" }));
        // An org may refuse a label that is taken.
        if is_taken {
            self.count(admin::EDITS[kind]);
        }
    }
}

fn sandbox_request(request: &Request) -> http::HttpRequest {
    let authorization = match &request.auth {
        Auth::Bearer(token) => format!("Bearer {}", token.expose_secret()),
        Auth::Basic { id, secret } => format!("Basic {}", basic(id, secret)),
    };
    let (content_type, body) = match &request.body {
        Body::None => (None, Vec::new()),
        Body::Json(bytes) => (Some("application/json"), bytes.clone()),
        Body::Form(form) => (Some("application/x-www-form-urlencoded"), form.as_bytes().to_vec()),
    };
    let content_type = content_type.map(|it| ("content-type".to_owned(), it.to_owned()));
    http::HttpRequest {
        method: request.method.as_str().to_owned(),
        path: request.url.path().to_owned(),
        query: request.url.query().unwrap_or_default().to_owned(),
        headers: [("authorization".to_owned(), authorization)].into_iter().chain(content_type).collect(),
        body,
    }
}

fn response(answer: http::HttpResponse) -> Response {
    let header = |name: &str| {
        answer.headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    };
    Response {
        status: answer.status,
        correlation_id: header("inin-correlation-id"),
        retry_after_s: header("retry-after").and_then(|it| it.parse().ok()),
        rate_limit: None,
        content_type: header("content-type"),
        from_sandbox: false,
        body: answer.body,
    }
}

fn refusal(status: u16, retry_after_s: Option<u64>) -> Response {
    let body = json!({ "code": "simulated.fault", "message": "simulated", "status": status });
    Response {
        status,
        correlation_id: Some("simulated".to_owned()),
        retry_after_s,
        rate_limit: None,
        content_type: Some("application/json".to_owned()),
        from_sandbox: false,
        body: body.to_string().into_bytes(),
    }
}
