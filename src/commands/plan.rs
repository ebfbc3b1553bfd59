//! `presencectl plan`.

use crate::cli::{Format, PlanArgs};
use crate::commands::connect::{Connection, connect, files_read};
use crate::commands::look::{Asked, Identity, Look, look};
use crate::commands::only::limited;
use crate::commands::outputs::Outputs;
use crate::commands::shell::{Failure, Shell};
use crate::config::Config;
use crate::diagnostic::Sources;
use crate::exit::Exit;
use crate::problem::Heard;
use crate::render::style::Style;
use crate::render::{human, machine};

/// Shows what `apply` would do.
pub async fn run(args: &PlanArgs, shell: &mut Shell<'_>) -> Exit {
    shell.signals.watch();
    let mut outputs = match Outputs::open(&args.output.outputs, shell.signals) {
        Ok(outputs) => outputs,
        Err(problem) => return shell.fail(&problem.into()),
    };
    let mut heard = Heard { org: None, sandbox: args.target.sandbox };
    match made(args, &mut heard, &mut outputs, shell).await {
        Ok((look, sources)) => show(args, &look, &sources, outputs, shell),
        Err(failure) => shell.fail_into(&failure, &heard, outputs),
    }
}

async fn made(
    args: &PlanArgs,
    heard: &mut Heard,
    outputs: &mut Outputs,
    shell: &mut Shell<'_>,
) -> Result<(Look, Sources), Failure> {
    outputs.spare(files_read(&args.target))?;
    let (Config { desired, .. }, sources) = shell.load(&args.config, outputs)?;
    let desired = limited(desired, &args.only)?;
    let Connection { session, sandbox, is_real: _ } = connect(&args.target, &desired, shell.environment).await?;
    // A reader is all that this command has: it cannot write.
    let asked = Asked::of(&desired, Identity::to_read(&desired), &args.target, args.limits, args.usage);
    let look = look(&session.reader(), &asked, heard).await;
    if let Some(server) = sandbox {
        server.shutdown().await;
    }
    Ok((look?, sources))
}

fn show(args: &PlanArgs, look: &Look, sources: &Sources, outputs: Outputs, shell: &mut Shell<'_>) -> Exit {
    let Look { target, observed: _, plan, notes } = look;
    shell.show_notes(notes);
    let view = |format: Format, style: Style| match format {
        Format::Human => human::plan(plan, target, sources, style),
        Format::Json => machine::plan_json(plan, target, sources),
    };
    let exit = if !plan.refusals.is_empty() {
        Exit::Failure
    } else if args.detailed_exitcode && !plan.changes.is_empty() {
        Exit::Changes
    } else {
        Exit::Success
    };
    let stdout = view(outputs.on_stdout, shell.style_out());
    shell.write(outputs, &stdout, &|format| view(format, Style::PLAIN), exit)
}
