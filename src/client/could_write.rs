//! Whether a client could write, asked by a request that cannot: the removal of a definition that does not exist.

use crate::client::error::{ApiError, ApiErrorKind};
use crate::client::operations;
use crate::client::session::Session;
use crate::client::shapes;
use crate::client::wire::Method;
use crate::model::names::DefinitionId;

/// Well formed, and nothing's: its random bits are all zero.
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// Asks what a client may do, and can change nothing.
#[derive(Clone)]
pub struct CouldWrite(Session);

/// What the org says to a removal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrialRemoval {
    /// The platform looked for the object: it did not refuse the client.
    Allowed,
    /// The client has no permission for it.
    Forbidden,
}

impl Session {
    /// For a caller that wants to know whether the client could write. It speaks the session's generation of the API.
    pub fn could_write(&self) -> CouldWrite {
        CouldWrite(self.clone())
    }
}

impl CouldWrite {
    /// Whether the client could remove a definition. One DELETE of an id that no definition has; without one there is
    /// nothing that it could change.
    pub async fn removal(&self) -> Result<TrialRemoval, ApiError> {
        let nobody = DefinitionId::new(NOBODY).map(|id| operations::delete(self.0.generation(), &id));
        let Some(Ok(operation)) = nobody else {
            return Err(self.0.unusable(Method::Delete, operations::UnusableId(NOBODY.to_owned())));
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
