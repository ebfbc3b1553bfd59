//! `presencectl drift`.

use crate::cli::{DriftArgs, Format, LimitArgs};
use crate::commands::context::conversation::with_session;
use crate::commands::context::host::{Failure, Host};
use crate::commands::context::outputs::Outputs;
use crate::commands::context::reports;
use crate::commands::context::reports::ReportFolder;
use crate::commands::context::run::Run;
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
pub async fn run(args: &DriftArgs, host: &mut Host<'_>) -> Exit {
    host.signals.watch();
    match Run::unrecorded(&args.target, &args.outputs, host) {
        Ok(run) => {
            let mut run = run.awaiting(PageKind::Drift);
            let made = made(args, &mut run, host).await;
            run.close(made, host, |made, run, host| show(args, &made, run.outputs, host))
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

async fn made(args: &DriftArgs, run: &mut Run, host: &mut Host<'_>) -> Result<Made, Failure> {
    let now = run.record.clock().now();
    let Run { outputs, heard, .. } = run;
    outputs.spare(args.target.files_read())?;
    let (config, sources) = host.load(&args.config, outputs)?;
    let org = OrgOfConfig { name: args.config.org.as_deref(), head: &config, head_path: &args.config.path };
    let applied =
        args.applied.as_deref().map(|typed| baseline::applied(&args.config.request(), typed, org)).transpose()?;
    let here = host.environment.folder.as_deref();
    let folder = ReportFolder::of(args.report_dir.as_deref(), args.no_report, Some(&args.config.path), here);
    let folder = reports::to_read(folder, outputs, host)?;
    let Config { desired, .. } = config;
    let asked = PlanRequest::of(&desired, Identity::to_read(&desired), &args.target, LIMITS, false, (&folder, now));
    let planned = with_session(&args.target, &desired, host, async |connection, _| {
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

fn show(args: &DriftArgs, made: &Made, outputs: Outputs, host: &mut Host<'_>) -> Exit {
    let Made {
        planned: PlannedOrg { target, observed: _, unlisted: _, plan: _, evidence: _, kept: _, notes },
        drift,
        sources,
    } = made;
    host.show_notes(notes);
    let folder = host.environment.folder.as_deref();
    let view = |format: Format, style: Style| match format {
        Format::Human => output::text::drift(drift, target, sources, style),
        Format::Json => json::write(&json::DriftV1::of(drift, target, sources)),
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
    let stdout = view(outputs.on_stdout, host.style_out());
    host.write(outputs, &stdout, &|format| view(format, Style::PLAIN), exit)
}
