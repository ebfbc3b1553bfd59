//! The keys of `--only` and the locale of `--default-locale`, read against what they mean.

use std::collections::BTreeSet;

use crate::model::desired::{Desired, Management};
use crate::model::names::{Key, Locale};
use crate::model::problem::Problem;
use crate::model::text;
use crate::model::yaml;

/// The config, limited to the definitions whose keys were typed; as it is where none were.
pub fn limited(desired: Desired, typed: &[String]) -> Result<Desired, Problem> {
    if typed.is_empty() {
        return Ok(desired);
    }
    let keys = typed.iter().map(|it| meant(&desired, it)).collect::<Result<BTreeSet<Key>, Problem>>()?;
    Ok(Desired { only: Some(keys), ..desired })
}

fn meant(desired: &Desired, typed: &str) -> Result<Key, Problem> {
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

/// The locale that `--default-locale` gives.
pub fn locale(typed: &str) -> Result<Locale, Problem> {
    if yaml::is_odd_locale(typed) {
        return Err(Problem::new(format!("--default-locale: {typed} cannot be a locale", typed = text::ticked(typed)))
            .help("a locale is a word such as `de` or `pt_BR`"));
    }
    Ok(Locale::new(typed))
}
