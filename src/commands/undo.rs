//! `presencectl undo`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::cli::{ConfigArgs, ConfigPath, RecordArgs, TargetArgs, UndoArgs};
use crate::client::Reader;
use crate::commands::context::execute::{self, Execution, approve, execute, finish, unfrozen};
use crate::commands::context::failure::Failure;
use crate::commands::context::reports::{ReportFolder, report_bytes};
use crate::commands::context::run::Run;
use crate::commands::context::start_sandbox;
use crate::host::exit::Exit;
use crate::host::files::cannot_read;
use crate::model::desired::{Desired, Limits, OrgIdentity};
use crate::model::generation::ApiChoice;
use crate::model::names::{DefinitionId, OrgId};
use crate::model::problem::Problem;
use crate::model::slug::slug;
use crate::model::source::{Sources, Span};
use crate::model::text;
use crate::ops::apply::outcome::OutcomeKind;
use crate::ops::apply::report::{Outcome, Report, ReportRow, Skip};
use crate::ops::apply::{Aim, ApplyJob};
use crate::ops::history::reports::{NewestReports, ReportStore as _, StoredFile};
use crate::ops::history::stored::{self, StoredReport, StoredRow};
use crate::ops::identity::Identity;
use crate::ops::observe::{From, Observation, observe, odd_objects};
use crate::ops::plan_org::people_on;
use crate::ops::undo::{self, Undo, WhyNotUndone};
use crate::output;
use crate::output::json::stored_report;
use crate::output::text::UndoSource;
use crate::plan::change::Change;
use crate::plan::guard::with_usage;
use crate::plan::{Plan, plan};
use crate::sandbox::Seed;

/// Shows the plan that reverts a report, asks for confirmation, writes, and verifies the org.
pub async fn run(args: &UndoArgs, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let of_report = args.report.as_deref().map(read).transpose();
    open(args, of_report.is_err(), run)?;
    run.outputs.spare(&args.report)?;
    if args.org.is_some() && args.config.is_none() && args.report.is_some() {
        return Err(Problem::new("--org names an org of `--config`, or the one whose newest apply is undone")
            .help("leave it away, since the report says its org; or give `--config PATH`")
            .into());
    }
    let of_report = of_report?;
    if let (Some(report), Some(file)) = (&of_report, &args.report) {
        run.record.undoes(report, &run.host.environment.told(file));
        org_of(report, &args.target)?;
    }
    let typed = args.config.clone().map(|path| ConfigArgs {
        path: ConfigPath(path),
        org: args.org.clone(),
        root: args.root.clone(),
    });
    let loaded = typed.as_ref().map(|typed| run.load(typed)).transpose()?;
    let config = loaded.as_ref().map(|(config, _)| &config.desired);
    let (file, report) = match (&args.report, of_report) {
        (Some(file), Some(report)) => (file.clone(), report),
        _ => newest_apply(args, config, run)?,
    };
    run.record.undoes(&report, &run.host.environment.told(&file));
    let org = org_of(&report, &args.target)?;
    let meant = config.and_then(|it| it.org.as_ref());
    for_this_org(meant, &report, &org)?;
    let mut sources = Sources::new();
    let nowhere = Span { file: sources.add(&file, String::new()), start: 0, end: 0 };
    let named = OrgIdentity { region: meant.and_then(|it| it.region), ..identity(&report, &org, nowhere) };
    let desired = Desired { org: Some(named), ..undo::desired(&report) };

    let connection = run.connect(&args.target, &desired).await?;
    let identity =
        Identity { meant: Some(org), name: None, must_be_known: true, unless_sandbox: None, others: BTreeMap::new() };
    let identity = if args.auto_approve && config.is_none() {
        identity.or_sandbox(connection.is_remote, nothing_holds_it_back())?
    } else {
        identity
    };
    let observation = observed(args, &report, &desired, (&connection.session.reader(), &identity), run).await?;
    let Observation { target, observed, mut notes } = observation;
    let session = connection.session.speaking(target.generation);
    // Without a limit in a config, a person can give one.
    let own = Limits { active_users: args.limits.allow_active_users, ..Limits::default() };
    let limits = args.limits.raise(config.map_or(&own, |it| &it.settings.limits));
    let mut undo = undo::undo(&report, &observed, &limits, config);
    if let Some(config) = config {
        run.record.matches(&plan(config, &observed, &limits));
    }
    if args.usage || limits.active_users.is_some() {
        let usage = people_on(&session.reader(), &undo.plan, &mut notes).await;
        undo.plan = with_usage(undo.plan, usage, &limits);
    }
    notes.extend(odd_objects(&observed));
    notes.extend(not_found(&undo));
    run.host.show_notes(&notes);
    let source = UndoSource { file: &run.host.environment.told(&file).display().to_string(), report: &report };
    run.tell(&|style| output::text::undo(&undo, source, &target, style));

    let flags = typed.as_ref().map(ConfigArgs::to_flags).unwrap_or_default() + &args.target.to_flags();
    let done = |ended: Report, exit| {
        let last = if ended.may_have_written() { output::text::revert(&report) } else { String::new() };
        Execution { report: ended, target: &target, sources: &sources, exit, flags: flags.clone(), last }
    };
    let resolved: Vec<ReportRow> = undo.not_undone.iter().map(undo::NotUndone::row).collect();
    let plan = undo.plan;
    if !plan.blockers.is_empty() || plan.changes.is_empty() {
        let report = nothing_done(plan, resolved);
        let exit = if report.is_success() { Exit::Success } else { Exit::Failure };
        return Ok(finish(done(report, exit), run));
    }
    if let Some((config, sources)) = &loaded {
        unfrozen(&config.desired, sources, run)?;
    }
    if !args.auto_approve {
        let unasked = unasked(args, &file, &flags);
        approve(&text::count(plan.changes.len(), "change"), &target, &unasked, &mut run.host)?;
    }
    let job = ApplyJob {
        steps: plan.changes.into_iter().map(|it| it.step).collect(),
        blocked: Vec::new(),
        resolved,
        desired: &desired,
        limits: &limits,
        observed: &observed,
        aim: Aim::Steps,
        waits: Vec::new(),
        before_post: None,
    };
    let (ended, exit) = execute(&session, job, run, (&target, &Sources::new())).await?;
    Ok(finish(done(ended, exit), run))
}

/// Opens the outputs and the folder of reports. Without a report to undo, no folder is made.
fn open(args: &UndoArgs, is_unreadable: bool, run: &mut Run<'_>) -> Result<(), Failure> {
    let RecordArgs { report_dir, no_report, .. } = &args.record;
    let here = run.host.environment.folder.as_deref();
    let folder = ReportFolder::of(report_dir.as_deref(), *no_report, args.config.as_deref(), here);
    let is_missing = args.report.is_none() && folder.path().is_some_and(|it| matches!(it.try_exists(), Ok(false)));
    let record = RecordArgs { no_report: *no_report || is_unreadable || is_missing, ..args.record.clone() };
    run.open_recorded(&args.output.outputs, &args.target, &record, args.config.as_deref())?;
    if is_missing {
        // A message names it.
        run.folder = folder;
    }
    Ok(())
}

/// The org of a report. An object is read by id if the run did not see it in the list, or if the list lacks it now: the
/// run may have just ended, and lists lag.
async fn observed(
    args: &UndoArgs,
    report: &StoredReport,
    desired: &Desired,
    (reader, identity): (&Reader, &Identity),
    run: &mut Run<'_>,
) -> Result<Observation, Problem> {
    let api = match args.target.api {
        Some(_) => args.target.api(desired),
        None => ApiChoice::Only(report.generation),
    };
    let from = From { reader, identity, api, sandbox: args.target.sandbox };
    let names_divisions = report.rows.iter().any(|row| row.after.as_ref().is_some_and(|it| it.division.is_some()));
    let Observation { target, mut observed, notes } = observe(from, |_| names_divisions, &mut run.known_org).await?;
    let is_unseen = |row: &&StoredRow| !report.verified || row.outcome != OutcomeKind::Done;
    let is_missing = |id: &DefinitionId| observed.get(id).is_none() && observed.odd(id).is_none();
    let written = report.rows.iter().filter(|row| row.may_be_written());
    let to_read: Vec<&DefinitionId> =
        written.filter_map(|row| row.id.as_ref().filter(|id| is_unseen(&row) || is_missing(id))).collect();
    if !to_read.is_empty() {
        let reader = reader.speaking(target.generation);
        let mut listed = observed.take_list();
        for id in to_read {
            let found = reader.find(id).await?;
            listed.forget(id);
            listed.take_in(found);
        }
        observed = observed.with_list(listed);
    }
    Ok(Observation { target, observed, notes })
}

fn nothing_done(plan: Plan, resolved: Vec<ReportRow>) -> Report {
    let skipped = |it: &Change| {
        let name = it.step.name(&plan.default_locale).cloned();
        ReportRow::of(&it.step, name, Outcome::Skipped(Skip::PlanRefused))
    };
    let rows = plan.changes.iter().map(skipped).chain(resolved).collect();
    Report { blockers: plan.blockers, ..Report::of(rows, plan.default_locale) }
}

/// The command that runs without a question.
fn unasked(args: &UndoArgs, file: &Path, flags: &str) -> String {
    match (&args.report, &args.config) {
        (None, _) => format!(
            "name the report, and give --auto-approve if it was already approved: `presencectl undo \
             {}{flags} --auto-approve`",
            text::shell_word(&file.to_string_lossy())
        ),
        (Some(_), None) if !args.target.sandbox => UNASKED_WITHOUT_CONFIG.to_owned(),
        (Some(_), _) => execute::UNASKED.to_owned(),
    }
}

/// The newest apply of an org that wrote something and was not undone, with its file.
fn newest_apply(
    args: &UndoArgs,
    config: Option<&Desired>,
    run: &mut Run<'_>,
) -> Result<(PathBuf, StoredReport), Problem> {
    let name_it = "name the report: `presencectl undo REPORT`; `presencectl log` lists them";
    if args.auto_approve {
        return Err(Problem::new("--auto-approve needs REPORT: without it, you would not see which apply is undone")
            .help(name_it));
    }
    let identity = config.and_then(|it| it.org.as_ref());
    let typed = args.org.as_deref().filter(|_| config.is_none());
    // A config without `org` means the sandbox's own org.
    let sandbox = Seed::default();
    let unnamed = config.filter(|_| args.target.sandbox).map(|_| sandbox.org_name.as_str());
    let Some(name) = identity.map(|it| it.name.as_str()).or(typed).or(unnamed) else {
        let problem = Problem::new("presencectl does not know which org's newest apply to undo");
        return Err(match config {
            Some(_) => problem.help("the config names no org: write `org: { name: …, id: … }` into it, or name the report: `presencectl undo REPORT`"),
            None => problem.help("give `--config PATH` or `--org NAME`, or name the report: `presencectl undo REPORT`"),
        });
    };
    let id = identity.and_then(|it| {
        if args.target.sandbox { Some(start_sandbox::org_id(it)) } else { it.id.as_ref().map(ToString::to_string) }
    });
    let folders = [Some(name), id.as_deref()].into_iter().flatten().filter_map(slug).collect();
    let NewestReports { files, notes, is_whole: _ } = run.folder.newest_of(&folders)?;
    run.host.show_notes(&notes);
    let is_its = |it: &StoredReport| {
        let config_org = it.run.as_ref().and_then(|run| run.said.config_org.as_deref());
        let org = it.org.as_ref().map(OrgId::as_str);
        let mut names = [config_org, it.org_name.as_deref(), org].into_iter().flatten();
        // People see the name of the folder.
        let is_named = names.any(|it| it == name || slug(it).as_deref() == Some(name));
        it.sandbox == args.target.sandbox && id.as_deref().map_or(is_named, |id| org == Some(id))
    };
    let of_org: Vec<StoredFile> = files.into_iter().filter(|it| is_its(&it.report)).collect();
    let undone: BTreeSet<OsString> =
        of_org.iter().filter(|it| it.report.success).filter_map(|it| undone_file(&it.report)).collect();
    let is_open = |it: &StoredFile| {
        let is_undone = it.path.file_name().is_some_and(|name| undone.contains(name));
        let wrote = it.report.rows.iter().any(StoredRow::may_be_written);
        undone_file(&it.report).is_none() && wrote && !is_undone
    };
    let newest = of_org.into_iter().find(is_open).map(|it| (it.path, it.report));
    newest.ok_or_else(|| {
        let place = run.folder.path().map_or_else(String::new, |it| format!(" in {}", text::ticked(it.display())));
        Problem::new(format!(
            "no report{place} is of an apply to {org} that wrote something and was not undone",
            org = text::ticked(name)
        ))
        .help(name_it)
    })
}

/// The file name of the report that an undo reverted.
fn undone_file(report: &StoredReport) -> Option<OsString> {
    let undoes = report.run.as_ref()?.said.undoes.as_deref()?;
    Path::new(undoes).file_name().map(OsStr::to_owned)
}

/// Reads the report to revert.
fn read(path: &Path) -> Result<StoredReport, Problem> {
    let cannot =
        |why: String| Problem::new(format!("the report `{}` cannot be undone: {why}", text::unticked(path.display())));
    let help = "give the file that `apply --report-dir` or `apply --output json=FILE` wrote";
    let bytes = report_bytes(path).map_err(|why| cannot_read(path, cannot(why).help(help)))?;
    match stored_report::read(&bytes) {
        Ok(stored::Stored::Report(report)) => Ok(report),
        Ok(stored::Stored::Failure(failure)) => {
            let why = format!("its run failed before anything was written ({})", failure.message);
            Err(cannot(why).help("there is nothing to take back"))
        }
        Err(stored::Unreadable { line, why }) => {
            let place = line.map_or_else(String::new, |line| format!("line {line}: "));
            Err(cannot(format!("{place}{why}")).help(help))
        }
    }
}

/// The org of the report. The simulated org is never the real one with the same id.
fn org_of(report: &StoredReport, target: &TargetArgs) -> Result<OrgId, Problem> {
    let with = |sandbox: bool| if sandbox { "with" } else { "without" };
    if report.sandbox != target.sandbox {
        let (made, run) = (with(report.sandbox), with(target.sandbox));
        return Err(Problem::new(format!("the report was made {made} --sandbox, and this run is {run} it"))
            .help("give --sandbox only for a report that was made with it; nothing was sent"));
    }
    report.org.clone().ok_or_else(|| {
        Problem::new("the report does not say for which org it is").help("it cannot be undone; nothing was sent")
    })
}

/// A config of another org has no information about this org's objects.
fn for_this_org(config: Option<&OrgIdentity>, report: &StoredReport, org: &OrgId) -> Result<(), Problem> {
    let Some(config) = config else { return Ok(()) };
    let id = match (&config.id, report.sandbox) {
        (_, true) => Some(start_sandbox::org_id(config)),
        (id, false) => id.as_ref().map(ToString::to_string),
    };
    if id.is_none_or(|it| it == org.as_str()) {
        return Ok(());
    }
    Err(Problem::new(format!("the report is for the org {org}, and the config for another one (`{}`)", config.name))
        .help("give the config of the report's org; nothing was sent"))
}

/// A report is an untrusted file, and the plan is not reviewed.
fn nothing_holds_it_back() -> Problem {
    Problem::new("without a config it is not known what must not be touched, so nothing is written unasked").help(
        "give --config PATH, whose `protect`, `omit` and limits apply, or leave out --auto-approve at a terminal and \
         confirm the plan",
    )
}

/// The command that runs without a question when no config protects the org.
const UNASKED_WITHOUT_CONFIG: &str = "give --config PATH, whose `protect`, `omit` and limits apply, and --auto-approve \
if it was already approved";

/// The org in the config, because the simulated org is stored under that name.
fn identity(report: &StoredReport, org: &OrgId, place: Span) -> OrgIdentity {
    let name = report.run.as_ref().and_then(|run| run.said.config_org.clone());
    let named =
        OrgIdentity { name: name.unwrap_or_default(), id: None, region: None, stage: None, place, overrides: None };
    if report.sandbox && start_sandbox::org_id(&named) == org.as_str() {
        return named;
    }
    OrgIdentity { id: Some(org.clone()), ..named }
}

/// The result of a create may exist although nothing looks like it, because lists lag.
fn not_found(undo: &Undo) -> Option<Problem> {
    let count =
        undo.not_undone.iter().filter(|it| it.row.id.is_none() && it.why == WhyNotUndone::AlreadyInPlace).count();
    (count > 0).then(|| {
        Problem::new("what the report may have made is not in the org's list, which may lag by 5 minutes")
            .help("if that run ended just now, undo it again in 5 minutes: that is always safe")
    })
}
