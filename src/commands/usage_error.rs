//! A command line that is wrong: whoever reads the outputs that were asked for is told so there as well, as of any other
//! failure of the command.

use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};

use crate::cli::line::Line;
use crate::cli::paths;
use crate::cli::{
    DiagnosisFormat, FindingsFormat, Format, Output, RecordArgs, TableFormat, TargetArgs, View, variables,
};
use crate::commands::context::desk::{Desk, Keeping};
use crate::commands::context::run::Shell;
use crate::commands::validate;
use crate::model::platform::REQUESTS_PER_MINUTE_DEFAULT;
use crate::model::problem::{Heard, Problem};
use crate::output::page::Kind;

/// Writes what a failure shows into the outputs that were asked for, as far as that can be read. Why it failed stands on
/// standard error already.
pub fn tell(problem: Problem, shell: &mut Shell<'_>) {
    match shell.line.command().as_str() {
        "plan" => leave::<Format>(Keeping::Unrecorded, Kind::Plan, problem, shell),
        "drift" => leave::<Format>(Keeping::Unrecorded, Kind::Drift, problem, shell),
        "apply" | "undo" => leave::<Format>(Keeping::Recorded, Kind::Report, problem, shell),
        "retire" => leave::<TableFormat>(Keeping::Recorded, Kind::Report, problem, shell),
        "show" | "user get" | "user set" => leave::<TableFormat>(Keeping::Unrecorded, Kind::Plan, problem, shell),
        "doctor" => leave::<DiagnosisFormat>(Keeping::Unrecorded, Kind::Plan, problem, shell),
        "log" => {
            let outputs = shell.outputs_before_reading(&asked::<TableFormat>(shell));
            let heard = Heard { org: None, sandbox: false };
            shell.show_failure(&problem.into(), &heard, None, outputs, Kind::Plan);
        }
        "validate" => {
            let outputs = shell.outputs_before_reading(&asked::<FindingsFormat>(shell));
            let path = last("path", shell).or_else(|| last("config", shell));
            let path = path.map_or_else(|| PathBuf::from("."), PathBuf::from);
            validate::show_unchecked(&problem, &path, outputs, shell);
        }
        // The others have no outputs, or nobody knows which.
        _ => {}
    }
}

/// Flags that lift a guard or answer a question: a mistyped flag is never answered with one of them.
const GUARDS: [&str; 9] = [
    "--allow-active-users",
    "--allow-label-removals",
    "--allow-removals",
    "--allow-renames",
    "--auto-approve",
    "--force",
    "--include-on-queue",
    "--try-write",
    "--yes",
];

/// Wrong usage without the suggestion of a flag that lifts a guard, and without the one to take a flag for a value.
pub fn without_guards(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::StyledStrs(tips)) = error.get(ContextKind::Suggested) {
        let tips = tips.iter().filter(|it| !it.to_string().contains(" as a value, use ")).cloned().collect();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    }
    let is_guard = |it: &str| GUARDS.iter().any(|guard| it.trim_start_matches('-') == guard.trim_start_matches('-'));
    let suggests_one = match error.get(ContextKind::SuggestedArg) {
        Some(ContextValue::String(one)) => is_guard(one),
        Some(ContextValue::Strings(several)) => several.iter().any(|it| is_guard(it)),
        _ => false,
    };
    if suggests_one {
        error.remove(ContextKind::SuggestedArg);
        // It would name the flag as well.
        error.remove(ContextKind::Usage);
    }
    error
}

/// What clap says of wrong usage, without its layout: the sentence, its tips, and where to read on.
pub fn problem(error: &clap::Error, line: &Line) -> Problem {
    let text = error.render().to_string();
    let mut paragraphs = text.split("\n\n").map(|it| it.lines().map(str::trim).collect::<Vec<_>>());
    let message = paragraphs.next().unwrap_or_default().join(" ");
    let tips = paragraphs.flatten().filter_map(|it| it.strip_prefix("tip: ")).map(str::to_owned);
    let command = line.command();
    let space = if command.is_empty() { "" } else { " " };
    let page = format!("`presencectl{space}{command} --help` says what may be typed");
    let help: Vec<String> = tips.chain([page]).collect();
    Problem::new(message.strip_prefix("error: ").unwrap_or(&message)).help(help.join("; "))
}

fn leave<F: View>(keeping: Keeping, awaited: Kind, problem: Problem, shell: &mut Shell<'_>) {
    let record = RecordArgs {
        actor: last("actor", shell),
        reason: last("reason", shell),
        report_dir: last("report-dir", shell)
            .map(PathBuf::from)
            .filter(|it| keeping == Keeping::Recorded && !paths::is_stream(it)),
        no_report: false,
    };
    let target = TargetArgs {
        sandbox: sandbox(shell),
        sandbox_seed: None,
        sandbox_faults: None,
        sandbox_behavior: None,
        base_url: None,
        ca_cert: None,
        api: None,
        requests_per_minute: REQUESTS_PER_MINUTE_DEFAULT,
    };
    let asked = asked::<F>(shell);
    Desk::before_reading(&record, &target, &asked, keeping, shell).awaiting(awaited).leave(&problem.into(), shell);
}

/// The outputs that can be read.
fn asked<F: View>(shell: &Shell<'_>) -> Vec<Output<F>> {
    given("output", shell).iter().filter_map(|it| it.parse().ok()).collect()
}

fn sandbox(shell: &Shell<'_>) -> bool {
    shell.line.is_typed("sandbox") || given("sandbox", shell).iter().any(|it| !variables::is_off(it))
}

fn last(name: &str, shell: &Shell<'_>) -> Option<String> {
    given(name, shell).pop()
}

/// The values of an argument: as typed, else by its variable.
fn given(name: &str, shell: &Shell<'_>) -> Vec<String> {
    if shell.line.is_typed(name) {
        return shell.line.values(name).filter_map(|it| it.to_str()).map(str::to_owned).collect();
    }
    let variable = variables::of(name).and_then(|it| shell.environment.flags.get(&it));
    variable.into_iter().flat_map(|it| it.lines()).map(str::to_owned).collect()
}
