//! What `apply` and `undo` have in common from the plan on: asking, carrying out, keeping the report, and
//! showing it.

use std::path::{Path, PathBuf};

use crate::api::Session;
use crate::apply::report::{Outcome, Report, Skip};
use crate::apply::{self, Event, Job};
use crate::cli::Format;
use crate::commands::journal::Journal;
use crate::commands::outputs::Outputs;
use crate::commands::progress::{Names, Progress};
use crate::commands::record::Record;
use crate::commands::shell::{Failure, Shell, error_document, nobody_to_ask};
use crate::diagnostic::Sources;
use crate::exit::Exit;
use crate::model::observed::Target;
use crate::problem::{Heard, Problem};
use crate::render::style::Style;
use crate::render::{github, html, human, machine, markdown};
use crate::stop::Stop;
use crate::text;

/// Asks whether so many changes shall be made in an org; `what` says of which kind they are.
///
/// # Errors
/// Somebody said no, or nobody can be asked.
pub fn approve(auto: bool, count: usize, what: &str, target: &Target, shell: &mut Shell<'_>) -> Result<(), Problem> {
    if auto {
        return Ok(());
    }
    let org = target.org.as_ref().map_or_else(String::new, |org| format!("{} ({})", org.name, org.id));
    let question = format!("\nApply {}{what} to {}", text::count(count, "change"), text::terminal(&org));
    shell.approved(&question, || nobody_to_ask("give --auto-approve where a review has already said yes, as in CI"))
}

/// Also where there is no step to carry out: what a saved plan holds that is already so is looked
/// at again like what was written.
pub async fn carry_out(session: &Session, job: Job<'_>, record: &Record, shell: &mut Shell<'_>) -> (Report, Exit) {
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

/// A finished run.
pub struct Carried {
    /// What became of it.
    pub report: Report,
    /// Which org.
    pub target: Target,
    /// The files that its places are in.
    pub sources: Sources,
    /// How it ends.
    pub exit: Exit,
}

/// Keeps the report and shows it.
pub fn show(carried: &Carried, record: &Record, journal: &Journal, outputs: Outputs, shell: &mut Shell<'_>) -> Exit {
    let Carried { report, target, sources, exit } = carried;
    let mut exit = *exit;
    let document = machine::report_json(report, target, sources);
    let kept = match journal.keep(&document, &record.provenance(), target.org.as_ref(), shell.signals) {
        Ok(kept) => kept,
        Err(problem) => {
            exit = worse(exit, shell.fail(&problem.into()));
            None
        }
    };
    // A plan that was empty or refused has said everything; a report about nothing would only repeat.
    let said =
        report.rows.is_empty() || report.rows.iter().all(|row| row.outcome == Outcome::Skipped(Skip::PlanRefused));
    let trail = kept.as_deref().map_or_else(String::new, trail);
    let words = |style| {
        let report = if said { String::new() } else { human::report(report, target, sources, style) };
        report + &trail
    };
    let view = |format: Format| match format {
        Format::Human => words(Style::PLAIN),
        Format::Json => document.clone(),
        Format::Markdown => markdown::report(report, target, sources, markdown::COMMENT),
        Format::Summary => markdown::report(report, target, sources, markdown::SUMMARY),
        Format::Html => html::report(report, target, sources),
        Format::Github => github::report(report, sources),
    };
    // People have read the plan above it.
    let below = |words: String| if words.is_empty() { words } else { format!("\n{words}") };
    let stdout = match outputs.on_stdout {
        Format::Human => below(words(shell.style_out())),
        format => {
            let words = below(words(shell.style_err()));
            shell.terminal.err(&words);
            view(format)
        }
    };
    shell.write(outputs, &stdout, &view, exit)
}

/// Where the report is kept.
fn trail(file: &Path) -> String {
    format!("Report: {}\n", text::terminal(&file.display().to_string()))
}

/// Keeps a failure in the folder of reports as well: a run that did nothing was one, too.
pub fn keep_failure(failure: &Failure, heard: &Heard, record: &Record, journal: &Journal, shell: &mut Shell<'_>) {
    let provenance = record.provenance();
    let document = error_document(failure, heard, Some(&provenance));
    let kept: Result<Option<PathBuf>, Problem> =
        journal.keep(&document, &provenance, heard.org.as_ref(), shell.signals);
    if let Err(problem) = kept {
        // The command fails anyway.
        let _ = shell.fail(&problem.into());
    }
}

fn worse(exit: Exit, other: Exit) -> Exit {
    match exit {
        Exit::Success | Exit::Changes => other,
        Exit::Failure | Exit::Interrupted | Exit::Terminated => exit,
    }
}
