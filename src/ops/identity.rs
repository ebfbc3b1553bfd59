//! Verifies the org of a run: the wanted org, and the org of the credentials.

use std::collections::BTreeMap;

use crate::client::wire::WireError;
use crate::client::{ApiError, ApiErrorKind, Reader};
use crate::model::desired::Desired;
use crate::model::names::OrgId;
use crate::model::observed::Organization;
use crate::model::problem::{KnownOrg, Problem};
use crate::model::text;

/// The wanted org, and whether a plan may continue without verification.
#[derive(Debug, Clone)]
pub struct Identity {
    /// `org.id`, or `--org-id`.
    pub meant: Option<OrgId>,
    pub name: Option<String>,
    /// Fails if the org's identity cannot be read: before writes and imports.
    pub must_be_known: bool,
    /// The error if the sandbox does not answer. `None` if any org may answer. A local address may lead to a real org,
    /// for example through a tunnel.
    pub unless_sandbox: Option<Problem>,
    /// The names of the config's other orgs by id, for credentials of the wrong org.
    pub others: BTreeMap<OrgId, String>,
}

impl Identity {
    /// From a config, for a command that only reads.
    pub fn to_read(desired: &Desired) -> Identity {
        let org = desired.org.as_ref();
        let meant = org.and_then(|org| org.id.clone());
        let name = org.map(|org| org.name.clone());
        Identity { meant, name, must_be_known: false, unless_sandbox: None, others: BTreeMap::new() }
    }

    /// From a config and `--org-id`, for a command that writes.
    pub fn to_write(desired: &Desired, org_id: Option<&str>) -> Result<Identity, Problem> {
        let Identity { meant: written, name, .. } = Identity::to_read(desired);
        let empty = || Problem::new("--org-id is empty").help("`plan` prints the org's id");
        let typed = org_id.map(|typed| OrgId::new(typed).ok_or_else(empty)).transpose()?;
        if let (Some(written), Some(typed)) = (&written, &typed)
            && written != typed
        {
            return Err(Problem::new(format!("`org.id` is {written}, and --org-id is {typed}"))
                .help("correct the one that is wrong; nothing was sent"));
        }
        Ok(Identity {
            meant: written.or(typed),
            name,
            must_be_known: true,
            unless_sandbox: None,
            others: BTreeMap::new(),
        })
    }

    /// One of several orgs of a config. Its id is the only protection against another org's client, so it is required.
    pub fn of_several(desired: &Desired, others: BTreeMap<OrgId, String>) -> Identity {
        Identity { must_be_known: true, others, ..Identity::to_read(desired) }
    }

    /// A real org has to be named before a write: the worst accident is the right change in the wrong org. `otherwise`
    /// is the error.
    pub fn named(self, is_remote: bool, otherwise: impl FnOnce() -> Problem) -> Result<Identity, Problem> {
        if self.meant.is_some() { Ok(self) } else { self.or_sandbox(is_remote, otherwise()) }
    }

    /// Requires the sandbox.
    pub fn or_sandbox(self, is_remote: bool, otherwise: Problem) -> Result<Identity, Problem> {
        if is_remote { Err(otherwise) } else { Ok(Identity { unless_sandbox: Some(otherwise), ..self }) }
    }
}

/// The error for a config without an org.
pub fn config_names_no_org() -> Problem {
    Problem::new("the config does not say which org it is for")
        .help("write `org: { name: …, id: … }` into an org file, or give --org-id ID; `plan` prints the id")
}

/// Reads the org of the credentials. `known_org` stays empty if the org does not show it and it is not required.
pub async fn verify_identity(
    reader: &Reader,
    identity: &Identity,
    known_org: &mut KnownOrg,
    notes: &mut Vec<Problem>,
) -> Result<(), Problem> {
    match reader.introduced().await {
        // A failure names the org too, above all the wrong one.
        Ok((org, is_sandbox)) => {
            let org = known_org.org.insert(org);
            right_org(org, identity)?;
            match &identity.unless_sandbox {
                Some(problem) if !is_sandbox => Err(not_the_sandbox(problem, org)),
                Some(_) | None => Ok(()),
            }
        }
        // Other requests would fail too.
        Err(error) if identity.must_be_known || stops_everything(&error) => Err(not_known(error, identity)),
        Err(error) => {
            notes.push(Problem::from(error));
            Ok(())
        }
    }
}

/// Would every other request fail too?
pub fn stops_everything(error: &ApiError) -> bool {
    match &error.kind {
        ApiErrorKind::Unauthorized { .. } | ApiErrorKind::Credentials | ApiErrorKind::HoldsSecret => true,
        ApiErrorKind::Connection(error) => !matches!(error, WireError::Lost(_) | WireError::TimedOut { .. }),
        _ => false,
    }
}

fn not_known(error: ApiError, identity: &Identity) -> Problem {
    let mut problem = Problem::from(error);
    if identity.must_be_known {
        let so = if identity.others.is_empty() { "nothing is written" } else { "it is not planned" };
        problem.message = format!("the org could not be asked who it is, so {so}: {}", problem.message);
    }
    problem
}

fn not_the_sandbox(problem: &Problem, org: &Organization) -> Problem {
    let Problem { message, help, .. } = problem;
    let name = text::ticked(&org.name);
    let problem = Problem::new(format!("{message}, and {name} ({}) is not the sandbox; nothing was written", org.id));
    Problem { help: help.clone(), ..problem }
}

fn right_org(org: &Organization, identity: &Identity) -> Result<(), Problem> {
    let Some(meant) = &identity.meant else { return Ok(()) };
    if *meant == org.id {
        return Ok(());
    }
    let named = match &identity.name {
        Some(name) => format!("this config is for {name} ({meant})", name = text::ticked(name)),
        None => format!("it should be {meant}"),
    };
    let whose = identity.others.get(&org.id).map_or_else(String::new, |it| format!(", which is {}", text::ticked(it)));
    Err(Problem::new(format!("these credentials are for {} ({}){whose}; {named}", text::ticked(&org.name), org.id))
        .help("use the credentials of the org that you mean, or correct the id; nothing was written"))
}
