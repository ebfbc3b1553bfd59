//! A conversation with an org, from its beginning to its end.

use crate::cli::TargetArgs;
use crate::commands::context::connect::{Connection, connect};
use crate::commands::context::host::Host;
use crate::model::desired::Desired;
use crate::model::problem::Problem;

/// Opens a conversation, hands it to `work`, and ends it whatever becomes of that.
pub async fn with_session<T, E: From<Problem>>(
    args: &TargetArgs,
    desired: &Desired,
    host: &mut Host<'_>,
    work: impl AsyncFnOnce(&Connection, &mut Host<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let connection = connect(args, desired, host.environment).await?;
    host.show_notes(&connection.notes);
    let ended = work(&connection, host).await;
    connection.close().await;
    ended
}
