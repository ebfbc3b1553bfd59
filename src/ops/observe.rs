//! Reads an org: its identity, its definitions, and the API generation in use. It receives a reader, so it cannot
//! write.

use crate::client::{ApiError, ApiErrorKind, Reader};
use crate::host::logging;
use crate::model::desired::{Desired, Management};
use crate::model::division::{DivisionName, Divisions};
use crate::model::generation::{ApiChoice, Generation};
use crate::model::observed::{Definition, Listed, Observed, Target};
use crate::model::problem::{KnownOrg, Problem};
use crate::ops::identity::{Identity, verify_identity};
use crate::plan::odd;

/// The observed org.
pub struct Observation {
    pub target: Target,
    pub observed: Observed,
    /// Non-fatal errors.
    pub notes: Vec<Problem>,
}

#[derive(Clone, Copy)]
pub struct From<'a> {
    pub reader: &'a Reader,
    pub identity: &'a Identity,
    pub api: ApiChoice,
    pub sandbox: bool,
}

/// Reads the org. `asks_for_divisions` decides whether division names are needed. They are read only if the generation
/// has divisions. `known_org` gets it as soon as it is known.
pub async fn observe(
    from: From<'_>,
    asks_for_divisions: impl Fn(&[Definition]) -> bool,
    known_org: &mut KnownOrg,
) -> Result<Observation, Problem> {
    let From { reader, identity, api, sandbox } = from;
    logging::phase("reading the org");
    let mut notes = Vec::new();
    verify_identity(reader, identity, known_org, &mut notes).await?;
    let (listed, presences) = tokio::join!(definitions(reader, api), reader.system_presences());
    let (generation, listed) = match listed {
        Ok(listed) => listed,
        Err(error) => return Err(with_other_generation(reader, api, error).await),
    };
    let presences = match presences {
        Ok(presences) => Some(presences),
        Err(error) => {
            notes.push(Problem::from(error));
            None
        }
    };
    let divisions = match generation {
        Generation::Second if asks_for_divisions(&listed.definitions) => match reader.divisions().await {
            Ok(divisions) => Divisions::Known(divisions),
            Err(error) => {
                notes.push(Problem::from(error));
                Divisions::NotKnown
            }
        },
        Generation::First | Generation::Second => Divisions::NotAsked,
    };
    let observed = Observed::listed(listed, presences).seen_through(generation, divisions);
    let target = Target { org: known_org.org.clone(), sandbox, generation };
    Ok(Observation { target, observed, notes })
}

/// Objects that cannot be read in full, for commands whose views do not show them.
pub fn odd_objects(observed: &Observed) -> Vec<Problem> {
    odd::warnings(observed).iter().map(|it| Problem::new(it.message())).collect()
}

/// Does any of them belong to a single division?
pub fn has_divisions(definitions: &[Definition]) -> bool {
    definitions.iter().any(|it| it.division.as_ref().is_some_and(|id| !id.is_all()))
}

/// Does a compared value name a division other than by its id?
pub fn names_divisions(desired: &Desired) -> bool {
    desired.definitions.values().any(|it| {
        it.management == Management::Managed && !it.deactivated && matches!(it.division, Some(DivisionName::Name(_)))
    })
}

/// A failure of [`definitions`]. If the client may not read this generation, the other one is tried, and suggested if
/// it works.
pub async fn with_other_generation(reader: &Reader, api: ApiChoice, error: ApiError) -> Problem {
    let other = match api {
        ApiChoice::Only(generation) => generation.other(),
        ApiChoice::Auto => Generation::Second,
    };
    let is_forbidden = matches!(error.kind, ApiErrorKind::Forbidden { .. });
    let problem = Problem::from(error);
    let may_read = is_forbidden && reader.speaking(other).list().await.is_ok();
    match problem.help.clone().filter(|_| may_read) {
        Some(help) => problem.help(format!("{help}; or give `--api {other}`, which this client may read")),
        None => problem,
    }
}

/// The definitions, and the generation in use. Each run decides it here once.
pub async fn definitions(reader: &Reader, api: ApiChoice) -> Result<(Generation, Listed), ApiError> {
    let generation = match api {
        ApiChoice::Only(generation) => generation,
        ApiChoice::Auto => match reader.speaking(Generation::First).list().await {
            Ok(listed) => return Ok((Generation::First, listed)),
            Err(error) if error.kind == ApiErrorKind::NotServed(Generation::First) => Generation::Second,
            Err(error) => return Err(error),
        },
    };
    match reader.speaking(generation).list().await {
        Ok(listed) => Ok((generation, listed)),
        Err(error) if api == ApiChoice::Auto && error.kind == ApiErrorKind::NotServed(Generation::Second) => {
            Err(ApiError { kind: ApiErrorKind::NoneServed, ..error })
        }
        Err(error) => Err(error),
    }
}
