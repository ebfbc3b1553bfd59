//! Writes to an org. It is the only type with methods that change it.

use crate::client::error::{ApiErrorKind, WriteError, write_error};
use crate::client::operations::{self, UnusableId};
use crate::client::reader::Reader;
use crate::client::session::Session;
use crate::client::shapes::{self, Fetched, Patch};
use crate::client::wire::Method;
use crate::model::generation::Generation;
use crate::model::names::{DefinitionId, SystemPresence};
use crate::model::observed::{Content, Definition};

/// Writes to an org. Clones are cheap and share token, rate limiter and request count with the session's readers.
///
/// # Guarantees
/// A method only repeats its request if it was certainly not executed (no connection, 429, one 401). Any other failure
/// is returned at once as [`WriteError::Unclear`].
#[derive(Clone)]
pub struct Writer(Session);

impl Session {
    /// For a caller that may change the org. It uses the session's generation of the API.
    pub fn writer(&self) -> Writer {
        Writer(self.clone())
    }
}

impl Writer {
    pub fn reader(&self) -> Reader {
        self.0.reader()
    }

    /// For one read and the write that follows. Both reserve their slots together, so that the read does not age while
    /// the write waits.
    pub fn for_one_write(&self) -> Writer {
        Writer(self.0.in_pairs())
    }

    /// Its generation of the API.
    pub fn generation(&self) -> Generation {
        self.0.generation()
    }

    /// Creates one active definition with these labels, in this division.
    ///
    /// # Guarantees
    /// One call creates at most one. Labels are sent in NFC.
    pub async fn create(&self, system_presence: &SystemPresence, content: &Content) -> Result<Definition, WriteError> {
        let generation = self.0.generation();
        let operation = operations::create(generation, shapes::post_body(generation, system_presence, content));
        let made = self.0.run(&operation, |response| shapes::created(generation, &response.body)).await;
        made.map_err(|failed| write_error(self.0.of_the_collection(failed)))
    }

    /// Writes a definition back as it was just read, with only the changes of the patch.
    ///
    /// # Guarantees
    /// Unknown fields are kept.
    ///
    /// # Assumptions
    /// `current` was read right before. The platform has no versions, so every change since is overwritten.
    pub async fn update(&self, current: Fetched, patch: &Patch) -> Result<Definition, WriteError> {
        let id = current.definition.id.clone();
        let generation = self.0.generation();
        let put = |body| operations::update(generation, &id, body).map_err(|id| self.unusable(Method::Put, id));
        let operation = match shapes::put_body(current, patch) {
            Ok(body) => put(body)?,
            Err(halved) => {
                let kind = ApiErrorKind::HalfCharacter(Box::new(halved));
                return Err(WriteError::NotDone(self.0.failed(&put(Vec::new())?, kind)));
            }
        };
        let read = |body: &[u8]| shapes::fetched(generation, body, &id).map(|Fetched { definition, .. }| definition);
        self.0.run(&operation, |response| read(&response.body)).await.map_err(write_error)
    }

    /// Removes a definition. The platform keeps it, deactivated.
    pub async fn delete(&self, id: &DefinitionId) -> Result<(), WriteError> {
        let operation = operations::delete(self.0.generation(), id).map_err(|id| self.unusable(Method::Delete, id))?;
        self.0.run(&operation, |response| shapes::deleted(&response.body)).await.map_err(write_error)
    }

    fn unusable(&self, method: Method, id: UnusableId) -> WriteError {
        WriteError::NotDone(self.0.unusable(method, id))
    }
}
