//! The outside world of every command: streams, environment, signals, colour.

use std::borrow::Cow;
use std::num::NonZero;
use std::thread;

use tokio::runtime::{Builder, Runtime};

use crate::cli::ColorWhen;
use crate::cli::typed::Typed;
use crate::commands::context::failure::Failure;
use crate::config::diagnostic::Findings;
use crate::config::finding::Severity;
use crate::host::environment::Environment;
use crate::host::exit::Exit;
use crate::host::signals::Signals;
use crate::host::terminal::Terminal;
use crate::model::problem::Problem;
use crate::model::source::Sources;
use crate::model::text;
use crate::output::style::{COLUMNS, Style};
use crate::output::text::{findings, problem};

pub struct Host<'a> {
    pub terminal: &'a mut Terminal,
    pub environment: &'a Environment,
    pub signals: &'a Signals,
    pub typed: &'a Typed,
    /// `--color`.
    pub color: ColorWhen,
    /// `--quiet`: no warnings about a config on standard error.
    pub quiet: bool,
}

impl Host<'_> {
    pub fn reborrow(&mut self) -> Host<'_> {
        Host { terminal: &mut *self.terminal, ..*self }
    }

    pub fn style_out(&self) -> Style {
        let columns = self.terminal.out_columns().unwrap_or(COLUMNS);
        Style { columns, ..self.style(self.terminal.out_is_terminal()) }
    }

    pub fn style_err(&self) -> Style {
        self.style(self.terminal.err_is_terminal())
    }

    fn style(&self, is_terminal: bool) -> Style {
        let color = match self.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => is_terminal && !self.environment.no_color && !self.environment.dumb,
        };
        Style { color, columns: COLUMNS, quiet: self.quiet }
    }

    pub fn show_findings(&mut self, diagnostics: &Findings, sources: &Sources) {
        let text = match self.told(diagnostics) {
            told if told.is_empty() => return,
            told => findings::human(&told, sources, self.style_err()),
        };
        self.terminal.err(&text);
    }

    /// The findings for standard error.
    fn told<'a>(&self, all: &'a Findings) -> Cow<'a, Findings> {
        if !self.quiet {
            return Cow::Borrowed(all);
        }
        let shown = all.iter().filter(|it| it.severity == Severity::Error).cloned().collect();
        Cow::Owned(Findings::new(shown, all.errors, all.warnings))
    }

    /// Shows non-fatal errors.
    pub fn show_notes(&mut self, notes: &[Problem]) {
        for note in notes {
            let text = problem::note(note, self.style_err());
            self.terminal.err(&text);
        }
    }

    /// Like [`Host::show_notes`], for one of several orgs.
    pub fn show_notes_of(&mut self, org: &str, notes: &[Problem]) {
        let named = |it: &Problem| Problem { message: format!("{org}: {}", it.message), ..it.clone() };
        self.show_notes(&notes.iter().map(named).collect::<Vec<_>>());
    }

    /// A progress line about one of several orgs.
    pub fn org_done(&mut self, org: &str, what: &str) {
        if !self.quiet {
            self.terminal.err(&format!("{}: {what}\n", text::terminal(org)));
        }
    }

    /// Asks a question. `unasked` is the error without a terminal.
    pub fn approved(&mut self, question: &str, unasked: impl FnOnce() -> Problem) -> Result<(), Problem> {
        if !self.terminal.can_ask() {
            return Err(unasked());
        }
        match self.terminal.ask(&format!("{question}? Type `yes` to confirm: ")).as_deref() {
            Some("yes") => Ok(()),
            _ => Err(Problem { is_declined: true, ..Problem::new("not approved; nothing was written") }),
        }
    }

    /// Reports the failure of a command on standard error.
    pub fn fail(&mut self, failure: &Failure) -> Exit {
        let words = match failure {
            Failure::Findings(sources, all) => findings::human(&self.told(all), sources, self.style_err()),
            Failure::Problem(_) => self.named(failure).words(self.style_err()),
        };
        self.terminal.err(&words);
        Exit::Failure
    }

    /// The failure, naming the variable if its value is the cause.
    pub fn named<'a>(&self, failure: &'a Failure) -> Cow<'a, Failure> {
        let Failure::Problem(problem) = failure else { return Cow::Borrowed(failure) };
        match self.typed.message_with_variable_named(&problem.message, &self.environment.flags) {
            Some(message) => Cow::Owned(Failure::Problem(Problem { message, ..problem.clone() })),
            None => Cow::Borrowed(failure),
        }
    }
}

/// The error without a terminal. `help` is the alternative.
pub fn nobody_to_ask(help: &str) -> Problem {
    Problem::new("presencectl cannot ask: this is not a terminal; nothing was written").help(help)
}

/// One thread is enough for five requests a second, and it sends the requests of an apply in a known order.
pub fn runtime() -> Result<Runtime, Problem> {
    built(Builder::new_current_thread())
}

/// The most threads for responses. More would wait for the rate limit of an org.
const THREADS_MAX: usize = 4;

/// A runtime whose threads read the pages of a large org concurrently, for a run that does not write.
pub fn runtime_to_read() -> Result<Runtime, Problem> {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(thread::available_parallelism().map_or(1, NonZero::get).min(THREADS_MAX));
    built(builder)
}

fn built(mut builder: Builder) -> Result<Runtime, Problem> {
    let runtime = builder.enable_all().build();
    runtime.map_err(|error| Problem::new(format!("the runtime did not start: {error}")))
}
