//! SIGINT and SIGTERM, and on Unix SIGHUP and SIGQUIT, which end a run as SIGTERM does. While an apply runs, the first
//! asks it to end; at any other time, and every later one, ends the process at once, no matter what it waits for.

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

/// What a signal does. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Signals {
    source: Source,
    state: Arc<Mutex<State>>,
}

/// Where signals come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Process,
    Nowhere,
}

#[derive(Debug, Default)]
struct State {
    /// Who is told about the next signal in place of the process's end.
    listener: Option<watch::Sender<Option<Signal>>>,
    /// Files beside their places, not whole or not put there yet: no one should find them.
    unfinished: Vec<PathBuf>,
}

impl Signals {
    /// The process's own. Nothing is changed before [`Signals::watch`].
    pub fn of_process() -> Signals {
        Signals { source: Source::Process, state: Arc::default() }
    }

    /// None ever come: for runs within another process.
    pub fn none() -> Signals {
        Signals { source: Source::Nowhere, state: Arc::default() }
    }

    /// Begins to look for signals, on a thread of its own: the one that works may be held up by a
    /// reader of its output who does not read.
    pub fn watch(&self) {
        if self.source == Source::Nowhere {
            return;
        }
        let state = Arc::clone(&self.state);
        let (tell_ready, ready) = mpsc::channel::<()>();
        // Where there is no thread, or no handler, the system's own way to end a process stays.
        let _ = thread::Builder::new().name("signals".to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                runtime.block_on(answer_all(&state, tell_ready));
            }
        });
        // It sends nothing: it lets go of its end when it listens, or when it cannot.
        let _ = ready.recv();
    }

    /// The next signal goes to `listener`, until [`Signals::end_at_once`].
    pub fn tell(&self, listener: watch::Sender<Option<Signal>>) {
        self.state().listener = Some(listener);
    }

    pub fn end_at_once(&self) {
        self.state().listener = None;
    }

    /// Begins a file that is not in its place yet: `work` gives its name as well. No signal comes in
    /// between; one that comes later removes the file first.
    pub fn begun<T, E>(&self, work: impl FnOnce() -> Result<(T, PathBuf), E>) -> Result<T, E> {
        let mut state = self.state();
        let (value, path) = work()?;
        state.unfinished.push(path);
        Ok(value)
    }

    /// Puts what was begun in its place, or takes it away: afterwards nothing is unfinished. No
    /// signal comes in between, so `work` waits for no one.
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
    // Each field is whole at any moment, also after a panic.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer_all(state: &Mutex<State>, ready: mpsc::Sender<()>) {
    let mut received = Received::listening();
    drop(ready);
    loop {
        let signal = received.next().await;
        let mut state = lock(state);
        match state.listener.take() {
            // No one listens any more when the run is over.
            Some(listener) => drop(listener.send(Some(signal))),
            None => end(signal, &state),
        }
    }
}

#[expect(clippy::exit, reason = "nothing is in flight, or a person asked twice and wants no report")]
fn end(signal: Signal, state: &State) -> ! {
    for path in &state.unfinished {
        // What cannot be removed is a file with an odd name: no reason to go on.
        let _ = std::fs::remove_file(path);
    }
    std::process::exit(i32::from(Exit::from(signal).code()))
}

/// The signals of this process, from the moment of listening on: none is missed between two looks.
#[cfg(unix)]
pub struct Received(Vec<(unix::Signal, Signal)>);

#[cfg(unix)]
impl Received {
    /// Begins to listen. From here on a signal does not end the process by itself. One that the starter of the process
    /// has it ignore, as `nohup` does, stays ignored.
    pub fn listening() -> Received {
        let ignored = ignored();
        let is_heard = |kind: &unix::SignalKind| ignored >> (kind.as_raw_value() - 1) & 1 == 0;
        let kept =
            [(unix::SignalKind::interrupt(), Signal::Interrupt), (unix::SignalKind::terminate(), Signal::Terminate)];
        let others = [(unix::SignalKind::hangup(), Signal::Hangup), (unix::SignalKind::quit(), Signal::Quit)];
        let kinds = kept.into_iter().chain(others.into_iter().filter(|(kind, _)| is_heard(kind)));
        // Where the system gives no handler, its own way to end a process stays in force.
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

/// The signals that the process ignores, a bit each from the lowest. Only Linux tells without `unsafe`; elsewhere it
/// looks as if none were.
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
