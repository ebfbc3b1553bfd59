//! `presencectl retire`.

use crate::cli::{ConfigArgs, ConfigPath, RetireArgs, TableFormat};
use crate::client::ApiError;
use crate::commands::context::execute;
use crate::commands::context::failure::Failure;
use crate::commands::context::host::nobody_to_ask;
use crate::commands::context::progress::Stages;
use crate::commands::context::run::Run;
use crate::host::exit::Exit;
use crate::host::stop::Stop;
use crate::model::desired::Desired;
use crate::model::division::Divisions;
use crate::model::problem::Problem;
use crate::ops::apply;
use crate::ops::apply::report::{ReportRow, Verification};
use crate::ops::identity::{Identity, config_names_no_org};
use crate::ops::observe::{From, Observation, observe, odd_objects};
use crate::ops::retire::plan::{Doubt, Moves, RetireRequest, retirement};
use crate::ops::retire::report::{Halt, RetireReport};
use crate::ops::retire::{self, RetireJob};
use crate::output::json;
use crate::output::style::Style;
use crate::output::text::retire as view;
use crate::plan::plan;

/// Shows the plan, asks for confirmation, runs it, and reports every person.
pub async fn run(args: &RetireArgs, run: &mut Run<'_, TableFormat>) -> Result<Exit, Failure> {
    run.open_recorded(&args.outputs, &args.target, &args.record, Some(&args.config))?;
    let typed = ConfigArgs { path: ConfigPath(args.config.clone()), org: args.org.clone(), root: args.root.clone() };
    let (config, sources) = run.load(&typed)?;
    run.record.goes_by(&config, &typed.path, &sources);
    let desired = config.desired;

    let connection = run.connect(&args.target, &desired).await?;
    let identity =
        Identity::to_write(&desired, args.org_id.as_deref())?.named(connection.is_remote, config_names_no_org)?;
    let (reader, api) = (connection.session.reader(), args.target.api(&desired));
    let from = From { reader: &reader, identity: &identity, api, sandbox: args.target.sandbox };
    // Its match in the org does not depend on divisions.
    let Observation { target, observed, notes } = observe(from, |_| false, &mut run.known_org).await?;
    run.host.show_notes(&notes);
    run.host.show_notes(&odd_objects(&observed));
    run.record.matches(&plan(&desired, &observed, &desired.settings.limits));
    let asked = RetireRequest { key: &args.key, to: &args.to, include_on_queue: args.include_on_queue };
    let retirement = retirement(&desired, &observed, asked).map_err(|doubts| in_doubt(&doubts))?;
    let session = connection.session.speaking(target.generation);
    let seats = session.reader().seats_on(&retirement.from.id).await.map_err(not_known)?;
    run.tell(&|style| view::plan(&retirement, &seats, &target, style));
    let Moves { people, on_queue } = retirement.moves(&seats);
    if people.is_empty() && !on_queue.is_empty() {
        // Nothing would be done.
        let Problem { message, help, .. } = Halt::OnQueue(on_queue.len()).why();
        return Err(Problem { help, ..Problem::new(format!("{message}; nothing was written")) }.into());
    }
    execute::unfrozen(&desired, &sources, run)?;
    if !args.yes {
        let question = format!("\n{} in {}", view::question(&retirement, &seats), execute::org_in_question(&target));
        run.host.approved(&question, || nobody_to_ask("give --yes if it was already approved"))?;
    }
    let begun = execute::begun(&[retirement.step()], &[], &desired, Divisions::NotAsked);
    run.keep(&run.record.complete(begun), &target, &sources)?;

    let (sender, stop) = Stop::new();
    let stages = Stages::new(run.host.terminal, run.host.environment.tells_in_lines());
    run.host.signals.tell(sender);
    let job = RetireJob { retirement: &retirement, desired: &desired };
    let report = retire::run(&session, job, &stop, &|event| stages.tell(event)).await;
    run.host.signals.end_at_once();
    stages.end();

    let written = run.record.complete(written(&report, &desired));
    let kept = run.keep(&written, &target, &sources);
    let exit = Exit::after(report.interrupted, report.is_success() && kept.is_ok());
    let file = kept.unwrap_or_else(|problem| {
        let _ = run.host.fail(&problem.into());
        None
    });
    let flags = typed.to_flags() + &args.target.to_flags();
    let trail = execute::trail(file.as_deref(), file.as_deref().filter(|_| written.may_have_written()), &flags);
    let words = |style: Style| view::report(&report, &sources, style) + &trail;
    let view = |format: TableFormat| match format {
        TableFormat::Human => words(Style::PLAIN),
        TableFormat::Json => json::write(&json::RetirementV1::of(&report, &target, &sources)),
        TableFormat::Csv => view::report_csv(&report),
    };
    Ok(run.show_below(&words, &view, exit))
}

/// The report of an equivalent apply, for the report folder.
fn written(report: &RetireReport, desired: &Desired) -> apply::report::Report {
    let rows: Vec<ReportRow> = report.definition.iter().map(|row| row.clone().with_place(desired)).collect();
    let verification = match &report.halt {
        None if rows.is_empty() => Verification::NotNeeded,
        None => Verification::InSync,
        Some(halt) => Verification::Failed(halt.why()),
    };
    let default_locale = desired.settings.default_locale.clone();
    let interrupted = report.interrupted;
    apply::report::Report { verification, interrupted, ..apply::report::Report::of(rows, default_locale) }
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
