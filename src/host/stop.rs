//! Ends a run on request: nothing new starts, work in flight gets some time, then the report follows.

use std::time::Duration;

use tokio::sync::watch;

/// The time for work in flight after a signal.
pub const GRACE_MS: u64 = 5_000;

/// A signal that requests the end of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    Interrupt,
    /// The signal of a CI when a job is cancelled.
    Terminate,
    /// The terminal was closed, or its connection was lost.
    Hangup,
    Quit,
}

impl Signal {
    /// A stable name. It is the same for all signals that act like SIGTERM.
    pub fn code(self) -> &'static str {
        match self {
            Signal::Interrupt => "interrupt",
            Signal::Terminate | Signal::Hangup | Signal::Quit => "terminate",
        }
    }

    /// The system's name.
    pub fn name(self) -> &'static str {
        match self {
            Signal::Interrupt => "SIGINT",
            Signal::Terminate => "SIGTERM",
            Signal::Hangup => "SIGHUP",
            Signal::Quit => "SIGQUIT",
        }
    }
}

/// The receiver of the request. Clones are cheap.
#[derive(Debug, Clone)]
pub struct Stop {
    signal: watch::Receiver<Option<Signal>>,
}

impl Stop {
    /// A stop and its sender. Without the sender, no request can come.
    pub fn new() -> (watch::Sender<Option<Signal>>, Stop) {
        let (sender, signal) = watch::channel(None);
        (sender, Stop { signal })
    }

    /// The signal, if one came.
    pub fn asked(&self) -> Option<Signal> {
        *self.signal.borrow()
    }

    /// Completes [`GRACE_MS`] after a signal, or never without one.
    pub async fn grace_over(&self) {
        self.clone().come().await;
        tokio::time::sleep(Duration::from_millis(GRACE_MS)).await;
    }

    /// Runs this until a signal comes. `None` if one comes, or came already.
    pub async fn until_asked<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.clone().come() => None,
            done = work => Some(done),
        }
    }

    async fn come(mut self) {
        if self.signal.wait_for(Option::is_some).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
