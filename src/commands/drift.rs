//! `presencectl drift`.

use crate::cli::{DriftArgs, DriftFormat, LimitArgs};
use crate::commands::connect::files_read;
use crate::commands::conversation::converse;
use crate::commands::desk::Desk;
use crate::commands::identity::Identity;
use crate::commands::journal::reports;
use crate::commands::look::{Asked, Look, look};
use crate::commands::outputs::Outputs;
use crate::commands::shell::{Failure, Shell};
use crate::config::Config;
use crate::diagnostic::Sources;
use crate::drift::{Drift, Names, drift};
use crate::exit::Exit;
use crate::render::markdown::{COMMENT, SUMMARY};
use crate::render::style::Style;
use crate::render::{github, html, human, machine, markdown};

/// No limit is raised: nothing is applied.
const LIMITS: LimitArgs =
    LimitArgs { allow_removals: None, allow_label_removals: None, allow_renames: None, allow_active_users: None };

/// Shows what is otherwise in the org.
pub async fn run(args: &DriftArgs, shell: &mut Shell<'_>) -> Exit {
    shell.signals.watch();
    match Desk::to_read(&args.target, &args.outputs, shell) {
        Ok(mut desk) => {
            let made = made(args, &mut desk, shell).await;
            desk.close(made, shell, |made, desk, shell| show(args, &made, desk.outputs, shell))
        }
        Err(exit) => exit,
    }
}

/// A drift and what it was made from.
struct Made {
    look: Look,
    drift: Drift,
    sources: Sources,
}

async fn made(args: &DriftArgs, desk: &mut Desk<DriftFormat>, shell: &mut Shell<'_>) -> Result<Made, Failure> {
    let Desk { outputs, heard, .. } = desk;
    outputs.spare(files_read(&args.target))?;
    let (Config { desired, .. }, sources) = shell.load(&args.config, outputs)?;
    outputs.spare(&args.report_dir)?;
    let reports = args.report_dir.as_deref().map_or_else(|| Ok(Vec::new()), reports)?;
    let asked = Asked::of(&desired, Identity::to_read(&desired), &args.target, LIMITS, false);
    let look = converse(&args.target, &desired, shell, async |connection, _| {
        // A reader is all that this command has: it cannot write.
        look(&connection.session.reader(), &asked, heard).await
    })
    .await?;
    let names = if args.no_names { Names::Withheld } else { Names::Told };
    let drift = drift(&desired, &look.observed, &look.target, &reports, names);
    Ok(Made { look, drift, sources })
}

fn show(args: &DriftArgs, made: &Made, outputs: Outputs<DriftFormat>, shell: &mut Shell<'_>) -> Exit {
    let Made { look: Look { target, observed: _, plan: _, notes }, drift, sources } = made;
    shell.show_notes(notes);
    let folder = shell.environment.folder.as_deref();
    let view = |format: DriftFormat, style: Style| match format {
        DriftFormat::Human => human::drift(drift, target, sources, style),
        DriftFormat::Json => machine::drift_json(drift, target, sources),
        DriftFormat::Markdown => markdown::drift(drift, target, sources, COMMENT),
        DriftFormat::Summary => markdown::drift(drift, target, sources, SUMMARY),
        DriftFormat::Html => html::drift(drift, target, sources),
        DriftFormat::Github => github::drift(drift, sources, folder),
    };
    let exit = if !drift.questions.is_empty() {
        Exit::Failure
    } else if args.detailed_exitcode && !drift.rows.is_empty() {
        Exit::Changes
    } else {
        Exit::Success
    };
    let stdout = view(outputs.on_stdout, shell.style_out());
    shell.write(outputs, &stdout, &|format| view(format, Style::PLAIN), exit)
}
