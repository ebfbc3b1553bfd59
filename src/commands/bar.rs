//! Bars on standard error: one that counts, and one that also says when it will be over.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::plan::cost::about;
use crate::terminal::{ErrorStream, Terminal};

/// Below this nobody wants to know how long it still takes.
const LEFT_SECONDS_MIN: u64 = 10;

/// A bar up to `total`.
#[must_use]
pub fn bar(total: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(u64::try_from(total).ok(), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar
}

/// How many of many are over: a bar on a terminal, and nothing elsewhere.
pub struct Count {
    bar: Option<ProgressBar>,
    stream: ErrorStream,
}

impl Count {
    /// Up to `total`.
    #[must_use]
    pub fn new(terminal: &Terminal, ci: bool, total: usize) -> Count {
        let bar = (terminal.err_is_terminal() && !ci).then(|| bar(total));
        let stream = terminal.error_stream();
        stream.has_bar(bar.clone());
        Count { bar, stream }
    }

    /// One more is over.
    pub fn one(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

    /// Takes the bar away.
    pub fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
            self.stream.has_bar(None);
        }
    }
}

/// When a bar will be over, counted from its beginning; known when the first event has come.
#[derive(Clone, Default)]
pub struct End(Arc<Mutex<Option<Duration>>>);

impl End {
    /// Says so.
    pub fn set(&self, at: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
    }

    /// In words, where it is worth a word.
    #[must_use]
    pub fn in_words(&self, elapsed: Duration) -> Option<String> {
        let at = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = at?.saturating_sub(elapsed);
        (left.as_secs() >= LEFT_SECONDS_MIN).then(|| format!("about {} left ", about(left)))
    }
}

/// A bar that says when it will be over. It goes on by itself: while a run waits for its turn, nothing happens for a
/// minute.
#[must_use]
pub fn counting_down(total: usize) -> (ProgressBar, End) {
    let (bar, end) = (bar(total), End::default());
    let shown = end.clone();
    let left = move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        // A bar that cannot be written has nobody to be told.
        let _ = out.write_str(&shown.in_words(state.elapsed()).unwrap_or_default());
    };
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {left}{msg}") {
        bar.set_style(style.with_key("left", left));
    }
    bar.enable_steady_tick(Duration::from_secs(1));
    (bar, end)
}
