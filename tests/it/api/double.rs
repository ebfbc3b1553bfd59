//! A wire that answers from a script and records its requests.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use presencectl::client::wire::{Body, Exchange, Request, Response, Wire, WireError, headers};
use presencectl::client::{Credentials, Endpoints, Options, Session};
use presencectl::model::platform::REQUESTS_PER_MINUTE_DEFAULT;
use tokio::time::Instant;

/// Must appear nowhere but in an `Authorization` header.
pub(crate) const CANARY: &str = "canary-5e9f";

pub(crate) type Answer = Result<Response, WireError>;
type Script = Box<dyn FnMut(&Request) -> Answer + Send>;

/// One request, as it came in.
#[derive(Clone)]
pub(crate) struct Seen {
    /// `GET https://…`
    pub(crate) line: String,
    pub(crate) body: String,
    pub(crate) authorization: String,
    pub(crate) at: Instant,
}

/// The double. Token requests are answered by a script of their own.
pub(crate) struct Double {
    api: Mutex<Script>,
    token: Mutex<Script>,
    seen: Mutex<Vec<Seen>>,
}

impl Double {
    /// Answers in this order, for any requests. A further request fails the test.
    pub(crate) fn answering<const N: usize>(answers: [Answer; N]) -> Arc<Double> {
        let mut answers = VecDeque::from(answers);
        Double::by(move |request| answers.pop_front().unwrap_or_else(|| panic!("not expected: {request:?}")))
    }

    /// Answers by rule.
    pub(crate) fn by(api: impl FnMut(&Request) -> Answer + Send + 'static) -> Arc<Double> {
        let mut count = 0;
        Double::with_tokens(api, move |_| {
            count += 1;
            ok(&format!(r#"{{"access_token":"{CANARY}-token-{count}","token_type":"bearer","expires_in":86400}}"#))
        })
    }

    /// With a script for the token endpoint too.
    pub(crate) fn with_tokens(
        api: impl FnMut(&Request) -> Answer + Send + 'static,
        token: impl FnMut(&Request) -> Answer + Send + 'static,
    ) -> Arc<Double> {
        let (api, token): (Script, Script) = (Box::new(api), Box::new(token));
        Arc::new(Double { api: Mutex::new(api), token: Mutex::new(token), seen: Mutex::default() })
    }

    /// Everything that was asked, token requests included.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Method and address of what was asked of the API.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).filter(|line| !line.contains("/oauth/")).collect()
    }

    /// How many tokens were asked for.
    pub(crate) fn token_requests(&self) -> usize {
        self.seen().iter().filter(|seen| seen.line.contains("/oauth/")).count()
    }

    /// A run of an OAuth client against this org.
    pub(crate) fn session(self: &Arc<Double>) -> Session {
        let client = Credentials::Client { id: "client-1".to_owned(), secret: format!("{CANARY}-secret").into() };
        self.session_of(client, REQUESTS_PER_MINUTE_DEFAULT)
    }

    /// A run with a given token.
    pub(crate) fn session_with_token(self: &Arc<Double>) -> Session {
        self.session_of(Credentials::Token(format!("{CANARY}-given").into()), REQUESTS_PER_MINUTE_DEFAULT)
    }

    /// A run with everything chosen.
    pub(crate) fn session_of(self: &Arc<Double>, credentials: Credentials, requests_per_minute: NonZeroU32) -> Session {
        let endpoints = Endpoints::of_domain("mypurecloud.de").unwrap();
        Session::new(
            endpoints,
            credentials,
            Arc::clone(self) as Arc<dyn Wire>,
            Options { requests_per_minute, seed: 1 },
        )
    }
}

impl Wire for Double {
    fn exchange<'a>(&'a self, request: &'a Request) -> Exchange<'a> {
        let body = match &request.body {
            Body::None => String::new(),
            Body::Json(bytes) => String::from_utf8(bytes.clone()).unwrap(),
            Body::Form(form) => (*form).to_owned(),
        };
        let authorization = headers(request).unwrap()["authorization"].to_str().unwrap().to_owned();
        let line = format!("{} {}", request.method, request.url);
        let is_token = line.contains("/oauth/");
        self.seen.lock().unwrap().push(Seen { line, body, authorization, at: Instant::now() });
        let script = if is_token { &self.token } else { &self.api };
        let answer = script.lock().unwrap()(request);
        Box::pin(async move {
            // Others get their turn, as they do while a socket waits.
            tokio::task::yield_now().await;
            answer
        })
    }
}

/// 200 with a JSON body.
pub(crate) fn ok(body: &str) -> Answer {
    status(200, body)
}

/// Any status, with the headers that every answer has.
#[expect(clippy::unnecessary_wraps, reason = "stands in one list with answers that are failures")]
pub(crate) fn status(status: u16, body: &str) -> Answer {
    Ok(Response {
        status,
        correlation_id: Some("corr-1".to_owned()),
        retry_after_s: None,
        rate_limit: None,
        content_type: Some("application/json".to_owned()),
        from_sandbox: false,
        body: body.as_bytes().to_vec(),
    })
}

/// 429, as the platform has written it since 2021 (docs/platform.md, "Rate limits").
pub(crate) fn throttled(retry_after_s: Option<u64>) -> Answer {
    let body = r#"{"message":"Rate limit exceeded the maximum.","code":"too.many.requests.retry.after","status":429}"#;
    status(429, body).map(|response| Response { retry_after_s, ..response })
}

/// The connection was cut after the request was sent.
pub(crate) fn lost() -> Answer {
    Err(WireError::Lost("connection closed before message completed".to_owned()))
}

/// No connection.
pub(crate) fn not_sent() -> Answer {
    Err(WireError::NotSent("connection refused".to_owned()))
}

/// A definition as the platform writes it.
pub(crate) fn entity(id: &str) -> String {
    format!(
        r#"{{"id":"{id}","name":"","languageLabels":{{"en_US":"Lunch"}},"systemPresence":"Meal","deactivated":false,"primary":false,"selfUri":"/api/v2/presencedefinitions/{id}"}}"#
    )
}

/// A page of the list.
pub(crate) fn page(ids: &[String], number: usize, size: usize, total: usize) -> Answer {
    let entities: Vec<String> = ids.iter().map(|id| entity(id)).collect();
    ok(&format!(
        r#"{{"entities":[{}],"pageSize":{size},"pageNumber":{number},"total":{total},"pageCount":{}}}"#,
        entities.join(","),
        total.div_ceil(size)
    ))
}

/// The page of a request.
pub(crate) fn page_number(request: &Request) -> usize {
    request.url.query_pairs().find(|(name, _)| name == "pageNumber").unwrap().1.parse().unwrap()
}
