//! Resolves what is typed: the keys of `--only`, the locale of `--default-locale`, a path that may be left out.

use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

use crate::config::choice::OrgChoice;
use crate::config::file_system::FileSystem;
use crate::config::finding::Severity;
use crate::config::{self, Config, USUAL_PATH};
use crate::model::desired::{Desired, Management};
use crate::model::names::{Key, Locale};
use crate::model::problem::Problem;
use crate::model::source::Sources;
use crate::model::{text, yaml};
use crate::ops::history::git_config::AtCommit;

/// Limits a config to the typed keys. Without keys, it is unchanged.
pub fn limit(config: &mut Config, typed: &[String]) -> Result<(), Problem> {
    limit_all(std::slice::from_mut(config), typed)
}

/// Limits the configs of several orgs to these definitions. Each must be in at least one config.
pub fn limit_all(configs: &mut [Config], typed: &[String]) -> Result<(), Problem> {
    let mut keys = BTreeSet::new();
    for typed in typed {
        let mut found = configs.iter().map(|it| definition_named(&it.desired, typed));
        let first = found.next().unwrap_or_else(|| Err(Problem::new("there is no org")));
        keys.insert(first.or_else(|problem| found.find_map(Result::ok).ok_or(problem))?);
    }
    for config in configs {
        config.desired.only = (!keys.is_empty()).then(|| keys.clone());
    }
    Ok(())
}

fn definition_named(desired: &Desired, typed: &str) -> Result<Key, Problem> {
    let found = desired.definitions.values().find(|it| it.key.as_str() == typed.trim());
    match found {
        Some(wanted) if wanted.management == Management::Managed => Ok(wanted.key.clone()),
        Some(_) => Err(Problem::new(format!(
            "--only: `omit` names {typed}, so nothing is done for it",
            typed = text::ticked(typed)
        ))
        .help("leave it out here, or take it out of `omit`; nothing was sent")),
        None => {
            let problem =
                Problem::new(format!("--only: the config has no definition {typed}", typed = text::ticked(typed)));
            let managed = desired.definitions.values().filter(|it| it.management == Management::Managed);
            Err(match text::nearest(typed, managed.map(|it| it.key.as_str())) {
                Some(nearest) => {
                    problem.help(format!("did you mean {nearest}? Nothing was sent", nearest = text::ticked(nearest)))
                }
                None => problem.help("`presencectl config` prints every key; nothing was sent"),
            })
        }
    }
}

/// The stage of `--require-stage`. An unknown stage is an error, because it would guard nothing.
pub fn stage(typed: &str, configs: &[Config]) -> Result<(), Problem> {
    let known: BTreeSet<&str> = configs.iter().flat_map(|it| &it.desired.settings.stages).map(String::as_str).collect();
    if known.contains(typed) {
        return Ok(());
    }
    let problem = Problem::new(format!("--require-stage: `settings.stages` does not name {}", text::ticked(typed)));
    Err(match text::nearest(typed, known.iter().copied()) {
        Some(nearest) => problem.help(format!("did you mean {}?", text::ticked(nearest))),
        None if known.is_empty() => problem.help("write `settings: { stages: [dev, test, prod] }` into a layer"),
        None => {
            let known: Vec<String> = known.iter().map(text::ticked).collect();
            problem.help(format!("the stages are {}", text::list(&known, "and")))
        }
    })
}

pub fn locale(typed: &str) -> Result<Locale, Problem> {
    if yaml::is_odd_locale(typed) {
        return Err(Problem::new(format!("--default-locale: {typed} cannot be a locale", typed = text::ticked(typed)))
            .help("a locale is a word such as `de` or `pt_BR`"));
    }
    Ok(Locale::new(typed))
}

/// The config as typed, else where `init` puts it.
pub fn path_or_usual(typed: Option<&Path>) -> &Path {
    typed.unwrap_or(Path::new(USUAL_PATH))
}

/// The configs of `--changed-since`.
pub fn configs_since(since: &AtCommit) -> Result<(Vec<Config>, Sources), Problem> {
    loaded(since).map_err(|it| Problem { message: format!("--changed-since: {}", it.message), ..it })
}

/// Every config of a commit. With an error in one, no comparison is possible.
pub fn configs_of(since: &AtCommit) -> Result<Vec<Config>, Problem> {
    loaded(since).map(|(configs, _)| configs)
}

fn loaded(since: &AtCommit) -> Result<(Vec<Config>, Sources), Problem> {
    let system = Rc::clone(&since.files) as Rc<dyn FileSystem>;
    let (path, root) = (&since.place.path, &since.place.root);
    let is_absent = system.canonical(path).is_err();
    if is_absent {
        return Ok((Vec::new(), Sources::new()));
    }
    let loaded = config::load_chosen(system, path, Some(root), &OrgChoice::default());
    match loaded.diagnostics.iter().find(|it| it.severity == Severity::Error) {
        // It had no org file yet.
        Some(first) if first.finding.code() == "no-org-chosen" => Ok((Vec::new(), loaded.sources)),
        Some(first) => {
            let place = first.place.map_or_else(String::new, |span| format!("{}: ", loaded.sources.place(span)));
            let what = format!("{}{}", text::unticked(place), first.finding.message());
            Err(Problem::new(format!("the config of {} cannot be used: {what}", since.commit))
                .help("compare with a later commit, in which that is repaired"))
        }
        None => Ok((loaded.configs, loaded.sources)),
    }
}
