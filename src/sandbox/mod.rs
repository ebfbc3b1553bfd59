//! The embedded org as a server on a loopback port.
//!
//! ```text
//!  socket ─▶ connection ─▶ service ─▶ exchange ─▶ faults ─▶ org ─▶ access · divisions · users · activity
//!                             │                                └─▶ generation1 · generation2 ─▶ definition_store ─▶ definitions
//!                             │        (pure from `exchange` on: a request and a moment in, a response out)
//!                             └─▶ store (state file)
//! ```
//! - It shares no type with the client. They only share JSON, so a misspelt field cannot pass on both sides.
//! - It only answers on loopback: it listens on 127.0.0.1 and refuses any other `Host`. So its client id, secret and
//!   token are fixed and public, and its control endpoints (see [`exchange`]) need no token.

pub mod access;
pub mod activity;
pub mod behavior;
pub mod config;
pub mod connection;
pub mod definition_store;
pub mod definitions;
pub mod divisions;
pub mod document;
pub mod exchange;
pub mod faults;
pub mod generation1;
pub mod generation2;
pub mod http;
pub mod org;
pub mod org_behavior;
pub mod paging;
pub mod routes;
pub mod seed;
pub mod service;
pub mod store;
pub mod users;

use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::Listener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use access::{CLIENT_ID, CLIENT_SECRET, Permissions, TOKEN};
pub use behavior::Behavior;
pub use config::SandboxConfig;
pub use config::SandboxError;
pub use divisions::HeldDivision;
pub use faults::FaultRule;
pub use org_behavior::OrgBehavior;
pub use seed::Seed;
pub use service::{DROP_HEADER, DROP_STATUS, Sandbox, router};
pub use store::{read_behavior_file, read_fault_file, read_seed_file};
pub use users::User;

use connection::{Cutter, LoopbackListener};

/// How long a shutdown waits for open requests.
const SHUTDOWN_MS: u64 = 1_000;

/// A sandbox that listens on 127.0.0.1. It ends with [`Server::shutdown`] or on drop.
#[derive(Debug)]
pub struct Server {
    sandbox: Sandbox,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Opens the org and serves it on the current tokio runtime, which may be single-threaded.
    pub async fn start(config: SandboxConfig) -> Result<Self, SandboxError> {
        let port = config.port;
        let failed = |source| SandboxError::Bind { port, source };
        let sandbox = Sandbox::open(config)?;
        let listener = LoopbackListener::bind(port).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let service = router(sandbox.clone()).into_make_service_with_connect_info::<Cutter>();
        let serving = axum::serve(listener, service).with_graceful_shutdown(async {
            // A dropped sender means a dropped server, which ends it too.
            stopped.await.unwrap_or(());
        });
        let accepting = tokio::spawn(async {
            // Serving never fails: a listener that cannot accept tries again.
            serving.await.unwrap_or(());
        });
        Ok(Self { sandbox, address, stop: Some(stop), accepting })
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end. The token endpoint is `/oauth/token` below it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn client_id(&self) -> &'static str {
        CLIENT_ID
    }

    /// The secret of the org's OAuth client. It is public: see the module.
    pub fn client_secret(&self) -> &'static str {
        CLIENT_SECRET
    }

    /// A token that never expires. It is public: see the module.
    pub fn token(&self) -> &'static str {
        TOKEN
    }

    pub fn user_ids(&self) -> Vec<String> {
        self.sandbox.with(|it| it.org.users().iter().map(|user| user.id.clone()).collect())
    }

    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Accepts no new connection, waits up to a second for running requests, and frees the port and the state file.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            // An error means that serving has already ended.
            stop.send(()).unwrap_or(());
        }
        let limit = Duration::from_millis(SHUTDOWN_MS);
        if tokio::time::timeout(limit, &mut self.accepting).await.is_err() {
            self.accepting.abort();
        }
        self.sandbox.close();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
        self.sandbox.close();
    }
}
