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
pub mod git;
pub mod import;
pub mod init;
pub mod journal;
pub mod limits;
pub mod logging;
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

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _};

use crate::cli::{Cli, LoggingArgs, variables};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::signals::Signals;
use crate::terminal::Terminal;

/// One whole run of the tool.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    environment: &Environment,
    terminal: &mut Terminal,
    signals: &Signals,
) -> Exit {
    let mut command = variables::applied(Cli::command(), &environment.flags);
    let parsed = command.try_get_matches_from_mut(arguments).and_then(|matches| {
        variables::unread(&mut command, &matches)?;
        Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    });
    match parsed {
        Ok(cli) => {
            let stream = terminal.error_stream();
            let work = || commands::run(&cli, environment, terminal, signals);
            logging::during(choice(cli.logging), stream, environment.began, work)
        }
        Err(error) => {
            // clap's own exit code for wrong usage is 2, which here means "there are changes".
            let help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            let text = error.render().to_string();
            if help {
                terminal.out(&text);
            } else {
                terminal.err(&text);
            }
            terminal.settle(if help { Exit::Success } else { Exit::Failure })
        }
    }
}

/// What of a run is logged.
fn choice(args: LoggingArgs) -> logging::Choice {
    let LoggingArgs { verbose, log_format } = args;
    let detail = match verbose {
        0 => logging::Detail::Nothing,
        1 => logging::Detail::Requests,
        2.. => logging::Detail::Everything,
    };
    logging::Choice { detail, format: log_format }
}

/// The domain's words: names, labels, what is desired and what was observed.
pub mod model {
    pub mod circle;
    pub mod desired;
    pub mod division;
    pub mod generation;
    pub mod labels;
    pub mod moment;
    pub mod names;
    pub mod observed;
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
