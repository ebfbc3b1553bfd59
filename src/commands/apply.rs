//! `presencectl apply`.

use crate::cli::{ApplyArgs, ConfigArgs};
use crate::commands::context::execute::{self, Execution, approve, execute, finish, unfrozen};
use crate::commands::context::failure::Failure;
use crate::commands::context::run::Run;
use crate::commands::saved::{self, SavedPlans};
use crate::commands::selection::limited;
use crate::host::exit::Exit;
use crate::model::desired::Desired;
use crate::model::generation::Generation;
use crate::model::problem::Problem;
use crate::model::text;
use crate::ops::apply::report::{Outcome, Report, ReportRow, Skip, Unseen};
use crate::ops::apply::{Aim, ApplyJob, Wait};
use crate::ops::history::evidence::EarlierStates;
use crate::ops::history::git_config::OrgOfConfig;
use crate::ops::history::obsolete::{LayerSource, asked_of_others};
use crate::ops::identity::{Identity, config_names_no_org};
use crate::ops::plan_org::{PlanRequest, PlannedOrg, plan_org};
use crate::output;
use crate::plan::Plan;
use crate::plan::change::{Change, Step};
use crate::plan::saved::{Bound, Fresh, ReviewedOperation};

/// Plans, asks for confirmation, writes, and verifies the org.
pub async fn run(args: &ApplyArgs, run: &mut Run<'_>) -> Result<Exit, Failure> {
    run.open_recorded(&args.output.outputs, &args.target, &args.record, Some(&args.config.path))?;
    run.outputs.spare(&args.plans)?;
    let saved = SavedPlans::read(&args.plans, run.host.terminal)?;
    let (config, sources) = run.load(&args.config)?;
    run.record.goes_by(&config, &args.config.path, &sources);
    let desired = limited(config.desired.clone(), &args.only)?;
    run.record.only(desired.only.as_ref());

    let connection = run.connect(&args.target, &desired).await?;
    let identity =
        Identity::to_write(&desired, args.org_id.as_deref())?.named(connection.is_remote, config_names_no_org)?;
    let (folder, now) = (run.folder.clone(), run.record.clock().now());
    let request = PlanRequest::of(&desired, identity, &args.target, args.limits, args.usage, (&folder, now));
    let ConfigArgs { path, org, root } = &args.config;
    let org = OrgOfConfig { name: org.as_deref(), head: &config, head_path: path };
    let source = args.config.request();
    let earlier = EarlierStates { base: None, config: &source, org, at: None };
    let request = PlanRequest { earlier: Some(earlier), ..request };
    let mut planned = plan_org(&connection.session.reader(), &request, &mut run.known_org).await?;
    let layers = LayerSource { path, root: root.as_deref(), commit: None, config: &config, sources: &sources };
    planned.plan = asked_of_others(planned.plan, layers, &folder);
    let PlannedOrg { target, observed, plan, notes, .. } = &planned;
    run.record.matches(plan);
    run.host.show_notes(notes);
    run.tell(&|style| output::text::plan(plan, target, &sources, style));

    let flags = args.config.to_flags() + &args.target.to_flags();
    let done = |report, exit| Execution { report, target, sources: &sources, exit, flags, last: String::new() };
    if !plan.blockers.is_empty() {
        let report = nothing_done(plan, &desired, &Skip::PlanRefused);
        return Ok(finish(done(Report { blockers: plan.blockers.clone(), ..report }, Exit::Failure), run));
    }
    let Approved { changes, blocked, resolved, not_in_plan } = approved(&planned, &desired, &saved)?;
    if !not_in_plan.is_empty() {
        run.tell(&|style| format!("\n{}", output::text::beyond(&not_in_plan, plan, style)));
        return Ok(finish(done(nothing_done(plan, &desired, &Skip::NotInSavedPlan), Exit::Failure), run));
    }
    if !saved.is_empty() {
        run.tell(&|style| format!("\n{}", output::text::bound(&changes, &resolved, plan, style)));
    }
    if !changes.is_empty() {
        unfrozen(&desired, &sources, run)?;
    }
    if !changes.is_empty() && !args.auto_approve {
        let what = format!("{}{}", text::count(changes.len(), "change"), saved.in_question());
        approve(&what, target, execute::UNASKED, &mut run.host)?;
    }

    let steps = |changes: Vec<Change>| changes.into_iter().map(|it| it.step).collect();
    let now = run.record.clock().now();
    let job = ApplyJob {
        steps: steps(changes),
        blocked: steps(blocked),
        resolved,
        desired: &desired,
        limits: &request.limits,
        observed,
        aim: Aim::Config,
        waits: plan.waiting.iter().map(|it| Wait::of(it, now)).collect(),
        before_post: None,
    };
    let session = connection.session.speaking(target.generation);
    let (report, exit) = execute(&session, job, run, (target, &sources)).await?;
    Ok(finish(done(report, exit), run))
}

/// A plan, split by what may be applied now.
struct Approved {
    changes: Vec<Change>,
    /// The changes that are not applied, so that steps that need them are skipped.
    blocked: Vec<Change>,
    /// The results of the rest.
    resolved: Vec<ReportRow>,
    not_in_plan: Vec<Change>,
}

/// Compares saved plans with everything that the config asks for, then removes what an earlier run made.
fn approved(planned: &PlannedOrg, desired: &Desired, saved: &SavedPlans) -> Result<Approved, Problem> {
    let PlannedOrg { target, observed, plan, .. } = planned;
    let held = || plan.held.iter().map(|it| it.change.clone());
    let whole = Plan { changes: plan.changes.iter().cloned().chain(held()).collect(), ..plan.clone() };
    let bound = saved.bound(Fresh { desired, observed, plan: &whole }, target)?;
    let Bound { run: mut changes, changed, mut blocked, already_in_place, not_in_plan } =
        bound.unwrap_or_else(|| Bound { run: whole.changes.clone(), ..Bound::default() });
    let is_held = |it: &Change| plan.held.iter().any(|held| held.change == *it);
    blocked.extend(changes.extract_if(.., |it| is_held(it)));
    // Changes that `--only` leaves out are not applied either.
    blocked.extend(plan.only.iter().flat_map(|it| it.changes.iter().cloned()));

    let row = |it: &ReviewedOperation, outcome| saved::row(it, &plan.default_locale, outcome);
    let conflicts = changed.into_iter().map(|(it, found)| row(&it, Outcome::Conflict(found)));
    let in_place = already_in_place.iter().map(|it| row(it, Outcome::AlreadyInPlace));
    let may_be_hidden = target.generation == Generation::Second;
    let unseen = plan.held.iter().map(|it| {
        let outcome = Outcome::NotVisibleYet(Unseen::List { may_be_hidden, may_be_changed: false });
        let row = row_of(&it.change.step, desired, outcome);
        ReportRow { id: Some(it.id.clone()), again_from: Some(it.until), ..row }
    });
    let resolved = conflicts.chain(in_place).chain(unseen).collect();
    Ok(Approved { changes, blocked, resolved, not_in_plan })
}

fn nothing_done(plan: &Plan, desired: &Desired, skip: &Skip) -> Report {
    let row = |it: &Change| row_of(&it.step, desired, Outcome::Skipped(skip.clone()));
    Report::of(plan.changes.iter().map(row).collect(), plan.default_locale.clone())
}

fn row_of(step: &Step, desired: &Desired, outcome: Outcome) -> ReportRow {
    ReportRow::of(step, step.name(&desired.settings.default_locale).cloned(), outcome).placed(desired)
}
