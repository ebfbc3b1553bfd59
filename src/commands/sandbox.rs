//! `presencectl sandbox`.

use crate::cli::SandboxArgs;
use crate::commands::context::host::{Host, runtime};
use crate::commands::context::start_sandbox;
use crate::host::exit::Exit;
use crate::host::signals::Received;
use crate::model::problem::Problem;
use crate::sandbox::{self, SandboxConfig, Seed, Server};

/// A few of the sample users are enough for a trial.
const USERS_SHOWN_MAX: usize = 5;

/// Serves the sandbox org until a signal.
pub fn run(args: &SandboxArgs, host: &mut Host<'_>) -> Exit {
    let served = runtime().and_then(|runtime| runtime.block_on(serve(args, host)));
    served.unwrap_or_else(|problem| host.fail(&problem.into()))
}

async fn serve(args: &SandboxArgs, host: &mut Host<'_>) -> Result<Exit, Problem> {
    let server = start(args).await?;
    let mut signals = Received::listening();
    let mut text = format!(
        "url={}\nclient_id={}\nclient_secret={}\ntoken={}\n",
        server.url(),
        server.client_id(),
        server.client_secret(),
        server.token()
    );
    for id in server.user_ids().into_iter().take(USERS_SHOWN_MAX) {
        text.push_str("user=");
        text.push_str(&id);
        text.push('\n');
    }
    host.terminal.out(&text);
    host.terminal.err("Serving the sandbox org on this machine only; Ctrl-C ends it.\n");
    signals.next().await;
    server.shutdown().await;
    Ok(Exit::Success)
}

async fn start(args: &SandboxArgs) -> Result<Server, Problem> {
    let definitions = start_sandbox::typed(args.seed.as_deref(), sandbox::read_seed_file)?;
    let faults = start_sandbox::typed(args.faults.as_deref(), sandbox::read_fault_file)?;
    let behavior = start_sandbox::typed(args.behavior.as_deref(), sandbox::read_behavior_file)?;
    let config = SandboxConfig {
        state_file: args.state.clone(),
        seed: Seed { definitions, ..Seed::default() },
        port: args.port,
        faults,
        ..SandboxConfig::rehearsal(behavior)
    };
    Ok(Server::start(config).await?)
}
