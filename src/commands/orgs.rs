//! `presencectl orgs`.

use crate::cli::{OrgListArgs, OrgsFormat};
use crate::commands::behind::behind;
use crate::commands::context::failure::Failure;
use crate::commands::context::run::Run;
use crate::commands::selection::configs_since;
use crate::config::Config;
use crate::host::exit::Exit;
use crate::model::freeze::holding;
use crate::model::generation::Generation;
use crate::model::moment::Moment;
use crate::model::observed::Target;
use crate::model::problem::Problem;
use crate::model::source::Sources;
use crate::model::text;
use crate::ops::history::baseline;
use crate::ops::orgs::{Before, OrgStanding, leaving};
use crate::output::fleet::{FleetMember, FleetTerms, fleet_plan};
use crate::output::json::common::Document as _;
use crate::output::json::orgs::{BehindV1, ListedOrgV1, OrgsSinceV1, StandingV1};
use crate::output::json::{self, OrgsV1, PlanV1};
use crate::output::page::{self, PageKind};
use crate::output::style::Style;
use crate::output::text::orgs as view;
use crate::plan::base::guards;

/// The largest matrix of GitHub (docs.github.com, "Running variations of jobs in a workflow": 256 jobs).
const MATRIX_MAX: usize = 256;

/// Lists all orgs, or those that a file change affects. No org is contacted.
pub fn run(args: &OrgListArgs, run: &mut Run<'_, OrgsFormat>) -> Result<Exit, Failure> {
    run.awaited = PageKind::FleetPlan;
    run.open(&args.outputs, None)?;
    let (path, root) = (&*args.files.path, args.files.root.as_deref());
    let at = args.files.at.as_deref().map(|typed| baseline::at(path, root, typed)).transpose()?;
    let (configs, sources) = run.load_chosen((path, root), &args.choice(), at.as_ref())?;
    let since = args.changed_since.as_deref();
    let since = since.map(|typed| baseline::changed_since((path, root), typed, at.as_ref(), args.exact)).transpose()?;
    let before = since.as_ref().map(configs_since).transpose()?.map(|(configs, _)| configs);
    let before = before.as_deref().map(Before::new);
    let (standings, behind): (Vec<OrgStanding>, Vec<Option<BehindV1>>) = if args.behind {
        let folder = run.read_reports(args.report_dir.as_deref(), false, Some(path))?;
        let (all, notes) = behind(&configs, (path, root), &folder, args.sandbox)?;
        run.host.show_notes(&notes);
        all.into_iter().map(|(standing, it)| (standing, Some(it))).unzip()
    } else {
        let standing = |it| before.as_ref().map_or(OrgStanding::Listed, |before| before.standing(it));
        configs.iter().map(|it| (standing(it), None)).unzip()
    };

    let now = run.record.clock().now();
    let member = |((config, standing), behind): ((&Config, &OrgStanding), Option<BehindV1>)| {
        // With applied commits, each org has its own.
        let standing_of_change = if behind.is_some() { &OrgStanding::Listed } else { standing };
        ListedOrgV1 { behind, ..listed(config, standing_of_change, before.as_ref(), now) }
    };
    let listed: Vec<ListedOrgV1> = configs.iter().zip(&standings).zip(behind).map(member).collect();
    let is_changed = standings.iter().any(OrgStanding::is_affected);
    let orgs = OrgsV1 {
        kind: OrgsV1::KIND.to_owned(),
        format_version: OrgsV1::VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: at.as_ref().map(|it| it.commit.clone()),
        since: since.as_ref().map(|it| OrgsSinceV1 {
            given: args.changed_since.clone().unwrap_or_default(),
            commit: it.commit.clone(),
            merge_base: !args.exact,
        }),
        stages: configs
            .iter()
            .map(|it| &it.desired.settings.stages)
            .find(|it| !it.is_empty())
            .cloned()
            .unwrap_or_default(),
        removed: match (&before, args.orgs.is_empty() && args.stages.is_empty()) {
            (Some(before), true) => before.removed(&configs),
            _ => Vec::new(),
        },
        groups: groups(&configs, &standings, &sources),
        orgs: listed,
    };
    let is_matrix = |it: &OrgsFormat| matches!(it, OrgsFormat::GithubMatrix | OrgsFormat::Gitlab);
    if args.outputs.iter().any(|it| is_matrix(&it.format)) && view::matrix_size(&orgs) > MATRIX_MAX {
        let count = view::matrix_size(&orgs);
        return Err(Problem::new(format!("{count} orgs are more than a matrix holds, which is {MATRIX_MAX}"))
            .help("split them by --stage or --org")
            .into());
    }
    if args.outputs.iter().any(|it| is_matrix(&it.format) || it.format == OrgsFormat::Lines) {
        let note = |(org, until): (&ListedOrgV1, &String)| {
            let name = text::ticked(&org.name);
            Problem::new(format!("{name} is due and frozen until {until}: it is left out"))
        };
        run.host.show_notes(&view::frozen(&orgs).map(note).collect::<Vec<_>>());
    }
    let view = |format: OrgsFormat, style: Style| match format {
        OrgsFormat::Human => view::human(&orgs, style),
        OrgsFormat::Lines => view::lines(&orgs),
        OrgsFormat::Json => json::write(&orgs),
        OrgsFormat::Csv => view::csv(&orgs),
        OrgsFormat::Markdown => page::orgs(&orgs, page::COMMENT),
        OrgsFormat::GithubMatrix => view::github_matrix(&orgs),
        OrgsFormat::Gitlab => view::gitlab(&orgs),
    };
    let is_changed = is_changed || !orgs.removed.is_empty();
    let exit = if args.detailed_exitcode && is_changed { Exit::Changes } else { Exit::Success };
    Ok(run.show(&view, exit))
}

fn listed(config: &Config, standing: &OrgStanding, before: Option<&Before<'_>>, now: Moment) -> ListedOrgV1 {
    let desired = &config.desired;
    let org = desired.org.as_ref();
    let leaving = match (before.and_then(|it| it.of(config)), standing.plan()) {
        (Some(before), Some(plan)) => leaving(&before.desired, desired, plan),
        _ => Vec::new(),
    };
    let says_nothing = standing.plan().is_some_and(|it| it.changes.is_empty()) && leaving.is_empty();
    ListedOrgV1 {
        name: org.map(|it| it.name.clone()).unwrap_or_default(),
        stage: org.and_then(|it| it.stage.clone()),
        id: org.and_then(|it| it.id.as_ref()).map(ToString::to_string),
        region: org.and_then(|it| it.region).map(|it| it.name().to_owned()),
        file: config.org_file.as_ref().map(|it| it.display().to_string()),
        definitions: desired.definitions.len(),
        frozen_until: holding(&desired.freezes, now).map(|it| it.end.to_string()),
        standing: match standing {
            OrgStanding::Listed => None,
            OrgStanding::New(_) => Some(StandingV1::New),
            OrgStanding::Affected(_) => Some(StandingV1::Affected),
            OrgStanding::Unaffected => Some(StandingV1::Unaffected),
        },
        behind: None,
        guards: match (before.and_then(|it| it.of(config)), standing) {
            (Some(before), OrgStanding::Affected(_)) => {
                guards(&before.desired, desired).into_iter().map(|it| it.field().to_owned()).collect()
            }
            _ => Vec::new(),
        },
        settings_only: says_nothing && matches!(standing, OrgStanding::Affected(_)),
        leaving: leaving.iter().map(ToString::to_string).collect(),
    }
}

/// The differences, in the form of a plan of several orgs.
fn groups(configs: &[Config], standings: &[OrgStanding], sources: &Sources) -> Vec<json::fleet::FleetGroupV1> {
    let target = Target { org: None, sandbox: false, generation: Generation::default() };
    let members = configs.iter().zip(standings).filter_map(|(config, standing)| {
        let mut plan = PlanV1::of(standing.plan()?, &target, sources);
        // The changes are shown. Blockers belong to a plan of the org.
        plan.refusals.clear();
        let file = config.org_file.as_ref().map(|it| it.display().to_string());
        Some(FleetMember { desired: &config.desired, file, result: Ok(plan) })
    });
    let groups = fleet_plan(members.collect(), &FleetTerms::default(), sources).groups;
    // Files do not say what an org has.
    let unproven = |it| json::fleet::FleetGroupV1 { already_in_place: Vec::new(), first_anywhere: false, ..it };
    groups.into_iter().map(unproven).collect()
}
