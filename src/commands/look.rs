//! The look at an org that all commands share: who it is, what it holds, what would change.
//! It is handed a reader, so it cannot write.

use crate::api::wire::WireError;
use crate::api::{ApiError, Kind, Reader};
use crate::apply::CONCURRENCY;
use crate::cli::{LimitArgs, TargetArgs};
use crate::commands::connect;
use crate::config::check_labels::is_odd_locale;
use crate::logging;
use crate::model::desired::{Desired, Limits, Management};
use crate::model::division::{DivisionName, Divisions};
use crate::model::generation::{ApiChoice, Generation};
use crate::model::names::{Locale, OrgId};
use crate::model::observed::{Definition, Observed, Organization, Target};
use crate::model::usage::Usage;
use crate::plan::change::Step;
use crate::plan::cost::{Cost, Terms};
use crate::plan::usage::{in_question, with_usage};
use crate::plan::{Plan, plan};
use crate::problem::{Heard, Problem};

/// What the look gave.
pub struct Look {
    /// Which org.
    pub target: Target,
    /// What the org holds.
    pub observed: Observed,
    /// The plan.
    pub plan: Plan,
    /// Look-ups that failed without stopping anything.
    pub notes: Vec<Problem>,
}

/// What was read of an org.
pub struct Seen {
    /// Which org.
    pub target: Target,
    /// What it holds.
    pub observed: Observed,
    /// Look-ups that failed without stopping anything.
    pub notes: Vec<Problem>,
}

/// Which org is meant, and whether a plan may go on without knowing.
pub struct Identity {
    /// `org.id`, or `--org-id`.
    pub meant: Option<OrgId>,
    /// The name in the config, for messages.
    pub name: Option<String>,
    /// Stop when the org does not say who it is (`apply`).
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

/// What is read, and how it is judged.
pub struct Asked<'a> {
    /// The config.
    pub desired: &'a Desired,
    /// The config's limits, raised by flags.
    pub limits: Limits,
    /// Which org is meant.
    pub identity: Identity,
    /// Which generation of the API to speak.
    pub api: ApiChoice,
    /// Ask who is on what is taken away or renamed. A limit on them asks by itself.
    pub usage: bool,
    /// Is this the embedded org?
    pub sandbox: bool,
}

impl Asked<'_> {
    /// What a person asks of this config by flags.
    #[must_use]
    pub fn of<'a>(
        desired: &'a Desired,
        identity: Identity,
        target: &TargetArgs,
        flags: LimitArgs,
        usage: bool,
    ) -> Asked<'a> {
        Asked {
            desired,
            limits: raised(&desired.settings.limits, flags),
            identity,
            api: connect::api(target, desired),
            usage,
            sandbox: target.sandbox,
        }
    }
}

/// The config's limits, raised by the flags of a person. A flag never lowers one.
#[must_use]
pub fn raised(config: &Limits, flags: LimitArgs) -> Limits {
    let LimitArgs { allow_removals, allow_label_removals, allow_renames, allow_active_users } = flags;
    let raise = |limit: u32, flag: Option<u32>| flag.map_or(limit, |flag| flag.max(limit));
    Limits {
        removals: raise(config.removals, allow_removals),
        label_removals: raise(config.label_removals, allow_label_removals),
        renames: raise(config.renames, allow_renames),
        active_users: config.active_users.map(|limit| raise(limit, allow_active_users)),
    }
}

/// Reads the org and plans. `heard` learns which org it is as soon as it says so.
///
/// # Errors
/// The org is another one than meant, or could not be read.
pub async fn look(reader: &Reader, asked: &Asked<'_>, heard: &mut Heard) -> Result<Look, Problem> {
    let Asked { desired, limits, identity, api, usage, sandbox } = asked;
    let from = From { reader, identity, api: *api, sandbox: *sandbox };
    let Seen { target, observed, mut notes } = see(from, |_| names_divisions(desired), heard).await?;
    logging::phase("planning");
    let mut plan = plan(desired, &observed, limits);
    if *usage || limits.active_users.is_some() {
        logging::phase("asking who is on it now");
        let usage = people_on(reader, &plan, &mut notes).await;
        plan = with_usage(plan, usage, limits);
    }
    plan.cost = cost(reader, &plan, &observed);
    Ok(Look { target, observed, plan, notes })
}

/// Who is asked, and how.
#[derive(Clone, Copy)]
pub struct From<'a> {
    /// The one that reads.
    pub reader: &'a Reader,
    /// Which org is meant.
    pub identity: &'a Identity,
    /// Which generation of the API to speak.
    pub api: ApiChoice,
    /// Is this the embedded org?
    pub sandbox: bool,
}

/// Reads the org. `asks_for_divisions` says, of the definitions, whether names of divisions are needed;
/// they are read only where the generation has divisions. `heard` learns which org it is as soon as it
/// says so.
///
/// # Errors
/// The org is another one than meant, or could not be read.
pub async fn see(
    from: From<'_>,
    asks_for_divisions: impl Fn(&[Definition]) -> bool,
    heard: &mut Heard,
) -> Result<Seen, Problem> {
    let From { reader, identity, api, sandbox } = from;
    logging::phase("reading the org");
    let mut notes = Vec::new();
    who(reader, identity, heard, &mut notes).await?;
    let (definitions, presences) = tokio::join!(definitions(reader, api), reader.system_presences());
    let (generation, definitions) = definitions?;
    let presences = match presences {
        Ok(presences) => Some(presences),
        Err(error) => {
            notes.push(Problem::from(error));
            None
        }
    };
    let divisions = match generation {
        Generation::Second if asks_for_divisions(&definitions) => match reader.divisions().await {
            Ok(divisions) => Divisions::Known(divisions),
            Err(error) => {
                notes.push(Problem::from(error));
                Divisions::NotKnown
            }
        },
        Generation::First | Generation::Second => Divisions::NotAsked,
    };
    let observed = Observed::new(definitions, presences).seen_through(generation, divisions);
    let target = Target { org: heard.org.clone(), sandbox, generation };
    Ok(Seen { target, observed, notes })
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

/// Does any of them belong to one division rather than to all?
#[must_use]
pub fn has_divisions(definitions: &[Definition]) -> bool {
    definitions.iter().any(|it| it.division.as_ref().is_some_and(|id| !id.is_all()))
}

/// The locale that `--default-locale` gives.
///
/// # Errors
/// It cannot be one.
pub fn typed_locale(typed: &str) -> Result<Locale, Problem> {
    if is_odd_locale(typed) {
        return Err(Problem::new(format!("--default-locale: `{typed}` cannot be a locale"))
            .help("a locale is a word such as `de` or `pt_BR`"));
    }
    Ok(Locale::new(typed))
}

/// What an apply costs that plans as this look did; none where none would write.
fn cost(reader: &Reader, plan: &Plan, observed: &Observed) -> Option<Cost> {
    if plan.changes.is_empty() || !plan.refusals.is_empty() {
        return None;
    }
    let steps: Vec<&Step> = plan.changes.iter().map(|it| &it.step).collect();
    let (planning, requests_per_minute) = (reader.request_count(), reader.requests_per_minute());
    Some(Cost::of(&steps, observed, &Terms { planning, requests_per_minute, at_once: CONCURRENCY }))
}

/// Who is on what a plan takes away or renames. A look-up that fails makes the number unknown, and fails nothing.
pub async fn people_on(reader: &Reader, plan: &Plan, notes: &mut Vec<Problem>) -> Usage {
    let ids = in_question(plan);
    if ids.is_empty() {
        return Usage::NotAsked;
    }
    match reader.people_on(&ids).await {
        Ok(people) => Usage::Counted(people),
        Err(error) => {
            notes.push(Problem::from(error));
            Usage::NotKnown
        }
    }
}

/// The definitions, and the generation that showed them. Decided here, once a run.
///
/// # Errors
/// Whatever kept the list away.
pub async fn definitions(reader: &Reader, api: ApiChoice) -> Result<(Generation, Vec<Definition>), ApiError> {
    let generation = match api {
        ApiChoice::Only(generation) => generation,
        ApiChoice::Auto => match reader.speaking(Generation::First).definitions().await {
            Ok(definitions) => return Ok((Generation::First, definitions)),
            Err(error) if error.kind == Kind::NotServed(Generation::First) => Generation::Second,
            Err(error) => return Err(error),
        },
    };
    reader.speaking(generation).definitions().await.map(|definitions| (generation, definitions))
}

/// Does what is compared name a division otherwise than by its id?
#[must_use]
pub fn names_divisions(desired: &Desired) -> bool {
    desired.definitions.values().any(|it| {
        it.management == Management::Managed && !it.deactivated && matches!(it.division, Some(DivisionName::Name(_)))
    })
}

/// Would nothing else be answered either?
#[must_use]
pub fn stops_everything(error: &ApiError) -> bool {
    match &error.kind {
        Kind::Unauthorized { .. } | Kind::Credentials => true,
        Kind::Connection(error) => !matches!(error, WireError::Lost(_) | WireError::TimedOut { .. }),
        Kind::RateLimited { .. }
        | Kind::Forbidden { .. }
        | Kind::NotFound { .. }
        | Kind::NotServed(_)
        | Kind::Conflict
        | Kind::Invalid
        | Kind::Server
        | Kind::Redirected
        | Kind::Interrupted
        | Kind::Waited
        | Kind::BrokenPromise(_)
        | Kind::Unsettled(_)
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
        Some(name) => format!("this config is for `{name}` ({meant})"),
        None => format!("the org that is meant is {meant}"),
    };
    Err(Problem::new(format!("these credentials are for `{}` ({}); {named}", org.name, org.id))
        .help("use the credentials of the org that is meant, or correct the id; nothing was written"))
}
