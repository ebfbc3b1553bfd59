//! `presencectl compare`.

use crate::cli::{CompareArgs, TableFormat};
use crate::commands::context::connect::Connection;
use crate::commands::context::failure::Failure;
use crate::commands::context::run::Run;
use crate::commands::fleet::{self, FleetOrg};
use crate::config::Config;
use crate::config::choice::OrgChoice;
use crate::config::diagnostic::Findings;
use crate::host::exit::Exit;
use crate::model::problem::{KnownOrg, OrgFailure, Problem};
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::compare::{ComparedOrg, OrgComparison, compare, most_of};
use crate::ops::observe::{From, Observation, observe, odd_objects};
use crate::output::json::common::Document as _;
use crate::output::json::comparison::{NotReadV1, OrgComparisonV1};
use crate::output::json::{self, ComparisonV1, ErrorV1};
use crate::output::style::Style;
use crate::output::text::compare as view;

/// Compares two orgs, or each org with the majority. Writes nothing.
pub async fn run(args: &CompareArgs, run: &mut Run<'_, TableFormat>) -> Result<Exit, Failure> {
    run.open(&args.outputs, args.live.then_some(&args.target))?;
    let choice = choice(args)?;
    let (configs, sources) = run.load_chosen((&args.config.path, args.config.root.as_deref()), &choice, None)?;
    let (orgs, not_read) = if args.live { read(args, &configs, run).await? } else { (of_files(&configs), Vec::new()) };

    let comparisons = compared(args, &orgs)?;
    let differs = comparisons.iter().any(|it| !it.is_same());
    let comparison = ComparisonV1 {
        kind: ComparisonV1::KIND.to_owned(),
        format_version: ComparisonV1::VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        live: args.live,
        comparisons: comparisons.iter().map(|it| document(it, &configs, &sources)).collect(),
        not_read,
    };
    let view = |format: TableFormat, style: Style| match format {
        TableFormat::Human => view::human(&comparison, style),
        TableFormat::Json => json::write(&comparison),
        TableFormat::Csv => view::csv(&comparison),
    };
    let exit = if !comparison.not_read.is_empty() {
        Exit::Failure
    } else if args.detailed_exitcode && differs {
        Exit::Changes
    } else {
        Exit::Success
    };
    Ok(run.show(&view, exit))
}

/// The selected orgs. An invalid combination of flags is reported before anything is read.
fn choice(args: &CompareArgs) -> Result<OrgChoice, Problem> {
    let target = &args.target;
    if !args.live && (target.sandbox || target.base_url.is_some()) {
        let flag = if target.sandbox { "--sandbox" } else { "--base-url" };
        return Err(Problem::new(format!("{flag} names an org to read, and without --live only files are compared"))
            .help(format!("give --live as well, or leave {flag} away")));
    }
    let Some(with) = &args.with else { return Ok(args.config.chosen.choice()) };
    let one = match args.config.chosen.orgs.as_slice() {
        [one] if !args.config.chosen.are_several() => one,
        _ => {
            let path = text::shell_word(&args.config.path.to_string_lossy());
            return Err(Problem::new("--with compares two orgs, and needs the name of one by --org")
                .help(format!("`presencectl compare {path} --org NAME --with {}`", text::shell_word(with))));
        }
    };
    if one == with {
        return Err(Problem::new(format!("--org and --with name the same org, {}", text::ticked(with)))
            .help("name another one by --with"));
    }
    Ok(OrgChoice { names: vec![one.clone(), with.clone()], stages: Vec::new() })
}

fn of_files(configs: &[Config]) -> Vec<ComparedOrg> {
    configs.iter().map(ComparedOrg::of_config).collect()
}

/// The compared orgs. An unreadable org is reported and does not stop the others.
async fn read(
    args: &CompareArgs,
    configs: &[Config],
    run: &mut Run<'_, TableFormat>,
) -> Result<(Vec<ComparedOrg>, Vec<NotReadV1>), Failure> {
    let orgs = fleet::connect(configs, &args.target, run).await?;
    let work = async |org: &FleetOrg<'_>, connection: &Connection, known_org: &mut KnownOrg| {
        let desired = &org.config.desired;
        let reader = connection.session.reader();
        let (api, sandbox) = (args.target.api(desired), args.target.sandbox);
        let from = From { reader: &reader, identity: &org.identity, api, sandbox };
        let Observation { target: _, observed, mut notes } = observe(from, |_| false, known_org).await?;
        notes.extend(odd_objects(&observed));
        let name = desired.org.as_ref().map_or("", |it| it.name.as_str());
        Ok((ComparedOrg::of_observed(name, &desired.settings.default_locale, &observed), notes))
    };
    let results = fleet::each(orgs, args.config.chosen.parallel, &mut run.host, "read", |(_, notes)| notes, work).await;
    let (mut read, mut not_read) = (Vec::new(), Vec::new());
    for (config, result) in configs.iter().zip(results) {
        match result {
            Ok((org, _)) => read.push(org),
            Err(OrgFailure { problem, known_org }) => {
                let org = config.desired.org.as_ref().map(|it| it.name.clone()).unwrap_or_default();
                not_read.push(NotReadV1 {
                    org,
                    error: ErrorV1::of(&problem, &known_org, None, None, &Findings::default(), &Sources::new()),
                });
            }
        }
    }
    Ok((read, not_read))
}

fn compared(args: &CompareArgs, orgs: &[ComparedOrg]) -> Result<Vec<OrgComparison>, Problem> {
    let Some(with) = &args.with else {
        if orgs.len() < 2 && !args.live {
            return Err(Problem::new("one org cannot be compared with what most orgs have")
                .help("choose more by --all-orgs, --org PATTERN or --stage, or two by --org A --with B"));
        }
        let most = most_of(orgs);
        return Ok(orgs.iter().map(|it| compare(it, &most)).collect());
    };
    let (second, first): (Vec<&ComparedOrg>, Vec<&ComparedOrg>) = orgs.iter().partition(|it| it.name == *with);
    let pair = first.first().zip(second.first());
    Ok(pair.map(|(first, second)| compare(first, second)).into_iter().collect())
}

fn document(it: &OrgComparison, configs: &[Config], sources: &Sources) -> OrgComparisonV1 {
    let own = configs.iter().find(|config| config.desired.org.as_ref().is_some_and(|org| org.name == it.first));
    let file = own.and_then(|config| config.org_file.as_ref()).map(|path| path.display().to_string());
    OrgComparisonV1::of(it, file.as_deref(), sources)
}
