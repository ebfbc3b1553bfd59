//! Bars on standard error: one that counts, and one that also says when it will be over.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::host::terminal::{ErrorStream, Terminal};
use crate::plan::cost::about;

/// Below this nobody wants to know how long it still takes.
const LEFT_SECONDS_MIN: u64 = 10;

/// How wide the bar itself is.
const WIDTH: usize = 30;
/// A terminal that is narrower has no room for it.
const WITH_BAR_MIN: usize = 60;

/// Is there a terminal for one, of a width that is known? In the dark a bar would wrap.
pub fn has_room(terminal: &Terminal, in_lines: bool) -> bool {
    terminal.err_is_terminal() && !in_lines && console::Term::stderr().size_checked().is_some()
}

/// A bar up to `total`.
pub fn bar(total: usize) -> ProgressBar {
    styled(total, End::default())
}

/// What stands before the message, in so many columns.
fn head(state: &ProgressState, end: &End, columns: usize) -> String {
    let (done, total) = (state.pos(), state.len().unwrap_or_default());
    let filled =
        usize::try_from(u64::try_from(WIDTH).unwrap_or_default() * done.min(total) / total.max(1)).unwrap_or(WIDTH);
    let bar = format!("{}{} ", "█".repeat(filled), "░".repeat(WIDTH - filled));
    let bar = if columns < WITH_BAR_MIN { String::new() } else { bar };
    let left = end.in_words(state.elapsed()).unwrap_or_default();
    let head = format!("{bar}{done}/{total} {:#} {left}", HumanDuration(state.elapsed()));
    console::truncate_str(&head, columns.saturating_sub(1), "").into_owned()
}

/// A bar that has one line however narrow the terminal is, or becomes.
fn styled(total: usize, end: End) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(u64::try_from(total).ok(), ProgressDrawTarget::stderr());
    let shown = move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        let columns = usize::from(console::Term::stderr().size().1);
        // A bar that cannot be written is no failure of the run.
        let _ = out.write_str(&head(state, &end, columns));
    };
    if let Ok(style) = ProgressStyle::with_template("{head}{wide_msg}") {
        bar.set_style(style.with_key("head", shown));
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
    pub fn new(terminal: &Terminal, in_lines: bool, total: usize) -> Count {
        let bar = has_room(terminal, in_lines).then(|| bar(total));
        let stream = terminal.error_stream();
        stream.has_bar(bar.clone());
        Count { bar, stream }
    }

    pub fn one(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

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
    pub fn in_words(&self, elapsed: Duration) -> Option<String> {
        let at = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = at?.saturating_sub(elapsed);
        (left.as_secs() >= LEFT_SECONDS_MIN).then(|| format!("about {} left ", about(left)))
    }
}

/// A bar that says when it will be over. It goes on by itself: while a run waits for its turn, nothing happens for a
/// minute.
pub fn counting_down(total: usize) -> (ProgressBar, End) {
    let end = End::default();
    let bar = styled(total, end.clone());
    bar.enable_steady_tick(Duration::from_secs(1));
    (bar, end)
}
