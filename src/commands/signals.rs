//! SIGINT and SIGTERM: the first asks the run to end, the second ends it at once.

#[cfg(unix)]
use tokio::signal::unix;
use tokio::sync::watch;

use crate::exit::Exit;
use crate::stop::Signal;

/// Listens until the process ends. The first signal goes to `first`.
pub async fn listen(mut signals: Signals, first: watch::Sender<Option<Signal>>) {
    let signal = signals.next().await;
    // Nobody listens any more when the run is over.
    let _ = first.send(Some(signal));
    let second = signals.next().await;
    end_at_once(second);
}

#[expect(clippy::exit, reason = "a person who asks twice wants no report")]
fn end_at_once(signal: Signal) -> ! {
    std::process::exit(i32::from(Exit::from(signal).code()))
}

/// The signals of this process, from the moment of listening on: none is missed between two looks.
#[cfg(unix)]
pub struct Signals(Option<(unix::Signal, unix::Signal)>);

#[cfg(unix)]
impl Signals {
    /// Begins to listen. From here on a signal does not end the process by itself.
    #[must_use]
    pub fn listening() -> Signals {
        let interrupt = unix::signal(unix::SignalKind::interrupt());
        let terminate = unix::signal(unix::SignalKind::terminate());
        // Where the system gives no handler, its own way to end a process stays in force.
        Signals(interrupt.ok().zip(terminate.ok()))
    }

    /// The next signal.
    pub async fn next(&mut self) -> Signal {
        match &mut self.0 {
            Some((interrupt, terminate)) => tokio::select! {
                _ = interrupt.recv() => Signal::Interrupt,
                _ = terminate.recv() => Signal::Terminate,
            },
            None => std::future::pending().await,
        }
    }
}

/// The signals of this process.
#[cfg(not(unix))]
pub struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Begins to listen.
    #[must_use]
    pub fn listening() -> Signals {
        Signals
    }

    /// The next signal.
    pub async fn next(&mut self) -> Signal {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Signal::Interrupt,
            Err(_) => std::future::pending().await,
        }
    }
}
