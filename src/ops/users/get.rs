//! Reading what many users are on, by as few requests as the platform allows.

use futures_util::{StreamExt as _, stream};

use crate::client::UserReader;
use crate::client::error::{ApiError, Kind};
use crate::client::user_operations::BULK_READ_USERS_MAX;
use crate::client::users::is_absent;
use crate::model::cause::Cause;
use crate::model::user::{Source, UserId};
use crate::ops::users::listing::Found;

/// How many bulk reads are under way at the same time.
const READS_AT_ONCE: usize = 8;

/// What was found of each user, in the order given. A failure is that of its users and of nobody else.
pub async fn look(reader: &UserReader, users: &[UserId], source: &Source) -> Vec<Found> {
    let users: Vec<&UserId> = users.iter().collect();
    match source {
        Source::Teams => teams(reader, &users).await,
        Source::Platform | Source::Registered(_) => many(reader, &users, source).await,
    }
}

async fn many(reader: &UserReader, users: &[&UserId], source: &Source) -> Vec<Found> {
    let chunks = stream::iter(users.chunks(BULK_READ_USERS_MAX)).map(|chunk| few(reader, chunk, source));
    let found: Vec<Vec<Found>> = chunks.buffered(READS_AT_ONCE).collect().await;
    found.into_iter().flatten().collect()
}

/// What was found of each of at most [`BULK_READ_USERS_MAX`] users, in the order given. One alone is read
/// by the operation for one, which says more, if the source has it.
pub async fn few(reader: &UserReader, users: &[&UserId], source: &Source) -> Vec<Found> {
    if let ([user], false) = (users, source.is_registered()) {
        return vec![one(reader, user, source).await];
    }
    match reader.presences(users, source).await {
        Ok(mut answered) => {
            let found = |user: &&UserId| match answered.remove(*user) {
                Some(Ok(presence)) => Found::On(presence),
                Some(Err(error)) => Found::Failed(Cause::from(&error)),
                None => Found::NotShown,
            };
            users.iter().map(found).collect()
        }
        Err(error) if users.len() == 1 && is_absent(&error) => vec![Found::NotShown],
        // One unknown user may be why all of them are refused, or the org may have no bulk read.
        Err(error) if may_be_about_one(&error) && users.len() > 1 => {
            let mut found = Vec::with_capacity(users.len());
            for user in users {
                found.extend(Box::pin(few(reader, &[*user], source)).await);
            }
            found
        }
        Err(error) => vec![Found::Failed(Cause::from(&error)); users.len()],
    }
}

async fn one(reader: &UserReader, user: &UserId, source: &Source) -> Found {
    match reader.presence(user, source).await {
        Ok(Some(presence)) => Found::On(presence),
        Ok(None) => Found::NotShown,
        Err(error) => Found::Failed(Cause::from(&error)),
    }
}

/// May it be one user of several who makes the platform refuse them all?
pub fn may_be_about_one(error: &ApiError) -> bool {
    matches!(error.kind, Kind::Invalid | Kind::NotFound { by_the_platform: true } | Kind::Conflict)
}

/// Teams can only be asked about one user at a time. Whom it does not show may be nobody that the org
/// shows at all, which the platform's own source tells.
async fn teams(reader: &UserReader, users: &[&UserId]) -> Vec<Found> {
    let mut found = Vec::with_capacity(users.len());
    for user in users {
        match reader.presence(user, &Source::Teams).await {
            Ok(Some(presence)) => found.push(Found::On(presence)),
            Ok(None) => found.push(Found::NoTeams),
            Err(error) if error.kind == (Kind::NotFound { by_the_platform: true }) => {
                found.resize(users.len(), Found::TeamsGone);
                break;
            }
            Err(error) => found.push(Found::Failed(Cause::from(&error))),
        }
    }
    let absent: Vec<usize> = (0..found.len()).filter(|index| found[*index] == Found::NoTeams).collect();
    let in_doubt: Vec<&UserId> = absent.iter().map(|index| users[*index]).collect();
    for (index, by_platform) in absent.into_iter().zip(many(reader, &in_doubt, &Source::Platform).await) {
        match by_platform {
            Found::On(_) => {}
            other => found[index] = other,
        }
    }
    found
}
