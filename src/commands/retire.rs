//! `presencectl retire`.

use crate::cli::{ConfigArgs, ConfigPath, RetireArgs, TableFormat};
use crate::client::{ApiError, Session};
use crate::commands::context::connect::Connection;
use crate::commands::context::conversation::with_session;
use crate::commands::context::execute;
use crate::commands::context::host::{Failure, Host, nobody_to_ask};
use crate::commands::context::run::Run;
use crate::commands::context::stages::Stages;
use crate::config::Config;
use crate::host::exit::Exit;
use crate::host::stop::Stop;
use crate::model::cause::Cause;
use crate::model::desired::Desired;
use crate::model::division::Divisions;
use crate::model::observed::Target;
use crate::model::problem::Problem;
use crate::model::source::Sources;
use crate::model::text;
use crate::model::usage::Seats;
use crate::ops::apply;
use crate::ops::apply::report::{ReportRow, Verification};
use crate::ops::identity::{Identity, config_names_no_org};
use crate::ops::observe::{From, Observation, noticed, observe};
use crate::ops::retire::plan::{Doubt, Moves, RetireRequest, Retirement, retirement};
use crate::ops::retire::report::{Halt, RetireReport};
use crate::ops::retire::{self, RetireJob};
use crate::output::json;
use crate::output::style::Style;
use crate::output::text::retire as view;
use crate::plan::plan;

/// Shows what is going to be done, asks, does it, and reports on each person.
pub async fn run(args: &RetireArgs, host: &mut Host<'_>) -> Exit {
    host.signals.watch();
    match Run::recorded(&args.record, Some(&args.config), &args.target, &args.outputs, host) {
        Ok(mut run) => {
            let retired = retired(args, &mut run, host).await;
            run.close(retired, host, |retired, run, host| show(&retired, run, host))
        }
        Err(exit) => exit,
    }
}

struct Retired {
    report: RetireReport,
    target: Target,
    sources: Sources,
    /// What became of the definition, for the folder of reports.
    written: apply::report::Report,
    /// What the command that takes it back is given beside the report.
    flags: String,
}

async fn retired(args: &RetireArgs, run: &mut Run<TableFormat>, host: &mut Host<'_>) -> Result<Retired, Failure> {
    run.outputs.spare(args.target.files_read())?;
    let typed = ConfigArgs { path: ConfigPath(args.config.clone()), org: args.org.clone(), root: args.root.clone() };
    let (config, sources) = host.load(&typed, &mut run.outputs)?;
    run.record.goes_by(&config, &typed.path, &sources);
    let Config { desired, .. } = config;
    let (report, target) = with_session(&args.target, &desired, host, async |connection, host| {
        let Connection { session, is_remote, .. } = connection;
        let org_id = args.org_id.as_deref();
        let identity = Identity::to_write(&desired, org_id)?.named(*is_remote, config_names_no_org)?;
        let steps = RetireRun { args, desired: &desired, identity: &identity, sources: &sources };
        Ok::<_, Failure>(Box::pin(steps.go(session, run, host)).await?)
    })
    .await?;
    let (written, flags) =
        (run.record.complete(written(&report, &desired)), typed.to_flags() + &args.target.to_flags());
    Ok(Retired { report, target, sources, written, flags })
}

/// The report of an apply that would have done the same to the definition.
fn written(report: &RetireReport, desired: &Desired) -> apply::report::Report {
    let rows: Vec<ReportRow> = report.definition.iter().map(|row| row.clone().placed(desired)).collect();
    let verification = match &report.halt {
        None if rows.is_empty() => Verification::NotNeeded,
        None => Verification::InStep,
        Some(halt) => Verification::Failed(halt.why()),
    };
    let default_locale = desired.settings.default_locale.clone();
    let interrupted = report.interrupted;
    apply::report::Report { verification, interrupted, ..apply::report::Report::of(rows, default_locale) }
}

struct RetireRun<'a> {
    args: &'a RetireArgs,
    desired: &'a Desired,
    identity: &'a Identity,
    sources: &'a Sources,
}

impl RetireRun<'_> {
    async fn go(
        &self,
        session: &Session,
        run: &mut Run<TableFormat>,
        host: &mut Host<'_>,
    ) -> Result<(RetireReport, Target), Problem> {
        let RetireRun { args, desired, identity, sources } = *self;
        let reader = session.reader();
        let from = From { reader: &reader, identity, api: args.target.api(desired), sandbox: args.target.sandbox };
        // What it is in the org does not depend on divisions.
        let Observation { target, observed, notes } = observe(from, |_| false, &mut run.heard).await?;
        host.show_notes(&notes);
        host.show_notes(&noticed(&observed));
        let asked = RetireRequest { key: &args.key, to: &args.to, include_on_queue: args.include_on_queue };
        run.record.matches(&plan(desired, &observed, &desired.settings.limits));
        let retirement = retirement(desired, &observed, asked).map_err(|doubts| in_doubt(&doubts))?;
        let session = session.speaking(target.generation);
        let seats = session.reader().seats_on(&retirement.from.id).await.map_err(not_known)?;
        host.tell(&mut run.outputs, &|style| view::plan(&retirement, &seats, &target, style));
        let Moves { people, on_queue } = retirement.moves(&seats);
        if people.is_empty() && !on_queue.is_empty() {
            // Nothing of it would be done.
            let Cause { message, help, .. } = Halt::OnQueue(on_queue.len()).why();
            return Err(Problem { help, ..Problem::new(format!("{message}; nothing was written")) });
        }
        self.approve(&retirement, &seats, &target, host)?;
        let begun = execute::begun(&[retirement.step()], &[], desired, Divisions::NotAsked);
        run.keep(&run.record.complete(begun), &target, sources, host)?;

        let (sender, stop) = Stop::new();
        let stages = Stages::new(host.terminal, host.environment.tells_in_lines());
        host.signals.tell(sender);
        let job = RetireJob { retirement: &retirement, desired };
        let report = retire::run(&session, job, &stop, &|event| stages.tell(event)).await;
        host.signals.end_at_once();
        stages.end();
        Ok((report, target))
    }

    fn approve(
        &self,
        retirement: &Retirement,
        seats: &Seats,
        target: &Target,
        host: &mut Host<'_>,
    ) -> Result<(), Problem> {
        if self.args.yes {
            return Ok(());
        }
        let org = target.org.as_ref().map_or_else(String::new, |org| format!("{} ({})", org.name, org.id));
        let question = format!("\n{} in {}", view::question(retirement, seats), text::terminal(&org));
        host.approved(&question, || nobody_to_ask("give --yes where somebody has already said so"))
    }
}

/// Every doubt, in one problem.
fn in_doubt(doubts: &[Doubt]) -> Problem {
    let messages: Vec<String> = doubts.iter().map(Doubt::message).collect();
    let mut help: Vec<String> = doubts.iter().map(Doubt::help).collect();
    help.dedup();
    Problem::new(format!("{}; nothing was written", messages.join("; "))).help(help.join("; "))
}

fn not_known(error: ApiError) -> Problem {
    let mut problem = Problem::from(error);
    problem.message = format!("who is on it could not be read, so nothing is written: {}", problem.message);
    problem
}

/// Keeps what became of the definition, and shows the rest.
fn show(retired: &Retired, run: Run<TableFormat>, host: &mut Host<'_>) -> Exit {
    let Retired { report, target, sources, written, flags } = retired;
    let kept = run.keep(written, target, sources, host);
    let exit = match report.interrupted {
        Some(signal) => signal.into(),
        None if report.is_success() && kept.is_ok() => Exit::Success,
        None => Exit::Failure,
    };
    let file = kept.unwrap_or_else(|problem| {
        let _ = host.fail(&problem.into());
        None
    });
    let trail = execute::trail(file.as_deref(), file.as_deref().filter(|_| written.may_have_written()), flags);
    let words = |style: Style| view::report(report, target, sources, style) + &trail;
    let view = |format: TableFormat| match format {
        TableFormat::Human => words(Style::PLAIN),
        TableFormat::Json => json::write(&json::RetirementV1::of(report, target, sources)),
        TableFormat::Csv => view::report_csv(report),
    };
    let outputs = run.outputs;
    let stdout = match outputs.on_stdout {
        // People have read the plan above it.
        TableFormat::Human => format!("\n{}", words(host.style_out())),
        TableFormat::Json | TableFormat::Csv => {
            // The lines for the config are for people, wherever the rest goes.
            let words = format!("\n{}", words(host.style_err()));
            host.terminal.err(&words);
            view(outputs.on_stdout)
        }
    };
    host.write(outputs, &stdout, &view, exit)
}
