//! `presencectl apply`.

use crate::api::Session;
use crate::apply::report::{Outcome, Report, Row, Skip};
use crate::apply::{self, Event, Job};
use crate::cli::{ApplyArgs, Format};
use crate::commands::connect::{Connection, connect, files_read};
use crate::commands::look::{Asked, Identity, Look, look};
use crate::commands::outputs::Outputs;
use crate::commands::progress::{Names, Progress};
use crate::commands::record::Record;
use crate::commands::saved;
use crate::commands::shell::{Failure, Shell};
use crate::diagnostic::Sources;
use crate::exit::Exit;
use crate::model::desired::{Desired, Limits};
use crate::model::observed::Target;
use crate::plan::Plan;
use crate::plan::change::{Change, Step};
use crate::plan::saved::{Bound, Fresh, SavedPlan};
use crate::problem::{Heard, Problem};
use crate::render::style::Style;
use crate::render::{human, machine};
use crate::stop::Stop;
use crate::text;

/// Shows the plan, asks, carries it out, and looks whether it worked.
pub async fn run(args: &ApplyArgs, shell: &mut Shell<'_>) -> Exit {
    shell.signals.watch();
    let mut outputs = match Outputs::open(&args.output.outputs, shell.signals) {
        Ok(outputs) => outputs,
        Err(problem) => return shell.fail(&problem.into()),
    };
    let mut heard = Heard { org: None, sandbox: args.target.sandbox };
    let mut record = Record::new(&args.record, &args.target, shell.environment);
    match applied(args, &mut record, &mut heard, &mut outputs, shell).await {
        Ok(applied) => show(&applied, outputs, shell),
        Err(failure) => shell.fail_into(&failure, &heard, outputs),
    }
}

/// A finished run.
struct Applied {
    report: Report,
    target: Target,
    sources: Sources,
    exit: Exit,
}

async fn applied(
    args: &ApplyArgs,
    record: &mut Record,
    heard: &mut Heard,
    outputs: &mut Outputs,
    shell: &mut Shell<'_>,
) -> Result<Applied, Failure> {
    outputs.spare(files_read(&args.target).iter().chain(&args.plan))?;
    let saved = args.plan.as_deref().map(saved::read).transpose()?;
    let (config, sources) = shell.load(&args.config, outputs)?;
    record.goes_by(&config);
    let desired = config.desired;
    let Connection { session, sandbox, is_real } = connect(&args.target, &desired, shell.environment).await?;
    let asked = Asked::of(&desired, identity(args, &desired, is_real)?, &args.target, args.limits, args.usage);
    let looked = look(&session.reader(), &asked, heard).await;
    let result = match looked {
        Ok(look) => {
            let (limits, saved) = (&asked.limits, saved.as_ref());
            let run = Run { args, record, desired: &desired, limits, sources: &sources, saved };
            let session = session.speaking(look.target.generation);
            let ended = run.go(&session, &look, outputs, shell).await;
            ended.map(|(report, exit)| (report, exit, look.target))
        }
        Err(problem) => Err(problem.into()),
    };
    if let Some(server) = sandbox {
        server.shutdown().await;
    }
    let (report, exit, target) = result?;
    Ok(Applied { report: record.complete(report), target, sources, exit })
}

/// Which org is meant. A real one has to be named: the worst accident is the right change in the
/// wrong org.
fn identity(args: &ApplyArgs, desired: &Desired, is_real: bool) -> Result<Identity, Problem> {
    let identity = Identity::to_write(desired, args.org_id.as_deref())?;
    if identity.meant.is_none() && is_real {
        return Err(Problem::new("the config does not say which org it is for")
            .help("write `org: { name: …, id: … }` into an org file, or give --org-id ID; `plan` prints the id"));
    }
    Ok(identity)
}

/// One run, from the plan on.
struct Run<'a> {
    args: &'a ApplyArgs,
    record: &'a Record,
    desired: &'a Desired,
    limits: &'a Limits,
    sources: &'a Sources,
    saved: Option<&'a SavedPlan>,
}

impl Run<'_> {
    async fn go(
        &self,
        session: &Session,
        look: &Look,
        outputs: &mut Outputs,
        shell: &mut Shell<'_>,
    ) -> Result<(Report, Exit), Failure> {
        let Look { target, observed, plan, notes } = look;
        shell.show_notes(notes);
        shell.tell(outputs, &|style| human::plan(plan, target, self.sources, style));
        if !plan.refusals.is_empty() {
            let report = Report { refusals: plan.refusals.clone(), ..self.nothing_done(plan, &Skip::PlanRefused) };
            return Ok((report, Exit::Failure));
        }
        let fresh = Fresh { desired: self.desired, observed, plan };
        let bound = saved::bounded(fresh, self.saved, target)?;
        let Bound { run, changed, withheld, already_so, beyond } = match bound {
            Some(bound) => bound,
            None => Bound { run: plan.changes.clone(), ..Bound::default() },
        };
        if !beyond.is_empty() {
            shell.tell(outputs, &|style| format!("\n{}", human::beyond(&beyond, plan, style)));
            return Ok((self.nothing_done(plan, &Skip::BeyondSavedPlan), Exit::Failure));
        }
        let default_locale = &plan.default_locale;
        let refused = changed.into_iter().map(|(it, found)| saved::row(&it, default_locale, Outcome::Refused(found)));
        let spent = already_so.iter().map(|it| saved::row(it, default_locale, Outcome::AlreadySo));
        let settled: Vec<Row> = refused.chain(spent).collect();
        if self.saved.is_some() {
            shell.tell(outputs, &|style| format!("\n{}", human::bound(&run, &settled, plan, style)));
        }
        if !run.is_empty() {
            self.approve(run.len(), target, shell)?;
        }
        let steps = |changes: Vec<Change>| changes.into_iter().map(|it| it.step).collect();
        let (steps, withheld) = (steps(run), steps(withheld));
        let job = Job { steps, withheld, settled, desired: self.desired, limits: self.limits, observed };
        Ok(carry_out(session, job, self.record, shell).await)
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
        let of_the_saved = if self.saved.is_some() { " of the saved plan" } else { "" };
        let question = format!("\nApply {}{of_the_saved} to {}", text::count(count, "change"), text::terminal(&org));
        shell.approved(&question)
    }

    fn nothing_done(&self, plan: &Plan, skip: &Skip) -> Report {
        let row = |it: &Change| self.row(&it.step, Outcome::Skipped(skip.clone()));
        Report::of(plan.changes.iter().map(row).collect(), plan.default_locale.clone())
    }

    fn row(&self, step: &Step, outcome: Outcome) -> Row {
        Row::of(step, step.name(&self.desired.settings.default_locale).cloned(), outcome).placed(self.desired)
    }
}

/// Also where there is no step to carry out: what a saved plan holds that is already so is looked
/// at again like what was written.
async fn carry_out(session: &Session, job: Job<'_>, record: &Record, shell: &mut Shell<'_>) -> (Report, Exit) {
    let (sender, stop) = Stop::new();
    let style = shell.style_err();
    let default_locale = &job.desired.settings.default_locale;
    let names = Names { default_locale, divisions: &job.observed.divisions };
    let progress = Progress::new(shell.terminal, shell.environment.ci, job.steps.len(), names, style);
    shell.signals.tell(sender);
    let tell = |event: Event<'_>| {
        record.tell(event);
        progress.tell(event);
    };
    let report = apply::run(session, job, &stop, &tell).await;
    shell.signals.end_at_once();
    progress.end();
    let exit = match report.interrupted {
        Some(signal) => signal.into(),
        None if report.is_success() => Exit::Success,
        None => Exit::Failure,
    };
    (report, exit)
}

fn show(applied: &Applied, outputs: Outputs, shell: &mut Shell<'_>) -> Exit {
    let Applied { report, target, sources, exit } = applied;
    // A plan that was empty or refused has said everything; a report about nothing would only repeat.
    let said =
        report.rows.is_empty() || report.rows.iter().all(|row| row.outcome == Outcome::Skipped(Skip::PlanRefused));
    let words = |style| if said { String::new() } else { human::report(report, target, sources, style) };
    let view = |format: Format| match format {
        Format::Human => words(Style::PLAIN),
        Format::Json => machine::report_json(report, target, sources),
    };
    // People have read the plan above it.
    let below = |words: String| if words.is_empty() { words } else { format!("\n{words}") };
    let stdout = match outputs.on_stdout {
        Format::Human => below(words(shell.style_out())),
        Format::Json => {
            let words = below(words(shell.style_err()));
            shell.terminal.err(&words);
            view(Format::Json)
        }
    };
    shell.write(outputs, &stdout, &view, *exit)
}
