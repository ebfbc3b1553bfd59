//! Reads and sets user presences. A [`UserReader`] cannot set one, by construction.

use std::collections::BTreeMap;

use crate::client::error::{ApiError, ApiErrorKind, WriteError, cut, write_error};
use crate::client::operations::Operation;
use crate::client::session::Session;
use crate::client::shapes::UnreadableAnswer;
use crate::client::user_operations as operations;
use crate::client::user_shapes::{self as shapes, UserEntry};
use crate::model::user::{PresenceSource, UserId, UserPresence, WantedPresence};

/// The result for each user of a bulk response. A user that the response omits is missing.
pub type UserAnswers = BTreeMap<UserId, Result<UserPresence, ApiError>>;

/// Reads user presences. Clones are cheap and share token, rate limiter and request count.
#[derive(Clone)]
pub struct UserReader(Session);

/// Sets user presences. It is the only type with such methods.
///
/// # Guarantees
/// A method only repeats its request if it was certainly not executed (no connection, 429, one 401). Any other failure
/// is returned at once as [`WriteError::Unclear`]. Repeating a write is harmless unless the presence was changed in
/// between.
#[derive(Clone)]
pub struct UserWriter(Session);

impl Session {
    /// For a caller that only reads user presences.
    pub fn user_reader(&self) -> UserReader {
        UserReader(self.clone())
    }

    /// For a caller that may set user presences.
    pub fn user_writer(&self) -> UserWriter {
        UserWriter(self.clone())
    }
}

impl UserReader {
    /// The presence of one user from one source. `None` if the platform returns 404: it shows no such user, or no such
    /// source of this user.
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

    /// The presences of up to [`BULK_READ_USERS_MAX`](operations::BULK_READ_USERS_MAX) users from one source. Teams
    /// does not support it.
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

    /// Sets one user's presence by PATCH. Returns the presence in the platform's response.
    pub async fn set(
        &self,
        user: &UserId,
        source: &PresenceSource,
        wanted: &WantedPresence,
    ) -> Result<UserPresence, WriteError> {
        let operation = operations::patch(user, source, shapes::patch_body(wanted));
        self.0.run(&operation, |response| shapes::presence(&response.body)).await.map_err(write_error)
    }

    /// Sets the presences of up to [`BULK_PUT_USERS_MAX`](operations::BULK_PUT_USERS_MAX) users by one PUT. Returns the
    /// platform's result for each.
    ///
    /// # Caveats
    /// It is not known whether the platform does all or nothing, or skips users. A user that the response omits must be
    /// read.
    pub async fn set_many(
        &self,
        wanted: &[(&UserId, &WantedPresence)],
        source: &PresenceSource,
    ) -> Result<UserAnswers, WriteError> {
        let operation = operations::put_many(shapes::put_body(wanted, source));
        let answer = self.0.run(&operation, |response| shapes::presences(&response.body)).await;
        let entries = answer.map_err(write_error)?;
        Ok(by_user(entries, |what| broken(&self.0, &operation, what)))
    }
}

/// The platform itself returned 404. A 410 is about the operation, not the user.
pub fn is_absent(error: &ApiError) -> bool {
    error.kind == (ApiErrorKind::NotFound { by_the_platform: true }) && error.about.status == Some(404)
}

/// Removes the requested ids: fifty of them would hide the message.
fn without_ids(mut error: ApiError) -> ApiError {
    if let Some(end) = error.about.path.find('?') {
        error.about.path.truncate(end);
    }
    error
}

/// An error in an entry of a bulk response.
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
