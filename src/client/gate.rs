//! The gate that the writes of one object pass on their way to the wire: a signal closes it, what was read before
//! a write may grow too old while that waits, and it remembers whether a write has passed and what the platform
//! calls the exchange that carried it out.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::host::stop::Stop;

/// One object's gate. Clones are the same gate.
///
/// # Guarantees
/// No write passes after the signal, however long it has waited for its turn, a token or the end of a
/// 429; nor when what was read before it is older than it may be.
#[derive(Debug, Clone)]
pub struct WriteGuard {
    stop: Stop,
    passed: Arc<AtomicBool>,
    /// Until when what was read may be relied on; none: for ever.
    fresh_until: Arc<Mutex<Option<Instant>>>,
    /// The platform's id of the last write that was answered as it should be.
    answered: Arc<Mutex<Option<String>>>,
    first: First,
}

/// What is done right before a write is handed to the wire.
#[derive(Clone, Default)]
struct First(Option<Arc<dyn Fn() + Send + Sync>>);

impl fmt::Debug for First {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("First").field(&self.0.is_some()).finish()
    }
}

/// Whether a write may be handed to the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passage {
    Open,
    Closed,
    /// It has waited for too long: read again.
    TooLate,
}

impl WriteGuard {
    /// Open until the signal.
    pub fn new(stop: &Stop) -> WriteGuard {
        WriteGuard {
            stop: stop.clone(),
            passed: Arc::default(),
            fresh_until: Arc::default(),
            answered: Arc::default(),
            first: First::default(),
        }
    }

    /// The same gate, and `first` is done right before each write is handed to the wire.
    pub fn after(self, first: Arc<dyn Fn() + Send + Sync>) -> WriteGuard {
        WriteGuard { first: First(Some(first)), ..self }
    }

    pub fn is_closed(&self) -> bool {
        self.stop.asked().is_some()
    }

    /// Was a write handed to the wire? Until then certainly nothing was written.
    pub fn was_passed(&self) -> bool {
        self.passed.load(Ordering::Relaxed)
    }

    /// The platform's id of the last write that was carried out and answered.
    pub fn answered(&self) -> Option<String> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A write was carried out; its answer may say what the platform calls the exchange.
    pub(crate) fn answer(&self, correlation_id: Option<String>) {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = correlation_id;
    }

    /// From now on what was read may be relied on for so long.
    pub fn fresh_for(&self, time: Duration) {
        *self.fresh_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + time);
    }

    /// Lets a write pass that is handed to the wire right after this.
    pub(crate) fn pass(&self) -> Passage {
        let fresh_until = *self.fresh_until.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_closed() {
            Passage::Closed
        } else if fresh_until.is_some_and(|until| Instant::now() > until) {
            Passage::TooLate
        } else {
            if let First(Some(first)) = &self.first {
                first();
            }
            self.passed.store(true, Ordering::Relaxed);
            Passage::Open
        }
    }

    /// Runs what comes before a write, as long as the gate is open. None when it closes first.
    pub(crate) async fn while_open<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.stop.until_asked(work).await
    }
}
