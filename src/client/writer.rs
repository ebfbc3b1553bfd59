//! Writing to an org: the only type with methods that change something.

use crate::client::error::{ApiErrorKind, WriteError, write_error};
use crate::client::operations::{self, UnusableId};
use crate::client::reader::Reader;
use crate::client::session::Session;
use crate::client::shapes::{self, Fetched, Patch};
use crate::client::wire::Method;
use crate::model::generation::Generation;
use crate::model::names::{DefinitionId, SystemPresence};
use crate::model::observed::{Content, Definition};

/// Writes to an org. Cheap to clone; clones share token, pace and count with the session's readers.
///
/// # Guarantees
/// Each method sends its request again by itself only when it certainly was not carried out (no
/// connection, 429, one 401). Everything after that comes back at once as [`WriteError::Unclear`].
#[derive(Clone)]
pub struct Writer(Session);

impl Session {
    /// For a caller that may change the org. It speaks the session's generation of the API.
    pub fn writer(&self) -> Writer {
        Writer(self.clone())
    }
}

impl Writer {
    pub fn reader(&self) -> Reader {
        self.0.reader()
    }

    /// For one read and the write that follows it at once: both take their turns in the pace together, so that what
    /// was read does not grow old while the write waits.
    pub fn for_one_write(&self) -> Writer {
        Writer(self.0.in_pairs())
    }

    /// The generation of the API that it speaks.
    pub fn generation(&self) -> Generation {
        self.0.generation()
    }

    /// Creates one active definition with these labels, in this division.
    ///
    /// # Guarantees
    /// At most one is created by one call. Labels are sent in NFC.
    pub async fn create(&self, system_presence: &SystemPresence, content: &Content) -> Result<Definition, WriteError> {
        let generation = self.0.generation();
        let operation = operations::create(generation, shapes::post_body(generation, system_presence, content));
        let made = self.0.run(&operation, |response| shapes::created(generation, &response.body)).await;
        made.map_err(|failed| write_error(self.0.of_the_collection(failed)))
    }

    /// Writes a definition back as it was just read, with only what the patch names changed.
    ///
    /// # Guarantees
    /// No field that we do not know is lost.
    ///
    /// # Assumptions
    /// `current` was read right before: the platform has no versions, and everything that was changed since
    /// is overwritten.
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

    /// Removes a definition. The platform then keeps it, deactivated.
    pub async fn delete(&self, id: &DefinitionId) -> Result<(), WriteError> {
        let operation = operations::delete(self.0.generation(), id).map_err(|id| self.unusable(Method::Delete, id))?;
        self.0.run(&operation, |response| shapes::deleted(&response.body)).await.map_err(write_error)
    }

    fn unusable(&self, method: Method, id: UnusableId) -> WriteError {
        WriteError::NotDone(self.0.unusable(method, id))
    }
}
