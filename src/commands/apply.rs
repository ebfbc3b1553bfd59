//! `presencectl apply`.

use crate::cli::ApplyArgs;
use crate::commands::context::execute::{self, Execution, approve, execute, finish, unfrozen};
use crate::commands::context::failure::Failure;
use crate::commands::context::run::Run;
use crate::commands::saved::{Approved, SavedPlans};
use crate::commands::selection::limit;
use crate::host::exit::Exit;
use crate::model::text;
use crate::ops::apply::report::{Report, Skip};
use crate::ops::apply::{Aim, ApplyJob, Wait};
use crate::ops::history::evidence::EarlierConfigs;
use crate::ops::history::git_config::ConfigFiles;
use crate::ops::identity::{Identity, config_names_no_org};
use crate::ops::plan_org::{PlanRequest, PlannedOrg, plan_org};
use crate::output;
use crate::plan::change::Change;

/// Plans, asks for confirmation, writes, and verifies the org.
pub async fn run(args: &ApplyArgs, run: &mut Run<'_>) -> Result<Exit, Failure> {
    run.open_recorded(&args.output.outputs, &args.target, &args.record, Some(&args.config.path))?;
    run.outputs.spare(&args.plans)?;
    let saved = SavedPlans::read(&args.plans, run.host.terminal)?;
    let (mut config, sources) = run.load(&args.config)?;
    run.record.goes_by(&config, &args.config.path, &sources);
    limit(&mut config, &args.only)?;
    let desired = &config.desired;
    run.record.only(desired.only.as_ref());

    let connection = run.connect(&args.target, desired).await?;
    let identity =
        Identity::to_write(desired, args.org_id.as_deref())?.named(connection.is_remote, config_names_no_org)?;
    let (folder, now) = (run.folder.clone(), run.record.clock().now());
    let config = ConfigFiles { config: &config, source: &args.config.request(), sources: &sources, at: None };
    let request = PlanRequest {
        earlier: Some(EarlierConfigs { config, base: None }),
        ..PlanRequest::of(desired, identity, &args.target, args.limits, args.usage, (&folder, now))
    };
    let planned = plan_org(&connection.session.reader(), &request, &mut run.known_org).await?;
    let PlannedOrg { target, observed, plan, notes, .. } = &planned;
    run.record.matches(plan);
    run.host.show_notes(notes);
    run.tell(&|style| output::text::plan(plan, target, &sources, style));

    let flags = args.config.to_flags() + &args.target.to_flags();
    let done = |report, exit| Execution { report, target, sources: &sources, exit, flags, last: String::new() };
    if !plan.blockers.is_empty() {
        return Ok(finish(done(Report::skipped(plan, desired, &Skip::PlanRefused), Exit::Failure), run));
    }
    let Approved { changes, blocked, resolved, not_in_plan } = saved.approved(&planned, desired)?;
    if !not_in_plan.is_empty() {
        run.tell(&|style| format!("\n{}", output::text::not_in_saved_plan(&not_in_plan, plan, style)));
        return Ok(finish(done(Report::skipped(plan, desired, &Skip::NotInSavedPlan), Exit::Failure), run));
    }
    if !saved.is_empty() {
        run.tell(&|style| format!("\n{}", output::text::bound(&changes, &resolved, plan, style)));
    }
    if !changes.is_empty() {
        unfrozen(desired, &sources, run)?;
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
        desired,
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
