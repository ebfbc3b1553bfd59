//! `presencectl combine`.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use crate::cli::Format;
use crate::cli::combine::{CombineArgs, CombinedKind};
use crate::commands::context::failure::Failure;
use crate::commands::context::run::Run;
use crate::commands::selection::{configs_since, stage};
use crate::config::choice::OrgChoice;
use crate::config::diagnostic::Findings;
use crate::config::{Config, print};
use crate::host::exit::Exit;
use crate::host::files;
use crate::model::desired::OrgIdentity;
use crate::model::freeze::holding;
use crate::model::limits::{COMBINED_BYTES_MAX, COMBINED_DOCUMENT_BYTES_MAX, COMBINED_VALUES_MAX, read_within};
use crate::model::moment::Moment;
use crate::model::problem::{KnownOrg, Problem, cause};
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::history::baseline;
use crate::ops::history::git_config::AtCommit;
use crate::ops::orgs::Before;
use crate::output::ci::github;
use crate::output::combined::{Combined, CombinedOrg, CombinedStatus};
use crate::output::fleet::{FleetMember, FleetTerms, fleet_plan};
use crate::output::json::combined::{self, CombinedBody, CombinedDocument, DocumentOrigin};
use crate::output::json::common::CauseV1;
use crate::output::json::{self, ErrorV1, FleetPlanV1, PlanV1};
use crate::output::page::{self, Lints, PageKind, html};
use crate::output::style::Style;
use crate::output::text as text_view;
use crate::plan::origin::short;

/// Combines the documents of several orgs' jobs. No org is contacted.
pub fn run(args: &CombineArgs, run: &mut Run<'_>) -> Result<Exit, Failure> {
    run.awaited = args.kind.map_or(PageKind::FleetPlan, page_kind);
    run.open(&args.output.outputs, None)?;
    run.outputs.spare(&args.documents)?;
    let documents = read_all(&args.documents)?;
    let kind = kind_of(&documents, args)?;
    run.awaited = page_kind(kind);
    if kind != CombinedKind::Plan && args.changed_since.is_some() {
        return Err(Problem::new("--changed-since tells which plans are due, and these are none")
            .help("name the orgs that had to report by `--expect`")
            .into());
    }
    let (path, root) = (&*args.files.path, args.files.root.as_deref());
    let at = args.files.at.as_deref().map(|typed| baseline::at(path, root, typed)).transpose()?;
    let (configs, sources) = run.load_chosen((path, root), &OrgChoice::default(), at.as_ref())?;
    if let Some(typed) = &args.require_stage {
        stage(typed, &configs)?;
    }
    let (is_due, before) = due(args, &configs, at.as_ref())?;
    let mut by_org = by_org(documents, &configs)?;
    let now = run.record.clock().now();
    let mut set = CombinedSet { kind, at: at.as_ref(), orgs: Vec::new(), unaffected: Vec::new() };
    for (index, config) in configs.iter().enumerate() {
        match by_org.remove(&index) {
            Some(document) => set.orgs.push((config, Reported::of(document, config, &set))),
            None if is_due[index] => set.orgs.push((config, Reported::Missing)),
            None if args.changed_since.is_some() => set.unaffected.push(name_of(config).to_owned()),
            None => {}
        }
    }
    match kind {
        CombinedKind::Plan => Ok(plans(set, args, (&sources, before.as_slice()), run)),
        CombinedKind::Drift | CombinedKind::Report => Ok(others(set, args, now, run)),
    }
}

/// The combined documents.
struct CombinedSet<'a> {
    kind: CombinedKind,
    at: Option<&'a AtCommit>,
    orgs: Vec<(&'a Config, Reported)>,
    /// Orgs that the change does not affect, and that have no document.
    unaffected: Vec<String>,
}

/// The result of an org's job.
enum Reported {
    Read(CombinedBody),
    /// Its document is about something else. Has the reason.
    Mismatched(String),
    Missing,
}

fn page_kind(kind: CombinedKind) -> PageKind {
    match kind {
        CombinedKind::Plan => PageKind::FleetPlan,
        CombinedKind::Drift => PageKind::FleetDrift,
        CombinedKind::Report => PageKind::FleetReport,
    }
}

fn name_of(config: &Config) -> &str {
    config.desired.org.as_ref().map_or("", |org| org.name.as_str())
}

fn read_all(paths: &[PathBuf]) -> Result<Vec<(PathBuf, CombinedDocument)>, Problem> {
    let (mut bytes_left, mut values_left) = (COMBINED_BYTES_MAX, COMBINED_VALUES_MAX);
    let mut read = Vec::new();
    for path in paths {
        let not_usable =
            |why: String| Problem::new(format!("{} cannot be combined: {why}", text::ticked(path.display())));
        let most = COMBINED_DOCUMENT_BYTES_MAX.min(bytes_left);
        let bytes = File::open(path)
            .and_then(|it| read_within(it, most))
            .map_err(|error| files::cannot_read(path, not_usable(cause(&error))))?;
        let too_much = || {
            let why = if most < COMBINED_DOCUMENT_BYTES_MAX {
                format!("all documents together are longer than {COMBINED_BYTES_MAX} bytes")
            } else {
                format!("it is longer than {COMBINED_DOCUMENT_BYTES_MAX} bytes")
            };
            not_usable(why)
        };
        let bytes = bytes.ok_or_else(too_much)?;
        bytes_left = bytes_left.saturating_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        let document = combined::read(&bytes).map_err(|why| {
            not_usable(why).help("give what `plan`, `drift` or `apply` of one org wrote by `--output json=FILE`")
        })?;
        values_left = values_left
            .checked_sub(document.values)
            .ok_or_else(|| not_usable(format!("all documents together hold more than {COMBINED_VALUES_MAX} values")))?;
        read.push((path.clone(), document));
    }
    Ok(read)
}

/// The kind of the documents. Errors belong to any kind.
fn kind_of(documents: &[(PathBuf, CombinedDocument)], args: &CombineArgs) -> Result<CombinedKind, Problem> {
    let of = |it: &CombinedBody| match it {
        CombinedBody::Plan(_) => Some(CombinedKind::Plan),
        CombinedBody::Drift(_) => Some(CombinedKind::Drift),
        CombinedBody::Report(_) => Some(CombinedKind::Report),
        CombinedBody::Error(_) => None,
    };
    let word = |it: CombinedKind| match it {
        CombinedKind::Plan => "a plan",
        CombinedKind::Drift => "a drift",
        CombinedKind::Report => "a report",
    };
    let mut kinds = documents.iter().filter_map(|(path, it)| Some((path, of(&it.body)?)));
    let Some((first, kind)) = kinds.next() else {
        let is_of_apply = |it: &CombinedBody| matches!(it, CombinedBody::Error(error) if error.run.is_some());
        let guessed = if documents.iter().any(|(_, it)| is_of_apply(&it.body)) {
            CombinedKind::Report
        } else {
            CombinedKind::Plan
        };
        return Ok(args.kind.unwrap_or(guessed));
    };
    if let Some((other, of_other)) = kinds.find(|(_, it)| *it != kind) {
        let (first, other) = (text::ticked(first.display()), text::ticked(other.display()));
        return Err(Problem::new(format!("{first} is {}, and {other} is {}", word(kind), word(of_other)))
            .help("combine documents of one kind; errors may be among them"));
    }
    match args.kind {
        Some(typed) if typed != kind => {
            let first = text::ticked(first.display());
            Err(Problem::new(format!("--kind: {first} is {}, and not {}", word(kind), word(typed)))
                .help("leave `--kind` out, or give the documents of the other jobs"))
        }
        _ => Ok(kind),
    }
}

/// Which orgs need a document, in the order of the configs, and the files before the change.
fn due(args: &CombineArgs, configs: &[Config], at: Option<&AtCommit>) -> Result<(Vec<bool>, Option<Sources>), Problem> {
    if let Some(typed) = &args.changed_since {
        let since = baseline::changed_since((&args.files.path, args.files.root.as_deref()), typed, at, false)?;
        let (before, sources) = configs_since(&since)?;
        let before = Before::new(&before);
        return Ok((configs.iter().map(|it| before.standing(it).is_affected()).collect(), Some(sources)));
    }
    let Some(expected) = &args.expect else { return Ok((vec![true; configs.len()], None)) };
    let expected: Vec<&str> = expected.iter().map(|it| it.trim()).filter(|it| !it.is_empty()).collect();
    if let Some(unknown) = expected.iter().find(|it| !configs.iter().any(|config| name_of(config) == **it)) {
        let problem = Problem::new(format!("--expect: the config has no org {}", text::ticked(unknown)));
        let path = text::shell_word(&args.files.path.to_string_lossy());
        return Err(match text::nearest(unknown, configs.iter().map(name_of)) {
            Some(nearest) => problem.help(format!("did you mean {}?", text::ticked(nearest))),
            None => problem.help(format!("`presencectl orgs {path}` lists them")),
        });
    }
    Ok((configs.iter().map(|it| expected.contains(&name_of(it))).collect(), None))
}

/// The document of each org, by the index of its config.
fn by_org(
    documents: Vec<(PathBuf, CombinedDocument)>,
    configs: &[Config],
) -> Result<BTreeMap<usize, CombinedDocument>, Problem> {
    let mut paths: BTreeMap<usize, PathBuf> = BTreeMap::new();
    let mut by_org = BTreeMap::new();
    for (path, document) in documents {
        let index = org_of(&path, &document, configs)?;
        if let Some(other) = paths.insert(index, path.clone()) {
            let (one, two) = (text::ticked(other.display()), text::ticked(path.display()));
            let name = text::ticked(name_of(&configs[index]));
            return Err(Problem::new(format!("{one} and {two} are both of the org {name}"))
                .help("give the newest document of each org"));
        }
        by_org.insert(index, document);
    }
    Ok(by_org)
}

fn org_of(path: &Path, document: &CombinedDocument, configs: &[Config]) -> Result<usize, Problem> {
    let DocumentOrigin { org, org_id, .. } = document.body.origin();
    let has_id =
        |it: &OrgIdentity| org_id.is_some() && it.id.as_ref().map(ToString::to_string).as_ref() == org_id.as_ref();
    let is_it = |it: &OrgIdentity| match &org {
        Some(name) => it.name == *name,
        None => has_id(it),
    };
    let found = configs.iter().position(|it| it.desired.org.as_ref().is_some_and(is_it));
    let path = text::ticked(path.display());
    found.ok_or_else(|| match (&org, &document.body) {
        (Some(org), _) => {
            Problem::new(format!("{path} is of the org {}, which the config does not have", text::ticked(org)))
                .help("combine what was made from this config; `--at COMMIT` reads that of a commit")
        }
        (None, CombinedBody::Error(error)) => {
            let help = error.help.clone();
            Problem { help, ..Problem::new(format!("{path} is an error before an org was known: {}", error.message)) }
        }
        (None, _) => Problem::new(format!("{path} does not say of which org of the config it is"))
            .help("create it again with this version of presencectl"),
    })
}

impl Reported {
    fn of(document: CombinedDocument, config: &Config, set: &CombinedSet<'_>) -> Reported {
        match mismatch(&document, config, set) {
            Some(why) => Reported::Mismatched(why),
            None => Reported::Read(document.body),
        }
    }
}

/// Why a document does not belong to this config. `None` if it does.
fn mismatch(document: &CombinedDocument, config: &Config, set: &CombinedSet<'_>) -> Option<String> {
    let ours = env!("CARGO_PKG_VERSION");
    if document.tool_version != ours {
        let theirs = text::ticked(&document.tool_version);
        return Some(format!("it was written by version {theirs}, and this is {ours}"));
    }
    let DocumentOrigin { org: _, org_id, sandbox, digest: of_config, commit } = document.body.origin();
    let id = config.desired.org.as_ref().and_then(|org| org.id.as_ref()).map(ToString::to_string);
    if let (Some(id), Some(other)) = (&id, &org_id)
        && !sandbox
        && id != other
    {
        return Some(format!("it is of the org with the id {}, and the config names {id}", text::ticked(other)));
    }
    // An error that comes before a readable config matches any config.
    if of_config.is_none() && matches!(document.body, CombinedBody::Error(_)) {
        return None;
    }
    let at = set.at.map(|it| it.commit.as_str());
    match (at, commit.as_deref()) {
        (Some(at), Some(commit)) if at != commit => {
            return Some(format!("it is of the commit {}, and not of {}", text::ticked(short(commit)), short(at)));
        }
        // A drift reads the checkout and has no commit, so its digest decides.
        (Some(at), None) if set.kind != CombinedKind::Drift => {
            return Some(format!("it is of no commit, and not of {}", short(at)));
        }
        (None, Some(commit)) if set.kind == CombinedKind::Plan => {
            return Some(format!("it is of the commit {}, and `--at` names none", text::ticked(short(commit))));
        }
        _ => {}
    }
    if of_config.as_deref() != Some(&*print::digest_of(&config.resolved)) {
        return Some("it was made from another config of this org".to_owned());
    }
    match &document.body {
        CombinedBody::Report(report) => {
            let undoes = report.run.as_ref().and_then(|it| it.said.undoes.as_ref());
            undoes.map(|_| "it is the report of an undo, which applies nothing".to_owned())
        }
        _ => None,
    }
}

const MISSING: &str = "there is no document of it: its job did not run, was skipped, or failed before it wrote one";

/// The document that replaces an unusable one.
fn no_result(message: &str, help: &str) -> ErrorV1 {
    let problem = Problem::new(message).help(help);
    ErrorV1::of(&problem, &KnownOrg { org: None, sandbox: false }, None, None, &Findings::default(), &Sources::new())
}

fn refused(why: &str) -> ErrorV1 {
    no_result(&format!("its document is refused: {why}"), "run its job again for this commit")
}

fn missing() -> ErrorV1 {
    no_result(MISSING, "look at its job, and run it again")
}

fn plans(
    set: CombinedSet<'_>,
    args: &CombineArgs,
    (sources, before): (&Sources, &[Sources]),
    run: &mut Run<'_>,
) -> Exit {
    let members = set.orgs.into_iter().map(|(config, reported)| FleetMember {
        desired: &config.desired,
        file: config.org_file.as_ref().map(|it| it.display().to_string()),
        result: match reported {
            Reported::Read(CombinedBody::Plan(plan)) => Ok(*plan),
            Reported::Read(CombinedBody::Error(error)) => Err(error),
            Reported::Read(CombinedBody::Drift(_) | CombinedBody::Report(_)) => Err(Box::new(refused("it is no plan"))),
            Reported::Mismatched(why) => Err(Box::new(refused(&why))),
            Reported::Missing => Err(Box::new(missing())),
        },
    });
    let terms = FleetTerms { commit: set.at.map(|it| it.commit.clone()), required_stage: args.require_stage.clone() };
    let plan = FleetPlanV1 { unaffected: set.unaffected, ..fleet_plan(members.collect(), &terms, sources) };
    let is_held = |it: &PlanV1| !it.not_visible_yet.is_empty();
    let exit = if !plan.applicable || plan.orgs.iter().filter_map(|it| it.plan.as_ref()).any(is_held) {
        Exit::Failure
    } else if args.detailed_exitcode && plan.summary.changed > 0 {
        Exit::Changes
    } else {
        Exit::Success
    };
    let findings = std::mem::take(&mut run.findings);
    let lints = Some(Lints { findings: &findings, sources, before });
    let folder = run.host.environment.folder.clone();
    let view = |format: Format, style: Style| match format {
        Format::Human => text_view::fleet_plan(&plan, style),
        Format::Json => json::write(&plan),
        Format::Markdown => page::fleet_plan(&plan, lints, page::COMMENT),
        Format::Summary => page::fleet_plan(&plan, lints, page::SUMMARY),
        Format::Html => html::fleet_plan(&plan),
        Format::Github => github::fleet_plan(&plan, folder.as_deref()),
    };
    run.show(&view, exit)
}

fn others(set: CombinedSet<'_>, args: &CombineArgs, now: Moment, run: &mut Run<'_>) -> Exit {
    let is_drift = set.kind == CombinedKind::Drift;
    let orgs = set.orgs.into_iter().map(|(config, reported)| one(config, reported, is_drift, now));
    let combined = Combined { is_drift, commit: set.at.map(|it| it.commit.clone()), orgs: orgs.collect() };
    let exit = if combined.is_bad() {
        Exit::Failure
    } else if args.detailed_exitcode && combined.has_drift() {
        Exit::Changes
    } else {
        Exit::Success
    };
    let view = |format: Format, style: Style| match format {
        Format::Human => text_view::combined(&combined, style),
        Format::Json if is_drift => json::write(&combined.drifts()),
        Format::Json => json::write(&combined.reports()),
        Format::Markdown => page::combined(&combined, page::COMMENT),
        Format::Summary => page::combined(&combined, page::SUMMARY),
        Format::Html => html::combined(&combined),
        Format::Github => github::combined(&combined),
    };
    run.show(&view, exit)
}

fn one(config: &Config, reported: Reported, is_drift: bool, now: Moment) -> CombinedOrg {
    let stage = config.desired.org.as_ref().and_then(|org| org.stage.clone());
    let of = |status| CombinedOrg::new(name_of(config).to_owned(), stage.clone(), status);
    let failed = if is_drift { CombinedStatus::NotRead } else { CombinedStatus::Failed };
    match reported {
        Reported::Read(CombinedBody::Drift(drift)) => of(CombinedStatus::InSync).drifted(*drift),
        Reported::Read(CombinedBody::Report(report)) => of(CombinedStatus::Applied).reported(&report),
        Reported::Read(CombinedBody::Error(error)) => {
            let is_frozen = !is_drift && is_frozen(config, &error);
            of(if is_frozen { CombinedStatus::Frozen } else { failed }).failed(*error)
        }
        Reported::Read(CombinedBody::Plan(_)) => of(failed).failed(refused("it is a plan")),
        Reported::Mismatched(why) => of(failed).failed(refused(&why)),
        Reported::Missing if is_drift => of(failed).failed(missing()),
        Reported::Missing => match holding(&config.desired.freezes, now) {
            Some(freeze) => {
                let message = format!("nothing is written to it until {}: {}", freeze.end, freeze.reason);
                let cause = CauseV1 { message, help: None, correlation_id: None };
                CombinedOrg { cause: Some(cause), ..of(CombinedStatus::Frozen) }
            }
            None => of(CombinedStatus::Waiting).failed(missing()),
        },
    }
}

/// Was a run refused because of a freeze of this config? Any other failure during a freeze is still a failure.
fn is_frozen(config: &Config, error: &ErrorV1) -> bool {
    let began = error.run.as_ref().and_then(|it| Moment::read(&it.ended));
    error.frozen == Some(true) && began.is_some_and(|it| holding(&config.desired.freezes, it).is_some())
}
