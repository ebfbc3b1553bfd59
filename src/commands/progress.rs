//! The progress of an apply on standard error: a bar on a terminal, lines in CI.

use std::cell::RefCell;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::apply::Event;
use crate::model::names::Locale;
use crate::render::human;
use crate::render::style::Style;
use crate::terminal::Terminal;

/// One listener of the events of a run.
pub struct Progress<'a> {
    bar: Option<ProgressBar>,
    terminal: RefCell<&'a mut Terminal>,
    default_locale: &'a Locale,
    style: Style,
}

impl<'a> Progress<'a> {
    /// For a run of `total` objects. A log is read afterwards: `ci` means lines also where the job has a
    /// terminal.
    #[must_use]
    pub fn new(
        terminal: &'a mut Terminal,
        ci: bool,
        total: usize,
        default_locale: &'a Locale,
        style: Style,
    ) -> Progress<'a> {
        let bar = (terminal.err_is_terminal() && !ci).then(|| bar(total));
        Progress { bar, terminal: RefCell::new(terminal), default_locale, style }
    }

    /// Takes one event.
    pub fn tell(&self, event: Event<'_>) {
        match (&self.bar, event) {
            (Some(bar), Event::Finished(row)) => {
                bar.inc(1);
                bar.set_message(human::finished(row, self.style));
            }
            (Some(bar), Event::Started(step)) => bar.set_message(human::started(step, self.default_locale)),
            (Some(bar), Event::Verifying) => bar.set_message("reading the org again"),
            (None, Event::Finished(row)) => self.line(&human::finished(row, self.style)),
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

fn bar(total: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(u64::try_from(total).ok(), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar
}
