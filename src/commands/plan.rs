//! `presencectl plan`.

use crate::cli::{Format, PlanArgs};
use crate::commands::base;
use crate::commands::connect::{Connection, connect, files_read};
use crate::commands::look::{Asked, Identity, Look, look};
use crate::commands::only::limited;
use crate::commands::outputs::Outputs;
use crate::commands::shell::{Failure, Shell};
use crate::config::Config;
use crate::coverage::Coverage;
use crate::diagnostic::Sources;
use crate::exit::Exit;
use crate::model::desired::Desired;
use crate::problem::Heard;
use crate::render::style::Style;
use crate::render::{github, html, human, machine, markdown};

/// Shows what `apply` would do.
pub async fn run(args: &PlanArgs, shell: &mut Shell<'_>) -> Exit {
    shell.signals.watch();
    let mut outputs = match Outputs::open(&args.output.outputs, shell.signals) {
        Ok(outputs) => outputs,
        Err(problem) => return shell.fail(&problem.into()),
    };
    let mut heard = Heard { org: None, sandbox: args.target.sandbox };
    match made(args, &mut heard, &mut outputs, shell).await {
        Ok(made) => show(args, &made, outputs, shell),
        Err(failure) => shell.fail_into(&failure, &heard, outputs),
    }
}

/// A plan and what it was made from.
struct Made {
    look: Look,
    desired: Desired,
    sources: Sources,
}

async fn made(
    args: &PlanArgs,
    heard: &mut Heard,
    outputs: &mut Outputs,
    shell: &mut Shell<'_>,
) -> Result<Made, Failure> {
    outputs.spare(files_read(&args.target))?;
    let (Config { desired, .. }, sources) = shell.load(&args.config, outputs)?;
    let desired = limited(desired, &args.only)?;
    let given = args.base.as_deref().map(|typed| base::read(&args.config, typed)).transpose()?;
    outputs.spare(given.iter().flat_map(|it| &it.files))?;
    let Connection { session, sandbox, is_real: _ } = connect(&args.target, &desired, shell.environment).await?;
    // A reader is all that this command has: it cannot write.
    let asked = Asked::of(&desired, Identity::to_read(&desired), &args.target, args.limits, args.usage);
    let look = look(&session.reader(), &asked, heard).await;
    if let Some(server) = sandbox {
        server.shutdown().await;
    }
    let mut look = look?;
    if let Some(given) = given {
        look.plan = given.compared(look.plan, &desired, &look.observed);
    }
    Ok(Made { look, desired, sources })
}

fn show(args: &PlanArgs, made: &Made, outputs: Outputs, shell: &mut Shell<'_>) -> Exit {
    let Made { look: Look { target, observed: _, plan, notes }, desired, sources } = made;
    shell.show_notes(notes);
    let view = |format: Format, style: Style| match format {
        Format::Human => human::plan(plan, target, sources, style),
        Format::Json => machine::plan_json(plan, target, sources),
        Format::Markdown => markdown::plan(plan, target, sources),
        Format::Summary => markdown::plan_summary(plan, &Coverage::of(desired), target, sources),
        Format::Html => html::plan(plan, &Coverage::of(desired), target, sources),
        Format::Github => github::plan(plan, desired, sources),
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
