//! One function a subcommand: gathers inputs, calls the core, picks the view.

use crate::cli::line::CommandLine;
use crate::cli::{Cli, Command, UserCommand};
use crate::commands::context::host::{Failure, Host};
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
    let mut host = Host { terminal, environment, signals, line, color: cli.color, quiet: cli.logging.quiet };
    let exit = match &cli.command {
        Command::Plan(args) => in_runtime(&mut host, async |host| plan::run(args, host).await),
        Command::Apply(args) => in_runtime(&mut host, async |host| Box::pin(apply::run(args, host)).await),
        Command::Drift(args) => in_runtime(&mut host, async |host| drift::run(args, host).await),
        Command::Import(args) => in_runtime(&mut host, async |host| import::run(args, host).await),
        Command::Show(args) => in_runtime(&mut host, async |host| show::run(args, host).await),
        Command::Retire(args) => in_runtime(&mut host, async |host| retire::run(args, host).await),
        Command::Undo(args) => in_runtime(&mut host, async |host| Box::pin(undo::run(args, host)).await),
        Command::Log(args) => log::run(args, &mut host),
        Command::Init(args) => in_runtime(&mut host, async |host| init::run(args, host).await),
        Command::Doctor(args) => in_runtime(&mut host, async |host| doctor::run(args, host).await),
        Command::Sandbox(args) => in_runtime(&mut host, async |host| sandbox::run(args, host).await),
        Command::User(args) => match &args.command {
            UserCommand::Get(args) => in_runtime(&mut host, async |host| user_get::run(args, host).await),
            UserCommand::Set(args) => in_runtime(&mut host, async |host| user_set::run(args, host).await),
        },
        Command::Completions(args) => completions::completions(*args, &mut host),
        Command::Man(args) => completions::man(args, &mut host),
        Command::Validate(args) => validate::validate(args, &mut host),
        Command::Explain(args) => validate::explain(args, &mut host),
        Command::Config(args) => validate::show(args, &mut host),
        Command::Schema(args) => validate::schema(*args, &mut host),
    };
    host.terminal.settle(exit)
}

/// One thread is enough for requests that a pace of five a second bounds, and starts at once.
fn in_runtime<'a, 'b, F>(host: &'a mut Host<'b>, work: F) -> Exit
where
    F: AsyncFnOnce(&'a mut Host<'b>) -> Exit,
{
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(work(host)),
        Err(error) => {
            let problem = Problem::new(format!("the runtime did not start: {error}"));
            host.fail(&Failure::Problem(problem))
        }
    }
}
