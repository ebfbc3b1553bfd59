//! `presencectl drift`.

use std::path::Path;

use crate::cli::{DriftArgs, DriftFormat, LimitArgs};
use crate::commands::connect::files_read;
use crate::commands::conversation::converse;
use crate::commands::desk::Desk;
use crate::commands::identity::Identity;
use crate::commands::journal::{report_bytes, reports_in};
use crate::commands::look::{Asked, Look, look};
use crate::commands::outputs::Outputs;
use crate::commands::shell::{Failure, Shell};
use crate::config::Config;
use crate::diagnostic::Sources;
use crate::drift::{Drift, Names, drift, told};
use crate::exit::Exit;
use crate::journal::kept::{self, Kept, KeptReport};
use crate::limits::HISTORY_BYTES_MAX;
use crate::problem::Problem;
use crate::render::style::Style;
use crate::render::{human, machine, markdown};

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
    let drift = told(drift(&look.plan, &desired, &look.observed, &look.target, &reports), names);
    Ok(Made { look, drift, sources })
}

/// Every report of a folder. Runs that failed as a whole wrote nothing.
fn reports(dir: &Path) -> Result<Vec<KeptReport>, Problem> {
    let (mut reports, mut bytes_left) = (Vec::new(), HISTORY_BYTES_MAX);
    for file in reports_in(dir)? {
        let unread = |why: String| {
            Problem::new(format!("cannot read the report `{}`: {why}", file.display()))
                .help("a report that cannot be read may be the one that counts: take it out of the folder, or mend it")
        };
        let bytes = report_bytes(&file).map_err(unread)?;
        let left = u64::try_from(bytes.len()).ok().and_then(|it| bytes_left.checked_sub(it));
        bytes_left = left.ok_or_else(|| {
            let mib = HISTORY_BYTES_MAX / (1024 * 1024);
            Problem::new(format!("the reports in `{}` are longer than {mib} MiB together", dir.display()))
                .help("give the folder of one org, or move old reports elsewhere: the last ones are what counts")
        })?;
        match kept::read(&bytes).map_err(|error| unread(error.why))? {
            Kept::Report(report) => reports.push(report),
            Kept::Failure(_) => {}
        }
    }
    Ok(reports)
}

fn show(args: &DriftArgs, made: &Made, outputs: Outputs<DriftFormat>, shell: &mut Shell<'_>) -> Exit {
    let Made { look: Look { target, observed: _, plan, notes }, drift, sources } = made;
    shell.show_notes(notes);
    let view = |format: DriftFormat, style: Style| match format {
        DriftFormat::Human => human::drift(drift, plan, target, sources, style),
        DriftFormat::Json => machine::drift_json(drift, plan, target, sources),
        DriftFormat::Markdown => markdown::drift(drift, plan, target, sources),
    };
    let exit = if !plan.refusals.is_empty() {
        Exit::Failure
    } else if args.detailed_exitcode && !drift.rows.is_empty() {
        Exit::Changes
    } else {
        Exit::Success
    };
    let stdout = view(outputs.on_stdout, shell.style_out());
    shell.write(outputs, &stdout, &|format| view(format, Style::PLAIN), exit)
}
