//! The interface of one HTTP exchange. All decisions are made above it. Implementations of [`Wire`] are sockets, an
//! in-process org, and tests.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT};
use secrecy::{ExposeSecret as _, SecretString};

use crate::client::trust::Distrust;
use crate::model::limits::WHOLE_LIST_BYTES_MAX;
use crate::model::moment::Moment;

/// From the first byte sent to the last byte of the response.
pub const REQUEST_TIMEOUT_MS: u64 = 30_000;
/// Until a connection is open, TLS included.
pub const CONNECT_TIMEOUT_MS: u64 = 10_000;
/// The user agent.
pub const AGENT: &str = concat!("presencectl/", env!("CARGO_PKG_VERSION"));

/// The status codes of a proxy that cannot reach the target.
pub const NO_WAY_ON: [u16; 3] = [502, 503, 504];

const CORRELATION_ID: &str = "inin-correlation-id";
const SANDBOX: &str = "presencectl-sandbox";
/// The counted requests, the allowed ones, and the seconds until the window restarts (docs/platform.md, "Rate limits").
const RATE_LIMIT: [&str; 3] = ["inin-ratelimit-count", "inin-ratelimit-allowed", "inin-ratelimit-reset"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WireLimits {
    /// See [`REQUEST_TIMEOUT_MS`].
    pub request_timeout_ms: u64,
    /// See [`CONNECT_TIMEOUT_MS`].
    pub connect_timeout_ms: u64,
    /// The longest body of any response. See [`crate::model::limits`].
    pub body_bytes_max: usize,
}

impl Default for WireLimits {
    fn default() -> WireLimits {
        WireLimits {
            request_timeout_ms: REQUEST_TIMEOUT_MS,
            connect_timeout_ms: CONNECT_TIMEOUT_MS,
            body_bytes_max: WHOLE_LIST_BYTES_MAX,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }

    /// The method for the HTTP libraries.
    pub fn http(self) -> reqwest::Method {
        match self {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The credentials of a request. No secret is shown.
#[derive(Debug, Clone)]
pub enum Auth {
    Bearer(SecretString),
    /// The OAuth client itself, only for the token endpoint.
    Basic {
        id: String,
        secret: SecretString,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    None,
    Json(Vec<u8>),
    Form(&'static str),
}

/// One request. Its `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: Method,
    /// The whole URL. It never has a secret.
    pub url: Url,
    pub auth: Auth,
    pub body: Body,
    pub answer_bytes_max: usize,
}

/// The `inin-ratelimit-*` headers. They were withdrawn in 2021 and are sometimes wrong, so they are only a hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    pub count: u64,
    pub allowed: u64,
    /// The seconds until the window restarts.
    pub reset_s: u64,
}

/// One complete response.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    pub status: u16,
    pub correlation_id: Option<String>,
    /// `Retry-After`, relative to the time of the response.
    pub retry_after_s: Option<u64>,
    /// The `inin-ratelimit-*` headers, if all three are numbers.
    pub rate_limit: Option<RateLimit>,
    pub content_type: Option<String>,
    /// Does the header `Presencectl-Sandbox` claim that the sandbox answers?
    pub from_sandbox: bool,
    pub body: Vec<u8>,
}

/// An exchange without a response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// No connection: nothing was sent.
    #[error("no connection: {0}")]
    NotSent(String),
    /// The host name has no address: nothing was sent.
    #[error("no connection: {0}")]
    NoHost(String),
    /// The server's identity could not be verified: nothing was sent.
    #[error("the server's certificate is not trusted: {said}")]
    Untrusted {
        why: Distrust,
        /// The reason, from the TLS library.
        said: String,
    },
    /// The proxy could not be reached: nothing was sent.
    #[error("no connection to the proxy `{proxy}` ({variable}): {said}")]
    NoProxy {
        proxy: String,
        variable: &'static str,
        /// Does its name have an address?
        has_address: bool,
        said: String,
    },
    /// The proxy opened no tunnel: nothing was sent through it.
    #[error("the proxy `{proxy}` answered {status}")]
    Proxy {
        proxy: String,
        variable: &'static str,
        host: String,
        status: u16,
        /// A user and a password were sent to it.
        is_signed_in: bool,
    },
    /// The client could not be set up: nothing was sent.
    #[error("the HTTP client could not be set up: {0}")]
    Setup(String),
    /// The connection was lost after the request was sent.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// No complete response in time.
    #[error("no answer within {after_ms} ms")]
    TimedOut { after_ms: u64 },
    /// The response exceeds the limit.
    #[error("the answer is longer than {limit_bytes} bytes")]
    TooLarge { limit_bytes: usize },
}

impl WireError {
    /// The same error with its library texts converted.
    pub fn in_other_words(self, words: &dyn Fn(&str) -> String) -> WireError {
        match self {
            WireError::NotSent(said) => WireError::NotSent(words(&said)),
            WireError::NoHost(said) => WireError::NoHost(words(&said)),
            WireError::NoProxy { proxy, variable, has_address, said } => {
                WireError::NoProxy { proxy, variable, has_address, said: words(&said) }
            }
            WireError::Untrusted { why, said } => WireError::Untrusted { why, said: words(&said) },
            WireError::Setup(said) => WireError::Setup(words(&said)),
            WireError::Lost(said) => WireError::Lost(words(&said)),
            error @ (WireError::Proxy { .. } | WireError::TimedOut { .. } | WireError::TooLarge { .. }) => error,
        }
    }

    /// The library's text, or the whole error in words.
    pub fn said(self) -> String {
        match self {
            WireError::NotSent(said)
            | WireError::NoHost(said)
            | WireError::Untrusted { why: _, said }
            | WireError::Setup(said)
            | WireError::Lost(said) => said,
            error @ (WireError::NoProxy { .. }
            | WireError::Proxy { .. }
            | WireError::TimedOut { .. }
            | WireError::TooLarge { .. }) => error.to_string(),
        }
    }
}

/// The result of [`Wire::exchange`].
pub type Exchange<'a> = Pin<Box<dyn Future<Output = Result<Response, WireError>> + Send + 'a>>;

/// Sends one request and reads one response.
pub trait Wire: Send + Sync {
    /// One exchange.
    ///
    /// # Guarantees
    /// The request is sent at most once. Redirects are not followed. `NotSent`, `NoHost`, `NoProxy`, `Untrusted`,
    /// `Proxy` and `Setup` mean that nothing was sent.
    fn exchange<'a>(&'a self, request: &'a Request) -> Exchange<'a>;
}

/// The headers of a request, which are the same for every wire.
pub fn headers(request: &Request) -> Result<HeaderMap, WireError> {
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(AUTHORIZATION, authorization(&request.auth)?);
    match request.body {
        Body::None => {}
        Body::Json(_) => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        Body::Form(_) => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        }
    }
    Ok(headers)
}

fn authorization(auth: &Auth) -> Result<HeaderValue, WireError> {
    let text = match auth {
        Auth::Bearer(token) => format!("Bearer {}", token.expose_secret()),
        Auth::Basic { id, secret } => format!("Basic {}", basic(id, secret)),
    };
    let mut value = HeaderValue::from_str(&text)
        .map_err(|_| WireError::Setup("the access token holds a character that cannot be sent".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The value after `Basic`. It is as secret as its input.
pub fn basic(id: &str, secret: &SecretString) -> String {
    STANDARD.encode(format!("{id}:{}", secret.expose_secret()))
}

/// A response without its body. `now` is the date of a response without one.
pub fn response(status: u16, headers: &HeaderMap, now: Option<Moment>) -> Response {
    let text = |name: &str| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let date = |name: &str| text(name).as_deref().and_then(Moment::read_http_date);
    let retry_after = text(RETRY_AFTER.as_str());
    let retry_at = || {
        let until = date(DATE.as_str()).or(now)?.until(date(RETRY_AFTER.as_str())?);
        Some(until.as_secs() + u64::from(until.subsec_nanos() > 0))
    };
    Response {
        status,
        correlation_id: text(CORRELATION_ID),
        retry_after_s: retry_after.as_deref().and_then(seconds).or_else(retry_at),
        rate_limit: rate_limit(RATE_LIMIT.map(|name| text(name).as_deref().and_then(seconds))),
        content_type: text(CONTENT_TYPE.as_str()),
        from_sandbox: text(SANDBOX).as_deref() == Some("1"),
        body: Vec::new(),
    }
}

fn rate_limit(numbers: [Option<u64>; 3]) -> Option<RateLimit> {
    let [count, allowed, reset_s] = numbers;
    Some(RateLimit { count: count?, allowed: allowed?, reset_s: reset_s? })
}

/// An integer, for example of seconds. A number that is too large is the longest wait, not an absent one.
fn seconds(text: &str) -> Option<u64> {
    let digits = text.trim();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// Appends a part of a body, within the limit.
pub fn append(body: &mut Vec<u8>, piece: &[u8], limit_bytes: usize) -> Result<(), WireError> {
    if body.len().saturating_add(piece.len()) > limit_bytes {
        return Err(WireError::TooLarge { limit_bytes });
    }
    body.extend_from_slice(piece);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_may_be_a_date_by_the_clock_of_the_answer() {
        const TEN: &str = "Sun, 06 Nov 1994 08:49:47 GMT";
        let asked = |date: Option<&str>, after: &str, now: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, after.parse().unwrap());
            if let Some(date) = date {
                headers.insert(DATE, date.parse().unwrap());
            }
            response(503, &headers, now.and_then(Moment::read)).retry_after_s
        };
        let theirs = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        for after in [TEN, "Sunday, 06-Nov-94 08:49:47 GMT", "Sun Nov  6 08:49:47 1994"] {
            assert_eq!(asked(theirs, after, Some("2026-01-01")), Some(10), "{after}");
        }
        assert_eq!(asked(theirs, "Sun, 06 Nov 1994 08:00:00 GMT", None), Some(0), "it is over");
        assert_eq!(asked(None, TEN, Some("1994-11-06T08:49:40.500Z")), Some(7), "not a moment too early");
        assert_eq!(asked(None, TEN, None), None);
        assert_eq!(asked(theirs, "soon", None), None);
    }

    #[test]
    fn retry_after_is_whole_seconds_or_nothing() {
        assert_eq!(seconds(" 42 "), Some(42));
        assert_eq!(seconds("99999999999999999999999"), Some(u64::MAX));
        assert_eq!(["", "-1", "1.5", "Wed, 21 Oct 2015 07:28:00 GMT"].map(seconds), [None; 4]);
    }
}
