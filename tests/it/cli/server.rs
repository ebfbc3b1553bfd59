//! Servers for the executable: the sandbox org in this process, and one that only counts connections.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use presencectl::sandbox::{FaultRule, Sandbox, SandboxConfig, Server, TOKEN, http};
use serde_json::Value;

/// The address of a router that a thread of its own serves to the end of the tests.
pub(crate) fn served(router: axum::Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    url
}

/// A sandbox org on a thread of its own.
pub(crate) struct Org {
    pub(crate) url: String,
    pub(crate) sandbox: Sandbox,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Org {
    pub(crate) fn start(config: SandboxConfig) -> Org {
        let (tell, told) = std::sync::mpsc::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let server = Server::start(config).await.unwrap();
                tell.send((server.url(), server.sandbox().clone())).unwrap();
                let _ = stopped.await;
                server.shutdown().await;
            });
        });
        let (url, sandbox) = told.recv().unwrap();
        Org { url, sandbox, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn with_faults(rules: &str) -> Org {
        let faults: Vec<FaultRule> = serde_json::from_str(rules).unwrap();
        Org::start(SandboxConfig { faults, ..SandboxConfig::default() })
    }

    /// Another address of the org, whose responses do not identify the sandbox: like a tunnel to a real org.
    pub(crate) fn behind_a_tunnel(&self) -> String {
        let unsaid = |mut response: axum::response::Response| async {
            response.headers_mut().remove("presencectl-sandbox");
            response
        };
        served(presencectl::sandbox::router(self.sandbox.clone()).layer(axum::middleware::map_response(unsaid)))
    }

    /// A person in the admin page; in no log.
    pub(crate) fn admin(&self, method: &str, path: &str, body: &Value) {
        let request = http::HttpRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: vec![
                ("authorization".to_owned(), format!("Bearer {TOKEN}")),
                ("content-type".to_owned(), "application/json".to_owned()),
            ],
            body: body.to_string().into_bytes(),
            ..http::HttpRequest::default()
        };
        let now_ms = self.sandbox.now_ms();
        let response = self.sandbox.with(|it| it.org.handle(&request, now_ms));
        assert_eq!(response.status, 200, "{method} {path}");
    }

    /// Method and path of every request so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.sandbox
            .with(|exchange| exchange.log.entries.iter().map(|it| format!("{} {}", it.method, it.path)).collect())
    }
}

impl Drop for Org {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A port on which every connection is counted and closed.
pub(crate) struct Knocks {
    pub(crate) port: u16,
    count: Arc<AtomicUsize>,
}

impl Knocks {
    pub(crate) fn listen() -> Knocks {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let count = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&count);
        thread::spawn(move || {
            for connection in listener.incoming() {
                counter.fetch_add(1, Ordering::SeqCst);
                drop(connection);
            }
        });
        Knocks { port, count }
    }

    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}
