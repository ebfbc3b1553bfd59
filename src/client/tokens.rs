//! The access tokens of a run, and all secrets that are removed from a server's responses.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;

use crate::client::error::{ApiError, ApiErrorKind};
use crate::client::policy::TOKENS_KEPT;
use crate::client::secrets::Secrets;
use crate::client::shapes::Grant;
use crate::client::wire::{Auth, Request, basic};

/// A token is renewed this long before its end, or a tenth of its lifetime if that is shorter.
pub const TOKEN_MARGIN_S: u64 = 60;
/// After the token endpoint failed, waiting requests get the same error instead of asking again one by one.
pub const TOKEN_FAILURE_HOLDS_MS: u64 = 10_000;

/// The credentials for the platform. Its `Debug` shows no secret.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// An access token from the environment, which cannot be renewed.
    Token(SecretString),
    /// An OAuth client with the client credentials grant.
    Client {
        /// It is not secret.
        id: String,
        secret: SecretString,
    },
}

pub(crate) struct Tokens {
    pub(crate) credentials: Credentials,
    state: tokio::sync::Mutex<TokenState>,
    /// The latest tokens. An earlier one may still be valid.
    issued: Mutex<VecDeque<SecretString>>,
    secrets: RunSecrets,
}

/// All secrets of a run, for every org. All of them are removed from each org's responses.
#[derive(Clone, Default)]
pub struct RunSecrets(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    all: Vec<SecretString>,
    /// The same secrets, prepared for searching.
    ready: Option<Arc<Secrets>>,
}

impl RunSecrets {
    fn add(&self, secrets: impl IntoIterator<Item = SecretString>) {
        let mut known = lock(&self.0);
        known.all.extend(secrets);
        known.ready = None;
    }

    fn forget(&self, secret: &SecretString) {
        let mut known = lock(&self.0);
        known.all.retain(|it| it.expose_secret() != secret.expose_secret());
        known.ready = None;
    }

    fn with(&self, more: Option<&SecretString>) -> Arc<Secrets> {
        let mut known = lock(&self.0);
        match more {
            Some(more) if known.all.iter().all(|it| it.expose_secret() != more.expose_secret()) => {
                Arc::new(Secrets::new(known.all.iter().cloned().chain([more.clone()])))
            }
            _ => {
                let Known { all, ready } = &mut *known;
                Arc::clone(ready.get_or_insert_with(|| Arc::new(Secrets::new(all.iter().cloned()))))
            }
        }
    }
}

/// Locked while a token is fetched, so that all requests wait for the same one.
#[derive(Default)]
struct TokenState {
    current: Option<Token>,
    /// The last failure to get a token, and how long it applies.
    failed: Option<(ApiError, Option<Instant>)>,
    generation: u64,
}

#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) secret: SecretString,
    pub(crate) generation: u64,
    renew_at: Option<Instant>,
}

impl Token {
    pub(crate) fn given(secret: &SecretString) -> Token {
        Token { secret: secret.clone(), generation: 0, renew_at: None }
    }
}

impl Tokens {
    pub(crate) fn new(credentials: Credentials, secrets: RunSecrets) -> Tokens {
        secrets.add(match &credentials {
            Credentials::Token(given) => vec![given.clone()],
            Credentials::Client { id, secret } => vec![secret.clone(), basic(id, secret).into()],
        });
        Tokens { credentials, state: tokio::sync::Mutex::default(), issued: Mutex::default(), secrets }
    }

    pub(crate) fn can_renew(&self) -> bool {
        match self.credentials {
            Credentials::Token(_) => false,
            Credentials::Client { .. } => true,
        }
    }

    /// The current token. Without a valid one, `fetch` gets it. `refused` is the generation that just received a 401.
    pub(crate) async fn renewed(
        &self,
        refused: Option<u64>,
        fetch: impl Future<Output = Result<Grant, ApiError>>,
    ) -> Result<Token, ApiError> {
        let mut state = self.state.lock().await;
        let is_good = |token: &Token| {
            Some(token.generation) != refused && token.renew_at.is_none_or(|renew_at| Instant::now() < renew_at)
        };
        if let Some(token) = state.current.as_ref().filter(|token| is_good(token)) {
            return Ok(token.clone());
        }
        if let Some((error, until)) = &state.failed
            && until.is_none_or(|until| Instant::now() < until)
        {
            return Err(error.clone());
        }
        match fetch.await {
            Ok(Grant { access_token: secret, expires_in_s }) => {
                self.keep_secret(&secret);
                state.generation += 1;
                let renew_at = expires_in_s.and_then(renew_at);
                let token = Token { secret, generation: state.generation, renew_at };
                state.current = Some(token.clone());
                state.failed = None;
                Ok(token)
            }
            Err(error) => {
                // Rejected credentials stay rejected. Other failures may pass.
                let holds = Duration::from_millis(TOKEN_FAILURE_HOLDS_MS);
                let until = (error.kind != ApiErrorKind::Credentials).then(|| Instant::now() + holds);
                state.failed = Some((error.clone(), until));
                Err(error)
            }
        }
    }

    fn keep_secret(&self, token: &SecretString) {
        let mut issued = lock(&self.issued);
        self.secrets.add([token.clone()]);
        issued.push_front(token.clone());
        if let Some(oldest) = (issued.len() > TOKENS_KEPT).then(|| issued.pop_back()).flatten() {
            self.secrets.forget(&oldest);
        }
    }

    /// Every secret that a server could send back.
    pub(crate) fn secrets(&self, request: &Request) -> Arc<Secrets> {
        self.secrets.with(match &request.auth {
            // It may no longer be stored, and still be in flight.
            Auth::Bearer(token) => Some(token),
            Auth::Basic { .. } => None,
        })
    }
}

fn renew_at(expires_in_s: u64) -> Option<Instant> {
    let margin_s = TOKEN_MARGIN_S.min(expires_in_s / 10);
    Instant::now().checked_add(Duration::from_secs(expires_in_s - margin_s))
}

/// After a panic elsewhere, the rate limiter and the random generator are still valid.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
