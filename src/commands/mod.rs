//! One function a subcommand: gathers inputs, calls the core, picks the view.

use crate::cli::line::CommandLine;
use crate::cli::{Cli, Command, UserCommand};
use crate::commands::context::run::{Failure, Host};
use crate::host::environment::Environment;
use crate::host::exit::Exit;
use crate::host::signals::Signals;
use crate::host::terminal::Terminal;
use crate::model::problem::Problem;

pub mod apply;
pub mod completions;
pub mod context;
pub mod doctor;
pub mod drift;
pub mod import;
pub mod init;
pub mod log;
pub mod plan;
pub mod retire;
pub mod sandbox;
pub mod saved;
pub mod show;
pub mod undo;
pub mod usage_error;
pub mod user_get;
pub mod user_set;
pub mod users;
pub mod validate;

pub fn run(
    cli: &Cli,
    line: &CommandLine,
    environment: &Environment,
    terminal: &mut Terminal,
    signals: &Signals,
) -> Exit {
    let mut shell = Host { terminal, environment, signals, line, color: cli.color, quiet: cli.logging.quiet };
    let exit = match &cli.command {
        Command::Plan(args) => in_runtime(&mut shell, async |shell| plan::run(args, shell).await),
        Command::Apply(args) => in_runtime(&mut shell, async |shell| Box::pin(apply::run(args, shell)).await),
        Command::Drift(args) => in_runtime(&mut shell, async |shell| drift::run(args, shell).await),
        Command::Import(args) => in_runtime(&mut shell, async |shell| import::run(args, shell).await),
        Command::Show(args) => in_runtime(&mut shell, async |shell| show::run(args, shell).await),
        Command::Retire(args) => in_runtime(&mut shell, async |shell| retire::run(args, shell).await),
        Command::Undo(args) => in_runtime(&mut shell, async |shell| Box::pin(undo::run(args, shell)).await),
        Command::Log(args) => log::run(args, &mut shell),
        Command::Init(args) => in_runtime(&mut shell, async |shell| init::run(args, shell).await),
        Command::Doctor(args) => in_runtime(&mut shell, async |shell| doctor::run(args, shell).await),
        Command::Sandbox(args) => in_runtime(&mut shell, async |shell| sandbox::run(args, shell).await),
        Command::User(args) => match &args.command {
            UserCommand::Get(args) => in_runtime(&mut shell, async |shell| user_get::run(args, shell).await),
            UserCommand::Set(args) => in_runtime(&mut shell, async |shell| user_set::run(args, shell).await),
        },
        Command::Completions(args) => completions::completions(*args, &mut shell),
        Command::Man(args) => completions::man(args, &mut shell),
        Command::Validate(args) => validate::validate(args, &mut shell),
        Command::Explain(args) => validate::explain(args, &mut shell),
        Command::Config(args) => validate::show(args, &mut shell),
        Command::Schema(args) => validate::schema(*args, &mut shell),
    };
    shell.terminal.settle(exit)
}

/// One thread is enough for requests that a pace of five a second bounds, and starts at once.
fn in_runtime<'a, 'b, F>(shell: &'a mut Host<'b>, work: F) -> Exit
where
    F: AsyncFnOnce(&'a mut Host<'b>) -> Exit,
{
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(work(shell)),
        Err(error) => {
            let problem = Problem::new(format!("the runtime did not start: {error}"));
            shell.fail(&Failure::Problem(problem))
        }
    }
}
