//! The commands that ask no org: `validate`, `explain`, `config` and `schema`.

use std::path::Path;
use std::rc::Rc;

use crate::cli::{ConfigArgs, ExplainArgs, FindingsFormat, Format, SchemaArgs, SchemaOf, ValidateArgs};
use crate::commands::context::host::Host;
use crate::commands::context::outputs::Outputs;
use crate::config::diagnostic::Findings;
use crate::config::file_system::FileSystem;
use crate::config::rules::{self, RULES};
use crate::config::{self, Config, LoadedAll};
use crate::host::exit::Exit;
use crate::model::problem::Problem;
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::history::baseline;
use crate::ops::history::git_config::InRepository;
use crate::output::ci::fingerprint::Reported;
use crate::output::ci::{github, gitlab, sarif};
use crate::output::json;
use crate::output::style::Style;
use crate::output::text::{explain, findings, problem};
use crate::plan::origin::short;
use crate::plan::pages::{self, PAGES};

/// `presencectl validate`.
pub fn validate(args: &ValidateArgs, host: &mut Host<'_>) -> Exit {
    let mut outputs = match Outputs::open(&args.outputs, host.environment, host.signals) {
        Ok(outputs) => outputs,
        Err(problem) => {
            let exit = host.fail(&problem.clone().into());
            show_unchecked(&problem, &args.path, host.outputs_before_reading(&args.outputs), host);
            return exit;
        }
    };
    let at = args.at.as_deref().map(|typed| baseline::at(&args.path, args.root.as_deref(), typed)).transpose();
    let at = match at {
        Ok(at) => at,
        Err(problem) => {
            let exit = host.fail(&problem.clone().into());
            show_unchecked(&problem, &args.path, outputs, host);
            return exit;
        }
    };
    let (asked, checked, problem) = if let Some(at) = &at {
        let InRepository { path, root } = &at.place;
        let mut checked = config::load_all_in(Rc::clone(&at.files) as Rc<dyn FileSystem>, path, Some(root), |_| false);
        checked.sources.commit = Some(at.commit.clone());
        // None of its files is on the disk.
        (path, checked, None)
    } else {
        let mut checked = config::load_all(&args.path, args.root.as_deref(), |_| false);
        let config = ConfigArgs { path: args.path.clone(), org: None, root: args.root.clone() };
        checked.diagnostics = baseline::with_deleted(checked.diagnostics, &config.request(), None);
        let problem = outputs.spare(&checked.files).err();
        (&*args.path, checked, problem)
    };
    let Findings { errors, warnings, .. } = checked.diagnostics;
    let (failed, denied) = (errors > 0, args.deny_warnings && warnings > 0);

    host.show_findings(&checked.diagnostics, &checked.sources);
    let failure = problem.clone().or_else(|| {
        let denied = denied && !failed;
        denied.then(|| Problem::new("there are warnings, and `--deny-warnings` takes them for errors"))
    });
    if let Some(failure) = &failure {
        host.fail(&failure.clone().into());
    }
    let verdict = if failed || failure.is_some() { String::new() } else { valid(&checked) };
    let reported = Reported {
        diagnostics: &checked.diagnostics,
        sources: &checked.sources,
        problem: problem.as_ref(),
        asked,
        folder: host.environment.folder.as_deref(),
    };
    let view = |format: FindingsFormat| shown(format, &reported, failure.as_ref(), &verdict);
    let stdout = match outputs.on_stdout {
        FindingsFormat::Human => verdict.clone(),
        format => view(format),
    };
    let exit = if failed || failure.is_some() { Exit::Failure } else { Exit::Success };
    host.write(outputs, &stdout, &view, exit)
}

/// Shows in every output that nothing was checked; why stands on standard error already.
pub fn show_unchecked(problem: &Problem, asked: &Path, outputs: Outputs<FindingsFormat>, host: &mut Host<'_>) {
    let folder = host.environment.folder.as_deref();
    let sources = Sources::new();
    let none = Findings::default();
    let reported = Reported { diagnostics: &none, sources: &sources, problem: Some(problem), asked, folder };
    let view = |format: FindingsFormat| shown(format, &reported, Some(problem), "");
    let stdout = match outputs.on_stdout {
        FindingsFormat::Human => String::new(),
        format => view(format),
    };
    host.write(outputs, &stdout, &view, Exit::Failure);
}

/// The findings in one view, with why the command failed where it is by more than them.
fn shown(format: FindingsFormat, reported: &Reported<'_>, failure: Option<&Problem>, verdict: &str) -> String {
    let Reported { diagnostics, sources, folder, .. } = *reported;
    match format {
        FindingsFormat::Human => {
            let failure = failure.map(|it| problem::human(it, Style::PLAIN)).unwrap_or_default();
            findings::human(diagnostics, sources, Style::PLAIN) + &failure + verdict
        }
        FindingsFormat::Sarif => sarif::log(reported),
        FindingsFormat::Gitlab => gitlab::report(reported),
        FindingsFormat::Github => {
            let failure =
                failure.map(|it| github::failure(it, &Findings::default(), sources, folder)).unwrap_or_default();
            github::findings(diagnostics, sources, folder) + &failure
        }
    }
}

fn valid(checked: &LoadedAll) -> String {
    let definitions = checked.orgs.iter().map(|it| it.definitions).sum();
    let orgs = match checked.orgs.len() {
        0 | 1 => String::new(),
        several => format!(" for {several} orgs"),
    };
    let commit =
        checked.sources.commit.as_deref().map_or_else(String::new, |it| format!(" in the commit {}", short(it)));
    format!("Valid: {}{orgs}{commit}.\n", text::count(definitions, "definition"))
}

/// `presencectl explain`.
pub fn explain(args: &ExplainArgs, host: &mut Host<'_>) -> Exit {
    let style = host.style_out();
    let text = match &args.name {
        None => explain::list(style),
        Some(name) => {
            // A config and a plan can have the same name for what they find.
            let found = rules::rule(name).map(|it| it.page).into_iter().chain(pages::page(name).map(|it| it.page));
            let found: Vec<String> = found.map(|it| explain::page(it, style)).collect();
            if found.is_empty() {
                return host.fail(&unknown(name).into());
            }
            found.join("\n")
        }
    };
    host.terminal.out(&text);
    Exit::Success
}

fn unknown(name: &str) -> Problem {
    let help = match text::nearest(name, RULES.iter().map(|it| it.name).chain(PAGES.iter().map(|it| it.name))) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "`presencectl explain` lists all of them".to_owned(),
    };
    Problem::new(format!("there is no finding {name}", name = text::ticked(name))).help(help)
}

/// `presencectl config`.
pub fn show(args: &ConfigArgs, host: &mut Host<'_>) -> Exit {
    match host.load(args, &mut Outputs::<Format>::on_stdout()) {
        Ok((Config { resolved, .. }, sources)) => {
            let text = config::resolved_text(&resolved, &sources);
            host.terminal.out(&text);
            Exit::Success
        }
        Err(failure) => host.fail(&failure),
    }
}

/// `presencectl schema`.
pub fn schema(args: SchemaArgs, host: &mut Host<'_>) -> Exit {
    let schema = match args.of {
        SchemaOf::Config => json::pretty(&config::json_schema()),
        SchemaOf::Plan => json::schema::<json::PlanV1>(),
        SchemaOf::Report => json::schema::<json::ReportV1>(),
        SchemaOf::Definitions => json::schema::<json::DefinitionsV1>(),
        SchemaOf::SystemPresences => json::schema::<json::SystemPresencesV1>(),
        SchemaOf::Error => json::schema::<json::ErrorV1>(),
        SchemaOf::Users => json::schema::<json::UsersV1>(),
        SchemaOf::UserReport => json::schema::<json::UserReportV1>(),
        SchemaOf::Retirement => json::schema::<json::RetirementV1>(),
        SchemaOf::Log => json::schema::<json::LogV1>(),
        SchemaOf::Diagnosis => json::schema::<json::DiagnosisV1>(),
        SchemaOf::Drift => json::schema::<json::DriftV1>(),
    };
    host.terminal.out(&schema);
    Exit::Success
}
