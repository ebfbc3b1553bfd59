//! `presencectl plan`.

use std::cell::Cell;

use crate::cli::{ConfigArgs, Format, PlanArgs};
use crate::commands::context::connect::Connection;
use crate::commands::context::failure::Failure;
use crate::commands::context::run::Run;
use crate::commands::fleet::{self, FleetOrg};
use crate::commands::plans_dir::PlansDir;
use crate::commands::selection::{limit, limit_all, stage};
use crate::config::ConfigSource;
use crate::config::coverage::Coverage;
use crate::config::diagnostic::Findings;
use crate::host::exit::Exit;
use crate::model::moment::Moment;
use crate::model::problem::{KnownOrg, OrgFailure, Problem};
use crate::model::source::Sources;
use crate::ops::history::base::compared;
use crate::ops::history::baseline::{self, Baseline};
use crate::ops::history::evidence::EarlierConfigs;
use crate::ops::history::git_config::ConfigFiles;
use crate::ops::history::reports::ReportStore;
use crate::ops::identity::Identity;
use crate::ops::plan_org::{PlanRequest, PlannedOrg, plan_org};
use crate::output;
use crate::output::ci::github;
use crate::output::fleet::{FleetMember, FleetTerms, fleet_plan};
use crate::output::json::common::ConfigV1;
use crate::output::json::{ErrorV1, PlanV1};
use crate::output::page::{Lints, PageKind, html};
use crate::output::style::Style;
use crate::output::{json, page};

/// Shows what `apply` would do.
pub async fn run(args: &PlanArgs, run: &mut Run<'_>) -> Result<Exit, Failure> {
    run.open(&args.output.outputs, Some(&args.target))?;
    match args.config.one() {
        Some(config) => one(args, &config, run).await,
        None => several(args, run).await,
    }
}

async fn one(args: &PlanArgs, config_args: &ConfigArgs, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let of_several = [("--require-stage", args.require_stage.is_some()), ("--plans-dir", args.plans_dir.is_some())];
    if let Some((flag, _)) = of_several.into_iter().find(|(_, is_given)| *is_given) {
        let help = "name several orgs by `--all-orgs`, `--stage` or a pattern; `-o json=FILE` saves the plan of one";
        return Err(Problem::new(format!("{flag} is for plans of several orgs")).help(help).into());
    }
    let ConfigArgs { path, org, root } = config_args;
    let at = args.at.as_deref().map(|typed| baseline::at(path, root.as_deref(), typed)).transpose()?;
    let (mut config, sources) = match &at {
        Some(at) => run.load_at(at, org.as_deref())?,
        None => run.load_beside(config_args, args.base.as_deref())?,
    };
    if run.outputs.has(Format::Json) {
        run.config = Some(ConfigV1::of(&config, &sources));
    }
    limit(&mut config, &args.only)?;
    let desired = &config.desired;
    let source = config_args.request();
    let files = ConfigFiles { config: &config, source: &source, at: at.as_ref(), sources: &sources };
    let mut base = args.base.as_deref().map(|typed| baseline::base(files, typed)).transpose()?;
    let before = base.as_mut().filter(|it| it.desired.is_ok()).map(|it| std::mem::take(&mut it.sources));
    run.outputs.spare(base.iter().flat_map(|it| &it.files))?;
    let folder = run.read_reports(args.report_dir.as_deref(), args.no_report, Some(path))?;

    let connection = run.connect(&args.target, desired).await?;
    let now = run.record.clock().now();
    let identity = Identity::to_read(desired);
    let planned = planned(args, (files, base), &connection, identity, (&folder, now), &mut run.known_org).await?;

    run.host.show_notes(&planned.notes);
    let (plan, target, sources) = (&planned.plan, &planned.target, &sources);
    let findings = std::mem::take(&mut run.findings);
    let lints = Some(Lints { findings: &findings, sources, before: before.as_slice() });
    let config_v1 = run.config.clone();
    let coverage = || Coverage::of(desired, &config.resolved);
    let folder = run.host.environment.folder.as_deref();
    let view = |format: Format, style: Style| match format {
        Format::Human => output::text::plan(plan, target, sources, style),
        Format::Json => json::write(&PlanV1 { config: config_v1.clone(), ..PlanV1::of(plan, target, sources) }),
        Format::Markdown => page::plan(plan, target, sources, lints),
        Format::Summary => page::plan_summary(plan, &coverage(), target, sources, lints),
        Format::Html => html::plan(plan, &coverage(), target, sources),
        Format::Github => github::plan(plan, desired, sources, folder),
    };
    let exit = if !plan.blockers.is_empty() || !plan.held.is_empty() {
        Exit::Failure
    } else if args.detailed_exitcode && !plan.changes.is_empty() {
        Exit::Changes
    } else {
        Exit::Success
    };
    Ok(run.show(&view, exit))
}

/// Plans several orgs, a few concurrently. An org that cannot be planned is reported first and does not stop the
/// others.
async fn several(args: &PlanArgs, run: &mut Run<'_>) -> Result<Exit, Failure> {
    run.awaited = PageKind::FleetPlan;
    let (path, root) = (&*args.config.path, args.config.root.as_deref());
    let at = args.at.as_deref().map(|typed| baseline::at(path, root, typed)).transpose()?;
    let (mut configs, sources) = run.load_orgs(&args.config, at.as_ref())?;
    if let Some(typed) = &args.require_stage {
        stage(typed, &configs)?;
    }
    limit_all(&mut configs, &args.only)?;
    let requests: Vec<ConfigSource> = configs.iter().map(|it| args.config.request_of(it)).collect();
    let files = |index: usize| ConfigFiles {
        config: &configs[index],
        source: &requests[index],
        at: at.as_ref(),
        sources: &sources,
    };
    let base = |index: usize| {
        let typed = args.base.as_deref();
        typed.map(|typed| baseline::base(files(index), typed)).transpose()
    };
    let mut bases = (0..configs.len()).map(base).collect::<Result<Vec<_>, Problem>>()?;
    run.outputs.spare(bases.iter().flatten().flat_map(|it| &it.files))?;
    let before: Vec<Sources> =
        bases.iter_mut().flatten().filter(|it| it.desired.is_ok()).map(|it| std::mem::take(&mut it.sources)).collect();
    let bases: Vec<Cell<Option<Baseline<'_>>>> = bases.into_iter().map(Cell::new).collect();
    let folder = run.read_reports(args.report_dir.as_deref(), args.no_report, Some(path))?;
    let plans_dir = args.plans_dir.as_deref().map(PlansDir::open).transpose()?;

    let orgs = fleet::connect(&configs, &args.target, run).await?;
    let now = run.record.clock().now();
    let work = async |org: &FleetOrg<'_>, connection: &Connection, known_org: &mut KnownOrg| {
        let inputs = (files(org.index), bases[org.index].take());
        planned(args, inputs, connection, org.identity.clone(), (&folder, now), known_org).await
    };
    let at_once = args.config.chosen.parallel;
    let results = fleet::each(orgs, at_once, &mut run.host, "planned", |it| &it.notes, work).await;

    let is_held = results.iter().flatten().any(|it| !it.plan.held.is_empty());
    let members = configs.iter().zip(results).map(|(config, result)| FleetMember {
        desired: &config.desired,
        file: config.org_file.as_ref().map(|it| it.display().to_string()),
        result: {
            let of_config = ConfigV1::of(config, &sources);
            match result {
                Ok(it) => Ok(PlanV1 { config: Some(of_config), ..PlanV1::of(&it.plan, &it.target, &sources) }),
                Err(OrgFailure { problem, known_org }) => {
                    let none = Findings::default();
                    Err(Box::new(ErrorV1::of(&problem, &known_org, Some(&of_config), None, &none, &sources)))
                }
            }
        },
    });
    let terms =
        FleetTerms { commit: at.as_ref().map(|it| it.commit.clone()), required_stage: args.require_stage.clone() };
    let plan = fleet_plan(members.collect(), &terms, &sources);
    let kept = plans_dir.map_or(Ok(()), |it| it.keep(&plan, run.host.signals));

    let findings = std::mem::take(&mut run.findings);
    let lints = Some(Lints { findings: &findings, sources: &sources, before: &before });
    let folder = run.host.environment.folder.clone();
    let view = |format: Format, style: Style| match format {
        Format::Human => output::text::fleet_plan(&plan, style),
        Format::Json => json::write(&plan),
        Format::Markdown => page::fleet_plan(&plan, lints, page::COMMENT),
        Format::Summary => page::fleet_plan(&plan, lints, page::SUMMARY),
        Format::Html => html::fleet_plan(&plan),
        Format::Github => github::fleet_plan(&plan, folder.as_deref()),
    };
    let exit = if !plan.applicable || is_held {
        Exit::Failure
    } else if args.detailed_exitcode && plan.summary.changed > 0 {
        Exit::Changes
    } else {
        Exit::Success
    };
    let exit = run.show(&view, exit);
    kept?;
    Ok(exit)
}

/// Reads an org and plans. It only receives a reader, so it cannot write.
async fn planned(
    args: &PlanArgs,
    (config, base): (ConfigFiles<'_>, Option<Baseline<'_>>),
    connection: &Connection,
    identity: Identity,
    (folder, now): (&dyn ReportStore, Moment),
    known_org: &mut KnownOrg,
) -> Result<PlannedOrg, Problem> {
    let desired = &config.config.desired;
    let request = PlanRequest::of(desired, identity, &args.target, args.limits, args.usage, (folder, now));
    let request = PlanRequest { earlier: Some(EarlierConfigs { config, base: base.as_ref() }), ..request };
    let mut planned = plan_org(&connection.session.reader(), &request, known_org).await?;
    if let Some(base) = base {
        let evidence = planned.evidence.take().unwrap_or_default();
        planned.plan =
            compared(base, planned.plan, desired, &planned.observed, &planned.target, &planned.kept, &evidence);
    }
    Ok(planned)
}
