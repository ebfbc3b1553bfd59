//! Guards the writes to one object. Right before a write is sent, `check` refuses it if the run was cancelled, or if
//! the read before it is too old. It records whether a write was sent, and the correlation id of its response.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::host::stop::Stop;

/// Clones share their state.
///
/// # Guarantees
/// No write is sent after a signal, however long it waited for its slot, a token or the end of a 429. Nor is it sent if
/// the read before it is too old.
#[derive(Debug, Clone)]
pub struct WriteGuard {
    stop: Stop,
    sent: Arc<AtomicBool>,
    /// When the read becomes too old. `None` means never.
    fresh_until: Arc<Mutex<Option<Instant>>>,
    /// The correlation id of the last successful write.
    answered: Arc<Mutex<Option<String>>>,
    before_write: BeforeWrite,
}

/// The work right before a write is sent.
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
    /// The read before it may be outdated: read again.
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

    /// The same guard, with work to do right before each write.
    pub fn before_each(self, work: Arc<dyn Fn() + Send + Sync>) -> WriteGuard {
        WriteGuard { before_write: BeforeWrite(Some(work)), ..self }
    }

    pub fn is_stopped(&self) -> bool {
        self.stop.asked().is_some()
    }

    /// Was a write sent? If not, certainly nothing was written.
    pub fn has_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }

    /// The correlation id of the last successful write.
    pub fn answered(&self) -> Option<String> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records a successful write and its correlation id.
    pub(crate) fn answer(&self, correlation_id: Option<String>) {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = correlation_id;
    }

    /// The read is valid for this long from now.
    pub fn fresh_for(&self, time: Duration) {
        *self.fresh_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + time);
    }

    /// Called right before a write is sent. If it is allowed, it counts as sent.
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

    /// Runs the work before a write. `None` if the signal comes first.
    pub(crate) async fn until_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.stop.until_asked(work).await
    }
}
