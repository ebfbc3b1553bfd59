//! The errors of an operation, as facts. Their help is elsewhere.
//!
//! Strings in these types come from the platform, and `Display` and `help` repeat them unchanged. Each view makes them
//! safe in its own way. They contain no secret: the session removes secrets before it makes an error.

use std::fmt;

use serde_json::{Map, Value};

use crate::client::wire::{Method, Response, WireError};
use crate::model::generation::Generation;
use crate::model::limits::{ERROR_BYTES_MAX, MESSAGE_CHARS_MAX};
use crate::model::odd::{Halved, Odd};
use crate::model::text;

/// The most parameters and details that are kept.
const PARAMS_MAX: usize = 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    pub kind: ApiErrorKind,
    pub about: Box<ErrorContext>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiErrorKind {
    /// 401, even after the token was renewed, if that is possible.
    Unauthorized {
        /// The token came from the environment, so it cannot be renewed.
        given_token: bool,
    },
    /// The token endpoint rejects the OAuth client, or returned no token.
    Credentials,
    /// 403.
    Forbidden {
        /// The permissions that the platform names. Empty if it names none.
        missing: Vec<String>,
        needs: Permission,
    },
    /// 429, or the token endpoint's 400 for a rate limit.
    RateLimited { retry_after_s: Option<u64> },
    /// 404 or 410.
    NotFound {
        /// The platform itself sent it. A gateway's page does not count.
        by_the_platform: bool,
    },
    /// 404 or 410 for a whole collection: the org does not serve this generation of the API.
    NotServed(Generation),
    /// Neither generation is served.
    NoneServed,
    /// 404 or 410 for an operation without a single object.
    NotOffered,
    /// 409.
    Conflict,
    /// Any other 4xx.
    Invalid,
    /// 408 or 5xx.
    Server { retry_after_s: Option<u64> },
    /// There was no response.
    Connection(WireError),
    /// 3xx.
    Redirected,
    /// A write that was not sent, because the run was cancelled while it waited.
    Interrupted,
    /// A write that was not sent, because the read before it was too old by then.
    Waited,
    /// A response that violates the API's contract, with the part that does.
    BrokenPromise(String),
    /// The response is one object, which cannot be read in full.
    OddObject(Box<Odd>),
    /// A write that was not sent, because it would send a broken character back.
    HalfCharacter(Box<Halved>),
    /// A response that repeats one of the credentials.
    HoldsSecret,
    /// The list changed in every attempt to read it. Has the last inconsistency.
    Unsettled(String),
    /// A list that has fewer items than the org counts, the same in every attempt.
    Incomplete(String),
    /// A list that has more items than the org counts, or one of them twice, the same in every attempt.
    Contradictory(String),
    /// An id that is invalid in a path.
    UnusableId(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    pub document: Option<&'static str>,
    /// The platform's current permission (docs/platform.md, "Operations and permissions").
    pub today: Option<&'static str>,
}

/// The failed request, and the platform's response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorContext {
    pub method: Method,
    pub host: String,
    pub path: String,
    pub attempts: u32,
    /// The status, if there was a response.
    pub status: Option<u16>,
    /// The platform's code, such as `missing.permissions`.
    pub code: Option<String>,
    /// The first [`MESSAGE_CHARS_MAX`] characters of the platform's message.
    pub message: Option<String>,
    /// `messageParams`, and `details` as field and error code.
    pub params: Vec<(String, String)>,
    /// `ININ-Correlation-Id`, or the body's `contextId`.
    pub correlation_id: Option<String>,
}

impl ErrorContext {
    /// Before any response.
    pub fn new(method: Method, host: String, path: String) -> ErrorContext {
        ErrorContext {
            method,
            host,
            path,
            attempts: 1,
            status: None,
            code: None,
            message: None,
            params: Vec::new(),
            correlation_id: None,
        }
    }

    /// Has the answer a sign of the platform? A gateway's page has none.
    pub(crate) fn is_by_the_platform(&self) -> bool {
        self.code.is_some() || self.message.is_some() || self.correlation_id.is_some()
    }

    /// With what an answer says of itself. `scrub` takes secrets out of foreign text.
    pub fn learn(&mut self, response: &Response, scrub: &dyn Fn(&str) -> String) {
        let kept = |text: &str| cut(&scrub(text));
        let body = error_body(&response.body).unwrap_or_default();
        let string = |names: &[&str]| names.iter().find_map(|name| body.get(*name)?.as_str()).map(kept);
        self.status = Some(response.status);
        self.correlation_id = response.correlation_id.as_deref().map(kept).or_else(|| string(&["contextId"]));
        if !(200..300).contains(&response.status) {
            // The token endpoint uses `error` and `description`.
            self.code = string(&["code", "error"]);
            self.message = string(&["message", "error_description", "description"]);
            self.params = params(&body, &kept);
        }
    }
}

/// The platform's error body, if this is one. A body that is too long is ignored.
pub fn error_body(body: &[u8]) -> Option<Map<String, Value>> {
    if body.len() > ERROR_BYTES_MAX {
        return None;
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Some(fields),
        Ok(_) | Err(_) => None,
    }
}

fn params(body: &Map<String, Value>, kept: &dyn Fn(&str) -> String) -> Vec<(String, String)> {
    let named = body.get("messageParams").and_then(Value::as_object).into_iter().flatten();
    let named = named.filter_map(|(name, value)| Some((kept(name), kept(value.as_str()?))));
    let details = body.get("details").and_then(Value::as_array).into_iter().flatten();
    let details = details.filter_map(|detail| {
        let field = detail.get("fieldName").and_then(Value::as_str).unwrap_or("detail");
        Some((kept(field), kept(detail.get("errorCode")?.as_str()?)))
    });
    named.chain(details).take(PARAMS_MAX).collect()
}

/// The first [`MESSAGE_CHARS_MAX`] characters.
pub fn cut(text: &str) -> String {
    text.chars().take(MESSAGE_CHARS_MAX).collect()
}

/// Every permission in a 403, such as `presence:presenceDefinition:add`, each once.
pub fn permissions_named(about: &ErrorContext) -> Vec<String> {
    let mut named: Vec<String> = Vec::new();
    let texts = about.params.iter().map(|(_, value)| value).chain(&about.message);
    for word in
        texts.flat_map(|text| text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '*' | '_'))))
    {
        let word = word.trim_end_matches(':');
        let parts: Vec<&str> = word.split(':').collect();
        if parts.len() == 3 && parts.iter().all(|part| !part.is_empty()) && !named.iter().any(|it| it == word) {
            named.push(word.to_owned());
        }
    }
    named
}

/// The facts in words. The correlation id is left out, because every view shows it elsewhere.
impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = &self.about;
        write!(f, "`{} {}`", about.method, about.path)?;
        match (&self.kind, about.status) {
            // Only the proxy was contacted.
            (ApiErrorKind::Connection(error @ WireError::NoProxy { .. }), _) => write!(f, ": {error}")?,
            (ApiErrorKind::Connection(error), _) => {
                write!(f, " to `{}`: {error}", about.host)?;
            }
            (ApiErrorKind::BrokenPromise(what), status) => {
                let status = status.unwrap_or_default();
                write!(f, " was answered with {status}, but not as the API promises: {what}")?;
            }
            (ApiErrorKind::OddObject(odd), status) => {
                let status = status.unwrap_or_default();
                write!(f, " was answered with {status}, but the object cannot be read completely: {}", odd.in_words())?;
            }
            (ApiErrorKind::HalfCharacter(halved), _) => {
                write!(f, " was not sent: it would send back a broken character ({})", halved.places())?;
            }
            (ApiErrorKind::HoldsSecret, status) => {
                let status = status.unwrap_or_default();
                write!(
                    f,
                    " was answered with {status} and with the credentials that were sent: nothing of it is used"
                )?;
            }
            (ApiErrorKind::Unsettled(what), _) => {
                write!(f, ": the list changed each time while it was read: {what}")?;
            }
            (ApiErrorKind::Incomplete(what) | ApiErrorKind::Contradictory(what), _) => {
                write!(f, ": {what}, each time")?;
            }
            (ApiErrorKind::UnusableId(id), _) => {
                write!(f, ": the id {id} cannot be in a path", id = text::ticked(id))?;
            }
            (ApiErrorKind::Redirected, status) => {
                write!(f, " was redirected ({}); redirects are never followed", status.unwrap_or_default())?;
            }
            (ApiErrorKind::NotServed(generation), status) => {
                let status = status.unwrap_or_default();
                write!(f, " was answered with {status}: the org does not serve API {generation}")?;
            }
            (ApiErrorKind::NoneServed, status) => {
                let status = status.unwrap_or_default();
                write!(f, " was answered with {status}: `{}` serves neither API v1 nor API v2", about.host)?;
            }
            (ApiErrorKind::Interrupted, _) => write!(f, " was not carried out: the run was interrupted before it")?,
            (ApiErrorKind::Waited, _) => {
                write!(f, " was not sent: it had to wait so long that what was read before may have changed")?;
            }
            (_, status) => write!(f, " was answered with {}", status.unwrap_or_default())?,
        }
        self.said(f)
    }
}

impl ApiError {
    /// Code, message, parameters and the number of attempts, if there are any.
    fn said(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = &self.about;
        if let Some(code) = &about.code {
            write!(f, " {code}", code = text::ticked(code))?;
        }
        if let Some(message) = &about.message {
            write!(f, ": {}", text::unticked(message))?;
        }
        for (name, value) in &about.params {
            write!(f, " [{}: {}]", text::unticked(name), text::unticked(value))?;
        }
        if about.attempts > 1 {
            write!(f, " (after {} attempts)", about.attempts)?;
        }
        Ok(())
    }

    /// Does it reject the page size?
    pub(crate) fn names_page_size(&self) -> bool {
        let ErrorContext { message, params, status, .. } = &*self.about;
        let said = params.iter().flat_map(|(name, value)| [name, value]).chain(message);
        let names_it = |it: &String| it.to_ascii_lowercase().replace(['_', '-', ' '], "").contains("pagesize");
        *status == Some(400) && said.into_iter().any(names_it)
    }
}

impl std::error::Error for ApiError {}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteError {
    /// It was certainly not executed.
    NotDone(ApiError),
    /// It may have been executed: read the object before anything else.
    Unclear(ApiError),
}

impl WriteError {
    /// The error, whether the write was executed or not.
    pub fn cause(&self) -> &ApiError {
        match self {
            WriteError::NotDone(error) | WriteError::Unclear(error) => error,
        }
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WriteError::NotDone(error) => write!(f, "{error}"),
            WriteError::Unclear(error) => write!(f, "{error}; it may have been carried out"),
        }
    }
}

impl std::error::Error for WriteError {}

/// A failed operation, and whether it may have been executed anyway.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) error: ApiError,
    pub(crate) unclear: bool,
}

pub(crate) fn write_error(failed: Failed) -> WriteError {
    let Failed { error, unclear } = failed;
    let make: fn(ApiError) -> WriteError = if unclear { WriteError::Unclear } else { WriteError::NotDone };
    make(error)
}
