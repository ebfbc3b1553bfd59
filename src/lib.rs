//! Genesys Cloud presence definitions as code.
//!
//! `ARCHITECTURE.md` has the rooms, and which of them uses which.

pub mod cli;
pub mod client;
pub mod commands;
pub mod config;
pub mod host;
pub mod model;
pub mod ops;
pub mod output;
pub mod plan;
pub mod sandbox;

use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::{Command, CommandFactory as _, FromArgMatches as _};

use crate::cli::line::CommandLine;
use crate::cli::precedence::{self, Contradiction};
use crate::cli::{Cli, ColorWhen, LoggingArgs, variables};
use crate::commands::context::host::Host;
use crate::commands::usage_error;
use crate::host::environment::Environment;
use crate::host::exit::Exit;
use crate::host::signals::Signals;
use crate::host::terminal::Terminal;
use crate::model::problem::Problem;
use crate::output::style::Style;

/// One whole run of the tool.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    environment: &Environment,
    terminal: &mut Terminal,
    signals: &Signals,
) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let mut root = Cli::command();
    root.build();
    let line = CommandLine::read(&root, &arguments);
    match typed(&arguments, &root, &line, environment) {
        Ok(cli) => {
            let stream = terminal.error_stream();
            let work = || commands::run(&cli, &line, environment, terminal, signals);
            host::logging::during(choice(cli.logging), stream, environment.began, work)
        }
        Err(Mistake::Usage(error)) if !error.use_stderr() => {
            terminal.out(&error.render().to_string());
            terminal.settle(Exit::Success)
        }
        Err(mistake) => {
            let (words, problem) = match mistake {
                Mistake::Usage(error) => {
                    let error = usage_error::without_guards(error);
                    (error.render().to_string(), usage_error::problem(&error, &line))
                }
                Mistake::Variables(Contradiction { message, help }) => {
                    let problem = Problem::new(message).help(help);
                    (output::text::problem::human(&problem, Style::PLAIN), problem)
                }
            };
            terminal.err(&words);
            let mut shell = Host { terminal, environment, signals, line: &line, color: ColorWhen::Auto, quiet: false };
            usage_error::tell(problem, &mut shell);
            // clap's own exit code for wrong usage is 2, which here means "there are changes".
            terminal.settle(Exit::Failure)
        }
    }
}

/// Why it is not known what to do. Help that was asked for is one for clap.
enum Mistake {
    Usage(clap::Error),
    Variables(Contradiction),
}

/// What to do, by what is typed and by the variables that count beside it.
fn typed(
    arguments: &[OsString],
    root: &Command,
    line: &CommandLine,
    environment: &Environment,
) -> Result<Cli, Mistake> {
    let parsed = |variables: &BTreeMap<String, String>| {
        let mut command = variables::applied(Cli::command(), variables);
        let matches = command.try_get_matches_from_mut(arguments);
        matches.and_then(|it| Cli::from_arg_matches(&it).map_err(|error| error.format(&mut command)))
    };
    match precedence::counted(root, line, &environment.flags) {
        Ok(counted) => parsed(&counted)
            .map_err(|error| Mistake::Usage(precedence::with_variable_named(error, root, line, &counted))),
        Err(contradiction) => match parsed(&BTreeMap::new()) {
            Err(error) if !error.use_stderr() => Err(Mistake::Usage(error)),
            _ => Err(Mistake::Variables(contradiction)),
        },
    }
}

/// What of a run is logged.
fn choice(args: LoggingArgs) -> host::logging::LogChoice {
    let LoggingArgs { verbose, quiet: _, log_format } = args;
    let detail = match verbose {
        0 => host::logging::Detail::Nothing,
        1 => host::logging::Detail::Requests,
        2.. => host::logging::Detail::Everything,
    };
    host::logging::LogChoice { detail, format: log_format }
}
