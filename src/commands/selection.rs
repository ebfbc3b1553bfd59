//! Resolves what is typed: the keys of `--only`, the locale of `--default-locale`, a path that may be left out.

use std::collections::BTreeSet;
use std::path::Path;

use crate::config::{Config, USUAL_PATH};
use crate::model::desired::{Desired, Management};
use crate::model::names::{Key, Locale};
use crate::model::problem::Problem;
use crate::model::text;
use crate::model::yaml;

/// The config, limited to the typed keys. Without keys, it is unchanged.
pub fn limited(desired: Desired, typed: &[String]) -> Result<Desired, Problem> {
    if typed.is_empty() {
        return Ok(desired);
    }
    let keys = typed.iter().map(|it| definition_named(&desired, it)).collect::<Result<BTreeSet<Key>, Problem>>()?;
    Ok(Desired { only: Some(keys), ..desired })
}

/// The configs of several orgs, limited to these definitions. Each must be in at least one config.
pub fn limited_to_any<'a>(all: impl Iterator<Item = &'a Desired>, typed: &[String]) -> Result<Vec<Desired>, Problem> {
    let all: Vec<&Desired> = all.collect();
    if typed.is_empty() {
        return Ok(all.into_iter().cloned().collect());
    }
    let mut keys = BTreeSet::new();
    for typed in typed {
        let mut found = all.iter().map(|desired| definition_named(desired, typed));
        let first = found.next().unwrap_or_else(|| Err(Problem::new("there is no org")));
        keys.insert(first.or_else(|problem| found.find_map(Result::ok).ok_or(problem))?);
    }
    Ok(all.into_iter().map(|it| Desired { only: Some(keys.clone()), ..it.clone() }).collect())
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
