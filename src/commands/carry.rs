//! What `apply` and `undo` have in common from the plan on: asking, carrying out, keeping the report, and
//! showing it.

use std::path::{Path, PathBuf};

use crate::api::Session;
use crate::apply::report::{Outcome, Report, Row, Skip, Verification};
use crate::apply::{self, CONCURRENCY, Event, Job};
use crate::cause::Cause;
use crate::cli::{Format, OutputArgs, RecordArgs, TargetArgs};
use crate::commands::journal::Journal;
use crate::commands::outputs::Outputs;
use crate::commands::progress::{Left, Names, Progress};
use crate::commands::record::Record;
use crate::commands::shell::{Failure, Shell, error_document, nobody_to_ask};
use crate::diagnostic::Sources;
use crate::exit::Exit;
use crate::model::observed::Target;
use crate::plan::change::Step;
use crate::plan::cost;
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

/// What a run writes down.
pub struct Desk {
    /// When and by whom it was.
    pub record: Record,
    /// The folder of reports.
    pub journal: Journal,
    /// The org, as soon as it says who it is.
    pub heard: Heard,
    /// Where its results go.
    pub outputs: Outputs,
}

impl Desk {
    /// Tries every place that the run will write to. Where one cannot be written, the run has ended.
    ///
    /// # Errors
    /// How it ended.
    pub fn open(
        record: &RecordArgs,
        target: &TargetArgs,
        output: &OutputArgs,
        shell: &mut Shell<'_>,
    ) -> Result<Desk, Exit> {
        let journal = match Journal::open(record.report_dir.as_deref(), shell.signals) {
            Ok(journal) => journal,
            Err(problem) => return Err(shell.fail(&problem.into())),
        };
        let record = Record::new(record, target, shell.environment);
        let heard = Heard { org: None, sandbox: target.sandbox };
        match Outputs::open(&output.outputs, shell.signals) {
            Ok(outputs) => Ok(Desk { record, journal, heard, outputs }),
            Err(problem) => {
                let failure = problem.into();
                keep_failure(&failure, &heard, &record, &journal, shell);
                Err(shell.fail(&failure))
            }
        }
    }

    /// Ends the run: keeps and shows what became of it.
    pub fn close(self, ended: Result<Carried, Failure>, shell: &mut Shell<'_>) -> Exit {
        let Desk { record, journal, heard, outputs } = self;
        match ended {
            Ok(carried) => show(&carried, &record, &journal, outputs, shell),
            Err(failure) => {
                keep_failure(&failure, &heard, &record, &journal, shell);
                shell.fail_into(&failure, &heard, outputs)
            }
        }
    }
}

/// Where a run is written down before it begins to write.
pub struct Kept<'a> {
    /// When and by whom it is.
    pub record: &'a Record,
    /// The folder of reports.
    pub journal: &'a Journal,
    /// Which org.
    pub target: &'a Target,
    /// The files of its config.
    pub sources: &'a Sources,
}

impl Kept<'_> {
    /// The report of a run that is killed from here on: what becomes of its steps is not known.
    fn begin(&self, job: &Job<'_>, shell: &Shell<'_>) -> Result<(), Problem> {
        let Kept { record, journal, target, sources } = self;
        if job.steps.is_empty() {
            return Ok(());
        }
        let default_locale = &job.desired.settings.default_locale;
        let unknown = |step: &Step| {
            let cause = Cause {
                message: "this run was ended before it could report".to_owned(),
                help: Some("run `plan` to see what became of it; running the same command again is safe".to_owned()),
                ..Cause::default()
            };
            Row::of(step, step.name(default_locale).cloned(), Outcome::Unknown(cause)).placed(job.desired)
        };
        let rows = job.steps.iter().map(unknown).chain(job.settled.iter().cloned()).collect();
        let report = Report {
            verification: Verification::Interrupted,
            divisions: job.observed.divisions.clone(),
            ..Report::of(rows, default_locale.clone())
        };
        let document = machine::report_json(&record.complete(report), target, sources);
        journal.keep(&document, &record.provenance(), target.org.as_ref(), shell.signals).map(drop)
    }
}

/// Also where there is no step to carry out: what a saved plan holds that is already so is looked
/// at again like what was written.
///
/// # Errors
/// That there was such a run could not be written down; nothing was written to the org.
pub async fn carry_out(
    session: &Session,
    job: Job<'_>,
    kept: Kept<'_>,
    shell: &mut Shell<'_>,
) -> Result<(Report, Exit), Problem> {
    kept.begin(&job, shell)?;
    let record = kept.record;
    let (sender, stop) = Stop::new();
    let style = shell.style_err();
    let default_locale = &job.desired.settings.default_locale;
    let names = Names { default_locale, divisions: &job.observed.divisions };
    let requests = cost::to_carry_out(job.steps.iter().map(Step::action), job.observed);
    let left = Left { requests, time: &|requests| session.time_for(requests, CONCURRENCY) };
    let progress = Progress::new(shell.terminal, shell.environment.ci, job.steps.len(), names, left, style);
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
    Ok((report, exit))
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
    /// What the command that takes it back is given beside the report.
    pub flags: String,
    /// What stands at the end, for people.
    pub last: String,
}

/// Keeps the report and shows it.
fn show(carried: &Carried, record: &Record, journal: &Journal, outputs: Outputs, shell: &mut Shell<'_>) -> Exit {
    let Carried { report, target, sources, exit, flags, last } = carried;
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
    let nothing_ran = record.provenance().undoes.is_some() && report.verification == Verification::NotNeeded;
    let said = nothing_ran || report.rows.iter().all(|row| row.outcome == Outcome::Skipped(Skip::PlanRefused));
    let file = kept.as_deref().or_else(|| outputs.file(Format::Json)).filter(|_| report.may_have_written());
    let trail = last.clone() + &trail(kept.as_deref(), file, flags);
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

/// Where the report is kept, and the command that takes back what `written` is the report of.
#[must_use]
pub fn trail(kept: Option<&Path>, written: Option<&Path>, flags: &str) -> String {
    let report = kept.map(|file| format!("Report: {}\n", text::terminal(&file.display().to_string())));
    let undo = written.map(|file| {
        let command = format!("presencectl undo {}{flags}", text::shell_word(&file.to_string_lossy()));
        format!("Undo: {}\n", text::terminal(&command))
    });
    report.into_iter().chain(undo).collect()
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
