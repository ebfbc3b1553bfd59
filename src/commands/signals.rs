//! SIGINT and SIGTERM: the first asks the run to end, the second ends it at once.

use tokio::sync::watch;

use crate::apply::report::Signal;
use crate::exit::Exit;

/// Listens until the process ends. The first signal goes to `first`.
pub async fn listen(first: watch::Sender<Option<Signal>>) {
    let signal = next().await;
    // Nobody listens any more when the run is over.
    let _ = first.send(Some(signal));
    let second = next().await;
    end_at_once(second);
}

#[expect(clippy::exit, reason = "a person who asks twice wants no report")]
fn end_at_once(signal: Signal) -> ! {
    std::process::exit(i32::from(Exit::from(signal).code()))
}

/// The next signal.
#[cfg(unix)]
pub async fn next() -> Signal {
    use tokio::signal::unix::{SignalKind, signal};
    let (interrupt, terminate) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    match (interrupt, terminate) {
        (Ok(mut interrupt), Ok(mut terminate)) => tokio::select! {
            _ = interrupt.recv() => Signal::Interrupt,
            _ = terminate.recv() => Signal::Terminate,
        },
        // Without handlers the system's own way to end a process is in force.
        _ => std::future::pending().await,
    }
}

/// The next signal.
#[cfg(not(unix))]
pub async fn next() -> Signal {
    match tokio::signal::ctrl_c().await {
        Ok(()) => Signal::Interrupt,
        Err(_) => std::future::pending().await,
    }
}
