//! The wire over sockets: reqwest, with every default that matters to us written out.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::redirect::Policy;

use crate::api::endpoints::Endpoints;
use crate::api::trust::{self, Distrust};
use crate::api::wire::{AGENT, Body, Exchange, Limits, Request, Response, Wire, WireError, append, headers, response};

/// An idle connection is dropped well before a load balancer drops it (60 s is usual), since a request
/// on a connection that is just being closed has an unknown outcome.
pub const POOL_IDLE_MS: u64 = 20_000;

/// What the HTTP library says when a name, that of the host or of the proxy, has no address.
const NO_ADDRESS: &str = "dns error";

/// How the layers of the HTTP library begin when they only pass on another's failure.
const WRAPPERS: [&str; 4] =
    ["error sending request", "request or response body error", "client error (", "builder error"];

/// An answer of which nobody reads more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The status.
    pub status: u16,
    /// The header `Date`.
    pub date: Option<String>,
}

/// Real HTTP. The client is built at the first request: reading the system's certificates takes
/// milliseconds that `validate` should not pay.
pub struct HttpWire {
    client: OnceLock<Result<reqwest::Client, WireError>>,
    limits: Limits,
    loopback: bool,
    plain: bool,
    /// Trusted besides the system's.
    roots: Vec<reqwest::Certificate>,
}

impl HttpWire {
    /// For these endpoints. Nothing is opened yet.
    #[must_use]
    pub fn new(endpoints: &Endpoints, limits: Limits) -> HttpWire {
        let plain = endpoints.login().scheme() == "http";
        HttpWire { client: OnceLock::new(), limits, loopback: endpoints.is_loopback(), plain, roots: Vec::new() }
    }

    /// Trusts the certificates of this PEM text besides the system's.
    ///
    /// # Errors
    /// It holds none, or one that cannot be used: which one.
    pub fn trusting(mut self, pem: &[u8]) -> Result<HttpWire, String> {
        self.roots = trust::certificates(pem)?;
        Ok(self)
    }

    fn client(&self) -> Result<&reqwest::Client, WireError> {
        self.client.get_or_init(|| self.build()).as_ref().map_err(Clone::clone)
    }

    fn build(&self) -> Result<reqwest::Client, WireError> {
        let Limits { request_timeout_ms, connect_timeout_ms, body_bytes_max: _ } = self.limits;
        let mut builder = reqwest::Client::builder()
            // A redirect would carry the token elsewhere: reqwest sends `Authorization` again on the
            // second hop to a foreign host.
            .redirect(Policy::none())
            // Its retries know neither Retry-After nor what a second POST does.
            .retry(reqwest::retry::never())
            .connect_timeout(Duration::from_millis(connect_timeout_ms))
            .timeout(Duration::from_millis(request_timeout_ms))
            .pool_idle_timeout(Duration::from_millis(POOL_IDLE_MS))
            .https_only(!(self.loopback && self.plain))
            .referer(false)
            .gzip(true);
        if self.loopback {
            // HTTP_PROXY would otherwise see what goes to 127.0.0.1, the token included.
            builder = builder.no_proxy();
        }
        if self.loopback && self.plain {
            // Nothing can be spoken to over TLS here, so a machine without certificates will do.
            builder = builder.tls_certs_only([]);
        }
        if !self.roots.is_empty() {
            builder = builder.tls_certs_merge(self.roots.clone());
        }
        builder.build().map_err(|error| WireError::Setup(chain(&error.without_url())))
    }

    /// What answers at an address, asked without credentials: any answer shows that there is a way.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn probe(&self, url: &reqwest::Url) -> Result<Probe, WireError> {
        let mut outgoing = reqwest::Request::new(reqwest::Method::GET, url.clone());
        outgoing.headers_mut().insert(reqwest::header::USER_AGENT, reqwest::header::HeaderValue::from_static(AGENT));
        let answer = self.client()?.execute(outgoing).await.map_err(|error| self.failure(error))?;
        let date = answer.headers().get(reqwest::header::DATE).and_then(|it| it.to_str().ok()).map(str::to_owned);
        Ok(Probe { status: answer.status().as_u16(), date })
    }

    async fn send(&self, request: &Request) -> Result<Response, WireError> {
        let mut outgoing = reqwest::Request::new(request.method.http(), request.url.clone());
        *outgoing.headers_mut() = headers(request)?;
        match &request.body {
            Body::None => {}
            Body::Json(bytes) => *outgoing.body_mut() = Some(bytes.clone().into()),
            Body::Form(form) => *outgoing.body_mut() = Some((*form).into()),
        }
        let mut incoming = self.client()?.execute(outgoing).await.map_err(|error| self.failure(error))?;
        let mut answer = response(incoming.status().as_u16(), incoming.headers());
        let limit_bytes = request.answer_bytes_max.min(self.limits.body_bytes_max);
        while let Some(piece) = incoming.chunk().await.map_err(|error| self.failure(error))? {
            append(&mut answer.body, &piece, limit_bytes)?;
        }
        Ok(answer)
    }

    /// What a failure of reqwest means. `NotSent` and `NoHost` only for what happened before a connection stood.
    fn failure(&self, error: reqwest::Error) -> WireError {
        // Its text holds the whole URL otherwise.
        let error = error.without_url();
        let text = chain(&error);
        if error.is_builder() {
            WireError::Setup(text)
        } else if let Some(why) = Distrust::of(&error) {
            WireError::Untrusted { why, said: text }
        } else if error.is_connect() && text.contains(NO_ADDRESS) {
            WireError::NoHost(text)
        } else if error.is_connect() {
            WireError::NotSent(text)
        } else if error.is_timeout() {
            WireError::TimedOut { after_ms: self.limits.request_timeout_ms }
        } else {
            WireError::Lost(text)
        }
    }
}

impl Wire for HttpWire {
    fn exchange<'a>(&'a self, request: &'a Request) -> Exchange<'a> {
        Box::pin(self.send(request))
    }
}

/// An error and its causes in one line, without the wrappers that say nothing.
fn chain(error: &reqwest::Error) -> String {
    let mut said = vec![error.to_string()];
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        said.push(cause.to_string());
        source = cause.source();
    }
    let wrappers = said.len() - 1;
    let says_nothing = |text: &String| WRAPPERS.iter().any(|wrapper| text.starts_with(wrapper));
    let first = said.iter().take(wrappers).take_while(|text| says_nothing(text)).count();
    said.dedup();
    said.get(first..).unwrap_or(&said).join(": ")
}
