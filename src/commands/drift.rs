//! `presencectl drift`.

use crate::cli::{DriftArgs, Format, LimitArgs};
use crate::commands::context::edit_files::{not_edited, write};
use crate::commands::context::failure::Failure;
use crate::commands::context::run::Run;
use crate::config::Config;
use crate::config::edit::files::load_one_edited;
use crate::host::exit::Exit;
use crate::model::observed::Observed;
use crate::model::problem::Problem;
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::drift::accept::accepted;
use crate::ops::drift::{Drift, DriftNames, DriftPast, drift};
use crate::ops::history::baseline;
use crate::ops::history::git_config::OrgOfConfig;
use crate::ops::history::merged::CheckedOut;
use crate::ops::identity::Identity;
use crate::ops::plan_org::{PlanRequest, plan_org};
use crate::output;
use crate::output::ci::github;
use crate::output::page::html;
use crate::output::page::{COMMENT, PageKind, SUMMARY};
use crate::output::style::Style;
use crate::output::text::edits as view;
use crate::output::{json, page};
use crate::plan::plan;
use crate::plan::warning::Warning;

/// No limit is raised: nothing is applied.
const LIMITS: LimitArgs =
    LimitArgs { allow_removals: None, allow_label_removals: None, allow_renames: None, allow_active_users: None };

/// Shows what is otherwise in the org.
pub async fn run(args: &DriftArgs, run: &mut Run<'_>) -> Result<Exit, Failure> {
    run.awaited = PageKind::Drift;
    run.open(&args.outputs, Some(&args.target))?;
    let (config, sources) = run.load(&args.config)?;
    let org = OrgOfConfig { name: args.config.org.as_deref(), head: &config, head_path: &args.config.path };
    let source = args.config.request();
    let applied = args.applied.as_deref().map(|typed| baseline::applied(&source, typed, org)).transpose()?;
    let folder = run.read_reports(args.report_dir.as_deref(), args.no_report, Some(&args.config.path))?;

    let desired = config.desired.clone();
    let connection = run.connect(&args.target, &desired).await?;
    let now = run.record.clock().now();
    let identity = Identity::to_read(&desired);
    let request = PlanRequest::of(&desired, identity, &args.target, LIMITS, false, (&folder, now));
    // A reader is all that is handed over: it cannot write.
    let planned = plan_org(&connection.session.reader(), &request, &mut run.heard).await?;
    let names = if args.no_names { DriftNames::Withheld } else { DriftNames::Told };
    let (reports, is_whole) = (planned.kept.reports(), planned.kept.is_whole);
    let past = DriftPast { reports, is_whole, applied, checked_out: Some(CheckedOut { config: &source, org }) };
    let observed = planned.with_unlisted();
    let mut drift = drift(&desired, &observed, &planned.target, &past, names);
    let is_of_recent = |it: &&Warning| matches!(it, Warning::NotVisibleYet { .. } | Warning::MayBeMade { .. });
    drift.plan.warnings.extend(planned.plan.warnings.iter().filter(is_of_recent).cloned());

    run.host.show_notes(&planned.notes);
    let (drift, target, sources) = (&drift, &planned.target, &sources);
    let folder = run.host.environment.folder.as_deref();
    let view = |format: Format, style: Style| match format {
        Format::Human => output::text::drift(drift, target, sources, style),
        Format::Json => json::write(&json::DriftV1::of(drift, target, sources)),
        Format::Markdown => page::drift(drift, target, sources, COMMENT),
        Format::Summary => page::drift(drift, target, sources, SUMMARY),
        Format::Html => html::drift(drift, target, sources),
        Format::Github => github::drift(drift, sources, folder),
    };
    if !args.accept.keys.is_empty() {
        return accept(args, (&config, sources), drift, &observed, run);
    }
    let exit = if !drift.questions.is_empty() {
        Exit::Failure
    } else if args.detailed_exitcode && !drift.rows.is_empty() {
        Exit::Changes
    } else {
        Exit::Success
    };
    Ok(run.show(&view, exit))
}

/// Writes what the org shows into the files, if a plan of them has nothing to say of it any more.
fn accept(
    args: &DriftArgs,
    (config, sources): (&Config, &Sources),
    drift: &Drift,
    observed: &Observed,
    run: &mut Run<'_>,
) -> Result<Exit, Failure> {
    let edits = accepted(config, sources, drift, &args.accept.keys)?;
    let files = edits.apply(sources).map_err(not_edited)?;
    let after = load_one_edited(&args.config.request(), &files);
    let Some(edited) = after.config else { return Err(Failure::Findings(after.sources, after.diagnostics)) };
    let left = plan(&edited.desired, observed, &edited.desired.settings.limits);
    let is_left = |key: &String| {
        left.changes.iter().any(|it| it.step.key().is_some_and(|it| it.as_str() == key))
            || left.refusals.iter().any(|it| it.fact.keys().iter().any(|it| it.as_str() == key))
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
