//! Handles SIGINT and SIGTERM, and on Unix SIGHUP and SIGQUIT, which act like SIGTERM. During an apply, the first
//! signal requests the end. Later ones, and signals at any other time, end the process at once.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
#[cfg(unix)]
use std::task::Poll;
use std::thread;

#[cfg(unix)]
use tokio::signal::unix;
use tokio::sync::watch;

use crate::host::exit::Exit;
use crate::host::stop::Signal;

/// The signal handling of a run. Clones are cheap.
#[derive(Debug, Clone)]
pub struct Signals {
    source: Source,
    state: Arc<Mutex<State>>,
}

/// The source of signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Process,
    Nowhere,
}

#[derive(Debug, Default)]
struct State {
    /// Receives the next signal, instead of ending the process.
    listener: Option<watch::Sender<Option<Signal>>>,
    /// Temporary files that must not be left behind.
    unfinished: Vec<PathBuf>,
}

impl Signals {
    /// For the process. Nothing changes before [`Signals::watch`].
    pub fn of_process() -> Signals {
        Signals { source: Source::Process, state: Arc::default() }
    }

    /// Without signals: for runs inside another process.
    pub fn none() -> Signals {
        Signals { source: Source::Nowhere, state: Arc::default() }
    }

    /// Starts to watch for signals on its own thread, because the main thread may be blocked by a reader of its output.
    pub fn watch(&self) {
        if self.source == Source::Nowhere {
            return;
        }
        let state = Arc::clone(&self.state);
        let (tell_ready, ready) = mpsc::channel::<()>();
        // Without a thread or a handler, the system's default action stays.
        let _ = thread::Builder::new().name("signals".to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                runtime.block_on(answer_all(&state, tell_ready));
            }
        });
        // It sends nothing: the channel closes once it listens, or once it failed.
        let _ = ready.recv();
    }

    /// Sends the next signal to `listener`, until [`Signals::end_at_once`].
    pub fn tell(&self, listener: watch::Sender<Option<Signal>>) {
        self.state().listener = Some(listener);
    }

    pub fn end_at_once(&self) {
        self.state().listener = None;
    }

    /// Registers a temporary file that `work` creates and names. No signal is handled in between. A later signal
    /// removes the file first.
    pub fn begun<T, E>(&self, work: impl FnOnce() -> Result<(T, PathBuf), E>) -> Result<T, E> {
        let mut state = self.state();
        let (value, path) = work()?;
        state.unfinished.push(path);
        Ok(value)
    }

    /// Moves the temporary files into place, or removes them. Afterwards none is registered. No signal is handled in
    /// between, so `work` must not block.
    pub fn ended<T>(&self, work: impl FnOnce() -> T) -> T {
        let mut state = self.state();
        let done = work();
        state.unfinished.clear();
        done
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // Each field is consistent at any moment, even after a panic.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer_all(state: &Mutex<State>, ready: mpsc::Sender<()>) {
    let mut received = Received::listening();
    drop(ready);
    loop {
        let signal = received.next().await;
        let mut state = lock(state);
        match state.listener.take() {
            // After the run, the receiver is gone.
            Some(listener) => drop(listener.send(Some(signal))),
            None => end(signal, &state),
        }
    }
}

#[expect(clippy::exit, reason = "nothing is in flight, or a person asked twice and wants no report")]
fn end(signal: Signal, state: &State) -> ! {
    for path in &state.unfinished {
        // A leftover temporary file is no reason to continue.
        let _ = std::fs::remove_file(path);
    }
    std::process::exit(i32::from(Exit::from(signal).code()))
}

/// The signals of this process since listening started. None is missed between two polls.
#[cfg(unix)]
pub struct Received(Vec<(unix::Signal, Signal)>);

#[cfg(unix)]
impl Received {
    /// Starts to listen. A signal no longer ends the process by itself. A signal that the parent process set to be
    /// ignored, as `nohup` does, stays ignored.
    pub fn listening() -> Received {
        let ignored = ignored();
        let is_heard = |kind: &unix::SignalKind| ignored >> (kind.as_raw_value() - 1) & 1 == 0;
        let kept =
            [(unix::SignalKind::interrupt(), Signal::Interrupt), (unix::SignalKind::terminate(), Signal::Terminate)];
        let others = [(unix::SignalKind::hangup(), Signal::Hangup), (unix::SignalKind::quit(), Signal::Quit)];
        let kinds = kept.into_iter().chain(others.into_iter().filter(|(kind, _)| is_heard(kind)));
        // Without a handler, the system's default action stays.
        Received(kinds.filter_map(|(kind, signal)| Some((unix::signal(kind).ok()?, signal))).collect())
    }

    pub async fn next(&mut self) -> Signal {
        std::future::poll_fn(|context| {
            let come =
                self.0.iter_mut().find_map(|(source, signal)| source.poll_recv(context).is_ready().then_some(*signal));
            come.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// The ignored signals of the process, one bit each from the lowest. Only Linux shows them without `unsafe`. Elsewhere
/// the result is zero.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|it| u64::from_str_radix(it.trim(), 16).ok()).unwrap_or_default()
}

#[cfg(not(unix))]
pub struct Received;

#[cfg(not(unix))]
impl Received {
    pub fn listening() -> Received {
        Received
    }

    pub async fn next(&mut self) -> Signal {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Signal::Interrupt,
            Err(_) => std::future::pending().await,
        }
    }
}
