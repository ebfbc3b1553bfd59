//! Guards the writes to one object. Right before a write is sent, `check` refuses it if a signal came, or if what was
//! read before it is too old. It remembers whether a write was sent, and the correlation id of its answer.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::host::stop::Stop;

/// Clones share their state.
///
/// # Guarantees
/// No write is sent after the signal, however long it has waited for its turn, a token or the end of a
/// 429; nor when what was read before it is older than it may be.
#[derive(Debug, Clone)]
pub struct WriteGuard {
    stop: Stop,
    sent: Arc<AtomicBool>,
    /// Until when what was read may be relied on; None: for ever.
    fresh_until: Arc<Mutex<Option<Instant>>>,
    /// The platform's id of the last write that was answered as it should be.
    answered: Arc<Mutex<Option<String>>>,
    before_write: BeforeWrite,
}

/// What is done right before a write is sent.
#[derive(Clone, Default)]
struct BeforeWrite(Option<Arc<dyn Fn() + Send + Sync>>);

impl fmt::Debug for BeforeWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BeforeWrite").field(&self.0.is_some()).finish()
    }
}

/// Whether a write may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WriteCheck {
    Allowed,
    Stopped,
    /// What was read before it may have changed: read again.
    TooOld,
}

impl WriteGuard {
    pub fn new(stop: &Stop) -> WriteGuard {
        WriteGuard {
            stop: stop.clone(),
            sent: Arc::default(),
            fresh_until: Arc::default(),
            answered: Arc::default(),
            before_write: BeforeWrite::default(),
        }
    }

    /// The same guard, which does this right before each write is sent.
    pub fn before_each(self, work: Arc<dyn Fn() + Send + Sync>) -> WriteGuard {
        WriteGuard { before_write: BeforeWrite(Some(work)), ..self }
    }

    pub fn is_stopped(&self) -> bool {
        self.stop.asked().is_some()
    }

    /// Was a write sent? Until then certainly nothing was written.
    pub fn has_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
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

    /// Asked right before a write is sent: where it is allowed, it counts as sent.
    pub(crate) fn check(&self) -> WriteCheck {
        let fresh_until = *self.fresh_until.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_stopped() {
            WriteCheck::Stopped
        } else if fresh_until.is_some_and(|until| Instant::now() > until) {
            WriteCheck::TooOld
        } else {
            if let BeforeWrite(Some(work)) = &self.before_write {
                work();
            }
            self.sent.store(true, Ordering::Relaxed);
            WriteCheck::Allowed
        }
    }

    /// Runs what comes before a write. None if the signal comes first.
    pub(crate) async fn until_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.stop.until_asked(work).await
    }
}
