//! What goes on, on standard error: a bar on a terminal, lines in CI.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::apply::Event;
use crate::apply::report::Row;
use crate::model::division::Divisions;
use crate::model::names::Locale;
use crate::plan::cost::{about, requests_of};
use crate::render::human;
use crate::render::style::Style;
use crate::retire;
use crate::terminal::{ErrorStream, Terminal};

/// Below this nobody wants to know how long it still takes on a bar,
const LEFT_SECONDS_MIN: u64 = 10;
/// and below this in a log.
const LEFT_SECONDS_MIN_IN_LOG: u64 = 90;

/// One listener of the events of a run.
pub struct Progress<'a> {
    bar: Option<(ProgressBar, End)>,
    terminal: RefCell<&'a mut Terminal>,
    names: Names<'a>,
    style: Style,
    total: usize,
    finished: Cell<usize>,
    left: Left<'a>,
    /// How many requests are still to be sent.
    requests: Cell<u64>,
    /// How many minutes a log has last been told of.
    said_minutes: Cell<Option<u64>>,
}

/// What is left of a run.
pub struct Left<'a> {
    /// How many requests,
    pub requests: u64,
    /// and how long so many take.
    pub time: &'a dyn Fn(u64) -> Duration,
}

/// What names things where people read.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    /// The locale whose label names a definition.
    pub default_locale: &'a Locale,
    /// The divisions, as far as names of them had to be looked up.
    pub divisions: &'a Divisions,
}

impl<'a> Progress<'a> {
    /// For a run of `total` objects. A log is read afterwards: `ci` means lines also where the job has a
    /// terminal.
    #[must_use]
    pub fn new(
        terminal: &'a mut Terminal,
        ci: bool,
        total: usize,
        names: Names<'a>,
        left: Left<'a>,
        style: Style,
    ) -> Progress<'a> {
        let bar = (terminal.err_is_terminal() && !ci).then(|| counting_down(total));
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

    /// Takes one event.
    pub fn tell(&self, event: Event<'_>) {
        if let Event::Finished(row) = event {
            self.finished.set(self.finished.get() + 1);
            self.requests.set(self.requests.get().saturating_sub(requests_of(row.action)));
        }
        let left = (self.left.time)(self.requests.get());
        if let Some((bar, end)) = &self.bar {
            end.set(bar.elapsed().saturating_add(left));
        }
        match (&self.bar, event) {
            (Some((bar, _)), Event::Finished(row)) => {
                bar.inc(1);
                bar.set_message(first_line(&self.row(row)));
            }
            (Some((bar, _)), Event::Started(step)) => bar.set_message(human::started(step, self.names.default_locale)),
            (Some((bar, _)), Event::Verifying) => bar.set_message("reading the org again"),
            (None, Event::Finished(row)) => {
                self.line(&self.row(row));
                self.say_what_is_left(left);
            }
            (None, Event::Verifying) => self.line("reading the org again"),
            // Lines tell what happened; on a bar there is room for what is going on as well.
            (None, Event::Started(_)) => {}
        }
    }

    /// Takes the bar away.
    pub fn end(self) {
        if let Some((bar, _)) = self.bar {
            bar.finish_and_clear();
            self.terminal.borrow().error_stream().has_bar(None);
        }
    }

    fn row(&self, row: &Row) -> String {
        human::finished(row, self.names.divisions, self.style)
    }

    /// A line of its own, whenever a minute less is left (or, after the platform has asked to wait, more).
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

/// The stages of a retirement: a line each, with a bar for people on a terminal.
pub struct Stages<'a> {
    terminal: RefCell<&'a mut Terminal>,
    has_bar: bool,
    bar: RefCell<Option<ProgressBar>>,
}

impl<'a> Stages<'a> {
    /// A log is read afterwards: `ci` means no bar also where the job has a terminal.
    #[must_use]
    pub fn new(terminal: &'a mut Terminal, ci: bool) -> Stages<'a> {
        let has_bar = terminal.err_is_terminal() && !ci;
        Stages { terminal: RefCell::new(terminal), has_bar, bar: RefCell::default() }
    }

    /// Takes one event.
    pub fn tell(&self, event: retire::Event<'_>) {
        match event {
            retire::Event::Ended(_) => {
                if let Some(bar) = &*self.bar.borrow() {
                    bar.inc(1);
                }
            }
            retire::Event::Moving(count) => {
                self.line(&format!("moving {count}"));
                let bar = self.has_bar.then(|| bar(count));
                self.terminal.borrow().error_stream().has_bar(bar.clone());
                *self.bar.borrow_mut() = bar;
            }
            retire::Event::Looking => self.line("looking who is on it"),
            retire::Event::Deactivating => self.line("deactivating it"),
            retire::Event::Reading => self.line("reading it again"),
        }
    }

    /// Takes the bar away.
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

/// A bar is one line; the report says the rest.
fn first_line(text: &str) -> String {
    text.lines().next().map_or_else(String::new, str::to_owned)
}

fn bar(total: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(u64::try_from(total).ok(), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar
}

/// When a bar will be over, counted from its beginning; known when the first event has come.
#[derive(Clone, Default)]
struct End(Arc<Mutex<Option<Duration>>>);

impl End {
    fn set(&self, at: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
    }

    /// In words, where it is worth a word.
    fn in_words(&self, elapsed: Duration) -> Option<String> {
        let at = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = at?.saturating_sub(elapsed);
        (left.as_secs() >= LEFT_SECONDS_MIN).then(|| format!("about {} left ", about(left)))
    }
}

/// A bar that says when it will be over. It goes on by itself: while a run waits for its turn, nothing happens for a
/// minute.
fn counting_down(total: usize) -> (ProgressBar, End) {
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

#[cfg(test)]
mod tests {
    use std::io::{self, empty, sink};

    use super::*;
    use crate::apply::report::{Outcome, Skip};
    use crate::model::labels::Labels;
    use crate::model::names::SystemPresence;
    use crate::model::observed::Content;
    use crate::plan::change::Action;
    use crate::terminal::Streams;

    /// What a listener writes, for whoever looks at it later.
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
        })
    }

    fn row() -> Row {
        Row {
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
        }
    }

    #[test]
    fn a_bar_has_one_line_and_says_when_it_will_be_over() {
        let mut terminal = terminal(&Written::default());
        let locale = Locale::new("en_US");
        let names = Names { default_locale: &locale, divisions: &Divisions::NotAsked };
        let left = Left { requests: 12, time: &|requests| Duration::from_secs(requests * 20) };
        let mut progress = Progress::new(&mut terminal, false, 1, names, left, Style::PLAIN);
        let end = End::default();
        assert_eq!(end.in_words(Duration::ZERO), None);
        progress.bar = Some((ProgressBar::hidden(), end.clone()));
        progress.tell(Event::Finished(&row()));
        assert_eq!(progress.bar.as_ref().unwrap().0.message(), "skipped         update (Meal)");
        // Ten requests are left; a little time has passed since the bar began.
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
        let names = Names { default_locale: &locale, divisions: &Divisions::NotAsked };
        let left = Left { requests: 21, time: &|requests| Duration::from_secs(requests * 10) };
        let progress = Progress::new(&mut terminal, true, 10, names, left, Style::PLAIN);
        for _ in 0..10 {
            progress.tell(Event::Finished(&row()));
        }
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let left: Vec<&str> = text.lines().filter(|it| it.contains("left")).collect();
        assert_eq!(
            left,
            ["1 of 10 done, about 4 min left", "2 of 10 done, about 3 min left", "5 of 10 done, about 2 min left"]
        );
    }
}
