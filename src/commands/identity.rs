//! Which org is meant, whose credentials these are, and whether the two agree.

use crate::api::wire::WireError;
use crate::api::{ApiError, Kind, Reader};
use crate::model::desired::Desired;
use crate::model::names::OrgId;
use crate::model::observed::Organization;
use crate::problem::{Heard, Problem};
use crate::text;

/// Which org is meant, and whether a plan may go on without knowing.
pub struct Identity {
    /// `org.id`, or `--org-id`.
    pub meant: Option<OrgId>,
    /// The name in the config, for messages.
    pub name: Option<String>,
    /// Stop when the org does not say who it is: where something is written, or imported from it.
    pub must_be_known: bool,
}

impl Identity {
    /// By a config alone, for a command that only reads.
    #[must_use]
    pub fn to_read(desired: &Desired) -> Identity {
        let org = desired.org.as_ref();
        let meant = org.and_then(|org| org.id.clone());
        Identity { meant, name: org.map(|org| org.name.clone()), must_be_known: false }
    }

    /// By a config and `--org-id`, for a command that writes.
    ///
    /// # Errors
    /// The two contradict each other.
    pub fn to_write(desired: &Desired, org_id: Option<&str>) -> Result<Identity, Problem> {
        let Identity { meant: written, name, must_be_known: _ } = Identity::to_read(desired);
        let empty = || Problem::new("--org-id is empty").help("`plan` prints the org's id");
        let typed = org_id.map(|typed| OrgId::new(typed).ok_or_else(empty)).transpose()?;
        if let (Some(written), Some(typed)) = (&written, &typed)
            && written != typed
        {
            return Err(Problem::new(format!("`org.id` is {written}, and --org-id is {typed}"))
                .help("correct the one that is wrong; nothing was sent"));
        }
        Ok(Identity { meant: written.or(typed), name, must_be_known: true })
    }

    /// A real org has to be named before anything is written: the worst accident is the right change in the wrong
    /// org. `otherwise` is what is said where it is not.
    ///
    /// # Errors
    /// It is a real org, and nothing names it.
    pub fn named(self, is_real: bool, otherwise: impl FnOnce() -> Problem) -> Result<Identity, Problem> {
        if self.meant.is_none() && is_real { Err(otherwise()) } else { Ok(self) }
    }
}

/// What is said where a config names no org.
#[must_use]
pub fn config_names_no_org() -> Problem {
    Problem::new("the config does not say which org it is for")
        .help("write `org: { name: …, id: … }` into an org file, or give --org-id ID; `plan` prints the id")
}

/// Asks whose credentials these are; `heard` does not know where the org does not say and need not be
/// known.
///
/// # Errors
/// The org is another one than meant, or nothing else would be answered either.
pub async fn who(
    reader: &Reader,
    identity: &Identity,
    heard: &mut Heard,
    notes: &mut Vec<Problem>,
) -> Result<(), Problem> {
    match reader.organization().await {
        // A failure names the org as well, the wrong one most of all.
        Ok(org) => right_org(heard.org.insert(org), identity),
        // Nothing else would be answered either.
        Err(error) if identity.must_be_known || stops_everything(&error) => Err(not_known(error, identity)),
        Err(error) => {
            notes.push(Problem::from(error));
            Ok(())
        }
    }
}

/// Would nothing else be answered either?
#[must_use]
pub fn stops_everything(error: &ApiError) -> bool {
    match &error.kind {
        Kind::Unauthorized { .. } | Kind::Credentials | Kind::HoldsSecret => true,
        Kind::Connection(error) => !matches!(error, WireError::Lost(_) | WireError::TimedOut { .. }),
        Kind::RateLimited { .. }
        | Kind::Forbidden { .. }
        | Kind::NotFound { .. }
        | Kind::NotServed(_)
        | Kind::NoneServed
        | Kind::NotOffered
        | Kind::Conflict
        | Kind::Invalid
        | Kind::Server
        | Kind::Redirected
        | Kind::Interrupted
        | Kind::Waited
        | Kind::BrokenPromise(_)
        | Kind::OddObject(_)
        | Kind::HalfCharacter(_)
        | Kind::Unsettled(_)
        | Kind::Incomplete(_)
        | Kind::UnusableId(_) => false,
    }
}

fn not_known(error: ApiError, identity: &Identity) -> Problem {
    let mut problem = Problem::from(error);
    if identity.must_be_known {
        problem.message = format!("the org could not be asked who it is, so nothing is written: {}", problem.message);
    }
    problem
}

fn right_org(org: &Organization, identity: &Identity) -> Result<(), Problem> {
    let Some(meant) = &identity.meant else { return Ok(()) };
    if *meant == org.id {
        return Ok(());
    }
    let named = match &identity.name {
        Some(name) => format!("this config is for {name} ({meant})", name = text::ticked(name)),
        None => format!("the org that is meant is {meant}"),
    };
    Err(Problem::new(format!("these credentials are for {} ({}); {named}", text::ticked(&org.name), org.id))
        .help("use the credentials of the org that is meant, or correct the id; nothing was written"))
}
