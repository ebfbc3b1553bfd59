//! A command line that is wrong: whoever reads the outputs that were asked for is told so there as well, as of any other
//! failure of the command.

use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};

use crate::cli::line::CommandLine;
use crate::cli::paths;
use crate::cli::{
    DiagnosisFormat, FindingsFormat, Format, Output, RecordArgs, TableFormat, TargetArgs, View, variables,
};
use crate::commands::context::host::Host;
use crate::commands::context::run::{Keeping, Run};
use crate::commands::validate;
use crate::model::platform::REQUESTS_PER_MINUTE_DEFAULT;
use crate::model::problem::{Heard, Problem};
use crate::output::page::PageKind;

/// Writes what a failure shows into the outputs that were asked for, as far as that can be read. Why it failed stands on
/// standard error already.
pub fn tell(problem: Problem, host: &mut Host<'_>) {
    match host.line.command().as_str() {
        "plan" => leave::<Format>(Keeping::Unrecorded, PageKind::Plan, problem, host),
        "drift" => leave::<Format>(Keeping::Unrecorded, PageKind::Drift, problem, host),
        "apply" | "undo" => leave::<Format>(Keeping::Recorded, PageKind::Report, problem, host),
        "retire" => leave::<TableFormat>(Keeping::Recorded, PageKind::Report, problem, host),
        "show" | "user get" | "user set" => leave::<TableFormat>(Keeping::Unrecorded, PageKind::Plan, problem, host),
        "doctor" => leave::<DiagnosisFormat>(Keeping::Unrecorded, PageKind::Plan, problem, host),
        "log" => {
            let outputs = host.outputs_before_reading(&asked::<TableFormat>(host));
            let heard = Heard { org: None, sandbox: false };
            host.show_failure(&problem.into(), &heard, None, outputs, PageKind::Plan);
        }
        "validate" => {
            let outputs = host.outputs_before_reading(&asked::<FindingsFormat>(host));
            let path = last("path", host).or_else(|| last("config", host));
            let path = path.map_or_else(|| PathBuf::from("."), PathBuf::from);
            validate::show_unchecked(&problem, &path, outputs, host);
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
pub fn problem(error: &clap::Error, line: &CommandLine) -> Problem {
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

fn leave<F: View>(keeping: Keeping, awaited: PageKind, problem: Problem, host: &mut Host<'_>) {
    let record = RecordArgs {
        actor: last("actor", host),
        reason: last("reason", host),
        report_dir: last("report-dir", host)
            .map(PathBuf::from)
            .filter(|it| keeping == Keeping::Recorded && !paths::is_stream(it)),
        no_report: false,
    };
    let target = TargetArgs {
        sandbox: sandbox(host),
        sandbox_seed: None,
        sandbox_faults: None,
        sandbox_behavior: None,
        base_url: None,
        ca_cert: None,
        api: None,
        requests_per_minute: REQUESTS_PER_MINUTE_DEFAULT,
    };
    let asked = asked::<F>(host);
    Run::before_reading(&record, &target, &asked, keeping, host).awaiting(awaited).leave(&problem.into(), host);
}

/// The outputs that can be read.
fn asked<F: View>(host: &Host<'_>) -> Vec<Output<F>> {
    given("output", host).iter().filter_map(|it| it.parse().ok()).collect()
}

fn sandbox(host: &Host<'_>) -> bool {
    host.line.is_typed("sandbox") || given("sandbox", host).iter().any(|it| !variables::is_off(it))
}

fn last(name: &str, host: &Host<'_>) -> Option<String> {
    given(name, host).pop()
}

/// The values of an argument: as typed, else by its variable.
fn given(name: &str, host: &Host<'_>) -> Vec<String> {
    if host.line.is_typed(name) {
        return host.line.values(name).filter_map(|it| it.to_str()).map(str::to_owned).collect();
    }
    let variable = variables::of(name).and_then(|it| host.environment.flags.get(&it));
    variable.into_iter().flat_map(|it| it.lines()).map(str::to_owned).collect()
}
