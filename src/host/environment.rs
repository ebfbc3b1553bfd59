//! Reads the environment: the platform's address, the credentials, the author in a CI, and the time. No other code
//! reads the environment.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use secrecy::{ExposeSecret as _, SecretString};

use crate::host::org_variables::{self, OF_AN_ORG, suffix};
use crate::host::proxy::Proxies;
use crate::model::forge::Forge;
use crate::model::moment::Moment;
use crate::model::run_metadata::Origin;

/// The variables, read once. An empty variable counts as absent, because CI systems set missing secrets to "".
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `GENESYSCLOUD_REGION`: an AWS name or a domain.
    pub region: Option<String>,
    /// `GENESYSCLOUD_OAUTHCLIENT_ID`.
    pub client_id: Option<String>,
    /// `GENESYSCLOUD_OAUTHCLIENT_SECRET`.
    pub client_secret: Option<SecretString>,
    /// `GENESYSCLOUD_ACCESS_TOKEN`.
    pub access_token: Option<SecretString>,
    /// `PRESENCECTL_BASE_URL` of one org. For all orgs, it is a flag.
    pub base_url: Option<String>,
    /// The suffix of the variables above. Empty for those of all orgs.
    pub suffix: String,
    /// The variables of single orgs, by their full names.
    pub of_orgs: BTreeMap<String, SecretString>,
    pub no_color: bool,
    pub ci: bool,
    /// Whose CI runs this, if it is one whose ways are known.
    pub forge: Option<Forge>,
    /// `GITHUB_STEP_SUMMARY`: the file to which each command of a GitHub Actions step appends.
    pub step_summary: Option<PathBuf>,
    /// The terminal cannot move its cursor: `TERM` is `dumb`, or unset on Unix.
    pub dumb: bool,
    /// `PRESENCECTL_…`: the defaults of flags.
    pub flags: BTreeMap<String, String>,
    pub proxies: Proxies,
    /// The author, commit and reason, as far as the environment has them.
    pub origin: Origin,
    /// The start of the process.
    pub began: Moment,
    pub folder: Option<PathBuf>,
}

impl Environment {
    #[expect(clippy::disallowed_methods, reason = "this is the one file that asks what time it is")]
    pub fn of_process() -> Environment {
        // A clock before 1970 counts as 1970.
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Environment {
            region: variable("GENESYSCLOUD_REGION"),
            client_id: variable("GENESYSCLOUD_OAUTHCLIENT_ID"),
            client_secret: variable("GENESYSCLOUD_OAUTHCLIENT_SECRET").map(SecretString::from),
            access_token: variable("GENESYSCLOUD_ACCESS_TOKEN").map(SecretString::from),
            base_url: None,
            suffix: String::new(),
            of_orgs: of_orgs(),
            no_color: variable("NO_COLOR").is_some(),
            ci: variable("CI").is_some(),
            forge: Forge::of(&variable),
            step_summary: variable("GITHUB_STEP_SUMMARY").map(PathBuf::from),
            dumb: variable("TERM").map_or(cfg!(unix), |it| it == "dumb"),
            flags: beginning_with("PRESENCECTL_"),
            proxies: Proxies::of(&raw).and_system(),
            origin: Origin::of(&variable),
            began: Moment::from_unix_ms(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)),
            folder: std::env::current_dir().ok(),
        }
    }
}

impl Environment {
    /// Is progress shown in lines even on a terminal? A CI log is read afterwards, and a dumb terminal cannot draw a
    /// bar.
    pub fn tells_in_lines(&self) -> bool {
        self.ci || self.dumb
    }
}

impl Environment {
    /// The environment of one org, if it has any variable of its own. These form one set: the variables of all orgs are
    /// then ignored.
    pub fn of_org(&self, org: &str) -> Option<Environment> {
        let suffix = suffix(org)?;
        let has_one = OF_AN_ORG.iter().any(|name| self.of_orgs.contains_key(&format!("{name}{suffix}")));
        has_one.then(|| self.only_of_org(suffix))
    }

    /// Like [`Environment::of_org`], for one of several orgs, where the variables of all orgs are never used.
    pub fn of_one_of_several(&self, org: &str) -> Environment {
        self.only_of_org(suffix(org).unwrap_or_default())
    }

    fn only_of_org(&self, suffix: String) -> Environment {
        let secret = |name: &str| self.of_orgs.get(&format!("{name}{suffix}")).cloned();
        let text = |name: &str| secret(name).map(|it: SecretString| it.expose_secret().to_owned());
        Environment {
            region: text("GENESYSCLOUD_REGION"),
            client_id: text("GENESYSCLOUD_OAUTHCLIENT_ID"),
            client_secret: secret("GENESYSCLOUD_OAUTHCLIENT_SECRET"),
            access_token: secret("GENESYSCLOUD_ACCESS_TOKEN"),
            base_url: text("PRESENCECTL_BASE_URL"),
            suffix,
            ..self.clone()
        }
    }

    /// The path of a file as it is shown. The path of a forge's runner means nothing to anyone later: there it is the
    /// name, after the name of its folder.
    pub fn told(&self, file: &Path) -> PathBuf {
        let name = |path: &Path| path.file_name().map(PathBuf::from).unwrap_or_default();
        match self.forge {
            None => file.to_owned(),
            Some(_) => file.parent().map(name).unwrap_or_default().join(name(file)),
        }
    }

    /// The full name of a variable in this environment.
    pub fn variable_name(&self, name: &str) -> String {
        format!("{name}{}", self.suffix)
    }
}

impl Origin {
    /// From variables: our own first, which any CI can set, then those of GitHub Actions, then those of GitLab CI.
    pub fn of(variable: &dyn Fn(&str) -> Option<String>) -> Origin {
        let own = Origin {
            actor: variable("PRESENCECTL_ACTOR"),
            reason: variable("PRESENCECTL_REASON"),
            commit: variable("PRESENCECTL_COMMIT"),
            modified: false,
            pull_request: variable("PRESENCECTL_PULL_REQUEST"),
            run: variable("PRESENCECTL_RUN"),
        };
        let ci = match Forge::of(variable) {
            Some(Forge::Github) => Origin::of_github(variable),
            Some(Forge::Gitlab) => Origin::of_gitlab(variable),
            None => Origin::default(),
        };
        own.or(ci)
    }

    fn of_github(variable: &dyn Fn(&str) -> Option<String>) -> Origin {
        let repository = variable("GITHUB_SERVER_URL").zip(variable("GITHUB_REPOSITORY"));
        let repository = repository.map(|(server, name)| format!("{server}/{name}"));
        let below = |path: &str| repository.as_ref().map(|it| format!("{it}/{path}"));
        // For a pull request, this is `refs/pull/12/merge`. After a merge, no variable has it.
        let number = variable("GITHUB_REF").and_then(|it| {
            let (number, _) = it.strip_prefix("refs/pull/")?.split_once('/')?;
            Some(number.to_owned())
        });
        Origin {
            // In a run that was started again, this is who started it.
            actor: variable("GITHUB_TRIGGERING_ACTOR").or_else(|| variable("GITHUB_ACTOR")),
            reason: None,
            commit: variable("GITHUB_SHA"),
            modified: false,
            pull_request: number.map(|it| below(&format!("pull/{it}")).unwrap_or(it)),
            run: variable("GITHUB_RUN_ID").map(|it| below(&format!("actions/runs/{it}")).unwrap_or(it)),
        }
    }

    fn of_gitlab(variable: &dyn Fn(&str) -> Option<String>) -> Origin {
        let project = variable("CI_MERGE_REQUEST_PROJECT_URL").or_else(|| variable("CI_PROJECT_URL"));
        let below = |number: String| match &project {
            Some(project) => format!("{project}/-/merge_requests/{number}"),
            None => number,
        };
        Origin {
            actor: variable("GITLAB_USER_LOGIN"),
            reason: None,
            commit: variable("CI_COMMIT_SHA"),
            modified: false,
            pull_request: variable("CI_MERGE_REQUEST_IID").map(below),
            run: variable("CI_JOB_URL").or_else(|| variable("CI_PIPELINE_URL")),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one file that reads the environment")]
fn raw(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// A variable that is not Unicode counts as set, with its invalid parts replaced.
fn variable(name: &str) -> Option<String> {
    raw(name).map(|it| it.to_string_lossy().trim().to_owned()).filter(|it| !it.is_empty())
}

/// All non-empty variables with this prefix. Invalid Unicode is replaced.
fn beginning_with(prefix: &str) -> BTreeMap<String, String> {
    let text = |it: OsString| it.to_string_lossy().into_owned();
    std::env::vars_os()
        .map(|(name, value)| (text(name), text(value)))
        .filter(|(name, value)| name.starts_with(prefix) && !value.trim().is_empty())
        .collect()
}

fn of_orgs() -> BTreeMap<String, SecretString> {
    let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    let names = names.filter(|it| org_variables::is_of_an_org(it));
    names.filter_map(|name| Some((variable(&name)?.into(), name))).map(|(value, name)| (name, value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(variables: &[(&str, &str)]) -> Origin {
        Origin::of(&|name| variables.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn github_actions_says_who_and_what() {
        let push = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "acme/presences"),
            ("GITHUB_ACTOR", "ada"),
            ("GITHUB_SHA", "1a2b3c"),
            ("GITHUB_RUN_ID", "77"),
            ("GITHUB_REF", "refs/heads/main"),
            ("CI_COMMIT_SHA", "of another system"),
        ];
        let found = Origin {
            actor: Some("ada".to_owned()),
            commit: Some("1a2b3c".to_owned()),
            run: Some("https://github.com/acme/presences/actions/runs/77".to_owned()),
            ..Origin::default()
        };
        assert_eq!(origin(&push), found);
        let again = [&push[..], &[("GITHUB_TRIGGERING_ACTOR", "bob")]].concat();
        assert_eq!(origin(&again).actor.as_deref(), Some("bob"));
        let pull_request: Vec<(&str, &str)> = push
            .iter()
            .map(|it| if it.0 == "GITHUB_REF" { ("GITHUB_REF", "refs/pull/12/merge") } else { *it })
            .collect();
        let found = origin(&pull_request).pull_request;
        assert_eq!(found.as_deref(), Some("https://github.com/acme/presences/pull/12"));
    }

    #[test]
    fn gitlab_says_who_and_what_and_our_own_variables_come_first() {
        let gitlab = [
            ("GITLAB_CI", "true"),
            ("GITLAB_USER_LOGIN", "ada"),
            ("CI_COMMIT_SHA", "1a2b3c"),
            ("CI_PROJECT_URL", "https://gitlab.com/acme/presences"),
            ("CI_MERGE_REQUEST_IID", "12"),
            ("CI_PIPELINE_URL", "https://gitlab.com/acme/presences/-/pipelines/7"),
        ];
        let found = Origin {
            actor: Some("ada".to_owned()),
            reason: None,
            commit: Some("1a2b3c".to_owned()),
            modified: false,
            pull_request: Some("https://gitlab.com/acme/presences/-/merge_requests/12".to_owned()),
            run: Some("https://gitlab.com/acme/presences/-/pipelines/7".to_owned()),
        };
        assert_eq!(origin(&gitlab), found);
        let both = [&gitlab[..], &[("PRESENCECTL_ACTOR", "eve"), ("PRESENCECTL_REASON", "a new shift")]].concat();
        let (actor, reason) = (Some("eve".to_owned()), Some("a new shift".to_owned()));
        assert_eq!(origin(&both), Origin { actor, reason, ..found });
    }

    #[test]
    fn elsewhere_only_our_own_variables_count() {
        assert_eq!(origin(&[("CI_COMMIT_SHA", "1"), ("GITHUB_SHA", "2"), ("USER", "ada")]), Origin::default());
        let commit = Some("3".to_owned());
        assert_eq!(origin(&[("PRESENCECTL_COMMIT", "3")]), Origin { commit, ..Origin::default() });
    }

    #[test]
    fn variables_of_an_org_shut_out_those_of_all() {
        let secret = |it: &str| SecretString::from(it.to_owned());
        let all = Environment {
            region: Some("eu-west-1".to_owned()),
            access_token: Some(secret("token of another org")),
            of_orgs: [("GENESYSCLOUD_OAUTHCLIENT_ID__ACME_PROD".to_owned(), secret("client"))].into(),
            ..Environment::default()
        };
        let Some(acme) = all.of_org("acme-prod") else { panic!("it has a variable") };
        assert_eq!((acme.client_id.as_deref(), acme.region, acme.access_token.is_none()), (Some("client"), None, true));
        assert!(all.of_org("globex").is_none());
        assert!(all.of_one_of_several("globex").access_token.is_none());
    }
}
