//! Why one thing of many was not done, or not found out: what reports say below it.

use crate::api::error::ApiError;

/// Why something failed. Where all of a command does, that is a [`Problem`](crate::problem::Problem).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cause {
    /// In one sentence, with the API call. Foreign strings are raw.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The platform's id of the exchange.
    pub correlation_id: Option<String>,
}

impl From<&ApiError> for Cause {
    fn from(error: &ApiError) -> Cause {
        let correlation_id = error.about.correlation_id.clone();
        Cause { message: error.to_string(), help: Some(error.help()), correlation_id }
    }
}
