//! Access to the simulated org: the OAuth client, its tokens, its permissions and its rate limit. No IO.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::http::{ErrorAnswer, HttpRequest, HttpResponse};

/// The id of the only OAuth client in every sandbox org. It is fixed and public, because the server only answers on
/// loopback.
pub const CLIENT_ID: &str = "sandbox-client";

/// The secret of the only OAuth client. It is fixed and public, because the server only answers on loopback.
pub const CLIENT_SECRET: &str = "sandbox-secret";

/// A token that is always valid, for clients that receive a token instead of credentials.
pub const TOKEN: &str = "sandbox-token";

/// The author in `createdBy` and `modifiedBy`: the user of the OAuth client.
pub const CLIENT_USER_ID: &str = "5a4db0c5-0000-4000-9000-000000000001";

/// The default lifetime of an issued token: 24 hours (docs/platform.md, "Tokens").
pub const TOKEN_SECONDS_DEFAULT: u32 = 86_400;

/// The most issued tokens. Beyond that, the oldest becomes invalid.
const TOKENS_MAX: usize = 1_000;

/// The window of the rate limit.
const RATE_WINDOW_MS: u64 = 60_000;

/// The permissions of the org's client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Permissions {
    #[default]
    All,
    /// The named ones, such as `presence:presenceDefinition:add`.
    Only(BTreeSet<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Only a token, no permission.
    Nothing,
    /// All of these.
    All(&'static [&'static str]),
    Any(&'static [&'static str]),
}

impl Permissions {
    pub fn expect(&self, needs: Needs) -> Result<(), ErrorAnswer> {
        let Self::Only(granted) = self else { return Ok(()) };
        let (code, sentence, missing) = match needs {
            Needs::Nothing => return Ok(()),
            Needs::All(all) => {
                let missing: Vec<&str> = all.iter().copied().filter(|it| !granted.contains(*it)).collect();
                ("missing.permissions", "You are missing the following permission(s):", missing)
            }
            Needs::Any(any) => {
                let missing = if any.iter().any(|it| granted.contains(*it)) { Vec::new() } else { any.to_vec() };
                (
                    "missing.any.permissions",
                    "You must have at least one of the following permissions assigned:",
                    missing,
                )
            }
        };
        if missing.is_empty() {
            return Ok(());
        }
        let permissions = format!("[{}]", missing.join(", "));
        let message = format!("Unable to perform the requested action. {sentence} {permissions}");
        Err(ErrorAnswer::new(403, code, message).with_param("permissions", permissions))
    }
}

/// The client's tokens and their use.
#[derive(Debug, Clone)]
pub struct Access {
    pub permissions: Permissions,
    /// The client's divisions. Absent means all.
    pub divisions: Option<BTreeSet<String>>,
    pub token_seconds: u64,
    /// The requests per token in any 60 seconds. Absent means no limit.
    pub requests_per_minute: Option<u32>,
    issued_until_ms: BTreeMap<u64, u64>,
    issued_count: u64,
    answered_ms: BTreeMap<String, VecDeque<u64>>,
}

impl Default for Access {
    fn default() -> Self {
        Self::new(Permissions::All, TOKEN_SECONDS_DEFAULT.into(), None)
    }
}

impl Access {
    /// A client of all divisions, without issued tokens.
    pub fn new(permissions: Permissions, token_seconds: u64, requests_per_minute: Option<u32>) -> Self {
        Self {
            permissions,
            divisions: None,
            token_seconds,
            requests_per_minute,
            issued_until_ms: BTreeMap::new(),
            issued_count: 0,
            answered_ms: BTreeMap::new(),
        }
    }

    /// `POST /oauth/token`: exchanges client credentials for a token. Errors have OAuth's form, not the platform's.
    pub fn issue(&mut self, request: &HttpRequest, now_ms: u64) -> Result<HttpResponse, ErrorAnswer> {
        let form = request.form()?;
        let expected = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}")));
        if request.header("authorization") != Some(expected.as_str()) {
            return Ok(oauth_refusal(401, "invalid_client", "client authentication failed"));
        }
        if !form.iter().any(|(name, value)| name == "grant_type" && value == "client_credentials") {
            return Ok(oauth_refusal(400, "unsupported_grant_type", "grant_type must be client_credentials"));
        }
        self.issued_until_ms.retain(|_, until_ms| *until_ms > now_ms);
        while self.issued_until_ms.len() >= TOKENS_MAX {
            self.issued_until_ms.pop_first();
        }
        self.issued_count += 1;
        self.issued_until_ms.insert(self.issued_count, now_ms.saturating_add(self.token_seconds.saturating_mul(1_000)));
        Ok(HttpResponse::ok(&json!({
            "access_token": format!("{TOKEN}-{}", self.issued_count),
            "token_type": "bearer",
            "expires_in": self.token_seconds,
        })))
    }

    /// Revokes all issued tokens. [`TOKEN`] stays valid.
    pub fn revoke(&mut self) {
        self.issued_until_ms.clear();
    }

    /// Checks the token and the rate limit of a request.
    pub fn admit(&mut self, request: &HttpRequest, now_ms: u64) -> Result<(), ErrorAnswer> {
        let bearer = request.header("authorization").and_then(|it| it.split_once(' '));
        let Some((_, token)) = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) else {
            let message = "No authentication bearer token specified in authorization header.";
            return Err(ErrorAnswer::new(401, "authentication.required", message));
        };
        if !self.is_good(token, now_ms) {
            return Err(ErrorAnswer::new(401, "bad.credentials", "Invalid login credentials."));
        }
        let Some(requests_max) = self.requests_per_minute else { return Ok(()) };
        self.answered_ms.retain(|_, times| times.back().is_some_and(|it| it + RATE_WINDOW_MS > now_ms));
        let answered = self.answered_ms.entry(token.to_owned()).or_default();
        while answered.front().is_some_and(|it| it + RATE_WINDOW_MS <= now_ms) {
            answered.pop_front();
        }
        if answered.len() < requests_max as usize {
            answered.push_back(now_ms);
            return Ok(());
        }
        let free_at_ms = answered.front().map_or(now_ms, |it| it + RATE_WINDOW_MS);
        Err(ErrorAnswer::too_many_requests(Duration::from_millis(free_at_ms - now_ms)))
    }

    /// The `inin-ratelimit-*` headers of the response, if there is a rate limit.
    pub fn rate_headers(&self, request: &HttpRequest, now_ms: u64) -> Vec<(&'static str, String)> {
        let token = request.header("authorization").and_then(|it| it.split_once(' ')).map(|(_, token)| token);
        let Some((answered, allowed)) = token.and_then(|it| self.answered_ms.get(it)).zip(self.requests_per_minute)
        else {
            return Vec::new();
        };
        let reset_ms = answered.front().map_or(0, |first| (first + RATE_WINDOW_MS).saturating_sub(now_ms));
        vec![
            ("inin-ratelimit-count", answered.len().to_string()),
            ("inin-ratelimit-allowed", allowed.to_string()),
            ("inin-ratelimit-reset", reset_ms.div_ceil(1_000).to_string()),
        ]
    }

    fn is_good(&self, token: &str, now_ms: u64) -> bool {
        let number = || token.strip_prefix(TOKEN)?.strip_prefix('-')?.parse::<u64>().ok();
        token == TOKEN
            || number().and_then(|it| self.issued_until_ms.get(&it)).is_some_and(|until_ms| *until_ms > now_ms)
    }
}

/// An error of the token endpoint, in OAuth's form with the platform's `description`.
pub fn oauth_refusal(status: u16, error: &str, description: &str) -> HttpResponse {
    let body = json!({ "error": error, "description": description, "error_description": description });
    HttpResponse::json(status, &body)
}
