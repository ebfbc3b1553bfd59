//! Reads the presences of many users with as few requests as the platform allows.

use futures_util::{StreamExt as _, stream};

use crate::client::UserReader;
use crate::client::error::{ApiError, ApiErrorKind};
use crate::client::user_operations::BULK_READ_USERS_MAX;
use crate::client::users::is_absent;
use crate::model::problem::Problem;
use crate::model::user::{PresenceSource, UserId};
use crate::ops::users::listing::UserFound;

/// The number of concurrent bulk reads.
const READS_AT_ONCE: usize = 8;

/// The result for each user, in the given order. A failure only affects its own users.
pub async fn read(reader: &UserReader, users: &[UserId], source: &PresenceSource) -> Vec<UserFound> {
    let users: Vec<&UserId> = users.iter().collect();
    match source {
        PresenceSource::Teams => teams(reader, &users).await,
        PresenceSource::Platform | PresenceSource::Registered(_) => many(reader, &users, source).await,
    }
}

async fn many(reader: &UserReader, users: &[&UserId], source: &PresenceSource) -> Vec<UserFound> {
    let chunks = stream::iter(users.chunks(BULK_READ_USERS_MAX)).map(|chunk| few(reader, chunk, source));
    let found: Vec<Vec<UserFound>> = chunks.buffered(READS_AT_ONCE).collect().await;
    found.into_iter().flatten().collect()
}

/// The result for each of at most [`BULK_READ_USERS_MAX`] users, in the given order. A single user is read by the
/// operation for one, which shows more, if the source supports it.
pub async fn few(reader: &UserReader, users: &[&UserId], source: &PresenceSource) -> Vec<UserFound> {
    if let ([user], false) = (users, source.is_registered()) {
        return vec![one(reader, user, source).await];
    }
    match reader.presences(users, source).await {
        Ok(mut answered) => {
            let found = |user: &&UserId| match answered.remove(*user) {
                Some(Ok(presence)) => UserFound::On(presence),
                Some(Err(error)) => UserFound::Failed(Problem::from(&error)),
                None => UserFound::NotShown,
            };
            users.iter().map(found).collect()
        }
        Err(error) if users.len() == 1 && is_absent(&error) => vec![UserFound::NotShown],
        // One unknown user may make the whole request fail, or the org may not have bulk reads.
        Err(error) if may_be_about_one(&error) && users.len() > 1 => {
            let mut found = Vec::with_capacity(users.len());
            for user in users {
                found.extend(Box::pin(few(reader, &[*user], source)).await);
            }
            found
        }
        Err(error) => vec![UserFound::Failed(Problem::from(&error)); users.len()],
    }
}

async fn one(reader: &UserReader, user: &UserId, source: &PresenceSource) -> UserFound {
    match reader.presence(user, source).await {
        Ok(Some(presence)) => UserFound::On(presence),
        Ok(None) => UserFound::NotShown,
        Err(error) => UserFound::Failed(Problem::from(&error)),
    }
}

/// Could one of several users be the reason why the platform rejects them all?
pub fn may_be_about_one(error: &ApiError) -> bool {
    matches!(
        error.kind,
        ApiErrorKind::Invalid | ApiErrorKind::NotFound { by_the_platform: true } | ApiErrorKind::Conflict
    )
}

/// Teams only supports one user per request. If it does not show a user, the platform's own source shows whether the
/// user exists.
async fn teams(reader: &UserReader, users: &[&UserId]) -> Vec<UserFound> {
    let mut found = Vec::with_capacity(users.len());
    for user in users {
        match reader.presence(user, &PresenceSource::Teams).await {
            Ok(Some(presence)) => found.push(UserFound::On(presence)),
            Ok(None) => found.push(UserFound::NoTeams),
            Err(error) if error.kind == (ApiErrorKind::NotFound { by_the_platform: true }) => {
                found.resize(users.len(), UserFound::TeamsGone);
                break;
            }
            Err(error) => found.push(UserFound::Failed(Problem::from(&error))),
        }
    }
    let absent: Vec<usize> = (0..found.len()).filter(|index| found[*index] == UserFound::NoTeams).collect();
    let in_doubt: Vec<&UserId> = absent.iter().map(|index| users[*index]).collect();
    for (index, by_platform) in absent.into_iter().zip(many(reader, &in_doubt, &PresenceSource::Platform).await) {
        match by_platform {
            UserFound::On(_) => {}
            other => found[index] = other,
        }
    }
    found
}
