//! The wire without sockets: an axum router in this process. Time is tokio's, so it can be paused.

use std::time::Duration;

use axum::Router;
use axum::body::Body as HttpBody;
use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::http::{HeaderValue, Request as HttpRequest, Response as HttpResponse};
use futures_util::StreamExt as _;
use presencectl::client::wire::{
    Body, Exchange, Request, Response, Wire, WireError, WireLimits, append, headers, response,
};
use tower::ServiceExt as _;

/// The header by which an in-process org marks a cut connection: `before` or `after` the work was done, or in the
/// middle of the response (`truncated`). The caller cannot see which.
pub(crate) const DROP_HEADER: &str = "x-sandbox-drop";

/// Requests answered by a router in this process.
pub(crate) struct InProcess {
    router: Router,
    limits: WireLimits,
}

impl InProcess {
    pub(crate) fn new(router: Router, limits: WireLimits) -> InProcess {
        InProcess { router, limits }
    }

    async fn send(&self, request: &Request) -> Result<Response, WireError> {
        let Ok(incoming) = self.router.clone().oneshot(outgoing(request)?).await;
        if let Some(moment) = dropped(incoming.headers()) {
            return Err(WireError::Lost(format!("connection closed ({moment})")));
        }
        self.read(incoming, request.answer_bytes_max.min(self.limits.body_bytes_max)).await
    }

    async fn read(&self, incoming: HttpResponse<HttpBody>, limit_bytes: usize) -> Result<Response, WireError> {
        let mut answer = response(incoming.status().as_u16(), incoming.headers(), None);
        let mut pieces = incoming.into_body().into_data_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|error| WireError::Lost(error.to_string()))?;
            append(&mut answer.body, &piece, limit_bytes)?;
        }
        Ok(answer)
    }
}

/// The request as a server would see it: the path alone, and the host in its header.
fn outgoing(request: &Request) -> Result<HttpRequest<HttpBody>, WireError> {
    let unfit = |error: &dyn std::error::Error| WireError::Setup(error.to_string());
    let url = &request.url;
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let body = match &request.body {
        Body::None => HttpBody::empty(),
        Body::Json(bytes) => HttpBody::from(bytes.clone()),
        Body::Form(form) => HttpBody::from(*form),
    };
    let mut outgoing =
        HttpRequest::builder().method(request.method.http()).uri(target).body(body).map_err(|error| unfit(&error))?;
    *outgoing.headers_mut() = headers(request)?;
    outgoing.headers_mut().insert(HOST, HeaderValue::from_str(url.authority()).map_err(|error| unfit(&error))?);
    Ok(outgoing)
}

fn dropped(headers: &HeaderMap) -> Option<String> {
    headers.get(DROP_HEADER).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

impl Wire for InProcess {
    fn exchange<'a>(&'a self, request: &'a Request) -> Exchange<'a> {
        let after_ms = self.limits.request_timeout_ms;
        Box::pin(async move {
            tokio::time::timeout(Duration::from_millis(after_ms), self.send(request))
                .await
                .unwrap_or(Err(WireError::TimedOut { after_ms }))
        })
    }
}
