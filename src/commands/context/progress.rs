//! What goes on in an apply, on standard error: a bar on a terminal, lines in CI.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use indicatif::ProgressBar;

use crate::commands::context::bar::{End, counting_down, has_room};
use crate::host::terminal::Terminal;
use crate::model::division::Divisions;
use crate::model::names::Locale;
use crate::ops::apply::ApplyEvent;
use crate::ops::apply::report::{Intent, ReportRow};
use crate::output;
use crate::output::style::Style;
use crate::plan::cost::{about, requests_of};

/// Below this nobody wants to know in a log how long it still takes.
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
    requests: Cell<u64>,
    /// How many minutes a log has last been told of.
    said_minutes: Cell<Option<u64>>,
}

/// What is left of a run.
pub struct Left<'a> {
    pub requests: u64,
    /// and how long so many take.
    pub time: &'a dyn Fn(u64) -> Duration,
}

#[derive(Clone, Copy)]
pub struct Names<'a> {
    pub default_locale: &'a Locale,
    /// The divisions, as far as names of them had to be looked up.
    pub divisions: &'a Divisions,
    /// What the run is for: what helps next depends on that.
    pub intent: Intent,
}

impl<'a> Progress<'a> {
    /// For a run of `total` objects. A log is read afterwards: `in_lines` means lines also where the job has a
    /// terminal.
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
            // Lines tell what happened; on a bar there is room for what is going on as well.
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

fn waiting(time: Duration) -> String {
    format!("waiting for {} at most, since an earlier run may have made what is left", about(time))
}

/// A bar is one line; the report says the rest.
fn first_line(text: &str) -> String {
    text.lines().next().map_or_else(String::new, str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::io::{self, empty, sink};
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::host::terminal::Streams;
    use crate::model::labels::Labels;
    use crate::model::names::SystemPresence;
    use crate::model::observed::Content;
    use crate::ops::apply::report::{Outcome, Skip};
    use crate::plan::change::Action;

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
