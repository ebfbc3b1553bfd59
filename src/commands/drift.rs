//! `presencectl drift`.

use std::cell::Cell;

use crate::cli::{ConfigArgs, DriftArgs, Format, LimitArgs};
use crate::commands::context::connect::Connection;
use crate::commands::context::edit_files::{layers_of_one, not_edited, write};
use crate::commands::context::failure::Failure;
use crate::commands::context::run::Run;
use crate::commands::fleet::{self, FleetOrg};
use crate::config::edit::files::load_one_edited;
use crate::config::{Config, ConfigSource};
use crate::host::exit::Exit;
use crate::model::desired::OrgIdentity;
use crate::model::forge::Forge;
use crate::model::moment::Moment;
use crate::model::observed::Observed;
use crate::model::problem::{KnownOrg, Problem};
use crate::model::text;
use crate::ops::drift::accept::accepted;
use crate::ops::drift::applied::Applied;
use crate::ops::drift::{Drift, DriftNames, DriftPast, drift};
use crate::ops::history::baseline;
use crate::ops::history::git_config::ConfigFiles;
use crate::ops::history::reports::ReportStore;
use crate::ops::identity::Identity;
use crate::ops::plan_org::{PlanRequest, PlannedOrg, plan_org};
use crate::output;
use crate::output::ci::github;
use crate::output::drifted::{DriftedOrg, document};
use crate::output::json::DriftV1;
use crate::output::json::common::ConfigV1;
use crate::output::json::fleet_drift::DriftStatusV1;
use crate::output::page::{COMMENT, PageKind, SUMMARY, html};
use crate::output::style::Style;
use crate::output::text::edits as view;
use crate::output::{json, page};
use crate::plan::plan;
use crate::plan::warning::Warning;

/// Nothing is applied, so no limit is raised.
const LIMITS: LimitArgs =
    LimitArgs { allow_removals: None, allow_label_removals: None, allow_renames: None, allow_active_users: None };

/// Shows the drift of the org.
pub async fn run(args: &DriftArgs, run: &mut Run<'_>) -> Result<Exit, Failure> {
    run.awaited = PageKind::Drift;
    run.open(&args.outputs, Some(&args.target))?;
    match args.config.one() {
        Some(config) => one(args, &config, run).await,
        None => several(args, run).await,
    }
}

async fn one(args: &DriftArgs, config_args: &ConfigArgs, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let (config, sources) = run.load(config_args)?;
    if run.outputs.has(Format::Json) {
        run.config = Some(ConfigV1::of(&config, &sources));
    }
    let source = config_args.request();
    let files = ConfigFiles { config: &config, source: &source, sources: &sources, at: None };
    let applied = args.applied.as_deref().map(|typed| baseline::applied(files, typed)).transpose()?;
    let folder = run.read_reports(args.report_dir.as_deref(), args.no_report, Some(&config_args.path))?;

    let connection = run.connect(&args.target, &config.desired).await?;
    let now = run.record.clock().now();
    let identity = Identity::to_read(&config.desired);
    let forge = run.host.environment.forge;
    let (drift, planned) =
        drift_of(args, (files, applied), &connection, identity, (&folder, now), forge, &mut run.known_org).await?;

    run.host.show_notes(&planned.notes);
    if !args.accept.keys.is_empty() {
        return accept(args, files, &drift, &planned.with_unlisted(), run);
    }
    let (config_v1, drift, target, sources) = (run.config.clone(), &drift, &planned.target, &sources);
    let folder = run.host.environment.folder.as_deref();
    let view = |format: Format, style: Style| match format {
        Format::Human => output::text::drift(drift, target, sources, style),
        Format::Json => json::write(&DriftV1 { config: config_v1.clone(), ..DriftV1::of(drift, target, sources) }),
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
    Ok(run.show(&view, exit))
}

/// The drift of several orgs, a few concurrently. An unreadable org is reported first and does not stop the others.
async fn several(args: &DriftArgs, run: &mut Run<'_>) -> Result<Exit, Failure> {
    run.awaited = PageKind::FleetDrift;
    if !args.accept.keys.is_empty() {
        return Err(Problem::new("--accept writes for one org").help("name one by `--org NAME`").into());
    }
    let (configs, sources) = run.load_orgs(&args.config, None)?;
    let requests: Vec<ConfigSource> = configs.iter().map(|it| args.config.request_of(it)).collect();
    let files =
        |index: usize| ConfigFiles { config: &configs[index], source: &requests[index], sources: &sources, at: None };
    let applied =
        |index: usize| args.applied.as_deref().map(|typed| baseline::applied(files(index), typed)).transpose();
    let applied = (0..configs.len()).map(applied).collect::<Result<Vec<_>, Problem>>()?;
    let applied: Vec<Cell<Option<Applied>>> = applied.into_iter().map(Cell::new).collect();
    let folder = run.read_reports(args.report_dir.as_deref(), args.no_report, Some(&args.config.path))?;

    let orgs = fleet::connect(&configs, &args.target, run).await?;
    let forge = run.host.environment.forge;
    let now = run.record.clock().now();
    let work = async |org: &FleetOrg<'_>, connection: &Connection, known_org: &mut KnownOrg| {
        let inputs = (files(org.index), applied[org.index].take());
        drift_of(args, inputs, connection, org.identity.clone(), (&folder, now), forge, known_org).await
    };
    let at_once = args.config.chosen.parallel;
    let results = fleet::each(orgs, at_once, &mut run.host, "read", |(_, planned)| &planned.notes, work).await;
    let orgs = configs.iter().zip(results).filter_map(|(config, result)| {
        let OrgIdentity { name, stage, .. } = config.desired.org.clone()?;
        Some(DriftedOrg {
            name,
            stage,
            config: ConfigV1::of(config, &sources),
            result: result.map(|(drift, planned)| (drift, planned.target)),
        })
    });
    let drifted: Vec<DriftedOrg> = orgs.collect();

    let (drifted, sources) = (&drifted, &sources);
    let folder = run.host.environment.folder.as_deref();
    let view = |format: Format, style: Style| match format {
        Format::Human => output::text::drifted(drifted, sources, style),
        Format::Json => json::write(&document(drifted, sources)),
        Format::Markdown => page::drifted(drifted, sources, COMMENT),
        Format::Summary => page::drifted(drifted, sources, SUMMARY),
        Format::Html => html::drifted(drifted, sources),
        Format::Github => github::drifted(drifted, sources, folder),
    };
    let has = |status| drifted.iter().any(|it| it.status() == status);
    let exit = if has(DriftStatusV1::NotRead) || has(DriftStatusV1::InQuestion) {
        Exit::Failure
    } else if args.detailed_exitcode && has(DriftStatusV1::Drifted) {
        Exit::Changes
    } else {
        Exit::Success
    };
    Ok(run.show(&view, exit))
}

/// Reads an org and computes its drift. It only receives a reader, so it cannot write.
async fn drift_of(
    args: &DriftArgs,
    (files, applied): (ConfigFiles<'_>, Option<Applied>),
    connection: &Connection,
    identity: Identity,
    (folder, now): (&dyn ReportStore, Moment),
    forge: Option<Forge>,
    known_org: &mut KnownOrg,
) -> Result<(Drift, PlannedOrg), Problem> {
    let ConfigFiles { config: Config { desired, .. }, source, .. } = files;
    let request = PlanRequest::of(desired, identity, &args.target, LIMITS, false, (folder, now));
    let planned = plan_org(&connection.session.reader(), &request, known_org).await?;
    let names = if args.no_names { DriftNames::Withheld } else { DriftNames::Told };
    let (reports, is_whole) = (planned.kept.reports(), planned.kept.is_whole);
    let mut past = DriftPast { reports, is_whole, applied, checked_out: Some(files), alone: Vec::new() };
    let observed = planned.with_unlisted();
    let drifted = |past: &DriftPast<'_>| drift(desired, &observed, &planned.target, past, names);
    let mut drift = drifted(&past);
    if !drift.rows.is_empty() {
        // The other org files are only read if there is something to keep.
        past.alone = layers_of_one(files.config, files.sources, source);
        if !past.alone.is_empty() {
            drift = drifted(&past);
        }
    }
    drift.forge = forge;
    drift.apply = format!("presencectl apply{}{}", source.to_arguments(), args.target.to_flags());
    let is_of_recent = |it: &&Warning| matches!(it, Warning::NotVisibleYet { .. } | Warning::MayBeMade { .. });
    drift.plan.warnings.extend(planned.plan.warnings.iter().filter(is_of_recent).cloned());
    Ok((drift, planned))
}

/// Accepts the org's state into the files, if a plan with them has no change left.
fn accept(
    args: &DriftArgs,
    ConfigFiles { config, source, sources, at: _ }: ConfigFiles<'_>,
    drift: &Drift,
    observed: &Observed,
    run: &mut Run<'_>,
) -> Result<Exit, Failure> {
    let alone = layers_of_one(config, sources, source);
    let edits = accepted((config, &alone), sources, drift, &args.accept.keys)?;
    let files = edits.apply(sources).map_err(not_edited)?;
    let after = load_one_edited(source, &files);
    let Some(edited) = after.config else { return Err(Failure::Findings(after.sources, after.diagnostics)) };
    let left = plan(&edited.desired, observed, &edited.desired.settings.limits);
    let is_left = |key: &String| {
        left.changes.iter().any(|it| it.step.key().is_some_and(|it| it.as_str() == key))
            || left.blockers.iter().any(|it| it.fact.keys().iter().any(|it| it.as_str() == key))
    };
    if let Some(key) = args.accept.keys.iter().find(|it| is_left(it)) {
        return Err(Problem::new(format!("--accept: no lines make {} agree; nothing was written", text::ticked(key)))
            .help("`presencectl drift` shows what to do by hand")
            .into());
    }
    run.tell(&|style| view::diff(&files, style));
    write(&files, args.accept.yes, &mut run.host)?;
    run.tell(&|style| view::written(&files, style));
    Ok(Exit::Success)
}
