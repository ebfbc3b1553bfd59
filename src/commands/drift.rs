//! `presencectl drift`.

use crate::cli::{DriftArgs, Format, LimitArgs};
use crate::commands::context::conversation::with_session;
use crate::commands::context::desk::Run;
use crate::commands::context::outputs::Outputs;
use crate::commands::context::reports;
use crate::commands::context::reports::ReportFolder;
use crate::commands::context::run::{Failure, Host};
use crate::config::Config;
use crate::host::exit::Exit;
use crate::model::source::Sources;
use crate::ops::drift::{Drift, DriftNames, DriftPast, drift};
use crate::ops::history::baseline;
use crate::ops::history::git_config::OrgOfConfig;
use crate::ops::identity::Identity;
use crate::ops::plan_org::{PlanRequest, PlannedOrg, plan_org};
use crate::output;
use crate::output::ci::github;
use crate::output::page::html;
use crate::output::page::{COMMENT, PageKind, SUMMARY};
use crate::output::style::Style;
use crate::output::{json, page};
use crate::plan::warning::Warning;

/// No limit is raised: nothing is applied.
const LIMITS: LimitArgs =
    LimitArgs { allow_removals: None, allow_label_removals: None, allow_renames: None, allow_active_users: None };

/// Shows what is otherwise in the org.
pub async fn run(args: &DriftArgs, shell: &mut Host<'_>) -> Exit {
    shell.signals.watch();
    match Run::unrecorded(&args.target, &args.outputs, shell) {
        Ok(desk) => {
            let mut desk = desk.awaiting(PageKind::Drift);
            let made = made(args, &mut desk, shell).await;
            desk.close(made, shell, |made, desk, shell| show(args, &made, desk.outputs, shell))
        }
        Err(exit) => exit,
    }
}

/// A drift and what it was made from.
struct Made {
    planned: PlannedOrg,
    drift: Drift,
    sources: Sources,
}

async fn made(args: &DriftArgs, desk: &mut Run, shell: &mut Host<'_>) -> Result<Made, Failure> {
    let now = desk.record.clock().now();
    let Run { outputs, heard, .. } = desk;
    outputs.spare(args.target.files_read())?;
    let (config, sources) = shell.load(&args.config, outputs)?;
    let org = OrgOfConfig { name: args.config.org.as_deref(), head: &config, head_path: &args.config.path };
    let applied =
        args.applied.as_deref().map(|typed| baseline::applied(&args.config.request(), typed, org)).transpose()?;
    let here = shell.environment.folder.as_deref();
    let folder = ReportFolder::of(args.report_dir.as_deref(), args.no_report, Some(&args.config.path), here);
    let folder = reports::to_read(folder, outputs, shell)?;
    let Config { desired, .. } = config;
    let asked = PlanRequest::of(&desired, Identity::to_read(&desired), &args.target, LIMITS, false, (&folder, now));
    let planned = with_session(&args.target, &desired, shell, async |connection, _| {
        // A reader is all that this command has: it cannot write.
        plan_org(&connection.session.reader(), &asked, heard).await
    })
    .await?;
    let names = if args.no_names { DriftNames::Withheld } else { DriftNames::Told };
    let past = DriftPast { reports: planned.kept.reports(), is_whole: planned.kept.is_whole, applied };
    let mut drift = drift(&desired, &planned.with_unlisted(), &planned.target, &past, names);
    let is_of_recent = |it: &&Warning| matches!(it, Warning::NotVisibleYet { .. } | Warning::MayBeMade { .. });
    drift.plan.warnings.extend(planned.plan.warnings.iter().filter(is_of_recent).cloned());
    Ok(Made { planned, drift, sources })
}

fn show(args: &DriftArgs, made: &Made, outputs: Outputs, shell: &mut Host<'_>) -> Exit {
    let Made {
        planned: PlannedOrg { target, observed: _, unlisted: _, plan: _, evidence: _, kept: _, notes },
        drift,
        sources,
    } = made;
    shell.show_notes(notes);
    let folder = shell.environment.folder.as_deref();
    let view = |format: Format, style: Style| match format {
        Format::Human => output::text::drift(drift, target, sources, style),
        Format::Json => json::drift_json(drift, target, sources),
        Format::Markdown => page::drift(drift, target, sources, COMMENT),
        Format::Summary => page::drift(drift, target, sources, SUMMARY),
        Format::Html => html::drift(drift, target, sources),
        Format::Github => github::drift(drift, sources, folder),
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
