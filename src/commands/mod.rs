//! One function per subcommand, read from top to bottom. `context` is its input.

use tokio::runtime::Runtime;

use crate::cli::typed::Typed;
use crate::cli::{Cli, Command, Format, LabelsCommand, UserCommand, View};
use crate::commands::context::failure::Failure;
use crate::commands::context::host::{Host, runtime, runtime_to_read};
use crate::commands::context::run::Run;
use crate::host::environment::Environment;
use crate::host::exit::Exit;
use crate::host::signals::Signals;
use crate::host::terminal::Terminal;
use crate::model::problem::Problem;

pub mod apply;
pub mod behind;
pub mod combine;
pub mod compare;
pub mod completions;
pub mod context;
pub mod doctor;
pub mod doctor_ci;
pub mod doctor_fleet;
pub mod drift;
pub mod fleet;
pub mod import;
pub mod import_place;
pub mod init;
pub mod init_ci;
pub mod labels_export;
pub mod labels_import;
pub mod log;
pub mod orgs;
pub mod pin;
pub mod plan;
pub mod plans_dir;
pub mod promote;
pub mod retire;
pub mod sandbox;
pub mod saved;
pub mod selection;
pub mod show;
pub mod undo;
pub mod user_get;
pub mod user_set;
pub mod users;
pub mod validate;

pub fn run(cli: &Cli, typed: &Typed, environment: &Environment, terminal: &mut Terminal, signals: &Signals) -> Exit {
    let mut host = Host { terminal, environment, signals, typed, color: cli.color, quiet: cli.logging.quiet };
    // Several orgs are read concurrently anyway.
    let to_read = |is_one: bool| if is_one { runtime_to_read() } else { runtime() };
    let exit = match &cli.command {
        Command::Plan(args) => {
            with_runtime(to_read(args.config.one().is_some()), host.reborrow(), async |run| plan::run(args, run).await)
        }
        Command::Apply(args) => with_run(host.reborrow(), async |run| Box::pin(apply::run(args, run)).await),
        Command::Drift(args) => {
            with_runtime(to_read(args.config.one().is_some()), host.reborrow(), async |run| drift::run(args, run).await)
        }
        Command::Import(args) => with_run(host.reborrow(), async |run| import::run(args, run).await),
        Command::Show(args) => with_run(host.reborrow(), async |run| show::run(args, run).await),
        Command::Retire(args) => with_run(host.reborrow(), async |run| Box::pin(retire::run(args, run)).await),
        Command::Undo(args) => with_run(host.reborrow(), async |run| Box::pin(undo::run(args, run)).await),
        Command::Log(args) => with_run(host.reborrow(), async |run| log::run(args, run)),
        Command::Init(args) => with_run(host.reborrow(), async |run| init::run(args, run).await),
        Command::Doctor(args) if args.ci.is_none() && args.chosen.are_several() => {
            with_run(host.reborrow(), async |run| doctor_fleet::run(args, run).await)
        }
        Command::Doctor(args) => with_run(host.reborrow(), async |run| doctor::run(args, run).await),
        Command::Sandbox(args) => sandbox::run(args, &mut host),
        Command::User(args) => match &args.command {
            UserCommand::Get(args) => with_run(host.reborrow(), async |run| user_get::run(args, run).await),
            UserCommand::Set(args) => with_run(host.reborrow(), async |run| user_set::run(args, run).await),
        },
        Command::Promote(args) => with_run::<Format>(host.reborrow(), async |run| promote::run(args, run)),
        Command::Pin(args) => with_run(host.reborrow(), async |run| pin::run(args, run).await),
        Command::Labels(args) => match &args.command {
            LabelsCommand::Export(args) => with_run(host.reborrow(), async |run| labels_export::run(args, run)),
            LabelsCommand::Import(args) => {
                with_run::<Format>(host.reborrow(), async |run| labels_import::run(args, run))
            }
        },
        Command::Compare(args) => with_run(host.reborrow(), async |run| compare::run(args, run).await),
        Command::Orgs(args) => with_run(host.reborrow(), async |run| orgs::run(args, run)),
        Command::Combine(args) => with_run(host.reborrow(), async |run| combine::run(args, run)),
        Command::Validate(args) => with_run(host.reborrow(), async |run| validate::run(args, run)),
        Command::Config(args) => with_run(host.reborrow(), async |run| validate::config(args, run)),
        Command::Completions(args) => completions::completions(*args, &mut host),
        Command::Man(args) => completions::man(args, &mut host),
        Command::Explain(args) => validate::explain(args, &mut host),
        Command::Schema(args) => validate::schema(*args, &mut host),
    };
    host.terminal.settle(exit)
}

fn with_run<'a, F: View>(host: Host<'a>, work: impl AsyncFnOnce(&mut Run<'a, F>) -> Result<Exit, Failure>) -> Exit {
    with_runtime(runtime(), host, work)
}

fn with_runtime<'a, F: View>(
    runtime: Result<Runtime, Problem>,
    mut host: Host<'a>,
    work: impl AsyncFnOnce(&mut Run<'a, F>) -> Result<Exit, Failure>,
) -> Exit {
    match runtime {
        Ok(runtime) => runtime.block_on(Run::new(host).perform(work)),
        Err(problem) => host.fail(&problem.into()),
    }
}
