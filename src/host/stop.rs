//! How a run is asked to end: start nothing new, give what is in flight a moment, then report.

use std::time::Duration;

use tokio::sync::watch;

/// How long what is in flight may take after a signal.
pub const GRACE_MS: u64 = 5_000;

/// A signal that asks the process to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    Interrupt,
    /// What a CI sends when a job is cancelled.
    Terminate,
    /// The terminal was closed, or the connection to it was lost.
    Hangup,
    Quit,
}

impl Signal {
    /// A stable name, the same for all that end a run as SIGTERM does.
    pub fn code(self) -> &'static str {
        match self {
            Signal::Interrupt => "interrupt",
            Signal::Terminate | Signal::Hangup | Signal::Quit => "terminate",
        }
    }

    /// The name that the system gives it.
    pub fn name(self) -> &'static str {
        match self {
            Signal::Interrupt => "SIGINT",
            Signal::Terminate => "SIGTERM",
            Signal::Hangup => "SIGHUP",
            Signal::Quit => "SIGQUIT",
        }
    }
}

/// The listening side. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Stop {
    signal: watch::Receiver<Option<Signal>>,
}

impl Stop {
    /// A stop, and the sender that asks for it. When the sender is gone, no one will ask any more.
    pub fn new() -> (watch::Sender<Option<Signal>>, Stop) {
        let (sender, signal) = watch::channel(None);
        (sender, Stop { signal })
    }

    /// The signal, if one came.
    pub fn asked(&self) -> Option<Signal> {
        *self.signal.borrow()
    }

    /// Ends [`GRACE_MS`] after a signal; never where none comes.
    pub async fn grace_over(&self) {
        self.clone().come().await;
        tokio::time::sleep(Duration::from_millis(GRACE_MS)).await;
    }

    /// Runs this until a signal comes. None where one does, or has come already.
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
