//! The checks of what is on this machine: the config and its repository.

use crate::host::git::{GitError, Repository};
use crate::model::text;
use crate::ops::doctor::check::Check;
use crate::ops::doctor::facts::{ConfigFact, MeantOrg};

pub fn checks(fact: &ConfigFact, repository: &Result<Option<Repository>, GitError>) -> Vec<Check> {
    vec![config(fact), git(repository), depth(repository)]
}

fn config(fact: &ConfigFact) -> Check {
    const NAME: &str = "config";
    match fact {
        ConfigFact::Absent => Check::not_known(NAME, "there is no folder `presences` here, and no PATH is given")
            .help("type `presencectl doctor PATH`, or make a config with `presencectl init`"),
        ConfigFact::Broken { path, errors, first, help } => {
            let path = text::shell_word(path);
            let more = match errors {
                0 | 1 => String::new(),
                _ => format!(" (the first of {errors} errors; `presencectl validate {path}` shows all)"),
            };
            let check = Check::failed(NAME, format!("{first}{more}"));
            match help {
                Some(help) => check.help(help),
                None => check.help(format!("`presencectl validate {path}` says more")),
            }
        }
        ConfigFact::Valid { path, definitions, warnings, meant } => {
            let said =
                format!("{path} is valid: {}", text::count(*definitions, "definition"), path = text::ticked(path));
            match (meant, warnings) {
                (MeantOrg::Unknown { typed, known }, _) => {
                    let known: Vec<String> = known.iter().map(text::ticked).collect();
                    let known = if known.is_empty() { "none".to_owned() } else { text::list(&known, "and") };
                    Check::failed(
                        NAME,
                        format!("{path} has no org {typed}", typed = text::ticked(typed), path = text::ticked(path)),
                    )
                    .help(format!("give --org one of its orgs: {known}"))
                }
                (MeantOrg::Unnamed | MeantOrg::Named { .. } | MeantOrg::OneOf(_), 0) => Check::good(NAME, said),
                (MeantOrg::Unnamed | MeantOrg::Named { .. } | MeantOrg::OneOf(_), warnings) => {
                    Check::warning(NAME, format!("{said}, {}", text::count(*warnings, "warning")))
                        .help(format!("`presencectl validate {}` shows them", text::shell_word(path)))
                }
            }
        }
    }
}

fn git(found: &Result<Option<Repository>, GitError>) -> Check {
    const NAME: &str = "git";
    match found {
        Ok(Some(_)) => Check::good(NAME, "the path is in a Git repository"),
        Ok(None) => Check::warning(NAME, "the path is not in a Git repository")
            .help("`git init` makes one: review each change there before you apply it"),
        Err(error) => Check::not_known(NAME, error.to_string()).help(error.help()),
    }
}

fn depth(found: &Result<Option<Repository>, GitError>) -> Check {
    const NAME: &str = "git-depth";
    match found {
        Ok(Some(Repository { shallow: false })) => Check::good(NAME, "the whole history is there"),
        Ok(Some(Repository { shallow: true })) => Check::warning(
            NAME,
            "this is a shallow clone: other commits cannot be compared with",
        )
        .help(
            "set `fetch-depth: 0` of actions/checkout (GitHub Actions), `GIT_DEPTH: 0` (GitLab CI), or run `git fetch \
                 --unshallow`",
        ),
        Ok(None) | Err(_) => Check::not_known(NAME, "there is no Git repository"),
    }
}
