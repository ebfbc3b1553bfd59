//! What goes on, on standard error: a bar on a terminal, lines in CI.

use std::cell::RefCell;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::apply::Event;
use crate::apply::report::Row;
use crate::model::division::Divisions;
use crate::model::names::Locale;
use crate::render::human;
use crate::render::style::Style;
use crate::retire;
use crate::terminal::Terminal;

/// One listener of the events of a run.
pub struct Progress<'a> {
    bar: Option<ProgressBar>,
    terminal: RefCell<&'a mut Terminal>,
    names: Names<'a>,
    style: Style,
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
    pub fn new(terminal: &'a mut Terminal, ci: bool, total: usize, names: Names<'a>, style: Style) -> Progress<'a> {
        let bar = (terminal.err_is_terminal() && !ci).then(|| bar(total));
        Progress { bar, terminal: RefCell::new(terminal), names, style }
    }

    /// Takes one event.
    pub fn tell(&self, event: Event<'_>) {
        match (&self.bar, event) {
            (Some(bar), Event::Finished(row)) => {
                bar.inc(1);
                bar.set_message(first_line(&self.finished(row)));
            }
            (Some(bar), Event::Started(step)) => bar.set_message(human::started(step, self.names.default_locale)),
            (Some(bar), Event::Verifying) => bar.set_message("reading the org again"),
            (None, Event::Finished(row)) => self.line(&self.finished(row)),
            (None, Event::Verifying) => self.line("reading the org again"),
            // Lines tell what happened; on a bar there is room for what is going on as well.
            (None, Event::Started(_)) => {}
        }
    }

    /// Takes the bar away.
    pub fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }

    fn finished(&self, row: &Row) -> String {
        human::finished(row, self.names.divisions, self.style)
    }

    fn line(&self, text: &str) {
        self.terminal.borrow_mut().err(&format!("{text}\n"));
    }
}

/// How many of many are over: a bar on a terminal, and nothing elsewhere.
pub struct Count(Option<ProgressBar>);

impl Count {
    /// Up to `total`.
    #[must_use]
    pub fn new(terminal: &Terminal, ci: bool, total: usize) -> Count {
        Count((terminal.err_is_terminal() && !ci).then(|| bar(total)))
    }

    /// One more is over.
    pub fn one(&self) {
        if let Some(bar) = &self.0 {
            bar.inc(1);
        }
    }

    /// Takes the bar away.
    pub fn end(self) {
        if let Some(bar) = self.0 {
            bar.finish_and_clear();
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
                *self.bar.borrow_mut() = self.has_bar.then(|| bar(count));
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

#[cfg(test)]
mod tests {
    use std::io::{empty, sink};

    use super::*;
    use crate::apply::report::{Outcome, Skip};
    use crate::model::labels::Labels;
    use crate::model::names::SystemPresence;
    use crate::model::observed::Content;
    use crate::plan::change::Action;
    use crate::terminal::Streams;

    #[test]
    fn a_bar_has_one_line() {
        let mut terminal = Terminal::of_streams(Streams {
            out: Box::new(sink()),
            err: Box::new(sink()),
            input: Box::new(empty()),
            out_is_terminal: false,
            err_is_terminal: false,
            input_is_terminal: false,
        });
        let locale = Locale::new("en_US");
        let names = Names { default_locale: &locale, divisions: &Divisions::NotAsked };
        let mut progress = Progress::new(&mut terminal, false, 1, names, Style::PLAIN);
        progress.bar = Some(ProgressBar::hidden());
        let system_presence = SystemPresence::new("Meal").unwrap();
        let outcome = Outcome::Skipped(Skip::Interrupted);
        let after = Content { labels: Labels::new(), deactivated: false, division: None };
        let row = Row {
            action: Action::Update,
            key: None,
            id: None,
            system_presence,
            name: None,
            before: None,
            after,
            outcome,
            worked: None,
            place: None,
            refused_label: None,
            correlation_id: None,
        };
        progress.tell(Event::Finished(&row));
        assert_eq!(progress.bar.as_ref().unwrap().message(), "skipped         update (Meal)");
    }
}
