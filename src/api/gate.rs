//! The gate that the writes of one object pass on their way to the wire: a signal closes it, and it
//! remembers whether a write has passed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::stop::Stop;

/// One object's gate. Clones are the same gate.
///
/// # Guarantees
/// No write passes after the signal, however long it has waited for its turn, a token or the end of a
/// 429.
#[derive(Debug, Clone)]
pub struct Gate {
    stop: Stop,
    passed: Arc<AtomicBool>,
}

impl Gate {
    /// Open until the signal.
    #[must_use]
    pub fn new(stop: &Stop) -> Gate {
        Gate { stop: stop.clone(), passed: Arc::default() }
    }

    /// Has the signal come?
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.stop.asked().is_some()
    }

    /// Was a write handed to the wire? Until then certainly nothing was written.
    #[must_use]
    pub fn was_passed(&self) -> bool {
        self.passed.load(Ordering::Relaxed)
    }

    /// Lets a write pass that is handed to the wire right after this. False when it must not be.
    pub(crate) fn pass(&self) -> bool {
        if self.is_closed() {
            return false;
        }
        self.passed.store(true, Ordering::Relaxed);
        true
    }

    /// Runs what comes before a write, as long as the gate is open. None when it closes first.
    pub(crate) async fn while_open<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.stop.until_asked(work).await
    }
}
