//! The commands without an org: `validate`, `explain`, `config` and `schema`.

use std::rc::Rc;

use crate::cli::{ConfigArgs, ExplainArgs, FindingsFormat, SchemaArgs, SchemaOf, ValidateArgs};
use crate::commands::context::failure::Failure;
use crate::commands::context::host::Host;
use crate::commands::context::run::Run;
use crate::config::diagnostic::Findings;
use crate::config::file_system::FileSystem;
use crate::config::rules::{self, RULES};
use crate::config::{self, Config, LoadedAll};
use crate::host::exit::Exit;
use crate::model::problem::Problem;
use crate::model::text;
use crate::ops::history::baseline;
use crate::ops::history::git_config::InRepository;
use crate::output::ci::fingerprint::Reported;
use crate::output::ci::{github, gitlab, sarif};
use crate::output::json;
use crate::output::style::Style;
use crate::output::text::{explain, findings, problem};
use crate::plan::help_pages::{self, PAGES};
use crate::plan::origin::short;

/// `presencectl validate`.
pub fn run(args: &ValidateArgs, run: &mut Run<'_, FindingsFormat>) -> Result<Exit, Failure> {
    run.open(&args.outputs, None)?;
    let at = args
        .files
        .at
        .as_deref()
        .map(|typed| baseline::at(&args.files.path, args.files.root.as_deref(), typed))
        .transpose();
    let (asked, checked, problem) = match &at {
        Err(problem) => (&*args.files.path, LoadedAll::default(), Some(problem.clone())),
        Ok(Some(at)) => {
            let InRepository { path, root } = &at.place;
            let files = Rc::clone(&at.files) as Rc<dyn FileSystem>;
            let mut checked = config::load_all_in(files, path, Some(root), |_| false);
            checked.sources.commit = Some(at.commit.clone());
            // None of its files is on disk.
            (path, checked, None)
        }
        Ok(None) => {
            let mut checked = config::load_all(&args.files.path, args.files.root.as_deref(), |_| false);
            let config = ConfigArgs { path: args.files.path.clone(), org: None, root: args.files.root.clone() };
            checked.diagnostics = baseline::with_deleted(checked.diagnostics, &config.request(), None);
            let problem = run.outputs.spare(&checked.files).err();
            (&*args.files.path, checked, problem)
        }
    };
    let Findings { errors, warnings, .. } = checked.diagnostics;
    let (failed, denied) = (errors > 0, args.deny_warnings && warnings > 0);

    run.host.show_findings(&checked.diagnostics, &checked.sources);
    let failure = problem.clone().or_else(|| {
        let denied = denied && !failed;
        denied.then(|| Problem::new("there are warnings, and `--deny-warnings` takes them for errors"))
    });
    if let Some(failure) = &failure {
        run.host.fail(&failure.clone().into());
    }
    let verdict = if failed || failure.is_some() { String::new() } else { valid(&checked) };
    let reported = Reported {
        diagnostics: &checked.diagnostics,
        sources: &checked.sources,
        problem: problem.as_ref(),
        asked,
        folder: run.host.environment.folder.as_deref(),
    };
    let view = |format: FindingsFormat| shown(format, &reported, failure.as_ref(), &verdict);
    let stdout = match run.outputs.on_stdout {
        FindingsFormat::Human => verdict.clone(),
        format => view(format),
    };
    let exit = if failed || failure.is_some() { Exit::Failure } else { Exit::Success };
    Ok(run.write(&stdout, &view, exit))
}

/// The findings in one view, with the reason of a failure beyond them.
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
    let mut pages = Vec::new();
    for name in &args.names {
        // A finding of a config and of a plan can have the same name.
        let found = rules::rule(name).map(|it| it.page).into_iter().chain(help_pages::page(name).map(|it| it.page));
        let found: Vec<String> = found.map(|it| explain::page(it, style)).collect();
        if found.is_empty() {
            return host.fail(&unknown(name).into());
        }
        pages.extend(found);
    }
    let text = if pages.is_empty() { explain::list(style) } else { pages.join("\n") };
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
pub fn config(args: &ConfigArgs, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let (Config { resolved, .. }, sources) = run.load(args)?;
    let text = config::resolved_text(&resolved, &sources);
    run.host.terminal.out(&text);
    Ok(Exit::Success)
}

/// `presencectl schema`.
pub fn schema(args: SchemaArgs, host: &mut Host<'_>) -> Exit {
    let schema = match args.of {
        SchemaOf::Config => json::pretty(&config::json_schema()),
        SchemaOf::Plan => json::schema::<json::PlanV1>(),
        SchemaOf::FleetPlan => json::schema::<json::FleetPlanV1>(),
        SchemaOf::Report => json::schema::<json::ReportV1>(),
        SchemaOf::Definitions => json::schema::<json::DefinitionsV1>(),
        SchemaOf::SystemPresences => json::schema::<json::SystemPresencesV1>(),
        SchemaOf::Error => json::schema::<json::ErrorV1>(),
        SchemaOf::Users => json::schema::<json::UsersV1>(),
        SchemaOf::UserReport => json::schema::<json::UserReportV1>(),
        SchemaOf::Retirement => json::schema::<json::RetirementV1>(),
        SchemaOf::Log => json::schema::<json::LogV1>(),
        SchemaOf::Diagnosis => json::schema::<json::DiagnosisV1>(),
        SchemaOf::FleetDiagnosis => json::schema::<json::FleetDiagnosisV1>(),
        SchemaOf::Drift => json::schema::<json::DriftV1>(),
        SchemaOf::Comparison => json::schema::<json::ComparisonV1>(),
        SchemaOf::Orgs => json::schema::<json::OrgsV1>(),
        SchemaOf::FleetReport => json::schema::<json::FleetReportV1>(),
        SchemaOf::FleetDrift => json::schema::<json::FleetDriftV1>(),
    };
    host.terminal.out(&schema);
    Exit::Success
}
