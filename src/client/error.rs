//! What went wrong with an operation: facts, kept apart from one sentence of help.
//!
//! Strings in these types come from the platform and are foreign, and so are `Display` and `help`,
//! which repeat them as they are: whoever shows them makes them safe, each view in its own way. No
//! secret is ever inside: the session takes them out before it makes an error.

use std::fmt;

use serde_json::{Map, Value};

use crate::client::endpoints::is_this_machine;
use crate::client::policy::RETRY_AFTER_MAX_S;
use crate::client::wire::{Method, Response, WireError};
use crate::model::generation::Generation;
use crate::model::limits::{ERROR_BYTES_MAX, MESSAGE_CHARS_MAX};
use crate::model::odd::{Halved, Odd};
use crate::model::problem::Problem;
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
    /// 401, although the token was renewed where that is possible.
    Unauthorized {
        /// The token came from the environment and cannot be renewed.
        given_token: bool,
    },
    /// The token endpoint does not take the OAuth client, or answered without a token.
    Credentials,
    /// 403.
    Forbidden {
        /// The permissions that the platform names; none where it does not.
        missing: Vec<String>,
        needs: Permission,
    },
    /// 429, or the token endpoint's 400 in its place.
    RateLimited { retry_after_s: Option<u64> },
    /// 404 or 410.
    NotFound {
        /// The platform itself says so; a gateway's page does not count.
        by_the_platform: bool,
    },
    /// 404 or 410 for a whole collection: the org does not serve this generation of the API, or no longer.
    NotServed(Generation),
    /// The same, after both generations were asked.
    NoneServed,
    /// 404 or 410 for an operation that is about no single object.
    NotOffered,
    /// 409.
    Conflict,
    /// Any other 4xx.
    Invalid,
    /// 408 or 5xx.
    Server { retry_after_s: Option<u64> },
    /// No answer.
    Connection(WireError),
    /// 3xx.
    Redirected,
    /// A write that was not sent, because the run was asked to end while it waited.
    Interrupted,
    /// A write that was not sent, because it had waited until what was read before it was too old.
    Waited,
    /// An answer that is not what the API promises: which part of it.
    BrokenPromise(String),
    /// The answer is one object, which cannot be read whole.
    OddObject(Box<Odd>),
    /// A write that was not sent, because it would send back half a character: where.
    HalfCharacter(Box<Halved>),
    /// An answer with one of the credentials in it that it was asked with.
    HoldsSecret,
    /// The list changed each time while it was read: what did not fit the last time.
    Unsettled(String),
    /// A list does not fit together, and shows the same each time it is read.
    Incomplete(String),
    /// An id that cannot stand in a path.
    UnusableId(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    pub document: Option<&'static str>,
    /// By the platform today (docs/platform.md, "Operations and permissions").
    pub today: Option<&'static str>,
}

/// Which request failed, and what the platform said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorContext {
    pub method: Method,
    pub host: String,
    pub path: String,
    pub attempts: u32,
    /// The status, where there was an answer.
    pub status: Option<u16>,
    /// The platform's code, such as `missing.permissions`.
    pub code: Option<String>,
    /// The first [`MESSAGE_CHARS_MAX`] characters of the platform's message.
    pub message: Option<String>,
    /// `messageParams`, and `details` as field and error code.
    pub params: Vec<(String, String)>,
    /// `ININ-Correlation-Id`, else the body's `contextId`.
    pub correlation_id: Option<String>,
}

impl ErrorContext {
    /// Before any answer.
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

    /// With what an answer says of itself. `scrub` takes secrets out of foreign text.
    pub fn learn(&mut self, response: &Response, scrub: &dyn Fn(&str) -> String) {
        let kept = |text: &str| cut(&scrub(text));
        let body = error_body(&response.body).unwrap_or_default();
        let string = |names: &[&str]| names.iter().find_map(|name| body.get(*name)?.as_str()).map(kept);
        self.status = Some(response.status);
        self.correlation_id = response.correlation_id.as_deref().map(kept).or_else(|| string(&["contextId"]));
        if !(200..300).contains(&response.status) {
            // `error` and `description` are how the token endpoint says it.
            self.code = string(&["code", "error"]);
            self.message = string(&["message", "error_description", "description"]);
            self.params = params(&body, &kept);
        }
    }
}

/// The platform's error body, if this is one. What is too long is none.
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

/// Everything in a 403 that looks like `presence:presenceDefinition:add`, each once.
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

/// The facts in words. Without the correlation id, which every view shows in a place of its own.
impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = &self.about;
        write!(f, "`{} {}`", about.method, about.path)?;
        match (&self.kind, about.status) {
            // No other host was spoken to.
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
                write!(f, " was answered with {status}, but the object cannot be read whole: {}", odd.in_words())?;
            }
            (ApiErrorKind::HalfCharacter(halved), _) => {
                write!(f, " was not sent: it would send back half a character ({})", halved.places())?;
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
            (ApiErrorKind::Incomplete(what), _) => write!(f, ": {what}, each time")?,
            (ApiErrorKind::UnusableId(id), _) => {
                write!(f, ": the id {id} cannot stand in a path", id = text::ticked(id))?;
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
            (ApiErrorKind::Waited, _) => write!(
                f,
                " was not carried out: it had to wait for so long that what was read before it may have changed"
            )?,
            (_, status) => write!(f, " was answered with {}", status.unwrap_or_default())?,
        }
        self.said(f)
    }
}

impl ApiError {
    /// Code, message, parameters and the number of attempts, where there are any.
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

    /// Is this a refusal of the size of a page?
    pub(crate) fn names_page_size(&self) -> bool {
        let ErrorContext { message, params, status, .. } = &*self.about;
        let said = params.iter().flat_map(|(name, value)| [name, value]).chain(message);
        let names_it = |it: &String| it.to_ascii_lowercase().replace(['_', '-', ' '], "").contains("pagesize");
        *status == Some(400) && said.into_iter().any(names_it)
    }

    /// One sentence on what a person can do.
    pub fn help(&self) -> String {
        match &self.kind {
            ApiErrorKind::Unauthorized { given_token: true } => {
                "the org does not accept the token in GENESYSCLOUD_ACCESS_TOKEN: it has expired, was revoked, is incomplete, or \
                 belongs to another region. A given token cannot be renewed: set a new one, or set \
                 GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET"
                    .to_owned()
            }
            ApiErrorKind::Unauthorized { given_token: false } => {
                "a new token was refused as well: look whether the OAuth client still exists and is active".to_owned()
            }
            ApiErrorKind::Credentials => "look at GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET, whether the client's \
                 grant type is client credentials, and whether it belongs to this region"
                .to_owned(),
            ApiErrorKind::Forbidden { missing, needs } => forbidden(missing, *needs),
            ApiErrorKind::RateLimited { retry_after_s } => rate_limited(*retry_after_s),
            ApiErrorKind::NotFound { by_the_platform: true } => {
                "it was deleted, belongs to another org, or to a division that these credentials cannot see".to_owned()
            }
            ApiErrorKind::NotFound { by_the_platform: false } => {
                "this does not look like the platform's own answer: look at the region or at --base-url".to_owned()
            }
            ApiErrorKind::NotServed(_) => {
                "run it again: with `--api auto`, presencectl takes the generation that the org serves now".to_owned()
            }
            ApiErrorKind::NoneServed => "check the region or --base-url: presence definitions are not served there".to_owned(),
            ApiErrorKind::NotOffered => "the org, or a gateway before it, does not offer this operation".to_owned(),
            ApiErrorKind::Conflict => "something else in the org stands against it, often an equal label: run `plan` again".to_owned(),
            ApiErrorKind::Invalid => "the platform refuses this request: its message says why".to_owned(),
            ApiErrorKind::Server { retry_after_s: Some(asked_s) } if *asked_s > RETRY_AFTER_MAX_S => asked_to_wait(*asked_s),
            ApiErrorKind::Server { .. } => "the platform had a problem of its own: run it again later; the correlation id is what its \
                 support asks for"
                .to_owned(),
            // No proxy is asked there.
            ApiErrorKind::Connection(WireError::NotSent(_) | WireError::NoHost(_)) if is_this_machine(&self.about.host) => {
                "look at --base-url, and whether anything listens there on this machine".to_owned()
            }
            ApiErrorKind::Connection(error) => connection_help(error),
            ApiErrorKind::Redirected => {
                "credentials are never sent to an address that a server names: give the final one with --base-url".to_owned()
            }
            ApiErrorKind::Interrupted | ApiErrorKind::Waited => "run it again: nothing is lost by that".to_owned(),
            ApiErrorKind::BrokenPromise(_) => {
                "look at the region or at --base-url; if they are right, report this with the correlation id".to_owned()
            }
            ApiErrorKind::OddObject(_) => REPAIR.to_owned(),
            ApiErrorKind::HalfCharacter(halved) if halved.fields.is_empty() => {
                "write the whole label into the config, or in the org's admin page".to_owned()
            }
            ApiErrorKind::HalfCharacter(_) => "write the whole text in the org's admin page, or by another client".to_owned(),
            ApiErrorKind::HoldsSecret => {
                "whoever answers here gives away what it is sent, which the platform never does: look at the region, at \
                 --base-url and at the proxy, and make a new secret for the OAuth client"
                    .to_owned()
            }
            ApiErrorKind::Unsettled(_) => {
                "someone is changing definitions now, or the answers come from servers that do not agree yet: run it again in \
                 a minute"
                    .to_owned()
            },
            ApiErrorKind::Incomplete(_) => {
                "these credentials may not see all of them, or a gateway answers from its memory".to_owned()
            }
            ApiErrorKind::UnusableId(_) => "ids are the platform's, such as 2fa68d50-0000-4000-8000-000000000001".to_owned(),
        }
    }
}

/// What to do about an object that cannot be read whole.
const REPAIR: &str = "repair it in the org's admin page, or report this with the correlation id";

fn forbidden(missing: &[String], needs: Permission) -> String {
    let ask = |permission: &str| format!("give a role of the OAuth client the permission {permission}");
    let Permission { document, today } = needs;
    let named: Vec<String> = missing.iter().map(text::ticked).collect();
    match (named.is_empty(), today, document) {
        (false, _, _) if named.len() > 1 => {
            format!("give a role of the OAuth client the permissions {}", text::list(&named, "and"))
        }
        (false, _, _) => ask(&text::list(&named, "and")),
        (true, Some(today), Some(_)) => ask(&format!("`{today}`")),
        (true, Some(today), None) => {
            format!("{} (the API document asks for none here, the platform does today)", ask(&format!("`{today}`")))
        }
        (true, None, Some(document)) => ask(&format!("`{document}`")),
        (true, None, None) => "no permission is documented for this: look at the scopes of the OAuth client".to_owned(),
    }
}

fn asked_to_wait(asked_s: u64) -> String {
    format!(
        "the platform asks to wait {asked_s} s, which is longer than the {RETRY_AFTER_MAX_S} s that a run waits: run it again \
         then"
    )
}

fn rate_limited(retry_after_s: Option<u64>) -> String {
    match retry_after_s {
        Some(asked_s) if asked_s > RETRY_AFTER_MAX_S => asked_to_wait(asked_s),
        Some(_) | None => {
            "something else uses up the allowance of this OAuth client: run it again later, or use a client of its own \
             and --requests-per-minute"
                .to_owned()
        }
    }
}

/// What to do about an exchange without an answer.
pub fn connection_help(error: &WireError) -> String {
    match error {
        WireError::Proxy { variable, host, status, is_signed_in, .. } => return proxy_help(variable, host, *status, *is_signed_in),
        WireError::NoProxy { proxy, variable, has_address, .. } => {
            let what = if *has_address { "whether that proxy runs and lets this machine in" } else { "that name" };
            return format!("check {what}: {variable} sends this run through `{proxy}`");
        }
        WireError::NotSent(_) | WireError::NoHost(_) => "look at the region or --base-url, the network and HTTPS_PROXY",
        WireError::Untrusted { why, .. } => why.help(),
        WireError::Setup(why) if why.contains("CA certificates") => {
            "this machine has no CA certificates: install the package `ca-certificates`, or set SSL_CERT_FILE to a bundle"
        }
        WireError::Setup(_) => "look at the proxy and certificate settings in the environment, and at the access token",
        WireError::Lost(_) | WireError::TimedOut { .. } => "run it again",
        WireError::TooLarge { .. } => "this does not look like the platform's own answer: look at the region or --base-url",
    }
    .to_owned()
}

fn proxy_help(variable: &str, host: &str, status: u16, is_signed_in: bool) -> String {
    const FORM: &str = "`http://USER:PASSWORD@HOST:PORT`, percent-encoded";
    match (status, is_signed_in) {
        (407, true) => format!(
            "the proxy does not accept the user and password in {variable}, or does not take a password in this way (Basic): \
             correct them ({FORM}), or ask who runs the proxy"
        ),
        (407, false) => format!("the proxy wants a user and a password: write {variable} as {FORM}"),
        (502..=504, _) => format!(
            "the proxy in {variable} cannot reach `{host}` now: run it again later, or ask who runs the proxy whether it knows \
             that host"
        ),
        (403, _) => format!("the proxy does not let you reach `{host}`: ask who runs it to allow that host"),
        (_, _) => {
            format!("the proxy opens no way to `{host}`: check that {variable} names an HTTP proxy that allows CONNECT")
        }
    }
}

impl std::error::Error for ApiError {}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteError {
    /// Certainly not carried out.
    NotDone(ApiError),
    /// It may have been carried out: look before anything else.
    Unclear(ApiError),
}

impl WriteError {
    /// What went wrong, whatever became of the write.
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

/// An operation that failed, and whether it may have been carried out all the same.
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

impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Problem {
        Problem::from(&error)
    }
}

impl From<&ApiError> for Problem {
    fn from(error: &ApiError) -> Problem {
        let correlation_id = error.about.correlation_id.clone();
        Problem {
            message: error.to_string(),
            help: Some(error.help()),
            correlation_id,
            platform_terms: platform_terms(error),
        }
    }
}

fn platform_terms(error: &ApiError) -> Vec<String> {
    match error.kind {
        ApiErrorKind::Conflict | ApiErrorKind::Invalid => {}
        ApiErrorKind::Unauthorized { .. }
        | ApiErrorKind::Credentials
        | ApiErrorKind::Forbidden { .. }
        | ApiErrorKind::RateLimited { .. }
        | ApiErrorKind::NotFound { .. }
        | ApiErrorKind::NotServed(_)
        | ApiErrorKind::NoneServed
        | ApiErrorKind::NotOffered
        | ApiErrorKind::Server { .. }
        | ApiErrorKind::Connection(_)
        | ApiErrorKind::Redirected
        | ApiErrorKind::HoldsSecret
        | ApiErrorKind::Interrupted
        | ApiErrorKind::Waited
        | ApiErrorKind::BrokenPromise(_)
        | ApiErrorKind::OddObject(_)
        | ApiErrorKind::HalfCharacter(_)
        | ApiErrorKind::Unsettled(_)
        | ApiErrorKind::Incomplete(_)
        | ApiErrorKind::UnusableId(_) => return Vec::new(),
    }
    let about = &error.about;
    let params = about.params.iter().flat_map(|(name, value)| [name, value]);
    about.message.iter().chain(params).cloned().collect()
}
