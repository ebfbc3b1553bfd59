//! The folder of `plan --plans-dir`: a saved plan per org, or why there is none.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::config::diagnostic::Findings;
use crate::host::file_set::{File, FileSet, WriteMode};
use crate::host::files;
use crate::host::signals::Signals;
use crate::model::limits::{SAVED_PLAN_BYTES_MAX, read_within};
use crate::model::problem::{KnownOrg, Problem, cause};
use crate::model::slug::slug;
use crate::model::source::Sources;
use crate::model::text;
use crate::output::json::common::{Document as _, HeadV1, OrgV1, TargetV1};
use crate::output::json::fleet::{FleetOrgV1, FleetRefusalV1};
use crate::output::json::{self, ErrorV1, FleetPlanV1, PlanV1, saved_plan};

pub struct PlansDir {
    folder: PathBuf,
}

impl PlansDir {
    /// Removes plans of earlier runs from the folder. It must not have any other content.
    pub fn open(folder: &Path) -> Result<PlansDir, Problem> {
        let shown = text::ticked(folder.display());
        let failed = |error: std::io::Error| {
            let problem = Problem::new(format!("--plans-dir: cannot use {shown}: {}", cause(&error)));
            files::cannot_write(folder, &error).help.map_or(problem.clone(), |help| problem.help(help))
        };
        fs::create_dir_all(folder).map_err(failed)?;
        let entries = fs::read_dir(folder).map_err(failed)?;
        let paths = entries.map(|it| it.map(|it| it.path())).collect::<Result<Vec<_>, _>>().map_err(failed)?;
        let is_plan = |path: &PathBuf| {
            let is_file = fs::symlink_metadata(path).is_ok_and(|it| it.is_file());
            is_file && path.extension().is_some_and(|it| it == "json") && is_ours(path)
        };
        if let Some(other) = paths.iter().find(|it| !is_plan(it)) {
            let other = text::ticked(other.display());
            return Err(Problem::new(format!("--plans-dir: {other} is no plan that presencectl wrote"))
                .help("give a folder that holds only plans, or an empty one"));
        }
        for path in &paths {
            fs::remove_file(path).map_err(failed)?;
        }
        Ok(PlansDir { folder: folder.to_owned() })
    }

    /// Writes a document for each org: its plan, or an error, which `apply --plan` refuses. A blocker of all orgs
    /// together leaves no applicable plan of any org.
    pub fn keep(&self, plan: &FleetPlanV1, signals: &Signals) -> Result<(), Problem> {
        let mut taken = BTreeSet::new();
        let files = plan.orgs.iter().map(|org| {
            let text = match (&org.plan, &org.error) {
                (Some(of_org), _) => match plan.refused_beside(org) {
                    None => json::write(of_org),
                    Some(blocker) => json::write(&refused(of_org, blocker)),
                },
                (None, Some(error)) => json::write(error),
                (None, None) => String::new(),
            };
            let path = PathBuf::from(name(org, &mut taken));
            File { below: Some(self.folder.clone()), path, text, claim: WriteMode::Whole }
        });
        FileSet::checked(files.collect())?.write(signals)
    }
}

fn refused(plan: &PlanV1, blocker: &FleetRefusalV1) -> ErrorV1 {
    let TargetV1 { org_id, org_name, sandbox, api: _ } = plan.target.clone();
    let help = blocker.answers.first().map(|it| it.say.clone());
    let problem = Problem { help, ..Problem::new(blocker.message.clone()) };
    let known_org = KnownOrg { org: None, sandbox };
    let error = ErrorV1::of(&problem, &known_org, plan.config.as_ref(), None, &Findings::default(), &Sources::new());
    ErrorV1 { head: HeadV1 { target: OrgV1 { org_id, org_name, sandbox }, ..error.head }, ..error }
}

/// Is it a document that this command writes?
fn is_ours(path: &Path) -> bool {
    let read = fs::File::open(path).and_then(|it| read_within(it, SAVED_PLAN_BYTES_MAX));
    let kind = read.ok().flatten().and_then(|it| saved_plan::kind(&it));
    kind.is_some_and(|it| it == PlanV1::KIND || it == ErrorV1::KIND)
}

/// The org's name, if it is valid as a file name and unique.
fn name(org: &FleetOrgV1, taken: &mut BTreeSet<String>) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '_' | ' ' | '-');
    let is_name = org.name.chars().all(is_plain) && !org.name.starts_with('.');
    let name = if is_name { org.name.clone() } else { slug(&org.name).unwrap_or_else(|| "org".to_owned()) };
    let names = (1..).map(|number| if number == 1 { name.clone() } else { format!("{name}-{number}") });
    let free = names.into_iter().find(|it| taken.insert(it.to_lowercase())).unwrap_or(name);
    format!("{free}.json")
}
