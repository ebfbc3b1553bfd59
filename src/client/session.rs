//! A run's session with an org: token, rate limiter, retries and request count. Readers and writers share it.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

use crate::client::classify::{FailedExchange, Pages, is_login_limit, judge, judge_login, no_answer, not_as_promised};
use crate::client::endpoints::Endpoints;
use crate::client::error::{ApiError, ApiErrorKind, ErrorContext, Failed, Permission, cut, permissions_named};
use crate::client::operations::{Operation, UnusableId, collection};
use crate::client::pace::{Admission, Pace, Reservation};
use crate::client::policy::{ATTEMPTS_MAX, Effect, ExchangeFailure, LOGIN_LIMIT_MS, Next, RETRY_AFTER_MAX_S, after};
use crate::client::shapes::{self, UnreadableAnswer};
use crate::client::tokens::{Credentials, RunSecrets, Token, Tokens, lock};
use crate::client::trace::{self, TriesEnd};
use crate::client::wire::{Auth, Body, Method, RateLimit, Request, Response, Wire, WireError};
use crate::client::write_guard::{WriteCheck, WriteGuard};
use crate::model::generation::Generation;
use crate::model::limits::ANSWER_BYTES_MAX;
use crate::model::platform::{PAGE_SIZE, PAGE_SIZE_MIN, REQUESTS_PER_MINUTE_DEFAULT};

/// The settings of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    pub requests_per_minute: NonZeroU32,
    /// The seed of the jitter: the same seed gives the same delays.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options { requests_per_minute: REQUESTS_PER_MINUTE_DEFAULT, seed: fastrand::u64(..) }
    }
}

/// A session. Clones are cheap and share token, rate limiter and request count.
#[derive(Clone)]
pub struct Session {
    shared: Arc<Shared>,
    generation: Generation,
    guard: Option<WriteGuard>,
    pair: Option<Arc<Pair>>,
}

/// Slots for a read and the write that follows it, reserved together.
struct Pair {
    shared: Arc<Shared>,
    turns: Mutex<Reservations>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reservations {
    /// Neither is used yet.
    Both,
    /// The read has used its slot, and the write's is reserved.
    Second,
    Over,
}

impl Pair {
    /// The slot that a request needs.
    fn turn(&self, effect: Effect) -> Reservation {
        match (*lock(&self.turns), effect) {
            (Reservations::Both, Effect::Read) => Reservation::WithNext,
            (Reservations::Second, Effect::Write) => Reservation::Kept,
            (Reservations::Both, Effect::Write) | (Reservations::Second, Effect::Read) | (Reservations::Over, _) => {
                Reservation::Single
            }
        }
    }

    fn took(&self, turn: Reservation) {
        match turn {
            Reservation::Single => {}
            Reservation::WithNext => *lock(&self.turns) = Reservations::Second,
            Reservation::Kept => *lock(&self.turns) = Reservations::Over,
        }
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        if *lock(&self.turns) == Reservations::Second {
            lock(&self.shared.pace).give_back();
        }
    }
}

struct Shared {
    endpoints: Endpoints,
    tokens: Tokens,
    wire: Arc<dyn Wire>,
    pace: Mutex<Pace>,
    random: Mutex<fastrand::Rng>,
    requests: AtomicU64,
    page_size: AtomicUsize,
    answered: AtomicBool,
}

impl Session {
    /// Nothing is sent before the first operation.
    pub fn new(endpoints: Endpoints, credentials: Credentials, wire: Arc<dyn Wire>, options: Options) -> Session {
        Session::in_run(endpoints, credentials, wire, options, &RunSecrets::default())
    }

    /// A session beside others of the same run. No session shows a secret of another.
    pub fn in_run(
        endpoints: Endpoints,
        credentials: Credentials,
        wire: Arc<dyn Wire>,
        options: Options,
        secrets: &RunSecrets,
    ) -> Session {
        let Options { requests_per_minute, seed } = options;
        let shared = Shared {
            endpoints,
            tokens: Tokens::new(credentials, secrets.clone()),
            wire,
            pace: Mutex::new(Pace::new(requests_per_minute)),
            random: Mutex::new(fastrand::Rng::with_seed(seed)),
            requests: AtomicU64::new(0),
            page_size: AtomicUsize::new(PAGE_SIZE),
            answered: AtomicBool::new(false),
        };
        Session { shared: Arc::new(shared), generation: Generation::default(), guard: None, pair: None }
    }

    /// The same session with readers and writers for this generation of the API. A new session uses the first.
    pub fn speaking(&self, generation: Generation) -> Session {
        Session { generation, ..self.clone() }
    }

    /// The generation of the API for readers and writers.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// The same session with a guard for its writes.
    pub fn guarded_by(&self, guard: &WriteGuard) -> Session {
        Session { guard: Some(guard.clone()), ..self.clone() }
    }

    /// The same session. Its first read also reserves a slot for the write that follows, so that the write does not
    /// wait for the rate limiter.
    pub fn in_pairs(&self) -> Session {
        let pair = Pair { shared: Arc::clone(&self.shared), turns: Mutex::new(Reservations::Both) };
        Session { pair: Some(Arc::new(pair)), ..self.clone() }
    }

    pub fn requests_per_minute(&self) -> NonZeroU32 {
        lock(&self.shared.pace).requests_per_minute()
    }

    /// The time for this many more requests, `at_once` of them concurrently.
    pub fn time_for(&self, requests: u64, at_once: u32) -> Duration {
        lock(&self.shared.pace).time_for(requests, at_once, Instant::now().into_std())
    }

    /// The number of requests so far, token requests included.
    pub fn request_count(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// Runs an operation: waits for its slot, sends it, and retries it if that is safe. `read` parses a 2xx response.
    ///
    /// # Guarantees
    /// A write is only sent again if it was certainly not executed. `unclear: false` of a failed write means the same.
    /// A write that waits when its guard closes is not sent.
    pub(crate) async fn run<T>(
        &self,
        operation: &Operation,
        read: impl Fn(&Response) -> Result<T, UnreadableAnswer>,
    ) -> Result<T, Failed> {
        let Operation { method, path, query, body, effect, permission, answer_bytes_max } = operation;
        let url = self.shared.endpoints.api(path, query);
        let not_done = |error| Failed { error, unclear: false };
        let interrupted = || not_done(self.failed(operation, ApiErrorKind::Interrupted));
        let (mut attempt, mut refused_token, mut pages) = (1, None, Pages::default());
        loop {
            let ready = self.before(*effect, self.ready(*effect, refused_token)).await.ok_or_else(interrupted)?;
            let token = ready.map_err(not_done)?;
            let auth = Auth::Bearer(token.secret.clone());
            let body = body.clone().map_or(Body::None, Body::Json);
            let answer_bytes_max = *answer_bytes_max;
            let request = Request { method: *method, url: url.clone(), auth, body, answer_bytes_max };
            let renewable = refused_token.is_none() && self.shared.tokens.can_renew();
            match self.may_send(*effect) {
                WriteCheck::Allowed => {}
                WriteCheck::Stopped => {
                    lock(&self.shared.pace).ended();
                    return Err(interrupted());
                }
                WriteCheck::TooOld => {
                    lock(&self.shared.pace).ended();
                    return Err(not_done(self.failed(operation, ApiErrorKind::Waited)));
                }
            }
            let answer = self.send(&request).await;
            if let Ok(Response { rate_limit: Some(limit), .. }) = &answer {
                self.hint(*limit);
            }
            let trouble = match answer {
                Ok(response) => match judge(&response, renewable) {
                    // The content of a response is shown and stored.
                    None if self.shared.tokens.secrets(&request).stand_in(&response.body) => FailedExchange {
                        failure: ExchangeFailure::AnswerBroken,
                        kind: ApiErrorKind::HoldsSecret,
                        response: Some(response),
                    },
                    None => match read(&response) {
                        Ok(value) => {
                            self.carried_out(*effect, &request, &response);
                            return Ok(value);
                        }
                        Err(unreadable) => not_as_promised(unreadable, response),
                    },
                    Some((failure, kind)) => FailedExchange { failure, kind, response: Some(response) },
                },
                Err(error) => no_answer(error, self.shared.answered.load(Ordering::Relaxed)),
            };
            match after(pages.counted(trouble.failure), *effect, attempt, self.random()) {
                Next::Wait(delay) => {
                    trace::sends_again(&request, trouble.failure, attempt, TriesEnd::Count(ATTEMPTS_MAX), delay);
                    self.before(*effect, self.wait(trouble.failure, delay)).await.ok_or_else(interrupted)?;
                    attempt += 1;
                }
                Next::NewToken => {
                    trace::needs_new_token(&request);
                    refused_token = Some(token.generation);
                }
                next @ (Next::GiveUp | Next::MaybeApplied) => {
                    self.hold_others(trouble.failure);
                    let mut error = self.error(&request, trouble, attempt);
                    self.complete(&mut error, *permission);
                    return Err(Failed { error, unclear: next == Next::MaybeApplied });
                }
            }
        }
    }

    /// The error for an id that cannot be sent.
    pub(crate) fn unusable(&self, method: Method, id: UnusableId) -> ApiError {
        let UnusableId(id) = id;
        let url = self.shared.endpoints.api(&format!("{}/", collection(self.generation)), &[]);
        ApiError {
            kind: ApiErrorKind::UnusableId(id),
            about: Box::new(ErrorContext::new(method, url.authority().to_owned(), shown(&url))),
        }
    }

    /// A failure that no single response shows.
    pub(crate) fn failed(&self, operation: &Operation, kind: ApiErrorKind) -> ApiError {
        let url = self.shared.endpoints.api(&operation.path, &operation.query);
        ApiError { kind, about: Box::new(ErrorContext::new(operation.method, url.authority().to_owned(), shown(&url))) }
    }

    /// A failed request without a single object. If nothing is there, the org does not serve this generation or
    /// operation.
    pub(crate) fn of_the_collection(&self, failed: Failed) -> Failed {
        let Failed { mut error, unclear } = failed;
        if error.kind == (ApiErrorKind::NotFound { by_the_platform: true }) {
            let is_of_definitions = error.about.path.contains(collection(self.generation));
            error.kind =
                if is_of_definitions { ApiErrorKind::NotServed(self.generation) } else { ApiErrorKind::NotOffered };
        }
        Failed { error, unclear }
    }

    /// The page size of lists.
    pub(crate) fn page_size(&self) -> usize {
        self.shared.page_size.load(Ordering::Relaxed)
    }

    /// Was a page rejected for its size? Then all lists use smaller ones from now on.
    pub(crate) fn takes_smaller_pages(&self, error: &ApiError, size: usize) -> bool {
        let is_refused = error.names_page_size() && size > PAGE_SIZE_MIN;
        if is_refused {
            self.shared.page_size.fetch_min(size / 2, Ordering::Relaxed);
        }
        is_refused
    }

    /// The token to use. `refused` is the generation that just received a 401.
    async fn token(&self, refused: Option<u64>) -> Result<Token, ApiError> {
        match &self.shared.tokens.credentials {
            Credentials::Token(given) => Ok(Token::given(given)),
            Credentials::Client { id, secret } => {
                self.shared.tokens.renewed(refused, Box::pin(self.ask_for_token(id, secret))).await
            }
        }
    }

    async fn ask_for_token(&self, id: &str, secret: &SecretString) -> Result<shapes::Grant, ApiError> {
        let request = Request {
            method: Method::Post,
            url: self.shared.endpoints.login().clone(),
            auth: Auth::Basic { id: id.to_owned(), secret: secret.clone() },
            body: Body::Form("grant_type=client_credentials"),
            answer_bytes_max: ANSWER_BYTES_MAX,
        };
        let (mut attempt, mut pages, begun) = (1, Pages::default(), Instant::now());
        loop {
            self.turn(Reservation::Single).await;
            let trouble = match self.send(&request).await {
                Ok(response) => match judge_login(&response) {
                    None => match shapes::grant(&response.body) {
                        Ok(grant) => return Ok(grant),
                        Err(unreadable) => not_as_promised(unreadable, response),
                    },
                    Some((failure, kind)) => FailedExchange { failure, kind, response: Some(response) },
                },
                Err(error) => no_answer(error, self.shared.answered.load(Ordering::Relaxed)),
            };
            // A time limit ends this, not a number of attempts.
            let is_by_time = is_login_limit(&trouble) && begun.elapsed() < Duration::from_millis(LOGIN_LIMIT_MS);
            let counted = if is_by_time { attempt.min(ATTEMPTS_MAX - 1) } else { attempt };
            // A second token does no harm, so a token request counts as a read.
            match after(pages.counted(trouble.failure), Effect::Read, counted, self.random()) {
                Next::Wait(delay) => {
                    let end = if is_by_time { TriesEnd::Time(LOGIN_LIMIT_MS) } else { TriesEnd::Count(ATTEMPTS_MAX) };
                    trace::sends_again(&request, trouble.failure, attempt, end, delay);
                    self.wait(trouble.failure, delay).await;
                    attempt += 1;
                }
                Next::NewToken | Next::GiveUp | Next::MaybeApplied => {
                    return Err(self.error(&request, trouble, attempt));
                }
            }
        }
    }

    /// Prepares a request: gets a token and a slot.
    async fn ready(&self, effect: Effect, refused: Option<u64>) -> Result<Token, ApiError> {
        let token = self.token(refused).await?;
        let turn = self.pair.as_ref().map_or(Reservation::Single, |pair| pair.turn(effect));
        self.turn(turn).await;
        if let Some(pair) = &self.pair {
            pair.took(turn);
        }
        Ok(token)
    }

    /// Waits for a slot and takes it.
    async fn turn(&self, turn: Reservation) {
        let asked = Instant::now();
        loop {
            let admission = lock(&self.shared.pace).admit(turn, Instant::now().into_std());
            match admission {
                Admission::Started => return trace::had_its_turn(asked.elapsed()),
                Admission::NotBefore(at) => tokio::time::sleep_until(Instant::from_std(at)).await,
            }
        }
    }

    /// Applies the rate limit headers of a response. A window that is longer than any acceptable wait belongs to
    /// another limit.
    fn hint(&self, limit: RateLimit) {
        let RateLimit { count, allowed, reset_s } = limit;
        if reset_s <= RETRY_AFTER_MAX_S {
            let until = (Instant::now() + Duration::from_secs(reset_s)).into_std();
            lock(&self.shared.pace).told(allowed.saturating_sub(count), until);
        }
    }

    /// Runs the work before a request. `None` if it is a write and its guard closes first.
    async fn before<T>(&self, effect: Effect, work: impl Future<Output = T>) -> Option<T> {
        match (effect, &self.guard) {
            (Effect::Write, Some(guard)) => guard.until_stopped(work).await,
            (Effect::Write, None) | (Effect::Read, _) => Some(work.await),
        }
    }

    /// Called right before a request is sent.
    fn may_send(&self, effect: Effect) -> WriteCheck {
        match (effect, &self.guard) {
            (Effect::Write, Some(guard)) => guard.check(),
            (Effect::Write, None) | (Effect::Read, _) => WriteCheck::Allowed,
        }
    }

    /// Keeps the correlation id of a successful write for the report.
    fn carried_out(&self, effect: Effect, request: &Request, response: &Response) {
        if let (Effect::Write, Some(guard)) = (effect, &self.guard) {
            let secrets = self.shared.tokens.secrets(request);
            guard.answer(response.correlation_id.as_deref().map(|id| cut(&secrets.scrub(id))));
        }
    }

    async fn send(&self, request: &Request) -> Result<Response, WireError> {
        self.shared.requests.fetch_add(1, Ordering::Relaxed);
        let began = Instant::now();
        trace::sent(request);
        let answer = self.shared.wire.exchange(request).await;
        self.shared.answered.fetch_or(answer.is_ok(), Ordering::Relaxed);
        trace::ended(request, &answer, began.elapsed(), || self.shared.tokens.secrets(request));
        lock(&self.shared.pace).ended_after(began.elapsed());
        answer
    }

    /// This request gave up, but its `Retry-After` applies to others too. A wait that is too long belongs to another
    /// limit, which may not concern others.
    fn hold_others(&self, failure: ExchangeFailure) {
        if let ExchangeFailure::Throttled { retry_after_s: Some(asked_s) } = failure
            && asked_s <= RETRY_AFTER_MAX_S
        {
            lock(&self.shared.pace).hold_until((Instant::now() + Duration::from_secs(asked_s)).into_std());
        }
    }

    async fn wait(&self, failure: ExchangeFailure, delay: Duration) {
        if let ExchangeFailure::Throttled { .. } = failure {
            lock(&self.shared.pace).hold_until((Instant::now() + delay).into_std());
        }
        tokio::time::sleep(delay).await;
    }

    fn random(&self) -> f64 {
        lock(&self.shared.random).f64()
    }

    fn error(&self, request: &Request, trouble: FailedExchange, attempts: u32) -> ApiError {
        let secrets = self.shared.tokens.secrets(request);
        let scrub = |text: &str| secrets.scrub(text);
        let about = ErrorContext::new(request.method, request.url.authority().to_owned(), shown(&request.url));
        let mut about = ErrorContext { attempts, ..about };
        if let Some(response) = &trouble.response {
            about.learn(response, &scrub);
        }
        let kind = match trouble.kind {
            ApiErrorKind::BrokenPromise(what) => ApiErrorKind::BrokenPromise(cut(&scrub(&what))),
            // The server influences this text: a certificate has names.
            ApiErrorKind::Connection(error) => ApiErrorKind::Connection(error.in_other_words(&scrub)),
            kind => kind,
        };
        ApiError { kind, about: Box::new(about) }
    }

    /// Adds what only the operation knows to its error.
    fn complete(&self, error: &mut ApiError, permission: Permission) {
        match &mut error.kind {
            ApiErrorKind::Forbidden { missing, needs } => {
                *missing = permissions_named(&error.about);
                *needs = permission;
            }
            ApiErrorKind::Unauthorized { given_token } => *given_token = !self.shared.tokens.can_renew(),
            _ => {}
        }
    }
}

fn shown(url: &reqwest::Url) -> String {
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}
