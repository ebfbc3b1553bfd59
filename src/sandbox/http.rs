//! One HTTP exchange: requests, responses and errors. No IO.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::model::limits::SANDBOX_BODY_BYTES_MAX;

/// The header of the correlation id in every response.
pub const CORRELATION_HEADER: &str = "ININ-Correlation-Id";

/// The key of the limit on active definitions in the error body. The platform's own key is not known, but its `limit`
/// has key, namespace and value (docs/platform.md, "Errors").
const ACTIVE_MAX_KEY: &str = "active.presence.definitions.per.system.presence";

/// One request to the org.
#[derive(Clone, Default)]
pub struct HttpRequest {
    /// `GET`, `POST`, … in capitals.
    pub method: String,
    /// The path as sent, with a leading slash and without the query.
    pub path: String,
    /// The text after the question mark, as sent. Empty without one.
    pub query: String,
    /// Names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body. More than [`SANDBOX_BODY_BYTES_MAX`] bytes mean that it was too long, and get a 413.
    pub body: Vec<u8>,
}

impl fmt::Debug for HttpRequest {
    /// Shows neither headers nor body, because they have credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl HttpRequest {
    /// The first header of that name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// The last value of a query parameter, decoded. An empty value counts as absent.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let pairs = form_pairs(&self.query).into_iter();
        pairs.rev().find(|(it, _)| it == name).map(|(_, value)| value).filter(|it| !it.is_empty())
    }

    /// All values of a list parameter, decoded: repeated, or comma-separated, as the official SDKs send it. Empty
    /// values count as absent.
    pub fn parameters(&self, name: &str) -> Vec<String> {
        let pairs = form_pairs(&self.query).into_iter().filter(|(it, _)| it == name);
        let values = pairs.flat_map(|(_, list)| list.split(',').map(|it| it.trim().to_owned()).collect::<Vec<_>>());
        values.filter(|it| !it.is_empty()).collect()
    }

    /// The segments of the path, decoded.
    pub fn segments(&self) -> Vec<String> {
        self.path.strip_prefix('/').unwrap_or(&self.path).split('/').map(|it| decoded(it, false)).collect()
    }

    pub fn json(&self) -> Result<Value, ErrorAnswer> {
        self.expect_content_type("application/json")?;
        self.expect_short_body()?;
        serde_json::from_slice(&self.body)
            .map_err(|error| ErrorAnswer::bad_request(format!("the body is not valid JSON: {error}")))
    }

    /// The body as form fields.
    pub fn form(&self) -> Result<Vec<(String, String)>, ErrorAnswer> {
        self.expect_content_type("application/x-www-form-urlencoded")?;
        self.expect_short_body()?;
        let text = str::from_utf8(&self.body).map_err(|_| ErrorAnswer::bad_request("the form is not UTF-8"))?;
        Ok(form_pairs(text))
    }

    fn expect_short_body(&self) -> Result<(), ErrorAnswer> {
        if self.body.len() <= SANDBOX_BODY_BYTES_MAX {
            return Ok(());
        }
        Err(ErrorAnswer::new(
            413,
            "request.entity.too.large",
            format!("the body is longer than {SANDBOX_BODY_BYTES_MAX} bytes"),
        ))
    }

    fn expect_content_type(&self, wanted: &str) -> Result<(), ErrorAnswer> {
        let given = self.header("content-type").unwrap_or_default();
        let essence = given.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case(wanted) {
            return Ok(());
        }
        let message = "Unsupported Media Type - Unsupported or incorrect media type, such as an incorrect \
                       Content-Type value in the header.";
        Err(ErrorAnswer::new(415, "unsupported.media.type", message))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    pub status: u16,
    /// Names in the platform's spelling, with their values.
    pub headers: Vec<(&'static str, String)>,
    /// The body. Empty for a response without one.
    pub body: Vec<u8>,
}

impl HttpResponse {
    pub fn ok(value: &Value) -> Self {
        Self::json(200, value)
    }

    pub fn json(status: u16, value: &Value) -> Self {
        Self {
            status,
            headers: vec![("Content-Type", "application/json".to_owned())],
            body: value.to_string().into_bytes(),
        }
    }

    pub fn no_content() -> Self {
        Self { status: 204, headers: Vec::new(), body: Vec::new() }
    }

    /// An HTML page, as a proxy would send it.
    pub fn html(status: u16, text: &str) -> Self {
        Self {
            status,
            headers: vec![("Content-Type", "text/html; charset=utf-8".to_owned())],
            body: text.as_bytes().to_vec(),
        }
    }

    /// The same response with a correlation id.
    pub fn correlated(mut self, correlation_id: &str) -> Self {
        self.headers.push((CORRELATION_HEADER, correlation_id.to_owned()));
        self
    }
}

/// Why a request was rejected, in the platform's form.
///
/// Codes and messages come from the 2018 swagger's `x-inin-error-codes` and from real responses (docs/platform.md,
/// "Errors", "Rate limits").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorAnswer {
    /// The HTTP status, also in the body.
    pub status: u16,
    /// The platform's code, such as `not.found`.
    pub code: Cow<'static, str>,
    pub message: String,
    pub params: Vec<(&'static str, String)>,
    /// The limit of active definitions per system presence, if that was reached.
    pub active_max: Option<u32>,
    /// Extra headers, such as `Retry-After`.
    pub headers: Vec<(&'static str, String)>,
}

impl ErrorAnswer {
    /// An error without parameters, limit or headers.
    pub fn new(status: u16, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            params: Vec::new(),
            active_max: None,
            headers: Vec::new(),
        }
    }

    /// 400 `bad.request`.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "bad.request", message)
    }

    /// 400 `invalid.value`: a value outside a closed set.
    pub fn invalid_value(value: &str, field: &str, allowed: &str) -> Self {
        let message = format!("Value [{value}] is not valid for field type [{field}]. Allowable values are: {allowed}");
        Self::new(400, "invalid.value", message)
    }

    /// 403 `not.authorized`.
    pub fn not_authorized() -> Self {
        Self::new(403, "not.authorized", "You are not authorized to perform the requested action.")
    }

    /// `conflict`: another definition has the label.
    pub fn taken(status: u16, locale: &str, label: &str) -> Self {
        let message = format!("The label [{label}] is already used for the language [{locale}].");
        Self::new(status, "conflict", message).with_param("label", label).with_param("locale", locale)
    }

    /// 404 `not.found`.
    pub fn not_found() -> Self {
        Self::new(404, "not.found", "The requested resource was not found.")
    }

    /// 429 in the normalised form of all operations since 2021-11 (docs/platform.md, "Rate limits").
    pub fn too_many_requests(retry_after: Duration) -> Self {
        Self::limited(u64::try_from(retry_after.as_millis().div_ceil(1_000).max(1)).unwrap_or(u64::MAX))
    }

    pub fn limited(seconds: u64) -> Self {
        let message = format!("Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds");
        Self::new(429, "too.many.requests.retry.after", message).with_header("Retry-After", seconds.to_string())
    }

    /// Adds a parameter to the message.
    pub fn with_param(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.params.push((name, value.into()));
        self
    }

    /// Adds a header.
    pub fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The response: the platform's error body, whose `contextId` is the correlation id.
    pub fn into_response(self, correlation_id: &str) -> HttpResponse {
        let Self { status, code, message, params, active_max, headers } = self;
        let mut body = json!({
            "message": message,
            "code": code,
            "status": status,
            "contextId": correlation_id,
            "details": [],
            "errors": [],
        });
        if !params.is_empty() {
            let params: Map<String, Value> =
                params.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
            body["messageParams"] = Value::Object(params);
        }
        if let Some(value) = active_max {
            body["limit"] = json!({ "key": ACTIVE_MAX_KEY, "namespace": "presence", "value": value });
        }
        let mut response = HttpResponse::json(status, &body);
        response.headers.extend(headers);
        response
    }
}

/// The decoded pairs of a query or form, in order.
pub fn form_pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|it| !it.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name, true), decoded(value, true))
        })
        .collect()
}

/// Percent-decodes. Invalid escapes stay, and invalid UTF-8 becomes U+FFFD.
fn decoded(text: &str, plus_is_space: bool) -> String {
    let text = if plus_is_space { Cow::Owned(text.replace('+', " ")) } else { Cow::Borrowed(text) };
    percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

/// Percent-encodes a query value: everything but unreserved characters.
pub fn encoded(text: &str) -> String {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(text, RESERVED).to_string()
}

/// A moment in the platform's form: `yyyy-MM-ddTHH:mm:ss.SSSZ`.
pub fn timestamp(unix_ms: u64) -> String {
    let at = i64::try_from(unix_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    at.unwrap_or(Timestamp::MAX).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_the_platform_does() {
        assert_eq!(timestamp(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(timestamp(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(timestamp(1_764_000_000_123), "2025-11-24T16:00:00.123Z");
        assert_eq!(timestamp(1_767_225_599_999), "2025-12-31T23:59:59.999Z");
    }

    #[test]
    fn queries_are_decoded_and_encoded() {
        let pairs = form_pairs("a=1&b=zh%5FCN+x&c&%zz=%2");
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("a", "1"), ("b", "zh_CN x"), ("c", ""), ("%zz", "%2")]);
        assert_eq!(encoded("é&_"), "%C3%A9%26_");
    }
}
