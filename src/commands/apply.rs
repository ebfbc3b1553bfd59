//! `presencectl apply`.

use crate::api::Session;
use crate::apply::report::{Outcome, Report, Row, Skip};
use crate::apply::{self, Job};
use crate::cli::{ApplyArgs, Format};
use crate::commands::connect::{Connection, api, connect};
use crate::commands::look::{Asked, Identity, Look, look};
use crate::commands::outputs::Outputs;
use crate::commands::progress::Progress;
use crate::commands::saved;
use crate::commands::shell::{Failure, Shell, limits};
use crate::commands::signals::{self, Signals};
use crate::config::Config;
use crate::diagnostic::Sources;
use crate::exit::Exit;
use crate::model::desired::{Desired, Limits};
use crate::model::names::OrgId;
use crate::model::observed::Target;
use crate::plan::Plan;
use crate::plan::change::{Change, Step};
use crate::plan::saved::{Bound, SavedPlan};
use crate::problem::Problem;
use crate::render::style::Style;
use crate::render::{human, machine};
use crate::stop::Stop;
use crate::text;

/// Shows the plan, asks, carries it out, and looks whether it worked.
pub async fn run(args: &ApplyArgs, shell: &mut Shell<'_>) -> Exit {
    let outputs = match Outputs::open(&args.output.outputs) {
        Ok(outputs) => outputs,
        Err(problem) => return shell.fail(&problem.into(), None),
    };
    let on_stdout = outputs.on_stdout;
    match applied(args, shell, on_stdout).await {
        Ok(applied) => show(&applied, outputs, shell),
        Err(failure) => shell.fail(&failure, Some(outputs)),
    }
}

/// A finished run.
struct Applied {
    report: Report,
    target: Target,
    sources: Sources,
    exit: Exit,
}

async fn applied(args: &ApplyArgs, shell: &mut Shell<'_>, on_stdout: Option<Format>) -> Result<Applied, Failure> {
    let saved = args.plan.as_deref().map(saved::read).transpose()?;
    let (Config { desired, .. }, sources) = shell.load(&args.config)?;
    let Connection { session, sandbox, is_real } = connect(&args.target, &desired, shell.environment).await?;
    let identity = identity(args, &desired, is_real)?;
    let limits = limits(&desired.settings.limits, args.limits);
    let asked = Asked {
        desired: &desired,
        limits: &limits,
        identity: &identity,
        api: api(&args.target, &desired),
        usage: args.usage,
        sandbox: sandbox.is_some(),
    };
    let looked = look(&session.reader(), &asked).await;
    let result = match looked {
        Ok(look) => {
            let run =
                Run { args, desired: &desired, limits: &limits, sources: &sources, saved: saved.as_ref(), on_stdout };
            let session = session.speaking(look.target.generation);
            run.go(&session, &look, shell).await.map(|(report, exit)| (report, exit, look.target))
        }
        Err(problem) => Err(problem.into()),
    };
    if let Some(server) = sandbox {
        server.shutdown().await;
    }
    let (report, exit, target) = result?;
    Ok(Applied { report, target, sources, exit })
}

/// Which org is meant. A real one has to be named: the worst accident is the right change in the
/// wrong org.
fn identity(args: &ApplyArgs, desired: &Desired, is_real: bool) -> Result<Identity, Problem> {
    let org = desired.org.as_ref();
    let written = org.and_then(|org| org.id.clone());
    let typed = match &args.org_id {
        Some(typed) => Some(OrgId::new(typed).ok_or_else(|| Problem::new("--org-id is empty"))?),
        None => None,
    };
    if let (Some(written), Some(typed)) = (&written, &typed)
        && written != typed
    {
        return Err(Problem::new(format!("`org.id` is {written}, and --org-id is {typed}"))
            .help("correct the one that is wrong; nothing was sent"));
    }
    let meant = written.or(typed);
    if meant.is_none() && is_real {
        return Err(Problem::new("the config does not say which org it is for")
            .help("write `org: { name: …, id: … }` into an org file, or give --org-id ID; `plan` prints the id"));
    }
    Ok(Identity { meant, name: org.map(|org| org.name.clone()), must_be_known: true })
}

/// One run, from the plan on.
struct Run<'a> {
    args: &'a ApplyArgs,
    desired: &'a Desired,
    limits: &'a Limits,
    sources: &'a Sources,
    saved: Option<&'a SavedPlan>,
    on_stdout: Option<Format>,
}

impl Run<'_> {
    async fn go(&self, session: &Session, look: &Look, shell: &mut Shell<'_>) -> Result<(Report, Exit), Failure> {
        let Look { target, plan, divisions: _, notes } = look;
        shell.show_notes(notes);
        self.show_plan(plan, target, shell);
        if !plan.refusals.is_empty() {
            let report = Report { refusals: plan.refusals.clone(), ..self.nothing_done(plan, &Skip::PlanRefused) };
            return Ok((report, Exit::Failure));
        }
        let Some(bound) = saved::bounded(plan, self.saved, target)? else {
            return self.carry_out(session, look, Bound { run: plan.changes.clone(), ..Bound::default() }, shell).await;
        };
        if !bound.beyond.is_empty() {
            let text = human::beyond(&bound.beyond, &plan.default_locale, shell.style_err());
            shell.terminal.err(&text);
            return Ok((self.nothing_done(plan, &Skip::BeyondSavedPlan), Exit::Failure));
        }
        self.carry_out(session, look, bound, shell).await
    }

    async fn carry_out(
        &self,
        session: &Session,
        look: &Look,
        bound: Bound,
        shell: &mut Shell<'_>,
    ) -> Result<(Report, Exit), Failure> {
        let Look { target, plan, divisions, notes: _ } = look;
        let Bound { run, changed, already_so, beyond: _ } = bound;
        let mut settled: Vec<Row> = already_so.iter().map(|it| saved::row(it, &plan.default_locale)).collect();
        settled.extend(
            changed.into_iter().map(|(change, differences)| self.row(&change.step, Outcome::Refused(differences))),
        );
        if run.is_empty() {
            let report = Report::of(settled, plan.default_locale.clone());
            let exit = if report.is_success() { Exit::Success } else { Exit::Failure };
            return Ok((report, exit));
        }
        self.approve(run.len(), target, shell)?;
        let steps: Vec<_> = run.into_iter().map(|it| it.step).collect();
        let job = Job { steps, settled, desired: self.desired, limits: self.limits, divisions };
        let (sender, stop) = Stop::new();
        let style = shell.style_err();
        let listener = tokio::spawn(signals::listen(Signals::listening(), sender));
        let progress = Progress::new(shell.terminal, job.steps.len(), &plan.default_locale, style);
        let report = apply::run(session, job, &stop, &|event| progress.tell(event)).await;
        progress.end();
        listener.abort();
        let exit = match report.interrupted {
            Some(signal) => signal.into(),
            None if report.is_success() => Exit::Success,
            None => Exit::Failure,
        };
        Ok((report, exit))
    }

    /// The plan goes where people look: to standard output, unless a document goes there.
    fn show_plan(&self, plan: &Plan, target: &Target, shell: &mut Shell<'_>) {
        if self.on_stdout == Some(Format::Human) {
            let text = human::plan(plan, target, self.sources, shell.style_out());
            shell.terminal.out(&text);
        } else {
            let text = human::plan(plan, target, self.sources, shell.style_err());
            shell.terminal.err(&text);
        }
    }

    fn approve(&self, count: usize, target: &Target, shell: &mut Shell<'_>) -> Result<(), Problem> {
        if self.args.auto_approve {
            return Ok(());
        }
        if !shell.terminal.can_ask() {
            return Err(Problem::new("nobody can be asked: this is no terminal; nothing was written")
                .help("give --auto-approve where a review has already said yes, as in CI"));
        }
        let org = target.org.as_ref().map_or_else(String::new, |org| format!("{} ({})", org.name, org.id));
        let question = format!(
            "\nApply {} to {}? Only `yes` is taken for a yes: ",
            text::count(count, "change"),
            text::terminal(&org)
        );
        match shell.terminal.ask(&question).as_deref() {
            Some("yes") => Ok(()),
            _ => Err(Problem::new("not approved; nothing was written")),
        }
    }

    fn nothing_done(&self, plan: &Plan, skip: &Skip) -> Report {
        let row = |it: &Change| self.row(&it.step, Outcome::Skipped(skip.clone()));
        Report::of(plan.changes.iter().map(row).collect(), plan.default_locale.clone())
    }

    fn row(&self, step: &Step, outcome: Outcome) -> Row {
        Row::of(step, step.name(&self.desired.settings.default_locale).cloned(), outcome)
    }
}

fn show(applied: &Applied, outputs: Outputs, shell: &mut Shell<'_>) -> Exit {
    let Applied { report, target, sources, exit } = applied;
    let on_stdout = outputs.on_stdout;
    let style = shell.style_out();
    let view = |format: Format| match format {
        Format::Human if on_stdout == Some(Format::Human) => human::report(report, target, sources, style),
        Format::Human => human::report(report, target, sources, Style::PLAIN),
        Format::Json => machine::report_json(report, target, sources),
    };
    // A plan that was empty or refused has said everything; a report about nothing would only repeat.
    let said =
        report.rows.is_empty() || report.rows.iter().all(|row| row.outcome == Outcome::Skipped(Skip::PlanRefused));
    let show_on_stdout = on_stdout == Some(Format::Json) || !said;
    if on_stdout != Some(Format::Human) && !said {
        let text = human::report(report, target, sources, shell.style_err());
        shell.terminal.err(&text);
    }
    match outputs.write(shell.terminal, &view, show_on_stdout) {
        Ok(()) => *exit,
        Err(problem) => {
            shell.fail(&problem.into(), None);
            if *exit == Exit::Success { Exit::Failure } else { *exit }
        }
    }
}
