//! Checks whether a client may write, without writing: it deletes a definition that does not exist.

use crate::client::error::{ApiError, ApiErrorKind};
use crate::client::session::Session;
use crate::client::wire::Method;
use crate::client::{operations, shapes};
use crate::model::names::DefinitionId;

/// A well-formed id without an object: its random bits are all zero.
const ABSENT: &str = "00000000-0000-4000-8000-000000000000";

/// Checks the permissions of a client. It cannot change anything.
#[derive(Clone)]
pub struct CouldWrite(Session);

/// The platform's answer to a removal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrialRemoval {
    /// The platform searched for the object, so the client has the permission.
    Allowed,
    /// The client lacks the permission.
    Forbidden,
}

impl Session {
    /// For a caller that checks the permission to write. It uses the session's generation of the API.
    pub fn could_write(&self) -> CouldWrite {
        CouldWrite(self.clone())
    }
}

impl CouldWrite {
    /// Can the client delete definitions? Sends one DELETE of an id that no definition has, so it cannot change
    /// anything.
    pub async fn removal(&self) -> Result<TrialRemoval, ApiError> {
        let absent = DefinitionId::new(ABSENT).map(|id| operations::delete(self.0.generation(), &id));
        let Some(Ok(operation)) = absent else {
            return Err(self.0.unusable(Method::Delete, operations::UnusableId(ABSENT.to_owned())));
        };
        match self.0.run(&operation, |response| shapes::deleted(&response.body)).await.map_err(|it| it.error) {
            Ok(()) | Err(ApiError { kind: ApiErrorKind::NotFound { by_the_platform: true }, .. }) => {
                Ok(TrialRemoval::Allowed)
            }
            Err(ApiError { kind: ApiErrorKind::Forbidden { .. }, .. }) => Ok(TrialRemoval::Forbidden),
            Err(error) => Err(error),
        }
    }
}
