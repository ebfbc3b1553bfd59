//! `presencectl plan`.

use crate::cli::{Format, PlanArgs};
use crate::commands::connect::{Connection, api, connect};
use crate::commands::look::{Asked, Identity, Look, look};
use crate::commands::outputs::Outputs;
use crate::commands::shell::{Failure, Shell, limits};
use crate::config::Config;
use crate::diagnostic::Sources;
use crate::exit::Exit;
use crate::render::style::Style;
use crate::render::{human, machine};

/// Shows what `apply` would do.
pub async fn run(args: &PlanArgs, shell: &mut Shell<'_>) -> Exit {
    let outputs = match Outputs::open(&args.output.outputs) {
        Ok(outputs) => outputs,
        Err(problem) => return shell.fail(&problem.into(), None),
    };
    match made(args, shell).await {
        Ok((look, sources)) => show(args, &look, &sources, outputs, shell),
        Err(failure) => shell.fail(&failure, Some(outputs)),
    }
}

async fn made(args: &PlanArgs, shell: &mut Shell<'_>) -> Result<(Look, Sources), Failure> {
    let (Config { desired, .. }, sources) = shell.load(&args.config)?;
    let Connection { session, sandbox, is_real: _ } = connect(&args.target, &desired, shell.environment).await?;
    let org = desired.org.as_ref();
    let identity = Identity {
        meant: org.and_then(|org| org.id.clone()),
        name: org.map(|org| org.name.clone()),
        must_be_known: false,
    };
    let limits = limits(&desired.settings.limits, args.limits);
    // A reader is all that this command has: it cannot write.
    let asked = Asked {
        desired: &desired,
        limits: &limits,
        identity: &identity,
        api: api(&args.target, &desired),
        usage: args.usage,
        sandbox: sandbox.is_some(),
    };
    let look = look(&session.reader(), &asked).await;
    if let Some(server) = sandbox {
        server.shutdown().await;
    }
    Ok((look?, sources))
}

fn show(args: &PlanArgs, look: &Look, sources: &Sources, outputs: Outputs, shell: &mut Shell<'_>) -> Exit {
    let Look { target, plan, divisions: _, notes } = look;
    shell.show_notes(notes);
    let on_stdout = outputs.on_stdout;
    let style = shell.style_out();
    let view = |format: Format| match format {
        Format::Human if on_stdout == Some(Format::Human) => human::plan(plan, target, sources, style),
        Format::Human => human::plan(plan, target, sources, Style::PLAIN),
        Format::Json => machine::plan_json(plan, target, sources),
    };
    if let Err(problem) = outputs.write(shell.terminal, &view, true) {
        return shell.fail(&problem.into(), None);
    }
    if !plan.refusals.is_empty() {
        Exit::Failure
    } else if args.detailed_exitcode && !plan.changes.is_empty() {
        Exit::Changes
    } else {
        Exit::Success
    }
}
