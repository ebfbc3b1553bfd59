//! `presencectl plan`.

use std::rc::Rc;

use crate::cli::{ConfigArgs, Format, PlanArgs};
use crate::commands::context::conversation::with_session;
use crate::commands::context::host::{Failure, Host};
use crate::commands::context::outputs::Outputs;
use crate::commands::context::reports;
use crate::commands::context::reports::ReportFolder;
use crate::commands::context::run::Run;
use crate::commands::context::typed::limited;
use crate::config::coverage::Coverage;
use crate::config::file_system::FileSystem;
use crate::config::layers::Resolved;
use crate::host::exit::Exit;
use crate::model::desired::Desired;
use crate::model::source::Sources;
use crate::ops::history::base::compared;
use crate::ops::history::baseline;
use crate::ops::history::evidence::EarlierStates;
use crate::ops::history::git_config::OrgOfConfig;
use crate::ops::history::obsolete::{LayerSource, asked_of_others};
use crate::ops::identity::Identity;
use crate::ops::plan_org::{PlanRequest, PlannedOrg, plan_org};
use crate::output;
use crate::output::ci::github;
use crate::output::page::html;
use crate::output::style::Style;
use crate::output::{json, page};

/// Shows what `apply` would do.
pub async fn run(args: &PlanArgs, host: &mut Host<'_>) -> Exit {
    host.signals.watch();
    match Run::unrecorded(&args.target, &args.output.outputs, host) {
        Ok(mut run) => {
            let made = made(args, &mut run, host).await;
            run.close(made, host, |made, run, host| show(args, &made, run.outputs, host))
        }
        Err(exit) => exit,
    }
}

/// A plan and what it was made from.
struct Made {
    planned: PlannedOrg,
    desired: Desired,
    resolved: Resolved,
    sources: Sources,
}

async fn made(args: &PlanArgs, run: &mut Run, host: &mut Host<'_>) -> Result<Made, Failure> {
    let now = run.record.clock().now();
    let Run { outputs, heard, .. } = run;
    outputs.spare(args.target.files_read())?;
    let ConfigArgs { path, org, root } = &args.config;
    let at = args.at.as_deref().map(|typed| baseline::at(path, root.as_deref(), typed)).transpose()?;
    let (config, sources) = match &at {
        Some(at) => host.load_at(at, org.as_deref())?,
        None => host.load_beside(&args.config, args.base.as_deref(), outputs)?,
    };
    let desired = limited(config.desired.clone(), &args.only)?;
    let head_path = at.as_ref().map_or(&**path, |it| &it.place.path);
    let org = OrgOfConfig { name: org.as_deref(), head: &config, head_path };
    let request = args.config.request();
    let given = args.base.as_deref().map(|typed| baseline::base(&request, typed, org)).transpose()?;
    outputs.spare(given.iter().flat_map(|it| &it.files))?;
    let here = host.environment.folder.as_deref();
    let folder = ReportFolder::of(args.report_dir.as_deref(), args.no_report, Some(path), here);
    let folder = reports::to_read(folder, outputs, host)?;
    let commit = at.as_ref().map(|it| it.commit.as_str());
    let earlier = EarlierStates { base: given.as_ref(), config: &request, org, at: commit };
    let asked =
        PlanRequest::of(&desired, Identity::to_read(&desired), &args.target, args.limits, args.usage, (&folder, now));
    let asked = PlanRequest { earlier: Some(earlier), ..asked };
    let read = LayerSource {
        path: head_path,
        root: at.as_ref().map_or(root.as_deref(), |it| Some(it.place.root.as_path())),
        commit: at.as_ref().map(|it| Rc::clone(&it.files) as Rc<dyn FileSystem>),
        config: &config,
        sources: &sources,
    };
    let mut planned = with_session(&args.target, &desired, host, async |connection, _| {
        // A reader is all that this command has: it cannot write.
        plan_org(&connection.session.reader(), &asked, heard).await
    })
    .await?;
    planned.plan = asked_of_others(planned.plan, read, &folder);
    if let Some(given) = given {
        let evidence = planned.evidence.take().unwrap_or_default();
        planned.plan =
            compared(given, planned.plan, &desired, &planned.observed, &planned.target, &planned.kept, &evidence);
    }
    Ok(Made { planned, desired, resolved: config.resolved, sources })
}

fn show(args: &PlanArgs, made: &Made, outputs: Outputs, host: &mut Host<'_>) -> Exit {
    let Made {
        planned: PlannedOrg { target, observed: _, unlisted: _, plan, evidence: _, kept: _, notes },
        desired,
        resolved,
        sources,
    } = made;
    host.show_notes(notes);
    let folder = host.environment.folder.as_deref();
    let view = |format: Format, style: Style| match format {
        Format::Human => output::text::plan(plan, target, sources, style),
        Format::Json => json::write(&json::PlanV1::of(plan, target, sources)),
        Format::Markdown => page::plan(plan, target, sources),
        Format::Summary => page::plan_summary(plan, &Coverage::of(desired, resolved), target, sources),
        Format::Html => html::plan(plan, &Coverage::of(desired, resolved), target, sources),
        Format::Github => github::plan(plan, desired, sources, folder),
    };
    let exit = if !plan.refusals.is_empty() || !plan.held.is_empty() {
        Exit::Failure
    } else if args.detailed_exitcode && !plan.changes.is_empty() {
        Exit::Changes
    } else {
        Exit::Success
    };
    let stdout = view(outputs.on_stdout, host.style_out());
    host.write(outputs, &stdout, &|format| view(format, Style::PLAIN), exit)
}
