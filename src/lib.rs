//! Genesys Cloud presence definitions as code.
//!
//! ```text
//!  YAML ──config──▶ Desired ─┐                        ┌─▶ render: human · json · markdown · html · github
//!                            ├─ plan (pure) ─▶ Plan ──┤
//!  org ◀─wire─ api ─▶ Observed┘        ▲              └─▶ apply ─▶ Events ─▶ Report ─▶ render
//!         │                            └── plan::document (the saved plan is the JSON document)
//!         └── sandbox: axum routes over sandbox::org, a state machine with scripted faults
//! ```

pub mod api;
pub mod apply;
pub mod cause;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod coverage;
pub mod diagnostic;
pub mod doctor;
pub mod document;
pub mod drift;
pub mod environment;
pub mod exit;
pub mod formula;
pub mod git;
pub mod import;
pub mod init;
pub mod journal;
mod json;
pub mod limits;
pub mod logging;
pub mod nofollow;
pub mod placed;
pub mod plan;
pub mod problem;
pub mod provenance;
pub mod proxy;
pub mod retire;
pub mod rules;
pub mod sandbox;
pub mod show;
pub mod signals;
pub mod slug;
pub mod stop;
pub mod terminal;
pub mod text;
pub mod undo;
pub mod users;
pub mod yaml;

use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::{Command, CommandFactory as _, FromArgMatches as _};

use crate::cli::line::Line;
use crate::cli::precedence::{self, Contradiction};
use crate::cli::{Cli, ColorWhen, LoggingArgs, variables};
use crate::commands::mistyped;
use crate::commands::shell::Shell;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::problem::Problem;
use crate::render::style::Style;
use crate::signals::Signals;
use crate::terminal::Terminal;

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
    let line = Line::read(&root, &arguments);
    match typed(&arguments, &root, &line, environment) {
        Ok(cli) => {
            let stream = terminal.error_stream();
            let work = || commands::run(&cli, &line, environment, terminal, signals);
            logging::during(choice(cli.logging), stream, environment.began, work)
        }
        Err(Mistake::Usage(error)) if !error.use_stderr() => {
            terminal.out(&error.render().to_string());
            terminal.settle(Exit::Success)
        }
        Err(mistake) => {
            let (words, problem) = match mistake {
                Mistake::Usage(error) => {
                    let error = mistyped::without_guards(error);
                    (error.render().to_string(), mistyped::problem(&error, &line))
                }
                Mistake::Variables(Contradiction { message, help }) => {
                    let problem = Problem::new(message).help(help);
                    (render::problem::human(&problem, Style::PLAIN), problem)
                }
            };
            terminal.err(&words);
            let mut shell = Shell { terminal, environment, signals, line: &line, color: ColorWhen::Auto, quiet: false };
            mistyped::tell(problem, &mut shell);
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
fn typed(arguments: &[OsString], root: &Command, line: &Line, environment: &Environment) -> Result<Cli, Mistake> {
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
fn choice(args: LoggingArgs) -> logging::Choice {
    let LoggingArgs { verbose, quiet: _, log_format } = args;
    let detail = match verbose {
        0 => logging::Detail::Nothing,
        1 => logging::Detail::Requests,
        2.. => logging::Detail::Everything,
    };
    logging::Choice { detail, format: log_format }
}

/// The domain's words: names, labels, what is desired and what was observed.
pub mod model {
    pub mod alike;
    pub mod circle;
    pub mod desired;
    pub mod division;
    pub mod generation;
    pub mod labels;
    pub mod moment;
    pub mod names;
    pub mod observed;
    pub mod odd;
    pub mod region;
    pub mod usage;
    pub mod user;
}

/// Views of plans, reports and findings. Nothing is decided here.
pub mod render {
    pub mod cause;
    pub mod csv;
    pub mod doctor;
    pub mod explain;
    pub mod findings;
    pub mod github;
    pub mod gitlab;
    pub mod html;
    pub mod human;
    pub mod import;
    pub mod init;
    pub mod listing;
    pub mod log;
    pub mod logging;
    pub mod machine;
    pub mod markdown;
    pub mod outcome;
    pub mod placed;
    pub mod problem;
    pub mod reported;
    pub mod retire;
    pub mod rows;
    pub mod sarif;
    pub mod style;
    pub mod table;
    pub mod users;
    pub mod verdict;
}
