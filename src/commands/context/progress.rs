//! The progress of a run on standard error: a bar on a terminal, lines in CI.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::host::terminal::{ErrorStream, Terminal};
use crate::model::division::Divisions;
use crate::model::names::Locale;
use crate::ops::apply::ApplyEvent;
use crate::ops::apply::report::{Intent, ReportRow};
use crate::ops::retire;
use crate::output;
use crate::output::style::Style;
use crate::plan::cost::{about, requests_of};

/// A log shows the remaining time only above this.
const LEFT_SECONDS_MIN_IN_LOG: u64 = 90;

/// A listener for the events of a run.
pub struct Progress<'a> {
    bar: Option<(ProgressBar, End)>,
    terminal: RefCell<&'a mut Terminal>,
    names: Names<'a>,
    style: Style,
    total: usize,
    finished: Cell<usize>,
    left: Left<'a>,
    requests: Cell<u64>,
    /// The number of minutes that a log showed last.
    said_minutes: Cell<Option<u64>>,
}

/// The rest of a run.
pub struct Left<'a> {
    pub requests: u64,
    /// and the time for this many requests.
    pub time: &'a dyn Fn(u64) -> Duration,
}

#[derive(Clone, Copy)]
pub struct Names<'a> {
    pub default_locale: &'a Locale,
    /// The divisions, if their names had to be looked up.
    pub divisions: &'a Divisions,
    /// The purpose of the run, which decides the help.
    pub intent: Intent,
}

impl<'a> Progress<'a> {
    /// For a run of `total` objects. `in_lines` shows lines even on a terminal, for example in a CI job.
    pub fn new(
        terminal: &'a mut Terminal,
        in_lines: bool,
        total: usize,
        names: Names<'a>,
        left: Left<'a>,
        style: Style,
    ) -> Progress<'a> {
        let bar = has_room(terminal, in_lines).then(|| counting_down(total));
        terminal.error_stream().has_bar(bar.as_ref().map(|(bar, _)| bar.clone()));
        let requests = Cell::new(left.requests);
        Progress {
            bar,
            terminal: RefCell::new(terminal),
            names,
            style,
            total,
            finished: Cell::new(0),
            left,
            requests,
            said_minutes: Cell::new(None),
        }
    }

    pub fn tell(&self, event: ApplyEvent<'_>) {
        if let ApplyEvent::Finished(row) = event {
            self.finished.set(self.finished.get() + 1);
            self.requests.set(self.requests.get().saturating_sub(requests_of(row.action)));
        }
        let left = (self.left.time)(self.requests.get());
        if let Some((bar, end)) = &self.bar {
            end.set(bar.elapsed().saturating_add(left));
        }
        match (&self.bar, event) {
            (Some((bar, _)), ApplyEvent::Finished(row)) => {
                bar.inc(1);
                bar.set_message(first_line(&self.row(row)));
            }
            (Some((bar, _)), ApplyEvent::Started(step)) => {
                bar.set_message(output::text::started(step, self.names.default_locale));
            }
            (Some((bar, _)), ApplyEvent::Waiting(time)) => bar.set_message(waiting(time)),
            (None, ApplyEvent::Waiting(time)) => self.line(&waiting(time)),
            (Some((bar, _)), ApplyEvent::Verifying) => bar.set_message("reading the org again"),
            (None, ApplyEvent::Finished(row)) => {
                self.line(&self.row(row));
                self.say_what_is_left(left);
            }
            (None, ApplyEvent::Verifying) => self.line("reading the org again"),
            // Lines show results. A bar also has room for the current work.
            (None, ApplyEvent::Started(_)) => {}
        }
    }

    pub fn end(self) {
        if let Some((bar, _)) = self.bar {
            bar.finish_and_clear();
            self.terminal.borrow().error_stream().has_bar(None);
        }
    }

    fn row(&self, row: &ReportRow) -> String {
        output::text::finished(row, self.names.intent, self.names.divisions, self.style)
    }

    /// A line whenever the remaining minutes decrease, or increase after the platform requested a delay.
    fn say_what_is_left(&self, left: Duration) {
        let minutes = left.as_secs().div_ceil(60);
        let is_news = self.said_minutes.get().is_none_or(|said| minutes < said || minutes > said + 1);
        if left.as_secs() >= LEFT_SECONDS_MIN_IN_LOG && is_news {
            self.said_minutes.set(Some(minutes));
            self.line(&format!("{} of {} done, about {} left", self.finished.get(), self.total, about(left)));
        }
    }

    fn line(&self, text: &str) {
        self.terminal.borrow_mut().err(&format!("{text}\n"));
    }
}

fn waiting(time: Duration) -> String {
    format!("waiting for {} at most, since an earlier run may have created what is left", about(time))
}

/// A bar has one line. The report has the rest.
fn first_line(text: &str) -> String {
    text.lines().next().map_or_else(String::new, str::to_owned)
}

/// The stages of a retirement: a line each, and a bar on a terminal.
pub struct Stages<'a> {
    terminal: RefCell<&'a mut Terminal>,
    has_bar: bool,
    bar: RefCell<Option<ProgressBar>>,
}

impl<'a> Stages<'a> {
    /// `in_lines` shows no bar even on a terminal, for example in a CI job.
    pub fn new(terminal: &'a mut Terminal, in_lines: bool) -> Stages<'a> {
        let has_bar = has_room(terminal, in_lines);
        Stages { terminal: RefCell::new(terminal), has_bar, bar: RefCell::default() }
    }

    pub fn tell(&self, event: retire::RetireEvent<'_>) {
        match event {
            retire::RetireEvent::Ended(_) => {
                if let Some(bar) = &*self.bar.borrow() {
                    bar.inc(1);
                }
            }
            retire::RetireEvent::Moving(count) => {
                self.line(&format!("moving {count}"));
                let bar = self.has_bar.then(|| bar(count));
                self.terminal.borrow().error_stream().has_bar(bar.clone());
                *self.bar.borrow_mut() = bar;
            }
            retire::RetireEvent::Looking => self.line("looking who is on it"),
            retire::RetireEvent::Deactivating => self.line("deactivating it"),
            retire::RetireEvent::Reading => self.line("reading it again"),
        }
    }

    pub fn end(self) {
        self.clear();
    }

    fn clear(&self) {
        if let Some(bar) = self.bar.borrow_mut().take() {
            bar.finish_and_clear();
            self.terminal.borrow().error_stream().has_bar(None);
        }
    }

    fn line(&self, text: &str) {
        self.clear();
        self.terminal.borrow_mut().err(&format!("{text}\n"));
    }
}

/// A bar shows the remaining time only above this.
const LEFT_SECONDS_MIN: u64 = 10;

/// The width of the bar itself.
const WIDTH: usize = 30;
/// A narrower terminal has no room for it.
const WITH_BAR_MIN: usize = 60;

/// Is there a terminal with a known width? Otherwise a bar could wrap.
fn has_room(terminal: &Terminal, in_lines: bool) -> bool {
    terminal.err_is_terminal() && !in_lines && console::Term::stderr().size_checked().is_some()
}

/// A bar up to `total`.
fn bar(total: usize) -> ProgressBar {
    styled(total, End::default())
}

/// The text before the message, within this many columns.
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

/// A bar of one line, however narrow the terminal is or becomes.
fn styled(total: usize, end: End) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(u64::try_from(total).ok(), ProgressDrawTarget::stderr());
    let shown = move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        let columns = usize::from(console::Term::stderr().size().1);
        // An error while writing a bar is no failure of the run.
        let _ = out.write_str(&head(state, &end, columns));
    };
    if let Ok(style) = ProgressStyle::with_template("{head}{wide_msg}") {
        bar.set_style(style.with_key("head", shown));
    }
    bar
}

/// The number of finished items: a bar on a terminal, and nothing elsewhere.
pub struct Count {
    bar: Option<ProgressBar>,
    stream: ErrorStream,
}

impl Count {
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

/// When a bar will end, from its start. It is known after the first event.
#[derive(Clone, Default)]
struct End(Arc<Mutex<Option<Duration>>>);

impl End {
    fn set(&self, at: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
    }

    /// In words, if it is worth showing.
    fn in_words(&self, elapsed: Duration) -> Option<String> {
        let at = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = at?.saturating_sub(elapsed);
        (left.as_secs() >= LEFT_SECONDS_MIN).then(|| format!("about {} left ", about(left)))
    }
}

/// A bar with the remaining time. It updates by itself: while a run waits for its slot, no event may happen for a
/// minute.
fn counting_down(total: usize) -> (ProgressBar, End) {
    let end = End::default();
    let bar = styled(total, end.clone());
    bar.enable_steady_tick(Duration::from_secs(1));
    (bar, end)
}

#[cfg(test)]
mod tests {
    use std::io::{self, empty, sink};

    use super::*;
    use crate::host::terminal::Streams;
    use crate::model::labels::Labels;
    use crate::model::names::SystemPresence;
    use crate::model::observed::Content;
    use crate::ops::apply::report::{Outcome, Skip};
    use crate::plan::change::Action;

    /// The output of a listener.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn terminal(written: &Written) -> Terminal {
        Terminal::of_streams(Streams {
            out: Box::new(sink()),
            err: Box::new(written.clone()),
            input: Box::new(empty()),
            out_is_terminal: false,
            err_is_terminal: false,
            input_is_terminal: false,
            out_columns: None,
        })
    }

    fn row() -> ReportRow {
        ReportRow {
            action: Action::Update,
            key: None,
            id: None,
            system_presence: SystemPresence::new("Meal").unwrap(),
            name: None,
            before: None,
            after: Content { labels: Labels::new(), deactivated: false, division: None },
            outcome: Outcome::Skipped(Skip::Interrupted),
            worked: None,
            place: None,
            refused_label: None,
            correlation_id: None,
            again_from: None,
        }
    }

    #[test]
    fn a_bar_has_one_line_and_says_when_it_will_be_over() {
        let mut terminal = terminal(&Written::default());
        let locale = Locale::new("en_US");
        let names = Names { default_locale: &locale, divisions: &Divisions::NotAsked, intent: Intent::Apply };
        let left = Left { requests: 12, time: &|requests| Duration::from_secs(requests * 20) };
        let mut progress = Progress::new(&mut terminal, false, 1, names, left, Style::PLAIN);
        let end = End::default();
        assert_eq!(end.in_words(Duration::ZERO), None);
        progress.bar = Some((ProgressBar::hidden(), end.clone()));
        progress.tell(ApplyEvent::Finished(&row()));
        assert_eq!(progress.bar.as_ref().unwrap().0.message(), "skipped         update (Meal)");
        // Ten requests are left, and a little time has passed since the start of the bar.
        let begun = progress.bar.as_ref().unwrap().0.elapsed();
        assert_eq!(end.in_words(begun).as_deref(), Some("about 4 min left "));
        assert_eq!(end.in_words(begun + Duration::from_secs(140)).as_deref(), Some("about 60 s left "));
        assert_eq!(end.in_words(begun + Duration::from_secs(195)), None);
    }

    #[test]
    fn a_log_is_told_whenever_a_minute_less_is_left() {
        let written = Written::default();
        let mut terminal = terminal(&written);
        let locale = Locale::new("en_US");
        let names = Names { default_locale: &locale, divisions: &Divisions::NotAsked, intent: Intent::Apply };
        let left = Left { requests: 21, time: &|requests| Duration::from_secs(requests * 10) };
        let progress = Progress::new(&mut terminal, true, 10, names, left, Style::PLAIN);
        for _ in 0..10 {
            progress.tell(ApplyEvent::Finished(&row()));
        }
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let left: Vec<&str> = text.lines().filter(|it| it.contains("left")).collect();
        assert_eq!(
            left,
            ["1 of 10 done, about 4 min left", "2 of 10 done, about 3 min left", "5 of 10 done, about 2 min left"]
        );
    }
}
