//! Why one thing of many was not done, or not found out: what reports say below it.

use crate::client::error::{ApiError, Kind};

/// Why something failed. Where all of a command does, that is a [`Problem`](crate::model::problem::Problem).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cause {
    /// In one sentence, with the API call. Foreign strings are raw.
    pub message: String,
    pub help: Option<String>,
    pub correlation_id: Option<String>,
    /// What the platform named in its refusal of a request: its message, and the names and values of its
    /// parameters. Nothing of it is shown; what is shown is in the sentence.
    pub said: Vec<String>,
}

impl From<&ApiError> for Cause {
    fn from(error: &ApiError) -> Cause {
        let correlation_id = error.about.correlation_id.clone();
        Cause { message: error.to_string(), help: Some(error.help()), correlation_id, said: said(error) }
    }
}

fn said(error: &ApiError) -> Vec<String> {
    match error.kind {
        Kind::Conflict | Kind::Invalid => {}
        Kind::Unauthorized { .. }
        | Kind::Credentials
        | Kind::Forbidden { .. }
        | Kind::RateLimited { .. }
        | Kind::NotFound { .. }
        | Kind::NotServed(_)
        | Kind::NoneServed
        | Kind::NotOffered
        | Kind::Server
        | Kind::Connection(_)
        | Kind::Redirected
        | Kind::HoldsSecret
        | Kind::Interrupted
        | Kind::Waited
        | Kind::BrokenPromise(_)
        | Kind::OddObject(_)
        | Kind::HalfCharacter(_)
        | Kind::Unsettled(_)
        | Kind::Incomplete(_)
        | Kind::UnusableId(_) => return Vec::new(),
    }
    let about = &error.about;
    let params = about.params.iter().flat_map(|(name, value)| [name, value]);
    about.message.iter().chain(params).cloned().collect()
}
