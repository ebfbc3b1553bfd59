//! Reading and setting presences of users. Anyone who holds a [`UserReader`] alone cannot set one, by
//! construction.

use std::collections::BTreeMap;

use crate::client::error::{ApiError, ApiErrorKind, WriteError, cut, write_error};
use crate::client::operations::Operation;
use crate::client::session::Session;
use crate::client::shapes::UnreadableAnswer;
use crate::client::user_operations as operations;
use crate::client::user_shapes::{self as shapes, UserEntry};
use crate::model::user::{PresenceSource, UserId, UserPresence, Wish};

/// What an answer about several users says of each. Whom it passes over is not in it.
pub type UserAnswers = BTreeMap<UserId, Result<UserPresence, ApiError>>;

/// Reads presences of users. Cheap to clone; clones share token, pace and count.
#[derive(Clone)]
pub struct UserReader(Session);

/// Sets presences of users: the only type with methods that do.
///
/// # Guarantees
/// Each method sends its request again by itself only when it certainly was not carried out (no
/// connection, 429, one 401). Everything after that comes back at once as [`WriteError::Unclear`]. To set
/// again what was set is harmless as long as nobody else sets something in between.
#[derive(Clone)]
pub struct UserWriter(Session);

impl Session {
    /// For a caller that only reads presences of users.
    pub fn user_reader(&self) -> UserReader {
        UserReader(self.clone())
    }

    /// For a caller that may set presences of users.
    pub fn user_writer(&self) -> UserWriter {
        UserWriter(self.clone())
    }
}

impl UserReader {
    /// What one user is on, by one source. None when the platform says 404: it shows no such user, or no
    /// such source of this user.
    pub async fn presence(&self, user: &UserId, source: &PresenceSource) -> Result<Option<UserPresence>, ApiError> {
        let read = |body: &[u8]| match source {
            PresenceSource::Teams => shapes::teams(body),
            PresenceSource::Platform | PresenceSource::Registered(_) => shapes::presence(body).map(Some),
        };
        let answer = self.0.run(&operations::get(user, source), |response| read(&response.body)).await;
        match answer.map_err(|failed| failed.error) {
            Ok(presence) => Ok(presence),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What up to [`BULK_READ_USERS_MAX`](operations::BULK_READ_USERS_MAX) users are on, by one source that
    /// is not Teams, which cannot be asked about several.
    pub async fn presences(&self, users: &[&UserId], source: &PresenceSource) -> Result<UserAnswers, ApiError> {
        let operation = operations::get_many(users, source);
        let answer = self.0.run(&operation, |response| shapes::presences(&response.body)).await;
        let entries = answer.map_err(|failed| without_ids(failed.error))?;
        Ok(by_user(entries, |what| without_ids(broken(&self.0, &operation, what))))
    }
}

impl UserWriter {
    pub fn reader(&self) -> UserReader {
        UserReader(self.0.clone())
    }

    /// Sets one user's presence by a PATCH. Gives what the platform answers that the user is on now.
    pub async fn set(&self, user: &UserId, source: &PresenceSource, wish: &Wish) -> Result<UserPresence, WriteError> {
        let operation = operations::patch(user, source, shapes::patch_body(wish));
        self.0.run(&operation, |response| shapes::presence(&response.body)).await.map_err(write_error)
    }

    /// Sets the presences of up to [`BULK_PUT_USERS_MAX`](operations::BULK_PUT_USERS_MAX) users by one PUT.
    /// Gives what the platform answers of each.
    ///
    /// # Caveats
    /// Whether the platform does all or nothing, or passes over what it cannot do, is not known: whom the
    /// answer does not speak of has to be read.
    pub async fn set_many(
        &self,
        wishes: &[(&UserId, &Wish)],
        source: &PresenceSource,
    ) -> Result<UserAnswers, WriteError> {
        let operation = operations::put_many(shapes::put_body(wishes, source));
        let answer = self.0.run(&operation, |response| shapes::presences(&response.body)).await;
        let entries = answer.map_err(write_error)?;
        Ok(by_user(entries, |what| broken(&self.0, &operation, what)))
    }
}

/// The platform itself says 404. 410 is about the operation and not about a user.
pub fn is_absent(error: &ApiError) -> bool {
    error.kind == (ApiErrorKind::NotFound { by_the_platform: true }) && error.about.status == Some(404)
}

/// Without the ids that were asked for: a sentence with fifty of them says nothing.
fn without_ids(mut error: ApiError) -> ApiError {
    if let Some(end) = error.about.path.find('?') {
        error.about.path.truncate(end);
    }
    error
}

/// An entry of an answer that was taken as a whole.
fn broken(session: &Session, operation: &Operation, what: String) -> ApiError {
    let mut error = session.failed(operation, ApiErrorKind::BrokenPromise(what));
    error.about.status = Some(200);
    error
}

fn by_user(entries: Vec<UserEntry>, broken: impl Fn(String) -> ApiError) -> UserAnswers {
    let each = entries.into_iter().map(|(user, read)| {
        let read = read.map_err(|unreadable| match unreadable {
            UnreadableAnswer::NotJson => broken("not JSON".to_owned()),
            UnreadableAnswer::BrokenPromise(what) => broken(cut(&what)),
            UnreadableAnswer::Odd(odd) => broken(cut(&odd.in_words())),
        });
        (user, read)
    });
    each.collect()
}
