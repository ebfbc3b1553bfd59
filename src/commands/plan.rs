//! `presencectl plan`.

use std::rc::Rc;

use crate::cli::{ConfigArgs, Format, PlanArgs};
use crate::commands::context::failure::Failure;
use crate::commands::context::run::Run;
use crate::commands::selection::limited;
use crate::config::coverage::Coverage;
use crate::config::file_system::FileSystem;
use crate::host::exit::Exit;
use crate::ops::history::base::compared;
use crate::ops::history::baseline;
use crate::ops::history::evidence::EarlierStates;
use crate::ops::history::git_config::OrgOfConfig;
use crate::ops::history::obsolete::{LayerSource, asked_of_others};
use crate::ops::identity::Identity;
use crate::ops::plan_org::{PlanRequest, plan_org};
use crate::output;
use crate::output::ci::github;
use crate::output::page::html;
use crate::output::style::Style;
use crate::output::{json, page};

/// Shows what `apply` would do.
pub async fn run(args: &PlanArgs, run: &mut Run<'_>) -> Result<Exit, Failure> {
    run.open(&args.output.outputs, Some(&args.target))?;
    let ConfigArgs { path, org, root } = &args.config;
    let at = args.at.as_deref().map(|typed| baseline::at(path, root.as_deref(), typed)).transpose()?;
    let (config, sources) = match &at {
        Some(at) => run.load_at(at, org.as_deref())?,
        None => run.load_beside(&args.config, args.base.as_deref())?,
    };
    let desired = limited(config.desired.clone(), &args.only)?;
    let head_path = at.as_ref().map_or(&**path, |it| &it.place.path);
    let org = OrgOfConfig { name: org.as_deref(), head: &config, head_path };
    let source = args.config.request();
    let base = args.base.as_deref().map(|typed| baseline::base(&source, typed, org)).transpose()?;
    run.outputs.spare(base.iter().flat_map(|it| &it.files))?;
    let folder = run.read_reports(args.report_dir.as_deref(), args.no_report, Some(path))?;

    let connection = run.connect(&args.target, &desired).await?;
    let now = run.record.clock().now();
    let identity = Identity::to_read(&desired);
    let request = PlanRequest::of(&desired, identity, &args.target, args.limits, args.usage, (&folder, now));
    let commit = at.as_ref().map(|it| it.commit.as_str());
    let earlier = EarlierStates { base: base.as_ref(), config: &source, org, at: commit };
    let request = PlanRequest { earlier: Some(earlier), ..request };
    // A reader is all that is handed over: it cannot write.
    let mut planned = plan_org(&connection.session.reader(), &request, &mut run.heard).await?;
    let layers = LayerSource {
        path: head_path,
        root: at.as_ref().map_or(root.as_deref(), |it| Some(it.place.root.as_path())),
        commit: at.as_ref().map(|it| Rc::clone(&it.files) as Rc<dyn FileSystem>),
        config: &config,
        sources: &sources,
    };
    planned.plan = asked_of_others(planned.plan, layers, &folder);
    if let Some(base) = base {
        let evidence = planned.evidence.take().unwrap_or_default();
        planned.plan =
            compared(base, planned.plan, &desired, &planned.observed, &planned.target, &planned.kept, &evidence);
    }

    run.host.show_notes(&planned.notes);
    let (plan, target, sources) = (&planned.plan, &planned.target, &sources);
    let coverage = || Coverage::of(&desired, &config.resolved);
    let folder = run.host.environment.folder.as_deref();
    let view = |format: Format, style: Style| match format {
        Format::Human => output::text::plan(plan, target, sources, style),
        Format::Json => json::write(&json::PlanV1::of(plan, target, sources)),
        Format::Markdown => page::plan(plan, target, sources),
        Format::Summary => page::plan_summary(plan, &coverage(), target, sources),
        Format::Html => html::plan(plan, &coverage(), target, sources),
        Format::Github => github::plan(plan, &desired, sources, folder),
    };
    let exit = if !plan.refusals.is_empty() || !plan.held.is_empty() {
        Exit::Failure
    } else if args.detailed_exitcode && !plan.changes.is_empty() {
        Exit::Changes
    } else {
        Exit::Success
    };
    Ok(run.show(&view, exit))
}
