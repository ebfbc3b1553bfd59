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

use clap::{CommandFactory as _, FromArgMatches as _};

use crate::cli::typed::{Typed, for_several_orgs, without_guards};
use crate::cli::{Cli, LoggingArgs, help, variables};
use crate::host::environment::Environment;
use crate::host::exit::Exit;
use crate::host::signals::Signals;
use crate::host::terminal::Terminal;
use crate::output::style::Style;

/// One whole run of the tool.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    environment: &Environment,
    terminal: &mut Terminal,
    signals: &Signals,
) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    match read(&arguments, environment) {
        Ok((cli, typed)) => {
            let stream = terminal.error_stream();
            let work = || commands::run(&cli, &typed, environment, terminal, signals);
            host::logging::during(choice(cli.logging), stream, environment.began, work)
        }
        Err(Unread::Help(page)) => {
            terminal.out(&page);
            terminal.settle(Exit::Success)
        }
        Err(Unread::WrongUsage(words)) => {
            terminal.err(&words);
            // clap's own exit code for wrong usage is 2, which here means "there are changes".
            terminal.settle(Exit::Failure)
        }
    }
}

/// Why there is nothing to run: the text that is shown instead.
enum Unread {
    Help(String),
    WrongUsage(String),
}

/// What to do, by what is typed and by the variables that count beside it.
fn read(arguments: &[OsString], environment: &Environment) -> Result<(Cli, Typed), Unread> {
    let mut root = Cli::command();
    root.build();
    let typed = Typed::read(&root, arguments);
    let asks_for_short_help = arguments.len() < 2 || arguments.iter().any(|it| it == "-h");
    let read_line = |line: &[OsString], variables: &BTreeMap<String, String>| {
        let mut command = variables::applied(Cli::command(), variables);
        if asks_for_short_help {
            command = help::short(command);
        }
        let matches = command.try_get_matches_from_mut(line);
        matches.and_then(|it| Cli::from_arg_matches(&it).map_err(|error| error.format(&mut command)))
    };
    let parsed = |variables: &BTreeMap<String, String>| read_line(arguments, variables);
    match typed.variables_beside(&root, &environment.flags) {
        Ok(counted) => match parsed(&counted) {
            Ok(cli) => Ok((cli, typed)),
            Err(error) if !error.use_stderr() => Err(Unread::Help(error.render().to_string())),
            Err(error) => Err(Unread::WrongUsage(
                match for_several_orgs(&error, &typed.command(), arguments, |line| read_line(line, &counted).ok()) {
                    Some(problem) => output::text::problem::human(&problem, Style::PLAIN),
                    None => without_guards(typed.with_variable_named(error, &root, &counted)).render().to_string(),
                },
            )),
        },
        Err(problem) => match parsed(&BTreeMap::new()) {
            Err(error) if !error.use_stderr() => Err(Unread::Help(error.render().to_string())),
            _ => Err(Unread::WrongUsage(output::text::problem::human(&problem, Style::PLAIN))),
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
