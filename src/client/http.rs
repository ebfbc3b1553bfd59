//! The wire over sockets: reqwest, with every relevant default set explicitly.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{HeaderValue, PROXY_AUTHORIZATION, USER_AGENT};
use reqwest::redirect::Policy;

use crate::client::endpoints::Endpoints;
use crate::client::trust::{self, Distrust};
use crate::client::wire::{
    AGENT, Body, Exchange, NO_WAY_ON, Request, Response, Wire, WireError, WireLimits, append, headers, response,
};
use crate::host::clock::Clock;
use crate::host::proxy::Proxy;

/// An idle connection is closed well before a load balancer closes it (usually after 60 s). A request on a connection
/// that is just being closed has an unknown outcome.
pub const POOL_IDLE_MS: u64 = 20_000;

/// The HTTP library's message if the host or the proxy has no address.
const NO_ADDRESS: &str = "dns error";

/// The prefixes of HTTP library errors that only wrap another one.
const WRAPPERS: [&str; 4] =
    ["error sending request", "request or response body error", "client error (", "builder error"];

/// The HTTP library's message if a proxy opened no tunnel. Only the 407 has its own message.
const NO_TUNNEL: &str = "tunnel error: unsuccessful";
const NOT_SIGNED_IN: &str = "tunnel error: proxy authorization required";
const PROXY_AUTHENTICATION_REQUIRED: u16 = 407;

/// A response whose body is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    pub status: u16,
    pub date: Option<String>,
}

/// Real HTTP. The client is built at the first request, because reading the system's certificates takes milliseconds
/// that `validate` does not need.
pub struct HttpWire {
    client: OnceLock<Result<reqwest::Client, WireError>>,
    limits: WireLimits,
    loopback: bool,
    plain: bool,
    roots: Vec<reqwest::Certificate>,
    proxy: Option<Proxy>,
    /// The proxy's answers so far, by host. It is asked once per host, because each attempt with a wrong password
    /// counts.
    asked: tokio::sync::Mutex<Vec<(String, Result<(), WireError>)>>,
    /// The clock for responses without a date.
    clock: Option<Clock>,
}

impl HttpWire {
    /// A wire for these endpoints. It opens no connection yet.
    pub fn new(endpoints: &Endpoints, limits: WireLimits) -> HttpWire {
        let plain = endpoints.login().scheme() == "http";
        HttpWire {
            client: OnceLock::new(),
            limits,
            loopback: endpoints.is_loopback(),
            plain,
            roots: Vec::new(),
            proxy: None,
            asked: tokio::sync::Mutex::default(),
            clock: None,
        }
    }

    /// Uses this proxy for its targets. Without it, no proxy is used, even if the environment names one.
    pub fn through(self, proxy: Option<Proxy>) -> HttpWire {
        HttpWire { proxy, ..self }
    }

    pub fn by(self, clock: Clock) -> HttpWire {
        HttpWire { clock: Some(clock), ..self }
    }

    /// Trusts the certificates in this PEM text in addition to the system's.
    pub fn trusting(mut self, pem: &[u8]) -> Result<HttpWire, String> {
        self.roots = trust::certificates(pem)?;
        Ok(self)
    }

    fn client(&self) -> Result<&reqwest::Client, WireError> {
        self.client.get_or_init(|| self.build()).as_ref().map_err(Clone::clone)
    }

    fn build(&self) -> Result<reqwest::Client, WireError> {
        let mut builder = self.builder().https_only(!(self.loopback && self.plain)).gzip(true);
        if self.loopback && self.plain {
            // No endpoint uses TLS, so a machine without certificates works too.
            builder = builder.tls_certs_only([]);
        }
        builder.build().map_err(|error| WireError::Setup(chain(&error.without_url())))
    }

    fn builder(&self) -> reqwest::ClientBuilder {
        let WireLimits { request_timeout_ms, connect_timeout_ms, body_bytes_max: _ } = self.limits;
        let mut builder = reqwest::Client::builder()
            // A redirect would leak the token: reqwest sends `Authorization` again on the second hop to a foreign host.
            .redirect(Policy::none())
            // Its retries ignore Retry-After and may repeat a POST.
            .retry(reqwest::retry::never())
            .connect_timeout(Duration::from_millis(connect_timeout_ms))
            .timeout(Duration::from_millis(request_timeout_ms))
            .pool_idle_timeout(Duration::from_millis(POOL_IDLE_MS))
            .referer(false)
            // `proxy.rs` reads the variables. The client reads none itself.
            .no_proxy();
        if let Some(Proxy { address, auth, targets, .. }) = self.proxy.clone() {
            let is_target = move |url: &reqwest::Url| targets.iter().any(|it| url.host_str() == Some(it));
            let proxy = reqwest::Proxy::custom(move |url| is_target(url).then(|| address.clone()));
            builder = builder.proxy(match auth {
                Some(auth) => proxy.custom_http_auth(auth),
                None => proxy,
            });
        }
        if !self.roots.is_empty() {
            builder = builder.tls_certs_merge(self.roots.clone());
        }
        builder
    }

    /// Asks the proxy for a tunnel to a host before anything else is sent, because the client would not show the
    /// proxy's answer.
    async fn is_let_through(&self, url: &reqwest::Url) -> Result<(), WireError> {
        let host = url.host_str().unwrap_or_default();
        let Some(proxy) = self.proxy.as_ref().filter(|it| it.leads_to(host)) else { return Ok(()) };
        let mut asked = self.asked.lock().await;
        let is_of_all = |it: &Result<(), WireError>| {
            matches!(it, Err(WireError::Proxy { status: PROXY_AUTHENTICATION_REQUIRED, .. }))
        };
        if let Some((_, answer)) = asked.iter().find(|(it, answer)| it == host || is_of_all(answer)) {
            return answer.clone();
        }
        let status = self.tunnel(proxy, url).await?;
        let answer = match status {
            200..=299 => Ok(()),
            status if NO_WAY_ON.contains(&status) => return Err(refused(proxy, host, status)),
            status => Err(refused(proxy, host, status)),
        };
        asked.push((host.to_owned(), answer.clone()));
        answer
    }

    /// The status of the proxy's answer to a CONNECT. The tunnel is closed at once.
    async fn tunnel(&self, proxy: &Proxy, url: &reqwest::Url) -> Result<u16, WireError> {
        let not_sent = |error: reqwest::Error| match self.failure(error) {
            error @ (WireError::Untrusted { .. } | WireError::Setup(_)) => error,
            // Only the proxy was contacted.
            WireError::NoHost(said) => away(proxy, false, said),
            error => away(proxy, true, error.said()),
        };
        let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(443));
        // As plain HTTP, which the client passes to the proxy unchanged.
        let address = format!("http://{host}:{port}/").parse();
        let mut request = reqwest::Request::new(
            reqwest::Method::CONNECT,
            address.map_err(|_| WireError::Setup("no host".to_owned()))?,
        );
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(AGENT));
        if let Some(auth) = &proxy.auth {
            request.headers_mut().insert(PROXY_AUTHORIZATION, auth.clone());
        }
        let client = self.builder().pool_max_idle_per_host(0).build().map_err(not_sent)?;
        Ok(client.execute(request).await.map_err(not_sent)?.status().as_u16())
    }

    /// The meaning of a failed request to this address. If the proxy opened no tunnel, it is the proxy's answer.
    async fn failed(&self, url: &reqwest::Url, error: reqwest::Error) -> WireError {
        let failure = self.failure(error);
        let host = url.host_str().unwrap_or_default();
        let Some(proxy) = self.proxy.as_ref().filter(|it| it.leads_to(host)) else { return failure };
        let said = match failure {
            // No other name is resolved.
            WireError::NoHost(said) => return away(proxy, false, said),
            WireError::NotSent(said) => said,
            failure => return failure,
        };
        if said.contains(NOT_SIGNED_IN) {
            return refused(proxy, host, PROXY_AUTHENTICATION_REQUIRED);
        }
        if said.contains(NO_TUNNEL) {
            // It worked a moment ago. The next request asks the proxy again and gets its status.
            self.asked.lock().await.retain(|(it, _)| it != host);
        }
        WireError::NotSent(said)
    }

    /// Contacts an address without credentials: any response shows that it is reachable.
    pub async fn probe(&self, url: &reqwest::Url) -> Result<Probe, WireError> {
        let mut outgoing = reqwest::Request::new(reqwest::Method::GET, url.clone());
        outgoing.headers_mut().insert(USER_AGENT, HeaderValue::from_static(AGENT));
        self.is_let_through(url).await?;
        let answer = match self.client()?.execute(outgoing).await {
            Ok(answer) => answer,
            Err(error) => return Err(self.failed(url, error).await),
        };
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
        self.is_let_through(&request.url).await?;
        let mut incoming = match self.client()?.execute(outgoing).await {
            Ok(incoming) => incoming,
            Err(error) => return Err(self.failed(&request.url, error).await),
        };
        let now = self.clock.map(|it| it.now());
        let mut answer = response(incoming.status().as_u16(), incoming.headers(), now);
        let limit_bytes = request.answer_bytes_max.min(self.limits.body_bytes_max);
        while let Some(piece) = incoming.chunk().await.map_err(|error| self.failure(error))? {
            append(&mut answer.body, &piece, limit_bytes)?;
        }
        Ok(answer)
    }

    /// The meaning of a reqwest failure. `NotSent` and `NoHost` only apply before a connection is open.
    fn failure(&self, error: reqwest::Error) -> WireError {
        // Its text would include the whole URL.
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

fn away(proxy: &Proxy, has_address: bool, said: String) -> WireError {
    WireError::NoProxy { proxy: proxy.host.clone(), variable: proxy.variable, has_address, said }
}

fn refused(proxy: &Proxy, host: &str, status: u16) -> WireError {
    let Proxy { variable, host: proxy, auth, .. } = proxy;
    let is_signed_in = auth.is_some();
    WireError::Proxy { proxy: proxy.clone(), variable, host: host.to_owned(), status, is_signed_in }
}

impl Wire for HttpWire {
    fn exchange<'a>(&'a self, request: &'a Request) -> Exchange<'a> {
        Box::pin(self.send(request))
    }
}

/// An error and its causes in one line, without wrappers.
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
