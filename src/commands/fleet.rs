//! Several orgs in one run. Each has its own client and rate limit. An unreadable org does not stop the others.

use std::collections::BTreeMap;
use std::path::Path;

use futures_util::{StreamExt as _, stream};

use crate::cli::{TargetArgs, View};
use crate::commands::context::again::Again;
use crate::commands::context::connect::{Connection, OrgAccess};
use crate::commands::context::failure::Failure;
use crate::commands::context::host::Host;
use crate::commands::context::run::Run;
use crate::config::Config;
use crate::config::layers::Resolved;
use crate::host::environment::Environment;
use crate::host::org_variables;
use crate::model::desired::{Desired, OrgIdentity};
use crate::model::names::OrgId;
use crate::model::problem::{KnownOrg, OrgFailure, Problem};
use crate::model::source::{Sources, Span};
use crate::model::text;
use crate::ops::identity::Identity;

/// One of several orgs, before any request.
pub struct FleetOrg<'a> {
    /// Its index among the orgs of the run.
    pub index: usize,
    pub config: &'a Config,
    /// An error if the org has no credentials or no id.
    connection: Result<Connection, Problem>,
    pub identity: Identity,
    is_sandbox: bool,
    /// The suffix of its variables.
    suffix: String,
    /// What was typed, with its name.
    again: Again,
}

impl FleetOrg<'_> {
    pub fn name(&self) -> String {
        self.config.desired.org.as_ref().map(|org| org.name.clone()).unwrap_or_default()
    }
}

/// Runs work in every org, some of them concurrently. Each result is reported in the order of the orgs. `done`
/// describes the work, such as `planned`.
pub async fn each<T>(
    orgs: Vec<FleetOrg<'_>>,
    at_once: u8,
    host: &mut Host<'_>,
    done: &str,
    notes: impl Fn(&T) -> &[Problem],
    work: impl AsyncFn(&FleetOrg<'_>, &Connection, &mut KnownOrg) -> Result<T, Problem>,
) -> Vec<Result<T, OrgFailure>> {
    let one = async |org: &FleetOrg<'_>| {
        let mut known_org = KnownOrg { org: None, sandbox: org.is_sandbox };
        let result = match &org.connection {
            Ok(connection) => work(org, connection, &mut known_org).await,
            Err(problem) => Err(problem.clone()),
        };
        result.map_err(|problem| {
            // Variables and commands are those of this org.
            let help = problem.help.as_ref().map(|it| org.again.named(&org_variables::named(it, &org.suffix)));
            OrgFailure { problem: Problem { help, ..problem }, known_org }
        })
    };
    let mut results = Vec::new();
    let mut all = stream::iter(orgs.iter().map(one)).buffered(usize::from(at_once));
    for org in &orgs {
        let Some(result) = all.next().await else { break };
        match &result {
            Ok(value) => {
                host.org_done(&org.name(), done);
                host.show_notes_of(&org.name(), notes(value));
            }
            Err(_) => host.org_done(&org.name(), &format!("not {done}")),
        }
        results.push(result);
    }
    results
}

/// A config for each name that only has the name. Files are named after them too.
pub fn named_orgs(names: &[String]) -> Result<Vec<Config>, Problem> {
    let names: Vec<&str> = names.iter().map(|it| it.trim()).collect();
    let mut sources = Sources::new();
    let file = sources.add(Path::new("--orgs"), names.join(","));
    let place = Span { file, start: 0, end: 0 };
    let config = |name: &&str| {
        let (id, region, stage, overrides) = (None, None, None, None);
        let org = OrgIdentity { name: (*name).to_owned(), id, region, stage, place, overrides };
        let desired = Desired { org: Some(org), ..Desired::nothing() };
        Config { desired, resolved: Resolved::default(), org_file: None, files: Vec::new() }
    };
    let configs: Vec<Config> = names.iter().map(config).collect();
    if let Some(name) = names.iter().find(|it| it.starts_with('.')) {
        let name = text::ticked(name);
        return Err(Problem::new(format!("--orgs: the file of {name} would be hidden")).help("give it another name"));
    }
    suffixes(configs.iter().filter_map(|it| it.desired.org.as_ref()))?;
    Ok(configs)
}

/// The longest org name for a variable.
const NAME_CHARS_MAX: usize = 64;

/// Connects to every org of these configs. Nothing is sent yet.
pub async fn connect<'a, F: View>(
    configs: &'a [Config],
    target: &TargetArgs,
    run: &mut Run<'_, F>,
) -> Result<Vec<FleetOrg<'a>>, Failure> {
    connect_by(configs, target, true, run).await
}

/// Like [`connect`], for orgs with only a name. Their ids come from their responses.
pub async fn connect_to_named<'a, F: View>(
    configs: &'a [Config],
    target: &TargetArgs,
    run: &mut Run<'_, F>,
) -> Result<Vec<FleetOrg<'a>>, Failure> {
    let mut orgs = connect_by(configs, target, false, run).await?;
    for org in &mut orgs {
        org.identity.must_be_known = true;
    }
    Ok(orgs)
}

async fn connect_by<'a, F: View>(
    configs: &'a [Config],
    target: &TargetArgs,
    needs_ids: bool,
    run: &mut Run<'_, F>,
) -> Result<Vec<FleetOrg<'a>>, Failure> {
    let named: Vec<(&Config, &OrgIdentity)> =
        configs.iter().filter_map(|it| Some((it, it.desired.org.as_ref()?))).collect();
    if !target.sandbox {
        check_variables(named.iter().map(|(_, org)| *org), &mut run.host)?;
    }
    let ids = named.iter().filter_map(|(_, org)| Some((org.id.clone()?, org.name.clone())));
    let ids: BTreeMap<OrgId, String> = ids.collect();
    let mut orgs = Vec::new();
    for (index, (config, org)) in named.into_iter().enumerate() {
        let identity = if target.sandbox {
            Identity::to_read(&config.desired)
        } else {
            Identity::of_several(&config.desired, ids.clone())
        };
        let again = run.again.of_org(Some(&org.name));
        let connection = if needs_ids && org.id.is_none() && !target.sandbox {
            Err(without_id(config, org, &again))
        } else {
            let access = OrgAccess::of(target, &config.desired, &run.host, false);
            run.connect_by(&access, &config.desired).await
        };
        let suffix = org_variables::suffix(&org.name).filter(|_| !target.sandbox).unwrap_or_default();
        orgs.push(FleetOrg { index, config, connection, identity, is_sandbox: target.sandbox, suffix, again });
    }
    Ok(orgs)
}

/// Each org has variables of its own, and those of one org alone are not used.
pub fn check_variables<'a>(orgs: impl Iterator<Item = &'a OrgIdentity>, host: &mut Host<'_>) -> Result<(), Problem> {
    suffixes(orgs)?;
    let unused = unused(host.environment)?;
    host.show_notes(unused.as_slice());
    Ok(())
}

/// The id is the only protection against another org's client.
fn without_id(config: &Config, org: &OrgIdentity, again: &Again) -> Problem {
    let file = config.org_file.as_deref().map_or_else(|| "its org file".to_owned(), |it| text::ticked(it.display()));
    let plan = text::ticked(again.command("plan"));
    Problem::new(format!("{} has no `org.id`, which is needed where several orgs are read", text::ticked(&org.name)))
        .help(format!("write the id into {file}; {plan} prints it"))
}

/// No two orgs may share variables.
fn suffixes<'a>(orgs: impl Iterator<Item = &'a OrgIdentity>) -> Result<(), Problem> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for org in orgs {
        let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '_' | ' ' | '-');
        let name = text::ticked(&org.name);
        let suffix = org_variables::suffix(&org.name);
        let suffix = suffix.filter(|_| org.name.chars().all(is_plain) && org.name.chars().count() <= NAME_CHARS_MAX);
        let Some(suffix) = suffix else {
            let problem = Problem::new(format!("variables cannot be named after the org {name}"));
            return Err(problem.help(format!(
                "where several orgs are read, a name has at most {NAME_CHARS_MAX} letters and digits of ASCII, `.`, `_`, \
                 `-` and spaces, and a letter or a digit"
            )));
        };
        if let Some(other) = seen.insert(suffix.clone(), &org.name) {
            if other == org.name {
                return Err(Problem::new(format!("the org {name} is named twice")).help("name each org once"));
            }
            let other = text::ticked(other);
            let problem = Problem::new(format!("the variables of {other} and of {name} would both end in `{suffix}`"));
            return Err(problem.help("give one of them another name"));
        }
    }
    Ok(())
}

/// A shared variable is not used for several orgs. A token is for one org, so it is an error.
fn unused(environment: &Environment) -> Result<Option<Problem>, Problem> {
    let help = "set the variables of each org: for `acme-prod` their names end in `__ACME_PROD`";
    if environment.access_token.is_some() {
        return Err(Problem::new(
            "GENESYSCLOUD_ACCESS_TOKEN is set, and several orgs are read: a token is for one org",
        )
        .help(format!("unset it, and {help}")));
    }
    let set = [
        ("GENESYSCLOUD_REGION", environment.region.is_some()),
        ("GENESYSCLOUD_OAUTHCLIENT_ID", environment.client_id.is_some()),
        ("GENESYSCLOUD_OAUTHCLIENT_SECRET", environment.client_secret.is_some()),
    ];
    let names: Vec<&str> = set.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name).collect();
    let are = if names.len() == 1 { "is" } else { "are" };
    let note =
        || Problem::new(format!("{} {are} not used: several orgs are read", text::list(&names, "and"))).help(help);
    Ok((!names.is_empty()).then(note))
}
