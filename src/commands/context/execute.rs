//! The shared part of `apply` and `undo` after the plan: confirmation, execution, and the report. Also writes the
//! report before the first write, for `retire` too.

use std::path::Path;

use crate::cli::{Format, View};
use crate::client::Session;
use crate::commands::context::host::{Host, nobody_to_ask};
use crate::commands::context::progress::{Left, Names, Progress};
use crate::commands::context::run::{Run, worse};
use crate::host::environment::Environment;
use crate::host::exit::Exit;
use crate::host::stop::Stop;
use crate::model::desired::Desired;
use crate::model::division::Divisions;
use crate::model::forge::Forge;
use crate::model::observed::Target;
use crate::model::problem::Problem;
use crate::model::source::Sources;
use crate::model::{freeze, text};
use crate::ops::apply::report::{Intent, Outcome, Report, ReportRow, Skip, Verification};
use crate::ops::apply::{self, ApplyEvent, ApplyJob, CONCURRENCY};
use crate::output;
use crate::output::ci::github;
use crate::output::page::html;
use crate::output::style::Style;
use crate::output::{json, page};
use crate::plan::change::{Action, Step};
use crate::plan::cost;

/// Shown instead of the undo command.
const NOT_KEPT: &str = "Undo: no report of this is kept. With --report-dir DIR (or -o json=FILE) this line names the command that takes \
                        an apply back.\n";

/// The help for a run without a terminal.
pub const UNASKED: &str = "give --auto-approve if it was already approved, as in CI";

/// Asks for confirmation of `what` in an org. `unasked` is the help for a run without a terminal.
pub fn approve(what: &str, target: &Target, unasked: &str, host: &mut Host<'_>) -> Result<(), Problem> {
    let question = format!("\nApply {what} to {}", org_in_question(target));
    host.approved(&question, || nobody_to_ask(unasked))
}

/// Refuses to write during a freeze, unless a person gave a reason.
pub fn unfrozen(desired: &Desired, sources: &Sources, run: &Run<'_, impl View>) -> Result<(), Problem> {
    let Some(freeze) = freeze::holding(&desired.freezes, run.record.clock().now()) else { return Ok(()) };
    if run.record.has_break_glass() {
        return Ok(());
    }
    let org = desired.org.as_ref().map_or_else(|| "this org".to_owned(), |org| text::ticked(&org.name));
    let place = text::unticked(sources.place(freeze.place));
    let message = format!("{org} is frozen until {}: {} ({place}); nothing was written", freeze.end, freeze.reason);
    let help = Some("apply it after that, or have the freeze lifted in a reviewed change".to_owned());
    Err(Problem { message, help, is_freeze: true, ..Problem::default() })
}

/// The name of the org in a question.
pub fn org_in_question(target: &Target) -> String {
    let org = target.org.as_ref().map_or_else(String::new, |org| format!("{} ({})", org.name, org.id));
    text::terminal(&org).to_string()
}

/// The report of a run that is killed from here on: the result of these steps is not known.
pub fn begun(steps: &[Step], resolved: &[ReportRow], desired: &Desired, divisions: Divisions) -> Report {
    let default_locale = &desired.settings.default_locale;
    let unknown = |step: &Step| {
        let cause = Problem::new("this run was ended before it could report")
            .help("run the same command again: it is safe, and does the rest");
        ReportRow::in_config(step, desired, Outcome::Unknown(cause))
    };
    let rows = steps.iter().map(unknown).chain(resolved.iter().cloned()).collect();
    let report = Report::of(rows, default_locale.clone());
    Report { verification: Verification::Interrupted, divisions, ..report }
}

/// Executes the steps, with a report on disk before the first write. It also runs without steps: changes that are
/// already in place are verified like written ones.
pub async fn execute(
    session: &Session,
    job: ApplyJob<'_>,
    run: &mut Run<'_>,
    (target, sources): (&Target, &Sources),
) -> Result<(Report, Exit), Problem> {
    let divisions = job.observed.divisions.clone();
    let begun = run.record.complete(begun(&job.steps, &job.resolved, job.desired, divisions));
    if !job.steps.is_empty() {
        run.begin(&begun, target, sources)?;
    }
    let default_locale = &job.desired.settings.default_locale;
    let makes = job.steps.iter().any(|it| it.action() == Action::Create);
    let before_post = if makes { run.before_post(default_locale) } else { None };
    let job = ApplyJob { before_post, ..job };

    let names = Names { default_locale, divisions: &job.observed.divisions, intent: begun.intent() };
    let requests = cost::to_carry_out(job.steps.iter().map(Step::action), job.observed);
    let left = Left { requests, time: &|requests| session.time_for(requests, CONCURRENCY) };
    let (style, in_lines) = (run.host.style_err(), run.host.environment.tells_in_lines());
    let progress = Progress::new(run.host.terminal, in_lines, job.steps.len(), names, left, style);
    let (sender, stop) = Stop::new();
    run.host.signals.tell(sender);
    let record = &run.record;
    let tell = |event: ApplyEvent<'_>| {
        record.tell(event);
        progress.tell(event);
    };
    let report = apply::run(session, job, &stop, &tell).await;
    run.host.signals.end_at_once();
    progress.end();
    let exit = Exit::after(report.interrupted, report.is_success());
    Ok((report, exit))
}

/// The result of a run, and the command that reverts it.
pub struct Execution<'a> {
    pub report: Report,
    pub target: &'a Target,
    pub sources: &'a Sources,
    pub exit: Exit,
    /// The flags of that command, beside the report.
    pub flags: String,
    pub last: String,
}

/// Stores and shows the report.
pub fn finish(execution: Execution<'_>, run: &mut Run<'_>) -> Exit {
    let Execution { report, target, sources, mut exit, flags, last } = execution;
    let report = &run.record.complete(report);
    let kept = match run.keep(report, target, sources) {
        Ok(kept) => kept,
        Err(problem) => {
            exit = worse(exit, run.host.fail(&problem.into()));
            None
        }
    };
    // An empty or refused plan has already shown everything, so the report would only repeat it.
    let nothing_ran = report.intent() == Intent::Undo && report.verification == Verification::NotNeeded;
    let said = nothing_ran || report.rows.iter().all(|row| row.outcome == Outcome::Skipped(Skip::PlanRefused));
    let file = kept.as_deref().or_else(|| run.outputs.file(Format::Json)).filter(|_| report.may_have_written());
    let trail = last
        + &match run.host.environment.forge {
            Some(forge) => {
                let applied = file.filter(|_| report.intent() == Intent::Apply);
                trail_in(forge, run.host.environment, kept.as_deref(), applied)
            }
            None => trail(kept.as_deref(), file, &flags),
        };
    let cannot_be_undone = report.may_have_written() && file.is_none() && run.outputs.on_stdout != Format::Json;
    let trail = if cannot_be_undone { trail + NOT_KEPT } else { trail };
    let words = |style| {
        let report = if said { String::new() } else { output::text::report(report, sources, style) };
        report + &trail
    };
    let folder = run.host.environment.folder.as_deref();
    let view = |format: Format| match format {
        Format::Human => words(Style::PLAIN),
        Format::Json => json::write(&json::ReportV1::of(report, target, sources)),
        Format::Markdown => page::report(report, target, sources, page::COMMENT),
        Format::Summary => page::report(report, target, sources, page::SUMMARY),
        Format::Html => html::report(report, target, sources),
        Format::Github => github::report(report, sources, folder),
    };
    run.show_below(&words, &view, exit)
}

/// The path of the report, and the command that reverts it.
pub fn trail(kept: Option<&Path>, written: Option<&Path>, flags: &str) -> String {
    let report = kept.map(|file| format!("Report: {}\n", text::terminal(&file.display().to_string())));
    let undo = written.map(|file| {
        let command = format!("presencectl undo {}{flags}", text::shell_word(&file.to_string_lossy()));
        format!("Undo: {}\n", text::terminal(&command))
    });
    report.into_iter().chain(undo).collect()
}

/// The same in a job of a forge, of an apply: what a person does there.
fn trail_in(forge: Forge, environment: &Environment, kept: Option<&Path>, written: Option<&Path>) -> String {
    let (place, start) = match forge {
        Forge::Github => ("this run", "start the workflow `presencectl undo` by hand with"),
        Forge::Gitlab => ("this job", "start a pipeline by hand with this org as `ORG`, and as `UNDO`"),
    };
    let told = |file: &Path| environment.told(file).display().to_string();
    let report = kept.map(|file| format!("Report: {}, among the artifacts of {place}\n", text::terminal(&told(file))));
    let undo = written.map(|_| {
        let run = text::terminal(environment.origin.run.as_deref().unwrap_or(place));
        let org = if forge == Forge::Github { " and this org" } else { "" };
        format!("Undo: {start} {run}{org}\n")
    });
    report.into_iter().chain(undo).collect()
}
