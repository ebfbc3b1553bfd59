//! What every command needs of the outside: streams, environment, colour; and how a failure leaves
//! a command.

use crate::cli::{ColorWhen, ConfigArgs, Format, LimitArgs};
use crate::commands::outputs::Outputs;
use crate::config::{self, Config, Loaded, Request};
use crate::diagnostic::{Diagnostic, Sources};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::model::desired::Limits;
use crate::problem::Problem;
use crate::render::findings;
use crate::render::problem;
use crate::render::style::Style;
use crate::terminal::Terminal;

/// The outside of a command.
pub struct Shell<'a> {
    /// The streams.
    pub terminal: &'a mut Terminal,
    /// The variables.
    pub environment: &'a Environment,
    /// `--color`.
    pub color: ColorWhen,
}

/// Why a command ends without its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The files hold errors.
    Findings(Sources, Vec<Diagnostic>),
    /// Anything else.
    Problem(Problem),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        Failure::Problem(problem)
    }
}

impl Shell<'_> {
    /// How standard output is styled.
    #[must_use]
    pub fn style_out(&self) -> Style {
        self.style(self.terminal.out_is_terminal())
    }

    /// How standard error is styled.
    #[must_use]
    pub fn style_err(&self) -> Style {
        self.style(self.terminal.err_is_terminal())
    }

    fn style(&self, is_terminal: bool) -> Style {
        let color = match self.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => is_terminal && !self.environment.no_color,
        };
        Style { color }
    }

    /// Reads a config and shows what was found in it.
    ///
    /// # Errors
    /// The files hold errors; they are not shown yet.
    pub fn load(&mut self, args: &ConfigArgs) -> Result<(Config, Sources), Failure> {
        let ConfigArgs { path, org, root } = args.clone();
        let Loaded { sources, diagnostics, config } = config::load(&Request { path, org, root });
        match config {
            Some(config) => {
                self.show_findings(&diagnostics, &sources);
                Ok((config, sources))
            }
            None => Err(Failure::Findings(sources, diagnostics)),
        }
    }

    /// Shows findings on standard error.
    pub fn show_findings(&mut self, diagnostics: &[Diagnostic], sources: &Sources) {
        if !diagnostics.is_empty() {
            let text = findings_shown(diagnostics, sources, self.style_err());
            self.terminal.err(&text);
        }
    }

    /// Shows look-ups that failed without stopping anything.
    pub fn show_notes(&mut self, notes: &[Problem]) {
        for note in notes {
            let text = problem::note(note, self.style_err());
            self.terminal.err(&text);
        }
    }

    /// Ends a command that has no result: in words on standard error, and as a document wherever
    /// one was asked for, since a pipeline reads the document when something failed most of all.
    pub fn fail(&mut self, failure: &Failure, outputs: Option<Outputs>) -> Exit {
        let words = match failure {
            Failure::Findings(sources, diagnostics) => findings_shown(diagnostics, sources, self.style_err()),
            Failure::Problem(problem) => problem::human(problem, self.style_err()),
        };
        self.terminal.err(&words);
        if let Some(outputs) = outputs {
            let on_stdout = outputs.on_stdout == Some(Format::Json);
            let view = |format: Format| match format {
                Format::Human => plain(failure),
                Format::Json => document(failure),
            };
            if let Err(problem) = outputs.write(self.terminal, &view, on_stdout) {
                let text = problem::human(&problem, self.style_err());
                self.terminal.err(&text);
            }
        }
        Exit::Failure
    }
}

fn plain(failure: &Failure) -> String {
    match failure {
        Failure::Findings(sources, diagnostics) => findings_shown(diagnostics, sources, Style::PLAIN),
        Failure::Problem(problem) => problem::human(problem, Style::PLAIN),
    }
}

fn document(failure: &Failure) -> String {
    match failure {
        Failure::Findings(sources, diagnostics) => {
            problem::json(&Problem::new("the config holds errors"), diagnostics, sources)
        }
        Failure::Problem(problem) => problem::json(problem, &[], &Sources::new()),
    }
}

fn findings_shown(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = findings::write(&mut text, diagnostics, sources, style);
    text
}

/// The config's limits, raised by the flags of a person. A flag never lowers one.
#[must_use]
pub fn limits(config: &Limits, flags: LimitArgs) -> Limits {
    let LimitArgs { allow_removals, allow_label_removals, allow_renames, allow_active_users } = flags;
    let raise = |limit: u32, flag: Option<u32>| flag.map_or(limit, |flag| flag.max(limit));
    Limits {
        removals: raise(config.removals, allow_removals),
        label_removals: raise(config.label_removals, allow_label_removals),
        renames: raise(config.renames, allow_renames),
        active_users: config.active_users.map(|limit| raise(limit, allow_active_users)),
    }
}
