//! `presencectl apply`.

use crate::cli::paths::is_stream;
use crate::cli::{ApplyArgs, ConfigArgs};
use crate::client::Session;
use crate::commands::context::connect::Connection;
use crate::commands::context::conversation::with_session;
use crate::commands::context::execute::{self, Execution};
use crate::commands::context::host::{Failure, Host};
use crate::commands::context::run::Run;
use crate::commands::context::typed::limited;
use crate::commands::saved;
use crate::host::exit::Exit;
use crate::model::desired::{Desired, Limits};
use crate::model::generation::Generation;
use crate::model::problem::Problem;
use crate::model::source::Sources;
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
use crate::plan::saved::{Bound, Fresh, SavedPlan};

/// Shows the plan, asks, carries it out, and looks whether it worked.
pub async fn run(args: &ApplyArgs, host: &mut Host<'_>) -> Exit {
    host.signals.watch();
    match Run::recorded(&args.record, Some(&args.config.path), &args.target, &args.output.outputs, host) {
        Ok(mut run) => {
            let applied = Box::pin(applied(args, &mut run, host)).await;
            run.close(applied, host, execute::show)
        }
        Err(exit) => exit,
    }
}

async fn applied(args: &ApplyArgs, run: &mut Run, host: &mut Host<'_>) -> Result<Execution, Failure> {
    run.outputs.spare(args.target.files_read().iter().chain(&args.plans))?;
    if args.plans.iter().filter(|it| is_stream(it)).count() > 1 {
        return Err(Problem::new("standard input is one saved plan").help("give the others as files").into());
    }
    let saved = args.plans.iter().map(|it| saved::read(it, host.terminal)).collect::<Result<Vec<_>, _>>()?;
    let (config, sources) = host.load(&args.config, &mut run.outputs)?;
    run.record.goes_by(&config, &args.config.path, &sources);
    let desired = limited(config.desired.clone(), &args.only)?;
    let ConfigArgs { path, org: _, root } = &args.config;
    let org = OrgOfConfig { name: args.config.org.as_deref(), head: &config, head_path: &args.config.path };
    let request = args.config.request();
    let earlier = EarlierStates { base: None, config: &request, org, at: None };
    run.record.only(desired.only.as_ref());
    let (report, exit, target) = Box::pin(with_session(&args.target, &desired, host, async |connection, host| {
        let Connection { session, is_remote, .. } = connection;
        let folder = run.folder.clone();
        let identity = Identity::to_write(&desired, args.org_id.as_deref())?.named(*is_remote, config_names_no_org)?;
        let now = run.record.clock().now();
        let asked = PlanRequest::of(&desired, identity, &args.target, args.limits, args.usage, (&folder, now));
        let asked = PlanRequest { earlier: Some(earlier), ..asked };
        let mut planned = plan_org(&session.reader(), &asked, &mut run.heard).await?;
        planned.plan = asked_of_others(
            planned.plan,
            LayerSource { path, root: root.as_deref(), commit: None, config: &config, sources: &sources },
            &folder,
        );
        let steps = ApplyRun { args, desired: &desired, limits: &asked.limits, sources: &sources, saved: &saved };
        let session = session.speaking(planned.target.generation);
        let (report, exit) = steps.go(&session, &planned, run, host).await?;
        Ok::<_, Failure>((report, exit, planned.target))
    }))
    .await?;
    let (report, flags) = (run.record.complete(report), args.config.to_flags() + &args.target.to_flags());
    Ok(Execution { report, target, sources, exit, flags, last: String::new() })
}

/// One run, from the plan on.
struct ApplyRun<'a> {
    args: &'a ApplyArgs,
    desired: &'a Desired,
    limits: &'a Limits,
    sources: &'a Sources,
    saved: &'a [SavedPlan],
}

impl ApplyRun<'_> {
    async fn go(
        &self,
        session: &Session,
        planned: &PlannedOrg,
        run: &mut Run,
        host: &mut Host<'_>,
    ) -> Result<(Report, Exit), Failure> {
        let PlannedOrg { target, observed, unlisted: _, plan, evidence: _, kept: _, notes } = planned;
        run.record.matches(plan);
        host.show_notes(notes);
        host.tell(&mut run.outputs, &|style| output::text::plan(plan, target, self.sources, style));
        if !plan.refusals.is_empty() {
            let report = Report { refusals: plan.refusals.clone(), ..self.nothing_done(plan, &Skip::PlanRefused) };
            return Ok((report, Exit::Failure));
        }
        // A saved plan is held against all that the config asks for; then what an earlier run has made is taken out.
        let held = || plan.held.iter().map(|it| it.change.clone());
        let whole = Plan { changes: plan.changes.iter().cloned().chain(held()).collect(), ..plan.clone() };
        let fresh = Fresh { desired: self.desired, observed, plan: &whole };
        let bound = saved::bounded(fresh, self.saved, &self.args.plans, target)?;
        let Bound { run: mut changes, changed, mut blocked, already_in_place, not_in_plan } = match bound {
            Some(bound) => bound,
            None => Bound { run: whole.changes.clone(), ..Bound::default() },
        };
        let is_held = |it: &Change| plan.held.iter().any(|held| held.change == *it);
        blocked.extend(changes.extract_if(.., |it| is_held(it)));
        if !not_in_plan.is_empty() {
            host.tell(&mut run.outputs, &|style| format!("\n{}", output::text::beyond(&not_in_plan, plan, style)));
            return Ok((self.nothing_done(plan, &Skip::NotInSavedPlan), Exit::Failure));
        }
        let default_locale = &plan.default_locale;
        let refused = changed.into_iter().map(|(it, found)| saved::row(&it, default_locale, Outcome::Conflict(found)));
        let in_place = already_in_place.iter().map(|it| saved::row(it, default_locale, Outcome::AlreadyInPlace));
        let unseen = plan.held.iter().map(|it| {
            let may_be_hidden = target.generation == Generation::Second;
            let row = self.row(&it.change.step, Outcome::NotVisibleYet(Unseen::List { may_be_hidden }));
            ReportRow { id: Some(it.id.clone()), again_from: Some(it.until), ..row }
        });
        let resolved: Vec<ReportRow> = refused.chain(in_place).chain(unseen).collect();
        if !self.saved.is_empty() {
            host.tell(&mut run.outputs, &|style| {
                format!("\n{}", output::text::bound(&changes, &resolved, plan, style))
            });
        }
        if !changes.is_empty() && !self.args.auto_approve {
            let which = match self.saved.len() {
                0 => "",
                1 => " of the saved plan",
                _ => " of the saved plans",
            };
            let what = format!("{}{which}", text::count(changes.len(), "change"));
            execute::approve(&what, target, execute::UNASKED, host)?;
        }
        let steps = |changes: Vec<Change>| changes.into_iter().map(|it| it.step).collect();
        // What `--only` leaves out is not done, and what needs it has to wait as well.
        let left_out = plan.only.iter().flat_map(|it| it.changes.iter().cloned());
        let (steps, blocked) = (steps(changes), steps(blocked.into_iter().chain(left_out).collect()));
        let now = run.record.clock().now();
        let job = ApplyJob {
            steps,
            blocked,
            resolved,
            desired: self.desired,
            limits: self.limits,
            observed,
            aim: Aim::Config,
            waits: plan.waiting.iter().map(|it| Wait::of(it, now)).collect(),
            before_post: None,
        };
        Ok(execute::carry_out(session, job, run, (target, self.sources), host).await?)
    }

    fn nothing_done(&self, plan: &Plan, skip: &Skip) -> Report {
        let row = |it: &Change| self.row(&it.step, Outcome::Skipped(skip.clone()));
        Report::of(plan.changes.iter().map(row).collect(), plan.default_locale.clone())
    }

    fn row(&self, step: &Step, outcome: Outcome) -> ReportRow {
        ReportRow::of(step, step.name(&self.desired.settings.default_locale).cloned(), outcome).placed(self.desired)
    }
}
